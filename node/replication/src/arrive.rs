//! Envelopes that arrive: size → canonical form → signature → certificate and list → policy →
//! expiry → version → structural scan → schema → stored and shown.
//!
//! A refusal has a reason and touches nothing else.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use minicbor::bytes::ByteVec;
use schemas::SharedValue;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Header, Refusal, Stamp};
use schemas::ids::RootId;
use schemas::time::Timestamp;

use crate::api::{DocumentView, Effect};
use crate::index::{Entry, Key, Verdict};
use crate::replica::Replica;
use crate::{body, policy, scan};

impl Replica {
    pub(crate) fn arrived(&mut self, now: Timestamp, from: RootId, envelopes: Vec<ByteVec>) {
        for bytes in envelopes {
            let envelope = match Envelope::from_bytes(&bytes) {
                Ok(envelope) => envelope,
                Err(reason) => {
                    self.refuse(from, reason, None);
                    continue;
                }
            };
            let id = envelope.id();
            if self.index.holds(id) {
                continue;
            }
            if let Err(reason) = self.arrive(now, from, envelope) {
                if reason == Refusal::Quarantined {
                    self.quarantine(id);
                }
                self.refuse(from, reason, Some(id));
            }
        }
    }

    fn arrive(&mut self, now: Timestamp, from: RootId, envelope: Envelope) -> Result<(), Refusal> {
        let id = envelope.id();
        if self.quarantined.contains(&id) {
            return Err(Refusal::Quarantined);
        }
        let (author, envelope) = self.roster.verify(envelope, now)?;
        let header = &envelope.get().header;
        policy::check(&self.roster, self.me, header, author, now)?;
        if !self.roster.names(header.circle, header.owner, from) {
            // Nobody brings what is not for it to hold.
            return Err(Refusal::NotInCircle);
        }
        let key = Key::from(header);
        if self.index.is_full(&key) {
            return Err(Refusal::OverBudget);
        }
        match header.content {
            Content::Version => {
                let replaced = self.replaced(&key, &envelope)?;
                let value = guarded(|| version_value(header, &envelope.get().body))?;
                self.take(&key, &envelope, replaced);
                self.show_version(&key, header, value);
                Ok(())
            }
            Content::Erased => {
                if !envelope.get().body.is_empty() {
                    return Err(Refusal::UnsafeBody);
                }
                let replaced = self.replaced(&key, &envelope)?;
                self.erase(&key, &envelope, replaced);
                Ok(())
            }
            Content::Opening | Content::Change => {
                if self.index.document(&key).is_some_and(|document| document.is_erased()) {
                    return Err(Refusal::Superseded);
                }
                self.queue_arrival(&key, from, author, envelope)
            }
            _ => Err(Refusal::NotAllowed),
        }
    }

    /// What a new version or erasure replaces.
    fn replaced(&self, key: &Key, envelope: &Verified<Envelope>) -> Result<Vec<schemas::EnvelopeId>, Refusal> {
        let entry = Entry::new(&envelope.get().header, envelope.get().body.len());
        let verdict = self
            .index
            .document(key)
            .map_or(Verdict::Replaces(Vec::new()), |document| document.judge(envelope.get().id(), &entry));
        match verdict {
            Verdict::Replaces(ids) => Ok(ids),
            Verdict::Held | Verdict::Superseded => Err(Refusal::Superseded),
        }
    }

    /// Stores an envelope and deletes what it replaces.
    pub(crate) fn take(&mut self, key: &Key, envelope: &Verified<Envelope>, replaced: Vec<schemas::EnvelopeId>) {
        self.keep(envelope);
        for id in replaced {
            self.forget(id);
        }
        debug_assert!(self.index.document(key).is_some());
    }

    /// Takes an erasure: nothing else of the document stays.
    pub(crate) fn erase(&mut self, key: &Key, envelope: &Verified<Envelope>, replaced: Vec<schemas::EnvelopeId>) {
        self.take(key, envelope, replaced);
        self.orphans.remove(key);
        if self.is_visible(key) {
            self.effect(Effect::Hide { document: key.document, kind: key.kind, erased: true });
        }
    }

    pub(crate) fn show_version(&mut self, key: &Key, header: &Header, version: Version) {
        if !self.is_visible(key) {
            return;
        }
        let view = DocumentView {
            circle: key.circle,
            document: key.document,
            owner: key.owner,
            value: version.value,
            heads: vec![version.head],
            writers: BTreeMap::from([(key.owner, 1)]),
            changed_at: header.signed_at,
            expires_at: header.expires_at,
            clipped: false,
        };
        self.effect(Effect::Show(view));
    }
}

/// A version that was built.
pub(crate) struct Version {
    value: SharedValue,
    head: scan::ChangeId,
}

/// The value of a version's body: one change made from nothing by the version's own actor.
pub(crate) fn version_value(header: &Header, bytes: &[u8]) -> Result<Version, Refusal> {
    let scanned = scan::change(bytes)?;
    let Stamp::Version { incarnation, number } = header.stamp else { return Err(Refusal::NotAllowed) };
    let actor = body::version_actor(header.author, incarnation, number, header.document);
    let from_nothing = scanned.dependencies.is_empty() && scanned.others.is_empty();
    if !from_nothing || scanned.actor != actor || scanned.seq != 1 || scanned.start != 1 {
        return Err(Refusal::UnsafeBody);
    }
    Ok(Version { value: body::decode(header.kind, bytes)?, head: scanned.hash })
}

/// Runs what hands bytes to Automerge: a panic in it is a refusal.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Refusal::Quarantined))
}
