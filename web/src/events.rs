//! Server-sent events: which regions of the pages have news. Names of regions only.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt, stream};
use tokio_stream::wrappers::BroadcastStream;

use crate::app::App;
use crate::door::Visit;

/// `/gebeurtenissen`. A listener that fell behind hears that everything may have changed.
pub(crate) async fn listen(
    State(app): State<App>,
    _visit: Visit,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let hello = stream::once(async { Ok(Event::default().comment("ok")) });
    let news = BroadcastStream::new(app.news()).map(|change| {
        let region = change.map_or("all", |change| change.region.code());
        Ok(Event::default().event("news").data(region))
    });
    Sse::new(hello.chain(news)).keep_alive(KeepAlive::default())
}
