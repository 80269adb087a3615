//! From what is kept of an evening to what its page shows.

use std::collections::{BTreeMap, BTreeSet};

use matching::evening::{Date as Meeting, Match, Slip, fullest, stable};

use super::ports::{Evening, Guest, Meet};
use super::view::{EveningPage, EveningRow, NamedGuest, Outcome, Round};
use super::{choices, mentors, newcomers, rounds};
use crate::desk::Desk;
use crate::error::Result;
use crate::own_cards::offer_here;
use crate::people::Side;
use crate::whole_list::no_list;

pub(super) fn row(desk: &mut Desk<'_>, evening: Evening) -> Result<EveningRow> {
    let guests = desk.records.guests(evening.id)?.iter().filter(|guest| !guest.absent).count();
    let rounds = rounds(&desk.records.meets(evening.id)?);
    Ok(EveningRow { evening, guests, rounds })
}

pub(super) fn page(desk: &mut Desk<'_>, evening: Evening) -> Result<EveningPage> {
    let meets = desk.records.meets(evening.id)?;
    let guests = desk.records.guests(evening.id)?;
    let mut places: BTreeMap<u32, u32> = BTreeMap::new();
    let mut named = Vec::new();
    for guest in &guests {
        named.push(name(desk, &evening, guest, &meets)?);
        if guest.side == Side::Mentor
            && let Some(person) = desk.records.person(guest.person)?
        {
            places.insert(guest.number, u32::from(offer_here(desk, &person)?.capacity_left.get()));
        }
    }
    let slips = slips(&meets);
    let here: BTreeSet<_> = guests.iter().map(|guest| guest.person).collect();
    let mut late = newcomers(desk)?;
    late.extend(mentors(desk)?);
    late.retain(|person| !here.contains(&person.id));
    Ok(EveningPage {
        rounds: (0..rounds(&meets)).map(|round| seats(round, &meets, &guests)).collect(),
        stable: outcomes(stable(&slips, &places), &slips),
        fullest: outcomes(fullest(&slips, &places).map_err(no_list)?, &slips),
        guests: named,
        late: choices(late),
        evening,
    })
}

fn name(desk: &mut Desk<'_>, evening: &Evening, guest: &Guest, meets: &[Meet]) -> Result<NamedGuest> {
    let own: Vec<&Meet> = meets.iter().filter(|meet| [meet.newcomer, meet.mentor].contains(&guest.number)).collect();
    let held = own.iter().filter(|meet| meet.round.is_some_and(|round| round < evening.round));
    let says = |meet: &&&Meet| match guest.side {
        Side::Newcomer => meet.newcomer_says.is_none(),
        Side::Mentor => meet.mentor_says.is_none(),
    };
    Ok(NamedGuest {
        number: guest.number,
        side: guest.side,
        person: guest.person,
        name: desk.name(Some(guest.person))?,
        absent: guest.absent,
        meets: own.len(),
        open_slips: held.filter(says).count(),
        screened: guest.side == Side::Newcomer || desk.records.screening(guest.person)?.is_some(),
    })
}

fn seats(round: u32, meets: &[Meet], guests: &[Guest]) -> Round {
    let mut seated: Vec<Meet> = meets.iter().filter(|meet| meet.round == Some(round)).copied().collect();
    seated.sort_by_key(|meet| meet.seat);
    let busy: BTreeSet<u32> = seated.iter().flat_map(|meet| [meet.newcomer, meet.mentor]).collect();
    let there = guests.iter().filter(|guest| !guest.absent).map(|guest| guest.number);
    Round { pause: there.filter(|number| !busy.contains(number)).collect(), meets: seated }
}

/// The meetings of which both slips are filled in.
fn slips(meets: &[Meet]) -> Vec<Slip> {
    let slip = |meet: &Meet| {
        Some(Slip {
            date: Meeting { newcomer: meet.newcomer, mentor: meet.mentor },
            newcomer: meet.newcomer_says?,
            mentor: meet.mentor_says?,
            score: meet.score,
        })
    };
    meets.iter().filter_map(slip).collect()
}

fn outcomes(matches: Vec<Match>, slips: &[Slip]) -> Vec<Outcome> {
    let outcome = |one: Match| {
        let slip = slips.iter().find(|slip| slip.date == one)?;
        Some(Outcome { newcomer: one.newcomer, mentor: one.mentor, says: (slip.newcomer, slip.mentor) })
    };
    matches.into_iter().filter_map(outcome).collect()
}
