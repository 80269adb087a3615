//! `overbuur match`: drafts for the whole waiting list. A person decides; nothing is written.

use std::sync::Arc;

use anyhow::Result;
use casework::Actor;
use casework::search_view::{MentorWho, WholeList};
use serde_json::{Value, json};

use crate::runtime::blocking;
use crate::service::Service;

/// The best list as drafts, a row each; the fingerprint of the best list of each circle, which every
/// member finds that has the same cards; and what came of all of them last. A list that is not
/// proved the best is an error.
///
/// # Errors
/// A list that is not proved, a failing store.
pub async fn whole_list(service: &Arc<Service>) -> Result<Vec<Value>> {
    let office = service.office.clone();
    let list: WholeList = blocking(move || Ok(office.whole_list(&Actor::command_line())?)).await?;
    let mut rows: Vec<Value> = list
        .drafts
        .iter()
        .map(|draft| {
            let (mentor, municipality) = match &draft.mentor {
                MentorWho::Own { person, name, .. } => (json!({ "person": person.0, "name": name }), None),
                MentorWho::Partner { offer, municipality } => {
                    (json!({ "offer": offer.to_string() }), Some(municipality.name.clone()))
                }
            };
            json!({
                "what": "draft",
                "newcomer": { "person": draft.newcomer.0, "name": draft.name },
                "mentor": mentor,
                "municipality": municipality,
                "strength": format!("{:?}", draft.strength).to_lowercase(),
            })
        })
        .collect();
    rows.extend(
        list.without
            .iter()
            .map(|(person, name)| json!({ "what": "without", "newcomer": { "person": person.0, "name": name } })),
    );
    rows.extend(list.circles.iter().map(|circle| {
        json!({
            "what": "circle",
            "circle": circle.circle,
            "requests": circle.requests,
            "matches": circle.matches,
            "fingerprint": circle.fingerprint.to_string(),
        })
    }));
    rows.push(json!({
        "what": "list",
        "drafts": list.drafts.len(),
        "without": list.without.len(),
    }));
    Ok(rows)
}
