//! *Zoek een mentor*: the best mentors for one newcomer, here and at partners, with reasons; and
//! the other way, the best newcomers for one mentor.
//!
//! Partners' mentors are compared with the card that partners see, so that every node ranks them
//! alike; our own with what the file says. What only we know is listed apart.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use matching::{Candidate, Offer, Side as Wisher, near_misses, requests_for, top, why_not_first};
use schemas::ids::DocumentId;
use schemas::places::Refnis;

use crate::cast::{self, Mentors};
use crate::desk::Desk;
use crate::error::Result;
use crate::halves::Halves;
use crate::local_checks::{Checked, check};
use crate::match_pages::outgoing_row;
use crate::matches::blockers;
use crate::office::{Actor, Office};
use crate::own_cards::{offer_here, request_here};
use crate::people::{Person, PersonId, Side};
use crate::ports_matches::OutgoingStage;
use crate::search_view::{
    LocalExclusion, MapPlace, MentorCard, MentorWho, NearMissCard, NewcomerCard, NewcomerWho, NewcomersPage,
    OutgoingRow, SearchPage,
};

/// Cards on a page.
const TOP: usize = 10;
/// Near misses on a page.
const NEAR: usize = 5;

impl Office {
    /// The best mentors for a newcomer.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, a failing store.
    pub fn search(&self, actor: &Actor, newcomer: PersonId) -> Result<SearchPage> {
        self.at_desk(actor, move |desk| {
            desk.audit("search.mentors", Some(newcomer), "")?;
            let person = desk.person(newcomer, Side::Newcomer)?;
            search(desk, &person)
        })
    }

    /// The best newcomers for a mentor.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, a failing store.
    pub fn best_newcomers(&self, actor: &Actor, mentor: PersonId) -> Result<NewcomersPage> {
        self.at_desk(actor, move |desk| {
            desk.audit("search.newcomers", Some(mentor), "")?;
            let person = desk.person(mentor, Side::Mentor)?;
            best_newcomers(desk, &person)
        })
    }
}

/// A mentor who fits, with what the page needs to sort and to show.
struct Found {
    who: MentorWho,
    offer: Offer,
    candidate: Candidate,
}

fn search(desk: &mut Desk<'_>, person: &Person) -> Result<SearchPage> {
    let places = cast::places(desk)?;
    let mut rules = cast::rules(desk)?;
    let (request, document) = cast::request_of(desk, person)?;
    let exact = cast::request(desk, request.id, request_here(desk, person));
    let groups = [(exact, cast::own_mentors(desk)?), (request.clone(), cast::partners_mentors(desk, &places)?)];
    let (mut found, mut near, mut local_exclusions) = (Vec::new(), Vec::new(), Vec::new());
    for (request, mentors) in &groups {
        rules.failed_before = cast::failed(desk, person.id, request.id, mentors)?;
        for candidate in top(request, &mentors.offers, &rules, usize::MAX) {
            let (who, offer) = (mentors.who[candidate.index].clone(), mentors.offers[candidate.index].clone());
            match exclusion(desk, person, &candidate, &who, &offer) {
                Some(exclusion) => local_exclusions.push(exclusion),
                None => found.push(Found { who, offer, candidate }),
            }
        }
        let misses = near_misses(request, &mentors.offers, &rules, NEAR);
        near.extend(misses.into_iter().map(|miss| {
            let distance = request.place().distance_metres(mentors.offers[miss.index].card.area);
            (miss.score.total, near_card(mentors, miss, distance))
        }));
    }
    found.sort_by_key(|found| (Reverse(found.candidate.score.total), found.candidate.id));
    let fitting = found.len();
    for (score, miss) in &mut near {
        miss.place = 1 + found.iter().filter(|found| found.candidate.score.total >= *score).count();
    }
    near.sort_by_key(|(score, miss)| (Reverse(*score), miss.place));
    near.truncate(NEAR);
    found.truncate(TOP);
    let proposals = proposals_of(desk, person.id)?;
    let map = map(desk.me.refnis, places.values().map(|place| place.refnis), &found);
    Ok(SearchPage {
        newcomer: person.id,
        name: person.data.full_name(),
        request: request.card,
        request_published: document.is_some(),
        request_document: document,
        area: desk.me.refnis,
        blockers: blockers(desk, person)?,
        cards: cards(found, &proposals),
        fitting,
        near_misses: near.into_iter().map(|(_, miss)| miss).collect(),
        local_exclusions,
        proposals,
        map,
    })
}

/// What only we know: a *must* of the mentor that the newcomer here does not meet, or that we
/// cannot tell.
fn exclusion(
    desk: &Desk<'_>,
    person: &Person,
    candidate: &Candidate,
    who: &MentorWho,
    offer: &Offer,
) -> Option<LocalExclusion> {
    let ours = candidate.local_checks.iter().filter(|check| check.wish_of == Wisher::Mentor);
    let mut open = ours.map(|local| (*local, check(local.about, person, desk.today())));
    let (check, checked) = open.find(|(_, checked)| *checked != Checked::Met)?;
    Some(LocalExclusion { who: who.clone(), card: offer.card.clone(), check, unknown: checked == Checked::Unknown })
}

fn near_card(mentors: &Mentors, miss: matching::NearMiss, distance_metres: u32) -> NearMissCard {
    NearMissCard {
        who: mentors.who[miss.index].clone(),
        card: mentors.offers[miss.index].card.clone(),
        misfit: miss.misfit,
        place: miss.place,
        distance_metres,
    }
}

fn cards(found: Vec<Found>, proposals: &[OutgoingRow]) -> Vec<MentorCard> {
    let first = found.first().map(|found| found.candidate.clone());
    let explain = |candidate: &Candidate| {
        let first = first.as_ref().filter(|first| first.id != candidate.id)?;
        Some(why_not_first(candidate, first))
    };
    let live = |offer: DocumentId| {
        let open = |row: &&OutgoingRow| matches!(row.stage, OutgoingStage::Proposed | OutgoingStage::Confirmed);
        proposals.iter().filter(open).find(|row| row.offer == offer).map(|row| row.document)
    };
    found
        .into_iter()
        .map(|Found { who, offer, candidate }| MentorCard {
            why_not_first: explain(&candidate),
            proposal: live(offer.id),
            who,
            area: offer.card.area,
            card: offer.card,
            strength: candidate.strength,
            partner_checks: candidate
                .local_checks
                .into_iter()
                .filter(|check| check.wish_of == Wisher::Newcomer)
                .collect(),
            score: candidate.score,
            reasons: candidate.reasons,
            misses: candidate.misses,
            distance_metres: candidate.distance_metres,
            common_slots: candidate.common_slots,
        })
        .collect()
}

/// Proposals for a newcomer, newest first.
pub(crate) fn proposals_of(desk: &mut Desk<'_>, newcomer: PersonId) -> Result<Vec<OutgoingRow>> {
    let halves = Halves::read(desk)?;
    let sent = desk.records.all_outgoing()?.into_iter().rev().filter(|sent| sent.newcomer == newcomer);
    sent.collect::<Vec<_>>().iter().map(|sent| outgoing_row(desk, &halves, sent)).collect()
}

/// The municipalities of the circle and those where the mentors in the list meet.
fn map(here: Refnis, circle: impl Iterator<Item = Refnis>, found: &[Found]) -> Vec<MapPlace> {
    let mut counts: BTreeMap<Refnis, usize> = circle.chain([here]).map(|refnis| (refnis, 0)).collect();
    for found in found {
        *counts.entry(found.offer.card.area).or_default() += 1;
    }
    let place = |(refnis, mentors): (Refnis, usize)| {
        let municipality = refnis.municipality();
        MapPlace {
            refnis,
            name: municipality.name_nl.clone(),
            latitude: municipality.latitude,
            longitude: municipality.longitude,
            mentors,
            here: refnis == here,
        }
    };
    counts.into_iter().map(place).collect()
}

fn best_newcomers(desk: &mut Desk<'_>, mentor: &Person) -> Result<NewcomersPage> {
    let places = cast::places(desk)?;
    let mut rules = cast::rules(desk)?;
    let mut newcomers = cast::partners_newcomers(desk, &places)?;
    let card = offer_here(desk, mentor)?;
    let id = desk.records.live_card(mentor.id)?.unwrap_or(DocumentId([0xff; 16]));
    let offer = Offer { id, owner: desk.me.root, card };
    let failed = desk.records.failed_pairs()?;
    for person in cast::looking(desk)? {
        let (request, _) = cast::request_of(desk, &person)?;
        let exact = cast::request(desk, request.id, request_here(desk, &person));
        let known = failed.iter().any(|pair| pair.newcomer == Some(person.id) && pair.mentor == Some(mentor.id));
        if known || crate::local_checks::broken_here(&offer.card, &person, desk.today()).is_some() {
            rules.failed_before.insert((exact.id, offer.id));
        }
        newcomers.requests.push(exact);
        newcomers.who.push(NewcomerWho::Own { person: person.id, name: person.data.full_name() });
    }
    let cards = requests_for(&offer, &newcomers.requests, &rules, TOP).into_iter().map(|candidate| NewcomerCard {
        who: newcomers.who[candidate.index].clone(),
        card: newcomers.requests[candidate.index].card.clone(),
        strength: candidate.strength,
        reasons: candidate.reasons,
        misses: candidate.misses,
        distance_metres: candidate.distance_metres,
        common_slots: candidate.common_slots,
    });
    Ok(NewcomersPage { mentor: mentor.id, name: mentor.data.full_name(), cards: cards.collect(), offer: offer.card })
}
