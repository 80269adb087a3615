//! Files that are no lists of persons.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::processes::folder;
use tests::town::Town;

use crate::{refused, text};

fn own(town: &Town) -> Result<Value> {
    let rows = town.json(&["status"], &["--json"])?;
    rows.first().map(|row| row["own"].clone()).context("no status")
}

/// A picture of one white point.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\
    \0\0\0\nIDAT\x78\xda\x63\xf8\x0f\0\x01\x01\x01\0\0\0\0\0IEND\xae\x42\x60\x82";

/// The start of an Excel file under a password: a compound file with an encrypted package.
fn locked() -> Vec<u8> {
    let mut bytes = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    bytes.resize(1024, 0);
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    bytes.resize(4096, 0);
    bytes
}

fn write(home: &Path, name: &str, bytes: &[u8]) -> Result<String> {
    let path = home.join(name);
    fs::write(&path, bytes)?;
    Ok(text(&path)?.to_owned())
}

#[test]
fn a_file_that_is_no_list_is_refused_running_or_not() -> Result<()> {
    let home = folder()?;
    let mut town = Town::found(home.path(), "Mortsel", "11029")?;
    let good = write(home.path(), "nieuwkomers.csv", b"Voornaam;Familienaam;Moedertaal\nAn;Peeters;Arabisch\n")?;
    town.command(&["import"], &[&good])?;
    let before = own(&town)?;
    ensure!(before["newcomers"] == 1, "{before}");

    let big = home.path().join("groot.csv");
    File::create(&big)?.set_len(65 * 1024 * 1024)?;
    let wrong: [(String, &[&str]); 7] = [
        (write(home.path(), "foto.xlsx", PICTURE)?, &["foto.xlsx", "foto"]),
        (write(home.path(), "leeg.csv", b"")?, &["leeg.csv", "is leeg"]),
        (write(home.path(), "slot.xlsx", &locked())?, &["slot.xlsx", "wachtwoord"]),
        (write(home.path(), "scan.xlsx", b"%PDF-1.7 blad")?, &["scan.xlsx", "pdf"]),
        (
            write(home.path(), "stuk.xlsx", b"PK\x03\x04 niet meer dan het begin")?,
            &["stuk.xlsx", "kan niet worden gelezen"],
        ),
        (write(home.path(), "ding.bin", &[0, 1, 2, 3, 255, 254, 0, 7].repeat(40))?, &["ding.bin"]),
        (text(&big)?.to_owned(), &["groot.csv", "te groot"]),
    ];
    for running in [false, true] {
        if running {
            town.start()?;
        }
        for (file, words) in &wrong {
            refused(&["import", "--dir", text(town.folder())?, file], words)?;
            refused(&["import", "--dry-run", "--dir", text(town.folder())?, file], words)?;
            ensure!(own(&town)? == before, "{file} changed something");
        }
        // A wrong file among good ones: none of them is taken when it can be known before.
        let missing = home.path().join("weg.csv");
        refused(&["import", "--dir", text(town.folder())?, &good, text(&missing)?], &["weg.csv"])?;
        ensure!(own(&town)? == before);
    }
    town.stop()
}

#[test]
fn a_list_without_a_name_column_is_refused() -> Result<()> {
    let home = folder()?;
    let town = Town::found(home.path(), "Mortsel", "11029")?;
    let file = write(
        home.path(),
        "nieuwkomers.csv",
        b"Moedertaal;Geboortedatum;Telefoon\nArabisch;31/02/1990;0470 11 22 33\n",
    )?;
    refused(&["import", "--dir", text(town.folder())?, &file], &["naam"])?;
    ensure!(own(&town)?["newcomers"] == 0);
    Ok(())
}

#[test]
fn values_that_can_t_be_are_told_and_left_out() -> Result<()> {
    let home = folder()?;
    let town = Town::found(home.path(), "Mortsel", "11029")?;
    let list = "Voornaam;Familienaam;Geboortedatum;Niveau Nederlands;Moedertaal\n\
                An;Peeters;31/02/1990;Z9;Arabisch\nBea;Claes;01/03/1990;A2;Arabisch\n";
    let file = write(home.path(), "nieuwkomers.csv", list.as_bytes())?;
    for (arguments, taken) in [(&[file.as_str(), "--json", "--dry-run"][..], 0), (&[file.as_str(), "--json"], 2)] {
        let rows = town.json(&["import"], arguments)?;
        let row = rows.iter().find(|row| row["what"] == "row" && row["row"] == 2).context("no row")?;
        let told: Vec<&str> =
            row["remarks"].as_array().context("no remarks")?.iter().filter_map(|r| r["field"].as_str()).collect();
        ensure!(told.contains(&"birth_date") && told.contains(&"dutch"), "{row}");
        ensure!(own(&town)?["newcomers"] == taken, "{arguments:?}");
    }
    Ok(())
}
