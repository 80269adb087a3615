//! The main job on three real nodes: `overbuur demo --once`, what it prints, what the nodes
//! hold afterwards, and that another Automerge reads what `overbuur document save` writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::processes::{Process, Stream, folder, free_port, overbuur, run_ok};

const NODES: [&str; 3] = ["mortsel", "aartselaar", "borsbeek"];

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("the folder's name is not text")
}

fn lines(said: &str) -> Result<Vec<Value>> {
    said.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

fn documents(node: &Path) -> Result<Vec<Value>> {
    lines(&run_ok(&["document", "list", "--dir", text(node)?, "--json"])?)
}

fn summary(demo: &Path) -> Result<Value> {
    // Three ports in a row are asked for; the first is what the machine says is free.
    let port = free_port()?.min(65_000).to_string();
    let said = run_ok(&["demo", "--once", "--dir", text(demo)?, "--http-port", &port])?;
    let last = said.lines().last().context("the demo says nothing")?;
    serde_json::from_str(last).with_context(|| last.to_owned())
}

#[test]
fn the_main_job_from_spreadsheets_to_duos_across_the_border() -> Result<()> {
    let home = folder()?;
    let demo = home.path().join("demo");
    let told = summary(&demo)?;
    for (name, value) in [("municipalities", 3), ("mentors", 61), ("newcomers", 70), ("cross_border_duos", 2)] {
        ensure!(told[name] == value, "{name} should be {value} in {told}");
    }
    ensure!(told["converged"] == true, "not converged: {told}");
    ensure!(told["proposals"].as_u64() >= Some(2), "too few proposals: {told}");

    let mut distinct = BTreeSet::new();
    let mut per_node = BTreeMap::new();
    for node in NODES {
        let list = documents(&demo.join(node))?;
        for document in &list {
            distinct.insert(document["document"].as_str().context("no document id")?.to_owned());
        }
        per_node.insert(node, list);
    }
    ensure!(told["documents"].as_u64() == Some(distinct.len() as u64), "{} distinct, told {told}", distinct.len());

    for node in NODES {
        let kinds: BTreeSet<&str> = per_node[node].iter().filter_map(|d| d["kind"].as_str()).collect();
        for kind in ["municipality_card", "matching_rules", "mentor_offer", "match_request", "resource"] {
            ensure!(kinds.contains(kind), "{node} holds no {kind}");
        }
        save_opens_elsewhere(&demo.join(node), &per_node[node], home.path())?;
    }
    cards_are_the_same_everywhere(&per_node)?;

    let again = summary(&demo)?;
    for name in ["mentors", "newcomers", "cross_border_duos", "documents", "converged"] {
        ensure!(again[name] == told[name], "a second start changed {name}: {told} then {again}");
    }
    Ok(())
}

#[test]
fn the_demo_stays_until_it_is_stopped_and_goes_on_where_it_was() -> Result<()> {
    let home = folder()?;
    let dir = home.path().join("demo");
    let port = free_port()?.min(65_000).to_string();
    let arguments = ["demo", "--dir", text(&dir)?, "--http-port", &port];
    let mut before = None;
    // Stopped by a service manager, by Ctrl-C, and started again after each.
    for signal in ["INT", "TERM", "INT"] {
        let demo = Process::start("demo", &mut overbuur(&arguments)?)?;
        demo.wait_for_line(|line| line.contains("Stop met Ctrl-C"))?;
        // What is said on one stream may be read before what was said earlier on the other.
        demo.wait_for_line(|line| line.starts_with("Borsbeek") && line.contains("aanmelden: "))?;
        let lines = demo.lines(Stream::Out);
        let links: Vec<&str> = lines.iter().filter_map(|line| Some(line.split_once("aanmelden: ")?.1)).collect();
        ensure!(links.len() == NODES.len(), "{lines:?}");
        for link in links {
            let answer = get(link)?;
            ensure!(answer.starts_with("HTTP/1.1 303") && answer.contains("set-cookie: "), "{link}: {answer}");
        }
        demo.signal(signal)?;
        let ended = demo.wait()?;
        ensure!(ended.code() == Some(0), "{signal}: {ended}\n{}", demo.output());
        let held = NODES.map(|node| documents(&dir.join(node))).into_iter().collect::<Result<Vec<_>>>()?;
        let ids: Vec<BTreeSet<String>> =
            held.iter().map(|all| all.iter().map(|document| document["document"].to_string()).collect()).collect();
        ensure!(ids.iter().all(|ids| ids.len() > 60), "too few documents");
        let first = before.get_or_insert_with(|| ids.clone());
        ensure!(*first == ids, "a start changed which documents there are");
    }
    Ok(())
}

/// The head and body that an address answers with.
fn get(address: &str) -> Result<String> {
    let (host, path) = address.trim_start_matches("http://").split_once('/').context("no path")?;
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Cards go to every member of the circle, so all three hold the same values of them.
fn cards_are_the_same_everywhere(per_node: &BTreeMap<&str, Vec<Value>>) -> Result<()> {
    let shared = |node: &str| -> BTreeMap<String, String> {
        let cards = per_node[node].iter().filter(|d| {
            ["mentor_offer", "match_request", "resource"].contains(&d["kind"].as_str().unwrap_or_default())
        });
        cards.map(|d| (d["document"].to_string(), format!("{}{}", d["owner"], d["value"]))).collect()
    };
    let first = shared(NODES[0]);
    ensure!(first.len() > 60, "only {} cards", first.len());
    for node in &NODES[1..] {
        ensure!(shared(node) == first, "{node} holds other cards than {}", NODES[0]);
    }
    Ok(())
}

/// One document of each kind, saved and opened by the JavaScript Automerge.
fn save_opens_elsewhere(node: &Path, list: &[Value], scratch: &Path) -> Result<()> {
    let modules = std::env::var("OVERBUUR_NPM").context("OVERBUUR_NPM is not set; tests/run sets it")?;
    let beside = Path::new(&modules).parent().context("no folder of packages")?;
    let mut seen = BTreeSet::new();
    for document in list {
        let kind = document["kind"].as_str().context("no kind")?;
        if !seen.insert(kind) {
            continue;
        }
        let id = document["document"].as_str().context("no id")?;
        let file = scratch.join(format!("{kind}.automerge"));
        run_ok(&["document", "save", "--dir", text(node)?, id, "--out", text(&file)?])?;
        // Read from standard input, so that it finds the packages in the folder it runs in.
        let script = File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("npm/open.mjs"))?;
        let mut opener = Command::new("node");
        opener.args(["--input-type=module", "-"]).arg(&file).current_dir(beside).stdin(script);
        let opened = opener.output()?;
        ensure!(opened.status.success(), "{kind}: {}", String::from_utf8_lossy(&opened.stderr));
        let value: Value = serde_json::from_slice(&opened.stdout)?;
        ensure!(value == document["value"], "{kind}: {value} is not {}", document["value"]);
    }
    ensure!(seen.len() >= 5, "only {seen:?}");
    Ok(())
}
