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
use schemas::time::Timestamp;

use crate::fault::corrupt;
use crate::open::Store;
use crate::rows::seconds;
use crate::tx::Tx;

/// Every kept certificate that holds.
#[derive(Default)]
pub struct KnownCertificates {
    by_root: BTreeMap<RootId, Certificates>,
    /// Who certified a node key: whoever stole it can certify it too.
    roots: BTreeMap<NodeKey, BTreeSet<RootId>>,
}

impl KnownCertificates {
    fn take(&mut self, certificate: Verified<NodeCertificate>, bytes: Vec<u8>) {
        let (root, node) = (certificate.get().owner(), certificate.get().node);
        self.roots.entry(node).or_default().insert(root);
        self.by_root.entry(root).or_default().take(certificate, bytes);
    }

    /// Those of a municipality.
    pub fn of(&self, root: RootId) -> Option<&Certificates> {
        self.by_root.get(&root)
    }

    /// Those of every municipality.
    pub fn iter(&self) -> impl Iterator<Item = (RootId, &Certificates)> {
        self.by_root.iter().map(|(root, certificates)| (*root, certificates))
    }

    /// The municipalities that certified a node key, now or before.
    pub fn roots_of(&self, node: NodeKey) -> impl Iterator<Item = RootId> {
        self.roots.get(&node).into_iter().flatten().copied()
    }

    /// The certificates that are for a node key.
    pub(crate) fn for_node(&self, node: NodeKey) -> impl Iterator<Item = &Verified<NodeCertificate>> {
        let kept = self.roots_of(node).filter_map(|root| self.of(root)).flat_map(Certificates::iter);
        kept.map(|kept| kept.signer().certificate()).filter(move |certificate| certificate.get().node == node)
    }
}

/// What was verified last, and of which state of the store.
#[derive(Default)]
pub(crate) struct Known {
    /// Rises with every transaction that changed a certificate.
    state: AtomicU64,
    verified: Mutex<Option<(u64, Arc<KnownCertificates>)>>,
}

impl Known {
    /// A certificate was kept or let go, durable.
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
        self.in_write(move |tx| tx.put_certificate(bytes))
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
        let twice = |(owner, certificates): (RootId, &Certificates)| {
            let newest = certificates.newest()?.get().serial;
            (certificates.doubled() == Some(newest)).then_some((owner, newest))
        };
        Ok(self.known_certificates()?.iter().filter_map(twice).collect())
    }

    /// Notes who is named by nobody at `now`, and forgets of others that they were not; since when
    /// that is so of each.
    ///
    /// # Errors
    /// A failing store.
    pub fn note_unnamed(&self, unnamed: BTreeSet<RootId>, now: Timestamp) -> Result<BTreeMap<RootId, Timestamp>> {
        let noted = |tx: &mut Tx<'_>| {
            let rows = tx.all("SELECT root, since FROM unnamed", [], |cells| Ok((cells.root()?, cells.time()?)))?;
            Ok(rows.into_iter().collect::<BTreeMap<_, _>>())
        };
        let before = self.in_read(noted)?;
        // A clock that was ahead is not waited for.
        let since = |root: RootId| (root, before.get(&root).copied().unwrap_or(now).min(now));
        let after: BTreeMap<RootId, Timestamp> = unnamed.into_iter().map(since).collect();
        if after != before {
            let rows = after.clone();
            self.in_write(move |tx| {
                tx.run("DELETE FROM unnamed", [])?;
                for (root, since) in rows {
                    tx.run("INSERT INTO unnamed (root, since) VALUES (?1, ?2)", params![root.0, seconds(since)])?;
                }
                Ok(())
            })?;
        }
        Ok(after)
    }

    /// Lets go of the certificates and lists of municipalities that nobody names any more; which of
    /// them. Of one that wrote something that is still here they stay, or it could not be read;
    /// and of one that became a partner since.
    ///
    /// # Errors
    /// A failing store.
    pub fn drop_unnamed(&self, owners: &BTreeSet<RootId>) -> Result<BTreeSet<RootId>> {
        let known = self.known_certificates()?;
        let mut silent = BTreeSet::new();
        for owner in owners {
            let kept = known.of(*owner).into_iter().flat_map(Certificates::iter);
            let nodes: Vec<NodeKey> = kept.map(|kept| kept.get().node).collect();
            if self.signed_by(&nodes)?.is_empty() {
                silent.insert(*owner);
            }
        }
        self.in_write(move |tx| {
            let partners = tx.all("SELECT root FROM partners", [], |cells| cells.root())?;
            silent.retain(|owner| !partners.contains(owner));
            for owner in &silent {
                tx.certified = true;
                tx.run("DELETE FROM certificates WHERE root = ?1", [owner.0])?;
                tx.run("DELETE FROM lists WHERE owner = ?1", [owner.0])?;
            }
            Ok(silent)
        })
    }

    /// Whether a kept certificate says that this is the node of another municipality: whoever
    /// stole its key can certify it too.
    ///
    /// # Errors
    /// A failing store.
    pub fn is_node_of_another(&self, root: RootId, node: NodeKey) -> Result<bool> {
        Ok(self.known_certificates()?.roots_of(node).any(|of| of != root))
    }

    /// Every kept certificate that holds.
    ///
    /// # Errors
    /// A failing store.
    pub fn known_certificates(&self) -> Result<Arc<KnownCertificates>> {
        // Read before the store is: what is kept meanwhile is seen too early, never too late.
        let state = self.known.state.load(Ordering::Acquire);
        let verified = || self.known.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, found)) = &*verified()
            && *of == state
        {
            return Ok(Arc::clone(found));
        }
        let mut found = KnownCertificates::default();
        for (root, bytes) in self.certificates()? {
            match NodeCertificate::verify(&bytes) {
                Ok(certificate) => found.take(certificate, bytes),
                Err(reason) => tracing::error!(root = %root.short(), %reason, "a stored certificate does not hold"),
            }
        }
        let found = Arc::new(found);
        *verified() = Some((state, Arc::clone(&found)));
        Ok(found)
    }
}

impl Tx<'_> {
    pub(crate) fn put_certificate(&mut self, bytes: Vec<u8>) -> Result<()> {
        let certificate = NodeCertificate::verify(&bytes).map_err(|_| corrupt())?;
        let root = certificate.get().owner();
        let mut kept = Certificates::default();
        let who = "SELECT refnis, kbo FROM partners WHERE root = ?1";
        let who = self.one(who, [root.0], |cells| Ok((cells.get::<String>()?, cells.get::<String>()?)))?;
        if let Some((refnis, kbo)) = who {
            kept.confirm(&refnis, &kbo);
        }
        let held = "SELECT bytes FROM certificates WHERE root = ?1 ORDER BY place";
        let held = self.all(held, [root.0], |cells| cells.get::<Vec<u8>>())?;
        let before = held.len();
        for bytes in held {
            if let Ok(certificate) = NodeCertificate::verify(&bytes) {
                kept.take(certificate, bytes);
            }
        }
        // What its root said of itself under another name goes, also when this one is held already.
        if !kept.take(certificate, bytes) && kept.iter().count() == before {
            return Ok(());
        }
        self.certified = true;
        self.run("DELETE FROM certificates WHERE root = ?1", [root.0])?;
        for (place, kept) in (0_i64..).zip(kept.iter()) {
            let sql = "INSERT INTO certificates (root, place, bytes) VALUES (?1, ?2, ?3)";
            self.run(sql, params![root.0, place, kept.bytes()])?;
        }
        Ok(())
    }
}
