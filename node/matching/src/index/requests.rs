//! Newcomers' cards kept ready for the other question: who would one mentor help best?

use std::cmp::Reverse;

use schemas::ids::{DocumentId, RootId};

use super::columns::{Columns, ones};
use super::packed::{DOMAINS, Field, GROUP, Glance, RADIUS, SECTOR, SLOTS};
use super::shelf::{Card, Cell, Shelf};
use super::{Best, neighbours, packed};
use crate::card::{Offer, Request, Rules};
use crate::rank::{Candidate, rate, requests_for};
use crate::score::{ENOUGH, Part, Subject};

/// Newcomers' cards, in order for searches.
#[derive(Debug, Default)]
pub struct Requests {
    pub(super) shelf: Shelf<Request>,
}

impl Card for Request {
    /// Only the place of the whole card.
    type Packed = u32;
    fn id(&self) -> DocumentId {
        self.id
    }
    fn owner(&self) -> RootId {
        self.owner
    }
    fn cell(&self) -> usize {
        self.place().index()
    }
    fn glance(&self) -> Glance {
        Glance::of_request(&self.card)
    }
    fn pack(&self, slot: u32, _: u32) -> u32 {
        slot
    }
    fn slot(packed: &u32) -> u32 {
        *packed
    }
}

/// The most that a request at one distance can score, by what is seen at a glance.
struct Prospect {
    needed_km: u8,
    occupation: u32,
    sector: u32,
    /// By how many domains are asked, and shared.
    domains: [[u32; 7]; 7],
    /// The same of slots, up to as many as count.
    slots: [[u32; 4]; 4],
    rest: u32,
}

impl Requests {
    /// The cards of `requests`; of several with one id the last counts.
    pub fn new(requests: impl IntoIterator<Item = Request>) -> Self {
        let mut index = Self::default();
        for request in requests {
            index.insert(request);
        }
        index
    }

    /// How many cards there are.
    pub fn len(&self) -> usize {
        self.shelf.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The card of a document.
    pub fn get(&self, id: DocumentId) -> Option<&Request> {
        self.shelf.get(id)
    }

    /// Takes a card, in the place of an earlier one of the same document.
    pub fn insert(&mut self, request: Request) {
        self.shelf.insert(request);
    }

    /// Lets go of a card; whether it was there.
    pub fn remove(&mut self, id: DocumentId) -> bool {
        self.shelf.remove(id)
    }

    /// The same as [`requests_for`] of all cards. The index of a candidate is its place in this
    /// ranking.
    pub fn top(&self, offer: &Offer, rules: &Rules, n: usize) -> Vec<Candidate> {
        let best = self.search(offer, rules, n).in_order();
        let best: Vec<Request> = best.iter().filter_map(|(_, _, slot)| self.shelf.at(*slot).cloned()).collect();
        requests_for(offer, &best, rules, n)
    }

    /// Every card that fits one offer: its place on the shelf and the score in millionths, by place.
    pub(crate) fn edges(&self, offer: &Offer, rules: &Rules) -> Vec<(u32, u32)> {
        // Who has no place left fits nobody.
        let most = if offer.card.capacity_left.get() == 0 { 0 } else { usize::MAX };
        let found = self.search(offer, rules, most).found.into_iter();
        let mut edges: Vec<(u32, u32)> = found.map(|(Reverse(total), _, slot)| (slot, total)).collect();
        edges.sort_unstable();
        edges
    }

    fn search(&self, offer: &Offer, rules: &Rules, n: usize) -> Best {
        let mut best = Best::new(n, 0);
        if n == 0 {
            return best;
        }
        let mentor = Glance::of_offer(&offer.card);
        let reach = u32::from(offer.card.radius_km.get()) * 1_000;
        let near = neighbours::of(offer.card.area).iter().take_while(|(metres, _)| *metres <= reach);
        for (metres, cell) in near.filter_map(|(metres, at)| Some((*metres, self.shelf.cell((*at).into())?))) {
            let Some(prospect) = self.prospect(cell, offer, rules, metres) else { continue };
            for (columns, cards) in cell.together() {
                for place in ones(prospect.passed(mentor, columns)) {
                    let (glance, slot) = &cards[place as usize];
                    if !best.wants(prospect.of(mentor, *glance)) {
                        continue;
                    }
                    let Some(request) = self.shelf.at(*slot) else { continue };
                    if let Some((_, score)) = rate(request, offer, rules) {
                        best.add(score.total, request.id, *slot);
                    }
                }
            }
        }
        best
    }

    /// The most that the requests of a cell can score; none when it is empty.
    fn prospect(&self, cell: &Cell<u32>, offer: &Offer, rules: &Rules, metres: u32) -> Option<Prospect> {
        let of = |owner: &u32| Prospect::new(self.shelf.owners[*owner as usize], offer, rules, metres);
        cell.owners.keys().map(of).reduce(Prospect::or)
    }
}

impl Prospect {
    fn new(owner: RootId, offer: &Offer, rules: &Rules, metres: u32) -> Self {
        let points = rules.points(owner, offer.owner);
        let all_points = points.iter().sum();
        let value = |subject: Subject, have: u32, of: u32| {
            Part { subject, points: points[subject as usize], all_points, have, of }.value()
        };
        let all = |subject| value(subject, 1, 1);
        let reach = u32::from(offer.card.radius_km.get()) * 1_000;
        let proximity = match reach {
            0 => all(Subject::Proximity),
            reach => value(Subject::Proximity, reach.saturating_sub(metres), reach),
        };
        let counted = [Subject::Languages, Subject::Interests, Subject::Wishes, Subject::Waiting];
        Self {
            needed_km: u8::try_from(metres.div_ceil(1_000)).unwrap_or(u8::MAX),
            occupation: all(Subject::Occupation),
            sector: all(Subject::Sector),
            domains: table(|have, of| value(Subject::Domains, have, of)),
            slots: table(|have, of| value(Subject::Slots, have, of)),
            rest: proximity + counted.into_iter().map(all).sum::<u32>(),
        }
    }

    /// The requests that are not seen to break a hard rule.
    fn passed(&self, mentor: Glance, requests: &Columns) -> u64 {
        let shares = |field: Field| requests.any(mentor.0 & field.all());
        shares(DOMAINS) & shares(SLOTS) & requests.at_least(RADIUS, self.needed_km.into())
    }

    /// The most that a request can score.
    fn of(&self, mentor: Glance, request: Glance) -> u32 {
        let same = |field: Field, none: u8| {
            let asked = field.of(request);
            u32::from(asked != u64::from(none) && asked == field.of(mentor))
        };
        let shared = |field: Field| request.shares(mentor.0 & field.all());
        let enough = |slots: usize| slots.min(ENOUGH as usize);
        self.occupation * same(GROUP, packed::group(None))
            + self.sector * same(SECTOR, packed::sector(None))
            + self.domains[request.shares(DOMAINS.all())][shared(DOMAINS)]
            + self.slots[enough(request.shares(SLOTS.all()))][enough(shared(SLOTS))]
            + self.rest
    }

    /// What holds for either.
    fn or(mut self, other: Self) -> Self {
        let raise = |mine: &mut u32, theirs: u32| *mine = (*mine).max(theirs);
        raise(&mut self.occupation, other.occupation);
        raise(&mut self.sector, other.sector);
        raise(&mut self.rest, other.rest);
        let theirs = other.domains.into_iter().flatten().chain(other.slots.into_iter().flatten());
        let mine = self.domains.iter_mut().flatten().chain(self.slots.iter_mut().flatten());
        mine.zip(theirs).for_each(|(mine, theirs)| raise(mine, theirs));
        self
    }
}

/// A value by how many are asked, and then by how many of them are shared.
fn table<const N: usize>(value: impl Fn(u32, u32) -> u32) -> [[u32; N]; N] {
    std::array::from_fn(|of| std::array::from_fn(|have| value(have as u32, of as u32)))
}
