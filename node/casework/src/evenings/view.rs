//! Evenings as pages show them.

use matching::evening::Choice;

use super::ports::{Evening, Meet};
use crate::people::{PersonId, Side};

/// Somebody who can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestChoice {
    /// Who.
    pub person: PersonId,
    /// Name.
    pub name: String,
}

/// An evening in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EveningRow {
    /// The evening.
    pub evening: Evening,
    /// Guests who are there or expected.
    pub guests: usize,
    /// Rounds in all.
    pub rounds: u32,
}

/// A guest with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedGuest {
    /// Number on the badge.
    pub number: u32,
    /// Newcomer or mentor.
    pub side: Side,
    /// Who.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Stayed away, or left.
    pub absent: bool,
    /// Meetings, held and to come.
    pub meets: usize,
    /// Slips of held meetings that are still empty.
    pub open_slips: usize,
    /// Whether the screening of a mentor was seen; of a newcomer there is none.
    pub screened: bool,
}

/// A round: who sits at which table, and who has a pause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Round {
    /// Meetings by table.
    pub meets: Vec<Meet>,
    /// Numbers of guests who are there and have nobody to meet.
    pub pause: Vec<u32>,
}

/// Two whose slips say yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Number of the newcomer.
    pub newcomer: u32,
    /// Number of the mentor.
    pub mentor: u32,
    /// What both say.
    pub says: (Choice, Choice),
}

/// An evening with everything on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EveningPage {
    /// The evening.
    pub evening: Evening,
    /// Guests by number.
    pub guests: Vec<NamedGuest>,
    /// Rounds in order; the first [`Evening::round`] of them began.
    pub rounds: Vec<Round>,
    /// Matches in which nobody would both rather have another.
    pub stable: Vec<Outcome>,
    /// The most matches.
    pub fullest: Vec<Outcome>,
    /// Who can still be asked.
    pub late: Vec<GuestChoice>,
}

/// What a slip shows: numbers only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlipPage {
    /// Number of the guest whose slip it is.
    pub number: u32,
    /// Name of the evening.
    pub evening: String,
    /// Meetings of rounds that began: round and table from 1, number of the other, what the slip
    /// says so far.
    pub lines: Vec<SlipLine>,
    /// How often there was a new secret that opens it.
    pub made: u32,
}

/// One meeting on a slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlipLine {
    /// Round, from 1.
    pub round: u32,
    /// Table, from 1.
    pub table: u32,
    /// Number of the other.
    pub other: u32,
    /// What the slip says so far.
    pub says: Option<Choice>,
}
