//! Who this node is, for every replica that it makes: one at its start, and one more each time
//! the store has failed.

use anyhow::{Context, Result};
use ed25519_dalek::SigningKey;
use replication::Config;
use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::Session;
use store::Store;

use crate::clock;
use crate::home::Home;

/// What a replica of this node needs to know of it.
pub(super) struct Me {
    certificate: Verified<NodeCertificate>,
    certificate_bytes: Vec<u8>,
    key: SigningKey,
}

impl Me {
    pub(super) fn of(home: &Home) -> Self {
        Self {
            certificate: home.certificate.clone(),
            certificate_bytes: home.certificate_bytes.clone(),
            key: home.node.clone(),
        }
    }

    /// For one replica: each has a session of its own.
    pub(super) fn config(&self, store: &Store) -> Result<Config> {
        let identity = store.identity()?.context("de databank hoort nog bij geen gemeente")?;
        Ok(Config {
            certificate: self.certificate.clone(),
            certificate_bytes: self.certificate_bytes.clone(),
            key: self.key.clone(),
            session: Session(clock::random()),
            incarnation: identity.incarnation,
            store_id: identity.store_id,
        })
    }
}
