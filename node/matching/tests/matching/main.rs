//! What the matching promises, from one pair of cards to a whole circle.

mod cards;
mod evening;
mod index;
mod pairs;
mod properties;
mod solver;
