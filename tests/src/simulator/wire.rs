//! Streams between nodes: what is lost, doubled, overtaken or cut, on one side or on both.
//!
//! Each side has its own belief about a stream: one may take for open what is gone already.

use rand::RngExt;
use replication::Input;
use replication::frames::{self, Frame};
use schemas::Header;
use schemas::ids::RootId;

use super::scenario::Plant;
use super::world::{Event, World};

pub(super) fn pair(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

impl World {
    /// Opens a stream, when both processes run and there is none.
    pub(super) fn connect(&mut self, a: usize, b: usize) {
        let up = self.nodes[a].replica.is_some() && self.nodes[b].replica.is_some();
        if !up || self.wires.contains_key(&pair(a, b)) || !self.let_each_other_in(a, b) {
            return;
        }
        let number = self.number();
        self.wires.insert(pair(a, b), number);
        for (this, other) in [(a, b), (b, a)] {
            self.arrivals.remove(&(this, other));
            let before = self.open.insert((this, other), number);
            let partner = self.nodes[other].root;
            // Sometimes a new stream is there before anybody saw that the old one is gone.
            if before.is_some() && self.rng.random_bool(0.5) {
                self.input(this, Input::Disconnected { partner });
            }
            if self.open.get(&(this, other)) == Some(&number) {
                self.input(this, Input::Connected { partner });
            }
        }
    }

    /// Cuts the wire. Each side sees it when it sees it.
    pub(super) fn cut(&mut self, a: usize, b: usize) {
        if let Some(stream) = self.wires.remove(&pair(a, b)) {
            self.deaf.remove(&(a, b));
            self.deaf.remove(&(b, a));
            for (node, other) in [(a, b), (b, a)] {
                if self.healed || self.rng.random_bool(0.6) {
                    self.sees_cut(node, other, stream);
                } else {
                    let after = self.rng.random_range(1..8_000);
                    self.later(after, Event::SeesCut { node, other, stream });
                }
            }
        }
    }

    /// A side sees that its stream is gone.
    pub(super) fn sees_cut(&mut self, node: usize, other: usize, stream: u64) {
        if self.open.get(&(node, other)) == Some(&stream) {
            self.open.remove(&(node, other));
            let partner = self.nodes[other].root;
            self.input(node, Input::Disconnected { partner });
        }
    }

    /// One direction goes silent, and after a while the wire is cut.
    pub(super) fn deafen(&mut self, from: usize, to: usize) {
        if let Some(stream) = self.wires.get(&pair(from, to)).copied() {
            self.deaf.insert((from, to));
            let after = self.rng.random_range(100..30_000);
            self.later(after, Event::Cut { a: from, b: to, stream });
        }
    }

    /// Puts a frame on the wire from one node to another.
    pub(super) fn transmit(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        self.sent.0 += 1;
        self.sent.1 += bytes.len() as u64;
        if from != self.hostile() || !self.scenario.hostile {
            self.watch(from, to, &bytes);
        }
        let Some(stream) = self.open.get(&(from, to)).copied() else { return };
        let current = self.wires.get(&pair(from, to)) == Some(&stream);
        if !current || self.deaf.contains(&(from, to)) {
            return;
        }
        if self.plant == Plant::NoCheck && matches!(Frame::from_bytes(&bytes), Some(Frame::Check(_))) {
            return;
        }
        let trouble = !self.healed && self.rng.random_ratio(self.scenario.trouble, 1000);
        let delay = self.rng.random_range(1..40);
        if self.scenario.datagrams && !self.healed {
            // Each frame for itself: lost, twice, or overtaken.
            if !trouble {
                if self.rng.random_ratio(1, 20) {
                    let again = self.rng.random_range(1..80);
                    self.later(again, Event::Deliver { from, to, stream, bytes: bytes.clone() });
                }
                self.later(delay, Event::Deliver { from, to, stream, bytes });
            }
            return;
        }
        if trouble {
            self.cut(from, to);
            self.later(200, Event::Reconnect { a: from, b: to });
            return;
        }
        let last = self.arrivals.get(&(from, to)).copied().unwrap_or(0);
        let at = (self.clock + delay).max(last);
        self.arrivals.insert((from, to), at);
        self.later(at - self.clock, Event::Deliver { from, to, stream, bytes });
    }

    /// A frame comes out of the wire.
    pub(super) fn deliver(&mut self, from: usize, to: usize, stream: u64, bytes: Vec<u8>) {
        if self.wires.get(&pair(from, to)) == Some(&stream) && self.open.get(&(to, from)) == Some(&stream) {
            if to == self.hostile()
                && let Some(inbox) = &mut self.inbox
            {
                inbox.push(bytes);
                return;
            }
            let partner = self.nodes[from].root;
            self.input(to, Input::Frame { partner, bytes });
        }
    }

    /// Sends what a store holds, in frames.
    pub(super) fn transmit_envelopes(&mut self, from: usize, to: usize, wire: Vec<Vec<u8>>) {
        for frame in frames::envelopes(wire) {
            self.transmit(from, to, frame);
        }
    }

    /// Whether a node parted with the owner of a document and its program has not read that yet, or
    /// the owner's list came back through others and is kept once the pages that go were read; and by
    /// the list that it knows of that owner the receiver may have it.
    fn is_parting(&self, at: usize, header: &Header, receiver: RootId) -> bool {
        let node = &self.nodes[at];
        let kept = node.store.lists.contains_key(&(header.circle, header.owner));
        let unread = !node.kept_out.contains(&header.owner) || !kept;
        let window = node.store.partners.has_parted(header.owner) && unread;
        let members = node.replica.as_ref().map(|replica| replica.members(header.circle, header.owner));
        window && members.is_some_and(|members| [node.root, receiver].iter().all(|who| members.contains(who)))
    }

    /// Looks at every frame of an honest node: nobody is told what the list of its owner, as far
    /// as the sender knows it, keeps from him; and what two share never passes a third.
    fn watch(&mut self, from: usize, to: usize, bytes: &[u8]) {
        let Some(Frame::Envelopes(envelopes)) = Frame::from_bytes(bytes) else { return };
        for bytes in envelopes {
            let Ok(envelope) = schemas::Envelope::from_bytes(&bytes) else { continue };
            let header = &envelope.header;
            let (sender, receiver) = (self.nodes[from].root, self.nodes[to].root);
            let of_two = schemas::CircleId::pair(sender, receiver) == header.circle;
            let lists = &self.nodes[from].store.lists;
            // What one of the two opened is its own matter; of a third that merged its successor's.
            let of_them = header.owner == sender || header.owner == receiver;
            let keeper = if of_them { header.owner } else { self.keeper_at(from, header.owner) };
            let named = lists.get(&(header.circle, keeper)).is_some_and(|kept| {
                [sender, receiver].iter().all(|who| kept.list.get().members.binary_search(who).is_ok())
            });
            // Until its program has read who its partners are, one that is kept out hears it, and
            // others hear what is left of one that it parted with.
            let apart = self.nodes[from].store.partners.keeps_out(receiver) || self.is_parting(from, header, receiver);
            if !of_two && !named && !apart {
                let fault = format!("node {from} told node {to} of {:?} in {:?}", header.document, header.circle);
                self.faults.push(fault);
            }
        }
    }
}
