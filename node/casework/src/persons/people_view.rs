//! What pages show of persons. Local: these types never leave, as those of [`crate::people`].

use schemas::SharedValue;
use schemas::ids::{CircleId, DocumentId};
use schemas::time::{Hour, Timestamp};

use crate::guard::Loss;
use crate::people::{Consent, Person, Screening};
use crate::ports::{AuditLine, Circle, LedgerLine};

/// Whether partners see a card of a person, or what comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareState {
    /// A card is out until this hour, unless it is renewed.
    Shared {
        /// Until when.
        until: Hour,
    },
    /// Nothing stands in the way; nobody published it.
    NotShared,
    /// Under 18: never shared.
    Minor,
    /// No consent to cross the border.
    ConsentMissing,
    /// A mentor whose screening was not seen.
    ScreeningMissing,
}

/// A line of a list of persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// The person.
    pub person: Person,
    /// Completed years today, where known.
    pub age: Option<i16>,
    /// Days since registration.
    pub waiting_days: u32,
    /// Whether partners see a card.
    pub state: ShareState,
}

/// A field on both sides of the border line. Values are codes or text as recorded, several where
/// the field is a set; empty where there is none. On the right nothing means: stays with us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BorderField {
    /// Name, as in the form; `age`, `area` and `waiting` for what is derived.
    pub field: &'static str,
    /// What is recorded here.
    pub here: Vec<String>,
    /// What partners see.
    pub shared: Vec<String>,
}

/// The card of a person that is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveCard {
    /// Its document: the pseudonym.
    pub document: DocumentId,
    /// Where it is shared.
    pub circle: CircleId,
    /// Names of the municipalities that receive it.
    pub recipients: String,
    /// When it ends.
    pub until: Hour,
    /// What left.
    pub value: SharedValue,
}

/// A person's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFile {
    /// The person.
    pub person: Person,
    /// Completed years today, where known.
    pub age: Option<i16>,
    /// Days since registration.
    pub waiting_days: u32,
    /// Every consent, newest first.
    pub consents: Vec<Consent>,
    /// The newest screening.
    pub screening: Option<Screening>,
    /// Whether partners see a card.
    pub state: ShareState,
    /// Whether this mentor may have been promised in what a backup does not know.
    pub places_unsure: bool,
    /// The card that is out.
    pub card: Option<LiveCard>,
    /// Field by field, what is here and what partners see of it.
    pub border: Vec<BorderField>,
    /// What was shared, oldest first.
    pub ledger: Vec<LedgerLine>,
    /// Receipts for cards that were taken back: the document, who received it, and when its receipt
    /// came, if it did.
    pub receipts: Vec<(DocumentId, String, Option<Timestamp>)>,
    /// Who looked and what changed, newest first.
    pub audit: Vec<AuditLine>,
}

/// What would leave, before it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The person.
    pub person: Person,
    /// Codes of what stands in the way; nothing leaves while there is one.
    pub obstacles: Vec<&'static str>,
    /// Where it would be shared; none where there is no circle with an arrangement.
    pub circle: Option<Circle>,
    /// Names of the municipalities that would receive it.
    pub recipients: Vec<String>,
    /// When it would end.
    pub until: Hour,
    /// The card, unless something stands in the way of making one.
    pub value: Option<SharedValue>,
    /// Field by field, what is here and what would be seen of it.
    pub border: Vec<BorderField>,
    /// What the small-cell guard took away.
    pub losses: Vec<Loss>,
    /// How many people share what the card says; none where it says only the municipality.
    pub people: Option<u32>,
    /// The card that is out already.
    pub live: Option<DocumentId>,
}
