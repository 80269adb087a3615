//! One person: state, next step, the border line, consent, who looked, what was shared.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use casework::FieldError;
use casework::people::{Consent, PersonId, Purpose, Screening, Side};
use casework::people_view::{PersonFile, Preview, ShareState};
use casework::ports::{AuditLine, LedgerLine};

use crate::app::App;
use crate::border;
use crate::change::Region;
use crate::door::{Posted, Visit, flash, flash_with};
use crate::fault::Fault;
use crate::fields::{Form, Pairs};
use crate::frame::{Frame, html};
use crate::pages::erasures::receipt;
use crate::pages::intake::{folder, place};
use crate::pages::people;
use crate::words::Words;
use crate::{drafts, format, vocabulary as v};

pub(crate) fn routes() -> Router<App> {
    let mut routes = Router::new();
    for base in ["/nieuwkomers", "/mentors"] {
        routes = routes
            .route(&format!("{base}/{{id}}"), get(page))
            .route(&format!("{base}/{{id}}/deelregister"), get(register))
            .route(&format!("{base}/{{id}}/publiceer"), post(publish))
            .route(&format!("{base}/{{id}}/intrekken"), post(withdraw))
            .route(&format!("{base}/{{id}}/toestemming"), post(consent))
            .route(&format!("{base}/{{id}}/screening"), post(screening))
            .route(&format!("{base}/{{id}}/plaatsen"), post(places_checked))
            .route(&format!("{base}/{{id}}/vergeet"), get(forget).post(erase));
    }
    routes
}

/// A consent in words.
struct ConsentLine {
    purpose: String,
    text: String,
    given: bool,
}

struct LedgerView {
    at: String,
    event: String,
    recipients: String,
    consent: String,
    by: String,
    what: Vec<(String, String)>,
    /// Per partner, whether it signed that it erased the card.
    receipts: Vec<String>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct Page {
    f: Frame,
    base: &'static str,
    id: i64,
    name: String,
    newcomer: bool,
    demo: bool,
    state: String,
    class: &'static str,
    waits: String,
    state_code: &'static str,
    facts: Vec<(String, String)>,
    talk: Vec<(String, String)>,
    lines: Vec<border::Line>,
    obstacles: Vec<String>,
    losses: Vec<String>,
    people: String,
    publish: String,
    shared: String,
    places_unsure: bool,
    consents: Vec<ConsentLine>,
    screening: String,
    ledger: Vec<LedgerView>,
    audit: Vec<(String, String, String)>,
    form: Form,
}

async fn page(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Result<Response, Fault> {
    show(&app, &visit, id, None, &[]).await
}

async fn load(app: &App, visit: &Visit, id: i64) -> Result<(PersonFile, Option<Preview>), Fault> {
    let actor = visit.actor.clone();
    app.run(move |office| {
        let file = office.open_person(&actor, PersonId(id))?;
        let wanted = matches!(file.state, ShareState::NotShared);
        let preview = if wanted { Some(office.preview_publication(&actor, PersonId(id), None)?) } else { None };
        Ok((file, preview))
    })
    .await
}

/// The address says which side; a person of the other side is not there.
fn at_side(visit: &Visit, side: Side) -> Result<(), Fault> {
    if visit.path.starts_with(folder(side)) { Ok(()) } else { Err(Fault::NotFound) }
}

async fn show(
    app: &App,
    visit: &Visit,
    id: i64,
    typed: Option<Pairs>,
    errors: &[FieldError],
) -> Result<Response, Fault> {
    let (file, preview) = load(app, visit, id).await?;
    let data = &file.person.data;
    at_side(visit, data.side)?;
    let w = &visit.words;
    let name = data.full_name();
    let values = match typed {
        Some(values) => values,
        None => {
            let usual = vec![
                ("on".to_owned(), casework::dutch_date::format(visit.today)),
                ("text_version".to_owned(), w.t("consent-text-version")),
                ("seen_on".to_owned(), casework::dutch_date::format(visit.today)),
                ("seen_by".to_owned(), visit.actor.name.clone()),
            ];
            drafts::fill(app, visit, usual).await
        }
    };
    let f = Frame::new(app, visit, place(data.side), name.clone()).await?.refreshing("people matches");
    let (state, class) = people::state(w, file.state, visit.today);
    let border_fields = preview.as_ref().map_or(&file.border, |preview| &preview.border);
    let mut response = html(&Page {
        base: folder(data.side),
        id,
        newcomer: data.side == Side::Newcomer,
        demo: file.person.demo,
        state,
        class,
        waits: match file.waiting_days {
            0 => w.t("person-waits-today"),
            days => w.with("person-waits", "time", people::wait(w, days)),
        },
        state_code: match file.state {
            ShareState::Shared { .. } => "shared",
            ShareState::NotShared => "ready",
            ShareState::Minor => "minor",
            ShareState::ConsentMissing => "consent",
            ShareState::ScreeningMissing => "screening",
        },
        facts: facts(w, &file, visit),
        talk: talk(w, &file),
        lines: border::lines(w, border_fields, visit.today),
        obstacles: preview
            .iter()
            .flat_map(|preview| &preview.obstacles)
            .map(|code| w.t(&format!("error-{code}")))
            .collect(),
        losses: preview.iter().flat_map(|preview| &preview.losses).map(|loss| border::loss(w, loss)).collect(),
        people: preview
            .as_ref()
            .and_then(|preview| preview.people)
            .map(|people| w.count("guard-people", people))
            .unwrap_or_default(),
        publish: preview.as_ref().filter(|p| p.obstacles.is_empty() && p.value.is_some()).map_or_else(
            String::new,
            |preview| {
                let until = format::long_date(format::day_of_hour(preview.until), visit.today);
                let partners = and(w, &preview.recipients);
                let key = if data.side == Side::Newcomer { "publish-newcomer" } else { "publish-mentor" };
                w.fill(key, &[("partners", &partners), ("until", &until)])
            },
        ),
        shared: file.card.as_ref().map_or_else(String::new, |card| {
            let until = format::long_date(format::day_of_hour(card.until), visit.today);
            w.fill("person-shared-with", &[("partners", &together(w, &card.recipients)), ("until", &until)])
        }),
        places_unsure: file.places_unsure,
        consents: consent_lines(w, &file.consents),
        screening: file.screening.as_ref().map_or_else(String::new, |seen| {
            w.fill("screening-seen", &[("on", &format::date(seen.seen_on)), ("by", &seen.seen_by)])
        }),
        ledger: file.ledger.iter().rev().map(|line| ledger_view(w, line, &file, visit)).collect(),
        audit: file.audit.iter().map(|line| audit_view(w, line)).collect(),
        form: Form::new(w, values).with_errors(errors),
        name,
        f,
    })?;
    if !errors.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `Aartselaar en Borsbeek`.
pub(crate) fn and(w: &Words, names: &[String]) -> String {
    match names {
        [] => w.t("no-partners"),
        [one] => one.clone(),
        [rest @ .., last] => w.fill("list-and", &[("rest", &rest.join(", ")), ("last", last)]),
    }
}

/// Names as the ledger keeps them, `Aartselaar, Borsbeek`, as [`and`] says them; empty for nobody.
fn together(w: &Words, names: &str) -> String {
    let names: Vec<String> = names.split(", ").map(str::to_owned).collect();
    and(w, &names)
}

fn facts(w: &Words, file: &PersonFile, visit: &Visit) -> Vec<(String, String)> {
    let data = &file.person.data;
    let mut facts = Vec::new();
    let mut put = |key: &str, value: String| {
        if !value.is_empty() {
            facts.push((w.t(key), value));
        }
    };
    put("field-age", v::age(w, data.birth, visit.today));
    put("field-sex", data.sex.map(|sex| v::sex(w, sex)).unwrap_or_default());
    put("field-contact-phone", data.contact.phone.clone());
    put("field-contact-email", data.contact.email.clone());
    let home = data.contact.municipality.map(|at| at.name().to_owned()).unwrap_or_default();
    let street = &data.contact.street;
    put("field-address", if street.is_empty() { home } else { format!("{street}, {home}") });
    put("field-country", data.country.clone());
    put("field-languages", v::spoken(w, data));
    put("field-dutch", data.dutch.map(|level| v::cefr(w, level)).unwrap_or_default());
    put("field-education", data.education.clone());
    put("field-former_work", data.former_work.clone());
    put("field-occupation_text", data.occupation_text.clone());
    put("field-children", data.children.map(|count| count.to_string()).unwrap_or_default());
    put("field-recruited_via", data.recruited_via.clone());
    put("field-registered_on", format::date(data.registered_on));
    facts
}

fn talk(w: &Words, file: &PersonFile) -> Vec<(String, String)> {
    let intake = &file.person.data.intake;
    [
        ("field-intake-needs", &intake.needs),
        ("field-intake-expectations", &intake.expectations),
        ("field-intake-background", &intake.background),
        ("field-intake-experience", &intake.experience),
        ("field-intake-goals", &intake.goals),
        ("field-intake-barriers", &intake.barriers),
        ("field-intake-preferred_profile", &intake.preferred_profile),
        ("field-intake-actions", &intake.actions),
        ("field-intake-remarks", &intake.remarks),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(key, text)| (w.t(key), text.clone()))
    .collect()
}

fn consent_lines(w: &Words, consents: &[Consent]) -> Vec<ConsentLine> {
    Purpose::ALL
        .iter()
        .map(|purpose| {
            let newest = consents.iter().find(|consent| consent.purpose == *purpose);
            let text = newest.map_or_else(
                || w.t("consent-never"),
                |consent| {
                    let key = if consent.given { "consent-given" } else { "consent-withdrawn" };
                    w.fill(
                        key,
                        &[
                            ("on", &format::date(consent.on)),
                            ("by", &consent.asked_by),
                            ("version", &consent.text_version),
                        ],
                    )
                },
            );
            let given = newest.is_some_and(|consent| consent.given);
            ConsentLine { purpose: w.t(&format!("purpose-{}", purpose.code())), text, given }
        })
        .collect()
}

fn ledger_view(w: &Words, line: &LedgerLine, file: &PersonFile, visit: &Visit) -> LedgerView {
    LedgerView {
        at: format::moment(line.at),
        event: w.t(&format!("ledger-{}", line.event)),
        // A card may change while nobody gets it.
        recipients: if line.recipients.is_empty() { w.t("ledger-nobody") } else { together(w, &line.recipients) },
        consent: ledger_consent(w, &line.consent),
        by: line.by.clone(),
        what: border::card(w, &line.what, visit.today),
        receipts: if line.event == "withdrawn" { receipts(w, line, file) } else { Vec::new() },
    }
}

fn receipts(w: &Words, line: &LedgerLine, file: &PersonFile) -> Vec<String> {
    let of_line = file.receipts.iter().filter(|(document, ..)| line.document == Some(*document));
    of_line.map(|(_, name, at)| receipt(w, name, *at)).collect()
}

/// The consent that a line of the ledger rests on, kept as `purpose day version`.
fn ledger_consent(w: &Words, text: &str) -> String {
    let mut parts = text.splitn(3, ' ');
    let (purpose, day, version) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
    let purpose = Purpose::ALL.into_iter().find(|known| Some(known.code()) == purpose);
    match (purpose, day.and_then(|day| day.parse().ok())) {
        (Some(purpose), Some(day)) => w.fill(
            "ledger-consent",
            &[
                ("purpose", &w.t(&format!("purpose-{}", purpose.code()))),
                ("on", &format::date(day)),
                ("version", version),
            ],
        ),
        _ => text.to_owned(),
    }
}

fn audit_view(w: &Words, line: &AuditLine) -> (String, String, String) {
    let key = format!("audit-{}", line.action.replace('.', "-"));
    let action = if w.has(&key) { w.t(&key) } else { line.action.clone() };
    (format::moment(line.at), line.actor.clone(), action)
}

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    f: Frame,
    base: &'static str,
    id: i64,
    name: String,
    made: String,
    consents: Vec<ConsentLine>,
    ledger: Vec<LedgerView>,
}

async fn register(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Result<Response, Fault> {
    let (file, _) = load(&app, &visit, id).await?;
    let data = &file.person.data;
    at_side(&visit, data.side)?;
    let w = &visit.words;
    let title = w.with("register-title", "name", data.full_name());
    let f = Frame::new(&app, &visit, place(data.side), title).await?;
    html(&RegisterPage {
        f,
        base: folder(data.side),
        id,
        name: data.full_name(),
        made: w.fill("register-made", &[("on", &format::moment(app.now())), ("by", &visit.actor.name)]),
        consents: consent_lines(w, &file.consents),
        ledger: file.ledger.iter().map(|line| ledger_view(w, line, &file, &visit)).collect(),
    })
}

/// The page a form of this person goes back to.
fn back(visit: &Visit, id: i64) -> String {
    let base = if visit.path.starts_with("/mentors") { "/mentors" } else { "/nieuwkomers" };
    format!("{base}/{id}")
}

async fn publish(State(app): State<App>, visit: Visit, Path(id): Path<i64>, _: Posted) -> Result<Response, Fault> {
    let to = back(&visit, id);
    app.run(move |office| office.publish(&visit.actor, PersonId(id), None)).await?;
    app.changed(Region::People);
    Ok(flash_with(&app, &to, "notice-published", "", &format!("{to}/intrekken")))
}

async fn withdraw(State(app): State<App>, visit: Visit, Path(id): Path<i64>, _: Posted) -> Result<Response, Fault> {
    let to = back(&visit, id);
    match app.run(move |office| office.withdraw(&visit.actor, PersonId(id))).await {
        // Sent twice: the card is gone already.
        Ok(_) | Err(Fault::NotFound) => {}
        Err(other) => return Err(other),
    }
    app.changed(Region::People);
    Ok(flash_with(&app, &to, "notice-card-withdrawn", "", &format!("{to}/publiceer")))
}

async fn consent(State(app): State<App>, visit: Visit, Path(id): Path<i64>, posted: Posted) -> Result<Response, Fault> {
    let purposes: Vec<Purpose> = Purpose::ALL
        .into_iter()
        .filter(|purpose| posted.values("purpose").any(|code| code == purpose.code()))
        .collect();
    let on = casework::dutch_date::parse(posted.value("on"), visit.today);
    let mut errors = Vec::new();
    if purposes.is_empty() {
        errors.push(FieldError { field: "purpose".to_owned(), code: "choose-one" });
    }
    let on = on.map_err(|code| errors.push(FieldError { field: "on".to_owned(), code }));
    let to = back(&visit, id);
    let given = posted.value("given") != "nee";
    let result = match on {
        Ok(on) if errors.is_empty() => {
            let (actor, text) = (visit.actor.clone(), posted.value("text_version").to_owned());
            app.run(move |office| {
                for purpose in purposes {
                    office.record_consent(&actor, &[PersonId(id)], purpose, given, on, &text)?;
                }
                Ok(())
            })
            .await
        }
        _ => Err(Fault::Invalid(errors)),
    };
    after_form(&app, visit, id, posted.fields, result, if given { "notice-consent" } else { "notice-no-consent" }, &to)
        .await
}

/// Back to the person when it went well, else the same page with what was typed.
async fn after_form(
    app: &App,
    visit: Visit,
    id: i64,
    typed: Pairs,
    result: Result<(), Fault>,
    key: &str,
    to: &str,
) -> Result<Response, Fault> {
    match result {
        Ok(()) => {
            app.changed(Region::People);
            Ok(flash_with(app, to, key, "", ""))
        }
        Err(Fault::Invalid(errors)) => show(app, &visit, id, Some(typed), &errors).await,
        Err(other) => Err(other),
    }
}

async fn screening(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Fault> {
    let to = back(&visit, id);
    let result = match casework::dutch_date::parse(posted.value("seen_on"), visit.today) {
        Ok(seen_on) => {
            let (actor, seen_by) = (visit.actor.clone(), posted.value("seen_by").to_owned());
            app.run(move |office| office.record_screening(&actor, &[PersonId(id)], Screening { seen_on, seen_by }))
                .await
        }
        Err(code) => Err(Fault::Invalid(vec![FieldError { field: "seen_on".to_owned(), code }])),
    };
    after_form(&app, visit, id, posted.fields, result, "notice-screening", &to).await
}

async fn places_checked(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    _: Posted,
) -> Result<Response, Fault> {
    let to = back(&visit, id);
    app.run(move |office| office.places_checked(&visit.actor, PersonId(id))).await?;
    app.changed(Region::People);
    Ok(flash("notice-places-checked", &app, &to))
}

#[derive(Template)]
#[template(path = "forget.html")]
struct ForgetPage {
    f: Frame,
    base: &'static str,
    id: i64,
    name: String,
    shared: String,
}

async fn forget(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Result<Response, Fault> {
    let (file, _) = load(&app, &visit, id).await?;
    let data = &file.person.data;
    at_side(&visit, data.side)?;
    let title = visit.words.with("forget-title", "name", data.full_name());
    let f = Frame::new(&app, &visit, place(data.side), title).await?;
    html(&ForgetPage {
        f,
        base: folder(data.side),
        id,
        name: data.full_name(),
        shared: file.card.map(|card| together(&visit.words, &card.recipients)).unwrap_or_default(),
    })
}

async fn erase(State(app): State<App>, visit: Visit, Path(id): Path<i64>, posted: Posted) -> Result<Response, Fault> {
    if posted.value("zeker") != "ja" {
        return Err(Fault::Refused("not-sure"));
    }
    let to = if visit.path.starts_with("/mentors") { "/mentors" } else { "/nieuwkomers" };
    let words = visit.words.clone();
    let erased = app.run(move |office| office.erase_person(&visit.actor, PersonId(id))).await?;
    app.changed(Region::People);
    let what = words.count("erased-documents", erased.documents);
    Ok(flash_with(&app, to, "notice-erased", &what, ""))
}
