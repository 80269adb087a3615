//! Who holds which place: the state that every step of the solver works on.

use super::instance::Rows;

/// No mentor, no request.
pub(crate) const NONE: u32 = u32::MAX;

/// Per request its mentor, per mentor the requests that hold its places.
#[derive(Debug, Clone)]
pub(crate) struct Mates {
    /// Per request its mentor, or [`NONE`].
    pub(crate) of: Vec<u32>,
    /// Where each mentor's places start in `held`.
    starts: Vec<u32>,
    held: Vec<u32>,
    taken: Vec<u8>,
}

impl Mates {
    pub(crate) fn new(instance: &impl Rows) -> Self {
        let mut starts = vec![0];
        let mut places = 0;
        for capacity in instance.capacities() {
            places += u32::from(*capacity);
            starts.push(places);
        }
        let mentors = instance.capacities().len();
        Self { of: vec![NONE; instance.requests()], starts, held: vec![NONE; places as usize], taken: vec![0; mentors] }
    }

    /// The requests that hold a place of this mentor.
    pub(crate) fn holders(&self, mentor: u32) -> &[u32] {
        let start = self.starts[mentor as usize] as usize;
        &self.held[start..start + usize::from(self.taken[mentor as usize])]
    }

    pub(crate) fn has_place(&self, mentor: u32) -> bool {
        let mentor = mentor as usize;
        self.starts[mentor] + u32::from(self.taken[mentor]) < self.starts[mentor + 1]
    }

    /// How many places nobody holds.
    pub(crate) fn places_free(&self) -> usize {
        self.held.len() - self.taken.iter().map(|taken| usize::from(*taken)).sum::<usize>()
    }

    /// Gives a request that has none a place that is free.
    pub(crate) fn take(&mut self, request: u32, mentor: u32) {
        debug_assert!(self.has_place(mentor) && self.of[request as usize] == NONE, "a place is given once");
        let at = self.starts[mentor as usize] as usize + usize::from(self.taken[mentor as usize]);
        self.held[at] = request;
        self.taken[mentor as usize] += 1;
        self.of[request as usize] = mentor;
    }

    /// Frees the place of a request, if it has one.
    pub(crate) fn leave(&mut self, request: u32) {
        let mentor = std::mem::replace(&mut self.of[request as usize], NONE);
        if mentor == NONE {
            return;
        }
        let start = self.starts[mentor as usize] as usize;
        let last = start + usize::from(self.taken[mentor as usize]) - 1;
        let place = self.held[start..last].iter().position(|holder| *holder == request);
        self.held.swap(place.map_or(last, |place| start + place), last);
        self.taken[mentor as usize] -= 1;
    }
}
