//! The border: which card of a person leaves, how coarse the guard makes it, and to which partners.
//! Nothing personal leaves but through here, and a sealed sheet in [`crate::handovers`].

pub(crate) mod cast;
pub mod guard;
pub(crate) mod own_cards;
pub mod partner_life;
pub mod partners;
pub mod population;
pub mod pseudonym;
pub mod publication;
pub mod receipts;
