//! A mentor's card in few bytes: what a search compares, as bits and small numbers.
//!
//! It leaves wishes out: they are looked up on the card itself, for the few that come so far.

use schemas::MentorOffer;
use schemas::language::Language;
use schemas::occupation::{Isco, Occupation};
use schemas::vocabulary::{Domains, Interests, Languages, Sector};

/// The bucket of mentors without an occupation, and of those with an ESCO one.
const NONE: u16 = 0;
const ESCO: u16 = u16::MAX;

/// What a search compares of one card.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed {
    /// Place of the whole card.
    pub(super) slot: u32,
    pub(super) availability: u32,
    pub(super) languages: u128,
    pub(super) interests: u32,
    pub(super) isco: Option<Isco>,
    pub(super) domains: u16,
    /// Number of the owner.
    pub(super) owner: u32,
    pub(super) sector: Option<Sector>,
    pub(super) radius_km: u8,
    pub(super) speaks_dutch: bool,
    pub(super) has_wishes: bool,
}

impl Packed {
    pub(super) fn new(slot: u32, owner: u32, card: &MentorOffer) -> Self {
        Self {
            slot,
            owner,
            availability: card.availability.bits(),
            languages: languages(&card.languages),
            interests: interests(&card.interests),
            isco: card.occupation.as_ref().and_then(Occupation::isco),
            domains: domains(&card.domains),
            sector: card.sector,
            radius_km: card.radius_km.get(),
            speaks_dutch: card.languages.is_empty() || card.languages.contains(&Language::dutch()),
            has_wishes: !card.wishes.is_empty(),
        }
    }
}

/// The group of occupations outside which nothing is akin to this one: the ISCO sub-major group.
pub(super) fn group(occupation: Option<&Occupation>) -> u16 {
    match occupation {
        None => NONE,
        Some(Occupation::Isco(isco)) => isco.sub_major(),
        Some(Occupation::Esco(_)) => ESCO,
    }
}

pub(super) fn domains(set: &Domains) -> u16 {
    set.iter().fold(0, |bits, domain| bits | 1 << (*domain as u16))
}

pub(super) fn interests(set: &Interests) -> u32 {
    set.iter().fold(0, |bits, interest| bits | 1 << (*interest as u32))
}

/// Without Dutch, which counts by its level.
pub(super) fn languages(set: &Languages) -> u128 {
    let others = set.iter().filter(|language| **language != Language::dutch());
    others.fold(0, |bits, language| bits | 1 << language.index())
}
