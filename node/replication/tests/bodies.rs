//! Bodies: the bytes of one example of every kind, and what the structural scan lets through.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

mod common;

use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ChangeHash, ExpandedChange, ScalarValue};
use common::{Writer, example, resource, text};
use replication::coedited::{Admission, Coedited};
use replication::{body, edit, scan};
use schemas::Kind;
use schemas::certificate::Verified;
use schemas::envelope::{Envelope, Refusal};
use schemas::ids::{RootId, to_hex};

fn hostile(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/hostile/{name}.change", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

/// The bytes on the wire of every kind are approved: a change of them is a change of format.
#[test]
fn envelopes_of_every_kind() {
    let writer = Writer::new(1);
    let mut lines = String::new();
    for kind in Kind::ALL {
        let envelope = if kind.is_co_edited() {
            writer.opening(&example(*kind), &[writer.root]).remove(0)
        } else {
            writer.version(&example(*kind))
        };
        let bytes = envelope.get().to_bytes();
        lines += &format!("{kind} {} bytes\n{}\n{}\n", bytes.len(), envelope.get().id(), to_hex(&bytes));
    }
    insta::assert_snapshot!(lines);
}

#[test]
fn every_kind_goes_there_and_back() {
    for kind in Kind::ALL {
        let value = example(*kind);
        let bytes = body::encode(&value, [3; 16]).unwrap();
        assert_eq!(bytes, body::encode(&value, [3; 16]).unwrap());
        let scanned = scan::change(&bytes).unwrap();
        assert_eq!((scanned.actor, scanned.seq, scanned.start), ([3; 16], 1, 1));
        assert_eq!(scanned.hash, automerge::Change::from_bytes(bytes.clone()).unwrap().hash().0);
        assert_eq!(scanned.operations, automerge::Change::from_bytes(bytes.clone()).unwrap().len() as u64);
        assert_eq!(body::decode(*kind, &bytes, [3; 16]).unwrap(), value);
    }
}

#[test]
fn a_resource_has_texts_that_merge() {
    use automerge::ReadDoc;
    let bytes = body::encode(&example(Kind::Resource), [3; 16]).unwrap();
    let mut document = automerge::Automerge::new();
    document.apply_changes([automerge::Change::from_bytes(bytes).unwrap()]).unwrap();
    for (name, is_text) in [("title", true), ("body", true), ("language", false)] {
        let (value, _) = document.get(automerge::ROOT, name).unwrap().unwrap();
        assert_eq!(value.is_object(), is_text, "{name}");
    }
}

#[test]
fn the_scan_refuses_bombs_before_automerge_sees_them() {
    for name in ["op-bomb-100-million", "op-bomb-2-million", "inflate-bomb-100-mb"] {
        let refusal = scan::change(&hostile(name)).unwrap_err();
        assert!(matches!(refusal, Refusal::UnsafeBody | Refusal::OverBudget), "{name}: {refusal}");
    }
    assert_eq!(scan::change(&hostile("start-op-near-2-32")), Err(Refusal::UnsafeBody));
    let opening = scan::change(&hostile("opening")).unwrap();
    assert_eq!((opening.actor, opening.operations), ([1; 16], 6));
    assert_eq!(scan::change(&hostile("dense-19990-operations")).unwrap().operations, 19_990);
}

/// The first of `changes` by `writer`, `spoiled`.
fn spoiled(writer: &Writer, changes: edit::Changes, spoil: impl Fn(&mut ExpandedChange)) -> Verified<Envelope> {
    let mut change = Change::from_bytes(changes.bodies[0].clone()).unwrap().decode();
    spoil(&mut change);
    let bodies = vec![Change::from(change).raw_bytes().to_vec()];
    writer.sign(edit::Changes { bodies, ..changes }).remove(0)
}

/// Offers it as a replica does: a panic is a refusal.
fn offer(document: &mut Coedited, envelope: &Verified<Envelope>, author: RootId) -> Result<Admission, Refusal> {
    let admit = AssertUnwindSafe(|| document.admit(envelope.get(), author, false));
    catch_unwind(admit).unwrap_or(Err(Refusal::Quarantined))
}

/// What comes of a change that adds a character after six operations, `spoiled`.
fn tried(spoil: impl Fn(&mut ExpandedChange)) -> Result<Admission, Refusal> {
    let writer = Writer::new(1);
    let opening = writer.opening(&resource("Titel", "tekst"), &[writer.root]);
    let mut document = Coedited::open(opening[0].get()).unwrap();
    let heads = document.build().unwrap().heads;
    let edited = edit::edit(writer.editor(8), &document, &heads, &resource("Titel", "tekst!")).unwrap();
    offer(&mut document, &spoiled(&writer, edited, spoil), writer.root)
}

/// `actor-absent` and `start-op-too-low` are well-formed by themselves: what they follow tells.
#[test]
fn a_change_that_does_not_fit_what_it_follows_is_refused() {
    assert_eq!(tried(|_| {}), Ok(Admission::Admitted));
    for start in [2, 150_000] {
        let start = NonZeroU64::new(start).unwrap();
        assert_eq!(tried(|change| change.start_op = start), Err(Refusal::UnsafeBody));
    }
    assert_eq!(tried(|change| change.seq = 7), Err(Refusal::UnsafeBody));
    assert_eq!(tried(|change| change.time = 1), Err(Refusal::UnsafeBody));
    assert_eq!(tried(|change| change.message = Some("stil".into())), Err(Refusal::UnsafeBody));
    assert_eq!(tried(|change| change.extra_bytes = vec![1]), Err(Refusal::UnsafeBody));
    assert_eq!(tried(|change| change.actor_id = vec![5; 16].into()), Err(Refusal::UnsafeBody));
    assert_eq!(tried(|change| change.deps = vec![ChangeHash([4; 32])]), Ok(Admission::Missing));
    let absent = |change: &mut ExpandedChange| {
        let elsewhere = ActorId::from(vec![9; 16]);
        for operation in &mut change.operations {
            operation.obj = ObjectId::Id(OpId::new(1, &elsewhere));
        }
    };
    assert_eq!(tried(absent), Err(Refusal::UnsafeBody));
}

/// Automerge keeps operations and makes the changes of them again: what is lost on the way would
/// leave a page that nobody can write in, and a file that nobody can read.
#[test]
fn a_change_that_automerge_would_not_give_back_is_refused() {
    // The text, its last letter and the one before it; the last operation of the change itself.
    let (body, last, other, itself) = (1, 6, 5, 21);
    let with = |action: OpType, key: Option<&str>, pred: &[u64]| {
        tried(|change| {
            let of = |number: u64| OpId::new(number, &change.actor_id);
            let (obj, key) = match key {
                Some(name) => (ObjectId::Root, Key::Map(name.into())),
                None => (ObjectId::Id(of(body)), Key::Seq(ElementId::Id(of(last)))),
            };
            let pred = pred.iter().map(|number| of(*number)).collect::<Vec<_>>().into();
            change.operations.push(Op { action: action.clone(), obj, key, pred, insert: false });
        })
    };
    let put = || OpType::Put(ScalarValue::Str("z".into()));
    assert_eq!(with(OpType::Delete, None, &[last]), Ok(Admission::Admitted));
    assert_eq!(with(put(), None, &[last]), Ok(Admission::Admitted));
    let hostile = [
        (None, &[][..]),
        (None, &[other]),
        (None, &[other, last]),
        (None, &[itself]),
        (None, &[itself + 1]),
        (Some("title"), &[]),
        (Some("title"), &[body]),
        (Some("title"), &[last]),
        (Some("title"), &[itself]),
        (Some("title"), &[itself + 1]),
        (Some("nothing"), &[]),
        (Some("nothing"), &[last]),
    ];
    for (key, pred) in hostile {
        for action in [OpType::Delete, put(), OpType::Increment(1)] {
            // A letter that is put beside another one takes nothing away.
            if (&action, key, pred) != (&put(), None, &[]) {
                let refused = with(action.clone(), key, pred);
                assert!(refused.is_err(), "{action:?} of {key:?} for {pred:?}: {refused:?}");
            }
        }
    }
}

/// Whether it is admitted does not depend on what else is here.
#[test]
fn a_change_that_names_what_it_does_not_follow_is_refused() {
    let (writer, other) = (Writer::new(1), Writer::new(2));
    let opening = writer.opening(&resource("Titel", "tekst"), &[writer.root, other.root]);
    let document = || Coedited::open(opening[0].get()).unwrap();
    let edited = |by: &Writer, text: &str| {
        let heads = document().build().unwrap().heads;
        edit::edit(by.editor(8), &document(), &heads, &resource("Titel", text)).unwrap()
    };
    let beside = writer.sign(edited(&writer, "tekst?")).remove(0);
    let first = scan::change(&beside.get().body).unwrap();
    let after = |number: u64| {
        spoiled(&other, edited(&other, "tekst!"), |change| {
            let named = OpId::new(number, &ActorId::from(first.actor));
            change.operations[0].key = Key::Seq(ElementId::Id(named));
        })
    };
    for (number, expected) in [(6, Ok(Admission::Admitted)), (first.start, Err(Refusal::UnsafeBody))] {
        let (mut without, mut with) = (document(), document());
        assert_eq!(offer(&mut with, &beside, writer.root), Ok(Admission::Admitted));
        assert_eq!(offer(&mut without, &after(number), other.root), expected);
        assert_eq!(offer(&mut with, &after(number), other.root), expected);
    }
}

/// The crafted change that panics when it is applied is refused by what it follows.
#[test]
fn crafted_changes_name_actors_of_nobody() {
    let opening = scan::change(&hostile("opening")).unwrap();
    let absent = scan::change(&hostile("actor-absent")).unwrap();
    assert_eq!(absent.dependencies, [opening.hash]);
    assert!(absent.others.iter().any(|actor| *actor != opening.actor));
    let low = scan::change(&hostile("start-op-too-low")).unwrap();
    assert!(low.start != opening.last() + 1);
}

#[test]
fn long_texts_open_in_several_changes() {
    let writer = Writer::new(1);
    let long = "Een zin van zes woorden hier. ".repeat(660);
    let envelopes = writer.opening(&resource("Lang", &long), &[writer.root]);
    assert!(envelopes.len() > 3);
    let mut document = Coedited::open(envelopes[0].get()).unwrap();
    for envelope in &envelopes[1..] {
        assert!(envelope.get().to_bytes().len() < schemas::envelope::MAX_ENVELOPE);
        assert_eq!(document.admit(envelope.get(), writer.root, false), Ok(Admission::Admitted));
    }
    assert_eq!(text(&document.build().unwrap().value), long);
    let file = replication::save(envelopes.iter().rev(), |_| (writer.root, Vec::new())).unwrap();
    let loaded = automerge::Automerge::load(&file).unwrap();
    assert_eq!(loaded.get_heads().len(), 1);
}

#[test]
fn a_version_saves_as_automerge() {
    let writer = Writer::new(1);
    let file =
        replication::save([&writer.version(&example(Kind::MentorOffer))], |_| (writer.root, Vec::new())).unwrap();
    use automerge::ReadDoc;
    let loaded = automerge::Automerge::load(&file).unwrap();
    let (value, _) = loaded.get(automerge::ROOT, "radius_km").unwrap().unwrap();
    assert_eq!(value.as_i64(), Some(10));
    assert_eq!(replication::save([], |_| (writer.root, Vec::new())), Err(Refusal::Superseded));
}

#[test]
fn who_was_not_named_may_not_write() {
    let (owner, other) = (Writer::new(1), Writer::new(2));
    let opening = owner.opening(&resource("Titel", "tekst"), &[owner.root]);
    let mut document = Coedited::open(opening[0].get()).unwrap();
    let heads = document.build().unwrap().heads;
    let changes = replication::edit::edit(other.editor(8), &document, &heads, &resource("Titel", "anders")).unwrap();
    let change = other.sign(changes).remove(0);
    assert_eq!(document.admit(change.get(), RootId([2; 32]), false), Ok(Admission::Missing), "until it is admitted");
}
