//! Municipalities that suspend a partner, go on with it, or leave it: one is suspended by one
//! other for a while or for good, and one leaves the circle, when each of the others goes on
//! without it at a moment of its own.

use rand::RngExt;
use replication::Command;
use schemas::ids::RootId;

use super::ledger::{Promise, Typed};
use super::scenario::Reach;
use super::world::World;

/// Who is suspended or leaves in a simulation.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Partings {
    /// Who suspended whom first.
    suspended: Option<(usize, usize)>,
    /// Who is left by everybody.
    left: Option<usize>,
}

impl World {
    /// Somebody suspends a partner, resumes it, or goes on without one that leaves.
    pub(super) fn change_partners(&mut self) {
        if self.scenario.reach != Reach::Mesh {
            return;
        }
        match self.rng.random_range(0..4) {
            0 if self.partings.left.is_none() => self.begin_leaving(),
            0 => {
                let at = self.rng.random_range(0..self.hostile());
                self.leave(at);
            }
            _ => self.suspend_or_resume(),
        }
    }

    fn suspend_or_resume(&mut self) {
        let honest = self.hostile();
        let draw = |world: &mut Self| (world.rng.random_range(0..honest), world.rng.random_range(0..honest));
        // The same two again and again: others pass on what each of them may have.
        let (at, other) = match self.partings.suspended {
            Some(two) => two,
            None => draw(self),
        };
        let partner = self.nodes[other].root;
        let fits =
            at != other && self.stays_in_circle(at) && self.stays_in_circle(other) && !self.have_parted(at, other);
        if !fits || self.nodes[at].replica.is_none() {
            return;
        }
        self.partings.suspended = Some((at, other));
        if self.nodes[at].store.partners.has_suspended(partner) {
            self.resume(at, partner);
        } else {
            self.suspend(at, partner);
        }
    }

    /// Of those that a node waits for after it was put back, one that it goes on without for now.
    pub(super) fn absent_for(&mut self, at: usize) -> Option<usize> {
        // Whom the hostile node keeps out nobody can say.
        if !self.scenario.absences || at == self.hostile() || self.rng.random_bool(0.3) {
            return None;
        }
        let other = match self.partings.suspended {
            Some((by, other)) => (by == at).then_some(other)?,
            None => self.rng.random_range(0..self.hostile()),
        };
        let stay = self.stays_in_circle(at) && self.stays_in_circle(other);
        let fits = at != other && stay && !self.is_recovering(other) && !self.is_in_a_parting(at);
        if fits {
            self.partings.suspended = Some((at, other));
        }
        fits.then_some(other)
    }

    /// What a node shared with another since its last backup is erased when that one is out of reach,
    /// and with the store goes the word that it was.
    pub(super) fn erase_out_of_reach(&mut self, at: usize, other: usize) {
        let honest = at < self.hostile() && other < self.hostile();
        let runs = self.nodes[at].replica.is_some() && !self.is_recovering(at);
        if !honest || !runs || self.partings.suspended.is_some_and(|two| two != (at, other)) {
            return;
        }
        self.partings.suspended = Some((at, other));
        self.back_up(at);
        let document = self.publish_between(at, other);
        self.run_for(1_000);
        self.part_ways(at, other);
        self.command(at, Promise::Erased { node: at, document }, Command::Erase { document });
        self.run_for(1_000);
        if self.nodes[at].replica.is_some() {
            self.crash(at);
            self.restart(at, true);
        }
    }

    /// Who was put back goes on with the partner that it suspended meanwhile.
    pub(super) fn resume_absent(&mut self) {
        let Some((at, other)) = self.partings.suspended else { return };
        let partner = self.nodes[other].root;
        if self.nodes[at].replica.is_some() && self.nodes[at].store.partners.has_suspended(partner) {
            self.resume(at, partner);
        }
    }

    /// Whether a node has somebody suspended now.
    pub(super) fn suspends_somebody(&self, at: usize) -> bool {
        self.partings.suspended.is_some_and(|(by, other)| by == at && self.gives_nothing(at, other))
    }

    /// Whether a node is one of two of which one suspended the other.
    pub(super) fn is_in_a_parting(&self, at: usize) -> bool {
        let suspended = self.partings.suspended.filter(|(by, other)| self.gives_nothing(*by, *other));
        suspended.is_some_and(|(by, other)| by == at || other == at)
    }

    fn begin_leaving(&mut self) {
        let honest = self.hostile();
        let one = self.rng.random_range(0..honest);
        let left = (0..honest).filter(|at| self.stays_in_circle(*at)).count();
        let is_heir = self.merger.is_some_and(|merger| merger.heir == one);
        if one > 1 && left > 3 && self.stays_in_circle(one) && !is_heir {
            self.partings.left = Some(one);
            self.leaves_circle(one);
        }
    }

    /// A node goes on without the one that leaves.
    fn leave(&mut self, at: usize) {
        let Some(left) = self.partings.left.filter(|left| *left != at) else { return };
        if self.nodes[at].replica.is_some() {
            let partner = self.nodes[left].root;
            self.part(at, partner, None);
        }
    }

    /// Everybody who has not yet goes on without the one that leaves; and of those that are
    /// suspended half are resumed, all of them where a merger has to be carried through.
    pub(super) fn settle_partings(&mut self) {
        if let Some(left) = self.partings.left {
            for at in (0..self.hostile()).filter(|at| *at != left) {
                self.leave(at);
            }
        }
        if let Some((at, other)) = self.partings.suspended {
            let partner = self.nodes[other].root;
            let resumes = self.merger.is_some() || self.partings.left.is_some() || self.rng.random_bool(0.5);
            if resumes && self.nodes[at].store.partners.has_suspended(partner) {
                self.resume(at, partner);
            }
        }
    }

    /// Whether the owner of a page went on without one that merged before this was typed: what that
    /// one still wrote with others since is cut off in the page, and what they wrote after it too.
    pub(super) fn was_cut_off_by_merging(&self, owner: RootId, typed: &Typed) -> bool {
        let went_on = |gone| self.node_of(owner).is_some_and(|owner| self.have_parted(owner, gone));
        self.merger.is_some_and(|merger| typed.when >= merger.at && went_on(merger.gone))
    }

    /// Whether anybody is suspended by the owner of a page, or left everybody.
    pub(super) fn somebody_is_cut_off(&self, owner: RootId) -> bool {
        let suspends =
            self.node_of(owner).is_some_and(|owner| (0..self.nodes.len()).any(|at| self.gives_nothing(owner, at)));
        suspends || self.partings.left.is_some()
    }

    /// Whether a node suspended somebody, if only for a while.
    pub(super) fn has_suspended_once(&self, at: usize) -> bool {
        self.partings.suspended.is_some_and(|(by, _)| by == at)
    }

    /// What has to hold of one that left in the end.
    pub(super) fn judge_partings(&self, faults: &mut Vec<String>) {
        let Some(left) = self.partings.left else { return };
        let root = self.nodes[left].root;
        for (at, node) in self.nodes[..self.hostile()].iter().enumerate().filter(|(at, _)| *at != left) {
            if !node.store.partners.has_parted(root) || !self.nodes[left].store.partners.has_parted(node.root) {
                faults.push(format!("nodes {at} and {left}, which left, are partners still"));
            }
            if node.store.envelopes.values().any(|envelope| envelope.get().header.owner == root) {
                faults.push(format!("node {at} holds what is only of node {left}, which left"));
            }
            let held = self.nodes[left].store.envelopes.values();
            if held.into_iter().any(|envelope| envelope.get().header.owner == node.root) {
                faults.push(format!("node {left}, which left, holds what is only of node {at}"));
            }
        }
    }
}
