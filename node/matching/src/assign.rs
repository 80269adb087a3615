//! The whole waiting list at once: most matches first, then the highest total score.
//!
//! What comes out are drafts for people to decide on, with the prices that prove them optimal.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use schemas::ids::{DocumentId, to_hex};
use sha2::{Digest, Sha256};

use crate::card::{Offer, Request, Rules};
use crate::index::Mentors;
use crate::solver::{BadInstance, Edge, Instance, Rows, Solution, Unproved, certified, solve};

/// A request and the offer it is matched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pairing {
    /// The newcomer's request.
    pub request: DocumentId,
    /// The mentor's offer.
    pub offer: DocumentId,
    /// Score in millionths.
    pub score: u32,
}

/// A proposal for a whole waiting list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assignment {
    /// The pairs, by request.
    pub pairs: Vec<Pairing>,
    /// Sum of their scores.
    pub total: u64,
    /// Per offer what a place more would be worth. A proof, not a price for anybody; another proof
    /// of the same pairs may do as well.
    pub prices: BTreeMap<DocumentId, i64>,
    /// What a match counts beyond its score in these prices: more than all scores together.
    pub bonus: i64,
}

/// What two nodes compare to see that they propose the same: SHA-256 over the pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

/// What the hash begins with, so that it is that of nothing else.
const DOMAIN: &[u8] = b"overbuur/assignment/1";

impl Assignment {
    /// The assignment in a proved solution of an instance.
    pub(crate) fn new(instance: &Instance, solution: Solution, requests: &[&Request], offers: &[&Offer]) -> Self {
        let pairs = pairings(instance, &solution.mates, requests, offers);
        Self {
            total: pairs.iter().map(|pair| u64::from(pair.score)).sum(),
            pairs,
            prices: offers.iter().map(|offer| offer.id).zip(solution.prices).collect(),
            bonus: instance.bonus(),
        }
    }

    /// That of its pairs. The prices are not in it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.pairs)
    }
}

impl Fingerprint {
    /// The same wherever the same pairs are proposed with the same scores: who has the same cards
    /// and rules, has the same fingerprint.
    #[must_use]
    pub fn of(pairs: &[Pairing]) -> Self {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        for pair in pairs {
            hash.update(pair.request.0);
            hash.update(pair.offer.0);
            hash.update(pair.score.to_be_bytes());
        }
        Self(hash.finalize().into())
    }
}

/// Pairs that a list is found of, at most: what the cards of partners make cannot fill the memory.
/// Flanders' tight hundred thousand has a third of it.
const MOST_PAIRS: usize = 1 << 25;

/// Why there is no proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAssignment {
    /// More cards or pairs than a list is found of.
    #[error(transparent)]
    TooMany(#[from] BadInstance),
    /// The proof failed: what was found is not shown.
    #[error(transparent)]
    Unproved(#[from] Unproved),
}

/// The best assignment. The same cards and rules in any order give the same; of cards with one id
/// the first counts.
///
/// # Errors
/// See [`NoAssignment`].
pub fn assign(requests: &[Request], offers: &[Offer], rules: &Rules) -> Result<Assignment, NoAssignment> {
    let (requests, offers) = (ordered(requests, |r| r.id), ordered(offers, |o| o.id));
    let instance = instance(&requests, &offers, rules)?;
    let solution = solve(&instance)?;
    Ok(Assignment::new(&instance, solution, &requests, &offers))
}

/// The pairs of a solution, by request.
pub(crate) fn pairings(
    instance: &Instance,
    mates: &[Option<u32>],
    requests: &[&Request],
    offers: &[&Offer],
) -> Vec<Pairing> {
    let pair = |(row, mate): (usize, &Option<u32>)| {
        let mentor = (*mate)?;
        let score = instance.weight(row as u32, mentor)?;
        Some(Pairing { request: requests[row].id, offer: offers[mentor as usize].id, score })
    };
    mates.iter().enumerate().filter_map(pair).collect()
}

/// Whether an assignment keeps every rule and cannot be bettered, shown from its prices alone.
pub fn verify(assignment: &Assignment, requests: &[Request], offers: &[Offer], rules: &Rules) -> bool {
    let (requests, offers) = (ordered(requests, |r| r.id), ordered(offers, |o| o.id));
    let Ok(instance) = instance(&requests, &offers, rules) else { return false };
    let row = |id| requests.binary_search_by_key(&id, |request| request.id).ok();
    let column = |id| offers.binary_search_by_key(&id, |offer| offer.id).ok();
    let mut mates = vec![None; requests.len()];
    for pair in &assignment.pairs {
        let (Some(row), Some(column)) = (row(pair.request), column(pair.offer)) else { return false };
        if mates[row].is_some() || instance.weight(row as u32, column as u32) != Some(pair.score) {
            return false;
        }
        mates[row] = Some(column as u32);
    }
    let prices: Option<Vec<i64>> = offers.iter().map(|offer| assignment.prices.get(&offer.id).copied()).collect();
    let Some(prices) = prices else { return false };
    let total: u64 = assignment.pairs.iter().map(|pair| u64::from(pair.score)).sum();
    let instance = WithBonus { instance, bonus: assignment.bonus };
    assignment.total == total
        && instance.bonus >= instance.instance.bonus()
        && certified(&instance, &Solution { mates, prices })
}

/// An instance in which a match counts more.
struct WithBonus {
    instance: Instance,
    bonus: i64,
}

impl Rows for WithBonus {
    fn row(&self, request: u32) -> &[Edge] {
        self.instance.row(request)
    }

    fn requests(&self) -> usize {
        self.instance.requests()
    }

    fn capacities(&self) -> &[u8] {
        self.instance.capacities()
    }

    fn bonus(&self) -> i64 {
        self.bonus
    }
}

/// By id, each id once, so that the order of arrival changes nothing.
pub(crate) fn ordered<T>(cards: &[T], id: impl Fn(&T) -> DocumentId) -> Vec<&T> {
    let mut cards: Vec<&T> = cards.iter().collect();
    // The order of those with one id stays.
    cards.sort_by_key(|card| id(card));
    cards.dedup_by_key(|card| id(card));
    cards
}

/// Who may be matched with whom, and how well.
pub(crate) fn instance(requests: &[&Request], offers: &[&Offer], rules: &Rules) -> Result<Instance, BadInstance> {
    Ok(instance_of(requests, offers, rules)?.1)
}

/// The same, with the index that found it: offers have their places there in this order.
pub(crate) fn instance_of(
    requests: &[&Request],
    offers: &[&Offer],
    rules: &Rules,
) -> Result<(Mentors, Instance), BadInstance> {
    let capacities = offers.iter().map(|offer| offer.card.capacity_left.get()).collect();
    let index = Mentors::new(offers.iter().map(|offer| (*offer).clone()));
    let row = |request: &&Request| {
        let edges = index.edges(request, rules).into_iter();
        edges.map(|(mentor, weight)| Edge { mentor, weight }).collect()
    };
    let pairs = AtomicUsize::new(0);
    let counted = |request: &&Request| {
        let edges: Vec<Edge> = row(request);
        (pairs.fetch_add(edges.len(), Ordering::Relaxed) + edges.len() <= MOST_PAIRS).then_some(edges)
    };
    let rows: Option<Vec<Vec<Edge>>> = requests.par_iter().map(counted).collect();
    let instance = Instance::new(capacities, rows.ok_or(BadInstance::TooLarge)?)?;
    Ok((index, instance))
}
