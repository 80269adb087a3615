//! Set reconciliation: which of two sets of (signed hour, envelope id) lacks what.
//!
//! Speaks the Negentropy protocol, version 1 (ranges with a fingerprint or a list of ids, split
//! until they agree), over sets that are kept up to date: insert, delete and the fingerprint of a
//! range cost O(log n). Nothing is remembered between two messages, and a hostile message is an
//! error with work and memory in proportion to its bytes, never a panic.
//!
//! What two nodes compare is a [`View`]: the sets of the few owners that count, less the few ids
//! that both leave out. Fingerprints are sums, so neither the union nor the difference is ever
//! made.

mod message;
mod protocol;
mod set;
mod view;

pub use message::Malformed;
pub use protocol::{Difference, answer, begin, compare, is_beginning, says_equal};
pub use set::{Item, Set, Summary};
pub use view::View;
