//! Two nodes with a bad line between them, each in a network namespace of its own: a line that is
//! cut and heals, one that is slow and loses packets, one that comes and goes. Both end with the
//! same documents. `OVERBUUR_LONG` sends more.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use tests::line::{Line, Quality};
use tests::processes::folder;
use tests::town::{Town, in_step, pair, until};

const SEED: u64 = 20_261_122;

fn long() -> bool {
    std::env::var_os("OVERBUUR_LONG").is_some()
}

/// Aartselaar and Borsbeek at the two ends of a line, paired, the cards of both exchanged.
fn at_both_ends(home: &Path, line: &Line) -> Result<(Town, Town)> {
    let ((one, inside), (other, outside)) = (line.end(0), line.end(1));
    let mut aartselaar = Town::found_in(home, "Aartselaar", "11001", (&one, inside))?;
    let mut borsbeek = Town::found_in(home, "Borsbeek", "11007", (&other, outside))?;
    aartselaar.start()?;
    borsbeek.start()?;
    pair(&aartselaar, &borsbeek)?;
    in_step(&aartselaar, &borsbeek, 4)?;
    Ok((aartselaar, borsbeek))
}

/// So many new documents at both, to be exchanged when they start again.
fn news(towns: &mut [&mut Town], count: usize) -> Result<()> {
    for town in towns.iter_mut() {
        town.stop()?;
        town.remark(town.name, count)?;
    }
    towns.iter_mut().try_for_each(|town| town.start())
}

fn connected(town: &Town) -> Result<bool> {
    Ok(town.status()?["partners"][0]["connected_since"].is_u64())
}

#[test]
fn a_line_that_is_cut_and_heals() -> Result<()> {
    let home = folder()?;
    let line = Line::new(Quality::GOOD, SEED)?;
    let (mut aartselaar, mut borsbeek) = at_both_ends(home.path(), &line)?;
    line.cut(true);
    let count = if long() { 2_000 } else { 200 };
    news(&mut [&mut aartselaar, &mut borsbeek], count)?;
    // Both have what is their own and nothing of the other.
    until(|| {
        let (here, there) = (aartselaar.held()?.len(), borsbeek.held()?.len());
        Ok(if here == 4 + count && there == 4 + count { Ok(()) } else { Err(format!("{here} and {there}")) })
    })?;
    ensure!(!connected(&aartselaar)? && !connected(&borsbeek)?, "connected over a line that is cut");
    line.cut(false);
    in_step(&aartselaar, &borsbeek, 4 + 2 * count)?;
    println!("packets carried and lost: {:?}", line.packets());
    aartselaar.stop()?;
    borsbeek.stop()
}

#[test]
fn a_line_that_is_slow_and_loses_packets() -> Result<()> {
    let home = folder()?;
    let slow = Quality { delay: Duration::from_millis(200), lost: 20, bits: 1_000_000 };
    let line = Line::new(slow, SEED)?;
    let (mut aartselaar, mut borsbeek) = at_both_ends(home.path(), &line)?;
    let count = if long() { 2_000 } else { 100 };
    news(&mut [&mut aartselaar, &mut borsbeek], count)?;
    in_step(&aartselaar, &borsbeek, 4 + 2 * count)?;
    let (carried, lost) = line.packets();
    println!("packets carried {carried}, lost {lost}");
    ensure!(lost > 0, "the line lost nothing");
    aartselaar.stop()?;
    borsbeek.stop()
}

#[test]
fn a_line_that_comes_and_goes_every_second() -> Result<()> {
    let home = folder()?;
    let slow = Quality { delay: Duration::from_millis(20), lost: 0, bits: 2_000_000 };
    let line = Line::new(slow, SEED)?;
    let (mut aartselaar, mut borsbeek) = at_both_ends(home.path(), &line)?;
    let count = if long() { 2_000 } else { 300 };
    news(&mut [&mut aartselaar, &mut borsbeek], count)?;
    let arrived = line.flapping(Duration::from_secs(1), || in_step(&aartselaar, &borsbeek, 4 + 2 * count));
    arrived?;
    println!("packets carried and lost: {:?}", line.packets());
    aartselaar.stop()?;
    borsbeek.stop()
}
