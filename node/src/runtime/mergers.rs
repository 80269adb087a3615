//! Partners that merged into another municipality. As soon as one and this node hold the same,
//! what it wrote before is all here, and the office goes on without it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use schemas::ids::{CircleId, RootId};

use super::{Runtime, blocking};

/// Partners that merged, with the circles in which they and this node have not been found to hold
/// the same since that was known.
#[derive(Default)]
pub(super) struct Mergers(BTreeMap<RootId, BTreeSet<CircleId>>);

impl Runtime {
    /// Notes which partners merged, as their newest certificates say.
    pub(super) fn await_mergers(&mut self) {
        let merged = self.certificates.iter().filter(|(_, certificate)| certificate.get().successor.is_some());
        let merged: BTreeSet<RootId> = merged.map(|(root, _)| *root).collect();
        self.mergers.0.retain(|root, _| merged.contains(root));
        for root in merged {
            let circles = self.replica.circles_with(root);
            self.mergers.0.entry(root).or_insert_with(|| circles.into_iter().collect());
        }
    }

    /// Goes on without a partner that merged, once it and this node hold the same everywhere.
    pub(super) async fn merged(&mut self, partner: RootId, circle: CircleId) -> Result<()> {
        let Some(waiting) = self.mergers.0.get_mut(&partner) else { return Ok(()) };
        waiting.remove(&circle);
        if !waiting.is_empty() || self.is_recovering() {
            return Ok(());
        }
        self.mergers.0.remove(&partner);
        tracing::info!(partner = %partner.short(), "it merged into another municipality");
        let office = self.parts.office.clone();
        blocking(move || Ok(office.partner_merged(partner)?)).await?;
        self.tell(web::Change::partner());
        Ok(())
    }
}
