//! What people here ask of a co-edited document. It waits until the document has been read; what
//! is refused has changed nothing, and its text stays with who typed it.

use rand::Rng;
use schemas::SharedValue;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Refusal, Stamp};
use schemas::ids::{CircleId, DocumentId, RootId, Session};
use schemas::time::{Hour, Timestamp};

use crate::api::Effect;
use crate::build::guarded;
use crate::coedited::{Admission, Built, Coedited};
use crate::control::{Admit, Body, Cut, HOLD_DAYS, Lift, MAX_HEADS, ReplacedBy};
use crate::edit::{self, Editor};
use crate::index::Key;
use crate::policy;
use crate::replica::Replica;
use crate::scan::ChangeId;

/// What waits for one document, at most.
const MAX_ASKED: usize = 64;

/// What somebody here asks.
pub(crate) struct Asked {
    pub(crate) number: u64,
    /// Whose document; none when the heads tell.
    owner: Option<RootId>,
    ask: Ask,
}

pub(crate) enum Ask {
    Edit { heads: Vec<ChangeId>, value: SharedValue },
    Hold,
    Lift,
    Cut { author: RootId, bar: bool },
    Suspend { author: RootId },
    Resume { author: RootId },
    Replace { by: DocumentId, expires_at: Hour },
}

/// A document and the time at which something is asked of it.
struct At<'a> {
    now: Timestamp,
    key: &'a Key,
}

impl At<'_> {
    /// Whether what is signed now may end with the document.
    fn fits(&self, document: &Coedited) -> bool {
        policy::may_end(self.key.kind, document.expires_at, self.now.hour())
    }
}

impl Replica {
    /// Has an ask wait for its document to be read; none when it does.
    ///
    /// # Errors
    /// `NotAllowed` when there is no such document, `OverBudget`.
    pub(crate) fn ask(
        &mut self,
        number: u64,
        owner: Option<RootId>,
        document: DocumentId,
        ask: Ask,
    ) -> Result<Option<()>, Refusal> {
        let fits = |key: &Key| key.kind.is_co_edited() && owner.is_none_or(|owner| owner == key.owner);
        if !self.index.keys(document).iter().any(fits) {
            return Err(Refusal::NotAllowed);
        }
        let waiting = self.waiting_for(document);
        if waiting.asked.len() >= MAX_ASKED {
            return Err(Refusal::OverBudget);
        }
        waiting.asked.push(Asked { number, owner, ask });
        Ok(None)
    }

    /// Answers what is asked of this document; gives back what is asked of another.
    pub(crate) fn answer_asked(
        &mut self,
        now: Timestamp,
        rng: &mut dyn Rng,
        key: &Key,
        built: Coedited,
        asked: Vec<Asked>,
    ) -> Vec<Asked> {
        let mut others = Vec::new();
        let mut built = Some(built);
        let at = At { now, key };
        for one in asked {
            let is_meant = |document: &Coedited| match (&one.owner, &one.ask) {
                (Some(owner), _) => *owner == key.owner,
                (None, Ask::Edit { heads, .. }) => document.clock_at(heads).is_some(),
                (None, _) => false,
            };
            let Some(mut document) = built.take_if(|document| self.is_visible(key) && is_meant(document)) else {
                others.push(one);
                continue;
            };
            let outcome = self.can_sign(&at, &document, &one.ask).and_then(|()| match one.ask {
                Ask::Edit { heads, value } => self.edit(rng, &at, &mut document, &heads, &value),
                Ask::Hold => self.hold(&at, &mut document),
                Ask::Lift => self.lift(&at, &mut document),
                Ask::Cut { author, bar } => self.cut(&at, &mut document, author, bar),
                Ask::Suspend { author } => self.suspend(&at, &mut document, author),
                Ask::Resume { author } => self.resume(&at, &mut document, author),
                Ask::Replace { by, expires_at } => {
                    let built = guarded(|| document.build())?;
                    self.replace_own(&at, &document, &built, by, expires_at)
                }
            });
            // A document in which something was tried and refused, or that was replaced, is not
            // what is stored: what comes after it is asked of one that is read again.
            if outcome.is_ok() && self.index.document(key).is_some_and(|held| !held.is_gone()) {
                built = Some(document);
            }
            self.effect(Effect::Settled { number: one.number, outcome });
        }
        if built.is_none() && !others.is_empty() && self.index.document(key).is_some_and(|held| !held.is_gone()) {
            let again = std::mem::take(&mut others);
            self.waiting_for(key.document).asked.extend(again);
        }
        others
    }

    /// Whether this node can sign what is asked. What ends with a document that was opened by a clock
    /// ahead of this one, and so lasts longer than anybody takes, it can't.
    fn can_sign(&self, at: &At<'_>, document: &Coedited, ask: &Ask) -> Result<(), Refusal> {
        let has_own_end = matches!(ask, Ask::Hold | Ask::Replace { .. });
        match (self.roster.covered(self.me, at.now.hour()), has_own_end || at.fits(document)) {
            (false, _) => Err(Refusal::CertificateExpired),
            (true, false) => Err(Refusal::TooLong),
            (true, true) => Ok(()),
        }
    }

    /// Takes envelopes of this node, once all of them count.
    fn write(&mut self, at: &At<'_>, document: &mut Coedited, envelopes: &[Verified<Envelope>]) -> Result<(), Refusal> {
        for envelope in envelopes {
            if guarded(|| document.admit(envelope.get(), self.me, false))? == Admission::Missing {
                return Err(Refusal::NotAllowed);
            }
        }
        for envelope in envelopes {
            self.keep(envelope);
        }
        for id in document.take_spare() {
            self.forget(id);
        }
        if !envelopes.is_empty() {
            self.keep_drafts(at.key, document);
            self.show(at.key, document);
            self.push(at.key, envelopes);
        }
        Ok(())
    }

    fn edit(
        &mut self,
        rng: &mut dyn Rng,
        at: &At<'_>,
        document: &mut Coedited,
        heads: &[ChangeId],
        value: &SharedValue,
    ) -> Result<(), Refusal> {
        let (now, key) = (at.now, at.key);
        if !document.may_write(self.me) || value.kind() != key.kind {
            return Err(Refusal::NotAllowed);
        }
        let mut spare = Session([0; 16]);
        rng.fill_bytes(&mut spare.0);
        let session = if self.worn.contains(&key.document) { spare } else { self.config.session };
        let editor = Editor { author: self.node(), session, spare, document: key.document };
        let changes = guarded(|| edit::edit(editor, document, heads, value))?;
        let last = changes.bodies.last().map(|body| crate::scan::change(body)).transpose()?;
        let place = (document.expires_at, document.schema);
        let envelopes = self.sign_changes(now, key, place, changes, None);
        for envelope in &envelopes {
            if guarded(|| document.admit(envelope.get(), self.me, false))? == Admission::Missing {
                return Err(Refusal::Superseded);
            }
        }
        // What others would not count is not written.
        if last.is_some_and(|last| !document.counts(&last.hash)) {
            return Err(Refusal::OverBudget);
        }
        for envelope in &envelopes {
            self.keep(envelope);
        }
        if !envelopes.is_empty() {
            self.show(key, document);
            self.push(key, &envelopes);
        }
        Ok(())
    }

    /// A control of this node.
    fn control(
        &self,
        at: &At<'_>,
        document: &Coedited,
        content: Content,
        expires_at: Hour,
        body: Vec<u8>,
    ) -> Verified<Envelope> {
        let of = |stamp| match stamp {
            Stamp::Version { number, .. } => number,
            Stamp::Change { .. } => 0,
        };
        let held = self.index.document(at.key);
        let highest = held.into_iter().flat_map(|held| held.envelopes.iter()).map(|(_, entry)| of(entry.stamp)).max();
        let stamp =
            Stamp::Version { incarnation: self.config.incarnation, number: highest.unwrap_or(0).saturating_add(1) };
        self.sign(at.now, at.key, (content, document.schema), stamp, expires_at, body)
    }

    fn hold(&mut self, at: &At<'_>, document: &mut Coedited) -> Result<(), Refusal> {
        if document.is_held_by(self.me) {
            return Ok(());
        }
        let until = at.now.hour().plus_days(HOLD_DAYS);
        let hold = self.control(at, document, Content::Hold, until, Vec::new());
        self.write(at, document, &[hold])
    }

    fn lift(&mut self, at: &At<'_>, document: &mut Coedited) -> Result<(), Refusal> {
        let holds = document.holds();
        if holds.is_empty() {
            return Ok(());
        }
        let lift = self.control(at, document, Content::Lift, document.expires_at, Lift { holds }.to_bytes());
        self.write(at, document, &[lift])
    }

    fn cut(&mut self, at: &At<'_>, document: &mut Coedited, author: RootId, bar: bool) -> Result<(), Refusal> {
        let cut = document.cut_of(author, bar);
        let barred = document.is_barred(author, true) && document.forks().iter().all(|fork| fork.author != author);
        if barred || cut.sessions.is_empty() && !bar {
            return Ok(());
        }
        let cut = self.control(at, document, Content::Cut, document.expires_at, cut.to_bytes());
        self.write(at, document, &[cut])
    }

    fn suspend(&mut self, at: &At<'_>, document: &mut Coedited, author: RootId) -> Result<(), Refusal> {
        if document.is_barred(author, false) {
            return Ok(());
        }
        let cut = Cut { for_now: Some(true), ..document.cut_of(author, true) };
        let cut = self.control(at, document, Content::Cut, document.expires_at, cut.to_bytes());
        self.write(at, document, &[cut])
    }

    fn resume(&mut self, at: &At<'_>, document: &mut Coedited, author: RootId) -> Result<(), Refusal> {
        let holds = document.cuts_for_now(author);
        if holds.is_empty() {
            return Ok(());
        }
        let lift = self.control(at, document, Content::Lift, document.expires_at, Lift { holds }.to_bytes());
        self.write(at, document, &[lift])
    }

    /// Admits the members of this node's list who may not write yet. What cannot be signed now
    /// waits until the document is read again.
    pub(crate) fn admit_members(&mut self, key: &Key, document: &mut Coedited) {
        let members = self.roster.members(key.circle, self.me);
        let writers: Vec<RootId> = members.into_iter().filter(|member| !document.may_write(*member)).collect();
        let at = At { now: self.now, key };
        if writers.is_empty() || !self.roster.covered(self.me, self.now.hour()) || !at.fits(document) {
            return;
        }
        let admit = self.control(&at, document, Content::Admit, document.expires_at, Admit { writers }.to_bytes());
        if guarded(|| document.admit(admit.get(), self.me, false)).is_ok() {
            self.keep(&admit);
            self.push(key, &[admit]);
        }
    }

    /// Has every document of this node in a circle looked at, because its list changed.
    pub(crate) fn review_writers(&mut self, circle: CircleId) {
        let own = |key: &Key| key.circle == circle && key.owner == self.me && key.kind.is_co_edited();
        let keys: Vec<Key> = self.index.all().map(|(key, _)| key).filter(own).collect();
        for key in keys {
            self.waiting_for(key.document);
        }
    }

    /// Begins a page of this node anew, to last no longer than it was to and than it may. What cannot
    /// be stays, and so does one whose text is over a limit: what is not shown of it would go.
    pub(crate) fn begin_anew(&mut self, now: Timestamp, rng: &mut dyn Rng, key: &Key, held: &[&Verified<Envelope>]) {
        let Some(document) = self.read_page(key, held).filter(|document| self.understands(document.schema)) else {
            return;
        };
        let Some(built) = guarded(|| document.build()).ok().filter(|built| !built.clipped) else { return };
        let mut by = DocumentId([0; 16]);
        rng.fill_bytes(&mut by.0);
        let _ = self.replace_own(&At { now, key }, &document, &built, by, document.expires_at);
    }

    /// A new document with the `built` state of this one, to last no longer than it may; nothing of the
    /// old one stays.
    fn replace_own(
        &mut self,
        at: &At<'_>,
        document: &Coedited,
        built: &Built,
        by: DocumentId,
        expires_at: Hour,
    ) -> Result<(), Refusal> {
        let (now, key) = (at.now, at.key);
        if built.heads.len() > MAX_HEADS {
            return Err(Refusal::OverBudget);
        }
        // Whoever asked may have had a clock that was ahead.
        let expires_at = expires_at.min(now.hour().plus_days(key.kind.max_days()));
        let new = self.own_key(now, key.circle, by, key.kind, expires_at)?;
        let (opened, envelopes) = self.opened(now, &new, &built.value, expires_at)?;
        for envelope in &envelopes {
            self.keep(envelope);
        }
        self.show(&new, &opened);
        self.push(&new, &envelopes);
        let body = ReplacedBy::new(by, &built.heads).to_bytes();
        let until = policy::gone_until(key.kind, now.hour());
        let replacement = self.control(at, document, Content::ReplacedBy, until, body);
        let held = self.index.document(key).map(|held| held.envelopes.keys().copied().collect());
        self.replace_by(key, &replacement, by, held.unwrap_or_default());
        self.push(key, &[replacement]);
        Ok(())
    }
}
