//! Closed vocabularies of the cards: domains, sectors, interests, styles, age bands, slots, wishes.
//!
//! A card says what it says in these words only; there is no free text about a person.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Refused;
use crate::language::Language;

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $code)] $variant),+
        }

        impl $name {
            /// Every word of this vocabulary, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The stable code, as in JSON.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }

        impl FromStr for $name {
            type Err = Refused;
            fn from_str(text: &str) -> Result<Self, Refused> {
                match text { $($code => Ok(Self::$variant),)+ _ => Err(Refused::new($what, "not a word of the vocabulary")) }
            }
        }
    };
}

vocabulary!(/// What a newcomer wants help with and a mentor offers.
    Domain, "domain" {
    /// Finding and keeping work.
    Work = "work",
    /// Volunteering.
    Volunteering = "volunteering",
    /// Leisure and meeting people.
    Leisure = "leisure",
    /// Study and training.
    Education = "education",
    /// Practising Dutch.
    Language = "language",
    /// Letters, forms, services.
    Administration = "administration",
});

vocabulary!(/// The branch that somebody works or wants to work in.
    Sector, "sector" {
    /// Office work.
    Administration = "administration",
    /// Agriculture and green.
    Agriculture = "agriculture",
    /// Construction.
    Construction = "construction",
    /// Education.
    Education = "education",
    /// Finance.
    Finance = "finance",
    /// Health and care.
    Care = "care",
    /// Hotels, restaurants, cafés.
    Hospitality = "hospitality",
    /// Information technology.
    It = "it",
    /// Industry and engineering.
    Industry = "industry",
    /// Law.
    Law = "law",
    /// Logistics.
    Logistics = "logistics",
    /// Media.
    Media = "media",
    /// Metal.
    Metal = "metal",
    /// Retail and trade.
    Retail = "retail",
    /// Services to persons.
    Services = "services",
    /// Transport.
    Transport = "transport",
    /// Public service and social work.
    Public = "public",
    /// Arts and culture.
    Culture = "culture",
});

vocabulary!(/// What somebody likes to do.
    Interest, "interest" {
    /// Chess and board games.
    Chess = "chess",
    /// Cooking.
    Cooking = "cooking",
    /// Cycling.
    Cycling = "cycling",
    /// Film.
    Film = "film",
    /// Football.
    Football = "football",
    /// Gardening.
    Gardening = "gardening",
    /// Music.
    Music = "music",
    /// Photography.
    Photography = "photography",
    /// Reading.
    Reading = "reading",
    /// Sewing and handicraft.
    Sewing = "sewing",
    /// Swimming.
    Swimming = "swimming",
    /// Walking.
    Walking = "walking",
    /// Sport of another kind.
    Sport = "sport",
    /// Travel.
    Travel = "travel",
    /// Arts, theatre, museums.
    Arts = "arts",
});

vocabulary!(/// How a mentor likes to work.
    Style, "style" {
    /// Listening and talking.
    Listening = "listening",
    /// Doing things together.
    Doing = "doing",
    /// Explaining and teaching.
    Explaining = "explaining",
    /// Opening a network.
    Networking = "networking",
});

vocabulary!(/// Sex as a register has it.
    Sex, "sex" {
    /// Female.
    Female = "female",
    /// Male.
    Male = "male",
    /// X.
    Other = "other",
});

vocabulary!(/// A level of Dutch by the Common European Framework of Reference.
    Cefr, "cefr" {
    /// A1, richtgraad 1.1.
    A1 = "A1",
    /// A2, richtgraad 1.2.
    A2 = "A2",
    /// B1, richtgraden 2.1 and 2.2.
    B1 = "B1",
    /// B2, richtgraden 2.3 and 2.4.
    B2 = "B2",
    /// C1, richtgraad 3.
    C1 = "C1",
    /// C2.
    C2 = "C2",
});

/// Lower bounds of the narrowest bands; the last one has no upper bound.
const BOUNDS: [u8; 6] = [18, 25, 35, 45, 55, 65];

/// One or more neighbouring age bands of the population tables: `25-34`, `25-44`, `65+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct AgeBand {
    /// Place of the first and last band in `BOUNDS`.
    first: u8,
    last: u8,
}

impl AgeBand {
    /// The narrowest band of an adult of `age` years; none under 18.
    pub fn of_age(age: i16) -> Option<Self> {
        let at = BOUNDS.iter().rposition(|bound| age >= i16::from(*bound))? as u8;
        Some(Self { first: at, last: at })
    }
    /// Youngest age in years.
    pub fn from(self) -> u8 {
        BOUNDS[usize::from(self.first)]
    }
    /// Oldest age in years; none for an open band.
    pub fn to(self) -> Option<u8> {
        BOUNDS.get(usize::from(self.last) + 1).map(|next| next - 1)
    }
    /// Whether `other` lies wholly inside this band.
    pub fn contains(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }
    /// Whether the two have a year in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
    /// Every band that is one step wider, the younger side first.
    pub fn wider(self) -> Vec<Self> {
        let mut wider = Vec::new();
        if self.first > 0 {
            wider.push(Self { first: self.first - 1, ..self });
        }
        if usize::from(self.last) + 1 < BOUNDS.len() {
            wider.push(Self { last: self.last + 1, ..self });
        }
        wider
    }
    /// The narrowest bands, youngest first.
    pub fn narrowest() -> impl Iterator<Item = Self> {
        (0..BOUNDS.len() as u8).map(|at| Self { first: at, last: at })
    }
}

impl fmt::Display for AgeBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to() {
            Some(to) => write!(f, "{}-{to}", self.from()),
            None => write!(f, "{}+", self.from()),
        }
    }
}

impl FromStr for AgeBand {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let count = BOUNDS.len() as u8;
        (0..count)
            .flat_map(|first| (first..count).map(move |last| Self { first, last }))
            .find(|band| band.to_string() == text)
            .ok_or(Refused::new("age_band", "not a band of the population tables"))
    }
}

impl From<AgeBand> for String {
    fn from(band: AgeBand) -> Self {
        band.to_string()
    }
}

impl TryFrom<String> for AgeBand {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl JsonSchema for AgeBand {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AgeBand".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^(\d{2}-\d{2}|\d{2}\+)$" })
    }
}

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAYPARTS: [&str; 3] = ["morning", "afternoon", "evening"];

/// Weekday × daypart slots: a set of 21, in JSON a sorted list such as `["mon-morning"]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "Vec<String>", try_from = "Vec<String>")]
pub struct Slots(u32);

impl Slots {
    /// How many slots a week has.
    pub const COUNT: usize = 21;
    /// No slot.
    pub const fn none() -> Self {
        Self(0)
    }
    /// The slot of `weekday` (0 = Monday) and `daypart` (0 = morning, 2 = evening);
    /// none outside a week.
    pub fn slot(weekday: usize, daypart: usize) -> Self {
        if weekday < 7 && daypart < 3 { Self(1 << (weekday * 3 + daypart)) } else { Self(0) }
    }
    /// Slots in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// Slots in both.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    /// Whether the slot of `weekday` and `daypart` is in the set.
    pub fn has(self, weekday: usize, daypart: usize) -> bool {
        self.0 & Self::slot(weekday, daypart).0 != 0
    }
    /// The slots as bits, Monday morning the lowest.
    pub const fn bits(self) -> u32 {
        self.0
    }
    /// How many slots there are.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }
    /// Whether there is no slot.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Codes of the slots, Monday morning first.
    pub fn codes(self) -> Vec<String> {
        (0..7)
            .flat_map(|day| (0..3).map(move |part| (day, part)))
            .filter(|(day, part)| self.has(*day, *part))
            .map(|(day, part)| format!("{}-{}", WEEKDAYS[day], DAYPARTS[part]))
            .collect()
    }
}

impl FromStr for Slots {
    type Err = Refused;
    /// One slot, such as `wed-afternoon`.
    fn from_str(text: &str) -> Result<Self, Refused> {
        let refused = Refused::new("slot", "not a slot such as wed-afternoon");
        let (day, part) = text.split_once('-').ok_or(refused.clone())?;
        match (WEEKDAYS.iter().position(|known| *known == day), DAYPARTS.iter().position(|known| *known == part)) {
            (Some(day), Some(part)) => Ok(Self::slot(day, part)),
            _ => Err(refused),
        }
    }
}

impl From<Slots> for Vec<String> {
    fn from(slots: Slots) -> Self {
        slots.codes()
    }
}

impl TryFrom<Vec<String>> for Slots {
    type Error = Refused;
    fn try_from(codes: Vec<String>) -> Result<Self, Refused> {
        if codes.len() > Self::COUNT {
            return Err(Refused::new("slot", "more slots than a week has"));
        }
        codes.iter().try_fold(Self::none(), |slots, code| Ok(slots.union(code.parse()?)))
    }
}

impl JsonSchema for Slots {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Slots".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let all = Self((1 << Self::COUNT) - 1);
        json_schema!({
            "type": "array", "maxItems": Self::COUNT, "uniqueItems": true,
            "items": { "type": "string", "enum": all.codes() }
        })
    }
}

/// A set of at most `MAX` different words of a vocabulary, sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>")]
#[serde(bound(deserialize = "T: Ord + Deserialize<'de>", serialize = "T: Serialize"))]
pub struct Set<T: Ord, const MAX: usize>(BTreeSet<T>);

impl<T: Ord, const MAX: usize> Set<T, MAX> {
    /// The words of `words`.
    ///
    /// # Errors
    /// More than `MAX` different ones.
    pub fn new(words: impl IntoIterator<Item = T>) -> Result<Self, Refused> {
        let set: BTreeSet<T> = words.into_iter().collect();
        if set.len() > MAX { Err(Refused::new("set", "too many")) } else { Ok(Self(set)) }
    }
    /// The words in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
    /// Words in both, in order.
    pub fn common<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a T> {
        self.0.intersection(&other.0)
    }
    /// Whether `word` is one of them.
    pub fn contains(&self, word: &T) -> bool {
        self.0.contains(word)
    }
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Ord, const MAX: usize> Default for Set<T, MAX> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: Ord, const MAX: usize> TryFrom<Vec<T>> for Set<T, MAX> {
    type Error = Refused;
    fn try_from(words: Vec<T>) -> Result<Self, Refused> {
        Self::new(words)
    }
}

impl<T: Ord + JsonSchema, const MAX: usize> JsonSchema for Set<T, MAX> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("SetOf{MAX}{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": item, "maxItems": MAX, "uniqueItems": true })
    }
}

/// Domains of a card.
pub type Domains = Set<Domain, 6>;
/// Contact languages of a card.
pub type Languages = Set<Language, 8>;
/// Interests of a card.
pub type Interests = Set<Interest, 15>;
/// Wishes of a card.
pub type Wishes = Set<Wish, 8>;

/// Whether a wish excludes (*moet*) or only counts (*liefst*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// A pair that breaks it is never proposed.
    Must,
    /// A pair that keeps it scores higher.
    Preferred,
}

/// What somebody wishes of the other person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The other person's sex. A newcomer's never travels: her own node checks a mentor's wish.
    Sex(Sex),
    /// The other person's age.
    Age(AgeBand),
    /// A language that the other person speaks.
    Language(Language),
    /// Close by: within half of one's own radius.
    Nearby,
    /// The same sector.
    SameSector,
}

/// A wish about the other person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Its subject.
    pub about: About,
    /// Its weight.
    pub strength: Strength,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_bands() {
        assert_eq!(AgeBand::of_age(17), None);
        assert_eq!(AgeBand::of_age(34).map(|b| b.to_string()).as_deref(), Some("25-34"));
        assert_eq!(AgeBand::of_age(90).map(|b| b.to_string()).as_deref(), Some("65+"));
        let band: AgeBand = "25-44".parse().expect("two neighbouring bands");
        assert!(band.contains("35-44".parse().expect("a band")));
        assert!("25-40".parse::<AgeBand>().is_err());
    }

    #[test]
    fn slots_round_trip() {
        let slots = Slots::slot(2, 1).union(Slots::slot(0, 0));
        assert_eq!(slots.codes(), ["mon-morning", "wed-afternoon"]);
        assert_eq!(Slots::try_from(slots.codes()), Ok(slots));
        assert!("wed-night".parse::<Slots>().is_err());
    }
}
