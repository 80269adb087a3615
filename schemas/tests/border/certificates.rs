//! Who may sign for a municipality, and for how long.

use ed25519_dalek::SigningKey;
use minicbor::bytes::{ByteArray, ByteVec};
use proptest::prelude::*;
use schemas::certificate::{CertificateError, CircleList, MAX_MEMBERS, MAX_RETIRED, MAX_SERIAL, NodeCertificate};
use schemas::envelope::{Envelope, Refusal};
use schemas::ids::{NodeKey, RootId, RootKey};
use schemas::note::{MAX_DOCUMENTS, Note, Said};
use schemas::time::{Hour, Timestamp};

use crate::samples::{SIGNED, certificate, header, list, node, root};

fn verified(change: impl FnOnce(&mut NodeCertificate)) -> Result<NodeCertificate, CertificateError> {
    let mut changed = certificate();
    change(&mut changed);
    NodeCertificate::verify(&changed.sign(&root(), &node())).map(schemas::Verified::into_inner)
}

#[test]
fn a_certificate_comes_back() {
    assert_eq!(verified(|_| {}), Ok(certificate()));
    assert_eq!(verified(|c| c.kbo.clear()).map(|c| c.kbo), Ok(String::new()));
    // Borsbeek merged; its code is still taken, with a remark elsewhere.
    assert!(verified(|c| c.refnis = "11007".to_owned()).is_ok());
}

#[test]
fn claims_that_cannot_be() {
    for refnis in ["99999", "1102", "", "11029 "] {
        assert_eq!(verified(|c| c.refnis = refnis.to_owned()), Err(CertificateError::Claim), "{refnis}");
    }
    for kbo in ["0207463995", "0207.463.994", "x"] {
        assert_eq!(verified(|c| c.kbo = kbo.to_owned()), Err(CertificateError::Claim), "{kbo}");
    }
    for until in [Hour(SIGNED.0 - 1), SIGNED.plus_days(366)] {
        assert_eq!(verified(|c| c.valid_until = until), Err(CertificateError::Claim));
    }
    let many = vec![NodeKey([1; 32]); MAX_RETIRED + 1];
    assert_eq!(verified(|c| c.retired = many), Err(CertificateError::Limit));
    assert_eq!(verified(|c| c.serial = MAX_SERIAL + 1), Err(CertificateError::Limit), "no store could keep it");
    assert!(verified(|c| c.serial = MAX_SERIAL).is_ok());
    assert!(matches!(NodeCertificate::verify(&[0; 20_000]), Err(CertificateError::Limit)));
}

#[test]
fn the_last_word_of_a_municipality_names_who_comes_after_it() {
    let heir = RootId([9; 32]);
    assert_eq!(verified(|c| c.successor = Some(heir)).map(|c| c.successor), Ok(Some(heir)));
    let itself = certificate().owner();
    assert_eq!(verified(|c| c.successor = Some(itself)), Err(CertificateError::Claim));
    // Whoever did not merge signs what it always signed: a list of eight.
    // A list of two, the first of them a string of bytes with its length in one byte or two.
    let length = |signed: Vec<u8>| signed.get(if signed[1] == 0x58 { 3 } else { 4 }).copied();
    let merged = NodeCertificate { successor: Some(heir), ..certificate() };
    assert_eq!(length(certificate().sign(&root(), &node())), Some(0x88));
    assert_eq!(length(merged.sign(&root(), &node())), Some(0x89));
    assert!(merged.sign(&root(), &node()).len() < 700, "fits a request beside addresses");
}

#[test]
fn another_root_cannot_sign() {
    let other = SigningKey::from_bytes(&[3; 32]);
    let refused = Err(CertificateError::Signature);
    assert_eq!(NodeCertificate::verify(&certificate().sign(&other, &node())).map(|c| c.into_inner()), refused);
    // The node cannot extend its own certificate.
    assert_eq!(NodeCertificate::verify(&certificate().sign(&node(), &node())).map(|c| c.into_inner()), refused);
    let owner = certificate().owner();
    let theirs = NodeCertificate { root: RootKey(other.verifying_key().to_bytes()), ..certificate() };
    assert_ne!(theirs.owner(), owner, "another root is another owner");
}

#[test]
fn a_key_is_certified_by_nobody_who_only_saw_it() {
    // Another municipality takes the node's key for its own, and so says its root.
    let other = SigningKey::from_bytes(&[3; 32]);
    let claim = NodeCertificate { root: RootKey(other.verifying_key().to_bytes()), ..certificate() };
    for signer in [&other, &root()] {
        let bytes = claim.sign(&other, signer);
        assert_eq!(NodeCertificate::verify(&bytes).map(|c| c.into_inner()), Err(CertificateError::Signature));
    }
    // What the node signed of its own certificate says nothing about the other's.
    let (_, signatures) = parts(&certificate().sign(&root(), &node()));
    let (payload, by_other) = parts(&claim.sign(&other, &other));
    let mixed = minicbor::to_vec((payload.clone(), by_other[0], signatures[1])).expect("a Vec takes all");
    assert!(matches!(NodeCertificate::verify(&mixed), Err(CertificateError::Signature)));
    let swapped = minicbor::to_vec((payload.clone(), by_other[1], by_other[0])).expect("a Vec takes all");
    assert!(matches!(NodeCertificate::verify(&swapped), Err(CertificateError::Signature)));
    let alone = minicbor::to_vec((payload, by_other[0])).expect("a Vec takes all");
    assert!(matches!(NodeCertificate::verify(&alone), Err(CertificateError::Malformed)));
    assert!(NodeCertificate::verify(&claim.sign(&other, &node())).is_ok(), "who has both keys may");
}

fn parts(bytes: &[u8]) -> (ByteVec, [ByteArray<64>; 2]) {
    let (payload, by_root, by_node) = minicbor::decode(bytes).expect("a signed certificate");
    (payload, [by_root, by_node])
}

#[test]
fn a_list_is_no_certificate() {
    // The domains differ: what was signed as one cannot be read as the other.
    let signed = list().sign(&root());
    assert!(NodeCertificate::verify(&signed).is_err());
}

#[test]
fn signatures_count_from_the_first_hour_to_the_last() {
    let signed = |at: Hour| {
        let mut header = header();
        header.signed_at = at;
        let envelope = Envelope::sign(header, b"body".to_vec(), &node()).into_inner();
        let certificate = NodeCertificate::verify(&certificate().sign(&root(), &node())).expect("holds");
        envelope.verify(&certificate, Timestamp(u64::from(at.0) * 3600)).map(|_| ())
    };
    assert_eq!(signed(Hour(SIGNED.0 - 1)), Err(Refusal::CertificateExpired), "not yet valid");
    assert_eq!(signed(SIGNED), Ok(()));
    assert_eq!(signed(SIGNED.plus_days(365)), Ok(()));
    assert_eq!(signed(Hour(SIGNED.plus_days(365).0 + 1)), Err(Refusal::CertificateExpired), "expired");
}

#[test]
fn another_node_under_the_same_root_is_another_author() {
    let other = SigningKey::from_bytes(&[8; 32]);
    let swapped = NodeCertificate { node: NodeKey(other.verifying_key().to_bytes()), ..certificate() };
    let swapped = NodeCertificate::verify(&swapped.sign(&root(), &other)).expect("both signed it");
    let envelope = Envelope::sign(header(), b"body".to_vec(), &node()).into_inner();
    assert_eq!(envelope.verify(&swapped, SIGNED.start()).map(|_| ()), Err(Refusal::UnknownAuthor));
    assert!(matches!(CircleList::verify(&list().sign(&node()), &swapped), Err(CertificateError::Signature)));
}

#[test]
fn lists_that_cannot_be() {
    let certificate = NodeCertificate::verify(&certificate().sign(&root(), &node())).expect("holds");
    let verified = |change: &dyn Fn(&mut CircleList)| {
        let mut changed = list();
        change(&mut changed);
        CircleList::verify(&changed.sign(&node()), &certificate).map(|list| list.into_inner())
    };
    assert_eq!(verified(&|_| {}), Ok(list()));
    assert_eq!(verified(&|l| l.owner = RootId([9; 32])), Err(CertificateError::Signature));
    assert_eq!(verified(&|l| l.members.reverse()), Err(CertificateError::Members));
    assert_eq!(verified(&|l| l.members = vec![l.owner, l.owner]), Err(CertificateError::Members));
    assert_eq!(verified(&|l| l.members = vec![RootId([9; 32])]), Err(CertificateError::Members));
    assert_eq!(verified(&|l| l.name = "x".repeat(201)), Err(CertificateError::Limit));
    assert_eq!(verified(&|l| l.arrangement = "85.07.30-033.28".to_owned()), Err(CertificateError::Limit));
    let many = |l: &mut CircleList| {
        l.members = (0..=MAX_MEMBERS as u16)
            .map(|n| {
                RootId([[n.to_be_bytes()[0]; 16], [n.to_be_bytes()[1]; 16]].concat().try_into().expect("32 bytes"))
            })
            .collect();
    };
    assert_eq!(verified(&many), Err(CertificateError::Limit));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_flipped_bit_survives(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let good = NodeCertificate::verify(&certificate().sign(&root(), &node())).expect("holds");
        let mut bytes = certificate().sign(&root(), &node());
        let place = at.index(bytes.len());
        bytes[place] ^= 1 << bit;
        prop_assert!(NodeCertificate::verify(&bytes).is_err());
        let mut bytes = list().sign(&node());
        let place = at.index(bytes.len());
        bytes[place] ^= 1 << bit;
        prop_assert!(CircleList::verify(&bytes, &good).is_err());
    }

    #[test]
    fn noise_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let good = NodeCertificate::verify(&certificate().sign(&root(), &node())).expect("holds");
        prop_assert!(NodeCertificate::verify(&bytes).is_err());
        prop_assert!(CircleList::verify(&bytes, &good).is_err());
    }
}

#[test]
fn a_note_is_its_signers_and_nobody_elses() {
    let certificate = NodeCertificate::verify(&certificate().sign(&root(), &node())).expect("just signed");
    let (from, to) = (certificate.get().owner(), RootId([7; 32]));
    let note =
        |count: usize| Note { from, to, at: SIGNED, said: Said::Erased(vec![schemas::DocumentId([4; 16]); count]) };
    let bytes = note(2).sign(&node());
    assert_eq!(Note::verify(&bytes, &certificate).expect("signed").get(), &note(2));
    let other = SigningKey::from_bytes(&[3; 32]);
    assert!(Note::verify(&note(2).sign(&other), &certificate).is_err(), "another key");
    let forged = Note { from: to, to: from, ..note(1) };
    assert!(Note::verify(&forged.sign(&node()), &certificate).is_err(), "in another's name");
    assert!(Note::verify(&note(MAX_DOCUMENTS).sign(&node()), &certificate).is_ok());
    assert!(Note::verify(&note(MAX_DOCUMENTS + 1).sign(&node()), &certificate).is_err(), "over the limit");
    let mut bent = bytes.clone();
    for at in 0..bytes.len() {
        bent[at] ^= 1;
        assert!(Note::verify(&bent, &certificate).is_err(), "byte {at}");
        bent[at] ^= 1;
    }
    assert!(CircleList::verify(&bytes, &certificate).is_err(), "a note is no list");
}
