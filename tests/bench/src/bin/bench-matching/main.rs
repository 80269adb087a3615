//! The solver of the whole waiting list on instances of any size, beside others.
//!
//! ```text
//! bench-matching --generate Lt --out Lt.bin
//! bench-matching --instance Lt.bin [--json] [--peers] [--repairs 1000]
//! bench-matching --people 10000 [--json] [--repairs 1000]
//! ```
//! It prints figures and asserts nothing about speed; it fails when the file is bad, or when the
//! prices do not prove the result.

mod file;
mod generate;
mod looks;
mod peers;
mod repairs;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use bench::clock::{nanoseconds, seconds};
use clap::Parser;
use matching::solver::{Instance, Rows, solve};
use serde_json::json;

/// Solves assignment instances exactly and says how long it took.
#[derive(Parser)]
#[command(name = "bench-matching")]
struct Arguments {
    /// The instance to solve (the format is in the README of the reference data).
    #[arg(long, conflicts_with = "generate", required_unless_present_any = ["generate", "people"])]
    instance: Option<PathBuf>,
    /// In the place of an instance so many newcomers and mentors with cards: what a look at the
    /// pages with the best list costs.
    #[arg(long, conflicts_with_all = ["generate", "instance"])]
    people: Option<u64>,
    /// Print JSON, one object per line.
    #[arg(long)]
    json: bool,
    /// Solve it with OR-tools and HiGHS too, from PyPI, in a virtual environment made here.
    #[arg(long)]
    peers: bool,
    /// Only this one of those: HiGHS finds no large instance in any time.
    #[arg(long, requires = "peers", value_parser = peers::NAMES)]
    peer: Option<String>,
    /// Seconds that each of those gets.
    #[arg(long, default_value_t = 600)]
    peer_limit: u32,
    /// Repair the assignment after so many random changes, and say how long each took.
    #[arg(long, default_value_t = 0)]
    repairs: u32,
    /// Generate an instance of this size: S, St, M, Mt, L, Lt, million, million-tight.
    #[arg(long, requires = "out")]
    generate: Option<String>,
    /// Seed of what is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write the generated instance.
    #[arg(long)]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-matching: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    if let (Some(name), Some(out)) = (&arguments.generate, &arguments.out) {
        let size = generate::SIZES.iter().find(|size| size.name == name);
        let size =
            size.with_context(|| format!("no size {name}; there are S, St, M, Mt, L, Lt, million, million-tight"))?;
        let instance = generate::generate(size, arguments.seed)?;
        return file::write(out, &instance).with_context(|| format!("{}", out.display()));
    }
    if let Some(people) = arguments.people {
        let figures = looks::run(people, arguments.repairs.max(1), arguments.seed)?;
        print(arguments, "overbuur", &figures, 0.0);
        return Ok(());
    }
    let Some(path) = &arguments.instance else { bail!("no instance") };
    let instance = file::read(path).with_context(|| format!("{}", path.display()))?;
    let ours = ours(&instance)?;
    let took = ours["solve_s"].as_f64().unwrap_or_default();
    print(arguments, "overbuur", &ours, took);
    if arguments.peers {
        let asked = |name: &&str| arguments.peer.as_ref().is_none_or(|peer| peer == name);
        for peer in peers::NAMES.into_iter().filter(asked) {
            let theirs = peers::run(peer, path, arguments.peer_limit);
            print(arguments, peer, &theirs, took);
        }
    }
    if arguments.repairs > 0 {
        let figures = repairs::run(&instance, arguments.repairs, arguments.seed)?;
        print(arguments, "overbuur", &figures, took);
    }
    Ok(())
}

/// Solves it here. Processor time stands beside the time on the wall: others may use the machine.
fn ours(instance: &Instance) -> Result<serde_json::Value> {
    let (began, worked) = (nanoseconds(), processor_seconds());
    let solution = solve(instance)?;
    let (ended, working) = (nanoseconds(), processor_seconds());
    let (matched, score) = solution.value(instance).context("not an assignment")?;
    let bound = solution.bound(instance).context("not prices")?;
    let worth = i128::from(instance.bonus()) * i128::from(matched) + i128::from(score);
    Ok(json!({
        "matched": matched,
        "score": score,
        "dual_bound": i64::try_from(bound)?,
        "optimal": bound == worth,
        "solve_s": seconds(began, ended),
        "cpu_s": working - worked,
        "peak_mib": peak_mib(),
    }))
}

/// One line for one program; without `--json` with the ratio to ours.
fn print(arguments: &Arguments, peer: &str, figures: &serde_json::Value, ours: f64) {
    if arguments.json {
        let mut line = figures.clone();
        if let (Some(line), true) = (line.as_object_mut(), arguments.peers) {
            line.insert("solver".into(), peer.into());
            if let Some(theirs) = figures["solve_s"].as_f64().filter(|_| peer != "overbuur") {
                line.insert("times_ours".into(), (theirs / ours).into());
            }
        }
        println!("{line}");
        return;
    }
    let figure = |(name, value): (&String, &serde_json::Value)| format!("{name} {value}");
    let figures: Vec<String> = figures.as_object().into_iter().flatten().map(figure).collect();
    println!("{peer}: {}", figures.join(", "));
}

/// Seconds of processor time of all threads so far; 0 where the system does not say.
fn processor_seconds() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = |thread: std::fs::DirEntry| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    threads.filter_map(nanoseconds).sum::<f64>() / 1e9
}

/// The most memory that this process has held, in MiB; 0 where the system does not say.
fn peak_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}
