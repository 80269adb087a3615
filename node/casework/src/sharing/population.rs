//! Reading a municipality's population table: `refnis,age_band,sex,home_language,persons`.

use schemas::vocabulary::Sex;

use crate::error::{Error, Result};
use crate::ports::PopulationCell;

/// Rows of a table, at most: every municipality, band, sex and language of the bundled lists.
const MAX_ROWS: usize = 1_000_000;

/// The rows of the CSV in `bytes`, with comma or semicolon. Bands must be the narrowest ones.
///
/// # Errors
/// `Invalid` on `population`: `population-columns`, `population-row`, `population-empty`.
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
    for record in reader.records() {
        let record = record.map_err(|_| wrong("population-row"))?;
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
        cells.push(parsed.filter(|cell: &PopulationCell| is_narrowest(cell)).ok_or_else(|| wrong("population-row"))?);
        if cells.len() > MAX_ROWS {
            return Err(wrong("population-row"));
        }
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
}
