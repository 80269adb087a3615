//! What this node signed by a clock that was ahead is signed again once the clock is right: until
//! then nobody takes it, and two nodes would hold different things for as long as it was ahead.
//!
//! A partner's word that it refused it is awaited, and this node's clock has to agree: a clock that
//! is wrong now takes what was signed at the right time for signed ahead, and so do those who are
//! wrong with it, but they refuse nothing. Nothing is said here that was not said before.

use std::collections::BTreeSet;

use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope};
use schemas::ids::{DocumentId, EnvelopeId, RootId};
use schemas::time::Timestamp;

use crate::clocks::Clock;
use crate::index::Key;
use crate::link::Link;
use crate::policy;
use crate::replica::Replica;

impl Replica {
    /// Has documents read of which partners `refused` what was signed ahead.
    pub(crate) fn read_what_was_ahead(&mut self, now: Timestamp, refused: &[EnvelopeId]) {
        if self.clock() != Clock::Right {
            return;
        }
        let ahead = |id: &&EnvelopeId| self.index.entry(**id).is_some_and(|held| policy::is_ahead(held.signed_at, now));
        let keys = refused.iter().filter(ahead).filter_map(|id| self.index.key_of(*id));
        let documents: BTreeSet<DocumentId> = keys.map(|key| key.document).collect();
        for document in documents {
            self.waiting_for(document);
        }
    }

    /// Of a document that was read and of which a partner refused what was signed ahead: signs again
    /// what this node signed, and refuses what others did. A hold stays as it is, to hide rather too
    /// much than too little.
    pub(crate) fn settle_what_was_ahead(&mut self, now: Timestamp, envelopes: &[Verified<Envelope>]) {
        if self.clock() != Clock::Right {
            return;
        }
        let ahead = |one: &Verified<Envelope>| policy::is_ahead(one.get().header.signed_at, now);
        let refused = |one: &Verified<Envelope>| {
            let id = one.get().id();
            self.links.values().any(|link| link.refused_there.contains(&id))
        };
        let own = |one: &Verified<Envelope>| one.get().header.author == self.node();
        let refused: Vec<&Verified<Envelope>> = envelopes.iter().filter(|one| ahead(one) && refused(one)).collect();
        if refused.iter().any(|one| own(one)) && self.may_sign(now) {
            // A page ends with its opening: what a clock that was right wrote in it is signed again too.
            let reopened = opened_ahead(envelopes, now);
            let again = envelopes.iter().filter(|one| {
                let header = &one.get().header;
                own(one) && header.content != Content::Hold && (ahead(one) || reopened.contains(&Key::from(header)))
            });
            let again = again.cloned().collect();
            self.sign_again(now, again);
        }
        let node = self.node();
        for envelope in refused.into_iter().filter(|one| one.get().header.author != node) {
            self.refuse_what_was_taken(envelope);
        }
    }

    /// Refuses at partners what another partner refused and this node took when its clock was ahead,
    /// so that whoever signed it hears of it. A version is let go of: its owner's next one, or the
    /// same when its time has come, is taken as any. What was written in a page stays: others may
    /// have written after it.
    fn refuse_what_was_taken(&mut self, envelope: &Verified<Envelope>) {
        let (id, header) = (envelope.get().id(), &envelope.get().header);
        let key = Key::from(header);
        let hears = |(partner, link): &(&RootId, &Link)| {
            link.ready && !link.leaves_out(&id) && self.shares(**partner, key.circle, key.owner)
        };
        let partners: Vec<RootId> = self.links.iter().filter(hears).map(|(partner, _)| *partner).collect();
        for partner in partners {
            self.tell_refused(partner, id);
        }
        if header.content == Content::Version && self.index.holds(id) {
            self.forget(id);
            if self.is_visible(&key) {
                self.hide(&key);
            }
        }
    }
}

/// Pages of these that were opened by a clock that was ahead.
pub(crate) fn opened_ahead(envelopes: &[Verified<Envelope>], now: Timestamp) -> BTreeSet<Key> {
    let headers = envelopes.iter().map(|envelope| &envelope.get().header);
    let opened = headers.filter(|one| one.content == Content::Opening && policy::is_ahead(one.signed_at, now));
    opened.map(Key::from).collect()
}
