//! Receipts of erasures that came, are awaited, and are owed.

use std::collections::BTreeMap;

use casework::Result;
use casework::receipts::{Awaited, Receipts};
use rusqlite::params;
use schemas::envelope::{Content, Header};
use schemas::ids::{DocumentId, RootId};
use schemas::time::Timestamp;

use crate::partner_life::SUSPENDED;
use crate::rows::{Cells, seconds};
use crate::tx::Tx;

const SELECT: &str = "SELECT document, partner, asked_at, received_at FROM receipts_awaited";

fn awaited(cells: &mut Cells<'_>) -> Result<Awaited> {
    Ok(Awaited {
        document: cells.document()?,
        partner: cells.root()?,
        asked_at: cells.time()?,
        received_at: cells.get::<Option<i64>>()?.map(|at| Timestamp(at.unsigned_abs())),
    })
}

impl Receipts for Tx<'_> {
    fn await_receipts(&mut self, document: DocumentId, at: Timestamp) -> Result<()> {
        self.run(
            "INSERT OR IGNORE INTO receipts_awaited (document, partner, asked_at)
             SELECT l.document, m.root, ?2 FROM links l JOIN circle_members m ON m.circle = l.circle
             WHERE l.document = ?1 AND m.root <> (SELECT root FROM identity)",
            params![document.0, seconds(at)],
        )?;
        Ok(())
    }

    fn receipts_awaited(&mut self) -> Result<Vec<Awaited>> {
        self.all(&format!("{SELECT} ORDER BY asked_at DESC, document, partner"), [], awaited)
    }

    fn receipts_for(&mut self, document: DocumentId) -> Result<Vec<Awaited>> {
        self.all(&format!("{SELECT} WHERE document = ?1 ORDER BY partner"), [document.0], awaited)
    }

    fn take_receipt(&mut self, partner: RootId, documents: &[DocumentId], at: Timestamp, note: &[u8]) -> Result<usize> {
        let number = self.insert("INSERT INTO receipts (partner, note) VALUES (?1, ?2)", params![partner.0, note])?;
        let mut taken = 0;
        for document in documents {
            taken += self.run(
                "UPDATE receipts_awaited SET received_at = ?3, receipt = ?4
                 WHERE document = ?1 AND partner = ?2 AND received_at IS NULL",
                params![document.0, partner.0, seconds(at), number],
            )?;
        }
        if taken == 0 {
            self.run("DELETE FROM receipts WHERE number = ?1", [number])?;
        }
        Ok(taken)
    }

    fn receipts_owed(&mut self, limit: usize) -> Result<Vec<(RootId, Vec<DocumentId>)>> {
        let owners = self.all(
            &format!(
                "SELECT DISTINCT owner FROM receipts_owed WHERE given_at IS NULL
                 AND owner IN (SELECT root FROM partners) AND owner NOT IN ({SUSPENDED}) ORDER BY owner"
            ),
            [],
            |cells| cells.root(),
        )?;
        let mut owed = Vec::new();
        for owner in owners {
            let documents = self.all(
                "SELECT document FROM receipts_owed WHERE given_at IS NULL AND owner = ?1
                 AND document NOT IN (SELECT proposal FROM received_sheets) ORDER BY document LIMIT ?2",
                params![owner.0, i64::try_from(limit).unwrap_or(i64::MAX)],
                |cells| cells.document(),
            )?;
            if !documents.is_empty() {
                owed.push((owner, documents));
            }
        }
        Ok(owed)
    }

    fn receipt_given(&mut self, owner: RootId, documents: &[DocumentId], at: Timestamp) -> Result<()> {
        for document in documents {
            self.run(
                "UPDATE receipts_owed SET given_at = ?3 WHERE owner = ?1 AND document = ?2",
                params![owner.0, document.0, seconds(at)],
            )?;
        }
        Ok(())
    }

    fn forget_given(&mut self, before: Timestamp) -> Result<()> {
        self.run("DELETE FROM receipts_owed WHERE given_at < ?1", [seconds(before)])?;
        Ok(())
    }

    fn owe_again(&mut self, owner: RootId) -> Result<()> {
        self.run("UPDATE receipts_owed SET given_at = NULL WHERE owner = ?1", [owner.0])?;
        Ok(())
    }

    fn receipt_counts(&mut self) -> Result<BTreeMap<RootId, (u64, u64)>> {
        let sql = "SELECT partner, count(received_at), count(*) - count(received_at) FROM receipts_awaited
                   GROUP BY partner ORDER BY partner";
        let count = |cells: &mut Cells<'_>| Ok(cells.get::<i64>()?.unsigned_abs());
        let rows = self.all(sql, [], |cells| Ok((cells.root()?, (count(cells)?, count(cells)?))))?;
        Ok(rows.into_iter().collect())
    }
}

impl Tx<'_> {
    /// An erasure that is kept owes its owner a receipt: in the same transaction everything else
    /// of the document goes.
    pub(crate) fn owe_receipt(&self, header: &Header) -> Result<()> {
        if header.content == Content::Erased {
            self.run(
                "INSERT OR IGNORE INTO receipts_owed (document, owner)
                 SELECT ?1, ?2 WHERE ?2 <> (SELECT root FROM identity)",
                params![header.document.0, header.owner.0],
            )?;
        }
        Ok(())
    }
}
