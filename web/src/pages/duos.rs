//! Duos: the list, and one duo from its proposal to its end.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use casework::FieldError;
use casework::duo_state::Event;
use casework::duo_view::{DuoPage, DuoPerson, DuoRow, HandoverView, MEETINGS_AIMED, TimelineEvent};
use casework::people::Side;
use casework::ports_matches::{DuoId, DuoLine, DuoStage, HandoverStage};
use casework::schemas::documents::DuoState;

use crate::app::App;
use crate::axis::{self, Axis};
use crate::change::Region;
use crate::door::{Posted, Visit, flash, flash_with};
use crate::fault::Fault;
use crate::fields::{Form, Pairs};
use crate::frame::{Frame, Nav, html};
use crate::pages::today::alarm;
use crate::words::Words;
use crate::{format, vocabulary as v};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/duos", get(list))
        .route("/duos/{id}", get(one))
        .route("/duos/{id}/zegt", post(said))
        .route("/duos/{id}/ontmoeting", post(meeting))
        .route("/duos/{id}/stap", post(step))
        .route("/duos/{id}/ongedaan", post(undo))
        .route("/duos/{id}/verwijder/{what}/{number}", post(remove))
}

struct Row {
    href: String,
    newcomer: String,
    mentor: String,
    stage: String,
    class: &'static str,
    meetings: usize,
    last: String,
    since: String,
    alarms: Vec<String>,
}

#[derive(Template)]
#[template(path = "duos.html")]
struct ListPage {
    f: Frame,
    rows: Vec<Row>,
    aimed: usize,
}

async fn list(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let duos = app.run(move |office| office.duos(&actor)).await?;
    let w = &visit.words;
    let f = Frame::new(&app, &visit, Nav::Duos, w.t("nav-duos")).await?.refreshing("duos matches");
    let rows = duos.iter().map(|duo| row(w, duo)).collect();
    html(&ListPage { f, rows, aimed: MEETINGS_AIMED })
}

fn row(w: &Words, duo: &DuoRow) -> Row {
    Row {
        href: format!("/duos/{}", duo.id.0),
        newcomer: person(w, &duo.newcomer),
        mentor: person(w, &duo.mentor),
        stage: stage(w, duo.stage),
        class: stage_class(duo),
        meetings: duo.meetings,
        last: duo.last_meeting.map_or_else(|| w.t("no-meeting-yet"), format::date),
        since: format::date(duo.running_since.unwrap_or(duo.matched_on)),
        alarms: duo.alarms.iter().map(|what| alarm(w, *what)).collect(),
    }
}

pub(crate) fn person(w: &Words, who: &DuoPerson) -> String {
    match who {
        DuoPerson::Own { name, .. } => name.clone(),
        DuoPerson::Partner { sheet: Some(sheet), municipality } => {
            w.fill("person-of", &[("name", &sheet.name), ("municipality", &municipality.name)])
        }
        DuoPerson::Partner { municipality, .. } => w.with("somebody-of", "municipality", &municipality.name),
        DuoPerson::Erased => w.t("person-erased"),
    }
}

pub(crate) fn stage(w: &Words, value: DuoStage) -> String {
    w.t(&format!("duo-{}", value.code()))
}

fn stage_class(duo: &DuoRow) -> &'static str {
    match duo.stage {
        _ if !duo.alarms.is_empty() => "asks",
        DuoStage::FirstMeeting => "shared",
        DuoStage::Running | DuoStage::Continues => "duo",
        _ => "",
    }
}

/// One of the two on the page.
struct Half {
    role: String,
    name: String,
    href: String,
    contact: Vec<(String, String)>,
    /// What they said after the first meeting, in words.
    said: String,
    /// Whether we still have to say for them.
    may_say: bool,
}

struct MeetingLine {
    number: i64,
    on: String,
    minutes: String,
    theme: String,
    by: String,
}

#[derive(Template)]
#[template(path = "duo.html")]
struct OnePage {
    f: Frame,
    id: i64,
    heading: String,
    stage: String,
    class: &'static str,
    alarms: Vec<String>,
    /// Where the screening of the mentor is noted; empty when it was seen.
    screen_first: String,
    halves: Vec<Half>,
    active: bool,
    leads: String,
    theirs: String,
    /// Meetings that the other municipality noted, in words.
    their_meetings: String,
    handover: Vec<String>,
    handover_consent: String,
    axis: Axis,
    width: i64,
    pips: Vec<bool>,
    count: usize,
    aimed: usize,
    meetings: Vec<MeetingLine>,
    /// How full plan and notes are, in words.
    plan: String,
    notes: String,
    events: Vec<(&'static str, String)>,
    proposal: String,
    form: Form,
    themes: Vec<String>,
}

async fn one(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Result<Response, Fault> {
    let values =
        vec![("on".to_owned(), casework::dutch_date::format(visit.today)), ("minutes".to_owned(), "60".to_owned())];
    show(&app, &visit, id, values, &[]).await
}

async fn show(app: &App, visit: &Visit, id: i64, values: Pairs, errors: &[FieldError]) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let duo = app.run(move |office| office.duo(&actor, DuoId(id))).await?;
    let w = &visit.words;
    let heading =
        w.fill("duo-heading", &[("newcomer", &person(w, &duo.row.newcomer)), ("mentor", &person(w, &duo.row.mentor))]);
    let f = Frame::new(app, visit, Nav::Duos, heading.clone()).await?.refreshing("duos");
    let values = crate::drafts::fill(app, visit, values).await;
    let form = Form::new(w, values).with_errors(errors);
    let mut page = view(w, &duo, f, form, visit);
    page.heading = heading;
    let mut response = html(&page)?;
    if !errors.is_empty() {
        *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn view(w: &Words, duo: &DuoPage, f: Frame, form: Form, visit: &Visit) -> OnePage {
    let row = &duo.row;
    let count = duo.meetings.len();
    let mut themes: Vec<String> = duo.meetings.iter().map(|meeting| meeting.theme.clone()).collect();
    themes.extend(["theme-meet", "theme-dutch", "theme-work", "theme-papers", "theme-leisure"].map(|key| w.t(key)));
    themes.retain(|theme| !theme.is_empty());
    themes.sort();
    themes.dedup();
    OnePage {
        id: row.id.0,
        heading: String::new(),
        stage: stage(w, row.stage),
        class: stage_class(row),
        alarms: row.alarms.iter().map(|what| alarm(w, *what)).collect(),
        screen_first: v::screen_first(duo.unscreened),
        halves: vec![
            half(w, w.t("the-newcomer"), "/nieuwkomers", &row.newcomer, duo.newcomer_said, row.stage),
            half(w, w.t("the-mentor"), "/mentors", &row.mentor, duo.mentor_said, row.stage),
        ],
        active: row.stage.is_active(),
        leads: w.t(if row.leads { "duo-leads-us" } else { "duo-leads-them" }),
        theirs: duo.theirs.as_ref().map(|theirs| theirs_words(w, theirs)).unwrap_or_default(),
        their_meetings: duo
            .theirs
            .as_ref()
            .filter(|theirs| theirs.meetings > 0)
            .map(|theirs| w.count("theirs-meetings", theirs.meetings))
            .unwrap_or_default(),
        handover: duo.handover.as_ref().map(|handover| handover_words(w, handover, row.stage)).unwrap_or_default(),
        handover_consent: match (&duo.handover, &row.newcomer, &row.mentor) {
            (Some(HandoverView { needs_consent: true, .. }), DuoPerson::Own { person, .. }, _) => {
                format!("/nieuwkomers/{}#toestemming", person.0)
            }
            (Some(HandoverView { needs_consent: true, .. }), _, DuoPerson::Own { person, .. }) => {
                format!("/mentors/{}#toestemming", person.0)
            }
            _ => String::new(),
        },
        axis: axis::draw(&duo.timeline, visit.today, |event| timeline_word(w, event)),
        width: axis::WIDTH,
        pips: (0..MEETINGS_AIMED.max(count)).map(|at| at < count).collect(),
        count,
        aimed: MEETINGS_AIMED,
        meetings: duo
            .meetings
            .iter()
            .rev()
            .map(|meeting| MeetingLine {
                number: meeting.id,
                on: format::date(meeting.on),
                minutes: w.count("minutes", meeting.minutes),
                theme: meeting.theme.clone(),
                by: meeting.by.clone(),
            })
            .collect(),
        plan: w.count("plan-count", duo.plan.len()),
        notes: w.count("notes-count", duo.notes.len()),
        events: duo
            .events
            .iter()
            .filter_map(|event| Some((event_code(*event)?, w.t(&format!("step-{}", event_code(*event)?)))))
            .collect(),
        proposal: duo.proposal.map(|id| id.to_string()).unwrap_or_default(),
        form,
        themes,
        f,
    }
}

fn half(w: &Words, role: String, folder: &str, who: &DuoPerson, said: Option<bool>, stage: DuoStage) -> Half {
    let (href, contact) = match who {
        DuoPerson::Own { person, .. } => (format!("{folder}/{}", person.0), Vec::new()),
        DuoPerson::Partner { sheet: Some(sheet), .. } => {
            let mut contact = Vec::new();
            if !sheet.phone.is_empty() {
                contact.push((w.t("field-contact-phone"), sheet.phone.clone()));
            }
            if !sheet.email.is_empty() {
                contact.push((w.t("field-contact-email"), sheet.email.clone()));
            }
            if let Some(language) = sheet.language {
                contact.push((w.t("contact-language"), v::language(w, language)));
            }
            (String::new(), contact)
        }
        _ => (String::new(), Vec::new()),
    };
    let words = match said {
        Some(true) => w.t("said-yes"),
        Some(false) => w.t("said-no"),
        None if stage == DuoStage::FirstMeeting => w.t("said-nothing"),
        None => String::new(),
    };
    let ours = matches!(who, DuoPerson::Own { .. });
    Half {
        role,
        name: person(w, who),
        href,
        contact,
        said: words,
        may_say: ours && said.is_none() && stage == DuoStage::FirstMeeting,
    }
}

fn theirs_words(w: &Words, theirs: &casework::schemas::DuoProgress) -> String {
    let state = match theirs.state {
        DuoState::FirstMeeting => "theirs-first-meeting",
        DuoState::SaidYes => "theirs-said-yes",
        DuoState::SaidNo => "theirs-said-no",
        DuoState::Running => "theirs-running",
        DuoState::Paused => "theirs-paused",
        DuoState::Closing => "theirs-closing",
        DuoState::Closed => "theirs-closed",
        DuoState::Continues => "theirs-continues",
    };
    w.t(state)
}

fn handover_words(w: &Words, handover: &HandoverView, stage: DuoStage) -> Vec<String> {
    let sent = match handover.sent {
        Some((HandoverStage::Waiting, at)) => w.with("handover-waiting", "when", format::moment(at)),
        Some((HandoverStage::KeyUnknown, _)) => w.t("handover-key-unknown"),
        Some((HandoverStage::Delivered, at)) => w.with("handover-delivered", "when", format::moment(at)),
        Some((HandoverStage::Cancelled, _)) => w.t("handover-cancelled"),
        None if handover.needs_consent => w.t("handover-needs-consent"),
        None => w.t("handover-not-yet"),
    };
    let received = match handover.received {
        Some(at) => w.with("handover-received", "when", format::moment(at)),
        None if stage.is_active() => w.t("handover-nothing-received"),
        // Nothing is under way any more; what came was wiped.
        None => return vec![sent],
    };
    vec![sent, received]
}

fn timeline_word(w: &Words, event: &TimelineEvent) -> String {
    match event {
        TimelineEvent::Proposed => w.t("axis-proposed"),
        TimelineEvent::Matched => w.t("axis-matched"),
        TimelineEvent::Running => w.t("axis-running"),
        TimelineEvent::ReviewMark => w.t("axis-review"),
        TimelineEvent::SixMonthsMark => w.t("axis-six-months"),
        TimelineEvent::Ended => w.t("axis-ended"),
        TimelineEvent::Meeting(_) | TimelineEvent::Note => String::new(),
    }
}

/// What a person may do to a duo from its page; the first meeting has its own buttons.
fn event_code(event: Event) -> Option<&'static str> {
    match event {
        Event::Pause => Some("pause"),
        Event::Resume => Some("resume"),
        Event::StartClosing => Some("start-closing"),
        Event::Close => Some("close"),
        Event::GoOnAlone => Some("go-on-alone"),
        _ => None,
    }
}

async fn said(State(app): State<App>, visit: Visit, Path(id): Path<i64>, posted: Posted) -> Result<Response, Fault> {
    let yes = match posted.value("antwoord") {
        "ja" => true,
        "nee" => false,
        _ => return Err(Fault::NotFound),
    };
    let side = if posted.value("wie") == "newcomer" { Side::Newcomer } else { Side::Mentor };
    app.run(move |office| office.say_for(&visit.actor, DuoId(id), side, yes)).await?;
    app.changed(Region::Duos);
    Ok(flash(if yes { "notice-said-yes" } else { "notice-said-no" }, &app, &format!("/duos/{id}")))
}

async fn undo(State(app): State<App>, visit: Visit, Path(id): Path<i64>, _: Posted) -> Result<Response, Fault> {
    app.run(move |office| office.undo_match(&visit.actor, DuoId(id))).await?;
    app.changed(Region::Duos);
    Ok(flash("notice-match-undone", &app, "/duos"))
}

async fn meeting(State(app): State<App>, visit: Visit, Path(id): Path<i64>, posted: Posted) -> Result<Response, Fault> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, code: &'static str| errors.push(FieldError { field: field.to_owned(), code });
    let on = casework::dutch_date::parse(posted.value("on"), visit.today);
    if let Err(code) = on {
        wrong("on", code);
    }
    let minutes = posted.value("minutes").trim().parse::<u16>().ok().filter(|minutes| (5..=600).contains(minutes));
    if minutes.is_none() {
        wrong("minutes", "minutes-out-of-range");
    }
    let (Ok(on), Some(minutes)) = (on, minutes) else {
        return show(&app, &visit, id, posted.fields, &errors).await;
    };
    let (actor, theme, number) = (visit.actor.clone(), posted.value("theme").to_owned(), posted.number.clone());
    let saved = app
        .run(move |office| office.once(&number, |office| office.log_meeting(&actor, DuoId(id), on, minutes, theme)))
        .await;
    match saved {
        Ok(noted) => {
            app.changed(Region::Duos);
            let undo = noted.flatten().map(|number| removal(id, "ontmoeting", number)).unwrap_or_default();
            Ok(flash_with(&app, &format!("/duos/{id}"), "notice-meeting", "", &undo))
        }
        Err(Fault::Invalid(errors)) => show(&app, &visit, id, posted.fields, &errors).await,
        Err(other) => Err(other),
    }
}

/// Where a form is sent that takes something away under a duo.
pub(crate) fn removal(duo: i64, what: &str, number: i64) -> String {
    format!("/duos/{duo}/verwijder/{what}/{number}")
}

async fn remove(
    State(app): State<App>,
    visit: Visit,
    Path((id, what, number)): Path<(i64, String, i64)>,
    _: Posted,
) -> Result<Response, Fault> {
    let (line, page) = match what.as_str() {
        "ontmoeting" => (DuoLine::Meeting(number), ""),
        "plan" => (DuoLine::PlanItem(number), "/plan"),
        "notitie" => (DuoLine::Note(number), "/plan"),
        _ => return Err(Fault::NotFound),
    };
    app.run(move |office| office.remove_from_duo(&visit.actor, DuoId(id), line)).await?;
    app.changed(Region::Duos);
    Ok(flash("notice-removed", &app, &format!("/duos/{id}{page}")))
}

async fn step(State(app): State<App>, visit: Visit, Path(id): Path<i64>, posted: Posted) -> Result<Response, Fault> {
    let event = Event::ALL.into_iter().find(|event| event_code(*event) == Some(posted.value("stap")));
    let event = event.ok_or(Fault::NotFound)?;
    app.run(move |office| office.move_duo(&visit.actor, DuoId(id), event)).await?;
    app.changed(Region::Duos);
    Ok(flash("notice-duo-step", &app, &format!("/duos/{id}")))
}
