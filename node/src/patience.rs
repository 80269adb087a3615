//! How much is borne of a partner that sends what no honest node could have sent.
//!
//! An offence slows the partner's frames down, and repetition suspends it until an
//! administrator lifts that. Pure: time is an argument. What an honest node could have sent
//! never comes here, and a partner pays for nobody but itself.

use std::collections::BTreeMap;
use std::time::Duration;

use schemas::ids::RootId;
use schemas::time::Timestamp;

/// Offences without consequence.
const FREE: u32 = 2;
/// Offences after which a partner is suspended.
pub const SUSPENDED_AFTER: u32 = 12;
/// Seconds after which one offence is forgotten.
const FORGOTTEN: u64 = 600;
/// What a frame waits after the first offence that has consequences, doubling with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// What is done about a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Each of its frames waits so long before the next is read.
    Pause(Duration),
    /// Nothing more is exchanged with it until an administrator lifts that.
    Suspend,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    offences: u32,
    /// When the last was counted.
    at: Timestamp,
}

/// What every partner has done lately.
#[derive(Debug, Default)]
pub struct Patience(BTreeMap<RootId, Record>);

impl Patience {
    /// Counts an offence, at most one in a second, and says what is done about it.
    pub fn offended(&mut self, partner: RootId, now: Timestamp) -> Measure {
        let record = self.0.entry(partner).or_insert(Record { offences: 0, at: Timestamp(0) });
        let passed = now.0.saturating_sub(record.at.0);
        let forgotten = u32::try_from(passed / FORGOTTEN).unwrap_or(u32::MAX);
        if record.at != now {
            record.offences = record.offences.saturating_sub(forgotten).saturating_add(1);
            record.at = now;
        }
        if record.offences >= SUSPENDED_AFTER { Measure::Suspend } else { Measure::Pause(pause(record.offences)) }
    }

    /// Forgets what a partner did.
    pub fn forget(&mut self, partner: RootId) {
        self.0.remove(&partner);
    }

    /// What a frame of this partner waits.
    pub fn pause(&self, partner: RootId) -> Duration {
        self.0.get(&partner).map_or(Duration::ZERO, |record| pause(record.offences))
    }
}

fn pause(offences: u32) -> Duration {
    match offences.checked_sub(FREE + 1) {
        None => Duration::ZERO,
        Some(doubled) => FIRST_PAUSE.saturating_mul(1 << doubled.min(16)).min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEM: RootId = RootId([1; 32]);
    const OTHERS: RootId = RootId([2; 32]);

    #[test]
    fn offences_slow_down_and_then_suspend() {
        let mut patience = Patience::default();
        let measures: Vec<Measure> =
            (1..=u64::from(SUSPENDED_AFTER)).map(|second| patience.offended(THEM, Timestamp(second))).collect();
        assert_eq!(measures[1], Measure::Pause(Duration::ZERO));
        assert_eq!(measures[2], Measure::Pause(FIRST_PAUSE));
        assert!(measures[..11].is_sorted_by_key(|measure| match measure {
            Measure::Pause(pause) => *pause,
            Measure::Suspend => Duration::MAX,
        }));
        assert_eq!(measures[11], Measure::Suspend);
        assert_eq!(patience.pause(THEM), LONGEST_PAUSE);
        assert_eq!(patience.pause(OTHERS), Duration::ZERO, "nobody pays for another");
    }

    #[test]
    fn a_thousand_in_one_second_are_one_and_old_ones_are_forgotten() {
        let mut patience = Patience::default();
        for _ in 0..1000 {
            assert_eq!(patience.offended(THEM, Timestamp(7)), Measure::Pause(Duration::ZERO));
        }
        for day in 1..1000 {
            let measure = patience.offended(THEM, Timestamp(day * 86_400));
            assert_eq!(measure, Measure::Pause(Duration::ZERO), "one a day is borne for ever");
        }
        // A clock that is set back counts as no time at all.
        assert!(matches!(patience.offended(THEM, Timestamp(3)), Measure::Pause(_)));
    }
}
