//! Releases beside each other: each card states the schema its node understands. Owners leave out
//! what a member of the circle cannot read, and sign under the lowest schema that has the rest, so
//! that who comes later with an older release reads it too. What is in a later schema is kept,
//! relayed and not shown.

use schemas::border::SCHEMA;
use schemas::ids::CircleId;
use schemas::{Kind, SharedValue};

use crate::api::{DocumentView, Effect};
use crate::replica::Replica;

/// Municipalities whose cards are remembered, at most.
const MAX_STATED: usize = 4096;

impl Replica {
    /// The same replica as a later release that understands schemas up to `schema`.
    #[must_use]
    pub fn understanding(mut self, schema: u16) -> Self {
        self.schema = schema;
        self
    }

    pub(crate) fn understands(&self, schema: u16) -> bool {
        (1..=self.schema).contains(&schema)
    }

    /// Notes what a card states.
    pub(crate) fn note_schema(&mut self, view: &DocumentView) {
        if let SharedValue::MunicipalityCard(card) = &view.value
            && self.stated.len() < MAX_STATED
        {
            self.stated.insert(view.owner, card.schema.get());
        }
    }

    /// Reads the cards that are held, where another schema than the first can be written.
    pub(crate) fn read_cards(&mut self) {
        if self.schema > 1 {
            let cards = self.index.all().map(|(key, _)| key).filter(|key| key.kind == Kind::MunicipalityCard);
            for key in cards.collect::<Vec<_>>() {
                self.effect(Effect::Load { document: key.document });
            }
        }
    }

    /// What of `value` everybody in the circle understands.
    pub(crate) fn readable(&self, circle: CircleId, value: &SharedValue) -> SharedValue {
        value.clone().in_schema(self.lowest_schema(circle))
    }

    /// The schema that everybody in the circle understands: the first, of those whose card is
    /// not here.
    fn lowest_schema(&self, circle: CircleId) -> u16 {
        let members = self.roster.members(circle, self.me);
        let of = |member| if member == self.me { self.schema } else { self.stated.get(&member).copied().unwrap_or(1) };
        members.into_iter().map(of).min().unwrap_or(SCHEMA).clamp(1, self.schema)
    }
}
