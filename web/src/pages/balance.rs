//! The exchange in balance: what each municipality lends and receives when everybody is matched as
//! well as can be, what it costs to bound that, and what of that list concerns our own newcomers.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use casework::matching::solver::fair::{Sort, Worth};
use casework::own_rules::parse_exchange;
use casework::search_view::{BalancedDraft, BalancedDrafts, Beside, MentorWho};

use crate::app::App;
use crate::door::Visit;
use crate::fault::Fault;
use crate::fields::{Form, Pairs};
use crate::format;
use crate::frame::{Frame, Nav, html};
use crate::pages::drafts::{Line, line};
use crate::pages::search::who;
use crate::words::Words;

/// Fields of the form, in the order of [`casework::schemas::documents::Exchange`].
const ASKED: [&str; 4] = ["leent", "krijgt", "deel", "lang"];

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/evenwicht", get(page))
}

struct Row {
    name: String,
    bound: String,
    whose: String,
    reached: String,
    state: String,
    met: bool,
    price: String,
}

#[derive(Template)]
#[template(path = "balance.html")]
struct Page {
    f: Frame,
    form: Form,
    matches: usize,
    all_free: usize,
    rows: Vec<Row>,
    costs: Vec<String>,
    proof: String,
    fingerprint: String,
    problem: bool,
    empty: bool,
    lines: Vec<Line>,
    /// In words, how our part differs from our own best list.
    differs: Vec<String>,
    /// Newcomers for whom the list has nobody, and what our own list has.
    without: Vec<(i64, String, String)>,
}

async fn page(State(app): State<App>, visit: Visit, Query(query): Query<Pairs>) -> Result<Response, Fault> {
    let w = &visit.words;
    let asked = parse_exchange(&query, ASKED);
    let form = Form::new(w, query);
    let problem = asked.is_err();
    let (actor, exchange) = (visit.actor.clone(), asked.unwrap_or_default());
    let (balance, drafts) = app
        .run(move |office| {
            let balance = office.circle_balance(&actor, exchange)?;
            let drafts = office.balanced_drafts(&actor, &balance)?;
            Ok((balance, drafts))
        })
        .await?;
    let found = &balance.found;
    let names: BTreeMap<_, _> = balance.places.iter().map(|place| (place.root, place.name.clone())).collect();
    // A share of nobody asks nothing.
    let said = found.kept.iter().filter(|kept| matches!(kept.sort, Sort::Lends | Sort::Receives) || kept.asked > 0);
    let rows = said.map(|kept| Row {
        name: names.get(&kept.owner).cloned().unwrap_or_else(|| kept.owner.short()),
        bound: w.count(sort_key(kept.sort), kept.asked),
        whose: w.t(if balance.own.contains(&(kept.owner, kept.sort)) { "balance-own" } else { "balance-form" }),
        reached: reached(w, kept.sort, kept.reached),
        state: w.t(if kept.is_met { "balance-met" } else { "balance-missed" }),
        met: kept.is_met,
        price: kept.price.map_or_else(|| w.t("balance-no-price"), |worth| price(w, worth)),
    });
    let costs = found.costs.iter().map(|(sort, worth)| cost(w, *sort, *worth));
    // Millionths of a score; what is not proved is never told as less than it may be.
    let gap = (found.gap + 9_999) / 10_000;
    let proof = if gap == 0 { w.t("balance-proved") } else { w.with("balance-gap", "gap", gap) };
    let f = Frame::new(&app, &visit, Nav::Matches, w.t("balance-title")).await?.refreshing("matches partners");
    html(&Page {
        matches: usize::try_from(found.worth.matches).unwrap_or(0),
        all_free: usize::try_from(found.without_bounds.matches).unwrap_or(0),
        rows: rows.collect(),
        costs: costs.collect(),
        proof,
        fingerprint: format::fingerprint(&balance.fingerprint),
        problem,
        empty: found.without_bounds.matches == 0,
        lines: drafts.drafts.iter().map(|draft| our_line(w, draft)).collect(),
        differs: differs(w, &drafts),
        without: drafts
            .without
            .iter()
            .map(|(person, name, other)| {
                (person.0, name.clone(), other.as_ref().map(|mentor| instead(w, mentor)).unwrap_or_default())
            })
            .collect(),
        form,
        f,
    })
}

/// A draft as on the page of the whole list, with what our own list has in its place.
fn our_line(w: &Words, draft: &BalancedDraft) -> Line {
    let mut line = line(w, &draft.draft);
    line.note = match &draft.beside {
        Beside::Same => String::new(),
        // All that is known of a partner's mentor is where: it could be read as the same one.
        Beside::Other(MentorWho::Partner { municipality, .. }) => {
            w.with("balance-beside-partner", "municipality", &municipality.name)
        }
        Beside::Other(mentor) => instead(w, mentor),
        Beside::Nobody => w.t("balance-beside-nobody"),
    };
    if draft.barred {
        line.barred = w.t("balance-barred");
    }
    line
}

fn instead(w: &Words, mentor: &MentorWho) -> String {
    w.with("balance-beside-other", "mentor", who(w, mentor, None))
}

/// What the coordinator gives and gets when she follows this list in the place of her own.
fn differs(w: &Words, drafts: &BalancedDrafts) -> Vec<String> {
    let others = drafts.drafts.iter().filter(|draft| matches!(draft.beside, Beside::Other(_))).count();
    let lost = drafts.without.iter().filter(|(_, _, other)| other.is_some()).count();
    let gained = drafts.drafts.iter().filter(|draft| draft.beside == Beside::Nobody).count();
    let mut said = vec![w.count("balance-own-matches", drafts.own_matches)];
    if others + lost + gained == 0 {
        said.push(w.t("balance-no-difference"));
    }
    let counted = [
        (others, "balance-others"),
        (lost, "balance-lost"),
        (gained, "balance-gained"),
        (drafts.unshared, "balance-unshared"),
        (drafts.lent, "balance-lent"),
    ];
    said.extend(counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, key)| w.count(key, count)));
    said
}

const fn sort_key(sort: Sort) -> &'static str {
    match sort {
        Sort::Lends => "balance-lends",
        Sort::Receives => "balance-receives",
        Sort::Share => "balance-share",
        Sort::LongShare => "balance-long",
    }
}

/// What a bound came to. A municipality that may lend more may come to lend less, and the other way.
fn reached(w: &Words, sort: Sort, number: i64) -> String {
    let key = match sort {
        Sort::Lends | Sort::Receives if number < 0 => format!("{}-less", sort_key(sort)),
        Sort::Lends | Sort::Receives if number > 0 => format!("{}-more", sort_key(sort)),
        Sort::Lends | Sort::Receives => "balance-even".to_owned(),
        Sort::Share | Sort::LongShare => return w.count("balance-found", number),
    };
    w.with(&key, "number", number.abs())
}

/// What a bound costs. A match that it costs may have scored less than those that take its place;
/// and where not every bound can be met, the others may keep more from being matched without it.
fn cost(w: &Words, sort: Sort, worth: Worth) -> String {
    let name = w.t(&format!("{}-name", sort_key(sort)));
    let [cost, gain] = counted(w, worth);
    let key = match (cost.is_empty(), gain.is_empty()) {
        (true, true) => return w.fill("balance-cost", &[("sort", &name), ("cost", &w.t("balance-nothing"))]),
        (true, false) => "balance-cost-none",
        (false, true) => "balance-cost",
        (false, false) => "balance-cost-and-gain",
    };
    w.fill(key, &[("sort", &name), ("cost", &cost), ("gain", &gain)])
}

/// What a bound that is looser by one brings.
fn price(w: &Words, worth: Worth) -> String {
    let [gain, cost] = counted(w, worth);
    match (gain.is_empty(), cost.is_empty()) {
        (true, _) => w.t("balance-nothing"),
        (false, true) => gain,
        (false, false) => w.fill("balance-price-and-cost", &[("gain", &gain), ("cost", &cost)]),
    }
}

/// Matches and score points, as people count them: what is above zero, and what is below. A score
/// of one is a hundred points.
fn counted(w: &Words, worth: Worth) -> [String; 2] {
    [1, -1].map(|sign| {
        let (matches, score) = (sign * worth.matches, sign * worth.score);
        let mut parts = Vec::new();
        if matches > 0 {
            parts.push(w.count("balance-matches-cost", matches));
        }
        match score / 10_000 {
            0 if score > 0 => parts.push(w.t("balance-under-a-point")),
            points if points > 0 => parts.push(w.count("balance-points", points)),
            _ => {}
        }
        if parts.is_empty() { String::new() } else { super::person::and(w, &parts) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bound_costs_and_what_it_brings_are_told_apart() {
        let w = Words::dutch();
        let worth = |matches, score| Worth { matches, score };
        let told = |matches, score| cost(&w, Sort::Lends, worth(matches, score));
        assert_eq!(told(0, 0), "De grens op uitlenen kost niets.");
        assert_eq!(told(2, 1_234_567), "De grens op uitlenen kost 2 matches en 123 punten.");
        assert_eq!(told(0, 9_999), "De grens op uitlenen kost minder dan 1 punt.");
        assert_eq!(told(1, -50_000), "De grens op uitlenen kost 1 match, maar brengt 5 punten op.");
        let more = "De grens op uitlenen kost niets. Zonder die grens zijn er 1 match en 70 punten minder: \
                    de andere grenzen gaan dan voor.";
        assert_eq!(told(-1, -700_000), more);
        let told = |matches, score| price(&w, worth(matches, score));
        assert_eq!([told(0, 0), told(1, 20_000)], ["niets", "1 match en 2 punten"]);
        assert_eq!(told(1, -20_000), "1 match, maar kost 2 punten");
    }
}
