//! One municipality's node: keys, configuration, clock, network and runtime, and the commands to
//! tend it.
//!
//! The program `overbuur` is [`program`]; the benches work with a node without its pages. Only
//! what those two need is public.

#![expect(unreachable_pub, reason = "little is exported; elsewhere `pub` means used outside the module")]

mod acquaintance;
mod archive;
mod asking;
mod book;
mod chores;
mod cli;
mod clock;
mod commands;
mod control;
mod demo;
#[cfg(test)]
mod errand_tests;
mod errands;
mod guests;
mod handed;
pub mod home;
#[cfg(test)]
mod hostile_tests;
mod hourly;
mod invitation;
mod keys;
mod lines;
mod link;
mod lists;
mod network;
#[cfg(test)]
mod network_tests;
mod own;
#[cfg(test)]
mod ownership_tests;
mod pairing;
mod papers;
mod patience;
mod port;
mod program;
mod pump;
mod redial;
mod restraints;
pub mod runtime;
pub mod service;
mod usage;
mod wire;

pub use commands::init;
pub use program::program;
