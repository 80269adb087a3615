//! What `import` understood, row by row, in the words of the page.

use serde_json::Value;

use super::text;

/// `import`.
pub fn import(rows: &[Value]) -> Vec<String> {
    rows.iter().filter_map(line).collect()
}

fn line(row: &Value) -> Option<String> {
    match row["what"].as_str()? {
        "sheet" => Some(sheet(row)),
        "row" => Some(person(row)),
        _ => Some(counts(row)),
    }
}

/// A code as the page words it; the code itself where it has no words.
fn worded(start: &str, code: &Value) -> String {
    let code = text(code);
    web::dutch(&format!("{start}-{code}")).unwrap_or(code)
}

fn each(values: &Value, words: impl Fn(&Value) -> String) -> Vec<String> {
    values.as_array().into_iter().flatten().map(words).collect()
}

fn sheet(row: &Value) -> String {
    let name = text(&row["sheet"]);
    if !row["skipped"].is_null() {
        return format!("Blad {name}: {}", worded("import", &row["skipped"]));
    }
    let columns = each(&row["columns"], |column| {
        format!("{} → {}", text(&column["heading"]), worded("meaning", &column["field"]))
    });
    let notes = each(&row["notes"], |note| format!("\n  {}", worded("import", note)));
    let side = if row["side"] == "mentor" { "nav-mentors" } else { "nav-newcomers" };
    let side = web::dutch(side).unwrap_or_default();
    format!("Blad {name} ({side}): {}{}", columns.join("; "), notes.concat())
}

fn person(row: &Value) -> String {
    let remarks = each(&row["remarks"], |remark| {
        let said = if remark["said"] == "" { String::new() } else { format!(" “{}”", text(&remark["said"])) };
        format!("{}{said}: {}", worded("meaning", &remark["field"]), worded("import", &remark["code"]))
    });
    let outcome = if row["why"].is_null() {
        worded("outcome", &row["outcome"])
    } else {
        format!("Geweigerd ({})", worded("import", &row["why"]))
    };
    let name = text(&row["name"]);
    let name = if name.is_empty() { name } else { format!(" – {name}") };
    let remarks = if remarks.is_empty() { String::new() } else { format!("; {}", remarks.join("; ")) };
    format!("  rij {}: {outcome}{name}{remarks}", text(&row["row"]))
}

fn counts(row: &Value) -> String {
    let written = if row["written"] == true { "" } else { " (niets geschreven)" };
    format!(
        "{}: {} nieuw ({} mentors, {} nieuwkomers), {} gewijzigd, {} ongewijzigd, {} geweigerd, {} met een opmerking{written}",
        text(&row["file"]),
        text(&row["taken"]),
        text(&row["mentors"]),
        text(&row["newcomers"]),
        text(&row["updated"]),
        text(&row["unchanged"]),
        text(&row["refused"]),
        text(&row["with_remark"])
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_are_told_in_the_words_of_the_page() {
        let rows = [
            json!({ "what": "sheet", "sheet": "Cijfers", "skipped": "sheet-not-a-list" }),
            json!({ "what": "sheet", "sheet": "Lijst", "side": "mentor", "skipped": null, "notes": ["rows-left-off"],
                "columns": [{ "heading": "Naam", "field": "family_name" }] }),
            json!({ "what": "row", "row": 3, "name": "", "outcome": "refused", "why": "row-no-name", "remarks": [] }),
            json!({ "what": "row", "row": 4, "name": "An", "outcome": "taken", "why": null,
                "remarks": [{ "code": "language-unknown", "field": "languages", "said": "Klingon" }] }),
        ];
        let said = import(&rows);
        assert_eq!(said[0], "Blad Cijfers: Dit blad is geen lijst van personen. Het wordt overgeslagen.");
        assert!(said[1].starts_with("Blad Lijst (Mentors): Naam → Familienaam\n  Dit blad is te lang."), "{}", said[1]);
        assert_eq!(said[2], "  rij 3: Geweigerd (geen naam)");
        assert_eq!(said[3], "  rij 4: Nieuw – An; Talen “Klingon”: deze taal kennen we niet");
    }
}
