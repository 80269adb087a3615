//! The kinds of documents: an allow-list of fields, all of them bounded.
//!
//! `MentorOffer` and `MatchRequest` hold no free text and no direct identifier. A field that
//! is not listed here cannot leave.

use std::num::NonZeroU16;

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Refused;
use crate::bounded::{Kilometres, Net, Percent, Places};
use crate::ids::{DocumentId, RootId, to_hex};
use crate::language::Language;
use crate::occupation::Occupation;
use crate::places::{Area, Kbo, Refnis};
use crate::text::{Body, Code, Line, Text};
use crate::time::{Date, Month, Quarter, Timestamp, Week};
use crate::vocabulary::{AgeBand, Cefr, Domains, Interests, Languages, Sector, Set, Sex, Slots, Style, Wishes};

/// Who a municipality is and how its office is reached. One per municipality and circle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MunicipalityCard {
    /// REFNIS code: a claim that administrators confirmed.
    pub refnis: Refnis,
    /// Enterprise number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kbo: Option<Kbo>,
    /// Name of the service, as partners see it.
    pub name: Line,
    /// Mail or phone of the office (never of a person).
    pub office: Line,
    /// Languages the office can speak with people.
    pub languages: Languages,
    /// Highest schema version this node understands, from 1.
    pub schema: NonZeroU16,
    /// Last day of absence: stops the days of an unanswered proposal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub away_until: Option<Date>,
}

/// Points per subject, each at most 1,000; all zero is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, try_from = "WeightsInput")]
pub struct Weights {
    /// Same occupation.
    pub occupation: u16,
    /// Same sector.
    pub sector: u16,
    /// Shared domains.
    pub domains: u16,
    /// Closeness.
    pub proximity: u16,
    /// Shared contact languages.
    pub languages: u16,
    /// Shared interests.
    pub interests: u16,
    /// Shared slots.
    pub slots: u16,
    /// Wishes that are kept.
    pub wishes: u16,
    /// Quarters of waiting.
    pub waiting: u16,
}

impl Weights {
    /// All subjects in the order of the fields.
    pub fn all(&self) -> [u16; 9] {
        [
            self.occupation,
            self.sector,
            self.domains,
            self.proximity,
            self.languages,
            self.interests,
            self.slots,
            self.wishes,
            self.waiting,
        ]
    }
    /// What a municipality starts with.
    pub const fn usual() -> Self {
        Self {
            occupation: 300,
            sector: 150,
            domains: 150,
            proximity: 120,
            languages: 120,
            interests: 60,
            slots: 50,
            wishes: 50,
            waiting: 100,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WeightsInput {
    #[schemars(range(max = 1000))]
    occupation: u16,
    #[schemars(range(max = 1000))]
    sector: u16,
    #[schemars(range(max = 1000))]
    domains: u16,
    #[schemars(range(max = 1000))]
    proximity: u16,
    #[schemars(range(max = 1000))]
    languages: u16,
    #[schemars(range(max = 1000))]
    interests: u16,
    #[schemars(range(max = 1000))]
    slots: u16,
    #[schemars(range(max = 1000))]
    wishes: u16,
    #[schemars(range(max = 1000))]
    waiting: u16,
}

impl TryFrom<WeightsInput> for Weights {
    type Error = Refused;
    fn try_from(w: WeightsInput) -> Result<Self, Refused> {
        let weights = Self {
            occupation: w.occupation,
            sector: w.sector,
            domains: w.domains,
            proximity: w.proximity,
            languages: w.languages,
            interests: w.interests,
            slots: w.slots,
            wishes: w.wishes,
            waiting: w.waiting,
        };
        match weights.all() {
            all if all.iter().any(|points| *points > 1000) => {
                Err(Refused::new("weights", "more than 1000 points for one subject"))
            }
            all if all.iter().all(|points| *points == 0) => Err(Refused::new("weights", "no subject has points")),
            _ => Ok(weights),
        }
    }
}

/// A municipality's own eligibility and weights. A pair across a border satisfies both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchingRules {
    /// Dutch that suffices where no contact language is shared.
    pub min_dutch: Cefr,
    /// Points.
    pub weights: Weights,
    /// What it asks of the exchange with the others. From schema 2.
    #[serde(skip_serializing_if = "Exchange::is_empty", default, deserialize_with = "not_empty")]
    pub exchange: Exchange,
}

/// One that asks nothing is left out: a card has one form.
fn not_empty<'de, D: Deserializer<'de>>(from: D) -> Result<Exchange, D::Error> {
    let exchange = Exchange::deserialize(from)?;
    if exchange.is_empty() { Err(D::Error::custom("asks nothing")) } else { Ok(exchange) }
}

/// What a municipality asks for itself of a list that is made for the whole circle. What it does
/// not say is for whoever makes that list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// It lends at most so many mentors more than it receives.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lends: Option<Net>,
    /// It receives at most so many more than it lends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receives: Option<Net>,
    /// At least so many percent of its newcomers find a mentor; zero asks nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub share: Option<Percent>,
    /// At least so many percent of those of its newcomers who wait longest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub long_share: Option<Percent>,
}

impl Exchange {
    /// Whether it asks nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The card of a mentor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MentorOffer {
    /// Places left, at most 20; zero while full.
    pub capacity_left: Places,
    /// What the mentor helps with.
    pub domains: Domains,
    /// What the mentor does or did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub occupation: Option<Occupation>,
    /// The branch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sector: Option<Sector>,
    /// Contact languages.
    pub languages: Languages,
    /// Municipality where the mentor meets; never an outside residence.
    pub area: Refnis,
    /// Kilometres the mentor travels, 0 to 100.
    pub radius_km: Kilometres,
    /// When.
    pub availability: Slots,
    /// Interests.
    pub interests: Interests,
    /// How the mentor likes to work.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub style: Option<Style>,
    /// Wishes about the newcomer.
    pub wishes: Wishes,
    /// Age band, if the mentor agreed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub age_band: Option<AgeBand>,
    /// Sex, if the mentor agreed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sex: Option<Sex>,
}

/// The card of a newcomer. Never sex, family situation, name, text, or a finer area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchRequest {
    /// What help is asked with.
    pub domains: Domains,
    /// Occupation aimed at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub goal_occupation: Option<Occupation>,
    /// Branch aimed at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub goal_sector: Option<Sector>,
    /// Level of Dutch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dutch: Option<Cefr>,
    /// Contact languages, as far as the small-cell guard allows.
    pub languages: Languages,
    /// Age band, as far as the small-cell guard allows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub age_band: Option<AgeBand>,
    /// Where.
    pub area: Area,
    /// Kilometres the newcomer travels, 0 to 100.
    pub radius_km: Kilometres,
    /// When.
    pub availability: Slots,
    /// Interests.
    pub interests: Interests,
    /// Wishes about the mentor.
    pub wishes: Wishes,
    /// The quarter since which the newcomer waits.
    pub waiting_since: Quarter,
}

/// The requester's half of a match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The newcomer's request.
    pub request: DocumentId,
    /// The mentor's offer.
    pub offer: DocumentId,
    /// The mentor's municipality.
    pub offer_owner: RootId,
    /// The quarter since which the newcomer waits: orders the proposals present.
    pub waiting_since: Quarter,
    /// Which municipality leads the follow-up.
    pub lead: RootId,
    /// Proposals (their ids) with that municipality that failed for this newcomer.
    pub failed_before: Set<DocumentId, 32>,
    /// Where the requester stands.
    pub state: ProposalState,
}

/// Where the requester's half stands. Withdrawn is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ProposalState {
    /// Asked.
    Proposed,
    /// The reservation is taken up; the key seals the mentor's contact sheet to the requester.
    Confirmed {
        /// One-time HPKE public key.
        handover_key: HandoverKey,
    },
    /// Taken back.
    Withdrawn,
}

/// The mentor's municipality's half of a match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// What it answers.
    pub proposal: DocumentId,
    /// What it says.
    pub decision: Decision,
}

/// What the mentor's municipality said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Decision {
    /// A place is reserved.
    Yes {
        /// Until when, by the answerer's clock.
        held_until: Timestamp,
    },
    /// No place, with the reason.
    No {
        /// Why.
        reason: NoReason,
    },
    /// The confirmation arrived in time: the match stands.
    Acknowledged {
        /// One-time HPKE public key that seals the newcomer's contact sheet to the answerer.
        handover_key: HandoverKey,
    },
    /// The confirmation came too late, or not at all.
    Lapsed,
}

/// Why a proposal is answered with no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoReason {
    /// The mentor has no place left.
    Full,
    /// The mentor does not want this match.
    MentorDeclined,
    /// The mentor stopped or paused.
    MentorUnavailable,
    /// The two did not go together before.
    FailedBefore,
    /// The card is no longer there.
    OfferWithdrawn,
    /// Something that only this municipality may know.
    Other,
}

/// A one-time X25519 public key for HPKE, as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^([0-9a-f]{2}){32}$"))]
pub struct HandoverKey(pub [u8; 32]);

impl From<HandoverKey> for String {
    fn from(key: HandoverKey) -> Self {
        to_hex(&key.0)
    }
}

impl TryFrom<String> for HandoverKey {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        crate::ids::from_hex(&text).map(Self)
    }
}

/// How a duo fares, as each municipality tells the other. No text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuoProgress {
    /// The proposal that the match came from.
    pub proposal: DocumentId,
    /// Where the duo stands for this municipality.
    pub state: DuoState,
    /// Meetings so far.
    pub meetings: u16,
    /// Week of the last meeting.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_meeting: Option<Week>,
    /// Day of the next review.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_review: Option<Date>,
}

/// Where a duo stands for one of its municipalities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DuoState {
    /// Acknowledged; the two meet for the first time.
    FirstMeeting,
    /// This municipality's person said yes.
    SaidYes,
    /// This municipality's person said no.
    SaidNo,
    /// Both said yes.
    Running,
    /// Paused.
    Paused,
    /// In its closing talks.
    Closing,
    /// Closed.
    Closed,
    /// The two go on by themselves.
    Continues,
}

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// Short plain-language page for newcomers.
    WelcomeSheet,
    /// What worked somewhere.
    GoodPractice,
    /// Training.
    Training,
    /// Place to practise.
    PracticeOpportunity,
    /// Event.
    Event,
    /// Organisation.
    Organisation,
}

/// Licence of a resource, by its SPDX identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Licence {
    /// Public domain dedication.
    #[serde(rename = "CC0-1.0")]
    Cc0,
    /// Attribution.
    #[serde(rename = "CC-BY-4.0")]
    CcBy,
    /// Attribution, share alike.
    #[serde(rename = "CC-BY-SA-4.0")]
    CcBySa,
}

/// A page of the library; title and body are texts that merge character by character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Title.
    pub title: Line,
    /// Kind.
    pub kind: ResourceKind,
    /// Language it is written in.
    pub language: Language,
    /// Body, plain text with Markdown headings and lists.
    pub body: Body,
    /// Tags.
    pub tags: Set<Text<40>, 12>,
    /// Licence.
    pub licence: Licence,
    /// When it should be looked at again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub review_on: Option<Date>,
    /// The resource it translates.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub translation_of: Option<DocumentId>,
}

/// A remark under a resource; its author is the owner of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// Which resource.
    pub resource: DocumentId,
    /// The text.
    pub text: Text<4_000>,
}

/// One count of a report. A suppressed cell has no value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// What is counted, such as `duos_formed`.
    pub indicator: Code<60>,
    /// Category within the indicator; empty for the whole.
    pub category: Code<60>,
    /// Month `2026-10`.
    pub month: Month,
    /// How many; none where the cell is suppressed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<u32>,
}

/// Counts by month and category, small cells suppressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorReport {
    /// The counts.
    pub counts: Set<Count, 500>,
}
