//! `overbuur demo`: three municipalities as three processes, their own spreadsheets, and two
//! matches across a border. Everything goes through the nodes' own use cases; a second start
//! goes on where the first was.

mod data;
mod library;
mod nodes;
pub mod steps;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use futures::future::{join_all, try_join_all};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

use crate::clock;
use crate::commands::{Request, init};
use crate::home::Configuration;
use data::{TOWNS, Town};
use nodes::Node;
use steps::Step;

const CIRCLE: &str = "BAM";
const ARRANGEMENT: &str = "demo-protocol";
/// Phases that the progress bar counts.
const PHASES: u64 = 11;
/// Nodes that are not in step by then never will be.
const PATIENCE: Duration = Duration::from_secs(120);
/// The two matches: occupation, the newcomer's municipality, the mentor's.
const MATCHES: [(&str, usize, usize); 2] = [("lasser", 2, 1), ("journalist", 1, 0)];

/// The last line.
#[derive(Serialize)]
struct Summary {
    municipalities: usize,
    mentors: u64,
    newcomers: u64,
    /// Distinct shared documents.
    documents: usize,
    /// Each two held the same envelopes in each circle.
    converged: bool,
    proposals: u64,
    cross_border_duos: u64,
    seconds: f64,
}

/// Runs the demonstration in `dir`.
///
/// # Errors
/// A port in use, a folder with something else, or a node that fails.
pub async fn demo(dir: &Path, http_port: u16, data: Option<&Path>, once: bool) -> Result<()> {
    let started = clock::stopwatch();
    let mut terminate = signal(SignalKind::terminate()).context("no signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("no signals")?;
    let bar = ProgressBar::new(PHASES);
    bar.set_style(ProgressStyle::with_template("{bar:30} {msg}")?);
    let mut nodes = Vec::new();
    let outcome = tokio::select! {
        outcome = show(dir, http_port, data, &mut nodes, &bar) => outcome,
        _ = terminate.recv() => Err(anyhow!("onderbroken")),
        _ = interrupt.recv() => Err(anyhow!("onderbroken")),
    };
    bar.finish_and_clear();
    let mut summary = match outcome {
        Ok(summary) => summary,
        Err(error) => {
            join_all(nodes.into_iter().map(Node::stop)).await;
            return Err(error);
        }
    };
    summary.seconds = (started.elapsed().as_secs_f64() * 10.0).round() / 10.0;
    crate::program::write_lines([serde_json::to_string(&summary)?])?;
    let ended = if once {
        Ok(())
    } else {
        eprintln!("De drie gemeenten draaien. Stop met Ctrl-C.");
        let fell = futures::future::select_all(nodes.iter_mut().map(|node| Box::pin(node.ended())));
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
            _ = fell => Err(anyhow!("Een knooppunt is gestopt; kijk in node.log in zijn map")),
        }
    };
    join_all(nodes.into_iter().map(Node::stop)).await;
    ended
}

async fn show(
    dir: &Path,
    http_port: u16,
    data: Option<&Path>,
    nodes: &mut Vec<Node>,
    bar: &ProgressBar,
) -> Result<Summary> {
    bar.set_message("gemeenten starten");
    let mut ports = Vec::new();
    for (at, _) in TOWNS.iter().enumerate() {
        let port = http_port.checked_add(u16::try_from(at)?).context("--http-port is te hoog")?;
        TcpListener::bind(("127.0.0.1", port))
            .map_err(|_| anyhow!("Poort {port} is al in gebruik; kies een andere met --http-port"))?;
        ports.push(port);
    }
    // Everything is read before the first folder is made.
    let lists = TOWNS.iter().map(|town| town.lists(data)).collect::<Result<Vec<_>>>()?;
    let populations = TOWNS.iter().map(|town| town.population(data)).collect::<Result<Vec<_>>>()?;
    for town in &TOWNS {
        prepare(town, dir)?;
    }
    for (town, port) in TOWNS.iter().zip(ports) {
        nodes.push(Node::start(town, dir, port).await?);
    }
    let nodes = &*nodes;
    bar.inc(1);
    let mut done = true;
    for node in nodes {
        done &= node.step(Step::IsDone).await?["done"] == true;
    }
    bar.set_message("gemeenten koppelen");
    pair_all(nodes).await?;
    introduce(nodes).await?;
    bar.inc(1);
    if !done {
        fill(nodes, lists, populations, bar).await?;
    }
    bar.set_message("wachten tot iedereen hetzelfde heeft");
    converged(nodes).await?;
    if !done {
        for node in nodes {
            node.step(Step::SetDone).await?;
        }
    }
    tell(nodes).await
}

fn prepare(town: &Town, dir: &Path) -> Result<()> {
    let folder = dir.join(town.folder);
    if folder.join("config.json").is_file() {
        return Ok(());
    }
    init::init(init::NewNode {
        dir: &folder,
        refnis: town.refnis,
        kbo: None,
        coordinator: None,
        office: &format!("onthaal@{}.example", town.folder),
        configuration: Configuration { listen: vec!["/ip4/127.0.0.1/tcp/0".into()], ..Configuration::usual() },
    })?;
    Ok(())
}

/// Pairs each two that are not partners yet: invitation, both compare the number, both confirm.
async fn pair_all(nodes: &[Node]) -> Result<()> {
    for (inviter, joiner) in [(0, 1), (0, 2), (1, 2)] {
        let (inviter, joiner) = (&nodes[inviter], &nodes[joiner]);
        let known = |rows: &[Value], town: &Town| {
            rows.iter().any(|row| row["what"] == "partner" && row["refnis"] == town.refnis)
        };
        let here = known(&inviter.ask(Request::Partners, Vec::new()).await?, joiner.town);
        let there = known(&joiner.ask(Request::Partners, Vec::new()).await?, inviter.town);
        if here && there {
            continue;
        }
        let request = Request::Invite { circle: Some(CIRCLE.into()), arrangement: Some(ARRANGEMENT.into()) };
        let invitation = inviter.one(request).await?;
        let invitation = invitation["invitation"].as_str().context("geen uitnodiging")?.to_owned();
        let there = joiner.one(Request::Join { invitation }).await?;
        let here = inviter.ask(Request::Partners, Vec::new()).await?;
        let here = here.iter().find(|row| row["what"] == "pairing" && row["refnis"] == joiner.town.refnis);
        let number = here.and_then(|row| row["number"].as_str()).context("geen nummer")?;
        if there["number"] != number {
            bail!("{} en {} zien een ander nummer", inviter.town.name, joiner.town.name);
        }
        for (node, other) in [(inviter, joiner), (joiner, inviter)] {
            let who = other.town.refnis.to_owned();
            node.one(Request::Confirm { who, number: Some(number.to_owned()) }).await?;
        }
    }
    Ok(())
}

/// Ports are new with each start: tells everyone where the others listen now.
async fn introduce(nodes: &[Node]) -> Result<()> {
    for node in nodes {
        let addresses = node.addresses().await?;
        for other in nodes.iter().filter(|other| other.town.refnis != node.town.refnis) {
            let who = node.town.refnis.to_owned();
            other.one(Request::Address { who, addresses: addresses.clone() }).await?;
        }
    }
    Ok(())
}

type Lists = Vec<Vec<(String, Vec<u8>)>>;

async fn fill(nodes: &[Node], lists: Lists, populations: Vec<Option<Vec<u8>>>, bar: &ProgressBar) -> Result<()> {
    bar.set_message("lijsten inlezen");
    try_join_all(nodes.iter().zip(lists.into_iter().zip(populations)).map(|(node, (lists, population))| async move {
        if let Some(population) = population {
            node.ask(Request::Population { load: true }, population).await?;
        }
        for (name, bytes) in lists {
            node.ask(Request::Import { name, dry_run: false, demo: true }, bytes).await?;
        }
        node.step(Step::Consents).await
    }))
    .await?;
    bar.inc(1);
    // What a newcomer's card may say depends on the mentors that the circle has.
    for (mentors, message) in [(true, "mentors delen"), (false, "nieuwkomers delen, zonder naam")] {
        bar.set_message(message);
        try_join_all(nodes.iter().map(|node| node.step(Step::Publish { mentors }))).await?;
        bar.inc(1);
        converged(nodes).await?;
        bar.inc(1);
    }
    bar.set_message("lerend netwerk vullen");
    let opened = try_join_all(nodes.iter().enumerate().map(|(town, node)| node.step(Step::Library { town }))).await?;
    if let Some(resource) = opened.last().and_then(|row| row["opened"][0].as_str()) {
        // Two municipalities write in one text at the same time, and both edits survive.
        let write = |addition: usize| nodes[addition].step(Step::Write { resource: resource.to_owned(), addition });
        futures::future::try_join(write(0), write(1)).await?;
        try_join_all(nodes.iter().map(|node| node.step(Step::Written { resource: resource.to_owned() }))).await?;
    }
    bar.inc(1);
    bar.set_message("matchen over de grens");
    for (occupation, newcomer, mentor) in MATCHES {
        match_across(&nodes[newcomer], &nodes[mentor], occupation)
            .await
            .with_context(|| format!("De match als {occupation}"))?;
        bar.inc(1);
    }
    Ok(())
}

async fn match_across(asks: &Node, answers: &Node, occupation: &str) -> Result<()> {
    let municipality = answers.town.name.to_owned();
    let made = asks.step(Step::Propose { occupation: occupation.to_owned(), municipality }).await?;
    let proposal = || made["proposal"].as_str().map(str::to_owned).context("geen voorstel");
    answers.step(Step::Answer { proposal: proposal()? }).await?;
    asks.step(Step::Confirm { proposal: proposal()? }).await?;
    for node in [asks, answers] {
        node.step(Step::Say { proposal: proposal()? }).await?;
    }
    for node in [asks, answers] {
        node.step(Step::Duo { proposal: proposal()? }).await?;
    }
    Ok(())
}

/// Waits until each two hold the same envelopes in each of their circles, and nothing waits to
/// go out.
async fn converged(nodes: &[Node]) -> Result<()> {
    let roots = try_join_all(nodes.iter().map(Node::root)).await?;
    let mut last = None;
    let mut looks = tokio::time::interval(Duration::from_millis(50));
    let equal = async {
        loop {
            looks.tick().await;
            last = difference(nodes, &roots).await?;
            if last.is_none() {
                return Ok(());
            }
        }
    };
    match tokio::time::timeout(PATIENCE, equal).await {
        Ok(outcome) => outcome,
        Err(_) => bail!("De gemeenten raken niet in de pas: {}", last.unwrap_or_default()),
    }
}

/// What keeps two of them from being in step.
async fn difference(nodes: &[Node], roots: &[String]) -> Result<Option<String>> {
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let here = nodes[a].step(Step::Envelopes { partner: roots[b].clone() }).await?;
        let there = nodes[b].step(Step::Envelopes { partner: roots[a].clone() }).await?;
        let both = format!("{} en {}", nodes[a].town.name, nodes[b].town.name);
        for row in [&here, &there] {
            if row["connected"] != true {
                return Ok(Some(format!("{both} zijn niet verbonden")));
            }
            if row["waiting"] != 0 {
                return Ok(Some(format!("tussen {both} wachten nog {} opdrachten", row["waiting"])));
            }
            if row["circles"].as_object().is_none_or(|circles| circles.len() < 2) {
                return Ok(Some(format!("{both} delen nog niets")));
            }
        }
        if here["circles"] != there["circles"] {
            let count = |row: &Value| -> usize {
                let circles = row["circles"].as_object();
                circles.map_or(0, |circles| circles.values().filter_map(Value::as_array).map(Vec::len).sum())
            };
            return Ok(Some(format!("{both} hebben {} en {} enveloppen", count(&here), count(&there))));
        }
    }
    Ok(None)
}

/// Says where everything is; the summary.
async fn tell(nodes: &[Node]) -> Result<Summary> {
    let mut documents = BTreeSet::new();
    let mut counts = [0_u64; 4];
    let names = ["mentors", "newcomers", "proposals", "cross_border_duos"];
    for node in nodes {
        for row in node.ask(Request::Documents, Vec::new()).await? {
            documents.insert(row["document"].as_str().unwrap_or_default().to_owned());
        }
        let row = node.step(Step::Counts).await?;
        for (sum, name) in counts.iter_mut().zip(names) {
            *sum += row[name].as_u64().unwrap_or_default();
        }
    }
    let mut lines = Vec::new();
    for node in nodes {
        let token = node.step(Step::SignIn).await?;
        let token = token["token"].as_str().context("geen link")?;
        let (name, http) = (node.town.name, &node.http);
        lines.push(format!("{name:<11} http://{http}   aanmelden: http://{http}/uitnodiging/{token}"));
    }
    let worth = nodes[0].step(Step::Worth).await?;
    let (alone, newcomers, together) = (&worth["alone"], &worth["newcomers"], &worth["together"]);
    lines.push(format!("Alleen vinden {alone} van de {newcomers} nieuwkomers een mentor. Samen {together}."));
    for own in worth["municipalities"].as_array().into_iter().flatten() {
        let name = own["municipality"].as_str().unwrap_or_default();
        lines.push(format!("  {name}: alleen {}, samen {} van de {}", own["alone"], own["together"], own["newcomers"]));
    }
    crate::program::write_lines(lines)?;
    let [mentors, newcomers, proposals, duos] = counts;
    Ok(Summary {
        municipalities: nodes.len(),
        mentors,
        newcomers,
        documents: documents.len(),
        converged: true,
        proposals,
        cross_border_duos: duos,
        seconds: 0.0,
    })
}
