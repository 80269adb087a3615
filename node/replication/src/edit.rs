//! A submitted form as changes of a co-edited document.
//!
//! Texts become character edits against the state that the form was rendered from; every other
//! field is touched only where the person changed it. Replacing a whole text is a bug.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{Transactable, Transaction};
use automerge::{ActorId, Automerge, AutomergeError, ChangeHash, ROOT, ReadDoc};
use schemas::SharedValue;
use schemas::envelope::{MAX_ENVELOPE, MAX_HEADER, Refusal};
use schemas::ids::{DocumentId, NodeKey, Session};
use serde_json::Value;

use crate::body;
use crate::coedited::{Coedited, form};
use crate::rewrite::{self, rewrite};
use crate::scan::{self, ChangeId};

/// Words of a list that are taken out one by one.
const WORDS: usize = 40;

/// Who edits.
#[derive(Debug, Clone, Copy)]
pub struct Editor {
    /// The node.
    pub author: NodeKey,
    /// Its session; where that has written after the form was rendered, `spare` takes its place.
    pub session: Session,
    /// A session that nobody used.
    pub spare: Session,
    /// The document.
    pub document: DocumentId,
}

/// Raw changes in order, with the session and the place of the first.
#[derive(Debug, PartialEq, Eq)]
pub struct Changes {
    /// The session they are signed in.
    pub session: Session,
    /// Place of the first; the others count on.
    pub first: u64,
    /// Raw changes; empty when nothing differs.
    pub bodies: Vec<Vec<u8>>,
}

/// The first change of a new document and those that add the rest of a long text.
///
/// # Errors
/// `Schema` or `OverBudget`.
pub fn open(editor: Editor, value: &SharedValue) -> Result<Changes, Refusal> {
    let json = value.to_json().map_err(|_| Refusal::Schema)?;
    let full = json.get("body").and_then(Value::as_str).unwrap_or_default();
    let (begin, _) = rewrite::split(full);
    let mut first = json.clone();
    if let Some(field) = first.get_mut("body") {
        *field = Value::String(begin.to_owned());
    }
    let start = SharedValue::from_json(value.kind(), first).map_err(|_| Refusal::Schema)?;
    let actor = body::session_actor(editor.author, editor.session, editor.document);
    let bytes = body::encode(&start, actor)?;
    let mut document = Automerge::new().with_actor(ActorId::from(actor));
    body::apply_new(&mut document, &bytes)?;
    let mut bodies = vec![bytes];
    if let Some((_, text)) = document.get(ROOT, "body").map_err(|_| Refusal::Schema)? {
        bodies.extend(rewrite(&mut document, &[(&text, begin, full)], |_| Ok(()))?);
    }
    check(Changes { session: editor.session, first: 1, bodies })
}

/// The changes that turn the state at `heads` into `value`.
///
/// # Errors
/// `Superseded` when the heads are not known any more, `Schema` or `OverBudget`.
pub fn edit(editor: Editor, current: &Coedited, heads: &[ChangeId], value: &SharedValue) -> Result<Changes, Refusal> {
    if heads.is_empty() {
        return Err(Refusal::Superseded);
    }
    let clock = current.clock_at(heads).ok_or(Refusal::Superseded)?;
    let mut session = editor.session;
    let mut actor = body::session_actor(editor.author, session, editor.document);
    let mut before = clock.get(&actor).copied().unwrap_or(0);
    if current.last_of(&actor) > before {
        // This node wrote after the form was rendered: the two are concurrent, and an actor's
        // changes follow each other.
        session = editor.spare;
        actor = body::session_actor(editor.author, session, editor.document);
        before = 0;
    }
    let (document, _) = current.document()?;
    let heads: Vec<ChangeHash> = heads.iter().map(|hash| ChangeHash(*hash)).collect();
    let mut fork = document.fork_at(&heads).map_err(|_| Refusal::Superseded)?;
    fork.set_actor(ActorId::from(actor));
    let old = body::to_json(&fork.hydrate(None)).ok_or(Refusal::Schema)?;
    let new = value.to_json().map_err(|_| Refusal::Schema)?;
    let text = |json: &Value, name| json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let texts: Vec<_> =
        current.texts().iter().map(|(name, id)| (*name, id, text(&old, name), text(&new, name))).collect();
    let names: BTreeSet<&str> = texts.iter().map(|(name, ..)| *name).collect();
    let texts: Vec<_> = texts.iter().map(|(_, id, old, new)| (*id, old.as_str(), new.as_str())).collect();
    let bodies = rewrite(&mut fork, &texts, |transaction| set_fields(transaction, &old, &new, &names))?;
    check(Changes { session, first: before + 1, bodies })
}

/// What others would refuse is not written.
fn check(changes: Changes) -> Result<Changes, Refusal> {
    for body in &changes.bodies {
        form::light(&scan::change(body)?, body)?;
        // Room for header, signature and the names of three hundred writers.
        if body.len() + 2 * MAX_HEADER + 12 * 1024 > MAX_ENVELOPE {
            return Err(Refusal::OverBudget);
        }
    }
    Ok(changes)
}

fn set_fields(
    transaction: &mut Transaction<'_>,
    old: &Value,
    new: &Value,
    texts: &BTreeSet<&str>,
) -> Result<(), AutomergeError> {
    let named = |json| body::fields(json).into_iter().collect::<BTreeMap<&str, &Value>>();
    let (old, new) = (named(old), named(new));
    for (name, value) in &new {
        match (old.get(name), value) {
            _ if texts.contains(name) => {}
            (Some(before), value) if before == value => {}
            (Some(Value::Array(before)), Value::Array(after)) => set_words(transaction, name, before, after)?,
            _ => body::put(transaction, &ROOT, name, value)?,
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        transaction.delete(ROOT, *name)?;
    }
    Ok(())
}

/// Takes out and puts in single elements, so that what two people add at once both stays.
fn set_words(
    transaction: &mut Transaction<'_>,
    name: &str,
    before: &[Value],
    after: &[Value],
) -> Result<(), AutomergeError> {
    // So many words no page has: somebody put them there, and to take them out one by one would be
    // more than a change may be.
    if before.len() > WORDS {
        return body::put(transaction, &ROOT, name, &Value::Array(after.to_vec()));
    }
    let Some((_, list)) = transaction.get(ROOT, name)? else { return Ok(()) };
    for at in (0..before.len()).rev().filter(|at| !after.contains(&before[*at])) {
        transaction.delete(&list, at)?;
    }
    for value in after.iter().filter(|value| !before.contains(value)) {
        let end = transaction.length(&list);
        body::insert(transaction, &list, end, value)?;
    }
    Ok(())
}
