//! The commands as an administrator gives them, on real processes.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const OVERBUUR: &str = env!("CARGO_BIN_EXE_overbuur");

fn overbuur(arguments: &[&str]) -> Output {
    Command::new(OVERBUUR).args(arguments).stdin(Stdio::null()).output().expect("the program is built")
}

fn refused(arguments: &[&str]) -> String {
    let output = overbuur(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert_eq!(said.lines().count(), 1, "one clear line: {said}");
    assert!(output.stdout.is_empty());
    said
}

fn rows(arguments: &[&str]) -> Vec<Value> {
    let output = overbuur(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object per line")).collect()
}

fn init(dir: &Path, refnis: &str) -> Value {
    let dir = dir.to_str().expect("UTF-8");
    let listen = "/ip4/127.0.0.1/tcp/0";
    rows(&["init", "--dir", dir, "--refnis", refnis, "--coordinator", "an", "--listen", listen, "--json"]).remove(0)
}

/// A running node; killed when dropped.
struct Node {
    child: Child,
    dir: PathBuf,
}

impl Node {
    fn start(dir: &Path) -> Self {
        let mut child = Command::new(OVERBUUR)
            .args(["run", "--http", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0", "--dir"])
            .arg(dir)
            .env("OVERBUUR_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program is built");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let mut said = String::new();
        while !said.contains("the pages are served") {
            let mut line = String::new();
            assert!(log.read_line(&mut line).expect("UTF-8") > 0, "it ended: {said}");
            said.push_str(&line);
        }
        // Keeps the pipe empty until the process ends.
        std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
        Self { child, dir: dir.to_owned() }
    }

    fn dir(&self) -> &str {
        self.dir.to_str().expect("UTF-8")
    }

    fn status(&self) -> Value {
        rows(&["status", "--json", "--dir", self.dir()]).remove(0)
    }

    /// Asks for the status until it is as wanted.
    fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..2_000 {
            let status = self.status();
            if wanted(&status) {
                return status;
            }
        }
        panic!("never: {}", self.status());
    }

    fn stop(mut self) {
        Command::new("kill").arg(self.child.id().to_string()).status().expect("kill is there");
        assert!(self.child.wait().expect("a child").success(), "a signal is a clean end");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_new_node_tells_who_it_is_and_leaves_other_folders_alone() {
    let temp = tempfile::tempdir().expect("a folder");
    let dir = temp.path().join("borsbeek");
    let made = init(&dir, "11007");
    assert_eq!(made["municipality"], "Borsbeek");
    assert!(made["remark"].as_str().expect("it ended").contains("Antwerpen"), "{made}");
    assert_eq!(made["fingerprint"].as_str().expect("text").len(), 39);
    let links = made["links"].as_array().expect("links");
    assert_eq!(links.len(), 2);
    assert!(links[0]["link"].as_str().expect("text").starts_with("http://127.0.0.1:8080/uitnodiging/"));

    let dir = dir.to_str().expect("UTF-8");
    assert!(refused(&["init", "--dir", dir, "--refnis", "11029"]).contains("al een knooppunt"));
    let other = temp.path().to_str().expect("UTF-8");
    assert!(refused(&["init", "--dir", other, "--refnis", "11029"]).contains("niet leeg"));
    let nowhere = temp.path().join("nowhere");
    let nowhere = nowhere.to_str().expect("UTF-8");
    assert!(refused(&["init", "--dir", nowhere, "--refnis", "99999"]).contains("99999"));
    assert!(refused(&["init", "--dir", nowhere, "--refnis", "11029", "--kbo", "1"]).contains("ondernemingsnummer"));
    assert!(!Path::new(nowhere).exists(), "nothing was made");
    assert!(refused(&["status", "--dir", nowhere]).contains("geen knooppunt"));
    assert_eq!(rows(&["status", "--dir", dir, "--json"])[0]["running"], false);
}

#[test]
fn wrong_words_are_usage() {
    for arguments in [&["nonsense"][..], &[], &["init"], &["confirm", "--dir", "x"]] {
        assert_eq!(overbuur(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_port_in_use_and_a_second_process_are_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    let dir = temp.path().join("mortsel");
    init(&dir, "11029");
    let path = dir.to_str().expect("UTF-8");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound");
    let said = refused(&["run", "--dir", path, "--http", &address.to_string()]);
    assert!(said.contains("al in gebruik"), "{said}");
    let listen = format!("/ip4/127.0.0.1/tcp/{}", address.port());
    let said = refused(&["run", "--dir", path, "--http", "127.0.0.1:0", "--listen", &listen]);
    assert!(said.contains("al in gebruik"), "{said}");
    let node = Node::start(&dir);
    assert!(refused(&["run", "--dir", path, "--http", "127.0.0.1:0"]).contains("ander proces"));
    node.stop();
    // A killed process leaves its socket and its lock: neither is in the way.
    let mut node = Node::start(&dir);
    node.child.kill().expect("a child");
    node.child.wait().expect("a child");
    assert_eq!(rows(&["status", "--dir", path, "--json"])[0]["running"], false);
    Node::start(&dir).stop();
}

#[test]
fn accounts_get_a_link_on_a_stopped_and_on_a_running_node() {
    let temp = tempfile::tempdir().expect("a folder");
    let dir = temp.path().join("mortsel");
    init(&dir, "11029");
    let path = dir.to_str().expect("UTF-8");
    let made = rows(&["account", "--dir", path, "An Peeters", "--role", "member", "--json"]).remove(0);
    assert_eq!((made["role"].as_str(), made["known"].as_bool()), (Some("member"), Some(false)));
    let node = Node::start(&dir);
    let again = rows(&["account", "--dir", path, "an peeters", "--json"]).remove(0);
    assert_eq!(again["known"], true);
    assert_ne!(again["link"], made["link"]);
    assert!(refused(&["account", "--dir", path, " "]).contains("Naam"));
    node.stop();
}

#[test]
fn a_population_table_is_taken_over_and_a_bad_one_leaves_it_in_use() {
    let temp = tempfile::tempdir().expect("a folder");
    let dir = temp.path().join("mortsel");
    init(&dir, "11029");
    let path = dir.to_str().expect("UTF-8");
    assert_eq!(rows(&["population", "--dir", path, "--json"])[0], serde_json::json!({ "given": false }));
    let file = |name: &str, text: &str| {
        let path = temp.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let titles = "refnis,age_band,sex,home_language,persons\n";
    let good = file("good.csv", &format!("{titles}11029,25-34,F,ar,12\n11029,25-34,M,tr,30\n11001,25-34,M,tr,9\n"));
    let loaded = rows(&["population", "--dir", path, &good, "--json"]).remove(0);
    assert_eq!((loaded["people"].as_u64(), loaded["rows"].as_u64()), (Some(42), Some(2)), "{loaded}");

    // On a running node too; what is no table says why and changes nothing.
    let node = Node::start(&dir);
    for (name, text, said) in [
        ("empty.csv", "", "eerste rij"),
        ("elsewhere.csv", &format!("{titles}11001,25-34,M,tr,9\n"), "andere gemeente"),
        ("wrong.csv", &format!("{titles}11029,25-34,M,tr,9\n11029,25-34,M,klingon,9\n"), "Rij 3"),
    ] {
        let refused = refused(&["population", "--dir", path, &file(name, text)]);
        assert!(refused.contains(said), "{name}: {refused}");
    }
    assert_eq!(rows(&["population", "--dir", path, "--json"]).remove(0), loaded);
    node.stop();
}

/// Pairs two running nodes in a circle.
fn pair(a: &Node, b: &Node) {
    let invited = rows(&["invite", "--dir", a.dir(), "--arrangement", "protocol 1", "--json"]).remove(0);
    let invitation = invited["invitation"].as_str().expect("text");
    let there = rows(&["join", "--dir", b.dir(), invitation, "--json"]).remove(0);
    let here = rows(&["partners", "--dir", a.dir(), "--json"]).remove(0);
    rows(&["confirm", "--dir", a.dir(), here["root"].as_str().expect("text"), "--json"]);
    rows(&["confirm", "--dir", b.dir(), there["root"].as_str().expect("text"), "--json"]);
}

fn in_step(status: &Value) -> bool {
    let partner = &status["partners"][0];
    !partner["last_reconciled"].is_null() && partner["documents_held"].as_u64() >= Some(2)
}

/// Mortsel in the first folder and Aartselaar in the second, running and not paired.
fn two_nodes(dirs: &[PathBuf]) -> (Node, Node) {
    init(&dirs[0], "11029");
    init(&dirs[1], "11001");
    (Node::start(&dirs[0]), Node::start(&dirs[1]))
}

/// The two, paired and in step.
fn in_step_nodes(dirs: &[PathBuf]) -> (Node, Node) {
    let (a, b) = two_nodes(dirs);
    pair(&a, &b);
    a.until(in_step);
    b.until(in_step);
    (a, b)
}

#[test]
fn a_partner_is_suspended_resumed_and_left() {
    let temp = tempfile::tempdir().expect("a folder");
    let dirs = ["mortsel", "aartselaar"].map(|name| temp.path().join(name));
    let (a, b) = in_step_nodes(&dirs);
    let cards = |node: &Node| {
        let held = rows(&["document", "list", "--dir", node.dir(), "--json"]);
        held.iter().filter(|row| row["kind"] == "municipality_card").count()
    };
    assert_eq!(cards(&a), 2);

    assert!(refused(&["suspend", "--dir", a.dir(), "11007"]).contains("geen partner"));
    let said = rows(&["suspend", "--dir", a.dir(), "11001", "--why", "vreemde kaarten", "--json"]).remove(0);
    assert_eq!(said["state"], "suspended");
    assert!(said["received"].as_array().expect("a list").iter().any(|one| one["kind"] == "municipality_card"));
    let status = a.until(|status| status["partners"][0]["connected_since"].is_null());
    assert_eq!(status["partners"][0]["not_connected_because"], "suspended: vreemde kaarten", "{status}");
    assert_eq!(cards(&a), 1, "its card is hidden");
    b.until(|status| status["partners"][0]["connected_since"].is_null());
    // It stays so through a restart, and is told to whoever asks.
    a.stop();
    let a = Node::start(&dirs[0]);
    assert_eq!(cards(&a), 1);
    let partner = rows(&["partners", "--dir", a.dir(), "--json"]).remove(0);
    assert_eq!(partner["suspended"]["why"], "vreemde kaarten");
    rows(&["resume", "--dir", a.dir(), "11001", "--json"]);
    a.until(in_step);
    assert_eq!(cards(&a), 2, "it was only hidden");

    rows(&["leave", "--dir", a.dir(), "11001", "--json"]);
    let status = a.until(|status| status["own"]["documents_held"].as_u64() <= Some(2));
    assert_eq!(status["partners"], serde_json::json!([]), "{status}");
    assert_eq!(cards(&a), 1);
    // The other hears it, lets go of everything, and signs for that.
    let partners = |node: &Node| rows(&["partners", "--dir", node.dir(), "--json"]);
    a.until(|_| !partners(&a)[0]["confirmed_at"].is_null());
    assert_eq!(partners(&b)[0]["what"], "departure");
    assert_eq!(cards(&b), 1);
    assert!(refused(&["resume", "--dir", a.dir(), "11001"]).contains("geen partner"));
    a.stop();
    b.stop();
}

#[test]
fn a_certificate_is_renewed_and_a_key_replaced() {
    let temp = tempfile::tempdir().expect("a folder");
    let dirs = ["mortsel", "aartselaar"].map(|name| temp.path().join(name));
    let (a, b) = in_step_nodes(&dirs);
    let first = a.status();
    assert_eq!(
        (first["certificate_serial"].as_u64(), first["certificate_ends_soon"].as_bool()),
        (Some(1), Some(false))
    );

    // With the root key kept elsewhere it has to be given.
    let root = temp.path().join("root.key");
    std::fs::rename(dirs[0].join("root.key"), &root).expect("moved");
    assert!(refused(&["renew", "--dir", a.dir()]).contains("--root-key"));
    let other = dirs[1].join("root.key");
    assert!(
        refused(&["renew", "--dir", a.dir(), "--root-key", other.to_str().expect("UTF-8")])
            .contains("niet de stamsleutel")
    );
    let root = root.to_str().expect("UTF-8");
    let renewed = rows(&["renew", "--dir", a.dir(), "--root-key", root, "--json"]).remove(0);
    assert_eq!(renewed["serial"], 2);
    assert_eq!(a.status()["certificate_serial"], 2, "at work it counts at once");
    a.until(|status| !status["partners"][0]["connected_since"].is_null());

    // A new key: only on a stopped node. The partner hears of it from the key before.
    assert!(refused(&["rotate-key", "--dir", a.dir(), "--root-key", root]).contains("Stop het knooppunt"));
    let path = a.dir().to_owned();
    a.stop();
    let before = rows(&["document", "list", "--dir", &path, "--json"]);
    let rotated = rows(&["rotate-key", "--dir", &path, "--root-key", root, "--json"]).remove(0);
    assert_eq!((rotated["serial"].as_u64(), rotated["retired"].as_u64()), (Some(3), Some(1)));
    assert_ne!(rotated["node"], renewed["node"]);
    let a = Node::start(&dirs[0]);
    let values = |rows: &[Value]| -> Vec<Value> { rows.iter().map(|row| row["value"].clone()).collect() };
    assert_eq!(values(&rows(&["document", "list", "--dir", a.dir(), "--json"])), values(&before));
    a.until(in_step);
    let there = b.until(in_step);
    assert_eq!(there["partners"][0]["refused"], serde_json::json!({}), "{there}");
    assert_eq!(values(&rows(&["document", "list", "--dir", b.dir(), "--json"])), values(&before));

    // By hand, for a partner that cannot be reached: the same certificate is not newer.
    let shown = rows(&["certificate", "--dir", a.dir(), "--json"]).remove(0);
    let text = shown["certificate"].as_str().expect("text");
    assert!(refused(&["certificate", "--dir", b.dir(), text]).contains("niet nieuwer"));
    assert!(refused(&["certificate", "--dir", b.dir(), "hello"]).contains("geen certificaat"));
    assert!(refused(&["certificate", "--dir", a.dir(), text]).contains("geen partner"));
    rows(&["renew", "--dir", a.dir(), "--root-key", root, "--json"]);
    let next = rows(&["certificate", "--dir", a.dir(), "--json"]).remove(0);
    a.stop();
    let text = next["certificate"].as_str().expect("text");
    assert!([3, 4].contains(&b.status()["partners"][0]["certificate_serial"].as_u64().expect("a number")));
    let taken = overbuur(&["certificate", "--dir", b.dir(), text, "--json"]);
    assert!(taken.status.success() || String::from_utf8_lossy(&taken.stderr).contains("niet nieuwer"));
    assert_eq!(b.status()["partners"][0]["certificate_serial"], 4);
    b.stop();
}

#[test]
fn a_node_is_restored_from_a_backup_without_whom_it_erased_since() {
    let temp = tempfile::tempdir().expect("a folder");
    let dirs = ["mortsel", "aartselaar", "again"].map(|name| temp.path().join(name));
    let (a, b) = in_step_nodes(&dirs[..2]);
    let list = temp.path().join("mentors.csv");
    std::fs::write(&list, "naam;geboortejaar;gemeente\nGreet Goossens;1977;Mortsel\nMarleen Claes;1973;Mortsel\n")
        .expect("written");
    rows(&["import", "--dir", a.dir(), list.to_str().expect("UTF-8"), "--json"]);
    let people =
        |node: &Value| node["own"]["mentors"].as_u64().unwrap_or(0) + node["own"]["newcomers"].as_u64().unwrap_or(0);
    assert_eq!(people(&a.status()), 2, "{}", a.status());

    // Of a running node, encrypted to a key that is made for it.
    let file = temp.path().join("mortsel.backup");
    let file = file.to_str().expect("UTF-8");
    let made = rows(&["backup", "--dir", a.dir(), file, "--json"]).remove(0);
    let key = made["key"].as_str().expect("a new key").to_owned();
    assert!(refused(&["backup", "--dir", a.dir(), file]).contains("mortsel.backup"), "never over another");
    let bytes = std::fs::read(file).expect("written");
    assert!(bytes.starts_with(b"age-encryption.org/v1"), "any age opens it");
    assert!(!bytes.windows(8).any(|part| part == b"Goossens"));
    rows(&["erase", "--dir", a.dir(), "1", "--json"]);
    let ledger = dirs[0].join("erasures");
    let ledger = ledger.to_str().expect("UTF-8").to_owned();
    a.stop();
    b.stop();

    let again = dirs[2].to_str().expect("UTF-8");
    let other = dirs[1].join("root.key");
    let said = refused(&["restore", "--dir", again, file, "--key", other.to_str().expect("UTF-8")]);
    assert!(said.contains("geen sleutel van reservekopie"), "{said}");
    assert!(
        refused(&["restore", "--dir", dirs[0].to_str().expect("UTF-8"), file, "--key", &key])
            .contains("al een knooppunt")
    );
    let restored = rows(&["restore", "--dir", again, file, "--key", &key, "--erasures", &ledger, "--json"]).remove(0);
    assert_eq!((restored["erased_again"].as_u64(), restored["awaits"][0].as_str()), (Some(1), Some("Aartselaar")));

    // Until the partner brought what it kept, nothing leaves.
    let a = Node::start(&dirs[2]);
    let waiting = a.status();
    assert_eq!((people(&waiting), waiting["recovering_from"][0].as_str()), (1, Some("Aartselaar")), "{waiting}");
    let b = Node::start(&dirs[1]);
    // Both moved: each is told where the other listens now.
    for (here, there, code) in [(&a, &b, "11001"), (&b, &a, "11029")] {
        let status = there.status();
        let address = status["listening"][0].as_str().expect("an address");
        rows_or_words(&["address", "--dir", here.dir(), code, address]);
    }
    let status = a.until(|status| status["recovering_from"] == serde_json::json!([]));
    assert_eq!(people(&status), 1);
    a.until(in_step);
    b.until(in_step);
    a.stop();

    // Once more, without that partner: it goes on, and knows when the partner is back what it missed.
    let last = temp.path().join("last");
    rows(&["restore", "--dir", last.to_str().expect("UTF-8"), file, "--key", &key, "--erasures", &ledger, "--json"]);
    let a = Node::start(&last);
    assert_eq!(a.status()["restored_without"], serde_json::json!([]));
    rows_or_words(&["suspend", "--dir", a.dir(), "11001"]);
    let status = a.until(|status| status["recovering_from"] == serde_json::json!([]));
    assert_eq!(status["restored_without"], serde_json::json!(["Aartselaar"]));
    a.stop();
    let a = Node::start(&last);
    rows_or_words(&["resume", "--dir", a.dir(), "11001"]);
    for (here, there, code) in [(&a, &b, "11001"), (&b, &a, "11029")] {
        let status = there.status();
        let address = status["listening"][0].as_str().expect("an address");
        rows_or_words(&["address", "--dir", here.dir(), code, address]);
    }
    a.until(|status| status["restored_without"] == serde_json::json!([]));
    a.until(in_step);
    a.stop();
    b.stop();
}

fn rows_or_words(arguments: &[&str]) {
    let output = overbuur(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn two_municipalities_pair_and_hold_each_others_documents() {
    let temp = tempfile::tempdir().expect("a folder");
    let dirs = ["mortsel", "aartselaar"].map(|name| temp.path().join(name));
    let (a, b) = two_nodes(&dirs);
    let invited =
        rows(&["invite", "--dir", a.dir(), "--circle", "BAM", "--arrangement", "protocol 1", "--json"]).remove(0);
    let invitation = invited["invitation"].as_str().expect("text");

    assert!(refused(&["join", "--dir", a.dir(), invitation]).contains("deze gemeente zelf"));
    assert!(refused(&["join", "--dir", b.dir(), "hello"]).contains("geen uitnodiging"));
    let there = rows(&["join", "--dir", b.dir(), invitation, "--json"]).remove(0);
    let said = refused(&["join", "--dir", b.dir(), invitation]);
    assert!(said.contains("al gebruikt"), "{said}");
    let here = rows(&["partners", "--dir", a.dir(), "--json"]).remove(0);
    assert_eq!(here["number"], there["number"]);
    assert_eq!(here["what"], "pairing");
    let number = here["number"].as_str().expect("text");

    assert!(refused(&["confirm", "--dir", a.dir(), "11001", "12345"]).contains("nummer klopt niet"));
    assert!(refused(&["confirm", "--dir", a.dir(), "11002"]).contains("geen koppeling"));
    rows(&["confirm", "--dir", a.dir(), "11001", number, "--json"]);
    let alone = a.status();
    assert!(alone["partners"][0]["connected_since"].is_null(), "only one side confirmed: {alone}");
    rows(&["confirm", "--dir", b.dir(), "11029", number, "--json"]);

    for node in [&a, &b] {
        let status = node.until(|status| {
            let partner = &status["partners"][0];
            !partner["last_reconciled"].is_null() && partner["documents_held"].as_u64() >= Some(2)
        });
        assert_eq!(status["partners"][0]["refused"], serde_json::json!({}), "{status}");
    }
    let held = rows(&["document", "list", "--dir", b.dir(), "--json"]);
    let card =
        held.iter().find(|row| row["kind"] == "municipality_card" && row["municipality"] == "Mortsel").expect("came");
    assert_eq!(card["value"]["refnis"], "11029");
    let id = card["document"].as_str().expect("text");
    assert_eq!(rows(&["document", "show", "--dir", a.dir(), id])[0]["value"], card["value"]);
    let file = temp.path().join("card.automerge");
    let saved = overbuur(&["document", "save", "--dir", a.dir(), id, "--out", file.to_str().expect("UTF-8")]);
    assert!(saved.status.success());
    assert_eq!(std::fs::read(&file).expect("written")[..4], [0x85, 0x6f, 0x4a, 0x83], "an Automerge file");

    // A partner that goes away is told, and comes back by itself.
    b.stop();
    a.until(|status| status["partners"][0]["connected_since"].is_null());
    assert_eq!(rows(&["document", "list", "--dir", dirs[1].to_str().expect("UTF-8"), "--json"]), held);
    let b = Node::start(&dirs[1]);
    a.until(|status| !status["partners"][0]["connected_since"].is_null());
    b.stop();
    a.stop();
}
