//! The lists of newcomers and mentors: sorted, filtered, and ticked rows done at once.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use casework::library::LibraryFilter;
use casework::people::{PersonId, Purpose, Screening, Side};
use casework::people_view::{PersonRow, ShareState};
use casework::schemas::time::Date;

use crate::app::App;
use crate::change::Region;
use crate::door::{Posted, Visit, flash_with};
use crate::fault::Fault;
use crate::fields::{Choice, Form};
use crate::frame::{Frame, html};
use crate::pages::intake::{folder, place};
use crate::vocabulary as v;
use crate::words::Words;
use crate::{cookies, format};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/nieuwkomers", get(newcomers))
        .route("/mentors", get(mentors))
        .route("/nieuwkomers/samen", post(bulk_newcomers))
        .route("/mentors/samen", post(bulk_mentors))
}

/// A person in a list.
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) href: String,
    pub(crate) name: String,
    pub(crate) age: String,
    pub(crate) languages: String,
    pub(crate) what: String,
    pub(crate) town: String,
    pub(crate) waits: String,
    pub(crate) state: String,
    pub(crate) class: &'static str,
}

/// A heading that sorts.
struct Heading {
    label: String,
    href: String,
    /// For `aria-sort`.
    sorted: &'static str,
}

#[derive(Template)]
#[template(path = "people.html")]
struct Page {
    f: Frame,
    base: &'static str,
    newcomers: bool,
    count: String,
    all: usize,
    shown: String,
    rows: Vec<Row>,
    headings: Vec<Heading>,
    form: Form,
    states: Vec<Choice>,
    order: String,
    today: String,
}

/// Code of a state in addresses, and in the keys of its words.
fn state_code(state: ShareState) -> &'static str {
    match state {
        ShareState::Shared { .. } => "gedeeld",
        ShareState::NotShared => "klaar",
        ShareState::Minor => "minderjarig",
        ShareState::ConsentMissing => "geen-toestemming",
        ShareState::ScreeningMissing => "geen-screening",
    }
}

const STATES: [&str; 5] = ["gedeeld", "klaar", "geen-toestemming", "geen-screening", "minderjarig"];

/// A state in words, with its class.
pub(crate) fn state(w: &Words, state: ShareState, today: Date) -> (String, &'static str) {
    match state {
        ShareState::Shared { until } => {
            (w.with("state-shared", "until", format::long_date(format::day_of_hour(until), today)), "shared")
        }
        other => {
            let class = if other == ShareState::NotShared { "" } else { "asks" };
            (w.t(&format!("state-{}", state_code(other))), class)
        }
    }
}

/// `6 weken`, under two weeks in days.
pub(crate) fn wait(w: &Words, days: u32) -> String {
    if days < 14 { w.count("days", days) } else { w.count("weeks", days / 7) }
}

fn row(w: &Words, row: &PersonRow, today: Date) -> Row {
    let data = &row.person.data;
    let (state, class) = match row.state {
        // A year would break the line; cards live 90 days.
        ShareState::Shared { until } => {
            (w.with("state-shared", "until", format::short_date(format::day_of_hour(until))), "shared")
        }
        other => state(w, other, today),
    };
    let trade = data.occupation.as_ref().map(|occupation| v::occupation(w, occupation));
    let trade = trade.or_else(|| Some(data.occupation_text.clone()).filter(|text| !text.is_empty()));
    let domains = data.domains.iter().map(|domain| v::domain(w, *domain));
    Row {
        id: row.person.id.0,
        href: format!("{}/{}", folder(data.side), row.person.id.0),
        name: data.full_name(),
        age: row.age.map(|age| age.to_string()).unwrap_or_default(),
        languages: v::spoken(w, data),
        what: v::list(w, trade.into_iter().chain(domains)),
        town: data.meets_in.or(data.contact.municipality).map(|at| at.name().to_owned()).unwrap_or_default(),
        waits: wait(w, row.waiting_days),
        state,
        class,
    }
}

fn found(row: &Row, text: &str) -> bool {
    let text = text.trim().to_lowercase();
    [&row.name, &row.languages, &row.what, &row.town].iter().any(|field| field.to_lowercase().contains(&text))
}

type Asked = BTreeMap<String, String>;

async fn newcomers(State(app): State<App>, visit: Visit, Query(query): Query<Asked>) -> Result<Response, Fault> {
    list(app, visit, Side::Newcomer, query).await
}

async fn mentors(State(app): State<App>, visit: Visit, Query(query): Query<Asked>) -> Result<Response, Fault> {
    list(app, visit, Side::Mentor, query).await
}

async fn list(app: App, visit: Visit, side: Side, query: Asked) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let mut people = app.run(move |office| office.people(&actor, side)).await?;
    let w = &visit.words;
    let asked = |name: &str| query.get(name).map_or("", String::as_str);
    let all = people.len();
    people.retain(|row| asked("toestand").is_empty() || state_code(row.state) == asked("toestand"));
    sort(&mut people, asked("volgorde"));
    let mut rows: Vec<Row> = people.iter().map(|person| row(w, person, visit.today)).collect();
    rows.retain(|row| found(row, asked("zoek")));
    let base = folder(side);
    let order = asked("volgorde");
    // Who waits longest comes first where nothing else is asked.
    let shown_order = if order.is_empty() { "wacht" } else { order };
    let heading = |label: &str, up: &str, down: &str| {
        let (next, sorted) = match shown_order {
            order if order == up => (down, "ascending"),
            order if order == down => (up, "descending"),
            _ => (up, "none"),
        };
        let keep: String = ["toestand", "zoek"]
            .iter()
            .filter(|name| !asked(name).is_empty())
            .map(|name| format!("&{name}={}", cookies::encode(asked(name))))
            .collect();
        Heading { label: w.t(label), href: format!("{base}?volgorde={next}{keep}"), sorted }
    };
    let headings = vec![
        heading("col-name", "naam", "naam-af"),
        heading("col-age", "leeftijd", "leeftijd-af"),
        heading("col-waits", "wacht-af", "wacht"),
        heading("col-state", "toestand-op", "toestand-af"),
    ];
    let states = STATES.iter().filter(|code| side == Side::Mentor || **code != "geen-screening");
    let states = states.filter(|code| side == Side::Newcomer || **code != "minderjarig");
    let states = states.map(|code| ((*code).to_owned(), w.t(&format!("filter-{code}")))).collect();
    let title = w.t(if side == Side::Newcomer { "nav-newcomers" } else { "nav-mentors" });
    let form = Form::new(w, query.clone().into_iter().collect());
    let f = Frame::new(&app, &visit, place(side), title).await?.refreshing("people matches");
    html(&Page {
        f,
        base,
        newcomers: side == Side::Newcomer,
        count: w.count(&format!("people-count-{}", side.code()), all),
        all,
        shown: w.count("people-shown", rows.len()),
        rows,
        headings,
        form,
        states,
        order: order.to_owned(),
        today: casework::dutch_date::format(visit.today),
    })
}

fn sort(people: &mut [PersonRow], order: &str) {
    let name = |row: &PersonRow| row.person.data.full_name().to_lowercase();
    match order.trim_end_matches("-af") {
        "naam" => people.sort_by_key(name),
        "leeftijd" => people.sort_by_key(|row| row.age),
        "toestand" | "toestand-op" => people.sort_by_key(|row| state_code(row.state)),
        // Who waits longest comes first.
        _ => people.sort_by_key(|row| (std::cmp::Reverse(row.waiting_days), row.person.id)),
    }
    if order.ends_with("-af") {
        people.reverse();
    }
}

async fn bulk_newcomers(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Fault> {
    bulk(app, visit, Side::Newcomer, posted).await
}

async fn bulk_mentors(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Fault> {
    bulk(app, visit, Side::Mentor, posted).await
}

async fn bulk(app: App, visit: Visit, side: Side, posted: Posted) -> Result<Response, Fault> {
    let ids: Vec<PersonId> = posted.values("id").filter_map(|id| id.parse().ok()).map(PersonId).collect();
    if ids.is_empty() {
        return Err(Fault::Refused("nobody-ticked"));
    }
    let on = casework::dutch_date::parse(posted.value("on"), visit.today)
        .map_err(|code| Fault::Invalid(vec![casework::FieldError { field: "on".to_owned(), code }]))?;
    let count = visit.words.count(&format!("people-count-{}", side.code()), ids.len());
    let (actor, text) = (visit.actor.clone(), posted.value("text_version").to_owned());
    let screening = posted.value("wat") == "screening";
    app.run(move |office| {
        if screening {
            let seen_by = actor.name.clone();
            return office.record_screening(&actor, &ids, Screening { seen_on: on, seen_by });
        }
        for purpose in Purpose::ALL {
            office.record_consent(&actor, &ids, purpose, true, on, &text)?;
        }
        Ok(())
    })
    .await?;
    app.changed(Region::People);
    let key = if screening { "notice-screening-many" } else { "notice-consent-many" };
    Ok(flash_with(&app, folder(side), key, &count, ""))
}

#[derive(Template)]
#[template(path = "find.html")]
struct FindPage {
    f: Frame,
    text: String,
    people: Vec<Row>,
    resources: Vec<(String, String)>,
}

/// `/zoeken`: people and pages of the library by what stands in them.
pub(crate) async fn find(State(app): State<App>, visit: Visit, Query(query): Query<Asked>) -> Result<Response, Fault> {
    let text = query.get("q").cloned().unwrap_or_default();
    let (actor, wanted) = (visit.actor.clone(), text.clone());
    let (people, resources) = app
        .run(move |office| {
            let mut people = office.people(&actor, Side::Newcomer)?;
            people.extend(office.people(&actor, Side::Mentor)?);
            let filter = LibraryFilter { text: wanted, ..LibraryFilter::default() };
            Ok((people, office.library(&actor, &filter)?))
        })
        .await?;
    let w = &visit.words;
    let hit = !text.trim().is_empty();
    let rows = people.iter().map(|person| row(w, person, visit.today));
    let people = rows.filter(|row| hit && found(row, &text)).take(50).collect();
    let resources =
        resources.iter().filter(|_| hit).map(|page| (format!("/netwerk/{}", page.id), page.title.clone())).collect();
    let f = Frame::new(&app, &visit, crate::frame::Nav::None, w.t("find-title")).await?;
    html(&FindPage { f, text, people, resources })
}
