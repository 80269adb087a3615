//! The life of a duo as a state machine: pure, so that the whole table is tested.

use schemas::documents::DuoState;

use crate::ports_matches::DuoStage;

/// What happens to a duo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// Both persons have said yes.
    BothYes,
    /// One of the two has said no.
    OneNo,
    /// The match was taken back, or a person erased.
    Cancel,
    /// A pause begins.
    Pause,
    /// A pause ends.
    Resume,
    /// The closing talks begin.
    StartClosing,
    /// It is closed.
    Close,
    /// The two go on by themselves.
    GoOnAlone,
    /// The municipality that leads the follow-up says that it is closed.
    LeaderClosed,
    /// The municipality that leads the follow-up says that the two go on by themselves.
    LeaderLetsGoOn,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 10] = [
        Self::BothYes,
        Self::OneNo,
        Self::Cancel,
        Self::Pause,
        Self::Resume,
        Self::StartClosing,
        Self::Close,
        Self::GoOnAlone,
        Self::LeaderClosed,
        Self::LeaderLetsGoOn,
    ];

    /// Events that a person may cause on the page of a running duo.
    pub const BY_HAND: [Self; 5] = [Self::Pause, Self::Resume, Self::StartClosing, Self::Close, Self::GoOnAlone];

    /// Stable code for forms.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BothYes => "both_yes",
            Self::OneNo => "one_no",
            Self::Cancel => "cancel",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::StartClosing => "start_closing",
            Self::Close => "close",
            Self::GoOnAlone => "go_on_alone",
            Self::LeaderClosed => "leader_closed",
            Self::LeaderLetsGoOn => "leader_lets_go_on",
        }
    }

    /// The event of a form's code.
    pub fn by_hand(code: &str) -> Option<Self> {
        Self::BY_HAND.into_iter().find(|event| event.code() == code)
    }
}

impl DuoStage {
    /// Every stage.
    pub const ALL: [Self; 8] = [
        Self::FirstMeeting,
        Self::Running,
        Self::Paused,
        Self::Closing,
        Self::Closed,
        Self::Continues,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The stage after `event`; none where that is not allowed.
    pub fn after(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::FirstMeeting, Event::BothYes) => Some(Self::Running),
            (Self::FirstMeeting, Event::OneNo) => Some(Self::Failed),
            (Self::FirstMeeting, Event::Cancel) => Some(Self::Cancelled),
            (Self::Running | Self::Paused | Self::Closing, Event::Cancel) => Some(Self::Closed),
            (Self::Running, Event::Pause) => Some(Self::Paused),
            (Self::Paused | Self::Closing, Event::Resume) => Some(Self::Running),
            (Self::Running | Self::Paused, Event::StartClosing) => Some(Self::Closing),
            (Self::Closing, Event::Close) => Some(Self::Closed),
            (Self::Closing, Event::GoOnAlone) => Some(Self::Continues),
            (Self::Running | Self::Paused | Self::Closing, Event::LeaderClosed) => Some(Self::Closed),
            (Self::Running | Self::Paused | Self::Closing, Event::LeaderLetsGoOn) => Some(Self::Continues),
            _ => None,
        }
    }

    /// Whether it takes up the newcomer and one of the mentor's places.
    pub fn is_active(self) -> bool {
        matches!(self, Self::FirstMeeting | Self::Running | Self::Paused | Self::Closing)
    }

    /// Stable code for the store and for addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FirstMeeting => "first_meeting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Continues => "continues",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// What the other municipality is told. `own_said` is what our person said.
    pub fn told(self, own_said: Option<bool>) -> DuoState {
        match (self, own_said) {
            (Self::FirstMeeting, None) => DuoState::FirstMeeting,
            (Self::FirstMeeting, Some(true)) => DuoState::SaidYes,
            (Self::FirstMeeting, Some(false)) | (Self::Failed, _) => DuoState::SaidNo,
            (Self::Running, _) => DuoState::Running,
            (Self::Paused, _) => DuoState::Paused,
            (Self::Closing, _) => DuoState::Closing,
            (Self::Closed | Self::Cancelled, _) => DuoState::Closed,
            (Self::Continues, _) => DuoState::Continues,
        }
    }
}

/// What the other municipality's word says about its person's answer after the first meeting.
pub fn said(theirs: DuoState) -> Option<bool> {
    match theirs {
        DuoState::FirstMeeting => None,
        DuoState::SaidNo => Some(false),
        DuoState::SaidYes | DuoState::Running | DuoState::Paused | DuoState::Closing | DuoState::Continues => {
            Some(true)
        }
        // Closed before or after a yes: it says nothing about the first meeting.
        DuoState::Closed => None,
    }
}

/// What follows from the two answers.
pub fn outcome(newcomer: Option<bool>, mentor: Option<bool>) -> Option<Event> {
    match (newcomer, mentor) {
        (Some(false), _) | (_, Some(false)) => Some(Event::OneNo),
        (Some(true), Some(true)) => Some(Event::BothYes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_stays_ended() {
        for stage in [DuoStage::Closed, DuoStage::Continues, DuoStage::Failed, DuoStage::Cancelled] {
            assert!(!stage.is_active());
            assert!(Event::ALL.iter().all(|event| stage.after(*event).is_none()));
        }
    }

    #[test]
    fn every_allowed_step() {
        let mut steps = Vec::new();
        for stage in DuoStage::ALL {
            for event in Event::ALL {
                if let Some(next) = stage.after(event) {
                    steps.push(format!("{} {event:?} {}", stage.code(), next.code()));
                }
            }
        }
        assert_eq!(
            steps,
            [
                "first_meeting BothYes running",
                "first_meeting OneNo failed",
                "first_meeting Cancel cancelled",
                "running Cancel closed",
                "running Pause paused",
                "running StartClosing closing",
                "running LeaderClosed closed",
                "running LeaderLetsGoOn continues",
                "paused Cancel closed",
                "paused Resume running",
                "paused StartClosing closing",
                "paused LeaderClosed closed",
                "paused LeaderLetsGoOn continues",
                "closing Cancel closed",
                "closing Resume running",
                "closing Close closed",
                "closing GoOnAlone continues",
                "closing LeaderClosed closed",
                "closing LeaderLetsGoOn continues",
            ]
        );
    }

    #[test]
    fn both_have_to_say_yes() {
        assert_eq!(outcome(None, None), None);
        assert_eq!(outcome(Some(true), None), None);
        assert_eq!(outcome(Some(true), Some(true)), Some(Event::BothYes));
        assert_eq!(outcome(None, Some(false)), Some(Event::OneNo));
        assert_eq!(outcome(Some(false), Some(true)), Some(Event::OneNo));
    }

    #[test]
    fn a_yes_that_is_told_is_understood_as_yes() {
        for stage in DuoStage::ALL {
            for own in [None, Some(true), Some(false)] {
                let heard = said(stage.told(own));
                match stage {
                    DuoStage::FirstMeeting => assert_eq!(heard, own),
                    DuoStage::Failed => assert_eq!(heard, Some(false)),
                    DuoStage::Closed | DuoStage::Cancelled => assert_eq!(heard, None),
                    _ => assert_eq!(heard, Some(true)),
                }
            }
        }
    }
}
