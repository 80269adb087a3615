//! Up to where this node and its partners are in step.

use casework::Result;
use replication::api::Cursor;
use rusqlite::params;
use schemas::ids::{CircleId, RootId};

use crate::open::Store;
use crate::tx::Tx;

impl Tx<'_> {
    /// Keeps that both were in step when the newest envelope was stored. What comes after has a
    /// higher number, also when that one was deleted.
    pub(crate) fn keep_cursor(
        &self,
        partner: RootId,
        circle: CircleId,
        store: &[u8; 16],
        known: &[u8; 16],
    ) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO cursors (partner, circle, store, known, number)
             VALUES (?1, ?2, ?3, ?4, (SELECT ifnull(max(number), 0) FROM envelopes))",
            params![partner.0, circle.0, store, known],
        )?;
        Ok(())
    }
}

impl Store {
    /// Every cursor.
    ///
    /// # Errors
    /// A failing store.
    pub fn cursors(&self) -> Result<Vec<Cursor>> {
        self.in_read(|tx| {
            tx.all("SELECT partner, circle, store, known, number FROM cursors", [], |cells| {
                Ok(Cursor {
                    partner: cells.root()?,
                    circle: cells.circle()?,
                    store: cells.get()?,
                    known: cells.get()?,
                    number: cells.get::<i64>()?.unsigned_abs(),
                })
            })
        })
    }
}
