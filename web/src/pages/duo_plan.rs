//! The development plan and the notes of a duo. Both stay in the municipality: a partner hears how
//! a duo fares, never why.

use std::fmt::Display;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use casework::FieldError;
use casework::ports_matches::{DuoId, DuoNote, NoteKind, PlanItem, PlanKind};
use casework::schemas::time::Date;

use crate::app::App;
use crate::change::Region;
use crate::door::{Posted, Visit, flash, flash_with};
use crate::fault::Fault;
use crate::fields::{Choice, Form, Pairs};
use crate::frame::{Frame, Nav, html};
use crate::pages::duos::{person, removal};
use crate::words::Words;
use crate::{drafts, format};

const PLAN: [PlanKind; 3] = [PlanKind::Goal, PlanKind::Barrier, PlanKind::Step];
const NOTES: [NoteKind; 3] = [NoteKind::Review, NoteKind::Closing, NoteKind::Other];
/// A day to come may be typed with a year of two digits up to so many days from now.
const AHEAD_DAYS: i32 = 3_650;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/duos/{id}/plan", get(page).post(add_item))
        .route("/duos/{id}/plan/klaar", post(done))
        .route("/duos/{id}/plan/notitie", post(add_note))
}

/// A line of the plan.
struct Item {
    id: i64,
    text: String,
    due: String,
    /// Due and not done.
    late: bool,
    done: String,
}

/// The lines of one kind.
struct Part {
    title: String,
    items: Vec<Item>,
}

struct Note {
    number: i64,
    kind: String,
    on: String,
    text: String,
    by: String,
}

#[derive(Template)]
#[template(path = "duo-plan.html")]
struct Page {
    f: Frame,
    id: i64,
    heading: String,
    parts: Vec<Part>,
    notes: Vec<Note>,
    form: Form,
    plan_kinds: Vec<Choice>,
    note_kinds: Vec<Choice>,
}

async fn page(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Result<Response, Fault> {
    show(&app, &visit, id, Vec::new(), &[]).await
}

async fn show(app: &App, visit: &Visit, id: i64, typed: Pairs, errors: &[FieldError]) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let duo = app.run(move |office| office.duo(&actor, DuoId(id))).await?;
    let w = &visit.words;
    let heading =
        w.fill("duo-heading", &[("newcomer", &person(w, &duo.row.newcomer)), ("mentor", &person(w, &duo.row.mentor))]);
    let f = Frame::new(app, visit, Nav::Duos, w.with("plan-title", "duo", &heading)).await?.refreshing("duos");
    let usual = vec![
        ("plan.kind".to_owned(), "goal".to_owned()),
        ("note.kind".to_owned(), "review".to_owned()),
        ("note.on".to_owned(), casework::dutch_date::format(visit.today)),
    ];
    // Of the two forms only one was sent: the other shows what it usually does.
    let mut values = drafts::fill(app, visit, typed).await;
    values.extend(
        usual.into_iter().filter(|(name, _)| !values.iter().any(|(typed, _)| typed == name)).collect::<Vec<_>>(),
    );
    let mut response = html(&Page {
        id,
        heading,
        parts: PLAN.iter().map(|kind| part(w, *kind, &duo.plan, visit.today)).collect(),
        notes: duo.notes.iter().rev().map(|note| note_view(w, note)).collect(),
        form: Form::new(w, values).with_errors(errors),
        plan_kinds: PLAN.iter().map(|kind| choice(w, "plan", kind)).collect(),
        note_kinds: NOTES.iter().map(|kind| choice(w, "note", kind)).collect(),
        f,
    })?;
    if !errors.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn choice(w: &Words, of: &str, kind: impl Display) -> Choice {
    (kind.to_string(), w.t(&format!("{of}-{kind}")))
}

fn part(w: &Words, kind: PlanKind, plan: &[PlanItem], today: Date) -> Part {
    let items = plan.iter().filter(|item| item.kind == kind).map(|item| Item {
        id: item.id,
        text: item.text.clone(),
        due: item.due.map(|day| w.with("plan-due", "on", format::date(day))).unwrap_or_default(),
        late: item.done_on.is_none() && item.due.is_some_and(|day| day < today),
        done: item.done_on.map(|day| w.with("plan-done-on", "on", format::date(day))).unwrap_or_default(),
    });
    Part { title: w.t(&format!("plan-{kind}s")), items: items.collect() }
}

fn note_view(w: &Words, note: &DuoNote) -> Note {
    Note {
        number: note.id,
        kind: w.t(&format!("note-{}", note.kind)),
        on: format::date(note.on),
        text: note.text.clone(),
        by: note.by.clone(),
    }
}

fn wrong(field: &str, code: &'static str) -> FieldError {
    FieldError { field: field.to_owned(), code }
}

/// Errors of a use case by the fields of the form `of`.
fn named(of: &str, errors: Vec<FieldError>) -> Vec<FieldError> {
    errors.into_iter().map(|error| FieldError { field: format!("{of}.{}", error.field), ..error }).collect()
}

async fn add_item(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Fault> {
    let kind = posted.value("plan.kind").parse::<PlanKind>().ok();
    let due = match posted.value("plan.due").trim() {
        "" => Ok(None),
        text => casework::dutch_date::parse(text, visit.today.plus_days(AHEAD_DAYS)).map(Some),
    };
    let (kind, due) = match (kind, due) {
        (Some(kind), Ok(due)) => (kind, due),
        (kind, due) => {
            let kind = kind.is_none().then(|| wrong("plan.kind", "required"));
            let errors: Vec<FieldError> =
                kind.into_iter().chain(due.err().map(|code| wrong("plan.due", code))).collect();
            return show(&app, &visit, id, posted.fields, &errors).await;
        }
    };
    let (actor, text, number) = (visit.actor.clone(), posted.value("plan.text").to_owned(), posted.number.clone());
    let add = move |office: &casework::Office| {
        office.once(&number, |office| office.add_plan_item(&actor, DuoId(id), kind, text, due))
    };
    match app.run(add).await {
        Ok(added) => Ok(added_line(&app, id, "notice-plan", "plan", added.flatten())),
        Err(Fault::Invalid(errors)) => show(&app, &visit, id, posted.fields, &named("plan", errors)).await,
        Err(other) => Err(other),
    }
}

async fn done(State(app): State<App>, visit: Visit, Path(id): Path<i64>, posted: Posted) -> Result<Response, Fault> {
    let item: i64 = posted.value("item").parse().map_err(|_| Fault::NotFound)?;
    let is_done = posted.value("klaar") == "ja";
    app.run(move |office| office.set_plan_done(&visit.actor, DuoId(id), item, is_done)).await?;
    Ok(saved(&app, id, if is_done { "notice-plan-done" } else { "notice-plan-open" }))
}

async fn add_note(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Fault> {
    let kind = posted.value("note.kind").parse::<NoteKind>().ok();
    let on = casework::dutch_date::parse(posted.value("note.on"), visit.today);
    let (kind, on) = match (kind, on) {
        (Some(kind), Ok(on)) => (kind, on),
        (kind, on) => {
            let kind = kind.is_none().then(|| wrong("note.kind", "required"));
            let errors: Vec<FieldError> = kind.into_iter().chain(on.err().map(|code| wrong("note.on", code))).collect();
            return show(&app, &visit, id, posted.fields, &errors).await;
        }
    };
    let (actor, text, number) = (visit.actor.clone(), posted.value("note.text").to_owned(), posted.number.clone());
    let add = move |office: &casework::Office| {
        office.once(&number, |office| office.add_duo_note(&actor, DuoId(id), kind, on, text))
    };
    match app.run(add).await {
        Ok(added) => Ok(added_line(&app, id, "notice-note", "notitie", added.flatten())),
        Err(Fault::Invalid(errors)) => show(&app, &visit, id, posted.fields, &named("note", errors)).await,
        Err(other) => Err(other),
    }
}

/// Tells that a line was added, and how to take it away again.
fn added_line(app: &App, id: i64, notice: &'static str, what: &str, number: Option<i64>) -> Response {
    app.changed(Region::Duos);
    let undo = number.map(|number| removal(id, what, number)).unwrap_or_default();
    flash_with(app, &format!("/duos/{id}/plan"), notice, "", &undo)
}

fn saved(app: &App, id: i64, notice: &'static str) -> Response {
    app.changed(Region::Duos);
    flash(notice, app, &format!("/duos/{id}/plan"))
}
