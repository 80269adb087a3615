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
}

impl Certificates {
    /// Takes a certificate of the same root as those before; whether it was new and stays. The
    /// oldest goes when there are too many, but never the first word of a merger.
    pub fn take(&mut self, certificate: Verified<NodeCertificate>, bytes: Vec<u8>) -> bool {
        let claimed = certificate.get().clone();
        // Who it is was compared by phone, once.
        let another = |kept: &KeptCertificate| (&kept.get().refnis, &kept.get().kbo) != (&claimed.refnis, &claimed.kbo);
        if self.holds(&claimed) || self.kept.first().is_some_and(another) {
            return false;
        }
        let at = self.kept.partition_point(|kept| follows(&claimed, kept.get()));
        self.kept.insert(at, KeptCertificate { signer: Signer::new(certificate), bytes });
        if self.kept.len() > MAX_CERTIFICATES {
            let word = self.kept.iter().position(|kept| kept.get().successor.is_some());
            let out = usize::from(word == Some(0));
            self.kept.remove(out);
            if out == at {
                return false;
            }
        }
        let all: Vec<u8> = self.kept.iter().flat_map(|kept| claims(kept.get())).collect();
        self.digest = short_digest(&all);
        true
    }

    fn holds(&self, claimed: &NodeCertificate) -> bool {
        self.kept.iter().any(|kept| kept.get() == claimed)
    }

    /// Whether an older one would have to go for it.
    pub fn pushes_out(&self, certificate: &NodeCertificate) -> bool {
        let newer = || self.kept.first().is_some_and(|oldest| follows(certificate, oldest.get()));
        self.is_full() && !self.holds(certificate) && (certificate.successor.is_some() || newer())
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
        let claims = NodeCertificate {
            root: RootKey(key(1).verifying_key().to_bytes()),
            refnis: "11029".to_owned(),
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn they_are_the_same_in_whatever_order_they_come(
            (one, other) in proptest::collection::vec((1_u64..6, 2_u8..6, 0_u8..3, 0_u8..4), 1..24).prop_flat_map(|all| {
                let all: Vec<_> = all
                    .into_iter()
                    .map(|(serial, by, retired, heir)| {
                        let retired: Vec<u8> = (0..retired).map(|number| 20 + by + number).collect();
                        certificate(serial, by, &retired, (heir > 1).then_some(heir))
                    })
                    .collect();
                (Just(all.clone()), Just(all).prop_shuffle())
            }),
        ) {
            let (one, other) = (taken(one), taken(other));
            prop_assert_eq!(kept(&one), kept(&other));
            prop_assert_eq!(one.digest(), other.digest());
            prop_assert_eq!(one.successor(), other.successor());
            // A start anew on what was kept changes nothing.
            let again = taken(one.iter().rev().map(|kept| kept.signer().certificate().clone()));
            prop_assert_eq!(kept(&one), kept(&again));
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
