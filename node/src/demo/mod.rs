//! x
pub mod steps;
use std::path::Path;
pub async fn demo(_: &Path, _: u16, _: Option<&Path>, _: bool) -> anyhow::Result<()> { Ok(()) }
