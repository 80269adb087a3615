//! The days that count while a proposal waits for an answer: working days on which the answering
//! office is open.

use schemas::time::{Date, Timestamp};

/// Opening days after which the other municipality is reminded.
pub const REMIND_AFTER: u32 = 7;
/// Opening days after which a proposal without an answer lapses.
pub const LAPSE_AFTER: u32 = 14;
/// No wait is counted beyond this many calendar days.
const MOST: i64 = 400;

/// Mondays to Fridays after `from` up to and including `to`, without the days on which the
/// office says that it is away (every day up to `away_until`).
pub fn opening_days(from: Date, to: Date, away_until: Option<Date>) -> u32 {
    let first = from.days_since_epoch() + 1;
    let last = to.days_since_epoch().min(first + MOST);
    let away = away_until.map_or(i64::MIN, Date::days_since_epoch);
    // 1970-01-01 was a Thursday: day 2 and day 3 of each week from there are the weekend.
    let open = |day: i64| !matches!(day.rem_euclid(7), 2 | 3) && day > away;
    u32::try_from((first..=last).filter(|day| open(*day)).count()).unwrap_or(0)
}

/// The same between two moments, day by day.
pub fn opening_days_between(from: Timestamp, to: Timestamp, away_until: Option<Date>) -> u32 {
    opening_days(from.date(), to.date(), away_until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn weekends_do_not_count() {
        // 2026-10-16 is a Friday.
        assert_eq!(opening_days(day("2026-10-16"), day("2026-10-18"), None), 0);
        assert_eq!(opening_days(day("2026-10-16"), day("2026-10-19"), None), 1);
        assert_eq!(opening_days(day("2026-10-16"), day("2026-11-05"), None), LAPSE_AFTER);
        assert_eq!(opening_days(day("2026-10-16"), day("2026-10-16"), None), 0);
        assert_eq!(opening_days(day("2026-10-16"), day("2026-10-01"), None), 0);
    }

    #[test]
    fn days_of_absence_do_not_count() {
        let away = Some(day("2026-10-23"));
        assert_eq!(opening_days(day("2026-10-16"), day("2026-10-23"), away), 0);
        assert_eq!(opening_days(day("2026-10-16"), day("2026-10-26"), away), 1);
    }

    #[test]
    fn a_clock_far_ahead_ends() {
        assert!(opening_days(day("1970-01-01"), day("2900-01-01"), None) < 300);
    }
}
