//! The requester's acts: propose, confirm, take back; and matching two persons of this
//! municipality. The newcomer's municipality alone confirms, and one proposal at a time.

use schemas::documents::ProposalState;
use schemas::ids::DocumentId;
use schemas::{Kind, SharedValue};

use crate::desk::{Desk, json_of, places_left_of};
use crate::error::{Error, Result};
use crate::halves::Halves;
use crate::handovers::key_of;
use crate::office::{Actor, Office};
use crate::own_cards::{is_minor, refresh_offer};
use crate::people::{Person, PersonId, Purpose, Side};
use crate::ports_matches::{Duo, DuoId, DuoStage, OutgoingEnd, OutgoingProposal, OutgoingStage};
use crate::search_view::Blocker;
use crate::settle::{end, half_of, outgoing_state, settle};

impl Office {
    /// Asks a partner for its mentor behind `offer`, for a newcomer of ours. Asking the same
    /// again while it is open gives the same proposal.
    ///
    /// # Errors
    /// `Refused` with the code of what is in the way: `person-minor`, `no-consent`, `not-shared`,
    /// `in-duo`, `confirmed`, `offer-gone`, `no-place`, `failed-before`, `must-not-met`.
    pub fn propose(&self, actor: &Actor, newcomer: PersonId, offer: DocumentId) -> Result<DocumentId> {
        self.at_desk(actor, move |desk| {
            settle(desk)?;
            propose(desk, newcomer, offer)
        })
    }

    /// Takes up the place that a partner keeps, and takes back every other proposal for the same
    /// newcomer. Confirming twice is confirming once.
    ///
    /// # Errors
    /// `Refused` with `not-reserved`, `confirmed` (another one) or `in-duo`.
    pub fn confirm(&self, actor: &Actor, proposal: DocumentId) -> Result<()> {
        self.at_desk(actor, move |desk| {
            settle(desk)?;
            confirm(desk, proposal)
        })
    }

    /// Takes a proposal back, for good.
    ///
    /// # Errors
    /// `Refused` with `not-withdrawable` when the match stands or it is over.
    pub fn withdraw_proposal(&self, actor: &Actor, proposal: DocumentId) -> Result<()> {
        self.at_desk(actor, move |desk| {
            settle(desk)?;
            let mut sent = desk.records.outgoing(proposal)?.ok_or(Error::NotFound)?;
            if sent.stage == OutgoingStage::Ended(OutgoingEnd::Withdrawn) {
                return Ok(());
            }
            let halves = Halves::read(desk)?;
            if !outgoing_state(desk, &halves, &sent)?.may_withdraw() {
                return Err(Error::Refused("not-withdrawable"));
            }
            desk.must_know(sent.offer_owner)?;
            end(desk, &mut sent, OutgoingEnd::Withdrawn)
        })
    }

    /// Matches a newcomer and a mentor of this municipality: their first meeting.
    ///
    /// # Errors
    /// `Refused` with `in-duo`, `confirmed`, `screening-missing`, `no-place` or `failed-before`.
    pub fn match_locally(&self, actor: &Actor, newcomer: PersonId, mentor: PersonId) -> Result<DuoId> {
        self.at_desk(actor, move |desk| {
            settle(desk)?;
            match_locally(desk, newcomer, mentor)
        })
    }
}

/// What keeps a newcomer of ours from a proposal across the border, in the order to solve it.
pub(crate) fn blockers(desk: &mut Desk<'_>, newcomer: &Person) -> Result<Vec<Blocker>> {
    // Who is matched looks for nobody: nothing else has to be solved.
    if let Some(duo) = desk.active_duo(newcomer.id)? {
        return Ok(vec![Blocker::InDuo(duo.id)]);
    }
    if desk.has_confirmed(newcomer.id)? {
        return Ok(vec![Blocker::Confirmed]);
    }
    let mut found = Vec::new();
    if is_minor(newcomer, desk.today()) {
        found.push(Blocker::Minor);
    }
    if !desk.records.consents_to(newcomer.id, Purpose::CrossBorder)? {
        found.push(Blocker::NoConsent);
    }
    if desk.records.live_card(newcomer.id)?.is_none() {
        found.push(Blocker::NotShared);
    }
    Ok(found)
}

impl Blocker {
    /// Stable code, also of the refusal.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Minor => "person-minor",
            Self::NoConsent => "no-consent",
            Self::NotShared => "not-shared",
            Self::InDuo(_) => "in-duo",
            Self::Confirmed => "confirmed",
        }
    }
}

fn propose(desk: &mut Desk<'_>, newcomer: PersonId, offer: DocumentId) -> Result<DocumentId> {
    let person = desk.person(newcomer, Side::Newcomer)?;
    let open = |sent: &OutgoingProposal| {
        let live = matches!(sent.stage, OutgoingStage::Proposed | OutgoingStage::Confirmed);
        sent.newcomer == newcomer && sent.offer == offer && live
    };
    if let Some(sent) = desk.records.all_outgoing()?.into_iter().find(open) {
        return Ok(sent.document);
    }
    if let Some(blocker) = blockers(desk, &person)?.first() {
        return Err(Error::Refused(blocker.code()));
    }
    let request = desk.records.live_card(newcomer)?.ok_or(Error::Refused("not-shared"))?;
    let asks = publication_of(desk, request)?;
    let card = desk.records.document(offer)?.ok_or(Error::Refused("offer-gone"))?;
    let (SharedValue::MentorOffer(value), owner) = (&card.value, card.owner) else {
        return Err(Error::Refused("offer-gone"));
    };
    if owner == desk.me.root || desk.place(owner)?.is_none() {
        return Err(Error::Refused("offer-gone"));
    }
    if value.capacity_left.get() == 0 {
        return Err(Error::Refused("no-place"));
    }
    if crate::local_checks::broken_here(value, &person, desk.today()).is_some() {
        return Err(Error::Refused("must-not-met"));
    }
    let failed = desk.records.failed_pairs()?;
    if failed.iter().any(|pair| pair.newcomer == Some(newcomer) && pair.offer == Some(offer)) {
        return Err(Error::Refused("failed-before"));
    }
    let sent = OutgoingProposal {
        document: desk.fresh_id(),
        newcomer,
        request,
        offer,
        offer_owner: owner,
        waiting_since: asks,
        lead: desk.me.root,
        answer: None,
        stage: OutgoingStage::Proposed,
        proposed_at: desk.now,
        changed_at: desk.now,
        by: desk.by.clone(),
    };
    desk.records.put_outgoing(&sent)?;
    let half = half_of(desk, &sent, ProposalState::Proposed)?;
    let circle = desk.pair(owner);
    desk.records.link(sent.document, newcomer, Kind::Proposal, circle, desk.now)?;
    desk.ledger(newcomer, "proposed", sent.document, owner, Purpose::CrossBorder, json_of(half.clone()))?;
    desk.audit("proposal.made", Some(newcomer), &sent.document.to_string())?;
    desk.tell(owner, sent.document, half)?;
    Ok(sent.document)
}

/// The quarter on the published card; computed from the file while the card is on its way.
fn publication_of(desk: &mut Desk<'_>, request: DocumentId) -> Result<schemas::time::Quarter> {
    if let Some(SharedValue::MatchRequest(card)) = desk.records.document(request)?.map(|found| found.value) {
        return Ok(card.waiting_since);
    }
    let person = desk.records.person_behind(request)?.ok_or(Error::NotFound)?;
    let person = desk.person(person, Side::Newcomer)?;
    Ok(person.data.registered_on.quarter())
}

fn confirm(desk: &mut Desk<'_>, proposal: DocumentId) -> Result<()> {
    let mut sent = desk.records.outgoing(proposal)?.ok_or(Error::NotFound)?;
    if matches!(sent.stage, OutgoingStage::Confirmed | OutgoingStage::Matched) {
        return Ok(());
    }
    let halves = Halves::read(desk)?;
    if !outgoing_state(desk, &halves, &sent)?.may_confirm() {
        return Err(Error::Refused("not-reserved"));
    }
    desk.must_know(sent.offer_owner)?;
    if desk.has_confirmed(sent.newcomer)? {
        return Err(Error::Refused("confirmed"));
    }
    if desk.active_duo(sent.newcomer)?.is_some() {
        return Err(Error::Refused("in-duo"));
    }
    let handover_key = key_of(desk, proposal)?;
    sent.stage = OutgoingStage::Confirmed;
    sent.changed_at = desk.now;
    desk.records.put_outgoing(&sent)?;
    let half = half_of(desk, &sent, ProposalState::Confirmed { handover_key })?;
    desk.ledger(sent.newcomer, "confirmed", proposal, sent.offer_owner, Purpose::CrossBorder, json_of(half.clone()))?;
    desk.audit("proposal.confirmed", Some(sent.newcomer), &proposal.to_string())?;
    desk.tell(sent.offer_owner, proposal, half)?;
    withdraw_others(desk, sent.newcomer, Some(proposal))
}

/// Takes back every open proposal for a newcomer but one.
fn withdraw_others(desk: &mut Desk<'_>, newcomer: PersonId, but: Option<DocumentId>) -> Result<()> {
    for mut other in desk.records.all_outgoing()? {
        let open = other.stage == OutgoingStage::Proposed;
        if open && other.newcomer == newcomer && Some(other.document) != but {
            end(desk, &mut other, OutgoingEnd::Withdrawn)?;
        }
    }
    Ok(())
}

fn match_locally(desk: &mut Desk<'_>, newcomer: PersonId, mentor: PersonId) -> Result<DuoId> {
    let (asks, gives) = (desk.person(newcomer, Side::Newcomer)?, desk.person(mentor, Side::Mentor)?);
    if let Some(duo) = desk.active_duo(asks.id)? {
        // A form sent twice.
        return if duo.mentor == Some(mentor) { Ok(duo.id) } else { Err(Error::Refused("in-duo")) };
    }
    if desk.has_confirmed(newcomer)? {
        return Err(Error::Refused("confirmed"));
    }
    if desk.records.screening(mentor)?.is_none() {
        return Err(Error::Refused("screening-missing"));
    }
    if places_left_of(desk.records, &gives)? == 0 {
        return Err(Error::Refused("no-place"));
    }
    let failed = desk.records.failed_pairs()?;
    if failed.iter().any(|pair| pair.newcomer == Some(newcomer) && pair.mentor == Some(mentor)) {
        return Err(Error::Refused("failed-before"));
    }
    withdraw_others(desk, newcomer, None)?;
    let id = desk.records.insert_duo(&Duo {
        id: DuoId(0),
        proposal: None,
        partner: None,
        newcomer: Some(newcomer),
        mentor: Some(mentor),
        stage: DuoStage::FirstMeeting,
        newcomer_said: None,
        mentor_said: None,
        progress: None,
        leads: true,
        matched_on: desk.today(),
        running_since: None,
        ended_on: None,
    })?;
    desk.audit("duo.opened", Some(newcomer), &id.0.to_string())?;
    desk.audit("duo.opened", Some(mentor), &id.0.to_string())?;
    refresh_offer(desk, Some(mentor))?;
    Ok(id)
}
