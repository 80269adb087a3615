//! The simulator: several replicas in one thread, with virtual time and everything that goes
//! wrong between them drawn from one seed.
//!
//! Nothing here may read a clock or draw randomness but from the seed: the same seed gives the
//! same trace, byte for byte. Seeds share nothing, so several are run at once.

mod act;
pub mod growth;
mod hostile;
mod judge;
mod keys;
mod ledger;
mod members;
mod mergers;
mod node;
mod offices;
mod partings;
mod partners;
mod process;
mod records;
mod restored;
mod scenario;
mod scene;
mod wire;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

pub use hostile::Attack;
pub use judge::Verdict;
pub use scenario::{Plant, Reach, Scenario};
pub use scene::{Meter, Struck, put_back, strike};
pub use world::World;

/// Runs a scenario, with a `plant`ed bug if any, and judges how it ends.
pub fn run(scenario: Scenario, plant: Plant) -> Verdict {
    let mut world = World::new(scenario, plant);
    world.disturb();
    world.heal();
    judge::judge(&world)
}

/// Hands seeds out to every core until there are no more or `look` says that it has seen enough.
/// `look` sees the verdicts in whatever order they come.
pub fn run_all(
    seeds: impl Iterator<Item = u64> + Send,
    scenario: impl Fn(u64) -> Scenario + Sync,
    plant: Plant,
    look: impl FnMut(u64, Verdict) -> bool + Send,
) {
    let (seeds, look) = (Mutex::new(seeds), Mutex::new(look));
    let enough = AtomicBool::new(false);
    let work = || {
        while !enough.load(Ordering::Relaxed) {
            let Some(seed) = seeds.lock().expect("no seed panics here").next() else { return };
            let verdict = run(scenario(seed), plant);
            if !(look.lock().expect("looking does not panic"))(seed, verdict) {
                enough.store(true, Ordering::Relaxed);
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(work)).collect();
        work();
        for other in others {
            other.join().expect("a simulation panicked");
        }
    });
}
