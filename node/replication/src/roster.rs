//! Who is known: certificates of this node and its confirmed partners, and the newest list of
//! every member of every circle. Says who may receive what; never who is trusted.

mod introduced;

use std::collections::{BTreeMap, BTreeSet};

use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::{Envelope, Refusal};
use schemas::ids::{CircleId, NodeKey, RootId};
use schemas::time::{Hour, Timestamp};

use crate::certificates::Certificates;
use crate::frames::{Knowledge, Known, KnownOwner, MAX_KNOWN, Paper};
use crate::greeting::{certificate_paper, list_paper};
use crate::retire::Retired;

/// Mergers that are followed from one municipality to the next.
const MAX_MERGERS: usize = 8;
/// Circles of which lists of one municipality are kept.
const MAX_CIRCLES: usize = 64;

/// A list as it was signed.
pub(crate) struct KeptList {
    pub(crate) list: CircleList,
    pub(crate) bytes: Vec<u8>,
}

impl KeptList {
    fn names(&self, who: RootId) -> bool {
        self.list.members.binary_search(&who).is_ok()
    }
}

/// Certificates and lists.
pub(crate) struct Roster {
    me: RootId,
    /// This municipality and its partners.
    confirmed: BTreeSet<RootId>,
    /// Partners that were removed: nobody introduces them again.
    removed: BTreeSet<RootId>,
    certificates: BTreeMap<RootId, Certificates>,
    /// Whose place each municipality takes that is no partner.
    places: BTreeMap<RootId, introduced::Place>,
    /// Whose node a key is: each signed a certificate of its own.
    nodes: BTreeMap<NodeKey, RootId>,
    retired: Retired,
    /// Municipalities that merged into another, by what their roots said.
    merged: BTreeMap<RootId, RootId>,
    pairs: BTreeMap<CircleId, RootId>,
    lists: BTreeMap<(CircleId, RootId), KeptList>,
}

impl Roster {
    pub(crate) fn new(own: Verified<NodeCertificate>, bytes: Vec<u8>) -> Self {
        let me = own.get().owner();
        let mut roster = Self {
            me,
            confirmed: BTreeSet::new(),
            removed: BTreeSet::new(),
            certificates: BTreeMap::new(),
            places: BTreeMap::new(),
            nodes: BTreeMap::new(),
            retired: Retired::default(),
            merged: BTreeMap::new(),
            pairs: BTreeMap::new(),
            lists: BTreeMap::new(),
        };
        roster.add_certificate(own, bytes);
        roster
    }

    /// Takes a certificate of this municipality or of a confirmed partner; whether it was new.
    pub(crate) fn add_certificate(&mut self, certificate: Verified<NodeCertificate>, bytes: Vec<u8>) -> bool {
        let owner = certificate.get().owner();
        self.removed.remove(&owner);
        let confirmed = self.confirmed.insert(owner);
        self.places.remove(&owner);
        if owner != self.me {
            self.pairs.insert(CircleId::pair(self.me, owner), owner);
        }
        self.put_certificate(certificate, bytes) || confirmed
    }

    /// Whether an older certificate of its owner would have to go for it.
    pub(crate) fn pushes_out(&self, certificate: &NodeCertificate) -> bool {
        self.certificates.get(&certificate.owner()).is_some_and(|known| known.pushes_out(certificate))
    }

    /// The newest serial under which `owner` signed two certificates.
    pub(crate) fn doubled(&self, owner: RootId) -> Option<u64> {
        self.certificates.get(&owner)?.doubled()
    }

    /// Takes from a kept certificate whose node it is: what a partner wrote before it left keeps
    /// its author.
    pub(crate) fn note_author(&mut self, certificate: &NodeCertificate) {
        self.nodes.entry(certificate.node).or_insert_with(|| certificate.owner());
    }

    fn put_certificate(&mut self, certificate: Verified<NodeCertificate>, bytes: Vec<u8>) -> bool {
        let (owner, node) = (certificate.get().owner(), certificate.get().node);
        // A key is its first owner's: whoever stole it can sign with it too. What says so is not
        // even kept, or it might be read first at the next start.
        if self.nodes.get(&node).is_some_and(|first| *first != owner) {
            return false;
        }
        let known = self.certificates.entry(owner).or_default();
        let (before, full) = (known.newest().map(|newest| newest.get().node), known.is_full());
        let claimed = certificate.get();
        let dropped = self.confirmed.contains(&owner) && known.confirm(&claimed.refnis, &claimed.kbo);
        let taken = known.take(certificate, bytes);
        if !taken && !dropped {
            return false;
        }
        match known.successor() {
            Some(successor) => self.merged.insert(owner, successor),
            None => self.merged.remove(&owner),
        };
        if let Some(newest) = known.newest()
            && before.is_some_and(|before| before != newest.get().node)
        {
            // What the municipality stands by is signed anew; what a thief said is not.
            let holds = |kept: &KeptList| CircleList::verify(&kept.bytes, newest).is_ok();
            self.lists.retain(|(_, signer), kept| *signer != owner || holds(kept));
        }
        if full || dropped {
            let kept: BTreeSet<NodeKey> = known.iter().map(|kept| kept.get().node).collect();
            self.nodes.retain(|node, by| *by != owner || kept.contains(node));
        }
        if taken {
            self.nodes.insert(node, owner);
        }
        self.retired.set(owner, known.retired().collect());
        self.tell_retired(owner);
        true
    }

    /// Tells which keys of its own an owner retired. Of a key that nobody showed to be its own
    /// nothing is held.
    fn tell_retired(&mut self, owner: RootId) {
        let own = |node: &NodeKey| self.nodes.get(node) == Some(&owner);
        let retired: Vec<NodeKey> = self.retired.of(owner).filter(own).collect();
        self.retired.tell(owner, retired);
    }

    /// Keys of before with which `owner` wrote, as it says: none of them somebody else's.
    pub(crate) fn earlier_keys(&self, owner: RootId) -> Vec<NodeKey> {
        let others = |node: &NodeKey| self.nodes.get(node).is_some_and(|first| *first != owner);
        self.retired.of(owner).filter(|node| !others(node)).collect()
    }

    /// Whether it was newer than what is known, of a known owner that names itself, in a circle
    /// for which that one counts.
    pub(crate) fn add_list(&mut self, list: Verified<CircleList>, bytes: Vec<u8>) -> bool {
        let list = list.into_inner();
        let at = (list.circle, list.owner);
        let newer = self.lists.get(&at).is_none_or(|known| known.list.version < list.version);
        let circles = self.lists.keys().filter(|(_, owner)| *owner == list.owner).count();
        let room = self.lists.contains_key(&at) || circles < MAX_CIRCLES && self.lists.len() < MAX_KNOWN;
        let counts = self.is_confirmed(list.owner) || self.is_vouched(list.circle, list.owner);
        let fits = counts && list.members.contains(&list.owner) && !self.is_pair(list.circle);
        if newer && room && fits {
            self.lists.insert(at, KeptList { list, bytes });
            return true;
        }
        false
    }

    /// Forgets what a partner said of who is in. Its certificates stay: what it wrote in pages of
    /// others is checked by them, for as long as their owners let it write.
    pub(crate) fn remove(&mut self, partner: RootId) {
        self.confirmed.remove(&partner);
        self.removed.insert(partner);
        if let Some(known) = self.certificates.get_mut(&partner) {
            known.unconfirm();
        }
        self.places.retain(|_, (by, _)| *by != partner);
        self.pairs.retain(|_, other| *other != partner);
        self.lists.retain(|(_, owner), _| *owner != partner);
    }

    /// Whether these very bytes are held: then nothing needs to be verified.
    pub(crate) fn holds_certificate(&self, bytes: &[u8]) -> bool {
        self.certificates.values().flat_map(Certificates::iter).any(|kept| kept.bytes() == bytes)
    }

    pub(crate) fn holds_list(&self, owner: RootId, bytes: &[u8]) -> bool {
        self.lists.iter().any(|((_, signer), kept)| *signer == owner && kept.bytes == bytes)
    }

    /// The newest list of `owner`, as it was signed.
    pub(crate) fn list_bytes(&self, circle: CircleId, owner: RootId) -> Option<Vec<u8>> {
        self.lists.get(&(circle, owner)).map(|kept| kept.bytes.clone())
    }

    /// Whether these bytes are a list that an earlier key of `owner` signed.
    pub(crate) fn signed_before(&self, owner: RootId, bytes: &[u8]) -> bool {
        let mut all = self.certificates.get(&owner).into_iter().flat_map(Certificates::iter);
        all.any(|kept| CircleList::verify(bytes, kept.signer().certificate()).is_ok())
    }

    /// Whether the word of `owner` counts in the circle, and it has not said yet who is in: it
    /// replaced its key.
    pub(crate) fn is_silent(&self, circle: CircleId, owner: RootId) -> bool {
        self.counts(circle, owner) && !self.lists.contains_key(&(circle, owner))
    }

    /// Whether it is this municipality or a partner.
    pub(crate) fn is_confirmed(&self, owner: RootId) -> bool {
        self.confirmed.contains(&owner)
    }

    /// Whether it was a partner and was removed.
    pub(crate) fn is_removed(&self, owner: RootId) -> bool {
        self.removed.contains(&owner)
    }

    /// Whether this municipality or a partner names it in the circle, beside this municipality.
    fn is_mentioned(&self, circle: CircleId, owner: RootId) -> bool {
        self.lists_of(circle).any(|kept| self.is_confirmed(kept.list.owner) && kept.names(self.me) && kept.names(owner))
    }

    /// The lists of a circle, whether they count or not.
    fn lists_of(&self, circle: CircleId) -> impl Iterator<Item = &KeptList> {
        let from = (circle, RootId([0; 32]));
        self.lists.range(from..).take_while(move |((other, _), _)| *other == circle).map(|(_, kept)| kept)
    }

    /// The same, and its word about who is in counts: it was no partner that was removed.
    fn is_vouched(&self, circle: CircleId, owner: RootId) -> bool {
        !self.removed.contains(&owner) && self.is_mentioned(circle, owner)
    }

    /// Who looks after what `owner` opened: the one it merged into, and so on; else itself.
    pub(crate) fn keeper(&self, owner: RootId) -> RootId {
        let mut keeper = owner;
        for _ in 0..MAX_MERGERS {
            let Some(next) = self.merged.get(&keeper) else { break };
            keeper = *next;
        }
        keeper
    }

    /// Whether it goes on without this municipality, which merged: what it writes in what was
    /// written together is still to be checked, until everybody goes on.
    fn goes_on_without(&self, partner: RootId) -> bool {
        self.removed.contains(&partner) && self.merged.contains_key(&self.me)
    }

    /// Whether `owner` is in the circle by its own right, and not only by what it left to another.
    pub(crate) fn is_member(&self, circle: CircleId, owner: RootId) -> bool {
        self.is_pair(circle) || self.counted(circle, owner).is_some()
    }

    /// The list that says who shares what `owner` opened: that of its keeper, or else its own.
    fn governing(&self, circle: CircleId, owner: RootId) -> Option<&KeptList> {
        self.counted(circle, self.keeper(owner)).or_else(|| self.counted(circle, owner))
    }

    /// The newest list of `owner`, when its word counts in that circle.
    fn counted(&self, circle: CircleId, owner: RootId) -> Option<&KeptList> {
        let kept = self.lists.get(&(circle, owner))?;
        self.counts(circle, owner).then_some(kept)
    }

    /// Whether the word of `owner` about who is in the circle counts.
    fn counts(&self, circle: CircleId, owner: RootId) -> bool {
        self.is_confirmed(owner) || self.is_vouched(circle, owner)
    }

    pub(crate) fn retired(&self) -> &Retired {
        &self.retired
    }

    /// Keys retired since this was asked last, by owner.
    pub(crate) fn newly_retired(&mut self) -> BTreeMap<RootId, Vec<NodeKey>> {
        self.retired.news()
    }

    pub(crate) fn tell_retired_again(&mut self, owner: RootId) {
        self.retired.again(owner);
    }

    pub(crate) fn root_of(&self, node: NodeKey) -> Option<RootId> {
        self.nodes.get(&node).copied()
    }

    /// The newest certificate of `owner`.
    pub(crate) fn newest(&self, owner: RootId) -> Option<&Verified<NodeCertificate>> {
        self.certificates.get(&owner)?.newest()
    }

    /// The certificate by which `owner` first retired what it retires now.
    pub(crate) fn retires_since(&self, owner: RootId) -> Option<&NodeCertificate> {
        self.certificates.get(&owner)?.retires_since()
    }

    /// Whether `owner` has a certificate of the key that it signs with that covers `at`.
    pub(crate) fn covered(&self, owner: RootId, at: Hour) -> bool {
        let Some(all) = self.certificates.get(&owner) else { return false };
        let Some(newest) = all.newest() else { return false };
        all.iter().any(|one| one.get().node == newest.get().node && one.get().covers(at))
    }

    pub(crate) fn is_pair(&self, circle: CircleId) -> bool {
        self.pairs.contains_key(&circle)
    }

    /// The lists that count, and their circles.
    fn counted_lists(&self) -> impl Iterator<Item = (CircleId, &KeptList)> {
        let counted = self.lists.iter().filter(|((circle, owner), _)| self.counts(*circle, *owner));
        counted.map(|((circle, _), kept)| (*circle, kept))
    }

    /// What matters between this node and `partner`: the lists that name both, and the certificates
    /// of those who signed them, of whom the two name themselves, and of the `signers` of what both
    /// are given: one of them may be in the circle no more. Both sides find the same once each has
    /// what the other knows and holds, unless only one of them trusts its signer.
    pub(crate) fn knowledge(&self, partner: RootId, signers: BTreeSet<RootId>) -> Knowledge {
        let both: Vec<(CircleId, &KeptList)> =
            self.counted_lists().filter(|(_, kept)| kept.names(self.me) && kept.names(partner)).collect();
        let known = |(circle, kept): &(CircleId, &KeptList)| Known {
            circle: *circle,
            owner: kept.list.owner,
            version: kept.list.version,
        };
        let lists: BTreeSet<Known> = both.iter().map(known).collect();
        let two = [self.me, partner];
        let own = both.iter().filter(|(_, kept)| two.contains(&kept.list.owner));
        let named = own.flat_map(|(_, kept)| kept.list.members.iter().copied());
        let mut owners = signers;
        owners.extend(lists.iter().map(|known| known.owner).chain(two).chain(named));
        let inherited = self.merged.keys().filter(|gone| owners.contains(&self.keeper(**gone)));
        owners.extend(inherited.copied().collect::<Vec<_>>());
        let certificates = owners.into_iter().filter_map(|owner| self.held_of(owner));
        Knowledge { certificates: certificates.collect(), lists: lists.into_iter().collect() }
    }

    /// Which certificates of `owner` are held; none when there are none.
    pub(crate) fn held_of(&self, owner: RootId) -> Option<KnownOwner> {
        Some(KnownOwner { owner, digest: self.certificates.get(&owner)?.digest() })
    }

    /// What `partner`, who knows `theirs`, lacks of `mine`, and of whom it names itself: this node's own
    /// first, lists after the certificates they rest on.
    pub(crate) fn papers_for(&self, partner: RootId, mine: &Knowledge, theirs: &Knowledge) -> Vec<Paper> {
        let own_first = |owner: &RootId| (*owner != self.me, *owner);
        // It may have been away since one whom nobody names here any more took another key.
        let known = mine.certificates.iter().chain(&theirs.certificates);
        let mut owners: Vec<RootId> = known.map(|known| known.owner).collect();
        owners.sort_unstable_by_key(own_first);
        owners.dedup();
        let knows = |circle: CircleId, owner: RootId| {
            theirs.lists.iter().find(|known| (known.circle, known.owner) == (circle, owner)).map(|known| known.version)
        };
        let mut papers = Vec::new();
        for owner in owners.into_iter().filter(|owner| *owner != partner) {
            if !self.held_of(owner).is_some_and(|held| theirs.certificates.contains(&held)) {
                // The newest is what counts, when not all of them are taken.
                let all = self.certificates.get(&owner).into_iter().flat_map(|all| all.iter().rev());
                papers.extend(all.map(|kept| certificate_paper(kept.bytes())));
            }
            for ((circle, _), kept) in self.lists.iter().filter(|((_, signer), _)| *signer == owner) {
                let known = knows(*circle, owner);
                let matters = mine.lists.iter().any(|list| (list.circle, list.owner) == (*circle, owner));
                // One that was taken out hears it from the owner itself.
                let was_in = known.is_some() && owner == self.me;
                if known.is_none_or(|known| known < kept.list.version) && (matters || was_in) {
                    papers.push(list_paper(owner, &kept.bytes));
                }
            }
        }
        papers
    }

    /// Circles in which this node may share something with `partner`.
    pub(crate) fn circles_with(&self, partner: RootId) -> Vec<CircleId> {
        let listed = self.counted_lists().filter(|(_, kept)| kept.names(self.me) && kept.names(partner));
        let pairs = self.pairs.iter().filter(|(_, other)| **other == partner).map(|(circle, _)| *circle);
        let circles: BTreeSet<CircleId> = listed.map(|(circle, _)| circle).chain(pairs).collect();
        circles.into_iter().collect()
    }

    /// Whether that is one of them.
    pub(crate) fn is_common(&self, circle: CircleId, partner: RootId) -> bool {
        let names_both = |kept: &&KeptList| kept.names(self.me) && kept.names(partner);
        self.pairs.get(&circle) == Some(&partner)
            || self.lists_of(circle).filter(names_both).any(|kept| self.counts(circle, kept.list.owner))
    }

    /// Every circle that this node is in.
    pub(crate) fn circles(&self) -> Vec<CircleId> {
        let listed = self.counted_lists().filter(|(_, kept)| kept.names(self.me)).map(|(circle, _)| circle);
        let circles: BTreeSet<CircleId> = listed.chain(self.pairs.keys().copied()).collect();
        circles.into_iter().collect()
    }

    /// Who is in the circle by the owner's newest list, sorted.
    pub(crate) fn members(&self, circle: CircleId, owner: RootId) -> Vec<RootId> {
        if let Some(other) = self.pairs.get(&circle) {
            let mut both = vec![self.me, *other];
            both.sort_unstable();
            return if both.contains(&owner) { both } else { Vec::new() };
        }
        self.governing(circle, owner).map(|kept| kept.list.members.clone()).unwrap_or_default()
    }

    /// Whether the owner's newest list names `who`; of one that merged into another, that one's.
    pub(crate) fn names(&self, circle: CircleId, owner: RootId, who: RootId) -> bool {
        let governs = || self.governing(circle, owner).is_some_and(|kept| kept.names(who) || who == owner);
        if self.is_pair(circle) { self.names_itself(circle, owner, who) } else { governs() }
    }

    /// Whether `owner` itself names `who` in its newest list, whatever it merged into.
    pub(crate) fn names_itself(&self, circle: CircleId, owner: RootId, who: RootId) -> bool {
        match self.pairs.get(&circle) {
            Some(other) => [self.me, *other].contains(&owner) && [self.me, *other].contains(&who),
            None => self.counted(circle, owner).is_some_and(|kept| kept.names(who)),
        }
    }

    /// Checks signature and certificate; says whose node signed.
    pub(crate) fn verify(&self, envelope: Envelope, now: Timestamp) -> Result<(RootId, Verified<Envelope>), Refusal> {
        let author = envelope.header.author;
        if self.root_of(author).is_some_and(|root| self.retired.contains(root, author)) {
            return Err(Refusal::Retired);
        }
        self.verify_of(envelope, now)
    }

    /// The same also of a key that was retired.
    pub(crate) fn verify_of(
        &self,
        envelope: Envelope,
        now: Timestamp,
    ) -> Result<(RootId, Verified<Envelope>), Refusal> {
        let header = &envelope.header;
        let root = self.root_of(header.author).ok_or(Refusal::UnknownAuthor)?;
        let all = self.certificates.get(&root).ok_or(Refusal::UnknownAuthor)?;
        let of_node = || all.iter().rev().filter(|kept| kept.get().node == header.author);
        let covering = of_node().find(|kept| kept.get().covers(header.signed_at));
        let kept = covering.or_else(|| of_node().next()).ok_or(Refusal::UnknownAuthor)?;
        Ok((root, envelope.verify_by(kept.signer(), now)?))
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use schemas::ids::RootKey;

    use super::*;
    use crate::certificates::MAX_CERTIFICATES;

    fn key(number: u16) -> SigningKey {
        let [high, low] = number.to_be_bytes();
        SigningKey::from_bytes(&[[high; 16], [low; 16]].concat().try_into().expect("32 bytes"))
    }

    fn node(number: u16) -> NodeKey {
        NodeKey(key(number).verifying_key().to_bytes())
    }

    /// The certificate of a root for a node, with the keys before it retired.
    fn certificate(root: u16, serial: u16, retired: Vec<NodeKey>) -> (Verified<NodeCertificate>, Vec<u8>) {
        let bytes = NodeCertificate {
            root: RootKey(key(root).verifying_key().to_bytes()),
            refnis: "11029".to_owned(),
            kbo: String::new(),
            node: node(root + serial),
            serial: u64::from(serial),
            valid_from: Hour(497_000),
            valid_until: Hour(497_000).plus_days(365),
            retired,
            successor: None,
        }
        .sign(&key(root), &key(root + serial));
        (NodeCertificate::verify(&bytes).expect("just signed"), bytes)
    }

    #[test]
    fn keys_go_with_the_last_certificate_that_names_them() {
        let (own, bytes) = certificate(1, 1, Vec::new());
        let mut roster = Roster::new(own, bytes);
        let owner = certificate(1_000, 1, Vec::new()).0.get().owner();
        for serial in 1..200 {
            let before = if serial == 1 { Vec::new() } else { vec![node(1_000 + serial - 1)] };
            let (certificate, bytes) = certificate(1_000, serial, before);
            assert!(roster.add_certificate(certificate, bytes));
            roster.newly_retired();
        }
        assert_eq!(roster.certificates[&owner].iter().count(), MAX_CERTIFICATES);
        assert_eq!(roster.nodes.len(), 1 + MAX_CERTIFICATES);
        assert_eq!(roster.retired.of(owner).count(), MAX_CERTIFICATES);
        assert_eq!(roster.root_of(node(1_199)), Some(owner));
        assert_eq!(roster.root_of(node(1_001)), None);
    }

    #[test]
    fn a_key_is_told_as_retired_once_and_only_of_whose_it_was() {
        let (own, bytes) = certificate(1, 1, Vec::new());
        let mut roster = Roster::new(own, bytes);
        let mut add = |(certificate, bytes): (Verified<NodeCertificate>, Vec<u8>)| {
            let owner = certificate.get().owner();
            assert!(roster.add_certificate(certificate, bytes));
            (owner, roster.newly_retired())
        };
        // Another says that it retired the key, before and after its owner is known.
        let (_, told) = add(certificate(2_000, 1, vec![node(1_001)]));
        assert!(told.is_empty());
        let (owner, told) = add(certificate(1_000, 2, vec![node(1_001)]));
        assert!(told.is_empty(), "nothing of it can be held before it is known");
        let (_, told) = add(certificate(1_000, 1, Vec::new()));
        assert_eq!(told, BTreeMap::from([(owner, vec![node(1_001)])]));
        let (_, told) = add(certificate(2_000, 2, vec![node(1_001)]));
        assert!(told.is_empty());
        let (_, told) = add(certificate(1_000, 3, vec![node(1_001), node(1_002)]));
        assert_eq!(told, BTreeMap::from([(owner, vec![node(1_002)])]), "once");
        let other = certificate(2_000, 1, Vec::new()).0.get().owner();
        assert_eq!(roster.earlier_keys(other), []);
        let both: BTreeSet<NodeKey> = [node(1_001), node(1_002)].into();
        assert_eq!(roster.earlier_keys(owner).into_iter().collect::<BTreeSet<_>>(), both);
    }
}
