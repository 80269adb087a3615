//! Replication: documents, versions, reconciliation, write policy and erasure.
//!
//! Input in, effects out: [`Replica::handle`] takes an [`Input`] with the time and a source of
//! randomness and returns [`Effect`]s for the runtime to carry out in order. This crate does no
//! IO, reads no clock, draws no randomness of its own, and cannot name a personal record.

mod ahead;
mod allowance;
pub mod api;
mod arrive;
mod asked;
pub mod body;
mod build;
mod catchup;
pub mod certificates;
pub mod check;
mod clocks;
pub mod coedited;
mod columns;
mod command;
pub mod control;
pub mod edit;
pub mod frames;
mod greeting;
mod index;
mod leave;
mod link;
mod merge;
mod orphans;
mod packing;
mod parallel;
mod policy;
pub mod reconcile;
mod replica;
mod retire;
pub mod retiring;
mod rewrite;
mod roster;
mod save;
pub mod scan;
mod schema;

pub use api::{Command, Config, DocumentView, Draft, Effect, Input, Lost, Notice, PartnerState, StoredHeader};
pub use clocks::Clock;
pub use coedited::Held;
pub use replica::Replica;
pub use save::save;
