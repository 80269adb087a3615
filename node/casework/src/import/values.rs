//! Cells whose words belong to a vocabulary: sex, levels of Dutch, languages, domains, branches,
//! occupations, interests, slots and wishes.
//!
//! Each reader returns what it understood beside the words that it did not.

use std::collections::BTreeSet;

use schemas::language::Language;
use schemas::occupation::{Isco, Occupation};
use schemas::vocabulary::{About, Cefr, Domain, Interest, Sector, Sex, Strength, Wish};

use crate::import::words::{fold, items};

/// Sex as registers and people write it.
pub fn sex(text: &str) -> Option<Sex> {
    match fold(text).as_str() {
        "v" | "vr" | "vrouw" | "vrouwelijk" | "f" | "femme" | "feminin" | "female" | "woman" | "mevrouw" | "mevr"
        | "mw" => Some(Sex::Female),
        "m" | "man" | "mannelijk" | "h" | "homme" | "masculin" | "male" | "meneer" | "mijnheer" | "dhr" => {
            Some(Sex::Male)
        }
        "x" | "anders" | "andere" | "autre" | "other" | "non binair" => Some(Sex::Other),
        _ => None,
    }
}

/// A level of Dutch: CEFR (`a2`, `B1+`) or a *richtgraad* (`1.2`, `2.1-2.2`); of a range the
/// lower level, since nobody should count on more Dutch than there is.
pub fn dutch(text: &str) -> Option<Cefr> {
    let lower = text.to_lowercase();
    let cleaned = lower.replace("richtgraad", " ").replace("niveau", " ").replace("rg", " ").replace(',', ".");
    cleaned
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '/' | '–' | '(' | ')' | '+' | ';' | '>'))
        .filter(|part| !part.is_empty())
        .map(level)
        .collect::<Option<Vec<Cefr>>>()?
        .into_iter()
        .min()
}

fn level(part: &str) -> Option<Cefr> {
    match part {
        "a1" | "1.1" => Some(Cefr::A1),
        "a2" | "1.2" => Some(Cefr::A2),
        "b1" | "2.1" | "2.2" => Some(Cefr::B1),
        "b2" | "2.3" | "2.4" => Some(Cefr::B2),
        "c1" | "3" | "3.1" => Some(Cefr::C1),
        "c2" | "4" | "4.1" => Some(Cefr::C2),
        _ => None,
    }
}

/// Names that the bundled list writes otherwise, folded.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("dari", "fa"),
    ("farsi", "fa"),
    ("perzisch", "fa"),
    ("persisch", "fa"),
    ("persan", "fa"),
    ("persian", "fa"),
    ("koerdisch", "ku"),
    ("kurmanci", "ku"),
    ("kurmanji", "ku"),
    ("sorani", "ku"),
    ("pashtu", "ps"),
    ("pashto", "ps"),
    ("pasjto", "ps"),
    ("pasjtoe", "ps"),
    ("pachtou", "ps"),
    ("tigrinja", "ti"),
    ("tigrigna", "ti"),
    ("tigrinya", "ti"),
    ("amharisch", "am"),
    ("somalisch", "so"),
    ("somalie", "so"),
    ("vlaams", "nl"),
    ("flamand", "nl"),
    ("neerlandais", "nl"),
    ("marokkaans", "ar"),
    ("arabe", "ar"),
    ("syrisch", "ar"),
    ("tamazight", "ber"),
    ("amazigh", "ber"),
    ("berbers", "ber"),
    ("mandarijn", "zh"),
    ("kantonees", "zh"),
    ("pendjabi", "pa"),
    ("panjabi", "pa"),
    ("oerdoe", "ur"),
    ("fulani", "ff"),
    ("peul", "ff"),
    ("pular", "ff"),
    ("kirundi", "rn"),
    ("oekrainisch", "uk"),
    ("servo kroatisch", "sr"),
    ("filipijns", "tl"),
    ("castiliaans", "es"),
];

/// The language of a Dutch, French or English name, or of its code. Dari counts as Persian.
pub fn language(name: &str) -> Option<Language> {
    let folded = fold(name);
    if let Some((_, code)) = OTHER_NAMES.iter().find(|(other, _)| *other == folded) {
        return code.parse().ok();
    }
    let named = Language::all().find(|language| {
        [language.name_nl(), language.name_fr(), language.name_en()].iter().any(|name| fold(name) == folded)
    });
    // Codes only where they can be no Dutch word: two letters and known.
    named.or_else(|| (folded.len() == 2).then(|| folded.parse().ok())?)
}

/// Languages of a cell, with any separator or just spaces; `Frans (goed)` is French.
pub fn languages(text: &str) -> (BTreeSet<Language>, Vec<String>) {
    each(text, |item| {
        let bare = item.split('(').next().unwrap_or(item);
        if let Some(found) = language(bare) {
            return Some(vec![found]);
        }
        bare.split_whitespace().map(language).collect::<Option<Vec<_>>>().filter(|found| !found.is_empty())
    })
}

/// Reads each item of a list; what is understood beside what is not.
fn each<T: Ord>(text: &str, read: impl Fn(&str) -> Option<Vec<T>>) -> (BTreeSet<T>, Vec<String>) {
    let mut understood = BTreeSet::new();
    let mut unknown = Vec::new();
    for item in items(text) {
        match read(&item) {
            Some(found) => understood.extend(found),
            None => unknown.push(item),
        }
    }
    (understood, unknown)
}

/// Words with which a name of the vocabulary begins, folded; the first that fits counts.
type Stems<T> = &'static [(T, &'static [&'static str])];

fn by_stem<T: Copy>(stems: Stems<T>, item: &str) -> Option<T> {
    let folded = fold(item);
    // A short stem is a whole word: "it" is no beginning of "italiaans".
    let begins = |word: &str, stem: &str| if stem.len() <= 3 { word == stem } else { word.starts_with(stem) };
    let says = |stem: &str| match stem.contains(' ') {
        true => folded.contains(stem),
        false => folded.split(' ').any(|word| begins(word, stem)),
    };
    stems.iter().find(|(_, known)| known.iter().any(|stem| says(stem))).map(|(value, _)| *value)
}

const DOMAINS: Stems<Domain> = &[
    (Domain::Volunteering, &["vrijwillig", "benevol", "volunt"]),
    (
        Domain::Leisure,
        &["vrije tijd", "vrijetijd", "ontspann", "loisir", "leisure", "sport", "hobby", "ontmoet", "sociaal"],
    ),
    (Domain::Language, &["taal", "nederlands", "oefenkans", "langue", "language", "neerlandais", "conversatie"]),
    (Domain::Administration, &["admin", "papier", "formulier", "brieven", "documenten"]),
    (
        Domain::Education,
        &[
            "opleiding",
            "studie",
            "studeren",
            "school",
            "cursus",
            "diploma",
            "formation",
            "etudes",
            "education",
            "training",
        ],
    ),
    (Domain::Work, &["werk", "job", "jobs", "solliciter", "tewerkstelling", "emploi", "travail", "work"]),
];

/// Domains of help.
pub fn domains(text: &str) -> (BTreeSet<Domain>, Vec<String>) {
    each(text, |item| by_stem(DOMAINS, item).map(|domain| vec![domain]))
}

const SECTORS: Stems<Sector> = &[
    (Sector::Administration, &["admin", "kantoor", "secretari", "bureau"]),
    (Sector::Agriculture, &["landbouw", "tuinbouw", "groen", "agric"]),
    (Sector::Construction, &["bouw", "constr"]),
    (Sector::Education, &["onderwijs", "educat", "enseign", "kinderopvang"]),
    (Sector::Finance, &["financ", "bank", "boekhoud", "verzeker"]),
    (Sector::Care, &["zorg", "gezondheid", "welzijn", "medisch", "sante", "care", "health", "social profit"]),
    (Sector::Hospitality, &["horeca", "hotel", "restaurant", "hospit"]),
    (Sector::It, &["it", "ict", "informat", "software", "digita"]),
    (Sector::Industry, &["industr", "productie", "techniek", "technisch"]),
    (Sector::Law, &["recht", "jurid", "droit", "law"]),
    (Sector::Logistics, &["logist", "magazijn"]),
    (Sector::Media, &["media", "journal", "communicat"]),
    (Sector::Metal, &["metaal", "metal"]),
    (Sector::Retail, &["handel", "winkel", "verkoop", "commerce", "retail", "trade"]),
    (Sector::Services, &["dienst", "schoonmaak", "poets", "service", "nettoyage"]),
    (Sector::Transport, &["transport", "vervoer"]),
    (Sector::Public, &["overheid", "openbaar", "publiek", "public", "politie"]),
    (Sector::Culture, &["cultu", "kunst", "art"]),
];

/// A branch.
pub fn sector(text: &str) -> Option<Sector> {
    by_stem(SECTORS, text)
}

/// An occupation as written, its code where the title is known, and the branch in brackets
/// (`poetshulp (diensten)`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Work {
    /// Title as written, without the brackets of a branch.
    pub title: String,
    /// Its ISCO-08 group.
    pub occupation: Option<Occupation>,
    /// Branch.
    pub sector: Option<Sector>,
}

/// Reads an occupation.
pub fn work(text: &str) -> Work {
    let text = text.trim();
    let (title, sector) = match text.strip_suffix(')').and_then(|open| open.rsplit_once('(')) {
        Some((title, inside)) if sector(inside).is_some() => (title.trim(), sector(inside)),
        _ => (text, None),
    };
    let first = items(title).into_iter().next().unwrap_or_default();
    let bare = title.split('(').next().unwrap_or(title).trim();
    let isco = [title, bare, first.as_str()].into_iter().find_map(known_title);
    Work { title: title.to_owned(), occupation: isco.map(Occupation::Isco), sector }
}

fn known_title(title: &str) -> Option<Isco> {
    if title.is_empty() {
        return None;
    }
    let folded = fold(title);
    Isco::by_title_nl(title)
        .or_else(|| Isco::titles_nl().find(|(known, _)| fold(known) == folded).map(|(_, isco)| isco))
}

const INTERESTS: Stems<Interest> = &[
    (Interest::Chess, &["schaak", "schaken", "gezelschapsspel", "bordspel", "dammen", "echec", "chess", "board game"]),
    (Interest::Cooking, &["kook", "koken", "bakken", "cuisin", "cook"]),
    (Interest::Cycling, &["fiets", "wielren", "velo", "cycl"]),
    (Interest::Film, &["film", "cinema", "bioscoop"]),
    (Interest::Football, &["voetbal", "football", "soccer"]),
    (Interest::Gardening, &["tuin", "jardin", "garden"]),
    (Interest::Music, &["muziek", "zingen", "gitaar", "piano", "musi", "dans"]),
    (Interest::Photography, &["foto", "photo"]),
    (Interest::Reading, &["lezen", "boeken", "lectur", "read"]),
    (Interest::Sewing, &["naai", "breien", "haken", "handwerk", "coutur", "sew"]),
    (Interest::Swimming, &["zwem", "natation", "nager", "swim"]),
    (Interest::Walking, &["wandel", "marche", "randonn", "walk", "hiking"]),
    (Interest::Travel, &["reizen", "voyage", "travel"]),
    (
        Interest::Arts,
        &["kunst", "theater", "toneel", "museum", "musea", "schilderen", "tekenen", "cultuur", "peinture", "art"],
    ),
    (Interest::Sport, &["sport", "fitness", "lopen", "tennis", "basket", "yoga", "padel"]),
];

/// Interests.
pub fn interests(text: &str) -> (BTreeSet<Interest>, Vec<String>) {
    each(text, |item| by_stem(INTERESTS, item).map(|interest| vec![interest]))
}

/// Wishes about the other person: *liefst* counts, *moet* excludes. What is said with a *not*
/// is left to a person.
pub fn wishes(text: &str) -> (BTreeSet<Wish>, Vec<String>) {
    each(text, |item| {
        let folded = fold(item);
        let words: Vec<&str> = folded.split(' ').collect();
        let says = |known: &[&str]| words.iter().any(|word| known.contains(word));
        if says(&["geen", "niet", "pas", "not", "no", "sauf", "behalve"]) {
            return None;
        }
        let must = says(&[
            "moet",
            "alleen",
            "enkel",
            "uitsluitend",
            "verplicht",
            "absoluut",
            "must",
            "only",
            "doit",
            "uniquement",
        ]);
        let strength = if must { Strength::Must } else { Strength::Preferred };
        let about = about(&words, &folded)?;
        Some(vec![Wish { about, strength }])
    })
}

fn about(words: &[&str], folded: &str) -> Option<About> {
    let starts = |stems: &[&str]| words.iter().any(|word| stems.iter().any(|stem| word.starts_with(stem)));
    let is = |known: &[&str]| words.iter().any(|word| known.contains(word));
    if starts(&["vrouw", "femme", "femin", "dame", "female"]) || is(&["woman", "v"]) {
        Some(About::Sex(Sex::Female))
    } else if starts(&["mannelijk", "homme", "masculin"]) || is(&["man", "mannen", "heer", "male", "m"]) {
        Some(About::Sex(Sex::Male))
    } else if starts(&["buurt", "dichtbij", "nabij", "proche", "near"]) || folded.contains("dicht bij") {
        Some(About::Nearby)
    } else if starts(&["sector", "secteur", "vakgebied", "branche"]) || folded.contains("zelfde beroep") {
        Some(About::SameSector)
    } else {
        words
            .iter()
            .find_map(|word| language(word.strip_suffix("talig").unwrap_or(word)).filter(|_| word.len() > 2))
            .map(About::Language)
    }
}
