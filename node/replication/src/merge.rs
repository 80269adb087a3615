//! Documents between two inputs: what waits for stored envelopes to be read, and how what
//! arrived is merged with what is held.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Refusal};
use schemas::ids::{DocumentId, EnvelopeId, RootId};
use schemas::time::Timestamp;

use crate::api::{DocumentView, Draft, Effect, Kept, Notice, Proof};
use crate::asked::Asked;
use crate::build::{self, guarded};
use crate::coedited::{Admission, Coedited, Run};
use crate::control::{Body, ReplacedBy};
use crate::index::{Key, Verdict};
use crate::orphans::Arrival;
use crate::replica::{MAX_REFUSED, Replica};
use crate::scan;

/// Envelopes that wait for one document, at most.
const MAX_WAITING: usize = 512;
/// Bytes that wait in all, at most.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;

/// What waits until a document's stored envelopes are read.
#[derive(Default)]
pub(crate) struct Waiting {
    arrivals: BTreeMap<Key, BTreeMap<EnvelopeId, Arrival>>,
    /// Bytes of the arrivals.
    bytes: usize,
    pub(crate) asked: Vec<Asked>,
}

/// Ids in an order in which each comes after what it follows: a change starts after the last
/// operation of all that. Controls come first.
pub(crate) fn in_order<'a>(envelopes: impl Iterator<Item = (&'a EnvelopeId, &'a Envelope)>) -> Vec<EnvelopeId> {
    let start = |envelope: &Envelope| match envelope.header.content {
        Content::Change => scan::change(&envelope.body).map_or(0, |scanned| scanned.start),
        _ => 0,
    };
    let mut ids: Vec<(u64, EnvelopeId)> = envelopes.map(|(id, envelope)| (start(envelope), *id)).collect();
    ids.sort_unstable();
    ids.into_iter().map(|(_, id)| id).collect()
}

/// Envelopes of one document, by what they are.
struct Sorted {
    openings: BTreeMap<EnvelopeId, Arrival>,
    replacements: BTreeMap<EnvelopeId, Arrival>,
    /// Changes and other controls.
    others: BTreeMap<EnvelopeId, Arrival>,
}

impl Sorted {
    fn of(arrivals: BTreeMap<EnvelopeId, Arrival>) -> Self {
        let mut sorted = Self { openings: BTreeMap::new(), replacements: BTreeMap::new(), others: BTreeMap::new() };
        for (id, arrival) in arrivals {
            let place = match arrival.envelope.get().header.content {
                Content::Opening => &mut sorted.openings,
                Content::ReplacedBy => &mut sorted.replacements,
                _ => &mut sorted.others,
            };
            place.insert(id, arrival);
        }
        sorted
    }
}

impl Replica {
    /// Has an envelope wait for its document to be read; a new document does not wait.
    pub(crate) fn queue_arrival(&mut self, key: &Key, arrival: Arrival) {
        let held = self.index.document(key).is_some();
        if !held && !self.waiting.contains_key(&key.document) {
            let arrivals = BTreeMap::from([(arrival.envelope.get().id(), arrival)]);
            self.merge(key, &[], arrivals);
            return;
        }
        let (bytes, id) = (arrival.bytes(), arrival.envelope.get().id());
        let room = self.waiting_bytes + bytes <= MAX_WAITING_BYTES;
        let waiting = self.waiting_for(key.document);
        let arrivals = waiting.arrivals.entry(*key).or_default();
        if room && arrivals.len() < MAX_WAITING && arrivals.insert(id, arrival).is_none() {
            waiting.bytes += bytes;
            self.waiting_bytes += bytes;
        }
        // What finds no room is let go: the next check brings it again.
    }

    pub(crate) fn waiting_for(&mut self, document: DocumentId) -> &mut Waiting {
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
        let Waiting { mut arrivals, bytes, mut asked } = self.waiting.remove(&document).unwrap_or_default();
        self.waiting_bytes -= bytes;
        let void = self.voiding.remove(&document).unwrap_or_default();
        let mut keys: BTreeSet<Key> = arrivals.keys().copied().collect();
        keys.extend(self.index.keys(document));
        for key in keys {
            let held: Vec<&Verified<Envelope>> = envelopes
                .iter()
                .filter(|envelope| Key::from(&envelope.get().header) == key && self.index.holds(envelope.get().id()))
                .collect();
            let held = self.without_void(&key, held, &void);
            if self.goes(&key, &held) {
                continue;
            }
            let mut arrivals = arrivals.remove(&key).unwrap_or_default();
            self.drop_retired(&mut arrivals);
            if self.index.document(&key).is_some_and(|document| document.is_gone()) {
                for arrival in arrivals.into_values() {
                    match self.ended_by_void(&held, &arrival) {
                        Some(old) => self.take(&key, &arrival.envelope, vec![old]),
                        None => self.refuse(arrival.from, Refusal::Superseded, None),
                    }
                }
            } else if key.kind.is_co_edited() {
                if let Some(built) = self.merge(&key, &held, arrivals) {
                    asked = self.answer_asked(now, rng, &key, built, asked);
                }
            } else {
                self.merge_versions(&key, &held, arrivals);
            }
        }
        for asked in asked {
            self.effect(Effect::Settled { number: asked.number, outcome: Err(Refusal::Superseded) });
        }
        self.left(document);
        self.settle_what_was_ahead(now, rng, &envelopes);
        self.resume_rounds(now);
    }

    /// Two bodies under one version: both headers are proof, and the lower id counts.
    fn merge_versions(&mut self, key: &Key, held: &[&Verified<Envelope>], arrivals: BTreeMap<EnvelopeId, Arrival>) {
        let mut newest = held.first().map(|envelope| (*envelope).clone());
        for (id, arrival) in arrivals {
            if let Some(other) = &newest
                && other.get().header.stamp == arrival.envelope.get().header.stamp
                && other.get().id() != id
            {
                self.prove(key, arrival.author, other.get(), arrival.envelope.get());
            }
            let value = match self.replaced(key, &arrival.envelope) {
                Ok(replaced) => self.check_version(arrival.envelope.get()).map(|_| replaced),
                Err(reason) => Err(reason),
            };
            match value {
                Ok(replaced) => {
                    self.take(key, &arrival.envelope, replaced);
                    newest = Some(arrival.envelope);
                }
                Err(reason) => self.refuse_arrival(&arrival, reason),
            }
        }
        let Some(newest) = newest else { return };
        let header = &newest.get().header;
        if !self.understands(header.schema) {
            return self.conceal(key);
        }
        match guarded(|| build::version(header, &newest.get().body)) {
            Ok(value) => self.show_version(key, header, value),
            // Parked by an earlier release, and not what it said it was.
            Err(_) => {
                self.conceal(key);
                self.forget(newest.get().id());
            }
        }
    }

    /// Keeps two headers that prove that `author` said two things in one place.
    fn prove(&mut self, key: &Key, author: RootId, one: &Envelope, other: &Envelope) {
        let (low, high) = if one.id() < other.id() { (one, other) } else { (other, one) };
        let proof = Proof {
            author,
            document: key.document,
            kind: key.kind,
            first: low.signed_header(),
            second: high.signed_header(),
        };
        self.effect(Effect::Keep(Kept::Proof(proof)));
        self.effect(Effect::Notify(Notice::Forked { by: author, document: key.document }));
    }

    /// Merges what arrived with what is held; none when there is nothing to show.
    fn merge(
        &mut self,
        key: &Key,
        held: &[&Verified<Envelope>],
        mut arrivals: BTreeMap<EnvelopeId, Arrival>,
    ) -> Option<Coedited> {
        arrivals.extend(self.orphans.remove(key));
        arrivals.retain(|id, _| !self.index.holds(*id));
        self.drop_retired(&mut arrivals);
        let again = self.said_again(held, &mut arrivals);
        let still = held.iter().copied().filter(|envelope| self.index.holds(envelope.get().id()));
        let held: Vec<&Verified<Envelope>> = still.chain(&again).collect();
        let held = held.as_slice();
        let Sorted { openings, replacements, mut others } = Sorted::of(arrivals);
        let arrived: BTreeMap<EnvelopeId, Verified<Envelope>> =
            others.iter().map(|(id, arrival)| (*id, arrival.envelope.clone())).collect();
        let Some((mut document, opened)) = self.choose_opening(key, held, openings) else {
            for arrival in replacements.into_values() {
                self.replace(key, &arrival);
            }
            if !self.index.document(key).is_some_and(|document| document.is_gone()) {
                self.orphans.put(*key, others);
                self.refuse_followers(key);
            }
            return None;
        };
        self.admit_held(key, &mut document, held, opened);
        let before: BTreeSet<EnvelopeId> = document.forks().iter().flat_map(|fork| fork.halves).collect();
        if key.owner == self.me {
            self.admit_members(key, &mut document);
        }
        self.admit_arrivals(&mut document, &mut others);
        self.orphans.put(*key, others);
        self.refuse_followers(key);
        for fork in document.forks() {
            let here = |id: EnvelopeId| {
                held.iter().map(|one| one.get()).chain(arrived.values().map(Verified::get)).find(|one| one.id() == id)
            };
            if let [Some(one), Some(other)] = fork.halves.map(here)
                && !fork.halves.iter().all(|id| before.contains(id))
            {
                self.prove(key, fork.author, one, other);
            }
        }
        self.keep_drafts(key, &document);
        for arrival in replacements.into_values() {
            if let Ok(replacement) = ReplacedBy::from_bytes(&arrival.envelope.get().body) {
                let heads = replacement.heads().collect();
                let runs = document.runs_beside(self.me, &heads);
                self.draft(key, runs);
            }
            self.replace(key, &arrival);
        }
        if self.index.document(key).is_some_and(|held| held.is_gone()) {
            return None;
        }
        for id in document.take_surplus().into_iter().chain(document.take_spare()) {
            self.forget(id);
        }
        // Shown also when nothing was new: for a start after a crash.
        self.show(key, &document);
        Some(document)
    }

    /// Lets go of what waited while the key that signed it was retired.
    fn drop_retired(&self, arrivals: &mut BTreeMap<EnvelopeId, Arrival>) {
        let retired = self.roster.retired();
        arrivals.retain(|_, arrival| !retired.contains(arrival.author, arrival.envelope.get().header.author));
    }

    /// The document of the lowest opening that stands, whichever came first, and whether it is
    /// another than the one held.
    fn choose_opening(
        &mut self,
        key: &Key,
        held: &[&Verified<Envelope>],
        openings: BTreeMap<EnvelopeId, Arrival>,
    ) -> Option<(Coedited, bool)> {
        let held_opening = held.iter().find(|envelope| envelope.get().header.content == Content::Opening);
        let mut chosen: Option<(Coedited, Arrival)> = None;
        for (id, arrival) in openings {
            if let Some(other) = held_opening.map(|held| held.get()).filter(|held| held.id() != id) {
                self.prove(key, arrival.author, other, arrival.envelope.get());
            }
            if held_opening.is_some_and(|held| held.get().id() < id) || chosen.is_some() {
                self.refuse(arrival.from, Refusal::Superseded, Some(id));
                continue;
            }
            let before = self.roster.earlier_keys(key.owner);
            match guarded(|| Coedited::open_of(arrival.envelope.get(), &before)) {
                Ok(document) => chosen = Some((document, arrival)),
                Err(reason) => self.refuse_arrival(&arrival, reason),
            }
        }
        let before = self.roster.earlier_keys(key.owner);
        if let Some((document, arrival)) = chosen {
            if let Some(old) = held_opening {
                // What was written on the other opening has no place in this one.
                if let Ok(mut old) = guarded(|| Coedited::open_of(old.get(), &before)) {
                    self.admit_held(key, &mut old, held, false);
                    let runs = old.runs_beside(self.me, &BTreeSet::new());
                    self.draft(key, runs);
                }
            }
            let replaced = held_opening.into_iter().map(|held| held.get().id()).collect();
            self.take(key, &arrival.envelope, replaced);
            return Some((document, true));
        }
        let held = held_opening.filter(|held| self.understands(held.get().header.schema))?;
        match guarded(|| Coedited::open_of(held.get(), &before)) {
            Ok(document) => Some((document, false)),
            // Parked by an earlier release, and not what it said it was.
            Err(_) => {
                self.conceal(key);
                self.purge(key);
                None
            }
        }
    }

    /// A page as it is stored; none without an opening that stands.
    pub(crate) fn read_page(&mut self, key: &Key, held: &[&Verified<Envelope>]) -> Option<Coedited> {
        let opening = held.iter().find(|envelope| envelope.get().header.content == Content::Opening)?;
        let before = self.roster.earlier_keys(key.owner);
        let mut document = guarded(|| Coedited::open_of(opening.get(), &before)).ok()?;
        self.admit_held(key, &mut document, held, false);
        Some(document)
    }

    /// Admits what is stored, in whatever order it was read; deletes what no longer has a place
    /// under another opening.
    pub(crate) fn admit_held(
        &mut self,
        key: &Key,
        document: &mut Coedited,
        held: &[&Verified<Envelope>],
        new_opening: bool,
    ) {
        let mut left: BTreeMap<EnvelopeId, &Envelope> = held
            .iter()
            .map(|envelope| envelope.get())
            .filter(|envelope| envelope.header.content != Content::Opening)
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
        let ids = in_order(left.iter().map(|(id, envelope)| (id, *envelope)));
        // Once more for what only counts by a control that needed a change.
        loop {
            let before = left.len();
            for id in &ids {
                let id = *id;
                let Some(envelope) = left.get(&id) else { continue };
                let keys = self.roster.earlier_keys(roots[&id]);
                let admitted = guarded(|| document.admit_of(envelope, roots[&id], &keys, !new_opening));
                if admitted == Ok(Admission::Admitted) {
                    left.remove(&id);
                }
            }
            if left.len() == before || left.is_empty() {
                break;
            }
        }
        // What could not be read may be what these follow: then nothing is let go.
        let whole = self.index.document(key).is_some_and(|document| document.envelopes.iter().count() == held.len());
        for id in left.into_keys().filter(|_| whole) {
            self.forget(id);
        }
    }

    /// Admits what has everything it needs, again and again; leaves the rest in `others`.
    fn admit_arrivals(&mut self, document: &mut Coedited, others: &mut BTreeMap<EnvelopeId, Arrival>) {
        let ids = in_order(others.iter().map(|(id, arrival)| (id, arrival.envelope.get())));
        loop {
            let before = others.len();
            for id in &ids {
                let id = *id;
                let Some(arrival) = others.remove(&id) else { continue };
                let keys = self.roster.earlier_keys(arrival.author);
                match guarded(|| document.admit_of(arrival.envelope.get(), arrival.author, &keys, false)) {
                    Ok(Admission::Admitted) => self.keep(&arrival.envelope),
                    Ok(Admission::Missing) => {
                        others.insert(id, arrival);
                    }
                    Err(reason) => self.refuse_arrival(&arrival, reason),
                }
            }
            if others.is_empty() || others.len() == before {
                return;
            }
        }
    }

    fn refuse_arrival(&mut self, arrival: &Arrival, reason: Refusal) {
        let id = arrival.envelope.get().id();
        if reason == Refusal::Quarantined {
            self.quarantine(id);
        }
        self.refuse_of(arrival.from, Some(arrival.author), reason, Some(id));
    }

    /// Keeps what this node wrote and does not count.
    pub(crate) fn keep_drafts(&mut self, key: &Key, document: &Coedited) {
        let runs = document.void_runs(self.me, |last| self.drafted.contains(last));
        self.draft(key, runs);
    }

    pub(crate) fn draft(&mut self, key: &Key, runs: Vec<Run>) {
        for run in runs {
            // Known ones are kept only so that a document that is often read does not repeat
            // them; the store knows all.
            if self.drafted.len() < MAX_REFUSED {
                self.drafted.insert(run.last);
            }
            self.out.drafts.push(Draft {
                document: key.document,
                owner: key.owner,
                change: run.last,
                base: run.base,
                typed: run.typed,
                why: run.why,
                at: self.now,
            });
        }
    }

    /// Takes a replacement, when it counts: nothing else of the document stays.
    fn replace(&mut self, key: &Key, arrival: &Arrival) {
        match self.check_replacement(key, &arrival.envelope) {
            Ok((by, replaced)) => self.replace_by(key, &arrival.envelope, by, replaced),
            Err(reason) => self.refuse_arrival(arrival, reason),
        }
    }

    fn check_replacement(
        &self,
        key: &Key,
        envelope: &Verified<Envelope>,
    ) -> Result<(DocumentId, Vec<EnvelopeId>), Refusal> {
        let by = ReplacedBy::from_bytes(&envelope.get().body)?.document;
        if by == key.document { Err(Refusal::NotAllowed) } else { Ok((by, self.replaced(key, envelope)?)) }
    }

    pub(crate) fn replace_by(
        &mut self,
        key: &Key,
        envelope: &Verified<Envelope>,
        by: DocumentId,
        replaced: Vec<EnvelopeId>,
    ) {
        self.take(key, envelope, replaced);
        self.orphans.remove(key);
        self.effect(Effect::Keep(Kept::Replaced { owner: key.owner, document: key.document, by }));
        self.conceal(key);
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
                    held: document.held(),
                    forked: document.forks().into_iter().map(|fork| fork.author).collect(),
                };
                self.effect(Effect::Show(view));
            }
            Err(_) => self.conceal(key),
        }
    }
}

impl Replica {
    /// What a new version, erasure or replacement replaces.
    pub(crate) fn replaced(&self, key: &Key, envelope: &Verified<Envelope>) -> Result<Vec<EnvelopeId>, Refusal> {
        let entry = crate::index::Entry::new(&envelope.get().header, envelope.get().body.len());
        let verdict = self
            .index
            .document(key)
            .map_or(Verdict::Replaces(Vec::new()), |document| document.judge(envelope.get().id(), &entry));
        match verdict {
            Verdict::Replaces(ids) => Ok(ids),
            Verdict::Held | Verdict::Superseded => Err(Refusal::Superseded),
        }
    }

    /// Whether a version is what it says, as far as this release understands it.
    fn check_version(&self, envelope: &Envelope) -> Result<(), Refusal> {
        if self.understands(envelope.header.schema) {
            guarded(|| build::version(&envelope.header, &envelope.body)).map(|_| ())
        } else {
            Ok(())
        }
    }
}
