//! The rules of matching: our own in a form, and those of every partner beside them.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use casework::matching::Rules;
use casework::own_rules::{EXCHANGE, MAX_POINTS, POINTS, PartnerRules, RulesPage, Untold, rules_to_form};
use casework::schemas::MatchingRules;
use casework::schemas::vocabulary::Cefr;

use crate::app::App;
use crate::change::Region;
use crate::door::{Posted, Visit, flash};
use crate::fault::Fault;
use crate::fields::{Choice, Form};
use crate::frame::{Frame, Nav, html};
use crate::words::Words;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/matchregels", get(page).post(save))
}

/// One subject of the table: its name, our points, and each partner's.
struct Row {
    name: String,
    points: Vec<String>,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct Page {
    f: Frame,
    form: Form,
    levels: Vec<Choice>,
    points: [&'static str; 9],
    exchange: [&'static str; 4],
    most: u16,
    partners: Vec<String>,
    rows: Vec<Row>,
    /// What is to be said of a partner's rules.
    remarks: Vec<String>,
    /// The usual rules, for the button that takes them back.
    usual: Vec<(String, String)>,
    is_usual: bool,
}

async fn page(State(app): State<App>, visit: Visit) -> Result<Response, Fault> {
    let found = read(&app, &visit).await?;
    let form = Form::new(&visit.words, rules_to_form(&found.own));
    show(&app, &visit, found, form).await
}

async fn read(app: &App, visit: &Visit) -> Result<RulesPage, Fault> {
    let actor = visit.actor.clone();
    app.run(move |office| office.rules_page(&actor)).await
}

async fn show(app: &App, visit: &Visit, found: RulesPage, form: Form) -> Result<Response, Fault> {
    let w = &visit.words;
    let usual = Rules::usual();
    let rows = rows(w, &found.partners);
    let asks = !found.own.exchange.is_empty();
    let untold = found.partners.iter().filter(|_| asks).filter_map(|partner| {
        let key = match partner.untold? {
            Untold::Older => "rules-older",
            Untold::Unknown => "rules-unknown",
        };
        Some(w.with(key, "municipality", &partner.place.name))
    });
    let remarks = found.partners.iter().filter_map(|partner| {
        let key = match (partner.newer, partner.rules) {
            (true, _) => "rules-newer",
            (false, None) => "rules-none",
            (false, Some(_)) => return None,
        };
        Some(w.with(key, "municipality", &partner.place.name))
    });
    // What we ask of the exchange is no rule that is usual or not.
    let usual = MatchingRules { exchange: found.own.exchange, ..usual };
    let f = Frame::new(app, visit, Nav::Partners, w.t("rules-title")).await?.refreshing("partners");
    html(&Page {
        form,
        levels: Cefr::ALL.iter().map(|level| (level.code().to_owned(), level.code().to_owned())).collect(),
        points: POINTS,
        exchange: EXCHANGE,
        most: MAX_POINTS,
        partners: found.partners.iter().map(|partner| partner.place.name.clone()).collect(),
        rows,
        remarks: remarks.chain(untold).collect(),
        usual: rules_to_form(&usual),
        is_usual: found.own == usual,
        f,
    })
}

/// Every subject with what each partner says of it: the fields of our own form, read only.
fn rows(w: &Words, partners: &[PartnerRules]) -> Vec<Row> {
    let forms = partners.iter().map(|partner| rules_to_form(&partner.rules.unwrap_or(Rules::usual())));
    let forms: Vec<BTreeMap<String, String>> = forms.map(|form| form.into_iter().collect()).collect();
    let nothing = w.t("rules-exchange-nothing");
    let said = |form: &BTreeMap<String, String>, name| match form.get(name) {
        Some(value) if !value.is_empty() => value.clone(),
        _ => nothing.clone(),
    };
    let row = |name| Row {
        name: w.t(&format!("field-{}", str::replace(name, ".", "-"))),
        points: forms.iter().map(|form| said(form, name)).collect(),
    };
    std::iter::once("min_dutch").chain(POINTS).chain(EXCHANGE).map(row).collect()
}

async fn save(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Fault> {
    let fields = posted.fields.clone();
    let actor = visit.actor.clone();
    match app.run(move |office| office.set_rules(&actor, &fields)).await {
        Ok(()) => {
            app.changed(Region::Partners);
            Ok(flash("notice-rules", &app, "/matchregels"))
        }
        Err(Fault::Invalid(errors)) => {
            let found = read(&app, &visit).await?;
            let form = Form::new(&visit.words, posted.fields).with_errors(&errors);
            let mut page = show(&app, &visit, found, form).await?;
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page)
        }
        Err(other) => Err(other),
    }
}
