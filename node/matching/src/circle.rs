//! What the circle is worth: the same people matched by each municipality alone and together.

use std::collections::BTreeMap;

use schemas::ids::{DocumentId, RootId};

use crate::assign::{Assignment, NoAssignment, assign};
use crate::card::{Offer, Request, Rules};

/// What one municipality gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnerValue {
    /// Its newcomers.
    pub requests: usize,
    /// Its mentors' free places.
    pub places: usize,
    /// Its newcomers who find a mentor among its own.
    pub alone: usize,
    /// Its newcomers who find one in the circle.
    pub together: usize,
    /// Its mentors who would help a newcomer of another municipality.
    pub lent: usize,
}

/// The circle beside its municipalities alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CircleValue {
    /// All newcomers.
    pub requests: usize,
    /// Who find a mentor when each municipality matches alone.
    pub alone: usize,
    /// Who find one together.
    pub together: usize,
    /// The same per municipality.
    pub owners: BTreeMap<RootId, OwnerValue>,
}

/// Matches every municipality by itself and all of them together, both as well as can be.
///
/// # Errors
/// See [`NoAssignment`].
pub fn value_of_circle(requests: &[Request], offers: &[Offer], rules: &Rules) -> Result<CircleValue, NoAssignment> {
    let mut owners: BTreeMap<RootId, OwnerValue> = BTreeMap::new();
    for request in requests {
        owners.entry(request.owner).or_default().requests += 1;
    }
    for offer in offers {
        owners.entry(offer.owner).or_default().places += usize::from(offer.card.capacity_left.get());
    }
    for (owner, value) in &mut owners {
        let own_requests: Vec<Request> = requests.iter().filter(|r| r.owner == *owner).cloned().collect();
        let own_offers: Vec<Offer> = offers.iter().filter(|o| o.owner == *owner).cloned().collect();
        value.alone = assign(&own_requests, &own_offers, rules)?.pairs.len();
    }
    let together = assign(requests, offers, rules)?;
    count(&together, requests, offers, &mut owners);
    Ok(CircleValue {
        requests: requests.len(),
        alone: owners.values().map(|value| value.alone).sum(),
        together: together.pairs.len(),
        owners,
    })
}

fn count(assignment: &Assignment, requests: &[Request], offers: &[Offer], owners: &mut BTreeMap<RootId, OwnerValue>) {
    let asks: BTreeMap<DocumentId, RootId> = requests.iter().map(|r| (r.id, r.owner)).collect();
    let gives: BTreeMap<DocumentId, RootId> = offers.iter().map(|o| (o.id, o.owner)).collect();
    for pair in &assignment.pairs {
        let (asks, gives) = (asks[&pair.request], gives[&pair.offer]);
        owners.entry(asks).or_default().together += 1;
        if asks != gives {
            owners.entry(gives).or_default().lent += 1;
        }
    }
}
