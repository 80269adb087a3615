//! Bodies: a shared value as one Automerge change, and back.
//!
//! The bytes of a value are the same on every machine: fields in the order of their names, an
//! actor that is a hash, no time, no message, no compression. In a resource `title` and `body`
//! are texts that merge; every other string is a plain one.

use std::collections::BTreeMap;

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{ActorId, Automerge, AutomergeError, Change, ObjId, ObjType, ROOT, ReadDoc, hydrate};
use schemas::envelope::Refusal;
use schemas::ids::{DocumentId, NodeKey, Session};
use schemas::{Kind, SharedValue};
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use crate::scan::{self, Actor};

mod plain;
mod read;

/// Fields of a kind that are texts which merge character by character.
pub const fn texts(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Resource => &["body", "title"],
        _ => &[],
    }
}

/// The actor of one start of a node's process in a co-edited document.
pub fn session_actor(author: NodeKey, session: Session, document: DocumentId) -> Actor {
    actor(&[b"overbuur/actor/session/1\0", &author.0, &session.0, &document.0])
}

/// The actor of one version of an owned document.
pub fn version_actor(author: NodeKey, incarnation: u64, number: u64, document: DocumentId) -> Actor {
    let (incarnation, number) = (incarnation.to_be_bytes(), number.to_be_bytes());
    actor(&[b"overbuur/actor/version/1\0", &author.0, &incarnation, &number, &document.0])
}

fn actor(parts: &[&[u8]]) -> Actor {
    let digest: [u8; 32] = Sha256::digest(parts.concat()).into();
    let mut actor = [0; scan::ACTOR_BYTES];
    actor.copy_from_slice(&digest[..scan::ACTOR_BYTES]);
    actor
}

/// `value` as one change made from nothing.
///
/// # Errors
/// `Schema` when the value cannot be written.
pub fn encode(value: &SharedValue, actor: Actor) -> Result<Vec<u8>, Refusal> {
    let json = value.to_json().map_err(|_| Refusal::Schema)?;
    let texts = texts(value.kind());
    let plain = if texts.is_empty() { plain::write(&json, actor) } else { None };
    plain.map_or_else(|| by_automerge(&json, texts, actor), Ok)
}

fn by_automerge(json: &Value, texts: &[&str], actor: Actor) -> Result<Vec<u8>, Refusal> {
    let mut document = Automerge::new().with_actor(ActorId::from(actor));
    write(&mut document, |transaction| put_fields(transaction, &ROOT, json, texts))?.ok_or(Refusal::Schema)
}

/// The value of the one change in `body`, made by `actor`, of a kind without texts that merge. The
/// change has been scanned. It is as [`encode`] writes it: Automerge never reads a version, and what
/// others nest or pile up in one costs nothing.
///
/// # Errors
/// `Schema` when it holds no value of that kind, `UnsafeBody` when it is written in another form.
pub fn decode(kind: Kind, body: &[u8], actor: Actor) -> Result<SharedValue, Refusal> {
    let tree = read::read(body).ok_or(Refusal::UnsafeBody)?;
    let value = SharedValue::from_any(kind, tree).map_err(|_| Refusal::Schema)?;
    if encode(&value, actor)? == body { Ok(value) } else { Err(Refusal::UnsafeBody) }
}

/// What stands after the head of a change that `actor` made from nothing; none of any other.
pub(crate) fn opened(change: &[u8], actor: Actor) -> Option<&[u8]> {
    plain::opened(change, actor)
}

/// The change of `actor`, made from nothing, that [`opened`] gives `rest` of.
pub(crate) fn closed(rest: &[u8], actor: Actor) -> Vec<u8> {
    plain::closed(rest, actor)
}

/// Applies one scanned change that is new here. Automerge keeps the operations and not the change:
/// one that it does not give back byte for byte would make a page that nobody can write in, and a
/// file that nobody can read.
///
/// # Errors
/// `UnsafeBody` when Automerge refuses it, or keeps it as something else.
pub(crate) fn apply_new(document: &mut Automerge, change: &[u8]) -> Result<(), Refusal> {
    let read = parsed(change)?;
    let hash = read.hash();
    document.apply_changes([read]).map_err(|_| Refusal::UnsafeBody)?;
    let kept = document.get_change_by_hash(&hash).is_some_and(|kept| kept.raw_bytes() == change);
    if kept { Ok(()) } else { Err(Refusal::UnsafeBody) }
}

/// Applies changes that were admitted before, each after those it follows.
///
/// # Errors
/// `UnsafeBody` when Automerge refuses one.
pub(crate) fn apply_known<'a>(
    document: &mut Automerge,
    changes: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(), Refusal> {
    let changes = changes.into_iter().map(parsed).collect::<Result<Vec<_>, _>>()?;
    document.apply_changes(changes).map_err(|_| Refusal::UnsafeBody)
}

/// A scanned change as Automerge reads it.
///
/// # Errors
/// `UnsafeBody` when it cannot.
pub(crate) fn parsed(change: &[u8]) -> Result<Change, Refusal> {
    Change::from_bytes(change.to_vec()).map_err(|_| Refusal::UnsafeBody)
}

/// The value of `kind` in a hydrated document.
///
/// # Errors
/// `Schema`.
pub(crate) fn value_of(kind: Kind, hydrated: &hydrate::Value) -> Result<SharedValue, Refusal> {
    let json = to_json(hydrated).ok_or(Refusal::Schema)?;
    SharedValue::from_json(kind, json).map_err(|_| Refusal::Schema)
}

/// Runs `edit` in one transaction and returns the raw bytes of its change, if it changed anything.
pub(crate) fn write(
    document: &mut Automerge,
    edit: impl FnOnce(&mut Transaction<'_>) -> Result<(), AutomergeError>,
) -> Result<Option<Vec<u8>>, Refusal> {
    let mut transaction = document.transaction();
    edit(&mut transaction).map_err(|_| Refusal::Schema)?;
    let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(0));
    let Some(hash) = hash else { return Ok(None) };
    let change = document.get_last_local_change().ok_or(Refusal::Schema)?;
    debug_assert_eq!(change.hash(), hash);
    Ok(Some(change.raw_bytes().to_vec()))
}

/// The fields of a JSON object in the order of their names, whatever order the map keeps.
pub(crate) fn fields(json: &Value) -> Vec<(&str, &Value)> {
    let mut fields: Vec<_> =
        json.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    fields
}

fn put_fields(
    transaction: &mut Transaction<'_>,
    object: &ObjId,
    json: &Value,
    texts: &[&str],
) -> Result<(), AutomergeError> {
    for (name, value) in fields(json) {
        match value {
            Value::String(text) if texts.contains(&name) => {
                let id = transaction.put_object(object, name, ObjType::Text)?;
                transaction.splice_text(&id, 0, 0, text)?;
            }
            _ => put(transaction, object, name, value)?,
        }
    }
    Ok(())
}

/// Sets one field to a value that does not merge.
pub(crate) fn put(
    transaction: &mut Transaction<'_>,
    object: &ObjId,
    name: &str,
    value: &Value,
) -> Result<(), AutomergeError> {
    match value {
        Value::Array(items) => {
            let list = transaction.put_object(object, name, ObjType::List)?;
            for (at, item) in items.iter().enumerate() {
                insert(transaction, &list, at, item)?;
            }
            Ok(())
        }
        Value::Object(_) => {
            let map = transaction.put_object(object, name, ObjType::Map)?;
            put_fields(transaction, &map, value, &[])
        }
        _ => transaction.put(object, name, scalar(value)),
    }
}

/// Inserts an element in a list.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    list: &ObjId,
    at: usize,
    value: &Value,
) -> Result<(), AutomergeError> {
    match value {
        Value::Array(items) => {
            let inner = transaction.insert_object(list, at, ObjType::List)?;
            for (at, item) in items.iter().enumerate() {
                insert(transaction, &inner, at, item)?;
            }
            Ok(())
        }
        Value::Object(_) => {
            let map = transaction.insert_object(list, at, ObjType::Map)?;
            put_fields(transaction, &map, value, &[])
        }
        _ => transaction.insert(list, at, scalar(value)),
    }
}

fn scalar(value: &Value) -> automerge::ScalarValue {
    match value {
        Value::Bool(flag) => (*flag).into(),
        Value::String(text) => text.as_str().into(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into(),
            (None, Some(number)) => number.into(),
            // No shared value has fractions.
            (None, None) => automerge::ScalarValue::Null,
        },
        _ => automerge::ScalarValue::Null,
    }
}

/// JSON of a hydrated value; none where it holds something that no shared value has.
pub(crate) fn to_json(value: &hydrate::Value) -> Option<Value> {
    Some(match value {
        hydrate::Value::Text(text) => Value::String(text.to_string()),
        hydrate::Value::Map(map) => {
            let sorted: BTreeMap<&String, &hydrate::Value> =
                map.iter().map(|(name, entry)| (name, &entry.value)).collect();
            let mut object = Map::new();
            for (name, value) in sorted {
                object.insert(name.clone(), to_json(value)?);
            }
            Value::Object(object)
        }
        hydrate::Value::List(list) => {
            Value::Array(list.iter().map(|entry| to_json(&entry.value)).collect::<Option<_>>()?)
        }
        hydrate::Value::Scalar(scalar) => match scalar {
            automerge::ScalarValue::Str(text) => Value::String(text.to_string()),
            automerge::ScalarValue::Int(number) => Value::Number(Number::from(*number)),
            automerge::ScalarValue::Uint(number) => Value::Number(Number::from(*number)),
            automerge::ScalarValue::Boolean(flag) => Value::Bool(*flag),
            _ => return None,
        },
    })
}
