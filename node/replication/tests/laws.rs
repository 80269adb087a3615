//! Laws: the order in which envelopes arrive and how often does not matter; what is encoded is
//! what is decoded; hostile bytes are refused and never panic.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

#[expect(dead_code, reason = "versions are the matter of bodies.rs")]
mod common;

use common::{Writer, example, resource, text};
use minicbor::bytes::ByteVec;
use proptest::prelude::*;
use replication::coedited::{Admission, Built, Coedited};
use replication::frames::{self, Frame, Hello, Knowledge, Known, KnownOwner, Paper, Round};
use replication::{body, edit, scan};
use schemas::Kind;
use schemas::certificate::Verified;
use schemas::envelope::Envelope;
use schemas::ids::{CircleId, EnvelopeId, RootId, Session};
use sha2::{Digest, Sha256};

/// One edit of a script: who, after which earlier states, and what.
type Step = (usize, usize, usize, String);

/// Runs a script of concurrent edits; returns the writers and every envelope, in causal order.
fn play(script: &[Step]) -> (Vec<Writer>, Vec<Verified<Envelope>>) {
    let writers: Vec<Writer> = (1..=3).map(Writer::new).collect();
    let roots: Vec<RootId> = writers.iter().map(|writer| writer.root).collect();
    let opening = writers[0].opening(&resource("Fiche", "Het begin van de tekst."), &roots);
    let mut all = opening.clone();
    let mut document = Coedited::open(opening[0].get()).unwrap();
    let mut states: Vec<Built> = vec![document.build().unwrap()];
    for (number, (who, after, at, typed)) in script.iter().enumerate() {
        let writer = &writers[who % writers.len()];
        let state = &states[after % states.len()];
        let mut body: Vec<char> = text(&state.value).chars().collect();
        let at = at % (body.len() + 1);
        body.splice(at..(at + typed.len() / 3).min(body.len()), typed.chars());
        let value = resource("Fiche", &body.into_iter().collect::<String>());
        let mut editor = writer.editor(0);
        editor.spare = Session([100 + number as u8; 16]);
        let changes = edit::edit(editor, &document, &state.heads, &value).unwrap();
        for envelope in writer.sign(changes) {
            assert_eq!(document.admit(envelope.get(), writer.root, false), Ok(Admission::Admitted));
            all.push(envelope);
        }
        states.push(document.build().unwrap());
    }
    (writers, all)
}

/// Admits in the given order, again and again, until nothing more fits.
fn build(writers: &[Writer], order: &[Verified<Envelope>]) -> Built {
    let opening = order.iter().find(|one| one.get().header.content == schemas::Content::Opening).unwrap();
    let mut document = Coedited::open(opening.get()).unwrap();
    let mut left: Vec<&Verified<Envelope>> =
        order.iter().filter(|one| one.get().header.content == schemas::Content::Change).collect();
    let mut held: Vec<EnvelopeId> = Vec::new();
    while !left.is_empty() {
        let before = left.len();
        left.retain(|envelope| {
            // The index of a replica knows what it holds.
            if held.contains(&envelope.get().id()) {
                return false;
            }
            let author = envelope.get().header.author;
            let writer = writers.iter().find(|writer| writer.node() == author).unwrap();
            match document.admit(envelope.get(), writer.root, false).unwrap() {
                Admission::Admitted => {
                    held.push(envelope.get().id());
                    false
                }
                Admission::Missing => true,
            }
        });
        assert!(left.len() < before, "something is never admitted");
    }
    document.build().unwrap()
}

fn frame() -> impl Strategy<Value = Frame> {
    let id = any::<[u8; 32]>().prop_map(EnvelopeId);
    let circle = any::<[u8; 16]>().prop_map(CircleId);
    let owner = any::<[u8; 32]>().prop_map(RootId);
    let bytes = proptest::collection::vec(any::<u8>(), 0..300).prop_map(ByteVec::from);
    let known = (circle.clone(), owner.clone(), any::<u64>()).prop_map(|(circle, owner, version)| Known {
        circle,
        owner,
        version,
    });
    let hello = any::<([u8; 16], [u8; 16], u32)>()
        .prop_map(|(store, known, hour)| Frame::Hello(Hello { store, known, hour: schemas::time::Hour(hour) }));
    let held = (owner.clone(), any::<[u8; 16]>()).prop_map(|(owner, digest)| KnownOwner { owner, digest });
    let knowledge = (proptest::collection::vec(held, 0..5), proptest::collection::vec(known, 0..5))
        .prop_map(|(certificates, lists)| Frame::Known(Knowledge { certificates, lists }));
    let paper = (any::<bool>(), owner, bytes.clone())
        .prop_map(|(list, owner, bytes)| if list { Paper::List(owner, bytes) } else { Paper::Certificate(bytes) });
    let papers = proptest::collection::vec(paper, 0..5).prop_map(Frame::Papers);
    let round = (circle, any::<u32>(), any::<bool>(), bytes.clone()).prop_map(|(circle, day, answer, message)| {
        Frame::Check(Round { circle, day, answer, number: u64::from(day), message })
    });
    prop_oneof![
        hello,
        knowledge,
        papers,
        round,
        proptest::collection::vec(bytes, 0..5).prop_map(Frame::Envelopes),
        proptest::collection::vec(id.clone(), 0..9).prop_map(Frame::Need),
        proptest::collection::vec(id, 0..9).prop_map(Frame::Refused),
    ]
}

/// `bytes` with its checksum set right.
fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() > 8 {
        let digest = Sha256::digest(&bytes[8..]);
        bytes[4..8].copy_from_slice(&digest[..4]);
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn order_and_repetition_do_not_matter(
        script in proptest::collection::vec((0..3usize, 0..8usize, 0..60usize, "[a-z ]{1,9}"), 1..8),
        shuffle in any::<u64>(),
    ) {
        let (writers, envelopes) = play(&script);
        let straight = build(&writers, &envelopes);
        let mut mixed: Vec<_> = envelopes.iter().chain(&envelopes).cloned().collect();
        // A shuffle that the seed fixes.
        mixed.sort_by_key(|envelope| Sha256::digest([&envelope.get().id().0[..], &shuffle.to_be_bytes()].concat()));
        let other = build(&writers, &mixed);
        prop_assert_eq!(straight.value, other.value);
        prop_assert_eq!(straight.heads, other.heads);
        prop_assert_eq!(straight.writers, other.writers);
    }

    #[test]
    fn frames_go_there_and_back(frame in frame()) {
        let bytes = frame.to_bytes();
        prop_assert_eq!(Frame::from_bytes(&bytes), Some(frame));
    }

    #[test]
    fn what_is_read_as_a_frame_is_read_the_same_again(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Some(frame) = Frame::from_bytes(&bytes) {
            prop_assert_eq!(Frame::from_bytes(&frame.to_bytes()), Some(frame));
        }
    }

    #[test]
    fn a_damaged_frame_never_panics(frame in frame(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = frame.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Some(read) = Frame::from_bytes(&bytes) {
            prop_assert_eq!(Frame::from_bytes(&read.to_bytes()), Some(read));
        }
    }

    /// Whatever bytes are turned in an honest change: the scan answers, and Automerge gets
    /// nothing with more operations than the scan counted.
    #[test]
    fn damaged_changes_are_counted(
        kind in prop::sample::select(Kind::ALL),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = body::encode(&example(kind), [3; 16]).unwrap();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let bytes = with_checksum(bytes);
        if let Ok(scanned) = scan::change(&bytes)
            && let Ok(Ok(change)) = std::panic::catch_unwind(|| automerge::Change::from_bytes(bytes.clone()))
        {
            prop_assert_eq!(change.len() as u64, scanned.operations);
            prop_assert_eq!(change.hash().0, scanned.hash);
            prop_assert_eq!(change.deps().len(), scanned.dependencies.len());
        }
    }
}

#[test]
fn batches_hold_what_was_given() {
    let envelopes: Vec<Vec<u8>> = (0..3000u32).map(|n| n.to_be_bytes().repeat(1 + n as usize % 40)).collect();
    let frames = frames::envelopes(envelopes.clone());
    let mut back = Vec::new();
    for bytes in &frames {
        assert!(bytes.len() <= frames::MAX_FRAME);
        let Some(Frame::Envelopes(batch)) = Frame::from_bytes(bytes) else { panic!("not a batch") };
        back.extend(batch.into_iter().map(Vec::from));
    }
    assert_eq!(back, envelopes);
    assert!(frames.len() > 1 && frames.len() < 10, "{}", frames.len());
}
