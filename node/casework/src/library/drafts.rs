//! What somebody here typed and is not in its page: an edit that was refused, or one that the
//! page no longer counts. It waits until a person puts it into the page as that is now, or
//! throws it away.

use std::fmt;
use std::str::FromStr;

use schemas::ids::{DocumentId, to_hex};
use schemas::{Kind, Resource, Shared, SharedValue};
use serde_json::Value;

use super::care::now_at;
use super::difference::{Piece, difference, together};
use super::resource_of;
use crate::error::{Error, Result};
use crate::office::{Actor, Office};
use crate::ports::{Outgoing, Records};

/// Which draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DraftId {
    /// A command that was refused.
    Refused(i64),
    /// What a page no longer counts.
    Kept(i64),
}

impl fmt::Display for DraftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(number) => write!(f, "r{number}"),
            Self::Kept(number) => write!(f, "k{number}"),
        }
    }
}

impl FromStr for DraftId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |text: &str| text.parse().map_err(|_| Error::NotFound);
        match text.split_at_checked(1) {
            Some(("r", rest)) => Ok(Self::Refused(number(rest)?)),
            Some(("k", rest)) => Ok(Self::Kept(number(rest)?)),
            _ => Err(Error::NotFound),
        }
    }
}

/// What somebody typed and is not in its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryDraft {
    /// Which.
    pub id: DraftId,
    /// The page it can be put into now; none when there is none.
    pub resource: Option<DocumentId>,
    /// Heads of that page, hexadecimal.
    pub heads: Vec<String>,
    /// What was typed.
    pub typed: Resource,
    /// The page as it is now with what was typed in it.
    pub merged: Resource,
    /// Why it is not in the page: `refused`, `cut`, `forked`, `full`, `replaced`, `retired`,
    /// `left-out`, `parted` or `ended`.
    pub why: String,
    /// What was typed, shown in the text that it was typed on (of a refused one: in the text as
    /// it is now); empty for a new page.
    pub difference: Vec<Piece>,
}

/// A draft before it is held against the page of now.
struct Found {
    id: DraftId,
    resource: Option<DocumentId>,
    base: Option<Resource>,
    typed: Resource,
    why: String,
}

impl Office {
    /// What people here typed and is not in a page, oldest first.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn library_drafts(&self, actor: &Actor) -> Result<Vec<LibraryDraft>> {
        actor.writes_library()?;
        self.read(|records| found(records)?.into_iter().map(|draft| placed(records, draft)).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub fn library_draft(&self, actor: &Actor, id: DraftId) -> Result<LibraryDraft> {
        let all = self.library_drafts(actor)?;
        all.into_iter().find(|draft| draft.id == id).ok_or(Error::NotFound)
    }

    /// Forgets a draft, after it was taken over or given up.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn drop_library_draft(&self, actor: &Actor, id: DraftId) -> Result<()> {
        actor.writes_library()?;
        let hand = self.hand(actor);
        self.write(move |records| {
            let Some(draft) = found(records)?.into_iter().find(|draft| draft.id == id) else { return Ok(()) };
            let about = draft.resource.map(|id| id.to_string()).unwrap_or_default();
            hand.audit(records, "draft.dropped", None, &about)?;
            match id {
                DraftId::Refused(number) => records.drop_refused(number),
                DraftId::Kept(number) => records.drop_page_draft(number),
            }
        })
    }
}

/// Every draft.
pub(crate) fn draft_ids(records: &mut dyn Records) -> Result<Vec<DraftId>> {
    Ok(found(records)?.into_iter().map(|draft| draft.id).collect())
}

fn found(records: &mut dyn Records) -> Result<Vec<Found>> {
    let mut drafts = Vec::new();
    for draft in records.page_drafts()? {
        if let (SharedValue::Resource(base), SharedValue::Resource(typed)) = (draft.base, draft.typed) {
            let (id, resource) = (DraftId::Kept(draft.number), Some(draft.document));
            // An opening starts from nothing: all of it was typed.
            let base = Some(base).filter(|base| *base != typed);
            drafts.push(Found { id, resource, base, typed, why: draft.why });
        }
    }
    for (number, command, _) in records.refused()? {
        let (resource, typed) = match command {
            Outgoing::Edit { document, value: SharedValue::Resource(value), .. } => (Some(document), value),
            Outgoing::Open { value: SharedValue::Resource(value), .. } => (None, value),
            _ => continue,
        };
        let (id, why) = (DraftId::Refused(number), "refused".to_owned());
        drafts.push(Found { id, resource, base: None, typed, why });
    }
    Ok(drafts)
}

/// The draft beside the page as it is now.
fn placed(records: &mut dyn Records, draft: Found) -> Result<LibraryDraft> {
    let at = match draft.resource {
        Some(id) => now_at(records, id)?,
        None => None,
    };
    let me = records.me()?.root;
    let now = match at {
        Some(id) => resource_of(records, id)?.filter(|(now, _)| now.held.is_none() || now.owner == me),
        None => None,
    };
    let Found { id, base, typed, why, .. } = draft;
    let shown_on = base.as_ref().or(now.as_ref().map(|(_, value)| value));
    let difference = shown_on.map(|on| difference(on.body.as_str(), typed.body.as_str())).unwrap_or_default();
    let merged = match (&base, &now) {
        (Some(base), Some((_, now))) => merged(base, now, &typed)?,
        _ => typed.clone(),
    };
    let heads = now.as_ref().map(|(now, _)| now.heads.iter().map(|head| to_hex(head)).collect());
    let resource = now.map(|(now, _)| now.id);
    Ok(LibraryDraft { id, resource, heads: heads.unwrap_or_default(), typed, merged, why, difference })
}

/// `now` with what was typed between `base` and `typed`; just what was typed where the two
/// together are over a limit.
fn merged(base: &Resource, now: &Resource, typed: &Resource) -> Result<Resource> {
    let json = |value: &Resource| value.clone().into_value().to_json().map_err(|_| Error::NotFound);
    let (base, now, mine) = (json(base)?, json(now)?, json(typed)?);
    let mut all = now.clone();
    let Value::Object(fields) = &mut all else { return Ok(typed.clone()) };
    let names: Vec<String> =
        mine.as_object().into_iter().chain(base.as_object()).flat_map(|one| one.keys().cloned()).collect();
    for name in names {
        let of = |value: &Value| value.get(&name).cloned();
        let text = |value: &Value| value.get(&name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if of(&base) == of(&mine) {
            continue;
        }
        let value = match (name.as_str(), of(&mine)) {
            ("title" | "body", _) => Some(Value::String(together(&text(&base), &text(&now), &text(&mine)))),
            ("tags", Some(Value::Array(mine))) => Some(Value::Array(tags(of(&base), of(&now), mine))),
            (_, mine) => mine,
        };
        match value {
            Some(value) => fields.insert(name, value),
            None => fields.remove(&name),
        };
    }
    match SharedValue::from_json(Kind::Resource, all) {
        Ok(SharedValue::Resource(value)) => Ok(value),
        _ => Ok(typed.clone()),
    }
}

fn tags(base: Option<Value>, now: Option<Value>, mine: Vec<Value>) -> Vec<Value> {
    let list = |value: Option<Value>| match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let (base, mut tags) = (list(base), list(now));
    tags.retain(|tag| mine.contains(tag) || !base.contains(tag));
    let new: Vec<Value> = mine.into_iter().filter(|tag| !base.contains(tag) && !tags.contains(tag)).collect();
    tags.extend(new);
    tags
}
