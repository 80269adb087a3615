//! What honest people do after a hostile change and beside it, drawn from seeds: a change that is
//! admitted leaves a page that shows the same however it was put together, that everybody can write
//! on in, and whose file is read again. `OVERBUUR_LONG=1` runs more; `OVERBUUR_SEED` runs one.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

#[expect(dead_code, reason = "versions are the matter of bodies.rs")]
mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Automerge, Change, ObjType, ScalarValue};
use common::{Writer, resource};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use replication::coedited::{Admission, Coedited};
use replication::{body, edit};
use schemas::certificate::Verified;
use schemas::envelope::{Envelope, Refusal};
use schemas::ids::RootId;
use schemas::{Kind, SharedValue};
use serde_json::{Value, json};

/// Operations of the opening, of which there is one of every sort.
const OPENED: u64 = 19;

/// A page of three writers: its owner, a hostile one, and an honest one.
struct Page {
    writers: [Writer; 3],
    opening: Verified<Envelope>,
}

/// How a page is put together: as it arrives, or as it is read from the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Partners,
    Store,
}

/// Runs it as a replica does: a panic is a refusal.
fn guarded<T>(run: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Refusal::Quarantined))
}

impl Page {
    fn new() -> Self {
        let writers = [1, 2, 3].map(Writer::new);
        let roots: Vec<RootId> = writers.iter().map(|writer| writer.root).collect();
        let opening = writers[0].opening(&resource("Titel", "tekst"), &roots).remove(0);
        Self { writers, opening }
    }

    fn read(&self, after: &[&Verified<Envelope>], from: From) -> Result<Coedited, Refusal> {
        let mut document = Coedited::open(self.opening.get())?;
        for envelope in after {
            let by = self.writers.iter().find(|writer| writer.node() == envelope.get().header.author).unwrap().root;
            let admitted = guarded(|| document.admit(envelope.get(), by, from == From::Store))?;
            assert_eq!(admitted, Admission::Admitted);
        }
        Ok(document)
    }

    /// What shows, with its heads.
    fn shown(&self, after: &[&Verified<Envelope>], from: From) -> Result<(SharedValue, Vec<[u8; 32]>), Refusal> {
        let document = self.read(after, from)?;
        guarded(|| document.build()).map(|built| (built.value, built.heads))
    }

    /// The heads of its file, when that is read again.
    fn filed(&self, after: &[&Verified<Envelope>]) -> Option<Vec<[u8; 32]>> {
        let all: Vec<_> = [&self.opening].into_iter().chain(after.iter().copied()).collect();
        let by = |node| self.writers.iter().find(|writer| writer.node() == node).unwrap().root;
        let file = guarded(|| replication::save(all, |node| (by(node), Vec::new()))).ok()?;
        let loaded = catch_unwind(|| Automerge::load(&file)).ok()?.ok()?;
        let mut heads: Vec<[u8; 32]> = loaded.get_heads().into_iter().map(|head| head.0).collect();
        heads.sort_unstable();
        Some(heads)
    }

    /// The honest writer makes `value` of the page.
    fn edited(&self, after: &[&Verified<Envelope>], value: &SharedValue) -> Result<Verified<Envelope>, Refusal> {
        let document = self.read(after, From::Store)?;
        let heads = guarded(|| document.build())?.heads;
        let changes = guarded(|| edit::edit(self.writers[2].editor(99), &document, &heads, value))?;
        Ok(self.writers[2].sign(changes).remove(0))
    }

    /// What is wrong with the page after these, in this order.
    fn faults(&self, after: &[&Verified<Envelope>], expected: Option<&SharedValue>) -> Option<String> {
        let arrived = self.shown(after, From::Partners);
        let stored = self.shown(after, From::Store);
        let (Ok((value, heads)), true) = (&arrived, arrived == stored) else {
            return Some(format!("arrives as {arrived:?}, is read as {stored:?}"));
        };
        if expected.is_some_and(|expected| expected != value) {
            return Some(format!("shows {}", value.to_json().unwrap()));
        }
        (self.filed(after).as_ref() != Some(heads)).then(|| "its file is not read".to_owned())
    }

    /// What does not go as it should after `hostile`, and beside it.
    fn aftermath(&self, hostile: &Verified<Envelope>) -> Vec<String> {
        let mut faults: Vec<String> = self.faults(&[hostile], None).into_iter().collect();
        let (Ok((shown, _)), Ok((before, _))) = (self.shown(&[hostile], From::Store), self.shown(&[], From::Store))
        else {
            return faults;
        };
        let mut note =
            |what: String, fault: Option<String>| faults.extend(fault.map(|fault| format!("{what}: {fault}")));
        for value in honest(&shown) {
            let what = format!("after it {}", value.to_json().unwrap());
            match self.edited(&[hostile], &value) {
                Ok(next) => note(what, self.faults(&[hostile, &next], Some(&value))),
                Err(reason) => note(what, Some(format!("is not written, {reason}"))),
            }
        }
        for value in honest(&before) {
            let what = format!("beside it {}", value.to_json().unwrap());
            let next = self.edited(&[], &value).unwrap();
            let (one, other) = ([hostile, &next], [&next, hostile]);
            note(what.clone(), self.faults(&one, None).or_else(|| self.faults(&other, None)));
            let same = self.shown(&one, From::Partners) == self.shown(&other, From::Partners);
            note(what, (!same).then(|| "the order tells".to_owned()));
        }
        faults
    }

    /// A change of the hostile writer, right after the opening, with operations that are drawn.
    fn hostile(&self, rng: ChaCha8Rng) -> Option<Verified<Envelope>> {
        let document = self.read(&[], From::Store).unwrap();
        let heads = document.build().unwrap().heads;
        let changes = edit::edit(self.writers[1].editor(98), &document, &heads, &resource("Titel", "tekst!")).unwrap();
        let mut change = Change::from_bytes(changes.bodies[0].clone()).unwrap().decode();
        let opener = body::session_actor(self.writers[0].node(), self.writers[0].session, common::DOCUMENT);
        let mut maker = Maker { rng, opener: opener.into(), own: change.actor_id.clone(), next: change.start_op.get() };
        change.operations = maker.operations();
        // Making the bytes is not what is tried: an operation that has none is left out.
        let bytes = catch_unwind(AssertUnwindSafe(|| Change::from(change).raw_bytes().to_vec())).ok()?;
        Some(self.writers[1].sign(edit::Changes { bodies: vec![bytes], ..changes }).remove(0))
    }
}

/// What somebody makes of a page on a Monday.
fn honest(page: &SharedValue) -> Vec<SharedValue> {
    let json = page.to_json().unwrap();
    let text = json["body"].as_str().unwrap();
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    let without_first: String = text.chars().skip(1).collect();
    let with = |name: &str, value: Value| {
        let mut json = json.clone();
        json[name] = value;
        SharedValue::from_json(Kind::Resource, json).ok()
    };
    let all = [
        with("body", format!("A{text}").into()),
        with("body", format!("{text}Z").into()),
        with("body", format!("{}M{}", &text[..middle], &text[middle..]).into()),
        with("body", format!("{without_first}q").into()),
        with("body", "x".into()),
        with("title", "Zo".into()),
        with("title", format!("T{}", json["title"].as_str().unwrap()).into()),
        with("language", "fr".into()),
        with("kind", "event".into()),
        with("review_on", "2028-02-02".into()),
        with("tags", json!(["nieuw", "bib"])),
        with("tags", json!([])),
    ];
    all.into_iter().flatten().filter(|value| value != page).collect()
}

/// Draws operations.
struct Maker {
    rng: ChaCha8Rng,
    /// Who wrote the opening, and who writes.
    opener: ActorId,
    own: ActorId,
    /// Number of the first operation.
    next: u64,
}

impl Maker {
    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.rng.random_range(0..all.len())].clone()
    }

    /// An operation of the opening or of the change, sometimes one that there is not.
    fn id(&mut self) -> OpId {
        match self.rng.random_range(0..10) {
            0..6 => OpId::new(self.rng.random_range(1..=OPENED), &self.opener),
            6 => OpId::new(self.rng.random_range(1..=OPENED), &self.own),
            _ => OpId::new(self.next + self.rng.random_range(0..4), &self.own),
        }
    }

    fn action(&mut self) -> OpType {
        let scalar = match self.rng.random_range(0..14) {
            0 | 1 => return OpType::Delete,
            2 => return OpType::Make(self.one_of(&[ObjType::Map, ObjType::List, ObjType::Text, ObjType::Table])),
            3 => ScalarValue::Int(7),
            4 => ScalarValue::Null,
            5 => ScalarValue::counter(3),
            6 => ScalarValue::Boolean(true),
            7 => ScalarValue::Bytes(vec![1, 2]),
            _ => ScalarValue::Str(self.one_of(&["z", "z", "é", "fr", "abcdef", "", "\u{301}", "👩‍👧"]).into()),
        };
        OpType::Put(scalar)
    }

    /// An operation that an editor could make, were it to know what it does: its places are drawn.
    fn likely(&mut self) -> Op {
        let fields = [("kind", 7), ("language", 8), ("licence", 9), ("review_on", 10), ("tags", 11), ("hidden", 1)];
        let (field, number) = self.one_of(&fields);
        // The body, the tags and the title, and two elements of each.
        let (object, first) = self.one_of(&[(1, 2), (11, 12), (14, 15)]);
        let element = OpId::new(first + self.rng.random_range(0..2), &self.opener);
        let element = if self.rng.random_bool(0.2) { self.id() } else { element };
        let obj = ObjectId::Id(OpId::new(object, &self.opener));
        let letter = OpType::Put(ScalarValue::Str(self.one_of(&["z", "é", "\u{301}"]).into()));
        let (action, obj, key, pred, insert) = match self.rng.random_range(0..5) {
            0 => {
                let replaced = vec![OpId::new(number, &self.opener)];
                (self.action(), ObjectId::Root, Key::Map(field.into()), replaced, false)
            }
            1 => (OpType::Delete, obj, Key::Seq(ElementId::Id(element.clone())), vec![element], false),
            2 => (letter, obj, Key::Seq(ElementId::Head), Vec::new(), true),
            _ => (letter, obj, Key::Seq(ElementId::Id(element)), Vec::new(), true),
        };
        Op { action, obj, key, pred: pred.into(), insert }
    }

    /// One to five operations, some of them spoiled in one or more ways.
    fn operations(&mut self) -> Vec<Op> {
        let spoil = if self.rng.random_bool(0.5) { 0.0 } else { 0.3 };
        (0..self.rng.random_range(1..6))
            .map(|_| {
                let mut operation = self.likely();
                if self.rng.random_bool(spoil) {
                    operation.action = self.action();
                }
                if self.rng.random_bool(spoil) {
                    operation.insert = !operation.insert;
                }
                if self.rng.random_bool(spoil) {
                    operation.pred = (0..self.rng.random_range(0..3)).map(|_| self.id()).collect::<Vec<_>>().into();
                }
                if self.rng.random_bool(spoil) {
                    let id = self.id();
                    operation.key = self.one_of(&[Key::Map("x".into()), Key::Seq(ElementId::Head), id.into()]);
                }
                if self.rng.random_bool(spoil) {
                    let id = self.id();
                    operation.obj = self.one_of(&[ObjectId::Root, ObjectId::Id(id)]);
                }
                operation
            })
            .collect()
    }
}

#[test]
fn after_whatever_is_admitted_honest_people_go_on() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let unasked = if std::env::var_os("OVERBUUR_LONG").is_some() { 10_000 } else { 600 };
    let cases = number("OVERBUUR_CASES").unwrap_or(unasked);
    let seed = number("OVERBUUR_SEED");
    let page = Page::new();
    // What panics in Automerge is expected.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut admitted, mut refused, mut faults) = (0, 0, Vec::new());
    for seed in seed.map_or(0..cases, |seed| seed..seed + 1) {
        let rng = ChaCha8Rng::seed_from_u64(seed);
        let Some(hostile) = page.hostile(rng) else { continue };
        if page.read(&[&hostile], From::Partners).is_err() {
            refused += 1;
            continue;
        }
        admitted += 1;
        faults.extend(page.aftermath(&hostile).into_iter().map(|fault| format!("seed {seed}: {fault}")));
    }
    let _ = std::panic::take_hook();
    println!("{admitted} admitted, {refused} refused");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(seed.is_some() || admitted > cases / 20 && refused > cases / 4, "nothing is tried");
}
