//! A municipality that merges: whoever hears it first parts first, and the others still get in
//! step with it, so that nothing that it wrote is missed.

use ed25519_dalek::SigningKey;
use replication::{Command, Input};
use schemas::Kind;
use schemas::certificate::NodeCertificate;
use schemas::ids::DocumentId;

use crate::common::{CIRCLE, example, resource, text};
use crate::nodes::{NOW, Node, acquainted, connect, disconnect, in_step, same};

const PAGE: DocumentId = DocumentId([5; 16]);
const NEW: DocumentId = DocumentId([8; 16]);

/// The successor, the one that merges and a third, who hold the same; the one that merges has a
/// page and a card, and its root said so since.
fn merged() -> [Node; 3] {
    let [mut heir, mut gone, mut third] = acquainted();
    let expires_at = NOW.hour().plus_days(300);
    gone.command(Command::Open { circle: CIRCLE, document: PAGE, value: resource("Fiche", "Begin."), expires_at });
    gone.publish(1, example(Kind::MentorOffer));
    meet(&mut heir, &mut gone);
    meet(&mut gone, &mut third);
    meet(&mut heir, &mut third);
    let claims = gone.certificate.get().clone();
    let root = SigningKey::from_bytes(&[gone.number; 32]);
    let bytes = NodeCertificate { serial: 2, successor: Some(heir.root), ..claims }.sign(&root, &gone.key);
    let certificate = NodeCertificate::verify(&bytes).unwrap();
    gone.input(Input::Certificate { certificate, bytes });
    // Whoever has not parted yet still offers its card, and the page that was taken over.
    for node in [&mut heir, &mut gone, &mut third] {
        node.tolerant = true;
    }
    [heir, gone, third]
}

fn meet(one: &mut Node, other: &mut Node) {
    connect(one, other);
    same(one, other);
    disconnect(one, other);
}

/// `this` meets `gone` and holds what it held; then it goes on without it, with `other`.
fn part(this: &mut Node, gone: &mut Node, other: &Node) {
    connect(this, gone);
    in_step(this, gone);
    disconnect(this, gone);
    this.input(Input::Remove { partner: gone.root });
    let mut members = [this.root, other.root];
    members.sort_unstable();
    this.sign_list(2, &members);
}

fn take_over(heir: &mut Node) {
    heir.command(Command::Replace { document: PAGE, by: NEW, expires_at: NOW.hour().plus_days(400) });
}

/// The two go on, and the page is the successor's.
fn handed_on(heir: &mut Node, third: &mut Node) {
    connect(heir, third);
    same(heir, third);
    for node in [&*heir, &*third] {
        assert!(
            node.refused.iter().all(|reason| reason.is_innocent()) && node.disconnected.is_empty(),
            "{:?}",
            node.refused
        );
        assert_eq!(node.views.len(), 1, "{:?}", node.views);
        let page = &node.views[&NEW];
        assert_eq!((page.owner, text(&page.value).as_str()), (heir.root, "Begin."));
    }
}

#[test]
fn the_successor_gets_in_step_after_the_third_parted() {
    let [mut heir, mut gone, mut third] = merged();
    part(&mut third, &mut gone, &heir);
    connect(&mut third, &mut heir);
    disconnect(&mut third, &mut heir);
    part(&mut heir, &mut gone, &third);
    take_over(&mut heir);
    handed_on(&mut heir, &mut third);
}

#[test]
fn who_leaves_the_successor_keeps_nothing_of_the_one_that_merged() {
    let [mut heir, mut gone, mut third] = merged();
    part(&mut heir, &mut gone, &third);
    part(&mut third, &mut gone, &heir);
    let of_gone = |node: &Node| node.store.values().filter(|one| one.get().header.owner == gone.root).count();
    connect(&mut heir, &mut third);
    disconnect(&mut heir, &mut third);
    assert!(third.views.contains_key(&PAGE), "until its successor opens it anew");
    take_over(&mut heir);
    connect(&mut heir, &mut third);
    assert_eq!((of_gone(&heir), of_gone(&third)), (1, 1), "what became of it");
    third.input(Input::Remove { partner: heir.root });
    assert_eq!((of_gone(&heir), of_gone(&third)), (1, 0));
    assert!(third.views.is_empty(), "{:?}", third.views);
}

#[test]
fn the_third_gets_in_step_after_the_successor_parted() {
    let [mut heir, mut gone, mut third] = merged();
    part(&mut heir, &mut gone, &third);
    take_over(&mut heir);
    connect(&mut heir, &mut third);
    disconnect(&mut heir, &mut third);
    part(&mut third, &mut gone, &heir);
    handed_on(&mut heir, &mut third);
}

#[test]
fn a_third_gets_in_step_when_the_one_that_merged_is_no_partner_of_its_successor_any_more() {
    let [mut heir, mut gone, mut third] = merged();
    part(&mut heir, &mut gone, &third);
    gone.input(Input::Remove { partner: heir.root });
    let mut members = [gone.root, third.root];
    members.sort_unstable();
    gone.sign_list(2, &members);
    take_over(&mut heir);
    connect(&mut heir, &mut third);
    disconnect(&mut heir, &mut third);
    part(&mut third, &mut gone, &heir);
    handed_on(&mut heir, &mut third);
    assert!(!gone.views.contains_key(&PAGE), "it takes its successor's word for what became of it");
}

#[test]
fn a_chain_of_mergers_told_at_a_start_is_known_at_once_in_any_order() {
    let chain = [3, 4, 5].map(Node::new);
    let heir = Node::new(2);
    let heirs = [chain[1].root, chain[2].root, heir.root];
    let mut certificates: Vec<_> = chain
        .iter()
        .zip(heirs)
        .map(|(gone, heir)| {
            let claims = gone.certificate.get().clone();
            let root = SigningKey::from_bytes(&[gone.number; 32]);
            let bytes = NodeCertificate { serial: 2, successor: Some(heir), ..claims }.sign(&root, &gone.key);
            (NodeCertificate::verify(&bytes).unwrap(), bytes)
        })
        .collect();
    // One that nobody knows and that merged into nobody who counts.
    let stranger = Node::new(6);
    certificates.push((stranger.certificate.clone(), stranger.bytes.clone()));
    for turn in 0..certificates.len() {
        for reversed in [false, true] {
            let mut told = certificates.clone();
            told.rotate_left(turn);
            if reversed {
                told.reverse();
            }
            let mut me = Node::new(1);
            me.input(Input::Certificate { certificate: heir.certificate.clone(), bytes: heir.bytes.clone() });
            me.input(Input::Introduced { certificates: told });
            let successors = chain.each_ref().map(|gone| me.replica.successor(gone.root));
            assert_eq!(successors, [Some(heir.root); 3], "{turn} {reversed}");
            assert_eq!(me.replica.unnamed(), [stranger.root].into());
        }
    }
}
