//! The keys of a municipality and the certificate that ties them together.
//!
//! The root key signs node certificates and is needed for nothing else, so it may be kept off
//! the machine. A key never appears in a log, an error or a `Debug` output.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ed25519_dalek::SigningKey;
use schemas::certificate::{CERTIFICATE_DAYS, NodeCertificate, Verified};
use schemas::ids::{NodeKey, RootKey, from_hex, to_hex};
use schemas::places::{Kbo, Refnis};
use schemas::time::Timestamp;

use crate::clock;

/// A new signing key.
pub fn new_key() -> SigningKey {
    SigningKey::from_bytes(&clock::random())
}

/// The verification key of a root.
pub fn root_key(root: &SigningKey) -> RootKey {
    RootKey(root.verifying_key().to_bytes())
}

/// The verification key of a node.
pub fn node_key(node: &SigningKey) -> NodeKey {
    NodeKey(node.verifying_key().to_bytes())
}

/// A one-year certificate for `node`, signed by `root` and by `node` itself.
pub fn certify(
    root: &SigningKey,
    node: &SigningKey,
    refnis: Refnis,
    kbo: Option<Kbo>,
    serial: u64,
    now: Timestamp,
) -> Vec<u8> {
    let from = now.hour();
    NodeCertificate {
        root: root_key(root),
        refnis: refnis.to_string(),
        kbo: kbo.map(|kbo| kbo.to_string()).unwrap_or_default(),
        node: node_key(node),
        serial,
        valid_from: from,
        valid_until: from.plus_days(CERTIFICATE_DAYS),
        retired: Vec::new(),
        successor: None,
    }
    .sign(root, node)
}

/// Writes 32 secret bytes as hexadecimal in a new file that only its owner reads.
pub fn write_secret(path: &Path, secret: &[u8; 32]) -> Result<()> {
    write_private(path, format!("{}\n", to_hex(secret)).as_bytes())
}

/// Writes a new file that only its owner reads, durable when this returns.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let half = half(path);
    let written =
        write_half(&half, bytes).with_context(|| format!("{} kan niet geschreven worden", path.display())).and_then(
            |()| std::fs::hard_link(&half, path).with_context(|| format!("{} kan niet gemaakt worden", path.display())),
        );
    // What a power cut leaves halfway is written over by the next.
    let _ = std::fs::remove_file(&half);
    written?;
    sync_folder(path)
}

/// Where [`write_private`] writes before the file has its name.
pub fn half(path: &Path) -> PathBuf {
    path.with_added_extension("half")
}

/// Writes a file that only its owner reads in the place of one of before, durable when this
/// returns; a power cut leaves the one or the other.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let half = half(path);
    write_half(&half, bytes)
        .and_then(|()| std::fs::rename(&half, path))
        .with_context(|| format!("{} kan niet geschreven worden", path.display()))?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).with_context(|| folder.display().to_string())
}

fn write_half(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Reads 32 secret bytes.
pub fn read_secret(path: &Path) -> Result<[u8; 32]> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} kan niet gelezen worden", path.display()))?;
    secret_in(text.as_bytes()).with_context(|| format!("{} is geen sleutelbestand", path.display()))
}

/// 32 secret bytes as [`write_secret`] writes them.
pub fn secret_in(text: &[u8]) -> Result<[u8; 32]> {
    let text = std::str::from_utf8(text).unwrap_or_default();
    from_hex(text.trim()).map_err(|_| anyhow::anyhow!("geen 64 hexadecimale cijfers"))
}

/// The certificate in a file, checked to be that of `node`.
pub fn read_certificate(path: &Path, node: &SigningKey) -> Result<(Verified<NodeCertificate>, Vec<u8>)> {
    let bytes = std::fs::read(path).with_context(|| format!("{} kan niet gelezen worden", path.display()))?;
    let Ok(certificate) = NodeCertificate::verify(&bytes) else {
        bail!(
            "{} is geen geldig certificaat: beschadigd, of van een proefversie. Zet een reservekopie terug met \
             `overbuur restore`, of maak een nieuw knooppunt met `overbuur init` en koppel opnieuw",
            path.display()
        );
    };
    if certificate.get().node != node_key(node) {
        bail!("{} hoort niet bij de sleutel van dit knooppunt", path.display());
    }
    Ok((certificate, bytes))
}

/// A fingerprint as people read it: eight groups of four digits of its first half.
pub fn fingerprint(bytes: &[u8; 32]) -> String {
    let digits = to_hex(&bytes[..16]);
    let groups: Vec<&str> = (0..8).map(|at| &digits[at * 4..at * 4 + 4]).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_says_who_and_for_a_year() {
        let (root, node) = (new_key(), new_key());
        let refnis: Refnis = "11029".parse().expect("in the table");
        let now = Timestamp(1_800_000_000);
        let bytes = certify(&root, &node, refnis, None, 1, now);
        let certificate = NodeCertificate::verify(&bytes).expect("just signed").into_inner();
        assert_eq!(certificate.owner(), root_key(&root).id());
        assert_eq!(certificate.node, node_key(&node));
        assert!(certificate.covers(now.hour()));
        assert!(!certificate.covers(now.hour().plus_days(366)));
        assert!(bytes.len() < 400, "fits a pairing message: {}", bytes.len());
    }

    #[test]
    fn a_secret_is_read_back_and_never_overwritten() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("key");
        write_secret(&path, &[7; 32])?;
        assert_eq!(read_secret(&path)?, [7; 32]);
        assert!(write_secret(&path, &[8; 32]).is_err());
        assert_eq!(read_secret(&path)?, [7; 32]);
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        Ok(())
    }
}
