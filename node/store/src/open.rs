//! Opening a store, and the two ways to work in it: the one writer, and readers on snapshots.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, PoisonError};

use casework::people::PersonId;
use casework::ports::{Storage, Work};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use schemas::ids::to_hex;
use schemas::time::Timestamp;

use crate::certificates::Known;
use crate::fault::{OpenError, Stored, fault};
use crate::lock::{Lock, private};
use crate::migrate::migrate;
use crate::tx::Tx;
use crate::writer::Writer;

/// Read connections that are kept open for the next reader.
const READERS: usize = 4;
/// Pages in the log after which it is copied into the database: 32 MiB. A first sync writes the pages
/// of indexes again and again; copied once for many times it took a tenth less time than with
/// SQLite's 1,000.
const LOG_PAGES: u32 = 8_000;
/// Kibibytes of pages that the writer keeps decrypted in memory.
///
/// Measured with `examples/layouts.rs` on two cores that others used too, 40,000 envelopes, so
/// read the differences and not the figures: appending to a rowid table with a unique index on
/// the 32-byte id stores 25,000 rows/s with 2 MiB of cache and 33,000 with 16; keyed by random
/// bytes it is ten times slower without a rowid (700 to 3,600 rows/s at 60,000), and three times
/// slower under the id's first 8 bytes as integer key (6,000 to 8,000). Indexing only those
/// 8 bytes is no faster at this cache. Pages of 16 KiB gain where the cache is small, but read at
/// random three times slower (17,000 to 51,000 rows/s) and make one durable row dearer (6.2 to
/// 3.8 ms); so pages stay at SQLCipher's 4 KiB.
const WRITER_CACHE_KIB: u32 = 16 * 1024;
/// The same of each reader.
const READER_CACHE_KIB: u32 = 4 * 1024;
/// Distinct statements that a connection keeps prepared.
const PREPARED: usize = 256;

/// An open store.
pub struct Store {
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    pub(crate) known: Arc<Known>,
    path: PathBuf,
    key: String,
    // Last, so that the lock goes after the connections.
    _lock: Lock,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Opens the store at `path`, or makes it, encrypted under `key`.
    ///
    /// # Errors
    /// See [`OpenError`]: held by another process, the wrong key, newer than this program.
    pub fn open(path: &Path, key: &[u8; 32]) -> Result<Arc<Self>, OpenError> {
        Self::open_keyed(path, format!("PRAGMA key = \"x'{}'\"", to_hex(key)))
    }

    /// The same with the statement that gives the key.
    pub(crate) fn open_keyed(path: &Path, key: String) -> Result<Arc<Self>, OpenError> {
        let lock = Lock::take(path)?;
        private(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = connect(path, &key, flags, WRITER_CACHE_KIB)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
             PRAGMA foreign_keys = ON;",
        )?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        migrate(&mut connection)?;
        let known: Arc<Known> = Arc::default();
        let writer = Writer::start(connection, Arc::clone(&known))?;
        Ok(Arc::new(Self { writer, readers: Mutex::new(Vec::new()), known, path: path.to_owned(), key, _lock: lock }))
    }

    /// Runs `work` in one transaction of the writer and gives its value.
    pub(crate) fn in_write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> casework::Result<T> + Send + 'static,
    ) -> casework::Result<T> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        self.writer.run(Box::new(move |tx| {
            // The receiver lives until the writer has answered.
            let _ = sender.send(work(tx)?);
            Ok(())
        }))?;
        receiver.recv().map_err(|_| casework::Error::Store("stopped".to_owned()))
    }

    /// Runs `work` on a snapshot beside the writer.
    pub(crate) fn in_read<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> casework::Result<T>) -> casework::Result<T> {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.reader().map_err(|error| match error {
                OpenError::Sqlite(error) => fault(error),
                OpenError::Full => casework::Error::Store("disk-full".to_owned()),
                other => casework::Error::Store(other.to_string()),
            })?,
        };
        let outcome = {
            let transaction = connection.transaction().stored()?;
            work(&mut Tx::new(&transaction))
        };
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS {
            readers.push(connection);
        }
        outcome
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn key_statement(&self) -> &str {
        &self.key
    }

    fn reader(&self) -> Result<Connection, OpenError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        connect(&self.path, &self.key, flags, READER_CACHE_KIB)
    }
}

/// The first connection of the process. SQLite counts as begun, for other threads, before it begins
/// SQLCipher (`SQLITE_EXTRA_INIT` runs outside its lock): a key that is given in between is refused.
/// <https://github.com/utelle/SQLite3MultipleCiphers/issues/194>
static FIRST: Once = Once::new();

/// A connection that proved to have the right key.
pub(crate) fn connect(path: &Path, key: &str, flags: OpenFlags, cache_kib: u32) -> Result<Connection, OpenError> {
    // Why it could not be made, the one that is wanted says.
    FIRST.call_once(|| drop(Connection::open_in_memory()));
    let connection = Connection::open_with_flags(path, flags)?;
    // SQLCipher would write to stderr what the caller is told anyway.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    connection.execute_batch(key)?;
    let settings = format!("PRAGMA cache_size = -{cache_kib}; PRAGMA temp_store = MEMORY;");
    let reads = connection
        .execute_batch(&settings)
        .and_then(|()| connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())));
    connection.set_prepared_statement_cache_capacity(PREPARED);
    match reads {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => Err(OpenError::WrongKey),
        other => Ok(other.map(|()| connection)?),
    }
}

impl Storage for Store {
    fn write(&self, work: Work) -> casework::Result<()> {
        self.writer.run(Box::new(move |tx| work(tx)))
    }

    fn read(&self, work: Work) -> casework::Result<()> {
        self.in_read(move |tx| work(tx))
    }

    fn note_erasure(&self, person: PersonId, at: Timestamp) -> casework::Result<()> {
        self.note_in_ledger(person, at)
    }

    fn forget_traces(&self) -> casework::Result<()> {
        self.writer.truncate()
    }
}
