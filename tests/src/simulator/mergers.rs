//! A municipality that merges into another: its root says so once, each partner goes on without
//! it as soon as it and that one hold the same, and the successor opens its pages anew.
//!
//! What the program does (`node/src/runtime/mergers.rs`, and `partner_merged` of casework) is done
//! here in its simplest form.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use replication::Input;
use schemas::envelope::Content;
use schemas::ids::{CircleId, DocumentId, RootId};

use super::judge::{Early, waiting_circles};
use super::ledger::Typed;
use super::node::START;
use super::scenario::Plant;
use super::world::World;

/// Partners that merged, and the circles in which they and this node were found to hold the same
/// since that is known.
pub(super) type Mergers = BTreeMap<RootId, BTreeSet<CircleId>>;

/// The merger of a simulation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Merger {
    /// Who merged.
    pub(super) gone: usize,
    /// Into whom.
    pub(super) heir: usize,
    /// When, in milliseconds.
    pub(super) at: u64,
}

impl World {
    /// A member of the circle merges into another.
    pub(super) fn merge(&mut self) {
        let honest = self.hostile();
        let (gone, heir) = (self.rng.random_range(0..honest), self.rng.random_range(0..honest));
        // Circles of which others are not a part are not handed on.
        let fits = gone > 1 && self.stays_in_circle(gone) && self.stays_in_circle(heir);
        let in_reach = self.scenario.reaches(gone, heir) && self.reach_each_other_without(gone);
        if self.merger.is_some() || !fits || self.nodes[gone].replica.is_none() || !in_reach {
            return;
        }
        self.merger = Some(Merger { gone, heir, at: self.clock });
        self.leaves_circle(gone);
        let successor = self.nodes[heir].root;
        let identity = &mut self.nodes[gone].identity;
        identity.merge_into(successor);
        let (certificate, bytes) = (identity.certificate.clone(), identity.certificate_bytes.clone());
        self.input(gone, Input::Certificate { certificate, bytes });
    }

    /// Whether the other members of the circle still reach each other over neighbours, and whoever
    /// may join it one of them.
    fn reach_each_other_without(&self, gone: usize) -> bool {
        let members: BTreeSet<usize> = self.honest_members().into_iter().filter(|at| *at != gone).collect();
        let mut apart = members.clone();
        let mut reached: Vec<usize> = apart.pop_first().into_iter().collect();
        while let Some(at) = reached.pop() {
            reached.extend(apart.extract_if(.., |other| self.scenario.reaches(at, *other)));
        }
        let joins = |at: &usize| *at != gone && !members.contains(at) && !self.left(*at);
        let finds_one = |at: usize| members.iter().any(|member| self.scenario.reaches(at, *member));
        apart.is_empty() && (0..self.hostile()).filter(joins).all(finds_one)
    }

    /// Notes which partners merged, as far as this node heard.
    pub(super) fn await_mergers(&mut self, at: usize) {
        for other in (0..self.nodes.len()).filter(|other| *other != at) {
            let root = self.nodes[other].root;
            let heard = self.nodes[at].heard_of(&self.nodes[other].identity);
            if heard.is_some() && !self.nodes[at].store.partners.has_parted(root) {
                self.nodes[at].mergers.entry(root).or_default();
            }
        }
    }

    /// Two were found to hold the same in a circle: goes on without one that merged, once that is
    /// so in all of them.
    pub(super) fn merged(&mut self, at: usize, partner: RootId, circle: CircleId) {
        let Some(merger) = self.merger.filter(|merger| self.nodes[merger.gone].root == partner) else { return };
        let first = (0..self.hostile()).all(|other| !self.have_parted(other, merger.gone));
        if self.plant == Plant::OnlyTheFirstParts && !first || at == self.hostile() {
            return;
        }
        let node = &mut self.nodes[at];
        let (Some(same), Some(replica)) = (node.mergers.get_mut(&partner), &node.replica) else { return };
        same.insert(circle);
        let in_step = replica.circles_with(partner).iter().all(|circle| same.contains(circle));
        if !in_step || self.is_recovering(at) || self.nodes[at].store.partners.has_suspended(partner) {
            return;
        }
        self.nodes[at].mergers.remove(&partner);
        let successor = self.nodes[merger.heir].root;
        self.part(at, partner, Some(successor));
    }

    /// Whose list says who may have what `owner` opened, as far as `at` knows.
    pub(super) fn keeper_at(&self, at: usize, owner: RootId) -> RootId {
        let of = self.node_of(owner).map(|of| &self.nodes[of].identity);
        of.and_then(|identity| self.nodes[at].heard_of(identity)).unwrap_or(owner)
    }

    /// Whether what somebody typed was in his store before his municipality merged.
    pub(super) fn wrote_before_merging(&self, typed: &Typed) -> bool {
        self.merger.is_some_and(|merger| merger.gone == typed.by && typed.when < merger.at)
    }

    /// Whether a page is erased, also where its owner's process ended before it said so.
    fn is_erased(&self, page: DocumentId) -> bool {
        let erased = |envelope: &schemas::Envelope| {
            envelope.header.document == page && envelope.header.content == Content::Erased
        };
        let held = self.nodes.iter().flat_map(|node| node.store.envelopes.values());
        self.ledger.erased.contains(&page) || held.into_iter().any(|envelope| erased(envelope.get()))
    }

    /// Whether a node is a partner still of the one that merged, since one of the two holds something
    /// between them that the other takes only later.
    fn goes_on_later(&self, at: usize, gone: usize, early: &Early) -> bool {
        let root = self.nodes[gone].root;
        let between = self.nodes[at].replica.iter().flat_map(|replica| replica.circles_with(root));
        let between: BTreeSet<CircleId> = between.collect();
        let waits = |at: usize| !waiting_circles(&self.nodes[at], early).is_disjoint(&between);
        let stays = at != gone && !self.nodes[at].store.partners.has_parted(root);
        stays && self.scenario.reaches(at, gone) && (waits(at) || waits(gone))
    }

    /// Whether a page was opened further ahead than anybody took when its owner merged.
    fn was_opened_ahead(&self, page: DocumentId, gone: usize, when: u64) -> bool {
        let merged_at = START.plus_seconds(when / 1000);
        let held = self.nodes[gone].store.envelopes.values().map(|envelope| &envelope.get().header);
        let mut openings = held.filter(|one| one.document == page && one.content == Content::Opening);
        openings.any(|one| one.signed_at.is_ahead_of(merged_at))
    }

    /// What has to hold of a merger in the end.
    pub(super) fn judge_merger(&self, early: &Early, faults: &mut Vec<String>) {
        let Some(Merger { gone, heir, at: when }) = self.merger else { return };
        let (root, successor) = (self.nodes[gone].root, self.nodes[heir].root);
        let waiting: Vec<usize> = (0..self.hostile()).filter(|at| self.goes_on_later(*at, gone, early)).collect();
        // Who goes on later passes on until then what is of who merged.
        let is_passed_on = |id| waiting.iter().any(|at| self.nodes[*at].store.envelopes.contains_key(id));
        for at in (0..self.hostile()).filter(|at| *at != gone && !waiting.contains(at)) {
            let node = &self.nodes[at];
            // Who is out of reach of it stays its partner, and has what became of its pages from others.
            if !self.scenario.reaches(at, gone) {
                continue;
            }
            if !node.store.partners.has_parted(root) {
                faults.push(format!("node {at} never went on without node {gone}, which merged"));
            } else if !self.nodes[gone].store.partners.has_parted(node.root) {
                faults.push(format!("node {gone}, which merged, never heard that node {at} went on"));
            }
            let held = node.store.envelopes.iter().map(|(id, envelope)| (id, &envelope.get().header));
            for (id, header) in held.filter(|(_, header)| header.owner == root) {
                let may_stay = matches!(header.content, Content::Erased | Content::ReplacedBy) || is_passed_on(id);
                if !may_stay || !header.kind.is_co_edited() {
                    faults.push(format!("node {at} holds {:?} of node {gone}, which merged", header.content));
                }
            }
        }
        if waiting.contains(&heir) {
            // It takes its pages over then.
            return;
        }
        let members = self.honest_members();
        for page in self.ledger.opened_by(gone, when) {
            if self.is_erased(page) {
                continue;
            }
            let Some(by) = self.ledger.left_to_heirs(page) else {
                // What nobody could take yet when they went on stays with the one that merged.
                if early.contains(&(root, page)) || self.was_opened_ahead(page, gone, when) {
                    continue;
                }
                faults.push(format!("nobody took over {page:?} of node {gone}, which merged"));
                continue;
            };
            if by.len() != 1 {
                faults.push(format!("{page:?} of node {gone}, which merged, became {} pages", by.len()));
            }
            for (by, at) in by.iter().flat_map(|by| members.iter().map(move |at| (*by, *at))) {
                let newest = self.ledger.newest_of(by);
                let shows = |at: usize| self.nodes[at].store.views.contains_key(&(successor, newest));
                // A wrong clock may have ended it at its successor before anybody else had it.
                let misled = |at: usize| self.nodes[at].misled.is_some() && !shows(at);
                let ended = self.node_of(successor).is_some_and(misled);
                if !shows(at) && !self.is_erased(by) && !ended {
                    faults.push(format!("node {at} does not show what became of {page:?} of node {gone}"));
                }
            }
        }
    }
}
