//! The JSON Schemas beside the types: committed, one per kind, and never behind.

use schemas::border::SCHEMA;
use schemas::{Kind, SharedValue};
use serde_json::{Value, json};

use crate::assert_approved;

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON can be written") + "\n"
}

#[test]
fn the_schemas_are_those_of_the_types() {
    let mut kinds = Vec::new();
    for (kind, schema) in SharedValue::json_schemas() {
        let file = format!("{kind}.json");
        assert_approved(&format!("json/{file}"), &pretty(schema.as_value()));
        kinds.push(json!({
            "kind": kind, "schema": file, "days": kind.max_days(),
            "co_edited": kind.is_co_edited(), "pair_only": kind.is_pair_only(),
        }));
    }
    assert_eq!(kinds.len(), Kind::ALL.len());
    assert_approved("json/index.json", &pretty(&json!({ "version": SCHEMA, "kinds": kinds })));
}

/// Every field of a schema, at any depth, by its path.
fn fields(schema: &Value, root: &Value, path: &str, found: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.trim_start_matches("#/$defs/");
        return fields(&root["$defs"][name], root, path, found);
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        found.push(path.clone());
        fields(field, root, &path, found);
    }
    for part in ["oneOf", "anyOf"] {
        for choice in schema[part].as_array().into_iter().flatten() {
            fields(choice, root, path, found);
        }
    }
    fields_of_items(schema, root, path, found);
}

fn fields_of_items(schema: &Value, root: &Value, path: &str, found: &mut Vec<String>) {
    if schema["items"].is_object() {
        fields(&schema["items"], root, path, found);
    }
}

/// The allow-list of DESIGN §4 in one place: whoever adds a field to a card changes this too.
#[test]
fn the_cards_of_persons_hold_just_these_fields() {
    let of = |kind: Kind| {
        let schemas = SharedValue::json_schemas();
        let (_, schema) = schemas.into_iter().find(|(other, _)| *other == kind).expect("has a schema");
        let mut found = Vec::new();
        fields(schema.as_value(), schema.as_value(), "", &mut found);
        found.sort();
        found.dedup();
        found.join(" ")
    };
    let wishes = "/wishes /wishes/about /wishes/about/age /wishes/about/language /wishes/about/sex /wishes/strength";
    assert_eq!(
        of(Kind::MatchRequest),
        format!(
            "/age_band /area /area/municipality /availability /domains /dutch /goal_occupation /goal_sector \
             /interests /languages /radius_km /waiting_since {wishes}"
        )
    );
    assert_eq!(
        of(Kind::MentorOffer),
        format!(
            "/age_band /area /availability /capacity_left /domains /interests /languages /occupation \
             /radius_km /sector /sex /style {wishes}"
        )
    );
}

/// Nothing is unbounded: every string has a pattern, a list of words or a length, every list a
/// length, and no object takes a field more.
#[test]
fn every_schema_is_bounded() {
    for (kind, schema) in SharedValue::json_schemas() {
        bounded(schema.as_value(), &kind.to_string());
    }
}

fn bounded(schema: &Value, path: &str) {
    let has = |name: &str| !schema[name].is_null();
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    for kind in types {
        match kind {
            "string" => {
                assert!(["pattern", "enum", "const", "maxLength"].into_iter().any(has), "{path}");
            }
            "array" => assert!(has("maxItems"), "{path}"),
            "integer" => assert!(has("minimum"), "{path}"),
            "object" => assert_eq!(schema["additionalProperties"], json!(false), "{path}"),
            "null" => {}
            other => panic!("{path} is a {other}"),
        }
    }
    for part in ["properties", "$defs"] {
        for (name, inner) in schema[part].as_object().into_iter().flatten() {
            bounded(inner, &format!("{path}/{name}"));
        }
    }
    for part in ["oneOf", "anyOf"] {
        for inner in schema[part].as_array().into_iter().flatten() {
            bounded(inner, path);
        }
    }
    if has("items") {
        bounded(&schema["items"], &format!("{path}/[]"));
    }
}
