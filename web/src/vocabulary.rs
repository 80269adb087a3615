//! The closed vocabularies of the cards in words: keys are `<vocabulary>-<code>`.

use casework::people::{Birth, PersonData, PersonId};
use casework::schemas::language::Language;
use casework::schemas::occupation::{Isco, Occupation};
use casework::schemas::places::Refnis;
use casework::schemas::time::Date;
use casework::schemas::vocabulary::{
    About, AgeBand, Cefr, Domain, Interest, Sector, Sex, Slots, Strength, Style, Wish,
};

use crate::fields::Choice;
use crate::words::Words;

macro_rules! named {
    ($($function:ident, $all:ident, $type:ty, $prefix:literal;)+) => {$(
        /// Its word.
        pub(crate) fn $function(w: &Words, value: $type) -> String {
            w.t(&format!("{}-{}", $prefix, value.code()))
        }
        /// Every word, to choose from.
        pub(crate) fn $all(w: &Words) -> Vec<Choice> {
            <$type>::ALL.iter().map(|value| (value.code().to_owned(), $function(w, *value))).collect()
        }
    )+};
}

named! {
    domain, domains, Domain, "domain";
    sector, sectors, Sector, "sector";
    interest, interests, Interest, "interest";
    style, styles, Style, "style";
    sex, sexes, Sex, "sex";
    cefr, cefrs, Cefr, "cefr";
}

/// Name of a language.
pub(crate) fn language(w: &Words, value: Language) -> String {
    match w.code().as_str() {
        "fr" => value.name_fr(),
        "en" => value.name_en(),
        _ => value.name_nl(),
    }
    .to_owned()
}

/// Every language, by name.
pub(crate) fn languages(w: &Words) -> Vec<Choice> {
    let mut all: Vec<Choice> = Language::all().map(|value| (value.code().to_owned(), language(w, value))).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

/// Title of an occupation.
pub(crate) fn occupation(w: &Words, value: &Occupation) -> String {
    capital(&value.isco().map_or_else(|| w.t("occupation-other"), Isco::title_nl))
}

/// The text with a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `25–34`, `65 of ouder`.
pub(crate) fn band(w: &Words, value: AgeBand) -> String {
    match value.to() {
        Some(to) => format!("{}–{to}", value.from()),
        None => w.with("band-open", "from", value.from()),
    }
}

/// Bands to choose from: the narrowest.
pub(crate) fn bands(w: &Words) -> Vec<Choice> {
    AgeBand::narrowest().map(|value| (value.to_string(), band(w, value))).collect()
}

/// Age in words.
pub(crate) fn age(w: &Words, birth: Birth, today: Date) -> String {
    birth.age_on(today).map_or_else(|| w.t("unknown-age"), |years| w.count("age-years", years))
}

/// A wish in words, `liefst een vrouw`.
pub(crate) fn wish(w: &Words, value: &Wish) -> String {
    let about = match value.about {
        About::Sex(value) => w.t(&format!("wish-sex-{}", value.code())),
        About::Age(value) => w.with("wish-age", "band", band(w, value)),
        About::Language(value) => w.with("wish-language", "language", language(w, value)),
        About::Nearby => w.t("wish-nearby"),
        About::SameSector => w.t("wish-same-sector"),
    };
    match value.strength {
        Strength::Must => w.with("wish-must", "about", about),
        Strength::Preferred => w.with("wish-preferred", "about", about),
    }
}

/// Words joined with commas; a dash of words where there are none.
pub(crate) fn list(w: &Words, words: impl IntoIterator<Item = String>) -> String {
    let all: Vec<String> = words.into_iter().collect();
    if all.is_empty() { w.t("nothing-known") } else { all.join(", ") }
}

/// The contact languages of a person.
pub(crate) fn spoken(w: &Words, data: &PersonData) -> String {
    list(w, data.languages.iter().map(|value| language(w, *value)))
}

/// The code in a field of the intake in words, for the eye only.
pub(crate) fn value(w: &Words, name: &str, value: &str) -> String {
    let key = match name {
        "sex" | "sector" | "style" | "dutch" => name.to_owned(),
        "domains" | "interests" => name.trim_end_matches('s').to_owned(),
        _ => String::new(),
    };
    let key = if key == "dutch" { format!("cefr-{value}") } else { format!("{key}-{value}") };
    if w.has(&key) {
        return w.t(&key);
    }
    match name {
        "languages" | "mother_tongue" => value.parse().map_or_else(|_| value.to_owned(), |code| language(w, code)),
        "contact.municipality" | "meets_in" => {
            value.parse::<Refnis>().map_or_else(|_| value.to_owned(), |code| code.name().to_owned())
        }
        "wishes" => casework::form::wish(value).map_or_else(|| value.to_owned(), |found| wish(w, &found)),
        "occupation" => value.parse().map_or_else(|_| value.to_owned(), |code| occupation(w, &code)),
        "slots" => value.parse().map_or_else(|_| value.to_owned(), |slot| slots(w, slot)),
        _ => value.to_owned(),
    }
}

/// One box of the week.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) code: String,
    pub(crate) words: String,
    pub(crate) on: bool,
}

/// One day of the week.
#[derive(Debug, Clone)]
pub(crate) struct WeekRow {
    pub(crate) day: String,
    pub(crate) slots: Vec<Slot>,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const PARTS: [&str; 3] = ["morning", "afternoon", "evening"];

/// The parts of a day in words.
pub(crate) fn dayparts(w: &Words) -> Vec<String> {
    PARTS.iter().map(|part| w.t(&format!("part-{part}"))).collect()
}

/// The week, with what is on.
pub(crate) fn week(w: &Words, on: impl Fn(&str) -> bool) -> Vec<WeekRow> {
    DAYS.iter()
        .map(|day| WeekRow {
            day: w.t(&format!("day-{day}")),
            slots: PARTS
                .iter()
                .map(|part| {
                    let code = format!("{day}-{part}");
                    let words = format!("{} {}", w.t(&format!("day-{day}")), w.t(&format!("part-{part}")));
                    Slot { on: on(&code), code, words }
                })
                .collect(),
        })
        .collect()
}

/// A week of dots, for cards.
pub(crate) fn dots(w: &Words, slots: Slots) -> Vec<WeekRow> {
    let codes = slots.codes();
    week(w, |code| codes.iter().any(|known| known == code))
}

/// Slots as a sentence, `wo namiddag, za voormiddag`.
pub(crate) fn slots(w: &Words, value: Slots) -> String {
    list(
        w,
        (0..7).flat_map(|day| (0..3).map(move |part| (day, part))).filter(|(day, part)| value.has(*day, *part)).map(
            |(day, part)| format!("{} {}", w.t(&format!("short-{}", DAYS[day])), w.t(&format!("part-{}", PARTS[part]))),
        ),
    )
}

/// Where the screening is noted that has to be seen before the mentor is matched; empty when it was.
pub(crate) fn screen_first(mentor: Option<PersonId>) -> String {
    mentor.map(|mentor| format!("/mentors/{}#screening", mentor.0)).unwrap_or_default()
}

/// A word of a list inside a sentence: small, but for the name of a language.
pub(crate) fn in_sentence(text: &str) -> String {
    if text.starts_with("Nederlands") { text.to_owned() } else { text.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::MISSING;

    #[test]
    fn every_word_of_every_vocabulary_has_a_dutch_word() {
        let w = Words::dutch();
        let all = [domains(&w), sectors(&w), interests(&w), styles(&w), sexes(&w), cefrs(&w), languages(&w), bands(&w)];
        for (code, words) in all.into_iter().flatten() {
            assert!(!words.contains(MISSING), "{code}");
        }
        let every = Slots::try_from(
            week(&w, |_| false).into_iter().flat_map(|row| row.slots).map(|slot| slot.code).collect::<Vec<_>>(),
        )
        .expect("codes of the week");
        assert_eq!(every.len(), 21);
        assert!(!slots(&w, every).contains(MISSING));
        for about in Sex::ALL.iter().map(|sex| About::Sex(*sex)).chain([About::Nearby, About::SameSector]) {
            for strength in [Strength::Must, Strength::Preferred] {
                assert!(!wish(&w, &Wish { about, strength }).contains(MISSING));
            }
        }
    }

    #[test]
    fn bands_are_written_with_a_dash() {
        let w = Words::dutch();
        assert_eq!(band(&w, "25-34".parse().expect("a band")), "25–34");
        assert_eq!(band(&w, "65+".parse().expect("a band")), "65 of ouder");
    }
}
