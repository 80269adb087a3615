//! What a running node brings to partners beside the exchange: receipts of erasures, the word that
//! a partnership ended, and a certificate that retires a key, while partners only know that key.
//! Each is tried again until it is answered; nothing here decides anything.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use casework::partner_life::Departure;
use ed25519_dalek::SigningKey;
use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::{NodeKey, RootId};
use schemas::note::{Note, Said};
use store::Store;
use tokio::sync::oneshot;

use crate::link::Command;
use crate::runtime::{Handle, blocking, lock};
use crate::service::Service;
use crate::{clock, commands, network, papers};

/// Says that a note was taken.
pub const TAKEN: &[u8] = &[1];
/// Seconds after a partner was left in which it is asked every few seconds, and not every minute.
const OFTEN: u64 = 600;
/// How often is looked whom to tell.
const ROUND: Duration = Duration::from_secs(5);
const ROUNDS_A_MINUTE: u64 = 12;

/// Tells those who are no partner any more, or know this node by an earlier key, until the process
/// ends.
pub async fn run(service: Arc<Service>, handle: Handle) {
    let mut seconds = tokio::time::interval(ROUND);
    seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut rounds = 0_u64;
    loop {
        seconds.tick().await;
        let minute = rounds.is_multiple_of(ROUNDS_A_MINUTE);
        rounds += 1;
        let outcome = match say_farewell(&service, &handle, minute).await {
            Ok(()) if minute => both(announce(&service).await, ask_for_receipts(&service, &handle).await),
            outcome => outcome,
        };
        if let Err(error) = outcome {
            tracing::error!(%error, "an errand failed; it is tried again");
        }
    }
}

fn both(one: Result<()>, other: Result<()>) -> Result<()> {
    one.and(other)
}

const LOST: &str = "receipts lost";

/// Has a restored node ask these for their receipts once more.
///
/// # Errors
/// A failing store.
pub fn ask_again(store: &Store, partners: &BTreeSet<RootId>) -> Result<()> {
    let roots: Vec<RootId> = partners.iter().copied().collect();
    Ok(store.set_node_state(LOST, &minicbor::to_vec(roots)?)?)
}

async fn ask_for_receipts(service: &Arc<Service>, handle: &Handle) -> Result<()> {
    let kept = service.store.node_state(LOST)?;
    let asked: Option<Vec<RootId>> = kept.and_then(|bytes| minicbor::decode(&bytes).ok());
    let mut left: BTreeSet<RootId> = asked.unwrap_or_default().into_iter().collect();
    for partner in left.clone() {
        if tell(handle, partner, note(service, partner, Said::GiveAgain)).await.is_some_and(|answer| answer == TAKEN) {
            left.remove(&partner);
            ask_again(&service.store, &left)?;
        }
    }
    Ok(())
}

/// A note of this node, signed.
fn note(service: &Service, to: RootId, said: Said) -> Vec<u8> {
    Note { from: service.home.owner(), to, at: clock::now().hour(), said }.sign(&service.home.node)
}

/// Gives connected partners the receipts that they are owed.
///
/// # Errors
/// A failing store.
pub async fn give_receipts(service: &Arc<Service>, handle: &Handle) -> Result<()> {
    let office = service.office.clone();
    let owed = blocking(move || Ok(office.receipts_owed()?)).await?;
    for (owner, documents) in owed {
        let bytes = note(service, owner, Said::Erased(documents.clone()));
        if tell(handle, owner, bytes).await.is_some_and(|answer| answer == TAKEN) {
            let office = service.office.clone();
            blocking(move || Ok(office.receipt_given(owner, documents)?)).await?;
            // There may be more than one note holds.
            service.matches_moved.notify_one();
        }
    }
    Ok(())
}

/// Hands a connected partner a note; its answer, when there is one.
async fn tell(handle: &Handle, partner: RootId, request: Vec<u8>) -> Option<Vec<u8>> {
    let node = lock(&handle.nodes).get(&partner).copied()?;
    let (answer, answered) = oneshot::channel();
    handle.network.send(Command::HandOver { node, request, answer }).await.ok()?;
    answered.await.ok()?.inspect_err(|error| tracing::info!(%error, "a note waits for its partner")).ok()
}

/// Tells partners that were left that they were, and keeps their receipts. `minute` says whether
/// those are asked too that were left a while ago.
///
/// # Errors
/// A failing store.
async fn say_farewell(service: &Arc<Service>, handle: &Handle, minute: bool) -> Result<()> {
    let office = service.office.clone();
    let departures = blocking(move || Ok(office.departures()?)).await?;
    let now = clock::now();
    for left in departures {
        if left.confirmed_at.is_some() || !minute && left.at.plus_seconds(OFTEN) < now {
            continue;
        }
        let Ok(certificate) = NodeCertificate::verify(&left.certificate) else { continue };
        if let Some(receipt) = farewell(service, handle, &left, &certificate).await {
            let (office, root) = (service.office.clone(), left.root);
            blocking(move || Ok(office.departure_confirmed(root, receipt)?)).await?;
            let _ = service.changes.send(web::Change::partner());
        }
    }
    Ok(())
}

/// The signed receipt of a partner that was left; none when it did not answer.
async fn farewell(
    service: &Service,
    handle: &Handle,
    left: &Departure,
    certificate: &Verified<NodeCertificate>,
) -> Option<Vec<u8>> {
    let (answer, answered) = oneshot::channel();
    let command = Command::Pair {
        node: certificate.get().node,
        addresses: left.addresses.clone(),
        request: note(service, left.root, Said::Left),
        answer,
    };
    handle.network.send(command).await.ok()?;
    let bytes = answered.await.ok()?.ok()?;
    let receipt = Note::verify(&bytes, certificate).ok()?;
    let holds = receipt.get().to == service.home.owner() && receipt.get().said == Said::NothingLeft;
    holds.then_some(bytes)
}

/// Tells partners that only know a retired key of the one after it, and forgets retired keys once
/// every partner has heard.
///
/// # Errors
/// A failing store, or files that cannot be read.
async fn announce(service: &Arc<Service>) -> Result<()> {
    let held = Arc::clone(service);
    let (keys, partners, certificates) = blocking(move || {
        let keys = papers::retired(held.home.dir())?;
        Ok((keys, held.store.partners()?, held.newest()?))
    })
    .await?;
    if keys.is_empty() {
        return Ok(());
    }
    let papers = service.own.get();
    let mut told = told(service, papers.certificate.get().serial)?;
    let live = service.port.states().clone();
    for partner in &partners {
        if live.get(&partner.root).is_some_and(|state| state.connected_since.is_some()) {
            told.insert(partner.root);
        }
        let Some(certificate) = certificates.get(&partner.root).filter(|_| !told.contains(&partner.root)) else {
            continue;
        };
        for (_, key) in &keys {
            let node = certificate.get().node;
            let answer = say_as(key, node, partner.addresses.clone(), papers.bytes.clone()).await;
            if answer.is_some_and(|answer| answer == TAKEN) {
                tracing::info!(partner = %partner.root.short(), "took the certificate of the new key");
                told.insert(partner.root);
                break;
            }
        }
    }
    note_told(service, papers.certificate.get().serial, &told)?;
    if partners.iter().all(|partner| told.contains(&partner.root)) {
        for (path, _) in keys {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Asks one node something under another key than this node's, from a network that listens
/// nowhere and ends with the answer.
async fn say_as(key: &SigningKey, node: NodeKey, addresses: Vec<String>, request: Vec<u8>) -> Option<Vec<u8>> {
    let network = network::start(key, &[], clock::generator()).ok()?;
    let (answer, answered) = oneshot::channel();
    network.commands.send(Command::Pair { node, addresses, request, answer }).await.ok()?;
    answered.await.ok()?.ok()
}

const TOLD: &str = "told of the new key";

/// Partners that were told of the certificate with this serial.
fn told(service: &Service, serial: u64) -> Result<BTreeSet<RootId>> {
    let kept = service.store.node_state(TOLD)?;
    let kept: Option<(u64, Vec<RootId>)> = kept.and_then(|bytes| minicbor::decode(&bytes).ok());
    Ok(kept.filter(|(of, _)| *of == serial).map(|(_, roots)| roots.into_iter().collect()).unwrap_or_default())
}

fn note_told(service: &Service, serial: u64, told: &BTreeSet<RootId>) -> Result<()> {
    let bytes = minicbor::to_vec((serial, told.iter().copied().collect::<Vec<RootId>>()))?;
    Ok(service.store.set_node_state(TOLD, &bytes)?)
}

/// Signs the next certificate when this one ends soon and the root key is kept in the folder.
///
/// # Errors
/// What signing or storing says.
pub async fn renew_in_time(service: &Arc<Service>) -> Result<()> {
    let own = service.own.get();
    let ends = own.certificate.get().valid_until;
    let in_time = ends > clock::now().hour().plus_days(papers::RENEW_DAYS);
    // By a clock that partners say is wrong nothing is signed.
    if in_time || service.port.clock_ahead().is_some() || !service.home.dir().join("root.key").exists() {
        return Ok(());
    }
    tracing::info!("the certificate ends soon and is renewed");
    commands::execute(service, commands::Request::Renew, Vec::new()).await.map(drop)
}
