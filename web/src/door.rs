//! The door of the site: who comes in, whether a form is this session's own, and the headers that
//! every answer carries. Every request passes here; no handler repeats it.

use std::convert::Infallible;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use casework::Actor;
use casework::schemas::time::Date;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::assets::hex;
use crate::cookies::{self, decode, encode};
use crate::drafts;
use crate::fault::Fault;
use crate::fields::Pairs;
use crate::pages;
use crate::words::Words;

/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What a page sends that asks for itself anew after news.
const LOOKS_AGAIN: &str = "x-looks-again";

/// A signed-in person at one page.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) actor: Actor,
    /// The session's token; only ever compared and hashed.
    pub(crate) token: String,
    pub(crate) words: Words,
    /// Path and query of this page.
    pub(crate) path: String,
    /// Page that its forms go back to: this one, or the page that showed the form that was sent.
    pub(crate) page: String,
    /// One-time notice of the page before.
    pub(crate) notice: Option<Notice>,
    /// Key of a kept form.
    pub(crate) draft: Option<String>,
    /// Today in Belgium.
    pub(crate) today: Date,
}

impl Visit {
    /// The token that this session's forms carry.
    pub(crate) fn csrf(&self) -> String {
        csrf(&self.token)
    }
}

/// Somebody who is not signed in.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    pub(crate) words: Words,
    /// Whether a form waits for them.
    pub(crate) draft: Option<String>,
}

/// The fields of a form, in order, without those of the door.
#[derive(Debug, Clone, Default)]
pub(crate) struct Posted {
    pub(crate) fields: Pairs,
    /// One-time number of the form, and a digest of its fields: the same when it is sent twice.
    pub(crate) number: String,
    /// Page that showed the form.
    pub(crate) page: String,
}

impl Posted {
    /// The first value of a field; empty when it is not there.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
    /// Every value of a field.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A quiet line on the next page, with what undoes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) key: String,
    pub(crate) name: String,
    /// Address that a form posts to; empty where nothing can be undone.
    pub(crate) undo: String,
}

impl Notice {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('|').map(decode);
        let notice = Self { key: parts.next()?, name: parts.next()?, undo: parts.next()? };
        let known = notice.key.starts_with("notice-") && (notice.undo.is_empty() || is_local(&notice.undo));
        known.then_some(notice)
    }
    fn text(&self) -> String {
        [&self.key, &self.name, &self.undo].map(|part| encode(part)).join("|")
    }
}

/// Sends the browser to a page that opens with a quiet line.
pub(crate) fn flash_with(app: &App, to: &str, key: &str, name: &str, undo: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    let notice = Notice { key: key.to_owned(), name: name.to_owned(), undo: undo.to_owned() };
    let cookie = notice_cookie(app);
    cookies::set(response.headers_mut(), &cookie, &notice.text(), 60, app.config.secure_cookies);
    response
}

/// The same without a name and without undoing. Arguments in the order of the sentence.
pub(crate) fn flash(key: &str, app: &App, to: &str) -> Response {
    flash_with(app, to, key, "", "")
}

/// Cookies of two nodes on one loopback host must not meet: they are named after the session's.
pub(crate) fn notice_cookie(app: &App) -> String {
    format!("{}-melding", app.session_cookie())
}

/// Name of the cookie with the key of a kept form.
pub(crate) fn draft_cookie(app: &App) -> String {
    format!("{}-bewaard", app.session_cookie())
}

/// Whether an address leads to a page of this site.
pub(crate) fn is_local(address: &str) -> bool {
    address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains('\\')
        && !address.chars().any(char::is_control)
}

/// Whether a text has the shape of a form's token.
fn is_token(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The page that an address belongs to which only takes forms: `/duos/1` of `/duos/1/zegt`.
fn above(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((above, _)) if !above.is_empty() => above,
        _ => "/",
    }
}

fn csrf(token: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"overbuur form\0");
    hash.update(token.as_bytes());
    hex(&hash.finalize())
}

/// The middleware around every route.
pub(crate) async fn door(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let open = pages::is_open(&path);
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let (visit, mut response) = match enter(&app, request, next, reading, open).await {
        Ok(both) => both,
        Err((visit, fault)) => (visit, fault.into_response()),
    };
    if reading && response.status() == StatusCode::METHOD_NOT_ALLOWED {
        // Somebody opens the address of a form again, as browsers do without a script.
        response = Redirect::to(above(&path)).into_response();
    }
    if let Some(fault) = response.extensions_mut().remove::<Fault>().or_else(|| unworded(&response)) {
        if let Fault::Broken(what) = &fault {
            tracing::error!(path, what, "no page");
        }
        response = pages::fault::page(&app, visit.as_ref(), &Words::dutch(), &fault).await;
    }
    if reading && response.status().is_success() && visit.as_ref().is_some_and(|visit| visit.notice.is_some()) {
        let name = notice_cookie(&app);
        cookies::set(response.headers_mut(), &name, "", 0, app.config.secure_cookies);
    }
    app.metrics.answered(response.status().as_u16());
    finish(response.headers_mut());
    response
}

/// What the framework refuses in its own words, such as an address whose number is not one.
fn unworded(response: &Response) -> Option<Fault> {
    let plain = response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        StatusCode::BAD_REQUEST | StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNSUPPORTED_MEDIA_TYPE if plain => {
            Some(Fault::NotFound)
        }
        _ => None,
    }
}

type Entered = Result<(Option<Visit>, Response), (Option<Visit>, Fault)>;

async fn enter(app: &App, request: Request, next: Next, reading: bool, open: bool) -> Entered {
    let mut request = request;
    if request.uri().path().starts_with("/assets/") {
        return Ok((None, next.run(request).await));
    }
    let headers = request.headers().clone();
    let words = Words::dutch();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let mut visit = visit(app, &headers, &words, path).await.map_err(|fault| (None, fault))?;
    if let Some(visit) = &mut visit {
        visit.actor.looks_again = reading && headers.contains_key(LOOKS_AGAIN);
    }
    let mut page_of_form = String::new();
    if !reading && !same_origin(&headers) {
        return Err((visit, Fault::Forged));
    }
    if !reading && is_form(&headers) {
        let (parts, body) = request.into_parts();
        let posted = match read(body).await {
            Ok(posted) => posted,
            Err(fault) => return Err((visit, fault)),
        };
        if !open {
            let Some(signed_in) = visit.as_mut() else {
                return keep(app, posted.0, false).await.map_err(|fault| (None, fault));
            };
            if posted.1 != signed_in.csrf() {
                // A form of an earlier session, in a page that stayed open: shown again, never carried out.
                if is_token(&posted.1) && is_local(&posted.0.page) {
                    return keep(app, posted.0, true).await.map_err(|fault| (visit, fault));
                }
                return Err((visit, Fault::Forged));
            }
            if is_local(&posted.0.page) {
                signed_in.page.clone_from(&posted.0.page);
            }
        }
        page_of_form = posted.0.page.clone();
        request = Request::from_parts(parts, Body::empty());
        request.extensions_mut().insert(posted.0);
    }
    let draft = cookies::read(&headers, &draft_cookie(app)).filter(|key| !key.is_empty());
    request.extensions_mut().insert(Guest { words, draft });
    if let Some(visit) = &visit {
        request.extensions_mut().insert(visit.clone());
    }
    let mut response = next.run(request).await;
    if let Some(visit) = visit.as_ref().filter(|_| response.status().is_redirection()) {
        drop_draft(app, visit, &page_of_form, response.headers_mut()).await;
    }
    Ok((visit, response))
}

/// A kept form that was saved now need not wait any longer.
async fn drop_draft(app: &App, visit: &Visit, page: &str, headers: &mut HeaderMap) {
    let waits = drafts::waiting(app, visit.draft.clone()).await;
    if let (Some((waiting, _)), Some(key)) = (waits, visit.draft.clone())
        && waiting == page
        && app.run(move |office| office.drop_draft(&key)).await.is_ok()
    {
        cookies::set(headers, &draft_cookie(app), "", 0, app.config.secure_cookies);
    }
}

async fn visit(app: &App, headers: &HeaderMap, words: &Words, path: String) -> Result<Option<Visit>, Fault> {
    let Some(token) = cookies::read(headers, app.session_cookie()) else { return Ok(None) };
    let asked = token.clone();
    let Some(actor) = app.run(move |office| office.actor_of(&asked)).await? else { return Ok(None) };
    let notice = cookies::read(headers, &notice_cookie(app)).and_then(|text| Notice::parse(&text));
    let draft = cookies::read(headers, &draft_cookie(app)).filter(|key| !key.is_empty());
    Ok(Some(Visit { actor, token, words: words.clone(), page: path.clone(), path, notice, draft, today: app.today() }))
}

fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}

/// A browser says where a form comes from; what comes from elsewhere is refused.
fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site"))
        && !matches!(site, "same-origin" | "none")
    {
        return false;
    }
    match (text(ORIGIN), text(HOST)) {
        (None, _) => true,
        (Some(origin), Some(host)) => {
            origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")) == Some(host)
        }
        (Some(_), None) => false,
    }
}

/// The fields of a form and its token.
async fn read(body: Body) -> Result<(Posted, String), Fault> {
    let bytes = to_bytes(body, drafts::LIMIT).await.map_err(|_| Fault::TooLarge)?;
    let mut posted = Posted::default();
    let mut token = String::new();
    for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let text = String::from_utf8_lossy(pair).replace('+', " ");
        let (name, value) = text.split_once('=').unwrap_or((&text, ""));
        let (name, value) = (decode(name), decode(value).replace("\r\n", "\n"));
        match name.as_str() {
            "_csrf" => token = value,
            "_number" => posted.number = value,
            "_page" => posted.page = value,
            _ => posted.fields.push((name, value)),
        }
    }
    if !posted.number.is_empty() {
        // What was changed after the browser's Back is another form: it must not be lost.
        let content = posted.fields.iter().fold(Sha256::new(), |hash, (name, value)| {
            hash.chain_update(encode(name)).chain_update("=").chain_update(encode(value)).chain_update("&")
        });
        posted.number = format!("{}-{}", posted.number, hex(&content.finalize()));
    }
    Ok((posted, token))
}

/// The session ended while somebody was typing: the text waits until they are back. They may be
/// back already, in another tab (`again`): then the page shows it at once.
async fn keep(app: &App, posted: Posted, again: bool) -> Result<(Option<Visit>, Response), Fault> {
    let page = if is_local(&posted.page) { posted.page.clone() } else { "/".to_owned() };
    let to = if again { page.clone() } else { format!("/aanmelden?verder={}", encode(&page)) };
    let mut response = Redirect::to(&to).into_response();
    if is_local(&posted.page) && app.throttle.admits(app.now()) {
        let key = app.form_number();
        let mut fields = posted.fields;
        fields.push(("_page".to_owned(), page));
        let kept = key.clone();
        app.run(move |office| office.keep_draft(&kept, &fields)).await?;
        let name = draft_cookie(app);
        cookies::set(response.headers_mut(), &name, &key, drafts::SECONDS, app.config.secure_cookies);
    }
    Ok((None, response))
}

fn finish(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Redirect;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Redirect> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let to = if path == "/" { "/aanmelden".to_owned() } else { format!("/aanmelden?verder={}", encode(path)) };
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Redirect::to(&to))
    }
}

impl<S: Sync> FromRequestParts<S> for Guest {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let guest = parts.extensions.get::<Self>().cloned();
        Ok(guest.unwrap_or_else(|| Self { words: Words::dutch(), draft: None }))
    }
}

impl<S: Sync> FromRequestParts<S> for Posted {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or(Fault::Forged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_site_may_send_forms() {
        let check = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            same_origin(&headers)
        };
        assert!(check(&[("host", "127.0.0.1:8101"), ("origin", "http://127.0.0.1:8101")]));
        assert!(check(&[("host", "x"), ("sec-fetch-site", "same-origin")]));
        assert!(!check(&[("host", "127.0.0.1:8101"), ("origin", "http://127.0.0.1:8102")]));
        assert!(!check(&[("host", "x"), ("sec-fetch-site", "same-site")]));
        assert!(!check(&[("host", "x"), ("sec-fetch-site", "cross-site"), ("origin", "https://x")]));
        assert!(!check(&[("host", "x"), ("origin", "null")]));
    }

    #[test]
    fn only_pages_of_this_site_are_followed() {
        for local in ["/", "/nieuwkomers/3?a=b"] {
            assert!(is_local(local), "{local}");
        }
        for foreign in ["", "https://elders.be", "//elders.be", "/\\elders.be", "/a\nb"] {
            assert!(!is_local(foreign), "{foreign}");
        }
    }

    #[test]
    fn notices_survive_the_cookie() {
        let notice = Notice { key: "notice-x".into(), name: "A | B".into(), undo: "/x/1".into() };
        assert_eq!(Notice::parse(&notice.text()), Some(notice.clone()));
        assert_eq!(Notice::parse(&Notice { undo: "https://elders.be".into(), ..notice }.text()), None);
    }
}
