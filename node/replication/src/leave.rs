//! Pages that are no longer for this node: their owner's newest list names it no more, or nobody
//! names their owner. They go, with everything of others in them. What people here typed and the
//! owner had not got yet is kept first, as a draft: so a page with such text is read before it goes,
//! and the list that takes it away is kept only then, or after a crash nobody would know of it.

use std::collections::BTreeSet;

use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, RootId};

use crate::api::{Effect, Kept};
use crate::build::guarded;
use crate::index::Key;
use crate::replica::Replica;

/// What is under way.
#[derive(Default)]
pub(crate) struct Leaving {
    /// Pages that are read before they go.
    pages: BTreeSet<Key>,
    /// Lists that are kept once those went.
    lists: BTreeSet<(CircleId, RootId)>,
}

impl Replica {
    /// Takes a newer list: lets go of what is not for this node any more, and keeps it.
    pub(crate) fn follow_list(&mut self, circle: CircleId, owner: RootId) {
        self.leaving.lists.insert((circle, owner));
        let owners: BTreeSet<RootId> = self.index.sets(circle).map(|(owner, _)| owner).collect();
        let owners: BTreeSet<RootId> = owners.into_iter().filter(|owner| self.is_unnamed(circle, *owner)).collect();
        if !owners.is_empty() {
            let keys = self.index.all().map(|(key, _)| key);
            let gone: Vec<Key> = keys.filter(|key| key.circle == circle && owners.contains(&key.owner)).collect();
            let (read, gone): (Vec<Key>, Vec<Key>) = gone.into_iter().partition(|key| !self.unsent(key).is_empty());
            self.let_go(gone);
            for key in read {
                self.leaving.pages.insert(key);
                self.waiting_for(key.document);
            }
        }
        self.keep_lists();
    }

    /// Whether what `owner` wrote in a circle is not for this node: the list of the owner gives it
    /// nothing, or no partner names that owner any more.
    fn is_unnamed(&self, circle: CircleId, owner: RootId) -> bool {
        owner != self.me && !self.roster.names(circle, owner, self.me) && !self.roster.is_silent(circle, owner)
    }

    /// Changes of this node in a page of another that its owner has not got, as far as is known.
    fn unsent(&self, key: &Key) -> BTreeSet<EnvelopeId> {
        let Some(document) = self.index.document(key).filter(|_| key.kind.is_co_edited()) else {
            return BTreeSet::new();
        };
        let agreed = self.links.get(&key.owner).and_then(|link| link.agreed.get(&key.circle));
        let own = self.journal.own_after(agreed.copied().unwrap_or(0));
        let changes = document.envelopes.iter().filter(|(_, entry)| entry.content == Content::Change);
        changes.map(|(id, _)| *id).filter(|id| own.as_ref().is_none_or(|own| own.contains(id))).collect()
    }

    /// Whether a page that was read is not for this node: then it goes, and what the owner had not
    /// got of it stays as a draft.
    pub(crate) fn goes(&mut self, key: &Key, held: &[&Verified<Envelope>]) -> bool {
        let goes = self.leaving.pages.contains(key) && self.is_unnamed(key.circle, key.owner);
        if goes {
            let unsent = self.unsent(key);
            if let Some(document) = self.read_page(key, held) {
                let runs = guarded(|| document.runs_in(self.me, &unsent)).unwrap_or_default();
                self.draft(key, runs);
            }
            self.let_go(vec![*key]);
        }
        goes
    }

    /// A document was read.
    pub(crate) fn left(&mut self, document: DocumentId) {
        self.leaving.pages.retain(|key| key.document != document);
        self.keep_lists();
    }

    fn keep_lists(&mut self) {
        if !self.leaving.pages.is_empty() {
            return;
        }
        for (circle, owner) in std::mem::take(&mut self.leaving.lists) {
            if let Some(bytes) = self.roster.list_bytes(circle, owner) {
                self.effect(Effect::Keep(Kept::List(circle, owner, bytes)));
            }
        }
    }
}
