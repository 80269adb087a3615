//! Our halves of matches that still say something are kept alive: renewed before they end, and
//! said again when they are gone before their time.
//!
//! A clock that runs years ahead, together with half of its partners', ends what is not over, and
//! no node can know better then. Once it is right again the records still hold what was said, and
//! without this one side would have a duo of which the other never hears. Nothing new is said here.

use schemas::SharedValue;
use schemas::documents::{Decision, HandoverKey, ProposalState};
use schemas::ids::{DocumentId, RootId};
use schemas::time::{Hour, Timestamp};

use crate::desk::{Desk, LIFE_DAYS};
use crate::error::Result;
use crate::handover::one_time_key;
use crate::partner_life::frozen;
use crate::ports_matches::{IncomingStage, OutgoingStage};
use crate::settle::{half_of, say};

/// Days before their end on which halves are renewed.
const RENEW_DAYS: u32 = 30;
/// Seconds in which what was said is on its way, or comes back from whoever still has it.
const ON_ITS_WAY: u64 = 86_400;

/// Renews our halves that end within a month while they still say something, and says those again
/// that are gone. A half that changed within a day is on its way already and is left alone.
pub(crate) fn renew(desk: &mut Desk<'_>) -> Result<()> {
    let duos = desk.records.duos()?;
    let runs = |proposal: DocumentId| duos.iter().any(|duo| duo.proposal == Some(proposal) && duo.stage.is_active());
    let frozen = frozen(desk)?;
    let partners = desk.records.partners()?;
    let hears = |partner: RootId| !frozen.contains(&partner) && partners.iter().any(|one| one.root == partner);
    let soon = desk.now.hour().plus_days(RENEW_DAYS);
    for mut sent in desk.records.all_outgoing()? {
        let says = match sent.stage {
            OutgoingStage::Proposed | OutgoingStage::Confirmed => true,
            OutgoingStage::Matched => runs(sent.document),
            OutgoingStage::Ended(_) => false,
        };
        if !says || !hears(sent.offer_owner) || is_on_its_way(sent.changed_at, desk.now) {
            continue;
        }
        if desk.records.is_missing(sent.document)? {
            let state = match sent.stage {
                OutgoingStage::Proposed => ProposalState::Proposed,
                _ => ProposalState::Confirmed { handover_key: key_of(desk, sent.document)? },
            };
            sent.changed_at = desk.now;
            desk.records.put_outgoing(&sent)?;
            let half = half_of(desk, &sent, state)?;
            desk.tell(sent.offer_owner, sent.document, half)?;
        } else {
            renew_one(desk, sent.offer_owner, sent.document, soon)?;
        }
    }
    for mut came in desk.records.all_incoming()? {
        let Some(answer) = came.answer.filter(|_| came.mentor.is_some()) else { continue };
        let says = match came.stage {
            IncomingStage::Reserved { .. } => true,
            IncomingStage::Acknowledged => runs(came.document),
            _ => false,
        };
        if !says || !hears(came.requester) || is_on_its_way(came.changed_at, desk.now) {
            continue;
        }
        match came.stage {
            _ if !desk.records.is_missing(answer)? => renew_one(desk, came.requester, answer, soon)?,
            IncomingStage::Reserved { held_until } => say(desk, &mut came, Decision::Yes { held_until })?,
            _ => {
                let handover_key = key_of(desk, came.document)?;
                say(desk, &mut came, Decision::Acknowledged { handover_key })?;
            }
        }
    }
    for duo in duos.iter().filter(|duo| duo.stage.is_active() && duo.partner.is_some_and(hears)) {
        let Some(progress) = duo.progress else { continue };
        let ends = desk.records.document(progress)?.is_some_and(|document| document.expires_at <= soon);
        if ends || desk.records.is_missing(progress)? {
            crate::duo::tell_progress(desk, duo)?;
        }
    }
    Ok(())
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

/// The key that seals the other person's sheet to us: the one that was said, else a fresh one; of
/// no use where the sheet is here.
pub(crate) fn key_of(desk: &mut Desk<'_>, proposal: DocumentId) -> Result<HandoverKey> {
    if let Some(key) = desk.records.one_time_key(proposal)? {
        return Ok(HandoverKey(key.public));
    }
    let key = one_time_key(desk.randomness);
    if desk.records.sheet(proposal)?.is_none() {
        desk.records.put_one_time_key(proposal, &key)?;
    }
    Ok(HandoverKey(key.public))
}

const _: () = assert!(RENEW_DAYS < LIFE_DAYS, "a half is not renewed at once");
