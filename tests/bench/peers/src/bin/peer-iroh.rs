//! iroh-docs with its content in iroh-blobs, both in memory: two endpoints over QUIC on loopback.

use std::collections::BTreeSet;
use std::time::{Instant, SystemTime};

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

/// Waits for the content of every entry: what was announced and what was fetched.
async fn all_there(
    events: &mut (impl Stream<Item = Result<LiveEvent>> + Unpin),
    count: usize,
    wanted: Option<Hash>,
) -> Result<()> {
    let mut ready: BTreeSet<Hash> = BTreeSet::new();
    let mut entries = 0;
    while let Some(event) = events.next().await {
        match event? {
            LiveEvent::InsertRemote { .. } => entries += 1,
            LiveEvent::ContentReady { hash } => {
                ready.insert(hash);
            }
            _ => continue,
        }
        let done = match wanted {
            Some(hash) => ready.contains(&hash),
            None => entries >= count && ready.len() >= count,
        };
        if done {
            return Ok(());
        }
    }
    bail!("the events ended")
}

/// Waits for a sync that began after `since` and succeeded; one that only failed to close is not
/// what is measured.
async fn synced(events: &mut (impl Stream<Item = Result<LiveEvent>> + Unpin), since: SystemTime) -> Result<()> {
    while let Some(event) = events.next().await {
        if let LiveEvent::SyncFinished(sync) = event?
            && sync.result.is_ok()
            && sync.started.max(sync.finished) >= since
        {
            return Ok(());
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
    all_there(&mut events, distinct.len(), None).await?;
    figures.say("first_sync_stored_s", seconds(start), "s");
    figures.say("first_sync_built_s", seconds(start), "s");
    figures.say("bytes_per_document", bytes(&two) as f64 / figures.n as f64, "B");
    figures.say("rss_per_document_bytes", resident()?.saturating_sub(before) as f64 / figures.n as f64, "B");

    let mut took = Vec::new();
    let sent = bytes(&two);
    for times in 1..=CHANGES {
        let value = format!("{} {times}", changed(&records[0], times)?);
        let start = Instant::now();
        let hash = doc.set_bytes(author, format!("{:016}", 0), value).await?;
        all_there(&mut events, 0, Some(hash)).await?;
        took.push(seconds(start) * 1e3);
    }
    figures.changes(took, bytes(&two) - sent);

    there.leave().await?;
    let sent = bytes(&two);
    let since = SystemTime::now();
    there.start_sync(ticket.nodes).await?;
    synced(&mut events, since).await?;
    figures.say("reconnect_unchanged_bytes", (bytes(&two) - sent) as f64, "B");
    Ok(())
}
