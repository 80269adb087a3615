//! Cards in their places, as they come and go: by document, and by municipality for searches.

use std::collections::BTreeMap;
use std::ops::Range;

use schemas::ids::{DocumentId, RootId};

use super::packed::Glance;
use super::question::TOGETHER;

/// A card that a shelf can hold.
pub(super) trait Card {
    /// What a search reads beside the glance.
    type Packed;
    fn id(&self) -> DocumentId;
    fn owner(&self) -> RootId;
    /// The cell it lies in.
    fn cell(&self) -> usize;
    fn glance(&self) -> Glance;
    /// `slot` is the place of the whole card, `owner` the number of its owner.
    fn pack(&self, slot: u32, owner: u32) -> Self::Packed;
    fn slot(packed: &Self::Packed) -> u32;
}

/// Cards by document and by cell.
#[derive(Debug)]
pub(super) struct Shelf<C: Card> {
    cells: Vec<Cell<C::Packed>>,
    /// Every card; a free place is reused.
    cards: Vec<Option<C>>,
    free: Vec<u32>,
    places: BTreeMap<DocumentId, u32>,
    /// By number.
    pub(super) owners: Vec<RootId>,
    numbers: BTreeMap<RootId, u32>,
}

/// The cards that lie together, by group of occupations.
#[derive(Debug)]
pub(super) struct Cell<P> {
    glances: Vec<Glance>,
    /// The rest of each card, in the same places.
    packed: Vec<P>,
    /// How many cards of each owner are here.
    pub(super) owners: BTreeMap<u32, u32>,
}

impl<P> Cell<P> {
    /// All cards.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Glance, &P)> {
        self.glances.iter().zip(&self.packed)
    }

    /// Where the cards of groups before, in, and after one group lie; all after without one.
    pub(super) fn stretches(&self, group: Option<u8>) -> [Range<usize>; 3] {
        let [start, end] = group.map_or([0; 2], |group| {
            let start = self.glances.partition_point(|glance| glance.group() < group);
            [start, start + self.glances[start..].partition_point(|glance| glance.group() == group)]
        });
        [0..start, start..end, end..self.glances.len()]
    }

    /// The cards in these places, so many together.
    pub(super) fn together(&self, places: Range<usize>) -> impl Iterator<Item = (&[Glance], &[P])> {
        self.glances[places.clone()].chunks(TOGETHER).zip(self.packed[places].chunks(TOGETHER))
    }
}

impl<C: Card> Default for Shelf<C> {
    fn default() -> Self {
        Self {
            cells: Vec::new(),
            cards: Vec::new(),
            free: Vec::new(),
            places: BTreeMap::new(),
            owners: Vec::new(),
            numbers: BTreeMap::new(),
        }
    }
}

impl<C: Card> Shelf<C> {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn get(&self, id: DocumentId) -> Option<&C> {
        self.at(*self.places.get(&id)?)
    }

    /// The card in a place.
    pub(super) fn at(&self, slot: u32) -> Option<&C> {
        self.cards[slot as usize].as_ref()
    }

    /// The cards that lie together in a cell, if there ever were any.
    pub(super) fn cell(&self, at: usize) -> Option<&Cell<C::Packed>> {
        self.cells.get(at)
    }

    /// Takes a card, in the place of an earlier one of the same document.
    pub(super) fn insert(&mut self, card: C) {
        self.remove(card.id());
        let slot = self.free.pop().unwrap_or(self.cards.len() as u32);
        let owner = self.number(card.owner());
        self.places.insert(card.id(), slot);
        let (cell, glance) = (self.open(card.cell()), card.glance());
        let at = cell.glances.partition_point(|other| other.group() < glance.group());
        cell.glances.insert(at, glance);
        cell.packed.insert(at, card.pack(slot, owner));
        *cell.owners.entry(owner).or_default() += 1;
        match self.cards.get_mut(slot as usize) {
            Some(place) => *place = Some(card),
            None => self.cards.push(Some(card)),
        }
    }

    /// Lets go of a card; whether it was there.
    pub(super) fn remove(&mut self, id: DocumentId) -> bool {
        let Some(slot) = self.places.remove(&id) else { return false };
        self.free.push(slot);
        let Some(card) = self.cards[slot as usize].take() else { return false };
        let owner = self.number(card.owner());
        let cell = self.open(card.cell());
        if let Some(at) = cell.packed.iter().position(|packed| C::slot(packed) == slot) {
            cell.glances.remove(at);
            cell.packed.remove(at);
        }
        if let Some(count) = cell.owners.get_mut(&owner) {
            *count -= 1;
            if *count == 0 {
                cell.owners.remove(&owner);
            }
        }
        true
    }

    fn open(&mut self, at: usize) -> &mut Cell<C::Packed> {
        if self.cells.len() <= at {
            let empty = || Cell { glances: Vec::new(), packed: Vec::new(), owners: BTreeMap::new() };
            self.cells.resize_with(at + 1, empty);
        }
        &mut self.cells[at]
    }

    fn number(&mut self, owner: RootId) -> u32 {
        let next = self.owners.len() as u32;
        let number = *self.numbers.entry(owner).or_insert(next);
        if number == next {
            self.owners.push(owner);
        }
        number
    }
}
