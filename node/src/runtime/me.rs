//! Who this node is, for every replica that it makes: one at its start, and one more each time
//! the store has failed.

use std::sync::Arc;

use anyhow::{Context, Result};
use ed25519_dalek::SigningKey;
use replication::Config;
use schemas::ids::Session;
use store::Store;

use crate::clock;
use crate::home::Home;
use crate::own::Own;

/// What a replica of this node needs to know of it.
pub(super) struct Me {
    own: Arc<Own>,
    key: SigningKey,
}

impl Me {
    pub(super) fn of(home: &Home, own: &Arc<Own>) -> Self {
        Self { own: Arc::clone(own), key: home.node.clone() }
    }

    /// For one replica: each has a session of its own.
    pub(super) fn config(&self, store: &Store) -> Result<Config> {
        let identity = store.identity()?.context("de databank hoort nog bij geen gemeente")?;
        let papers = self.own.get();
        Ok(Config {
            certificate: papers.certificate.clone(),
            certificate_bytes: papers.bytes.clone(),
            key: self.key.clone(),
            session: Session(clock::random()),
            incarnation: identity.incarnation,
            store_id: identity.store_id,
        })
    }
}
