//! A value as one change made from nothing, written without Automerge.
//!
//! Automerge is made for documents that many edit: through it, writing such a change costs most
//! of a millisecond and reading it half of one, and a first sync little else. What is written here
//! is what Automerge writes, byte for byte, which tests show; [`super::read`] reads it. Texts that
//! merge are for Automerge; a value in any other form is nobody's.
//!
//! Source of the format: <https://automerge.org/automerge-binary-format-spec/>.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::fields;
use crate::scan::{ACTOR_BYTES, Actor, CHANGE_CHUNK, KNOWN, MAGIC, Reader};

/// Objects in objects, at most. No shared value comes near.
pub(super) const MAX_DEPTH: usize = 16;

/// Bytes of the checksum, and from the length to the columns.
pub(super) const CHECKSUM: usize = 4;
pub(super) const HEAD: usize = 2 + ACTOR_BYTES + 5;

pub(super) const MAKE_MAP: u64 = 0;
const SET: u64 = 1;
pub(super) const MAKE_LIST: u64 = 2;

pub(super) const FALSE: u64 = 1;
pub(super) const TRUE: u64 = 2;
pub(super) const UNSIGNED: u64 = 3;
pub(super) const SIGNED: u64 = 4;
pub(super) const TEXT: u64 = 6;

/// Where in its object an operation puts its value.
enum Place<'a> {
    Field(&'a str),
    /// After the element that this operation inserted; 0 is the head of the list.
    After(u64),
}

/// Operations and bytes of values for which there is room at once: most cards have fewer.
pub(super) const USUAL: usize = 64;
const USUAL_BYTES: usize = 1024;

/// The operations of a change, column by column. Operations count from 1; object 0 is the root.
struct Rows<'a> {
    objects: Vec<u64>,
    places: Vec<Place<'a>>,
    actions: Vec<u64>,
    metas: Vec<u64>,
    values: Vec<u8>,
}

/// The change that makes `json`; none where that is for Automerge.
pub(super) fn write(json: &Value, actor: Actor) -> Option<Vec<u8>> {
    let mut rows = Rows::new();
    rows.map(0, json, MAX_DEPTH)?;
    (rows.count() > 0).then(|| rows.change(actor))
}

impl<'a> Rows<'a> {
    fn new() -> Self {
        Self {
            objects: Vec::with_capacity(USUAL),
            places: Vec::with_capacity(USUAL),
            actions: Vec::with_capacity(USUAL),
            metas: Vec::with_capacity(USUAL),
            values: Vec::with_capacity(USUAL_BYTES),
        }
    }

    fn count(&self) -> u64 {
        self.actions.len() as u64
    }

    fn map(&mut self, object: u64, json: &'a Value, depth: usize) -> Option<()> {
        for (name, value) in fields(json) {
            // Automerge has no fields without a name.
            (!name.is_empty()).then_some(())?;
            self.put(object, Place::Field(name), value, depth)?;
        }
        Some(())
    }

    fn list(&mut self, object: u64, items: &'a [Value], depth: usize) -> Option<()> {
        let mut last = 0;
        for item in items {
            let operation = self.count() + 1;
            self.put(object, Place::After(last), item, depth)?;
            last = operation;
        }
        Some(())
    }

    /// One operation, and those that fill the object that it makes.
    fn put(&mut self, object: u64, place: Place<'a>, value: &'a Value, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let begin = self.values.len();
        let (action, kind) = match value {
            Value::Object(_) => (MAKE_MAP, 0),
            Value::Array(_) => (MAKE_LIST, 0),
            Value::Bool(flag) => (SET, if *flag { TRUE } else { FALSE }),
            Value::String(text) => {
                self.values.extend_from_slice(text.as_bytes());
                (SET, TEXT)
            }
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => {
                    signed(&mut self.values, number);
                    (SET, SIGNED)
                }
                (None, Some(number)) => {
                    unsigned(&mut self.values, number);
                    (SET, UNSIGNED)
                }
                (None, None) => return None,
            },
            Value::Null => return None,
        };
        let length = (self.values.len() - begin) as u64;
        self.objects.push(object);
        self.places.push(place);
        self.actions.push(action);
        self.metas.push(length << 4 | kind);
        let operation = self.count();
        match value {
            Value::Object(_) => self.map(operation, value, depth),
            Value::Array(items) => self.list(operation, items, depth),
            _ => Some(()),
        }
    }

    fn change(&self, actor: Actor) -> Vec<u8> {
        let mut columns = Vec::with_capacity(self.values.len() + USUAL_BYTES);
        let mut lengths = Vec::with_capacity(KNOWN.len());
        for known in KNOWN {
            let begin = columns.len();
            self.column(known, &mut columns);
            lengths.push((known, columns.len() - begin));
        }
        // An empty one is left out.
        lengths.retain(|(_, length)| *length > 0);
        let mut rest = Vec::with_capacity(columns.len() + USUAL);
        unsigned(&mut rest, lengths.len() as u64);
        for (known, length) in lengths {
            unsigned(&mut rest, known);
            unsigned(&mut rest, length as u64);
        }
        rest.append(&mut columns);
        closed(&rest, actor)
    }

    /// Adds the column with this specification.
    fn column(&self, known: u64, out: &mut Vec<u8>) {
        let inside = |object: &u64| (*object > 0).then_some(*object);
        let after = |place: &Place<'_>| match place {
            Place::Field(_) => None,
            Place::After(last) => Some(*last),
        };
        match known {
            0x01 => runs(out, self.objects.iter().map(|object| inside(object).map(|_| 0)), unsigned),
            0x02 => runs(out, self.objects.iter().map(inside), unsigned),
            0x11 => {
                runs(out, self.places.iter().map(|place| after(place).filter(|last| *last > 0).map(|_| 0)), unsigned)
            }
            0x13 => {
                let mut before = 0;
                let steps = self.places.iter().map(|place| {
                    let last = after(place)?.cast_signed();
                    Some(last - std::mem::replace(&mut before, last))
                });
                runs(out, steps, signed);
            }
            0x15 => {
                let names = self.places.iter().map(|place| match place {
                    Place::Field(name) => Some(*name),
                    Place::After(_) => None,
                });
                runs(out, names, |out, name| {
                    unsigned(out, name.len() as u64);
                    out.extend_from_slice(name.as_bytes());
                });
            }
            0x34 => switches(out, self.places.iter().map(|place| after(place).is_some())),
            0x42 => runs(out, self.actions.iter().copied().map(Some), unsigned),
            0x56 => runs(out, self.metas.iter().copied().map(Some), unsigned),
            0x57 => out.extend_from_slice(&self.values),
            // Nothing replaces anything.
            0x70 => runs(out, self.actions.iter().map(|_| Some(0)), unsigned),
            _ => {}
        }
    }
}

/// The change of `actor` that was made from nothing, of what stands after its head.
pub(super) fn closed(rest: &[u8], actor: Actor) -> Vec<u8> {
    let mut change = Vec::with_capacity(MAGIC.len() + CHECKSUM + HEAD + rest.len() + USUAL);
    change.extend_from_slice(&MAGIC);
    change.extend_from_slice(&[0; CHECKSUM]);
    let hashed = change.len();
    change.push(CHANGE_CHUNK);
    unsigned(&mut change, (HEAD + rest.len()) as u64);
    // It follows nothing.
    change.extend_from_slice(&[0, ACTOR_BYTES as u8]);
    change.extend_from_slice(&actor);
    // The first change of its actor and its first operation; no time, no message, nobody else.
    change.extend_from_slice(&[1, 1, 0, 0, 0]);
    change.extend_from_slice(rest);
    let checksum = Sha256::digest(&change[hashed..]);
    change[MAGIC.len()..hashed].copy_from_slice(&checksum[..CHECKSUM]);
    change
}

/// What stands after the head of a change that `actor` made from nothing; none of any other.
pub(super) fn opened(change: &[u8], actor: Actor) -> Option<&[u8]> {
    let mut reader = Reader(change.get(MAGIC.len() + CHECKSUM + 1..)?);
    reader.unsigned().ok()?;
    reader.take(HEAD).ok()?;
    (closed(reader.0, actor) == change).then_some(reader.0)
}

/// A column of runs: of nulls, of a value that repeats, of values that don't. Nothing for nulls
/// alone.
fn runs<T: PartialEq + Copy>(
    out: &mut Vec<u8>,
    values: impl Iterator<Item = Option<T>>,
    put: impl Fn(&mut Vec<u8>, T),
) {
    let mut values = values.peekable();
    let begin = out.len();
    let mut literal: Vec<T> = Vec::with_capacity(USUAL);
    let end = |out: &mut Vec<u8>, literal: &mut Vec<T>| {
        if !literal.is_empty() {
            signed(out, -(literal.len() as i64));
            literal.drain(..).for_each(|value| put(out, value));
        }
    };
    while let Some(value) = values.next() {
        let mut count: i64 = 1;
        while values.next_if_eq(&value).is_some() {
            count += 1;
        }
        match value {
            Some(value) if count == 1 => literal.push(value),
            Some(value) => {
                end(out, &mut literal);
                signed(out, count);
                put(out, value);
            }
            None if out.len() == begin && literal.is_empty() && values.peek().is_none() => {}
            None => {
                end(out, &mut literal);
                signed(out, 0);
                unsigned(out, count.unsigned_abs());
            }
        }
    }
    end(out, &mut literal);
}

/// A column of booleans: lengths of runs, false first.
fn switches(out: &mut Vec<u8>, flags: impl Iterator<Item = bool>) {
    let (mut last, mut count) = (false, 0);
    for flag in flags {
        if flag != last {
            unsigned(out, count);
            (last, count) = (flag, 0);
        }
        count += 1;
    }
    unsigned(out, count);
}

fn unsigned(out: &mut Vec<u8>, value: u64) {
    let mut value = value;
    while value >= 0x80 {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn signed(out: &mut Vec<u8>, value: i64) {
    let mut value = value;
    while !(-0x40..0x40).contains(&value) {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8 & 0x7f);
}

#[cfg(test)]
mod tests {
    use automerge::Automerge;
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use schemas::envelope::Refusal;
    use schemas::{Kind, SharedValue};

    use super::super::{apply_new, by_automerge, decode, to_json};
    use super::*;
    use crate::scan;

    const ACTOR: Actor = [3; ACTOR_BYTES];

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-200_i64..200).prop_map(Value::from),
            "[a-z]{0,3}".prop_map(Value::from),
            ".{0,70}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 80, 12, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{1,3}|.{1,40}", inner, 0..6).prop_map(object),
            ]
        })
    }

    fn document() -> impl Strategy<Value = Value> {
        prop::collection::btree_map("[a-z_]{1,12}", value(), 1..12).prop_map(object)
    }

    fn object(fields: std::collections::BTreeMap<String, Value>) -> Value {
        Value::Object(fields.into_iter().collect())
    }

    /// What is read and believed.
    fn read(change: &[u8], actor: Actor) -> Option<Value> {
        let json = Value::deserialize(super::super::read::read(change)?).ok()?;
        write(&json, actor).is_some_and(|again| again == change).then_some(json)
    }

    fn read_by_automerge(change: &[u8]) -> Option<Value> {
        let mut document = Automerge::new();
        apply_new(&mut document, change).ok()?;
        to_json(&document.hydrate(None))
    }

    /// Makes the checksum that of the bytes.
    fn mend(change: &mut [u8]) {
        let digest = Sha256::digest(&change[8..]);
        change[4..8].copy_from_slice(&digest[..4]);
    }

    const OFFER: &str = r#"{"age_band": "65+", "area": "11001", "availability": ["mon-afternoon", "tue-morning"],
        "capacity_left": 3, "domains": ["work", "education"], "interests": ["cycling"], "languages": ["ar", "es", "ti"],
        "occupation": "2512", "radius_km": 35, "sector": "hospitality", "sex": "male", "style": "networking",
        "wishes": [{"about": {"age": "55-64"}, "strength": "preferred"}, {"about": "nearby", "strength": "must"}]}"#;

    /// The value as Automerge alone has it.
    fn decoded_by_automerge(change: &[u8]) -> Option<SharedValue> {
        SharedValue::from_json(Kind::MentorOffer, read_by_automerge(change)?).ok()
    }

    #[test]
    fn a_value_is_read_in_the_one_form_that_it_is_written_in() {
        let usual: Value = serde_json::from_str(OFFER).expect("an offer");
        let mut unsorted = usual.clone();
        unsorted["languages"] = json!(["ti", "ar", "es"]);
        let mut unnamed = usual.clone();
        unnamed["wishes"] = json!([[{"age": "55-64"}, "preferred"]]);
        let mut more = usual.clone();
        more["unknown"] = json!(1);
        let (form, schema) = (Some(Refusal::UnsafeBody), Some(Refusal::Schema));
        for (json, refusal) in [(usual, None), (unsorted, form), (unnamed, form), (more, schema)] {
            let bytes = write(&json, ACTOR).expect("a plain document");
            let value = decode(Kind::MentorOffer, &bytes, ACTOR);
            assert_eq!(value.as_ref().err(), refusal.as_ref(), "{json}");
            assert!(value.is_err() || value.ok() == decoded_by_automerge(&bytes), "{json}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_decoded_is_what_automerge_has(at in any::<prop::sample::Index>(), to: u8) {
            let usual: Value = serde_json::from_str(OFFER).expect("an offer");
            let mut bytes = write(&usual, ACTOR).expect("a plain document");
            let at = 8 + at.index(bytes.len() - 8);
            bytes[at] = to;
            mend(&mut bytes);
            if let (Ok(_), Ok(value)) = (scan::change(&bytes), decode(Kind::MentorOffer, &bytes, ACTOR)) {
                prop_assert_eq!(Some(value), decoded_by_automerge(&bytes));
            }
        }

        #[test]
        fn it_writes_what_automerge_writes_and_reads_it_back(json in document()) {
            let bytes = write(&json, ACTOR).expect("a plain document");
            prop_assert_eq!(&bytes, &by_automerge(&json, &[], ACTOR).expect("a document"));
            prop_assert_eq!(read_by_automerge(&bytes), Some(json.clone()));
            // Numbers that need all 64 bits are for Automerge.
            prop_assert!(read(&bytes, ACTOR).is_none_or(|read| read == json));
            prop_assert_eq!(read(&bytes, [4; ACTOR_BYTES]), None);
        }

        #[test]
        fn whatever_it_reads_automerge_reads_too(json in document(), at in any::<prop::sample::Index>(), to: u8) {
            let mut bytes = write(&json, ACTOR).expect("a plain document");
            let at = 8 + at.index(bytes.len() - 8);
            bytes[at] = to;
            mend(&mut bytes);
            if let (Ok(_), Some(json)) = (scan::change(&bytes), read(&bytes, ACTOR)) {
                prop_assert_eq!(read_by_automerge(&bytes), Some(json));
            }
        }
    }

    #[test]
    fn usual_values_are_read_without_automerge() {
        let json = json!({
            "list": ["a", "a", "b", {"x": 1, "y": [1, 1, 1, 2]}, [], {}], "flag": true, "not": false,
            "number": -70_000, "until": 1_790_000_000, "text": "€ 5", "empty": "", "none": []
        });
        let bytes = write(&json, ACTOR).expect("a plain document");
        assert_eq!(read(&bytes, ACTOR), Some(json));
    }

    #[test]
    fn the_rest_is_for_automerge() {
        let nested = (0..MAX_DEPTH).fold(json!([]), |inner, _| json!([inner]));
        for json in [json!({}), json!([1]), json!({"a": null}), json!({"a": 0.5}), json!({"": 1}), json!({"a": nested})]
        {
            assert_eq!(write(&json, ACTOR), None, "{json}");
        }
        // The same value in another form: an operation too many, that Automerge takes.
        let json = json!({"a": "b"});
        let mut document = Automerge::new().with_actor(automerge::ActorId::from(ACTOR));
        let twice = super::super::write(&mut document, |transaction| {
            super::super::put(transaction, &automerge::ROOT, "a", &json!("c"))?;
            super::super::put(transaction, &automerge::ROOT, "a", &json!("b"))
        });
        let bytes = twice.expect("a change").expect("a change");
        assert_eq!(read(&bytes, ACTOR), None);
        assert_eq!(read_by_automerge(&bytes), Some(json));
    }
}
