//! Rows as sentences, for administrators.

use serde_json::Value;

mod import;

pub use import::import;

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "—".to_owned(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A moment as it is written in UTC.
fn moment(value: &Value) -> String {
    let at = value.as_u64().and_then(|seconds| i64::try_from(seconds).ok());
    let at = at.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    at.map_or_else(|| "—".to_owned(), |at| at.to_string())
}

/// What `init` made.
pub fn init(row: &Value) -> Vec<String> {
    let mut lines = vec![
        format!("Knooppunt van {} (REFNIS {})", text(&row["municipality"]), text(&row["refnis"])),
        format!("Vingerafdruk: {}", text(&row["fingerprint"])),
        format!(
            "Stamsleutel: {} (mag op een veilige plaats buiten deze machine bewaard worden)",
            text(&row["root_key"])
        ),
    ];
    if !row["remark"].is_null() {
        lines.insert(1, format!("Let op: {}", text(&row["remark"])));
    }
    lines.extend(accounts(row["links"].as_array().map_or(&[], Vec::as_slice)));
    lines
}

/// Links with which somebody chooses a password.
pub fn accounts(rows: &[Value]) -> Vec<String> {
    let line = |row: &Value| {
        let what = if row["known"] == true { "Nieuwe link voor" } else { "Eerste aanmelding van" };
        format!("{what} {}: {}", text(&row["name"]), text(&row["link"]))
    };
    rows.iter().map(line).collect()
}

/// An invitation.
pub fn invitation(row: &Value) -> Vec<String> {
    vec![
        format!("Uitnodiging voor {}, geldig tot {}:", text(&row["circle"]), moment(&row["expires_at"])),
        text(&row["invitation"]),
        text(&row["qr"]),
        "De andere gemeente gebruikt ze met `overbuur join`. Vergelijk daarna het nummer per telefoon.".to_owned(),
    ]
}

/// Partners and pairings.
pub fn partners(rows: &[Value]) -> Vec<String> {
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            if row["what"] == "partner" {
                let state = if row["connected"] == true { "verbonden" } else { "niet verbonden" };
                format!(
                    "{} ({}): partner, {state}; {}",
                    text(&row["municipality"]),
                    text(&row["refnis"]),
                    text(&row["circles"])
                )
            } else {
                pairing(row)
            }
        })
        .collect();
    if lines.is_empty() {
        lines.push("Nog geen partners".to_owned());
    }
    lines
}

/// A pairing that waits.
pub fn pairing(row: &Value) -> String {
    format!(
        "{} ({}), vingerafdruk {}\nVergelijk dit nummer per telefoon:\n{}\nKlopt het, bevestig dan met `overbuur confirm --dir … {}`",
        text(&row["municipality"]),
        text(&row["refnis"]),
        text(&row["fingerprint"]),
        text(&row["number"]),
        text(&row["refnis"]),
    )
}

/// `status`.
pub fn status(row: &Value) -> Vec<String> {
    let state = if row["running"] == true { "draait" } else { "staat stil" };
    let own = &row["own"];
    let mut lines = vec![
        format!("{} ({}) {state}; klok {}", text(&row["municipality"]), text(&row["refnis"]), moment(&row["clock"])),
        format!("Pagina's: {}; luistert op {}", text(&row["pages"]), text(&row["listening"])),
        format!(
            "{} mentors, {} nieuwkomers, {} gedeelde documenten hier",
            text(&own["mentors"]),
            text(&own["newcomers"]),
            text(&own["documents_held"])
        ),
    ];
    if row["certificate_valid"] == false {
        lines.push(out_of_date(&row["certificate_valid_until"]));
    }
    if let Some(why) = row["paused"].as_str() {
        lines.push(format!("De uitwisseling wacht tot de databank weer kan schrijven: {why}"));
    }
    for partner in row["partners"].as_array().into_iter().flatten() {
        let connection = if partner["connected_since"].is_null() {
            format!("niet verbonden ({})", text(&partner["not_connected_because"]))
        } else {
            format!("verbonden sinds {}", moment(&partner["connected_since"]))
        };
        let refused = partner["refused"].as_object().filter(|refused| !refused.is_empty());
        let refused = refused.map(|refused| {
            let each: Vec<String> = refused.iter().map(|(why, count)| format!("{count} × {why}")).collect();
            format!("; geweigerd: {}", each.join(", "))
        });
        let forks = partner["forks_proved"].as_u64().filter(|count| *count > 0);
        let forks = forks.map(|count| format!("; {count} × twee verschillende dingen op één plaats, bewijs bewaard"));
        let held_back = partner["held_back"]["because"].as_str();
        let held_back = held_back.map(|why| format!("; vertraagd, want dit stuurt geen eerlijk knooppunt: {why}"));
        lines.push(format!(
            "{}: {connection}; {} documenten; laatst gelijk {}{}{}{}",
            text(&partner["municipality"]),
            text(&partner["documents_held"]),
            moment(&partner["last_reconciled"]),
            refused.unwrap_or_default(),
            forks.unwrap_or_default(),
            held_back.unwrap_or_default()
        ));
    }
    lines
}

/// That this node's own certificate does not cover now.
pub fn out_of_date(until: &Value) -> String {
    format!(
        "Let op: het certificaat van dit knooppunt is niet geldig (tot {}). Er is geen verbinding met partners; \
         de pagina's werken verder. Kijk eerst de klok van deze machine na; klopt die, dan is een nieuw certificaat nodig.",
        moment(until)
    )
}

/// `population`.
pub fn population(row: &Value) -> String {
    if row["given"] == false {
        return "Nog geen bevolkingstabel: talen buiten Nederlands, Frans en Engels blijven hier".to_owned();
    }
    format!(
        "Bevolkingstabel sinds {}: {} inwoners van deze gemeente, {} talen, {} rijen",
        moment(&row["since"]),
        text(&row["people"]),
        text(&row["languages"]),
        text(&row["rows"])
    )
}

/// `match`.
pub fn matches(rows: &[Value]) -> Vec<String> {
    rows.iter()
        .map(|row| {
            let newcomer = text(&row["newcomer"]["name"]);
            match row["what"].as_str() {
                Some("draft") if row["municipality"].is_null() => {
                    format!("{newcomer} – {} ({})", text(&row["mentor"]["name"]), strength(row))
                }
                Some("draft") => {
                    format!("{newcomer} – een mentor van {} ({})", text(&row["municipality"]), strength(row))
                }
                Some("without") => format!("{newcomer} – niemand"),
                _ => format!("{} voorstellen, {} zonder mentor", text(&row["drafts"]), text(&row["without"])),
            }
        })
        .collect()
}

fn strength(row: &Value) -> String {
    let code = text(&row["strength"]);
    web::dutch(&format!("strength-{code}")).unwrap_or(code).to_lowercase()
}

/// `document list`.
pub fn documents(rows: &[Value]) -> Vec<String> {
    rows.iter()
        .map(|row| {
            format!(
                "{}  {}  {}  {}",
                text(&row["document"]),
                text(&row["kind"]),
                text(&row["municipality"]),
                row["value"]
            )
        })
        .collect()
}
