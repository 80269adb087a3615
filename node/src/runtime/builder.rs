//! What is stored and waits to be built into documents.
//!
//! Storing goes first: while many envelopes stream in they wait here, up to a bound, and are built
//! when the stream pauses. A few are built at once. What waits when the process ends is built at
//! the next start.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::Result;
use replication::{Built, Unbuilt};
use tokio::task::JoinHandle;

/// Envelopes built together: the effects of one batch are one transaction.
const BATCH: usize = 512;
/// As many are no stream.
const FEW: usize = 32;
/// Bytes that may wait. Beyond it nothing more is taken in until some were built.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// A stream that brings nothing for so long pauses.
const PAUSE: Duration = Duration::from_millis(50);

/// The queue, and what is being built.
#[derive(Default)]
pub(super) struct Builder {
    waiting: VecDeque<Unbuilt>,
    bytes: usize,
    building: Option<JoinHandle<Vec<Built>>>,
    /// Whether the stream paused, and nothing much came since.
    paused: bool,
}

impl Builder {
    pub(super) fn add(&mut self, unbuilt: Vec<Unbuilt>) {
        self.paused &= unbuilt.len() <= FEW;
        self.bytes += unbuilt.iter().map(Unbuilt::bytes).sum::<usize>();
        self.waiting.extend(unbuilt);
    }

    /// Whether everything is built.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.building.is_none()
    }

    /// Whether nothing more may be taken in.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > MAX_BYTES
    }

    /// Begins with the next batch, when it is time for it.
    pub(super) fn go_on(&mut self) {
        let is_time = self.paused || self.is_full() || self.waiting.len() <= FEW;
        if self.building.is_some() || self.waiting.is_empty() || !is_time {
            return;
        }
        let batch: Vec<Unbuilt> = self.waiting.drain(..self.waiting.len().min(BATCH)).collect();
        self.bytes -= batch.iter().map(Unbuilt::bytes).sum::<usize>();
        self.building = Some(tokio::task::spawn_blocking(move || replication::build(&batch)));
    }

    /// Waits for what comes next: a batch that was built, or none when the stream pauses. For ever
    /// when there is nothing to wait for. May be dropped.
    pub(super) async fn next(&mut self) -> Result<Vec<Built>> {
        let pauses = !self.paused && !self.waiting.is_empty();
        match &mut self.building {
            Some(building) => {
                let built = building.await;
                self.building = None;
                Ok(built?)
            }
            None if pauses => {
                let _ = tokio::time::timeout(PAUSE, std::future::pending::<()>()).await;
                self.paused = true;
                Ok(Vec::new())
            }
            None => std::future::pending().await,
        }
    }
}
