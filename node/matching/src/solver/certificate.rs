//! Proves a result without trusting whoever found it.

use rayon::prelude::*;

use super::instance::{FEW, Rows};

/// An assignment with its prices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Solution {
    /// Per request the mentor, if any.
    pub mates: Vec<Option<u32>>,
    /// Per mentor the price of a place: what one place more would add.
    pub prices: Vec<i64>,
}

impl Solution {
    /// How many requests are matched, and the sum of their weights. None when a mate is no edge,
    /// a mentor holds more than its places, or the instance is another.
    #[must_use]
    pub fn value(&self, instance: &impl Rows) -> Option<(u64, u64)> {
        if self.mates.len() != instance.requests() {
            return None;
        }
        let mut free = instance.capacities().to_vec();
        let mut value = (0, 0);
        for (request, mate) in self.mates.iter().enumerate() {
            let Some(mentor) = *mate else { continue };
            value = (value.0 + 1, value.1 + u64::from(instance.weight(request as u32, mentor)?));
            let places = free.get_mut(mentor as usize)?;
            *places = places.checked_sub(1)?;
        }
        Some(value)
    }

    /// What no assignment can exceed, bonus · matches + weight, by linear-programming duality:
    /// Σ max(0, best of the request after prices) + Σ places · price. None for prices below zero.
    #[must_use]
    pub fn bound(&self, instance: &impl Rows) -> Option<i128> {
        if self.prices.len() != instance.capacities().len() || self.prices.iter().any(|price| *price < 0) {
            return None;
        }
        let bonus = instance.bonus();
        let best = |request: u32| {
            // No price is below zero, so nothing overflows.
            let net =
                instance.row(request).iter().map(|edge| i64::from(edge.weight) - self.prices[edge.mentor as usize]);
            i128::from(net.max().map_or(0, |net| net + bonus).max(0))
        };
        let requests = (0..instance.requests() as u32).into_par_iter().with_min_len(FEW).map(best);
        let places = instance.capacities().iter().zip(&self.prices);
        let places = places.map(|(places, price)| i128::from(*places) * i128::from(*price));
        Some(requests.sum::<i128>() + places.sum::<i128>())
    }
}

/// Whether a solution is valid and its prices prove that nothing is better.
#[must_use]
pub fn certified(instance: &impl Rows, solution: &Solution) -> bool {
    let (Some((matched, weight)), Some(bound)) = (solution.value(instance), solution.bound(instance)) else {
        return false;
    };
    bound == i128::from(instance.bonus()) * i128::from(matched) + i128::from(weight)
}
