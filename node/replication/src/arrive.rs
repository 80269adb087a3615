//! Envelopes that arrive: size → canonical form → signature → certificate and list → policy →
//! expiry → structural scan → schema, on all cores; then, one after another, version → stored and
//! shown.
//!
//! A refusal has a reason and touches nothing else.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteVec;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Header, Refusal};
use schemas::ids::{EnvelopeId, RootId};
use schemas::time::Timestamp;

use crate::api::{DocumentView, Effect};
use crate::build::{self, Version, guarded};
use crate::index::Key;
use crate::orphans::Arrival;
use crate::replica::Replica;
use crate::{parallel, policy};

/// An envelope that may be taken, as far as it alone can tell.
struct Arrived {
    id: EnvelopeId,
    author: RootId,
    envelope: Verified<Envelope>,
    /// Its value, of a version.
    version: Option<Version>,
}

/// One that may not, with its id and who signed it as far as it has them.
struct Turned {
    id: Option<EnvelopeId>,
    author: Option<RootId>,
    reason: Refusal,
}

/// Envelopes of one owner that are kept without being understood, at most.
const MAX_PARKED: usize = 4096;

impl Replica {
    pub(crate) fn arrived(&mut self, now: Timestamp, from: RootId, envelopes: &[ByteVec]) {
        let checked = parallel::map(envelopes, |bytes| self.check_arrival(now, from, bytes));
        for (bytes, checked) in envelopes.iter().zip(checked) {
            let refused = match checked {
                Ok(None) => continue,
                Ok(Some(arrived)) => {
                    let (id, author) = (Some(arrived.id), Some(arrived.author));
                    self.arrive(from, arrived).err().map(|reason| Turned { id, author, reason })
                }
                Err(refused) => Some(refused),
            };
            if let Some(Turned { id, author, reason }) = refused {
                if let Some(id) = id.filter(|_| reason == Refusal::Quarantined) {
                    self.quarantine(id);
                }
                self.refuse_of(from, author, reason, id);
                if reason == Refusal::Retired {
                    self.refused_as_retired(now, bytes);
                }
            }
        }
    }

    /// Everything that does not depend on what else arrives; none for one that is held.
    fn check_arrival(&self, now: Timestamp, from: RootId, bytes: &[u8]) -> Result<Option<Arrived>, Turned> {
        let unread = |reason| Turned { id: None, author: None, reason };
        let envelope = Envelope::from_bytes(bytes).map_err(unread)?;
        let id = envelope.id();
        if self.index.holds(id) {
            return Ok(None);
        }
        let turned = |author, reason| Turned { id: Some(id), author, reason };
        if self.quarantined.contains(&id) {
            let author = self.roster.root_of(envelope.header.author);
            return Err(turned(author, Refusal::Quarantined));
        }
        let (author, envelope) = self.roster.verify(envelope, now).map_err(|reason| turned(None, reason))?;
        let checked = || {
            let Envelope { header, body, .. } = envelope.get();
            policy::check(&self.roster, self.me, header, author, now)?;
            if !self.roster.names(header.circle, header.owner, from) {
                // Nobody brings what is not for it to hold.
                return Err(Refusal::NotInCircle);
            }
            let version = match header.content {
                Content::Version if self.understands(header.schema) => Some(guarded(|| build::version(header, body))?),
                _ => None,
            };
            Ok(version)
        };
        let version = checked().map_err(|reason| turned(Some(author), reason))?;
        Ok(Some(Arrived { id, author, envelope, version }))
    }

    fn arrive(&mut self, from: RootId, arrived: Arrived) -> Result<(), Refusal> {
        let Arrived { id, author, envelope, version } = arrived;
        if self.index.holds(id) {
            // Twice in one frame.
            return Ok(());
        }
        if self.groundless.contains(&id) {
            return Err(Refusal::Retired);
        }
        let header = &envelope.get().header;
        let key = Key::from(header);
        if self.index.is_full(&key) {
            return Err(Refusal::OverBudget);
        }
        let ends = matches!(header.content, Content::Erased | Content::ReplacedBy);
        if ends && self.replaced(&key, &envelope).is_err() && self.may_be_void(&key, author) {
            // What it says may be held of a key that was retired since, or of a clock that was ahead.
            self.queue_arrival(&key, Arrival { from, author, envelope });
            return Ok(());
        }
        if header.content == Content::Erased {
            if !envelope.get().body.is_empty() {
                return Err(Refusal::UnsafeBody);
            }
            let replaced = self.replaced(&key, &envelope)?;
            self.erase(&key, &envelope, replaced);
            return Ok(());
        }
        if self.index.document(&key).is_some_and(|document| document.is_gone()) {
            return Err(Refusal::Superseded);
        }
        if !self.understands(header.schema) {
            return self.park(&key, &envelope);
        }
        if let Some(version) = version
            && !self.clashes(&key, header)
        {
            let replaced = self.replaced(&key, &envelope)?;
            self.take(&key, &envelope, replaced);
            self.show_version(&key, header, version);
            return Ok(());
        }
        self.queue_arrival(&key, Arrival { from, author, envelope });
        Ok(())
    }

    /// Whether what `author` said last of a document may give way to the same, said again.
    fn may_be_void(&self, key: &Key, author: RootId) -> bool {
        let leading = self.index.document(key).and_then(|document| document.leading());
        let ahead = leading.is_some_and(|(_, entry)| entry.signed_at.is_ahead_of(self.now));
        ahead || !self.roster.earlier_keys(author).is_empty()
    }

    /// Whether another body under this version is held.
    fn clashes(&self, key: &Key, header: &Header) -> bool {
        let leading = self.index.document(key).and_then(|document| document.leading());
        leading.is_some_and(|(_, entry)| entry.stamp == header.stamp)
    }

    /// Keeps and relays what this release does not understand: it takes its place, and shows
    /// nothing. Of one owner only so much; what finds no room is nobody's fault.
    fn park(&mut self, key: &Key, envelope: &Verified<Envelope>) -> Result<(), Refusal> {
        let content = envelope.get().header.content;
        if self.index.parked(key.owner, self.schema) >= MAX_PARKED {
            return Err(Refusal::UnknownFormat);
        }
        let leading = self.index.document(key).and_then(|document| document.leading());
        match content {
            Content::Version | Content::Opening => {
                let replaced = self.replaced(key, envelope)?;
                self.take(key, envelope, replaced);
                self.conceal(key);
            }
            // A document has one schema for life.
            _ if leading.is_some_and(|(_, entry)| self.understands(entry.schema)) => return Err(Refusal::OtherOpening),
            _ => self.keep(envelope),
        }
        Ok(())
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
            self.effect(Effect::Hide { owner: key.owner, document: key.document, kind: key.kind, erased: true });
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
            held: None,
            forked: BTreeSet::new(),
        };
        self.note_schema(&view);
        self.effect(Effect::Show(view));
    }
}
