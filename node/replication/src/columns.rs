//! Envelopes of one frame side by side: what is alike in their headers stands together and packs
//! to next to nothing, and what follows from the rest does not travel.
//!
//! A header holds the hash of its body, and the body of a version begins with its checksum and an
//! actor that is a hash of the header's fields: 52 bytes that nothing can make smaller, and that
//! the receiver finds again. Document ids and signatures are as random and go unpacked beside the
//! rest. What comes out is the very bytes that went in, and is checked like any other envelope:
//! whoever sends something else has sent an envelope that does not hold.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use schemas::Kind;
use schemas::envelope::{Content, Envelope, FORMAT, Header, Stamp, body_hash};
use schemas::ids::{CircleId, DocumentId, NodeKey, RootId};
use schemas::time::Hour;

use crate::frames::{MAX_ENVELOPES, MAX_FRAME};
use crate::{body, packing, parallel};

/// First byte of such a frame.
pub(crate) const COLUMNS: u8 = 2;
/// First byte and number of envelopes.
const HEAD: usize = 3;
const ID: usize = 16;
const SIGNATURE: usize = 64;

/// What is packed, a value per envelope in each.
#[derive(Default, Encode, Decode)]
struct Columns {
    #[n(0)]
    circles: Vec<CircleId>,
    #[n(1)]
    kinds: Vec<Kind>,
    #[n(2)]
    owners: Vec<RootId>,
    #[n(3)]
    stamps: Vec<Stamp>,
    #[n(4)]
    authors: Vec<NodeKey>,
    #[n(5)]
    contents: Vec<Content>,
    #[n(6)]
    schemas: Vec<u16>,
    #[n(7)]
    signed: Vec<Hour>,
    #[n(8)]
    expires: Vec<Hour>,
    /// Whether the beginning of the body was left out.
    #[n(9)]
    opened: Vec<bool>,
    #[n(10)]
    bodies: Vec<ByteVec>,
}

impl Columns {
    fn push(&mut self, envelope: Envelope) {
        let Envelope { header, body, .. } = envelope;
        let rest = actor_of(&header).and_then(|actor| body::opened(&body, actor));
        self.opened.push(rest.is_some());
        self.bodies.push(ByteVec::from(rest.map_or_else(|| body.clone(), <[u8]>::to_vec)));
        self.circles.push(header.circle);
        self.kinds.push(header.kind);
        self.owners.push(header.owner);
        self.stamps.push(header.stamp);
        self.authors.push(header.author);
        self.contents.push(header.content);
        self.schemas.push(header.schema);
        self.signed.push(header.signed_at);
        self.expires.push(header.expires_at);
    }

    /// The header at this place, but for what its body says; none beyond the last.
    fn header(&self, at: usize, document: DocumentId) -> Option<Header> {
        Some(Header {
            format: FORMAT,
            circle: *self.circles.get(at)?,
            kind: *self.kinds.get(at)?,
            document,
            owner: *self.owners.get(at)?,
            stamp: *self.stamps.get(at)?,
            author: *self.authors.get(at)?,
            content: *self.contents.get(at)?,
            schema: *self.schemas.get(at)?,
            signed_at: *self.signed.get(at)?,
            expires_at: *self.expires.get(at)?,
            body_hash: [0; 32],
        })
    }

    fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a Vec cannot fail.
        let _ = minicbor::encode(self, &mut bytes);
        bytes
    }
}

/// The actor of the change in a version.
fn actor_of(header: &Header) -> Option<crate::scan::Actor> {
    match header.stamp {
        Stamp::Version { incarnation, number } if header.content == Content::Version => {
            Some(body::version_actor(header.author, incarnation, number, header.document))
        }
        _ => None,
    }
}

/// The frame; none when something in it is no envelope, or one that does not hold.
pub(crate) fn pack(envelopes: &[ByteVec]) -> Option<Vec<u8>> {
    let count = u16::try_from(envelopes.len()).ok().filter(|count| *count > 0)?;
    let mut columns = Columns::default();
    let (mut ids, mut signatures) = (Vec::new(), Vec::new());
    for bytes in envelopes {
        let envelope = Envelope::from_bytes(bytes).ok()?;
        if body_hash(&envelope.body) != envelope.header.body_hash {
            return None;
        }
        ids.extend_from_slice(&envelope.header.document.0);
        signatures.extend_from_slice(&envelope.signature);
        columns.push(envelope);
    }
    let packed = packing::pack(&columns.encoded());
    Some([&[COLUMNS][..], &count.to_be_bytes(), &ids, &signatures, &packed].concat())
}

/// The envelopes in a frame; none when it holds anything else, or more than a frame may.
pub(crate) fn unpack(bytes: &[u8]) -> Option<Vec<ByteVec>> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let count = usize::from(u16::from_be_bytes([head[1], head[2]]));
    if head[0] != COLUMNS || count == 0 || count > MAX_ENVELOPES {
        return None;
    }
    let (ids, rest) = rest.split_at_checked(count * ID)?;
    let (signatures, packed) = rest.split_at_checked(count * SIGNATURE)?;
    let plain = packing::unpack(packed)?;
    let columns: Columns = minicbor::decode(&plain).ok()?;
    if columns.encoded() != *plain {
        return None;
    }
    // What is left out of a body is little, so that no frame of a bounded size becomes a large one.
    let places: Vec<_> =
        ids.as_chunks::<ID>().0.iter().zip(signatures.as_chunks::<SIGNATURE>().0).enumerate().collect();
    let envelopes = parallel::map(&places, |(at, (id, signature))| {
        let mut header = columns.header(*at, DocumentId(**id))?;
        let rest: &[u8] = columns.bodies.get(*at)?;
        let body = if *columns.opened.get(*at)? { body::closed(rest, actor_of(&header)?) } else { rest.to_vec() };
        header.body_hash = body_hash(&body);
        Some(ByteVec::from(Envelope { header, signature: **signature, body }.to_bytes()))
    });
    let envelopes: Vec<ByteVec> = envelopes.into_iter().collect::<Option<_>>()?;
    let is_whole = columns.bodies.len() == count && columns.circles.len() == count;
    let size: usize = envelopes.iter().map(|bytes| bytes.len()).sum();
    Some(envelopes).filter(|_| is_whole && size <= MAX_FRAME)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use proptest::prelude::*;
    use schemas::SharedValue;
    use serde_json::json;

    use super::*;

    fn envelope(number: u64, content: Content, plain: bool) -> ByteVec {
        let key = SigningKey::from_bytes(&[7; 32]);
        let document = DocumentId([number as u8; 16]);
        let author = NodeKey(key.verifying_key().to_bytes());
        let header = Header {
            format: FORMAT,
            circle: CircleId([1; 16]),
            kind: Kind::Comment,
            document,
            owner: RootId([2; 32]),
            stamp: Stamp::Version { incarnation: 3, number },
            author,
            content,
            schema: 1,
            signed_at: Hour(500_000),
            expires_at: Hour(500_100 + number as u32),
            body_hash: [0; 32],
        };
        let value = json!({"resource": "0102030405060708090a0b0c0d0e0f10", "text": format!("opmerking {number}")});
        let value = SharedValue::from_json(Kind::Comment, value).expect("a comment");
        let actor = body::version_actor(author, 3, number, document);
        let body = if plain { body::encode(&value, actor).expect("a body") } else { vec![number as u8; 40] };
        ByteVec::from(Envelope::sign(header, body, &key).get().to_bytes())
    }

    fn some(count: u64) -> Vec<ByteVec> {
        (0..count)
            .map(|number| match number % 5 {
                3 => envelope(number, Content::Erased, false),
                4 => envelope(number, Content::Version, false),
                _ => envelope(number, Content::Version, true),
            })
            .collect()
    }

    #[test]
    fn the_same_bytes_come_out() {
        for count in [1, 2, 5, 90] {
            let envelopes = some(count);
            let packed = pack(&envelopes).expect("envelopes");
            assert_eq!(unpack(&packed), Some(envelopes), "{count}");
        }
    }

    #[test]
    fn what_follows_from_the_rest_does_not_travel() {
        let envelopes: Vec<ByteVec> = (0..90).map(|number| envelope(number, Content::Version, true)).collect();
        let each = pack(&envelopes).expect("envelopes").len() / envelopes.len();
        // Ids, signatures, and a number in a text.
        assert!(each < ID + SIGNATURE + 16, "{each} bytes each");
    }

    #[test]
    fn what_is_no_envelope_or_does_not_hold_goes_another_way() {
        assert_eq!(pack(&[]), None);
        assert_eq!(pack(&[ByteVec::from(vec![1, 2, 3])]), None);
        let mut forged = Envelope::from_bytes(&envelope(1, Content::Version, true)).expect("an envelope");
        forged.body[20] ^= 1;
        assert_eq!(pack(&[ByteVec::from(forged.to_bytes())]), None);
    }

    #[test]
    fn more_than_a_frame_is_refused() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let large = |number: u64| {
            let mut envelope = Envelope::from_bytes(&envelope(number, Content::Version, true)).expect("an envelope");
            envelope.body = vec![0; 60_000];
            let envelope = Envelope::sign(envelope.header, envelope.body, &key);
            ByteVec::from(envelope.get().to_bytes())
        };
        let envelopes: Vec<ByteVec> = (0..9).map(large).collect();
        let packed = pack(&envelopes).expect("envelopes");
        assert!(packed.len() < 10_000);
        assert_eq!(unpack(&packed), None);
        assert!(pack(&envelopes[..8]).is_some_and(|packed| unpack(&packed).is_some()));
    }

    proptest! {
        #[test]
        fn broken_bytes_are_refused_or_are_envelopes_that_do_not_hold(at in any::<prop::sample::Index>(), to: u8) {
            let envelopes = some(7);
            let packed = pack(&envelopes).expect("envelopes");
            let mut broken = packed.clone();
            let at = at.index(broken.len());
            broken[at] = to;
            let all = unpack(&broken).unwrap_or_default();
            prop_assert!(all.iter().map(|bytes| bytes.len()).sum::<usize>() <= MAX_FRAME);
            prop_assert!(all.len() <= 7);
            prop_assert_eq!(unpack(&packed[..at]), None);
        }
    }
}
