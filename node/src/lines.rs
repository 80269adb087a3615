//! The lines to partners: one stream to each, which of two stays, and when to dial again.
//!
//! Knows no transport: `P` names a peer, `C` a connection, `A` an address. Counts in ticks.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use schemas::ids::NodeKey;
use tokio::task::AbortHandle;

use crate::redial::Redial;

/// Ticks until a partner that cannot be reached is dialled again, at most.
const SLOWEST: u64 = 600;
/// Ticks that the side with the higher key waits at first, so that mostly one dials.
const COURTESY: u64 = 10;
/// Failures that a stream which was closed on purpose counts for.
const CLOSED: u32 = 8;

struct Line<C, A> {
    node: NodeKey,
    addresses: Vec<A>,
    live: Option<Live<C>>,
    redial: Redial,
}

struct Live<C> {
    connection: C,
    stream: u64,
    /// Whether the side with the lower key dialled.
    by_lower: bool,
    task: AbortHandle,
}

/// A stream that is the partner's from now on.
pub struct Taken<C> {
    /// Its number; rises.
    pub stream: u64,
    /// The connection of the stream in whose place it comes, to be closed.
    pub instead_of: Option<C>,
    by_lower: bool,
}

/// Every partner's line.
pub struct Lines<P, C, A> {
    me: P,
    lines: BTreeMap<P, Line<C, A>>,
    streams: u64,
    tick: u64,
    rng: ChaCha20Rng,
}

impl<P: Ord + Copy, C: Eq + Copy, A: Clone> Lines<P, C, A> {
    /// None yet, of a node that is `me`.
    pub fn new(me: P, rng: ChaCha20Rng) -> Self {
        Self { me, lines: BTreeMap::new(), streams: 0, tick: 0, rng }
    }

    /// A tick passes; its number.
    pub fn tick(&mut self) -> u64 {
        self.tick += 1;
        self.tick
    }

    /// The tick that it is.
    pub fn now(&self) -> u64 {
        self.tick
    }

    /// Whether the peer is a partner.
    pub fn knows(&self, peer: P) -> bool {
        self.lines.contains_key(&peer)
    }

    /// Keeps a line to a partner from now on; whether it is a new one.
    pub fn allow(&mut self, peer: P, node: NodeKey, addresses: Vec<A>) -> bool {
        let redial = Redial::at(self.tick + if self.me < peer { 0 } else { COURTESY });
        match self.lines.get_mut(&peer) {
            Some(line) => {
                line.addresses = addresses;
                line.redial = redial;
                false
            }
            None => {
                self.lines.insert(peer, Line { node, addresses, live: None, redial });
                true
            }
        }
    }

    /// Keeps no line to a peer any more.
    pub fn forbid(&mut self, peer: P) {
        self.lines.remove(&peer);
    }

    /// The partner's node, as long as it has no stream.
    pub fn quiet(&self, peer: P) -> Option<NodeKey> {
        self.lines.get(&peer).filter(|line| line.live.is_none()).map(|line| line.node)
    }

    /// Whom to dial now, and where; each is dialled again later.
    pub fn due(&mut self) -> Vec<(P, Vec<A>)> {
        let due = |line: &Line<C, A>| line.live.is_none() && line.redial.is_due(self.tick);
        let due: Vec<(P, Vec<A>)> = self
            .lines
            .iter()
            .filter(|(_, line)| due(line))
            .map(|(peer, line)| (*peer, line.addresses.clone()))
            .collect();
        for (peer, _) in &due {
            self.later(*peer);
        }
        due
    }

    fn later(&mut self, peer: P) {
        if let Some(line) = self.lines.get_mut(&peer) {
            line.redial.later(self.tick, SLOWEST, &mut self.rng);
        }
    }

    /// Takes a stream that came on a connection; none when the connection is to be closed. Of two
    /// that were dialled from both sides the one dialled by the lower key stays; of two from one
    /// side the newer, for its dialler has lost the other.
    pub fn take(&mut self, peer: P, connection: C, by_me: bool) -> Option<Taken<C>> {
        let by_lower = by_me == (self.me < peer);
        let line = self.lines.get_mut(&peer)?;
        if let Some(live) = &line.live {
            if live.by_lower && !by_lower || live.connection == connection {
                return None;
            }
            // Its task tells the runtime that the old stream ended, before the new one begins.
            live.task.abort();
        }
        let instead_of = line.live.take().map(|live| live.connection);
        self.streams += 1;
        Some(Taken { stream: self.streams, instead_of, by_lower })
    }

    /// The stream that was taken runs in `task`.
    pub fn runs(&mut self, peer: P, connection: C, taken: &Taken<C>, task: AbortHandle) {
        if let Some(line) = self.lines.get_mut(&peer) {
            line.live = Some(Live { connection, stream: taken.stream, by_lower: taken.by_lower, task });
            line.redial.succeeded();
        }
    }

    /// Gives up the stream to a partner for a while; its connection.
    pub fn close(&mut self, peer: P) -> Option<C> {
        let line = self.lines.get_mut(&peer)?;
        line.redial.at_least(CLOSED);
        let live = line.live.take();
        self.later(peer);
        live.map(|live| live.connection)
    }

    /// A stream ended; its connection when it was the partner's.
    pub fn ended(&mut self, peer: P, stream: u64) -> Option<C> {
        let line = self.lines.get_mut(&peer)?;
        let live = line.live.take_if(|live| live.stream == stream)?;
        self.later(peer);
        Some(live.connection)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const NODE: NodeKey = NodeKey([7; 32]);

    fn lines(me: u8) -> Lines<u8, u32, &'static str> {
        let mut lines = Lines::new(me, ChaCha20Rng::from_seed([1; 32]));
        assert!(lines.allow(5, NODE, vec!["here"]));
        assert!(!lines.allow(5, NODE, vec!["there"]));
        lines
    }

    fn task() -> AbortHandle {
        tokio::spawn(std::future::pending::<()>()).abort_handle()
    }

    #[tokio::test]
    async fn of_two_dialled_from_both_sides_the_one_of_the_lower_key_stays() {
        for (me, mine_stays) in [(1, true), (9, false)] {
            let mut lines = lines(me);
            let mine = lines.take(5, 1, true).expect("the first");
            lines.runs(5, 1, &mine, task());
            let theirs = lines.take(5, 2, false);
            assert_eq!(theirs.is_none(), mine_stays);
            assert_eq!(theirs.and_then(|taken| taken.instead_of), if mine_stays { None } else { Some(1) });
        }
    }

    #[tokio::test]
    async fn a_second_stream_on_one_connection_is_refused_and_a_newer_connection_taken() {
        let mut lines = lines(9);
        let first = lines.take(5, 1, false).expect("the first");
        lines.runs(5, 1, &first, task());
        assert!(lines.take(5, 1, false).is_none());
        let second = lines.take(5, 2, false).expect("its dialler has lost the other");
        assert_eq!((second.instead_of, second.stream), (Some(1), 2));
        lines.runs(5, 2, &second, task());
        assert_eq!(lines.ended(5, 1), None, "an old one");
        assert_eq!(lines.quiet(5), None);
        assert_eq!(lines.ended(5, 2), Some(2));
        assert_eq!(lines.quiet(5), Some(NODE));
        assert!(lines.take(6, 3, false).is_none(), "nobody's");
    }

    #[tokio::test]
    async fn dials_at_once_again_later_and_slowly_after_a_close() {
        let mut lines = lines(1);
        assert_eq!(lines.due(), [(5, vec!["there"])]);
        assert!(lines.due().is_empty());
        while lines.due().is_empty() {
            assert!(lines.tick() < 10);
        }
        let taken = lines.take(5, 1, true).expect("a stream");
        lines.runs(5, 1, &taken, task());
        (0..1000).for_each(|_| assert!(lines.tick() > 0 && lines.due().is_empty(), "it is connected"));
        assert_eq!(lines.close(5), Some(1));
        let closed = lines.now();
        while lines.due().is_empty() {
            lines.tick();
        }
        assert!(lines.now() - closed > 100);
        lines.forbid(5);
        assert!(!lines.knows(5));
    }
}
