//! One simulated municipality: keys, a store that survives crashes, and the replica's process.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::SigningKey;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use replication::{Config, DocumentView, Input, Replica, StoredHeader};
use schemas::certificate::{CERTIFICATE_DAYS, CircleList, NodeCertificate, Verified};
use schemas::envelope::Envelope;
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId, RootKey, Session};
use schemas::time::Timestamp;

/// What outlives a crash.
#[derive(Default)]
pub(super) struct Store {
    pub(super) envelopes: BTreeMap<EnvelopeId, Verified<Envelope>>,
    pub(super) views: BTreeMap<DocumentId, DocumentView>,
    pub(super) lists: BTreeMap<(CircleId, RootId), Vec<u8>>,
}

/// One municipality.
pub(super) struct Node {
    pub(super) root: RootId,
    pub(super) key: SigningKey,
    pub(super) certificate: Verified<NodeCertificate>,
    pub(super) certificate_bytes: Vec<u8>,
    pub(super) store: Store,
    /// None while the process is down.
    pub(super) replica: Option<Replica>,
    /// Everything this node ever held, for a hostile one to replay.
    pub(super) seen: BTreeMap<EnvelopeId, Vec<u8>>,
    /// Envelopes refused, for the judge to see that refusals happen.
    pub(super) refused: BTreeSet<schemas::Refusal>,
}

/// First moment of every simulation: 2026-09-20T00:00:00Z.
pub(super) const START: Timestamp = Timestamp(1_789_862_400);

impl Node {
    pub(super) fn new(rng: &mut ChaCha8Rng) -> Self {
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        let root = SigningKey::from_bytes(&secret);
        rng.fill_bytes(&mut secret);
        let key = SigningKey::from_bytes(&secret);
        let from = START.hour();
        let certificate = NodeCertificate {
            root: RootKey(root.verifying_key().to_bytes()),
            refnis: "11029".to_owned(),
            kbo: String::new(),
            node: NodeKey(key.verifying_key().to_bytes()),
            serial: 1,
            valid_from: from,
            valid_until: from.plus_days(CERTIFICATE_DAYS),
            retired: Vec::new(),
        };
        let certificate_bytes = certificate.sign(&root);
        let certificate = NodeCertificate::verify(&certificate_bytes).expect("a certificate signed just now");
        Self {
            root: certificate.get().owner(),
            key,
            certificate,
            certificate_bytes,
            store: Store::default(),
            replica: None,
            seen: BTreeMap::new(),
            refused: BTreeSet::new(),
        }
    }

    /// Makes and keeps this node's list of a circle.
    pub(super) fn join(&mut self, circle: CircleId, mut members: Vec<RootId>) {
        members.sort_unstable();
        let list = CircleList {
            circle,
            owner: self.root,
            version: 1,
            name: "Zuidrand".to_owned(),
            arrangement: String::new(),
            members,
        };
        let bytes = list.sign(&self.key);
        self.store.lists.insert((circle, self.root), bytes);
    }

    /// Starts the process from what the store holds; returns the replica and its first inputs.
    pub(super) fn start(
        &mut self,
        rng: &mut ChaCha8Rng,
        partners: &BTreeMap<RootId, (Verified<NodeCertificate>, Vec<u8>)>,
    ) -> Vec<Input> {
        let mut session = Session([0; 16]);
        rng.fill_bytes(&mut session.0);
        let mut replica = Replica::new(Config {
            certificate: self.certificate.clone(),
            certificate_bytes: self.certificate_bytes.clone(),
            key: self.key.clone(),
            session,
            incarnation: 1,
            store_id: [self.root.0[0]; 16],
        });
        replica.restore(self.store.envelopes.iter().map(|(id, envelope)| StoredHeader {
            id: *id,
            header: envelope.get().header.clone(),
            body_bytes: u32::try_from(envelope.get().body.len()).unwrap_or(u32::MAX),
        }));
        // What was shown before a crash may be behind what is stored.
        self.store.views.clear();
        self.replica = Some(replica);
        let mut inputs = Vec::new();
        for (certificate, bytes) in partners.values() {
            inputs.push(Input::Certificate { certificate: certificate.clone(), bytes: bytes.clone() });
        }
        for ((_, owner), bytes) in &self.store.lists {
            let certificate = partners.get(owner).map_or(&self.certificate, |(certificate, _)| certificate);
            if let Ok(list) = CircleList::verify(bytes, certificate) {
                inputs.push(Input::List { list, bytes: bytes.clone() });
            }
        }
        inputs
    }

    /// Stored envelopes of a document.
    pub(super) fn load(&self, document: DocumentId) -> Vec<Verified<Envelope>> {
        let of = |envelope: &&Verified<Envelope>| envelope.get().header.document == document;
        self.store.envelopes.values().filter(of).cloned().collect()
    }
}
