//! The border: the only types that may leave a municipality, with their limits,
//! the signed envelope they travel in, and the certificates that say who signed.
//!
//! Every type here parses at the door: a value that exists is a value that is allowed.
//! This crate does no IO, reads no clock and draws no randomness, and it never learns
//! what a person is called: names, addresses and free text about a person have no type here.

pub mod border;
pub mod bounded;
pub mod certificate;
pub mod documents;
pub mod envelope;
pub mod ids;
pub mod language;
pub mod note;
pub mod occupation;
pub mod places;
pub mod rrn;
pub mod text;
pub mod time;
pub mod vocabulary;

pub use border::{Kind, Shared, SharedValue};
pub use certificate::{CircleList, NodeCertificate, Verified};
pub use documents::{
    Answer, Comment, Decision, DuoProgress, IndicatorReport, MatchRequest, MatchingRules, MentorOffer,
    MunicipalityCard, Proposal, Resource,
};
pub use envelope::{Content, Envelope, Header, Refusal, Stamp};
pub use ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId, RootKey, Session};

/// A value that was offered at the door and refused, with the reason in English
/// (`what` is a stable code that the web layer translates).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Refused {
    /// Which type refused, as a stable lower-case code such as `refnis` or `cefr`.
    pub what: &'static str,
    /// What was wrong; never repeats a personal value.
    pub why: &'static str,
}

impl Refused {
    /// A refusal by the type `what` because of `why`.
    pub const fn new(what: &'static str, why: &'static str) -> Self {
        Self { what, why }
    }
}
