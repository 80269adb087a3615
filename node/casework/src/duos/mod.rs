//! A duo from the first meeting to the end: what both persons say, meetings, plan and notes. A
//! partner learns how a duo fares, never why.

pub mod duo;
pub(crate) mod duo_pages;
pub mod duo_state;
pub mod duo_view;
