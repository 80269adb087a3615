//! `overbuur backup` and `restore`: the whole node in one encrypted file, and a node from it that
//! lets nobody come back who was erased since.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use casework::{Actor, Error};
use schemas::ids::RootId;
use serde_json::{Value, json};

use crate::home::Home;
use crate::keys::write_private;
use crate::runtime::{blocking, recovering};
use crate::service::Service;
use crate::{archive, clock, errands};

/// Writes a backup to a file that is not there yet.
///
/// # Errors
/// A file that is there, or a failing store.
pub async fn backup(service: &Arc<Service>, out: PathBuf, recipient: Option<String>) -> Result<Vec<Value>> {
    let held = Arc::clone(service);
    let row = blocking(move || {
        // One at a time: the copy has a fixed place.
        let _alone = held.papers_change();
        let dir = held.home.dir();
        let (recipient, new) = archive::recipient(dir, recipient.as_deref())?;
        let copy = dir.join("backup-copy.db");
        forget(&copy)?;
        let packed = held.store.copy_to(&copy).map_err(Into::into).and_then(|()| archive::pack(dir, &copy, &recipient));
        forget(&copy)?;
        let packed = packed?;
        write_private(&out, &packed)?;
        Ok(json!({
            "file": out,
            "bytes": packed.len(),
            "recipient": recipient.to_string(),
            "key": new.then(|| dir.join("backup.key")),
        }))
    })
    .await?;
    Ok(vec![row])
}

fn forget(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} kan niet weg", path.display()))
        }
        _ => Ok(()),
    }
}

/// Makes a node in a new folder from a backup. `erasures` is the ledger of the node that was lost,
/// when it is still there.
///
/// # Errors
/// Another key, a folder that is not empty, or files that are not what they should be; nothing is
/// left in the folder that a next attempt does not clear.
pub fn restore(dir: &Path, packed: &[u8], key: &str, erasures: Option<&[u8]>) -> Result<Value> {
    let files = archive::unpack(packed, key)?;
    let erased = store::erased_persons(erasures.unwrap_or_default()).context("het register van wissingen")?;
    let home = Home::restore(dir, &files, erasures)?;
    let service = Service::of(home, false)?;
    service.store.begin_anew(clock::random(), clock::now(), &erased)?;
    let mut again = 0;
    for person in &erased {
        match service.office.erase_person(&Actor::command_line(), *person) {
            Ok(_) => again += 1,
            Err(Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let partners: BTreeSet<RootId> = service.store.partners()?.into_iter().map(|partner| partner.root).collect();
    recovering::wait_for(&service.store, &partners)?;
    errands::ask_again(&service.store, &partners)?;
    service.home.finish()?;
    Ok(json!({
        "municipality": service.home.refnis()?.name(),
        "root": service.home.owner().to_string(),
        "erased_again": again,
        "awaits": partners.iter().map(|root| service.name_of(*root)).collect::<Vec<_>>(),
    }))
}
