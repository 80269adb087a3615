//! A co-edited document, built from its opening, changes and controls.
//!
//! Whether a change is admitted depends on it, the opening and its own causal past, never on
//! when it arrived; what is shown is a function of the set of what was admitted ([`judge`]).
//! What is not shown of one's own is kept as a draft ([`drafts`]). Nothing here keeps a document
//! between two inputs.

mod controls;
mod drafts;
pub(crate) mod form;
mod judge;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ChangeHash, ObjId, ROOT, ReadDoc};
use schemas::envelope::{Content, Envelope, Refusal, Stamp};
use schemas::ids::{EnvelopeId, NodeKey, RootId, Session};
use schemas::time::Hour;
use schemas::{Kind, SharedValue};
use serde_json::Value;

use self::controls::Controls;
pub use self::controls::Held;
pub(crate) use self::drafts::Run;
use self::judge::Spent;
pub use self::judge::{AUTHOR, Budget, DOCUMENT, Void};
pub(crate) use self::words::typed_alone;
use crate::body;
pub use crate::control::Opening;
use crate::scan::{self, Actor, ChangeId, Scanned};

/// A change that was admitted.
struct Node {
    /// The lowest envelope that carries it.
    envelope: EnvelopeId,
    author: RootId,
    session: Session,
    signed_at: Hour,
    actor: usize,
    seq: u64,
    start: u64,
    last: u64,
    dependencies: Vec<ChangeId>,
    /// Per actor, the last of its changes in the causal past, this one included.
    clock: Vec<u64>,
    bytes: Vec<u8>,
}

impl Node {
    fn spent(&self) -> Spent {
        Spent { changes: 1, bytes: self.bytes.len() as u64, operations: self.last - self.start + 1 }
    }

    /// Whether `other` is in the causal past of this one, or is this one.
    fn follows(&self, other: &Self) -> bool {
        self.clock.get(other.actor).is_some_and(|seq| *seq >= other.seq)
    }
}

/// What becomes of an envelope that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Admitted.
    Admitted,
    /// Something that it needs is not here: what it follows, or the admission of its writer.
    Missing,
}

/// A document that is being built.
pub struct Coedited {
    kind: Kind,
    /// The opening's envelope.
    pub opening: EnvelopeId,
    /// When the document ends.
    pub expires_at: Hour,
    /// Version of the schema that it is written in, for all its life.
    pub schema: u16,
    controls: Controls,
    /// The opening's change.
    first: ChangeId,
    nodes: BTreeMap<ChangeId, Node>,
    /// Changes by place; more than one is a fork.
    slots: BTreeMap<(usize, u64), BTreeSet<ChangeId>>,
    actors: Vec<Actor>,
    /// Envelopes that say what another one here says, or more than there is room for.
    spare: Vec<EnvelopeId>,
    /// What was built last, with the changes in it.
    built: Option<(Automerge, BTreeSet<ChangeId>)>,
    /// Whether something was admitted since that is not in it.
    lags: bool,
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
        Self::open_of(envelope, &[])
    }

    /// The same of an owner who had other keys before.
    pub(crate) fn open_of(envelope: &Envelope, before: &[NodeKey]) -> Result<Self, Refusal> {
        let header = &envelope.header;
        let opening = Opening::from_bytes(&envelope.body)?;
        let scanned = scan::change(&opening.change)?;
        if !scanned.dependencies.is_empty() || !scanned.others.is_empty() || scanned.start != 1 {
            return Err(Refusal::UnsafeBody);
        }
        let session = check_stamp(envelope, &scanned, before)?;
        let change = form::light(&scanned, &opening.change)?;
        let texts = form::texts_of(&change, header.kind)?;
        // Before anything is shown of it: what is nested too deep ends the process.
        form::check(&scanned, &change, &texts, std::iter::empty())?;
        let mut built = Automerge::new();
        body::apply_new(&mut built, &opening.change)?;
        let value = body::value_of(header.kind, &built.hydrate(None))?;
        // Under another schema an older release would keep what follows without a look at it, and the
        // next one take it for checked.
        if value.schema() != header.schema {
            return Err(Refusal::Schema);
        }
        let mut document = Self {
            kind: header.kind,
            opening: header.id(),
            expires_at: header.expires_at,
            schema: header.schema,
            controls: Controls::new(opening.writers),
            first: scanned.hash,
            nodes: BTreeMap::new(),
            slots: BTreeMap::new(),
            actors: Vec::new(),
            spare: Vec::new(),
            built: Some((built, BTreeSet::from([scanned.hash]))),
            lags: false,
            texts,
        };
        let author = (header.owner, session);
        document.keep(&scanned, envelope, author, opening.change, vec![1]);
        Ok(document)
    }

    /// Whether `root` may write.
    pub fn may_write(&self, root: RootId) -> bool {
        self.controls.may_write(root)
    }

    /// Offers the change or control of `envelope`, written by the node of `author`. What was
    /// `checked` before it was stored is not looked at as closely again.
    ///
    /// # Errors
    /// Why it can never be admitted.
    pub fn admit(&mut self, envelope: &Envelope, author: RootId, checked: bool) -> Result<Admission, Refusal> {
        self.admit_of(envelope, author, &[], checked)
    }

    /// The same of an author who had other keys before.
    pub(crate) fn admit_of(
        &mut self,
        envelope: &Envelope,
        author: RootId,
        before: &[NodeKey],
        checked: bool,
    ) -> Result<Admission, Refusal> {
        if envelope.header.content != Content::Change {
            return self.admit_control(envelope, author);
        }
        let scanned = scan::change(&envelope.body)?;
        let session = check_stamp(envelope, &scanned, before)?;
        let header = &envelope.header;
        if header.expires_at != self.expires_at || header.schema != self.schema {
            return Err(Refusal::OtherOpening);
        }
        if scanned.dependencies.is_empty() {
            return Err(Refusal::UnsafeBody);
        }
        let here = scanned.dependencies.iter().all(|dependency| self.nodes.contains_key(dependency));
        if !here || !checked && !self.may_write(author) {
            return Ok(Admission::Missing);
        }
        if let Some(node) = self.nodes.get_mut(&scanned.hash) {
            // One change signed twice says one thing: the earlier, or else the lower id, stands for it
            // everywhere. The later may be of a clock that was ahead.
            let id = header.id();
            if id != node.envelope {
                let (new, old) = ((header.signed_at, id), (node.signed_at, node.envelope));
                self.spare.push(new.max(old).1);
                (node.signed_at, node.envelope) = new.min(old);
            }
            return Ok(Admission::Admitted);
        }
        let clock = self.clock_after(&scanned)?;
        if checked {
            // What was stored is built all at once, when somebody asks.
            self.lags = true;
        } else {
            let past = self.past_of(&scanned, &clock);
            check_budgets(&scanned, author, envelope.body.len(), &past)?;
            let change = form::light(&scanned, &envelope.body)?;
            let past = past.iter().map(|node| (self.actors[node.actor], node.start, node.last));
            form::check(&scanned, &change, &self.texts, past)?;
            self.check_state(&scanned, &envelope.body, form::only_takes_out(&change))?;
        }
        self.keep(&scanned, envelope, (author, session), envelope.body.clone(), clock);
        Ok(Admission::Admitted)
    }

    /// Envelopes that need not be held, because others here say the same or there is no room.
    pub(crate) fn take_spare(&mut self) -> Vec<EnvelopeId> {
        std::mem::take(&mut self.spare)
    }

    /// The causal past of a change as a clock, when the change fits right after it.
    fn clock_after(&mut self, scanned: &Scanned) -> Result<Vec<u64>, Refusal> {
        let past: Vec<&Node> = scanned.dependencies.iter().filter_map(|hash| self.nodes.get(hash)).collect();
        let start = past.iter().map(|node| node.last).max().unwrap_or(0) + 1;
        let mut clock = clock_of(&past);
        let known = |actor: &Actor| {
            let at = self.actors.iter().position(|known| known == actor);
            at.is_some_and(|at| clock.get(at).is_some_and(|seq| *seq > 0))
        };
        if scanned.start != start || !scanned.others.iter().all(known) {
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

    /// The causal past of a change that fits right after it, without itself.
    fn past_of(&self, scanned: &Scanned, clock: &[u64]) -> Vec<&Node> {
        // A clock cannot tell the halves of a fork apart.
        if self.is_taken(scanned) || self.slots.values().any(|halves| halves.len() > 1) {
            return self.ancestry(&scanned.dependencies).iter().filter_map(|hash| self.nodes.get(hash)).collect();
        }
        let before = |node: &&Node| clock.get(node.actor).is_some_and(|seq| *seq >= node.seq);
        self.nodes.values().filter(before).collect()
    }

    /// Whether another change is here in the place of this one.
    fn is_taken(&self, scanned: &Scanned) -> bool {
        let at = self.actors.iter().position(|known| *known == scanned.actor);
        at.is_some_and(|at| self.slots.contains_key(&(at, scanned.seq)))
    }

    /// Checks the author's state right after the change. A text that grew over its limit as edits met
    /// may be over it still, when the change only takes letters out: several may have to.
    fn check_state(&mut self, scanned: &Scanned, bytes: &[u8], shortens: bool) -> Result<(), Refusal> {
        let (built, applied) = self.current()?;
        let joins = scanned.dependencies.iter().all(|hash| applied.contains(hash));
        let fits = joins && !self.is_taken(scanned);
        let mut trial = if fits { built } else { self.past(&scanned.dependencies)? };
        body::apply_new(&mut trial, bytes)?;
        let heads = [ChangeHash(scanned.hash)];
        // What Automerge shows now it has at hand; to know an earlier state it reads all of the page.
        let beside = trial.get_heads() != heads;
        let json = body::to_json(&trial.hydrate(beside.then_some(&heads))).ok_or(Refusal::Schema)?;
        let json = if shortens { cut(json) } else { json };
        SharedValue::from_json(self.kind, json).map_err(|_| Refusal::Schema)?;
        for (name, id) in &self.texts {
            let held = trial.get_all_at(ROOT, *name, &heads).map_err(|_| Refusal::Schema)?;
            // The texts of the opening stay: another object in their place would hide what
            // others type.
            if held.len() != 1 || held[0].1 != *id {
                return Err(Refusal::Schema);
            }
        }
        if fits {
            let mut applied = applied;
            applied.insert(scanned.hash);
            self.built = Some((trial, applied));
        }
        Ok(())
    }

    /// A copy of what is built, built now when it is not.
    fn current(&mut self) -> Result<(Automerge, BTreeSet<ChangeId>), Refusal> {
        if let Some(built) = self.built.as_ref().filter(|_| !self.lags) {
            return Ok(built.clone());
        }
        let built = self.document()?;
        (self.built, self.lags) = (Some(built.clone()), false);
        Ok(built)
    }

    fn keep(
        &mut self,
        scanned: &Scanned,
        envelope: &Envelope,
        (author, session): (RootId, Session),
        bytes: Vec<u8>,
        clock: Vec<u64>,
    ) {
        let actor = self.actor(scanned.actor);
        self.slots.entry((actor, scanned.seq)).or_default().insert(scanned.hash);
        let node = Node {
            envelope: envelope.id(),
            author,
            session,
            signed_at: envelope.header.signed_at,
            actor,
            seq: scanned.seq,
            start: scanned.start,
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

    /// Changes in an order in which each stands after all it follows, the same for everybody.
    fn in_order(&self) -> Vec<(&ChangeId, &Node)> {
        let mut ordered: Vec<(&ChangeId, &Node)> = self.nodes.iter().collect();
        // A change starts after the last operation of what it follows.
        ordered.sort_by_key(|(hash, node)| (node.start, **hash));
        ordered
    }

    /// The causal past of `heads`, themselves included.
    fn ancestry(&self, heads: &[ChangeId]) -> BTreeSet<ChangeId> {
        let mut ancestors: BTreeSet<ChangeId> = BTreeSet::new();
        let mut queue: Vec<ChangeId> = heads.to_vec();
        while let Some(hash) = queue.pop() {
            if ancestors.insert(hash) {
                queue.extend(self.nodes.get(&hash).into_iter().flat_map(|node| node.dependencies.iter().copied()));
            }
        }
        ancestors
    }

    /// The document with just the causal past of `heads`.
    fn past(&self, heads: &[ChangeId]) -> Result<Automerge, Refusal> {
        self.only(&self.ancestry(heads))
    }

    fn only(&self, wanted: &BTreeSet<ChangeId>) -> Result<Automerge, Refusal> {
        let mut document = Automerge::new();
        self.apply(&mut document, |hash| wanted.contains(hash))?;
        Ok(document)
    }

    /// Applies the changes that fit, each after those it follows.
    fn apply(&self, document: &mut Automerge, fits: impl Fn(&ChangeId) -> bool) -> Result<(), Refusal> {
        let ordered = self.in_order();
        body::apply_known(
            document,
            ordered.iter().filter(|(hash, _)| fits(hash)).map(|(_, node)| node.bytes.as_slice()),
        )
    }

    /// The document as it is shown, with its changes: what is built, when nothing of that fell away,
    /// and what is missing there.
    pub(crate) fn document(&self) -> Result<(Automerge, BTreeSet<ChangeId>), Refusal> {
        let shown = self.judge().shown;
        let document = match &self.built {
            Some((built, applied)) if applied.is_subset(&shown) => {
                let mut document = built.clone();
                self.apply(&mut document, |hash| shown.contains(hash) && !applied.contains(hash))?;
                document
            }
            _ => self.only(&shown)?,
        };
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
    /// that may not be shared met), the state of the lowest head, which was checked by itself: as it
    /// is, or cut.
    fn clip(&self, document: &Automerge, heads: &[ChangeId]) -> Result<SharedValue, Refusal> {
        let hashes: Vec<ChangeHash> = heads.iter().map(|hash| ChangeHash(*hash)).collect();
        let json = body::to_json(&document.hydrate(Some(&hashes))).ok_or(Refusal::Schema)?;
        if let Ok(value) = SharedValue::from_json(self.kind, cut(json)) {
            return Ok(value);
        }
        let lowest = hashes.first().ok_or(Refusal::Schema)?;
        let json = body::to_json(&document.hydrate(Some(&[*lowest]))).ok_or(Refusal::Schema)?;
        SharedValue::from_json(self.kind, cut(json)).map_err(|_| Refusal::Schema)
    }

    /// The clock at `heads`: per actor, its changes up to there; none when a head is not shown.
    pub(crate) fn clock_at(&self, heads: &[ChangeId]) -> Option<BTreeMap<Actor, u64>> {
        let shown = self.judge().shown;
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

/// The budgets of the author and of the document, in the causal past of a change.
fn check_budgets(scanned: &Scanned, author: RootId, bytes: usize, past: &[&Node]) -> Result<(), Refusal> {
    let this = Spent { changes: 1, bytes: bytes as u64, operations: scanned.operations };
    let (mut own, mut all) = (this, this);
    for node in past {
        all = all.plus(node.spent());
        if node.author == author {
            own = own.plus(node.spent());
        }
    }
    if own.fits(AUTHOR) && all.fits(DOCUMENT) { Ok(()) } else { Err(Refusal::OverBudget) }
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

/// The change's actor and place are those of the signed header, whose session this is; the actor
/// that of the signer, or of a key that the signer's municipality had before.
fn check_stamp(envelope: &Envelope, scanned: &Scanned, before: &[NodeKey]) -> Result<Session, Refusal> {
    let header = &envelope.header;
    match header.stamp {
        Stamp::Change { session, seq }
            if scanned.seq == seq
                && std::iter::once(&header.author)
                    .chain(before)
                    .any(|author| scanned.actor == body::session_actor(*author, session, header.document)) =>
        {
            Ok(session)
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
