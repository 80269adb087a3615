//! The form of an evening, parsed.

use schemas::time::Date;

use super::ports::EveningPlan;
use crate::dutch_date;
use crate::error::{Error, FieldError, Result};
use crate::people::PersonId;

/// Guests of one evening, at most.
pub const MOST_GUESTS: usize = 200;
/// Characters of a name, at most.
const NAME: usize = 80;

/// The plan and the guests in the fields of a form. The day may lie ahead.
///
/// # Errors
/// `Invalid`: `missing`, `too-long`, a date's code, `evening-past`, `evening-tables`,
/// `evening-minutes`, `evening-dates`, `evening-guests` (at least one of either side; checked by
/// the page's two fields), `evening-full`.
pub fn parse_evening(fields: &[(String, String)], today: Date) -> Result<(EveningPlan, Vec<PersonId>)> {
    let values =
        |name: &'static str| fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.trim());
    let value = |name: &'static str| values(name).next().unwrap_or_default();
    let mut wrong: Vec<FieldError> = Vec::new();
    let mut refuse = |field: &str, code| wrong.push(FieldError { field: field.to_owned(), code });
    let name = value("name").to_owned();
    if name.is_empty() {
        refuse("name", "missing");
    } else if name.chars().count() > NAME || name.chars().any(char::is_control) {
        refuse("name", "too-long");
    }
    let on = match dutch_date::parse(value("on"), today) {
        Ok(on) if on < today => Err("evening-past"),
        parsed => parsed,
    };
    let on = on.map_err(|code| refuse("on", code)).ok();
    let mut number = |field: &'static str, most: u32, code| match value(field).parse::<u32>() {
        Ok(number) if (1..=most).contains(&number) => number,
        _ => {
            refuse(field, code);
            1
        }
    };
    let tables = number("tables", 100, "evening-tables");
    let minutes = number("round_minutes", 60, "evening-minutes");
    let most_dates = number("most_dates", 20, "evening-dates");
    let mut people = Vec::new();
    for side in ["newcomers", "mentors"] {
        let chosen: Vec<PersonId> = values(side).filter_map(|id| id.parse().ok().map(PersonId)).collect();
        if chosen.is_empty() {
            refuse(side, "evening-guests");
        }
        people.extend(chosen);
    }
    people.sort_unstable();
    people.dedup();
    if people.len() > MOST_GUESTS {
        refuse("newcomers", "evening-full");
    }
    match on.filter(|_| wrong.is_empty()) {
        Some(on) => Ok((EveningPlan { name, on, tables, minutes, most_dates }, people)),
        None => Err(Error::Invalid(wrong)),
    }
}
