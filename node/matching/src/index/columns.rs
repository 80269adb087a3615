//! Glances on their side: one bit of 64 cards in a word, so that a question about a card is put to
//! 64 of them at once.

use super::packed::{Field, Glance};

/// Cards whose glances lie together.
pub(super) const TOGETHER: usize = 64;

/// The glances of up to 64 cards: word `n` holds bit `n` of each. A place without a card holds
/// zeros: it shares nothing with anybody.
#[derive(Debug)]
pub(super) struct Columns([u64; 64]);

impl Columns {
    pub(super) const fn empty() -> Self {
        Self([0; 64])
    }

    /// Puts a glance in a place.
    pub(super) fn put(&mut self, place: usize, glance: Glance) {
        for (bit, column) in self.0.iter_mut().enumerate() {
            *column = *column & !(1 << place) | ((glance.0 >> bit) & 1) << place;
        }
    }

    /// The cards that have any of these bits.
    pub(super) fn any(&self, bits: u64) -> u64 {
        ones(bits).fold(0, |cards, bit| cards | self.0[bit as usize])
    }

    /// By number up to seven, the cards that have at least so many of these bits.
    pub(super) fn at_least_of(&self, bits: u64) -> [u64; 8] {
        let mut cards = [0; 8];
        cards[0] = u64::MAX;
        for bit in ones(bits) {
            for number in (1..cards.len()).rev() {
                cards[number] |= cards[number - 1] & self.0[bit as usize];
            }
        }
        cards
    }

    /// The cards with this value in a field.
    pub(super) fn same(&self, field: Field, value: u64) -> u64 {
        self.field(field, value).fold(u64::MAX, |cards, (column, set)| cards & if set { column } else { !column })
    }

    /// The cards with this value or a higher one in a field.
    pub(super) fn at_least(&self, field: Field, value: u64) -> u64 {
        self.field(field, value)
            .fold(u64::MAX, |cards, (column, set)| if set { cards & column } else { cards | column })
    }

    /// A field's columns from the lowest bit, each with whether `value` has that bit.
    fn field(&self, field: Field, value: u64) -> impl Iterator<Item = (u64, bool)> {
        let columns = &self.0[field.from as usize..(field.from + field.bits) as usize];
        columns.iter().zip(0..).map(move |(column, bit)| (*column, (value >> bit) & 1 == 1))
    }
}

/// The places of the ones in a word.
pub(super) fn ones(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let place = (word != 0).then(|| word.trailing_zeros());
        word &= word.wrapping_sub(1);
        place
    })
}
