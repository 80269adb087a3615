//! The partners page, and this municipality's own cards.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use schemas::border::SCHEMA;
use schemas::ids::RootId;
use schemas::language::Language;
use schemas::text::Line;
use schemas::time::Timestamp;
use schemas::vocabulary::Languages;
use schemas::{Kind, MunicipalityCard, SharedValue};

use crate::error::{Error, Result};
use crate::hand::Hand;
use crate::office::{Actor, Office};
use crate::own_rules;
use crate::partner_life::{Departure, Suspension};
use crate::ports::{Circle, Municipality, Outgoing, OwnDocument, PartnerLive, Records};
use crate::publication::{CARD_DAYS, is_due, value_text};

/// Seconds before its end from which the page speaks of a certificate.
const CERTIFICATE_SOON: u64 = 60 * 86_400;

/// Everything the partners page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnersPage {
    /// This municipality.
    pub me: Municipality,
    /// Confirmed partners, by name.
    pub partners: Vec<PartnerRow>,
    /// Named circles, by name.
    pub circles: Vec<Circle>,
    /// Municipalities that are no partner any more, the newest first.
    pub departures: Vec<Departure>,
    /// Municipalities that merged into another, by the names of both; this one too when it did.
    pub mergers: BTreeMap<RootId, String>,
    /// When this municipality's own certificate ends, when that is soon or past.
    pub own_certificate_ends: Option<Timestamp>,
    /// The serial under which this municipality's own root signed two certificates, if it did.
    pub own_certified_twice: Option<u64>,
    /// Whether the exchange waits until the store writes again.
    pub paused: bool,
}

/// A partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerRow {
    /// Who.
    pub municipality: Municipality,
    /// How the exchange goes; none where the node is not running.
    pub live: Option<PartnerLive>,
    /// Names of the circles shared with it.
    pub circles: Vec<String>,
    /// Whether it is suspended, since when and why.
    pub suspended: Option<Suspension>,
    /// When its certificate ends, when that is soon or past.
    pub certificate_ends: Option<Timestamp>,
    /// The serial under which its root signed two certificates, until it signs the next.
    pub certified_twice: Option<u64>,
    /// How often it was found to have written two things in one place; the proof is in the store.
    pub forks: usize,
}

impl Office {
    /// This municipality, its partners with their live state, its circles. Holds no persons.
    ///
    /// # Errors
    /// A failing store.
    pub fn partners_page(&self, _actor: &Actor) -> Result<PartnersPage> {
        let live = self.network.partners();
        let (ends, soon) = (self.network.certificates_end(), self.now().plus_seconds(CERTIFICATE_SOON));
        let ends = move |root: &RootId| ends.get(root).copied().filter(|end| *end <= soon);
        let paused = self.network.paused().is_some();
        let successors = self.network.successors();
        let twice = self.network.certified_twice();
        self.read(move |records| {
            let circles: Vec<Circle> = records.circles()?.into_iter().filter(|circle| !circle.pair).collect();
            let mut suspensions = records.suspensions()?;
            let proofs = records.proofs()?;
            let partners = records
                .partners()?
                .into_iter()
                .map(|municipality| PartnerRow {
                    live: live.iter().find(|live| live.root == municipality.root).cloned(),
                    circles: circles
                        .iter()
                        .filter(|circle| circle.members.contains(&municipality.root))
                        .map(|circle| circle.name.clone())
                        .collect(),
                    suspended: suspensions.remove(&municipality.root),
                    certificate_ends: ends(&municipality.root),
                    certified_twice: twice.get(&municipality.root).copied(),
                    forks: proofs.iter().filter(|proof| proof.author == municipality.root).count(),
                    municipality,
                })
                .collect();
            let me = records.me()?;
            let own_certificate_ends = ends(&me.root);
            let own_certified_twice = twice.get(&me.root).copied();
            let departures = records.departures()?;
            let mut names = crate::receipts::names(records)?;
            names.insert(me.root, me.name.clone());
            let named = |root: RootId| names.get(&root).cloned().unwrap_or_else(|| root.short());
            let mergers = successors.into_iter().map(|(root, into)| (root, named(into))).collect();
            Ok(PartnersPage {
                me,
                partners,
                circles,
                departures,
                mergers,
                own_certificate_ends,
                own_certified_twice,
                paused,
            })
        })
    }

    /// Live state of every partner.
    pub fn partners_live(&self) -> Vec<PartnerLive> {
        self.network.partners()
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// A failing store, or one without an identity.
    pub fn ready(&self) -> Result<()> {
        self.read(|records| records.me().map(|_| ()))
    }

    /// Publishes this municipality's card and matching rules in every named circle, again when
    /// they change and in the last third of their life. As often as wanted; whether something
    /// went out.
    ///
    /// # Errors
    /// A failing store.
    pub fn publish_own_cards(&self) -> Result<bool> {
        let hand = self.hand(&Actor::command_line());
        let sent = self.write(move |records| {
            let me = records.me()?;
            let card = SharedValue::MunicipalityCard(own_card(&me)?);
            let rules = SharedValue::MatchingRules(records.own_rules()?.unwrap_or(matching::Rules::usual()));
            let stated = own_rules::stated(records)?;
            let mut sent = false;
            for circle in records.circles()?.into_iter().filter(|circle| !circle.pair) {
                // As much as everybody in it can read; more, as soon as the last of them can.
                let others = circle.members.iter().filter(|member| **member != me.root);
                let schema = others.map(|member| stated.get(member).copied().unwrap_or(1)).min().unwrap_or(SCHEMA);
                for value in [&card, &rules] {
                    sent |= keep_out(records, &circle, &value.clone().in_schema(schema), &hand)?;
                }
            }
            Ok(sent)
        })?;
        if sent {
            self.network.outbox_filled();
        }
        Ok(sent)
    }
}

fn keep_out(records: &mut dyn Records, circle: &Circle, value: &SharedValue, hand: &Hand) -> Result<bool> {
    let kind: Kind = value.kind();
    let text = value_text(value)?;
    let held = records.own_document(kind, circle.id)?;
    if let Some(held) = &held
        && held.value == text
        && !is_due(held.document, held.published_at.hour().plus_days(CARD_DAYS), hand.now)
    {
        return Ok(false);
    }
    let document = held.map_or_else(|| hand.new_document(), |held| held.document);
    records.put_own_document(kind, circle.id, &OwnDocument { document, value: text, published_at: hand.now })?;
    records.enqueue(&Outgoing::Publish {
        circle: circle.id,
        document,
        value: value.clone(),
        expires_at: hand.now.hour().plus_days(CARD_DAYS),
    })?;
    Ok(true)
}

fn own_card(me: &Municipality) -> Result<MunicipalityCard> {
    let unfit = |_| Error::Refused("own-card-unfit");
    Ok(MunicipalityCard {
        refnis: me.refnis,
        kbo: me.kbo.parse().ok(),
        name: Line::new(me.name.clone()).map_err(unfit)?,
        office: Line::new(me.office.clone()).map_err(unfit)?,
        languages: Languages::new([Language::dutch()]).map_err(unfit)?,
        schema: NonZeroU16::new(SCHEMA).unwrap_or(NonZeroU16::MIN),
        away_until: None,
    })
}
