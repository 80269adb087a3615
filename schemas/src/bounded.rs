//! Numbers with a limit: a value that exists is within it.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Refused;

/// Kilometres that somebody travels: 0 to 100.
pub type Kilometres = AtMost<100>;
/// Places that a mentor has left: 0 to 20.
pub type Places = AtMost<20>;
/// A share in percent: 0 to 100.
pub type Percent = AtMost<100>;
/// How many more mentors a municipality lends than it receives, or the other way: 0 to 10,000.
pub type Net = AtMostWide<10_000>;

macro_rules! at_most {
    ($name:ident, $number:ident, $serde:literal) => {
        /// A whole number from 0 to `MAX`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(into = $serde, try_from = $serde)]
        pub struct $name<const MAX: $number>($number);

        impl<const MAX: $number> $name<MAX> {
            /// `number`, if it is within the limit.
            ///
            /// # Errors
            /// More than `MAX`.
            pub fn new(number: $number) -> Result<Self, Refused> {
                if number > MAX { Err(Refused::new("number", "over its limit")) } else { Ok(Self(number)) }
            }
            /// `number`, or `MAX` when it is more.
            pub fn clamped(number: $number) -> Self {
                Self(number.min(MAX))
            }
            /// The number.
            pub const fn get(self) -> $number {
                self.0
            }
        }

        impl<const MAX: $number> fmt::Display for $name<MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<const MAX: $number> From<$name<MAX>> for $number {
            fn from(number: $name<MAX>) -> Self {
                number.0
            }
        }

        impl<const MAX: $number> TryFrom<$number> for $name<MAX> {
            type Error = Refused;
            fn try_from(number: $number) -> Result<Self, Refused> {
                Self::new(number)
            }
        }

        impl<const MAX: $number> JsonSchema for $name<MAX> {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                format!("AtMost{MAX}").into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "integer", "minimum": 0, "maximum": MAX })
            }
        }
    };
}

at_most!(AtMost, u8, "u8");
at_most!(AtMostWide, u16, "u16");
