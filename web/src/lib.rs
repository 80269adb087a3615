//! The pages that people see: routes, templates, words and assets.
//!
//! Speaks only to `casework`: every rule of the work is there, and every use case checks the
//! actor's role again. This crate never writes to a store, never names a partner's bytes and
//! holds no visible sentence in its source: those are in `locales/`.

mod app;
mod assets;
mod axis;
mod border;
mod change;
mod config;
mod cookies;
mod door;
mod drafts;
mod events;
mod fault;
mod fields;
mod fit;
mod format;
mod frame;
mod map;
mod metrics;
mod pages;
mod upload;
mod vocabulary;
mod words;

use axum::Router;
use casework::Office;
use tokio::sync::broadcast;

pub use change::{Change, Region};
pub use config::Config;

/// Every page of one municipality, on its office. `changes` tells which pages have news.
pub fn router(office: Office, changes: broadcast::Sender<Change>, config: Config) -> Router {
    pages::router(app::App::new(office, changes, config))
}

/// The Dutch words of the pages for a key that needs nothing filled in; none for a key without words.
pub fn dutch(key: &str) -> Option<String> {
    let words = words::Words::dutch();
    words.has(key).then(|| words.t(key))
}

/// The Dutch words for the code of a refusal, as pages say them; none for a code without words.
pub fn refusal(code: &str) -> Option<String> {
    dutch(&format!("error-{code}"))
}

/// Why a field could not be taken, in Dutch, with its name in front.
pub fn refused_field(error: &casework::FieldError) -> String {
    words::Words::dutch().refused(error)
}
