//! Balance and fairness against brute force, and the proof against wrong results.

use std::collections::BTreeMap;

use crate::solver::{cases, instances};
use matching::solver::fair::{NotFair, Sort, Worth, gap};
use matching::solver::{Bounds, Edge, Instance, Policy, Rows, fair};
use proptest::prelude::*;

const MUNICIPALITIES: u32 = 3;

fn policies(instance: &Instance) -> impl Strategy<Value = Policy> + use<> {
    let of = |n: usize| prop::collection::vec(0..MUNICIPALITIES, n);
    let (requests, mentors) = (instance.requests(), instance.capacities().len());
    let bounds = (prop::option::of(0u32..3), prop::option::of(0u32..3), 0u8..4, 0u8..4).prop_map(
        |(lends, receives, share, long_share)| Bounds {
            lends,
            receives,
            share: [0, 0, 50, 100][usize::from(share)],
            long_share: [0, 0, 34, 100][usize::from(long_share)],
        },
    );
    let waits = prop::collection::vec(any::<bool>(), requests);
    (of(requests), of(mentors), waits, prop::collection::vec(bounds, MUNICIPALITIES as usize))
        .prop_map(|(asks, gives, waits_long, bounds)| Policy { asks, gives, waits_long, bounds })
}

/// By how much an assignment misses what is asked, counted pair by pair.
fn missed(policy: &Policy, mates: &[Option<u32>]) -> i64 {
    let mut missed = 0;
    for (municipality, bounds) in policy.bounds.iter().enumerate() {
        let own = |request: &usize| policy.asks[*request] as usize == municipality;
        let (mut lent, mut received) = (0, 0);
        for (request, mentor) in mates.iter().enumerate().filter_map(|(request, mate)| Some((request, (*mate)?))) {
            let gives = policy.gives[mentor as usize] as usize == municipality;
            lent += i64::from(gives && !own(&request));
            received += i64::from(!gives && own(&request));
        }
        missed += bounds.lends.map_or(0, |most| (lent - received - i64::from(most)).max(0));
        missed += bounds.receives.map_or(0, |most| (received - lent - i64::from(most)).max(0));
        let requests: Vec<usize> = (0..mates.len()).filter(own).collect();
        let long: Vec<usize> = requests.iter().copied().filter(|request| policy.waits_long[*request]).collect();
        for (percent, of) in [(bounds.share, requests), (bounds.long_share, long)] {
            let matched = of.iter().filter(|request| mates[**request].is_some()).count();
            missed += ((of.len() * usize::from(percent)).div_ceil(100) as i64 - matched as i64).max(0);
        }
    }
    missed
}

/// The best by (least missed, most matches, highest score), by trying everything.
fn brute_force(
    instance: &Instance,
    policy: &Policy,
    mates: &mut Vec<Option<u32>>,
    places: &mut Vec<u8>,
) -> (i64, Worth) {
    let request = mates.len();
    if request == instance.requests() {
        return (-missed(policy, mates), Worth::default());
    }
    mates.push(None);
    let mut best = brute_force(instance, policy, mates, places);
    for edge in instance.row(request as u32).to_vec() {
        if places[edge.mentor as usize] > 0 {
            places[edge.mentor as usize] -= 1;
            mates[request] = Some(edge.mentor);
            let (missed, worth) = brute_force(instance, policy, mates, places);
            let worth = Worth { matches: worth.matches + 1, score: worth.score + i64::from(edge.weight) };
            best = best.max((missed, worth));
            places[edge.mentor as usize] += 1;
        }
    }
    mates.pop();
    best
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn as_good_as_brute_force_within_bounds(
        (instance, policy) in instances(5, 5, 2).prop_flat_map(|instance| {
            let policies = policies(&instance);
            (Just(instance), policies)
        })
    ) {
        let found = fair(&instance, &policy).expect("proved");
        let best = brute_force(&instance, &policy, &mut Vec::new(), &mut instance.capacities().to_vec());
        prop_assert_eq!((-(found.missed as i64), found.worth), best);
        prop_assert_eq!(found.missed as i64, missed(&policy, &found.mates));
        prop_assert_eq!(found.gap, 0);
        prop_assert_eq!(gap(&instance, &policy, &found.mates, &found.proof), Some(0));
        prop_assert_eq!(found.outcomes.iter().all(|outcome| outcome.is_met()), found.missed == 0);
        if found.missed == 0 {
            prop_assert!(found.without_bounds >= found.worth);
        }
        // Nothing worse is called the best.
        for request in 0..found.mates.len() {
            let mut worse = found.mates.clone();
            if worse[request].take().is_some() {
                let (less, more) = (missed(&policy, &worse), found.missed as i64);
                prop_assert!(gap(&instance, &policy, &worse, &found.proof) > Some(0) || less < more);
            }
        }
        let mut wrong = found.proof.clone();
        wrong.places[0] = -1;
        prop_assert_eq!(gap(&instance, &policy, &found.mates, &wrong), None);
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn larger_ones_have_no_gap(
        (instance, policy) in instances(60, 40, 3).prop_flat_map(|instance| {
            let policies = policies(&instance);
            (Just(instance), policies)
        })
    ) {
        let found = fair(&instance, &policy).expect("proved");
        prop_assert_eq!(found.gap, 0);
        prop_assert_eq!(found.missed as i64, missed(&policy, &found.mates));
        // A sort of bound can't cost less than nothing, unless it made others miss more.
        if found.missed == 0 {
            prop_assert!(found.costs.values().all(|cost| *cost >= Worth::default()));
        }
        prop_assert_eq!(fair(&instance, &policy).expect("proved"), found);
    }
}

fn edge(mentor: u32, weight: u32) -> Edge {
    Edge { mentor, weight }
}

#[test]
fn each_bound_says_what_it_costs() {
    // Both mentors are of municipality 0 and best with the newcomers of municipality 1; its own
    // newcomer fits the first one too.
    let rows = vec![vec![edge(0, 300_000)], vec![edge(0, 900_000)], vec![edge(1, 800_000)]];
    let instance = Instance::new(vec![1, 1], rows).expect("within limits");
    let bounds = |lends, share| vec![Bounds { lends, share, ..Bounds::default() }, Bounds::default()];
    let policy = |bounds| Policy { asks: vec![0, 1, 1], gives: vec![0, 0], waits_long: vec![false; 3], bounds };
    let free = fair(&instance, &policy(bounds(None, 0))).expect("proved");
    assert_eq!((free.worth, free.outcomes.len(), free.missed), (Worth { matches: 2, score: 1_700_000 }, 0, 0));

    // Lending one net at most: one match is between neighbours at home.
    let found = fair(&instance, &policy(bounds(Some(1), 0))).expect("proved");
    assert_eq!(found.mates, [Some(0), None, Some(1)]);
    assert_eq!((found.worth, found.without_bounds), (Worth { matches: 2, score: 1_100_000 }, free.worth));
    assert_eq!(found.costs, BTreeMap::from([(Sort::Lends, Worth { matches: 0, score: 600_000 })]));
    let outcome = found.outcomes[0];
    assert_eq!((outcome.sort, outcome.asked, outcome.reached, outcome.is_met()), (Sort::Lends, 1, 1, true));
    assert_eq!(outcome.price, Some(Worth { matches: 0, score: 600_000 }));

    // None at all: a match less.
    let found = fair(&instance, &policy(bounds(Some(0), 0))).expect("proved");
    assert_eq!(found.mates, [Some(0), None, None]);
    assert_eq!(found.costs, BTreeMap::from([(Sort::Lends, Worth { matches: 1, score: 1_400_000 })]));

    // A floor that forces the same exchange.
    let found = fair(&instance, &policy(bounds(None, 100))).expect("proved");
    assert_eq!(found.costs, BTreeMap::from([(Sort::Share, Worth { matches: 0, score: 600_000 })]));

    // What can't be met is met as far as it can, and says so.
    let mut both = policy(bounds(None, 100));
    both.bounds[1].share = 100;
    let found = fair(&instance, &both).expect("proved");
    assert_eq!((found.missed, found.worth.matches, found.gap), (1, 2, 0));
    assert_eq!(found.outcomes.iter().filter(|outcome| !outcome.is_met()).count(), 1);
}

#[test]
fn the_longest_waiting_come_first_where_a_floor_says_so() {
    let rows = vec![vec![edge(0, 900_000)], vec![edge(0, 100_000)]];
    let instance = Instance::new(vec![1], rows).expect("within limits");
    let bounds = vec![Bounds { long_share: 100, ..Bounds::default() }];
    let policy = Policy { asks: vec![0, 0], gives: vec![0], waits_long: vec![false, true], bounds };
    let found = fair(&instance, &policy).expect("proved");
    assert_eq!(found.mates, [None, Some(0)]);
    assert_eq!(found.costs, BTreeMap::from([(Sort::LongShare, Worth { matches: 0, score: 800_000 })]));
}

#[test]
fn a_policy_for_another_circle_is_refused() {
    let instance = Instance::new(vec![1], vec![vec![edge(0, 1)]]).expect("within limits");
    let good = Policy { asks: vec![0], gives: vec![0], waits_long: vec![false], bounds: vec![Bounds::default()] };
    assert!(fair(&instance, &good).is_ok());
    for bad in [
        Policy { asks: vec![], ..good.clone() },
        Policy { asks: vec![1], ..good.clone() },
        Policy { gives: vec![0, 0], ..good.clone() },
        Policy { waits_long: vec![], ..good.clone() },
        Policy { bounds: vec![], ..good },
    ] {
        assert_eq!(fair(&instance, &bad), Err(NotFair::Policy));
    }
}
