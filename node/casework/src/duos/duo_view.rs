//! What the pages of duos and *Vandaag* show. Values only.

use schemas::DuoProgress;
use schemas::ids::{DocumentId, RootId};
use schemas::time::{Date, Quarter, Timestamp};

use crate::duo_state::Event;
use crate::library::DraftId;
use crate::people::PersonId;
use crate::ports_matches::{ContactSheet, DuoId, DuoNote, DuoStage, HandoverStage, Meeting, PlanItem};
use crate::search_view::{CircleWorth, Place};

/// Meetings that a duo aims at.
pub const MEETINGS_AIMED: usize = 12;
/// Days without a meeting after which a duo needs a word.
pub const QUIET_DAYS: i32 = 21;

/// What needs somebody's attention about a duo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alarm {
    /// Nobody said how the first meeting went, so many days after the match.
    FirstMeetingDue {
        /// Days.
        days: u32,
    },
    /// No meeting for so many days, 21 or more.
    Quiet {
        /// Days.
        days: u32,
    },
    /// The mid-term review (three months) should have been by now.
    ReviewDue {
        /// The day.
        since: Date,
    },
    /// Six months are reached.
    SixMonths {
        /// The day.
        on: Date,
    },
}

/// One of the two persons on a duo's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DuoPerson {
    /// Ours.
    Own {
        /// Number.
        person: PersonId,
        /// Full name.
        name: String,
    },
    /// The other municipality's.
    Partner {
        /// Whose.
        municipality: Place,
        /// The contact sheet, when it was handed over.
        sheet: Option<ContactSheet>,
    },
    /// A person who was erased.
    Erased,
}

/// A line of the list of duos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuoRow {
    /// Number.
    pub id: DuoId,
    /// The newcomer.
    pub newcomer: DuoPerson,
    /// The mentor.
    pub mentor: DuoPerson,
    /// Where it stands.
    pub stage: DuoStage,
    /// The day the match stood.
    pub matched_on: Date,
    /// The day both had said yes.
    pub running_since: Option<Date>,
    /// Meetings noted here.
    pub meetings: usize,
    /// The last one.
    pub last_meeting: Option<Date>,
    /// What needs attention.
    pub alarms: Vec<Alarm>,
    /// Whether this municipality leads the follow-up.
    pub leads: bool,
}

/// A point of a duo's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelinePoint {
    /// The day.
    pub on: Date,
    /// What.
    pub what: TimelineEvent,
}

/// What a point of the timeline is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineEvent {
    /// The proposal was made or came in.
    Proposed,
    /// The match stood.
    Matched,
    /// Both had said yes.
    Running,
    /// A meeting, its number from 1.
    Meeting(usize),
    /// A note.
    Note,
    /// Three months: the review.
    ReviewMark,
    /// Six months.
    SixMonthsMark,
    /// It ended.
    Ended,
}

/// Where the handover of contact details stands, both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverView {
    /// Ours to them: none while nothing is sealed.
    pub sent: Option<(HandoverStage, Timestamp)>,
    /// Whether it waits for the consent of our person.
    pub needs_consent: bool,
    /// When theirs arrived.
    pub received: Option<Timestamp>,
}

/// The page of a duo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuoPage {
    /// As in the list.
    pub row: DuoRow,
    /// The proposal it came from.
    pub proposal: Option<DocumentId>,
    /// What the newcomer said after the first meeting.
    pub newcomer_said: Option<bool>,
    /// What the mentor said.
    pub mentor_said: Option<bool>,
    /// A mentor of ours whose screening was not seen.
    pub unscreened: Option<PersonId>,
    /// What the other municipality tells.
    pub theirs: Option<DuoProgress>,
    /// The handover, of a match across the border.
    pub handover: Option<HandoverView>,
    /// Meetings, oldest first.
    pub meetings: Vec<Meeting>,
    /// The development plan.
    pub plan: Vec<PlanItem>,
    /// Notes, oldest first.
    pub notes: Vec<DuoNote>,
    /// Everything on one axis, oldest first.
    pub timeline: Vec<TimelinePoint>,
    /// What may happen to it now by a person's hand.
    pub events: Vec<Event>,
    /// The day of the mid-term review.
    pub review_on: Option<Date>,
    /// The day six months are reached.
    pub six_months_on: Option<Date>,
}

/// One line of *Vandaag*: a sentence with its verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TodayItem {
    /// A proposal to answer.
    Answer {
        /// Which.
        proposal: DocumentId,
        /// Who asks.
        municipality: Place,
        /// Our mentor's name.
        mentor_name: String,
        /// The quarter since which the newcomer waits.
        waiting_since: Quarter,
        /// Opening days it waits here.
        days: u32,
        /// Whether it waits for 7 or more.
        reminded: bool,
        /// Whether the mentor was asked.
        asked: bool,
    },
    /// A reservation to confirm.
    Confirm {
        /// Which.
        proposal: DocumentId,
        /// Our newcomer's name.
        newcomer_name: String,
        /// Whose mentor.
        municipality: Place,
        /// Until when it is kept.
        held_until: Timestamp,
    },
    /// What came of the first meeting.
    FirstMeeting {
        /// Which.
        duo: DuoId,
        /// Our person's name, or both names.
        names: String,
        /// The day the match stood.
        matched_on: Date,
    },
    /// A duo that needs a word.
    DuoAlarm {
        /// Which.
        duo: DuoId,
        /// Our person's name, or both names.
        names: String,
        /// Why.
        alarm: Alarm,
    },
    /// Persons who are not shared because something is missing.
    NotShared {
        /// How many newcomers have no consent.
        newcomers_without_consent: usize,
        /// How many mentors have no consent.
        mentors_without_consent: usize,
        /// How many mentors have no screening.
        mentors_without_screening: usize,
    },
    /// Persons who could be shared and are not.
    Shareable {
        /// Newcomers.
        newcomers: usize,
        /// Mentors.
        mentors: usize,
    },
    /// Newcomers under 18: never shared, looked after here.
    Minors {
        /// How many.
        count: usize,
    },
    /// A mentor of whom it is not known what was promised since a backup.
    PlacesUnsure {
        /// Who.
        mentor: PersonId,
        /// Full name.
        name: String,
    },
    /// A partner that the program suspended.
    PartnerSuspended {
        /// Whose.
        partner: RootId,
        /// Its name.
        name: String,
        /// Why, in the words of the protocol.
        why: String,
        /// Since when.
        at: Timestamp,
    },
    /// A contact sheet that cannot leave without consent.
    HandoverConsent {
        /// Which duo.
        duo: DuoId,
        /// Who has to be asked.
        person: PersonId,
        /// Full name.
        name: String,
    },
    /// Text typed in the library that is not in its page.
    LibraryDraft {
        /// Which.
        draft: DraftId,
    },
    /// A resource of ours that somebody hid until we look.
    ResourceHeld {
        /// Which.
        resource: DocumentId,
        /// Its title.
        title: String,
    },
    /// Cards that end within 14 days.
    Expiring {
        /// How many.
        count: usize,
        /// The first day.
        first: Date,
    },
}

/// One line of *Wacht op een partner*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartnerItem {
    /// Waits for an answer.
    ForAnswer {
        /// Which.
        proposal: DocumentId,
        /// Our newcomer's name.
        newcomer_name: String,
        /// Who has to answer.
        municipality: Place,
        /// Opening days so far.
        days: u32,
        /// Whether it is 7 or more.
        reminded: bool,
    },
    /// We keep a place and they have not confirmed.
    ForConfirmation {
        /// Which.
        proposal: DocumentId,
        /// Our mentor's name.
        mentor_name: String,
        /// Who has to confirm.
        municipality: Place,
        /// Until when it is kept.
        held_until: Timestamp,
    },
    /// We confirmed and they have not acknowledged.
    ForAcknowledgement {
        /// Which.
        proposal: DocumentId,
        /// Our newcomer's name.
        newcomer_name: String,
        /// Who has to acknowledge.
        municipality: Place,
    },
    /// Our person said yes; theirs has not said anything.
    ForTheirYes {
        /// Which.
        duo: DuoId,
        /// Our person's name.
        names: String,
        /// Who has to ask.
        municipality: Place,
    },
    /// A contact sheet that was not received yet.
    HandoverUnderWay {
        /// Which match.
        proposal: DocumentId,
        /// To whom.
        municipality: Place,
        /// Since when.
        since: Timestamp,
    },
}

/// One line of *Nieuw in het netwerk*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewItem {
    /// Mentors whom a partner shared in the last week.
    Mentors {
        /// Whose.
        municipality: Place,
        /// How many.
        count: usize,
    },
    /// A page of the library that changed in the last week.
    Resource {
        /// Which.
        resource: DocumentId,
        /// Its title.
        title: String,
        /// Whose.
        municipality: String,
        /// The day.
        on: Date,
    },
}

/// *Vandaag*.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Today {
    /// *Wacht op jou*, the most urgent first.
    pub waits_for_me: Vec<TodayItem>,
    /// *Wacht op een partner*.
    pub waits_for_partner: Vec<PartnerItem>,
    /// *Nieuw in het netwerk*.
    pub new_in_network: Vec<NewItem>,
    /// Alone and together; none for who sees no persons.
    pub value_of_circle: Option<CircleWorth>,
}
