//! Other solvers on the same file: OR-tools' min-cost flow and HiGHS' simplex, from PyPI.
//!
//! They are installed in a virtual environment beside the built program, once, at the versions
//! below. Each runs in a process of its own, so that its memory is its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// The solvers, by the names that `peers.py` knows.
pub(crate) const NAMES: [&str; 2] = ["or-tools", "highs"];

const PACKAGES: [&str; 3] = ["numpy==2.4.6", "ortools==9.15.6755", "highspy==1.15.1"];

const SCRIPT: &str = include_str!("peers.py");

/// Solves the instance with one of them. What goes wrong is a line too: `{"error": …}`.
pub(crate) fn run(name: &str, instance: &Path, limit: u32) -> Value {
    solved(name, instance, limit).unwrap_or_else(|error| json!({ "error": format!("{error:#}") }))
}

fn solved(name: &str, instance: &Path, limit: u32) -> Result<Value> {
    let python = python()?;
    let limit = format!("{limit}");
    let output = Command::new("timeout").arg(&limit).arg(python).args(["-c", SCRIPT, name]).arg(instance).output()?;
    ensure!(output.status.code() != Some(124), "no answer within {limit} s");
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", errors.lines().last().unwrap_or("failed"));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The virtual environment's interpreter; makes the environment when it is not there.
fn python() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.parent().context("a program lies in a folder")?.join("bench-python");
    let python = folder.join("bin/python");
    let ready = folder.join("ready");
    if !ready.exists() {
        run_quietly(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run_quietly(Command::new(&python).args(install).args(PACKAGES))?;
        std::fs::write(ready, "")?;
    }
    Ok(python)
}

fn run_quietly(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{:?}", command.get_program()))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", errors.lines().last().unwrap_or("failed"));
    Ok(())
}
