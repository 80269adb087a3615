//! What casework needs of the world, as traits. `store` implements [`Storage`] and [`Records`]
//! with SQLite; the node's runtime implements the clock, the randomness and [`Network`].
//!
//! [`Records`] is one open transaction, split by subject; every use case runs in one. A method
//! returns `Ok(None)` for what is not there and an error only when the store fails.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::places::Refnis;
use schemas::time::{Hour, Timestamp};
use schemas::{Kind, MatchingRules, SharedValue};

use crate::error::Result;
use crate::evenings::ports::Evenings;
use crate::import::ports::Imports;
use crate::office::AccountRole;
use crate::partner_life::Partnerships;
use crate::people::{Consent, Person, PersonData, PersonId, Purpose, Screening, Side};
use crate::ports_matches::{Duos, Handovers, Matches};
pub use crate::ports_outbox::{Outbox, Outgoing};
use crate::receipts::Receipts;

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Randomness fit for keys and pseudonyms.
pub trait Randomness: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The running node, as the office sees it.
pub trait Network: Send + Sync {
    /// Live state of every partner.
    fn partners(&self) -> Vec<PartnerLive>;
    /// Until when the newest certificate of each municipality holds, this one's own among them.
    fn certificates_end(&self) -> BTreeMap<RootId, Timestamp> {
        BTreeMap::new()
    }
    /// Municipalities that merged, with the one that each merged into, as their roots signed it;
    /// this one among them when it did.
    fn successors(&self) -> BTreeMap<RootId, RootId> {
        BTreeMap::new()
    }
    /// Municipalities whose root signed two certificates under its newest serial, with that serial.
    fn certified_twice(&self) -> BTreeMap<RootId, u64> {
        BTreeMap::new()
    }
    /// Whether this node was restored and still waits for what partners kept of it.
    fn is_recovering(&self) -> bool {
        false
    }
    /// Why the exchange waits for the store; none while it goes on.
    fn paused(&self) -> Option<String> {
        None
    }
    /// Tells the runtime that the outbox has something.
    fn outbox_filled(&self);
    /// Tells the runtime that partners came, went, or were suspended.
    fn partners_changed(&self) {}
    /// The same, once what is under way to a partner had time to leave.
    fn partners_changed_soon(&self) {
        self.partners_changed();
    }
    /// Waits until the command of the outbox is settled, at most so long; whether it was.
    fn wait_settled(&self, number: i64, at_most: Duration) -> bool;
    /// Mentor offers and match requests that came, changed or went since this was last asked; none
    /// when that is not known, and everything is to be read.
    fn changed_cards(&self) -> Option<BTreeSet<DocumentId>> {
        None
    }
}

/// Live state of one partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerLive {
    /// Whose.
    pub root: RootId,
    /// Since when it is connected.
    pub connected_since: Option<Timestamp>,
    /// Last time both held the same.
    pub reconciled_at: Option<Timestamp>,
    /// Documents of it that are here.
    pub documents_held: u64,
    /// Refused envelopes by reason (English).
    pub refused: BTreeMap<String, u64>,
    /// Why it is held back (English), if it is.
    pub held_back: Option<String>,
}

/// The database.
pub trait Storage: Send + Sync {
    /// Runs `work` in one write transaction on the one writer; an error rolls back.
    ///
    /// # Errors
    /// That of `work`, or a failing store.
    fn write(&self, work: Work) -> Result<()>;

    /// Runs `work` on a snapshot beside the writer; whatever it tries to change is refused.
    /// Only for what needs no audit line: reading a person is always a [`Storage::write`].
    ///
    /// # Errors
    /// That of `work`, or a failing store.
    fn read(&self, work: Work) -> Result<()>;

    /// Writes down, durable and in no backup, that a person is erased. May be called while a write
    /// is under way.
    ///
    /// # Errors
    /// A failing disk.
    fn note_erasure(&self, person: PersonId, at: Timestamp) -> Result<()>;

    /// Overwrites what deleted rows leave behind in the store's files.
    ///
    /// # Errors
    /// A failing store.
    fn forget_traces(&self) -> Result<()>;
}

/// Work inside one transaction.
pub type Work = Box<dyn FnOnce(&mut dyn Records) -> Result<()> + Send>;

/// One open transaction.
pub trait Records:
    People
    + Sharing
    + Documents
    + Outbox
    + Circles
    + Partnerships
    + Receipts
    + Accounts
    + Audit
    + Matches
    + Duos
    + Handovers
    + Evenings
    + Imports
{
}
impl<T> Records for T where
    T: People
        + Sharing
        + Documents
        + Outbox
        + Circles
        + Partnerships
        + Receipts
        + Accounts
        + Audit
        + Matches
        + Duos
        + Handovers
        + Evenings
        + Imports
{
}

/// Persons with their consents and screening.
pub trait People {
    /// Adds a person.
    fn insert_person(&mut self, data: &PersonData, demo: bool, by: &str, at: Timestamp) -> Result<PersonId>;
    /// Replaces a person's data when its version is still `version`; whether it was.
    fn update_person(&mut self, id: PersonId, version: u32, data: &PersonData, by: &str, at: Timestamp)
    -> Result<bool>;
    /// One person.
    fn person(&mut self, id: PersonId) -> Result<Option<Person>>;
    /// Every person of a side who is not archived, by registration and then number.
    fn people(&mut self, side: Side) -> Result<Vec<Person>>;
    /// Deletes a person and everything that hangs on it, for good.
    fn delete_person(&mut self, id: PersonId) -> Result<()>;
    /// Takes a person out of every list, or back in.
    fn set_archived(&mut self, id: PersonId, archived: bool) -> Result<()>;
    /// Adds a consent; the newest of a purpose counts.
    fn add_consent(&mut self, id: PersonId, consent: &Consent) -> Result<()>;
    /// Every consent of a person, newest first.
    fn consents(&mut self, id: PersonId) -> Result<Vec<Consent>>;
    /// Whether the newest consent of the purpose is given.
    fn consents_to(&mut self, id: PersonId, purpose: Purpose) -> Result<bool>;
    /// Records a screening; the newest counts.
    fn set_screening(&mut self, id: PersonId, screening: &Screening) -> Result<()>;
    /// The newest screening.
    fn screening(&mut self, id: PersonId) -> Result<Option<Screening>>;
    /// Where everybody of a side stands, in one query.
    fn standings(&mut self, side: Side) -> Result<BTreeMap<PersonId, Standing>>;
}

/// Where a person stands on the way across the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Whether the newest consent to cross the border is given.
    pub crosses_border: bool,
    /// Whether a screening was seen.
    pub screened: bool,
    /// When the card that is out was last published, updated or renewed.
    pub out_at: Option<Timestamp>,
}

/// The tables that lead from a pseudonym back to a person, and what left about whom.
pub trait Sharing {
    /// Links a document to a person.
    fn link(
        &mut self,
        document: DocumentId,
        person: PersonId,
        kind: Kind,
        circle: CircleId,
        at: Timestamp,
    ) -> Result<()>;
    /// The live card of a person, if one is out.
    fn live_card(&mut self, person: PersonId) -> Result<Option<DocumentId>>;
    /// Every live card with its person, by document id.
    fn live_cards(&mut self) -> Result<Vec<(DocumentId, PersonId)>>;
    /// Who stands behind a document of ours.
    fn person_behind(&mut self, document: DocumentId) -> Result<Option<PersonId>>;
    /// Every document about a person, ended ones too.
    fn documents_about(&mut self, person: PersonId) -> Result<Vec<DocumentId>>;
    /// Marks a document as withdrawn or erased.
    fn end_link(&mut self, document: DocumentId, at: Timestamp) -> Result<()>;
    /// The circle a linked document is shared in.
    fn linked_circle(&mut self, document: DocumentId) -> Result<Option<CircleId>>;
    /// Documents of this municipality, of these kinds, that nobody here stands behind: cards that are not
    /// out for anybody, halves of matches and words about duos that are nobody's. A no about a mentor who
    /// is gone is about nobody. Of none of them a command waits. Each with the circle it is in.
    fn unbacked(&mut self, kinds: &[Kind]) -> Result<Vec<(DocumentId, CircleId)>>;
    /// Documents of this municipality, of any kind, that are there although their erasure was asked, and
    /// of which no command waits.
    fn came_back(&mut self) -> Result<Vec<DocumentId>>;
    /// Cards that were erased and that are still noted as out for somebody.
    fn erased_cards(&mut self) -> Result<Vec<DocumentId>>;
    /// Remembers, without a person, that the erasure of a document was asked, and drops what a
    /// refused command about it still holds.
    fn add_erasure(&mut self, document: DocumentId, at: Timestamp) -> Result<()>;
    /// Writes a line in a person's sharing ledger.
    fn add_ledger(&mut self, line: &LedgerLine) -> Result<()>;
    /// The sharing ledger of a person, oldest first.
    fn ledger(&mut self, person: PersonId) -> Result<Vec<LedgerLine>>;
}

/// One line of a sharing ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// About whom.
    pub person: PersonId,
    /// When.
    pub at: Timestamp,
    /// `published`, `renewed`, `withdrawn`, `erased`, `proposed`, `handed_over`, ….
    pub event: String,
    /// Document it is about.
    pub document: Option<DocumentId>,
    /// Which municipalities received it (names), as they were then.
    pub recipients: String,
    /// Under which consent: purpose, day and text version.
    pub consent: String,
    /// What left, field by field, as JSON of the card; empty where nothing did.
    pub what: String,
    /// Who did it.
    pub by: String,
    /// Home languages and age band that left, for the intersection the guard tests.
    pub quasi: String,
}

/// Shared documents held here, ours and partners'. Read only: they change through the outbox.
pub trait Documents {
    /// Every visible document of a kind, by document id.
    fn documents(&mut self, kind: Kind) -> Result<Vec<Document>>;
    /// One document. Should two owners use one id, this municipality's own, or else the one that
    /// was here first.
    fn document(&mut self, id: DocumentId) -> Result<Option<Document>>;
    /// One document of an owner.
    fn document_of(&mut self, owner: RootId, id: DocumentId) -> Result<Option<Document>>;
    /// Whether a document of this municipality is neither here nor erased, and no command about it
    /// waits: it ended.
    fn is_missing(&mut self, id: DocumentId) -> Result<bool>;
    /// The document that took the place of this one.
    fn replaced_by(&mut self, id: DocumentId) -> Result<Option<DocumentId>>;
    /// The document whose place this one took.
    fn replaces(&mut self, id: DocumentId) -> Result<Option<DocumentId>>;
    /// What partners were found to have said in two ways, oldest first.
    fn proofs(&mut self) -> Result<Vec<Proof>>;
    /// What people here typed in shared pages and is not in them, oldest first.
    fn page_drafts(&mut self) -> Result<Vec<PageDraft>>;
    /// Forgets the text of one.
    fn drop_page_draft(&mut self, number: i64) -> Result<()>;
}

/// A hold that hides a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Who asked for it.
    pub by: RootId,
    /// When it lapses unless the owner acts.
    pub until: Hour,
}

/// Proof that a partner wrote two things in one place; the signed headers are in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Who.
    pub author: RootId,
    /// In which document.
    pub document: DocumentId,
    /// Of which kind.
    pub kind: Kind,
}

/// What somebody here typed in a shared page and is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageDraft {
    /// Its number.
    pub number: i64,
    /// Page it was typed in.
    pub document: DocumentId,
    /// Owner of that page.
    pub owner: RootId,
    /// What it was typed on.
    pub base: SharedValue,
    /// What that became.
    pub typed: SharedValue,
    /// `cut`, `forked`, `full` or `replaced`.
    pub why: String,
    /// When it was found.
    pub at: Timestamp,
}

/// A built document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id; of a card the pseudonym.
    pub id: DocumentId,
    /// Circle it is shared in.
    pub circle: CircleId,
    /// Owner.
    pub owner: RootId,
    /// Value.
    pub value: SharedValue,
    /// Automerge heads.
    pub heads: Vec<[u8; 32]>,
    /// Owners whose nodes wrote in it, with how many changes each.
    pub writers: BTreeMap<RootId, u32>,
    /// When the newest envelope was signed.
    pub changed_at: Hour,
    /// When it ends.
    pub expires_at: Hour,
    /// Whether a merged text is over a limit and shown clipped.
    pub clipped: bool,
    /// The hold that hides it from all but its owner.
    pub held: Option<Hold>,
    /// Writers who wrote two things in one place and whom the owner has not cut yet.
    pub forked: BTreeSet<RootId>,
}

/// This municipality, its partners and circles.
pub trait Circles {
    /// This municipality.
    fn me(&mut self) -> Result<Municipality>;
    /// Confirmed partners, by name.
    fn partners(&mut self) -> Result<Vec<Municipality>>;
    /// Circles, by name; pair circles too. A suspended partner is in none but its pair.
    fn circles(&mut self) -> Result<Vec<Circle>>;
    /// Circles in which a partner received what was shared, suspended or not.
    fn circles_of(&mut self, partner: RootId) -> Result<Vec<CircleId>>;
    /// People in the municipality's population table; none where no table was given.
    fn population(&mut self) -> Result<Option<Vec<PopulationCell>>>;
    /// When that table was taken over; none where that is not known.
    fn population_given_at(&mut self) -> Result<Option<Timestamp>>;
    /// This municipality's own document of a kind in a circle.
    fn own_document(&mut self, kind: Kind, circle: CircleId) -> Result<Option<OwnDocument>>;
    /// Sets it.
    fn put_own_document(&mut self, kind: Kind, circle: CircleId, own: &OwnDocument) -> Result<()>;
    /// Our own rules of matching; none as long as the usual ones hold.
    fn own_rules(&mut self) -> Result<Option<MatchingRules>>;
    /// Replaces our own rules of matching.
    fn set_own_rules(&mut self, rules: &MatchingRules) -> Result<()>;
    /// Replaces the population table, at this moment.
    fn set_population(&mut self, cells: &[PopulationCell], at: Timestamp) -> Result<()>;
}

/// A document that this municipality owns as such: its card or its rules in a circle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDocument {
    /// The document.
    pub document: DocumentId,
    /// What was published, as JSON.
    pub value: String,
    /// When.
    pub published_at: Timestamp,
}

/// A municipality that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    /// Owner id.
    pub root: RootId,
    /// REFNIS.
    pub refnis: Refnis,
    /// Name on screen.
    pub name: String,
    /// Enterprise number, ten digits, or empty.
    pub kbo: String,
    /// Mail or phone of the office; empty where it is not recorded here.
    pub office: String,
}

/// A circle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circle {
    /// Id.
    pub id: CircleId,
    /// Name; empty for a pair.
    pub name: String,
    /// Reference of the arrangement; nothing about persons is shared while it is empty.
    pub arrangement: String,
    /// Members, this municipality among them.
    pub members: Vec<RootId>,
    /// Whether it is the circle of just two.
    pub pair: bool,
}

/// One row of a population table: `refnis,age_band,sex,home_language,persons`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopulationCell {
    /// Municipality.
    pub refnis: Refnis,
    /// Age band as in the table, one of the narrowest.
    pub age_band: schemas::vocabulary::AgeBand,
    /// Home language.
    pub home_language: schemas::language::Language,
    /// Sex.
    pub sex: Option<schemas::vocabulary::Sex>,
    /// How many.
    pub persons: u32,
}

/// Names and values of a form, in its order.
pub type Fields = Vec<(String, String)>;

/// Accounts, their sessions, and what they were typing.
pub trait Accounts {
    /// Adds an account without a password; its number.
    fn insert_account(&mut self, name: &str, role: AccountRole) -> Result<i64>;
    /// An account by name (case does not count).
    fn account_named(&mut self, name: &str) -> Result<Option<Account>>;
    /// An account by number.
    fn account(&mut self, id: i64) -> Result<Option<Account>>;
    /// Every account.
    fn accounts(&mut self) -> Result<Vec<Account>>;
    /// Sets the password hash (PHC string).
    fn set_password(&mut self, id: i64, hash: &str) -> Result<()>;
    /// Keeps the hash of a link's token until a time. `reusable` links serve the demo.
    fn insert_link(&mut self, token_hash: &[u8; 32], account: i64, until: Timestamp, reusable: bool) -> Result<()>;
    /// The account of a live link, and whether the link is reusable.
    fn link_account(&mut self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<(i64, bool)>>;
    /// Deletes a link.
    fn delete_link(&mut self, token_hash: &[u8; 32]) -> Result<()>;
    /// Keeps the hash of a session's token.
    fn insert_session(&mut self, token_hash: &[u8; 32], account: i64, until: Timestamp) -> Result<()>;
    /// The account of a live session, and when it ends.
    fn session_account(&mut self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<(i64, Timestamp)>>;
    /// Prolongs a session.
    fn prolong_session(&mut self, token_hash: &[u8; 32], until: Timestamp) -> Result<()>;
    /// Ends every session of an account.
    fn delete_sessions_of(&mut self, account: i64) -> Result<()>;
    /// Ends a session.
    fn delete_session(&mut self, token_hash: &[u8; 32]) -> Result<()>;
    /// Keeps what was typed in a form (fields in order) under a key of the web layer.
    fn save_draft(&mut self, key: &str, fields: &[(String, String)], at: Timestamp) -> Result<()>;
    /// A kept form.
    fn draft(&mut self, key: &str) -> Result<Option<Vec<(String, String)>>>;
    /// Every kept form with its key.
    fn drafts(&mut self) -> Result<Vec<(String, Fields)>>;
    /// Forgets a kept form.
    fn delete_draft(&mut self, key: &str) -> Result<()>;
    /// Remembers a form's one-time number; whether it is new. Catches a form sent twice.
    fn first_time(&mut self, form_number: &str, at: Timestamp) -> Result<bool>;
    /// Remembers what came of a form, such as the number of the person it made.
    fn set_form_result(&mut self, form_number: &str, result: &str) -> Result<()>;
    /// What came of a form that was sent before.
    fn form_result(&mut self, form_number: &str) -> Result<Option<String>>;
    /// Forgets a form's one-time number, so that it may be sent again.
    fn forget_form(&mut self, form_number: &str) -> Result<()>;
    /// Failed sign-ins since the last good one, and the end of the wait they cost.
    fn set_failures(&mut self, id: i64, failures: u32, closed_until: Timestamp) -> Result<()>;
    /// Deletes sessions, links, drafts and form numbers that are past their use.
    fn tidy_accounts(&mut self, now: Timestamp) -> Result<()>;
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Number.
    pub id: i64,
    /// Name to sign in with.
    pub name: String,
    /// What it may do.
    pub role: AccountRole,
    /// PHC string; none before enrolment.
    pub password_hash: Option<String>,
    /// Failed sign-ins since the last good one.
    pub failures: u32,
    /// No sign-in before this time.
    pub closed_until: Timestamp,
}

/// The audit log: written in the same transaction as what it tells.
pub trait Audit {
    /// Adds a line. `action` is a stable code such as `person.read`.
    fn audit(&mut self, at: Timestamp, actor: &str, action: &str, person: Option<PersonId>, detail: &str)
    -> Result<()>;
    /// Whether the same line was added after `since`.
    fn is_audited_after(
        &mut self,
        since: Timestamp,
        actor: &str,
        action: &str,
        person: Option<PersonId>,
        detail: &str,
    ) -> Result<bool>;
    /// Lines, newest first, at most `limit`.
    fn audit_newest(&mut self, limit: u32) -> Result<Vec<AuditLine>>;
    /// Lines about a person, newest first, at most `limit`.
    fn audit_about(&mut self, person: PersonId, limit: u32) -> Result<Vec<AuditLine>>;
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// More.
    pub detail: String,
}
