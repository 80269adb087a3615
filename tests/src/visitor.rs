//! A visitor without a browser: asks for pages over plain HTTP, keeps cookies, and sends the
//! forms that it finds, or others, exactly as told.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, bail, ensure};

use crate::processes::DEADLINE;
use crate::town::Town;

/// An answer of the server.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status code.
    pub status: u16,
    /// Names in lower case and values, in order.
    pub headers: Vec<(String, String)>,
    /// The page.
    pub body: String,
}

impl Answer {
    /// The first header of that name; empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The value of the first hidden field of that name.
    ///
    /// # Errors
    /// When the page has none.
    pub fn hidden(&self, name: &str) -> Result<String> {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.body.split_once(&start).with_context(|| format!("no {name} on the page:\n{}", self.body))?.1;
        Ok(plain(rest.split('"').next().unwrap_or_default()))
    }

    /// The text between the first `start` and the `end` that follows it.
    ///
    /// # Errors
    /// When the page has none.
    pub fn between(&self, start: &str, end: &str) -> Result<String> {
        let rest = self.body.split_once(start).with_context(|| format!("no {start} on the page:\n{}", self.body))?.1;
        Ok(plain(rest.split(end).next().unwrap_or_default()))
    }
}

/// A visitor of one municipality.
pub struct Visitor {
    host: String,
    /// Cookies by name.
    pub cookies: BTreeMap<String, String>,
}

impl Visitor {
    /// Somebody who is not signed in.
    #[must_use]
    pub fn new(town: &Town) -> Self {
        Self { host: town.host(), cookies: BTreeMap::new() }
    }

    /// Somebody who chose a password with the account's enrolment link.
    ///
    /// # Errors
    /// When the link is not taken.
    pub fn enrol(town: &Town, account: &str, password: &str) -> Result<Self> {
        let mut visitor = Self::new(town);
        let link = town.link(account)?;
        let path = link.strip_prefix(&town.at("")).context("a link to elsewhere")?.to_owned();
        ensure!(visitor.get(&path)?.status == 200, "{path} does not open");
        let answer = visitor.post(&path, &[("name", account), ("password", password), ("password_again", password)])?;
        ensure!(answer.status == 303, "the password was not taken: {}\n{}", answer.status, answer.body);
        Ok(visitor)
    }

    /// Asks for a page, following no redirect.
    ///
    /// # Errors
    /// When the server doesn't answer.
    pub fn get(&mut self, path: &str) -> Result<Answer> {
        self.ask("GET", path, None)
    }

    /// Asks for a page that has to be there.
    ///
    /// # Errors
    /// When it is not.
    pub fn page(&mut self, path: &str) -> Result<Answer> {
        let answer = self.get(path)?;
        ensure!(answer.status == 200, "{path}: {}\n{}", answer.status, answer.body);
        Ok(answer)
    }

    /// Sends fields as a form does, and nothing besides.
    ///
    /// # Errors
    /// When the server doesn't answer.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        self.ask("POST", path, Some(&body.join("&")))
    }

    /// Sends a form of `page` to `action`: its hidden fields of the door, and these.
    ///
    /// # Errors
    /// When the page has no form, or the server doesn't answer.
    pub fn send(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let shown = self.page(page)?;
        let door = ["_csrf", "_number", "_page"].map(|name| shown.hidden(name));
        let [csrf, number, from] = door;
        let (csrf, number, from) = (csrf?, number?, from?);
        let mut all = vec![("_csrf", csrf.as_str()), ("_number", &number), ("_page", &from)];
        all.extend(fields);
        self.post(action, &all)
    }

    /// The same, and where the server sends on to.
    ///
    /// # Errors
    /// When the form is not taken.
    pub fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Result<String> {
        let answer = self.send(page, action, fields)?;
        ensure!(answer.status == 303, "{action}: {}\n{}", answer.status, answer.body);
        Ok(answer.header("location").to_owned())
    }

    fn ask(&mut self, method: &str, path: &str, form: Option<&str>) -> Result<Answer> {
        let mut stream = TcpStream::connect(&self.host).with_context(|| self.host.clone())?;
        stream.set_read_timeout(Some(DEADLINE))?;
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.host);
        if !cookies.is_empty() {
            head.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        if let Some(form) = form {
            let kind = "application/x-www-form-urlencoded";
            head.push_str(&format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", form.len()));
        }
        write!(stream, "{head}\r\n{}", form.unwrap_or_default())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let answer = answer(&bytes).with_context(|| format!("{method} {path}"))?;
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).context("no cookie")?;
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }
}

fn answer(bytes: &[u8]) -> Result<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").context("no head in the answer")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status")?.parse()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut body = bytes[end + 4..].to_vec();
    if headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked") {
        body = unchunked(&body)?;
    }
    Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

fn unchunked(mut bytes: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|two| two == b"\r\n").context("a chunk without a size")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end])?.trim(), 16)?;
        let from = end + 2;
        if size == 0 {
            return Ok(body);
        }
        let Some(chunk) = bytes.get(from..from + size) else { bail!("a chunk is cut off") };
        body.extend_from_slice(chunk);
        bytes = bytes.get(from + size + 2..).context("the chunks end too soon")?;
    }
}

/// Text as a form sends it.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// The text of markup without elements.
fn plain(text: &str) -> String {
    let mut plain = text.to_owned();
    for (escaped, sign) in [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")] {
        plain = plain.replace(escaped, sign);
    }
    plain
}
