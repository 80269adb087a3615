//! A partner that was away for a year: an hour after it came back it holds nothing that it
//! should not. Real replicas on real stores; the hours are told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use casework::ports::Storage;
use ed25519_dalek::SigningKey;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use replication::{Command, Config, Effect, Input, Notice, Replica, frames};
use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::Content;
use schemas::ids::{CircleId, DocumentId, NodeKey, RootId, RootKey, Session};
use schemas::time::Timestamp;
use schemas::{Kind, SharedValue};
use serde_json::json;
use store::{Identity, Partner, Store};

const BEGIN: Timestamp = Timestamp(497_010 * 3600);
const DAY: u64 = 86_400;
/// In which everybody stays, and from which the one that was away is taken out.
const STAYS: CircleId = CircleId([1; 16]);
const LEAVES: CircleId = CircleId([2; 16]);

fn days(count: u64) -> Timestamp {
    BEGIN.plus_seconds(count * DAY)
}

/// A municipality: its keys, its store and, while it runs, its replica.
struct Town {
    number: u8,
    root: SigningKey,
    key: SigningKey,
    serial: u64,
    lives: u8,
    folder: tempfile::TempDir,
    store: Option<Arc<Store>>,
    replica: Replica,
    /// Frames that wait to be brought.
    post: VecDeque<(RootId, Vec<u8>)>,
    /// Keys that partners retired, until a check ends without difference.
    retired: BTreeMap<RootId, Vec<NodeKey>>,
    closed: Vec<&'static str>,
    /// Who is in which circle, by its own lists.
    circles: BTreeMap<CircleId, (u64, Vec<RootId>)>,
}

fn certificate(root: &SigningKey, key: &SigningKey, serial: u64, now: Timestamp, retired: Vec<NodeKey>) -> Vec<u8> {
    NodeCertificate {
        root: RootKey(root.verifying_key().to_bytes()),
        refnis: "11029".to_owned(),
        kbo: String::new(),
        node: NodeKey(key.verifying_key().to_bytes()),
        serial,
        valid_from: now.hour(),
        valid_until: now.hour().plus_days(365),
        retired,
        successor: None,
    }
    .sign(root, key)
}

fn open(folder: &tempfile::TempDir) -> Arc<Store> {
    Store::open(&folder.path().join("store.db"), &[3; 32]).expect("a store")
}

fn replica(root: &SigningKey, key: &SigningKey, number: u8, lives: u8, bytes: &[u8]) -> Replica {
    let certificate = NodeCertificate::verify(bytes).expect("just signed");
    assert_eq!(certificate.get().root.0, root.verifying_key().to_bytes());
    Replica::new(Config {
        certificate,
        certificate_bytes: bytes.to_vec(),
        key: key.clone(),
        session: Session([number * 16 + lives; 16]),
        incarnation: 1,
        store_id: [number; 16],
    })
}

impl Town {
    /// At the beginning, with a certificate for a year.
    fn new(number: u8) -> Self {
        let (root, key) = (SigningKey::from_bytes(&[number; 32]), SigningKey::from_bytes(&[number + 50; 32]));
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder);
        let bytes = certificate(&root, &key, 1, BEGIN, Vec::new());
        let replica = replica(&root, &key, number, 0, &bytes);
        let town = Self {
            number,
            root,
            key,
            serial: 1,
            lives: 0,
            folder,
            store: Some(store),
            replica,
            post: VecDeque::new(),
            retired: BTreeMap::new(),
            closed: Vec::new(),
            circles: BTreeMap::new(),
        };
        town.store()
            .set_identity(&Identity {
                root: town.me(),
                refnis: "11029".parse().expect("a code"),
                kbo: String::new(),
                name: number.to_string(),
                office: String::new(),
                store_id: [number; 16],
                incarnation: 1,
            })
            .expect("an identity");
        town.store().keep_certificate(&bytes).expect("kept");
        town
    }

    fn store(&self) -> &Store {
        self.store.as_ref().expect("it runs")
    }

    fn me(&self) -> RootId {
        RootKey(self.root.verifying_key().to_bytes()).id()
    }

    fn node(&self) -> NodeKey {
        NodeKey(self.key.verifying_key().to_bytes())
    }

    fn newest(&self) -> Vec<u8> {
        let mut own = self.store().certificates().expect("a store").into_iter().filter(|(root, _)| *root == self.me());
        own.next_back().expect("its own").1
    }

    fn meet(&mut self, other: &Self) {
        let code = "11029".parse().expect("a code");
        let (root, name) = (other.me(), other.number.to_string());
        let partner = Partner { root, refnis: code, kbo: String::new(), name, addresses: Vec::new(), since: BEGIN };
        self.store().insert_partner(&partner).expect("a partner");
        self.take_certificate(&other.newest(), BEGIN);
    }

    fn take_certificate(&mut self, bytes: &[u8], now: Timestamp) {
        self.store().keep_certificate(bytes).expect("kept");
        let certificate = NodeCertificate::verify(bytes).expect("it holds");
        self.input(now, vec![Input::Certificate { certificate, bytes: bytes.to_vec() }]);
    }

    /// Says anew who is in a circle.
    fn list(&mut self, circle: CircleId, members: &[RootId], now: Timestamp) {
        let version = self.circles.get(&circle).map_or(1, |(version, _)| version + 1);
        let mut members = members.to_vec();
        members.sort_unstable();
        self.circles.insert(circle, (version, members));
        let list = self.signed_list(circle);
        self.input(now, vec![list]);
    }

    /// Signs and keeps its list of a circle.
    fn signed_list(&self, circle: CircleId) -> Input {
        let (version, members) = self.circles[&circle].clone();
        let (name, arrangement) = ("BAM".to_owned(), "GR 2026/114".to_owned());
        let bytes = CircleList { circle, owner: self.me(), version, name, arrangement, members }.sign(&self.key);
        self.store().keep_list(circle, self.me(), &bytes).expect("kept");
        let certificate = NodeCertificate::verify(&self.newest()).expect("its own");
        Input::List { list: CircleList::verify(&bytes, &certificate).expect("just signed"), bytes }
    }

    /// Another key for the same root; the one before is retired.
    fn rotate(&mut self, now: Timestamp) {
        let before = self.node();
        self.circles.values_mut().for_each(|(version, _)| *version += 1);
        self.key = SigningKey::from_bytes(&[self.number + 90; 32]);
        self.renew(now, vec![before]);
    }

    fn renew(&mut self, now: Timestamp, retired: Vec<NodeKey>) {
        self.serial += 1;
        let bytes = certificate(&self.root, &self.key, self.serial, now, retired);
        self.store().keep_certificate(&bytes).expect("kept");
        self.start(now);
    }

    /// Ends the process and starts it again, on what its store holds.
    fn start(&mut self, now: Timestamp) {
        self.lives += 1;
        // The lock of the earlier process goes with its store.
        self.store = None;
        self.store = Some(open(&self.folder));
        let own = self.newest();
        self.replica = replica(&self.root, &self.key, self.number, self.lives, &own);
        self.replica.restore(self.store().stored_headers().expect("headers"));
        self.replica.restore_cursors(self.store().cursors().expect("cursors"));
        let mut inputs: Vec<Input> = Vec::new();
        let certificates = self.store().certificates().expect("certificates");
        let partners = self.store().partners().expect("partners");
        let mut newest: BTreeMap<RootId, Verified<NodeCertificate>> = BTreeMap::new();
        for (root, bytes) in certificates {
            if root == self.me() || partners.iter().any(|partner| partner.root == root) {
                let certificate = NodeCertificate::verify(&bytes).expect("it holds");
                newest.insert(root, certificate.clone());
                inputs.push(Input::Certificate { certificate, bytes });
            }
        }
        inputs.extend(self.circles.keys().map(|circle| self.signed_list(*circle)));
        for (_, owner, bytes) in self.store().lists().expect("lists") {
            if let Some(Ok(list)) = newest.get(&owner).map(|one| CircleList::verify(&bytes, one)) {
                inputs.push(Input::List { list, bytes });
            }
        }
        inputs.push(Input::Tick);
        self.input(now, inputs);
    }

    /// Handles inputs and then carries out what comes of them, as the runtime of a node does.
    fn input(&mut self, now: Timestamp, inputs: Vec<Input>) {
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(self.number) << 8 | u64::from(self.lives));
        let mut inputs = inputs;
        while !inputs.is_empty() {
            let all = inputs.into_iter().flat_map(|input| self.replica.handle(now, &mut rng, input));
            let effects: Vec<Effect> = all.collect();
            self.store().apply(effects.clone()).expect("stored");
            inputs = effects.into_iter().flat_map(|effect| self.carry_out(effect)).collect();
        }
    }

    /// What the runtime of a node does; the inputs that follow.
    fn carry_out(&mut self, effect: Effect) -> Vec<Input> {
        match effect {
            Effect::Send { partner, frame } => self.post.push_back((partner, frame)),
            Effect::SendStored { partner, envelopes } => {
                let numbers = self.store().numbers(&envelopes).expect("a store");
                let sent = frames::envelopes(self.store().wire(&numbers).expect("a store"));
                self.post.extend(sent.into_iter().map(|frame| (partner, frame)));
            }
            Effect::Load { document } => {
                return vec![Input::Loaded { document, envelopes: self.store().load(document).expect("a store") }];
            }
            Effect::Retired { owner, nodes } => return self.retire(owner, nodes),
            Effect::Notify(Notice::Reconciled { partner, .. }) => {
                let nodes = self.retired.remove(&partner).unwrap_or_default();
                let signed = self.store().signed_by(&nodes).expect("a store");
                let envelopes = signed.into_iter().map(|(_, id)| id).collect();
                return if nodes.is_empty() { Vec::new() } else { vec![Input::Void { envelopes, all: true }] };
            }
            Effect::Disconnect { reason, .. } => self.closed.push(reason),
            Effect::Settled { outcome, .. } => assert_eq!(outcome, Ok(())),
            _ => {}
        }
        Vec::new()
    }

    fn retire(&mut self, owner: RootId, nodes: Vec<NodeKey>) -> Vec<Input> {
        let signed = self.store().signed_by(&nodes).expect("a store");
        if owner != self.me() {
            self.retired.insert(owner, nodes);
            let envelopes = signed.into_iter().map(|(_, id)| id).collect();
            return vec![Input::Void { envelopes, all: false }];
        }
        let documents: BTreeSet<DocumentId> = signed.into_iter().map(|(document, _)| document).collect();
        let stored = documents.into_iter().flat_map(|document| self.store().load(document).expect("a store"));
        vec![Input::SayAgain { envelopes: stored.collect() }]
    }

    fn command(&mut self, now: Timestamp, command: Command) {
        self.input(now, vec![Input::Command { number: 1, command }]);
    }

    fn publish(&mut self, circle: CircleId, number: u8, kind: Kind, life: u32) {
        let (document, value) = (DocumentId([number; 16]), value(kind));
        let expires_at = BEGIN.hour().plus_days(life);
        self.command(
            BEGIN,
            match kind {
                Kind::Resource => Command::Open { circle, document, value, expires_at },
                _ => Command::Publish { circle, document, value, expires_at },
            },
        );
    }

    /// Numbers of the documents that its store shows.
    fn shown(&self) -> BTreeSet<u8> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let read = move |records: &mut dyn casework::ports::Records| {
            let mut shown = BTreeSet::new();
            for kind in Kind::ALL {
                shown.extend(records.documents(*kind)?.into_iter().map(|document| document.id.0[0]));
            }
            sender.send(shown).map_err(|_| casework::Error::Store("gone".to_owned()))
        };
        self.store().read(Box::new(read)).expect("a store");
        receiver.recv().expect("an answer")
    }

    /// What it holds of each document, in its store.
    fn held(&self) -> BTreeMap<u8, Vec<replication::StoredHeader>> {
        let mut held: BTreeMap<u8, Vec<_>> = BTreeMap::new();
        for stored in self.store().stored_headers().expect("headers") {
            held.entry(stored.header.document.0[0]).or_default().push(stored);
        }
        held
    }
}

fn value(kind: Kind) -> SharedValue {
    let json = match kind {
        Kind::Resource => json!({
            "title": "De bib", "kind": "welcome_sheet", "language": "nl", "body": "Boeken lenen.", "tags": [],
            "licence": "CC-BY-4.0"
        }),
        Kind::MentorOffer => json!({
            "capacity_left": 1, "domains": ["work"], "languages": ["nl"], "area": "11001", "radius_km": 10,
            "availability": ["wed-afternoon"], "interests": [], "wishes": []
        }),
        _ => json!({"counts": [{"indicator": "duos_formed", "category": "", "month": "2026-10", "value": 7}]}),
    };
    SharedValue::from_json(kind, json).expect("a value of fixed form")
}

/// Both are connected until neither has anything to say.
fn exchange(one: &mut Town, other: &mut Town, now: Timestamp) {
    one.input(now, vec![Input::Connected { partner: other.me() }]);
    other.input(now, vec![Input::Connected { partner: one.me() }]);
    // A check that is due begins with a tick.
    for seconds in 0..3 {
        let now = now.plus_seconds(seconds);
        loop {
            let mut quiet = true;
            for turn in [true, false] {
                let (sender, receiver) = if turn { (&mut *one, &mut *other) } else { (&mut *other, &mut *one) };
                let partner = sender.me();
                for (whom, bytes) in std::mem::take(&mut sender.post) {
                    quiet = false;
                    if whom == receiver.me() {
                        receiver.input(now, vec![Input::Frame { partner, bytes }]);
                    }
                }
            }
            if quiet {
                break;
            }
        }
        one.input(now, vec![Input::Tick]);
        other.input(now, vec![Input::Tick]);
    }
    one.input(now, vec![Input::Disconnected { partner: other.me() }]);
    other.input(now, vec![Input::Disconnected { partner: one.me() }]);
}

const EXPIRED: u8 = 1;
const REPORT_ERASED: u8 = 2;
const PAGE_ERASED: u8 = 3;
const PAGE: u8 = 4;
const TAKEN_OUT: u8 = 5;
const OF_ONE_THAT_LEFT: u8 = 6;
const STOLEN: u8 = 7;
const REPORT: u8 = 8;
const OWN_PAGE: u8 = 9;
const OWN_EXPIRED: u8 = 10;

#[test]
fn after_a_year_away_nothing_is_held_that_should_not_be() {
    let [mut mortsel, mut away, mut left] = [1, 2, 3].map(Town::new);
    let roots = [mortsel.me(), away.me(), left.me()];
    for (one, other) in [(0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0)] {
        let mut towns = [Some(&mut mortsel), Some(&mut away), Some(&mut left)];
        let (Some(town), Some(met)) = (towns[one].take(), towns[other].take()) else { unreachable!("two of three") };
        town.meet(met);
    }
    for town in [&mut mortsel, &mut away, &mut left] {
        town.list(STAYS, &roots, BEGIN);
        town.list(LEAVES, &roots, BEGIN);
    }
    mortsel.publish(STAYS, EXPIRED, Kind::MentorOffer, 60);
    mortsel.publish(STAYS, REPORT_ERASED, Kind::IndicatorReport, 1_000);
    mortsel.publish(STAYS, PAGE_ERASED, Kind::Resource, 400);
    mortsel.publish(STAYS, PAGE, Kind::Resource, 400);
    mortsel.publish(LEAVES, TAKEN_OUT, Kind::IndicatorReport, 1_000);
    mortsel.publish(STAYS, REPORT, Kind::IndicatorReport, 1_000);
    left.publish(STAYS, OF_ONE_THAT_LEFT, Kind::IndicatorReport, 1_000);
    away.publish(STAYS, OWN_PAGE, Kind::Resource, 400);
    away.publish(STAYS, OWN_EXPIRED, Kind::MentorOffer, 60);
    exchange(&mut mortsel, &mut away, BEGIN);
    exchange(&mut left, &mut away, BEGIN);
    // Somebody who stole Mortsel's key says a last thing.
    let mut thief = Town::new(1);
    thief.meet(&away);
    thief.list(STAYS, &roots, BEGIN);
    thief.publish(STAYS, STOLEN, Kind::IndicatorReport, 1_000);
    exchange(&mut thief, &mut away, BEGIN);
    assert_eq!(away.shown(), (EXPIRED..=OWN_EXPIRED).collect());
    assert!(away.closed.is_empty(), "{:?}", away.closed);

    // What happens at home while it is away.
    mortsel.command(days(30), Command::Erase { document: DocumentId([REPORT_ERASED; 16]) });
    mortsel.command(days(30), Command::Erase { document: DocumentId([PAGE_ERASED; 16]) });
    let stay = [mortsel.me(), left.me()];
    mortsel.list(LEAVES, &stay, days(31));
    let stolen = mortsel.node();
    mortsel.rotate(days(200));

    // It comes back. Its certificate ended: both take over the newer one of the other by hand.
    let back = days(366);
    away.renew(back, Vec::new());
    mortsel.start(back);
    let (theirs, ours) = (mortsel.newest(), away.newest());
    away.take_certificate(&theirs, back);
    mortsel.take_certificate(&ours, back);
    exchange(&mut mortsel, &mut away, back);
    // The farewell of the one that left was waiting for it.
    let gone = left.me();
    let depart = move |records: &mut dyn casework::ports::Records| records.depart(gone, back, "3", None).map(drop);
    away.store().write(Box::new(depart)).expect("a store");
    away.input(back, vec![Input::Remove { partner: gone }]);
    for minutes in [5, 30, 60] {
        let now = back.plus_seconds(minutes * 60);
        exchange(&mut mortsel, &mut away, now);
    }
    assert!(away.closed.is_empty() && mortsel.closed.is_empty(), "{:?} {:?}", away.closed, mortsel.closed);

    let an_hour_later = back.plus_seconds(3_600);
    let is_to_show = BTreeSet::from([PAGE, REPORT, OWN_PAGE]);
    for town in [&away, &mortsel] {
        let mut is_to_show = is_to_show.clone();
        if town.me() == mortsel.me() {
            // Nobody took it out, and nobody left it.
            is_to_show.extend([TAKEN_OUT, OF_ONE_THAT_LEFT]);
        }
        assert_eq!(town.shown(), is_to_show);
        let held = town.held();
        for stored in held.values().flatten() {
            assert!(stored.header.expires_at.start() > an_hour_later, "{stored:?} is over");
            assert_ne!(stored.header.author, stolen, "{stored:?}");
        }
        for erased in [REPORT_ERASED, PAGE_ERASED] {
            assert!(
                held[&erased].iter().all(|stored| stored.header.content == Content::Erased && stored.body_bytes == 0)
            );
        }
        assert!(!held.contains_key(&STOLEN));
    }
    let its_own = |header: &schemas::Header| header.circle == STAYS && header.owner != gone;
    assert!(away.held().values().flatten().all(|stored| its_own(&stored.header)));
    // And a start finds nothing again.
    let before = away.held();
    away.start(an_hour_later);
    assert_eq!((away.held(), away.shown()), (before, is_to_show), "a start changes nothing");
}
