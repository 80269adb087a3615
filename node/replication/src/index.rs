//! What is held: per document the headers' essentials of its envelopes. No bodies.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemas::Kind;
use schemas::envelope::{Content, Header, Stamp};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId};
use schemas::time::Hour;

use crate::reconcile::{Item, Set};

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
    pub(crate) schema: u16,
    pub(crate) bytes: u32,
}

impl Entry {
    pub(crate) fn new(header: &Header, bytes: usize) -> Self {
        Self {
            signed_at: header.signed_at,
            expires_at: header.expires_at,
            stamp: header.stamp,
            content: header.content,
            schema: header.schema,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
        }
    }
}

/// The envelopes of one document, by id. Nearly every document has one: no room is kept for more.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Envelopes(Vec<(EnvelopeId, Entry)>);

impl Envelopes {
    fn place(&self, id: &EnvelopeId) -> Result<usize, usize> {
        self.0.binary_search_by_key(id, |(held, _)| *held)
    }

    fn insert(&mut self, id: EnvelopeId, entry: Entry) {
        if let Err(at) = self.place(&id) {
            if self.0.len() < 4 {
                self.0.reserve_exact(1);
            }
            self.0.insert(at, (id, entry));
        }
    }

    fn remove(&mut self, id: &EnvelopeId) -> Option<Entry> {
        let (_, entry) = self.0.remove(self.place(id).ok()?);
        if self.0.capacity() >= 2 * self.0.len() {
            self.0.shrink_to_fit();
        }
        Some(entry)
    }

    pub(crate) fn get(&self, id: &EnvelopeId) -> Option<&Entry> {
        self.place(id).ok().map(|at| &self.0[at].1)
    }

    pub(crate) fn contains_key(&self, id: &EnvelopeId) -> bool {
        self.place(id).is_ok()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&EnvelopeId, &Entry)> {
        self.0.iter().map(|(id, entry)| (id, entry))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &EnvelopeId> {
        self.0.iter().map(|(id, _)| id)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One document.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) envelopes: Envelopes,
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

/// What replaces what: an erasure everything, a replacement everything but that, the longer-lived
/// of two the other, a version or opening the lower ones; a tie goes to the lower id. Changes and
/// other controls replace nothing.
type Rank = (u8, Hour, Option<Stamp>, Reverse<EnvelopeId>);

fn rank(id: EnvelopeId, entry: &Entry) -> Rank {
    match entry.content {
        Content::Erased => (3, entry.expires_at, None, Reverse(id)),
        Content::ReplacedBy => (2, entry.expires_at, None, Reverse(id)),
        Content::Version => (1, Hour(0), Some(entry.stamp), Reverse(id)),
        Content::Opening => (1, Hour(0), None, Reverse(id)),
        _ => (0, Hour(0), None, Reverse(id)),
    }
}

fn ends_all(content: Content) -> bool {
    matches!(content, Content::Erased | Content::ReplacedBy)
}

impl Document {
    /// The erasure, replacement, version or opening that counts.
    pub(crate) fn leading(&self) -> Option<(EnvelopeId, Entry)> {
        let heads = self.envelopes.iter().filter(|(id, entry)| rank(**id, entry).0 > 0);
        heads.max_by_key(|(id, entry)| rank(**id, entry)).map(|(id, entry)| (*id, *entry))
    }

    pub(crate) fn is_erased(&self) -> bool {
        self.leading().is_some_and(|(_, entry)| entry.content == Content::Erased)
    }

    /// Whether nothing of it is left but the word that it was erased or replaced.
    pub(crate) fn is_gone(&self) -> bool {
        self.leading().is_some_and(|(_, entry)| ends_all(entry.content))
    }

    /// What is to be done with an erasure, replacement, version or opening.
    pub(crate) fn judge(&self, id: EnvelopeId, entry: &Entry) -> Verdict {
        if self.envelopes.contains_key(&id) {
            return Verdict::Held;
        }
        let Some((leader, leading)) = self.leading() else { return Verdict::Replaces(Vec::new()) };
        if rank(id, entry) < rank(leader, &leading) {
            return Verdict::Superseded;
        }
        match entry.content {
            content if ends_all(content) => Verdict::Replaces(self.envelopes.keys().copied().collect()),
            _ => Verdict::Replaces(vec![leader]),
        }
    }

    /// What an interrupted replacement left behind.
    pub(crate) fn losers(&self) -> Vec<EnvelopeId> {
        let Some((leader, leading)) = self.leading() else { return Vec::new() };
        let gone = ends_all(leading.content);
        let lost = |id: &EnvelopeId, entry: &Entry| *id != leader && (gone || rank(*id, entry).0 > 0);
        self.envelopes.iter().filter(|(id, entry)| lost(id, entry)).map(|(id, _)| *id).collect()
    }
}

/// Where a document stands: its key with the circle and the owner as one small number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    document: DocumentId,
    shelf: u32,
    kind: Kind,
}

/// What is held of one owner in one circle.
#[derive(Debug)]
struct Shelf {
    circle: CircleId,
    owner: RootId,
    documents: usize,
    gone: usize,
    /// Its envelopes but for those that end before the cutoff.
    set: Set,
    /// How many envelopes of its co-edited documents each node signed.
    signers: BTreeMap<NodeKey, usize>,
}

/// Every document that is held.
#[derive(Debug, Default)]
pub(crate) struct Index {
    documents: BTreeMap<Place, Document>,
    envelopes: BTreeMap<EnvelopeId, Place>,
    /// Who signed what is held of co-edited documents.
    signers: BTreeMap<EnvelopeId, NodeKey>,
    /// Envelopes by when they end.
    ends: BTreeSet<(Hour, EnvelopeId)>,
    shelves: Vec<Shelf>,
    numbers: BTreeMap<(CircleId, RootId), u32>,
    /// Envelopes of each owner in another schema than the first, which every release understands.
    schemas: BTreeMap<(RootId, u16), usize>,
    /// What ends before this is in no set.
    cutoff: Hour,
}

impl Index {
    /// Takes an envelope with a body of so many bytes; whether it is the first by its signer of what is
    /// held of co-edited documents of that owner in that circle.
    pub(crate) fn insert(&mut self, header: &Header, id: EnvelopeId, bytes: usize) -> bool {
        let (key, entry) = (Key::from(header), Entry::new(header, bytes));
        let place = self.place_for(&key);
        if self.envelopes.contains_key(&id) {
            return false;
        }
        self.envelopes.insert(id, place);
        self.ends.insert((entry.expires_at, id));
        if entry.schema != 1 {
            *self.schemas.entry((key.owner, entry.schema)).or_default() += 1;
        }
        let document = self.documents.entry(place).or_default();
        let shelf = &mut self.shelves[place.shelf as usize];
        shelf.documents += usize::from(document.envelopes.is_empty());
        shelf.gone += usize::from(ends_all(entry.content) && !document.is_gone());
        document.envelopes.insert(id, entry);
        if entry.expires_at >= self.cutoff {
            shelf.set.insert(item(id, &entry));
        }
        if !key.kind.is_co_edited() {
            return false;
        }
        self.signers.insert(id, header.author);
        let signed = shelf.signers.entry(header.author).or_default();
        *signed += 1;
        *signed == 1
    }

    pub(crate) fn remove(&mut self, id: EnvelopeId) -> Option<(Key, Entry)> {
        let place = self.envelopes.remove(&id)?;
        let key = self.key(&place);
        let document = self.documents.get_mut(&place)?;
        let entry = document.envelopes.remove(&id)?;
        let shelf = &mut self.shelves[place.shelf as usize];
        shelf.gone -= usize::from(ends_all(entry.content) && !document.is_gone());
        shelf.set.remove(&item(id, &entry));
        self.ends.remove(&(entry.expires_at, id));
        if let Some(signer) = self.signers.remove(&id) {
            take_one(&mut shelf.signers, &signer);
        }
        take_one(&mut self.schemas, &(key.owner, entry.schema));
        if document.envelopes.is_empty() {
            shelf.documents -= 1;
            self.documents.remove(&place);
        }
        Some((key, entry))
    }

    fn place(&self, key: &Key) -> Option<Place> {
        let shelf = *self.numbers.get(&(key.circle, key.owner))?;
        Some(Place { document: key.document, shelf, kind: key.kind })
    }

    fn place_for(&mut self, key: &Key) -> Place {
        let Key { circle, owner, kind, document } = *key;
        let next = self.shelves.len() as u32;
        let shelf = *self.numbers.entry((circle, owner)).or_insert(next);
        if shelf == next {
            let (set, signers) = (Set::default(), BTreeMap::new());
            self.shelves.push(Shelf { circle, owner, documents: 0, gone: 0, set, signers });
        }
        Place { document, shelf, kind }
    }

    fn key(&self, place: &Place) -> Key {
        let Shelf { circle, owner, .. } = self.shelves[place.shelf as usize];
        Key { circle, owner, kind: place.kind, document: place.document }
    }

    pub(crate) fn document(&self, key: &Key) -> Option<&Document> {
        self.documents.get(&self.place(key)?)
    }

    /// Keys under which a document id is held, by owner.
    pub(crate) fn keys(&self, document: DocumentId) -> Vec<Key> {
        let first = Place { document, shelf: 0, kind: Kind::ALL[0] };
        let places = self.documents.range(first..).map(|(place, _)| place);
        let mut keys: Vec<Key> =
            places.take_while(|place| place.document == document).map(|place| self.key(place)).collect();
        keys.sort_unstable_by_key(|key| (key.owner, *key));
        keys
    }

    pub(crate) fn holds(&self, id: EnvelopeId) -> bool {
        self.envelopes.contains_key(&id)
    }

    pub(crate) fn key_of(&self, id: EnvelopeId) -> Option<Key> {
        self.envelopes.get(&id).map(|place| self.key(place))
    }

    pub(crate) fn entry(&self, id: EnvelopeId) -> Option<&Entry> {
        self.documents.get(self.envelopes.get(&id)?)?.envelopes.get(&id)
    }

    /// Whether one more document of this owner is too many.
    pub(crate) fn is_full(&self, key: &Key) -> bool {
        self.place(key).is_some_and(|place| {
            self.shelves[place.shelf as usize].documents >= MAX_DOCUMENTS && !self.documents.contains_key(&place)
        })
    }

    /// Envelopes of an owner that a release which understands schemas up to `schema` does not.
    pub(crate) fn parked(&self, owner: RootId, schema: u16) -> usize {
        let of_owner = self.schemas.range((owner, 0)..=(owner, u16::MAX));
        of_owner.filter(|((_, other), _)| *other == 0 || *other > schema).map(|(_, count)| count).sum()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (Key, &Document)> {
        self.documents.iter().map(|(place, document)| (self.key(place), document))
    }

    /// Owners of what is held in a circle, each with the set of its envelopes that end at the
    /// cutoff or later.
    pub(crate) fn sets(&self, circle: CircleId) -> impl Iterator<Item = (RootId, &Set)> {
        let from = (circle, RootId([0; 32]));
        let numbers = self.numbers.range(from..).take_while(move |((other, _), _)| *other == circle);
        numbers.map(|((_, owner), shelf)| (*owner, &self.shelves[*shelf as usize].set))
    }

    /// Who signed something that is held of co-edited documents, by circle and owner of these.
    pub(crate) fn signers(&self) -> impl Iterator<Item = (CircleId, RootId, impl Iterator<Item = NodeKey>)> {
        self.shelves.iter().map(|shelf| (shelf.circle, shelf.owner, shelf.signers.keys().copied()))
    }

    /// The envelope as an element of its owner's set.
    pub(crate) fn item(&self, id: EnvelopeId) -> Option<Item> {
        self.entry(id).map(|entry| item(id, entry))
    }

    /// What ends before the cutoff is in no set; the sets follow.
    pub(crate) fn set_cutoff(&mut self, cutoff: Hour) {
        let (from, to) = (self.cutoff.min(cutoff), self.cutoff.max(cutoff));
        for id in self.ending(from, to) {
            let Some((place, entry)) = self.envelopes.get(&id).copied().zip(self.entry(id).copied()) else { continue };
            let set = &mut self.shelves[place.shelf as usize].set;
            if self.cutoff < cutoff {
                set.remove(&item(id, &entry));
            } else {
                set.insert(item(id, &entry));
            }
        }
        self.cutoff = cutoff;
    }

    pub(crate) fn cutoff(&self) -> Hour {
        self.cutoff
    }

    /// Envelopes that end from `from` up to but not at `to`.
    pub(crate) fn ending(&self, from: Hour, to: Hour) -> Vec<EnvelopeId> {
        let (from, to) = ((from, EnvelopeId([0; 32])), (to, EnvelopeId([0; 32])));
        if from < to { self.ends.range(from..to).map(|(_, id)| *id).collect() } else { Vec::new() }
    }

    /// Documents of an owner that are neither erased nor replaced.
    pub(crate) fn documents_of(&self, owner: RootId) -> usize {
        self.shelves.iter().filter(|shelf| shelf.owner == owner).map(|shelf| shelf.documents - shelf.gone).sum()
    }

    pub(crate) fn envelope_count(&self) -> usize {
        self.envelopes.len()
    }

    pub(crate) fn document_count(&self) -> usize {
        self.documents.len()
    }

    /// The first hour at which something ends.
    pub(crate) fn next_end(&self) -> Option<Hour> {
        self.ends.first().map(|(end, _)| *end)
    }
}

/// Counts one less of `key`.
fn take_one<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

fn item(id: EnvelopeId, entry: &Entry) -> Item {
    Item { hour: entry.signed_at.0, id: id.0 }
}
