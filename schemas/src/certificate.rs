//! Who may sign for a municipality: root keys, node certificates, and the lists of a circle.
//!
//! Verification makes a type: a [`Verified`] value can be made only by the `verify` functions
//! of this crate.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::ids::{CircleId, NodeKey, RootId, RootKey};
use crate::places::{Kbo, Refnis};
use crate::text::Text;
use crate::time::Hour;

/// A value whose signature was checked. There is no other way to make one:
///
/// ```compile_fail,E0423
/// fn forge(list: schemas::CircleList) -> schemas::Verified<schemas::CircleList> {
///     schemas::Verified(list)
/// }
/// ```
///
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(pub(crate) T);

impl<T> Verified<T> {
    /// The value.
    pub fn get(&self) -> &T {
        &self.0
    }
    /// The value, its proof given up.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// Why bytes that claim to be a certificate or list are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not the deterministic encoding of one.
    #[error("not in deterministic CBOR")]
    Malformed,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// REFNIS, KBO or period that cannot be.
    #[error("REFNIS, KBO or period cannot be")]
    Claim,
    /// Members out of order, twice, or without the owner.
    #[error("members out of order or without the owner")]
    Members,
    /// More members, keys or characters than allowed.
    #[error("over a limit")]
    Limit,
}

/// Retired node keys in one certificate, at most.
pub const MAX_RETIRED: usize = 16;
/// Highest serial of a certificate: stores keep it as a signed number.
pub const MAX_SERIAL: u64 = i64::MAX as u64;
/// Members of a circle, at most.
pub const MAX_MEMBERS: usize = 300;
/// Days that a node certificate is valid, at most.
pub const CERTIFICATE_DAYS: u32 = 365;
/// Bytes of a signed certificate or list, at most.
pub const MAX_SIGNED: usize = 16 * 1024;

const CERTIFICATE_DOMAIN: &[u8] = b"overbuur/certificate/1\0";
const POSSESSION_DOMAIN: &[u8] = b"overbuur/possession/1\0";
const CIRCLE_DOMAIN: &[u8] = b"overbuur/circle/1\0";

/// What a root says about its node. Signed by the root, and by the node: nobody certifies a key
/// that it only saw.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct NodeCertificate {
    /// The root's verification key; its fingerprint is the owner id.
    #[n(0)]
    pub root: RootKey,
    /// REFNIS code, five digits.
    #[n(1)]
    pub refnis: String,
    /// KBO number, ten digits without dots, or empty.
    #[n(2)]
    pub kbo: String,
    /// The node's verification key.
    #[n(3)]
    pub node: NodeKey,
    /// Higher replaces lower.
    #[n(4)]
    pub serial: u64,
    /// First hour.
    #[n(5)]
    pub valid_from: Hour,
    /// Last hour.
    #[n(6)]
    pub valid_until: Hour,
    /// Node keys of before: what they signed is void, but for what the node of this certificate
    /// says again. They prove nothing here: naming a key does not make it the owner's.
    #[n(7)]
    pub retired: Vec<NodeKey>,
    /// The municipality into which this one merges: its last word. What it opened with others is
    /// looked after by that one from then on.
    #[n(8)]
    pub successor: Option<RootId>,
}

impl NodeCertificate {
    /// The owner that the root stands for.
    pub fn owner(&self) -> RootId {
        self.root.id()
    }

    /// Whether signatures of `at` are covered.
    pub fn covers(&self, at: Hour) -> bool {
        self.valid_from <= at && at <= self.valid_until
    }

    /// The certificate signed by its root and by the node that it is for: CBOR
    /// `[certificate bytes, signature of the root, signature of the node]`.
    pub fn sign(&self, root: &SigningKey, node: &SigningKey) -> Vec<u8> {
        let payload = encode(self);
        let by_root = signature(&payload, CERTIFICATE_DOMAIN, root);
        let by_node = signature(&payload, POSSESSION_DOMAIN, node);
        encode(&(ByteVec::from(payload), by_root, by_node))
    }

    /// The certificate in `bytes`, both signatures and its claims checked. Says nothing about time.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn verify(bytes: &[u8]) -> Result<Verified<Self>, CertificateError> {
        if bytes.len() > MAX_SIGNED {
            return Err(CertificateError::Limit);
        }
        let (payload, by_root, by_node): (ByteVec, Signed, Signed) =
            decode_canonical(bytes).ok_or(CertificateError::Malformed)?;
        let certificate: Self = decode_canonical(&payload).ok_or(CertificateError::Malformed)?;
        check(&certificate.root.0, CERTIFICATE_DOMAIN, &payload, &by_root)?;
        check(&certificate.node.0, POSSESSION_DOMAIN, &payload, &by_node)?;
        if certificate.retired.len() > MAX_RETIRED || certificate.serial > MAX_SERIAL {
            return Err(CertificateError::Limit);
        }
        let kbo = certificate.kbo.parse::<Kbo>().map(String::from);
        let kbo_fits = certificate.kbo.is_empty() || kbo.as_ref() == Ok(&certificate.kbo);
        let period_fits = certificate.valid_from <= certificate.valid_until
            && certificate.valid_until <= certificate.valid_from.plus_days(CERTIFICATE_DAYS);
        let itself =
            certificate.retired.contains(&certificate.node) || certificate.successor == Some(certificate.owner());
        if itself || !kbo_fits || !period_fits || certificate.refnis.parse::<Refnis>().is_err() {
            return Err(CertificateError::Claim);
        }
        Ok(Verified(certificate))
    }
}

/// A member's own list of a circle. Signed by its node key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CircleList {
    /// The circle.
    #[n(0)]
    pub circle: CircleId,
    /// Who says so.
    #[n(1)]
    pub owner: RootId,
    /// Higher replaces lower.
    #[n(2)]
    pub version: u64,
    /// Name of the circle.
    #[n(3)]
    pub name: String,
    /// Reference of the written arrangement; empty while there is none.
    #[n(4)]
    pub arrangement: String,
    /// Members, sorted, the owner among them.
    #[n(5)]
    pub members: Vec<RootId>,
}

impl CircleList {
    /// The list signed by the owner's node: CBOR `[list bytes, signature]`.
    pub fn sign(&self, node: &SigningKey) -> Vec<u8> {
        seal(self, CIRCLE_DOMAIN, node)
    }

    /// The list in `bytes`, signed by the node of `certificate`.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn verify(bytes: &[u8], certificate: &Verified<NodeCertificate>) -> Result<Verified<Self>, CertificateError> {
        let (list, payload, signature) = open::<Self>(bytes)?;
        check(&certificate.0.node.0, CIRCLE_DOMAIN, &payload, &signature)?;
        if list.owner != certificate.0.owner() {
            return Err(CertificateError::Signature);
        }
        let texts_fit =
            Text::<200>::new(list.name.as_str()).is_ok() && Text::<400>::new(list.arrangement.as_str()).is_ok();
        if !texts_fit || list.members.len() > MAX_MEMBERS {
            return Err(CertificateError::Limit);
        }
        let sorted = list.members.windows(2).all(|pair| pair[0] < pair[1]);
        if !sorted || list.members.binary_search(&list.owner).is_err() {
            return Err(CertificateError::Members);
        }
        Ok(Verified(list))
    }
}

type Signed = ByteArray<64>;

fn signature(payload: &[u8], domain: &[u8], key: &SigningKey) -> Signed {
    ByteArray::from(key.sign(&[domain, payload].concat()).to_bytes())
}

pub(crate) fn seal<T: Encode<()>>(value: &T, domain: &[u8], key: &SigningKey) -> Vec<u8> {
    let payload = encode(value);
    let signature = signature(&payload, domain, key);
    encode(&(ByteVec::from(payload), signature))
}

pub(crate) type Opened<T> = (T, Vec<u8>, [u8; 64]);

pub(crate) fn open<T: Encode<()> + for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<Opened<T>, CertificateError> {
    if bytes.len() > MAX_SIGNED {
        return Err(CertificateError::Limit);
    }
    let (payload, signature): (ByteVec, Signed) = decode_canonical(bytes).ok_or(CertificateError::Malformed)?;
    let payload = Vec::from(payload);
    let value = decode_canonical(&payload).ok_or(CertificateError::Malformed)?;
    Ok((value, payload, signature.into()))
}

pub(crate) fn check(
    key: &[u8; 32],
    domain: &[u8],
    payload: &[u8],
    signature: &[u8; 64],
) -> Result<(), CertificateError> {
    let key = VerifyingKey::from_bytes(key).map_err(|_| CertificateError::Signature)?;
    key.verify_strict(&[domain, payload].concat(), &Signature::from_bytes(signature))
        .map_err(|_| CertificateError::Signature)
}

/// `value` in deterministic CBOR.
pub(crate) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    // A header, a certificate and most cards fit.
    let mut bytes = Vec::with_capacity(1024);
    // Writing to a Vec cannot fail.
    let _ = minicbor::encode(value, &mut bytes);
    bytes
}

/// The value in `bytes` when they are exactly its deterministic encoding.
pub(crate) fn decode_canonical<T: Encode<()> + for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Option<T> {
    let value: T = minicbor::decode(bytes).ok()?;
    (encode(&value) == bytes).then_some(value)
}
