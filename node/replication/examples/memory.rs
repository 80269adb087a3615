//! Measures what a held document costs in memory, and what starting, reconnecting and checking
//! cost with so many held: `cargo run --release -p replication --example memory [DOCUMENTS]`
//! (10,000 and 100,000 when no number is given).

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a measurement reads the clock and fails loudly")]

#[path = "../tests/common/papers.rs"]
mod papers;

use std::time::Instant;

use ed25519_dalek::SigningKey;
use papers::Papers;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use replication::{Effect, Input, Replica, StoredHeader};
use schemas::Kind;
use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::{Content, FORMAT, Header, Stamp};
use schemas::ids::{CircleId, DocumentId, NodeKey, RootId};
use schemas::time::{Hour, Timestamp};
use sha2::{Digest, Sha256};

const NOW: Timestamp = Timestamp(497_010 * 3600);
const CIRCLE: CircleId = CircleId([9; 16]);

struct Node {
    root: RootId,
    key: SigningKey,
    certificate: Verified<NodeCertificate>,
    bytes: Vec<u8>,
    replica: Replica,
}

impl Node {
    fn new(number: u8) -> Self {
        let papers = Papers::new(number);
        let replica = papers.replica(number, number);
        let Papers { root, key, certificate, bytes } = papers;
        Self { root, key, certificate, bytes, replica }
    }

    fn input(&mut self, input: Input) -> Vec<Effect> {
        self.replica.handle(NOW, &mut ChaCha8Rng::seed_from_u64(1), input)
    }

    fn join(&mut self, other: &Self) {
        let mut members = vec![self.root, other.root];
        members.sort_unstable();
        let (owner, name, arrangement) = (self.root, "Zuidrand".to_owned(), String::new());
        let bytes = CircleList { circle: CIRCLE, owner, version: 1, name, arrangement, members }.sign(&self.key);
        let list = CircleList::verify(&bytes, &self.certificate).unwrap();
        self.input(Input::Certificate { certificate: other.certificate.clone(), bytes: other.bytes.clone() });
        self.input(Input::List { list, bytes });
    }
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn stored(owner: &Node, number: u64) -> StoredHeader {
    let digest: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
    let mut document = [0; 16];
    document.copy_from_slice(&digest[..16]);
    // Signed over two months, as renewals are spread.
    let signed_at = Hour(495_600 + u32::from(digest[17]) * 5 + u32::from(digest[18] % 5));
    let header = Header {
        format: FORMAT,
        circle: CIRCLE,
        kind: Kind::MentorOffer,
        document: DocumentId(document),
        owner: owner.root,
        stamp: Stamp::Version { incarnation: 1, number: 1 },
        author: NodeKey(owner.key.verifying_key().to_bytes()),
        content: Content::Version,
        schema: 1,
        signed_at,
        expires_at: signed_at.plus_days(90),
        body_hash: digest,
    };
    StoredHeader { id: header.id(), header, body_bytes: 380, number }
}

/// Bytes and frames that a new stream between the two costs.
fn connect(a: &mut Node, b: &mut Node) -> (usize, usize) {
    let (mut bytes, mut frames) = (0, 0);
    let mut under_way: Vec<(bool, Effect)> = Vec::new();
    for (to_a, effects) in
        [(false, a.input(Input::Connected { partner: b.root })), (true, b.input(Input::Connected { partner: a.root }))]
    {
        under_way.extend(effects.into_iter().map(|effect| (to_a, effect)));
    }
    while !under_way.is_empty() {
        for (to_a, effect) in std::mem::take(&mut under_way) {
            let Effect::Send { frame, .. } = effect else { continue };
            (bytes, frames) = (bytes + frame.len(), frames + 1);
            let (to, from) = if to_a { (&mut *a, b.root) } else { (&mut *b, a.root) };
            let effects = to.input(Input::Frame { partner: from, bytes: frame });
            under_way.extend(effects.into_iter().map(|effect| (!to_a, effect)));
        }
    }
    (bytes, frames)
}

fn measure(documents: u64) {
    let (mut a, mut b) = (Node::new(1), Node::new(2));
    a.join(&b);
    b.join(&a);
    let headers: Vec<StoredHeader> = (1..=documents).map(|number| stored(&a, number)).collect();
    let before = resident();
    let start = Instant::now();
    a.replica.restore(headers.iter().cloned());
    let restored = start.elapsed();
    a.input(Input::Tick);
    let per_document = (resident() - before) as f64 / documents as f64;
    b.replica.restore(headers);
    connect(&mut a, &mut b);
    let (a_root, b_root) = (a.root, b.root);
    a.input(Input::Disconnected { partner: b_root });
    b.input(Input::Disconnected { partner: a_root });
    let start = Instant::now();
    let (bytes, frames) = connect(&mut a, &mut b);
    let reconnected = start.elapsed();
    let in_step = a.replica.partner_state(b_root).is_some_and(|state| state.in_step.values().all(|equal| *equal));
    println!(
        "{documents} documents: {per_document:.0} B each in memory, index rebuilt in {restored:.1?}, reconnected in \
         {reconnected:.1?} with {bytes} B in {frames} frames, in step: {in_step}"
    );
}

fn main() {
    match std::env::args().nth(1).and_then(|number| number.parse().ok()) {
        Some(documents) => measure(documents),
        None => [10_000, 100_000].into_iter().for_each(measure),
    }
}
