//! The exact assignment of a sparse instance, with the prices that prove it.
//!
//! Among all assignments of requests to mentors' places it finds one with the most matches and,
//! among those, the highest total weight:
//!
//! 1. [`most`] finds the most matches and splits the instance where mentors are scarce from where
//!    they are not; the two parts never mix in a best assignment.
//! 2. [`auction`] finds nearly right prices in each part.
//! 3. [`tighten`] and [`paths`] make it exact.
//! 4. [`ties`] takes the first of those that are as good.
//!
//! [`certified`] trusts nothing of this: it checks the result by linear-programming duality.
//! Integers only, one order of doing things: the same instance gives the same result.

mod auction;
mod certificate;
mod columns;
pub mod fair;
mod instance;
mod live;
mod mates;
mod most;
mod network;
mod paths;
mod ties;
mod tighten;

pub use certificate::{Solution, certified};
pub use fair::{Bounds, Fair, Policy, fair};
pub use instance::{BadInstance, Edge, Instance, MAX_WEIGHT, Rows};
pub use live::{Change, Live};

use auction::Auction;
use mates::{Mates, NONE};
use most::{Split, split};
use paths::Paths;
pub(crate) use ties::Order;
use ties::settle;
use tighten::tighten;

/// A result that its prices do not prove. It is never shown; that it could happen is a mistake in
/// the solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an assignment that is not proved the best")]
pub struct Unproved;

/// An optimal assignment, proved by [`certified`]: of several the first, in which the first request
/// has the first mentor that any of them gives it, then the second, and so on.
///
/// # Errors
/// [`Unproved`] instead of a result that the proof does not hold for.
pub fn solve(instance: &impl Rows) -> Result<Solution, Unproved> {
    let paths = exact(instance);
    let mut solution = paths.solution();
    settle(instance, &mut solution, &paths.gains, &Order::of(instance));
    drop(paths);
    if certified(instance, &solution) { Ok(solution) } else { Err(Unproved) }
}

/// An optimal assignment, with what it takes to repair it.
fn exact(instance: &impl Rows) -> Paths {
    let split = split(instance);
    let mut prices = vec![0; instance.capacities().len()];
    let mut mates = Mates::new(instance);
    let (scarce, others) = rayon::join(|| part(instance, &split, true), || part(instance, &split, false));
    drop(split);
    for Part { mates: found, prices: found_prices } in [scarce, others] {
        found.into_iter().for_each(|(request, mentor)| mates.take(request, mentor));
        found_prices.into_iter().for_each(|(mentor, price)| prices[mentor as usize] = price);
    }
    let gains = tighten(instance, &mut mates, &mut prices, 10 * LAST_STEP);
    let mut paths = Paths::new(instance, mates, prices, gains);
    paths.mend(instance);
    paths
}

/// The last step of an auction, in millionths: small enough that little is left to mend.
const LAST_STEP: i64 = 10;
/// The first step where mentors are scarce, and how much smaller the next one is.
const FIRST_STEP: i64 = 100_000;
const SMALLER: i64 = 10;

/// Pairs and mentors' prices of one part.
struct Part {
    mates: Vec<(u32, u32)>,
    prices: Vec<(u32, i64)>,
}

/// Nearly the best for the requests that compete for scarce mentors, or for all others.
fn part(instance: &impl Rows, split: &Split, scarce: bool) -> Part {
    let mentors = 0..instance.capacities().len() as u32;
    let takes_part = |mentor: u32| split.scarce[mentor as usize] == scarce;
    let places: usize = mentors
        .clone()
        .filter(|mentor| takes_part(*mentor))
        .map(|mentor| usize::from(instance.capacities()[mentor as usize]))
        .sum();
    let rows = |request: &u32| split.competes(*request) == scarce && !instance.row(*request).is_empty();
    let requests: Vec<u32> = (0..instance.requests() as u32).filter(rows).collect();
    let left_over = if scarce { requests.len() - places } else { 0 };
    let loose = !scarce && requests.len() < places - places / 8;
    let mut step = if loose { LAST_STEP } else { FIRST_STEP };
    let mut auction = Auction::new(instance, &requests, takes_part, left_over);
    while step >= LAST_STEP {
        auction.round(step);
        step /= SMALLER;
    }
    let (found, found_prices, floor) = auction.result();
    let mates = requests.into_iter().zip(found).filter(|(_, mentor)| *mentor != NONE).collect();
    // Scarce mentors cost a match more than others. Where nobody goes without, any price between
    // the two keeps both sides content.
    let base = match (scarce, left_over) {
        (true, 0) => instance.bonus() / 2,
        (true, _) => instance.bonus() - floor,
        (false, _) => 0,
    };
    let price = |mentor: u32| match instance.capacities()[mentor as usize] {
        0 => instance.bonus() + i64::from(MAX_WEIGHT),
        _ => (found_prices[mentor as usize] + base).max(0),
    };
    let prices = mentors.filter(|mentor| takes_part(*mentor)).map(|mentor| (mentor, price(mentor))).collect();
    Part { mates, prices }
}
