//! The edges by mentor instead of by request.

use super::instance::{Edge, Rows};

/// An edge as its mentor sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Side {
    /// The request.
    pub(crate) request: u32,
    /// Score in millionths.
    pub(crate) weight: u32,
}

/// The edges of an instance by mentor, then by request.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    starts: Vec<u32>,
    sides: Vec<Side>,
}

impl Columns {
    /// All edges of an instance.
    pub(crate) fn new(instance: &impl Rows) -> Self {
        Self::of(instance.capacities().len(), || {
            let requests = 0..instance.requests() as u32;
            requests.flat_map(|request| instance.row(request).iter().map(move |edge| (request, *edge)))
        })
    }

    /// These edges, which are gone through twice.
    pub(crate) fn of<I: Iterator<Item = (u32, Edge)>>(mentors: usize, edges: impl Fn() -> I) -> Self {
        // Counted one place further on, so that filling leaves each start where it belongs.
        let mut starts = vec![0u32; mentors + 2];
        edges().for_each(|(_, edge)| starts[edge.mentor as usize + 2] += 1);
        for at in 2..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut sides = vec![Side { request: 0, weight: 0 }; starts[starts.len() - 1] as usize];
        for (request, edge) in edges() {
            let at = &mut starts[edge.mentor as usize + 1];
            sides[*at as usize] = Side { request, weight: edge.weight };
            *at += 1;
        }
        Self { starts, sides }
    }

    pub(crate) fn mentors(&self) -> usize {
        self.starts.len() - 2
    }
}

/// Whatever has columns of edges.
pub(crate) trait Sides {
    /// The edges of a mentor, by request.
    fn column(&self, mentor: u32) -> &[Side];
}

impl Sides for Columns {
    fn column(&self, mentor: u32) -> &[Side] {
        let mentor = mentor as usize;
        &self.sides[self.starts[mentor] as usize..self.starts[mentor + 1] as usize]
    }
}
