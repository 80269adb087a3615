//! Municipalities that no list names any more: after a day their certificates and lists go, here
//! and in the replica, unless something that they wrote is still held.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Result;
use replication::Input;
use schemas::ids::RootId;
use schemas::time::Timestamp;

use super::{Runtime, blocking};
use crate::clock;

/// Seconds that one stays when nobody names it: lists and what they were to let through come in
/// any order.
const PATIENCE: u64 = 86_400;

/// Since when nobody names them, as far as this process has seen.
#[derive(Default)]
pub(super) struct Unnamed(BTreeMap<RootId, Timestamp>);

impl Unnamed {
    /// Notes who is named by nobody now; for whom that is so long enough.
    fn over(&mut self, unnamed: BTreeSet<RootId>, now: Timestamp) -> BTreeSet<RootId> {
        let since = |owner| (owner, self.0.get(&owner).copied().unwrap_or(now));
        self.0 = unnamed.into_iter().map(since).collect();
        let over = self.0.iter().filter(|(_, since)| since.plus_seconds(PATIENCE) <= now);
        over.map(|(owner, _)| *owner).collect()
    }
}

impl Runtime {
    /// Lets go of whom nobody names any more.
    pub(super) async fn forget_unnamed(&mut self) -> Result<()> {
        let over = self.unnamed.over(self.replica.unnamed(), clock::now());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_named_again_is_waited_for_anew() {
        let mut unnamed = Unnamed::default();
        let [one, other] = [1, 2].map(|number| RootId([number; 32]));
        let mut over = |who: &[RootId], at| unnamed.over(who.iter().copied().collect(), Timestamp(at));
        assert_eq!(over(&[one, other], 0), [].into());
        assert_eq!(over(&[one], 50_000), [].into());
        assert_eq!(over(&[one, other], 86_399), [].into());
        assert_eq!(over(&[one, other], 86_400), [one].into());
        assert_eq!(over(&[other], 86_399 + 86_400), [other].into());
    }
}
