//! Who is in the circle: members join, leave and are removed, and each keeps its own list at a
//! moment of its own.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use replication::Input;
use schemas::ids::{CircleId, RootId};

use super::node::KeptList;
use super::scenario::Reach;
use super::world::World;

/// Who is in the first circle as was agreed; each member writes its list when it gets to it.
#[derive(Default)]
pub(super) struct Members {
    agreed: BTreeSet<usize>,
    /// Members who have not yet written the newest agreement in their list.
    behind: BTreeSet<usize>,
    /// Who joined or left already: nobody does both.
    moved: BTreeSet<usize>,
}

impl World {
    /// Makes the circles with their first lists.
    pub(super) fn found_circles(&mut self) {
        let count = self.nodes.len();
        // Of two honest members at least the circle is from the start.
        let first = if self.scenario.members && count > 5 { count - 2 } else { count };
        let (main, of_two) = (self.circles[0], self.circles[1]);
        self.members.agreed = (0..first).chain([self.hostile()]).collect();
        let mut lists: BTreeMap<(CircleId, RootId), KeptList> = BTreeMap::new();
        let roots = |members: &mut dyn Iterator<Item = usize>, world: &Self| -> Vec<RootId> {
            members.map(|at| world.nodes[at].root).collect()
        };
        let everybody = roots(&mut self.members.agreed.iter().copied(), self);
        let two = roots(&mut (0..2), self);
        for at in self.members.agreed.clone() {
            lists.insert((main, self.nodes[at].root), self.nodes[at].sign_list(main, everybody.clone()));
        }
        for at in 0..2 {
            lists.insert((of_two, self.nodes[at].root), self.nodes[at].sign_list(of_two, two.clone()));
        }
        let all_known = !self.scenario.lists;
        for node in &mut self.nodes {
            for ((circle, owner), kept) in &lists {
                let named = kept.list.get().members.contains(&node.root);
                if named && (all_known || *owner == node.root) {
                    node.store.lists.insert((*circle, *owner), kept.clone());
                }
            }
        }
    }

    /// Somebody joins, leaves or is removed, or a member gets to writing that down.
    pub(super) fn change_members(&mut self, at: usize) {
        if self.members.behind.contains(&at) {
            return self.write_list(at);
        }
        let honest = self.hostile();
        let count = self.members.agreed.iter().filter(|member| **member < honest).count();
        // Who has to take something over stays.
        let heir = self.merger.is_some_and(|merger| merger.heir == at);
        if at < 2 || heir || self.members.moved.contains(&at) {
            return;
        }
        if !self.members.agreed.contains(&at) {
            self.members.agreed.insert(at);
        } else if at == honest || count > 3 && self.scenario.reach == Reach::Mesh {
            // Elsewhere those behind it would be cut off.
            self.members.agreed.remove(&at);
        } else {
            return;
        }
        self.members.moved.insert(at);
        self.members.behind = (0..honest).filter(|node| self.keeps_a_list(*node)).collect();
        // Who joins or leaves is often among the first to write it down.
        if at < honest && self.rng.random_bool(0.6) {
            self.write_list(at);
        }
    }

    fn keeps_a_list(&self, node: usize) -> bool {
        let key = (self.circles[0], self.nodes[node].root);
        self.members.agreed.contains(&node) || self.nodes[node].store.lists.contains_key(&key)
    }

    /// Writes the agreement in a member's own list.
    fn write_list(&mut self, at: usize) {
        if self.nodes[at].replica.is_none() {
            return;
        }
        self.members.behind.remove(&at);
        // Who merged is in for as long as this node goes on with it.
        let gone = self.merger.map(|merger| merger.gone);
        let agreed = self.members.agreed.iter().copied().chain(gone);
        let is_in = self.members.agreed.contains(&at) || gone == Some(at);
        let keeps_out = |member: usize| self.nodes[at].store.partners.keeps_out(self.nodes[member].root);
        let members = agreed.filter(|member| is_in && !keeps_out(*member));
        let members: Vec<RootId> = members.map(|member| self.nodes[member].root).collect();
        self.sign_members(at, members);
        let kept = self.nodes[at].store.lists[&(self.circles[0], self.nodes[at].root)].clone();
        self.input(at, Input::List { list: kept.list, bytes: kept.bytes });
    }

    /// Signs a node's own list of the first circle.
    fn sign_members(&mut self, at: usize, members: Vec<RootId>) {
        let circle = self.circles[0];
        let kept = self.nodes[at].sign_list(circle, members);
        let owner = self.nodes[at].root;
        self.nodes[at].store.lists.insert((circle, owner), kept);
    }

    /// Signs a node's own list of the first circle anew without a partner that is none any more.
    pub(super) fn sign_list_without(&mut self, at: usize, partner: RootId) {
        let held = self.nodes[at].store.lists.get(&(self.circles[0], self.nodes[at].root));
        let Some(members) = held.map(|kept| kept.list.get().members.clone()) else { return };
        if members.contains(&partner) {
            self.sign_members(at, members.into_iter().filter(|member| *member != partner).collect());
        }
    }

    /// The same with a partner that is back, if it is still in the circle.
    pub(super) fn sign_list_with(&mut self, at: usize, partner: RootId) {
        let held = self.nodes[at].store.lists.get(&(self.circles[0], self.nodes[at].root));
        let Some(mut members) = held.map(|kept| kept.list.get().members.clone()) else { return };
        let is_in =
            |node: usize| self.members.agreed.contains(&node) || self.merger.is_some_and(|merger| merger.gone == node);
        if self.node_of(partner).is_some_and(is_in) && is_in(at) {
            members.push(partner);
            self.sign_members(at, members);
        }
    }

    /// Whether a node is in the first circle and never joined or left.
    pub(super) fn stays_in_circle(&self, at: usize) -> bool {
        self.members.agreed.contains(&at) && !self.members.moved.contains(&at)
    }

    /// A node is to be in the first circle no more; each member takes it out at its own moment.
    pub(super) fn leaves_circle(&mut self, at: usize) {
        self.members.agreed.remove(&at);
        self.members.moved.insert(at);
    }

    /// Everybody gets to it.
    pub(super) fn settle_members(&mut self) {
        for at in std::mem::take(&mut self.members.behind) {
            self.write_list(at);
        }
    }

    /// Whether nobody ever joined or left.
    pub(super) fn nobody_moved(&self) -> bool {
        self.members.moved.is_empty()
    }

    /// Honest members of the first circle.
    pub(super) fn honest_members(&self) -> Vec<usize> {
        self.members.agreed.iter().copied().filter(|at| *at < self.hostile()).collect()
    }

    /// Whether a node that was in the first circle left it.
    pub(super) fn left(&self, at: usize) -> bool {
        self.members.moved.contains(&at) && !self.members.agreed.contains(&at)
    }
}
