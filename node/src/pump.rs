//! What waits to be sent to one partner, so that the runtime never waits for it.
//!
//! Frames wait as bytes up to a bound; stored envelopes wait as ids and are read when there is
//! room on the stream. A pump that is full says so, and its stream is closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use replication::frames;
use schemas::ids::EnvelopeId;
use store::Store;
use tokio::sync::mpsc;

use crate::runtime::blocking;

/// Stored envelopes that are read together.
const READ: usize = 512;
/// Things that wait, and bytes in them, at most.
const MAX_THINGS: usize = 8 * 1024;
const MAX_BYTES: usize = 64 * 1024 * 1024;

enum Thing {
    Frame(Vec<u8>),
    Stored(Vec<EnvelopeId>),
}

impl Thing {
    fn bytes(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.len(),
            Self::Stored(ids) => ids.len() * 32,
        }
    }
}

/// The way to one partner.
pub struct Pump {
    /// Number of the stream it fills.
    pub stream: u64,
    things: mpsc::Sender<Thing>,
    waiting: Arc<AtomicUsize>,
}

impl Pump {
    /// A pump into `frames`; it ends when this value or the stream does.
    pub fn start(stream: u64, frames: mpsc::Sender<Vec<u8>>, store: Arc<Store>) -> Self {
        let (things, receiver) = mpsc::channel(MAX_THINGS);
        let waiting = Arc::new(AtomicUsize::new(0));
        tokio::spawn(run(receiver, frames, store, Arc::clone(&waiting)));
        Self { stream, things, waiting }
    }

    /// Sends a frame after what waits; whether there is room.
    pub fn send(&self, frame: Vec<u8>) -> bool {
        self.put(Thing::Frame(frame))
    }

    /// Sends stored envelopes after what waits; whether there is room.
    pub fn send_stored(&self, ids: Vec<EnvelopeId>) -> bool {
        self.put(Thing::Stored(ids))
    }

    fn put(&self, thing: Thing) -> bool {
        let bytes = thing.bytes();
        if self.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes > MAX_BYTES {
            return false;
        }
        match self.things.try_send(thing) {
            // A stream that ended is about to be told as an event.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => true,
            Err(mpsc::error::TrySendError::Full(_)) => false,
        }
    }
}

async fn run(
    mut things: mpsc::Receiver<Thing>,
    frames: mpsc::Sender<Vec<u8>>,
    store: Arc<Store>,
    waiting: Arc<AtomicUsize>,
) {
    while let Some(thing) = things.recv().await {
        let bytes = thing.bytes();
        let sent = match thing {
            Thing::Frame(frame) => frames.send(frame).await.map_err(anyhow::Error::from),
            Thing::Stored(ids) => send_stored(ids, &frames, &store).await,
        };
        if let Err(error) = sent {
            if !frames.is_closed() {
                tracing::error!(%error, "stored envelopes could not be read; the stream ends");
            }
            return;
        }
        waiting.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Reads stored envelopes a few at a time, as there is room, and sends them in the order in which
/// they came.
async fn send_stored(ids: Vec<EnvelopeId>, frames: &mpsc::Sender<Vec<u8>>, store: &Arc<Store>) -> Result<()> {
    let from = Arc::clone(store);
    let numbers = blocking(move || Ok(from.numbers(&ids)?)).await?;
    for some in numbers.chunks(READ) {
        let (from, some) = (Arc::clone(store), some.to_vec());
        let packed = blocking(move || Ok(frames::envelopes(from.wire(&some)?))).await?;
        for frame in packed {
            frames.send(frame).await?;
        }
    }
    Ok(())
}
