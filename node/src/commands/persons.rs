//! `overbuur erase`: a person is erased here, and the documents about the person everywhere; and
//! which partners signed that nothing is left of what was erased.

use std::sync::Arc;

use anyhow::Result;
use casework::Actor;
use casework::people::PersonId;
use casework::ports::Storage;
use serde_json::{Value, json};

use crate::runtime::{blocking, settle};
use crate::service::Service;

/// Erases a person.
///
/// # Errors
/// No such person.
pub async fn erase(service: &Arc<Service>, person: i64) -> Result<Vec<Value>> {
    let office = service.office.clone();
    let erasure = blocking(move || Ok(office.erase_person(&Actor::command_line(), PersonId(person))?)).await?;
    if service.running.get().is_none() {
        // Nobody else will do it before the next start: the shared documents go from here now.
        settle(&service.home, service.parts()).await?;
        let store = Arc::clone(&service.store);
        blocking(move || Ok(store.forget_traces()?)).await?;
    }
    Ok(vec![json!({ "person": person, "erased": true, "documents": erasure.documents })])
}

/// Erasures with the partners that signed and those that are awaited.
///
/// # Errors
/// A failing store.
pub async fn erasures(service: &Arc<Service>) -> Result<Vec<Value>> {
    let office = service.office.clone();
    let rows = blocking(move || Ok(office.erasures(&Actor::command_line())?)).await?;
    let rows = rows.into_iter().map(|row| {
        let (came, awaited): (Vec<_>, Vec<_>) = row.partners.into_iter().partition(|(_, at)| at.is_some());
        json!({
            "asked_at": row.asked_at.0,
            "documents": row.documents,
            "confirmed": came.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "awaited": awaited.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
        })
    });
    Ok(rows.collect())
}
