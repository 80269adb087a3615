//! Which changes count: a function of the set that was admitted, the same on every replica.
//!
//! Void are: what the owner cut; both halves of a fork (two changes of one author in one place);
//! what a forker wrote beside or after it and nobody else has built on, until the owner cuts the
//! fork off; what is over a budget; what was written by one whose admission is no longer here;
//! and whatever follows something void.

use std::collections::{BTreeMap, BTreeSet};

use schemas::ids::{EnvelopeId, RootId};

use super::{Coedited, Node};
use crate::control::{Cut, Place};
use crate::scan::ChangeId;

/// How much may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Changes.
    pub changes: u64,
    /// Bytes of changes.
    pub bytes: u64,
    /// Operations.
    pub operations: u64,
}

/// The budget of a document. For each change Automerge walks all of a text.
pub const DOCUMENT: Budget = Budget { changes: 4096, bytes: 1024 * 1024, operations: 150_000 };
/// The budget of one municipality in a document.
pub const AUTHOR: Budget = Budget { changes: 1024, bytes: 512 * 1024, operations: 75_000 };
/// Changes in one place that are kept: two prove a fork.
const HALVES: usize = 2;

/// What was written so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) changes: u64,
    pub(super) bytes: u64,
    pub(super) operations: u64,
}

impl Spent {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            changes: self.changes + other.changes,
            bytes: self.bytes + other.bytes,
            operations: self.operations + other.operations,
        }
    }

    pub(super) fn fits(self, budget: Budget) -> bool {
        self.changes <= budget.changes && self.bytes <= budget.bytes && self.operations <= budget.operations
    }
}

/// Why a change does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Void {
    /// The owner cut it off.
    Cut,
    /// Its writer is not admitted.
    NotAdmitted,
    /// Half of a fork.
    Fork,
    /// Of an author who forked.
    Frozen,
    /// Over the budget of its author or of the document.
    OverBudget,
    /// Follows something that does not count.
    Follows,
}

/// Which changes count.
pub(super) struct Judgement {
    pub(super) shown: BTreeSet<ChangeId>,
    pub(super) void: BTreeMap<ChangeId, Void>,
}

/// Two changes of one author in one place.
pub(crate) struct Fork {
    pub(crate) author: RootId,
    pub(crate) place: Place,
    pub(crate) halves: [EnvelopeId; 2],
}

impl Coedited {
    pub(super) fn judge(&self) -> Judgement {
        let ordered = self.in_order();
        let surplus = self.surplus(&ordered);
        let forked = self.forked();
        let followed = followed_by_others(&ordered, &self.nodes);
        let frozen = |hash: &ChangeId, node: &Node| {
            let before = |halves: &[&Node]| halves.iter().all(|half| half.follows(node));
            !followed.contains(hash) && forked.iter().any(|halves| halves[0].author == node.author && !before(halves))
        };
        let (mut shown, mut void) = (BTreeSet::new(), BTreeMap::new());
        let mut spent: BTreeMap<RootId, Spent> = BTreeMap::new();
        let mut all = Spent::default();
        for (hash, node) in ordered {
            let own = spent.get(&node.author).copied().unwrap_or_default().plus(node.spent());
            let why = if *hash == self.first {
                None
            } else if !self.controls.allows(node.author, node.session, node.seq) {
                Some(Void::Cut)
            } else if !self.may_write(node.author) {
                Some(Void::NotAdmitted)
            } else if self.slots.get(&(node.actor, node.seq)).is_some_and(|halves| halves.len() > 1) {
                Some(Void::Fork)
            } else if frozen(hash, node) {
                Some(Void::Frozen)
            } else if node.dependencies.iter().any(|dependency| !shown.contains(dependency)) {
                Some(Void::Follows)
            } else if surplus.contains(hash) || !own.fits(AUTHOR) || !all.plus(node.spent()).fits(DOCUMENT) {
                Some(Void::OverBudget)
            } else {
                None
            };
            match why {
                Some(why) => {
                    void.insert(*hash, why);
                }
                None => {
                    shown.insert(*hash);
                    spent.insert(node.author, own);
                    all = all.plus(node.spent());
                }
            }
        }
        Judgement { shown, void }
    }

    /// Whether a change counts.
    pub(crate) fn counts(&self, change: &ChangeId) -> bool {
        self.judge().shown.contains(change)
    }

    /// Forks that no cut has dealt with.
    fn forked(&self) -> Vec<Vec<&Node>> {
        let stands = |halves: &Vec<&Node>| {
            halves.len() > 1
                && halves.first().is_some_and(|half| self.controls.allows(half.author, half.session, half.seq))
        };
        let halves = |changes: &BTreeSet<ChangeId>| changes.iter().filter_map(|hash| self.nodes.get(hash)).collect();
        self.slots.values().filter(|changes| changes.len() > 1).map(halves).filter(stands).collect()
    }

    /// Forks that no cut has dealt with, by place.
    pub(crate) fn forks(&self) -> Vec<Fork> {
        let fork = |halves: Vec<&Node>| {
            let mut ids: Vec<EnvelopeId> = halves.iter().map(|half| half.envelope).collect();
            ids.sort_unstable();
            let half = halves.first()?;
            let place = Place { session: half.session, last: half.seq };
            Some(Fork { author: half.author, place, halves: [*ids.first()?, *ids.get(1)?] })
        };
        self.forked().into_iter().filter_map(fork).collect()
    }

    /// A cut of what `author` forked, or with `bar` of everything but what counts now.
    pub(crate) fn cut_of(&self, author: RootId, bar: bool) -> Cut {
        let mut last = BTreeMap::new();
        for fork in self.forks().into_iter().filter(|fork| fork.author == author) {
            let place = last.entry(fork.place.session).or_insert(fork.place.last - 1);
            *place = (*place).min(fork.place.last - 1);
        }
        if bar {
            let shown = self.judge().shown;
            let own = |(hash, node): &(&ChangeId, &Node)| node.author == author && shown.contains(*hash);
            for (_, node) in self.nodes.iter().filter(own) {
                if !self.forks().iter().any(|fork| fork.place.session == node.session) {
                    let place = last.entry(node.session).or_insert(0);
                    *place = (*place).max(node.seq);
                }
            }
        }
        let sessions = last.into_iter().map(|(session, last)| Place { session, last }).collect();
        Cut { author, sessions, others: bar, for_now: None }
    }

    /// What there is no room for: a third change in one place, what one author wrote over the
    /// number that is kept (the highest places go), and whatever follows those. The lowest stay,
    /// on every replica the same.
    fn surplus(&self, ordered: &[(&ChangeId, &Node)]) -> BTreeSet<ChangeId> {
        let mut surplus: BTreeSet<ChangeId> =
            self.slots.values().flat_map(|changes| changes.iter().skip(HALVES)).copied().collect();
        let mut by_author: BTreeMap<RootId, Vec<(&Node, &ChangeId)>> = BTreeMap::new();
        for (hash, node) in ordered.iter().filter(|(hash, _)| !surplus.contains(*hash)) {
            by_author.entry(node.author).or_default().push((node, hash));
        }
        let most = usize::try_from(AUTHOR.changes).unwrap_or(usize::MAX);
        for changes in by_author.values_mut().filter(|changes| changes.len() > most) {
            changes.sort_by_key(|(node, hash)| (**hash != self.first, node.session, node.seq, **hash));
            surplus.extend(changes.iter().skip(most).map(|(_, hash)| **hash));
        }
        if !surplus.is_empty() {
            for (hash, node) in ordered {
                if node.dependencies.iter().any(|dependency| surplus.contains(dependency)) {
                    surplus.insert(**hash);
                }
            }
        }
        surplus
    }

    /// Takes out what there is no room for, and says which envelopes that are.
    pub(crate) fn take_surplus(&mut self) -> Vec<EnvelopeId> {
        let surplus = self.surplus(&self.in_order());
        let taken: Vec<Node> = surplus.iter().filter_map(|hash| self.nodes.remove(hash)).collect();
        for changes in self.slots.values_mut() {
            changes.retain(|hash| !surplus.contains(hash));
        }
        self.slots.retain(|_, changes| !changes.is_empty());
        taken.into_iter().map(|node| node.envelope).collect()
    }
}

/// Changes that somebody else than their author has built on.
fn followed_by_others(ordered: &[(&ChangeId, &Node)], nodes: &BTreeMap<ChangeId, Node>) -> BTreeSet<ChangeId> {
    let mut followed = BTreeSet::new();
    for (hash, node) in ordered.iter().rev() {
        let by_others = followed.contains(*hash);
        for dependency in &node.dependencies {
            if by_others || nodes.get(dependency).is_some_and(|past| past.author != node.author) {
                followed.insert(*dependency);
            }
        }
    }
    followed
}
