//! What the search for a mentor, the proposals and the whole list show. Values only.

use std::collections::BTreeSet;

use matching::solver::fair::Sort;
use matching::{
    Balanced, CircleValue, Counterfactual, Fingerprint, GroupValue, LocalCheck, Misfit, Miss, Reason, Remark, Score,
    Strength,
};
use schemas::documents::{NoReason, ProposalState};
use schemas::ids::{DocumentId, RootId};
use schemas::places::Refnis;
use schemas::time::{Date, Quarter, Timestamp};
use schemas::vocabulary::Slots;
use schemas::{MatchRequest, MentorOffer};

use crate::people::PersonId;
use crate::ports_matches::{DuoId, IncomingStage, OutgoingStage};
use crate::{answer, proposal};

/// A municipality as a page names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Owner id.
    pub root: RootId,
    /// Name.
    pub name: String,
    /// REFNIS.
    pub refnis: Refnis,
}

/// Who a mentor is, as far as this municipality may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MentorWho {
    /// Ours, with the name.
    Own {
        /// Number.
        person: PersonId,
        /// Full name.
        name: String,
        /// The card partners see, if one is out.
        offer: Option<DocumentId>,
        /// Whether the screening was seen: nobody is matched with the mentor before.
        screened: bool,
    },
    /// A partner's, known by its card only. A partner sees the screening before it shares a mentor.
    Partner {
        /// The card.
        offer: DocumentId,
        /// Whose.
        municipality: Place,
    },
}

impl MentorWho {
    /// Whether both are the same mentor, whatever else is known of them.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Own { person, .. }, Self::Own { person: other, .. }) => person == other,
            (Self::Partner { offer, .. }, Self::Partner { offer: other, .. }) => offer == other,
            _ => false,
        }
    }
    /// One of ours whose screening has to be seen first.
    pub fn unscreened(&self) -> Option<PersonId> {
        match self {
            Self::Own { person, screened: false, .. } => Some(*person),
            Self::Own { .. } | Self::Partner { .. } => None,
        }
    }
}

/// Who a newcomer is, as far as this municipality may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewcomerWho {
    /// Ours, with the name.
    Own {
        /// Number.
        person: PersonId,
        /// Full name.
        name: String,
    },
    /// A partner's, known by its card only.
    Partner {
        /// The card.
        request: DocumentId,
        /// Whose.
        municipality: Place,
    },
}

/// A mentor who fits, best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MentorCard {
    /// Who.
    pub who: MentorWho,
    /// The card, also of an own mentor who is not shared.
    pub card: MentorOffer,
    /// Where the mentor meets.
    pub area: Refnis,
    /// How well it fits.
    pub strength: Strength,
    /// The score with its parts.
    pub score: Score,
    /// Why, the weightiest first.
    pub reasons: Vec<Reason>,
    /// What does not fit.
    pub misses: Vec<Miss>,
    /// Metres between the municipalities; zero within one.
    pub distance_metres: u32,
    /// When both can.
    pub common_slots: Slots,
    /// What the other municipality still has to check on its side.
    pub partner_checks: Vec<LocalCheck>,
    /// What has to change for it to be first; none for the first.
    pub why_not_first: Option<Counterfactual>,
    /// A proposal to this mentor that is out for this newcomer.
    pub proposal: Option<DocumentId>,
}

/// A mentor who just misses: exactly one rule is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMissCard {
    /// Who.
    pub who: MentorWho,
    /// The card.
    pub card: MentorOffer,
    /// The rule with what would have to change.
    pub misfit: Misfit,
    /// The place it would take in the list, from 1.
    pub place: usize,
    /// Metres between the municipalities.
    pub distance_metres: u32,
}

/// A mentor who fits on the cards and is left out for what only this municipality knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalExclusion {
    /// Who.
    pub who: MentorWho,
    /// The card.
    pub card: MentorOffer,
    /// The *must* that the newcomer here does not meet, or none when the fact is not recorded.
    pub check: LocalCheck,
    /// Whether it is only that the fact is missing in the newcomer's file.
    pub unknown: bool,
}

/// A municipality on the small map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapPlace {
    /// Which.
    pub refnis: Refnis,
    /// Dutch name.
    pub name: String,
    /// Millionths of a degree north.
    pub latitude: i64,
    /// Millionths of a degree east.
    pub longitude: i64,
    /// Mentors in the list who meet here.
    pub mentors: usize,
    /// Whether the newcomer lives here.
    pub here: bool,
}

/// Why nothing can be proposed across the border for this newcomer, in the order to solve them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blocker {
    /// In this duo already, which is said alone: no mentor is looked for.
    InDuo(DuoId),
    /// A confirmed proposal waits for its acknowledgement, which is said alone too.
    Confirmed,
    /// Under 18: never shared.
    Minor,
    /// No consent to be looked for across the border.
    NoConsent,
    /// Not shared yet: the page offers to.
    NotShared,
}

/// *Zoek een mentor*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPage {
    /// For whom.
    pub newcomer: PersonId,
    /// Full name.
    pub name: String,
    /// The request, as partners see it or would see it.
    pub request: MatchRequest,
    /// Whether that is out; when not, `request` is computed from the file here.
    pub request_published: bool,
    /// The published card.
    pub request_document: Option<DocumentId>,
    /// The newcomer's municipality.
    pub area: Refnis,
    /// What keeps a proposal across the border from being made.
    pub blockers: Vec<Blocker>,
    /// What in the newcomer's own file keeps most mentors, or all, from fitting.
    pub remarks: Vec<Remark>,
    /// The best ten.
    pub cards: Vec<MentorCard>,
    /// Who fit in all, the ten among them.
    pub fitting: usize,
    /// Who just miss, at most five.
    pub near_misses: Vec<NearMissCard>,
    /// Who are left out for what only we know.
    pub local_exclusions: Vec<LocalExclusion>,
    /// Proposals for this newcomer, newest first.
    pub proposals: Vec<OutgoingRow>,
    /// The municipalities involved, by code.
    pub map: Vec<MapPlace>,
}

/// A newcomer who fits a mentor, best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewcomerCard {
    /// Who.
    pub who: NewcomerWho,
    /// The card, computed from the file where it is not out.
    pub card: MatchRequest,
    /// How well it fits.
    pub strength: Strength,
    /// Why, the weightiest first.
    pub reasons: Vec<Reason>,
    /// What does not fit.
    pub misses: Vec<Miss>,
    /// Metres between the municipalities.
    pub distance_metres: u32,
    /// When both can.
    pub common_slots: Slots,
}

/// *Wie past bij deze mentor?*
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewcomersPage {
    /// For whom.
    pub mentor: PersonId,
    /// Full name.
    pub name: String,
    /// The offer as it is or would be.
    pub offer: MentorOffer,
    /// Whether partners see it.
    pub shared: bool,
    /// Whether the screening was seen: nobody is matched with the mentor before.
    pub screened: bool,
    /// What in the offer itself keeps it from every newcomer, or from nearly every.
    pub remarks: Vec<Remark>,
    /// The best ten.
    pub cards: Vec<NewcomerCard>,
}

/// A proposal that went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingRow {
    /// The proposal.
    pub document: DocumentId,
    /// For whom.
    pub newcomer: PersonId,
    /// Full name.
    pub newcomer_name: String,
    /// Whom it asks.
    pub municipality: Place,
    /// The mentor's card.
    pub offer: DocumentId,
    /// What the card says, while it is visible here.
    pub card: Option<MentorOffer>,
    /// Our own stage.
    pub stage: OutgoingStage,
    /// Both halves together.
    pub state: proposal::State,
    /// When it was made.
    pub proposed_at: Timestamp,
    /// The duo that came of it.
    pub duo: Option<DuoId>,
}

/// A proposal that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingRow {
    /// The proposal.
    pub document: DocumentId,
    /// Who asks.
    pub municipality: Place,
    /// Our mentor.
    pub mentor: Option<PersonId>,
    /// Full name; empty when the card is not ours any more.
    pub mentor_name: String,
    /// What the newcomer's card says, while it is visible here.
    pub card: Option<MatchRequest>,
    /// The quarter since which the newcomer waits.
    pub waiting_since: Quarter,
    /// When it was first seen here.
    pub seen_at: Timestamp,
    /// The day on which the mentor was asked, and by whom.
    pub asked: Option<(Date, String)>,
    /// Our own stage.
    pub stage: IncomingStage,
    /// Both halves together.
    pub state: answer::State,
    /// Places that the mentor has left.
    pub places_left: u8,
    /// The duo that came of it.
    pub duo: Option<DuoId>,
}

/// *Matches*: proposals in and out. Incoming by waiting since, then proposal id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProposalsPage {
    /// In: those that wait for us first.
    pub incoming: Vec<IncomingRow>,
    /// Out: those that wait for us first.
    pub outgoing: Vec<OutgoingRow>,
}

/// How the two fit, for the page of one proposal. None where a card is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// How well.
    pub strength: Strength,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What does not fit.
    pub misses: Vec<Miss>,
    /// Metres between the municipalities.
    pub distance_metres: u32,
    /// When both can.
    pub common_slots: Slots,
    /// What this municipality has to check about its own person.
    pub checks: Vec<LocalCheck>,
}

/// What goes in a message to the mentor, in plain Dutch; the web words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MentorMessage {
    /// The mentor's given name.
    pub mentor_given_name: String,
    /// The newcomer's municipality.
    pub municipality: String,
    /// What the newcomer wants help with, aims at, speaks and when: the card.
    pub card: MatchRequest,
    /// When both can.
    pub common_slots: Slots,
    /// The newcomer's contact sheet has arrived.
    pub sheet_received: bool,
}

/// The page of one proposal, from either side.
#[expect(clippy::large_enum_variant, reason = "one value a page")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalPage {
    /// One that came in.
    Incoming {
        /// The row.
        row: IncomingRow,
        /// How the two fit.
        fit: Option<Fit>,
        /// Whether a person may answer now.
        may_answer: bool,
        /// Whether a yes that was said may be taken back.
        may_take_back: bool,
        /// Where the other half stands.
        theirs: Option<ProposalState>,
        /// For the mentor, after a yes.
        message: Option<MentorMessage>,
    },
    /// One that went out.
    Outgoing {
        /// The row.
        row: OutgoingRow,
        /// How the two fit.
        fit: Option<Fit>,
        /// Whether a person may confirm now.
        may_confirm: bool,
        /// Whether a person may take it back now.
        may_withdraw: bool,
        /// Other proposals that confirming this one takes back.
        others: Vec<OutgoingRow>,
    },
}

/// A draft for one newcomer of ours in the whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// For whom.
    pub newcomer: PersonId,
    /// Full name.
    pub name: String,
    /// The mentor.
    pub mentor: MentorWho,
    /// Score in millionths.
    pub score: u32,
    /// How well it fits.
    pub strength: Strength,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Metres between the municipalities.
    pub distance_metres: u32,
}

/// The best list for everybody in a circle, from the shared cards and rules alone: the same for
/// every member that has the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircleList {
    /// Name of the circle.
    pub circle: String,
    /// Newcomers' cards in it.
    pub requests: usize,
    /// Who of them find a mentor.
    pub matches: usize,
    /// What two members compare to see that they find the same list.
    pub fingerprint: Fingerprint,
}

/// The whole waiting list at once, as drafts; proved the best.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WholeList {
    /// One per newcomer who finds somebody, by waiting.
    pub drafts: Vec<Draft>,
    /// Newcomers who find nobody.
    pub without: Vec<(PersonId, String)>,
    /// The lists of our circles, to be compared with partners'.
    pub circles: Vec<CircleList>,
    /// What keeps single cards from being matched, and what distances start from: the others are
    /// matched all the same.
    pub remarks: Vec<ListRemark>,
}

/// What a coordinator should know of the cards behind the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListRemark {
    /// One of our newcomers.
    Newcomer(PersonId, String, Remark),
    /// One of our mentors.
    Mentor(PersonId, String, Remark),
    /// So many mentors of a partner, by its name.
    Partners(String, Remark, usize),
    /// A partner works with a newer version, whose rules this one may not understand in full.
    Newer(String),
    /// A municipality on the cards that merged into another: distances start where it was.
    Merged(Refnis),
}

/// The best list for the circle within bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircleBalance {
    /// Its pairs, and what each bound costs.
    pub found: Balanced,
    /// The municipalities in it.
    pub places: Vec<Place>,
    /// The bounds that a municipality asks for itself, in its rules.
    pub own: BTreeSet<(RootId, Sort)>,
    /// A short name for the pairs.
    pub fingerprint: Fingerprint,
}

/// What of the circle's list concerns our own newcomers, as drafts, beside our own best list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BalancedDrafts {
    /// One per newcomer who finds somebody in the circle's list, by waiting.
    pub drafts: Vec<BalancedDraft>,
    /// Newcomers whom partners know and who find nobody in it, with the mentor that our own best
    /// list has for them.
    pub without: Vec<(PersonId, String, Option<MentorWho>)>,
    /// Newcomers who are not shared: the circle's list knows nothing of them.
    pub unshared: usize,
    /// Our newcomers who find somebody in our own best list, shared or not.
    pub own_matches: usize,
    /// Our mentors who help a newcomer of another municipality in the circle's list.
    pub lent: usize,
}

/// A draft of the circle's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalancedDraft {
    /// The draft.
    pub draft: Draft,
    /// What only we know is in the way: they failed before, or a *must* is not met. Nobody is to
    /// propose it.
    pub barred: bool,
    /// What our own best list has.
    pub beside: Beside,
}

/// What our own best list has for the same newcomer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// The same mentor.
    Same,
    /// Another.
    Other(MentorWho),
    /// Nobody.
    Nobody,
}

/// Alone and together, with names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CircleWorth {
    /// The numbers.
    pub value: CircleValue,
    /// Name of each municipality in it, this one first, then by name.
    pub municipalities: Vec<Place>,
}

/// What larger groups of neighbours are worth, for this circle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CircleSizes {
    /// Newcomers in the circle who look for somebody.
    pub requests: usize,
    /// By size of the group, the smallest first.
    pub sizes: Vec<GroupValue>,
    /// Alone and together, per municipality.
    pub worth: CircleWorth,
}

/// Whether a reason to refuse may be chosen by a person.
pub const REASONS: [NoReason; 4] =
    [NoReason::Full, NoReason::MentorDeclined, NoReason::MentorUnavailable, NoReason::Other];
