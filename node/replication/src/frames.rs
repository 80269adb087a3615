//! Frames: what two nodes say to each other over one ordered stream.
//!
//! A frame is deterministic CBOR of at most [`MAX_FRAME`] bytes, packed; every list in it has a
//! bound. One of envelopes is packed column by column.
//! Reading one never trusts a length that it claims, and never panics.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use schemas::envelope::MAX_ENVELOPE;
use schemas::ids::{CircleId, EnvelopeId, RootId};
use schemas::time::Hour;
use sha2::{Digest, Sha256};

use crate::{columns, packing};

/// Bytes of a frame, at most.
pub const MAX_FRAME: usize = 512 * 1024;
/// Bytes of envelopes after which a batch is closed and a next frame begins.
pub const BATCH: usize = 64 * 1024;
/// Envelopes in one frame, at most.
pub const MAX_ENVELOPES: usize = 1024;
/// Ids in one frame, at most.
pub const MAX_IDS: usize = 8192;
/// Lists, and municipalities with their certificates, that one may say it knows, at most.
pub const MAX_KNOWN: usize = 2048;
/// Certificates and lists in one frame, at most.
pub const MAX_PAPERS: usize = 16;
/// Bytes of one round of a check, at most.
pub const MAX_ROUND: usize = 128 * 1024;
/// Bytes of a certificate, at most.
pub const MAX_CERTIFICATE: usize = 4096;
/// Bytes of a list, at most.
pub const MAX_LIST: usize = 16 * 1024;

/// One thing said.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Frame {
    /// Who speaks and what it knows, in short; first on a stream, and again when that changed.
    #[n(0)]
    Hello(#[n(0)] Hello),
    /// Certificates and lists that the other lacks, each after what it rests on.
    #[n(1)]
    Papers(#[n(0)] Vec<Paper>),
    /// Envelopes in wire form.
    #[n(2)]
    Envelopes(#[n(0)] Vec<ByteVec>),
    /// A round of reconciling one circle.
    #[n(3)]
    Check(#[n(0)] Round),
    /// Envelopes that are asked for.
    #[n(4)]
    Need(#[n(0)] Vec<EnvelopeId>),
    /// Envelopes that are refused: left out of the check by both.
    #[n(5)]
    Refused(#[n(0)] Vec<EnvelopeId>),
    /// What the speaker knows, in full: said when the greetings differ.
    #[n(6)]
    Known(#[n(0)] Knowledge),
}

/// Who speaks and what it knows, in short.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Hello {
    /// Number of the store.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub store: [u8; 16],
    /// Digest of the [`Knowledge`] that matters between the two: the same on both sides when
    /// neither has a certificate or list to give.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub known: [u8; 16],
    /// The hour on the speaker's clock.
    #[n(2)]
    pub hour: Hour,
}

/// The certificates and lists that matter between two partners.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Knowledge {
    /// Whose certificates are held, sorted.
    #[n(0)]
    pub certificates: Vec<KnownOwner>,
    /// Which lists, sorted.
    #[n(1)]
    pub lists: Vec<Known>,
}

impl Knowledge {
    /// The digest in a greeting.
    pub fn digest(&self) -> [u8; 16] {
        let mut bytes = Vec::new();
        // Writing to a Vec cannot fail.
        let _ = minicbor::encode(self, &mut bytes);
        short_digest(&bytes)
    }
}

/// The first half of the SHA-256 of `bytes`.
pub(crate) fn short_digest(bytes: &[u8]) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.copy_from_slice(&Sha256::digest(bytes)[..16]);
    digest
}

/// A municipality whose certificates are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct KnownOwner {
    /// Whose.
    #[n(0)]
    pub owner: RootId,
    /// Digest of all of them.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub digest: [u8; 16],
}

/// A list that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Known {
    /// Of which circle.
    #[n(0)]
    pub circle: CircleId,
    /// Whose.
    #[n(1)]
    pub owner: RootId,
    /// Its version.
    #[n(2)]
    pub version: u64,
}

/// Something signed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Paper {
    /// A certificate.
    #[n(0)]
    Certificate(#[n(0)] ByteVec),
    /// A list, with the name of its signer, whose certificate checks it.
    #[n(1)]
    List(#[n(0)] RootId, #[n(1)] ByteVec),
}

impl Paper {
    fn fits(&self) -> bool {
        match self {
            Self::Certificate(bytes) => bytes.len() <= MAX_CERTIFICATE,
            Self::List(_, bytes) => bytes.len() <= MAX_LIST,
        }
    }
}

/// A round of reconciling one circle (Negentropy V1).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Round {
    /// Which circle.
    #[n(0)]
    pub circle: CircleId,
    /// Day since 1970 on the speaker's clock: what ends before the later side's day + 1 is
    /// left out by both.
    #[n(1)]
    pub day: u32,
    /// Whether this answers the side that began.
    #[n(2)]
    pub answer: bool,
    /// Number of the check, given by the side that began; an answer repeats it.
    #[n(3)]
    pub number: u64,
    /// The message of the protocol.
    #[n(4)]
    pub message: ByteVec,
}

impl Frame {
    /// Wire bytes: packed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let columns = if let Self::Envelopes(envelopes) = self { columns::pack(envelopes) } else { None };
        columns.unwrap_or_else(|| packing::pack(&self.plain()))
    }

    fn plain(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a Vec cannot fail.
        let _ = minicbor::encode(self, &mut bytes);
        bytes
    }

    /// The frame in `bytes`, when it is in deterministic form and within every bound.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_FRAME {
            return None;
        }
        if bytes.first() == Some(&columns::COLUMNS) {
            return columns::unpack(bytes).map(Self::Envelopes).filter(Self::is_bounded);
        }
        let plain = packing::unpack(bytes)?;
        let frame: Self = minicbor::decode(&plain).ok()?;
        (frame.is_bounded() && frame.plain() == *plain).then_some(frame)
    }

    fn is_bounded(&self) -> bool {
        match self {
            Self::Hello(_) => true,
            Self::Papers(papers) => papers.len() <= MAX_PAPERS && papers.iter().all(Paper::fits),
            Self::Known(known) => known.certificates.len() <= MAX_KNOWN && known.lists.len() <= MAX_KNOWN,
            Self::Envelopes(envelopes) => {
                envelopes.len() <= MAX_ENVELOPES && envelopes.iter().all(|envelope| envelope.len() <= MAX_ENVELOPE)
            }
            Self::Check(round) => round.message.len() <= MAX_ROUND,
            Self::Need(ids) | Self::Refused(ids) => ids.len() <= MAX_IDS,
        }
    }
}

/// A frame that carries `envelopes`, as it is before it is packed.
pub fn unpacked(envelopes: &[Vec<u8>]) -> Vec<u8> {
    Frame::Envelopes(envelopes.iter().cloned().map(ByteVec::from).collect()).plain()
}

/// Frames that carry `envelopes` (wire bytes each, at most 64 KiB), in batches of about [`BATCH`]
/// bytes. An envelope over its limit is left out.
pub fn envelopes(envelopes: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let mut batch = Vec::new();
    let mut size = 0;
    for bytes in envelopes.into_iter().filter(|bytes| bytes.len() <= MAX_ENVELOPE) {
        size += bytes.len();
        batch.push(ByteVec::from(bytes));
        if size >= BATCH || batch.len() == MAX_ENVELOPES {
            frames.push(Frame::Envelopes(std::mem::take(&mut batch)).to_bytes());
            size = 0;
        }
    }
    if !batch.is_empty() {
        frames.push(Frame::Envelopes(batch).to_bytes());
    }
    frames
}
