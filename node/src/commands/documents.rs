//! `overbuur document`: the shared documents that this node holds, as it holds them.

use anyhow::{Result, anyhow, bail};
use casework::ports::Document;
use replication::certificates::Certificates;
use schemas::Kind;
use schemas::ids::{DocumentId, NodeKey, RootId, to_hex};
use serde_json::{Value, json};

use crate::acquaintance;
use crate::service::Service;

/// Every shared document, a row each, by kind and id.
///
/// # Errors
/// A failing store.
pub fn list(service: &Service) -> Result<Vec<Value>> {
    let documents = service.read(|records| {
        let mut all = Vec::new();
        for kind in Kind::ALL {
            all.extend(records.documents(*kind)?);
        }
        Ok(all)
    })?;
    documents.iter().map(|document| row(service, document)).collect()
}

/// One shared document.
///
/// # Errors
/// No such document here.
pub fn show(service: &Service, document: &str) -> Result<Vec<Value>> {
    let id = parse(document)?;
    let found = service.read(move |records| records.document(id))?;
    let found = found.ok_or_else(|| anyhow!("Document {document} is hier niet"))?;
    Ok(vec![row(service, &found)?])
}

/// One shared document as an Automerge file, in hexadecimal.
///
/// # Errors
/// No such document here.
pub fn file(service: &Service, document: &str) -> Result<Vec<Value>> {
    let id = parse(document)?;
    let Some(owner) = service.read(move |records| records.document(id))?.map(|found| found.owner) else {
        bail!("Document {document} is hier niet");
    };
    let mut envelopes = service.store.load(id)?;
    envelopes.retain(|envelope| envelope.get().header.owner == owner);
    let known = service.store.known_certificates()?;
    let partners = service.store.partners()?;
    let me = service.home.owner();
    let is_known = |root: RootId| root == me || partners.iter().any(|partner| partner.root == root);
    let who = |node: NodeKey| match acquaintance::root_of(me, is_known, &known, node) {
        Some(root) => (root, known.of(root).into_iter().flat_map(Certificates::retired).collect()),
        // Of one that was forgotten only the node is known.
        None => (RootId(node.0), Vec::new()),
    };
    let bytes = replication::save(envelopes.iter(), who)
        .map_err(|why| anyhow!("Document {document} is niet te bewaren: {why}"))?;
    Ok(vec![json!({ "document": document, "bytes": bytes.len(), "hex": to_hex(&bytes) })])
}

fn parse(document: &str) -> Result<DocumentId> {
    document.trim().parse().map_err(|_| anyhow!("{document} is geen documentnummer van 32 tekens"))
}

fn row(service: &Service, document: &Document) -> Result<Value> {
    let value = document.value.to_json().map_err(|why| anyhow!("{why}"))?;
    let writers: Vec<Value> = document
        .writers
        .iter()
        .map(|(root, changes)| json!({ "owner": root.to_string(), "changes": changes }))
        .collect();
    Ok(json!({
        "document": document.id.to_string(),
        "kind": document.value.kind().code(),
        "circle": document.circle.to_string(),
        "owner": document.owner.to_string(),
        "municipality": service.name_of(document.owner),
        "changed_at": document.changed_at.0,
        "expires_at": document.expires_at.0,
        "writers": writers,
        "value": value,
    }))
}
