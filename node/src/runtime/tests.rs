//! A runtime on a real store: who is let in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use casework::Actor;
use casework::library::form::parse_resource_form;
use casework::ports::{Network, Outgoing};
use ed25519_dalek::SigningKey;
use schemas::certificate::NodeCertificate;
use schemas::places::Refnis;
use schemas::time::Timestamp;
use serde_json::Value;
use store::Partner;

use crate::commands::{self, Request, init};
use crate::errand_tests::arranged;
use crate::home::Configuration;
use crate::runtime::{self, Handle, lock};
use crate::service::Service;
use crate::{clock, keys};

/// A partner whose certificate was made so many days ago.
fn partner_of(service: &Service, refnis: &str, days: u64) -> Partner {
    let refnis: Refnis = refnis.parse().expect("in the table");
    let (root, node) = (keys::new_key(), keys::new_key());
    let then = Timestamp(clock::now().0 - days * 86_400);
    let bytes = keys::certify(&root, &node, refnis, None, 1, then);
    let certificate = NodeCertificate::verify(&bytes).expect("just signed").into_inner();
    let partner = Partner {
        root: certificate.owner(),
        refnis,
        kbo: String::new(),
        name: refnis.name().to_owned(),
        addresses: Vec::new(),
        since: then,
    };
    service.store.insert_partner(&partner).expect("kept");
    service.store.keep_certificate(&bytes).expect("kept");
    partner
}

/// The folder of a new node.
fn mortsel(temp: &Path) -> PathBuf {
    let dir = temp.join("mortsel");
    init::init(init::NewNode {
        dir: &dir,
        refnis: "11029",
        kbo: None,
        coordinator: None,
        office: "",
        configuration: Configuration::usual(),
    })
    .expect("a new node");
    dir
}

/// Gives the node in `dir` a certificate that was made 400 days ago.
fn certify_long_ago(dir: &Path) {
    let secret = |name: &str| SigningKey::from_bytes(&keys::read_secret(&dir.join(name)).expect("its key"));
    let then = Timestamp(clock::now().0 - 400 * 86_400);
    let refnis = "11029".parse().expect("in the table");
    let old = keys::certify(&secret("root.key"), &secret("node.key"), refnis, None, 1, then);
    std::fs::write(dir.join("certificate"), old).expect("written");
}

async fn started(service: &Service) -> Handle {
    let listen = ["/ip4/127.0.0.1/tcp/0".to_owned()];
    runtime::start(&service.home, service.parts(), &listen).await.expect("it runs")
}

/// Why a partner is not connected, as `status` tells.
fn why(status: &Value, partner: &Partner) -> Option<String> {
    let rows = status["partners"].as_array()?;
    let row = rows.iter().find(|row| row["root"] == partner.root.to_string())?;
    row["not_connected_because"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_with_a_certificate_out_of_date_is_refused_and_status_says_so() {
    let temp = tempfile::tempdir().expect("a folder");
    let dir = mortsel(temp.path());
    let service = Service::open(&dir, false).expect("just made");
    let (valid, expired) = (partner_of(&service, "11001", 10), partner_of(&service, "11007", 400));
    let handle = started(&service).await;
    assert!(lock(&handle.nodes).contains_key(&valid.root));
    assert!(!lock(&handle.nodes).contains_key(&expired.root), "nothing of it is let in");
    service.running.set(handle).ok().expect("only once");

    let status: Value = commands::execute(&service, Request::Status, Vec::new()).await.expect("a status").remove(0);
    assert_eq!(why(&status, &expired).as_deref(), Some("certificate out of date"));
    assert_ne!(why(&status, &valid).as_deref(), Some("certificate out of date"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_an_own_certificate_out_of_date_connects_with_nobody_and_says_so() {
    let temp = tempfile::tempdir().expect("a folder");
    let dir = mortsel(temp.path());
    certify_long_ago(&dir);
    let service = Service::open(&dir, false).expect("it opens");
    let partner = partner_of(&service, "11001", 10);
    let handle = started(&service).await;
    assert!(lock(&handle.nodes).is_empty(), "nobody is let in");
    service.running.set(handle).ok().expect("only once");

    let status: Value = commands::execute(&service, Request::Status, Vec::new()).await.expect("a status").remove(0);
    assert_eq!(status["certificate_valid"], false);
    assert_eq!(why(&status, &partner).as_deref(), Some("own certificate out of date"));
    let said = commands::print::status(&status).join("\n");
    assert!(said.contains("het certificaat van dit knooppunt is niet geldig"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_while_the_own_certificate_is_out_of_date_is_done_once_it_is_renewed() {
    let temp = tempfile::tempdir().expect("a folder");
    let dir = mortsel(temp.path());
    certify_long_ago(&dir);
    let service = Arc::new(Service::open(&dir, false).expect("it opens"));
    // The one that it began with is of today.
    let own = BTreeSet::from([service.home.owner()]);
    assert_eq!(service.store.drop_unnamed(&own).expect("a store"), own);
    let partner = partner_of(&service, "11001", 10);
    let circle = arranged(vec![partner.root, service.home.owner()]);
    service.store.insert_circle(&circle).expect("kept");
    let handle = started(&service).await;
    service.running.set(handle).ok().expect("only once");

    let (actor, store) = (Actor::command_line(), &service.store);
    service.office.tick().expect("the own cards are put out");
    let last = store.outbox_next(0).expect("a store").pop().map(|(number, _)| number).expect("a card");
    // What is typed is said to be refused, so that nobody types it once more.
    let fields = [("title", "De bib"), ("body", "Boeken."), ("kind", "welcome_sheet"), ("language", "nl")];
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let value = parse_resource_form(&fields).expect("a fine form");
    let page = service.office.create_resource(&actor, None, value, None).expect("it is kept");
    assert!(service.office.resource(&actor, page).is_err(), "nothing is signed by a certificate that ended");
    assert_eq!(service.office.library_drafts(&actor).expect("a look").len(), 1);
    let waiting = store.outbox_next(0).expect("a store");
    assert!(waiting.iter().all(|(_, command)| matches!(command, Outgoing::Publish { .. })), "{waiting:?}");
    assert!(waiting.iter().any(|(number, _)| *number == last), "what is put out waits");

    commands::execute(&service, Request::Renew, Vec::new()).await.expect("a new certificate");
    let (port, minutes) = (Arc::clone(&service.port), Duration::from_secs(300));
    let settled = runtime::blocking(move || Ok(port.wait_settled(last, minutes))).await.expect("no panic");
    assert!(settled && service.read(|records| records.refused()).expect("a look").len() == 1, "only the text");
}
