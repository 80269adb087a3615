//! Relatives of the hostile changes and damaged honest ones, drawn from seeds: whatever the scan
//! lets through costs little on a full document, and leaves one that loads, shows and can be
//! written in. `OVERBUUR_LONG=1` runs more, `OVERBUUR_CASES` so many; `OVERBUUR_SEED` runs one.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

#[expect(dead_code, reason = "versions are the matter of bodies.rs")]
mod common;

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType, SortedVec};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ChangeHash, ExpandedChange, ObjType, ROOT, ReadDoc, ScalarValue};
use common::{Writer, resource};
use peak_alloc::PeakAlloc;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use replication::coedited::{Admission, Coedited, DOCUMENT, Opening};
use replication::{body, edit, scan};
use schemas::Kind;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Refusal, Stamp};
use schemas::ids::{NodeKey, RootId, Session};
use sha2::{Digest, Sha256};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a change may cost beyond a small honest one, in bytes.
const MOST: usize = 16 * 1024 * 1024;
/// The full document is written in as many sessions.
const SESSIONS: u8 = 19;

/// Changes that make Automerge panic, abort or run out of memory.
const FIXTURES: [&[u8]; 7] = [
    include_bytes!("hostile/op-bomb-100-million.change"),
    include_bytes!("hostile/op-bomb-2-million.change"),
    include_bytes!("hostile/inflate-bomb-100-mb.change"),
    include_bytes!("hostile/actor-absent.change"),
    include_bytes!("hostile/start-op-near-2-32.change"),
    include_bytes!("hostile/start-op-too-low.change"),
    include_bytes!("hostile/dense-19990-operations.change"),
];

/// A document with nearly as many operations as it may have, by two writers.
struct Full {
    writers: [Writer; 2],
    envelopes: Vec<Verified<Envelope>>,
}

impl Full {
    fn new() -> Self {
        let writers = [Writer::new(1), Writer::new(2)];
        let roots = [writers[0].root, writers[1].root];
        let mut envelopes = writers[0].opening(&resource("Vol", "begin"), &roots);
        let opening = Opening::from_bytes(&envelopes[0].get().body).unwrap();
        let mut text = Automerge::new();
        text.apply_changes([Change::from_bytes(opening.change).unwrap()]).unwrap();
        let (_, id) = text.get(ROOT, "body").unwrap().unwrap();
        for round in 0..SESSIONS {
            let writer = &writers[usize::from(round % 2)];
            let session = Session([100 + round; 16]);
            let actor = body::session_actor(writer.node(), session, common::DOCUMENT);
            text.set_actor(ActorId::from(actor));
            let mut bodies = Vec::new();
            let mut splice = |text: &mut Automerge, out: usize, put: &str| {
                let mut transaction = text.transaction();
                transaction.splice_text(&id, 0, isize::try_from(out).unwrap(), put).unwrap();
                transaction.commit_with(CommitOptions::default().with_time(0));
                bodies.push(text.get_last_local_change().unwrap().raw_bytes().to_vec());
            };
            while text.length(&id) > 0 {
                let out = text.length(&id).min(250);
                splice(&mut text, out, "");
            }
            splice(&mut text, 0, &format!("{round:02} ").repeat(1_300));
            envelopes.extend(writer.sign(edit::Changes { session, first: 1, bodies }));
        }
        Self { writers, envelopes }
    }

    fn build(&self) -> Coedited {
        let mut document = Coedited::open(self.envelopes[0].get()).unwrap();
        for envelope in &self.envelopes[1..] {
            let author = self.root_of(envelope.get().header.author);
            assert_eq!(document.admit(envelope.get(), author, true), Ok(Admission::Admitted));
        }
        document
    }

    fn root_of(&self, node: NodeKey) -> RootId {
        self.writers.iter().find(|writer| writer.node() == node).unwrap().root
    }

    fn changes(&self) -> impl Iterator<Item = Vec<u8>> {
        self.envelopes.iter().map(|one| match one.get().header.content {
            Content::Opening => Opening::from_bytes(&one.get().body).unwrap().change,
            _ => one.get().body.clone(),
        })
    }

    fn held(&self) -> Vec<Held> {
        let scanned = self.changes().map(|change| scan::change(&change).unwrap());
        scanned.map(|change| (ActorId::from(change.actor), change.start, change.last())).collect()
    }

    /// Every letter that ever was in `text`.
    fn letters(&self, text: &ObjectId) -> Vec<OpId> {
        let of = |change: Vec<u8>| {
            let change = Change::from_bytes(change).unwrap().decode();
            let numbered = (change.start_op.get()..).zip(change.operations);
            let letters = numbered.filter(|(_, operation)| operation.insert && operation.obj == *text);
            letters.map(|(number, _)| OpId::new(number, &change.actor_id)).collect::<Vec<_>>()
        };
        self.changes().flat_map(of).collect()
    }

    /// A small honest edit by the second writer in a session of its own, as raw bytes.
    fn honest(&self, document: &Coedited, session: u8) -> Vec<u8> {
        let mut editor = self.writers[1].editor(0);
        editor.session = Session([session; 16]);
        let built = document.build().unwrap();
        let text = format!("x{}", common::text(&built.value));
        let text: String = text.chars().take(10_000).collect();
        edit::edit(editor, document, &built.heads, &resource("Vol", &text)).unwrap().bodies.remove(0)
    }

    /// `change` as an envelope of the second writer, stamped as the change says it is.
    fn sign(&self, session: u8, change: &[u8]) -> Verified<Envelope> {
        let seq = scan::change(change).map_or(1, |scanned| scanned.seq);
        let stamp = Stamp::Change { session: Session([session; 16]), seq };
        let writer = &self.writers[1];
        Envelope::sign(writer.header(Kind::Resource, Content::Change, stamp), change.to_vec(), &writer.key)
    }
}

/// `bytes` with length and checksum set right, as far as there is room for them.
fn repaired(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() < 12 {
        return bytes;
    }
    // The length stands after the type of the chunk, in one to three bytes.
    let old = (0..3).take_while(|at| bytes[9 + at] & 0x80 != 0).count() + 1;
    let mut length = bytes.len() - 9 - old;
    let mut encoded = Vec::new();
    while length >= 0x80 {
        encoded.push(length as u8 | 0x80);
        length >>= 7;
    }
    encoded.push(length as u8);
    bytes.splice(9..9 + old, encoded);
    let digest = Sha256::digest(&bytes[8..]);
    bytes[4..8].copy_from_slice(&digest[..4]);
    bytes
}

fn damaged(rng: &mut ChaCha8Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..rng.random_range(1..5) {
        let at = rng.random_range(9..bytes.len().max(10)).min(bytes.len() - 1);
        match rng.random_range(0..4) {
            0 => bytes[at] = rng.random(),
            1 => bytes[at] ^= 1 << rng.random_range(0..8),
            2 => bytes.insert(at, rng.random()),
            _ => {
                let end = (at + rng.random_range(1..40)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let to = rng.random_range(9..bytes.len());
                bytes.splice(to..to, part);
            }
        }
    }
    repaired(bytes)
}

/// Operations that an honest editor never makes, of many sorts, on the places of an honest one.
fn operations(rng: &mut ChaCha8Rng, like: &[Op], held: &[Held], actor: &ActorId, start: u64) -> Vec<Op> {
    let count = match rng.random_range(0..12) {
        0 => 19_000,
        1 => 3_000,
        2..6 => rng.random_range(1..60),
        _ => rng.random_range(1..4),
    };
    let objects: Vec<ObjectId> = like.iter().map(|op| op.obj.clone()).chain([ObjectId::Root]).collect();
    // Its own, one of its own that is not there, one that is there or takes another away, or one
    // that its writer never wrote.
    let id = |rng: &mut ChaCha8Rng, at: u64| {
        let (writer, first, last) = &held[rng.random_range(0..held.len())];
        match rng.random_range(0..10) {
            0 | 1 => OpId::new(start + rng.random_range(0..=at), actor),
            2 => OpId::new(rng.random_range(1..=start), actor),
            3 => OpId::new(rng.random_range(1..=start), writer),
            _ => OpId::new(rng.random_range(*first..=*last), writer),
        }
    };
    (0..count)
        .map(|at| {
            let insert = rng.random_bool(0.4);
            let key = match rng.random_range(0..5) {
                0 => Key::Map(["title", "body", "tags", "x", ""][rng.random_range(0..5)].into()),
                1 => Key::Seq(ElementId::Head),
                _ => Key::Seq(ElementId::Id(id(rng, at))),
            };
            let obj = match rng.random_range(0..6) {
                0 => ObjectId::Id(id(rng, at)),
                _ => objects[rng.random_range(0..objects.len())].clone(),
            };
            let replaced = if rng.random_bool(0.02) { rng.random_range(0..300) } else { rng.random_range(0..3) };
            let pred: Vec<OpId> = (0..replaced).map(|_| id(rng, at)).collect();
            let action = match rng.random_range(0..8) {
                0 => OpType::Delete,
                1 => OpType::Make([ObjType::Map, ObjType::List, ObjType::Text][rng.random_range(0..3)]),
                2 => OpType::Put(ScalarValue::Str("y".repeat(rng.random_range(0..30)).into())),
                3 => OpType::Put(ScalarValue::Int(rng.random())),
                4 => OpType::Put(ScalarValue::Null),
                5 => OpType::Put(ScalarValue::Bytes(vec![1; rng.random_range(0..9)])),
                _ => OpType::Put(ScalarValue::Str("z".into())),
            };
            let insert = insert && !matches!(action, OpType::Delete);
            Op { action, obj, key, pred: SortedVec::from(pred), insert }
        })
        .collect()
}

/// Operations that are well-formed and of a shape that no form gives: thousands at one place, in
/// one long chain, put in and taken out at once, many values for one character, or one or a few at
/// each of the letters that ever were in the text.
fn dense(rng: &mut ChaCha8Rng, text: &ObjectId, letters: &[OpId], actor: &ActorId, start: u64) -> Vec<Op> {
    let most = [300, 2_600, 12_000][rng.random_range(0..3)];
    let (count, shape) = (rng.random_range(1..most), rng.random_range(0..7));
    let put = |key, pred: Vec<OpId>, insert| Op {
        action: OpType::Put(ScalarValue::Str("z".into())),
        obj: text.clone(),
        key: Key::Seq(key),
        pred: SortedVec::from(pred),
        insert,
    };
    let own = |at: u64| OpId::new(start + at, actor);
    let taken = |letter: OpId| {
        let place = ElementId::Id(letter.clone());
        Op { action: OpType::Delete, ..put(place, vec![letter], false) }
    };
    let letter = |at: u64| letters[(at * letters.len() as u64 / count) as usize].clone();
    (0..count)
        .map(|at| match (shape, at) {
            (4, at) => put(ElementId::Id(letter(at)), Vec::new(), true),
            (5, at) => taken(letter(at)),
            (6, at) if at % 10 == 0 => put(ElementId::Id(letter(at)), Vec::new(), true),
            (6, at) => put(ElementId::Id(own(at - 1)), Vec::new(), true),
            (_, 0) | (0, _) => put(ElementId::Head, Vec::new(), true),
            (1, at) => put(ElementId::Id(own(at - 1)), Vec::new(), true),
            (2, at) if at % 2 == 1 => taken(own(at - 1)),
            (2, _) => put(ElementId::Head, Vec::new(), true),
            (_, at) => put(ElementId::Id(own(0)), vec![own(at - 1)], false),
        })
        .collect()
}

/// A change that is held: its actor, its first operation and its last.
type Held = (ActorId, u64, u64);

/// A hostile change that claims to follow the document.
fn crafted(rng: &mut ChaCha8Rng, field: &Field) -> Vec<u8> {
    let honest = &field.honest;
    let fixture = FIXTURES[rng.random_range(0..FIXTURES.len())];
    match rng.random_range(0..8) {
        0 => fixture.to_vec(),
        1 => damaged(rng, fixture.to_vec()),
        2 | 3 => damaged(rng, honest.to_vec()),
        choice => {
            let mut change: ExpandedChange = Change::from_bytes(honest.to_vec()).unwrap().decode();
            match choice {
                4 => change.start_op = NonZeroU64::new(change.start_op.get() + rng.random_range(0..3)).unwrap(),
                5 => change.deps.push(ChangeHash(rng.random())),
                _ => {}
            }
            let (start, actor) = (change.start_op.get(), ActorId::from(field.actor));
            let like = std::mem::take(&mut change.operations);
            change.operations = match choice {
                6 | 7 => dense(rng, &like[0].obj, &field.letters, &actor, start),
                _ => operations(rng, &like, &field.held, &actor, start),
            };
            // Making the bytes is not what is tried: an operation that has none is left out.
            catch_unwind(AssertUnwindSafe(|| Change::from(change).raw_bytes().to_vec())).unwrap_or_default()
        }
    }
}

/// What trying one change came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Admitted,
    Missing,
    Refused(Refusal),
    /// The replica keeps such a one apart.
    Panicked,
}

#[expect(clippy::disallowed_methods, reason = "how long it took is printed")]
/// Offers an envelope in a thread of its own: what came of it, what it cost at its peak, how long.
fn offer(document: &mut Coedited, envelope: &Envelope, author: RootId) -> (Outcome, usize, Duration) {
    std::thread::scope(|scope| {
        let work = scope.spawn(move || {
            MEMORY.reset_peak_usage();
            let (before, began) = (MEMORY.current_usage(), Instant::now());
            let admitted = catch_unwind(AssertUnwindSafe(|| document.admit(envelope, author, false)));
            let cost = MEMORY.peak_usage().saturating_sub(before);
            let outcome = match admitted {
                Ok(Ok(Admission::Admitted)) => Outcome::Admitted,
                Ok(Ok(Admission::Missing)) => Outcome::Missing,
                Ok(Err(reason)) => Outcome::Refused(reason),
                Err(_) => Outcome::Panicked,
            };
            (outcome, cost, began.elapsed())
        });
        work.join().unwrap()
    })
}

/// What all tries came to.
#[derive(Default)]
struct Tally {
    outcomes: BTreeMap<Outcome, usize>,
    /// Bytes beyond what an honest change costs.
    dearest: usize,
    slowest: Duration,
    /// Of an accepted change.
    operations: u64,
}

/// A full document and what follows it honestly.
struct Field {
    full: Full,
    usual: usize,
    honest: Vec<u8>,
    /// An honest change after which the document is built.
    warm: Verified<Envelope>,
    actor: [u8; 16],
    held: Vec<Held>,
    letters: Vec<OpId>,
}

impl Field {
    /// The full document, built already.
    fn built(&self) -> Coedited {
        let mut document = self.full.build();
        offer(&mut document, self.warm.get(), self.full.writers[1].root);
        document
    }

    fn try_one(&self, document: &mut Coedited, seed: u64, tally: &mut Tally) -> Result<(), String> {
        let (full, author) = (&self.full, self.full.writers[1].root);
        let bytes = crafted(&mut ChaCha8Rng::seed_from_u64(seed), self);
        let envelope = full.sign(201, &bytes);
        let (outcome, cost, took) = offer(document, envelope.get(), author);
        *tally.outcomes.entry(outcome).or_default() += 1;
        let extra = cost.saturating_sub(self.usual);
        (tally.dearest, tally.slowest) = (tally.dearest.max(extra), tally.slowest.max(took));
        if extra > MOST {
            return Err(format!("{outcome:?} cost {extra} bytes more than an honest change"));
        }
        if outcome != Outcome::Admitted {
            return Ok(());
        }
        // What does not depend on the machine: the work that was let in.
        let scanned = scan::change(&bytes).map_err(|why| why.to_string())?;
        tally.operations = tally.operations.max(scanned.operations);
        // It shows, the next edit works, and what is saved is read again.
        let shows = catch_unwind(AssertUnwindSafe(|| document.build().map(|_| ())));
        let next = catch_unwind(AssertUnwindSafe(|| full.honest(document, 202)));
        let all: Vec<_> = full.envelopes.iter().chain([&envelope]).cloned().collect();
        let saved = catch_unwind(AssertUnwindSafe(|| replication::save(&all, |node| (full.root_of(node), Vec::new()))));
        let loads = |bytes: &[u8]| Automerge::load(bytes).is_ok();
        *document = self.built();
        match (shows, next, saved) {
            (Ok(Ok(())), Ok(_), Ok(Ok(saved))) if loads(&saved) => Ok(()),
            (shows, next, saved) => Err(format!(
                "{} operations: shows {shows:?}, next edit {}, saved and read {}",
                scanned.operations,
                next.is_ok(),
                saved.is_ok_and(|saved| saved.is_ok_and(|saved| loads(&saved)))
            )),
        }
    }
}

#[test]
fn whatever_is_accepted_costs_little_and_breaks_nothing() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = number("OVERBUUR_SEED");
    let unasked = if std::env::var_os("OVERBUUR_LONG").is_some() { 1_000 } else { 60 };
    let cases = number("OVERBUUR_CASES").unwrap_or(unasked);
    let seeds = seed.map_or(0..cases, |seed| seed..seed + 1);
    let full = Full::new();
    let held = full.held();
    let operations: u64 = held.iter().map(|(_, first, last)| last - first + 1).sum();
    assert!(operations > DOCUMENT.operations * 9 / 10, "{operations} operations are not a full document");
    let mut document = full.build();
    let mut usual = 0;
    // The first has the document built.
    for session in [199, 200] {
        let honest = full.sign(session, &full.honest(&document, session));
        let (outcome, cost, _) = offer(&mut document, honest.get(), full.writers[1].root);
        assert_eq!(outcome, Outcome::Admitted);
        usual = cost;
    }
    let honest = full.honest(&full.build(), 201);
    let actor = body::session_actor(full.writers[1].node(), Session([201; 16]), common::DOCUMENT);
    let warm = full.sign(203, &full.honest(&full.build(), 203));
    let text = Change::from_bytes(honest.clone()).unwrap().decode().operations[0].obj.clone();
    let letters = full.letters(&text);
    let field = Field { full, usual, honest, warm, actor, held, letters };

    // What panics in Automerge is expected, and counted.
    std::panic::set_hook(Box::new(|_| {}));
    let mut document = field.built();
    let mut tally = Tally::default();
    let faults: Vec<String> = seeds
        .filter_map(|seed| Some(format!("seed {seed}: {}", field.try_one(&mut document, seed, &mut tally).err()?)))
        .collect();
    let _ = std::panic::take_hook();
    println!("{operations} operations held; an honest change costs {} KiB at its peak", usual / 1024);
    println!("dearest {} KiB more, most operations {}", tally.dearest / 1024, tally.operations);
    println!("slowest {:?}; {:?}", tally.slowest, tally.outcomes);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(tally.operations <= scan::MAX_OPERATIONS);
    if seed.is_none() {
        assert!(tally.outcomes.contains_key(&Outcome::Admitted) && tally.outcomes.len() > 3, "nothing is tried");
    }
}
