//! The pages that people see.

mod change;
mod config;

pub use change::{Change, Region};
pub use config::Config;

/// Every page of one municipality, on its office. `changes` tells which pages have news.
pub fn router(
    office: casework::Office,
    changes: tokio::sync::broadcast::Sender<Change>,
    config: Config,
) -> axum::Router {
    let alive = format!("{} {:?} {}\n", config.municipality, office.now(), changes.receiver_count());
    axum::Router::new().route("/healthz", axum::routing::get(|| async { alive }))
}
