//! One municipality's node: keys, configuration, clock, network and runtime, and the commands to
//! tend it.
//!
//! The program `overbuur` is [`program`]; the benches work with a node without its pages. Only
//! what those two need is public.

#![expect(unreachable_pub, reason = "little is exported; elsewhere `pub` means used outside the module")]

mod acquaintance;
mod asking;
mod book;
mod chores;
mod cli;
mod clock;
mod commands;
mod control;
mod demo;
pub mod home;
mod invitation;
mod keys;
mod link;
mod network;
#[cfg(test)]
mod network_tests;
mod pairing;
mod port;
mod program;
mod pump;
mod redial;
pub mod runtime;
pub mod service;
mod wire;

pub use commands::init;
pub use program::program;
