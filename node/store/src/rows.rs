//! Reading rows cell by cell, every value parsed again on its way out.

use std::str::FromStr;

use casework::Result;
use rusqlite::Row;
use rusqlite::types::FromSql;
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::time::{Hour, Timestamp};

use crate::fault::{Stored, corrupt};

/// The cells of one row, read from left to right.
pub(crate) struct Cells<'a> {
    row: &'a Row<'a>,
    at: usize,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(row: &'a Row<'a>) -> Self {
        Self { row, at: 0 }
    }

    /// The next cell.
    pub(crate) fn get<T: FromSql>(&mut self) -> Result<T> {
        let value = self.row.get(self.at).stored();
        self.at += 1;
        value
    }

    /// The next cell, a word that is parsed.
    pub(crate) fn parsed<T: FromStr>(&mut self) -> Result<T> {
        self.get::<String>()?.parse().map_err(|_| corrupt())
    }

    /// The next cell, a word that is parsed, or nothing.
    pub(crate) fn parsed_or_none<T: FromStr>(&mut self) -> Result<Option<T>> {
        self.get::<Option<String>>()?.map(|text| text.parse().map_err(|_| corrupt())).transpose()
    }

    /// The next cell, words parted by spaces.
    pub(crate) fn words<T: FromStr, C: FromIterator<T>>(&mut self) -> Result<C> {
        let words = self.get::<String>()?;
        words.split_whitespace().map(|word| word.parse().map_err(|_| corrupt())).collect()
    }

    /// The next cell, a moment.
    pub(crate) fn time(&mut self) -> Result<Timestamp> {
        Ok(Timestamp(u64::try_from(self.get::<i64>()?).map_err(|_| corrupt())?))
    }

    /// The next cell, an hour.
    pub(crate) fn hour(&mut self) -> Result<Hour> {
        Ok(Hour(self.get()?))
    }

    /// The next cell, a document's id.
    pub(crate) fn document(&mut self) -> Result<DocumentId> {
        Ok(DocumentId(self.get()?))
    }

    /// The next cell, a circle's id.
    pub(crate) fn circle(&mut self) -> Result<CircleId> {
        Ok(CircleId(self.get()?))
    }

    /// The next cell, an owner's id.
    pub(crate) fn root(&mut self) -> Result<RootId> {
        Ok(RootId(self.get()?))
    }
}

/// A moment as it is stored.
pub(crate) fn seconds(at: Timestamp) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

/// Words parted by spaces, in order.
pub(crate) fn joined<T: ToString>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().map(|word| word.to_string()).collect::<Vec<_>>().join(" ")
}
