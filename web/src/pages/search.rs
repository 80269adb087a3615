//! *Zoek een mentor*: the request on top, mentors best first, each with its reasons.

use std::collections::BTreeSet;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use casework::people::PersonId;
use casework::schemas::MatchRequest;
use casework::schemas::places::Area;
use casework::search_view::{Blocker, MentorCard, MentorWho, SearchPage};

use crate::app::App;
use crate::change::Region;
use crate::cookies::encode;
use crate::door::{Posted, Visit, flash_with};
use crate::fault::Fault;
use crate::fields::{Choice, Form, Pairs};
use crate::frame::{Frame, Nav, html};
use crate::vocabulary::{self as v, WeekRow};
use crate::words::Words;
use crate::{fit, format, map};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/nieuwkomers/{id}/zoek", get(page))
        .route("/nieuwkomers/{id}/voorstel", post(propose))
        .route("/nieuwkomers/{id}/lokaal", post(match_here))
}

/// A mentor as a card.
struct Card {
    title: String,
    href: String,
    where_: String,
    grade: String,
    grade_class: &'static str,
    reasons: Vec<String>,
    more: Vec<String>,
    against: Vec<String>,
    checks: Vec<String>,
    why: Vec<String>,
    week: Vec<WeekRow>,
    slots: String,
    /// Id of the card or of our own mentor, for the comparison.
    key: String,
    ticked: bool,
    action: String,
    field: &'static str,
    value: String,
    button: String,
    border: bool,
    proposal: String,
    /// Where the screening of a mentor of ours is noted first; empty when it was seen.
    screen_first: String,
    interests: String,
    languages: String,
}

struct Near {
    title: String,
    text: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct Page {
    f: Frame,
    id: i64,
    name: String,
    request: Vec<(String, String)>,
    blockers: Vec<String>,
    /// Where to go for that, and what it is called.
    next: (String, String),
    /// Whether a mentor is looked for at all.
    looks: bool,
    /// What in the file itself keeps mentors from fitting.
    remarks: Vec<String>,
    found: usize,
    cards: Vec<Card>,
    compared: Vec<Card>,
    /// One mentor is ticked: nothing to set it beside.
    too_few: bool,
    /// What the filters say, for the form that compares.
    kept: Pairs,
    near: Vec<Near>,
    excluded: Vec<Near>,
    spots: Vec<map::Spot>,
    width: i64,
    height: i64,
    form: Form,
    sectors: Vec<Choice>,
    languages: Vec<Choice>,
    grades: Vec<Choice>,
    parts: Vec<String>,
    /// Language in which reasons are told, and the others: code, name, address.
    told_in: String,
    tongues: Vec<(&'static str, &'static str, String)>,
}

/// Languages in which reasons are told.
const TONGUES: [(&str, &str); 3] = [("nl", "Nederlands"), ("fr", "Français"), ("en", "English")];

/// This page with the reasons in another language, its choices kept.
fn in_tongue(id: i64, query: &Pairs, code: &str) -> String {
    let kept = query.iter().filter(|(name, value)| name != "redenen" && !value.is_empty());
    let kept: String = kept.map(|(name, value)| format!("{}={}&", encode(name), encode(value))).collect();
    format!("/nieuwkomers/{id}/zoek?{kept}redenen={code}")
}

async fn page(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(query): Query<Pairs>,
) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let found = app.run(move |office| office.search(&actor, PersonId(id))).await?;
    let w = &visit.words;
    let title = w.with("search-title", "name", &found.name);
    let f = Frame::new(&app, &visit, Nav::Newcomers, title).await?.refreshing("matches people");
    let form = Form::new(w, query.clone());
    let beside: BTreeSet<&str> =
        query.iter().filter(|(name, _)| name == "naast").map(|(_, value)| value.as_str()).collect();
    let shown = || found.cards.iter().filter(|card| passes(&form, card));
    let told = Words::of(form.value("redenen"));
    let build = |card: &MentorCard| card_view(w, &told, &found, card, &beside);
    let compared: Vec<Card> = shown().map(build).filter(|card| card.ticked).take(3).collect();
    html(&Page {
        id,
        name: found.name.clone(),
        request: request_line(w, &found.request),
        blockers: told_blockers(&found.blockers).map(|blocker| blocker_words(w, blocker)).collect(),
        next: next(w, PersonId(id), &found.blockers),
        looks: !matches!(found.blockers[..], [Blocker::InDuo(_) | Blocker::Confirmed]),
        remarks: found.remarks.iter().map(|remark| fit::remark(w, &found.name, *remark)).collect(),
        found: shown().count(),
        cards: shown().map(build).collect(),
        too_few: compared.len() == 1,
        compared: if compared.len() > 1 { compared } else { Vec::new() },
        kept: query.iter().filter(|(name, value)| name != "naast" && !value.is_empty()).cloned().collect(),
        near: found
            .near_misses
            .iter()
            .map(|near| Near { title: who(w, &near.who, None), text: fit::misfit(&told, &near.misfit) })
            .collect(),
        excluded: found
            .local_exclusions
            .iter()
            .map(|left| {
                let key = if left.unknown { "excluded-unknown" } else { "excluded-known" };
                Near { title: who(w, &left.who, None), text: w.with(key, "check", fit::check(w, &left.check)) }
            })
            .collect(),
        spots: map::spots(&found.map),
        width: map::WIDTH,
        height: map::HEIGHT,
        form,
        sectors: v::sectors(w),
        languages: v::languages(w),
        grades: ["good", "strong"].map(|code| (code.to_owned(), w.t(&format!("grade-{code}")))).to_vec(),
        parts: v::dayparts(w),
        told_in: told.code(),
        tongues: TONGUES.map(|(code, name)| (code, name, in_tongue(id, &query, code))).to_vec(),
        f,
    })
}

/// Whether a card passes the filters above the list.
fn passes(form: &Form, card: &MentorCard) -> bool {
    let wanted = |name: &str| Some(form.value(name).to_owned()).filter(|value| !value.is_empty());
    let grade = fit::strength_class(card.strength);
    wanted("sector").is_none_or(|sector| card.card.sector.is_some_and(|own| own.code() == sector))
        && wanted("taal").is_none_or(|code| card.card.languages.iter().any(|own| own.code() == code))
        && wanted("km")
            .and_then(|km| km.parse::<u32>().ok())
            .is_none_or(|km| card.distance_metres <= km.saturating_mul(1000))
        && match wanted("graad").as_deref() {
            Some("strong") => grade == "strong",
            Some("good") => grade != "possible",
            _ => true,
        }
}

/// Who a mentor is; partners' mentors go by their trade, never by a name.
pub(crate) fn who(w: &Words, who: &MentorWho, card: Option<&casework::schemas::MentorOffer>) -> String {
    match who {
        MentorWho::Own { name, .. } => name.clone(),
        MentorWho::Partner { municipality, .. } => {
            let trade = card.and_then(|card| card.occupation.as_ref()).map(|o| v::occupation(w, o));
            match trade {
                Some(trade) => w.fill("mentor-of-trade", &[("trade", &trade), ("municipality", &municipality.name)]),
                None => w.with("mentor-of", "municipality", &municipality.name),
            }
        }
    }
}

fn card_view(w: &Words, told: &Words, page: &SearchPage, card: &MentorCard, beside: &BTreeSet<&str>) -> Card {
    let mut reasons: Vec<String> = card.reasons.iter().map(|reason| fit::reason(told, reason)).collect();
    let more = reasons.split_off(reasons.len().min(3));
    let newcomer = page.newcomer.0;
    let (key, href, action, field, value, button, border) = match &card.who {
        MentorWho::Own { person, .. } => (
            format!("m{}", person.0),
            format!("/mentors/{}", person.0),
            format!("/nieuwkomers/{newcomer}/lokaal"),
            "mentor",
            person.0.to_string(),
            w.t("search-match-here"),
            false,
        ),
        MentorWho::Partner { offer, municipality } => (
            offer.to_string(),
            String::new(),
            format!("/nieuwkomers/{newcomer}/voorstel"),
            "offer",
            offer.to_string(),
            w.with("search-propose", "municipality", &municipality.name),
            true,
        ),
    };
    Card {
        title: who(w, &card.who, Some(&card.card)),
        where_: w.fill(
            "search-where",
            &[("municipality", card.area.name()), ("distance", &distance(w, card.distance_metres))],
        ),
        grade: fit::strength(w, card.strength),
        grade_class: fit::strength_class(card.strength),
        reasons,
        more,
        against: card.misses.iter().map(|miss| fit::miss(told, miss)).collect(),
        checks: card.partner_checks.iter().map(|check| fit::check(w, check)).collect(),
        screen_first: v::screen_first(card.who.unscreened()),
        href,
        why: card.why_not_first.as_ref().map(|why| fit::why_not(told, why)).unwrap_or_default(),
        week: v::dots(w, card.common_slots),
        slots: v::slots(w, card.common_slots),
        ticked: beside.contains(key.as_str()),
        key,
        action,
        field,
        value,
        button,
        border,
        proposal: card.proposal.map(|id| id.to_string()).unwrap_or_default(),
        interests: v::list(w, card.card.interests.iter().map(|i| v::interest(w, *i))),
        languages: v::list(w, card.card.languages.iter().map(|l| v::language(w, *l))),
    }
}

/// `4,1 km`, or that it is the same municipality.
pub(crate) fn distance(w: &Words, metres: u32) -> String {
    if metres == 0 { w.t("same-municipality") } else { format::distance(metres) }
}

/// What is worth telling: whoever is too young to be shared need not be told to share.
fn told_blockers(all: &[Blocker]) -> impl Iterator<Item = Blocker> + '_ {
    let minor = all.contains(&Blocker::Minor);
    all.iter().copied().filter(move |one| !minor || !matches!(one, Blocker::NoConsent | Blocker::NotShared))
}

/// Where what is in the way is solved, and what the button says.
fn next(w: &Words, newcomer: PersonId, blockers: &[Blocker]) -> (String, String) {
    let file = format!("/nieuwkomers/{}", newcomer.0);
    match blockers {
        [Blocker::InDuo(duo)] => (format!("/duos/{}", duo.0), w.t("proposal-to-duo")),
        [Blocker::NotShared] => (format!("{file}#delen"), w.t("blocker-publish-verb")),
        _ => (file, w.t("blocker-file-verb")),
    }
}

fn blocker_words(w: &Words, blocker: Blocker) -> String {
    match blocker {
        Blocker::Minor => w.t("blocker-minor"),
        Blocker::NoConsent => w.t("blocker-consent"),
        Blocker::NotShared => w.t("blocker-not-shared"),
        Blocker::InDuo(_) => w.t("blocker-duo"),
        Blocker::Confirmed => w.t("blocker-confirmed"),
    }
}

/// A request in words: what, and its value.
pub(crate) fn request_line(w: &Words, card: &MatchRequest) -> Vec<(String, String)> {
    let mut line = vec![(w.t("card-domains"), v::list(w, card.domains.iter().map(|d| v::domain(w, *d))))];
    if let Some(goal) = &card.goal_occupation {
        line.push((w.t("card-goal"), v::occupation(w, goal)));
    } else if let Some(sector) = card.goal_sector {
        line.push((w.t("card-goal"), v::sector(w, sector)));
    }
    if let Some(dutch) = card.dutch {
        line.push((w.t("card-dutch"), dutch.code().to_owned()));
    }
    let languages = card.languages.iter().map(|l| v::language(w, *l));
    let languages = if card.languages.is_empty() { w.t("card-withheld") } else { v::list(w, languages) };
    line.push((w.t("card-languages"), languages));
    let area = match card.area {
        Area::Municipality(refnis) => refnis.name().to_owned(),
        Area::Circle => w.t("area-circle"),
    };
    line.push((w.t("card-area"), w.fill("card-area-value", &[("area", &area), ("km", &card.radius_km.to_string())])));
    line.push((w.t("card-slots"), v::slots(w, card.availability)));
    if !card.interests.is_empty() {
        line.push((w.t("card-interests"), v::list(w, card.interests.iter().map(|i| v::interest(w, *i)))));
    }
    if !card.wishes.is_empty() {
        line.push((w.t("card-wishes"), super::today::wish_list(w, &card.wishes)));
    }
    line.push((w.t("card-waiting"), quarter(w, &card.waiting_since.to_string())));
    line
}

/// `2026-Q3` as `derde kwartaal van 2026`.
pub(crate) fn quarter(w: &Words, text: &str) -> String {
    let (year, quarter) = text.split_once("-Q").unwrap_or((text, "1"));
    w.with(&format!("quarter-{quarter}"), "year", year)
}

async fn propose(State(app): State<App>, visit: Visit, Path(id): Path<i64>, posted: Posted) -> Result<Response, Fault> {
    let offer = posted.value("offer").parse().map_err(|_| Fault::NotFound)?;
    let proposal = app
        .run(move |office| office.once(&posted.number, |office| office.propose(&visit.actor, PersonId(id), offer)))
        .await?;
    app.changed(Region::Matches);
    let to = proposal.map_or_else(|| "/voorstellen".to_owned(), |id| format!("/voorstellen/{id}"));
    let undo = proposal.map_or_else(String::new, |id| format!("/voorstellen/{id}/intrekken"));
    Ok(flash_with(&app, &to, "notice-proposed", "", &undo))
}

async fn match_here(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Fault> {
    let mentor: i64 = posted.value("mentor").parse().map_err(|_| Fault::NotFound)?;
    let duo = app
        .run(move |office| {
            office.once(&posted.number, |office| office.match_locally(&visit.actor, PersonId(id), PersonId(mentor)))
        })
        .await?;
    app.changed(Region::Duos);
    let to = duo.map_or_else(|| "/duos".to_owned(), |duo| format!("/duos/{}", duo.0));
    let undo = duo.map_or_else(String::new, |_| format!("{to}/ongedaan"));
    Ok(flash_with(&app, &to, "notice-matched-here", "", &undo))
}
