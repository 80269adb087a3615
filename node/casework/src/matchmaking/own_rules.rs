//! This municipality's own rules of matching: who may be matched, and what counts for how much.
//! They are shared with the circle; a pair across a border satisfies both municipalities'.

use std::collections::BTreeMap;

use schemas::border::SCHEMA;
use schemas::documents::Weights;
use schemas::ids::RootId;
use schemas::vocabulary::Cefr;
use schemas::{Kind, MatchingRules, SharedValue};

use crate::cast;
use crate::desk::Desk;
use crate::error::{Error, FieldError, Result};
use crate::office::{Actor, Office};
use crate::search_view::Place;

/// Points of one subject, at most.
pub const MAX_POINTS: u16 = 1_000;
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
    let mut newer: BTreeMap<RootId, bool> = BTreeMap::new();
    for document in desk.records.documents(Kind::MunicipalityCard)? {
        if let SharedValue::MunicipalityCard(card) = document.value {
            newer.insert(document.owner, card.schema.get() > SCHEMA);
        }
    }
    let partners = cast::places(desk)?.into_values().filter(|place| place.root != desk.me.root);
    let mut partners: Vec<PartnerRules> = partners
        .map(|place| PartnerRules {
            rules: rules.own.get(&place.root).copied(),
            newer: newer.get(&place.root).copied().unwrap_or(false),
            place,
        })
        .collect();
    partners.sort_by(|one, other| one.place.name.cmp(&other.place.name));
    Ok(RulesPage { own: rules.of(desk.me.root), partners })
}

/// The fields of a form that holds `rules`.
pub fn rules_to_form(rules: &MatchingRules) -> Vec<(String, String)> {
    let points = POINTS.iter().zip(rules.weights.all()).map(|(name, points)| ((*name).to_owned(), points.to_string()));
    std::iter::once(("min_dutch".to_owned(), rules.min_dutch.code().to_owned())).chain(points).collect()
}

/// The rules in the fields of a form.
///
/// # Errors
/// `Invalid`: `cefr-unknown` for the level, `points` for a number that is none from 0 to 1,000,
/// `points-none` when no subject counts.
pub fn parse_rules(fields: &[(String, String)]) -> Result<MatchingRules> {
    let value = |name: &str| fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.trim());
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
    if wrong.is_empty() && points == [0; 9] {
        wrong.push(FieldError { field: POINTS[0].to_owned(), code: "points-none" });
    }
    let [occupation, sector, domains, proximity, languages, interests, slots, wishes, waiting] = points;
    let weights = Weights { occupation, sector, domains, proximity, languages, interests, slots, wishes, waiting };
    match min_dutch.filter(|_| wrong.is_empty()) {
        Some(min_dutch) => Ok(MatchingRules { min_dutch, weights }),
        None => Err(Error::Invalid(wrong)),
    }
}
