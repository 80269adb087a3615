//! What a machine does to a node: a disk that is full, and a process that is killed where it
//! stands at moments that a seed draws. Nothing is lost, and the node goes on.

mod disk;
mod keys;
mod killed;

use std::path::Path;

use anyhow::{Context, Result};

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("the folder's name is not text")
}
