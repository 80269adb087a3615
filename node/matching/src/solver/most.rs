//! The most matches, whatever they weigh, and the split that follows from it.
//!
//! A careful greedy start leaves few requests or places over. From whichever are fewer, searches
//! for alternating paths bring in the rest; what a search without success has visited can never
//! help another and is left out from then on, so all of those together read every edge once.
//! What remains is the split of Dulmage and Mendelsohn (1958).

use super::columns::{Columns, Sides};
use super::instance::Rows;
use super::mates::{Mates, NONE};

/// The two parts of an instance. A best assignment never mixes them, so each is solved by itself
/// and the large bonus of a match plays no role inside.
#[derive(Debug)]
pub(crate) struct Split {
    /// Per mentor: scarce when every assignment with the most matches fills all its places.
    /// The requests for whom there are only scarce mentors compete for them; all others are
    /// matched with mentors who are not scarce.
    pub(crate) scarce: Vec<bool>,
    /// An assignment with the most matches.
    pub(crate) mates: Mates,
}

impl Split {
    /// Whether a request competes for scarce mentors.
    pub(crate) fn competes(&self, request: u32) -> bool {
        let mentor = self.mates.of[request as usize];
        mentor == NONE || self.scarce[mentor as usize]
    }
}

/// Finds the most matches and splits the instance.
pub(crate) fn split(instance: &impl Rows) -> Split {
    let mut mates = Mates::new(instance);
    greedy(instance, &mut mates);
    let without = mates.of.iter().filter(|mentor| **mentor == NONE).count();
    let places = mates.places_free();
    let scarce = if without <= places {
        from_requests(instance, &mut mates)
    } else {
        let columns = Columns::new(instance);
        from_mentors(&columns, &mut mates).into_iter().map(|plenty| !plenty).collect()
    };
    Split { scarce, mates }
}

/// Requests with the fewest mentors choose first, each the mentor whom the fewest others want.
fn greedy(instance: &impl Rows, mates: &mut Mates) {
    /// Added once a mentor has no place: more than anybody can be wanted.
    const FULL: u32 = 1 << 31;
    let capacities = instance.capacities();
    let mut wanted: Vec<u32> = capacities.iter().map(|places| if *places == 0 { FULL } else { 0 }).collect();
    let requests = 0..instance.requests() as u32;
    requests.clone().flat_map(|request| instance.row(request)).for_each(|edge| wanted[edge.mentor as usize] += 1);
    for request in by_length(instance) {
        let row = instance.row(request);
        let mut best = (FULL, NONE);
        for edge in row {
            let now = wanted[edge.mentor as usize];
            wanted[edge.mentor as usize] = now - 1;
            if now < best.0 {
                best = (now, edge.mentor);
            }
        }
        if best.1 != NONE {
            mates.take(request, best.1);
            if !mates.has_place(best.1) {
                wanted[best.1 as usize] += FULL;
            }
        }
    }
}

/// The requests, those with the shortest rows first.
fn by_length(instance: &impl Rows) -> Vec<u32> {
    let length = |request: u32| instance.row(request).len();
    let requests = 0..instance.requests() as u32;
    let longest = requests.clone().map(length).max().unwrap_or(0);
    let mut starts = vec![0u32; longest + 2];
    requests.clone().for_each(|request| starts[length(request) + 1] += 1);
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut order = vec![0; instance.requests()];
    for request in requests {
        let at = &mut starts[length(request)];
        order[*at as usize] = request;
        *at += 1;
    }
    order
}

/// Brings in whom it can, from the requests' side; true for the mentors that a request left
/// over could still reach: those are full whatever one does.
fn from_requests(instance: &impl Rows, mates: &mut Mates) -> Vec<bool> {
    let mut seen = vec![false; instance.capacities().len()];
    let mut from = vec![NONE; seen.len()];
    let (mut queue, mut visited) = (Vec::new(), Vec::new());
    for start in 0..instance.requests() as u32 {
        if mates.of[start as usize] != NONE {
            continue;
        }
        queue.clear();
        visited.clear();
        queue.push(start);
        let mut at = 0;
        let mut end = None;
        'search: while at < queue.len() {
            let request = queue[at];
            at += 1;
            for edge in instance.row(request) {
                let mentor = edge.mentor as usize;
                if !std::mem::replace(&mut seen[mentor], true) {
                    visited.push(edge.mentor);
                    from[mentor] = request;
                    if mates.has_place(edge.mentor) {
                        end = Some(edge.mentor);
                        break 'search;
                    }
                    queue.extend(mates.holders(edge.mentor));
                }
            }
        }
        let Some(mut mentor) = end else { continue };
        loop {
            let request = from[mentor as usize];
            let before = mates.of[request as usize];
            mates.leave(request);
            mates.take(request, mentor);
            if request == start {
                break;
            }
            mentor = before;
        }
        visited.iter().for_each(|mentor| seen[*mentor as usize] = false);
    }
    seen
}

/// The same from the side of the places that are free; true for the mentors from whom a place
/// left over could be reached: those can't all be filled.
fn from_mentors(columns: &Columns, mates: &mut Mates) -> Vec<bool> {
    let mentors = columns.mentors() as u32;
    let mut seen = vec![false; mentors as usize];
    // Per mentor: the holder who would leave, and to whom.
    let mut from = vec![(NONE, NONE); mentors as usize];
    let mut queue = Vec::new();
    for start in 0..mentors {
        while mates.has_place(start) && !seen[start as usize] {
            queue.clear();
            queue.push(start);
            seen[start as usize] = true;
            let mut at = 0;
            let mut end = None;
            'search: while at < queue.len() {
                let mentor = queue[at];
                at += 1;
                for edge in columns.column(mentor) {
                    let holds = mates.of[edge.request as usize];
                    if holds == NONE {
                        end = Some((edge.request, mentor));
                        break 'search;
                    }
                    if !std::mem::replace(&mut seen[holds as usize], true) {
                        from[holds as usize] = (edge.request, mentor);
                        queue.push(holds);
                    }
                }
            }
            let Some((mut request, mut mentor)) = end else { break };
            while mentor != start {
                let (next, beyond) = from[mentor as usize];
                mates.leave(next);
                mates.take(request, mentor);
                (request, mentor) = (next, beyond);
            }
            mates.take(request, start);
            queue.iter().for_each(|mentor| seen[*mentor as usize] = false);
        }
    }
    seen
}
