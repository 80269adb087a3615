//! Nodes that can't be made, run or found.

use std::fs;
use std::net::TcpListener;

use anyhow::{Result, ensure};
use tests::processes::{Process, folder, overbuur, run};
use tests::town::Town;

use crate::{refused, snapshot, text};

#[test]
fn an_unknown_municipality_makes_no_node() -> Result<()> {
    let home = folder()?;
    let dir = home.path().join("nergens");
    for code in ["99999", "1102", "mortsel", "", "11029x"] {
        let words: &[&str] = if code.is_empty() { &["REFNIS"] } else { &["REFNIS", code] };
        refused(&["init", "--dir", text(&dir)?, "--refnis", code], words)?;
        ensure!(!dir.exists(), "a folder was made for {code}");
    }
    refused(&["init", "--dir", text(&dir)?, "--refnis", "11029", "--kbo", "123"], &["123", "ondernemingsnummer"])?;
    ensure!(!dir.exists(), "a folder was made for a wrong number");
    Ok(())
}

#[test]
fn a_municipality_that_ended_is_taken_with_a_remark() -> Result<()> {
    let home = folder()?;
    let town = Town::found(home.path(), "Borsbeek", "11007")?;
    let other = home.path().join("weer");
    let said = run(&["init", "--dir", text(&other)?, "--refnis", "11007"])?;
    ensure!(said.code() == Some(0) && said.stdout.contains("Antwerpen"), "{said:?}");
    ensure!(town.folder().join("config.json").is_file());
    Ok(())
}

#[test]
fn a_folder_that_holds_something_is_left_alone() -> Result<()> {
    let home = folder()?;
    let town = Town::found(home.path(), "Mortsel", "11029")?;
    let before = snapshot(town.folder())?;
    refused(&["init", "--dir", text(town.folder())?, "--refnis", "11001"], &["al een knooppunt"])?;
    ensure!(snapshot(town.folder())? == before, "the other node changed");

    let letters = home.path().join("brieven");
    fs::create_dir(&letters)?;
    fs::write(letters.join("brief.txt"), "Beste")?;
    refused(&["init", "--dir", text(&letters)?, "--refnis", "11001"], &["niet leeg"])?;
    ensure!(fs::read_dir(&letters)?.count() == 1, "something was added to the letters");
    refused(&["init", "--dir", text(&letters.join("brief.txt"))?, "--refnis", "11001"], &[])?;
    ensure!(fs::read_to_string(letters.join("brief.txt"))? == "Beste");
    Ok(())
}

#[test]
fn a_port_in_use_is_named() -> Result<()> {
    let home = folder()?;
    let town = Town::found(home.path(), "Mortsel", "11029")?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port();
    let dir = text(town.folder())?;
    for more in [["--http", &format!("127.0.0.1:{port}")], ["--listen", &format!("/ip4/127.0.0.1/tcp/{port}")]] {
        let arguments = [&["run", "--dir", dir], more.as_slice()].concat();
        let process = Process::start("run", &mut overbuur(&arguments)?)?;
        let said = process.wait_said()?;
        ensure!(said.code() == Some(1), "{more:?}: {said:?}");
        let last = said.stderr.lines().last().unwrap_or_default();
        ensure!(last.starts_with("overbuur: ") && last.contains(&port.to_string()), "{more:?}: {said:?}");
        ensure!(last.contains("in gebruik"), "{last}");
    }
    Ok(())
}

#[test]
fn one_process_works_in_a_folder() -> Result<()> {
    let home = folder()?;
    let mut town = Town::found(home.path(), "Mortsel", "11029")?;
    town.start()?;
    let arguments = ["run", "--dir", text(town.folder())?, "--http", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0"];
    let said = Process::start("second", &mut overbuur(&arguments)?)?.wait_said()?;
    ensure!(said.code() == Some(1) && said.stderr.contains("ander proces"), "{said:?}");
    // The first goes on.
    ensure!(town.json(&["status"], &["--json"])?.first().is_some_and(|row| row["running"] == true));
    town.stop()
}

#[test]
fn commands_on_a_folder_without_a_node_are_refused() -> Result<()> {
    let home = folder()?;
    let dir = home.path().join("nergens");
    let list = home.path().join("lijst.csv");
    fs::write(&list, "Voornaam;Naam\nAn;Peeters\n")?;
    let (at, list) = (text(&dir)?, text(&list)?);
    let nobody = "00000000000000000000000000000000";
    let commands: [&[&str]; 11] = [
        &["run", "--dir", at],
        &["status", "--dir", at],
        &["partners", "--dir", at],
        &["invite", "--dir", at],
        &["join", "--dir", at, "overbuur1:aaaa"],
        &["confirm", "--dir", at, "11001"],
        &["import", "--dir", at, list],
        &["match", "--dir", at],
        &["erase", "--dir", at, "1"],
        &["document", "list", "--dir", at],
        &["document", "save", "--dir", at, nobody],
    ];
    for command in commands {
        refused(command, &["geen knooppunt", at])?;
        ensure!(!dir.exists(), "{command:?} made a folder");
    }
    Ok(())
}

#[test]
fn what_is_not_there_is_refused() -> Result<()> {
    let home = folder()?;
    let town = Town::found(home.path(), "Mortsel", "11029")?;
    let dir = text(town.folder())?;
    let nobody = "00000000000000000000000000000000";
    refused(&["document", "show", "--dir", dir, nobody], &[nobody])?;
    refused(&["document", "save", "--dir", dir, nobody], &[nobody])?;
    refused(&["document", "show", "--dir", dir, "kort"], &["kort"])?;
    refused(&["erase", "--dir", dir, "77"], &["bestaat"])?;
    refused(&["confirm", "--dir", dir, "11001"], &["11001"])?;
    refused(&["import", "--dir", dir, text(&home.path().join("geen.csv"))?], &["geen.csv"])?;
    Ok(())
}

#[test]
fn wrong_use_is_exit_code_two() -> Result<()> {
    for arguments in [
        &["--vlieg"][..],
        &["init", "--vlieg"],
        &["fluit"],
        &["init", "--dir", "/tmp"],
        &["erase", "--dir", "/tmp", "niemand"],
        &["demo", "--http-port", "veel"],
        &["status"],
        &["document"],
        &[],
    ] {
        let said = run(arguments)?;
        ensure!(said.code() == Some(2), "{arguments:?}: {said:?}");
        ensure!(said.stdout.is_empty() && !said.stderr.is_empty(), "{arguments:?}: {said:?}");
    }
    Ok(())
}
