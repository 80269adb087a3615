//! Who may connect: partners, their certificates and lists, and the door to strangers.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use casework::partner_life::Departure;
use replication::Input;
use schemas::ids::{NodeKey, RootId};
use tokio::sync::oneshot;

use super::{Runtime, blocking, lock};
use crate::lists::keep_signed;
use crate::{acquaintance, clock, link};

/// Why a partner is not let in whose certificate does not cover now.
pub const OUT_OF_DATE: &str = "certificate out of date";
/// Why nobody is let in while this node's own certificate does not cover now.
pub const OWN_OUT_OF_DATE: &str = "own certificate out of date";

impl Runtime {
    pub(super) async fn invitations_changed(&self) {
        let desk = Arc::clone(&self.parts.desk);
        let looked = tokio::task::spawn_blocking(move || (desk.is_open(), desk.known())).await;
        let (open, known) = looked.unwrap_or_default();
        let open = open && self.covers_now();
        let (done, told) = oneshot::channel();
        self.command(link::Command::Strangers { open, known, done }).await;
        let _ = told.await;
    }

    /// Reads partners, certificates and lists anew, lets in who is confirmed, and lets go of what
    /// was a partner's that is none any more.
    pub(super) async fn partners_changed(&mut self) -> Result<()> {
        let (store, office, key) = (Arc::clone(&self.parts.store), self.parts.office.clone(), self.key.clone());
        let me = self.replica_root()?;
        let (partners, certificates, lists, departures) = blocking(move || {
            keep_signed(&store, me, &key)?;
            Ok((store.partners()?, store.known_certificates()?, store.lists()?, office.departures()?))
        })
        .await?;
        let is_known = |root: RootId| root == me || partners.iter().any(|partner| partner.root == root);
        let (mut newest, known) = acquaintance::inputs(is_known, &certificates, lists);
        // Also when nothing of it is held: nobody introduces it again.
        let gone: Vec<Departure> = departures.into_iter().filter(|left| !is_known(left.root)).collect();
        let remove = |left: &Departure| Input::Remove { partner: left.root };
        let mut inputs: Vec<Input> = gone.iter().filter(|left| left.successor.is_none()).map(remove).collect();
        inputs.extend(known);
        // Who merged, and into whom, has to be known for what goes with the one or the other.
        inputs.extend(gone.iter().map(remove));
        newest.remove(&me);
        self.certificates = newest;
        self.admit().await?;
        self.invitations_changed().await;
        self.input(inputs).await?;
        self.await_mergers();
        Ok(())
    }

    fn covers_now(&self) -> bool {
        self.parts.own.get().certificate.get().covers(clock::now().hour())
    }

    fn replica_root(&self) -> Result<RootId> {
        let identity =
            self.parts.store.identity()?.ok_or_else(|| anyhow!("de databank hoort nog bij geen gemeente"))?;
        Ok(identity.root)
    }

    /// Tells the network who may connect: confirmed partners that are not suspended and whose
    /// certificate covers now; nobody while this node's own does not.
    pub(super) async fn admit(&mut self) -> Result<()> {
        let now = clock::now().hour();
        let own_covers = self.covers_now();
        let store = Arc::clone(&self.parts.store);
        let office = self.parts.office.clone();
        let (partners, suspended) = blocking(move || Ok((store.partners()?, office.suspensions()?))).await?;
        let before = lock(&self.nodes).clone();
        let mut closed: Vec<(RootId, NodeKey, Option<String>)> = before
            .iter()
            .filter(|(root, _)| !partners.iter().any(|partner| partner.root == **root))
            .map(|(root, node)| (*root, *node, None))
            .collect();
        for partner in partners {
            let Some(certificate) = self.certificates.get(&partner.root) else { continue };
            let node = certificate.get().node;
            let why = match suspended.get(&partner.root) {
                Some(suspension) => {
                    self.parts.port.restraints.lift(partner.root);
                    format!("suspended: {}", suspension.why)
                }
                None if !own_covers => OWN_OUT_OF_DATE.to_owned(),
                None if certificate.get().covers(now) => {
                    let known = lock(&self.nodes).insert(partner.root, node);
                    if let Some(old) = known.filter(|known| *known != node) {
                        self.command(link::Command::Forbid { node: old, why: None }).await;
                    }
                    if known.is_none() {
                        // What kept it out before is over.
                        lock(&self.outlook).trouble.remove(&node);
                    }
                    let addresses = partner.addresses.clone();
                    self.command(link::Command::Allow { node, addresses }).await;
                    continue;
                }
                None => OUT_OF_DATE.to_owned(),
            };
            if before.contains_key(&partner.root) {
                closed.push((partner.root, node, Some(why)));
            } else {
                lock(&self.outlook).trouble.insert(node, why);
            }
        }
        let mut inputs = Vec::new();
        for (partner, node, why) in closed {
            self.command(link::Command::Forbid { node, why }).await;
            lock(&self.nodes).remove(&partner);
            // What the network tells of a node that is nobody's any more is not heard.
            if self.pumps.remove(&partner).is_some() {
                inputs.push(Input::Disconnected { partner });
            }
        }
        if !inputs.is_empty() {
            self.tell(web::Change::partner());
        }
        self.input(inputs).await
    }

    pub(super) fn root_of(&self, node: NodeKey) -> Option<RootId> {
        lock(&self.nodes).iter().find(|(_, key)| **key == node).map(|(root, _)| *root)
    }
}
