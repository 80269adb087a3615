//! What is held: per document the headers' essentials of its envelopes. No bodies.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemas::Kind;
use schemas::envelope::{Content, Header, Stamp};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, RootId};
use schemas::time::Hour;

/// Documents of one owner in one circle, at most.
const MAX_DOCUMENTS: usize = 200_000;

/// What makes a document: one id under two owners is two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) circle: CircleId,
    pub(crate) owner: RootId,
    pub(crate) kind: Kind,
    pub(crate) document: DocumentId,
}

impl From<&Header> for Key {
    fn from(header: &Header) -> Self {
        Self { circle: header.circle, owner: header.owner, kind: header.kind, document: header.document }
    }
}

/// An envelope that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) signed_at: Hour,
    pub(crate) expires_at: Hour,
    pub(crate) stamp: Stamp,
    pub(crate) content: Content,
    pub(crate) bytes: u32,
}

impl Entry {
    pub(crate) fn new(header: &Header, bytes: usize) -> Self {
        Self {
            signed_at: header.signed_at,
            expires_at: header.expires_at,
            stamp: header.stamp,
            content: header.content,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
        }
    }
}

/// The envelopes of one document.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) envelopes: BTreeMap<EnvelopeId, Entry>,
}

/// What is to be done with an envelope beside those held.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is held already.
    Held,
    /// Something held replaces it.
    Superseded,
    /// It is new, and replaces these.
    Replaces(Vec<EnvelopeId>),
}

/// What replaces what: an erasure everything, the longer-lived erasure the other, a version or
/// opening the lower ones; a tie goes to the lower id. Changes replace nothing.
type Rank = (u8, Hour, Option<Stamp>, Reverse<EnvelopeId>);

fn rank(id: EnvelopeId, entry: &Entry) -> Rank {
    match entry.content {
        Content::Erased => (2, entry.expires_at, None, Reverse(id)),
        Content::Version => (1, Hour(0), Some(entry.stamp), Reverse(id)),
        Content::Opening => (1, Hour(0), None, Reverse(id)),
        _ => (0, Hour(0), None, Reverse(id)),
    }
}

impl Document {
    /// The erasure, version or opening that counts.
    pub(crate) fn leading(&self) -> Option<(EnvelopeId, Entry)> {
        let heads = self.envelopes.iter().filter(|(id, entry)| rank(**id, entry).0 > 0);
        heads.max_by_key(|(id, entry)| rank(**id, entry)).map(|(id, entry)| (*id, *entry))
    }

    pub(crate) fn is_erased(&self) -> bool {
        self.leading().is_some_and(|(_, entry)| entry.content == Content::Erased)
    }

    /// What is to be done with an erasure, version or opening.
    pub(crate) fn judge(&self, id: EnvelopeId, entry: &Entry) -> Verdict {
        if self.envelopes.contains_key(&id) {
            return Verdict::Held;
        }
        let Some((leader, leading)) = self.leading() else { return Verdict::Replaces(Vec::new()) };
        if rank(id, entry) < rank(leader, &leading) {
            return Verdict::Superseded;
        }
        match entry.content {
            Content::Erased => Verdict::Replaces(self.envelopes.keys().copied().collect()),
            _ => Verdict::Replaces(vec![leader]),
        }
    }

    /// What an interrupted replacement left behind.
    pub(crate) fn losers(&self) -> Vec<EnvelopeId> {
        let Some((leader, leading)) = self.leading() else { return Vec::new() };
        let erased = leading.content == Content::Erased;
        let lost = |id: &EnvelopeId, entry: &Entry| *id != leader && (erased || entry.content != Content::Change);
        self.envelopes.iter().filter(|(id, entry)| lost(id, entry)).map(|(id, _)| *id).collect()
    }
}

/// Every document that is held.
#[derive(Debug, Default)]
pub(crate) struct Index {
    documents: BTreeMap<Key, Document>,
    keys: BTreeMap<DocumentId, Vec<Key>>,
    envelopes: BTreeMap<EnvelopeId, Key>,
    counts: BTreeMap<(CircleId, RootId), usize>,
    /// How many envelopes end at each hour.
    ends: BTreeMap<Hour, u32>,
}

impl Index {
    pub(crate) fn insert(&mut self, key: Key, id: EnvelopeId, entry: Entry) {
        if self.envelopes.insert(id, key).is_some() {
            return;
        }
        *self.ends.entry(entry.expires_at).or_default() += 1;
        if !self.documents.contains_key(&key) {
            *self.counts.entry((key.circle, key.owner)).or_default() += 1;
            let keys = self.keys.entry(key.document).or_default();
            keys.push(key);
            keys.sort_unstable_by_key(|key| (key.owner, *key));
        }
        self.documents.entry(key).or_default().envelopes.insert(id, entry);
    }

    pub(crate) fn remove(&mut self, id: EnvelopeId) -> Option<Key> {
        let key = self.envelopes.remove(&id)?;
        let document = self.documents.get_mut(&key)?;
        if let Some(entry) = document.envelopes.remove(&id)
            && let Some(count) = self.ends.get_mut(&entry.expires_at)
        {
            *count -= 1;
            if *count == 0 {
                self.ends.remove(&entry.expires_at);
            }
        }
        if document.envelopes.is_empty() {
            self.documents.remove(&key);
            if let Some(count) = self.counts.get_mut(&(key.circle, key.owner)) {
                *count -= 1;
            }
            if let Some(keys) = self.keys.get_mut(&key.document) {
                keys.retain(|other| *other != key);
                if keys.is_empty() {
                    self.keys.remove(&key.document);
                }
            }
        }
        Some(key)
    }

    pub(crate) fn document(&self, key: &Key) -> Option<&Document> {
        self.documents.get(key)
    }

    /// Keys under which a document id is held, by owner.
    pub(crate) fn keys(&self, document: DocumentId) -> &[Key] {
        self.keys.get(&document).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn holds(&self, id: EnvelopeId) -> bool {
        self.envelopes.contains_key(&id)
    }

    pub(crate) fn key_of(&self, id: EnvelopeId) -> Option<Key> {
        self.envelopes.get(&id).copied()
    }

    /// Whether one more document of this owner is too many.
    pub(crate) fn is_full(&self, key: &Key) -> bool {
        !self.documents.contains_key(key)
            && self.counts.get(&(key.circle, key.owner)).is_some_and(|count| *count >= MAX_DOCUMENTS)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&Key, &Document)> {
        self.documents.iter()
    }

    /// Documents of a circle.
    pub(crate) fn in_circle(&self, circle: CircleId) -> impl Iterator<Item = (&Key, &Document)> {
        let first = Key { circle, owner: RootId([0; 32]), kind: Kind::MunicipalityCard, document: DocumentId([0; 16]) };
        self.documents.range(first..).take_while(move |(key, _)| key.circle == circle)
    }

    pub(crate) fn envelope_count(&self) -> usize {
        self.envelopes.len()
    }

    pub(crate) fn document_count(&self) -> usize {
        self.documents.len()
    }

    /// The first hour at which something ends.
    pub(crate) fn next_end(&self) -> Option<Hour> {
        self.ends.keys().next().copied()
    }
}
