//! `overbuur erase`: a person is erased here, and the documents about the person everywhere.

use std::sync::Arc;

use anyhow::Result;
use casework::Actor;
use casework::people::PersonId;
use serde_json::{Value, json};

use crate::runtime::blocking;
use crate::service::Service;

/// Erases a person.
///
/// # Errors
/// No such person.
pub async fn erase(service: &Arc<Service>, person: i64) -> Result<Vec<Value>> {
    let office = service.office.clone();
    let erasure = blocking(move || Ok(office.erase_person(&Actor::command_line(), PersonId(person))?)).await?;
    Ok(vec![json!({ "person": person, "erased": true, "documents": erasure.documents })])
}
