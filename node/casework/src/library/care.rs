//! Care for shared pages: hiding one until its owner looks, taking up who wrote two things in
//! one place, and beginning anew without history.

use schemas::ids::{DocumentId, RootId};

use super::{LIFE_DAYS, Saved, resource_of};
use crate::error::{Error, Result};
use crate::hand::Hand;
use crate::office::{Actor, Office};
use crate::ports::{Document, Outgoing, Records};

/// How often a page is followed to the one that took its place.
const STEPS: usize = 16;

impl Office {
    /// Hides a resource from everybody until its owner looks, for fourteen days at most. Any
    /// municipality that writes in it may.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, or `Refused` with `not-carried-out`.
    pub fn hold_resource(&self, actor: &Actor, id: DocumentId) -> Result<Saved> {
        let hold = move |document: &Document, _: &Hand| Outgoing::Hold { owner: document.owner, document: id };
        self.care(actor, id, false, "resource.held", hold)
    }

    /// Shows a resource of this municipality again.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, or `Refused` with `not-ours` or `not-carried-out`.
    pub fn lift_resource(&self, actor: &Actor, id: DocumentId) -> Result<Saved> {
        self.care(actor, id, true, "resource.lifted", move |_, _| Outgoing::Lift { document: id })
    }

    /// Leaves out what a municipality wrote twice in one place of a resource of this one; with
    /// `bar` whatever it writes in it from now on as well.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, or `Refused` with `not-ours` or `not-carried-out`.
    pub fn cut_writer(&self, actor: &Actor, id: DocumentId, author: RootId, bar: bool) -> Result<Saved> {
        self.care(actor, id, true, "resource.cut", move |_, _| Outgoing::Cut { document: id, author, bar })
    }

    /// Begins a resource of this municipality anew with the text as it is: what was taken out of
    /// it before is gone everywhere. The new document.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, or `Refused` with `not-ours` or `not-carried-out`.
    pub fn renew_resource(&self, actor: &Actor, id: DocumentId) -> Result<DocumentId> {
        let by = self.hand(actor).new_document();
        self.care(actor, id, true, "resource.renewed", move |_, hand| {
            let expires_at = hand.now.hour().plus_days(LIFE_DAYS);
            Outgoing::Replace { document: id, by, expires_at }
        })?;
        Ok(by)
    }

    /// Where a resource is now: itself, or what took its place; none when it is nowhere.
    ///
    /// # Errors
    /// A failing store.
    pub fn resource_now(&self, id: DocumentId) -> Result<Option<DocumentId>> {
        self.read(move |records| now_at(records, id))
    }

    fn care(
        &self,
        actor: &Actor,
        id: DocumentId,
        own: bool,
        action: &'static str,
        command: impl FnOnce(&Document, &Hand) -> Outgoing + Send + 'static,
    ) -> Result<Saved> {
        actor.writes_library()?;
        let hand = self.hand(actor);
        let number = self.write(move |records| {
            let (document, _) = resource_of(records, id)?.ok_or(Error::NotFound)?;
            if own && document.owner != records.me()?.root {
                return Err(Error::Refused("not-ours"));
            }
            hand.audit(records, action, None, &id.to_string())?;
            records.enqueue(&command(&document, &hand))
        })?;
        match self.carry_out(Some(number))? {
            Saved::KeptAsDraft(number) => {
                self.write(move |records| records.drop_refused(number))?;
                Err(Error::Refused("not-carried-out"))
            }
            saved => Ok(saved),
        }
    }
}

/// Where a resource is now.
pub(super) fn now_at(records: &mut dyn Records, id: DocumentId) -> Result<Option<DocumentId>> {
    let mut at = id;
    for _ in 0..STEPS {
        if records.document(at)?.is_some() {
            return Ok(Some(at));
        }
        match records.replaced_by(at)? {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(None)
}
