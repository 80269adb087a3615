//! Repairing an assignment is as good as finding it anew, whatever changes.

use crate::solver::{awkward, cases, instances};
use matching::solver::{BadInstance, Change, Edge, Instance, Live, Rows, solve};
use proptest::prelude::*;

/// What a change is made of; the numbers are reduced to what is there.
type Draw = (u8, u32, u32, Vec<(u32, u32)>);

fn draws(most: usize) -> impl Strategy<Value = Vec<Draw>> {
    let edges = prop::collection::vec((0u32..40, 0u32..=4), 0..8);
    prop::collection::vec((0u8..5, any::<u32>(), any::<u32>(), edges), 1..most)
}

/// The edges of a draw to `among` others: sorted, each once.
fn edges(drawn: &[(u32, u32)], among: usize) -> Vec<(u32, u32)> {
    let mut edges: Vec<(u32, u32)> = drawn.iter().map(|(to, weight)| (*to, *weight * 250_000)).collect();
    edges.retain(|edge| (edge.0 as usize) < among);
    edges.sort_unstable();
    edges.dedup_by_key(|edge| edge.0);
    edges
}

/// A change of what is there now; at times it adds a request or a mentor.
fn change(draw: &Draw, now: &Instance) -> Change {
    let (requests, mentors) = (now.requests() as u32, now.capacities().len() as u32);
    let (kind, one, other, drawn) = draw;
    let (mentor, places) = (other % mentors, (one % 4) as u8);
    match kind {
        0 | 1 if requests > 0 || *kind == 0 => {
            let to = |(mentor, weight): (u32, u32)| Edge { mentor, weight };
            let edges = edges(drawn, mentors as usize).into_iter().map(to).collect();
            Change::Request { request: one % (requests + 1), edges }
        }
        2 => Change::Mentor { mentor: other % (mentors + 1), places, edges: edges(drawn, requests as usize) },
        3 if requests > 0 => {
            let weight = drawn.first().map(|edge| edge.1 * 250_000);
            Change::Pair { request: one % requests, mentor, weight }
        }
        _ => Change::Places { mentor, places },
    }
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn a_repair_is_as_good_as_a_new_solution(instance in instances(12, 8, 2), draws in draws(12)) {
        let mut live = Live::new(&instance).expect("proved");
        for draw in &draws {
            let change = change(draw, &live.instance());
            live.change(&change).expect("a change that can be");
            let repaired = live.proved();
            prop_assert!(repaired.is_ok(), "not proved after {change:?}");
            let now = live.instance();
            let anew = solve(&now).expect("proved");
            prop_assert_eq!(repaired.expect("proved").value(&now), anew.value(&now), "{:?}", change);
        }
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn many_changes_of_larger_ones(instance in instances(60, 40, 3), draws in draws(120)) {
        let mut live = Live::new(&instance).expect("proved");
        for draw in &draws {
            let change = change(draw, &live.instance());
            live.change(&change).expect("a change that can be");
        }
        let now = live.instance();
        let repaired = live.proved().expect("proved");
        prop_assert_eq!(repaired.value(&now), solve(&now).expect("proved").value(&now));
        let mut again = Live::new(&instance).expect("proved");
        for draw in &draws {
            let change = change(draw, &again.instance());
            again.change(&change).expect("a change that can be");
        }
        prop_assert_eq!(again.solution(), live.solution());
    }
}

#[test]
fn a_change_that_cannot_be_changes_nothing() {
    let rows = vec![vec![Edge { mentor: 0, weight: 5 }], vec![]];
    let mut live = Live::new(&Instance::new(vec![1, 1], rows).expect("within limits")).expect("proved");
    let before = live.clone();
    let edges =
        |edges: &[(u32, u32)]| edges.iter().map(|(mentor, weight)| Edge { mentor: *mentor, weight: *weight }).collect();
    let bad = [
        (Change::Request { request: 3, edges: vec![] }, BadInstance::Mentor),
        (Change::Request { request: 0, edges: edges(&[(2, 1)]) }, BadInstance::Mentor),
        (Change::Request { request: 0, edges: edges(&[(1, 1), (0, 1)]) }, BadInstance::Order),
        (Change::Request { request: 0, edges: edges(&[(0, 1_000_001)]) }, BadInstance::Weight),
        (Change::Mentor { mentor: 3, places: 1, edges: vec![] }, BadInstance::Mentor),
        (Change::Mentor { mentor: 1, places: 1, edges: vec![(2, 1)] }, BadInstance::Mentor),
        (Change::Places { mentor: 2, places: 1 }, BadInstance::Mentor),
        (Change::Pair { request: 2, mentor: 0, weight: None }, BadInstance::Mentor),
        (Change::Pair { request: 0, mentor: 2, weight: Some(1) }, BadInstance::Mentor),
    ];
    for (change, error) in bad {
        assert_eq!(live.change(&change), Err(error), "{change:?}");
        assert_eq!((live.solution(), live.instance()), (before.solution(), before.instance()), "{change:?}");
    }
}

#[test]
fn places_and_requests_come_one_by_one() {
    // More than the bonus was made for: it has to grow on the way.
    let mut live = Live::new(&Instance::new(vec![0; 40], []).expect("within limits")).expect("proved");
    for request in 0..1_100 {
        let edges =
            (0..3).map(|at| Edge { mentor: (request * 7 + at * 11) % 40, weight: request * 900 }).collect::<Vec<_>>();
        let mut edges: Vec<Edge> = edges;
        edges.sort_unstable();
        live.change(&Change::Request { request, edges }).expect("a change that can be");
        live.change(&Change::Places { mentor: request % 40, places: (request / 40) as u8 })
            .expect("a change that can be");
    }
    let now = live.instance();
    let repaired = live.proved().expect("proved");
    assert_eq!(repaired.value(&now), solve(&now).expect("proved").value(&now));
    assert!(repaired.value(&now).is_some_and(|value| value.0 > 900));
}

#[test]
fn awkward_instances_are_taken_down_and_built_up() {
    for (at, (instance, matched)) in awkward().into_iter().enumerate() {
        let mut live = Live::new(&instance).expect("proved");
        let some: Vec<u32> = (0..instance.requests() as u32).step_by(instance.requests() / 10).collect();
        for request in &some {
            live.change(&Change::Request { request: *request, edges: vec![] }).expect("a change that can be");
        }
        assert!(live.proved().is_ok(), "case {at}");
        for request in &some {
            let edges = instance.row(*request).to_vec();
            live.change(&Change::Request { request: *request, edges }).expect("a change that can be");
        }
        let solution = live.proved().unwrap_or_else(|error| panic!("case {at}: {error}"));
        assert_eq!(solution.value(&instance).map(|value| value.0), Some(matched), "case {at}");
    }
}
