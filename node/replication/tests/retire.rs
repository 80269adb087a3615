//! A key that is retired: what it signed is said again under the next one, and nothing else of it
//! is taken or stays, whatever hour it claims.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

#[expect(dead_code, reason = "writers are the matter of other tests")]
mod common;

use std::collections::{BTreeMap, VecDeque};

use common::{example, resource, text};
use ed25519_dalek::SigningKey;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use replication::{Command, Config, DocumentView, Effect, Input, Notice, Replica, StoredHeader, frames};
use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::{Content, Envelope, Refusal};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId, RootKey, Session};
use schemas::time::{Hour, Timestamp};
use schemas::{Kind, SharedValue};

const NOW: Timestamp = Timestamp(497_100 * 3600);
const CIRCLE: CircleId = CircleId([9; 16]);

/// One municipality: its root, its node of now, and what its store holds.
struct Town {
    number: u8,
    me: RootId,
    certificate: NodeCertificate,
    replica: Replica,
    store: BTreeMap<EnvelopeId, Verified<Envelope>>,
    views: BTreeMap<DocumentId, DocumentView>,
    outbox: VecDeque<Vec<u8>>,
    refused: Vec<Refusal>,
    /// Keys of others that were retired and of which something may be left.
    retiring: Vec<NodeKey>,
    /// Of this node's own retired key, to be said again.
    own: Vec<Verified<Envelope>>,
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn node(key: &SigningKey) -> NodeKey {
    NodeKey(key.verifying_key().to_bytes())
}

fn replica(root: &SigningKey, certificate: &NodeCertificate, key: &SigningKey, session: u8) -> Replica {
    let bytes = certificate.sign(root);
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
    fn new(number: u8) -> Self {
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
            store: BTreeMap::new(),
            views: BTreeMap::new(),
            outbox: VecDeque::new(),
            refused: Vec::new(),
            retiring: Vec::new(),
            own: Vec::new(),
        }
    }

    fn signed_by(&self, nodes: &[NodeKey]) -> Vec<Verified<Envelope>> {
        self.store.values().filter(|one| nodes.contains(&one.get().header.author)).cloned().collect()
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
                Effect::Retired { owner, nodes } => {
                    let envelopes = self.signed_by(&nodes);
                    if owner == self.me {
                        // As the runtime does: after everything that is known at a start.
                        self.own = envelopes;
                    } else {
                        let envelopes = envelopes.iter().map(|one| one.get().id()).collect();
                        self.retiring.extend(nodes);
                        self.input(Input::Void { envelopes, all: false });
                    }
                }
                Effect::Notify(Notice::Reconciled { circle, .. }) if circle == CIRCLE => {
                    let nodes = std::mem::take(&mut self.retiring);
                    let envelopes = self.signed_by(&nodes).iter().map(|one| one.get().id()).collect();
                    self.input(Input::Void { envelopes, all: true });
                }
                Effect::Notify(Notice::Refused { reason, .. }) => self.refused.push(reason),
                Effect::Settled { outcome, .. } => outcome.unwrap(),
                Effect::Disconnect { reason, .. } => panic!("disconnected: {reason}"),
                Effect::Notify(_) | Effect::Keep(_) | Effect::Draft(_) | Effect::WakeAt(_) => {}
            }
        }
    }

    fn list(&mut self, version: u64, members: &[RootId], key: &SigningKey) {
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

    fn papers(&self) -> Vec<u8> {
        self.certificate.sign(&key(self.number))
    }

    fn knows(&mut self, other: &Self) {
        let bytes = other.papers();
        self.input(Input::Certificate { certificate: NodeCertificate::verify(&bytes).unwrap(), bytes });
    }

    fn publish(&mut self, document: u8, kind: Kind) {
        let expires_at = NOW.hour().plus_days(80);
        let (document, value) = (DocumentId([document; 16]), example(kind));
        self.input(Input::Command {
            number: 0,
            command: Command::Publish { circle: CIRCLE, document, value, expires_at },
        });
    }

    fn edit(&mut self, document: u8, from: &str, to: &str) {
        let view = &self.views[&DocumentId([document; 16])];
        let (heads, body) = (view.heads.clone(), text(&view.value).replace(from, to));
        let value = resource("Bib", &body);
        let command = Command::Edit { document: DocumentId([document; 16]), heads, value };
        self.input(Input::Command { number: 0, command });
    }

    /// Starts again on the same store with a new key; the one before it is retired.
    fn rotate(&mut self, members: &[RootId], partners: &[&Self]) {
        let next = key(self.number + 200);
        let retired = vec![self.certificate.node];
        self.certificate = NodeCertificate { node: node(&next), serial: 2, retired, ..self.certificate.clone() };
        self.replica = replica(&key(self.number), &self.certificate, &next, self.number + 50);
        let headers = self.store.values().zip(1..).map(|(one, number)| StoredHeader {
            number,
            id: one.get().id(),
            header: one.get().header.clone(),
            body_bytes: one.get().body.len() as u32,
        });
        self.replica.restore(headers.collect::<Vec<_>>());
        for partner in partners {
            self.knows(partner);
        }
        self.list(2, members, &next);
        let envelopes = std::mem::take(&mut self.own);
        self.input(Input::SayAgain { envelopes });
        assert!(self.signed_by(&[node(&key(self.number + 100))]).is_empty(), "all of it is said again");
    }
}

fn connect(a: &mut Town, b: &mut Town) {
    a.input(Input::Connected { partner: b.me });
    b.input(Input::Connected { partner: a.me });
    talk(a, b);
}

fn disconnect(a: &mut Town, b: &mut Town) {
    a.input(Input::Disconnected { partner: b.me });
    b.input(Input::Disconnected { partner: a.me });
    a.outbox.clear();
    b.outbox.clear();
}

fn talk(a: &mut Town, b: &mut Town) {
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

fn same(a: &Town, b: &Town) {
    assert_eq!(
        a.store.keys().collect::<Vec<_>>(),
        b.store.keys().collect::<Vec<_>>(),
        "{:?} {:?}",
        a.refused,
        b.refused
    );
    assert_eq!(a.views, b.views);
}

const OFFER: u8 = 1;
const ERASED: u8 = 2;
const SHEET: u8 = 3;

/// Two towns in one circle: an offer and an erased offer of the first, and a page of the second
/// in which both wrote, each after the other.
fn together() -> [Town; 2] {
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
    let command = Command::Open {
        circle: CIRCLE,
        document: DocumentId([SHEET; 16]),
        value: resource("Bib", "Een twee drie."),
        expires_at: NOW.hour().plus_days(80),
    };
    b.input(Input::Command { number: 0, command });
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

fn members(a: &Town, b: &Town) -> Vec<RootId> {
    let mut members = vec![a.me, b.me];
    members.sort_unstable();
    members
}

/// Signs in A's name with its first key.
fn stolen(a: &Town, of: &Envelope, content: Content, change: impl FnOnce(&mut schemas::Header)) -> Vec<u8> {
    let mut header = of.header.clone();
    header.content = content;
    change(&mut header);
    let body = if content == Content::Erased { Vec::new() } else { of.body.clone() };
    Envelope::sign(header, body, &key(a.number + 100)).get().to_bytes()
}

#[test]
fn what_a_retired_key_signed_is_said_again_and_edits_keep_their_author() {
    let [mut a, mut b] = together();
    let (before, sheet) = (b.views.clone(), DocumentId([SHEET; 16]));
    disconnect(&mut a, &mut b);
    // Both wrote meanwhile.
    b.edit(SHEET, "Een", "Eén");
    a.rotate(&members(&a, &b), &[&b]);
    assert_eq!(a.views[&sheet], before[&sheet], "nothing changed on its own page but the hour");
    a.edit(SHEET, ".", "!");
    b.knows(&a);
    assert!(b.views.contains_key(&DocumentId([OFFER; 16])), "the page keeps what it showed meanwhile");
    connect(&mut a, &mut b);
    connect(&mut a, &mut b);
    same(&a, &b);
    assert_eq!(text(&b.views[&sheet].value), "Eén twee (2) 3!");
    assert_eq!(b.views[&sheet].writers[&a.me], 3, "two edits from before and one after: {:?}", b.views[&sheet].writers);
    assert_eq!(b.views[&DocumentId([OFFER; 16])].value, before[&DocumentId([OFFER; 16])].value);
    assert!(b.replica.is_erased(a.me, DocumentId([ERASED; 16])), "an erasure stays one");
    assert!(b.signed_by(&[node(&key(101))]).is_empty(), "nothing of the old key is left");
    // Writing goes on, from both sides.
    b.edit(SHEET, "3", "drie");
    a.publish(OFFER, Kind::MentorOffer);
    talk(&mut a, &mut b);
    same(&a, &b);
    assert_eq!(text(&a.views[&sheet].value), "Eén twee (2) drie!");
}

#[test]
fn a_stolen_key_is_answered_by_the_next_certificate() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    let find = |town: &Town, document: u8, content: Content| {
        let of = |one: &&Verified<Envelope>| {
            let header = &one.get().header;
            header.document == DocumentId([document; 16]) && header.content == content && header.owner == a.me
        };
        town.store.values().find(of).map(|one| one.get().clone()).unwrap()
    };
    let offer = find(&b, OFFER, Content::Version);
    // The thief erases the offer, makes another, and does so before anybody knows.
    let erasure = stolen(&a, &offer, Content::Erased, |header| {
        header.stamp = schemas::Stamp::Version { incarnation: 1 << 53, number: 9 };
        header.expires_at = header.signed_at.plus_days(Kind::MentorOffer.max_days() + 1);
    });
    let feed = |town: &mut Town, from: RootId, bytes: Vec<u8>| {
        for bytes in frames::envelopes([bytes]) {
            town.input(Input::Frame { partner: from, bytes });
        }
    };
    b.input(Input::Connected { partner: a.me });
    let hello = {
        a.input(Input::Connected { partner: b.me });
        a.outbox.pop_front().expect("a greeting")
    };
    b.input(Input::Frame { partner: a.me, bytes: hello });
    feed(&mut b, a.me, erasure);
    assert!(b.replica.is_erased(a.me, DocumentId([OFFER; 16])), "until then nobody can know better");
    assert!(b.refused.is_empty(), "{:?}", b.refused);
    disconnect(&mut a, &mut b);

    a.rotate(&members(&a, &b), &[&b]);
    b.knows(&a);
    assert!(!b.replica.is_erased(a.me, DocumentId([OFFER; 16])), "what the thief erased is not");
    connect(&mut a, &mut b);
    connect(&mut a, &mut b);
    same(&a, &b);
    assert!(b.views.contains_key(&DocumentId([OFFER; 16])), "{:?} {:?}", b.refused, a.views.keys());
    // Back-dated by whoever still has the key, and brought by anybody: refused, and nobody's fault.
    let again = stolen(&a, &offer, Content::Erased, |header| {
        header.stamp = schemas::Stamp::Version { incarnation: u64::MAX, number: 10 };
        header.signed_at = Hour(header.signed_at.0 - 24);
        header.expires_at = header.signed_at.plus_days(Kind::MentorOffer.max_days() + 1);
    });
    b.refused.clear();
    feed(&mut b, a.me, again);
    assert_eq!(b.refused, [Refusal::Retired]);
    assert!(Refusal::Retired.is_innocent());
    assert!(b.views.contains_key(&DocumentId([OFFER; 16])));
    let (a_me, held) = (a.me, b.store.len());
    feed(&mut a, b.me, stolen(&a_town(a_me), &offer, Content::Version, |_| {}));
    assert_eq!((a.refused.last(), b.store.len()), (Some(&Refusal::Retired), held), "its own node takes nothing either");
}

#[test]
fn what_a_thief_wrote_for_as_long_as_nobody_knew_goes() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    // The thief runs a node of its own with the stolen key, and B can't tell it from A's.
    let mut thief = Town { replica: replica(&key(1), &a.certificate, &key(101), 77), ..Town::new(1) };
    thief.knows(&b);
    thief.list(1, &members(&a, &b), &key(101));
    connect(&mut thief, &mut b);
    same(&thief, &b);
    for document in 100..130 {
        thief.publish(document, Kind::MentorOffer);
    }
    for _ in 0..30 {
        thief.publish(OFFER, Kind::MentorOffer);
    }
    thief.edit(SHEET, "twee", "vals");
    let command = Command::Open {
        circle: CIRCLE,
        document: DocumentId([131; 16]),
        value: resource("Vals", "Bel dit nummer."),
        expires_at: NOW.hour().plus_days(80),
    };
    thief.input(Input::Command { number: 0, command });
    talk(&mut thief, &mut b);
    same(&thief, &b);
    assert!(text(&b.views[&DocumentId([SHEET; 16])].value).contains("vals"));
    disconnect(&mut thief, &mut b);

    a.rotate(&members(&a, &b), &[&b]);
    b.knows(&a);
    connect(&mut a, &mut b);
    connect(&mut a, &mut b);
    same(&a, &b);
    let held: Vec<u8> = b.views.keys().map(|document| document.0[0]).collect();
    assert_eq!(held, [OFFER, SHEET], "of what only the thief wrote nothing is left");
    assert!(!text(&b.views[&DocumentId([SHEET; 16])].value).contains("vals"));
    assert!(b.signed_by(&[node(&key(101))]).is_empty());
}

/// The first town, for its keys alone.
fn a_town(me: RootId) -> Town {
    let town = Town::new(1);
    assert_eq!(town.me, me);
    town
}

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
    // And nobody takes one over as its own.
    let mut d = Town::new(4);
    d.certificate.node = a.certificate.node;
    b.knows(&d);
    a.publish(OFFER, Kind::MentorOffer);
    talk(&mut a, &mut b);
    same(&a, &b);
    assert!(b.refused.is_empty(), "{:?}", b.refused);
    let value: &SharedValue = &b.views[&DocumentId([OFFER; 16])].value;
    assert_eq!(value.kind(), Kind::MentorOffer);
}
