//! The answerer's acts: note that the mentor was asked, and say yes or no. The mentor's
//! municipality alone grants places, in the transaction that counts them.

use schemas::documents::{Decision, NoReason};
use schemas::ids::DocumentId;

use crate::answer::HELD_SECONDS;
use crate::desk::{Desk, places_left_of};
use crate::error::{Error, Result};
use crate::halves::Halves;
use crate::office::{Actor, Office};
use crate::own_cards::refresh_offer;
use crate::people::Side;
use crate::ports_matches::{Asked, IncomingStage};
use crate::settle::{incoming_state, refuse, say, settle};

impl Office {
    /// Notes that the mentor was asked, today and by this actor.
    ///
    /// # Errors
    /// `Refused` with `not-open`.
    pub fn record_mentor_asked(&self, actor: &Actor, proposal: DocumentId) -> Result<()> {
        self.at_desk(actor, move |desk| {
            settle(desk)?;
            let mut came = desk.records.incoming(proposal)?.ok_or(Error::NotFound)?;
            if came.asked.is_some() {
                return Ok(());
            }
            if came.stage != IncomingStage::Open {
                return Err(Error::Refused("not-open"));
            }
            came.asked = Some(Asked { on: desk.today(), by: desk.by.clone() });
            desk.records.put_incoming(&came)?;
            desk.audit("proposal.mentor_asked", came.mentor, &proposal.to_string())
        })
    }

    /// Says yes: keeps a place for 14 days. Saying it twice keeps one place.
    ///
    /// # Errors
    /// `Refused` with `not-open`, `mentor-not-asked` or `no-place`.
    pub fn answer_yes(&self, actor: &Actor, proposal: DocumentId) -> Result<()> {
        self.at_desk(actor, move |desk| {
            // Reservations that are over are released first, so that their places count.
            settle(desk)?;
            yes(desk, proposal)
        })
    }

    /// Says no; a place that was kept is free again. Taking a yes back has to be meant (`after_yes`).
    ///
    /// # Errors
    /// `Refused` with `not-open`, or `yes-said` where a yes would be taken back unmeant.
    pub fn answer_no(&self, actor: &Actor, proposal: DocumentId, reason: NoReason, after_yes: bool) -> Result<()> {
        self.at_desk(actor, move |desk| {
            settle(desk)?;
            let mut came = desk.records.incoming(proposal)?.ok_or(Error::NotFound)?;
            if matches!(came.stage, IncomingStage::Refused { .. }) {
                return Ok(());
            }
            let halves = Halves::read(desk)?;
            if !incoming_state(desk, &halves, &came)?.may_refuse() {
                return Err(Error::Refused("not-open"));
            }
            if matches!(came.stage, IncomingStage::Reserved { .. }) && !after_yes {
                return Err(Error::Refused("yes-said"));
            }
            desk.must_know(came.requester)?;
            desk.audit("proposal.refused", came.mentor, &proposal.to_string())?;
            refuse(desk, &mut came, reason)
        })
    }
}

fn yes(desk: &mut Desk<'_>, proposal: DocumentId) -> Result<()> {
    let mut came = desk.records.incoming(proposal)?.ok_or(Error::NotFound)?;
    if matches!(came.stage, IncomingStage::Reserved { .. } | IncomingStage::Acknowledged) {
        return Ok(());
    }
    let halves = Halves::read(desk)?;
    if !incoming_state(desk, &halves, &came)?.may_answer() {
        return Err(Error::Refused("not-open"));
    }
    if came.asked.is_none() {
        return Err(Error::Refused("mentor-not-asked"));
    }
    desk.must_know(came.requester)?;
    let mentor = came.mentor.ok_or(Error::NotFound)?;
    let mentor = desk.person(mentor, Side::Mentor)?;
    if places_left_of(desk.records, &mentor)? == 0 {
        return Err(Error::Refused("no-place"));
    }
    let held_until = desk.now.plus_seconds(HELD_SECONDS);
    came.stage = IncomingStage::Reserved { held_until };
    say(desk, &mut came, Decision::Yes { held_until })?;
    desk.audit("proposal.accepted", came.mentor, &proposal.to_string())?;
    refresh_offer(desk, came.mentor)
}
