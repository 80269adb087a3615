//! Evenings of speed-dating: the list, the plan, the rota during the evening, and what came of it.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use casework::evenings::ports::EveningId;
use casework::evenings::view::{EveningPage, GuestChoice, NamedGuest, Outcome};
use casework::people::{PersonId, Side};

use crate::app::App;
use crate::change::Region;
use crate::door::{Posted, Visit, flash, flash_with};
use crate::fault::Fault;
use crate::fields::{Choice, Form, Pairs};
use crate::format;
use crate::frame::{Frame, Nav, html};
use crate::pages::slips::choice_words;
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/avonden", get(list))
        .route("/avonden/nieuw", get(blank).post(plan))
        .route("/avonden/{id}", get(page))
        .route("/avonden/{id}/ronde", post(begin_round))
        .route("/avonden/{id}/ronde/terug", post(round_back))
        .route("/avonden/{id}/aanwezig", post(presence))
        .route("/avonden/{id}/gast", post(late))
        .route("/avonden/{id}/wis", post(delete))
}

struct Row {
    href: String,
    name: String,
    on: String,
    guests: String,
    rounds: String,
}

#[derive(Template)]
#[template(path = "evenings.html")]
struct ListPage {
    f: Frame,
    rows: Vec<Row>,
}

async fn list(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let found = app.run(move |office| office.evenings(&actor)).await?;
    let f = Frame::new(&app, &visit, Nav::Matches, visit.words.t("evenings-title")).await?;
    let row = |row: casework::evenings::view::EveningRow| Row {
        href: format!("/avonden/{}", row.evening.id.0),
        on: format::date(row.evening.plan.on),
        guests: f.count("evening-guests", row.guests),
        rounds: f.count("evening-rounds", row.rounds as usize),
        name: row.evening.plan.name,
    };
    let rows = found.into_iter().map(row).collect();
    html(&ListPage { rows, f })
}

#[derive(Template)]
#[template(path = "evening-form.html")]
struct FormPage {
    f: Frame,
    form: Form,
    newcomers: Vec<Choice>,
    mentors: Vec<Choice>,
}

async fn blank(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    let usual = [("tables", "6"), ("round_minutes", "10"), ("most_dates", "5")];
    let values: Pairs = usual.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    show_form(&app, &visit, Form::new(&visit.words, values)).await
}

async fn show_form(app: &App, visit: &Visit, form: Form) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let (newcomers, mentors) = app.run(move |office| office.evening_guests(&actor)).await?;
    let choices =
        |people: Vec<GuestChoice>| people.into_iter().map(|one| (one.person.0.to_string(), one.name)).collect();
    let status = if form.wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let f = Frame::new(app, visit, Nav::Matches, visit.words.t("evening-new")).await?;
    let mut page = html(&FormPage { f, form, newcomers: choices(newcomers), mentors: choices(mentors) })?;
    *page.status_mut() = status;
    Ok(page)
}

async fn plan(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Fault> {
    let (actor, fields, number) = (visit.actor.clone(), posted.fields.clone(), posted.number.clone());
    match app.run(move |office| office.once(&number, |office| office.plan_evening(&actor, &fields))).await {
        Ok(id) => {
            app.changed(Region::Matches);
            Ok(flash(
                "notice-evening",
                &app,
                &id.map_or_else(|| "/avonden".to_owned(), |id| format!("/avonden/{}", id.0)),
            ))
        }
        Err(Fault::Invalid(errors)) => {
            show_form(&app, &visit, Form::new(&visit.words, posted.fields).with_errors(&errors)).await
        }
        Err(Fault::Refused("evening-too-long")) => {
            let error = casework::FieldError { field: "tables".to_owned(), code: "evening-too-long" };
            show_form(&app, &visit, Form::new(&visit.words, posted.fields).with_errors(&[error])).await
        }
        Err(other) => Err(other),
    }
}

struct GuestRow {
    number: u32,
    name: String,
    href: String,
    side: String,
    meets: usize,
    absent: bool,
    slip: String,
}

struct Seat {
    table: u32,
    newcomer: String,
    mentor: String,
}

struct RoundRow {
    title: String,
    /// `done`, `now` or nothing.
    state: &'static str,
    seats: Vec<Seat>,
    pause: String,
}

struct OutcomeRow {
    newcomer: String,
    mentor: String,
    says: String,
    action: String,
    mentor_person: i64,
    screened: bool,
}

#[derive(Template)]
#[template(path = "evening.html")]
struct Page {
    f: Frame,
    id: i64,
    facts: String,
    rounds: Vec<RoundRow>,
    more: bool,
    next: usize,
    guests: Vec<GuestRow>,
    late: Vec<Choice>,
    stable: Vec<OutcomeRow>,
    fullest: Vec<OutcomeRow>,
    /// Whether both lists say the same.
    alike: bool,
    open_slips: usize,
    /// Guests who are there and meet nobody.
    alone: usize,
}

async fn page(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let found = app.run(move |office| office.evening(&actor, EveningId(id))).await?;
    let f = Frame::new(&app, &visit, Nav::Matches, found.evening.plan.name.clone()).await?.refreshing("matches");
    html(&view(f, &visit.words, id, found))
}

fn view(f: Frame, w: &Words, id: i64, found: EveningPage) -> Page {
    let by_number: BTreeMap<u32, &NamedGuest> = found.guests.iter().map(|guest| (guest.number, guest)).collect();
    let named = |number: u32| {
        let name = by_number.get(&number).map_or_else(|| w.t("evening-erased"), |guest| guest.name.clone());
        format!("{number} · {name}")
    };
    let began = found.evening.round as usize;
    let rounds: Vec<RoundRow> = found
        .rounds
        .iter()
        .enumerate()
        .map(|(at, round)| RoundRow {
            title: w.with("evening-round", "number", at + 1),
            state: match at + 1 {
                number if number < began => "done",
                number if number == began => "now",
                _ => "",
            },
            seats: round
                .meets
                .iter()
                .map(|meet| Seat { table: meet.seat + 1, newcomer: named(meet.newcomer), mentor: named(meet.mentor) })
                .collect(),
            pause: round.pause.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
        })
        .collect();
    let outcome = |one: &Outcome| {
        let person = |number: u32| by_number.get(&number).map_or(0, |guest| guest.person.0);
        OutcomeRow {
            newcomer: named(one.newcomer),
            mentor: named(one.mentor),
            says: w.fill(
                "evening-says",
                &[("newcomer", &choice_words(w, one.says.0)), ("mentor", &choice_words(w, one.says.1))],
            ),
            action: format!("/nieuwkomers/{}/lokaal", person(one.newcomer)),
            mentor_person: person(one.mentor),
            screened: by_number.get(&one.mentor).is_some_and(|guest| guest.screened),
        }
    };
    let folder = |side: Side| if side == Side::Newcomer { "nieuwkomers" } else { "mentors" };
    let plan = &found.evening.plan;
    Page {
        id,
        facts: w.fill(
            "evening-facts",
            &[
                ("on", &format::date(plan.on)),
                ("tables", &plan.tables.to_string()),
                ("minutes", &plan.minutes.to_string()),
            ],
        ),
        more: began < rounds.len(),
        next: began + 1,
        rounds,
        late: found.late.iter().map(|one| (one.person.0.to_string(), one.name.clone())).collect(),
        alike: found.stable == found.fullest,
        stable: found.stable.iter().map(outcome).collect(),
        fullest: found.fullest.iter().map(outcome).collect(),
        open_slips: found.guests.iter().map(|guest| guest.open_slips).sum(),
        alone: found.guests.iter().filter(|guest| guest.meets == 0 && !guest.absent).count(),
        guests: found
            .guests
            .iter()
            .map(|guest| GuestRow {
                number: guest.number,
                name: guest.name.clone(),
                href: format!("/{}/{}", folder(guest.side), guest.person.0),
                side: w.t(if guest.side == Side::Newcomer { "guest-newcomer" } else { "guest-mentor" }),
                meets: guest.meets,
                absent: guest.absent,
                slip: format!("/avonden/{id}/briefje/{}", guest.number),
            })
            .collect(),
        f,
    }
}

async fn begin_round(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Fault> {
    let round: u32 = posted.value("round").parse().map_err(|_| Fault::NotFound)?;
    let began = app.run(move |office| office.begin_round(&visit.actor, EveningId(id), round)).await?;
    app.changed(Region::Matches);
    let to = format!("/avonden/{id}");
    if began {
        Ok(flash_with(&app, &to, "notice-round", "", &format!("{to}/ronde/terug")))
    } else {
        Ok(flash("notice-once", &app, &to))
    }
}

async fn round_back(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Fault> {
    app.run(move |office| office.once(&posted.number, |office| office.round_back(&visit.actor, EveningId(id)))).await?;
    app.changed(Region::Matches);
    Ok(flash("notice-round-back", &app, &format!("/avonden/{id}")))
}

async fn presence(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Fault> {
    let number: u32 = posted.value("number").parse().map_err(|_| Fault::NotFound)?;
    let absent = posted.value("absent") == "yes";
    app.run(move |office| office.guest_is_absent(&visit.actor, EveningId(id), number, absent)).await?;
    app.changed(Region::Matches);
    Ok(flash(if absent { "notice-absent" } else { "notice-present" }, &app, &format!("/avonden/{id}")))
}

async fn late(State(app): State<App>, visit: Visit, Path(id): Path<i64>, posted: Posted) -> Result<Response, Fault> {
    let person: i64 = posted.value("person").parse().map_err(|_| Fault::NotFound)?;
    app.run(move |office| office.late_guest(&visit.actor, EveningId(id), PersonId(person))).await?;
    app.changed(Region::Matches);
    Ok(flash("notice-late", &app, &format!("/avonden/{id}")))
}

async fn delete(State(app): State<App>, visit: Visit, Path(id): Path<i64>, _form: Posted) -> Result<Response, Fault> {
    app.run(move |office| office.delete_evening(&visit.actor, EveningId(id))).await?;
    app.changed(Region::Matches);
    Ok(flash("notice-evening-deleted", &app, "/avonden"))
}
