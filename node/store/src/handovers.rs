//! One-time keys, contact sheets under way and contact sheets received.

use casework::Result;
use casework::people::PersonId;
use casework::ports_matches::{ContactSheet, Handovers, OneTimeKey, OutgoingHandover, ReceivedSheet};
use rusqlite::params;
use schemas::ids::DocumentId;
use schemas::language::Language;

use crate::rows::{Cells, seconds};
use crate::tx::Tx;

const OUTGOING: &str =
    "SELECT proposal, partner, person, sealed_to, message, stage, changed_at FROM outgoing_handovers";

fn outgoing(cells: &mut Cells<'_>) -> Result<OutgoingHandover> {
    Ok(OutgoingHandover {
        proposal: cells.document()?,
        partner: cells.root()?,
        person: PersonId(cells.get()?),
        sealed_to: cells.get()?,
        message: cells.get()?,
        stage: cells.parsed()?,
        changed_at: cells.time()?,
    })
}

impl Handovers for Tx<'_> {
    fn put_one_time_key(&mut self, proposal: DocumentId, key: &OneTimeKey) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO one_time_keys (proposal, private, public) VALUES (?1, ?2, ?3)",
            params![proposal.0, key.private, key.public],
        )?;
        Ok(())
    }

    fn one_time_key(&mut self, proposal: DocumentId) -> Result<Option<OneTimeKey>> {
        self.one("SELECT private, public FROM one_time_keys WHERE proposal = ?1", [proposal.0], |cells| {
            Ok(OneTimeKey { private: cells.get()?, public: cells.get()? })
        })
    }

    fn destroy_one_time_key(&mut self, proposal: DocumentId) -> Result<()> {
        self.run("DELETE FROM one_time_keys WHERE proposal = ?1", [proposal.0])?;
        Ok(())
    }

    fn put_handover(&mut self, handover: &OutgoingHandover) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO outgoing_handovers
             (proposal, partner, person, sealed_to, message, stage, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                handover.proposal.0,
                handover.partner.0,
                handover.person.0,
                handover.sealed_to,
                handover.message,
                handover.stage.to_string(),
                seconds(handover.changed_at)
            ],
        )?;
        Ok(())
    }

    fn handover(&mut self, proposal: DocumentId) -> Result<Option<OutgoingHandover>> {
        self.one(&format!("{OUTGOING} WHERE proposal = ?1"), [proposal.0], outgoing)
    }

    fn handovers(&mut self) -> Result<Vec<OutgoingHandover>> {
        self.all(&format!("{OUTGOING} ORDER BY rowid"), [], outgoing)
    }

    fn put_sheet(&mut self, sheet: &ReceivedSheet) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO received_sheets
             (proposal, sender, name, phone, email, language, digest, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                sheet.proposal.0,
                sheet.from.0,
                sheet.sheet.name,
                sheet.sheet.phone,
                sheet.sheet.email,
                sheet.sheet.language.map(Language::code),
                sheet.digest,
                seconds(sheet.received_at)
            ],
        )?;
        Ok(())
    }

    fn sheet(&mut self, proposal: DocumentId) -> Result<Option<ReceivedSheet>> {
        self.one(
            "SELECT sender, name, phone, email, language, digest, received_at FROM received_sheets
             WHERE proposal = ?1",
            [proposal.0],
            |cells| {
                Ok(ReceivedSheet {
                    proposal,
                    from: cells.root()?,
                    sheet: ContactSheet {
                        name: cells.get()?,
                        phone: cells.get()?,
                        email: cells.get()?,
                        language: cells.parsed_or_none()?,
                    },
                    digest: cells.get()?,
                    received_at: cells.time()?,
                })
            },
        )
    }

    fn delete_sheet(&mut self, proposal: DocumentId) -> Result<()> {
        self.run("DELETE FROM received_sheets WHERE proposal = ?1", [proposal.0])?;
        Ok(())
    }
}
