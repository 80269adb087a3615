//! Stores that were put back, where offices match: such a node says nothing before every partner
//! within reach has brought what it kept; then its records follow its own halves of the matches.
//!
//! It may go on without one of those: that one is suspended, and brings what it kept once it is
//! resumed. Until then nothing is decided about the matches with it.
//!
//! What was promised since the backup to a partner out of reach is not known then. Were places
//! given out at once, they would be given twice, and who was put back once more would find all
//! three promises at a time. So its mentors have no place before a person asked those partners.
//!
//! What the program does (`node/src/runtime/recovering.rs`, and `restored.rs` of casework) is done
//! here in its simplest form; casework's own is tested on real stores in
//! `node/store/tests/restored.rs`.

use std::collections::BTreeSet;

use replication::{Command, Input};
use schemas::SharedValue;
use schemas::documents::Decision;
use schemas::ids::{CircleId, DocumentId, RootId};

use super::scenario::Plant;
use super::world::World;

impl World {
    /// Has a node that was put back wait, where that is asked for. Nobody waits for whom it will
    /// not meet: an administrator goes on without those.
    pub(super) fn wait_for_partners(&mut self, node: usize) {
        if !self.scenario.waits || self.plant == Plant::WaitsForNobody {
            return;
        }
        let partners = (0..self.hostile()).filter(|other| self.scenario.reaches(node, *other));
        let mut awaited: BTreeSet<RootId> = partners.map(|other| self.nodes[other].root).collect();
        self.nodes[node].store.office.forget_words();
        self.nodes[node].absent.clear();
        self.nodes[node].has_erased_again = false;
        if let Some(absent) = self.absent_for(node) {
            let partner = self.nodes[absent].root;
            awaited.remove(&partner);
            self.nodes[node].absent.insert(partner);
            self.suspend(node, partner);
        }
        let others = (0..self.nodes.len()).filter(|other| *other != node).map(|other| self.nodes[other].root);
        self.nodes[node].without = others.filter(|other| !awaited.contains(other)).collect();
        self.nodes[node].awaited = awaited;
        self.nodes[node].brought.clear();
    }

    /// Whether a node says nothing yet.
    pub(super) fn is_recovering(&self, node: usize) -> bool {
        !self.nodes[node].awaited.is_empty()
    }

    /// Two were found to hold the same in a circle.
    pub(super) fn brought(&mut self, node: usize, partner: RootId, circle: CircleId) {
        if self.is_recovering(node) || self.nodes[node].absent.contains(&partner) {
            self.nodes[node].brought.insert((partner, circle));
        }
    }

    /// Looks whether everybody has brought what it kept; if so the work goes on.
    pub(super) fn recover(&mut self, at: usize) {
        if self.nodes[at].replica.is_none() || self.clock < self.nodes[at].ready_at {
            return;
        }
        if !self.is_recovering(at) {
            return self.absent_brought(at);
        }
        if self.nodes[at].awaited.iter().all(|partner| self.has_brought(at, *partner)) {
            self.nodes[at].awaited.clear();
            let absent = self.nodes[at].absent.clone();
            self.follow_own_halves(at, |partner| !absent.contains(&partner));
            self.erase_again(at);
            self.nodes[at].has_erased_again = true;
            if !self.nodes[at].without.is_empty() {
                self.nodes[at].store.office.doubt();
            }
            let unsaid = std::mem::take(&mut self.nodes[at].unsaid);
            if !unsaid.is_empty() {
                self.retired(at, self.nodes[at].root, unsaid);
            }
        }
    }

    /// Whether a partner brought what it kept, of every circle.
    fn has_brought(&self, at: usize, partner: RootId) -> bool {
        let node = &self.nodes[at];
        let circles = node.replica.as_ref().map(|replica| replica.circles_with(partner)).unwrap_or_default();
        !circles.is_empty() && circles.iter().all(|circle| node.brought.contains(&(partner, *circle)))
    }

    /// Looks whether somebody brought what it kept without whom this node went on.
    fn absent_brought(&mut self, at: usize) {
        for partner in self.nodes[at].absent.clone() {
            if !self.nodes[at].store.partners.has_suspended(partner) && self.has_brought(at, partner) {
                self.follow_own_halves(at, |other| other == partner);
                self.nodes[at].absent.remove(&partner);
                self.erase_again(at);
            }
        }
    }

    /// Partners about whom nothing may be decided now.
    pub(super) fn frozen(&self, at: usize) -> BTreeSet<RootId> {
        self.nodes[at].store.partners.kept_out().union(&self.nodes[at].absent).copied().collect()
    }

    /// Erases once more what came back from partners and was erased since the backup: once they
    /// brought what they kept, and not before, or there is nothing yet to erase; and whenever
    /// something of it comes back later. What is shared with an absent partner alone waits until that
    /// one brought all of it. The program does so with documents of which no person is left behind.
    pub(super) fn erase_again(&mut self, at: usize) {
        let only_once = self.plant == Plant::ErasesOnce && self.nodes[at].has_erased_again;
        if self.is_recovering(at) || only_once {
            return;
        }
        let node = &self.nodes[at];
        let root = node.root;
        let waits: BTreeSet<CircleId> = node.absent.iter().map(|partner| CircleId::pair(root, *partner)).collect();
        let headers = node.store.envelopes.values().map(|envelope| &envelope.get().header);
        let waiting: BTreeSet<DocumentId> =
            headers.filter(|header| waits.contains(&header.circle)).map(|header| header.document).collect();
        for document in self.nodes[at].erasures.difference(&waiting).copied().collect::<Vec<_>>() {
            if self.nodes[at].replica.as_ref().is_some_and(|replica| !replica.is_erased(root, document)) {
                self.input(at, Input::Command { number: 0, command: Command::Erase { document } });
            }
        }
    }

    /// A person asks the partners without whom this node went on what it promised them, by phone:
    /// when the records hold all of it, the places are right.
    pub(super) fn look_after_places(&mut self, at: usize) {
        let (root, office) = (self.nodes[at].root, &self.nodes[at].store.office);
        let without = self.nodes.iter().filter(|node| self.nodes[at].without.contains(&node.root));
        let promised = without.flat_map(|partner| partner.store.views.values()).filter_map(|view| match &view.value {
            SharedValue::Answer(half) if view.owner == root && promises(&half.decision) => Some(half.proposal),
            _ => None,
        });
        if promised.into_iter().all(|proposal| office.knows_of_promise(proposal)) {
            self.nodes[at].store.office.is_sure();
        }
    }

    /// The records follow this municipality's own halves of matches with those who `brought` them.
    fn follow_own_halves(&mut self, at: usize, brought: impl Fn(RootId) -> bool) {
        let (root, now) = (self.nodes[at].root, self.nodes[at].clock(self.now()));
        let is_late = self.nodes[at].has_erased_again;
        let partners = self.nodes.iter().map(|node| node.root).filter(|partner| brought(*partner));
        let pairs: BTreeSet<CircleId> = partners.map(|partner| CircleId::pair(root, partner)).collect();
        let views: Vec<_> = self.nodes[at].store.views.values().cloned().collect();
        let office = &mut self.nodes[at].store.office;
        for view in views.iter().filter(|view| view.owner == root && pairs.contains(&view.circle)) {
            match &view.value {
                SharedValue::Proposal(half) => office.follow_proposal(root, view.document, half, is_late, now),
                SharedValue::Answer(half) => {
                    let theirs = views.iter().find(|other| {
                        other.document == half.proposal && CircleId::pair(root, other.owner) == view.circle
                    });
                    let theirs = theirs.and_then(|other| match &other.value {
                        SharedValue::Proposal(proposal) => Some((other.owner, proposal)),
                        _ => None,
                    });
                    office.follow_answer(view.document, half, theirs, now);
                }
                _ => {}
            }
        }
        let said: BTreeSet<_> = views.iter().filter(|view| view.owner == root).map(|view| view.document).collect();
        office.say_what_is_missing(root, &said, brought, now);
    }
}

/// Whether a place is promised by this.
fn promises(decision: &Decision) -> bool {
    matches!(decision, Decision::Yes { .. } | Decision::Acknowledged { .. })
}
