//! Days as people write them, and when somebody was born.

use schemas::time::Date;

use crate::import::words::fold;
use crate::people::Birth;

/// Why a cell is no day.
pub type Code = &'static str;

const MONTHS: [[&str; 4]; 12] = [
    ["januari", "janvier", "january", "jan"],
    ["februari", "fevrier", "february", "feb"],
    ["maart", "mars", "march", "mrt"],
    ["april", "avril", "april", "apr"],
    ["mei", "mai", "may", "mei"],
    ["juni", "juin", "june", "jun"],
    ["juli", "juillet", "july", "jul"],
    ["augustus", "aout", "august", "aug"],
    ["september", "septembre", "september", "sep"],
    ["oktober", "octobre", "october", "okt"],
    ["november", "novembre", "november", "nov"],
    ["december", "decembre", "december", "dec"],
];

/// The day that a cell says: ISO, `14/10/2026`, `14-10-26`, `14 oktober 2026`, or the serial
/// number of a spreadsheet. A year of two digits is the last one that is not after `today`.
///
/// # Errors
/// `date-impossible` for 31/02 and its like, `date-unknown` for anything else.
pub fn day(text: &str, today: Date) -> Result<Date, Code> {
    if let Some(day) = from_serial(text.trim()) {
        return Ok(day);
    }
    let folded = fold(text);
    let parts: Vec<&str> = folded.split(' ').collect();
    // What comes after the day is a time.
    let parts = if parts.len() > 3 && is_number(parts[0]) { &parts[..3] } else { &parts[..] };
    match parts {
        [year, month, day] if year.len() == 4 && is_number(year) => {
            // "2026-10-14T00:00" folds to "14t00".
            let day = day.split('t').next().unwrap_or(day);
            made(number(year)?, month_of(month)?, number(day)?)
        }
        [day, month, year] => {
            let year = match (year.len(), number(year)?) {
                (4, year) => year,
                (2, short) => {
                    let year = today.0.year() / 100 * 100 + short;
                    if year > today.0.year() { year - 100 } else { year }
                }
                _ => return Err("date-unknown"),
            };
            made(year, month_of(month)?, number(day.trim_end_matches("ste").trim_end_matches("er"))?)
        }
        _ => Err("date-unknown"),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(text: &str) -> Result<i16, Code> {
    if is_number(text) { text.parse().map_err(|_| "date-unknown") } else { Err("date-unknown") }
}

fn month_of(text: &str) -> Result<i16, Code> {
    if let Ok(month) = number(text) {
        return Ok(month);
    }
    let named =
        MONTHS.iter().position(|names| names.iter().any(|name| *name == text || (text == "sept" && *name == "sep")));
    named.map(|at| at as i16 + 1).ok_or("date-unknown")
}

fn made(year: i16, month: i16, day: i16) -> Result<Date, Code> {
    let (month, day) =
        (i8::try_from(month).map_err(|_| "date-impossible")?, i8::try_from(day).map_err(|_| "date-impossible")?);
    Date::new(year, month, day).map_err(|_| "date-impossible")
}

/// The serial number of a day, as spreadsheets count; from 1920 to 2064.
fn from_serial(text: &str) -> Option<Date> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 5 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let days: i32 = whole.parse().ok()?;
    // They take 1900 for a leap year: the count from 1900-01-01 is two less.
    let start = Date::new(1900, 1, 1).ok()?;
    (7_306..=60_000).contains(&days).then(|| start.plus_days(days - 2))
}

/// When somebody was born, from a cell with a day, a year or an age. An age is true on
/// `registered`. Nobody is born after `today` or older than 110.
///
/// # Errors
/// The codes of [`day`], or `birth-unlikely`.
pub fn birth(text: &str, today: Date, registered: Date) -> Result<Birth, Code> {
    let trimmed = text.trim();
    let digits = trimmed.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    let rest = fold(&trimmed[digits.len()..]);
    let bare = rest.is_empty() || ["jaar", "j", "ans", "years", "jr"].contains(&rest.as_str());
    if bare && matches!(digits.len(), 1..=3) {
        return age(digits.parse().map_err(|_| "birth-unlikely")?, registered);
    }
    if bare && digits.len() == 4 {
        let year: i16 = digits.parse().map_err(|_| "birth-unlikely")?;
        let likely = (today.0.year() - 110..=today.0.year()).contains(&year);
        return if likely { Ok(Birth::In(year)) } else { Err("birth-unlikely") };
    }
    let born = day(trimmed, today)?;
    let likely = born <= today && born.age_on(today) <= 110;
    if likely { Ok(Birth::On(born)) } else { Err("birth-unlikely") }
}

fn age(years: i16, on: Date) -> Result<Birth, Code> {
    if years <= 110 { Ok(Birth::Aged { years, on }) } else { Err("birth-unlikely") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        Date::new(2026, 11, 22).expect("a day")
    }

    #[test]
    fn days_in_every_form() {
        for (text, expected) in [
            ("2026-04-22", Ok("2026-04-22")),
            ("2026-04-22 00:00:00", Ok("2026-04-22")),
            ("2026-04-22T10:30:00", Ok("2026-04-22")),
            ("2026/4/2", Ok("2026-04-02")),
            ("26/12/1977", Ok("1977-12-26")),
            ("1.3.1979", Ok("1979-03-01")),
            ("25-07-26", Ok("2026-07-25")),
            ("25-07-77", Ok("1977-07-25")),
            ("25 07 26", Ok("2026-07-25")),
            ("3 december 1997", Ok("1997-12-03")),
            ("3 dec. 1997", Ok("1997-12-03")),
            ("1er août 2001", Ok("2001-08-01")),
            ("12 sept 2020", Ok("2020-09-12")),
            ("29/02/2024", Ok("2024-02-29")),
            ("36526", Ok("2000-01-01")),
            ("36526.5", Ok("2000-01-01")),
            ("31/02/2026", Err("date-impossible")),
            ("29/02/2023", Err("date-impossible")),
            ("12/13/2020", Err("date-impossible")),
            ("0/1/2020", Err("date-impossible")),
            ("2026-02-31", Err("date-impossible")),
            ("volgende week", Err("date-unknown")),
            ("14/10", Err("date-unknown")),
            ("12", Err("date-unknown")),
            ("1/2/3", Err("date-unknown")),
            ("99999", Err("date-unknown")),
            ("", Err("date-unknown")),
        ] {
            let read = day(text, today()).map(|day| day.to_string());
            assert_eq!(read, expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn births_by_day_year_and_age() {
        let registered = Date::new(2026, 9, 4).expect("a day");
        let on = |year, month, day| Ok(Birth::On(Date::new(year, month, day).expect("a day")));
        for (text, expected) in [
            ("26/12/1977", on(1977, 12, 26)),
            ("26-12-77", on(1977, 12, 26)),
            ("1977", Ok(Birth::In(1977))),
            ("23", Ok(Birth::Aged { years: 23, on: registered })),
            ("23 jaar", Ok(Birth::Aged { years: 23, on: registered })),
            ("23j", Ok(Birth::Aged { years: 23, on: registered })),
            ("23 ans", Ok(Birth::Aged { years: 23, on: registered })),
            ("200", Err("birth-unlikely")),
            ("1850", Err("birth-unlikely")),
            ("2030", Err("birth-unlikely")),
            ("1/1/2027", Err("birth-unlikely")),
            ("31/02/1990", Err("date-impossible")),
            ("rond de veertig", Err("date-unknown")),
        ] {
            assert_eq!(birth(text, today(), registered), expected, "{text}");
        }
    }
}
