//! Duos with their meetings, plans and notes.

use casework::Result;
use casework::people::PersonId;
use casework::ports_matches::{Duo, DuoId, DuoLine, DuoNote, Duos, Meeting, PlanItem};
use rusqlite::params;
use schemas::ids::{DocumentId, RootId};
use schemas::time::Date;

use crate::rows::Cells;
use crate::tx::Tx;

const SELECT: &str = "SELECT id, proposal, partner, newcomer, mentor, stage, newcomer_said,
     mentor_said, progress, leads, matched_on, running_since, ended_on FROM duos";

fn duo(cells: &mut Cells<'_>) -> Result<Duo> {
    Ok(Duo {
        id: DuoId(cells.get()?),
        proposal: cells.get::<Option<[u8; 16]>>()?.map(DocumentId),
        partner: cells.get::<Option<[u8; 32]>>()?.map(RootId),
        newcomer: cells.get::<Option<i64>>()?.map(PersonId),
        mentor: cells.get::<Option<i64>>()?.map(PersonId),
        stage: cells.parsed()?,
        newcomer_said: cells.get()?,
        mentor_said: cells.get()?,
        progress: cells.get::<Option<[u8; 16]>>()?.map(DocumentId),
        leads: cells.get()?,
        matched_on: cells.parsed()?,
        running_since: cells.parsed_or_none()?,
        ended_on: cells.parsed_or_none()?,
    })
}

fn day(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}

impl Duos for Tx<'_> {
    fn insert_duo(&mut self, duo: &Duo) -> Result<DuoId> {
        self.insert(
            "INSERT INTO duos (proposal, partner, newcomer, mentor, stage, newcomer_said, mentor_said,
                 progress, leads, matched_on, running_since, ended_on)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                duo.proposal.map(|id| id.0),
                duo.partner.map(|id| id.0),
                duo.newcomer.map(|id| id.0),
                duo.mentor.map(|id| id.0),
                duo.stage.code(),
                duo.newcomer_said,
                duo.mentor_said,
                duo.progress.map(|id| id.0),
                duo.leads,
                duo.matched_on.to_string(),
                day(duo.running_since),
                day(duo.ended_on)
            ],
        )
        .map(DuoId)
    }

    fn update_duo(&mut self, duo: &Duo) -> Result<()> {
        self.run(
            "UPDATE duos SET stage = ?2, newcomer_said = ?3, mentor_said = ?4, progress = ?5,
                 running_since = ?6, ended_on = ?7 WHERE id = ?1",
            params![
                duo.id.0,
                duo.stage.code(),
                duo.newcomer_said,
                duo.mentor_said,
                duo.progress.map(|id| id.0),
                day(duo.running_since),
                day(duo.ended_on)
            ],
        )?;
        Ok(())
    }

    fn duo(&mut self, id: DuoId) -> Result<Option<Duo>> {
        self.one(&format!("{SELECT} WHERE id = ?1"), [id.0], duo)
    }

    fn duos(&mut self) -> Result<Vec<Duo>> {
        self.all(&format!("{SELECT} ORDER BY matched_on DESC, id DESC"), [], duo)
    }

    fn add_meeting(&mut self, duo: DuoId, meeting: &Meeting) -> Result<i64> {
        self.insert(
            "INSERT INTO duo_meetings (duo, met_on, minutes, theme, by) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![duo.0, meeting.on.to_string(), meeting.minutes, meeting.theme, meeting.by],
        )
    }

    fn meetings(&mut self, duo: DuoId) -> Result<Vec<Meeting>> {
        self.all(
            "SELECT number, met_on, minutes, theme, by FROM duo_meetings WHERE duo = ?1 ORDER BY met_on, number",
            [duo.0],
            |cells| {
                Ok(Meeting {
                    id: cells.get()?,
                    on: cells.parsed()?,
                    minutes: cells.get()?,
                    theme: cells.get()?,
                    by: cells.get()?,
                })
            },
        )
    }

    fn add_plan_item(&mut self, duo: DuoId, item: &PlanItem) -> Result<i64> {
        self.insert(
            "INSERT INTO duo_plan (duo, kind, text, due, done_on) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![duo.0, item.kind.to_string(), item.text, day(item.due), day(item.done_on)],
        )
    }

    fn set_plan_done(&mut self, duo: DuoId, item: i64, done_on: Option<Date>) -> Result<bool> {
        let changed = self.run(
            "UPDATE duo_plan SET done_on = ?3 WHERE duo = ?1 AND number = ?2",
            params![duo.0, item, day(done_on)],
        )?;
        Ok(changed == 1)
    }

    fn plan(&mut self, duo: DuoId) -> Result<Vec<PlanItem>> {
        self.all(
            "SELECT number, kind, text, due, done_on FROM duo_plan WHERE duo = ?1 ORDER BY number",
            [duo.0],
            |cells| {
                Ok(PlanItem {
                    id: cells.get()?,
                    kind: cells.parsed()?,
                    text: cells.get()?,
                    due: cells.parsed_or_none()?,
                    done_on: cells.parsed_or_none()?,
                })
            },
        )
    }

    fn add_duo_note(&mut self, duo: DuoId, note: &DuoNote) -> Result<i64> {
        self.insert(
            "INSERT INTO duo_notes (duo, kind, noted_on, text, by) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![duo.0, note.kind.to_string(), note.on.to_string(), note.text, note.by],
        )
    }

    fn duo_notes(&mut self, duo: DuoId) -> Result<Vec<DuoNote>> {
        self.all(
            "SELECT number, kind, noted_on, text, by FROM duo_notes WHERE duo = ?1 ORDER BY noted_on, number",
            [duo.0],
            |cells| {
                Ok(DuoNote {
                    id: cells.get()?,
                    kind: cells.parsed()?,
                    on: cells.parsed()?,
                    text: cells.get()?,
                    by: cells.get()?,
                })
            },
        )
    }

    fn delete_duo_line(&mut self, duo: DuoId, line: DuoLine) -> Result<bool> {
        let (table, number) = match line {
            DuoLine::Meeting(number) => ("duo_meetings", number),
            DuoLine::PlanItem(number) => ("duo_plan", number),
            DuoLine::Note(number) => ("duo_notes", number),
        };
        let sql = format!("DELETE FROM {table} WHERE duo = ?1 AND number = ?2");
        Ok(self.run(&sql, params![duo.0, number])? == 1)
    }
}
