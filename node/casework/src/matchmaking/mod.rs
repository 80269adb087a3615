//! From looking for a mentor to the handover: search, proposal, answer, confirmation. Each
//! municipality writes its own half of a match, and never the other's.

pub mod answer;
mod answering;
pub(crate) mod card_index;
pub(crate) mod circle;
mod circle_drafts;
pub(crate) mod halves;
pub mod handover;
pub mod handovers;
pub(crate) mod kept_lists;
pub(crate) mod local_checks;
pub(crate) mod match_pages;
pub(crate) mod matches;
pub mod matches_codes;
pub mod opening_days;
pub mod own_rules;
pub mod proposal;
pub(crate) mod renewal;
pub mod restored;
mod search;
pub mod search_view;
pub(crate) mod settle;
mod shared_cards;
pub mod what_if;
pub(crate) mod whole_list;
