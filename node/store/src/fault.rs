//! What can go wrong in a store, in words that never repeat a stored value.

use casework::Error;
use rusqlite::ErrorCode;

/// Why a store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the store is held by another process")]
    Held,
    /// Not this key, or not a store.
    #[error("the store does not open with this key, or is not a store")]
    WrongKey,
    /// Made by a later release.
    #[error("the store is newer than this program (it has migration {0})")]
    Newer(u32),
    /// The file system.
    #[error("the store's file: {0}")]
    Io(#[from] std::io::Error),
    /// No room for what opening needs.
    #[error("the disk is full")]
    Full,
    /// SQLite.
    #[error("the store: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        if is_full(&error) { Self::Full } else { Self::Sqlite(error) }
    }
}

/// Whether the disk has no room. The index of the log is made larger by a call of its own, whose
/// failure SQLite reports as one of the machine.
fn is_full(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    error.sqlite_error_code() == Some(ErrorCode::DiskFull) || code == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// SQLite's answer as casework's; codes are stable.
pub(crate) fn fault(error: rusqlite::Error) -> Error {
    if is_full(&error) {
        return Error::Store("disk-full".to_owned());
    }
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "busy",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "corrupt",
        Some(ErrorCode::ReadOnly) => "read-only",
        Some(ErrorCode::ConstraintViolation) => "constraint",
        Some(ErrorCode::SystemIoFailure) => "io",
        _ => {
            // SQLite's texts name tables and columns, never values.
            tracing::error!(%error, "store");
            "failed"
        }
    };
    Error::Store(code.to_owned())
}

/// A row that does not hold what its column should.
pub(crate) fn corrupt() -> Error {
    Error::Store("corrupt".to_owned())
}

/// Turns SQLite's results into casework's.
pub(crate) trait Stored<T> {
    /// The value, or casework's error.
    fn stored(self) -> casework::Result<T>;
}

impl<T> Stored<T> for rusqlite::Result<T> {
    fn stored(self) -> casework::Result<T> {
        self.map_err(fault)
    }
}
