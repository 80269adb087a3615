//! The folder of a node: which files it has, how it is made, and that one process works in it.
//!
//! Opening a folder changes nothing in it but its lock.

use std::fs::{self, File, TryLockError};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ed25519_dalek::SigningKey;
use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::RootId;
use schemas::places::{Kbo, Refnis};
use serde::{Deserialize, Serialize};

use crate::{clock, keys, papers};

/// Where the node listens for partners unless told otherwise.
pub const USUAL_LISTEN: &str = "/ip4/0.0.0.0/tcp/4601";
/// Where the pages are served unless told otherwise.
pub const USUAL_HTTP: &str = "127.0.0.1:8080";

/// Says that a folder is being made: what is in it is nobody's yet.
const UNFINISHED: &str = "unfinished";
const NEW_CONFIGURATION: &str = "config.json.new";
/// What a folder that is being made may hold beside its lock and [`UNFINISHED`].
const HALF_MADE: &[&str] = &[
    "root.key",
    "node.key",
    "store.key",
    "certificate",
    NEW_CONFIGURATION,
    "store.db",
    "store.db-wal",
    "store.db-shm",
    "store.db.lock",
    "backup.recipient",
    "erasures",
];

/// What an administrator may change, in `config.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Where the node listens for partners.
    pub listen: Vec<String>,
    /// Addresses told to partners; empty: the ones it listens on.
    #[serde(default)]
    pub announce: Vec<String>,
    /// Where the pages are served.
    pub http: String,
    /// The address of the pages in links; empty: `http://` and where they are served.
    #[serde(default)]
    pub address: String,
}

impl Configuration {
    /// What a new node starts with.
    pub fn usual() -> Self {
        Self {
            listen: vec![USUAL_LISTEN.into()],
            announce: Vec::new(),
            http: USUAL_HTTP.into(),
            address: String::new(),
        }
    }

    /// Refuses addresses that nothing can listen on.
    fn must_be_possible(&self) -> Result<()> {
        let port = self
            .http
            .rsplit_once(':')
            .filter(|(host, _)| !host.is_empty())
            .and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none() {
            bail!("{} is geen adres voor de pagina's, zoals {USUAL_HTTP}", self.http);
        }
        self.listen.iter().try_for_each(|address| socket_address(address).map(drop))
    }

    /// The address of the pages, as a link begins.
    pub fn page_address(&self) -> String {
        if self.address.is_empty() {
            format!("http://{}", self.http)
        } else {
            self.address.trim_end_matches('/').to_owned()
        }
    }
}

/// A node's folder, held by this process.
pub struct Home {
    dir: PathBuf,
    /// Settings.
    pub configuration: Configuration,
    /// The node's key.
    pub node: SigningKey,
    /// Its certificate.
    pub certificate: Verified<NodeCertificate>,
    /// The certificate as bytes.
    pub certificate_bytes: Vec<u8>,
    /// Released when this process ends, however it ends.
    _lock: File,
}

/// Path of the control socket of the node in `dir`.
pub fn socket_path(dir: &Path) -> PathBuf {
    dir.join("control.sock")
}

/// Path of the store of the node in `dir`.
pub fn store_path(dir: &Path) -> PathBuf {
    dir.join("store.db")
}

/// Path of the store's key.
pub fn store_key_path(dir: &Path) -> PathBuf {
    dir.join("store.key")
}

/// Refuses a folder that is not a node's.
pub fn must_be_node(dir: &Path) -> Result<()> {
    if dir.join("config.json").is_file() {
        return Ok(());
    }
    bail!(
        "In {} staat geen knooppunt; maak er een met `overbuur init --dir {} --refnis …`",
        dir.display(),
        dir.display()
    )
}

impl Home {
    /// Makes the folder of a new node, with its keys and certificate. It is a node's only after
    /// [`Home::finish`]; one that was left half made is begun anew.
    ///
    /// # Errors
    /// A folder that is not empty, or settings that cannot be; nothing is changed then.
    pub fn create(dir: &Path, refnis: Refnis, kbo: Option<Kbo>, configuration: Configuration) -> Result<Self> {
        configuration.must_be_possible()?;
        must_be_empty(dir)?;
        let lock = make(dir)?;
        let (root, node) = (keys::new_key(), keys::new_key());
        let bytes = keys::certify(&root, &node, refnis, kbo, 1, clock::now());
        keys::write_secret(&dir.join("root.key"), root.as_bytes())?;
        keys::write_secret(&dir.join("node.key"), node.as_bytes())?;
        keys::write_secret(&store_key_path(dir), &clock::random())?;
        keys::write_private(&dir.join("certificate"), &bytes)?;
        let (certificate, certificate_bytes) = keys::read_certificate(&dir.join("certificate"), &node)?;
        Ok(Self { dir: dir.to_owned(), configuration, node, certificate, certificate_bytes, _lock: lock })
    }

    /// Makes the folder of a node from the files of a backup and the ledger of erasures. It is a
    /// node's only after [`Home::finish`].
    ///
    /// # Errors
    /// A folder that is not empty, or files that do not fit together.
    pub fn restore(dir: &Path, files: &[(String, Vec<u8>)], erasures: Option<&[u8]>) -> Result<Self> {
        let configuration = files.iter().find(|(name, _)| name == "config.json").map(|(_, bytes)| bytes.as_slice());
        let configuration: Configuration = serde_json::from_slice(configuration.unwrap_or_default())
            .context("config.json van de reservekopie is niet te begrijpen")?;
        must_be_empty(dir)?;
        let lock = make(dir)?;
        for (name, bytes) in files.iter().filter(|(name, _)| name != "config.json") {
            keys::write_private(&dir.join(name), bytes)?;
        }
        if let Some(ledger) = erasures {
            keys::write_private(&dir.join("erasures"), ledger)?;
        }
        let node = SigningKey::from_bytes(&keys::read_secret(&dir.join("node.key"))?);
        let (certificate, certificate_bytes) = keys::read_certificate(&dir.join("certificate"), &node)?;
        Ok(Self { dir: dir.to_owned(), configuration, node, certificate, certificate_bytes, _lock: lock })
    }

    /// Makes the folder a node's, once its store is ready too.
    ///
    /// # Errors
    /// What the file system says.
    pub fn finish(&self) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.configuration)?;
        let (new, path) = (self.dir.join(NEW_CONFIGURATION), self.dir.join("config.json"));
        keys::write_private(&new, format!("{text}\n").as_bytes())?;
        fs::rename(&new, &path).with_context(|| format!("{} kan niet gemaakt worden", path.display()))?;
        fs::remove_file(self.dir.join(UNFINISHED)).context("de map kan niet afgewerkt worden")
    }

    /// Opens the folder of a node for this process alone.
    ///
    /// # Errors
    /// No node there, files that do not fit together, or another process in it.
    pub fn open(dir: &Path) -> Result<Self> {
        must_be_node(dir)?;
        let lock = lock(dir)?;
        papers::finish(dir)?;
        let path = dir.join("config.json");
        let text = fs::read_to_string(&path).with_context(|| format!("{} kan niet gelezen worden", path.display()))?;
        let configuration =
            serde_json::from_str(&text).with_context(|| format!("{} is niet te begrijpen", path.display()))?;
        let node = SigningKey::from_bytes(&keys::read_secret(&dir.join("node.key"))?);
        let (certificate, certificate_bytes) = keys::read_certificate(&dir.join("certificate"), &node)?;
        Ok(Self { dir: dir.to_owned(), configuration, node, certificate, certificate_bytes, _lock: lock })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The store's key.
    pub fn store_key(&self) -> Result<[u8; 32]> {
        keys::read_secret(&store_key_path(&self.dir))
    }

    /// Owner id of this municipality.
    pub fn owner(&self) -> RootId {
        self.certificate.get().owner()
    }

    /// This municipality.
    pub fn refnis(&self) -> Result<Refnis> {
        refnis_of(self.certificate.get())
    }
}

/// The municipality of a certificate, whose claim was checked when it was verified.
pub fn refnis_of(certificate: &NodeCertificate) -> Result<Refnis> {
    certificate.refnis.parse().map_err(|_| anyhow::anyhow!("onbekende REFNIS-code {}", certificate.refnis))
}

/// Refuses an address of partners that another program listens on.
///
/// The network's own listeners share a port when both ask for it, so they would not notice.
pub fn must_be_free(address: &str) -> Result<()> {
    let socket = socket_address(address)?;
    match TcpListener::bind(socket) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("Poort {} is al in gebruik ({address})", socket.port())
        }
        Err(error) => bail!("Luisteren op {address} lukt niet: {error}"),
    }
}

fn socket_address(address: &str) -> Result<SocketAddr> {
    let parts: Vec<&str> = address.split('/').collect();
    let ["", "ip4" | "ip6", ip, "tcp", port] = parts[..] else {
        bail!("{address} is geen adres zoals {USUAL_LISTEN}");
    };
    match (ip.parse::<IpAddr>(), port.parse::<u16>()) {
        (Ok(ip), Ok(port)) => Ok(SocketAddr::new(ip, port)),
        _ => bail!("{address} is geen adres zoals {USUAL_LISTEN}"),
    }
}

/// Makes the folder, held by this process, and clears what an earlier attempt left in it.
fn make(dir: &Path) -> Result<File> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("{} kan niet gemaakt worden", dir.display()))?;
    fs::set_permissions(dir, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .with_context(|| format!("{} kan niet afgeschermd worden", dir.display()))?;
    let lock = lock(dir)?;
    begin_anew(dir)?;
    Ok(lock)
}

fn must_be_empty(dir: &Path) -> Result<()> {
    if dir.join("config.json").exists() {
        bail!("In {} staat al een knooppunt; er is niets veranderd", dir.display());
    }
    if dir.join(UNFINISHED).exists() {
        return Ok(());
    }
    // A lock, and a note that was being written, are left by one that got no further.
    let begun = keys::half(UNFINISHED.as_ref());
    let only_begun = |entries: fs::ReadDir| {
        entries.flatten().all(|entry| entry.file_name() == "lock" || Path::new(&entry.file_name()) == begun)
    };
    match fs::read_dir(dir).map(only_begun) {
        Ok(true) => Ok(()),
        Ok(false) => bail!("De map {} is niet leeg; kies een nieuwe map", dir.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("{} kan niet gelezen worden", dir.display())),
    }
}

/// Notes that the folder is being made, and clears what an earlier attempt left. Under the lock.
fn begin_anew(dir: &Path) -> Result<()> {
    must_be_empty(dir)?;
    let note = dir.join(UNFINISHED);
    if note.exists() {
        for path in HALF_MADE.iter().map(|name| dir.join(name)).flat_map(|path| [keys::half(&path), path]) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("{} kan niet weg", path.display()));
                }
                _ => {}
            }
        }
        return Ok(());
    }
    keys::write_private(&note, b"")
}

fn lock(dir: &Path) -> Result<File> {
    let path = dir.join("lock");
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("{} kan niet gemaakt worden", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("In {} werkt al een ander proces", dir.display()),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} kan niet vergrendeld worden", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mortsel() -> Refnis {
        "11029".parse().expect("in the table")
    }

    #[test]
    fn a_new_folder_opens_again() -> Result<()> {
        let temp = tempfile::tempdir()?;
        let dir = temp.path().join("mortsel");
        let made = Home::create(&dir, mortsel(), None, Configuration::usual())?;
        made.finish()?;
        let owner = made.owner();
        assert!(Home::open(&dir).is_err(), "held by this process");
        drop(made);
        let opened = Home::open(&dir)?;
        assert_eq!(opened.owner(), owner);
        assert_eq!(opened.refnis()?, mortsel());
        Ok(())
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() -> Result<()> {
        let temp = tempfile::tempdir()?;
        fs::write(temp.path().join("letter.txt"), "hello")?;
        assert!(Home::create(temp.path(), mortsel(), None, Configuration::usual()).is_err());
        assert_eq!(fs::read_dir(temp.path())?.count(), 1);
        let dir = temp.path().join("node");
        Home::create(&dir, mortsel(), None, Configuration::usual())?.finish()?;
        let before = fs::read(dir.join("root.key"))?;
        let error = Home::create(&dir, mortsel(), None, Configuration::usual()).err().expect("refused");
        assert!(error.to_string().contains("al een knooppunt"), "{error}");
        assert_eq!(fs::read(dir.join("root.key"))?, before);
        Ok(())
    }

    #[test]
    fn a_folder_that_was_left_half_made_is_begun_anew() -> Result<()> {
        let temp = tempfile::tempdir()?;
        let dir = temp.path().join("node");
        let half = Home::create(&dir, mortsel(), None, Configuration::usual())?;
        assert!(Home::create(&dir, mortsel(), None, Configuration::usual()).is_err(), "somebody is making it");
        let before = half.owner();
        drop(half);
        assert!(Home::open(&dir).is_err(), "no node yet");
        let made = Home::create(&dir, mortsel(), None, Configuration::usual())?;
        made.finish()?;
        assert_ne!(made.owner(), before);
        drop(made);
        Home::open(&dir)?;
        assert!(!dir.join(UNFINISHED).exists());
        Ok(())
    }

    #[test]
    fn addresses_that_cannot_be_make_no_folder() -> Result<()> {
        let temp = tempfile::tempdir()?;
        let dir = temp.path().join("node");
        for (http, listen) in
            [("cheese", USUAL_LISTEN), (":80", USUAL_LISTEN), (USUAL_HTTP, "cheese"), (USUAL_HTTP, "/ip4/1.2.3/tcp/1")]
        {
            let configuration =
                Configuration { http: http.into(), listen: vec![listen.into()], ..Configuration::usual() };
            assert!(Home::create(&dir, mortsel(), None, configuration).is_err(), "{http} {listen}");
            assert!(!dir.exists());
        }
        Ok(())
    }
}
