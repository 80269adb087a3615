//! The answerer's half of a match as a state machine: pure, so that every table of it is tested.
//!
//! The mentor's municipality alone grants places. A reservation counts from the moment it is
//! written until it is released in this store, whatever a clock says in between, so that no
//! mentor is promised beyond the places there are.

use schemas::documents::{HandoverKey, ProposalState};
use schemas::time::Timestamp;

use crate::opening_days::{LAPSE_AFTER, REMIND_AFTER};
use crate::ports_matches::{DuoStage, IncomingStage};

/// Seconds that a place is kept for the one who asked: 14 days.
pub const HELD_SECONDS: u64 = 14 * 86_400;

/// Where a proposal that came in stands, both halves taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for our answer.
    Open {
        /// Opening days so far.
        days: u32,
        /// Whether it waits so long that we are reminded.
        reminded: bool,
    },
    /// A place is kept and the other municipality has not confirmed.
    Reserved {
        /// Until when.
        held_until: Timestamp,
    },
    /// Confirmed in time: to be acknowledged.
    ToAcknowledge {
        /// Seals the mentor's contact sheet to the other municipality.
        key: HandoverKey,
    },
    /// The reservation is over: to be released, and to be said.
    ToLapse,
    /// The other municipality took it back, or it is gone: to be closed here.
    TakenBack {
        /// Whether a duo has to be cancelled too.
        matched: bool,
    },
    /// Nothing more can happen but through the duo.
    Settled(IncomingStage),
}

/// The state from our own stage, the other half (none when its document is gone), the opening
/// days waited, and our clock.
pub fn state(mine: IncomingStage, theirs: Option<&ProposalState>, days: u32, now: Timestamp) -> State {
    match (mine, theirs) {
        (IncomingStage::Open | IncomingStage::Reserved { .. }, None | Some(ProposalState::Withdrawn)) => {
            State::TakenBack { matched: false }
        }
        (IncomingStage::Acknowledged, Some(ProposalState::Withdrawn)) => State::TakenBack { matched: true },
        // A confirmation of what was never granted is no more than a question.
        (IncomingStage::Open, Some(ProposalState::Proposed | ProposalState::Confirmed { .. })) => {
            State::Open { days, reminded: days >= REMIND_AFTER }
        }
        (IncomingStage::Reserved { held_until }, Some(_)) if now > held_until => State::ToLapse,
        (IncomingStage::Reserved { .. }, Some(ProposalState::Confirmed { handover_key })) => {
            State::ToAcknowledge { key: *handover_key }
        }
        (IncomingStage::Reserved { held_until }, Some(ProposalState::Proposed)) => State::Reserved { held_until },
        // It was gone here before its time and came back: who confirmed is not to wait for ever.
        (IncomingStage::Withdrawn, Some(ProposalState::Confirmed { .. })) => State::ToLapse,
        (settled, _) => State::Settled(settled),
    }
}

impl State {
    /// Whether a person may still answer.
    pub fn may_answer(self) -> bool {
        matches!(self, Self::Open { days, .. } if days < LAPSE_AFTER)
    }
    /// Whether a person may still take a given place back by saying no.
    pub fn may_refuse(self) -> bool {
        matches!(self, Self::Open { .. } | Self::Reserved { .. })
    }
}

/// Whether a reservation or match in this stage takes one of the mentor's places. An
/// acknowledged one is counted by its duo.
pub fn holds_a_place(stage: IncomingStage) -> bool {
    matches!(stage, IncomingStage::Reserved { .. })
}

/// Whether a duo in this stage takes one of the mentor's places.
pub fn duo_holds_a_place(stage: DuoStage) -> bool {
    matches!(stage, DuoStage::FirstMeeting | DuoStage::Running | DuoStage::Paused | DuoStage::Closing)
}

/// Places that a mentor has left: what was agreed less the duos and the live reservations.
pub fn places_left(places: u8, duos: usize, reservations: usize) -> u8 {
    u8::try_from(usize::from(places).saturating_sub(duos + reservations)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::documents::NoReason;

    const NOW: Timestamp = Timestamp(1_000_000);
    const KEY: HandoverKey = HandoverKey([7; 32]);

    fn halves() -> [Option<ProposalState>; 4] {
        [
            None,
            Some(ProposalState::Proposed),
            Some(ProposalState::Confirmed { handover_key: KEY }),
            Some(ProposalState::Withdrawn),
        ]
    }

    fn table(mine: IncomingStage) -> Vec<State> {
        halves().iter().map(|theirs| state(mine, theirs.as_ref(), 2, NOW)).collect()
    }

    #[test]
    fn the_table_of_the_open() {
        let open = State::Open { days: 2, reminded: false };
        let back = State::TakenBack { matched: false };
        assert_eq!(table(IncomingStage::Open), [back, open, open, back]);
    }

    #[test]
    fn the_table_of_the_reserved() {
        let held_until = NOW;
        let back = State::TakenBack { matched: false };
        assert_eq!(
            table(IncomingStage::Reserved { held_until }),
            [back, State::Reserved { held_until }, State::ToAcknowledge { key: KEY }, back]
        );
        let over = IncomingStage::Reserved { held_until: Timestamp(NOW.0 - 1) };
        assert_eq!(table(over), [back, State::ToLapse, State::ToLapse, back]);
    }

    #[test]
    fn the_table_of_the_acknowledged() {
        let settled = State::Settled(IncomingStage::Acknowledged);
        assert_eq!(table(IncomingStage::Acknowledged), [settled, settled, settled, State::TakenBack { matched: true }]);
    }

    #[test]
    fn what_is_over_stays_over() {
        let over = [IncomingStage::Refused { reason: NoReason::Other }, IncomingStage::Lapsed, IncomingStage::Failed];
        for stage in over {
            for state in table(stage) {
                assert_eq!(state, State::Settled(stage));
                assert!(!state.may_answer() && !state.may_refuse());
            }
        }
    }

    #[test]
    fn the_table_of_the_withdrawn() {
        let settled = State::Settled(IncomingStage::Withdrawn);
        assert_eq!(table(IncomingStage::Withdrawn), [settled, settled, State::ToLapse, settled]);
    }

    #[test]
    fn places() {
        assert_eq!(places_left(2, 1, 0), 1);
        assert_eq!(places_left(2, 1, 1), 0);
        assert_eq!(places_left(1, 2, 3), 0);
    }
}
