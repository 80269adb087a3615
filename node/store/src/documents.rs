//! Built documents: read by casework, shown and hidden by the replication core.

use std::collections::BTreeMap;

use casework::Result;
use casework::ports::{Document, Documents, Hold, PageDraft, Proof};
use replication::{DocumentView, Draft, Lost};
use rusqlite::params;
use schemas::ids::{DocumentId, RootId};
use schemas::time::Hour;
use schemas::{Kind, SharedValue};

use crate::fault::corrupt;
use crate::partner_life::SUSPENDED;
use crate::rows::{Cells, seconds};
use crate::tx::Tx;

const SELECT: &str =
    "SELECT id, kind, circle, owner, value, heads, writers, changed_at, expires_at, clipped, held_by, held_until, forked
     FROM documents";

/// A shared value as it is stored.
pub(crate) fn value_text(value: &SharedValue) -> Result<String> {
    value.to_text().map_err(|_| corrupt())
}

/// A stored shared value.
pub(crate) fn value_of(kind: Kind, text: &str) -> Result<SharedValue> {
    SharedValue::from_text(kind, text).map_err(|_| corrupt())
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
        held: cells
            .get::<Option<[u8; 32]>>()?
            .zip(cells.get::<Option<u32>>()?)
            .map(|(by, until)| Hold { by: RootId(by), until: Hour(until) }),
        forked: heads_of(&cells.get::<Vec<u8>>()?).into_iter().map(RootId).collect(),
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
        let sql = format!("{SELECT} WHERE kind = ?1 AND owner NOT IN ({SUSPENDED}) ORDER BY id, owner");
        self.all(&sql, [kind.code()], document)
    }

    fn document(&mut self, id: DocumentId) -> Result<Option<Document>> {
        // Should another owner have taken the id, the one that was here first is meant; this
        // municipality's own before all.
        let own = "owner = (SELECT root FROM identity)";
        let sql = format!("{SELECT} WHERE id = ?1 AND owner NOT IN ({SUSPENDED}) ORDER BY {own} DESC, number LIMIT 1");
        self.one(&sql, [id.0], document)
    }

    fn document_of(&mut self, owner: RootId, id: DocumentId) -> Result<Option<Document>> {
        let sql = format!("{SELECT} WHERE id = ?1 AND owner = ?2 AND owner NOT IN ({SUSPENDED})");
        self.one(&sql, [&id.0[..], &owner.0[..]], document)
    }

    fn is_missing(&mut self, id: DocumentId) -> Result<bool> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM documents WHERE id = ?1 AND owner = (SELECT root FROM identity))
                   AND NOT EXISTS (SELECT 1 FROM outbox WHERE document = ?1 AND refused IS NULL)
                   AND NOT EXISTS (SELECT 1 FROM erased_documents WHERE document = ?1
                                   AND owner IN ((SELECT root FROM identity), x''))";
        Ok(self.one(sql, [id.0], |cells| cells.get())?.unwrap_or(false))
    }

    fn replaced_by(&mut self, id: DocumentId) -> Result<Option<DocumentId>> {
        self.one("SELECT by FROM replaced WHERE document = ?1 ORDER BY owner LIMIT 1", [id.0], |cells| cells.document())
    }

    fn replaces(&mut self, id: DocumentId) -> Result<Option<DocumentId>> {
        self.one("SELECT document FROM replaced WHERE by = ?1 ORDER BY owner LIMIT 1", [id.0], |cells| cells.document())
    }

    fn proofs(&mut self) -> Result<Vec<Proof>> {
        self.all("SELECT author, document, kind FROM proofs ORDER BY number", [], |cells| {
            Ok(Proof { author: cells.root()?, document: cells.document()?, kind: cells.parsed()? })
        })
    }

    fn page_drafts(&mut self) -> Result<Vec<PageDraft>> {
        let sql = "SELECT number, document, owner, base, typed, why, at FROM drafts_of_pages
                   WHERE typed IS NOT NULL ORDER BY number";
        self.all(sql, [], |cells| {
            let number = cells.get()?;
            let (document, owner) = (cells.document()?, cells.root()?);
            let (base, typed): (String, String) = (cells.get()?, cells.get()?);
            Ok(PageDraft {
                number,
                document,
                owner,
                base: value_of(Kind::Resource, &base)?,
                typed: value_of(Kind::Resource, &typed)?,
                why: cells.get()?,
                at: cells.time()?,
            })
        })
    }

    fn drop_page_draft(&mut self, number: i64) -> Result<()> {
        self.run("UPDATE drafts_of_pages SET base = NULL, typed = NULL WHERE number = ?1", [number])?;
        Ok(())
    }
}

impl Tx<'_> {
    /// Inserts or replaces a built state.
    pub(crate) fn show(&self, view: &DocumentView) -> Result<()> {
        let writers: Vec<String> = view.writers.iter().map(|(root, count)| format!("{root}:{count}")).collect();
        self.run(
            "INSERT INTO documents
             (id, kind, circle, owner, value, heads, writers, changed_at, expires_at, clipped, held_by, held_until, forked,
              built)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
                     coalesce((SELECT max(number) FROM envelopes WHERE document = ?1), 0))
             ON CONFLICT (id, owner) DO UPDATE SET
             circle = excluded.circle, value = excluded.value, heads = excluded.heads,
             writers = excluded.writers, changed_at = excluded.changed_at, expires_at = excluded.expires_at,
             clipped = excluded.clipped, held_by = excluded.held_by, held_until = excluded.held_until,
             forked = excluded.forked, built = excluded.built",
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
                view.clipped,
                view.held.map(|held| held.by.0),
                view.held.map(|held| held.until.0),
                view.forked.iter().map(|root| root.0).collect::<Vec<_>>().concat(),
            ],
        )?;
        // Apart: the index by kind would be written anew with every state, and hardly one changes.
        self.run(
            "UPDATE documents SET kind = ?3 WHERE id = ?1 AND owner = ?2 AND kind <> ?3",
            params![view.document.0, view.owner.0, view.value.kind().code()],
        )?;
        Ok(())
    }

    /// Removes a built state.
    pub(crate) fn hide(&self, owner: RootId, document: DocumentId) -> Result<()> {
        self.run("DELETE FROM documents WHERE id = ?1 AND owner = ?2", [&document.0[..], &owner.0[..]])?;
        Ok(())
    }

    /// Keeps what somebody typed, unless it was kept before.
    pub(crate) fn keep_draft(&self, draft: &Draft) -> Result<()> {
        let why = match draft.why {
            Lost::Cut => "cut",
            Lost::Forked => "forked",
            Lost::Full => "full",
            Lost::Replaced => "replaced",
            Lost::Retired => "retired",
            Lost::LeftOut => "left-out",
            Lost::Parted => "parted",
            Lost::Ended => "ended",
        };
        self.run(
            "INSERT OR IGNORE INTO drafts_of_pages (change, document, owner, base, typed, why, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                draft.change,
                draft.document.0,
                draft.owner.0,
                value_text(&draft.base)?,
                value_text(&draft.typed)?,
                why,
                seconds(draft.at)
            ],
        )?;
        Ok(())
    }

    /// Keeps a proof, once.
    pub(crate) fn keep_proof(&self, proof: &replication::api::Proof) -> Result<()> {
        self.run(
            "INSERT OR IGNORE INTO proofs (author, document, kind, first, second) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![proof.author.0, proof.document.0, proof.kind.code(), proof.first, proof.second],
        )?;
        Ok(())
    }

    /// Notes which document took the place of another.
    pub(crate) fn keep_replaced(&self, owner: RootId, document: DocumentId, by: DocumentId) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO replaced (document, owner, by) VALUES (?1, ?2, ?3)",
            params![document.0, owner.0, by.0],
        )?;
        Ok(())
    }
}
