//! Mentors' cards kept ready for a search, as they come and go: the same answer as
//! [`crate::top`] gives, without looking at every card.
//!
//! Cards lie by municipality. A search goes from near to far; what is seen of a card at a glance
//! (eight bytes) says how much it can score at most, and only what may still be among the best is
//! compared. Cards with wishes, and pairs that failed before, are looked at in full only when they
//! come so far. It holds cards; it never decides.

mod neighbours;
mod packed;
mod question;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemas::MatchingRules;
use schemas::ids::{DocumentId, RootId};
use schemas::places::Refnis;

use self::packed::{Glance, Packed};
use self::question::{Points, Prospect, Question};
use crate::card::{Offer, Request, Rules};
use crate::rank::{Candidate, top};

/// Mentors' cards, in order for searches.
#[derive(Debug, Default)]
pub struct Mentors {
    /// By [`Refnis::index`].
    cells: Vec<Cell>,
    /// Every card; a free place is reused.
    cards: Vec<Option<Offer>>,
    free: Vec<u32>,
    places: BTreeMap<DocumentId, u32>,
    owners: Vec<RootId>,
    numbers: BTreeMap<RootId, u32>,
}

/// The cards of one municipality with a place left.
#[derive(Debug, Default)]
struct Cell {
    glances: Vec<Glance>,
    /// The rest of each card, in the same places.
    packed: Vec<Packed>,
    /// How many cards of each owner are here.
    owners: BTreeMap<u32, u32>,
}

/// The best so far: score, id and place, the best first.
struct Best {
    n: usize,
    found: BTreeSet<(Reverse<u32>, DocumentId, u32)>,
    /// Once there are enough, the lowest score of them.
    least: u32,
}

impl Best {
    /// Whether a card with this score may still be one of the best.
    fn wants(&self, total: u32) -> bool {
        total >= self.least
    }

    fn add(&mut self, total: u32, id: DocumentId, slot: u32) {
        self.found.insert((Reverse(total), id, slot));
        if self.found.len() > self.n {
            self.found.pop_last();
        }
        if self.found.len() == self.n {
            self.least = self.found.last().map_or(0, |(least, ..)| least.0);
        }
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
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Every card, in no order that means anything.
    pub fn offers(&self) -> impl Iterator<Item = &Offer> + Clone {
        self.cards.iter().flatten()
    }

    /// The card of a document.
    pub fn get(&self, id: DocumentId) -> Option<&Offer> {
        self.cards[*self.places.get(&id)? as usize].as_ref()
    }

    /// Takes a card, in the place of an earlier one of the same document.
    pub fn insert(&mut self, offer: Offer) {
        self.remove(offer.id);
        let slot = self.free.pop().unwrap_or(self.cards.len() as u32);
        let owner = self.number(offer.owner);
        self.places.insert(offer.id, slot);
        if offer.card.capacity_left.get() > 0 {
            let cell = self.cell(offer.card.area);
            cell.glances.push(Glance::new(&offer.card));
            cell.packed.push(Packed::new(slot, owner, &offer.card));
            *cell.owners.entry(owner).or_default() += 1;
        }
        match self.cards.get_mut(slot as usize) {
            Some(place) => *place = Some(offer),
            None => self.cards.push(Some(offer)),
        }
    }

    /// Lets go of a card; whether it was there.
    pub fn remove(&mut self, id: DocumentId) -> bool {
        let Some(slot) = self.places.remove(&id) else { return false };
        self.free.push(slot);
        let Some(offer) = self.cards[slot as usize].take() else { return false };
        if offer.card.capacity_left.get() > 0 {
            let owner = self.number(offer.owner);
            let cell = self.cell(offer.card.area);
            if let Some(at) = cell.packed.iter().position(|packed| packed.slot == slot) {
                cell.glances.swap_remove(at);
                cell.packed.swap_remove(at);
            }
            if let Some(count) = cell.owners.get_mut(&owner) {
                *count -= 1;
                if *count == 0 {
                    cell.owners.remove(&owner);
                }
            }
        }
        true
    }

    fn cell(&mut self, area: Refnis) -> &mut Cell {
        if self.cells.len() <= area.index() {
            self.cells.resize_with(area.index() + 1, Cell::default);
        }
        &mut self.cells[area.index()]
    }

    fn number(&mut self, owner: RootId) -> u32 {
        if let Some(number) = self.numbers.get(&owner) {
            return *number;
        }
        let number = self.owners.len() as u32;
        self.owners.push(owner);
        self.numbers.insert(owner, number);
        number
    }

    /// The best `n` cards for one request, with their scores in millionths: the highest first,
    /// ties by id.
    pub fn best(&self, request: &Request, rules: &Rules, n: usize) -> Vec<(DocumentId, u32)> {
        self.search(request, rules, n).found.into_iter().map(|(Reverse(total), id, _)| (id, total)).collect()
    }

    /// Every card that fits one request: its place in the order in which cards were put in, and
    /// the score in millionths, by place. Only of an index from which nothing was removed.
    pub(crate) fn edges(&self, request: &Request, rules: &Rules) -> Vec<(u32, u32)> {
        let found = self.search(request, rules, usize::MAX).found.into_iter();
        let mut edges: Vec<(u32, u32)> = found.map(|(Reverse(total), _, slot)| (slot, total)).collect();
        edges.sort_unstable();
        edges
    }

    /// The best `n` cards for one request, explained. The index of a candidate is its place in
    /// this ranking.
    pub fn top(&self, request: &Request, rules: &Rules, n: usize) -> Vec<Candidate> {
        let best = self.search(request, rules, n).found;
        let offers: Vec<Offer> = best.iter().filter_map(|(_, _, slot)| self.cards[*slot as usize].clone()).collect();
        top(request, &offers, rules, n)
    }

    fn search(&self, request: &Request, rules: &Rules, n: usize) -> Best {
        let mut best = Best { n, found: BTreeSet::new(), least: 0 };
        if n == 0 {
            return best;
        }
        let question = Question::new(request);
        let mut all = AllPoints::new(&question, self, rules);
        let near = neighbours::of(request.place()).iter();
        let reached = near
            .take_while(|(metres, _)| question.reaches(*metres))
            .filter_map(|(metres, at)| Some((*metres, self.cells.get(usize::from(*at))?)));
        for (metres, cell) in reached {
            let Some(prospect) = all.prospect(cell, metres).filter(|prospect| best.wants(prospect.most())) else {
                continue;
            };
            for (glance, card) in cell.glances.iter().zip(&cell.packed) {
                if question.glance(glance, &prospect) > best.least {
                    self.compare(&question, (glance, card), metres, &mut all, &mut best);
                }
            }
        }
        best
    }

    fn compare(
        &self,
        question: &Question<'_>,
        (glance, card): (&Glance, &Packed),
        metres: u32,
        all: &mut AllPoints<'_>,
        best: &mut Best,
    ) {
        let rules = all.rules;
        let points = all.of(card.owner);
        let Some(compared) = question.compare(glance, card, points, metres) else { return };
        if !best.wants(compared.total) {
            return;
        }
        let Some(offer) = &self.cards[card.slot as usize] else { return };
        if rules.failed_before.contains(&(question.request.id, offer.id)) {
            return;
        }
        let total = if compared.open {
            question.settle(offer, points, metres, rules, compared.total)
        } else {
            Some(compared.total)
        };
        if let Some(total) = total {
            best.add(total, offer.id, card.slot);
        }
    }
}

/// Points by owner; owners with the same rules share them.
struct AllPoints<'a> {
    rules: &'a Rules,
    question: &'a Question<'a>,
    index: &'a Mentors,
    ours: MatchingRules,
    by_owner: Vec<Option<u16>>,
    points: Vec<(MatchingRules, Points)>,
}

impl<'a> AllPoints<'a> {
    fn new(question: &'a Question<'a>, index: &'a Mentors, rules: &'a Rules) -> Self {
        let by_owner = vec![None; index.owners.len()];
        Self { rules, question, index, ours: rules.of(question.request.owner), by_owner, points: Vec::new() }
    }

    fn of(&mut self, owner: u32) -> &Points {
        let at = match self.by_owner[owner as usize] {
            Some(at) => at,
            None => self.make(owner),
        };
        &self.points[usize::from(at)].1
    }

    /// The most that cards of `cell` can score at `metres`; none when it is empty.
    fn prospect(&mut self, cell: &Cell, metres: u32) -> Option<Prospect> {
        let mut owners = cell.owners.keys();
        let first = self.of(*owners.next()?).prospect(metres);
        Some(owners.fold(first, |prospect, owner| prospect.or(&self.of(*owner).prospect(metres))))
    }

    fn make(&mut self, owner: u32) -> u16 {
        let theirs = self.rules.of(self.index.owners[owner as usize]);
        let at = self.points.iter().position(|(rules, _)| *rules == theirs).unwrap_or_else(|| {
            self.points.push((theirs, self.question.points(&self.ours, &theirs, self.rules)));
            self.points.len() - 1
        }) as u16;
        self.by_owner[owner as usize] = Some(at);
        at
    }
}
