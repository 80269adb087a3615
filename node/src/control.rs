//! The control socket: how a command reaches a running node. Lines of JSON, one request and its
//! rows; a file that is imported follows its request as bytes.
//!
//! Only the owner of the folder can connect: the socket lies in it and is 0600.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use crate::commands::{self, Request};
use crate::home::{must_be_node, socket_path};
use crate::service::Service;

/// Bytes of a line, at most: a document as JSON fits many times.
const MAX_LINE: usize = 4 * 1024 * 1024;
/// Bytes of a file that is imported, at most.
pub const MAX_FILE: usize = 64 * 1024 * 1024;
/// Commands at the same time, at most.
const MAX_COMMANDS: usize = 8;
/// Within this time a request is here whole: one that never comes must not keep a place.
const HERE: Duration = Duration::from_secs(10);

#[derive(Serialize, Deserialize)]
struct Line {
    request: Request,
    /// Bytes that follow the line.
    bytes: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Row(Value),
    Done,
    Error(String),
}

/// Serves the socket of the node in `service` until the process ends.
///
/// # Errors
/// A socket that cannot be made.
pub fn serve(service: Arc<Service>) -> Result<()> {
    let path = socket_path(service.home.dir());
    // This process holds the folder, so a socket that is there is left from one that died.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("{} kan niet weg", path.display()));
        }
        _ => {}
    }
    let listener = {
        let (_folder, short) = short_path(service.home.dir())?;
        UnixListener::bind(short).with_context(|| format!("{} kan niet gemaakt worden", path.display()))?
    };
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(MAX_COMMANDS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else { continue };
            let service = Arc::clone(&service);
            tokio::spawn(async move {
                if let Err(error) = answer(stream, service).await {
                    tracing::debug!(%error, "a command went away");
                }
                drop(place);
            });
        }
    });
    Ok(())
}

/// The socket's path through the open folder: a socket's name has room for 107 bytes only.
fn short_path(dir: &Path) -> Result<(fs::File, PathBuf)> {
    let folder = fs::File::open(dir).with_context(|| format!("{} kan niet gelezen worden", dir.display()))?;
    let path = PathBuf::from(format!("/proc/self/fd/{}/control.sock", folder.as_raw_fd()));
    Ok((folder, path))
}

async fn answer(stream: UnixStream, service: Arc<Service>) -> Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut reading = BufReader::new(reading);
    let outcome = match tokio::time::timeout(HERE, read_request(&mut reading)).await {
        Ok(Ok((request, file))) => commands::execute(&service, request, file).await,
        Ok(Err(error)) => Err(error),
        Err(_) => Err(anyhow!("de opdracht kwam niet op tijd")),
    };
    let replies = match outcome {
        Ok(rows) => rows.into_iter().map(Reply::Row).chain([Reply::Done]).collect(),
        Err(error) => vec![Reply::Error(commands::sentence(&error))],
    };
    for reply in replies {
        let mut line = serde_json::to_vec(&reply)?;
        line.push(b'\n');
        writing.write_all(&line).await?;
    }
    Ok(writing.shutdown().await?)
}

async fn read_request(reading: &mut (impl AsyncBufReadExt + Unpin)) -> Result<(Request, Vec<u8>)> {
    let line = read_line(reading).await?.context("geen opdracht")?;
    let line: Line = serde_json::from_slice(&line).map_err(|_| anyhow!("een opdracht die dit knooppunt niet kent"))?;
    if line.bytes > MAX_FILE {
        bail!("Het bestand is te groot; hoogstens {} MB", MAX_FILE / 1024 / 1024);
    }
    let mut file = Vec::new();
    reading.take(line.bytes as u64).read_to_end(&mut file).await?;
    if file.len() != line.bytes {
        bail!("het bestand kwam niet helemaal aan");
    }
    Ok((line.request, file))
}

/// A line without its end; none at the end of the stream.
async fn read_line(reading: &mut (impl AsyncBufReadExt + Unpin)) -> Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    reading.take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line).await?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => bail!("een regel zonder einde, of te lang"),
    }
}

/// Has a request carried out by the node in `dir`: by the process that runs it, or, when there
/// is none, by this one. The rows of the answer.
///
/// # Errors
/// What the node says, in a sentence.
pub async fn call(dir: &Path, request: Request, file: Vec<u8>) -> Result<Vec<Value>> {
    must_be_node(dir)?;
    match connect(dir).await? {
        Some(stream) => call_running(stream, request, file).await,
        None => {
            let service = Service::open(dir, false)?;
            commands::execute(&service, request, file).await
        }
    }
}

/// A connection to the running node; none when no process listens.
async fn connect(dir: &Path) -> Result<Option<UnixStream>> {
    let (_folder, short) = short_path(dir)?;
    match UnixStream::connect(short).await {
        Ok(stream) => Ok(Some(stream)),
        Err(error) => match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => Ok(None),
            _ => Err(error).with_context(|| format!("{} antwoordt niet", socket_path(dir).display())),
        },
    }
}

async fn call_running(stream: UnixStream, request: Request, file: Vec<u8>) -> Result<Vec<Value>> {
    let (reading, mut writing) = stream.into_split();
    let mut line = serde_json::to_vec(&Line { request, bytes: file.len() })?;
    line.push(b'\n');
    writing.write_all(&line).await?;
    writing.write_all(&file).await?;
    let mut reading = BufReader::new(reading);
    let mut rows = Vec::new();
    while let Some(line) = read_line(&mut reading).await? {
        match serde_json::from_slice(&line)? {
            Reply::Row(row) => rows.push(row),
            Reply::Done => return Ok(rows),
            Reply::Error(why) => bail!(why),
        }
    }
    bail!("Het knooppunt is gestopt voor het antwoordde")
}

/// Whether a process listens at the socket of the node in `dir`.
pub async fn is_running(dir: &Path) -> bool {
    matches!(connect(dir).await, Ok(Some(_)))
}
