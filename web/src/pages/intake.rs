//! The intake form, new and changed, and what to do when two people changed one file.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use casework::form::{parse_person_form, person_to_form};
use casework::people::{PersonData, PersonId, Side};
use casework::schemas::occupation::{Isco, Occupation};
use casework::schemas::places::Refnis;

use crate::app::App;
use crate::change::Region;
use crate::door::{Posted, Visit, flash_with};
use crate::fault::Fault;
use crate::fields::{Choice, Form, Pairs};
use crate::frame::{Frame, Nav, html};
use crate::words::Words;
use crate::{drafts, vocabulary as v};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/nieuwkomers/nieuw", get(new_newcomer).post(create_newcomer))
        .route("/mentors/nieuw", get(new_mentor).post(create_mentor))
        .route("/nieuwkomers/{id}/bewerk", get(edit_newcomer).post(save_newcomer))
        .route("/mentors/{id}/bewerk", get(edit_mentor).post(save_mentor))
}

/// Folder of a side in addresses.
pub(crate) const fn folder(side: Side) -> &'static str {
    match side {
        Side::Newcomer => "/nieuwkomers",
        Side::Mentor => "/mentors",
    }
}

/// Place of a side in the navigation.
pub(crate) const fn place(side: Side) -> Nav {
    match side {
        Side::Newcomer => Nav::Newcomers,
        Side::Mentor => Nav::Mentors,
    }
}

/// A wish as a row of two boxes.
struct WishRow {
    words: String,
    preferred: (String, bool),
    must: (String, bool),
}

/// Languages wished, as lists that open.
struct WishLanguage {
    id: String,
    label: String,
    strength: &'static str,
    value: String,
}

#[derive(Template)]
#[template(path = "intake.html")]
struct Page {
    f: Frame,
    form: Form,
    back: String,
    action: String,
    version: String,
    newcomer: bool,
    sexes: Vec<Choice>,
    cefrs: Vec<Choice>,
    languages: Vec<Choice>,
    occupations: Vec<Choice>,
    sectors: Vec<Choice>,
    domains: Vec<Choice>,
    interests: Vec<Choice>,
    styles: Vec<Choice>,
    towns: Vec<Choice>,
    wishes: Vec<WishRow>,
    wish_languages: Vec<WishLanguage>,
}

fn wish_rows(w: &Words, form: &Form) -> Vec<WishRow> {
    let mut rows: Vec<(String, String)> = vec![
        ("sex:female".to_owned(), w.t("wish-sex-female")),
        ("sex:male".to_owned(), w.t("wish-sex-male")),
        ("nearby".to_owned(), w.t("wish-nearby")),
        ("same_sector".to_owned(), w.t("wish-same-sector")),
    ];
    for (code, band) in v::bands(w) {
        rows.push((format!("age:{code}"), w.with("wish-age", "band", band)));
    }
    rows.into_iter()
        .map(|(code, words)| {
            let both = ["preferred", "must"].map(|strength| {
                let value = format!("{strength}:{code}");
                let on = form.has("wishes", &value);
                (value, on)
            });
            let [preferred, must] = both;
            WishRow { words, preferred, must }
        })
        .collect()
}

fn wish_languages(w: &Words, form: &Form) -> Vec<WishLanguage> {
    let mut rows = Vec::new();
    for strength in ["preferred", "must"] {
        let start = format!("{strength}:language:");
        let mut wished: Vec<String> = v::languages(w)
            .into_iter()
            .map(|(code, _)| code)
            .filter(|code| form.has("wishes", &format!("{start}{code}")))
            .collect();
        if wished.is_empty() {
            wished.push(String::new());
        }
        for (at, value) in wished.into_iter().enumerate() {
            let id = format!("w-{strength}-{at}");
            rows.push(WishLanguage { id, label: w.t(&format!("wish-language-{strength}")), strength, value });
        }
    }
    rows
}

fn towns() -> Vec<Choice> {
    let mut all: Vec<Choice> = Refnis::all().map(|at| (at.to_string(), at.name().to_owned())).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

fn occupations(form: &Form) -> Vec<Choice> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (title, isco) in Isco::titles_nl() {
        all.entry(isco.to_string()).or_insert_with(|| title.to_owned());
    }
    // What is recorded stays a choice, also where the list does not have it.
    if let Ok(own) = form.value("occupation").parse::<Occupation>() {
        all.entry(own.to_string()).or_insert_with(|| own.isco().map_or_else(|| own.to_string(), Isco::title_nl));
    }
    let mut all: Vec<Choice> = all.into_iter().collect();
    all.sort_by_key(|(_, title)| title.to_lowercase());
    all
}

struct At {
    side: Side,
    id: Option<i64>,
    version: String,
    title: String,
}

async fn show(app: &App, visit: &Visit, at: At, form: Form) -> Result<Response, Fault> {
    let w = &visit.words;
    let base = folder(at.side);
    let (back, action) = match at.id {
        Some(id) => (format!("{base}/{id}"), format!("{base}/{id}/bewerk")),
        None => (base.to_owned(), format!("{base}/nieuw")),
    };
    let f = Frame::new(app, visit, place(at.side), at.title).await?;
    let failed = !form.wrong.is_empty();
    let mut response = html(&Page {
        f,
        back,
        action,
        version: at.version,
        newcomer: at.side == Side::Newcomer,
        sexes: v::sexes(w),
        cefrs: v::cefrs(w),
        languages: v::languages(w),
        occupations: occupations(&form),
        sectors: v::sectors(w),
        domains: v::domains(w),
        interests: v::interests(w),
        styles: v::styles(w),
        towns: towns(),
        wishes: wish_rows(w, &form),
        wish_languages: wish_languages(w, &form),
        form,
    })?;
    if failed {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

async fn new(app: App, visit: Visit, side: Side) -> Result<Response, Fault> {
    if visit.actor.role != casework::office::AccountRole::Coordinator {
        return Err(Fault::Forbidden);
    }
    let empty = person_to_form(&PersonData::new(side, visit.today));
    let values = drafts::fill(&app, &visit, empty).await;
    let title = visit.words.t(&format!("intake-new-{}", side.code()));
    let form = Form::new(&visit.words, values);
    show(&app, &visit, At { side, id: None, version: String::new(), title }, form).await
}

async fn edit(app: App, visit: Visit, side: Side, id: i64) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let file = app.run(move |office| office.open_person(&actor, PersonId(id))).await?;
    if file.person.data.side != side {
        return Err(Fault::NotFound);
    }
    let kept = drafts::fill(&app, &visit, Vec::new()).await;
    let version = kept.iter().find(|(name, _)| name == "version").map(|(_, value)| value.clone());
    let values = if kept.is_empty() { person_to_form(&file.person.data) } else { kept };
    let title = visit.words.with("intake-edit", "name", file.person.data.full_name());
    let version = version.unwrap_or_else(|| file.person.version.to_string());
    let form = Form::new(&visit.words, values);
    show(&app, &visit, At { side, id: Some(id), version, title }, form).await
}

async fn save(app: App, visit: Visit, side: Side, id: Option<i64>, posted: Posted) -> Result<Response, Fault> {
    let version = posted.value("version").to_owned();
    let fields = match id {
        Some(id) => merge(&app, &visit, id, posted.fields).await?,
        None => posted.fields,
    };
    let title = visit.words.t(&format!("intake-again-{}", side.code()));
    let at = At { side, id, version: version.clone(), title };
    let data = match parse_person_form(side, &fields, visit.today) {
        Ok(data) => data,
        Err(casework::Error::Invalid(errors)) => {
            return show(&app, &visit, at, Form::new(&visit.words, fields).with_errors(&errors)).await;
        }
        Err(other) => return Err(other.into()),
    };
    let name = data.full_name();
    let target = id.map(|id| (PersonId(id), version.parse().unwrap_or(0)));
    let (actor, number) = (visit.actor.clone(), posted.number.clone());
    let number = Some(number).filter(|number| !number.is_empty());
    let saved = app.run(move |office| office.save_person(&actor, target, data, number.as_deref())).await;
    match (saved, id) {
        (Ok(PersonId(saved)), _) => {
            app.changed(Region::People);
            Ok(flash_with(&app, &format!("{}/{saved}", folder(side)), "notice-intake", &name, ""))
        }
        (Err(Fault::Invalid(errors)), _) => {
            show(&app, &visit, at, Form::new(&visit.words, fields).with_errors(&errors)).await
        }
        (Err(Fault::Conflict { by, version }), Some(id)) => {
            conflict(&app, &visit, side, id, fields, &by, version).await
        }
        // Added by this form, changed elsewhere, and now corrected after the browser's Back.
        (Err(Fault::Conflict { by, version }), None) => {
            let (actor, number) = (visit.actor.clone(), posted.number);
            match app.run(move |office| office.added_by_form(&actor, &number)).await? {
                Some(PersonId(id)) => conflict(&app, &visit, side, id, fields, &by, version).await,
                None => Err(Fault::Conflict { by, version }),
            }
        }
        (Err(other), _) => Err(other),
    }
}

/// One field that two people changed.
struct Difference {
    name: String,
    label: String,
    mine: String,
    theirs: String,
    /// Whether both texts can stand under each other.
    joins: bool,
}

#[derive(Template)]
#[template(path = "conflict.html")]
struct ConflictPage {
    f: Frame,
    by: String,
    version: u32,
    action: String,
    fields: Pairs,
    differences: Vec<Difference>,
}

const CHOICE: &str = "keep.";

/// Texts of the conversation can be joined.
fn joins(name: &str) -> bool {
    name.starts_with("intake.")
}

fn grouped(fields: &Pairs) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in fields.iter().filter(|(name, value)| !value.is_empty() && name != "version") {
        all.entry(name).or_default().insert(value);
    }
    all
}

async fn conflict(
    app: &App,
    visit: &Visit,
    side: Side,
    id: i64,
    fields: Pairs,
    by: &str,
    version: u32,
) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let file = app.run(move |office| office.open_person(&actor, PersonId(id))).await?;
    let stored = person_to_form(&file.person.data);
    let (mine, theirs) = (grouped(&fields), grouped(&stored));
    let names: BTreeSet<&str> = mine.keys().chain(theirs.keys()).copied().collect();
    let text = |all: &BTreeMap<&str, BTreeSet<&str>>, name: &str| {
        let values: Vec<String> =
            all.get(name).into_iter().flatten().map(|value| v::value(&visit.words, name, value)).collect();
        if values.is_empty() { visit.words.t("nothing-known") } else { values.join(", ") }
    };
    let differences = names
        .into_iter()
        .filter(|name| mine.get(name) != theirs.get(name))
        .map(|name| Difference {
            name: name.to_owned(),
            label: visit.words.t(&format!("field-{}", name.replace('.', "-"))),
            mine: text(&mine, name),
            theirs: text(&theirs, name),
            joins: joins(name),
        })
        .collect();
    let title = visit.words.t("fault-conflict-title");
    let f = Frame::new(app, visit, place(side), title).await?;
    let action = format!("{}/{id}/bewerk", folder(side));
    let fields = fields.into_iter().filter(|(name, _)| name != "version").collect();
    let mut response = html(&ConflictPage { f, by: by.to_owned(), version, action, fields, differences })?;
    *response.status_mut() = StatusCode::CONFLICT;
    Ok(response)
}

/// Carries out what somebody chose on the page of a conflict, field by field.
async fn merge(app: &App, visit: &Visit, id: i64, fields: Pairs) -> Result<Pairs, Fault> {
    let chosen: BTreeMap<String, String> = fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(CHOICE)?.to_owned(), value.clone())))
        .collect();
    let mut merged: Pairs = fields.into_iter().filter(|(name, _)| !name.starts_with(CHOICE)).collect();
    if chosen.values().all(|choice| choice == "mine") {
        return Ok(merged);
    }
    let actor = visit.actor.clone();
    let file = app.run(move |office| office.open_person(&actor, PersonId(id))).await?;
    let stored = person_to_form(&file.person.data);
    for (name, choice) in chosen {
        let theirs = || stored.iter().filter(|(field, _)| *field == name).cloned();
        match choice.as_str() {
            "theirs" => {
                merged.retain(|(field, _)| *field != name);
                merged.extend(theirs());
            }
            "both" if joins(&name) => {
                let mine: Pairs = merged.iter().filter(|(field, _)| *field == name).cloned().collect();
                let text: Vec<String> =
                    theirs().chain(mine).map(|(_, value)| value).filter(|value| !value.is_empty()).collect();
                merged.retain(|(field, _)| *field != name);
                merged.push((name, text.join("\n\n")));
            }
            _ => {}
        }
    }
    Ok(merged)
}

async fn new_newcomer(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    new(app, visit, Side::Newcomer).await
}
async fn new_mentor(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    new(app, visit, Side::Mentor).await
}
async fn create_newcomer(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Fault> {
    save(app, visit, Side::Newcomer, None, posted).await
}
async fn create_mentor(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Fault> {
    save(app, visit, Side::Mentor, None, posted).await
}
async fn edit_newcomer(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Result<Response, Fault> {
    edit(app, visit, Side::Newcomer, id).await
}
async fn edit_mentor(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Result<Response, Fault> {
    edit(app, visit, Side::Mentor, id).await
}
async fn save_newcomer(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Fault> {
    save(app, visit, Side::Newcomer, Some(id), posted).await
}
async fn save_mentor(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Fault> {
    save(app, visit, Side::Mentor, Some(id), posted).await
}
