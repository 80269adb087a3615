//! `overbuur status`: how the node and the exchange with every partner are doing.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use casework::people::Side;
use casework::ports::Network;
use replication::PartnerState;
use schemas::Kind;
use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::{NodeKey, RootId};
use schemas::time::Hour;
use serde_json::{Value, json};

use crate::clock;
use crate::papers::RENEW_DAYS;
use crate::runtime::{Ask, OUT_OF_DATE, OWN_OUT_OF_DATE, blocking, lock};
use crate::service::Service;

/// One row about everything.
///
/// # Errors
/// A failing store.
pub async fn status(service: &Arc<Service>) -> Result<Vec<Value>> {
    let states = live_states(service).await;
    let held = Arc::clone(service);
    let (documents, mentors, newcomers) = blocking(move || {
        held.read(|records| {
            let mut documents = 0;
            for kind in Kind::ALL {
                documents += records.documents(*kind)?.len();
            }
            Ok((documents, records.people(Side::Mentor)?.len(), records.people(Side::Newcomer)?.len()))
        })
    })
    .await?;
    let papers = service.own.get();
    let claims = papers.certificate.get();
    let now = clock::now();
    let outlook = service.running.get().map(|handle| lock(&handle.outlook).clone()).unwrap_or_default();
    Ok(vec![json!({
        "municipality": service.home.refnis()?.name(),
        "refnis": claims.refnis,
        "root": service.home.owner().to_string(),
        "running": service.running.get().is_some(),
        "paused": service.port.paused(),
        "clock": now.0,
        "clock_ahead_seconds": service.port.clock_ahead(),
        "certificate_valid_until": claims.valid_until.start().0,
        "certificate_valid": claims.covers(now.hour()),
        "certificate_ends_soon": ends_soon(claims, now.hour()),
        "certificate_serial": claims.serial,
        "merged_into": claims.successor.map(|root| service.name_of(root)),
        "recovering_from": service.port.recovering().iter().map(|root| service.name_of(*root)).collect::<Vec<_>>(),
        "restored_without": service.office.absent()?.into_iter().map(|root| service.name_of(root)).collect::<Vec<_>>(),
        "pages": service.home.configuration.page_address(),
        "listening": outlook.listening,
        "own": { "documents_held": documents, "mentors": mentors, "newcomers": newcomers },
        "partners": partner_rows(service, &states, &outlook.trouble)?,
    })])
}

/// The state of every partner as the runtime has it now; none on a stopped node.
pub async fn live_states(service: &Service) -> BTreeMap<RootId, PartnerState> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    if service.running.get().is_none() {
        return BTreeMap::new();
    }
    service.tell(Ask::States(answer)).await;
    answered.await.unwrap_or_default()
}

fn partner_rows(
    service: &Service,
    states: &BTreeMap<RootId, PartnerState>,
    trouble: &BTreeMap<NodeKey, String>,
) -> Result<Vec<Value>> {
    let certificates = service.newest()?;
    let receipts = service.office.receipt_counts()?;
    let proofs = service.read(|records| records.proofs())?;
    let twice = service.store.certified_twice()?;
    let successors = service.port.successors();
    let now = clock::now().hour();
    let mut rows = Vec::new();
    for partner in service.store.partners()? {
        let state = states.get(&partner.root).cloned().unwrap_or_default();
        let certificate = certificates.get(&partner.root).map(Verified::get);
        let expired = certificate.is_some_and(|certificate| !certificate.covers(now));
        let why = if !service.own.get().certificate.get().covers(now) {
            Some(OWN_OUT_OF_DATE.to_owned())
        } else if expired {
            Some(OUT_OF_DATE.to_owned())
        } else {
            certificate.and_then(|certificate| trouble.get(&certificate.node).cloned())
        };
        let refused: BTreeMap<String, u64> =
            state.refused.iter().map(|(why, count)| (why.to_string(), *count)).collect();
        rows.push(json!({
            "municipality": partner.name,
            "refnis": partner.refnis.to_string(),
            "root": partner.root.to_string(),
            "addresses": partner.addresses,
            "connected_since": state.connected_since.map(|at| at.0),
            "not_connected_because": if state.connected_since.is_some() { None } else { why },
            "documents_held": state.documents_held,
            "last_reconciled": state.reconciled_at.map(|at| at.0),
            "refused": refused,
            "certificate_serial": certificate.map(|certificate| certificate.serial),
            "certified_twice": twice.get(&partner.root),
            "merged_into": successors.get(&partner.root).map(|root| service.name_of(*root)),
            "certificate_valid_until": certificate.map(|certificate| certificate.valid_until.start().0),
            "certificate_ends_soon": certificate.is_some_and(|certificate| ends_soon(certificate, now)),
            "receipts_received": receipts.get(&partner.root).map_or(0, |counts| counts.0),
            "receipts_awaited": receipts.get(&partner.root).map_or(0, |counts| counts.1),
            "forks_proved": proofs.iter().filter(|proof| proof.author == partner.root).count(),
            "held_back": service.port.restraints.of(partner.root).map(|restraint| json!({
                "because": restraint.why,
                "last": restraint.at.0,
                "pause_ms": restraint.pause.as_millis(),
            })),
            "bytes_sent": state.bytes.0,
            "bytes_received": state.bytes.1,
        }));
    }
    Ok(rows)
}

/// Whether a certificate is to be renewed.
fn ends_soon(certificate: &NodeCertificate, now: Hour) -> bool {
    certificate.valid_until <= now.plus_days(RENEW_DAYS)
}
