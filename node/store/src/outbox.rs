//! Commands to the replication core: written with the use case, carried out by the runtime in
//! order, and gone when settled. A refused one stays with its reason.

use std::collections::BTreeSet;

use casework::Result;
use casework::ports::{Outbox, Outgoing};
use rusqlite::params;
use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::time::Hour;
use schemas::{Kind, Refusal, SharedValue};

use crate::documents::{heads_of, value_of, value_text};
use crate::fault::corrupt;
use crate::open::Store;
use crate::rows::Cells;
use crate::tx::Tx;

/// Commands handed to the runtime at once.
const BATCH: u32 = 256;
/// Commands of one transaction that are told; beyond it they are better read.
const TOLD: usize = 64;

const SELECT: &str = "SELECT number, what, document, circle, kind, value, heads, expires_at, other, bar";

/// Commands that one transaction wrote in the outbox.
#[derive(Debug, Default)]
pub struct Written {
    /// The number of the last.
    pub last: i64,
    /// The first 64.
    pub commands: Vec<(i64, Outgoing)>,
}

fn command(cells: &mut Cells<'_>) -> Result<(i64, Outgoing)> {
    let number = cells.get()?;
    let what: String = cells.get()?;
    let document = cells.document()?;
    let circle = cells.get::<Option<[u8; 16]>>()?.map(CircleId);
    let kind: Option<Kind> = cells.parsed_or_none()?;
    let text: Option<String> = cells.get()?;
    let value = kind.zip(text).map(|(kind, text)| value_of(kind, &text)).transpose()?;
    let heads = cells.get::<Option<Vec<u8>>>()?.map(|bytes| heads_of(&bytes));
    let expires_at = cells.get::<Option<u32>>()?.map(Hour);
    let (other, bar): (Option<Vec<u8>>, Option<bool>) = (cells.get()?, cells.get()?);
    let root = |bytes: Option<Vec<u8>>| {
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(RootId).ok_or_else(corrupt)
    };
    let command = match (what.as_str(), circle, value, heads, expires_at) {
        ("publish", Some(circle), Some(value), _, Some(expires_at)) => {
            Outgoing::Publish { circle, document, value, expires_at }
        }
        ("open", Some(circle), Some(value), _, Some(expires_at)) => {
            Outgoing::Open { circle, document, value, expires_at }
        }
        ("edit", _, Some(value), Some(heads), _) => Outgoing::Edit { document, heads, value },
        ("replace", .., Some(expires_at)) => {
            let by = other.as_deref().and_then(|bytes| bytes.try_into().ok()).ok_or_else(corrupt)?;
            Outgoing::Replace { document, by: DocumentId(by), expires_at }
        }
        ("hold", ..) => Outgoing::Hold { owner: root(other)?, document },
        ("cut", ..) => Outgoing::Cut { document, author: root(other)?, bar: bar == Some(true) },
        ("suspend", ..) => Outgoing::Suspend { document, author: root(other)? },
        ("resume", ..) => Outgoing::Resume { document, author: root(other)? },
        ("lift", ..) => Outgoing::Lift { document },
        ("erase", ..) => Outgoing::Erase { document },
        _ => return Err(corrupt()),
    };
    Ok((number, command))
}

/// A command as a row.
struct Row<'a> {
    what: &'static str,
    document: &'a DocumentId,
    circle: Option<&'a CircleId>,
    value: Option<&'a SharedValue>,
    heads: Option<&'a [[u8; 32]]>,
    expires_at: Option<&'a Hour>,
    other: Option<&'a [u8]>,
    bar: Option<bool>,
}

impl<'a> Row<'a> {
    /// The row of a command with its name and document; the rest is empty.
    fn of(command: &'a Outgoing) -> Self {
        let (what, document) = match command {
            Outgoing::Publish { document, .. } => ("publish", document),
            Outgoing::Open { document, .. } => ("open", document),
            Outgoing::Edit { document, .. } => ("edit", document),
            Outgoing::Erase { document } => ("erase", document),
            Outgoing::Hold { document, .. } => ("hold", document),
            Outgoing::Lift { document } => ("lift", document),
            Outgoing::Cut { document, .. } => ("cut", document),
            Outgoing::Suspend { document, .. } => ("suspend", document),
            Outgoing::Resume { document, .. } => ("resume", document),
            Outgoing::Replace { document, .. } => ("replace", document),
        };
        Self { what, document, circle: None, value: None, heads: None, expires_at: None, other: None, bar: None }
    }
}

impl Outbox for Tx<'_> {
    fn enqueue(&mut self, command: &Outgoing) -> Result<i64> {
        let mut row = Row::of(command);
        match command {
            Outgoing::Publish { circle, value, expires_at, .. } | Outgoing::Open { circle, value, expires_at, .. } => {
                (row.circle, row.value, row.expires_at) = (Some(circle), Some(value), Some(expires_at));
            }
            Outgoing::Edit { heads, value, .. } => (row.heads, row.value) = (Some(heads.as_slice()), Some(value)),
            Outgoing::Hold { owner, .. } => row.other = Some(owner.0.as_slice()),
            Outgoing::Cut { author, bar, .. } => (row.other, row.bar) = (Some(author.0.as_slice()), Some(*bar)),
            Outgoing::Suspend { author, .. } | Outgoing::Resume { author, .. } => {
                row.other = Some(author.0.as_slice());
            }
            Outgoing::Replace { by, expires_at, .. } => {
                (row.other, row.expires_at) = (Some(by.0.as_slice()), Some(expires_at));
            }
            Outgoing::Erase { .. } | Outgoing::Lift { .. } => {}
        }
        if matches!(row.what, "publish" | "replace") {
            // What takes the place of a refused word makes that of no use.
            let before = "DELETE FROM outbox WHERE document = ?1 AND what = ?2 AND refused IS NOT NULL";
            self.run(before, params![row.document.0, row.what])?;
        }
        // What was not signed yet is signed no more.
        let unsaid = "DELETE FROM outbox WHERE document = ?1 AND what = 'publish'";
        let takes_back = row.what == "erase" && self.run(unsaid, [row.document.0])? > 0;
        let number = self.insert(
            "INSERT INTO outbox (what, document, circle, kind, value, heads, expires_at, other, bar, never_signed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
                     ?10 AND NOT EXISTS (SELECT 1 FROM envelopes WHERE document = ?2))",
            params![
                row.what,
                row.document.0,
                row.circle.map(|id| id.0),
                row.value.map(|value| value.kind().code()),
                row.value.map(value_text).transpose()?,
                row.heads.map(|heads| heads.concat()),
                row.expires_at.map(|hour| hour.0),
                row.other,
                row.bar,
                takes_back
            ],
        )?;
        let written = self.written.get_or_insert_default();
        written.last = number;
        if written.commands.len() < TOLD {
            written.commands.push((number, command.clone()));
        }
        Ok(number)
    }

    fn waiting(&mut self) -> Result<BTreeSet<DocumentId>> {
        let sql = "SELECT DISTINCT document FROM outbox WHERE refused IS NULL";
        Ok(self.all(sql, [], |cells| cells.document())?.into_iter().collect())
    }

    fn is_to_be_replaced(&mut self, document: DocumentId) -> Result<bool> {
        let sql = "SELECT number FROM outbox WHERE what = 'replace' AND document = ?1 AND refused IS NULL";
        Ok(self.one(sql, [document.0], |cells| cells.get::<i64>())?.is_some())
    }

    fn refused(&mut self) -> Result<Vec<(i64, Outgoing, String)>> {
        let sql = format!("{SELECT}, refused FROM outbox WHERE refused IS NOT NULL ORDER BY number");
        self.all(&sql, [], |cells| {
            let (number, command) = command(cells)?;
            Ok((number, command, cells.get()?))
        })
    }

    fn drop_refused(&mut self, number: i64) -> Result<()> {
        self.run("DELETE FROM outbox WHERE number = ?1 AND refused IS NOT NULL", [number])?;
        Ok(())
    }
}

impl Tx<'_> {
    /// Takes a command out, or leaves it with its refusal. Of what was erased before it was signed
    /// nobody is to sign that it went.
    pub(crate) fn settle(&self, number: u64, outcome: Result<(), Refusal>) -> Result<()> {
        let number = i64::try_from(number).map_err(|_| corrupt())?;
        let Err(why) = outcome else {
            self.run("DELETE FROM outbox WHERE number = ?1", [number])?;
            return Ok(());
        };
        if why == Refusal::NotAllowed {
            self.run(
                "DELETE FROM receipts_awaited WHERE received_at IS NULL
                 AND document = (SELECT document FROM outbox WHERE number = ?1 AND never_signed)",
                [number],
            )?;
            self.run("DELETE FROM outbox WHERE number = ?1 AND never_signed", [number])?;
        }
        self.run("UPDATE outbox SET refused = ?2 WHERE number = ?1", params![number, why.to_string()])?;
        Ok(())
    }
}

impl Store {
    /// Has the one `listener` hear of the commands of each transaction once they are durable, in
    /// order; on the writing thread, which it must not hold up.
    pub fn on_commands(&self, listener: impl Fn(Written) + Send + Sync + 'static) {
        self.writer().tell(Box::new(listener));
    }

    /// Commands after `after` that are neither settled nor refused, oldest first, at most 256.
    ///
    /// # Errors
    /// A failing store.
    pub fn outbox_next(&self, after: i64) -> Result<Vec<(i64, Outgoing)>> {
        self.in_read(|tx| {
            let sql = format!("{SELECT} FROM outbox WHERE number > ?1 AND refused IS NULL ORDER BY number LIMIT ?2");
            tx.all(&sql, params![after, BATCH], command)
        })
    }

    /// Whether a command is settled: done, or refused.
    ///
    /// # Errors
    /// A failing store.
    pub fn is_settled(&self, number: i64) -> Result<bool> {
        self.in_read(|tx| {
            let waiting = "SELECT number FROM outbox WHERE number = ?1 AND refused IS NULL";
            Ok(tx.one(waiting, [number], |cells| cells.get::<i64>())?.is_none())
        })
    }
}
