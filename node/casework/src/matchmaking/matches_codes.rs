//! The stable words for stages and kinds, as the store keeps them and addresses show them.

use std::fmt;
use std::str::FromStr;

use schemas::documents::NoReason;
use schemas::time::Timestamp;

use crate::ports_matches::{DuoStage, HandoverStage, IncomingStage, NoteKind, OutgoingEnd, OutgoingStage, PlanKind};

/// A word that is none of the known ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown word")]
pub struct UnknownWord;

const REASONS: [(NoReason, &str); 6] = [
    (NoReason::Full, "full"),
    (NoReason::MentorDeclined, "mentor_declined"),
    (NoReason::MentorUnavailable, "mentor_unavailable"),
    (NoReason::FailedBefore, "failed_before"),
    (NoReason::OfferWithdrawn, "offer_withdrawn"),
    (NoReason::Other, "other"),
];

/// The word for a reason, as in the document.
pub fn reason_code(reason: NoReason) -> &'static str {
    REASONS.iter().find(|(known, _)| *known == reason).map_or("other", |(_, code)| code)
}

/// The reason of a word.
///
/// # Errors
/// It is none.
pub fn reason_of(code: &str) -> Result<NoReason, UnknownWord> {
    REASONS.iter().find(|(_, known)| *known == code).map(|(reason, _)| *reason).ok_or(UnknownWord)
}

impl fmt::Display for OutgoingStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proposed => f.write_str("proposed"),
            Self::Confirmed => f.write_str("confirmed"),
            Self::Matched => f.write_str("matched"),
            Self::Ended(OutgoingEnd::Withdrawn) => f.write_str("withdrawn"),
            Self::Ended(OutgoingEnd::Refused(reason)) => write!(f, "refused:{}", reason_code(*reason)),
            Self::Ended(OutgoingEnd::Lapsed) => f.write_str("lapsed"),
            Self::Ended(OutgoingEnd::Unanswered) => f.write_str("unanswered"),
            Self::Ended(OutgoingEnd::Failed) => f.write_str("failed"),
        }
    }
}

impl FromStr for OutgoingStage {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if let Some(reason) = text.strip_prefix("refused:") {
            return Ok(Self::Ended(OutgoingEnd::Refused(reason_of(reason)?)));
        }
        [
            Self::Proposed,
            Self::Confirmed,
            Self::Matched,
            Self::Ended(OutgoingEnd::Withdrawn),
            Self::Ended(OutgoingEnd::Lapsed),
            Self::Ended(OutgoingEnd::Unanswered),
            Self::Ended(OutgoingEnd::Failed),
        ]
        .into_iter()
        .find(|stage| stage.to_string() == text)
        .ok_or(UnknownWord)
    }
}

impl fmt::Display for IncomingStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Reserved { held_until } => write!(f, "reserved:{}", held_until.0),
            Self::Refused { reason } => write!(f, "refused:{}", reason_code(*reason)),
            Self::Acknowledged => f.write_str("acknowledged"),
            Self::Lapsed => f.write_str("lapsed"),
            Self::Withdrawn => f.write_str("withdrawn"),
            Self::Failed => f.write_str("failed"),
        }
    }
}

impl FromStr for IncomingStage {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if let Some(until) = text.strip_prefix("reserved:") {
            let held_until = Timestamp(until.parse().map_err(|_| UnknownWord)?);
            return Ok(Self::Reserved { held_until });
        }
        if let Some(reason) = text.strip_prefix("refused:") {
            return Ok(Self::Refused { reason: reason_of(reason)? });
        }
        [Self::Open, Self::Acknowledged, Self::Lapsed, Self::Withdrawn, Self::Failed]
            .into_iter()
            .find(|stage| stage.to_string() == text)
            .ok_or(UnknownWord)
    }
}

macro_rules! words {
    ($name:ident { $($variant:ident = $code:literal),+ $(,)? }) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $code),+ })
            }
        }
        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text { $($code => Ok(Self::$variant),)+ _ => Err(UnknownWord) }
            }
        }
    };
}

words!(HandoverStage {
    Waiting = "waiting",
    KeyUnknown = "key_unknown",
    Delivered = "delivered",
    Cancelled = "cancelled",
});
words!(PlanKind { Goal = "goal", Barrier = "barrier", Step = "step" });
words!(NoteKind { Review = "review", Closing = "closing", Other = "other" });

impl fmt::Display for DuoStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for DuoStage {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|stage| stage.code() == text).ok_or(UnknownWord)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same<T: fmt::Display + FromStr + PartialEq + fmt::Debug>(values: impl IntoIterator<Item = T>) {
        for value in values {
            assert_eq!(value.to_string().parse().ok(), Some(value));
        }
    }

    #[test]
    fn every_word_is_read_back() {
        let ends = REASONS.map(|(reason, _)| OutgoingStage::Ended(OutgoingEnd::Refused(reason)));
        same(ends);
        same([
            OutgoingStage::Proposed,
            OutgoingStage::Confirmed,
            OutgoingStage::Matched,
            OutgoingStage::Ended(OutgoingEnd::Withdrawn),
            OutgoingStage::Ended(OutgoingEnd::Lapsed),
            OutgoingStage::Ended(OutgoingEnd::Unanswered),
            OutgoingStage::Ended(OutgoingEnd::Failed),
        ]);
        same(REASONS.map(|(reason, _)| IncomingStage::Refused { reason }));
        same([
            IncomingStage::Open,
            IncomingStage::Reserved { held_until: Timestamp(17) },
            IncomingStage::Acknowledged,
            IncomingStage::Lapsed,
            IncomingStage::Withdrawn,
            IncomingStage::Failed,
        ]);
        same(DuoStage::ALL);
        assert!("refused:why".parse::<OutgoingStage>().is_err());
        assert!("reserved:".parse::<IncomingStage>().is_err());
    }
}
