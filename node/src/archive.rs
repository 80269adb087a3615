//! Backups: the files of a node in one archive, encrypted (age) to a key that is kept elsewhere.
//!
//! The ledger of erasures is never in it: a backup must not bring back who was erased since.

use std::fs;
use std::path::Path;

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use anyhow::{Context, Result, anyhow, bail};
use minicbor::bytes::ByteVec;

use crate::keys::{replace_private, write_private};

/// Names a file of a node may have in an archive.
const FILES: &[&str] = &["root.key", "node.key", "certificate", "store.key", "config.json", RECIPIENT, STORE];
/// The store in an archive.
pub const STORE: &str = "store.db";
const RECIPIENT: &str = "backup.recipient";
const KEY: &str = "backup.key";
const FORMAT: &str = "overbuur backup 1";

/// To whom backups of the node in `dir` are encrypted: the one given, the one of before, or a new
/// key, which is written beside the others and is to be kept elsewhere. Whether it is new.
///
/// # Errors
/// A recipient that is none, or files that cannot be written.
pub fn recipient(dir: &Path, given: Option<&str>) -> Result<(Recipient, bool)> {
    let parse = |text: &str| text.trim().parse::<Recipient>().map_err(|why| anyhow!("geen age-sleutel: {why}"));
    let path = dir.join(RECIPIENT);
    if let Some(given) = given {
        let recipient = parse(given)?;
        replace_private(&path, format!("{recipient}\n").as_bytes())?;
        return Ok((recipient, false));
    }
    if path.exists() {
        return Ok((parse(&fs::read_to_string(&path)?)?, false));
    }
    // A key without a recipient is left by one that got no further, and was told to nobody.
    let key = dir.join(KEY);
    let identity = if key.exists() {
        let text = fs::read_to_string(&key)?;
        text.trim().parse().map_err(|why| anyhow!("{}: geen age-sleutel: {why}", key.display()))?
    } else {
        let identity = Identity::generate();
        write_private(&key, format!("{}\n", identity.to_string().expose_secret()).as_bytes())?;
        identity
    };
    let recipient = identity.to_public();
    write_private(&path, format!("{recipient}\n").as_bytes())?;
    Ok((recipient, true))
}

/// The archive of the node in `dir`, with the copy of its store at `store`, encrypted.
///
/// # Errors
/// Files that cannot be read.
pub fn pack(dir: &Path, store: &Path, recipient: &Recipient) -> Result<Vec<u8>> {
    let mut files: Vec<(String, ByteVec)> = Vec::new();
    for name in FILES {
        let path = if *name == STORE { store.to_owned() } else { dir.join(name) };
        match fs::read(&path) {
            Ok(bytes) => files.push(((*name).to_owned(), bytes.into())),
            // The root key may be kept elsewhere.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && *name == "root.key" => {}
            Err(error) => return Err(error).with_context(|| format!("{} kan niet gelezen worden", path.display())),
        }
    }
    let archive = minicbor::to_vec((FORMAT, files))?;
    age::encrypt(recipient, &archive).context("de reservekopie kan niet versleuteld worden")
}

/// The files in an encrypted archive.
///
/// # Errors
/// Another key, or no archive of a node.
pub fn unpack(archive: &[u8], key: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let key = key.lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap_or_default();
    let identity: Identity = key.parse().map_err(|_| anyhow!("Dat is geen sleutel van reservekopieën"))?;
    let bytes = age::decrypt(&identity, archive)
        .map_err(|_| anyhow!("De reservekopie gaat niet open met deze sleutel, of is beschadigd"))?;
    let (format, files): (String, Vec<(String, ByteVec)>) =
        minicbor::decode(&bytes).map_err(|_| anyhow!("Dat is geen reservekopie van een knooppunt"))?;
    if format != FORMAT || files.iter().any(|(name, _)| !FILES.contains(&name.as_str())) {
        bail!("Dat is geen reservekopie die deze versie kent");
    }
    Ok(files.into_iter().map(|(name, bytes)| (name, bytes.into())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_opens_with_its_key_alone() -> Result<()> {
        let temp = tempfile::tempdir()?;
        let dir = temp.path();
        for name in FILES.iter().filter(|name| !["root.key", RECIPIENT].contains(name)) {
            fs::write(dir.join(name), name)?;
        }
        let (to, new) = recipient(dir, None)?;
        assert!(new && !recipient(dir, None)?.1, "the same next time");
        let packed = pack(dir, &dir.join(STORE), &to)?;
        let key = fs::read_to_string(dir.join(KEY))?;
        let files = unpack(&packed, &key)?;
        assert!(files.iter().any(|(name, bytes)| name == STORE && bytes == b"store.db"));
        assert!(!files.iter().any(|(name, _)| name == KEY || name == "root.key"));
        let other = Identity::generate().to_string();
        assert!(unpack(&packed, other.expose_secret()).is_err());
        assert!(unpack(&packed, "hello").is_err());
        let mut bent = packed.clone();
        let last = bent.len() - 20;
        bent[last] ^= 1;
        assert!(unpack(&bent, &key).is_err());
        assert!(unpack(&packed[..packed.len() / 2], &key).is_err());
        Ok(())
    }
}
