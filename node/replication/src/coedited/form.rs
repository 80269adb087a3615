//! What a change of a page may be made of: the operations that an editor makes, and no others, and
//! no more of them than Automerge puts in a full page at once.
//!
//! Automerge takes many more, shows what they say, and breaks on what honest people write after
//! them or beside them: a letter of many letters, an element in a map, two letters in one place.
//! Nothing is applied here, and nothing but the change and its causal past has a say. An element of
//! another object than it is named with is left to Automerge, which does not take it.

use std::collections::BTreeSet;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ExpandedChange, ObjId, ObjType, ScalarValue};
use schemas::Kind;
use schemas::envelope::Refusal;

use crate::body;
use crate::scan::{Actor, Scanned};

/// Operations of a change, at most.
const OPERATIONS: u64 = 2_500;
/// Operations of a change that touch what was there before it, and operations that one of them
/// replaces, at most: each costs Automerge about as much as ten letters that follow each other.
pub(crate) const TOUCHING: usize = 256;

/// A scanned change of a page as Automerge reads it, when it is no more work than one may be: a
/// longer edit is several.
///
/// # Errors
/// `OverBudget`; `UnsafeBody` when Automerge cannot read it.
pub(crate) fn light(scanned: &Scanned, bytes: &[u8]) -> Result<ExpandedChange, Refusal> {
    if scanned.operations > OPERATIONS {
        return Err(Refusal::OverBudget);
    }
    let change = body::parsed(bytes)?.decode();
    let is_own = |id: &OpId| id.1 == change.actor_id && id.0 >= scanned.start;
    let touches = |operation: &&Op| {
        let in_own = matches!(&operation.obj, ObjectId::Id(object) if is_own(object));
        let at_own = matches!(&operation.key, Key::Seq(ElementId::Id(element)) if is_own(element));
        !in_own && !at_own
    };
    let touching: usize = change.operations.iter().filter(touches).map(|one| one.pred.len().max(1)).sum();
    if touching > TOUCHING { Err(Refusal::OverBudget) } else { Ok(change) }
}

/// The texts that an opening makes, by field: each text of the kind once.
///
/// # Errors
/// `Schema`.
pub(super) fn texts_of(opening: &ExpandedChange, kind: Kind) -> Result<Vec<(&'static str, ObjId)>, Refusal> {
    let text = |name: &&'static str| {
        let field = Key::Map((*name).into());
        let mut made = (opening.start_op.get()..).zip(&opening.operations).filter(|(_, one)| one.key == field);
        match (made.next(), made.next()) {
            (Some((number, Op { action: OpType::Make(ObjType::Text), .. })), None) => {
                Ok((*name, ObjId::Id(number, opening.actor_id.clone(), 0)))
            }
            _ => Err(Refusal::Schema),
        }
    };
    body::texts(kind).iter().map(text).collect()
}

/// Whether a change only takes letters out.
pub(super) fn only_takes_out(change: &ExpandedChange) -> bool {
    let is_out = |one: &Op| one.action == OpType::Delete && matches!(one.key, Key::Seq(_));
    change.operations.iter().all(is_out)
}

/// Checks that a change is made of what editors make, and names no operation but its own and those
/// of its past, which are told by actor, from the first to the last. Another may be here and not
/// elsewhere, or come later: the change would be admitted by some only. `texts` are those of the
/// opening.
///
/// # Errors
/// `UnsafeBody`.
pub(super) fn check(
    scanned: &Scanned,
    change: &ExpandedChange,
    texts: &[(&'static str, ObjId)],
    past: impl Iterator<Item = (Actor, u64, u64)>,
) -> Result<(), Refusal> {
    let mut named = named(change, texts)?;
    for (actor, first, last) in past.chain([(scanned.actor, scanned.start, scanned.last())]) {
        named.extract_if((actor, first)..=(actor, last), |_| true).for_each(drop);
    }
    if named.is_empty() { Ok(()) } else { Err(Refusal::UnsafeBody) }
}

/// The operations that a change names, by actor and number: the objects and elements that it writes
/// in, and what it replaces.
///
/// # Errors
/// `UnsafeBody` when it has an operation that no editor makes, or does with a field or a letter twice
/// what an editor does once: what stands there grows, for all who write there later.
fn named(change: &ExpandedChange, texts: &[(&'static str, ObjId)]) -> Result<BTreeSet<(Actor, u64)>, Refusal> {
    let is_text = |id: &OpId| {
        let is_it = |text: &ObjId| matches!(text, ObjId::Id(number, actor, _) if *number == id.0 && *actor == id.1);
        texts.iter().any(|(_, text)| is_it(text))
    };
    let (mut named, mut fields, mut replaced) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (number, operation) in (change.start_op.get()..).zip(&change.operations) {
        let is_first = match &operation.key {
            Key::Map(field) => fields.insert(field),
            Key::Seq(_) => true,
        } && operation.pred.iter().all(|id| replaced.insert(id));
        if !is_first || !is_of_an_editor(operation, &OpId::new(number, &change.actor_id), is_text) {
            return Err(Refusal::UnsafeBody);
        }
        let object = if let ObjectId::Id(id) = &operation.obj { Some(id) } else { None };
        let element = if let Key::Seq(ElementId::Id(id)) = &operation.key { Some(id) } else { None };
        for OpId(number, actor) in object.into_iter().chain(element).chain(operation.pred.iter()) {
            named.insert((Actor::try_from(actor.to_bytes()).map_err(|_| Refusal::UnsafeBody)?, *number));
        }
    }
    Ok(named)
}

/// Whether `operation`, whose id is `own`, is one that an editor makes.
fn is_of_an_editor(operation: &Op, own: &OpId, is_text: impl Fn(&OpId) -> bool) -> bool {
    let replaced: Vec<&OpId> = operation.pred.iter().collect();
    match (&operation.obj, &operation.key, operation.insert) {
        // A field is put, or taken away with all that stands there.
        (ObjectId::Root, Key::Map(_), false) => {
            match &operation.action {
                // Nothing in a page is a number or a flag.
                OpType::Put(value) => matches!(value, ScalarValue::Str(_)),
                OpType::Make(ObjType::List) => true,
                OpType::Make(ObjType::Text) => is_text(own),
                OpType::Delete => !replaced.is_empty(),
                _ => false,
            }
        }
        // A letter of a text or a word of a list is put in,
        (ObjectId::Id(object), Key::Seq(_), true) => match &operation.action {
            OpType::Put(ScalarValue::Str(put)) => replaced.is_empty() && (!is_text(object) || put.chars().count() == 1),
            _ => false,
        },
        // or taken out, and never replaced.
        (ObjectId::Id(_), Key::Seq(ElementId::Id(element)), false) => {
            operation.action == OpType::Delete && replaced == [element]
        }
        _ => false,
    }
}
