//! One request made ready to be compared with many cards: what each subject would add, looked up
//! instead of computed.

use schemas::MatchingRules;
use schemas::language::Language;
use schemas::occupation::{Isco, Occupation};
use schemas::vocabulary::{Slots, Strength};

use super::columns::Columns;
use super::packed::{self, DOMAINS, DUTCH, GROUP, Glance, Packed, RADIUS, SECTOR, SLOTS};
use crate::card::{Offer, Request, Rules};
use crate::eligible::{Pair, musts, shared_languages};
use crate::score::{ENOUGH, ENOUGH_LANGUAGES, MAX_QUARTERS, Part, Subject, fraction};

/// What is asked, in bits; domains, slots and other languages where a [`Glance`] has them.
pub(super) struct Question<'a> {
    pub(super) request: &'a Request,
    has_wishes: bool,
    goal: Option<Isco>,
    /// The group of the goal occupation.
    pub(super) group: Option<u64>,
    /// That of no card where there is no goal.
    sector: u64,
    domains: u64,
    languages: u128,
    others: u64,
    lists_dutch: bool,
    interests: u32,
    slots: u64,
    radius_metres: u32,
}

/// What each subject adds to the score of a pair with a municipality of certain rules.
#[derive(Clone)]
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
    /// What all wishes kept add, and the subject itself.
    wishes: u32,
    wish: Part,
    waiting: u32,
    enough_dutch: bool,
    /// What Dutch adds to the score where nothing else is shared.
    dutch_alone: u32,
}

/// The most that cards at one distance can score, by what is seen at a glance.
pub(super) struct Prospect {
    /// Kilometres that a mentor has to travel at least.
    needed_km: u8,
    occupation: [u32; 2],
    sector: [u32; 2],
    /// By how many domains are shared.
    domains: [u32; 7],
    /// By whether another language than Dutch is shared.
    languages: [u32; 2],
    /// Whether Dutch is enough to talk.
    dutch: bool,
    slots: [u32; 4],
    metres: u32,
    /// What the distance adds where it is as little as the request allows, and where it is none.
    near: u32,
    nearest: u32,
    rest: u32,
}

/// What is still wanted at one distance, for a judgement at a glance.
pub(super) struct Sieve<'a> {
    question: &'a Question<'a>,
    /// Of the group of the goal occupation, or of the others.
    akin: bool,
    /// What two cards must share to talk.
    talk: u64,
    needed_km: u64,
    /// The fewest domains to share, by whether the sector is the same, and whether another
    /// language than Dutch may be shared.
    fewest: [[usize; 2]; 2],
}

impl Sieve<'_> {
    /// The cards that are not seen to break a hard rule, and may still score enough.
    pub(super) fn passed(&self, cards: &Columns) -> u64 {
        let asked = self.question;
        let akin = asked.group.map_or(0, |group| cards.same(GROUP, group));
        let passed = if self.akin { akin } else { !akin };
        if passed == 0 {
            return 0;
        }
        let fit = passed & asked.can_meet(cards, self.talk, self.needed_km);
        let shared = cards.at_least_of(asked.domains);
        let (others, sector) = (cards.any(asked.others), cards.same(SECTOR, asked.sector));
        let [another, same] = self.fewest.map(|[dutch, more]| shared[dutch] & !others | shared[more] & others);
        fit & (another & !sector | same & sector)
    }
}

/// How a card compares.
pub(super) struct Compared {
    /// The score; of a card that is open the most that it can be.
    pub(super) total: u32,
    /// Whether wishes, or occupations of ESCO, are still to be looked at.
    pub(super) open: bool,
}

impl<'a> Question<'a> {
    pub(super) fn new(request: &'a Request) -> Self {
        let card = &request.card;
        let languages = packed::languages(&card.languages);
        let goal = card.goal_occupation.as_ref();
        Self {
            request,
            has_wishes: !card.wishes.is_empty(),
            goal: goal.and_then(Occupation::isco),
            group: goal.map(|goal| packed::group(Some(goal)).into()),
            sector: card.goal_sector.map_or(packed::NO_SECTOR, |sector| packed::sector(Some(sector))).into(),
            domains: DOMAINS.put(packed::domains(&card.domains)),
            languages,
            others: packed::others(languages),
            lists_dutch: card.languages.contains(&Language::dutch()),
            interests: packed::interests(&card.interests),
            slots: SLOTS.put(card.availability.bits()),
            radius_metres: u32::from(card.radius_km.get()) * 1_000,
        }
    }

    pub(super) fn reaches(&self, metres: u32) -> bool {
        metres <= self.radius_metres
    }

    /// What the subjects add between the municipalities of `ours`, the request's, and `theirs`.
    pub(super) fn points(&self, ours: &MatchingRules, theirs: &MatchingRules, rules: &Rules) -> Points {
        let card = &self.request.card;
        let (one, other) = (ours.weights.all(), theirs.weights.all());
        let points: [u64; 9] = std::array::from_fn(|at| u64::from(one[at]) + u64::from(other[at]));
        let all_points = points.iter().sum();
        let part =
            |subject: Subject, of: u32| Part { subject, points: points[subject as usize], all_points, have: 0, of };
        let values = |subject, of: u32| {
            let part = part(subject, of);
            move |have: usize| part.value_of(have as u32)
        };
        let needed = ours.min_dutch.max(theirs.min_dutch);
        let waiting = card.waiting_since.until(rules.today) as usize;
        let known = ENOUGH_LANGUAGES.min(self.languages.count_ones() + 1);
        Points {
            occupation: std::array::from_fn(values(Subject::Occupation, if self.group.is_some() { 3 } else { 0 })),
            sector: std::array::from_fn(values(Subject::Sector, u32::from(card.goal_sector.is_some()))),
            domains: std::array::from_fn(values(Subject::Domains, card.domains.len() as u32)),
            proximity: part(Subject::Proximity, self.radius_metres),
            languages: std::array::from_fn(|of| std::array::from_fn(values(Subject::Languages, of as u32))),
            interests: std::array::from_fn(values(Subject::Interests, ENOUGH.min(card.interests.len() as u32))),
            slots: std::array::from_fn(values(Subject::Slots, ENOUGH.min(card.availability.len()))),
            wishes: values(Subject::Wishes, 1)(1),
            wish: part(Subject::Wishes, 1),
            waiting: values(Subject::Waiting, MAX_QUARTERS)(waiting),
            enough_dutch: card.dutch.map_or(self.lists_dutch, |level| level >= needed),
            dutch_alone: values(Subject::Languages, known)(1),
        }
    }

    /// What lets through the cards that may score `least`: of the group of the goal occupation
    /// (`akin`), or of the others.
    pub(super) fn sieve(&self, prospect: &Prospect, akin: bool, least: u32) -> Sieve<'_> {
        let fewest = |sector: u32, languages: u32| {
            let base = prospect.occupation[usize::from(akin)] + sector + languages + prospect.unseen();
            let enough = |shared: &usize| base + prospect.domains[*shared] >= least;
            (1..prospect.domains.len()).find(enough).unwrap_or(prospect.domains.len())
        };
        Sieve {
            question: self,
            akin,
            talk: self.talk(prospect),
            needed_km: prospect.needed_km.into(),
            fewest: prospect.sector.map(|sector| prospect.languages.map(|languages| fewest(sector, languages))),
        }
    }

    /// The cards that are not seen to break a hard rule about slots, talk and the mentor's radius.
    fn can_meet(&self, cards: &Columns, talk: u64, needed_km: u64) -> u64 {
        cards.any(self.slots) & cards.any(talk) & cards.at_least(RADIUS, needed_km)
    }

    /// What two cards must share to talk.
    fn talk(&self, prospect: &Prospect) -> u64 {
        self.others | DUTCH.put(prospect.dutch)
    }

    /// The cards that are not seen to break any hard rule.
    pub(super) fn fitting(&self, cards: &Columns, prospect: &Prospect) -> u64 {
        cards.any(self.domains) & self.can_meet(cards, self.talk(prospect), prospect.needed_km.into())
    }

    /// The languages shared with a card, and whether Dutch is one of them.
    fn shared(&self, card: &Packed, points: &Points) -> (u32, bool) {
        let dutch = points.enough_dutch && card.speaks_dutch;
        ((self.languages & card.languages).count_ones() + u32::from(dutch), dutch)
    }

    /// Whether a card shares a language.
    pub(super) fn talks(&self, card: &Packed, points: &Points) -> bool {
        self.shared(card, points).0 > 0
    }

    /// Whether wishes, of which a *must* may be broken, are still to be looked at.
    pub(super) fn is_open(&self, card: &Packed) -> bool {
        self.has_wishes || card.has_wishes
    }

    /// The most that a card can score with what is seen at a glance: nearly all of it. A card that
    /// breaks one hard rule counts as if it just met that.
    pub(super) fn most(&self, card: Glance, prospect: &Prospect) -> u32 {
        prospect.occupation[usize::from(Some(GROUP.of(card)) == self.group)]
            + prospect.sector[self.same_sector(card)]
            + prospect.domains[card.shares(self.domains)]
            + prospect.languages[usize::from(card.shares(self.others) > 0)]
            + prospect.slots[self.shared_slots(card)]
            + prospect.near(self.limit(card).max(u32::from(prospect.needed_km) * 1_000))
            + prospect.rest
    }

    /// Of these cards, those that are seen to break no hard rule about domains, slots and the
    /// mentor's radius, and those that are seen to break one.
    pub(super) fn broken(&self, cards: &Columns, prospect: &Prospect) -> [u64; 2] {
        let slots = [!cards.any(self.slots), if self.slots == 0 { !cards.any(SLOTS.all()) } else { 0 }];
        let rest = [!cards.any(self.domains), !cards.at_least(RADIUS, prospect.needed_km.into())];
        let (mut one, mut more) = (0, 0);
        for broken in slots.into_iter().chain(rest) {
            more |= one & broken;
            one |= broken;
        }
        [!one, one & !more]
    }

    fn same_sector(&self, card: Glance) -> usize {
        usize::from(SECTOR.of(card) == self.sector)
    }

    /// How many slots are shared, as far as they count.
    fn shared_slots(&self, card: Glance) -> usize {
        card.shares(self.slots).min(ENOUGH as usize)
    }

    /// Metres that both may travel.
    fn limit(&self, card: Glance) -> u32 {
        card.radius_metres().min(self.radius_metres)
    }

    /// How a card that fits at a glance compares at `metres` with `points` for its municipality;
    /// none when they cannot talk.
    pub(super) fn compare(&self, glance: Glance, card: &Packed, points: &Points, metres: u32) -> Option<Compared> {
        let (shared, dutch) = self.shared(card, points);
        if shared == 0 {
            return None;
        }
        let known = self.languages.count_ones() + u32::from(dutch || self.lists_dutch);
        let enough = ENOUGH_LANGUAGES.min(known) as usize;
        let kinship = match (self.goal, card.isco) {
            (Some(goal), Some(isco)) => u32::from(goal.shared_digits(isco)).saturating_sub(1),
            // Of one group without an ISCO code: two ESCO occupations, which may be the same.
            _ => 3 * u32::from(self.goal.is_none() && Some(GROUP.of(glance)) == self.group),
        };
        let total = points.occupation[kinship as usize]
            + points.sector[self.same_sector(glance)]
            + points.domains[glance.shares(self.domains)]
            + points.near(metres, self.limit(glance))
            + points.languages[enough][(shared as usize).min(enough)]
            + points.interests[(self.interests & card.interests).count_ones().min(ENOUGH) as usize]
            + points.slots[self.shared_slots(glance)]
            + points.wishes
            + points.waiting;
        let esco = self.goal.is_none() && kinship > 0;
        Some(Compared { total, open: self.is_open(card) || esco })
    }
}

impl Question<'_> {
    /// Whether an `offer` and the request break no *must* of each other.
    pub(super) fn keeps_musts(&self, offer: &Offer, metres: u32, rules: &Rules) -> bool {
        let mut wishes = self.request.card.wishes.iter().chain(offer.card.wishes.iter());
        let may_break = wishes.any(|wish| wish.strength == Strength::Must);
        !may_break || self.pair(offer, metres, rules).is_some()
    }

    /// What holds between an `offer` and the request, as far as wishes ask; none when a *must* is
    /// broken.
    fn pair(&self, offer: &Offer, metres: u32, rules: &Rules) -> Option<Pair> {
        let pair = Pair {
            distance_metres: metres,
            limit_metres: 0,
            domains: Vec::new(),
            languages: shared_languages(self.request, offer, rules.min_dutch(self.request.owner, offer.owner)),
            common_slots: Slots::none(),
            local_checks: Vec::new(),
        };
        if !musts(self.request, offer, &pair).0.is_empty() {
            return None;
        }
        Some(pair)
    }

    /// The score of an `offer` that compared as open; none when a *must* is broken.
    pub(super) fn settle(&self, offer: &Offer, points: &Points, metres: u32, rules: &Rules, most: u32) -> Option<u32> {
        let pair = self.pair(offer, metres, rules)?;
        let (kept, of) = fraction(Subject::Wishes, self.request, offer, &pair, rules);
        let part = Part { of, ..points.wish };
        let goal = self.request.card.goal_occupation.as_ref();
        let theirs = offer.card.occupation.as_ref();
        // Of one group without an ISCO code, the two count as one occupation until looked at.
        let another = self.goal.is_none() && self.group == Some(packed::group(theirs).into()) && goal != theirs;
        let lost = if another { points.occupation[3] } else { 0 };
        Some(most - points.wishes - lost + part.value_of(kept))
    }
}

fn most(values: &[u32]) -> u32 {
    values.iter().max().copied().unwrap_or(0)
}

impl Points {
    fn near(&self, metres: u32, limit: u32) -> u32 {
        match limit {
            0 => Part { of: 1, ..self.proximity }.value_of(u32::from(metres == 0)),
            _ => Part { of: limit, ..self.proximity }.value_of(limit.saturating_sub(metres)),
        }
    }

    pub(super) fn prospect(&self, metres: u32) -> Prospect {
        let languages = self.languages.iter().map(|values| most(values)).max().unwrap_or(0);
        let needed_km = metres.div_ceil(1_000);
        Prospect {
            needed_km: u8::try_from(needed_km).unwrap_or(u8::MAX),
            occupation: [self.occupation[0], most(&self.occupation)],
            sector: self.sector,
            domains: self.domains,
            languages: [if self.enough_dutch { self.dutch_alone } else { 0 }, languages],
            dutch: self.enough_dutch,
            slots: self.slots,
            metres,
            // Further than the request reaches: as near as if it reached just so far.
            near: self.near(metres, self.proximity.of.max(needed_km * 1_000)),
            nearest: self.near(0, 0),
            rest: most(&self.interests) + self.wishes + self.waiting,
        }
    }
}

impl Prospect {
    /// The most that any card can score.
    pub(super) fn most(&self) -> u32 {
        most(&self.occupation) + most(&self.sector) + most(&self.domains) + most(&self.languages) + self.unseen()
    }

    /// The most that slots, distance, interests, wishes and waiting can add.
    fn unseen(&self) -> u32 {
        most(&self.slots) + self.near + self.rest
    }

    /// The most that the distance can add where a card's limit is so many metres.
    fn near(&self, limit: u32) -> u32 {
        let left = u64::from(limit.saturating_sub(self.metres));
        // Rounded up, for each owner's own is rounded down.
        let near = (u64::from(self.nearest + 1) * left).checked_div(u64::from(limit));
        near.map_or(self.nearest, |near| near as u32 + 1)
    }

    /// The most that a card outside the group of the goal occupation can score.
    pub(super) fn most_of_others(&self) -> u32 {
        self.occupation[0] + most(&self.sector) + most(&self.domains) + most(&self.languages) + self.unseen()
    }

    /// What holds for either.
    #[must_use]
    pub(super) fn or(mut self, other: &Self) -> Self {
        let raise = |mine: &mut [u32], theirs: &[u32]| {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
        };
        raise(&mut self.occupation, &other.occupation);
        raise(&mut self.sector, &other.sector);
        raise(&mut self.domains, &other.domains);
        raise(&mut self.languages, &other.languages);
        raise(&mut self.slots, &other.slots);
        self.dutch |= other.dutch;
        self.near = self.near.max(other.near);
        self.nearest = self.nearest.max(other.nearest);
        self.rest = self.rest.max(other.rest);
        self
    }
}
