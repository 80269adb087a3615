//! Municipalities as people run them: a folder made by `overbuur init`, a process of
//! `overbuur run`, partners paired by the commands. Nothing here reaches into a running node.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use casework::Office;
use casework::office::AccountRole;
use casework::ports::{Clock, Network, Outgoing, PartnerLive, Randomness, Storage};
use casework::schemas::ids::{DocumentId, from_hex};
use casework::schemas::text::Text;
use casework::schemas::time::Timestamp;
use casework::schemas::{Comment, SharedValue};
use serde_json::Value;

use crate::processes::{DEADLINE, Process, Stream, binary, free_port, overbuur, run_ok};

/// The coordinator that `init` makes an account for.
pub const COORDINATOR: &str = "Kaat Koers";

/// One municipality.
pub struct Town {
    /// Its name.
    pub name: &'static str,
    /// Its REFNIS code.
    pub refnis: &'static str,
    folder: PathBuf,
    http: u16,
    namespace: Option<String>,
    process: Option<Process>,
    /// What its processes of the past have said.
    past: String,
    links: Vec<(String, String)>,
}

impl Town {
    /// Makes the node of a municipality in a folder of its own under `home`.
    ///
    /// # Errors
    /// When `init` refuses.
    pub fn found(home: &Path, name: &'static str, refnis: &'static str) -> Result<Self> {
        Self::found_for(home, name, refnis, COORDINATOR)
    }

    /// The same with another coordinator.
    ///
    /// # Errors
    /// When `init` refuses.
    pub fn found_for(home: &Path, name: &'static str, refnis: &'static str, coordinator: &str) -> Result<Self> {
        Self::found_at(home, name, refnis, coordinator, ("127.0.0.1", None))
    }

    /// The same for a node that partners reach at an address of a network namespace, and that
    /// runs in there.
    ///
    /// # Errors
    /// When `init` refuses.
    pub fn found_in(
        home: &Path,
        name: &'static str,
        refnis: &'static str,
        (address, namespace): (&str, &str),
    ) -> Result<Self> {
        Self::found_at(home, name, refnis, COORDINATOR, (address, Some(namespace.to_owned())))
    }

    fn found_at(
        home: &Path,
        name: &'static str,
        refnis: &'static str,
        coordinator: &str,
        (address, namespace): (&str, Option<String>),
    ) -> Result<Self> {
        let (http, listen) = (free_port()?, free_port()?);
        let mut town = Self {
            name,
            refnis,
            folder: home.join(name.to_lowercase()),
            http,
            namespace,
            process: None,
            past: String::new(),
            links: Vec::new(),
        };
        let (pages, listen) = (format!("127.0.0.1:{http}"), format!("/ip4/{address}/tcp/{listen}"));
        let more = ["--refnis", refnis, "--coordinator", coordinator, "--http", &pages, "--listen", &listen, "--json"];
        let made = town.json(&["init"], &more)?;
        let links = made.first().and_then(|row| row["links"].as_array()).context("init tells no links")?;
        for link in links {
            let text = |name: &str| link[name].as_str().map(str::to_owned).context("a link without a name");
            town.links.push((text("name")?, text("link")?));
        }
        Ok(town)
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The address of a page.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.http)
    }

    /// Host and port of its pages.
    #[must_use]
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.http)
    }

    /// The enrolment link of an account, as `init` or [`Town::account`] gave it.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn link(&self, account: &str) -> Result<&str> {
        let found = self.links.iter().find(|(name, _)| name == account);
        Ok(&found.with_context(|| format!("no link for {account}"))?.1)
    }

    /// Runs the node until [`Town::stop`].
    ///
    /// # Errors
    /// When it doesn't start.
    pub fn start(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "{} runs already", self.name);
        let run = ["run", "--dir", self.dir()?];
        let mut command = match &self.namespace {
            None => overbuur(&run)?,
            Some(namespace) => {
                let mut inside = Command::new("ip");
                inside.args(["netns", "exec", namespace]).arg(binary()?).args(run);
                inside
            }
        };
        let process = Process::start(self.name, &mut command)?;
        process.wait_for_line(|line| line.contains("the pages are served"))?;
        self.process = Some(process);
        Ok(())
    }

    /// Asks the node to stop and waits until it has.
    ///
    /// # Errors
    /// When it doesn't run, doesn't stop, or ends with a failure.
    pub fn stop(&mut self) -> Result<()> {
        let process = self.process.take().context("it does not run")?;
        let status = process.terminate()?;
        self.past.push_str(&process.output());
        ensure!(status.success(), "{}: {status}\n{}", self.name, process.output());
        Ok(())
    }

    /// Kills the node where it stands.
    ///
    /// # Errors
    /// When it doesn't run.
    pub fn kill(&mut self) -> Result<()> {
        let process = self.process.take().context("it does not run")?;
        process.kill()?;
        self.past.push_str(&process.output());
        Ok(())
    }

    /// The running process.
    ///
    /// # Errors
    /// When it doesn't run.
    pub fn process(&self) -> Result<&Process> {
        self.process.as_ref().context("it does not run")
    }

    /// All that its processes have said on both outputs.
    #[must_use]
    pub fn log(&self) -> String {
        let now = self.process.as_ref().map(Process::output).unwrap_or_default();
        format!("{}{now}", self.past)
    }

    /// What it said on one output since it was started last.
    #[must_use]
    pub fn said(&self, stream: Stream) -> Vec<String> {
        self.process.as_ref().map(|process| process.lines(stream)).unwrap_or_default()
    }

    /// How it is doing: the one row of `status`.
    ///
    /// # Errors
    /// When the command fails.
    pub fn status(&self) -> Result<Value> {
        self.json(&["status"], &["--json"])?.into_iter().next().context("no status")
    }

    /// Its documents, as far as both nodes of a pair must hold the same: id, value and heads.
    ///
    /// # Errors
    /// When the command fails.
    pub fn held(&self) -> Result<BTreeSet<String>> {
        let rows = self.documents()?;
        Ok(rows.iter().map(|row| format!("{} {} {}", row["document"], row["value"], row["owner"])).collect())
    }

    /// Has it publish remarks on its next start, without partners but with all it needs; the node
    /// must not run. Their texts begin with `name`.
    ///
    /// # Errors
    /// When another process has the store, or it is in no circle.
    pub fn remark(&self, name: &str, count: usize) -> Result<()> {
        let store = self.store()?;
        let name = name.to_owned();
        let now = Machine.now();
        store.write(Box::new(move |records| {
            let circles = records.circles()?;
            let circle = circles.iter().find(|circle| !circle.pair).ok_or(casework::Error::NotFound)?.id;
            for number in 0..count {
                let mut document = DocumentId([0; 16]);
                Machine.fill(&mut document.0);
                let text = Text::new(format!("{name} {number}")).map_err(|_| casework::Error::NotFound)?;
                let value = SharedValue::Comment(Comment { resource: DocumentId([0; 16]), text });
                let expires_at = now.hour().plus_days(60);
                records.enqueue(&Outgoing::Publish { circle, document, value, expires_at })?;
            }
            Ok(())
        }))?;
        Ok(())
    }

    /// Runs a command on this node, `command` before `--dir` and `more` after it; its output.
    ///
    /// # Errors
    /// When it fails.
    pub fn command(&self, command: &[&str], more: &[&str]) -> Result<String> {
        run_ok(&[command, &["--dir", self.dir()?], more].concat())
    }

    /// The same for a command that gives a JSON object per line.
    ///
    /// # Errors
    /// When it fails or says something else.
    pub fn json(&self, command: &[&str], more: &[&str]) -> Result<Vec<Value>> {
        let said = self.command(command, more)?;
        said.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
    }

    /// Every shared document that it holds.
    ///
    /// # Errors
    /// When the command fails.
    pub fn documents(&self) -> Result<Vec<Value>> {
        self.json(&["document", "list"], &["--json"])
    }

    /// Asks for the documents until `wanted` accepts them.
    ///
    /// # Errors
    /// At the deadline, with what was there instead.
    pub fn wait_for_documents(&self, wanted: impl Fn(&[Value]) -> bool) -> Result<Vec<Value>> {
        until(|| {
            let documents = self.documents()?;
            Ok(if wanted(&documents) { Ok(documents) } else { Err(format!("{} holds {documents:?}", self.name)) })
        })
    }

    /// Waits until it holds a document of a kind, and gives it.
    ///
    /// # Errors
    /// At the deadline.
    pub fn wait_for_kind(&self, kind: &str) -> Result<Value> {
        let all = self.wait_for_documents(|all| all.iter().any(|document| document["kind"] == kind))?;
        all.into_iter().find(|document| document["kind"] == kind).context("no such document")
    }

    /// Waits until it is connected to every partner.
    ///
    /// # Errors
    /// At the deadline.
    pub fn wait_for_partners(&self) -> Result<()> {
        until(|| {
            let rows = self.json(&["partners"], &["--json"])?;
            let all = !rows.is_empty() && rows.iter().all(|row| row["connected"] == true);
            Ok(if all { Ok(()) } else { Err(format!("{}: {rows:?}", self.name)) })
        })
    }

    /// Adds an account to the node, which must not run; [`Town::link`] knows its link afterwards.
    ///
    /// # Errors
    /// When the name is taken or another process has the store.
    pub fn account(&mut self, name: &str, role: AccountRole) -> Result<()> {
        let office = self.office()?;
        let token = office.enrol_link(office.create_account(name, role)?)?;
        self.links.push((name.to_owned(), self.at(&format!("/uitnodiging/{token}"))));
        Ok(())
    }

    /// The use cases of the node, which must not run.
    ///
    /// # Errors
    /// When another process has the store.
    pub fn office(&self) -> Result<Office> {
        Ok(Office::new(self.store()? as _, Arc::new(Machine), Arc::new(Machine), Arc::new(Alone)))
    }

    /// The open store of the node, which must not run, with the key from its folder.
    ///
    /// # Errors
    /// When another process has the store.
    pub fn store(&self) -> Result<Arc<store::Store>> {
        let text = std::fs::read_to_string(self.folder.join("store.key"))?;
        let key = from_hex(text.trim()).ok().context("store.key holds no key")?;
        store::Store::open(&self.folder.join("store.db"), &key).with_context(|| self.name)
    }

    fn dir(&self) -> Result<&str> {
        self.folder.to_str().context("the folder's name is not text")
    }
}

/// Makes partners of two running municipalities: an invitation of `host`, used by `guest`, and
/// the number confirmed by both.
///
/// # Errors
/// When a command refuses, or the two see different numbers.
pub fn pair(host: &Town, guest: &Town) -> Result<()> {
    let invited = host.json(&["invite"], &["--circle", "BAM", "--arrangement", "GR 2026/114", "--json"])?;
    let invitation = invited.first().and_then(|row| row["invitation"].as_str()).context("no invitation")?;
    let joined = guest.json(&["join"], &["--json", invitation])?;
    let number = joined.first().and_then(|row| row["number"].as_str()).context("join tells no number")?;
    let waiting = host.json(&["partners"], &["--json"])?;
    let theirs = waiting.iter().find(|row| row["refnis"] == guest.refnis).context("the host saw nobody")?;
    ensure!(theirs["number"] == number, "two numbers: {number} and {theirs}");
    host.command(&["confirm"], &[guest.refnis, number])?;
    guest.command(&["confirm"], &[host.refnis, number])?;
    host.wait_for_partners()?;
    guest.wait_for_partners()
}

/// Two municipalities that run and are partners: Aartselaar and Borsbeek.
///
/// # Errors
/// When a step fails.
pub fn two_partners(home: &Path) -> Result<(Town, Town)> {
    let mut aartselaar = Town::found(home, "Aartselaar", "11001")?;
    let mut borsbeek = Town::found(home, "Borsbeek", "11007")?;
    aartselaar.start()?;
    borsbeek.start()?;
    pair(&aartselaar, &borsbeek)?;
    Ok((aartselaar, borsbeek))
}

/// Waits until both hold the same documents, at least so many.
///
/// # Errors
/// At the deadline, with how far they were.
pub fn in_step(one: &Town, other: &Town, at_least: usize) -> Result<()> {
    until(|| {
        let (here, there) = (one.held()?, other.held()?);
        let same = here == there && here.len() >= at_least;
        Ok(if same { Ok(()) } else { Err(format!("{} and {} of {at_least} documents", here.len(), there.len())) })
    })
}

/// Looks until what is looked for is there; `look` says what was there instead.
///
/// # Errors
/// When looking fails, and at the deadline.
#[expect(clippy::disallowed_methods, reason = "a deadline for a hung process")]
pub fn until<T>(mut look: impl FnMut() -> Result<Result<T, String>>) -> Result<T> {
    let end = Instant::now() + DEADLINE;
    loop {
        match look()? {
            Ok(found) => return Ok(found),
            Err(instead) if Instant::now() > end => bail!("it never came: {instead}"),
            Err(_) => {}
        }
    }
}

/// The clock and the randomness of this machine.
pub struct Machine;

impl Clock for Machine {
    #[expect(clippy::disallowed_methods, reason = "as the program's own clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp(since.map_or(0, |passed| passed.as_secs()))
    }
}

impl Randomness for Machine {
    fn fill(&self, bytes: &mut [u8]) {
        let drawn = File::open("/dev/urandom").and_then(|mut source| source.read_exact(bytes));
        drawn.expect("the operating system gives randomness");
    }
}

/// No network: the node doesn't run.
struct Alone;

impl Network for Alone {
    fn partners(&self) -> Vec<PartnerLive> {
        Vec::new()
    }
    fn outbox_filled(&self) {}
    fn wait_settled(&self, _: i64, _: Duration) -> bool {
        false
    }
}
