//! `overbuur erase`: a person is erased here, and the documents about the person everywhere.

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
