//! What this municipality writes: versions, openings, edits and erasures of its own.

use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, FORMAT, Header, MAX_ENVELOPE, Refusal, Stamp};
use schemas::ids::{CircleId, DocumentId, NodeKey, RootId};
use schemas::time::{Hour, Timestamp};
use schemas::{Kind, SharedValue};

use crate::api::{Command, Effect};
use crate::asked::Ask;
use crate::build::{self, guarded};
use crate::coedited::{Coedited, Opening};
use crate::edit::{self, Changes, Editor};
use crate::index::Key;
use crate::replica::Replica;
use crate::{body, policy};

/// Bits for the versions of one hour. Of the moment itself nothing travels that is finer than that.
const IN_AN_HOUR: u32 = 16;

impl Replica {
    pub(crate) fn command(&mut self, now: Timestamp, number: u64, command: Command) {
        let outcome = match command {
            _ if self.is_off() => Err(Refusal::ClockOff),
            Command::Publish { circle, document, value, expires_at } => {
                self.publish(now, circle, document, &value, expires_at).map(Some)
            }
            Command::Open { circle, document, value, expires_at } => {
                self.open(now, circle, document, &value, expires_at).map(Some)
            }
            Command::Erase { document } => self.erase_own(now, document).map(Some),
            Command::Edit { document, heads, value } => self.ask(number, None, document, Ask::Edit { heads, value }),
            Command::Hold { owner, document } => self.ask(number, Some(owner), document, Ask::Hold),
            Command::Lift { document } => self.ask(number, Some(self.me), document, Ask::Lift),
            Command::Cut { document, author, bar } => {
                self.ask(number, Some(self.me), document, Ask::Cut { author, bar })
            }
            Command::Suspend { document, author } => self.ask(number, Some(self.me), document, Ask::Suspend { author }),
            Command::Resume { document, author } => self.ask(number, Some(self.me), document, Ask::Resume { author }),
            Command::Replace { document, by, expires_at } => {
                self.ask(number, Some(self.left_to_us(document)), document, Ask::Replace { by, expires_at })
            }
        };
        // What was asked of a co-edited document is settled when that has been read.
        let Some(outcome) = outcome.transpose() else { return };
        self.effect(Effect::Settled { number, outcome });
    }

    /// Whose the document is: this municipality's, or one's that merged into it.
    fn left_to_us(&self, document: DocumentId) -> RootId {
        let owners = self.index.keys(document).into_iter().map(|key| key.owner);
        let kept = owners.filter(|owner| self.roster.keeper(*owner) == self.me).min_by_key(|owner| *owner != self.me);
        kept.unwrap_or(self.me)
    }

    pub(crate) fn node(&self) -> NodeKey {
        NodeKey(self.config.key.verifying_key().to_bytes())
    }

    /// The key of a document that this node may write in `circle`.
    pub(crate) fn own_key(
        &self,
        now: Timestamp,
        circle: CircleId,
        document: DocumentId,
        kind: Kind,
        expires_at: Hour,
    ) -> Result<Key, Refusal> {
        if !self.roster.names(circle, self.me, self.me) || kind.is_pair_only() && !self.roster.is_pair(circle) {
            return Err(Refusal::NotInCircle);
        }
        if !self.roster.covered(self.me, now.hour()) {
            return Err(Refusal::CertificateExpired);
        }
        if policy::is_past(expires_at, now) {
            return Err(Refusal::Expired);
        }
        if expires_at > now.hour().plus_days(kind.max_days()) {
            return Err(Refusal::TooLong);
        }
        let key = Key { circle, owner: self.me, kind, document };
        let other = |held: &Key| held.owner == self.me && *held != key;
        if self.index.keys(document).iter().any(other) {
            return Err(Refusal::NotAllowed);
        }
        if self.index.document(&key).is_some_and(|document| document.is_gone()) {
            return Err(Refusal::Superseded);
        }
        if self.index.is_full(&key) { Err(Refusal::OverBudget) } else { Ok(key) }
    }

    pub(crate) fn sign(
        &self,
        now: Timestamp,
        key: &Key,
        (content, schema): (Content, u16),
        stamp: Stamp,
        expires_at: Hour,
        body: Vec<u8>,
    ) -> Verified<Envelope> {
        let header = Header {
            format: FORMAT,
            circle: key.circle,
            kind: key.kind,
            document: key.document,
            owner: key.owner,
            stamp,
            author: self.node(),
            content,
            schema,
            signed_at: now.hour(),
            expires_at,
            body_hash: [0; 32],
        };
        Envelope::sign(header, body, &self.config.key)
    }

    /// The stamp of the next version. What was said before may have ended here, by a clock that ran
    /// ahead, while others still hold it: where nothing is held it starts at the hour of now, and
    /// above all that ended since the start, and so above whatever that was.
    pub(crate) fn next_version(&self, now: Timestamp, key: &Key) -> (u64, u64) {
        let first = (u64::from(now.hour().0.max(1)) << IN_AN_HOUR).max(self.ended.saturating_add(1));
        let held = self.index.document(key).and_then(|document| document.leading()).map(|(_, entry)| entry.stamp);
        match held {
            Some(Stamp::Version { incarnation, number }) if incarnation >= self.config.incarnation => {
                // A thief of the key may have used the last number.
                number.checked_add(1).map_or((incarnation.saturating_add(1), first), |number| (incarnation, number))
            }
            _ => (self.config.incarnation, first),
        }
    }

    /// Takes note of the number of a version of this node that ended. A thief of the key may have used
    /// one beyond every hour.
    pub(crate) fn note_ended(&mut self, now: Timestamp, number: u64) {
        if number >> IN_AN_HOUR <= u64::from(now.hour().0) {
            self.ended = self.ended.max(number);
        }
    }

    pub(crate) fn publish(
        &mut self,
        now: Timestamp,
        circle: CircleId,
        document: DocumentId,
        value: &SharedValue,
        expires_at: Hour,
    ) -> Result<(), Refusal> {
        if value.kind().is_co_edited() {
            return Err(Refusal::NotAllowed);
        }
        let key = self.own_key(now, circle, document, value.kind(), expires_at)?;
        let replaced = self.index.document(&key).and_then(|document| document.leading());
        // Whoever misses this version would show the one before it again once this one has ended.
        let longest = now.hour().plus_days(value.kind().max_days());
        let expires_at = replaced.map_or(expires_at, |(_, entry)| expires_at.max(entry.expires_at.min(longest)));
        let (incarnation, number) = self.next_version(now, &key);
        let actor = body::version_actor(self.node(), incarnation, number, document);
        let value = self.readable(circle, value);
        let body = body::encode(&value, actor)?;
        let stamp = Stamp::Version { incarnation, number };
        let envelope = self.sign(now, &key, (Content::Version, value.schema()), stamp, expires_at, body);
        if envelope.get().to_bytes().len() > MAX_ENVELOPE {
            return Err(Refusal::TooLarge);
        }
        // What others would refuse is not written.
        let header = envelope.get().header.clone();
        let value = guarded(|| build::version(&header, &envelope.get().body))?;
        self.take(&key, &envelope, replaced.into_iter().map(|(id, _)| id).collect());
        self.show_version(&key, &header, value);
        self.push(&key, &[envelope]);
        Ok(())
    }

    fn open(
        &mut self,
        now: Timestamp,
        circle: CircleId,
        document: DocumentId,
        value: &SharedValue,
        expires_at: Hour,
    ) -> Result<(), Refusal> {
        if !value.kind().is_co_edited() {
            return Err(Refusal::NotAllowed);
        }
        let key = self.own_key(now, circle, document, value.kind(), expires_at)?;
        let (built, envelopes) = self.opened(now, &key, value, expires_at)?;
        for envelope in &envelopes {
            self.keep(envelope);
        }
        self.show(&key, &built);
        self.push(&key, &envelopes);
        Ok(())
    }

    /// A new co-edited document and the envelopes that make it.
    pub(crate) fn opened(
        &self,
        now: Timestamp,
        key: &Key,
        value: &SharedValue,
        expires_at: Hour,
    ) -> Result<(Coedited, Vec<Verified<Envelope>>), Refusal> {
        if self.index.document(key).is_some() || self.waiting.contains_key(&key.document) {
            return Err(Refusal::Superseded);
        }
        let session = self.config.session;
        let editor = Editor { author: self.node(), session, spare: session, document: key.document };
        let value = self.readable(key.circle, value);
        let changes = guarded(|| edit::open(editor, &value))?;
        let writers = self.roster.members(key.circle, self.me);
        let envelopes = self.sign_changes(now, key, (expires_at, value.schema()), changes, Some(writers));
        let built = guarded(|| {
            let mut envelopes = envelopes.iter();
            let opening = envelopes.next().ok_or(Refusal::Schema)?;
            let mut built = Coedited::open(opening.get())?;
            for change in envelopes {
                built.admit(change.get(), key.owner, false)?;
            }
            Ok(built)
        })?;
        Ok((built, envelopes))
    }

    /// Signs raw changes; with `writers` the first is an opening.
    pub(crate) fn sign_changes(
        &self,
        now: Timestamp,
        key: &Key,
        (expires_at, schema): (Hour, u16),
        changes: Changes,
        writers: Option<Vec<RootId>>,
    ) -> Vec<Verified<Envelope>> {
        let Changes { session, first, bodies } = changes;
        let mut writers = writers;
        let signed = (first..).zip(bodies).map(|(seq, change)| {
            let (content, body) = match writers.take() {
                Some(writers) => (Content::Opening, Opening { writers, change }.to_bytes()),
                None => (Content::Change, change),
            };
            self.sign(now, key, (content, schema), Stamp::Change { session, seq }, expires_at, body)
        });
        signed.collect()
    }

    fn erase_own(&mut self, now: Timestamp, document: DocumentId) -> Result<(), Refusal> {
        let own = self.index.keys(document).iter().find(|key| key.owner == self.me).copied();
        let key = own.ok_or(Refusal::NotAllowed)?;
        let Some(held) = self.index.document(&key) else { return Err(Refusal::NotAllowed) };
        if held.is_erased() {
            return Ok(());
        }
        if !self.roster.covered(self.me, now.hour()) {
            return Err(Refusal::CertificateExpired);
        }
        let replaced = held.envelopes.keys().copied().collect();
        let (incarnation, number) = self.next_version(now, &key);
        let stamp = Stamp::Version { incarnation, number };
        let until = policy::gone_until(key.kind, now.hour());
        let envelope = self.sign(now, &key, (Content::Erased, 1), stamp, until, Vec::new());
        self.erase(&key, &envelope, replaced);
        self.push(&key, &[envelope]);
        Ok(())
    }
}
