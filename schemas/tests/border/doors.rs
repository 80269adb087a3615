//! What each kind refuses: fields too many or too few, numbers over their limit, texts that hold
//! a national register number.

use schemas::border::SCHEMA;
use schemas::{Kind, SharedValue};
use serde_json::{Value, json};

use crate::samples::{json_of, parse};

#[test]
fn a_value_of_each_kind_comes_back_as_it_was() {
    for kind in Kind::ALL {
        let json = json_of(*kind);
        let value = parse(*kind, json.clone()).unwrap_or_else(|why| panic!("{kind}: {why}"));
        assert_eq!(value.kind(), *kind);
        let written = value.to_json().expect("can be written");
        assert_eq!(parse(*kind, written.clone()), Ok(value), "{kind}");
        // Sets are sorted; otherwise nothing changes.
        assert_eq!(sorted(written), sorted(json), "{kind}");
        assert_eq!(kind.code().parse(), Ok(*kind));
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(mut items) => {
            items.sort_by_key(Value::to_string);
            items.into_iter().map(sorted).collect()
        }
        Value::Object(fields) => fields.into_iter().map(|(name, field)| (name, sorted(field))).collect(),
        other => other,
    }
}

/// Every place in a value, as a JSON pointer.
fn places(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| places(field, format!("{path}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| places(item, format!("{path}/{at}"), found));
        }
        _ => {}
    }
    found.push(path);
}

/// `json_of(kind)` with the value at `path` replaced.
fn with(kind: Kind, path: &str, value: Value) -> Result<SharedValue, schemas::Refused> {
    let mut json = json_of(kind);
    *json.pointer_mut(path).expect("the place exists") = value;
    parse(kind, json)
}

#[test]
fn no_field_of_any_kind_takes_a_register_number() {
    for kind in Kind::ALL {
        let mut found = Vec::new();
        places(&json_of(*kind), String::new(), &mut found);
        for path in found {
            for rrn in ["85.07.30-033.28", "85.07.30-033.99", "Vraag 85073003328 even", "85073003328", "٨٥٠٧٣٠٠٣٣٢٨"]
            {
                assert!(with(*kind, &path, json!(rrn)).is_err(), "{kind}{path} takes {rrn}");
            }
        }
    }
}

#[test]
fn no_field_takes_another_type_or_control_characters() {
    for kind in Kind::ALL {
        let mut found = Vec::new();
        places(&json_of(*kind), String::new(), &mut found);
        for path in found {
            for wrong in
                [json!(-1), json!(1.5), json!("a\u{0}b"), json!({ "x": 1 }), json!([[]]), json!(true), json!(u64::MAX)]
            {
                // A moment has no upper bound of its own; how long it may lie ahead is casework's.
                let moment = path.ends_with("/held_until") && wrong == json!(u64::MAX);
                assert!(moment || with(*kind, &path, wrong.clone()).is_err(), "{kind}{path} takes {wrong}");
            }
        }
    }
}

#[test]
fn a_field_more_or_less_is_refused() {
    let optional = [
        "kbo",
        "away_until",
        "occupation",
        "sector",
        "style",
        "age_band",
        "sex",
        "goal_occupation",
        "goal_sector",
        "dutch",
        "review_on",
        "translation_of",
        "last_meeting",
        "next_review",
        "exchange",
    ];
    for kind in Kind::ALL {
        let mut more = json_of(*kind);
        more["name_of_person"] = json!("Amina");
        assert!(parse(*kind, more).is_err(), "{kind} takes a field more");
        let fields: Vec<String> = json_of(*kind).as_object().expect("an object").keys().cloned().collect();
        for name in fields {
            let mut less = json_of(*kind);
            less.as_object_mut().expect("an object").remove(&name);
            assert_eq!(parse(*kind, less).is_ok(), optional.contains(&name.as_str()), "{kind} without {name}");
        }
    }
}

#[test]
fn numbers_and_words_are_bounded() {
    for (kind, path, wrong) in [
        (Kind::MentorOffer, "/capacity_left", json!(21)),
        (Kind::MentorOffer, "/radius_km", json!(101)),
        (Kind::MatchRequest, "/radius_km", json!(101)),
        (Kind::MatchRequest, "/radius_km", json!(256)),
        (Kind::MatchRequest, "/area", json!({ "municipality": "99999" })),
        (Kind::MatchRequest, "/area", json!("2150 Borsbeek")),
        (Kind::MatchRequest, "/dutch", json!("A0")),
        (Kind::MatchRequest, "/age_band", json!("12-17")),
        (Kind::MatchRequest, "/age_band", json!("30")),
        (Kind::MatchRequest, "/waiting_since", json!("2026-04-03")),
        (Kind::MatchRequest, "/waiting_since", json!("2026-Q5")),
        (Kind::MatchRequest, "/languages", json!(["xx"])),
        (Kind::MatchRequest, "/languages", json!(["nl", "fr", "en", "de", "es", "it", "pt", "pl", "ro"])),
        (Kind::MatchRequest, "/goal_occupation", json!("lasser")),
        (Kind::MatchRequest, "/goal_occupation", json!("http://data.europa.eu/esco/occupation/Jan")),
        (Kind::MatchRequest, "/availability", json!(["mon-night"])),
        (Kind::MatchRequest, "/wishes", json!([{ "about": { "name": "Jan" }, "strength": "must" }])),
        (Kind::MunicipalityCard, "/schema", json!(0)),
        (Kind::MunicipalityCard, "/schema", json!(65_536)),
        (Kind::MunicipalityCard, "/kbo", json!("0207463995")),
        (Kind::MunicipalityCard, "/name", json!("x".repeat(201))),
        (Kind::MunicipalityCard, "/away_until", json!("2026-02-31")),
        (Kind::MunicipalityCard, "/away_until", json!("0026-02-03")),
        (Kind::MatchingRules, "/weights/waiting", json!(1_001)),
        (Kind::MatchingRules, "/weights/waiting", json!(-1)),
        (Kind::MatchingRules, "/exchange/lends", json!(10_001)),
        (Kind::MatchingRules, "/exchange/receives", json!(65_536)),
        (Kind::MatchingRules, "/exchange/share", json!(101)),
        (Kind::MatchingRules, "/exchange/long_share", json!(256)),
        (Kind::MatchingRules, "/exchange", json!({})),
        (Kind::MatchingRules, "/exchange", json!({ "lends": null })),
        (Kind::MatchingRules, "/exchange", json!({ "lends": 1, "of": "Mortsel" })),
        (Kind::Proposal, "/request", json!("0".repeat(30))),
        (Kind::Proposal, "/state", json!("accepted")),
        (Kind::Proposal, "/state/confirmed/handover_key", json!("zz")),
        (Kind::Answer, "/decision", json!({ "no": { "reason": "too_old" } })),
        (Kind::DuoProgress, "/meetings", json!(65_536)),
        (Kind::DuoProgress, "/last_meeting", json!("2026-W54")),
        (Kind::DuoProgress, "/last_meeting", json!("2025-W53")),
        (Kind::Resource, "/tags", json!((0..13).map(|n| n.to_string()).collect::<Vec<_>>())),
        (Kind::Resource, "/licence", json!("GPL")),
        (Kind::Comment, "/text", json!("x".repeat(4_001))),
        (Kind::IndicatorReport, "/counts/0/month", json!("2026-13")),
        (Kind::IndicatorReport, "/counts/0/indicator", json!("Amina Haddad")),
    ] {
        assert!(with(kind, path, wrong.clone()).is_err(), "{kind}{path} takes {wrong}");
    }
    let nothing = json!({ "occupation": 0, "sector": 0, "domains": 0, "proximity": 0, "languages": 0,
        "interests": 0, "slots": 0, "wishes": 0, "waiting": 0 });
    assert!(with(Kind::MatchingRules, "/weights", nothing).is_err(), "all weights zero");
    assert!(with(Kind::MatchRequest, "/area", json!("circle")).is_ok());
    assert!(with(Kind::DuoProgress, "/last_meeting", json!("2026-W53")).is_ok());
}

#[test]
fn fields_are_named() {
    let unnamed = [
        (Kind::Comment, "", json!(["0".repeat(32), "Goed."])),
        (Kind::IndicatorReport, "/counts/0", json!(["duos_formed", "", "2026-10", 7])),
        (Kind::MentorOffer, "/wishes/1", json!(["nearby", "preferred"])),
        (Kind::MatchingRules, "/weights", json!([1, 1, 1, 1, 1, 1, 1, 1, 1])),
        (Kind::MatchingRules, "/exchange", json!([1, 1, 1, 1])),
        (Kind::Proposal, "/state/confirmed", json!(["b".repeat(64)])),
    ];
    for (kind, path, list) in unnamed {
        assert!(with(kind, path, list).is_err(), "{kind}{path} takes fields without names");
    }
}

/// An older release reads what is written for it: every field of a later schema is left out.
#[test]
fn a_value_says_which_schema_it_needs() {
    for kind in Kind::ALL {
        let value = parse(*kind, json_of(*kind)).expect("a value");
        let needs = if *kind == Kind::MatchingRules { 2 } else { 1 };
        assert_eq!(value.schema(), needs, "{kind}");
        assert_eq!(value.clone().in_schema(SCHEMA), value, "{kind}");
        let first = value.clone().in_schema(1);
        assert_eq!((first.schema(), first == value), (1, needs == 1), "{kind}");
        assert!(first.to_json().expect("can be written").get("exchange").is_none(), "{kind}");
    }
}
