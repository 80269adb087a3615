//! *Wat als*: the past year matched once more with the weights of a form, beside today's.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use casework::own_rules::{MAX_POINTS, POINTS, rules_to_form};
use casework::schemas::vocabulary::Cefr;
use casework::what_if::{EVERYBODY, MENTORS_SINCE, Tried, WhatIf};

use crate::app::App;
use crate::door::Visit;
use crate::fault::Fault;
use crate::fields::{Choice, Form, Pairs};
use crate::format;
use crate::frame::{Frame, Nav, html};
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/matchregels/wat-als", get(page))
}

struct Row {
    name: String,
    present: String,
    other: String,
}

#[derive(Template)]
#[template(path = "what-if.html")]
struct Page {
    f: Frame,
    form: Form,
    levels: Vec<Choice>,
    points: [&'static str; 9],
    most: u16,
    everybody: &'static str,
    mentors_since: &'static str,
    from: String,
    /// Whether there is nobody to match.
    empty: bool,
    tried: bool,
    rows: Vec<Row>,
    same: usize,
    /// Who takes part, in words.
    counted: Vec<String>,
    real_duos: usize,
}

async fn page(State(app): State<App>, visit: Visit, Query(query): Query<Pairs>) -> Result<Response, Fault> {
    let w = &visit.words;
    let (actor, asked) = (visit.actor.clone(), (!query.is_empty()).then(|| query.clone()));
    let (found, errors) = match app.run(move |office| office.what_if(&actor, asked.as_deref())).await {
        Ok(found) => (found, Vec::new()),
        Err(Fault::Invalid(errors)) => {
            let actor = visit.actor.clone();
            (app.run(move |office| office.what_if(&actor, None)).await?, errors)
        }
        Err(other) => return Err(other),
    };
    let values = if query.is_empty() { rules_to_form(&found.own) } else { query };
    let form = Form::new(w, values).with_errors(&errors);
    let f = Frame::new(&app, &visit, Nav::None, w.t("what-if-title")).await?;
    let mut page = html(&Page {
        form,
        levels: Cefr::ALL.iter().map(|level| (level.code().to_owned(), level.code().to_owned())).collect(),
        points: POINTS,
        most: MAX_POINTS,
        everybody: EVERYBODY,
        mentors_since: MENTORS_SINCE,
        from: format::long_date(found.from, app.today()),
        empty: found.present.totals.matches + found.present.totals.waiting == 0,
        tried: found.other.is_some(),
        rows: rows(w, &found),
        same: found.same,
        counted: counted(w, &found),
        real_duos: found.counted.real_duos,
        f,
    })?;
    if !errors.is_empty() {
        *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(page)
}

fn rows(w: &Words, found: &WhatIf) -> Vec<Row> {
    let row = |key: &str, figure: &dyn Fn(&Tried) -> String| Row {
        name: w.t(key),
        present: figure(&found.present),
        other: found.other.as_ref().map(figure).unwrap_or_default(),
    };
    let matches = |tried: &Tried| tried.totals.matches as u64;
    let waiting = |tried: &Tried| tried.totals.waiting as u64;
    // A score of one is a hundred points, as on the other pages.
    let points = |tried: &Tried, sum: u64| mean(w, sum / 10_000, matches(tried), "what-if-points");
    let mut rows = vec![
        row("what-if-matches", &|tried| format::number(matches(tried))),
        row("what-if-by-present", &|tried| points(tried, tried.by_present)),
    ];
    if found.other.is_some() {
        rows.push(row("what-if-by-other", &|tried| points(tried, tried.by_other)));
    }
    rows.extend([
        row("what-if-waited", &|tried| mean(w, tried.totals.waited_days, matches(tried), "what-if-days")),
        row("what-if-waiting", &|tried| format::number(waiting(tried))),
        row("what-if-waiting-days", &|tried| mean(w, tried.totals.waiting_days, waiting(tried), "what-if-days")),
        row("what-if-distance", &|tried| {
            let metres = tried.totals.metres.checked_div(matches(tried));
            metres.map_or_else(|| w.t("what-if-none"), |metres| format::distance(metres.try_into().unwrap_or(u32::MAX)))
        }),
    ]);
    rows
}

/// The mean of a sum, rounded, in words; a dash of nobody.
fn mean(w: &Words, sum: u64, of: u64, key: &str) -> String {
    (sum + of / 2).checked_div(of).map_or_else(|| w.t("what-if-none"), |mean| w.count(key, mean))
}

fn counted(w: &Words, found: &WhatIf) -> Vec<String> {
    let counted = found.counted;
    vec![
        w.count("what-if-newcomers", counted.newcomers),
        w.count("what-if-mentors", counted.mentors),
        w.count("what-if-partners-newcomers", counted.partners_newcomers),
        w.count("what-if-partners-mentors", counted.partners_mentors),
    ]
}
