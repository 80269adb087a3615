//! *Lerend netwerk*: reads like a magazine, edits like a document that several municipalities
//! write in at once. Nothing here is about a person.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use casework::library::form::{
    KINDS, LICENCES, kind_code, kind_of_code, licence_code, parse_resource_form, resource_to_form,
};
use casework::library::markdown::{Block, Span};
use casework::library::{LibraryFilter, ResourceRow, Saved};
use casework::schemas::DocumentId;
use casework::schemas::time::Date;
use casework::{FieldError, Office};

use crate::app::App;
use crate::change::Region;
use crate::door::{Posted, Visit, flash};
use crate::fault::Fault;
use crate::fields::{Choice, Form, Pairs};
use crate::frame::{Frame, Nav, html};
use crate::words::Words;
use crate::{drafts, format, vocabulary as v};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/netwerk", get(list))
        .route("/netwerk/nieuw", get(new).post(create))
        .route("/netwerk/{id}", get(read))
        .route("/netwerk/{id}/bewerk", get(edit).post(save))
        .route("/netwerk/{id}/opmerking", post(comment))
        .route("/netwerk/{id}/intrekken", post(withdraw))
}

struct Item {
    href: String,
    title: String,
    kind: String,
    excerpt: String,
    byline: String,
    /// Whether it is hidden from everybody else.
    held: bool,
    /// Language code, where the page is not in the language of the screen.
    lang: String,
}

#[derive(Template)]
#[template(path = "library.html")]
struct ListPage {
    f: Frame,
    form: Form,
    kinds: Vec<Choice>,
    items: Vec<Item>,
    found: String,
    asked: bool,
    /// Address and title of each text that is not in its page.
    drafts: Vec<(String, String)>,
}

fn kinds(w: &Words) -> Vec<Choice> {
    KINDS.iter().map(|(_, code)| ((*code).to_owned(), w.t(&format!("kind-{code}")))).collect()
}

fn item(w: &Words, row: &ResourceRow, today: Date) -> Item {
    let on = format::long_date(format::day_of_hour(row.changed_at), today);
    Item {
        href: format!("/netwerk/{}", row.id),
        title: row.title.clone(),
        kind: w.t(&format!("kind-{}", kind_code(row.kind))),
        excerpt: row.excerpt.clone(),
        held: row.held,
        byline: w.fill("library-byline", &[("writers", &super::person::and(w, &row.writers)), ("on", &on)]),
        lang: row.language.code().to_owned(),
    }
}

async fn list(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, Fault> {
    let text = query.get("zoek").cloned().unwrap_or_default();
    let kind = query.get("soort").and_then(|code| kind_of_code(code));
    let asked = !text.is_empty() || kind.is_some();
    let filter = LibraryFilter { text, kind, ..LibraryFilter::default() };
    let actor = visit.actor.clone();
    let (rows, refused) = app
        .run(move |office| {
            let drafts = office.library_drafts(&actor).unwrap_or_default();
            Ok((office.library(&actor, &filter)?, drafts))
        })
        .await?;
    let w = &visit.words;
    let f = Frame::new(&app, &visit, Nav::Library, w.t("nav-library")).await?.refreshing("library");
    html(&ListPage {
        f,
        form: Form::new(w, query.into_iter().collect()),
        kinds: kinds(w),
        found: w.count("library-found", rows.len()),
        items: rows.iter().map(|row| item(w, row, visit.today)).collect(),
        asked,
        drafts: refused
            .iter()
            .map(|draft| (format!("/netwerk/concept/{}", draft.id), draft.typed.title.to_string()))
            .collect(),
    })
}

/// A block of the body for the template.
struct Part {
    /// `h`, `p`, `ul` or `ol`.
    kind: &'static str,
    /// Level of a heading.
    level: u8,
    /// One line, or one per item of a list.
    lines: Vec<Vec<Bit>>,
}

/// A stretch of text.
struct Bit {
    /// `strong`, `em`, `a`, or empty.
    kind: &'static str,
    text: String,
    href: String,
}

fn bits(spans: &[Span]) -> Vec<Bit> {
    let bit = |kind, text: &String, href: &str| Bit { kind, text: text.clone(), href: href.to_owned() };
    spans
        .iter()
        .map(|span| match span {
            Span::Plain(text) => bit("", text, ""),
            Span::Strong(text) => bit("strong", text, ""),
            Span::Emphasis(text) => bit("em", text, ""),
            Span::Link { text, href } => bit("a", text, href),
        })
        .collect()
}

fn part(block: &Block) -> Part {
    let several = |items: &[Vec<Span>]| items.iter().map(|spans| bits(spans)).collect();
    match block {
        Block::Heading(level, spans) => Part { kind: "h", level: *level, lines: vec![bits(spans)] },
        Block::Paragraph(spans) => Part { kind: "p", level: 0, lines: vec![bits(spans)] },
        Block::Bullets(items) => Part { kind: "ul", level: 0, lines: several(items) },
        Block::Numbers(items) => Part { kind: "ol", level: 0, lines: several(items) },
    }
}

/// Headings at the depth at which they stand below the title: no level is left out where a text
/// begins with small ones.
fn levelled(mut parts: Vec<Part>) -> Vec<Part> {
    let mut above: Vec<u8> = Vec::new();
    for part in parts.iter_mut().filter(|part| part.kind == "h") {
        above.retain(|level| *level < part.level);
        above.push(part.level);
        part.level = above.iter().fold(1, |depth, _| depth + 1);
    }
    parts
}

struct CommentView {
    by: String,
    at: String,
    text: String,
}

#[derive(Template)]
#[template(path = "resource.html")]
struct ReadPage {
    f: Frame,
    id: String,
    title: String,
    kind: String,
    lang: String,
    body: Vec<Part>,
    changed: String,
    writers: Vec<String>,
    owner: String,
    audience: String,
    facts: Vec<(String, String)>,
    may_write: bool,
    mine: bool,
    comments: Vec<CommentView>,
    form: Form,
    /// Who asked to hide it and until when, in words.
    held: Option<String>,
    /// Fingerprint and name of each municipality that wrote in two ways.
    forked: Vec<(String, String)>,
}

pub(super) fn document(id: &str) -> Result<DocumentId, Fault> {
    id.parse().map_err(|_| Fault::NotFound)
}

async fn read(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let key = document(&id)?;
    match show(&app, &visit, id, Vec::new(), &[]).await {
        // Begun anew under another address.
        Err(Fault::NotFound) => match super::care::moved(&app, key).await {
            Some(now) => Ok(Redirect::to(&format!("/netwerk/{now}")).into_response()),
            None => Err(Fault::NotFound),
        },
        other => other,
    }
}

async fn show(app: &App, visit: &Visit, id: String, typed: Pairs, errors: &[FieldError]) -> Result<Response, Fault> {
    let (actor, key) = (visit.actor.clone(), document(&id)?);
    let page = app.run(move |office| office.resource(&actor, key)).await?;
    let w = &visit.words;
    let long = |day| format::long_date(day, visit.today);
    let tags: Vec<String> = page.value.tags.iter().map(ToString::to_string).collect();
    let mut facts = vec![
        (w.t("field-language"), v::language(w, page.value.language)),
        (
            w.t("field-licence"),
            w.t(&format!("licence-{}", licence_code(page.value.licence).to_lowercase().replace('.', "-"))),
        ),
    ];
    if !tags.is_empty() {
        facts.push((w.t("field-tags"), tags.join(", ")));
    }
    if let Some(day) = page.value.review_on {
        facts.push((w.t("field-review_on"), long(day)));
    }
    facts.push((w.t("library-until"), long(format::day_of_hour(page.expires_at))));
    let title = page.value.title.to_string();
    let f = Frame::new(app, visit, Nav::Library, title.clone()).await?.refreshing("library");
    let mut response = html(&ReadPage {
        f,
        id,
        title,
        kind: w.t(&format!("kind-{}", kind_code(page.value.kind))),
        lang: page.value.language.code().to_owned(),
        body: levelled(page.blocks.iter().map(part).collect()),
        changed: long(format::day_of_hour(page.changed_at)),
        writers: page
            .writers
            .iter()
            .map(|(name, changes)| w.count_with("library-writer", *changes, &[("name", name)]))
            .collect(),
        owner: page.owner,
        audience: super::person::and(w, &page.audience),
        facts,
        may_write: page.may_write,
        mine: page.mine,
        comments: page
            .comments
            .iter()
            .map(|comment| CommentView {
                by: comment.by.clone(),
                at: long(format::day_of_hour(comment.at)),
                text: comment.text.clone(),
            })
            .collect(),
        form: Form::new(w, typed).with_errors(errors),
        held: page.held.map(|held| {
            let until = long(format::day_of_hour(held.until));
            w.fill("library-held-text", &[("by", &held.by), ("until", &until)])
        }),
        forked: page.forked.into_iter().map(|(root, name)| (root.to_string(), name)).collect(),
    })?;
    if !errors.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

#[derive(Template)]
#[template(path = "resource-form.html")]
struct EditPage {
    f: Frame,
    form: Form,
    action: String,
    back: String,
    heads: Vec<String>,
    audience: String,
    kinds: Vec<Choice>,
    languages: Vec<Choice>,
    licences: Vec<Choice>,
    draft: Option<Draft>,
}

/// What is said about a text that could not come into its page.
pub(super) struct Draft {
    pub(super) why: String,
    pub(super) advice: String,
    /// `ins`, `del` or nothing, and the words.
    pub(super) pieces: Vec<(&'static str, String)>,
    pub(super) discard: String,
}

pub(super) struct At {
    pub(super) title: String,
    pub(super) action: String,
    pub(super) back: String,
    pub(super) heads: Vec<String>,
    pub(super) audience: String,
}

async fn form_page(app: &App, visit: &Visit, at: At, form: Form) -> Result<Response, Fault> {
    form_page_with(app, visit, at, form, None).await
}

pub(super) async fn form_page_with(
    app: &App,
    visit: &Visit,
    at: At,
    form: Form,
    draft: Option<Draft>,
) -> Result<Response, Fault> {
    let w = &visit.words;
    let f = Frame::new(app, visit, Nav::Library, at.title).await?;
    let failed = !form.wrong.is_empty();
    let licences = LICENCES
        .iter()
        .map(|(_, code)| ((*code).to_owned(), w.t(&format!("licence-{}", code.to_lowercase().replace('.', "-")))));
    let mut response = html(&EditPage {
        f,
        form,
        action: at.action,
        back: at.back,
        heads: at.heads,
        audience: at.audience,
        kinds: kinds(w),
        languages: v::languages(w),
        licences: licences.collect(),
        draft,
    })?;
    if failed {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Who reads a page; without one, who reads a new one.
pub(super) async fn audience_of(app: &App, visit: &Visit, id: Option<DocumentId>) -> Result<String, Fault> {
    let Some(id) = id else { return Ok(at_new(app, visit).await?.audience) };
    let actor = visit.actor.clone();
    let page = app.run(move |office| office.resource(&actor, id)).await?;
    Ok(super::person::and(&visit.words, &page.audience))
}

async fn at_new(app: &App, visit: &Visit) -> Result<At, Fault> {
    let actor = visit.actor.clone();
    let page = app
        .run(move |office| {
            let circles = office.library_circles(&actor)?;
            let places = office.partners_page(&actor)?;
            let members = circles.first().map(|circle| circle.members.clone()).unwrap_or_default();
            let all = std::iter::once(places.me).chain(places.partners.into_iter().map(|partner| partner.municipality));
            Ok(all.filter(|place| members.contains(&place.root)).map(|place| place.name).collect::<Vec<_>>())
        })
        .await?;
    Ok(At {
        title: visit.words.t("library-new"),
        action: "/netwerk/nieuw".to_owned(),
        back: "/netwerk".to_owned(),
        heads: Vec::new(),
        // Empty as long as there is nobody to read it.
        audience: if page.is_empty() { String::new() } else { super::person::and(&visit.words, &page) },
    })
}

async fn new(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    let usual = vec![
        ("language".to_owned(), "nl".to_owned()),
        ("licence".to_owned(), "CC-BY-4.0".to_owned()),
        ("kind".to_owned(), "welcome_sheet".to_owned()),
    ];
    let values = drafts::fill(&app, &visit, usual).await;
    let at = at_new(&app, &visit).await?;
    form_page(&app, &visit, at, Form::new(&visit.words, values)).await
}

async fn create(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Fault> {
    let again = |errors: Vec<FieldError>| Form::new(&visit.words, posted.fields.clone()).with_errors(&errors);
    let (actor, number) = (visit.actor.clone(), Some(posted.number.clone()).filter(|number| !number.is_empty()));
    let fields = posted.fields.clone();
    let create =
        move |office: &Office| office.create_resource(&actor, None, parse_resource_form(&fields)?, number.as_deref());
    let saved = match app.run(create).await {
        Err(Fault::Invalid(errors)) => {
            return form_page(&app, &visit, at_new(&app, &visit).await?, again(errors)).await;
        }
        other => other?,
    };
    super::care::settle(&app, &visit, posted.value("draft")).await;
    app.changed(Region::Library);
    // A page that is still on its way to the store is not there to read yet.
    let actor = visit.actor.clone();
    let there = app.run(move |office| office.resource(&actor, saved)).await.is_ok();
    Ok(if there {
        flash("notice-resource-new", &app, &format!("/netwerk/{saved}"))
    } else {
        flash("notice-resource-kept", &app, "/netwerk")
    })
}

async fn at_edit(app: &App, visit: &Visit, id: &str) -> Result<(At, Pairs), Fault> {
    let (actor, key) = (visit.actor.clone(), document(id)?);
    let page = app.run(move |office| office.resource(&actor, key)).await?;
    if !page.may_write {
        return Err(Fault::Forbidden);
    }
    let at = At {
        title: visit.words.with("library-edit-title", "title", &page.value.title),
        action: format!("/netwerk/{id}/bewerk"),
        back: format!("/netwerk/{id}"),
        heads: page.heads,
        audience: super::person::and(&visit.words, &page.audience),
    };
    Ok((at, resource_to_form(&page.value)))
}

fn heads_of(fields: &Pairs) -> Vec<String> {
    fields.iter().filter(|(name, _)| name == "head").map(|(_, value)| value.clone()).collect()
}

async fn edit(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let (mut at, values) = at_edit(&app, &visit, &id).await?;
    let values = drafts::fill(&app, &visit, values).await;
    // A kept text is saved against the heads it was typed on, so that both edits survive.
    let kept = heads_of(&values);
    if !kept.is_empty() {
        at.heads = kept;
    }
    form_page(&app, &visit, at, Form::new(&visit.words, values)).await
}

async fn save(State(app): State<App>, visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let key = document(&id)?;
    let (visible, typed) = (visit.clone(), posted.fields.clone());
    match write(&app, visit, id, key, posted).await {
        // Withdrawn or begun anew while somebody wrote in it: the text is not lost.
        Err(Fault::NotFound) => {
            let now = super::care::moved(&app, key).await;
            let at = match now {
                Some(now) => at_edit(&app, &visible, &now.to_string()).await?.0,
                None => at_new(&app, &visible).await?,
            };
            let code = if now.is_some() { "resource-renewed" } else { "resource-gone" };
            let form = Form::new(&visible.words, typed).with_errors(&[FieldError { field: "title".to_owned(), code }]);
            form_page(&app, &visible, at, form).await
        }
        other => other,
    }
}

async fn write(app: &App, visit: Visit, id: String, key: DocumentId, posted: Posted) -> Result<Response, Fault> {
    let (actor, number) = (visit.actor.clone(), Some(posted.number).filter(|number| !number.is_empty()));
    let (fields, heads) = (posted.fields.clone(), heads_of(&posted.fields));
    let draft = Form::new(&visit.words, posted.fields.clone()).value("draft").to_owned();
    let save = move |office: &Office| {
        office.save_resource(&actor, key, &heads, parse_resource_form(&fields)?, number.as_deref())
    };
    let saved = match app.run(save).await {
        Err(Fault::Invalid(mut errors)) => {
            let (mut at, _) = at_edit(app, &visit, &id).await?;
            match errors.iter_mut().find(|error| error.field == "heads") {
                // What the text was typed on is not known: it is shown again, for a person to compare.
                Some(error) => error.field = "body".to_owned(),
                None => at.heads = heads_of(&posted.fields),
            }
            let form = Form::new(&visit.words, posted.fields).with_errors(&errors);
            return form_page(app, &visit, at, form).await;
        }
        other => other?,
    };
    if !matches!(saved, Saved::KeptAsDraft(_)) {
        super::care::settle(app, &visit, &draft).await;
    }
    app.changed(Region::Library);
    let notice = match saved {
        Saved::Done => "notice-resource",
        Saved::Waiting => "notice-resource-waiting",
        Saved::KeptAsDraft(_) => "notice-resource-draft",
    };
    Ok(flash(notice, app, &format!("/netwerk/{id}")))
}

async fn comment(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let (actor, key, text) = (visit.actor.clone(), document(&id)?, posted.value("text").to_owned());
    let number = Some(posted.number.clone()).filter(|number| !number.is_empty());
    match app.run(move |office| office.comment(&actor, key, &text, number.as_deref())).await {
        Ok(comment) => {
            app.changed(Region::Library);
            let notice = super::care::done(&app, comment, "notice-comment").await?;
            Ok(flash(notice, &app, &format!("/netwerk/{id}")))
        }
        Err(Fault::Invalid(errors)) => show(&app, &visit, id, posted.fields, &errors).await,
        Err(other) => Err(other),
    }
}

async fn withdraw(State(app): State<App>, visit: Visit, Path(id): Path<String>, _: Posted) -> Result<Response, Fault> {
    let key = document(&id)?;
    app.run(move |office| office.withdraw_resource(&visit.actor, key)).await?;
    app.changed(Region::Library);
    Ok(flash(super::care::done(&app, key, "notice-resource-gone").await?, &app, "/netwerk"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_level_of_headings_is_left_out() {
        for (typed, shown) in
            [(&[3, 3, 3][..], &[2, 2, 2][..]), (&[2, 4, 4, 3], &[2, 3, 3, 3]), (&[4, 2, 3], &[2, 2, 3])]
        {
            let heading = |level: &u8| Part { kind: "h", level: *level, lines: Vec::new() };
            let levels: Vec<u8> = levelled(typed.iter().map(heading).collect()).iter().map(|part| part.level).collect();
            assert_eq!(levels, shown, "{typed:?}");
        }
    }
}
