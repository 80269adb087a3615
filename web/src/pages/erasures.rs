//! What was erased at partners, and who signed that nothing of it is left. Dates and numbers only:
//! whom it was about is not known any more.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use casework::schemas::time::Timestamp;

use crate::app::App;
use crate::door::Visit;
use crate::fault::Fault;
use crate::format;
use crate::frame::{Frame, Nav, html};
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/gewist", get(page))
}

struct Row {
    when: String,
    what: String,
    /// Whether a receipt is awaited.
    waits: bool,
    receipts: Vec<String>,
}

#[derive(Template)]
#[template(path = "erasures.html")]
struct Page {
    f: Frame,
    rows: Vec<Row>,
}

/// Whether a partner confirmed, in words.
pub(crate) fn receipt(w: &Words, name: &str, at: Option<Timestamp>) -> String {
    match at {
        Some(at) => w.fill("receipt-came", &[("name", name), ("when", &format::moment(at))]),
        None => w.with("receipt-awaited", "name", name),
    }
}

async fn page(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let found = app.run(move |office| office.erasures(&actor)).await?;
    let w = &visit.words;
    let rows = found.into_iter().map(|row| Row {
        when: format::moment(row.asked_at),
        what: w.count("erasure-documents", row.documents),
        waits: row.partners.iter().any(|(_, at)| at.is_none()),
        receipts: row.partners.iter().map(|(name, at)| receipt(w, name, *at)).collect(),
    });
    let rows = rows.collect();
    let f = Frame::new(&app, &visit, Nav::Partners, w.t("erasures-title")).await?.refreshing("partners");
    html(&Page { f, rows })
}
