//! Whose a key is: of who has it, whatever others say of it and whoever is heard first.

use minicbor::bytes::ByteVec;
use replication::Input;
use replication::frames::{Frame, Paper};
use schemas::certificate::{CertificateError, NodeCertificate};
use schemas::envelope::Refusal;
use schemas::ids::DocumentId;
use schemas::{Kind, SharedValue};

use crate::town::{OFFER, Town, connect, disconnect, key, members, node, same, talk, together};

#[test]
fn nobody_retires_the_key_of_another() {
    let [mut a, mut b] = together();
    let mut c = Town::new(3);
    c.certificate.retired = vec![a.certificate.node];
    c.certificate.serial = 2;
    b.knows(&c);
    a.publish(OFFER, Kind::MentorOffer);
    talk(&mut a, &mut b);
    same(&a, &b);
    // And nobody takes one over as its own, not even who stole it.
    let mut d = Town::new(4);
    d.certificate.node = a.certificate.node;
    d.key = a.key.clone();
    b.knows(&d);
    a.publish(OFFER, Kind::MentorOffer);
    talk(&mut a, &mut b);
    same(&a, &b);
    assert!(b.refused.is_empty(), "{:?}", b.refused);
    let value: &SharedValue = &b.views[&DocumentId([OFFER; 16])].value;
    assert_eq!(value.kind(), Kind::MentorOffer);
}

#[test]
fn a_key_that_was_only_seen_is_claimed_by_nobody() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    // Before B knows A's next key, C does: it can't certify it, but it can say that it retired it.
    let next = node(&key(201));
    let mut c = Town::new(3);
    let claim = NodeCertificate { node: next, serial: 2, ..c.certificate.clone() };
    let refused = |signer: u8| NodeCertificate::verify(&claim.sign(&key(3), &key(signer))).map(|_| ());
    assert_eq!(refused(103), Err(CertificateError::Signature), "signed by a key of its own");
    assert_eq!(refused(3), Err(CertificateError::Signature), "or by its root");
    c.certificate.serial = 2;
    c.certificate.retired = vec![next];
    b.knows(&c);

    a.rotate(&members(&a, &b), &[&b]);
    assert_eq!(a.certificate.node, next);
    b.knows(&a);
    connect(&mut a, &mut b);
    connect(&mut a, &mut b);
    a.publish(OFFER, Kind::MentorOffer);
    talk(&mut a, &mut b);
    same(&a, &b);
    assert!(b.signed_by(&[node(&key(101))]).is_empty() && !b.signed_by(&[next]).is_empty());
    assert!(b.refused.is_empty(), "{:?}", b.refused);
}

#[test]
fn who_claims_a_stolen_key_first_keeps_nobody_from_replacing_it() {
    let [mut a, mut b] = together();
    // A newcomer hears of the thief before it hears of A.
    let (mut c, mut thief) = (Town::new(3), Town::new(4));
    thief.certificate.node = a.certificate.node;
    thief.key = a.key.clone();
    c.knows(&thief);
    disconnect(&mut a, &mut b);
    a.rotate(&members(&a, &b), &[&b]);
    let mut three = vec![a.me, b.me, c.me];
    three.sort_unstable();
    a.knows(&c);
    let next = a.key.clone();
    a.list(3, &three, &next);
    c.knows(&a);
    c.list(1, &three, &key(103));
    connect(&mut a, &mut c);
    a.publish(OFFER, Kind::MentorOffer);
    talk(&mut a, &mut c);
    assert!(c.views.contains_key(&DocumentId([OFFER; 16])), "{:?}", c.refused);
    let held = |town: &Town| town.signed_by(&[a.certificate.node]).len();
    assert_eq!(held(&c), a.store.values().filter(|one| one.get().header.owner == a.me).count());
    let claim =
        Input::Certificate { certificate: NodeCertificate::verify(&thief.papers()).unwrap(), bytes: thief.papers() };
    c.input(claim);
    a.publish(OFFER, Kind::MentorOffer);
    talk(&mut a, &mut c);
    assert_eq!(c.views[&DocumentId([OFFER; 16])], a.views[&DocumentId([OFFER; 16])]);
}

/// The certificate of a town in a later serial.
fn later(town: &Town, serial: u64, change: impl FnOnce(&mut NodeCertificate)) -> Vec<u8> {
    let mut certificate = NodeCertificate { serial, ..town.certificate.clone() };
    change(&mut certificate);
    let signer = [town.number + 100, town.number + 200].map(key).into_iter().find(|one| node(one) == certificate.node);
    certificate.sign(&key(town.number), &signer.unwrap_or_else(|| key(serial as u8)))
}

fn papers(certificates: &[Vec<u8>]) -> Vec<u8> {
    let paper = |bytes: &Vec<u8>| Paper::Certificate(ByteVec::from(bytes.clone()));
    Frame::Papers(certificates.iter().map(paper).collect()).to_bytes()
}

#[test]
fn certificates_without_end_are_not_taken_without_end() {
    let [mut a, mut b] = together();
    let kept = |town: &Town| town.certificates;
    let before = kept(&b);
    // Each for a key of its own, that retires the one before.
    let next = |serial: u64| {
        later(&a, serial, |certificate| {
            certificate.node = node(&key(serial as u8));
            certificate.retired = vec![node(&key(serial as u8 - 1))];
        })
    };
    let certificates: Vec<Vec<u8>> = (2..=250).map(next).collect();
    for some in certificates.chunks(16) {
        b.input(Input::Frame { partner: a.me, bytes: papers(some) });
    }
    assert!(b.hung_up.is_empty(), "who brings them is not shut out: {:?}", b.hung_up);
    let taken = kept(&b) - before;
    assert!((8..20).contains(&taken), "{taken}");
    // An honest one that comes back later is still heard.
    b.now = b.now.plus_seconds(3600);
    a.now = b.now;
    a.outbox.clear();
    b.outbox.clear();
    connect(&mut a, &mut b);
    assert!(b.hung_up.is_empty() && b.refused.contains(&Refusal::OverBudget), "{:?}", b.refused);
}

#[test]
fn a_certificate_of_another_municipality_under_the_same_root_is_not_taken() {
    let [a, mut b] = together();
    let before = b.certificates;
    for change in [
        |one: &mut NodeCertificate| one.refnis = "11001".to_owned(),
        |one: &mut NodeCertificate| {
            one.kbo = "0207463994".to_owned();
        },
    ] {
        let bytes = papers(&[later(&a, 2, change)]);
        b.input(Input::Frame { partner: a.me, bytes });
    }
    assert_eq!(b.certificates, before, "who it is was compared by phone");
    let bytes = papers(&[later(&a, 2, |_| {})]);
    b.input(Input::Frame { partner: a.me, bytes });
    assert_eq!(b.certificates, before + 1);
}
