//! The intake form: text as typed to a person's data and back. Every error names its field, and
//! all of them come at once. A national register number is refused in whatever field it stands.

use std::collections::BTreeSet;
use std::str::FromStr;

use schemas::language::Language;
use schemas::occupation::{Isco, Occupation};
use schemas::places::Refnis;
use schemas::rrn;
use schemas::time::Date;
use schemas::vocabulary::{About, Slots, Strength, Wish};

use crate::dutch_date;
use crate::error::{Error, FieldError, Result};
use crate::people::{Birth, Contact, Intake, PersonData, Side, USUAL_CAPACITY, USUAL_RADIUS_KM};

/// Characters of a name, at most.
pub const MAX_NAME: usize = 100;
/// Characters of a short field, at most.
pub const MAX_LINE: usize = 300;
/// Characters of a text of the conversation, at most.
pub const MAX_TEXT: usize = 8_000;
/// Oldest age that is taken, in years.
const MAX_AGE: i16 = 120;

/// What was typed, with what was wrong so far.
struct Typed<'a> {
    fields: &'a [(String, String)],
    errors: Vec<FieldError>,
}

impl<'a> Typed<'a> {
    fn wrong(&mut self, field: &str, code: &'static str) {
        if !self.errors.iter().any(|error| error.field == field) {
            self.errors.push(FieldError { field: field.to_owned(), code });
        }
    }

    /// Every value of a field that is not blank.
    fn every(&self, field: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
        let fields = self.fields;
        fields.iter().filter(move |(name, _)| name == field).map(|(_, value)| value.trim()).filter(|v| !v.is_empty())
    }

    fn first(&self, field: &'static str) -> Option<&'a str> {
        self.every(field).next()
    }

    fn text(&mut self, field: &'static str, most: usize) -> String {
        let text = self.first(field).unwrap_or_default().replace("\r\n", "\n");
        if text.chars().count() > most {
            self.wrong(field, "too-long");
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.wrong(field, "control-characters");
        }
        text
    }

    fn line(&mut self, field: &'static str) -> String {
        self.text(field, MAX_LINE)
    }

    fn word<T: FromStr>(&mut self, field: &'static str, code: &'static str) -> Option<T> {
        let parsed = self.first(field)?.parse();
        if parsed.is_err() {
            self.wrong(field, code);
        }
        parsed.ok()
    }

    fn words<T: FromStr + Ord>(&mut self, field: &'static str, code: &'static str) -> BTreeSet<T> {
        let mut found = BTreeSet::new();
        for text in self.every(field) {
            match text.parse() {
                Ok(word) => {
                    found.insert(word);
                }
                Err(_) => self.wrong(field, code),
            }
        }
        found
    }

    fn number(&mut self, field: &'static str, most: u8) -> Option<u8> {
        match self.first(field)?.parse::<u8>() {
            Ok(number) if number <= most => Some(number),
            _ => {
                self.wrong(field, "number-range");
                None
            }
        }
    }

    fn day(&mut self, field: &'static str, today: Date) -> Option<Date> {
        match dutch_date::parse(self.first(field)?, today) {
            Ok(date) if date > today => {
                self.wrong(field, "date-future");
                None
            }
            Ok(date) => Some(date),
            Err(code) => {
                self.wrong(field, code);
                None
            }
        }
    }

    fn ticked(&self, field: &'static str) -> bool {
        self.first(field).is_some_and(|value| !matches!(value, "no" | "false" | "0"))
    }

    /// A municipality by its REFNIS code or its name.
    fn municipality(&mut self, field: &'static str) -> Option<Refnis> {
        let text = self.first(field)?;
        let found = text.parse().ok().or_else(|| Refnis::by_name(text));
        if found.is_none() {
            self.wrong(field, "municipality-unknown");
        }
        found
    }
}

/// The person in a form. Field names are those of [`PersonData`], nested ones with a dot.
/// `birth` takes a day, a year, or an age (`34`, `34 jaar op 12/10/2026`); `wishes` takes
/// `must` or `preferred`, a colon, and `sex:female`, `age:25-34`, `language:ar`, `nearby` or
/// `same_sector`.
///
/// # Errors
/// [`Error::Invalid`] with every field that cannot be taken.
pub fn parse_person_form(side: Side, fields: &[(String, String)], today: Date) -> Result<PersonData> {
    let mut typed = Typed { fields, errors: Vec::new() };
    for (name, value) in fields {
        if rrn::holds_rrn(value) {
            typed.wrong(name, "rrn-refused");
        }
    }
    let t = &mut typed;
    let registered_on = t.day("registered_on", today).unwrap_or(today);
    let mother_tongue: Option<Language> = t.word("mother_tongue", "language-unknown");
    let mut languages: BTreeSet<Language> = t.words("languages", "language-unknown");
    languages.extend(mother_tongue);
    let occupation_text = t.line("occupation_text");
    let data = PersonData {
        side,
        given_name: t.text("given_name", MAX_NAME),
        family_name: t.text("family_name", MAX_NAME),
        birth: birth(t, registered_on, today),
        sex: t.word("sex", "sex-unknown"),
        contact: contact(t),
        country: t.line("country"),
        mother_tongue,
        languages,
        dutch: t.word("dutch", "cefr-unknown"),
        education: t.line("education"),
        former_work: t.line("former_work"),
        occupation: occupation(t, &occupation_text),
        occupation_text,
        sector: t.word("sector", "sector-unknown"),
        domains: t.words("domains", "domain-unknown"),
        slots: slots(t),
        interests: t.words("interests", "interest-unknown"),
        style: t.word("style", "style-unknown"),
        wishes: wishes(t),
        capacity: match side {
            Side::Mentor => t.number("capacity", 20).unwrap_or(USUAL_CAPACITY),
            Side::Newcomer => 0,
        },
        radius_km: t.number("radius_km", 100).unwrap_or(USUAL_RADIUS_KM),
        meets_in: t.municipality("meets_in"),
        children: t.number("children", 20),
        recruited_via: t.line("recruited_via"),
        registered_on,
        shows_age: t.ticked("shows_age"),
        shows_sex: t.ticked("shows_sex"),
        intake: intake(t),
    };
    if data.full_name().is_empty() {
        t.wrong("given_name", "name-missing");
    }
    if typed.errors.is_empty() { Ok(data) } else { Err(Error::Invalid(typed.errors)) }
}

fn birth(t: &mut Typed<'_>, registered_on: Date, today: Date) -> Birth {
    let Some(text) = t.first("birth") else { return Birth::Unknown };
    let all_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = if all_digits && text.len() == 4 {
        match text.parse() {
            Ok(year) if (1900..=today.0.year()).contains(&year) => Ok(Birth::In(year)),
            _ => Err("date-impossible"),
        }
    } else if let Some(years) = age_in(text) {
        let on = match text.split_once(" op ") {
            Some((_, day)) => dutch_date::parse(day, today),
            None => Ok(registered_on),
        };
        match (years, on) {
            (1..=MAX_AGE, Ok(on)) => Ok(Birth::Aged { years, on }),
            (_, Err(code)) => Err(code),
            _ => Err("number-range"),
        }
    } else {
        match dutch_date::parse(text, today) {
            Ok(date) if date > today => Err("date-future"),
            other => other.map(Birth::On),
        }
    };
    parsed.unwrap_or_else(|code| {
        t.wrong("birth", code);
        Birth::Unknown
    })
}

/// The years in `34`, `34 jaar`, or `34 jaar op 12/10/2026`; none in anything else.
fn age_in(text: &str) -> Option<i16> {
    let age = text.split_once(" op ").map_or(text, |(age, _)| age);
    let age = age.trim().strip_suffix("jaar").unwrap_or(age).trim();
    if age.len() > 3 { None } else { age.parse().ok().filter(|years| *years >= 0) }
}

fn contact(t: &mut Typed<'_>) -> Contact {
    let email = t.line("contact.email");
    if !email.is_empty() && !looks_like_mail(&email) {
        t.wrong("contact.email", "email-format");
    }
    let phone = t.line("contact.phone");
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '/' | '.' | '-' | '(' | ')');
    if !phone.is_empty() && (!(8..=15).contains(&digits) || !phone.chars().all(allowed)) {
        t.wrong("contact.phone", "phone-format");
    }
    let postal_code = t.line("contact.postal_code");
    let places = match postal_code.parse::<u16>() {
        Ok(code) if postal_code.len() == 4 => Refnis::by_postal_code(code),
        _ => Vec::new(),
    };
    if !postal_code.is_empty() && places.is_empty() {
        t.wrong("contact.postal_code", "postal-unknown");
    }
    let municipality = t.municipality("contact.municipality").or(places.first().copied());
    Contact { phone, email, street: t.line("contact.street"), postal_code, municipality }
}

/// One `@` with a name before it and a domain with a dot after it.
fn looks_like_mail(text: &str) -> bool {
    let domain_fits = |domain: &str| domain.split('.').count() > 1 && domain.split('.').all(|part| !part.is_empty());
    let parts: Vec<&str> = text.split('@').collect();
    !text.contains(char::is_whitespace)
        && matches!(parts[..], [name, domain] if !name.is_empty() && domain_fits(domain))
}

fn occupation(t: &mut Typed<'_>, as_written: &str) -> Option<Occupation> {
    match t.first("occupation") {
        Some(text) => {
            let found = text.parse().ok().or_else(|| Isco::by_title_nl(text).map(Occupation::Isco));
            if found.is_none() {
                t.wrong("occupation", "occupation-unknown");
            }
            found
        }
        None => Isco::by_title_nl(as_written).map(Occupation::Isco),
    }
}

fn slots(t: &mut Typed<'_>) -> Slots {
    let mut all = Slots::none();
    for text in t.every("slots") {
        match text.parse() {
            Ok(slot) => all = all.union(slot),
            Err(_) => t.wrong("slots", "slot-unknown"),
        }
    }
    all
}

fn wishes(t: &mut Typed<'_>) -> BTreeSet<Wish> {
    let mut all = BTreeSet::new();
    for text in t.every("wishes") {
        match wish(text) {
            Some(wish) => {
                all.insert(wish);
            }
            None => t.wrong("wishes", "wish-unknown"),
        }
    }
    if all.len() > 8 {
        t.wrong("wishes", "too-many");
    }
    all
}

/// The wish in `must:sex:female` and its like; none in anything else.
pub fn wish(text: &str) -> Option<Wish> {
    let (strength, about) = text.split_once(':')?;
    let strength = match strength {
        "must" => Strength::Must,
        "preferred" => Strength::Preferred,
        _ => return None,
    };
    let about = match about.split_once(':').unwrap_or((about, "")) {
        ("sex", value) => About::Sex(value.parse().ok()?),
        ("age", value) => About::Age(value.parse().ok()?),
        ("language", value) => About::Language(value.parse().ok()?),
        ("nearby", "") => About::Nearby,
        ("same_sector", "") => About::SameSector,
        _ => return None,
    };
    Some(Wish { about, strength })
}

/// A wish as [`wish`] reads it.
pub fn wish_code(wish: &Wish) -> String {
    let strength = match wish.strength {
        Strength::Must => "must",
        Strength::Preferred => "preferred",
    };
    match wish.about {
        About::Sex(sex) => format!("{strength}:sex:{sex}"),
        About::Age(band) => format!("{strength}:age:{band}"),
        About::Language(language) => format!("{strength}:language:{language}"),
        About::Nearby => format!("{strength}:nearby"),
        About::SameSector => format!("{strength}:same_sector"),
    }
}

fn intake(t: &mut Typed<'_>) -> Intake {
    Intake {
        needs: t.text("intake.needs", MAX_TEXT),
        expectations: t.text("intake.expectations", MAX_TEXT),
        background: t.text("intake.background", MAX_TEXT),
        experience: t.text("intake.experience", MAX_TEXT),
        goals: t.text("intake.goals", MAX_TEXT),
        barriers: t.text("intake.barriers", MAX_TEXT),
        preferred_profile: t.text("intake.preferred_profile", MAX_TEXT),
        actions: t.text("intake.actions", MAX_TEXT),
        remarks: t.text("intake.remarks", MAX_TEXT),
    }
}

/// The fields that [`parse_person_form`] reads back to the same person. Empty ones are left out.
pub fn person_to_form(data: &PersonData) -> Vec<(String, String)> {
    let mut form = Vec::new();
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            form.push((name.to_owned(), value));
        }
    };
    fn word<T: ToString>(value: Option<T>) -> String {
        value.map(|value| value.to_string()).unwrap_or_default()
    }
    put("given_name", data.given_name.clone());
    put("family_name", data.family_name.clone());
    put("birth", birth_text(data.birth));
    put("sex", word(data.sex));
    put("contact.phone", data.contact.phone.clone());
    put("contact.email", data.contact.email.clone());
    put("contact.street", data.contact.street.clone());
    put("contact.postal_code", data.contact.postal_code.clone());
    put("contact.municipality", word(data.contact.municipality));
    put("country", data.country.clone());
    put("mother_tongue", word(data.mother_tongue));
    data.languages.iter().for_each(|language| put("languages", language.to_string()));
    put("dutch", word(data.dutch));
    put("education", data.education.clone());
    put("former_work", data.former_work.clone());
    put("occupation", word(data.occupation.as_ref()));
    put("occupation_text", data.occupation_text.clone());
    put("sector", word(data.sector));
    data.domains.iter().for_each(|domain| put("domains", domain.to_string()));
    data.slots.codes().into_iter().for_each(|slot| put("slots", slot));
    data.interests.iter().for_each(|interest| put("interests", interest.to_string()));
    put("style", word(data.style));
    data.wishes.iter().for_each(|wish| put("wishes", wish_code(wish)));
    if data.side == Side::Mentor {
        put("capacity", data.capacity.to_string());
    }
    put("radius_km", data.radius_km.to_string());
    put("meets_in", word(data.meets_in));
    put("children", word(data.children));
    put("recruited_via", data.recruited_via.clone());
    put("registered_on", dutch_date::format(data.registered_on));
    put("shows_age", if data.shows_age { "yes".to_owned() } else { String::new() });
    put("shows_sex", if data.shows_sex { "yes".to_owned() } else { String::new() });
    let intake = &data.intake;
    put("intake.needs", intake.needs.clone());
    put("intake.expectations", intake.expectations.clone());
    put("intake.background", intake.background.clone());
    put("intake.experience", intake.experience.clone());
    put("intake.goals", intake.goals.clone());
    put("intake.barriers", intake.barriers.clone());
    put("intake.preferred_profile", intake.preferred_profile.clone());
    put("intake.actions", intake.actions.clone());
    put("intake.remarks", intake.remarks.clone());
    form
}

/// A birth as it is typed.
pub fn birth_text(birth: Birth) -> String {
    match birth {
        Birth::Unknown => String::new(),
        Birth::On(date) => dutch_date::format(date),
        Birth::In(year) => year.to_string(),
        Birth::Aged { years, on } => format!("{years} jaar op {}", dutch_date::format(on)),
    }
}

#[cfg(test)]
mod tests;
