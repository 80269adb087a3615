//! Hands inputs to the replica and carries out the effects: first what is for the store, durable
//! in one transaction, then the rest in order.

use std::sync::Arc;

use anyhow::Result;
use replication::api::Kept;
use replication::{Effect, Input, Notice};
use schemas::certificate::NodeCertificate;
use schemas::ids::{DocumentId, RootId};

use super::{Runtime, blocking, lock};
use crate::pump::Pump;
use crate::{clock, link};

impl Runtime {
    /// Hands inputs to the replica and carries out what comes of them, and of that, to the end.
    pub(super) async fn input(&mut self, inputs: Vec<Input>) -> Result<()> {
        let mut inputs = inputs;
        while !inputs.is_empty() {
            let mut effects = Vec::new();
            for input in inputs.drain(..) {
                effects.extend(self.replica.handle(clock::now(), &mut self.rng, input));
            }
            inputs = self.carry_out(effects).await?;
        }
        Ok(())
    }

    /// First everything for the store, durable; then the rest in order. The inputs that follow.
    async fn carry_out(&mut self, effects: Vec<Effect>) -> Result<Vec<Input>> {
        let is_stored = |effect: &Effect| {
            matches!(
                effect,
                Effect::Store(_)
                    | Effect::Delete(_)
                    | Effect::Show(_)
                    | Effect::Hide { .. }
                    | Effect::Keep(_)
                    | Effect::Settled { .. }
            )
        };
        let stored: Vec<Effect> = effects.iter().filter(|effect| is_stored(effect)).cloned().collect();
        if !stored.is_empty() {
            let store = Arc::clone(&self.parts.store);
            let (envelopes, documents) = counts(&stored);
            blocking(move || Ok(store.apply(stored)?)).await?;
            self.progress.send_modify(|progress| {
                progress.stored += envelopes;
                progress.shown += documents;
            });
        }
        let mut to_load = Vec::new();
        for effect in effects {
            match effect {
                Effect::Store(_) | Effect::Delete(_) => {}
                Effect::Show(view) => self.shown(view.value.kind(), view.document),
                Effect::Hide { document, kind, erased } => {
                    self.shown(kind, document);
                    if erased {
                        self.parts.erased.notify_one();
                    }
                }
                Effect::Keep(kept) => self.kept(kept).await,
                Effect::Settled { .. } => self.parts.port.tell_settled(),
                Effect::Load { document } => to_load.push(document),
                Effect::Send { partner, frame } => self.send(partner, |pump| pump.send(frame)).await,
                Effect::SendStored { partner, envelopes } => {
                    self.send(partner, |pump| pump.send_stored(envelopes)).await;
                }
                Effect::Notify(notice) => self.notice(notice),
                Effect::WakeAt(at) => self.wake_at = self.wake_at.min(at),
                Effect::Disconnect { partner, reason } => self.disconnect(partner, reason).await,
            }
        }
        if to_load.is_empty() { Ok(Vec::new()) } else { self.load(to_load).await }
    }

    pub(super) async fn load(&self, documents: Vec<DocumentId>) -> Result<Vec<Input>> {
        let store = Arc::clone(&self.parts.store);
        blocking(move || {
            let load = |document| Ok(Input::Loaded { document, envelopes: store.load(document)? });
            documents.into_iter().map(load).collect()
        })
        .await
    }

    fn shown(&self, kind: schemas::Kind, document: DocumentId) {
        use schemas::Kind;
        self.tell(web::Change::document(kind, document));
        if kind == Kind::MentorOffer {
            self.parts.port.offer_changed(document);
        }
        let moves =
            matches!(kind, Kind::Proposal | Kind::Answer | Kind::DuoProgress | Kind::MentorOffer | Kind::MatchRequest);
        if moves {
            self.parts.matches_moved.notify_one();
        }
    }

    async fn kept(&mut self, kept: Kept) {
        if let Kept::Certificate(root, bytes) = kept
            && let Ok(certificate) = NodeCertificate::verify(&bytes)
        {
            let newer = self.certificates.get(&root).is_some_and(|known| known.get().serial < certificate.get().serial);
            if newer {
                self.certificates.insert(root, certificate);
                self.admit().await;
            }
        }
    }

    async fn send(&mut self, partner: RootId, send: impl FnOnce(&Pump) -> bool) {
        let Some(pump) = self.pumps.get(&partner) else { return };
        if !send(pump) {
            self.disconnect(partner, "too slow").await;
        }
    }

    async fn disconnect(&mut self, partner: RootId, reason: &'static str) {
        tracing::warn!(partner = %partner.short(), reason, "closing the stream");
        let node = lock(&self.nodes).get(&partner).copied();
        if let Some(node) = node {
            lock(&self.outlook).trouble.insert(node, reason.to_owned());
            self.command(link::Command::Close { node }).await;
        }
    }

    fn notice(&self, notice: Notice) {
        match notice {
            Notice::Refused { partner, reason } => {
                tracing::info!(partner = %partner.short(), %reason, "an envelope was refused");
            }
            Notice::Reconciled { partner, circle } => {
                tracing::debug!(partner = %partner.short(), %circle, "reconciled");
                self.progress.send_modify(|progress| progress.reconciled += 1);
            }
            Notice::Introduced { by, member } => {
                tracing::info!(by = %by.short(), member = %member.short(), "a member that is no partner yet");
            }
        }
    }
}

/// Envelopes to keep and documents to show in `effects`.
fn counts(effects: &[Effect]) -> (u64, u64) {
    let count = |(stored, shown): (u64, u64), effect: &Effect| match effect {
        Effect::Store(envelopes) => (stored + envelopes.len() as u64, shown),
        Effect::Show(_) => (stored, shown + 1),
        _ => (stored, shown),
    };
    effects.iter().fold((0, 0), count)
}
