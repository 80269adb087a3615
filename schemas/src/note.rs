//! Signed notes between two partners, outside every document: that something was erased, that a
//! partnership ended. A note names documents by their ids and says nothing about a person.

use ed25519_dalek::SigningKey;
use minicbor::{Decode, Encode};

use crate::certificate::{CertificateError, NodeCertificate, Verified, check, open, seal};
use crate::ids::{DocumentId, RootId};
use crate::time::Hour;

/// Documents in one note, at most.
pub const MAX_DOCUMENTS: usize = 256;

const DOMAIN: &[u8] = b"overbuur/note/1\0";

/// What a note says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Said {
    /// A receipt: of these documents of the reader nothing is left at the signer but the erasure.
    #[n(0)]
    Erased(#[n(0)] Vec<DocumentId>),
    /// The reader is asked to give its receipts once more.
    #[n(1)]
    GiveAgain,
    /// The signer ended the partnership and let go of everything of the reader.
    #[n(2)]
    Left,
    /// A receipt: nothing of the reader is left at the signer.
    #[n(3)]
    NothingLeft,
}

/// One note. Signed by the node of `from`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Note {
    /// Who says it.
    #[n(0)]
    pub from: RootId,
    /// To whom.
    #[n(1)]
    pub to: RootId,
    /// When, by the signer's clock.
    #[n(2)]
    pub at: Hour,
    /// What.
    #[n(3)]
    pub said: Said,
}

impl Note {
    /// The note signed by the node of `from`: CBOR `[note bytes, signature]`.
    pub fn sign(&self, node: &SigningKey) -> Vec<u8> {
        seal(self, DOMAIN, node)
    }

    /// The note in `bytes`, signed by the node of `certificate`.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn verify(bytes: &[u8], certificate: &Verified<NodeCertificate>) -> Result<Verified<Self>, CertificateError> {
        let (note, payload, signature) = open::<Self>(bytes)?;
        check(&certificate.get().node.0, DOMAIN, &payload, &signature)?;
        if note.from != certificate.get().owner() {
            return Err(CertificateError::Signature);
        }
        if let Said::Erased(documents) = &note.said
            && documents.len() > MAX_DOCUMENTS
        {
            return Err(CertificateError::Limit);
        }
        Ok(Verified(note))
    }
}
