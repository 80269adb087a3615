//! Co-edited documents between two inputs: what waits for stored envelopes to be read, what
//! waits for something it follows, and how both are merged.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Refusal};
use schemas::ids::{DocumentId, EnvelopeId, RootId, Session};
use schemas::time::Timestamp;
use schemas::{Kind, SharedValue};

use crate::api::{DocumentView, Effect};
use crate::build::{self, guarded};
use crate::coedited::{Admission, Coedited};
use crate::edit::{self, Editor};
use crate::index::Key;
use crate::replica::Replica;

/// Envelopes that wait for one document, at most.
const MAX_WAITING: usize = 512;
/// Bytes that wait in all, at most.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;
/// Edits of this node that wait for one document, at most.
const MAX_EDITS: usize = 64;
/// Changes that wait for something they follow, per document and in all.
const MAX_ORPHANS: (usize, usize) = (512, 4096);

/// An envelope that arrived, with who sent it and who signed it.
#[derive(Clone)]
pub(crate) struct Arrival {
    from: RootId,
    author: RootId,
    envelope: Verified<Envelope>,
}

/// An edit of this node.
pub(crate) struct Edit {
    number: u64,
    heads: Vec<[u8; 32]>,
    value: SharedValue,
}

/// What waits until a document's stored envelopes are read.
#[derive(Default)]
pub(crate) struct Waiting {
    arrivals: BTreeMap<Key, BTreeMap<EnvelopeId, Arrival>>,
    edits: Vec<Edit>,
}

/// Changes that wait for something they follow. When it is full a change is let go: the next
/// check brings it again.
#[derive(Default)]
pub(crate) struct Orphans {
    by_key: BTreeMap<Key, BTreeMap<EnvelopeId, Arrival>>,
    count: usize,
}

impl Orphans {
    pub(crate) fn remove(&mut self, key: &Key) -> BTreeMap<EnvelopeId, Arrival> {
        let removed = self.by_key.remove(key).unwrap_or_default();
        self.count -= removed.len();
        removed
    }

    fn put(&mut self, key: Key, mut orphans: BTreeMap<EnvelopeId, Arrival>) {
        while orphans.len() > MAX_ORPHANS.0 || self.count + orphans.len() > MAX_ORPHANS.1 {
            if orphans.pop_last().is_none() {
                return;
            }
        }
        if !orphans.is_empty() {
            self.count += orphans.len();
            self.by_key.insert(key, orphans);
        }
    }
}

impl Replica {
    /// Has an opening or change wait for its document to be read; a new document does not wait.
    pub(crate) fn queue_arrival(
        &mut self,
        key: &Key,
        from: RootId,
        author: RootId,
        envelope: Verified<Envelope>,
    ) -> Result<(), Refusal> {
        let held = self.index.document(key).is_some();
        let size = |waiting: &Waiting| -> usize {
            let all = waiting.arrivals.values().flatten();
            all.map(|(_, arrival)| arrival.envelope.get().body.len()).sum()
        };
        let total: usize = self.waiting.values().map(size).sum();
        let arrival = Arrival { from, author, envelope };
        if !held && !self.waiting.contains_key(&key.document) {
            let arrivals = BTreeMap::from([(arrival.envelope.get().id(), arrival)]);
            return self.merge(key, &[], arrivals).map(|_| ());
        }
        let waiting = self.waiting_for(key.document);
        let arrivals = waiting.arrivals.entry(*key).or_default();
        if arrivals.len() < MAX_WAITING && total < MAX_WAITING_BYTES {
            arrivals.insert(arrival.envelope.get().id(), arrival);
        }
        // What finds no room is let go: the next check brings it again.
        Ok(())
    }

    /// Has an edit of this node wait for its document to be read.
    pub(crate) fn queue_edit(
        &mut self,
        document: DocumentId,
        number: u64,
        heads: Vec<[u8; 32]>,
        value: SharedValue,
    ) -> Result<(), Refusal> {
        let waiting = self.waiting_for(document);
        if waiting.edits.len() >= MAX_EDITS {
            return Err(Refusal::OverBudget);
        }
        waiting.edits.push(Edit { number, heads, value });
        Ok(())
    }

    fn waiting_for(&mut self, document: DocumentId) -> &mut Waiting {
        if !self.waiting.contains_key(&document) {
            self.effect(Effect::Load { document });
        }
        self.waiting.entry(document).or_default()
    }

    /// The stored envelopes of a document came back.
    pub(crate) fn loaded(
        &mut self,
        now: Timestamp,
        rng: &mut dyn Rng,
        document: DocumentId,
        envelopes: Vec<Verified<Envelope>>,
    ) {
        let Waiting { mut arrivals, edits } = self.waiting.remove(&document).unwrap_or_default();
        let mut edits = Some(edits);
        let mut keys: BTreeSet<Key> = arrivals.keys().copied().collect();
        keys.extend(self.index.keys(document));
        for key in keys {
            let held: Vec<&Verified<Envelope>> = envelopes
                .iter()
                .filter(|envelope| Key::from(&envelope.get().header) == key && self.index.holds(envelope.get().id()))
                .collect();
            let arrivals = arrivals.remove(&key).unwrap_or_default();
            if self.index.document(&key).is_some_and(|document| document.is_erased()) {
                for arrival in arrivals.into_values() {
                    self.refuse(arrival.from, Refusal::Superseded, None);
                }
            } else if key.kind.is_co_edited() {
                let merged = self.merge(&key, &held, arrivals);
                if self.is_visible(&key)
                    && let Ok(Some(mut built)) = merged
                {
                    for edit in edits.take().unwrap_or_default() {
                        let outcome = self.edit(now, rng, &key, &mut built, &edit);
                        self.effect(Effect::Settled { number: edit.number, outcome });
                    }
                }
            } else if let Some(envelope) = held.first().map(|envelope| envelope.get())
                && let Ok(value) = guarded(|| build::version(&envelope.header, &envelope.body))
            {
                self.show_version(&key, &envelope.header, value);
            }
        }
        for edit in edits.unwrap_or_default() {
            self.effect(Effect::Settled { number: edit.number, outcome: Err(Refusal::Superseded) });
        }
        self.resume_rounds(now);
    }

    /// Merges what arrived with what is held; none when there is no opening yet.
    fn merge(
        &mut self,
        key: &Key,
        held: &[&Verified<Envelope>],
        mut arrivals: BTreeMap<EnvelopeId, Arrival>,
    ) -> Result<Option<Coedited>, Refusal> {
        arrivals.extend(self.orphans.remove(key));
        arrivals.retain(|id, _| !self.index.holds(*id));
        let held_opening = held.iter().find(|envelope| envelope.get().header.content == Content::Opening);
        let is_opening = |arrival: &Arrival| arrival.envelope.get().header.content == Content::Opening;
        let (openings, mut changes): (BTreeMap<_, _>, BTreeMap<_, _>) =
            arrivals.into_iter().partition(|(_, arrival)| is_opening(arrival));
        // The lowest opening that stands is the opening, whichever came first.
        let mut chosen: Option<(Coedited, Option<Arrival>)> = None;
        for (id, arrival) in openings {
            if held_opening.is_some_and(|held| held.get().id() < id) || chosen.is_some() {
                self.refuse(arrival.from, Refusal::Superseded, Some(id));
                continue;
            }
            match guarded(|| Coedited::open(arrival.envelope.get())) {
                Ok(document) => chosen = Some((document, Some(arrival))),
                Err(reason) => self.refuse_change(&arrival, reason),
            }
        }
        if let (None, Some(held)) = (&chosen, held_opening) {
            chosen = guarded(|| Coedited::open(held.get())).ok().map(|document| (document, None));
        }
        let Some((mut document, opened)) = chosen else {
            self.orphans.put(*key, changes);
            return Ok(None);
        };
        let changed_opening = opened.is_some();
        if let Some(arrival) = opened {
            let replaced: Vec<EnvelopeId> = held_opening.into_iter().map(|held| held.get().id()).collect();
            self.take(key, &arrival.envelope, replaced);
        }
        self.admit_held(&mut document, held, changed_opening)?;
        self.admit_arrivals(&mut document, &mut changes);
        self.orphans.put(*key, changes);
        // Shown also when nothing was new: for a start after a crash.
        self.show(key, &document);
        Ok(Some(document))
    }

    /// Admits what is stored, in whatever order it was read; deletes what no longer has a place
    /// under another opening.
    fn admit_held(
        &mut self,
        document: &mut Coedited,
        held: &[&Verified<Envelope>],
        new_opening: bool,
    ) -> Result<(), Refusal> {
        let mut left: BTreeMap<EnvelopeId, &Envelope> = held
            .iter()
            .map(|envelope| envelope.get())
            .filter(|envelope| envelope.header.content == Content::Change)
            .map(|envelope| (envelope.id(), envelope))
            .collect();
        let roots: BTreeMap<EnvelopeId, RootId> = left
            .iter()
            .map(|(id, envelope)| {
                let author = envelope.header.author;
                // Of a partner that was removed before this start only the node is known.
                (*id, self.roster.root_of(author).unwrap_or(RootId(author.0)))
            })
            .collect();
        guarded(|| {
            loop {
                let before = left.len();
                left.retain(|id, envelope| {
                    !matches!(document.admit(envelope, roots[id], !new_opening), Ok(Admission::Admitted))
                });
                if left.len() == before || left.is_empty() {
                    return Ok(());
                }
            }
        })?;
        for id in left.into_keys() {
            self.forget(id);
        }
        Ok(())
    }

    /// Admits what has everything it follows, again and again; leaves the rest in `changes`.
    fn admit_arrivals(&mut self, document: &mut Coedited, changes: &mut BTreeMap<EnvelopeId, Arrival>) {
        loop {
            let before = changes.len();
            let ids: Vec<EnvelopeId> = changes.keys().copied().collect();
            for id in ids {
                let Some(arrival) = changes.remove(&id) else { continue };
                match guarded(|| document.admit(arrival.envelope.get(), arrival.author, false)) {
                    Ok(Admission::Admitted) => self.keep(&arrival.envelope),
                    Ok(Admission::Missing) => {
                        changes.insert(id, arrival);
                    }
                    Err(reason) => self.refuse_change(&arrival, reason),
                }
            }
            if changes.is_empty() || changes.len() == before {
                return;
            }
        }
    }

    fn refuse_change(&mut self, arrival: &Arrival, reason: Refusal) {
        let id = arrival.envelope.get().id();
        if reason == Refusal::Quarantined {
            self.quarantine(id);
        }
        self.refuse(arrival.from, reason, Some(id));
    }

    /// Applies an edit of this node.
    fn edit(
        &mut self,
        now: Timestamp,
        rng: &mut dyn Rng,
        key: &Key,
        document: &mut Coedited,
        edit: &Edit,
    ) -> Result<(), Refusal> {
        if !document.may_write(self.me) || edit.value.kind() != key.kind {
            return Err(Refusal::NotAllowed);
        }
        if !self.roster.covered(self.me, now.hour()) {
            return Err(Refusal::CertificateExpired);
        }
        let mut spare = Session([0; 16]);
        rng.fill_bytes(&mut spare.0);
        let editor = Editor { author: self.node(), session: self.config.session, spare, document: key.document };
        let changes = guarded(|| edit::edit(editor, document, &edit.heads, &edit.value))?;
        let envelopes = self.sign_changes(now, key, document.expires_at, changes, None);
        for envelope in &envelopes {
            // A stage that others would refuse is not written; those before it may stand.
            if guarded(|| document.admit(envelope.get(), self.me, false))? == Admission::Missing {
                return Err(Refusal::Superseded);
            }
            self.keep(envelope);
        }
        if !envelopes.is_empty() {
            self.show(key, document);
            self.push(key, &envelopes);
        }
        Ok(())
    }

    pub(crate) fn show(&mut self, key: &Key, document: &Coedited) {
        if !self.is_visible(key) {
            return;
        }
        match guarded(|| document.build()) {
            Ok(built) => {
                let view = DocumentView {
                    circle: key.circle,
                    document: key.document,
                    owner: key.owner,
                    value: built.value,
                    heads: built.heads,
                    writers: built.writers,
                    changed_at: built.changed_at,
                    expires_at: document.expires_at,
                    clipped: built.clipped,
                };
                self.effect(Effect::Show(view));
            }
            Err(_) => self.effect(Effect::Hide { document: key.document, kind: Kind::Resource, erased: false }),
        }
    }
}
