//! The input: cards with their owners, and every owner's rules.

use std::collections::{BTreeMap, BTreeSet};

use schemas::documents::{Exchange, Weights};
use schemas::ids::{DocumentId, RootId};
use schemas::places::{Area, Refnis};
use schemas::time::Quarter;
use schemas::vocabulary::Cefr;
use schemas::{MatchRequest, MatchingRules, MentorOffer};

/// One of the two persons of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one who asks.
    Newcomer,
    /// The one who offers.
    Mentor,
}

/// The card of a newcomer with its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its document.
    pub id: DocumentId,
    /// The municipality that owns it.
    pub owner: RootId,
    /// That municipality's REFNIS code: where distances start when the card says no area.
    pub refnis: Refnis,
    /// The card.
    pub card: MatchRequest,
}

impl Request {
    /// Where distances start: the area on the card, or the owner's municipality when the card
    /// says no more than "in the circle".
    pub fn place(&self) -> Refnis {
        match self.card.area {
            Area::Municipality(refnis) => refnis,
            Area::Circle => self.refnis,
        }
    }
}

/// The card of a mentor with its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its document.
    pub id: DocumentId,
    /// The municipality that owns it.
    pub owner: RootId,
    /// The card.
    pub card: MentorOffer,
}

/// What holds besides the cards. The same on every node that has the same documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Each municipality's own rules; [`Rules::usual`] where it shared none, or none that this
    /// release can read.
    pub own: BTreeMap<RootId, MatchingRules>,
    /// Pairs (request, offer) that failed before.
    pub failed_before: BTreeSet<(DocumentId, DocumentId)>,
    /// Requests that only go to mentors of their own municipality, because nobody else may know
    /// of them.
    pub at_home: BTreeSet<DocumentId>,
    /// The quarter in which waiting is counted.
    pub today: Quarter,
}

impl Rules {
    /// The municipalities' `own` rules in the quarter `today`, no pair excluded.
    pub fn new(own: BTreeMap<RootId, MatchingRules>, today: Quarter) -> Self {
        Self { own, failed_before: BTreeSet::new(), at_home: BTreeSet::new(), today }
    }

    /// What a municipality starts with: Dutch from A2, the usual weights.
    pub const fn usual() -> MatchingRules {
        let exchange = Exchange { lends: None, receives: None, share: None, long_share: None };
        MatchingRules { min_dutch: Cefr::A2, weights: Weights::usual(), exchange }
    }

    /// The rules of `owner`.
    pub fn of(&self, owner: RootId) -> MatchingRules {
        self.own.get(&owner).copied().unwrap_or(Self::usual())
    }

    /// Whether this request may not go to the offer, whatever the cards say.
    pub(crate) fn excludes(&self, request: &Request, offer: DocumentId, owner: RootId) -> bool {
        self.failed_before.contains(&(request.id, offer)) || self.stays_at_home(request, owner)
    }

    /// Whether this request does not go to the mentors of `owner`.
    pub(crate) fn stays_at_home(&self, request: &Request, owner: RootId) -> bool {
        request.owner != owner && self.at_home.contains(&request.id)
    }

    /// Dutch that suffices for a pair of these two municipalities: the higher of what they ask.
    pub fn min_dutch(&self, one: RootId, other: RootId) -> Cefr {
        self.of(one).min_dutch.max(self.of(other).min_dutch)
    }

    /// Points per subject for a pair of these two municipalities: the sum of both, so that the
    /// pair's weight is their average, whoever computes it.
    pub fn points(&self, one: RootId, other: RootId) -> [u64; 9] {
        let (one, other) = (self.of(one).weights.all(), self.of(other).weights.all());
        std::array::from_fn(|at| u64::from(one[at]) + u64::from(other[at]))
    }
}
