//! iroh-docs with its content in iroh-blobs, both in memory: two endpoints over QUIC on loopback.
//!
//! Stored counts its signed entries alone, built their content too, which it fetches apart.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Result, bail};
use futures::{Stream, StreamExt};
use iroh::endpoint::presets;
use iroh::protocol::Router;
use iroh::{Endpoint, RelayMode};
use iroh_blobs::store::mem::MemStore;
use iroh_blobs::{BlobsProtocol, Hash};
use iroh_docs::api::Doc;
use iroh_docs::api::protocol::{AddrInfoOptions, ShareMode};
use iroh_docs::engine::LiveEvent;
use iroh_docs::protocol::Docs;
use iroh_gossip::net::Gossip;
use peers::{CHANGES, Figures, changed, records, resident, seconds};

struct Node {
    endpoint: Endpoint,
    docs: Docs,
    _router: Router,
}

async fn node() -> Result<Node> {
    let endpoint = Endpoint::builder(presets::Minimal)
        .relay_mode(RelayMode::Disabled)
        .clear_ip_transports()
        .bind_addr("127.0.0.1:0")?
        .bind()
        .await?;
    let blobs = MemStore::default();
    let gossip = Gossip::builder().spawn(endpoint.clone());
    let docs = Docs::memory().spawn(endpoint.clone(), (*blobs).clone(), gossip.clone()).await?;
    let router = Router::builder(endpoint.clone())
        .accept(iroh_blobs::ALPN, BlobsProtocol::new(&blobs, None))
        .accept(iroh_gossip::ALPN, gossip)
        .accept(iroh_docs::ALPN, docs.clone())
        .spawn();
    Ok(Node { endpoint, docs, _router: router })
}

/// UDP payload that passed this endpoint, both ways.
fn bytes(node: &Node) -> u64 {
    let socket = &node.endpoint.metrics().socket;
    socket.send_ipv4.get() + socket.recv_data_ipv4.get()
}

/// What came of the records: entries, and their content, which is fetched apart.
#[derive(Default)]
struct Came {
    /// Entries that are to come.
    expected: usize,
    entries: usize,
    contents: BTreeSet<Hash>,
    /// Whether all entries came and every fetch that they queued has ended, well or not.
    ended: bool,
}

impl Came {
    /// Takes events until `enough`, or until nothing more is fetched.
    async fn until(
        &mut self,
        events: &mut (impl Stream<Item = Result<LiveEvent>> + Unpin),
        enough: impl Fn(&Self) -> bool,
    ) -> Result<()> {
        while !enough(self) {
            match events.next().await {
                Some(event) => self.take(event?),
                None => bail!("the events ended"),
            }
            if self.ended && !enough(self) {
                bail!("{} entries and {} contents came", self.entries, self.contents.len());
            }
        }
        Ok(())
    }

    fn take(&mut self, event: LiveEvent) {
        match event {
            LiveEvent::InsertRemote { .. } => {
                self.entries += 1;
                self.ended = false;
            }
            LiveEvent::ContentReady { hash } => {
                self.contents.insert(hash);
            }
            // A first sync that both sides began at once ends with nothing.
            LiveEvent::PendingContentReady => self.ended = self.entries >= self.expected,
            _ => {}
        }
    }
}

/// Waits for a sync to end. One that only fails to close had compared everything before that.
async fn synced(events: &mut (impl Stream<Item = Result<LiveEvent>> + Unpin)) -> Result<()> {
    while let Some(event) = events.next().await {
        if let LiveEvent::SyncFinished(sync) = event? {
            match sync.result {
                Err(why) if !why.contains("close") => bail!("{why}"),
                _ => return Ok(()),
            }
        }
    }
    bail!("the events ended")
}

#[tokio::main]
async fn main() -> Result<()> {
    let records = records()?;
    let figures = Figures { peer: "iroh-docs", n: records.len() };
    let distinct: BTreeSet<&String> = records.iter().collect();
    let (one, two) = (node().await?, node().await?);
    let author = one.docs.author_create().await?;
    let doc: Doc = one.docs.create().await?;
    for (number, record) in records.iter().enumerate() {
        doc.set_bytes(author, format!("{number:016}"), record.clone()).await?;
    }
    let ticket = doc.share(ShareMode::Write, AddrInfoOptions::RelayAndAddresses).await?;
    let before = resident()?;
    let start = Instant::now();
    let (there, mut events) = two.docs.import_and_subscribe(ticket.clone()).await?;
    let mut came = Came { expected: figures.n, ..Came::default() };
    came.until(&mut events, |came| came.entries >= figures.n).await?;
    figures.say("first_sync_stored_s", seconds(start), "s");
    came.until(&mut events, |came| came.contents.len() >= distinct.len()).await?;
    figures.say("first_sync_built_s", seconds(start), "s");
    figures.say("bytes_per_document", bytes(&two) as f64 / figures.n as f64, "B");
    figures.say("rss_per_document_bytes", resident()?.saturating_sub(before) as f64 / figures.n as f64, "B");

    let mut took = Vec::new();
    let sent = bytes(&two);
    came.expected = usize::MAX;
    for times in 1..=CHANGES {
        let value = format!("{} {times}", changed(&records[0], times)?);
        let start = Instant::now();
        let hash = doc.set_bytes(author, format!("{:016}", 0), value).await?;
        came.until(&mut events, |came| came.contents.contains(&hash)).await?;
        took.push(seconds(start) * 1e3);
    }
    figures.changes(took, bytes(&two) - sent);

    there.leave().await?;
    let sent = bytes(&two);
    // What is reported from here on is of this sync.
    let mut events = there.subscribe().await?;
    there.start_sync(ticket.nodes).await?;
    synced(&mut events).await?;
    figures.say("reconnect_unchanged_bytes", (bytes(&two) - sent) as f64, "B");
    Ok(())
}
