//! How much work a partner may cause by asking again and again. What is over waits, or ends the
//! stream; it never touches what other partners get.

use schemas::time::Timestamp;

/// What may be asked at once, and what comes back every second.
const FULL: u32 = 5_000;
const PER_SECOND: u32 = 100;

/// What connecting, greeting or telling what is known costs.
pub(crate) const GREETING: u32 = 20;
/// What a certificate or list costs.
pub(crate) const PAPER: u32 = 5;
/// What a certificate costs that pushes an older one out: honest ones come once in a while.
pub(crate) const RENEWAL: u32 = 500;
/// What beginning a check costs.
pub(crate) const CHECK: u32 = 5;

/// What a partner has left. It outlives the streams: connecting anew gives nothing back.
#[derive(Debug)]
pub(crate) struct Allowance {
    left: u32,
    at: Timestamp,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { left: FULL, at: Timestamp(0) }
    }
}

impl Allowance {
    /// Takes `cost`; whether there was enough. A clock that is set back gives nothing.
    pub(crate) fn take(&mut self, now: Timestamp, cost: u32) -> bool {
        let seconds = u32::try_from(now.0.saturating_sub(self.at.0)).unwrap_or(u32::MAX);
        self.left = self.left.saturating_add(seconds.saturating_mul(PER_SECOND)).min(FULL);
        self.at = now;
        match self.left.checked_sub(cost) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_out_and_fills_up_again() {
        let mut allowance = Allowance::default();
        let mut times = |seconds: u64| {
            let now = Timestamp(1_000_000 + seconds);
            std::iter::repeat_with(|| allowance.take(now, GREETING)).take_while(|enough| *enough).count()
        };
        assert_eq!(times(0), 250);
        assert_eq!(times(0), 0);
        assert_eq!(times(1), 5);
        assert_eq!(times(1_000), 250);
        assert_eq!(times(900), 0, "the clock was set back");
    }
}
