//! *Zoek een mentor*: the best mentors for one newcomer, here and at partners, with reasons; and
//! the other way, the best newcomers for one mentor.
//!
//! Partners' mentors are compared with the card that partners see, so that every node ranks them
//! alike; our own with what the file says. What only we know is listed apart.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use matching::{
    Candidate, Mentors, NearMiss, Offer, Request, Rules, Side as Wisher, near_misses, requests_for, top, why_not_first,
};
use schemas::ids::DocumentId;
use schemas::places::Refnis;

use crate::cast;
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
/// Mentors of partners that are looked at for what only we know; more than a page shows, so that
/// enough are left.
const LOOKED: usize = 200;

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

/// What the index of partners' mentors says about one request.
struct Theirs {
    best: Vec<(Offer, Candidate)>,
    near: Vec<(Offer, NearMiss)>,
    /// How many fit in all.
    fitting: usize,
}

impl Theirs {
    fn find(index: &Mentors, request: &Request, rules: &Rules) -> Self {
        let best = index.top(request, rules, LOOKED).into_iter();
        let near = index.near_misses(request, rules, NEAR).into_iter();
        Self {
            best: best.filter_map(|one| Some((index.get(one.id)?.clone(), one))).collect(),
            near: near.filter_map(|one| Some((index.get(one.id)?.clone(), one))).collect(),
            fitting: index.count(request, rules),
        }
    }
}

fn search(desk: &mut Desk<'_>, person: &Person) -> Result<SearchPage> {
    let places = cast::places(desk)?;
    let mut rules = cast::rules(desk)?;
    let (request, document) = cast::request_of(desk, person)?;
    let exact = cast::request(desk, request.id, request_here(desk, person));
    let own = cast::own_mentors(desk)?;
    rules.failed_before = cast::failed(desk, person.id, exact.id, &own)?;
    let mut fits: Vec<Found> = top(&exact, &own.offers, &rules, usize::MAX)
        .into_iter()
        .map(|candidate| {
            let (who, offer) = (own.who[candidate.index].clone(), own.offers[candidate.index].clone());
            Found { who, offer, candidate }
        })
        .collect();
    let mut near: Vec<(u32, NearMissCard)> = near_misses(&exact, &own.offers, &rules, NEAR)
        .into_iter()
        .map(|miss| near_card(&exact, own.who[miss.index].clone(), &own.offers[miss.index], miss))
        .collect();
    rules.failed_before = cast::failed_with_partners(desk, person.id, request.id)?;
    let theirs = desk.cards.look(desk.records, |cards| Theirs::find(&cards.mentors, &request, &rules))?;
    let who = |offer: &Offer| {
        let municipality = places.get(&offer.owner)?.clone();
        Some(MentorWho::Partner { offer: offer.id, municipality })
    };
    let not_looked_at = theirs.fitting - theirs.best.len();
    fits.extend(
        theirs.best.into_iter().filter_map(|(offer, candidate)| Some(Found { who: who(&offer)?, offer, candidate })),
    );
    near.extend(
        theirs.near.into_iter().filter_map(|(offer, miss)| Some(near_card(&request, who(&offer)?, &offer, miss))),
    );
    let (mut found, mut local_exclusions) = (Vec::new(), Vec::new());
    for one in fits {
        match exclusion(desk, person, &one) {
            Some(exclusion) => local_exclusions.push(exclusion),
            None => found.push(one),
        }
    }
    found.sort_by_key(|found| (Reverse(found.candidate.score.total), found.candidate.id));
    let fitting = found.len() + not_looked_at;
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
        remarks: matching::remark::on_request(&exact.card),
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
fn exclusion(desk: &Desk<'_>, person: &Person, found: &Found) -> Option<LocalExclusion> {
    let Found { who, offer, candidate } = found;
    let ours = candidate.local_checks.iter().filter(|check| check.wish_of == Wisher::Mentor);
    let mut open = ours.map(|local| (*local, check(local.about, person, desk.today())));
    let (check, checked) = open.find(|(_, checked)| *checked != Checked::Met)?;
    Some(LocalExclusion { who: who.clone(), card: offer.card.clone(), check, unknown: checked == Checked::Unknown })
}

/// A near miss with its score.
fn near_card(request: &Request, who: MentorWho, offer: &Offer, miss: NearMiss) -> (u32, NearMissCard) {
    let distance_metres = request.place().distance_metres(offer.card.area);
    let card = offer.card.clone();
    (miss.score.total, NearMissCard { who, card, misfit: miss.misfit, place: miss.place, distance_metres })
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
    let card = offer_here(desk, mentor)?;
    let shared = desk.records.live_card(mentor.id)?;
    let id = shared.unwrap_or(DocumentId([0xff; 16]));
    let offer = Offer { id, owner: desk.me.root, card };
    let failed = desk.records.failed_pairs()?;
    let (mut ours, mut names) = (Vec::new(), Vec::new());
    for person in cast::looking(desk)? {
        let (request, _) = cast::request_of(desk, &person)?;
        let exact = cast::request(desk, request.id, request_here(desk, &person));
        let known = failed.iter().any(|pair| pair.newcomer == Some(person.id) && pair.mentor == Some(mentor.id));
        if known || crate::local_checks::broken_here(&offer.card, &person, desk.today()).is_some() {
            rules.failed_before.insert((exact.id, offer.id));
        }
        ours.push(exact);
        names.push(NewcomerWho::Own { person: person.id, name: person.data.full_name() });
    }
    // Who is in a match already looks for nobody.
    rules.failed_before.extend(cast::matched_requests(desk)?.into_iter().map(|request| (request, offer.id)));
    let theirs = desk.cards.look(desk.records, |cards| {
        let best = cards.requests.top(&offer, &rules, TOP).into_iter();
        best.filter_map(|one| Some((cards.requests.get(one.id)?.clone(), one))).collect::<Vec<_>>()
    })?;
    let own = requests_for(&offer, &ours, &rules, TOP).into_iter();
    let mut found: Vec<(NewcomerWho, Request, Candidate)> =
        own.map(|one| (names[one.index].clone(), ours[one.index].clone(), one)).collect();
    found.extend(theirs.into_iter().filter_map(|(request, one)| {
        let municipality = places.get(&request.owner)?.clone();
        Some((NewcomerWho::Partner { request: request.id, municipality }, request, one))
    }));
    found.sort_by_key(|(_, _, one)| (Reverse(one.score.total), one.id));
    found.truncate(TOP);
    let cards = found.into_iter().map(|(who, request, candidate)| NewcomerCard {
        who,
        card: request.card,
        strength: candidate.strength,
        reasons: candidate.reasons,
        misses: candidate.misses,
        distance_metres: candidate.distance_metres,
        common_slots: candidate.common_slots,
    });
    Ok(NewcomersPage {
        mentor: mentor.id,
        name: mentor.data.full_name(),
        shared: shared.is_some(),
        screened: desk.records.screening(mentor.id)?.is_some(),
        remarks: matching::remark::on_offer(&offer.card),
        cards: cards.collect(),
        offer: offer.card,
    })
}
