//! The population table that the small-cell guard counts in: reading one, taking it over, and
//! which one is in use. Counts of inhabitants only; the table never leaves the municipality.

use std::collections::BTreeSet;

use schemas::places::Refnis;
use schemas::time::Timestamp;
use schemas::vocabulary::Sex;

use crate::error::{Error, FieldError, Result};
use crate::guard::K;
use crate::office::{Actor, Office};
use crate::ports::{PopulationCell, Records};

/// Rows of a table, at most: every municipality, band, sex and language of the bundled lists.
const MAX_ROWS: usize = 1_000_000;

/// The table in use, as far as it is about this municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PopulationTable {
    /// When it was taken over; none for one from before that was kept.
    pub since: Option<Timestamp>,
    /// Rows about this municipality.
    pub rows: usize,
    /// People in those rows.
    pub people: u64,
    /// Home languages in those rows.
    pub languages: usize,
}

impl Office {
    /// The population table in use; none where none was given.
    ///
    /// # Errors
    /// `Forbidden` for whoever sees no persons; a failing store.
    pub fn population_table(&self, actor: &Actor) -> Result<Option<PopulationTable>> {
        actor.sees_persons()?;
        self.read(table_in_use)
    }

    /// Replaces the population table: CSV with the columns
    /// `refnis,age_band,sex,home_language,persons`. Cards that are out follow with the next tick.
    ///
    /// # Errors
    /// `Forbidden` for whoever sees no persons; `Invalid` with what is wrong with the file; a
    /// failing store. Then the table before it stays.
    pub fn set_population_csv(&self, actor: &Actor, bytes: &[u8]) -> Result<PopulationTable> {
        actor.sees_persons()?;
        let cells = parse_population(bytes)?;
        let hand = self.hand(actor);
        self.write(move |records| {
            let here = records.me()?.refnis;
            if summed(&cells, here, None).people < u64::from(K) {
                return Err(Error::field("population", "population-other-municipality"));
            }
            records.set_population(&cells, hand.now)?;
            hand.audit(records, "population.set", None, &format!("{} rows", cells.len()))?;
            Ok(summed(&cells, here, Some(hand.now)))
        })
    }
}

fn table_in_use(records: &mut dyn Records) -> Result<Option<PopulationTable>> {
    let Some(cells) = records.population()? else { return Ok(None) };
    let (here, since) = (records.me()?.refnis, records.population_given_at()?);
    Ok(Some(summed(&cells, here, since)))
}

fn summed(cells: &[PopulationCell], here: Refnis, since: Option<Timestamp>) -> PopulationTable {
    let ours = || cells.iter().filter(|cell| cell.refnis == here);
    PopulationTable {
        since,
        rows: ours().count(),
        people: ours().map(|cell| u64::from(cell.persons)).sum(),
        languages: ours().map(|cell| cell.home_language).collect::<BTreeSet<_>>().len(),
    }
}

/// The rows of the CSV in `bytes`, with comma or semicolon. Bands must be the narrowest ones.
///
/// # Errors
/// `Invalid`: `population-columns`, `population-empty` or `population-long` on `population`;
/// `population-row` on `row.N`, the number of the line as a spreadsheet counts.
pub fn parse_population(bytes: &[u8]) -> Result<Vec<PopulationCell>> {
    let wrong = |code| Error::field("population", code);
    let head = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if head.contains(&b';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(bytes);
    let headers = reader.headers().map_err(|_| wrong("population-columns"))?.clone();
    let column = |name: &str| {
        let found = headers.iter().position(|header| header.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
        found.ok_or_else(|| wrong("population-columns"))
    };
    let (refnis, band, sex) = (column("refnis")?, column("age_band")?, column("sex")?);
    let (language, persons) = (column("home_language")?, column("persons")?);
    let mut cells = Vec::new();
    for (at, record) in reader.records().enumerate() {
        // The titles stand on line 1.
        let wrong_row =
            || Error::Invalid(vec![FieldError { field: format!("row.{}", at + 2), code: "population-row" }]);
        if at == MAX_ROWS {
            return Err(wrong("population-long"));
        }
        let record = record.map_err(|_| wrong_row())?;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let parsed = (|| {
            Some(PopulationCell {
                refnis: cell(refnis).parse().ok()?,
                age_band: cell(band).parse().ok()?,
                home_language: cell(language).parse().ok()?,
                sex: sex_of(cell(sex))?,
                persons: cell(persons).parse().ok()?,
            })
        })();
        cells.push(parsed.filter(|cell: &PopulationCell| is_narrowest(cell)).ok_or_else(wrong_row)?);
    }
    if cells.is_empty() { Err(wrong("population-empty")) } else { Ok(cells) }
}

fn is_narrowest(cell: &PopulationCell) -> bool {
    schemas::vocabulary::AgeBand::narrowest().any(|band| band == cell.age_band)
}

/// `F`, `M`, `X`, Dutch `V`, or nothing; none of the outer kind for anything else.
fn sex_of(text: &str) -> Option<Option<Sex>> {
    match text.to_ascii_uppercase().as_str() {
        "F" | "V" => Some(Some(Sex::Female)),
        "M" => Some(Some(Sex::Male)),
        "X" => Some(Some(Sex::Other)),
        "" => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read() {
        let cells =
            parse_population(b"refnis,age_band,sex,home_language,persons\n11007,25-34,F,ar,12\n11007,65+,M,prs,3\n");
        let cells = cells.expect("two rows");
        assert_eq!((cells.len(), cells[0].persons, cells[1].home_language.code()), (2, 12, "fa"));
        assert_eq!(cells[0].sex, Some(Sex::Female));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for (bytes, code) in [
            (&b"naam;mail\nAn;an@voorbeeld.be\n"[..], "population-columns"),
            (b"refnis,age_band,sex,home_language,persons\n", "population-empty"),
            (b"refnis,age_band,sex,home_language,persons\n11007,25-44,F,ar,12\n", "population-row"),
            (b"refnis,age_band,sex,home_language,persons\n11007,25-34,F,ar,many\n", "population-row"),
            (b"\xff\xfe\x00", "population-columns"),
        ] {
            let found = parse_population(bytes);
            assert!(matches!(&found, Err(Error::Invalid(errors)) if errors[0].code == code), "{code}: {found:?}");
        }
    }

    #[test]
    fn a_wrong_row_is_named() {
        let text = b"refnis,age_band,sex,home_language,persons\n11007,25-34,F,ar,12\n11007,25-34,F,ar\n";
        let found = parse_population(text);
        assert!(matches!(&found, Err(Error::Invalid(errors)) if errors[0].field == "row.3"), "{found:?}");
    }
}
