//! Two municipalities on real stores, and a pump between them in place of a network: it carries
//! documents and sealed sheets in whatever order a test asks, also late, twice or not at all.

// Each test file uses its own part of the towns.
#![allow(dead_code, clippy::allow_attributes)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use casework::handovers::HandoverDue;
use casework::office::AccountRole;
use casework::people::{Birth, PersonData, PersonId, Purpose, Screening, Side};
use casework::ports::{Circle, Clock, Network, Outgoing, PartnerLive, Randomness, Records, Storage};
use casework::{Actor, Office};
use replication::{DocumentView, Effect};
use schemas::envelope::Refusal;
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::places::Refnis;
use schemas::time::{Date, Timestamp};
use schemas::vocabulary::{Cefr, Domain, Slots};
use schemas::{Kind, SharedValue};
use store::{Identity, Partner, Store};

/// The circle of the towns.
pub(crate) const CIRCLE: CircleId = CircleId([9; 16]);
const KEY: [u8; 32] = [3; 32];

/// A clock that moves when told; every town has its own.
pub(crate) struct OwnClock(AtomicU64);

impl Clock for OwnClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Numbers that are the same in every run.
struct Numbers(Mutex<u64>);

impl Randomness for Numbers {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().expect("one thread at a time");
        for byte in bytes {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (*state >> 56) as u8;
        }
    }
}

/// Nobody is connected; what changed is told, once it was asked for.
#[derive(Default)]
struct Silent {
    changed: Mutex<Option<BTreeSet<DocumentId>>>,
    /// Municipalities that merged, with their successors.
    merged: Mutex<BTreeMap<RootId, RootId>>,
    recovering: AtomicBool,
}

impl Silent {
    fn tell(&self, document: DocumentId) {
        if let Some(changed) = self.changed.lock().expect("one thread at a time").as_mut() {
            changed.insert(document);
        }
    }
}

impl Network for Silent {
    fn successors(&self) -> BTreeMap<RootId, RootId> {
        self.merged.lock().expect("one thread at a time").clone()
    }
    fn changed_cards(&self) -> Option<BTreeSet<DocumentId>> {
        self.changed.lock().expect("one thread at a time").replace(BTreeSet::new())
    }
    fn partners(&self) -> Vec<PartnerLive> {
        Vec::new()
    }
    fn is_recovering(&self) -> bool {
        self.recovering.load(Ordering::SeqCst)
    }
    fn outbox_filled(&self) {}
    fn wait_settled(&self, _: i64, _: Duration) -> bool {
        false
    }
}

/// A coordinator.
pub(crate) fn els() -> Actor {
    Actor::new(Some(1), "Els", AccountRole::Coordinator)
}

/// A document as it was signed at a moment: its value, or nothing when it was erased.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    circle: CircleId,
    kind: Kind,
    value: Option<SharedValue>,
}

/// A municipality with its store.
pub(crate) struct Town {
    office: Option<Office>,
    store: Option<Arc<Store>>,
    network: Arc<Silent>,
    pub(crate) clock: Arc<OwnClock>,
    randomness: Arc<Numbers>,
    pub(crate) me: RootId,
    folder: tempfile::TempDir,
    /// Every version of every document that this town wrote, in order.
    pub(crate) written: BTreeMap<DocumentId, Vec<Signed>>,
    /// How many versions of each the partner has.
    delivered: BTreeMap<DocumentId, usize>,
}

pub(crate) fn root_of(refnis: &str) -> RootId {
    let mut id = [0; 32];
    id[..5].copy_from_slice(&refnis.as_bytes()[..5]);
    RootId(id)
}

fn refnis(code: &str) -> Refnis {
    code.parse().expect("a REFNIS code")
}

/// Borsbeek and Aartselaar, partners in one circle, at noon on Monday 2026-10-26.
pub(crate) fn two_towns() -> [Town; 2] {
    [Town::new("11007", "11001", 1), Town::new("11001", "11007", 2)]
}

impl Town {
    fn new(code: &str, partner: &str, seed: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (me, other) = (root_of(code), root_of(partner));
        let noon = Timestamp(Date::new(2026, 10, 26).expect("a day").start().0 + 12 * 3600);
        let mut town = Self {
            office: None,
            store: None,
            network: Arc::default(),
            clock: Arc::new(OwnClock(AtomicU64::new(noon.0))),
            randomness: Arc::new(Numbers(Mutex::new(seed))),
            me,
            folder,
            written: BTreeMap::new(),
            delivered: BTreeMap::new(),
        };
        town.start();
        let store = town.store();
        store
            .set_identity(&Identity {
                root: me,
                refnis: refnis(code),
                kbo: String::new(),
                name: refnis(code).name().to_owned(),
                office: "inburgering@example.be".to_owned(),
                store_id: [1; 16],
                incarnation: 1,
            })
            .expect("an identity");
        store
            .insert_partner(&Partner {
                root: other,
                refnis: refnis(partner),
                kbo: String::new(),
                name: refnis(partner).name().to_owned(),
                addresses: Vec::new(),
                since: noon,
            })
            .expect("a partner");
        store
            .insert_circle(&Circle {
                id: CIRCLE,
                name: "BAM".to_owned(),
                arrangement: "GR 2026/114".to_owned(),
                members: vec![me, other],
                pair: false,
            })
            .expect("a circle");
        town
    }

    fn start(&mut self) {
        self.store = Some(Store::open(&self.folder.path().join("store.db"), &KEY).expect("the store"));
        self.network = Arc::default();
        self.office = Some(self.another_office());
    }

    /// An office on the same store that has seen nothing yet.
    pub(crate) fn another_office(&self) -> Office {
        let clock: Arc<dyn Clock> = Arc::<OwnClock>::clone(&self.clock);
        let randomness: Arc<dyn Randomness> = Arc::<Numbers>::clone(&self.randomness);
        let storage: Arc<dyn Storage> = Arc::<Store>::clone(self.store());
        let network: Arc<dyn Network> = Arc::<Silent>::clone(&self.network);
        Office::new(storage, clock, randomness, network)
    }

    /// Hears that a municipality merged into another.
    pub(crate) fn hears_of_merger(&self, gone: RootId, into: RootId) {
        self.network.merged.lock().expect("one thread at a time").insert(gone, into);
    }

    /// Ends the process and starts it again on the same store; what lay in the outbox stays.
    pub(crate) fn crash(&mut self) {
        self.office = None;
        self.store = None;
        self.start();
    }

    pub(crate) fn office(&self) -> &Office {
        self.office.as_ref().expect("a town that runs")
    }

    pub(crate) fn store(&self) -> &Arc<Store> {
        self.store.as_ref().expect("a town that runs")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass_seconds(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn pass_days(&self, days: u64) {
        self.pass_seconds(days * 86_400);
    }

    /// Whether it waits, from now on, for what partners kept.
    pub(crate) fn recovers(&self, recovering: bool) {
        self.network.recovering.store(recovering, Ordering::SeqCst);
    }

    /// Reads records as they are.
    pub(crate) fn look<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn Records) -> casework::Result<T> + Send + 'static,
    ) -> T {
        let (sender, receiver) = mpsc::sync_channel(1);
        let work = move |records: &mut dyn Records| {
            sender.send(read(records)?).expect("the test waits");
            Ok(())
        };
        self.store().read(Box::new(work)).expect("a snapshot");
        receiver.recv().expect("a value")
    }

    /// Adds somebody who fits everybody, with consents and screening.
    pub(crate) fn somebody(&self, side: Side, name: &str, capacity: u8) -> PersonId {
        let id = self.unscreened(side, name, capacity);
        if side == Side::Mentor {
            let screening = Screening { seen_on: self.now().date(), seen_by: "Els".to_owned() };
            self.office().record_screening(&els(), &[id], screening).expect("a screening");
        }
        id
    }

    /// The same of whom nobody saw an extract.
    pub(crate) fn unscreened(&self, side: Side, name: &str, capacity: u8) -> PersonId {
        let today = self.now().date();
        let mut data = PersonData::new(side, today.plus_days(-100));
        data.given_name = name.to_owned();
        data.family_name = "Peeters".to_owned();
        data.birth = Birth::In(1985);
        data.languages = BTreeSet::from(["nl".parse().expect("Dutch"), "fr".parse().expect("French")]);
        data.dutch = (side == Side::Newcomer).then_some(Cefr::B1);
        data.domains = BTreeSet::from([Domain::Work]);
        data.slots = Slots::slot(0, 0).union(Slots::slot(2, 1));
        data.contact.phone = "0470 12 34 56".to_owned();
        data.contact.email = format!("{}@example.org", name.to_lowercase());
        data.capacity = capacity;
        data.radius_km = 50;
        let id = self.office().save_person(&els(), None, data, None).expect("a person");
        for purpose in Purpose::ALL {
            self.office().record_consent(&els(), &[id], purpose, true, today, "1").expect("a consent");
        }
        id
    }

    /// The same, with a card that partners see.
    pub(crate) fn shared(&mut self, side: Side, name: &str, capacity: u8) -> (PersonId, DocumentId) {
        let id = self.somebody(side, name, capacity);
        let card = self.office().publish(&els(), id, None).expect("a card");
        self.carry_out();
        (id, card)
    }

    /// Carries out the outbox here; what comes of it waits for delivery.
    pub(crate) fn carry_out(&mut self) {
        let commands = self.store().outbox_next(0).expect("the outbox");
        for (number, command) in commands {
            let (document, signed) = match command {
                Outgoing::Publish { circle, document, value, .. } | Outgoing::Open { circle, document, value, .. } => {
                    (document, Signed { circle, kind: value.kind(), value: Some(value) })
                }
                Outgoing::Erase { document } => {
                    let last = self.written.get(&document).and_then(|versions| versions.last());
                    let Some(last) = last.cloned() else { continue };
                    (document, Signed { value: None, ..last })
                }
                _ => continue,
            };
            let now = self.now();
            let versions = self.written.entry(document).or_default();
            let erased = versions.last().is_some_and(|last| last.value.is_none());
            let effect = show(self.me, document, &signed, now);
            let settled = Effect::Settled { number: number.unsigned_abs(), outcome: Ok(()) };
            let effects = if erased { vec![settled] } else { vec![effect, settled] };
            if !erased {
                versions.push(signed);
            }
            self.store().apply(effects).expect("the store");
            self.network.tell(document);
        }
    }

    /// Documents of which the partner lacks something.
    pub(crate) fn waiting(&self) -> Vec<DocumentId> {
        let lacks = |(id, versions): &(&DocumentId, &Vec<Signed>)| {
            self.delivered.get(id).copied().unwrap_or(0) < versions.len()
        };
        self.written.iter().filter(lacks).map(|(id, _)| *id).collect()
    }

    /// Brings the partner the newest version of a document, skipping those between; true when it
    /// lacked one.
    pub(crate) fn deliver(&mut self, to: &Town, document: DocumentId) -> bool {
        let Some(versions) = self.written.get(&document) else { return false };
        let before = self.delivered.insert(document, versions.len());
        if before == Some(versions.len()) {
            return false;
        }
        let Some(newest) = versions.last() else { return false };
        to.store().apply(vec![show(self.me, document, newest, to.now())]).expect("the store");
        to.network.tell(document);
        true
    }

    /// Holds a document of another under a number of that one's choice.
    pub(crate) fn holds(&self, owner: RootId, document: DocumentId, value: SharedValue) {
        let signed = Signed { circle: CIRCLE, kind: value.kind(), value: Some(value) };
        self.store().apply(vec![show(owner, document, &signed, self.now())]).expect("the store");
        self.network.tell(document);
    }

    /// Brings the partner everything.
    pub(crate) fn deliver_all(&mut self, to: &Town) {
        self.carry_out();
        for document in self.waiting() {
            self.deliver(to, document);
        }
    }

    /// Sends a sealed sheet and brings the answer back.
    pub(crate) fn hand_over(&self, to: &Town, due: &HandoverDue) {
        let answer = to.office().receive_handover(self.me, due.bytes.clone()).expect("an answer");
        self.office().handover_answered(due.id, answer).expect("the answer is taken");
    }
}

fn show(owner: RootId, document: DocumentId, signed: &Signed, now: Timestamp) -> Effect {
    let hour = now.hour();
    match &signed.value {
        None => Effect::Hide { owner, document, kind: signed.kind, erased: true },
        Some(value) => Effect::Show(DocumentView {
            circle: signed.circle,
            document,
            owner,
            value: value.clone(),
            heads: vec![[1; 32]],
            writers: BTreeMap::from([(owner, 1)]),
            changed_at: hour,
            expires_at: hour.plus_days(90),
            clipped: false,
            held: None,
            forked: Default::default(),
        }),
    }
}

/// Carries everything both ways and settles until nothing is left to do.
pub(crate) fn converge([one, other]: &mut [Town; 2]) {
    for _ in 0..20 {
        one.deliver_all(other);
        other.deliver_all(one);
        one.office().settle_matches().expect("settled");
        other.office().settle_matches().expect("settled");
        for due in one.office().handovers_due().expect("handovers") {
            one.hand_over(other, &due);
        }
        for due in other.office().handovers_due().expect("handovers") {
            other.hand_over(one, &due);
        }
        one.carry_out();
        other.carry_out();
        if one.waiting().is_empty() && other.waiting().is_empty() {
            return;
        }
    }
    panic!("the towns never come to rest");
}

impl Town {
    /// Takes in a document of a partner, whatever it says.
    pub(crate) fn receive(&self, owner: RootId, document: DocumentId, value: SharedValue) {
        let signed = Signed { circle: CIRCLE, kind: value.kind(), value: Some(value) };
        self.store().apply(vec![show(owner, document, &signed, self.now())]).expect("the store");
        self.network.tell(document);
    }

    /// Refuses what waits in the outbox; how much that was.
    pub(crate) fn refuses(&self) -> usize {
        let commands = self.store().outbox_next(0).expect("the outbox");
        for (number, _) in &commands {
            let outcome = Err(Refusal::OverBudget);
            self.store().apply(vec![Effect::Settled { number: number.unsigned_abs(), outcome }]).expect("the store");
        }
        commands.len()
    }

    /// Ends a document here, as a clock that runs years ahead does; what of it did not leave is lost.
    pub(crate) fn ends(&mut self, owner: RootId, document: DocumentId, kind: Kind) {
        if let Some(versions) = self.written.get(&document) {
            self.delivered.insert(document, versions.len());
        }
        self.store().apply(vec![Effect::Hide { owner, document, kind, erased: false }]).expect("the store");
        self.network.tell(document);
    }

    /// Loses the one-time key of a match, as a restore from a backup does.
    pub(crate) fn lose_key(&self, proposal: DocumentId) {
        self.store().write(Box::new(move |records| records.destroy_one_time_key(proposal))).expect("the store");
    }
}

impl Town {
    /// Where its store lies.
    pub(crate) fn folder_path(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Copies the store, as a backup does.
    pub(crate) fn back_up(&self) -> std::path::PathBuf {
        let path = self.folder.path().join("copy.db");
        self.store().copy_to(&path).expect("a copy");
        path
    }

    /// Goes on with a copy of the store, and with what the other kept of both.
    pub(crate) fn restore(&mut self, copy: &std::path::Path, other: &Self) {
        self.restore_alone(copy);
        self.is_brought(other);
    }

    /// Goes on with a copy of the store.
    pub(crate) fn restore_alone(&mut self, copy: &std::path::Path) {
        self.office = None;
        self.store = None;
        let path = self.folder.path().join("store.db");
        for old in ["store.db", "store.db-wal", "store.db-shm"] {
            let _ = std::fs::remove_file(self.folder.path().join(old));
        }
        std::fs::rename(copy, path).expect("renamed");
        self.start();
    }

    /// Hears what the other kept of both.
    pub(crate) fn is_brought(&self, other: &Self) {
        let last = |versions: &Vec<Signed>| versions.last().cloned();
        for (document, signed) in self.written.iter().filter_map(|(id, versions)| Some((*id, last(versions)?))) {
            self.store().apply(vec![show(self.me, document, &signed, self.now())]).expect("the store");
        }
        for (document, signed) in other.written.iter().filter_map(|(id, versions)| Some((*id, last(versions)?))) {
            self.store().apply(vec![show(other.me, document, &signed, self.now())]).expect("the store");
        }
    }
}
