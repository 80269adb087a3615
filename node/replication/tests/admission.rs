//! Which changes of a page are admitted: what an editor makes, of what it follows.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

#[expect(dead_code, reason = "versions are the matter of bodies.rs")]
mod common;

use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType, SortedVec};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ChangeHash, ExpandedChange, ObjType, ROOT, ReadDoc, ScalarValue};
use common::{Writer, resource};
use replication::coedited::{AUTHOR, Admission, Coedited, Opening};
use replication::{body, edit, scan};
use schemas::certificate::Verified;
use schemas::envelope::{Envelope, Refusal};
use schemas::ids::{RootId, Session};

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

/// What comes of a change that adds a character to a text, `spoiled`.
fn tried(spoil: impl Fn(&mut ExpandedChange)) -> Result<Admission, Refusal> {
    tried_in("tekst", spoil)
}

fn tried_in(text: &str, spoil: impl Fn(&mut ExpandedChange)) -> Result<Admission, Refusal> {
    let writer = Writer::new(1);
    let opening = writer.opening(&resource("Titel", text), &[writer.root]);
    let mut document = Coedited::open(opening[0].get()).unwrap();
    let heads = document.build().unwrap().heads;
    let edited = edit::edit(writer.editor(8), &document, &heads, &resource("Titel", &format!("{text}!"))).unwrap();
    offer(&mut document, &spoiled(&writer, edited, spoil), writer.root)
}

/// What stands in the opening of "Titel" and "tekst", by the number of its operation.
const BODY: u64 = 1;
const FIRST: u64 = 2;
const SECOND: u64 = 3;
const LANGUAGE: u64 = 8;
const TAGS: u64 = 11;
const TITLE: u64 = 14;
const OF_TITLE: u64 = 15;
/// The first operation after it.
const NEXT: u64 = 20;

/// Makes the operations of a change.
type Operations<'a> = &'a dyn Fn(&By<'_>) -> Vec<Op>;

/// Makes each operation of a change.
type Numbered<'a> = &'a dyn Fn(&By<'_>, u64) -> Op;

/// Operations of one actor, who wrote all that they name.
struct By<'a>(&'a ActorId);

impl By<'_> {
    fn in_field(&self, name: &str, action: OpType, pred: &[u64]) -> Op {
        Op { action, obj: ObjectId::Root, key: Key::Map(name.into()), pred: self.ids(pred), insert: false }
    }
    /// At an element of an object; at its head where there is none.
    fn at(&self, object: u64, element: Option<u64>, action: OpType, pred: &[u64]) -> Op {
        let place = element.map_or(ElementId::Head, |element| ElementId::Id(self.id(element)));
        let obj = if object == 0 { ObjectId::Root } else { ObjectId::Id(self.id(object)) };
        Op { action, obj, key: Key::Seq(place), pred: self.ids(pred), insert: false }
    }
    fn put_in(&self, object: u64, after: Option<u64>, letters: &str) -> Op {
        Op { insert: true, ..self.at(object, after, put(letters), &[]) }
    }
    fn id(&self, number: u64) -> OpId {
        OpId::new(number, self.0)
    }
    fn ids(&self, numbers: &[u64]) -> SortedVec<OpId> {
        numbers.iter().map(|number| self.id(*number)).collect::<Vec<_>>().into()
    }
}

fn put(text: &str) -> OpType {
    OpType::Put(ScalarValue::Str(text.into()))
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

/// Automerge takes more than an editor makes, shows it, and breaks on what is written after it or
/// beside it; and what it loses of a change leaves a page that nobody can write in, and a file
/// that nobody can read.
#[test]
fn a_change_that_no_editor_makes_is_refused() {
    let with =
        |operations: Operations<'_>| tried(|change| change.operations = operations(&By(&change.actor_id.clone())));
    let honest: [Operations<'_>; 5] = [
        &|by| vec![by.put_in(BODY, None, "z"), by.put_in(BODY, Some(NEXT), "é")],
        &|by| vec![by.at(BODY, Some(FIRST), OpType::Delete, &[FIRST])],
        &|by| vec![by.put_in(TAGS, None, "een woord")],
        &|by| vec![by.in_field("language", put("fr"), &[LANGUAGE])],
        &|by| vec![by.in_field("tags", OpType::Make(ObjType::List), &[TAGS])],
    ];
    for (at, operations) in honest.into_iter().enumerate() {
        assert_eq!(with(operations), Ok(Admission::Admitted), "{at}");
    }
    let hostile: [(&str, Operations<'_>); 28] = [
        ("nothing taken out", &|by| vec![by.at(BODY, Some(FIRST), OpType::Delete, &[])]),
        ("another letter taken out", &|by| vec![by.at(BODY, Some(FIRST), OpType::Delete, &[SECOND])]),
        ("two letters taken out", &|by| vec![by.at(BODY, Some(FIRST), OpType::Delete, &[FIRST, SECOND])]),
        ("a letter taken out twice", &|by| vec![by.at(BODY, Some(FIRST), OpType::Delete, &[FIRST, FIRST])]),
        ("itself taken out", &|by| vec![by.at(BODY, Some(FIRST), OpType::Delete, &[NEXT])]),
        ("never written taken out", &|by| vec![by.at(BODY, Some(FIRST), OpType::Delete, &[FIRST, NEXT + 1])]),
        ("a letter of the title taken out", &|by| vec![by.at(BODY, Some(OF_TITLE), OpType::Delete, &[OF_TITLE])]),
        ("the head taken out", &|by| vec![by.at(BODY, None, OpType::Delete, &[FIRST])]),
        ("a letter in place of another", &|by| vec![by.at(BODY, Some(FIRST), put("z"), &[FIRST])]),
        ("a letter beside another", &|by| vec![by.at(BODY, Some(FIRST), put("z"), &[])]),
        ("a letter beside one of the title", &|by| vec![by.at(BODY, Some(OF_TITLE), put("z"), &[])]),
        ("a letter after one of the title", &|by| vec![by.put_in(BODY, Some(OF_TITLE), "z")]),
        ("the same, and one in the title", &|by| {
            vec![by.put_in(BODY, Some(OF_TITLE), "z"), by.put_in(TITLE, None, "z")]
        }),
        ("a letter after none", &|by| vec![by.put_in(BODY, Some(NEXT + 5), "z")]),
        ("a letter after itself", &|by| vec![by.put_in(BODY, Some(NEXT), "z")]),
        ("a letter in a letter", &|by| vec![by.put_in(FIRST, None, "z")]),
        ("a letter of many letters", &|by| vec![by.put_in(BODY, None, "abc")]),
        ("a letter of none", &|by| vec![by.put_in(BODY, None, "")]),
        ("a letter put in for another", &|by| vec![Op { pred: by.ids(&[FIRST]), ..by.put_in(BODY, None, "z") }]),
        ("an object in a text", &|by| vec![Op { action: OpType::Make(ObjType::Map), ..by.put_in(BODY, None, "z") }]),
        ("an element in the root", &|by| vec![by.put_in(0, None, "z"), by.at(0, Some(NEXT), OpType::Delete, &[NEXT])]),
        ("a field put in", &|by| {
            let hidden = Op { insert: true, ..by.in_field("hidden", put("z"), &[]) };
            vec![hidden, by.at(0, Some(NEXT), OpType::Delete, &[NEXT])]
        }),
        ("a hidden map", &|by| {
            let map = by.in_field("hidden", OpType::Make(ObjType::Map), &[]);
            vec![map, by.in_field("hidden", OpType::Delete, &[NEXT])]
        }),
        ("another text", &|by| vec![by.in_field("body", OpType::Make(ObjType::Text), &[BODY])]),
        ("no field taken away", &|by| vec![by.in_field("review_on", OpType::Delete, &[])]),
        ("another field taken away", &|by| vec![by.in_field("review_on", OpType::Delete, &[LANGUAGE])]),
        ("a field put for what was never written", &|by| {
            vec![by.in_field("language", put("fr"), &[LANGUAGE, NEXT + 1])]
        }),
        ("a field put twice for another", &|by| vec![by.in_field("language", put("fr"), &[LANGUAGE, LANGUAGE])]),
    ];
    for (name, operations) in hostile {
        let refused = with(operations);
        assert!(refused.is_err(), "{name}: {refused:?}");
    }
}

/// More than Automerge does in a moment on a full page is refused; an editor makes several.
#[test]
fn a_change_that_is_too_much_at_once_is_refused() {
    let text = "t".repeat(300);
    let next = NEXT + 295;
    let tried = |count: u64, operation: Numbered<'_>| {
        tried_in(&text, |change| {
            let actor = change.actor_id.clone();
            change.operations = (0..count).map(|at| operation(&By(&actor), at)).collect();
        })
    };
    let in_a_row = |by: &By<'_>, at: u64| by.put_in(BODY, Some(if at == 0 { FIRST } else { next + at - 1 }), "z");
    let in_one_place = |by: &By<'_>, _: u64| by.put_in(BODY, Some(FIRST), "z");
    let at_the_head = |by: &By<'_>, _: u64| by.put_in(BODY, None, "z");
    let taken_out = |by: &By<'_>, at: u64| by.at(BODY, Some(FIRST + at), OpType::Delete, &[FIRST + at]);
    let tries: [(u64, Numbered<'_>); 4] =
        [(2_500, &in_a_row), (256, &in_one_place), (256, &at_the_head), (256, &taken_out)];
    for (number, (most, operation)) in tries.into_iter().enumerate() {
        assert_eq!(tried(most, operation), Ok(Admission::Admitted), "{number}");
        assert_eq!(tried(most + 1, operation), Err(Refusal::OverBudget), "{number}");
    }
    // What one operation replaces counts as well.
    for (most, refused) in [(256, Refusal::UnsafeBody), (257, Refusal::OverBudget)] {
        let replaced: Vec<u64> = (FIRST..FIRST + most).collect();
        assert_eq!(tried(1, &|by, _| by.in_field("language", put("fr"), &replaced)), Err(refused));
    }
}

/// A field or a letter that is written over and over grows for all who come later.
#[test]
fn a_change_that_does_twice_what_an_editor_does_once_is_refused() {
    let with =
        |operations: Operations<'_>| tried(|change| change.operations = operations(&By(&change.actor_id.clone())));
    let hostile: [(&str, Operations<'_>); 4] = [
        ("a field put twice", &|by| vec![by.in_field("language", put("fr"), &[LANGUAGE]); 2]),
        ("a field put twice for nothing", &|by| vec![by.in_field("language", put("fr"), &[]); 2]),
        ("a field put and taken away", &|by| {
            vec![by.in_field("review_on", put("2026-01-01"), &[]), by.in_field("review_on", OpType::Delete, &[NEXT])]
        }),
        ("a letter taken out twice", &|by| vec![by.at(BODY, Some(FIRST), OpType::Delete, &[FIRST]); 2]),
    ];
    for (name, operations) in hostile {
        assert_eq!(with(operations), Err(Refusal::UnsafeBody), "{name}");
    }
}

/// Whether it is admitted does not depend on what else is here.
#[test]
fn a_change_that_names_what_it_does_not_follow_is_refused() {
    let (writer, other) = (Writer::new(1), Writer::new(2));
    let opening = writer.opening(&resource("Titel", "tekst"), &[writer.root, other.root]);
    let document = || Coedited::open(opening[0].get()).unwrap();
    let by = |by: &Writer, operations: Operations<'_>| {
        let heads = document().build().unwrap().heads;
        let edited = edit::edit(by.editor(8), &document(), &heads, &resource("Titel", "tekst!")).unwrap();
        let opener = ActorId::from(body::session_actor(writer.node(), writer.session, common::DOCUMENT));
        spoiled(by, edited, |change| change.operations = operations(&By(&opener)))
    };
    let (language, list, letter) = (NEXT, NEXT + 1, NEXT + 2);
    let beside = by(&writer, &|by| {
        let list = by.in_field("tags", OpType::Make(ObjType::List), &[TAGS]);
        vec![by.in_field("language", put("fr"), &[LANGUAGE]), list, by.put_in(BODY, Some(FIRST), "z")]
    });
    let (admitted, refused) = (Ok(Admission::Admitted), Err(Refusal::UnsafeBody));
    let tries: [(_, Operations<'_>); 6] = [
        (&admitted, &|by| vec![by.put_in(BODY, Some(SECOND), "z")]),
        (&refused, &|by| vec![by.put_in(BODY, Some(letter), "z")]),
        (&admitted, &|by| vec![by.in_field("language", put("en"), &[LANGUAGE])]),
        (&refused, &|by| vec![by.in_field("language", put("en"), &[LANGUAGE, language])]),
        (&admitted, &|by| vec![by.put_in(TAGS, None, "woord")]),
        (&refused, &|by| vec![by.put_in(list, None, "woord")]),
    ];
    for (at, (expected, operations)) in tries.into_iter().enumerate() {
        let after = by(&other, operations);
        let (mut without, mut with) = (document(), document());
        assert_eq!(offer(&mut with, &beside, writer.root), admitted);
        assert_eq!(offer(&mut without, &after, other.root), *expected, "{at} without");
        assert_eq!(offer(&mut with, &after, other.root), *expected, "{at} with");
    }
}

/// What the other half of a fork wrote is not in the past of who follows this one, and is not spent.
#[test]
fn the_other_half_of_a_fork_is_not_in_the_past() {
    let writer = Writer::new(1);
    let opening = writer.opening(&resource("Titel", "tekst"), &[writer.root]).remove(0);
    let first = Change::from_bytes(Opening::from_bytes(&opening.get().body).unwrap().change).unwrap();
    // Changes of one session after others, each with so many letters put in and taken out again.
    let chain = |session: u8, after: &[Verified<Envelope>], letters: &[usize]| {
        let session = Session([session; 16]);
        let actor = body::session_actor(writer.node(), session, common::DOCUMENT);
        let mut document = Automerge::new().with_actor(ActorId::from(actor));
        let after = after.iter().map(|one| Change::from_bytes(one.get().body.clone()).unwrap());
        document.apply_changes([first.clone()].into_iter().chain(after)).unwrap();
        let (_, body) = document.get(ROOT, "body").unwrap().unwrap();
        let write = |letters: &usize| {
            let mut transaction = document.transaction();
            transaction.splice_text(&body, 0, 0, &"z".repeat(*letters)).unwrap();
            transaction.splice_text(&body, 0, isize::try_from(*letters).unwrap() - 1, "").unwrap();
            transaction.commit_with(CommitOptions::default().with_time(0));
            document.get_last_local_change().unwrap().raw_bytes().to_vec()
        };
        let bodies = letters.iter().map(write).collect();
        writer.sign(edit::Changes { session, first: 1, bodies })
    };
    let after = |held: &[&[Verified<Envelope>]], next: &Verified<Envelope>| {
        let mut document = Coedited::open(opening.get()).unwrap();
        let mut operations = 0;
        for one in held.iter().copied().flatten() {
            assert_eq!(document.admit(one.get(), writer.root, true), Ok(Admission::Admitted));
            operations += scan::change(&one.get().body).unwrap().operations;
        }
        assert!(operations > AUTHOR.operations, "with both halves it is too much");
        offer(&mut document, next, writer.root)
    };
    // It follows one half of a fork, and then it is one.
    let (half, other) = (chain(60, &[], &[1, 2, 2, 2, 2, 2, 3]), chain(60, &[], &[9_000; 6]));
    assert_eq!(after(&[&half[..6], &other], &half[6]), Ok(Admission::Admitted));
    let before = chain(61, &[], &[9_000; 4]);
    let (half, other) = (chain(60, &before, &[1]), chain(60, &before, &[9_000]));
    assert_eq!(after(&[&before, &other], &half[0]), Ok(Admission::Admitted));
}

#[test]
fn an_opening_that_no_editor_makes_is_refused() {
    let writer = Writer::new(1);
    let opening = writer.opening(&resource("Titel", "tekst"), &[writer.root]).remove(0);
    let with = |operations: Operations<'_>| {
        let Opening { writers, change } = Opening::from_bytes(&opening.get().body).unwrap();
        let mut change = Change::from_bytes(change).unwrap().decode();
        let more = operations(&By(&change.actor_id.clone()));
        change.operations.extend(more);
        let change = Change::from(change).raw_bytes().to_vec();
        let body = Opening { writers, change }.to_bytes();
        let again = Envelope::sign(opening.get().header.clone(), body, &writer.key);
        catch_unwind(|| Coedited::open(again.get()).map(|_| ())).unwrap_or(Err(Refusal::Quarantined))
    };
    assert_eq!(with(&|_| Vec::new()), Ok(()));
    assert_eq!(with(&|by| vec![by.put_in(BODY, None, "z")]), Ok(()));
    let hostile: [(&str, Operations<'_>); 7] = [
        ("too many letters", &|by| (0..2_500).map(|_| by.put_in(BODY, None, "z")).collect()),
        ("maps in maps, that end who shows them", &|by| {
            let inner = |at: u64| Op {
                obj: ObjectId::Id(by.id(NEXT + at)),
                ..by.in_field("k", OpType::Make(ObjType::Map), &[])
            };
            [by.in_field("k", OpType::Make(ObjType::Map), &[])].into_iter().chain((0..2_000).map(inner)).collect()
        }),
        ("another body", &|by| vec![by.in_field("body", OpType::Make(ObjType::Text), &[])]),
        ("a letter of many letters", &|by| vec![by.put_in(BODY, None, "abc")]),
        ("an element in the root", &|by| vec![by.put_in(0, None, "z"), by.at(0, Some(NEXT), OpType::Delete, &[NEXT])]),
        ("a field for what was never written", &|by| vec![by.in_field("language", put("fr"), &[LANGUAGE, NEXT + 1])]),
        ("a letter after one of the title", &|by| vec![by.put_in(BODY, Some(OF_TITLE), "z")]),
    ];
    for (name, operations) in hostile {
        let refused = with(operations);
        assert!(refused.is_err(), "{name}: {refused:?}");
    }
}
