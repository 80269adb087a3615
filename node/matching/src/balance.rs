//! The whole waiting list within bounds on the exchange, from cards.
//!
//! Says what each bound costs and proves it; whether a bound is wise is for people to decide.

use std::collections::{BTreeMap, BTreeSet};

use schemas::ids::RootId;
use schemas::time::Quarter;

use crate::assign::{NoAssignment, Pairing, instance, ordered, pairings};
use crate::card::{Offer, Request, Rules};
use crate::solver::fair::{Bounds, NotFair, Policy, Sort, Worth, fair};

/// What is asked for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Per municipality. Who is not named is asked nothing.
    pub bounds: BTreeMap<RootId, Bounds>,
    /// Those who wait since this quarter or longer are the longest waiting.
    pub long_since: Quarter,
}

/// One bound of a municipality and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Whose bound.
    pub owner: RootId,
    /// Which.
    pub sort: Sort,
    /// At most so many net, or at least so many matched.
    pub asked: i64,
    /// What it is.
    pub reached: i64,
    /// Whether it holds.
    pub is_met: bool,
    /// What loosening it by one would bring; nothing for a bound that can't be met.
    pub price: Option<Worth>,
}

/// The best list within the bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balanced {
    /// The pairs, by request. Drafts, as always.
    pub pairs: Vec<Pairing>,
    /// Matches and total score.
    pub worth: Worth,
    /// The same without any bound.
    pub without_bounds: Worth,
    /// Every bound that was asked.
    pub kept: Vec<Kept>,
    /// By how many units all bounds together are missed; no list misses fewer.
    pub missed: u64,
    /// What each sort of bound costs in matches and score.
    pub costs: BTreeMap<Sort, Worth>,
    /// What no list can exceed.
    pub bound: i128,
    /// How far at most the list is from that: zero is proved the best.
    pub gap: i128,
}

/// The best list within the bounds, met as far as they can be. The same cards, rules and agreement
/// in any order give the same.
///
/// # Errors
/// See [`NoAssignment`]; more than 100,000 requests are too many here.
pub fn balance(
    requests: &[Request],
    offers: &[Offer],
    rules: &Rules,
    agreement: &Agreement,
) -> Result<Balanced, NoAssignment> {
    let (requests, offers) = (ordered(requests, |r| r.id), ordered(offers, |o| o.id));
    let instance = instance(&requests, &offers, rules)?;
    let owners: BTreeSet<RootId> =
        requests.iter().map(|request| request.owner).chain(offers.iter().map(|offer| offer.owner)).collect();
    let owners: Vec<RootId> = owners.into_iter().collect();
    let place = |owner: RootId| owners.binary_search(&owner).unwrap_or(0) as u32;
    let waits_long = |request: &&Request| {
        let since = request.card.waiting_since;
        since == agreement.long_since || since.until(agreement.long_since) > 0
    };
    let policy = Policy {
        asks: requests.iter().map(|request| place(request.owner)).collect(),
        gives: offers.iter().map(|offer| place(offer.owner)).collect(),
        waits_long: requests.iter().map(waits_long).collect(),
        bounds: owners.iter().map(|owner| agreement.bounds.get(owner).copied().unwrap_or_default()).collect(),
    };
    let found = fair(&instance, &policy).map_err(|error| match error {
        NotFair::Unproved(unproved) => NoAssignment::Unproved(unproved),
        NotFair::Policy | NotFair::TooLarge => NoAssignment::TooMany(crate::solver::BadInstance::TooLarge),
    })?;
    let kept = found.outcomes.iter().map(|outcome| Kept {
        owner: owners[outcome.municipality as usize],
        sort: outcome.sort,
        asked: outcome.asked,
        reached: outcome.reached,
        is_met: outcome.is_met(),
        price: outcome.price,
    });
    Ok(Balanced {
        kept: kept.collect(),
        pairs: pairings(&instance, &found.mates, &requests, &offers),
        worth: found.worth,
        without_bounds: found.without_bounds,
        missed: found.missed,
        costs: found.costs,
        bound: found.bound,
        gap: found.gap,
    })
}
