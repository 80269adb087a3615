//! One row of a list to one person, with a remark for everything that was not understood.
//!
//! A wrong cell leaves its field empty and the row is taken; only a row without a name is
//! refused.

use std::collections::BTreeSet;

use schemas::places::Refnis;
use schemas::time::Date;

use crate::import::contact::{self, Lives};
use crate::import::dates;
use crate::import::field::{Field, Part};
use crate::import::names;
use crate::import::report::Remark;
use crate::import::sheet::Cell;
use crate::import::slots::slots;
use crate::import::values;
use crate::import::words::{fold, says_nothing};
use crate::people::{Birth, PersonData, Side};

/// Characters of a short text field.
const MAX_TEXT: usize = 200;
/// Characters of a cell that a remark repeats.
const MAX_SAID: usize = 80;

/// What a row is read against.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// Side of the list.
    pub side: Side,
    /// The day of the import.
    pub today: Date,
    /// This municipality.
    pub here: Refnis,
    /// Whether remarks are taken over for this row.
    pub take_remarks: bool,
}

/// A row as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRow {
    /// The person.
    pub person: PersonData,
    /// Parts that the row says something about.
    pub given: BTreeSet<Part>,
    /// What was not understood.
    pub remarks: Vec<Remark>,
    /// Whether a remarks column has a text.
    pub has_remarks_text: bool,
    /// Why the row is not taken.
    pub refused: Option<&'static str>,
}

/// Reads a row; none when it is empty.
pub fn read(cells: &[Cell], fields: &[Field], context: &Context) -> Option<ReadRow> {
    if cells.iter().all(Cell::is_empty) {
        return None;
    }
    let mut row = Reader {
        read: ReadRow {
            person: PersonData::new(context.side, context.today),
            given: BTreeSet::new(),
            remarks: Vec::new(),
            has_remarks_text: false,
            refused: None,
        },
        context,
    };
    let mut pairs: Vec<(Field, &Cell)> = fields.iter().copied().zip(cells).collect();
    // The registration first: an age is true on its day.
    pairs.sort_by_key(|(field, _)| *field != Field::RegisteredOn);
    for (field, cell) in pairs {
        match cell {
            Cell::Refused if field != Field::NationalNumber && field != Field::Skip => {
                row.remark("rrn-refused", field, "")
            }
            Cell::Refused => {}
            Cell::Text(text) if text.is_empty() => {}
            Cell::Text(text) => row.cell(field, text),
        }
    }
    row.finish();
    Some(row.read)
}

struct Reader<'a> {
    read: ReadRow,
    context: &'a Context,
}

impl Reader<'_> {
    fn remark(&mut self, code: &'static str, field: Field, said: &str) {
        let said = said.chars().take(MAX_SAID).collect();
        let remark = Remark { code, field, said };
        if !self.read.remarks.contains(&remark) {
            self.read.remarks.push(remark);
        }
    }

    fn give(&mut self, part: Part) {
        self.read.given.insert(part);
    }

    /// At most 200 characters of a cell, on one line.
    fn short(&mut self, field: Field, text: &str) -> String {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= MAX_TEXT {
            return line;
        }
        self.remark("text-clipped", field, &line);
        line.chars().take(MAX_TEXT).collect()
    }

    fn cell(&mut self, field: Field, text: &str) {
        match field {
            Field::Skip | Field::NationalNumber => {}
            Field::FullName | Field::GivenName | Field::FamilyName => self.name(field, text),
            Field::BirthDate | Field::BirthYear | Field::Age => self.birth(field, text),
            Field::Contact | Field::Phone | Field::Email => self.contact(field, text),
            Field::Address | Field::Street | Field::PostalCode | Field::Municipality | Field::MeetsIn => {
                self.place(field, text)
            }
            Field::Capacity | Field::Radius | Field::Children => self.number(field, text),
            Field::RegisteredOn => self.registered(text),
            Field::Remarks => self.remarks_text(text),
            Field::Country | Field::Education | Field::RecruitedVia | Field::FormerWork => self.text(field, text),
            Field::Occupation => self.occupation(text),
            _ => self.vocabulary(field, text),
        }
    }

    fn name(&mut self, field: Field, text: &str) {
        let text = self.short(field, text);
        let (given, family) = match field {
            Field::GivenName => (text, String::new()),
            Field::FamilyName => (String::new(), text),
            _ => names::split(&text),
        };
        let person = &mut self.read.person;
        if person.given_name.is_empty() {
            person.given_name = given;
        }
        if person.family_name.is_empty() {
            person.family_name = family;
        }
    }

    fn birth(&mut self, field: Field, text: &str) {
        // Of a day, a year and an age the first that says something counts.
        if self.read.person.birth != Birth::Unknown {
            return;
        }
        match dates::birth(text, self.context.today, self.read.person.registered_on) {
            Ok(birth) => {
                self.read.person.birth = birth;
                self.give(Part::Birth);
            }
            Err(code) => self.remark(code, field, text),
        }
    }

    fn contact(&mut self, field: Field, text: &str) {
        if says_nothing(text) {
            return;
        }
        let reached = contact::reached(text);
        let contact = &mut self.read.person.contact;
        let (mut phone, mut email) = (false, false);
        if contact.phone.is_empty() && !reached.phone.is_empty() {
            contact.phone = reached.phone;
            phone = true;
        }
        if contact.email.is_empty() && !reached.email.is_empty() {
            contact.email = reached.email;
            email = true;
        }
        if phone {
            self.give(Part::Phone);
        }
        if email {
            self.give(Part::Email);
        }
        if !reached.left.is_empty() {
            self.remark("contact-unknown", field, &reached.left);
        }
    }

    fn place(&mut self, field: Field, text: &str) {
        let text = self.short(field, text);
        let lives = match field {
            Field::Street => Lives { street: text, ..Lives::default() },
            Field::PostalCode => {
                let code: String = text.chars().filter(char::is_ascii_digit).collect();
                if contact::is_postal_code(&code) {
                    Lives { postal_code: code, ..Lives::default() }
                } else {
                    Lives { unknown: text, ..Lives::default() }
                }
            }
            Field::Address => contact::address(&text),
            _ => {
                let lives = contact::address(&text);
                // A column of municipalities holds no street: what is not known is a remark.
                if lives.street.is_empty() { lives } else { Lives { unknown: lives.street, ..Lives::default() } }
            }
        };
        if !lives.unknown.is_empty() {
            self.remark("place-unknown", field, &lives.unknown);
        }
        if field == Field::MeetsIn {
            if lives.municipality.is_some() {
                self.read.person.meets_in = lives.municipality;
                self.give(Part::MeetsIn);
            }
            return;
        }
        let contact = &mut self.read.person.contact;
        if contact.street.is_empty() {
            contact.street = lives.street;
        }
        if contact.postal_code.is_empty() {
            contact.postal_code = lives.postal_code;
        }
        if lives.municipality.is_some() && (contact.municipality.is_none() || field == Field::Municipality) {
            contact.municipality = lives.municipality;
        }
    }

    fn number(&mut self, field: Field, text: &str) {
        let digits = text.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty()).unwrap_or("");
        let most = match field {
            Field::Radius => 100,
            _ => 20,
        };
        let number = match (digits.parse::<u8>(), fold(text).as_str()) {
            (Ok(number), _) if number <= most && digits.len() == text.chars().filter(char::is_ascii_digit).count() => {
                number
            }
            (_, "geen" | "nee" | "neen") if field == Field::Children => 0,
            _ => return self.remark("number-unknown", field, text),
        };
        let person = &mut self.read.person;
        match field {
            Field::Capacity => person.capacity = number,
            Field::Radius => person.radius_km = number,
            _ => person.children = Some(number),
        }
        self.give(match field {
            Field::Capacity => Part::Capacity,
            Field::Radius => Part::Radius,
            _ => Part::Children,
        });
    }

    fn registered(&mut self, text: &str) {
        // A short year of a registration is of this century.
        let horizon = self.context.today.plus_days(366 * 2);
        match dates::day(text, horizon) {
            Ok(day) => {
                if day > self.context.today {
                    self.remark("date-in-future", Field::RegisteredOn, text);
                }
                self.read.person.registered_on = day;
                self.give(Part::RegisteredOn);
            }
            Err(code) => self.remark(code, Field::RegisteredOn, text),
        }
    }

    fn remarks_text(&mut self, text: &str) {
        self.read.has_remarks_text = true;
        if self.context.take_remarks {
            let remarks = &mut self.read.person.intake.remarks;
            if !remarks.is_empty() {
                remarks.push('\n');
            }
            remarks.push_str(text);
            self.give(Part::Remarks);
        }
    }

    fn text(&mut self, field: Field, text: &str) {
        let text = self.short(field, text);
        let person = &mut self.read.person;
        let (place, part) = match field {
            Field::Country => (&mut person.country, Part::Country),
            Field::Education => (&mut person.education, Part::Education),
            Field::FormerWork => (&mut person.former_work, Part::FormerWork),
            _ => (&mut person.recruited_via, Part::RecruitedVia),
        };
        if place.is_empty() {
            *place = text;
            self.give(part);
        }
    }

    fn occupation(&mut self, text: &str) {
        if says_nothing(text) {
            return;
        }
        let text = self.short(Field::Occupation, text);
        let work = values::work(&text);
        if work.occupation.is_none() {
            self.remark("occupation-unknown", Field::Occupation, &text);
        }
        let person = &mut self.read.person;
        person.occupation = work.occupation;
        person.occupation_text = work.title;
        let branch = person.sector.is_none() && work.sector.is_some();
        if branch {
            person.sector = work.sector;
            self.give(Part::Sector);
        }
        self.give(Part::Occupation);
    }

    /// Cells whose words belong to a vocabulary.
    fn vocabulary(&mut self, field: Field, text: &str) {
        if says_nothing(text) && field != Field::Sex {
            return;
        }
        let person = &mut self.read.person;
        let (part, understood, unknown, code) = match field {
            Field::Sex => {
                person.sex = values::sex(text);
                (Part::Sex, person.sex.is_some(), Vec::new(), "sex-unknown")
            }
            Field::Dutch => {
                person.dutch = values::dutch(text);
                (Part::Dutch, person.dutch.is_some(), Vec::new(), "cefr-unknown")
            }
            Field::MotherTongue => {
                let (languages, unknown) = values::languages(text);
                // Of two mother tongues the first counts as one; both are spoken.
                let first = crate::import::words::items(text).iter().find_map(|item| values::language(item));
                person.mother_tongue = first.or_else(|| languages.first().copied());
                if person.mother_tongue.is_some() {
                    self.read.given.insert(Part::MotherTongue);
                }
                let understood = !languages.is_empty();
                self.read.person.languages.extend(languages);
                (Part::Languages, understood, unknown, "language-unknown")
            }
            Field::Languages => {
                let (languages, unknown) = values::languages(text);
                let understood = !languages.is_empty();
                person.languages.extend(languages);
                (Part::Languages, understood, unknown, "language-unknown")
            }
            Field::Sector => {
                person.sector = values::sector(text).or(person.sector);
                (Part::Sector, values::sector(text).is_some(), Vec::new(), "sector-unknown")
            }
            Field::Domains => {
                let (domains, unknown) = values::domains(text);
                let understood = !domains.is_empty();
                person.domains.extend(domains);
                (Part::Domains, understood, unknown, "domain-unknown")
            }
            Field::Slots => {
                let (slots, unknown) = slots(text);
                person.slots = person.slots.union(slots);
                (Part::Slots, !slots.is_empty(), unknown, "slot-unknown")
            }
            Field::Interests => {
                let (interests, unknown) = values::interests(text);
                let understood = !interests.is_empty();
                person.interests.extend(interests);
                (Part::Interests, understood, unknown, "interest-unknown")
            }
            Field::Wishes => {
                let (wishes, unknown) = values::wishes(text);
                let understood = !wishes.is_empty();
                person.wishes.extend(wishes);
                (Part::Wishes, understood, unknown, "wish-unknown")
            }
            _ => return,
        };
        if understood {
            self.give(part);
        }
        if !unknown.is_empty() {
            self.remark(code, field, &unknown.join(", "));
        } else if !understood {
            self.remark(code, field, text);
        }
    }

    /// What only the whole row tells.
    fn finish(&mut self) {
        let person = &mut self.read.person;
        if person.contact.municipality.is_none() {
            person.contact.municipality = contact::municipality("", &person.contact.postal_code);
        }
        for part in [Part::GivenName, Part::FamilyName, Part::Street, Part::PostalCode, Part::Municipality] {
            if !part.text(person).is_empty() {
                self.read.given.insert(part);
            }
        }
        let names = [&person.given_name, &person.family_name];
        if names.iter().all(|name| !name.chars().any(char::is_alphabetic)) {
            self.read.refused = Some("row-no-name");
            return;
        }
        let alone = names.iter().any(|name| name.is_empty());
        if alone
            && self.read.given.len() == 1
            && ["totaal", "aantal", "total", "som"].contains(&fold(&person.full_name()).as_str())
        {
            self.read.refused = Some("row-total");
            return;
        }
        let minor = person.birth.age_on(self.context.today).is_some_and(|age| age < 18);
        let elsewhere = person.side == Side::Mentor
            && person.meets_in.is_none()
            && person.contact.municipality.filter(|at| *at != self.context.here).is_some();
        let place = person.contact.municipality.map(Refnis::name).unwrap_or_default();
        if alone {
            let name = person.full_name();
            self.remark("name-one-word", Field::FullName, &name);
        }
        if minor {
            self.remark("minor", Field::BirthDate, "");
        }
        if elsewhere {
            self.remark("lives-elsewhere", Field::Municipality, place);
        }
    }
}
