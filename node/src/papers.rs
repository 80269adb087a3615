//! The node's key and certificate on disk: renewed, or replaced with the key before them retired.
//!
//! Both files change together or not at all: what is new lies beside what is old until it is
//! whole, and whoever opens the folder next finishes what was begun.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ed25519_dalek::SigningKey;
use schemas::certificate::{CERTIFICATE_DAYS, NodeCertificate};
use schemas::time::Timestamp;

use crate::keys::{node_key, read_secret, root_key, write_private, write_secret};

/// Days before its end from which a certificate is to be renewed.
pub const RENEW_DAYS: u32 = 60;
/// Keys that a certificate retires, at most: it is to fit in a request of one KiB.
const MAX_RETIRED: usize = 6;

const KEY: &str = "node.key";
const NEW_KEY: &str = "node.key.new";
const CERTIFICATE: &str = "certificate";
const NEW_CERTIFICATE: &str = "certificate.new";

/// The root key: in `given`, or in the folder of the node.
///
/// # Errors
/// None there, or another municipality's.
pub fn root_of(dir: &Path, given: Option<[u8; 32]>, held: &NodeCertificate) -> Result<SigningKey> {
    let secret = match given {
        Some(secret) => secret,
        None => read_secret(&dir.join("root.key"))
            .context("De stamsleutel staat niet in deze map; geef hem met --root-key")?,
    };
    let root = SigningKey::from_bytes(&secret);
    if root_key(&root) != held.root {
        bail!("Dat is niet de stamsleutel van deze gemeente");
    }
    Ok(root)
}

/// The certificate after `held`, for the same key or another one, of a node in this `incarnation`.
/// A restored node does not know which serials it gave out after its backup: they are below the
/// second in which it was restored, which is its incarnation.
///
/// # Errors
/// More retired keys than a certificate may name.
pub fn next(
    root: &SigningKey,
    held: &NodeCertificate,
    node: &SigningKey,
    incarnation: u64,
    now: Timestamp,
) -> Result<NodeCertificate> {
    let mut retired = held.retired.clone();
    if node_key(node) != held.node {
        retired.push(held.node);
    }
    if retired.len() > MAX_RETIRED {
        bail!("Deze gemeente verving al {MAX_RETIRED} sleutels; meer kan niet zonder opnieuw te koppelen");
    }
    let from = now.hour();
    Ok(NodeCertificate {
        root: root_key(root),
        node: node_key(node),
        serial: (held.serial + 1).max(incarnation),
        valid_from: from,
        valid_until: from.plus_days(CERTIFICATE_DAYS),
        retired,
        ..held.clone()
    })
}

/// Why a certificate is not taken whose key another municipality showed to be its own.
pub const OF_ANOTHER: &str = "De sleutel in dat certificaat is van een andere gemeente";

/// Whether both are of the same municipality, by what administrators compared.
pub fn says_who(one: &NodeCertificate, other: &NodeCertificate) -> bool {
    (one.root, &one.refnis, &one.kbo) == (other.root, &other.refnis, &other.kbo)
}

/// Puts a certificate, and a key where it is for another one, in the place of those before.
///
/// # Errors
/// What the file system says; nothing is changed then.
pub fn replace(dir: &Path, key: Option<&SigningKey>, certificate: &[u8]) -> Result<()> {
    finish(dir)?;
    if let Some(key) = key {
        write_secret(&dir.join(NEW_KEY), key.as_bytes())?;
    }
    write_private(&dir.join(NEW_CERTIFICATE), certificate)?;
    finish(dir)
}

/// Finishes a replacement that was begun, or takes it back when it was not whole yet.
///
/// # Errors
/// What the file system says.
pub fn finish(dir: &Path) -> Result<()> {
    let (new_key, new_certificate) = (dir.join(NEW_KEY), dir.join(NEW_CERTIFICATE));
    let certificate = match fs::read(&new_certificate) {
        Ok(bytes) => NodeCertificate::verify(&bytes).ok(),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            return Err(error).with_context(|| format!("{} kan niet gelezen worden", new_certificate.display()));
        }
    };
    let is_for = |path: PathBuf| {
        let key = read_secret(&path).ok().map(|secret| node_key(&SigningKey::from_bytes(&secret)));
        certificate.as_ref().is_some_and(|certificate| key == Some(certificate.get().node))
    };
    if is_for(new_key.clone()) {
        rename(&new_key, &dir.join(KEY))?;
    }
    if is_for(dir.join(KEY)) {
        rename(&new_certificate, &dir.join(CERTIFICATE))?;
    }
    for path in [new_key, new_certificate] {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} kan niet weg", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).with_context(|| format!("{} kan niet vervangen worden", to.display()))
}

/// Keeps a key that is to be retired: with it partners are told of the one after it.
///
/// # Errors
/// What the file system says.
pub fn keep_retired(dir: &Path, serial: u64, key: &SigningKey) -> Result<()> {
    let path = dir.join(format!("retired-{serial}.key"));
    if read_secret(&path).is_ok_and(|held| held == *key.as_bytes()) {
        return Ok(());
    }
    write_secret(&path, key.as_bytes())
}

/// Keys that were retired and of which not every partner has heard, with their files.
///
/// # Errors
/// What the file system says.
pub fn retired(dir: &Path) -> Result<Vec<(PathBuf, SigningKey)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("{} kan niet gelezen worden", dir.display()))? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with("retired-") && name.ends_with(".key") {
            let key = SigningKey::from_bytes(&read_secret(&path)?);
            found.push((path, key));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::keys::{certify, new_key};

    fn folder() -> (tempfile::TempDir, SigningKey, SigningKey, NodeCertificate) {
        let temp = tempfile::tempdir().expect("a folder");
        let (root, node) = (new_key(), new_key());
        let bytes = certify(&root, &node, "11029".parse().expect("in the table"), None, 1, clock::now());
        write_secret(&temp.path().join(KEY), node.as_bytes()).expect("written");
        write_private(&temp.path().join(CERTIFICATE), &bytes).expect("written");
        let certificate = NodeCertificate::verify(&bytes).expect("just signed").into_inner();
        (temp, root, node, certificate)
    }

    fn held(dir: &Path) -> NodeCertificate {
        let node = SigningKey::from_bytes(&read_secret(&dir.join(KEY)).expect("a key"));
        crate::keys::read_certificate(&dir.join(CERTIFICATE), &node).expect("they fit").0.into_inner()
    }

    #[test]
    fn a_renewal_keeps_the_key_and_a_rotation_retires_it() -> Result<()> {
        let (temp, root, node, first) = folder();
        let dir = temp.path();
        let renewed = next(&root, &first, &node, 1, clock::now())?;
        assert_eq!((renewed.serial, renewed.node, renewed.retired.len()), (2, first.node, 0));
        replace(dir, None, &renewed.sign(&root, &node))?;
        assert_eq!(held(dir), renewed);
        let other = new_key();
        let rotated = next(&root, &renewed, &other, 1, clock::now())?;
        assert_eq!((rotated.serial, rotated.retired.as_slice()), (3, &[first.node][..]));
        replace(dir, Some(&other), &rotated.sign(&root, &other))?;
        assert_eq!(held(dir), rotated);
        assert!(NodeCertificate::verify(&rotated.sign(&root, &node)).is_err(), "the new key signs too");
        let itself = NodeCertificate { retired: vec![rotated.node], ..rotated.clone() };
        assert!(NodeCertificate::verify(&itself.sign(&root, &other)).is_err(), "a key cannot retire itself");
        let (mut many, mut last) = (rotated, other);
        while many.retired.len() < MAX_RETIRED {
            last = new_key();
            many = next(&root, &many, &last, 1, clock::now())?;
        }
        assert!(many.sign(&root, &last).len() < 500, "fits a request beside addresses");
        assert!(next(&root, &many, &new_key(), 1, clock::now()).is_err());
        Ok(())
    }

    #[test]
    fn after_a_restore_no_serial_is_given_out_again() -> Result<()> {
        let (_temp, root, node, backed_up) = folder();
        let lost = next(&root, &backed_up, &new_key(), 1, clock::now())?;
        let lost = next(&root, &lost, &new_key(), 1, clock::now())?;
        let restored = clock::now().0;
        let first = next(&root, &backed_up, &new_key(), restored, clock::now())?;
        assert!(first.serial > lost.serial, "partners have that one");
        assert_eq!(first.retired, [backed_up.node]);
        let second = next(&root, &first, &node, restored, clock::now())?;
        assert_eq!(second.serial, first.serial + 1);
        Ok(())
    }

    #[test]
    fn a_replacement_that_was_cut_short_is_finished_or_taken_back() -> Result<()> {
        let (temp, root, _, first) = folder();
        let dir = temp.path();
        let other = new_key();
        let rotated = next(&root, &first, &other, 1, clock::now())?;
        // Only the key: nothing holds yet.
        write_secret(&dir.join(NEW_KEY), other.as_bytes())?;
        finish(dir)?;
        assert_eq!(held(dir), first);
        // Half a certificate.
        write_secret(&dir.join(NEW_KEY), other.as_bytes())?;
        write_private(&dir.join(NEW_CERTIFICATE), &rotated.sign(&root, &other)[..40])?;
        finish(dir)?;
        assert_eq!(held(dir), first);
        // Both whole; and the key renamed, but not the certificate.
        write_secret(&dir.join(NEW_KEY), other.as_bytes())?;
        write_private(&dir.join(NEW_CERTIFICATE), &rotated.sign(&root, &other))?;
        rename(&dir.join(NEW_KEY), &dir.join(KEY))?;
        finish(dir)?;
        assert_eq!(held(dir), rotated);
        assert!(!dir.join(NEW_CERTIFICATE).exists() && !dir.join(NEW_KEY).exists());
        Ok(())
    }

    #[test]
    fn only_the_root_of_the_municipality_signs() -> Result<()> {
        let (temp, root, node, first) = folder();
        let dir = temp.path();
        assert!(root_of(dir, None, &first).is_err(), "kept elsewhere");
        assert!(root_of(dir, Some([7; 32]), &first).is_err(), "another's");
        assert_eq!(root_of(dir, Some(*root.as_bytes()), &first)?.as_bytes(), root.as_bytes());
        keep_retired(dir, 1, &node)?;
        keep_retired(dir, 1, &node)?;
        assert_eq!(retired(dir)?.len(), 1);
        Ok(())
    }
}
