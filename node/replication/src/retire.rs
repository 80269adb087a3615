//! Node keys that were retired, and what they signed.
//!
//! A certificate with a higher serial names the keys before it. From then on nothing signed by
//! one of them is taken any more, whatever hour it claims: a stolen key is worth nothing once the
//! certificate is known. What a municipality stands by, it says again under its new key
//! ([`Replica::say_again`]): owned documents as a next version, erasures anew, and changes of
//! co-edited documents with the same body, so that what others built on them keeps its ground.
//!
//! At a partner, versions, erasures, replacements and what this release does not understand, of a
//! retired key, go at once, so that what is said again can take their place; the page keeps what
//! it showed until this node and any partner are in step. Openings and changes stay until they are said
//! again, because others' changes depend on them, and the rest of what the key signed goes when
//! the owner and this node hold the same ([`Replica::void`]). What was built on that rest (on a
//! thief's change, or on one that a backup of before the rotation lacks) has no ground: the owner
//! refuses it too ([`Replica::refuse_followers`]), or the two would never be found to hold the
//! same, and whoever typed it gets it back as a draft ([`Replica::without_void`]).

use std::collections::{BTreeMap, BTreeSet};

use schemas::certificate::{NodeCertificate, Verified};
use schemas::envelope::{Content, Envelope, Header, Refusal};
use schemas::ids::{CircleId, EnvelopeId, NodeKey, RootId};
use schemas::time::{Hour, Timestamp};

use crate::api::Effect;
use crate::build::{self, guarded};
use crate::control::{Body, Cut, Lift};
use crate::index::Key;
use crate::merge::in_order;
use crate::orphans::Arrival;
use crate::replica::{MAX_REFUSED, Replica};
use crate::retiring::PATIENCE_DAYS;
use crate::scan::ChangeId;
use crate::{policy, scan};

/// Changes of one other author, and pages, that are remembered since a retired key of its signed them.
const MAX_OF_ONE: usize = 256;

/// Keys that were retired, by who says so. It concerns nobody else: whose a key is, the roster
/// knows.
#[derive(Default)]
pub(crate) struct Retired {
    keys: BTreeMap<RootId, BTreeSet<NodeKey>>,
    told: BTreeMap<RootId, BTreeSet<NodeKey>>,
    /// Not told yet.
    news: BTreeMap<RootId, Vec<NodeKey>>,
}

impl Retired {
    /// Takes what the certificates of `owner` retire.
    pub(crate) fn set(&mut self, owner: RootId, nodes: BTreeSet<NodeKey>) {
        self.keys.insert(owner, nodes);
    }

    /// Tells these retired keys of `owner`, unless they were told before.
    pub(crate) fn tell(&mut self, owner: RootId, nodes: Vec<NodeKey>) {
        let told = self.told.entry(owner).or_default();
        told.retain(|node| nodes.contains(node));
        let new: Vec<NodeKey> = nodes.into_iter().filter(|node| told.insert(*node)).collect();
        if !new.is_empty() {
            self.news.entry(owner).or_default().extend(new);
        }
    }

    pub(crate) fn contains(&self, owner: RootId, node: NodeKey) -> bool {
        self.keys.get(&owner).is_some_and(|nodes| nodes.contains(&node))
    }

    /// The keys that `owner` says it retired.
    pub(crate) fn of(&self, owner: RootId) -> impl Iterator<Item = NodeKey> {
        self.keys.get(&owner).into_iter().flatten().copied()
    }

    /// Forgets what `owner` retired.
    pub(crate) fn forget(&mut self, owner: RootId) {
        self.keys.remove(&owner);
        self.told.remove(&owner);
    }

    /// Tells once more what was told of `owner`.
    pub(crate) fn again(&mut self, owner: RootId) {
        let told = self.told.get(&owner).into_iter().flatten().copied().collect();
        self.news.insert(owner, told);
    }

    /// What was retired since this was asked last.
    pub(crate) fn news(&mut self) -> BTreeMap<RootId, Vec<NodeKey>> {
        std::mem::take(&mut self.news)
    }
}

/// What the lifts among these name, in whatever envelopes among them it is said.
pub(crate) fn lifted(envelopes: &[Verified<Envelope>]) -> BTreeSet<EnvelopeId> {
    let lifts = envelopes.iter().filter(|one| one.get().header.content == Content::Lift);
    let lifts = lifts.filter_map(|one| Lift::from_bytes(&one.get().body).ok());
    let named: BTreeSet<EnvelopeId> = lifts.flat_map(|lift| lift.holds).collect();
    let what = |one: &Verified<Envelope>| {
        let header = &one.get().header;
        (Key::from(header), header.stamp, header.body_hash)
    };
    let same: BTreeSet<_> = envelopes.iter().filter(|one| named.contains(&one.get().id())).map(what).collect();
    envelopes.iter().filter(|one| same.contains(&what(one))).map(|one| one.get().id()).collect()
}

impl Replica {
    /// Lets go of envelopes that retired keys of a partner signed: of versions, of erasures and
    /// of what nothing here was built on, or, once their owner and this node hold the same, of
    /// `all`.
    pub(crate) fn void(&mut self, envelopes: Vec<EnvelopeId>, all: bool) {
        let mut touched: BTreeMap<Key, Hour> = BTreeMap::new();
        for id in envelopes {
            let Some((key, entry)) = self.index.key_of(id).zip(self.index.entry(id).copied()) else { continue };
            let in_page = key.kind.is_co_edited() && matches!(entry.content, Content::Opening | Content::Change);
            if all && in_page && self.understands(entry.schema) {
                self.voiding.entry(key.document).or_default().insert(id);
                self.waiting_for(key.document);
                continue;
            }
            let whole = matches!(entry.content, Content::Version | Content::Erased | Content::ReplacedBy);
            if all || whole || !self.understands(entry.schema) {
                self.forget(id);
                let end = touched.entry(key).or_insert(entry.expires_at);
                *end = entry.expires_at.max(*end);
            }
        }
        if !all {
            self.unbacked.extend(touched);
            return;
        }
        touched.append(&mut self.unbacked);
        for key in touched.into_keys().filter(|key| self.is_visible(key)).collect::<Vec<_>>() {
            match self.index.document(&key).and_then(|document| document.leading()) {
                None => self.hide(&key),
                Some(_) if key.kind.is_co_edited() && !self.waiting.contains_key(&key.document) => {
                    self.effect(Effect::Load { document: key.document });
                }
                Some(_) => {}
            }
        }
    }

    /// Lets go of what is void of a page that was read; what stays. What was typed here after it
    /// becomes a draft.
    pub(crate) fn without_void<'a>(
        &mut self,
        key: &Key,
        held: Vec<&'a Verified<Envelope>>,
        void: &BTreeSet<EnvelopeId>,
    ) -> Vec<&'a Verified<Envelope>> {
        if !held.iter().any(|envelope| void.contains(&envelope.get().id())) {
            return held;
        }
        let opening = held.iter().find(|envelope| envelope.get().header.content == Content::Opening);
        if let Some(document) = self.read_page(key, &held) {
            let runs = document.runs_after(self.me, void);
            self.draft(key, runs);
        }
        let unopened = opening.is_some_and(|opening| void.contains(&opening.get().id()));
        for envelope in &held {
            let id = envelope.get().id();
            if unopened || void.contains(&id) {
                self.forget(id);
            }
        }
        if unopened && self.is_visible(key) {
            self.hide(key);
        }
        held.into_iter().filter(|envelope| self.index.holds(envelope.get().id())).collect()
    }

    /// What is held that is void, of the same author, and ended the document in the same way as what
    /// arrived.
    pub(crate) fn ended_by_void(&self, held: &[&Verified<Envelope>], arrival: &Arrival) -> Option<EnvelopeId> {
        let says = |header: &Header| (header.content, header.body_hash);
        let new = says(&arrival.envelope.get().header);
        let ends = matches!(new.0, Content::Erased | Content::ReplacedBy);
        let same = |old: &&&Verified<Envelope>| {
            let header = &old.get().header;
            says(header) == new && self.is_void(arrival.author, header)
        };
        held.iter().find(same).filter(|_| ends).map(|old| old.get().id())
    }

    /// Remembers a change that was refused because a retired key signed it, and refuses what follows
    /// it where nobody is to say it again: nobody but its author could, and that is this node and
    /// has not got it, or had its time. So whoever built on it hears that it is void, and both can
    /// be found to hold the same.
    pub(crate) fn refused_as_retired(&mut self, now: Timestamp, bytes: &[u8]) {
        let Ok(envelope) = Envelope::from_bytes(bytes) else { return };
        let Ok((author, signed)) = self.roster.verify_of(envelope, now) else { return };
        let Envelope { header, body, .. } = signed.get();
        if policy::check(&self.roster, self.me, header, author, now).is_err() {
            return;
        }
        let key = Key::from(header);
        let new = match header.content {
            Content::Change => {
                guarded(|| scan::change(body)).is_ok_and(|change| self.note_refused(change.hash, author))
            }
            Content::Opening if author == key.owner => {
                self.has_room_for(author, self.refused_pages.values())
                    && self.refused_pages.insert(key, author).is_none()
            }
            _ => false,
        };
        if new {
            self.refuse_followers(&key);
        }
    }

    fn note_refused(&mut self, change: ChangeId, author: RootId) -> bool {
        self.has_room_for(author, self.refused_changes.values())
            && self.refused_changes.insert(change, author).is_none()
    }

    /// Whether one more by this author is remembered: nobody fills the places of others, or of this node.
    fn has_room_for<'a>(&self, author: RootId, remembered: impl Iterator<Item = &'a RootId>) -> bool {
        let (mut of_it, mut of_others) = (0, 0);
        for one in remembered {
            of_it += usize::from(*one == author);
            of_others += usize::from(*one != self.me);
        }
        of_it < MAX_REFUSED && (author == self.me || of_it < MAX_OF_ONE && of_others < MAX_REFUSED)
    }

    /// Whether nothing that a retired key of this author signed and that is not said again here is
    /// waited for any more.
    pub(crate) fn had_time(&self, author: RootId) -> bool {
        let over = |since: &NodeCertificate| since.valid_from.plus_days(PATIENCE_DAYS) <= self.now.hour();
        author == self.me || self.roster.retires_since(author).is_some_and(over)
    }

    /// Refuses what waits of a document and follows a change that was refused as retired. It waits
    /// on: by other envelopes it may have its place yet.
    pub(crate) fn refuse_followers(&mut self, key: &Key) {
        if self.refused_changes.is_empty() && self.refused_pages.is_empty() {
            return;
        }
        let opened = self.index.document(key).is_some_and(|document| document.leading().is_some());
        let no_page = !opened && self.refused_pages.get(key).is_some_and(|author| self.had_time(*author));
        let waiting = self.orphans.remove(key);
        let mut refused = Vec::new();
        for id in in_order(waiting.iter().map(|(id, arrival)| (id, arrival.envelope.get()))) {
            let arrival = &waiting[&id];
            let follows = || {
                let is_change = arrival.envelope.get().header.content == Content::Change;
                let change = guarded(|| scan::change(&arrival.envelope.get().body)).ok().filter(|_| is_change)?;
                let ground = |hash| self.refused_changes.get(hash).copied().filter(|author| self.had_time(*author));
                change.dependencies.iter().find_map(ground).map(|author| (change.hash, author))
            };
            let change = if no_page { None } else { follows() };
            if no_page || change.is_some() {
                refused.push((arrival.from, arrival.author, id));
            }
            if let Some((change, author)) = change {
                self.note_refused(change, author);
            }
        }
        self.orphans.put(*key, waiting);
        for (from, author, id) in refused {
            // Whoever else brings it hears the same.
            if self.groundless.len() < MAX_REFUSED {
                self.groundless.insert(id);
            }
            if !self.links.get(&from).is_some_and(|link| link.leaves_out(&id)) {
                self.refuse_of(from, Some(author), Refusal::Retired, Some(id));
            }
        }
    }

    /// Whether this node's clock and certificate let it sign. What is asked while they don't is
    /// refused, so what must not be lost waits.
    pub fn may_sign(&self, now: Timestamp) -> bool {
        !self.is_off() && self.roster.covered(self.me, now.hour())
    }

    /// Asks once more for what was to be said again and could not be, when it can be said now.
    pub(crate) fn say_what_was_not_said(&mut self, now: Timestamp) {
        if self.unsaid && self.may_sign(now) {
            self.unsaid = false;
            self.roster.tell_retired_again(self.me);
        }
    }

    /// This node and a partner hold the same in a circle: what a retired key alone stood for is
    /// shown no more. Where its owner says it again later it comes back.
    pub(crate) fn conceal_unbacked(&mut self, circle: CircleId) {
        self.conceal_where(|key, _| key.circle == circle);
    }

    /// Nothing is shown beyond its end.
    pub(crate) fn expire_unbacked(&mut self, now: Timestamp) {
        self.conceal_where(|_, end| policy::is_past(end, now));
    }

    fn conceal_where(&mut self, over: impl Fn(&Key, Hour) -> bool) {
        let backed = |key: &Key| self.index.document(key).is_some_and(|document| document.leading().is_some());
        let gone = self.unbacked.iter().filter(|(key, end)| over(key, **end) && !backed(key));
        let gone: Vec<Key> = gone.map(|(key, _)| *key).collect();
        for key in gone {
            self.unbacked.remove(&key);
            if self.is_visible(&key) {
                self.hide(&key);
            }
        }
    }

    /// Says again, under this node's key, what its retired keys signed in documents.
    pub(crate) fn say_again(&mut self, now: Timestamp, envelopes: Vec<Verified<Envelope>>) {
        if !self.may_sign(now) {
            self.unsaid = true;
            return;
        }
        let lifted = lifted(&envelopes);
        let before = self.roster.earlier_keys(self.me);
        let is_of_before = |one: &Verified<Envelope>| before.contains(&one.get().header.author);
        let of_before = envelopes.into_iter().filter(is_of_before).collect();
        self.sign_again(now, of_before, &lifted);
    }

    /// Signs these again under this node's key and at the hour of now, but for cuts for now that were
    /// `lifted`: the lift names what was cut by its id of before. What cannot be said now stays as it is.
    pub(crate) fn sign_again(
        &mut self,
        now: Timestamp,
        envelopes: Vec<Verified<Envelope>>,
        lifted: &BTreeSet<EnvelopeId>,
    ) {
        let is_over = |one: &Envelope| match one.header.content {
            // It lapses by itself, and whoever lifted it named this one.
            Content::Hold => true,
            Content::Cut => {
                lifted.contains(&one.id()) && Cut::from_bytes(&one.body).is_ok_and(|cut| cut.for_now.is_some())
            }
            _ => false,
        };
        let mut pages = BTreeSet::new();
        for envelope in envelopes {
            let (id, header) = (envelope.get().id(), &envelope.get().header);
            if !self.index.holds(id) {
                continue;
            }
            let key = Key::from(header);
            match header.content {
                Content::Version => {
                    // What cannot be said now is tried again when the clock is another, and at the next start.
                    if let Ok(version) = guarded(|| build::version(header, &envelope.get().body)) {
                        let longest = now.hour().plus_days(key.kind.max_days());
                        let end = header.expires_at.min(longest);
                        let said = self.publish(now, key.circle, key.document, &version.value, end);
                        self.untimely |= said.is_err_and(|reason| reason.is_about_time());
                    }
                }
                Content::Erased => {
                    let (incarnation, number) = self.next_version(now, &key);
                    let stamp = schemas::envelope::Stamp::Version { incarnation, number };
                    let until = policy::gone_until(key.kind, now.hour());
                    let again = self.sign(now, &key, (Content::Erased, header.schema), stamp, until, Vec::new());
                    self.erase(&key, &again, vec![id]);
                    self.push(&key, &[again]);
                }
                _ if is_over(envelope.get()) => {
                    self.forget(id);
                    pages.insert(key.document);
                }
                content => {
                    let body = envelope.get().body.clone();
                    let until = match content {
                        Content::ReplacedBy => policy::gone_until(key.kind, now.hour()),
                        _ => header.expires_at,
                    };
                    let again = self.sign(now, &key, (content, header.schema), header.stamp, until, body);
                    if policy::check_times(&again.get().header, now).is_err() {
                        self.untimely = true;
                        continue;
                    }
                    self.forget(id);
                    self.keep(&again);
                    self.push(&key, &[again]);
                    pages.insert(key.document);
                }
            }
        }
        // It says of another hour when it was written, here as elsewhere.
        for document in pages {
            self.effect(Effect::Load { document });
        }
    }

    /// Whether what is held gives way to its author's own word that says the same again: a retired key
    /// signed it, or a clock that was ahead, as this node's was.
    fn is_void(&self, author: RootId, header: &Header) -> bool {
        let retired = self.roster.retired().contains(author, header.author);
        let of_author = self.roster.root_of(header.author) == Some(author);
        retired || of_author && header.signed_at.is_ahead_of(self.now)
    }

    /// What of `arrivals` says again what is held and void: the same in everything but who signed
    /// and when. It takes the place of what is held, so that everything that follows it stands.
    pub(crate) fn said_again(
        &mut self,
        held: &[&Verified<Envelope>],
        arrivals: &mut BTreeMap<EnvelopeId, Arrival>,
    ) -> Vec<Verified<Envelope>> {
        let mut again = Vec::new();
        for old in held.iter().map(|envelope| envelope.get()) {
            let root = self.roster.root_of(old.header.author);
            if !root.is_some_and(|root| self.is_void(root, &old.header)) {
                continue;
            }
            let same = |arrival: &Arrival| {
                let says = |header: &Header| {
                    (header.content, header.stamp, header.schema, header.expires_at, header.body_hash)
                };
                Some(arrival.author) == root && says(&arrival.envelope.get().header) == says(&old.header)
            };
            let found = arrivals.iter().find(|(_, arrival)| same(arrival)).map(|(id, _)| *id);
            if let Some(arrival) = found.and_then(|id| arrivals.remove(&id)) {
                self.forget(old.id());
                self.keep(&arrival.envelope);
                again.push(arrival.envelope);
            }
        }
        again
    }
}
