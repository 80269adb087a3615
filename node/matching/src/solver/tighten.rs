//! Raises prices that an auction left a step too low, so that for every request its own mentor is
//! exactly as good as any other.

use std::collections::VecDeque;

use super::instance::Rows;
use super::mates::{Mates, NONE};

/// Raises each price by at most `most` in all. Pairs that would need more, because they are not
/// the best ones, are parted and left for the exact end; so are those who want a free place.
/// Returns what each request gains that has a mentor.
pub(crate) fn tighten(instance: &impl Rows, mates: &mut Mates, prices: &mut [i64], most: i64) -> Vec<i64> {
    let bonus = instance.bonus();
    let limit = |(mentor, price): (usize, &i64)| price + if mates.has_place(mentor as u32) { 0 } else { most };
    let limits: Vec<i64> = prices.iter().enumerate().map(limit).collect();
    let mut queue: VecDeque<u32> = (0..instance.requests() as u32).collect();
    let mut queued = vec![true; instance.requests()];
    let mut gains = vec![0; instance.requests()];
    let mut raised = Vec::new();
    while let Some(request) = queue.pop_front() {
        queued[request as usize] = false;
        let mate = mates.of[request as usize];
        let own = match mate {
            NONE => Some(0),
            mate => instance.weight(request, mate).map(|weight| bonus + i64::from(weight) - prices[mate as usize]),
        };
        // Going without is worth zero: whoever has less than that is parted as well.
        let Some(own) = own.filter(|own| *own >= 0) else {
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
