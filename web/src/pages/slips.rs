//! Slips of an evening: on the guest's own phone behind a secret address, or entered here from
//! paper. A slip shows numbers only, never a name.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use casework::evenings::ports::EveningId;
use casework::evenings::view::SlipPage;
use casework::matching::evening::Choice;

use crate::app::App;
use crate::change::Region;
use crate::door::{Guest, Posted, Visit, flash};
use crate::fault::Fault;
use crate::frame::{Frame, Nav, html};
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/briefje/{secret}", get(own).post(say))
        .route("/avonden/{id}/briefje/{number}", get(paper).post(enter))
        .route("/avonden/{id}/briefje/{number}/adres", post(address))
}

/// Start of the keys of what an old code says.
pub(crate) const NO_SLIP: &str = "fault-no-slip";

const CHOICES: [(&str, Choice); 3] = [("gladly", Choice::Gladly), ("maybe", Choice::Maybe), ("no", Choice::No)];

pub(crate) fn choice_words(w: &Words, choice: Choice) -> String {
    let code = CHOICES.iter().find(|(_, known)| *known == choice).map_or("no", |(code, _)| code);
    w.t(&format!("slip-{code}"))
}

struct Option3 {
    code: &'static str,
    words: String,
    chosen: bool,
}

struct Line {
    name: String,
    legend: String,
    options: Vec<Option3>,
}

#[derive(Template)]
#[template(path = "slip.html")]
struct Page {
    f: Frame,
    action: String,
    back: String,
    evening: String,
    lines: Vec<Line>,
    saved: bool,
    /// Address of the form that makes a fresh secret; empty on the guest's own page.
    address: String,
    /// How often that was done before.
    made: u32,
}

fn view(f: Frame, w: &Words, slip: SlipPage, action: String) -> Page {
    let line = |line: &casework::evenings::view::SlipLine| Line {
        name: format!("other-{}", line.other),
        legend: w.fill(
            "slip-line",
            &[
                ("round", &line.round.to_string()),
                ("table", &line.table.to_string()),
                ("other", &line.other.to_string()),
            ],
        ),
        options: CHOICES
            .iter()
            .map(|(code, choice)| Option3 { code, words: choice_words(w, *choice), chosen: line.says == Some(*choice) })
            .collect(),
    };
    Page {
        lines: slip.lines.iter().map(line).collect(),
        evening: slip.evening,
        f,
        action,
        back: String::new(),
        saved: false,
        address: String::new(),
        made: slip.made,
    }
}

/// What a form says: the other's number and a choice, for every line that was filled in.
fn said(posted: &Posted) -> Result<Vec<(u32, Choice)>, Fault> {
    let lines = posted.fields.iter().filter_map(|(name, value)| Some((name.strip_prefix("other-")?, value)));
    lines
        .map(|(number, value)| {
            let choice = CHOICES.iter().find(|(code, _)| code == value).map(|(_, choice)| *choice);
            Ok((number.parse().map_err(|_| Fault::NotFound)?, choice.ok_or(Fault::NotFound)?))
        })
        .collect()
}

async fn own(State(app): State<App>, guest: Guest, Path(secret): Path<String>) -> Result<Response, Fault> {
    let asked = secret.clone();
    let slip = app.run(move |office| office.slip(&asked)).await.map_err(|fault| fault.behind(NO_SLIP))?;
    let f = Frame::bare(&app, &guest.words, guest.words.with("slip-title", "number", slip.number));
    let saved = slip.lines.iter().any(|line| line.says.is_some());
    html(&Page { saved, ..view(f, &guest.words, slip, format!("/briefje/{secret}")) })
}

async fn say(State(app): State<App>, Path(secret): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let says = said(&posted)?;
    let to = format!("/briefje/{secret}");
    app.run(move |office| office.say_on_slip(&secret, says)).await.map_err(|fault| fault.behind(NO_SLIP))?;
    app.changed(Region::Matches);
    Ok(Redirect::to(&to).into_response())
}

async fn paper(State(app): State<App>, visit: Visit, Path((id, number)): Path<(i64, u32)>) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let slip = app.run(move |office| office.slip_of(&actor, EveningId(id), number)).await?;
    let f = Frame::new(&app, &visit, Nav::Matches, visit.words.with("slip-title", "number", number)).await?;
    let action = format!("/avonden/{id}/briefje/{number}");
    let address = format!("{action}/adres");
    html(&Page { back: format!("/avonden/{id}"), address, ..view(f, &visit.words, slip, action) })
}

async fn enter(
    State(app): State<App>,
    visit: Visit,
    Path((id, number)): Path<(i64, u32)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let says = said(&posted)?;
    if says.is_empty() {
        return Ok(flash("notice-slip-empty", &app, &format!("/avonden/{id}/briefje/{number}")));
    }
    app.run(move |office| office.enter_slip(&visit.actor, EveningId(id), number, says)).await?;
    app.changed(Region::Matches);
    Ok(flash("notice-slip", &app, &format!("/avonden/{id}")))
}

#[derive(Template)]
#[template(path = "slip-address.html")]
struct Address {
    f: Frame,
    back: String,
    href: String,
    drawing: String,
}

async fn address(
    State(app): State<App>,
    visit: Visit,
    Path((id, number)): Path<(i64, u32)>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    // A form that does not say it is of before everything.
    let made = posted.value("made").parse().unwrap_or_default();
    let secret = app.run(move |office| office.open_slip(&actor, EveningId(id), number, &posted.number, made)).await?;
    let Some(secret) = secret else {
        return Ok(flash("notice-slip-newer", &app, &format!("/avonden/{id}/briefje/{number}")));
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if app.config.secure_cookies { "https" } else { "http" };
    let href = format!("{scheme}://{host}/briefje/{secret}");
    let code = qrcode::QrCode::new(&href).map_err(|_| Fault::NotFound)?;
    let drawing = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(240, 240).build();
    // The declaration of an XML file has no place inside a page.
    let drawing = drawing.split_once("?>").map_or(drawing.clone(), |(_, svg)| svg.to_owned());
    let f = Frame::new(&app, &visit, Nav::Matches, visit.words.with("slip-title", "number", number)).await?;
    html(&Address { f, back: format!("/avonden/{id}"), href, drawing })
}
