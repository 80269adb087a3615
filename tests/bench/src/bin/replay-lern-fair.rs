//! Replays two years of Lern-Fair with our solver and with a greedy one, beside what Lern-Fair
//! published of its own.
//!
//! `cargo run --release --bin replay-lern-fair [-- --json]`

use anyhow::Result;
use bench::lern_fair::{Matcher, Outcome, Pace, Worth, load, replay};
use clap::Parser;

/// Replays two years of Lern-Fair.
#[derive(Parser)]
struct Arguments {
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
}

/// What Lern-Fair published of itself: pace, matches, shared subjects, days of waiting.
const PUBLISHED: [(&str, usize, f64, f64); 3] =
    [("every day", 1_045, 1.63, 4.0), ("every 10 days", 1_045, 1.67, 8.4), ("all at once", 1_041, 1.88, 295.0)];

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (pupils, students) = load()?;
    if !arguments.json {
        println!("| who | pace | a pair is worth | matches | shared subjects | days of waiting |");
        println!("|---|---|---|---|---|---|");
    }
    for (pace, matches, subjects, waiting) in PUBLISHED {
        print(&arguments, "Lern-Fair, published", pace, "", &Outcome { matches, subjects, waiting });
    }
    let paces = [
        ("every day", Pace::Every(1)),
        ("every 10 days", Pace::Every(10)),
        ("all at once", Pace::Every(1_000)),
        ("live drafts, at once", Pace::Live(0)),
        ("live drafts, after 3 days", Pace::Live(3)),
        ("live drafts, after 7 days", Pace::Live(7)),
    ];
    for (name, worth) in [("as Lern-Fair", Worth::LernFair), ("shared subjects", Worth::Subjects)] {
        for (pace, value) in paces {
            let exact = if matches!(value, Pace::Live(_)) { "Overbuur, repaired" } else { "Overbuur, exact" };
            print(&arguments, exact, pace, name, &replay(&pupils, &students, worth, value, Matcher::Exact)?);
            print(&arguments, "greedy", pace, name, &replay(&pupils, &students, worth, value, Matcher::Greedy)?);
        }
    }
    Ok(())
}

fn print(arguments: &Arguments, who: &str, pace: &str, worth: &str, outcome: &Outcome) {
    let Outcome { matches, subjects, waiting } = outcome;
    if arguments.json {
        let line = serde_json::json!({
            "who": who, "pace": pace, "worth": worth, "matches": matches, "subjects": subjects, "waiting_days": waiting,
        });
        println!("{line}");
    } else {
        println!("| {who} | {pace} | {worth} | {matches} | {subjects:.2} | {waiting:.1} |");
    }
}
