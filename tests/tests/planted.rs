//! Every rule of the house finds a planted violation, and leaves alone what
//! only looks like one. A rule that can't fail protects nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::house::arrows::{actual, as_designed};
use tests::house::papers::{Promise, listed_in_help, map_is_true, named_tests_exist, promised, promises_kept};
use tests::house::people::{stay_local, types};
use tests::house::sources::{core_is_pure, named_in_one_place, no_long_file, no_unbounded_channel, nothing_unfinished};
use tests::house::{Breach, Source};

type Rule = fn(&[Source]) -> Vec<Breach>;

/// The lines on which a rule finds something in one file.
fn lines(rule: Rule, path: &str, text: &str) -> Vec<usize> {
    rule(&[Source::new(path, text)]).into_iter().map(|breach| breach.line).collect()
}

#[test]
fn unfinished_code_is_found() {
    for planted in ["fn f() {\n todo!()\n}", "fn f() {\n unimplemented!(\"x\")\n}", "\n#[ignore = \"slow\"]\nfn f() {}"]
    {
        assert_eq!(lines(nothing_unfinished, "web/src/a.rs", planted), [2], "{planted}");
    }
    assert_eq!(lines(nothing_unfinished, "tests/tests/a.rs", "std::thread::sleep(d);"), [1]);
    let innocent =
        "// todo!()\nlet a = \"todo!()\"; let b = r#\"todo!(\"x\")\"#; let c = '\"'; /* todo!() */ f::<'a>()";
    assert!(lines(nothing_unfinished, "web/src/a.rs", innocent).is_empty());
    // What follows a literal is judged again.
    assert_eq!(lines(nothing_unfinished, "a.rs", "let c = b'\\''; let d = \"\\\"\"; todo!()"), [1]);
}

#[test]
fn long_files_are_found() {
    assert!(lines(no_long_file, "web/src/a.rs", &"\n".repeat(600)).is_empty());
    assert_eq!(lines(no_long_file, "web/src/a.rs", &"\n".repeat(601)), [601]);
}

#[test]
fn unbounded_channels_are_found() {
    for planted in [
        "let (a, b) = tokio::sync::mpsc::unbounded_channel();",
        "let (a, b) = std::sync::mpsc::channel();",
        "let (a, b) = channel::<Vec<u8>>();",
        "let (a, b) = futures::channel::mpsc::unbounded();",
        "struct A { a: UnboundedSender<u8> }",
    ] {
        assert_eq!(lines(no_unbounded_channel, "node/src/a.rs", planted), [1], "{planted}");
    }
    let bounded =
        "mpsc::channel(16); sync_channel(1); oneshot::channel(); oneshot::channel::<u8>(); mpsc::channel::<A>(LIMIT)";
    assert!(lines(no_unbounded_channel, "node/src/a.rs", bounded).is_empty());
}

#[test]
fn foreign_names_are_found() {
    assert_eq!(lines(named_in_one_place, "node/src/run.rs", "\nuse libp2p::PeerId;"), [2]);
    assert_eq!(lines(named_in_one_place, "node/src/run.rs", "use libp2p_stream::Control;"), [1]);
    assert_eq!(lines(named_in_one_place, "node/src/run.rs", "use rusqlite::Connection;"), [1]);
    assert!(lines(named_in_one_place, "node/src/network.rs", "use libp2p::PeerId;").is_empty());
    assert!(lines(named_in_one_place, "node/store/src/lib.rs", "use rusqlite::Connection;").is_empty());
    assert!(lines(named_in_one_place, "node/src/run.rs", "// libp2p lives in network.rs").is_empty());
}

#[test]
fn impure_core_is_found() {
    for planted in [
        "let a = std::fs::read(p);",
        "use std::{collections::BTreeMap, fs};",
        "use std::{fs::{self, File}, fmt};",
        "use std::net::TcpStream;",
        "let a = std::time::SystemTime::now();",
        "use std::time::{Duration, Instant};",
        "let a = jiff::Timestamp::now();",
        "let a = jiff::Zoned::now();",
        "let a = rand::thread_rng();",
        "let a = rand::rng();",
        "let a = rand::random::<u8>();",
        "getrandom::fill(&mut a);",
        "tokio::spawn(f());",
        "println!(\"x\");",
        "std::thread::spawn(f);",
        "let a = std::env::var(\"SEED\");",
    ] {
        for path in ["schemas/src/a.rs", "node/replication/src/b/a.rs", "node/matching/src/lib.rs"] {
            assert!(!lines(core_is_pure, path, planted).is_empty(), "{planted}");
            assert_eq!(lines(core_is_pure, path, &format!("fn f() {{}}\n{planted}"))[0], 2, "{planted}");
        }
        assert!(lines(core_is_pure, "node/src/a.rs", planted).is_empty());
        assert!(lines(core_is_pure, "schemas/src/tests.rs", planted).is_empty());
        let in_test = format!("#[cfg(test)]\nmod tests {{\n fn f() {{ {planted} }}\n}}");
        assert!(lines(core_is_pure, "schemas/src/a.rs", &in_test).is_empty(), "{in_test}");
        let after = format!("#[cfg(test)]\nmod tests;\n{planted}");
        assert_eq!(lines(core_is_pure, "schemas/src/a.rs", &after)[0], 3, "{after}");
    }
    let pure = "use std::time::Duration; use rand::Rng; fn f(now: Timestamp, rng: &mut impl Rng) {} // tokio\n";
    assert!(lines(core_is_pure, "schemas/src/a.rs", pure).is_empty());
}

#[test]
fn persons_that_could_travel_are_found() {
    let people = "node/casework/src/people.rs";
    assert_eq!(lines(stay_local, people, "#[derive(Debug, Serialize)]\npub struct Mentor;"), [1]);
    assert_eq!(lines(stay_local, people, "#[derive(Debug, serde::Serialize)]\npub enum Need {}"), [1]);
    assert_eq!(lines(stay_local, people, "#[cfg_attr(x, derive(Serialize))]\nstruct A;"), [1]);
    assert_eq!(lines(stay_local, "node/casework/src/person/intake.rs", "pub struct A;\nimpl Shared for A {}"), [2]);
    let elsewhere = [
        Source::new(people, "pub struct Newcomer { name: String }"),
        Source::new("web/src/a.rs", "impl serde::Serialize for casework::people::Newcomer {\n}"),
    ];
    assert_eq!(stay_local(&elsewhere).len(), 1);
    assert_eq!(types(&elsewhere), ["Newcomer"]);
    let innocent = [
        Source::new(people, "#[derive(Debug, Clone)]\npub struct Newcomer;"),
        Source::new(
            "schemas/src/a.rs",
            "#[derive(Serialize)]\npub struct MentorOffer;\nimpl Shared for MentorOffer {}",
        ),
    ];
    assert!(stay_local(&innocent).is_empty());
}

/// Metadata of a workspace with these crates: (name, [(dependency, kind)]).
fn metadata(packages: &[(&str, &[(&str, &str)])]) -> Value {
    let kind = |kind: &str| {
        if kind == "normal" { Value::Null } else { json!(kind) }
    };
    let packages: Vec<Value> = packages
        .iter()
        .map(|(name, dependencies)| {
            let dependencies: Vec<Value> =
                dependencies.iter().map(|(name, of)| json!({"name": name, "kind": kind(of)})).collect();
            json!({"name": name, "dependencies": dependencies})
        })
        .collect();
    json!({ "packages": packages })
}

#[test]
fn wrong_arrows_are_found() {
    let good: [(&str, &[(&str, &str)]); 4] = [
        ("schemas", &[("serde", "normal")]),
        ("matching", &[("schemas", "normal"), ("proptest", "dev")]),
        ("casework", &[("matching", "normal"), ("schemas", "normal")]),
        ("web", &[("casework", "normal"), ("tokio", "normal")]),
    ];
    assert!(as_designed(&metadata(&good)).is_empty());
    let wrong: [(&str, &[(&str, &str)]); 8] = [
        ("schemas", &[("web", "normal")]),
        ("schemas", &[("web", "build")]),
        ("web", &[("schemas", "normal")]),
        ("matching", &[("tokio", "normal")]),
        ("casework", &[("rusqlite", "normal")]),
        ("web", &[("libp2p", "dev")]),
        ("replication", &[("casework", "dev")]),
        ("novelty", &[]),
    ];
    for planted in wrong {
        let mut packages = good.to_vec();
        packages.retain(|(name, _)| *name != planted.0);
        packages.push(planted);
        assert_eq!(as_designed(&metadata(&packages)).len(), 1, "{planted:?}");
    }
}

#[test]
fn a_wrong_map_is_found() {
    let packages: [(&str, &[(&str, &str)]); 2] = [("schemas", &[]), ("matching", &[("schemas", "normal")])];
    let arrows = actual(&metadata(&packages));
    assert_eq!(arrows["matching"], BTreeSet::from(["schemas".to_owned()]));
    let block = |inside: &str| format!("# Map\n```arrows\n{inside}\n```\nmatching -> web\n");
    assert!(map_is_true(&block("matching -> schemas\nschemas ->"), &arrows).is_empty());
    for (planted, line) in [
        ("matching ->\nschemas ->", 3),
        ("matching -> schemas\nschemas -> matching", 4),
        ("matching -> schemas", 0),
        ("matching -> schemas\nschemas ->\nweb -> schemas", 5),
        ("matching -> schemas\nschemas ->\nwhat is this", 5),
    ] {
        let found = map_is_true(&block(planted), &arrows);
        assert_eq!(found.iter().map(|breach| breach.line).collect::<Vec<_>>(), [line], "{planted}");
    }
}

#[test]
fn broken_promises_are_found() {
    let pages = BTreeMap::from([
        (
            "",
            "Usage: overbuur\n\nCommands:\n  demo      Three\n            more words\n  document  Shared\n\nOptions:\n  -h  Help\n",
        ),
        ("document", "Commands:\n  list  All\n  show  One\n"),
    ]);
    assert_eq!(listed_in_help(pages[""]), BTreeSet::from(["demo".to_owned(), "document".to_owned()]));
    let help = |words: &[&str]| pages.get(words.join(" ").as_str()).copied().unwrap_or_default().to_owned();
    let is_script = |path: &str| path == "tests/run";
    let judge = |lines: &str| promises_kept(&format!("```sh\n{lines}\n```\n"), &is_script, &help).len();
    assert_eq!(judge("./tests/run\ncargo run --release -- demo --once\noverbuur document list|show --dir DIR"), 0);
    assert_eq!(judge("overbuur demo [--once]   # three municipalities"), 0);
    assert_eq!(judge("overbuur fly"), 1);
    assert_eq!(judge("overbuur demo|fly"), 1);
    assert_eq!(judge("overbuur document list|burn --dir DIR"), 1);
    assert_eq!(judge("./tests/walk"), 1);
    let read = promised("```sh\n.ci/run\n```\n");
    assert_eq!(read, [(2, Promise::Script(".ci/run".to_owned()))]);
}

#[test]
fn tests_that_do_not_exist_are_found() {
    let source = Source::new(
        "a/b.rs",
        "#[test]\nfn there() {}\n\n#[tokio::test(x)]\n// why\nasync fn too() {}\n\nfn helper() {}",
    );
    let row = |names: &str| format!("| threat | defence with `code` | {names} | nothing |");
    let broken = |names: &str| named_tests_exist(&row(names), std::slice::from_ref(&source)).len();
    assert_eq!(broken("`there`, `too`"), 0);
    assert_eq!(broken(""), 0);
    assert_eq!(broken("`helper`, `gone`, `the`"), 3);
}
