//! One value of each kind, and keys that are always the same.

use ed25519_dalek::SigningKey;
use schemas::certificate::{CircleList, NodeCertificate};
use schemas::envelope::{Content, Header, Stamp};
use schemas::ids::{CircleId, DocumentId, NodeKey, RootId, RootKey, Session};
use schemas::time::Hour;
use schemas::{Kind, SharedValue};
use serde_json::{Value, json};

pub(crate) fn root() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

pub(crate) fn node() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

/// 1 October 2026, in hours.
pub(crate) const SIGNED: Hour = Hour(497_472);

pub(crate) fn certificate() -> NodeCertificate {
    NodeCertificate {
        root: RootKey(root().verifying_key().to_bytes()),
        refnis: "11029".to_owned(),
        kbo: "0207463994".to_owned(),
        node: NodeKey(node().verifying_key().to_bytes()),
        serial: 3,
        valid_from: SIGNED,
        valid_until: SIGNED.plus_days(365),
        retired: vec![NodeKey([7; 32])],
        successor: None,
    }
}

pub(crate) fn list() -> CircleList {
    let mut members = vec![certificate().owner(), RootId([9; 32])];
    members.sort();
    CircleList {
        circle: CircleId([4; 16]),
        owner: certificate().owner(),
        version: 2,
        name: "Zuidrand".to_owned(),
        arrangement: "GR 2026/114".to_owned(),
        members,
    }
}

pub(crate) fn header() -> Header {
    Header {
        format: 1,
        circle: CircleId([4; 16]),
        kind: Kind::MentorOffer,
        document: DocumentId([5; 16]),
        owner: certificate().owner(),
        stamp: Stamp::Version { incarnation: 1, number: 2 },
        author: certificate().node,
        content: Content::Version,
        schema: 1,
        signed_at: SIGNED,
        expires_at: SIGNED.plus_days(90),
        body_hash: schemas::envelope::body_hash(b"body"),
    }
}

/// Header of a change of a resource.
pub(crate) fn change() -> Header {
    Header {
        kind: Kind::Resource,
        stamp: Stamp::Change { session: Session([6; 16]), seq: 300 },
        content: Content::Change,
        ..header()
    }
}

/// JSON of a value of `kind` with every field filled.
pub(crate) fn json_of(kind: Kind) -> Value {
    let (id, root, key) = ("0".repeat(31) + "1", "a".repeat(64), "b".repeat(64));
    let wish =
        json!([{ "about": { "age": "25-44" }, "strength": "must" }, { "about": "nearby", "strength": "preferred" }]);
    match kind {
        Kind::MunicipalityCard => json!({
            "refnis": "11029", "kbo": "0207463994", "name": "Dienst samenleven", "office": "samenleven@mortsel.example",
            "languages": ["fr", "nl"], "schema": 1, "away_until": "2026-08-15"
        }),
        Kind::MatchingRules => json!({
            "min_dutch": "A2",
            "weights": { "occupation": 300, "sector": 150, "domains": 150, "proximity": 120, "languages": 120,
                "interests": 60, "slots": 50, "wishes": 50, "waiting": 1000 },
            "exchange": { "lends": 10_000, "receives": 0, "share": 100, "long_share": 0 }
        }),
        Kind::MentorOffer => json!({
            "capacity_left": 20, "domains": ["work"], "occupation": "7212", "sector": "metal",
            "languages": ["fr", "nl"], "area": "11001", "radius_km": 100, "availability": ["sat-morning"],
            "interests": ["chess"], "style": "doing", "wishes": wish, "age_band": "45-54", "sex": "male"
        }),
        Kind::MatchRequest => json!({
            "domains": ["work", "language"], "goal_occupation": "http://data.europa.eu/esco/occupation/00030d09-2b3a-4efd-87cc-c4ea39d27c34",
            "goal_sector": "metal", "dutch": "A2", "languages": ["fa"], "age_band": "25-44",
            "area": { "municipality": "11007" }, "radius_km": 10, "availability": ["mon-evening", "sat-morning"],
            "interests": [], "wishes": [], "waiting_since": "2026-Q2"
        }),
        Kind::Proposal => json!({
            "request": id, "offer": id, "offer_owner": root, "waiting_since": "2026-Q2", "lead": root,
            "failed_before": [id], "state": { "confirmed": { "handover_key": key } }
        }),
        Kind::Answer => json!({ "proposal": id, "decision": { "yes": { "held_until": 1_790_000_000 } } }),
        Kind::Resource => json!({
            "title": "Naar de dokter", "kind": "welcome_sheet", "language": "nl", "body": "# Wat\nBel eerst.",
            "tags": ["gezondheid"], "licence": "CC-BY-4.0", "review_on": "2027-01-31", "translation_of": id
        }),
        Kind::DuoProgress => json!({
            "proposal": id, "state": "running", "meetings": 4, "last_meeting": "2026-W42", "next_review": "2026-12-01"
        }),
        Kind::Comment => json!({ "resource": id, "text": "Ook op zaterdag open." }),
        Kind::IndicatorReport => json!({
            "counts": [{ "indicator": "duos_formed", "category": "", "month": "2026-10", "value": 7 }]
        }),
    }
}

pub(crate) fn parse(kind: Kind, json: Value) -> Result<SharedValue, schemas::Refused> {
    SharedValue::from_json(kind, json)
}
