//! Replication: documents, versions, reconciliation, write policy and erasure.
//!
//! Input in, effects out: [`Replica::handle`] takes an [`Input`] with the time and a source of
//! randomness and returns [`Effect`]s for the runtime to carry out in order. This crate does no
//! IO, reads no clock, draws no randomness of its own, and cannot name a personal record.

pub mod api;

pub use api::{Command, Config, DocumentView, Effect, Input, Notice, PartnerState, StoredHeader};
