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
use super::world::{Event, World};

mod flood;

/// What a hostile partner does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attack {
    /// Signs as somebody else.
    ForgedAuthor,
    /// Writes under the Automerge actor of somebody else.
    AnothersActor,
    /// Moves a genuine envelope to another circle, kind, document or version.
    Moved,
    /// Writes a version of somebody else's document.
    ForAnother,
    /// Writes in circles that it is not in.
    Elsewhere,
    /// Two bodies under one version, to different nodes.
    TwoBodies,
    /// The second body comes an hour later.
    TwoBodiesLate,
    /// Two changes in one place of a document that it may write in, to different nodes.
    TwoChanges,
    /// The second change comes after others built on the first.
    TwoChangesLate,
    /// Everything it ever saw, again: superseded, erased, expired.
    Replay,
    /// Erases somebody else's document.
    Erasure,
    /// Bytes that make Automerge panic, abort or run out of memory.
    Bombs,
    /// Bytes that mean nothing.
    Noise,
    /// Takes somebody else's document id for a document of its own.
    TakenId,
    /// Signs with a date from before its certificate.
    BackDated,
    /// Goes on signing when its certificate has ended.
    ExpiredCertificate,
    /// Ten thousand changes that follow nothing.
    Orphans,
    /// A million ids of envelopes that do not exist.
    FakeIds,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::ForgedAuthor,
        Self::AnothersActor,
        Self::Moved,
        Self::ForAnother,
        Self::Elsewhere,
        Self::TwoBodies,
        Self::TwoBodiesLate,
        Self::TwoChanges,
        Self::TwoChangesLate,
        Self::Replay,
        Self::Erasure,
        Self::Bombs,
        Self::Noise,
        Self::TakenId,
        Self::BackDated,
        Self::ExpiredCertificate,
        Self::Orphans,
        Self::FakeIds,
    ];
}

/// Changes that make Automerge panic, abort or run out of memory.
const BOMBS: [&[u8]; 6] = [
    include_bytes!("../../../../node/replication/tests/hostile/op-bomb-100-million.change"),
    include_bytes!("../../../../node/replication/tests/hostile/op-bomb-2-million.change"),
    include_bytes!("../../../../node/replication/tests/hostile/actor-absent.change"),
    include_bytes!("../../../../node/replication/tests/hostile/start-op-near-2-32.change"),
    include_bytes!("../../../../node/replication/tests/hostile/start-op-too-low.change"),
    include_bytes!("../../../../node/replication/tests/hostile/dense-19990-operations.change"),
];

impl World {
    /// The hostile node does something.
    pub(super) fn misbehave(&mut self) {
        // Those by number cost too much for every day.
        let attack = Attack::ALL[self.rng.random_range(0..Attack::ALL.len() - 2)];
        let victim = self.rng.random_range(0..self.hostile());
        self.attack(attack, victim);
    }

    /// The hostile node does this.
    pub(super) fn attack(&mut self, attack: Attack, victim: usize) {
        match attack {
            Attack::ForgedAuthor => self.forge_author(victim),
            Attack::AnothersActor => self.borrow_actor(victim),
            Attack::Moved => self.move_envelopes(victim),
            Attack::ForAnother => self.write_for_another(victim),
            Attack::Elsewhere => self.write_elsewhere(victim),
            Attack::TwoBodies => self.say_two_things(1),
            Attack::TwoBodiesLate => self.say_two_things(3_600_000),
            Attack::TwoChanges => self.fork_an_edit(1),
            Attack::TwoChangesLate => self.fork_an_edit(60_000),
            Attack::Replay => self.replay(victim),
            Attack::Erasure => self.erase_another(victim),
            Attack::Bombs => self.bomb(victim),
            Attack::Noise => self.noise(victim),
            Attack::TakenId => self.take_an_id(victim),
            Attack::BackDated => self.back_date(victim),
            Attack::ExpiredCertificate => self.outlive_certificate(victim),
            Attack::Orphans => self.send_orphans(victim, 10_000),
            Attack::FakeIds => self.claim_ids(victim, 1_000_000),
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
        let gone = self.attacking.is_some_and(|attack| self.plant == Plant::Lets(attack));
        if victim == 0 && (gone || self.plant == Plant::NoPolicy) {
            for envelope in &envelopes {
                self.let_in(envelope);
            }
        }
        self.send_all(victim, envelopes.iter().map(Envelope::to_bytes).collect());
    }

    /// Node 0 holds it as if nothing had been checked.
    fn let_in(&mut self, envelope: &Envelope) {
        // Only by signing does a type say that it was verified.
        let taken = Envelope::sign(envelope.header.clone(), envelope.body.clone(), &self.nodes[0].identity.key);
        self.nodes[0].store.envelopes.insert(envelope.id(), taken);
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

    /// A version, and a change, under somebody else's Automerge actor.
    fn borrow_actor(&mut self, victim: usize) {
        let (root, theirs) = (self.nodes[self.hostile()].root, self.nodes[victim].identity.node());
        let value = comment(665);
        let header = self.header(self.circles[0], root, &value);
        let actor = body::version_actor(theirs, 1, 1, header.document);
        let mut envelopes = vec![self.signed(header, body::encode(&value, actor).unwrap_or_default()).into_inner()];
        if let Some((opening, document, heads)) = self.open_document() {
            let session = Session([5; 16]);
            let editor = Editor { author: theirs, session, spare: session, document: opening.document };
            let Ok(changes) = edit::edit(editor, &document, &heads, &resource("van een ander", &[])) else { return };
            let header = Header { content: Content::Change, stamp: Stamp::Change { session, seq: 1 }, ..opening };
            envelopes.extend(changes.bodies.first().map(|body| self.signed(header, body.clone()).into_inner()));
        }
        self.send_forged(victim, envelopes);
    }

    /// A genuine envelope of somebody else in another circle, kind, document and version.
    fn move_envelopes(&mut self, victim: usize) {
        let me = self.nodes[self.hostile()].identity.node();
        let seen = self.nodes[self.hostile()].seen.iter().flat_map(BTreeMap::values);
        let mut genuine = seen.filter_map(|bytes| Envelope::from_bytes(bytes).ok());
        let Some(genuine) = genuine.find(|one| one.header.author != me && one.header.content == Content::Version)
        else {
            return;
        };
        let moves: [fn(&mut Header); 4] = [
            |header| header.circle = CircleId([0xc2; 16]),
            |header| header.kind = Kind::MunicipalityCard,
            |header| header.document.0[0] ^= 1,
            |header| header.stamp = Stamp::Version { incarnation: 99, number: 1 },
        ];
        let moved = moves.map(|moves| {
            let mut moved = genuine.clone();
            moves(&mut moved.header);
            moved
        });
        self.send_forged(victim, moved.to_vec());
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

    /// Everything it ever saw.
    fn replay(&mut self, victim: usize) {
        let wire: Vec<Vec<u8>> = self.nodes[self.hostile()].seen.iter().flat_map(BTreeMap::values).cloned().collect();
        if victim == 0 && self.plant == Plant::Lets(Attack::Replay) {
            for envelope in wire.iter().filter_map(|bytes| Envelope::from_bytes(bytes).ok()) {
                self.let_in(&envelope);
            }
        }
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
        let (circle, me) = (self.circles[0], self.nodes[self.hostile()].root);
        let mut views = self.nodes[victim].store.views.values();
        let Some(view) = views.find(|view| view.circle == circle && view.owner != me).cloned() else { return };
        let mut header = self.header(view.circle, view.owner, &view.value);
        header.document = view.document;
        header.content = Content::Erased;
        header.expires_at = header.signed_at.plus_days(view.value.kind().max_days() + 1);
        let envelope = self.signed(header, Vec::new()).into_inner();
        self.send_forged(victim, vec![envelope]);
    }

    /// Two bodies under one version, to different nodes, the second so many milliseconds later.
    fn say_two_things(&mut self, after: u64) {
        let root = self.nodes[self.hostile()].root;
        let value = comment(670);
        let header = self.header(self.circles[0], root, &value);
        for (at, number) in [(0, 671), (1, 672)] {
            let body = Self::body(&header, &comment(number));
            let envelope = self.signed(header.clone(), body).get().to_bytes();
            self.send_later(at, envelope, after * at as u64);
        }
    }

    /// A document of somebody else that it may write in: header of the opening, state and heads.
    fn open_document(&mut self) -> Option<(Header, Coedited, Vec<[u8; 32]>)> {
        let me = &self.nodes[self.hostile()];
        let views: Vec<_> = me.store.views.values().filter(|view| view.value.kind().is_co_edited()).collect();
        let document = views.choose(&mut self.rng)?.document;
        let stored = me.load(document);
        let opening = stored.iter().find(|one| one.get().header.content == Content::Opening)?.get();
        let document = Coedited::open(opening).ok()?;
        let heads = document.build().ok()?.heads;
        Some((opening.header.clone(), document, heads))
    }

    /// Two changes in one place, to different nodes, the second so many milliseconds later.
    fn fork_an_edit(&mut self, after: u64) {
        let Some((opening, document, heads)) = self.open_document() else { return };
        let mut session = Session([0; 16]);
        self.rng.fill_bytes(&mut session.0);
        let editor = Editor { author: self.hostile_node(), session, spare: session, document: opening.document };
        for (at, body) in [(0, "eerst"), (1, "of juist niet")] {
            let Ok(changes) = edit::edit(editor, &document, &heads, &resource(body, &[])) else { return };
            let signed_at = self.now().hour();
            let stamp = Stamp::Change { session, seq: 1 };
            let header = Header { content: Content::Change, stamp, signed_at, ..opening.clone() };
            let Some(body) = changes.bodies.first() else { return };
            let envelope = self.signed(header, body.clone()).get().to_bytes();
            self.send_later(at, envelope, after * at as u64);
        }
        self.ledger.forked.insert(opening.document);
    }

    /// Signed, it says, before its certificate began.
    fn back_date(&mut self, victim: usize) {
        let identity = &self.nodes[self.hostile()].identity;
        let (root, from) = (identity.root, identity.certificate.get().valid_from);
        let value = comment(674);
        let header = Header { signed_at: Hour(from.0 - 48), ..self.header(self.circles[0], root, &value) };
        let body = Self::body(&header, &value);
        let envelope = self.signed(header, body).into_inner();
        self.send_forged(victim, vec![envelope]);
    }

    /// Goes on signing when its certificate has ended.
    fn outlive_certificate(&mut self, victim: usize) {
        let identity = &self.nodes[self.hostile()].identity;
        let (root, until) = (identity.root, identity.certificate.get().valid_until);
        if self.now().hour() <= until {
            return;
        }
        let value = comment(675);
        let header = self.header(self.circles[0], root, &value);
        let body = Self::body(&header, &value);
        let envelope = self.signed(header, body).into_inner();
        self.send_forged(victim, vec![envelope]);
    }

    fn send_later(&mut self, to: usize, envelope: Vec<u8>, after: u64) {
        for bytes in frames::envelopes([envelope]) {
            self.later(after, Event::Say { to, bytes });
        }
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
