//! Sealing and opening a contact sheet: HPKE (RFC 9180) with DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256 and ChaCha20-Poly1305, to a one-time key of the other municipality.
//!
//! The seal is bound to the match, to both municipalities and to the direction, so that a sheet
//! opens only where and for what it was meant. A sheet holds name, phone, mail and contact
//! language, never more. No clock, no store: see [`crate::handovers`] for who may send what when.

use std::convert::Infallible;

use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable, aead, kdf, kem};
use schemas::ids::{DocumentId, RootId, from_hex, to_hex};
use schemas::language::Language;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::ports::Randomness;
use crate::ports_matches::{ContactSheet, OneTimeKey};

type Kem = kem::X25519HkdfSha256;
type Kdf = kdf::HkdfSha256;
type Aead = aead::ChaCha20Poly1305;

/// Version of the message.
pub const VERSION: u64 = 1;
/// Bytes of a message, at most: a larger one is not looked at.
pub const MAX_MESSAGE: usize = 8 * 1024;
/// Characters of one field of a sheet, at most.
const MAX_FIELD: usize = 200;
const DOMAIN: &[u8] = b"overbuur/handover/1\0";

/// Whose contact sheet it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The newcomer's, from the requester to the mentor's municipality.
    OfNewcomer,
    /// The mentor's, from the mentor's municipality to the requester.
    OfMentor,
}

impl Direction {
    /// Stable code, as in the message.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OfNewcomer => "newcomer",
            Self::OfMentor => "mentor",
        }
    }
}

/// What a seal is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// The match.
    pub proposal: DocumentId,
    /// The newcomer's municipality.
    pub requester: RootId,
    /// The mentor's municipality.
    pub answerer: RootId,
    /// Whose sheet.
    pub direction: Direction,
}

impl Binding {
    fn info(&self) -> Vec<u8> {
        [DOMAIN, &self.proposal.0, &self.requester.0, &self.answerer.0, self.direction.code().as_bytes()].concat()
    }
}

/// Why a message or a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// Too large, or not in the form of a message.
    #[error("malformed")]
    Malformed,
    /// Of a version that is not known here.
    #[error("unknown version")]
    UnknownVersion,
    /// Not a usable public key.
    #[error("bad key")]
    Key,
    /// It does not open: another key, another match, or altered bytes.
    #[error("does not open")]
    Sealed,
    /// A field is over its limit.
    #[error("field over its limit")]
    Field,
}

/// A message as it travels: `{direction, ciphertext, enc, proposal, sealed_to, version}` in JSON
/// with its keys in order, so that the same message is the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The match.
    pub proposal: DocumentId,
    /// Whose sheet.
    pub direction: Direction,
    /// The one-time public key it is sealed to.
    pub sealed_to: [u8; 32],
    /// HPKE's encapsulated key.
    pub enc: [u8; 32],
    /// The sealed sheet.
    pub ciphertext: Vec<u8>,
}

impl Message {
    /// The bytes that travel.
    pub fn to_bytes(&self) -> Vec<u8> {
        json!({
            "version": VERSION,
            "proposal": self.proposal.to_string(),
            "direction": self.direction.code(),
            "sealed_to": to_hex(&self.sealed_to),
            "enc": to_hex(&self.enc),
            "ciphertext": to_hex(&self.ciphertext),
        })
        .to_string()
        .into_bytes()
    }

    /// The message in `bytes`.
    ///
    /// # Errors
    /// `Malformed`, also when the bytes are not the very ones that [`Message::to_bytes`] makes;
    /// `UnknownVersion`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Bad> {
        if bytes.len() > MAX_MESSAGE {
            return Err(Bad::Malformed);
        }
        let value: Value = serde_json::from_slice(bytes).map_err(|_| Bad::Malformed)?;
        let map = value.as_object().ok_or(Bad::Malformed)?;
        match map.get("version").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(_) => return Err(Bad::UnknownVersion),
            None => return Err(Bad::Malformed),
        }
        let message = Self {
            proposal: text(map, "proposal")?.parse().map_err(|_| Bad::Malformed)?,
            direction: match text(map, "direction")? {
                "newcomer" => Direction::OfNewcomer,
                "mentor" => Direction::OfMentor,
                _ => return Err(Bad::Malformed),
            },
            sealed_to: from_hex(text(map, "sealed_to")?).map_err(|_| Bad::Malformed)?,
            enc: from_hex(text(map, "enc")?).map_err(|_| Bad::Malformed)?,
            ciphertext: bytes_of_hex(text(map, "ciphertext")?)?,
        };
        if message.to_bytes() == bytes { Ok(message) } else { Err(Bad::Malformed) }
    }
}

/// SHA-256 of a message, to answer a repetition alike.
pub fn digest(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

/// A fresh one-time key pair.
pub fn one_time_key(randomness: &dyn Randomness) -> OneTimeKey {
    let mut seed = [0; 32];
    randomness.fill(&mut seed);
    let (private, public) = Kem::derive_keypair(&seed);
    OneTimeKey { private: private.to_bytes().into(), public: public.to_bytes().into() }
}

/// Seals `sheet` to the one-time public key `to`.
///
/// # Errors
/// `Field` for a field over its limit, `Key` for a public key that is no point to seal to.
pub fn seal(
    sheet: &ContactSheet,
    to: [u8; 32],
    binding: &Binding,
    randomness: &dyn Randomness,
) -> Result<Message, Bad> {
    if !fits(sheet) {
        return Err(Bad::Field);
    }
    let public = <Kem as hpke::Kem>::PublicKey::from_bytes(&to).map_err(|_| Bad::Key)?;
    let info = binding.info();
    let (enc, ciphertext) = hpke::single_shot_seal_with_rng::<Aead, Kdf, Kem>(
        &OpModeS::Base,
        &public,
        &info,
        &sheet_bytes(sheet),
        &info,
        &mut Bridge(randomness),
    )
    .map_err(|_| Bad::Key)?;
    Ok(Message {
        proposal: binding.proposal,
        direction: binding.direction,
        sealed_to: to,
        enc: enc.to_bytes().into(),
        ciphertext,
    })
}

/// Opens a message with our one-time key.
///
/// # Errors
/// `Sealed` when key, match, municipalities or direction are not those it was sealed for, or a
/// byte was changed; `Malformed` or `Field` when what is inside is no sheet.
pub fn open(message: &Message, key: &OneTimeKey, binding: &Binding) -> Result<ContactSheet, Bad> {
    let private = <Kem as hpke::Kem>::PrivateKey::from_bytes(&key.private).map_err(|_| Bad::Key)?;
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&message.enc).map_err(|_| Bad::Sealed)?;
    let info = binding.info();
    let plain =
        hpke::single_shot_open::<Aead, Kdf, Kem>(&OpModeR::Base, &private, &enc, &info, &message.ciphertext, &info)
            .map_err(|_| Bad::Sealed)?;
    sheet_of(&plain)
}

fn sheet_bytes(sheet: &ContactSheet) -> Vec<u8> {
    json!({
        "name": sheet.name,
        "phone": sheet.phone,
        "email": sheet.email,
        "language": sheet.language.map(Language::code),
    })
    .to_string()
    .into_bytes()
}

fn sheet_of(bytes: &[u8]) -> Result<ContactSheet, Bad> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| Bad::Malformed)?;
    let map = value.as_object().filter(|map| map.len() == 4).ok_or(Bad::Malformed)?;
    let sheet = ContactSheet {
        name: text(map, "name")?.to_owned(),
        phone: text(map, "phone")?.to_owned(),
        email: text(map, "email")?.to_owned(),
        language: match map.get("language") {
            Some(Value::Null) => None,
            Some(Value::String(code)) => Some(code.parse().map_err(|_| Bad::Field)?),
            _ => return Err(Bad::Malformed),
        },
    };
    if fits(&sheet) { Ok(sheet) } else { Err(Bad::Field) }
}

/// Short fields of one line, none of which holds a national register number. A phone number is
/// not looked at for one: eleven digits are an ordinary number with its country.
fn fits(sheet: &ContactSheet) -> bool {
    let short = |text: &String| text.chars().count() <= MAX_FIELD && !text.chars().any(char::is_control);
    [&sheet.name, &sheet.phone, &sheet.email].into_iter().all(short)
        && ![&sheet.name, &sheet.email].into_iter().any(|text| schemas::rrn::holds_rrn(text))
}

fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Result<&'a str, Bad> {
    map.get(name).and_then(Value::as_str).ok_or(Bad::Malformed)
}

fn bytes_of_hex(text: &str) -> Result<Vec<u8>, Bad> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return Err(Bad::Malformed);
    }
    (0..text.len() / 2)
        .map(|at| from_hex::<1>(&text[at * 2..at * 2 + 2]).map(|[byte]| byte).map_err(|_| Bad::Malformed))
        .collect()
}

/// The office's randomness in the words of HPKE's crate.
struct Bridge<'a>(&'a dyn Randomness);

impl TryRng for Bridge<'_> {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Bridge<'_> {}

/// What the receiver says about a message, for the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is here.
    Received,
    /// The match does not stand here yet: send it again later.
    NotYet,
    /// The key it is sealed to is gone; a fresh one is in the newest version of our half.
    KeyUnknown,
    /// It belongs to no match with this sender, or does not open. Do not send it again.
    Refused,
}

impl Verdict {
    const fn code(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::NotYet => "not_yet",
            Self::KeyUnknown => "key_unknown",
            Self::Refused => "refused",
        }
    }

    /// The acknowledgement: the verdict and the digest of the message it is about.
    pub fn to_bytes(self, message: &[u8]) -> Vec<u8> {
        json!({ "version": VERSION, "verdict": self.code(), "message": to_hex(&digest(message)) })
            .to_string()
            .into_bytes()
    }

    /// The verdict in an acknowledgement about `message`.
    ///
    /// # Errors
    /// `Malformed`, or it is about another message.
    pub fn from_bytes(bytes: &[u8], message: &[u8]) -> Result<Self, Bad> {
        [Self::Received, Self::NotYet, Self::KeyUnknown, Self::Refused]
            .into_iter()
            .find(|verdict| verdict.to_bytes(message) == bytes)
            .ok_or(Bad::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Numbers that are the same in every run: fit for tests only.
    struct Counting(Mutex<u64>);

    impl Randomness for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            let mut next = self.0.lock().expect("one thread");
            for byte in bytes {
                *next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = (*next >> 56) as u8;
            }
        }
    }

    fn binding() -> Binding {
        Binding {
            proposal: DocumentId([1; 16]),
            requester: RootId([2; 32]),
            answerer: RootId([3; 32]),
            direction: Direction::OfNewcomer,
        }
    }

    fn sheet() -> ContactSheet {
        ContactSheet {
            name: "Farid Noori".to_owned(),
            phone: "0470 12 34 56".to_owned(),
            email: "farid@example.org".to_owned(),
            language: Some("fa".parse().expect("a language")),
        }
    }

    fn sealed() -> (Message, OneTimeKey, Counting) {
        let randomness = Counting(Mutex::new(1));
        let key = one_time_key(&randomness);
        let message = seal(&sheet(), key.public, &binding(), &randomness).expect("a good key");
        (message, key, randomness)
    }

    #[test]
    fn what_is_sealed_opens() {
        let (message, key, _) = sealed();
        let bytes = message.to_bytes();
        assert!(!String::from_utf8_lossy(&bytes).contains("Farid"));
        let arrived = Message::from_bytes(&bytes).expect("well formed");
        assert_eq!(arrived, message);
        assert_eq!(open(&arrived, &key, &binding()), Ok(sheet()));
    }

    #[test]
    fn another_key_does_not_open() {
        let (message, _, randomness) = sealed();
        let other = one_time_key(&randomness);
        assert_eq!(open(&message, &other, &binding()), Err(Bad::Sealed));
    }

    #[test]
    fn another_match_municipality_or_direction_does_not_open() {
        let (message, key, _) = sealed();
        let good = binding();
        let others = [
            Binding { proposal: DocumentId([9; 16]), ..good },
            Binding { requester: RootId([9; 32]), ..good },
            Binding { answerer: RootId([9; 32]), ..good },
            Binding { direction: Direction::OfMentor, ..good },
        ];
        for other in others {
            assert_eq!(open(&message, &key, &other), Err(Bad::Sealed));
        }
    }

    #[test]
    fn no_altered_byte_opens() {
        let (message, key, _) = sealed();
        for at in 0..message.ciphertext.len() {
            let mut altered = message.clone();
            altered.ciphertext[at] ^= 1;
            assert_eq!(open(&altered, &key, &binding()), Err(Bad::Sealed));
        }
        let mut altered = message;
        altered.enc[0] ^= 1;
        assert_eq!(open(&altered, &key, &binding()), Err(Bad::Sealed));
    }

    #[test]
    fn only_the_very_bytes_are_a_message() {
        let (message, ..) = sealed();
        let bytes = message.to_bytes();
        let spaced = String::from_utf8_lossy(&bytes).replace(',', ", ");
        assert_eq!(Message::from_bytes(spaced.as_bytes()), Err(Bad::Malformed));
        assert_eq!(Message::from_bytes(&bytes[1..]), Err(Bad::Malformed));
        assert_eq!(Message::from_bytes(&vec![b' '; MAX_MESSAGE + 1]), Err(Bad::Malformed));
        let newer = String::from_utf8_lossy(&bytes).replace("\"version\":1", "\"version\":2");
        assert_eq!(Message::from_bytes(newer.as_bytes()), Err(Bad::UnknownVersion));
    }

    #[test]
    fn a_sheet_over_its_limits_is_not_sealed() {
        let (_, key, randomness) = sealed();
        let long = ContactSheet { name: "x".repeat(MAX_FIELD + 1), ..sheet() };
        assert_eq!(seal(&long, key.public, &binding(), &randomness), Err(Bad::Field));
        let numbered = ContactSheet { name: "Farid 85.07.30-033.28".to_owned(), ..sheet() };
        assert_eq!(seal(&numbered, key.public, &binding(), &randomness), Err(Bad::Field));
        assert_eq!(seal(&sheet(), [0; 32], &binding(), &randomness), Err(Bad::Key));
    }

    #[test]
    fn a_verdict_is_about_one_message() {
        let verdict = Verdict::KeyUnknown.to_bytes(b"one");
        assert_eq!(Verdict::from_bytes(&verdict, b"one"), Ok(Verdict::KeyUnknown));
        assert_eq!(Verdict::from_bytes(&verdict, b"other"), Err(Bad::Malformed));
    }
}
