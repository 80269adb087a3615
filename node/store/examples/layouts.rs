//! Measures how fast envelopes are stored, by table layout, page size and cache: what the
//! choices in `open.rs` and `migrations/0003_documents.sql` rest on.
//!
//! `cargo run --release -p store --example layouts [ROWS] [WORD OF A LAYOUT]`; every row is 250 bytes of header, 64
//! of signature and 380 of body under random 32-byte ids, 1,000 a transaction, WAL, FULL,
//! secure_delete, SQLCipher. Then reading every row by its id in another order than stored, and
//! one row more in a transaction of its own.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::error::Error;
use std::time::Instant;

use rusqlite::{Connection, params};

/// Name, table, insert, select by id.
const LAYOUTS: [(&str, &str, &str, &str); 4] = [
    (
        "rowid, unique 32-byte id, 16-byte document",
        "CREATE TABLE e (n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, document BLOB NOT NULL, header BLOB, signature BLOB, body BLOB);
         CREATE INDEX d ON e (document)",
        "INSERT INTO e (id, document, header, signature, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        "SELECT body FROM e WHERE id = ?1",
    ),
    (
        "without rowid on the 32-byte id, 16-byte document",
        "CREATE TABLE e (id BLOB PRIMARY KEY, document BLOB NOT NULL, header BLOB, signature BLOB, body BLOB) WITHOUT ROWID;
         CREATE INDEX d ON e (document)",
        "INSERT INTO e (id, document, header, signature, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        "SELECT body FROM e WHERE id = ?1",
    ),
    (
        "the id's first 8 bytes as integer key, the document's as index",
        "CREATE TABLE e (n INTEGER PRIMARY KEY, id BLOB NOT NULL, document BLOB NOT NULL, d INTEGER NOT NULL, header BLOB, signature BLOB, body BLOB);
         CREATE INDEX d ON e (d)",
        "INSERT INTO e (n, d, id, document, header, signature, body) VALUES (?6, ?7, ?1, ?2, ?3, ?4, ?5)",
        "SELECT body FROM e WHERE n = ?2 AND id = ?1",
    ),
    (
        "rowid, indexes on the first 8 bytes of id and document",
        "CREATE TABLE e (n INTEGER PRIMARY KEY, i INTEGER NOT NULL, d INTEGER NOT NULL, id BLOB NOT NULL, document BLOB NOT NULL, header BLOB, signature BLOB, body BLOB);
         CREATE INDEX i ON e (i); CREATE INDEX d ON e (d)",
        "INSERT INTO e (i, d, id, document, header, signature, body) VALUES (?6, ?7, ?1, ?2, ?3, ?4, ?5)",
        "SELECT body FROM e WHERE i = ?2 AND id = ?1",
    ),
];

/// Rows stored in a transaction of their own, each durable.
const SINGLES: u32 = 300;

fn random(state: &mut u64, bytes: &mut [u8]) {
    for byte in bytes {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *byte = *state as u8;
    }
}

fn prefix(id: &[u8]) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&id[..8]);
    i64::from_be_bytes(first)
}

fn main() -> Result<(), Box<dyn Error>> {
    let rows: usize = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    println!("{:<64} {:>6} {:>9} {:>9} {:>9} {:>10}", "layout", "page", "cache", "rows/s", "reads/s", "one row");
    let only = std::env::args().nth(2).unwrap_or_default();
    for (name, table, insert, select) in LAYOUTS.into_iter().filter(|layout| layout.0.contains(&only)) {
        for page in [4096, 8192, 16384] {
            for cache_mib in [2, 16] {
                let folder = tempfile::tempdir()?;
                let mut connection = Connection::open(folder.path().join("store.db"))?;
                connection.execute_batch(&format!(
                    "PRAGMA key = \"x'{}'\"; PRAGMA cipher_page_size = {page}; PRAGMA journal_mode = WAL;
                     PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
                     PRAGMA cache_size = -{}; PRAGMA temp_store = MEMORY; {table}",
                    "07".repeat(32),
                    cache_mib * 1024
                ))?;
                let mut state = 0x9e37_79b9_7f4a_7c15;
                let mut ids = vec![[0u8; 48]; rows];
                ids.iter_mut().for_each(|id| random(&mut state, id));
                let (mut header, signature, mut body) = (vec![0u8; 250], vec![1u8; 64], vec![0u8; 380]);
                random(&mut state, &mut header);
                random(&mut state, &mut body);
                let start = Instant::now();
                for some in ids.chunks(1000) {
                    let transaction = connection.transaction()?;
                    let mut statement = transaction.prepare_cached(insert)?;
                    for id in some {
                        let (id, document) = id.split_at(32);
                        let given = params![id, document, header, signature, body, prefix(id), prefix(document)];
                        let used = statement.parameter_count();
                        match used {
                            5 => statement.execute(params![id, document, header, signature, body])?,
                            _ => statement.execute(given)?,
                        };
                    }
                    drop(statement);
                    transaction.commit()?;
                }
                let stored = rows as f64 / start.elapsed().as_secs_f64();
                let start = Instant::now();
                for _ in 0..SINGLES {
                    let mut id = [0; 48];
                    random(&mut state, &mut id);
                    let (id, document) = id.split_at(32);
                    let mut statement = connection.prepare_cached(insert)?;
                    match statement.parameter_count() {
                        5 => statement.execute(params![id, document, header, signature, body])?,
                        _ => statement.execute(params![
                            id,
                            document,
                            header,
                            signature,
                            body,
                            prefix(id),
                            prefix(document)
                        ])?,
                    };
                }
                let single = start.elapsed().as_micros() / u128::from(SINGLES);
                ids.sort_unstable();
                let start = Instant::now();
                let mut statement = connection.prepare(select)?;
                for id in &ids {
                    let id = &id[..32];
                    let found: Vec<u8> = match statement.parameter_count() {
                        1 => statement.query_row([id], |row| row.get(0))?,
                        _ => statement.query_row(params![id, prefix(id)], |row| row.get(0))?,
                    };
                    assert_eq!(found.len(), 380);
                }
                let read = rows as f64 / start.elapsed().as_secs_f64();
                println!("{name:<64} {page:>6} {cache_mib:>5} MiB {stored:>9.0} {read:>9.0} {single:>7} us");
            }
        }
    }
    Ok(())
}
