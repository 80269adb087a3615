//! The invariants of absence, over this repository.
//!
//! Each rule is a function in `tests::house`; `planted.rs` shows that each of
//! them finds what it is for.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use tests::house::{Breach, Source, arrows, listed, papers, people, sources, walk};
use tests::processes;

fn clean(breaches: &[Breach]) -> Result<()> {
    ensure!(breaches.is_empty(), "the house's rules are broken:\n{}", listed(breaches));
    Ok(())
}

fn repository() -> Result<Vec<Source>> {
    walk::sources(&walk::root())
}

#[test]
fn arrows_are_those_of_the_design() -> Result<()> {
    let metadata = walk::metadata(&walk::root())?;
    ensure!(arrows::crates(&metadata).len() >= 8, "cargo metadata shows too few crates");
    clean(&arrows::as_designed(&metadata))
}

#[test]
fn architecture_draws_every_crate_and_arrow() -> Result<()> {
    let root = walk::root();
    let text = fs::read_to_string(root.join("ARCHITECTURE.md"))?;
    clean(&papers::map_is_true(&text, &arrows::actual(&walk::metadata(&root)?)))
}

#[test]
fn network_and_storage_are_named_in_one_place() -> Result<()> {
    let sources = repository()?;
    let network = sources.iter().find(|source| source.path == "node/src/network.rs");
    let named = network.is_some_and(|source| source.text.contains("libp2p"));
    ensure!(named, "node/src/network.rs should be where libp2p is named");
    clean(&sources::named_in_one_place(&sources))
}

#[test]
fn core_does_no_io_and_reads_no_clock() -> Result<()> {
    clean(&sources::core_is_pure(&repository()?))
}

#[test]
fn no_source_file_is_long() -> Result<()> {
    clean(&sources::no_long_file(&repository()?))
}

#[test]
fn nothing_is_left_unfinished_or_switched_off() -> Result<()> {
    clean(&sources::nothing_unfinished(&repository()?))
}

#[test]
fn no_channel_is_unbounded() -> Result<()> {
    clean(&sources::no_unbounded_channel(&repository()?))
}

#[test]
fn local_persons_cannot_be_written_out() -> Result<()> {
    let sources = repository()?;
    let types = people::types(&sources);
    ensure!(!types.is_empty(), "no file of casework holds the types of local persons");
    clean(&people::stay_local(&sources))
}

#[test]
fn readme_promises_commands_that_exist() -> Result<()> {
    let root = walk::root();
    let readme = fs::read_to_string(root.join("README.md"))?;
    let binary = processes::binary()?;
    // Read once: a program that can't be started is not a missing command.
    let works = Command::new(&binary).arg("--help").output().context("overbuur --help")?;
    ensure!(works.status.success(), "{} --help fails", binary.display());
    let is_script = |path: &str| {
        fs::metadata(root.join(path)).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    let help = |words: &[&str]| {
        let output = Command::new(&binary).args(words).arg("--help").output();
        output.map(|page| String::from_utf8_lossy(&page.stdout).into_owned()).unwrap_or_default()
    };
    ensure!(papers::promised(&readme).len() >= 10, "README lists too few commands");
    clean(&papers::promises_kept(&readme, &is_script, &help))
}

#[test]
fn every_threat_names_tests_that_exist() -> Result<()> {
    let threats = fs::read_to_string(walk::root().join("docs/THREATS.md"))?;
    let rows = threats.lines().filter(|line| line.starts_with("| ") && line.contains('`')).count();
    ensure!(rows >= 20, "the page of threats names tests in {rows} rows");
    clean(&papers::named_tests_exist(&threats, &repository()?))
}

#[test]
fn the_rules_see_the_whole_repository() -> Result<()> {
    let sources = repository()?;
    let this = format!("tests/tests/{}.rs", env!("CARGO_CRATE_NAME"));
    for path in [this.as_str(), "schemas/src/lib.rs", "node/src/program.rs", "web/src/lib.rs"] {
        ensure!(sources.iter().any(|source| source.path == path), "{path} was not read");
    }
    Ok(())
}
