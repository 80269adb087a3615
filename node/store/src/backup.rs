//! A copy of the store for a backup, what a restored one begins with, and the ledger of erasures,
//! which lies beside the store and in no backup.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use casework::Result;
use casework::people::PersonId;
use rusqlite::{Connection, OpenFlags, params};
use schemas::time::Timestamp;

use crate::fault::{Stored, corrupt};
use crate::open::{Store, connect};
use crate::rows::seconds;

const LEDGER: &str = "erasures";

/// Path of the ledger of erasures of the store at `path`.
fn ledger_path(path: &Path) -> PathBuf {
    path.with_file_name(LEDGER)
}

fn io(error: std::io::Error) -> casework::Error {
    casework::Error::Store(error.to_string())
}

impl Store {
    /// Writes a copy of the whole store, under the same key, to a file that is not there yet. What
    /// is written meanwhile is in it whole or not at all. One-time keys are left out.
    ///
    /// # Errors
    /// A failing store, or a file that is there.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        drop(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut copy = Connection::open_with_flags(path, flags).stored()?;
        copy.execute_batch("PRAGMA cipher_log_level = NONE").stored()?;
        copy.execute_batch(self.key_statement()).stored()?;
        let source = connect(self.path(), self.key_statement(), OpenFlags::SQLITE_OPEN_READ_ONLY, 4096)
            .map_err(|error| casework::Error::Store(error.to_string()))?;
        let backup = rusqlite::backup::Backup::new(&source, &mut copy).stored()?;
        backup.run_to_completion(i32::MAX, Duration::ZERO, None).stored()?;
        drop(backup);
        copy.execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA secure_delete = ON;
             DELETE FROM one_time_keys; DELETE FROM node_state WHERE name = 'running'; VACUUM;",
        )
        .stored()?;
        Ok(())
    }

    /// Makes a restored store another one than the one it was copied from: another number, a later
    /// incarnation, nothing remembered of what partners had, and no half of a match under way that
    /// may be older than what was said since. Numbers of persons go on after those of `erased`.
    ///
    /// # Errors
    /// A failing store.
    pub fn begin_anew(&self, store_id: [u8; 16], now: Timestamp, erased: &[PersonId]) -> Result<()> {
        let last = erased.iter().map(|person| person.0).max().unwrap_or(0);
        self.in_write(move |tx| {
            tx.run(
                "UPDATE identity SET store_id = ?1, incarnation = max(incarnation + 1, ?2)",
                params![store_id, seconds(now)],
            )?;
            tx.run("DELETE FROM cursors", [])?;
            tx.run("DELETE FROM sessions", [])?;
            tx.run("DELETE FROM account_links", [])?;
            tx.run("DELETE FROM outbox WHERE kind IN ('proposal', 'answer', 'duo_progress')", [])?;
            if tx.run("UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'people'", [last])? == 0 {
                tx.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('people', ?1)", [last])?;
            }
            Ok(())
        })
    }

    pub(crate) fn note_in_ledger(&self, person: PersonId, at: Timestamp) -> Result<()> {
        let path = ledger_path(self.path());
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(io)?;
        let mut ledger = Vec::new();
        file.read_to_end(&mut ledger).map_err(io)?;
        // What a power cut tore was never promised.
        let whole = ledger.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end as u64 + 1);
        file.set_len(whole).and_then(|()| file.seek(SeekFrom::Start(whole))).map_err(io)?;
        file.write_all(format!("{} {}\n", at.0, person.0).as_bytes()).and_then(|()| file.sync_all()).map_err(io)
    }
}

/// Persons in the bytes of a ledger of erasures. A last line that is torn is left out.
///
/// # Errors
/// Bytes that are no ledger.
pub fn erased_persons(ledger: &[u8]) -> Result<Vec<PersonId>> {
    let text = std::str::from_utf8(ledger).map_err(|_| corrupt())?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| {
            let (at, person) = line.split_once(' ').ok_or_else(corrupt)?;
            at.parse::<u64>().map_err(|_| corrupt())?;
            person.parse().map(PersonId).map_err(|_| corrupt())
        })
        .collect()
}
