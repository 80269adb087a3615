//! What the circle is worth: the same people matched by each municipality alone and together.

use std::collections::BTreeMap;

use schemas::ids::{DocumentId, RootId};
use schemas::places::Refnis;

use crate::assign::{NoAssignment, Pairing, assign};
use crate::card::{Offer, Request, Rules};
use crate::index::Drafts;

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

/// What a circle is worth, kept from one look to the next.
#[derive(Debug, Default)]
pub struct CircleDrafts {
    alone: Drafts,
    together: Drafts,
}

impl CircleDrafts {
    /// Matches every municipality by itself and all of them together, both as well as can be.
    ///
    /// # Errors
    /// See [`NoAssignment`].
    pub fn value(
        &mut self,
        requests: &[Request],
        offers: &[Offer],
        rules: &Rules,
    ) -> Result<CircleValue, NoAssignment> {
        let mut owners: BTreeMap<RootId, OwnerValue> = BTreeMap::new();
        for request in requests {
            owners.entry(request.owner).or_default().requests += 1;
        }
        for offer in offers {
            owners.entry(offer.owner).or_default().places += usize::from(offer.card.capacity_left.get());
        }
        let mut at_home = rules.clone();
        at_home.at_home.extend(requests.iter().map(|request| request.id));
        let alone = self.alone.assign(requests, offers, &at_home)?;
        let together = self.together.assign(requests, offers, rules)?;
        let asks: BTreeMap<DocumentId, RootId> = first(requests.iter().map(|r| (r.id, r.owner)));
        let gives: BTreeMap<DocumentId, RootId> = first(offers.iter().map(|o| (o.id, o.owner)));
        for pair in &alone.pairs {
            owners.entry(asks[&pair.request]).or_default().alone += 1;
        }
        for pair in &together.pairs {
            let (asks, gives) = (asks[&pair.request], gives[&pair.offer]);
            owners.entry(asks).or_default().together += 1;
            if asks != gives {
                owners.entry(gives).or_default().lent += 1;
            }
        }
        Ok(CircleValue { requests: requests.len(), alone: alone.pairs.len(), together: together.pairs.len(), owners })
    }
}

/// By id; of several with one id the first counts, as in the matching.
fn first(cards: impl Iterator<Item = (DocumentId, RootId)>) -> BTreeMap<DocumentId, RootId> {
    let mut found = BTreeMap::new();
    for (id, owner) in cards {
        found.entry(id).or_insert(owner);
    }
    found
}

/// The same for cards that are looked at once.
///
/// # Errors
/// See [`NoAssignment`].
pub fn value_of_circle(requests: &[Request], offers: &[Offer], rules: &Rules) -> Result<CircleValue, NoAssignment> {
    CircleDrafts::default().value(requests, offers, rules)
}

/// The same people matched in groups of so many municipalities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupValue {
    /// Municipalities in a group; the last group may be smaller.
    pub size: usize,
    /// Newcomers who find a mentor in their group.
    pub matched: usize,
    /// Metres between the two, summed over those matches.
    pub metres: u64,
}

/// Sizes of groups that are compared, as far as there are so many municipalities: alone, in
/// threes, tens, thirties, hundreds, and all.
const SIZES: [usize; 5] = [1, 3, 10, 30, 100];

/// The same people matched by each municipality alone, in ever larger groups of neighbours, and
/// all together. `places` says where every municipality lies.
///
/// # Errors
/// See [`NoAssignment`].
pub fn value_by_size(
    requests: &[Request],
    offers: &[Offer],
    rules: &Rules,
    places: &BTreeMap<RootId, Refnis>,
) -> Result<Vec<GroupValue>, NoAssignment> {
    let mut values = Vec::new();
    for size in SIZES.into_iter().filter(|size| *size < places.len()).chain([places.len()]) {
        let group = neighbours(places, size);
        let of = |owner: RootId| group.get(&owner).copied();
        let mut value = GroupValue { size, matched: 0, metres: 0 };
        let mut people: BTreeMap<usize, (Vec<Request>, Vec<Offer>)> = BTreeMap::new();
        for request in requests {
            if let Some(group) = of(request.owner) {
                people.entry(group).or_default().0.push(request.clone());
            }
        }
        for offer in offers {
            if let Some(group) = of(offer.owner) {
                people.entry(group).or_default().1.push(offer.clone());
            }
        }
        for (requests, offers) in people.values() {
            let found = assign(requests, offers, rules)?;
            let asks: BTreeMap<DocumentId, Refnis> = requests.iter().map(|r| (r.id, r.place())).collect();
            let gives: BTreeMap<DocumentId, Refnis> = offers.iter().map(|o| (o.id, o.card.area)).collect();
            value.matched += found.pairs.len();
            let metres = |pair: &Pairing| u64::from(asks[&pair.request].distance_metres(gives[&pair.offer]));
            value.metres += found.pairs.iter().map(metres).sum::<u64>();
        }
        values.push(value);
    }
    Ok(values)
}

/// A number of a group for every municipality: the first by REFNIS code that is in none takes its
/// nearest that are in none.
fn neighbours(places: &BTreeMap<RootId, Refnis>, size: usize) -> BTreeMap<RootId, usize> {
    let mut left: Vec<(Refnis, RootId)> = places.iter().map(|(root, refnis)| (*refnis, *root)).collect();
    left.sort_unstable();
    let mut groups = BTreeMap::new();
    for number in 0.. {
        let Some((first, _)) = left.first().copied() else { break };
        left.sort_by_key(|(refnis, root)| (first.distance_metres(*refnis), *refnis, *root));
        let group = left.drain(..size.clamp(1, left.len()));
        groups.extend(group.map(|(_, root)| (root, number)));
        left.sort_unstable();
    }
    groups
}
