//! The clock of the benches.

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since 1970: comparable between processes on one machine.
#[expect(clippy::disallowed_methods, reason = "a bench reads the clock, here")]
pub fn nanoseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |elapsed| u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX))
}

/// Seconds between two moments.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub fn seconds(from: u64, to: u64) -> f64 {
    to.saturating_sub(from) as f64 / 1e9
}
