//! Who is known: certificates of this node and its confirmed partners, and the newest list of
//! every member of every circle. Says who may receive what; never who is trusted.

use std::collections::{BTreeMap, BTreeSet};

use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::{Envelope, Refusal};
use schemas::ids::{CircleId, NodeKey, RootId};
use schemas::time::{Hour, Timestamp};

use crate::frames::{Knowledge, Known, KnownOwner, MAX_KNOWN, Paper, short_digest};
use crate::greeting::{certificate_paper, list_paper};
use crate::retire::Retired;

/// Certificates kept of one municipality: what an earlier one covered stays valid.
const MAX_CERTIFICATES: usize = 8;
/// Municipalities that are no partners and of which certificates are kept.
const MAX_INTRODUCED: usize = 300;
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

/// A certificate as it was signed.
struct KeptCertificate {
    certificate: Verified<NodeCertificate>,
    bytes: Vec<u8>,
}

/// Certificates and lists.
pub(crate) struct Roster {
    me: RootId,
    /// This municipality and its partners.
    confirmed: BTreeSet<RootId>,
    /// Partners that were removed: nobody introduces them again.
    removed: BTreeSet<RootId>,
    /// By owner, the newest last.
    certificates: BTreeMap<RootId, Vec<KeptCertificate>>,
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
        if owner != self.me {
            self.pairs.insert(CircleId::pair(self.me, owner), owner);
        }
        self.put_certificate(certificate, bytes) || confirmed
    }

    /// Takes a certificate of a member that a confirmed partner's list names, or of one that
    /// merged into such a member; whether it was new.
    pub(crate) fn add_introduced(&mut self, certificate: Verified<NodeCertificate>, bytes: Vec<u8>) -> bool {
        let owner = certificate.get().owner();
        let successor = certificate.get().successor.or_else(|| self.merged.get(&owner).copied());
        let room =
            self.certificates.contains_key(&owner) || self.certificates.len() < self.confirmed.len() + MAX_INTRODUCED;
        let vouched = |who| self.lists.keys().any(|(circle, _)| self.is_vouched(*circle, who));
        let introduced = vouched(owner) && !self.removed.contains(&owner);
        let inherited = successor.is_some_and(|heir| self.is_confirmed(heir) || vouched(heir));
        room && (introduced || inherited) && self.put_certificate(certificate, bytes)
    }

    /// Takes from a kept certificate whose node it is: what a partner wrote before it left keeps
    /// its author.
    pub(crate) fn note_author(&mut self, certificate: &NodeCertificate) {
        self.nodes.entry(certificate.node).or_insert_with(|| certificate.owner());
    }

    fn put_certificate(&mut self, certificate: Verified<NodeCertificate>, bytes: Vec<u8>) -> bool {
        let owner = certificate.get().owner();
        // A key is its first owner's: nobody else takes it over, or retires it. What says so is not
        // even kept, or it might be read first at the next start.
        let claims = std::iter::once(&certificate.get().node).chain(&certificate.get().retired);
        if claims.into_iter().any(|node| self.nodes.get(node).is_some_and(|first| *first != owner)) {
            return false;
        }
        let serial = certificate.get().serial;
        let known = self.certificates.entry(owner).or_default();
        let too_old = known.len() >= MAX_CERTIFICATES
            && known.first().is_some_and(|kept| serial <= kept.certificate.get().serial);
        if too_old || known.iter().any(|kept| kept.certificate == certificate) {
            return false;
        }
        self.nodes.entry(certificate.get().node).or_insert(owner);
        for node in &certificate.get().retired {
            if *self.nodes.entry(*node).or_insert(owner) == owner {
                self.retired.take(owner, *node);
            }
        }
        if let Some(successor) = certificate.get().successor {
            // The first word is the last.
            self.merged.entry(owner).or_insert(successor);
        }
        known.push(KeptCertificate { certificate, bytes });
        known.sort_by_key(|kept| kept.certificate.get().serial);
        if known.len() > MAX_CERTIFICATES {
            known.remove(0);
        }
        true
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

    /// Forgets a partner, but for which nodes were its own: its earlier edits keep their author.
    /// Of one that merged into another, what says so stays.
    pub(crate) fn remove(&mut self, partner: RootId) {
        self.confirmed.remove(&partner);
        self.removed.insert(partner);
        if !self.merged.contains_key(&partner) {
            self.certificates.remove(&partner);
        }
        self.pairs.retain(|_, other| *other != partner);
        self.lists.retain(|(_, owner), _| *owner != partner);
    }

    /// Whether these very bytes are held: then nothing needs to be verified.
    pub(crate) fn holds_certificate(&self, bytes: &[u8]) -> bool {
        self.certificates.values().flatten().any(|kept| kept.bytes == bytes)
    }

    pub(crate) fn holds_list(&self, owner: RootId, bytes: &[u8]) -> bool {
        self.lists.iter().any(|((_, signer), kept)| *signer == owner && kept.bytes == bytes)
    }

    /// Whether it is this municipality or a partner.
    pub(crate) fn is_confirmed(&self, owner: RootId) -> bool {
        self.confirmed.contains(&owner)
    }

    /// Whether this municipality or a partner names it in the circle, beside this municipality.
    fn is_vouched(&self, circle: CircleId, owner: RootId) -> bool {
        let lists = self.lists.range((circle, RootId([0; 32]))..).take_while(|((other, _), _)| *other == circle);
        let vouches = |kept: &KeptList| self.is_confirmed(kept.list.owner) && kept.names(self.me) && kept.names(owner);
        !self.removed.contains(&owner) && lists.into_iter().any(|(_, kept)| vouches(kept))
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
        (self.is_confirmed(owner) || self.is_vouched(circle, owner)).then_some(kept)
    }

    pub(crate) fn retired(&self) -> &Retired {
        &self.retired
    }

    /// Keys retired since this was asked last, by owner.
    pub(crate) fn newly_retired(&mut self) -> BTreeMap<RootId, Vec<NodeKey>> {
        self.retired.news()
    }

    pub(crate) fn root_of(&self, node: NodeKey) -> Option<RootId> {
        self.nodes.get(&node).copied()
    }

    /// The newest certificate of `owner`.
    pub(crate) fn newest(&self, owner: RootId) -> Option<&Verified<NodeCertificate>> {
        self.certificates.get(&owner)?.last().map(|kept| &kept.certificate)
    }

    /// Whether `owner` has a certificate that covers `at`.
    pub(crate) fn covered(&self, owner: RootId, at: Hour) -> bool {
        self.certificates.get(&owner).is_some_and(|all| all.iter().any(|one| one.certificate.get().covers(at)))
    }

    pub(crate) fn is_pair(&self, circle: CircleId) -> bool {
        self.pairs.contains_key(&circle)
    }

    /// The lists that count, and their circles.
    fn counted_lists(&self) -> impl Iterator<Item = (CircleId, &KeptList)> {
        self.lists.keys().filter_map(|(circle, owner)| Some((*circle, self.counted(*circle, *owner)?)))
    }

    /// What matters between this node and `partner`: the lists that name both, and the
    /// certificates of those who signed them and of whom the two name themselves. Both sides find
    /// the same once each has what the other knows, unless only one of them trusts its signer.
    pub(crate) fn knowledge(&self, partner: RootId) -> Knowledge {
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
        let mut owners: BTreeSet<RootId> = lists.iter().map(|known| known.owner).chain(two).chain(named).collect();
        let inherited = self.merged.keys().filter(|gone| owners.contains(&self.keeper(**gone)));
        owners.extend(inherited.copied().collect::<Vec<_>>());
        let certificates = owners.into_iter().filter_map(|owner| {
            let all: Vec<u8> = self.certificates.get(&owner)?.iter().flat_map(|kept| kept.bytes.clone()).collect();
            Some(KnownOwner { owner, digest: short_digest(&all) })
        });
        Knowledge { certificates: certificates.collect(), lists: lists.into_iter().collect() }
    }

    /// What `partner`, who knows `theirs`, lacks: this node's own first, lists after the
    /// certificates they rest on.
    pub(crate) fn papers_for(&self, partner: RootId, theirs: &Knowledge) -> Vec<Paper> {
        let mine = self.knowledge(partner);
        let own_first = |owner: &RootId| (*owner != self.me, *owner);
        let mut owners: Vec<RootId> = mine.certificates.iter().map(|known| known.owner).collect();
        owners.sort_unstable_by_key(own_first);
        let knows = |circle: CircleId, owner: RootId| {
            theirs.lists.iter().find(|known| (known.circle, known.owner) == (circle, owner)).map(|known| known.version)
        };
        let mut papers = Vec::new();
        for owner in owners.into_iter().filter(|owner| *owner != partner) {
            let held = mine.certificates.iter().find(|known| known.owner == owner);
            if !held.is_some_and(|held| theirs.certificates.contains(held)) {
                let all = self.certificates.get(&owner).into_iter().flatten();
                papers.extend(all.map(|kept| certificate_paper(&kept.bytes)));
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
        match self.pairs.get(&circle) {
            Some(other) => [self.me, *other].contains(&owner) && [self.me, *other].contains(&who),
            None => self.governing(circle, owner).is_some_and(|kept| kept.names(who) || who == owner),
        }
    }

    /// Checks signature and certificate; says whose node signed.
    pub(crate) fn verify(&self, envelope: Envelope, now: Timestamp) -> Result<(RootId, Verified<Envelope>), Refusal> {
        let header = &envelope.header;
        let root = self.root_of(header.author).ok_or(Refusal::UnknownAuthor)?;
        if self.retired.contains(root, header.author) {
            return Err(Refusal::Retired);
        }
        let all = self.certificates.get(&root).ok_or(Refusal::UnknownAuthor)?;
        let all = || all.iter().rev().map(|kept| &kept.certificate);
        let of_node = || all().filter(|certificate| certificate.get().node == header.author);
        let certificate = of_node()
            .find(|certificate| certificate.get().covers(header.signed_at))
            .or_else(|| of_node().next())
            .ok_or(Refusal::UnknownAuthor)?;
        Ok((root, envelope.verify(certificate, now)?))
    }
}
