//! A small disk of its own for one folder: a file system in memory that can be full.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// Bytes written at a time when a disk is filled.
const PIECE: usize = 4096;

/// A mounted disk; gone when it is dropped.
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Mounts a disk of so many megabytes on a folder, which is made.
    ///
    /// # Errors
    /// Where this machine does not let the tests mount; the message says so.
    pub fn mount(folder: &Path, megabytes: usize) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let size = format!("size={megabytes}m,mode=700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output()?;
        ensure!(
            mounted.status.success(),
            "this test fills a small disk, for which it has to mount one: run it as root where mounting is allowed ({})",
            String::from_utf8_lossy(&mounted.stderr).trim()
        );
        Ok(Self { folder: folder.to_owned() })
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }

    /// Fills what is left, but for so many bytes.
    ///
    /// # Errors
    /// What the file system says, beside that it is full.
    pub fn fill(&self, but_for: usize) -> Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(self.ballast())?;
        loop {
            match file.write(&[7; PIECE]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => bail!("the disk does not fill: {error}"),
            }
        }
        let size = file.metadata()?.len();
        let left = u64::try_from(but_for)?;
        file.set_len(size.checked_sub(left).context("the disk is too small")?)?;
        Ok(())
    }

    /// Makes room again.
    ///
    /// # Errors
    /// What the file system says.
    pub fn empty(&self) -> Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A process that is being killed may still hold it: it goes when that is gone.
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
    }
}
