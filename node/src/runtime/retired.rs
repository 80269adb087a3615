//! Node keys that were retired: what they signed is looked up in the store, said again where it
//! is this node's, and let go of where it is a partner's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Result;
use replication::Input;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId};
use schemas::time::Hour;

use super::{READ_TOGETHER, Runtime, blocking};
use crate::clock;

/// Days after which a member that is no partner has said again, through others, what it stands by.
const PATIENCE_DAYS: u32 = 14;

/// Municipalities that retired keys, with those keys, and the circles in which they and this node
/// have not been found to hold the same since.
#[derive(Default)]
pub(super) struct Retiring(BTreeMap<RootId, (BTreeSet<NodeKey>, BTreeSet<CircleId>)>);

impl Retiring {
    fn wait(&mut self, owner: RootId, nodes: Vec<NodeKey>, circles: Vec<CircleId>) {
        let (keys, waiting) = self.0.entry(owner).or_default();
        keys.extend(nodes);
        waiting.extend(circles);
    }

    /// Keys of which nothing is waited for any more, now that this node and a partner hold the same
    /// in `circle`. That speaks for the partner itself, and for whoever `may_speak_for` lets it.
    fn heard(&mut self, partner: RootId, circle: CircleId, may_speak_for: impl Fn(RootId) -> bool) -> Vec<NodeKey> {
        let mut over = Vec::new();
        self.0.retain(|owner, (keys, waiting)| {
            if *owner != partner && !may_speak_for(*owner) {
                return true;
            }
            waiting.remove(&circle);
            if waiting.is_empty() {
                over.extend(std::mem::take(keys));
            }
            !waiting.is_empty()
        });
        over
    }
}

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
        let now = clock::now().hour();
        let long_ago = |from: Hour| from.plus_days(PATIENCE_DAYS) <= now;
        // A member that was not compared by phone has no stream: what it says comes through others.
        let through_others = |owner: RootId| {
            let newest = || self.replica.newest_of(owner).map(|newest| newest.valid_from);
            !self.certificates.contains_key(&owner) && newest().is_some_and(long_ago)
        };
        let nodes = self.retiring.heard(partner, circle, through_others);
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        let store = Arc::clone(&self.parts.store);
        let signed = blocking(move || Ok(store.signed_by(&nodes)?)).await?;
        let envelopes = signed.into_iter().map(|(_, id)| id).collect();
        Ok(vec![Input::Void { envelopes, all: true }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_speaks_for_itself_and_for_members_that_had_time() {
        let [partner, other, recent, old] = [1, 2, 3, 4].map(|number| RootId([number; 32]));
        let [one, two] = [1, 2].map(|number| CircleId([number; 16]));
        let key = |number: u8| NodeKey([number; 32]);
        let through_others = |owner: RootId| owner == old;
        let mut retiring = Retiring::default();
        retiring.wait(partner, vec![key(1)], vec![one, two]);
        retiring.wait(other, vec![key(2)], vec![one]);
        retiring.wait(recent, vec![key(3)], vec![one]);
        retiring.wait(old, vec![key(4)], vec![one]);
        retiring.wait(old, vec![key(5)], vec![]);
        assert_eq!(retiring.heard(partner, two, through_others), [], "in one circle of two");
        assert_eq!(retiring.heard(partner, one, through_others), [key(1), key(4), key(5)]);
        assert_eq!(retiring.heard(partner, one, through_others), [], "once");
        assert_eq!(retiring.heard(other, one, through_others), [key(2)]);
        assert_eq!(retiring.heard(other, one, |_| true), [key(3)], "when it had time");
        // Who shares nothing any more is not waited for.
        retiring.wait(partner, vec![key(6)], vec![]);
        assert_eq!(retiring.heard(partner, one, through_others), [key(6)]);
    }
}
