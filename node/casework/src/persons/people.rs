//! Newcomers and mentors as this municipality knows them. These types never leave it: none of
//! them implements `Serialize`.

use std::collections::BTreeSet;

use schemas::language::Language;
use schemas::occupation::Occupation;
use schemas::places::Refnis;
use schemas::time::{Date, Timestamp};
use schemas::vocabulary::{AgeBand, Cefr, Domain, Interest, Sector, Sex, Slots, Style, Wish};

/// Number of a person in this store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub i64);

/// Which side of a duo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Who is new here.
    Newcomer,
    /// Who accompanies.
    Mentor,
}

impl Side {
    /// Stable code for the store and for addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Newcomer => "newcomer",
            Self::Mentor => "mentor",
        }
    }
    /// The side with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Newcomer, Self::Mentor].into_iter().find(|side| side.code() == code)
    }
}

/// What is known of when somebody was born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Birth {
    /// Nothing.
    #[default]
    Unknown,
    /// The day.
    On(Date),
    /// Only the year.
    In(i16),
    /// An age in years, true on a day.
    Aged {
        /// Completed years.
        years: i16,
        /// On this day.
        on: Date,
    },
}

impl Birth {
    /// Completed years on `day`, the youngest that is possible; none where unknown.
    pub fn age_on(self, day: Date) -> Option<i16> {
        match self {
            Self::Unknown => None,
            Self::On(date) => Some(date.age_on(day)),
            Self::In(year) => Some(day.0.year() - year - 1),
            Self::Aged { years, on } => {
                let passed =
                    day.0.year() - on.0.year() - i16::from((day.0.month(), day.0.day()) < (on.0.month(), on.0.day()));
                Some(years + passed.max(0))
            }
        }
    }
    /// The narrowest band on `day`; none for a minor or where unknown.
    pub fn band_on(self, day: Date) -> Option<AgeBand> {
        AgeBand::of_age(self.age_on(day)?)
    }
}

/// How somebody is reached. Empty text where unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// As written, spaces kept.
    pub phone: String,
    /// Mail address.
    pub email: String,
    /// Street and number.
    pub street: String,
    /// Four digits, or empty.
    pub postal_code: String,
    /// Where the person lives.
    pub municipality: Option<Refnis>,
}

/// The conversation of the draaiboek, in the coordinator's words. Never leaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Intake {
    /// What the person needs.
    pub needs: String,
    /// What the person expects of the project.
    pub expectations: String,
    /// Where the person comes from, in life.
    pub background: String,
    /// Work and other experience.
    pub experience: String,
    /// What the person wants to reach.
    pub goals: String,
    /// What stands in the way.
    pub barriers: String,
    /// What the other person should be like.
    pub preferred_profile: String,
    /// What the two could do together.
    pub actions: String,
    /// Anything else.
    pub remarks: String,
}

/// Everything about a person that an intake records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonData {
    /// Newcomer or mentor; never changes.
    pub side: Side,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Birth.
    pub birth: Birth,
    /// Sex.
    pub sex: Option<Sex>,
    /// Contact.
    pub contact: Contact,
    /// Country of origin as written.
    pub country: String,
    /// Mother tongue.
    pub mother_tongue: Option<Language>,
    /// Every contact language, the mother tongue among them.
    pub languages: BTreeSet<Language>,
    /// Level of Dutch (of a newcomer).
    pub dutch: Option<Cefr>,
    /// Highest education as written.
    pub education: String,
    /// Work in the country of origin, as written (of a newcomer).
    pub former_work: String,
    /// Occupation: a mentor's own, a newcomer's goal.
    pub occupation: Option<Occupation>,
    /// The occupation as written.
    pub occupation_text: String,
    /// Branch of that occupation.
    pub sector: Option<Sector>,
    /// Domains of help.
    pub domains: BTreeSet<Domain>,
    /// When the person is free.
    pub slots: Slots,
    /// Interests.
    pub interests: BTreeSet<Interest>,
    /// A mentor's style.
    pub style: Option<Style>,
    /// Wishes about the other person.
    pub wishes: BTreeSet<Wish>,
    /// Newcomers at the same time (of a mentor), 0 to 20.
    pub capacity: u8,
    /// Kilometres the person travels, 0 to 100.
    pub radius_km: u8,
    /// Where a mentor meets; the node's municipality where none is given.
    pub meets_in: Option<Refnis>,
    /// Children, as far as known (of a newcomer).
    pub children: Option<u8>,
    /// Who sent the person, as written.
    pub recruited_via: String,
    /// Day of the intake or registration: the waiting starts here.
    pub registered_on: Date,
    /// Whether a mentor agrees that partners see the age band.
    pub shows_age: bool,
    /// Whether a mentor agrees that partners see the sex.
    pub shows_sex: bool,
    /// The conversation.
    pub intake: Intake,
}

/// Kilometres where a sheet or form says nothing.
pub const USUAL_RADIUS_KM: u8 = 10;
/// Places where a sheet or form says nothing.
pub const USUAL_CAPACITY: u8 = 1;

impl PersonData {
    /// An empty person of `side`, registered on `day`.
    pub fn new(side: Side, day: Date) -> Self {
        Self {
            side,
            given_name: String::new(),
            family_name: String::new(),
            birth: Birth::Unknown,
            sex: None,
            contact: Contact::default(),
            country: String::new(),
            mother_tongue: None,
            languages: BTreeSet::new(),
            dutch: None,
            education: String::new(),
            former_work: String::new(),
            occupation: None,
            occupation_text: String::new(),
            sector: None,
            domains: BTreeSet::new(),
            slots: Slots::none(),
            interests: BTreeSet::new(),
            style: None,
            wishes: BTreeSet::new(),
            capacity: if side == Side::Mentor { USUAL_CAPACITY } else { 0 },
            radius_km: USUAL_RADIUS_KM,
            meets_in: None,
            children: None,
            recruited_via: String::new(),
            registered_on: day,
            shows_age: false,
            shows_sex: false,
            intake: Intake::default(),
        }
    }
    /// Given and family name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name).trim().to_owned()
    }
}

/// A person of this store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Number.
    pub id: PersonId,
    /// Rises with every save: the guard against overwriting each other.
    pub version: u32,
    /// What is recorded.
    pub data: PersonData,
    /// Whether the record was made by `overbuur demo`.
    pub demo: bool,
    /// Archived persons are in no list and on no card.
    pub archived: bool,
    /// Who saved last.
    pub changed_by: String,
    /// When.
    pub changed_at: Timestamp,
}

/// What somebody agrees to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Being looked for across the border, without a name.
    CrossBorder,
    /// Contact details to the one partner municipality after both accepted.
    Handover,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::CrossBorder, Self::Handover];
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CrossBorder => "cross_border",
            Self::Handover => "handover",
        }
    }
    /// The purpose with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

/// A consent, given or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// For what.
    pub purpose: Purpose,
    /// Whether it holds.
    pub given: bool,
    /// The day it was asked.
    pub on: Date,
    /// Version of the text that was read to the person.
    pub text_version: String,
    /// Who asked.
    pub asked_by: String,
}

/// A mentor's screening: seen, never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screening {
    /// The day the extract was seen.
    pub seen_on: Date,
    /// By whom.
    pub seen_by: String,
}
