//! Several sets as one, less some items: what two partners compare, without making it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::message::Bound;
use super::set::{Item, Set, Summary};

/// The union of disjoint sets, less what both sides leave out.
#[derive(Debug, Default)]
pub struct View<'a> {
    sets: Vec<&'a Set>,
    without: Set,
}

impl<'a> View<'a> {
    /// All of `sets`, which have nothing in common.
    pub fn new(sets: Vec<&'a Set>) -> Self {
        Self { sets, without: Set::default() }
    }

    /// Leaves out an item; nothing happens when it is in none of the sets.
    pub fn leave_out(&mut self, item: Item) {
        if self.sets.iter().any(|set| set.contains(&item)) {
            self.without.insert(item);
        }
    }

    /// How many items.
    pub fn len(&self) -> u64 {
        self.sets.iter().map(|set| set.len()).sum::<u64>() - self.without.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every item, in order.
    pub fn all(&self) -> impl Iterator<Item = Item> {
        self.items(&Bound::START, &Bound::END)
    }

    /// Count and sum of the items before `bound`.
    pub(super) fn before(&self, bound: &Bound) -> Summary {
        let all = self.sets.iter().fold(Summary::default(), |sum, set| sum.plus(&set.before(bound)));
        all.minus(&self.without.before(bound))
    }

    /// The items from `lower` up to `upper`, in order.
    pub(super) fn items(&self, lower: &Bound, upper: &Bound) -> impl Iterator<Item = Item> {
        let ranks = self.sets.iter().map(|set| (set.before(lower).count(), *set));
        let mut next: BinaryHeap<_> =
            ranks.enumerate().filter_map(|(at, (rank, set))| Some(Reverse((set.nth(rank)?, at, rank)))).collect();
        let upper = *upper;
        std::iter::from_fn(move || {
            loop {
                let Reverse((item, at, rank)) = next.pop()?;
                if !upper.is_after(&item) {
                    return None;
                }
                next.extend(self.sets[at].nth(rank + 1).map(|item| Reverse((item, at, rank + 1))));
                if !self.without.contains(&item) {
                    return Some(item);
                }
            }
        })
    }

    /// Bounds that cut the range in about `parts`: each set is cut evenly, and of all its cuts as
    /// many are taken. No part is more than about twice the average.
    pub(super) fn cuts(&self, lower: &Bound, upper: &Bound, parts: u64) -> Vec<Bound> {
        let mut cuts = Vec::new();
        let mut total = 0;
        for set in &self.sets {
            let (from, to) = (set.before(lower).count(), set.before(upper).count());
            total += to - from;
            let ranks: Vec<u64> = (0..=parts).map(|part| from + (to - from) * part / parts).collect();
            let pieces = ranks.windows(2).filter(|piece| piece[0] < piece[1]);
            cuts.extend(pieces.filter_map(|piece| Some((set.nth(piece[0])?, piece[1] - piece[0]))));
        }
        cuts.sort_unstable();
        let mut bounds = Vec::new();
        let mut before = 0;
        for (item, weight) in cuts {
            let due = before * parts >= (bounds.len() as u64 + 1) * total;
            bounds.extend(self.previous(&item).filter(|_| due).map(|previous| Bound::between(&previous, &item)));
            before += weight;
        }
        bounds
    }

    /// The last item before `item`, left out or not.
    fn previous(&self, item: &Item) -> Option<Item> {
        let bound = Bound::of(item);
        let of = |set: &&Set| set.nth(set.before(&bound).count().checked_sub(1)?);
        self.sets.iter().filter_map(of).max()
    }
}
