//! Cards in their places, as they come and go: by document, and by municipality for searches.

use std::collections::{BTreeMap, BTreeSet};

use schemas::ids::{DocumentId, RootId};

use super::columns::{Columns, TOGETHER};
use super::packed::Glance;

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

/// The cards that lie together, in any order.
#[derive(Debug)]
pub(super) struct Cell<P> {
    columns: Vec<Columns>,
    /// The same glances one by one, each with the rest of its card.
    cards: Vec<(Glance, P)>,
    /// How many cards of each owner are here.
    pub(super) owners: BTreeMap<u32, u32>,
}

impl<P> Cell<P> {
    const fn empty() -> Self {
        Self { columns: Vec::new(), cards: Vec::new(), owners: BTreeMap::new() }
    }

    /// All cards, as many together as columns hold.
    pub(super) fn together(&self) -> impl Iterator<Item = (&Columns, &[(Glance, P)])> {
        self.columns.iter().zip(self.cards.chunks(TOGETHER))
    }

    fn push(&mut self, glance: Glance, card: P) {
        let at = self.cards.len();
        if at.is_multiple_of(TOGETHER) {
            self.columns.push(Columns::empty());
        }
        self.cards.push((glance, card));
        self.columns[at / TOGETHER].put(at % TOGETHER, glance);
    }

    /// Lets go of a card; the last one takes its place.
    fn swap_remove(&mut self, at: usize) {
        let last = self.cards.len() - 1;
        let (glance, _) = self.cards[last];
        self.columns[at / TOGETHER].put(at % TOGETHER, glance);
        self.columns[last / TOGETHER].put(last % TOGETHER, Glance::default());
        self.columns.truncate(last.div_ceil(TOGETHER));
        self.cards.swap_remove(at);
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
        self.at(self.place(id)?)
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
        let cell = self.open(card.cell());
        cell.push(card.glance(), card.pack(slot, owner));
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
        if let Some(at) = cell.cards.iter().position(|(_, packed)| C::slot(packed) == slot) {
            cell.swap_remove(at);
        }
        if let Some(count) = cell.owners.get_mut(&owner) {
            *count -= 1;
            if *count == 0 {
                cell.owners.remove(&owner);
            }
        }
        true
    }

    /// The place of the card of a document.
    pub(super) fn place(&self, id: DocumentId) -> Option<u32> {
        self.places.get(&id).copied()
    }

    /// Every card with its place, by document.
    pub(super) fn all(&self) -> impl Iterator<Item = (&C, u32)> {
        self.places.values().filter_map(|slot| Some((self.at(*slot)?, *slot)))
    }

    /// Holds these cards, sorted by document, from now on; the places where that changed something.
    pub(super) fn hold(&mut self, cards: &[&C]) -> BTreeSet<u32>
    where
        C: PartialEq + Clone,
    {
        let mut changed = BTreeSet::new();
        let mut next = cards.iter().map(|card| card.id()).peekable();
        let is_gone = |id: &DocumentId| {
            while next.next_if(|other| other < id).is_some() {}
            next.peek() != Some(id)
        };
        let gone: Vec<DocumentId> = self.places.keys().copied().filter(is_gone).collect();
        for id in gone {
            changed.extend(self.place(id));
            self.remove(id);
        }
        for card in cards.iter().copied() {
            if self.get(card.id()) != Some(card) {
                self.insert(card.clone());
                changed.extend(self.place(card.id()));
            }
        }
        changed
    }

    fn open(&mut self, at: usize) -> &mut Cell<C::Packed> {
        if self.cells.len() <= at {
            self.cells.resize_with(at + 1, Cell::empty);
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
