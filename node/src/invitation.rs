//! The one-time invitation that one administrator gives another: as text and as a QR code.
//!
//! It carries a secret: whoever holds it may ask to pair, once, within its days. It grants
//! nothing else; both administrators still compare a number and confirm.

use anyhow::{Result, bail};
use data_encoding::BASE32_NOPAD;
use minicbor::{Decode, Encode};
use schemas::ids::{CircleId, NodeKey, RootId};
use schemas::time::Timestamp;
use sha2::{Digest, Sha256};

/// Days that an invitation lives.
pub const DAYS: u64 = 7;
/// Addresses in an invitation, at most.
pub const MAX_ADDRESSES: usize = 4;
/// Bytes of one address, at most.
pub const MAX_ADDRESS: usize = 120;
/// Characters of an invitation, at most.
const MAX_TEXT: usize = 2_000;
const PREFIX: &str = "overbuur1:";

/// The circle that the new partner is asked into.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CircleOffer {
    /// Its id.
    #[n(0)]
    pub id: CircleId,
    /// Its name.
    #[n(1)]
    pub name: String,
    /// Reference of its arrangement, or empty.
    #[n(2)]
    pub arrangement: String,
}

/// What an invitation says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Invitation {
    /// Who invites.
    #[n(0)]
    pub root: RootId,
    /// Its REFNIS code: a claim.
    #[n(1)]
    pub refnis: String,
    /// Its enterprise number or empty: a claim.
    #[n(2)]
    pub kbo: String,
    /// The node to connect to.
    #[n(3)]
    pub node: NodeKey,
    /// Where it listens, as multiaddresses.
    #[n(4)]
    pub addresses: Vec<String>,
    /// Proves that the other holds this invitation.
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    pub secret: [u8; 32],
    /// Last second.
    #[n(6)]
    pub expires_at: u64,
    /// Circle.
    #[n(7)]
    pub circle: CircleOffer,
}

impl Invitation {
    /// Names the invitation without giving its secret away.
    pub fn id(secret: &[u8; 32]) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update(b"overbuur/invitation/1\0");
        hash.update(secret);
        let digest: [u8; 32] = hash.finalize().into();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        id
    }

    /// As text, to copy.
    pub fn to_text(&self) -> String {
        let mut bytes = Vec::new();
        // Writing to a Vec cannot fail.
        let _ = minicbor::encode(self, &mut bytes);
        let sum: [u8; 32] = Sha256::digest(&bytes).into();
        bytes.extend_from_slice(&sum[..4]);
        format!("{PREFIX}{}", BASE32_NOPAD.encode(&bytes).to_lowercase())
    }

    /// The invitation in `text`, spaces and line ends ignored, checked against `now`.
    ///
    /// # Errors
    /// Not an invitation, damaged, or expired.
    pub fn from_text(text: &str, now: Timestamp) -> Result<Self> {
        if text.len() > MAX_TEXT {
            bail!("Dit is geen uitnodiging van Overbuur: te lang");
        }
        let text: String = text.split_whitespace().collect::<String>().to_lowercase();
        let Some(code) = text.strip_prefix(PREFIX) else {
            bail!("Dit is geen uitnodiging van Overbuur; ze begint met {PREFIX}");
        };
        let damaged = "De uitnodiging is beschadigd; kopieer ze opnieuw, helemaal";
        let Ok(bytes) = BASE32_NOPAD.decode(code.to_uppercase().as_bytes()) else { bail!(damaged) };
        let Some((payload, sum)) = bytes.split_last_chunk::<4>() else { bail!(damaged) };
        let expected: [u8; 32] = Sha256::digest(payload).into();
        if expected[..4] != *sum {
            bail!(damaged);
        }
        let Ok(invitation) = minicbor::decode::<Self>(payload) else { bail!(damaged) };
        let fits = invitation.addresses.len() <= MAX_ADDRESSES
            && invitation.addresses.iter().all(|address| address.len() <= MAX_ADDRESS)
            && invitation.circle.name.len() <= 200
            && invitation.circle.arrangement.len() <= 400;
        if !fits {
            bail!(damaged);
        }
        if invitation.expires_at < now.0 {
            bail!("De uitnodiging is verlopen; vraag een nieuwe");
        }
        Ok(invitation)
    }

    /// As a QR code for a terminal, two rows of squares per line.
    pub fn to_qr(&self) -> Result<String> {
        let code = qrcode::QrCode::new(self.to_text().to_uppercase())?;
        Ok(code.render::<qrcode::render::unicode::Dense1x2>().build())
    }

    /// As a QR code in SVG.
    pub fn to_svg(&self) -> Result<String> {
        let code = qrcode::QrCode::new(self.to_text().to_uppercase())?;
        Ok(code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(320, 320).build())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An invitation with every field filled.
    pub(crate) fn example(secret: [u8; 32], expires_at: u64) -> Invitation {
        Invitation {
            root: RootId([1; 32]),
            refnis: "11029".into(),
            kbo: "0207463994".into(),
            node: NodeKey([2; 32]),
            addresses: vec!["/ip4/192.0.2.7/tcp/4601".into()],
            secret,
            expires_at,
            circle: CircleOffer { id: CircleId([3; 16]), name: "BAM".into(), arrangement: "protocol 2026/1".into() },
        }
    }

    #[test]
    fn text_and_back_in_any_case_and_with_line_ends() -> Result<()> {
        let invitation = example([9; 32], 100);
        let text = invitation.to_text();
        assert_eq!(Invitation::from_text(&text, Timestamp(100))?, invitation);
        let broken = format!("  {}\n{} ", &text[..40].to_uppercase(), &text[40..]);
        assert_eq!(Invitation::from_text(&broken, Timestamp(100))?, invitation);
        assert!(invitation.to_qr()?.lines().count() > 20);
        assert!(invitation.to_svg()?.contains("<svg"));
        Ok(())
    }

    #[test]
    fn expired_damaged_and_foreign_texts_say_so() {
        let text = example([9; 32], 100).to_text();
        let why = |text: &str, now: u64| Invitation::from_text(text, Timestamp(now)).expect_err("refused").to_string();
        assert!(why(&text, 101).contains("verlopen"));
        assert!(why("hello", 1).contains("geen uitnodiging"));
        assert!(why(&text[..text.len() - 3], 1).contains("beschadigd"));
        let mut flipped = text.clone().into_bytes();
        flipped[60] = if flipped[60] == b'a' { b'b' } else { b'a' };
        assert!(why(&String::from_utf8_lossy(&flipped), 1).contains("beschadigd"));
        assert!(why(&format!("overbuur1:{}", "a".repeat(3_000)), 1).contains("te lang"));
    }
}
