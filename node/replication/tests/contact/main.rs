//! Two replicas that meet: everything is there at once, without waiting for a next check.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

mod ahead;
#[expect(dead_code, reason = "writers are the matter of other tests")]
#[path = "../common/mod.rs"]
mod common;
mod doubled;
mod left_out;
mod mergers;
mod nodes;
#[path = "../common/papers.rs"]
mod papers;
mod partings;
mod set_back;
mod signers;

use common::{CIRCLE, example, resource, text};
use replication::api::{Cursor, Kept};
use replication::{Command, Input, StoredHeader, frames};
use schemas::Kind;
use schemas::certificate::{CircleList, Verified};
use schemas::envelope::{Envelope, Refusal};
use schemas::ids::{CircleId, DocumentId, RootId};

use nodes::{NOW, Node, connect, disconnect, same, talk, talk_all, three, two};

#[test]
fn first_contact_brings_everything() {
    let (mut a, mut b) = two();
    for document in 0..60 {
        a.publish(document, example(Kind::MentorOffer));
        b.publish(100 + document, example(Kind::MatchRequest));
    }
    connect(&mut a, &mut b);
    same(&a, &b);
    assert_eq!(a.views.len(), 120);
    assert!(a.reconciled >= 2 && b.reconciled >= 2);
}

#[test]
fn live_pushes_keep_both_in_step() {
    let (mut a, mut b) = two();
    connect(&mut a, &mut b);
    a.publish(1, example(Kind::MentorOffer));
    a.publish(1, example(Kind::MentorOffer));
    b.publish(2, example(Kind::MatchRequest));
    talk(&mut a, &mut b);
    same(&a, &b);
    assert_eq!((a.views.len(), a.store.len()), (2, 2), "the older version is gone");
    a.command(Command::Erase { document: DocumentId([1; 16]) });
    talk(&mut a, &mut b);
    same(&a, &b);
    assert!(!b.views.contains_key(&DocumentId([1; 16])));
    a.publish(1, example(Kind::MentorOffer));
    assert_eq!(a.settled.pop(), Some(Err(Refusal::Superseded)));
}

#[test]
fn a_list_that_grows_while_connected_is_known_at_once() {
    let (mut a, mut b) = two();
    connect(&mut a, &mut b);
    let mut members = vec![a.root, b.root, RootId([7; 32])];
    members.sort_unstable();
    a.sign_list(2, &members);
    b.sign_list(2, &members);
    talk(&mut a, &mut b);
    for (of, holder) in [(&a, &b), (&b, &a)] {
        assert_eq!(holder.replica.members(CIRCLE, of.root), members);
    }
}

#[test]
fn what_is_typed_apart_is_merged() {
    let (mut a, mut b) = two();
    connect(&mut a, &mut b);
    let document = DocumentId([5; 16]);
    let expires_at = NOW.hour().plus_days(300);
    a.command(Command::Open { circle: CIRCLE, document, value: resource("Fiche", "Het midden."), expires_at });
    talk(&mut a, &mut b);
    disconnect(&mut a, &mut b);
    let heads = a.views[&document].heads.clone();
    a.command(Command::Edit { document, heads: heads.clone(), value: resource("Fiche", "Voor. Het midden.") });
    // A form that was opened before the first was submitted.
    a.command(Command::Edit { document, heads: heads.clone(), value: resource("Fiches", "Het midden.") });
    b.command(Command::Edit { document, heads, value: resource("Fiche", "Het midden. Na.") });
    connect(&mut a, &mut b);
    same(&a, &b);
    assert_eq!(text(&b.views[&document].value), "Voor. Het midden. Na.");
    assert_eq!(b.views[&document].value, resource("Fiches", "Voor. Het midden. Na."));
    assert_eq!(b.views[&document].writers.values().copied().collect::<Vec<_>>().iter().sum::<u32>(), 4);
}

#[test]
fn reconnecting_without_news_is_one_round_trip() {
    let (mut a, mut b) = two();
    for document in 0..200 {
        a.publish(document, example(Kind::MentorOffer));
    }
    connect(&mut a, &mut b);
    same(&a, &b);
    disconnect(&mut a, &mut b);
    (a.sent, b.sent, a.frames, b.frames) = (0, 0, 0, 0);
    connect(&mut a, &mut b);
    same(&a, &b);
    // Two greetings, and of each circle a question and its answer.
    assert_eq!(a.frames + b.frames, 6);
    assert!(a.sent + b.sent < 300, "{} bytes", a.sent + b.sent);
}

#[test]
fn what_was_written_apart_goes_first() {
    for author in [0, 1] {
        let (mut a, mut b) = two();
        (0..100).for_each(|document| a.publish(document, example(Kind::MentorOffer)));
        connect(&mut a, &mut b);
        a.publish(100, example(Kind::MentorOffer));
        talk(&mut a, &mut b);
        disconnect(&mut a, &mut b);
        let writer = if author == 0 { &mut a } else { &mut b };
        (101..104).for_each(|document| writer.publish(document, example(Kind::MentorOffer)));
        (a.sent, b.sent) = (0, 0);
        connect(&mut a, &mut b);
        same(&a, &b);
        let envelopes: usize = (101..104)
            .flat_map(|document| a.store.values().filter(move |one| one.get().header.document.0[0] == document))
            .map(|one| one.get().to_bytes().len())
            .sum();
        assert!(a.sent + b.sent < envelopes + 900, "{} bytes for {envelopes}", a.sent + b.sent);
    }
}

/// `node` after an end and a start of its process, with the cursors that `kept` stands for.
fn restart(node: &mut Node, others: &[&Node], lists: &[(RootId, Vec<u8>)]) {
    let kept = std::mem::take(&mut node.kept);
    let mut fresh = Node::new(node.number);
    let stored: Vec<StoredHeader> = node
        .store
        .values()
        .zip(1..)
        .map(|(envelope, number)| StoredHeader {
            id: envelope.get().id(),
            header: envelope.get().header.clone(),
            body_bytes: 300,
            number,
        })
        .collect();
    let number = stored.len() as u64;
    fresh.replica.restore(stored);
    fresh.replica.restore_cursors(kept.iter().filter_map(|kept| match kept {
        Kept::InStep { partner, circle, store, known } => {
            Some(Cursor { partner: *partner, circle: *circle, store: *store, known: *known, number })
        }
        _ => None,
    }));
    for other in others {
        fresh.input(Input::Certificate { certificate: other.certificate.clone(), bytes: other.bytes.clone() });
    }
    for (owner, bytes) in lists {
        let certificate = if *owner == node.root {
            &node.certificate
        } else {
            &others.iter().find(|other| other.root == *owner).unwrap().certificate
        };
        fresh.input(Input::List { list: CircleList::verify(bytes, certificate).unwrap(), bytes: bytes.clone() });
    }
    fresh.store = std::mem::take(&mut node.store);
    fresh.views = std::mem::take(&mut node.views);
    *node = fresh;
}

#[test]
fn a_start_of_the_process_keeps_the_cursors() {
    let (mut a, mut b) = two();
    (0..50).for_each(|document| a.publish(document, example(Kind::MentorOffer)));
    connect(&mut a, &mut b);
    let lists = [(a.root, a.list.clone()), (b.root, b.list.clone())];
    disconnect(&mut a, &mut b);
    restart(&mut a, &[&b], &lists);
    b.sent = 0;
    connect(&mut a, &mut b);
    same(&a, &b);
    assert!(a.sent + b.sent < 300, "{} bytes", a.sent + b.sent);
}

#[test]
fn another_store_gets_everything_again() {
    let (mut a, mut b) = two();
    (0..50).for_each(|document| a.publish(document, example(Kind::MentorOffer)));
    connect(&mut a, &mut b);
    let lists = [(a.root, a.list.clone()), (b.root, b.list.clone())];
    disconnect(&mut a, &mut b);
    b.store.clear();
    b.views.clear();
    restart(&mut b, &[&a], &lists);
    connect(&mut a, &mut b);
    same(&a, &b);
    assert_eq!(b.views.len(), 50);
}

#[test]
fn what_has_never_met_is_relayed_inside_the_circle() {
    let (mut a, mut b, mut c) = three();
    a.publish(1, example(Kind::MentorOffer));
    c.publish(2, example(Kind::MatchRequest));
    let pair = CircleId::pair(a.root, b.root);
    let (document, expires_at) = (DocumentId([9; 16]), NOW.hour().plus_days(60));
    let value = example(Kind::DuoProgress);
    a.command(Command::Publish { circle: pair, document, value, expires_at });
    connect(&mut a, &mut b);
    connect(&mut b, &mut c);
    talk_all(&mut [&mut a, &mut b, &mut c]);

    let of_a = |one: &&Verified<Envelope>| one.get().header.owner == a.root;
    let relayed: Vec<_> = c.store.values().filter(of_a).collect();
    assert_eq!(relayed.len(), 1);
    assert_eq!(relayed[0].get().header.author.0, a.key.verifying_key().to_bytes(), "signed by its owner");
    assert!(c.views.contains_key(&DocumentId([1; 16])) && b.views.contains_key(&document));
    assert!(!c.views.contains_key(&document), "what is for two stays with the two");
    assert!(!a.views.contains_key(&DocumentId([2; 16])), "the list of its owner does not name it");
    assert!(c.kept.iter().any(|kept| matches!(kept, Kept::Certificate(root, _) if *root == a.root)));

    // An edit by one of a document of the second reaches the third.
    let document = DocumentId([5; 16]);
    let expires_at = NOW.hour().plus_days(300);
    b.command(Command::Open { circle: CIRCLE, document, value: resource("Fiche", "Begin."), expires_at });
    talk_all(&mut [&mut a, &mut b, &mut c]);
    let heads = a.views[&document].heads.clone();
    a.command(Command::Edit { document, heads, value: resource("Fiche", "Begin. Einde.") });
    a.command(Command::Erase { document: DocumentId([1; 16]) });
    talk_all(&mut [&mut a, &mut b, &mut c]);
    disconnect(&mut b, &mut c);
    connect(&mut b, &mut c);
    assert_eq!(text(&c.views[&document].value), "Begin. Einde.");
    assert!(!c.views.contains_key(&DocumentId([1; 16])), "and so does an erasure");
    assert!(a.refused.is_empty() && b.refused.is_empty() && c.refused.is_empty());

    // Nobody vouches any more.
    let mut members = [b.root, c.root];
    members.sort_unstable();
    b.sign_list(2, &members);
    talk_all(&mut [&mut a, &mut b, &mut c]);
    assert!(c.store.values().all(|one| one.get().header.owner != a.root));
    assert_eq!(c.replica.members(CIRCLE, a.root), []);
}

#[test]
fn a_stranger_is_not_introduced_by_itself() {
    let (mut a, mut b, mut c) = three();
    // The list of the one in the middle does not name the first.
    let mut members = [b.root, c.root];
    members.sort_unstable();
    b.sign_list(2, &members);
    a.publish(1, example(Kind::MentorOffer));
    connect(&mut b, &mut c);
    let papers =
        vec![frames::Paper::Certificate(a.bytes.clone().into()), frames::Paper::List(a.root, a.list.clone().into())];
    let partner = b.root;
    c.input(Input::Frame { partner, bytes: frames::Frame::Papers(papers).to_bytes() });
    c.tolerant = true;
    for bytes in frames::envelopes(a.store.values().map(|one| one.get().to_bytes())) {
        c.input(Input::Frame { partner, bytes });
    }
    // Who it is may be said, since it may have signed something in pages of others; it gives it nothing.
    assert_eq!(c.refused, [Refusal::NotInCircle]);
    assert!(c.replica.unnamed().contains(&a.root));
    assert_eq!(c.replica.members(CIRCLE, a.root), []);
    c.input(Input::Connected { partner: a.root });
    assert_eq!(c.disconnected, ["not a partner"]);
}

#[test]
fn greeting_in_a_loop_ends_the_stream() {
    let (mut a, mut b) = two();
    connect(&mut a, &mut b);
    (a.tolerant, b.tolerant) = (true, true);
    let hello = frames::Frame::Hello(frames::Hello { store: [1; 16], known: [0; 16], hour: NOW.hour() }).to_bytes();
    let mut greetings = 0;
    while b.disconnected.is_empty() {
        b.input(Input::Frame { partner: a.root, bytes: hello.clone() });
        greetings += 1;
        assert!(greetings < 1000, "it may go on and on");
    }
    assert_eq!(b.disconnected, ["greets too often"]);
    // And connecting anew gives nothing back.
    b.outbox.clear();
    for _ in 0..20 {
        b.input(Input::Connected { partner: a.root });
        b.input(Input::Frame { partner: a.root, bytes: hello.clone() });
    }
    assert!(b.outbox.len() < 5, "{} frames", b.outbox.len());
}

#[test]
fn checks_in_a_loop_are_not_answered() {
    let (mut a, mut b) = two();
    connect(&mut a, &mut b);
    let message = [&[0x61, 0, 0, 1], &[7; 16][..]].concat();
    let round = frames::Round {
        circle: CIRCLE,
        day: (NOW.0 / 86_400) as u32,
        answer: false,
        number: 1,
        message: message.into(),
    };
    let bytes = frames::Frame::Check(round).to_bytes();
    b.tolerant = true;
    for _ in 0..3_000 {
        b.input(Input::Frame { partner: a.root, bytes: bytes.clone() });
    }
    assert!(b.outbox.len() < 1_100, "{} answers", b.outbox.len());
    assert!(b.refused.iter().all(|reason| *reason == Refusal::OverBudget) && !b.refused.is_empty());
}

#[test]
fn a_million_fake_ids_are_not_asked_for() {
    let (mut a, mut b) = two();
    connect(&mut a, &mut b);
    let (asker, liar) = if a.root < b.root { (&mut a, b.root) } else { (&mut b, a.root) };
    asker.tolerant = true;
    asker.input(Input::Disconnected { partner: liar });
    asker.input(Input::Connected { partner: liar });
    // It says the same as is said to it.
    let hello = asker.outbox[0].1.clone();
    asker.input(Input::Frame { partner: liar, bytes: hello });
    let (mut asked, mut rounds) = (0, 0);
    while let Some((_, bytes)) = asker.outbox.pop_front() {
        match frames::Frame::from_bytes(&bytes).unwrap() {
            frames::Frame::Need(ids) => asked += ids.len(),
            frames::Frame::Check(round) => {
                // Fake ids, and a wrong fingerprint so that it goes on.
                rounds += 1;
                let mut message = vec![0x61, 2, 0, 2, 0x9f, 0x00];
                (0..31 * 128_u32).for_each(|id| {
                    message.extend([&(rounds << 16 | id).to_be_bytes()[..], &[9; 28]].concat());
                });
                message.extend([&[0, 0, 1], &[7; 16][..]].concat());
                let round = frames::Round { answer: true, message: message.into(), ..round };
                asker.input(Input::Frame { partner: liar, bytes: frames::Frame::Check(round).to_bytes() });
            }
            _ => {}
        }
    }
    assert!(rounds < 400 && asked <= 3 * 262_144, "{rounds} rounds, {asked} asked for");
    assert!(asker.refused.contains(&Refusal::OverBudget));
}

#[test]
fn what_is_written_before_the_greeting_came_is_not_passed_over() {
    for author in [0, 1] {
        let (mut a, mut b) = two();
        a.publish(1, example(Kind::MentorOffer));
        connect(&mut a, &mut b);
        disconnect(&mut a, &mut b);
        a.input(Input::Connected { partner: b.root });
        b.input(Input::Connected { partner: a.root });
        let writer = if author == 0 { &mut a } else { &mut b };
        writer.publish(2, example(Kind::MentorOffer));
        talk(&mut a, &mut b);
        same(&a, &b);
        assert_eq!(a.views.len(), 2);
    }
}

/// Three who all met, and one of whom hears of the third's list through the second.
#[test]
fn a_list_that_came_from_one_is_told_to_the_others() {
    let (mut a, mut b, mut c) = three();
    a.input(Input::Certificate { certificate: c.certificate.clone(), bytes: c.bytes.clone() });
    c.input(Input::Certificate { certificate: a.certificate.clone(), bytes: a.bytes.clone() });
    let mut members = vec![a.root, b.root, c.root];
    members.sort_unstable();
    c.sign_list(2, &members);
    connect(&mut a, &mut b);
    // The first and the third are connected, and the second and the third; only then does the
    // second get the list of the first that names all.
    connect(&mut b, &mut c);
    connect(&mut a, &mut c);
    a.sign_list(2, &members);
    talk_all(&mut [&mut a, &mut b, &mut c]);
    for node in [&mut a, &mut b, &mut c] {
        node.later(1, Input::Tick);
    }
    talk_all(&mut [&mut a, &mut b, &mut c]);
    let document = DocumentId([5; 16]);
    let expires_at = NOW.hour().plus_days(300);
    a.command(Command::Open { circle: CIRCLE, document, value: resource("Fiche", "Begin."), expires_at });
    talk_all(&mut [&mut a, &mut b, &mut c]);
    disconnect(&mut a, &mut c);
    disconnect(&mut a, &mut b);
    let heads = b.views[&document].heads.clone();
    b.command(Command::Edit { document, heads, value: resource("Fiche", "Begin. Einde.") });
    talk_all(&mut [&mut a, &mut b, &mut c]);
    assert_eq!(text(&c.views[&document].value), "Begin. Einde.", "it is pushed, and waits for no check");
}
