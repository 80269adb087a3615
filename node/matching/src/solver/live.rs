//! An optimal assignment that is repaired when something changes, not found anew.
//!
//! Prices and pairs that a change does not touch stay as they are. Whoever it touches is looked
//! at again; what is then no longer right is mended by a few shortest paths.

use super::columns::{Side, Sides};
use super::instance::{BadInstance, Edge, Instance, MAX_WEIGHT, Rows};
use super::paths::Paths;
use super::{Order, Solution, Unproved, certified, exact, settle};

/// One change of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A request has these edges from now on; none when it is withdrawn. The number after the
    /// last one adds a request.
    Request {
        /// Which.
        request: u32,
        /// Its edges, by mentor.
        edges: Vec<Edge>,
    },
    /// A mentor has these places and these edges from now on. The number after the last one adds
    /// a mentor.
    Mentor {
        /// Which.
        mentor: u32,
        /// Places.
        places: u8,
        /// The requests that the mentor may have and the weights, by request.
        edges: Vec<(u32, u32)>,
    },
    /// A mentor has these places from now on.
    Places {
        /// Which.
        mentor: u32,
        /// Places.
        places: u8,
    },
    /// A pair has this weight from now on, or is not allowed any more.
    Pair {
        /// The request.
        request: u32,
        /// The mentor.
        mentor: u32,
        /// Millionths.
        weight: Option<u32>,
    },
}

/// An instance that changes.
#[derive(Debug, Clone, Default)]
struct Graph {
    rows: Vec<Vec<Edge>>,
    columns: Vec<Vec<Side>>,
    capacities: Vec<u8>,
    /// For how many requests the bonus is enough.
    enough: usize,
}

impl Rows for Graph {
    fn row(&self, request: u32) -> &[Edge] {
        &self.rows[request as usize]
    }

    fn requests(&self) -> usize {
        self.rows.len()
    }

    fn capacities(&self) -> &[u8] {
        &self.capacities
    }

    fn bonus(&self) -> i64 {
        (self.enough as i64 + 1) * i64::from(MAX_WEIGHT)
    }
}

impl Sides for Graph {
    fn column(&self, mentor: u32) -> &[Side] {
        &self.columns[mentor as usize]
    }
}

impl Graph {
    /// Sets or takes away one edge, on both sides.
    fn set(&mut self, request: u32, mentor: u32, weight: Option<u32>) {
        let (row, column) = (&mut self.rows[request as usize], &mut self.columns[mentor as usize]);
        let (edge, side) = (|weight| Edge { mentor, weight }, |weight| Side { request, weight });
        put(row, row.binary_search_by_key(&mentor, |edge| edge.mentor), weight.map(edge));
        put(column, column.binary_search_by_key(&request, |side| side.request), weight.map(side));
    }
}

/// Puts a value in a sorted list where it was found or belongs, or takes it out.
fn put<T>(list: &mut Vec<T>, found: Result<usize, usize>, value: Option<T>) {
    match (found, value) {
        (Ok(at), Some(value)) => list[at] = value,
        (Err(at), Some(value)) => list.insert(at, value),
        (Ok(at), None) => {
            list.remove(at);
        }
        (Err(_), None) => {}
    }
}

/// An instance with its best assignment, after any number of changes.
#[derive(Debug, Clone)]
pub struct Live {
    graph: Graph,
    paths: Paths,
}

impl Live {
    /// Solves the instance once.
    ///
    /// # Errors
    /// [`Unproved`]
    pub fn new(instance: &Instance) -> Result<Self, Unproved> {
        let mut graph = Graph {
            columns: vec![Vec::new(); instance.capacities().len()],
            capacities: instance.capacities().to_vec(),
            ..Graph::default()
        };
        for request in 0..instance.requests() as u32 {
            let row = instance.row(request).to_vec();
            for edge in &row {
                graph.columns[edge.mentor as usize].push(Side { request, weight: edge.weight });
            }
            graph.rows.push(row);
        }
        Self::solved(graph)
    }

    fn solved(mut graph: Graph) -> Result<Self, Unproved> {
        graph.enough = graph.rows.len() * 2 + 1_000;
        let paths = exact(&graph);
        let live = Self { graph, paths };
        live.proved()?;
        Ok(live)
    }

    /// Carries out one change and repairs the assignment.
    ///
    /// # Errors
    /// [`BadInstance`] for a change that can't be; nothing has changed then.
    pub fn change(&mut self, change: &Change) -> Result<(), BadInstance> {
        self.check(change)?;
        let mut requests = Vec::new();
        let mut mentors = Vec::new();
        match change {
            Change::Request { request, edges } => {
                if *request as usize == self.graph.rows.len() {
                    self.graph.rows.push(Vec::new());
                    self.paths.add_request();
                }
                let before = self.graph.rows[*request as usize].clone();
                let gone = |edge: &&Edge| edges.binary_search_by_key(&edge.mentor, |edge| edge.mentor).is_err();
                before.iter().filter(gone).for_each(|edge| self.graph.set(*request, edge.mentor, None));
                edges.iter().for_each(|edge| self.graph.set(*request, edge.mentor, Some(edge.weight)));
                requests.push(*request);
            }
            Change::Mentor { mentor, places, edges } => {
                if *mentor as usize == self.graph.columns.len() {
                    self.graph.columns.push(Vec::new());
                    self.graph.capacities.push(0);
                    self.paths.add_mentor();
                }
                let before = self.graph.columns[*mentor as usize].clone();
                let gone = |side: &&Side| edges.binary_search_by_key(&side.request, |edge| edge.0).is_err();
                before.iter().filter(gone).for_each(|side| self.graph.set(side.request, *mentor, None));
                edges.iter().for_each(|edge| self.graph.set(edge.0, *mentor, Some(edge.1)));
                requests.extend(before.iter().map(|side| side.request).chain(edges.iter().map(|edge| edge.0)));
                self.ask(*mentor);
                self.places(*mentor, *places, &mut requests);
                mentors.push(*mentor);
            }
            Change::Places { mentor, places } => {
                self.places(*mentor, *places, &mut requests);
                mentors.push(*mentor);
            }
            Change::Pair { request, mentor, weight } => {
                self.graph.set(*request, *mentor, *weight);
                requests.push(*request);
            }
        }
        self.mend(requests, mentors);
        Ok(())
    }

    /// Lets a mentor whom nobody holds cost as much as somebody would give at most, so that the
    /// change touches no gain.
    fn ask(&mut self, mentor: u32) {
        if self.paths.mates.holders(mentor).is_empty() {
            let gives = |side: &Side| {
                let worth = self.graph.bonus() + i64::from(side.weight);
                worth - self.paths.gains[side.request as usize]
            };
            let most = self.graph.column(mentor).iter().map(gives).max().unwrap_or(0);
            self.paths.prices[mentor as usize] = most.max(0);
        }
    }

    fn places(&mut self, mentor: u32, places: u8, requests: &mut Vec<u32>) {
        self.graph.capacities[mentor as usize] = places;
        requests.extend(self.paths.mates.resize(mentor, places));
    }

    /// Looks again at whom a change has touched and mends what is no longer right.
    fn mend(&mut self, mut requests: Vec<u32>, mut mentors: Vec<u32>) {
        if self.graph.rows.len() > self.graph.enough {
            self.graph.enough = self.graph.rows.len() * 2;
            self.paths = exact(&self.graph);
            return;
        }
        requests.sort_unstable();
        requests.dedup();
        for request in &requests {
            let before = self.paths.mates.of[*request as usize];
            self.paths.look_again(&self.graph, *request);
            if self.paths.mates.of[*request as usize] != before {
                mentors.push(before);
            }
        }
        requests.iter().for_each(|request| self.paths.bring_in(&self.graph, *request));
        for mentor in mentors {
            // All edges are there, so no path is too long.
            while self.paths.is_idle(mentor) && self.paths.fill(&self.graph, mentor, |_, _| i64::MAX).is_ok() {}
        }
    }

    fn check(&self, change: &Change) -> Result<(), BadInstance> {
        let (requests, mentors) = (self.graph.rows.len() as u32, self.graph.columns.len() as u32);
        let sorted_edges: Vec<(u32, u32)>;
        let (one, ones, edges, others) = match change {
            Change::Request { request, edges } => {
                sorted_edges = edges.iter().map(|edge| (edge.mentor, edge.weight)).collect();
                (*request, requests + 1, sorted_edges.as_slice(), mentors)
            }
            Change::Mentor { mentor, edges, .. } => (*mentor, mentors + 1, edges.as_slice(), requests),
            Change::Places { mentor, .. } => (*mentor, mentors, &[][..], requests),
            Change::Pair { request, mentor, weight } => {
                sorted_edges = vec![(*mentor, weight.unwrap_or(0))];
                (*request, requests, sorted_edges.as_slice(), mentors)
            }
        };
        if one >= ones || edges.iter().any(|edge| edge.0 >= others) {
            return Err(BadInstance::Mentor);
        }
        if !edges.is_sorted_by(|one, next| one.0 < next.0) {
            return Err(BadInstance::Order);
        }
        if edges.iter().any(|edge| edge.1 > MAX_WEIGHT) {
            return Err(BadInstance::Weight);
        }
        if ones > 1 << 30 { Err(BadInstance::TooLarge) } else { Ok(()) }
    }

    /// The assignment as it is now.
    #[must_use]
    pub fn solution(&self) -> Solution {
        self.paths.solution()
    }

    /// The assignment as it is now, after the proof that it is the best one: reads every edge.
    ///
    /// # Errors
    /// [`Unproved`]
    pub fn proved(&self) -> Result<Solution, Unproved> {
        let solution = self.solution();
        if certified(&self.graph, &solution) { Ok(solution) } else { Err(Unproved) }
    }

    /// The same, of several that are as good the first in this order: what [`super::solve`] finds.
    ///
    /// # Errors
    /// [`Unproved`]
    pub(crate) fn first(&self, order: &Order) -> Result<Solution, Unproved> {
        let mut solution = self.solution();
        settle(&self.graph, &mut solution, &self.paths.gains, order);
        if certified(&self.graph, &solution) { Ok(solution) } else { Err(Unproved) }
    }

    /// How many requests there are, withdrawn ones too.
    pub(crate) fn requests(&self) -> usize {
        self.graph.requests()
    }

    /// How many mentors, as for [`Live::requests`].
    pub(crate) fn mentors(&self) -> usize {
        self.graph.capacities.len()
    }

    /// How many pairs are allowed.
    pub(crate) fn edges(&self) -> usize {
        self.graph.rows.iter().map(Vec::len).sum()
    }

    /// The weight of a pair, when it is allowed.
    pub(crate) fn weight(&self, request: u32, mentor: u32) -> Option<u32> {
        self.graph.weight(request, mentor)
    }

    /// What a match counts beyond its weight.
    pub(crate) fn bonus(&self) -> i64 {
        self.graph.bonus()
    }

    /// The instance as it is now.
    #[must_use]
    pub fn instance(&self) -> Instance {
        let rows = self.graph.rows.iter().cloned();
        Instance::new(self.graph.capacities.clone(), rows).unwrap_or_default()
    }
}
