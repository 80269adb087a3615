//! The audit log: lines are added, never changed.

use casework::Result;
use casework::people::PersonId;
use casework::ports::{Audit, AuditLine};
use rusqlite::params;
use schemas::time::Timestamp;

use crate::rows::{Cells, seconds};
use crate::tx::Tx;

fn line(cells: &mut Cells<'_>) -> Result<AuditLine> {
    Ok(AuditLine { at: cells.time()?, actor: cells.get()?, action: cells.get()?, detail: cells.get()? })
}

impl Audit for Tx<'_> {
    fn audit(
        &mut self,
        at: Timestamp,
        actor: &str,
        action: &str,
        person: Option<PersonId>,
        detail: &str,
    ) -> Result<()> {
        self.run(
            "INSERT INTO audit (at, actor, action, person, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![seconds(at), actor, action, person.map(|id| id.0), detail],
        )?;
        Ok(())
    }

    fn is_audited_after(
        &mut self,
        since: Timestamp,
        actor: &str,
        action: &str,
        person: Option<PersonId>,
        detail: &str,
    ) -> Result<bool> {
        // By number, which goes up with time, only the newest are looked at.
        let sql = "SELECT 1 FROM (SELECT * FROM audit WHERE person IS ?4 ORDER BY number DESC LIMIT 200)
             WHERE at > ?1 AND actor = ?2 AND action = ?3 AND detail = ?5";
        let found = self.one(sql, params![seconds(since), actor, action, person.map(|id| id.0), detail], |_| Ok(()))?;
        Ok(found.is_some())
    }

    fn audit_newest(&mut self, limit: u32) -> Result<Vec<AuditLine>> {
        self.all("SELECT at, actor, action, detail FROM audit ORDER BY number DESC LIMIT ?1", [limit], line)
    }

    fn audit_about(&mut self, person: PersonId, limit: u32) -> Result<Vec<AuditLine>> {
        self.all(
            "SELECT at, actor, action, detail FROM audit WHERE person = ?1 ORDER BY number DESC LIMIT ?2",
            params![person.0, limit],
            line,
        )
    }
}
