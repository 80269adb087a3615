//! What federating is worth: the same made-up people matched by each municipality alone, in groups
//! of neighbours, and all together, each as well as can be.
//!
//! `cargo run --release --bin bench-circle -- [--people N] [--json]`

use std::collections::BTreeMap;

use anyhow::Result;
use bench::cards::{Cards, rules};
use bench::clock::{nanoseconds, seconds};
use clap::Parser;
use matching::{Offer, Request, value_by_size};

/// Matches one population in groups of every size.
#[derive(Parser)]
struct Arguments {
    /// Newcomers, and as many mentors.
    #[arg(long, default_value_t = 10_000)]
    people: u64,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut cards = Cards::new(11);
    let offers: Vec<Offer> = (0..arguments.people).map(|number| cards.offer(number)).collect::<Result<_>>()?;
    let numbers = arguments.people..2 * arguments.people;
    let requests: Vec<Request> = numbers.map(|number| cards.request(number)).collect::<Result<_>>()?;
    let places: BTreeMap<_, _> = offers
        .iter()
        .map(|offer| (offer.owner, offer.card.area))
        .chain(requests.iter().map(|request| (request.owner, request.refnis)))
        .collect();
    let began = nanoseconds();
    let values = value_by_size(&requests, &offers, &rules()?, &places)?;
    let took = seconds(began, nanoseconds());
    if !arguments.json {
        println!(
            "| {} newcomers, {} municipalities, in groups of | find a mentor | mean distance |",
            requests.len(),
            places.len()
        );
        println!("|---|---|---|");
    }
    for value in values {
        let share = 100.0 * value.matched as f64 / requests.len().max(1) as f64;
        let km = value.metres as f64 / 1e3 / value.matched.max(1) as f64;
        if arguments.json {
            let line = serde_json::json!({
                "size": value.size, "matched": value.matched, "requests": requests.len(), "mean_km": km,
            });
            println!("{line}");
        } else {
            println!("| {} | {share:.1}% | {km:.1} km |", value.size);
        }
    }
    if !arguments.json {
        println!("\nAll sizes, each proved the best: {took:.1} s.");
    }
    Ok(())
}
