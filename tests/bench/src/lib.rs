//! What the benches share: figures and how they are printed, the clock, and made-up records.
//!
//! A bench prints figures and asserts nothing: speed differs from machine to machine.

pub mod cards;
pub mod clock;
pub mod figures;
pub mod lern_fair;
pub mod records;
