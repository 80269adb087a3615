//! The running node as the office sees it: live partners, the bell of the outbox, and waiting
//! for a command to be settled. On a stopped node there is no one and nothing to wait for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use casework::ports::{Network, PartnerLive};
use replication::PartnerState;
use schemas::ids::{DocumentId, RootId};
use schemas::time::Timestamp;
use store::Store;
use tokio::sync::Notify;

use crate::handed::Handed;
use crate::restraints::Restraints;

/// What the runtime shows and hears.
pub struct Port {
    store: Arc<Store>,
    /// What the outbox has to give.
    pub outbox: Arc<Handed>,
    /// Rung when partners came, went, or were suspended.
    pub partners_moved: Notify,
    /// Looks at the clock until partners that came or went are looked at; none at zero.
    moved_soon: AtomicU8,
    /// Partners that a restored node waits for.
    recovering: Mutex<BTreeSet<RootId>>,
    partners: Mutex<BTreeMap<RootId, PartnerState>>,
    running: Mutex<bool>,
    /// Seconds by which this node's clock is ahead of its partners'; zero while it is right.
    clock_ahead: AtomicI64,
    settled: Condvar,
    /// Cards that changed since the office last asked; none when too many did, or nobody knows.
    cards: Mutex<Option<BTreeSet<DocumentId>>>,
    /// Why the exchange waits for the store; none while it goes on.
    paused: Mutex<Option<String>>,
    /// Partners that are held back.
    pub restraints: Restraints,
}

/// Cards that are remembered as changed, at most; beyond that all are read.
const MAX_CHANGED: usize = 4_096;

impl Port {
    /// Of a node that does not run yet.
    pub fn new(store: Arc<Store>) -> Self {
        let outbox = Arc::new(Handed::default());
        let handed = Arc::clone(&outbox);
        store.on_commands(move |written| handed.put(written));
        Self {
            store,
            outbox,
            partners_moved: Notify::new(),
            moved_soon: AtomicU8::new(0),
            recovering: Mutex::new(BTreeSet::new()),
            partners: Mutex::new(BTreeMap::new()),
            running: Mutex::new(false),
            clock_ahead: AtomicI64::new(0),
            settled: Condvar::new(),
            cards: Mutex::new(None),
            paused: Mutex::new(None),
            restraints: Restraints::default(),
        }
    }

    /// Says that the exchange waits for the store, and why; or that it goes on.
    pub fn set_paused(&self, why: Option<String>) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    fn running(&self) -> MutexGuard<'_, bool> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes by how many seconds this node's clock is ahead of its partners'; zero when right.
    pub fn set_clock_ahead(&self, seconds: i64) {
        self.clock_ahead.store(seconds, Ordering::Relaxed);
    }

    /// By how many seconds this node's clock is ahead of its partners'; none while it is right.
    pub fn clock_ahead(&self) -> Option<i64> {
        Some(self.clock_ahead.load(Ordering::Relaxed)).filter(|seconds| *seconds != 0)
    }

    /// Notes the partners that a restored node waits for.
    pub fn set_recovering(&self, awaited: BTreeSet<RootId>) {
        *self.recovering.lock().unwrap_or_else(PoisonError::into_inner) = awaited;
    }

    /// The partners that a restored node waits for; none on any other.
    pub fn recovering(&self) -> BTreeSet<RootId> {
        self.recovering.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asked every second: whether it is time to look at partners that came or went.
    pub fn partners_moved_soon(&self) -> bool {
        let left = self.moved_soon.load(Ordering::SeqCst);
        left > 0 && self.moved_soon.fetch_sub(1, Ordering::SeqCst) == 1
    }

    /// Whether a runtime carries commands out from now on.
    pub fn set_running(&self, running: bool) {
        *self.running() = running;
        self.settled.notify_all();
    }

    /// Tells who waits that commands were settled.
    pub fn tell_settled(&self) {
        drop(self.running());
        self.settled.notify_all();
    }

    /// Notes that the card of a mentor or a newcomer came, changed or went.
    pub fn card_changed(&self, document: DocumentId) {
        let mut cards = self.cards.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(changed) = cards.as_mut() {
            changed.insert(document);
            if changed.len() > MAX_CHANGED {
                *cards = None;
            }
        }
    }

    /// Shows the state of every partner.
    pub fn show(&self, partners: BTreeMap<RootId, PartnerState>) {
        *self.states() = partners;
    }

    /// The state of every partner as last shown.
    pub fn states(&self) -> MutexGuard<'_, BTreeMap<RootId, PartnerState>> {
        self.partners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Network for Port {
    fn partners(&self) -> Vec<PartnerLive> {
        let live = |(root, state): (&RootId, &PartnerState)| PartnerLive {
            root: *root,
            connected_since: state.connected_since,
            reconciled_at: state.reconciled_at,
            documents_held: state.documents_held,
            refused: state.refused.iter().map(|(why, count)| (why.to_string(), *count)).collect(),
            held_back: self.restraints.of(*root).map(|restraint| restraint.why),
        };
        self.states().iter().map(live).collect()
    }

    fn is_recovering(&self) -> bool {
        !self.recovering().is_empty()
    }

    fn certificates_end(&self) -> BTreeMap<RootId, Timestamp> {
        let Ok(known) = self.store.known_certificates() else { return BTreeMap::new() };
        known.iter().filter_map(|(root, kept)| Some((root, kept.newest()?.get().valid_until.start()))).collect()
    }

    fn successors(&self) -> BTreeMap<RootId, RootId> {
        let Ok(known) = self.store.known_certificates() else { return BTreeMap::new() };
        known.iter().filter_map(|(root, kept)| Some((root, kept.successor()?))).collect()
    }

    fn certified_twice(&self) -> BTreeMap<RootId, u64> {
        self.store.certified_twice().unwrap_or_default()
    }

    fn paused(&self) -> Option<String> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn outbox_filled(&self) {
        self.outbox.ring();
    }

    fn partners_changed(&self) {
        self.partners_moved.notify_one();
    }

    fn partners_changed_soon(&self) {
        self.moved_soon.store(2, Ordering::SeqCst);
    }

    fn wait_settled(&self, number: i64, at_most: Duration) -> bool {
        self.outbox.ring();
        let is_settled = || self.store.is_settled(number).unwrap_or(false);
        let running = self.running();
        // Settling takes the same lock before it tells, so that nothing is missed in between.
        let waits = |running: &mut bool| *running && !is_settled();
        drop(self.settled.wait_timeout_while(running, at_most, waits));
        is_settled()
    }

    fn changed_cards(&self) -> Option<BTreeSet<DocumentId>> {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner).replace(BTreeSet::new())
    }
}
