//! Cards kept ready for searches, as they come and go: the same answers as the plain scans of
//! [`crate::rank`] and [`crate::counterfactual`] give, without looking at every card.
//!
//! Cards lie by municipality. A search goes from near to far; what is seen of a card at a glance
//! (eight bytes, and of 64 cards at once) says how much it can score at most, and only what may
//! still be among the best is compared. Cards with wishes, and pairs that failed before, are looked
//! at in full only when they come so far. It holds cards; it never decides.

mod columns;
mod drafts;
mod near;
mod neighbours;
mod packed;
mod question;
mod requests;
mod shelf;

use std::cmp::Reverse;

use schemas::MatchingRules;
use schemas::ids::{DocumentId, RootId};

pub use self::drafts::Drafts;
pub use self::requests::Requests;

use self::columns::ones;
use self::packed::{Glance, Packed};
use self::question::{Points, Prospect, Question};
use self::shelf::{Card, Cell, Shelf};
use crate::card::{Offer, Request, Rules};
use crate::rank::{Candidate, top};

/// Mentors' cards, in order for searches.
#[derive(Debug, Default)]
pub struct Mentors {
    shelf: Shelf<Offer>,
}

impl Card for Offer {
    type Packed = Packed;
    fn id(&self) -> DocumentId {
        self.id
    }
    fn owner(&self) -> RootId {
        self.owner
    }
    /// Who has no place left lies apart.
    fn cell(&self) -> usize {
        cell_of(self.card.area.index(), self.card.capacity_left.get() == 0)
    }
    fn glance(&self) -> Glance {
        Glance::of_offer(&self.card)
    }
    fn pack(&self, slot: u32, owner: u32) -> Packed {
        Packed::new(slot, owner, self)
    }
    fn slot(packed: &Packed) -> u32 {
        packed.slot
    }
}

/// The cell of mentors with a place left, or of the full ones, in the municipality with this
/// [`schemas::places::Refnis::index`].
fn cell_of(index: usize, full: bool) -> usize {
    2 * index + usize::from(full)
}

/// One of the best: score, id and place, in the order of a ranking.
type Found = (Reverse<u32>, DocumentId, u32);

/// The best so far: in order once there are enough.
struct Best {
    n: usize,
    found: Vec<Found>,
    /// The lowest score that is still wanted: once there are enough, the lowest of them.
    least: u32,
}

impl Best {
    /// Of at least this score.
    fn new(n: usize, least: u32) -> Self {
        Self { n, found: Vec::new(), least }
    }

    /// Whether a card with this score may still be one of the best.
    fn wants(&self, total: u32) -> bool {
        total >= self.least
    }

    /// Whether it is one of the best.
    fn add(&mut self, total: u32, id: DocumentId, slot: u32) -> bool {
        if !self.wants(total) {
            return false;
        }
        let one = (Reverse(total), id, slot);
        if self.found.len() < self.n {
            self.found.push(one);
            if self.found.len() < self.n {
                return true;
            }
            self.found.sort_unstable();
        } else {
            self.found.insert(self.found.partition_point(|other| *other < one), one);
            self.found.pop();
        }
        self.least = self.found.last().map_or(0, |(least, ..)| least.0);
        true
    }

    /// The best first.
    fn in_order(mut self) -> Vec<Found> {
        self.found.sort_unstable();
        self.found
    }
}

impl Mentors {
    /// The cards of `offers`; of several with one id the last counts.
    pub fn new(offers: impl IntoIterator<Item = Offer>) -> Self {
        let mut index = Self::default();
        for offer in offers {
            index.insert(offer);
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
    pub fn get(&self, id: DocumentId) -> Option<&Offer> {
        self.shelf.get(id)
    }

    /// Takes a card, in the place of an earlier one of the same document.
    pub fn insert(&mut self, offer: Offer) {
        self.shelf.insert(offer);
    }

    /// Lets go of a card; whether it was there.
    pub fn remove(&mut self, id: DocumentId) -> bool {
        self.shelf.remove(id)
    }

    /// The best `n` cards for one request, with their scores in millionths: the highest first,
    /// ties by id.
    pub fn best(&self, request: &Request, rules: &Rules, n: usize) -> Vec<(DocumentId, u32)> {
        let best = self.search(request, rules, n, 0).in_order().into_iter();
        best.map(|(Reverse(total), id, _)| (id, total)).collect()
    }

    /// Every card that fits one request: its place and the score in millionths, by place. The
    /// places are those of the shelf; where nothing was removed yet, the order in which cards were
    /// put in.
    pub(crate) fn edges(&self, request: &Request, rules: &Rules) -> Vec<(u32, u32)> {
        let found = self.search(request, rules, usize::MAX, 0).found.into_iter();
        let mut edges: Vec<(u32, u32)> = found.map(|(Reverse(total), _, slot)| (slot, total)).collect();
        edges.sort_unstable();
        edges
    }

    /// The best `n` cards for one request, explained. The index of a candidate is its place in
    /// this ranking.
    pub fn top(&self, request: &Request, rules: &Rules, n: usize) -> Vec<Candidate> {
        let best = self.search(request, rules, n, 0).in_order();
        let offers: Vec<Offer> = best.iter().filter_map(|(_, _, slot)| self.shelf.at(*slot).cloned()).collect();
        top(request, &offers, rules, n)
    }

    /// The best `n` of those that score at least so much.
    fn search(&self, request: &Request, rules: &Rules, n: usize, least: u32) -> Best {
        let mut best = Best::new(n, least);
        if n == 0 {
            return best;
        }
        let question = Question::new(request);
        let mut all = AllPoints::new(&question, &self.shelf.owners, rules);
        let near = neighbours::of(request.place()).iter();
        let cells = near.take_while(|(metres, _)| question.reaches(*metres)).filter_map(|(metres, at)| {
            let cell = self.shelf.cell(cell_of((*at).into(), false))?;
            Some((*metres, cell, all.prospect(cell, *metres)?))
        });
        let cells: Vec<_> = cells.collect();
        // Those near the goal occupation first: few others will then still be worth a look.
        for akin in if question.group.is_some() { [true, false].as_slice() } else { &[false] } {
            for (metres, cell, prospect) in &cells {
                let most = if *akin { prospect.most() } else { prospect.most_of_others() };
                if !best.wants(most) {
                    continue;
                }
                let mut sieve = question.sieve(prospect, *akin, best.least);
                for (columns, cards) in cell.together() {
                    for place in ones(sieve.passed(columns)) {
                        let (glance, card) = &cards[place as usize];
                        if best.wants(question.most(*glance, prospect))
                            && self.compare(&question, (*glance, card), *metres, &mut all, &mut best)
                        {
                            sieve = question.sieve(prospect, *akin, best.least);
                        }
                    }
                }
            }
        }
        best
    }

    /// How many cards fit one request: as many as [`Mentors::best`] finds, without their scores.
    pub fn count(&self, request: &Request, rules: &Rules) -> usize {
        let question = Question::new(request);
        let mut all = AllPoints::new(&question, &self.shelf.owners, rules);
        let mut count = 0;
        for (metres, at) in neighbours::of(request.place()).iter().take_while(|(metres, _)| question.reaches(*metres)) {
            let Some(cell) = self.shelf.cell(cell_of((*at).into(), false)) else { continue };
            let Some(prospect) = all.prospect(cell, *metres) else { continue };
            for (columns, cards) in cell.together() {
                let keeps = |slot| self.shelf.at(slot).is_some_and(|offer| question.keeps_musts(offer, *metres, rules));
                let fits = |place: &u32| {
                    let card = &cards[*place as usize].1;
                    question.talks(card, all.of(card.owner))
                        && !rules.excludes(request, card.id, self.owner(card))
                        && (!question.is_open(card) || keeps(card.slot))
                };
                count += ones(question.fitting(columns, &prospect)).filter(fits).count();
            }
        }
        count
    }

    fn owner(&self, card: &Packed) -> RootId {
        self.shelf.owners[card.owner as usize]
    }

    /// Whether the card is one of the best so far.
    fn compare(
        &self,
        question: &Question<'_>,
        (glance, card): (Glance, &Packed),
        metres: u32,
        all: &mut AllPoints<'_>,
        best: &mut Best,
    ) -> bool {
        let rules = all.rules;
        let points = all.of(card.owner);
        let compared = question.compare(glance, card, points, metres).filter(|compared| best.wants(compared.total));
        let Some(compared) = compared else { return false };
        if rules.excludes(question.request, card.id, self.owner(card)) {
            return false;
        }
        let total = if compared.open {
            self.shelf.at(card.slot).and_then(|offer| question.settle(offer, points, metres, rules, compared.total))
        } else {
            Some(compared.total)
        };
        total.is_some_and(|total| best.add(total, card.id, card.slot))
    }
}

/// Points by owner; owners with the same rules share them.
struct AllPoints<'a> {
    rules: &'a Rules,
    question: &'a Question<'a>,
    owners: &'a [RootId],
    ours: MatchingRules,
    by_owner: Vec<Option<u16>>,
    points: Vec<(MatchingRules, Points)>,
}

impl<'a> AllPoints<'a> {
    fn new(question: &'a Question<'a>, owners: &'a [RootId], rules: &'a Rules) -> Self {
        let by_owner = vec![None; owners.len()];
        Self { rules, question, owners, ours: rules.of(question.request.owner), by_owner, points: Vec::new() }
    }

    fn of(&mut self, owner: u32) -> &Points {
        let at = match self.by_owner[owner as usize] {
            Some(at) => at,
            None => self.make(owner),
        };
        &self.points[usize::from(at)].1
    }

    /// The most that cards of `cell` can score at `metres`; none when it is empty.
    fn prospect(&mut self, cell: &Cell<Packed>, metres: u32) -> Option<Prospect> {
        let mut owners = cell.owners.keys();
        let first = self.of(*owners.next()?).prospect(metres);
        Some(owners.fold(first, |prospect, owner| prospect.or(&self.of(*owner).prospect(metres))))
    }

    fn make(&mut self, owner: u32) -> u16 {
        let theirs = self.rules.of(self.owners[owner as usize]);
        let at = self.points.iter().position(|(rules, _)| *rules == theirs).unwrap_or_else(|| {
            self.points.push((theirs, self.question.points(&self.ours, &theirs, self.rules)));
            self.points.len() - 1
        }) as u16;
        self.by_owner[owner as usize] = Some(at);
        at
    }
}
