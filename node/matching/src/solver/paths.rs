//! The exact end: shortest paths that bring in a request or fill a place (Kuhn 1955, Edmonds and
//! Karp 1972), from whatever prices there are.
//!
//! Between two steps always holds: gain + price ≥ bonus + weight on every edge, with equality for
//! a pair; nothing is below zero. The assignment is optimal once no request without mentor has a
//! gain and no free place a price. Each such flaw is mended by one search, and none is added.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::certificate::Solution;
use super::columns::{Columns, Sides};
use super::instance::{Edge, FEW, Rows};
use super::mates::{Mates, NONE};

const FAR: i64 = i64::MAX;
/// How far below the best an edge may be to be looked at when places are filled, in millionths.
const NEAR: i64 = 50_000;

/// An assignment with its prices and gains, and the memory that searches use again.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    pub(crate) mates: Mates,
    /// Per mentor the price of a place.
    pub(crate) prices: Vec<i64>,
    /// Per request what its best mentor is worth after price, or zero.
    pub(crate) gains: Vec<i64>,
    bonus: i64,
    /// Per mentor: shortest distance in this search, the request on the way, whether settled.
    distance: Vec<i64>,
    via: Vec<u32>,
    /// Backward only: the mentor to whom that request would go.
    to: Vec<u32>,
    settled: Vec<bool>,
    touched: Vec<u32>,
    /// Requests that are settled, with their distance.
    rows: Vec<(u32, i64)>,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
}

/// Where the shortest path ends.
#[derive(Clone, Copy)]
enum End {
    /// This request goes without.
    Unmatched(u32),
    /// This mentor has a place, or will have a free one that costs nothing.
    Mentor(u32),
    /// This request without mentor goes to this mentor.
    Joins(u32, u32),
}

impl Paths {
    /// From prices, and mates of whom every pair is as good for its request as any other mentor,
    /// with what those gain.
    pub(crate) fn new(instance: &impl Rows, mates: Mates, prices: Vec<i64>, gains: Vec<i64>) -> Self {
        let mentors = prices.len();
        let mut paths = Self {
            gains,
            mates,
            prices,
            bonus: instance.bonus(),
            distance: vec![FAR; mentors],
            via: vec![NONE; mentors],
            to: vec![NONE; mentors],
            settled: vec![false; mentors],
            touched: Vec::new(),
            rows: Vec::new(),
            heap: BinaryHeap::new(),
        };
        for request in 0..instance.requests() as u32 {
            if paths.mates.of[request as usize] == NONE {
                paths.look_again(instance, request);
            }
        }
        paths
    }

    fn net(&self, edge: &Edge) -> i64 {
        self.bonus + i64::from(edge.weight) - self.prices[edge.mentor as usize]
    }

    /// Sets the gain of a request to what it finds, and parts it from a mentor who is worth less.
    pub(crate) fn look_again(&mut self, instance: &impl Rows, request: u32) {
        let mate = self.mates.of[request as usize];
        let (mut best, mut own) = (0, -1);
        for edge in instance.row(request) {
            let net = self.net(edge);
            best = best.max(net);
            if edge.mentor == mate {
                own = net;
            }
        }
        self.gains[request as usize] = best;
        if own < best {
            self.mates.leave(request);
        }
    }

    /// Brings in every request that has a gain and no mentor, then fills every free place that has
    /// a price, or makes it cost nothing.
    pub(crate) fn mend(&mut self, instance: &impl Rows) {
        for request in 0..instance.requests() as u32 {
            self.bring_in(instance, request);
        }
        if !(0..self.prices.len() as u32).any(|mentor| self.is_idle(mentor)) {
            return;
        }
        // Searches end early, so only edges that are nearly as good as the best are needed, for as
        // long as no price on the way has fallen too far since.
        let (mut limit, mut columns, mut before) = (NEAR, self.near(instance, NEAR), self.prices.clone());
        for mentor in 0..self.prices.len() as u32 {
            while self.is_idle(mentor) {
                let fill = self.fill(&columns, mentor, |from, price| limit - (before[from as usize] - price));
                if let Err(needed) = fill {
                    limit = NEAR.max(2 * needed);
                    columns = self.near(instance, limit);
                    before.clone_from(&self.prices);
                }
            }
        }
    }

    /// The edges whose worth is less than `limit` below what their request gains.
    fn near(&self, instance: &impl Rows, limit: i64) -> Columns {
        let of = |request: u32| {
            let gain = self.gains[request as usize];
            let is_near = move |edge: &&Edge| gain - self.net(edge) < limit;
            instance.row(request).iter().filter(is_near).map(move |edge| (request, *edge))
        };
        let requests = (0..instance.requests() as u32).into_par_iter().with_min_len(FEW);
        let near: Vec<(u32, Edge)> = requests.flat_map_iter(of).collect();
        Columns::of(self.prices.len(), || near.iter().copied())
    }

    /// Whether a mentor has a free place that still has a price.
    pub(crate) fn is_idle(&self, mentor: u32) -> bool {
        self.prices[mentor as usize] > 0 && self.mates.has_place(mentor)
    }

    /// One request more, without edges so far.
    pub(crate) fn add_request(&mut self) {
        self.mates.of.push(NONE);
        self.gains.push(0);
    }

    /// One mentor more, without edges or places so far.
    pub(crate) fn add_mentor(&mut self) {
        self.mates.add_mentor();
        self.prices.push(0);
        self.distance.push(FAR);
        self.via.push(NONE);
        self.to.push(NONE);
        self.settled.push(false);
    }

    /// The assignment with its prices.
    pub(crate) fn solution(&self) -> Solution {
        let mate = |mentor: &u32| Some(*mentor).filter(|mentor| *mentor != NONE);
        Solution { mates: self.mates.of.iter().map(mate).collect(), prices: self.prices.clone() }
    }

    /// Brings in a request along the shortest path, if it has a gain and no mentor.
    pub(crate) fn bring_in(&mut self, instance: &impl Rows, request: u32) {
        if self.gains[request as usize] == 0 || self.mates.of[request as usize] != NONE {
            return;
        }
        self.rows.push((request, 0));
        let (mut end, mut nearest) = (End::Unmatched(request), self.gains[request as usize]);
        self.relax(instance, request, 0, &mut end, &mut nearest);
        while let Some(Reverse((distance, mentor))) = self.heap.pop() {
            if distance >= nearest {
                break;
            }
            if std::mem::replace(&mut self.settled[mentor as usize], true) {
                continue;
            }
            for at in 0..self.mates.holders(mentor).len() {
                let holder = self.mates.holders(mentor)[at];
                self.rows.push((holder, distance));
                let without = distance + self.gains[holder as usize];
                if without < nearest {
                    (end, nearest) = (End::Unmatched(holder), without);
                }
                self.relax(instance, holder, distance, &mut end, &mut nearest);
            }
        }
        self.shift(nearest, 1);
        let mut freed = match end {
            End::Mentor(mentor) => mentor,
            End::Unmatched(last) => {
                let mentor = self.mates.of[last as usize];
                self.mates.leave(last);
                mentor
            }
            End::Joins(..) => return,
        };
        while freed != NONE {
            let mover = self.via[freed as usize];
            let before = self.mates.of[mover as usize];
            self.mates.leave(mover);
            self.mates.take(mover, freed);
            freed = if mover == request { NONE } else { before };
        }
    }

    /// Looks along the edges of a settled request; a mentor with a free place is an end.
    fn relax(&mut self, instance: &impl Rows, request: u32, distance: i64, end: &mut End, nearest: &mut i64) {
        let base = distance + self.gains[request as usize];
        let mate = self.mates.of[request as usize];
        for edge in instance.row(request) {
            let mentor = edge.mentor as usize;
            let reached = base - self.net(edge);
            if reached >= *nearest || reached >= self.distance[mentor] || edge.mentor == mate {
                continue;
            }
            if self.distance[mentor] == FAR {
                self.touched.push(edge.mentor);
            }
            self.distance[mentor] = reached;
            self.via[mentor] = request;
            if self.mates.has_place(edge.mentor) {
                (*end, *nearest) = (End::Mentor(edge.mentor), reached);
            } else {
                self.heap.push(Reverse((reached, edge.mentor)));
            }
        }
    }

    /// Fills a free place that has a price, or lowers the price, along the shortest path.
    ///
    /// # Errors
    /// `columns` may leave out a mentor's edges that are `enough` (of the mentor and its price) below
    /// what their request gains. When the path could be shorter by one of those, nothing changes,
    /// and its length is returned.
    pub(crate) fn fill(
        &mut self,
        columns: &impl Sides,
        mentor: u32,
        enough: impl Fn(u32, i64) -> i64,
    ) -> Result<(), i64> {
        let mut sure = i64::MAX;
        let (mut end, mut nearest) = (End::Mentor(mentor), self.prices[mentor as usize]);
        self.distance[mentor as usize] = 0;
        self.touched.push(mentor);
        self.heap.push(Reverse((0, mentor)));
        while let Some(Reverse((distance, from))) = self.heap.pop() {
            if distance >= nearest {
                break;
            }
            if std::mem::replace(&mut self.settled[from as usize], true) {
                continue;
            }
            for holder in self.mates.holders(from) {
                self.rows.push((*holder, distance));
            }
            sure = sure.min(enough(from, self.prices[from as usize]).saturating_add(distance));
            let base = distance + self.prices[from as usize] - self.bonus;
            for side in columns.column(from) {
                let reached = base + self.gains[side.request as usize] - i64::from(side.weight);
                if reached >= nearest {
                    continue;
                }
                let leaves = self.mates.of[side.request as usize];
                if leaves == NONE {
                    (end, nearest) = (End::Joins(side.request, from), reached);
                    continue;
                }
                if reached >= self.distance[leaves as usize] {
                    continue;
                }
                if self.distance[leaves as usize] == FAR {
                    self.touched.push(leaves);
                }
                self.distance[leaves as usize] = reached;
                self.via[leaves as usize] = side.request;
                self.to[leaves as usize] = from;
                let free = reached + self.prices[leaves as usize];
                if free < nearest {
                    (end, nearest) = (End::Mentor(leaves), free);
                }
                self.heap.push(Reverse((reached, leaves)));
            }
        }
        if nearest > sure {
            self.shift(0, -1);
            return Err(nearest);
        }
        self.shift(nearest, -1);
        let (mut mover, mut to) = match end {
            End::Joins(request, to) => (request, to),
            End::Mentor(last) if last != mentor => (self.via[last as usize], self.to[last as usize]),
            _ => return Ok(()),
        };
        self.mates.leave(mover);
        while to != mentor {
            let (next, beyond) = (self.via[to as usize], self.to[to as usize]);
            self.mates.leave(next);
            self.mates.take(mover, to);
            (mover, to) = (next, beyond);
        }
        self.mates.take(mover, mentor);
        Ok(())
    }

    /// Moves prices and gains against each other as far as the nearest end, and forgets the search.
    fn shift(&mut self, nearest: i64, sign: i64) {
        for (request, distance) in self.rows.drain(..) {
            self.gains[request as usize] -= sign * (nearest - distance).max(0);
        }
        for mentor in self.touched.drain(..) {
            let mentor = mentor as usize;
            if self.settled[mentor] {
                self.prices[mentor] += sign * (nearest - self.distance[mentor]).max(0);
            }
            self.settled[mentor] = false;
            self.distance[mentor] = FAR;
        }
        self.heap.clear();
    }
}
