//! Partners' mentors in memory, ready for a search: kept in step with the documents that arrive.
//!
//! What came, changed or went since the last search is read before the next one, and nothing else.
//! Our own mentors are not in it: they are compared by their files.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use matching::{Mentors, Offer};
use schemas::ids::{DocumentId, RootId};
use schemas::{Kind, SharedValue};

use crate::error::Result;
use crate::ports::{Document, Network, Records};

/// The index and what tells it of changes.
pub(crate) struct MentorIndex {
    network: Arc<dyn Network>,
    held: Mutex<Option<Mentors>>,
}

impl MentorIndex {
    /// An index that is read at the first search.
    pub(crate) fn new(network: Arc<dyn Network>) -> Self {
        Self { network, held: Mutex::new(None) }
    }

    /// What `look` finds in the index, brought up to date before.
    ///
    /// # Errors
    /// A failing store: the next search reads everything again.
    pub(crate) fn look<T>(&self, records: &mut dyn Records, me: RootId, look: impl FnOnce(&Mentors) -> T) -> Result<T> {
        // Who panicked under this lock left no index behind.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = self.network.changed_offers();
        let mentors = match (held.take(), changed) {
            (Some(mentors), Some(changed)) => follow(mentors, records, me, changed)?,
            _ => Mentors::new(records.documents(Kind::MentorOffer)?.into_iter().filter_map(|one| offer(one, me))),
        };
        Ok(look(held.insert(mentors)))
    }
}

fn follow(
    mut mentors: Mentors,
    records: &mut dyn Records,
    me: RootId,
    changed: BTreeSet<DocumentId>,
) -> Result<Mentors> {
    for id in changed {
        match records.document(id)?.and_then(|document| offer(document, me)) {
            Some(offer) => mentors.insert(offer),
            None => {
                mentors.remove(id);
            }
        }
    }
    Ok(mentors)
}

/// The offer in a document of another municipality.
fn offer(document: Document, me: RootId) -> Option<Offer> {
    let (id, owner) = (document.id, document.owner);
    match document.value {
        SharedValue::MentorOffer(card) if owner != me => Some(Offer { id, owner, card }),
        _ => None,
    }
}
