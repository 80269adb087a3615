//! The whole waiting list at once: who would go with whom so that as many as possible find
//! somebody. Drafts only; a person proposes each one.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use casework::schemas::places::Refnis;
use casework::search_view::{CircleList, Draft, ListRemark, MentorWho};

use crate::app::App;
use crate::door::Visit;
use crate::fault::Fault;
use crate::fit;
use crate::format;
use crate::frame::{Frame, Nav, html};
use crate::pages::search::{distance, who};
use crate::vocabulary as v;
use crate::words::Words;

/// Reasons that a line shows.
const REASONS: usize = 3;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/voorstellen/wachtlijst", get(page))
}

/// A draft as a line.
struct Line {
    newcomer: i64,
    name: String,
    mentor: String,
    where_: String,
    grade: String,
    grade_class: &'static str,
    reasons: Vec<String>,
    /// Where its form goes, with the field that names the mentor.
    action: String,
    field: &'static str,
    value: String,
    button: String,
    border: bool,
    /// Where the screening of a mentor of ours is noted first; empty when it was seen.
    screen_first: String,
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
    (w.fill("whole-circle", &told), short(&list.fingerprint.to_string()))
}

/// The first twelve digits, by four: enough to read to somebody.
fn short(fingerprint: &str) -> String {
    let digits: Vec<char> = fingerprint.chars().take(12).collect();
    digits.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
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

fn line(w: &Words, draft: &Draft) -> Line {
    let newcomer = draft.newcomer.0;
    let (action, field, value, button, border) = match &draft.mentor {
        MentorWho::Own { person, .. } => {
            (format!("/nieuwkomers/{newcomer}/lokaal"), "mentor", person.0.to_string(), w.t("search-match-here"), false)
        }
        MentorWho::Partner { offer, municipality } => (
            format!("/nieuwkomers/{newcomer}/voorstel"),
            "offer",
            offer.to_string(),
            w.with("search-propose", "municipality", &municipality.name),
            true,
        ),
    };
    Line {
        newcomer,
        name: draft.name.clone(),
        mentor: who(w, &draft.mentor, None),
        where_: distance(w, draft.distance_metres),
        grade: fit::strength(w, draft.strength),
        grade_class: fit::strength_class(draft.strength),
        reasons: draft.reasons.iter().take(REASONS).map(|reason| fit::reason(w, reason)).collect(),
        action,
        field,
        value,
        button,
        border,
        screen_first: v::screen_first(draft.mentor.unscreened()),
    }
}
