//! Two replicas that meet: everything is there at once, without waiting for a next check.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

#[expect(dead_code, reason = "writers are the matter of other tests")]
mod common;

use std::collections::{BTreeMap, VecDeque};

use common::{CIRCLE, example, resource, text};
use ed25519_dalek::SigningKey;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use replication::{Command, Config, DocumentView, Effect, Input, Notice, Replica, frames};
use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::{Envelope, Refusal};
use schemas::ids::{DocumentId, EnvelopeId, NodeKey, RootId, RootKey, Session};
use schemas::time::{Hour, Timestamp};
use schemas::{Kind, SharedValue};

const NOW: Timestamp = Timestamp(497_010 * 3600);

/// A replica with its store, driven by hand.
struct Node {
    root: RootId,
    key: SigningKey,
    certificate: Verified<NodeCertificate>,
    bytes: Vec<u8>,
    replica: Replica,
    store: BTreeMap<EnvelopeId, Verified<Envelope>>,
    views: BTreeMap<DocumentId, DocumentView>,
    settled: Vec<Result<(), Refusal>>,
    reconciled: usize,
    outbox: VecDeque<Vec<u8>>,
    sent: usize,
}

impl Node {
    fn new(number: u8) -> Self {
        let (root, key) = (SigningKey::from_bytes(&[number; 32]), SigningKey::from_bytes(&[number + 100; 32]));
        let from = Hour(497_000);
        let certificate = NodeCertificate {
            root: RootKey(root.verifying_key().to_bytes()),
            refnis: "11029".to_owned(),
            kbo: String::new(),
            node: NodeKey(key.verifying_key().to_bytes()),
            serial: 1,
            valid_from: from,
            valid_until: from.plus_days(365),
            retired: Vec::new(),
        };
        let bytes = certificate.sign(&root);
        let certificate = NodeCertificate::verify(&bytes).unwrap();
        let replica = Replica::new(Config {
            certificate: certificate.clone(),
            certificate_bytes: bytes.clone(),
            key: key.clone(),
            session: Session([number; 16]),
            incarnation: 1,
            store_id: [number; 16],
        });
        Self {
            root: certificate.get().owner(),
            key,
            certificate,
            bytes,
            replica,
            store: BTreeMap::new(),
            views: BTreeMap::new(),
            settled: Vec::new(),
            reconciled: 0,
            outbox: VecDeque::new(),
            sent: 0,
        }
    }

    fn input(&mut self, input: Input) {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for effect in self.replica.handle(NOW, &mut rng, input) {
            match effect {
                Effect::Store(envelopes) => {
                    self.store.extend(envelopes.into_iter().map(|one| (one.get().id(), one)));
                }
                Effect::Delete(ids) => self.store.retain(|id, _| !ids.contains(id)),
                Effect::Show(view) => {
                    self.views.insert(view.document, view);
                }
                Effect::Hide { document, .. } => {
                    self.views.remove(&document);
                }
                Effect::Load { document } => {
                    let of = |one: &&Verified<Envelope>| one.get().header.document == document;
                    let envelopes = self.store.values().filter(of).cloned().collect();
                    self.input(Input::Loaded { document, envelopes });
                }
                Effect::Send { frame, .. } => self.outbox.push_back(frame),
                Effect::SendStored { envelopes, .. } => {
                    let wire = envelopes.iter().filter_map(|id| self.store.get(id)).map(|one| one.get().to_bytes());
                    self.outbox.extend(frames::envelopes(wire));
                }
                Effect::Settled { outcome, .. } => self.settled.push(outcome),
                Effect::Notify(Notice::Reconciled { .. }) => self.reconciled += 1,
                Effect::Notify(Notice::Refused { reason, .. }) => panic!("refused: {reason}"),
                Effect::Disconnect { reason, .. } => panic!("disconnected: {reason}"),
                Effect::Notify(_) | Effect::Keep(_) | Effect::WakeAt(_) => {}
            }
        }
    }

    fn command(&mut self, command: Command) {
        self.input(Input::Command { number: 0, command });
    }

    fn join(&mut self, members: &[RootId]) {
        self.sign_list(1, members);
    }

    fn sign_list(&mut self, version: u64, members: &[RootId]) {
        let list = CircleList {
            circle: CIRCLE,
            owner: self.root,
            version,
            name: "Zuidrand".to_owned(),
            arrangement: String::new(),
            members: members.to_vec(),
        };
        let bytes = list.sign(&self.key);
        let list = CircleList::verify(&bytes, &self.certificate).unwrap();
        self.input(Input::List { list, bytes });
    }

    fn publish(&mut self, document: u8, value: SharedValue) {
        let expires_at = NOW.hour().plus_days(80);
        self.command(Command::Publish { circle: CIRCLE, document: DocumentId([document; 16]), value, expires_at });
    }
}

fn two() -> (Node, Node) {
    let (mut a, mut b) = (Node::new(1), Node::new(2));
    let mut members = [a.root, b.root];
    members.sort_unstable();
    a.input(Input::Certificate { certificate: b.certificate.clone(), bytes: b.bytes.clone() });
    b.input(Input::Certificate { certificate: a.certificate.clone(), bytes: a.bytes.clone() });
    a.join(&members);
    b.join(&members);
    (a, b)
}

fn connect(a: &mut Node, b: &mut Node) {
    a.input(Input::Connected { partner: b.root });
    b.input(Input::Connected { partner: a.root });
    talk(a, b);
}

fn disconnect(a: &mut Node, b: &mut Node) {
    a.input(Input::Disconnected { partner: b.root });
    b.input(Input::Disconnected { partner: a.root });
}

/// Carries frames until neither has anything to say.
fn talk(a: &mut Node, b: &mut Node) {
    loop {
        let (partner, frame, to) = if let Some(frame) = a.outbox.pop_front() {
            a.sent += frame.len();
            (a.root, frame, &mut *b)
        } else if let Some(frame) = b.outbox.pop_front() {
            b.sent += frame.len();
            (b.root, frame, &mut *a)
        } else {
            return;
        };
        to.input(Input::Frame { partner, bytes: frame });
    }
}

fn same(a: &Node, b: &Node) {
    for circle in a.replica.circles_with(b.root) {
        assert!(a.replica.envelope_ids(circle, b.root) == b.replica.envelope_ids(circle, a.root));
        for (this, other) in [(a, b), (b, a)] {
            let state = this.replica.partner_state(other.root).unwrap();
            assert_eq!(state.in_step.get(&circle), Some(&true));
        }
    }
    assert_eq!(a.views, b.views);
    assert!(a.settled.iter().chain(&b.settled).all(Result::is_ok));
}

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
fn reconnecting_without_news_costs_little() {
    let (mut a, mut b) = two();
    for document in 0..200 {
        a.publish(document, example(Kind::MentorOffer));
    }
    connect(&mut a, &mut b);
    same(&a, &b);
    disconnect(&mut a, &mut b);
    (a.sent, b.sent) = (0, 0);
    connect(&mut a, &mut b);
    same(&a, &b);
    assert!(a.sent + b.sent < 3_000, "{} bytes", a.sent + b.sent);
}
