//! Offices that match across the border: proposals, places, confirmations.
//!
//! What a half may do next is decided by casework's own state machines; the documents travel by
//! the real replicas. What lies between (records, outbox, settling) is simulated here
//! (`records.rs`) in its simplest form; casework's own is tested on real stores in `node/store/tests/promises.rs`.

use std::collections::BTreeSet;

use casework::opening_days::opening_days_between;
use casework::ports_matches::{IncomingStage, OutgoingEnd, OutgoingStage};
use casework::{answer, proposal};
use rand::{Rng, RngExt};
use replication::Command;
use schemas::documents::{Decision, HandoverKey, NoReason, ProposalState};
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::{Answer, Shared, SharedValue};

use super::ledger::Promise;
use super::records::{Came, PERSONS, PLACES, Sent, card_of, half};
use super::scenario::Plant;
use super::world::World;

impl World {
    /// Somebody in an office does something, after what follows by itself.
    pub(super) fn office_acts(&mut self, node: usize) {
        self.settle_office(node);
        if self.is_recovering(node) {
            return;
        }
        if self.nodes[node].store.office.is_in_doubt() && self.rng.random_bool(0.3) {
            self.look_after_places(node);
        }
        match self.rng.random_range(0..8) {
            0..=2 => self.propose(node),
            3 | 4 => self.answer_one(node),
            5 | 6 => self.confirm_one(node),
            _ => self.withdraw_one(node),
        }
        if let Some(fault) = self.promised_beyond(node) {
            self.faults.push(format!("node {node}: {fault}"));
        }
        self.publish_words(node);
    }

    fn id(&mut self) -> DocumentId {
        let mut id = [0; 16];
        self.rng.fill_bytes(&mut id);
        DocumentId(id)
    }

    fn propose(&mut self, node: usize) {
        let newcomer = self.rng.random_range(0..PERSONS);
        let other = (node + self.rng.random_range(1..self.nodes.len())) % self.nodes.len();
        if self.are_apart(node, other) {
            return;
        }
        let (me, offer_owner) = (self.nodes[node].root, self.nodes[other].root);
        let offer = card_of(offer_owner, self.rng.random_range(0..PERSONS));
        let office = &self.nodes[node].store.office;
        let open =
            |sent: &Sent| sent.newcomer == newcomer && sent.offer == offer && sent.stage == OutgoingStage::Proposed;
        if office.bound(newcomer) > 0 || office.sent.values().any(open) {
            return;
        }
        let (id, at) = (self.id(), self.nodes[node].clock(self.now()));
        let stage = OutgoingStage::Proposed;
        let sent = Sent { newcomer, offer, offer_owner, stage, at };
        let half = half(&sent, me, ProposalState::Proposed);
        let office = &mut self.nodes[node].store.office;
        office.sent.insert(id, sent);
        office.say(CircleId::pair(me, offer_owner), id, half, at);
    }

    fn answer_one(&mut self, node: usize) {
        if node == self.hostile() && self.scenario.hostile {
            return self.lie(node);
        }
        let now = self.nodes[node].clock(self.now());
        let open: Vec<DocumentId> = self.nodes[node].store.office.came.keys().copied().collect();
        let frozen = self.frozen(node);
        for id in open {
            let Some(answer::State::Open { .. }) = self.incoming(node, id) else { continue };
            if frozen.contains(&self.nodes[node].store.office.came[&id].requester) {
                continue;
            }
            let office = &self.nodes[node].store.office;
            let mentor = office.came[&id].mentor;
            let places = if office.unsure.contains(&mentor) { 0 } else { PLACES[usize::from(mentor)] };
            let counted = if self.plant == Plant::CountsNoPlaces { 0 } else { office.promised(mentor) };
            if answer::places_left(places, counted, 0) > 0 && self.rng.random_bool(0.8) {
                let held_until = now.plus_seconds(answer::HELD_SECONDS);
                self.decide(node, id, IncomingStage::Reserved { held_until }, Decision::Yes { held_until });
            } else if self.rng.random_bool(0.3) {
                let reason = NoReason::Full;
                self.decide(node, id, IncomingStage::Refused { reason }, Decision::No { reason });
            }
        }
    }

    /// A hostile office promises whatever it is asked for.
    fn lie(&mut self, node: usize) {
        let views = self.nodes[node].store.views.values();
        let asked: Vec<(DocumentId, RootId)> = views
            .filter(|view| matches!(view.value, SharedValue::Proposal(_)))
            .map(|view| (view.document, view.owner))
            .collect();
        for (proposal, requester) in asked {
            let held_until = self.now().plus_seconds(answer::HELD_SECONDS);
            let decision = match self.rng.random_range(0..3) {
                0 => Decision::Yes { held_until },
                1 => Decision::Acknowledged { handover_key: HandoverKey([7; 32]) },
                _ => Decision::Lapsed,
            };
            let (circle, now) = (CircleId::pair(self.nodes[node].root, requester), self.now());
            // One answer to each, which says now this, now that.
            let mut id = proposal;
            id.0[0] ^= 0xff;
            self.nodes[node].store.office.say(circle, id, Answer { proposal, decision }.into_value(), now);
        }
    }

    fn decide(&mut self, node: usize, id: DocumentId, stage: IncomingStage, decision: Decision) {
        let (me, now) = (self.nodes[node].root, self.nodes[node].clock(self.now()));
        let office = &mut self.nodes[node].store.office;
        let Some(came) = office.came.get_mut(&id) else { return };
        came.stage = stage;
        let (circle, document) = (CircleId::pair(me, came.requester), came.answer);
        office.say(circle, document, Answer { proposal: id, decision }.into_value(), now);
    }

    fn confirm_one(&mut self, node: usize) {
        let ids: Vec<DocumentId> = self.nodes[node].store.office.sent.keys().copied().collect();
        let frozen = self.frozen(node);
        for id in ids {
            let Sent { newcomer, offer_owner, .. } = self.nodes[node].store.office.sent[&id];
            let waits = frozen.contains(&offer_owner);
            if waits || !self.outgoing(node, id).may_confirm() || self.nodes[node].store.office.bound(newcomer) > 0 {
                continue;
            }
            let state = ProposalState::Confirmed { handover_key: HandoverKey([9; 32]) };
            self.tell_half(node, id, OutgoingStage::Confirmed, state);
            let office = &self.nodes[node].store.office;
            let others: Vec<DocumentId> = office
                .sent
                .iter()
                .filter(|(_, sent)| sent.newcomer == newcomer && sent.stage == OutgoingStage::Proposed)
                .map(|(other, _)| *other)
                .collect();
            for other in others {
                self.end_half(node, other, OutgoingEnd::Withdrawn);
            }
        }
    }

    fn withdraw_one(&mut self, node: usize) {
        let ids: Vec<DocumentId> = self.nodes[node].store.office.sent.keys().copied().collect();
        let frozen = self.frozen(node);
        let may = |id: &&DocumentId| {
            let owner = self.nodes[node].store.office.sent[*id].offer_owner;
            !frozen.contains(&owner) && self.outgoing(node, **id).may_withdraw()
        };
        if let Some(id) = ids.iter().find(may).copied() {
            self.end_half(node, id, OutgoingEnd::Withdrawn);
        }
    }

    fn end_half(&mut self, node: usize, id: DocumentId, how: OutgoingEnd) {
        self.tell_half(node, id, OutgoingStage::Ended(how), ProposalState::Withdrawn);
    }

    fn tell_half(&mut self, node: usize, id: DocumentId, stage: OutgoingStage, state: ProposalState) {
        let (me, now) = (self.nodes[node].root, self.nodes[node].clock(self.now()));
        let office = &mut self.nodes[node].store.office;
        let Some(sent) = office.sent.get_mut(&id) else { return };
        sent.stage = stage;
        let (circle, half) = (CircleId::pair(me, sent.offer_owner), half(sent, me, state));
        office.say(circle, id, half, now);
    }

    /// Where a proposal that came in stands.
    fn incoming(&self, node: usize, id: DocumentId) -> Option<answer::State> {
        let came = self.nodes[node].store.office.came.get(&id)?;
        let now = self.nodes[node].clock(self.now());
        let theirs = self.nodes[node].store.views.get(&(came.requester, id));
        let theirs = theirs.and_then(|view| match &view.value {
            SharedValue::Proposal(proposal) => Some(&proposal.state),
            _ => None,
        });
        Some(answer::state(came.stage, theirs, opening_days_between(came.at, now, None), now))
    }

    /// Where a proposal that was made stands.
    fn outgoing(&self, node: usize, id: DocumentId) -> proposal::State {
        let sent = &self.nodes[node].store.office.sent[&id];
        let now = self.nodes[node].clock(self.now());
        let views = self.nodes[node].store.views.values().filter(|view| view.owner == sent.offer_owner);
        let decision = views.filter_map(|view| match &view.value {
            SharedValue::Answer(answer) if answer.proposal == id => Some(&answer.decision),
            _ => None,
        });
        proposal::state(sent.stage, decision.into_iter().next(), opening_days_between(sent.at, now, None), now)
    }

    /// What follows by itself.
    pub(super) fn settle_office(&mut self, node: usize) {
        // Not before what was stored is shown again.
        if self.nodes[node].replica.is_none() || self.clock < self.nodes[node].ready_at {
            return;
        }
        self.recover(node);
        if self.is_recovering(node) {
            return;
        }
        self.take_in(node);
        let frozen = self.frozen(node);
        let office = &self.nodes[node].store.office;
        let came: Vec<DocumentId> =
            office.came.iter().filter(|(_, came)| !frozen.contains(&came.requester)).map(|(id, _)| *id).collect();
        let sent: Vec<DocumentId> =
            office.sent.iter().filter(|(_, sent)| !frozen.contains(&sent.offer_owner)).map(|(id, _)| *id).collect();
        for id in came {
            match self.incoming(node, id) {
                Some(answer::State::ToAcknowledge { .. }) => {
                    let decision = Decision::Acknowledged { handover_key: HandoverKey([8; 32]) };
                    self.decide(node, id, IncomingStage::Acknowledged, decision);
                }
                Some(answer::State::ToLapse) => self.decide(node, id, IncomingStage::Lapsed, Decision::Lapsed),
                Some(answer::State::TakenBack { .. }) => {
                    if let Some(came) = self.nodes[node].store.office.came.get_mut(&id) {
                        came.stage = IncomingStage::Withdrawn;
                    }
                }
                _ => {}
            }
        }
        for id in sent {
            match self.outgoing(node, id).step() {
                proposal::Step::Stay => {}
                proposal::Step::End(how) => self.end_half(node, id, how),
                proposal::Step::OpenDuo => {
                    if let Some(sent) = self.nodes[node].store.office.sent.get_mut(&id) {
                        sent.stage = OutgoingStage::Matched;
                    }
                }
            }
        }
        let (me, now) = (self.nodes[node].root, self.nodes[node].clock(self.now()));
        let store = &mut self.nodes[node].store;
        let shown = store.views.keys().filter(|(owner, _)| *owner == me).map(|(_, document)| *document).collect();
        store.office.say_what_ended(me, &frozen, &shown, now);
    }

    /// Notes proposals that are new.
    fn take_in(&mut self, node: usize) {
        let (me, now) = (self.nodes[node].root, self.nodes[node].clock(self.now()));
        let mut new = Vec::new();
        for view in self.nodes[node].store.views.values() {
            let SharedValue::Proposal(proposal) = &view.value else { continue };
            let known = self.nodes[node].store.office.came.contains_key(&view.document);
            let mentor = proposal.offer.0[15];
            let ours = proposal.offer == card_of(me, mentor) && mentor < PERSONS;
            if !known && ours && view.owner != me && proposal.state != ProposalState::Withdrawn {
                new.push((view.document, view.owner, mentor));
            }
        }
        for (document, requester, mentor) in new {
            let came = Came { requester, mentor, stage: IncomingStage::Open, at: now, answer: self.id() };
            self.nodes[node].store.office.came.insert(document, came);
        }
    }

    /// Publishes what waits in the outbox; what is refused is tried again.
    pub(super) fn publish_words(&mut self, node: usize) {
        if self.is_recovering(node) {
            return;
        }
        let waiting = self.nodes[node].store.office.outbox.clone();
        let expires_at = self.nodes[node].clock(self.now()).hour().plus_days(80);
        for (document, (word, circle, value)) in waiting {
            let promise = Promise::Said { node, document, word };
            self.command(node, promise, Command::Publish { circle, document, value, expires_at });
        }
    }

    /// What an office promised beyond what there is.
    fn promised_beyond(&self, at: usize) -> Option<String> {
        let record = |proposal: &DocumentId, requester| {
            self.nodes[self.node_of(requester)?].store.office.sent.get(proposal).map(|sent| sent.stage)
        };
        let taken_back =
            |proposal: &DocumentId, requester| matches!(record(proposal, requester), Some(OutgoingStage::Ended(_)));
        self.nodes[at].store.office.broken(taken_back)
    }

    /// What offices promised beyond what there is, and matches that only one side knows.
    pub(super) fn judge_offices(&self, faults: &mut Vec<String>) {
        let honest = self.hostile();
        for (at, node) in self.nodes[..honest].iter().enumerate() {
            faults.extend(self.promised_beyond(at).map(|fault| format!("node {at}: {fault}")));
            for (other, partner) in self.nodes[..honest].iter().enumerate() {
                if !self.scenario.reaches(at, other) || self.are_apart(at, other) {
                    continue;
                }
                let matched: BTreeSet<&DocumentId> = node
                    .store
                    .office
                    .sent
                    .iter()
                    .filter(|(_, sent)| sent.offer_owner == partner.root && sent.stage == OutgoingStage::Matched)
                    .map(|(id, _)| id)
                    .collect();
                let acknowledged: BTreeSet<&DocumentId> = partner
                    .store
                    .office
                    .came
                    .iter()
                    .filter(|(_, came)| came.requester == node.root && came.stage == IncomingStage::Acknowledged)
                    .map(|(id, _)| id)
                    .collect();
                // A place that is kept ends by itself, in two weeks.
                let ends = |id: &DocumentId| {
                    let came = partner.store.office.came.get(id);
                    came.is_some_and(|came| answer::holds_a_place(came.stage))
                };
                let waits = |(id, sent): (&DocumentId, &Sent)| {
                    sent.offer_owner == partner.root && sent.stage == OutgoingStage::Confirmed && !ends(id)
                };
                if node.store.office.sent.iter().any(waits) {
                    faults.push(format!("node {at} waits for ever for an acknowledgement of node {other}"));
                }
                if matched != acknowledged {
                    faults.push(format!("nodes {at} and {other} know other matches"));
                }
            }
        }
    }

    /// Matches that stand, as their requesters know them.
    pub(super) fn matches(&self) -> usize {
        let sent = self.nodes[..self.hostile()].iter().flat_map(|node| node.store.office.sent.values());
        sent.filter(|sent| sent.stage == OutgoingStage::Matched).count()
    }
}
