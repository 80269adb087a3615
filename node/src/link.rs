//! What the runtime and the network say to each other, and the life of one stream.
//!
//! Bytes only: what is in a frame is the replication core's, what is in a request the pairing's
//! or the casework's. Every queue and every length has a bound.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use anyhow::{Result, anyhow};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use replication::frames::MAX_FRAME;
use schemas::ids::NodeKey;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::pairing::MAX_MESSAGE;
use crate::wire;

/// Bytes of a sealed handover or its acknowledgement, at most.
pub const MAX_HANDOVER: usize = 16 * 1024;
/// Frames that wait between the network and the runtime, either way.
const FRAMES: usize = 16;
/// Events that wait for the runtime.
pub const EVENTS: usize = 32;
/// Commands that wait for the network.
pub const COMMANDS: usize = 64;
/// Silence after which a sign of life is sent, and after which a stream counts as lost.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
const SILENCE: Duration = Duration::from_secs(45);
/// A request is answered within this time.
const ANSWER: Duration = Duration::from_secs(10);
/// What the runtime asks.
pub enum Command {
    /// Keeps a stream open to this partner.
    Allow {
        /// Whose.
        node: NodeKey,
        /// Where it listens.
        addresses: Vec<String>,
    },
    /// Closes everything to this node and refuses it from now on.
    Forbid {
        /// Whose.
        node: NodeKey,
    },
    /// Whether strangers may use the pairing protocol.
    Strangers {
        /// Whether they may.
        open: bool,
        /// Told once it holds.
        done: oneshot::Sender<()>,
    },
    /// Closes the stream to a partner; it may come back later.
    Close {
        /// Whose.
        node: NodeKey,
    },
    /// Asks a node to pair, allowed or not.
    Pair {
        /// Whom.
        node: NodeKey,
        /// Where.
        addresses: Vec<String>,
        /// At most [`MAX_MESSAGE`] bytes.
        request: Vec<u8>,
        /// Its answer, or why there is none.
        answer: oneshot::Sender<Result<Vec<u8>>>,
    },
    /// Hands sealed bytes to a connected partner.
    HandOver {
        /// Whom.
        node: NodeKey,
        /// At most [`MAX_HANDOVER`] bytes.
        request: Vec<u8>,
        /// Its acknowledgement, or why there is none.
        answer: oneshot::Sender<Result<Vec<u8>>>,
    },
}

/// What happened.
pub enum Event {
    /// The stream to a partner is open.
    Connected {
        /// Whose.
        node: NodeKey,
        /// Number of the stream; rises.
        stream: u64,
        /// Takes frames for it, each at most [`MAX_FRAME`] bytes.
        frames: mpsc::Sender<Vec<u8>>,
    },
    /// A frame came.
    Frame {
        /// From whom.
        node: NodeKey,
        /// On which stream.
        stream: u64,
        /// At most [`MAX_FRAME`] bytes.
        bytes: Vec<u8>,
    },
    /// The stream is gone.
    Disconnected {
        /// Whose.
        node: NodeKey,
        /// Which.
        stream: u64,
    },
    /// Somebody asks to pair, or hands something over.
    Asked {
        /// Who; authenticated.
        node: NodeKey,
        /// What.
        what: Asked,
        /// The bytes.
        request: Vec<u8>,
        /// Takes the answer.
        answer: oneshot::Sender<Vec<u8>>,
    },
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To pair.
    Pairing,
    /// To take a handover.
    Handover,
}

/// What the network tells whoever looks.
#[derive(Debug, Clone, Default)]
pub struct Outlook {
    /// Addresses this node listens on.
    pub listening: Vec<String>,
    /// Why a partner is not connected (English, for `status` and the log).
    pub trouble: BTreeMap<NodeKey, String>,
}

/// A stream of bytes, both ways.
pub trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Both for S {}

/// The life of a partner's stream: frames in, frames out, signs of life, and its end.
pub async fn converse(stream: impl Both, node: NodeKey, number: u64, events: mpsc::Sender<Event>) {
    let (frames, mut outgoing) = mpsc::channel::<Vec<u8>>(FRAMES);
    if events.send(Event::Connected { node, stream: number, frames }).await.is_err() {
        return;
    }
    let (mut reading, mut writing) = stream.split();
    let read = async {
        loop {
            match tokio::time::timeout(SILENCE, wire::read(&mut reading, MAX_FRAME)).await {
                Ok(Ok(bytes)) if bytes.is_empty() => {}
                Ok(Ok(bytes)) => {
                    events.send(Event::Frame { node, stream: number, bytes }).await.map_err(|_| io::ErrorKind::Other)?
                }
                Ok(Err(error)) => return Err::<(), io::Error>(error),
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
    };
    let write = async {
        loop {
            match tokio::time::timeout(SIGN_OF_LIFE, outgoing.recv()).await {
                Ok(Some(frame)) => wire::write(&mut writing, &frame).await?,
                Ok(None) => return Ok::<(), io::Error>(()),
                Err(_) => wire::write(&mut writing, &[]).await?,
            }
            if outgoing.is_empty() {
                writing.flush().await?;
            }
        }
    };
    let end = tokio::select! { end = read => end, end = write => end };
    tracing::debug!(%node, ?end, "stream ended");
    let _ = events.send(Event::Disconnected { node, stream: number }).await;
}

/// Asks `request` on a stream that was opened for it.
pub async fn ask(mut stream: impl Both, request: Vec<u8>, answer: oneshot::Sender<Result<Vec<u8>>>) {
    let exchange = async {
        wire::write(&mut stream, &request).await?;
        stream.flush().await?;
        wire::read(&mut stream, MAX_HANDOVER).await
    };
    let answered = match tokio::time::timeout(ANSWER, exchange).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(anyhow!("the connection was lost: {error}")),
        Err(_) => Err(anyhow!("no answer in time")),
    };
    let _ = answer.send(answered);
}

/// Reads one request, has it answered, and writes the answer. Holds `_place` that long.
pub async fn answer(
    mut stream: impl Both,
    node: NodeKey,
    what: Asked,
    events: mpsc::Sender<Event>,
    _place: OwnedSemaphorePermit,
) {
    let limit = if what == Asked::Pairing { MAX_MESSAGE } else { MAX_HANDOVER };
    let exchange = async {
        let request = wire::read(&mut stream, limit).await?;
        let (answer, answered) = oneshot::channel();
        let gone = |_| io::Error::from(io::ErrorKind::Other);
        events.send(Event::Asked { node, what, request, answer }).await.map_err(|_| io::ErrorKind::Other)?;
        let bytes = answered.await.map_err(gone)?;
        wire::write(&mut stream, &bytes).await?;
        stream.close().await
    };
    let _ = tokio::time::timeout(ANSWER, exchange).await;
}
