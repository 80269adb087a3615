//! What a use case takes with it into its transaction: the moment, who acts, and randomness.

use std::sync::Arc;

use schemas::ids::DocumentId;
use schemas::time::{Date, Timestamp};

use crate::error::Result;
use crate::office::{Actor, Office};
use crate::people::PersonId;
use crate::ports::{Randomness, Records};

const AN_HOUR: u64 = 3_600;

/// The hand that works in a transaction.
pub(crate) struct Hand {
    /// The moment, one for the whole transaction.
    pub(crate) now: Timestamp,
    /// Who acts, as audit and ledger show it.
    pub(crate) by: String,
    looks_again: bool,
    randomness: Arc<dyn Randomness>,
}

impl Hand {
    /// The day in Belgium.
    pub(crate) fn day(&self) -> Date {
        self.now.day()
    }

    /// A fresh document id: of a card, a fresh pseudonym.
    pub(crate) fn new_document(&self) -> DocumentId {
        let mut bytes = [0; 16];
        self.randomness.fill(&mut bytes);
        DocumentId(bytes)
    }

    /// Writes a line in the audit log. `detail` holds codes and numbers, never a name or a value.
    pub(crate) fn audit(
        &self,
        records: &mut dyn Records,
        action: &str,
        person: Option<PersonId>,
        detail: &str,
    ) -> Result<()> {
        if self.looks_again
            && records.is_audited_after(
                Timestamp(self.now.0.saturating_sub(AN_HOUR)),
                &self.by,
                action,
                person,
                detail,
            )?
        {
            return Ok(());
        }
        records.audit(self.now, &self.by, action, person, detail)
    }
}

impl Office {
    /// The hand of `actor`, now.
    pub(crate) fn hand(&self, actor: &Actor) -> Hand {
        Hand {
            now: self.now(),
            by: actor.name.clone(),
            looks_again: actor.looks_again,
            randomness: Arc::clone(&self.randomness),
        }
    }
}
