//! Casework: the local records of newcomers, mentors and duos, the use cases on them, and the
//! border crossing: pseudonymisation, the small-cell guard, and the sharing ledger.
//!
//! Personal records stay in this crate and in the store that implements its [`ports`]. Person
//! types implement neither `Serialize` nor `Shared`; only a card made by [`publication`] leaves.
//! No clock is read and no randomness drawn but through the ports.

pub mod answer;
pub mod duo_state;
pub mod duo_view;
pub mod accounts;
pub mod consent;
pub mod dutch_date;
pub mod erasure;
pub mod form;
pub mod guard;
pub mod partners;
pub mod people_cases;
pub mod people_view;
pub mod population;
pub mod pseudonym;
pub mod publication;
pub mod tick;
pub mod error;
mod hand;
pub mod import;
pub mod office;
pub mod handover;
pub mod opening_days;
pub mod matches_codes;
pub mod people;
pub mod ports;
pub mod ports_matches;
pub mod proposal;
pub mod search_view;

pub use error::{Error, FieldError, Result};
pub use form::{parse_person_form, person_to_form};
pub use office::{Actor, Office};
pub use matching;
pub use schemas;
