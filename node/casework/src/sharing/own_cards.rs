//! Cards as matching here needs them: of our own persons straight from the file, also when
//! nothing was shared, and kept true at partners when places come and go.
//!
//! What is computed here for a person who is not shared stays here.

use schemas::bounded::{Kilometres, Places};
use schemas::ids::DocumentId;
use schemas::language::Language;
use schemas::places::Area;
use schemas::time::Date;
use schemas::vocabulary::Set;
use schemas::{MatchRequest, MentorOffer, SharedValue};

use crate::desk::{Desk, places_left_of};
use crate::error::Result;
use crate::people::{Person, PersonId};
use crate::publication;

/// The offer of a mentor of ours, from the file, with the places left now.
pub(crate) fn offer_here(desk: &mut Desk<'_>, mentor: &Person) -> Result<MentorOffer> {
    let places = places_left_of(desk.records, mentor)?;
    Ok(offer_with(desk, mentor, places))
}

/// The same with so many places left.
pub(crate) fn offer_with(desk: &Desk<'_>, mentor: &Person, places: u8) -> MentorOffer {
    let data = &mentor.data;
    MentorOffer {
        capacity_left: Places::clamped(places),
        domains: at_most(data.domains.iter().copied()),
        occupation: data.occupation.clone(),
        sector: data.sector,
        languages: at_most(languages(mentor)),
        area: data.meets_in.unwrap_or(desk.me.refnis),
        radius_km: Kilometres::clamped(data.radius_km),
        availability: data.slots,
        interests: at_most(data.interests.iter().copied()),
        style: data.style,
        wishes: at_most(data.wishes.iter().copied()),
        age_band: data.birth.band_on(desk.today()),
        sex: data.sex,
    }
}

/// The request of a newcomer of ours, from the file, nothing coarsened.
pub(crate) fn request_here(desk: &Desk<'_>, newcomer: &Person) -> MatchRequest {
    let data = &newcomer.data;
    MatchRequest {
        domains: at_most(data.domains.iter().copied()),
        goal_occupation: data.occupation.clone(),
        goal_sector: data.sector,
        dutch: data.dutch,
        languages: at_most(languages(newcomer)),
        age_band: data.birth.band_on(desk.today()),
        area: Area::Municipality(desk.me.refnis),
        radius_km: Kilometres::clamped(data.radius_km),
        availability: data.slots,
        interests: at_most(data.interests.iter().copied()),
        wishes: at_most(data.wishes.iter().copied()),
        waiting_since: data.registered_on.quarter(),
    }
}

/// Whether somebody is known to be under 18.
pub(crate) fn is_minor(person: &Person, today: Date) -> bool {
    person.data.birth.age_on(today).is_some_and(|age| age < 18)
}

fn languages(person: &Person) -> impl Iterator<Item = Language> {
    // The mother tongue first, should there be more than a card holds.
    person.data.mother_tongue.into_iter().chain(person.data.languages.iter().copied())
}

/// The first `MAX` different words.
pub(crate) fn at_most<T: Ord + Copy, const MAX: usize>(words: impl Iterator<Item = T>) -> Set<T, MAX> {
    let mut kept = std::collections::BTreeSet::new();
    for word in words {
        if kept.len() < MAX {
            kept.insert(word);
        }
    }
    Set::new(kept).unwrap_or_default()
}

/// The published card of a person of ours, with its value, once it is visible.
pub(crate) fn published(desk: &mut Desk<'_>, person: PersonId) -> Result<Option<(DocumentId, SharedValue)>> {
    let Some(id) = desk.records.live_card(person)? else { return Ok(None) };
    Ok(desk.records.document(id)?.map(|document| (id, document.value)))
}

/// Shows partners the places that a mentor has left now.
pub(crate) fn refresh_offer(desk: &mut Desk<'_>, mentor: Option<PersonId>) -> Result<()> {
    let Some(mentor) = mentor else { return Ok(()) };
    desk.outbox_filled();
    publication::refresh_card(desk.records, mentor, &desk.hand)
}

/// Takes the card of a newcomer back who waits no longer.
pub(crate) fn take_back(desk: &mut Desk<'_>, person: PersonId) -> Result<()> {
    desk.outbox_filled();
    publication::withdraw_card(desk.records, person, "withdrawn", &desk.hand)?;
    Ok(())
}
