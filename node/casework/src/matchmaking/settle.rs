//! What follows by itself when documents arrive or time passes: lapses, acknowledgements, duos
//! that open, sheets that are sealed. Idempotent: settling twice does nothing more.
//!
//! No decision of a person is taken here: no place is granted and nothing is confirmed.

use schemas::documents::{Decision, NoReason, ProposalState};
use schemas::ids::{DocumentId, RootId};
use schemas::{Answer, Kind, Proposal};

use crate::answer;
use crate::desk::Desk;
use crate::error::Result;
use crate::halves::Halves;
use crate::handovers::key_of;
use crate::office::Office;
use crate::opening_days::opening_days_between;
use crate::own_cards::refresh_offer;
use crate::partner_life::frozen;
use crate::people::{PersonId, Purpose};
use crate::ports_matches::{
    Duo, DuoId, DuoStage, IncomingProposal, IncomingStage, OutgoingEnd, OutgoingProposal, OutgoingStage,
};
use crate::proposal::{self, Step};

/// Proposals of one partner that wait here, at most; more are not looked at until others end.
const MAX_OPEN_PER_PARTNER: usize = 200;

impl Office {
    /// Reacts to arrived documents and to time. Idempotent; for the runtime.
    ///
    /// # Errors
    /// A failing store; then nothing was done.
    pub fn settle_matches(&self) -> Result<()> {
        self.by_itself(settle)
    }
}

/// Everything that follows by itself.
pub(crate) fn settle(desk: &mut Desk<'_>) -> Result<()> {
    let halves = Halves::read(desk)?;
    take_in(desk, &halves)?;
    settle_incoming(desk, &halves)?;
    settle_outgoing(desk, &halves)?;
    crate::duo::settle_duos(desk, &halves)?;
    crate::handovers::seal_what_is_due(desk, &halves)?;
    crate::renewal::renew(desk)
}

/// Where a proposal that came in stands.
pub(crate) fn incoming_state(desk: &mut Desk<'_>, halves: &Halves, came: &IncomingProposal) -> Result<answer::State> {
    let away = desk.away_until(desk.me.root)?;
    let days = opening_days_between(came.seen_at, desk.now, away);
    let theirs = halves.proposals.get(&came.document).filter(|(owner, _)| *owner == came.requester);
    Ok(answer::state(came.stage, theirs.map(|(_, proposal)| &proposal.state), days, desk.now))
}

/// Where a proposal we made stands.
pub(crate) fn outgoing_state(desk: &mut Desk<'_>, halves: &Halves, sent: &OutgoingProposal) -> Result<proposal::State> {
    let away = desk.away_until(sent.offer_owner)?;
    let days = opening_days_between(sent.proposed_at, desk.now, away);
    let answer = halves.answer_to(sent).map(|(_, answer)| &answer.decision);
    Ok(proposal::state(sent.stage, answer, days, desk.now))
}

/// Notes proposals that are new here, and refuses at once what no person has to look at.
fn take_in(desk: &mut Desk<'_>, halves: &Halves) -> Result<()> {
    let known = desk.records.all_incoming()?;
    let failed = desk.records.failed_pairs()?;
    for (document, (requester, theirs)) in &halves.proposals {
        let open = known.iter().filter(|came| came.requester == *requester && came.stage == IncomingStage::Open);
        let is_known = known.iter().any(|came| came.document == *document);
        if is_known || theirs.state == ProposalState::Withdrawn || open.count() >= MAX_OPEN_PER_PARTNER {
            continue;
        }
        let mentor = mentor_behind(desk, theirs.offer)?;
        let mut came = IncomingProposal {
            document: *document,
            requester: *requester,
            request: theirs.request,
            offer: theirs.offer,
            mentor,
            seen_at: desk.now,
            asked: None,
            answer: None,
            stage: IncomingStage::Open,
            changed_at: desk.now,
        };
        desk.audit("proposal.arrived", mentor, &document.to_string())?;
        let failed_before = mentor.is_some()
            && failed.iter().any(|pair| {
                pair.mentor == mentor
                    && pair.partner == Some(*requester)
                    && pair.proposal.is_some_and(|id| theirs.failed_before.contains(&id))
            });
        desk.records.put_incoming(&came)?;
        if mentor.is_none() {
            refuse(desk, &mut came, NoReason::OfferWithdrawn)?;
        } else if failed_before {
            refuse(desk, &mut came, NoReason::FailedBefore)?;
        }
    }
    Ok(())
}

/// Our mentor whose live card this is.
fn mentor_behind(desk: &mut Desk<'_>, offer: DocumentId) -> Result<Option<PersonId>> {
    let Some(person) = desk.records.person_behind(offer)? else { return Ok(None) };
    Ok((desk.records.live_card(person)? == Some(offer)).then_some(person))
}

fn is_still_offered(desk: &mut Desk<'_>, came: &IncomingProposal) -> Result<bool> {
    Ok(came.mentor.is_some() && mentor_behind(desk, came.offer)? == came.mentor)
}

/// Says no.
pub(crate) fn refuse(desk: &mut Desk<'_>, came: &mut IncomingProposal, reason: NoReason) -> Result<()> {
    let held = answer::holds_a_place(came.stage);
    came.stage = IncomingStage::Refused { reason };
    say(desk, came, Decision::No { reason })?;
    if held { refresh_offer(desk, came.mentor) } else { Ok(()) }
}

/// Writes our half of a match that came in, and keeps the record.
pub(crate) fn say(desk: &mut Desk<'_>, came: &mut IncomingProposal, decision: Decision) -> Result<()> {
    came.changed_at = desk.now;
    let document = match came.answer {
        Some(document) => document,
        None => {
            let document = desk.fresh_id();
            if let Some(mentor) = came.mentor {
                let circle = desk.pair(came.requester);
                desk.records.link(document, mentor, Kind::Answer, circle, desk.now)?;
            }
            came.answer = Some(document);
            document
        }
    };
    desk.records.put_incoming(came)?;
    let answer = Answer { proposal: came.document, decision };
    if let Some(mentor) = came.mentor {
        let what = crate::desk::json_of(answer.clone());
        desk.ledger(mentor, "answered", document, came.requester, Purpose::CrossBorder, what)?;
    }
    desk.tell(came.requester, document, answer)
}

fn settle_incoming(desk: &mut Desk<'_>, halves: &Halves) -> Result<()> {
    let frozen = frozen(desk)?;
    for mut came in desk.records.all_incoming()? {
        if frozen.contains(&came.requester) {
            continue;
        }
        if came.mentor.is_none() && answer::holds_a_place(came.stage) {
            // The mentor was erased, and our answer with it: a fresh one says so.
            came.answer = None;
            refuse(desk, &mut came, NoReason::OfferWithdrawn)?;
            continue;
        }
        match incoming_state(desk, halves, &came)? {
            answer::State::ToAcknowledge { .. } => acknowledge(desk, halves, came)?,
            // The mentor was erased, or the card withdrawn: there is nobody to ask any more.
            answer::State::Open { .. } if !is_still_offered(desk, &came)? => {
                refuse(desk, &mut came, NoReason::OfferWithdrawn)?;
            }
            answer::State::ToLapse => {
                came.stage = IncomingStage::Lapsed;
                say(desk, &mut came, Decision::Lapsed)?;
                desk.audit("proposal.lapsed", came.mentor, &came.document.to_string())?;
                refresh_offer(desk, came.mentor)?;
            }
            answer::State::TakenBack { matched } => {
                came.stage = IncomingStage::Withdrawn;
                came.changed_at = desk.now;
                desk.records.put_incoming(&came)?;
                desk.audit("proposal.taken_back", came.mentor, &came.document.to_string())?;
                if matched {
                    crate::duo::cancel(desk, came.document)?;
                }
                refresh_offer(desk, came.mentor)?;
            }
            // The person behind it was erased there: nothing about the match may stay.
            answer::State::Settled(IncomingStage::Acknowledged)
                if desk.records.was_erased(came.requester, came.document)? =>
            {
                came.stage = IncomingStage::Withdrawn;
                came.changed_at = desk.now;
                desk.records.put_incoming(&came)?;
                crate::duo::cancel(desk, came.document)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn acknowledge(desk: &mut Desk<'_>, halves: &Halves, mut came: IncomingProposal) -> Result<()> {
    let handover_key = key_of(desk, came.document)?;
    came.stage = IncomingStage::Acknowledged;
    say(desk, &mut came, Decision::Acknowledged { handover_key })?;
    let leads = halves.proposals.get(&came.document).is_some_and(|(_, theirs)| theirs.lead == desk.me.root);
    desk.audit("proposal.acknowledged", came.mentor, &came.document.to_string())?;
    open_duo(desk, came.document, came.requester, None, came.mentor, leads)?;
    Ok(())
}

/// Opens the duo of an acknowledged match and tells the partner how it stands.
pub(crate) fn open_duo(
    desk: &mut Desk<'_>,
    proposal: DocumentId,
    partner: RootId,
    newcomer: Option<PersonId>,
    mentor: Option<PersonId>,
    leads: bool,
) -> Result<()> {
    let progress = desk.fresh_id();
    let mut duo = Duo {
        id: DuoId(0),
        proposal: Some(proposal),
        partner: Some(partner),
        newcomer,
        mentor,
        stage: DuoStage::FirstMeeting,
        newcomer_said: None,
        mentor_said: None,
        progress: Some(progress),
        leads,
        matched_on: desk.today(),
        running_since: None,
        ended_on: None,
    };
    duo.id = desk.records.insert_duo(&duo)?;
    if let Some(person) = newcomer.or(mentor) {
        let circle = desk.pair(partner);
        desk.records.link(progress, person, Kind::DuoProgress, circle, desk.now)?;
        desk.audit("duo.opened", Some(person), &duo.id.0.to_string())?;
    }
    crate::duo::tell_progress(desk, &duo)
}

fn settle_outgoing(desk: &mut Desk<'_>, halves: &Halves) -> Result<()> {
    let frozen = frozen(desk)?;
    for mut sent in desk.records.all_outgoing()? {
        if frozen.contains(&sent.offer_owner) {
            continue;
        }
        if let Some((answer, _)) = halves.answer_to(&sent)
            && sent.answer != Some(*answer)
        {
            sent.answer = Some(*answer);
            desk.records.put_outgoing(&sent)?;
        }
        let erased_there = match sent.answer {
            Some(answer) => desk.records.was_erased(sent.offer_owner, answer)?,
            None => false,
        };
        if erased_there && !matches!(sent.stage, OutgoingStage::Ended(_)) {
            let matched = sent.stage == OutgoingStage::Matched;
            end(desk, &mut sent, OutgoingEnd::Refused(NoReason::OfferWithdrawn))?;
            if matched {
                crate::duo::cancel(desk, sent.document)?;
            }
            continue;
        }
        match outgoing_state(desk, halves, &sent)?.step() {
            Step::Stay => {}
            Step::End(how) => end(desk, &mut sent, how)?,
            Step::OpenDuo => {
                sent.stage = OutgoingStage::Matched;
                sent.changed_at = desk.now;
                desk.records.put_outgoing(&sent)?;
                let leads = sent.lead == desk.me.root;
                open_duo(desk, sent.document, sent.offer_owner, Some(sent.newcomer), None, leads)?;
            }
        }
    }
    Ok(())
}

/// Ends our half of a proposal we made, for good, and withdraws it at the partner.
pub(crate) fn end(desk: &mut Desk<'_>, sent: &mut OutgoingProposal, how: OutgoingEnd) -> Result<()> {
    sent.stage = OutgoingStage::Ended(how);
    sent.changed_at = desk.now;
    desk.records.put_outgoing(sent)?;
    desk.records.destroy_one_time_key(sent.document)?;
    crate::handovers::cancel(desk, sent.document)?;
    desk.audit("proposal.ended", Some(sent.newcomer), &format!("{} {}", sent.document, sent.stage))?;
    let half = half_of(desk, sent, ProposalState::Withdrawn)?;
    desk.tell(sent.offer_owner, sent.document, half)
}

/// Our half of a proposal as a document.
pub(crate) fn half_of(desk: &mut Desk<'_>, sent: &OutgoingProposal, state: ProposalState) -> Result<Proposal> {
    let mut failed: Vec<DocumentId> = desk
        .records
        .failed_pairs()?
        .into_iter()
        .filter(|pair| pair.newcomer == Some(sent.newcomer) && pair.partner == Some(sent.offer_owner))
        .filter_map(|pair| pair.proposal)
        .collect();
    // The newest count when there are more than a document holds.
    let surplus = failed.len().saturating_sub(32);
    failed.drain(..surplus);
    Ok(Proposal {
        request: sent.request,
        offer: sent.offer,
        offer_owner: sent.offer_owner,
        waiting_since: sent.waiting_since,
        lead: sent.lead,
        failed_before: schemas::vocabulary::Set::new(failed).unwrap_or_default(),
        state,
    })
}
