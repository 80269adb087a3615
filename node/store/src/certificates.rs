//! Certificates of this municipality and others, and the same verified: once, and not for every
//! document that is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use casework::Result;
use replication::certificates::Certificates;
use rusqlite::params;
use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::{NodeKey, RootId};

use crate::fault::corrupt;
use crate::open::Store;
use crate::tx::Tx;

/// Kept certificates by the node key they are for, oldest first.
pub(crate) type ByNode = BTreeMap<NodeKey, Vec<Verified<NodeCertificate>>>;

/// What was verified last, and of which state of the store.
#[derive(Default)]
pub(crate) struct Known {
    /// Rises after every certificate that is durable.
    state: AtomicU64,
    verified: Mutex<Option<(u64, Arc<ByNode>)>>,
}

impl Known {
    /// A certificate was kept, durable.
    pub(crate) fn changed(&self) {
        self.state.fetch_add(1, Ordering::AcqRel);
    }
}

impl Store {
    /// Keeps a certificate beside those of its root that the core keeps too.
    ///
    /// # Errors
    /// One that does not hold, or a failing store.
    pub fn keep_certificate(&self, bytes: &[u8]) -> Result<()> {
        let bytes = bytes.to_vec();
        self.in_write(move |tx| tx.put_certificate(bytes))?;
        self.known.changed();
        Ok(())
    }

    /// Every kept certificate of every root, the newest last.
    ///
    /// # Errors
    /// A failing store.
    pub fn certificates(&self) -> Result<Vec<(RootId, Vec<u8>)>> {
        self.in_read(|tx| {
            tx.all("SELECT root, bytes FROM certificates ORDER BY root, place", [], |cells| {
                Ok((cells.root()?, cells.get()?))
            })
        })
    }

    /// Municipalities whose root signed two certificates under its newest serial, with that
    /// serial. What it signs after them says which it meant.
    ///
    /// # Errors
    /// A failing store.
    pub fn certified_twice(&self) -> Result<BTreeMap<RootId, u64>> {
        let mut serials: BTreeMap<RootId, Vec<u64>> = BTreeMap::new();
        for kept in self.by_node()?.values().flatten() {
            serials.entry(kept.get().owner()).or_default().push(kept.get().serial);
        }
        let twice = |(owner, mut serials): (RootId, Vec<u64>)| {
            serials.sort_unstable();
            match serials[..] {
                [.., one, newest] if one == newest => Some((owner, newest)),
                _ => None,
            }
        };
        Ok(serials.into_iter().filter_map(twice).collect())
    }

    /// Lets go of the certificates and lists of municipalities that nobody names any more; which of
    /// them. Of one that wrote something that is still here they stay, or it could not be read.
    ///
    /// # Errors
    /// A failing store.
    pub fn drop_unnamed(&self, owners: &BTreeSet<RootId>) -> Result<BTreeSet<RootId>> {
        let mut nodes: BTreeMap<RootId, Vec<NodeKey>> = owners.iter().map(|owner| (*owner, Vec::new())).collect();
        for kept in self.by_node()?.values().flatten() {
            nodes.entry(kept.get().owner()).and_modify(|nodes| nodes.push(kept.get().node));
        }
        let mut dropped = BTreeSet::new();
        for (owner, nodes) in nodes {
            if self.signed_by(&nodes)?.is_empty() {
                dropped.insert(owner);
            }
        }
        let gone = dropped.clone();
        self.in_write(move |tx| {
            for owner in gone {
                tx.run("DELETE FROM certificates WHERE root = ?1", [owner.0])?;
                tx.run("DELETE FROM lists WHERE owner = ?1", [owner.0])?;
            }
            Ok(())
        })?;
        self.known.changed();
        Ok(dropped)
    }

    /// Whether a kept certificate says that this is the node of another municipality: whoever
    /// stole its key can certify it too.
    ///
    /// # Errors
    /// A failing store.
    pub fn is_node_of_another(&self, root: RootId, node: NodeKey) -> Result<bool> {
        let by_node = self.by_node()?;
        Ok(by_node.get(&node).into_iter().flatten().any(|kept| kept.get().owner() != root))
    }

    /// Every kept certificate that holds.
    pub(crate) fn by_node(&self) -> Result<Arc<ByNode>> {
        // Read before the store is: what is kept meanwhile is seen too early, never too late.
        let state = self.known.state.load(Ordering::Acquire);
        let verified = || self.known.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, found)) = &*verified()
            && *of == state
        {
            return Ok(Arc::clone(found));
        }
        let mut found = ByNode::new();
        for (root, bytes) in self.certificates()? {
            match NodeCertificate::verify(&bytes) {
                Ok(certificate) => found.entry(certificate.get().node).or_default().push(certificate),
                Err(reason) => tracing::error!(root = %root.short(), %reason, "a stored certificate does not hold"),
            }
        }
        let found = Arc::new(found);
        *verified() = Some((state, Arc::clone(&found)));
        Ok(found)
    }
}

impl Tx<'_> {
    pub(crate) fn put_certificate(&self, bytes: Vec<u8>) -> Result<()> {
        let certificate = NodeCertificate::verify(&bytes).map_err(|_| corrupt())?;
        let root = certificate.get().owner();
        let mut kept = Certificates::default();
        let held = "SELECT bytes FROM certificates WHERE root = ?1 ORDER BY place";
        for bytes in self.all(held, [root.0], |cells| cells.get::<Vec<u8>>())? {
            if let Ok(certificate) = NodeCertificate::verify(&bytes) {
                kept.take(certificate, bytes);
            }
        }
        if !kept.take(certificate, bytes) {
            return Ok(());
        }
        self.run("DELETE FROM certificates WHERE root = ?1", [root.0])?;
        for (place, kept) in (0_i64..).zip(kept.iter()) {
            let sql = "INSERT INTO certificates (root, place, bytes) VALUES (?1, ?2, ?3)";
            self.run(sql, params![root.0, place, kept.bytes()])?;
        }
        Ok(())
    }
}
