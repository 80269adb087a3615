//! One partner: what it received of ours, and the acts of an administrator on it: suspend, resume,
//! leave. Shows numbers of documents, never persons.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use casework::FieldError;
use casework::partner_life::Received;
use casework::schemas::RootId;

use crate::app::App;
use crate::change::Region;
use crate::door::{Posted, Visit, flash_with};
use crate::fault::Fault;
use crate::fields::Form;
use crate::format;
use crate::frame::{Frame, Nav, html};
use crate::pages::partners::{certified_twice, suspended_because};
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/partners/{root}", get(page))
        .route("/partners/{root}/schort-op", post(suspend))
        .route("/partners/{root}/hervat", post(resume))
        .route("/partners/{root}/verlaat", get(ask_to_leave).post(leave))
}

#[derive(Template)]
#[template(path = "partner.html")]
struct Page {
    f: Frame,
    id: String,
    /// Empty where it is not suspended.
    suspended: String,
    why: String,
    /// That its root signed two certificates under one serial; empty where it did not.
    twice: String,
    received: Vec<String>,
    /// Receipts that came and that are awaited, counted in words.
    receipts: Vec<String>,
    may_tend: bool,
    form: Form,
}

#[derive(Template)]
#[template(path = "partner-leave.html")]
struct LeavePage {
    f: Frame,
    id: String,
    name: String,
}

fn root(id: &str) -> Result<RootId, Fault> {
    id.parse().map_err(|_| Fault::NotFound)
}

/// What was received, counted by kind.
fn counts(w: &Words, received: &[Received]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in received {
        *counts.entry(one.kind.map_or("contact_sheet", casework::schemas::Kind::code)).or_default() += 1;
    }
    counts.into_iter().map(|(kind, count)| w.count(&format!("received-{kind}"), count)).collect()
}

async fn page(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    show(&app, &visit, &id, Form::new(&visit.words, Vec::new())).await
}

async fn show(app: &App, visit: &Visit, id: &str, form: Form) -> Result<Response, Fault> {
    let (actor, partner) = (visit.actor.clone(), root(id)?);
    let page = app.run(move |office| office.partner_page(&actor, partner)).await?;
    let w = &visit.words;
    let suspended = page.suspended.as_ref().map(|one| {
        let when = format::since(one.at, app.now());
        w.fill("partner-suspended-since", &[("when", &when), ("name", &one.by)])
    });
    let failed = !form.wrong.is_empty();
    let f = Frame::new(app, visit, Nav::Partners, page.name).await?.refreshing("partners");
    let mut response = html(&Page {
        f,
        id: partner.to_string(),
        suspended: suspended.unwrap_or_default(),
        why: page.suspended.as_ref().map(|one| suspended_because(w, one)).unwrap_or_default(),
        twice: page.certified_twice.map(|serial| certified_twice(w, serial)).unwrap_or_default(),
        received: counts(w, &page.received),
        receipts: [("came", page.receipts.0), ("awaited", page.receipts.1)]
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| w.count(&format!("partner-receipts-{what}"), count))
            .collect(),
        may_tend: page.may_tend,
        form,
    })?;
    if failed {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

async fn name(app: &App, visit: &Visit, partner: RootId) -> Result<String, Fault> {
    let actor = visit.actor.clone();
    Ok(app.run(move |office| office.partner_page(&actor, partner)).await?.name)
}

async fn suspend(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let (actor, partner, why) = (visit.actor.clone(), root(&id)?, posted.value("why").to_owned());
    match app.run(move |office| office.suspend_partner(&actor, partner, &why)).await {
        Ok(()) => done(&app, &visit, partner, "notice-partner-suspended").await,
        Err(Fault::Invalid(errors)) => again(&app, &visit, &id, posted, &errors).await,
        Err(other) => Err(other),
    }
}

async fn again(app: &App, visit: &Visit, id: &str, posted: Posted, errors: &[FieldError]) -> Result<Response, Fault> {
    show(app, visit, id, Form::new(&visit.words, posted.fields).with_errors(errors)).await
}

async fn resume(State(app): State<App>, visit: Visit, Path(id): Path<String>, _: Posted) -> Result<Response, Fault> {
    let (actor, partner) = (visit.actor.clone(), root(&id)?);
    app.run(move |office| office.resume_partner(&actor, partner)).await?;
    done(&app, &visit, partner, "notice-partner-resumed").await
}

async fn done(app: &App, visit: &Visit, partner: RootId, notice: &str) -> Result<Response, Fault> {
    app.changed(Region::Partners);
    let name = name(app, visit, partner).await?;
    Ok(flash_with(app, &format!("/partners/{partner}"), notice, &name, ""))
}

async fn ask_to_leave(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let (actor, partner) = (visit.actor.clone(), root(&id)?);
    let page = app.run(move |office| office.partner_page(&actor, partner)).await?;
    if !page.may_tend {
        return Err(Fault::Forbidden);
    }
    let title = visit.words.with("partner-leave-title", "name", &page.name);
    let f = Frame::new(&app, &visit, Nav::Partners, title).await?;
    html(&LeavePage { f, id: partner.to_string(), name: page.name })
}

async fn leave(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    if posted.value("zeker") != "ja" {
        return Err(Fault::Refused("not-sure"));
    }
    let partner = root(&id)?;
    let actor = visit.actor.clone();
    match app.run(move |office| office.leave_partner(&actor, partner)).await {
        // Sent before, or the partner was first: it is done either way.
        Ok(()) | Err(Fault::NotFound) => {}
        Err(other) => return Err(other),
    }
    let left = app.run(|office| office.departures()).await?.into_iter().find(|left| left.root == partner);
    let name = left.ok_or(Fault::NotFound)?.name;
    app.changed(Region::Partners);
    Ok(flash_with(&app, "/partners", "notice-partner-left", &name, ""))
}
