//! Seeded federations: 300 municipalities of uneven size, their newcomers and their mentors.
//!
//! A pair is allowed where all hard rules hold: a shared domain, a shared language or enough
//! Dutch, a common slot, and a distance within the mentor's radius. The same name and seed give
//! the same instance, byte for byte.

use matching::solver::{BadInstance, Edge, Instance};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What to generate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// Requests, and as many mentors.
    pub(crate) people: u32,
    /// How many trades there are: the more, the fewer pairs fit.
    trades: u32,
    /// How many times as far mentors go: among few people someone is found only farther away.
    reach: u32,
    /// Whether so many mentors are full that places come to about 97% of the requests.
    tight: bool,
}

/// The sizes that issue and README speak of.
pub(crate) const SIZES: [Size; 8] = [
    Size { name: "S", people: 1_000, trades: 1, reach: 2, tight: false },
    Size { name: "St", people: 1_000, trades: 1, reach: 2, tight: true },
    Size { name: "M", people: 10_000, trades: 12, reach: 1, tight: false },
    Size { name: "Mt", people: 10_000, trades: 12, reach: 1, tight: true },
    Size { name: "L", people: 100_000, trades: 66, reach: 1, tight: false },
    Size { name: "Lt", people: 100_000, trades: 66, reach: 1, tight: true },
    Size { name: "million", people: 1_000_000, trades: 1_150, reach: 1, tight: false },
    Size { name: "million-tight", people: 1_000_000, trades: 1_150, reach: 1, tight: true },
];

const MUNICIPALITIES: usize = 300;
/// Side of the square they lie in, in hundreds of metres: about Flanders.
const SIDE: u32 = 1_150;
/// The farthest that a mentor goes, in hundreds of metres.
const FARTHEST: u32 = 20 + 18 * 18;
/// Share of mentors who are full in a tight instance, in percent: 1.34 places each → 0.97.
const FULL: u32 = 27;

struct Person {
    town: u16,
    trades: [u16; 3],
    languages: u32,
    domains: u32,
    slots: u32,
    interests: u32,
    /// Mentors: how far they go, in hundreds of metres. Newcomers: how long they wait, 0 to 100.
    number: u32,
}

/// The instance of this size and seed.
///
/// # Errors
/// None for the sizes above.
pub(crate) fn generate(size: &Size, seed: u64) -> Result<Instance, BadInstance> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let towns: Vec<(u32, u32)> =
        (0..MUNICIPALITIES).map(|_| (rng.random_range(0..SIDE), rng.random_range(0..SIDE))).collect();
    let near = distances(&towns, FARTHEST * size.reach);
    let sizes: Vec<u32> = (0..MUNICIPALITIES).map(|_| 100 + 2_000 / rng.random_range(1..40)).collect();
    let requests = people(&mut rng, size, &sizes, false);
    let mentors = people(&mut rng, size, &sizes, true);
    let capacities: Vec<u8> = (0..size.people)
        .map(|_| match rng.random_range(0..100) {
            draw if size.tight && draw < FULL => 0,
            draw => [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3][draw as usize % 15],
        })
        .collect();
    let lists = by_town_and_trade(&mentors, size.trades, &capacities);
    let (mut starts, mut edges) = (vec![0], Vec::new());
    let mut row: Vec<Edge> = Vec::new();
    for request in &requests {
        for (town, distance) in &near[request.town as usize] {
            let list = usize::from(*town) * size.trades as usize + usize::from(request.trades[0]);
            for at in &lists[list] {
                let weight = score(request, &mentors[*at as usize], *distance);
                row.extend(weight.map(|weight| Edge { mentor: *at, weight }));
            }
        }
        row.sort_unstable();
        edges.append(&mut row);
        starts.push(edges.len() as u32);
    }
    Instance::from_parts(capacities, starts, edges)
}

/// Per municipality those within reach, with the distance in hundreds of metres.
fn distances(towns: &[(u32, u32)], reach: u32) -> Vec<Vec<(u16, u32)>> {
    let between = |one: (u32, u32), other: (u32, u32)| {
        (u64::from(one.0.abs_diff(other.0)).pow(2) + u64::from(one.1.abs_diff(other.1)).pow(2)).isqrt() as u32
    };
    let near = |one: &(u32, u32)| {
        let all = towns.iter().enumerate().map(|(at, other)| (at as u16, between(*one, *other)));
        all.filter(|(_, distance)| *distance <= reach).collect()
    };
    towns.iter().map(near).collect()
}

fn people(rng: &mut ChaCha8Rng, size: &Size, sizes: &[u32], mentors: bool) -> Vec<Person> {
    let total: u32 = sizes.iter().sum();
    let one = |rng: &mut ChaCha8Rng| {
        let mut draw = rng.random_range(0..total);
        let town = sizes.iter().position(|size| draw.checked_sub(*size).map(|rest| draw = rest).is_none());
        // Some trades are common: the smaller of two draws.
        let mut trade = || rng.random_range(0..size.trades).min(rng.random_range(0..size.trades)) as u16;
        let trades = [trade(), trade(), trade()];
        let mut bits = |of: u32, ones: u32| (0..ones).fold(0, |set, _| set | 1 << rng.random_range(0..of));
        let languages = bits(20, 2) | if mentors { 1 } else { bits(2, 1) & 1 };
        let (domains, slots, interests) = (bits(6, 2), bits(14, if mentors { 5 } else { 6 }), bits(16, 3));
        let number =
            if mentors { size.reach * (20 + rng.random_range(0..19_u32).pow(2)) } else { rng.random_range(0..=100) };
        Person { town: town.unwrap_or(0) as u16, trades, languages, domains, slots, interests, number }
    };
    (0..size.people).map(|_| one(rng)).collect()
}

/// The mentors with a place, by municipality and by each trade they know.
fn by_town_and_trade(mentors: &[Person], trades: u32, capacities: &[u8]) -> Vec<Vec<u32>> {
    let mut lists = vec![Vec::new(); MUNICIPALITIES * trades as usize];
    for (at, mentor) in mentors.iter().enumerate().filter(|(at, _)| capacities[*at] > 0) {
        for trade in mentor.trades {
            let list = &mut lists[usize::from(mentor.town) * trades as usize + usize::from(trade)];
            if list.last() != Some(&(at as u32)) {
                list.push(at as u32);
            }
        }
    }
    lists
}

/// The score of a pair of the same trade in millionths, where the other hard rules hold.
fn score(request: &Person, mentor: &Person, distance: u32) -> Option<u32> {
    let common = |one: u32, other: u32| (one & other).count_ones();
    let languages = common(request.languages, mentor.languages);
    let domains = common(request.domains, mentor.domains);
    let slots = common(request.slots, mentor.slots);
    if distance > mentor.number || languages == 0 || domains == 0 || slots == 0 {
        return None;
    }
    let trade = if request.trades[0] == mentor.trades[0] { 250_000 } else { 40_000 };
    let proximity = 200_000 - distance * 200_000 / (mentor.number + 1);
    let shared = domains * 75_000 + languages.min(2) * 60_000 + slots.min(3) * 40_000;
    let weight = trade + proximity + shared + common(request.interests, mentor.interests) * 30_000;
    Some((weight + request.number * 577).min(1_000_000))
}
