//! What is to be solved: requests, mentors with places, and the pairs that are allowed.

/// The highest weight of an edge: one, in millionths.
pub const MAX_WEIGHT: u32 = 1_000_000;

/// So many rows are read by one core: sharing fewer costs more than it saves.
pub(crate) const FEW: usize = 4_096;

/// An edge: a mentor whom the hard rules allow, and the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Place of the mentor in [`Instance::capacities`].
    pub mentor: u32,
    /// Score in millionths, at most [`MAX_WEIGHT`].
    pub weight: u32,
}

/// Requests, mentors with places, and the pairs that are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    capacities: Vec<u8>,
    /// Where each row starts in `edges`; one more than there are rows.
    starts: Vec<u32>,
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
    /// The mentors of a row do not rise.
    #[error("the mentors of a row do not rise")]
    Order,
    /// The row pointers do not start at zero, fall, or do not end at the number of edges.
    #[error("row pointers that do not fit the edges")]
    Rows,
    /// 2³⁰ requests or mentors, or 2³² edges: their numbers would not fit.
    #[error("too large")]
    TooLarge,
}

/// Whatever has rows of edges: an [`Instance`], or one that changes.
pub trait Rows: Sync {
    /// The edges of a request, by mentor.
    fn row(&self, request: u32) -> &[Edge];
    /// How many requests.
    fn requests(&self) -> usize;
    /// Places per mentor.
    fn capacities(&self) -> &[u8];

    /// What a match counts beyond its weight: more than all weights together,
    /// (requests + 1) · 10⁶.
    fn bonus(&self) -> i64 {
        (self.requests() as i64 + 1) * i64::from(MAX_WEIGHT)
    }

    /// The weight of a pair, when it is allowed.
    fn weight(&self, request: u32, mentor: u32) -> Option<u32> {
        let row = self.row(request);
        row.binary_search_by_key(&mentor, |edge| edge.mentor).ok().map(|at| row[at].weight)
    }
}

impl Default for Instance {
    fn default() -> Self {
        Self { capacities: Vec::new(), starts: vec![0], edges: Vec::new() }
    }
}

impl Instance {
    /// The instance with these places per mentor and these edges per request.
    ///
    /// # Errors
    /// See [`BadInstance`].
    pub fn new(capacities: Vec<u8>, rows: impl IntoIterator<Item = Vec<Edge>>) -> Result<Self, BadInstance> {
        let (mut starts, mut edges) = (vec![0], Vec::new());
        for row in rows {
            edges.extend(row);
            starts.push(u32::try_from(edges.len()).map_err(|_| BadInstance::TooLarge)?);
        }
        Self::from_parts(capacities, starts, edges)
    }

    /// The instance whose request `i` has the edges from `starts[i]` to `starts[i + 1]`.
    ///
    /// # Errors
    /// See [`BadInstance`].
    pub fn from_parts(capacities: Vec<u8>, starts: Vec<u32>, edges: Vec<Edge>) -> Result<Self, BadInstance> {
        // Gains and prices stay under 2³⁰ · 10⁶ · a few: far within 63 bits.
        if starts.len() > 1 << 30 || capacities.len() > 1 << 30 || edges.len() >= u32::MAX as usize {
            return Err(BadInstance::TooLarge);
        }
        let ends = (starts.first(), starts.last().map(|end| *end as usize));
        if ends != (Some(&0), Some(edges.len())) || !starts.is_sorted() {
            return Err(BadInstance::Rows);
        }
        for row in starts.windows(2).map(|pair| &edges[pair[0] as usize..pair[1] as usize]) {
            if !row.is_sorted_by(|one, next| one.mentor < next.mentor) {
                return Err(BadInstance::Order);
            }
        }
        if edges.iter().any(|edge| edge.mentor as usize >= capacities.len()) {
            return Err(BadInstance::Mentor);
        }
        if edges.iter().any(|edge| edge.weight > MAX_WEIGHT) {
            return Err(BadInstance::Weight);
        }
        Ok(Self { capacities, starts, edges })
    }

    /// All edges, row by row.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }
}

impl Rows for Instance {
    fn row(&self, request: u32) -> &[Edge] {
        let request = request as usize;
        &self.edges[self.starts[request] as usize..self.starts[request + 1] as usize]
    }

    fn requests(&self) -> usize {
        self.starts.len() - 1
    }

    fn capacities(&self) -> &[u8] {
        &self.capacities
    }
}
