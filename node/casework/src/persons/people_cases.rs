//! Lists of persons, a person's file, and the intake. Every read of a person leaves a line in
//! the audit log, in the same transaction.

use schemas::ids::DocumentId;
use schemas::time::{Date, Hour, Timestamp};

use crate::error::{Error, Result};
use crate::hand::Hand;
use crate::office::{Actor, Office};
use crate::people::{Person, PersonData, PersonId, Purpose, Side};
use crate::people_view::{PersonFile, PersonRow, ShareState};
use crate::ports::Records;
use crate::pseudonym::border;
use crate::publication::{CARD_DAYS, live_card, refresh_card};
use crate::receipts::names;

/// Lines of the audit log on a person's page.
const AUDIT_LINES: u32 = 50;

/// Days from registration until `today`; zero for a day to come.
pub(crate) fn waiting_days(data: &PersonData, today: Date) -> u32 {
    u32::try_from(today.days_since_epoch() - data.registered_on.days_since_epoch()).unwrap_or(0)
}

fn share_state(person: &Person, until: Option<Hour>, consents: bool, screened: bool, today: Date) -> ShareState {
    match until {
        Some(until) => ShareState::Shared { until },
        None if person.data.birth.age_on(today).is_some_and(|age| age < 18) => ShareState::Minor,
        None if !consents => ShareState::ConsentMissing,
        None if person.data.side == Side::Mentor && !screened => ShareState::ScreeningMissing,
        None => ShareState::NotShared,
    }
}

impl Office {
    /// Everybody of a side who is not archived, longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn people(&self, actor: &Actor, side: Side) -> Result<Vec<PersonRow>> {
        actor.sees_persons()?;
        let hand = self.hand(actor);
        self.write(move |records| {
            let today = hand.day();
            let people = records.people(side)?;
            let standings = records.standings(side)?;
            hand.audit(records, "people.listed", None, &format!("{} {}", side.code(), people.len()))?;
            Ok(people
                .into_iter()
                .map(|person| {
                    let standing = standings.get(&person.id).copied().unwrap_or_default();
                    let until = standing.out_at.map(|at| at.hour().plus_days(CARD_DAYS));
                    PersonRow {
                        age: person.data.birth.age_on(today),
                        waiting_days: waiting_days(&person.data, today),
                        state: share_state(&person, until, standing.crosses_border, standing.screened, today),
                        person,
                    }
                })
                .collect())
        })
    }

    /// A person's file.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, a failing store.
    pub fn open_person(&self, actor: &Actor, id: PersonId) -> Result<PersonFile> {
        actor.sees_persons()?;
        let hand = self.hand(actor);
        self.write(move |records| {
            let person = records.person(id)?.ok_or(Error::NotFound)?;
            hand.audit(records, "person.read", Some(id), "")?;
            let today = hand.day();
            let card = live_card(records, &person)?;
            let screening = records.screening(id)?;
            let consents = records.consents_to(id, Purpose::CrossBorder)?;
            let until = card.as_ref().map(|card| card.until);
            let here = records.me()?.refnis;
            let receipts = receipts_about(records, id)?;
            Ok(PersonFile {
                receipts,
                age: person.data.birth.age_on(today),
                waiting_days: waiting_days(&person.data, today),
                consents: records.consents(id)?,
                state: share_state(&person, until, consents, screening.is_some(), today),
                border: border(&person.data, card.as_ref().map(|card| &card.value), here, today),
                ledger: records.ledger(id)?,
                places_unsure: records.places_unsure()?.contains(&id),
                audit: records.audit_about(id, AUDIT_LINES)?,
                screening,
                card,
                person,
            })
        })
    }

    /// Adds a person, or saves the version of one that the form was rendered from. A card that
    /// is out follows the record through the guard, or is withdrawn where it may no longer be
    /// out. A form (`NUMBER-DIGEST`) that was sent before changes nothing and gives the same person;
    /// the form that added a person, sent again with other words, corrects that person, unless it
    /// names somebody else.
    ///
    /// # Errors
    /// `Conflict` when somebody else saved in between, with who did; `Invalid` for data that
    /// cannot be; `Forbidden`, `NotFound`, a failing store.
    pub fn save_person(
        &self,
        actor: &Actor,
        existing: Option<(PersonId, u32)>,
        data: PersonData,
        form_number: Option<&str>,
    ) -> Result<PersonId> {
        actor.sees_persons()?;
        let hand = self.hand(actor);
        let form_number = form_number.map(str::to_owned);
        let id = self.write(move |records| match (existing, &form_number) {
            (None, Some(number)) => add_by_form(records, number, &data, &hand),
            (None, None) => insert(records, &data, false, &hand),
            (Some((id, _)), Some(number)) if !records.first_time(number, hand.now)? => Ok(id),
            (Some((id, version)), _) => replace(records, id, version, &data, &hand),
        })?;
        self.network.outbox_filled();
        Ok(id)
    }

    /// Whom a form (`NUMBER-DIGEST`) added, if it did.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn added_by_form(&self, actor: &Actor, form_number: &str) -> Result<Option<PersonId>> {
        actor.sees_persons()?;
        let form = form_number.split('-').next().unwrap_or_default().to_owned();
        self.read(move |records| Ok(Added::by(records, &form)?.map(|added| added.id)))
    }

    /// Takes a person out of every list, with the card that is out; or brings the person back.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, a failing store.
    pub fn archive_person(&self, actor: &Actor, id: PersonId, archived: bool) -> Result<()> {
        actor.sees_persons()?;
        let hand = self.hand(actor);
        self.write(move |records| {
            records.person(id)?.ok_or(Error::NotFound)?;
            records.set_archived(id, archived)?;
            hand.audit(records, if archived { "person.archived" } else { "person.restored" }, Some(id), "")?;
            refresh_card(records, id, &hand)
        })?;
        self.network.outbox_filled();
        Ok(())
    }
}

/// Receipts for what was taken back about a person, by document and partner.
fn receipts_about(records: &mut dyn Records, id: PersonId) -> Result<Vec<(DocumentId, String, Option<Timestamp>)>> {
    let names = names(records)?;
    let mut receipts = Vec::new();
    for document in records.documents_about(id)? {
        for one in records.receipts_for(document)? {
            let name = names.get(&one.partner).cloned().unwrap_or_else(|| one.partner.short());
            receipts.push((document, name, one.received_at));
        }
    }
    Ok(receipts)
}

/// Adds a person.
pub(crate) fn insert(records: &mut dyn Records, data: &PersonData, demo: bool, hand: &Hand) -> Result<PersonId> {
    let id = records.insert_person(data, demo, &hand.by, hand.now)?;
    hand.audit(records, "person.added", Some(id), "")?;
    Ok(id)
}

/// Whom a form added, the version that it saved last, and the digest of that.
struct Added {
    id: PersonId,
    version: u32,
    digest: String,
}

impl Added {
    fn by(records: &mut dyn Records, form: &str) -> Result<Option<Self>> {
        let parse = |result: String| {
            let mut parts = result.split(' ');
            let (id, version) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            Some(Self { id: PersonId(id), version, digest: parts.next()?.to_owned() })
        };
        Ok(records.form_result(form)?.and_then(parse))
    }
}

/// Adds a person, or corrects the one whom this form added before the browser's Back. What names
/// somebody else altogether is another person.
fn add_by_form(records: &mut dyn Records, form_number: &str, data: &PersonData, hand: &Hand) -> Result<PersonId> {
    let (form, digest) = form_number.split_once('-').unwrap_or((form_number, ""));
    let id = match Added::by(records, form)? {
        Some(added) if added.digest == digest => return Ok(added.id),
        Some(added) => {
            let stored = records.person(added.id)?.map(|person| person.data);
            let is_another = |stored: PersonData| stored.full_name() != data.full_name() && stored.birth != data.birth;
            if stored.is_none_or(is_another) {
                insert(records, data, false, hand)?
            } else {
                replace(records, added.id, added.version, data, hand)?
            }
        }
        None => insert(records, data, false, hand)?,
    };
    let version = records.person(id)?.ok_or(Error::NotFound)?.version;
    records.first_time(form, hand.now)?;
    records.set_form_result(form, &format!("{} {version} {digest}", id.0))?;
    Ok(id)
}

/// Saves over the version that the caller saw.
pub(crate) fn replace(
    records: &mut dyn Records,
    id: PersonId,
    version: u32,
    data: &PersonData,
    hand: &Hand,
) -> Result<PersonId> {
    let stored = records.person(id)?.ok_or(Error::NotFound)?;
    if stored.data.side != data.side {
        return Err(Error::Refused("side-changed"));
    }
    if stored.version != version || !records.update_person(id, version, data, &hand.by, hand.now)? {
        return Err(Error::Conflict { by: stored.changed_by, version: stored.version });
    }
    hand.audit(records, "person.changed", Some(id), "")?;
    refresh_card(records, id, hand)?;
    Ok(id)
}
