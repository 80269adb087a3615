//! Links from pseudonyms to persons, and the sharing ledger.

use casework::Result;
use casework::people::PersonId;
use casework::ports::{LedgerLine, Sharing};
use rusqlite::params;
use schemas::Kind;
use schemas::ids::{CircleId, DocumentId};
use schemas::time::Timestamp;

use crate::rows::seconds;
use crate::tx::Tx;

impl Sharing for Tx<'_> {
    fn link(
        &mut self,
        document: DocumentId,
        person: PersonId,
        kind: Kind,
        circle: CircleId,
        at: Timestamp,
    ) -> Result<()> {
        self.run(
            "INSERT INTO links (document, person, kind, circle, linked_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![document.0, person.0, kind.code(), circle.0, seconds(at)],
        )?;
        Ok(())
    }

    fn live_card(&mut self, person: PersonId) -> Result<Option<DocumentId>> {
        self.one(
            "SELECT document FROM links WHERE person = ?1 AND ended_at IS NULL
             AND kind IN ('mentor_offer', 'match_request')",
            [person.0],
            |cells| cells.document(),
        )
    }

    fn live_cards(&mut self) -> Result<Vec<(DocumentId, PersonId)>> {
        self.all(
            "SELECT document, person FROM links WHERE ended_at IS NULL
             AND kind IN ('mentor_offer', 'match_request') ORDER BY document",
            [],
            |cells| Ok((cells.document()?, PersonId(cells.get()?))),
        )
    }

    fn person_behind(&mut self, document: DocumentId) -> Result<Option<PersonId>> {
        self.one("SELECT person FROM links WHERE document = ?1", [document.0], |cells| Ok(PersonId(cells.get()?)))
    }

    fn documents_about(&mut self, person: PersonId) -> Result<Vec<DocumentId>> {
        self.all("SELECT document FROM links WHERE person = ?1 ORDER BY linked_at, document", [person.0], |cells| {
            cells.document()
        })
    }

    fn end_link(&mut self, document: DocumentId, at: Timestamp) -> Result<()> {
        self.run(
            "UPDATE links SET ended_at = ?2 WHERE document = ?1 AND ended_at IS NULL",
            params![document.0, seconds(at)],
        )?;
        Ok(())
    }

    fn linked_circle(&mut self, document: DocumentId) -> Result<Option<CircleId>> {
        self.one("SELECT circle FROM links WHERE document = ?1", [document.0], |cells| cells.circle())
    }

    fn unbacked(&mut self, kinds: &[Kind]) -> Result<Vec<(DocumentId, CircleId)>> {
        let kinds: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.code())).collect();
        // A card that was withdrawn has nobody behind it; a half of a match keeps its person.
        let sql = format!(
            "SELECT id, circle FROM documents d WHERE kind IN ({}) AND owner = (SELECT root FROM identity)
             AND NOT EXISTS (SELECT 1 FROM links WHERE document = d.id
                             AND (ended_at IS NULL OR d.kind NOT IN ('mentor_offer', 'match_request')))
             AND NOT EXISTS (SELECT 1 FROM incoming_proposals WHERE answer = d.id AND mentor IS NULL
                             AND stage LIKE 'refused%')
             AND NOT EXISTS (SELECT 1 FROM outbox WHERE document = d.id AND refused IS NULL)
             ORDER BY id",
            kinds.join(", ")
        );
        self.all(&sql, [], |cells| Ok((cells.document()?, cells.circle()?)))
    }

    fn came_back(&mut self) -> Result<Vec<DocumentId>> {
        self.all(
            "SELECT d.id FROM erasures CROSS JOIN documents d
                    ON d.id = erasures.document AND d.owner = (SELECT root FROM identity)
             WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE document = d.id AND refused IS NULL)
             ORDER BY d.id",
            [],
            |cells| cells.document(),
        )
    }

    fn erased_cards(&mut self) -> Result<Vec<DocumentId>> {
        self.all(
            "SELECT document FROM links WHERE ended_at IS NULL AND kind IN ('mentor_offer', 'match_request')
             AND EXISTS (SELECT 1 FROM erased_documents e WHERE e.document = links.document
                         AND e.owner IN ((SELECT root FROM identity), x'')) ORDER BY document",
            [],
            |cells| cells.document(),
        )
    }

    fn add_erasure(&mut self, document: DocumentId, at: Timestamp) -> Result<()> {
        self.run(
            "INSERT OR IGNORE INTO erasures (document, asked_at) VALUES (?1, ?2)",
            params![document.0, seconds(at)],
        )?;
        self.run("DELETE FROM outbox WHERE document = ?1 AND refused IS NOT NULL", [document.0])?;
        Ok(())
    }

    fn add_ledger(&mut self, line: &LedgerLine) -> Result<()> {
        self.run(
            "INSERT INTO ledger (person, at, event, document, recipients, consent, what, by, quasi)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                line.person.0,
                seconds(line.at),
                line.event,
                line.document.map(|id| id.0),
                line.recipients,
                line.consent,
                line.what,
                line.by,
                line.quasi
            ],
        )?;
        Ok(())
    }

    fn ledger(&mut self, person: PersonId) -> Result<Vec<LedgerLine>> {
        self.all(
            "SELECT at, event, document, recipients, consent, what, by, quasi FROM ledger
             WHERE person = ?1 ORDER BY number",
            [person.0],
            |cells| {
                Ok(LedgerLine {
                    person,
                    at: cells.time()?,
                    event: cells.get()?,
                    document: cells.get::<Option<[u8; 16]>>()?.map(DocumentId),
                    recipients: cells.get()?,
                    consent: cells.get()?,
                    what: cells.get()?,
                    by: cells.get()?,
                    quasi: cells.get()?,
                })
            },
        )
    }
}
