//! A disk that is full while partners send, and while a list is taken over.

use std::fs;

use anyhow::{Context, Result, ensure};
use tests::disk::Disk;
use tests::processes::{folder, run};
use tests::town::{COORDINATOR, Town, in_step, pair, until};
use tests::visitor::Visitor;

use crate::text;

/// Megabytes of the disk, and bytes left on it when it is full: too few for a log to grow.
const MEGABYTES: usize = 24;
const LEFT: usize = 16 * 1024;

fn paused(town: &Town) -> Result<Option<String>> {
    Ok(town.status()?["paused"].as_str().map(str::to_owned))
}

#[test]
fn a_full_disk_during_the_exchange_is_told_loses_nothing_and_goes_on_by_itself() -> Result<()> {
    let home = folder()?;
    let disk = Disk::mount(&home.path().join("aartselaar"), MEGABYTES)?;
    let mut aartselaar = Town::found(home.path(), "Aartselaar", "11001")?;
    let mut borsbeek = Town::found(home.path(), "Borsbeek", "11007")?;
    aartselaar.start()?;
    borsbeek.start()?;
    pair(&aartselaar, &borsbeek)?;
    let mut visitor = Visitor::enrol(&aartselaar, COORDINATOR, "een zin om te onthouden")?;
    in_step(&aartselaar, &borsbeek, 4)?;
    let before = aartselaar.held()?;

    borsbeek.stop()?;
    borsbeek.remark("tijdens een volle schijf", 2_000)?;
    disk.fill(LEFT)?;
    borsbeek.start()?;
    let why = until(|| Ok(paused(&aartselaar)?.ok_or_else(|| "it never says that it waits".to_owned())))?;
    ensure!(why.contains("schijf is vol"), "{why}");
    // It still answers, shows what it had, and says on the page what is the matter.
    ensure!(aartselaar.held()?.is_superset(&before), "something is gone");
    ensure!(visitor.page("/partners")?.body.contains("schijf van deze computer"), "the page says nothing");

    disk.empty()?;
    in_step(&aartselaar, &borsbeek, before.len() + 2_000)?;
    until(|| Ok(paused(&aartselaar)?.map_or(Ok(()), Err)))?;
    ensure!(!visitor.page("/partners")?.body.contains("schijf van deze computer"), "the page still says it");
    // And the other way: what is written here goes out again.
    aartselaar.stop()?;
    aartselaar.remark("daarna", 10)?;
    aartselaar.start()?;
    in_step(&aartselaar, &borsbeek, before.len() + 2_010)?;
    aartselaar.stop()?;
    borsbeek.stop()
}

#[test]
fn a_full_disk_during_an_import_takes_nothing_and_afterwards_everything() -> Result<()> {
    let home = folder()?;
    let disk = Disk::mount(&home.path().join("mortsel"), MEGABYTES)?;
    let mut town = Town::found(home.path(), "Mortsel", "11029")?;
    let mut lines = "Voornaam;Familienaam;Geboortedatum;Moedertaal;Niveau Nederlands\n".to_owned();
    for person in 0..1_500 {
        let (day, month) = (1 + person % 28, 1 + person % 12);
        lines.push_str(&format!("Voor{person};Achter{person};{day:02}/{month:02}/1985;Arabisch;A2\n"));
    }
    let list = home.path().join("nieuwkomers.csv");
    fs::write(&list, lines)?;
    let newcomers = |town: &Town| -> Result<u64> { town.status()?["own"]["newcomers"].as_u64().context("no count") };
    for running in [false, true] {
        if running {
            town.start()?;
        }
        disk.fill(LEFT)?;
        let said = run(&["import", "--dir", text(town.folder())?, text(&list)?])?;
        ensure!(said.code() == Some(1) && said.stderr.lines().count() == 1, "{said:?}");
        ensure!(said.stderr.contains("schijf is vol"), "{}", said.stderr);
        disk.empty()?;
        ensure!(newcomers(&town)? == 0, "half a list was taken");
    }
    town.command(&["import"], &[text(&list)?])?;
    ensure!(newcomers(&town)? == 1_500);
    town.stop()
}
