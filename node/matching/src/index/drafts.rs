//! The best list for a whole waiting list, kept from one look to the next.
//!
//! It is asked with all cards and rules, as [`crate::assign`] is, and answers the same. What
//! changed since it was asked last is found by comparing, and only that is mended. So it is never
//! told anything, and can't be wrong about what it was not told. What it holds is no state: when
//! in doubt it lets go of it and begins anew.

use std::collections::BTreeSet;

use schemas::ids::RootId;

use super::{Mentors, Requests};
use crate::assign::{Assignment, NoAssignment, Pairing, instance_of, ordered};
use crate::card::{Offer, Request, Rules};
use crate::rank::rate;
use crate::solver::{Change, Edge, Live, Order, Solution, solve};

/// When more than one in so many cards changed, beginning anew is no more work.
const MANY: usize = 4;
/// Pairs that may be kept: with them goes at most some 100 MB. A larger list is found anew each
/// time.
const MOST_PAIRS: usize = 4_000_000;

/// A list that is kept. Empty at first.
#[derive(Debug, Default)]
pub struct Drafts {
    held: Option<Held>,
    anew: u64,
}

/// The cards and rules of the last time, and the best list of them. Cards have the same places on
/// their shelf as in the list.
#[derive(Debug)]
struct Held {
    requests: Requests,
    mentors: Mentors,
    rules: Rules,
    live: Live,
}

impl Drafts {
    /// The best assignment: the same as [`crate::assign`] finds, but for the prices that prove it.
    ///
    /// # Errors
    /// See [`NoAssignment`].
    pub fn assign(
        &mut self,
        requests: &[Request],
        offers: &[Offer],
        rules: &Rules,
    ) -> Result<Assignment, NoAssignment> {
        let (requests, offers) = (ordered(requests, |r| r.id), ordered(offers, |o| o.id));
        // Taken out until it is right again, whatever happens on the way.
        if let Some(held) = self.held.take().and_then(|held| held.follow(&requests, &offers, rules))
            && let Ok(assignment) = held.assignment()
        {
            self.held = Some(held);
            return Ok(assignment);
        }
        self.anew += 1;
        let (mentors, instance) = instance_of(&requests, &offers, rules)?;
        if instance.edges().len() > MOST_PAIRS {
            let solution = solve(&instance)?;
            return Ok(Assignment::new(&instance, solution, &requests, &offers));
        }
        let live = Live::new(&instance)?;
        let requests = Requests::new(requests.into_iter().cloned());
        let held = self.held.insert(Held { requests, mentors, rules: rules.clone(), live });
        Ok(held.assignment()?)
    }

    /// How often the list was found anew instead of mended.
    #[must_use]
    pub fn times_anew(&self) -> u64 {
        self.anew
    }
}

impl Held {
    /// The same list with other cards and rules; none when too much is different.
    fn follow(mut self, requests: &[&Request], offers: &[&Offer], rules: &Rules) -> Option<Self> {
        let mut asks = self.requests.shelf.hold(requests);
        let mut gives = self.mentors.shelf.hold(offers);
        let mut pairs = Vec::new();
        if self.rules != *rules {
            // Everybody waits a quarter longer.
            if self.rules.today != rules.today {
                return None;
            }
            let before = std::mem::replace(&mut self.rules, rules.clone());
            self.touched_by_rules(&before, &mut asks, &mut gives);
            pairs = self.pairs_of(&before);
        }
        if (asks.len() + gives.len()).saturating_mul(MANY) + pairs.len() > requests.len() + offers.len() + MANY {
            return None;
        }
        for mentor in &gives {
            self.live.change(&self.mentor(*mentor)).ok()?;
        }
        for request in &asks {
            self.live.change(&self.request(*request)).ok()?;
        }
        for (request, mentor) in pairs {
            if !asks.contains(&request) && !gives.contains(&mentor) {
                self.live.change(&self.pair(request, mentor)?).ok()?;
            }
        }
        (self.live.edges() <= MOST_PAIRS).then_some(self)
    }

    /// Adds the cards of municipalities whose rules changed, and of requests that from now on stay
    /// at home or no longer do.
    fn touched_by_rules(&self, before: &Rules, asks: &mut BTreeSet<u32>, gives: &mut BTreeSet<u32>) {
        let all = before.own.keys().chain(self.rules.own.keys());
        let owners: BTreeSet<RootId> =
            all.filter(|owner| before.of(**owner) != self.rules.of(**owner)).copied().collect();
        if !owners.is_empty() {
            let of = |(request, place): (&Request, u32)| owners.contains(&request.owner).then_some(place);
            asks.extend(self.requests.shelf.all().filter_map(of));
            let of = |(offer, place): (&Offer, u32)| owners.contains(&offer.owner).then_some(place);
            gives.extend(self.mentors.shelf.all().filter_map(of));
        }
        let moved = before.at_home.symmetric_difference(&self.rules.at_home);
        asks.extend(moved.filter_map(|id| self.requests.shelf.place(*id)));
    }

    /// Places of the pairs that are excluded from now on, or no longer are.
    fn pairs_of(&self, before: &Rules) -> Vec<(u32, u32)> {
        let pairs = before.failed_before.symmetric_difference(&self.rules.failed_before);
        let places = |(request, offer)| Some((self.requests.shelf.place(request)?, self.mentors.shelf.place(offer)?));
        pairs.filter_map(|pair| places(*pair)).collect()
    }

    fn mentor(&self, mentor: u32) -> Change {
        let Some(offer) = self.mentors.shelf.at(mentor) else {
            return Change::Mentor { mentor, places: 0, edges: Vec::new() };
        };
        let mut edges = self.requests.edges(offer, &self.rules);
        // Requests that are new bring their pairs themselves.
        edges.retain(|(request, _)| (*request as usize) < self.live.requests());
        Change::Mentor { mentor, places: offer.card.capacity_left.get(), edges }
    }

    fn request(&self, request: u32) -> Change {
        let card = self.requests.shelf.at(request);
        let edges = card.map(|card| self.mentors.edges(card, &self.rules)).unwrap_or_default();
        let edges = edges.into_iter().map(|(mentor, weight)| Edge { mentor, weight }).collect();
        Change::Request { request, edges }
    }

    fn pair(&self, request: u32, mentor: u32) -> Option<Change> {
        let rated = rate(self.requests.shelf.at(request)?, self.mentors.shelf.at(mentor)?, &self.rules);
        Some(Change::Pair { request, mentor, weight: rated.map(|(_, score)| score.total) })
    }

    /// The list, proved.
    fn assignment(&self) -> Result<Assignment, crate::solver::Unproved> {
        let Solution { mates, prices } = self.live.first(&self.order())?;
        let pair = |(request, place): (&Request, u32)| {
            let mentor = mates[place as usize]?;
            let (offer, score) = (self.mentors.shelf.at(mentor)?.id, self.live.weight(place, mentor)?);
            Some(Pairing { request: request.id, offer, score })
        };
        let pairs: Vec<Pairing> = self.requests.shelf.all().filter_map(pair).collect();
        Ok(Assignment {
            total: pairs.iter().map(|pair| u64::from(pair.score)).sum(),
            pairs,
            prices: self.mentors.shelf.all().map(|(offer, place)| (offer.id, prices[place as usize])).collect(),
            bonus: self.live.bonus(),
        })
    }

    /// Cards by id. A place without a card is in no pair, so it may come anywhere.
    fn order(&self) -> Order {
        let mut order = Order { requests: vec![0; self.live.requests()], mentors: vec![0; self.live.mentors()] };
        for ((_, place), at) in self.requests.shelf.all().zip(0..) {
            order.requests[place as usize] = at;
        }
        for ((_, place), at) in self.mentors.shelf.all().zip(0..) {
            order.mentors[place as usize] = at;
        }
        order
    }
}
