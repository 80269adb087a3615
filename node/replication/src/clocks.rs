//! Whether this node's own clock can be trusted, by what partners say the time is.
//!
//! A node whose clock is more than a day from its partners' median stops expiring, signing and
//! blaming, and says so. Half of the partners, or fewer, never make a node doubt itself; a single
//! partner can, at the cost of nothing but the exchange with that partner. Those who are connected
//! are asked first; what the others said last counts while nobody is. No order ever depends on a
//! clock.

use std::collections::BTreeMap;

use schemas::ids::RootId;
use schemas::time::{Hour, Timestamp};

/// Seconds that two clocks may differ before one of them is wrong.
const APART: u64 = 86_400;
/// Seconds after a start, or after a jump of the clock, for which partners are waited for before
/// anything expires.
const PATIENCE: u64 = 3_600;
/// The same when this node's certificate is out of date: then no partner is heard, and it may be
/// the clock that is wrong.
const LONG_PATIENCE: u64 = 30 * 86_400;

/// What is known of this node's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// No partner was heard yet.
    #[default]
    Unheard,
    /// Within a day of the partners' median, or there is nobody to ask.
    Right,
    /// So many seconds ahead of the partners' median; below zero, behind.
    Off(i64),
}

/// What one partner said.
#[derive(Debug)]
struct Said {
    /// Seconds by which this clock is ahead of its.
    ahead: i64,
    /// Whether it is still on the stream on which it said so.
    connected: bool,
}

/// What partners say the time is.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    said: BTreeMap<RootId, Said>,
    /// Seconds by which this clock is ahead of the median of those who count; none when nobody does.
    median: Option<i64>,
    /// The start, or the last jump of this clock.
    since: Timestamp,
    last: Timestamp,
}

impl Clocks {
    /// Time passes. After a jump, what was heard says nothing any more.
    pub(crate) fn pass(&mut self, now: Timestamp) {
        let jumped = now.0 > self.last.0.saturating_add(APART) || now.0.saturating_add(PATIENCE) < self.last.0;
        if jumped {
            self.said.clear();
            self.median = None;
            self.since = now;
        }
        self.last = now;
    }

    /// A partner says what hour it is.
    pub(crate) fn heard(&mut self, partner: RootId, hour: Hour, now: Timestamp) {
        self.between(partner, hour.start().0, 3_599, now);
    }

    /// A partner says what day it is, as days since 1970.
    pub(crate) fn heard_day(&mut self, partner: RootId, day: u32, now: Timestamp) {
        self.between(partner, u64::from(day) * 86_400, 86_399, now);
    }

    /// Of the moments that the partner may mean, the one nearest to this clock.
    fn between(&mut self, partner: RootId, start: u64, seconds: u64, now: Timestamp) {
        let theirs = now.0.clamp(start, start + seconds);
        let seconds = |at: u64| i64::try_from(at).unwrap_or(i64::MAX);
        let ahead = seconds(now.0).saturating_sub(seconds(theirs));
        self.said.insert(partner, Said { ahead, connected: true });
        self.take_median();
    }

    /// The stream of a partner ended.
    pub(crate) fn left(&mut self, partner: RootId) {
        if let Some(said) = self.said.get_mut(&partner) {
            said.connected = false;
            self.take_median();
        }
    }

    /// A partner is no partner any more.
    pub(crate) fn forget(&mut self, partner: RootId) {
        self.said.remove(&partner);
        self.take_median();
    }

    fn take_median(&mut self) {
        let anybody = self.said.values().any(|said| said.connected);
        let counts = self.said.values().filter(|said| said.connected || !anybody);
        let mut ahead: Vec<i64> = counts.map(|said| said.ahead).collect();
        ahead.sort_unstable();
        // Of two in the middle the one that agrees most with this clock.
        let middle = ahead.get(ahead.len().saturating_sub(1) / 2..=ahead.len() / 2);
        self.median = middle.into_iter().flatten().copied().min_by_key(|ahead| ahead.unsigned_abs());
    }

    /// What is known; `certified` says whether this node's certificate covers now.
    pub(crate) fn state(&self, certified: bool) -> Clock {
        match self.median {
            Some(median) if median.unsigned_abs() > APART => Clock::Off(median),
            None if self.last < self.patient_until(certified) => Clock::Unheard,
            _ => Clock::Right,
        }
    }

    /// Whether a partner was heard since it connected and since this clock jumped, and agrees with it
    /// within a day.
    pub(crate) fn agrees(&self, partner: RootId) -> bool {
        self.said.get(&partner).is_some_and(|said| said.connected && said.ahead.unsigned_abs() <= APART)
    }

    /// Until when partners are waited for.
    pub(crate) fn patient_until(&self, certified: bool) -> Timestamp {
        self.since.plus_seconds(if certified { PATIENCE } else { LONG_PATIENCE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(500_000 * 3_600);
    const DAY: i64 = 86_400;

    /// With partners whose clocks are so many days behind this one.
    fn with(ahead: &[i64]) -> Clock {
        let mut clocks = Clocks::default();
        clocks.pass(NOW);
        for (partner, ahead) in ahead.iter().enumerate() {
            // This clock is ahead of the partner's by whole days.
            let theirs = Hour(NOW.hour().0.saturating_add_signed(i32::try_from(-ahead * 24).unwrap_or(i32::MAX)));
            clocks.heard(RootId([partner as u8; 32]), theirs, NOW);
        }
        clocks.state(true)
    }

    #[test]
    fn the_median_judges() {
        assert_eq!(with(&[0, 1, -1]), Clock::Right);
        assert_eq!(with(&[-1]), Clock::Right);
        // The partner is somewhere in its hour: less than an hour of doubt is given.
        assert_eq!(with(&[2]), Clock::Off(2 * DAY - 3_599));
        assert_eq!(with(&[-3_650; 3]), Clock::Off(-3_650 * DAY));
        assert_eq!(with(&[9, 8, 0]), Clock::Off(8 * DAY - 3_599));
    }

    #[test]
    fn half_of_the_partners_do_not_make_a_node_doubt_itself() {
        assert_eq!(with(&[9, 0]), Clock::Right);
        assert_eq!(with(&[-9, 0]), Clock::Right);
        assert_eq!(with(&[9, 9, 1, -1]), Clock::Right);
        assert!(matches!(with(&[9, -8]), Clock::Off(_)));
    }

    #[test]
    fn those_who_are_connected_are_asked_first() {
        let mut clocks = Clocks::default();
        clocks.pass(NOW);
        for partner in [1, 2] {
            clocks.heard(RootId([partner; 32]), Hour(NOW.hour().0 - 72), NOW);
            clocks.left(RootId([partner; 32]));
        }
        assert_eq!(clocks.state(true), Clock::Off(3 * DAY - 3_599));
        clocks.heard(RootId([3; 32]), NOW.hour(), NOW);
        assert_eq!(clocks.state(true), Clock::Right);
        clocks.left(RootId([3; 32]));
        assert_eq!(clocks.state(true), Clock::Off(3 * DAY - 3_599));
    }

    #[test]
    fn nobody_is_waited_for_longer_than_an_hour() {
        let mut clocks = Clocks::default();
        clocks.pass(NOW);
        assert_eq!((clocks.state(true), clocks.state(false)), (Clock::Unheard, Clock::Unheard));
        clocks.pass(NOW.plus_seconds(PATIENCE));
        assert_eq!((clocks.state(true), clocks.state(false)), (Clock::Right, Clock::Unheard));
        for day in 1..=30 {
            clocks.pass(NOW.plus_seconds(day * 86_400));
        }
        assert_eq!(clocks.state(false), Clock::Right);
    }

    #[test]
    fn a_jump_asks_anew() {
        let mut clocks = Clocks::default();
        clocks.pass(NOW);
        clocks.heard(RootId([1; 32]), NOW.hour(), NOW);
        assert_eq!(clocks.state(true), Clock::Right);
        let wrong = NOW.plus_seconds(10 * 365 * 86_400);
        clocks.pass(wrong);
        assert_eq!(clocks.state(true), Clock::Unheard);
        clocks.heard(RootId([1; 32]), NOW.hour(), wrong);
        assert_eq!(clocks.state(true), Clock::Off(3_650 * DAY - 3_599));
        clocks.pass(NOW);
        assert_eq!(clocks.state(true), Clock::Unheard);
    }

    #[test]
    fn a_day_says_enough() {
        let mut clocks = Clocks::default();
        clocks.pass(NOW);
        let today = u32::try_from(NOW.0 / 86_400).unwrap();
        for (day, expected) in [(today, Clock::Right), (today + 1, Clock::Right), (today - 1, Clock::Right)] {
            clocks.heard_day(RootId([1; 32]), day, NOW);
            assert_eq!(clocks.state(true), expected);
        }
        clocks.heard_day(RootId([1; 32]), today + 3, NOW);
        assert!(matches!(clocks.state(true), Clock::Off(ahead) if ahead < -2 * DAY + 1));
        clocks.heard_day(RootId([1; 32]), u32::MAX, NOW);
        assert!(matches!(clocks.state(true), Clock::Off(_)));
        clocks.forget(RootId([1; 32]));
        assert_eq!(clocks.state(true), Clock::Unheard);
    }
}
