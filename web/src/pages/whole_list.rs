//! The whole waiting list at once: who would go with whom so that as many as possible find
//! somebody. Drafts only; a person proposes each one.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use casework::schemas::places::Refnis;
use casework::search_view::{CircleList, ListRemark};

use crate::app::App;
use crate::door::Visit;
use crate::fault::Fault;
use crate::fit;
use crate::format;
use crate::frame::{Frame, Nav, html};
use crate::pages::drafts::{Line, line};
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/voorstellen/wachtlijst", get(page))
}

#[derive(Template)]
#[template(path = "whole-list.html")]
struct Page {
    f: Frame,
    lines: Vec<Line>,
    without: Vec<(i64, String)>,
    /// The lists of our circles, in words, each with what a partner's page shows too.
    circles: Vec<(String, String)>,
    /// What to know of the cards: words, and where they can be mended, if here.
    remarks: Vec<(String, String)>,
}

async fn page(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let list = app.run(move |office| office.whole_list(&actor)).await?;
    let w = &visit.words;
    let f = Frame::new(&app, &visit, Nav::Matches, w.t("whole-title")).await?.refreshing("matches people");
    html(&Page {
        f,
        lines: list.drafts.iter().map(|draft| line(w, draft)).collect(),
        without: list.without.into_iter().map(|(person, name)| (person.0, name)).collect(),
        circles: list.circles.iter().map(|list| circle(w, list)).collect(),
        remarks: list.remarks.iter().map(|known| remark(w, known)).collect(),
    })
}

fn circle(w: &Words, list: &CircleList) -> (String, String) {
    let text = |number: usize| format::number(number as u64);
    let (matches, requests) = (text(list.matches), text(list.requests));
    let told = [("circle", list.circle.as_str()), ("matches", &matches), ("requests", &requests)];
    (w.fill("whole-circle", &told), format::fingerprint(&list.fingerprint))
}

fn remark(w: &Words, known: &ListRemark) -> (String, String) {
    match known {
        ListRemark::Newcomer(person, name, what) => {
            (fit::remark(w, name, *what), format!("/nieuwkomers/{}/bewerk", person.0))
        }
        ListRemark::Mentor(person, name, what) => {
            (fit::remark(w, name, *what), format!("/mentors/{}/bewerk", person.0))
        }
        ListRemark::Partners(municipality, what, count) => {
            let who = w.count_with("remark-partners", *count, &[("municipality", municipality)]);
            (fit::remark(w, &who, *what), String::new())
        }
        ListRemark::Newer(municipality) => (w.with("rules-newer", "municipality", municipality), "/matchregels".into()),
        ListRemark::Merged(refnis) => {
            let into = refnis.municipality().merged_into.and_then(|code| format!("{code:05}").parse::<Refnis>().ok());
            let into = into.map_or("", Refnis::name);
            (w.fill("remark-merged", &[("municipality", refnis.name()), ("into", into)]), String::new())
        }
    }
}
