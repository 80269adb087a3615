//! `overbuur init`: a new node with its keys, its store and its first accounts.

use std::path::Path;

use anyhow::{Result, anyhow};
use casework::office::AccountRole;
use schemas::places::{Kbo, Refnis};
use serde_json::{Value, json};
use store::Identity;

use crate::commands::accounts;
use crate::home::{Configuration, Home};
use crate::service::Service;
use crate::{clock, keys};

/// What a new node is told.
pub struct NewNode<'a> {
    /// Its folder.
    pub dir: &'a Path,
    /// REFNIS code.
    pub refnis: &'a str,
    /// Enterprise number.
    pub kbo: Option<&'a str>,
    /// Name of a coordinator's account.
    pub coordinator: Option<&'a str>,
    /// Mail or phone of the office.
    pub office: &'a str,
    /// Settings.
    pub configuration: Configuration,
}

/// Makes the node; what to tell the administrator.
///
/// # Errors
/// An unknown code, or a folder that is not empty; nothing is changed then.
pub fn init(new: NewNode<'_>) -> Result<Value> {
    let refnis: Refnis = new
        .refnis
        .parse()
        .map_err(|_| anyhow!("Geen enkele gemeente heeft REFNIS-code {}; kijk ze na bij Statbel", new.refnis))?;
    let kbo: Option<Kbo> = match new.kbo {
        Some(kbo) => Some(kbo.parse().map_err(|_| anyhow!("{kbo} is geen ondernemingsnummer van tien cijfers"))?),
        None => None,
    };
    let ended = refnis.municipality().valid_until;
    let remark = ended.filter(|last| *last < clock::now().day()).map(|last| {
        let into = refnis.municipality().merged_into.and_then(|code| format!("{code:05}").parse::<Refnis>().ok());
        let into = into.map(|into| format!(" en hoort nu bij {}", into.name())).unwrap_or_default();
        format!("{} hield op te bestaan op {last}{into}; de code is toch overgenomen", refnis.name())
    });
    let home = Home::create(new.dir, refnis, kbo, new.configuration)?;
    let address = home.configuration.page_address();
    let service = Service::of(home, false)?;
    let claims = service.home.certificate.get();
    service.store.set_identity(&Identity {
        root: service.home.owner(),
        refnis,
        kbo: claims.kbo.clone(),
        name: refnis.name().to_owned(),
        office: new.office.to_owned(),
        store_id: clock::random(),
        incarnation: 1,
    })?;
    service.store.keep_certificate(&service.home.certificate_bytes)?;
    let mut links = vec![accounts::make(&service.office, &address, "beheerder", AccountRole::Administrator)?];
    if let Some(name) = new.coordinator {
        links.push(accounts::make(&service.office, &address, name, AccountRole::Coordinator)?);
    }
    service.home.finish()?;
    Ok(json!({
        "municipality": refnis.name(),
        "refnis": refnis.to_string(),
        "remark": remark,
        "fingerprint": keys::fingerprint(&service.home.owner().0),
        "root": service.home.owner().to_string(),
        "root_key": new.dir.join("root.key"),
        "links": links,
    }))
}
