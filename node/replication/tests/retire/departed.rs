//! What somebody wrote in a page of another and is in the circle no more: whoever is given the page
//! is given the certificates too by which it is checked.

use replication::Input;
use schemas::ids::{DocumentId, RootId};

use crate::common::text;
use crate::town::{CIRCLE, Town, connect, disconnect, talk, together};

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

/// A and C are in one circle from now on, without B.
fn meet(a: &mut Town, b: &Town, c: &mut Town) {
    a.input(Input::Remove { partner: b.me });
    c.input(Input::Remove { partner: b.me });
    a.knows(c);
    c.knows(a);
    let members = [a.me, c.me];
    lists(a, 7, &members);
    lists(c, 7, &members);
    for _ in 0..2 {
        connect(a, c);
        disconnect(a, c);
    }
    connect(a, c);
    let in_step =
        |one: &Town, other: &Town| one.replica.partner_state(other.me).unwrap().in_step.get(&CIRCLE) == Some(&true);
    assert!(in_step(a, c) && in_step(c, a), "{:?} {:?}", a.refused, c.refused);
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
