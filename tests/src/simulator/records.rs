//! The records of a simulated office, in their simplest form: what it promised, and the words that
//! wait to be said.

use std::collections::{BTreeMap, BTreeSet};

use casework::answer;
use casework::ports_matches::{IncomingStage, OutgoingEnd, OutgoingStage};
use schemas::documents::{Decision, HandoverKey, ProposalState};
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::time::Timestamp;
use schemas::vocabulary::Set;
use schemas::{Answer, Proposal, Shared, SharedValue};

/// Newcomers and mentors of an office.
pub(super) const PERSONS: u8 = 2;
/// Places of the mentor of this number.
pub(super) const PLACES: [u8; 2] = [1, 2];

/// A proposal that was made.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) newcomer: u8,
    pub(super) offer: DocumentId,
    pub(super) offer_owner: RootId,
    pub(super) stage: OutgoingStage,
    pub(super) at: Timestamp,
}

/// A proposal that came in.
#[derive(Clone)]
pub(super) struct Came {
    pub(super) requester: RootId,
    pub(super) mentor: u8,
    pub(super) stage: IncomingStage,
    pub(super) at: Timestamp,
    pub(super) answer: DocumentId,
}

/// The records of an office: durable, and changed all at once.
#[derive(Default, Clone)]
pub(super) struct Office {
    pub(super) sent: BTreeMap<DocumentId, Sent>,
    pub(super) came: BTreeMap<DocumentId, Came>,
    /// The newest word that is not yet published, per document, with its number.
    pub(super) outbox: BTreeMap<DocumentId, (u64, CircleId, SharedValue)>,
    words: u64,
    /// When each document was said last.
    said_at: BTreeMap<DocumentId, Timestamp>,
    /// Mentors who have no place until a person looked what was promised since a backup.
    pub(super) unsure: BTreeSet<u8>,
}

impl Office {
    pub(super) fn say(&mut self, circle: CircleId, document: DocumentId, value: SharedValue, now: Timestamp) {
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
    pub(super) fn follow_proposal(
        &mut self,
        me: RootId,
        id: DocumentId,
        half: &Proposal,
        is_late: bool,
        now: Timestamp,
    ) {
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
        let (newcomer, owner, before) = (sent.newcomer, sent.offer_owner, sent.stage);
        let is_confirmed = matches!(half.state, ProposalState::Confirmed { .. }) && before == OutgoingStage::Proposed;
        if is_late && is_confirmed && self.is_bound_elsewhere(newcomer, owner) {
            // Meanwhile confirmed with another, without knowing of this one.
            return self.take_back(me, id, now);
        }
        let Some(sent) = self.sent.get_mut(&id) else { return };
        sent.stage = match (&half.state, sent.stage) {
            (ProposalState::Confirmed { .. }, OutgoingStage::Proposed) => OutgoingStage::Confirmed,
            (ProposalState::Withdrawn, OutgoingStage::Ended(how)) => OutgoingStage::Ended(how),
            (ProposalState::Withdrawn, _) => OutgoingStage::Ended(OutgoingEnd::Withdrawn),
            (_, stage) => stage,
        };
    }

    fn is_bound_elsewhere(&self, newcomer: u8, but: RootId) -> bool {
        let binds = |sent: &&Sent| matches!(sent.stage, OutgoingStage::Confirmed | OutgoingStage::Matched);
        let mut bound = self.sent.values().filter(|sent| sent.newcomer == newcomer).filter(binds);
        bound.any(|sent| sent.offer_owner != but)
    }

    fn take_back(&mut self, me: RootId, id: DocumentId, now: Timestamp) {
        let Some(sent) = self.sent.get_mut(&id) else { return };
        sent.stage = OutgoingStage::Ended(OutgoingEnd::Withdrawn);
        let (circle, half) = (CircleId::pair(me, sent.offer_owner), half(sent, me, ProposalState::Withdrawn));
        self.say(circle, id, half, now);
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
        // Of two answers the one that was said by the records as they are is the newer.
        let is_first = |came: &&mut Came| came.answer == id || came.stage == IncomingStage::Open;
        let Some(came) = self.came.get_mut(&half.proposal).filter(is_first) else { return };
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
    pub(super) fn say_what_is_missing(
        &mut self,
        me: RootId,
        said: &BTreeSet<DocumentId>,
        to: impl Fn(RootId) -> bool,
        now: Timestamp,
    ) {
        let missing = |(id, sent): &(&DocumentId, &Sent)| {
            sent.stage == OutgoingStage::Proposed && !said.contains(id) && to(sent.offer_owner)
        };
        let missing: Vec<(DocumentId, Sent)> =
            self.sent.iter().filter(missing).map(|(id, sent)| (*id, sent.clone())).collect();
        for (id, sent) in missing {
            self.say(CircleId::pair(me, sent.offer_owner), id, half(&sent, me, ProposalState::Proposed), now);
        }
    }

    /// Says again what the records hold and a wrong clock ended, once it cannot be on its way any more.
    pub(super) fn say_what_ended(
        &mut self,
        me: RootId,
        frozen: &BTreeSet<RootId>,
        shown: &BTreeSet<DocumentId>,
        now: Timestamp,
    ) {
        let is_missing = |id: &DocumentId| {
            let said = self.said_at.get(id).copied().unwrap_or_default();
            let is_on_its_way = said <= now && now <= said.plus_seconds(86_400);
            !shown.contains(id) && !self.outbox.contains_key(id) && !is_on_its_way
        };
        let mut again = Vec::new();
        let missing = |(id, sent): &(&DocumentId, &Sent)| is_missing(id) && !frozen.contains(&sent.offer_owner);
        for (id, sent) in self.sent.iter().filter(missing) {
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
            if is_missing(&came.answer) && !frozen.contains(&came.requester) {
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
    pub(super) fn promised(&self, mentor: u8) -> usize {
        let takes = |came: &&Came| answer::holds_a_place(came.stage) || came.stage == IncomingStage::Acknowledged;
        self.came.values().filter(|came| came.mentor == mentor).filter(takes).count()
    }

    /// Matches to which a newcomer is bound.
    pub(super) fn bound(&self, newcomer: u8) -> usize {
        let binds = |sent: &&Sent| matches!(sent.stage, OutgoingStage::Confirmed | OutgoingStage::Matched);
        self.sent.values().filter(|sent| sent.newcomer == newcomer).filter(binds).count()
    }

    /// What was promised beyond what there is. What its requester has `taken_back` for good is no
    /// promise any more, though a restored office may not have heard it yet.
    pub(super) fn broken(&self, taken_back: impl Fn(&DocumentId, RootId) -> bool) -> Option<String> {
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
pub(super) fn card_of(owner: RootId, number: u8) -> DocumentId {
    let mut id = [0; 16];
    id[..15].copy_from_slice(&owner.0[..15]);
    id[15] = number;
    DocumentId(id)
}

/// The requester's half.
pub(super) fn half(sent: &Sent, me: RootId, state: ProposalState) -> SharedValue {
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
