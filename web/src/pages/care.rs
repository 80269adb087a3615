//! Care for shared pages: hiding one until its owner looks, showing it again, leaving out what a
//! municipality wrote in two ways, beginning anew without history, and the texts that could not
//! come into their page.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use casework::library::difference::Piece;
use casework::library::form::resource_to_form;
use casework::library::{DraftId, LibraryDraft};
use casework::schemas::{DocumentId, RootId};

use super::library::{At, Draft, audience_of, document, form_page_with};
use crate::app::App;
use crate::change::Region;
use crate::door::{Posted, Visit, flash};
use crate::fault::Fault;
use crate::fields::Form;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/netwerk/{id}/verberg", post(hold))
        .route("/netwerk/{id}/toon", post(lift))
        .route("/netwerk/{id}/laat-weg", post(cut))
        .route("/netwerk/{id}/vernieuw", post(renew))
        .route("/netwerk/concept/{draft}", get(draft))
        .route("/netwerk/concept/{draft}/weg", post(discard))
}

async fn hold(State(app): State<App>, visit: Visit, Path(id): Path<String>, _: Posted) -> Result<Response, Fault> {
    let key = document(&id)?;
    app.run(move |office| office.hold_resource(&visit.actor, key)).await?;
    app.changed(Region::Library);
    Ok(flash(done(&app, key, "notice-resource-held").await?, &app, "/netwerk"))
}

async fn lift(State(app): State<App>, visit: Visit, Path(id): Path<String>, _: Posted) -> Result<Response, Fault> {
    let key = document(&id)?;
    app.run(move |office| office.lift_resource(&visit.actor, key)).await?;
    app.changed(Region::Library);
    Ok(flash(done(&app, key, "notice-resource-lifted").await?, &app, &format!("/netwerk/{id}")))
}

async fn cut(State(app): State<App>, visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let key = document(&id)?;
    let author: RootId = posted.value("gemeente").parse().map_err(|_| Fault::NotFound)?;
    let bar = posted.value("verder") == "nee";
    app.run(move |office| office.cut_writer(&visit.actor, key, author, bar)).await?;
    app.changed(Region::Library);
    Ok(flash(done(&app, key, "notice-resource-cut").await?, &app, &format!("/netwerk/{id}")))
}

async fn renew(State(app): State<App>, visit: Visit, Path(id): Path<String>, _: Posted) -> Result<Response, Fault> {
    let key = document(&id)?;
    let by = match app.run(move |office| office.renew_resource(&visit.actor, key)).await {
        Ok(by) => by,
        // The form was sent before.
        Err(fault) => moved(&app, key).await.ok_or(fault)?,
    };
    app.changed(Region::Library);
    // A page that is still on its way to the store is not there to read yet.
    let there = app.run(move |office| office.resource_now(by)).await?.is_some();
    let to = if there { format!("/netwerk/{by}") } else { "/netwerk".to_owned() };
    Ok(flash(done(&app, key, "notice-resource-renewed").await?, &app, &to))
}

/// What is said of something that was asked of a document: that it is done, or that it waits.
pub(super) async fn done(app: &App, id: DocumentId, notice: &'static str) -> Result<&'static str, Fault> {
    Ok(if app.run(move |office| office.is_waiting(id)).await? { "notice-waits" } else { notice })
}

/// Where a page that is not at its address is now.
pub(super) async fn moved(app: &App, id: DocumentId) -> Option<DocumentId> {
    let now = app.run(move |office| office.resource_now(id)).await.ok()?;
    now.filter(|now| *now != id)
}

fn draft_id(text: &str) -> Result<DraftId, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}

/// The form of the page with what was typed in it, for a person to look at and save.
async fn draft(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let (actor, which) = (visit.actor.clone(), draft_id(&id)?);
    let LibraryDraft { resource, heads, merged, typed, why, difference, .. } =
        app.run(move |office| office.library_draft(&actor, which)).await?;
    let w = &visit.words;
    let action = resource.map_or_else(|| "/netwerk/nieuw".to_owned(), |id| format!("/netwerk/{id}/bewerk"));
    let pieces = difference.into_iter().map(|piece| match piece {
        Piece::Same(text) => ("", text),
        Piece::Removed(text) => ("del", text),
        Piece::Added(text) => ("ins", text),
    });
    let shown = Draft {
        why: w.t(&format!("draft-why-{why}")),
        advice: w.t(if resource.is_some() { "draft-into" } else { "draft-new" }),
        pieces: pieces.collect(),
        discard: format!("/netwerk/concept/{id}/weg"),
    };
    let at = At {
        title: w.with("draft-title", "title", &typed.title),
        action,
        back: "/netwerk".to_owned(),
        heads,
        audience: audience_of(&app, &visit, resource).await?,
    };
    let mut fields = resource_to_form(&merged);
    fields.push(("draft".to_owned(), id));
    form_page_with(&app, &visit, at, Form::new(w, fields), Some(shown)).await
}

async fn discard(State(app): State<App>, visit: Visit, Path(id): Path<String>, _: Posted) -> Result<Response, Fault> {
    let which = draft_id(&id)?;
    app.run(move |office| office.drop_library_draft(&visit.actor, which)).await?;
    app.changed(Region::Library);
    Ok(flash("notice-draft-dropped", &app, "/netwerk"))
}

/// Forgets the draft that a saved form came from.
pub(super) async fn settle(app: &App, visit: &Visit, posted: &str) {
    if let Ok(which) = draft_id(posted) {
        let actor = visit.actor.clone();
        if app.run(move |office| office.drop_library_draft(&actor, which)).await.is_err() {
            tracing::warn!("a draft that was saved is still there");
        }
    }
}
