//! What the import keeps in the store: which rows it has seen and what it wrote from them, as
//! keyed hashes, and the mapping of each layout. Never a cell, never a file.

use crate::error::Result;
use crate::people::{PersonId, Side};

/// A keyed hash of something a list said.
pub type Print = [u8; 32];

/// The memory of imports.
pub trait Imports {
    /// The secret under which prints are made; `fresh` becomes it when there is none yet.
    fn import_key(&mut self, fresh: [u8; 32]) -> Result<[u8; 32]>;
    /// Persons who came from a row with this print, by number.
    fn imported_by(&mut self, print: &Print) -> Result<Vec<PersonId>>;
    /// Remembers that a row with this print became this person; again is nothing.
    fn remember_row(&mut self, print: &Print, person: PersonId) -> Result<()>;
    /// Print of every value that was last imported for a person, by code of its part.
    fn imported_values(&mut self, person: PersonId) -> Result<Vec<(String, Print)>>;
    /// Replaces the print of one imported value.
    fn remember_value(&mut self, person: PersonId, part: &str, print: &Print) -> Result<()>;
    /// The remembered mapping of a layout.
    fn layout(&mut self, layout: &Print) -> Result<Option<KeptLayout>>;
    /// Remembers the mapping of a layout in place of the one before.
    fn remember_layout(&mut self, layout: &Print, kept: &KeptLayout) -> Result<()>;
}

/// The remembered mapping of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLayout {
    /// Newcomers or mentors.
    pub side: Side,
    /// Codes of the fields, one per column.
    pub fields: Vec<String>,
}
