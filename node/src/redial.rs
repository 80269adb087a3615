//! When a partner is dialled again: soon after a loss, slower with every failure, never at the
//! same moment as everybody else. Counts in ticks; reads no clock.

use rand::Rng;

/// When to dial one partner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Redial {
    failures: u32,
    at: u64,
}

impl Redial {
    /// First at `tick`.
    pub fn at(tick: u64) -> Self {
        Self { failures: 0, at: tick }
    }

    /// Whether it is time.
    pub fn is_due(self, tick: u64) -> bool {
        self.at <= tick
    }

    /// It answered: the next loss begins with a short wait.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Counts as so many failures at least.
    pub fn at_least(&mut self, failures: u32) {
        self.failures = self.failures.max(failures);
    }

    /// Waits from `tick` on, doubling with every failure up to `slowest`, with half of it random.
    pub fn later(&mut self, tick: u64, slowest: u64, rng: &mut impl Rng) {
        let wait = (4_u64 << self.failures.min(12)).min(slowest);
        self.failures = self.failures.saturating_add(1);
        self.at = tick + wait / 2 + rng.next_u64() % (wait / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    #[test]
    fn waits_grow_to_the_slowest_and_shrink_after_success() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let mut redial = Redial::at(5);
        assert!(redial.is_due(5) && !redial.is_due(4));
        let mut waits = Vec::new();
        for _ in 0..12 {
            redial.later(0, 600, &mut rng);
            waits.push(redial.at);
        }
        assert!(waits[0] <= 4 && waits[4] > waits[0], "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= 600), "{waits:?}");
        assert!(waits[11] >= 300, "{waits:?}");
        redial.succeeded();
        redial.later(0, 600, &mut rng);
        assert!(redial.at <= 4);
    }
}
