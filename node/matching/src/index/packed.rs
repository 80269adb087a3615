//! A card in few bytes: what a search compares, as bits and small numbers.
//!
//! It leaves wishes out: they are looked up on the card itself, for the few that come so far.

use schemas::language::Language;
use schemas::occupation::{Isco, Occupation};
use schemas::vocabulary::{Domains, Interests, Languages, Sector};
use schemas::{MatchRequest, MentorOffer};

/// What every card in reach is judged by first: eight bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glance {
    pub(super) domains: u8,
    pub(super) radius_km: u8,
    /// Zero without one.
    pub(super) sector: u8,
    pub(super) group: u8,
    pub(super) availability: u32,
}

/// The rest of what a search compares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed {
    pub(super) languages: u128,
    pub(super) interests: u32,
    /// Place of the whole card.
    pub(super) slot: u32,
    /// Number of the owner.
    pub(super) owner: u32,
    pub(super) isco: Option<Isco>,
    pub(super) speaks_dutch: bool,
    pub(super) has_wishes: bool,
}

impl Glance {
    pub(super) fn of_offer(card: &MentorOffer) -> Self {
        Self {
            domains: domains(&card.domains),
            radius_km: card.radius_km.get(),
            sector: sector(card.sector),
            group: group(card.occupation.as_ref()),
            availability: card.availability.bits(),
        }
    }

    /// Of a request the sector and the occupation are the goal.
    pub(super) fn of_request(card: &MatchRequest) -> Self {
        Self {
            domains: domains(&card.domains),
            radius_km: card.radius_km.get(),
            sector: sector(card.goal_sector),
            group: group(card.goal_occupation.as_ref()),
            availability: card.availability.bits(),
        }
    }
}

impl Packed {
    pub(super) fn new(slot: u32, owner: u32, card: &MentorOffer) -> Self {
        Self {
            slot,
            owner,
            languages: languages(&card.languages),
            interests: interests(&card.interests),
            isco: card.occupation.as_ref().and_then(Occupation::isco),
            speaks_dutch: card.languages.is_empty() || card.languages.contains(&Language::dutch()),
            has_wishes: !card.wishes.is_empty(),
        }
    }
}

/// The group of occupations outside which nothing is akin: the ISCO sub-major group (two digits),
/// zero without an occupation, the highest number for all of ESCO.
pub(super) fn group(occupation: Option<&Occupation>) -> u8 {
    match occupation {
        None => 0,
        Some(Occupation::Isco(isco)) => isco.sub_major() as u8,
        Some(Occupation::Esco(_)) => u8::MAX,
    }
}

/// The sector of no card.
pub(super) const NO_SECTOR: u8 = u8::MAX;

pub(super) fn sector(sector: Option<Sector>) -> u8 {
    sector.map_or(0, |sector| sector as u8 + 1)
}

pub(super) fn domains(set: &Domains) -> u8 {
    set.iter().fold(0, |bits, domain| bits | 1 << (*domain as u8))
}

pub(super) fn interests(set: &Interests) -> u32 {
    set.iter().fold(0, |bits, interest| bits | 1 << (*interest as u32))
}

/// Without Dutch, which counts by its level.
pub(super) fn languages(set: &Languages) -> u128 {
    let others = set.iter().filter(|language| **language != Language::dutch());
    others.fold(0, |bits, language| bits | 1 << language.index())
}
