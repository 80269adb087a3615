//! What a running node does beside the exchange: reacts to matches that moved, hands over sealed
//! contact sheets, and looks every minute at what time changes.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use casework::ports::{Network, Storage};
use tokio::sync::oneshot;

use crate::errands::{self, give_receipts, renew_in_time};
use crate::link::Command;
use crate::runtime::{Handle, blocking, lock};
use crate::service::Service;

/// Runs until the process ends.
pub async fn run(service: Arc<Service>, handle: Handle) {
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    minute.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    // Whoever can't be reached takes long to say so: nothing here waits for that.
    tokio::spawn(errands::run(Arc::clone(&service), handle.clone()));
    loop {
        let outcome = tokio::select! {
            () = service.matches_moved.notified() => settle(&service, &handle).await,
            () = service.erased.notified() => erased(&service, &handle).await,
            _ = minute.tick() => minute_passed(&service, &handle).await,
        };
        if let Err(error) = outcome {
            tracing::error!(%error, "a chore failed; it is tried again");
        }
    }
}

async fn minute_passed(service: &Arc<Service>, handle: &Handle) -> Result<()> {
    let office = service.office.clone();
    if !service.port.is_recovering() {
        blocking(move || Ok(office.tick()?)).await?;
    }
    renew_in_time(service).await?;
    settle(service, handle).await
}

/// What hangs on an erased document falls with it; then nothing of it stays in the write-ahead log.
async fn erased(service: &Arc<Service>, handle: &Handle) -> Result<()> {
    settle(service, handle).await?;
    let store = Arc::clone(&service.store);
    blocking(move || Ok(store.forget_traces()?)).await
}

async fn settle(service: &Arc<Service>, handle: &Handle) -> Result<()> {
    if service.port.is_recovering() {
        return Ok(());
    }
    let office = service.office.clone();
    let due = blocking(move || {
        office.settle_matches()?;
        Ok(office.handovers_due()?)
    })
    .await?;
    for handover in due {
        let Some(node) = lock(&handle.nodes).get(&handover.partner).copied() else { continue };
        let (answer, answered) = oneshot::channel();
        let command = Command::HandOver { node, request: handover.bytes, answer };
        if handle.network.send(command).await.is_err() {
            return Ok(());
        }
        match answered.await {
            Ok(Ok(acknowledgement)) => {
                let office = service.office.clone();
                blocking(move || Ok(office.handover_answered(handover.id, acknowledgement)?)).await?;
                // What the answer changed may seal a next one.
                service.matches_moved.notify_one();
                let _ = service.changes.send(web::Change::partner());
            }
            Ok(Err(error)) => tracing::info!(%error, "a handover waits for its partner"),
            Err(_) => return Ok(()),
        }
    }
    give_receipts(service, handle).await
}
