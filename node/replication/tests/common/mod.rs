//! What the tests of this crate share: an example of every kind, keys, and envelopes.

use ed25519_dalek::SigningKey;
use replication::body;
use replication::coedited::Opening;
use replication::edit::{self, Editor};
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, FORMAT, Header, Stamp};
use schemas::ids::{CircleId, DocumentId, NodeKey, RootId, Session};
use schemas::time::Hour;
use schemas::{Kind, SharedValue};
use serde_json::json;

/// An example of `kind`.
pub(crate) fn example(kind: Kind) -> SharedValue {
    let document = "0102030405060708090a0b0c0d0e0f10";
    let root = "11".repeat(32);
    let json = match kind {
        Kind::MunicipalityCard => json!({
            "refnis": "11029", "name": "Welzijn Mortsel", "office": "onthaal@mortsel.example",
            "languages": ["nl", "fr"], "schema": 1
        }),
        Kind::MatchingRules => json!({
            "min_dutch": "A2",
            "weights": {
                "occupation": 300, "sector": 150, "domains": 150, "proximity": 120, "languages": 120,
                "interests": 60, "slots": 50, "wishes": 50, "waiting": 100
            }
        }),
        Kind::MentorOffer => json!({
            "capacity_left": 1, "domains": ["work"], "sector": "metal", "languages": ["nl", "fa"],
            "area": "11001", "radius_km": 10, "availability": ["wed-afternoon"], "interests": ["cycling"],
            "wishes": [{"about": "nearby", "strength": "preferred"}], "age_band": "55-64"
        }),
        Kind::MatchRequest => json!({
            "domains": ["work", "language"], "goal_sector": "metal", "dutch": "A2", "languages": ["fa"],
            "area": {"municipality": "11007"}, "radius_km": 10, "availability": ["wed-afternoon"],
            "interests": [], "wishes": [], "waiting_since": "2026-Q3"
        }),
        Kind::Proposal => json!({
            "request": document, "offer": document, "offer_owner": root, "waiting_since": "2026-Q3",
            "lead": root, "failed_before": [], "state": "proposed"
        }),
        Kind::Answer => json!({"proposal": document, "decision": {"yes": {"held_until": 1_790_000_000u64}}}),
        Kind::Resource => json!({
            "title": "Naar de bibliotheek", "kind": "welcome_sheet", "language": "nl",
            "body": "# Bibliotheek\n\nGratis lid worden tot 18 jaar. 😀", "tags": ["bib", "vrije tijd"],
            "licence": "CC-BY-4.0", "review_on": "2027-01-15"
        }),
        Kind::DuoProgress => json!({
            "proposal": document, "state": "running", "meetings": 3, "last_meeting": "2026-W42"
        }),
        Kind::Comment => json!({"resource": document, "text": "Ook open op zaterdag."}),
        Kind::IndicatorReport => json!({
            "counts": [{"indicator": "duos_formed", "category": "", "month": "2026-10", "value": 7}]
        }),
    };
    SharedValue::from_json(kind, json).unwrap_or_else(|refused| panic!("{kind}: {refused}"))
}

/// A resource with this title and body.
pub(crate) fn resource(title: &str, body: &str) -> SharedValue {
    let mut json = example(Kind::Resource).to_json().unwrap();
    json["title"] = title.into();
    json["body"] = body.into();
    SharedValue::from_json(Kind::Resource, json).unwrap()
}

/// The body text of a resource.
pub(crate) fn text(value: &SharedValue) -> String {
    value.to_json().unwrap()["body"].as_str().unwrap().to_owned()
}

pub(crate) const DOCUMENT: DocumentId = DocumentId([7; 16]);
pub(crate) const CIRCLE: CircleId = CircleId([9; 16]);

/// Who writes: root and node key of one municipality.
pub(crate) struct Writer {
    pub(crate) root: RootId,
    pub(crate) key: SigningKey,
    pub(crate) session: Session,
}

impl Writer {
    pub(crate) fn new(number: u8) -> Self {
        Self { root: RootId([number; 32]), key: SigningKey::from_bytes(&[number; 32]), session: Session([number; 16]) }
    }
    pub(crate) fn node(&self) -> NodeKey {
        NodeKey(self.key.verifying_key().to_bytes())
    }
    pub(crate) fn editor(&self, spare: u8) -> Editor {
        Editor { author: self.node(), session: self.session, spare: Session([spare; 16]), document: DOCUMENT }
    }
    pub(crate) fn header(&self, kind: Kind, content: Content, stamp: Stamp) -> Header {
        Header {
            format: FORMAT,
            circle: CIRCLE,
            kind,
            document: DOCUMENT,
            owner: RootId([1; 32]),
            stamp,
            author: self.node(),
            content,
            schema: 1,
            signed_at: Hour(497_000),
            expires_at: Hour(497_000).plus_days(80),
            body_hash: [0; 32],
        }
    }
    /// A first version.
    pub(crate) fn version(&self, value: &SharedValue) -> Verified<Envelope> {
        let header = self.header(value.kind(), Content::Version, Stamp::Version { incarnation: 1, number: 1 });
        let actor = body::version_actor(self.node(), 1, 1, DOCUMENT);
        Envelope::sign(header, body::encode(value, actor).unwrap(), &self.key)
    }
    /// An opening with `writers`, and what follows it of a long text.
    pub(crate) fn opening(&self, value: &SharedValue, writers: &[RootId]) -> Vec<Verified<Envelope>> {
        let changes = edit::open(self.editor(0), value).unwrap();
        let mut envelopes = Vec::new();
        for (seq, change) in (changes.first..).zip(changes.bodies) {
            let stamp = Stamp::Change { session: changes.session, seq };
            envelopes.push(if seq == 1 {
                let opening = Opening { writers: writers.to_vec(), change };
                Envelope::sign(self.header(value.kind(), Content::Opening, stamp), opening.to_bytes(), &self.key)
            } else {
                Envelope::sign(self.header(value.kind(), Content::Change, stamp), change, &self.key)
            });
        }
        envelopes
    }
    /// Changes as envelopes.
    pub(crate) fn sign(&self, changes: edit::Changes) -> Vec<Verified<Envelope>> {
        (changes.first..)
            .zip(changes.bodies)
            .map(|(seq, change)| {
                let stamp = Stamp::Change { session: changes.session, seq };
                Envelope::sign(self.header(Kind::Resource, Content::Change, stamp), change, &self.key)
            })
            .collect()
    }
}
