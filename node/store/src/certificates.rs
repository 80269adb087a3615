//! Certificates of this municipality and others, and the same verified: once, and not for every
//! document that is read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use casework::Result;
use rusqlite::params;
use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::{NodeKey, RootId};

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
    /// Keeps a certificate beside the older ones of its root. The caller verified it.
    ///
    /// # Errors
    /// A failing store.
    pub fn keep_certificate(&self, root: RootId, serial: u64, bytes: &[u8]) -> Result<()> {
        let bytes = bytes.to_vec();
        self.in_write(move |tx| tx.put_certificate(root, serial, &bytes))?;
        self.known.changed();
        Ok(())
    }

    /// Every kept certificate of every root, oldest first.
    ///
    /// # Errors
    /// A failing store.
    pub fn certificates(&self) -> Result<Vec<(RootId, Vec<u8>)>> {
        self.in_read(|tx| {
            tx.all("SELECT root, bytes FROM certificates ORDER BY root, serial", [], |cells| {
                Ok((cells.root()?, cells.get()?))
            })
        })
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
    pub(crate) fn put_certificate(&self, root: RootId, serial: u64, bytes: &[u8]) -> Result<()> {
        let serial = i64::try_from(serial).map_err(|_| crate::fault::corrupt())?;
        self.run(
            "INSERT OR IGNORE INTO certificates (root, serial, bytes) VALUES (?1, ?2, ?3)",
            params![root.0, serial, bytes],
        )?;
        // As many as the core remembers: a partner does not fill the table.
        self.run(
            "DELETE FROM certificates WHERE root = ?1 AND serial NOT IN
             (SELECT serial FROM certificates WHERE root = ?1 ORDER BY serial DESC LIMIT 8)",
            [root.0],
        )?;
        Ok(())
    }
}
