//! The routes, one file per part of the work.

mod balance;
mod care;
mod circle;
mod drafts;
mod duo_plan;
mod duos;
mod erasures;
mod evenings;
pub(crate) mod fault;
mod health;
mod import;
mod intake;
mod library;
mod mentor_search;
mod partner;
mod partners;
mod people;
mod person;
mod population;
mod proposals;
mod rules;
mod search;
mod sign_in;
mod slips;
mod today;
mod what_if;
mod whole_list;

pub(crate) use search::quarter;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::app::App;
use crate::{assets, door, events, fault::Fault};

/// Whether a path is open to people who are not signed in.
pub(crate) fn is_open(path: &str) -> bool {
    matches!(path, "/aanmelden" | "/afmelden" | "/healthz" | "/readyz" | "/metrics")
        || path.starts_with("/uitnodiging/")
        || path.starts_with("/briefje/")
        || path.starts_with("/assets/")
}

/// Every route behind the door.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/", get(today::page))
        .route("/aanmelden", get(sign_in::page).post(sign_in::enter))
        .route("/afmelden", post(sign_in::leave))
        .route("/uitnodiging/{token}", get(sign_in::link).post(sign_in::enrol))
        .route("/zoeken", get(people::find))
        .merge(people::routes())
        .merge(intake::routes())
        .merge(person::routes())
        .merge(mentor_search::routes())
        .merge(search::routes())
        .merge(proposals::routes())
        .merge(duos::routes())
        .merge(duo_plan::routes())
        .merge(whole_list::routes())
        .merge(library::routes())
        .merge(care::routes())
        .merge(partners::routes())
        .merge(rules::routes())
        .merge(what_if::routes())
        .merge(balance::routes())
        .merge(circle::routes())
        .merge(evenings::routes())
        .merge(slips::routes())
        .merge(partner::routes())
        .merge(erasures::routes())
        .merge(import::routes())
        .merge(population::routes())
        .route("/gebeurtenissen", get(events::listen))
        .route("/assets/{file}", get(assets::serve))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(|| async { Fault::NotFound })
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(app.clone(), door::door))
        .with_state(app)
}
