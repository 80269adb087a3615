//! The best candidates for one card, explained.

use std::cmp::Reverse;

use schemas::ids::DocumentId;
use schemas::vocabulary::Slots;

use crate::card::{Offer, Request, Rules};
use crate::eligible::{LocalCheck, Pair, eligible};
use crate::score::{Miss, Reason, Score, Strength, misses, score};

/// One card that fits another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in the input.
    pub index: usize,
    /// Its document: of the offer in [`top`], of the request in [`requests_for`].
    pub id: DocumentId,
    /// The score with its parts.
    pub score: Score,
    /// How well it fits.
    pub strength: Strength,
    /// Why, the weightiest first.
    pub reasons: Vec<Reason>,
    /// What does not fit.
    pub misses: Vec<Miss>,
    /// Metres between the two municipalities; zero within one.
    pub distance_metres: u32,
    /// When both can.
    pub common_slots: Slots,
    /// What only one municipality can check.
    pub local_checks: Vec<LocalCheck>,
    /// What holds between the two cards.
    pub pair: Pair,
}

impl Candidate {
    fn new(index: usize, id: DocumentId, request: &Request, offer: &Offer, found: (Pair, Score)) -> Self {
        let (pair, score) = found;
        Self {
            index,
            id,
            strength: score.strength(),
            reasons: score.reasons(request, offer, &pair),
            misses: misses(request, offer, &pair, &score),
            distance_metres: pair.distance_metres,
            common_slots: pair.common_slots,
            local_checks: pair.local_checks.clone(),
            score,
            pair,
        }
    }
}

/// Pair and score of two cards, when they may be paired.
pub(crate) fn rate(request: &Request, offer: &Offer, rules: &Rules) -> Option<(Pair, Score)> {
    let pair = eligible(request, offer, rules).ok()?;
    let score = score(request, offer, &pair, rules);
    Some((pair, score))
}

/// The best `n` offers for one request: the highest score first, ties by the offer's id.
pub fn top(request: &Request, offers: &[Offer], rules: &Rules, n: usize) -> Vec<Candidate> {
    let rated = offers
        .iter()
        .enumerate()
        .filter_map(|(at, offer)| rate(request, offer, rules).map(|found| (at, offer.id, found)));
    let explain = |(at, id, found)| Candidate::new(at, id, request, &offers[at], found);
    best(rated.collect(), n).into_iter().map(explain).collect()
}

/// The best `n` requests for one offer: the highest score first, ties by the request's id.
pub fn requests_for(offer: &Offer, requests: &[Request], rules: &Rules, n: usize) -> Vec<Candidate> {
    let rated = requests
        .iter()
        .enumerate()
        .filter_map(|(at, request)| rate(request, offer, rules).map(|found| (at, request.id, found)));
    let explain = |(at, id, found)| Candidate::new(at, id, &requests[at], offer, found);
    best(rated.collect(), n).into_iter().map(explain).collect()
}

type Rated = (usize, DocumentId, (Pair, Score));

fn best(mut rated: Vec<Rated>, n: usize) -> Vec<Rated> {
    rated.sort_by_key(|(_, id, (_, score))| (Reverse(score.total), *id));
    rated.truncate(n);
    rated
}
