//! *Invoer*: a list as it is, what was understood of it, and only then the taking over.

use askama::Template;
use axum::Router;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use casework::import::{Counts, Field, ImportChoices, Outcome, Part, RowPreview, SheetPreview};
use casework::people::Side;

use crate::app::App;
use crate::change::Region;
use crate::door::{Posted, Visit};
use crate::fault::Fault;
use crate::fields::Choice;
use crate::frame::{Frame, Nav, html};
use crate::upload::Upload;
use crate::vocabulary as v;
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/invoer", get(start).post(upload)).route("/invoer/{token}", get(preview).post(take))
}

#[derive(Template)]
#[template(path = "import.html")]
struct StartPage {
    f: Frame,
    problem: String,
}

async fn start(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    if visit.actor.role != casework::office::AccountRole::Coordinator {
        return Err(Fault::Forbidden);
    }
    start_page(&app, &visit, "").await
}

async fn start_page(app: &App, visit: &Visit, problem: &str) -> Result<Response, Fault> {
    let f = Frame::new(app, visit, Nav::Newcomers, visit.words.t("import-title")).await?;
    let mut response = html(&StartPage { f, problem: problem.to_owned() })?;
    if !problem.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

async fn upload(State(app): State<App>, visit: Visit, form: Multipart) -> Result<Response, Fault> {
    let w = &visit.words;
    let (name, bytes) = match Upload::read(&visit, form).await? {
        Upload::File(name, bytes) => (name, bytes),
        Upload::Missing => return start_page(&app, &visit, &w.t("error-file-missing")).await,
        Upload::TooLarge => return start_page(&app, &visit, &w.t("error-file-too-large")).await,
    };
    let actor = visit.actor.clone();
    match app.run(move |office| office.read_sheet(&actor, &name, &bytes)).await {
        Ok(preview) => Ok(Redirect::to(&format!("/invoer/{}", preview.token)).into_response()),
        Err(Fault::Refused(code)) => {
            let key = format!("error-{code}");
            let problem = if w.has(&key) { w.t(&key) } else { w.t("error-other") };
            start_page(&app, &visit, &problem).await
        }
        Err(other) => Err(other),
    }
}

struct Column {
    name: String,
    heading: String,
    example: String,
    label: String,
    field: String,
    refused: bool,
}

struct Row {
    number: u32,
    outcome: String,
    class: &'static str,
    name: String,
    understood: Vec<(String, String)>,
    remarks: Vec<String>,
    offers_remarks: bool,
    ticked: bool,
    minor: bool,
}

struct Sheet {
    at: usize,
    name: String,
    skipped: String,
    notes: Vec<String>,
    remembered: bool,
    heading_row: u32,
    side: &'static str,
    may_choose: bool,
    left_out: bool,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "import-preview.html")]
struct PreviewPage {
    f: Frame,
    token: String,
    counts: Vec<String>,
    any: bool,
    sheets: Vec<Sheet>,
    meanings: Vec<Choice>,
    done: bool,
    mentors: bool,
}

async fn preview(State(app): State<App>, visit: Visit, Path(token): Path<String>) -> Result<Response, Fault> {
    show(&app, &visit, token, ImportChoices::default()).await
}

/// A list waits until it is taken over, or too long: sent twice, it is not there the second time.
fn gone(fault: Fault) -> Fault {
    if fault == Fault::NotFound { Fault::Refused("import-gone") } else { fault }
}

async fn show(app: &App, visit: &Visit, token: String, choices: ImportChoices) -> Result<Response, Fault> {
    let (actor, key, chosen) = (visit.actor.clone(), token.clone(), choices.clone());
    let found = app.run(move |office| office.preview_import(&actor, &key, &chosen)).await?;
    let title = visit.words.with("import-preview-title", "file", &found.file_name);
    let f = Frame::new(app, visit, Nav::Newcomers, title).await?;
    let w = &visit.words;
    html(&PreviewPage {
        f,
        token,
        counts: count_words(w, found.counts),
        any: found.counts.taken + found.counts.updated > 0,
        sheets: found.sheets.iter().enumerate().map(|(at, sheet)| sheet_view(w, at, sheet, &choices)).collect(),
        meanings: meanings(w),
        done: false,
        mentors: found.counts.mentors > 0,
    })
}

fn meanings(w: &Words) -> Vec<Choice> {
    let chosen = Field::ALL.iter().filter(|field| **field != Field::NationalNumber);
    chosen.map(|field| (field.code().to_owned(), w.t(&format!("meaning-{}", field.code())))).collect()
}

fn count_words(w: &Words, counts: Counts) -> Vec<String> {
    [
        ("import-taken", counts.taken),
        ("import-updated", counts.updated),
        ("import-unchanged", counts.unchanged),
        ("import-refused", counts.refused),
        ("import-with-remark", counts.with_remark),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(key, count)| w.count(key, count))
    .collect()
}

/// A code of the import in words.
fn code(w: &Words, code: &str) -> String {
    let key = format!("import-{code}");
    if w.has(&key) { w.t(&key) } else { w.t("error-other") }
}

fn sheet_view(w: &Words, at: usize, sheet: &SheetPreview, choices: &ImportChoices) -> Sheet {
    Sheet {
        at,
        name: sheet.name.clone(),
        skipped: sheet.skipped.map(|reason| code(w, reason)).unwrap_or_default(),
        notes: sheet.notes.iter().map(|note| code(w, note)).collect(),
        remembered: sheet.remembered,
        heading_row: sheet.heading_row,
        side: sheet.side.map_or("", Side::code),
        may_choose: sheet.skipped.is_none() || sheet.skipped == Some("sheet-side-unknown"),
        left_out: choices.left_out.contains(&at),
        columns: sheet
            .columns
            .iter()
            .map(|column| Column {
                name: format!("kolom.{at}.{}", column.index),
                heading: column.heading.clone(),
                example: column.example.clone(),
                label: w.with("import-column-label", "heading", &column.heading),
                field: column.field.code().to_owned(),
                refused: column.field == Field::NationalNumber,
            })
            .collect(),
        rows: sheet.rows.iter().map(|row| row_view(w, at, row, choices)).collect(),
    }
}

fn row_view(w: &Words, at: usize, row: &RowPreview, choices: &ImportChoices) -> Row {
    let (outcome, class) = match row.outcome {
        Outcome::Taken if row.remarks.is_empty() => (w.t("outcome-taken"), "taken"),
        Outcome::Taken => (w.t("outcome-taken-remark"), "remark"),
        Outcome::Updated => (w.t("outcome-updated"), "taken"),
        Outcome::Unchanged => (w.t("outcome-unchanged"), "soft"),
        Outcome::Refused(reason) => (w.with("outcome-refused", "reason", code(w, reason)), "refused"),
    };
    let named = |part: &Part| matches!(part, Part::GivenName | Part::FamilyName);
    Row {
        number: row.number,
        outcome,
        class,
        name: row.name.clone(),
        understood: row
            .understood
            .iter()
            .filter(|(part, text)| !named(part) && !text.is_empty())
            .map(|(part, text)| (w.t(&format!("meaning-{}", part.code())), part_words(w, *part, text)))
            .collect(),
        remarks: row
            .remarks
            .iter()
            .map(|remark| {
                let field = w.t(&format!("meaning-{}", remark.field.code()));
                let what = code(w, remark.code);
                if remark.said.is_empty() {
                    w.fill("import-remark", &[("field", &field), ("what", &what)])
                } else {
                    w.fill("import-remark-said", &[("field", &field), ("what", &what), ("said", &remark.said)])
                }
            })
            .collect(),
        offers_remarks: row.has_remarks_text,
        ticked: choices.remarks_of.contains(&(at, row.number)),
        minor: row.minor,
    }
}

/// What was understood of a cell, in words.
fn part_words(w: &Words, part: Part, text: &str) -> String {
    let words = |name: &str| {
        let codes = text.split([' ', ',']).filter(|code| !code.is_empty());
        v::list(w, codes.map(|code| v::value(w, name, code)))
    };
    match part {
        Part::Languages => words("languages"),
        Part::Domains => words("domains"),
        Part::Interests => words("interests"),
        Part::Slots => words("slots"),
        Part::Sex => words("sex"),
        Part::Sector => words("sector"),
        Part::Dutch => words("dutch"),
        Part::MotherTongue => words("mother_tongue"),
        Part::Municipality | Part::MeetsIn => words("meets_in"),
        // The code behind the words is for machines.
        Part::Occupation => match text.rsplit_once(' ') {
            Some((written, code)) if code.parse::<casework::schemas::occupation::Occupation>().is_ok() => {
                written.to_owned()
            }
            _ => v::value(w, "occupation", text),
        },
        Part::Birth => match text.strip_prefix("aged ").and_then(|age| age.parse::<i64>().ok()) {
            Some(age) => w.count("age-years", age),
            None => text.parse().map_or_else(|_| text.to_owned(), casework::dutch_date::format),
        },
        Part::RegisteredOn => text.parse().map_or_else(|_| text.to_owned(), casework::dutch_date::format),
        _ => text.to_owned(),
    }
}

/// What was chosen in the form of the preview.
fn choices(posted: &Posted) -> ImportChoices {
    let mut choices = ImportChoices::default();
    for (name, value) in &posted.fields {
        let mut parts = name.split('.');
        let (what, sheet) = (parts.next().unwrap_or_default(), parts.next().and_then(|at| at.parse::<usize>().ok()));
        let Some(sheet) = sheet else { continue };
        match what {
            "kolom" => {
                let column = parts.next().and_then(|at| at.parse::<usize>().ok());
                if let (Some(column), Some(field)) = (column, Field::of_code(value)) {
                    choices.mapping.insert((sheet, column), field);
                }
            }
            "kant" => {
                let side = match value.as_str() {
                    "newcomer" => Side::Newcomer,
                    "mentor" => Side::Mentor,
                    _ => continue,
                };
                choices.sides.insert(sheet, side);
            }
            "weg" => {
                choices.left_out.insert(sheet);
            }
            "opmerkingen" => {
                if let Ok(row) = value.parse() {
                    choices.remarks_of.insert((sheet, row));
                }
            }
            _ => {}
        }
    }
    choices
}

async fn take(
    State(app): State<App>,
    visit: Visit,
    Path(token): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let chosen = choices(&posted);
    if posted.value("actie") != "bewaar" {
        return show(&app, &visit, token, chosen).await;
    }
    let (actor, key, with) = (visit.actor.clone(), token.clone(), chosen.clone());
    let report = app.run(move |office| office.commit_import(&actor, &key, &with)).await.map_err(gone)?;
    app.changed(Region::People);
    let w = &visit.words;
    let title = w.with("import-report-title", "file", &report.file_name);
    let f = Frame::new(&app, &visit, Nav::Newcomers, title).await?;
    html(&PreviewPage {
        f,
        token,
        counts: count_words(w, report.counts),
        any: false,
        sheets: report.sheets.iter().enumerate().map(|(at, sheet)| sheet_view(w, at, sheet, &chosen)).collect(),
        meanings: meanings(w),
        done: true,
        mentors: report.counts.mentors > 0,
    })
}
