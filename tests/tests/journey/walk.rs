//! Somebody at a screen: one browser at one municipality, who looks at every page in both
//! widths and both themes on the way.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use fantoccini::elements::Element;
use serde_json::json;
use tests::axe;
use tests::browser::{Browser, Options};
use tests::processes::DEADLINE;
use tests::town::Town;
use tests::visitor::Visitor;

/// Width of the window in CSS pixels in which work is done.
const WIDE: u32 = 1280;
/// The narrowest window.
const NARROW: u32 = 320;

/// Everything that the policy of a page has to say.
const POLICY: [&str; 7] = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
];

/// One person at a screen.
pub(crate) struct Walk {
    pub(crate) browser: Browser,
    host: String,
    visitor: Visitor,
    pictures: PathBuf,
    /// The page of each title.
    titles: BTreeMap<String, String>,
    seen: usize,
}

impl Walk {
    /// Opens a browser for `town`; its pictures go in a folder of their own.
    pub(crate) async fn start(town: &Town, javascript: bool) -> Result<Self> {
        let browser = Browser::start(Options { javascript, ..Options::default() }).await?;
        let how = if javascript { "with-javascript" } else { "without-javascript" };
        let pictures = pictures()?.join(how).join(town.name.to_lowercase());
        Ok(Self { browser, host: town.at(""), visitor: Visitor::new(town), pictures, titles: BTreeMap::new(), seen: 0 })
    }

    /// Opens a page.
    pub(crate) async fn open(&self, path: &str) -> Result<()> {
        self.browser.goto(&format!("{}{path}", self.host)).await
    }

    /// Path and query of the page on the screen.
    pub(crate) async fn path(&self) -> Result<String> {
        let url = self.browser.client().current_url().await?;
        Ok(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
    }

    /// The number at the end of the path on the screen.
    pub(crate) async fn number(&self) -> Result<String> {
        let path = self.path().await?;
        path.rsplit('/').next().map(str::to_owned).context("no number in the address")
    }

    /// Chooses a password with an enrolment link and comes in.
    pub(crate) async fn enrol(&mut self, link: &str, password: &str) -> Result<()> {
        self.browser.goto(link).await?;
        self.look("uitnodiging").await?;
        self.write("password", password).await?;
        self.write("password_again", password).await?;
        self.press("form[action^='/uitnodiging/'] button", "body.in main[data-path='/']").await
    }

    /// Signs in with name and password; the page that comes shows `awaited`.
    pub(crate) async fn sign_in(&self, name: &str, password: &str, awaited: &str) -> Result<()> {
        self.write("name", name).await?;
        self.write("password", password).await?;
        self.press("form[action='/aanmelden'] button", awaited).await
    }

    /// Types in a field in the place of what was there.
    pub(crate) async fn write(&self, name: &str, text: &str) -> Result<()> {
        let field = self.browser.find(&format!("main [name='{name}']")).await?;
        field.clear().await?;
        field.send_keys(text).await.with_context(|| name.to_owned())
    }

    /// Chooses one of a list that opens.
    pub(crate) async fn choose(&self, name: &str, value: &str) -> Result<()> {
        let list = self.browser.find(&format!("main select[name='{name}']")).await?;
        list.select_by_value(value).await.with_context(|| format!("{name}: {value}"))
    }

    /// Ticks a box with the space bar: whoever uses a mouse would scroll first.
    pub(crate) async fn tick(&self, name: &str, value: &str) -> Result<()> {
        let css = format!("main input[name='{name}'][value='{value}']");
        self.browser.find(&css).await?.send_keys(" ").await.with_context(|| css)
    }

    /// Opens a part of the page that is folded.
    pub(crate) async fn unfold(&self, details: &str) -> Result<()> {
        let summary = self.browser.find(&format!("{details} > summary")).await?;
        summary.send_keys(" ").await.with_context(|| details.to_owned())
    }

    /// What stands in a field.
    pub(crate) async fn value(&self, name: &str) -> Result<String> {
        let field = self.browser.find(&format!("main [name='{name}']")).await?;
        field.prop("value").await?.with_context(|| name.to_owned())
    }

    /// Presses a button or follows a link, and waits for what the next page shows.
    pub(crate) async fn press(&self, button: &str, awaited: &str) -> Result<()> {
        self.click(button).await?;
        self.await_element(awaited).await?;
        Ok(())
    }

    /// Clicks what is there; when news swapped the page under the pointer, what is there then.
    async fn click(&self, css: &str) -> Result<()> {
        loop {
            match self.await_element(css).await?.click().await {
                Err(error) if error.is_stale_element_reference() => {}
                other => return other.with_context(|| css.to_owned()),
            }
        }
    }

    /// Waits for an element; failing tells what page there is instead.
    pub(crate) async fn await_element(&self, css: &str) -> Result<Element> {
        match self.browser.find(css).await {
            Ok(element) => Ok(element),
            Err(error) => {
                let (path, text) = (self.path().await.unwrap_or_default(), self.text().await.unwrap_or_default());
                Err(error).with_context(|| format!("on {path}:\n{text}"))
            }
        }
    }

    /// The visible text of the page's main part.
    pub(crate) async fn text(&self) -> Result<String> {
        Ok(self.browser.find("main").await?.text().await?)
    }

    /// Waits until news from elsewhere shows on a page: it comes by itself where scripts run,
    /// else whoever waits loads the page anew.
    pub(crate) async fn arrives(&self, path: &str, css: &str) -> Result<()> {
        self.open(path).await?;
        if self.browser.javascript() {
            self.await_element(css).await?;
            return Ok(());
        }
        let seen = tokio::time::timeout(DEADLINE, async {
            while self.browser.client().find(fantoccini::Locator::Css(css)).await.is_err() {
                self.open(path).await?;
            }
            Ok::<(), anyhow::Error>(())
        });
        match seen.await {
            Ok(outcome) => outcome,
            Err(_) => self.await_element(css).await.map(|_| ()),
        }
    }

    /// Looks at the page on the screen in every width and theme: axe finds nothing, nothing
    /// scrolls sideways, no script failed, the policy is strict, and no other page has its title.
    /// Leaves pictures.
    pub(crate) async fn look(&mut self, name: &str) -> Result<()> {
        self.look_closely(name).await.with_context(|| format!("{} {name}", self.host))
    }

    /// In which widths and themes a page is looked at. Without JavaScript the server sends the
    /// same markup and style: two sights that hold both widths and both themes are enough.
    fn sights(&self) -> Vec<(u32, bool)> {
        if self.browser.javascript() {
            vec![(WIDE, false), (WIDE, true), (NARROW, false), (NARROW, true)]
        } else {
            vec![(WIDE, false), (NARROW, true)]
        }
    }

    async fn look_closely(&mut self, name: &str) -> Result<()> {
        self.seen += 1;
        for (width, dark) in self.sights() {
            self.browser.resize(width, 900).await?;
            self.browser.prefer_dark(dark).await?;
            axe::clean(&self.browser).await.with_context(|| format!("{width} px, dark {dark}"))?;
            let theme = if dark { "-dark" } else { "" };
            let file = format!("{:02}-{name}-{width}{theme}.png", self.seen);
            self.browser.whole_picture(&self.pictures.join(file)).await?;
            self.fits(width).await?;
        }
        self.browser.prefer_dark(false).await?;
        self.browser.resize(WIDE, 900).await?;
        let complaints = self.browser.complaints().await?;
        ensure!(complaints.is_empty(), "the console says {complaints:#?}");
        self.title_is_its_own(name).await?;
        self.policy_is_strict().await
    }

    /// No page is wider than its window.
    async fn fits(&self, width: u32) -> Result<()> {
        let script = "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]";
        self.browser.cdp("Emulation.setScriptExecutionDisabled", json!({"value": false})).await?;
        let sizes = self.browser.client().execute(script, Vec::new()).await?;
        let disabled = !self.browser.javascript();
        self.browser.cdp("Emulation.setScriptExecutionDisabled", json!({"value": disabled})).await?;
        let [wide, window] = [&sizes[0], &sizes[1]].map(|size| size.as_u64().unwrap_or(u64::MAX));
        ensure!(wide <= window, "scrolls sideways at {width} px: {wide} in {window}");
        Ok(())
    }

    async fn title_is_its_own(&mut self, name: &str) -> Result<()> {
        let title = self.browser.client().title().await?;
        ensure!(!title.trim().is_empty(), "no title");
        let path = self.path().await?.split(['?', '#']).next().unwrap_or_default().to_owned();
        let known = self.titles.entry(title.clone()).or_insert_with(|| path.clone());
        ensure!(*known == path, "“{title}” is the title of {known} and of {path} ({name})");
        Ok(())
    }

    /// The same page asked for without the browser: what its headers say.
    async fn policy_is_strict(&mut self) -> Result<()> {
        for cookie in self.browser.client().get_all_cookies().await? {
            // A one-time notice stays for the browser.
            if !cookie.name().ends_with("-melding") {
                self.visitor.cookies.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        let path = self.path().await?;
        let answer = self.visitor.get(&path)?;
        let policy = answer.header("content-security-policy");
        for part in POLICY {
            ensure!(policy.split(';').any(|said| said.trim() == part), "{path}: {part} is not in {policy}");
        }
        ensure!(!policy.contains("unsafe"), "{path}: {policy}");
        ensure!(answer.header("x-content-type-options") == "nosniff", "{path}: {:?}", answer.headers);
        Ok(())
    }

    /// Closes the browser.
    pub(crate) async fn close(self) -> Result<()> {
        self.browser.close().await
    }
}

/// Where pictures go, for people to look at: beside what was built, never in the repository.
pub(crate) fn pictures() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("CARGO_TARGET_DIR") {
        return Ok(PathBuf::from(folder).join("pictures"));
    }
    let test = std::env::current_exe()?;
    let target = test.ancestors().nth(3).context("no target folder")?;
    Ok(target.join("pictures"))
}
