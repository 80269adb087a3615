//! `bench-sync`: replication between two nodes, beside what other programs do with the same
//! records over loopback.
//!
//! Prints figures and asserts nothing. What is counted:
//! - `first_sync_stored_s`: from the opened stream until every record is kept by the receiver
//!   (Overbuur: durable, every signature checked); `first_sync_built_s`: until all can be read
//!   and searched there as documents.
//! - `first_sync_processor_s`: processor time of both programs for that, which other work on the
//!   machine does not change much.
//! - `bytes_per_document`, `reconnect_unchanged_bytes`, `one_change_bytes`: payload of the
//!   connection, both ways, with its handshake and encryption.
//! - `reconnect_frames_bytes`: what of that the two nodes say; the rest is the connection's own.
//! - `reconnect_round_trips`: times that a side had said something and then heard back.
//! - `one_change_ms_p50`: from before the sender writes it down until the receiver has it stored.
//! - `rss_per_document_bytes`: what the receiver's memory is more with the records than without.

#![expect(unreachable_pub, reason = "a program exports nothing; `pub` here means used outside the module")]

mod node;
mod overbuur;
mod peers;
mod table;
mod wire;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use bench::figures::Figure;
use clap::{Parser, Subcommand};

/// Measures replication between two nodes over loopback.
#[derive(Parser)]
struct Arguments {
    /// Records, once or several times: a run for each.
    #[arg(long, value_delimiter = ',', default_value = "1000")]
    documents: Vec<usize>,
    /// Builds and runs iroh-docs, samod and PouchDB too.
    #[arg(long)]
    peers: bool,
    /// Prints one line of JSON per figure in the place of a table.
    #[arg(long)]
    json: bool,
    /// Seconds that a peer may take at one size.
    #[arg(long, default_value_t = 300)]
    limit: u64,
    /// A peer's name, to run no other.
    #[arg(long)]
    only: Option<String>,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What this program does as a part of itself.
#[derive(Subcommand)]
enum Part {
    /// Runs the node in a folder and obeys lines on standard input.
    #[command(hide = true)]
    Node {
        /// The folder.
        dir: PathBuf,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.part {
        Some(Part::Node { dir }) => node::run(dir),
        None => measure(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-sync: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<()> {
    let wanted = |peer: &str| arguments.only.as_deref().is_none_or(|only| only == peer);
    let peers: Vec<peers::Peer> =
        if arguments.peers { peers::ALL.into_iter().filter(|peer| wanted(peer.name)).collect() } else { Vec::new() };
    let tools = if peers.is_empty() { None } else { Some(peers::Tools::build(&peers)?) };
    let mut figures = Vec::new();
    for count in &arguments.documents {
        if wanted(overbuur::NAME) {
            eprintln!("{} with {count} documents", overbuur::NAME);
            keep(&mut figures, overbuur::measure(*count)?, arguments.json)?;
        }
        for peer in &peers {
            eprintln!("{} with {count} documents", peer.name);
            let limit = Duration::from_secs(arguments.limit);
            let found = tools.as_ref().map(|tools| tools.measure(peer, *count, limit)).transpose()?;
            keep(&mut figures, found.unwrap_or_default(), arguments.json)?;
        }
    }
    if !arguments.json {
        write!(std::io::stdout(), "{}", table::of(&figures))?;
    }
    Ok(())
}

fn keep(figures: &mut Vec<Figure>, new: Vec<Figure>, json: bool) -> Result<()> {
    if json {
        let mut out = std::io::stdout().lock();
        for figure in &new {
            writeln!(out, "{}", figure.line()?)?;
        }
        out.flush()?;
    }
    figures.extend(new);
    Ok(())
}
