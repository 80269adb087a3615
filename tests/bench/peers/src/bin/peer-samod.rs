//! samod, the Rust automerge-repo: two repos in memory over TCP on loopback, one document a record.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use automerge::transaction::Transactable;
use automerge::{Automerge, ROOT, ReadDoc};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use peers::{CHANGES, Figures, changed, records, resident, seconds};
use samod::tokio_io::TcpDialer;
use samod::{BackoffConfig, ConnectionId, DialerHandle, DocHandle, Repo, Transport};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

static BYTES: AtomicU64 = AtomicU64::new(0);

/// A stream whose bytes are counted, both ways.
struct Counted(TcpStream);

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let outcome = Pin::new(&mut self.0).poll_read(cx, buf);
        BYTES.fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        outcome
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.0).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = &outcome {
            BYTES.fetch_add(*count as u64, Ordering::Relaxed);
        }
        outcome
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

fn put(document: &mut Automerge, record: &str) -> Result<()> {
    let Value::Object(fields) = serde_json::from_str(record)? else { bail!("not an object") };
    let mut transaction = document.transaction();
    for (name, value) in fields {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        transaction.put(ROOT, name, text)?;
    }
    transaction.commit();
    Ok(())
}

async fn dial(repo: &Repo, address: &str) -> Result<(DialerHandle<Infallible>, ConnectionId)> {
    let dialer = TcpDialer::new(address.parse()?)?;
    let handle = repo.dial(BackoffConfig::default(), Arc::new(dialer))?;
    handle.established().await.map_err(|_| anyhow::anyhow!("not connected"))?;
    let connection = handle.connection_id().context("no connection")?;
    Ok((handle, connection))
}

#[tokio::main]
async fn main() -> Result<()> {
    let records = records()?;
    let figures = Figures { peer: "samod", n: records.len() };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("tcp://{}", listener.local_addr()?);
    let (one, two) = (Repo::build_tokio().load().await, Repo::build_tokio().load().await);
    let mut handles: Vec<DocHandle> = Vec::with_capacity(records.len());
    for record in &records {
        let mut document = Automerge::new();
        put(&mut document, record)?;
        handles.push(one.create(document).await?);
    }
    let acceptor = one.make_acceptor(address.parse()?)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if acceptor.accept(Transport::from_tokio_io(Counted(stream))).is_err() {
                return;
            }
        }
    });
    let before = resident()?;
    let start = Instant::now();
    let (dialer, _) = dial(&two, &address).await?;
    let mut finding: FuturesUnordered<_> =
        handles.iter().map(|handle| two.find(handle.document_id().clone())).collect();
    let mut there = Vec::with_capacity(records.len());
    while let Some(found) = finding.next().await {
        there.push(found?.context("a document is not there")?);
    }
    figures.say("first_sync_stored_s", seconds(start), "s");
    figures.say("first_sync_built_s", seconds(start), "s");
    figures.say("bytes_per_document", BYTES.load(Ordering::Relaxed) as f64 / figures.n as f64, "B");
    figures.say("rss_per_document_bytes", resident()?.saturating_sub(before) as f64 / figures.n as f64, "B");

    let first = handles[0].clone();
    let copy = there.iter().find(|handle| handle.document_id() == first.document_id()).context("the first")?.clone();
    let mut took = Vec::new();
    let sent = BYTES.load(Ordering::Relaxed);
    for times in 1..=CHANGES {
        let record = changed(&records[0], times)?;
        let places = serde_json::from_str::<Value>(&record)?["capacity_left"].to_string();
        let mut changes = copy.changes();
        let start = Instant::now();
        first.with_document(|document| {
            let mut transaction = document.transaction();
            transaction.put(ROOT, "capacity_left", places.clone())?;
            transaction.commit();
            Ok::<_, automerge::AutomergeError>(())
        })?;
        let is_there = || {
            copy.with_document(|document| {
                let value = document.get(ROOT, "capacity_left").ok().flatten();
                value.is_some_and(|(value, _)| value.as_str() == Some(&places))
            })
        };
        while !is_there() {
            changes.next().await.context("no more changes")?;
        }
        took.push(seconds(start) * 1e3);
    }
    figures.changes(took, BYTES.load(Ordering::Relaxed) - sent);

    dialer.close();
    let sent = BYTES.load(Ordering::Relaxed);
    let (_dialer, connection) = dial(&two, &address).await?;
    for handle in &there {
        handle.we_have_their_changes(connection).await;
    }
    figures.say("reconnect_unchanged_bytes", (BYTES.load(Ordering::Relaxed) - sent) as f64, "B");
    Ok(())
}
