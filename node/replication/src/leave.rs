//! Pages that are no longer for this node: their owner's newest list names it no more, nobody
//! names their owner, or their owner is no partner any more. They go, with everything of others in
//! them. What people here typed and the owner had not got yet is kept first, as a draft: so a page
//! with such text is read before it goes, and the list that takes it away is kept only then, or
//! after a crash nobody would know of it. Who is left is told anew at every start. Of a page of
//! this municipality that was shared with just the one that is left, all of it is such a draft. And
//! a page that ends goes in the same way: its owner may have been out of reach for as long.

use std::collections::{BTreeMap, BTreeSet};

use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, RootId};

use crate::api::{Effect, Kept, Lost};
use crate::clocks::Clock;
use crate::coedited::{Opening, typed_alone};
use crate::index::Key;
use crate::policy;
use crate::replica::Replica;

/// Pages that are read at once, at most: a list may take away as many as an owner can share.
const READ_TOGETHER: usize = 8;

/// What is under way.
#[derive(Default)]
pub(crate) struct Leaving {
    /// Pages that are read before they go, with what the owner had not got of each when the list
    /// came: from then on both agree about what is left.
    pages: BTreeMap<Key, BTreeSet<EnvelopeId>>,
    /// Lists that are kept once those went.
    lists: BTreeSet<(CircleId, RootId)>,
}

impl Replica {
    /// Removes a partner: what is its own, or was of one that merged into it, is purged here, but for
    /// what was typed here and it has not. Of one that merged nobody can tell what it has.
    pub(crate) fn remove(&mut self, partner: RootId) {
        self.clocks.forget(partner);
        self.roster.remove(partner);
        // In the circle of just the two there is nobody left for what is ours either.
        let pair = CircleId::pair(self.me, partner);
        let keeper = |owner: RootId| self.roster.keeper(owner);
        let came_by_it = |owner: RootId| {
            owner == partner || owner != self.me && keeper(owner) == partner && !self.roster.is_confirmed(owner)
        };
        let is_given_by_others = |key: &Key| {
            let inherited = keeper(key.owner) != key.owner && key.kind.is_co_edited();
            inherited && self.roster.names(key.circle, key.owner, self.me)
        };
        let keys = self.index.all().map(|(key, _)| key);
        // What it has of it is known by what was exchanged with it.
        let goes = |key: &Key| key.circle == pair || came_by_it(key.owner) && !is_given_by_others(key);
        self.part_with(keys.filter(goes).collect());
        if self.links.remove(&partner).is_some_and(|link| link.state.connected_since.is_some()) {
            self.effect(Effect::Disconnect { partner, reason: "removed" });
        }
    }

    /// Purges documents that are not for this node any more.
    fn let_go(&mut self, keys: Vec<Key>) {
        for key in keys {
            let shown = self.is_visible(&key) && !self.index.document(&key).is_some_and(|held| held.is_gone());
            self.purge(&key);
            self.orphans.remove(&key);
            if shown {
                self.hide(&key);
            }
        }
    }

    /// Takes a newer list: lets go of what is not for this node any more, and keeps it.
    pub(crate) fn follow_list(&mut self, circle: CircleId, owner: RootId) {
        self.leaving.lists.insert((circle, owner));
        let owners: BTreeSet<RootId> = self.index.sets(circle).map(|(owner, _)| owner).collect();
        let owners: BTreeSet<RootId> = owners.into_iter().filter(|owner| self.is_unnamed(circle, *owner)).collect();
        if !owners.is_empty() {
            let goes = |key: &Key| key.circle == circle && owners.contains(&key.owner);
            self.part_with(self.index.all().map(|(key, _)| key).filter(goes).collect());
        }
        self.keep_lists();
    }

    /// Lets go of documents; of pages with what people here typed and the owner has not got only
    /// once they were read.
    pub(crate) fn part_with(&mut self, keys: Vec<Key>) {
        let mut own = BTreeMap::new();
        let (mut read, mut gone) = (Vec::new(), Vec::new());
        // What was found to be missing of a page that is being read stays that.
        for key in keys.into_iter().filter(|key| !self.leaving.pages.contains_key(key)) {
            let place = (key.circle, key.owner);
            let own = own.entry(place).or_insert_with(|| self.written_since(key.circle, key.owner));
            let unsent = self.unsent(&key, own.as_ref());
            if unsent.is_empty() { gone.push(key) } else { read.push((key, unsent)) }
        }
        self.let_go(gone);
        self.leaving.pages.extend(read);
        self.read_some();
    }

    /// Of what is over, what may go at once: pages that ended, with what people here typed and the
    /// owner has not got, go once they were read.
    pub(crate) fn without_typed(&mut self, over: Vec<(Key, EnvelopeId)>) -> Vec<(Key, EnvelopeId)> {
        let ended: BTreeSet<Key> = over.iter().map(|(key, _)| *key).filter(|key| self.has_ended(key)).collect();
        for key in ended {
            let unsent = self.unsent(&key, self.written_since(key.circle, key.owner).as_ref());
            if !unsent.is_empty() {
                self.leaving.pages.entry(key).or_insert(unsent);
            }
        }
        self.read_some();
        over.into_iter().filter(|(key, _)| !self.leaving.pages.contains_key(key)).collect()
    }

    /// Whether a page of another is over, as far as this node's clock can say so.
    fn has_ended(&self, key: &Key) -> bool {
        let leading = self.index.document(key).and_then(|document| document.leading());
        let opened = leading.filter(|(_, entry)| entry.content == Content::Opening && key.owner != self.me);
        self.clock() == Clock::Right && opened.is_some_and(|(_, entry)| policy::is_past(entry.expires_at, self.now))
    }

    /// Asks for the next of the pages that are read before they go.
    fn read_some(&mut self) {
        let next: Vec<DocumentId> = self.leaving.pages.keys().take(READ_TOGETHER).map(|key| key.document).collect();
        for document in next {
            self.waiting_for(document);
        }
    }

    /// Whether what `owner` wrote in a circle is not for this node: the list of the owner gives it
    /// nothing, or no partner names that owner any more.
    fn is_unnamed(&self, circle: CircleId, owner: RootId) -> bool {
        owner != self.me && !self.roster.names(circle, owner, self.me) && !self.roster.is_silent(circle, owner)
    }

    /// What this node wrote since it and `owner` were found to hold the same; none when that is too
    /// long ago to tell.
    fn written_since(&self, circle: CircleId, owner: RootId) -> Option<BTreeSet<EnvelopeId>> {
        let agreed = self.links.get(&owner).and_then(|link| link.agreed.get(&circle));
        self.journal.own_after(agreed.copied().unwrap_or(0))
    }

    /// Changes in a page of another that are among the `own` that its owner has not got; all of
    /// them where nobody can tell. Of a page of this municipality everything.
    fn unsent(&self, key: &Key, own: Option<&BTreeSet<EnvelopeId>>) -> BTreeSet<EnvelopeId> {
        let Some(document) = self.index.document(key).filter(|_| key.kind.is_co_edited()) else {
            return BTreeSet::new();
        };
        let ours = key.owner == self.me;
        let is_typed = |content: Content| content == Content::Change || ours && content == Content::Opening;
        let typed = document.envelopes.iter().filter(|(_, entry)| is_typed(entry.content)).map(|(id, _)| *id);
        // What the owner refused it has not got, however long ago that was.
        let link = self.links.get(&key.owner);
        let refused = |id: &EnvelopeId| link.is_some_and(|link| link.refused_there.contains(id));
        typed.filter(|id| ours || own.is_none_or(|own| own.contains(id)) || refused(id)).collect()
    }

    /// Whether a document is not for this node any more.
    fn is_over(&self, key: &Key) -> bool {
        if key.owner == self.me { !self.roster.is_pair(key.circle) } else { self.is_unnamed(key.circle, key.owner) }
    }

    /// Whether a page that was read is not for this node: then it goes, and what the owner had not
    /// got of it stays as a draft.
    pub(crate) fn goes(&mut self, key: &Key, held: &[&Verified<Envelope>]) -> bool {
        let Some(unsent) = self.leaving.pages.remove(key) else { return false };
        let why = match self.is_over(key) {
            true if key.owner == self.me || self.roster.is_removed(key.owner) => Lost::Parted,
            true => Lost::LeftOut,
            false if self.has_ended(key) => Lost::Ended,
            false => return false,
        };
        let document = self.read_page(key, held);
        let whole = document.as_ref().filter(|_| key.owner == self.me).and_then(|page| page.whole(why).ok());
        let mut runs = match (whole, &document) {
            (Some(whole), _) => vec![whole],
            (None, Some(page)) => page.runs_in(self.me, &unsent, why),
            (None, None) => Vec::new(),
        };
        // Where what they follow could not be read, their words are all that is left.
        let is_own = |envelope: &&Envelope| {
            let author = self.roster.root_of(envelope.header.author);
            author == Some(self.me) && unsent.contains(&envelope.id())
        };
        let own = held.iter().map(|envelope| envelope.get()).filter(is_own);
        let change = |envelope: &Envelope| match envelope.header.content {
            Content::Opening => Opening::from_bytes(&envelope.body).ok().map(|opening| opening.change),
            _ => Some(envelope.body.clone()),
        };
        let alone = own.filter_map(|envelope| typed_alone(key.kind, &change(envelope)?, why));
        runs.extend(alone.filter(|run| !document.as_ref().is_some_and(|page| page.has(&run.last))));
        self.draft(key, runs);
        self.let_go(vec![*key]);
        true
    }

    /// A document was read.
    pub(crate) fn left(&mut self, document: DocumentId) {
        self.leaving.pages.retain(|key, _| key.document != document);
        self.read_some();
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
