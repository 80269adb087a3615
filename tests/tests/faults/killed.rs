//! `kill -9` at moments that a seed draws, while documents come over and lists are taken over.
//! `OVERBUUR_SEED` repeats a run; `OVERBUUR_LONG` kills a hundred times.

use std::fs;

use anyhow::{Context, Result, ensure};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use tests::processes::{Process, folder, overbuur};
use tests::town::{Town, in_step, two_partners, until};

use crate::text;

const REMARKS: usize = 150;
const PERSONS: u64 = 60;

fn written(town: &Town) -> u64 {
    fs::metadata(town.folder().join("store.db-wal")).map(|file| file.len()).unwrap_or_default()
}

fn newcomers(town: &Town) -> Result<u64> {
    town.status()?["own"]["newcomers"].as_u64().context("no count")
}

fn list(town: &Town, round: u64) -> Result<String> {
    let mut lines = "Voornaam;Familienaam;Geboortedatum;Moedertaal\n".to_owned();
    for person in 0..PERSONS {
        lines.push_str(&format!("V{round}x{person};A{person};{:02}/03/1985;Arabisch\n", 1 + person % 28));
    }
    let path = town.folder().with_extension(format!("{round}.csv"));
    fs::write(&path, lines)?;
    Ok(text(&path)?.to_owned())
}

#[test]
fn killed_at_random_moments_of_exchange_and_import_nothing_is_lost() -> Result<()> {
    let long = std::env::var_os("OVERBUUR_LONG").is_some();
    let seed: u64 = match std::env::var("OVERBUUR_SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => 20_261_122,
    };
    let kills = if long { 100 } else { 8 };
    println!("OVERBUUR_SEED={seed}, {kills} kills");
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let home = folder()?;
    let (aartselaar, borsbeek) = two_partners(home.path())?;
    let mut towns = [aartselaar, borsbeek];
    in_step(&towns[0], &towns[1], 4)?;
    let mut documents = towns[0].held()?.len();
    // What is surely here, by town.
    let mut persons = [0, 0];
    for round in 0..kills {
        let (killed, other) = if rng.random() { (0, 1) } else { (1, 0) };
        // News from the side that lives, while the other is away for a moment.
        towns[other].kill()?;
        towns[other].remark(&format!("ronde {round}"), REMARKS)?;
        documents += REMARKS;
        towns[other].start()?;
        let importing = rng.random::<bool>();
        let file = list(&towns[killed], round)?;
        let folder = text(towns[killed].folder())?.to_owned();
        let import = match importing {
            true => Some(Process::start("import", &mut overbuur(&["import", "--dir", &folder, &file])?)?),
            false => None,
        };
        // So much more on disk, or everything done: a moment that no clock decides.
        let enough = written(&towns[killed]) + rng.random_range(0..400 * 1024);
        until(|| {
            let done = import.as_ref().is_none_or(|import| !import.output().is_empty())
                && towns[killed].held()?.len() >= documents;
            Ok(if done || written(&towns[killed]) > enough { Ok(()) } else { Err("nothing is written".to_owned()) })
        })?;
        towns[killed].kill()?;
        if let Some(import) = import {
            let said = import.wait_said()?;
            let now = newcomers(&towns[killed])?;
            let sure = persons[killed];
            ensure!(now == sure || now == sure + PERSONS, "round {round}: {now} after {sure}");
            ensure!(said.code() != Some(0) || now == sure + PERSONS, "round {round}: told to be taken: {said:?}");
            persons[killed] = now;
        }
        towns[killed].start()?;
    }
    in_step(&towns[0], &towns[1], documents)?;
    for (town, persons) in towns.iter_mut().zip(persons) {
        ensure!(newcomers(town)? == persons, "{}", town.name);
        town.stop()?;
    }
    Ok(())
}
