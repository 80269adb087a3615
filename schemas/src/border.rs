//! What may leave: the sealed trait [`Shared`] and the table of kinds with their limits.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::Refused;
use crate::documents::{
    Answer, Comment, DuoProgress, Exchange, IndicatorReport, MatchRequest, MatchingRules, MentorOffer,
    MunicipalityCard, Proposal, Resource,
};

/// Version of the schemas that this release writes and understands.
///
/// 2: `exchange` in the matching rules.
pub const SCHEMA: u16 = 2;

mod sealed {
    pub trait Sealed {}
}

/// A type that may be put in a document. Sealed: only the types of [`crate::documents`] have it.
pub trait Shared: sealed::Sealed + Serialize + DeserializeOwned + JsonSchema {
    /// The kind of document that holds it.
    const KIND: Kind;
    /// The value in its envelope of kinds.
    fn into_value(self) -> SharedValue;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $code:literal, $days:literal),+ $(,)?) => {
        /// Kind of document (DESIGN §4).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize, JsonSchema)]
        #[cbor(index_only)]
        pub enum Kind {
            $($(#[$doc])* #[n($number)] #[serde(rename = $code)] $name),+
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// Stable code, as in JSON and on the command line.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }
            /// Days from the signing of a version until it expires, at most.
            pub const fn max_days(self) -> u32 {
                match self { $(Self::$name => $days),+ }
            }
        }

        impl FromStr for Kind {
            type Err = Refused;
            fn from_str(text: &str) -> Result<Self, Refused> {
                match text { $($code => Ok(Self::$name),)+ _ => Err(Refused::new("kind", "no such kind of document")) }
            }
        }

        /// The value of a document of any kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum SharedValue {
            $($(#[$doc])* $name($name)),+
        }

        $(
            impl sealed::Sealed for $name {}
            impl Shared for $name {
                const KIND: Kind = Kind::$name;
                fn into_value(self) -> SharedValue { SharedValue::$name(self) }
            }
        )+

        impl SharedValue {
            /// Its kind.
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$name(_) => Kind::$name),+ }
            }
            /// The value as JSON, fields in the order of the schema.
            ///
            /// # Errors
            /// Never for a value that exists; the type says so for the caller's `?`.
            pub fn to_json(&self) -> Result<Value, Refused> {
                match self { $(Self::$name(value) => serde_json::to_value(value)),+ }.map_err(|_| unwritten())
            }
            /// The value of `kind` in `json`, every field checked.
            ///
            /// # Errors
            /// A field that is missing, unknown, malformed or over its limit; an RRN anywhere.
            pub fn from_json(kind: Kind, json: Value) -> Result<Self, Refused> {
                let value = Self::from_any(kind, &json)?;
                if names_its_fields(&value.to_json()?, &json) { Ok(value) } else { Err(unfit()) }
            }
            /// The same of a form that is held against what this value gives again, or that came of one:
            /// a list of values without their names passes too.
            ///
            /// # Errors
            /// Those of [`SharedValue::from_json`].
            pub fn from_any<'de>(kind: Kind, form: impl Deserializer<'de>) -> Result<Self, Refused> {
                match kind { $(Kind::$name => $name::deserialize(form).map(Self::$name).map_err(|_| unfit())),+ }
            }
            /// The value as text of JSON.
            ///
            /// # Errors
            /// As [`SharedValue::to_json`].
            pub fn to_text(&self) -> Result<String, Refused> {
                match self { $(Self::$name(value) => serde_json::to_string(value)),+ }.map_err(|_| unwritten())
            }
            /// The value of `kind` in what [`SharedValue::to_text`] gave.
            ///
            /// # Errors
            /// Those of [`SharedValue::from_json`].
            pub fn from_text(kind: Kind, text: &str) -> Result<Self, Refused> {
                match kind { $(Kind::$name => serde_json::from_str(text).map(Self::$name)),+ }.map_err(|_| unfit())
            }
            /// The JSON Schema of every kind, by its code.
            pub fn json_schemas() -> Vec<(Kind, schemars::Schema)> {
                vec![$((Kind::$name, schemars::schema_for!($name))),+]
            }
        }
    };
}

kinds! {
    /// Who a municipality is.
    MunicipalityCard = 1, "municipality_card", 90,
    /// Eligibility and weights.
    MatchingRules = 2, "matching_rules", 90,
    /// Card of a mentor.
    MentorOffer = 3, "mentor_offer", 90,
    /// Card of a newcomer.
    MatchRequest = 4, "match_request", 90,
    /// Requester's half of a match.
    Proposal = 5, "proposal", 90,
    /// Answerer's half of a match.
    Answer = 6, "answer", 90,
    /// Page of the library.
    Resource = 7, "resource", 400,
    /// One side's half of a duo's progress.
    DuoProgress = 8, "duo_progress", 90,
    /// Remark under a resource.
    Comment = 9, "comment", 400,
    /// Counts.
    IndicatorReport = 10, "indicator_report", 1096,
}

fn unfit() -> Refused {
    Refused::new("document", "does not fit the schema of its kind")
}

fn unwritten() -> Refused {
    Refused::new("document", "cannot be written as JSON")
}

impl SharedValue {
    /// The lowest schema that has all that it says. A co-edited document stays in the one of its
    /// opening: whoever gives such a kind a field has to say what an edit does that fills it in.
    pub fn schema(&self) -> u16 {
        match self {
            Self::MatchingRules(rules) if !rules.exchange.is_empty() => 2,
            _ => 1,
        }
    }
    /// What of it a release that understands schemas up to `schema` can read.
    #[must_use]
    pub fn in_schema(mut self, schema: u16) -> Self {
        if let Self::MatchingRules(rules) = &mut self
            && schema < 2
        {
            rules.exchange = Exchange::default();
        }
        self
    }
}

/// Whether `given` has an object wherever the value that was read from it has one: serde also
/// takes a list of values without their names, which would be a second form of the same card.
fn names_its_fields(read: &Value, given: &Value) -> bool {
    match (read, given) {
        (Value::Object(read), Value::Object(given)) => {
            read.iter().all(|(name, field)| given.get(name).is_some_and(|given| names_its_fields(field, given)))
        }
        (Value::Object(_), _) => false,
        // Sets may be given unsorted, so all their items are held against the first.
        (Value::Array(read), Value::Array(given)) => match read.first() {
            Some(Value::Object(_)) => given.iter().all(Value::is_object),
            _ => true,
        },
        _ => true,
    }
}

impl Kind {
    /// Whether every writer of the circle may change it (merging), or only its owner (versions).
    pub const fn is_co_edited(self) -> bool {
        matches!(self, Self::Resource)
    }
    /// Whether it is only for the two municipalities of a pair circle.
    pub const fn is_pair_only(self) -> bool {
        matches!(self, Self::Proposal | Self::Answer | Self::DuoProgress)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
