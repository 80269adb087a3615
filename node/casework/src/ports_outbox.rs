//! The outbox: what use cases ask of the replication core, kept with what they wrote.

use std::collections::BTreeSet;

use schemas::SharedValue;
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::time::Hour;

use crate::error::Result;

/// Commands to the replication core, written in the transaction of the use case that gives them
/// and carried out by the runtime, in order, at least once.
pub trait Outbox {
    /// Appends a command; its number.
    fn enqueue(&mut self, command: &Outgoing) -> Result<i64>;
    /// Documents about which a command waits.
    fn waiting(&mut self) -> Result<BTreeSet<DocumentId>>;
    /// Whether a command to replace this document waits. One that was refused is asked again: it may
    /// have been written by a clock that was wrong.
    fn is_to_be_replaced(&mut self, document: DocumentId) -> Result<bool>;
    /// Commands that were refused and hold what somebody typed, oldest first.
    fn refused(&mut self) -> Result<Vec<(i64, Outgoing, String)>>;
    /// Forgets a refused command.
    fn drop_refused(&mut self, number: i64) -> Result<()>;
}

/// A command of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Writes the next version of an owned document.
    Publish {
        /// Circle.
        circle: CircleId,
        /// Document.
        document: DocumentId,
        /// Value.
        value: SharedValue,
        /// End.
        expires_at: Hour,
    },
    /// Opens a co-edited document.
    Open {
        /// Circle.
        circle: CircleId,
        /// Document.
        document: DocumentId,
        /// First value.
        value: SharedValue,
        /// End.
        expires_at: Hour,
    },
    /// Edits a co-edited document against the heads the form was rendered from.
    Edit {
        /// Document.
        document: DocumentId,
        /// Heads.
        heads: Vec<[u8; 32]>,
        /// Submitted value.
        value: SharedValue,
    },
    /// Erases a document.
    Erase {
        /// Document.
        document: DocumentId,
    },
    /// Hides a co-edited document until its owner looks.
    Hold {
        /// Owner of the document.
        owner: RootId,
        /// Document.
        document: DocumentId,
    },
    /// Ends the holds of an own document.
    Lift {
        /// Document.
        document: DocumentId,
    },
    /// Voids what an author forked in an own document, with `bar` also whatever it writes later.
    Cut {
        /// Document.
        document: DocumentId,
        /// Whose changes.
        author: RootId,
        /// Whether nothing more of it counts.
        bar: bool,
    },
    /// Nothing more that an author writes in an own document counts, until [`Outgoing::Resume`].
    Suspend {
        /// Document.
        document: DocumentId,
        /// Whose changes.
        author: RootId,
    },
    /// What an author writes in an own document counts again, what it wrote meanwhile too.
    Resume {
        /// Document.
        document: DocumentId,
        /// Whose changes.
        author: RootId,
    },
    /// Makes a new document from the state of an own one, which goes with its history.
    Replace {
        /// The old document.
        document: DocumentId,
        /// The new one.
        by: DocumentId,
        /// End of the new one.
        expires_at: Hour,
    },
}
