//! What a use case can answer instead of a result. Codes are stable; the web layer words them.

/// A field of a form that cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the form field.
    pub field: String,
    /// Stable code such as `date-impossible`; Fluent message `error-<code>`.
    pub code: &'static str,
}

/// Why a use case did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or this actor may not know that there is.
    #[error("not found")]
    NotFound,
    /// The actor's role does not allow it.
    #[error("forbidden")]
    Forbidden,
    /// Fields that cannot be taken; nothing was saved.
    #[error("invalid: {0:?}")]
    Invalid(Vec<FieldError>),
    /// Somebody else saved in between; the caller shows both versions.
    #[error("changed by {by} in between")]
    Conflict {
        /// Who saved last.
        by: String,
        /// The version that is stored now.
        version: u32,
    },
    /// A rule of the work says no; code as in [`FieldError`].
    #[error("refused: {0}")]
    Refused(&'static str),
    /// The store could not do it. Nothing was changed.
    #[error("store: {0}")]
    Store(String),
}

/// Result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An invalid single field.
    pub fn field(field: &str, code: &'static str) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), code }])
    }
}
