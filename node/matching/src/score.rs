//! The score of a pair: nine subjects, in whole millionths, and the reasons behind it in values.
//!
//! Every subject is a fraction `have / of`. It yields `have / of` of its share of the points that
//! both municipalities together give to all subjects: the pair's weights are the average of both,
//! so the score is the same whoever computes it, and at most [`FULL`].

use schemas::language::Language;
use schemas::occupation::{Isco, Occupation};
use schemas::vocabulary::{About, Domain, Interest, Sector, Slots, Strength as WishStrength};

use crate::card::{Offer, Request, Rules, Side};
use crate::eligible::{Kept, Pair, kept, wishes};

/// The highest score: one, in millionths.
pub const FULL: u32 = 1_000_000;
/// Quarters of waiting that count; more does not add.
pub const MAX_QUARTERS: u32 = 8;
/// Shared interests, and common slots, that are enough for all points of their subject.
pub(crate) const ENOUGH: u32 = 3;
/// Shared languages that are enough.
pub(crate) const ENOUGH_LANGUAGES: u32 = 2;
/// From this share of what the request can reach a candidate is strong, in thousandths.
const STRONG: u64 = 700;
/// From this share it is good.
const GOOD: u64 = 500;

/// What a score is made of, in the order of the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// ISCO groups: 3 of 3 for the same unit group, 2 for the minor, 1 for the sub-major group.
    Occupation,
    /// The same sector.
    Sector,
    /// Of the domains asked, how many are offered.
    Domains,
    /// Metres below the smaller radius, of that radius.
    Proximity,
    /// Languages to talk in, up to two.
    Languages,
    /// Shared interests, up to three.
    Interests,
    /// Common slots, up to three.
    Slots,
    /// Of both sides' preferred wishes, how many are kept; all when there is none.
    Wishes,
    /// Quarters of waiting, up to eight.
    Waiting,
}

impl Subject {
    /// Every subject, in the order of the weights.
    pub const ALL: [Self; 9] = [
        Self::Occupation,
        Self::Sector,
        Self::Domains,
        Self::Proximity,
        Self::Languages,
        Self::Interests,
        Self::Slots,
        Self::Wishes,
        Self::Waiting,
    ];
}

/// One subject of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub subject: Subject,
    /// Its points, of `all_points`: the sum of what both municipalities give it.
    pub points: u64,
    /// The points of all subjects together.
    pub all_points: u64,
    /// How much there is.
    pub have: u32,
    /// How much would be all; zero when the cards give this subject nothing to compare.
    pub of: u32,
}

impl Part {
    /// What it adds to the score, in millionths, rounded down.
    pub fn value(&self) -> u32 {
        self.value_of(self.have)
    }

    /// What it would add with `have` of `of`.
    pub(crate) fn value_of(&self, have: u32) -> u32 {
        let whole = u64::from(self.of) * self.all_points;
        let share = (u64::from(FULL) * self.points * u64::from(have.min(self.of))).checked_div(whole);
        u32::try_from(share.unwrap_or(0)).unwrap_or(FULL)
    }
}

/// The score of a pair with its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// The sum of the parts: 0 to [`FULL`] millionths.
    pub total: u32,
    /// The nine subjects, in the order of [`Subject::ALL`].
    pub parts: [Part; 9],
}

/// How well a pair fits, by the share of what this request could reach (waiting aside).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// *Mogelijk*.
    Possible,
    /// *Goede match*.
    Good,
    /// *Sterke match*.
    Strong,
}

/// Why a pair fits, with its values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The mentor does what the newcomer aims at.
    SameOccupation(Occupation),
    /// The mentor's occupation is of the same minor or sub-major group.
    RelatedOccupation {
        /// What the newcomer aims at.
        goal: Isco,
        /// What the mentor does.
        mentor: Isco,
    },
    /// The same sector.
    SameSector(Sector),
    /// What is asked and offered.
    SharedDomains(Vec<Domain>),
    /// How near; zero within one municipality.
    Distance {
        /// Metres.
        metres: u32,
    },
    /// In which languages they can talk.
    SharedLanguages(Vec<Language>),
    /// What both like.
    SharedInterests(Vec<Interest>),
    /// When both can.
    SharedSlots(Slots),
    /// A wish that is kept, *must* or preferred.
    WishKept {
        /// Whose wish.
        wish_of: Side,
        /// What was wished.
        about: About,
    },
    /// The newcomer waits for long.
    WaitsLong {
        /// Whole quarters, [`MAX_QUARTERS`] for that many or more.
        quarters: u32,
    },
}

/// What does not fit, although it is no hard rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Miss {
    /// The newcomer aims at this occupation; the mentor's is not of its unit group, or not known.
    OtherOccupation(Occupation),
    /// The newcomer aims at this sector; the mentor's is another, or not known.
    OtherSector(Sector),
    /// Asked and not offered.
    DomainNotOffered(Domain),
    /// A contact language of the newcomer that the mentor does not speak.
    LanguageNotSpoken(Language),
    /// A preferred wish that is not kept.
    WishNotKept {
        /// Whose wish.
        wish_of: Side,
        /// What was wished.
        about: About,
        /// The card does not say whether it is kept.
        unknown: bool,
    },
}

/// The score of a pair that [`crate::eligible`] allowed.
pub fn score(request: &Request, offer: &Offer, pair: &Pair, rules: &Rules) -> Score {
    let points = rules.points(request.owner, offer.owner);
    let all_points = points.iter().sum();
    let parts = std::array::from_fn(|at| {
        let subject = Subject::ALL[at];
        let (have, of) = fraction(subject, request, offer, pair, rules);
        Part { subject, points: points[at], all_points, have: have.min(of), of }
    });
    Score { total: parts.iter().map(Part::value).sum(), parts }
}

/// How much there is of a subject, and how much would be all.
pub(crate) fn fraction(subject: Subject, request: &Request, offer: &Offer, pair: &Pair, rules: &Rules) -> (u32, u32) {
    let (asks, offers) = (&request.card, &offer.card);
    match subject {
        Subject::Occupation => match &asks.goal_occupation {
            None => (0, 0),
            Some(goal) => (kinship(goal, offers.occupation.as_ref()), 3),
        },
        Subject::Sector => match asks.goal_sector {
            None => (0, 0),
            goal => (u32::from(goal == offers.sector), 1),
        },
        Subject::Domains => (pair.domains.len() as u32, asks.domains.len() as u32),
        // A limit of zero is kept only by zero metres: all of it.
        Subject::Proximity if pair.limit_metres == 0 => (u32::from(pair.distance_metres == 0), 1),
        Subject::Proximity => (pair.limit_metres.saturating_sub(pair.distance_metres), pair.limit_metres),
        Subject::Languages => {
            let unspoken = asks.languages.iter().filter(|l| !pair.languages.contains(l)).count();
            let known = pair.languages.len() + unspoken;
            (pair.languages.len() as u32, ENOUGH_LANGUAGES.min(known as u32))
        }
        Subject::Interests => {
            let shared = asks.interests.common(&offers.interests).count() as u32;
            (shared, ENOUGH.min(asks.interests.len() as u32))
        }
        Subject::Slots => (pair.common_slots.len(), ENOUGH.min(asks.availability.len())),
        Subject::Wishes => {
            let all = preferred(request, offer, pair);
            let held = all.iter().filter(|(_, _, kept)| *kept == Kept::Yes).count();
            if all.is_empty() { (1, 1) } else { (held as u32, all.len() as u32) }
        }
        Subject::Waiting => (asks.waiting_since.until(rules.today), MAX_QUARTERS),
    }
}

/// 3 for the same unit group (or the same ESCO occupation), 2 for the same minor group, 1 for the
/// same sub-major group.
fn kinship(goal: &Occupation, mentor: Option<&Occupation>) -> u32 {
    match (goal, mentor) {
        (_, None) => 0,
        (Occupation::Isco(goal), Some(Occupation::Isco(mentor))) => {
            u32::from(goal.shared_digits(*mentor)).saturating_sub(1)
        }
        (goal, Some(mentor)) => {
            if goal == mentor {
                3
            } else {
                0
            }
        }
    }
}

/// Both sides' preferred wishes and what becomes of them.
fn preferred(request: &Request, offer: &Offer, pair: &Pair) -> Vec<(Side, About, Kept)> {
    let of = |side| {
        wishes(request, offer, side, WishStrength::Preferred)
            .map(move |about| (side, about, kept(request, offer, pair, side, about)))
    };
    of(Side::Newcomer).chain(of(Side::Mentor)).collect()
}

impl Score {
    /// One part.
    pub fn part(&self, subject: Subject) -> &Part {
        &self.parts[subject as usize]
    }

    /// How well the pair fits, of what this request could reach with any mentor. Waiting says
    /// nothing about a pair and is left out.
    pub fn strength(&self) -> Strength {
        let counts = self.parts.iter().filter(|part| part.subject != Subject::Waiting);
        let (reached, reachable) = counts.fold((0, 0), |(reached, reachable), part| {
            (reached + u64::from(part.value()), reachable + u64::from(part.value_of(part.of)))
        });
        match (reached * 1_000).checked_div(reachable).unwrap_or(0) {
            STRONG.. => Strength::Strong,
            GOOD.. => Strength::Good,
            _ => Strength::Possible,
        }
    }

    /// The reasons, the weightiest first; at equal weight in the order of [`Reason`].
    pub fn reasons(&self, request: &Request, offer: &Offer, pair: &Pair) -> Vec<Reason> {
        let (asks, offers) = (&request.card, &offer.card);
        let mut reasons: Vec<(u32, Reason)> = Vec::new();
        let mut add = |subject: Subject, reason: Option<Reason>| {
            let value = self.part(subject).value();
            reasons.extend(reason.filter(|_| self.part(subject).have > 0).map(|reason| (value, reason)));
        };
        add(Subject::Occupation, occupation_reason(asks.goal_occupation.as_ref(), offers.occupation.as_ref()));
        add(Subject::Sector, offers.sector.map(Reason::SameSector));
        add(Subject::Domains, Some(Reason::SharedDomains(pair.domains.clone())));
        add(Subject::Proximity, Some(Reason::Distance { metres: pair.distance_metres }));
        add(Subject::Languages, Some(Reason::SharedLanguages(pair.languages.clone())));
        let interests = asks.interests.common(&offers.interests).copied().collect();
        add(Subject::Interests, Some(Reason::SharedInterests(interests)));
        add(Subject::Slots, Some(Reason::SharedSlots(pair.common_slots)));
        let quarters = self.part(Subject::Waiting).have;
        add(Subject::Waiting, Some(Reason::WaitsLong { quarters }));
        let part = self.part(Subject::Wishes);
        let each = part.value().checked_div(part.have).unwrap_or(0);
        let held = preferred(request, offer, pair).into_iter().filter(|(_, _, kept)| *kept == Kept::Yes);
        reasons.extend(held.map(|(wish_of, about, _)| (each, Reason::WishKept { wish_of, about })));
        for wish_of in [Side::Newcomer, Side::Mentor] {
            let musts = wishes(request, offer, wish_of, WishStrength::Must);
            let held = musts.filter(|about| kept(request, offer, pair, wish_of, *about) == Kept::Yes);
            reasons.extend(held.map(|about| (0, Reason::WishKept { wish_of, about })));
        }
        reasons.sort_by(|(one, a), (other, b)| other.cmp(one).then_with(|| a.cmp(b)));
        reasons.dedup();
        reasons.into_iter().map(|(_, reason)| reason).collect()
    }
}

fn occupation_reason(goal: Option<&Occupation>, mentor: Option<&Occupation>) -> Option<Reason> {
    match (goal?, mentor?) {
        (Occupation::Isco(goal), Occupation::Isco(mentor)) if goal.shared_digits(*mentor) < 4 => {
            Some(Reason::RelatedOccupation { goal: *goal, mentor: *mentor })
        }
        (goal, _) => Some(Reason::SameOccupation(goal.clone())),
    }
}

/// What does not fit in a pair that is allowed, in the order of [`Miss`].
pub fn misses(request: &Request, offer: &Offer, pair: &Pair, score: &Score) -> Vec<Miss> {
    let asks = &request.card;
    let short = |subject| score.part(subject).have < score.part(subject).of;
    let occupation = asks.goal_occupation.clone().filter(|_| short(Subject::Occupation));
    let sector = asks.goal_sector.filter(|_| short(Subject::Sector));
    let domains = asks.domains.iter().filter(|domain| !pair.domains.contains(domain));
    let languages =
        asks.languages.iter().filter(|language| **language != Language::dutch() && !pair.languages.contains(language));
    let wishes = preferred(request, offer, pair).into_iter().filter(|(_, _, kept)| *kept != Kept::Yes);
    occupation
        .map(Miss::OtherOccupation)
        .into_iter()
        .chain(sector.map(Miss::OtherSector))
        .chain(domains.copied().map(Miss::DomainNotOffered))
        .chain(languages.copied().map(Miss::LanguageNotSpoken))
        .chain(wishes.map(|(wish_of, about, kept)| Miss::WishNotKept {
            wish_of,
            about,
            unknown: kept == Kept::Unknown,
        }))
        .collect()
}
