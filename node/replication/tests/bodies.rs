//! Bodies: the bytes of one example of every kind, and what the structural scan lets through.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

mod common;

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{Automerge, Change, ROOT, ReadDoc};
use common::{Writer, example, resource, text};
use replication::coedited::{Admission, Coedited, Opening};
use replication::{body, edit, scan};
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Refusal};
use schemas::ids::{RootId, Session, to_hex};
use schemas::{Kind, SharedValue};

fn hostile(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/hostile/{name}.change", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn tagged(body: &str, tags: &[&str]) -> SharedValue {
    let mut json = resource("Titel", body).to_json().unwrap();
    json["tags"] = serde_json::json!(tags);
    SharedValue::from_json(Kind::Resource, json).unwrap()
}

/// A change after `past` by hand, the first of a session.
fn by_hand(
    writer: &Writer,
    session: Session,
    past: &[Verified<Envelope>],
    write: impl Fn(&mut Transaction<'_>),
) -> Verified<Envelope> {
    let actor = body::session_actor(writer.node(), session, common::DOCUMENT);
    let mut document = Automerge::new().with_actor(actor.into());
    let changes = past.iter().map(|one| match one.get().header.content {
        Content::Opening => Opening::from_bytes(&one.get().body).unwrap().change,
        _ => one.get().body.clone(),
    });
    document.apply_changes(changes.map(|change| Change::from_bytes(change).unwrap())).unwrap();
    let mut transaction = document.transaction();
    write(&mut transaction);
    transaction.commit_with(CommitOptions::default().with_time(0));
    let bodies = vec![document.get_last_local_change().unwrap().raw_bytes().to_vec()];
    writer.sign(edit::Changes { session, first: 1, bodies }).remove(0)
}

/// Admits what `author` signed.
#[track_caller]
fn take(document: &mut Coedited, author: &Writer, envelopes: &[Verified<Envelope>]) {
    for envelope in envelopes {
        assert_eq!(document.admit(envelope.get(), author.root, false), Ok(Admission::Admitted));
    }
}

/// The document that these open.
#[track_caller]
fn opened(author: &Writer, envelopes: &[Verified<Envelope>]) -> Coedited {
    let mut document = Coedited::open(envelopes[0].get()).unwrap();
    take(&mut document, author, &envelopes[1..]);
    document
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
        assert_eq!(scanned.hash, Change::from_bytes(bytes.clone()).unwrap().hash().0);
        assert_eq!(scanned.operations, Change::from_bytes(bytes.clone()).unwrap().len() as u64);
        let whole = if kind.is_co_edited() { Err(Refusal::UnsafeBody) } else { Ok(value) };
        assert_eq!(body::decode(*kind, &bytes, [3; 16]), whole);
    }
}

#[test]
fn a_resource_has_texts_that_merge() {
    let bytes = body::encode(&example(Kind::Resource), [3; 16]).unwrap();
    let mut document = Automerge::new();
    document.apply_changes([Change::from_bytes(bytes).unwrap()]).unwrap();
    for (name, is_text) in [("title", true), ("body", true), ("language", false)] {
        let (value, _) = document.get(ROOT, name).unwrap().unwrap();
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
    assert!(envelopes.iter().all(|one| one.get().to_bytes().len() < schemas::envelope::MAX_ENVELOPE));
    let document = opened(&writer, &envelopes);
    assert_eq!(text(&document.build().unwrap().value), long);
    let file = replication::save(envelopes.iter().rev(), |_| (writer.root, Vec::new())).unwrap();
    let loaded = Automerge::load(&file).unwrap();
    assert_eq!(loaded.get_heads().len(), 1);
}

/// Without Automerge: what is nested so deep ends a process that shows it, and twenty thousand
/// operations take as long as five hundred cards.
#[test]
fn a_version_in_a_form_of_its_own_is_refused_unread() {
    for name in ["nested-2000-maps", "opening", "op-bomb-2-million"] {
        assert_eq!(body::decode(Kind::MentorOffer, &hostile(name), [1; 16]), Err(Refusal::UnsafeBody), "{name}");
    }
    let value = example(Kind::MentorOffer);
    let bytes = body::encode(&value, [3; 16]).unwrap();
    assert_eq!(body::decode(Kind::MentorOffer, &bytes, [3; 16]), Ok(value));
    assert_eq!(body::decode(Kind::MentorOffer, &bytes, [4; 16]), Err(Refusal::UnsafeBody));
    assert_eq!(body::decode(Kind::MatchRequest, &bytes, [3; 16]), Err(Refusal::Schema));
}

/// What one change may not do at once, several do.
#[test]
fn an_edit_all_over_a_long_text_arrives() {
    let (owner, other) = (Writer::new(1), Writer::new(2));
    let old = "Een zin van zes woorden hier. ".repeat(300);
    let every = |third: &str| -> String {
        old.chars().enumerate().map(|(at, c)| if at % 3 == 0 { third.to_owned() } else { c.to_string() }).collect()
    };
    let full = "vol ".repeat(5_000);
    let cases = [
        (&old, every("#")),
        (&old, every("")),
        (&old, every("zz")),
        (&old, old.chars().rev().collect()),
        (&old, String::new()),
        // No text on the way is longer than one may be.
        (&full, "nog ".repeat(5_000)),
        (&full, format!("{}{}", "voor ".repeat(200), "vol ".repeat(4_750))),
    ];
    for (number, (old, new)) in cases.iter().enumerate() {
        let mut document = opened(&owner, &owner.opening(&resource("Lang", old), &[owner.root, other.root]));
        let heads = document.build().unwrap().heads;
        let changes = edit::edit(other.editor(8), &document, &heads, &resource("Lang", new)).unwrap();
        assert!(changes.bodies.len() > 1, "{number}: {} changes", changes.bodies.len());
        take(&mut document, &other, &other.sign(changes));
        assert_eq!(text(&document.build().unwrap().value), *new, "{number}");
    }
}

/// A page that grew over a limit as edits met is brought within it by the next edit.
#[test]
fn what_grew_too_long_by_merging_can_be_written_in() {
    let (owner, other) = (Writer::new(1), Writer::new(2));
    let begin = "vol ".repeat(4_500);
    let mut document = opened(&owner, &owner.opening(&resource("Lang", &begin), &[owner.root, other.root]));
    let heads = document.build().unwrap().heads;
    let longer = |by: &Writer, text: &str, tags: &[&str], spare: u8| {
        let value = tagged(&format!("{begin}{text}"), tags);
        by.sign(edit::edit(by.editor(spare), &document, &heads, &value).unwrap())
    };
    let one = longer(&owner, &"ook ".repeat(400), &["a", "b", "c", "d", "e", "f", "g", "h"], 7);
    let two = longer(&other, &"nog ".repeat(400), &["i", "j", "k", "l", "m", "n", "o", "p"], 8);
    take(&mut document, &owner, &one);
    take(&mut document, &other, &two);
    let merged = document.build().unwrap();
    assert!(merged.clipped, "it is over both limits");
    let value = tagged(&format!("Dag. {}", "vol ".repeat(4_000)), &["a", "z"]);
    let changes = edit::edit(other.editor(9), &document, &merged.heads, &value).unwrap();
    take(&mut document, &other, &other.sign(changes));
    let built = document.build().unwrap();
    assert_eq!((built.value, built.clipped), (value, false));
}

/// Two who each take something out of a page that is too long leave a number that may not be shared,
/// and the page shows all the same.
#[test]
fn what_meets_in_a_page_that_is_too_long_hides_it_from_nobody() {
    let (owner, other) = (Writer::new(1), Writer::new(2));
    let begin = format!("8507x3003y328 {}", "vol ".repeat(4_880));
    let mut all = owner.opening(&resource("Titel", &begin), &[owner.root, other.root]);
    let mut document = opened(&owner, &all);
    let longer = |word: &str, session: u8| {
        let put = |transaction: &mut Transaction<'_>| {
            let (_, text) = transaction.get(ROOT, "body").unwrap().unwrap();
            let end = transaction.length(&text);
            transaction.splice_text(&text, end, 0, &word.repeat(90)).unwrap();
        };
        by_hand(&other, Session([session; 16]), &all, put)
    };
    let longer = [longer("ook ", 21), longer("nog ", 22)];
    all.extend(longer.clone());
    let shorter = |at: usize, session: u8| {
        let out = |transaction: &mut Transaction<'_>| {
            let (_, text) = transaction.get(ROOT, "body").unwrap().unwrap();
            transaction.splice_text(&text, at, 1, "").unwrap();
        };
        by_hand(&other, Session([session; 16]), &all, out)
    };
    let shorter = [shorter(4, 23), shorter(9, 24)];
    take(&mut document, &other, &[longer, shorter].concat());
    let built = document.build().unwrap();
    assert!(built.clipped);
    assert_eq!(text(&built.value).chars().count(), 20_000);
    // And the next edit settles it.
    let changes = edit::edit(owner.editor(8), &document, &built.heads, &resource("Titel", "Dag")).unwrap();
    take(&mut document, &owner, &owner.sign(changes));
    assert_eq!(text(&document.build().unwrap().value), "Dag");
}

/// Title, text and fields change together, or not at all.
#[test]
fn an_edit_that_fits_in_one_change_is_one() {
    let writer = Writer::new(1);
    let mut document = opened(&writer, &writer.opening(&tagged("Een tekst.", &["werk"]), &[writer.root]));
    let heads = document.build().unwrap().heads;
    let mut json = tagged("Een andere tekst.", &["taal"]).to_json().unwrap();
    json["title"] = "Een titel".into();
    let value = SharedValue::from_json(Kind::Resource, json).unwrap();
    let changes = edit::edit(writer.editor(8), &document, &heads, &value).unwrap();
    assert_eq!(changes.bodies.len(), 1);
    take(&mut document, &writer, &writer.sign(changes));
    assert_eq!(document.build().unwrap().value, value);
}

/// Somebody put a word in hundreds of times, which shows once.
#[test]
fn a_word_that_is_there_too_often_can_be_taken_out() {
    let (owner, other) = (Writer::new(1), Writer::new(2));
    let opening = owner.opening(&tagged("tekst", &["werk"]), &[owner.root, other.root]);
    let mut document = opened(&owner, &opening);
    let heads = document.build().unwrap().heads;
    let hostile = by_hand(&other, other.session, &opening, |transaction| {
        let (_, list) = transaction.get(ROOT, "tags").unwrap().unwrap();
        for at in 0..300 {
            transaction.insert(&list, at + 1, "schande").unwrap();
        }
    });
    take(&mut document, &other, &[hostile]);
    let built = document.build().unwrap();
    assert_eq!((&built.value, built.heads != heads), (&tagged("tekst", &["werk", "schande"]), true));
    let value = tagged("tekst", &["werk"]);
    let changes = edit::edit(owner.editor(8), &document, &built.heads, &value).unwrap();
    take(&mut document, &owner, &owner.sign(changes));
    assert_eq!(document.build().unwrap().value, value);
}

#[test]
fn a_version_saves_as_automerge() {
    let writer = Writer::new(1);
    let file =
        replication::save([&writer.version(&example(Kind::MentorOffer))], |_| (writer.root, Vec::new())).unwrap();
    let loaded = Automerge::load(&file).unwrap();
    let (value, _) = loaded.get(ROOT, "radius_km").unwrap().unwrap();
    assert_eq!(value.as_i64(), Some(10));
    assert_eq!(replication::save([], |_| (writer.root, Vec::new())), Err(Refusal::Superseded));
}

#[test]
fn who_was_not_named_may_not_write() {
    let (owner, other) = (Writer::new(1), Writer::new(2));
    let mut document = opened(&owner, &owner.opening(&resource("Titel", "tekst"), &[owner.root]));
    let heads = document.build().unwrap().heads;
    let changes = edit::edit(other.editor(8), &document, &heads, &resource("Titel", "anders")).unwrap();
    let change = other.sign(changes).remove(0);
    assert_eq!(document.admit(change.get(), RootId([2; 32]), false), Ok(Admission::Missing), "until it is admitted");
}
