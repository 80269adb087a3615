//! The world: time, what happens in it, and its healing.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::SigningKey;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use replication::api::Kept;
use replication::check::CHECK_SECONDS;
use replication::retiring::PATIENCE_DAYS;
use replication::{Effect, Input};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId};
use schemas::time::Timestamp;
use sha2::{Digest, Sha256};

use super::hostile::Attack;
use super::ledger::Ledger;
use super::members::Members;
use super::mergers::Merger;
use super::node::{Identity, Node, START};
use super::partings::Partings;
use super::scenario::{Plant, Reach, Scenario};
use super::scene::Meter;
use super::wire::pair;

/// In milliseconds.
const DAY: u64 = 86_400_000;

pub(super) enum Event {
    Deliver {
        from: usize,
        to: usize,
        stream: u64,
        bytes: Vec<u8>,
    },
    Cut {
        a: usize,
        b: usize,
        stream: u64,
    },
    SeesCut {
        node: usize,
        other: usize,
        stream: u64,
    },
    Loaded {
        node: usize,
        life: u64,
        document: DocumentId,
    },
    Tick {
        node: usize,
        life: u64,
    },
    /// A replica told that `owner` retired these.
    Retired {
        node: usize,
        life: u64,
        owner: RootId,
        keys: Vec<NodeKey>,
    },
    /// What is left of retired keys is let go of.
    Void {
        node: usize,
        life: u64,
        envelopes: Vec<EnvelopeId>,
    },
    /// A node reads anew who its partners are.
    PartnersChanged {
        node: usize,
        life: u64,
    },
    /// A node hands on what waits in its outbox.
    Drain {
        node: usize,
        life: u64,
    },
    /// One that was left is told so.
    Farewell {
        from: usize,
        to: usize,
    },
    Reconnect {
        a: usize,
        b: usize,
    },
    /// The hostile node puts a frame on a wire.
    Say {
        to: usize,
        bytes: Vec<u8>,
    },
    Restart {
        node: usize,
        from_backup: bool,
    },
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
    pub(super) members: Members,
    pub(super) merger: Option<Merger>,
    pub(super) partings: Partings,
    events: BTreeMap<(u64, u64), Event>,
    drawn: u64,
    /// Wires by pair (lower first), with the number of their stream.
    pub(super) wires: BTreeMap<(usize, usize), u64>,
    /// Which stream a node takes for open.
    pub(super) open: BTreeMap<(usize, usize), u64>,
    /// Directions in which everything vanishes.
    pub(super) deaf: BTreeSet<(usize, usize)>,
    /// When the last frame on a wire arrives.
    pub(super) arrivals: BTreeMap<(usize, usize), u64>,
    partitioned: BTreeSet<(usize, usize)>,
    pub(super) healed: bool,
    /// How many effects were asked for.
    pub(super) effects: u64,
    /// Frames and bytes put on wires.
    pub(super) sent: (u64, u64),
    /// What comes to the hostile node, while it answers by hand.
    pub(super) inbox: Option<Vec<Vec<u8>>>,
    /// What it is doing, where that is watched.
    pub(super) attacking: Option<Attack>,
    pub(super) meter: Option<&'static dyn Meter>,
    /// What it cost, where that is measured closely.
    pub(super) peak_kib: Option<u64>,
    /// Rounds that it answered by hand.
    pub(super) answered: usize,
    trace: Sha256,
    /// Keys that were retired, and by whom.
    pub(super) stolen: Vec<(usize, SigningKey)>,
    /// Ids that no honest node may hold.
    pub(super) forged: BTreeSet<EnvelopeId>,
    /// What was seen to be wrong while it happened.
    pub(super) faults: Vec<String>,
}

impl World {
    /// The nodes of a scenario, started and connected.
    pub fn new(scenario: Scenario, plant: Plant) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(scenario.seed ^ 0x6f76_6572_6275_7572);
        // In another order every time: the side with the lower root begins a check.
        let mut identities: Vec<Identity> = Identity::several(scenario.nodes).to_vec();
        identities.shuffle(&mut rng);
        if scenario.short
            && let Some(last) = identities.last_mut()
        {
            last.certify_until_tomorrow();
        }
        let mut nodes: Vec<Node> = identities.into_iter().map(Node::new).collect();
        if scenario.hostile
            && let Some(last) = nodes.last_mut()
        {
            last.seen = Some(BTreeMap::new());
        }
        let mut world = Self {
            plant,
            rng,
            clock: 0,
            nodes,
            ledger: Ledger::default(),
            circles: [CircleId([0xc1; 16]), CircleId([0xc2; 16])],
            members: Members::default(),
            merger: None,
            partings: Partings::default(),
            events: BTreeMap::new(),
            drawn: 0,
            wires: BTreeMap::new(),
            open: BTreeMap::new(),
            deaf: BTreeSet::new(),
            arrivals: BTreeMap::new(),
            partitioned: BTreeSet::new(),
            healed: false,
            effects: 0,
            sent: (0, 0),
            inbox: None,
            attacking: None,
            meter: None,
            peak_kib: None,
            answered: 0,
            trace: Sha256::new(),
            stolen: Vec::new(),
            forged: BTreeSet::new(),
            faults: Vec::new(),
            scenario,
        };
        world.found_circles();
        for node in 0..world.nodes.len() {
            world.start(node);
        }
        for (a, b) in world.pairs() {
            if world.scenario.nodes <= 16 || world.reaches(a, b) {
                world.connect(a, b);
            }
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

    pub(super) fn pairs(&self) -> Vec<(usize, usize)> {
        let count = self.nodes.len();
        (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))).collect()
    }

    pub(super) fn node_of(&self, root: RootId) -> Option<usize> {
        self.nodes.iter().position(|node| node.root == root)
    }

    /// A number that was not given before.
    pub(super) fn number(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    pub(super) fn later(&mut self, after: u64, event: Event) {
        let number = self.number();
        self.events.insert((self.clock + after, number), event);
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
        match self.rng.random_range(0..40) {
            0 | 1 if a != b => self.part_ways(a, b),
            2..=4 => {
                if let Some(pair) = self.partitioned.pop_first() {
                    self.later(10, Event::Reconnect { a: pair.0, b: pair.1 });
                }
            }
            5 if self.scenario.trouble > 0 => self.crash(a),
            6 => self.clock += 1000 * self.rng.random_range(60..7_200),
            7 => self.clock += DAY * self.rng.random_range(1..4),
            8 if a != b && self.scenario.trouble > 0 => self.deafen(a, b),
            9 | 10 if self.scenario.backups => self.back_up(a),
            11 if self.scenario.backups => self.crash(a),
            12 | 13 if self.scenario.clocks => self.turn_clock(a),
            14..=16 if self.scenario.members => self.change_members(a),
            17 if self.scenario.keys => self.rotate_key(a),
            18..=20 if self.scenario.keys && self.scenario.hostile => self.use_stolen_key(),
            21..=24 if self.scenario.mergers => self.merge(),
            25..=29 if self.scenario.partings => self.change_partners(),
            30..=32 if self.scenario.absences => self.resume_absent(),
            33 | 34 if self.scenario.absences && a != b => self.erase_out_of_reach(a, b),
            _ => {}
        }
    }

    /// Two are out of each other's reach.
    pub(super) fn part_ways(&mut self, a: usize, b: usize) {
        self.partitioned.insert(pair(a, b));
        self.cut(a, b);
    }

    /// A clock goes wrong: by less or more than a day, by a month, in which certificates hold, or by
    /// ten years; or right again.
    fn turn_clock(&mut self, node: usize) {
        let (hour, month, years) = (3_600, 30 * 86_400, 10 * 365 * 86_400);
        let skews = [0, 20 * hour, -20 * hour, 30 * hour, -30 * hour, month, -month, years, -years];
        self.nodes[node].skew = skews[self.rng.random_range(0..skews.len())];
    }

    /// Everything works again, and time passes.
    pub fn heal(&mut self) {
        self.healed = true;
        self.partitioned.clear();
        let hostile = self.hostile();
        for node in 0..hostile {
            self.nodes[node].skew = 0;
            if self.nodes[node].replica.is_none() {
                self.start(node);
            }
        }
        self.settle_members();
        self.settle_partings();
        for (a, b) in self.pairs() {
            self.cut(a, b);
        }
        for ((node, other), stream) in self.open.clone() {
            self.sees_cut(node, other, stream);
        }
        for (a, b) in self.pairs() {
            if self.scenario.reaches(a, b) {
                self.connect(a, b);
            }
        }
        // News goes one neighbour a check, in the direction in which it is asked or the other.
        let after = match (self.scenario.offices, self.scenario.waits) {
            (_, true) => 6,
            (true, false) => 4,
            (false, false) => 0,
        };
        let parting = if self.scenario.mergers || self.scenario.partings { 4 } else { 0 };
        let checks = 2 + 2 * self.scenario.distance() + after + parting;
        // What a wrong clock ended is said again a day later, once partners brought what they kept.
        let day = if self.scenario.offices && self.scenario.clocks { 3 } else { 0 };
        for check in 0..checks + day {
            if check + 4 == checks + day && day > 0 {
                self.clock += 2 * DAY;
            }
            self.check_all();
        }
        // Who retired a key and is no partner has some days to say things again.
        if self.waits_for_others() {
            self.clock += u64::from(PATIENCE_DAYS + 1) * DAY;
            (0..2 + 2 * self.scenario.distance()).for_each(|_| self.check_all());
        }
        self.run_for(60_000);
    }

    /// Time enough for a check, and for everybody to see to what waits.
    fn check_all(&mut self) {
        self.run_for(CHECK_SECONDS * 1000 + 5_000);
        for node in 0..self.hostile() {
            self.input(node, Input::Tick);
            self.recover(node);
            self.erase_again(node);
            self.settle_partners(node);
            if self.scenario.offices {
                self.settle_office(node);
                self.publish_words(node);
            }
        }
    }

    /// Lets time pass.
    pub(super) fn run_for(&mut self, milliseconds: u64) {
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
            Event::Deliver { from, to, stream, bytes } => self.deliver(from, to, stream, bytes),
            Event::Cut { a, b, stream } => {
                if self.wires.get(&pair(a, b)) == Some(&stream) {
                    self.cut(a, b);
                    self.later(200, Event::Reconnect { a, b });
                }
            }
            Event::SeesCut { node, other, stream } => self.sees_cut(node, other, stream),
            Event::Loaded { node, life, document } if self.nodes[node].life == life => {
                let envelopes = self.nodes[node].load(document);
                self.input(node, Input::Loaded { document, envelopes });
            }
            Event::Tick { node, life } if self.nodes[node].life == life => self.input(node, Input::Tick),
            Event::Retired { node, life, owner, keys } if self.nodes[node].life == life => {
                self.retired(node, owner, keys);
            }
            Event::Void { node, life, envelopes } if self.nodes[node].life == life => {
                self.input(node, Input::Void { envelopes, all: true });
            }
            Event::PartnersChanged { node, life } if self.nodes[node].life == life => self.partners_changed(node),
            Event::Drain { node, life } if self.nodes[node].life == life => self.drain(node),
            Event::Loaded { .. }
            | Event::Tick { .. }
            | Event::Retired { .. }
            | Event::Void { .. }
            | Event::PartnersChanged { .. }
            | Event::Drain { .. } => {}
            Event::Farewell { from, to } => self.farewell(from, to),
            Event::Reconnect { a, b } => {
                if !self.is_partitioned(a, b) && self.reaches(a, b) {
                    self.connect(a, b);
                }
            }
            Event::Say { to, bytes } => self.transmit(self.hostile(), to, bytes),
            Event::Restart { node, from_backup } => self.restart(node, from_backup),
            Event::Act => self.act(),
        }
    }

    pub(super) fn is_partitioned(&self, a: usize, b: usize) -> bool {
        self.partitioned.contains(&pair(a, b))
    }

    fn reaches(&self, a: usize, b: usize) -> bool {
        if self.healed || self.scenario.nodes > 16 && a.max(b) < self.hostile() {
            return self.scenario.reaches(a, b);
        }
        // A row is a row from the first day where nobody ever met the others.
        self.scenario.reach != Reach::Row || a.max(b) == self.hostile() || self.scenario.reaches(a, b) || !self.strict()
    }

    /// Whether who is out of reach after healing was so from the start.
    fn strict(&self) -> bool {
        self.scenario.seed.is_multiple_of(2)
    }

    /// Adds an effect to the trace.
    pub(super) fn note(&mut self, node: usize, effect: &Effect) {
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
            Effect::Show(view) => {
                self.trace.update(view.document.0);
                self.trace.update(view.heads.concat());
            }
            Effect::SendStored { partner, envelopes } => {
                self.trace.update(partner.0);
                envelopes.iter().for_each(|id| self.trace.update(id.0));
            }
            Effect::Delete(envelopes) => envelopes.iter().for_each(|id| self.trace.update(id.0)),
            Effect::Load { document } => self.trace.update(document.0),
            Effect::Keep(Kept::List(_, owner, bytes) | Kept::Certificate(owner, bytes)) => {
                self.trace.update(owner.0);
                self.trace.update(bytes);
            }
            other => self.trace.update(format!("{other:?}")),
        }
    }
}
