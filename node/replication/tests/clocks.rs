//! A node whose clock is wrong: it lets nothing end, signs nothing, holds nothing against anyone,
//! and says so; and it goes on as before once its clock is right.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

#[expect(dead_code, reason = "writers are the matter of other tests")]
mod common;
#[path = "common/papers.rs"]
mod papers;

use common::example;
use papers::Papers;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use replication::{Clock, Command, Effect, Input, Notice, Replica};
use schemas::Kind;
use schemas::certificate::{NodeCertificate, Verified};
use schemas::envelope::Refusal;
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::time::Timestamp;

const NOW: Timestamp = Timestamp(497_010 * 3600);
const DAY: u64 = 86_400;

struct Node {
    root: RootId,
    certificate: Verified<NodeCertificate>,
    bytes: Vec<u8>,
    replica: Replica,
}

impl Node {
    fn new(number: u8) -> Self {
        let papers = Papers::new(number);
        let replica = papers.replica(number, number);
        Self { root: papers.root, certificate: papers.certificate, bytes: papers.bytes, replica }
    }

    fn input(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        self.replica.handle(now, &mut ChaCha8Rng::seed_from_u64(1), input)
    }
}

/// This node with three partners, who met each other.
fn circle() -> (Node, Vec<Node>) {
    let (mut node, mut partners) = (Node::new(1), vec![Node::new(2), Node::new(3), Node::new(4)]);
    let know = |of: &Node| Input::Certificate { certificate: of.certificate.clone(), bytes: of.bytes.clone() };
    for at in 0..partners.len() {
        node.input(NOW, know(&partners[at]));
        partners[at].input(NOW, know(&node));
        let (before, after) = partners.split_at_mut(at);
        for other in before {
            other.input(NOW, know(&after[0]));
            after[0].input(NOW, know(other));
            meet(other, &mut after[0], NOW, NOW);
        }
    }
    (node, partners)
}

fn frames(effects: &[Effect]) -> Vec<Vec<u8>> {
    let frame = |effect: &Effect| if let Effect::Send { frame, .. } = effect { Some(frame.clone()) } else { None };
    effects.iter().filter_map(frame).collect()
}

/// The two meet, each by its own clock; what comes of it at `node`.
fn meet(node: &mut Node, partner: &mut Node, now: Timestamp, theirs: Timestamp) -> Vec<Effect> {
    let (me, other) = (node.root, partner.root);
    node.input(now, Input::Disconnected { partner: other });
    partner.input(theirs, Input::Disconnected { partner: me });
    let mut effects = node.input(now, Input::Connected { partner: other });
    let mut to_partner = frames(&effects);
    let mut to_node = frames(&partner.input(theirs, Input::Connected { partner: me }));
    while !to_partner.is_empty() || !to_node.is_empty() {
        let sent = std::mem::take(&mut to_partner);
        let answers = sent.into_iter().map(|bytes| partner.input(theirs, Input::Frame { partner: me, bytes }));
        let answers: Vec<Vec<u8>> = answers.flat_map(|effects| frames(&effects)).collect();
        for bytes in std::mem::replace(&mut to_node, answers) {
            let came = node.input(now, Input::Frame { partner: other, bytes });
            to_partner.extend(frames(&came));
            effects.extend(came);
        }
    }
    effects
}

fn publish(node: &mut Node, now: Timestamp, with: RootId, number: u8, days: u32) -> Result<(), Refusal> {
    let command = Command::Publish {
        circle: CircleId::pair(node.root, with),
        document: DocumentId([number; 16]),
        value: example(Kind::DuoProgress),
        expires_at: now.hour().plus_days(days),
    };
    let effects = node.input(now, Input::Command { number: 1, command });
    effects
        .into_iter()
        .find_map(|effect| if let Effect::Settled { outcome, .. } = effect { Some(outcome) } else { None })
        .unwrap()
}

fn told(effects: &[Effect]) -> Vec<Clock> {
    let notice = |effect: &Effect| if let Effect::Notify(Notice::Clock(clock)) = effect { Some(*clock) } else { None };
    effects.iter().filter_map(notice).collect()
}

fn lets_go(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Delete(_)))
}

#[test]
fn a_clock_that_is_off_ends_nothing_and_signs_nothing() {
    let (mut node, mut partners) = circle();
    let with = partners[0].root;
    assert_eq!(publish(&mut node, NOW, with, 1, 10), Ok(()));
    let wrong = NOW.plus_seconds(100 * DAY);
    assert!(!lets_go(&node.input(wrong, Input::Tick)), "nobody was asked yet");
    let mut effects = Vec::new();
    for partner in &mut partners {
        effects.extend(meet(&mut node, partner, wrong, NOW));
    }
    assert!(
        matches!(told(&effects)[..], [Clock::Off(ahead)] if ahead.unsigned_abs() / DAY == 99),
        "{:?}",
        told(&effects)
    );
    assert!(!lets_go(&node.input(wrong.plus_seconds(2 * 3600), Input::Tick)));
    assert_eq!(publish(&mut node, wrong.plus_seconds(2 * 3600), with, 2, 10), Err(Refusal::ClockOff));
    // Somebody sets it right.
    let mut effects = node.input(NOW, Input::Tick);
    for partner in &mut partners {
        effects.extend(meet(&mut node, partner, NOW, NOW));
    }
    assert_eq!(told(&effects), [Clock::Unheard]);
    assert_eq!(node.replica.clock(), Clock::Right);
    assert_eq!(publish(&mut node, NOW, with, 2, 10), Ok(()));
    assert_eq!(node.replica.counts().0, 2);
}

#[test]
fn what_is_over_ends_as_soon_as_a_partner_agrees_on_the_time() {
    let (mut node, mut partners) = circle();
    let with = partners[0].root;
    assert_eq!(publish(&mut node, NOW, with, 1, 10), Ok(()));
    let later = NOW.plus_seconds(100 * DAY);
    assert!(!lets_go(&node.input(later, Input::Tick)));
    assert!(lets_go(&meet(&mut node, &mut partners[0], later, later)));
}

#[test]
fn who_meets_nobody_waits_an_hour() {
    let (mut node, partners) = circle();
    assert_eq!(publish(&mut node, NOW, partners[0].root, 1, 10), Ok(()));
    let later = NOW.plus_seconds(100 * DAY);
    assert!(!lets_go(&node.input(later, Input::Tick)));
    assert!(lets_go(&node.input(later.plus_seconds(3_600), Input::Tick)));
}

#[test]
fn a_clock_that_is_off_blames_nobody() {
    let (mut node, mut partners) = circle();
    let wrong = NOW.plus_seconds(100 * DAY);
    for partner in &mut partners {
        meet(&mut node, partner, wrong, NOW);
    }
    // What a partner writes ended, by this clock, long ago.
    let (me, partner) = (node.root, &mut partners[0]);
    let command = Command::Publish {
        circle: CircleId::pair(me, partner.root),
        document: DocumentId([9; 16]),
        value: example(Kind::DuoProgress),
        expires_at: NOW.hour().plus_days(10),
    };
    let pushed = frames(&partner.input(NOW, Input::Command { number: 1, command }));
    assert_eq!(pushed.len(), 1);
    for bytes in pushed {
        let effects = node.input(wrong, Input::Frame { partner: partner.root, bytes });
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Notify(Notice::Refused { .. }))));
    }
    let state = node.replica.partner_state(partner.root).unwrap();
    assert!(state.refused.is_empty(), "{:?}", state.refused);
    assert_eq!(node.replica.counts().0, 0);
    // Once the clock is right, it comes.
    let effects = meet(&mut node, partner, NOW, NOW);
    assert!(frames(&effects).len() >= 2);
    assert_eq!(node.replica.clock(), Clock::Right);
}
