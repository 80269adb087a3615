//! A node that is killed where it stands, while it imports and while it publishes, holds all or
//! nothing of what it was doing, and goes on.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use tests::processes::{Process, folder, overbuur};
use tests::town::{COORDINATOR, Town, until};
use tests::visitor::Visitor;

use crate::text;

const ROUNDS: u64 = 6;
const PERSONS: u64 = 300;

fn newcomers(town: &Town) -> Result<u64> {
    let rows = town.json(&["status"], &["--json"])?;
    rows.first().and_then(|row| row["own"]["newcomers"].as_u64()).context("no status")
}

fn list(home: &Path, round: u64) -> Result<String> {
    let mut lines = "Voornaam;Familienaam;Geboortedatum;Moedertaal;Niveau Nederlands\n".to_owned();
    for person in 0..PERSONS {
        let (day, month) = (1 + person % 28, 1 + person % 12);
        lines.push_str(&format!("Voor{round}x{person};Achter{person};{day:02}/{month:02}/1985;Arabisch;A2\n"));
    }
    let path = home.join(format!("nieuwkomers {round}.csv"));
    fs::write(&path, lines)?;
    Ok(text(&path)?.to_owned())
}

/// Bytes that the store has written ahead.
fn written(town: &Town) -> u64 {
    fs::metadata(town.folder().join("store.db-wal")).map(|file| file.len()).unwrap_or_default()
}

#[test]
fn killed_while_importing_it_has_all_or_nothing_and_goes_on() -> Result<()> {
    let home = folder()?;
    let mut town = Town::found(home.path(), "Mortsel", "11029")?;
    let mut sure = 0;
    for round in 0..ROUNDS {
        town.start()?;
        let file = list(home.path(), round)?;
        let before = written(&town);
        let import = Process::start("import", &mut overbuur(&["import", "--dir", text(town.folder())?, &file])?)?;
        // Each round is killed a little later: when so much more is on disk, or it is done.
        until(|| {
            let enough = written(&town) > before + round * 24 * 1024 || !import.output().is_empty();
            Ok(if enough { Ok(()) } else { Err("nothing is written".to_owned()) })
        })?;
        town.kill()?;
        let said = import.wait_said()?;
        let now = newcomers(&town)?;
        ensure!(now == sure || now == sure + PERSONS, "{now} persons after {sure} and a list of {PERSONS}");
        ensure!(said.code() != Some(0) || now == sure + PERSONS, "what was told to be taken is gone: {said:?}");
        // Again, on the stopped node: everybody is there, and nobody twice.
        town.command(&["import"], &[&file])?;
        ensure!(newcomers(&town)? == sure + PERSONS, "imported again: {}", newcomers(&town)?);
        sure += PERSONS;
    }
    Ok(())
}

#[test]
fn killed_while_publishing_it_keeps_what_it_promised() -> Result<()> {
    let home = folder()?;
    let (mut aartselaar, borsbeek) = tests::town::two_partners(home.path())?;
    let mut visitor = Visitor::enrol(&aartselaar, COORDINATOR, "een zin om te onthouden")?;
    let mut promised = 0;
    for round in 0..ROUNDS {
        let mut files = Vec::new();
        for person in 0..3 {
            let name = format!("Mentor{round}x{person}");
            let fields =
                [("given_name", name.as_str()), ("domains", "work"), ("mother_tongue", "nl"), ("slots", "sat-morning")];
            files.push(visitor.submit("/mentors/nieuw", "/mentors/nieuw", &fields)?);
        }
        let ids: Vec<(&str, &str)> =
            files.iter().map(|file| ("id", file.rsplit('/').next().unwrap_or_default())).collect();
        let page = visitor.page(&files[0])?;
        let today = page.between("name=\"on\" type=\"text\" value=\"", "\"")?;
        let rest = [("on", today.as_str()), ("text_version", "1")];
        for what in ["toestemming", "screening"] {
            visitor.submit("/mentors", "/mentors/samen", &[ids.as_slice(), &rest, &[("wat", what)]].concat())?;
        }
        for file in &files {
            visitor.submit(file, &format!("{file}/publiceer"), &[])?;
            promised += 1;
        }
        aartselaar.kill()?;
        aartselaar.start()?;
        let offers =
            |all: &[serde_json::Value]| all.iter().filter(|document| document["kind"] == "mentor_offer").count();
        // What the page said was shared is a document here and at the partner.
        aartselaar.wait_for_documents(|all| offers(all) == promised)?;
        borsbeek.wait_for_documents(|all| offers(all) == promised)?;
    }
    Ok(())
}
