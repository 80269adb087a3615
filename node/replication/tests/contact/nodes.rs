//! Replicas with their stores, driven by hand.

use std::collections::{BTreeMap, VecDeque};

use crate::common::CIRCLE;
use crate::papers::Papers;
use ed25519_dalek::SigningKey;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use replication::api::{Draft, Kept};
use replication::{Command, DocumentView, Effect, Input, Notice, Replica, frames};
use schemas::SharedValue;
use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::{Envelope, Refusal};
use schemas::ids::{DocumentId, EnvelopeId, RootId};
use schemas::time::Timestamp;

pub(crate) const NOW: Timestamp = Timestamp(497_010 * 3600);

/// A replica with its store, driven by hand.
pub(crate) struct Node {
    pub(crate) number: u8,
    pub(crate) root: RootId,
    pub(crate) key: SigningKey,
    /// The list that it signed last.
    pub(crate) list: Vec<u8>,
    pub(crate) certificate: Verified<NodeCertificate>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) replica: Replica,
    pub(crate) store: BTreeMap<EnvelopeId, Verified<Envelope>>,
    pub(crate) views: BTreeMap<DocumentId, DocumentView>,
    pub(crate) settled: Vec<Result<(), Refusal>>,
    pub(crate) reconciled: usize,
    /// Frames under way, with whom they are for.
    pub(crate) outbox: VecDeque<(RootId, Vec<u8>)>,
    pub(crate) kept: Vec<Kept>,
    pub(crate) drafts: Vec<Draft>,
    /// Serials under which somebody signed two certificates.
    pub(crate) doubled: Vec<u64>,
    pub(crate) disconnected: Vec<&'static str>,
    pub(crate) refused: Vec<Refusal>,
    /// When it asked to be called again.
    pub(crate) wakes: Vec<Timestamp>,
    /// Whether a refusal or a disconnection is what the test is about.
    pub(crate) tolerant: bool,
    pub(crate) sent: usize,
    pub(crate) frames: usize,
}

impl Node {
    pub(crate) fn new(number: u8) -> Self {
        let papers = Papers::new(number);
        let replica = papers.replica(number, number);
        let Papers { root, key, certificate, bytes } = papers;
        Self {
            number,
            root,
            key,
            list: Vec::new(),
            certificate,
            bytes,
            replica,
            store: BTreeMap::new(),
            views: BTreeMap::new(),
            settled: Vec::new(),
            reconciled: 0,
            outbox: VecDeque::new(),
            kept: Vec::new(),
            drafts: Vec::new(),
            doubled: Vec::new(),
            disconnected: Vec::new(),
            refused: Vec::new(),
            wakes: Vec::new(),
            tolerant: false,
            sent: 0,
            frames: 0,
        }
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.later(0, input);
    }

    pub(crate) fn handle(&mut self, input: Input) -> Vec<Effect> {
        self.replica.handle(NOW, &mut ChaCha8Rng::seed_from_u64(1), input)
    }

    pub(crate) fn later(&mut self, seconds: u64, input: Input) {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for effect in self.replica.handle(NOW.plus_seconds(seconds), &mut rng, input) {
            match effect {
                Effect::Load { document } => {
                    let envelopes = self.stored(document);
                    self.later(seconds, Input::Loaded { document, envelopes });
                }
                effect => self.carry_out(effect),
            }
        }
    }

    fn stored(&self, document: DocumentId) -> Vec<Verified<Envelope>> {
        self.store.values().filter(|one| one.get().header.document == document).cloned().collect()
    }

    pub(crate) fn carry_out(&mut self, effect: Effect) {
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
                let envelopes = self.stored(document);
                self.input(Input::Loaded { document, envelopes });
            }
            Effect::Send { partner, frame } => self.outbox.push_back((partner, frame)),
            Effect::SendStored { partner, envelopes } => {
                let wire = envelopes.iter().filter_map(|id| self.store.get(id)).map(|one| one.get().to_bytes());
                self.outbox.extend(frames::envelopes(wire).into_iter().map(|frame| (partner, frame)));
            }
            Effect::Settled { outcome, .. } => self.settled.push(outcome),
            Effect::Notify(Notice::Reconciled { .. }) => self.reconciled += 1,
            Effect::Notify(Notice::Refused { reason, .. }) => {
                assert!(self.tolerant, "refused: {reason}");
                self.refused.push(reason);
            }
            Effect::Disconnect { reason, .. } => {
                assert!(self.tolerant, "disconnected: {reason}");
                self.disconnected.push(reason);
            }
            Effect::Keep(kept) => self.kept.push(kept),
            Effect::Draft(draft) => self.drafts.push(draft),
            Effect::Notify(Notice::CertifiedTwice { serial, .. }) => self.doubled.push(serial),
            Effect::WakeAt(at) => self.wakes.push(at),
            Effect::Notify(_) | Effect::Retired { .. } => {}
        }
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.input(Input::Command { number: 0, command });
    }

    pub(crate) fn join(&mut self, members: &[RootId]) {
        self.sign_list(1, members);
    }

    pub(crate) fn sign_list(&mut self, version: u64, members: &[RootId]) {
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
        self.list.clone_from(&bytes);
        self.input(Input::List { list, bytes });
    }

    pub(crate) fn publish(&mut self, document: u8, value: SharedValue) {
        let expires_at = NOW.hour().plus_days(80);
        self.command(Command::Publish { circle: CIRCLE, document: DocumentId([document; 16]), value, expires_at });
    }
}

pub(crate) fn two() -> (Node, Node) {
    let (mut a, mut b) = (Node::new(1), Node::new(2));
    let mut members = [a.root, b.root];
    members.sort_unstable();
    a.input(Input::Certificate { certificate: b.certificate.clone(), bytes: b.bytes.clone() });
    b.input(Input::Certificate { certificate: a.certificate.clone(), bytes: a.bytes.clone() });
    a.join(&members);
    b.join(&members);
    (a, b)
}

pub(crate) fn connect(a: &mut Node, b: &mut Node) {
    a.input(Input::Connected { partner: b.root });
    b.input(Input::Connected { partner: a.root });
    talk(a, b);
}

pub(crate) fn disconnect(a: &mut Node, b: &mut Node) {
    a.input(Input::Disconnected { partner: b.root });
    b.input(Input::Disconnected { partner: a.root });
}

/// Carries frames until neither has anything to say.
pub(crate) fn talk(a: &mut Node, b: &mut Node) {
    talk_all(&mut [a, b]);
}

pub(crate) fn talk_all(nodes: &mut [&mut Node]) {
    while let Some(from) = nodes.iter_mut().find(|node| !node.outbox.is_empty()) {
        let Some((to, bytes)) = from.outbox.pop_front() else { return };
        from.sent += bytes.len();
        from.frames += 1;
        let partner = from.root;
        let to = nodes.iter_mut().find(|node| node.root == to).unwrap();
        to.input(Input::Frame { partner, bytes });
    }
}

/// Both found that they hold the same of what they share.
pub(crate) fn in_step(a: &Node, b: &Node) {
    for circle in a.replica.circles_with(b.root) {
        for (this, other) in [(a, b), (b, a)] {
            let state = this.replica.partner_state(other.root).unwrap();
            assert_eq!(state.in_step.get(&circle), Some(&true), "{} with {}", this.number, other.number);
        }
    }
}

pub(crate) fn same(a: &Node, b: &Node) {
    in_step(a, b);
    for circle in a.replica.circles_with(b.root) {
        assert!(a.replica.envelope_ids(circle, b.root) == b.replica.envelope_ids(circle, a.root));
    }
    assert_eq!(a.views, b.views);
    assert!(a.settled.iter().chain(&b.settled).all(Result::is_ok));
}

/// Three, of which the first and the last have never met.
pub(crate) fn three() -> (Node, Node, Node) {
    let (mut a, mut b, mut c) = (Node::new(1), Node::new(2), Node::new(3));
    for (this, other) in [(&mut a, &b), (&mut c, &b)] {
        this.input(Input::Certificate { certificate: other.certificate.clone(), bytes: other.bytes.clone() });
    }
    for other in [&a, &c] {
        b.input(Input::Certificate { certificate: other.certificate.clone(), bytes: other.bytes.clone() });
    }
    let sorted = |mut members: Vec<RootId>| {
        members.sort_unstable();
        members
    };
    let all = sorted(vec![a.root, b.root, c.root]);
    a.join(&all);
    b.join(&all);
    let only = sorted(vec![b.root, c.root]);
    c.join(&only);
    (a, b, c)
}

/// Three that are all partners, in one circle.
pub(crate) fn acquainted() -> [Node; 3] {
    let mut nodes = [Node::new(1), Node::new(2), Node::new(3)];
    let known = nodes.each_ref().map(|node| (node.root, node.certificate.clone(), node.bytes.clone()));
    let mut members: Vec<RootId> = known.iter().map(|(root, ..)| *root).collect();
    members.sort_unstable();
    for node in &mut nodes {
        let me = node.root;
        for (_, certificate, bytes) in known.iter().filter(|(root, ..)| *root != me) {
            node.input(Input::Certificate { certificate: certificate.clone(), bytes: bytes.clone() });
        }
        node.join(&members);
    }
    nodes
}
