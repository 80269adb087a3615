//! What goes wrong on the way to a page. A handler returns it; the door words it as a page.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use casework::Error;

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing at this address, for this person.
    NotFound,
    /// A secret address that no longer works; start of the keys of its words.
    Gone(&'static str),
    /// The role does not allow it.
    Forbidden,
    /// The form does not come from this session's own pages.
    Forged,
    /// More bytes than are taken.
    TooLarge,
    /// A rule of the work says no.
    Refused(&'static str),
    /// Fields that cannot be taken, where no form could show them.
    Invalid(Vec<casework::FieldError>),
    /// Somebody saved in between.
    Conflict {
        /// Who.
        by: String,
        /// The version that is stored now.
        version: u32,
    },
    /// The store or a template failed; told in the log, not on the page.
    Broken(String),
}

impl Fault {
    /// HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::Gone(_) => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::Forged => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Refused(_) | Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Start of the keys of its words: `<key>-title`, `<key>-text`.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "fault-not-found",
            Self::Gone(key) => key,
            Self::Forbidden => "fault-forbidden",
            Self::Forged => "fault-forged",
            Self::TooLarge => "fault-too-large",
            Self::Refused(_) => "fault-refused",
            Self::Conflict { .. } => "fault-conflict",
            Self::Invalid(_) => "fault-invalid",
            Self::Broken(_) => "fault-broken",
        }
    }
}

impl Fault {
    /// The same behind a secret address: whoever has an old one is told whom to ask for another.
    pub(crate) fn behind(self, key: &'static str) -> Self {
        if self == Self::NotFound { Self::Gone(key) } else { self }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            Error::Forbidden => Self::Forbidden,
            Error::Invalid(fields) => Self::Invalid(fields),
            Error::Refused(code) => Self::Refused(code),
            Error::Conflict { by, version } => Self::Conflict { by, version },
            Error::Store(what) => Self::Broken(what),
        }
    }
}

impl From<askama::Error> for Fault {
    fn from(error: askama::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
