//! Our halves of matches that still say something are kept alive: renewed before they end, and
//! said again when they are gone before their time.
//!
//! A clock that runs years ahead, together with half of its partners', ends what is not over, and
//! no node can know better then. Once it is right again the records still hold what was said, and
//! without this one side would have a duo of which the other never hears. Nothing new is said here, and
//! nothing of somebody who is not matched yet and does not consent any more.

use std::collections::BTreeSet;

use schemas::SharedValue;
use schemas::documents::{Decision, HandoverKey, ProposalState};
use schemas::ids::{DocumentId, RootId};
use schemas::time::{Hour, Timestamp};

use crate::desk::{Desk, LIFE_DAYS, json_of};
use crate::error::Result;
use crate::handover::one_time_key;
use crate::partner_life::frozen;
use crate::people::Purpose;
use crate::ports::Outgoing;
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
    let refused = refused_today(desk)?;
    for mut sent in desk.records.all_outgoing()? {
        let says = match sent.stage {
            OutgoingStage::Proposed | OutgoingStage::Confirmed => {
                desk.records.consents_to(sent.newcomer, Purpose::CrossBorder)?
            }
            OutgoingStage::Matched => runs(sent.document),
            OutgoingStage::Ended(_) => false,
        };
        let waits = is_on_its_way(sent.changed_at, desk.now) || refused.contains(&sent.document);
        if !says || !hears(sent.offer_owner) || waits {
            continue;
        }
        if desk.records.is_missing(sent.document, desk.now)? {
            let (event, state) = match sent.stage {
                OutgoingStage::Proposed => ("proposed", ProposalState::Proposed),
                _ => ("confirmed", ProposalState::Confirmed { handover_key: key_of(desk, sent.document)? }),
            };
            sent.changed_at = desk.now;
            desk.records.put_outgoing(&sent)?;
            let half = half_of(desk, &sent, state)?;
            let what = json_of(half.clone());
            desk.ledger(sent.newcomer, event, sent.document, sent.offer_owner, Purpose::CrossBorder, what)?;
            desk.tell(sent.offer_owner, sent.document, half)?;
        } else {
            renew_one(desk, sent.offer_owner, sent.document, soon)?;
        }
    }
    for mut came in desk.records.all_incoming()? {
        let Some((answer, mentor)) = came.answer.zip(came.mentor) else { continue };
        let says = match came.stage {
            IncomingStage::Reserved { .. } => desk.records.consents_to(mentor, Purpose::CrossBorder)?,
            IncomingStage::Acknowledged => runs(came.document),
            _ => false,
        };
        let waits = is_on_its_way(came.changed_at, desk.now) || refused.contains(&answer);
        if !says || !hears(came.requester) || waits {
            continue;
        }
        match came.stage {
            _ if !desk.records.is_missing(answer, desk.now)? => renew_one(desk, came.requester, answer, soon)?,
            IncomingStage::Reserved { held_until } => say(desk, &mut came, Decision::Yes { held_until })?,
            _ => {
                let handover_key = key_of(desk, came.document)?;
                say(desk, &mut came, Decision::Acknowledged { handover_key })?;
            }
        }
    }
    for duo in duos.iter().filter(|duo| duo.stage.is_active() && duo.partner.is_some_and(hears)) {
        let Some(progress) = duo.progress.filter(|progress| !refused.contains(progress)) else { continue };
        let ends = desk.records.document(progress)?.is_some_and(|document| document.expires_at <= soon);
        if ends || desk.records.is_missing(progress, desk.now)? {
            crate::duo::tell_progress(desk, duo)?;
        }
    }
    Ok(())
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
