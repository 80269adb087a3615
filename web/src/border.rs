//! The border line: what stays here beside what partners see, field by field. People learn the
//! privacy rules by looking at it.

use casework::guard::Loss;
use casework::people_view::BorderField;
use casework::schemas::time::Date;

use crate::format;
use crate::vocabulary as v;
use crate::words::Words;

/// One field on both sides of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) here: String,
    /// Empty: stays with us.
    pub(crate) shared: String,
    /// Whether partners see less than what is here.
    pub(crate) coarser: bool,
}

/// The fields in words; those that are empty on both sides are left out.
pub(crate) fn lines(w: &Words, fields: &[BorderField], today: Date) -> Vec<Line> {
    fields
        .iter()
        .filter(|field| !field.here.is_empty() || !field.shared.is_empty())
        .map(|field| {
            let label = w.t(&format!("field-{}", field.field));
            let here = side(w, field.field, &field.here, today);
            let shared = side(w, field.field, &field.shared, today);
            let coarser = !shared.is_empty() && shared != here;
            Line { label, here, shared, coarser }
        })
        .collect()
}

fn side(w: &Words, field: &str, values: &[String], today: Date) -> String {
    if values.is_empty() {
        return String::new();
    }
    if field == "slots" {
        let slots = casework::schemas::vocabulary::Slots::try_from(values.to_vec());
        return slots.map_or_else(|_| values.join(", "), |slots| v::slots(w, slots));
    }
    v::list(w, values.iter().map(|value| word(w, field, value, today)))
}

fn word(w: &Words, field: &str, value: &str, today: Date) -> String {
    match field {
        "age" | "age_band" => match (value.parse::<i64>(), value.parse()) {
            (Ok(years), _) => w.count("age-years", years),
            (_, Ok(band)) => v::band(w, band),
            _ => value.to_owned(),
        },
        "area" if value == "circle" => w.t("area-circle"),
        "area" => v::value(w, "meets_in", value),
        "waiting" | "waiting_since" => match value.parse::<Date>() {
            Ok(day) => w.with("since-day", "day", format::long_date(day, today)),
            Err(_) => w.with("since-quarter", "day", crate::pages::quarter(w, value)),
        },
        "radius_km" => w.with("kilometres", "km", value),
        "capacity" | "capacity_left" => {
            value.parse::<i64>().map_or_else(|_| value.to_owned(), |n| w.count("places", n))
        }
        "goal_occupation" => v::value(w, "occupation", value),
        "goal_sector" => v::value(w, "sector", value),
        "availability" => v::value(w, "slots", value),
        _ => v::value(w, field, value),
    }
}

/// What the small-cell guard took away, and why.
pub(crate) fn loss(w: &Words, loss: &Loss) -> String {
    match loss {
        Loss::NotOffered(language) => w.with("loss-not-offered", "language", v::language(w, *language)),
        Loss::LanguageWithheld(language) => w.with("loss-language", "language", v::language(w, *language)),
        Loss::BandWidened { from, to } => {
            w.fill("loss-band-wider", &[("from", &v::band(w, *from)), ("to", &v::band(w, *to))])
        }
        Loss::BandWithheld(band) => w.with("loss-band", "band", v::band(w, *band)),
    }
}

/// What left, as the ledger keeps it (JSON of the card), in words: field and value.
pub(crate) fn card(w: &Words, what: &str, today: Date) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(what) else { return Vec::new() };
    fields
        .iter()
        .filter_map(|(name, value)| {
            let key = format!("field-{name}");
            let words = json_words(w, name, value, today);
            (w.has(&key) && !words.is_empty()).then(|| (w.t(&key), words))
        })
        .collect()
}

fn json_words(w: &Words, name: &str, value: &serde_json::Value, today: Date) -> String {
    use serde_json::Value;
    match value {
        Value::Array(values) => {
            v::list(w, values.iter().map(|value| json_words(w, name, value, today)).filter(|text| !text.is_empty()))
        }
        Value::String(text) => word(w, name, text, today),
        Value::Number(number) => word(w, name, &number.to_string(), today),
        Value::Object(inner) if name == "area" => {
            inner.values().next().map(|value| json_words(w, name, value, today)).unwrap_or_default()
        }
        Value::Object(_) if name == "wishes" => {
            serde_json::from_value(value.clone()).map_or_else(|_| String::new(), |wish| v::wish(w, &wish))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_told_in_words() {
        let w = Words::dutch();
        let today = "2026-11-22".parse().expect("a day");
        let fields = [
            BorderField { field: "age", here: vec!["34".into()], shared: vec!["25-34".into()] },
            BorderField { field: "slots", here: vec!["wed-afternoon".into()], shared: vec!["wed-afternoon".into()] },
            BorderField { field: "contact", here: vec!["0470".into()], shared: vec![] },
            BorderField { field: "sector", here: vec![], shared: vec![] },
        ];
        let lines = lines(&w, &fields, today);
        assert_eq!(lines.len(), 3);
        assert_eq!((lines[0].here.as_str(), lines[0].shared.as_str(), lines[0].coarser), ("34 jaar", "25–34", true));
        assert_eq!((lines[1].shared.as_str(), lines[1].coarser), ("wo namiddag", false));
        assert_eq!(lines[2].shared, "");
    }

    #[test]
    fn what_left_is_told_in_words() {
        let w = Words::dutch();
        let today = "2026-11-22".parse().expect("a day");
        let told = card(&w, r#"{"languages":["ar","nl"],"area":{"municipality":"11007"},"unheard_of":"x"}"#, today);
        assert_eq!(told.len(), 2);
        assert!(told.iter().any(|(_, words)| words == "Arabisch, Nederlands"), "{told:?}");
        assert!(told.iter().any(|(_, words)| words == "Borsbeek"));
        assert!(card(&w, "", today).is_empty());
    }
}
