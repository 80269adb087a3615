//! Keys and certificate of a municipality of the tests, made of a number.

use ed25519_dalek::SigningKey;
use replication::{Config, Replica};
use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::{NodeKey, RootId, RootKey, Session};
use schemas::time::Hour;

/// What a municipality signs with, and what others know it by.
pub(crate) struct Papers {
    pub(crate) root: RootId,
    pub(crate) key: SigningKey,
    pub(crate) certificate: Verified<NodeCertificate>,
    pub(crate) bytes: Vec<u8>,
}

impl Papers {
    /// Those of the municipality with this number, for 365 days from hour 496,900.
    pub(crate) fn new(number: u8) -> Self {
        let (root, key) = (SigningKey::from_bytes(&[number; 32]), SigningKey::from_bytes(&[number + 100; 32]));
        let from = Hour(496_900);
        let certificate = NodeCertificate {
            root: RootKey(root.verifying_key().to_bytes()),
            refnis: "11029".to_owned(),
            kbo: String::new(),
            node: NodeKey(key.verifying_key().to_bytes()),
            serial: 1,
            valid_from: from,
            valid_until: from.plus_days(365),
            retired: Vec::new(),
            successor: None,
        };
        let bytes = certificate.sign(&root, &key);
        let certificate = NodeCertificate::verify(&bytes).expect("a certificate that was signed just now");
        Self { root: certificate.get().owner(), key, certificate, bytes }
    }

    /// A replica that holds nothing, in its session and store of this number.
    pub(crate) fn replica(&self, session: u8, store: u8) -> Replica {
        Replica::new(Config {
            certificate: self.certificate.clone(),
            certificate_bytes: self.bytes.clone(),
            key: self.key.clone(),
            session: Session([session; 16]),
            incarnation: 1,
            store_id: [store; 16],
        })
    }
}
