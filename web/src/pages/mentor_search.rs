//! *Wie past bij deze mentor?*: newcomers best first, each with its reasons.
//!
//! A partner's newcomer is never asked for here: only the newcomer's own municipality proposes.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use casework::people::PersonId;
use casework::search_view::{NewcomerCard, NewcomerWho, NewcomersPage};

use crate::app::App;
use crate::door::Visit;
use crate::fault::Fault;
use crate::fit;
use crate::frame::{Frame, Nav, html};
use crate::pages::proposals::offer_line;
use crate::pages::search::{distance, request_line};
use crate::vocabulary::{self as v, WeekRow};
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/mentors/{id}/zoek", get(page))
}

/// A newcomer as a card.
struct Card {
    title: String,
    /// Our own newcomer; zero for a partner's.
    newcomer: i64,
    municipality: String,
    where_: String,
    grade: String,
    grade_class: &'static str,
    reasons: Vec<String>,
    against: Vec<String>,
    request: Vec<(String, String)>,
    week: Vec<WeekRow>,
    slots: String,
}

#[derive(Template)]
#[template(path = "mentor-search.html")]
struct Page {
    f: Frame,
    id: i64,
    name: String,
    offer: Vec<(String, String)>,
    full: bool,
    shared: bool,
    screened: bool,
    remarks: Vec<String>,
    cards: Vec<Card>,
    parts: Vec<String>,
}

async fn page(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let found = app.run(move |office| office.best_newcomers(&actor, PersonId(id))).await?;
    let w = &visit.words;
    let title = w.with("newcomers-title", "name", &found.name);
    let f = Frame::new(&app, &visit, Nav::Mentors, title).await?.refreshing("matches people");
    let NewcomersPage { name, offer, shared, screened, remarks, cards, .. } = found;
    html(&Page {
        f,
        id,
        remarks: remarks.iter().map(|remark| fit::remark(w, &name, *remark)).collect(),
        name,
        offer: offer_line(w, &offer),
        full: offer.capacity_left.get() == 0,
        shared,
        screened,
        cards: cards.iter().map(|card| card_view(w, card)).collect(),
        parts: v::dayparts(w),
    })
}

fn card_view(w: &Words, card: &NewcomerCard) -> Card {
    let (title, newcomer, municipality) = match &card.who {
        NewcomerWho::Own { person, name } => (name.clone(), person.0, String::new()),
        NewcomerWho::Partner { municipality, .. } => {
            (w.with("newcomer-of", "municipality", &municipality.name), 0, municipality.name.clone())
        }
    };
    Card {
        title,
        newcomer,
        municipality,
        where_: distance(w, card.distance_metres),
        grade: fit::strength(w, card.strength),
        grade_class: fit::strength_class(card.strength),
        reasons: card.reasons.iter().map(|reason| fit::reason(w, reason)).collect(),
        against: card.misses.iter().map(|miss| fit::miss(w, miss)).collect(),
        request: request_line(w, &card.card),
        week: v::dots(w, card.common_slots),
        slots: v::slots(w, card.common_slots),
    }
}
