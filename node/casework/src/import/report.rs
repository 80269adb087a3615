//! What an import tells: the preview before anything is written, and the report after.
//!
//! A message never repeats a cell that holds a national register number.

use std::collections::{BTreeMap, BTreeSet};

use crate::import::field::{Field, Part};
use crate::people::Side;

/// A file as it was understood. Nothing is written yet; the file itself is not kept, only its
/// cells, in memory, under the token, for at most half an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPreview {
    /// Token under which [`commit_import`](crate::Office::commit_import) finds the cells.
    pub token: String,
    /// Name of the file as it was sent, without folders.
    pub file_name: String,
    /// Its sheets in order.
    pub sheets: Vec<SheetPreview>,
    /// Rows of all sheets by outcome.
    pub counts: Counts,
}

/// One sheet of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetPreview {
    /// Name of the sheet; of a text file the file's name.
    pub name: String,
    /// Newcomers or mentors; none where that has to be chosen.
    pub side: Option<Side>,
    /// Why the sheet is left alone: `sheet-not-a-list`, `sheet-no-rows`, `sheet-no-name-column`,
    /// `sheet-side-unknown` (the user can choose), or `sheet-left-out` (the user chose).
    pub skipped: Option<&'static str>,
    /// About the whole sheet: `quotes-unbalanced`, `rows-left-off`.
    pub notes: Vec<&'static str>,
    /// Whether the mapping comes from an earlier import of the same layout.
    pub remembered: bool,
    /// Row number of the headings, as the spreadsheet counts (from 1).
    pub heading_row: u32,
    /// Her columns with ours.
    pub columns: Vec<ColumnPreview>,
    /// Every row that is not empty.
    pub rows: Vec<RowPreview>,
}

/// One column of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnPreview {
    /// Place in the sheet, from 0.
    pub index: usize,
    /// Heading as written.
    pub heading: String,
    /// What it was taken for.
    pub field: Field,
    /// First value that is not empty; empty for refused columns.
    pub example: String,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// A new person.
    Taken,
    /// A person who is here already; the list says something new.
    Updated,
    /// A person who is here already; nothing changes.
    Unchanged,
    /// Not taken: `row-no-name`, `row-double`, `row-total`.
    Refused(&'static str),
}

impl Outcome {
    /// Stable code of the kind of outcome.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Refused(_) => "refused",
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPreview {
    /// Row number as the spreadsheet counts (from 1).
    pub number: u32,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Name as understood.
    pub name: String,
    /// What was understood, part by part, as stable text ([`Part::text`]).
    pub understood: Vec<(Part, String)>,
    /// What was not, or not wholly.
    pub remarks: Vec<Remark>,
    /// Whether the row has a text in a remarks column, which is taken over only when ticked.
    pub has_remarks_text: bool,
    /// Whether the person is under 18: taken, never shared.
    pub minor: bool,
}

/// A remark on a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// Stable code such as `date-impossible`; Fluent message `import-<code>`.
    pub code: &'static str,
    /// The column's meaning.
    pub field: Field,
    /// What the cell said, at most 80 characters; empty where it must not be repeated.
    pub said: String,
}

/// Rows by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// New persons.
    pub taken: u32,
    /// Of the taken and updated: with at least one remark.
    pub with_remark: u32,
    /// Persons who were here and change.
    pub updated: u32,
    /// Persons who were here and do not change.
    pub unchanged: u32,
    /// Refused rows.
    pub refused: u32,
    /// New mentors.
    pub mentors: u32,
    /// New newcomers.
    pub newcomers: u32,
}

impl Counts {
    /// Adds a row of a sheet of `side`.
    pub fn add(&mut self, side: Side, row: &RowPreview) {
        match row.outcome {
            Outcome::Taken => {
                self.taken += 1;
                match side {
                    Side::Mentor => self.mentors += 1,
                    Side::Newcomer => self.newcomers += 1,
                }
            }
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Refused(_) => self.refused += 1,
        }
        let lands = matches!(row.outcome, Outcome::Taken | Outcome::Updated);
        self.with_remark += u32::from(lands && !row.remarks.is_empty());
    }
}

/// What the user changes in a preview before it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportChoices {
    /// Meaning by (sheet, column), both from 0; columns that are not here keep theirs.
    pub mapping: BTreeMap<(usize, usize), Field>,
    /// Sides by sheet, where the list doesn't tell or tells wrongly.
    pub sides: BTreeMap<usize, Side>,
    /// Sheets that are left out.
    pub left_out: BTreeSet<usize>,
    /// (Sheet, row number) of rows whose remarks are taken over.
    pub remarks_of: BTreeSet<(usize, u32)>,
    /// Whether the records are marked as made by the demonstration.
    pub demo: bool,
}

/// What was written: the same words as the preview, now facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// Name of the file.
    pub file_name: String,
    /// Sheets with their rows.
    pub sheets: Vec<SheetPreview>,
    /// Rows by outcome.
    pub counts: Counts,
}
