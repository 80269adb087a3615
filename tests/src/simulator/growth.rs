//! What one change costs as a federation grows: bytes, frames, and rounds until everybody who is
//! to hold it does. No loss and no chance here: frames go round by round, all at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use replication::check::CHECK_SECONDS;
use replication::{Command, Config, Effect, Input, Replica, frames};
use schemas::certificate::{CircleList, Verified};
use schemas::envelope::Envelope;
use schemas::ids::{CircleId, DocumentId, EnvelopeId, RootId, Session};
use schemas::time::Timestamp;

use super::act::comment;
use super::node::{Identity, START};

/// How a federation is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One circle, and everybody is connected with everybody.
    Mesh,
    /// One circle, and everybody is connected with those at a distance of a power of three.
    Chords,
    /// Circles of twenty, each node in two of them and connected with all their members.
    Regions,
}

/// What a change cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Replicas.
    pub replicas: usize,
    /// Of these, how many are to hold the change.
    pub audience: usize,
    /// Bytes of all frames, per change.
    pub bytes: u64,
    /// Frames, per change.
    pub frames: u64,
    /// Rounds of frames until everybody held it, at most.
    pub rounds: u64,
    /// Checks, three minutes apart, that it took beside the push.
    pub checks: u64,
    /// Bytes that a check without news costs each replica.
    pub quiet_bytes: u64,
}

/// Members of a circle by region, at most.
const REGION: usize = 20;
/// Changes that are averaged.
const CHANGES: usize = 5;

struct Federation {
    replicas: Vec<Replica>,
    stores: Vec<BTreeMap<EnvelopeId, Verified<Envelope>>>,
    roots: Vec<RootId>,
    places: BTreeMap<RootId, usize>,
    wires: VecDeque<(usize, usize, Vec<u8>)>,
    now: Timestamp,
    rng: ChaCha8Rng,
    sent: (u64, u64),
}

/// Circles as sets of places, and who is connected with whom.
fn lay_out(layout: Layout, count: usize) -> (Vec<BTreeSet<usize>>, BTreeSet<(usize, usize)>) {
    let all_pairs = |members: &BTreeSet<usize>| -> Vec<(usize, usize)> {
        members.iter().flat_map(|a| members.range(a + 1..).map(move |b| (*a, *b))).collect()
    };
    match layout {
        Layout::Mesh => {
            let all: BTreeSet<usize> = (0..count).collect();
            let pairs = all_pairs(&all).into_iter().collect();
            (vec![all], pairs)
        }
        Layout::Chords => {
            let steps =
                || std::iter::successors(Some(1), |step| Some(step * 3)).take_while(move |step| step * 2 <= count);
            let ends = (0..count).flat_map(|a| steps().map(move |step| (a, (a + step) % count)));
            let pairs = ends.filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b))).collect();
            (vec![(0..count).collect()], pairs)
        }
        Layout::Regions => {
            let half = REGION / 2;
            let region = |at: usize| (0..REGION).map(|step| (at * half + step) % count).collect::<BTreeSet<usize>>();
            let circles: Vec<BTreeSet<usize>> = (0..count.div_ceil(half)).map(region).collect();
            let pairs = circles.iter().flat_map(all_pairs).collect();
            (circles, pairs)
        }
    }
}

fn circle_id(at: usize) -> CircleId {
    let mut id = [0xc0; 16];
    id[..8].copy_from_slice(&(at as u64).to_be_bytes());
    CircleId(id)
}

impl Federation {
    fn new(count: usize, circles: &[BTreeSet<usize>], pairs: &BTreeSet<(usize, usize)>) -> Self {
        let identities: Vec<Identity> = (0..count as u64).map(Identity::draw).collect();
        let replica = |(at, identity): (usize, &Identity)| {
            let mut session = [0; 16];
            session[..8].copy_from_slice(&(at as u64).to_be_bytes());
            Replica::new(Config {
                certificate: identity.certificate.clone(),
                certificate_bytes: identity.certificate_bytes.clone(),
                key: identity.key.clone(),
                session: Session(session),
                incarnation: 1,
                store_id: session,
            })
        };
        let mut federation = Self {
            replicas: identities.iter().enumerate().map(replica).collect(),
            stores: vec![BTreeMap::new(); count],
            roots: identities.iter().map(|identity| identity.root).collect(),
            places: identities.iter().enumerate().map(|(at, identity)| (identity.root, at)).collect(),
            wires: VecDeque::new(),
            now: START,
            rng: ChaCha8Rng::seed_from_u64(1),
            sent: (0, 0),
        };
        let together: BTreeSet<(usize, usize)> =
            circles.iter().flat_map(|all| all.iter().flat_map(|a| all.range(a + 1..).map(|b| (*a, *b)))).collect();
        for (a, b) in &together {
            for (this, other) in [(*a, &identities[*b]), (*b, &identities[*a])] {
                let (certificate, bytes) = (other.certificate.clone(), other.certificate_bytes.clone());
                federation.input(this, Input::Certificate { certificate, bytes });
            }
        }
        for (number, members) in circles.iter().enumerate() {
            let mut roots: Vec<RootId> = members.iter().map(|at| identities[*at].root).collect();
            roots.sort_unstable();
            for at in members {
                let list = CircleList {
                    circle: circle_id(number),
                    owner: identities[*at].root,
                    version: 1,
                    name: "Zuidrand".to_owned(),
                    arrangement: String::new(),
                    members: roots.clone(),
                };
                let bytes = list.sign(&identities[*at].key);
                let list = CircleList::verify(&bytes, &identities[*at].certificate).expect("a list signed just now");
                for member in members {
                    federation.input(*member, Input::List { list: list.clone(), bytes: bytes.clone() });
                }
            }
        }
        for (a, b) in pairs {
            for (this, other) in [(*a, *b), (*b, *a)] {
                let partner = identities[other].root;
                federation.input(this, Input::Connected { partner });
            }
            federation.settle();
        }
        federation
    }

    fn input(&mut self, at: usize, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.replicas[at].handle(self.now, &mut self.rng, input) {
                match effect {
                    Effect::Store(envelopes) => {
                        self.stores[at].extend(envelopes.into_iter().map(|one| (one.get().id(), one)));
                    }
                    Effect::Delete(ids) => self.stores[at].retain(|id, _| !ids.contains(id)),
                    Effect::Load { document } => {
                        let held = self.stores[at].values().filter(|one| one.get().header.document == document);
                        inputs.push_back(Input::Loaded { document, envelopes: held.cloned().collect() });
                    }
                    Effect::Send { partner, frame } => self.send(at, partner, frame),
                    Effect::SendStored { partner, envelopes } => {
                        let wire: Vec<Vec<u8>> =
                            envelopes.iter().filter_map(|id| Some(self.stores[at].get(id)?.get().to_bytes())).collect();
                        for frame in frames::envelopes(wire) {
                            self.send(at, partner, frame);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn send(&mut self, from: usize, partner: RootId, frame: Vec<u8>) {
        self.sent.0 += 1;
        self.sent.1 += frame.len() as u64;
        self.wires.push_back((from, self.places[&partner], frame));
    }

    /// Lets frames go until there are none; how many rounds that took.
    fn settle(&mut self) -> u64 {
        self.settle_until(|_| false)
    }

    /// How many rounds it took until `done`, or until there were no frames any more.
    fn settle_until(&mut self, done: impl Fn(&Self) -> bool) -> u64 {
        let (mut rounds, mut until_done) = (0, None);
        while !self.wires.is_empty() {
            for (from, to, bytes) in std::mem::take(&mut self.wires) {
                let partner = self.roots[from];
                self.input(to, Input::Frame { partner, bytes });
            }
            rounds += 1;
            if until_done.is_none() && done(self) {
                until_done = Some(rounds);
            }
        }
        until_done.unwrap_or(rounds)
    }

    fn check(&mut self) {
        self.now = self.now.plus_seconds(CHECK_SECONDS + 1);
        for at in 0..self.replicas.len() {
            self.input(at, Input::Tick);
        }
    }
}

/// Grows a federation of so many replicas and measures what a change costs in it.
///
/// # Panics
/// When a change does not reach everybody who is to hold it.
pub fn grow(layout: Layout, count: usize) -> Row {
    let (circles, pairs) = lay_out(layout, count);
    let mut federation = Federation::new(count, &circles, &pairs);
    federation.check();
    federation.settle();
    let mut row =
        Row { replicas: count, audience: circles[0].len(), bytes: 0, frames: 0, rounds: 0, checks: 0, quiet_bytes: 0 };
    let before = federation.sent;
    federation.check();
    federation.settle();
    row.quiet_bytes = (federation.sent.1 - before.1) / count as u64;
    let quiet = (federation.sent.0 - before.0, federation.sent.1 - before.1);
    for change in 0..CHANGES {
        let author = change * count / CHANGES;
        let circle = circles.iter().position(|members| members.contains(&author)).expect("a circle of everybody");
        let mut document = DocumentId([0xd0; 16]);
        document.0[0] = change as u8;
        let before = federation.sent;
        let expires_at = federation.now.hour().plus_days(30);
        let value = comment(change as u64);
        let command = Command::Publish { circle: circle_id(circle), document, value, expires_at };
        federation.input(author, Input::Command { number: 1, command });
        let members = circles[circle].clone();
        let held = move |federation: &Federation| {
            let holds = |at: &usize| federation.stores[*at].values().any(|one| one.get().header.document == document);
            members.iter().all(holds)
        };
        let mut rounds = federation.settle_until(&held);
        let mut checks = 0;
        while !held(&federation) {
            assert!(checks < 2 * count as u64, "a change does not get everywhere");
            federation.check();
            rounds += federation.settle_until(&held);
            checks += 1;
        }
        // Less what the checks would have cost without news.
        row.frames += (federation.sent.0 - before.0).saturating_sub(checks * quiet.0);
        row.bytes += (federation.sent.1 - before.1).saturating_sub(checks * quiet.1);
        row.rounds = row.rounds.max(rounds);
        row.checks = row.checks.max(checks);
    }
    row.frames /= CHANGES as u64;
    row.bytes /= CHANGES as u64;
    row
}
