//! The index answers as the plain scan does, whatever came and went before.

use std::collections::BTreeSet;

use crate::cards::*;
use matching::*;
use proptest::prelude::*;
use schemas::bounded::Places;
use schemas::ids::DocumentId;

fn scan(request: &Request, offers: &[Offer], rules: &Rules, n: usize) -> Vec<(DocumentId, u32)> {
    top(request, offers, rules, n).into_iter().map(|candidate| (candidate.id, candidate.score.total)).collect()
}

/// What is shown of candidates.
fn explained(found: Vec<Candidate>) -> Vec<impl PartialEq + std::fmt::Debug> {
    found.into_iter().map(|one| (one.id, one.score, one.reasons, one.misses, one.pair)).collect()
}

/// What is shown of those who just miss.
fn near(misses: Vec<NearMiss>) -> Vec<impl PartialEq + std::fmt::Debug> {
    misses.into_iter().map(|miss| (miss.id, miss.misfit, miss.score, miss.place)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_a_scan_finds(
        (requests, offers, mut rules) in circles(),
        n in 0usize..9,
        comes_and_goes in prop::collection::vec((0usize..7, 0usize..7, any::<bool>()), 0..12),
    ) {
        rules.failed_before.extend([(requests[0].id, offers[0].id), (requests[1].id, offers[2].id)]);
        rules.at_home.insert(requests[2].id);
        let mut held = offers.clone();
        let mut index = Mentors::new(offers.clone());
        for (at, like, goes) in comes_and_goes {
            let id = offers[at].id;
            let was_there = held.iter().any(|offer| offer.id == id);
            held.retain(|offer| offer.id != id);
            if goes {
                prop_assert_eq!(index.remove(id), was_there);
            } else {
                let changed = Offer { id, owner: offers[at].owner, card: offers[like].card.clone() };
                held.push(changed.clone());
                index.insert(changed);
            }
        }
        prop_assert_eq!(index.len(), held.len());
        for request in &requests {
            prop_assert_eq!(index.best(request, &rules, n), scan(request, &held, &rules, n));
            prop_assert_eq!(index.count(request, &rules), scan(request, &held, &rules, usize::MAX).len());
            prop_assert_eq!(explained(index.top(request, &rules, n)), explained(top(request, &held, &rules, n)));
            prop_assert_eq!(near(index.near_misses(request, &rules, n)), near(near_misses(request, &held, &rules, n)));
        }
    }

    #[test]
    fn the_best_requests_for_a_mentor_are_those_of_a_scan(
        (requests, offers, mut rules) in circles(),
        n in 0usize..9,
        comes_and_goes in prop::collection::vec((0usize..7, 0usize..7, any::<bool>()), 0..12),
    ) {
        rules.failed_before.extend([(requests[0].id, offers[0].id), (requests[1].id, offers[2].id)]);
        rules.at_home.insert(requests[2].id);
        let mut held = requests.clone();
        let mut index = Requests::new(requests.clone());
        for (at, like, goes) in comes_and_goes {
            let id = requests[at].id;
            held.retain(|request| request.id != id);
            if goes {
                index.remove(id);
                prop_assert!(index.get(id).is_none());
            } else {
                let changed = Request { id, ..requests[like].clone() };
                held.push(changed.clone());
                index.insert(changed);
            }
        }
        prop_assert_eq!((index.len(), index.is_empty()), (held.len(), held.is_empty()));
        for offer in &offers {
            let scanned = requests_for(offer, &held, &rules, n);
            prop_assert_eq!(explained(index.top(offer, &rules, n)), explained(scanned));
        }
    }

    /// Many cards of few kinds: ties by the dozen, and more cards in a place than are judged
    /// together.
    #[test]
    fn a_crowd_is_searched_as_a_scan_does(
        (requests, offers, mut rules) in circles(),
        kinds in prop::collection::vec((0usize..7, 0u8..3), 1..220),
        gone in prop::collection::vec(0usize..220, 0..160),
        failed in prop::collection::vec(0usize..220, 0..4),
        n in 0usize..40,
    ) {
        let number = |at: usize| DocumentId((at as u128 * 0x9e37_79b9 % 1_009).to_be_bytes());
        let mentors: Vec<Offer> = kinds
            .iter()
            .enumerate()
            .map(|(at, (kind, owner))| {
                Offer { id: number(at), owner: crate::cards::owner(1 + owner), card: offers[*kind].card.clone() }
            })
            .collect();
        let newcomers: Vec<Request> =
            kinds.iter().enumerate().map(|(at, (kind, _))| Request { id: number(at), ..requests[*kind].clone() }).collect();
        rules.failed_before.extend(failed.iter().map(|at| (requests[0].id, number(*at))));
        rules.failed_before.extend(failed.iter().map(|at| (number(*at), offers[0].id)));
        let (mut by_mentor, mut by_request) = (Mentors::new(mentors.clone()), Requests::new(newcomers.clone()));
        for at in &gone {
            by_mentor.remove(number(*at));
            by_request.remove(number(*at));
        }
        let gone: BTreeSet<DocumentId> = gone.into_iter().map(number).collect();
        let mentors: Vec<Offer> = mentors.into_iter().filter(|offer| !gone.contains(&offer.id)).collect();
        let newcomers: Vec<Request> = newcomers.into_iter().filter(|request| !gone.contains(&request.id)).collect();
        prop_assert_eq!(by_mentor.len(), mentors.len());
        for request in &requests {
            prop_assert_eq!(by_mentor.best(request, &rules, n), scan(request, &mentors, &rules, n));
            prop_assert_eq!(by_mentor.count(request, &rules), scan(request, &mentors, &rules, usize::MAX).len());
            prop_assert_eq!(
                near(by_mentor.near_misses(request, &rules, n)),
                near(near_misses(request, &mentors, &rules, n))
            );
        }
        for offer in &offers {
            prop_assert_eq!(
                explained(by_request.top(offer, &rules, n)),
                explained(requests_for(offer, &newcomers, &rules, n))
            );
        }
    }
}

#[test]
fn a_full_mentor_is_kept_and_not_found() {
    let mut index = Mentors::new([welder()]);
    assert_eq!(index.best(&newcomer(), &rules(), 10).len(), 1);
    let mut full = welder();
    full.card.capacity_left = Places::clamped(0);
    index.insert(full.clone());
    assert_eq!(index.best(&newcomer(), &rules(), 10), []);
    assert_eq!(index.get(full.id), Some(&full));
    let near = index.near_misses(&newcomer(), &rules(), 10);
    assert_eq!((near.len(), &near[0].misfit, near[0].place), (1, &Misfit::Full, 1));
    assert!(index.remove(full.id) && !index.remove(full.id) && index.is_empty());
}

#[test]
fn an_esco_occupation_counts_when_it_is_the_same() {
    let esco = |end: char| format!("http://data.europa.eu/esco/occupation/0000000{end}-0000-0000-0000-000000000000");
    let mut request = newcomer();
    request.card.goal_occupation = Some(esco('1').parse().expect("an ESCO occupation"));
    let offers: Vec<Offer> = ['1', '2']
        .iter()
        .zip(1..)
        .map(|(end, number)| {
            let mut offer = welder();
            offer.id = id(number);
            offer.card.occupation = Some(esco(*end).parse().expect("an ESCO occupation"));
            offer
        })
        .chain([welder()])
        .collect();
    let found = Mentors::new(offers.clone()).best(&request, &rules(), 3);
    assert_eq!(found, scan(&request, &offers, &rules(), 3));
    assert!(found[0].0 == id(1) && found[0].1 > found[1].1);
}

#[test]
fn a_score_of_nothing_is_still_a_match() {
    let mut only_occupation = rules();
    let weights = schemas::documents::Weights {
        occupation: 1,
        sector: 0,
        domains: 0,
        proximity: 0,
        languages: 0,
        interests: 0,
        slots: 0,
        wishes: 0,
        waiting: 0,
    };
    for number in [1, 2] {
        only_occupation.own.insert(owner(number), schemas::MatchingRules { weights, ..Rules::usual() });
    }
    let mut request = newcomer();
    request.card.goal_occupation = None;
    assert_eq!(Mentors::new([welder()]).best(&request, &only_occupation, 10), [(welder().id, 0)]);
}
