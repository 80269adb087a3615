//! *Matches*: proposals in and out, as lists and one by one, with how the two fit.

use matching::{Offer, Request, Side as Wisher, top};
use schemas::bounded::Places;
use schemas::ids::{DocumentId, RootId};
use schemas::{MatchRequest, MentorOffer, SharedValue};

use crate::answer;
use crate::cast;
use crate::desk::{Desk, places_left_of};
use crate::error::{Error, Result};
use crate::halves::Halves;
use crate::office::{Actor, Office};
use crate::ports_matches::{DuoId, IncomingProposal, IncomingStage, OutgoingProposal, OutgoingStage};
use crate::proposal;
use crate::search_view::{Fit, IncomingRow, MentorMessage, OutgoingRow, ProposalPage, ProposalsPage};
use crate::settle::{incoming_state, outgoing_state, settle};

impl Office {
    /// Every proposal in and out.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn proposals(&self, actor: &Actor) -> Result<ProposalsPage> {
        self.at_desk(actor, |desk| {
            settle(desk)?;
            desk.audit("proposal.list", None, "")?;
            proposals(desk)
        })
    }

    /// One proposal, from whichever side this municipality is.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, a failing store.
    pub fn proposal(&self, actor: &Actor, document: DocumentId) -> Result<ProposalPage> {
        self.at_desk(actor, move |desk| {
            settle(desk)?;
            let halves = Halves::read(desk)?;
            if let Some(came) = desk.records.incoming(document)? {
                desk.audit("proposal.read", came.mentor, &document.to_string())?;
                return incoming_page(desk, &halves, &came);
            }
            let sent = desk.records.outgoing(document)?.ok_or(Error::NotFound)?;
            desk.audit("proposal.read", Some(sent.newcomer), &document.to_string())?;
            outgoing_page(desk, &halves, &sent)
        })
    }
}

/// Both lists: what waits for us first; those that came in by waiting since, then proposal id.
pub(crate) fn proposals(desk: &mut Desk<'_>) -> Result<ProposalsPage> {
    let halves = Halves::read(desk)?;
    let mut page = ProposalsPage::default();
    for came in desk.records.all_incoming()? {
        page.incoming.push(incoming_row(desk, &halves, &came)?);
    }
    for sent in desk.records.all_outgoing()? {
        page.outgoing.push(outgoing_row(desk, &halves, &sent)?);
    }
    let late_in = |row: &IncomingRow| match row.state {
        answer::State::Open { .. } => 0,
        answer::State::Settled(_) => 2,
        _ => 1,
    };
    page.incoming.sort_by_key(|row| (late_in(row), row.waiting_since, row.document));
    let late_out = |row: &OutgoingRow| match row.state {
        proposal::State::Reserved { .. } => 0,
        proposal::State::Matched => 2,
        proposal::State::Ended(_) => 3,
        _ => 1,
    };
    page.outgoing.sort_by_key(|row| (late_out(row), row.proposed_at, row.document));
    Ok(page)
}

fn duo_of(desk: &mut Desk<'_>, proposal: DocumentId) -> Result<Option<DuoId>> {
    let duo = desk.records.duos()?.into_iter().find(|duo| duo.proposal == Some(proposal));
    Ok(duo.map(|duo| duo.id))
}

fn offer_in(desk: &mut Desk<'_>, id: DocumentId, owner: RootId) -> Result<Option<MentorOffer>> {
    let document = desk.records.document_of(owner, id)?;
    Ok(document.and_then(|document| match document.value {
        SharedValue::MentorOffer(card) => Some(card),
        _ => None,
    }))
}

fn request_in(desk: &mut Desk<'_>, id: DocumentId, owner: RootId) -> Result<Option<MatchRequest>> {
    let document = desk.records.document_of(owner, id)?;
    Ok(document.and_then(|document| match document.value {
        SharedValue::MatchRequest(card) => Some(card),
        _ => None,
    }))
}

/// A proposal we made, as a row.
pub(crate) fn outgoing_row(desk: &mut Desk<'_>, halves: &Halves, sent: &OutgoingProposal) -> Result<OutgoingRow> {
    Ok(OutgoingRow {
        document: sent.document,
        newcomer: sent.newcomer,
        newcomer_name: desk.name(Some(sent.newcomer))?,
        municipality: desk.place_or_short(sent.offer_owner)?,
        offer: sent.offer,
        card: offer_in(desk, sent.offer, sent.offer_owner)?,
        stage: sent.stage,
        state: outgoing_state(desk, halves, sent)?,
        proposed_at: sent.proposed_at,
        duo: duo_of(desk, sent.document)?,
    })
}

/// A proposal that came in, as a row.
pub(crate) fn incoming_row(desk: &mut Desk<'_>, halves: &Halves, came: &IncomingProposal) -> Result<IncomingRow> {
    let card = request_in(desk, came.request, came.requester)?;
    let theirs = halves.proposals.get(&came.document).map(|(_, half)| half.waiting_since);
    let mentor = match came.mentor {
        Some(id) => desk.records.person(id)?,
        None => None,
    };
    let places_left = match &mentor {
        Some(mentor) => places_left_of(desk.records, mentor)?,
        None => 0,
    };
    Ok(IncomingRow {
        document: came.document,
        municipality: desk.place_or_short(came.requester)?,
        mentor: came.mentor,
        mentor_name: mentor.map(|mentor| mentor.data.full_name()).unwrap_or_default(),
        waiting_since: theirs.or(card.as_ref().map(|card| card.waiting_since)).unwrap_or(came.seen_at.date().quarter()),
        card,
        seen_at: came.seen_at,
        asked: came.asked.clone().map(|asked| (asked.on, asked.by)),
        stage: came.stage,
        state: incoming_state(desk, halves, came)?,
        places_left,
        duo: duo_of(desk, came.document)?,
    })
}

/// How two cards fit, a place granted already or not; none where they do not any more.
fn fit(desk: &mut Desk<'_>, request: Request, mut offer: Offer, ours: Wisher) -> Result<Option<Fit>> {
    offer.card.capacity_left = Places::clamped(offer.card.capacity_left.get().max(1));
    let rules = cast::rules(desk)?;
    let candidate = top(&request, &[offer], &rules, 1).pop();
    Ok(candidate.map(|found| Fit {
        strength: found.strength,
        reasons: found.reasons,
        misses: found.misses,
        distance_metres: found.distance_metres,
        common_slots: found.common_slots,
        checks: found.local_checks.into_iter().filter(|check| check.wish_of != ours).collect(),
    }))
}

fn incoming_page(desk: &mut Desk<'_>, halves: &Halves, came: &IncomingProposal) -> Result<ProposalPage> {
    let row = incoming_row(desk, halves, came)?;
    let me = desk.me.root;
    let offer = offer_in(desk, came.offer, me)?;
    let fit = match (row.card.clone(), offer) {
        (Some(card), Some(offer)) => {
            let refnis = row.municipality.refnis;
            let request = Request { id: came.request, owner: came.requester, refnis, card };
            fit(desk, request, Offer { id: came.offer, owner: me, card: offer }, Wisher::Mentor)?
        }
        _ => None,
    };
    let said_yes = matches!(came.stage, IncomingStage::Reserved { .. } | IncomingStage::Acknowledged);
    let message = match (said_yes, came.mentor, row.card.clone()) {
        (true, Some(mentor), Some(card)) => {
            let mentor = desk.records.person(mentor)?;
            Some(MentorMessage {
                mentor_given_name: mentor.map(|mentor| mentor.data.given_name).unwrap_or_default(),
                municipality: row.municipality.name.clone(),
                card,
                common_slots: fit.as_ref().map(|fit| fit.common_slots).unwrap_or_default(),
                sheet_received: desk.records.sheet(came.document)?.is_some(),
            })
        }
        _ => None,
    };
    let theirs = halves.proposals.get(&came.document).map(|(_, half)| half.state.clone());
    let (may_answer, may_refuse) = (row.state.may_answer(), row.state.may_refuse());
    let may_take_back = may_refuse && matches!(came.stage, IncomingStage::Reserved { .. });
    Ok(ProposalPage::Incoming { may_answer, may_take_back, row, fit, theirs, message })
}

fn outgoing_page(desk: &mut Desk<'_>, halves: &Halves, sent: &OutgoingProposal) -> Result<ProposalPage> {
    let row = outgoing_row(desk, halves, sent)?;
    let me = desk.me.root;
    let fit = match (request_in(desk, sent.request, me)?, row.card.clone()) {
        (Some(card), Some(offer)) => {
            let request = cast::request(desk, sent.request, card);
            fit(desk, request, Offer { id: sent.offer, owner: sent.offer_owner, card: offer }, Wisher::Newcomer)?
        }
        _ => None,
    };
    let mut others = Vec::new();
    for other in desk.records.all_outgoing()? {
        let open = other.stage == OutgoingStage::Proposed && other.document != sent.document;
        if open && other.newcomer == sent.newcomer {
            others.push(outgoing_row(desk, halves, &other)?);
        }
    }
    Ok(ProposalPage::Outgoing {
        may_confirm: row.state.may_confirm(),
        may_withdraw: row.state.may_withdraw(),
        row,
        fit,
        others,
    })
}
