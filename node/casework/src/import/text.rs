//! Text files with separated values: the character set, the separator, and quotes that do not
//! close.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::import::sheet::{Cell, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Sheet};

/// Separators that programs write.
const SEPARATORS: [u8; 4] = [b';', b',', b'\t', b'|'];
/// More lines than this inside one pair of quotes means that a quote was never closed.
const LINES_IN_QUOTES: usize = 20;

/// Whether the bytes can be text of some character set: no control bytes but those of lines
/// and tabs, or UTF-16.
pub(super) fn looks_like_text(bytes: &[u8]) -> bool {
    if utf16(bytes).is_some() {
        return true;
    }
    let head = &bytes[..bytes.len().min(64 * 1024)];
    !head.iter().any(|byte| *byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x0c | 0x1a))
}

/// Reads a text file as one sheet.
///
/// # Errors
/// `file-too-large` when it has too many cells, `file-not-a-spreadsheet` when no separator
/// makes columns of it.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Sheet, &'static str> {
    let text = decode(bytes);
    let (text, told) = match text.split_once('\n').map(|(first, rest)| (first.trim(), rest)) {
        // A line that Excel writes for itself.
        Some((first, rest)) if first.len() == 5 && first.to_lowercase().starts_with("sep=") => {
            (rest.to_owned(), first.bytes().last())
        }
        _ => (text, None),
    };
    let separator = told.or_else(|| separator_of(&text)).ok_or("file-not-a-spreadsheet")?;
    let mut notes = Vec::new();
    let mut rows = records(&text, separator, true)?;
    if quote_stayed_open(&text, separator, &rows) {
        notes.push("quotes-unbalanced");
        rows = records(&text, separator, false)?;
    }
    if rows.len() > MAX_ROWS {
        rows.truncate(MAX_ROWS);
        notes.push("rows-left-off");
    }
    for row in &mut rows {
        if row.len() > MAX_COLUMNS {
            row.truncate(MAX_COLUMNS);
            if !notes.contains(&"columns-left-off") {
                notes.push("columns-left-off");
            }
        }
    }
    let rows = rows.iter().map(|row| row.iter().map(|cell| Cell::new(cell)).collect()).collect();
    Ok(Sheet { name: name.to_owned(), rows, notes })
}

/// UTF-16 by its mark, or because every other byte of the beginning is zero.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding != UTF_8).then_some(encoding);
    }
    let head = &bytes[..bytes.len().min(200) / 2 * 2];
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let most = head.len() / 2 * 8 / 10;
    if head.len() < 8 {
        None
    } else if odd >= most && even == 0 {
        Some(UTF_16LE)
    } else if even >= most && odd == 0 {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn decode(bytes: &[u8]) -> String {
    if let Some(encoding) = utf16(bytes) {
        return encoding.decode(bytes).0.into_owned();
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(Some(b"be"), Utf8Detection::Allow).decode(bytes).0.into_owned()
}

/// The separator that gives the first lines the most columns of one number.
fn separator_of(text: &str) -> Option<u8> {
    let head: String = text.lines().take(40).flat_map(|line| [line, "\n"]).collect();
    SEPARATORS
        .iter()
        .filter_map(|separator| {
            let rows = records(&head, *separator, true).ok()?;
            let wide: Vec<usize> = rows.iter().map(Vec::len).filter(|width| *width > 1).collect();
            let widest = wide.iter().copied().max()?;
            let alike = wide.iter().filter(|width| **width == widest).count();
            Some((alike * widest, *separator))
        })
        // Of equals the first of the list: `max_by_key` takes the last.
        .rev()
        .max_by_key(|(score, _)| *score)
        .map(|(_, separator)| separator)
}

fn records(text: &str, separator: u8, quoting: bool) -> Result<Vec<Vec<String>>, &'static str> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .quoting(quoting)
        .from_reader(text.as_bytes());
    let mut cells = 0;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| "file-broken")?;
        // The reader skips empty lines; the row numbers of the file are kept.
        let start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        rows.resize((rows.len() + empty_lines(text.as_bytes(), start)).min(MAX_ROWS + 1), Vec::new());
        cells += record.len();
        if cells > MAX_CELLS {
            return Err("file-too-large");
        }
        rows.push(record.iter().map(|cell| cell.trim_matches('"').to_owned()).collect());
        if rows.len() > MAX_ROWS {
            break;
        }
    }
    Ok(rows)
}

/// How many empty lines there are from `start`, where a record was looked for.
fn empty_lines(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    // The second half of a line end whose first half closed the record before.
    let half = start > 0 && text[start - 1] == b'\r' && rest.first() == Some(&b'\n');
    let empty = rest.iter().skip(usize::from(half)).take_while(|byte| matches!(byte, b'\r' | b'\n'));
    empty.filter(|byte| **byte == b'\n').count()
}

/// Whether a quote swallowed lines: one cell has very many of them, or the last cell holds
/// what looks like whole records.
fn quote_stayed_open(text: &str, separator: u8, rows: &[Vec<String>]) -> bool {
    let separator = char::from(separator);
    let records_inside = |cell: &String| {
        let breaks = cell.matches('\n').count();
        breaks > LINES_IN_QUOTES || (breaks > 0 && cell.lines().skip(1).any(|line| line.contains(separator)))
    };
    text.contains('"') && rows.iter().flatten().any(records_inside)
}
