//! The population table that the small-cell guard counts in: which one is in use, and another one.

use askama::Template;
use axum::Router;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use casework::guard::K;
use casework::population::PopulationTable;

use crate::app::App;
use crate::change::Region;
use crate::door::{Visit, flash};
use crate::fault::Fault;
use crate::format;
use crate::frame::{Frame, Nav, html};
use crate::upload::Upload;
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/bevolking", get(page).post(load))
}

#[derive(Template)]
#[template(path = "population.html")]
struct Page {
    f: Frame,
    /// What is known of the table in use: label and words; empty where there is none.
    table: Vec<(String, String)>,
    least: u32,
    problem: String,
}

async fn page(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    show(&app, &visit, String::new()).await
}

async fn show(app: &App, visit: &Visit, problem: String) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let found = app.run(move |office| office.population_table(&actor)).await?;
    let w = &visit.words;
    let f = Frame::new(app, visit, Nav::Partners, w.t("population-title")).await?;
    let table = found.map(|table| in_words(w, &f.municipality, table)).unwrap_or_default();
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = html(&Page { f, table, least: K, problem })?;
    *response.status_mut() = status;
    Ok(response)
}

fn in_words(w: &Words, municipality: &str, table: PopulationTable) -> Vec<(String, String)> {
    let since = table.since.map_or_else(|| w.t("unknown"), format::moment);
    let number = |count: usize| format::number(u64::try_from(count).unwrap_or(u64::MAX));
    vec![
        (w.t("population-since"), since),
        (w.with("population-people", "municipality", municipality), format::number(table.people)),
        (w.t("population-languages"), number(table.languages)),
        (w.t("population-rows"), number(table.rows)),
    ]
}

async fn load(State(app): State<App>, visit: Visit, form: Multipart) -> Result<Response, Fault> {
    let w = &visit.words;
    let problem = match Upload::read(&visit, form).await? {
        Upload::Missing => w.t("error-file-missing"),
        Upload::TooLarge => w.t("error-population-long"),
        Upload::File(_, bytes) => {
            let actor = visit.actor.clone();
            match app.run(move |office| office.set_population_csv(&actor, &bytes)).await {
                Ok(_) => {
                    app.changed(Region::People);
                    return Ok(flash("notice-population", &app, "/bevolking"));
                }
                Err(Fault::Invalid(errors)) => {
                    errors.iter().map(|error| w.refused(error)).collect::<Vec<_>>().join(" ")
                }
                Err(other) => return Err(other),
            }
        }
    };
    show(&app, &visit, problem).await
}
