//! Exchange balance and fairness: the best assignment within bounds per municipality.
//!
//! What a municipality lends net is the places of its mentors that are used, less its newcomers
//! that are matched. So bounds on it, and floors for how many are matched, are bounds on arcs of
//! a network: municipality → its newcomers → mentors → their municipality → the circle, and round
//! again. The best flow is whole and exact, and [`gap`] proves it from prices alone.
//!
//! A bound that can't be met is met as far as it can: one unit less of all bounds together comes
//! before any match.

use std::collections::BTreeMap;

use super::network::{Arc, Network};
use super::{Rows, Solution, Unproved, solve};

/// Who belongs to which municipality, and what is asked for each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Per request its municipality, a place in `bounds`.
    pub asks: Vec<u32>,
    /// Per mentor the municipality.
    pub gives: Vec<u32>,
    /// Per request whether it is one of those who wait longest.
    pub waits_long: Vec<bool>,
    /// Per municipality.
    pub bounds: Vec<Bounds>,
}

/// What is asked for one municipality. The default asks nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// It lends at most so many more than it receives.
    pub lends: Option<u32>,
    /// It receives at most so many more than it lends.
    pub receives: Option<u32>,
    /// At least so many percent of its requests are matched, rounded up.
    pub share: u8,
    /// At least so many percent of those of its requests that wait longest, rounded up.
    pub long_share: u8,
}

/// The four sorts of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// [`Bounds::lends`]
    Lends,
    /// [`Bounds::receives`]
    Receives,
    /// [`Bounds::share`]
    Share,
    /// [`Bounds::long_share`]
    LongShare,
}

/// One bound and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Whose.
    pub municipality: u32,
    /// Which.
    pub sort: Sort,
    /// What was asked: at most so many net, or at least so many matched.
    pub asked: i64,
    /// What it is: net lent, net received, or matched.
    pub reached: i64,
    /// What loosening it by one would bring: matches, and score in millionths. A bound that costs
    /// nothing has zero for both; a bound that can't be met has no price.
    pub price: Option<Worth>,
}

impl Outcome {
    /// Whether the bound holds.
    #[must_use]
    pub fn is_met(&self) -> bool {
        match self.sort {
            Sort::Lends | Sort::Receives => self.reached <= self.asked,
            Sort::Share | Sort::LongShare => self.reached >= self.asked,
        }
    }
}

/// Matches and score: of an assignment, or a difference between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Worth {
    /// Matches.
    pub matches: i64,
    /// Score in millionths.
    pub score: i64,
}

/// The prices that prove a result. All are at least zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// Per mentor the price of a place.
    pub places: Vec<i128>,
    /// Per municipality the price of each sort of bound.
    pub bounds: Vec<BTreeMap<Sort, i128>>,
}

/// The best assignment within the bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fair {
    /// Per request the mentor, if any.
    pub mates: Vec<Option<u32>>,
    /// What it is worth.
    pub worth: Worth,
    /// What the best assignment without any bound is worth.
    pub without_bounds: Worth,
    /// Every bound that is asked, by municipality.
    pub outcomes: Vec<Outcome>,
    /// By how many units all bounds together are missed; no assignment misses fewer.
    pub missed: u64,
    /// Per sort of bound what it costs: what would be gained with all others and without it.
    pub costs: BTreeMap<Sort, Worth>,
    /// What no assignment can exceed, in (bonus · matches + score − penalty · missed).
    pub bound: i128,
    /// How much better an assignment could be at most, proved by the prices: zero when it is the
    /// best one.
    pub gap: i128,
    /// The prices.
    pub proof: Proof,
}

/// Why a policy does not fit an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFair {
    /// Not one municipality for every request and mentor, or one that is not there.
    #[error("a policy for another circle")]
    Policy,
    /// More than 100,000 requests: a miss could no longer outweigh all matches.
    #[error("too large")]
    TooLarge,
    /// See [`Unproved`].
    #[error(transparent)]
    Unproved(#[from] Unproved),
}

/// The best assignment of `instance` within the bounds of `policy`.
///
/// # Errors
/// See [`NotFair`].
pub fn fair(instance: &impl Rows, policy: &Policy) -> Result<Fair, NotFair> {
    check(instance, policy)?;
    let free = solve(instance)?;
    let without_bounds = worth(instance, &free.mates);
    let (mates, proof) = within(instance, policy, &free)?;
    let best = worth(instance, &mates);
    let mut costs = BTreeMap::new();
    for sort in [Sort::Lends, Sort::Receives, Sort::Share, Sort::LongShare] {
        let without = policy.without(sort);
        if without != *policy {
            let other = worth(instance, &within(instance, &without, &free)?.0);
            costs.insert(sort, Worth { matches: other.matches - best.matches, score: other.score - best.score });
        }
    }
    let (bound, value) = (proof_bound(instance, policy, &proof), value(instance, policy, &mates));
    Ok(Fair {
        worth: best,
        without_bounds,
        outcomes: outcomes(instance, policy, &mates, &proof),
        missed: missed(policy, &mates),
        costs,
        bound: bound.ok_or(Unproved)?,
        gap: bound.zip(value).map(|(bound, value)| bound - value).ok_or(Unproved)?,
        mates,
        proof,
    })
}

/// The best assignment within the bounds, starting from the best one without.
fn within(instance: &impl Rows, policy: &Policy, free: &Solution) -> Result<(Vec<Option<u32>>, Proof), NotFair> {
    let mut circle = Circle::new(instance, policy, free);
    if !circle.network.route() {
        return Err(NotFair::Unproved(Unproved));
    }
    Ok((circle.mates(instance), circle.proof(instance, policy)))
}

/// The network: the circle, municipalities, their newcomers, those of them who wait longest, every
/// request and every mentor.
struct Circle {
    network: Network,
    hub: u32,
    /// Per municipality: itself, all its newcomers, those who wait longest.
    groups: Vec<[u32; 3]>,
    mentors: Vec<u32>,
    /// Per edge of the instance, row by row, its arc.
    edges: Vec<usize>,
}

/// More than can flow anywhere.
const UNLIMITED: i64 = 1 << 40;

impl Circle {
    fn new(instance: &impl Rows, policy: &Policy, free: &Solution) -> Self {
        let mut network = Network::default();
        let hub = network.node(0);
        let groups: Vec<[u32; 3]> =
            policy.bounds.iter().map(|_| [network.node(0), network.node(0), network.node(0)]).collect();
        let mentors: Vec<u32> = free.prices.iter().map(|price| network.node(-i128::from(*price))).collect();
        let mut circle = Self { network, hub, groups, mentors, edges: Vec::new() };
        circle.bounds(instance, policy, free);
        circle.people(instance, policy, free);
        circle
    }

    /// The arcs of municipalities, each with one beside it for what is missed.
    fn bounds(&mut self, instance: &impl Rows, policy: &Policy, free: &Solution) {
        let penalty = i64::try_from(penalty(instance)).unwrap_or(i64::MAX);
        let reached = reached(policy, &free.mates);
        for (municipality, asked) in asked(policy).iter().enumerate() {
            let [own, newcomers, long] = self.groups[municipality];
            let now = |sort| reached[municipality].get(&sort).copied().unwrap_or(0);
            let asked = |sort| asked.get(&sort).copied();
            let (least, most) = (asked(Sort::Receives).map_or(-UNLIMITED, |most| -most), asked(Sort::Lends));
            let mut arc = |from, to, cost, least, most, flow| {
                self.network.arc(Arc { from, to, cost, least, most, flow });
            };
            arc(own, self.hub, 0, least, most.unwrap_or(UNLIMITED), now(Sort::Lends));
            arc(own, newcomers, 0, asked(Sort::Share).unwrap_or(0), UNLIMITED, now(Sort::Share));
            arc(newcomers, long, 0, asked(Sort::LongShare).unwrap_or(0), UNLIMITED, now(Sort::LongShare));
            for (from, to) in [(own, self.hub), (self.hub, own), (newcomers, own), (long, newcomers)] {
                arc(from, to, penalty, 0, UNLIMITED, 0);
            }
        }
    }

    /// The arcs of requests, edges and mentors.
    fn people(&mut self, instance: &impl Rows, policy: &Policy, free: &Solution) {
        let mut used = vec![0i64; self.mentors.len()];
        for request in 0..instance.requests() as u32 {
            let worth = |edge: &super::Edge| instance.bonus() + i64::from(edge.weight);
            let net = |edge: &super::Edge| worth(edge) - free.prices[edge.mentor as usize];
            let gain = instance.row(request).iter().map(net).max().unwrap_or(0).max(0);
            let node = self.network.node(i128::from(gain));
            let mate = free.mates[request as usize];
            let [_, newcomers, long] = self.groups[policy.asks[request as usize] as usize];
            let from = if policy.waits_long[request as usize] { long } else { newcomers };
            let flow = i64::from(mate.is_some());
            self.network.arc(Arc { from, to: node, cost: 0, least: 0, most: 1, flow });
            for edge in instance.row(request) {
                let flow = i64::from(mate == Some(edge.mentor));
                used[edge.mentor as usize] += flow;
                let to = self.mentors[edge.mentor as usize];
                let arc = Arc { from: node, to, cost: -worth(edge), least: 0, most: 1, flow };
                self.edges.push(self.network.arc(arc));
            }
        }
        for (mentor, places) in instance.capacities().iter().enumerate() {
            let [to, ..] = self.groups[policy.gives[mentor] as usize];
            let (from, most, flow) = (self.mentors[mentor], i64::from(*places), used[mentor]);
            self.network.arc(Arc { from, to, cost: 0, least: 0, most, flow });
        }
    }

    fn mates(&self, instance: &impl Rows) -> Vec<Option<u32>> {
        let mut arcs = self.edges.iter();
        let mut mates = Vec::new();
        for request in 0..instance.requests() as u32 {
            let mut mate = None;
            for (edge, arc) in instance.row(request).iter().zip(arcs.by_ref()) {
                if self.network.above_least(*arc) > 0 {
                    mate = Some(edge.mentor);
                }
            }
            mates.push(mate);
        }
        mates
    }

    /// The prices are differences of potential along the arcs that are bounded.
    fn proof(&self, instance: &impl Rows, policy: &Policy) -> Proof {
        let potential = |node: u32| self.network.potential[node as usize];
        let fall = |from: u32, to: u32| (potential(from) - potential(to)).clamp(0, penalty(instance));
        let price = |municipality: usize, sort: Sort| {
            let [own, newcomers, long] = self.groups[municipality];
            match sort {
                Sort::Lends => fall(self.hub, own),
                Sort::Receives => fall(own, self.hub),
                Sort::Share => fall(own, newcomers),
                Sort::LongShare => fall(newcomers, long),
            }
        };
        let bounds = asked(policy)
            .into_iter()
            .enumerate()
            .map(|(municipality, asked)| asked.into_keys().map(|sort| (sort, price(municipality, sort))).collect());
        let place = |(mentor, node): (usize, &u32)| {
            let [own, ..] = self.groups[policy.gives[mentor] as usize];
            (potential(own) - potential(*node)).max(0)
        };
        Proof { places: self.mentors.iter().enumerate().map(place).collect(), bounds: bounds.collect() }
    }
}

/// How much better an assignment could be at most, by linear-programming duality, without trusting
/// whoever found it. None when the assignment or the prices are not valid.
#[must_use]
pub fn gap(instance: &impl Rows, policy: &Policy, mates: &[Option<u32>], proof: &Proof) -> Option<i128> {
    Some(proof_bound(instance, policy, proof)? - value(instance, policy, mates)?)
}

/// Bonus · matches + score − penalty · missed; None when the assignment is not valid.
fn value(instance: &impl Rows, policy: &Policy, mates: &[Option<u32>]) -> Option<i128> {
    let solution = Solution { mates: mates.to_vec(), prices: Vec::new() };
    let (matched, score) = solution.value(instance)?;
    let worth = i128::from(instance.bonus()) * i128::from(matched) + i128::from(score);
    Some(worth - penalty(instance) * i128::from(missed(policy, mates)))
}

/// Σ max(0, best of the request after prices) + Σ places · price + Σ bounds · price.
fn proof_bound(instance: &impl Rows, policy: &Policy, proof: &Proof) -> Option<i128> {
    let prices = proof.bounds.iter().flat_map(BTreeMap::values);
    let valid = proof.places.len() == instance.capacities().len()
        && proof.bounds.len() == policy.bounds.len()
        && proof.places.iter().all(|price| *price >= 0)
        && prices.clone().all(|price| (0..=penalty(instance)).contains(price));
    if !valid {
        return None;
    }
    let mut bound = 0;
    for (prices, asked) in proof.bounds.iter().zip(asked(policy)) {
        for (sort, price) in prices {
            // A price on what is not asked proves nothing.
            let asked = i128::from(*asked.get(sort)?);
            bound += price * if sort.is_ceiling() { asked } else { -asked };
        }
    }
    let price = |municipality: u32, sort| proof.bounds[municipality as usize].get(&sort).copied().unwrap_or(0);
    let lending = |municipality| price(municipality, Sort::Lends) - price(municipality, Sort::Receives);
    for request in 0..instance.requests() as u32 {
        let asks = policy.asks[request as usize];
        let long = if policy.waits_long[request as usize] { price(asks, Sort::LongShare) } else { 0 };
        let gains = i128::from(instance.bonus()) + lending(asks) + price(asks, Sort::Share) + long;
        let net = instance.row(request).iter().map(|edge| {
            let mentor = edge.mentor as usize;
            gains + i128::from(edge.weight) - proof.places[mentor] - lending(policy.gives[mentor])
        });
        bound += net.max().unwrap_or(0).max(0);
    }
    let places = instance.capacities().iter().zip(&proof.places);
    Some(bound + places.map(|(places, price)| i128::from(*places) * price).sum::<i128>())
}

/// More than all matches with their scores.
fn penalty(instance: &impl Rows) -> i128 {
    i128::from(instance.bonus()) * (instance.requests() as i128 + 1)
}

fn check(instance: &impl Rows, policy: &Policy) -> Result<(), NotFair> {
    if instance.requests() > 100_000 {
        return Err(NotFair::TooLarge);
    }
    let known = |municipality: &u32| (*municipality as usize) < policy.bounds.len();
    let fits = policy.asks.len() == instance.requests()
        && policy.waits_long.len() == instance.requests()
        && policy.gives.len() == instance.capacities().len()
        && policy.asks.iter().chain(&policy.gives).all(known);
    if fits { Ok(()) } else { Err(NotFair::Policy) }
}

fn worth(instance: &impl Rows, mates: &[Option<u32>]) -> Worth {
    let solution = Solution { mates: mates.to_vec(), prices: Vec::new() };
    let (matches, score) = solution.value(instance).unwrap_or_default();
    Worth { matches: matches as i64, score: score as i64 }
}

/// Per municipality what is asked of each sort: a net balance, or a number of matched requests.
fn asked(policy: &Policy) -> Vec<BTreeMap<Sort, i64>> {
    let mut own = vec![[0i64; 2]; policy.bounds.len()];
    for (asks, long) in policy.asks.iter().zip(&policy.waits_long) {
        own[*asks as usize][0] += 1;
        own[*asks as usize][1] += i64::from(*long);
    }
    let share = |percent: u8, of: i64| (percent > 0).then(|| (of * i64::from(percent.min(100)) + 99) / 100);
    let one = |(bounds, own): (&Bounds, [i64; 2])| {
        let asked = [
            (Sort::Lends, bounds.lends.map(i64::from)),
            (Sort::Receives, bounds.receives.map(i64::from)),
            (Sort::Share, share(bounds.share, own[0])),
            (Sort::LongShare, share(bounds.long_share, own[1])),
        ];
        asked.into_iter().filter_map(|(sort, asked)| Some((sort, asked?))).collect()
    };
    policy.bounds.iter().zip(own).map(one).collect()
}

/// Per municipality what an assignment comes to, of each sort.
fn reached(policy: &Policy, mates: &[Option<u32>]) -> Vec<BTreeMap<Sort, i64>> {
    let mut reached = vec![BTreeMap::new(); policy.bounds.len()];
    let mut add = |municipality: u32, sort, units| *reached[municipality as usize].entry(sort).or_insert(0) += units;
    for (request, mate) in mates.iter().enumerate() {
        let Some(mentor) = *mate else { continue };
        let (asks, gives) = (policy.asks[request], policy.gives[mentor as usize]);
        add(gives, Sort::Lends, 1);
        add(gives, Sort::Receives, -1);
        add(asks, Sort::Lends, -1);
        add(asks, Sort::Receives, 1);
        add(asks, Sort::Share, 1);
        add(asks, Sort::LongShare, i64::from(policy.waits_long[request]));
    }
    reached
}

/// By how many units all bounds together are missed.
fn missed(policy: &Policy, mates: &[Option<u32>]) -> u64 {
    let reached = reached(policy, mates);
    let misses = |(asked, reached): (&BTreeMap<Sort, i64>, &BTreeMap<Sort, i64>)| -> u64 {
        let miss = |(sort, asked): (&Sort, &i64)| {
            let reached = reached.get(sort).copied().unwrap_or(0);
            let miss = if sort.is_ceiling() { reached - asked } else { asked - reached };
            u64::try_from(miss).unwrap_or(0)
        };
        asked.iter().map(miss).sum()
    };
    asked(policy).iter().zip(&reached).map(misses).sum()
}

fn outcomes(instance: &impl Rows, policy: &Policy, mates: &[Option<u32>], proof: &Proof) -> Vec<Outcome> {
    let reached = reached(policy, mates);
    let bonus = i128::from(instance.bonus());
    let mut outcomes = Vec::new();
    for (municipality, asked) in asked(policy).iter().enumerate() {
        for (sort, asked) in asked {
            let price = proof.bounds[municipality].get(sort).copied().unwrap_or(0);
            // A price beyond all matches is that of a miss.
            let worth = (price < penalty(instance) / 2).then(|| {
                let matches = (price + bonus / 2).div_euclid(bonus);
                Worth { matches: matches as i64, score: (price - matches * bonus) as i64 }
            });
            outcomes.push(Outcome {
                municipality: municipality as u32,
                sort: *sort,
                asked: *asked,
                reached: reached[municipality].get(sort).copied().unwrap_or(0),
                price: worth,
            });
        }
    }
    outcomes
}

impl Sort {
    fn is_ceiling(self) -> bool {
        matches!(self, Self::Lends | Self::Receives)
    }
}

impl Policy {
    fn without(&self, sort: Sort) -> Self {
        let mut policy = self.clone();
        for bounds in &mut policy.bounds {
            match sort {
                Sort::Lends => bounds.lends = None,
                Sort::Receives => bounds.receives = None,
                Sort::Share => bounds.share = 0,
                Sort::LongShare => bounds.long_share = 0,
            }
        }
        policy
    }
}
