//! The use cases of the import: read, look again with other choices, take over.
//!
//! Reading and looking write nothing but audit lines; taking over writes everything in one
//! transaction or nothing.

use std::collections::{BTreeMap, BTreeSet};

use schemas::places::Refnis;

use crate::error::{Error, Result};
use crate::hand::Hand;
use crate::import::field::{Field, Part};
use crate::import::headings::{self, Table};
use crate::import::identity::{Finder, Key};
use crate::import::kept::{Waiting, wipe_column};
use crate::import::ports::{KeptLayout, Print};
use crate::import::report::{
    ColumnPreview, Counts, ImportChoices, ImportPreview, ImportReport, Outcome, Remark, RowPreview, SheetPreview,
};
use crate::import::rows::{self, Context, ReadRow};
use crate::import::sheet::{self, Cell, Sheet};
use crate::import::words::fold;
use crate::office::{Actor, Office};
use crate::people::{PersonId, Side};
use crate::people_cases;
use crate::ports::Records;

impl Office {
    /// Reads a list and shows what would become of every row. Nothing is written.
    ///
    /// # Errors
    /// `Refused` with a code of [`sheet::read`], or `file-no-rows`, `file-no-name-column` or
    /// `file-no-list` when no sheet of the file can be taken.
    pub fn read_sheet(&self, actor: &Actor, file_name: &str, bytes: &[u8]) -> Result<ImportPreview> {
        actor.sees_persons()?;
        let file_name = clean_name(file_name);
        let mut sheets = sheet::read(&file_name, bytes).map_err(Error::Refused)?;
        let mut reasons = BTreeSet::new();
        for sheet in &mut sheets {
            match Table::find(sheet) {
                Ok(table) => {
                    for column in national_numbers(sheet, &table) {
                        wipe_column(sheet, table.row + 1, column);
                    }
                }
                Err(reason) => {
                    reasons.insert(reason);
                    // Only the word for it is kept, in the heading's place.
                    if reason == "sheet-not-a-list" {
                        sheet.rows.clear();
                    }
                }
            }
        }
        if sheets.iter().all(|sheet| Table::find(sheet).is_err()) {
            return Err(Error::Refused(match () {
                () if reasons.contains("sheet-no-name-column") => "file-no-name-column",
                () if reasons.contains("sheet-no-rows") => "file-no-rows",
                () => "file-no-list",
            }));
        }
        let token = self.form_number();
        self.waiting_lists.put(token.clone(), &file_name, sheets, actor, self.now());
        self.preview_import(actor, &token, &ImportChoices::default())
    }

    /// The preview of a list that was read, with the user's choices.
    ///
    /// # Errors
    /// `NotFound` when the list does not wait any more (half an hour, or a restart).
    pub fn preview_import(&self, actor: &Actor, token: &str, choices: &ImportChoices) -> Result<ImportPreview> {
        actor.sees_persons()?;
        let (file_name, sheets, counts) = self.work_out(actor, token, choices, false)?;
        Ok(ImportPreview { token: token.to_owned(), file_name, sheets, counts })
    }

    /// Takes a list over: every row that is not refused, in one transaction. Remembers the
    /// mapping of each layout, and forgets the list.
    ///
    /// # Errors
    /// `NotFound` when the list does not wait any more.
    pub fn commit_import(&self, actor: &Actor, token: &str, choices: &ImportChoices) -> Result<ImportReport> {
        actor.sees_persons()?;
        let (file_name, sheets, counts) = self.work_out(actor, token, choices, true)?;
        self.waiting_lists.forget(token);
        Ok(ImportReport { file_name, sheets, counts })
    }

    fn work_out(
        &self,
        actor: &Actor,
        token: &str,
        choices: &ImportChoices,
        write: bool,
    ) -> Result<(String, Vec<SheetPreview>, Counts)> {
        let now = self.now();
        let waiting = self.waiting_lists.get(token, actor, now).ok_or(Error::NotFound)?;
        let mut fresh = [0; 32];
        self.randomness.fill(&mut fresh);
        let (hand, choices) = (self.hand(actor), choices.clone());
        let (file_name, sheets, counts) = self.write(move |records| {
            let key = Key(records.import_key(fresh)?);
            let here = records.me()?.refnis;
            let finder = Finder::new(key);
            Import { hand, here, key, finder, choices, write, seen: BTreeSet::new() }.all(records, &waiting)
        })?;
        if write && counts.updated > 0 {
            // Cards that are out follow their persons.
            self.network.outbox_filled();
        }
        Ok((file_name, sheets, counts))
    }
}

/// The name of a file without folders, short, and without what must not be repeated.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(120).collect();
    if schemas::rrn::holds_rrn(&clean) { "lijst".to_owned() } else { clean }
}

/// Columns of the national register number, by heading or because half of the cells held one.
fn national_numbers(sheet: &Sheet, table: &Table) -> Vec<usize> {
    let mut columns = Vec::new();
    for (column, field) in table.fields.iter().enumerate() {
        let cells = || sheet.rows.iter().skip(table.row + 1).filter_map(|cells| cells.get(column));
        let refused = cells().filter(|cell| **cell == Cell::Refused).count();
        let filled = cells().filter(|cell| !cell.is_empty()).count();
        if *field == Field::NationalNumber || (refused > 0 && refused * 2 >= filled) {
            columns.push(column);
        }
    }
    columns
}

/// One run over a list.
struct Import {
    hand: Hand,
    here: Refnis,
    key: Key,
    finder: Finder,
    choices: ImportChoices,
    write: bool,
    /// Prints of rows that this list already had.
    seen: BTreeSet<Print>,
}

impl Import {
    fn all(&mut self, records: &mut dyn Records, waiting: &Waiting) -> Result<(String, Vec<SheetPreview>, Counts)> {
        let mut counts = Counts::default();
        let mut sheets = Vec::new();
        for (at, sheet) in waiting.sheets.iter().enumerate() {
            let preview = self.sheet(records, at, sheet, &waiting.file_name)?;
            if let Some(side) = preview.side.filter(|_| preview.skipped.is_none()) {
                preview.rows.iter().for_each(|row| counts.add(side, row));
            }
            sheets.push(preview);
        }
        let action = if self.write { "import.taken" } else { "import.looked" };
        let Counts { taken, updated, unchanged, refused, .. } = counts;
        let detail = format!("taken {taken}, updated {updated}, unchanged {unchanged}, refused {refused}");
        self.hand.audit(records, action, None, &detail)?;
        Ok((waiting.file_name.to_string(), sheets, counts))
    }

    fn sheet(&mut self, records: &mut dyn Records, at: usize, sheet: &Sheet, file: &str) -> Result<SheetPreview> {
        let mut preview = SheetPreview {
            name: sheet.name.clone(),
            side: None,
            skipped: None,
            notes: sheet.notes.clone(),
            remembered: false,
            heading_row: 0,
            columns: Vec::new(),
            rows: Vec::new(),
        };
        let table = match Table::find(sheet) {
            Ok(table) => table,
            Err(reason) => {
                preview.skipped = Some(reason);
                return Ok(preview);
            }
        };
        preview.heading_row = table.row as u32 + 1;
        let layout = self.layout(&table, sheet);
        let kept = records.layout(&layout)?.filter(|kept| kept.fields.len() == table.fields.len());
        preview.remembered = kept.is_some();
        let fields = self.fields(at, sheet, &table, kept.as_ref());
        preview.columns = columns(sheet, &table, &fields);
        let told = headings::side(&table.headings, &fields, &sheet.name, file);
        preview.side = self.choices.sides.get(&at).copied().or(kept.map(|kept| kept.side)).or(told);
        let names = [Field::FullName, Field::GivenName, Field::FamilyName];
        preview.skipped = match preview.side {
            _ if self.choices.left_out.contains(&at) => Some("sheet-left-out"),
            _ if !fields.iter().any(|field| names.contains(field)) => Some("sheet-no-name-column"),
            None => Some("sheet-side-unknown"),
            Some(_) => None,
        };
        let Some(side) = preview.side.filter(|_| preview.skipped.is_none()) else { return Ok(preview) };
        for (index, cells) in sheet.rows.iter().enumerate().skip(table.row + 1) {
            let number = index as u32 + 1;
            let take_remarks = self.choices.remarks_of.contains(&(at, number));
            let context = Context { side, today: self.hand.day(), here: self.here, take_remarks };
            // Headings are repeated where a list was printed over several pages.
            let repeated = cells.iter().map(Cell::text).eq(table.headings.iter().map(String::as_str));
            if let Some(read) = rows::read(cells, &fields, &context).filter(|_| !repeated) {
                preview.rows.push(self.row(records, number, read)?);
            }
        }
        if self.write {
            let fields = fields.iter().map(|field| field.code().to_owned()).collect();
            records.remember_layout(&layout, &KeptLayout { side, fields })?;
        }
        Ok(preview)
    }

    /// The print of a layout: its headings, and the sheet's name, since two sheets of one file
    /// can have the same headings and different sides.
    fn layout(&self, table: &Table, sheet: &Sheet) -> Print {
        let headings: Vec<String> = table.headings.iter().map(|heading| fold(heading)).collect();
        let mut texts: Vec<&str> = headings.iter().map(String::as_str).collect();
        let name = fold(&sheet.name);
        texts.push(&name);
        self.key.print("layout", &texts)
    }

    /// Meanings of the columns: the user's, else the remembered, else the recognised. A column
    /// of national register numbers stays one.
    fn fields(&self, at: usize, sheet: &Sheet, table: &Table, kept: Option<&KeptLayout>) -> Vec<Field> {
        let refused = national_numbers(sheet, table);
        let meaning = |column: usize| {
            if refused.contains(&column) {
                return Field::NationalNumber;
            }
            let chosen = self.choices.mapping.get(&(at, column)).copied();
            let kept = kept.and_then(|kept| Field::of_code(kept.fields.get(column)?));
            chosen.or(kept).filter(|field| *field != Field::NationalNumber).unwrap_or(table.fields[column])
        };
        (0..table.fields.len()).map(meaning).collect()
    }

    fn row(&mut self, records: &mut dyn Records, number: u32, mut read: ReadRow) -> Result<RowPreview> {
        let outcome = match read.refused {
            Some(code) => Outcome::Refused(code),
            None if !self.seen.insert(self.row_print(&read)) => Outcome::Refused("row-double"),
            None => self.place(records, &mut read)?,
        };
        let understood = read.given.iter().map(|part| (*part, part.text(&read.person))).collect();
        let minor = read.remarks.iter().any(|remark| remark.code == "minor");
        Ok(RowPreview {
            number,
            outcome,
            name: read.person.full_name(),
            understood,
            remarks: read.remarks,
            has_remarks_text: read.has_remarks_text,
            minor,
        })
    }

    fn row_print(&self, read: &ReadRow) -> Print {
        let texts: Vec<String> =
            read.given.iter().map(|part| format!("{} {}", part.code(), part.text(&read.person))).collect();
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.push(read.person.side.code());
        self.key.print("row", &texts)
    }

    /// Finds who the row is about and adds or updates.
    fn place(&mut self, records: &mut dyn Records, read: &mut ReadRow) -> Result<Outcome> {
        let Some(id) = self.finder.find(records, &self.hand, &read.person)? else {
            if self.write {
                let id = people_cases::insert(records, &read.person, self.choices.demo, &self.hand)?;
                self.finder.remember(records, id, &read.person)?;
                self.remember_values(records, id, read, |_| true)?;
            }
            return Ok(Outcome::Taken);
        };
        self.merge(records, id, read)
    }

    /// Takes over what the list says anew, where the value here is still the one that was
    /// imported last.
    fn merge(&mut self, records: &mut dyn Records, id: PersonId, read: &mut ReadRow) -> Result<Outcome> {
        let last: BTreeMap<String, Print> = records.imported_values(id)?.into_iter().collect();
        let changed: Vec<Part> = read
            .given
            .iter()
            .copied()
            .filter(|part| {
                let text = part.text(&read.person);
                !text.is_empty() && last.get(part.code()) != Some(&self.key.value(*part, &text))
            })
            .collect();
        let Some(person) = (if changed.is_empty() { None } else { records.person(id)? }) else {
            return Ok(Outcome::Unchanged);
        };
        self.hand.audit(records, "person.read", Some(id), "import")?;
        let mut data = person.data.clone();
        let mut taken = BTreeSet::new();
        for part in changed {
            let (here, new) = (part.text(&person.data), part.text(&read.person));
            let untouched = match last.get(part.code()) {
                Some(print) => *print == self.key.value(part, &here),
                None => here.is_empty(),
            };
            if here == new || untouched {
                part.copy(&read.person, &mut data);
                taken.insert(part);
            } else {
                read.remarks.push(Remark { code: "corrected-here", field: field_of(part), said: String::new() });
            }
        }
        if self.write {
            self.finder.remember(records, id, &read.person)?;
            self.remember_values(records, id, read, |part| taken.contains(&part))?;
        }
        if data == person.data {
            return Ok(Outcome::Unchanged);
        }
        if self.write {
            people_cases::replace(records, id, person.version, &data, &self.hand)?;
        }
        Ok(Outcome::Updated)
    }

    fn remember_values(
        &self,
        records: &mut dyn Records,
        id: PersonId,
        read: &ReadRow,
        which: impl Fn(Part) -> bool,
    ) -> Result<()> {
        for part in read.given.iter().filter(|part| which(**part)) {
            let text = part.text(&read.person);
            if !text.is_empty() {
                records.remember_value(id, part.code(), &self.key.value(*part, &text))?;
            }
        }
        Ok(())
    }
}

/// The column that usually fills a part.
fn field_of(part: Part) -> Field {
    match part {
        Part::Birth => Field::BirthDate,
        part => Field::of_code(part.code()).unwrap_or(Field::Skip),
    }
}

fn columns(sheet: &Sheet, table: &Table, fields: &[Field]) -> Vec<ColumnPreview> {
    let example = |column: usize| {
        let cells = sheet.rows.iter().skip(table.row + 1).filter_map(|cells| cells.get(column));
        let first = cells.map(Cell::text).find(|text| !text.is_empty()).unwrap_or_default();
        first.chars().take(60).collect()
    };
    let one = |(index, field): (usize, &Field)| ColumnPreview {
        index,
        heading: table.headings[index].clone(),
        field: *field,
        example: if *field == Field::NationalNumber { String::new() } else { example(index) },
    };
    fields.iter().enumerate().filter(|(at, _)| !table.headings[*at].is_empty()).map(one).collect()
}

/// The side that a code names, for forms.
pub fn side_of_code(code: &str) -> Option<Side> {
    [Side::Newcomer, Side::Mentor].into_iter().find(|side| side.code() == code)
}
