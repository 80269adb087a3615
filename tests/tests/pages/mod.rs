//! A few static pages on a port of our own, served by one thread.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use anyhow::Result;

/// As strict as the product's own policy.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'";

const CLEAN: &str = "<!doctype html><html lang=\"nl\"><head><meta charset=\"utf-8\"><title>Schoon</title>\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head>\
<body><main><h1>Een schone pagina</h1><p>Met tekst.</p></main></body></html>";

const BROKEN: &str = "<!doctype html><html lang=\"nl\"><head><meta charset=\"utf-8\"><title>Stuk</title>\
<link rel=\"stylesheet\" href=\"/broken.css\"></head>\
<body><main><h1>Een pagina met fouten</h1><img src=\"/nowhere.png\"><p class=\"pale\">bleek</p>\
<div><button class=\"tiny\">a</button><button class=\"tiny\">b</button></div></main>\
<p>Buiten elk gebied</p></body></html>";

const STYLE: &str =
    ".pale { color: #bbb; background: #fff } .tiny { width: 10px; height: 10px; padding: 0; margin: 0 }";

const SCRIPTED: &str = "<!doctype html><html lang=\"nl\"><head><meta charset=\"utf-8\"><title>Script</title>\
<script type=\"module\" src=\"/state.js\"></script></head><body><main><h1>Een pagina</h1><p id=\"state\">zonder</p>\
<form method=\"post\" action=\"/form\"><label>Naam <input name=\"naam\" value=\"Ann\"></label>\
<button>Bewaar naam</button></form></main></body></html>";

const SCRIPT: &str = "document.querySelector('#state').textContent = 'met';";

/// The pages; they are served until the test ends.
pub(crate) struct Pages {
    address: SocketAddr,
}

impl Pages {
    /// Serves them on a free port of the loopback address.
    pub(crate) fn serve() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A browser opens connections that it never uses: each its own thread.
                thread::spawn(move || answer(stream));
            }
        });
        Ok(Self { address })
    }

    /// The address of a page.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn answer(mut stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut form = vec![0; length];
    reader.read_exact(&mut form).ok()?;
    let (status, kind, body) = page(first.split(' ').nth(1)?, &String::from_utf8_lossy(&form));
    let size = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {size}\r\n\
         Content-Security-Policy: {POLICY}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()
}

fn page(path: &str, form: &str) -> (&'static str, &'static str, String) {
    match path {
        "/clean" => ("200 OK", "text/html", CLEAN.to_owned()),
        "/broken" => ("200 OK", "text/html", BROKEN.to_owned()),
        "/broken.css" => ("200 OK", "text/css", STYLE.to_owned()),
        "/scripted" => ("200 OK", "text/html", SCRIPTED.to_owned()),
        "/state.js" => ("200 OK", "text/javascript", SCRIPT.to_owned()),
        "/form" => ("200 OK", "text/html", CLEAN.replace("Met tekst.", &format!("ontvangen: {form}"))),
        _ => ("404 Not Found", "text/plain", String::new()),
    }
}
