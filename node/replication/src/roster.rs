//! Who is known: certificates of this node and its confirmed partners, and the newest list of
//! every member of every circle. Says who may receive what; never who is trusted.

use std::collections::BTreeMap;

use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::{Envelope, Refusal};
use schemas::ids::{CircleId, NodeKey, RootId};
use schemas::time::{Hour, Timestamp};

use crate::frames::{Known, MAX_KNOWN};

/// Certificates kept of one municipality: what an earlier one covered stays valid.
const MAX_CERTIFICATES: usize = 8;
/// Circles of which lists of one municipality are kept.
const MAX_CIRCLES: usize = 64;

/// A list as it was signed.
pub(crate) struct KeptList {
    pub(crate) list: CircleList,
    pub(crate) bytes: Vec<u8>,
}

/// Certificates and lists.
pub(crate) struct Roster {
    me: RootId,
    /// By owner, the newest last.
    certificates: BTreeMap<RootId, Vec<Verified<NodeCertificate>>>,
    nodes: BTreeMap<NodeKey, RootId>,
    pairs: BTreeMap<CircleId, RootId>,
    lists: BTreeMap<(CircleId, RootId), KeptList>,
}

impl Roster {
    pub(crate) fn new(own: Verified<NodeCertificate>) -> Self {
        let me = own.get().owner();
        let mut roster = Self {
            me,
            certificates: BTreeMap::new(),
            nodes: BTreeMap::new(),
            pairs: BTreeMap::new(),
            lists: BTreeMap::new(),
        };
        roster.add_certificate(own);
        roster
    }

    /// Whether it was new.
    pub(crate) fn add_certificate(&mut self, certificate: Verified<NodeCertificate>) -> bool {
        let owner = certificate.get().owner();
        let known = self.certificates.entry(owner).or_default();
        if known.contains(&certificate) {
            return false;
        }
        self.nodes.insert(certificate.get().node, owner);
        if owner != self.me {
            self.pairs.insert(CircleId::pair(self.me, owner), owner);
        }
        known.push(certificate);
        known.sort_by_key(|certificate| certificate.get().serial);
        if known.len() > MAX_CERTIFICATES {
            known.remove(0);
        }
        true
    }

    /// Whether it was newer than what is known, of a known owner that names itself.
    pub(crate) fn add_list(&mut self, list: Verified<CircleList>, bytes: Vec<u8>) -> bool {
        let list = list.into_inner();
        let at = (list.circle, list.owner);
        let newer = self.lists.get(&at).is_none_or(|known| known.list.version < list.version);
        let circles = self.lists.keys().filter(|(_, owner)| *owner == list.owner).count();
        let room = self.lists.contains_key(&at) || circles < MAX_CIRCLES && self.lists.len() < MAX_KNOWN;
        let fits = self.knows(list.owner) && list.members.contains(&list.owner) && !self.is_pair(list.circle);
        if newer && room && fits {
            self.lists.insert(at, KeptList { list, bytes });
            return true;
        }
        false
    }

    /// Forgets a partner, but for which nodes were its own: its earlier edits keep their author.
    pub(crate) fn remove(&mut self, partner: RootId) {
        self.certificates.remove(&partner);
        self.pairs.retain(|_, other| *other != partner);
        self.lists.retain(|(_, owner), _| *owner != partner);
    }

    pub(crate) fn knows(&self, owner: RootId) -> bool {
        self.certificates.contains_key(&owner)
    }

    pub(crate) fn root_of(&self, node: NodeKey) -> Option<RootId> {
        self.nodes.get(&node).copied()
    }

    /// The newest certificate of `owner`.
    pub(crate) fn newest(&self, owner: RootId) -> Option<&Verified<NodeCertificate>> {
        self.certificates.get(&owner)?.last()
    }

    /// Whether `owner` has a certificate that covers `at`.
    pub(crate) fn covered(&self, owner: RootId, at: Hour) -> bool {
        self.certificates.get(&owner).is_some_and(|all| all.iter().any(|one| one.get().covers(at)))
    }

    pub(crate) fn is_pair(&self, circle: CircleId) -> bool {
        self.pairs.contains_key(&circle)
    }

    pub(crate) fn lists(&self) -> impl Iterator<Item = &KeptList> {
        self.lists.values()
    }

    pub(crate) fn known(&self) -> Vec<Known> {
        self.lists
            .iter()
            .map(|((circle, owner), kept)| Known { circle: *circle, owner: *owner, version: kept.list.version })
            .collect()
    }

    /// Circles in which this node may share something with `partner`.
    pub(crate) fn circles_with(&self, partner: RootId) -> Vec<CircleId> {
        let listed = self.lists.iter().filter(|(_, kept)| {
            kept.list.members.binary_search(&self.me).is_ok() && kept.list.members.binary_search(&partner).is_ok()
        });
        let pairs = self.pairs.iter().filter(|(_, other)| **other == partner).map(|(circle, _)| *circle);
        let mut circles: Vec<CircleId> = listed.map(|((circle, _), _)| *circle).chain(pairs).collect();
        circles.sort_unstable();
        circles.dedup();
        circles
    }

    /// Every circle that this node is in.
    pub(crate) fn circles(&self) -> Vec<CircleId> {
        let listed = self.lists.iter().filter(|(_, kept)| kept.list.members.binary_search(&self.me).is_ok());
        let mut circles: Vec<CircleId> =
            listed.map(|((circle, _), _)| *circle).chain(self.pairs.keys().copied()).collect();
        circles.sort_unstable();
        circles.dedup();
        circles
    }

    /// Who is in the circle by the owner's newest list, sorted.
    pub(crate) fn members(&self, circle: CircleId, owner: RootId) -> Vec<RootId> {
        if let Some(other) = self.pairs.get(&circle) {
            let mut both = vec![self.me, *other];
            both.sort_unstable();
            return if both.contains(&owner) { both } else { Vec::new() };
        }
        self.lists.get(&(circle, owner)).map(|kept| kept.list.members.clone()).unwrap_or_default()
    }

    /// Whether the owner's newest list names `who`.
    pub(crate) fn names(&self, circle: CircleId, owner: RootId, who: RootId) -> bool {
        match self.pairs.get(&circle) {
            Some(other) => [self.me, *other].contains(&owner) && [self.me, *other].contains(&who),
            None => {
                let list = self.lists.get(&(circle, owner));
                list.is_some_and(|kept| kept.list.members.binary_search(&who).is_ok())
            }
        }
    }

    /// Checks signature and certificate; says whose node signed.
    pub(crate) fn verify(&self, envelope: Envelope, now: Timestamp) -> Result<(RootId, Verified<Envelope>), Refusal> {
        let header = &envelope.header;
        let root = self.root_of(header.author).ok_or(Refusal::UnknownAuthor)?;
        let all = self.certificates.get(&root).ok_or(Refusal::UnknownAuthor)?;
        let of_node = || all.iter().rev().filter(|certificate| certificate.get().node == header.author);
        let certificate = of_node()
            .find(|certificate| certificate.get().covers(header.signed_at))
            .or_else(|| of_node().next())
            .ok_or(Refusal::UnknownAuthor)?;
        Ok((root, envelope.verify(certificate, now)?))
    }
}
