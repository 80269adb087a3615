//! `overbuur population`: the table that the small-cell guard counts in, through the same use case
//! as the page.

use std::sync::Arc;

use anyhow::Result;
use casework::Actor;
use serde_json::{Value, json};

use crate::runtime::blocking;
use crate::service::Service;

/// Takes over the table in `file`, where there is one; tells which table is in use then.
///
/// # Errors
/// A file that is no table of this municipality: the table before it stays.
pub async fn population(service: &Arc<Service>, file: Option<Vec<u8>>) -> Result<Vec<Value>> {
    let office = service.office.clone();
    let loads = file.is_some();
    let table = blocking(move || {
        let actor = Actor::command_line();
        Ok(match file {
            Some(file) => Some(office.set_population_csv(&actor, &file)?),
            None => office.population_table(&actor)?,
        })
    })
    .await?;
    if loads {
        let _ = service.changes.send(web::Change::local(web::Region::People));
    }
    Ok(vec![match table {
        Some(table) => json!({
            "given": true,
            "since": table.since.map(|at| at.0),
            "rows": table.rows,
            "people": table.people,
            "languages": table.languages,
        }),
        None => json!({ "given": false }),
    }])
}
