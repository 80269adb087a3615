//! The site of one office in process, and a browser with a jar of cookies.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes)]

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use casework::Office;
use casework::office::AccountRole;
use tokio::sync::broadcast;
use tower::ServiceExt;

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// Where it leads.
    pub fn to(&self) -> &str {
        self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
    /// The value of the first hidden field with this name.
    pub fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.text.split(&start).nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

/// A browser at the site.
pub struct Browser {
    pub site: Router,
    pub jar: BTreeMap<String, String>,
}

/// Percent-encoding of a form.
pub fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

impl Browser {
    /// At the site of this office, signed in with a link of that role.
    pub async fn signed_in(office: &Office, role: AccountRole) -> Self {
        let mut browser = Self::guest(office);
        let account = office.create_account(&format!("Els {}", role.code()), role).expect("an account");
        let link = office.sign_in_link(account).expect("a link");
        let answer = browser.get(&format!("/uitnodiging/{link}")).await;
        assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, "/"));
        browser
    }

    /// Signed in nowhere.
    pub fn guest(office: &Office) -> Self {
        let (changes, _) = broadcast::channel(8);
        let config = web::Config { municipality: "Borsbeek".to_owned(), secure_cookies: false, demo: false };
        Self { site: web::router(office.clone(), changes, config), jar: BTreeMap::new() }
    }

    /// Sends a request as it is.
    pub async fn send(&mut self, request: Request<Body>) -> Answer {
        let response = self.site.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(SET_COOKIE) {
            let line = line.to_str().expect("text");
            let (name, value) = line.split(';').next().unwrap_or_default().split_once('=').expect("a cookie");
            if line.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = to_bytes(body, 4 << 20).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// A request with this browser's cookies.
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Request::builder().method(method).uri(path).header(HOST, "overbuur.test").header(COOKIE, cookies.join("; "))
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).body(Body::empty()).expect("a request");
        self.send(request).await
    }

    /// Sends a form.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let request = self
            .request(Method::POST, path)
            .header(ORIGIN, "http://overbuur.test")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .expect("a request");
        self.send(request).await
    }

    /// Sends a form with one file.
    pub async fn upload(&mut self, path: &str, csrf: &str, name: &str, content: &str) -> Answer {
        let body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{csrf}\r\n--x\r\nContent-Disposition: form-data; \
             name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n--x--\r\n"
        );
        let request = self
            .request(Method::POST, path)
            .header(ORIGIN, "http://overbuur.test")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from(body))
            .expect("a request");
        self.send(request).await
    }

    /// Opens a page and sends a form of it, with its hidden fields.
    pub async fn fill(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).await;
        assert_eq!(shown.status, StatusCode::OK, "{page}");
        let hidden: Vec<(&str, String)> =
            ["_csrf", "_number", "_page", "version"].into_iter().map(|name| (name, shown.hidden(name))).collect();
        let all: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (*name, value.as_str())).chain(fields.iter().copied()).collect();
        self.post(path, &all).await
    }
}
