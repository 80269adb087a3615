//! Consent by purpose with its day, the version of the text and who asked; and a mentor's
//! screening: that it was seen, never what it says. For one person or for ticked rows.

use schemas::time::Date;

use crate::error::{Error, Result};
use crate::office::{Actor, Office};
use crate::people::{Consent, PersonId, Purpose, Screening, Side};
use crate::publication::withdraw_card;

impl Office {
    /// Records what each of `people` said, all or none. Who withdraws the consent to cross the
    /// border is withdrawn from the partners at once.
    ///
    /// # Errors
    /// `Invalid` for a day to come or a missing text version; `Forbidden`, `NotFound`, a failing
    /// store.
    pub fn record_consent(
        &self,
        actor: &Actor,
        people: &[PersonId],
        purpose: Purpose,
        given: bool,
        on: Date,
        text_version: &str,
    ) -> Result<()> {
        actor.sees_persons()?;
        let hand = self.hand(actor);
        if on > hand.day() {
            return Err(Error::field("on", "date-future"));
        }
        let text_version = text_version.trim().to_owned();
        if text_version.is_empty() || text_version.chars().count() > 60 {
            return Err(Error::field("text_version", "text-version-missing"));
        }
        let people = people.to_vec();
        self.write(move |records| {
            for id in people {
                records.person(id)?.ok_or(Error::NotFound)?;
                let consent =
                    Consent { purpose, given, on, text_version: text_version.clone(), asked_by: hand.by.clone() };
                records.add_consent(id, &consent)?;
                let action = if given { "consent.given" } else { "consent.withdrawn" };
                hand.audit(records, action, Some(id), purpose.code())?;
                if !given && purpose == Purpose::CrossBorder {
                    withdraw_card(records, id, "withdrawn", &hand)?;
                }
            }
            Ok(())
        })?;
        self.network.outbox_filled();
        Ok(())
    }

    /// Records that the extract of each of `people` was seen, all or none.
    ///
    /// # Errors
    /// `Invalid` for a day to come; `Refused` for a newcomer; `Forbidden`, `NotFound`, a failing
    /// store.
    pub fn record_screening(&self, actor: &Actor, people: &[PersonId], screening: Screening) -> Result<()> {
        actor.sees_persons()?;
        let hand = self.hand(actor);
        if screening.seen_on > hand.day() {
            return Err(Error::field("seen_on", "date-future"));
        }
        if screening.seen_by.trim().is_empty() {
            return Err(Error::field("seen_by", "name-missing"));
        }
        let people = people.to_vec();
        self.write(move |records| {
            for id in people {
                let person = records.person(id)?.ok_or(Error::NotFound)?;
                if person.data.side != Side::Mentor {
                    return Err(Error::Refused("screening-of-newcomer"));
                }
                records.set_screening(id, &screening)?;
                hand.audit(records, "screening.seen", Some(id), "")?;
            }
            Ok(())
        })
    }
}
