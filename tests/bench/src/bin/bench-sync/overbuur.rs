//! Two real nodes in processes of their own, paired beforehand, over libp2p on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bench::clock;
use bench::figures::{Figure, median};
use node::home::Configuration;
use node::init::{self, NewNode};
use node::service::Service;
use schemas::time::Timestamp;
use store::Partner;

use crate::node::{Order, Said, What};
use crate::wire;

/// Its name in figures.
pub const NAME: &str = "overbuur";

/// Changes of which the middle one is told.
const CHANGES: usize = 201;
/// Nothing is waited for longer.
const PATIENCE: Duration = Duration::from_secs(600);
/// Lines that may wait to be read.
const LINES: usize = 1024;

/// All figures with `count` documents.
///
/// # Errors
/// A node that does not do what it is told.
pub fn measure(count: usize) -> Result<Vec<Figure>> {
    let temp = tempfile::tempdir()?;
    let (sender, receiver) = (temp.path().join("sender"), temp.path().join("receiver"));
    let ports = paired(&sender, &receiver)?;
    let n = count as u64;
    let mut figures = Vec::new();
    let mut figure = |name: &str, value: f64, unit: &str| figures.push(Figure::new(name, NAME, n, value, unit));

    let mut one = Running::start(&sender)?;
    let begun = one.order(&Order::Publish(count))?;
    let published = one.until(|progress| progress.stored >= n && progress.shown >= n)?;
    figure("publish_s", clock::seconds(begun, published), "s");
    one.stop()?;

    // The receiver listens, so its end of the connection is the one that is counted.
    let mut two = Running::start(&receiver)?;
    let empty = wire::resident(two.process())?;
    let one = Running::start(&sender)?;
    let both = [one.process(), two.process()];
    let used = || both.iter().map(|process| wire::processor(*process)).sum::<Result<f64>>();
    let before = used()?;
    figure("start_s", one.took, "s");
    let opened = two.until(|progress| progress.streams > 0)?;
    let stored = two.until(|progress| progress.stored >= n)?;
    figure("first_sync_stored_s", clock::seconds(opened, stored), "s");
    let built = two.until(|progress| progress.shown >= n)?;
    figure("first_sync_built_s", clock::seconds(opened, built), "s");
    figure("first_sync_processor_s", used()? - before, "s");
    two.until(|progress| progress.reconciled > 0)?;
    let bytes = wire::settled_bytes(ports)?;
    figure("bytes_per_document", ratio(bytes, n), "B");
    figure("rss_after_sync_bytes", ratio(wire::resident(two.process())?, 1), "B");
    two.stop()?;
    one.stop()?;

    let mut two = Running::start(&receiver)?;
    let mut one = Running::start(&sender)?;
    one.until(|progress| progress.reconciled > 0)?;
    two.until(|progress| progress.reconciled > 0)?;
    figure("reconnect_unchanged_bytes", ratio(wire::settled_bytes(ports)?, 1), "B");
    let (said, heard) = (one.partner()?, two.partner()?);
    figure("reconnect_frames_bytes", ratio(said.1, 1), "B");
    figure("reconnect_round_trips", ratio(said.0.max(heard.0), 1), "1");
    let held = wire::resident(two.process())?;
    figure("rss_per_document_bytes", ratio(held.saturating_sub(empty), n), "B");

    let mut took = Vec::with_capacity(CHANGES);
    let before = wire::settled_bytes(ports)?;
    for times in 1..=CHANGES {
        let stored = two.stored;
        let begun = one.order(&Order::Change(times))?;
        let there = two.until(|progress| progress.stored > stored)?;
        took.push(clock::seconds(begun, there) * 1e3);
    }
    let bytes = wire::settled_bytes(ports)? - before;
    figure("one_change_ms_p50", median(&mut took), "ms");
    figure("one_change_bytes", ratio(bytes, CHANGES as u64), "B");
    one.stop()?;
    two.stop()?;
    Ok(figures)
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn ratio(bytes: u64, count: u64) -> f64 {
    bytes as f64 / count as f64
}

/// Two new nodes that are each other's partner; the port on which the second listens.
fn paired(sender: &Path, receiver: &Path) -> Result<u16> {
    // Both held until both are known, so that they differ.
    let (first, second) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    let ports = (first.local_addr()?.port(), second.local_addr()?.port());
    drop((first, second));
    for (dir, refnis, port) in [(sender, "11001", ports.0), (receiver, "11029", ports.1)] {
        let configuration = Configuration { listen: vec![address(port)], ..Configuration::usual() };
        init::init(NewNode { dir, refnis, kbo: None, coordinator: None, office: "", configuration })?;
    }
    let (one, two) = (Service::open(sender, false)?, Service::open(receiver, false)?);
    // Only one dials: two connections would be closed down to one while it is measured.
    befriend(&one, &two, vec![address(ports.1)])?;
    befriend(&two, &one, Vec::new())?;
    Ok(ports.1)
}

fn address(port: u16) -> String {
    format!("/ip4/127.0.0.1/tcp/{port}")
}

fn befriend(me: &Service, other: &Service, addresses: Vec<String>) -> Result<()> {
    let refnis = other.home.refnis()?;
    me.store.insert_partner(&Partner {
        root: other.home.owner(),
        refnis,
        kbo: String::new(),
        name: refnis.name().to_owned(),
        addresses,
        since: Timestamp(clock::nanoseconds() / 1_000_000_000),
    })?;
    Ok(me.store.keep_certificate(&other.home.certificate_bytes)?)
}

/// How far a node is.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    streams: u64,
    stored: u64,
    shown: u64,
    reconciled: u64,
}

/// A node in a process of its own. Dropping it ends the process.
struct Running {
    child: Child,
    orders: Option<ChildStdin>,
    says: Receiver<Said>,
    took: f64,
    stored: u64,
    progress: Progress,
    /// When `progress` was said.
    at: u64,
}

impl Running {
    fn start(dir: &Path) -> Result<Self> {
        let program: PathBuf = std::env::current_exe()?;
        let mut child =
            Command::new(program).arg("node").arg(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = child.stdin.take();
        let out = child.stdout.take().context("no standard output")?;
        let (sender, says) = sync_channel(LINES);
        std::thread::spawn(move || {
            let lines = BufReader::new(out).lines().map_while(Result::ok);
            for said in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
                if sender.send(said).is_err() {
                    return;
                }
            }
        });
        let mut running = Self { child, orders, says, took: 0.0, stored: 0, progress: Progress::default(), at: 0 };
        loop {
            if let What::Started(took) = running.next()?.what {
                running.took = took;
                return Ok(running);
            }
        }
    }

    fn process(&self) -> u32 {
        self.child.id()
    }

    fn next(&mut self) -> Result<Said> {
        let said = self.says.recv_timeout(PATIENCE).context("a node says nothing any more")?;
        if let What::Progress { streams, stored, shown, reconciled } = said.what {
            self.progress = Progress { streams, stored, shown, reconciled };
            self.stored = stored;
            self.at = said.at;
        }
        Ok(said)
    }

    /// Waits until it is so far; when that was.
    fn until(&mut self, far: impl Fn(&Progress) -> bool) -> Result<u64> {
        while !far(&self.progress) {
            self.next()?;
        }
        Ok(self.at)
    }

    fn send(&mut self, order: &Order) -> Result<()> {
        let line = serde_json::to_string(order)?;
        let Some(orders) = &mut self.orders else { bail!("it was stopped") };
        writeln!(orders, "{line}")?;
        Ok(orders.flush()?)
    }

    /// Gives an order; when it began to be carried out.
    fn order(&mut self, order: &Order) -> Result<u64> {
        self.send(order)?;
        loop {
            let said = self.next()?;
            if matches!(said.what, What::Begun) {
                return Ok(said.at);
            }
        }
    }

    /// Round trips, and bytes of frames both ways.
    fn partner(&mut self) -> Result<(u64, u64)> {
        self.send(&Order::Partner)?;
        loop {
            if let What::Partner { round_trips, frames } = self.next()?.what {
                return Ok((round_trips, frames));
            }
        }
    }

    /// Ends it cleanly.
    fn stop(mut self) -> Result<()> {
        self.orders = None;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { bail!("a node ended with {status}") }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After a clean end there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
