//! What somebody typed when the session had ended: kept under a random key that only the
//! browser's cookie knows, and laid back into the form after sign-in. Never shown to anybody else.

use std::sync::Mutex;

use casework::schemas::time::Timestamp;

use crate::app::App;
use crate::door::Visit;
use crate::fields::Pairs;

/// Most bytes of a form that are kept.
pub(crate) const LIMIT: usize = 256 * 1024;
/// Seconds that a kept form waits.
pub(crate) const SECONDS: u64 = 12 * 3600;

/// How many forms may be kept in one window of time: they come from people who are not signed
/// in, so their number must have a bound.
const PER_WINDOW: u32 = 60;
const WINDOW_SECONDS: u64 = 600;

/// Counts kept forms.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<(u64, u32)>);

impl Throttle {
    /// Whether one more form may be kept now.
    pub(crate) fn admits(&self, now: Timestamp) -> bool {
        let Ok(mut state) = self.0.lock() else { return false };
        let window = now.0 / WINDOW_SECONDS;
        if state.0 != window {
            *state = (window, 0);
        }
        state.1 = state.1.saturating_add(1);
        state.1 <= PER_WINDOW
    }
}

/// The values of a form: what waits for this page, else `values`.
pub(crate) async fn fill(app: &App, visit: &Visit, values: Pairs) -> Pairs {
    match waiting(app, visit.draft.clone()).await {
        Some((page, fields)) if page == visit.path => fields,
        _ => values,
    }
}

/// Which page a kept form belongs to, with its fields.
pub(crate) async fn waiting(app: &App, key: Option<String>) -> Option<(String, Pairs)> {
    let key = key?;
    let mut fields = app.run(move |office| office.draft(&key)).await.ok()??;
    let at = fields.iter().position(|(name, _)| name == "_page")?;
    let (_, page) = fields.remove(at);
    Some((page, fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_in_one_window() {
        let throttle = Throttle::default();
        assert_eq!((0..100).filter(|_| throttle.admits(Timestamp(5))).count(), 60);
        assert!(throttle.admits(Timestamp(5 + WINDOW_SECONDS)));
    }
}
