//! A root that signs two certificates under one serial: every honest node ends with the same,
//! in whatever order they came.

use ed25519_dalek::SigningKey;
use minicbor::bytes::ByteVec;
use replication::Input;
use replication::api::Kept;
use replication::frames::{Frame, Paper};
use schemas::Kind;
use schemas::certificate::NodeCertificate;
use schemas::envelope::Refusal;
use schemas::ids::{DocumentId, NodeKey, RootId};

use crate::common::example;
use crate::nodes::{Node, acquainted, connect, disconnect, talk};

/// A certificate of this node in its second serial.
fn second(of: &Node, key: &SigningKey, change: impl FnOnce(&mut NodeCertificate)) -> Vec<u8> {
    let mut claims = of.certificate.get().clone();
    (claims.serial, claims.node) = (2, NodeKey(key.verifying_key().to_bytes()));
    change(&mut claims);
    claims.sign(&SigningKey::from_bytes(&[of.number; 32]), key)
}

/// Tells a node of certificates, one after the other, by their owner.
fn tell(node: &mut Node, by: &mut Node, certificates: [&Vec<u8>; 2]) {
    connect(by, node);
    for bytes in certificates {
        let papers = Frame::Papers(vec![Paper::Certificate(ByteVec::from(bytes.clone()))]).to_bytes();
        node.input(Input::Frame { partner: by.root, bytes: papers });
    }
    node.outbox.clear();
    disconnect(by, node);
}

/// The certificates that a node keeps, as its store holds them.
fn kept(node: &Node) -> Vec<NodeCertificate> {
    let certificates = node.kept.iter().filter_map(|kept| match kept {
        Kept::Certificate(_, bytes) => Some(NodeCertificate::verify(bytes).unwrap().into_inner()),
        _ => None,
    });
    certificates.collect()
}

/// Two who heard both, in another order, find that they know the same and that nothing is to be
/// told.
fn agree(one: &mut Node, other: &mut Node) {
    connect(one, other);
    disconnect(one, other);
    (one.frames, other.frames) = (0, 0);
    connect(one, other);
    let circles = one.replica.circles_with(other.root).len();
    assert_eq!(one.frames + other.frames, 2 + 2 * circles, "a greeting each, and a question with its answer");
    assert_eq!((kept(one).len(), kept(other).len()), (2, 2), "nothing came again");
    assert_eq!((&one.doubled[..], &other.doubled[..]), (&[2][..], &[2][..]));
}

/// Two honest nodes that both variants reached, each in its own order, and their owner.
fn told(variants: impl FnOnce(&Node) -> [Vec<u8>; 2]) -> [Node; 3] {
    let [mut double, mut one, mut other] = acquainted();
    let [first, second] = variants(&double);
    tell(&mut one, &mut double, [&first, &second]);
    tell(&mut other, &mut double, [&second, &first]);
    agree(&mut one, &mut other);
    [double, one, other]
}

#[test]
fn of_two_that_differ_in_successor_everybody_takes_the_same() {
    let [double, one, other] =
        told(|node| [7, 8].map(|heir| second(node, &node.key, |claims| claims.successor = Some(RootId([heir; 32])))));
    let newest = [&one, &other].map(|node| node.replica.newest_of(double.root).unwrap());
    assert_eq!(newest[0], newest[1]);
    assert!(newest[0].successor.is_some());
}

#[test]
fn of_two_that_differ_in_key_everybody_takes_the_same() {
    let keys = [31, 32].map(|number| SigningKey::from_bytes(&[number; 32]));
    let [double, one, other] = told(|node| keys.each_ref().map(|key| second(node, key, |_| {})));
    let newest = [&one, &other].map(|node| node.replica.newest_of(double.root).unwrap());
    assert_eq!(newest[0], newest[1]);
    assert_ne!(newest[0].node, double.certificate.get().node);
}

#[test]
fn the_thief_of_a_retired_key_gets_it_back_by_no_other_certificate() {
    let next = SigningKey::from_bytes(&[31; 32]);
    let [mut thief, mut one, mut other] = told(|node| {
        let stolen = node.certificate.get().node;
        [second(node, &node.key, |_| {}), second(node, &next, |claims| claims.retired = vec![stolen])]
    });
    let newest = NodeKey(next.verifying_key().to_bytes());
    for node in [&mut one, &mut other] {
        assert_eq!(node.replica.newest_of(thief.root).unwrap().node, newest);
        node.tolerant = true;
    }
    thief.tolerant = true;
    thief.publish(1, example(Kind::MentorOffer));
    for node in [&mut one, &mut other] {
        connect(&mut thief, node);
        talk(&mut thief, node);
        assert!(node.refused.contains(&Refusal::Retired) && !node.views.contains_key(&DocumentId([1; 16])));
    }
}
