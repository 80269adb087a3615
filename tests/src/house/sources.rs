//! Rules about what Rust source may and may not say.

use super::code::{code_only, imports, line_of, without_tests, words};
use super::{Breach, Source};

/// The crates that do no IO, read no clock and draw no randomness.
const CORE: [&str; 3] = ["schemas/src/", "node/replication/src/", "node/matching/src/"];

/// Longest source file, in lines.
const LONGEST: usize = 600;

/// Nothing unfinished and nothing switched off is kept; no test sleeps.
#[must_use]
pub fn nothing_unfinished(sources: &[Source]) -> Vec<Breach> {
    let forbidden = [
        ("todo!", "something is left to do"),
        ("unimplemented!", "something is not implemented"),
        ("#[ignore", "a test is switched off"),
        ("thread::sleep", "waits a fixed time instead of for a condition"),
    ];
    let mut found = Vec::new();
    for source in sources {
        let code = code_only(&source.text);
        for (needle, why) in forbidden {
            for at in words(&code, needle) {
                found.push(Breach::new(&source.path, line_of(&code, at), format!("`{needle}`: {why}")));
            }
        }
    }
    found
}

/// No source file is longer than 600 lines.
#[must_use]
pub fn no_long_file(sources: &[Source]) -> Vec<Breach> {
    sources
        .iter()
        .map(|source| (source, source.text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(source, lines)| Breach::new(&source.path, lines, format!("{lines} lines; at most {LONGEST}")))
        .collect()
}

/// No channel without a bound, whichever crate it is from.
#[must_use]
pub fn no_unbounded_channel(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        let code = code_only(&source.text);
        for needle in ["unbounded_channel", "unbounded", "UnboundedSender"] {
            for at in words(&code, needle) {
                found.push(Breach::new(&source.path, line_of(&code, at), "a channel without a bound"));
            }
        }
        // Only the standard library's unbounded channel is made without an
        // argument; a one-shot holds one message at most.
        for at in words(&code, "channel") {
            let oneshot = code[..at].ends_with("oneshot::");
            let tail = &code[at + "channel".len()..];
            let tail = tail.strip_prefix("::<").and_then(|t| t.split_once(">()")).map_or(tail, |_| "()");
            if !oneshot && tail.starts_with("()") {
                found.push(Breach::new(&source.path, line_of(&code, at), "a channel without a bound"));
            }
        }
    }
    found
}

/// A crate that only one place may name: (name, where it may be named).
const ALONE: [(&str, &str); 2] = [("libp2p", "node/src/network.rs"), ("rusqlite", "node/store/")];

/// Only `network.rs` names libp2p, and only the crate `store` names rusqlite.
#[must_use]
pub fn named_in_one_place(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        let code = code_only(&source.text);
        for (name, place) in ALONE {
            if source.path.starts_with(place) {
                continue;
            }
            for (at, _) in code.match_indices(name) {
                let what = format!("names {name}; only {place} may");
                found.push(Breach::new(&source.path, line_of(&code, at), what));
            }
        }
    }
    found
}

/// Paths that do IO, read a clock or draw randomness.
const IMPURE: [&str; 18] = [
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "Instant::now",
    "SystemTime::now",
    "getrandom",
    "rand::random",
    "rand::rng",
    "thread_rng",
    "tokio",
    "OsRng",
];

/// The core crates do no IO, read no clock and draw no randomness outside their
/// own tests: time and rng are arguments.
#[must_use]
pub fn core_is_pure(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| is_core(&source.path)) {
        let code = without_tests(&code_only(&source.text));
        let mut breach = |at: usize, what: &str| {
            let line = line_of(&code, at);
            let entry = Breach::new(&source.path, line, format!("`{what}` in a crate without IO, clock and rng"));
            if !found.contains(&entry) {
                found.push(entry);
            }
        };
        for needle in IMPURE {
            words(&code, needle).into_iter().for_each(|at| breach(at, needle));
            // `use std::{fs, io}` names a path that stands nowhere in one piece.
            for (at, path) in imports(&code) {
                if path == needle || path.starts_with(&format!("{needle}::")) {
                    breach(at, needle);
                }
            }
        }
        for macro_name in ["print!", "println!", "eprint!", "eprintln!", "dbg!"] {
            words(&code, macro_name).into_iter().for_each(|at| breach(at, macro_name));
        }
        // Every clock is read by a function `now` of its type.
        code.match_indices("::now(").for_each(|(at, _)| breach(at, "::now("));
    }
    found
}

fn is_core(path: &str) -> bool {
    let of_tests = path.ends_with("/tests.rs") || path.contains("/src/tests/");
    CORE.iter().any(|core| path.starts_with(core)) && !of_tests
}
