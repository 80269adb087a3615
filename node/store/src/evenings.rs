//! Evenings of speed-dating.

use casework::Result;
use casework::evenings::ports::{Evening, EveningId, EveningPlan, Evenings, Guest, Meet};
use casework::matching::evening::Choice;
use casework::people::{PersonId, Side};
use rusqlite::params;

use crate::fault::corrupt;
use crate::rows::Cells;
use crate::tx::Tx;

const EVENING: &str = "SELECT id, name, held_on, tables, minutes, most_dates, round FROM evenings";

fn evening(cells: &mut Cells<'_>) -> Result<Evening> {
    Ok(Evening {
        id: EveningId(cells.get()?),
        plan: EveningPlan {
            name: cells.get()?,
            on: cells.parsed()?,
            tables: cells.get()?,
            minutes: cells.get()?,
            most_dates: cells.get()?,
        },
        round: cells.get()?,
    })
}

const CHOICES: [(&str, Choice); 3] = [("no", Choice::No), ("maybe", Choice::Maybe), ("gladly", Choice::Gladly)];

fn word(choice: Option<Choice>) -> Option<&'static str> {
    CHOICES.iter().find(|(_, known)| Some(*known) == choice).map(|(word, _)| *word)
}

fn choice(cells: &mut Cells<'_>) -> Result<Option<Choice>> {
    let Some(word) = cells.get::<Option<String>>()? else { return Ok(None) };
    let known = CHOICES.iter().find(|(known, _)| *known == word);
    known.map(|(_, choice)| Some(*choice)).ok_or_else(corrupt)
}

impl Evenings for Tx<'_> {
    fn insert_evening(&mut self, plan: &EveningPlan) -> Result<EveningId> {
        let number = self.insert(
            "INSERT INTO evenings (name, held_on, tables, minutes, most_dates) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![plan.name, plan.on.to_string(), plan.tables, plan.minutes, plan.most_dates],
        )?;
        Ok(EveningId(number))
    }

    fn evening(&mut self, id: EveningId) -> Result<Option<Evening>> {
        self.one(&format!("{EVENING} WHERE id = ?1"), [id.0], evening)
    }

    fn evenings(&mut self) -> Result<Vec<Evening>> {
        self.all(&format!("{EVENING} ORDER BY held_on DESC, id DESC"), [], evening)
    }

    fn delete_evening(&mut self, id: EveningId) -> Result<()> {
        self.run("DELETE FROM evenings WHERE id = ?1", [id.0])?;
        Ok(())
    }

    fn set_round(&mut self, id: EveningId, round: u32) -> Result<()> {
        self.run("UPDATE evenings SET round = ?2 WHERE id = ?1", params![id.0, round])?;
        Ok(())
    }

    fn add_guest(&mut self, id: EveningId, guest: &Guest, slip_hash: &[u8; 32]) -> Result<()> {
        self.run(
            "INSERT INTO evening_guests (evening, number, side, person, absent, slip_hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![id.0, guest.number, guest.side.code(), guest.person.0, guest.absent, slip_hash],
        )?;
        Ok(())
    }

    fn set_absent(&mut self, id: EveningId, number: u32, absent: bool) -> Result<()> {
        let sql = "UPDATE evening_guests SET absent = ?3 WHERE evening = ?1 AND number = ?2";
        self.run(sql, params![id.0, number, absent])?;
        Ok(())
    }

    fn set_slip(&mut self, id: EveningId, number: u32, slip_hash: &[u8; 32]) -> Result<()> {
        let sql = "UPDATE evening_guests SET slip_hash = ?3, slips_made = slips_made + 1
                   WHERE evening = ?1 AND number = ?2";
        self.run(sql, params![id.0, number, slip_hash])?;
        Ok(())
    }

    fn slip_opener(&mut self, id: EveningId, number: u32) -> Result<Option<([u8; 32], u32)>> {
        let sql = "SELECT slip_hash, slips_made FROM evening_guests WHERE evening = ?1 AND number = ?2";
        self.one(sql, params![id.0, number], |cells| Ok((cells.get()?, cells.get()?)))
    }

    fn guests(&mut self, id: EveningId) -> Result<Vec<Guest>> {
        let sql = "SELECT number, side, person, absent FROM evening_guests WHERE evening = ?1 ORDER BY number";
        self.all(sql, [id.0], |cells| {
            Ok(Guest {
                number: cells.get()?,
                side: Side::from_code(&cells.get::<String>()?).ok_or_else(corrupt)?,
                person: PersonId(cells.get()?),
                absent: cells.get()?,
            })
        })
    }

    fn guest_of_slip(&mut self, slip_hash: &[u8; 32]) -> Result<Option<(EveningId, u32)>> {
        self.one("SELECT evening, number FROM evening_guests WHERE slip_hash = ?1", [slip_hash], |cells| {
            Ok((EveningId(cells.get()?), cells.get()?))
        })
    }

    fn put_meets(&mut self, id: EveningId, meets: &[Meet]) -> Result<()> {
        self.run("DELETE FROM evening_dates WHERE evening = ?1", [id.0])?;
        for meet in meets {
            self.run(
                "INSERT INTO evening_dates
                 (evening, newcomer, mentor, score, round, seat, newcomer_says, mentor_says)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    id.0,
                    meet.newcomer,
                    meet.mentor,
                    meet.score,
                    meet.round,
                    meet.seat,
                    word(meet.newcomer_says),
                    word(meet.mentor_says)
                ],
            )?;
        }
        Ok(())
    }

    fn meets(&mut self, id: EveningId) -> Result<Vec<Meet>> {
        let sql = "SELECT newcomer, mentor, score, round, seat, newcomer_says, mentor_says
                   FROM evening_dates WHERE evening = ?1 ORDER BY newcomer, mentor";
        self.all(sql, [id.0], |cells| {
            Ok(Meet {
                newcomer: cells.get()?,
                mentor: cells.get()?,
                score: cells.get()?,
                round: cells.get()?,
                seat: cells.get()?,
                newcomer_says: choice(cells)?,
                mentor_says: choice(cells)?,
            })
        })
    }
}
