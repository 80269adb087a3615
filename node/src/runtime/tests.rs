//! A runtime on a real store: who is let in.

use std::sync::Arc;

use schemas::certificate::NodeCertificate;
use schemas::places::Refnis;
use schemas::time::Timestamp;
use serde_json::Value;
use store::Partner;

use crate::commands::{self, Request, init};
use crate::home::Configuration;
use crate::runtime::{self, Parts, lock};
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
    service.store.keep_certificate(partner.root, 1, &bytes).expect("kept");
    partner
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_with_a_certificate_out_of_date_is_refused_and_status_says_so() {
    let temp = tempfile::tempdir().expect("a folder");
    let dir = temp.path().join("mortsel");
    init::init(init::NewNode {
        dir: &dir,
        refnis: "11029",
        kbo: None,
        coordinator: None,
        office: "",
        configuration: Configuration::usual(),
    })
    .expect("a new node");
    let service = Service::open(&dir, false).expect("just made");
    let (valid, expired) = (partner_of(&service, "11001", 10), partner_of(&service, "11007", 400));
    let parts = Parts {
        store: Arc::clone(&service.store),
        port: Arc::clone(&service.port),
        desk: service.desk(),
        changes: service.changes.clone(),
        matches_moved: Arc::clone(&service.matches_moved),
        erased: Arc::clone(&service.erased),
    };
    let handle = runtime::start(&service.home, parts, &["/ip4/127.0.0.1/tcp/0".to_owned()]).await.expect("it runs");
    assert!(lock(&handle.nodes).contains_key(&valid.root));
    assert!(!lock(&handle.nodes).contains_key(&expired.root), "nothing of it is let in");
    service.running.set(handle).ok().expect("only once");

    let status: Value = commands::execute(&service, Request::Status, Vec::new()).await.expect("a status").remove(0);
    let why = |partner: &Partner| -> Option<String> {
        let rows = status["partners"].as_array()?;
        let row = rows.iter().find(|row| row["root"] == partner.root.to_string())?;
        row["not_connected_because"].as_str().map(str::to_owned)
    };
    assert_eq!(why(&expired).as_deref(), Some("certificate out of date"));
    assert_ne!(why(&valid).as_deref(), Some("certificate out of date"));
}
