//! The exact assignment of a sparse instance, with the prices that prove it.
//!
//! Among all assignments of requests to mentors' places it finds one with the most matches and,
//! among those, the highest total weight. Each request is brought in by the shortest augmenting
//! path over reduced costs (Kuhn 1955, Edmonds and Karp 1972); staying unmatched is a path too.
//! A match counts [`Instance::bonus`] on top of its weight, so one match more always wins.
//! [`certified`] trusts nothing of this: it checks the result by linear-programming duality.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The highest weight of an edge: one, in millionths.
pub const MAX_WEIGHT: u32 = 1_000_000;

/// An edge: a mentor whom the hard rules allow, and the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Place of the mentor in [`Instance::capacities`].
    pub mentor: u32,
    /// Score in millionths, at most [`MAX_WEIGHT`].
    pub weight: u32,
}

/// Requests, mentors with places, and the pairs that are allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instance {
    capacities: Vec<u32>,
    /// Where each row starts in `edges`; one more than there are rows.
    starts: Vec<usize>,
    edges: Vec<Edge>,
}

/// Why rows are no instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadInstance {
    /// An edge to a mentor that is not there.
    #[error("an edge to a mentor that is not there")]
    Mentor,
    /// An edge over [`MAX_WEIGHT`].
    #[error("an edge over the highest weight")]
    Weight,
    /// More than 2³¹ requests or mentors: their numbers would not fit.
    #[error("too large")]
    TooLarge,
}

/// An assignment with its prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution {
    /// Per request the mentor, if any.
    pub mates: Vec<Option<u32>>,
    /// Per mentor the price of a place: what one place more would add.
    pub prices: Vec<i64>,
}

impl Instance {
    /// The instance with these places per mentor and these edges per request.
    ///
    /// # Errors
    /// See [`BadInstance`].
    pub fn new(capacities: Vec<u32>, rows: impl IntoIterator<Item = Vec<Edge>>) -> Result<Self, BadInstance> {
        let (mut starts, mut edges) = (vec![0], Vec::new());
        for row in rows {
            edges.extend(row);
            starts.push(edges.len());
        }
        if edges.iter().any(|edge| edge.mentor as usize >= capacities.len()) {
            return Err(BadInstance::Mentor);
        }
        if edges.iter().any(|edge| edge.weight > MAX_WEIGHT) {
            return Err(BadInstance::Weight);
        }
        // Gains and prices stay under the worth of an edge, so 2³¹ · 10⁶: far within 63 bits.
        if starts.len() > 1 << 31 || capacities.len() > 1 << 31 {
            return Err(BadInstance::TooLarge);
        }
        Ok(Self { capacities, starts, edges })
    }

    /// How many requests.
    pub fn requests(&self) -> usize {
        self.starts.len() - 1
    }

    /// Places per mentor.
    pub fn capacities(&self) -> &[u32] {
        &self.capacities
    }

    /// The edges of a request.
    pub fn row(&self, request: usize) -> &[Edge] {
        &self.edges[self.starts[request]..self.starts[request + 1]]
    }

    /// What a match counts beyond its weight: more than all weights together.
    pub fn bonus(&self) -> i64 {
        self.starts.len() as i64 * i64::from(MAX_WEIGHT)
    }
}

impl Solution {
    /// How many requests are matched, and the sum of their weights. None when a mate is no edge.
    pub fn value(&self, instance: &Instance) -> Option<(u64, u64)> {
        let mut value = (0, 0);
        for (request, mate) in self.mates.iter().enumerate() {
            let Some(mentor) = mate else { continue };
            let edges = instance.row(request).iter().filter(|edge| edge.mentor == *mentor);
            value = (value.0 + 1, value.1 + u64::from(edges.map(|edge| edge.weight).max()?));
        }
        Some(value)
    }
}

/// An optimal assignment. The same instance always gives the same one.
pub fn solve(instance: &Instance) -> Solution {
    let mut search = Search::new(instance);
    for request in 0..instance.requests() {
        search.bring_in(request);
    }
    Solution { mates: search.mates, prices: search.prices }
}

/// Proves from its prices that a solution is valid and optimal: whatever pairs one could choose,
/// they are worth at most Σ max(0, best of the request after prices) + Σ places · price.
pub fn certified(instance: &Instance, solution: &Solution) -> bool {
    let (mates, prices) = (&solution.mates, &solution.prices);
    if mates.len() != instance.requests() || prices.len() != instance.capacities.len() {
        return false;
    }
    let Some((matched, weight)) = solution.value(instance) else { return false };
    let mut free: Vec<i64> = instance.capacities.iter().map(|places| i64::from(*places)).collect();
    mates.iter().flatten().for_each(|mentor| free[*mentor as usize] -= 1);
    if free.iter().any(|places| *places < 0) || prices.iter().any(|price| *price < 0) {
        return false;
    }
    let worth = |edge: &Edge| instance.bonus() + i64::from(edge.weight);
    let best = |request| {
        let net = |edge: &Edge| worth(edge).saturating_sub(prices[edge.mentor as usize]);
        i128::from(instance.row(request).iter().map(net).max().unwrap_or(0).max(0))
    };
    let places = instance.capacities.iter().zip(prices);
    let bound: i128 = (0..instance.requests()).map(best).sum::<i128>()
        + places.map(|(places, price)| i128::from(*places) * i128::from(*price)).sum::<i128>();
    bound == i128::from(instance.bonus()) * i128::from(matched) + i128::from(weight)
}

const FAR: i64 = i64::MAX;

/// Requests are rows, mentors columns. Always `gain[row] + price[column] ≥ worth(row, column)`,
/// with equality for mates; a row without mate gains 0, a column with a free place costs 0.
struct Search<'a> {
    instance: &'a Instance,
    mates: Vec<Option<u32>>,
    prices: Vec<i64>,
    gains: Vec<i64>,
    /// The rows that hold a place of each column.
    held: Vec<Vec<u32>>,
    /// Per column: shortest distance in this search, and the row it was reached from.
    distance: Vec<i64>,
    from: Vec<u32>,
    settled: Vec<bool>,
    touched: Vec<u32>,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
}

/// Where the shortest path ends.
#[derive(Clone, Copy)]
enum End {
    /// This row goes without.
    Unmatched(usize),
    /// This column has a place.
    Free(u32),
}

impl<'a> Search<'a> {
    fn new(instance: &'a Instance) -> Self {
        let (rows, columns) = (instance.requests(), instance.capacities.len());
        // A mentor without places costs more than any match is worth; the others start free.
        let most = instance.bonus() + i64::from(MAX_WEIGHT);
        let price = |places: &u32| if *places == 0 { most } else { 0 };
        Self {
            instance,
            mates: vec![None; rows],
            prices: instance.capacities.iter().map(price).collect(),
            gains: vec![0; rows],
            held: vec![Vec::new(); columns],
            distance: vec![FAR; columns],
            from: vec![0; columns],
            settled: vec![false; columns],
            touched: Vec::new(),
            heap: BinaryHeap::new(),
        }
    }

    fn worth(&self, edge: &Edge) -> i64 {
        self.instance.bonus() + i64::from(edge.weight)
    }

    fn bring_in(&mut self, row: usize) {
        let net = |edge: &Edge| self.worth(edge) - self.prices[edge.mentor as usize];
        self.gains[row] = self.instance.row(row).iter().map(net).max().unwrap_or(0).max(0);
        // Distances of rows that are settled: the new one, and the holders of settled columns.
        let mut rows = vec![(row, 0)];
        let (mut end, mut nearest) = (End::Unmatched(row), self.gains[row]);
        self.relax(row, 0, &mut end, &mut nearest);
        while let Some(Reverse((distance, column))) = self.heap.pop() {
            if distance >= nearest {
                break;
            }
            if std::mem::replace(&mut self.settled[column as usize], true) {
                continue;
            }
            for at in 0..self.held[column as usize].len() {
                let holder = self.held[column as usize][at] as usize;
                rows.push((holder, distance));
                let without = distance + self.gains[holder];
                if without < nearest {
                    (end, nearest) = (End::Unmatched(holder), without);
                }
                self.relax(holder, distance, &mut end, &mut nearest);
            }
        }
        for (row, distance) in rows {
            self.gains[row] -= (nearest - distance).max(0);
        }
        for column in std::mem::take(&mut self.touched) {
            let column = column as usize;
            if self.settled[column] {
                self.prices[column] += (nearest - self.distance[column]).max(0);
            }
            self.settled[column] = false;
            self.distance[column] = FAR;
        }
        self.heap.clear();
        self.augment(row, end);
    }

    /// Looks along the edges of a settled row; a column with a free place is an end, never a way.
    fn relax(&mut self, row: usize, distance: i64, end: &mut End, nearest: &mut i64) {
        let instance = self.instance;
        for edge in instance.row(row) {
            let column = edge.mentor as usize;
            let slack = self.gains[row] + self.prices[column] - self.worth(edge);
            let reached = distance + slack;
            if self.mates[row] == Some(edge.mentor)
                || reached >= self.distance[column]
                || reached >= *nearest
                || instance.capacities[column] == 0
            {
                continue;
            }
            if self.distance[column] == FAR {
                self.touched.push(edge.mentor);
            }
            self.distance[column] = reached;
            self.from[column] = row as u32;
            if (self.held[column].len() as u64) < u64::from(instance.capacities[column]) {
                (*end, *nearest) = (End::Free(edge.mentor), reached);
            } else {
                self.heap.push(Reverse((reached, edge.mentor)));
            }
        }
    }

    /// Hands the places on along the path from `start` to `end`.
    fn augment(&mut self, start: usize, end: End) {
        let mut freed = match end {
            End::Free(column) => column,
            End::Unmatched(row) => match self.mates[row].take() {
                None => return,
                Some(column) => {
                    self.held[column as usize].retain(|holder| *holder as usize != row);
                    column
                }
            },
        };
        loop {
            let row = self.from[freed as usize] as usize;
            let before = self.mates[row].replace(freed);
            self.held[freed as usize].push(row as u32);
            match before {
                Some(column) if row != start => {
                    self.held[column as usize].retain(|holder| *holder as usize != row);
                    freed = column;
                }
                _ => return,
            }
        }
    }
}
