//! Stores that were put back, where offices match: such a node says nothing before every partner
//! within reach has brought what it kept; then its records follow its own halves of the matches.
//!
//! What the program does (`node/src/runtime/recovering.rs`, and `restored.rs` of casework) is done
//! here in its simplest form; casework's own is tested on real stores in
//! `node/store/tests/restored.rs`.

use std::collections::BTreeSet;

use schemas::SharedValue;
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
            let unsaid = std::mem::take(&mut self.nodes[at].unsaid);
            if !unsaid.is_empty() {
                self.retired(at, self.nodes[at].root, unsaid);
            }
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
        office.say_what_is_missing(root, &said);
    }
}
