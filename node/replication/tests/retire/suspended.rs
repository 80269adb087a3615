//! One whom the owner of a page suspended, when somebody else who wrote there takes another key:
//! it is not told what is said again there, so what it wrote after that is a draft with it. The
//! owner has it still; unless its author takes another key too, it comes back when that one is
//! resumed.

use replication::api::Lost;
use replication::{Command, Input};
use schemas::envelope::Content;
use schemas::ids::{DocumentId, RootId};

use crate::common::text;
use crate::lists::three;
use crate::town::{SHEET, Town, connect, disconnect, key, members, node, same, talk, together};

fn sheet(town: &Town) -> String {
    text(&town.views[&DocumentId([SHEET; 16])].value)
}

fn all(towns: [&Town; 3]) -> Vec<RootId> {
    let mut all: Vec<RootId> = towns.iter().map(|town| town.me).collect();
    all.sort_unstable();
    all
}

fn meet(one: &mut Town, other: &mut Town) {
    connect(one, other);
    disconnect(one, other);
}

/// A, B, who owns the page, and C, who wrote in it after A. B suspended C, A took another key, and
/// C heard of that from A.
fn suspended() -> [Town; 3] {
    let [mut a, mut b, mut c] = three();
    disconnect(&mut a, &mut b);
    disconnect(&mut b, &mut c);
    disconnect(&mut a, &mut c);
    let everybody = all([&a, &b, &c]);
    meet(&mut b, &mut c);
    c.edit(SHEET, "Een", "Eerst");
    meet(&mut b, &mut c);
    assert_eq!(sheet(&b), sheet(&c));
    b.list(10, &members(&a, &b), &key(102));
    a.rotate(&everybody, &[&b, &c]);
    b.knows(&a);
    meet(&mut a, &mut b);
    c.knows(&a);
    meet(&mut a, &mut c);
    assert!(c.signed_by(&[node(&key(101))]).is_empty(), "what the retired key signed goes there too");
    assert!(!sheet(&c).contains("Eerst") && sheet(&b).contains("Eerst"));
    assert_eq!(c.drafts, [(sheet(&b), Lost::Retired)]);
    [a, b, c]
}

#[test]
fn it_comes_back_when_its_author_is_resumed() {
    let [a, mut b, mut c] = suspended();
    b.list(11, &all([&a, &b, &c]), &key(102));
    meet(&mut b, &mut c);
    connect(&mut b, &mut c);
    same(&b, &c);
    assert!(sheet(&c).contains("Eerst"));
}

#[test]
fn it_stays_a_draft_when_its_author_took_another_key_meanwhile() {
    let [a, mut b, mut c] = suspended();
    let everybody = all([&a, &b, &c]);
    c.rotate(&everybody, &[&a, &b]);
    b.knows(&c);
    b.list(11, &everybody, &key(102));
    for _ in 0..2 {
        meet(&mut b, &mut c);
    }
    connect(&mut b, &mut c);
    same(&b, &c);
    assert!(!sheet(&b).contains("Eerst"));
    assert!(c.drafts.iter().any(|(draft, _)| draft.contains("Eerst")));
}

/// A, who was resumed, writes in the page of B, who took another key.
fn writes_again(a: &mut Town, b: &mut Town) {
    a.knows(b);
    connect(a, b);
    a.edit(SHEET, "Een", "Eerst");
    talk(a, b);
    same(a, b);
    assert!(sheet(b).contains("Eerst"));
}

/// B suspends A, takes another key, and resumes A with the key of before or with the next one.
fn lifted(under_the_next: bool) {
    let [mut a, mut b] = together();
    let (document, author) = (DocumentId([SHEET; 16]), a.me);
    let resume = |b: &mut Town| b.input(Input::Command { number: 0, command: Command::Resume { document, author } });
    b.input(Input::Command { number: 0, command: Command::Suspend { document, author } });
    if !under_the_next {
        resume(&mut b);
    }
    talk(&mut a, &mut b);
    disconnect(&mut a, &mut b);
    b.take_key(&[&a]);
    b.list(2, &members(&a, &b), &key(202));
    if under_the_next {
        resume(&mut b);
    }
    b.say_again();
    writes_again(&mut a, &mut b);
}

#[test]
fn a_suspension_that_was_lifted_stays_lifted_under_the_next_key() {
    [false, true].into_iter().for_each(lifted);
}

#[test]
fn it_stays_lifted_where_it_came_back_as_a_clock_that_was_ahead_signed_it() {
    const HOUR: u64 = 3_600;
    let [mut a, mut b, mut c] = three();
    disconnect(&mut a, &mut b);
    disconnect(&mut b, &mut c);
    disconnect(&mut a, &mut c);
    let (now, document, author) = (b.now, DocumentId([SHEET; 16]), a.me);
    let cuts = |town: &Town| town.store.values().filter(|one| one.get().header.content == Content::Cut).count();
    b.now = now.plus_seconds(30 * HOUR);
    c.now = now.plus_seconds(10 * HOUR);
    b.input(Input::Command { number: 0, command: Command::Suspend { document, author } });
    meet(&mut b, &mut c);
    b.now = now;
    meet(&mut a, &mut b);
    b.input(Input::Command { number: 0, command: Command::Resume { document, author } });
    for town in [&mut a, &mut b, &mut c] {
        town.now = now.plus_seconds(31 * HOUR);
    }
    meet(&mut b, &mut c);
    assert_eq!(cuts(&b), 2, "as it was signed first, and again");
    let everybody = all([&a, &b, &c]);
    b.rotate(&everybody, &[&a, &c]);
    assert_eq!(cuts(&b), 0);
    writes_again(&mut a, &mut b);
}
