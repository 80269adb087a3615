//! Offices that match across the border: proposals, places, confirmations.
//!
//! What a half may do next is decided by casework's own state machines; the documents travel by
//! the real replicas. What lies between (records, outbox, settling) is simulated here in its
//! simplest form; casework's own is tested on real stores in `node/store/tests/promises.rs`.

use std::collections::{BTreeMap, BTreeSet};

use casework::opening_days::opening_days_between;
use casework::ports_matches::{IncomingStage, OutgoingEnd, OutgoingStage};
use casework::{answer, proposal};
use rand::{Rng, RngExt};
use replication::Command;
use schemas::documents::{Decision, HandoverKey, NoReason, ProposalState};
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::time::Timestamp;
use schemas::vocabulary::Set;
use schemas::{Answer, Proposal, Shared, SharedValue};

use super::ledger::Promise;
use super::partners::Partners;
use super::scenario::Plant;
use super::world::World;

/// Newcomers and mentors of an office.
const PERSONS: u8 = 2;
/// Places of the mentor of this number.
const PLACES: [u8; 2] = [1, 2];

/// A proposal that was made.
#[derive(Clone)]
struct Sent {
    newcomer: u8,
    offer: DocumentId,
    offer_owner: RootId,
    stage: OutgoingStage,
    at: Timestamp,
}

/// A proposal that came in.
#[derive(Clone)]
struct Came {
    requester: RootId,
    mentor: u8,
    stage: IncomingStage,
    at: Timestamp,
    answer: DocumentId,
}

/// The records of an office: durable, and changed all at once.
#[derive(Default, Clone)]
pub(super) struct Office {
    sent: BTreeMap<DocumentId, Sent>,
    came: BTreeMap<DocumentId, Came>,
    /// The newest word that is not yet published, per document, with its number.
    outbox: BTreeMap<DocumentId, (u64, CircleId, SharedValue)>,
    words: u64,
    /// When each document was said last.
    said_at: BTreeMap<DocumentId, Timestamp>,
    /// Mentors who have no place until a person looked what was promised since a backup.
    unsure: BTreeSet<u8>,
}

impl Office {
    fn say(&mut self, circle: CircleId, document: DocumentId, value: SharedValue, now: Timestamp) {
        self.words += 1;
        self.said_at.insert(document, now);
        self.outbox.insert(document, (self.words, circle, value));
    }

    /// A word was published.
    pub(super) fn published(&mut self, document: DocumentId, word: u64) {
        if self.outbox.get(&document).is_some_and(|(number, ..)| *number == word) {
            self.outbox.remove(&document);
        }
    }

    /// Goes on without a partner: what is open with it ends, matches go on, and nothing more is said.
    pub(super) fn part(&mut self, me: RootId, partner: RootId) {
        self.sent.retain(|_, sent| sent.offer_owner != partner || sent.stage == OutgoingStage::Matched);
        self.came.retain(|_, came| came.requester != partner || came.stage == IncomingStage::Acknowledged);
        self.outbox.retain(|_, (_, circle, _)| *circle != CircleId::pair(me, partner));
    }

    /// A backup has no words that had not left.
    pub(super) fn forget_words(&mut self) {
        self.outbox.clear();
    }

    /// The record of a proposal follows this municipality's own half.
    pub(super) fn follow_proposal(&mut self, id: DocumentId, half: &Proposal, now: Timestamp) {
        if half.state == ProposalState::Withdrawn && !self.sent.contains_key(&id) {
            return;
        }
        let sent = self.sent.entry(id).or_insert(Sent {
            newcomer: half.request.0[15],
            offer: half.offer,
            offer_owner: half.offer_owner,
            stage: OutgoingStage::Proposed,
            at: now,
        });
        sent.stage = match (&half.state, sent.stage) {
            (ProposalState::Confirmed { .. }, OutgoingStage::Proposed) => OutgoingStage::Confirmed,
            (ProposalState::Withdrawn, OutgoingStage::Ended(how)) => OutgoingStage::Ended(how),
            (ProposalState::Withdrawn, _) => OutgoingStage::Ended(OutgoingEnd::Withdrawn),
            (_, stage) => stage,
        };
    }

    /// The record of a proposal that came in follows this municipality's own answer.
    pub(super) fn follow_answer(
        &mut self,
        id: DocumentId,
        half: &Answer,
        theirs: Option<(RootId, &Proposal)>,
        now: Timestamp,
    ) {
        if let Some((requester, proposal)) = theirs {
            let (mentor, stage) = (proposal.offer.0[15], IncomingStage::Open);
            self.came.entry(half.proposal).or_insert(Came { requester, mentor, stage, at: now, answer: id });
        }
        let Some(came) = self.came.get_mut(&half.proposal) else { return };
        came.answer = id;
        if !matches!(came.stage, IncomingStage::Withdrawn | IncomingStage::Failed) {
            came.stage = match half.decision {
                Decision::Yes { held_until } => IncomingStage::Reserved { held_until },
                Decision::No { reason } => IncomingStage::Refused { reason },
                Decision::Acknowledged { .. } => IncomingStage::Acknowledged,
                Decision::Lapsed => IncomingStage::Lapsed,
            };
        }
    }

    /// Says again what the records hold and no document does.
    pub(super) fn say_what_is_missing(&mut self, me: RootId, said: &BTreeSet<DocumentId>, now: Timestamp) {
        let missing = |(id, sent): &(&DocumentId, &Sent)| sent.stage == OutgoingStage::Proposed && !said.contains(id);
        let missing: Vec<(DocumentId, Sent)> =
            self.sent.iter().filter(missing).map(|(id, sent)| (*id, sent.clone())).collect();
        for (id, sent) in missing {
            self.say(CircleId::pair(me, sent.offer_owner), id, half(&sent, me, ProposalState::Proposed), now);
        }
    }

    /// Says again what the records hold and a wrong clock ended, once it cannot be on its way any more.
    fn say_what_ended(&mut self, me: RootId, partners: &Partners, shown: &BTreeSet<DocumentId>, now: Timestamp) {
        let is_missing = |id: &DocumentId| {
            let said = self.said_at.get(id).copied().unwrap_or_default();
            let is_on_its_way = said <= now && now <= said.plus_seconds(86_400);
            !shown.contains(id) && !self.outbox.contains_key(id) && !is_on_its_way
        };
        let mut again = Vec::new();
        for (id, sent) in self.sent.iter().filter(|(id, sent)| is_missing(id) && !partners.keeps_out(sent.offer_owner))
        {
            let state = match sent.stage {
                OutgoingStage::Proposed => ProposalState::Proposed,
                OutgoingStage::Confirmed | OutgoingStage::Matched => {
                    ProposalState::Confirmed { handover_key: HandoverKey([9; 32]) }
                }
                OutgoingStage::Ended(_) => continue,
            };
            again.push((CircleId::pair(me, sent.offer_owner), *id, half(sent, me, state)));
        }
        for (id, came) in &self.came {
            let decision = match came.stage {
                IncomingStage::Reserved { held_until } => Decision::Yes { held_until },
                IncomingStage::Acknowledged => Decision::Acknowledged { handover_key: HandoverKey([8; 32]) },
                _ => continue,
            };
            if is_missing(&came.answer) && !partners.keeps_out(came.requester) {
                let value = Answer { proposal: *id, decision }.into_value();
                again.push((CircleId::pair(me, came.requester), came.answer, value));
            }
        }
        for (circle, document, value) in again {
            self.say(circle, document, value, now);
        }
    }

    /// Nobody has a place until a person looked.
    pub(super) fn doubt(&mut self) {
        self.unsure = (0..PERSONS).collect();
    }

    /// Whether anybody has no place until a person looked.
    pub(super) fn is_in_doubt(&self) -> bool {
        !self.unsure.is_empty()
    }

    /// A person looked.
    pub(super) fn is_sure(&mut self) {
        self.unsure.clear();
    }

    /// Whether it has a record of its yes to a proposal, or of what became of that.
    pub(super) fn knows_of_promise(&self, proposal: DocumentId) -> bool {
        self.came.get(&proposal).is_some_and(|came| came.stage != IncomingStage::Open)
    }

    /// Places of a mentor that are promised: reservations that were not released, and matches.
    fn promised(&self, mentor: u8) -> usize {
        let takes = |came: &&Came| answer::holds_a_place(came.stage) || came.stage == IncomingStage::Acknowledged;
        self.came.values().filter(|came| came.mentor == mentor).filter(takes).count()
    }

    /// Matches to which a newcomer is bound.
    fn bound(&self, newcomer: u8) -> usize {
        let binds = |sent: &&Sent| matches!(sent.stage, OutgoingStage::Confirmed | OutgoingStage::Matched);
        self.sent.values().filter(|sent| sent.newcomer == newcomer).filter(binds).count()
    }

    /// What was promised beyond what there is. What its requester has `taken_back` for good is no
    /// promise any more, though a restored office may not have heard it yet.
    fn broken(&self, taken_back: impl Fn(&DocumentId, RootId) -> bool) -> Option<String> {
        let stands = |id: &DocumentId, came: &Came| {
            came.stage == IncomingStage::Acknowledged
                || answer::holds_a_place(came.stage) && !taken_back(id, came.requester)
        };
        for person in 0..PERSONS {
            let of_mentor = self.came.iter().filter(|(_, came)| came.mentor == person);
            let promised = of_mentor.filter(|(id, came)| stands(id, came)).count();
            if promised > usize::from(PLACES[usize::from(person)]) {
                return Some(format!("mentor {person} is promised {promised} times"));
            }
            if self.bound(person) > 1 {
                return Some(format!("newcomer {person} is bound {} times", self.bound(person)));
            }
        }
        None
    }
}

/// The card of a person of this number.
fn card_of(owner: RootId, number: u8) -> DocumentId {
    let mut id = [0; 16];
    id[..15].copy_from_slice(&owner.0[..15]);
    id[15] = number;
    DocumentId(id)
}

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
        for id in open {
            let Some(answer::State::Open { .. }) = self.incoming(node, id) else { continue };
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
        for id in ids {
            let newcomer = self.nodes[node].store.office.sent[&id].newcomer;
            if !self.outgoing(node, id).may_confirm() || self.nodes[node].store.office.bound(newcomer) > 0 {
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
        let may = |id: &&DocumentId| self.outgoing(node, **id).may_withdraw();
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
        let partners = &self.nodes[node].store.partners;
        let office = &self.nodes[node].store.office;
        let came: Vec<DocumentId> =
            office.came.iter().filter(|(_, came)| !partners.keeps_out(came.requester)).map(|(id, _)| *id).collect();
        let sent: Vec<DocumentId> =
            office.sent.iter().filter(|(_, sent)| !partners.keeps_out(sent.offer_owner)).map(|(id, _)| *id).collect();
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
        store.office.say_what_ended(me, &store.partners, &shown, now);
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
                if node
                    .store
                    .office
                    .sent
                    .values()
                    .any(|sent| sent.offer_owner == partner.root && sent.stage == OutgoingStage::Confirmed)
                {
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

/// The requester's half.
fn half(sent: &Sent, me: RootId, state: ProposalState) -> SharedValue {
    let waiting_since = sent.at.date().quarter();
    Proposal {
        request: card_of(me, sent.newcomer),
        offer: sent.offer,
        offer_owner: sent.offer_owner,
        waiting_since,
        lead: me,
        failed_before: Set::default(),
        state,
    }
    .into_value()
}
