//! From the bytes of a file to sheets of text cells.
//!
//! A file comes from anywhere, so its size, rows, columns and what it unpacks to are bounded,
//! and a reader that panics refuses the file instead of the program. A cell that holds a
//! national register number is emptied here, before anything else sees it.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataRef, ExcelDateTime, Ods, Reader, Xls, Xlsx};
use schemas::rrn::holds_rrn;
use schemas::time::Date;

use crate::import::text;

/// Bytes that a file may have.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Bytes that the parts of a packed file may unpack to, together.
pub const MAX_UNPACKED: u64 = 64 * 1024 * 1024;
/// Rows of a sheet; what comes after is left off with a note.
pub const MAX_ROWS: usize = 20_000;
/// Columns of a sheet; what stands to the right is left off with a note.
pub const MAX_COLUMNS: usize = 200;
/// Cells that are not empty, in all sheets together.
pub const MAX_CELLS: usize = 400_000;
/// Sheets of a file.
pub const MAX_SHEETS: usize = 50;
/// Characters of a cell; the rest is cut.
pub const MAX_CELL: usize = 4_000;

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text as a person reads it, trimmed: a number without needless decimals, a day as
    /// `2026-10-14`. Empty for an empty cell.
    Text(String),
    /// It held a national register number, which is not kept.
    Refused,
}

impl Cell {
    /// The cell of `text`.
    pub fn new(text: &str) -> Self {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if holds_rrn(text) {
            return Self::Refused;
        }
        Self::Text(text.chars().filter(|c| !c.is_control() || *c == '\n').take(MAX_CELL).collect())
    }
    /// The text; empty where refused.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Refused => "",
        }
    }
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

/// One sheet: rows of cells, without its empty end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Name; of a text file the file's name.
    pub name: String,
    /// Rows from the top; a row ends with its last cell.
    pub rows: Vec<Vec<Cell>>,
    /// `rows-left-off`, `columns-left-off`, `quotes-unbalanced`.
    pub notes: Vec<&'static str>,
}

impl Sheet {
    /// Puts a cell in its place; what lies outside the limits is left off with a note.
    fn put(&mut self, row: usize, column: usize, cell: Cell) {
        if row >= MAX_ROWS {
            self.note("rows-left-off");
        } else if column >= MAX_COLUMNS {
            self.note("columns-left-off");
        } else if !cell.is_empty() {
            if self.rows.len() <= row {
                self.rows.resize(row + 1, Vec::new());
            }
            let cells = &mut self.rows[row];
            if cells.len() <= column {
                cells.resize(column + 1, Cell::Text(String::new()));
            }
            cells[column] = cell;
        }
    }
    /// Adds a note once.
    pub fn note(&mut self, note: &'static str) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// Reads a file.
///
/// # Errors
/// A stable code: `file-empty`, `file-too-large`, `file-picture`, `file-pdf`, `file-password`,
/// `file-not-a-spreadsheet` or `file-broken`.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<Sheet>, &'static str> {
    if bytes.len() > MAX_BYTES {
        return Err("file-too-large");
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err("file-empty");
    }
    match Kind::of(bytes) {
        Kind::Picture => Err("file-picture"),
        Kind::Pdf => Err("file-pdf"),
        Kind::Other => Err("file-not-a-spreadsheet"),
        Kind::Locked => Err("file-password"),
        Kind::Text => text::read(name, bytes).map(|sheet| vec![sheet]),
        Kind::Packed => {
            unpacks_within_limits(bytes)?;
            guarded(|| packed(bytes))
        }
        Kind::Compound => guarded(|| xls(bytes)),
    }
}

/// What the first bytes say.
enum Kind {
    Picture,
    Pdf,
    Packed,
    Compound,
    Locked,
    Text,
    Other,
}

impl Kind {
    fn of(bytes: &[u8]) -> Self {
        const PICTURES: [&[u8]; 7] =
            [b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\0 ftyphei"];
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        let webp = starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
        if starts(b"%PDF") {
            Self::Pdf
        } else if starts(b"PK\x03\x04") {
            Self::Packed
        } else if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            if holds_utf16(bytes, "EncryptedPackage") { Self::Locked } else { Self::Compound }
        } else if text::looks_like_text(bytes) {
            let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).trim_start().to_lowercase();
            let page = ["<html", "<!doctype", "<table", "<?xml", "{\\rtf"];
            if page.iter().any(|start| head.starts_with(start)) { Self::Other } else { Self::Text }
        } else if webp || PICTURES.iter().any(|magic| starts(magic)) {
            Self::Picture
        } else {
            Self::Other
        }
    }
}

/// Whether the name of a stream stands in a compound file, where names are UTF-16.
fn holds_utf16(bytes: &[u8], name: &str) -> bool {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(name.len()).any(|window| window == name)
}

/// Unpacks every part into nothing and counts: what a part declares is not believed.
fn unpacks_within_limits(bytes: &[u8]) -> Result<(), &'static str> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| "file-broken")?;
    if archive.len() > 2_000 {
        return Err("file-too-large");
    }
    let mut left = MAX_UNPACKED;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(_) => "file-password",
            _ => "file-broken",
        })?;
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|_| "file-broken")?;
        left = left.checked_sub(read).ok_or("file-too-large")?;
    }
    Ok(())
}

/// Runs a reader; a panic in it refuses the file.
fn guarded(read: impl FnOnce() -> Result<Vec<Sheet>, &'static str>) -> Result<Vec<Sheet>, &'static str> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err("file-broken"))
}

fn packed(bytes: &[u8]) -> Result<Vec<Sheet>, &'static str> {
    let archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| "file-broken")?;
    let has = |part: &str| archive.file_names().flatten().any(|name| name == part);
    if has("xl/workbook.xml") {
        xlsx(bytes)
    } else if has("content.xml") {
        ods(bytes)
    } else {
        Err("file-not-a-spreadsheet")
    }
}

/// Cell by cell: a far-away cell costs nothing, as it would in a filled rectangle.
fn xlsx(bytes: &[u8]) -> Result<Vec<Sheet>, &'static str> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| match error {
        calamine::XlsxError::Password => "file-password",
        _ => "file-broken",
    })?;
    let mut budget = Budget::default();
    let mut sheets = Vec::new();
    for name in book.sheet_names().into_iter().take(MAX_SHEETS) {
        // A sheet of just a chart has no cells.
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else { continue };
        let mut sheet = Sheet { name, ..Sheet::default() };
        while let Some(cell) = cells.next_cell().map_err(|_| "file-broken")? {
            let (row, column) = cell.get_position();
            let text = match cell.get_value() {
                DataRef::Empty | DataRef::Error(_) => continue,
                DataRef::Int(number) => number.to_string(),
                DataRef::Float(number) => number_text(*number),
                DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
                DataRef::SharedString(text) => (*text).to_owned(),
                DataRef::Bool(truth) => bool_text(*truth).to_owned(),
                DataRef::DateTime(moment) => moment_text(moment),
            };
            budget.spend()?;
            sheet.put(row as usize, column as usize, Cell::new(&text));
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

fn ods(bytes: &[u8]) -> Result<Vec<Sheet>, &'static str> {
    let book = Ods::new(Cursor::new(bytes)).map_err(|error| match error {
        calamine::OdsError::Password => "file-password",
        _ => "file-broken",
    })?;
    ranges(book)
}

fn xls(bytes: &[u8]) -> Result<Vec<Sheet>, &'static str> {
    let book = Xls::new(Cursor::new(bytes)).map_err(|error| match error {
        calamine::XlsError::Password => "file-password",
        // A compound file without a workbook in it: an old Word document, a mail.
        calamine::XlsError::Cfb(_) => "file-not-a-spreadsheet",
        _ => "file-broken",
    })?;
    ranges(book)
}

fn ranges<'a, R: Reader<Cursor<&'a [u8]>>>(mut book: R) -> Result<Vec<Sheet>, &'static str> {
    let mut budget = Budget::default();
    let mut sheets = Vec::new();
    for name in book.sheet_names().into_iter().take(MAX_SHEETS) {
        let Ok(range) = book.worksheet_range(&name) else { continue };
        let (first_row, first_column) = range.start().unwrap_or((0, 0));
        let mut sheet = Sheet { name, ..Sheet::default() };
        for (row, column, data) in range.used_cells() {
            let text = match data {
                Data::Empty | Data::Error(_) => continue,
                Data::Int(number) => number.to_string(),
                Data::Float(number) => number_text(*number),
                Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
                Data::Bool(truth) => bool_text(*truth).to_owned(),
                Data::DateTime(moment) => moment_text(moment),
            };
            budget.spend()?;
            sheet.put(first_row as usize + row, first_column as usize + column, Cell::new(&text));
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// How many cells may still come.
struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_CELLS)
    }
}

impl Budget {
    fn spend(&mut self) -> Result<(), &'static str> {
        self.0 = self.0.checked_sub(1).ok_or("file-too-large")?;
        Ok(())
    }
}

/// `2640`, not `2640.0`.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() }
}

fn bool_text(truth: bool) -> &'static str {
    if truth { "ja" } else { "nee" }
}

/// The day of a cell that is formatted as one; a duration as its number.
fn moment_text(moment: &ExcelDateTime) -> String {
    if moment.is_duration() {
        return number_text(moment.as_f64());
    }
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    let date = i16::try_from(year).ok().and_then(|year| Date::new(year, month as i8, day as i8).ok());
    date.map_or_else(|| number_text(moment.as_f64()), |date| date.to_string())
}
