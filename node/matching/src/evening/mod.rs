//! Speed-dating: who sits with whom in which round, and what comes of it.
//!
//! Pure like the rest of this crate: an evening is a set of dates; a plan is made of them, mended
//! when somebody comes late or stays away, and the choices of both sides become matches. Who is
//! to meet whom, and what becomes of a match, people decide.

mod choices;
mod rota;

pub use choices::{Choice, Match, Slip, fullest, stable};
pub use rota::{Date, Rota, TooMany, plan, replan};
