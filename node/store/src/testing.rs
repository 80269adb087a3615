//! An office on a store in a temporary folder, with a clock that stands still until told, seeded
//! randomness and no network. For tests only.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use casework::Office;
use casework::ports::{Circle, Clock, Network, PartnerLive, Randomness};
use replication::{DocumentView, Effect};
use schemas::SharedValue;
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::time::{Date, Timestamp};

use crate::{Identity, Partner, Store};

/// A clock that moves only when told.
#[derive(Debug)]
pub struct StillClock(AtomicU64);

impl StillClock {
    /// Sets the time.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::SeqCst);
    }
    /// Moves on by so many days.
    pub fn pass_days(&self, days: u64) {
        self.0.fetch_add(days * 86_400, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Numbers that are the same in every run.
#[derive(Debug)]
pub struct SeededNumbers(Mutex<u64>);

impl Randomness for SeededNumbers {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            // SplitMix64.
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed ^ (mixed >> 31)) as u8;
        }
    }
}

/// A network on which nothing happens; counts how often the outbox was filled.
#[derive(Debug, Default)]
pub struct NoNetwork {
    /// Times the outbox was filled.
    pub filled: AtomicU64,
    /// Who signed two certificates under one serial.
    pub certified_twice: Mutex<BTreeMap<RootId, u64>>,
}

impl Network for NoNetwork {
    fn partners(&self) -> Vec<PartnerLive> {
        Vec::new()
    }
    fn certified_twice(&self) -> BTreeMap<RootId, u64> {
        self.certified_twice.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    fn outbox_filled(&self) {
        self.filled.fetch_add(1, Ordering::SeqCst);
    }
    fn wait_settled(&self, _: i64, _: Duration) -> bool {
        false
    }
}

/// An office for tests, of Borsbeek unless told otherwise, with one partner (Aartselaar) and one
/// circle that has its arrangement.
pub struct TestOffice {
    /// The office.
    pub office: Office,
    /// Its store.
    pub store: Arc<Store>,
    /// Its clock.
    pub clock: Arc<StillClock>,
    /// Its network.
    pub network: Arc<NoNetwork>,
    /// The circle.
    pub circle: CircleId,
    /// This municipality.
    pub me: RootId,
    /// The partner.
    pub partner: RootId,
    /// Where the store is.
    pub folder: tempfile::TempDir,
}

/// The key of test stores.
pub const TEST_KEY: [u8; 32] = [7; 32];

/// An office of Borsbeek on 2026-10-26 at noon, with Aartselaar as partner.
pub fn office_for_tests() -> TestOffice {
    office_of("11007", "11001", 1)
}

/// An office of the municipality `refnis` with the partner `partner`; `seed` tells its randomness apart.
///
/// # Panics
/// When there is no temporary folder.
pub fn office_of(refnis: &str, partner: &str, seed: u64) -> TestOffice {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(&folder.path().join("store.db"), &TEST_KEY).expect("a new store");
    let (me, other) = (root_of(refnis), root_of(partner));
    let place = |refnis: &str| refnis.parse::<schemas::places::Refnis>().expect("a REFNIS code");
    store
        .set_identity(&Identity {
            root: me,
            refnis: place(refnis),
            kbo: String::new(),
            name: place(refnis).name().to_owned(),
            office: "inburgering@example.be".to_owned(),
            store_id: [seed as u8; 16],
            incarnation: 1,
        })
        .expect("a new identity");
    let noon = Timestamp(Date::new(2026, 10, 26).expect("a day").start().0 + 12 * 3600);
    store
        .insert_partner(&Partner {
            root: other,
            refnis: place(partner),
            kbo: String::new(),
            name: place(partner).name().to_owned(),
            addresses: Vec::new(),
            since: noon,
        })
        .expect("a partner");
    let circle = CircleId([9; 16]);
    let mut members = vec![me, other];
    members.sort_unstable();
    store
        .insert_circle(&Circle {
            id: circle,
            name: "BAM".to_owned(),
            arrangement: "GR 2026/114".to_owned(),
            members,
            pair: false,
        })
        .expect("a circle");
    let clock = Arc::new(StillClock(AtomicU64::new(noon.0)));
    let network = Arc::new(NoNetwork::default());
    let randomness = Arc::new(SeededNumbers(Mutex::new(seed)));
    let office = Office::new(store.clone(), clock.clone(), randomness, network.clone());
    TestOffice { office, store, clock, network, circle, me, partner: other, folder }
}

/// The owner id that test offices give to a municipality.
pub fn root_of(refnis: &str) -> RootId {
    let mut id = [0; 32];
    id[..5].copy_from_slice(&refnis.as_bytes()[..5]);
    RootId(id)
}

impl TestOffice {
    /// Puts a document in the store as if it had been replicated.
    ///
    /// # Panics
    /// When the store fails.
    pub fn arrive(&self, owner: RootId, circle: CircleId, document: DocumentId, value: SharedValue) {
        let hour = Clock::now(&*self.clock).hour();
        let view = DocumentView {
            circle,
            document,
            owner,
            value,
            heads: vec![[1; 32]],
            writers: [(owner, 1)].into(),
            changed_at: hour,
            expires_at: hour.plus_days(90),
            clipped: false,
            held: None,
            forked: Default::default(),
        };
        self.store.apply(vec![Effect::Show(view)]).expect("a document");
    }

    /// Carries out the outbox here as the runtime would with the replication core, without
    /// partners: what was published is shown, what was erased is gone. Gives what it carried out.
    ///
    /// # Panics
    /// When the store fails.
    pub fn carry_out(&self) -> Vec<casework::ports::Outgoing> {
        use casework::ports::Outgoing;
        let commands = self.store.outbox_next(0).expect("the outbox");
        for (number, command) in &commands {
            match command {
                Outgoing::Publish { circle, document, value, .. } | Outgoing::Open { circle, document, value, .. } => {
                    self.arrive(self.me, *circle, *document, value.clone());
                }
                Outgoing::Edit { document, value, .. } => {
                    self.arrive(self.me, self.circle, *document, value.clone());
                }
                Outgoing::Erase { document } => {
                    let kind = schemas::Kind::MatchRequest;
                    let hide = Effect::Hide { owner: self.me, document: *document, kind, erased: true };
                    self.store.apply(vec![hide]).expect("an erasure");
                }
                // What the core makes of these is for its own tests.
                Outgoing::Hold { .. }
                | Outgoing::Lift { .. }
                | Outgoing::Cut { .. }
                | Outgoing::Suspend { .. }
                | Outgoing::Resume { .. }
                | Outgoing::Replace { .. } => {}
            }
            let settled = Effect::Settled { number: number.unsigned_abs(), outcome: Ok(()) };
            self.store.apply(vec![settled]).expect("a settled command");
        }
        commands.into_iter().map(|(_, command)| command).collect()
    }
}

/// Makes a store at `path` that claims a migration which no release has.
///
/// # Panics
/// When the store fails.
pub fn make_newer(path: &std::path::Path, number: u32) {
    let store = Store::open(path, &TEST_KEY).expect("a new store");
    let insert =
        move |tx: &mut crate::Tx<'_>| tx.run("INSERT INTO migrations (number) VALUES (?1)", [number]).map(|_| ());
    store.in_write(insert).expect("a migration");
}

/// A store without encryption, otherwise opened alike: shows what the encryption would hide.
///
/// # Panics
/// When the store fails.
pub fn plain_store(path: &std::path::Path) -> Arc<Store> {
    Store::open_keyed(path, String::new()).expect("a new store")
}

impl Store {
    /// Lets the database grow to so many pages, or not at all when it has as many: a full disk.
    ///
    /// # Errors
    /// A failing store.
    pub fn limit_pages(&self, pages: u32) -> casework::Result<()> {
        self.in_write(move |tx| {
            tx.one(&format!("PRAGMA max_page_count = {pages}"), [], |cells| cells.get::<i64>()).map(|_| ())
        })
    }

    /// Every value of every table as bytes, with `table.column`: to search what a store must
    /// not hold.
    ///
    /// # Errors
    /// A failing store.
    pub fn every_value(&self) -> casework::Result<Vec<(String, Vec<u8>)>> {
        self.in_read(|tx| {
            let columns = tx.all(
                "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'",
                [],
                |cells| Ok((cells.get::<String>()?, cells.get::<String>()?)),
            )?;
            let mut values = Vec::new();
            for (table, column) in columns {
                let sql = format!("SELECT CAST(\"{column}\" AS BLOB) FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
                let place = format!("{table}.{column}");
                values.extend(tx.all(&sql, [], |cells| Ok((place.clone(), cells.get::<Vec<u8>>()?)))?);
            }
            Ok(values)
        })
    }
}
