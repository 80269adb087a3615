//! What the columns of a list mean, by their headings in Dutch, French and English, and which
//! side of a duo the list is about.

use crate::import::field::Field;
use crate::import::sheet::{Cell, Sheet};
use crate::import::words::fold;
use crate::people::Side;

/// Rows from the top in which the headings are looked for.
const TITLE_ROWS: usize = 20;

/// Headings by meaning, folded: lower case, no accents, one space between words.
const HEADINGS: &[(Field, &[&str])] = &[
    (Field::GivenName, &["voornaam", "roepnaam", "prenom", "first name", "firstname", "given name", "voornamen"]),
    (
        Field::FamilyName,
        &["familienaam", "achternaam", "nom de famille", "last name", "lastname", "surname", "family name"],
    ),
    (
        Field::FullName,
        &[
            "naam",
            "volledige naam",
            "naam en voornaam",
            "voornaam en naam",
            "naam voornaam",
            "voornaam naam",
            "nom",
            "nom complet",
            "nom et prenom",
            "nom prenom",
            "name",
            "full name",
            "naam mentor",
            "naam nieuwkomer",
            "naam mentee",
            "mentor",
            "mentee",
            "nieuwkomer",
        ],
    ),
    (
        Field::BirthDate,
        &[
            "geboortedatum",
            "geb datum",
            "geboren",
            "geboren op",
            "date de naissance",
            "naissance",
            "ne e le",
            "birth date",
            "birthdate",
            "date of birth",
            "dob",
        ],
    ),
    (Field::BirthYear, &["geboortejaar", "annee de naissance", "birth year", "year of birth"]),
    (Field::Age, &["leeftijd", "age"]),
    (Field::Sex, &["geslacht", "m v", "v m", "m v x", "sexe", "sex", "gender", "genre"]),
    (
        Field::Contact,
        &[
            "contact",
            "contactgegevens",
            "gsm mail",
            "tel mail",
            "telefoon mail",
            "gsm en mail",
            "telefoon en mail",
            "bereikbaar via",
            "coordonnees",
            "contact details",
        ],
    ),
    (
        Field::Phone,
        &[
            "gsm",
            "gsm nummer",
            "gsmnummer",
            "telefoon",
            "telefoonnummer",
            "tel",
            "tel nr",
            "mobiel",
            "telephone",
            "portable",
            "phone",
            "phone number",
            "mobile",
        ],
    ),
    (
        Field::Email,
        &[
            "e mail",
            "email",
            "mail",
            "mailadres",
            "e mailadres",
            "emailadres",
            "courriel",
            "adresse mail",
            "e mail address",
            "email address",
        ],
    ),
    (Field::Address, &["adres", "volledig adres", "adresse", "address"]),
    (
        Field::Street,
        &[
            "straat",
            "straat en nr",
            "straat en nummer",
            "straat nr",
            "straat huisnummer",
            "rue",
            "rue et numero",
            "street",
        ],
    ),
    (Field::PostalCode, &["postcode", "postnr", "postnummer", "code postal", "zip", "postal code"]),
    (
        Field::Municipality,
        &["gemeente", "woonplaats", "stad", "woont in", "commune", "localite", "ville", "municipality", "town", "city"],
    ),
    (
        Field::Country,
        &[
            "herkomst",
            "herkomstland",
            "land van herkomst",
            "land",
            "geboorteland",
            "nationaliteit",
            "pays",
            "pays d origine",
            "origine",
            "nationalite",
            "country",
            "country of origin",
            "nationality",
        ],
    ),
    (
        Field::MotherTongue,
        &[
            "moedertaal",
            "thuistaal",
            "taal thuis",
            "eerste taal",
            "langue maternelle",
            "mother tongue",
            "home language",
            "native language",
        ],
    ),
    (
        Field::Languages,
        &[
            "talen",
            "andere talen",
            "talenkennis",
            "taalkennis",
            "spreekt",
            "contacttaal",
            "contacttalen",
            "gesproken talen",
            "kennis talen",
            "taal",
            "langues",
            "autres langues",
            "langues parlees",
            "languages",
            "other languages",
            "speaks",
        ],
    ),
    (
        Field::Dutch,
        &[
            "nl",
            "nederlands",
            "niveau nederlands",
            "niveau nl",
            "kennis nederlands",
            "kennis nl",
            "taalniveau",
            "richtgraad",
            "erk",
            "cefr",
            "niveau",
            "niveau neerlandais",
            "neerlandais",
            "dutch",
            "dutch level",
            "level of dutch",
        ],
    ),
    (
        Field::Education,
        &[
            "diploma",
            "studies",
            "opleiding",
            "opleidingsniveau",
            "scholing",
            "studieniveau",
            "hoogste diploma",
            "etudes",
            "formation",
            "diplome",
            "education",
        ],
    ),
    (
        Field::FormerWork,
        &[
            "vroeger werk",
            "vroeger beroep",
            "vorig beroep",
            "vorig werk",
            "beroep in herkomstland",
            "beroep herkomstland",
            "werkte als",
            "werkervaring",
            "ervaring",
            "ancien metier",
            "metier au pays",
            "previous work",
            "former work",
            "previous job",
        ],
    ),
    (
        Field::Occupation,
        &[
            "beroep",
            "functie",
            "werkt als",
            "job",
            "gewenst beroep",
            "gewenste job",
            "droomjob",
            "wil worden",
            "zoekt werk als",
            "metier",
            "profession",
            "metier souhaite",
            "occupation",
            "desired occupation",
            "wants to become",
        ],
    ),
    (Field::Sector, &["sector", "branche", "secteur"]),
    (
        Field::Domains,
        &[
            "domein",
            "domeinen",
            "hulpvraag",
            "hulpvragen",
            "vraag",
            "vragen",
            "vraagt hulp bij",
            "hulp bij",
            "helpt met",
            "wil helpen met",
            "wil begeleiden rond",
            "begeleidt",
            "begeleiding rond",
            "noden",
            "besoin",
            "besoins",
            "demande",
            "aide pour",
            "domaines",
            "domains",
            "help with",
            "helps with",
            "needs",
        ],
    ),
    (
        Field::Slots,
        &[
            "beschikbaar",
            "beschikbaarheid",
            "wanneer",
            "vrij",
            "vrij op",
            "momenten",
            "dagdelen",
            "disponibilite",
            "disponibilites",
            "disponible",
            "availability",
            "available",
            "when",
        ],
    ),
    (
        Field::Interests,
        &[
            "hobby",
            "hobby s",
            "hobbys",
            "interesses",
            "interesse",
            "vrije tijd",
            "loisirs",
            "centres d interet",
            "interets",
            "interests",
            "hobbies",
        ],
    ),
    (
        Field::Wishes,
        &[
            "voorkeur",
            "voorkeuren",
            "voorkeur mentor",
            "voorkeur mentee",
            "wens",
            "wensen",
            "preference",
            "preferences",
            "wishes",
        ],
    ),
    (
        Field::Capacity,
        &[
            "max aantal duo s",
            "max aantal duos",
            "aantal duo s",
            "aantal duos",
            "aantal mentees",
            "aantal nieuwkomers",
            "max duo s",
            "capaciteit",
            "aantal plaatsen",
            "capacite",
            "capacity",
        ],
    ),
    (Field::Radius, &["straal", "afstand", "max afstand", "maximale afstand", "km", "rayon", "distance", "radius"]),
    (Field::MeetsIn, &["ontmoet in", "spreekt af in", "ontmoetingsplaats", "lieu de rencontre", "meets in"]),
    (Field::Children, &["kinderen", "aantal kinderen", "enfants", "children"]),
    (
        Field::RecruitedVia,
        &[
            "doorverwezen door",
            "doorverwijzer",
            "verwezen door",
            "toegeleid door",
            "toeleider",
            "via",
            "gekend via",
            "oriente par",
            "referred by",
        ],
    ),
    (
        Field::RegisteredOn,
        &[
            "datum intake",
            "intake",
            "intake op",
            "intakedatum",
            "aangemeld",
            "aangemeld op",
            "aanmelding",
            "aanmeldingsdatum",
            "datum aanmelding",
            "ingeschreven op",
            "inschrijvingsdatum",
            "datum inschrijving",
            "wacht sinds",
            "date d inscription",
            "inscrit le",
            "date of intake",
            "registered",
            "registered on",
        ],
    ),
    (
        Field::Remarks,
        &[
            "opmerking",
            "opmerkingen",
            "notitie",
            "notities",
            "nota",
            "nota s",
            "notas",
            "bemerking",
            "bemerkingen",
            "commentaar",
            "memo",
            "extra info",
            "varia",
            "remarque",
            "remarques",
            "commentaires",
            "remark",
            "remarks",
            "notes",
            "comments",
        ],
    ),
];

/// Words that make a column about somebody else, whatever else its heading says.
const SOMEBODY_ELSE: [&str; 10] = [
    "partner",
    "echtgenoot",
    "echtgenote",
    "kind",
    "contactpersoon",
    "noodcontact",
    "werkgever",
    "begeleider",
    "trajectbegeleider",
    "conjoint",
];

/// What a heading means; [`Field::Skip`] where it is not known.
pub fn meaning(heading: &str) -> Field {
    if schemas::rrn::names_rrn(heading) {
        return Field::NationalNumber;
    }
    let folded = fold(heading);
    if let Some(field) = exact(&folded) {
        return field;
    }
    // "niveau NL (richtgraad)": what stands before the brackets.
    if let Some(field) = heading.split_once(['(', '[', ':', '*']).and_then(|(before, _)| exact(&fold(before))) {
        return field;
    }
    let words: Vec<&str> = folded.split(' ').collect();
    if words.iter().any(|word| SOMEBODY_ELSE.contains(word)) {
        return Field::Skip;
    }
    // Remarks win: a column that may be about health is not taken for something else.
    let holds = |known: &str| {
        let known: Vec<&str> = known.split(' ').collect();
        words.windows(known.len()).any(|window| window == known.as_slice())
    };
    let remarks = HEADINGS.iter().filter(|(field, _)| *field == Field::Remarks).flat_map(|(_, known)| *known);
    if remarks.into_iter().any(|known| holds(known)) {
        return Field::Remarks;
    }
    HEADINGS
        .iter()
        .flat_map(|(field, known)| known.iter().map(move |known| (*field, *known)))
        .filter(|(_, known)| known.len() >= 4 && holds(known))
        .max_by_key(|(_, known)| known.len())
        .map_or(Field::Skip, |(field, _)| field)
}

fn exact(folded: &str) -> Option<Field> {
    HEADINGS.iter().find(|(_, known)| known.contains(&folded)).map(|(field, _)| *field)
}

/// The table of a sheet: where its headings are and what they mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Place of the heading row, from 0.
    pub row: usize,
    /// Headings as written.
    pub headings: Vec<String>,
    /// Meaning by column.
    pub fields: Vec<Field>,
}

impl Table {
    /// Finds the row that reads most like headings; none when the sheet is no list.
    ///
    /// # Errors
    /// `sheet-not-a-list`, `sheet-no-name-column` or `sheet-no-rows`.
    pub fn find(sheet: &Sheet) -> Result<Self, &'static str> {
        let best = sheet
            .rows
            .iter()
            .enumerate()
            .take(TITLE_ROWS)
            .map(|(at, cells)| (known(cells), at))
            .rev()
            .max_by_key(|(known, _)| *known)
            .filter(|(known, _)| *known >= 2);
        let Some((_, row)) = best else { return Err("sheet-not-a-list") };
        let headings: Vec<String> = sheet.rows[row].iter().map(|cell| cell.text().to_owned()).collect();
        let fields = meanings(&headings);
        if !fields.iter().any(|field| matches!(field, Field::FullName | Field::GivenName | Field::FamilyName)) {
            return Err("sheet-no-name-column");
        }
        if !sheet.rows[row + 1..].iter().any(|cells| cells.iter().any(|cell| !cell.is_empty())) {
            return Err("sheet-no-rows");
        }
        Ok(Self { row, headings, fields })
    }
}

fn known(cells: &[Cell]) -> usize {
    cells.iter().filter(|cell| cell.text().chars().count() <= 60 && meaning(cell.text()) != Field::Skip).count()
}

/// Meanings of headings that stand side by side: what one says depends on the others.
pub fn meanings(headings: &[String]) -> Vec<Field> {
    let mut fields: Vec<Field> = headings.iter().map(|heading| meaning(heading)).collect();
    let has = |fields: &[Field], wanted: Field| fields.contains(&wanted);
    // *Naam* beside *Voornaam* is the family name; alone it is both.
    if has(&fields, Field::GivenName) && !has(&fields, Field::FamilyName) {
        replace_first(&mut fields, Field::FullName, Field::FamilyName);
    }
    // *Beroep* beside *Gewenst beroep* is what somebody did before.
    let goal = |heading: &String| {
        let folded = fold(heading);
        ["gewenst", "gewenste", "wil", "zoekt", "droomjob", "souhaite", "desired", "wants"]
            .iter()
            .any(|word| folded.split(' ').any(|part| part == *word))
    };
    let goals: Vec<bool> = headings.iter().map(goal).collect();
    let any_goal = fields.iter().zip(&goals).any(|(field, goal)| *field == Field::Occupation && *goal);
    if any_goal && !has(&fields, Field::FormerWork) {
        for (field, goal) in fields.iter_mut().zip(&goals) {
            if *field == Field::Occupation && !goal {
                *field = Field::FormerWork;
            }
        }
    }
    // Of two columns with one meaning the first counts; languages, remarks and contacts add up.
    for at in 1..fields.len() {
        let adds_up = matches!(
            fields[at],
            Field::Languages | Field::Remarks | Field::Contact | Field::NationalNumber | Field::Skip
        );
        if !adds_up && fields[..at].contains(&fields[at]) {
            fields[at] = Field::Skip;
        }
    }
    fields
}

fn replace_first(fields: &mut [Field], from: Field, to: Field) {
    if let Some(field) = fields.iter_mut().find(|field| **field == from) {
        *field = to;
    }
}

/// Which side a list is about: by what only one side is asked, then by the names of the sheet
/// and the file.
pub fn side(headings: &[String], fields: &[Field], sheet: &str, file: &str) -> Option<Side> {
    if let Some(side) = side_of_name(sheet).or_else(|| side_of_name(file)) {
        return Some(side);
    }
    let asked = |field: Field| fields.contains(&field);
    let newcomer = [Field::MotherTongue, Field::Dutch, Field::FormerWork, Field::Country, Field::Children]
        .into_iter()
        .filter(|field| asked(*field))
        .count();
    let mentor = [Field::Capacity, Field::MeetsIn, Field::Radius].into_iter().filter(|field| asked(*field)).count();
    let helps = headings.iter().any(|heading| {
        let folded = fold(heading);
        ["helpt", "begeleiden", "begeleidt", "helps"].iter().any(|word| folded.split(' ').any(|part| part == *word))
    });
    match newcomer.cmp(&(mentor + usize::from(helps))) {
        std::cmp::Ordering::Greater => Some(Side::Newcomer),
        std::cmp::Ordering::Less => Some(Side::Mentor),
        std::cmp::Ordering::Equal => None,
    }
}

fn side_of_name(name: &str) -> Option<Side> {
    let folded = fold(name);
    let says = |words: &[&str]| words.iter().any(|word| folded.contains(word));
    let newcomer = says(&["mentee", "nieuwkomer", "newcomer", "anderstalig", "primo arriv", "inburgeraar"]);
    let mentor = says(&["mentor", "vrijwilliger", "parrain", "marraine"]);
    match (newcomer, mentor) {
        (true, false) => Some(Side::Newcomer),
        (false, true) => Some(Side::Mentor),
        _ => None,
    }
}
