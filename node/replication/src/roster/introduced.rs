//! Municipalities that are no partners: a confirmed partner's list names them, they merged into
//! one that counts, or they signed something before they left. Each takes a place of a partner that
//! stands for it, so that no partner fills the places of others; whom nobody names any more can be
//! forgotten, once nothing that it signed is held.

use std::collections::BTreeSet;

use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::RootId;

use super::{KeptList, Roster};

/// A place that one of these takes: the partner that stands for it, and whether a list named it then
/// or it merged into one that counts.
pub(super) type Place = (RootId, bool);

/// Such municipalities that are named for whom one partner stands, at most: as many as one list names.
const PLACES: usize = schemas::certificate::MAX_MEMBERS;
/// Such municipalities that are named, in all; with all partners and with those that are not still
/// fewer than one may say it knows.
const MAX_INTRODUCED: usize = 1_200;
/// Those that only signed something: who brings them takes no place of one that is named.
const SIGNER_PLACES: usize = 100;
const MAX_SIGNERS: usize = 400;

impl Roster {
    /// Takes a certificate of a member that a confirmed partner's list names, of one that merged into
    /// such a member or a partner, or of one that may have signed something before it left; whether
    /// it was new. `by` is the partner that brings it, none for this node's own store, and stands for
    /// it where nobody names it. That one merged whom nobody names only its heir has to say, or anybody
    /// could make up what merged into it.
    pub(crate) fn add_introduced(
        &mut self,
        certificate: Verified<NodeCertificate>,
        bytes: Vec<u8>,
        by: Option<RootId>,
    ) -> bool {
        let owner = certificate.get().owner();
        let said = certificate.get().successor.map(|heir| self.keeper(heir));
        let heir = Some(said.unwrap_or_else(|| self.keeper(owner))).filter(|heir| *heir != owner);
        let mut sponsors = self.sponsors(owner, heir);
        let told = || by.is_none_or(|by| heir == Some(by)) || !self.sponsors(owner, None).is_empty();
        let claimed = certificate.get().successor;
        if claimed.is_some() && claimed != self.merged.get(&owner).copied() && !told() {
            return false;
        }
        let is_named = !sponsors.is_empty();
        if !is_named && (heir.is_none() || by.is_none()) {
            sponsors.insert(by.unwrap_or(self.me));
        }
        let known = self.certificates.contains_key(&owner);
        let room = self.certificates.len() < self.confirmed.len() + MAX_INTRODUCED + MAX_SIGNERS;
        // What this node's own store holds found its place before.
        let free = |partner: &RootId| by.is_none() || self.has_place(*partner, is_named);
        let place = sponsors.iter().copied().find(|partner| room && free(partner));
        if !known && place.is_none() || !self.put_certificate(certificate, bytes) {
            return false;
        }
        if let Some(by) = place.filter(|_| !known) {
            self.places.insert(owner, (by, is_named));
        }
        true
    }

    /// Whether one more for whom a partner stands fits.
    fn has_place(&self, partner: RootId, is_named: bool) -> bool {
        let (each, all) = if is_named { (PLACES, MAX_INTRODUCED) } else { (SIGNER_PLACES, MAX_SIGNERS) };
        let taken = self.places.values().filter(|(_, named)| *named == is_named);
        let of_it = taken.clone().filter(|(by, _)| *by == partner).count();
        taken.count() < all && of_it < each
    }

    /// This municipality and partners that stand for `owner`: they name it or its `heir`, are the
    /// heir, or it goes on without this municipality, which merged.
    fn sponsors(&self, owner: RootId, heir: Option<RootId>) -> BTreeSet<RootId> {
        let counts = |kept: &&KeptList| self.is_confirmed(kept.list.owner) && kept.names(self.me);
        let names = |kept: &KeptList, who: RootId| kept.names(who) && !self.removed.contains(&who);
        // Of a partner that was removed it is only checked what it writes in pages of others.
        let stands = |kept: &&KeptList| kept.names(owner) || heir.is_some_and(|heir| names(kept, heir));
        let lists = self.lists.values().filter(counts).filter(stands).map(|kept| kept.list.owner);
        let parted = Some(self.me).filter(|_| self.goes_on_without(owner));
        lists.chain(heir.filter(|heir| self.is_confirmed(*heir))).chain(parted).collect()
    }

    /// Municipalities that are no partners, that no list that counts names, and that merged into
    /// nobody who counts.
    pub(crate) fn unnamed(&self) -> BTreeSet<RootId> {
        let known: BTreeSet<RootId> = self.certificates.keys().chain(self.nodes.values()).copied().collect();
        let fades = |owner: &RootId| {
            let heir = Some(self.keeper(*owner)).filter(|heir| heir != owner);
            !self.is_confirmed(*owner) && self.sponsors(*owner, heir).is_empty()
        };
        known.into_iter().filter(fades).collect()
    }

    /// Forgets one of those, and which nodes were its own.
    pub(crate) fn forget(&mut self, owner: RootId) {
        self.certificates.remove(&owner);
        self.places.remove(&owner);
        self.nodes.retain(|_, by| *by != owner);
        self.lists.retain(|(_, signer), _| *signer != owner);
        self.retired.forget(owner);
        self.merged.remove(&owner);
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use schemas::certificate::CircleList;
    use schemas::ids::{CircleId, NodeKey, RootKey};
    use schemas::time::Hour;

    use super::*;

    struct Town {
        number: u16,
        key: SigningKey,
        certificate: Verified<NodeCertificate>,
        bytes: Vec<u8>,
    }

    fn seed(number: u16, of: u8) -> [u8; 32] {
        let mut seed = [of; 32];
        seed[..2].copy_from_slice(&number.to_be_bytes());
        seed
    }

    impl Town {
        fn new(number: u16) -> Self {
            Self::merged(number, None)
        }

        fn merged(number: u16, successor: Option<RootId>) -> Self {
            let [root, key] = [1, 2].map(|of| SigningKey::from_bytes(&seed(number, of)));
            let bytes = NodeCertificate {
                root: RootKey(root.verifying_key().to_bytes()),
                refnis: "11029".to_owned(),
                kbo: String::new(),
                node: NodeKey(key.verifying_key().to_bytes()),
                serial: 1,
                valid_from: Hour(497_000),
                valid_until: Hour(497_000).plus_days(365),
                retired: Vec::new(),
                successor,
            }
            .sign(&root, &key);
            Self { number, key, certificate: NodeCertificate::verify(&bytes).expect("just signed"), bytes }
        }

        fn id(&self) -> RootId {
            self.certificate.get().owner()
        }

        fn is_let_in(&self, roster: &mut Roster) -> bool {
            roster.add_introduced(self.certificate.clone(), self.bytes.clone(), None)
        }

        fn is_brought_by(&self, by: &Self, roster: &mut Roster) -> bool {
            roster.add_introduced(self.certificate.clone(), self.bytes.clone(), Some(by.id()))
        }

        /// Says in a list that these are members, beside itself.
        fn names(&self, roster: &mut Roster, circle: u8, version: u64, others: &[RootId]) {
            let mut members: Vec<RootId> = others.iter().copied().chain([self.id()]).collect();
            members.sort_unstable();
            let list = CircleList {
                circle: CircleId([circle; 16]),
                owner: self.id(),
                version,
                name: "Zuidrand".to_owned(),
                arrangement: String::new(),
                members,
            };
            let bytes = list.sign(&self.key);
            let list = CircleList::verify(&bytes, &self.certificate).expect("just signed");
            assert!(roster.add_list(list, bytes), "a newer list");
        }
    }

    /// This municipality, and two partners of it.
    fn three() -> (RootId, [Town; 2], Roster) {
        let [me, one, other] = [1, 2, 3].map(Town::new);
        let mut roster = Roster::new(me.certificate.clone(), me.bytes.clone());
        for partner in [&one, &other] {
            assert!(roster.add_certificate(partner.certificate.clone(), partner.bytes.clone()));
        }
        (me.id(), [one, other], roster)
    }

    #[test]
    fn one_partner_fills_only_its_own_places() {
        let (me, [greedy, honest], mut roster) = three();
        let made_up: Vec<Town> = (100..400).map(Town::new).collect();
        for (circle, some) in (1..).zip(made_up.chunks(200)) {
            let named: Vec<RootId> = some.iter().map(Town::id).chain([me]).collect();
            greedy.names(&mut roster, circle, 1, &named);
        }
        let let_in = made_up.iter().filter(|town| town.is_brought_by(&greedy, &mut roster)).count();
        let merged = (500..600).map(|number| Town::merged(number, Some(greedy.id())));
        let let_in = let_in + merged.filter(|town| town.is_brought_by(&greedy, &mut roster)).count();
        assert_eq!(let_in, PLACES);
        // The places are kept when it names others instead.
        let more: Vec<Town> = (600..605).map(Town::new).collect();
        let named: Vec<RootId> = more.iter().map(Town::id).chain([me]).collect();
        greedy.names(&mut roster, 1, 2, &named);
        assert!(!more.iter().any(|town| town.is_brought_by(&greedy, &mut roster)));
        honest.names(&mut roster, 1, 1, &[me, more[0].id()]);
        assert!(more[0].is_brought_by(&greedy, &mut roster) && !more[1].is_brought_by(&greedy, &mut roster));
    }

    #[test]
    fn whom_nobody_names_takes_no_place_of_a_member() {
        let (me, [greedy, honest], mut roster) = three();
        let brings = |by: &Town, numbers: std::ops::Range<u16>, roster: &mut Roster| {
            numbers.map(Town::new).filter(|town| town.is_brought_by(by, roster)).count()
        };
        assert_eq!(brings(&honest, 1_000..1_400, &mut roster), SIGNER_PLACES, "of whatever page of another");
        assert_eq!(brings(&greedy, 1_400..1_800, &mut roster), SIGNER_PLACES);
        let members: Vec<Town> = (100..300).map(Town::new).collect();
        let named: Vec<RootId> = members.iter().map(Town::id).chain([me]).collect();
        honest.names(&mut roster, 1, 1, &named);
        assert!(members.iter().all(|town| town.is_brought_by(&honest, &mut roster)));
        // A start finds all of them again, when nobody names any of them.
        let (_, _, mut again) = three();
        let held: Vec<RootId> = roster.places.keys().copied().collect();
        let more = (2_000..2_300).map(Town::new).filter(|town| town.is_let_in(&mut again)).count();
        let all = (1_000..1_800).chain(100..300).map(Town::new).filter(|town| held.contains(&town.id()));
        assert_eq!(all.filter(|town| !town.is_let_in(&mut again)).count(), 0);
        assert_eq!(again.places.len(), held.len() + more);
    }

    #[test]
    fn one_that_merged_replaces_its_key_by_whoever_brings_that() {
        let (me, [one, other], mut roster) = three();
        let gone = Town::merged(730, Some(Town::new(731).id()));
        one.names(&mut roster, 1, 1, &[me, gone.id()]);
        assert!(gone.is_brought_by(&one, &mut roster));
        one.names(&mut roster, 1, 2, &[me]);
        assert!(roster.unnamed().contains(&gone.id()));
        let root = SigningKey::from_bytes(&seed(gone.number, 1));
        let next = SigningKey::from_bytes(&[9; 32]);
        let claims = gone.certificate.get().clone();
        let (node, retired) = (NodeKey(next.verifying_key().to_bytes()), vec![claims.node]);
        let bytes = NodeCertificate { node, retired, serial: 2, ..claims }.sign(&root, &next);
        let certificate = NodeCertificate::verify(&bytes).expect("just signed");
        assert!(roster.add_introduced(certificate, bytes, Some(other.id())));
        assert_eq!(roster.newest(gone.id()).map(|newest| newest.get().serial), Some(2));
    }

    #[test]
    fn only_its_heir_brings_one_that_merged_and_that_nobody_knows() {
        let (me, [hostile, honest], mut roster) = three();
        for heir in [honest.id(), me] {
            let mut made_up = (700..710).map(|number| Town::merged(number, Some(heir)));
            assert!(!made_up.any(|town| town.is_brought_by(&hostile, &mut roster)), "anybody can make it up");
        }
        // Nor in two steps.
        let [plain, merged] = [Town::new(711), Town::merged(711, Some(honest.id()))];
        assert!(plain.is_brought_by(&hostile, &mut roster) && !merged.is_brought_by(&hostile, &mut roster));
        assert_eq!(roster.keeper(plain.id()), plain.id());
        // This node's own store has what was once taken, also when that heir counts no more.
        let [known, gone] = [Town::new(712), Town::merged(713, Some(Town::new(714).id()))];
        assert!(known.is_let_in(&mut roster) && gone.is_let_in(&mut roster));
        let [known, gone] = [Town::new(720), Town::merged(721, Some(honest.id()))];
        assert!(gone.is_brought_by(&honest, &mut roster));
        honest.names(&mut roster, 1, 1, &[me, known.id()]);
        assert!(known.is_brought_by(&hostile, &mut roster), "whoever brings a member that is named");
    }

    #[test]
    fn whom_nobody_names_any_more_is_forgotten_and_its_place_is_free() {
        let (me, [one, other], mut roster) = three();
        let [town, heir, gone] = [Town::new(10), Town::new(11), Town::merged(12, Some(Town::new(11).id()))];
        one.names(&mut roster, 1, 1, &[me, town.id()]);
        other.names(&mut roster, 1, 1, &[me, heir.id()]);
        assert!([&town, &heir, &gone].iter().all(|one| one.is_let_in(&mut roster)));
        assert_eq!(roster.unnamed(), BTreeSet::new());
        one.names(&mut roster, 1, 2, &[me]);
        assert_eq!(roster.unnamed(), [town.id()].into(), "partners and those who merged into a member count");
        other.names(&mut roster, 1, 2, &[me]);
        assert_eq!(roster.unnamed(), [town.id(), heir.id(), gone.id()].into());
        for owner in roster.unnamed() {
            roster.forget(owner);
        }
        assert_eq!((roster.unnamed().len(), roster.places.len(), roster.certificates.len()), (0, 0, 3));
        one.names(&mut roster, 1, 3, &[me, town.id()]);
        assert!(town.is_let_in(&mut roster), "as the first time");
        // A partner that was removed is forgotten too, and frees its places.
        roster.remove(one.id());
        assert_eq!(roster.unnamed(), [one.id(), town.id()].into());
        assert_eq!(roster.places.len(), 0);
    }
}
