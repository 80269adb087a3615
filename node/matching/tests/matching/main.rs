//! What the matching promises, from one pair of cards to a whole circle.

mod cards;
mod drafts;
mod evening;
mod fair;
mod index;
mod live;
mod pairs;
mod past;
mod properties;
mod remark;
mod solver;
