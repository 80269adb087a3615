//! One simulated municipality: keys, a store that survives crashes, and the replica's process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use ed25519_dalek::SigningKey;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use replication::retiring::Retiring;
use replication::{Config, DocumentView, Input, Replica, StoredHeader};
use schemas::certificate::{CERTIFICATE_DAYS, CircleList, NodeCertificate, Verified};
use schemas::envelope::Envelope;
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId, RootKey, Session};
use schemas::time::{Hour, Timestamp};

use super::mergers::Mergers;
use super::partners::Partners;
use super::records::Office;

/// First moment of every simulation: 2026-09-20T00:00:00Z.
pub(super) const START: Timestamp = Timestamp(1_789_862_400);

/// Keys and certificate of a municipality.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) root: RootId,
    pub(super) root_key: SigningKey,
    pub(super) key: SigningKey,
    pub(super) certificate: Verified<NodeCertificate>,
    pub(super) certificate_bytes: Vec<u8>,
    /// Certificates before that, oldest first.
    earlier: Vec<(Verified<NodeCertificate>, Vec<u8>)>,
}

impl Identity {
    /// The municipality of this number; the same in every simulation.
    pub(super) fn draw(number: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(number ^ 0x6b65_7973);
        let mut key = || {
            let mut secret = [0; 32];
            rng.fill_bytes(&mut secret);
            SigningKey::from_bytes(&secret)
        };
        let (root_key, key) = (key(), key());
        let (certificate, certificate_bytes) = certify(&root_key, &key, (1, None), START.hour(), Vec::new());
        let (root, earlier) = (certificate.get().owner(), Vec::new());
        Self { root, root_key, key, certificate, certificate_bytes, earlier }
    }

    /// So many of those that are kept: keys cost more to make than a small world to run.
    pub(super) fn several(count: usize) -> &'static [Self] {
        static KEPT: OnceLock<Vec<Identity>> = OnceLock::new();
        let kept = KEPT.get_or_init(|| (0..64).map(Self::draw).collect());
        &kept[..count]
    }

    /// Whether it signs, or signed before, with a key.
    pub(super) fn has_key(&self, key: NodeKey) -> bool {
        self.node() == key || self.certificate.get().retired.contains(&key)
    }

    /// Has a certificate that ends a day after the start.
    pub(super) fn certify_until_tomorrow(&mut self) {
        let from = Hour(START.hour().0 - 24 * (CERTIFICATE_DAYS - 1));
        (self.certificate, self.certificate_bytes) = certify(&self.root_key, &self.key, (1, None), from, Vec::new());
    }

    /// Takes another key from then on, but not before it had one, and retires those before; gives
    /// back the last.
    pub(super) fn rotate(&mut self, key: SigningKey, from: Hour) -> SigningKey {
        let claims = self.certificate.get();
        let from = from.max(claims.valid_from);
        let retired = claims.retired.iter().copied().chain([claims.node]).collect();
        let successor = claims.successor;
        self.certify(&key, retired, successor, from);
        std::mem::replace(&mut self.key, key)
    }

    /// Its root says that it merged into another.
    pub(super) fn merge_into(&mut self, successor: RootId) {
        let (key, claims) = (self.key.clone(), self.certificate.get());
        let (retired, from) = (claims.retired.clone(), claims.valid_from);
        self.certify(&key, retired, Some(successor), from);
    }

    fn certify(&mut self, key: &SigningKey, retired: Vec<NodeKey>, successor: Option<RootId>, from: Hour) {
        let serial = self.certificate.get().serial + 1;
        self.earlier.push((self.certificate.clone(), self.certificate_bytes.clone()));
        (self.certificate, self.certificate_bytes) = certify(&self.root_key, key, (serial, successor), from, retired);
    }

    /// Its certificates up to this serial, oldest first, as whoever keeps them reads them at a start.
    fn papers(&self, serial: u64) -> impl Iterator<Item = (Verified<NodeCertificate>, Vec<u8>)> {
        let newest = (self.certificate.clone(), self.certificate_bytes.clone());
        let all = self.earlier.iter().cloned().chain([newest]);
        all.filter(move |(certificate, _)| certificate.get().serial <= serial)
    }

    /// A list that one of its certificates signed.
    pub(super) fn list_of(&self, bytes: Vec<u8>) -> Option<KeptList> {
        let signed = |one: &Verified<NodeCertificate>| Some((CircleList::verify(&bytes, one).ok()?, one.get().node));
        let (list, signer) = self.newest_first().find_map(signed)?;
        Some(KeptList { list, bytes, signer })
    }

    /// Its certificates, the newest first.
    fn newest_first(&self) -> impl Iterator<Item = &Verified<NodeCertificate>> {
        std::iter::once(&self.certificate).chain(self.earlier.iter().rev().map(|(one, _)| one))
    }

    /// The node of the newest of its certificates up to this serial.
    fn node_at(&self, serial: u64) -> Option<NodeKey> {
        let mut known = self.newest_first().map(Verified::get).filter(|one| one.serial <= serial);
        known.next().map(|newest| newest.node)
    }

    pub(super) fn node(&self) -> NodeKey {
        self.certificate.get().node
    }

    /// Its keys, those before among them.
    pub(super) fn nodes(&self) -> BTreeSet<NodeKey> {
        self.newest_first().map(|certificate| certificate.get().node).collect()
    }
}

/// A certificate of a year.
pub(super) fn certify(
    root: &SigningKey,
    node: &SigningKey,
    (serial, successor): (u64, Option<RootId>),
    from: Hour,
    retired: Vec<NodeKey>,
) -> (Verified<NodeCertificate>, Vec<u8>) {
    let certificate = NodeCertificate {
        root: RootKey(root.verifying_key().to_bytes()),
        refnis: "11029".to_owned(),
        kbo: String::new(),
        node: NodeKey(node.verifying_key().to_bytes()),
        serial,
        valid_from: from,
        valid_until: from.plus_days(CERTIFICATE_DAYS),
        retired,
        successor,
    };
    let bytes = certificate.sign(root, node);
    (NodeCertificate::verify(&bytes).expect("a certificate signed just now"), bytes)
}

/// A list as it was signed.
#[derive(Clone)]
pub(super) struct KeptList {
    pub(super) list: Verified<CircleList>,
    pub(super) bytes: Vec<u8>,
    /// The node that signed it.
    signer: NodeKey,
}

/// What outlives a crash.
#[derive(Default, Clone)]
pub(super) struct Store {
    pub(super) envelopes: BTreeMap<EnvelopeId, Verified<Envelope>>,
    pub(super) views: BTreeMap<(RootId, DocumentId), DocumentView>,
    pub(super) lists: BTreeMap<(CircleId, RootId), KeptList>,
    pub(super) office: Office,
    pub(super) partners: Partners,
    /// What somebody typed and does not count, by its last change: where, and the text.
    pub(super) drafts: BTreeMap<[u8; 32], (DocumentId, String)>,
}

/// A copy of a store, made at a moment of the simulation.
pub(super) struct Backup {
    pub(super) store: Store,
    pub(super) at: u64,
}

/// One municipality.
pub(super) struct Node {
    pub(super) identity: Identity,
    pub(super) root: RootId,
    pub(super) store: Store,
    pub(super) backup: Option<Backup>,
    /// Highest serial of a certificate that it kept of each partner; of the others the first.
    pub(super) heard: BTreeMap<RootId, u64>,
    /// The last of its outbox that was handed on since the start.
    pub(super) drained: u64,
    pub(super) mergers: Mergers,
    /// Whom its program lets in no more, since it last read who its partners are.
    pub(super) kept_out: BTreeSet<RootId>,
    /// Partners that retired keys of which something may be left.
    pub(super) retiring: Retiring,
    /// Retired keys of its own, of which it says nothing again before it was restored.
    pub(super) unsaid: Vec<NodeKey>,
    /// Partners that a restored node waits for before it says anything, and what they brought.
    pub(super) awaited: BTreeSet<RootId>,
    pub(super) brought: BTreeSet<(RootId, CircleId)>,
    /// Partners without whom a restored node goes on.
    pub(super) without: BTreeSet<RootId>,
    /// Those of them that may bring yet what they kept.
    pub(super) absent: BTreeSet<RootId>,
    /// Whether it erased once more, since it was put back, what it erased before.
    pub(super) has_erased_again: bool,
    /// Documents this municipality erased; kept outside of backups.
    pub(super) erasures: BTreeSet<DocumentId>,
    pub(super) incarnation: u64,
    /// Seconds by which its clock is ahead.
    pub(super) skew: i64,
    /// The latest hour that it took for right by a clock that was ahead, and when it did so last.
    pub(super) misled: Option<(Hour, u64)>,
    /// None while the process is down.
    pub(super) replica: Option<Replica>,
    /// When everything stored is shown again after a start.
    pub(super) ready_at: u64,
    /// How often the process was started or ended.
    pub(super) life: u64,
    /// Everything a hostile node ever held, to replay it.
    pub(super) seen: Option<BTreeMap<EnvelopeId, Vec<u8>>>,
    /// Envelopes refused, for the judge to see that refusals happen.
    pub(super) refused: BTreeSet<schemas::Refusal>,
}

impl Node {
    pub(super) fn new(identity: Identity) -> Self {
        Self {
            root: identity.root,
            identity,
            store: Store::default(),
            backup: None,
            heard: BTreeMap::new(),
            drained: 0,
            mergers: Mergers::new(),
            kept_out: BTreeSet::new(),
            retiring: Retiring::default(),
            unsaid: Vec::new(),
            awaited: BTreeSet::new(),
            brought: BTreeSet::new(),
            without: BTreeSet::new(),
            absent: BTreeSet::new(),
            has_erased_again: false,
            erasures: BTreeSet::new(),
            incarnation: 1,
            skew: 0,
            misled: None,
            replica: None,
            ready_at: 0,
            life: 0,
            seen: None,
            refused: BTreeSet::new(),
        }
    }

    /// This node's own list of a circle, signed; one version after the list that is kept, if any.
    pub(super) fn sign_list(&self, circle: CircleId, mut members: Vec<RootId>) -> KeptList {
        members.push(self.root);
        members.sort_unstable();
        members.dedup();
        let version = self.store.lists.get(&(circle, self.root)).map_or(1, |kept| kept.list.get().version + 1);
        let list = CircleList {
            circle,
            owner: self.root,
            version,
            name: "Zuidrand".to_owned(),
            arrangement: String::new(),
            members,
        };
        let bytes = list.sign(&self.identity.key);
        let list = CircleList::verify(&bytes, &self.identity.certificate).expect("a list signed just now");
        KeptList { list, bytes, signer: self.identity.node() }
    }

    /// The time on this node's own clock.
    pub(super) fn clock(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_add_signed(self.skew))
    }

    /// Starts the process from what the store holds; returns its first inputs.
    pub(super) fn start<'a>(
        &mut self,
        rng: &mut ChaCha8Rng,
        partners: impl Iterator<Item = &'a Identity>,
    ) -> Vec<Input> {
        let mut session = Session([0; 16]);
        rng.fill_bytes(&mut session.0);
        let identity = &self.identity;
        let mut replica = Replica::new(Config {
            certificate: identity.certificate.clone(),
            certificate_bytes: identity.certificate_bytes.clone(),
            key: identity.key.clone(),
            session,
            incarnation: self.incarnation,
            store_id: [self.root.0[0]; 16],
        });
        replica.restore(self.store.envelopes.iter().zip(1..).map(|((id, envelope), number)| StoredHeader {
            number,
            id: *id,
            header: envelope.get().header.clone(),
            body_bytes: u32::try_from(envelope.get().body.len()).unwrap_or(u32::MAX),
        }));
        // What was shown before a crash may be behind what is stored.
        self.store.views.clear();
        self.retiring = Retiring::default();
        self.unsaid.clear();
        self.brought.clear();
        self.mergers.clear();
        self.drained = 0;
        self.kept_out = self.store.partners.kept_out();
        self.replica = Some(replica);
        let (parted, partners): (Vec<&Identity>, Vec<&Identity>) =
            partners.partition(|partner| self.store.partners.has_parted(partner.root));
        let kept = |partner: &&Identity| partner.papers(self.serial(partner.root)).collect::<Vec<_>>();
        let own = self.identity.papers(u64::MAX).chain(partners.iter().flat_map(kept));
        let mut known: Vec<Input> = own.map(|(certificate, bytes)| Input::Certificate { certificate, bytes }).collect();
        for ((_, owner), kept) in &self.store.lists {
            let mut signers = partners.iter().copied().chain([&self.identity]).filter(|signer| signer.root == *owner);
            let serial = if *owner == self.root { u64::MAX } else { self.serial(*owner) };
            if signers.any(|signer| signer.node_at(serial) == Some(kept.signer)) {
                known.push(Input::List { list: kept.list.clone(), bytes: kept.bytes.clone() });
            }
        }
        let introduced = parted.iter().flat_map(kept);
        known.extend(introduced.map(|one| Input::Introduced { certificates: vec![one] }));
        self.part_inputs(known)
    }

    /// Highest serial of a certificate that it kept of a partner.
    fn serial(&self, partner: RootId) -> u64 {
        self.heard.get(&partner).copied().unwrap_or(1)
    }

    /// Into whom a partner, or this municipality, merged, as far as was heard here.
    pub(super) fn heard_of(&self, partner: &Identity) -> Option<RootId> {
        let serial = if partner.root == self.root { u64::MAX } else { self.serial(partner.root) };
        partner.papers(serial).find_map(|(certificate, _)| certificate.get().successor)
    }

    /// Stored envelopes of a document.
    pub(super) fn load(&self, document: DocumentId) -> Vec<Verified<Envelope>> {
        let of = |envelope: &&Verified<Envelope>| envelope.get().header.document == document;
        self.store.envelopes.values().filter(of).cloned().collect()
    }
}
