//! Cards for the tests: a welder in Aartselaar, and whatever proptest thinks of.

use std::collections::BTreeMap;

use matching::{Offer, Request, Rules};
use proptest::prelude::*;
use schemas::bounded::{Kilometres, Places};
use schemas::documents::{Exchange, Weights};
use schemas::ids::{DocumentId, RootId};
use schemas::places::{Area, Refnis};
use schemas::vocabulary::{About, AgeBand, Cefr, Domain, Interest, Sector, Set, Sex, Slots, Strength, Wish};
use schemas::{MatchRequest, MatchingRules, MentorOffer};

pub(crate) const MORTSEL: &str = "11029";
pub(crate) const AARTSELAAR: &str = "11001";
pub(crate) const BORSBEEK: &str = "11007";

pub(crate) fn refnis(code: &str) -> Refnis {
    code.parse().expect("in the table")
}

pub(crate) fn owner(number: u8) -> RootId {
    RootId([number; 32])
}

pub(crate) fn id(number: u8) -> DocumentId {
    DocumentId([number; 16])
}

pub(crate) fn set<T: Ord, const MAX: usize>(words: impl IntoIterator<Item = T>) -> Set<T, MAX> {
    Set::new(words).expect("few enough")
}

pub(crate) fn must(about: About) -> Wish {
    Wish { about, strength: Strength::Must }
}

pub(crate) fn preferred(about: About) -> Wish {
    Wish { about, strength: Strength::Preferred }
}

pub(crate) fn language(code: &str) -> schemas::language::Language {
    code.parse().expect("in the list")
}

/// A newcomer of Borsbeek who wants to weld, speaks Persian and some Dutch.
pub(crate) fn newcomer() -> Request {
    Request {
        id: id(1),
        owner: owner(1),
        refnis: refnis(BORSBEEK),
        card: MatchRequest {
            domains: set([Domain::Work, Domain::Language]),
            goal_occupation: Some("7212".parse().expect("a welder")),
            goal_sector: Some(Sector::Metal),
            dutch: Some(Cefr::A2),
            languages: set([language("fa")]),
            age_band: AgeBand::of_age(30),
            area: Area::Municipality(refnis(BORSBEEK)),
            radius_km: Kilometres::clamped(12),
            availability: Slots::slot(2, 1).union(Slots::slot(5, 0)),
            interests: set([Interest::Football, Interest::Cooking]),
            wishes: set([]),
            waiting_since: "2025-Q4".parse().expect("a quarter"),
        },
    }
}

/// The welder of Aartselaar.
pub(crate) fn welder() -> Offer {
    Offer {
        id: id(101),
        owner: owner(2),
        card: MentorOffer {
            capacity_left: Places::clamped(1),
            domains: set([Domain::Work]),
            occupation: Some("7212".parse().expect("a welder")),
            sector: Some(Sector::Metal),
            languages: set([language("nl"), language("fr")]),
            area: refnis(AARTSELAAR),
            radius_km: Kilometres::clamped(10),
            availability: Slots::slot(5, 0),
            interests: set([Interest::Football]),
            style: None,
            wishes: set([]),
            age_band: None,
            sex: Some(Sex::Male),
        },
    }
}

pub(crate) fn rules() -> Rules {
    Rules::new(BTreeMap::new(), "2026-Q2".parse().expect("a quarter"))
}

fn words<T: Copy + Ord + std::fmt::Debug + 'static, const MAX: usize>(
    all: &'static [T],
    most: usize,
) -> impl Strategy<Value = Set<T, MAX>> {
    prop::sample::subsequence(all, 0..=most.min(all.len())).prop_map(set)
}

fn some<T: Clone + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn languages() -> impl Strategy<Value = Set<schemas::language::Language, 8>> {
    // The index holds Arabic and Chechen in one bit.
    prop::sample::subsequence(vec!["nl", "fr", "en", "ar", "ce"], 0..=3)
        .prop_map(|codes| set(codes.into_iter().map(language)))
}

fn occupations() -> impl Strategy<Value = Option<schemas::occupation::Occupation>> {
    prop::option::of(some(&["7212", "7213", "72", "2512", "5120"]))
        .prop_map(|code| code.map(|code| code.parse().expect("a group")))
}

fn slots() -> impl Strategy<Value = Slots> {
    prop::collection::vec((0usize..2, 0usize..2), 0..5)
        .prop_map(|slots| slots.into_iter().fold(Slots::none(), |all, (day, part)| all.union(Slots::slot(day, part))))
}

fn bands() -> impl Strategy<Value = Option<AgeBand>> {
    prop::option::of(some(&["18-24", "25-34", "25-44", "18-64", "65+"]))
        .prop_map(|band| band.map(|band| band.parse().expect("a band")))
}

fn wishes() -> impl Strategy<Value = Set<Wish, 8>> {
    let about = prop_oneof![
        some(Sex::ALL).prop_map(About::Sex),
        bands().prop_map(|band| band.map_or(About::Nearby, About::Age)),
        some(&["nl", "ar"]).prop_map(|code| About::Language(language(code))),
        Just(About::SameSector),
    ];
    let wish =
        (about, prop::bool::weighted(0.15)).prop_map(|(about, hard)| if hard { must(about) } else { preferred(about) });
    prop::collection::vec(wish, 0..3).prop_map(set)
}

fn radii() -> impl Strategy<Value = u8> {
    prop_oneof![1 => 0u8..8, 3 => 8u8..20]
}

fn places() -> impl Strategy<Value = Refnis> {
    some(&[MORTSEL, AARTSELAAR, BORSBEEK]).prop_map(refnis)
}

pub(crate) fn requests(number: u8) -> impl Strategy<Value = Request> {
    let first = (
        words(Domain::ALL, 5),
        occupations(),
        prop::option::of(some(Sector::ALL)),
        prop::option::of(some(Cefr::ALL)),
        languages(),
        bands(),
    );
    let second = (prop::option::of(places()), radii(), slots(), words(Interest::ALL, 4), wishes(), 2023u16..2027);
    (first, second, 1u8..4).prop_map(move |(first, second, of)| Request {
        id: id(number),
        owner: owner(of),
        refnis: refnis([MORTSEL, AARTSELAAR, BORSBEEK][usize::from(of) - 1]),
        card: MatchRequest {
            domains: first.0,
            goal_occupation: first.1,
            goal_sector: first.2,
            dutch: first.3,
            languages: first.4,
            age_band: first.5,
            area: second.0.map_or(Area::Circle, Area::Municipality),
            radius_km: Kilometres::clamped(second.1),
            availability: second.2,
            interests: second.3,
            wishes: second.4,
            waiting_since: format!("{}-Q3", second.5).parse().expect("a quarter"),
        },
    })
}

pub(crate) fn offers(number: u8) -> impl Strategy<Value = Offer> {
    let first =
        (words(Domain::ALL, 6), occupations(), prop::option::of(some(Sector::ALL)), 0u8..3, languages(), bands());
    let second = (places(), radii(), slots(), words(Interest::ALL, 4), wishes(), prop::option::of(some(Sex::ALL)));
    (first, second, 1u8..4).prop_map(move |(first, second, of)| Offer {
        id: id(100 + number),
        owner: owner(of),
        card: MentorOffer {
            capacity_left: Places::clamped(first.3),
            domains: first.0,
            occupation: first.1,
            sector: first.2,
            languages: first.4,
            area: second.0,
            radius_km: Kilometres::clamped(second.1),
            availability: second.2,
            interests: second.3,
            style: None,
            wishes: second.4,
            age_band: first.5,
            sex: second.5,
        },
    })
}

pub(crate) fn any_rules() -> impl Strategy<Value = Rules> {
    let own = (prop::array::uniform9(0u16..=1000), some(Cefr::ALL)).prop_map(|(mut w, min_dutch)| {
        w[0] = w[0].max(1);
        let weights = Weights {
            occupation: w[0],
            sector: w[1],
            domains: w[2],
            proximity: w[3],
            languages: w[4],
            interests: w[5],
            slots: w[6],
            wishes: w[7],
            waiting: w[8],
        };
        MatchingRules { min_dutch, weights, exchange: Exchange::default() }
    });
    prop::collection::btree_map((1u8..4).prop_map(owner), own, 0..3)
        .prop_map(|own| Rules::new(own, "2026-Q2".parse().expect("a quarter")))
}

/// A few cards that often fit, shuffled in no particular order.
pub(crate) fn circles() -> impl Strategy<Value = (Vec<Request>, Vec<Offer>, Rules)> {
    let requests: Vec<_> = (1..8).map(requests).collect();
    let offers: Vec<_> = (1..8).map(offers).collect();
    (requests, offers, any_rules())
}
