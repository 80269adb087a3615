//! The solver against brute force, and its checker against wrong results.

use matching::flow::{BadInstance, Edge, Instance, Solution, certified, solve};
use proptest::prelude::*;

/// The best (matches, weight) by trying everything.
fn brute_force(instance: &Instance, request: usize, places: &mut Vec<u32>) -> (u64, u64) {
    if request == instance.requests() {
        return (0, 0);
    }
    let mut best = brute_force(instance, request + 1, places);
    for edge in instance.row(request).to_vec() {
        let mentor = edge.mentor as usize;
        if places[mentor] > 0 {
            places[mentor] -= 1;
            let (matched, weight) = brute_force(instance, request + 1, places);
            best = best.max((matched + 1, weight + u64::from(edge.weight)));
            places[mentor] += 1;
        }
    }
    best
}

/// Small instances; few different weights make many ties, few mentors make scarcity.
fn instances() -> impl Strategy<Value = Instance> {
    (0usize..6, 1usize..6, 1u32..=1_000_000).prop_flat_map(|(rows, columns, unit)| {
        let edge = prop::option::of(0u32..=(1_000_000 / unit).min(4));
        let row = prop::collection::vec(edge, columns).prop_map(move |weights| {
            let edges = weights
                .into_iter()
                .enumerate()
                .filter_map(|(mentor, weight)| Some(Edge { mentor: mentor as u32, weight: weight? * unit }));
            edges.collect::<Vec<_>>()
        });
        (prop::collection::vec(0u32..3, columns), prop::collection::vec(row, rows))
            .prop_map(|(places, rows)| Instance::new(places, rows).expect("within limits"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn as_good_as_brute_force(instance in instances()) {
        let solution = solve(&instance);
        let mut places = instance.capacities().to_vec();
        prop_assert_eq!(solution.value(&instance), Some(brute_force(&instance, 0, &mut places)));
        prop_assert!(certified(&instance, &solution));
        prop_assert_eq!(solve(&instance), solution);
    }

    #[test]
    fn nothing_worse_is_certified(instance in instances(), at in any::<prop::sample::Index>(), price in 0i64..20_000_000) {
        let solution = solve(&instance);
        // One match less, with the same prices or others, proves nothing.
        for (row, mate) in solution.mates.iter().enumerate() {
            let mut worse = solution.clone();
            worse.mates[row] = None;
            prop_assert_eq!(certified(&instance, &worse), mate.is_none());
            let column = at.index(worse.prices.len());
            worse.prices[column] = price;
            prop_assert!(mate.is_none() || !certified(&instance, &worse));
        }
    }
}

fn edge(mentor: u32, weight: u32) -> Edge {
    Edge { mentor, weight }
}

#[test]
fn invalid_solutions_are_refused() {
    let rows = vec![vec![edge(0, 10)], vec![edge(0, 20)]];
    let instance = Instance::new(vec![1], rows).expect("within limits");
    let solution = solve(&instance);
    assert_eq!(solution.mates, [None, Some(0)]);
    assert!(certified(&instance, &solution));
    let prices = solution.prices.clone();
    for (mates, prices) in [
        (vec![Some(0), Some(0)], prices.clone()),
        (vec![None, Some(1)], prices.clone()),
        (vec![None, Some(0)], vec![-1]),
        (vec![None, Some(0)], vec![i64::MAX]),
        (vec![None, Some(0)], vec![]),
        (vec![Some(0)], prices),
    ] {
        assert!(!certified(&instance, &Solution { mates, prices }));
    }
}

#[test]
fn instances_that_cannot_be() {
    assert_eq!(Instance::new(vec![1], [vec![edge(1, 0)]]), Err(BadInstance::Mentor));
    assert_eq!(Instance::new(vec![1], [vec![edge(0, 1_000_001)]]), Err(BadInstance::Weight));
    let empty = Instance::new(vec![], []).expect("no one at all");
    assert!(certified(&empty, &solve(&empty)));
}

#[test]
fn one_match_more_beats_any_score() {
    // The heavy edge would leave the second request alone.
    let rows = vec![vec![edge(0, 1_000_000), edge(1, 0)], vec![edge(0, 0)]];
    let instance = Instance::new(vec![1, 1], rows).expect("within limits");
    assert_eq!(solve(&instance).mates, [Some(1), Some(0)]);
}

#[test]
fn awkward_instances() {
    let rows = 2_000;
    let all_equal = (0..300).map(|_| (0..300).map(|mentor| edge(mentor, 500_000)).collect());
    let popular = (0..rows).map(|row| vec![edge(0, 1_000 + row % 7)]);
    // Request i wants mentor i − 1 most, and the last one has nobody else: every place moves.
    let chain = (0..rows).map(|row| match row {
        0 => vec![edge(0, 5)],
        row if row + 1 == rows => vec![edge(0, 9)],
        row => vec![edge(row - 1, 900_000), edge(row, 1)],
    });
    let cases: [(Instance, u64); 5] = [
        (Instance::new(vec![1; 300], all_equal).expect("within limits"), 300),
        (Instance::new(vec![20], popular.clone()).expect("within limits"), 20),
        (Instance::new(vec![0], popular).expect("within limits"), 0),
        (Instance::new(vec![1; rows as usize], chain).expect("within limits"), u64::from(rows) - 1),
        (Instance::new(vec![1; 5], vec![vec![]; 50]).expect("within limits"), 0),
    ];
    for (at, (instance, matched)) in cases.iter().enumerate() {
        let solution = solve(instance);
        assert!(certified(instance, &solution), "case {at}");
        assert_eq!(solution.value(instance).map(|value| value.0), Some(*matched), "case {at}");
    }
}
