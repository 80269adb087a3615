//! `overbuur suspend`, `resume` and `leave`: what becomes of a partner after it was confirmed.

use std::sync::Arc;

use anyhow::Result;
use casework::Actor;
use casework::partner_life::Received;
use serde_json::{Value, json};

use crate::commands::pairing::find_partner;
use crate::runtime::{Ask, blocking, settle};
use crate::service::Service;

/// Suspends a partner, and says what it received.
///
/// # Errors
/// No such partner.
pub async fn suspend(service: &Arc<Service>, who: &str, why: String) -> Result<Vec<Value>> {
    let partner = find_partner(service, who)?;
    let (office, root) = (service.office.clone(), partner.root);
    let page = blocking(move || {
        office.suspend_partner(&Actor::command_line(), root, &why)?;
        Ok(office.partner_page(&Actor::command_line(), root)?)
    })
    .await?;
    service.tell(Ask::PartnersChanged).await;
    let received: Vec<Value> = page.received.iter().map(received_row).collect();
    Ok(vec![json!({
        "partner": partner.name,
        "root": root.to_string(),
        "state": "suspended",
        "since": page.suspended.map(|suspension| suspension.at.0),
        "received": received,
    })])
}

fn received_row(received: &Received) -> Value {
    json!({
        "document": received.document.to_string(),
        "kind": received.kind.map_or("contact_sheet", schemas::Kind::code),
        "person": received.person.map(|person| person.0),
    })
}

/// Goes on with a suspended partner.
///
/// # Errors
/// No such partner.
pub async fn resume(service: &Arc<Service>, who: &str) -> Result<Vec<Value>> {
    let partner = find_partner(service, who)?;
    let (office, root) = (service.office.clone(), partner.root);
    blocking(move || Ok(office.resume_partner(&Actor::command_line(), root)?)).await?;
    service.tell(Ask::PartnersChanged).await;
    Ok(vec![json!({ "partner": partner.name, "root": root.to_string(), "state": "active" })])
}

/// Ends a partnership.
///
/// # Errors
/// No such partner.
pub async fn leave(service: &Arc<Service>, who: &str) -> Result<Vec<Value>> {
    let partner = find_partner(service, who)?;
    let (office, root) = (service.office.clone(), partner.root);
    blocking(move || Ok(office.leave_partner(&Actor::command_line(), root)?)).await?;
    if service.running.get().is_none() {
        // Nobody else lets go of its documents before the next start.
        settle(&service.home, service.parts()).await?;
    }
    service.tell(Ask::PartnersChanged).await;
    Ok(vec![json!({ "partner": partner.name, "root": root.to_string(), "state": "left" })])
}
