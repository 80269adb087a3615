//! The rules of the house, as pure functions over files and manifests.
//!
//! Each rule takes the text that it judges and returns what breaks it, so that
//! the same function runs over the repository and over a planted violation.

pub mod arrows;
pub mod code;
pub mod papers;
pub mod people;
pub mod sources;
pub mod walk;

use std::fmt;

/// A file of the repository: its path from the root, with `/`, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path from the root of the repository.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A file as it would be read from the repository.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

/// One place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Path from the root of the repository.
    pub path: String,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong, in words.
    pub what: String,
}

impl Breach {
    /// A breach of a rule at a line.
    #[must_use]
    pub fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// One line per breach, for the message of a failing test.
#[must_use]
pub fn listed(breaches: &[Breach]) -> String {
    breaches.iter().map(|breach| format!("{breach}\n")).collect()
}
