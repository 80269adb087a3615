//! `overbuur renew`, `rotate-key`, `merge-into` and `certificate`: this node's certificate and key,
//! and the certificate of a partner as its administrator sends it.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use ed25519_dalek::SigningKey;
use replication::certificates::follows;
use schemas::certificate::NodeCertificate;
use schemas::ids::RootId;
use serde_json::{Value, json};

use crate::commands::pairing::find_partner;
use crate::keys::{fingerprint, new_key, secret_in};
use crate::runtime::{Ask, blocking, recovering};
use crate::service::Service;
use crate::{clock, papers};

const PREFIX: &str = "overbuur-certificaat:";

/// A root key as a command brings it; none when it brings nothing.
fn given(file: &[u8]) -> Result<Option<[u8; 32]>> {
    if file.is_empty() { Ok(None) } else { secret_in(file).map(Some) }
}

fn row(service: &Service, claims: &NodeCertificate) -> Value {
    json!({
        "municipality": service.name_of(claims.owner()),
        "root": claims.owner().to_string(),
        "serial": claims.serial,
        "node": fingerprint(&claims.node.0),
        "valid_until": claims.valid_until.start().0,
        "retired": claims.retired.len(),
        "merged_into": claims.successor.map(|root| service.name_of(root)),
    })
}

fn incarnation(service: &Service) -> Result<u64> {
    Ok(service.store.identity()?.context("de databank hoort nog bij geen gemeente")?.incarnation)
}

/// Signs the next certificate for the same key.
///
/// # Errors
/// No root key.
pub async fn renew(service: &Arc<Service>, root_key: &[u8]) -> Result<Vec<Value>> {
    let given = given(root_key)?;
    let claims = next_certificate(service, given, |before| Ok(before.successor)).await?;
    Ok(vec![row(service, &claims)])
}

/// Signs the next certificate for the same key, and has everybody use it.
async fn next_certificate(
    service: &Arc<Service>,
    root_key: Option<[u8; 32]>,
    successor: impl FnOnce(&NodeCertificate) -> Result<Option<RootId>> + Send + 'static,
) -> Result<NodeCertificate> {
    let held = Arc::clone(service);
    let claims = blocking(move || {
        let _one_at_a_time = held.papers_change();
        let own = held.own.get();
        let before = own.certificate.get();
        let successor = successor(before)?;
        let root = papers::root_of(held.home.dir(), root_key, before)?;
        let node = &held.home.node;
        let next = papers::next(&root, before, node, incarnation(&held)?, clock::now())?;
        let bytes = NodeCertificate { successor, ..next }.sign(&root, node);
        let certificate = NodeCertificate::verify(&bytes).context("het nieuwe certificaat klopt niet")?;
        let claims = certificate.get().clone();
        papers::replace(held.home.dir(), None, &bytes)?;
        held.store.keep_certificate(&bytes)?;
        held.own.set(certificate, bytes);
        Ok(claims)
    })
    .await?;
    service.tell(Ask::PartnersChanged).await;
    Ok(claims)
}

/// Replaces the node's key and retires the one before it; what that one signed is said again
/// when the node runs.
///
/// # Errors
/// A running node, or no root key; nothing is changed then.
pub async fn rotate(service: &Arc<Service>, root_key: &[u8]) -> Result<Vec<Value>> {
    if service.running.get().is_some() {
        bail!("Stop het knooppunt eerst: een nieuwe sleutel begint met een nieuwe start");
    }
    if !recovering::awaited(&service.store)?.is_empty() {
        bail!("Dit knooppunt herstelt nog van een back-up. Laat het lopen tot het klaar is en vervang dan de sleutel");
    }
    let given = given(root_key)?;
    let held = Arc::clone(service);
    let claims = blocking(move || {
        let own = held.own.get();
        let before = own.certificate.get();
        let root = papers::root_of(held.home.dir(), given, before)?;
        let key: SigningKey = new_key();
        let bytes = papers::next(&root, before, &key, incarnation(&held)?, clock::now())?.sign(&root, &key);
        let claims = NodeCertificate::verify(&bytes).context("het nieuwe certificaat klopt niet")?.into_inner();
        papers::keep_retired(held.home.dir(), before.serial, &held.home.node)?;
        papers::replace(held.home.dir(), Some(&key), &bytes)?;
        held.store.keep_certificate(&bytes)?;
        Ok(claims)
    })
    .await?;
    Ok(vec![row(service, &claims)])
}

/// Merges this municipality into a partner: signs that as its last word. Partners that hear it
/// take it from there; each that did is no partner any more.
///
/// # Errors
/// No such partner, one that is suspended, no root key, or a municipality that merged already.
pub async fn merge_into(service: &Arc<Service>, who: &str, root_key: &[u8]) -> Result<Vec<Value>> {
    let partner = find_partner(service, who)?;
    if service.office.suspensions()?.contains_key(&partner.root) {
        bail!("{} is opgeschort; hervat eerst de samenwerking", partner.name);
    }
    if !recovering::awaited(&service.store)?.is_empty() {
        bail!("Dit knooppunt herstelt nog van een back-up. Laat het lopen tot het klaar is");
    }
    let given = given(root_key)?;
    let claims = next_certificate(service, given, move |before| match before.successor {
        Some(_) => bail!("Deze gemeente ging al op in een andere; dat kan maar één keer"),
        None => Ok(Some(partner.root)),
    })
    .await?;
    Ok(vec![row(service, &claims)])
}

/// This node's certificate as text, to send to a partner that cannot be reached.
///
/// # Errors
/// None.
pub fn own(service: &Arc<Service>) -> Vec<Value> {
    let own = service.own.get();
    let mut row = row(service, own.certificate.get());
    row["certificate"] = format!("{PREFIX}{}", data_encoding::BASE64URL_NOPAD.encode(&own.bytes)).into();
    vec![row]
}

/// Takes over the newer certificate of a partner. Its root signed it, so it does not matter how
/// it came.
///
/// # Errors
/// Not a certificate, of nobody known here, or not newer.
pub async fn take(service: &Arc<Service>, text: &str) -> Result<Vec<Value>> {
    let packed = text.split_whitespace().collect::<String>();
    let bytes = packed.strip_prefix(PREFIX).and_then(|code| {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(code.as_bytes()).ok()?;
        Some((NodeCertificate::verify(&bytes).ok()?, bytes))
    });
    let Some((certificate, bytes)) = bytes else { bail!("Dat is geen certificaat dat klopt") };
    let claims = certificate.into_inner();
    let held = Arc::clone(service);
    let taken = claims.clone();
    blocking(move || keep_newer(&held, &taken, &bytes)).await?;
    service.tell(Ask::PartnersChanged).await;
    Ok(vec![row(service, &claims)])
}

fn keep_newer(service: &Service, claims: &NodeCertificate, bytes: &[u8]) -> Result<()> {
    let owner: RootId = claims.owner();
    if !service.store.partners()?.iter().any(|partner| partner.root == owner) {
        bail!("Dat certificaat is van geen partner van deze gemeente");
    }
    if !claims.covers(clock::now().hour()) {
        bail!("Dat certificaat geldt nu niet");
    }
    let held = service.newest_of(owner)?;
    if held.as_ref().is_some_and(|held| !follows(claims, held)) {
        bail!("Dat certificaat is niet nieuwer dan het bekende");
    }
    if held.is_some_and(|held| !papers::says_who(&held, claims)) {
        bail!("Dat certificaat is van een andere gemeente dan bij het koppelen bevestigd werd");
    }
    if service.store.is_node_of_another(owner, claims.node)? {
        bail!("{}", papers::OF_ANOTHER);
    }
    Ok(service.store.keep_certificate(bytes)?)
}
