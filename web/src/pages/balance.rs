//! The exchange in balance: what each municipality lends and receives when everybody is matched as
//! well as can be, and what it costs to bound that.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use casework::matching::solver::fair::{Bounds, Sort, Worth};

use crate::app::App;
use crate::door::Visit;
use crate::fault::Fault;
use crate::fields::{Form, Pairs};
use crate::frame::{Frame, Nav, html};
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/evenwicht", get(page))
}

struct Row {
    name: String,
    bound: String,
    reached: String,
    state: String,
    met: bool,
    price: String,
}

#[derive(Template)]
#[template(path = "balance.html")]
struct Page {
    f: Frame,
    form: Form,
    matches: usize,
    without: usize,
    rows: Vec<Row>,
    costs: Vec<String>,
    proof: String,
    problem: bool,
    empty: bool,
}

/// A number of the form: nothing where it is empty, an error where it is none up to `most`.
fn number(form: &Form, name: &str, most: u32) -> Result<Option<u32>, ()> {
    match form.value(name).trim() {
        "" => Ok(None),
        text => text.parse().ok().filter(|number| *number <= most).map(Some).ok_or(()),
    }
}

fn bounds(form: &Form) -> Result<Bounds, ()> {
    let share = |name| number(form, name, 100).map(|share| u8::try_from(share.unwrap_or(0)).unwrap_or(100));
    Ok(Bounds {
        lends: number(form, "leent", 10_000)?,
        receives: number(form, "krijgt", 10_000)?,
        share: share("deel")?,
        long_share: share("lang")?,
    })
}

async fn page(State(app): State<App>, visit: Visit, Query(query): Query<Pairs>) -> Result<Response, Fault> {
    let w = &visit.words;
    let form = Form::new(w, query);
    let asked = bounds(&form);
    let (actor, bounds) = (visit.actor.clone(), asked.unwrap_or_default());
    let (found, places) = app.run(move |office| office.circle_balance(&actor, bounds)).await?;
    let names: BTreeMap<_, _> = places.into_iter().map(|place| (place.root, place.name)).collect();
    let rows = found.kept.iter().map(|kept| Row {
        name: names.get(&kept.owner).cloned().unwrap_or_else(|| kept.owner.short()),
        bound: w.with(sort_key(kept.sort), "number", kept.asked),
        reached: reached(w, kept.sort, kept.reached),
        state: w.t(if kept.is_met { "balance-met" } else { "balance-missed" }),
        met: kept.is_met,
        price: kept.price.map_or_else(|| w.t("balance-no-price"), |price| cost(w, price)),
    });
    let costs = found.costs.iter().map(|(sort, worth)| {
        w.fill("balance-cost", &[("sort", &w.t(&format!("{}-name", sort_key(*sort)))), ("cost", &cost(w, *worth))])
    });
    let proof = if found.gap == 0 { w.t("balance-proved") } else { w.with("balance-gap", "gap", found.gap) };
    let f = Frame::new(&app, &visit, Nav::Matches, w.t("balance-title")).await?.refreshing("matches partners");
    html(&Page {
        matches: usize::try_from(found.worth.matches).unwrap_or(0),
        without: usize::try_from(found.without_bounds.matches).unwrap_or(0),
        rows: rows.collect(),
        costs: costs.collect(),
        proof,
        problem: asked.is_err(),
        empty: found.without_bounds.matches == 0,
        form,
        f,
    })
}

const fn sort_key(sort: Sort) -> &'static str {
    match sort {
        Sort::Lends => "balance-lends",
        Sort::Receives => "balance-receives",
        Sort::Share => "balance-share",
        Sort::LongShare => "balance-long",
    }
}

/// What a bound came to. A municipality that may lend more may come to lend less, and the other way.
fn reached(w: &Words, sort: Sort, number: i64) -> String {
    let key = match sort {
        Sort::Lends | Sort::Receives if number < 0 => format!("{}-less", sort_key(sort)),
        Sort::Lends | Sort::Receives if number > 0 => format!("{}-more", sort_key(sort)),
        Sort::Lends | Sort::Receives => "balance-even".to_owned(),
        Sort::Share | Sort::LongShare => return w.count("balance-found", number),
    };
    w.with(&key, "number", number.abs())
}

/// Matches and score points, as people count them: a score of one is a hundred points.
fn cost(w: &Words, worth: Worth) -> String {
    let (matches, points) = (worth.matches.abs(), worth.score.abs() / 10_000);
    let mut parts = Vec::new();
    if matches > 0 {
        parts.push(w.count("balance-matches-cost", matches));
    }
    if points > 0 {
        parts.push(w.count("balance-points", points));
    }
    if parts.is_empty() { w.t("balance-nothing") } else { super::person::and(w, &parts) }
}
