//! Who holds which place: the state that every step of the solver works on.

use super::instance::Rows;

/// No mentor, no request.
pub(crate) const NONE: u32 = u32::MAX;

/// Per request its mentor, per mentor the requests that hold its places.
#[derive(Debug, Clone)]
pub(crate) struct Mates {
    /// Per request its mentor, or [`NONE`].
    pub(crate) of: Vec<u32>,
    held: Vec<u32>,
    blocks: Vec<Block>,
}

/// A mentor's part of [`Mates::held`].
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    start: u32,
    /// How long the part is.
    length: u8,
    /// How many places there are, and are held: never more than `length`.
    places: u8,
    taken: u8,
}

impl Mates {
    pub(crate) fn new(instance: &impl Rows) -> Self {
        let mut blocks = Vec::with_capacity(instance.capacities().len());
        let mut start = 0;
        for places in instance.capacities() {
            blocks.push(Block { start, length: *places, places: *places, taken: 0 });
            start += u32::from(*places);
        }
        Self { of: vec![NONE; instance.requests()], held: vec![NONE; start as usize], blocks }
    }

    /// The requests that hold a place of this mentor.
    pub(crate) fn holders(&self, mentor: u32) -> &[u32] {
        let block = self.blocks[mentor as usize];
        &self.held[block.start as usize..block.start as usize + usize::from(block.taken)]
    }

    pub(crate) fn has_place(&self, mentor: u32) -> bool {
        let block = self.blocks[mentor as usize];
        block.taken < block.places
    }

    /// How many places nobody holds.
    pub(crate) fn places_free(&self) -> usize {
        self.blocks.iter().map(|block| usize::from(block.places - block.taken)).sum()
    }

    /// Gives a request that has none a place that is free.
    pub(crate) fn take(&mut self, request: u32, mentor: u32) {
        debug_assert!(self.has_place(mentor) && self.of[request as usize] == NONE, "a place is given once");
        let block = &mut self.blocks[mentor as usize];
        self.held[block.start as usize + usize::from(block.taken)] = request;
        block.taken += 1;
        self.of[request as usize] = mentor;
    }

    /// Frees the place of a request, if it has one.
    pub(crate) fn leave(&mut self, request: u32) {
        let mentor = std::mem::replace(&mut self.of[request as usize], NONE);
        if mentor == NONE {
            return;
        }
        let block = &mut self.blocks[mentor as usize];
        block.taken -= 1;
        let (start, last) = (block.start as usize, block.start as usize + usize::from(block.taken));
        let place = self.held[start..last].iter().position(|holder| *holder == request);
        self.held.swap(place.map_or(last, |place| start + place), last);
    }

    /// Gives a mentor so many places; the requests that lose theirs.
    pub(crate) fn resize(&mut self, mentor: u32, places: u8) -> Vec<u32> {
        let mut lost = Vec::new();
        while self.blocks[mentor as usize].taken > places {
            let last = self.holders(mentor).last().copied().unwrap_or(NONE);
            self.leave(last);
            lost.push(last);
        }
        let block = &mut self.blocks[mentor as usize];
        block.places = places;
        if places > block.length {
            // A new part at the end, twice as long as it has to be at first.
            let (start, taken) = (block.start as usize, usize::from(block.taken));
            block.start = self.held.len() as u32;
            block.length = places.saturating_mul(2);
            let length = usize::from(block.length);
            self.held.extend_from_within(start..start + taken);
            self.held.resize(self.held.len() + length - taken, NONE);
        }
        lost
    }

    /// One mentor more, without places so far.
    pub(crate) fn add_mentor(&mut self) {
        self.blocks.push(Block::default());
    }
}
