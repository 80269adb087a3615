//! Of all best assignments one and the same, however one of them was found.
//!
//! Often several are as good. Prices tell which (complementary slackness): an assignment is one of
//! the best exactly when nobody would gain more elsewhere, every request with a gain has a mentor
//! and every mentor with a price is full. So from one of them all others are reached by rounds of
//! moves between places that are as good, each round ending where it began. One request after the
//! other takes the first mentor that a round still brings, and stays there.

use rayon::prelude::*;

use super::certificate::Solution;
use super::instance::{Edge, FEW, Rows};
use super::mates::NONE;

/// Who comes first: per request and per mentor a number, the lowest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    pub(crate) requests: Vec<u32>,
    pub(crate) mentors: Vec<u32>,
}

impl Order {
    /// The order of the instance itself.
    pub(crate) fn of(instance: &impl Rows) -> Self {
        let mentors = instance.capacities().len() as u32;
        Self { requests: (0..instance.requests() as u32).collect(), mentors: (0..mentors).collect() }
    }
}

/// Makes a best assignment the first of the best ones: the first request has the first mentor that
/// any of them gives it, the second the first of those that are left, and so on; no mentor comes
/// last. The prices stay, and prove it as well. `gains` says what each request gains with them.
pub(crate) fn settle(instance: &impl Rows, solution: &mut Solution, gains: &[i64], order: &Order) {
    let mut ties = Ties::new(instance, solution, gains, order);
    (0..ties.open.len()).for_each(|at| ties.settle(at));
    for open in ties.open {
        solution.mates[open.request as usize] = Some(open.place).filter(|place| *place < ties.nobody);
    }
}

/// So many requests that could come to a place are looked at before a search for it.
const MANY: usize = 256;

/// A request that is as well off in several places.
#[derive(Debug)]
struct Open {
    request: u32,
    /// Where it is.
    place: u32,
    /// Where it is as well off, the first in order first.
    places: Vec<u32>,
}

/// Places are mentors, *nobody*, who has room for every request that gains nothing, and *empty*:
/// through it a free place goes from a mentor without a price to another.
struct Ties {
    open: Vec<Open>,
    nobody: u32,
    empty: u32,
    /// Per place the open requests in it that may still move.
    holders: Vec<Vec<u32>>,
    /// Per place the open requests that would be as well off there.
    wanted: Vec<Vec<u32>>,
    /// Per place how many free ones it could give away: none where they have a price.
    free: Vec<u32>,
    /// Mentors without a price.
    free_of_price: Vec<u32>,
    /// Per place a number that it shares with those that it reaches and that reach it.
    group: Vec<u32>,
    groups: u32,
    /// Per place the last search that came there, and by whom from where.
    seen: Vec<u32>,
    searches: u32,
    via: Vec<(u32, u32)>,
    /// Per place the last search whose end is one move from there, and by whom.
    last_move: Vec<(u32, u32)>,
    queue: Vec<u32>,
}

impl Ties {
    fn new(instance: &impl Rows, solution: &Solution, gains: &[i64], order: &Order) -> Self {
        let nobody = solution.prices.len() as u32;
        let empty = nobody + 1;
        let requests = (0..instance.requests() as u32).into_par_iter().with_min_len(FEW);
        let open = |request: u32| Open::new(instance, solution, gains[request as usize], order, request);
        let mut open: Vec<Open> = requests.filter_map(open).collect();
        open.par_sort_unstable_by_key(|open| order.requests[open.request as usize]);
        let mut free: Vec<u32> = instance.capacities().iter().map(|places| u32::from(*places)).collect();
        for mentor in solution.mates.iter().flatten() {
            free[*mentor as usize] = free[*mentor as usize].saturating_sub(1);
        }
        let has_price = |mentor: &u32| solution.prices[*mentor as usize] > 0;
        let (priced, free_of_price): (Vec<u32>, Vec<u32>) = (0..nobody).partition(has_price);
        priced.into_iter().for_each(|mentor| free[mentor as usize] = 0);
        let moves = open.iter().flat_map(|open| {
            let others = open.places.iter().filter(|place| **place != open.place);
            others.map(|place| (open.place, *place))
        });
        let away = free_of_price.iter().filter(|mentor| free[**mentor as usize] > 0).map(|mentor| (*mentor, empty));
        let arcs: Vec<(u32, u32)> =
            moves.chain(away).chain(free_of_price.iter().map(|mentor| (empty, *mentor))).collect();
        let places = empty as usize + 1;
        let (group, groups) = groups(places, &arcs);
        let mut ties = Self {
            open,
            nobody,
            empty,
            holders: vec![Vec::new(); places],
            wanted: vec![Vec::new(); places],
            free,
            free_of_price,
            group,
            groups,
            seen: vec![0; places],
            searches: 0,
            via: vec![(NONE, NONE); places],
            last_move: vec![(0, NONE); places],
            queue: Vec::new(),
        };
        let near = |group: &[u32], open: &Open| {
            let mut others = open.places.iter().filter(|place| **place != open.place);
            others.any(|place| group[*place as usize] == group[open.place as usize])
        };
        ties.open.retain(|open| near(&ties.group, open));
        for (at, open) in (0..).zip(&ties.open) {
            ties.holders[open.place as usize].push(at);
            open.places.iter().for_each(|place| ties.wanted[*place as usize].push(at));
        }
        ties
    }

    /// Gives a request the first place that a round of moves brings, for good.
    fn settle(&mut self, at: usize) {
        let from = self.open[at].place;
        self.holders[from as usize].retain(|holder| *holder as usize != at);
        for index in 0..self.open[at].places.len() {
            let place = self.open[at].places[index];
            if place == from {
                return;
            }
            if self.group[place as usize] != self.group[from as usize] {
                continue;
            }
            if self.reaches(at, place, from) {
                self.go_round(place, from);
                self.open[at].place = place;
                return;
            }
            // Moves stay within a group, so what does not lead there now never will.
            for place in self.queue.drain(..) {
                self.group[place as usize] = self.groups;
            }
            self.groups += 1;
        }
    }

    /// Whether somebody can leave `place` so that, by moves, room is filled that the request `at`
    /// left at `end`.
    fn reaches(&mut self, at: usize, place: u32, end: u32) -> bool {
        self.searches += 1;
        self.mark_last_moves(at, end);
        self.queue.clear();
        self.queue.push(place);
        self.seen[place as usize] = self.searches;
        if self.moves_last(place, end) {
            return true;
        }
        let mut next = 0;
        while let Some(from) = self.queue.get(next).copied() {
            next += 1;
            let (seen, via, queue) = (&mut self.seen, &mut self.via, &mut self.queue);
            let (group, last_move, search) = (&self.group, &self.last_move, self.searches);
            let mut visit = |to: u32, mover: u32| {
                let is_new = group[to as usize] == group[end as usize] && seen[to as usize] != search;
                if is_new {
                    seen[to as usize] = search;
                    via[to as usize] = (from, mover);
                    queue.push(to);
                }
                let is_near = is_new && (to == end || last_move[to as usize].0 == search);
                is_near.then_some(to)
            };
            let mut movers = self.holders[from as usize].iter();
            let found = movers
                .find_map(|mover| self.open[*mover as usize].places.iter().find_map(|to| visit(*to, *mover)))
                .or_else(|| {
                    let mut others = if from == self.empty { self.free_of_price.iter() } else { [].iter() };
                    others.find_map(|to| visit(*to, NONE))
                })
                .or_else(|| (from < self.nobody && self.free[from as usize] > 0).then(|| visit(self.empty, NONE))?);
            if let Some(found) = found {
                return found == end || self.moves_last(found, end);
            }
        }
        false
    }

    /// Marks the places from where one move leads to `end`. Where many would come, one of them is
    /// soon found anyway.
    fn mark_last_moves(&mut self, at: usize, end: u32) {
        let search = self.searches;
        if self.wanted[end as usize].len() <= MANY {
            for mover in self.wanted[end as usize].iter().filter(|mover| **mover as usize > at) {
                self.last_move[self.open[*mover as usize].place as usize] = (search, *mover);
            }
        }
        if self.free_of_price.binary_search(&end).is_ok() {
            self.last_move[self.empty as usize] = (search, NONE);
        }
    }

    /// Whether one move leads from a place to `end`; then it is noted as the last.
    fn moves_last(&mut self, place: u32, end: u32) -> bool {
        let (search, mover) = self.last_move[place as usize];
        if search == self.searches {
            self.via[end as usize] = (place, mover);
        }
        search == self.searches
    }

    /// Makes the moves that the last search found.
    fn go_round(&mut self, place: u32, end: u32) {
        let mut to = end;
        while to != place {
            let (from, mover) = self.via[to as usize];
            if mover != NONE {
                self.holders[from as usize].retain(|holder| *holder != mover);
                self.holders[to as usize].push(mover);
                self.open[mover as usize].place = to;
            } else if to == self.empty {
                self.free[from as usize] -= 1;
            } else {
                self.free[to as usize] += 1;
            }
            to = from;
        }
    }
}

impl Open {
    /// None where it is best off in one place.
    fn new(instance: &impl Rows, solution: &Solution, gain: i64, order: &Order, request: u32) -> Option<Self> {
        let nobody = solution.prices.len() as u32;
        let own = gain - instance.bonus();
        let is_best = |edge: &&Edge| i64::from(edge.weight) - solution.prices[edge.mentor as usize] == own;
        let best = || instance.row(request).iter().filter(is_best).map(|edge| edge.mentor);
        if best().count() + usize::from(gain == 0) < 2 {
            return None;
        }
        let mut places: Vec<u32> = best().collect();
        places.sort_unstable_by_key(|mentor| order.mentors[*mentor as usize]);
        places.extend(Some(nobody).filter(|_| gain == 0));
        Some(Self { request, place: solution.mates[request as usize].unwrap_or(nobody), places })
    }
}

/// Per place a number that it shares with those that it reaches and that reach it (Tarjan 1972),
/// and how many numbers there are.
fn groups(places: usize, arcs: &[(u32, u32)]) -> (Vec<u32>, u32) {
    let mut starts = vec![0u32; places + 1];
    arcs.iter().for_each(|(from, _)| starts[*from as usize + 1] += 1);
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let (mut next, mut to) = (starts.clone(), vec![0u32; arcs.len()]);
    for (from, end) in arcs {
        to[next[*from as usize] as usize] = *end;
        next[*from as usize] += 1;
    }
    next.copy_from_slice(&starts);
    // Numbers from one, in the order in which places are found; zero is not found yet.
    let (mut found, mut lowest, mut count) = (vec![0u32; places], vec![0u32; places], 0);
    let (mut group, mut groups) = (vec![NONE; places], 0);
    let (mut path, mut waiting) = (Vec::new(), Vec::new());
    for root in 0..places as u32 {
        if found[root as usize] == 0 {
            path.push(root);
        }
        while let Some(place) = path.last().copied() {
            let at = place as usize;
            if found[at] == 0 {
                count += 1;
                (found[at], lowest[at]) = (count, count);
                waiting.push(place);
            }
            if next[at] < starts[at + 1] {
                let end = to[next[at] as usize];
                next[at] += 1;
                if found[end as usize] == 0 {
                    path.push(end);
                } else if group[end as usize] == NONE {
                    lowest[at] = lowest[at].min(found[end as usize]);
                }
                continue;
            }
            path.pop();
            if let Some(before) = path.last() {
                lowest[*before as usize] = lowest[*before as usize].min(lowest[at]);
            }
            if lowest[at] == found[at] {
                while let Some(member) = waiting.pop() {
                    group[member as usize] = groups;
                    if member == place {
                        break;
                    }
                }
                groups += 1;
            }
        }
    }
    (group, groups)
}
