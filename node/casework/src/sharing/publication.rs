//! Crossing the border: what must be in order before a card leaves, publishing it, keeping it in
//! step with the record, and taking it back. Each step writes the sharing ledger in the same
//! transaction. A card never leaves around the guard.

use std::collections::{BTreeMap, BTreeSet};

use schemas::ids::{CircleId, DocumentId};
use schemas::language::Language;
use schemas::places::Refnis;
use schemas::time::{Hour, Timestamp};
use schemas::vocabulary::AgeBand;
use schemas::{Kind, SharedValue};

use crate::desk::places_left_of;
use crate::error::{Error, Result};
use crate::guard::{Guarded, K, Quasi, Register, Subject, guard};
use crate::hand::Hand;
use crate::office::{Actor, Office};
use crate::people::{Person, PersonId, Purpose, Side};
use crate::people_view::{LiveCard, Preview};
use crate::ports::{Circle, LedgerLine, Municipality, Outgoing, PopulationCell, Records};
use crate::pseudonym::{border, match_request, mentor_offer};
use crate::renewal::is_on_its_way;

/// Days that a card lives unless it is renewed.
pub const CARD_DAYS: u32 = 90;

/// The kind of card of a side.
pub(crate) const fn card_kind(side: Side) -> Kind {
    match side {
        Side::Mentor => Kind::MentorOffer,
        Side::Newcomer => Kind::MatchRequest,
    }
}

/// Ledger events that put a card out, or out again.
const OUT: [&str; 3] = ["published", "updated", "renewed"];

/// A card that could leave, or why not.
struct Draft {
    obstacles: Vec<&'static str>,
    circle: Option<Circle>,
    value: Option<SharedValue>,
    guarded: Option<Guarded>,
}

impl Office {
    /// What would leave about a person in a circle (the first one with an arrangement where none
    /// is given), what it loses to the guard, and what stands in the way.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, a failing store.
    pub fn preview_publication(&self, actor: &Actor, person: PersonId, circle: Option<CircleId>) -> Result<Preview> {
        actor.sees_persons()?;
        let hand = self.hand(actor);
        self.write(move |records| {
            let person = records.person(person)?.ok_or(Error::NotFound)?;
            hand.audit(records, "person.previewed", Some(person.id), "")?;
            let around = Around::read(records, person.data.side, &hand)?;
            let draft = draft(records, &around, &person, circle, &hand)?;
            Ok(Preview {
                border: border(&person.data, draft.value.as_ref(), around.here, hand.day()),
                recipients: around.recipients(draft.circle.as_ref()),
                live: records.live_card(person.id)?,
                person,
                obstacles: draft.obstacles,
                circle: draft.circle,
                until: hand.now.hour().plus_days(CARD_DAYS),
                value: draft.value,
                people: draft.guarded.as_ref().and_then(|guarded| guarded.people),
                losses: draft.guarded.map(|guarded| guarded.lost).unwrap_or_default(),
            })
        })
    }

    /// Publishes the card of a person, or brings the one that is out up to date. Its document:
    /// fresh for each publication, kept through renewals.
    ///
    /// # Errors
    /// `Refused` with the first obstacle's code; `Forbidden`, `NotFound`, a failing store.
    pub fn publish(&self, actor: &Actor, person: PersonId, circle: Option<CircleId>) -> Result<DocumentId> {
        actor.sees_persons()?;
        let hand = self.hand(actor);
        let document = self.write(move |records| {
            let person = records.person(person)?.ok_or(Error::NotFound)?;
            publish_card(records, &person, circle, &hand)
        })?;
        self.network.outbox_filled();
        Ok(document)
    }

    /// Takes the card of a person back; its document is erased at every partner.
    ///
    /// # Errors
    /// `NotFound` where no card is out; `Forbidden`, a failing store.
    pub fn withdraw(&self, actor: &Actor, person: PersonId) -> Result<()> {
        actor.sees_persons()?;
        let hand = self.hand(actor);
        self.write(
            move |records| {
                if withdraw_card(records, person, "withdrawn", &hand)? { Ok(()) } else { Err(Error::NotFound) }
            },
        )?;
        self.network.outbox_filled();
        Ok(())
    }
}

/// What every card is held against, read once for many of them.
pub(crate) struct Around {
    here: Refnis,
    circles: Vec<Circle>,
    partners: Vec<Municipality>,
    /// The population table; none where none was given.
    table: Option<Vec<PopulationCell>>,
    /// Bands of the own newcomers, counted where there is no table.
    own: Vec<AgeBand>,
    /// Languages on the mentor offers of each circle.
    offered: BTreeMap<CircleId, BTreeSet<Language>>,
}

impl Around {
    /// Reads it for cards of `side`; the guard's part only for newcomers.
    pub(crate) fn read(records: &mut dyn Records, side: Side, hand: &Hand) -> Result<Self> {
        let mut around = Self {
            here: records.me()?.refnis,
            circles: records.circles()?,
            partners: records.partners()?,
            table: None,
            own: Vec::new(),
            offered: BTreeMap::new(),
        };
        if side == Side::Mentor {
            return Ok(around);
        }
        around.table = records.population()?;
        if around.table.is_none() {
            let own = records.people(Side::Newcomer)?;
            around.own = own.iter().filter_map(|person| person.data.birth.band_on(hand.day())).collect();
        }
        for document in records.documents(Kind::MentorOffer)? {
            if let SharedValue::MentorOffer(offer) = document.value {
                around.offered.entry(document.circle).or_default().extend(offer.languages.iter());
            }
        }
        Ok(around)
    }

    /// The circle that is asked for, or the first named one that has its arrangement; where none
    /// has, the first named one, for the obstacle to name.
    fn circle(&self, asked: Option<CircleId>) -> Option<&Circle> {
        let mut named = self.circles.iter().filter(|circle| !circle.pair);
        match asked {
            Some(id) => named.find(|circle| circle.id == id),
            None => named.clone().find(|circle| !circle.arrangement.is_empty()).or_else(|| named.next()),
        }
    }

    /// Names of the partners in a circle.
    fn recipients(&self, circle: Option<&Circle>) -> Vec<String> {
        let Some(circle) = circle else { return Vec::new() };
        let inside = self.partners.iter().filter(|partner| circle.members.contains(&partner.root));
        inside.map(|partner| partner.name.clone()).collect()
    }
}

fn draft(
    records: &mut dyn Records,
    around: &Around,
    person: &Person,
    asked: Option<CircleId>,
    hand: &Hand,
) -> Result<Draft> {
    let data = &person.data;
    let circle = around.circle(asked).cloned();
    let mut obstacles = Vec::new();
    let mut require = |holds: bool, code: &'static str| {
        if !holds {
            obstacles.push(code);
        }
    };
    let age = data.birth.age_on(hand.day());
    require(!person.archived, "person-archived");
    require(age.is_none_or(|age| age >= 18), "person-minor");
    // A mentor's age is in the extract that was seen.
    require(age.is_some() || data.side == Side::Mentor, "age-unknown");
    require(records.consents_to(person.id, Purpose::CrossBorder)?, "consent-missing");
    require(data.side == Side::Newcomer || records.screening(person.id)?.is_some(), "screening-missing");
    require(circle.is_some(), "circle-missing");
    require(circle.as_ref().is_none_or(|circle| !circle.arrangement.is_empty()), "arrangement-missing");
    require(!data.domains.is_empty(), "domains-missing");
    require(!data.slots.is_empty(), "slots-missing");
    let (value, guarded) = match data.side {
        Side::Mentor => {
            let places = places_left_of(records, person)?;
            (Some(SharedValue::MentorOffer(mentor_offer(data, places, around.here, hand.day()))), None)
        }
        Side::Newcomer => match guarded(records, around, person, circle.as_ref(), hand)? {
            Some(guarded) => {
                let request = match_request(data, &guarded.shown, around.here);
                (Some(SharedValue::MatchRequest(request)), Some(guarded))
            }
            None => {
                obstacles.push("too-few-people");
                (None, None)
            }
        },
    };
    Ok(Draft { obstacles, circle, value, guarded })
}

/// What the guard lets through about a newcomer in a circle.
fn guarded(
    records: &mut dyn Records,
    around: &Around,
    person: &Person,
    circle: Option<&Circle>,
    hand: &Hand,
) -> Result<Option<Guarded>> {
    let mut past = Vec::new();
    for line in records.ledger(person.id)?.iter().filter(|line| !line.quasi.is_empty()) {
        // What cannot be read back must not count as nothing.
        past.push(Quasi::from_text(&line.quasi).ok_or_else(|| Error::Store("corrupt".to_owned()))?);
    }
    let none = BTreeSet::new();
    let subject = Subject {
        languages: &person.data.languages,
        age_band: person.data.birth.band_on(hand.day()),
        past: &past,
        offered: circle.and_then(|circle| around.offered.get(&circle.id)).unwrap_or(&none),
    };
    let register = match &around.table {
        Some(cells) => Register::Table { cells, refnis: around.here },
        None => Register::Own(&around.own),
    };
    Ok(guard(&subject, register, K))
}

fn publish_card(
    records: &mut dyn Records,
    person: &Person,
    asked: Option<CircleId>,
    hand: &Hand,
) -> Result<DocumentId> {
    let live = records.live_card(person.id)?;
    let asked = match (asked, live) {
        (None, Some(document)) => records.linked_circle(document)?,
        _ => asked,
    };
    let around = Around::read(records, person.data.side, hand)?;
    let draft = draft(records, &around, person, asked, hand)?;
    if let Some(code) = draft.obstacles.first() {
        return Err(Error::Refused(code));
    }
    let (Some(circle), Some(value)) = (draft.circle, draft.value) else {
        return Err(Error::Refused("circle-missing"));
    };
    let recipients = around.recipients(Some(&circle)).join(", ");
    let out = Out { person, circle: circle.id, recipients, value, guarded: draft.guarded };
    match live {
        Some(document) if records.linked_circle(document)? == Some(circle.id) => {
            put_out(records, out, document, "updated", hand)?;
            Ok(document)
        }
        _ => {
            // To another circle goes another pseudonym.
            withdraw_card(records, person.id, "withdrawn", hand)?;
            let document = hand.new_document();
            records.link(document, person.id, card_kind(person.data.side), circle.id, hand.now)?;
            put_out(records, out, document, "published", hand)?;
            Ok(document)
        }
    }
}

struct Out<'a> {
    person: &'a Person,
    circle: CircleId,
    /// Names of the municipalities that receive it.
    recipients: String,
    value: SharedValue,
    guarded: Option<Guarded>,
}

fn put_out(records: &mut dyn Records, out: Out<'_>, document: DocumentId, event: &str, hand: &Hand) -> Result<()> {
    let consent = records
        .consents(out.person.id)?
        .into_iter()
        .find(|consent| consent.purpose == Purpose::CrossBorder)
        .map(|consent| format!("{} {} {}", consent.purpose.code(), consent.on, consent.text_version))
        .unwrap_or_default();
    records.add_ledger(&LedgerLine {
        person: out.person.id,
        at: hand.now,
        event: event.to_owned(),
        document: Some(document),
        recipients: out.recipients,
        consent,
        what: value_text(&out.value)?,
        by: hand.by.clone(),
        quasi: out.guarded.map(|guarded| guarded.shown.to_text()).unwrap_or_default(),
    })?;
    hand.audit(records, &format!("card.{event}"), Some(out.person.id), "")?;
    records.enqueue(&Outgoing::Publish {
        circle: out.circle,
        document,
        value: out.value,
        expires_at: hand.now.hour().plus_days(CARD_DAYS),
    })?;
    Ok(())
}

/// A shared value as the ledger keeps it.
pub(crate) fn value_text(value: &SharedValue) -> Result<String> {
    value.to_json().map(|json| json.to_string()).map_err(|_| Error::Store("corrupt".to_owned()))
}

/// Takes back the card that is out, if one is; whether one was. `event` goes in the ledger.
pub(crate) fn withdraw_card(records: &mut dyn Records, person: PersonId, event: &str, hand: &Hand) -> Result<bool> {
    let Some(document) = records.live_card(person)? else { return Ok(false) };
    // Whoever received it last is told to erase it.
    let recipients = last_out(records, person, document)?.map(|(line, _)| line.recipients).unwrap_or_default();
    records.add_ledger(&LedgerLine {
        person,
        at: hand.now,
        event: event.to_owned(),
        document: Some(document),
        recipients,
        consent: String::new(),
        what: String::new(),
        by: hand.by.clone(),
        quasi: String::new(),
    })?;
    hand.audit(records, &format!("card.{event}"), Some(person), "")?;
    records.end_link(document, hand.now)?;
    records.await_receipts(document, hand.now)?;
    records.enqueue(&Outgoing::Erase { document })?;
    Ok(true)
}

/// The newest line that put a document out, with when the card ends.
fn last_out(records: &mut dyn Records, person: PersonId, document: DocumentId) -> Result<Option<(LedgerLine, Hour)>> {
    let lines = records.ledger(person)?.into_iter().rev();
    let mut out = lines.filter(|line| line.document == Some(document) && OUT.contains(&line.event.as_str()));
    Ok(out.next().map(|line| {
        let until = line.at.hour().plus_days(CARD_DAYS);
        (line, until)
    }))
}

/// The card of a person that is out.
pub(crate) fn live_card(records: &mut dyn Records, person: &Person) -> Result<Option<LiveCard>> {
    let Some(document) = records.live_card(person.id)? else { return Ok(None) };
    let circle = records.linked_circle(document)?;
    let Some(((line, until), circle)) = last_out(records, person.id, document)?.zip(circle) else { return Ok(None) };
    let corrupt = || Error::Store("corrupt".to_owned());
    let json = serde_json::from_str(&line.what).map_err(|_| corrupt())?;
    let value = SharedValue::from_json(card_kind(person.data.side), json).map_err(|_| corrupt())?;
    Ok(Some(LiveCard { document, circle, recipients: line.recipients, until, value }))
}

/// Brings the card that is out in step with the record: updated when it would say something
/// else, renewed in the last third of its life, withdrawn when a condition no longer holds.
/// Nothing happens where no card is out.
pub(crate) fn refresh_card(records: &mut dyn Records, person: PersonId, hand: &Hand) -> Result<()> {
    if records.live_card(person)?.is_none() {
        return Ok(());
    }
    let side = records.person(person)?.ok_or(Error::NotFound)?.data.side;
    let around = Around::read(records, side, hand)?;
    refresh_card_in(records, &around, person, hand)
}

/// The same for one of many.
pub(crate) fn refresh_card_in(records: &mut dyn Records, around: &Around, person: PersonId, hand: &Hand) -> Result<()> {
    let Some(document) = records.live_card(person)? else { return Ok(()) };
    let person = records.person(person)?.ok_or(Error::NotFound)?;
    let circle = records.linked_circle(document)?;
    let draft = draft(records, around, &person, circle, hand)?;
    let (Some(circle), Some(value), true) = (draft.circle, draft.value, draft.obstacles.is_empty()) else {
        withdraw_card(records, person.id, "withdrawn", hand)?;
        return Ok(());
    };
    let last = last_out(records, person.id, document)?;
    let event = match last {
        Some((line, _)) if line.what != value_text(&value)? => "updated",
        // What a wrong clock ended before its time goes out again.
        Some((line, until))
            if !is_due(document, until, hand.now)
                && (is_on_its_way(line.at, hand.now) || !records.is_missing(document)?) =>
        {
            return Ok(());
        }
        Some(_) => "renewed",
        None => "published",
    };
    let recipients = around.recipients(Some(&circle)).join(", ");
    let out = Out { person: &person, circle: circle.id, recipients, value, guarded: draft.guarded };
    put_out(records, out, document, event, hand)
}

/// Whether a card that ends at `until` is renewed now: some time in the last third of its life,
/// spread over twenty days by the document's id so that not all come on one day.
pub(crate) fn is_due(document: DocumentId, until: Hour, now: Timestamp) -> bool {
    const THIRD: u32 = CARD_DAYS / 3 * 24;
    const SPREAD: u32 = 20 * 24;
    let spread = u32::from(u16::from_le_bytes([document.0[0], document.0[1]])) % SPREAD;
    until.0.saturating_sub(now.hour().0) <= THIRD - spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewal_falls_in_the_last_third_before_its_last_days() {
        let until = Hour(1_000_000);
        for first in 0..=255 {
            let document = DocumentId([first; 16]);
            let at = |days: u32| Hour(until.0 - days * 24).start();
            assert!(!is_due(document, until, at(31)), "{first}");
            assert!(is_due(document, until, at(10)), "{first}");
        }
    }
}
