//! Made-up cards of a large circle: 300 municipalities, three mentors in ten with a wish.
//!
//! The same seed gives the same cards.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use matching::{Offer, Request, Rules};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use schemas::bounded::{Kilometres, Places};
use schemas::ids::{DocumentId, RootId};
use schemas::language::Language;
use schemas::occupation::{Isco, Occupation};
use schemas::places::{Area, Refnis};
use schemas::vocabulary::{About, Cefr, Domain, Interest, Sector, Set, Sex, Slots, Strength, Wish};
use schemas::{MatchRequest, MentorOffer};

/// Municipalities of the circle.
const MUNICIPALITIES: usize = 300;
/// Provinces of Flanders, by the first digits of a REFNIS code.
const FLANDERS: [u32; 5] = [1, 2, 3, 4, 7];

/// Draws cards.
pub struct Cards {
    rng: ChaCha20Rng,
    towns: Vec<Refnis>,
    jobs: Vec<Isco>,
    languages: Vec<Language>,
}

impl Cards {
    /// Cards from this seed.
    pub fn new(seed: u64) -> Self {
        let flemish = |town: &Refnis| FLANDERS.contains(&(town.code() / 10_000));
        Self {
            rng: ChaCha20Rng::seed_from_u64(seed),
            towns: Refnis::all().filter(flemish).take(MUNICIPALITIES).collect(),
            jobs: Isco::titles_nl().map(|(_, isco)| isco).collect(),
            languages: Language::all().take(40).collect(),
        }
    }

    fn chance(&mut self, in_ten: u32) -> bool {
        self.rng.random_range(0..10) < in_ten
    }

    fn one<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.rng.random_range(0..all.len())]
    }

    fn some<T: Copy + Ord, const MAX: usize>(&mut self, all: &[T], most: usize) -> Result<Set<T, MAX>> {
        let words: BTreeSet<T> = (0..most).map(|_| self.one(all)).collect();
        Ok(Set::new(words)?)
    }

    fn slots(&mut self) -> Slots {
        (0..5).fold(Slots::none(), |all, _| {
            all.union(Slots::slot(self.rng.random_range(0..7), self.rng.random_range(0..3)))
        })
    }

    fn town(&mut self) -> Refnis {
        let at = self.rng.random_range(0..self.towns.len());
        self.towns[at]
    }

    fn job(&mut self) -> Occupation {
        let at = self.rng.random_range(0..self.jobs.len());
        Occupation::Isco(self.jobs[at])
    }

    fn spoken(&mut self, most: usize) -> BTreeSet<Language> {
        (0..most).map(|_| self.languages[self.rng.random_range(0..self.languages.len())]).collect()
    }

    /// A mentor's card under this number.
    ///
    /// # Errors
    /// Never: the sets are small enough.
    pub fn offer(&mut self, number: u64) -> Result<Offer> {
        let town = self.town();
        let more = self.rng.random_range(0..4);
        let languages = self.spoken(more).into_iter().chain([Language::dutch()]);
        let languages = Set::new(languages)?;
        let about = self.one(&[About::Nearby, About::SameSector, About::Sex(Sex::Female)]);
        let strength = self.one(&[Strength::Must, Strength::Preferred, Strength::Preferred]);
        let wishes = if self.chance(3) { Set::new([Wish { about, strength }])? } else { Set::default() };
        Ok(Offer {
            id: id(number),
            owner: owner(town),
            card: MentorOffer {
                capacity_left: Places::clamped(self.rng.random_range(1..3)),
                domains: self.some(Domain::ALL, 2)?,
                occupation: if self.chance(8) { Some(self.job()) } else { None },
                sector: Some(self.one(Sector::ALL)),
                languages,
                area: town,
                radius_km: Kilometres::clamped(self.rng.random_range(5..25)),
                availability: self.slots(),
                interests: self.some(Interest::ALL, 3)?,
                style: None,
                wishes,
                age_band: None,
                sex: Some(self.one(Sex::ALL)),
            },
        })
    }

    /// Rules of its own for every municipality, in the second quarter of 2026.
    ///
    /// # Errors
    /// Never.
    pub fn own_rules(&mut self) -> Result<Rules> {
        let mut rules = rules()?;
        for town in self.towns.clone() {
            let mut own = Rules::usual();
            own.weights.occupation = self.rng.random_range(1..=600);
            own.weights.proximity = self.rng.random_range(0..=300);
            own.weights.languages = self.rng.random_range(0..=300);
            own.min_dutch = self.one(Cefr::ALL);
            rules.own.insert(owner(town), own);
        }
        Ok(rules)
    }

    /// A newcomer's card under this number.
    ///
    /// # Errors
    /// Never: the sets are small enough.
    pub fn request(&mut self, number: u64) -> Result<Request> {
        let town = self.town();
        let strength = self.one(&[Strength::Must, Strength::Preferred]);
        let wish = Wish { about: About::Sex(Sex::Female), strength };
        let wishes = if self.chance(2) { Set::new([wish])? } else { Set::default() };
        Ok(Request {
            id: id(number),
            owner: owner(town),
            refnis: town,
            card: MatchRequest {
                domains: self.some(Domain::ALL, 2)?,
                goal_occupation: if self.chance(7) { Some(self.job()) } else { None },
                goal_sector: if self.chance(7) { Some(self.one(Sector::ALL)) } else { None },
                dutch: Some(self.one(Cefr::ALL)),
                languages: Set::new(self.spoken(2))?,
                age_band: None,
                area: Area::Municipality(town),
                radius_km: Kilometres::clamped(self.rng.random_range(5..25)),
                availability: self.slots(),
                interests: self.some(Interest::ALL, 3)?,
                wishes,
                waiting_since: "2025-Q4".parse()?,
            },
        })
    }
}

/// The usual rules everywhere, in the second quarter of 2026.
///
/// # Errors
/// Never.
pub fn rules() -> Result<Rules> {
    Ok(Rules::new(BTreeMap::new(), "2026-Q2".parse()?))
}

fn id(number: u64) -> DocumentId {
    DocumentId(u128::from(number).to_be_bytes())
}

fn owner(town: Refnis) -> RootId {
    let mut root = [0; 32];
    root[..4].copy_from_slice(&town.code().to_be_bytes());
    RootId(root)
}
