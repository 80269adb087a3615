//! The replica: takes inputs, keeps the index, and says what is to be done.
//!
//! It holds no body of a document between two inputs, and nothing in it grows by what a partner
//! sends beyond a bound.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use schemas::border::SCHEMA;
use schemas::certificate::{NodeCertificate, Verified};
use schemas::envelope::{Content, Envelope, Refusal, Stamp};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId};
use schemas::time::{Hour, Timestamp};

use crate::allowance::Allowance;
use crate::api::{Config, Draft, Effect, Input, Notice, PartnerState, StoredHeader};
use crate::catchup::{Journal, Writer};
use crate::clocks::{Clock, Clocks};
use crate::frames::{Frame, MAX_IDS};
use crate::index::{Index, Key};
use crate::leave::Leaving;
use crate::link::Link;
use crate::merge::Waiting;
use crate::orphans::Orphans;
use crate::policy;
use crate::roster::Roster;
use crate::scan::ChangeId;

/// Refused ids remembered per partner, quarantined envelopes remembered in all.
pub(crate) const MAX_REFUSED: usize = 4096;

/// Seconds after which what was refused as from the future is asked for again.
const WELCOME_AFTER: u64 = 86_400;

/// One municipality's replica of everything that is shared with it.
pub struct Replica {
    pub(crate) config: Config,
    pub(crate) me: RootId,
    pub(crate) roster: Roster,
    /// What each owner may have others keep of its next certificates.
    pub(crate) renewals: BTreeMap<RootId, Allowance>,
    pub(crate) clocks: Clocks,
    /// What was told of the clock last.
    told: Clock,
    pub(crate) index: Index,
    pub(crate) journal: Journal,
    pub(crate) links: BTreeMap<RootId, Link>,
    pub(crate) waiting: BTreeMap<DocumentId, Waiting>,
    /// Bytes of what arrived and waits, in all.
    pub(crate) waiting_bytes: usize,
    pub(crate) orphans: Orphans,
    /// Drafts that were told of since the start.
    pub(crate) drafted: BTreeSet<ChangeId>,
    /// Highest schema version that this release understands.
    pub(crate) schema: u16,
    /// The same of other municipalities, as their cards state it.
    pub(crate) stated: BTreeMap<RootId, u16>,
    pub(crate) quarantined: BTreeSet<EnvelopeId>,
    /// Documents that are shown as a retired key left them, with when they end.
    pub(crate) unbacked: BTreeMap<Key, Hour>,
    /// What a retired key signed and is let go of once its document is read: what was built on it
    /// here becomes a draft.
    pub(crate) voiding: BTreeMap<DocumentId, BTreeSet<EnvelopeId>>,
    /// Changes that were refused because a retired key signed them, with whose key it was, and what
    /// follows them.
    pub(crate) refused_changes: BTreeMap<ChangeId, RootId>,
    /// Pages of which the opening was refused because of that.
    pub(crate) refused_pages: BTreeMap<Key, RootId>,
    /// Envelopes without ground because of either.
    pub(crate) groundless: BTreeSet<EnvelopeId>,
    /// Pages that go because of a list, and such lists.
    pub(crate) leaving: Leaving,
    /// Whether something was to be said again under a new key and could not be.
    pub(crate) unsaid: bool,
    /// Whether something could not be said again at the time that this node's clock showed.
    pub(crate) untimely: bool,
    pub(crate) out: Out,
    /// Whether what was signed ahead was looked for since everybody who is connected agrees with this
    /// clock, and when it may be again.
    pub(crate) looked_ahead: bool,
    pub(crate) look_at: Timestamp,
    /// Pages of which a change of this session was let go: it may come back, so no other takes its place.
    pub(crate) worn: BTreeSet<DocumentId>,
    /// The highest number of a version of this node that ended since the start.
    pub(crate) ended: u64,
    /// Time of the input that is being handled.
    pub(crate) now: Timestamp,
    /// When those who were not greeted at once are greeted anew.
    pub(crate) greet_at: Option<Timestamp>,
    woken_at: Option<Timestamp>,
}

/// Effects under way: drafts go first, then what is stored, then what is deleted, then the rest in order.
#[derive(Default)]
pub(crate) struct Out {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) store: BTreeMap<EnvelopeId, Verified<Envelope>>,
    pub(crate) delete: BTreeSet<EnvelopeId>,
    effects: Vec<Effect>,
    /// What partners are still to be told that it has no place here.
    pub(crate) refused: BTreeMap<RootId, BTreeSet<EnvelopeId>>,
}

impl Replica {
    /// A replica that holds nothing yet.
    pub fn new(config: Config) -> Self {
        let roster = Roster::new(config.certificate.clone(), config.certificate_bytes.clone());
        Self {
            me: config.certificate.get().owner(),
            roster,
            renewals: BTreeMap::new(),
            clocks: Clocks::default(),
            told: Clock::default(),
            config,
            index: Index::default(),
            journal: Journal::default(),
            links: BTreeMap::new(),
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            orphans: Orphans::default(),
            drafted: BTreeSet::new(),
            schema: SCHEMA,
            stated: BTreeMap::new(),
            quarantined: BTreeSet::new(),
            unbacked: BTreeMap::new(),
            voiding: BTreeMap::new(),
            refused_changes: BTreeMap::new(),
            refused_pages: BTreeMap::new(),
            groundless: BTreeSet::new(),
            leaving: Leaving::default(),
            unsaid: false,
            untimely: false,
            looked_ahead: false,
            look_at: Timestamp(0),
            worn: BTreeSet::new(),
            ended: 0,
            out: Out::default(),
            now: Timestamp(0),
            greet_at: None,
            woken_at: None,
        }
    }

    /// Takes over what the store holds. What an interrupted replacement left behind is deleted
    /// with the next input.
    pub fn restore(&mut self, stored: impl IntoIterator<Item = StoredHeader>) {
        let before: BTreeSet<NodeKey> = self.roster.earlier_keys(self.me).into_iter().collect();
        for StoredHeader { id, header, body_bytes, number } in stored {
            let by = match header.author {
                author if author == self.node() => Writer::Now,
                author if before.contains(&author) => Writer::Before,
                _ => Writer::Other,
            };
            self.journal.restore(number, id, by);
            let bytes = usize::try_from(body_bytes).unwrap_or(usize::MAX);
            self.index.insert(&header, id, bytes);
        }
        let losers: Vec<EnvelopeId> = self.index.all().flat_map(|(_, document)| document.losers()).collect();
        for id in losers {
            self.index.remove(id);
            self.out.delete.insert(id);
        }
        self.read_cards();
    }

    /// Effects that show every document anew: each is read, and built when it comes back. For a
    /// start after a crash that may have come between storing and showing, on a store that then
    /// lets go of every built state first. A store that carries out `Store`, `Delete`, `Show` and
    /// `Hide` of one list of effects in one transaction does not need it.
    pub fn rebuild(&self) -> Vec<Effect> {
        let documents: BTreeSet<DocumentId> = self.index.all().map(|(key, _)| key.document).collect();
        documents.into_iter().map(|document| Effect::Load { document }).collect()
    }

    /// What is to be done about `input` at `now`.
    pub fn handle(&mut self, now: Timestamp, rng: &mut dyn Rng, input: Input) -> Vec<Effect> {
        if now < self.now {
            self.clock_set_back(now);
        }
        self.now = now;
        self.clocks.pass(now);
        match input {
            Input::Connected { partner } => self.connected(now, partner),
            Input::Disconnected { partner } => self.disconnected(partner),
            Input::Frame { partner, bytes } => self.frame(now, partner, &bytes),
            Input::Certificate { certificate, bytes } => self.certificate(certificate, bytes),
            Input::Introduced { certificates } => self.introduced(certificates),
            Input::List { list, bytes } => self.list(list, bytes),
            Input::Remove { partner } => self.remove(partner),
            Input::Forget { owners } => self.forget_unnamed(&owners),
            Input::Command { number, command } => self.command(now, number, command),
            Input::Loaded { document, envelopes } => self.loaded(now, rng, document, envelopes),
            Input::Void { envelopes, all } => self.void(envelopes, all),
            Input::SayAgain { envelopes } => self.say_again(now, envelopes),
            Input::Tick => self.tick(now),
        }
        self.look_at_clock(now);
        self.look_ahead(now);
        self.welcome_again(now);
        self.say_what_was_not_said(now);
        self.flush(now)
    }

    /// What waits for a moment waits no longer than it was to when this node's clock is set back,
    /// by hours or by years.
    fn clock_set_back(&mut self, now: Timestamp) {
        self.greet_at = self.greet_at.map(|at| at.min(now.plus_seconds(1)));
        self.look_at = self.look_at.min(now);
        for link in self.links.values_mut() {
            link.checked_at = link.checked_at.min(now);
            link.welcome_at = link.welcome_at.map(|at| at.min(now.plus_seconds(WELCOME_AFTER)));
        }
        self.woken_at = None;
    }

    /// Tells when something changed in what is known of this node's clock.
    fn look_at_clock(&mut self, now: Timestamp) {
        let clock = self.clock();
        if clock != self.told {
            let was_off = matches!(self.told, Clock::Off(_));
            self.told = clock;
            if self.is_off() != was_off {
                self.effect(Effect::Notify(Notice::Clock(clock)));
            }
            self.expire(now);
            self.unsaid |= std::mem::take(&mut self.untimely);
        }
    }

    fn tick(&mut self, now: Timestamp) {
        self.expire(now);
        if self.greet_at.take_if(|at| *at <= now).is_some() {
            self.knowledge_changed();
        }
        self.check_due(now);
    }

    /// Lets go of what is over, as far as this node's clock can say so.
    fn expire(&mut self, now: Timestamp) {
        if self.clock() != Clock::Right {
            return;
        }
        self.expire_unbacked(now);
        if self.index.next_end().is_none_or(|end| !policy::is_past(end, now)) {
            return;
        }
        let over = self.index.ending(Hour(0), Hour(now.hour().0.saturating_add(1)));
        let over: Vec<(Key, EnvelopeId)> =
            over.into_iter().filter_map(|id| Some((self.index.key_of(id)?, id))).collect();
        let mut touched = BTreeSet::new();
        for (key, id) in self.without_typed(over) {
            let shown = !self.index.document(&key).is_some_and(|document| document.is_gone());
            if shown && self.is_visible(&key) {
                touched.insert(key);
            }
            if key.owner == self.me
                && let Some(Stamp::Version { number, .. }) = self.index.entry(id).map(|entry| entry.stamp)
            {
                self.note_ended(now, number);
            }
            self.forget(id);
        }
        for key in touched {
            if self.index.document(&key).is_none_or(|document| document.leading().is_none()) {
                self.hide(&key);
            } else if key.kind.is_co_edited() {
                // A hold that lapsed.
                self.waiting_for(key.document);
            }
        }
    }

    /// Takes a document that is held from the pages.
    pub(crate) fn conceal(&mut self, key: &Key) {
        if self.is_visible(key) {
            self.effect(Effect::Hide { owner: key.owner, document: key.document, kind: key.kind, erased: false });
        }
    }

    /// Takes a document that was shown and is no longer held from the pages. Should its owner have
    /// given the same id to another, that one is shown instead.
    pub(crate) fn hide(&mut self, key: &Key) {
        self.effect(Effect::Hide { owner: key.owner, document: key.document, kind: key.kind, erased: false });
        if self.index.keys(key.document).iter().any(|other| other.owner == key.owner && other != key) {
            self.effect(Effect::Load { document: key.document });
        }
    }

    // --- what the parts of the replica share ---

    pub(crate) fn effect(&mut self, effect: Effect) {
        self.out.effects.push(effect);
    }

    /// Stores an envelope and takes it in the index.
    pub(crate) fn keep(&mut self, envelope: &Verified<Envelope>) {
        let (id, header) = (envelope.get().id(), &envelope.get().header);
        if self.index.insert(header, id, envelope.get().body.len()) {
            // Who is connected may not know by what to check it.
            self.greet_at.get_or_insert(self.now.plus_seconds(1));
        }
        if header.author == self.node() {
            self.journal.write(id);
        }
        self.out.store.insert(id, envelope.clone());
    }

    /// Deletes an envelope.
    pub(crate) fn forget(&mut self, id: EnvelopeId) {
        if let Some((key, entry)) = self.index.remove(id)
            && matches!(entry.stamp, Stamp::Change { session, .. } if session == self.config.session)
        {
            self.worn.insert(key.document);
        }
        if self.out.store.remove(&id).is_none() {
            self.out.delete.insert(id);
        }
    }

    /// Deletes everything of a document.
    pub(crate) fn purge(&mut self, key: &Key) {
        let ids: Vec<EnvelopeId> =
            self.index.document(key).map(|document| document.envelopes.keys().copied().collect()).unwrap_or_default();
        for id in ids {
            self.forget(id);
        }
    }

    /// Counts the refusal of what `from` itself said, and remembers it unless it says nothing
    /// about the envelope itself.
    pub(crate) fn refuse(&mut self, from: RootId, reason: Refusal, id: Option<EnvelopeId>) {
        self.refuse_of(from, None, reason, id);
    }

    /// The same of what `author` signed, as far as anybody did.
    pub(crate) fn refuse_of(&mut self, from: RootId, author: Option<RootId>, reason: Refusal, id: Option<EnvelopeId>) {
        if self.is_off() && reason.is_about_time() {
            // By a clock that is wrong itself.
            return;
        }
        if let Some(link) = self.links.get_mut(&from) {
            *link.state.refused.entry(reason).or_default() += 1;
        }
        if let Some(id) = id.filter(|_| !matches!(reason, Refusal::Superseded | Refusal::Expired)) {
            self.tell_refused(from, reason, id);
        }
        // An honest node of an earlier release passes on what it does not understand.
        let blamed = !reason.is_innocent() && author.is_none_or(|author| author == from);
        self.effect(Effect::Notify(Notice::Refused { partner: from, reason, blamed }));
    }

    /// Has a partner know, once, that an envelope has no place here, and leaves it out of checks.
    pub(crate) fn tell_refused(&mut self, partner: RootId, reason: Refusal, id: EnvelopeId) {
        if let Some(link) = self.links.get_mut(&partner)
            && link.refused_here.len() < MAX_REFUSED
            && link.refused_here.insert(id)
        {
            if reason == Refusal::Future {
                link.welcome_at.get_or_insert(self.now.plus_seconds(WELCOME_AFTER));
            }
            self.out.refused.entry(partner).or_default().insert(id);
        }
    }

    /// Keeps apart an envelope whose building panicked.
    pub(crate) fn quarantine(&mut self, id: EnvelopeId) {
        if self.quarantined.len() < MAX_REFUSED {
            self.quarantined.insert(id);
        }
    }

    /// Sends a frame, counted.
    pub(crate) fn send(&mut self, partner: RootId, frame: &Frame) {
        self.send_bytes(partner, frame.to_bytes());
    }

    pub(crate) fn send_bytes(&mut self, partner: RootId, frame: Vec<u8>) {
        if let Some(link) = self.links.get_mut(&partner) {
            link.state.bytes.0 += frame.len() as u64;
            link.spoke = true;
            self.effect(Effect::Send { partner, frame });
        }
    }

    /// Sends what is stored of `ids`.
    pub(crate) fn send_stored(&mut self, partner: RootId, ids: Vec<EnvelopeId>) {
        let size = |id: &EnvelopeId| {
            // Header and signature beside the body.
            self.index.entry(*id).map_or(0, |entry| u64::from(entry.bytes) + 320)
        };
        let bytes: u64 = ids.iter().map(size).sum();
        if let Some(link) = self.links.get_mut(&partner) {
            link.state.bytes.0 += bytes;
            link.spoke |= !ids.is_empty();
        }
        if !ids.is_empty() {
            self.effect(Effect::SendStored { partner, envelopes: ids });
        }
    }

    /// Whether `partner` is to hold documents of `owner` in `circle`: the owner's newest list,
    /// known to both, names both. Of a third that merged that is the list of its successor, once
    /// both know of the merger.
    pub(crate) fn shares(&self, partner: RootId, circle: CircleId, owner: RootId) -> bool {
        if !self.is_given(partner, circle, owner) {
            return false;
        }
        let keeper = self.keeper_between(partner, owner);
        let knows = |link: &Link| {
            let heard = || self.roster.held_of(owner).is_some_and(|held| link.known.has_certificates(&held));
            (keeper == owner || heard()) && (keeper == partner || link.known.has_list(circle, keeper))
        };
        self.roster.is_pair(circle) || owner == partner || self.links.get(&partner).is_some_and(knows)
    }

    /// Whose list says whether `partner` and this node share what `owner` opened: its own as long
    /// as it is one of the two, whatever they heard of its merger.
    fn keeper_between(&self, partner: RootId, owner: RootId) -> RootId {
        if [self.me, partner].contains(&owner) { owner } else { self.roster.keeper(owner) }
    }

    /// Whether both are given what `owner` opened in a circle, as far as is known here.
    pub(crate) fn is_given(&self, partner: RootId, circle: CircleId, owner: RootId) -> bool {
        let keeper = self.keeper_between(partner, owner);
        [self.me, partner].into_iter().all(|who| self.roster.names_itself(circle, keeper, who))
    }

    /// Whether the document under this key is the one that is shown for its owner and id. Under
    /// one id every owner has its own document; should one owner give an id to two, the lowest
    /// circle and kind goes first.
    pub(crate) fn is_visible(&self, key: &Key) -> bool {
        let keys = self.index.keys(key.document);
        keys.iter().find(|other| other.owner == key.owner).is_none_or(|first| first == key)
    }

    /// Pushes new envelopes of this node to everyone connected who is to hold them.
    pub(crate) fn push(&mut self, key: &Key, envelopes: &[Verified<Envelope>]) {
        let partners: Vec<RootId> = self
            .links
            .iter()
            .filter(|(partner, link)| link.is_live() && self.shares(**partner, key.circle, key.owner))
            .map(|(partner, _)| *partner)
            .collect();
        if partners.is_empty() {
            return;
        }
        let frames = crate::frames::envelopes(envelopes.iter().map(|envelope| envelope.get().to_bytes()));
        for partner in partners {
            for frame in &frames {
                self.send_bytes(partner, frame.clone());
            }
        }
    }

    /// Everything under way as a list of effects, and when to call again.
    fn flush(&mut self, now: Timestamp) -> Vec<Effect> {
        for (partner, ids) in std::mem::take(&mut self.out.refused) {
            if self.links.get(&partner).is_some_and(|link| link.ready) {
                let ids: Vec<EnvelopeId> = ids.into_iter().collect();
                for part in ids.chunks(MAX_IDS) {
                    self.send(partner, &Frame::Refused(part.to_vec()));
                }
            }
        }
        for (owner, nodes) in self.roster.newly_retired() {
            self.effect(Effect::Retired { owner, nodes });
        }
        let out = std::mem::take(&mut self.out);
        let mut effects: Vec<Effect> = out.drafts.into_iter().map(Effect::Draft).collect();
        if !out.store.is_empty() {
            effects.push(Effect::Store(out.store.into_values().collect()));
        }
        if !out.delete.is_empty() {
            effects.push(Effect::Delete(out.delete.into_iter().collect()));
        }
        effects.extend(out.effects);
        let end = self.index.next_end().map(Hour::start).and_then(|end| match self.told {
            Clock::Right => Some(end),
            Clock::Unheard => Some(end.max(self.clocks.patient_until(self.is_certified()))),
            Clock::Off(_) => None,
        });
        let wake =
            [end, self.next_check(), self.greet_at].into_iter().flatten().min().map(|at| at.max(now.plus_seconds(1)));
        if let Some(at) = wake.filter(|at| self.woken_at != Some(*at)) {
            self.woken_at = Some(at);
            effects.push(Effect::WakeAt(at));
        }
        effects
    }

    // --- reading ---

    /// What is known of this node's own clock. One that is off expires, signs and blames nothing.
    pub fn clock(&self) -> Clock {
        self.clocks.state(self.is_certified())
    }

    pub(crate) fn is_off(&self) -> bool {
        matches!(self.clock(), Clock::Off(_))
    }

    fn is_certified(&self) -> bool {
        self.roster.covered(self.me, self.now.hour())
    }

    /// What is known of the exchange with a partner; none for one that is not known.
    pub fn partner_state(&self, partner: RootId) -> Option<PartnerState> {
        if !self.roster.is_confirmed(partner) || partner == self.me {
            return None;
        }
        let mut state = self.links.get(&partner).map(|link| link.state.clone()).unwrap_or_default();
        state.documents_held = self.index.documents_of(partner) as u64;
        Some(state)
    }

    /// The newest certificate of a municipality; none when it has none here.
    pub fn newest_of(&self, owner: RootId) -> Option<&NodeCertificate> {
        self.roster.newest(owner).map(Verified::get)
    }

    /// The municipality into which `owner` merged, by its first word; none when it did not.
    pub fn successor(&self, owner: RootId) -> Option<RootId> {
        Some(self.roster.keeper(owner)).filter(|keeper| *keeper != owner)
    }

    /// Municipalities that are known here and that nobody names any more: no partners, in no list
    /// that counts, and merged into nobody who counts. One that retired a key is not among them for as
    /// long as what that key signed may last: whoever was away would bring the key back.
    pub fn unnamed(&self) -> BTreeSet<RootId> {
        let over = |newest: &NodeCertificate| {
            newest.retired.is_empty() || newest.valid_from.plus_days(policy::longest_days()) <= self.now.hour()
        };
        let mut unnamed = self.roster.unnamed();
        unnamed.retain(|owner| self.newest_of(*owner).is_none_or(over));
        unnamed
    }

    /// Ids of the envelopes of `circle` held here that `partner` is to hold too.
    pub fn envelope_ids(&self, circle: CircleId, partner: RootId) -> BTreeSet<EnvelopeId> {
        let given = |key: &Key| key.circle == circle && self.is_given(partner, circle, key.owner);
        let documents = self.index.all().filter(|(key, _)| given(key));
        documents.flat_map(|(_, document)| document.envelopes.keys().copied()).collect()
    }

    /// Every circle that this municipality is in, pairs among them.
    pub fn circles(&self) -> Vec<CircleId> {
        self.roster.circles()
    }

    /// Circles in which something may be shared with `partner`.
    pub fn circles_with(&self, partner: RootId) -> Vec<CircleId> {
        self.roster.circles_with(partner)
    }

    /// Members of a circle by the newest list of `owner` that is known here, sorted.
    pub fn members(&self, circle: CircleId, owner: RootId) -> Vec<RootId> {
        self.roster.members(circle, owner)
    }

    /// Owners of everything that is held.
    pub fn owners(&self) -> BTreeSet<RootId> {
        self.index.all().map(|(key, _)| key.owner).collect()
    }

    /// How many documents and envelopes are held.
    pub fn counts(&self) -> (usize, usize) {
        (self.index.document_count(), self.index.envelope_count())
    }

    /// Whether a document is erased here.
    pub fn is_erased(&self, owner: RootId, document: DocumentId) -> bool {
        let erased = |key: &Key| self.index.document(key).is_some_and(|document| document.is_erased());
        self.index.keys(document).iter().any(|key| key.owner == owner && erased(key))
    }

    /// Whether the envelope is held and of which content.
    pub fn holds(&self, id: EnvelopeId) -> Option<Content> {
        self.index.entry(id).map(|entry| entry.content)
    }
}
