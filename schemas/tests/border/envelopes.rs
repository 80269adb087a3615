//! Envelopes: one form only, and nothing of them can be changed.

use proptest::prelude::*;
use schemas::Kind;
use schemas::certificate::{NodeCertificate, Verified};
use schemas::envelope::{Content, Envelope, Header, MAX_ENVELOPE, Refusal, Stamp};
use schemas::ids::{CircleId, DocumentId, NodeKey, RootId, Session};
use schemas::time::{Hour, Timestamp};

use crate::samples::{SIGNED, certificate, change, header, node, root};

fn known() -> Verified<NodeCertificate> {
    NodeCertificate::verify(&certificate().sign(&root(), &node())).expect("holds")
}

fn bytes() -> Vec<u8> {
    Envelope::sign(header(), b"body".to_vec(), &node()).get().to_bytes()
}

fn stamps() -> impl Strategy<Value = Stamp> {
    prop_oneof![
        (any::<u64>(), any::<u64>()).prop_map(|(incarnation, number)| Stamp::Version { incarnation, number }),
        (any::<[u8; 16]>(), any::<u64>()).prop_map(|(session, seq)| Stamp::Change { session: Session(session), seq }),
    ]
}

fn headers() -> impl Strategy<Value = Header> {
    const CONTENTS: [Content; 9] = [
        Content::Version,
        Content::Opening,
        Content::Change,
        Content::Erased,
        Content::Admit,
        Content::Cut,
        Content::ReplacedBy,
        Content::Hold,
        Content::Lift,
    ];
    let ids = (any::<[u8; 16]>(), any::<[u8; 16]>(), any::<[u8; 32]>(), any::<[u8; 32]>(), any::<[u8; 32]>());
    let words = (
        prop::sample::select(Kind::ALL),
        prop::sample::select(&CONTENTS[..]),
        any::<u16>(),
        any::<u32>(),
        any::<u32>(),
    );
    (ids, words, stamps()).prop_map(|(ids, words, stamp)| Header {
        format: 1,
        circle: CircleId(ids.0),
        kind: words.0,
        document: DocumentId(ids.1),
        owner: RootId(ids.2),
        stamp,
        author: NodeKey(ids.3),
        content: words.1,
        schema: words.2,
        signed_at: Hour(words.3),
        expires_at: Hour(words.4),
        body_hash: ids.4,
    })
}

/// A refusal of bytes that come from nobody we know.
fn read(bytes: &[u8]) -> Result<Envelope, Refusal> {
    let envelope = Envelope::from_bytes(bytes)?;
    assert_eq!(envelope.to_bytes(), bytes, "a form that is not the deterministic one was taken");
    Ok(envelope)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_envelope_comes_back(header in headers(), signature in any::<[u8; 32]>(), body in prop::collection::vec(any::<u8>(), 0..400)) {
        let signature = [signature, signature].concat().try_into().expect("64 bytes");
        let envelope = Envelope { header, signature, body };
        prop_assert_eq!(read(&envelope.to_bytes()), Ok(envelope));
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn mutations_never_verify(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in prop::option::of(any::<prop::sample::Index>())) {
        let original = bytes();
        let mut bytes = original.clone();
        for (at, byte) in places {
            let place = at.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let outcome = read(&bytes).and_then(|envelope| envelope.verify(&known(), SIGNED.start()));
        prop_assert!(bytes == original || outcome.is_err());
    }
}

/// Every single bit of header, signature and body, for both kinds of stamp.
#[test]
fn no_flipped_bit_survives() {
    let known = known();
    for header in [header(), change()] {
        let bytes = Envelope::sign(header, b"body".to_vec(), &node()).get().to_bytes();
        let now = SIGNED.start();
        assert!(read(&bytes).and_then(|envelope| envelope.verify(&known, now)).is_ok());
        for at in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            let outcome = read(&flipped).and_then(|envelope| envelope.verify(&known, now));
            assert!(outcome.is_err(), "bit {at} can be flipped");
        }
    }
}

#[test]
fn other_forms_of_the_same_envelope_are_refused() {
    let good = bytes();
    // [header, signature, body]: an array of three in its short form.
    assert_eq!(good[0], 0x83);
    let long_array = [&[0x98, 3], &good[1..]].concat();
    let open_array = [&[0x9f], &good[1..], &[0xff]].concat();
    let tagged = [&[0xd9, 0xd9, 0xf7], &good[..]].concat();
    let trailing = [&good[..], &[0]].concat();
    // The header, a string of between 24 and 255 bytes.
    assert_eq!(good[1], 0x58);
    let (header, rest) = good[3..].split_at(usize::from(good[2]));
    let long_string = [&[0x83, 0x59, 0, good[2]], header, rest].concat();
    let open_string = [&[0x83, 0x5f, 0x58, good[2]], header, &[0xff], rest].concat();
    let text = [&[0x83, 0x78, good[2]], header, rest].concat();
    let forms = [
        ("long array", long_array),
        ("open array", open_array),
        ("tagged", tagged),
        ("trailing", trailing),
        ("long string", long_string),
        ("open string", open_string),
        ("text", text),
    ];
    for (form, bytes) in forms {
        assert_eq!(read(&bytes), Err(Refusal::Malformed), "{form}");
    }
}

#[test]
fn too_large_and_unknown_formats() {
    assert_eq!(read(&vec![0x83; MAX_ENVELOPE + 1]), Err(Refusal::TooLarge));
    let body = vec![0; MAX_ENVELOPE];
    let large = Envelope::sign(header(), body, &node()).into_inner().to_bytes();
    assert_eq!(read(&large), Err(Refusal::TooLarge));
    let mut later = header();
    later.format = 2;
    let later = Envelope::sign(later, vec![], &node()).into_inner().to_bytes();
    assert_eq!(read(&later), Err(Refusal::UnknownFormat));
    assert!(Refusal::UnknownFormat.is_innocent());
    assert!(!Refusal::Forged.is_innocent() && !Refusal::UnsafeBody.is_innocent());
}

#[test]
fn another_body_or_a_later_hour() {
    let known = known();
    let mut envelope = Envelope::sign(header(), b"body".to_vec(), &node()).into_inner();
    envelope.body = b"bodY".to_vec();
    assert_eq!(envelope.verify(&known, SIGNED.start()).map(|_| ()), Err(Refusal::Forged));
    let ahead = |hours: u64| {
        let envelope = Envelope::sign(header(), b"body".to_vec(), &node()).into_inner();
        envelope.verify(&known, Timestamp(SIGNED.start().0 - hours * 3600)).map(|_| ())
    };
    assert_eq!((ahead(24), ahead(25)), (Ok(()), Err(Refusal::Future)));
}
