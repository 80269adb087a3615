//! Identifiers: fixed-length bytes, written as lower-case hexadecimal in JSON and on screen.
//!
//! None of them is derived from anything about a person.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Refused;

/// Lower-case hexadecimal of `bytes`.
pub fn to_hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Exactly `N` bytes from `2 * N` lower-case hexadecimal digits: the one form of a value.
///
/// # Errors
/// Any other length or character, upper case included.
pub fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], Refused> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return Err(Refused::new("id", "wrong number of hexadecimal digits"));
    }
    let nibble = |digit: u8| (digit as char).to_digit(16).filter(|_| !digit.is_ascii_uppercase());
    let mut bytes = [0u8; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        match (nibble(pair[0]), nibble(pair[1])) {
            (Some(high), Some(low)) => *byte = (high * 16 + low) as u8,
            _ => return Err(Refused::new("id", "not hexadecimal")),
        }
    }
    Ok(bytes)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; $length]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), &to_hex(&self.0)[..8])
            }
        }

        impl FromStr for $name {
            type Err = Refused;
            fn from_str(text: &str) -> Result<Self, Refused> {
                from_hex(text).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                to_hex(&id.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Refused;
            fn try_from(text: String) -> Result<Self, Refused> {
                text.parse()
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": concat!("^([0-9a-f]{2}){", $length, "}$") })
            }
        }
    };
}

id!(/// A shared document: 16 random bytes. Of a request or an offer it is the pseudonym of
    /// the person, kept through renewals and fresh for the next publication.
    DocumentId, 16);
id!(/// A circle of partners: 16 random bytes, or derived from both roots for a pair.
    CircleId, 16);
id!(/// One start of a node's process: 16 random bytes.
    Session, 16);
id!(/// Owner of documents: the fingerprint (SHA-256) of a municipality's root key.
    RootId, 32);
id!(/// A municipality's Ed25519 root verification key.
    RootKey, 32);
id!(/// A node's Ed25519 verification key; also its identity on the network.
    NodeKey, 32);
id!(/// An envelope: SHA-256 over its header.
    EnvelopeId, 32);

impl RootKey {
    /// The owner id that this root stands for.
    pub fn id(&self) -> RootId {
        let mut hash = Sha256::new();
        hash.update(b"overbuur/root/1\0");
        hash.update(self.0);
        RootId(hash.finalize().into())
    }
}

impl RootId {
    /// First 8 hexadecimal digits, for people to recognise; never for a comparison.
    pub fn short(&self) -> String {
        to_hex(&self.0[..4])
    }
}

impl CircleId {
    /// The circle of just two municipalities, the same whoever computes it.
    pub fn pair(a: RootId, b: RootId) -> Self {
        let (first, second) = if a <= b { (a, b) } else { (b, a) };
        let mut hash = Sha256::new();
        hash.update(b"overbuur/pair/1\0");
        hash.update(first.0);
        hash.update(second.0);
        let digest: [u8; 32] = hash.finalize().into();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self(id)
    }
}
