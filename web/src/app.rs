//! What every handler has at hand: the office, the news, and how this site is set up.

use std::sync::Arc;

use casework::schemas::time::{Date, Timestamp};
use casework::{Error, Office};
use tokio::sync::broadcast;

use crate::change::{Change, Region};
use crate::config::Config;
use crate::drafts::Throttle;
use crate::fault::Fault;
use crate::metrics::Metrics;

/// Shared by every request.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    office: Office,
    changes: broadcast::Sender<Change>,
    pub(crate) config: Config,
    pub(crate) metrics: Metrics,
    pub(crate) throttle: Throttle,
    cookie: String,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    pub(crate) fn new(office: Office, changes: broadcast::Sender<Change>, config: Config) -> Self {
        let cookie = cookie_name(&config);
        let inner =
            Inner { office, changes, config, metrics: Metrics::default(), throttle: Throttle::default(), cookie };
        Self(Arc::new(inner))
    }

    /// Runs a use case on a thread where it may wait for the store.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Office) -> casework::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let office = self.office.clone();
        match tokio::task::spawn_blocking(move || work(&office)).await {
            Ok(result) => result.map_err(Fault::from),
            Err(_) => Err(Fault::from(Error::Store("the use case panicked".to_owned()))),
        }
    }

    /// A number for a form that is sent once.
    pub(crate) fn form_number(&self) -> String {
        self.office.form_number()
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        self.office.now()
    }

    /// Today in Belgium.
    pub(crate) fn today(&self) -> Date {
        self.now().day()
    }

    /// Tells other pages that something was saved here.
    pub(crate) fn changed(&self, region: Region) {
        // Nobody listening is fine.
        let _ = self.changes.send(Change::local(region));
    }

    /// News from now on.
    pub(crate) fn news(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// Name of the session's cookie. `__Host-` binds it to this host over HTTPS. Without it, as on
    /// loopback, browsers share cookies between ports: the name of the municipality keeps the
    /// nodes of one machine apart.
    pub(crate) fn session_cookie(&self) -> &str {
        &self.cookie
    }
}

fn cookie_name(config: &Config) -> String {
    if config.secure_cookies {
        return "__Host-overbuur".to_owned();
    }
    let place: String = config.municipality.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    format!("overbuur-{place}")
}
