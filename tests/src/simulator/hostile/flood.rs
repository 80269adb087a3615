//! Attacks by number: changes that follow nothing, and ids of envelopes that do not exist.

use minicbor::bytes::ByteVec;
use negentropy::{Id, Negentropy, NegentropyStorageVector};
use rand::Rng;
use replication::coedited::Coedited;
use replication::edit::{self, Editor};
use replication::frames::{Frame, MAX_IDS, Round};
use schemas::Kind;
use schemas::envelope::{Content, FORMAT, Header, Stamp};
use schemas::ids::{DocumentId, EnvelopeId, Session};
use sha2::{Digest, Sha256};

use super::super::act::resource;
use super::super::scene::Meter;
use super::super::world::World;

/// Rounds of reconciliation that are answered, at most.
const ROUNDS: usize = 600;

impl World {
    /// So many changes, each well-formed and signed, of documents whose opening never comes.
    pub(in super::super) fn send_orphans(&mut self, victim: usize, count: u32) {
        // The orphans count too: they are let go of as the victim takes them.
        self.measure();
        let me = self.hostile();
        let identity = self.nodes[me].identity.clone();
        let (document, session) = (DocumentId([7; 16]), Session([7; 16]));
        let editor = Editor { author: identity.node(), session, spare: session, document };
        let first = resource("een", &["een"]);
        let opened = edit::open(editor, &first).expect("an opening");
        let mut header = self.resource_header(document, Stamp::Change { session, seq: 1 });
        header.content = Content::Opening;
        let opening = replication::coedited::Opening { writers: vec![identity.root], change: opened.bodies[0].clone() };
        let opening = schemas::Envelope::sign(header, opening.to_bytes(), &identity.key);
        let built = Coedited::open(opening.get()).expect("an opening that opens");
        let heads = built.build().expect("a document").heads;
        let other = Session([8; 16]);
        let editor = Editor { session: other, spare: other, ..editor };
        let change = edit::edit(editor, &built, &heads, &resource("een twee", &["een"])).expect("a change").bodies;
        let actor = replication::body::session_actor(identity.node(), other, document);
        let mut wire = Vec::new();
        for number in 0..count {
            let mut document = DocumentId([9; 16]);
            // Forty of them to a document.
            document.0[..4].copy_from_slice(&(number / 40).to_be_bytes());
            let mut session = Session([0; 16]);
            self.rng.fill_bytes(&mut session.0);
            let fresh = replication::body::session_actor(identity.node(), session, document);
            let body = with_actor(&change[0], &actor, &fresh);
            let header = self.resource_header(document, Stamp::Change { session, seq: 1 });
            wire.push(schemas::Envelope::sign(header, body, &identity.key).get().to_bytes());
        }
        self.transmit_envelopes(me, victim, wire);
        self.run_for(5_000);
        self.peak_kib = self.meter.map(Meter::peak_kib);
    }

    /// Begins to measure what the victim and the wires take; what the attack is made of is there.
    fn measure(&self) {
        if let Some(meter) = self.meter {
            meter.start();
        }
    }

    fn resource_header(&self, document: DocumentId, stamp: Stamp) -> Header {
        let identity = &self.nodes[self.hostile()].identity;
        Header {
            format: FORMAT,
            circle: self.circles[0],
            kind: Kind::Resource,
            document,
            owner: identity.root,
            stamp,
            author: identity.node(),
            content: Content::Change,
            schema: 1,
            signed_at: self.now().hour(),
            expires_at: self.now().hour().plus_days(30),
            body_hash: [0; 32],
        }
    }

    /// Says that it holds, asks for, and refuses so many envelopes that do not exist.
    pub(in super::super) fn claim_ids(&mut self, victim: usize, count: usize) {
        let me = self.hostile();
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            let mut id = [0; 32];
            self.rng.fill_bytes(&mut id);
            ids.push(id);
        }
        let mut set = NegentropyStorageVector::with_capacity(count);
        let now = self.now().0;
        for id in &ids {
            set.insert(now, Id::from_byte_array(*id)).expect("a set that is not sealed");
        }
        set.seal().expect("a set that is sealed once");
        self.measure();
        for part in ids.chunks(MAX_IDS) {
            let part: Vec<EnvelopeId> = part.iter().map(|id| EnvelopeId(*id)).collect();
            self.transmit(me, victim, Frame::Need(part.clone()).to_bytes());
            self.transmit(me, victim, Frame::Refused(part).to_bytes());
            self.run_for(50);
        }
        let circle = self.circles[0];
        let day = u32::try_from(now / 86_400).unwrap_or(u32::MAX);
        let mut mine = Negentropy::borrowed(&set, 60_000).expect("room for a message");
        let round = |answer, number, message: Vec<u8>| {
            Frame::Check(Round { circle, day, answer, number, message: ByteVec::from(message) }).to_bytes()
        };
        // Begins a check of its own, and answers those of the victim.
        let mut begun = Negentropy::borrowed(&set, 60_000).expect("room for a message");
        self.inbox = Some(Vec::new());
        let first = begun.initiate().expect("a first message");
        self.transmit(me, victim, round(false, 1, first));
        let (mut answered, mut idle) = (0, 0);
        // A check every three minutes.
        while answered < ROUNDS && idle < 2_000 {
            self.run_for(200);
            let came = self.inbox.replace(Vec::new()).unwrap_or_default();
            idle = if came.is_empty() { idle + 1 } else { 0 };
            for bytes in came {
                let Some(Frame::Check(theirs)) = Frame::from_bytes(&bytes) else { continue };
                if theirs.circle != circle {
                    continue;
                }
                answered += 1;
                let message = Vec::from(theirs.message);
                let next = if theirs.answer {
                    let (mut have, mut need) = (Vec::new(), Vec::new());
                    begun.reconcile_with_ids(&message, &mut have, &mut need).ok().flatten()
                } else {
                    mine.reconcile(&message).ok()
                };
                if let Some(message) = next {
                    self.transmit(me, victim, round(!theirs.answer, theirs.number, message));
                }
            }
        }
        self.inbox = None;
        self.answered = answered;
        self.peak_kib = self.meter.map(Meter::peak_kib);
    }
}

/// The raw change with another actor, its checksum made anew.
fn with_actor(change: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut bytes = change.to_vec();
    let at = bytes.windows(old.len()).position(|window| window == old).expect("the actor in its change");
    bytes[at..at + new.len()].copy_from_slice(new);
    // Four bytes that say what it is, four of a hash over the rest.
    let digest: [u8; 32] = Sha256::digest(&bytes[8..]).into();
    bytes[4..8].copy_from_slice(&digest[..4]);
    bytes
}
