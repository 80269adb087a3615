//! A person's columns, in one order for writing and reading. Mapped by hand: person types have
//! no general way out of memory.

use casework::Result;
use casework::people::{Birth, Contact, Intake, PersonData, Side};
use rusqlite::types::Value;

use crate::fault::corrupt;
use crate::rows::{Cells, joined};

/// Columns of [`values`] and [`read`], in their order.
pub(crate) const COLUMNS: [&str; 44] = [
    "side",
    "given_name",
    "family_name",
    "birth_on",
    "birth_year",
    "age_years",
    "age_on",
    "sex",
    "phone",
    "email",
    "street",
    "postal_code",
    "municipality",
    "country",
    "mother_tongue",
    "languages",
    "dutch",
    "education",
    "former_work",
    "occupation",
    "occupation_text",
    "sector",
    "domains",
    "slots",
    "interests",
    "style",
    "wishes",
    "capacity",
    "radius_km",
    "meets_in",
    "children",
    "recruited_via",
    "registered_on",
    "shows_age",
    "shows_sex",
    "intake_needs",
    "intake_expectations",
    "intake_background",
    "intake_experience",
    "intake_goals",
    "intake_barriers",
    "intake_preferred_profile",
    "intake_actions",
    "intake_remarks",
];

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn word<T: ToString>(value: Option<T>) -> Value {
    value.map_or(Value::Null, |value| Value::Text(value.to_string()))
}

/// The values of a person's columns.
pub(crate) fn values(data: &PersonData) -> Result<Vec<Value>> {
    let (on, year, years, aged_on) = match data.birth {
        Birth::Unknown => (None, None, None, None),
        Birth::On(date) => (Some(date), None, None, None),
        Birth::In(year) => (None, Some(year), None, None),
        Birth::Aged { years, on } => (None, None, Some(years), Some(on)),
    };
    let number = |value: Option<i16>| value.map_or(Value::Null, |value| Value::Integer(value.into()));
    let wishes = serde_json::to_string(&data.wishes).map_err(|_| corrupt())?;
    let intake = &data.intake;
    Ok(vec![
        text(data.side.code()),
        text(&data.given_name),
        text(&data.family_name),
        word(on),
        number(year),
        number(years),
        word(aged_on),
        word(data.sex),
        text(&data.contact.phone),
        text(&data.contact.email),
        text(&data.contact.street),
        text(&data.contact.postal_code),
        word(data.contact.municipality),
        text(&data.country),
        word(data.mother_tongue),
        Value::Text(joined(&data.languages)),
        word(data.dutch),
        text(&data.education),
        text(&data.former_work),
        word(data.occupation.as_ref()),
        text(&data.occupation_text),
        word(data.sector),
        Value::Text(joined(&data.domains)),
        Value::Text(joined(data.slots.codes())),
        Value::Text(joined(&data.interests)),
        word(data.style),
        Value::Text(wishes),
        Value::Integer(data.capacity.into()),
        Value::Integer(data.radius_km.into()),
        word(data.meets_in),
        data.children.map_or(Value::Null, |count| Value::Integer(count.into())),
        text(&data.recruited_via),
        Value::Text(data.registered_on.to_string()),
        Value::Integer(data.shows_age.into()),
        Value::Integer(data.shows_sex.into()),
        text(&intake.needs),
        text(&intake.expectations),
        text(&intake.background),
        text(&intake.experience),
        text(&intake.goals),
        text(&intake.barriers),
        text(&intake.preferred_profile),
        text(&intake.actions),
        text(&intake.remarks),
    ])
}

/// The person in the next cells.
pub(crate) fn read(cells: &mut Cells<'_>) -> Result<PersonData> {
    Ok(PersonData {
        side: Side::from_code(&cells.get::<String>()?).ok_or_else(corrupt)?,
        given_name: cells.get()?,
        family_name: cells.get()?,
        birth: birth(cells)?,
        sex: cells.parsed_or_none()?,
        contact: Contact {
            phone: cells.get()?,
            email: cells.get()?,
            street: cells.get()?,
            postal_code: cells.get()?,
            municipality: cells.parsed_or_none()?,
        },
        country: cells.get()?,
        mother_tongue: cells.parsed_or_none()?,
        languages: cells.words()?,
        dutch: cells.parsed_or_none()?,
        education: cells.get()?,
        former_work: cells.get()?,
        occupation: cells.parsed_or_none()?,
        occupation_text: cells.get()?,
        sector: cells.parsed_or_none()?,
        domains: cells.words()?,
        slots: cells.words::<String, Vec<String>>()?.try_into().map_err(|_| corrupt())?,
        interests: cells.words()?,
        style: cells.parsed_or_none()?,
        wishes: serde_json::from_str(&cells.get::<String>()?).map_err(|_| corrupt())?,
        capacity: cells.get()?,
        radius_km: cells.get()?,
        meets_in: cells.parsed_or_none()?,
        children: cells.get()?,
        recruited_via: cells.get()?,
        registered_on: cells.parsed()?,
        shows_age: cells.get()?,
        shows_sex: cells.get()?,
        intake: Intake {
            needs: cells.get()?,
            expectations: cells.get()?,
            background: cells.get()?,
            experience: cells.get()?,
            goals: cells.get()?,
            barriers: cells.get()?,
            preferred_profile: cells.get()?,
            actions: cells.get()?,
            remarks: cells.get()?,
        },
    })
}

fn birth(cells: &mut Cells<'_>) -> Result<Birth> {
    let on = cells.parsed_or_none()?;
    let year: Option<i16> = cells.get()?;
    let years: Option<i16> = cells.get()?;
    let aged_on = cells.parsed_or_none()?;
    Ok(match (on, year, years.zip(aged_on)) {
        (Some(date), _, _) => Birth::On(date),
        (None, Some(year), _) => Birth::In(year),
        (None, None, Some((years, on))) => Birth::Aged { years, on },
        (None, None, None) => Birth::Unknown,
    })
}
