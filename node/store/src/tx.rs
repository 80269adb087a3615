//! One open transaction: the value that implements casework's ports, subject by subject, each
//! in a file of its own.

use casework::Result;
use rusqlite::{Connection, OptionalExtension, Params};

use crate::fault::Stored;
use crate::outbox::Written;
use crate::rows::Cells;

/// One open transaction.
pub struct Tx<'a> {
    connection: &'a Connection,
    pub(crate) written: Option<Written>,
    /// Whether a certificate was kept or let go.
    pub(crate) certified: bool,
}

impl<'a> Tx<'a> {
    /// Over a connection on which the caller opened a transaction.
    pub(crate) fn new(connection: &'a Connection) -> Self {
        Self { connection, written: None, certified: false }
    }

    /// What others hear of once it is durable: the commands that it wrote in the outbox, if any,
    /// and whether a certificate was kept or let go.
    pub(crate) fn news(self) -> (Option<Written>, bool) {
        (self.written, self.certified)
    }

    /// Runs a statement; the number of rows it changed.
    pub(crate) fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.connection.prepare_cached(sql).stored()?.execute(params).stored()
    }

    /// Runs an insert; the number of the new row.
    pub(crate) fn insert(&self, sql: &str, params: impl Params) -> Result<i64> {
        self.run(sql, params)?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Every row of a query, read cell by cell in the order of its columns.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&mut Cells<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql).stored()?;
        let mut rows = statement.query(params).stored()?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().stored()? {
            found.push(read(&mut Cells::new(row))?);
        }
        Ok(found)
    }

    /// The first row of a query, if there is one.
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&mut Cells<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql).stored()?;
        statement.query_row(params, |row| Ok(read(&mut Cells::new(row)))).optional().stored()?.transpose()
    }
}
