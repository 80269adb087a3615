//! The solver against brute force, and its checker against wrong results.

use matching::solver::{BadInstance, Edge, Instance, Rows, Solution, certified, solve};
use proptest::prelude::*;

/// The best (matches, weight) by trying everything.
fn brute_force(instance: &Instance, request: usize, places: &mut Vec<u8>) -> (u64, u64) {
    if request == instance.requests() {
        return (0, 0);
    }
    let mut best = brute_force(instance, request + 1, places);
    for edge in instance.row(request as u32).to_vec() {
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

/// Instances of at most so many requests and mentors; few different weights make many ties, few
/// mentors make scarcity.
pub(crate) fn instances(rows: usize, columns: usize, most: u8) -> impl Strategy<Value = Instance> {
    (0..=rows, 1..=columns, 1u32..=1_000_000, 1u32..4).prop_flat_map(move |(rows, columns, unit, sparse)| {
        let edge = prop::option::weighted(0.9 / f64::from(sparse), 0u32..=(1_000_000 / unit).min(4));
        let row = prop::collection::vec(edge, columns).prop_map(move |weights| {
            let edges = weights
                .into_iter()
                .enumerate()
                .filter_map(|(mentor, weight)| Some(Edge { mentor: mentor as u32, weight: weight? * unit }));
            edges.collect::<Vec<_>>()
        });
        (prop::collection::vec(0..=most, columns), prop::collection::vec(row, rows))
            .prop_map(|(places, rows)| Instance::new(places, rows).expect("within limits"))
    })
}

/// Of the best assignments the first: every request's first mentor before all others, nobody last.
fn first_by_brute_force(instance: &Instance, places: &mut Vec<u8>) -> Vec<Option<u32>> {
    let (mut mates, mut left) = (Vec::new(), brute_force(instance, 0, places));
    for request in 0..instance.requests() {
        let edges = instance.row(request as u32).to_vec();
        let mate = edges.into_iter().find(|edge| {
            let mentor = edge.mentor as usize;
            if places[mentor] == 0 {
                return false;
            }
            places[mentor] -= 1;
            let (matched, weight) = brute_force(instance, request + 1, places);
            let is_best = left == (matched + 1, weight + u64::from(edge.weight));
            places[mentor] += u8::from(!is_best);
            is_best
        });
        left = mate.map_or(left, |edge| (left.0 - 1, left.1 - u64::from(edge.weight)));
        mates.push(mate.map(|edge| edge.mentor));
    }
    mates
}

/// The same instance with requests and mentors in another order.
fn shuffled(instance: &Instance, rows: &[usize], columns: &[usize]) -> Instance {
    let mut places = vec![0; columns.len()];
    instance.capacities().iter().zip(columns).for_each(|(capacity, to)| places[*to] = *capacity);
    let row = |request: &usize| {
        let edges = instance.row(*request as u32).iter();
        let mut edges: Vec<Edge> =
            edges.map(|edge| Edge { mentor: columns[edge.mentor as usize] as u32, ..*edge }).collect();
        edges.sort_unstable();
        edges
    };
    Instance::new(places, rows.iter().map(row)).expect("within limits")
}

pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn as_good_as_brute_force(instance in instances(6, 5, 2)) {
        let solution = solve(&instance).expect("proved");
        let mut places = instance.capacities().to_vec();
        prop_assert_eq!(solution.value(&instance), Some(brute_force(&instance, 0, &mut places)));
        prop_assert!(certified(&instance, &solution));
        prop_assert_eq!(solve(&instance).expect("proved"), solution);
    }

    #[test]
    fn of_several_that_are_as_good_the_first(instance in instances(6, 5, 2)) {
        let first = first_by_brute_force(&instance, &mut instance.capacities().to_vec());
        prop_assert_eq!(solve(&instance).expect("proved").mates, first);
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn nothing_worse_is_certified(instance in instances(5, 5, 2), at in any::<prop::sample::Index>(), price in 0i64..20_000_000) {
        let solution = solve(&instance).expect("proved");
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

    #[test]
    fn larger_ones_are_proved_in_any_order(
        (instance, rows, columns) in instances(60, 40, 3).prop_flat_map(|instance| {
            let order = |n: usize| Just((0..n).collect::<Vec<_>>()).prop_shuffle();
            let (rows, columns) = (order(instance.requests()), order(instance.capacities().len()));
            (Just(instance), rows, columns)
        })
    ) {
        let solution = solve(&instance).expect("proved");
        let other = shuffled(&instance, &rows, &columns);
        let again = solve(&other).expect("proved");
        prop_assert_eq!(again.value(&other), solution.value(&instance));
    }
}

fn edge(mentor: u32, weight: u32) -> Edge {
    Edge { mentor, weight }
}

#[test]
fn invalid_solutions_are_refused() {
    let rows = vec![vec![edge(0, 10)], vec![edge(0, 20)]];
    let instance = Instance::new(vec![1], rows).expect("within limits");
    let solution = solve(&instance).expect("proved");
    assert_eq!(solution.mates, [None, Some(0)]);
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
    let bad = |rows: Vec<Vec<Edge>>| Instance::new(vec![1, 1], rows).expect_err("not within limits");
    assert_eq!(bad(vec![vec![edge(2, 0)]]), BadInstance::Mentor);
    assert_eq!(bad(vec![vec![edge(0, 1_000_001)]]), BadInstance::Weight);
    assert_eq!(bad(vec![vec![edge(1, 0), edge(0, 0)]]), BadInstance::Order);
    assert_eq!(bad(vec![vec![edge(1, 0), edge(1, 5)]]), BadInstance::Order);
    for starts in [vec![], vec![0], vec![1, 1], vec![0, 2], vec![0, 2, 1], vec![0, 1, 0, 1]] {
        let parts = Instance::from_parts(vec![1], starts.clone(), vec![edge(0, 1)]);
        assert_eq!(parts.expect_err("not within limits"), BadInstance::Rows, "{starts:?}");
    }
    let empty = Instance::new(vec![], []).expect("no one at all");
    assert_eq!(solve(&empty).expect("proved"), Solution::default());
    assert_eq!(Instance::default(), empty);
}

#[test]
fn one_match_more_beats_any_score() {
    // The heavy edge would leave the second request alone.
    let rows = vec![vec![edge(0, 1_000_000), edge(1, 0)], vec![edge(0, 0)]];
    let instance = Instance::new(vec![1, 1], rows).expect("within limits");
    assert_eq!(solve(&instance).expect("proved").mates, [Some(1), Some(0)]);
}

/// Instances that are known to be hard on solvers, with the number of matches.
pub(crate) fn awkward() -> Vec<(Instance, u64)> {
    let rows = 2_000;
    let all_equal = |rows: u32, columns: u32| -> Vec<Vec<Edge>> {
        (0..rows).map(|_| (0..columns).map(|mentor| edge(mentor, 500_000)).collect()).collect()
    };
    let popular = |rows: u32| (0..rows).map(|row| vec![edge(0, 1_000 + row % 7)]);
    // Request i wants mentor i − 1 most, and the last one has nobody else: every place moves.
    let chain = (0..rows).map(|row| match row {
        0 => vec![edge(0, 5)],
        row if row + 1 == rows => vec![edge(0, 9)],
        row => vec![edge(row - 1, 900_000), edge(row, 1)],
    });
    // The same with room at the far end: everybody moves on, against a high price.
    let push = (0..rows).map(|row| match row {
        0 => vec![edge(0, 5)],
        row => vec![edge(row - 1, 900_000), edge(row, 1)],
    });
    // Two want what only one can have, everywhere at once.
    let steps = (0..rows).map(|row| vec![edge(row / 2, row), edge(rows / 2 + row / 4, 1_000_000 - row)]);
    let new = |places: Vec<u8>, rows: Vec<Vec<Edge>>| Instance::new(places, rows).expect("within limits");
    vec![
        (new(vec![1; 300], all_equal(300, 300)), 300),
        (new(vec![1; 100], all_equal(300, 100)), 100),
        (new(vec![3; 100], all_equal(200, 100)), 200),
        (new(vec![20], popular(10_000).collect()), 20),
        (new(vec![255], popular(10_000).collect()), 255),
        (new(vec![0], popular(10_000).collect()), 0),
        (new(vec![1; rows as usize], chain.collect()), u64::from(rows) - 1),
        (new(vec![1; rows as usize], push.collect()), u64::from(rows)),
        (new(vec![1; rows as usize], steps.collect()), u64::from(rows) / 2 + u64::from(rows) / 4),
        (new(vec![1; 5], vec![vec![]; 50]), 0),
    ]
}

#[test]
fn awkward_instances() {
    for (at, (instance, matched)) in awkward().iter().enumerate() {
        let solution = solve(instance).unwrap_or_else(|error| panic!("case {at}: {error}"));
        assert_eq!(solution.value(instance).map(|value| value.0), Some(*matched), "case {at}");
    }
}
