//! Bounded text: the only text a document may hold.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{Refused, rrn};

/// Text of at most `MAX` Unicode scalar values, without control characters other than
/// newline and tab, and without a national register number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Text<const MAX: usize>(String);

/// One line such as a title or a name of an office.
pub type Line = Text<200>;
/// The body of a resource or a comment. Characters, so up to four times as many bytes.
pub type Body = Text<20_000>;

impl<const MAX: usize> Text<MAX> {
    /// `text` as it stands, if it may be shared.
    ///
    /// # Errors
    /// Longer than `MAX`, control characters, or a national register number.
    pub fn new(text: impl Into<String>) -> Result<Self, Refused> {
        let text = text.into();
        if text.chars().count() > MAX {
            return Err(Refused::new("text", "too long"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(Refused::new("text", "control characters"));
        }
        if rrn::holds_rrn(&text) {
            return Err(Refused::new("rrn", "holds a national register number"));
        }
        Ok(Self(text))
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        Self::new(text)
    }
}

impl<const MAX: usize> JsonSchema for Text<MAX> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Text{MAX}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": MAX })
    }
}

/// A word of a machine vocabulary: at most `MAX` lower-case letters, digits and `_`;
/// empty for the whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Code<const MAX: usize>(String);

impl<const MAX: usize> Code<MAX> {
    /// `text`, if it is such a word.
    ///
    /// # Errors
    /// Longer than `MAX`, other characters, or a national register number.
    pub fn new(text: impl Into<String>) -> Result<Self, Refused> {
        let text = text.into();
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if text.len() > MAX || !text.bytes().all(word) {
            return Err(Refused::new("code", "not a short word of a-z, 0-9 and _"));
        }
        if rrn::holds_rrn(&text) {
            return Err(Refused::new("rrn", "holds a national register number"));
        }
        Ok(Self(text))
    }
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> From<Code<MAX>> for String {
    fn from(code: Code<MAX>) -> Self {
        code.0
    }
}

impl<const MAX: usize> TryFrom<String> for Code<MAX> {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        Self::new(text)
    }
}

impl<const MAX: usize> JsonSchema for Code<MAX> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Code{MAX}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z0-9_]*$", "maxLength": MAX })
    }
}
