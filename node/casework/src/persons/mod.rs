//! Newcomers and mentors: who they are, the intake, consent, and being forgotten. What is in this
//! folder stays in the municipality.

pub mod consent;
pub mod dutch_date;
pub mod erasure;
pub mod form;
pub mod people;
pub mod people_cases;
pub mod people_view;
