//! A key that is retired: what it signed is said again under the next one, and nothing else of it
//! is taken or stays, whatever hour it claims.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "writers are the matter of other tests")]
mod common;
mod departed;
mod lists;
mod owners;
mod restored;
mod suspended;
mod town;

use common::text;
use replication::{Input, frames};
use schemas::Kind;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Refusal};
use schemas::ids::{DocumentId, RootId};
use schemas::time::Hour;

use town::{
    ERASED, NOW, OFFER, SHEET, Town, connect, disconnect, key, members, node, replica, same, stolen, talk, together,
};

#[test]
fn what_a_retired_key_signed_is_said_again_and_edits_keep_their_author() {
    let [mut a, mut b] = together();
    let (before, sheet) = (b.views.clone(), DocumentId([SHEET; 16]));
    disconnect(&mut a, &mut b);
    // Both wrote meanwhile.
    b.edit(SHEET, "Een", "Eén");
    a.rotate(&members(&a, &b), &[&b]);
    assert_eq!(a.views[&sheet], before[&sheet], "nothing changed on its own page but the hour");
    a.edit(SHEET, ".", "!");
    b.knows(&a);
    assert!(b.views.contains_key(&DocumentId([OFFER; 16])), "the page keeps what it showed meanwhile");
    connect(&mut a, &mut b);
    connect(&mut a, &mut b);
    same(&a, &b);
    assert_eq!(text(&b.views[&sheet].value), "Eén twee (2) 3!");
    assert_eq!(b.views[&sheet].writers[&a.me], 3, "two edits from before and one after: {:?}", b.views[&sheet].writers);
    assert_eq!(b.views[&DocumentId([OFFER; 16])].value, before[&DocumentId([OFFER; 16])].value);
    assert!(b.replica.is_erased(a.me, DocumentId([ERASED; 16])), "an erasure stays one");
    assert!(b.signed_by(&[node(&key(101))]).is_empty(), "nothing of the old key is left");
    // Writing goes on, from both sides.
    b.edit(SHEET, "3", "drie");
    a.publish(OFFER, Kind::MentorOffer);
    talk(&mut a, &mut b);
    same(&a, &b);
    assert_eq!(text(&a.views[&sheet].value), "Eén twee (2) drie!");
}

#[test]
fn what_is_said_again_later_is_of_the_same_hour_here_and_there() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    (a.now, b.now) = (a.now.plus_seconds(7_200), b.now.plus_seconds(7_200));
    a.rotate(&members(&a, &b), &[&b]);
    assert_eq!(a.views[&DocumentId([SHEET; 16])].changed_at, a.now.hour());
    b.knows(&a);
    connect(&mut a, &mut b);
    connect(&mut a, &mut b);
    same(&a, &b);
}

#[test]
fn nothing_is_signed_by_a_key_before_it_is_certified() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    // The clock is put right by some hours after it took another key.
    a.now = NOW.plus_seconds(7_200);
    a.rotate(&members(&a, &b), &[&b]);
    assert!(a.replica.may_sign(a.now) && !a.replica.may_sign(NOW), "nobody would take it");
    b.knows(&a);
    b.now = a.now;
    a.publish(OFFER, Kind::MentorOffer);
    for _ in 0..2 {
        connect(&mut a, &mut b);
        disconnect(&mut a, &mut b);
    }
    same(&a, &b);
}

#[test]
fn a_page_that_was_said_again_is_saved_as_a_file() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    b.rotate(&members(&a, &b), &[&a]);
    let of_sheet = |one: &&Verified<Envelope>| one.get().header.document == DocumentId([SHEET; 16]);
    let page: Vec<Verified<Envelope>> = b.store.values().filter(of_sheet).cloned().collect();
    let (now, before) = (b.certificate.node, node(&key(102)));
    let who = |signer| if signer == now { (b.me, vec![before]) } else { (a.me, Vec::new()) };
    let saved = automerge::Automerge::load(&replication::save(&page, who).unwrap()).unwrap();
    use automerge::ReadDoc;
    let (_, body) = saved.get(automerge::ROOT, "body").unwrap().unwrap();
    assert_eq!(saved.text(&body).unwrap(), "Een twee (2) 3.");
}

#[test]
fn a_stolen_key_is_answered_by_the_next_certificate() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    let find = |town: &Town, document: u8, content: Content| {
        let of = |one: &&Verified<Envelope>| {
            let header = &one.get().header;
            header.document == DocumentId([document; 16]) && header.content == content && header.owner == a.me
        };
        town.store.values().find(of).map(|one| one.get().clone()).unwrap()
    };
    let offer = find(&b, OFFER, Content::Version);
    // The thief erases the offer, makes another, and does so before anybody knows.
    let erasure = stolen(&a, &offer, Content::Erased, |header| {
        header.stamp = schemas::Stamp::Version { incarnation: 1 << 53, number: 9 };
        header.expires_at = header.signed_at.plus_days(Kind::MentorOffer.max_days() + 1);
    });
    let feed = |town: &mut Town, from: RootId, bytes: Vec<u8>| {
        for bytes in frames::envelopes([bytes]) {
            town.input(Input::Frame { partner: from, bytes });
        }
    };
    b.input(Input::Connected { partner: a.me });
    let hello = {
        a.input(Input::Connected { partner: b.me });
        a.outbox.pop_front().expect("a greeting")
    };
    b.input(Input::Frame { partner: a.me, bytes: hello });
    feed(&mut b, a.me, erasure);
    assert!(b.replica.is_erased(a.me, DocumentId([OFFER; 16])), "until then nobody can know better");
    assert!(b.refused.is_empty(), "{:?}", b.refused);
    disconnect(&mut a, &mut b);

    a.rotate(&members(&a, &b), &[&b]);
    b.knows(&a);
    assert!(!b.replica.is_erased(a.me, DocumentId([OFFER; 16])), "what the thief erased is not");
    connect(&mut a, &mut b);
    connect(&mut a, &mut b);
    same(&a, &b);
    assert!(b.views.contains_key(&DocumentId([OFFER; 16])), "{:?} {:?}", b.refused, a.views.keys());
    // Back-dated by whoever still has the key, and brought by anybody: refused, and nobody's fault.
    let again = stolen(&a, &offer, Content::Erased, |header| {
        header.stamp = schemas::Stamp::Version { incarnation: u64::MAX, number: 10 };
        header.signed_at = Hour(header.signed_at.0 - 24);
        header.expires_at = header.signed_at.plus_days(Kind::MentorOffer.max_days() + 1);
    });
    b.refused.clear();
    feed(&mut b, a.me, again);
    assert_eq!(b.refused, [Refusal::Retired]);
    assert!(Refusal::Retired.is_innocent());
    assert!(b.views.contains_key(&DocumentId([OFFER; 16])));
    let (a_me, held) = (a.me, b.store.len());
    feed(&mut a, b.me, stolen(&a_town(a_me), &offer, Content::Version, |_| {}));
    assert_eq!((a.refused.last(), b.store.len()), (Some(&Refusal::Retired), held), "its own node takes nothing either");
}

#[test]
fn what_a_thief_wrote_for_as_long_as_nobody_knew_goes() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    // The thief runs a node of its own with the stolen key, and B can't tell it from A's.
    let mut thief = Town { replica: replica(&key(1), &a.certificate, &key(101), 77), ..Town::new(1) };
    thief.knows(&b);
    thief.list(1, &members(&a, &b), &key(101));
    connect(&mut thief, &mut b);
    same(&thief, &b);
    for document in 100..130 {
        thief.publish(document, Kind::MentorOffer);
    }
    for _ in 0..30 {
        thief.publish(OFFER, Kind::MentorOffer);
    }
    thief.edit(SHEET, "twee", "vals");
    thief.open(131, "Vals", "Bel dit nummer.");
    talk(&mut thief, &mut b);
    same(&thief, &b);
    assert!(text(&b.views[&DocumentId([SHEET; 16])].value).contains("vals"));
    disconnect(&mut thief, &mut b);

    a.rotate(&members(&a, &b), &[&b]);
    b.knows(&a);
    connect(&mut a, &mut b);
    connect(&mut a, &mut b);
    same(&a, &b);
    let held: Vec<u8> = b.views.keys().map(|document| document.0[0]).collect();
    assert_eq!(held, [OFFER, SHEET], "of what only the thief wrote nothing is left");
    assert!(!text(&b.views[&DocumentId([SHEET; 16])].value).contains("vals"));
    assert!(b.signed_by(&[node(&key(101))]).is_empty());
}

#[test]
fn what_waits_to_be_merged_while_its_key_is_retired_is_not_taken() {
    let [mut a, mut b] = together();
    let of_offer = |one: &&Verified<Envelope>| one.get().header.document == DocumentId([OFFER; 16]);
    let offer = b.store.values().find(of_offer).unwrap().get().clone();
    // In the place of the version that is there: it waits until that one is read.
    let forged = stolen(&a, &offer, Content::Version, |header| header.expires_at = Hour(header.expires_at.0 - 24));
    b.unread = Some(Vec::new());
    for bytes in frames::envelopes([forged]) {
        b.input(Input::Frame { partner: a.me, bytes });
    }
    assert_eq!(b.unread, Some(vec![DocumentId([OFFER; 16])]));
    a.rotate(&members(&a, &b), &[&b]);
    b.knows(&a);
    b.catch_up();
    assert!(!b.store.values().any(|one| of_offer(&one)), "until it is said again");
    disconnect(&mut a, &mut b);
    for _ in 0..2 {
        connect(&mut a, &mut b);
    }
    same(&a, &b);
    assert!(b.signed_by(&[node(&key(101))]).is_empty());
    assert_eq!(b.views[&DocumentId([OFFER; 16])].expires_at, offer.header.expires_at);
}

/// The first town, for its keys alone.
fn a_town(me: RootId) -> Town {
    let town = Town::new(1);
    assert_eq!(town.me, me);
    town
}

#[test]
fn pages_of_a_later_release_are_said_again_too() {
    let [mut a, mut b] = together();
    // Pages that neither understands: kept, and signed by the key that will be retired.
    let opening = b.store.values().find(|one| one.get().header.content == Content::Opening).unwrap().get().clone();
    let pages: Vec<Vec<u8>> = (40..56)
        .map(|document| {
            let mut header = opening.header.clone();
            (header.document, header.owner, header.schema) = (DocumentId([document; 16]), a.me, 99);
            Envelope::sign(header, b"of a later release".to_vec(), &key(101)).get().to_bytes()
        })
        .collect();
    let (a_me, b_me) = (a.me, b.me);
    for (town, partner) in [(&mut a, b_me), (&mut b, a_me)] {
        for bytes in frames::envelopes(pages.clone()) {
            town.input(Input::Frame { partner, bytes });
        }
    }
    same(&a, &b);
    let parked = |town: &Town| town.store.values().filter(|one| one.get().header.schema == 99).count();
    assert_eq!(parked(&b), pages.len());
    disconnect(&mut a, &mut b);
    a.rotate(&members(&a, &b), &[&b]);
    b.knows(&a);
    connect(&mut a, &mut b);
    connect(&mut a, &mut b);
    same(&a, &b);
    assert_eq!(parked(&b), pages.len());
    assert!(b.signed_by(&[node(&key(101))]).is_empty(), "{:?}", b.refused);
}

#[test]
fn what_is_said_again_in_another_way_takes_no_place() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    let edits: Vec<Envelope> = b.signed_by(&[a.certificate.node]).iter().map(|one| one.get().clone()).collect();
    let edit = edits.into_iter().find(|one| one.header.content == Content::Change).unwrap();
    a.rotate(&members(&a, &b), &[&b]);
    b.knows(&a);
    let before = text(&b.views[&DocumentId([SHEET; 16])].value);
    b.input(Input::Connected { partner: a.me });
    a.input(Input::Connected { partner: b.me });
    let hello = a.outbox.pop_front().expect("a greeting");
    b.input(Input::Frame { partner: a.me, bytes: hello });
    // The same change, but it ends before its page does.
    let mut header = edit.header.clone();
    header.expires_at = Hour(header.expires_at.0 - 24);
    let again = Envelope::sign(header, edit.body.clone(), &a.key).get().to_bytes();
    for bytes in frames::envelopes([again]) {
        b.input(Input::Frame { partner: a.me, bytes });
    }
    assert_eq!(b.refused, [Refusal::OtherOpening]);
    assert!(b.store.contains_key(&edit.id()), "others built on it");
    disconnect(&mut a, &mut b);
    connect(&mut a, &mut b);
    connect(&mut a, &mut b);
    same(&a, &b);
    assert_eq!(text(&b.views[&DocumentId([SHEET; 16])].value), before);
}
