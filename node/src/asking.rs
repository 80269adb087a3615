//! Requests that wait until a stream for them is open, a bounded number per peer.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Result, anyhow};
use tokio::sync::oneshot;

/// Takes the answer to a request, or why there is none.
pub type Answer = oneshot::Sender<Result<Vec<u8>>>;

/// Requests that wait for one peer, at most.
pub const MAX_WAITING: usize = 8;

/// One request.
pub struct Asking<K> {
    /// On which kind of stream.
    pub kind: K,
    /// Its bytes.
    pub request: Vec<u8>,
    /// Takes the answer.
    pub answer: Answer,
    until: u64,
}

/// Every request that waits, by peer.
pub struct Waiting<P, K>(BTreeMap<P, VecDeque<Asking<K>>>);

impl<P: Ord + Copy, K: PartialEq + Clone> Waiting<P, K> {
    /// None.
    pub fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds a request that waits until a tick; whether there was room.
    pub fn add(&mut self, peer: P, kind: K, request: Vec<u8>, answer: Answer, until: u64) -> bool {
        let waiting = self.0.entry(peer).or_default();
        if waiting.len() >= MAX_WAITING {
            let _ = answer.send(Err(anyhow!("too many requests")));
            return false;
        }
        waiting.push_back(Asking { kind, request, answer, until });
        true
    }

    /// The oldest request to a peer for a kind of stream that is open now.
    pub fn take(&mut self, peer: P, kind: &K) -> Option<Asking<K>> {
        let waiting = self.0.get_mut(&peer)?;
        let at = waiting.iter().position(|asking| asking.kind == *kind)?;
        waiting.remove(at)
    }

    /// The kinds of streams that a peer's requests wait for.
    pub fn kinds(&self, peer: P) -> Vec<K> {
        self.0.get(&peer).into_iter().flatten().map(|asking| asking.kind.clone()).collect()
    }

    /// Answers every request to a peer with why it failed.
    pub fn fail(&mut self, peer: P, why: &'static str) {
        for asking in self.0.remove(&peer).into_iter().flatten() {
            let _ = asking.answer.send(Err(anyhow!(why)));
        }
    }

    /// Fails what has waited too long.
    pub fn expire(&mut self, tick: u64) {
        for waiting in self.0.values_mut() {
            while waiting.front().is_some_and(|asking| asking.until < tick) {
                if let Some(asking) = waiting.pop_front() {
                    let _ = asking.answer.send(Err(anyhow!("no answer in time")));
                }
            }
        }
        self.0.retain(|_, waiting| !waiting.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_bounded_taken_in_order_and_expire() {
        let mut waiting = Waiting::new();
        let mut answers = Vec::new();
        for number in 0..=MAX_WAITING as u8 {
            let (answer, answered) = oneshot::channel();
            let room = waiting.add(1, 'p', vec![number], answer, u64::from(number));
            assert_eq!(room, usize::from(number) < MAX_WAITING);
            answers.push(answered);
        }
        assert!(matches!(answers.pop().map(|mut last| last.try_recv()), Some(Ok(Err(_)))));
        assert_eq!(waiting.take(1, &'p').map(|asking| asking.request), Some(vec![0]));
        assert!(waiting.take(1, &'x').is_none() && waiting.take(2, &'p').is_none());
        waiting.expire(3);
        assert_eq!(waiting.kinds(1).len(), MAX_WAITING - 3);
        assert!(matches!(answers[1].try_recv(), Ok(Err(_))));
        waiting.fail(1, "gone");
        assert!(waiting.kinds(1).is_empty());
        assert!(matches!(answers[7].try_recv(), Ok(Err(_))));
    }
}
