//! The one database of a node: SQLite, encrypted with SQLCipher. Implements the ports of
//! casework and keeps what the replication core asks to keep.
//!
//! One process writes a store, one thread in it; readers see snapshots beside it. This is the
//! only crate that names rusqlite, and it decides nothing: rules live in `casework` and
//! `replication`. It must never write a person's value outside the encrypted files, nor into an
//! error message.

mod accounts;
mod audit;
mod backup;
mod certificates;
mod circles;
mod cursors;
mod documents;
mod duos;
mod envelopes;
mod evenings;
mod fault;
mod handovers;
mod imports;
mod lock;
mod matches;
mod migrate;
mod node_state;
mod open;
mod outbox;
mod partner_life;
mod partners;
mod people;
mod people_columns;
mod receipts;
mod rows;
mod sharing;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod tx;
mod writer;

pub use backup::erased_persons;
pub use certificates::KnownCertificates;
pub use envelopes::Unwritten;
pub use fault::OpenError;
pub use open::Store;
pub use outbox::Written;
pub use partners::{Identity, Partner};
pub use tx::Tx;
