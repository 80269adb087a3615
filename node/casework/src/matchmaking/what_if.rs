//! *Wat als*: the past year of this municipality and its partners matched once more, week by week,
//! under today's rules and under others that somebody tries.
//!
//! It counts persons and names nobody. Partners' cards that ended are not kept, so only those that
//! are shared now take part; our own persons take part as their files are now.

use std::collections::{BTreeMap, BTreeSet};

use matching::{Past, Rules, Totals};
use schemas::MatchingRules;
use schemas::ids::RootId;
use schemas::time::Date;

use crate::cast;
use crate::desk::Desk;
use crate::error::Result;
use crate::office::{Actor, Office};
use crate::own_cards::{offer_with, request_here};
use crate::own_rules::parse_rules;
use crate::people::{PersonId, Side};
use crate::ports_matches::{Duo, DuoStage};
use crate::search_view::MentorWho;
use crate::whole_list::no_list;

/// Days of the year that is replayed: whole weeks, so that people are matched today as well.
const YEAR_DAYS: i32 = 364;
/// The box of the form that lets every municipality weigh so, and not only ours.
pub const EVERYBODY: &str = "everybody";
/// The box of the form that lets our own mentors come on the day of their registration.
pub const MENTORS_SINCE: &str = "mentors_since";

/// Who takes part, and what would have come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// Our own rules now: what the form starts with.
    pub own: MatchingRules,
    /// The first day.
    pub from: Date,
    /// Who takes part.
    pub counted: Counted,
    /// Under today's rules.
    pub present: Tried,
    /// Under the rules of the form; none before somebody filled it in.
    pub other: Option<Tried>,
    /// Pairs that both make.
    pub same: usize,
}

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Our newcomers who waited or came.
    pub newcomers: usize,
    /// Our mentors.
    pub mentors: usize,
    /// Newcomers on partners' cards.
    pub partners_newcomers: usize,
    /// Mentors on partners' cards.
    pub partners_mentors: usize,
    /// Duos of our newcomers that really began in that year.
    pub real_duos: usize,
}

/// What comes of some rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tried {
    /// Matches, waiting and distance.
    pub totals: Totals,
    /// Sum of the scores of its pairs by today's rules, in millionths.
    pub by_present: u64,
    /// The same by the rules of the form; by today's where none were filled in.
    pub by_other: u64,
}

impl Office {
    /// Replays the past year under today's rules and, where `fields` hold others, under those.
    ///
    /// # Errors
    /// `Invalid` as of [`parse_rules`]; `Forbidden`, a failing store.
    pub fn what_if(&self, actor: &Actor, fields: Option<&[(String, String)]>) -> Result<WhatIf> {
        actor.sees_persons()?;
        let ticked = |name: &str| fields.unwrap_or_default().iter().any(|(field, _)| field == name);
        let (everybody, mentors_since) = (ticked(EVERYBODY), ticked(MENTORS_SINCE));
        let asked = fields.map(parse_rules).transpose()?;
        let read = self.at_desk(actor, move |desk| {
            desk.audit("match.what_if", None, "")?;
            Known::read(desk, mentors_since)
        })?;
        // The store is free again while this counts.
        let Known { past, rules, members, me, counted } = read;
        let other = asked.map(|asked| {
            let mut other = rules.clone();
            other.own.extend(members.into_iter().filter(|root| everybody || *root == me).map(|root| (root, asked)));
            other
        });
        let try_out = |tried: &Rules| {
            let replayed = past.replay(tried).map_err(no_list)?;
            let by_present = past.scored_by(&replayed, &rules);
            let by_other = other.as_ref().map_or(by_present, |other| past.scored_by(&replayed, other));
            let pairs: BTreeSet<_> = replayed.found.iter().map(|found| (found.request, found.offer)).collect();
            Ok((Tried { totals: past.totals(&replayed), by_present, by_other }, pairs))
        };
        let (present, pairs) = try_out(&rules)?;
        let tried = other.as_ref().map(try_out).transpose()?;
        Ok(WhatIf {
            own: rules.of(me),
            from: past.from,
            counted,
            present,
            same: tried.as_ref().map_or(0, |(_, others)| pairs.intersection(others).count()),
            other: tried.map(|(tried, _)| tried),
        })
    }
}

/// What the store knows of the year.
struct Known {
    past: Past,
    rules: Rules,
    members: BTreeSet<RootId>,
    me: RootId,
    counted: Counted,
}

impl Known {
    fn read(desk: &mut Desk<'_>, mentors_since: bool) -> Result<Self> {
        let until = desk.today();
        let from = until.plus_days(-YEAR_DAYS);
        let places = cast::places(desk)?;
        let mut rules = cast::rules(desk)?;
        let mut past =
            Past { from, until, requests: Vec::new(), offers: Vec::new(), taken: Vec::new(), at_home: BTreeSet::new() };
        let mut counted = Counted::default();
        let duos = desk.records.duos()?;
        let theirs = cast::partners_mentors(desk, &places)?;
        let ours = own_mentors(desk, &mut past, mentors_since, &duos)?;
        own_newcomers(desk, &mut past, &mut rules, &duos, [&ours, &theirs])?;
        (counted.newcomers, counted.mentors) = (past.requests.len(), past.offers.len());
        for request in cast::partners_newcomers(desk, &places)? {
            past.requests.push((request.card.waiting_since.first_day().min(until), request));
        }
        let with_place = theirs.offers.into_iter().filter(|offer| offer.card.capacity_left.get() > 0);
        past.offers.extend(with_place.map(|offer| (from, offer)));
        counted.partners_newcomers = past.requests.len() - counted.newcomers;
        counted.partners_mentors = past.offers.len() - counted.mentors;
        let began = |duo: &&Duo| duo.newcomer.is_some() && duo.matched_on >= from;
        counted.real_duos = duos.iter().filter(began).filter(|duo| !ended_early(duo)).count();
        Ok(Self { past, rules, members: places.into_keys().collect(), me: desk.me.root, counted })
    }
}

/// Whether the two never became a duo.
fn ended_early(duo: &Duo) -> bool {
    matches!(duo.stage, DuoStage::Failed | DuoStage::Cancelled)
}

/// Our mentors with all their places, and until when duos from before the year hold some.
fn own_mentors(desk: &mut Desk<'_>, past: &mut Past, since: bool, duos: &[Duo]) -> Result<cast::Mentors> {
    let mut mentors = cast::own_mentors(desk)?;
    let people = desk.records.people(Side::Mentor)?;
    let people: BTreeMap<PersonId, _> = people.into_iter().map(|person| (person.id, person)).collect();
    let standings = desk.records.standings(Side::Mentor)?;
    for (offer, who) in mentors.offers.iter_mut().zip(&mentors.who) {
        let MentorWho::Own { person, .. } = who else { continue };
        let Some(person) = people.get(person) else { continue };
        offer.card = offer_with(desk, person, person.data.capacity);
        let there = if since { person.data.registered_on } else { past.from };
        past.offers.push((there, offer.clone()));
        if !standings.get(&person.id).is_some_and(|standing| standing.crosses_border && standing.screened) {
            past.at_home.insert(offer.id);
        }
        let before = duos.iter().filter(|duo| duo.mentor == Some(person.id) && duo.matched_on < past.from);
        let ends = before.map(|duo| duo.ended_on.unwrap_or(past.until.plus_days(1)));
        past.taken.extend(ends.filter(|end| *end > past.from).map(|end| (offer.id, end)));
    }
    Ok(mentors)
}

/// Our newcomers who were not in a duo when the year began, and the pairs that cannot be.
fn own_newcomers(
    desk: &mut Desk<'_>,
    past: &mut Past,
    rules: &mut Rules,
    duos: &[Duo],
    mentors: [&cast::Mentors; 2],
) -> Result<()> {
    let matched = duos.iter().filter(|duo| duo.matched_on < past.from && !ended_early(duo));
    let matched: BTreeSet<PersonId> = matched.filter_map(|duo| duo.newcomer).collect();
    let standings = desk.records.standings(Side::Newcomer)?;
    let excluded = mentors.map(|mentors| cast::Exclusions::read(desk, mentors));
    let excluded: Vec<_> = excluded.into_iter().collect::<Result<_>>()?;
    for person in desk.records.people(Side::Newcomer)? {
        if matched.contains(&person.id) || person.data.registered_on > past.until {
            continue;
        }
        let request = cast::request(desk, cast::local_id(person.id), request_here(desk, &person));
        rules.failed_before.extend(excluded.iter().flat_map(|excluded| excluded.of(&person, request.id)));
        if !standings.get(&person.id).is_some_and(|standing| standing.crosses_border) {
            past.at_home.insert(request.id);
        }
        past.requests.push((person.data.registered_on, request));
    }
    Ok(())
}
