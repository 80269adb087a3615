//! The ten best mentors for one newcomer, how many fit, who just misses, and the ten best newcomers
//! for one mentor: the indexes beside scans of every card.
//!
//! `cargo run --release --bin bench-top -- [--mentors N] [--own-rules] [--slowest N] [--json]`

use std::cmp::Reverse;
use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use bench::cards::{Cards, rules};
use bench::clock::{nanoseconds, seconds};
use clap::Parser;
use matching::{Mentors, Offer, Request, Requests, Rules, eligible, near_misses, requests_for, top};
use schemas::places::Refnis;

/// Searches with an index, and how often each; the much slower scans happen once.
const SEARCHES: usize = 5_000;
const TIMES: usize = 5;
const SCANS: usize = 20;

/// Searches for the best and the nearly best.
#[derive(Parser)]
struct Arguments {
    /// Mentors' cards, and as many newcomers'.
    #[arg(long, default_value_t = 100_000)]
    mentors: u64,
    /// So many of the slowest searches for mentors are shown with what they ask.
    #[arg(long, default_value_t = 0)]
    slowest: usize,
    /// Every municipality with weights of its own, in the place of the usual ones everywhere.
    #[arg(long)]
    own_rules: bool,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Microseconds of one kind of search.
struct Figures {
    what: &'static str,
    index: (f64, f64),
    scan: (f64, f64),
}

/// Times both, after they gave the same answers.
fn compare<C, A: PartialEq>(
    what: &'static str,
    cards: &[C],
    index: impl Fn(&C) -> A,
    scan: impl Fn(&C) -> A,
) -> Result<Figures> {
    for card in cards.iter().take(SCANS) {
        ensure!(index(card) == scan(card), "{what}: the index and the scan differ");
    }
    let few = &cards[..SCANS.min(cards.len())];
    Ok(Figures { what, index: times(cards, TIMES, &index), scan: times(few, 1, &scan) })
}

/// The median and the 99th percentile of all searches, in microseconds.
fn times<C, A>(cards: &[C], often: usize, search: &impl Fn(&C) -> A) -> (f64, f64) {
    let mut times: Vec<u64> = cards.iter().map(|card| fastest(card, often, search)).collect();
    times.sort_unstable();
    let at = |percent: usize| micros(times[(times.len() - 1) * percent / 100]);
    (at(50), at(99))
}

/// Nanoseconds of the fastest of so many times, for others may use the machine in between.
fn fastest<C, A>(card: &C, often: usize, search: &impl Fn(&C) -> A) -> u64 {
    let once = |_| {
        let began = nanoseconds();
        std::hint::black_box(search(card));
        nanoseconds() - began
    };
    (0..often).map(once).min().unwrap_or(0)
}

/// Says of the slowest searches what they ask, and how many cards lie within reach and fit.
fn show_slowest(mentors: &Mentors, requests: &[Request], offers: &[Offer], rules: &Rules, most: usize) {
    let timed = |request| (Reverse(fastest(request, TIMES, &|request| mentors.best(request, rules, 10))), request);
    let mut slowest: Vec<(Reverse<u64>, &Request)> = requests.iter().map(timed).collect();
    slowest.sort_by_key(|(took, request)| (*took, request.id));
    println!("\n| slowest, µs | within km | municipalities | cards | fit | goal | sector | domains |");
    println!("|---|---|---|---|---|---|---|---|");
    for (Reverse(took), request) in slowest.into_iter().take(most) {
        let card = &request.card;
        let reach = u32::from(card.radius_km.get()) * 1_000;
        let near = offers.iter().filter(|offer| request.place().distance_metres(offer.card.area) <= reach);
        let areas: Vec<Refnis> = near.map(|offer| offer.card.area).collect();
        println!(
            "| {:.0} | {} | {} | {} | {} | {} | {} | {} |",
            micros(took),
            card.radius_km.get(),
            areas.iter().collect::<BTreeSet<_>>().len(),
            areas.len(),
            mentors.best(request, rules, usize::MAX).len(),
            card.goal_occupation.as_ref().map_or("none", |_| "one"),
            card.goal_sector.map_or("none", |_| "one"),
            card.domains.len(),
        );
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut cards = Cards::new(7);
    let rules = if arguments.own_rules { Cards::new(8).own_rules()? } else { rules()? };
    let offers: Vec<Offer> = (0..arguments.mentors).map(|number| cards.offer(number)).collect::<Result<_>>()?;
    let (first, last) = (arguments.mentors, 2 * arguments.mentors);
    let requests: Vec<Request> = (first..last).map(|number| cards.request(number)).collect::<Result<_>>()?;
    let (some_offers, some_requests) =
        (&offers[..SEARCHES.min(offers.len())], &requests[..SEARCHES.min(requests.len())]);
    let copies = offers.clone();
    let began = nanoseconds();
    let mentors = Mentors::new(copies);
    let built_s = seconds(began, nanoseconds());
    let newcomers = Requests::new(requests.iter().cloned());
    let figures = [
        compare(
            "ten best mentors",
            some_requests,
            |request| mentors.best(request, &rules, 10),
            |request| top(request, &offers, &rules, 10).iter().map(|one| (one.id, one.score.total)).collect(),
        )?,
        compare(
            "all who fit, counted",
            some_requests,
            |request| mentors.count(request, &rules),
            |request| offers.iter().filter(|offer| eligible(request, offer, &rules).is_ok()).count(),
        )?,
        compare(
            "five who just miss",
            some_requests,
            |request| places(mentors.near_misses(request, &rules, 5)),
            |request| places(near_misses(request, &offers, &rules, 5)),
        )?,
        compare(
            "ten best newcomers",
            some_offers,
            |offer| ids(newcomers.top(offer, &rules, 10)),
            |offer| ids(requests_for(offer, &requests, &rules, 10)),
        )?,
    ];
    if !arguments.json {
        println!("| {} mentors, index built in {built_s:.2} s | index p50, µs | p99 | scan p50 | p99 |", first);
        println!("|---|---|---|---|---|");
    }
    for Figures { what, index, scan } in figures {
        if arguments.json {
            let line = serde_json::json!({
                "what": what, "mentors": first, "index_built_s": built_s,
                "index_p50_us": index.0, "index_p99_us": index.1, "scan_p50_us": scan.0, "scan_p99_us": scan.1,
            });
            println!("{line}");
        } else {
            println!("| {what} | {:.0} | {:.0} | {:.0} | {:.0} |", index.0, index.1, scan.0, scan.1);
        }
    }
    if arguments.slowest > 0 {
        show_slowest(&mentors, some_requests, &offers, &rules, arguments.slowest);
    }
    Ok(())
}

fn places(misses: Vec<matching::NearMiss>) -> Vec<(schemas::ids::DocumentId, usize)> {
    misses.into_iter().map(|miss| (miss.id, miss.place)).collect()
}

fn ids(found: Vec<matching::Candidate>) -> Vec<(schemas::ids::DocumentId, u32)> {
    found.into_iter().map(|one| (one.id, one.score.total)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn micros(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e3
}
