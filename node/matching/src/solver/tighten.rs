//! Raises prices that an auction left a step too low, so that for every request its own mentor is
//! exactly as good as any other.

use std::collections::VecDeque;

use rayon::prelude::*;

use super::instance::{FEW, Rows};
use super::mates::{Mates, NONE};

/// Raises each price by at most `most` in all. Pairs that would need more, because they are not
/// the best ones, are parted and left for the exact end; so are those who want a free place.
/// Returns what each request gains that has a mentor.
pub(crate) fn tighten(instance: &impl Rows, mates: &mut Mates, prices: &mut [i64], most: i64) -> Vec<i64> {
    let bonus = instance.bonus();
    let limit = |(mentor, price): (usize, &i64)| price + if mates.has_place(mentor as u32) { 0 } else { most };
    let limits: Vec<i64> = prices.iter().enumerate().map(limit).collect();
    let own = |request: u32, mates: &Mates, prices: &[i64]| match mates.of[request as usize] {
        NONE => Some(0),
        mate => instance.weight(request, mate).map(|weight| bonus + i64::from(weight) - prices[mate as usize]),
    };
    // Prices only rise, so whoever is content now stays so while its own mentor's price does.
    let content = |request: u32| {
        let own = own(request, mates, prices).filter(|own| *own >= 0)?;
        let fair = |weight: u32| bonus - own + i64::from(weight);
        let is_content = instance.row(request).iter().all(|edge| fair(edge.weight) <= prices[edge.mentor as usize]);
        is_content.then_some(own)
    };
    let requests = (0..instance.requests() as u32).into_par_iter().with_min_len(FEW);
    let contents: Vec<Option<i64>> = requests.map(content).collect();
    let mut queued: Vec<bool> = contents.iter().map(Option::is_none).collect();
    let mut queue: VecDeque<u32> =
        (0..).zip(&queued).filter(|(_, queued)| **queued).map(|(request, _)| request).collect();
    let mut gains: Vec<i64> = contents.into_iter().map(Option::unwrap_or_default).collect();
    let mut raised = Vec::new();
    while let Some(request) = queue.pop_front() {
        queued[request as usize] = false;
        // Going without is worth zero: whoever has less than that is parted as well.
        let Some(own) = own(request, mates, prices).filter(|own| *own >= 0) else {
            mates.leave(request);
            continue;
        };
        gains[request as usize] = own;
        raised.clear();
        for edge in instance.row(request) {
            let fair = bonus - own + i64::from(edge.weight);
            if fair > prices[edge.mentor as usize] {
                raised.push((edge.mentor, fair));
            }
        }
        if raised.iter().any(|(mentor, price)| *price > limits[*mentor as usize]) {
            mates.leave(request);
            continue;
        }
        for (mentor, price) in &raised {
            prices[*mentor as usize] = *price;
            for holder in mates.holders(*mentor) {
                if !std::mem::replace(&mut queued[*holder as usize], true) {
                    queue.push_back(*holder);
                }
            }
        }
    }
    gains
}
