//! What the documents at the root promise: the map, and commands that exist.

use std::collections::{BTreeMap, BTreeSet};

use super::Breach;
use super::arrows::Arrows;

/// The insides of the fenced blocks of one language, with the line of each.
#[must_use]
pub fn fenced<'a>(text: &'a str, language: &str) -> Vec<(usize, &'a str)> {
    let mut inside = None;
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        match (line.trim().strip_prefix("```"), inside) {
            (Some(name), None) => inside = Some(name.trim()),
            (Some(_), Some(_)) => inside = None,
            (None, Some(name)) if name == language => found.push((number + 1, line)),
            (None, _) => {}
        }
    }
    found
}

/// The block `arrows` of ARCHITECTURE.md names every crate of the workspace, and
/// exactly the arrows that the manifests declare.
#[must_use]
pub fn map_is_true(architecture: &str, actual: &Arrows) -> Vec<Breach> {
    let mut found = Vec::new();
    let mut drawn: BTreeMap<&str, usize> = BTreeMap::new();
    let mut breach = |line: usize, what: String| found.push(Breach::new("ARCHITECTURE.md", line, what));
    for (number, line) in fenced(architecture, "arrows") {
        let Some((from, targets)) = line.split_once("->") else {
            breach(number, format!("no arrow in `{line}`"));
            continue;
        };
        let from = from.trim();
        let drawn_targets: BTreeSet<&str> = targets.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        drawn.insert(from, number);
        let Some(real) = actual.get(from) else {
            breach(number, format!("{from} is no crate of the workspace"));
            continue;
        };
        let real: BTreeSet<&str> = real.iter().map(String::as_str).collect();
        for name in drawn_targets.difference(&real) {
            breach(number, format!("{from} -> {name} is drawn but not declared"));
        }
        for name in real.difference(&drawn_targets) {
            breach(number, format!("{from} -> {name} is declared but not drawn"));
        }
    }
    for name in actual.keys().filter(|name| !drawn.contains_key(name.as_str())) {
        breach(0, format!("{name} is missing from the map"));
    }
    found
}

/// One command that the README tells people to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promise {
    /// A script of the repository.
    Script(String),
    /// A command of the program, with its subcommand if it has one: several are
    /// written as `list|show`.
    Command(Vec<Vec<String>>),
}

/// The commands in the README's `sh` blocks, with their lines.
#[must_use]
pub fn promised(readme: &str) -> Vec<(usize, Promise)> {
    let mut found = Vec::new();
    for (number, line) in fenced(readme, "sh") {
        let line = line.trim();
        let arguments = line.strip_prefix("overbuur ").or_else(|| line.strip_prefix("cargo run --release -- "));
        if let Some(arguments) = arguments {
            let words: Vec<Vec<String>> = arguments
                .split_whitespace()
                .take_while(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
                .map(|word| word.split('|').map(str::to_owned).collect())
                .collect();
            found.push((number, Promise::Command(words)));
        } else if let Some(path) = line.split_whitespace().next().filter(|word| word.contains('/')) {
            found.push((number, Promise::Script(path.trim_start_matches("./").to_owned())));
        }
    }
    found
}

/// The commands that a `--help` page lists.
#[must_use]
pub fn listed_in_help(help: &str) -> BTreeSet<String> {
    help.lines()
        .skip_while(|line| line.trim() != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// Every promise is kept: `is_script` tells whether a path can be run, `help`
/// gives the help page of the program or of one of its commands.
#[must_use]
pub fn promises_kept(readme: &str, is_script: &dyn Fn(&str) -> bool, help: &dyn Fn(&[&str]) -> String) -> Vec<Breach> {
    let mut found = Vec::new();
    let top = listed_in_help(&help(&[]));
    for (line, promise) in promised(readme) {
        let mut breach = |what: String| found.push(Breach::new("README.md", line, what));
        match promise {
            Promise::Script(path) if is_script(&path) => {}
            Promise::Script(path) => breach(format!("{path} can't be run")),
            Promise::Command(words) => {
                for command in words.first().map_or(&[][..], Vec::as_slice) {
                    if !top.contains(command) {
                        breach(format!("`overbuur {command}` is no command"));
                        continue;
                    }
                    let below = words.get(1).map_or(&[][..], Vec::as_slice);
                    let known = if below.is_empty() { BTreeSet::new() } else { listed_in_help(&help(&[command])) };
                    for word in below.iter().filter(|word| !known.contains(*word)) {
                        breach(format!("`overbuur {command} {word}` is no command"));
                    }
                }
            }
        }
    }
    found
}
