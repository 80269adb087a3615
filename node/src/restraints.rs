//! Which partners are held back, and why: what the runtime decides, the network carries out and
//! people see.

use std::collections::{BTreeMap, BTreeSet};
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

/// What is to be done about an offence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing that was not done before.
    Nothing,
    /// It is held back more than before.
    HeldBack,
    /// It is to be suspended. Said once.
    Suspend,
}

/// Every partner that is held back.
#[derive(Debug, Default)]
pub struct Restraints(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    patience: Patience,
    held_back: BTreeMap<RootId, Restraint>,
    paces: BTreeMap<RootId, Arc<Pace>>,
    /// Partners whose suspension was asked for.
    to_suspend: BTreeSet<RootId>,
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

    /// Counts what a partner did; what is to be done about it.
    pub fn offended(&self, partner: RootId, why: &str, now: Timestamp) -> Consequence {
        let mut inner = self.inner();
        let before = inner.patience.pause(partner);
        let measure = inner.patience.offended(partner, now);
        let pause = inner.patience.pause(partner);
        if let Some(pace) = inner.paces.get(&partner) {
            pace.set(pause);
        }
        if !pause.is_zero() {
            inner.held_back.insert(partner, Restraint { why: why.to_owned(), at: now, pause });
        }
        if measure == Measure::Suspend && inner.to_suspend.insert(partner) {
            return Consequence::Suspend;
        }
        if pause > before { Consequence::HeldBack } else { Consequence::Nothing }
    }

    /// A suspension that was asked for could not be written down: the next offence asks again.
    pub fn not_suspended(&self, partner: RootId) {
        self.inner().to_suspend.remove(&partner);
    }

    /// Forgets what a partner did: it is suspended, which stands in the place of every other
    /// measure.
    pub fn lift(&self, partner: RootId) {
        let mut inner = self.inner();
        inner.patience.forget(partner);
        inner.held_back.remove(&partner);
        inner.to_suspend.remove(&partner);
        if let Some(pace) = inner.paces.remove(&partner) {
            pace.set(Duration::ZERO);
        }
    }

    /// How a partner is held back, if it is.
    pub fn of(&self, partner: RootId) -> Option<Restraint> {
        self.inner().held_back.get(&partner).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patience::SUSPENDED_AFTER;

    const THEM: RootId = RootId([1; 32]);

    fn offend(restraints: &Restraints, seconds: std::ops::RangeInclusive<u64>) -> Vec<Consequence> {
        seconds.map(|second| restraints.offended(THEM, "forged", Timestamp(second))).collect()
    }

    #[test]
    fn repetition_is_answered_with_one_suspension() {
        let restraints = Restraints::default();
        let last = u64::from(SUSPENDED_AFTER);
        let before = offend(&restraints, 1..=last - 1);
        assert!(before.contains(&Consequence::HeldBack) && !before.contains(&Consequence::Suspend), "{before:?}");
        let why = restraints.of(THEM).map(|restraint| restraint.why);
        assert_eq!(why.as_deref(), Some("forged"));
        assert_eq!(offend(&restraints, last..=last), [Consequence::Suspend]);
        let after = offend(&restraints, last..=last + 40);
        assert!(!after.contains(&Consequence::Suspend), "it is asked for once");
    }

    #[test]
    fn who_was_suspended_begins_anew_and_what_failed_is_tried_again() {
        let restraints = Restraints::default();
        let pace = Arc::new(Pace::default());
        restraints.paced(THEM, Arc::clone(&pace));
        let last = u64::from(SUSPENDED_AFTER);
        assert_eq!(offend(&restraints, 1..=last).last(), Some(&Consequence::Suspend));
        restraints.not_suspended(THEM);
        assert_eq!(offend(&restraints, last + 1..=last + 2), [Consequence::Suspend, Consequence::Nothing]);
        assert!(restraints.of(THEM).is_some(), "and it is held back as before");
        restraints.lift(THEM);
        assert_eq!(restraints.of(THEM), None);
        let again = offend(&restraints, 2 * last..=3 * last - 1);
        assert_eq!(again.iter().filter(|one| **one == Consequence::Suspend).count(), 1, "{again:?}");
        assert_eq!(again.last(), Some(&Consequence::Suspend));
    }
}
