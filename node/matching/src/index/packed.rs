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
    /// From the lowest byte: domains, radius in kilometres, sector (zero without one), group.
    pub(super) head: u32,
    /// What two cards must have in common: the slots, and above them ([`DUTCH`], [`OTHERS`]) the
    /// languages.
    pub(super) common: u32,
}

/// The radius in [`Glance::head`].
pub(super) const RADIUS: u32 = 0xff00;
/// The sector in [`Glance::head`].
pub(super) const SECTOR: u32 = 0x00ff_0000;
/// The slots of a week in [`Glance::common`].
pub(super) const SLOTS: u32 = (1 << 21) - 1;
/// Dutch, as somebody speaks it well enough to talk.
pub(super) const DUTCH: u32 = 1 << 21;
/// Other languages, several to a bit: without a bit in common two cards share none of them.
pub(super) const OTHERS: u32 = !(SLOTS | DUTCH);

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
        let (domains, radius_km) = (domains(&card.domains), card.radius_km.get());
        Self {
            head: head(domains, radius_km, sector(card.sector), group(card.occupation.as_ref())),
            common: card.availability.bits()
                | others(languages(&card.languages))
                | if speaks_dutch(card) { DUTCH } else { 0 },
        }
    }

    /// Of a request the sector and the occupation are the goal. Whether its Dutch is enough depends
    /// on whom it meets.
    pub(super) fn of_request(card: &MatchRequest) -> Self {
        let (domains, radius_km) = (domains(&card.domains), card.radius_km.get());
        Self {
            head: head(domains, radius_km, sector(card.goal_sector), group(card.goal_occupation.as_ref())),
            common: card.availability.bits() | others(languages(&card.languages)),
        }
    }

    pub(super) fn domains(&self) -> u8 {
        self.head.to_le_bytes()[0]
    }

    pub(super) fn radius_km(&self) -> u8 {
        self.head.to_le_bytes()[1]
    }

    pub(super) fn sector(&self) -> u8 {
        self.head.to_le_bytes()[2]
    }

    pub(super) fn group(&self) -> u8 {
        self.head.to_le_bytes()[3]
    }

    pub(super) fn slots(&self) -> u32 {
        self.common & SLOTS
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

fn head(domains: u8, radius_km: u8, sector: u8, group: u8) -> u32 {
    u32::from_le_bytes([domains, radius_km, sector, group])
}

/// Who lists no language speaks Dutch.
fn speaks_dutch(card: &MentorOffer) -> bool {
    card.languages.is_empty() || card.languages.contains(&Language::dutch())
}

/// Languages other than Dutch as bits of [`Glance::common`].
pub(super) fn others(languages: u128) -> u32 {
    let mut left = languages;
    let mut bits = 0;
    while left != 0 {
        bits |= (DUTCH << 1) << (left.trailing_zeros() % OTHERS.count_ones());
        left &= left - 1;
    }
    bits
}

/// Without Dutch, which counts by its level.
pub(super) fn languages(set: &Languages) -> u128 {
    let others = set.iter().filter(|language| **language != Language::dutch());
    others.fold(0, |bits, language| bits | 1 << language.index())
}
