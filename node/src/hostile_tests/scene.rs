//! Three municipalities: the victim, a process of its own; an honest partner, a whole node in
//! this process; and the hostile one, of which only the keys are real.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use casework::ports::{Outgoing, Storage};
use schemas::ids::{CircleId, DocumentId, NodeKey, RootId};
use schemas::text::Text;
use schemas::{Comment, SharedValue};
use serde_json::Value;

use crate::commands::{self, Request, init};
use crate::control;
use crate::home::Configuration;
use crate::runtime;
use crate::service::Service;
use crate::{clock, keys};

/// Decides how late a hang is noticed, never whether a test passes.
pub const DEADLINE: Duration = Duration::from_secs(120);
/// More than this above what it was, and the victim's memory is not flat: the limits of all
/// queues of one partner together, with room for the allocator.
const MOST_KILOBYTES: u64 = 96 * 1024;

pub const VICTIM: &str = "11029";
pub const HONEST: &str = "11001";
pub const HOSTILE: &str = "11021";
const LOOPBACK: &str = "/ip4/127.0.0.1/tcp/0";

/// The process that is attacked; killed when dropped.
pub struct Victim {
    child: Child,
    pub dir: PathBuf,
    pub root: RootId,
    pub node: NodeKey,
    pub address: String,
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Scene {
    pub victim: Victim,
    pub honest: Arc<Service>,
    pub hostile: Arc<Service>,
    pub circle: CircleId,
    /// Their folders; gone with the scene.
    _temp: tempfile::TempDir,
    published: std::cell::Cell<u32>,
}

/// Held while a process is started, and while a folder is opened here that another opens next: a
/// process that is being started holds every open file for a moment, locks too.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn found(temp: &Path, refnis: &str) -> PathBuf {
    let dir = temp.join(refnis);
    let configuration =
        Configuration { http: "127.0.0.1:0".into(), listen: vec![LOOPBACK.into()], ..Configuration::usual() };
    init::init(init::NewNode { dir: &dir, refnis, kbo: None, coordinator: None, office: "", configuration })
        .expect("a new node");
    dir
}

fn binary() -> PathBuf {
    let beside = || {
        let test = std::env::current_exe().expect("a test");
        test.parent().and_then(Path::parent).expect("a target folder").join("overbuur")
    };
    let path = std::env::var_os("OVERBUUR_BIN").map_or_else(beside, PathBuf::from);
    assert!(path.is_file(), "{} is not built; tests/run builds it", path.display());
    path
}

impl Victim {
    fn start(temp: &Path) -> Self {
        let alone = alone();
        let dir = found(temp, VICTIM);
        let (root, node) = {
            let service = Service::open(&dir, false).expect("a node");
            (service.home.owner(), keys::node_key(&service.home.node))
        };
        Self { child: Self::run(&dir, alone), dir, root, node, address: String::new() }
    }

    fn run(dir: &Path, alone: MutexGuard<'static, ()>) -> Child {
        let mut child = Command::new(binary())
            .args(["run", "--dir"])
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program is built");
        drop(alone);
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        while !line.contains("the pages are served") {
            line.clear();
            assert!(log.read_line(&mut line).expect("UTF-8") > 0, "it ended");
        }
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        child
    }

    /// Stops the process, has `change` change its folder, and starts it again.
    pub async fn restarted(&mut self, change: impl FnOnce(&Service)) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        let alone = alone();
        change(&Service::open(&self.dir, false).expect("a node"));
        self.child = Self::run(&self.dir, alone);
        self.listens().await;
    }

    async fn listens(&mut self) {
        let status =
            until("it listens", async || Some(self.status().await).filter(|row| row["listening"][0].is_string()));
        self.address = status.await["listening"][0].as_str().expect("an address").to_owned();
    }

    pub async fn ask(&self, request: Request) -> anyhow::Result<Vec<Value>> {
        control::call(&self.dir, request, Vec::new()).await
    }

    pub async fn status(&self) -> Value {
        self.ask(Request::Status).await.expect("it answers").remove(0)
    }

    /// What `status` says of a partner.
    pub async fn sees(&self, refnis: &str) -> Value {
        let status = self.status().await;
        let rows = status["partners"].as_array().cloned().unwrap_or_default();
        rows.into_iter().find(|row| row["refnis"] == refnis).unwrap_or_default()
    }

    /// Waits until it counts so many refusals of the hostile partner for a reason.
    pub async fn refuses(&self, reason: &str, at_least: u64) {
        until(reason, async || {
            let row = self.sees(HOSTILE).await;
            row["refused"][reason].as_u64().filter(|count| *count >= at_least)
        })
        .await;
    }

    /// Every shared document of an owner that it shows.
    pub async fn documents_of(&self, owner: RootId) -> Vec<Value> {
        let mut all = self.ask(Request::Documents).await.expect("it answers");
        all.retain(|row| row["owner"] == owner.to_string());
        all
    }

    /// Resident memory now and at most since the last look, in kilobytes.
    fn memory(&self) -> (u64, u64) {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let row = |name: &str| -> u64 {
            let line = text.lines().find(|line| line.starts_with(name)).expect("a row");
            line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
        };
        (row("VmRSS:"), row("VmHWM:"))
    }
}

/// Looks until what is looked for is there.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, looking).await.unwrap_or_else(|_| panic!("it never came: {what}"))
}

/// A new node, open in this process.
fn opened(temp: &Path, refnis: &str) -> Arc<Service> {
    let _alone = alone();
    Service::open(&found(temp, refnis), false).expect("a node")
}

async fn run_here(service: Arc<Service>) -> Arc<Service> {
    let handle = runtime::start(&service.home, service.parts(), &[LOOPBACK.into()]).await.expect("it runs");
    service.running.set(handle).ok().expect("only once");
    service
}

async fn pair(victim: &Victim, guest: &Arc<Service>, refnis: &str) -> String {
    let request = Request::Invite { circle: Some("BAM".into()), arrangement: Some("GR 2026/114".into()) };
    let invited = victim.ask(request).await.expect("invited");
    let invitation = invited[0]["invitation"].as_str().expect("an invitation").to_owned();
    let joined = commands::execute(guest, Request::Join { invitation: invitation.clone() }, Vec::new()).await;
    let number = joined.expect("joined")[0]["number"].as_str().map(str::to_owned);
    victim.ask(Request::Confirm { who: refnis.into(), number: number.clone() }).await.expect("confirmed");
    let there = Request::Confirm { who: VICTIM.into(), number };
    commands::execute(guest, there, Vec::new()).await.expect("confirmed there too");
    invitation
}

impl Scene {
    /// All three, paired with the victim.
    pub async fn set() -> Self {
        Self::set_with_invitation().await.0
    }

    /// The same with the invitation that the honest partner has used.
    pub async fn set_with_invitation() -> (Self, String) {
        let temp = tempfile::tempdir().expect("a folder");
        let mut victim = Victim::start(temp.path());
        victim.listens().await;
        let honest = run_here(opened(temp.path(), HONEST)).await;
        let used = pair(&victim, &honest, HONEST).await;
        let hostile = opened(temp.path(), HOSTILE);
        pair(&victim, &hostile, HOSTILE).await;
        let circles = hostile.circles().expect("a store");
        let circle = circles.iter().find(|circle| !circle.pair).expect("the circle").id;
        let scene = Self { victim, honest, hostile, circle, _temp: temp, published: std::cell::Cell::new(0) };
        scene.honest_is_served("before").await;
        (scene, used)
    }

    pub fn honest_root(&self) -> RootId {
        self.honest.home.owner()
    }

    pub fn hostile_root(&self) -> RootId {
        self.hostile.home.owner()
    }

    /// The honest partner writes something, and the victim shows it.
    pub async fn honest_is_served(&self, when: &str) {
        self.published.set(self.published.get() + 1);
        let text = format!("eerlijk {}", self.published.get());
        let value = SharedValue::Comment(Comment {
            resource: DocumentId([0; 16]),
            text: Text::new(text.as_str()).expect("short"),
        });
        let (circle, document) = (self.circle, DocumentId(clock::random()));
        let expires_at = clock::now().hour().plus_days(60);
        let began = clock::stopwatch();
        let write = move |records: &mut dyn casework::ports::Records| {
            records.enqueue(&Outgoing::Publish { circle, document, value, expires_at }).map(drop)
        };
        self.honest.store.write(Box::new(write)).expect("kept");
        self.honest.port.outbox.ring();
        until("what the honest partner wrote", async || {
            let shown = self.victim.documents_of(self.honest_root()).await;
            shown.iter().any(|row| row["value"]["text"] == text).then_some(())
        })
        .await;
        println!("{when}: an honest remark is shown after {} ms", began.elapsed().as_millis());
    }

    /// Begins to watch the victim's memory: what it is.
    pub fn watch_memory(&self) -> u64 {
        // 5 makes the kernel forget the peak so far.
        std::fs::write(format!("/proc/{}/clear_refs", self.victim.child.id()), "5").expect("of our own process");
        self.victim.memory().0
    }

    /// Says what became of the victim's memory, which has to be flat.
    pub fn memory_is_flat(&self, what: &str, before: u64) {
        let (after, peak) = self.victim.memory();
        println!("{what}: memory before {before} kB, peak {peak} kB, after {after} kB");
        assert!(peak < before + MOST_KILOBYTES, "{what}: {before} kB became {peak} kB");
    }
}
