//! Small things that the node's program keeps for itself under a name: what they mean is its
//! own affair. Never anything about a person.

use casework::Result;
use rusqlite::params;

use crate::open::Store;

impl Store {
    /// What is kept under `name`.
    ///
    /// # Errors
    /// A failing store.
    pub fn node_state(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let name = name.to_owned();
        self.in_read(move |tx| {
            tx.one("SELECT bytes FROM node_state WHERE name = ?1", [name], |cells| cells.get::<Vec<u8>>())
        })
    }

    /// Keeps `bytes` under `name` in the place of what was there; durable when it returns.
    ///
    /// # Errors
    /// A failing store.
    pub fn set_node_state(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let (name, bytes) = (name.to_owned(), bytes.to_vec());
        self.in_write(move |tx| {
            tx.run("INSERT OR REPLACE INTO node_state (name, bytes) VALUES (?1, ?2)", params![name, bytes])?;
            Ok(())
        })
    }
}
