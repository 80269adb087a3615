//! The time and the randomness of this machine.
//!
//! The one place of the program that reads a clock or draws randomness; everything else is
//! handed them. It never decides anything.

use casework::ports::{Clock, Randomness};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use schemas::time::Timestamp;

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }
}

/// Now, in whole seconds.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    // A clock before 1970 counts as 1970: every certificate refuses it.
    Timestamp(since.map_or(0, |elapsed| elapsed.as_secs()))
}

/// A clock that only runs forward, for durations that people see.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn stopwatch() -> std::time::Instant {
    std::time::Instant::now()
}

/// The randomness of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        fill(bytes);
    }
}

/// Fills `bytes` with randomness fit for keys.
#[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
pub fn fill(bytes: &mut [u8]) {
    // Without randomness no key may be made and nothing can go on.
    getrandom::fill(bytes).expect("the operating system gives randomness");
}

/// `N` random bytes.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// A generator seeded from this machine.
pub fn generator() -> ChaCha20Rng {
    ChaCha20Rng::from_seed(random())
}
