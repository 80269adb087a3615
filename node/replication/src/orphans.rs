//! Changes and controls that wait for something they need. What finds no room is let go: the
//! next check brings it again. One partner can only fill its own share.

use std::collections::BTreeMap;

use schemas::certificate::Verified;
use schemas::envelope::Envelope;
use schemas::ids::{EnvelopeId, RootId};

use crate::index::Key;

/// Orphans of one partner, at most.
const MAX_OF_PARTNER: usize = 1024;
/// Bytes of orphans of one partner, at most.
const MAX_BYTES_OF_PARTNER: usize = 4 * 1024 * 1024;
/// Bytes of orphans in all, at most.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// An envelope that arrived, with who sent it and who signed it.
#[derive(Clone)]
pub(crate) struct Arrival {
    pub(crate) from: RootId,
    pub(crate) author: RootId,
    pub(crate) envelope: Verified<Envelope>,
}

impl Arrival {
    /// Bytes that it takes while it waits, about: also without a body it takes some.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<EnvelopeId>() + size_of::<Self>() + self.envelope.get().body.len()
    }
}

#[derive(Default, Clone, Copy)]
struct Share {
    count: usize,
    bytes: usize,
}

/// What waits, by document.
#[derive(Default)]
pub(crate) struct Orphans {
    by_key: BTreeMap<Key, BTreeMap<EnvelopeId, Arrival>>,
    shares: BTreeMap<RootId, Share>,
}

impl Orphans {
    /// Takes out what waits for a document.
    pub(crate) fn remove(&mut self, key: &Key) -> BTreeMap<EnvelopeId, Arrival> {
        let removed = self.by_key.remove(key).unwrap_or_default();
        for arrival in removed.values() {
            if let Some(share) = self.shares.get_mut(&arrival.from) {
                share.count -= 1;
                share.bytes -= arrival.bytes();
            }
        }
        self.shares.retain(|_, share| share.count > 0);
        removed
    }

    /// Has these wait, as far as there is room.
    pub(crate) fn put(&mut self, key: Key, orphans: BTreeMap<EnvelopeId, Arrival>) {
        let mut all: usize = self.shares.values().map(|share| share.bytes).sum();
        for (id, arrival) in orphans {
            let share = self.shares.entry(arrival.from).or_default();
            let bytes = arrival.bytes();
            let room =
                share.count < MAX_OF_PARTNER && share.bytes + bytes <= MAX_BYTES_OF_PARTNER && all + bytes <= MAX_BYTES;
            if room && self.by_key.entry(key).or_default().insert(id, arrival).is_none() {
                share.count += 1;
                share.bytes += bytes;
                all += bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use schemas::Kind;
    use schemas::envelope::{Content, FORMAT, Header, Stamp};
    use schemas::ids::{CircleId, DocumentId, NodeKey, Session};
    use schemas::time::Hour;

    use super::*;

    fn hold(seq: u64) -> Arrival {
        let owner = RootId([1; 32]);
        let header = Header {
            format: FORMAT,
            circle: CircleId([2; 16]),
            kind: Kind::Resource,
            document: DocumentId([3; 16]),
            owner,
            stamp: Stamp::Change { session: Session([4; 16]), seq },
            author: NodeKey([0; 32]),
            content: Content::Hold,
            schema: 1,
            signed_at: Hour(500_000),
            expires_at: Hour(500_100),
            body_hash: [0; 32],
        };
        let envelope = Envelope::sign(header, Vec::new(), &SigningKey::from_bytes(&[5; 32]));
        Arrival { from: owner, author: owner, envelope }
    }

    #[test]
    fn what_has_no_body_takes_room_too_and_gives_it_back() {
        let mut orphans = Orphans::default();
        let holds: Vec<Arrival> = (1..=2 * MAX_OF_PARTNER as u64).map(hold).collect();
        let key = Key::from(&holds[0].envelope.get().header);
        let each = holds[0].bytes();
        assert!(each > 300);
        orphans.put(key, holds.into_iter().map(|one| (one.envelope.get().id(), one)).collect());
        let share = orphans.shares[&RootId([1; 32])];
        assert_eq!((share.count, share.bytes), (MAX_OF_PARTNER, MAX_OF_PARTNER * each));
        assert_eq!(orphans.remove(&key).len(), MAX_OF_PARTNER);
        assert!(orphans.shares.is_empty());
    }
}
