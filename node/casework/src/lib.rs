//! Casework: the local records of newcomers, mentors and duos, the use cases on them, and the
//! border crossing: pseudonymisation, the small-cell guard, and the sharing ledger.
//!
//! Personal records stay in this crate and in the store that implements its [`ports`]. Person
//! types implement neither `Serialize` nor `Shared`; only a card made by [`publication`] leaves.
//! No clock is read and no randomness drawn but through the ports.

pub mod accounts;
pub mod answer;
mod answering;
mod cast;
pub mod consent;
mod desk;
pub mod duo;
mod duo_pages;
pub mod duo_state;
pub mod duo_view;
pub mod dutch_date;
pub mod erasure;
pub mod error;
pub mod form;
pub mod guard;
mod halves;
mod hand;
pub mod handover;
pub mod handovers;
pub mod import;
pub mod library;
mod local_checks;
mod match_pages;
mod matches;
pub mod matches_codes;
pub mod office;
pub mod opening_days;
mod own_cards;
pub mod partners;
pub mod people;
pub mod people_cases;
pub mod people_view;
pub mod population;
pub mod ports;
pub mod ports_matches;
pub mod proposal;
pub mod pseudonym;
pub mod publication;
mod search;
pub mod search_view;
mod settle;
pub mod tick;
mod today;
mod whole_list;

pub use error::{Error, FieldError, Result};
pub use form::{parse_person_form, person_to_form};
pub use matching;
pub use office::{Actor, Office};
pub use schemas;
