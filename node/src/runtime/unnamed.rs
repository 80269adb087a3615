//! Municipalities that no list names any more: after a day their certificates and lists go, here
//! and in the replica, unless something that they wrote is still held.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use replication::{Clock, Input};
use schemas::ids::RootId;

use super::{Runtime, blocking};
use crate::clock;

/// Seconds that one stays when nobody names it: lists and what they were to let through come in
/// any order.
const PATIENCE: u64 = 86_400;

impl Runtime {
    /// Lets go of whom nobody has named for long enough, over however many starts.
    pub(super) async fn forget_unnamed(&mut self) -> Result<()> {
        // By a clock that is wrong nobody was unnamed for a day.
        if self.replica.clock() != Clock::Right {
            return Ok(());
        }
        let (unnamed, now) = (self.replica.unnamed(), clock::now());
        let store = Arc::clone(&self.parts.store);
        let since = blocking(move || Ok(store.note_unnamed(unnamed, now)?)).await?;
        let over = since.into_iter().filter(|(_, since)| since.plus_seconds(PATIENCE) <= now);
        let over: BTreeSet<RootId> = over.map(|(owner, _)| owner).collect();
        if over.is_empty() {
            return Ok(());
        }
        // What is under way may be of one of them.
        self.settled().await?;
        let store = Arc::clone(&self.parts.store);
        let owners = blocking(move || Ok(store.drop_unnamed(&over)?)).await?;
        self.input(vec![Input::Forget { owners }]).await
    }
}
