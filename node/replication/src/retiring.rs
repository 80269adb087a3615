//! Keys that others retired, and what has to be heard before what those keys signed may go.
//!
//! What a municipality stands by it says again under its next key, and that needs time to come
//! here. This keeps nothing beyond the process: after a start everybody is told anew who retired
//! what. It must never let one partner speak for another.

use std::collections::{BTreeMap, BTreeSet};

use schemas::ids::{CircleId, NodeKey, RootId};

use crate::replica::Replica;

/// Days after which a member that is no partner has said again, through others, what it stands by.
pub const PATIENCE_DAYS: u32 = 14;

/// Municipalities that retired keys, with those keys, and the circles in which they and this node
/// have not been found to hold the same since.
#[derive(Debug, Default)]
pub struct Retiring(BTreeMap<RootId, (BTreeSet<NodeKey>, BTreeSet<CircleId>)>);

impl Retiring {
    /// `owner` retired these keys, and shares these circles with this node.
    pub fn wait(&mut self, owner: RootId, nodes: Vec<NodeKey>, circles: Vec<CircleId>) {
        let (keys, waiting) = self.0.entry(owner).or_default();
        keys.extend(nodes);
        waiting.extend(circles);
    }

    /// Keys of which nothing is waited for any more, now that this node and a partner hold the same
    /// in `circle`. That speaks for the partner itself, and for who is no partner and is heard
    /// through others, once it had time.
    pub fn heard(
        &mut self,
        replica: &Replica,
        partner: RootId,
        circle: CircleId,
        is_partner: impl Fn(RootId) -> bool,
    ) -> Vec<NodeKey> {
        let mut over = Vec::new();
        self.0.retain(|owner, (keys, waiting)| {
            if *owner != partner && (is_partner(*owner) || !replica.had_time(*owner)) {
                return true;
            }
            // In what is not shared any more the two are never compared.
            let shared = replica.circles_with(*owner);
            waiting.retain(|one| *one != circle && shared.contains(one));
            if waiting.is_empty() {
                over.extend(std::mem::take(keys));
            }
            !waiting.is_empty()
        });
        over
    }

    /// Municipalities of which something is waited for.
    pub fn owners(&self) -> impl Iterator<Item = RootId> {
        self.0.keys().copied()
    }
}
