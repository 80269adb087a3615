//! The hostile node: a confirmed partner that sends what no honest node would.

use std::collections::BTreeMap;

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use replication::body;
use replication::coedited::Coedited;
use replication::edit::{self, Editor};
use replication::frames::{self, Frame};
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, FORMAT, Header, Stamp};
use schemas::ids::{CircleId, DocumentId, NodeKey, RootId, Session};
use schemas::time::Hour;
use schemas::{Kind, SharedValue};

use super::act::{comment, resource};
use super::scenario::Plant;
use super::world::World;

/// Changes that make Automerge panic, abort or run out of memory.
const BOMBS: [&[u8]; 6] = [
    include_bytes!("../../../node/replication/tests/hostile/op-bomb-100-million.change"),
    include_bytes!("../../../node/replication/tests/hostile/op-bomb-2-million.change"),
    include_bytes!("../../../node/replication/tests/hostile/actor-absent.change"),
    include_bytes!("../../../node/replication/tests/hostile/start-op-near-2-32.change"),
    include_bytes!("../../../node/replication/tests/hostile/start-op-too-low.change"),
    include_bytes!("../../../node/replication/tests/hostile/dense-19990-operations.change"),
];

impl World {
    /// The hostile node does something.
    pub(super) fn misbehave(&mut self) {
        let me = self.hostile();
        let victim = self.rng.random_range(0..me);
        match self.rng.random_range(0..11) {
            0 => self.forge_author(victim),
            1 => self.write_for_another(victim),
            2 => self.write_elsewhere(victim),
            3 => self.replay(victim),
            4 | 5 => self.bomb(victim),
            6 => self.noise(victim),
            7 => self.erase_another(victim),
            8 => self.say_two_things(),
            9 => self.fork_an_edit(),
            _ => self.take_an_id(victim),
        }
    }

    fn header(&mut self, circle: CircleId, owner: RootId, value: &SharedValue) -> Header {
        let mut document = DocumentId([0; 16]);
        self.rng.fill_bytes(&mut document.0);
        Header {
            format: FORMAT,
            circle,
            kind: value.kind(),
            document,
            owner,
            stamp: Stamp::Version { incarnation: 1, number: 1 },
            author: self.hostile_node(),
            content: Content::Version,
            schema: 1,
            signed_at: self.now().hour(),
            expires_at: self.now().hour().plus_days(30),
            body_hash: [0; 32],
        }
    }

    fn hostile_node(&self) -> NodeKey {
        NodeKey(self.nodes[self.hostile()].identity.node().0)
    }

    /// A well-formed body for the version that the header stands for.
    fn body(header: &Header, value: &SharedValue) -> Vec<u8> {
        let Stamp::Version { incarnation, number } = header.stamp else { return Vec::new() };
        let actor = body::version_actor(header.author, incarnation, number, header.document);
        body::encode(value, actor).unwrap_or_default()
    }

    fn signed(&self, header: Header, body: Vec<u8>) -> Verified<Envelope> {
        Envelope::sign(header, body, &self.nodes[self.hostile()].identity.key)
    }

    /// Sends envelopes that nobody may take.
    fn send_forged(&mut self, victim: usize, envelopes: Vec<Envelope>) {
        for envelope in &envelopes {
            self.forged.insert(envelope.id());
        }
        if self.plant == Plant::NoPolicy && victim == 0 {
            // As if the victim's policy were switched off.
            for envelope in &envelopes {
                let header = envelope.header.clone();
                let taken = Envelope::sign(header, envelope.body.clone(), &self.nodes[0].identity.key);
                self.nodes[0].store.envelopes.insert(envelope.id(), taken);
            }
        }
        self.send_all(victim, envelopes.iter().map(Envelope::to_bytes).collect());
    }

    fn send_all(&mut self, victim: usize, wire: Vec<Vec<u8>>) {
        for frame in frames::envelopes(wire) {
            self.transmit(self.hostile(), victim, frame);
        }
    }

    /// The victim's name under somebody else's signature.
    fn forge_author(&mut self, victim: usize) {
        let other = (victim + 1) % self.hostile();
        let root = self.nodes[other].root;
        let value = comment(666);
        let mut header = self.header(self.circles[0], root, &value);
        header.author = NodeKey(self.nodes[other].identity.node().0);
        let body = Self::body(&header, &value);
        header.body_hash = schemas::envelope::body_hash(&body);
        let signature = self.signed(header.clone(), body.clone()).into_inner().signature;
        self.send_forged(victim, vec![Envelope { header, signature, body }]);
    }

    /// A version of somebody else's document, honestly signed by the wrong one.
    fn write_for_another(&mut self, victim: usize) {
        let root = self.nodes[victim].root;
        let value = comment(667);
        let mut header = self.header(self.circles[0], root, &value);
        if let Some(view) = self.nodes[victim].store.views.values().find(|view| view.owner == root) {
            header.document = view.document;
        }
        header.stamp = Stamp::Version { incarnation: 9, number: 9 };
        let body = Self::body(&header, &value);
        let envelope = self.signed(header, body).into_inner();
        self.send_forged(victim, vec![envelope]);
    }

    /// Into a circle that it is not in, and into the pair of two others.
    fn write_elsewhere(&mut self, victim: usize) {
        let root = self.nodes[self.hostile()].root;
        let other = (victim + 1) % self.hostile();
        let pair = CircleId::pair(self.nodes[victim].root, self.nodes[other].root);
        let mut envelopes = Vec::new();
        for circle in [self.circles[1], pair, CircleId([0xee; 16])] {
            let value = comment(668);
            let header = self.header(circle, root, &value);
            let body = Self::body(&header, &value);
            envelopes.push(self.signed(header, body).into_inner());
        }
        self.send_forged(victim, envelopes);
    }

    /// Everything it ever saw, again: superseded, erased, expired.
    fn replay(&mut self, victim: usize) {
        let wire: Vec<Vec<u8>> = self.nodes[self.hostile()].seen.iter().flat_map(BTreeMap::values).cloned().collect();
        self.send_all(victim, wire);
    }

    fn bomb(&mut self, victim: usize) {
        let bomb = BOMBS[self.rng.random_range(0..BOMBS.len())].to_vec();
        let root = self.nodes[self.hostile()].root;
        let value = comment(669);
        let header = self.header(self.circles[0], root, &value);
        let mut opening = header.clone();
        opening.kind = Kind::Resource;
        opening.content = Content::Opening;
        opening.stamp = Stamp::Change { session: Session([6; 16]), seq: 1 };
        let writers = vec![root];
        let body = replication::coedited::Opening { writers, change: bomb.clone() }.to_bytes();
        let envelopes = vec![self.signed(header, bomb).into_inner(), self.signed(opening, body).into_inner()];
        self.send_forged(victim, envelopes);
    }

    /// Bytes that mean nothing, a frame that is too long, a frame with a bit turned.
    fn noise(&mut self, victim: usize) {
        let me = self.hostile();
        let mut bytes = match self.rng.random_range(0..3) {
            0 => vec![0x81; frames::MAX_FRAME + 1],
            1 => vec![0; self.rng.random_range(0..200)],
            _ => Frame::Need(self.nodes[me].seen.iter().flat_map(BTreeMap::keys).take(5).copied().collect()).to_bytes(),
        };
        let length = bytes.len();
        if length > 0 && length < 1_000 {
            let at = self.rng.random_range(0..length);
            bytes[at] = self.rng.random();
        }
        self.transmit(me, victim, bytes);
    }

    fn erase_another(&mut self, victim: usize) {
        let Some(view) = self.nodes[victim].store.views.values().next().cloned() else { return };
        if view.owner == self.nodes[self.hostile()].root {
            return;
        }
        let mut header = self.header(view.circle, view.owner, &view.value);
        header.document = view.document;
        header.content = Content::Erased;
        header.expires_at = header.signed_at.plus_days(view.value.kind().max_days() + 1);
        let envelope = self.signed(header, Vec::new()).into_inner();
        self.send_forged(victim, vec![envelope]);
    }

    /// Two bodies under one version, to different nodes.
    fn say_two_things(&mut self) {
        let root = self.nodes[self.hostile()].root;
        let value = comment(670);
        let header = self.header(self.circles[0], root, &value);
        for (at, number) in [(0, 671), (1, 672)] {
            let body = Self::body(&header, &comment(number));
            let envelope = self.signed(header.clone(), body).get().to_bytes();
            self.send_all(at, vec![envelope]);
        }
    }

    /// Two changes in one place of a document that it may write in, to different nodes.
    fn fork_an_edit(&mut self) {
        let me = self.hostile();
        let views: Vec<_> =
            self.nodes[me].store.views.values().filter(|view| view.value.kind().is_co_edited()).cloned().collect();
        let Some(view) = views.choose(&mut self.rng) else { return };
        let stored = self.nodes[me].load(view.document);
        let Some(opening) = stored.iter().find(|one| one.get().header.content == Content::Opening) else {
            return;
        };
        let Ok(document) = Coedited::open(opening.get()) else { return };
        let Ok(heads) = document.build().map(|built| built.heads) else { return };
        let mut session = Session([0; 16]);
        self.rng.fill_bytes(&mut session.0);
        let editor = Editor { author: self.hostile_node(), session, spare: session, document: view.document };
        for (at, body) in [(0, "eerst"), (1, "of juist niet")] {
            let Ok(changes) = edit::edit(editor, &document, &heads, &resource(body, &[])) else { return };
            let mut header = opening.get().header.clone();
            header.content = Content::Change;
            header.stamp = Stamp::Change { session, seq: 1 };
            header.signed_at = self.now().hour();
            let Some(body) = changes.bodies.first() else { return };
            let envelope = self.signed(header, body.clone()).get().to_bytes();
            self.send_all(at, vec![envelope]);
        }
        self.ledger.forked.insert(view.document);
    }

    /// Somebody else's document id for a document of its own.
    fn take_an_id(&mut self, victim: usize) {
        let root = self.nodes[self.hostile()].root;
        let Some(view) = self.nodes[victim].store.views.values().next().cloned() else { return };
        let value = comment(673);
        let mut header = self.header(self.circles[0], root, &value);
        header.document = view.document;
        header.expires_at = Hour(header.signed_at.0 + 700);
        let body = Self::body(&header, &value);
        let envelope = self.signed(header, body).get().to_bytes();
        self.send_all(victim, vec![envelope]);
    }
}
