//! Coming in and going out: name and password, the enrolment link, the demo's link.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::Error;
use casework::accounts::LinkKind;
use std::collections::BTreeMap;

use crate::app::App;
use crate::door::{Guest, Posted, Visit, draft_cookie, is_local};
use crate::fault::Fault;
use crate::fields::Form;
use crate::frame::{Frame, html};
use crate::{cookies, drafts};

/// Seconds that the browser keeps the session's cookie; the store ends the session itself.
const COOKIE_SECONDS: u64 = 12 * 3600;

#[derive(Template)]
#[template(path = "sign-in.html")]
struct SignIn {
    f: Frame,
    form: Form,
    next: String,
    /// Whether something typed waits.
    kept: bool,
    problem: String,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct Enrol {
    f: Frame,
    form: Form,
    token: String,
    name: String,
}

/// Start of the keys of what an old link says.
const NO_LINK: &str = "fault-no-link";

fn sign_in(app: &App, guest: &Guest, form: Form, next: &str, problem: &str) -> Result<Response, Fault> {
    let f = Frame::bare(app, &guest.words, guest.words.t("sign-in-title"));
    let next = if is_local(next) { next.to_owned() } else { String::new() };
    html(&SignIn { f, form, next, kept: guest.draft.is_some(), problem: problem.to_owned() })
}

/// `/aanmelden`.
pub(crate) async fn page(
    State(app): State<App>,
    guest: Guest,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, Fault> {
    let next = query.get("verder").map_or("", String::as_str);
    sign_in(&app, &guest, Form::new(&guest.words, Vec::new()), next, "")
}

/// Name and password.
pub(crate) async fn enter(State(app): State<App>, guest: Guest, posted: Posted) -> Result<Response, Fault> {
    let (name, password) = (posted.value("name").to_owned(), posted.value("password").to_owned());
    let next = posted.value("next").to_owned();
    match app.run(move |office| office.sign_in(&name, &password)).await {
        Ok(token) => Ok(welcome(&app, &guest, &token, &next).await),
        Err(Fault::Refused(code)) => {
            let form = Form::new(&guest.words, vec![("name".to_owned(), posted.value("name").to_owned())]);
            let problem = guest.words.t(&format!("error-{code}"));
            let mut response = sign_in(&app, &guest, form, &next, &problem)?;
            *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(other) => Err(other),
    }
}

/// Sets the session's cookie and goes on: to the form that waits, else where they were going.
async fn welcome(app: &App, guest: &Guest, token: &str, next: &str) -> Response {
    let mut to = if is_local(next) { next.to_owned() } else { "/".to_owned() };
    if let Some((page, _)) = drafts::waiting(app, guest.draft.clone()).await.filter(|(page, _)| is_local(page)) {
        to = page;
    }
    let mut response = Redirect::to(&to).into_response();
    let (name, secure) = (app.session_cookie(), app.config.secure_cookies);
    cookies::set(response.headers_mut(), name, token, COOKIE_SECONDS, secure);
    response
}

/// Signs out.
pub(crate) async fn leave(State(app): State<App>, visit: Option<axum::Extension<Visit>>) -> Result<Response, Fault> {
    if let Some(axum::Extension(visit)) = visit {
        app.run(move |office| office.sign_out(&visit.token)).await?;
    }
    let mut response = Redirect::to("/aanmelden").into_response();
    for name in [app.session_cookie().to_owned(), draft_cookie(&app)] {
        cookies::set(response.headers_mut(), &name, "", 0, app.config.secure_cookies);
    }
    Ok(response)
}

/// `/uitnodiging/<token>`: choose a password, or come in at once with the demo's link.
pub(crate) async fn link(State(app): State<App>, guest: Guest, Path(token): Path<String>) -> Result<Response, Fault> {
    let asked = token.clone();
    match app.run(move |office| office.open_link(&asked)).await.map_err(|fault| fault.behind(NO_LINK))? {
        LinkKind::SignedIn { session } => Ok(welcome(&app, &guest, &session, "/").await),
        LinkKind::Enrol { name } => enrol_page(&app, &guest, Form::new(&guest.words, Vec::new()), token, name),
    }
}

fn enrol_page(app: &App, guest: &Guest, form: Form, token: String, name: String) -> Result<Response, Fault> {
    let f = Frame::bare(app, &guest.words, guest.words.t("enrol-title"));
    html(&Enrol { f, form, token, name })
}

/// The chosen password.
pub(crate) async fn enrol(
    State(app): State<App>,
    guest: Guest,
    Path(token): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let (password, again) = (posted.value("password").to_owned(), posted.value("password_again").to_owned());
    let key = token.clone();
    let result = app
        .run(move |office| {
            if password == again {
                office.enrol(&key, &password)
            } else {
                Err(Error::field("password_again", "passwords-differ"))
            }
        })
        .await;
    match result {
        Ok(session) => Ok(welcome(&app, &guest, &session, "/").await),
        Err(Fault::Invalid(errors)) => {
            let form = Form::new(&guest.words, Vec::new()).with_errors(&errors);
            let mut response = enrol_page(&app, &guest, form, token, posted.value("name").to_owned())?;
            *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(other) => Err(other.behind(NO_LINK)),
    }
}
