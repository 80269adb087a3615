//! The certificates that are kept of one municipality, and which of them counts most: the same
//! in the core and in the store, whatever the order in which they come.
//!
//! A root that signs two under one serial is careless or hostile. Both are kept, so that what
//! either covers stays valid and what either retires is retired, everywhere; which of them is the
//! newer nobody chooses by what came first. It must never depend on when a certificate arrived.

use std::cmp::Reverse;

use schemas::certificate::{NodeCertificate, Verified};
use schemas::envelope::Signer;
use schemas::ids::{NodeKey, RootId};

use crate::frames::short_digest;

/// Certificates kept of one municipality: what an earlier one covered stays valid.
pub const MAX_CERTIFICATES: usize = 8;

/// A certificate as it was signed.
pub struct KeptCertificate {
    signer: Signer,
    bytes: Vec<u8>,
}

impl KeptCertificate {
    /// What it says.
    pub fn get(&self) -> &NodeCertificate {
        self.signer.certificate().get()
    }

    /// Its signer, ready to check envelopes.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// As signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Orders the certificates of one root: the highest serial is the newest. Under one serial it is
/// the one that retires most keys, so that nobody gets a retired key back by showing the other;
/// else the one with the lowest bytes. The signatures are no part of it: the node can make many.
fn rank(certificate: &NodeCertificate) -> (u64, usize, Reverse<Vec<u8>>) {
    (certificate.serial, certificate.retired.len(), Reverse(claims(certificate)))
}

/// REFNIS and KBO.
fn who(certificate: &NodeCertificate) -> (&str, &str) {
    (&certificate.refnis, &certificate.kbo)
}

fn claims(certificate: &NodeCertificate) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = minicbor::encode(certificate, &mut bytes);
    bytes
}

/// Whether `one` takes the place of `other`, of the same root.
pub fn follows(one: &NodeCertificate, other: &NodeCertificate) -> bool {
    rank(one) > rank(other)
}

/// The certificates of one municipality, the newest last.
#[derive(Default)]
pub struct Certificates {
    kept: Vec<KeptCertificate>,
    digest: [u8; 16],
    /// REFNIS and KBO as they were compared by phone; none of one that is no partner.
    who: Option<(String, String)>,
}

/// Where a certificate has its place among those that are kept.
struct Place {
    at: usize,
    /// Which goes for it, counted with it in its place.
    out: Option<usize>,
}

impl Certificates {
    /// Takes a certificate of the same root as those before; whether it was new and stays. The
    /// oldest goes when there are too many, but never the first word of a merger.
    pub fn take(&mut self, certificate: Verified<NodeCertificate>, bytes: Vec<u8>) -> bool {
        let Some(Place { at, out }) = self.place(certificate.get()) else { return false };
        self.kept.insert(at, KeptCertificate { signer: Signer::new(certificate), bytes });
        if let Some(out) = out {
            self.kept.remove(out);
        }
        self.digest_anew();
        true
    }

    /// Whether an older one has to go for it.
    pub fn pushes_out(&self, certificate: &NodeCertificate) -> bool {
        self.place(certificate).is_some_and(|place| place.out.is_some())
    }

    /// Its place; none when it is not taken.
    fn place(&self, claimed: &NodeCertificate) -> Option<Place> {
        let is_another = self.who.as_ref().is_some_and(|(refnis, kbo)| (refnis.as_str(), kbo.as_str()) != who(claimed));
        if is_another || self.kept.iter().any(|kept| kept.get() == claimed) {
            return None;
        }
        let at = self.kept.partition_point(|kept| follows(claimed, kept.get()));
        if !self.is_full() {
            return Some(Place { at, out: None });
        }
        let oldest = if at == 0 { Some(claimed) } else { self.kept.first().map(KeptCertificate::get) };
        let out = usize::from(oldest.is_some_and(|oldest| oldest.successor.is_some()));
        (out != at).then_some(Place { at, out: Some(out) })
    }

    /// From now on only what names these is kept: who it is was compared by phone, once. What a
    /// root says of itself before that is kept whatever it says, so that nothing depends on what
    /// came first. Whether something went.
    pub fn confirm(&mut self, refnis: &str, kbo: &str) -> bool {
        if self.who.is_some() {
            return false;
        }
        self.who = Some((refnis.to_owned(), kbo.to_owned()));
        let before = self.kept.len();
        self.kept.retain(|kept| who(kept.get()) == (refnis, kbo));
        self.digest_anew();
        self.kept.len() < before
    }

    /// It is no partner any more.
    pub(crate) fn unconfirm(&mut self) {
        self.who = None;
    }

    fn digest_anew(&mut self) {
        let all: Vec<u8> = self.kept.iter().flat_map(|kept| claims(kept.get())).collect();
        self.digest = short_digest(&all);
    }

    /// Whether the next one pushes out another.
    pub fn is_full(&self) -> bool {
        self.kept.len() >= MAX_CERTIFICATES
    }

    /// Those that are kept, the newest last.
    pub fn iter(&self) -> std::slice::Iter<'_, KeptCertificate> {
        self.kept.iter()
    }

    /// The one that counts most.
    pub fn newest(&self) -> Option<&Verified<NodeCertificate>> {
        self.kept.last().map(|kept| kept.signer.certificate())
    }

    /// The municipality into which it merged. The first word is the last.
    pub fn successor(&self) -> Option<RootId> {
        self.kept.iter().find_map(|kept| kept.get().successor)
    }

    /// The first of which everything is retired that the newest retires: a renewal begins nothing anew.
    pub(crate) fn retires_since(&self) -> Option<&NodeCertificate> {
        let newest = self.kept.last()?.get();
        let as_much = |one: &&NodeCertificate| newest.retired.iter().all(|key| one.retired.contains(key));
        self.kept.iter().map(KeptCertificate::get).find(as_much)
    }

    /// Every key that is retired.
    pub fn retired(&self) -> impl Iterator<Item = NodeKey> {
        self.kept.iter().flat_map(|kept| kept.get().retired.iter().copied())
    }

    /// The newest serial under which the root signed two.
    pub fn doubled(&self) -> Option<u64> {
        let serials = self.kept.windows(2).map(|pair| (pair[0].get().serial, pair[1].get().serial));
        serials.rev().find_map(|(one, other)| (one == other).then_some(one))
    }

    /// Digest of what they say.
    pub(crate) fn digest(&self) -> [u8; 16] {
        self.digest
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use proptest::prelude::*;
    use schemas::ids::RootKey;
    use schemas::time::Hour;

    use super::*;

    fn key(number: u8) -> SigningKey {
        SigningKey::from_bytes(&[number; 32])
    }

    fn node(number: u8) -> NodeKey {
        NodeKey(key(number).verifying_key().to_bytes())
    }

    fn certificate(serial: u64, by: u8, retired: &[u8], successor: Option<u8>) -> Verified<NodeCertificate> {
        of("11029", serial, by, retired, successor)
    }

    fn of(refnis: &str, serial: u64, by: u8, retired: &[u8], successor: Option<u8>) -> Verified<NodeCertificate> {
        let claims = NodeCertificate {
            root: RootKey(key(1).verifying_key().to_bytes()),
            refnis: refnis.to_owned(),
            kbo: String::new(),
            node: node(by),
            serial,
            valid_from: Hour(497_000),
            valid_until: Hour(497_000).plus_days(365),
            retired: retired.iter().copied().map(node).collect(),
            successor: successor.map(|number| RootId([number; 32])),
        };
        NodeCertificate::verify(&claims.sign(&key(1), &key(by))).expect("just signed")
    }

    fn taken(all: impl IntoIterator<Item = Verified<NodeCertificate>>) -> Certificates {
        let mut certificates = Certificates::default();
        for certificate in all {
            certificates.take(certificate, Vec::new());
        }
        certificates
    }

    fn kept(certificates: &Certificates) -> Vec<&NodeCertificate> {
        certificates.iter().map(KeptCertificate::get).collect()
    }

    /// What a root may sign, under two names.
    fn signed() -> impl Strategy<Value = Vec<Verified<NodeCertificate>>> {
        let one = (0..2_usize, 1_u64..6, 2_u8..6, 0_u8..3, 0_u8..4);
        let certificate = one.prop_map(|(name, serial, by, retired, heir)| {
            let retired: Vec<u8> = (0..retired).map(|number| 20 + by + number).collect();
            of(NAMES[name], serial, by, &retired, (heir > 1).then_some(heir))
        });
        proptest::collection::vec(certificate, 1..24)
    }

    const NAMES: [&str; 2] = ["11029", "11007"];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn they_are_the_same_in_whatever_order_they_come(
            (one, other) in signed().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
            compared in any::<bool>(),
        ) {
            let taken = |all: Vec<Verified<NodeCertificate>>| {
                let mut certificates = Certificates::default();
                if compared {
                    certificates.confirm(NAMES[0], "");
                }
                for certificate in all {
                    certificates.take(certificate, Vec::new());
                }
                certificates
            };
            let (one, other) = (taken(one), taken(other));
            prop_assert_eq!(kept(&one), kept(&other));
            prop_assert!(!compared || one.iter().all(|kept| kept.get().refnis == NAMES[0]));
            prop_assert_eq!(one.digest(), other.digest());
            prop_assert_eq!(one.successor(), other.successor());
            // A start anew on what was kept changes nothing.
            let again = taken(one.iter().rev().map(|kept| kept.signer().certificate().clone()).collect());
            prop_assert_eq!(kept(&one), kept(&again));
        }

        #[test]
        fn what_would_push_out_another_does(all in signed(), compared in any::<bool>()) {
            let mut certificates = Certificates::default();
            if compared {
                certificates.confirm(NAMES[0], "");
            }
            for certificate in all {
                let before = certificates.iter().count();
                let would = certificates.pushes_out(certificate.get());
                let taken = certificates.take(certificate, Vec::new());
                prop_assert_eq!(would, taken && certificates.iter().count() == before);
            }
        }
    }

    #[test]
    fn who_was_compared_is_who_it_stays_until_it_is_no_partner() {
        let [one, other] = NAMES.map(|name| of(name, 3, 3, &[], None));
        for all in [[&one, &other], [&other, &one]] {
            let mut certificates = taken(all.map(Clone::clone));
            assert_eq!(certificates.iter().count(), 2, "whatever it says of itself before");
            assert!(certificates.confirm(NAMES[0], ""));
            assert_eq!(kept(&certificates), [one.get()]);
            assert!(!certificates.confirm(NAMES[1], "") && !certificates.take(other.clone(), Vec::new()), "once");
            assert_eq!(certificates.digest(), taken([one.clone()]).digest());
            certificates.unconfirm();
            assert!(certificates.take(other.clone(), Vec::new()));
        }
    }

    #[test]
    fn the_one_that_retires_a_key_counts_whatever_its_bytes() {
        let (renewed, rotated) = (certificate(2, 3, &[], None), certificate(2, 4, &[3], None));
        for all in [[&renewed, &rotated], [&rotated, &renewed]] {
            let both = taken(all.map(Clone::clone));
            assert_eq!(both.newest(), Some(&rotated));
            assert_eq!(both.retired().collect::<Vec<_>>(), [node(3)]);
            assert_eq!((both.iter().count(), both.doubled()), (2, Some(2)));
        }
        assert_eq!(taken([certificate(1, 3, &[], None), renewed]).doubled(), None);
    }

    #[test]
    fn the_first_word_of_a_merger_stays_and_is_never_too_late() {
        let later = |from: u64| (from..from + 12).map(|serial| certificate(serial, 3, &[], None));
        let word = || certificate(2, 3, &[], Some(9));
        let [early, late] = [taken([word()].into_iter().chain(later(3))), taken(later(3).chain([word()]))];
        assert_eq!(kept(&early), kept(&late));
        assert_eq!((early.successor(), early.iter().count()), (Some(RootId([9; 32])), MAX_CERTIFICATES));
        let mut full = taken(later(3));
        assert!(full.pushes_out(word().get()) && full.pushes_out(certificate(30, 3, &[], None).get()));
        assert!(!full.take(certificate(2, 3, &[], None), Vec::new()), "too old");
    }

    #[test]
    fn another_signature_over_the_same_makes_no_other_certificate() {
        let (first, second) = (certificate(2, 3, &[], None), certificate(2, 3, &[], None));
        let mut certificates = taken([first]);
        let digest = certificates.digest();
        assert!(!certificates.take(second, vec![7]));
        assert_eq!(certificates.digest(), digest);
    }
}
