//! A municipality of the tests: its replica, what it stores and shows, and what it was told.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::SigningKey;
use minicbor::bytes::ByteVec;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use replication::api::{Kept, Proof};
use replication::coedited::{Admission, Coedited};
use replication::edit::{self, Editor};
use replication::frames::{Frame, Hello};
use replication::{Command, DocumentView, Draft, Effect, Input, Notice, Replica, StoredHeader};
use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::{Content, Envelope, FORMAT, Header, Refusal, Stamp};
use schemas::ids::{DocumentId, EnvelopeId, NodeKey, RootId, Session};
use schemas::time::Timestamp;
use schemas::{Kind, SharedValue};

use crate::common::{CIRCLE, DOCUMENT};
use crate::papers::Papers;

pub(crate) const NOW: Timestamp = Timestamp(497_010 * 3600);

pub(crate) type Signed = Verified<Envelope>;

/// What the others know of a municipality.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) root: RootId,
    certificate: Verified<NodeCertificate>,
    bytes: Vec<u8>,
}

pub(crate) struct Office {
    pub(crate) known: Known,
    pub(crate) key: SigningKey,
    number: u8,
    life: u8,
    pub(crate) schema: u16,
    pub(crate) now: Timestamp,
    pub(crate) replica: Replica,
    inputs: Vec<(Verified<NodeCertificate>, Vec<u8>)>,
    lists: BTreeMap<RootId, (Verified<CircleList>, Vec<u8>)>,
    pub(crate) store: BTreeMap<EnvelopeId, Signed>,
    pub(crate) views: BTreeMap<(RootId, DocumentId), DocumentView>,
    pub(crate) drafts: BTreeMap<[u8; 32], Draft>,
    pub(crate) proofs: BTreeSet<(RootId, Vec<u8>, Vec<u8>)>,
    pub(crate) replaced: BTreeMap<(RootId, DocumentId), DocumentId>,
    settled: Vec<Result<(), Refusal>>,
    pub(crate) refused: BTreeMap<Refusal, usize>,
    /// Envelopes sent to somebody.
    pub(crate) sent: Vec<(RootId, EnvelopeId)>,
}

impl Office {
    pub(crate) fn new(number: u8) -> Self {
        let replica = Self::process(number, 0).understanding(1);
        let Papers { root, key, certificate, bytes } = Papers::new(number);
        let known = Known { root, certificate, bytes };
        Self {
            known,
            key,
            number,
            life: 0,
            schema: 1,
            now: NOW,
            replica,
            inputs: Vec::new(),
            lists: BTreeMap::new(),
            store: BTreeMap::new(),
            views: BTreeMap::new(),
            drafts: BTreeMap::new(),
            proofs: BTreeSet::new(),
            replaced: BTreeMap::new(),
            settled: Vec::new(),
            refused: BTreeMap::new(),
            sent: Vec::new(),
        }
    }

    fn process(number: u8, life: u8) -> Replica {
        Papers::new(number).replica(number ^ (life << 5), number)
    }

    pub(crate) fn root(&self) -> RootId {
        self.known.root
    }

    /// Learns whose node signs for another.
    pub(crate) fn learn(&mut self, of: &Known) {
        self.inputs.push((of.certificate.clone(), of.bytes.clone()));
        self.input(Input::Certificate { certificate: of.certificate.clone(), bytes: of.bytes.clone() });
    }

    /// What the others know of it once its root said that it merged into another.
    pub(crate) fn merged_into(&self, heir: RootId) -> Known {
        self.merged_at(2, heir)
    }

    /// The same in the certificate with this serial.
    pub(crate) fn merged_at(&self, serial: u64, heir: RootId) -> Known {
        let claims = self.known.certificate.get().clone();
        let certificate = NodeCertificate { serial, successor: Some(heir), ..claims };
        let bytes = certificate.sign(&SigningKey::from_bytes(&[self.number; 32]), &self.key);
        Known { root: self.known.root, certificate: NodeCertificate::verify(&bytes).unwrap(), bytes }
    }

    /// Hears of somebody whom no partner of its own list was compared with.
    pub(crate) fn hear_of(&mut self, of: &Known) {
        self.input(Input::Introduced { certificates: vec![(of.certificate.clone(), of.bytes.clone())] });
    }

    pub(crate) fn node(&self) -> NodeKey {
        NodeKey(self.key.verifying_key().to_bytes())
    }

    /// Ends the process and starts it again, as a release that understands `schema`; everything
    /// shown is built anew.
    pub(crate) fn restart(&mut self, schema: u16) {
        self.life += 1;
        self.schema = schema;
        self.replica = Self::process(self.number, self.life).understanding(schema);
        self.views.clear();
        self.replica.restore(self.store.iter().zip(1..).map(|((id, envelope), number)| StoredHeader {
            id: *id,
            number,
            header: envelope.get().header.clone(),
            body_bytes: u32::try_from(envelope.get().body.len()).unwrap(),
        }));
        let rebuild = self.replica.rebuild();
        for (certificate, bytes) in self.inputs.clone() {
            self.input(Input::Certificate { certificate, bytes });
        }
        for (list, bytes) in self.lists.clone().into_values() {
            self.input(Input::List { list, bytes });
        }
        self.carry_out(rebuild);
    }

    /// Meets the others; every list names everybody.
    pub(crate) fn meet(&mut self, others: &[&Office]) {
        let mut members: Vec<RootId> = others.iter().map(|other| other.root()).chain([self.root()]).collect();
        members.sort_unstable();
        members.dedup();
        for other in others {
            if other.root() != self.root() {
                self.learn(&other.known);
            }
        }
        let signers: Vec<(Known, SigningKey)> = others
            .iter()
            .filter(|other| other.root() != self.root())
            .map(|other| (other.known.clone(), other.key.clone()))
            .chain([(self.known.clone(), self.key.clone())])
            .collect();
        for (known, key) in signers {
            self.learn_list(&known, &key, 1, &members);
        }
    }

    /// Learns the list of somebody.
    pub(crate) fn learn_list(&mut self, of: &Known, key: &SigningKey, version: u64, members: &[RootId]) {
        let list = CircleList {
            circle: CIRCLE,
            owner: of.root,
            version,
            name: "Zuidrand".to_owned(),
            arrangement: String::new(),
            members: members.to_vec(),
        };
        let bytes = list.sign(key);
        let list = CircleList::verify(&bytes, &of.certificate).unwrap();
        self.lists.insert(of.root, (list.clone(), bytes.clone()));
        self.input(Input::List { list, bytes });
    }

    pub(crate) fn input(&mut self, input: Input) {
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(self.number) << 8 | u64::from(self.life));
        let effects = self.replica.handle(self.now, &mut rng, input);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Draft(draft) => {
                    self.drafts.entry(draft.change).or_insert(draft);
                }
                Effect::Store(envelopes) => self.store.extend(envelopes.into_iter().map(|one| (one.get().id(), one))),
                Effect::Delete(ids) => self.store.retain(|id, _| !ids.contains(id)),
                Effect::Show(view) => {
                    self.views.insert((view.owner, view.document), view);
                }
                Effect::Hide { owner, document, .. } => {
                    self.views.remove(&(owner, document));
                }
                Effect::Load { document } => {
                    let of = |one: &&Signed| one.get().header.document == document;
                    let envelopes = self.store.values().filter(of).cloned().collect();
                    self.input(Input::Loaded { document, envelopes });
                }
                Effect::Send { partner, frame } => {
                    if let Some(Frame::Envelopes(envelopes)) = Frame::from_bytes(&frame) {
                        let ids = envelopes.iter().map(|bytes| Envelope::from_bytes(bytes).unwrap().id());
                        self.sent.extend(ids.map(|id| (partner, id)));
                    }
                }
                Effect::SendStored { partner, envelopes } => {
                    self.sent.extend(envelopes.into_iter().map(|id| (partner, id)));
                }
                Effect::Settled { outcome, .. } => self.settled.push(outcome),
                Effect::Notify(Notice::Refused { reason, .. }) => *self.refused.entry(reason).or_default() += 1,
                Effect::Keep(Kept::Proof(Proof { author, first, second, .. })) => {
                    self.proofs.insert((author, first, second));
                }
                Effect::Keep(Kept::Replaced { owner, document, by }) => {
                    self.replaced.insert((owner, document), by);
                }
                Effect::Disconnect { reason, .. } => panic!("disconnected: {reason}"),
                Effect::Notify(_) | Effect::Keep(_) | Effect::Retired { .. } | Effect::WakeAt(_) => {}
            }
        }
    }

    pub(crate) fn command(&mut self, command: Command) -> Result<(), Refusal> {
        self.input(Input::Command { number: 0, command });
        self.settled.pop().unwrap()
    }

    /// Takes envelopes that a partner sends, one frame each.
    pub(crate) fn receive(&mut self, from: &Known, envelopes: &[Signed]) {
        self.input(Input::Connected { partner: from.root });
        let hello = Frame::Hello(Hello { store: [7; 16], known: [7; 16], hour: self.now.hour() });
        self.input(Input::Frame { partner: from.root, bytes: hello.to_bytes() });
        for envelope in envelopes {
            let bytes = Frame::Envelopes(vec![ByteVec::from(envelope.get().to_bytes())]).to_bytes();
            self.input(Input::Frame { partner: from.root, bytes });
        }
        self.input(Input::Disconnected { partner: from.root });
    }

    /// What the office holds of the test's document.
    pub(crate) fn held(&self) -> Vec<Signed> {
        self.store.values().cloned().collect()
    }

    /// What the office shows of a document of `owner`.
    pub(crate) fn view(&self, owner: &Office, document: DocumentId) -> Option<&DocumentView> {
        self.views.get(&(owner.root(), document))
    }

    pub(crate) fn open(&mut self, document: DocumentId, value: SharedValue) {
        let expires_at = self.now.hour().plus_days(300);
        self.command(Command::Open { circle: CIRCLE, document, value, expires_at }).unwrap();
    }

    /// Submits a form that was rendered from what is shown now.
    pub(crate) fn edit(&mut self, owner: &Known, document: DocumentId, value: SharedValue) -> Result<(), Refusal> {
        let heads = self.views[&(owner.root, document)].heads.clone();
        self.command(Command::Edit { document, heads, value })
    }

    /// A header of this office's own.
    pub(crate) fn header(&self, owner: RootId, kind: Kind, content: Content, stamp: Stamp) -> Header {
        Header {
            format: FORMAT,
            circle: CIRCLE,
            kind,
            document: DOCUMENT,
            owner,
            stamp,
            author: self.node(),
            content,
            schema: 1,
            signed_at: NOW.hour(),
            expires_at: NOW.hour().plus_days(80),
            body_hash: [0; 32],
        }
    }

    /// Changes that this office signs beside its replica, on the state that `held` makes.
    pub(crate) fn sign_edit(&self, held: &[Signed], session: u8, value: &SharedValue) -> Vec<Signed> {
        let certificates = self.inputs.iter().map(|(certificate, _)| certificate.get());
        let roots: BTreeMap<NodeKey, RootId> =
            certificates.chain([self.known.certificate.get()]).map(|one| (one.node, one.owner())).collect();
        let opening = held.iter().find(|one| one.get().header.content == Content::Opening).unwrap();
        let mut document = Coedited::open(opening.get()).unwrap();
        let mut left: Vec<&Signed> = held.iter().filter(|one| one.get().id() != opening.get().id()).collect();
        let author = |one: &Signed| roots[&one.get().header.author];
        while !left.is_empty() {
            let before = left.len();
            left.retain(|one| document.admit(one.get(), author(one), true) != Ok(Admission::Admitted));
            assert!(left.len() < before, "what is held can be built");
        }
        let heads = document.build().unwrap().heads;
        let session = Session([session; 16]);
        let editor = Editor { author: self.node(), session, spare: session, document: opening.get().header.document };
        let changes = edit::edit(editor, &document, &heads, value).unwrap();
        let header = |seq| Header {
            content: Content::Change,
            stamp: Stamp::Change { session, seq },
            author: self.node(),
            ..opening.get().header.clone()
        };
        (changes.first..).zip(changes.bodies).map(|(seq, body)| Envelope::sign(header(seq), body, &self.key)).collect()
    }
}

/// Municipalities that have all met; the first owns.
pub(crate) fn offices<const N: usize>() -> [Office; N] {
    let others: Vec<Office> = (1..=u8::try_from(N).unwrap()).map(Office::new).collect();
    let others: Vec<&Office> = others.iter().collect();
    std::array::from_fn(|at| {
        let mut office = Office::new(u8::try_from(at + 1).unwrap());
        office.meet(&others);
        office
    })
}

/// One more, who only looks on.
pub(crate) fn observer(others: &[&Office]) -> Office {
    let mut office = Office::new(50);
    for other in others {
        office.learn(&other.known);
    }
    let mut members: Vec<RootId> = others.iter().map(|other| other.root()).chain([office.root()]).collect();
    members.sort_unstable();
    for other in others {
        office.learn_list(&other.known, &other.key, 9, &members);
    }
    office
}

/// Every order of `items`.
pub(crate) fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.len() <= 1 {
        return vec![items.to_vec()];
    }
    let mut all = Vec::new();
    for at in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(at);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            all.push(order);
        }
    }
    all
}
