//! Who may connect: partners, their certificates and lists, and the door to strangers.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use schemas::ids::{NodeKey, RootId};
use tokio::sync::oneshot;

use super::{Runtime, blocking, lock};
use crate::{acquaintance, clock, link};

/// Why a partner is not let in whose certificate does not cover now.
pub const OUT_OF_DATE: &str = "certificate out of date";
/// Why nobody is let in while this node's own certificate does not cover now.
pub const OWN_OUT_OF_DATE: &str = "own certificate out of date";

impl Runtime {
    pub(super) async fn invitations_changed(&self) {
        let desk = Arc::clone(&self.parts.desk);
        let open = tokio::task::spawn_blocking(move || desk.is_open()).await.unwrap_or(false);
        let open = open && self.certificate.get().covers(clock::now().hour());
        let (done, known) = oneshot::channel();
        self.command(link::Command::Strangers { open, done }).await;
        let _ = known.await;
    }

    /// Reads partners, certificates and lists anew, and lets in who is confirmed.
    pub(super) async fn partners_changed(&mut self) -> Result<()> {
        let store = Arc::clone(&self.parts.store);
        let (partners, certificates, lists) =
            blocking(move || Ok((store.partners()?, store.certificates()?, store.lists()?))).await?;
        let me = self.replica_root()?;
        let is_known = |root| root == me || partners.iter().any(|partner| partner.root == root);
        let (mut newest, inputs) = acquaintance::inputs(is_known, certificates, lists);
        newest.remove(&me);
        self.certificates = newest;
        self.input(inputs).await?;
        self.admit().await;
        Ok(())
    }

    fn replica_root(&self) -> Result<RootId> {
        let identity =
            self.parts.store.identity()?.ok_or_else(|| anyhow!("de databank hoort nog bij geen gemeente"))?;
        Ok(identity.root)
    }

    /// Tells the network who may connect: confirmed partners whose certificate covers now; nobody
    /// while this node's own does not.
    pub(super) async fn admit(&mut self) {
        let now = clock::now().hour();
        let own_covers = self.certificate.get().covers(now);
        let store = Arc::clone(&self.parts.store);
        let Ok(partners) = blocking(move || Ok(store.partners()?)).await else { return };
        let before = lock(&self.nodes).clone();
        for partner in partners {
            let Some(certificate) = self.certificates.get(&partner.root) else { continue };
            let node = certificate.get().node;
            if own_covers && certificate.get().covers(now) {
                let known = lock(&self.nodes).insert(partner.root, node);
                if known.is_some_and(|known| known != node)
                    && let Some(old) = known
                {
                    self.command(link::Command::Forbid { node: old }).await;
                }
                let addresses = partner.addresses.clone();
                self.command(link::Command::Allow { node, addresses }).await;
            } else if before.contains_key(&partner.root) || !lock(&self.outlook).trouble.contains_key(&node) {
                lock(&self.nodes).remove(&partner.root);
                self.command(link::Command::Forbid { node }).await;
                let why = if own_covers { OUT_OF_DATE } else { OWN_OUT_OF_DATE };
                lock(&self.outlook).trouble.insert(node, why.to_owned());
            }
        }
    }

    pub(super) fn root_of(&self, node: NodeKey) -> Option<RootId> {
        lock(&self.nodes).iter().find(|(_, key)| **key == node).map(|(root, _)| *root)
    }
}
