//! Processes: they start, carry out effects one by one, end between any two of them, and begin
//! again on their own store or on an old copy of it.

use std::collections::VecDeque;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use replication::api::Kept;
use replication::{Clock, Effect, Input, Notice};
use schemas::certificate::NodeCertificate;
use schemas::ids::RootId;

use super::act::body_of;
use super::ledger::Done;
use super::node::Backup;
use super::scenario::Plant;
use super::wire::pair;
use super::world::{Event, World};

impl World {
    pub(super) fn start(&mut self, node: usize) {
        self.nodes[node].life += 1;
        self.nodes[node].ready_at = self.clock + 100;
        let identities: Vec<_> = self.nodes.iter().map(|other| other.identity.clone()).collect();
        let partners = identities.iter().enumerate().filter(|(at, _)| *at != node).map(|(_, identity)| identity);
        let inputs = self.nodes[node].start(&mut self.rng, partners);
        for input in inputs {
            self.input(node, input);
        }
        self.await_mergers(node);
        let rebuild = self.nodes[node].replica.as_ref().map(|replica| replica.rebuild()).unwrap_or_default();
        self.carry_out(node, rebuild);
        self.erase_again(node);
        self.input(node, Input::Tick);
        self.drain(node);
    }

    pub(super) fn crash(&mut self, node: usize) {
        if self.nodes[node].replica.take().is_none() {
            return;
        }
        self.nodes[node].life += 1;
        self.ledger.crashed(node);
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            self.open.remove(&(node, other));
            if self.wires.contains_key(&pair(node, other)) {
                self.cut(node, other);
            }
        }
        let down = self.rng.random_range(50..2_000);
        let from_backup = self.scenario.backups && self.nodes[node].backup.is_some() && self.rng.random_bool(0.4);
        self.later(down, Event::Restart { node, from_backup });
    }

    /// Begins again after a crash.
    pub(super) fn restart(&mut self, node: usize, from_backup: bool) {
        if self.nodes[node].replica.is_some() {
            return;
        }
        // Who is suspended would wait for ever, and who suspended somebody would not know it.
        if from_backup && !self.is_in_a_parting(node) {
            self.put_back(node);
        }
        self.start(node);
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            self.later(50, Event::Reconnect { a: node, b: other });
        }
    }

    /// Makes a copy of a store.
    pub(super) fn back_up(&mut self, node: usize) {
        if self.is_saying_again(node) || self.suspends_somebody(node) {
            return;
        }
        self.nodes[node].backup = Some(Backup { store: self.nodes[node].store.clone(), at: self.clock });
    }

    /// An old copy takes the place of the store, in a new incarnation.
    fn put_back(&mut self, at_node: usize) {
        let node = at_node;
        let Some(backup) = &self.nodes[node].backup else { return };
        // Certificates and lists come anew from the partners' records, which are not simulated.
        let (mut store, at) = (backup.store.clone(), backup.at);
        store.lists.clone_from(&self.nodes[node].store.lists);
        self.ledger.put_back(node, at);
        let seconds = self.nodes[node].clock(self.now()).0;
        let node = &mut self.nodes[node];
        node.store = store;
        self.wait_for_partners(at_node);
        let node = &mut self.nodes[at_node];
        if self.plant != Plant::SameIncarnation {
            node.incarnation = seconds.max(node.incarnation + 1);
        }
    }

    /// Hands an input to a node and carries out what it asks.
    pub(super) fn input(&mut self, node: usize, input: Input) {
        let now = self.nodes[node].clock(self.now());
        let mut rng = ChaCha8Rng::seed_from_u64(self.rng.next_u64());
        let Some(replica) = self.nodes[node].replica.as_mut() else { return };
        let effects = replica.handle(now, &mut rng, input);
        let takes_for_right = replica.clock() == Clock::Right;
        if takes_for_right && self.nodes[node].skew > 0 {
            let misled = self.nodes[node].misled.get_or_insert_default();
            *misled = (misled.0.max(now.hour()), self.clock);
        }
        self.carry_out(node, effects);
    }

    fn carry_out(&mut self, node: usize, effects: Vec<Effect>) {
        let life = self.nodes[node].life;
        let mut effects = VecDeque::from(effects);
        let mut stored = Vec::new();
        while let Some(effect) = effects.pop_front() {
            // A process may end between any two effects.
            self.effects += 1;
            let crash = !self.healed && self.rng.random_ratio(self.scenario.trouble, 8_000);
            if crash || self.scenario.crash_at == Some(self.effects) {
                if self.plant == Plant::ForgetsLastStore {
                    self.nodes[node].store.envelopes.retain(|id, _| !stored.contains(id));
                }
                return self.crash(node);
            }
            if self.plant == Plant::ForgetsLastStore
                && let Effect::Store(envelopes) = &effect
            {
                stored.extend(envelopes.iter().map(|envelope| envelope.get().id()));
            }
            self.note(node, &effect);
            self.carry_out_one(node, effect);
            if self.nodes[node].life != life {
                return;
            }
        }
    }

    fn carry_out_one(&mut self, node: usize, effect: Effect) {
        match effect {
            Effect::Draft(draft) => {
                let kept = (draft.document, body_of(&draft.typed));
                self.nodes[node].store.drafts.insert(draft.change, kept);
            }
            Effect::Store(envelopes) => {
                for envelope in envelopes {
                    let id = envelope.get().id();
                    if let Some(seen) = &mut self.nodes[node].seen {
                        seen.insert(id, envelope.get().to_bytes());
                    }
                    self.nodes[node].store.envelopes.insert(id, envelope);
                }
            }
            Effect::Delete(ids) => {
                for id in ids.iter().filter(|_| self.plant != Plant::KeepsDeleted) {
                    self.nodes[node].store.envelopes.remove(id);
                }
            }
            Effect::Show(view) => {
                let is_page = view.value.kind().is_co_edited();
                self.nodes[node].store.views.insert((view.owner, view.document), view);
                if is_page && self.merger.is_some() {
                    let life = self.nodes[node].life;
                    self.later(500, Event::Drain { node, life });
                }
            }
            Effect::Hide { owner, document, .. } => {
                self.nodes[node].store.views.remove(&(owner, document));
            }
            Effect::Load { document } => {
                let life = self.nodes[node].life;
                let after = self.rng.random_range(0..20);
                self.later(after, Event::Loaded { node, life, document });
            }
            Effect::Send { partner, frame } => {
                if let Some(to) = self.node_of(partner) {
                    self.transmit(node, to, frame);
                }
            }
            Effect::SendStored { partner, envelopes } => {
                let stored = &self.nodes[node].store.envelopes;
                let wire: Vec<Vec<u8>> =
                    envelopes.iter().filter_map(|id| stored.get(id)).map(|one| one.get().to_bytes()).collect();
                if let Some(to) = self.node_of(partner) {
                    if self.plant == Plant::TellsEveryone {
                        let other = (to + 1) % self.nodes.len();
                        self.transmit_envelopes(node, other, wire.clone());
                    }
                    self.transmit_envelopes(node, to, wire);
                }
            }
            Effect::Keep(Kept::List(circle, owner, bytes)) => {
                let signer = self.node_of(owner).map(|at| &self.nodes[at].identity);
                if let Some(list) = signer.and_then(|signer| signer.list_of(bytes)) {
                    self.nodes[node].store.lists.insert((circle, owner), list);
                }
            }
            Effect::Keep(Kept::Certificate(owner, bytes)) => self.keep_certificate(node, owner, &bytes),
            Effect::Keep(Kept::Replaced { owner, document, by }) if owner == self.nodes[node].root => {
                self.ledger.begun_anew.insert(document, by);
            }
            Effect::Keep(_) => {}
            Effect::Retired { owner, nodes } => {
                let life = self.nodes[node].life;
                self.later(0, Event::Retired { node, life, owner, keys: nodes });
            }
            Effect::Settled { number, outcome } => self.settled(node, number, outcome.is_ok()),
            Effect::Notify(Notice::Refused { partner, reason, blamed }) => {
                self.nodes[node].refused.insert(reason);
                let by = self.node_of(partner).filter(|by| blamed && *by < self.hostile() && node < self.hostile());
                if let Some(by) = by {
                    self.faults.push(format!("node {node} blames the honest node {by}: {reason}"));
                }
            }
            Effect::Notify(Notice::Reconciled { partner, circle }) => {
                self.in_step_with(node, partner, circle);
                self.brought(node, partner, circle);
                self.merged(node, partner, circle);
            }
            Effect::Notify(_) => {}
            Effect::WakeAt(at) => {
                let life = self.nodes[node].life;
                let now = self.nodes[node].clock(self.now());
                let after = at.0.saturating_sub(now.0).min(40 * 365 * 86_400).saturating_mul(1000);
                self.later(after, Event::Tick { node, life });
            }
            Effect::Disconnect { partner, .. } => {
                if let Some(other) = self.node_of(partner) {
                    self.cut(node, other);
                    self.later(300, Event::Reconnect { a: node, b: other });
                }
            }
        }
    }

    fn settled(&mut self, node: usize, number: u64, succeeded: bool) {
        match self.ledger.settled(number, succeeded, self.clock) {
            Some(Done::Erased(document)) => {
                self.nodes[node].erasures.insert(document);
            }
            Some(Done::Said(document, word)) => self.nodes[node].store.office.published(document, word),
            Some(Done::Asked(number, succeeded)) => self.nodes[node].store.partners.settled(number, succeeded),
            None => {}
        }
    }

    fn keep_certificate(&mut self, node: usize, owner: RootId, bytes: &[u8]) {
        if let Ok(certificate) = NodeCertificate::verify(bytes) {
            let heard = self.nodes[node].heard.entry(owner).or_insert(1);
            *heard = certificate.get().serial.max(*heard);
            self.await_mergers(node);
        }
    }
}
