//! Which partners are held back, and why: what the runtime decides, the network carries out and
//! people see.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemas::ids::RootId;
use schemas::time::Timestamp;

use crate::link::Pace;
use crate::patience::{Measure, Patience};

/// How a partner is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restraint {
    /// What it did last, in English.
    pub why: String,
    /// When.
    pub at: Timestamp,
    /// What each of its frames waits.
    pub pause: Duration,
}

/// Every partner that is held back.
#[derive(Debug, Default)]
pub struct Restraints(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    patience: Patience,
    held_back: BTreeMap<RootId, Restraint>,
    paces: BTreeMap<RootId, Arc<Pace>>,
}

impl Restraints {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A partner has a new stream: it does not get away from what it is held back for.
    pub fn paced(&self, partner: RootId, pace: Arc<Pace>) {
        let mut inner = self.inner();
        pace.set(inner.patience.pause(partner));
        inner.paces.insert(partner, pace);
    }

    /// Counts what a partner did; whether it is held back more than before.
    pub fn offended(&self, partner: RootId, why: &str, now: Timestamp) -> bool {
        let mut inner = self.inner();
        let before = inner.patience.pause(partner);
        let pause = match inner.patience.offended(partner, now) {
            Measure::Pause(pause) => pause,
            Measure::Suspend => inner.patience.pause(partner),
        };
        if let Some(pace) = inner.paces.get(&partner) {
            pace.set(pause);
        }
        if pause.is_zero() {
            return false;
        }
        let restraint = Restraint { why: why.to_owned(), at: now, pause };
        inner.held_back.insert(partner, restraint);
        pause > before
    }

    /// How a partner is held back, if it is.
    pub fn of(&self, partner: RootId) -> Option<Restraint> {
        self.inner().held_back.get(&partner).cloned()
    }
}
