//! This municipality's own rules of matching: who may be matched, and what counts for how much.
//! They are shared with the circle; a pair across a border satisfies both municipalities'.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use schemas::border::SCHEMA;
use schemas::bounded::{Net, Percent};
use schemas::documents::{Exchange, Weights};
use schemas::ids::RootId;
use schemas::vocabulary::Cefr;
use schemas::{Kind, MatchingRules, SharedValue};

use crate::cast;
use crate::desk::Desk;
use crate::error::{Error, FieldError, Result};
use crate::office::{Actor, Office};
use crate::ports::Records;
use crate::search_view::Place;

/// Points of one subject, at most.
pub const MAX_POINTS: u16 = 1_000;
/// The first schema with [`Exchange`].
const EXCHANGE_SCHEMA: u16 = 2;
/// Fields of the form with points, in the order of [`Weights::all`].
pub const POINTS: [&str; 9] = [
    "points.occupation",
    "points.sector",
    "points.domains",
    "points.proximity",
    "points.languages",
    "points.interests",
    "points.slots",
    "points.wishes",
    "points.waiting",
];

/// Fields of the form with what we ask of the exchange, in the order of [`Exchange`].
pub const EXCHANGE: [&str; 4] = ["exchange.lends", "exchange.receives", "exchange.share", "exchange.long_share"];

/// The rules of the circle as a page shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesPage {
    /// Our own.
    pub own: MatchingRules,
    /// Every partner's, by name.
    pub partners: Vec<PartnerRules>,
}

/// What is known of a partner's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerRules {
    /// Whose.
    pub place: Place,
    /// As shared; none where it shared none that this release can read: the usual ones count.
    pub rules: Option<MatchingRules>,
    /// Its node is newer than this one, so that its rules may say what this one cannot read.
    pub newer: bool,
    /// Why nobody in our circles with it is told what we ask of the exchange; none where it keeps
    /// nobody from that.
    pub untold: Option<Untold>,
}

/// What keeps a circle from being told what we ask of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untold {
    /// The partner's node is older and cannot read it.
    Older,
    /// The partner's card is not here, so that nobody knows what its node can read.
    Unknown,
}

impl Office {
    /// Our own rules and those of every partner.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn rules_page(&self, actor: &Actor) -> Result<RulesPage> {
        self.at_desk(actor, page)
    }

    /// Takes rules of our own and shares them.
    ///
    /// # Errors
    /// `Invalid` with every field that cannot be; `Forbidden`, a failing store.
    pub fn set_rules(&self, actor: &Actor, fields: &[(String, String)]) -> Result<()> {
        actor.sees_persons()?;
        let rules = parse_rules(fields)?;
        self.at_desk(actor, move |desk| {
            desk.audit("rules.set", None, "")?;
            desk.records.set_own_rules(&rules)
        })?;
        self.publish_own_cards()?;
        Ok(())
    }
}

pub(crate) fn page(desk: &mut Desk<'_>) -> Result<RulesPage> {
    let rules = cast::rules(desk)?;
    let stated = stated(desk.records)?;
    let circles = desk.records.circles()?.into_iter().filter(|circle| !circle.pair);
    let members: BTreeSet<RootId> = circles.flat_map(|circle| circle.members).collect();
    let partners = cast::places(desk)?.into_values().filter(|place| place.root != desk.me.root);
    let mut partners: Vec<PartnerRules> = partners
        .map(|place| {
            let schema = stated.get(&place.root).copied();
            let untold = match schema {
                None => Some(Untold::Unknown),
                Some(schema) if schema < EXCHANGE_SCHEMA => Some(Untold::Older),
                Some(_) => None,
            };
            PartnerRules {
                rules: rules.own.get(&place.root).copied(),
                newer: schema.is_some_and(|schema| schema > SCHEMA),
                untold: untold.filter(|_| members.contains(&place.root)),
                place,
            }
        })
        .collect();
    partners.sort_by(|one, other| one.place.name.cmp(&other.place.name));
    Ok(RulesPage { own: rules.of(desk.me.root), partners })
}

/// The schema that every municipality's card states, where it is known.
pub(crate) fn stated(records: &mut dyn Records) -> Result<BTreeMap<RootId, u16>> {
    let cards = records.documents(Kind::MunicipalityCard)?.into_iter();
    let stated = cards.filter_map(|document| match document.value {
        SharedValue::MunicipalityCard(card) => Some((document.owner, card.schema.get())),
        _ => None,
    });
    Ok(stated.collect())
}

/// The fields of a form that holds `rules`.
pub fn rules_to_form(rules: &MatchingRules) -> Vec<(String, String)> {
    let points = rules.weights.all().map(|points| points.to_string());
    let Exchange { lends, receives, share, long_share } = rules.exchange;
    let said = |text: Option<String>| text.unwrap_or_default();
    let net = |number: Option<Net>| said(number.map(|number| number.to_string()));
    let percent = |number: Option<Percent>| said(number.map(|number| number.to_string()));
    let exchange = [net(lends), net(receives), percent(share), percent(long_share)];
    let values = std::iter::once(rules.min_dutch.code().to_owned()).chain(points).chain(exchange);
    let names = std::iter::once("min_dutch").chain(POINTS).chain(EXCHANGE);
    names.map(str::to_owned).zip(values).collect()
}

/// The rules in the fields of a form.
///
/// # Errors
/// `Invalid`: `cefr-unknown` for the level, `points` for a number that is none from 0 to 1,000,
/// `points-none` when no subject counts; `exchange-net` and `exchange-percent` for what is no such
/// number. What is left empty is not asked.
pub fn parse_rules(fields: &[(String, String)]) -> Result<MatchingRules> {
    let value = |name| value(fields, name);
    let mut wrong = Vec::new();
    let mut refuse = |field: &str, code| wrong.push(FieldError { field: field.to_owned(), code });
    let min_dutch: Option<Cefr> = value("min_dutch").parse().ok();
    if min_dutch.is_none() {
        refuse("min_dutch", "cefr-unknown");
    }
    let mut points = [0; 9];
    for (points, name) in points.iter_mut().zip(POINTS) {
        match value(name).parse::<u16>() {
            Ok(number) if number <= MAX_POINTS => *points = number,
            _ => refuse(name, "points"),
        }
    }
    let exchange = parse_exchange(fields, EXCHANGE).unwrap_or_else(|errors| {
        wrong.extend(errors);
        Exchange::default()
    });
    if wrong.is_empty() && points == [0; 9] {
        wrong.push(FieldError { field: POINTS[0].to_owned(), code: "points-none" });
    }
    let [occupation, sector, domains, proximity, languages, interests, slots, wishes, waiting] = points;
    let weights = Weights { occupation, sector, domains, proximity, languages, interests, slots, wishes, waiting };
    match min_dutch.filter(|_| wrong.is_empty()) {
        Some(min_dutch) => Ok(MatchingRules { min_dutch, weights, exchange }),
        None => Err(Error::Invalid(wrong)),
    }
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.trim())
}

/// What the fields of a form ask that have these names, in the order of [`Exchange`].
///
/// # Errors
/// Every field that is neither empty nor such a number.
pub fn parse_exchange(
    fields: &[(String, String)],
    [lends, receives, share, long_share]: [&str; 4],
) -> std::result::Result<Exchange, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let mut net = |name| number(fields, name, |number| Net::new(number).ok(), "exchange-net", &mut wrong);
    let (lends, receives) = (net(lends), net(receives));
    let mut percent = |name| number(fields, name, |number| Percent::new(number).ok(), "exchange-percent", &mut wrong);
    let (share, long_share) = (percent(share), percent(long_share));
    if wrong.is_empty() { Ok(Exchange { lends, receives, share, long_share }) } else { Err(wrong) }
}

fn number<N: FromStr, T>(
    fields: &[(String, String)],
    name: &str,
    fits: impl FnOnce(N) -> Option<T>,
    code: &'static str,
    wrong: &mut Vec<FieldError>,
) -> Option<T> {
    let text = value(fields, name);
    let number = text.parse().ok().and_then(fits);
    if number.is_none() && !text.is_empty() {
        wrong.push(FieldError { field: name.to_owned(), code });
    }
    number
}
