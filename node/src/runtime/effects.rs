//! Hands inputs to the replica and carries out the effects: first what is for the store, durable
//! in one transaction, then the rest in order. While one batch is being stored the replica works
//! on the next.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use replication::api::Kept;
use replication::certificates::follows;
use replication::{Effect, Input, Notice};
use schemas::Kind;
use schemas::certificate::NodeCertificate;
use schemas::ids::{DocumentId, RootId};
use tokio::sync::oneshot;

use super::{Runtime, blocking, lock};
use crate::pump::Pump;
use crate::{clock, link};

/// A batch that is being stored, and what is done once it is durable.
pub(super) struct Applying {
    stored: oneshot::Receiver<casework::Result<()>>,
    after: After,
}

/// What is done once a batch is durable.
pub(super) struct After {
    then: Vec<Then>,
    envelopes: u64,
    documents: u64,
}

/// What follows, in order.
#[expect(clippy::large_enum_variant, reason = "carried out as they come and not kept")]
enum Then {
    /// Tells that a document was shown or hidden.
    Changed { kind: Kind, document: DocumentId, erased: bool },
    /// Takes what was kept.
    Kept(Kept),
    /// Tells that a command was settled.
    Settled,
    /// An effect that is not for the store.
    Do(Effect),
}

impl Runtime {
    /// Hands inputs to the replica and begins to carry out what comes of them. While that is being
    /// stored the next may be handed in; their effects wait for it.
    pub(super) async fn input(&mut self, inputs: Vec<Input>) -> Result<()> {
        let effects = self.handle(inputs);
        self.effects(effects).await
    }

    /// What comes of inputs, not yet carried out.
    pub(super) fn handle(&mut self, inputs: Vec<Input>) -> Vec<Effect> {
        inputs.into_iter().flat_map(|input| self.replica.handle(clock::now(), &mut self.rng, input)).collect()
    }

    /// Begins to carry out effects, after those that are being stored.
    pub(super) async fn effects(&mut self, effects: Vec<Effect>) -> Result<()> {
        let mut effects = effects;
        while !effects.is_empty() {
            let mut inputs = Vec::new();
            if self.applying.is_some() {
                let after = stored(&mut self.applying).await?;
                inputs = self.follow(after).await?;
            }
            inputs.extend(self.apply(effects).await?);
            effects = self.handle(inputs);
        }
        Ok(())
    }

    /// Whether a batch is being stored.
    pub(super) fn is_storing(&self) -> bool {
        self.applying.as_ref().is_some_and(|applying| applying.stored.is_empty())
    }

    /// Waits until everything handed in was carried out, but for states that were kept back.
    pub(super) async fn settled(&mut self) -> Result<()> {
        while self.applying.is_some() {
            let after = stored(&mut self.applying).await?;
            let inputs = self.follow(after).await?;
            self.input(inputs).await?;
        }
        Ok(())
    }

    /// Waits until everything handed in is written, also states that were kept back.
    pub(super) async fn written(&mut self) -> Result<()> {
        self.settled().await?;
        while !self.later.is_empty() {
            self.write_later().await?;
            self.settled().await?;
        }
        Ok(())
    }

    /// Begins to store what is for the store, all in one transaction. Without such, the rest is
    /// done at once; the inputs that follow.
    async fn apply(&mut self, effects: Vec<Effect>) -> Result<Vec<Input>> {
        let effects = self.later.keep_back(effects);
        self.store(effects).await
    }

    /// Writes some of the states that were kept back.
    pub(super) async fn write_later(&mut self) -> Result<()> {
        // Nothing newer may be under way when they are taken.
        self.settled().await?;
        let states = self.later.portion();
        let inputs = self.store(states).await?;
        self.input(inputs).await
    }

    async fn store(&mut self, effects: Vec<Effect>) -> Result<Vec<Input>> {
        let (mut stored, mut then) = (Vec::new(), Vec::new());
        let (mut envelopes, mut documents) = (0, 0);
        for effect in effects {
            match &effect {
                Effect::Store(all) => envelopes += all.len() as u64,
                Effect::Draft(_) | Effect::Delete(_) => {}
                Effect::Show(view) => {
                    documents += 1;
                    then.push(Then::Changed { kind: view.value.kind(), document: view.document, erased: false });
                }
                Effect::Hide { document, kind, erased, .. } => {
                    then.push(Then::Changed { kind: *kind, document: *document, erased: *erased });
                }
                Effect::Keep(kept) => then.push(Then::Kept(kept.clone())),
                Effect::Settled { .. } => then.push(Then::Settled),
                _ => {
                    then.push(Then::Do(effect));
                    continue;
                }
            }
            stored.push(effect);
        }
        if stored.is_empty() {
            return self.follow(After { then, envelopes, documents }).await;
        }
        let store = Arc::clone(&self.parts.store);
        let (done, waited) = oneshot::channel();
        // Whoever waits for it may be gone; what is stored stays.
        let unwritten = store.apply_soon(stored, move |outcome| drop(done.send(outcome)));
        if let Some(unwritten) = unwritten {
            blocking(move || Ok(store.apply_after(unwritten)?)).await?;
        }
        self.applying = Some(Applying { stored: waited, after: After { then, envelopes, documents } });
        Ok(Vec::new())
    }

    /// Does what follows a batch that is durable; the inputs of that.
    pub(super) async fn follow(&mut self, After { then, envelopes, documents }: After) -> Result<Vec<Input>> {
        self.progress.send_if_modified(|progress| {
            progress.stored += envelopes;
            progress.shown += documents;
            envelopes + documents > 0
        });
        let (mut to_load, mut next) = (Vec::new(), Vec::new());
        for then in then {
            match then {
                Then::Changed { kind, document, erased } => {
                    self.shown(kind, document);
                    if erased {
                        self.parts.erased.notify_one();
                    }
                }
                Then::Kept(kept) => self.kept(kept),
                Then::Settled => self.parts.port.tell_settled(),
                Then::Do(Effect::Load { document }) => to_load.push(document),
                Then::Do(Effect::Retired { owner, nodes }) => next.append(&mut self.retired(owner, nodes).await?),
                Then::Do(effect) => {
                    if let Effect::Notify(Notice::Reconciled { partner, circle }) = &effect {
                        self.brought(*partner, *circle);
                        next.append(&mut self.in_step(*partner, *circle).await?);
                        self.mergers.in_step(*partner, *circle);
                    }
                    self.carry_out(effect).await;
                }
            }
        }
        if !to_load.is_empty() {
            next.append(&mut self.load(to_load).await?);
        }
        Ok(next)
    }

    async fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send { partner, frame } => self.send(partner, |pump| pump.send(frame)).await,
            Effect::SendStored { partner, envelopes } => {
                self.send(partner, |pump| pump.send_stored(envelopes)).await;
            }
            Effect::Notify(notice) => self.notice(notice),
            Effect::WakeAt(at) => self.wake_at = self.wake_at.min(at),
            Effect::Disconnect { partner, reason } => self.disconnect(partner, reason).await,
            // Read by whoever calls, or done by the store.
            Effect::Draft(_)
            | Effect::Load { .. }
            | Effect::Retired { .. }
            | Effect::Store(_)
            | Effect::Delete(_)
            | Effect::Show(_)
            | Effect::Hide { .. }
            | Effect::Keep(_)
            | Effect::Settled { .. } => {}
        }
    }

    pub(super) async fn load(&self, documents: Vec<DocumentId>) -> Result<Vec<Input>> {
        let store = Arc::clone(&self.parts.store);
        blocking(move || {
            let load = |document| Ok(Input::Loaded { document, envelopes: store.load(document)? });
            documents.into_iter().map(load).collect()
        })
        .await
    }

    fn shown(&mut self, kind: schemas::Kind, document: DocumentId) {
        use schemas::Kind;
        self.tell(web::Change::document(kind, document));
        if kind.is_co_edited() {
            self.mergers.page_shown();
        }
        if matches!(kind, Kind::MentorOffer | Kind::MatchRequest) {
            self.parts.port.card_changed(document);
        }
        let moves =
            matches!(kind, Kind::Proposal | Kind::Answer | Kind::DuoProgress | Kind::MentorOffer | Kind::MatchRequest);
        if moves {
            self.parts.matches_moved.notify_one();
        }
    }

    fn kept(&mut self, kept: Kept) {
        if let Kept::Certificate(root, bytes) = kept
            && let Ok(certificate) = NodeCertificate::verify(&bytes)
        {
            let newer = self.certificates.get(&root).is_some_and(|known| follows(certificate.get(), known.get()));
            if newer {
                self.certificates.insert(root, certificate);
                self.admits_anew = true;
            }
            // Of several words the first counts, which may come last.
            self.await_mergers();
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
            Notice::Refused { partner, reason, blamed } => {
                tracing::debug!(partner = %partner.short(), %reason, "an envelope was refused");
                if blamed {
                    self.offended(partner, &reason.to_string());
                }
            }
            Notice::Reconciled { partner, circle } => {
                tracing::debug!(partner = %partner.short(), %circle, "reconciled");
                self.progress.send_modify(|progress| progress.reconciled += 1);
            }
            Notice::Clock(replication::Clock::Off(ahead)) => {
                tracing::warn!(ahead, "this clock is wrong by so many seconds; nothing is signed, nothing expires");
                self.parts.port.set_clock_ahead(ahead);
            }
            Notice::Clock(_) => {
                tracing::info!("this clock is right again");
                self.parts.port.set_clock_ahead(0);
                self.parts.port.outbox.ring();
            }
            Notice::Forked { by, document } => {
                tracing::warn!(by = %by.short(), %document, "two things in one place; both headers are kept");
            }
            Notice::CertifiedTwice { by, serial } => {
                tracing::warn!(by = %by.short(), serial, "two certificates under one serial; both are kept");
            }
            Notice::Introduced { by, member } => {
                tracing::info!(by = %by.short(), member = %member.short(), "a member that is no partner yet");
            }
        }
    }
}

/// Waits until the batch that is being stored is durable; for ever when there is none. May be
/// dropped.
pub(super) async fn stored(applying: &mut Option<Applying>) -> Result<After> {
    let Some(waited) = applying else { return std::future::pending().await };
    let outcome = (&mut waited.stored).await;
    match (outcome, applying.take()) {
        (Ok(outcome), Some(applying)) => Ok(outcome.map(|()| applying.after)?),
        _ => Err(anyhow!("een taak is onverwacht gestopt")),
    }
}
