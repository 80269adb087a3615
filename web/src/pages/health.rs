//! For the machine's watchers: alive, ready, counters. Never anything about a person.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::fault::Fault;

/// `/healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `/readyz`: the store answers too.
pub(crate) async fn ready(State(app): State<App>) -> Result<&'static str, Fault> {
    app.run(|office| office.ready()).await?;
    Ok("ready\n")
}

/// `/metrics`.
pub(crate) async fn metrics(State(app): State<App>) -> Result<Response, Fault> {
    let lights = app.run(|office| Ok(office.partners_live())).await?;
    let connected = lights.iter().filter(|partner| partner.connected_since.is_some()).count();
    let held = lights.iter().map(|partner| partner.documents_held).sum();
    let text = app.metrics.text(connected, lights.len(), held);
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
