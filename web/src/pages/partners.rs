//! *Partners*: the circle as a drawing, and in words how every exchange goes.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use casework::partner_life::Suspension;
use casework::partners::PartnerRow;
use casework::schemas::time::Timestamp;

use crate::app::App;
use crate::door::Visit;
use crate::fault::Fault;
use crate::format;
use crate::frame::{Dot, Frame, Nav, dot, html};
use crate::pages::person::and;
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/partners", get(page))
}

/// A partner on the drawing and in the table.
struct Row {
    dot: Dot,
    id: String,
    x: i64,
    y: i64,
    name_y: i64,
    held: String,
    reconciled: String,
    since: String,
    circles: String,
    refused: Vec<String>,
    /// That it is held back, that its root signed two certificates under one serial, into whom it
    /// merged, why it is suspended.
    notes: Vec<String>,
}

/// Why something was refused, or a partner suspended for it, in words.
pub(crate) fn turned(w: &Words, why: &str) -> String {
    let key = format!("turned-{}", why.replace(' ', "-"));
    if w.has(&key) { w.t(&key) } else { why.to_owned() }
}

/// Why a partner is suspended; empty where nobody said so.
pub(crate) fn suspended_because(w: &Words, one: &Suspension) -> String {
    if one.is_automatic() { w.with("partner-suspended-itself", "why", turned(w, &one.why)) } else { one.why.clone() }
}

/// That a root signed two certificates under one serial, and what to do.
pub(crate) fn certified_twice(w: &Words, serial: u64) -> String {
    w.with("partner-certified-twice", "serial", serial)
}

fn notes(w: &Words, partner: &PartnerRow, merged: Option<&String>) -> Vec<String> {
    let held_back = partner.live.as_ref().and_then(|live| live.held_back.as_ref());
    let because = partner.suspended.as_ref().map(|one| suspended_because(w, one)).filter(|why| !why.is_empty());
    [
        held_back.map(|_| w.t("partner-held-back")),
        partner.certified_twice.map(|serial| certified_twice(w, serial)),
        merged.map(|into| w.with("partner-merged", "into", into)),
        because.map(|why| w.with("partner-suspended-why", "why", why)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[derive(Template)]
#[template(path = "partners.html")]
struct Page {
    f: Frame,
    me: String,
    rows: Vec<Row>,
    circles: Vec<(String, String, String)>,
    departures: Vec<(String, String)>,
    /// Certificates that end soon or ended, and two of this municipality under one serial.
    certificates: Vec<String>,
    /// That this municipality merged into another; empty where it didn't.
    merged: String,
    paused: bool,
    width: i64,
    height: i64,
}

const WIDTH: i64 = 480;
const HEIGHT: i64 = 300;

/// Places of `count` partners around the middle, in thousandths of the radius: twelve directions
/// are enough for a drawing, more partners share them on an outer ring.
fn seat(at: usize, count: usize) -> (i64, i64) {
    const CIRCLE: [(i64, i64); 12] = [
        (0, -1000),
        (500, -866),
        (866, -500),
        (1000, 0),
        (866, 500),
        (500, 866),
        (0, 1000),
        (-500, 866),
        (-866, 500),
        (-1000, 0),
        (-866, -500),
        (-500, -866),
    ];
    let step = (CIRCLE.len() / count.clamp(1, CIRCLE.len())).max(1);
    // Two partners stand left and right rather than above and below.
    let turn = if count == 2 { 3 } else { 0 };
    let (x, y) = CIRCLE[(at * step + turn) % CIRCLE.len()];
    (WIDTH / 2 + x * 160 / 1000, HEIGHT / 2 + y * 100 / 1000)
}

async fn page(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    if visit.actor.role == casework::office::AccountRole::Member {
        return Err(Fault::Forbidden);
    }
    let actor = visit.actor.clone();
    let found = app.run(move |office| office.partners_page(&actor)).await?;
    let w = &visit.words;
    let now = app.now();
    let count = found.partners.len();
    let rows = found
        .partners
        .iter()
        .enumerate()
        .map(|(at, partner)| {
            let (x, y) = seat(at, count);
            let live = partner.live.as_ref();
            let when = |at: Option<_>| at.map_or_else(|| w.t("never"), |at| format::since(at, now));
            let refused = live.map(|live| &live.refused).into_iter().flatten();
            Row {
                dot: dot(w, partner, now),
                id: partner.municipality.root.to_string(),
                x,
                y,
                name_y: if y > HEIGHT / 2 { y + 34 } else { y - 24 },
                held: live.map_or_else(|| w.t("unknown"), |live| format::number(live.documents_held)),
                reconciled: when(live.and_then(|live| live.reconciled_at)),
                since: when(live.and_then(|live| live.connected_since)),
                circles: if partner.circles.is_empty() { w.t("nothing-known") } else { and(w, &partner.circles) },
                refused: refused
                    .map(|(reason, count)| w.count_with("partner-refused", *count, &[("reason", &turned(w, reason))]))
                    .chain((partner.forks > 0).then(|| w.count("partner-forked", partner.forks)))
                    .collect(),
                notes: notes(w, partner, found.mergers.get(&partner.municipality.root)),
            }
        })
        .collect();
    let names = |members: &[casework::schemas::RootId]| {
        let known = std::iter::once(&found.me).chain(found.partners.iter().map(|partner| &partner.municipality));
        let inside = known.filter(|place| members.contains(&place.root)).map(|place| place.name.clone());
        and(w, &inside.collect::<Vec<_>>())
    };
    let circles = found
        .circles
        .iter()
        .map(|circle| {
            let arrangement =
                if circle.arrangement.is_empty() { w.t("arrangement-none") } else { circle.arrangement.clone() };
            (circle.name.clone(), names(&circle.members), arrangement)
        })
        .collect();
    let departures = found
        .departures
        .iter()
        .map(|left| {
            let key = if left.confirmed_at.is_some() { "departure-confirmed" } else { "departure-waits" };
            let since = w.with(key, "when", format::since(left.at, now));
            let merged = found.mergers.get(&left.root).filter(|_| left.successor.is_some());
            let text = match merged {
                Some(into) => format!("{} {since}", w.with("departure-merged", "into", into)),
                None => since,
            };
            (left.name.clone(), text)
        })
        .collect();
    let ending = |name: &str, own: bool, at: Option<Timestamp>| {
        let at = at?;
        let key = match (own, at <= now) {
            (true, false) => "certificate-own-ends",
            (true, true) => "certificate-own-ended",
            (false, false) => "certificate-ends",
            (false, true) => "certificate-ended",
        };
        Some(w.fill(key, &[("name", name), ("when", &format::date(at.day()))]))
    };
    let own = ending(&found.me.name, true, found.own_certificate_ends);
    let theirs =
        found.partners.iter().filter_map(|partner| ending(&partner.municipality.name, false, partner.certificate_ends));
    let twice = found.own_certified_twice.map(|serial| w.with("certificate-own-twice", "serial", serial));
    let certificates = own.into_iter().chain(twice).chain(theirs).collect();
    let f = Frame::new(&app, &visit, Nav::Partners, w.t("nav-partners")).await?.refreshing("partners");
    let me = found.me.name.clone();
    let paused = found.paused;
    let merged = found.mergers.get(&found.me.root).map(|into| w.with("merged-ours", "into", into)).unwrap_or_default();
    html(&Page { f, me, rows, circles, departures, certificates, merged, paused, width: WIDTH, height: HEIGHT })
}

#[cfg(test)]
mod tests {
    use casework::schemas::envelope::Refusal;

    use super::*;

    #[test]
    fn what_partners_are_suspended_for_has_words() {
        let words = Words::dutch();
        let held_against = [
            Refusal::TooLarge,
            Refusal::Malformed,
            Refusal::Forged,
            Refusal::TooLong,
            Refusal::NotAllowed,
            Refusal::UnsafeBody,
            Refusal::Schema,
            Refusal::Quarantined,
        ];
        for why in held_against.map(|reason| reason.to_string()).iter().chain([&"a frame over the limit".to_owned()]) {
            assert_ne!(turned(&words, why), *why, "in Dutch");
        }
        assert_eq!(turned(&words, "of a later release"), "of a later release");
    }

    #[test]
    fn partners_sit_inside_the_drawing_and_apart() {
        for count in 1..=12 {
            let seats: std::collections::BTreeSet<(i64, i64)> = (0..count).map(|at| seat(at, count)).collect();
            assert_eq!(seats.len(), count);
            assert!(seats.iter().all(|(x, y)| (20..WIDTH - 20).contains(x) && (20..HEIGHT - 20).contains(y)));
        }
    }
}
