//! After a restore: the records of matches follow this municipality's own halves, as partners kept
//! them, so that nothing is promised twice; and documents of which nobody is left behind are erased.
//!
//! A partner without whom the node went on may bring what it kept months later, itself or by way of
//! others. So nothing is decided about it before it did, its halves are followed then, and what
//! nobody stands behind is looked for as long as the node runs, and not only once.

use std::collections::BTreeSet;

use schemas::documents::{Decision, Proposal, ProposalState};
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::{Kind, SharedValue};

use crate::desk::Desk;
use crate::error::Result;
use crate::halves::Halves;
use crate::office::{Actor, Office};
use crate::own_cards::refresh_offer;
use crate::people::{PersonId, Side};
use crate::ports::{Document, Outgoing};
use crate::ports_matches::{IncomingProposal, IncomingStage, OutgoingEnd, OutgoingProposal, OutgoingStage};
use crate::renewal::Renewal;
use crate::settle::{end, open_duo};

/// Kinds of documents that somebody stands behind by themselves, whatever was matched.
const CARDS: [Kind; 2] = [Kind::MentorOffer, Kind::MatchRequest];
/// Kinds of documents that the records follow before it is known whether anybody stands behind them.
const OF_MATCHES: [Kind; 3] = [Kind::Proposal, Kind::Answer, Kind::DuoProgress];

/// What was brought in line after a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restored {
    /// Matches whose record followed this municipality's own half.
    pub matches: usize,
    /// Documents that were erased because nobody is left behind them.
    pub erased: usize,
    /// Mentors that have no place until a person looked.
    pub unsure: usize,
}

impl Office {
    /// Brings the records in line with this municipality's own documents once every partner has
    /// brought what it kept of them, but for those that it goes on `without`: what was promised to
    /// them since the backup is not known, so mentors whom they could ask for have no place until
    /// a person looked. To be called before anything is settled.
    ///
    /// # Errors
    /// A failing store.
    pub fn after_restore(&self, without: &BTreeSet<RootId>) -> Result<Restored> {
        let without = without.clone();
        self.by_itself(move |desk| {
            desk.recovering = false;
            let mut done = Restored::default();
            desk.records.go_on_without(&without)?;
            let own = own_documents(desk)?;
            done.matches = follow(desk, &own)?;
            done.matches += say_what_is_missing(desk, |_| true)?;
            // What an absent partner has of ours may be a match: its records follow first.
            let waits: BTreeSet<_> = without.iter().map(|partner| desk.pair(*partner)).collect();
            done.erased = erase_unbacked(desk, |circle| !waits.contains(circle))?;
            done.unsure = doubt(desk, &without)?;
            desk.audit("store.restored", None, &format!("{} matches, {} erased", done.matches, done.erased))?;
            Ok(done)
        })
    }
}

impl Office {
    /// Does for a partner without whom this node was restored what [`Office::after_restore`] did for
    /// the others, once it brought what it kept; whether it was such a partner and is not suspended.
    ///
    /// # Errors
    /// A failing store.
    pub fn absent_brought(&self, partner: RootId) -> Result<bool> {
        self.by_itself(move |desk| {
            let mut absent = desk.records.absent()?;
            if desk.records.suspensions()?.contains_key(&partner) || !absent.remove(&partner) {
                return Ok(false);
            }
            let (pair, mut between) = (desk.pair(partner), own_documents(desk)?);
            between.retain(|document| document.circle == pair);
            let mut matches = follow(desk, &between)?;
            desk.records.go_on_without(&absent)?;
            matches += say_what_is_missing(desk, |to| to == partner)?;
            let erased = erase_unbacked(desk, |circle| *circle == pair)?;
            desk.audit("store.restored", None, &format!("{}: {matches} matches, {erased} erased", partner.short()))?;
            Ok(true)
        })
    }

    /// Erases cards of ours that nobody here stands behind, and what is about somebody who was erased,
    /// by whatever way it came back. Other halves of matches stay: with a partner that was paired after
    /// the backup no record followed them.
    ///
    /// # Errors
    /// A failing store.
    pub(crate) fn erase_what_came_back(&self) -> Result<()> {
        // Hardly ever is there anything, and looking takes the writer from nobody.
        let nothing = self.read(|records| {
            let no_documents = records.unbacked(&CARDS)?.is_empty() && records.came_back()?.is_empty();
            Ok(no_documents && records.erased_cards()?.is_empty())
        })?;
        if !nothing {
            self.by_itself(|desk| erase_with(desk, BTreeSet::new()))?;
        }
        Ok(())
    }
}

/// Erases what is of nobody: cards wherever they are, halves of matches in such circles; how many
/// were erased. Nothing while it is not known yet what partners kept.
fn erase_unbacked(desk: &mut Desk<'_>, halves_in: impl Fn(&CircleId) -> bool) -> Result<usize> {
    let halves = desk.records.unbacked(&OF_MATCHES)?.into_iter();
    erase_with(desk, halves.filter(|(_, circle)| halves_in(circle)).map(|(id, _)| id).collect())
}

/// Erases cards that are of nobody, what came back, and these halves of matches.
fn erase_with(desk: &mut Desk<'_>, halves: BTreeSet<DocumentId>) -> Result<usize> {
    if desk.recovering {
        return Ok(0);
    }
    let mut unbacked = halves;
    unbacked.extend(desk.records.unbacked(&CARDS)?.into_iter().map(|(id, _)| id));
    unbacked.extend(desk.records.came_back()?);
    for document in &unbacked {
        desk.records.add_erasure(*document, desk.now)?;
        desk.records.enqueue(&Outgoing::Erase { document: *document })?;
        desk.outbox_filled();
    }
    for card in desk.records.erased_cards()? {
        desk.records.end_link(card, desk.now)?;
    }
    Ok(unbacked.len())
}

/// The records follow our own halves; how many did.
fn follow(desk: &mut Desk<'_>, own: &[Document]) -> Result<usize> {
    let halves = Halves::read(desk)?;
    let mut matches = 0;
    for document in own {
        let followed = match &document.value {
            SharedValue::Proposal(half) => follow_proposal(desk, document.id, half)?,
            SharedValue::Answer(half) => {
                let partner = partner_of(desk, document)?;
                follow_answer(desk, &halves, document.id, half.proposal, partner, &half.decision)?
            }
            _ => false,
        };
        matches += usize::from(followed);
    }
    Ok(matches)
}

/// Has mentors whom these partners could ask for wait for a person.
fn doubt(desk: &mut Desk<'_>, partners: &BTreeSet<RootId>) -> Result<usize> {
    let mut circles = BTreeSet::new();
    for partner in partners {
        circles.extend(desk.records.circles_of(*partner)?);
    }
    let mut unsure = 0;
    for (card, mentor) in desk.records.live_cards()? {
        let in_reach = desk.records.linked_circle(card)?.is_some_and(|circle| circles.contains(&circle));
        let is_mentor = desk.records.person(mentor)?.is_some_and(|person| person.data.side == Side::Mentor);
        if in_reach && is_mentor {
            desk.records.set_places_unsure(mentor, true)?;
            refresh_offer(desk, Some(mentor))?;
            unsure += 1;
        }
    }
    Ok(unsure)
}

impl Office {
    /// Notes that a person looked whether a place of a mentor was promised since a backup.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, a failing store.
    pub fn places_checked(&self, actor: &Actor, mentor: PersonId) -> Result<()> {
        self.at_desk(actor, move |desk| {
            desk.person(mentor, Side::Mentor)?;
            desk.records.set_places_unsure(mentor, false)?;
            desk.audit("person.places_checked", Some(mentor), "")?;
            refresh_offer(desk, Some(mentor))
        })
    }
}

fn own_documents(desk: &mut Desk<'_>) -> Result<Vec<Document>> {
    let mut own = Vec::new();
    for kind in CARDS.into_iter().chain(OF_MATCHES) {
        own.extend(desk.records.documents(kind)?.into_iter().filter(|document| document.owner == desk.me.root));
    }
    Ok(own)
}

/// The other member of the pair in which a half is shared.
fn partner_of(desk: &mut Desk<'_>, document: &Document) -> Result<Option<RootId>> {
    let partners = desk.records.partners()?;
    Ok(partners.into_iter().map(|partner| partner.root).find(|root| desk.pair(*root) == document.circle))
}

/// The record of a proposal that we made follows our own half of it.
fn follow_proposal(desk: &mut Desk<'_>, document: DocumentId, half: &Proposal) -> Result<bool> {
    let (mut sent, new) = match desk.records.outgoing(document)? {
        Some(sent) => (sent, false),
        None => match made_since(desk, document, half)? {
            Some(sent) => (sent, true),
            None => return Ok(false),
        },
    };
    let is_confirmed = matches!(half.state, ProposalState::Confirmed { .. }) && sent.stage == OutgoingStage::Proposed;
    if is_confirmed && is_bound_elsewhere(desk, &sent)? {
        desk.records.put_outgoing(&sent)?;
        end(desk, &mut sent, OutgoingEnd::Withdrawn)?;
        return Ok(true);
    }
    let stage = match (&half.state, sent.stage) {
        (ProposalState::Confirmed { .. }, OutgoingStage::Proposed) => OutgoingStage::Confirmed,
        (ProposalState::Withdrawn, OutgoingStage::Proposed | OutgoingStage::Confirmed | OutgoingStage::Matched) => {
            if sent.stage == OutgoingStage::Matched {
                crate::duo::cancel(desk, document)?;
            }
            OutgoingStage::Ended(OutgoingEnd::Withdrawn)
        }
        (_, stage) if new => stage,
        _ => return Ok(false),
    };
    sent.stage = stage;
    sent.changed_at = desk.now;
    desk.records.put_outgoing(&sent)?;
    Ok(true)
}

/// Whether a newcomer was matched with another while it was not known that this partner was told so:
/// nobody is in two matches. Nobody is before the work went on after a restore.
fn is_bound_elsewhere(desk: &mut Desk<'_>, sent: &OutgoingProposal) -> Result<bool> {
    if !desk.records.absent()?.contains(&sent.offer_owner) {
        return Ok(false);
    }
    let confirmed = desk.records.all_outgoing()?.into_iter().any(|other| {
        other.newcomer == sent.newcomer
            && other.stage == OutgoingStage::Confirmed
            && other.offer_owner != sent.offer_owner
    });
    let duo = desk.active_duo(sent.newcomer)?;
    Ok(confirmed || duo.is_some_and(|duo| duo.partner != Some(sent.offer_owner)))
}

/// The record of a proposal that was made after the backup; none when nobody is left behind it.
fn made_since(desk: &mut Desk<'_>, document: DocumentId, half: &Proposal) -> Result<Option<OutgoingProposal>> {
    let newcomer = desk.records.person_behind(half.request)?;
    let Some(newcomer) = newcomer.filter(|_| half.state != ProposalState::Withdrawn) else { return Ok(None) };
    if desk.records.person_behind(document)?.is_none() {
        let circle = desk.pair(half.offer_owner);
        desk.records.link(document, newcomer, Kind::Proposal, circle, desk.now)?;
    }
    Ok(Some(OutgoingProposal {
        document,
        newcomer,
        request: half.request,
        offer: half.offer,
        offer_owner: half.offer_owner,
        waiting_since: half.waiting_since,
        lead: half.lead,
        answer: None,
        stage: OutgoingStage::Proposed,
        proposed_at: desk.now,
        changed_at: desk.now,
        by: desk.by.clone(),
    }))
}

/// The record of a proposal that came in follows our own answer to it.
fn follow_answer(
    desk: &mut Desk<'_>,
    halves: &Halves,
    answer: DocumentId,
    proposal: DocumentId,
    partner: Option<RootId>,
    decision: &Decision,
) -> Result<bool> {
    let theirs = halves.proposals.get(&proposal);
    let known = desk.records.incoming(proposal)?;
    let mut came = match (known, theirs) {
        (Some(came), _) => came,
        (None, Some((requester, theirs))) if Some(*requester) == partner => IncomingProposal {
            document: proposal,
            requester: *requester,
            request: theirs.request,
            offer: theirs.offer,
            mentor: desk.records.person_behind(theirs.offer)?,
            seen_at: desk.now,
            asked: None,
            answer: None,
            stage: IncomingStage::Open,
            changed_at: desk.now,
        },
        _ => return Ok(false),
    };
    // Of two answers the one that the records know is the newer.
    if came.answer.is_some_and(|known| known != answer) {
        return Ok(false);
    }
    // Without the mentor nobody stands behind the answer: it is erased, and the other side hears it.
    let Some(mentor) = came.mentor.filter(|_| Some(came.requester) == partner) else { return Ok(false) };
    let stage = match decision {
        Decision::Yes { held_until } => IncomingStage::Reserved { held_until: *held_until },
        Decision::No { reason } => IncomingStage::Refused { reason: *reason },
        Decision::Acknowledged { .. } => IncomingStage::Acknowledged,
        Decision::Lapsed => IncomingStage::Lapsed,
    };
    if desk.records.person_behind(answer)?.is_none() {
        let circle = desk.pair(came.requester);
        desk.records.link(answer, mentor, Kind::Answer, circle, desk.now)?;
    }
    // Ends that only this store knew are later than what was said.
    let ended = matches!(came.stage, IncomingStage::Withdrawn | IncomingStage::Failed);
    if came.answer == Some(answer) && (came.stage == stage || ended) {
        return Ok(false);
    }
    came.answer = Some(answer);
    came.stage = if ended { came.stage } else { stage };
    came.changed_at = desk.now;
    desk.records.put_incoming(&came)?;
    let has_duo = desk.records.duos()?.iter().any(|duo| duo.proposal == Some(proposal));
    if came.stage == IncomingStage::Acknowledged && !has_duo {
        let leads = theirs.is_some_and(|(_, theirs)| theirs.lead == desk.me.root);
        open_duo(desk, proposal, came.requester, None, Some(mentor), leads)?;
    }
    Ok(true)
}

/// Says again to such partners what the records hold and no document does: it had not left when the
/// backup was made.
fn say_what_is_missing(desk: &mut Desk<'_>, to: impl Fn(RootId) -> bool) -> Result<usize> {
    let renewal = Renewal::read(desk)?;
    let mut said = 0;
    for mut sent in desk.records.all_outgoing()? {
        if to(sent.offer_owner) && renewal.may_say(sent.offer_owner, sent.document) {
            said += usize::from(renewal.say_if_missing(desk, &mut sent)?);
        }
    }
    Ok(said)
}
