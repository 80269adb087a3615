//! A co-edited document, built from its opening and changes.
//!
//! What is admitted depends on a change, the opening and the change's own causal past, never on
//! when it arrived; what is shown is a function of the set of admitted changes. Two changes of
//! one author in one place (a fork) are both kept as proof, and neither they nor what follows
//! them is shown. Nothing here keeps a document between two inputs.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ChangeHash, ObjId, ROOT, ReadDoc};
use minicbor::bytes::ByteVec;
use schemas::certificate::MAX_MEMBERS;
use schemas::envelope::{Envelope, Refusal, Stamp};
use schemas::ids::{EnvelopeId, RootId};
use schemas::time::Hour;
use schemas::{Kind, SharedValue};
use serde_json::Value;

use crate::body;
use crate::scan::{self, Actor, ChangeId, Scanned};

/// Changes of a document, at most.
pub const MAX_CHANGES: usize = 4096;
/// Bytes of all changes of a document, at most.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The body of an opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Who may write, sorted.
    pub writers: Vec<RootId>,
    /// The first change.
    pub change: Vec<u8>,
}

impl Opening {
    /// Body bytes: CBOR `[writers, change]`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a Vec cannot fail.
        let _ = minicbor::encode((&self.writers, ByteVec::from(self.change.clone())), &mut bytes);
        bytes
    }

    /// The opening in a body.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        let (writers, change): (Vec<RootId>, ByteVec) = minicbor::decode(bytes).map_err(|_| Refusal::Malformed)?;
        let opening = Self { writers, change: change.into() };
        let sorted = opening.writers.windows(2).all(|pair| pair[0] < pair[1]);
        let fits = sorted && opening.writers.len() <= MAX_MEMBERS && opening.to_bytes() == bytes;
        if fits { Ok(opening) } else { Err(Refusal::Malformed) }
    }
}

/// An admitted change.
struct Node {
    author: RootId,
    signed_at: Hour,
    actor: usize,
    seq: u64,
    last: u64,
    dependencies: Vec<ChangeId>,
    /// Per actor, the last of its changes in the causal past, this one included.
    clock: Vec<u64>,
    bytes: Vec<u8>,
}

/// What becomes of a change that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Admitted.
    Admitted,
    /// Something that it follows is not here.
    Missing,
}

/// A document that is being built.
pub struct Coedited {
    kind: Kind,
    /// The opening's envelope.
    pub opening: EnvelopeId,
    /// When the document ends.
    pub expires_at: Hour,
    writers: Vec<RootId>,
    nodes: BTreeMap<ChangeId, Node>,
    /// In the order of admission, so that a change stands after all it follows.
    order: Vec<ChangeId>,
    slots: BTreeMap<(usize, u64), u32>,
    actors: Vec<Actor>,
    bytes: usize,
    /// Everything that is applied; `applied` says what that is.
    built: Automerge,
    applied: BTreeSet<ChangeId>,
    texts: Vec<(&'static str, ObjId)>,
}

/// The built state.
pub struct Built {
    /// Value.
    pub value: SharedValue,
    /// Heads, sorted.
    pub heads: Vec<ChangeId>,
    /// Changes by writer.
    pub writers: BTreeMap<RootId, u32>,
    /// When the newest change was signed.
    pub changed_at: Hour,
    /// Whether the merged value is over a limit.
    pub clipped: bool,
}

impl Coedited {
    /// Opens the document of `envelope`, written by the owner.
    ///
    /// # Errors
    /// What is wrong with the opening or its first change.
    pub fn open(envelope: &Envelope) -> Result<Self, Refusal> {
        let header = &envelope.header;
        let opening = Opening::from_bytes(&envelope.body)?;
        let scanned = scan::change(&opening.change)?;
        if !scanned.dependencies.is_empty() || !scanned.others.is_empty() || scanned.start != 1 {
            return Err(Refusal::UnsafeBody);
        }
        check_stamp(envelope, &scanned)?;
        let mut built = Automerge::new();
        body::apply(&mut built, &opening.change)?;
        body::value_of(header.kind, &built.hydrate(None))?;
        let mut texts = Vec::new();
        for name in body::texts(header.kind) {
            match built.get(ROOT, *name) {
                Ok(Some((automerge::Value::Object(automerge::ObjType::Text), id))) => texts.push((*name, id)),
                _ => return Err(Refusal::Schema),
            }
        }
        let mut document = Self {
            kind: header.kind,
            opening: header.id(),
            expires_at: header.expires_at,
            writers: opening.writers,
            nodes: BTreeMap::new(),
            order: Vec::new(),
            slots: BTreeMap::new(),
            actors: Vec::new(),
            bytes: 0,
            built,
            applied: BTreeSet::from([scanned.hash]),
            texts,
        };
        document.keep(&scanned, header.owner, header.signed_at, opening.change, vec![1]);
        Ok(document)
    }

    /// Whether `root` may write.
    pub fn may_write(&self, root: RootId) -> bool {
        self.writers.contains(&root)
    }

    /// Offers the change of `envelope`, written by the node of `author`. What was `checked`
    /// before it was stored is not looked at as closely again.
    ///
    /// # Errors
    /// Why it can never be admitted.
    pub fn admit(&mut self, envelope: &Envelope, author: RootId, checked: bool) -> Result<Admission, Refusal> {
        let scanned = scan::change(&envelope.body)?;
        check_stamp(envelope, &scanned)?;
        if !checked && !self.may_write(author) || envelope.header.expires_at != self.expires_at {
            return Err(Refusal::NotAllowed);
        }
        if scanned.dependencies.is_empty() {
            return Err(Refusal::UnsafeBody);
        }
        if scanned.dependencies.iter().any(|dependency| !self.nodes.contains_key(dependency)) {
            return Ok(Admission::Missing);
        }
        if self.nodes.len() >= MAX_CHANGES || self.bytes + envelope.body.len() > MAX_BYTES {
            return Err(Refusal::OverBudget);
        }
        if self.nodes.contains_key(&scanned.hash) {
            // One change signed twice is a fork like any other.
            self.bytes += envelope.body.len();
            let slot = (self.actor(scanned.actor), scanned.seq);
            *self.slots.entry(slot).or_default() += 1;
            return Ok(Admission::Admitted);
        }
        let clock = self.clock_after(&scanned)?;
        self.try_apply(&scanned, &envelope.body, checked)?;
        self.keep(&scanned, author, envelope.header.signed_at, envelope.body.clone(), clock);
        Ok(Admission::Admitted)
    }

    /// The causal past of a change as a clock, when the change fits right after it.
    fn clock_after(&mut self, scanned: &Scanned) -> Result<Vec<u64>, Refusal> {
        let past: Vec<&Node> = scanned.dependencies.iter().filter_map(|hash| self.nodes.get(hash)).collect();
        let start = past.iter().map(|node| node.last).max().unwrap_or(0) + 1;
        let mut clock = clock_of(&past);
        let known = |actor: &Actor, clock: &[u64]| {
            let at = self.actors.iter().position(|known| known == actor)?;
            clock.get(at).is_some_and(|seq| *seq > 0).then_some(at)
        };
        if scanned.start != start || scanned.others.iter().any(|actor| known(actor, &clock).is_none()) {
            return Err(Refusal::UnsafeBody);
        }
        let at = self.actor(scanned.actor);
        clock.resize(clock.len().max(at + 1), 0);
        if scanned.seq != clock[at] + 1 {
            return Err(Refusal::UnsafeBody);
        }
        clock[at] = scanned.seq;
        Ok(clock)
    }

    /// Checks the author's state right after the change, and applies the change where no fork
    /// stands in the way.
    fn try_apply(&mut self, scanned: &Scanned, bytes: &[u8], checked: bool) -> Result<(), Refusal> {
        let at = self.actor(scanned.actor);
        let joins = scanned.dependencies.iter().all(|hash| self.applied.contains(hash))
            && !self.slots.contains_key(&(at, scanned.seq));
        if checked {
            if joins {
                body::apply(&mut self.built, bytes)?;
                self.applied.insert(scanned.hash);
            }
            return Ok(());
        }
        let mut trial = if joins { self.built.clone() } else { self.past(&scanned.dependencies)? };
        body::apply(&mut trial, bytes)?;
        let heads = [ChangeHash(scanned.hash)];
        body::value_of(self.kind, &trial.hydrate(Some(&heads)))?;
        for (name, id) in &self.texts {
            let held = trial.get_all_at(ROOT, *name, &heads).map_err(|_| Refusal::Schema)?;
            // The texts of the opening stay: another object in their place would hide what
            // others type.
            if held.len() != 1 || held[0].1 != *id {
                return Err(Refusal::Schema);
            }
        }
        if joins {
            self.built = trial;
            self.applied.insert(scanned.hash);
        }
        Ok(())
    }

    fn keep(&mut self, scanned: &Scanned, author: RootId, signed_at: Hour, bytes: Vec<u8>, clock: Vec<u64>) {
        let actor = self.actor(scanned.actor);
        *self.slots.entry((actor, scanned.seq)).or_default() += 1;
        self.bytes += bytes.len();
        self.order.push(scanned.hash);
        let node = Node {
            author,
            signed_at,
            actor,
            seq: scanned.seq,
            last: scanned.last(),
            dependencies: scanned.dependencies.clone(),
            clock,
            bytes,
        };
        self.nodes.insert(scanned.hash, node);
    }

    fn actor(&mut self, actor: Actor) -> usize {
        self.actors.iter().position(|known| *known == actor).unwrap_or_else(|| {
            self.actors.push(actor);
            self.actors.len() - 1
        })
    }

    /// The document with just the causal past of `heads`, themselves included.
    fn past(&self, heads: &[ChangeId]) -> Result<Automerge, Refusal> {
        let mut wanted: BTreeSet<ChangeId> = BTreeSet::new();
        let mut queue: Vec<ChangeId> = heads.to_vec();
        while let Some(hash) = queue.pop() {
            if wanted.insert(hash) {
                queue.extend(self.nodes.get(&hash).into_iter().flat_map(|node| node.dependencies.iter().copied()));
            }
        }
        self.only(|hash| wanted.contains(hash))
    }

    fn only(&self, wanted: impl Fn(&ChangeId) -> bool) -> Result<Automerge, Refusal> {
        let mut document = Automerge::new();
        for hash in self.order.iter().filter(|hash| wanted(hash)) {
            if let Some(node) = self.nodes.get(hash) {
                body::apply(&mut document, &node.bytes)?;
            }
        }
        Ok(document)
    }

    /// What is shown: everything but forks and what follows them.
    fn shown(&self) -> BTreeSet<ChangeId> {
        let mut shown = BTreeSet::new();
        for hash in &self.order {
            if let Some(node) = self.nodes.get(hash) {
                let forked = self.slots.get(&(node.actor, node.seq)).is_some_and(|count| *count > 1);
                if !forked && node.dependencies.iter().all(|dependency| shown.contains(dependency)) {
                    shown.insert(*hash);
                }
            }
        }
        shown
    }

    /// The document as it is shown, with its changes.
    pub(crate) fn document(&self) -> Result<(Automerge, BTreeSet<ChangeId>), Refusal> {
        let shown = self.shown();
        let document = if shown == self.applied { self.built.clone() } else { self.only(|hash| shown.contains(hash))? };
        Ok((document, shown))
    }

    /// The built state.
    ///
    /// # Errors
    /// When nothing can be shown: the owner forked the opening itself.
    pub fn build(&self) -> Result<Built, Refusal> {
        let (document, shown) = self.document()?;
        let mut heads: Vec<ChangeId> = document.get_heads().into_iter().map(|hash| hash.0).collect();
        heads.sort_unstable();
        let merged = body::value_of(self.kind, &document.hydrate(None));
        let (value, clipped) = match merged {
            Ok(value) => (value, false),
            Err(_) => (self.clip(&document, &heads)?, true),
        };
        let mut writers = BTreeMap::new();
        let mut changed_at = Hour(0);
        for node in shown.iter().filter_map(|hash| self.nodes.get(hash)) {
            *writers.entry(node.author).or_default() += 1;
            changed_at = changed_at.max(node.signed_at);
        }
        Ok(Built { value, heads, writers, changed_at, clipped })
    }

    /// A merged value over a limit, cut to it. Where that does not help (two halves of a number
    /// that may not be shared met), the state of the lowest head, which was checked by itself.
    fn clip(&self, document: &Automerge, heads: &[ChangeId]) -> Result<SharedValue, Refusal> {
        let json = body::to_json(&document.hydrate(None)).ok_or(Refusal::Schema)?;
        if let Ok(value) = SharedValue::from_json(self.kind, cut(json)) {
            return Ok(value);
        }
        let lowest = heads.first().ok_or(Refusal::Schema)?;
        body::value_of(self.kind, &document.hydrate(Some(&[ChangeHash(*lowest)])))
    }

    /// The clock at `heads`: per actor, its changes up to there; none when a head is not shown.
    pub(crate) fn clock_at(&self, heads: &[ChangeId]) -> Option<BTreeMap<Actor, u64>> {
        let shown = self.shown();
        let nodes: Option<Vec<&Node>> =
            heads.iter().map(|hash| self.nodes.get(hash).filter(|_| shown.contains(hash))).collect();
        let clock = clock_of(&nodes?);
        Some(self.actors.iter().copied().zip(clock).filter(|(_, seq)| *seq > 0).collect())
    }

    /// The last change of `actor`, shown or not.
    pub(crate) fn last_of(&self, actor: &Actor) -> u64 {
        let Some(at) = self.actors.iter().position(|known| known == actor) else { return 0 };
        self.slots.range((at, 0)..=(at, u64::MAX)).next_back().map_or(0, |((_, seq), _)| *seq)
    }

    /// Text objects of the opening, by name of their field.
    pub(crate) fn texts(&self) -> &[(&'static str, ObjId)] {
        &self.texts
    }
}

fn clock_of(past: &[&Node]) -> Vec<u64> {
    let mut clock = Vec::new();
    for node in past {
        clock.resize(clock.len().max(node.clock.len()), 0);
        for (mine, theirs) in clock.iter_mut().zip(&node.clock) {
            *mine = (*mine).max(*theirs);
        }
    }
    clock
}

/// The change's actor and place are those of the signed header.
fn check_stamp(envelope: &Envelope, scanned: &Scanned) -> Result<(), Refusal> {
    let header = &envelope.header;
    match header.stamp {
        Stamp::Change { session, seq }
            if scanned.seq == seq && scanned.actor == body::session_actor(header.author, session, header.document) =>
        {
            Ok(())
        }
        _ => Err(Refusal::UnsafeBody),
    }
}

/// Cuts texts and lists of a resource to their limits.
fn cut(mut json: Value) -> Value {
    let limits = [("title", 200), ("body", 20_000)];
    for (name, limit) in limits {
        if let Some(Value::String(text)) = json.get_mut(name) {
            if let Some((at, _)) = text.char_indices().nth(limit) {
                text.truncate(at);
            }
            text.retain(|c| !c.is_control() || c == '\n' || c == '\t');
        }
    }
    if let Some(Value::Array(tags)) = json.get_mut("tags") {
        let distinct: BTreeSet<String> = tags.iter().filter_map(|tag| tag.as_str().map(str::to_owned)).collect();
        *tags = distinct.into_iter().take(12).map(Value::String).collect();
    }
    json
}
