//! Numbers with a limit: a value that exists is within it.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Refused;

/// A whole number from 0 to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub struct AtMost<const MAX: u8>(u8);

/// Kilometres that somebody travels: 0 to 100.
pub type Kilometres = AtMost<100>;
/// Places that a mentor has left: 0 to 20.
pub type Places = AtMost<20>;

impl<const MAX: u8> AtMost<MAX> {
    /// `number`, if it is within the limit.
    ///
    /// # Errors
    /// More than `MAX`.
    pub fn new(number: u8) -> Result<Self, Refused> {
        if number > MAX { Err(Refused::new("number", "over its limit")) } else { Ok(Self(number)) }
    }
    /// `number`, or `MAX` when it is more.
    pub fn clamped(number: u8) -> Self {
        Self(number.min(MAX))
    }
    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl<const MAX: u8> fmt::Display for AtMost<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MAX: u8> From<AtMost<MAX>> for u8 {
    fn from(number: AtMost<MAX>) -> Self {
        number.0
    }
}

impl<const MAX: u8> TryFrom<u8> for AtMost<MAX> {
    type Error = Refused;
    fn try_from(number: u8) -> Result<Self, Refused> {
        Self::new(number)
    }
}

impl<const MAX: u8> JsonSchema for AtMost<MAX> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("AtMost{MAX}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": MAX })
    }
}
