//! *Matches*: proposals in and out, and one proposal with its step line.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use casework::answer;
use casework::matches_codes::reason_code;
use casework::people::PersonId;
use casework::ports_matches::{IncomingStage, OutgoingEnd, OutgoingStage};
use casework::proposal;
use casework::schemas::documents::NoReason;
use casework::schemas::time::{Date, Timestamp};
use casework::schemas::{DocumentId, MentorOffer};
use casework::search_view::{Fit, IncomingRow, MentorMessage, OutgoingRow, ProposalPage, REASONS};

use crate::app::App;
use crate::change::Region;
use crate::door::{Posted, Visit, flash, flash_with};
use crate::fault::Fault;
use crate::fields::{Choice, Form};
use crate::frame::{Frame, Nav, html};
use crate::pages::search::{distance, quarter, request_line};
use crate::vocabulary as v;
use crate::words::Words;
use crate::{fit, format};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/voorstellen", get(list))
        .route("/voorstellen/{id}", get(one))
        .route("/voorstellen/{id}/gevraagd", post(asked))
        .route("/voorstellen/{id}/ja", post(yes))
        .route("/voorstellen/{id}/nee", post(no))
        .route("/voorstellen/{id}/bevestig", post(confirm))
        .route("/voorstellen/{id}/intrekken", post(withdraw))
}

/// A line of one of the two lists.
struct Line {
    text: String,
    more: String,
    state: String,
    state_class: &'static str,
    href: String,
    verb: String,
}

#[derive(Template)]
#[template(path = "proposals.html")]
struct ListPage {
    f: Frame,
    incoming: Vec<Line>,
    outgoing: Vec<Line>,
}

async fn list(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let page = app.run(move |office| office.proposals(&actor)).await?;
    let w = &visit.words;
    let now = app.now();
    let f = Frame::new(&app, &visit, Nav::Matches, w.t("nav-matches")).await?.refreshing("matches duos");
    html(&ListPage {
        f,
        incoming: page.incoming.iter().map(|row| incoming_line(w, row)).collect(),
        outgoing: page.outgoing.iter().map(|row| outgoing_line(w, row, now)).collect(),
    })
}

fn incoming_line(w: &Words, row: &IncomingRow) -> Line {
    let text =
        w.fill("proposal-in-line", &[("municipality", &row.municipality.name), ("mentor", &mentor_name(w, row))]);
    let (state, state_class, waits) = incoming_state(w, row.state);
    Line {
        text,
        more: w.with("proposal-waiting", "since", quarter(w, &row.waiting_since.to_string())),
        state,
        state_class,
        href: format!("/voorstellen/{}", row.document),
        verb: w.t(if waits { "today-answer-verb" } else { "today-look-verb" }),
    }
}

fn outgoing_line(w: &Words, row: &OutgoingRow, now: Timestamp) -> Line {
    let mentor = offer_name(w, row.card.as_ref(), &row.municipality.name);
    let (state, state_class, waits) = outgoing_state(w, row.state);
    Line {
        text: w.fill("proposal-out-line", &[("newcomer", &row.newcomer_name), ("mentor", &mentor)]),
        more: w.with("proposal-made", "when", format::since(row.proposed_at, now)),
        state,
        state_class,
        href: format!("/voorstellen/{}", row.document),
        verb: w.t(if waits { "today-confirm-verb" } else { "today-look-verb" }),
    }
}

fn mentor_name(w: &Words, row: &IncomingRow) -> String {
    if row.mentor_name.is_empty() { w.t("mentor-gone") } else { row.mentor_name.clone() }
}

/// A partner's mentor by trade and municipality, within a sentence.
fn offer_name(w: &Words, card: Option<&MentorOffer>, municipality: &str) -> String {
    match card.and_then(|card| card.occupation.as_ref()) {
        Some(trade) => {
            w.fill("a-trade-of", &[("trade", &v::occupation(w, trade).to_lowercase()), ("municipality", municipality)])
        }
        None => w.with("a-mentor-of", "municipality", municipality),
    }
}

/// Words, class, and whether it waits for us.
fn incoming_state(w: &Words, state: answer::State) -> (String, &'static str, bool) {
    match state {
        answer::State::Open { days, reminded } => {
            (w.count("state-in-open", days), if reminded { "asks" } else { "shared" }, true)
        }
        answer::State::Reserved { held_until } => {
            (w.with("state-in-reserved", "until", format::moment(held_until)), "shared", false)
        }
        answer::State::ToAcknowledge { .. } => (w.t("state-in-confirmed"), "shared", false),
        answer::State::ToLapse => (w.t("state-lapsed"), "", false),
        answer::State::TakenBack { .. } => (w.t("state-taken-back"), "", false),
        answer::State::Settled(stage) => match stage {
            IncomingStage::Acknowledged => (w.t("state-matched"), "duo", false),
            IncomingStage::Refused { reason } => {
                (w.with("state-refused", "reason", reason_words(w, reason)), "", false)
            }
            IncomingStage::Lapsed => (w.t("state-lapsed"), "", false),
            IncomingStage::Withdrawn => (w.t("state-taken-back"), "", false),
            IncomingStage::Failed => (w.t("state-failed"), "", false),
            IncomingStage::Open | IncomingStage::Reserved { .. } => (w.t("state-open"), "shared", false),
        },
    }
}

fn outgoing_state(w: &Words, state: proposal::State) -> (String, &'static str, bool) {
    match state {
        proposal::State::Waiting { days } => (w.count("state-out-waiting", days), "shared", false),
        proposal::State::Reminded { days } => (w.count("state-out-waiting", days), "asks", false),
        proposal::State::Reserved { held_until } => {
            (w.with("state-out-reserved", "until", format::moment(held_until)), "asks", true)
        }
        proposal::State::Refused { reason } => (w.with("state-refused", "reason", reason_words(w, reason)), "", false),
        proposal::State::Unanswered => (w.t("state-unanswered"), "", false),
        proposal::State::ReservationOver | proposal::State::Lapsed => (w.t("state-lapsed"), "", false),
        proposal::State::Confirmed => (w.t("state-out-confirmed"), "shared", false),
        proposal::State::Acknowledged { .. } | proposal::State::Matched => (w.t("state-matched"), "duo", false),
        proposal::State::Ended(end) => {
            let text = match end {
                OutgoingEnd::Withdrawn => w.t("state-withdrawn"),
                OutgoingEnd::Refused(reason) => w.with("state-refused", "reason", reason_words(w, reason)),
                OutgoingEnd::Lapsed => w.t("state-lapsed"),
                OutgoingEnd::Unanswered => w.t("state-unanswered"),
                OutgoingEnd::Failed => w.t("state-failed"),
            };
            (text, "", false)
        }
    }
}

fn reason_words(w: &Words, reason: NoReason) -> String {
    w.t(&format!("no-{}", reason_code(reason)))
}

/// A step of asked → yes → confirmed → agreed.
struct Step {
    words: String,
    class: &'static str,
}

struct FitView {
    grade: String,
    grade_class: &'static str,
    where_: String,
    reasons: Vec<String>,
    against: Vec<String>,
    checks: Vec<String>,
}

#[derive(Template)]
#[template(path = "proposal.html")]
struct OnePage {
    f: Frame,
    id: String,
    incoming: bool,
    heading: String,
    state: String,
    state_class: &'static str,
    steps: Vec<Step>,
    facts: Vec<(String, String)>,
    fit: Option<FitView>,
    person_href: String,
    person_name: String,
    partner: String,
    asked: String,
    may_answer: bool,
    /// Whether a yes may be taken back.
    may_take_back: bool,
    places_left: String,
    may_confirm: bool,
    may_withdraw: bool,
    others: Vec<String>,
    message: String,
    duo: String,
    form: Form,
    reasons: Vec<Choice>,
}

fn fit_view(w: &Words, fit: &Fit) -> FitView {
    FitView {
        grade: fit::strength(w, fit.strength),
        grade_class: fit::strength_class(fit.strength),
        where_: distance(w, fit.distance_metres),
        reasons: fit.reasons.iter().map(|reason| fit::reason(w, reason)).collect(),
        against: fit.misses.iter().map(|miss| fit::miss(w, miss)).collect(),
        checks: fit.checks.iter().map(|check| fit::check(w, check)).collect(),
    }
}

/// The four steps, of which `done` are behind us.
fn steps(w: &Words, done: usize, over: bool) -> Vec<Step> {
    ["step-asked", "step-yes", "step-confirmed", "step-agreed"]
        .iter()
        .enumerate()
        .map(|(at, key)| {
            let class = match at {
                at if at < done => "done",
                at if at == done && !over => "now",
                _ => "",
            };
            Step { words: w.t(key), class }
        })
        .collect()
}

fn incoming_done(state: answer::State) -> (usize, bool) {
    match state {
        answer::State::Open { .. } => (1, false),
        answer::State::Reserved { .. } => (2, false),
        answer::State::ToAcknowledge { .. } => (3, false),
        answer::State::Settled(IncomingStage::Acknowledged) => (4, false),
        _ => (1, true),
    }
}

fn outgoing_done(state: proposal::State) -> (usize, bool) {
    match state {
        proposal::State::Waiting { .. } | proposal::State::Reminded { .. } => (1, false),
        proposal::State::Reserved { .. } => (2, false),
        proposal::State::Confirmed => (3, false),
        proposal::State::Acknowledged { .. } | proposal::State::Matched => (4, false),
        _ => (1, true),
    }
}

async fn one(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    show(&app, &visit, id, Form::new(&visit.words, Vec::new())).await
}

async fn show(app: &App, visit: &Visit, id: String, form: Form) -> Result<Response, Fault> {
    let document = document(&id)?;
    let actor = visit.actor.clone();
    let page = app.run(move |office| office.proposal(&actor, document)).await?;
    let w = &visit.words;
    let reasons = REASONS.iter().map(|r| (reason_code(*r).to_owned(), reason_words(w, *r))).collect();
    let f = Frame::new(app, visit, Nav::Matches, w.t("proposal-title")).await?.refreshing("matches duos");
    html(&match page {
        ProposalPage::Incoming { row, fit, may_answer, may_take_back, theirs: _, message } => {
            let (state, state_class, _) = incoming_state(w, row.state);
            let (done, over) = incoming_done(row.state);
            let name = mentor_name(w, &row);
            OnePage {
                id,
                incoming: true,
                heading: w.fill("proposal-in-heading", &[("municipality", &row.municipality.name), ("mentor", &name)]),
                state,
                state_class,
                steps: steps(w, done, over),
                facts: row.card.as_ref().map(|card| request_line(w, card)).unwrap_or_default(),
                fit: fit.as_ref().map(|fit| fit_view(w, fit)),
                person_href: row.mentor.map(|PersonId(id)| format!("/mentors/{id}")).unwrap_or_default(),
                person_name: name,
                partner: row.municipality.name.clone(),
                asked: row.asked.as_ref().map(|(on, by)| asked_words(w, *on, by)).unwrap_or_default(),
                may_answer,
                may_take_back,
                places_left: w.count("places-left", row.places_left),
                may_confirm: false,
                may_withdraw: false,
                others: Vec::new(),
                message: message.as_ref().map(|message| mentor_message(w, message)).unwrap_or_default(),
                duo: row.duo.map(|duo| duo.0.to_string()).unwrap_or_default(),
                form,
                reasons,
                f,
            }
        }
        ProposalPage::Outgoing { row, fit, may_confirm, may_withdraw, others } => {
            let (state, state_class, _) = outgoing_state(w, row.state);
            let (done, over) = outgoing_done(row.state);
            let over = over || matches!(row.stage, OutgoingStage::Ended(_));
            let mentor = offer_name(w, row.card.as_ref(), &row.municipality.name);
            OnePage {
                id,
                incoming: false,
                heading: w.fill("proposal-out-heading", &[("newcomer", &row.newcomer_name), ("mentor", &mentor)]),
                state,
                state_class,
                steps: steps(w, done, over),
                facts: row.card.as_ref().map(|card| offer_line(w, card)).unwrap_or_default(),
                fit: fit.as_ref().map(|fit| fit_view(w, fit)),
                person_href: format!("/nieuwkomers/{}", row.newcomer.0),
                person_name: row.newcomer_name.clone(),
                partner: row.municipality.name.clone(),
                asked: String::new(),
                may_answer: false,
                may_take_back: false,
                places_left: String::new(),
                may_confirm,
                may_withdraw,
                others: others
                    .iter()
                    .map(|other| offer_name(w, other.card.as_ref(), &other.municipality.name))
                    .collect(),
                message: String::new(),
                duo: row.duo.map(|duo| duo.0.to_string()).unwrap_or_default(),
                form,
                reasons,
                f,
            }
        }
    })
}

fn asked_words(w: &Words, on: Date, by: &str) -> String {
    w.fill("proposal-asked", &[("on", &format::date(on)), ("by", by)])
}

/// An offer in words: what, and its value.
pub(crate) fn offer_line(w: &Words, card: &MentorOffer) -> Vec<(String, String)> {
    let mut line = Vec::new();
    if let Some(occupation) = &card.occupation {
        line.push((w.t("card-occupation"), v::occupation(w, occupation)));
    }
    if let Some(sector) = card.sector {
        line.push((w.t("card-sector"), v::sector(w, sector)));
    }
    line.push((w.t("card-helps-with"), v::list(w, card.domains.iter().map(|d| v::domain(w, *d)))));
    line.push((w.t("card-languages"), v::list(w, card.languages.iter().map(|l| v::language(w, *l)))));
    let area = w.fill("card-area-value", &[("area", card.area.name()), ("km", &card.radius_km.to_string())]);
    line.push((w.t("card-area"), area));
    line.push((w.t("card-slots"), v::slots(w, card.availability)));
    if !card.interests.is_empty() {
        line.push((w.t("card-interests"), v::list(w, card.interests.iter().map(|i| v::interest(w, *i)))));
    }
    if let Some(style) = card.style {
        line.push((w.t("card-style"), v::style(w, style)));
    }
    if let Some(band) = card.age_band {
        line.push((w.t("card-age"), v::band(w, band)));
    }
    line.push((w.t("card-places"), w.count("places-left", card.capacity_left.get())));
    line
}

/// The message to the mentor, ready to copy.
fn mentor_message(w: &Words, message: &MentorMessage) -> String {
    let card = &message.card;
    let domains = v::list(w, card.domains.iter().map(|d| v::domain(w, *d).to_lowercase()));
    let mut text = w.fill(
        "message-start",
        &[("name", &message.mentor_given_name), ("municipality", &message.municipality), ("domains", &domains)],
    );
    let mut add = |line: String| {
        text.push(' ');
        text.push_str(&line);
    };
    if let Some(goal) = &card.goal_occupation {
        add(w.with("message-goal", "goal", v::occupation(w, goal).to_lowercase()));
    }
    if !card.languages.is_empty() {
        add(w.with("message-languages", "languages", v::list(w, card.languages.iter().map(|l| v::language(w, *l)))));
    }
    if !message.common_slots.is_empty() {
        add(w.with("message-slots", "slots", v::slots(w, message.common_slots)));
    }
    text.push_str("\n\n");
    text.push_str(&w.t(if message.sheet_received { "message-end-contact" } else { "message-end" }));
    text
}

fn document(id: &str) -> Result<DocumentId, Fault> {
    id.parse().map_err(|_| Fault::NotFound)
}

async fn asked(State(app): State<App>, visit: Visit, Path(id): Path<String>, _: Posted) -> Result<Response, Fault> {
    let proposal = document(&id)?;
    app.run(move |office| office.record_mentor_asked(&visit.actor, proposal)).await?;
    app.changed(Region::Matches);
    Ok(flash("notice-asked", &app, &format!("/voorstellen/{id}")))
}

async fn yes(State(app): State<App>, visit: Visit, Path(id): Path<String>, _: Posted) -> Result<Response, Fault> {
    let proposal = document(&id)?;
    app.run(move |office| office.answer_yes(&visit.actor, proposal)).await?;
    app.changed(Region::Matches);
    Ok(flash("notice-yes", &app, &format!("/voorstellen/{id}")))
}

async fn no(State(app): State<App>, visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let proposal = document(&id)?;
    let Some(reason) = REASONS.into_iter().find(|reason| reason_code(*reason) == posted.value("reason")) else {
        return again(&app, &visit, id, posted, "reason", "required").await;
    };
    let (actor, after_yes) = (visit.actor.clone(), posted.value("zeker") == "ja");
    match app.run(move |office| office.answer_no(&actor, proposal, reason, after_yes)).await {
        Err(Fault::Refused("yes-said")) => return again(&app, &visit, id, posted, "zeker", "yes-said").await,
        other => other?,
    }
    app.changed(Region::Matches);
    Ok(flash("notice-no", &app, &format!("/voorstellen/{id}")))
}

/// The page once more, with what was chosen and what is wrong with it.
async fn again(
    app: &App,
    visit: &Visit,
    id: String,
    posted: Posted,
    field: &str,
    code: &'static str,
) -> Result<Response, Fault> {
    let error = casework::FieldError { field: field.to_owned(), code };
    let mut response = show(app, visit, id, Form::new(&visit.words, posted.fields).with_errors(&[error])).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

async fn confirm(State(app): State<App>, visit: Visit, Path(id): Path<String>, _: Posted) -> Result<Response, Fault> {
    let proposal = document(&id)?;
    app.run(move |office| office.confirm(&visit.actor, proposal)).await?;
    app.changed(Region::Matches);
    Ok(flash("notice-confirmed", &app, &format!("/voorstellen/{id}")))
}

async fn withdraw(State(app): State<App>, visit: Visit, Path(id): Path<String>, _: Posted) -> Result<Response, Fault> {
    let proposal = document(&id)?;
    app.run(move |office| office.withdraw_proposal(&visit.actor, proposal)).await?;
    app.changed(Region::Matches);
    Ok(flash_with(&app, "/voorstellen", "notice-withdrawn", "", ""))
}
