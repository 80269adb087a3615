//! The world: time, wires between nodes, and what goes wrong on them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use replication::check::CHECK_SECONDS;
use replication::{Effect, Input, Notice, frames};
use schemas::ids::{CircleId, DocumentId, EnvelopeId};
use schemas::time::Timestamp;
use sha2::{Digest, Sha256};

use super::act::Ledger;
use super::node::{Node, START};

/// A bug planted to see that the judge finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// None.
    Nothing,
    /// Stores keep what they are told to delete.
    KeepsDeleted,
    /// Rounds of the check get lost.
    NoCheck,
    /// Node 0 takes in whatever the hostile node sends as if its policy were switched off.
    NoPolicy,
    /// A form is submitted against the newest heads and not those it was rendered from, as if
    /// whole texts were replaced.
    ReplacesText,
}

/// What a seed stands for.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The seed.
    pub seed: u64,
    /// Municipalities, the last of them hostile.
    pub nodes: usize,
    /// Actions before the healing.
    pub actions: u32,
    /// Whether frames are lost, doubled and reordered one by one. Otherwise a stream keeps its
    /// order and breaks as a whole.
    pub datagrams: bool,
    /// Whether after healing each node reaches only its neighbours in a row.
    pub row: bool,
    /// Of a thousand effects or frames, how many are followed by a crash or a loss.
    pub trouble: u32,
}

impl Scenario {
    /// The scenario of `seed`.
    pub fn of(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Self {
            seed,
            nodes: rng.random_range(4..=6),
            actions: rng.random_range(20..=60),
            datagrams: rng.random_bool(0.25),
            row: rng.random_bool(0.25),
            trouble: rng.random_range(0..=20),
        }
    }
}

pub(super) enum Event {
    Deliver { from: usize, to: usize, stream: u64, bytes: Vec<u8> },
    Loaded { node: usize, life: u64, document: DocumentId },
    Tick { node: usize, life: u64 },
    Reconnect { a: usize, b: usize },
    Restart { node: usize },
    Act,
}

/// Everything that is simulated.
pub struct World {
    pub(super) scenario: Scenario,
    pub(super) plant: Plant,
    pub(super) rng: ChaCha8Rng,
    /// Milliseconds since the start.
    pub(super) clock: u64,
    pub(super) nodes: Vec<Node>,
    pub(super) ledger: Ledger,
    /// Every node is in the first; only nodes 0 and 1 in the second.
    pub(super) circles: [CircleId; 2],
    events: BTreeMap<(u64, u64), Event>,
    drawn: u64,
    /// Open streams by pair (lower first), with their number.
    pub(super) streams: BTreeMap<(usize, usize), u64>,
    /// When the last frame on a wire arrives.
    arrivals: BTreeMap<(usize, usize), u64>,
    partitioned: BTreeSet<(usize, usize)>,
    lives: Vec<u64>,
    pub(super) healed: bool,
    trace: Sha256,
    /// Ids that no honest node may hold.
    pub(super) forged: BTreeSet<EnvelopeId>,
}

fn pair(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

impl World {
    /// The nodes of a scenario, started and connected.
    pub fn new(scenario: Scenario, plant: Plant) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(scenario.seed ^ 0x6f76_6572_6275_7572);
        let mut nodes: Vec<Node> = (0..scenario.nodes).map(|_| Node::new(&mut rng)).collect();
        let circles = [CircleId([0xc1; 16]), CircleId([0xc2; 16])];
        let roots: Vec<_> = nodes.iter().map(|node| node.root).collect();
        for (at, node) in nodes.iter_mut().enumerate() {
            node.join(circles[0], roots.clone());
            if at < 2 {
                node.join(circles[1], roots[..2].to_vec());
            }
        }
        let count = nodes.len();
        let mut world = Self {
            plant,
            rng,
            clock: 0,
            nodes,
            ledger: Ledger::default(),
            circles,
            events: BTreeMap::new(),
            drawn: 0,
            streams: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            partitioned: BTreeSet::new(),
            lives: vec![0; count],
            healed: false,
            trace: Sha256::new(),
            forged: BTreeSet::new(),
            scenario,
        };
        for node in 0..count {
            world.start(node);
        }
        for (a, b) in world.pairs() {
            world.connect(a, b);
        }
        world
    }

    /// The last node.
    pub(super) fn hostile(&self) -> usize {
        self.nodes.len() - 1
    }

    pub(super) fn now(&self) -> Timestamp {
        START.plus_seconds(self.clock / 1000)
    }

    /// Hash over everything that happened.
    pub fn trace(&self) -> [u8; 32] {
        self.trace.clone().finalize().into()
    }

    fn pairs(&self) -> Vec<(usize, usize)> {
        let count = self.nodes.len();
        (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))).collect()
    }

    fn later(&mut self, after: u64, event: Event) {
        self.drawn += 1;
        self.events.insert((self.clock + after, self.drawn), event);
    }

    /// Everything goes wrong for a while.
    pub fn disturb(&mut self) {
        for _ in 0..self.scenario.actions {
            let gap = self.rng.random_range(1..400);
            self.later(gap, Event::Act);
            self.run_for(gap + 1);
            self.disturb_once();
        }
    }

    fn disturb_once(&mut self) {
        let count = self.nodes.len();
        let (a, b) = (self.rng.random_range(0..count), self.rng.random_range(0..count));
        match self.rng.random_range(0..24) {
            0 | 1 if a != b => {
                self.partitioned.insert(pair(a, b));
                self.disconnect(a, b);
            }
            2 | 3 => {
                if let Some(pair) = self.partitioned.pop_first() {
                    self.later(10, Event::Reconnect { a: pair.0, b: pair.1 });
                }
            }
            4 => self.crash(a),
            5 => self.clock += 1000 * self.rng.random_range(60..7_200),
            6 => self.clock += 86_400_000 * self.rng.random_range(1..4),
            _ => {}
        }
    }

    /// Everything works again, and time passes.
    pub fn heal(&mut self) {
        self.healed = true;
        self.partitioned.clear();
        let hostile = self.hostile();
        for node in 0..hostile {
            if self.nodes[node].replica.is_none() {
                self.start(node);
            }
        }
        for (a, b) in self.pairs() {
            self.disconnect(a, b);
        }
        for (a, b) in self.pairs() {
            if b != hostile && (!self.scenario.row || b == a + 1) {
                self.connect(a, b);
            }
        }
        // In a row news goes one neighbour a check.
        let checks = if self.scenario.row { 2 * self.nodes.len() as u64 } else { 3 };
        for _ in 0..checks {
            self.run_for(CHECK_SECONDS * 1000 + 5_000);
            for node in 0..hostile {
                self.input(node, Input::Tick);
            }
        }
        self.run_for(60_000);
    }

    fn run_for(&mut self, milliseconds: u64) {
        let until = self.clock + milliseconds;
        while let Some(entry) = self.events.first_entry() {
            if entry.key().0 > until {
                break;
            }
            self.clock = self.clock.max(entry.key().0);
            let event = entry.remove();
            self.happen(event);
        }
        self.clock = self.clock.max(until);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Deliver { from, to, stream, bytes } => {
                if self.streams.get(&pair(from, to)) == Some(&stream) {
                    let partner = self.nodes[from].root;
                    self.input(to, Input::Frame { partner, bytes });
                }
            }
            Event::Loaded { node, life, document } if self.lives[node] == life => {
                let envelopes = self.nodes[node].load(document);
                self.input(node, Input::Loaded { document, envelopes });
            }
            Event::Tick { node, life } if self.lives[node] == life => self.input(node, Input::Tick),
            Event::Loaded { .. } | Event::Tick { .. } => {}
            Event::Reconnect { a, b } => {
                if !self.partitioned.contains(&pair(a, b)) && self.reaches(a, b) {
                    self.connect(a, b);
                }
            }
            Event::Restart { node } => {
                if self.nodes[node].replica.is_none() {
                    self.start(node);
                    for other in (0..self.nodes.len()).filter(|other| *other != node) {
                        self.later(5, Event::Reconnect { a: node, b: other });
                    }
                }
            }
            Event::Act => self.act(),
        }
    }

    fn reaches(&self, a: usize, b: usize) -> bool {
        let (low, high) = pair(a, b);
        !self.healed || high != self.hostile() && (!self.scenario.row || high == low + 1)
    }

    // --- streams ---

    pub(super) fn connect(&mut self, a: usize, b: usize) {
        let up = self.nodes[a].replica.is_some() && self.nodes[b].replica.is_some();
        if !up || self.streams.contains_key(&pair(a, b)) {
            return;
        }
        self.drawn += 1;
        self.streams.insert(pair(a, b), self.drawn);
        self.arrivals.remove(&(a, b));
        self.arrivals.remove(&(b, a));
        let (root_a, root_b) = (self.nodes[a].root, self.nodes[b].root);
        self.input(a, Input::Connected { partner: root_b });
        self.input(b, Input::Connected { partner: root_a });
    }

    fn disconnect(&mut self, a: usize, b: usize) {
        if self.streams.remove(&pair(a, b)).is_some() {
            let (root_a, root_b) = (self.nodes[a].root, self.nodes[b].root);
            self.input(a, Input::Disconnected { partner: root_b });
            self.input(b, Input::Disconnected { partner: root_a });
        }
    }

    /// Puts a frame on the wire from one node to another.
    pub(super) fn transmit(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        let Some(stream) = self.streams.get(&pair(from, to)).copied() else { return };
        if self.plant == Plant::NoCheck && matches!(frames::Frame::from_bytes(&bytes), Some(frames::Frame::Check(_))) {
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
            self.disconnect(from, to);
            self.later(200, Event::Reconnect { a: from, b: to });
            return;
        }
        let last = self.arrivals.get(&(from, to)).copied().unwrap_or(0);
        let at = (self.clock + delay).max(last);
        self.arrivals.insert((from, to), at);
        self.later(at - self.clock, Event::Deliver { from, to, stream, bytes });
    }

    // --- processes ---

    fn start(&mut self, node: usize) {
        self.lives[node] += 1;
        let partners = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != node)
            .map(|(_, other)| (other.root, (other.certificate.clone(), other.certificate_bytes.clone())))
            .collect();
        let inputs = self.nodes[node].start(&mut self.rng, &partners);
        for input in inputs {
            self.input(node, input);
        }
        let rebuild = self.nodes[node].replica.as_ref().map(|replica| replica.rebuild()).unwrap_or_default();
        self.carry_out(node, rebuild);
        self.input(node, Input::Tick);
    }

    pub(super) fn crash(&mut self, node: usize) {
        if self.nodes[node].replica.take().is_none() {
            return;
        }
        self.lives[node] += 1;
        self.ledger.crashed(node);
        let root = self.nodes[node].root;
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            if self.streams.remove(&pair(node, other)).is_some() {
                self.input(other, Input::Disconnected { partner: root });
            }
        }
        let down = self.rng.random_range(50..2_000);
        self.later(down, Event::Restart { node });
    }

    /// Hands an input to a node and carries out what it asks.
    pub(super) fn input(&mut self, node: usize, input: Input) {
        let now = self.now();
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        let mut rng = ChaCha8Rng::from_seed(seed);
        let effects = match self.nodes[node].replica.as_mut() {
            Some(replica) => replica.handle(now, &mut rng, input),
            None => return,
        };
        self.carry_out(node, effects);
    }

    fn carry_out(&mut self, node: usize, effects: Vec<Effect>) {
        let life = self.lives[node];
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            self.note(node, &effect);
            self.carry_out_one(node, effect);
            if self.lives[node] != life {
                return;
            }
            // A process may end between any two effects.
            if !self.healed && self.rng.random_ratio(self.scenario.trouble, 8_000) {
                return self.crash(node);
            }
        }
    }

    fn carry_out_one(&mut self, node: usize, effect: Effect) {
        match effect {
            Effect::Store(envelopes) => {
                for envelope in envelopes {
                    let id = envelope.get().id();
                    self.nodes[node].seen.insert(id, envelope.get().to_bytes());
                    self.nodes[node].store.envelopes.insert(id, envelope);
                }
            }
            Effect::Delete(ids) => {
                for id in ids.iter().filter(|_| self.plant != Plant::KeepsDeleted) {
                    self.nodes[node].store.envelopes.remove(id);
                }
            }
            Effect::Show(view) => {
                self.nodes[node].store.views.insert(view.document, view);
            }
            Effect::Hide { document, .. } => {
                self.nodes[node].store.views.remove(&document);
            }
            Effect::Load { document } => {
                let life = self.lives[node];
                let after = self.rng.random_range(0..20);
                self.later(after, Event::Loaded { node, life, document });
            }
            Effect::Send { partner, frame } => {
                if let Some(to) = self.node_of(partner) {
                    self.transmit(node, to, frame);
                }
            }
            Effect::SendStored { partner, envelopes } => {
                let stored = &self.nodes[node].store.envelopes;
                let wire: Vec<Vec<u8>> =
                    envelopes.iter().filter_map(|id| stored.get(id)).map(|one| one.get().to_bytes()).collect();
                if let Some(to) = self.node_of(partner) {
                    for frame in frames::envelopes(wire) {
                        self.transmit(node, to, frame);
                    }
                }
            }
            Effect::Keep(replication::api::Kept::List(circle, owner, bytes)) => {
                self.nodes[node].store.lists.insert((circle, owner), bytes);
            }
            Effect::Keep(_) => {}
            Effect::Settled { number, outcome } => self.ledger.settled(number, outcome.is_ok()),
            Effect::Notify(Notice::Refused { reason, .. }) => {
                self.nodes[node].refused.insert(reason);
            }
            Effect::Notify(_) => {}
            Effect::WakeAt(at) => {
                let life = self.lives[node];
                let after = (at.0 - START.0).saturating_mul(1000).saturating_sub(self.clock);
                self.later(after, Event::Tick { node, life });
            }
            Effect::Disconnect { partner, .. } => {
                if let Some(other) = self.node_of(partner) {
                    self.disconnect(node, other);
                    self.later(300, Event::Reconnect { a: node, b: other });
                }
            }
        }
    }

    pub(super) fn node_of(&self, root: schemas::RootId) -> Option<usize> {
        self.nodes.iter().position(|node| node.root == root)
    }

    /// Adds an effect to the trace.
    fn note(&mut self, node: usize, effect: &Effect) {
        self.trace.update(self.clock.to_be_bytes());
        self.trace.update([node as u8]);
        match effect {
            Effect::Send { partner, frame } => {
                self.trace.update(partner.0);
                self.trace.update(frame);
            }
            Effect::Store(envelopes) => {
                for envelope in envelopes {
                    self.trace.update(envelope.get().id().0);
                }
            }
            other => self.trace.update(format!("{other:?}")),
        }
    }
}
