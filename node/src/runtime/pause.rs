//! A store that fails, most often for a full disk: the exchange waits until it writes again.
//!
//! A replica that believes to be stored what is not must never go on. So nothing more is read
//! from partners, whose frames wait in their own windows, and once the store writes, a new
//! replica takes over what it holds, as after an unclean end. Nothing is lost: commands wait in
//! the outbox, and partners are asked for what did not get this far.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use replication::Replica;
use schemas::time::Timestamp;
use tokio::sync::mpsc;

use super::later::Later;
use super::{Ask, RUNNING, Runtime, blocking, effects, lock};
use crate::link;

/// Seconds between two attempts to write, at most; the first comes after one.
const SLOWEST: u64 = 30;

impl Runtime {
    /// Waits until the store writes again, and begins anew; whether the node goes on.
    pub(super) async fn pause(&mut self, error: &anyhow::Error, asks: &mut mpsc::Receiver<Ask>) -> bool {
        let why = crate::commands::sentence(error);
        tracing::error!(%error, "the store failed; the exchange waits until it works again");
        self.parts.port.set_paused(Some(why));
        self.tell(web::Change::partner());
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let (mut wait, mut left) = (1, 1);
        loop {
            tokio::select! {
                ask = asks.recv() => match ask {
                    Some(Ask::Stop(done)) => {
                        let _ = done.send(());
                        return false;
                    }
                    None => return false,
                    // Who asks gets no answer; what changed is read anew by whoever begins anew.
                    Some(_) => {}
                },
                _ = second.tick() => {
                    if left > 0 {
                        left -= 1;
                        continue;
                    }
                    match self.again().await {
                        Ok(()) => break,
                        Err(error) => tracing::debug!(%error, "the store does not write yet"),
                    }
                    wait = (wait * 2).min(SLOWEST);
                    left = wait;
                }
            }
        }
        self.parts.port.set_paused(None);
        self.tell(web::Change::partner());
        tracing::info!("the store writes again; the exchange goes on");
        true
    }

    async fn again(&mut self) -> Result<()> {
        if self.applying.is_some() {
            // Whatever became of it: what is there is read anew.
            let _ = effects::stored(&mut self.applying).await;
        }
        let store = Arc::clone(&self.parts.store);
        blocking(move || Ok(store.set_node_state(RUNNING, &[1])?)).await?;
        self.replica = Replica::new(self.me.config(&self.parts.store)?);
        self.later = Later::default();
        self.pumps.clear();
        self.certificates.clear();
        (self.drained, self.looked_through, self.wake_at) = (0, 0, Timestamp(0));
        // What is under way on a stream was meant for the replica that is gone.
        let nodes: Vec<_> = lock(&self.nodes).values().copied().collect();
        for node in nodes {
            self.command(link::Command::Close { node }).await;
        }
        self.begin().await
    }
}
