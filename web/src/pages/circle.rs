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
use crate::frame::{Frame, Nav, html};
use crate::pages::search::distance;
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/waarde", get(page))
}

/// One size of groups.
struct Size {
    name: String,
    share: String,
    distance: String,
    /// How many find somebody and how far, in words beside the bar.
    words: String,
    /// How many find a mentor.
    matched: usize,
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
}

async fn page(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let found = app.run(move |office| office.circle_sizes(&actor)).await?;
    let w = &visit.words;
    let requests = found.requests;
    let all = found.worth.municipalities.len().max(found.sizes.last().map_or(0, |size| size.size));
    let sizes: Vec<Size> = found.sizes.iter().map(|value| size(w, value, requests, all)).collect();
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
    html(&Page { f, sizes, towns, requests })
}

fn size(w: &Words, value: &GroupValue, requests: usize, all: usize) -> Size {
    let name = match value.size {
        1 => w.t("circle-alone"),
        size if size >= all => w.count("circle-all", size),
        size => w.count("circle-group", size),
    };
    let metres = value.metres.checked_div(value.matched as u64);
    let percent = (value.matched * 100).checked_div(requests).unwrap_or(0);
    Size {
        name,
        share: format!("{percent} %"),
        distance: metres
            .map_or_else(|| w.t("circle-no-distance"), |metres| distance(w, u32::try_from(metres).unwrap_or(u32::MAX))),
        words: w.fill("circle-of", &[("matched", &value.matched.to_string()), ("all", &requests.to_string())]),
        matched: value.matched,
    }
}
