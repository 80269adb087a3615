//! A municipality whose certificate has ended: the pages say so, what is typed is kept, and once
//! the certificate is renewed everything goes on.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use casework::ports::{Circle, Clock};
use casework::schemas::certificate::{CERTIFICATE_DAYS, NodeCertificate};
use casework::schemas::ids::{CircleId, NodeKey, RootId, RootKey, from_hex};
use casework::schemas::time::{Hour, Timestamp};
use ed25519_dalek::SigningKey;
use store::Partner;
use tests::processes;
use tests::town::{Machine, Town, until};

use crate::walk::Walk;

/// The certificate of a municipality that began in that hour.
fn certificate(root: &SigningKey, node: &SigningKey, refnis: &str, valid_from: Hour) -> (RootId, Vec<u8>) {
    let certificate = NodeCertificate {
        root: RootKey(root.verifying_key().to_bytes()),
        refnis: refnis.to_owned(),
        kbo: String::new(),
        node: NodeKey(node.verifying_key().to_bytes()),
        serial: 1,
        valid_from,
        valid_until: valid_from.plus_days(CERTIFICATE_DAYS),
        retired: Vec::new(),
        successor: None,
    };
    (certificate.owner(), certificate.sign(root, node))
}

/// Gives a node that never ran a certificate that ended, and a partner with which it is in a circle.
fn ended(town: &Town) -> Result<()> {
    let secret = |name: &str| -> Result<SigningKey> {
        let text = std::fs::read_to_string(town.folder().join(name))?;
        Ok(SigningKey::from_bytes(&from_hex(text.trim()).ok().with_context(|| format!("{name} holds no key"))?))
    };
    let ago = |days: u64| Timestamp(Machine.now().0 - days * 86_400);
    let (me, old) = certificate(&secret("root.key")?, &secret("node.key")?, town.refnis, ago(400).hour());
    let [root, node] = [1, 2].map(|number| SigningKey::from_bytes(&[number; 32]));
    let (root, theirs) = certificate(&root, &node, "11007", ago(10).hour());
    let store = town.store()?;
    ensure!(store.drop_unnamed(&BTreeSet::from([me]))? == BTreeSet::from([me]), "the one that it began with");
    std::fs::write(town.folder().join("certificate"), old)?;
    let (name, refnis, kbo) = ("Borsbeek".to_owned(), "11007".parse()?, String::new());
    store.insert_partner(&Partner { root, refnis, kbo, name, addresses: Vec::new(), since: ago(10) })?;
    store.keep_certificate(&theirs)?;
    let mut members = vec![me, root];
    members.sort_unstable();
    let (name, arrangement) = ("BAM".to_owned(), "GR 2026/114".to_owned());
    store.insert_circle(&Circle { id: CircleId([9; 16]), name, arrangement, members, pair: false })?;
    Ok(())
}

#[tokio::test]
async fn what_waits_while_the_certificate_has_ended_is_said() -> Result<()> {
    let home = processes::folder()?;
    let mut town = Town::found(home.path(), "Aartselaar", "11001")?;
    ended(&town)?;
    // With the root key in its folder it renews by itself.
    let (key, kept) = (town.folder().join("root.key"), home.path().join("root.key"));
    std::fs::rename(&key, &kept)?;
    town.start()?;
    let mut kaat = Walk::first_time(&town, true).await?;
    kaat.open("/partners").await?;
    let told = kaat.text().await?;
    ensure!(told.contains("Het certificaat van je gemeente is verlopen") && told.contains("wacht"), "{told}");
    kaat.look("partners-eigen-certificaat-verlopen").await?;

    kaat.open("/netwerk/nieuw").await?;
    kaat.write("title", "Loket").await?;
    kaat.write("body", "Breng je identiteitskaart mee.").await?;
    kaat.press("form[action='/netwerk/nieuw'] button", "main .notice").await?;
    let told = kaat.text().await?;
    ensure!(told.contains("Je tekst is bewaard") && told.contains("Bekijk je tekst"), "{told}");
    kaat.look("netwerk-eigen-certificaat-verlopen").await?;

    std::fs::rename(&kept, &key)?;
    town.command(&["renew"], &[])?;
    until(|| {
        let ended = town.status()?["certificate_valid"] != true;
        Ok(if ended { Err("the certificate has ended".to_owned()) } else { Ok(()) })
    })?;
    kaat.open("/partners").await?;
    let told = kaat.text().await?;
    ensure!(!told.contains("verlopen"), "{told}");
    kaat.close().await
}
