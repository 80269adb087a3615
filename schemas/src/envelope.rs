//! The signed envelope: what travels about a document.
//!
//! Wire form: deterministic CBOR `[header bytes, signature, body]`. The signature (Ed25519,
//! strict, domain-separated) covers the header, which holds the hash of the body; the envelope's
//! id is the SHA-256 of the header. Only [`Verified<Envelope>`] reaches the document code.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use minicbor::bytes::{ByteArray, ByteSlice, ByteVec};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::border::Kind;
use crate::certificate::{NodeCertificate, Verified, decode_canonical, encode};
use crate::ids::{CircleId, DocumentId, EnvelopeId, NodeKey, RootId, Session};
use crate::time::{Hour, Timestamp};

/// The wire format of this release.
pub const FORMAT: u8 = 1;
/// Bytes of a whole envelope, at most.
pub const MAX_ENVELOPE: usize = 64 * 1024;
/// Bytes of a header, at most.
pub const MAX_HEADER: usize = 512;

const DOMAIN: &[u8] = b"overbuur/envelope/1\0";

/// Place of an envelope among those of its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Stamp {
    /// Of an owned document: the higher replaces the lower.
    #[n(0)]
    Version {
        /// Rises when a store is restored.
        #[n(0)]
        incarnation: u64,
        /// One more than the version it replaces. The first is above whatever its author said of the
        /// document before and does not hold any more: its author takes that hour, times 65,536.
        #[n(1)]
        number: u64,
    },
    /// Of a co-edited document: place among the author's changes in one session.
    #[n(1)]
    Change {
        /// One start of the author's process.
        #[n(0)]
        session: Session,
        /// Counts from 1.
        #[n(1)]
        seq: u64,
    },
}

/// What an envelope does to its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Content {
    /// A version of an owned document; the body is one Automerge change made from nothing.
    #[n(0)]
    Version,
    /// Opens a co-edited document.
    #[n(1)]
    Opening,
    /// Changes a co-edited document.
    #[n(2)]
    Change,
    /// Erases the document for good. No body.
    #[n(3)]
    Erased,
    /// Admits a writer.
    #[n(4)]
    Admit,
    /// Voids an author's later changes.
    #[n(5)]
    Cut,
    /// Names the document that replaces this one.
    #[n(6)]
    ReplacedBy,
    /// Hides a resource until its owner acts.
    #[n(7)]
    Hold,
    /// Ends holds: the owner looked.
    #[n(8)]
    Lift,
}

/// What the signature covers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// Wire format.
    #[n(0)]
    pub format: u8,
    /// Circle.
    #[n(1)]
    pub circle: CircleId,
    /// Kind of document.
    #[n(2)]
    pub kind: Kind,
    /// Document.
    #[n(3)]
    pub document: DocumentId,
    /// Owner of the document.
    #[n(4)]
    pub owner: RootId,
    /// Place among the envelopes of the document.
    #[n(5)]
    pub stamp: Stamp,
    /// The node that signed.
    #[n(6)]
    pub author: NodeKey,
    /// What it does.
    #[n(7)]
    pub content: Content,
    /// Schema version of the body.
    #[n(8)]
    pub schema: u16,
    /// When it was signed, to the hour.
    #[n(9)]
    pub signed_at: Hour,
    /// When it ends (of a change: when its opening ends).
    #[n(10)]
    pub expires_at: Hour,
    /// SHA-256 of the body.
    #[n(11)]
    #[cbor(with = "minicbor::bytes")]
    pub body_hash: [u8; 32],
}

impl Header {
    /// The envelope's id.
    pub fn id(&self) -> EnvelopeId {
        EnvelopeId(Sha256::digest(encode(self)).into())
    }
}

/// SHA-256 of a body, as headers hold it.
pub fn body_hash(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

/// Wire bytes of the envelope with this header, as encoded.
pub fn wire(header: &[u8], signature: &[u8; 64], body: &[u8]) -> Vec<u8> {
    let (header, body): (&ByteSlice, &ByteSlice) = (header.into(), body.into());
    encode(&(header, ByteArray::from(*signature), body))
}

/// Why an envelope is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refusal {
    /// Over [`MAX_ENVELOPE`].
    #[error("too large")]
    TooLarge,
    /// Not deterministic CBOR.
    #[error("malformed")]
    Malformed,
    /// A format this release does not know. Never held against a partner.
    #[error("unknown format")]
    UnknownFormat,
    /// The signature or the body's hash does not hold.
    #[error("forged")]
    Forged,
    /// No certificate for the author.
    #[error("unknown author")]
    UnknownAuthor,
    /// By a key that its municipality retired, whatever hour it claims. Never held against a
    /// partner: it may not have heard yet.
    #[error("signed with a retired key")]
    Retired,
    /// The certificate did not cover the hour of signing.
    #[error("certificate out of date")]
    CertificateExpired,
    /// Signed more than a day ahead of this clock.
    #[error("signed in the future")]
    Future,
    /// This node's clock is wrong: it signs nothing.
    #[error("the clock of this node is wrong")]
    ClockOff,
    /// Past its end. Never held against a partner.
    #[error("expired")]
    Expired,
    /// Lives longer than its kind may.
    #[error("lives too long")]
    TooLong,
    /// Owner or author is not in the circle, or the kind does not belong there.
    #[error("not in the circle")]
    NotInCircle,
    /// The author may not do this to this document.
    #[error("may not write this")]
    NotAllowed,
    /// A newer version is here, or the document was erased. Never held against a partner.
    #[error("superseded")]
    Superseded,
    /// Follows another opening of the document than the one that counts here. Never held against
    /// a partner: the owner may have opened it twice.
    #[error("written on another opening")]
    OtherOpening,
    /// Automerge bytes that the structural scan refuses.
    #[error("unsafe body")]
    UnsafeBody,
    /// The value does not fit the schema of its kind.
    #[error("does not fit the schema")]
    Schema,
    /// Over an author's or a document's budget.
    #[error("over budget")]
    OverBudget,
    /// Building the document panicked; the envelope is kept apart.
    #[error("quarantined")]
    Quarantined,
}

impl Refusal {
    /// Whether an honest node could have sent it: of a later release, with another clock, with
    /// lists or certificates that are still under way, or one of many who write in one document.
    pub const fn is_innocent(self) -> bool {
        matches!(
            self,
            Self::UnknownFormat
                | Self::Expired
                | Self::Superseded
                | Self::OtherOpening
                | Self::Retired
                | Self::Future
                | Self::CertificateExpired
                | Self::UnknownAuthor
                | Self::NotInCircle
                | Self::OverBudget
        )
    }

    /// Whether it depends on the clock of whoever refuses.
    pub const fn is_about_time(self) -> bool {
        matches!(self, Self::CertificateExpired | Self::Future | Self::Expired)
    }
}

/// A certificate with its node's key ready to check many signatures: to unpack a key takes a fifth
/// of the time of a check.
pub struct Signer {
    certificate: Verified<NodeCertificate>,
    key: Option<VerifyingKey>,
}

impl Signer {
    /// Of this certificate.
    pub fn new(certificate: Verified<NodeCertificate>) -> Self {
        Self { key: unpacked(certificate.get()), certificate }
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Verified<NodeCertificate> {
        &self.certificate
    }
}

/// The node's key; none when it is no point of the curve.
fn unpacked(certificate: &NodeCertificate) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(&certificate.node.0).ok()
}

/// An envelope whose signature has not been looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What the signature covers.
    pub header: Header,
    /// Ed25519 over the header.
    pub signature: [u8; 64],
    /// Automerge bytes, or the CBOR of a control.
    pub body: Vec<u8>,
}

impl Envelope {
    /// Signs `header` (whose author must be the key's) over `body`; sets the body's hash.
    pub fn sign(mut header: Header, body: Vec<u8>, node: &SigningKey) -> Verified<Self> {
        header.author = NodeKey(node.verifying_key().to_bytes());
        header.body_hash = body_hash(&body);
        let signature = node.sign(&[DOMAIN, &encode(&header)].concat()).to_bytes();
        Verified(Self { header, signature, body })
    }

    /// Its id.
    pub fn id(&self) -> EnvelopeId {
        self.header.id()
    }

    /// Wire bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        wire(&encode(&self.header), &self.signature, &self.body)
    }

    /// Header and signature without the body, as CBOR: proof of what was signed.
    pub fn signed_header(&self) -> Vec<u8> {
        encode(&(ByteVec::from(encode(&self.header)), ByteArray::from(self.signature)))
    }

    /// The envelope in wire bytes: size and deterministic form checked, nothing else.
    ///
    /// # Errors
    /// `TooLarge`, `Malformed` or `UnknownFormat`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > MAX_ENVELOPE {
            return Err(Refusal::TooLarge);
        }
        let (header, signature, body): (&ByteSlice, ByteArray<64>, &ByteSlice) =
            minicbor::decode(bytes).map_err(|_| Refusal::Malformed)?;
        // Of byte strings in a row only the shortest form has its length, and nothing after it.
        if minicbor::len((header, &signature, body)) != bytes.len() {
            return Err(Refusal::Malformed);
        }
        if header.len() > MAX_HEADER {
            return Err(Refusal::TooLarge);
        }
        // The format is the first field of the header, whatever else a later format holds.
        match header.get(1) {
            Some(&FORMAT) => {}
            Some(format) if *format < 24 => return Err(Refusal::UnknownFormat),
            _ => return Err(Refusal::Malformed),
        }
        let header = decode_canonical(header).ok_or(Refusal::Malformed)?;
        Ok(Self { header, signature: signature.into(), body: body.to_vec() })
    }

    /// Checks hash and signature against the author's certificate, and that the certificate
    /// covered the hour of signing, which is not more than a day after `now`.
    ///
    /// # Errors
    /// `Forged`, `UnknownAuthor`, `CertificateExpired` or `Future`.
    pub fn verify(self, certificate: &Verified<NodeCertificate>, now: Timestamp) -> Result<Verified<Self>, Refusal> {
        let certificate = certificate.get();
        self.verify_with(certificate, unpacked(certificate).as_ref(), now)
    }

    /// The same, for many envelopes of one signer.
    ///
    /// # Errors
    /// Those of [`Envelope::verify`].
    pub fn verify_by(self, signer: &Signer, now: Timestamp) -> Result<Verified<Self>, Refusal> {
        self.verify_with(signer.certificate.get(), signer.key.as_ref(), now)
    }

    fn verify_with(
        self,
        certificate: &NodeCertificate,
        key: Option<&VerifyingKey>,
        now: Timestamp,
    ) -> Result<Verified<Self>, Refusal> {
        if self.header.author != certificate.node {
            return Err(Refusal::UnknownAuthor);
        }
        if body_hash(&self.body) != self.header.body_hash {
            return Err(Refusal::Forged);
        }
        let key = key.ok_or(Refusal::Forged)?;
        key.verify_strict(&[DOMAIN, &encode(&self.header)].concat(), &Signature::from_bytes(&self.signature))
            .map_err(|_| Refusal::Forged)?;
        if !certificate.covers(self.header.signed_at) {
            return Err(Refusal::CertificateExpired);
        }
        if self.header.signed_at.is_ahead_of(now) {
            return Err(Refusal::Future);
        }
        Ok(Verified(self))
    }
}
