//! The bell of the outbox, and commands on their way from the store to the runtime as they were
//! written: so that the runtime need not read them. It holds what is durable only; what is missing
//! here stands in the store.

use std::sync::{Mutex, PoisonError};

use casework::ports::Outgoing;
use store::Written;
use tokio::sync::Notify;

/// Commands that may wait here.
const MAX: usize = 64;

/// Commands on their way.
#[derive(Default)]
pub struct Handed {
    bell: Notify,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    commands: Vec<(i64, Outgoing)>,
    /// The number of the last that was written since the start.
    last: Option<i64>,
}

impl Handed {
    /// Says that the outbox may have something.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits until the bell is rung. May be dropped.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Takes what became durable, and rings.
    pub fn put(&self, Written { last, commands }: Written) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX - waiting.commands.len();
        waiting.commands.extend(commands.into_iter().take(room));
        waiting.last = Some(last);
        drop(waiting);
        self.ring();
    }

    /// Lets go of what waits here for as long as nothing is carried out: what is taken out of the store
    /// meanwhile is not to be carried out after all.
    pub fn empty(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).commands.clear();
    }

    /// Every command after `after`; none when they are to be read, because not all of them are here.
    pub fn after(&self, after: i64) -> Option<Vec<(i64, Outgoing)>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut commands = std::mem::take(&mut waiting.commands);
        commands.retain(|(number, _)| *number > after);
        // Each number is given out once.
        let all = usize::try_from(waiting.last? - after).is_ok_and(|count| count == commands.len());
        all.then_some(commands)
    }
}

#[cfg(test)]
mod tests {
    use schemas::ids::DocumentId;

    use super::*;

    fn written(numbers: std::ops::RangeInclusive<i64>) -> Written {
        let erase = |number| (number, Outgoing::Erase { document: DocumentId([1; 16]) });
        Written { last: *numbers.end(), commands: numbers.map(erase).take(MAX).collect() }
    }

    fn numbers(handed: &Handed, after: i64) -> Option<Vec<i64>> {
        Some(handed.after(after)?.into_iter().map(|(number, _)| number).collect())
    }

    #[test]
    fn what_is_all_here_is_given_once_and_in_order() {
        let handed = Handed::default();
        assert_eq!(numbers(&handed, 0), None, "before the first, nobody knows what the store holds");
        handed.put(written(7..=8));
        handed.put(written(9..=9));
        assert_eq!(numbers(&handed, 6), Some(vec![7, 8, 9]));
        assert_eq!(numbers(&handed, 9), Some(vec![]), "nothing is left to read");
    }

    #[test]
    fn what_is_not_all_here_is_read() {
        let handed = Handed::default();
        handed.put(written(7..=8));
        assert_eq!(numbers(&handed, 0), None, "there may be earlier ones");
        assert_eq!(numbers(&handed, 6), None, "and these were let go of");
        handed.put(written(9..=9));
        assert_eq!(numbers(&handed, 8), Some(vec![9]));
        // Who begins anew reads.
        assert_eq!(numbers(&handed, 0), None);
        // What was read meanwhile is not given again.
        handed.put(written(10..=12));
        assert_eq!(numbers(&handed, 11), Some(vec![12]));
    }

    #[test]
    fn what_was_let_go_of_is_read() {
        let handed = Handed::default();
        handed.put(written(7..=8));
        handed.empty();
        assert_eq!(numbers(&handed, 6), None, "one may have been taken out meanwhile");
    }

    #[test]
    fn there_is_a_bound() {
        let handed = Handed::default();
        for first in (1..=10 * MAX as i64).step_by(MAX / 2) {
            handed.put(written(first..=first + MAX as i64 / 2 - 1));
        }
        assert_eq!(handed.waiting.lock().expect("unharmed").commands.len(), MAX);
        assert_eq!(numbers(&handed, 0), None);
        handed.put(written(1001..=2000));
        assert_eq!(numbers(&handed, 1000), None, "of many only the first are told");
    }

    #[tokio::test]
    async fn what_is_put_rings() {
        let handed = Handed::default();
        handed.put(written(1..=1));
        handed.rung().await;
        assert_eq!(numbers(&handed, 0), Some(vec![1]));
    }
}
