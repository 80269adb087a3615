//! Who signed something in a page and is known to its owner alone: whoever is given the page takes
//! it, also when it comes while they are connected.

use replication::{Command, Input};
use schemas::ids::{DocumentId, RootId};

use crate::common::{CIRCLE, resource, text};
use crate::nodes::{NOW, Node, connect, disconnect, in_step, talk_all};

const PAGE: DocumentId = DocumentId([5; 16]);

fn knows(this: &mut Node, other: &Node) {
    this.input(Input::Certificate { certificate: other.certificate.clone(), bytes: other.bytes.clone() });
}

fn partners(one: &mut Node, other: &mut Node) {
    knows(one, other);
    knows(other, one);
}

fn list(node: &mut Node, members: Vec<RootId>) {
    list_again(node, 1, members);
}

fn list_again(node: &mut Node, version: u64, mut members: Vec<RootId>) {
    members.push(node.root);
    members.sort_unstable();
    node.sign_list(version, &members);
}

fn meet(one: &mut Node, other: &mut Node) {
    for _ in 0..2 {
        connect(one, other);
        disconnect(one, other);
    }
}

/// The owner of a page, one who has it too, one who writes in it and is named by the owner alone, and
/// another who is a partner of the first two.
fn known_to_the_owner() -> [Node; 4] {
    let [mut owner, mut one, mut writer, mut other] = [1, 2, 3, 4].map(Node::new);
    partners(&mut owner, &mut one);
    partners(&mut owner, &mut writer);
    partners(&mut owner, &mut other);
    partners(&mut one, &mut other);
    list(&mut one, vec![owner.root, other.root]);
    list(&mut writer, vec![owner.root]);
    list(&mut other, vec![owner.root, one.root]);
    [owner, one, writer, other]
}

fn opens(owner: &mut Node) {
    let expires_at = NOW.hour().plus_days(300);
    owner.command(Command::Open { circle: CIRCLE, document: PAGE, value: resource("Fiche", "Begin."), expires_at });
}

fn writes(writer: &mut Node) {
    let heads = writer.views[&PAGE].heads.clone();
    writer.command(Command::Edit { document: PAGE, heads, value: resource("Fiche", "Begin. En meer.") });
}

#[test]
fn what_one_signs_that_was_not_heard_of_before_comes_while_connected() {
    let [mut owner, mut one, mut writer, mut other] = known_to_the_owner();
    list(&mut owner, vec![one.root, writer.root, other.root]);
    opens(&mut owner);
    meet(&mut owner, &mut one);
    meet(&mut owner, &mut writer);
    meet(&mut one, &mut other);
    assert!(other.replica.newest_of(writer.root).is_none());

    for node in [&mut owner, &mut one, &mut writer, &mut other] {
        node.later(2, Input::Tick);
    }

    // The owner is out of reach of the other.
    connect(&mut one, &mut other);
    writes(&mut writer);
    meet(&mut owner, &mut writer);
    (one.tolerant, other.tolerant) = (true, true);
    connect(&mut owner, &mut one);
    talk_all(&mut [&mut owner, &mut one, &mut other]);
    disconnect(&mut owner, &mut one);
    assert_eq!(text(&one.views[&PAGE].value), "Begin. En meer.");
    for _ in 0..2 {
        for node in [&mut one, &mut other] {
            node.later(2, Input::Tick);
        }
        talk_all(&mut [&mut one, &mut other]);
    }
    assert_eq!(text(&other.views[&PAGE].value), "Begin. En meer.", "{:?}", other.refused);
    in_step(&one, &other);
}

#[test]
fn who_is_not_given_a_page_does_not_hear_who_wrote_in_it() {
    let [mut owner, mut one, mut writer, mut other] = known_to_the_owner();
    list(&mut owner, vec![one.root, writer.root]);
    opens(&mut owner);
    meet(&mut owner, &mut writer);
    writes(&mut writer);
    meet(&mut owner, &mut writer);
    meet(&mut owner, &mut one);
    meet(&mut owner, &mut other);
    meet(&mut one, &mut other);
    assert_eq!(text(&one.views[&PAGE].value), "Begin. En meer.");
    assert!(other.views.is_empty() && other.replica.newest_of(writer.root).is_none());
}

#[test]
fn of_whom_nothing_is_held_any_more_nobody_is_told() {
    for erased in [false, true] {
        let [mut owner, one, mut writer, mut other] = known_to_the_owner();
        list(&mut owner, vec![one.root, writer.root]);
        opens(&mut owner);
        meet(&mut owner, &mut writer);
        writes(&mut writer);
        meet(&mut owner, &mut writer);
        if erased {
            owner.command(Command::Erase { document: PAGE });
        }
        list_again(&mut owner, 2, vec![one.root, other.root]);
        meet(&mut owner, &mut other);
        let knows = other.replica.newest_of(writer.root).is_some();
        assert_eq!((other.views.contains_key(&PAGE), knows), (!erased, !erased));
    }
}
