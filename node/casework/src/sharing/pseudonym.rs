//! Pseudonymisation: a person's record to the card that partners see, and the two side by side.
//! Pure. What no line here copies, stays.

use schemas::bounded::{Kilometres, Places};
use schemas::places::{Area, Refnis};
use schemas::time::Date;
use schemas::vocabulary::{About, Wish};
use schemas::{MatchRequest, MentorOffer, SharedValue};

use crate::form::{birth_text, wish_code};
use crate::guard::Quasi;
use crate::own_cards::at_most;
use crate::people::{PersonData, Side};
use crate::people_view::BorderField;

/// The card of a mentor with `places` left. Where a mentor lives does not leave: only where the
/// two meet, and else the municipality of the node.
/// Of more words than a card holds the first ones leave, the mother tongue before other languages.
pub fn mentor_offer(data: &PersonData, places: u8, here: Refnis, today: Date) -> MentorOffer {
    let languages = data.mother_tongue.into_iter().chain(data.languages.iter().copied());
    MentorOffer {
        capacity_left: Places::clamped(places),
        domains: at_most(data.domains.iter().copied()),
        occupation: data.occupation.clone(),
        sector: data.sector,
        languages: at_most(languages),
        area: data.meets_in.unwrap_or(here),
        radius_km: Kilometres::clamped(data.radius_km),
        availability: data.slots,
        interests: at_most(data.interests.iter().copied()),
        style: data.style,
        wishes: at_most(data.wishes.iter().copied()),
        age_band: data.birth.band_on(today).filter(|_| data.shows_age),
        sex: data.sex.filter(|_| data.shows_sex),
    }
}

/// The card of a newcomer, with no more of the quasi-identifiers than the guard let through.
pub fn match_request(data: &PersonData, shown: &Quasi, here: Refnis) -> MatchRequest {
    MatchRequest {
        domains: at_most(data.domains.iter().copied()),
        goal_occupation: data.occupation.clone(),
        goal_sector: data.sector,
        dutch: data.dutch,
        languages: at_most(shown.languages.iter().copied()),
        age_band: shown.age_band,
        area: Area::Municipality(here),
        radius_km: Kilometres::clamped(data.radius_km),
        availability: data.slots,
        interests: at_most(data.interests.iter().copied()),
        wishes: at_most(travelling_wishes(data, shown)),
        waiting_since: data.registered_on.quarter(),
    }
}

/// A wish for a language says what the newcomer speaks: it leaves only with that language.
fn travelling_wishes(data: &PersonData, shown: &Quasi) -> impl Iterator<Item = Wish> {
    data.wishes.iter().copied().filter(|wish| match wish.about {
        About::Language(language) => shown.languages.contains(&language),
        About::Sex(_) | About::Age(_) | About::Nearby | About::SameSector => true,
    })
}

fn words<T: ToString>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}

fn text(value: &str) -> Vec<String> {
    if value.is_empty() { Vec::new() } else { vec![value.to_owned()] }
}

/// Every field of a person beside what `card` shows of it.
pub fn border(data: &PersonData, card: Option<&SharedValue>, here: Refnis, today: Date) -> Vec<BorderField> {
    let mut fields = Vec::new();
    let mut put = |field, here: Vec<String>, shared: Vec<String>| fields.push(BorderField { field, here, shared });
    let (offer, request) = match card {
        Some(SharedValue::MentorOffer(offer)) => (Some(offer), None),
        Some(SharedValue::MatchRequest(request)) => (None, Some(request)),
        _ => (None, None),
    };
    /// The same field of whichever card there is.
    macro_rules! shared {
        ($offer:ident, $request:ident) => {
            match (offer, request) {
                (Some(offer), _) => words(offer.$offer.iter()),
                (_, Some(request)) => words(request.$request.iter()),
                _ => Vec::new(),
            }
        };
    }
    put("name", text(&data.full_name()), Vec::new());
    put("contact", text(&contact(data)), Vec::new());
    put("birth", text(&birth_text(data.birth)), Vec::new());
    put("age", words(data.birth.age_on(today)), shared!(age_band, age_band));
    put("sex", words(data.sex), offer.map_or_else(Vec::new, |offer| words(offer.sex)));
    let home = data.contact.municipality.unwrap_or(here);
    let area = match (offer, request) {
        (Some(offer), _) => words([offer.area]),
        (_, Some(request)) => match request.area {
            Area::Municipality(refnis) => words([refnis]),
            Area::Circle => vec!["circle".to_owned()],
        },
        _ => Vec::new(),
    };
    put("area", words([if data.side == Side::Mentor { data.meets_in.unwrap_or(home) } else { home }]), area);
    put("country", text(&data.country), Vec::new());
    put("languages", words(&data.languages), shared!(languages, languages));
    put("domains", words(&data.domains), shared!(domains, domains));
    let occupation = data.occupation.as_ref().map_or_else(|| text(&data.occupation_text), |found| words([found]));
    put("occupation", occupation, shared!(occupation, goal_occupation));
    put("sector", words(data.sector), shared!(sector, goal_sector));
    let slots = offer.map(|offer| offer.availability).or(request.map(|request| request.availability));
    put("slots", data.slots.codes(), slots.map(schemas::vocabulary::Slots::codes).unwrap_or_default());
    put("interests", words(&data.interests), shared!(interests, interests));
    let wishes = offer.map(|offer| &offer.wishes).or(request.map(|request| &request.wishes));
    let wishes = wishes.map(|wishes| wishes.iter().map(wish_code).collect()).unwrap_or_default();
    put("wishes", data.wishes.iter().map(wish_code).collect(), wishes);
    let radius = offer.map(|offer| offer.radius_km).or(request.map(|request| request.radius_km));
    put("radius_km", words([data.radius_km]), words(radius));
    match data.side {
        Side::Mentor => {
            put("capacity", words([data.capacity]), words(offer.map(|offer| offer.capacity_left)));
            put("style", words(data.style), words(offer.and_then(|offer| offer.style)));
        }
        Side::Newcomer => {
            put("dutch", words(data.dutch), words(request.and_then(|request| request.dutch)));
            put("waiting", words([data.registered_on]), words(request.map(|request| request.waiting_since)));
            put("former_work", text(&data.former_work), Vec::new());
            put("children", words(data.children), Vec::new());
        }
    }
    put("education", text(&data.education), Vec::new());
    put("intake", text(&conversation(data)), Vec::new());
    fields
}

fn contact(data: &PersonData) -> String {
    let contact = &data.contact;
    let parts = [&contact.street, &contact.postal_code, &contact.phone, &contact.email];
    parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" · ")
}

/// The first words of the conversation, to show that it is here.
fn conversation(data: &PersonData) -> String {
    let intake = &data.intake;
    let all =
        [&intake.needs, &intake.expectations, &intake.background, &intake.experience, &intake.goals, &intake.barriers];
    let first = all.into_iter().find(|text| !text.is_empty()).map_or("", String::as_str);
    first.chars().take(80).collect()
}
