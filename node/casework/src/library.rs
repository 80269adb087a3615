//! The library of the learning network: pages that every municipality of a circle reads and
//! writes. Edits are given to the replication core with the heads that the form was rendered
//! from, so that two edits of one text both survive. Nothing here is about a person.

mod care;
pub mod difference;
mod drafts;
pub mod form;
pub mod markdown;

use std::collections::BTreeMap;
use std::time::Duration;

use schemas::documents::ResourceKind;
use schemas::ids::{CircleId, DocumentId, RootId, from_hex, to_hex};
use schemas::language::Language;
use schemas::text::Text;
use schemas::time::{Date, Hour};
use schemas::{Comment, Kind, Resource, Shared, SharedValue};

use crate::error::{Error, Result};
pub(crate) use crate::library::drafts::draft_ids;
pub use crate::library::drafts::{DraftId, LibraryDraft};
use crate::library::markdown::{Block, render};
use crate::office::{AccountRole, Actor, Office};
use crate::ports::{Circle, Document, Outgoing, Records};

/// Days that a resource lives before it is renewed or ends.
pub(crate) const LIFE_DAYS: u32 = 400;
/// How long a form waits for the replication core to take its edit.
const PATIENCE: Duration = Duration::from_secs(2);
/// Characters of an excerpt.
const EXCERPT: usize = 200;

/// Which resources of the library; empty fields ask nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LibraryFilter {
    /// Words that all stand in title, body or tags; case does not count.
    pub text: String,
    /// Kind.
    pub kind: Option<ResourceKind>,
    /// Language.
    pub language: Option<Language>,
    /// A tag.
    pub tag: String,
}

/// One resource in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRow {
    /// Its document.
    pub id: DocumentId,
    /// Title.
    pub title: String,
    /// Kind.
    pub kind: ResourceKind,
    /// Language.
    pub language: Language,
    /// Tags.
    pub tags: Vec<String>,
    /// Beginning of the body without its marks.
    pub excerpt: String,
    /// Municipality that opened it.
    pub owner: String,
    /// Whether this municipality opened it.
    pub mine: bool,
    /// Municipalities that wrote in it, by name.
    pub writers: Vec<String>,
    /// When it last changed.
    pub changed_at: Hour,
    /// When it should be looked at again.
    pub review_on: Option<Date>,
    /// Whether it is hidden from everybody else until somebody here looks.
    pub held: bool,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePage {
    /// Its document.
    pub id: DocumentId,
    /// What it says.
    pub value: Resource,
    /// Its body as blocks.
    pub blocks: Vec<Block>,
    /// Heads, hexadecimal, to render in the form and to save against.
    pub heads: Vec<String>,
    /// Municipality that opened it.
    pub owner: String,
    /// Whether this municipality opened it (and so can withdraw it).
    pub mine: bool,
    /// Municipalities that wrote in it with how many changes each, by name.
    pub writers: Vec<(String, u32)>,
    /// Municipalities that can read and write it, by name.
    pub audience: Vec<String>,
    /// When it last changed.
    pub changed_at: Hour,
    /// When it ends unless it is renewed.
    pub expires_at: Hour,
    /// Whether the actor may write in it.
    pub may_write: bool,
    /// Remarks under it, oldest first.
    pub comments: Vec<CommentRow>,
    /// The hold that hides it from everybody but the municipality that opened it.
    pub held: Option<HeldPage>,
    /// Municipalities whose writing in it does not count because they wrote two things in one
    /// place, by name.
    pub forked: Vec<(RootId, String)>,
}

/// One remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentRow {
    /// Its document.
    pub id: DocumentId,
    /// The text.
    pub text: String,
    /// Municipality that wrote it.
    pub by: String,
    /// Whether it was this one.
    pub mine: bool,
    /// When.
    pub at: Hour,
}

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It is in the document.
    Done,
    /// It is kept and will be carried out.
    Waiting,
    /// The document refused it; what was typed is kept under this number.
    KeptAsDraft(i64),
}

/// Why a resource is hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPage {
    /// Municipality that asked for it.
    pub by: String,
    /// When it is shown again unless its owner acts.
    pub until: Hour,
}

impl Actor {
    /// Refuses everybody who may not write in the library.
    fn writes_library(&self) -> Result<()> {
        match self.role {
            AccountRole::Coordinator | AccountRole::Member => Ok(()),
            AccountRole::Administrator => Err(Error::Forbidden),
        }
    }
}

impl Office {
    /// The resources that a filter lets through, the last changed first.
    ///
    /// # Errors
    /// A failing store.
    pub fn library(&self, _actor: &Actor, filter: &LibraryFilter) -> Result<Vec<ResourceRow>> {
        let filter = filter.clone();
        self.read(move |records| {
            let names = Names::read(records)?;
            let mut rows: Vec<ResourceRow> =
                records.documents(Kind::Resource)?.iter().filter_map(|document| names.row(document)).collect();
            let tag = filter.tag.trim().to_lowercase();
            rows.retain(|row| {
                filter.kind.is_none_or(|kind| kind == row.kind)
                    && filter.language.is_none_or(|language| language == row.language)
                    && (tag.is_empty() || row.tags.contains(&tag))
            });
            let words: Vec<String> = filter.text.to_lowercase().split_whitespace().map(str::to_owned).collect();
            if !words.is_empty() {
                let mut fits = Vec::new();
                for row in rows {
                    let Some((_, value)) = resource_of(records, row.id)? else { continue };
                    let text = format!("{} {} {}", row.title, value.body, row.tags.join(" ")).to_lowercase();
                    if words.iter().all(|word| text.contains(word)) {
                        fits.push(row);
                    }
                }
                rows = fits;
            }
            rows.sort_by_key(|row| (std::cmp::Reverse(row.changed_at), row.id));
            Ok(rows)
        })
    }

    /// One resource with its remarks.
    ///
    /// # Errors
    /// `NotFound`, or `Refused` with `resource-held` while it is hidden.
    pub fn resource(&self, actor: &Actor, id: DocumentId) -> Result<ResourcePage> {
        let may_write = actor.writes_library().is_ok();
        self.read(move |records| {
            let names = Names::read(records)?;
            let (document, value) = resource_of(records, id)?.ok_or(Error::NotFound)?;
            if document.held.is_some() && document.owner != names.me {
                return Err(Error::Refused("resource-held"));
            }
            let earlier = earlier_ids(records, id)?;
            let circle = records.circles()?.into_iter().find(|circle| circle.id == document.circle);
            let mut audience: Vec<String> =
                circle.iter().flat_map(|circle| &circle.members).map(|root| names.of(*root)).collect();
            audience.sort();
            let mut comments: Vec<CommentRow> = records
                .documents(Kind::Comment)?
                .into_iter()
                .filter_map(|comment| names.comment(&earlier, comment))
                .collect();
            comments.sort_by_key(|comment| (comment.at, comment.id));
            let mut writers: Vec<(String, u32)> =
                document.writers.iter().map(|(root, changes)| (names.of(*root), *changes)).collect();
            writers.sort();
            Ok(ResourcePage {
                id,
                blocks: render(value.body.as_str()),
                value,
                heads: document.heads.iter().map(|head| to_hex(head)).collect(),
                owner: names.of(document.owner),
                mine: document.owner == names.me,
                writers,
                audience,
                changed_at: document.changed_at,
                expires_at: document.expires_at,
                may_write: may_write && circle.is_some(),
                comments,
                held: document.held.map(|held| HeldPage { by: names.of(held.by), until: held.until }),
                forked: document.forked.iter().map(|root| (*root, names.of(*root))).collect(),
            })
        })
    }

    /// The circles in which a new resource can be opened: those of more than two first.
    ///
    /// # Errors
    /// A failing store.
    pub fn library_circles(&self, actor: &Actor) -> Result<Vec<Circle>> {
        actor.writes_library()?;
        self.read(|records| {
            let mut circles = records.circles()?;
            circles.sort_by_key(|circle| (circle.pair, circle.name.clone(), circle.id));
            Ok(circles)
        })
    }

    /// Opens a resource in a circle (the first of [`Office::library_circles`] where none is
    /// said). A form that is sent twice opens one resource.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a review date in the past, or `Refused` with `no-circle` while
    /// there is no partner.
    pub fn create_resource(
        &self,
        actor: &Actor,
        circle: Option<CircleId>,
        value: Resource,
        form_number: Option<&str>,
    ) -> Result<DocumentId> {
        let circles = self.library_circles(actor)?;
        let circle = circles.iter().find(|known| circle.is_none_or(|wanted| wanted == known.id));
        let circle = circle.ok_or(Error::Refused("no-circle"))?.id;
        let (hand, form_number) = (self.hand(actor), form_number.map(str::to_owned));
        let (document, number) = self.write(move |records| {
            if let Some(made) = sent_before(records, form_number.as_deref(), hand.now)? {
                return Ok((made, None));
            }
            review_to_come(value.review_on, None, hand.day())?;
            let document = hand.new_document();
            let expires_at = hand.now.hour().plus_days(LIFE_DAYS);
            let open = Outgoing::Open { circle, document, value: value.into_value(), expires_at };
            let number = records.enqueue(&open)?;
            hand.audit(records, "resource.opened", None, &document.to_string())?;
            if let Some(form) = &form_number {
                records.set_form_result(form, &document.to_string())?;
            }
            Ok((document, Some(number)))
        })?;
        self.carry_out(number)?;
        Ok(document)
    }

    /// Saves an edit against the heads that its form was rendered from: it becomes edits of
    /// those heads' text and merges with whatever came in between.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, or `Invalid`: `heads` that are none (`form-incomplete`), a new
    /// review date in the past.
    pub fn save_resource(
        &self,
        actor: &Actor,
        id: DocumentId,
        heads: &[String],
        value: Resource,
        form_number: Option<&str>,
    ) -> Result<Saved> {
        actor.writes_library()?;
        let heads = heads.iter().map(|head| from_hex(head)).collect::<Result<Vec<[u8; 32]>, _>>();
        let heads = heads
            .ok()
            .filter(|heads| (1..=64).contains(&heads.len()))
            .ok_or(Error::field("heads", "form-incomplete"))?;
        let (hand, form_number) = (self.hand(actor), form_number.map(str::to_owned));
        let number = self.write(move |records| {
            if sent_before(records, form_number.as_deref(), hand.now)?.is_some() {
                return Ok(None);
            }
            let (document, stored) = resource_of(records, id)?.ok_or(Error::NotFound)?;
            review_to_come(value.review_on, stored.review_on, hand.day())?;
            if let Some(form) = &form_number {
                records.set_form_result(form, &id.to_string())?;
            }
            if stored == value && document.heads == heads {
                return Ok(None);
            }
            let number = records.enqueue(&Outgoing::Edit { document: id, heads, value: value.into_value() })?;
            hand.audit(records, "resource.edited", None, &id.to_string())?;
            Ok(Some(number))
        })?;
        self.carry_out(number)
    }

    /// Withdraws a resource that this municipality opened: it ends everywhere.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, or `Refused` with `not-ours`.
    pub fn withdraw_resource(&self, actor: &Actor, id: DocumentId) -> Result<()> {
        self.erase_own(actor, id, Kind::Resource, "resource.withdrawn")
    }

    /// Writes a remark under a resource, for everybody who reads it.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, or `Invalid` for the field `text`: `missing`, `too-long`, `rrn`.
    pub fn comment(
        &self,
        actor: &Actor,
        resource: DocumentId,
        text: &str,
        form_number: Option<&str>,
    ) -> Result<DocumentId> {
        actor.writes_library()?;
        let text = text.replace("\r\n", "\n");
        let text: Text<4_000> = form::bounded(text.trim()).map_err(|code| Error::field("text", code))?;
        if text.as_str().is_empty() {
            return Err(Error::field("text", "missing"));
        }
        let (hand, form_number) = (self.hand(actor), form_number.map(str::to_owned));
        let (document, number) = self.write(move |records| {
            if let Some(made) = sent_before(records, form_number.as_deref(), hand.now)? {
                return Ok((made, None));
            }
            let (under, _) = resource_of(records, resource)?.ok_or(Error::NotFound)?;
            let document = hand.new_document();
            let value = Comment { resource, text }.into_value();
            let expires_at = under.expires_at;
            let number = records.enqueue(&Outgoing::Publish { circle: under.circle, document, value, expires_at })?;
            hand.audit(records, "comment.written", None, &resource.to_string())?;
            if let Some(form) = &form_number {
                records.set_form_result(form, &document.to_string())?;
            }
            Ok((document, Some(number)))
        })?;
        self.carry_out(number)?;
        Ok(document)
    }

    /// Takes back a remark of this municipality.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, or `Refused` with `not-ours`.
    pub fn withdraw_comment(&self, actor: &Actor, id: DocumentId) -> Result<()> {
        self.erase_own(actor, id, Kind::Comment, "comment.withdrawn")
    }

    fn erase_own(&self, actor: &Actor, id: DocumentId, kind: Kind, action: &'static str) -> Result<()> {
        actor.writes_library()?;
        let hand = self.hand(actor);
        let number = self.write(move |records| {
            let document =
                records.document(id)?.filter(|document| document.value.kind() == kind).ok_or(Error::NotFound)?;
            if document.owner != records.me()?.root {
                return Err(Error::Refused("not-ours"));
            }
            hand.audit(records, action, None, &id.to_string())?;
            records.enqueue(&Outgoing::Erase { document: id })
        })?;
        self.carry_out(Some(number)).map(|_| ())
    }

    /// Whether something that was asked of a document is still to be carried out.
    ///
    /// # Errors
    /// A failing store.
    pub fn is_waiting(&self, id: DocumentId) -> Result<bool> {
        self.read(move |records| Ok(records.waiting()?.contains(&id)))
    }

    /// Tells the runtime and waits a moment, so that the next page shows the change.
    fn carry_out(&self, number: Option<i64>) -> Result<Saved> {
        let Some(number) = number else { return Ok(Saved::Done) };
        self.network.outbox_filled();
        if !self.network.wait_settled(number, PATIENCE) {
            return Ok(Saved::Waiting);
        }
        let refused = self.read(move |records| Ok(records.refused()?.iter().any(|(known, ..)| *known == number)))?;
        Ok(if refused { Saved::KeptAsDraft(number) } else { Saved::Done })
    }
}

/// Refuses a review date in the past, but for one that stood there before.
fn review_to_come(review_on: Option<Date>, before: Option<Date>, today: Date) -> Result<()> {
    if review_on != before && review_on.is_some_and(|day| day < today) {
        return Err(Error::field("review_on", "date-past"));
    }
    Ok(())
}

/// What came of a form that was sent before; none for a form that comes for the first time.
fn sent_before(
    records: &mut dyn Records,
    form_number: Option<&str>,
    now: schemas::time::Timestamp,
) -> Result<Option<DocumentId>> {
    let Some(number) = form_number else { return Ok(None) };
    if records.first_time(number, now)? {
        return Ok(None);
    }
    let made = records.form_result(number)?.and_then(|result| DocumentId::try_from(result).ok());
    made.map(Some).ok_or(Error::Refused("form-sent-before"))
}

fn resource_of(records: &mut dyn Records, id: DocumentId) -> Result<Option<(Document, Resource)>> {
    Ok(records.document(id)?.and_then(|document| match document.value.clone() {
        SharedValue::Resource(value) => Some((document, value)),
        _ => None,
    }))
}

/// A resource and those that it took the place of: remarks under them are under it.
fn earlier_ids(records: &mut dyn Records, id: DocumentId) -> Result<Vec<DocumentId>> {
    let mut ids = vec![id];
    // Few pages are replaced more often than this in their life.
    while ids.len() < 16
        && let Some(last) = ids.last()
        && let Some(earlier) = records.replaces(*last)?
    {
        ids.push(earlier);
    }
    Ok(ids)
}

/// Names of municipalities.
struct Names {
    me: RootId,
    names: BTreeMap<RootId, String>,
}

impl Names {
    fn read(records: &mut dyn Records) -> Result<Self> {
        let me = records.me()?;
        let mut names: BTreeMap<RootId, String> =
            records.partners()?.into_iter().map(|partner| (partner.root, partner.name)).collect();
        names.insert(me.root, me.name);
        Ok(Self { me: me.root, names })
    }

    /// The name, or the first digits of the fingerprint of a municipality that is no partner.
    fn of(&self, root: RootId) -> String {
        self.names.get(&root).cloned().unwrap_or_else(|| root.short())
    }

    fn row(&self, document: &Document) -> Option<ResourceRow> {
        let SharedValue::Resource(value) = &document.value else { return None };
        if document.held.is_some() && document.owner != self.me {
            return None;
        }
        let mut writers: Vec<String> = document.writers.keys().map(|root| self.of(*root)).collect();
        writers.sort();
        Some(ResourceRow {
            id: document.id,
            title: value.title.to_string(),
            kind: value.kind,
            language: value.language,
            tags: value.tags.iter().map(ToString::to_string).collect(),
            excerpt: excerpt(value.body.as_str()),
            owner: self.of(document.owner),
            mine: document.owner == self.me,
            writers,
            changed_at: document.changed_at,
            review_on: value.review_on,
            held: document.held.is_some(),
        })
    }

    fn comment(&self, resources: &[DocumentId], document: Document) -> Option<CommentRow> {
        match document.value {
            SharedValue::Comment(comment) if resources.contains(&comment.resource) => Some(CommentRow {
                id: document.id,
                text: comment.text.to_string(),
                by: self.of(document.owner),
                mine: document.owner == self.me,
                at: document.changed_at,
            }),
            _ => None,
        }
    }
}

/// The first paragraph of a body, without marks.
fn excerpt(body: &str) -> String {
    let first = render(body).into_iter().find_map(|block| match block {
        Block::Paragraph(spans) => Some(markdown::text_of(&spans)),
        _ => None,
    });
    let text = first.unwrap_or_default();
    if text.chars().count() <= EXCERPT {
        return text;
    }
    text.chars().take(EXCERPT).chain(std::iter::once('…')).collect()
}
