//! Reads a change made from nothing as the value that it makes, borrowed from its bytes, without
//! Automerge.
//!
//! What is read is to be believed only when writing it again, as [`super::plain`] does, gives the
//! same bytes: it is read as it would have been written, and nothing else in it is looked at.

use serde::de::value::{Error, MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use super::plain::{CHECKSUM, FALSE, HEAD, MAKE_LIST, MAKE_MAP, MAX_DEPTH, SIGNED, TEXT, TRUE, UNSIGNED, USUAL};
use crate::scan::{self, MAGIC, MAX_OPERATIONS, Reader};

/// A value in a change.
#[derive(Debug)]
pub(super) enum Tree<'a> {
    Flag(bool),
    Signed(i64),
    Unsigned(u64),
    Text(&'a str),
    List(Vec<Tree<'a>>),
    Map(Fields<'a>),
}

type Fields<'a> = Vec<(&'a str, Tree<'a>)>;

impl<'de> IntoDeserializer<'de> for Tree<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Tree<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Flag(flag) => visitor.visit_bool(flag),
            Self::Signed(number) => visitor.visit_i64(number),
            Self::Unsigned(number) => visitor.visit_u64(number),
            Self::Text(text) => visitor.visit_borrowed_str(text),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Map(fields) => visitor.visit_map(MapDeserializer::new(fields.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Text(name) => visitor.visit_enum(name.into_deserializer()),
            Self::Map(fields) => {
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(fields.into_iter())))
            }
            _ => Err(Error::invalid_type(Unexpected::Other("a value without a name"), &"one of several")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// The value that a scanned change makes, if writing it gives the same change again; none where
/// that is certain not to.
pub(super) fn read(change: &[u8]) -> Option<Tree<'_>> {
    Some(Tree::Map(Read::of(change)?.map(0, MAX_DEPTH)?))
}

/// Operations that are read one after another, as they would be written. What is not read (which
/// element a place follows, whether anything else stands in between) shows when they are written
/// again.
struct Read<'a> {
    next: usize,
    objects: Vec<Option<u64>>,
    names: Vec<Option<&'a str>>,
    actions: Vec<Option<u64>>,
    metas: Vec<Option<u64>>,
    values: Reader<'a>,
}

impl<'a> Read<'a> {
    fn of(change: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(change.get(MAGIC.len() + CHECKSUM + 1..)?);
        reader.unsigned().ok()?;
        reader.take(HEAD).ok()?;
        let columns = scan::columns(&mut reader).ok()?;
        let actions = unroll(columns[scan::ACTION], unsigned_of)?;
        let rows = actions.len();
        let mut objects = unroll(columns[scan::OBJECT], unsigned_of)?;
        let mut names = unroll(columns[scan::NAME], |reader| {
            let length = usize::try_from(reader.unsigned().ok()?).ok()?;
            std::str::from_utf8(reader.take(length).ok()?).ok()
        })?;
        let metas = unroll(columns[scan::VALUE_META], unsigned_of)?;
        objects.resize(rows, None);
        names.resize(rows, None);
        (metas.len() == rows).then_some(Self {
            next: 0,
            objects,
            names,
            actions,
            metas,
            values: Reader(columns[scan::VALUE]),
        })
    }

    /// Whether the next operation is in this object.
    fn is_in(&self, object: u64) -> bool {
        self.objects.get(self.next).is_some_and(|in_it| in_it.unwrap_or(0) == object)
    }

    fn map(&mut self, object: u64, depth: usize) -> Option<Fields<'a>> {
        let mut fields = Vec::new();
        while self.is_in(object) {
            let name = self.names[self.next]?;
            fields.push((name, self.value(depth)?));
        }
        Some(fields)
    }

    fn list(&mut self, object: u64, depth: usize) -> Option<Vec<Tree<'a>>> {
        let mut items = Vec::new();
        while self.is_in(object) {
            items.push(self.value(depth)?);
        }
        Some(items)
    }

    fn value(&mut self, depth: usize) -> Option<Tree<'a>> {
        let depth = depth.checked_sub(1)?;
        let (action, meta) = (self.actions[self.next]?, self.metas[self.next]?);
        self.next += 1;
        let operation = self.next as u64;
        if action == MAKE_MAP {
            return self.map(operation, depth).map(Tree::Map);
        }
        if action == MAKE_LIST {
            return self.list(operation, depth).map(Tree::List);
        }
        let mut bytes = Reader(self.values.take(usize::try_from(meta >> 4).ok()?).ok()?);
        match meta & 15 {
            FALSE => Some(Tree::Flag(false)),
            TRUE => Some(Tree::Flag(true)),
            UNSIGNED => bytes.unsigned().ok().map(Tree::Unsigned),
            SIGNED => bytes.signed().ok().map(Tree::Signed),
            TEXT => std::str::from_utf8(bytes.0).ok().map(Tree::Text),
            _ => None,
        }
    }
}

fn unsigned_of(reader: &mut Reader<'_>) -> Option<u64> {
    reader.unsigned().ok()
}

/// The values of a column of runs; none when there are more than a change may have.
fn unroll<'a, T: Copy>(column: &'a [u8], next: impl Fn(&mut Reader<'a>) -> Option<T>) -> Option<Vec<Option<T>>> {
    let mut reader = Reader(column);
    let mut values = Vec::with_capacity(USUAL);
    while !reader.0.is_empty() {
        let length = reader.signed().ok()?;
        let run = if length == 0 { reader.unsigned().ok()? } else { length.unsigned_abs() };
        if run.saturating_add(values.len() as u64) > MAX_OPERATIONS {
            return None;
        }
        let end = values.len() + run as usize;
        match length {
            0 => values.resize(end, None),
            1.. => {
                let value = next(&mut reader)?;
                values.resize(end, Some(value));
            }
            _ => {
                for _ in 0..run {
                    values.push(Some(next(&mut reader)?));
                }
            }
        }
    }
    Some(values)
}
