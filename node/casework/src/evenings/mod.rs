//! Evenings of speed-dating: who comes, who meets whom in which round, the slips, and what comes
//! of them.
//!
//! Nothing of an evening crosses the border. Guests wear a number, and a slip, which opens on the
//! guest's own phone, shows numbers only. What the slips say is a draft: a person decides.

mod form;
pub mod ports;
mod slips;
mod table;
pub mod view;

use std::collections::{BTreeMap, BTreeSet};

use matching::Rules;
use matching::evening::{Date as Meeting, Rota, replan};

use crate::cast;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::office::{Actor, Office};
use crate::own_cards::{is_minor, offer_here, request_here};
use crate::people::{Person, PersonId, Side};
pub use form::{MOST_GUESTS, parse_evening};
use ports::{Evening, EveningId, Guest, Meet};
use view::{EveningPage, EveningRow, GuestChoice};

impl Office {
    /// Every evening, the newest first.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn evenings(&self, actor: &Actor) -> Result<Vec<EveningRow>> {
        self.at_desk(actor, |desk| {
            let evenings = desk.records.evenings()?;
            evenings.into_iter().map(|evening| table::row(desk, evening)).collect()
        })
    }

    /// Who can be asked to an evening: newcomers who look for somebody, mentors with a place left.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn evening_guests(&self, actor: &Actor) -> Result<(Vec<GuestChoice>, Vec<GuestChoice>)> {
        self.at_desk(actor, |desk| {
            desk.audit("evening.guests", None, "")?;
            Ok((choices(newcomers(desk)?), choices(mentors(desk)?)))
        })
    }

    /// Plans an evening from the fields of a form.
    ///
    /// # Errors
    /// `Invalid` with every field that cannot be; `Forbidden`, a failing store.
    pub fn plan_evening(&self, actor: &Actor, fields: &[(String, String)]) -> Result<EveningId> {
        actor.sees_persons()?;
        let (plan, people) = parse_evening(fields, self.now().day())?;
        self.at_desk(actor, move |desk| {
            desk.audit("evening.planned", None, &people.len().to_string())?;
            let id = desk.records.insert_evening(&plan)?;
            for person in people {
                add(desk, id, person)?;
            }
            arrange(desk, id)?;
            Ok(id)
        })
    }

    /// An evening with its rota and what came of it so far.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, a failing store.
    pub fn evening(&self, actor: &Actor, id: EveningId) -> Result<EveningPage> {
        self.at_desk(actor, move |desk| {
            let evening = desk.records.evening(id)?.ok_or(Error::NotFound)?;
            for guest in desk.records.guests(id)? {
                desk.audit("evening.read", Some(guest.person), &id.0.to_string())?;
            }
            table::page(desk, evening)
        })
    }

    /// Begins a round, the next one, and whether it did: one that began already, pressed on another
    /// screen, is left as it is.
    ///
    /// # Errors
    /// `Refused` with `evening-over` after the last one, `not-allowed-now` for one further on;
    /// `NotFound`, `Forbidden`, a failing store.
    pub fn begin_round(&self, actor: &Actor, id: EveningId, round: u32) -> Result<bool> {
        self.at_desk(actor, move |desk| {
            let evening = desk.records.evening(id)?.ok_or(Error::NotFound)?;
            let rounds = rounds(&desk.records.meets(id)?);
            if round > rounds {
                return Err(Error::Refused("evening-over"));
            }
            if round > evening.round + 1 {
                return Err(Error::Refused("not-allowed-now"));
            }
            let begins = round == evening.round + 1;
            if begins {
                desk.records.set_round(id, round)?;
            }
            Ok(begins)
        })
    }

    /// Takes back that the last round began. What was said on slips stays.
    ///
    /// # Errors
    /// `Refused` with `not-allowed-now` before the first one; `NotFound`, `Forbidden`, a failing store.
    pub fn round_back(&self, actor: &Actor, id: EveningId) -> Result<()> {
        self.at_desk(actor, move |desk| {
            let evening = desk.records.evening(id)?.ok_or(Error::NotFound)?;
            let before = evening.round.checked_sub(1).ok_or(Error::Refused("not-allowed-now"))?;
            desk.records.set_round(id, before)
        })
    }

    /// Notes that a guest stays away or is there after all, and mends the rounds to come.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, a failing store.
    pub fn guest_is_absent(&self, actor: &Actor, id: EveningId, number: u32, absent: bool) -> Result<()> {
        self.at_desk(actor, move |desk| {
            let guests = desk.records.guests(id)?;
            let guest = guests.iter().find(|guest| guest.number == number).ok_or(Error::NotFound)?;
            desk.audit("evening.absent", Some(guest.person), if absent { "yes" } else { "no" })?;
            desk.records.set_absent(id, number, absent)?;
            arrange(desk, id)
        })
    }

    /// Seats somebody who comes late, and mends the rounds to come.
    ///
    /// # Errors
    /// `Refused` with `evening-guest-there` or `evening-full`; `NotFound`, `Forbidden`, a failing
    /// store.
    pub fn late_guest(&self, actor: &Actor, id: EveningId, person: PersonId) -> Result<()> {
        self.at_desk(actor, move |desk| {
            desk.records.evening(id)?.ok_or(Error::NotFound)?;
            add(desk, id, person)?;
            arrange(desk, id)
        })
    }

    /// Deletes an evening with its slips.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, a failing store.
    pub fn delete_evening(&self, actor: &Actor, id: EveningId) -> Result<()> {
        self.at_desk(actor, move |desk| {
            desk.records.evening(id)?.ok_or(Error::NotFound)?;
            desk.audit("evening.deleted", None, &id.0.to_string())?;
            desk.records.delete_evening(id)
        })
    }
}

fn choices(people: Vec<Person>) -> Vec<GuestChoice> {
    people.into_iter().map(|person| GuestChoice { person: person.id, name: person.data.full_name() }).collect()
}

fn newcomers(desk: &mut Desk<'_>) -> Result<Vec<Person>> {
    let mut people = cast::looking(desk)?;
    people.retain(|person| !is_minor(person, desk.today()));
    Ok(people)
}

fn mentors(desk: &mut Desk<'_>) -> Result<Vec<Person>> {
    let mut free = Vec::new();
    for person in desk.records.people(Side::Mentor)? {
        if !is_minor(&person, desk.today()) && offer_here(desk, &person)?.capacity_left.get() > 0 {
            free.push(person);
        }
    }
    Ok(free)
}

/// Adds a guest under the next number.
fn add(desk: &mut Desk<'_>, id: EveningId, person: PersonId) -> Result<()> {
    let guests = desk.records.guests(id)?;
    if guests.iter().any(|guest| guest.person == person) {
        return Err(Error::Refused("evening-guest-there"));
    }
    if guests.len() >= MOST_GUESTS {
        return Err(Error::Refused("evening-full"));
    }
    let person = desk.records.person(person)?.filter(|person| !person.archived).ok_or(Error::NotFound)?;
    desk.audit("evening.guest", Some(person.id), &id.0.to_string())?;
    let number = guests.iter().map(|guest| guest.number).max().unwrap_or(0) + 1;
    let guest = Guest { number, side: person.data.side, person: person.id, absent: false };
    // Nothing opens this slip until somebody asks for what does: no secret hashes to this.
    let mut nothing = [0; 32];
    nothing[..16].copy_from_slice(&desk.fresh_id().0);
    desk.records.add_guest(id, &guest, &nothing)
}

/// How many rounds there are.
fn rounds(meets: &[Meet]) -> u32 {
    meets.iter().filter_map(|meet| meet.round).max().map_or(0, |last| last + 1)
}

/// Chooses who meets whom among those who are there, and gives every meeting that is still to come
/// a round. Rounds that began stay as they were.
fn arrange(desk: &mut Desk<'_>, id: EveningId) -> Result<()> {
    let evening = desk.records.evening(id)?.ok_or(Error::NotFound)?;
    let guests = desk.records.guests(id)?;
    let before = desk.records.meets(id)?;
    let held = |meet: &&Meet| meet.round.is_some_and(|round| round < evening.round);
    let mut meets: Vec<Meet> = before.iter().filter(held).copied().collect();
    let wanted = wanted(desk, &evening, &guests, &meets)?;
    let to_come: Vec<Meeting> = wanted.keys().copied().collect();
    let mut earlier: BTreeMap<u32, Vec<Meeting>> = BTreeMap::new();
    for meet in before.iter().filter(|meet| !held(meet)) {
        if let Some(round) = meet.round {
            let date = Meeting { newcomer: meet.newcomer, mentor: meet.mentor };
            earlier.entry(round - evening.round).or_default().push(date);
        }
    }
    let last = earlier.keys().next_back().map_or(0, |last| last + 1);
    let rounds = (0..last).map(|round| earlier.remove(&round).unwrap_or_default()).collect();
    let rota = replan(&Rota { rounds, at_least: 0 }, &to_come, evening.plan.tables as usize)
        .map_err(|_| Error::Refused("evening-too-long"))?;
    for (round, dates) in (evening.round..).zip(rota.rounds) {
        for (seat, date) in (0..).zip(dates) {
            meets.push(Meet {
                newcomer: date.newcomer,
                mentor: date.mentor,
                score: wanted.get(&date).copied().unwrap_or(0),
                round: Some(round),
                seat,
                newcomer_says: None,
                mentor_says: None,
            });
        }
    }
    desk.records.put_meets(id, &meets)
}

/// Who is still to meet whom, with their scores: in turn every newcomer takes the mentor who fits
/// best, each guest at most as often as planned, nobody twice.
fn wanted(desk: &mut Desk<'_>, evening: &Evening, guests: &[Guest], held: &[Meet]) -> Result<BTreeMap<Meeting, u32>> {
    let rules: Rules = cast::rules(desk)?;
    let (mut requests, mut offers) = (Vec::new(), Vec::new());
    for guest in guests.iter().filter(|guest| !guest.absent) {
        let Some(person) = desk.records.person(guest.person)? else { continue };
        let id = desk.fresh_id();
        match guest.side {
            Side::Newcomer => requests.push((guest.number, cast::request(desk, id, request_here(desk, &person)))),
            Side::Mentor => {
                let card = offer_here(desk, &person)?;
                offers.push((guest.number, matching::Offer { id, owner: desk.me.root, card }));
            }
        }
    }
    let met: BTreeSet<(u32, u32)> = held.iter().map(|meet| (meet.newcomer, meet.mentor)).collect();
    let mut pairs: Vec<(std::cmp::Reverse<u32>, Meeting)> = Vec::new();
    for (newcomer, request) in &requests {
        for (mentor, offer) in &offers {
            let fits = matching::eligible(request, offer, &rules).ok();
            if let Some(pair) = fits.filter(|_| !met.contains(&(*newcomer, *mentor))) {
                let score = matching::score(request, offer, &pair, &rules).total;
                pairs.push((std::cmp::Reverse(score), Meeting { newcomer: *newcomer, mentor: *mentor }));
            }
        }
    }
    pairs.sort_unstable();
    let mut count: BTreeMap<u32, u32> = BTreeMap::new();
    for meet in held {
        *count.entry(meet.newcomer).or_default() += 1;
        *count.entry(meet.mentor).or_default() += 1;
    }
    // Everybody has a first meeting before anybody has a second: who comes late is not left over.
    let mut wanted = BTreeMap::new();
    for level in 1..=evening.plan.most_dates {
        for (newcomer, _) in &requests {
            let met = |number: &u32| count.get(number).copied().unwrap_or(0);
            let free = |date: &Meeting| {
                date.newcomer == *newcomer && met(&date.mentor) < evening.plan.most_dates && !wanted.contains_key(date)
            };
            if met(newcomer) < level
                && let Some((std::cmp::Reverse(score), date)) = pairs.iter().find(|(_, date)| free(date)).copied()
            {
                *count.entry(date.newcomer).or_default() += 1;
                *count.entry(date.mentor).or_default() += 1;
                wanted.insert(date, score);
            }
        }
    }
    Ok(wanted)
}
