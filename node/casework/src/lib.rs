//! Casework: the local records of newcomers, mentors and duos, the use cases on them, and the
//! border crossing: pseudonymisation, the small-cell guard, and the sharing ledger.
//!
//! Personal records stay in this crate and in the store that implements its [`ports`]. Person
//! types implement neither `Serialize` nor `Shared`; only a card made by [`publication`] leaves.
//! No clock is read and no randomness drawn but through the ports.
//!
//! Files lie in folders by subject; their modules are named from the root of the crate, so that a
//! file can move to another folder without anybody noticing.

pub mod accounts;
mod desk;
mod duos;
pub mod error;
pub mod evenings;
mod hand;
pub mod import;
pub mod library;
mod matchmaking;
pub mod office;
mod persons;
pub mod ports;
pub mod ports_matches;
mod ports_outbox;
mod sharing;
pub mod tick;
mod today;

pub(crate) use duos::duo_pages;
pub use duos::{duo, duo_state, duo_view};
pub use error::{Error, FieldError, Result};
pub use matching;
pub use matchmaking::{
    answer, handover, handovers, matches_codes, opening_days, own_rules, proposal, restored, search_view, what_if,
};
pub(crate) use matchmaking::{
    circle, halves, kept_lists, local_checks, match_pages, matches, renewal, settle, whole_list,
};
pub use office::{Actor, Office};
pub use persons::form::{parse_person_form, person_to_form};
pub use persons::{consent, dutch_date, erasure, form, people, people_cases, people_view};
pub use schemas;
pub(crate) use sharing::{cast, own_cards};
pub use sharing::{guard, partner_life, partners, population, pseudonym, publication, receipts};
