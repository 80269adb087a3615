//! Which crate may depend on which.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Breach;

/// Crate → the workspace crates that it depends on.
pub type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The arrows that the design allows. `tests` and `bench` may look at everything.
const ALLOWED: [(&str, &[&str]); 7] = [
    ("node", &["web", "store", "replication", "casework", "schemas"]),
    ("web", &["casework"]),
    ("store", &["casework", "replication", "schemas"]),
    ("casework", &["matching", "schemas"]),
    ("replication", &["schemas"]),
    ("matching", &["schemas"]),
    ("schemas", &[]),
];

/// Crates from outside that one workspace crate alone may depend on.
const ALONE: [(&str, &str); 3] = [("libp2p", "node"), ("libp2p-stream", "node"), ("rusqlite", "store")];

/// Crates that bring a clock, IO or randomness of their own.
const IMPURE: [&str; 6] = ["tokio", "getrandom", "libp2p", "rusqlite", "socket2", "mio"];

/// The crates that may not depend on any of those.
const CORE: [&str; 3] = ["schemas", "replication", "matching"];

/// One declared dependency: who, on whom, and of what kind.
struct Declared<'a> {
    from: &'a str,
    to: &'a str,
    kind: &'a str,
}

fn declared(metadata: &Value) -> Vec<Declared<'_>> {
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let mut all = Vec::new();
    for package in packages {
        let from = package["name"].as_str().unwrap_or_default();
        for dependency in package["dependencies"].as_array().map_or(&[][..], Vec::as_slice) {
            let to = dependency["name"].as_str().unwrap_or_default();
            let kind = dependency["kind"].as_str().unwrap_or("normal");
            all.push(Declared { from, to, kind });
        }
    }
    all
}

/// The names of the workspace's crates.
#[must_use]
pub fn crates(metadata: &Value) -> BTreeSet<String> {
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    packages.iter().filter_map(|package| package["name"].as_str()).map(str::to_owned).collect()
}

/// The arrows as `cargo metadata --no-deps` declares them, dev-dependencies aside.
#[must_use]
pub fn actual(metadata: &Value) -> Arrows {
    let members = crates(metadata);
    let mut arrows: Arrows = members.iter().map(|name| (name.clone(), BTreeSet::new())).collect();
    for dependency in declared(metadata) {
        if dependency.kind != "dev" && members.contains(dependency.to) {
            arrows.entry(dependency.from.to_owned()).or_default().insert(dependency.to.to_owned());
        }
    }
    arrows
}

/// No arrow beyond the design's, no crate that it doesn't know, and no crate from
/// outside where it doesn't belong.
#[must_use]
pub fn as_designed(metadata: &Value) -> Vec<Breach> {
    let mut found = Vec::new();
    let mut breach = |what: String| found.push(Breach::new("Cargo.toml", 0, what));
    for (from, targets) in actual(metadata).iter().filter(|(from, _)| !["tests", "bench"].contains(&from.as_str())) {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| name == from) else {
            breach(format!("{from} is a crate that the design doesn't know"));
            continue;
        };
        for to in targets.iter().filter(|to| !allowed.contains(&to.as_str())) {
            breach(format!("{from} -> {to} is no arrow of the design"));
        }
    }
    for dependency in declared(metadata) {
        let Declared { from, to, kind } = dependency;
        if from == "replication" && to == "casework" {
            breach(format!("replication must not be able to name a person ({kind} dependency)"));
        }
        if let Some((_, owner)) = ALONE.iter().find(|(name, owner)| *name == to && *owner != from) {
            breach(format!("{from} depends on {to}; only {owner} may"));
        }
        if kind == "normal" && CORE.contains(&from) && IMPURE.contains(&to) {
            breach(format!("{from} depends on {to}, which is not pure"));
        }
    }
    found
}
