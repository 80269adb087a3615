//! A card in few bytes: what a search compares, as bits and small numbers.
//!
//! It leaves wishes out: they are looked up on the card itself, for the few that come so far.

use schemas::ids::DocumentId;
use schemas::language::Language;
use schemas::occupation::{Isco, Occupation};
use schemas::vocabulary::{Domains, Interests, Languages, Sector};
use schemas::{MatchRequest, MentorOffer};

use super::columns::ones;
use crate::card::Offer;

/// What every card in reach is judged by first, in one word.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Glance(pub(super) u64);

/// A stretch of the bits of a [`Glance`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// The lowest bit.
    pub(super) from: u32,
    pub(super) bits: u32,
}

/// A bit for each domain.
pub(super) const DOMAINS: Field = Field { from: 0, bits: 8 };
/// Kilometres.
pub(super) const RADIUS: Field = Field { from: 8, bits: 8 };
/// Zero without one.
pub(super) const SECTOR: Field = Field { from: 16, bits: 8 };
/// The group of the occupation.
pub(super) const GROUP: Field = Field { from: 24, bits: 8 };
/// A bit for each slot of a week.
pub(super) const SLOTS: Field = Field { from: 32, bits: 21 };
/// Dutch, as somebody speaks it well enough to talk.
pub(super) const DUTCH: Field = Field { from: 53, bits: 1 };
/// Other languages, several to a bit: without a bit in common two cards share none of them.
pub(super) const OTHERS: Field = Field { from: 54, bits: 10 };

impl Field {
    /// This value in its place.
    pub(super) fn put(self, value: impl Into<u64>) -> u64 {
        value.into() << self.from
    }

    /// Every bit of it.
    pub(super) fn all(self) -> u64 {
        ((1 << self.bits) - 1) << self.from
    }

    /// What a glance holds in it.
    pub(super) fn of(self, glance: Glance) -> u64 {
        (glance.0 & self.all()) >> self.from
    }
}

/// The rest of what a search compares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed {
    pub(super) languages: u128,
    pub(super) id: DocumentId,
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
        Self(
            DOMAINS.put(domains(&card.domains))
                | RADIUS.put(card.radius_km.get())
                | SECTOR.put(sector(card.sector))
                | GROUP.put(group(card.occupation.as_ref()))
                | SLOTS.put(card.availability.bits())
                | DUTCH.put(speaks_dutch(card))
                | others(languages(&card.languages)),
        )
    }

    /// Of a request the sector and the occupation are the goal. Whether its Dutch is enough depends
    /// on whom it meets.
    pub(super) fn of_request(card: &MatchRequest) -> Self {
        Self(
            DOMAINS.put(domains(&card.domains))
                | RADIUS.put(card.radius_km.get())
                | SECTOR.put(sector(card.goal_sector))
                | GROUP.put(group(card.goal_occupation.as_ref()))
                | SLOTS.put(card.availability.bits())
                | others(languages(&card.languages)),
        )
    }

    /// How many bits of `ours` it has too.
    pub(super) fn shares(self, ours: u64) -> usize {
        (self.0 & ours).count_ones() as usize
    }

    /// The radius.
    pub(super) fn radius_metres(self) -> u32 {
        RADIUS.of(self) as u32 * 1_000
    }
}

impl Packed {
    pub(super) fn new(slot: u32, owner: u32, offer: &Offer) -> Self {
        let card = &offer.card;
        Self {
            id: offer.id,
            slot,
            owner,
            languages: languages(&card.languages),
            interests: interests(&card.interests),
            isco: card.occupation.as_ref().and_then(Occupation::isco),
            speaks_dutch: speaks_dutch(card),
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

/// Who lists no language speaks Dutch.
fn speaks_dutch(card: &MentorOffer) -> bool {
    card.languages.is_empty() || card.languages.contains(&Language::dutch())
}

/// Languages other than Dutch as they stand in a [`Glance`].
pub(super) fn others(languages: u128) -> u64 {
    let (low, high) = (languages as u64, (languages >> 64) as u64);
    let bit = |language: u32| OTHERS.put(1u64 << (language % OTHERS.bits));
    ones(low).map(bit).chain(ones(high).map(|at| bit(64 + at))).fold(0, |all, bit| all | bit)
}

/// Without Dutch, which counts by its level.
pub(super) fn languages(set: &Languages) -> u128 {
    let others = set.iter().filter(|language| **language != Language::dutch());
    others.fold(0, |bits, language| bits | 1 << language.index())
}
