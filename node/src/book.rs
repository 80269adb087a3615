//! Invitations that are out and pairings that wait for the comparison of their number.
//!
//! Kept whole in the store. A pairing grants nothing: a partner is made only by `confirm`.

use anyhow::{Result, anyhow, bail};
use minicbor::{Decode, Encode};
use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::{NodeKey, RootId};
use schemas::time::Timestamp;
use store::Store;

use crate::invitation::{CircleOffer, DAYS, Invitation};
use crate::pairing::{self, Compared, JoinAnswer, JoinRequest, Refused, Side};

/// Invitations out at the same time, at most.
const MAX_INVITATIONS: usize = 32;
/// Pairings that wait, at most.
const MAX_PENDING: usize = 32;
const NAME: &str = "pairing";

/// An invitation that this node gave.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Issued {
    /// Its secret.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub secret: [u8; 32],
    /// Last second.
    #[n(1)]
    pub expires_at: u64,
    /// The circle offered.
    #[n(2)]
    pub circle: CircleOffer,
    /// The request that used it, with this side's nonce: the same request may be repeated by
    /// whoever lost the answer.
    #[n(3)]
    pub used: Option<Used>,
}

/// How an invitation was used.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Used {
    /// The request, byte for byte.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub request: Vec<u8>,
    /// What this side drew.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub nonce: [u8; 16],
}

/// A pairing that waits for the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Pending {
    /// The other's certificate.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub certificate: Vec<u8>,
    /// Where it listens.
    #[n(1)]
    pub addresses: Vec<String>,
    /// Sixty digits.
    #[n(2)]
    pub number: String,
    /// The circle that it was about.
    #[n(3)]
    pub circle: CircleOffer,
    /// When.
    #[n(4)]
    pub at: u64,
}

impl Pending {
    /// The other's certificate; it was verified before it was kept.
    pub fn claims(&self) -> Result<Verified<NodeCertificate>> {
        NodeCertificate::verify(&self.certificate)
            .map_err(|error| anyhow!("het bewaarde certificaat is beschadigd: {error}"))
    }
}

/// Everything about pairing that is not finished.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Book {
    /// Invitations.
    #[n(0)]
    pub invitations: Vec<Issued>,
    /// Pairings.
    #[n(1)]
    pub pending: Vec<Pending>,
}

impl Book {
    /// The book in the store.
    pub fn load(store: &Store) -> Result<Self> {
        match store.node_state(NAME)? {
            Some(bytes) => minicbor::decode(&bytes).map_err(|_| anyhow!("de bewaarde uitnodigingen zijn beschadigd")),
            None => Ok(Self::default()),
        }
    }

    /// Keeps the book.
    pub fn save(&self, store: &Store) -> Result<()> {
        let mut bytes = Vec::new();
        // Writing to a Vec cannot fail.
        let _ = minicbor::encode(self, &mut bytes);
        Ok(store.set_node_state(NAME, &bytes)?)
    }

    /// Whether a stranger may ask to pair. A used invitation counts while a pairing waits: whoever
    /// lost the answer may ask for it again.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let waits = !self.pending.is_empty();
        self.invitations.iter().any(|issued| issued.expires_at >= now.0 && (issued.used.is_none() || waits))
    }

    /// Forgets what is over.
    pub fn tidy(&mut self, now: Timestamp) {
        self.invitations.retain(|issued| issued.expires_at >= now.0);
        self.pending.retain(|pending| pending.at.saturating_add(DAYS * 86_400) >= now.0);
    }

    /// Notes an invitation that is given out.
    pub fn issue(&mut self, invitation: &Invitation, now: Timestamp) -> Result<()> {
        self.tidy(now);
        if self.invitations.len() >= MAX_INVITATIONS {
            bail!("Er staan al {MAX_INVITATIONS} uitnodigingen open; wacht tot er verlopen zijn");
        }
        self.invitations.push(Issued {
            secret: invitation.secret,
            expires_at: invitation.expires_at,
            circle: invitation.circle.clone(),
            used: None,
        });
        Ok(())
    }

    /// Answers a request to pair. Changes nothing when it is refused.
    pub fn welcome(
        &mut self,
        bytes: &[u8],
        peer: NodeKey,
        me: &Side<'_>,
        nonce: [u8; 16],
        now: Timestamp,
    ) -> JoinAnswer {
        match self.try_welcome(bytes, peer, me, nonce, now) {
            Ok(answer) => answer,
            Err(reason) => JoinAnswer::Refused { reason },
        }
    }

    fn try_welcome(
        &mut self,
        bytes: &[u8],
        peer: NodeKey,
        me: &Side<'_>,
        nonce: [u8; 16],
        now: Timestamp,
    ) -> Result<JoinAnswer, Refused> {
        let request = JoinRequest::from_bytes(bytes)?;
        let issued = self
            .invitations
            .iter_mut()
            .find(|issued| issued.expires_at >= now.0 && Invitation::id(&issued.secret) == request.invitation)
            .ok_or(Refused::Invitation)?;
        let nonce = match &issued.used {
            Some(used) if used.request == bytes => used.nonce,
            Some(_) => return Err(Refused::Invitation),
            None => nonce,
        };
        let (answer, compared) = pairing::welcome(&request, peer, &issued.secret, issued.circle.id, me, nonce, now)?;
        issued.used = Some(Used { request: bytes.to_vec(), nonce });
        let circle = issued.circle.clone();
        self.await_comparison(compared, request.addresses, circle, now).map_err(|_| Refused::Busy)?;
        Ok(answer)
    }

    /// Notes a pairing that waits for the comparison, in the place of an earlier one with the
    /// same municipality.
    pub fn await_comparison(
        &mut self,
        compared: Compared,
        addresses: Vec<String>,
        circle: CircleOffer,
        now: Timestamp,
    ) -> Result<()> {
        let root = compared.certificate.get().owner();
        self.pending.retain(|pending| pending.claims().is_ok_and(|claims| claims.get().owner() != root));
        if self.pending.len() >= MAX_PENDING {
            bail!("Er wachten al {MAX_PENDING} koppelingen op bevestiging");
        }
        self.pending.push(Pending {
            certificate: compared.certificate_bytes,
            addresses,
            number: compared.number,
            circle,
            at: now.0,
        });
        Ok(())
    }

    /// The pairing with a municipality by REFNIS code, or the beginning of its root's id.
    pub fn find(&self, who: &str) -> Result<(Pending, Verified<NodeCertificate>)> {
        let mut found = Vec::new();
        for pending in &self.pending {
            let claims = pending.claims()?;
            let root = claims.get().owner().to_string();
            if claims.get().refnis == who || who.len() >= 4 && root.starts_with(&who.to_lowercase()) {
                found.push((pending.clone(), claims));
            }
        }
        match found.len() {
            0 => bail!("Er wacht geen koppeling met {who}"),
            1 => Ok(found.remove(0)),
            _ => bail!("Er wachten meer koppelingen met {who}; geef het begin van de vingerafdruk"),
        }
    }

    /// Forgets the pairing with a municipality.
    pub fn finish(&mut self, root: RootId) {
        self.pending.retain(|pending| pending.claims().is_ok_and(|claims| claims.get().owner() != root));
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::{invitation, keys};

    const NOW: Timestamp = Timestamp(1_800_000_000);

    struct Node(Verified<NodeCertificate>, Vec<u8>);

    impl Node {
        fn new(refnis: &str, number: u8) -> Self {
            let (root, node) = (SigningKey::from_bytes(&[number; 32]), SigningKey::from_bytes(&[number + 100; 32]));
            let bytes = keys::certify(&root, &node, refnis.parse().expect("in the table"), None, 1, NOW);
            Self(NodeCertificate::verify(&bytes).expect("just signed"), bytes)
        }
        fn side(&self) -> Side<'_> {
            Side { certificate: &self.0, bytes: &self.1 }
        }
        fn key(&self) -> NodeKey {
            self.0.get().node
        }
    }

    fn ask(book: &mut Book, from: &Node, at: &Node, invitation: &Invitation, now: Timestamp) -> (JoinAnswer, Vec<u8>) {
        let request = JoinRequest::new(invitation, &from.side(), [7; 16], vec![]).to_bytes();
        (book.welcome(&request, from.key(), &at.side(), [9; 16], now), request)
    }

    #[test]
    fn an_invitation_is_used_once_and_the_same_request_may_be_repeated() -> Result<()> {
        let (mortsel, borsbeek, aartselaar) = (Node::new("11029", 1), Node::new("11007", 2), Node::new("11001", 3));
        let mut book = Book::default();
        let invitation = invitation::tests::example([5; 32], NOW.0 + 60);
        book.issue(&invitation, NOW)?;
        assert!(book.is_open(NOW) && !book.is_open(Timestamp(NOW.0 + 61)));
        let (first, request) = ask(&mut book, &borsbeek, &mortsel, &invitation, NOW);
        assert!(matches!(first, JoinAnswer::Welcome { .. }), "{first:?}");
        let again = book.welcome(&request, borsbeek.key(), &mortsel.side(), [1; 16], NOW);
        assert_eq!(again, first);
        let before = book.clone();
        let (other, _) = ask(&mut book, &aartselaar, &mortsel, &invitation, NOW);
        assert_eq!(other, JoinAnswer::Refused { reason: Refused::Invitation });
        assert_eq!(book, before, "a used invitation changes nothing");
        let (found, claims) = book.find("11007")?;
        assert_eq!(found.number.len(), 71);
        assert!(book.find(&claims.get().owner().short()).is_ok() && book.find("11001").is_err());
        book.finish(claims.get().owner());
        assert!(book.find("11007").is_err());
        assert!(!book.is_open(NOW), "a used invitation opens the door to nobody once its pairing is over");
        Ok(())
    }

    #[test]
    fn expired_and_foreign_invitations_change_nothing() -> Result<()> {
        let (mortsel, borsbeek) = (Node::new("11029", 1), Node::new("11007", 2));
        let mut book = Book::default();
        let invitation = invitation::tests::example([5; 32], NOW.0 + 60);
        book.issue(&invitation, NOW)?;
        let before = book.clone();
        let late = Timestamp(NOW.0 + 61);
        assert_eq!(
            ask(&mut book, &borsbeek, &mortsel, &invitation, late).0,
            JoinAnswer::Refused { reason: Refused::Invitation }
        );
        let foreign = invitation::tests::example([6; 32], NOW.0 + 60);
        assert_eq!(
            ask(&mut book, &borsbeek, &mortsel, &foreign, NOW).0,
            JoinAnswer::Refused { reason: Refused::Invitation }
        );
        let noise = book.welcome(&[0xff; 2_000], borsbeek.key(), &mortsel.side(), [1; 16], NOW);
        assert_eq!(noise, JoinAnswer::Refused { reason: Refused::Malformed });
        assert_eq!(book, before);
        Ok(())
    }
}
