//! The simulator: several replicas in one thread, with virtual time and everything that goes
//! wrong between them drawn from one seed.
//!
//! Nothing here may read a clock or draw randomness but from the seed: the same seed gives the
//! same trace, byte for byte.

mod act;
mod hostile;
mod judge;
mod node;
mod world;

pub use judge::Verdict;
pub use world::{Plant, Scenario, World};

/// Runs the scenario of `seed`, with a `plant`ed bug if any, and judges how it ends.
pub fn run(seed: u64, plant: Plant) -> Verdict {
    let mut world = World::new(Scenario::of(seed), plant);
    world.disturb();
    world.heal();
    judge::judge(&world)
}
