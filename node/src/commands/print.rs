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
        .map(|row| match row["what"].as_str() {
            Some("partner") => partner(row),
            Some("departure") => departure(row),
            _ => pairing(row),
        })
        .collect();
    if lines.is_empty() {
        lines.push("Nog geen partners".to_owned());
    }
    lines
}

fn partner(row: &Value) -> String {
    let suspended = &row["suspended"];
    let state = match (suspended.is_null(), row["connected"] == true) {
        (false, _) => format!(
            "opgeschort sinds {} door {} ({})",
            moment(&suspended["since"]),
            text(&suspended["by"]),
            text(&suspended["why"])
        ),
        (true, true) => "verbonden".to_owned(),
        (true, false) => "niet verbonden".to_owned(),
    };
    format!("{} ({}): partner, {state}; {}", text(&row["municipality"]), text(&row["refnis"]), text(&row["circles"]))
}

fn departure(row: &Value) -> String {
    let confirmed = match row["confirmed_at"].is_null() {
        true => "nog niet genoteerd dat alles van ons daar gewist is".to_owned(),
        false => format!("bevestigde op {} dat alles daar gewist is", moment(&row["confirmed_at"])),
    };
    let why = row["merged_into"].as_str().map(|into| format!("; zij ging op in {into}")).unwrap_or_default();
    format!("{}: geen partner meer sinds {}{why}; {confirmed}", text(&row["municipality"]), moment(&row["since"]))
}

/// What became of a partner, with what it received when it is suspended.
pub fn partner_life(rows: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows {
        let name = text(&row["partner"]);
        match row["state"].as_str() {
            Some("suspended") => {
                let received = row["received"].as_array().map_or(&[][..], Vec::as_slice);
                lines.push(format!("{name} is opgeschort. Zij ontving dit van ons en heeft het misschien nog:"));
                lines.extend(received.iter().map(|one| {
                    let about = one["person"].as_i64().map(|person| format!("  persoon {person}")).unwrap_or_default();
                    format!("  {}  {}{about}", text(&one["document"]), text(&one["kind"]))
                }));
            }
            Some("active") => lines.push(format!("{name} is weer partner")),
            _ => lines.push(format!("{name} is geen partner meer; wat van haar hier was, is gewist. Zij wordt gevraagd alles van ons te wissen; `overbuur partners` toont of zij tekende")),
        }
    }
    lines
}

/// A person that was erased, or erasures with their receipts.
pub fn erasures(rows: &[Value]) -> Vec<String> {
    let names = |list: &Value| -> Vec<String> { list.as_array().into_iter().flatten().map(text).collect() };
    let line = |row: &Value| {
        if !row["person"].is_null() {
            return format!("Persoon {} is gewist, met {} gedeelde documenten", row["person"], row["documents"]);
        }
        let mut parts = Vec::new();
        for (what, list) in [("bevestigd door", &row["confirmed"]), ("wacht op", &row["awaited"])] {
            let names = names(list);
            if !names.is_empty() {
                parts.push(format!("{what} {}", names.join(", ")));
            }
        }
        format!("{}: {} documenten, {}", moment(&row["asked_at"]), row["documents"], parts.join("; "))
    };
    rows.iter().map(line).collect()
}

/// A certificate that was signed, shown or taken over.
pub fn certificates(rows: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows {
        lines.push(format!(
            "Certificaat {} van {}, sleutel {}, geldig tot {}",
            row["serial"],
            text(&row["municipality"]),
            text(&row["node"]),
            moment(&row["valid_until"])
        ));
        if let Some(into) = row["merged_into"].as_str() {
            lines.push(format!(
                "{} ging op in {into}. Elke partner die het hoort, is geen partner meer; `overbuur partners` toont wie het nog niet weet",
                text(&row["municipality"])
            ));
        }
        if let Some(certificate) = row["certificate"].as_str() {
            lines.push(certificate.to_owned());
        }
    }
    lines
}

/// A backup that was written.
pub fn backup(row: &Value) -> Vec<String> {
    let mut lines =
        vec![format!("Reservekopie {} ({} bytes), voor {}", text(&row["file"]), row["bytes"], text(&row["recipient"]))];
    if !row["key"].is_null() {
        lines.push(format!(
            "Alleen met {} gaat ze open: bewaar die sleutel buiten deze machine, en niet bij de reservekopieën",
            text(&row["key"])
        ));
    }
    lines
}

/// A node that was restored.
pub fn restored(row: &Value) -> Vec<String> {
    let mut lines = vec![format!(
        "{} is hersteld; {} personen die sindsdien gewist waren, zijn opnieuw gewist",
        text(&row["municipality"]),
        row["erased_again"]
    )];
    if row["awaits"].as_array().is_some_and(|awaited| !awaited.is_empty()) {
        lines.push(format!("Start het knooppunt: het wacht eerst op {}", text(&row["awaits"])));
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
    if row["recovering_from"].as_array().is_some_and(|awaited| !awaited.is_empty()) {
        lines.push(format!(
            "Hersteld uit een reservekopie: er vertrekt niets voor deze partners brachten wat zij bewaarden: {}. \
             Is er een onbereikbaar, schort die dan op",
            text(&row["recovering_from"])
        ));
    }
    if row["restored_without"].as_array().is_some_and(|absent| !absent.is_empty()) {
        lines.push(format!(
            "Hersteld uit een reservekopie zonder {}: over matches met hen wordt niets beslist voor zij brachten wat \
             zij bewaarden. Hervat hen, of verlaat wie niet meer terugkomt",
            text(&row["restored_without"])
        ));
    }
    if let Some(into) = row["merged_into"].as_str() {
        lines.push(format!("Deze gemeente ging op in {into}; wie nog partner is, weet het nog niet"));
    }
    if row["certificate_valid"] == false {
        lines.push(out_of_date(&row["certificate_valid_until"]));
    } else if row["certificate_ends_soon"] == true {
        lines.push(format!(
            "Let op: het certificaat van dit knooppunt geldt tot {}; vernieuw het met `overbuur renew`",
            moment(&row["certificate_valid_until"])
        ));
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
        let twice = partner["certified_twice"].as_u64();
        let twice = twice.map(|serial| format!("; tekende twee certificaten met nummer {serial}: bel die gemeente"));
        let held_back = partner["held_back"]["because"].as_str();
        let held_back = held_back.map(|why| format!("; vertraagd, want dit stuurt geen eerlijk knooppunt: {why}"));
        lines.push(format!(
            "{}: {connection}{}; {} documenten; laatst gelijk {}{}{}{}{}",
            text(&partner["municipality"]),
            if partner["certificate_ends_soon"] == true {
                format!("; haar certificaat geldt tot {}", moment(&partner["certificate_valid_until"]))
            } else {
                String::new()
            },
            text(&partner["documents_held"]),
            moment(&partner["last_reconciled"]),
            refused.unwrap_or_default(),
            forks.unwrap_or_default(),
            twice.unwrap_or_default(),
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
