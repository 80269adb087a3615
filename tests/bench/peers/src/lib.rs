//! What the peers share: the records, the form of a figure, and the memory of this process.
//!
//! Each peer runs two of its nodes in one process, over loopback. What the second adds to the
//! memory of the process when it has the records is its share.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};

/// Changes of which the middle one is told.
pub const CHANGES: usize = 101;

/// The records in the file that the first argument names, one in a line.
pub fn records() -> Result<Vec<String>> {
    let path = PathBuf::from(std::env::args_os().nth(1).context("a file with records")?);
    Ok(std::fs::read_to_string(path)?.lines().map(str::to_owned).collect())
}

/// The `times`th change of a record.
pub fn changed(record: &str, times: usize) -> Result<String> {
    let mut json: serde_json::Value = serde_json::from_str(record)?;
    json["capacity_left"] = (times % 20).into();
    Ok(json.to_string())
}

/// Prints figures of one peer at one size.
pub struct Figures {
    pub peer: &'static str,
    pub n: usize,
}

impl Figures {
    /// Prints one.
    pub fn say(&self, name: &str, value: f64, unit: &str) {
        let line = serde_json::json!({"name": name, "peer": self.peer, "n": self.n, "value": value, "unit": unit});
        println!("{line}");
    }

    /// Prints the middle one of the times of a change, and its bytes.
    pub fn changes(&self, mut milliseconds: Vec<f64>, bytes: u64) {
        milliseconds.sort_by(f64::total_cmp);
        self.say("one_change_ms_p50", milliseconds[milliseconds.len() / 2], "ms");
        self.say("one_change_bytes", bytes as f64 / milliseconds.len() as f64, "B");
    }
}

/// Seconds since `start`.
pub fn seconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64()
}

/// Memory of this process in use, in bytes.
pub fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}
