//! Catching up: what this node wrote while a partner was away is sent as soon as it is back,
//! before anything is compared.
//!
//! Per partner and circle a cursor says up to where everything was sent. It moves when a check
//! finds both in step, when the stream is caught up, and when a stream ends that had everything
//! since. A cursor is a hint and never a proof: what was lost on the way, what others wrote, and
//! what lies further back than is remembered is found by the check. Cursors start again when the
//! partner's store is another one.

use std::collections::{BTreeSet, VecDeque};

use schemas::ids::{CircleId, EnvelopeId, RootId};

use crate::api::{Cursor, Effect, Kept};
use crate::replica::Replica;

/// Envelopes of this node that are remembered in the order of writing.
const REMEMBERED: usize = 8192;

/// Who signed a stored envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    /// This node.
    Now,
    /// This node, with a key that was retired: until it says that again under its key of now it
    /// goes to nobody.
    Before,
    /// Another.
    Other,
}

/// What this node wrote last, numbered.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    written: VecDeque<(u64, EnvelopeId, Writer)>,
    /// Number of the last envelope, whoever wrote it.
    last: u64,
    /// Number of the last one that is no longer remembered.
    forgotten: u64,
}

impl Journal {
    /// Takes over a stored envelope. They come in order.
    pub(crate) fn restore(&mut self, number: u64, id: EnvelopeId, by: Writer) {
        self.last = self.last.max(number);
        if by != Writer::Other {
            self.remember(number, id, by);
        }
    }

    /// Number of the last envelope.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Takes up what this node wrote just now.
    pub(crate) fn write(&mut self, id: EnvelopeId) {
        self.last += 1;
        self.remember(self.last, id, Writer::Now);
    }

    fn remember(&mut self, number: u64, id: EnvelopeId, by: Writer) {
        self.written.push_back((number, id, by));
        if self.written.len() > REMEMBERED
            && let Some((number, ..)) = self.written.pop_front()
        {
            self.forgotten = number;
        }
    }

    /// What this node wrote after `cursor`; none when that is too long ago to tell.
    pub(crate) fn own_after(&self, cursor: u64) -> Option<BTreeSet<EnvelopeId>> {
        (cursor >= self.forgotten).then(|| self.since(cursor).map(|(_, id, _)| *id).collect())
    }

    /// Number of the first of these that is remembered.
    pub(crate) fn first_of(&self, ids: &BTreeSet<EnvelopeId>) -> Option<u64> {
        self.written.iter().find(|(_, id, _)| ids.contains(id)).map(|(number, ..)| *number)
    }

    /// What was written under the key of now after `cursor`; nothing when that is too long ago.
    fn after(&self, cursor: u64) -> impl Iterator<Item = EnvelopeId> {
        let known = cursor >= self.forgotten;
        self.since(cursor).filter(move |(_, _, by)| known && *by == Writer::Now).map(|(_, id, _)| *id)
    }

    fn since(&self, cursor: u64) -> impl Iterator<Item = &(u64, EnvelopeId, Writer)> {
        self.written.range(self.written.partition_point(|(number, ..)| *number <= cursor)..)
    }
}

impl Replica {
    /// Takes over what the store remembers of earlier streams.
    pub fn restore_cursors(&mut self, cursors: impl IntoIterator<Item = Cursor>) {
        for Cursor { partner, circle, store, known, number } in cursors {
            let link = self.links.entry(partner).or_default();
            link.store = Some(store);
            link.theirs = Some(known);
            link.cursors.insert(circle, number);
            link.agreed.insert(circle, number);
        }
    }

    /// Sends what was written since the cursors.
    pub(crate) fn catch_up(&mut self, partner: RootId) {
        let last = self.journal.last;
        for circle in self.roster.circles_with(partner) {
            let Some(cursor) = self.links.get(&partner).and_then(|link| link.cursors.get(&circle)) else { continue };
            let here = |id: &EnvelopeId| {
                self.index
                    .key_of(*id)
                    .is_some_and(|key| key.circle == circle && self.shares(partner, circle, key.owner))
            };
            let missed: BTreeSet<EnvelopeId> = self.journal.after(*cursor).filter(here).collect();
            self.send_stored(partner, missed.into_iter().collect());
            if let Some(link) = self.links.get_mut(&partner) {
                link.cursors.insert(circle, last);
            }
        }
    }

    /// The stream to a partner ended: what was written meanwhile went out on it.
    pub(crate) fn leave_off(&mut self, partner: RootId) {
        let last = self.journal.last;
        if let Some(link) = self.links.get_mut(&partner).filter(|link| link.ready) {
            link.cursors.values_mut().for_each(|cursor| *cursor = last);
        }
    }

    /// A check found both in step, and the partner's own documents up to what this node had
    /// `written` in them; none where those were not compared, because it is not known whether this
    /// node may have them.
    pub(crate) fn in_step(&mut self, partner: RootId, circle: CircleId, written: Option<u64>) {
        self.conceal_unbacked(circle);
        let last = self.journal.last;
        let Some(link) = self.links.get_mut(&partner) else { return };
        link.cursors.insert(circle, last);
        let Some(written) = written else { return };
        link.agreed.insert(circle, written);
        let (Some(store), Some(known)) = (link.store, link.theirs) else { return };
        // What is kept is up to now: of what was written meanwhile nobody knows whether it came.
        if written == last && link.saved.insert(circle, (last, known)) != Some((last, known)) {
            self.effect(Effect::Keep(Kept::InStep { partner, circle, store, known }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> EnvelopeId {
        let mut id = EnvelopeId([0; 32]);
        id.0[..8].copy_from_slice(&number.to_be_bytes());
        id
    }

    #[test]
    fn it_remembers_what_came_after() {
        let mut journal = Journal::default();
        journal.restore(3, id(3), Writer::Now);
        journal.restore(5, id(5), Writer::Before);
        journal.restore(7, id(7), Writer::Other);
        journal.write(id(8));
        assert!(journal.after(0).eq([id(3), id(8)]), "what a retired key signed is refused");
        assert!(journal.after(3).eq([id(8)]));
        assert!(journal.after(8).eq([]));
        assert_eq!(journal.own_after(3), Some([id(5), id(8)].into()));
        assert_eq!(journal.own_after(5), Some([id(8)].into()));
        assert_eq!((journal.first_of(&[id(7), id(8)].into()), journal.first_of(&[id(7)].into())), (Some(8), None));
    }

    #[test]
    fn too_long_ago_is_nothing() {
        let mut journal = Journal::default();
        (1..=REMEMBERED as u64 + 10).for_each(|number| journal.write(id(number)));
        assert_eq!(journal.after(9).count(), 0);
        assert_eq!(journal.after(10).count(), REMEMBERED);
        assert_eq!((journal.own_after(9), journal.own_after(10).map(|all| all.len())), (None, Some(REMEMBERED)));
    }
}
