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
    pub(crate) fn bytes(&self) -> usize {
        self.envelope.get().body.len()
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
        for (id, arrival) in orphans {
            let all: usize = self.shares.values().map(|share| share.bytes).sum();
            let share = self.shares.entry(arrival.from).or_default();
            let bytes = arrival.bytes();
            let room =
                share.count < MAX_OF_PARTNER && share.bytes + bytes <= MAX_BYTES_OF_PARTNER && all + bytes <= MAX_BYTES;
            if room && self.by_key.entry(key).or_default().insert(id, arrival).is_none() {
                share.count += 1;
                share.bytes += bytes;
            }
        }
    }
}
