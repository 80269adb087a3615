//! Built documents: read by casework, shown and hidden by the replication core.

use std::collections::BTreeMap;

use casework::Result;
use casework::ports::{Document, Documents};
use replication::DocumentView;
use rusqlite::params;
use schemas::ids::{DocumentId, RootId};
use schemas::{Kind, SharedValue};

use crate::fault::corrupt;
use crate::rows::Cells;
use crate::tx::Tx;

const SELECT: &str =
    "SELECT id, kind, circle, owner, value, heads, writers, changed_at, expires_at, clipped FROM documents";

/// A shared value as it is stored.
pub(crate) fn value_text(value: &SharedValue) -> Result<String> {
    value.to_json().map(|json| json.to_string()).map_err(|_| corrupt())
}

/// A stored shared value.
pub(crate) fn value_of(kind: Kind, text: &str) -> Result<SharedValue> {
    let json = serde_json::from_str(text).map_err(|_| corrupt())?;
    SharedValue::from_json(kind, json).map_err(|_| corrupt())
}

/// Heads as one run of bytes.
pub(crate) fn heads_of(bytes: &[u8]) -> Vec<[u8; 32]> {
    bytes.as_chunks::<32>().0.to_vec()
}

fn document(cells: &mut Cells<'_>) -> Result<Document> {
    let id = cells.document()?;
    let kind: Kind = cells.parsed()?;
    Ok(Document {
        id,
        circle: cells.circle()?,
        owner: cells.root()?,
        value: value_of(kind, &cells.get::<String>()?)?,
        heads: heads_of(&cells.get::<Vec<u8>>()?),
        writers: writers(&cells.get::<String>()?)?,
        changed_at: cells.hour()?,
        expires_at: cells.hour()?,
        clipped: cells.get()?,
    })
}

fn writers(text: &str) -> Result<BTreeMap<RootId, u32>> {
    text.split_whitespace()
        .map(|pair| {
            let (root, count) = pair.split_once(':')?;
            Some((root.parse().ok()?, count.parse().ok()?))
        })
        .collect::<Option<_>>()
        .ok_or_else(corrupt)
}

impl Documents for Tx<'_> {
    fn documents(&mut self, kind: Kind) -> Result<Vec<Document>> {
        self.all(&format!("{SELECT} WHERE kind = ?1 ORDER BY id"), [kind.code()], document)
    }

    fn document(&mut self, id: DocumentId) -> Result<Option<Document>> {
        self.one(&format!("{SELECT} WHERE id = ?1"), [id.0], document)
    }
}

impl Tx<'_> {
    /// Inserts or replaces a built state.
    pub(crate) fn show(&self, view: &DocumentView) -> Result<()> {
        let writers: Vec<String> = view.writers.iter().map(|(root, count)| format!("{root}:{count}")).collect();
        self.run(
            "INSERT OR REPLACE INTO documents
             (id, kind, circle, owner, value, heads, writers, changed_at, expires_at, clipped, built)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
                     coalesce((SELECT max(number) FROM envelopes WHERE document = ?1), 0))",
            params![
                view.document.0,
                view.value.kind().code(),
                view.circle.0,
                view.owner.0,
                value_text(&view.value)?,
                view.heads.concat(),
                writers.join(" "),
                view.changed_at.0,
                view.expires_at.0,
                view.clipped
            ],
        )?;
        Ok(())
    }

    /// Removes a built state.
    pub(crate) fn hide(&self, document: DocumentId) -> Result<()> {
        self.run("DELETE FROM documents WHERE id = ?1", [document.0])?;
        Ok(())
    }
}
