//! One node in a process of its own: the runtime of the program on a folder, without its pages.
//!
//! Reads a line per order on standard input and says in a line of JSON what happened, with the
//! time. It ends when standard input does.

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use bench::{clock, records};
use casework::ports::{Network, Outgoing, Storage};
use node::runtime::{self, Ask, Handle};
use node::service::Service;
use schemas::SharedValue;
use schemas::ids::{CircleId, DocumentId};
use schemas::time::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};

/// Days until the offers end.
const DAYS: u32 = 60;

/// What a node is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Publishes so many offers.
    Publish(usize),
    /// Publishes a new version of one offer, the so many-th time.
    Change(usize),
    /// Says what it knows of its partner.
    Partner,
}

/// What a node says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Said {
    /// When, in nanoseconds since 1970.
    pub at: u64,
    /// What.
    pub what: What,
}

/// What there is to say.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It runs; it took so many seconds from an opened folder.
    Started(f64),
    /// How far the exchange is.
    Progress {
        /// Streams opened.
        streams: u64,
        /// Envelopes stored.
        stored: u64,
        /// Documents built.
        shown: u64,
        /// Checks that found no difference.
        reconciled: u64,
    },
    /// An order is about to be carried out.
    Begun,
    /// What is known of the partner.
    Partner {
        /// Round trips on this stream.
        round_trips: u64,
        /// Bytes of the frames that were said and heard.
        frames: u64,
    },
}

fn say(what: What) -> Result<()> {
    let line = serde_json::to_string(&Said { at: clock::nanoseconds(), what })?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Runs the node in `dir` until standard input ends.
///
/// # Errors
/// A folder that is no node's, or a failing store.
pub fn run(dir: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(work(dir))
}

async fn work(dir: &Path) -> Result<()> {
    let before = clock::nanoseconds();
    let service = Service::open(dir, false)?;
    let listen = service.home.configuration.listen.clone();
    let handle = runtime::start(&service.home, service.parts(), &listen).await?;
    say(What::Started(clock::seconds(before, clock::nanoseconds())))?;
    tokio::spawn(tell(handle.progress.clone()));
    let mut orders = read_orders();
    while let Some(order) = orders.recv().await {
        carry_out(&service, &handle, order).await?;
    }
    let (done, stopped) = oneshot::channel();
    if handle.asks.send(Ask::Stop(done)).await.is_ok() {
        let _ = stopped.await;
    }
    Ok(())
}

async fn tell(mut progress: watch::Receiver<runtime::Progress>) -> Result<()> {
    while progress.changed().await.is_ok() {
        let runtime::Progress { streams, stored, shown, reconciled } = *progress.borrow_and_update();
        say(What::Progress { streams, stored, shown, reconciled })?;
    }
    Ok(())
}

fn read_orders() -> mpsc::Receiver<Order> {
    let (sender, orders) = mpsc::channel(1);
    std::thread::spawn(move || {
        let lines = std::io::stdin().lock().lines().map_while(Result::ok);
        for order in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
            if sender.blocking_send(order).is_err() {
                return;
            }
        }
    });
    orders
}

async fn carry_out(service: &Arc<Service>, handle: &Handle, order: Order) -> Result<()> {
    match order {
        Order::Publish(count) => {
            let offers = records::offers(count)?;
            let (circle, all) = (pair(service)?, offers.into_iter().enumerate().collect());
            say(What::Begun)?;
            publish(service, circle, all)
        }
        Order::Change(times) => {
            let offer = records::offers(1)?.pop().context("an offer")?;
            let changed = records::changed(&offer, times)?;
            let circle = pair(service)?;
            say(What::Begun)?;
            publish(service, circle, vec![(0, changed)])
        }
        Order::Partner => {
            let (answer, states) = oneshot::channel();
            handle.asks.send(Ask::States(answer)).await?;
            let state = states.await?.into_values().next().context("no partner")?;
            say(What::Partner { round_trips: state.round_trips, frames: state.bytes.0 + state.bytes.1 })
        }
    }
}

/// The circle of this node and its partner.
fn pair(service: &Service) -> Result<CircleId> {
    let partner = service.store.partners()?.pop().context("no partner")?;
    Ok(CircleId::pair(service.home.owner(), partner.root))
}

/// Writes commands in the outbox, as a use case does, and rings.
fn publish(service: &Service, circle: CircleId, offers: Vec<(usize, SharedValue)>) -> Result<()> {
    let expires_at = Timestamp(clock::nanoseconds() / 1_000_000_000).hour().plus_days(DAYS);
    service.store.write(Box::new(move |records| {
        for (number, value) in offers {
            let document = DocumentId(records::document(number));
            records.enqueue(&Outgoing::Publish { circle, document, value, expires_at })?;
        }
        Ok(())
    }))?;
    service.port.outbox_filled();
    Ok(())
}
