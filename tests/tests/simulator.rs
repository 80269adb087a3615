//! Whole-system simulation of replication, drawn from seeds: partitions, losses, crashes between
//! any two effects, old backups, wrong clocks, members who come and go, partners that are
//! suspended, left or merge into another, keys that are rotated and what a thief signs with the
//! one before, and a hostile partner.
//!
//! `OVERBUUR_SEED` runs one seed, `OVERBUUR_SEEDS` so many (`1000`) or a range (`5000..9000`),
//! `./tests/run --long` many more. `OVERBUUR_WITHOUT` leaves faults out, to see what a failing
//! seed needs, and `OVERBUUR_WITH` runs only seeds that have them all: any of `members`, `clocks`,
//! `backups`, `waits`, `absences`, `mergers`, `partings`, `lists`, `offices`, `keys`, `hostile`.

use std::collections::BTreeSet;
use std::ops::Range;

use tests::simulator::{Plant, Scenario, Verdict, put_back, run, run_all};

/// Seeds that are run when nothing else is asked: about half a minute on two cores.
const SEEDS: u64 = 2_000;
/// With `--long`: about five minutes on two cores. Hours are asked for by `OVERBUUR_SEEDS`.
const LONG: u64 = 12_000;

fn seeds() -> Range<u64> {
    let text = |name| std::env::var(name).ok();
    let number = |text: &str| text.trim().parse::<u64>().unwrap_or_else(|_| panic!("not a number: {text}"));
    if let Some(seed) = text("OVERBUUR_SEED") {
        return number(&seed)..number(&seed) + 1;
    }
    match text("OVERBUUR_SEEDS") {
        Some(range) => match range.split_once("..") {
            Some((first, end)) => number(first)..number(end),
            None => 1..number(&range) + 1,
        },
        None if text("OVERBUUR_LONG").is_some() => 1..LONG + 1,
        None => 1..SEEDS + 1,
    }
}

/// What a scenario may have, by the name in the environment.
fn switches(scenario: &mut Scenario) -> [(&'static str, &mut bool); 11] {
    [
        ("members", &mut scenario.members),
        ("clocks", &mut scenario.clocks),
        ("backups", &mut scenario.backups),
        ("waits", &mut scenario.waits),
        ("absences", &mut scenario.absences),
        ("mergers", &mut scenario.mergers),
        ("partings", &mut scenario.partings),
        ("keys", &mut scenario.keys),
        ("lists", &mut scenario.lists),
        ("offices", &mut scenario.offices),
        ("hostile", &mut scenario.hostile),
    ]
}

fn names(variable: &str, name: &str) -> bool {
    std::env::var(variable).unwrap_or_default().split([',', ' ']).any(|one| one == name)
}

fn scenario(seed: u64) -> Scenario {
    let mut scenario = Scenario::of(seed);
    for (name, switch) in switches(&mut scenario) {
        *switch &= !names("OVERBUUR_WITHOUT", name);
    }
    scenario
}

/// Whether a seed has what is asked for.
fn is_wanted(seed: &u64) -> bool {
    switches(&mut Scenario::of(*seed)).into_iter().all(|(name, switch)| *switch || !names("OVERBUUR_WITH", name))
}

fn replay(seed: u64) -> String {
    format!("OVERBUUR_SEED={seed} cargo test --release -p tests --test simulator honest -- --nocapture")
}

#[test]
fn honest_replicas_agree_after_healing() {
    let seeds = seeds();
    let (mut count, mut commands, mut held, mut effects, mut matches) = (0_u64, 0, 0, 0, 0);
    let mut refusals = BTreeSet::new();
    let mut failed: Vec<(u64, Verdict)> = Vec::new();
    run_all(seeds.filter(is_wanted), scenario, Plant::Nothing, |seed, verdict| {
        count += 1;
        commands += verdict.commands;
        held += verdict.held;
        effects += verdict.effects;
        matches += verdict.matches;
        refusals.extend(verdict.refusals.iter().copied());
        if !verdict.faults.is_empty() {
            failed.push((seed, verdict));
        }
        if seed.is_multiple_of(20_000) {
            println!("about seed {seed}");
        }
        failed.len() < 10
    });
    for (seed, verdict) in &failed {
        println!("{:?}\n  {}\n{}", scenario(*seed), verdict.faults.join("\n  "), replay(*seed));
    }
    assert!(failed.is_empty(), "{} seeds failed; the first: {}", failed.len(), replay(failed[0].0));
    println!("{count} seeds, {commands} commands, {effects} effects, {held} envelopes held, {matches} matches");
    println!("refusals {refusals:?}");
    if count > 100 {
        // A simulation in which nothing happens proves nothing.
        assert!(commands > 5 * count && held as u64 > 20 * count, "{commands} commands, {held} envelopes");
        assert!(matches as u64 > count / 50, "{matches} matches");
        for reason in [
            schemas::Refusal::Forged,
            schemas::Refusal::NotAllowed,
            schemas::Refusal::NotInCircle,
            schemas::Refusal::Superseded,
            schemas::Refusal::UnsafeBody,
            schemas::Refusal::Malformed,
            schemas::Refusal::Retired,
        ] {
            assert!(refusals.contains(&reason), "nothing was refused as {reason}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let mut traces = BTreeSet::new();
    for seed in 1..=12 {
        let first = run(Scenario::of(seed), Plant::Nothing);
        assert_eq!(first, run(Scenario::of(seed), Plant::Nothing), "{}", replay(seed));
        traces.insert(first.trace);
    }
    assert_eq!(traces.len(), 12);
}

/// A process ends before each single effect of a small world in turn.
#[test]
fn a_crash_between_any_two_effects_loses_nothing() {
    let quiet = Scenario::quiet(7, 4, 14);
    let effects = run(quiet.clone(), Plant::Nothing).effects;
    let scenario = |at| Scenario { crash_at: Some(at), ..quiet.clone() };
    let mut failed = Vec::new();
    run_all(1..effects + 1, scenario, Plant::Nothing, |at, verdict| {
        if !verdict.faults.is_empty() {
            failed.push((at, verdict.faults));
        }
        true
    });
    assert!(failed.is_empty(), "of {effects} effects: {failed:#?}");
    println!("{effects} effects, a crash before each");
}

#[test]
fn what_is_written_after_an_old_backup_stands() {
    for seed in 1..=16 {
        assert_eq!(put_back(seed, Plant::Nothing), Vec::<String>::new(), "seed {seed}");
    }
    // In the incarnation of before, the lower id wins, and that is the new word half of the time.
    let lost = (1..=16).filter(|seed| !put_back(*seed, Plant::SameIncarnation).is_empty()).count();
    assert!(lost > 2, "{lost} of 16");
}

/// Whether a planted bug can show in a scenario: elsewhere nobody looks for it.
fn can_show(plant: Plant, usual: &Scenario) -> bool {
    match plant {
        Plant::WaitsForNobody => usual.waits && usual.offices,
        Plant::TakesRetiredKeys => usual.keys,
        // Of eight thousand effects so many are the last of a process.
        Plant::ForgetsLastStore => usual.trouble > 14,
        Plant::OnlyTheFirstParts => usual.mergers,
        Plant::NeverResumes | Plant::NeverCuts => usual.partings,
        Plant::ErasesOnce => usual.absences,
        _ => true,
    }
}

#[test]
fn planted_bugs_are_found() {
    for plant in [
        Plant::KeepsDeleted,
        Plant::NoCheck,
        Plant::NoPolicy,
        Plant::ReplacesText,
        Plant::TellsEveryone,
        Plant::CountsNoPlaces,
        Plant::WaitsForNobody,
        Plant::TakesRetiredKeys,
        Plant::ForgetsLastStore,
        Plant::OnlyTheFirstParts,
        Plant::NeverResumes,
        Plant::ErasesOnce,
        Plant::NeverCuts,
    ] {
        let mut found = None;
        let scenario = |seed| {
            let usual = Scenario::of(seed);
            let waits = matches!(plant, Plant::WaitsForNobody | Plant::ErasesOnce) && usual.waits;
            let keys = plant == Plant::TakesRetiredKeys && usual.keys;
            Scenario { offices: plant == Plant::CountsNoPlaces || waits, waits, keys, ..usual }
        };
        run_all((1..4_000).filter(|seed| can_show(plant, &Scenario::of(*seed))), scenario, plant, |seed, verdict| {
            if !verdict.faults.is_empty() {
                found = Some((seed, verdict.faults[0].clone()));
            }
            found.is_none()
        });
        let (seed, fault) = found.unwrap_or_else(|| panic!("{plant:?} was not found"));
        println!("{plant:?}: seed {seed}: {fault}");
    }
}
