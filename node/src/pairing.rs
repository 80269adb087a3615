//! Pairing: the one exchange that is open to strangers, and the number that two administrators
//! compare. No IO and no clock; the runtime carries the messages.
//!
//! The joiner sends a [`JoinRequest`], the inviter answers with a [`JoinAnswer`]; both are at
//! most [`MAX_MESSAGE`] bytes and prove the invitation's secret over everything said. Nothing
//! is granted by it: what both hold afterwards is a number to read aloud.

use minicbor::{Decode, Encode};
use schemas::certificate::{NodeCertificate, Verified};
use schemas::ids::{CircleId, NodeKey};
use schemas::time::Timestamp;
use sha2::{Digest, Sha256, Sha512};

use crate::invitation::{Invitation, MAX_ADDRESS, MAX_ADDRESSES};

/// Bytes of a pairing message, at most.
pub const MAX_MESSAGE: usize = 1024;
/// Rounds of hashing before the number: guessing one that collides costs this much each time.
const ROUNDS: u32 = 5_200;

/// What the joiner says first.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct JoinRequest {
    /// Which invitation.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub invitation: [u8; 16],
    /// The joiner's certificate.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub certificate: Vec<u8>,
    /// Fresh.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub nonce: [u8; 16],
    /// Where the joiner listens.
    #[n(3)]
    pub addresses: Vec<String>,
    /// Proof of the secret over the fields above.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub proof: [u8; 32],
}

/// What the inviter answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum JoinAnswer {
    /// Compare the number now.
    #[n(0)]
    Welcome {
        /// The inviter's certificate.
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        certificate: Vec<u8>,
        /// Fresh.
        #[n(1)]
        #[cbor(with = "minicbor::bytes")]
        nonce: [u8; 16],
        /// Proof of the secret over the request and the fields above.
        #[n(2)]
        #[cbor(with = "minicbor::bytes")]
        proof: [u8; 32],
    },
    /// No.
    #[n(1)]
    Refused {
        /// Why.
        #[n(0)]
        reason: Refused,
    },
}

/// Why a pairing is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
#[cbor(index_only)]
pub enum Refused {
    /// No such live invitation, or the secret is not proven. One answer for both, so that
    /// nobody learns which invitations exist.
    #[n(0)]
    #[error("De uitnodiging is onbekend, verlopen of al gebruikt; vraag een nieuwe")]
    Invitation,
    /// The certificate is not that of the connected node, or out of date.
    #[n(1)]
    #[error("Het certificaat is verlopen of hoort niet bij dit knooppunt")]
    Certificate,
    /// Not a pairing message.
    #[n(2)]
    #[error("Het antwoord was niet te begrijpen")]
    Malformed,
    /// The municipality is this one itself.
    #[n(3)]
    #[error("Dit is een uitnodiging van deze gemeente zelf")]
    Myself,
    /// Who answered is not who invited.
    #[n(4)]
    #[error("Wie antwoordt, is niet wie uitnodigde")]
    Stranger,
    /// Too many attempts.
    #[n(5)]
    #[error("Te veel pogingen; probeer het over een minuut opnieuw")]
    Busy,
}

/// A pairing that awaits the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The other's certificate.
    pub certificate: Verified<NodeCertificate>,
    /// As bytes.
    pub certificate_bytes: Vec<u8>,
    /// Sixty digits in twelve groups of five.
    pub number: String,
}

/// One side of a pairing.
pub struct Side<'a> {
    /// This node's certificate.
    pub certificate: &'a Verified<NodeCertificate>,
    /// As bytes.
    pub bytes: &'a [u8],
}

impl JoinRequest {
    /// A request that uses `invitation`.
    pub fn new(invitation: &Invitation, me: &Side<'_>, nonce: [u8; 16], addresses: Vec<String>) -> Self {
        let mut addresses = addresses;
        addresses.retain(|address| address.len() <= MAX_ADDRESS);
        addresses.truncate(MAX_ADDRESSES);
        let mut request = Self {
            invitation: Invitation::id(&invitation.secret),
            certificate: me.bytes.to_vec(),
            nonce,
            addresses,
            proof: [0; 32],
        };
        request.proof = request.expected_proof(&invitation.secret);
        request
    }

    fn expected_proof(&self, secret: &[u8; 32]) -> [u8; 32] {
        let bare = Self { proof: [0; 32], ..self.clone() };
        prove(b"overbuur/pairing/join/1\0", secret, &[&encode(&bare)])
    }

    /// Wire bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// The request in `bytes`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        if bytes.len() > MAX_MESSAGE {
            return Err(Refused::Malformed);
        }
        let request: Self = minicbor::decode(bytes).map_err(|_| Refused::Malformed)?;
        let fits = request.addresses.len() <= MAX_ADDRESSES && request.addresses.iter().all(|a| a.len() <= MAX_ADDRESS);
        if fits { Ok(request) } else { Err(Refused::Malformed) }
    }
}

impl JoinAnswer {
    /// Wire bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }
}

/// The inviter's part: checks a request that came over a connection authenticated as `peer`.
///
/// # Errors
/// Why it is refused. The invitation is used up only when this is `Ok`.
pub fn welcome(
    request: &JoinRequest,
    peer: NodeKey,
    secret: &[u8; 32],
    circle: CircleId,
    me: &Side<'_>,
    nonce: [u8; 16],
    now: Timestamp,
) -> Result<(JoinAnswer, Compared), Refused> {
    if !same(&request.expected_proof(secret), &request.proof) {
        return Err(Refused::Invitation);
    }
    let other = check_certificate(&request.certificate, peer, me, now)?;
    let request_bytes = request.to_bytes();
    let proof = prove(b"overbuur/pairing/welcome/1\0", secret, &[&request_bytes, me.bytes, &nonce]);
    let transcript =
        Transcript { inviter: me.certificate, joiner: &other, circle, request: &request_bytes, nonce, proof };
    let number = transcript.number();
    let answer = JoinAnswer::Welcome { certificate: me.bytes.to_vec(), nonce, proof };
    Ok((answer, Compared { certificate: other, certificate_bytes: request.certificate.clone(), number }))
}

/// The joiner's part: checks the answer to its request.
///
/// # Errors
/// Why the pairing ends here.
pub fn accept(
    answer: &[u8],
    request: &JoinRequest,
    invitation: &Invitation,
    me: &Side<'_>,
    now: Timestamp,
) -> Result<Compared, Refused> {
    if answer.len() > MAX_MESSAGE {
        return Err(Refused::Malformed);
    }
    let (certificate, nonce, proof) = match minicbor::decode(answer).map_err(|_| Refused::Malformed)? {
        JoinAnswer::Refused { reason } => return Err(reason),
        JoinAnswer::Welcome { certificate, nonce, proof } => (certificate, nonce, proof),
    };
    let request_bytes = request.to_bytes();
    let expected = prove(b"overbuur/pairing/welcome/1\0", &invitation.secret, &[&request_bytes, &certificate, &nonce]);
    if !same(&expected, &proof) {
        return Err(Refused::Stranger);
    }
    let other = check_certificate(&certificate, invitation.node, me, now)?;
    let claims = other.get();
    if claims.owner() != invitation.root || claims.refnis != invitation.refnis || claims.kbo != invitation.kbo {
        return Err(Refused::Stranger);
    }
    let circle = invitation.circle.id;
    let transcript =
        Transcript { inviter: &other, joiner: me.certificate, circle, request: &request_bytes, nonce, proof };
    let number = transcript.number();
    Ok(Compared { certificate: other, certificate_bytes: certificate, number })
}

fn check_certificate(
    bytes: &[u8],
    peer: NodeKey,
    me: &Side<'_>,
    now: Timestamp,
) -> Result<Verified<NodeCertificate>, Refused> {
    let other = NodeCertificate::verify(bytes).map_err(|_| Refused::Certificate)?;
    if other.get().owner() == me.certificate.get().owner() {
        return Err(Refused::Myself);
    }
    if other.get().node != peer || !other.get().covers(now.hour()) {
        return Err(Refused::Certificate);
    }
    Ok(other)
}

/// Everything that both saw.
struct Transcript<'a> {
    inviter: &'a Verified<NodeCertificate>,
    joiner: &'a Verified<NodeCertificate>,
    circle: CircleId,
    request: &'a [u8],
    nonce: [u8; 16],
    proof: [u8; 32],
}

impl Transcript<'_> {
    /// Sixty digits over both roots, REFNIS, KBO and what was said.
    fn number(&self) -> String {
        let mut hash = Sha512::new();
        hash.update(b"overbuur/number/1\0");
        for certificate in [self.inviter.get(), self.joiner.get()] {
            hash.update(certificate.root.0);
            part(&mut hash, certificate.refnis.as_bytes());
            part(&mut hash, certificate.kbo.as_bytes());
        }
        hash.update(self.circle.0);
        part(&mut hash, self.request);
        hash.update(self.nonce);
        hash.update(self.proof);
        let mut digest = hash.finalize();
        for _ in 0..ROUNDS {
            digest = Sha512::digest(digest);
        }
        let groups: Vec<String> = digest
            .chunks_exact(5)
            .take(12)
            .map(|bytes| {
                let value = bytes.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
                format!("{:05}", value % 100_000)
            })
            .collect();
        groups.join(" ")
    }
}

fn part(hash: &mut Sha512, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

/// HMAC-SHA-256 (RFC 2104) of the parts, each with its length, under a key of 32 bytes.
fn prove(domain: &[u8], secret: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(secret).for_each(|(a, b)| *a ^= b);
        block
    };
    let mut inner = Sha256::new();
    inner.update(pad(0x36));
    inner.update(domain);
    for part in parts {
        inner.update((part.len() as u64).to_be_bytes());
        inner.update(part);
    }
    let mut outer = Sha256::new();
    outer.update(pad(0x5c));
    outer.update(inner.finalize());
    outer.finalize().into()
}

/// Compares without telling by time where two differ.
fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0u8, |sum, (x, y)| sum | (x ^ y)) == 0
}

fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = minicbor::encode(value, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::keys;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    struct Node {
        certificate: Verified<NodeCertificate>,
        bytes: Vec<u8>,
    }

    impl Node {
        fn new(refnis: &str, number: u8) -> Self {
            let (root, node) = (SigningKey::from_bytes(&[number; 32]), SigningKey::from_bytes(&[number + 100; 32]));
            let bytes = keys::certify(&root, &node, refnis.parse().expect("in the table"), None, 1, NOW);
            Self { certificate: NodeCertificate::verify(&bytes).expect("just signed"), bytes }
        }
        fn side(&self) -> Side<'_> {
            Side { certificate: &self.certificate, bytes: &self.bytes }
        }
        fn key(&self) -> NodeKey {
            self.certificate.get().node
        }
    }

    fn invitation_of(node: &Node) -> Invitation {
        let claims = node.certificate.get();
        Invitation {
            root: claims.owner(),
            refnis: claims.refnis.clone(),
            kbo: claims.kbo.clone(),
            node: claims.node,
            ..crate::invitation::tests::example([5; 32], NOW.0 + 100)
        }
    }

    fn pair(
        mortsel: &Node,
        borsbeek: &Node,
        invitation: &Invitation,
    ) -> (Result<String, Refused>, Result<String, Refused>) {
        let request = JoinRequest::new(invitation, &borsbeek.side(), [1; 16], vec!["/ip4/192.0.2.1/tcp/1".into()]);
        assert!(request.to_bytes().len() <= MAX_MESSAGE);
        let read = JoinRequest::from_bytes(&request.to_bytes()).expect("just written");
        let circle = CircleId([3; 16]);
        let here = welcome(&read, borsbeek.key(), &[5; 32], circle, &mortsel.side(), [2; 16], NOW);
        let answer = match &here {
            Ok((answer, _)) => answer.clone(),
            Err(reason) => JoinAnswer::Refused { reason: *reason },
        };
        let there = accept(&answer.to_bytes(), &request, invitation, &borsbeek.side(), NOW);
        (here.map(|(_, compared)| compared.number), there.map(|compared| compared.number))
    }

    #[test]
    fn both_sides_read_the_same_sixty_digits() {
        let (mortsel, borsbeek) = (Node::new("11029", 1), Node::new("11007", 2));
        let (here, there) = pair(&mortsel, &borsbeek, &invitation_of(&mortsel));
        let here = here.expect("accepted");
        assert_eq!(Ok(here.clone()), there);
        assert_eq!(here.len(), 71);
        assert!(here.split(' ').count() == 12 && here.split(' ').all(|group| group.len() == 5));
    }

    #[test]
    fn the_number_differs_when_anything_was_changed_on_the_way() {
        let (mortsel, borsbeek) = (Node::new("11029", 1), Node::new("11007", 2));
        let invitation = invitation_of(&mortsel);
        let first = pair(&mortsel, &borsbeek, &invitation).0.expect("accepted");
        let other = pair(&mortsel, &Node::new("11001", 2), &invitation).0.expect("accepted");
        assert_ne!(first, other, "another REFNIS under the same keys");
        let circle = CircleOfferChanged::number(&mortsel, &borsbeek, &invitation);
        assert_ne!(first, circle, "another circle in the invitation");
    }

    struct CircleOfferChanged;
    impl CircleOfferChanged {
        fn number(mortsel: &Node, borsbeek: &Node, invitation: &Invitation) -> String {
            let mut changed = invitation.clone();
            changed.circle.id = CircleId([4; 16]);
            pair(mortsel, borsbeek, &changed).1.expect("the joiner cannot see it")
        }
    }

    #[test]
    fn a_stranger_without_the_secret_or_with_another_key_is_refused() {
        let (mortsel, borsbeek) = (Node::new("11029", 1), Node::new("11007", 2));
        let mut guessed = invitation_of(&mortsel);
        guessed.secret = [6; 32];
        assert_eq!(pair(&mortsel, &borsbeek, &guessed).1, Err(Refused::Invitation));
        let request = JoinRequest::new(&invitation_of(&mortsel), &borsbeek.side(), [1; 16], vec![]);
        let answer = welcome(&request, mortsel.key(), &[5; 32], CircleId([3; 16]), &mortsel.side(), [2; 16], NOW);
        assert_eq!(answer.err(), Some(Refused::Certificate));
        let late = Timestamp(NOW.0 + 366 * 86_400);
        let answer = welcome(&request, borsbeek.key(), &[5; 32], CircleId([3; 16]), &mortsel.side(), [2; 16], late);
        assert_eq!(answer.err(), Some(Refused::Certificate), "a certificate out of date");
        assert_eq!(pair(&mortsel, &mortsel, &invitation_of(&mortsel)).0, Err(Refused::Myself));
    }

    #[test]
    fn an_answer_from_somebody_else_is_refused() {
        let (mortsel, borsbeek, aartselaar) = (Node::new("11029", 1), Node::new("11007", 2), Node::new("11001", 3));
        let (here, there) = pair(&aartselaar, &borsbeek, &invitation_of(&mortsel));
        assert!(here.is_ok(), "it holds the secret");
        assert_eq!(there, Err(Refused::Certificate));
        let request = JoinRequest::new(&invitation_of(&mortsel), &borsbeek.side(), [1; 16], vec![]);
        let noise = accept(&[0xff; 40], &request, &invitation_of(&mortsel), &borsbeek.side(), NOW);
        assert_eq!(noise.err(), Some(Refused::Malformed));
    }
}
