//! What federating is worth: the same made-up people matched by each municipality alone, in groups
//! of neighbours, and all together, each as well as can be.
//!
//! `cargo run --release --bin bench-circle -- [--people N,N] [--svg FILE] [--json]`

mod chart;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use bench::cards::{Cards, rules};
use bench::clock::{nanoseconds, seconds};
use clap::Parser;
use matching::{GroupValue, Offer, Request, value_by_size};

/// Matches populations in groups of every size.
#[derive(Parser)]
struct Arguments {
    /// Newcomers, and as many mentors, in the same 300 municipalities.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 2_000, 10_000])]
    people: Vec<u64>,
    /// Where to draw it.
    #[arg(long)]
    svg: Option<PathBuf>,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
}

/// One population, and what it makes of every size of group.
struct Population {
    newcomers: usize,
    values: Vec<GroupValue>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let began = nanoseconds();
    let populations = arguments.people.iter().map(|people| matched(*people)).collect::<Result<Vec<_>>>()?;
    let took = seconds(began, nanoseconds());
    if let Some(file) = &arguments.svg {
        let lines: Vec<chart::Line> = populations.iter().map(line).collect();
        std::fs::write(file, chart::svg(&lines)).with_context(|| file.display().to_string())?;
    }
    if arguments.json {
        for population in &populations {
            for value in &population.values {
                let line = serde_json::json!({
                    "size": value.size, "matched": value.matched, "requests": population.newcomers,
                    "mean_km": kilometres(value),
                });
                println!("{line}");
            }
        }
    } else {
        table(&populations);
        println!("\nEvery size of every population, each proved the best: {took:.1} s.");
    }
    Ok(())
}

fn matched(people: u64) -> Result<Population> {
    let mut cards = Cards::new(11);
    let offers: Vec<Offer> = (0..people).map(|number| cards.offer(number)).collect::<Result<_>>()?;
    let requests: Vec<Request> = (people..2 * people).map(|number| cards.request(number)).collect::<Result<_>>()?;
    let places: BTreeMap<_, _> = offers
        .iter()
        .map(|offer| (offer.owner, offer.card.area))
        .chain(requests.iter().map(|request| (request.owner, request.refnis)))
        .collect();
    let values = value_by_size(&requests, &offers, &rules()?, &places)?;
    Ok(Population { newcomers: requests.len(), values })
}

fn table(populations: &[Population]) {
    print!("| municipalities together |");
    for population in populations {
        print!(" {} newcomers |", population.newcomers);
    }
    println!("\n|---|{}", "---|".repeat(populations.len()));
    let sizes: BTreeSet<usize> = populations.iter().flat_map(|one| &one.values).map(|value| value.size).collect();
    for size in sizes {
        print!("| {size} |");
        for population in populations {
            match population.values.iter().find(|value| value.size == size) {
                Some(value) => print!(" {:.1}%, {:.1} km |", share(population, value), kilometres(value)),
                None => print!(" – |"),
            }
        }
        println!();
    }
}

fn line(population: &Population) -> chart::Line {
    let points = population.values.iter().map(|value| (value.size, share(population, value)));
    chart::Line { name: format!("{} newcomers", population.newcomers), points: points.collect() }
}

/// Newcomers in a hundred who find a mentor.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn share(population: &Population, value: &GroupValue) -> f64 {
    100.0 * value.matched as f64 / population.newcomers.max(1) as f64
}

/// Mean distance of the matches.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn kilometres(value: &GroupValue) -> f64 {
    value.metres as f64 / 1e3 / value.matched.max(1) as f64
}
