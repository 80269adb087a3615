//! This node's own certificate, as whoever works in the process sees it: renewing it changes it
//! for all of them at once.

use std::sync::{Arc, PoisonError, RwLock};

use schemas::certificate::{NodeCertificate, Verified};

use crate::pairing::Side;

/// A certificate with the bytes that it was read from.
pub struct Papers {
    /// The certificate.
    pub certificate: Verified<NodeCertificate>,
    /// As signed.
    pub bytes: Vec<u8>,
}

impl Papers {
    /// This side of a pairing.
    pub fn side(&self) -> Side<'_> {
        Side { certificate: &self.certificate, bytes: &self.bytes }
    }
}

/// The certificate that counts now.
pub struct Own(RwLock<Arc<Papers>>);

impl Own {
    /// Begins with this one.
    pub fn new(certificate: Verified<NodeCertificate>, bytes: Vec<u8>) -> Self {
        Self(RwLock::new(Arc::new(Papers { certificate, bytes })))
    }

    /// The one that counts now.
    pub fn get(&self) -> Arc<Papers> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another in its place.
    pub fn set(&self, certificate: Verified<NodeCertificate>, bytes: Vec<u8>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Papers { certificate, bytes });
    }
}
