//! Import of the lists that offices have: spreadsheets and text files in any layout.
//!
//! [`sheet`] turns bytes into cells, [`headings`] finds what the columns mean, [`rows`] reads
//! persons, [`identity`] finds who is here already, and [`use_cases`] shows all of it before
//! anything is written. A national register number is never kept, the file neither.

pub mod contact;
pub mod dates;
pub mod field;
pub mod headings;
pub(crate) mod identity;
pub(crate) mod kept;
pub mod names;
pub mod ports;
pub mod report;
pub mod rows;
pub mod sheet;
pub mod slots;
mod text;
pub mod use_cases;
pub mod values;
pub mod words;

pub use field::{Field, Part};
pub use report::{
    ColumnPreview, Counts, ImportChoices, ImportPreview, ImportReport, Outcome, Remark, RowPreview, SheetPreview,
};
