//! What the runtime and the network say to each other, and the life of one stream.
//!
//! Bytes only: what is in a frame is the replication core's, what is in a request the pairing's
//! or the casework's. Every queue and every length has a bound.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, anyhow};
use futures::future::BoxFuture;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, FutureExt};
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
pub const EVENTS: usize = 64;
/// Commands that wait for the network.
pub const COMMANDS: usize = 64;
/// Silence after which a sign of life is sent.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// After a sign of life nothing more is read for so long: a flood of them costs next to nothing.
const SIGN_PAUSE: Duration = Duration::from_millis(20);
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
        /// Why it is not connected from now on, for [`Outlook`]; none when that is nobody's matter.
        why: Option<String>,
    },
    /// Whether strangers may use the pairing protocol.
    Strangers {
        /// Whether they may.
        open: bool,
        /// Who may in any case: nodes of partners that were left, which may not have heard our
        /// answer.
        known: Vec<NodeKey>,
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
        /// How fast its frames are read.
        pace: Arc<Pace>,
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
        /// What the other side did that no honest node does, if that ended it.
        breach: Option<&'static str>,
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

/// How long a partner is waited for.
#[derive(Debug, Clone, Copy)]
struct Waits {
    /// For the next frame, or a sign of life.
    silence: Duration,
    /// For the whole of a frame that has begun.
    frame: Duration,
}

/// Half a megabyte comes over a slow line with loss within this time.
const WAITS: Waits = Waits { silence: Duration::from_secs(45), frame: Duration::from_secs(60) };

/// How fast the frames of one stream are read: a partner that is slowed down fills its own
/// window and waits, and nobody else does.
#[derive(Debug, Default)]
pub struct Pace(AtomicU64);

impl Pace {
    /// From now on each frame waits so long before the next is read.
    pub fn set(&self, pause: Duration) {
        self.0.store(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    async fn keep(&self) {
        rest(Duration::from_millis(self.0.load(Ordering::Relaxed))).await;
    }
}

/// Lets a partner wait.
#[expect(clippy::disallowed_methods, reason = "the pause is what is wanted, and only this partner's")]
async fn rest(pause: Duration) {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
}

/// Leads a partner's stream from its beginning to its end, and says why it ended when that is
/// for people to know.
pub type Life = Arc<
    dyn Fn(Box<dyn Both>, NodeKey, u64, mpsc::Sender<Event>) -> BoxFuture<'static, Option<&'static str>> + Send + Sync,
>;

/// The life that every stream of a node has: [`converse`].
pub fn life() -> Life {
    Arc::new(|stream, node, number, events| converse(stream, node, number, events).boxed())
}

/// Why a stream is given up.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("a frame over the limit")]
    TooLong,
    #[error("silent for too long")]
    Silent,
    #[error("a frame that does not end")]
    TooSlow,
    #[error(transparent)]
    Lost(#[from] io::Error),
}

impl End {
    /// In words, for `status`.
    const fn words(&self) -> Option<&'static str> {
        match self {
            Self::TooLong => Some("a frame over the limit"),
            Self::Silent => Some("silent for too long"),
            Self::TooSlow => Some("a frame that does not end"),
            Self::Lost(_) => None,
        }
    }

    /// Whether no honest node does this, however bad the line.
    const fn is_breach(&self) -> bool {
        matches!(self, Self::TooLong)
    }
}

async fn read_frame(stream: &mut (impl AsyncRead + Unpin), waits: Waits) -> Result<Vec<u8>, End> {
    let late = |_| End::Silent;
    let length = tokio::time::timeout(waits.silence, wire::length(stream)).await.map_err(late)??;
    if length > MAX_FRAME {
        return Err(End::TooLong);
    }
    let body = tokio::time::timeout(waits.frame, wire::body(stream, length)).await;
    Ok(body.map_err(|_| End::TooSlow)??)
}

/// The life of a partner's stream: frames in, frames out, signs of life, and its end.
pub async fn converse(
    stream: impl Both,
    node: NodeKey,
    number: u64,
    events: mpsc::Sender<Event>,
) -> Option<&'static str> {
    let (frames, mut outgoing) = mpsc::channel::<Vec<u8>>(FRAMES);
    let pace = Arc::new(Pace::default());
    let connected = Event::Connected { node, stream: number, frames, pace: Arc::clone(&pace) };
    if events.send(connected).await.is_err() {
        return None;
    }
    let (mut reading, mut writing) = stream.split();
    let read = async {
        loop {
            let bytes = read_frame(&mut reading, WAITS).await?;
            if bytes.is_empty() {
                rest(SIGN_PAUSE).await;
                continue;
            }
            let frame = Event::Frame { node, stream: number, bytes };
            if events.send(frame).await.is_err() {
                return Ok::<(), End>(());
            }
            pace.keep().await;
        }
    };
    let write = async {
        loop {
            match tokio::time::timeout(SIGN_OF_LIFE, outgoing.recv()).await {
                Ok(Some(frame)) => wire::write(&mut writing, &frame).await?,
                Ok(None) => return Ok::<(), End>(()),
                Err(_) => wire::write(&mut writing, &[]).await?,
            }
            if outgoing.is_empty() {
                writing.flush().await?;
            }
        }
    };
    let end = tokio::select! { end = read => end, end = write => end };
    tracing::debug!(%node, ?end, "stream ended");
    let words = end.as_ref().err().and_then(End::words);
    let breach = words.filter(|_| end.is_err_and(|end| end.is_breach()));
    let _ = events.send(Event::Disconnected { node, stream: number, breach }).await;
    words
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use super::*;

    /// A partner that says so much and then nothing more, and hears everything.
    struct Says(VecDeque<u8>);

    impl AsyncRead for Says {
        fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
            let some = self.0.len().min(buffer.len());
            for (place, byte) in buffer.iter_mut().zip(self.0.drain(..some)) {
                *place = byte;
            }
            if some == 0 { Poll::Pending } else { Poll::Ready(Ok(some)) }
        }
    }

    impl AsyncWrite for Says {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(3600);

    async fn frame_of(bytes: &[u8], silence: Duration, frame: Duration) -> Result<Vec<u8>, End> {
        read_frame(&mut Says(bytes.to_vec().into()), Waits { silence, frame }).await
    }

    #[tokio::test]
    async fn a_claim_of_four_gigabytes_is_a_breach() {
        let end = frame_of(&[0xff; 4], LONG, LONG).await.expect_err("over the limit");
        assert!(end.is_breach() && end.words() == Some("a frame over the limit"), "{end:?}");
    }

    #[tokio::test]
    async fn a_frame_that_drips_is_given_up_and_so_is_silence_and_neither_is_a_breach() {
        let half = [&1000_u32.to_be_bytes()[..], &[7; 500]].concat();
        let slow = frame_of(&half, LONG, SHORT).await.expect_err("half a frame");
        assert!(matches!(slow, End::TooSlow) && !slow.is_breach());
        for begun in [&[][..], &[0, 0]] {
            let silent = frame_of(begun, SHORT, LONG).await.expect_err("not even a length");
            assert!(matches!(silent, End::Silent) && !silent.is_breach());
        }
        let whole = frame_of(&[0, 0, 0, 1, 7], LONG, LONG).await;
        assert_eq!(whole.ok(), Some(vec![7]));
    }

    #[tokio::test]
    async fn who_is_slowed_down_waits() {
        let pace = Pace::default();
        assert!(pace.keep().now_or_never().is_some(), "at first nobody waits");
        pace.set(LONG);
        assert!(pace.keep().now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_stream_tells_its_beginning_its_frames_and_why_it_ended() {
        let (sender, mut events) = mpsc::channel(EVENTS);
        let said: Vec<u8> = [&[0, 0, 0, 1, 7, 0, 0, 0, 0][..], &[0xff; 4]].concat();
        let words = converse(Says(said.into()), NodeKey([1; 32]), 1, sender).await;
        assert_eq!(words, Some("a frame over the limit"));
        assert!(matches!(events.recv().await, Some(Event::Connected { stream: 1, .. })));
        assert!(matches!(events.recv().await, Some(Event::Frame { bytes, .. }) if bytes == [7]));
        assert!(matches!(events.recv().await, Some(Event::Disconnected { breach, .. }) if breach == words));
    }
}
