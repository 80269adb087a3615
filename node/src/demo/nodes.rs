//! The three processes of the demonstration: started, waited for, stopped. They end with this
//! process however it ends: each reads a pipe that only this process holds open.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use tokio::process::{Child, ChildStdin, Command};

use super::data::Town;
use super::steps::Step;
use crate::commands::Request;
use crate::control;

/// A node that starts or stops slower than this is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// One running node.
pub struct Node {
    /// Its municipality.
    pub town: &'static Town,
    /// Its folder.
    pub dir: PathBuf,
    /// Where its pages are.
    pub http: String,
    child: Child,
    /// Ends the child when it closes. Apart, because waiting for a child closes its input.
    alive: Option<ChildStdin>,
}

impl Node {
    /// Starts the node in its folder and waits until it answers.
    ///
    /// # Errors
    /// What the node said last when it ended.
    pub async fn start(town: &'static Town, dir: &Path, port: u16) -> Result<Self> {
        let dir = dir.join(town.folder);
        let http = format!("127.0.0.1:{port}");
        let program = std::env::current_exe().context("het programma vindt zichzelf niet")?;
        let path = dir.join("node.log");
        let log = std::fs::OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("{} kan niet gemaakt worden", path.display()))?;
        let mut child = Command::new(program)
            .arg("run")
            .arg("--dir")
            .arg(&dir)
            .args(["--http", &http, "--listen", "/ip4/127.0.0.1/tcp/0", "--demo"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} start niet", town.name))?;
        let alive = child.stdin.take();
        let mut node = Self { town, dir, http, child, alive };
        node.until_ready(&path).await?;
        Ok(node)
    }

    async fn until_ready(&mut self, log: &Path) -> Result<()> {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        let ready = async {
            loop {
                looks.tick().await;
                if let Some(status) = self.child.try_wait()? {
                    let said = std::fs::read_to_string(log).unwrap_or_default();
                    let last = said.lines().last().unwrap_or_default().trim_start_matches("overbuur: ").to_owned();
                    bail!("{} stopte ({status}): {last}", self.town.name);
                }
                if control::is_running(&self.dir).await && self.listens().await {
                    return Ok(());
                }
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.map_err(|_| anyhow!("een knooppunt start niet op tijd"))?
    }

    async fn listens(&self) -> bool {
        self.addresses().await.is_ok_and(|addresses| !addresses.is_empty())
    }

    /// Where it listens for partners.
    pub async fn addresses(&self) -> Result<Vec<String>> {
        let status = self.one(Request::Status).await?;
        let listening = status["listening"].as_array().cloned().unwrap_or_default();
        Ok(listening.iter().filter_map(|address| Some(address.as_str()?.to_owned())).collect())
    }

    /// Its owner id.
    pub async fn root(&self) -> Result<String> {
        let status = self.one(Request::Status).await?;
        Ok(status["root"].as_str().context("geen vingerafdruk")?.to_owned())
    }

    /// Asks the node; the rows of its answer.
    pub async fn ask(&self, request: Request, file: Vec<u8>) -> Result<Vec<Value>> {
        control::call(&self.dir, request, file).await.with_context(|| self.town.name)
    }

    /// Asks the node for one row.
    pub async fn one(&self, request: Request) -> Result<Value> {
        let rows = self.ask(request, Vec::new()).await?;
        rows.into_iter().next().with_context(|| format!("{} gaf geen antwoord", self.town.name))
    }

    /// Has it carry out a step.
    pub async fn step(&self, step: Step) -> Result<Value> {
        self.one(Request::Demo(step)).await
    }

    /// Waits until it ends by itself, which it should not.
    pub async fn ended(&mut self) {
        let _ = self.child.wait().await;
    }

    /// Stops it and waits for its end.
    pub async fn stop(mut self) {
        drop(self.alive.take());
        if tokio::time::timeout(PATIENCE, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}
