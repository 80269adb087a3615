//! The page that stands where another could not: what happened, and what to do.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};

use crate::app::App;
use crate::door::Visit;
use crate::fault::Fault;
use crate::frame::{Frame, Nav};
use crate::words::Words;

#[derive(Template)]
#[template(path = "fault.html")]
struct Page {
    f: Frame,
    text: String,
    /// The page that sent the form; empty where nobody is signed in or none was sent.
    back: String,
    /// Whether an account is of use to whoever reads this.
    home: bool,
}

/// The page of a fault, inside the frame where somebody is signed in.
pub(crate) async fn page(app: &App, visit: Option<&Visit>, words: &Words, fault: &Fault) -> Response {
    let title = words.t(&format!("{}-title", fault.key()));
    let text = match fault {
        Fault::Refused(code) => {
            let key = format!("error-{code}");
            if words.has(&key) { words.t(&key) } else { words.t("error-other") }
        }
        Fault::Invalid(errors) => {
            let said: Vec<String> = errors.iter().map(|error| words.refused(error)).collect();
            format!("{} {}", said.join(" "), words.t("fault-invalid-text"))
        }
        Fault::Conflict { by, .. } => words.with("fault-conflict-text", "by", by),
        other => words.t(&format!("{}-text", other.key())),
    };
    let framed = match visit {
        Some(visit) => Frame::new(app, visit, Nav::None, title.clone()).await.ok(),
        None => None,
    };
    let f = framed.unwrap_or_else(|| Frame::bare(app, words, title));
    let back = visit.filter(|visit| visit.page != visit.path).map(|visit| visit.page.clone()).unwrap_or_default();
    match (Page { f, text, back, home: *fault != Fault::Gone(super::slips::NO_SLIP) }).render() {
        Ok(page) => (fault.status(), Html(page)).into_response(),
        Err(_) => fault.status().into_response(),
    }
}
