//! `overbuur import`: a spreadsheet through the same use case as the page: what is understood
//! is shown first, and every row is told.

use std::sync::Arc;

use anyhow::Result;
use casework::Actor;
use casework::import::{Counts, ImportChoices, RowPreview, SheetPreview};
use serde_json::{Value, json};

use crate::runtime::blocking;
use crate::service::Service;

/// Reads a file and, unless `dry_run`, takes over what it says.
///
/// # Errors
/// A file that is no list.
pub async fn import(
    service: &Arc<Service>,
    name: String,
    file: Vec<u8>,
    dry_run: bool,
    demo: bool,
) -> Result<Vec<Value>> {
    let office = service.office.clone();
    let rows = blocking(move || {
        let actor = Actor::command_line();
        let preview = office.read_sheet(&actor, &name, &file)?;
        let (sheets, counts) = if dry_run {
            (preview.sheets, preview.counts)
        } else {
            let report =
                office.commit_import(&actor, &preview.token, &ImportChoices { demo, ..ImportChoices::default() })?;
            (report.sheets, report.counts)
        };
        let mut rows = Vec::new();
        for sheet in &sheets {
            rows.push(sheet_row(sheet));
            rows.extend(sheet.rows.iter().map(|row| person_row(sheet, row)));
        }
        rows.push(counts_row(&name, dry_run, counts));
        Ok(rows)
    })
    .await?;
    let _ = service.changes.send(web::Change::local(web::Region::People));
    Ok(rows)
}

fn sheet_row(sheet: &SheetPreview) -> Value {
    let columns: Vec<Value> =
        sheet.columns.iter().map(|column| json!({ "heading": column.heading, "field": column.field.code() })).collect();
    json!({
        "what": "sheet",
        "sheet": sheet.name,
        "side": sheet.side.map(|side| side.code()),
        "skipped": sheet.skipped,
        "heading_row": sheet.heading_row,
        "columns": columns,
        "notes": sheet.notes,
    })
}

fn person_row(sheet: &SheetPreview, row: &RowPreview) -> Value {
    let why = if let casework::import::Outcome::Refused(why) = row.outcome { Some(why) } else { None };
    let remarks: Vec<Value> = row
        .remarks
        .iter()
        .map(|remark| json!({ "code": remark.code, "field": remark.field.code(), "said": remark.said }))
        .collect();
    json!({
        "what": "row",
        "sheet": sheet.name,
        "row": row.number,
        "name": row.name,
        "outcome": row.outcome.code(),
        "why": why,
        "remarks": remarks,
        "minor": row.minor,
    })
}

fn counts_row(name: &str, dry_run: bool, counts: Counts) -> Value {
    json!({
        "what": "file",
        "file": name,
        "written": !dry_run,
        "taken": counts.taken,
        "with_remark": counts.with_remark,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "refused": counts.refused,
        "mentors": counts.mentors,
        "newcomers": counts.newcomers,
    })
}
