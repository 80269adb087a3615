//! The cards and rules that partners and we share, as everybody finds them who holds the same
//! documents. What is only known here never comes in, and of several cards under one number the
//! same one counts everywhere.

use std::collections::BTreeMap;

use matching::{Offer, Request};
use schemas::ids::{CircleId, RootId};
use schemas::{Kind, MatchingRules, SharedValue};

use crate::desk::Desk;
use crate::error::Result;
use crate::ports::Document;
use crate::search_view::Place;

/// What is shared, every number once.
#[derive(Default)]
pub(crate) struct SharedCards {
    pub(crate) requests: Vec<Request>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) rules: BTreeMap<RootId, MatchingRules>,
}

/// What is shared in any circle.
pub(crate) fn shared_cards(desk: &mut Desk<'_>, places: &BTreeMap<RootId, Place>) -> Result<SharedCards> {
    Ok(grouped(desk, places, |_| ())?.remove(&()).unwrap_or_default())
}

/// What is shared in each circle.
pub(crate) fn shared_by_circle(
    desk: &mut Desk<'_>,
    places: &BTreeMap<RootId, Place>,
) -> Result<BTreeMap<CircleId, SharedCards>> {
    grouped(desk, places, |document| document.circle)
}

fn grouped<G: Ord>(
    desk: &mut Desk<'_>,
    places: &BTreeMap<RootId, Place>,
    group: impl Fn(&Document) -> G,
) -> Result<BTreeMap<G, SharedCards>> {
    let mut groups: BTreeMap<G, SharedCards> = BTreeMap::new();
    for kind in [Kind::MatchRequest, Kind::MentorOffer, Kind::MatchingRules] {
        let mut documents = desk.records.documents(kind)?;
        documents.sort_by_key(|document| (document.id, document.owner));
        for document in documents {
            if let Some(place) = places.get(&document.owner) {
                groups.entry(group(&document)).or_default().take(document, place);
            }
        }
    }
    Ok(groups)
}

impl SharedCards {
    /// Takes the next by number and owner: the first under a number counts.
    fn take(&mut self, document: Document, place: &Place) {
        let (id, owner) = (document.id, document.owner);
        match document.value {
            SharedValue::MatchRequest(card) if self.requests.last().is_none_or(|last| last.id != id) => {
                self.requests.push(Request { id, owner, refnis: place.refnis, card });
            }
            SharedValue::MentorOffer(card) if self.offers.last().is_none_or(|last| last.id != id) => {
                self.offers.push(Offer { id, owner, card });
            }
            SharedValue::MatchingRules(rules) => {
                // In two circles it says the same, or in one of them nothing of the exchange.
                let kept = self.rules.entry(owner).or_insert(rules);
                if kept.exchange.is_empty() {
                    kept.exchange = rules.exchange;
                }
            }
            _ => {}
        }
    }
}
