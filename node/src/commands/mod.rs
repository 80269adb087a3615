//! What a node does when it is asked through its control socket or by a command on a stopped
//! node. A request is data; each answers with rows of JSON or one sentence that says why not.

pub mod accounts;
pub mod backup;
mod documents;
mod import;
pub mod init;
mod matching;
mod pairing;
mod papers;
mod partner_life;
mod persons;
mod population;
pub mod print;
mod run;
mod status;

pub use status::live_states;

use std::sync::Arc;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::demo::steps::{self, Step};
use crate::service::Service;

pub use run::run;

/// What can be asked of a node.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// How it is doing.
    Status,
    /// Partners and pairings.
    Partners,
    /// A new invitation.
    Invite {
        /// Name of the circle.
        circle: Option<String>,
        /// Reference of its arrangement.
        arrangement: Option<String>,
    },
    /// Uses an invitation.
    Join {
        /// As text.
        invitation: String,
    },
    /// Confirms a pairing.
    Confirm {
        /// REFNIS or the beginning of the fingerprint.
        who: String,
        /// The number that was read out.
        number: Option<String>,
    },
    /// Where a partner listens.
    Address {
        /// REFNIS or the beginning of the fingerprint.
        who: String,
        /// Multiaddresses.
        addresses: Vec<String>,
    },
    /// Exchanges nothing with a partner for now.
    Suspend {
        /// REFNIS or the beginning of the fingerprint.
        who: String,
        /// Why.
        why: String,
    },
    /// Goes on with a suspended partner.
    Resume {
        /// REFNIS or the beginning of the fingerprint.
        who: String,
    },
    /// Ends a partnership.
    Leave {
        /// REFNIS or the beginning of the fingerprint.
        who: String,
    },
    /// Signs the next certificate, with the root key that follows or the one in the folder.
    Renew,
    /// Replaces the node's key, with the root key that follows or the one in the folder.
    RotateKey,
    /// Merges this municipality into a partner, with the root key that follows or the one in the
    /// folder.
    MergeInto {
        /// REFNIS or the beginning of the fingerprint.
        who: String,
    },
    /// This node's certificate, or that of a partner to take over.
    Certificate {
        /// As text.
        of_partner: Option<String>,
    },
    /// Writes a backup.
    Backup {
        /// A file that is not there yet.
        out: std::path::PathBuf,
        /// An age recipient.
        recipient: Option<String>,
    },
    /// The arrangement of a circle.
    Circle {
        /// Name.
        circle: Option<String>,
        /// Reference.
        arrangement: String,
    },
    /// Reads the file that follows.
    Import {
        /// Its name.
        name: String,
        /// Whether nothing is written.
        dry_run: bool,
        /// Whether the persons are marked as made by the demonstration.
        demo: bool,
    },
    /// The population table in use.
    Population {
        /// Whether the one that follows is taken over first.
        load: bool,
    },
    /// Drafts for the whole waiting list.
    Match,
    /// A link for a new or known account.
    Account {
        /// Name.
        name: String,
        /// What a new one may do.
        role: accounts::Role,
    },
    /// Erases a person.
    Erase {
        /// Number.
        person: i64,
    },
    /// Erasures with the receipts of partners.
    Erasures,
    /// Every shared document.
    Documents,
    /// One shared document.
    Document {
        /// Id.
        document: String,
    },
    /// One shared document as an Automerge file.
    DocumentFile {
        /// Id.
        document: String,
    },
    /// A step of the demonstration; refused on any other node.
    Demo(Step),
}

/// Carries out a request.
///
/// # Errors
/// Why not.
pub async fn execute(service: &Arc<Service>, request: Request, file: Vec<u8>) -> Result<Vec<Value>> {
    match request {
        Request::Status => status::status(service).await,
        Request::Partners => pairing::partners(service),
        Request::Invite { circle, arrangement } => pairing::invite(service, circle, arrangement).await,
        Request::Join { invitation } => pairing::join(service, &invitation).await,
        Request::Confirm { who, number } => pairing::confirm(service, &who, number.as_deref()).await,
        Request::Address { who, addresses } => pairing::address(service, &who, addresses).await,
        Request::Suspend { who, why } => partner_life::suspend(service, &who, why).await,
        Request::Resume { who } => partner_life::resume(service, &who).await,
        Request::Leave { who } => partner_life::leave(service, &who).await,
        Request::Renew => papers::renew(service, &file).await,
        Request::RotateKey => papers::rotate(service, &file).await,
        Request::MergeInto { who } => papers::merge_into(service, &who, &file).await,
        Request::Certificate { of_partner: None } => Ok(papers::own(service)),
        Request::Certificate { of_partner: Some(text) } => papers::take(service, &text).await,
        Request::Backup { out, recipient } => backup::backup(service, out, recipient).await,
        Request::Circle { circle, arrangement } => pairing::arrange(service, circle, arrangement).await,
        Request::Import { name, dry_run, demo } => {
            import::import(service, name, file, dry_run, demo && service.demo).await
        }
        Request::Population { load } => population::population(service, load.then_some(file)).await,
        Request::Match => matching::whole_list(service).await,
        Request::Account { name, role } => accounts::account(service, name, role).await,
        Request::Erase { person } => persons::erase(service, person).await,
        Request::Erasures => persons::erasures(service).await,
        Request::Documents => documents::list(service),
        Request::Document { document } => documents::show(service, &document),
        Request::DocumentFile { document } => documents::file(service, &document),
        Request::Demo(step) => steps::carry_out(service, step).await,
    }
}

/// An error as one line for people.
pub fn sentence(error: &anyhow::Error) -> String {
    let mut parts = Vec::new();
    for cause in error.chain() {
        if let Some(store::OpenError::Full) = cause.downcast_ref() {
            parts.push("de schijf is vol".to_owned());
            continue;
        }
        parts.push(match (cause.downcast_ref::<casework::Error>(), cause.downcast_ref::<std::io::Error>()) {
            (Some(error), _) => worded(error),
            (None, Some(error)) => of_the_machine(error),
            (None, None) => cause.to_string(),
        });
    }
    parts.join(": ").replace('\n', " ")
}

/// What files and sockets answer, in words.
fn of_the_machine(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "bestaat niet".to_owned(),
        ErrorKind::PermissionDenied => "geen toegang".to_owned(),
        ErrorKind::IsADirectory => "is een map".to_owned(),
        ErrorKind::NotADirectory => "is geen map".to_owned(),
        ErrorKind::StorageFull => "de schijf is vol".to_owned(),
        _ => error.to_string(),
    }
}

fn worded(error: &casework::Error) -> String {
    use casework::Error;
    match error {
        Error::NotFound => "Dat bestaat hier niet".to_owned(),
        Error::Forbidden => "Dat mag je niet met deze rol".to_owned(),
        Error::Invalid(fields) => {
            let fields: Vec<String> = fields.iter().map(web::refused_field).collect();
            format!("Niet te begrijpen: {}", fields.join(", "))
        }
        Error::Conflict { by, .. } => format!("Intussen gewijzigd door {by}"),
        Error::Refused(code) => web::refusal(code).unwrap_or_else(|| format!("Geweigerd: {code}")),
        Error::Store(why) if why == "disk-full" => "De schijf is vol; er is niets veranderd".to_owned(),
        Error::Store(why) => format!("De databank kon het niet: {why}"),
    }
}
