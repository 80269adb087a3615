//! Who fits whom: eligibility, score, ranking, explanation, and the whole waiting list.
//!
//! Pure: values in, values out. No IO, no clock, no randomness, no float, no name of a person;
//! whatever the order of its input, every node computes the same. It proposes and explains; it
//! never decides.

pub mod assign;
pub mod balance;
pub mod card;
pub mod circle;
pub mod counterfactual;
pub mod eligible;
pub mod evening;
pub mod index;
pub mod past;
pub mod rank;
pub mod remark;
pub mod score;
pub mod solver;

pub use assign::{Assignment, Fingerprint, NoAssignment, Pairing, assign, verify};
pub use balance::{Agreement, Balanced, Kept, balance};
pub use card::{Offer, Request, Rules, Side};
pub use circle::{CircleDrafts, CircleValue, GroupValue, OwnerValue, value_by_size, value_of_circle};
pub use counterfactual::{Change, Counterfactual, NearMiss, near_misses, why_not_first};
pub use eligible::{LocalCheck, Misfit, Pair, eligible};
pub use index::{Drafts, Mentors, Requests};
pub use past::{Past, Replayed, Totals};
pub use rank::{Candidate, requests_for, top};
pub use remark::Remark;
pub use score::{Miss, Reason, Score, Strength, Subject, score};
