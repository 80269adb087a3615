//! What the documents at the root promise: the map, and commands that exist.

use std::collections::{BTreeMap, BTreeSet};

use super::arrows::Arrows;
use super::{Breach, Source};

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

/// Every name in the third column of the tables of docs/THREATS.md, `shown by`, is a test of this
/// repository.
#[must_use]
pub fn named_tests_exist(threats: &str, sources: &[Source]) -> Vec<Breach> {
    let named = threats.lines().enumerate().filter_map(|(at, line)| Some((at + 1, line.split('|').nth(3)?)));
    let mut found = Vec::new();
    for (line, column) in named {
        for name in column.split('`').skip(1).step_by(2).filter(|name| !sources.iter().any(|s| has_test(s, name))) {
            found.push(Breach::new("docs/THREATS.md", line, format!("there is no test {name}")));
        }
    }
    found
}

/// Whether a source has a function of that name below a line that makes it a test, or in the
/// table of a macro that makes tests.
fn has_test(source: &Source, name: &str) -> bool {
    let wanted = format!("fn {name}(");
    let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.trim_start_matches("async ").starts_with(&wanted));
    let above =
        at.map(|at| lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//")));
    let in_a_table = || source.text.contains("#[test]\n        fn $name()") && at.is_some();
    in_a_table() || above.is_some_and(|mut above| above.any(|line| line.starts_with("#[") && line.contains("test")))
}
