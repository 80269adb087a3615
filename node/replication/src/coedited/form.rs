//! What a change of a page may be made of: the operations that an editor makes, and no others.
//!
//! Automerge takes many more, shows what they say, and breaks on what honest people write after
//! them or beside them: a letter of many letters, an element in a map, two letters in one place.
//! Nothing is applied here, and nothing but the change and its causal past has a say. An element of
//! another object than it is named with is left to Automerge, which does not take it.

use std::collections::BTreeSet;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ObjId, ObjType, ScalarValue};
use schemas::envelope::Refusal;

use super::{Coedited, Node};
use crate::body;
use crate::scan::{Actor, Scanned};

impl Coedited {
    /// Checks that a change is made of what editors make, and names no operation but its own and
    /// those of its `past`. Another may be here and not elsewhere, or come later: the change would
    /// be admitted by some only.
    ///
    /// # Errors
    /// `UnsafeBody`.
    pub(super) fn check_form(&self, scanned: &Scanned, bytes: &[u8], past: &[&Node]) -> Result<(), Refusal> {
        let mut named = named(bytes, &self.texts)?;
        let mut take = |actor: Actor, first: u64, last: u64| {
            named.extract_if((actor, first)..=(actor, last), |_| true).for_each(drop);
        };
        take(scanned.actor, scanned.start, scanned.last());
        for node in past {
            take(self.actors[node.actor], node.start, node.last);
        }
        if named.is_empty() { Ok(()) } else { Err(Refusal::UnsafeBody) }
    }
}

/// The operations that a scanned change names, by actor and number: the objects and elements that
/// it writes in, and what it replaces. `texts` are those of the opening.
///
/// # Errors
/// `UnsafeBody` when it has an operation that no editor makes, or Automerge cannot read it.
fn named(change: &[u8], texts: &[(&'static str, ObjId)]) -> Result<BTreeSet<(Actor, u64)>, Refusal> {
    let change = body::parsed(change)?.decode();
    let is_text = |id: &OpId| {
        let is_it = |text: &ObjId| matches!(text, ObjId::Id(number, actor, _) if *number == id.0 && *actor == id.1);
        texts.iter().any(|(_, text)| is_it(text))
    };
    let mut named = BTreeSet::new();
    for (number, operation) in (change.start_op.get()..).zip(&change.operations) {
        if !is_of_an_editor(operation, &OpId::new(number, &change.actor_id), is_text) {
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
            let once = replaced.iter().collect::<BTreeSet<_>>().len() == replaced.len();
            once && match &operation.action {
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
