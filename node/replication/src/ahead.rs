//! What this node signed by a clock that was ahead is said again once the clock is right: until then
//! nobody takes it, and two nodes would hold different things for as long as it was ahead.
//!
//! Three have to agree on that: a partner that refused it, this node's clock, and all who are
//! connected. A clock that is behind takes everything for signed ahead. No value is said here that
//! was not there before.

use std::collections::BTreeSet;

use rand::Rng;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Refusal};
use schemas::ids::{DocumentId, EnvelopeId, RootId};
use schemas::time::Timestamp;

use crate::check::CHECK_SECONDS;
use crate::clocks::Clock;
use crate::index::Key;
use crate::link::Link;
use crate::replica::Replica;
use crate::retire::lifted;

impl Replica {
    /// Has documents read of which partners `refused` what was signed ahead; whether there were any.
    pub(crate) fn read_what_was_ahead(&mut self, now: Timestamp, refused: &[EnvelopeId]) -> bool {
        if !self.knows_the_time() {
            return false;
        }
        let ahead = |id: &&EnvelopeId| self.index.entry(**id).is_some_and(|held| held.signed_at.is_ahead_of(now));
        let keys = refused.iter().filter(ahead).filter_map(|id| self.index.key_of(*id));
        let documents: BTreeSet<DocumentId> = keys.map(|key| key.document).collect();
        for document in &documents {
            self.waiting_for(*document);
        }
        !documents.is_empty()
    }

    /// The same of all that partners refused on their streams of now, once it is known what time it is:
    /// not more often than checks are due, whatever a partner says of the time in between.
    pub(crate) fn look_ahead(&mut self, now: Timestamp) {
        if !self.knows_the_time() {
            self.looked_ahead = false;
        } else if !self.looked_ahead && self.look_at <= now {
            let refused = self.links.values().flat_map(|link| &link.refused_there);
            let refused: Vec<EnvelopeId> = refused.copied().collect();
            self.looked_ahead = true;
            if self.read_what_was_ahead(now, &refused) {
                self.look_at = now.plus_seconds(CHECK_SECONDS);
            }
        }
    }

    /// Whether somebody is connected, and all who are agree with this clock.
    fn knows_the_time(&self) -> bool {
        let connected = || self.links.iter().filter(|(_, link)| link.state.connected_since.is_some());
        let agrees = |(partner, link): (&RootId, &Link)| link.ready && self.clocks.agrees(*partner);
        self.clock() == Clock::Right && connected().next().is_some() && connected().all(agrees)
    }

    /// Of a document that was read and of which a partner refused what was signed ahead: says again
    /// what this node signed, and refuses what others did.
    pub(crate) fn settle_what_was_ahead(
        &mut self,
        now: Timestamp,
        rng: &mut dyn Rng,
        envelopes: &[Verified<Envelope>],
    ) {
        let ahead = |one: &Verified<Envelope>| one.get().header.signed_at.is_ahead_of(now);
        if !envelopes.iter().any(ahead) || !self.knows_the_time() {
            return;
        }
        let is_refused = |one: &Verified<Envelope>| {
            let id = one.get().id();
            self.links.values().any(|link| link.refused_there.contains(&id))
        };
        let is_ours = |one: &Verified<Envelope>| self.roster.root_of(one.get().header.author) == Some(self.me);
        let refused = envelopes.iter().filter(|one| ahead(one) && is_refused(one));
        let (ours, theirs): (Vec<_>, Vec<_>) = refused.partition(|one| is_ours(one));
        if !ours.is_empty() && self.may_sign(now) {
            let own = envelopes.iter().filter(|one| ahead(one) && is_ours(one)).cloned().collect();
            self.say_again_what_was_ahead(now, rng, envelopes, own);
        }
        for envelope in theirs {
            self.refuse_what_was_taken(envelope);
        }
    }

    /// Signs again what is `own`. A page that was opened ahead is begun anew instead, since all that
    /// was written in it ends with it; not while it is held or somebody is cut in it, which would end
    /// with it too. A hold stays as it is, to hide rather too much than too little.
    fn say_again_what_was_ahead(
        &mut self,
        now: Timestamp,
        rng: &mut dyn Rng,
        all: &[Verified<Envelope>],
        own: Vec<Verified<Envelope>>,
    ) {
        let key = |one: &Verified<Envelope>| Key::from(&one.get().header);
        let opened = own.iter().filter(|one| one.get().header.content == Content::Opening);
        let opened: BTreeSet<Key> = opened.map(key).collect();
        let node = self.node();
        let fits = |one: &Verified<Envelope>| {
            let header = &one.get().header;
            header.author == node && header.content != Content::Hold && !opened.contains(&key(one))
        };
        self.sign_again(now, own.into_iter().filter(fits).collect(), &lifted(all));
        for page in opened {
            let held: Vec<&Verified<Envelope>> = all.iter().filter(|one| key(one) == page).collect();
            let is_restrained =
                |one: &&Verified<Envelope>| matches!(one.get().header.content, Content::Hold | Content::Cut);
            let whole = self.index.document(&page).is_some_and(|document| {
                document.envelopes.iter().count() == held.len()
                    && held.iter().all(|one| self.index.holds(one.get().id()))
            });
            if whole && !held.iter().any(is_restrained) {
                self.begin_anew(now, rng, &page, &held);
            } else if !whole && self.is_changing(&page, &held) {
                self.waiting_for(page.document);
            }
        }
    }

    /// Whether something of a page came or went with this reading of what was `held`, so that the next one
    /// finds more. What the store cannot read it finds no more the next time.
    fn is_changing(&self, page: &Key, held: &[&Verified<Envelope>]) -> bool {
        let document = self.index.document(page);
        let mut ids = document.into_iter().flat_map(|document| document.envelopes.keys());
        document.is_some()
            && (ids.any(|id| self.out.store.contains_key(id))
                || held.iter().any(|one| self.out.delete.contains(&one.get().id())))
    }

    /// Refuses at partners what another partner refused and this node took when its clock was ahead,
    /// so that whoever signed it hears of it. A version is let go of: its owner's next one, or on a
    /// later stream the same when its time has come, is taken as any. What ends a document stays, so
    /// that nothing erased comes back, and so does what was written in a page: others may have
    /// written after it.
    fn refuse_what_was_taken(&mut self, envelope: &Verified<Envelope>) {
        let (id, header) = (envelope.get().id(), &envelope.get().header);
        let key = Key::from(header);
        let hears = |(partner, link): &(&RootId, &Link)| {
            link.ready && !link.leaves_out(&id) && self.shares(**partner, key.circle, key.owner)
        };
        let partners: Vec<RootId> = self.links.iter().filter(hears).map(|(partner, _)| *partner).collect();
        for partner in partners {
            self.tell_refused(partner, Refusal::Future, id);
        }
        if header.content == Content::Version && self.index.holds(id) {
            let shown = self.is_visible(&key);
            self.forget(id);
            if shown {
                self.hide(&key);
            }
        }
    }
}
