//! One process writes a store: a locked file beside it, released by the system when the process
//! ends, however it ends.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::fault::OpenError;

/// A file that only this account may read, made if it is not there. SQLite gives the files
/// beside its database the rights of the database.
pub(crate) fn private(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path)
}

/// Holds the lock while it lives.
pub(crate) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    /// Takes the lock of the store at `path`.
    ///
    /// # Errors
    /// `Held`, or what the file system says.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let file = private(&PathBuf::from(name))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(OpenError::Held),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}
