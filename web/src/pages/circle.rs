//! What the circle is worth: the same people matched alone, in groups of neighbours, and together,
//! as a chart with its table.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use casework::matching::GroupValue;

use crate::app::App;
use crate::door::Visit;
use crate::fault::Fault;
use crate::format;
use crate::frame::{Frame, Nav, html};
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/waarde", get(page))
}

/// Height of a bar of the chart and the room between two, in units of the drawing.
const BAR: usize = 20;
const STEP: usize = 30;

/// One size of groups.
struct Size {
    name: String,
    matched: String,
    share: String,
    distance: String,
    /// Of 100.
    width: usize,
    y: usize,
}

/// One municipality, alone and together.
struct Town {
    name: String,
    requests: usize,
    alone: usize,
    together: usize,
    lent: usize,
}

#[derive(Template)]
#[template(path = "circle.html")]
struct Page {
    f: Frame,
    sizes: Vec<Size>,
    towns: Vec<Town>,
    requests: usize,
    bar: usize,
    height: usize,
}

async fn page(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let found = app.run(move |office| office.circle_sizes(&actor)).await?;
    let w = &visit.words;
    let requests = found.requests;
    let all = found.worth.municipalities.len().max(found.sizes.last().map_or(0, |size| size.size));
    let sizes: Vec<Size> =
        found.sizes.iter().enumerate().map(|(at, value)| size(w, at, value, requests, all)).collect();
    let towns = found
        .worth
        .municipalities
        .iter()
        .filter_map(|place| {
            let value = found.worth.value.owners.get(&place.root)?;
            Some(Town {
                name: place.name.clone(),
                requests: value.requests,
                alone: value.alone,
                together: value.together,
                lent: value.lent,
            })
        })
        .collect();
    let f = Frame::new(&app, &visit, Nav::Partners, w.t("circle-title")).await?.refreshing("matches partners");
    html(&Page { f, height: sizes.len() * STEP, sizes, towns, requests, bar: BAR })
}

fn size(w: &Words, at: usize, value: &GroupValue, requests: usize, all: usize) -> Size {
    let name = match value.size {
        1 => w.t("circle-alone"),
        size if size >= all => w.count("circle-all", size),
        size => w.count("circle-group", size),
    };
    let metres = value.metres.checked_div(value.matched as u64);
    let percent = (value.matched * 100).checked_div(requests).unwrap_or(0);
    Size {
        name,
        matched: value.matched.to_string(),
        share: format!("{percent} %"),
        distance: metres.map_or_else(
            || w.t("circle-no-distance"),
            |metres| format::distance(u32::try_from(metres).unwrap_or(u32::MAX)),
        ),
        width: percent,
        y: at * STEP,
    }
}
