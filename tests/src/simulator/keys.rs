//! Keys that are rotated, and a thief who has the one before. What the program does when keys
//! were retired (`node/src/runtime/retired.rs`) is done here in its simplest form.

use std::collections::BTreeSet;

use ed25519_dalek::SigningKey;
use rand::{Rng, RngExt};
use replication::{DocumentView, Input, body};
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Header, Stamp};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId};
use schemas::{Kind, SharedValue};

use super::act::comment;
use super::node::Node;
use super::scenario::Plant;
use super::world::{Event, World};

impl Node {
    /// What these keys signed of what is stored.
    fn signed_by(&self, keys: &BTreeSet<NodeKey>) -> Vec<Verified<Envelope>> {
        let by = |envelope: &&Verified<Envelope>| keys.contains(&envelope.get().header.author);
        self.store.envelopes.values().filter(by).cloned().collect()
    }
}

fn ids(envelopes: &[Verified<Envelope>]) -> Vec<EnvelopeId> {
    envelopes.iter().map(|envelope| envelope.get().id()).collect()
}

impl World {
    /// A municipality takes another key and retires the one before, as the command does: the
    /// process ends, and begins again with the new certificate. Lists are signed anew. One that was
    /// put back and waits for its partners refuses that.
    pub(super) fn rotate_key(&mut self, at: usize) {
        if at == self.hostile() || self.nodes[at].replica.is_none() || self.is_recovering(at) {
            return;
        }
        self.crash(at);
        let mut secret = [0; 32];
        self.rng.fill_bytes(&mut secret);
        let now = self.now();
        let node = &mut self.nodes[at];
        // Nobody certifies a key for a time to come; a clock that is behind is not seen.
        let from = node.clock(now).min(now).hour();
        let before = node.identity.rotate(SigningKey::from_bytes(&secret), from);
        // One from before has the key of before: the runbook says what to do with that.
        node.backup = None;
        self.stolen.push((at, before));
        let root = node.root;
        let own: Vec<(CircleId, Vec<RootId>)> = node
            .store
            .lists
            .iter()
            .filter(|((_, owner), _)| *owner == root)
            .map(|((circle, _), kept)| (*circle, kept.list.get().members.clone()))
            .collect();
        for (circle, members) in own {
            let kept = node.sign_list(circle, members);
            node.store.lists.insert((circle, root), kept);
        }
    }

    /// Whether something that a node's retired key signed is still to be said again there.
    pub(super) fn is_saying_again(&self, at: usize) -> bool {
        let retired = self.nodes[at].identity.certificate.get().retired.iter().copied().collect();
        !self.nodes[at].signed_by(&retired).is_empty()
    }

    /// Whether somebody who retired a key is not told any more what the pages of `owner` hold.
    pub(super) fn cannot_say_again(&self, owner: usize) -> bool {
        let apart = |at: usize| at != owner && (self.left(at) || self.left(owner) || self.are_apart(at, owner));
        self.stolen.iter().any(|(at, _)| apart(*at))
    }

    /// Whether the owner of a page suspended somebody, for a while too, where keys were retired. One
    /// that is suspended is not given what is said again in that page: what a retired key signed
    /// there goes as soon as it and that key's municipality hold the same of what they do share, and
    /// what it wrote after that has no ground in its store and becomes a draft. Should it retire its
    /// own key before it is resumed, it cannot say that again, and what others wrote after it waits
    /// as a draft with them too. Nothing typed is lost, but not all of it is in the page.
    pub(super) fn was_cut_off_while_keys_changed(&self, owner: RootId) -> bool {
        !self.stolen.is_empty() && self.node_of(owner).is_some_and(|owner| self.has_suspended_once(owner))
    }

    /// What follows when `owner` retired keys: what is this node's own is said again, of a
    /// partner's the versions and erasures go.
    pub(super) fn retired(&mut self, at: usize, owner: RootId, keys: Vec<NodeKey>) {
        if self.plant == Plant::TakesRetiredKeys {
            return;
        }
        let recovering = self.is_recovering(at);
        let is_partner = self.is_partner(at, owner);
        let node = &mut self.nodes[at];
        if owner == node.root && recovering {
            // It says nothing before it knows what it said since.
            node.unsaid.extend(keys);
            return;
        }
        let envelopes = node.signed_by(&keys.iter().copied().collect());
        let Some(replica) = &node.replica else { return };
        if owner == node.root {
            let documents: BTreeSet<DocumentId> = envelopes.iter().map(|one| one.get().header.document).collect();
            let whole = node.store.envelopes.values().filter(|one| documents.contains(&one.get().header.document));
            let envelopes = whole.cloned().collect();
            return self.input(at, Input::SayAgain { envelopes });
        }
        if envelopes.is_empty() {
            return;
        }
        let mut circles = replica.circles_with(owner);
        // Everybody was told everybody's certificate; who never meets has no pair in the program.
        circles.retain(|circle| is_partner || *circle != CircleId::pair(node.root, owner));
        node.retiring.wait(owner, keys, circles);
        self.input(at, Input::Void { envelopes: ids(&envelopes), all: false });
    }

    /// Two were found to hold the same: what is left of retired keys goes.
    pub(super) fn in_step_with(&mut self, at: usize, partner: RootId, circle: CircleId) {
        let retired = self.nodes[at].retiring.owners();
        let partners: BTreeSet<RootId> = retired.filter(|owner| self.is_partner(at, *owner)).collect();
        let node = &mut self.nodes[at];
        let Some(replica) = &node.replica else { return };
        let keys = node.retiring.heard(replica, partner, circle, |owner| partners.contains(&owner));
        if !keys.is_empty() {
            let envelopes = ids(&node.signed_by(&keys.into_iter().collect()));
            let life = node.life;
            self.later(0, Event::Void { node: at, life, envelopes });
        }
    }

    fn is_partner(&self, at: usize, owner: RootId) -> bool {
        let meets = |other: usize| self.scenario.reaches(at, other) && !self.have_parted(at, other);
        self.node_of(owner).is_some_and(meets)
    }

    /// Whether somebody waits for what others bring of one that retired a key and is no partner.
    pub(super) fn waits_for_others(&self) -> bool {
        let honest = self.nodes[..self.hostile()].iter().enumerate();
        honest.into_iter().any(|(at, node)| node.retiring.owners().any(|owner| !self.is_partner(at, owner)))
    }

    /// Who has a key that was retired writes with it, as of an hour when it was good.
    pub(super) fn use_stolen_key(&mut self) {
        if self.stolen.is_empty() {
            return;
        }
        let (at, key) = self.stolen[self.rng.random_range(0..self.stolen.len())].clone();
        let victim = self.rng.random_range(0..self.hostile());
        let owner = self.nodes[at].root;
        let written = |envelope: &&Verified<Envelope>| {
            let header = &envelope.get().header;
            (header.owner, header.kind, header.content) == (owner, Kind::Comment, Content::Version)
        };
        let held = self.nodes[self.hostile()].store.envelopes.values().find(written);
        let Some(mut header) = held.map(|envelope| envelope.get().header.clone()) else { return };
        let Stamp::Version { incarnation, number } = header.stamp else { return };
        // Now instead of the next version, now in the place of the one that is there.
        let number = number + self.rng.random_range(0..3);
        header.stamp = Stamp::Version { incarnation, number };
        header.author = NodeKey(key.verifying_key().to_bytes());
        let value = comment(self.rng.random_range(0..1000));
        let envelope = signed(header, incarnation, number, &value, &key);
        self.forged.insert(envelope.get().id());
        self.transmit_envelopes(self.hostile(), victim, vec![envelope.get().to_bytes()]);
    }

    /// Whether a node still shows what the owner's retired key said to just the two: it has not met
    /// the owner since, because that one is out of reach or one of the two suspended the other.
    pub(super) fn waits_for_new_key(&self, at: usize, view: &DocumentView) -> bool {
        let Some(owner) = self.node_of(view.owner) else { return false };
        let retired = self.stolen.iter().any(|(who, _)| *who == owner);
        let of_two = view.circle == CircleId::pair(self.nodes[at].root, view.owner);
        let suspended = self.gives_nothing(at, owner) || self.gives_nothing(owner, at);
        retired && of_two && (suspended || !self.scenario.reaches(at, owner))
    }

    /// What retired keys signed is held by nobody who was told of it.
    pub(super) fn judge_keys(&self, faults: &mut Vec<String>) {
        let honest = self.hostile();
        for (at, key) in &self.stolen {
            let key = NodeKey(key.verifying_key().to_bytes());
            for (other, node) in self.nodes[..honest].iter().enumerate() {
                let told = other == *at || self.scenario.reaches(*at, other) && !self.are_apart(*at, other);
                let of_it = node.signed_by(&BTreeSet::from([key]));
                if told && !self.left(*at) && !self.left(other) && !of_it.is_empty() {
                    let what: Vec<Content> = of_it.iter().map(|envelope| envelope.get().header.content).collect();
                    faults.push(format!("node {other} holds what a key signed that node {at} retired: {what:?}"));
                }
            }
        }
    }
}

fn signed(header: Header, incarnation: u64, number: u64, value: &SharedValue, key: &SigningKey) -> Verified<Envelope> {
    let actor = body::version_actor(header.author, incarnation, number, header.document);
    let body = body::encode(value, actor).expect("a comment of fixed form");
    Envelope::sign(header, body, key)
}
