//! Nearly the best assignment of one part, by an auction (Bertsekas 1988) in rounds of ever
//! smaller steps, with prices that are right within the last step.
//!
//! A request without a place bids for the mentor who is worth most to it after price, as much as
//! makes the next best mentor equal, plus a step. The places of one mentor are equal: its price
//! is the lowest bid that holds one, and a bid looks past its other places, so that equal places
//! start no war in small steps (Bertsekas and Castañón 1989).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::instance::{Edge, FEW, MAX_WEIGHT, Rows};
use super::mates::NONE;

/// How many edges of a row are looked at first: as many as fit a line of the cache.
const SHORT: usize = 7;

/// The edges of a request that were worth most when its row was last read whole. Prices only
/// rise, so nothing else is worth more than `rest`.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Shortlist {
    /// Where there are fewer, edges to nobody.
    edges: [Edge; SHORT],
    rest: i64,
}

/// What a request finds: the best, and what the second best is worth.
#[derive(Debug, Clone, Copy)]
struct Offer {
    best: i64,
    second: i64,
    mentor: u32,
}

const NOTHING: i64 = i64::MIN / 4;
/// The price of a mentor who takes no part: worth less than nothing.
const CLOSED: i64 = i64::MAX / 2;

impl Shortlist {
    /// What a request finds beside staying without; reads its `row` when the list doesn't tell.
    fn look(&mut self, row: &[Edge], prices: &[i64], without: Offer) -> Offer {
        let seen = self.see(prices, without);
        if seen.second >= self.rest {
            return seen;
        }
        *self = Self::read(row, prices);
        self.see(prices, without)
    }

    /// What the list adds to an offer.
    fn see(&self, prices: &[i64], mut offer: Offer) -> Offer {
        for edge in &self.edges {
            let value = i64::from(edge.weight) - prices[edge.mentor as usize];
            if value > offer.best {
                offer.second = offer.best;
                (offer.best, offer.mentor) = (value, edge.mentor);
            } else if value > offer.second {
                offer.second = value;
            }
        }
        offer
    }

    /// What is worth most of a whole row.
    fn read(row: &[Edge], prices: &[i64]) -> Self {
        let mut top = [(NOTHING, Edge { mentor: prices.len() as u32 - 1, weight: 0 }); SHORT];
        let mut length = 0;
        let mut rest = NOTHING;
        for edge in row {
            let value = i64::from(edge.weight) - prices[edge.mentor as usize];
            if value <= rest {
                continue;
            }
            let mut place = if length == SHORT {
                rest = rest.max(value.min(top[SHORT - 1].0));
                if value <= top[SHORT - 1].0 {
                    continue;
                }
                SHORT - 1
            } else {
                length += 1;
                length - 1
            };
            while place > 0 && top[place - 1].0 < value {
                top[place] = top[place - 1];
                place -= 1;
            }
            top[place] = (value, *edge);
        }
        Self { edges: top.map(|(_, edge)| edge), rest }
    }
}

/// An auction among requests who compete for the places of some mentors.
pub(crate) struct Auction<'a, R> {
    instance: &'a R,
    /// The requests; everything below is by their place here.
    requests: &'a [u32],
    /// One more than there are mentors: nobody takes no part.
    prices: Vec<i64>,
    lists: Vec<Shortlist>,
    mates: Vec<u32>,
    /// Per mentor the bids that hold its places, and where they start.
    starts: Vec<u32>,
    bids: Vec<(i64, u32)>,
    taken: Vec<u8>,
    /// The bids for staying without: so many requests as there are too many places too few.
    without: BinaryHeap<Reverse<(i64, u32)>>,
    left_over: usize,
    /// What staying without costs.
    floor: i64,
}

impl<'a, R: Rows> Auction<'a, R> {
    /// Exactly `left_over` of the requests stay without; if that is not zero, the prices are
    /// those against staying without. `takes_part` says which mentors have places here.
    pub(crate) fn new(
        instance: &'a R,
        requests: &'a [u32],
        takes_part: impl Fn(u32) -> bool,
        left_over: usize,
    ) -> Self {
        let (mut starts, mut prices) = (vec![0], Vec::new());
        let mut places = 0;
        for (mentor, capacity) in instance.capacities().iter().enumerate() {
            if takes_part(mentor as u32) {
                places += u32::from(*capacity);
            }
            prices.push(if starts.last() == Some(&places) { CLOSED } else { 0 });
            starts.push(places);
        }
        let nobody = Edge { mentor: prices.len() as u32, weight: 0 };
        prices.push(CLOSED);
        Self {
            instance,
            requests,
            prices,
            lists: vec![Shortlist { edges: [nobody; SHORT], rest: i64::MAX }; requests.len()],
            mates: vec![NONE; requests.len()],
            taken: vec![0; starts.len()],
            starts,
            bids: vec![(0, NONE); places as usize],
            without: BinaryHeap::new(),
            left_over,
            floor: 0,
        }
    }

    fn has_places(&self, mentor: u32) -> bool {
        self.starts[mentor as usize] < self.starts[mentor as usize + 1]
    }

    fn is_full(&self, mentor: u32) -> bool {
        let mentor = mentor as usize;
        self.starts[mentor] + u32::from(self.taken[mentor]) == self.starts[mentor + 1]
    }

    /// What staying without is worth, where that is allowed.
    fn without(&self) -> Offer {
        let best = if self.left_over > 0 { -self.floor } else { NOTHING };
        Offer { best, second: NOTHING, mentor: NONE }
    }

    /// One round with this step: afterwards each request finds nobody worth more than its own by
    /// more than the step.
    pub(crate) fn round(&mut self, step: i64) {
        let mut waiting = self.sort_out(step);
        while let Some(at) = waiting.pop() {
            let without = self.without();
            let row = self.instance.row(self.requests[at as usize]);
            let offer = self.lists[at as usize].look(row, &self.prices, without);
            // Who has no other mentor reckons with one that is worth a full score less.
            let raise = (offer.best - offer.second).min(i64::from(MAX_WEIGHT)) + step;
            self.mates[at as usize] = offer.mentor;
            waiting.extend(if offer.mentor == NONE {
                self.stay_without(self.floor + raise, at)
            } else {
                self.bid(offer.mentor, self.prices[offer.mentor as usize] + raise, at)
            });
        }
    }

    fn bid(&mut self, mentor: u32, bid: i64, at: u32) -> Option<u32> {
        let (start, end) = (self.starts[mentor as usize] as usize, self.starts[mentor as usize + 1] as usize);
        let bids = &mut self.bids[start..end];
        let taken = usize::from(self.taken[mentor as usize]);
        let mut outbid = None;
        if taken < bids.len() {
            bids[taken] = (bid, at);
            self.taken[mentor as usize] += 1;
            if taken + 1 < bids.len() {
                return None;
            }
        } else {
            let lowest = (0..bids.len()).min_by_key(|place| bids[*place]).unwrap_or(0);
            outbid = Some(std::mem::replace(&mut bids[lowest], (bid, at)).1);
        }
        self.prices[mentor as usize] = bids.iter().map(|bid| bid.0).min().unwrap_or(0);
        outbid
    }

    fn stay_without(&mut self, bid: i64, at: u32) -> Option<u32> {
        self.without.push(Reverse((bid, at)));
        let outbid = if self.without.len() > self.left_over { self.without.pop() } else { None };
        if self.without.len() == self.left_over {
            self.floor = self.without.peek().map_or(0, |lowest| lowest.0.0);
        }
        outbid.map(|outbid| outbid.0.1)
    }

    /// Starts a round: whoever is content within the step keeps the place, the others wait.
    fn sort_out(&mut self, step: i64) -> Vec<u32> {
        if self.left_over == 0 {
            self.lower();
        }
        let without = self.without();
        let stays = if self.without.is_empty() { NOTHING } else { -self.floor };
        let Self { instance, requests, prices, mates, lists, .. } = self;
        let is_content = |(list, (request, mentor)): (&mut Shortlist, (&u32, &u32))| {
            let row = instance.row(*request);
            let offer = list.look(row, prices, without);
            let own = match *mentor {
                NONE => stays,
                mentor if mentor == offer.mentor => offer.best,
                mentor => i64::from(instance.weight(*request, mentor).unwrap_or(0)) - prices[mentor as usize],
            };
            own + step >= offer.best
        };
        let asked = lists.par_iter_mut().zip(requests.par_iter().zip(mates.par_iter())).with_min_len(FEW);
        let contents: Vec<bool> = asked.map(is_content).collect();
        let (mut waiting, mut content) = (Vec::new(), Vec::new());
        for at in (0..self.requests.len() as u32).rev() {
            if contents[at as usize] { content.push((at, self.mates[at as usize])) } else { waiting.push(at) }
        }
        self.taken.fill(0);
        self.without.clear();
        for (at, mentor) in content {
            if mentor == NONE {
                self.without.push(Reverse((self.floor, at)));
            } else {
                let place = self.starts[mentor as usize] as usize + usize::from(self.taken[mentor as usize]);
                self.bids[place] = (self.prices[mentor as usize], at);
                self.taken[mentor as usize] += 1;
            }
        }
        waiting
    }

    /// Where places may stay free, a free place costs nothing.
    fn lower(&mut self) {
        let mut lowered = false;
        for mentor in 0..self.taken.len() as u32 - 1 {
            if self.has_places(mentor) && !self.is_full(mentor) && self.prices[mentor as usize] > 0 {
                self.prices[mentor as usize] = 0;
                lowered = true;
            }
        }
        if lowered {
            self.lists.iter_mut().for_each(|list| list.rest = i64::MAX);
        }
    }

    /// Per request its mentor or [`NONE`], per mentor the price, and what staying without costs.
    pub(crate) fn result(self) -> (Vec<u32>, Vec<i64>, i64) {
        (self.mates, self.prices, self.floor)
    }
}
