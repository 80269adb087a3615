//! Stores that were put back, where offices match: such a node says nothing before every partner
//! within reach has brought what it kept; then its records follow its own halves of the matches.
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
use schemas::ids::{CircleId, RootId};

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
        let awaited: BTreeSet<RootId> = partners.map(|other| self.nodes[other].root).collect();
        self.nodes[node].store.office.forget_words();
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
        if self.is_recovering(node) {
            self.nodes[node].brought.insert((partner, circle));
        }
    }

    /// Looks whether everybody has brought what it kept; if so the work goes on.
    pub(super) fn recover(&mut self, at: usize) {
        if !self.is_recovering(at) || self.clock < self.nodes[at].ready_at {
            return;
        }
        let node = &self.nodes[at];
        let Some(replica) = &node.replica else { return };
        let all_brought = node.awaited.iter().all(|partner| {
            let circles = replica.circles_with(*partner);
            !circles.is_empty() && circles.iter().all(|circle| node.brought.contains(&(*partner, *circle)))
        });
        if all_brought {
            self.nodes[at].awaited.clear();
            self.follow_own_halves(at);
            self.erase_again(at);
            if !self.nodes[at].without.is_empty() {
                self.nodes[at].store.office.doubt();
            }
            let unsaid = std::mem::take(&mut self.nodes[at].unsaid);
            if !unsaid.is_empty() {
                self.retired(at, self.nodes[at].root, unsaid);
            }
        }
    }

    /// Erases once more what came back from partners and was erased since the backup: once they
    /// brought what they kept, and not before, or there is nothing yet to erase. The program does so
    /// with documents of which no person is left behind.
    pub(super) fn erase_again(&mut self, at: usize) {
        if self.is_recovering(at) {
            return;
        }
        let root = self.nodes[at].root;
        for document in self.nodes[at].erasures.clone() {
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

    fn follow_own_halves(&mut self, at: usize) {
        let (root, now) = (self.nodes[at].root, self.nodes[at].clock(self.now()));
        let views: Vec<_> = self.nodes[at].store.views.values().cloned().collect();
        let office = &mut self.nodes[at].store.office;
        for view in views.iter().filter(|view| view.owner == root) {
            match &view.value {
                SharedValue::Proposal(half) => office.follow_proposal(view.document, half, now),
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
        office.say_what_is_missing(root, &said, now);
    }
}

/// Whether a place is promised by this.
fn promises(decision: &Decision) -> bool {
    matches!(decision, Decision::Yes { .. } | Decision::Acknowledged { .. })
}
