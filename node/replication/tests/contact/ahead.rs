//! What was written by a clock that was a month ahead, and that nobody takes: it is signed again
//! once the clock is right, nobody is accused, and all hold the same.

use replication::{Command, Input};
use schemas::envelope::Refusal;
use schemas::ids::DocumentId;
use schemas::time::Timestamp;
use schemas::{Kind, SharedValue};

use crate::common::{CIRCLE, example, resource, text};
use crate::nodes::{NOW, Node, acquainted, connect, disconnect, same, talk, two};

const DAY: u64 = 86_400;
const MONTH: u64 = 30 * DAY;
const CARD: DocumentId = DocumentId([1; 16]);
const PAGE: DocumentId = DocumentId([2; 16]);

fn hour(seconds: u64) -> schemas::time::Hour {
    Timestamp(NOW.0 + seconds).hour()
}

fn command(node: &mut Node, seconds: u64, command: Command) {
    node.later(seconds, Input::Command { number: 0, command });
}

fn publish(node: &mut Node, seconds: u64, value: SharedValue) {
    let expires_at = hour(seconds).plus_days(value.kind().max_days());
    command(node, seconds, Command::Publish { circle: CIRCLE, document: CARD, value, expires_at });
}

fn open(node: &mut Node, seconds: u64, body: &str) {
    let (value, expires_at) = (resource("Fiche", body), hour(seconds).plus_days(Kind::Resource.max_days()));
    command(node, seconds, Command::Open { circle: CIRCLE, document: PAGE, value, expires_at });
}

fn edit(node: &mut Node, seconds: u64, body: &str) {
    let heads = node.views[&PAGE].heads.clone();
    command(node, seconds, Command::Edit { document: PAGE, heads, value: resource("Fiche", body) });
}

/// Two, of which either may hear what the other doesn't take.
fn apart() -> (Node, Node) {
    let (mut a, mut b) = two();
    (a.tolerant, b.tolerant) = (true, true);
    (a, b)
}

/// They hold the same, none of it from a time to come, and nobody was accused or lost a word.
fn agree(a: &Node, b: &Node) {
    same(a, b);
    for node in [a, b] {
        assert!(node.store.values().all(|one| one.get().header.signed_at <= NOW.hour()));
        assert!(node.kept.iter().all(|kept| !matches!(kept, replication::api::Kept::Proof(_))), "nobody is accused");
        assert!(node.drafts.is_empty() && node.disconnected.is_empty());
    }
}

#[test]
fn a_version_and_an_erasure_are_signed_again() {
    let (mut a, mut b) = apart();
    publish(&mut a, MONTH, example(Kind::MentorOffer));
    publish(&mut a, MONTH, example(Kind::MentorOffer));
    connect(&mut a, &mut b);
    agree(&a, &b);
    assert_eq!(b.views[&CARD].value, example(Kind::MentorOffer));
    disconnect(&mut a, &mut b);

    command(&mut a, MONTH, Command::Erase { document: CARD });
    connect(&mut a, &mut b);
    agree(&a, &b);
    assert!(a.views.is_empty() && b.views.is_empty(), "it is erased there too");
    assert_eq!((a.store.len(), b.store.len()), (1, 1));
}

#[test]
fn what_was_typed_in_a_page_is_signed_again() {
    let (mut a, mut b) = apart();
    open(&mut a, 0, "Begin.");
    connect(&mut a, &mut b);
    disconnect(&mut a, &mut b);
    edit(&mut b, MONTH, "Begin. Van b.");
    edit(&mut b, 0, "Begin. Van b. En later.");
    edit(&mut a, MONTH, "Van a. Begin.");
    connect(&mut a, &mut b);
    agree(&a, &b);
    assert_eq!(text(&a.views[&PAGE].value), "Van a. Begin. Van b. En later.");
}

#[test]
fn a_page_that_was_opened_ahead_ends_when_it_may_with_all_that_was_typed_in_it() {
    let (mut a, mut b) = apart();
    open(&mut a, MONTH, "Begin.");
    edit(&mut a, MONTH, "Begin. En meer.");
    edit(&mut a, 0, "Begin. En meer. Slot.");
    assert_eq!(a.settled.pop(), Some(Err(Refusal::TooLong)), "nobody would take it in a page that lasts so long");
    connect(&mut a, &mut b);
    edit(&mut b, 0, "Begin. En meer. Van b.");
    talk(&mut a, &mut b);
    agree(&a, &b);
    assert_eq!(text(&a.views[&PAGE].value), "Begin. En meer. Van b.");
    let ends = b.store.values().map(|one| one.get().header.expires_at);
    assert!(ends.into_iter().all(|end| end == hour(0).plus_days(Kind::Resource.max_days())));
}

#[test]
fn those_who_were_ahead_together_take_the_word_that_the_others_take() {
    let [mut a, mut b, mut c] = acquainted();
    for node in [&mut a, &mut b, &mut c] {
        node.tolerant = true;
    }
    publish(&mut a, MONTH, example(Kind::MentorOffer));
    open(&mut a, MONTH, "Begin.");
    let taken: Vec<_> = a.store.values().cloned().collect();
    connect_ahead(&mut a, &mut b);
    assert!(taken.iter().all(|one| b.store.contains_key(&one.get().id())), "both were a month ahead");
    connect(&mut a, &mut c);
    agree(&a, &c);
    connect(&mut a, &mut b);
    agree(&a, &b);
    assert_eq!(b.views.len(), 2);
    assert!(taken.iter().all(|one| !b.store.contains_key(&one.get().id())));

    disconnect(&mut a, &mut b);
    disconnect(&mut a, &mut c);
    command(&mut a, MONTH, Command::Erase { document: CARD });
    connect_ahead(&mut a, &mut b);
    connect(&mut a, &mut c);
    connect(&mut a, &mut b);
    agree(&a, &c);
    agree(&a, &b);
    assert!(!b.views.contains_key(&CARD));
}

#[test]
fn a_clock_that_is_behind_signs_nothing_again() {
    let (mut a, mut b) = apart();
    // Here what the others call a month ahead is right.
    publish(&mut a, MONTH, example(Kind::MentorOffer));
    open(&mut a, MONTH, "Begin.");
    connect_ahead(&mut a, &mut b);
    disconnect(&mut a, &mut b);
    let held: Vec<_> = a.store.keys().copied().collect();
    connect(&mut a, &mut b);
    same(&a, &b);
    assert!(held.iter().eq(a.store.keys()), "both are wrong, and neither refuses anything");
    assert!(a.refused.is_empty() && b.refused.is_empty());
}

/// Lets both meet by clocks that are a month ahead, and lets them part.
fn connect_ahead(a: &mut Node, b: &mut Node) {
    a.later(MONTH, Input::Connected { partner: b.root });
    b.later(MONTH, Input::Connected { partner: a.root });
    loop {
        let (to_b, to_a) = (std::mem::take(&mut a.outbox), std::mem::take(&mut b.outbox));
        if to_b.is_empty() && to_a.is_empty() {
            break;
        }
        for (to, bytes) in to_b {
            assert_eq!(to, b.root);
            b.later(MONTH, Input::Frame { partner: a.root, bytes });
        }
        for (_, bytes) in to_a {
            a.later(MONTH, Input::Frame { partner: b.root, bytes });
        }
    }
    disconnect(a, b);
}
