//! A node that was restored from a backup: it exchanges, but nothing of its own leaves until every
//! partner has brought what it kept; then the records follow, and the work goes on. Of a partner
//! without whom it went on the records follow later, once that one is resumed and has brought it.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use schemas::ids::{CircleId, NodeKey, RootId};
use store::Store;

use super::{Runtime, blocking};

const NAME: &str = "recovering";

/// Partners that are awaited, and circles in which one and this node were found to hold the same.
#[derive(Default)]
pub(super) struct Recovering {
    awaited: BTreeSet<RootId>,
    /// Partners without whom it went on.
    absent: BTreeSet<RootId>,
    brought: BTreeSet<(RootId, CircleId)>,
    /// Keys of this node that were retired: what they signed is said again when it is all here.
    retired: Vec<NodeKey>,
}

/// Partners that a restored node waits for; none when it isn't one.
///
/// # Errors
/// A failing store.
pub fn awaited(store: &Store) -> Result<BTreeSet<RootId>> {
    let kept = store.node_state(NAME)?;
    let roots: Option<Vec<RootId>> = kept.and_then(|bytes| minicbor::decode(&bytes).ok());
    Ok(roots.unwrap_or_default().into_iter().collect())
}

/// Has a restored node wait for these.
///
/// # Errors
/// A failing store.
pub fn wait_for(store: &Store, partners: &BTreeSet<RootId>) -> Result<()> {
    let roots: Vec<RootId> = partners.iter().copied().collect();
    Ok(store.set_node_state(NAME, &minicbor::to_vec(roots)?)?)
}

impl Runtime {
    pub(super) fn begin_recovering(&mut self) -> Result<()> {
        self.recovering.awaited = awaited(&self.parts.store)?;
        self.recovering.absent = self.parts.office.absent()?;
        Ok(())
    }

    pub(super) fn is_recovering(&self) -> bool {
        !self.recovering.awaited.is_empty()
    }

    /// Notes that this node and a partner were found to hold the same in a circle.
    pub(super) fn brought(&mut self, partner: RootId, circle: CircleId) {
        if self.is_recovering() || self.recovering.absent.contains(&partner) {
            self.recovering.brought.insert((partner, circle));
        }
    }

    /// Whether a partner brought what it kept, of every circle.
    fn has_brought(&self, partner: RootId) -> bool {
        let circles = self.replica.circles_with(partner);
        !circles.is_empty() && circles.iter().all(|circle| self.recovering.brought.contains(&(partner, *circle)))
    }

    /// Has keys of this node wait that were retired.
    pub(super) fn say_again_later(&mut self, nodes: Vec<NodeKey>) {
        self.recovering.retired.extend(nodes);
    }

    async fn read_absent(&mut self) -> Result<()> {
        let office = self.parts.office.clone();
        self.recovering.absent = blocking(move || Ok(office.absent()?)).await?;
        Ok(())
    }

    /// Has the records follow what partners brought without whom this node went on.
    async fn absent_brought(&mut self) -> Result<()> {
        let absent = self.recovering.absent.iter().copied();
        let brought: Vec<RootId> = absent.filter(|partner| self.has_brought(*partner)).collect();
        if brought.is_empty() {
            return Ok(());
        }
        self.written().await?;
        for partner in brought {
            let office = self.parts.office.clone();
            let followed = blocking(move || Ok(office.absent_brought(partner)?)).await?;
            // One that was suspended meanwhile brings it anew.
            self.recovering.brought.retain(|(by, _)| *by != partner);
            if followed {
                tracing::info!(partner = %partner.short(), "brought what it kept since the restore");
                self.tell(web::Change::partner());
            }
        }
        self.read_absent().await?;
        self.parts.matches_moved.notify_one();
        self.drain_outbox().await
    }

    /// Looks whether everybody has brought what it kept, and goes on when so. Nobody waits for a
    /// partner that was left or suspended.
    pub(super) async fn recover(&mut self) -> Result<()> {
        if !self.is_recovering() {
            return self.absent_brought().await;
        }
        let (store, office) = (Arc::clone(&self.parts.store), self.parts.office.clone());
        let (partners, suspended) = blocking(move || Ok((store.partners()?, office.suspensions()?))).await?;
        let waits = |root: &RootId| {
            let is_partner = partners.iter().any(|partner| partner.root == *root) && !suspended.contains_key(root);
            is_partner && !self.has_brought(*root)
        };
        let awaited: BTreeSet<RootId> = self.recovering.awaited.iter().copied().filter(waits).collect();
        if !awaited.is_empty() {
            self.parts.port.set_recovering(awaited);
            return Ok(());
        }
        // What they brought is to be readable before the records follow it.
        self.written().await?;
        let without: BTreeSet<RootId> =
            self.recovering.awaited.iter().copied().filter(|root| !self.has_brought(*root)).collect();
        let (store, office) = (Arc::clone(&self.parts.store), self.parts.office.clone());
        let restored = blocking(move || {
            let restored = office.after_restore(&without)?;
            wait_for(&store, &BTreeSet::new())?;
            Ok(restored)
        })
        .await?;
        // Not before: what time does would erase what the records don't know yet.
        self.parts.port.set_recovering(BTreeSet::new());
        tracing::info!(
            matches = restored.matches,
            erased = restored.erased,
            unsure = restored.unsure,
            "restored from a backup"
        );
        let retired = std::mem::take(&mut self.recovering).retired;
        self.read_absent().await?;
        self.parts.matches_moved.notify_one();
        self.tell(web::Change::partner());
        if !retired.is_empty() {
            let owner = self.parts.own.get().certificate.get().owner();
            let again = self.retired(owner, retired).await?;
            self.input(again).await?;
        }
        self.drain_outbox().await
    }
}
