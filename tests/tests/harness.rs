//! The harness itself: axe finds what is wrong, says nothing of what is right,
//! also under a strict policy and without JavaScript; and nothing is left running.

mod pages;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use pages::Pages;
use tests::axe;
use tests::browser::{Browser, Options};
use tests::processes::{self, Process, Stream};

async fn rules(browser: &Browser) -> Result<Vec<String>> {
    let found = axe::axe(browser).await?;
    Ok(found.into_iter().map(|violation| violation.rule).collect())
}

#[tokio::test]
async fn axe_finds_what_is_wrong_and_nothing_else() -> Result<()> {
    let pages = Pages::serve()?;
    for options in [Options::default(), Options::without_javascript()] {
        let browser = Browser::start(options).await?;
        browser.goto(&pages.at("/clean")).await?;
        axe::clean(&browser).await?;
        browser.goto(&pages.at("/broken")).await?;
        let found = rules(&browser).await?;
        for rule in ["image-alt", "target-size", "color-contrast", "region"] {
            ensure!(found.iter().any(|name| name == rule), "{rule} not in {found:?} with {options:?}");
        }
        browser.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn javascript_runs_only_where_it_may() -> Result<()> {
    let pages = Pages::serve()?;
    let text = async |browser: &Browser| -> Result<String> {
        browser.goto(&pages.at("/scripted")).await?;
        browser.wait_for_text("pagina").await?;
        Ok(browser.client().find(Locator::Css("#state")).await?.text().await?)
    };
    let with = Browser::start(Options::default()).await?;
    ensure!(text(&with).await? == "met");
    with.block(&["*.js"]).await?;
    ensure!(text(&with).await? == "zonder", "a blocked script ran");
    with.close().await?;
    let without = Browser::start(Options::without_javascript()).await?;
    ensure!(text(&without).await? == "zonder", "a script ran without JavaScript");
    // A form still works.
    // axe may run a script there; the page still may not.
    axe::clean(&without).await?;
    ensure!(text(&without).await? == "zonder", "a script ran after axe");
    without.find("button").await?.click().await?;
    without.wait_for_text("ontvangen: naam=Ann").await?;
    without.close().await
}

#[tokio::test]
async fn the_page_has_the_size_and_theme_asked_for() -> Result<()> {
    let pages = Pages::serve()?;
    let browser = Browser::start(Options { width: 320, dark: true, ..Options::default() }).await?;
    browser.goto(&pages.at("/clean")).await?;
    let script = "return [window.innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]";
    let seen = browser.client().execute(script, Vec::new()).await?;
    ensure!(seen == serde_json::json!([320, true]), "{seen}");
    browser.resize(768, 600).await?;
    let width = browser.client().execute("return window.innerWidth", Vec::new()).await?;
    ensure!(width == 768, "{width}");
    let folder = processes::folder()?;
    let file = folder.path().join("below/picture.png");
    browser.picture(&file).await?;
    ensure!(fs::read(&file)?.starts_with(b"\x89PNG"));
    browser.close().await
}

/// How many processes carry these words on their command line.
fn running(words: &str) -> Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir("/proc")?.flatten() {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        count += usize::from(String::from_utf8_lossy(&line).contains(words));
    }
    Ok(count)
}

#[tokio::test]
async fn a_dropped_browser_leaves_nothing_running() -> Result<()> {
    let browser = Browser::start(Options::default()).await?;
    let profile = browser.profile().display().to_string();
    ensure!(running(&profile)? > 0, "the browser can't be seen");
    drop(browser);
    // A killed process stands in the table until its parent has noticed.
    tokio::time::timeout(processes::DEADLINE, async {
        while running(&profile).unwrap_or_default() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .context("chromium outlives its browser")
}

#[test]
fn processes_are_heard_and_stopped() -> Result<()> {
    let script = "echo een; echo twee >&2; read never < /dev/zero; exit 3";
    let process = Process::start("sh", Command::new("sh").args(["-c", script]))?;
    ensure!(process.wait_for_line(|line| line == "twee")? == "twee");
    process.wait_for_line(|line| line == "een")?;
    ensure!(process.lines(Stream::Err) == ["twee"]);
    let status = process.kill()?;
    ensure!(status.code().is_none() && !status.success(), "{status}");
    let silent = Process::start("sh", Command::new("sh").args(["-c", "echo drie; exit 2"]))?;
    let error = silent.wait_for_line(|line| line == "vier").err().context("a line from nowhere")?;
    ensure!(error.to_string().contains("drie"), "{error}");
    let said = silent.wait_said()?;
    ensure!(said.code() == Some(2) && said.stdout == "drie\n", "{said:?}");
    Ok(())
}
