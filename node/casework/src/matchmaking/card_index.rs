//! Partners' cards in memory, ready for a search: kept in step with the documents that arrive.
//!
//! What came, changed or went since the last search is read before the next one, and nothing else.
//! Our own people are not in it: they are compared by their files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use matching::{Mentors, Offer, Request, Requests};
use schemas::ids::{DocumentId, RootId};
use schemas::places::Refnis;
use schemas::{Kind, SharedValue};

use crate::error::Result;
use crate::ports::{Document, Network, Records};

/// The index and what tells it of changes.
pub(crate) struct CardIndex {
    network: Arc<dyn Network>,
    held: Mutex<Option<Cards>>,
}

/// Partners' cards.
pub(crate) struct Cards {
    pub(crate) mentors: Mentors,
    pub(crate) requests: Requests,
    /// Whose cards they are, and where each is: distances start there for a card that says no
    /// more than "in the circle".
    partners: BTreeMap<RootId, Refnis>,
}

impl CardIndex {
    /// An index that is read at the first search.
    pub(crate) fn new(network: Arc<dyn Network>) -> Self {
        Self { network, held: Mutex::new(None) }
    }

    /// What `look` finds in the index, brought up to date before.
    ///
    /// # Errors
    /// A failing store: the next search reads everything again.
    pub(crate) fn look<T>(&self, records: &mut dyn Records, look: impl FnOnce(&Cards) -> T) -> Result<T> {
        // Who panicked under this lock left no index behind.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = self.network.changed_cards();
        let partners = records.partners()?.into_iter().map(|partner| (partner.root, partner.refnis)).collect();
        let cards = match (held.take().filter(|cards| cards.partners == partners), changed) {
            (Some(cards), Some(changed)) => cards.follow(records, changed)?,
            _ => Cards::read(records, partners)?,
        };
        Ok(look(held.insert(cards)))
    }
}

impl Cards {
    fn read(records: &mut dyn Records, partners: BTreeMap<RootId, Refnis>) -> Result<Self> {
        let mut cards = Self { mentors: Mentors::default(), requests: Requests::default(), partners };
        for kind in [Kind::MentorOffer, Kind::MatchRequest] {
            records.documents(kind)?.into_iter().for_each(|document| cards.take(document));
        }
        Ok(cards)
    }

    fn follow(mut self, records: &mut dyn Records, changed: BTreeSet<DocumentId>) -> Result<Self> {
        for id in changed {
            self.mentors.remove(id);
            self.requests.remove(id);
            if let Some(document) = records.document(id)? {
                self.take(document);
            }
        }
        Ok(self)
    }

    /// Takes the card in a document of a partner.
    fn take(&mut self, document: Document) {
        let (id, owner) = (document.id, document.owner);
        let Some(refnis) = self.partners.get(&owner).copied() else { return };
        match document.value {
            SharedValue::MentorOffer(card) => self.mentors.insert(Offer { id, owner, card }),
            SharedValue::MatchRequest(card) => self.requests.insert(Request { id, owner, refnis, card }),
            _ => {}
        }
    }
}
