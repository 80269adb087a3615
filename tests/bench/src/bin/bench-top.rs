//! The ten best mentors for one newcomer: the index beside a scan of every card.
//!
//! `cargo run --release --bin bench-top -- [--mentors N] [--json]`

use anyhow::{Result, ensure};
use bench::cards::{Cards, rules};
use bench::clock::{nanoseconds, seconds};
use clap::Parser;
use matching::{Mentors, Offer, Request, top};

/// Requests that are searched for with the index, and with the much slower scan.
const SEARCHES: u64 = 5_000;
const SCANS: usize = 20;

/// Searches for the ten best mentors.
#[derive(Parser)]
struct Arguments {
    /// Mentors' cards.
    #[arg(long, default_value_t = 100_000)]
    mentors: u64,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let rules = rules()?;
    let mut cards = Cards::new(7);
    let offers: Vec<Offer> = (0..arguments.mentors).map(|number| cards.offer(number)).collect::<Result<_>>()?;
    let last = arguments.mentors + SEARCHES;
    let requests: Vec<Request> =
        (arguments.mentors..last).map(|number| cards.request(number)).collect::<Result<_>>()?;
    let copies = offers.clone();
    let began = nanoseconds();
    let index = Mentors::new(copies);
    let built_s = seconds(began, nanoseconds());
    let timed = |search: &mut dyn FnMut(&Request), requests: &[Request]| {
        let mut times: Vec<u64> = requests
            .iter()
            .map(|request| {
                let began = nanoseconds();
                search(request);
                nanoseconds() - began
            })
            .collect();
        times.sort_unstable();
        let at = |percent: usize| micros(times[(times.len() - 1) * percent / 100]);
        (at(50), at(99))
    };
    let mut found = 0;
    let mut search = |request: &Request| found += index.best(request, &rules, 10).len();
    timed(&mut search, &requests);
    let (index_p50, index_p99) = timed(&mut search, &requests);
    for request in requests.iter().take(SCANS) {
        let scanned: Vec<_> = top(request, &offers, &rules, 10).iter().map(|c| (c.id, c.score.total)).collect();
        ensure!(index.best(request, &rules, 10) == scanned, "the index and the scan differ");
    }
    let mut scan = |request: &Request| found += top(request, &offers, &rules, 10).len();
    let (scan_p50, scan_p99) = timed(&mut scan, &requests[..SCANS.min(requests.len())]);
    if arguments.json {
        let line = serde_json::json!({
            "mentors": arguments.mentors, "index_built_s": built_s, "index_p50_us": index_p50, "index_p99_us": index_p99,
            "scan_p50_us": scan_p50, "scan_p99_us": scan_p99,
        });
        println!("{line}");
    } else {
        println!("| {} mentors | p50, µs | p99, µs |\n|---|---|---|", arguments.mentors);
        println!("| index, built in {built_s:.2} s | {index_p50:.0} | {index_p99:.0} |");
        println!("| scan of every card | {scan_p50:.0} | {scan_p99:.0} |");
    }
    ensure!(found > 0, "nobody was found");
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn micros(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e3
}
