//! axe-core over the page that a browser shows.

use std::path::PathBuf;
use std::{env, fmt, fs};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::browser::Browser;

/// Runs every rule but two sorts: level AAA, which the design doesn't promise,
/// and rules that axe has retired. The last argument is WebDriver's callback.
const RUN: &str = "
const done = arguments[arguments.length - 1];
const skipped = ['wcag2aaa', 'deprecated'];
const rules = axe.getRules()
    .filter(rule => !rule.tags.some(tag => skipped.includes(tag)))
    .map(rule => rule.ruleId);
axe.run(document, {runOnly: {type: 'rule', values: rules}, resultTypes: ['violations']})
    .then(found => done({rules: rules.length, violations: found.violations}),
          error => done({error: String(error)}));
";

/// Fewer rules than this means that axe was asked for less than it knows.
const LEAST_RULES: u64 = 80;

/// One rule of axe that a page breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// axe's name for the rule.
    pub rule: String,
    /// How much it hinders: minor, moderate, serious, critical.
    pub impact: String,
    /// What to do, in words.
    pub help: String,
    /// Where: a selector and the start of its HTML, for each element.
    pub places: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({}): {}", self.rule, self.impact, self.help)?;
        self.places.iter().try_for_each(|place| writeln!(f, "    {place}"))
    }
}

/// The source of axe-core: `OVERBUUR_AXE`, which tests/run sets after installing it.
fn source() -> Result<String> {
    let path = env::var_os("OVERBUUR_AXE").map(PathBuf::from);
    let path = path.context("OVERBUUR_AXE doesn't say where axe.min.js is; tests/run does")?;
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// What axe finds on the page as it is now.
///
/// The script goes in over WebDriver, which a page's content security policy
/// doesn't bind, so the page is judged as people get it. In a window without
/// JavaScript the page has loaded without; only axe itself may run then.
///
/// # Errors
/// When axe is missing or fails on the page.
pub async fn axe(browser: &Browser) -> Result<Vec<Violation>> {
    browser.allow_scripts(true).await?;
    let found = examine(browser).await;
    browser.allow_scripts(browser.javascript()).await?;
    found
}

async fn examine(browser: &Browser) -> Result<Vec<Violation>> {
    let client = browser.client();
    client.execute(&source()?, Vec::new()).await.context("injecting axe")?;
    let said = client.execute_async(RUN, vec![json!(null)]).await.context("running axe")?;
    if let Some(error) = said["error"].as_str() {
        bail!("axe: {error}");
    }
    let rules = said["rules"].as_u64().unwrap_or_default();
    ensure!(rules >= LEAST_RULES, "axe ran {rules} rules");
    Ok(list(&said["violations"]).map(violation).collect())
}

/// Fails when axe finds anything, with all that it found.
///
/// # Errors
/// When axe finds anything or can't be run.
pub async fn clean(browser: &Browser) -> Result<()> {
    let found = axe(browser).await?;
    let text: String = found.iter().map(Violation::to_string).collect();
    ensure!(found.is_empty(), "axe on {}:\n{text}", browser.client().current_url().await?);
    Ok(())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn violation(value: &Value) -> Violation {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let place = |node: &Value| {
        let html: String = node["html"].as_str().unwrap_or_default().chars().take(160).collect();
        let why = node["failureSummary"].as_str().unwrap_or_default().replace('\n', " ");
        format!("{} {html} — {why}", node["target"])
    };
    Violation {
        rule: text("id"),
        impact: text("impact"),
        help: text("help"),
        places: list(&value["nodes"]).map(place).collect(),
    }
}
