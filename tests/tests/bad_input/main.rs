//! Bad input at the command line: each refusal is one clear line and changes nothing; and a node
//! that is killed where it stands goes on afterwards.

mod killed;
mod lists;
mod nodes;
mod pairings;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use tests::processes::run;

/// Runs a command that has to be refused: exit code 1, one line on standard error that holds
/// every word of `words`, and nothing on standard output. The line.
fn refused(arguments: &[&str], words: &[&str]) -> Result<String> {
    let said = run(arguments)?;
    ensure!(said.code() == Some(1), "{arguments:?}: {said:?}");
    ensure!(said.stdout.is_empty(), "{arguments:?} says on standard output: {}", said.stdout);
    let mut lines = said.stderr.lines();
    let line = lines.next().with_context(|| format!("{arguments:?} says nothing"))?;
    ensure!(lines.next().is_none(), "{arguments:?} says more than one line:\n{}", said.stderr);
    ensure!(line.starts_with("overbuur: ") && line.len() < 400, "{arguments:?}: {line}");
    for word in words {
        ensure!(line.to_lowercase().contains(&word.to_lowercase()), "{arguments:?}: “{word}” is not in “{line}”");
    }
    for rough in ["Error", "Os {", "panicked", "unwrap", "os error"] {
        ensure!(!line.contains(rough), "{arguments:?}: {line}");
    }
    Ok(line.to_owned())
}

/// Every file of a folder with its bytes, but for the lock, which any command may touch.
fn snapshot(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && !name.contains("lock") {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(files)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("the folder's name is not text")
}
