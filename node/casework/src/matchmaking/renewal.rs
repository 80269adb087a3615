//! Our halves of matches that still say something are kept alive: renewed before they end, and
//! said again when they are gone before their time.
//!
//! A clock that runs years ahead, together with half of its partners', ends what is not over, and
//! no node can know better then. Once it is right again the records still hold what was said, and
//! without this one side would have a duo of which the other never hears. Nothing new is said here, and
//! nothing of somebody who is not matched yet and does not consent any more.

use std::collections::BTreeSet;

use schemas::SharedValue;
use schemas::documents::{Decision, ProposalState};
use schemas::ids::{DocumentId, RootId};
use schemas::time::{Hour, Timestamp};

use crate::desk::{Desk, LIFE_DAYS, json_of};
use crate::error::Result;
use crate::handovers::key_of;
use crate::partner_life::frozen;
use crate::people::Purpose;
use crate::ports::Outgoing;
use crate::ports_matches::{IncomingStage, OutgoingProposal, OutgoingStage};
use crate::settle::{half_of, say};

/// Days before their end on which halves are renewed.
const RENEW_DAYS: u32 = 30;
/// Seconds in which what was said is on its way, or comes back from whoever still has it.
const ON_ITS_WAY: u64 = 86_400;

/// Renews our halves that end within a month while they still say something, and says those again
/// that are gone. A half that changed within a day is on its way already and is left alone.
pub(crate) fn renew(desk: &mut Desk<'_>) -> Result<()> {
    let renewal = Renewal::read(desk)?;
    let soon = desk.now.hour().plus_days(RENEW_DAYS);
    for mut sent in desk.records.all_outgoing()? {
        let is_due = renewal.may_say(sent.offer_owner, sent.document) && !is_on_its_way(sent.changed_at, desk.now);
        if is_due && !renewal.say_if_missing(desk, &mut sent)? && renewal.says(desk, &sent)? {
            renew_one(desk, sent.offer_owner, sent.document, soon)?;
        }
    }
    for mut came in desk.records.all_incoming()? {
        let Some((answer, mentor)) = came.answer.zip(came.mentor) else { continue };
        if !renewal.may_say(came.requester, answer) || is_on_its_way(came.changed_at, desk.now) {
            continue;
        }
        let says = match came.stage {
            IncomingStage::Reserved { .. } => desk.records.consents_to(mentor, Purpose::CrossBorder)?,
            IncomingStage::Acknowledged => renewal.running.contains(&came.document),
            _ => false,
        };
        match came.stage {
            _ if !says => {}
            _ if !desk.records.is_missing(answer)? => renew_one(desk, came.requester, answer, soon)?,
            IncomingStage::Reserved { held_until } => say(desk, &mut came, Decision::Yes { held_until })?,
            _ => {
                let handover_key = key_of(desk, came.document)?;
                say(desk, &mut came, Decision::Acknowledged { handover_key })?;
            }
        }
    }
    for duo in desk.records.duos()?.iter().filter(|duo| duo.stage.is_active()) {
        let Some((partner, progress)) = duo.partner.zip(duo.progress) else { continue };
        if !renewal.may_say(partner, progress) {
            continue;
        }
        let ends = desk.records.document(progress)?.is_some_and(|document| document.expires_at <= soon);
        if ends || desk.records.is_missing(progress)? {
            crate::duo::tell_progress(desk, duo)?;
        }
    }
    Ok(())
}

/// What decides whether a half is said once more.
pub(crate) struct Renewal {
    /// Partners that are told anything.
    partners: BTreeSet<RootId>,
    /// Documents of which a word waits, or was refused within a day.
    busy: BTreeSet<DocumentId>,
    /// Proposals of which the duo is active.
    running: BTreeSet<DocumentId>,
}

impl Renewal {
    /// As the records stand.
    pub(crate) fn read(desk: &mut Desk<'_>) -> Result<Self> {
        let frozen = frozen(desk)?;
        let partners = desk.records.partners()?.into_iter().map(|partner| partner.root);
        let mut busy = desk.records.waiting()?;
        busy.extend(refused_today(desk)?);
        let duos = desk.records.duos()?.into_iter().filter(|duo| duo.stage.is_active());
        let running = duos.filter_map(|duo| duo.proposal).collect();
        Ok(Self { partners: partners.filter(|root| !frozen.contains(root)).collect(), busy, running })
    }

    /// Whether a partner can be told of a document now.
    pub(crate) fn may_say(&self, partner: RootId, document: DocumentId) -> bool {
        self.partners.contains(&partner) && !self.busy.contains(&document)
    }

    /// Whether our half of a proposal still says something, and may.
    fn says(&self, desk: &mut Desk<'_>, sent: &OutgoingProposal) -> Result<bool> {
        match sent.stage {
            OutgoingStage::Proposed | OutgoingStage::Confirmed => {
                desk.records.consents_to(sent.newcomer, Purpose::CrossBorder)
            }
            OutgoingStage::Matched => Ok(self.running.contains(&sent.document)),
            OutgoingStage::Ended(_) => Ok(false),
        }
    }

    /// Says our half of a proposal again that still says something and that no document holds; whether
    /// it did.
    pub(crate) fn say_if_missing(&self, desk: &mut Desk<'_>, sent: &mut OutgoingProposal) -> Result<bool> {
        if !self.says(desk, sent)? || !desk.records.is_missing(sent.document)? {
            return Ok(false);
        }
        let (event, state) = match sent.stage {
            OutgoingStage::Proposed => ("proposed", ProposalState::Proposed),
            _ => ("confirmed", ProposalState::Confirmed { handover_key: key_of(desk, sent.document)? }),
        };
        sent.changed_at = desk.now;
        desk.records.put_outgoing(sent)?;
        let half = half_of(desk, sent, state)?;
        let what = json_of(half.clone());
        desk.ledger(sent.newcomer, event, sent.document, sent.offer_owner, Purpose::CrossBorder, what)?;
        desk.tell(sent.offer_owner, sent.document, half)?;
        Ok(true)
    }
}

/// Documents of which the newest word was refused within a day: it is not said anew every minute.
fn refused_today(desk: &mut Desk<'_>) -> Result<BTreeSet<DocumentId>> {
    let end = desk.now.hour().plus_days(LIFE_DAYS);
    let refused = desk.records.refused()?.into_iter().filter_map(|(_, command, _)| match command {
        // It was to live so many days from when it was said.
        Outgoing::Publish { document, expires_at, .. } if expires_at <= end && end.0 - expires_at.0 < 24 => {
            Some(document)
        }
        _ => None,
    });
    Ok(refused.collect())
}

/// Whether what was said at a moment may still be on its way. What was said by a clock that was
/// ahead is not.
pub(crate) fn is_on_its_way(said: Timestamp, now: Timestamp) -> bool {
    said <= now && now <= said.plus_seconds(ON_ITS_WAY)
}

fn renew_one(desk: &mut Desk<'_>, partner: RootId, id: DocumentId, soon: Hour) -> Result<()> {
    let Some(document) = desk.records.document(id)? else { return Ok(()) };
    if document.expires_at > soon || document.owner != desk.me.root {
        return Ok(());
    }
    match document.value {
        SharedValue::Proposal(half) => desk.tell(partner, id, half),
        SharedValue::Answer(half) => desk.tell(partner, id, half),
        _ => Ok(()),
    }
}

const _: () = assert!(RENEW_DAYS < LIFE_DAYS, "a half is not renewed at once");
