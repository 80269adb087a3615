//! What the whole-system tests share: the rules of the house, processes of
//! `overbuur`, and a real browser with axe.

pub mod axe;
pub mod browser;
pub mod disk;
pub mod house;
pub mod line;
pub mod processes;
pub mod simulator;
pub mod town;
pub mod visitor;
