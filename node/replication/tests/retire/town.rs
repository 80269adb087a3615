//! Two towns, of which one has its key stolen, and what they share.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ed25519_dalek::SigningKey;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use replication::api::{Kept, Lost};
use replication::retiring::Retiring;
use replication::{Command, Config, DocumentView, Effect, Input, Notice, Replica, StoredHeader, frames};
use schemas::Kind;
use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::{Content, Envelope, Refusal};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId, RootKey, Session};
use schemas::time::{Hour, Timestamp};

use crate::common::{example, resource, text};

pub(crate) const NOW: Timestamp = Timestamp(497_100 * 3600);
pub(crate) const CIRCLE: CircleId = CircleId([9; 16]);

/// One municipality: its root, its node of now, and what its store holds.
pub(crate) struct Town {
    pub(crate) number: u8,
    pub(crate) me: RootId,
    pub(crate) certificate: NodeCertificate,
    /// Its node's key of now.
    pub(crate) key: SigningKey,
    pub(crate) replica: Replica,
    pub(crate) store: BTreeMap<EnvelopeId, Verified<Envelope>>,
    pub(crate) views: BTreeMap<DocumentId, DocumentView>,
    pub(crate) outbox: VecDeque<Vec<u8>>,
    pub(crate) refused: Vec<Refusal>,
    /// Why it ended a stream.
    pub(crate) hung_up: Vec<&'static str>,
    /// How many certificates were kept that partners brought.
    pub(crate) certificates: usize,
    pub(crate) now: Timestamp,
    /// Keys of others that were retired and of which something may be left.
    pub(crate) retiring: Retiring,
    /// Who is no partner any more.
    pub(crate) parted: BTreeSet<RootId>,
    /// Texts that became drafts, and why.
    pub(crate) drafts: Vec<(String, Lost)>,
    /// This node's own retired keys, of which all is to be said again.
    pub(crate) own: Vec<NodeKey>,
    /// Documents that are to be read, while its store is slow.
    pub(crate) unread: Option<Vec<DocumentId>>,
}

pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

pub(crate) fn node(key: &SigningKey) -> NodeKey {
    NodeKey(key.verifying_key().to_bytes())
}

pub(crate) fn replica(root: &SigningKey, certificate: &NodeCertificate, key: &SigningKey, session: u8) -> Replica {
    let bytes = certificate.sign(root, key);
    Replica::new(Config {
        certificate: NodeCertificate::verify(&bytes).unwrap(),
        certificate_bytes: bytes,
        key: key.clone(),
        session: Session([session; 16]),
        incarnation: 1,
        store_id: [session; 16],
    })
}

impl Town {
    pub(crate) fn new(number: u8) -> Self {
        let certificate = NodeCertificate {
            root: RootKey(key(number).verifying_key().to_bytes()),
            refnis: "11029".to_owned(),
            kbo: String::new(),
            node: node(&key(number + 100)),
            serial: 1,
            valid_from: Hour(497_000),
            valid_until: Hour(497_000).plus_days(365),
            retired: Vec::new(),
            successor: None,
        };
        Self {
            number,
            me: certificate.owner(),
            replica: replica(&key(number), &certificate, &key(number + 100), number),
            certificate,
            key: key(number + 100),
            store: BTreeMap::new(),
            views: BTreeMap::new(),
            outbox: VecDeque::new(),
            refused: Vec::new(),
            hung_up: Vec::new(),
            certificates: 0,
            now: NOW,
            retiring: Retiring::default(),
            parted: BTreeSet::new(),
            drafts: Vec::new(),
            own: Vec::new(),
            unread: None,
        }
    }

    pub(crate) fn signed_by(&self, nodes: &[NodeKey]) -> Vec<Verified<Envelope>> {
        self.store.values().filter(|one| nodes.contains(&one.get().header.author)).cloned().collect()
    }

    pub(crate) fn input(&mut self, input: Input) {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        if let Input::Remove { partner } = &input {
            self.parted.insert(*partner);
        }
        for effect in self.replica.handle(self.now, &mut rng, input) {
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
                Effect::Load { document } => match &mut self.unread {
                    Some(unread) => unread.push(document),
                    None => self.read(document),
                },
                Effect::Send { frame, .. } => self.outbox.push_back(frame),
                Effect::SendStored { envelopes, .. } => {
                    let wire = envelopes.iter().filter_map(|id| self.store.get(id)).map(|one| one.get().to_bytes());
                    self.outbox.extend(frames::envelopes(wire));
                }
                Effect::Retired { owner, nodes } => {
                    if owner == self.me {
                        // As the runtime does: after everything that is known at a start.
                        self.own = nodes;
                    } else {
                        let envelopes = self.signed_by(&nodes);
                        let envelopes = envelopes.iter().map(|one| one.get().id()).collect();
                        let circles = self.replica.circles_with(owner);
                        self.retiring.wait(owner, nodes, circles);
                        self.input(Input::Void { envelopes, all: false });
                    }
                }
                Effect::Notify(Notice::Reconciled { circle, partner }) => {
                    let is_partner = |owner: RootId| !self.parted.contains(&owner);
                    let nodes = self.retiring.heard(&self.replica, partner, circle, is_partner);
                    if !nodes.is_empty() {
                        let envelopes = self.signed_by(&nodes).iter().map(|one| one.get().id()).collect();
                        self.input(Input::Void { envelopes, all: true });
                    }
                }
                Effect::Notify(Notice::Refused { reason, .. }) => self.refused.push(reason),
                Effect::Settled { outcome, .. } => outcome.unwrap(),
                Effect::Disconnect { reason, .. } => self.hung_up.push(reason),
                Effect::Keep(Kept::Certificate(..)) => self.certificates += 1,
                Effect::Draft(draft) => self.drafts.push((text(&draft.typed), draft.why)),
                Effect::Notify(_) | Effect::Keep(_) | Effect::WakeAt(_) => {}
            }
        }
    }

    fn read(&mut self, document: DocumentId) {
        let of = |one: &&Verified<Envelope>| one.get().header.document == document;
        let envelopes = self.store.values().filter(of).cloned().collect();
        self.input(Input::Loaded { document, envelopes });
    }

    /// Its store is slow no more.
    pub(crate) fn catch_up(&mut self) {
        for document in self.unread.take().unwrap_or_default() {
            self.read(document);
        }
    }

    pub(crate) fn list(&mut self, version: u64, members: &[RootId], key: &SigningKey) {
        let list = CircleList {
            circle: CIRCLE,
            owner: self.me,
            version,
            name: "Zuidrand".to_owned(),
            arrangement: String::new(),
            members: members.to_vec(),
        };
        let bytes = list.sign(key);
        let papers = NodeCertificate::verify(&self.papers()).unwrap();
        self.input(Input::List { list: CircleList::verify(&bytes, &papers).unwrap(), bytes });
    }

    pub(crate) fn papers(&self) -> Vec<u8> {
        self.certificate.sign(&key(self.number), &self.key)
    }

    pub(crate) fn knows(&mut self, other: &Self) {
        let bytes = other.papers();
        self.input(Input::Certificate { certificate: NodeCertificate::verify(&bytes).unwrap(), bytes });
    }

    pub(crate) fn publish(&mut self, document: u8, kind: Kind) {
        let expires_at = NOW.hour().plus_days(80);
        let (document, value) = (DocumentId([document; 16]), example(kind));
        self.input(Input::Command {
            number: 0,
            command: Command::Publish { circle: CIRCLE, document, value, expires_at },
        });
    }

    pub(crate) fn open(&mut self, document: u8, title: &str, body: &str) {
        let expires_at = NOW.hour().plus_days(80);
        let (document, value) = (DocumentId([document; 16]), resource(title, body));
        self.input(Input::Command {
            number: 0,
            command: Command::Open { circle: CIRCLE, document, value, expires_at },
        });
    }

    pub(crate) fn edit(&mut self, document: u8, from: &str, to: &str) {
        let view = &self.views[&DocumentId([document; 16])];
        let (heads, body) = (view.heads.clone(), text(&view.value).replace(from, to));
        let value = resource("Bib", &body);
        let command = Command::Edit { document: DocumentId([document; 16]), heads, value };
        self.input(Input::Command { number: 0, command });
    }

    /// Starts again on the same store with a new key; the one before it is retired.
    pub(crate) fn rotate(&mut self, members: &[RootId], partners: &[&Self]) {
        self.take_key(partners);
        let next = self.key.clone();
        self.list(2, members, &next);
        self.say_again();
    }

    /// The same up to where it signs its lists anew.
    pub(crate) fn take_key(&mut self, partners: &[&Self]) {
        let (next, before) = (key(self.number + 200), self.papers());
        let retired = vec![self.certificate.node];
        let (node, valid_from) = (node(&next), self.now.hour());
        self.certificate = NodeCertificate { node, serial: 2, valid_from, retired, ..self.certificate.clone() };
        self.key = next;
        self.begin(&before, self.number + 50);
        for partner in partners {
            self.knows(partner);
        }
    }

    /// Says again what its key of before signed.
    pub(crate) fn say_again(&mut self) {
        let own = std::mem::take(&mut self.own);
        let signed = self.signed_by(&own);
        let documents: BTreeSet<DocumentId> = signed.iter().map(|one| one.get().header.document).collect();
        let whole = self.store.values().filter(|one| documents.contains(&one.get().header.document));
        let envelopes = whole.cloned().collect();
        self.input(Input::SayAgain { envelopes });
        assert!(self.signed_by(&[node(&key(self.number + 100))]).is_empty(), "all of it is said again");
    }

    /// Starts again on another store, with the key that it has; `before` is its certificate of
    /// before.
    pub(crate) fn start_again(&mut self, before: &[u8], members: &[RootId], partner: &Self) {
        self.begin(before, self.number + 60);
        self.knows(partner);
        let key = self.key.clone();
        self.list(3, members, &key);
    }

    /// A process on what the store holds.
    fn begin(&mut self, before: &[u8], session: u8) {
        self.replica = replica(&key(self.number), &self.certificate, &self.key, session);
        let headers = self.store.values().zip(1..).map(|(one, number)| StoredHeader {
            number,
            id: one.get().id(),
            header: one.get().header.clone(),
            body_bytes: one.get().body.len() as u32,
        });
        self.replica.restore(headers.collect::<Vec<_>>());
        let certificate = NodeCertificate::verify(before).unwrap();
        self.input(Input::Certificate { certificate, bytes: before.to_vec() });
    }
}

pub(crate) fn connect(a: &mut Town, b: &mut Town) {
    a.input(Input::Connected { partner: b.me });
    b.input(Input::Connected { partner: a.me });
    talk(a, b);
}

pub(crate) fn disconnect(a: &mut Town, b: &mut Town) {
    a.input(Input::Disconnected { partner: b.me });
    b.input(Input::Disconnected { partner: a.me });
    a.outbox.clear();
    b.outbox.clear();
}

pub(crate) fn talk(a: &mut Town, b: &mut Town) {
    loop {
        match (a.outbox.pop_front(), b.outbox.pop_front()) {
            (None, None) => return,
            (there, back) => {
                if let Some(bytes) = there {
                    b.input(Input::Frame { partner: a.me, bytes });
                }
                if let Some(bytes) = back {
                    a.input(Input::Frame { partner: b.me, bytes });
                }
            }
        }
    }
}

pub(crate) fn same(a: &Town, b: &Town) {
    assert_eq!(
        a.store.keys().collect::<Vec<_>>(),
        b.store.keys().collect::<Vec<_>>(),
        "{:?} {:?}",
        a.refused,
        b.refused
    );
    assert_eq!(a.views, b.views);
    assert!(a.hung_up.is_empty() && b.hung_up.is_empty());
}

pub(crate) const OFFER: u8 = 1;
pub(crate) const ERASED: u8 = 2;
pub(crate) const SHEET: u8 = 3;

/// Two towns in one circle: an offer and an erased offer of the first, and a page of the second
/// in which both wrote, each after the other.
pub(crate) fn together() -> [Town; 2] {
    let (mut a, mut b) = (Town::new(1), Town::new(2));
    a.knows(&b);
    b.knows(&a);
    let mut members = vec![a.me, b.me];
    members.sort_unstable();
    a.list(1, &members, &key(101));
    b.list(1, &members, &key(102));
    connect(&mut a, &mut b);
    a.publish(OFFER, Kind::MentorOffer);
    a.publish(ERASED, Kind::MentorOffer);
    a.input(Input::Command { number: 0, command: Command::Erase { document: DocumentId([ERASED; 16]) } });
    b.open(SHEET, "Bib", "Een twee drie.");
    talk(&mut a, &mut b);
    a.edit(SHEET, "twee", "2");
    talk(&mut a, &mut b);
    b.edit(SHEET, "2", "twee (2)");
    talk(&mut a, &mut b);
    a.edit(SHEET, "drie", "3");
    talk(&mut a, &mut b);
    same(&a, &b);
    [a, b]
}

pub(crate) fn members(a: &Town, b: &Town) -> Vec<RootId> {
    let mut members = vec![a.me, b.me];
    members.sort_unstable();
    members
}

/// Signs in A's name with its first key.
pub(crate) fn stolen(a: &Town, of: &Envelope, content: Content, change: impl FnOnce(&mut schemas::Header)) -> Vec<u8> {
    let mut header = of.header.clone();
    header.content = content;
    change(&mut header);
    let body = if content == Content::Erased { Vec::new() } else { of.body.clone() };
    Envelope::sign(header, body, &key(a.number + 100)).get().to_bytes()
}
