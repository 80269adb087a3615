//! `kill -9` in the middle of what changes keys and whole stores: after every change that a
//! command made on the disk, it is killed once. The node is then as before or as after, and the
//! same command works.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::processes::{Process, folder, overbuur, run, run_ok};
use tests::town::{Town, in_step, two_partners, until};

use crate::text;

/// More changes than a command makes.
const MANY: usize = 1_000;

/// What lies in a folder and the folders in it: names and bytes of each.
fn lies(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let within = |path: PathBuf| {
        let about = path.metadata().ok()?;
        let inner = if about.is_dir() { lies(&path) } else { BTreeMap::new() };
        Some(inner.into_iter().chain([(path, about.len())]))
    };
    files.filter_map(|file| within(file.path())).flatten().collect()
}

/// Runs a command until `folder` has changed so many times, and kills it; whether it came to its
/// end before.
fn killed_after(changes: usize, folder: &Path, arguments: &[&str]) -> Result<bool> {
    let mut before = lies(folder);
    let process = Process::start(arguments[0], &mut overbuur(arguments)?)?;
    let mut seen = 0;
    let ended = until(|| {
        let now = lies(folder);
        seen += usize::from(now != before);
        before = now;
        Ok(match (process.ended(), seen >= changes) {
            (true, _) => Ok(true),
            (false, true) => Ok(false),
            _ => Err(format!("{seen} changes")),
        })
    })?;
    if ended {
        let said = process.wait_said()?;
        ensure!(said.code() == Some(0), "{arguments:?} after kills: {said:?}");
    } else {
        process.kill()?;
    }
    Ok(ended)
}

/// Kills a command after its first change, its second, and so on, until it ends by itself or was
/// killed `most` times; then it runs to its end. `holds` judges what is left each time.
fn at_every_change(
    folder: &Path,
    arguments: &[&str],
    most: usize,
    mut holds: impl FnMut() -> Result<()>,
) -> Result<()> {
    let mut changes = 1;
    while !killed_after(if changes > most { usize::MAX } else { changes }, folder, arguments)? {
        holds().with_context(|| format!("{} killed after change {changes}", arguments[0]))?;
        changes += 1;
    }
    println!("{}: killed {} times", arguments[0], changes - 1);
    holds()
}

fn serial(town: &Town) -> Result<u64> {
    town.status()?["certificate_serial"].as_u64().context("no certificate")
}

fn first(text: &str) -> Result<Value> {
    Ok(serde_json::from_str(text.lines().next().context("no line")?)?)
}

#[test]
fn keys_and_certificates_survive_a_kill_at_any_change() -> Result<()> {
    let home = folder()?;
    let (mut here, there) = two_partners(home.path())?;
    here.stop()?;
    here.remark("vooraf", 3)?;
    here.start()?;
    in_step(&here, &there, 3)?;
    let held = here.held()?;
    let dir = here.folder().to_owned();
    for command in ["renew", "rotate-key"] {
        here.stop()?;
        let mut last = serial(&here)?;
        // A municipality may replace six keys; a command that is killed late has replaced one.
        at_every_change(&dir, &[command, "--dir", text(&dir)?], 5, || {
            let now = serial(&here)?;
            ensure!(now >= last, "serial {now} after {last}");
            last = now;
            Ok(())
        })?;
        here.start()?;
        in_step(&here, &there, 3)?;
        ensure!(here.held()?.is_superset(&held), "{command} lost documents");
        until(|| {
            let known = there.status()?["partners"][0]["certificate_serial"].as_u64();
            Ok(if known == Some(last) { Ok(()) } else { Err(format!("{known:?} instead of {last}")) })
        })?;
    }
    Ok(())
}

#[test]
fn a_backup_and_a_restore_survive_a_kill_at_any_change() -> Result<()> {
    let home = folder()?;
    let mut town = Town::found(home.path(), "Mortsel", "11029")?;
    town.start()?;
    town.stop()?;
    let list = home.path().join("mentors.csv");
    fs::write(&list, "naam;geboortejaar\nGreet Goossens;1977\nMarleen Claes;1973\n")?;
    town.command(&["import"], &[text(&list)?])?;
    let key = town.folder().join("backup.key");

    // Whatever stands under the name that was asked for is whole.
    let file = home.path().join("mortsel.backup");
    let whole = |file: &Path, to: &Path| -> Result<()> {
        run_ok(&["restore", "--dir", text(to)?, text(file)?, "--key", text(&key)?])?;
        let status = first(&run_ok(&["status", "--dir", text(to)?, "--json"])?)?;
        ensure!(status["own"]["mentors"] == 2, "{status}");
        Ok(fs::remove_dir_all(to)?)
    };
    let probe = home.path().join("probe");
    at_every_change(home.path(), &["backup", "--dir", text(town.folder())?, text(&file)?], MANY, || {
        if file.exists() {
            whole(&file, &probe)?;
            fs::remove_file(&file)?;
        }
        Ok(())
    })?;
    run_ok(&["backup", "--dir", text(town.folder())?, text(&file)?])?;

    let again = home.path().join("again");
    let restore = ["restore", "--dir", text(&again)?, text(&file)?, "--key", text(&key)?];
    at_every_change(&again, &restore, MANY, || {
        let said = run(&["status", "--dir", text(&again)?, "--json"])?;
        if said.code() == Some(0) {
            let status = first(&said.stdout)?;
            ensure!(status["own"]["mentors"] == 2, "half a node that says it is whole: {status}");
            fs::remove_dir_all(&again)?;
        }
        Ok(())
    })?;
    whole(&file, &probe)
}
