//! A real browser for journeys: Debian's chromium, headless, driven by WebDriver.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::processes::{self, DEADLINE, Process};

/// How often a condition in the page is looked at again.
const LOOK: Duration = Duration::from_millis(20);

/// How a window is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether pages may run scripts.
    pub javascript: bool,
    /// Width of the page in CSS pixels.
    pub width: u32,
    /// Height of the page in CSS pixels.
    pub height: u32,
    /// Whether the person prefers dark colours.
    pub dark: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { javascript: true, width: 1280, height: 800, dark: false }
    }
}

impl Options {
    /// A window in which no page runs a script.
    #[must_use]
    pub fn without_javascript() -> Self {
        Self { javascript: false, ..Self::default() }
    }
}

/// A chromium of our own with one window. Dropping it kills it.
pub struct Browser {
    client: Client,
    driver: Process,
    profile: TempDir,
    javascript: bool,
}

impl Browser {
    /// Starts chromedriver on a port that it picks itself, and a window through it.
    ///
    /// # Errors
    /// When chromium or chromedriver is missing or doesn't start.
    pub async fn start(options: Options) -> Result<Self> {
        let profile = processes::folder()?;
        let driver = Process::start("chromedriver", Command::new("chromedriver").arg("--port=0"))?;
        let said = driver.wait_for_line(|line| line.contains("started successfully on port"))?;
        let port: u16 = said.trim_end_matches('.').rsplit(' ').next().context("no port")?.parse()?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(profile.path()))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await;
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                end_chromium(profile.path());
                return Err(error).context(driver.output());
            }
        };
        let browser = Self { client, driver, profile, javascript: options.javascript };
        browser.allow_scripts(options.javascript).await?;
        browser.resize(options.width, options.height).await?;
        browser.prefer_dark(options.dark).await?;
        Ok(browser)
    }

    /// The WebDriver session.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The folder that this chromium alone uses.
    #[must_use]
    pub fn profile(&self) -> &Path {
        self.profile.path()
    }

    /// Opens an address and waits until it has loaded.
    ///
    /// # Errors
    /// When it can't be reached.
    pub async fn goto(&self, address: &str) -> Result<()> {
        self.client.goto(address).await.with_context(|| address.to_owned())
    }

    /// Gives the page another size: the page's own, whatever the window's frame takes.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await?;
        Ok(())
    }

    /// Tells pages whether the person prefers dark colours, and that nothing should move.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn prefer_dark(&self, dark: bool) -> Result<()> {
        let value = if dark { "dark" } else { "light" };
        // Colours that fade would be judged halfway.
        let still = json!({"name": "prefers-reduced-motion", "value": "reduce"});
        let features = json!([{"name": "prefers-color-scheme", "value": value}, still]);
        self.cdp("Emulation.setEmulatedMedia", json!({"features": features})).await?;
        Ok(())
    }

    /// Waits until an element is there.
    ///
    /// # Errors
    /// At the deadline.
    pub async fn find(&self, css: &str) -> Result<Element> {
        self.await_element(Locator::Css(css)).await.with_context(|| format!("no element {css}"))
    }

    async fn await_element(&self, locator: Locator<'_>) -> Result<Element, CmdError> {
        let seen = tokio::time::timeout(DEADLINE, async {
            loop {
                let wait = self.client.wait().at_most(DEADLINE).every(LOOK);
                match wait.for_element(locator).await {
                    // The next page came while chromedriver looked: it may be there.
                    Err(CmdError::NotW3C(said)) if said == "aborted by navigation" => {}
                    seen => return seen,
                }
            }
        });
        seen.await.unwrap_or(Err(CmdError::WaitTimeout))
    }

    /// Waits until the page's visible text holds these words.
    ///
    /// # Errors
    /// At the deadline, with the text that was there instead.
    pub async fn wait_for_text(&self, words: &str) -> Result<()> {
        let quoted = words.replace('\'', "’");
        let path = format!("//body[contains(translate(normalize-space(.), \"'\", '’'), '{quoted}')]");
        let found = self.await_element(Locator::XPath(&path)).await;
        found.map(drop).with_context(|| format!("the page never said “{words}”"))
    }

    /// Writes what the window shows to a PNG file.
    ///
    /// # Errors
    /// When the file can't be written.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, self.client.screenshot().await?).with_context(|| file.display().to_string())
    }

    /// Writes the whole page, also what is below the window's edge, to a PNG file.
    ///
    /// # Errors
    /// When the file can't be written.
    pub async fn whole_picture(&self, file: &Path) -> Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let wanted = json!({"format": "png", "captureBeyondViewport": true});
        let taken = self.cdp("Page.captureScreenshot", wanted).await?;
        let text = taken["data"].as_str().context("no picture")?;
        let bytes = data_encoding::BASE64.decode(text.as_bytes())?;
        fs::write(file, bytes).with_context(|| file.display().to_string())
    }

    /// What went wrong on the pages since this was asked last: errors of scripts and
    /// breaches of a page's policy. That the server refused something is not wrong.
    ///
    /// # Errors
    /// When the browser doesn't tell.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let said = self.client.issue_cmd(Log).await?;
        let lines = said.as_array().cloned().unwrap_or_default();
        let wrong = lines.iter().filter(|line| line["level"] == "SEVERE" && line["source"] != "network");
        Ok(wrong.map(Value::to_string).collect())
    }

    /// Whether pages of this window may run scripts.
    #[must_use]
    pub fn javascript(&self) -> bool {
        self.javascript
    }

    /// Lets pages run scripts or not, from the next page on. A page that was
    /// loaded without doesn't run its own afterwards, but can be examined with one.
    ///
    /// # Errors
    /// When the browser refuses.
    pub(crate) async fn allow_scripts(&self, allowed: bool) -> Result<()> {
        self.cdp("Emulation.setScriptExecutionDisabled", json!({"value": !allowed})).await?;
        Ok(())
    }

    /// From the next page on, loads nothing whose address matches: `*.js` leaves
    /// the page as a browser shows it that couldn't get the script.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn block(&self, patterns: &[&str]) -> Result<()> {
        self.cdp("Network.enable", json!({})).await?;
        self.cdp("Network.setBlockedURLs", json!({"urls": patterns})).await?;
        Ok(())
    }

    /// One command of the DevTools protocol.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn cdp(&self, command: &str, parameters: Value) -> Result<Value> {
        let devtools = DevTools { command: command.to_owned(), parameters };
        self.client.issue_cmd(devtools).await.with_context(|| command.to_owned())
    }

    /// Closes the window and waits until chromium has gone.
    ///
    /// # Errors
    /// When it doesn't go by itself.
    pub async fn close(self) -> Result<()> {
        self.client.clone().close().await?;
        self.driver.terminate()?;
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // First the driver, so that nobody starts another chromium.
        let _ = self.driver.kill();
        end_chromium(self.profile.path());
    }
}

/// Ends the chromium of one profile folder: a killed chromedriver leaves it
/// running. No other process can carry this folder on its command line.
fn end_chromium(profile: &Path) {
    let flag = format!("--user-data-dir={}", profile.display());
    let Ok(entries) = fs::read_dir("/proc") else {
        return;
    };
    for entry in entries.flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        let ours = fs::read(entry.path().join("cmdline"))
            .is_ok_and(|line| line.split(|byte| *byte == 0).any(|word| word == flag.as_bytes()));
        if let (Some(pid), true) = (pid, ours) {
            let _ = processes::send("KILL", pid);
        }
    }
}

fn capabilities(profile: &Path) -> Capabilities {
    let folder = format!("--user-data-dir={}", profile.display());
    // Root needs no-sandbox; the rest keeps chromium from calling anyone.
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=nl-BE",
        folder.as_str(),
    ];
    let mut wanted = Capabilities::new();
    wanted.insert("browserName".to_owned(), json!("chrome"));
    wanted.insert("goog:chromeOptions".to_owned(), json!({ "args": arguments }));
    wanted.insert("goog:loggingPrefs".to_owned(), json!({"browser": "ALL"}));
    wanted
}

/// chromedriver's own endpoint for the DevTools protocol.
#[derive(Debug)]
struct DevTools {
    command: String,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = json!({"cmd": self.command, "params": self.parameters});
        (http::Method::POST, Some(body.to_string()))
    }
}

/// chromedriver's own endpoint for what the console says.
#[derive(Debug)]
struct Log;

impl WebDriverCompatibleCommand for Log {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"type": "browser"}).to_string()))
    }
}
