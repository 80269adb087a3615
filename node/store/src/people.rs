//! Persons, their consents and screening.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use casework::Result;
use casework::people::{Consent, Person, PersonData, PersonId, Purpose, Screening, Side};
use casework::ports::{People, Standing};
use rusqlite::types::Value;
use rusqlite::{params, params_from_iter};
use schemas::time::Timestamp;

use crate::fault::corrupt;
use crate::people_columns::{COLUMNS, read, values};
use crate::rows::{Cells, seconds};
use crate::tx::Tx;

static SELECT: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT id, version, demo, archived, changed_by, changed_at, {} FROM people", COLUMNS.join(", "))
});

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<String> = (4..4 + COLUMNS.len()).map(|at| format!("?{at}")).collect();
    format!(
        "INSERT INTO people (version, demo, changed_by, changed_at, {}) VALUES (1, ?1, ?2, ?3, {})",
        COLUMNS.join(", "),
        places.join(", ")
    )
});

static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let sets: Vec<String> = COLUMNS.iter().enumerate().map(|(at, column)| format!("{column} = ?{}", at + 5)).collect();
    format!(
        "UPDATE people SET version = version + 1, changed_by = ?3, changed_at = ?4, {}
         WHERE id = ?1 AND version = ?2",
        sets.join(", ")
    )
});

fn person(cells: &mut Cells<'_>) -> Result<Person> {
    Ok(Person {
        id: PersonId(cells.get()?),
        version: cells.get()?,
        demo: cells.get()?,
        archived: cells.get()?,
        changed_by: cells.get()?,
        changed_at: cells.time()?,
        data: read(cells)?,
    })
}

fn consent(cells: &mut Cells<'_>) -> Result<Consent> {
    Ok(Consent {
        purpose: Purpose::from_code(&cells.get::<String>()?).ok_or_else(corrupt)?,
        given: cells.get()?,
        on: cells.parsed()?,
        text_version: cells.get()?,
        asked_by: cells.get()?,
    })
}

impl People for Tx<'_> {
    fn insert_person(&mut self, data: &PersonData, demo: bool, by: &str, at: Timestamp) -> Result<PersonId> {
        let head = [Value::Integer(demo.into()), Value::Text(by.to_owned()), Value::Integer(seconds(at))];
        let all = head.into_iter().chain(values(data)?);
        self.insert(&INSERT, params_from_iter(all)).map(PersonId)
    }

    fn update_person(
        &mut self,
        id: PersonId,
        version: u32,
        data: &PersonData,
        by: &str,
        at: Timestamp,
    ) -> Result<bool> {
        let head = [
            Value::Integer(id.0),
            Value::Integer(version.into()),
            Value::Text(by.to_owned()),
            Value::Integer(seconds(at)),
        ];
        let all = head.into_iter().chain(values(data)?);
        Ok(self.run(&UPDATE, params_from_iter(all))? == 1)
    }

    fn person(&mut self, id: PersonId) -> Result<Option<Person>> {
        self.one(&format!("{} WHERE id = ?1", *SELECT), [id.0], person)
    }

    fn people(&mut self, side: Side) -> Result<Vec<Person>> {
        let sql = format!("{} WHERE side = ?1 AND archived = 0 ORDER BY registered_on, id", *SELECT);
        self.all(&sql, [side.code()], person)
    }

    fn delete_person(&mut self, id: PersonId) -> Result<()> {
        // Consents, screenings, links and the ledger go with the row.
        self.run("DELETE FROM people WHERE id = ?1", [id.0])?;
        self.run("UPDATE audit SET person = NULL, detail = '' WHERE person = ?1", [id.0])?;
        Ok(())
    }

    fn set_archived(&mut self, id: PersonId, archived: bool) -> Result<()> {
        self.run("UPDATE people SET archived = ?2 WHERE id = ?1", params![id.0, archived])?;
        Ok(())
    }

    fn add_consent(&mut self, id: PersonId, consent: &Consent) -> Result<()> {
        self.run(
            "INSERT INTO consents (person, purpose, given, asked_on, text_version, asked_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                id.0,
                consent.purpose.code(),
                consent.given,
                consent.on.to_string(),
                consent.text_version,
                consent.asked_by
            ],
        )?;
        Ok(())
    }

    fn consents(&mut self, id: PersonId) -> Result<Vec<Consent>> {
        self.all(
            "SELECT purpose, given, asked_on, text_version, asked_by FROM consents
             WHERE person = ?1 ORDER BY number DESC",
            [id.0],
            consent,
        )
    }

    fn consents_to(&mut self, id: PersonId, purpose: Purpose) -> Result<bool> {
        let newest = self.one(
            "SELECT given FROM consents WHERE person = ?1 AND purpose = ?2 ORDER BY number DESC LIMIT 1",
            params![id.0, purpose.code()],
            |cells| cells.get(),
        )?;
        Ok(newest.unwrap_or(false))
    }

    fn set_screening(&mut self, id: PersonId, screening: &Screening) -> Result<()> {
        self.run(
            "INSERT INTO screenings (person, seen_on, seen_by) VALUES (?1, ?2, ?3)",
            params![id.0, screening.seen_on.to_string(), screening.seen_by],
        )?;
        Ok(())
    }

    fn screening(&mut self, id: PersonId) -> Result<Option<Screening>> {
        self.one(
            "SELECT seen_on, seen_by FROM screenings WHERE person = ?1 ORDER BY number DESC LIMIT 1",
            [id.0],
            |cells| Ok(Screening { seen_on: cells.parsed()?, seen_by: cells.get()? }),
        )
    }

    fn standings(&mut self, side: Side) -> Result<BTreeMap<PersonId, Standing>> {
        let all = self.all(
            "SELECT p.id,
                    (SELECT given FROM consents c WHERE c.person = p.id AND c.purpose = 'cross_border'
                     ORDER BY c.number DESC LIMIT 1),
                    EXISTS (SELECT 1 FROM screenings s WHERE s.person = p.id),
                    (SELECT max(l.at) FROM links k JOIN ledger l ON l.person = p.id AND l.document = k.document
                     WHERE k.person = p.id AND k.ended_at IS NULL
                     AND k.kind IN ('mentor_offer', 'match_request')
                     AND l.event IN ('published', 'updated', 'renewed'))
             FROM people p WHERE p.side = ?1 AND p.archived = 0",
            [side.code()],
            |cells| {
                let id = PersonId(cells.get()?);
                let crosses_border = cells.get::<Option<bool>>()?.unwrap_or(false);
                let screened = cells.get()?;
                let out_at = cells.get::<Option<i64>>()?.map(|at| Timestamp(at.unsigned_abs()));
                Ok((id, Standing { crosses_border, screened, out_at }))
            },
        )?;
        Ok(all.into_iter().collect())
    }
}
