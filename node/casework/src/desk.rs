//! The desk: one open transaction with what every use case on matches and duos needs around it
//! (the time, this municipality, who does it), and the few acts that they share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemas::ids::{CircleId, DocumentId, RootId};
use schemas::time::{Date, Timestamp};
use schemas::{Shared, SharedValue};

use crate::answer::{duo_holds_a_place, holds_a_place, places_left};
use crate::error::{Error, Result};
use crate::hand::Hand;
use crate::matchmaking::card_index::CardIndex;
use crate::matchmaking::kept_lists::KeptLists;
use crate::office::{Actor, Office};
use crate::people::{Person, PersonId, Purpose, Side};
use crate::ports::{LedgerLine, Municipality, Outgoing, Randomness, Records};
use crate::ports_matches::{Duo, OutgoingStage};
use crate::search_view::Place;

/// Days that a half of a match, or a duo's progress, lives before it is renewed or ends.
pub(crate) const LIFE_DAYS: u32 = 90;

/// One open transaction with its surroundings.
pub(crate) struct Desk<'a> {
    pub(crate) records: &'a mut dyn Records,
    pub(crate) randomness: &'a dyn Randomness,
    pub(crate) cards: &'a CardIndex,
    pub(crate) lists: &'a KeptLists,
    pub(crate) now: Timestamp,
    pub(crate) me: Municipality,
    /// Who does it, for the audit log and the ledger.
    pub(crate) by: String,
    /// The same for the border crossing.
    pub(crate) hand: Hand,
    /// Whether this store was restored and does not know yet what was said since.
    pub(crate) recovering: bool,
    filled: bool,
}

impl Office {
    /// Runs `work` at a desk, for somebody who may see persons; everything or nothing happens.
    pub(crate) fn at_desk<T: Send + 'static>(
        &self,
        actor: &Actor,
        work: impl FnOnce(&mut Desk<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        actor.sees_persons()?;
        self.desk_for(actor, work)
    }

    /// Runs `work` at a desk for the program itself.
    pub(crate) fn by_itself<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.desk_for(&Actor::program(), work)
    }

    /// Runs `work` at the desk of an actor whose role was looked at.
    pub(crate) fn desk_for<T: Send + 'static>(
        &self,
        actor: &Actor,
        work: impl FnOnce(&mut Desk<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (hand, randomness) = (self.hand(actor), Arc::clone(&self.randomness));
        let (cards, lists) = (Arc::clone(&self.cards), Arc::clone(&self.lists));
        let recovering = self.network.is_recovering();
        let (value, filled) = self.write(move |records| {
            let me = records.me()?;
            let (now, by) = (hand.now, hand.by.clone());
            let mut desk = Desk {
                records,
                randomness: &*randomness,
                cards: &cards,
                lists: &lists,
                now,
                me,
                by,
                hand,
                recovering,
                filled: false,
            };
            let value = work(&mut desk)?;
            Ok((value, desk.filled))
        })?;
        if filled {
            self.network.outbox_filled();
        }
        Ok(value)
    }
}

impl Desk<'_> {
    pub(crate) fn today(&self) -> Date {
        self.now.day()
    }

    pub(crate) fn fresh_id(&self) -> DocumentId {
        let mut bytes = [0; 16];
        self.randomness.fill(&mut bytes);
        DocumentId(bytes)
    }

    pub(crate) fn pair(&self, partner: RootId) -> CircleId {
        CircleId::pair(self.me.root, partner)
    }

    /// Publishes a document to just one partner; nothing while this store is recovering.
    pub(crate) fn tell(&mut self, partner: RootId, document: DocumentId, value: impl Shared) -> Result<()> {
        if self.recovering {
            return Err(Error::Refused("recovering"));
        }
        let circle = self.pair(partner);
        self.publish(circle, document, value.into_value())
    }

    /// Whether it is known what was promised to a partner: not of one without whom this store was
    /// restored, before it brought what it kept.
    pub(crate) fn must_know(&mut self, partner: RootId) -> Result<()> {
        if self.records.absent()?.contains(&partner) { Err(Error::Refused("recovering")) } else { Ok(()) }
    }

    fn publish(&mut self, circle: CircleId, document: DocumentId, value: SharedValue) -> Result<()> {
        let expires_at = self.now.hour().plus_days(LIFE_DAYS);
        self.records.enqueue(&Outgoing::Publish { circle, document, value, expires_at })?;
        self.filled = true;
        Ok(())
    }

    /// Marks that something else put a command in the outbox.
    pub(crate) fn outbox_filled(&mut self) {
        self.filled = true;
    }

    pub(crate) fn audit(&mut self, action: &str, person: Option<PersonId>, detail: &str) -> Result<()> {
        self.hand.audit(self.records, action, person, detail)
    }

    /// A person of this side, or not found.
    pub(crate) fn person(&mut self, id: PersonId, side: Side) -> Result<Person> {
        let person = self.records.person(id)?.filter(|person| person.data.side == side && !person.archived);
        person.ok_or(Error::NotFound)
    }

    /// The name of a person; empty when there is none any more.
    pub(crate) fn name(&mut self, id: Option<PersonId>) -> Result<String> {
        let Some(id) = id else { return Ok(String::new()) };
        Ok(self.records.person(id)?.map(|person| person.data.full_name()).unwrap_or_default())
    }

    /// This municipality as a page names it.
    pub(crate) fn here(&self) -> Place {
        Place { root: self.me.root, name: self.me.name.clone(), refnis: self.me.refnis }
    }

    /// A municipality that takes part, this one or a partner.
    pub(crate) fn place(&mut self, root: RootId) -> Result<Option<Place>> {
        if root == self.me.root {
            return Ok(Some(self.here()));
        }
        let partner = self.records.partners()?.into_iter().find(|partner| partner.root == root);
        Ok(partner.map(|found| Place { root, name: found.name, refnis: found.refnis }))
    }

    /// A municipality by name, also one that is no partner any more; else by its fingerprint.
    pub(crate) fn place_or_short(&mut self, root: RootId) -> Result<Place> {
        let here = self.me.refnis;
        if let Some(place) = self.place(root)? {
            return Ok(place);
        }
        let name = crate::receipts::names(self.records)?.remove(&root).unwrap_or_else(|| root.short());
        Ok(Place { root, name, refnis: here })
    }

    /// The last day on which a partner says that it is away.
    pub(crate) fn away_until(&mut self, root: RootId) -> Result<Option<Date>> {
        let cards = self.records.documents(schemas::Kind::MunicipalityCard)?;
        let days = cards.into_iter().filter(|card| card.owner == root).filter_map(|card| match card.value {
            SharedValue::MunicipalityCard(card) => card.away_until,
            _ => None,
        });
        Ok(days.max())
    }

    /// The active duo of a person.
    pub(crate) fn active_duo(&mut self, person: PersonId) -> Result<Option<Duo>> {
        let of_person = |duo: &Duo| duo.newcomer == Some(person) || duo.mentor == Some(person);
        Ok(self.records.duos()?.into_iter().find(|duo| duo.stage.is_active() && of_person(duo)))
    }

    /// Whether a newcomer has a proposal that is confirmed and not over.
    pub(crate) fn has_confirmed(&mut self, newcomer: PersonId) -> Result<bool> {
        let mut all = self.records.all_outgoing()?.into_iter();
        Ok(all.any(|sent| sent.newcomer == newcomer && sent.stage == OutgoingStage::Confirmed))
    }

    /// Writes in a person's sharing ledger what goes to one partner.
    pub(crate) fn ledger(
        &mut self,
        person: PersonId,
        event: &str,
        document: DocumentId,
        to: RootId,
        purpose: Purpose,
        what: String,
    ) -> Result<()> {
        let consents = self.records.consents(person)?;
        let consent = consents.into_iter().find(|consent| consent.purpose == purpose);
        let consent = consent.map(|found| format!("{} {} {}", purpose.code(), found.on, found.text_version));
        let recipients = self.place_or_short(to)?.name;
        self.records.add_ledger(&LedgerLine {
            person,
            at: self.now,
            event: event.to_owned(),
            document: Some(document),
            recipients,
            consent: consent.unwrap_or_default(),
            what,
            by: self.by.clone(),
            quasi: String::new(),
        })
    }
}

/// Places that are taken, per mentor of this municipality: by duos under way, and by reservations
/// that were not released. Read once for many mentors.
#[derive(Debug, Default)]
pub(crate) struct PlacesTaken {
    taken: BTreeMap<PersonId, (usize, usize)>,
    /// Mentors that may have been promised in what a backup does not know.
    unsure: BTreeSet<PersonId>,
}

impl PlacesTaken {
    pub(crate) fn read(records: &mut dyn Records) -> Result<Self> {
        let mut taken = Self { unsure: records.places_unsure()?, ..Self::default() };
        for duo in records.duos()?.iter().filter(|duo| duo_holds_a_place(duo.stage)) {
            if let Some(mentor) = duo.mentor {
                taken.taken.entry(mentor).or_default().0 += 1;
            }
        }
        for came in records.all_incoming()?.iter().filter(|came| holds_a_place(came.stage)) {
            if let Some(mentor) = came.mentor {
                taken.taken.entry(mentor).or_default().1 += 1;
            }
        }
        Ok(taken)
    }

    /// Places that a mentor has left: those agreed less those taken.
    pub(crate) fn left(&self, mentor: &Person) -> u8 {
        if self.unsure.contains(&mentor.id) {
            return 0;
        }
        let (duos, held) = self.taken.get(&mentor.id).copied().unwrap_or_default();
        places_left(mentor.data.capacity, duos, held)
    }
}

/// Places that one mentor of this municipality has left.
///
/// # Errors
/// A failing store.
pub(crate) fn places_left_of(records: &mut dyn Records, mentor: &Person) -> Result<u8> {
    Ok(PlacesTaken::read(records)?.left(mentor))
}

/// The JSON of a shared value, for the ledger.
pub(crate) fn json_of(value: impl Shared) -> String {
    value.into_value().to_json().map(|json| json.to_string()).unwrap_or_default()
}
