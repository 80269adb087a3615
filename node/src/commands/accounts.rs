//! `overbuur account`: a link with which somebody chooses a password and signs in.

use std::sync::Arc;

use anyhow::Result;
use casework::Office;
use casework::office::AccountRole;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::runtime::blocking;
use crate::service::Service;

/// What a new account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub enum Role {
    /// Installs and pairs; sees no persons.
    Administrator,
    /// Sees and changes persons, matches and duos.
    Coordinator,
    /// Library only.
    Member,
}

impl From<Role> for AccountRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Administrator => Self::Administrator,
            Role::Coordinator => Self::Coordinator,
            Role::Member => Self::Member,
        }
    }
}

/// Makes an account, or for a known name only a new link: a link is lost more often than a name.
///
/// # Errors
/// A name that cannot be.
pub async fn account(service: &Arc<Service>, name: String, role: Role) -> Result<Vec<Value>> {
    let (office, address) = (service.office.clone(), service.home.configuration.page_address());
    blocking(move || {
        let known = office.account_named(&name)?;
        let row = match known {
            Some(account) => json!({ "name": name, "link": link(&office, &address, account)?, "known": true }),
            None => make(&office, &address, &name, role.into())?,
        };
        Ok(vec![row])
    })
    .await
}

/// Makes an account with its first link.
///
/// # Errors
/// A name that cannot be, or is taken.
pub fn make(office: &Office, address: &str, name: &str, role: AccountRole) -> Result<Value> {
    let account = office.create_account(name, role)?;
    Ok(json!({ "name": name, "role": role.code(), "link": link(office, address, account)?, "known": false }))
}

fn link(office: &Office, address: &str, account: i64) -> Result<String> {
    Ok(format!("{address}/uitnodiging/{}", office.enrol_link(account)?))
}
