//! The requester's half of a match as a state machine: pure, so that every table of it is tested.
//!
//! The newcomer's municipality alone confirms, one proposal at a time, and an end is for good:
//! what an answer says after that changes nothing, so that nobody is in two matches.

use schemas::documents::{Decision, HandoverKey, NoReason};
use schemas::time::Timestamp;

use crate::opening_days::{LAPSE_AFTER, REMIND_AFTER};
use crate::ports_matches::{OutgoingEnd, OutgoingStage};

/// Where a proposal we made stands, both halves taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for an answer.
    Waiting {
        /// Opening days so far.
        days: u32,
    },
    /// Waits so long that the other municipality is reminded.
    Reminded {
        /// Opening days so far.
        days: u32,
    },
    /// Waited too long.
    Unanswered,
    /// A place is kept.
    Reserved {
        /// Until when, by the other municipality's clock.
        held_until: Timestamp,
    },
    /// The place was kept until a time that has passed.
    ReservationOver,
    /// The answer is no.
    Refused {
        /// Why.
        reason: NoReason,
    },
    /// Confirmed here, not yet acknowledged there.
    Confirmed,
    /// The other municipality says it came too late.
    Lapsed,
    /// Acknowledged: the match stands and the duo can be opened.
    Acknowledged {
        /// Seals the newcomer's contact sheet to the other municipality.
        key: HandoverKey,
    },
    /// The duo is open.
    Matched,
    /// Over for good.
    Ended(OutgoingEnd),
}

/// The state from our own stage, the other half, the opening days waited, and our clock.
pub fn state(mine: OutgoingStage, answer: Option<&Decision>, days: u32, now: Timestamp) -> State {
    match (mine, answer) {
        (OutgoingStage::Ended(end), _) => State::Ended(end),
        (OutgoingStage::Matched, _) => State::Matched,
        (_, Some(Decision::No { reason })) => State::Refused { reason: *reason },
        (_, Some(Decision::Lapsed)) => State::Lapsed,
        (OutgoingStage::Confirmed, Some(Decision::Acknowledged { handover_key })) => {
            State::Acknowledged { key: *handover_key }
        }
        (OutgoingStage::Confirmed, Some(Decision::Yes { .. }) | None) => State::Confirmed,
        (OutgoingStage::Proposed, Some(Decision::Yes { held_until })) if now <= *held_until => {
            State::Reserved { held_until: *held_until }
        }
        (OutgoingStage::Proposed, Some(Decision::Yes { .. })) => State::ReservationOver,
        // An acknowledgement of what was never confirmed is no answer.
        (OutgoingStage::Proposed, Some(Decision::Acknowledged { .. }) | None) => match days {
            LAPSE_AFTER.. => State::Unanswered,
            REMIND_AFTER.. => State::Reminded { days },
            _ => State::Waiting { days },
        },
    }
}

/// What follows by itself, without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Stay,
    /// Our half ends; the proposal is withdrawn.
    End(OutgoingEnd),
    /// The duo is opened.
    OpenDuo,
}

impl State {
    /// What follows by itself.
    pub fn step(self) -> Step {
        match self {
            Self::Unanswered => Step::End(OutgoingEnd::Unanswered),
            Self::ReservationOver | Self::Lapsed => Step::End(OutgoingEnd::Lapsed),
            Self::Refused { reason } => Step::End(OutgoingEnd::Refused(reason)),
            Self::Acknowledged { .. } => Step::OpenDuo,
            _ => Step::Stay,
        }
    }

    /// Whether a person may confirm.
    pub fn may_confirm(self) -> bool {
        matches!(self, Self::Reserved { .. })
    }

    /// Whether a person may take it back. A match that stands ends through its duo.
    pub fn may_withdraw(self) -> bool {
        !matches!(self, Self::Matched | Self::Acknowledged { .. } | Self::Ended(_))
    }

    /// Whether it keeps the newcomer from another confirmation.
    pub fn binds(self) -> bool {
        matches!(self, Self::Confirmed | Self::Acknowledged { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);
    const KEY: HandoverKey = HandoverKey([7; 32]);

    fn answers() -> Vec<Option<Decision>> {
        vec![
            None,
            Some(Decision::Yes { held_until: Timestamp(NOW.0 + 1) }),
            Some(Decision::Yes { held_until: Timestamp(NOW.0 - 1) }),
            Some(Decision::No { reason: NoReason::Full }),
            Some(Decision::Acknowledged { handover_key: KEY }),
            Some(Decision::Lapsed),
        ]
    }

    #[test]
    fn the_table_of_the_proposed() {
        let states: Vec<State> =
            answers().iter().map(|answer| state(OutgoingStage::Proposed, answer.as_ref(), 3, NOW)).collect();
        assert_eq!(
            states,
            [
                State::Waiting { days: 3 },
                State::Reserved { held_until: Timestamp(NOW.0 + 1) },
                State::ReservationOver,
                State::Refused { reason: NoReason::Full },
                State::Waiting { days: 3 },
                State::Lapsed,
            ]
        );
    }

    #[test]
    fn the_table_of_the_confirmed() {
        let states: Vec<State> =
            answers().iter().map(|answer| state(OutgoingStage::Confirmed, answer.as_ref(), 300, NOW)).collect();
        assert_eq!(
            states,
            [
                State::Confirmed,
                State::Confirmed,
                State::Confirmed,
                State::Refused { reason: NoReason::Full },
                State::Acknowledged { key: KEY },
                State::Lapsed,
            ]
        );
    }

    #[test]
    fn an_end_is_for_good() {
        for answer in answers() {
            let ended = OutgoingStage::Ended(OutgoingEnd::Withdrawn);
            let state = state(ended, answer.as_ref(), 0, NOW);
            assert_eq!(state, State::Ended(OutgoingEnd::Withdrawn));
            assert_eq!(state.step(), Step::Stay);
            assert!(!state.may_confirm() && !state.may_withdraw() && !state.binds());
        }
    }

    #[test]
    fn waiting_reminds_and_lapses() {
        let at = |days| state(OutgoingStage::Proposed, None, days, NOW);
        assert_eq!(at(6), State::Waiting { days: 6 });
        assert_eq!(at(7), State::Reminded { days: 7 });
        assert_eq!(at(13), State::Reminded { days: 13 });
        assert_eq!(at(14).step(), Step::End(OutgoingEnd::Unanswered));
    }

    #[test]
    fn only_a_reservation_can_be_confirmed() {
        for (at, answer) in answers().iter().enumerate() {
            let state = state(OutgoingStage::Proposed, answer.as_ref(), 0, NOW);
            assert_eq!(state.may_confirm(), at == 1);
        }
    }
}
