//! Figures: one line of JSON each.

use serde::{Deserialize, Serialize};

/// One figure of one program at one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// Of which program.
    pub peer: String,
    /// With how many documents.
    pub n: u64,
    /// The value; none when the program failed.
    pub value: Option<f64>,
    /// Its unit: `s`, `ms`, `B` or `1`.
    pub unit: String,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

impl Figure {
    /// A figure with a value.
    pub fn new(name: &str, peer: &str, n: u64, value: f64, unit: &str) -> Self {
        Self { name: name.into(), peer: peer.into(), n, value: Some(value), unit: unit.into(), error: None }
    }

    /// A figure that could not be had.
    pub fn failed(name: &str, peer: &str, n: u64, unit: &str, error: &str) -> Self {
        Self { name: name.into(), peer: peer.into(), n, value: None, unit: unit.into(), error: Some(error.into()) }
    }

    /// As one line.
    ///
    /// # Errors
    /// A value that JSON cannot say.
    pub fn line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// The middle value; 0 of nothing.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_said_and_never_missing() -> serde_json::Result<()> {
        let line = Figure::failed("first_sync_stored_s", "samod", 10_000, "s", "not done in 300 s").line()?;
        assert_eq!(
            line,
            r#"{"name":"first_sync_stored_s","peer":"samod","n":10000,"value":null,"unit":"s","error":"not done in 300 s"}"#
        );
        assert_eq!(serde_json::from_str::<Figure>(&line)?.value, None);
        assert!(!Figure::new("a", "b", 1, 2.5, "s").line()?.contains("error"));
        Ok(())
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut []), 0.0);
    }
}
