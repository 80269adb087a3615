//! Node keys that were retired: what they signed is looked up in the store, said again where it
//! is this node's, and let go of where it is a partner's.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use replication::Input;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId};

use super::{READ_TOGETHER, Runtime, blocking};

impl Runtime {
    /// What follows when `owner` retired keys.
    pub(super) async fn retired(&mut self, owner: RootId, nodes: Vec<NodeKey>) -> Result<Vec<Input>> {
        let ours = owner == self.parts.own.get().certificate.get().owner();
        if ours && self.is_recovering() {
            // It says nothing before it knows what it said since.
            self.say_again_later(nodes);
            return Ok(Vec::new());
        }
        let store = Arc::clone(&self.parts.store);
        let by = nodes.clone();
        let signed = blocking(move || Ok(store.signed_by(&by)?)).await?;
        if ours {
            return self.say_again(&nodes, signed).await;
        }
        if signed.is_empty() {
            return Ok(Vec::new());
        }
        let circles = self.replica.circles_with(owner);
        self.retiring.wait(owner, nodes, circles);
        let envelopes = signed.into_iter().map(|(_, id)| id).collect();
        Ok(vec![Input::Void { envelopes, all: false }])
    }

    async fn say_again(&self, nodes: &[NodeKey], signed: Vec<(DocumentId, EnvelopeId)>) -> Result<Vec<Input>> {
        tracing::info!(envelopes = signed.len(), "what a retired key signed is said again");
        let documents: BTreeSet<DocumentId> = signed.into_iter().map(|(document, _)| document).collect();
        let documents: Vec<DocumentId> = documents.into_iter().collect();
        let mut inputs = Vec::new();
        for some in documents.chunks(READ_TOGETHER) {
            let (store, some, nodes) = (Arc::clone(&self.parts.store), some.to_vec(), nodes.to_vec());
            let envelopes = blocking(move || {
                let mut found: Vec<Verified<Envelope>> = Vec::new();
                let is_needed = |one: &Verified<Envelope>| {
                    let header = &one.get().header;
                    nodes.contains(&header.author) || matches!(header.content, Content::Cut | Content::Lift)
                };
                for document in some {
                    found.extend(store.load(document)?.into_iter().filter(is_needed));
                }
                Ok(found)
            })
            .await?;
            inputs.push(Input::SayAgain { envelopes });
        }
        Ok(inputs)
    }

    /// What follows when this node and a partner were found to hold the same in a circle.
    pub(super) async fn in_step(&mut self, partner: RootId, circle: CircleId) -> Result<Vec<Input>> {
        // A member that was not compared by phone has no stream: what it says comes through others.
        let is_partner = |owner: RootId| self.certificates.contains_key(&owner);
        let nodes = self.retiring.heard(&self.replica, partner, circle, is_partner);
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        let store = Arc::clone(&self.parts.store);
        let signed = blocking(move || Ok(store.signed_by(&nodes)?)).await?;
        let envelopes = signed.into_iter().map(|(_, id)| id).collect();
        Ok(vec![Input::Void { envelopes, all: true }])
    }
}
