//! What somebody wrote in a page of another and is in the circle no more: whoever is given the page
//! is given the certificates too by which it is checked. What it did not say again under its next
//! key goes everywhere once it had time.

use replication::retiring::{PATIENCE_DAYS, Retiring};
use replication::{Input, Lost};
use schemas::ids::{CircleId, DocumentId, RootId};

use crate::common::text;
use crate::lists::three;
use crate::town::{CIRCLE, SHEET, Town, connect, disconnect, key, node, same, talk, together};

const PAGE: DocumentId = DocumentId([20; 16]);

/// A and B, who wrote in a page of A; and C, who knows nobody.
fn written_in() -> [Town; 3] {
    let [mut a, mut b] = together();
    a.open(PAGE.0[0], "Bib", "Een twee drie.");
    talk(&mut a, &mut b);
    b.edit(PAGE.0[0], "twee", "2");
    talk(&mut a, &mut b);
    [a, b, Town::new(3)]
}

/// Says who is in the circle.
fn lists(town: &mut Town, version: u64, members: &[RootId]) {
    let mut members = members.to_vec();
    members.sort_unstable();
    let key = town.key.clone();
    town.list(version, &members, &key);
}

/// The two are in one circle from now on, without a third.
fn go_on(a: &mut Town, gone: RootId, c: &mut Town) {
    a.input(Input::Remove { partner: gone });
    c.input(Input::Remove { partner: gone });
    a.knows(c);
    c.knows(a);
    let members = [a.me, c.me];
    lists(a, 7, &members);
    lists(c, 7, &members);
}

fn exchange(a: &mut Town, c: &mut Town) {
    for _ in 0..2 {
        connect(a, c);
        disconnect(a, c);
    }
    connect(a, c);
}

fn are_in_step(a: &Town, c: &Town) -> bool {
    let in_step =
        |one: &Town, other: &Town| one.replica.partner_state(other.me).unwrap().in_step.get(&CIRCLE) == Some(&true);
    in_step(a, c) && in_step(c, a)
}

/// A and C are in one circle from now on, without B.
fn meet(a: &mut Town, b: &Town, c: &mut Town) {
    go_on(a, b.me, c);
    exchange(a, c);
    assert!(are_in_step(a, c), "{:?} {:?}", a.refused, c.refused);
    assert_eq!(a.views[&PAGE], c.views[&PAGE]);
    assert_eq!(text(&c.views[&PAGE].value), "Een 2 drie.");
}

#[test]
fn who_joins_later_takes_what_somebody_wrote_who_left() {
    let [mut a, mut b, mut c] = written_in();
    disconnect(&mut a, &mut b);
    meet(&mut a, &b, &mut c);
}

#[test]
fn who_knows_the_key_of_before_takes_what_was_said_again_before_its_author_left() {
    let [mut a, mut b, mut c] = written_in();
    let everybody = [a.me, b.me, c.me];
    for town in [&mut a, &mut b] {
        town.knows(&c);
        c.knows(town);
        lists(town, 5, &everybody);
    }
    lists(&mut c, 5, &everybody);
    for _ in 0..2 {
        connect(&mut a, &mut c);
        disconnect(&mut a, &mut c);
    }
    connect(&mut a, &mut c);
    assert!(c.views.contains_key(&PAGE));
    disconnect(&mut a, &mut c);
    disconnect(&mut a, &mut b);

    b.take_key(&[&a]);
    lists(&mut b, 6, &everybody);
    b.say_again();
    a.knows(&b);
    connect(&mut a, &mut b);
    disconnect(&mut a, &mut b);
    meet(&mut a, &b, &mut c);
}

#[test]
fn what_was_built_on_what_is_not_said_again_goes_everywhere_once_its_author_had_time() {
    let [mut a, mut b] = together();
    let (mut c, sheet) = (Town::new(3), DocumentId([SHEET; 16]));
    disconnect(&mut a, &mut b);
    a.take_key(&[&b]);
    // It is a partner still when B hears that, and leaves.
    b.knows(&a);
    go_on(&mut b, a.me, &mut c);
    exchange(&mut b, &mut c);
    assert!(!are_in_step(&b, &c), "B waits for what A says again, and C has no ground for what B wrote after it");
    assert_eq!((b.drafts.len(), text(&c.views[&sheet].value).as_str()), (0, "Een twee drie."));
    disconnect(&mut b, &mut c);

    b.now = b.now.plus_seconds(u64::from(PATIENCE_DAYS) * 86_400);
    c.now = b.now;
    exchange(&mut b, &mut c);
    assert!(are_in_step(&b, &c), "{:?} {:?}", b.refused, c.refused);
    same(&b, &c);
    assert_eq!(text(&b.views[&sheet].value), "Een twee drie.");
    assert_eq!(b.drafts, [("Een twee (2) drie.".to_owned(), Lost::Retired)], "what B typed is not lost");
    b.edit(SHEET, "Een", "Eerst");
    talk(&mut b, &mut c);
    same(&b, &c);
}

#[test]
fn a_partner_speaks_for_itself_and_for_who_is_none_and_had_time() {
    let [a, mut b, c] = three();
    let ([of_a, of_c], pair) = ([101, 103].map(|number| node(&key(number))), CircleId::pair(a.me, b.me));
    let mut retiring = Retiring::default();
    retiring.wait(a.me, vec![of_a], b.replica.circles_with(a.me));
    retiring.wait(c.me, vec![of_c], b.replica.circles_with(c.me));
    assert_eq!(retiring.heard(&b.replica, a.me, CIRCLE, |_| true), [], "in one circle of two");
    assert_eq!(retiring.heard(&b.replica, a.me, pair, |_| true), [of_a]);
    assert_eq!(retiring.heard(&b.replica, a.me, pair, |_| true), [], "once");

    b.input(Input::Remove { partner: c.me });
    let only_a = |owner: RootId| owner == a.me;
    assert_eq!(retiring.heard(&b.replica, a.me, CIRCLE, only_a), [], "C may say it again through others");
    b.now = b.now.plus_seconds(u64::from(PATIENCE_DAYS) * 86_400);
    b.input(Input::Tick);
    assert_eq!(retiring.heard(&b.replica, a.me, CIRCLE, |_| true), [], "a partner is waited for");
    assert_eq!(retiring.heard(&b.replica, a.me, CIRCLE, only_a), [of_c]);
    assert_eq!(retiring.owners().count(), 0);
}

#[test]
fn who_was_away_hears_of_the_next_key_after_the_others_let_go() {
    let [mut a, mut b, mut c] = three();
    let (mut d, sheet) = (Town::new(4), DocumentId([SHEET; 16]));
    disconnect(&mut a, &mut b);
    disconnect(&mut a, &mut c);
    // C goes on without A before that one takes another key, says so, and is away then.
    c.input(Input::Remove { partner: a.me });
    let members = [b.me, c.me];
    lists(&mut c, 17, &members);
    talk(&mut b, &mut c);
    disconnect(&mut b, &mut c);
    a.take_key(&[&b]);
    b.knows(&a);
    b.input(Input::Remove { partner: a.me });
    b.knows(&d);
    d.knows(&b);
    let members = [b.me, c.me, d.me];
    lists(&mut b, 17, &members);
    let members = [b.me, d.me];
    lists(&mut d, 17, &members);
    for town in [&mut b, &mut c, &mut d] {
        town.now = town.now.plus_seconds(u64::from(PATIENCE_DAYS) * 86_400);
    }
    exchange(&mut b, &mut d);
    disconnect(&mut b, &mut d);
    assert_eq!(text(&b.views[&sheet].value), "Een twee drie.", "B and D hold the same");
    assert_ne!(text(&c.views[&sheet].value), "Een twee drie.");

    exchange(&mut b, &mut c);
    disconnect(&mut b, &mut c);
    exchange(&mut b, &mut c);
    assert!(are_in_step(&b, &c), "{:?} {:?}", b.refused, c.refused);
    assert_eq!(b.views[&sheet], c.views[&sheet]);
    assert_eq!(text(&c.views[&sheet].value), "Een twee drie.");
    // Nor is it forgotten that the key is void, for as long as anybody may bring what it signed.
    assert!(!b.replica.unnamed().contains(&a.me));
    b.now = b.now.plus_seconds(4_000 * 86_400);
    b.input(Input::Tick);
    assert!(b.replica.unnamed().contains(&a.me));
}
