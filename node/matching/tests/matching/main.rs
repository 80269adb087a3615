//! What the matching promises, from one pair of cards to a whole circle.

mod cards;
mod flow;
mod pairs;
mod properties;
