//! *Vandaag*: what waits for whom, each line a sentence with its verb.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use casework::duo_view::{Alarm, NewItem, PartnerItem, Today, TodayItem};
use casework::schemas::time::{Date, Timestamp};
use casework::search_view::CircleWorth;

use crate::app::App;
use crate::door::Visit;
use crate::fault::Fault;
use crate::format;
use crate::frame::{Frame, Nav, html};
use crate::vocabulary as v;
use crate::words::Words;

/// One line: what, since when, and the verb.
struct Line {
    text: String,
    more: String,
    verb: String,
    href: String,
    urgent: bool,
}

/// What one municipality gains, as a bar of at most 100.
struct Gain {
    name: String,
    words: String,
    alone: usize,
    extra: usize,
    requests: usize,
}

struct Worth {
    sentence: String,
    gains: Vec<Gain>,
}

#[derive(Template)]
#[template(path = "today.html")]
struct Page {
    f: Frame,
    day: String,
    worth: Option<Worth>,
    mine: Vec<Line>,
    partners: Vec<Line>,
    news: Vec<Line>,
}

/// `/`.
pub(crate) async fn page(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    let actor = visit.actor.clone();
    let today = app.run(move |office| office.today(&actor)).await?;
    let w = &visit.words;
    let now = app.now();
    let f = Frame::new(&app, &visit, Nav::Today, w.t("nav-today")).await?;
    let f = f.refreshing("people matches duos library partners");
    let Today { waits_for_me, waits_for_partner, new_in_network, value_of_circle } = today;
    html(&Page {
        f,
        day: format::date(visit.today),
        worth: value_of_circle.filter(|worth| worth.value.requests > 0).map(|value| worth(w, &value)),
        mine: waits_for_me.iter().map(|item| mine(w, item, visit.today, now)).collect(),
        partners: waits_for_partner.iter().map(|item| partner(w, item, now)).collect(),
        news: new_in_network.iter().map(|item| news(w, item)).collect(),
    })
}

fn worth(w: &Words, circle: &CircleWorth) -> Worth {
    let text = |number: usize| format::number(number as u64);
    let value = &circle.value;
    let sentence = w.fill(
        "today-worth",
        &[("alone", &text(value.alone)), ("all", &text(value.requests)), ("together", &text(value.together))],
    );
    let gains = circle
        .municipalities
        .iter()
        .filter_map(|place| {
            let own = value.owners.get(&place.root)?;
            let words = w.fill(
                "today-gain",
                &[("alone", &text(own.alone)), ("together", &text(own.together)), ("all", &text(own.requests))],
            );
            let extra = own.together.saturating_sub(own.alone);
            Some(Gain { name: place.name.clone(), words, alone: own.alone, extra, requests: own.requests.max(1) })
        })
        .collect();
    Worth { sentence, gains }
}

pub(crate) fn alarm(w: &Words, alarm: Alarm) -> String {
    match alarm {
        Alarm::FirstMeetingDue { days } => w.count("alarm-first-meeting", days),
        Alarm::Quiet { days } => w.count("alarm-quiet", days),
        Alarm::ReviewDue { since } => w.with("alarm-review", "on", format::date(since)),
        Alarm::SixMonths { on } => w.with("alarm-six-months", "on", format::date(on)),
    }
}

fn line(w: &Words, text: String, more: String, verb: &str, href: String, urgent: bool) -> Line {
    Line { text, more, verb: w.t(verb), href, urgent }
}

fn mine(w: &Words, item: &TodayItem, today: Date, now: Timestamp) -> Line {
    match item {
        TodayItem::Answer { proposal, municipality, mentor_name, days, reminded, asked, .. } => {
            let text = w.fill("today-answer", &[("municipality", &municipality.name), ("mentor", mentor_name)]);
            let mut more = w.count("today-waits-days", *days);
            if *asked {
                more = format!("{more} {}", w.t("today-answer-asked"));
            }
            line(w, text, more, "today-answer-verb", format!("/voorstellen/{proposal}"), *reminded)
        }
        TodayItem::Confirm { proposal, newcomer_name, municipality, held_until } => {
            let text = w.fill("today-confirm", &[("newcomer", newcomer_name), ("municipality", &municipality.name)]);
            let more = w.with("today-held", "until", format::moment(*held_until));
            let urgent = held_until.0 < now.0 + 3 * 86_400;
            line(w, text, more, "today-confirm-verb", format!("/voorstellen/{proposal}"), urgent)
        }
        TodayItem::FirstMeeting { duo, names, matched_on } => {
            let text = w.with("today-first-meeting", "names", names);
            let more = w.with("today-matched", "on", format::date(*matched_on));
            line(w, text, more, "today-first-meeting-verb", format!("/duos/{}", duo.0), false)
        }
        TodayItem::DuoAlarm { duo, names, alarm: what } => {
            let text = format!("{names}: {}", alarm(w, *what));
            line(w, text, String::new(), "today-alarm-verb", format!("/duos/{}", duo.0), true)
        }
        TodayItem::NotShared { newcomers_without_consent, mentors_without_consent, mentors_without_screening } => {
            let (newcomers, mentors) = (*newcomers_without_consent, *mentors_without_consent);
            let screening = *mentors_without_screening;
            let unscreened = if screening > 0 { w.count("today-not-screened", screening) } else { String::new() };
            if newcomers + mentors == 0 {
                let href = "/mentors?toestand=geen-screening".to_owned();
                return line(w, unscreened, String::new(), "today-look-verb", href, false);
            }
            let text = w.count_with("today-not-shared", newcomers + mentors, &[("who", &who(w, newcomers, mentors))]);
            let href = if newcomers > 0 { "/nieuwkomers" } else { "/mentors" };
            line(w, text, unscreened, "today-not-shared-verb", format!("{href}?toestand=geen-toestemming"), false)
        }
        TodayItem::Shareable { newcomers, mentors } => {
            let who = who(w, *newcomers, *mentors);
            let text = w.count_with("today-shareable", *newcomers + *mentors, &[("who", &who)]);
            let href = if *newcomers > 0 { "/nieuwkomers" } else { "/mentors" };
            line(w, text, String::new(), "today-shareable-verb", format!("{href}?toestand=klaar"), false)
        }
        TodayItem::Minors { count } => {
            let text = w.count("today-minors", *count);
            line(w, text, String::new(), "today-look-verb", "/nieuwkomers?toestand=minderjarig".to_owned(), false)
        }
        TodayItem::HandoverConsent { person, name, duo } => {
            let text = w.with("today-handover-consent", "name", name);
            let _ = person;
            line(w, text, String::new(), "today-handover-verb", format!("/duos/{}", duo.0), true)
        }
        TodayItem::PlacesUnsure { mentor, name } => {
            let text = w.with("today-places-unsure", "name", name);
            line(w, text, String::new(), "today-look-verb", format!("/mentors/{}", mentor.0), true)
        }
        TodayItem::PartnerSuspended { partner, name, why, at } => {
            let why = super::partners::turned(w, why);
            let text = w.fill("today-partner-suspended", &[("municipality", name), ("why", &why)]);
            let more = w.with("today-since", "when", format::since(*at, now));
            line(w, text, more, "today-look-verb", format!("/partners/{partner}"), true)
        }
        TodayItem::LibraryDraft { draft } => {
            let href = format!("/netwerk/concept/{draft}");
            line(w, w.t("today-library-draft"), String::new(), "today-look-verb", href, true)
        }
        TodayItem::ResourceHeld { resource, title } => {
            let text = w.with("today-resource-held", "title", title);
            line(w, text, String::new(), "today-look-verb", format!("/netwerk/{resource}"), true)
        }
        TodayItem::Expiring { count, first } => {
            let text = w.count_with("today-expiring", *count, &[("first", &format::long_date(*first, today))]);
            line(w, text, String::new(), "today-look-verb", "/nieuwkomers?toestand=gedeeld".to_owned(), false)
        }
    }
}

/// `7 nieuwkomers en 1 mentor`, without those that there are none of.
fn who(w: &Words, newcomers: usize, mentors: usize) -> String {
    let counts = [("people-count-newcomer", newcomers), ("people-count-mentor", mentors)];
    let some: Vec<String> =
        counts.into_iter().filter(|(_, count)| *count > 0).map(|(key, count)| w.count(key, count)).collect();
    super::person::and(w, &some)
}

fn partner(w: &Words, item: &PartnerItem, now: Timestamp) -> Line {
    match item {
        PartnerItem::ForAnswer { proposal, newcomer_name, municipality, days, reminded } => {
            let text = w.fill("today-for-answer", &[("municipality", &municipality.name), ("newcomer", newcomer_name)]);
            let more = w.count("today-waits-days", *days);
            line(w, text, more, "today-look-verb", format!("/voorstellen/{proposal}"), *reminded)
        }
        PartnerItem::ForConfirmation { proposal, mentor_name, municipality, held_until } => {
            let text =
                w.fill("today-for-confirmation", &[("municipality", &municipality.name), ("mentor", mentor_name)]);
            let more = w.with("today-held", "until", format::moment(*held_until));
            line(w, text, more, "today-look-verb", format!("/voorstellen/{proposal}"), false)
        }
        PartnerItem::ForAcknowledgement { proposal, newcomer_name, municipality } => {
            let text = w.fill(
                "today-for-acknowledgement",
                &[("municipality", &municipality.name), ("newcomer", newcomer_name)],
            );
            line(w, text, String::new(), "today-look-verb", format!("/voorstellen/{proposal}"), false)
        }
        PartnerItem::ForTheirYes { duo, names, municipality } => {
            let text = w.fill("today-for-yes", &[("municipality", &municipality.name), ("names", names)]);
            line(w, text, String::new(), "today-look-verb", format!("/duos/{}", duo.0), false)
        }
        PartnerItem::HandoverUnderWay { proposal, municipality, since } => {
            let text = w.with("today-handover-under-way", "municipality", &municipality.name);
            let more = w.with("today-since", "when", format::since(*since, now));
            line(w, text, more, "today-look-verb", format!("/voorstellen/{proposal}"), false)
        }
    }
}

fn news(w: &Words, item: &NewItem) -> Line {
    match item {
        NewItem::Mentors { municipality, count } => {
            let text = w.count_with("today-new-mentors", *count, &[("municipality", &municipality.name)]);
            line(w, text, String::new(), "today-new-mentors-verb", "/nieuwkomers".to_owned(), false)
        }
        NewItem::Resource { resource, title, municipality, on } => {
            let text = w.fill("today-new-resource", &[("title", title), ("municipality", municipality)]);
            line(w, text, format::date(*on), "today-read-verb", format!("/netwerk/{resource}"), false)
        }
    }
}

/// The cards of the duo's own words, shared with the duo page.
pub(crate) fn wish_list(w: &Words, wishes: &casework::schemas::vocabulary::Wishes) -> String {
    v::list(w, wishes.iter().map(|wish| v::wish(w, wish)))
}
