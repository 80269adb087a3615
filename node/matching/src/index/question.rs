//! One request made ready to be compared with many cards: what each subject would add, looked up
//! instead of computed.

use schemas::vocabulary::Cefr;
use schemas::{MatchingRules, language::Language};

use super::packed::{self, Packed};
use crate::card::{Request, Rules};
use crate::score::{ENOUGH, ENOUGH_LANGUAGES, MAX_QUARTERS, Part, Subject};

/// What is asked, in bits.
pub(super) struct Question<'a> {
    pub(super) request: &'a Request,
    pub(super) has_wishes: bool,
    domains: u16,
    languages: u128,
    lists_dutch: bool,
    interests: u32,
    availability: u32,
    radius_metres: u32,
}

/// What each subject adds to the score of a pair with a municipality of certain rules.
pub(super) struct Points {
    /// By kinship, 0 to 3.
    occupation: [u32; 4],
    sector: [u32; 2],
    domains: [u32; 7],
    proximity: Part,
    /// By how many are enough (0 to 2) and how many there are.
    languages: [[u32; 3]; 3],
    interests: [u32; 4],
    slots: [u32; 4],
    wishes: u32,
    waiting: u32,
    enough_dutch: bool,
}

/// How a card compares.
pub(super) struct Compared {
    /// The score; of a pair with wishes the most that it can be.
    pub(super) total: u32,
    /// Whether wishes are still to be looked at.
    pub(super) open: bool,
}

impl<'a> Question<'a> {
    pub(super) fn new(request: &'a Request) -> Self {
        let card = &request.card;
        Self {
            request,
            has_wishes: !card.wishes.is_empty(),
            domains: packed::domains(&card.domains),
            languages: packed::languages(&card.languages),
            lists_dutch: card.languages.contains(&Language::dutch()),
            interests: packed::interests(&card.interests),
            availability: card.availability.bits(),
            radius_metres: u32::from(card.radius_km.get()) * 1_000,
        }
    }

    pub(super) fn reaches(&self, metres: u32) -> bool {
        metres <= self.radius_metres
    }

    /// What the subjects add between the municipalities of `ours`, the request's, and `theirs`.
    pub(super) fn points(&self, ours: &MatchingRules, theirs: &MatchingRules, rules: &Rules) -> Points {
        let card = &self.request.card;
        let all = |weights: &MatchingRules| weights.weights.all().map(u64::from);
        let (ours_all, theirs_all) = (all(ours), all(theirs));
        let points: [u64; 9] = std::array::from_fn(|at| ours_all[at] + theirs_all[at]);
        let all_points = points.iter().sum();
        let part =
            |subject: Subject, of: u32| Part { subject, points: points[subject as usize], all_points, have: 0, of };
        let values = |subject, of: u32| {
            let part = part(subject, of);
            move |have: usize| part.value_of(have as u32)
        };
        let needed: Cefr = ours.min_dutch.max(theirs.min_dutch);
        Points {
            occupation: std::array::from_fn(values(
                Subject::Occupation,
                if card.goal_occupation.is_some() { 3 } else { 0 },
            )),
            sector: std::array::from_fn(values(Subject::Sector, u32::from(card.goal_sector.is_some()))),
            domains: std::array::from_fn(values(Subject::Domains, card.domains.len() as u32)),
            proximity: part(Subject::Proximity, self.radius_metres),
            languages: std::array::from_fn(|of| std::array::from_fn(values(Subject::Languages, of as u32))),
            interests: std::array::from_fn(values(Subject::Interests, ENOUGH.min(card.interests.len() as u32))),
            slots: std::array::from_fn(values(Subject::Slots, ENOUGH.min(card.availability.len()))),
            wishes: values(Subject::Wishes, 1)(1),
            waiting: values(Subject::Waiting, MAX_QUARTERS)(card.waiting_since.until(rules.today) as usize),
            enough_dutch: match card.dutch {
                Some(level) => level >= needed,
                None => self.lists_dutch,
            },
        }
    }

    /// How `card` compares at `metres` with `points` for its municipality; none when a hard rule
    /// other than a wish is broken.
    pub(super) fn compare(&self, card: &Packed, points: &Points, metres: u32) -> Option<Compared> {
        let domains = self.domains & card.domains;
        let slots = self.availability & card.availability;
        let reach = u32::from(card.radius_km) * 1_000;
        if domains == 0 || slots == 0 || metres > reach {
            return None;
        }
        let dutch = points.enough_dutch && card.speaks_dutch;
        let shared = (self.languages & card.languages).count_ones() + u32::from(dutch);
        if shared == 0 {
            return None;
        }
        let known = self.languages.count_ones() + u32::from(dutch || self.lists_dutch);
        let of = ENOUGH_LANGUAGES.min(known) as usize;
        let (asks, offers) = (&self.request.card, card);
        let kinship = match (asks.goal_occupation.as_ref().and_then(|goal| goal.isco()), offers.isco) {
            (Some(goal), Some(isco)) => u32::from(goal.shared_digits(isco)).saturating_sub(1),
            // An ESCO occupation is compared on the card itself.
            (None, None) if asks.goal_occupation.is_some() => 3,
            _ => 0,
        };
        let total = points.occupation[kinship as usize]
            + points.sector[usize::from(asks.goal_sector.is_some() && asks.goal_sector == offers.sector)]
            + points.domains[domains.count_ones() as usize]
            + points.near(metres, reach.min(self.radius_metres))
            + points.languages[of][(shared as usize).min(of)]
            + points.interests[((self.interests & offers.interests).count_ones().min(ENOUGH)) as usize]
            + points.slots[(slots.count_ones().min(ENOUGH)) as usize]
            + points.wishes
            + points.waiting;
        let esco = kinship == 3 && offers.isco.is_none();
        Some(Compared { total, open: self.has_wishes || offers.has_wishes || esco })
    }
}

impl Points {
    fn near(&self, metres: u32, limit: u32) -> u32 {
        match limit {
            0 => Part { of: 1, ..self.proximity }.value_of(u32::from(metres == 0)),
            _ => Part { of: limit, ..self.proximity }.value_of(limit.saturating_sub(metres)),
        }
    }

    /// The most that a card at `metres` can score, akin in occupation or not.
    pub(super) fn at_most(&self, metres: u32, akin: bool) -> u32 {
        let most = |values: &[u32]| values.iter().max().copied().unwrap_or(0);
        most(&self.occupation[..if akin { 4 } else { 1 }])
            + most(&self.sector)
            + most(&self.domains)
            + self.near(metres, self.proximity.of)
            + self.languages.iter().map(|values| most(values)).max().unwrap_or(0)
            + most(&self.interests)
            + most(&self.slots)
            + self.wishes
            + self.waiting
    }
}
