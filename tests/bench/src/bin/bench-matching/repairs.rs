//! How long the repair of an optimal assignment takes after one change.

use anyhow::{Context, Result, ensure};
use bench::clock::nanoseconds;
use matching::solver::{Change, Edge, Instance, Live, Rows, solve};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// Changes the instance so many times at random and repairs its assignment after each; at the end
/// it must be as good as one found anew.
///
/// # Errors
/// A result that is not proved, or is not as good.
pub(crate) fn run(instance: &Instance, times: u32, seed: u64) -> Result<Value> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut live = Live::new(instance)?;
    let (mut took, mut requests) = (Vec::new(), instance.requests() as u32);
    for _ in 0..times {
        let change = draw(&mut rng, instance, &mut requests);
        let began = nanoseconds();
        live.change(&change)?;
        took.push(nanoseconds() - began);
    }
    let began = nanoseconds();
    let repaired = live.proved()?;
    let proof = nanoseconds() - began;
    let now = live.instance();
    let anew = solve(&now)?.value(&now);
    ensure!(anew.is_some() && repaired.value(&now) == anew, "repaired to less than the best");
    took.sort_unstable();
    let at = |percent: usize| took.get((took.len() * percent / 100).min(took.len() - 1)).copied();
    let milliseconds = |nanoseconds: u64| nanoseconds as f64 / 1e6;
    Ok(json!({
        "repairs": times,
        "repair_ms_p50": milliseconds(at(50).context("no repairs")?),
        "repair_ms_p99": milliseconds(at(99).context("no repairs")?),
        "proof_ms": milliseconds(proof),
    }))
}

/// A change as a day brings it: a request comes, goes or changes, or a mentor, or one pair.
fn draw(rng: &mut ChaCha8Rng, instance: &Instance, requests: &mut u32) -> Change {
    let request = rng.random_range(0..instance.requests() as u32);
    let mentor = rng.random_range(0..instance.capacities().len() as u32);
    // A row as somebody else's: of the right length, and its mentors fit together.
    let other = instance.row(rng.random_range(0..instance.requests() as u32)).to_vec();
    match rng.random_range(0..6) {
        0 => Change::Request { request, edges: Vec::new() },
        1 => Change::Request { request, edges: other },
        2 => {
            *requests += 1;
            Change::Request { request: *requests - 1, edges: other }
        }
        3 => Change::Places { mentor, places: rng.random_range(0..3) },
        4 => {
            let weight = rng.random_range(0..=1_000_000);
            let edges = instance.row(request).iter().map(|edge| Edge { weight: (edge.weight + weight) / 2, ..*edge });
            Change::Request { request, edges: edges.collect() }
        }
        _ => {
            let weight = rng.random_bool(0.7).then(|| rng.random_range(0..=1_000_000));
            Change::Pair { request, mentor, weight }
        }
    }
}
