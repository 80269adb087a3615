//! What imports remember of rows, of values and of layouts. Prints only, never a cell.

use casework::Result;
use casework::import::ports::{Imports, KeptLayout, Print};
use casework::import::use_cases::side_of_code;
use casework::people::PersonId;
use rusqlite::params;

use crate::fault::corrupt;
use crate::tx::Tx;

impl Imports for Tx<'_> {
    fn import_key(&mut self, fresh: [u8; 32]) -> Result<[u8; 32]> {
        self.run("INSERT OR IGNORE INTO import_key (one, secret) VALUES (1, ?1)", [fresh])?;
        self.one("SELECT secret FROM import_key", [], |cells| cells.get())?.ok_or_else(corrupt)
    }

    fn imported_by(&mut self, print: &Print) -> Result<Vec<PersonId>> {
        self.all("SELECT person FROM import_rows WHERE print = ?1 ORDER BY person", [print], |cells| {
            Ok(PersonId(cells.get()?))
        })
    }

    fn remember_row(&mut self, print: &Print, person: PersonId) -> Result<()> {
        self.run("INSERT OR IGNORE INTO import_rows (print, person) VALUES (?1, ?2)", params![print, person.0])?;
        Ok(())
    }

    fn imported_values(&mut self, person: PersonId) -> Result<Vec<(String, Print)>> {
        self.all("SELECT part, print FROM import_values WHERE person = ?1 ORDER BY part", [person.0], |cells| {
            Ok((cells.get()?, cells.get()?))
        })
    }

    fn remember_value(&mut self, person: PersonId, part: &str, print: &Print) -> Result<()> {
        self.run(
            "INSERT INTO import_values (person, part, print) VALUES (?1, ?2, ?3)
             ON CONFLICT (person, part) DO UPDATE SET print = excluded.print",
            params![person.0, part, print],
        )?;
        Ok(())
    }

    fn layout(&mut self, layout: &Print) -> Result<Option<KeptLayout>> {
        self.one("SELECT side, fields FROM import_layouts WHERE layout = ?1", [layout], |cells| {
            let side = side_of_code(&cells.get::<String>()?).ok_or_else(corrupt)?;
            Ok(KeptLayout { side, fields: cells.words()? })
        })
    }

    fn remember_layout(&mut self, layout: &Print, kept: &KeptLayout) -> Result<()> {
        self.run(
            "INSERT INTO import_layouts (layout, side, fields) VALUES (?1, ?2, ?3)
             ON CONFLICT (layout) DO UPDATE SET side = excluded.side, fields = excluded.fields",
            params![layout, kept.side.code(), kept.fields.join(" ")],
        )?;
        Ok(())
    }
}
