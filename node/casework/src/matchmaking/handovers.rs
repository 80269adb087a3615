//! Who hands over which contact sheet to whom and when: only of a match that stands, only with
//! the person's consent, only to the municipality on the other side of it.
//!
//! The sheet leaves sealed and outside every document; it waits encrypted in the store until the
//! partner says that it is there.

use schemas::documents::{Decision, HandoverKey, ProposalState};
use schemas::ids::{DocumentId, RootId};
use schemas::language::Language;

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::halves::Halves;
use crate::handover::{Binding, Direction, Message, Verdict, digest, one_time_key, open, seal};
use crate::office::Office;
use crate::people::{PersonData, PersonId, Purpose};
use crate::ports_matches::{
    ContactSheet, Duo, HandoverStage, IncomingStage, OutgoingHandover, OutgoingStage, ReceivedSheet,
};
use crate::settle::{half_of, say, settle};

/// A sealed sheet that the runtime sends straight to the partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverDue {
    /// The match; names the handover in [`Office::handover_answered`].
    pub id: DocumentId,
    /// To whom.
    pub partner: RootId,
    /// The message, at most 8 KiB.
    pub bytes: Vec<u8>,
}

impl Office {
    /// Sealed sheets that a partner has not acknowledged, oldest match first.
    ///
    /// # Errors
    /// A failing store.
    pub fn handovers_due(&self) -> Result<Vec<HandoverDue>> {
        self.read(|records| {
            let frozen = records.suspensions()?;
            let mut partners = records.partners()?;
            partners.retain(|partner| !frozen.contains_key(&partner.root));
            let waiting = records.handovers()?.into_iter().filter(|handover| {
                handover.stage == HandoverStage::Waiting
                    && partners.iter().any(|partner| partner.root == handover.partner)
            });
            let due = |handover: OutgoingHandover| HandoverDue {
                id: handover.proposal,
                partner: handover.partner,
                bytes: handover.message,
            };
            Ok(waiting.map(due).collect())
        })
    }

    /// Takes a message from the authenticated partner `from`; the acknowledgement to send back.
    /// The same message again gets the same answer.
    ///
    /// # Errors
    /// A failing store; then nothing was kept.
    pub fn receive_handover(&self, from: RootId, bytes: Vec<u8>) -> Result<Vec<u8>> {
        self.by_itself(move |desk| {
            settle(desk)?;
            let verdict = receive(desk, from, &bytes)?;
            Ok(verdict.to_bytes(&bytes))
        })
    }

    /// Takes the partner's acknowledgement of a handover.
    ///
    /// # Errors
    /// `NotFound` for one that is not under way; `Refused` with `bad-acknowledgement`.
    pub fn handover_answered(&self, id: DocumentId, acknowledgement: Vec<u8>) -> Result<()> {
        self.by_itself(move |desk| {
            let mut handover = desk.records.handover(id)?.ok_or(Error::NotFound)?;
            if handover.stage != HandoverStage::Waiting {
                return Ok(());
            }
            let verdict = Verdict::from_bytes(&acknowledgement, &handover.message)
                .map_err(|_| Error::Refused("bad-acknowledgement"))?;
            let stage = match verdict {
                Verdict::NotYet => return Ok(()),
                Verdict::Received => HandoverStage::Delivered,
                Verdict::KeyUnknown => HandoverStage::KeyUnknown,
                Verdict::Refused => HandoverStage::Cancelled,
            };
            handover.stage = stage;
            handover.changed_at = desk.now;
            handover.message = Vec::new();
            desk.records.put_handover(&handover)?;
            desk.audit("handover.answered", Some(handover.person), &format!("{id} {stage}"))
        })
    }
}

/// Our direction and our person in a match, and what a seal in either direction is bound to.
struct Sides {
    ours: Binding,
    theirs: Binding,
    person: PersonId,
}

fn sides(desk: &Desk<'_>, duo: &Duo) -> Option<Sides> {
    let (proposal, partner) = (duo.proposal?, duo.partner?);
    let me = desk.me.root;
    let of_newcomer = Binding { proposal, requester: me, answerer: partner, direction: Direction::OfNewcomer };
    let of_mentor = Binding { proposal, requester: partner, answerer: me, direction: Direction::OfMentor };
    match (duo.newcomer, duo.mentor) {
        (Some(person), _) => {
            let theirs = Binding { direction: Direction::OfMentor, ..of_newcomer };
            Some(Sides { ours: of_newcomer, theirs, person })
        }
        (None, Some(person)) => {
            let theirs = Binding { direction: Direction::OfNewcomer, ..of_mentor };
            Some(Sides { ours: of_mentor, theirs, person })
        }
        (None, None) => None,
    }
}

/// The key that seals our sheet to the partner, in the newest version of its half.
fn partners_key(desk: &mut Desk<'_>, halves: &Halves, duo: &Duo) -> Result<Option<HandoverKey>> {
    let (Some(proposal), Some(partner)) = (duo.proposal, duo.partner) else { return Ok(None) };
    if duo.newcomer.is_some() {
        let Some(sent) = desk.records.outgoing(proposal)? else { return Ok(None) };
        return Ok(match halves.answer_to(&sent).map(|(_, answer)| &answer.decision) {
            Some(Decision::Acknowledged { handover_key }) => Some(*handover_key),
            _ => None,
        });
    }
    let theirs = halves.proposals.get(&proposal).filter(|(owner, _)| *owner == partner);
    Ok(match theirs.map(|(_, half)| &half.state) {
        Some(ProposalState::Confirmed { handover_key }) => Some(*handover_key),
        _ => None,
    })
}

/// Seals the sheets of active matches that were not sealed yet, or whose key the partner lost.
pub(crate) fn seal_what_is_due(desk: &mut Desk<'_>, halves: &Halves) -> Result<()> {
    for duo in desk.records.duos()? {
        if !duo.stage.is_active() {
            continue;
        }
        let Some(sides) = sides(desk, &duo) else { continue };
        let Some(key) = partners_key(desk, halves, &duo)? else { continue };
        let before = desk.records.handover(sides.ours.proposal)?;
        let due = before.is_none_or(|sent| sent.stage == HandoverStage::KeyUnknown && sent.sealed_to != key.0);
        if due && desk.records.consents_to(sides.person, Purpose::Handover)? {
            seal_one(desk, &duo, &sides, key)?;
        }
    }
    Ok(())
}

fn seal_one(desk: &mut Desk<'_>, duo: &Duo, sides: &Sides, key: HandoverKey) -> Result<()> {
    let Some(partner) = duo.partner else { return Ok(()) };
    let Some(person) = desk.records.person(sides.person)? else { return Ok(()) };
    let sheet = sheet_of(&person.data);
    // A key that is no point, or a field that must not leave: nothing leaves.
    let Ok(message) = seal(&sheet, key.0, &sides.ours, desk.randomness) else {
        return desk.audit("handover.not_sealed", Some(sides.person), &sides.ours.proposal.to_string());
    };
    desk.records.put_handover(&OutgoingHandover {
        proposal: sides.ours.proposal,
        partner,
        person: sides.person,
        sealed_to: key.0,
        message: message.to_bytes(),
        stage: HandoverStage::Waiting,
        changed_at: desk.now,
    })?;
    let fields = "name, phone, email, language".to_owned();
    desk.ledger(sides.person, "handed_over", sides.ours.proposal, partner, Purpose::Handover, fields)?;
    desk.audit("handover.sealed", Some(sides.person), &sides.ours.proposal.to_string())?;
    desk.outbox_filled();
    Ok(())
}

/// The sheet of a person: name, phone, mail and a language to begin with.
fn sheet_of(person: &PersonData) -> ContactSheet {
    let dutch = Language::dutch();
    let language = person.mother_tongue.or_else(|| {
        let others = person.languages.iter().copied();
        others.clone().find(|language| *language != dutch).or_else(|| others.min())
    });
    ContactSheet {
        name: person.full_name(),
        phone: person.contact.phone.clone(),
        email: person.contact.email.clone(),
        language,
    }
}

fn receive(desk: &mut Desk<'_>, from: RootId, bytes: &[u8]) -> Result<Verdict> {
    let Ok(message) = Message::from_bytes(bytes) else { return Ok(Verdict::Refused) };
    let proposal = message.proposal;
    if let Some(verdict) = too_early_or_late(desk, from, proposal)? {
        return Ok(verdict);
    }
    let duo = desk
        .records
        .duos()?
        .into_iter()
        .find(|duo| duo.proposal == Some(proposal) && duo.partner == Some(from) && duo.stage.is_active());
    let Some((duo, sides)) = duo.and_then(|duo| sides(desk, &duo).map(|sides| (duo, sides))) else {
        return Ok(Verdict::Refused);
    };
    if message.direction != sides.theirs.direction {
        return Ok(Verdict::Refused);
    }
    if desk.records.sheet(proposal)?.is_some() {
        return Ok(Verdict::Received);
    }
    let Some(key) = desk.records.one_time_key(proposal)? else {
        fresh_key(desk, &duo)?;
        return Ok(Verdict::KeyUnknown);
    };
    if key.public != message.sealed_to {
        // A fresh key is out already: the sender will see it.
        return Ok(Verdict::KeyUnknown);
    }
    let Ok(sheet) = open(&message, &key, &sides.theirs) else { return Ok(Verdict::Refused) };
    let digest = digest(bytes);
    desk.records.put_sheet(&ReceivedSheet { proposal, from, sheet, digest, received_at: desk.now })?;
    desk.records.destroy_one_time_key(proposal)?;
    desk.audit("handover.received", Some(sides.person), &proposal.to_string())?;
    Ok(Verdict::Received)
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

/// What to say when the match with this sender does not stand here, or never will.
fn too_early_or_late(desk: &mut Desk<'_>, from: RootId, proposal: DocumentId) -> Result<Option<Verdict>> {
    if let Some(sent) = desk.records.outgoing(proposal)? {
        let waits = matches!(sent.stage, OutgoingStage::Proposed | OutgoingStage::Confirmed);
        return Ok(match sent.offer_owner == from {
            false => Some(Verdict::Refused),
            true => waits.then_some(Verdict::NotYet),
        });
    }
    if let Some(came) = desk.records.incoming(proposal)? {
        let waits = matches!(came.stage, IncomingStage::Open | IncomingStage::Reserved { .. });
        return Ok(match came.requester == from {
            false => Some(Verdict::Refused),
            true => waits.then_some(Verdict::NotYet),
        });
    }
    Ok(Some(Verdict::Refused))
}

/// Makes a fresh one-time key for a match and puts it in the next version of our half.
fn fresh_key(desk: &mut Desk<'_>, duo: &Duo) -> Result<()> {
    let Some(proposal) = duo.proposal else { return Ok(()) };
    let handover_key = key_of(desk, proposal)?;
    if let Some(mut came) = desk.records.incoming(proposal)? {
        return say(desk, &mut came, Decision::Acknowledged { handover_key });
    }
    let Some(mut sent) = desk.records.outgoing(proposal)? else { return Ok(()) };
    sent.changed_at = desk.now;
    desk.records.put_outgoing(&sent)?;
    let half = half_of(desk, &sent, ProposalState::Confirmed { handover_key })?;
    desk.tell(sent.offer_owner, proposal, half)
}

/// Stops what is under way for a match that is taken back.
pub(crate) fn cancel(desk: &mut Desk<'_>, proposal: DocumentId) -> Result<()> {
    desk.records.destroy_one_time_key(proposal)?;
    let Some(mut handover) = desk.records.handover(proposal)? else { return Ok(()) };
    if matches!(handover.stage, HandoverStage::Waiting | HandoverStage::KeyUnknown) {
        handover.stage = HandoverStage::Cancelled;
        handover.changed_at = desk.now;
        handover.message = Vec::new();
        desk.records.put_handover(&handover)?;
    }
    Ok(())
}
