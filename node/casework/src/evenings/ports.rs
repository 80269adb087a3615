//! What is kept of an evening of speed-dating, and the port that keeps it.

use matching::evening::Choice;
use schemas::time::Date;

use crate::error::Result;
use crate::people::{PersonId, Side};

/// Number of an evening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EveningId(pub i64);

/// An evening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evening {
    /// Number.
    pub id: EveningId,
    /// Its plan.
    pub plan: EveningPlan,
    /// Rounds that began.
    pub round: u32,
}

/// What is settled before the evening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EveningPlan {
    /// Name.
    pub name: String,
    /// Day.
    pub on: Date,
    /// Tables.
    pub tables: u32,
    /// Minutes of a round.
    pub minutes: u32,
    /// Dates of one guest, at most.
    pub most_dates: u32,
}

/// Somebody who comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Number on the badge.
    pub number: u32,
    /// Newcomer or mentor.
    pub side: Side,
    /// Who it is.
    pub person: PersonId,
    /// Stayed away, or left.
    pub absent: bool,
}

/// Two guests who are to meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meet {
    /// Number of the newcomer.
    pub newcomer: u32,
    /// Number of the mentor.
    pub mentor: u32,
    /// How well they fit, in millionths.
    pub score: u32,
    /// The round, from 0; none while there is no place for it.
    pub round: Option<u32>,
    /// The table, from 0.
    pub seat: u32,
    /// What the newcomer's slip says.
    pub newcomer_says: Option<Choice>,
    /// What the mentor's slip says.
    pub mentor_says: Option<Choice>,
}

/// Evenings, their guests and who meets whom.
pub trait Evenings {
    /// Adds an evening.
    fn insert_evening(&mut self, plan: &EveningPlan) -> Result<EveningId>;
    /// An evening.
    fn evening(&mut self, id: EveningId) -> Result<Option<Evening>>;
    /// Every evening, the newest first.
    fn evenings(&mut self) -> Result<Vec<Evening>>;
    /// Deletes an evening with all that is kept of it.
    fn delete_evening(&mut self, id: EveningId) -> Result<()>;
    /// Notes how many rounds began.
    fn set_round(&mut self, id: EveningId, round: u32) -> Result<()>;
    /// Adds a guest whose slip is opened with what has this SHA-256.
    fn add_guest(&mut self, id: EveningId, guest: &Guest, slip_hash: &[u8; 32]) -> Result<()>;
    /// Notes whether a guest is there.
    fn set_absent(&mut self, id: EveningId, number: u32, absent: bool) -> Result<()>;
    /// Replaces what opens the slip of a guest.
    fn set_slip(&mut self, id: EveningId, number: u32, slip_hash: &[u8; 32]) -> Result<()>;
    /// The SHA-256 of what opens the slip of a guest, and how often that was replaced.
    fn slip_opener(&mut self, id: EveningId, number: u32) -> Result<Option<([u8; 32], u32)>>;
    /// The guests, by number.
    fn guests(&mut self, id: EveningId) -> Result<Vec<Guest>>;
    /// Whose slip opens with what has this SHA-256.
    fn guest_of_slip(&mut self, slip_hash: &[u8; 32]) -> Result<Option<(EveningId, u32)>>;
    /// Replaces who meets whom.
    fn put_meets(&mut self, id: EveningId, meets: &[Meet]) -> Result<()>;
    /// Who meets whom, by newcomer and mentor.
    fn meets(&mut self, id: EveningId) -> Result<Vec<Meet>>;
}
