//! What matches, duos and handovers need of the store: their records and the traits that keep them.
//!
//! A record here is this municipality's own word about a match. What the other municipality says
//! is read from its documents and never copied over our own word.

use std::collections::BTreeSet;

use schemas::documents::NoReason;
use schemas::ids::{DocumentId, RootId};
use schemas::language::Language;
use schemas::time::{Date, Quarter, Timestamp};

use crate::error::Result;
use crate::people::PersonId;

/// How our own half of a proposal we made came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutgoingEnd {
    /// Taken back by a person, or because another one was confirmed.
    Withdrawn,
    /// The mentor's municipality said no.
    Refused(NoReason),
    /// The reservation was over before the match stood.
    Lapsed,
    /// No answer in 14 opening days.
    Unanswered,
    /// After the first meeting one of the two said no.
    Failed,
}

/// Where our own half of a proposal we made stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutgoingStage {
    /// Asked.
    Proposed,
    /// The reservation is taken up.
    Confirmed,
    /// The match stands; see the duo.
    Matched,
    /// Over for good.
    Ended(OutgoingEnd),
}

/// A proposal that this municipality made for its newcomer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingProposal {
    /// The proposal's document.
    pub document: DocumentId,
    /// For whom.
    pub newcomer: PersonId,
    /// The newcomer's card.
    pub request: DocumentId,
    /// The mentor's card.
    pub offer: DocumentId,
    /// The mentor's municipality.
    pub offer_owner: RootId,
    /// As on the card.
    pub waiting_since: Quarter,
    /// Which municipality leads the follow-up.
    pub lead: RootId,
    /// The document of their answer, from when it was first seen.
    pub answer: Option<DocumentId>,
    /// Where it stands.
    pub stage: OutgoingStage,
    /// When it was made.
    pub proposed_at: Timestamp,
    /// When the stage was reached.
    pub changed_at: Timestamp,
    /// Who made it.
    pub by: String,
}

/// Where our own half of a proposal that came in stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncomingStage {
    /// Not answered.
    Open,
    /// A place is kept until then, by our clock. It counts until it is released.
    Reserved {
        /// Until when.
        held_until: Timestamp,
    },
    /// We said no.
    Refused {
        /// Why.
        reason: NoReason,
    },
    /// The match stands; see the duo.
    Acknowledged,
    /// The reservation was over.
    Lapsed,
    /// The other municipality took it back.
    Withdrawn,
    /// After the first meeting one of the two said no.
    Failed,
}

/// That the mentor was asked before we answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The day.
    pub on: Date,
    /// Who asked.
    pub by: String,
}

/// A proposal that came in for a mentor of this municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingProposal {
    /// The proposal's document.
    pub document: DocumentId,
    /// Who asks.
    pub requester: RootId,
    /// The newcomer's card.
    pub request: DocumentId,
    /// Our mentor's card.
    pub offer: DocumentId,
    /// Our mentor; none when that card is not ours or ended.
    pub mentor: Option<PersonId>,
    /// When it was first seen here.
    pub seen_at: Timestamp,
    /// That the mentor was asked.
    pub asked: Option<Asked>,
    /// The document of our answer.
    pub answer: Option<DocumentId>,
    /// Where it stands.
    pub stage: IncomingStage,
    /// When the stage was reached.
    pub changed_at: Timestamp,
}

/// A newcomer and a mentor who did not go together. Whose person is not ours is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedPair {
    /// Our newcomer.
    pub newcomer: Option<PersonId>,
    /// Our mentor.
    pub mentor: Option<PersonId>,
    /// The proposal, of a match across the border.
    pub proposal: Option<DocumentId>,
    /// The mentor's card at the time.
    pub offer: Option<DocumentId>,
    /// The other municipality, of a match across the border.
    pub partner: Option<RootId>,
    /// The day.
    pub on: Date,
}

/// Proposals and failed pairs.
pub trait Matches {
    /// Mentors of whom it is not known what was promised since a backup: they have no place until
    /// a person looked.
    fn places_unsure(&mut self) -> Result<BTreeSet<PersonId>>;
    /// Notes that what was promised of a mentor is not known, or that a person looked.
    fn set_places_unsure(&mut self, mentor: PersonId, unsure: bool) -> Result<()>;
    /// Adds or replaces a proposal we made.
    fn put_outgoing(&mut self, proposal: &OutgoingProposal) -> Result<()>;
    /// A proposal we made.
    fn outgoing(&mut self, document: DocumentId) -> Result<Option<OutgoingProposal>>;
    /// Every proposal we made, oldest first.
    fn all_outgoing(&mut self) -> Result<Vec<OutgoingProposal>>;
    /// Adds or replaces a proposal that came in.
    fn put_incoming(&mut self, proposal: &IncomingProposal) -> Result<()>;
    /// A proposal that came in.
    fn incoming(&mut self, document: DocumentId) -> Result<Option<IncomingProposal>>;
    /// Every proposal that came in, oldest first.
    fn all_incoming(&mut self) -> Result<Vec<IncomingProposal>>;
    /// Remembers a pair that did not go together.
    fn add_failed_pair(&mut self, pair: &FailedPair) -> Result<()>;
    /// Every such pair.
    fn failed_pairs(&mut self) -> Result<Vec<FailedPair>>;
    /// Whether a document that was here was erased by its owner, and not only ended.
    fn was_erased(&mut self, owner: RootId, document: DocumentId) -> Result<bool>;
}

/// Number of a duo in this store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DuoId(pub i64);

/// Where a duo stands for this municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DuoStage {
    /// The two meet for the first time; both still have to say yes.
    FirstMeeting,
    /// Both said yes.
    Running,
    /// Paused.
    Paused,
    /// In the closing talks.
    Closing,
    /// Closed.
    Closed,
    /// The two go on by themselves.
    Continues,
    /// One of the two said no after the first meeting.
    Failed,
    /// The match was taken back before it began.
    Cancelled,
}

/// A matched pair under follow-up. A person of the other municipality is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duo {
    /// Number.
    pub id: DuoId,
    /// The proposal, of a match across the border.
    pub proposal: Option<DocumentId>,
    /// The other municipality, of a match across the border.
    pub partner: Option<RootId>,
    /// Our newcomer.
    pub newcomer: Option<PersonId>,
    /// Our mentor.
    pub mentor: Option<PersonId>,
    /// Where it stands.
    pub stage: DuoStage,
    /// What the newcomer said after the first meeting.
    pub newcomer_said: Option<bool>,
    /// What the mentor said.
    pub mentor_said: Option<bool>,
    /// Our document of its progress, of a match across the border.
    pub progress: Option<DocumentId>,
    /// Whether this municipality leads the follow-up.
    pub leads: bool,
    /// The day the match stood.
    pub matched_on: Date,
    /// The day both had said yes.
    pub running_since: Option<Date>,
    /// The day it ended.
    pub ended_on: Option<Date>,
}

/// A meeting of a duo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Number; 0 before it is stored.
    pub id: i64,
    /// The day.
    pub on: Date,
    /// How long, 5 to 600 minutes.
    pub minutes: u16,
    /// What it was about, in the coordinator's words.
    pub theme: String,
    /// Who noted it.
    pub by: String,
}

/// What an item of the development plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlanKind {
    /// What the newcomer wants to reach.
    Goal,
    /// What stands in the way.
    Barrier,
    /// A step, with a day.
    Step,
}

/// An item of the development plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanItem {
    /// Number; 0 before it is stored.
    pub id: i64,
    /// What it is.
    pub kind: PlanKind,
    /// In the coordinator's words.
    pub text: String,
    /// The day it should be done.
    pub due: Option<Date>,
    /// The day it was done.
    pub done_on: Option<Date>,
}

/// What a dated note about a duo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// Mid-term review.
    Review,
    /// Closing talk.
    Closing,
    /// Anything else.
    Other,
}

/// A dated note about a duo. Never leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuoNote {
    /// Number; 0 before it is stored.
    pub id: i64,
    /// What it is.
    pub kind: NoteKind,
    /// The day.
    pub on: Date,
    /// In the coordinator's words.
    pub text: String,
    /// Who wrote it.
    pub by: String,
}

/// What stands under a duo, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuoLine {
    /// A meeting.
    Meeting(i64),
    /// An item of the development plan.
    PlanItem(i64),
    /// A dated note.
    Note(i64),
}

/// Duos with their meetings, plans and notes.
pub trait Duos {
    /// Adds a duo; its number (that of `duo` does not count).
    fn insert_duo(&mut self, duo: &Duo) -> Result<DuoId>;
    /// Replaces a duo.
    fn update_duo(&mut self, duo: &Duo) -> Result<()>;
    /// One duo.
    fn duo(&mut self, id: DuoId) -> Result<Option<Duo>>;
    /// Every duo, newest first.
    fn duos(&mut self) -> Result<Vec<Duo>>;
    /// Adds a meeting; its number.
    fn add_meeting(&mut self, duo: DuoId, meeting: &Meeting) -> Result<i64>;
    /// The meetings of a duo, oldest first.
    fn meetings(&mut self, duo: DuoId) -> Result<Vec<Meeting>>;
    /// Adds an item of the plan; its number.
    fn add_plan_item(&mut self, duo: DuoId, item: &PlanItem) -> Result<i64>;
    /// Marks an item of the plan as done on a day, or as not done; whether there is such an item.
    fn set_plan_done(&mut self, duo: DuoId, item: i64, done_on: Option<Date>) -> Result<bool>;
    /// The plan, in the order it was written.
    fn plan(&mut self, duo: DuoId) -> Result<Vec<PlanItem>>;
    /// Adds a note; its number.
    fn add_duo_note(&mut self, duo: DuoId, note: &DuoNote) -> Result<i64>;
    /// The notes of a duo, oldest first.
    fn duo_notes(&mut self, duo: DuoId) -> Result<Vec<DuoNote>>;
    /// Deletes what stands under a duo; whether it was there.
    fn delete_duo_line(&mut self, duo: DuoId, line: DuoLine) -> Result<bool>;
}

/// A one-time key pair that seals one contact sheet to us. Never in a backup.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeKey {
    /// X25519 private key.
    pub private: [u8; 32],
    /// X25519 public key, as in the proposal or the answer.
    pub public: [u8; 32],
}

impl std::fmt::Debug for OneTimeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneTimeKey").finish_non_exhaustive()
    }
}

/// Where the sending of a contact sheet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HandoverStage {
    /// Sealed and not acknowledged.
    Waiting,
    /// The partner no longer has the key it was sealed to; it waits for a fresh one.
    KeyUnknown,
    /// Acknowledged.
    Delivered,
    /// The match was taken back, or the person erased.
    Cancelled,
}

/// A contact sheet of our person on its way to the other municipality. One per match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingHandover {
    /// The match.
    pub proposal: DocumentId,
    /// To whom.
    pub partner: RootId,
    /// About whom.
    pub person: PersonId,
    /// The public key it is sealed to.
    pub sealed_to: [u8; 32],
    /// The message; empty once it is delivered or cancelled.
    pub message: Vec<u8>,
    /// Where it stands.
    pub stage: HandoverStage,
    /// When that was reached.
    pub changed_at: Timestamp,
}

/// How the other municipality's person is reached: nothing else is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactSheet {
    /// Full name.
    pub name: String,
    /// As written.
    pub phone: String,
    /// Mail address.
    pub email: String,
    /// Language of the first contact.
    pub language: Option<Language>,
}

/// A contact sheet that the other municipality handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedSheet {
    /// The match.
    pub proposal: DocumentId,
    /// Who handed it over.
    pub from: RootId,
    /// The sheet.
    pub sheet: ContactSheet,
    /// SHA-256 of the message it came in, to answer a repetition alike.
    pub digest: [u8; 32],
    /// When.
    pub received_at: Timestamp,
}

/// One-time keys, sheets under way and sheets received.
pub trait Handovers {
    /// Keeps the one-time key of a match; replaces an earlier one.
    fn put_one_time_key(&mut self, proposal: DocumentId, key: &OneTimeKey) -> Result<()>;
    /// The one-time key of a match.
    fn one_time_key(&mut self, proposal: DocumentId) -> Result<Option<OneTimeKey>>;
    /// Destroys the one-time key of a match.
    fn destroy_one_time_key(&mut self, proposal: DocumentId) -> Result<()>;
    /// Adds or replaces the handover of a match.
    fn put_handover(&mut self, handover: &OutgoingHandover) -> Result<()>;
    /// The handover of a match.
    fn handover(&mut self, proposal: DocumentId) -> Result<Option<OutgoingHandover>>;
    /// Every handover, oldest match first.
    fn handovers(&mut self) -> Result<Vec<OutgoingHandover>>;
    /// Keeps a received sheet.
    fn put_sheet(&mut self, sheet: &ReceivedSheet) -> Result<()>;
    /// The sheet received for a match.
    fn sheet(&mut self, proposal: DocumentId) -> Result<Option<ReceivedSheet>>;
    /// Deletes the sheet received for a match.
    fn delete_sheet(&mut self, proposal: DocumentId) -> Result<()>;
}
