//! Invitations that can't be used, and pairings that must not be confirmed.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::processes::{folder, free_port};
use tests::town::{Town, pair};

use crate::{refused, text};

fn invitation(town: &Town) -> Result<String> {
    let rows = town.json(&["invite"], &["--circle", "BAM", "--json"])?;
    rows.first().and_then(|row| row["invitation"].as_str()).map(str::to_owned).context("no invitation")
}

fn partners(town: &Town) -> Result<Vec<Value>> {
    town.json(&["partners"], &["--json"])
}

#[test]
fn an_invitation_that_is_none_is_refused() -> Result<()> {
    let home = folder()?;
    let mut mortsel = Town::found(home.path(), "Mortsel", "11029")?;
    let mut aartselaar = Town::found(home.path(), "Aartselaar", "11001")?;
    mortsel.start()?;
    aartselaar.start()?;
    let good = invitation(&mortsel)?;
    let mut changed = good.clone().into_bytes();
    let at = changed.len() / 2;
    changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
    let changed = String::from_utf8(changed)?;
    let dir = text(aartselaar.folder())?;
    for (wrong, word) in [
        ("hallo", "geen uitnodiging"),
        ("", "geen uitnodiging"),
        (&changed, "beschadigd"),
        (&good[..good.len() - 7], "beschadigd"),
        (&"overbuur1:a".repeat(400), "geen uitnodiging"),
    ] {
        refused(&["join", "--dir", dir, wrong], &[word])?;
    }
    // Of the municipality itself.
    refused(&["join", "--dir", text(mortsel.folder())?, &good], &["zelf"])?;
    ensure!(partners(&aartselaar)?.is_empty() && partners(&mortsel)?.is_empty(), "something was remembered");
    Ok(())
}

#[test]
fn an_invitation_works_once() -> Result<()> {
    let home = folder()?;
    let mut mortsel = Town::found(home.path(), "Mortsel", "11029")?;
    let mut aartselaar = Town::found(home.path(), "Aartselaar", "11001")?;
    let mut hove = Town::found(home.path(), "Hove", "11021")?;
    for town in [&mut mortsel, &mut aartselaar, &mut hove] {
        town.start()?;
    }
    let once = invitation(&mortsel)?;
    aartselaar.json(&["join"], &["--json", &once])?;
    refused(&["join", "--dir", text(hove.folder())?, &once], &["uitnodiging"])?;
    ensure!(partners(&hove)?.is_empty(), "a used invitation left something");
    let waiting = partners(&mortsel)?;
    ensure!(waiting.len() == 1 && waiting[0]["refnis"] == "11001", "{waiting:?}");

    // Another number, or another municipality, is not confirmed.
    let dir = text(mortsel.folder())?;
    refused(&["confirm", "--dir", dir, "11001", &"12345".repeat(12)], &["nummer", "niet"])?;
    refused(&["confirm", "--dir", dir, "11021"], &["11021"])?;
    ensure!(partners(&mortsel)?[0]["what"] == "pairing", "confirmed with a wrong number");
    ensure!(partners(&aartselaar)?[0]["what"] == "pairing");
    // Until both confirm nothing is exchanged.
    ensure!(mortsel.documents()?.iter().all(|document| document["municipality"] == "Mortsel"));
    Ok(())
}

#[test]
fn an_invitation_of_a_node_that_does_not_answer_is_refused() -> Result<()> {
    let home = folder()?;
    let mut mortsel = Town::found(home.path(), "Mortsel", "11029")?;
    let mut aartselaar = Town::found(home.path(), "Aartselaar", "11001")?;
    mortsel.start()?;
    let good = invitation(&mortsel)?;
    mortsel.stop()?;
    aartselaar.start()?;
    refused(&["join", "--dir", text(aartselaar.folder())?, &good], &["niet bereikbaar"])?;
    ensure!(partners(&aartselaar)?.is_empty());
    Ok(())
}

#[test]
fn an_address_that_is_none_is_refused() -> Result<()> {
    let home = folder()?;
    let mut mortsel = Town::found(home.path(), "Mortsel", "11029")?;
    let mut aartselaar = Town::found(home.path(), "Aartselaar", "11001")?;
    mortsel.start()?;
    aartselaar.start()?;
    pair(&mortsel, &aartselaar)?;
    let before = partners(&mortsel)?[0]["addresses"].clone();
    let dir = text(mortsel.folder())?;
    refused(&["address", "--dir", dir, "11001", "thuis"], &["adres"])?;
    let somewhere = format!("/ip4/127.0.0.1/tcp/{}", free_port()?);
    refused(&["address", "--dir", dir, "11021", &somewhere], &["11021"])?;
    ensure!(partners(&mortsel)?[0]["addresses"] == before);
    Ok(())
}
