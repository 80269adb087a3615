//! Whole-system simulation of replication: partitions, losses, crashes, expiry and one hostile
//! partner, drawn from seeds. `OVERBUUR_SEED` runs one seed, `OVERBUUR_SEEDS` sets how many.

use std::collections::BTreeSet;

use tests::simulator::{Plant, Scenario, run};

/// Seeds that are run when nothing else is asked.
const SEEDS: u64 = 200;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn replay(seed: u64) -> String {
    format!("OVERBUUR_SEED={seed} cargo test --release -p tests --test simulator")
}

#[test]
fn honest_replicas_agree_after_healing() {
    let seeds: Vec<u64> = match number("OVERBUUR_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("OVERBUUR_SEEDS").unwrap_or(SEEDS)).collect(),
    };
    let (mut commands, mut held) = (0, 0);
    let mut refusals = BTreeSet::new();
    for seed in &seeds {
        let verdict = run(*seed, Plant::Nothing);
        let faults = verdict.faults.join("\n  ");
        assert!(verdict.faults.is_empty(), "{:?}\n  {faults}\n{}", Scenario::of(*seed), replay(*seed));
        commands += verdict.commands;
        held += verdict.held;
        refusals.extend(verdict.refusals);
    }
    println!("{} seeds, {commands} commands, {held} envelopes held, refusals {refusals:?}", seeds.len());
    if seeds.len() > 100 {
        // A simulation in which nothing happens proves nothing.
        let count = seeds.len() as u64;
        assert!(commands > 5 * count && held as u64 > 20 * count, "{commands} commands, {held} envelopes");
        for reason in [
            schemas::Refusal::Forged,
            schemas::Refusal::NotAllowed,
            schemas::Refusal::NotInCircle,
            schemas::Refusal::Superseded,
            schemas::Refusal::UnsafeBody,
            schemas::Refusal::Malformed,
        ] {
            assert!(refusals.contains(&reason), "nothing was refused as {reason}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let mut traces = BTreeSet::new();
    for seed in 1..=12 {
        let first = run(seed, Plant::Nothing);
        assert_eq!(first, run(seed, Plant::Nothing), "{}", replay(seed));
        traces.insert(first.trace);
    }
    assert_eq!(traces.len(), 12);
}

#[test]
fn planted_bugs_are_found() {
    for plant in [Plant::KeepsDeleted, Plant::NoCheck, Plant::NoPolicy, Plant::ReplacesText] {
        let found = (1..=40).any(|seed| !run(seed, plant).faults.is_empty());
        assert!(found, "{plant:?} was not found");
    }
}
