//! Everybody who can be matched, as the matching crate takes them: our own persons from their
//! files, partners' persons from their cards, with the way back to who they are.

use std::collections::{BTreeMap, BTreeSet};

use matching::{Offer, Request, Rules};
use schemas::ids::{DocumentId, RootId};
use schemas::time::Date;
use schemas::{Kind, MatchRequest, MatchingRules, SharedValue};

use crate::desk::{Desk, PlacesTaken};
use crate::error::Result;
use crate::local_checks::{broken_here, has_hidden};
use crate::own_cards::{is_minor, offer_with, published, request_here};
use crate::people::{Person, PersonId, Side};
use crate::ports_matches::{FailedPair, IncomingStage, OutgoingStage};
use crate::search_view::{MentorWho, Place};

/// Mentors with their offers: same place, same mentor.
#[derive(Debug, Default)]
pub(crate) struct Mentors {
    pub(crate) offers: Vec<Offer>,
    pub(crate) who: Vec<MentorWho>,
}

/// The id under which somebody who is not shared is matched here: never leaves, never drawn.
pub(crate) fn local_id(person: PersonId) -> DocumentId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&person.0.to_be_bytes());
    DocumentId(id)
}

/// Partners by owner id, this municipality among them.
pub(crate) fn places(desk: &mut Desk<'_>) -> Result<BTreeMap<RootId, Place>> {
    let mut places = BTreeMap::from([(desk.me.root, desk.here())]);
    for partner in desk.records.partners()? {
        places.insert(partner.root, Place { root: partner.root, name: partner.name, refnis: partner.refnis });
    }
    Ok(places)
}

/// Every municipality's rules as shared, in this quarter.
pub(crate) fn rules(desk: &mut Desk<'_>) -> Result<Rules> {
    let documents = desk.records.documents(Kind::MatchingRules)?;
    let shared = documents.into_iter().filter_map(|document| match document.value {
        SharedValue::MatchingRules(rules) => Some((document.owner, rules)),
        _ => None,
    });
    let mut rules: BTreeMap<RootId, MatchingRules> = shared.collect();
    // Ours hold from the moment they are saved, also before anybody received them.
    rules.extend(desk.records.own_rules()?.map(|own| (desk.me.root, own)));
    Ok(Rules::new(rules, desk.today().quarter()))
}

/// Our own mentors, from their files.
pub(crate) fn own_mentors(desk: &mut Desk<'_>) -> Result<Mentors> {
    let mut found = Mentors::default();
    let taken = PlacesTaken::read(desk.records)?;
    let out: BTreeMap<PersonId, DocumentId> =
        desk.records.live_cards()?.into_iter().map(|(document, person)| (person, document)).collect();
    let standings = desk.records.standings(Side::Mentor)?;
    for mentor in desk.records.people(Side::Mentor)? {
        if is_minor(&mentor, desk.today()) {
            continue;
        }
        let shared = out.get(&mentor.id).copied();
        let id = shared.unwrap_or(local_id(mentor.id));
        let card = offer_with(desk, &mentor, taken.left(&mentor));
        found.offers.push(Offer { id, owner: desk.me.root, card });
        let name = mentor.data.full_name();
        let screened = standings.get(&mentor.id).is_some_and(|standing| standing.screened);
        found.who.push(MentorWho::Own { person: mentor.id, name, offer: shared, screened });
    }
    Ok(found)
}

/// Our own mentors and partners'. Of several cards under one number the first counts: ours,
/// whatever a partner numbers so.
pub(crate) fn all_mentors(desk: &mut Desk<'_>, places: &BTreeMap<RootId, Place>) -> Result<Mentors> {
    let mut found = own_mentors(desk)?;
    let mut seen: BTreeSet<DocumentId> = found.offers.iter().map(|offer| offer.id).collect();
    let theirs = partners_mentors(desk, places)?;
    for (offer, who) in theirs.offers.into_iter().zip(theirs.who) {
        if seen.insert(offer.id) {
            found.offers.push(offer);
            found.who.push(who);
        }
    }
    Ok(found)
}

/// Partners' mentors, from their cards.
pub(crate) fn partners_mentors(desk: &mut Desk<'_>, places: &BTreeMap<RootId, Place>) -> Result<Mentors> {
    let mut found = Mentors::default();
    for document in desk.records.documents(Kind::MentorOffer)? {
        let (SharedValue::MentorOffer(card), owner) = (document.value, document.owner) else { continue };
        let Some(place) = places.get(&owner).filter(|_| owner != desk.me.root) else { continue };
        found.offers.push(Offer { id: document.id, owner, card });
        found.who.push(MentorWho::Partner { offer: document.id, municipality: place.clone() });
    }
    Ok(found)
}

/// The request of a newcomer of ours: as published, or from the file; with its document.
pub(crate) fn request_of(desk: &mut Desk<'_>, newcomer: &Person) -> Result<(Request, Option<DocumentId>)> {
    let shared = published(desk, newcomer.id)?;
    let (id, card) = match shared {
        Some((id, SharedValue::MatchRequest(card))) => (Some(id), card),
        _ => (desk.records.live_card(newcomer.id)?, request_here(desk, newcomer)),
    };
    Ok((request(desk, id.unwrap_or(local_id(newcomer.id)), card), id))
}

/// A request of this municipality.
pub(crate) fn request(desk: &Desk<'_>, id: DocumentId, card: MatchRequest) -> Request {
    Request { id, owner: desk.me.root, refnis: desk.me.refnis, card }
}

/// Our own newcomers who still look for somebody: not in a duo, nothing confirmed.
pub(crate) fn looking(desk: &mut Desk<'_>) -> Result<Vec<Person>> {
    let duos = desk.records.duos()?;
    let busy: BTreeSet<PersonId> =
        duos.iter().filter(|duo| duo.stage.is_active()).filter_map(|duo| duo.newcomer).collect();
    let sent = desk.records.all_outgoing()?;
    let confirmed: BTreeSet<PersonId> =
        sent.iter().filter(|sent| sent.stage == OutgoingStage::Confirmed).map(|sent| sent.newcomer).collect();
    let mut people = desk.records.people(Side::Newcomer)?;
    people.retain(|person| !busy.contains(&person.id) && !confirmed.contains(&person.id));
    Ok(people)
}

/// Partners' newcomers who still look for somebody, as far as known here.
pub(crate) fn partners_newcomers(desk: &mut Desk<'_>, places: &BTreeMap<RootId, Place>) -> Result<Vec<Request>> {
    let matched = matched_requests(desk)?;
    let mut found = Vec::new();
    for document in desk.records.documents(Kind::MatchRequest)? {
        let (SharedValue::MatchRequest(card), owner) = (document.value, document.owner) else { continue };
        let Some(place) = places.get(&owner).filter(|_| owner != desk.me.root) else { continue };
        if matched.contains(&document.id) {
            continue;
        }
        found.push(Request { id: document.id, owner, refnis: place.refnis, card });
    }
    Ok(found)
}

/// Requests of either side that are in a match already, as far as known here.
pub(crate) fn matched_requests(desk: &mut Desk<'_>) -> Result<BTreeSet<DocumentId>> {
    let mut matched = BTreeSet::new();
    for sent in desk.records.all_outgoing()? {
        if matches!(sent.stage, OutgoingStage::Confirmed | OutgoingStage::Matched) {
            matched.insert(sent.request);
        }
    }
    for came in desk.records.all_incoming()? {
        if came.stage == IncomingStage::Acknowledged {
            matched.insert(came.request);
        }
    }
    Ok(matched)
}

/// Which pairs cannot be, beside what the cards say: read once for all newcomers of ours.
pub(crate) struct Exclusions<'a> {
    mentors: &'a Mentors,
    failed: BTreeMap<PersonId, Vec<FailedPair>>,
    /// Mentors with a *must* that only we can check.
    hidden: Vec<&'a Offer>,
    today: Date,
}

impl<'a> Exclusions<'a> {
    pub(crate) fn read(desk: &mut Desk<'_>, mentors: &'a Mentors) -> Result<Self> {
        let mut failed: BTreeMap<PersonId, Vec<FailedPair>> = BTreeMap::new();
        for pair in desk.records.failed_pairs()? {
            if let Some(newcomer) = pair.newcomer {
                failed.entry(newcomer).or_default().push(pair);
            }
        }
        let hidden = mentors.offers.iter().filter(|offer| has_hidden(&offer.card)).collect();
        Ok(Self { mentors, failed, hidden, today: desk.today() })
    }

    /// Pairs of one newcomer that failed before, or that a mentor's *must* excludes on what only we
    /// know.
    pub(crate) fn of(&self, newcomer: &Person, request: DocumentId) -> BTreeSet<(DocumentId, DocumentId)> {
        let failed = self.failed.get(&newcomer.id).map_or(&[][..], Vec::as_slice);
        let mut excluded = among(failed, request, self.mentors);
        let broken = self.hidden.iter().filter(|offer| broken_here(&offer.card, newcomer, self.today).is_some());
        excluded.extend(broken.map(|offer| (request, offer.id)));
        excluded
    }
}

/// Pairs of one newcomer of ours with a partner's mentor that failed before.
pub(crate) fn failed_with_partners(
    desk: &mut Desk<'_>,
    newcomer: PersonId,
    request: DocumentId,
) -> Result<BTreeSet<(DocumentId, DocumentId)>> {
    let pairs = desk.records.failed_pairs()?.into_iter().filter(|pair| pair.newcomer == Some(newcomer));
    Ok(pairs.filter_map(|pair| Some((request, pair.offer?))).collect())
}

/// Pairs of one newcomer of ours that failed before.
pub(crate) fn failed(
    desk: &mut Desk<'_>,
    newcomer: PersonId,
    request: DocumentId,
    mentors: &Mentors,
) -> Result<BTreeSet<(DocumentId, DocumentId)>> {
    let pairs = desk.records.failed_pairs()?;
    let pairs: Vec<_> = pairs.into_iter().filter(|pair| pair.newcomer == Some(newcomer)).collect();
    Ok(among(&pairs, request, mentors))
}

/// These failed pairs of one newcomer, as far as their mentors are there.
fn among(pairs: &[FailedPair], request: DocumentId, mentors: &Mentors) -> BTreeSet<(DocumentId, DocumentId)> {
    if pairs.is_empty() {
        return BTreeSet::new();
    }
    let together = mentors.offers.iter().zip(&mentors.who);
    let failed = together.filter(|(offer, who)| {
        pairs.iter().any(|pair| match who {
            MentorWho::Own { person, .. } => pair.mentor == Some(*person),
            MentorWho::Partner { .. } => pair.offer == Some(offer.id),
        })
    });
    failed.map(|(offer, _)| (request, offer.id)).collect()
}
