//! What each partner may ask a few times an hour and no more. Time is an argument; it remembers
//! no more than one line for each partner.

use std::collections::BTreeMap;

use schemas::ids::RootId;
use schemas::time::Timestamp;

const HOUR: u64 = 3_600;

/// How often each partner asked within the hour that began with its first time.
#[derive(Debug)]
pub struct Hourly {
    most: u32,
    asked: BTreeMap<RootId, (Timestamp, u32)>,
}

impl Hourly {
    /// At most so many times.
    pub fn new(most: u32) -> Self {
        Self { most, asked: BTreeMap::new() }
    }

    /// Counts one more; whether it was not too much.
    pub fn take(&mut self, partner: RootId, now: Timestamp) -> bool {
        let (since, times) = self.asked.entry(partner).or_insert((now, 0));
        if now.0.abs_diff(since.0) >= HOUR {
            (*since, *times) = (now, 0);
        }
        let allowed = *times < self.most;
        *times += u32::from(allowed);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_hour() {
        let mut hourly = Hourly::new(2);
        let [one, other] = [RootId([1; 32]), RootId([2; 32])];
        let mut times = |who, at| (0..5).filter(|_| hourly.take(who, Timestamp(at))).count();
        assert_eq!((times(one, 10_000), times(other, 10_000)), (2, 2));
        assert_eq!(times(one, 13_599), 0);
        assert_eq!((times(one, 13_600), times(one, 13_601)), (2, 0));
        assert_eq!(times(one, 5), 2, "a clock that is set back shuts nobody out");
    }
}
