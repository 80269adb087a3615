//! Files that are no lists, lists that are broken, and cells of any kind: each gets its word and
//! nothing is written.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use casework::import::rows::{Context, read as read_row};
use casework::import::sheet::{self, Cell};
use casework::import::{Field, ImportChoices, ImportPreview, Outcome, sheet::MAX_BYTES};
use casework::people::Side;
use casework::{Actor, Error};
use proptest::prelude::*;
use store::testing::{TestOffice, office_for_tests};

fn els() -> Actor {
    Actor::new(Some(1), "Els", casework::office::AccountRole::Coordinator)
}

fn refusal(name: &str, bytes: &[u8]) -> &'static str {
    match office_for_tests().office.read_sheet(&els(), name, bytes) {
        Err(Error::Refused(code)) => code,
        other => panic!("{name}: {other:?}"),
    }
}

fn seen(at: &TestOffice, name: &str, bytes: &[u8]) -> ImportPreview {
    at.office.read_sheet(&els(), name, bytes).expect("a list")
}

/// A packed file with these parts.
fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a part");
        archive.write_all(bytes).expect("its bytes");
    }
    archive.finish().expect("an archive").into_inner()
}

/// An XLSX file whose one sheet has this XML as its data.
fn workbook(data: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"mentors\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let links = format!(
        "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
    );
    let sheet = format!("<worksheet xmlns=\"{main}\"><sheetData>{data}</sheetData></worksheet>");
    let root = format!(
        "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    packed(&[
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

fn cell(at: &str, text: &str) -> String {
    format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

#[test]
fn files_that_are_no_lists() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    let mut locked = compound.clone();
    locked.resize(2_048, 0);
    locked.extend(utf16("EncryptedPackage"));
    let mut broken = compound;
    broken.resize(4_096, 0xff);
    for (name, bytes, code) in [
        ("leeg.csv", b"".to_vec(), "file-empty"),
        ("wit.csv", b" \r\n\r\n ".to_vec(), "file-empty"),
        ("foto.xlsx", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "file-picture"),
        ("foto.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "file-picture"),
        ("lijst.pdf", b"%PDF-1.7\n".to_vec(), "file-pdf"),
        ("slot.xlsx", locked, "file-password"),
        ("oud.doc", broken, "file-not-a-spreadsheet"),
        ("brief.docx", packed(&[("word/document.xml", b"<w/>")]), "file-not-a-spreadsheet"),
        ("stuk.xlsx", b"PK\x03\x04 en dan niets".to_vec(), "file-broken"),
        ("leeg.xlsx", packed(&[("xl/workbook.xml", b"<workbook")]), "file-broken"),
        ("pagina.xls", b"<html><table><tr><td>naam</td></tr></table></html>".to_vec(), "file-not-a-spreadsheet"),
        ("programma.exe", b"MZ\x90\0\x03\0\0\0".to_vec(), "file-not-a-spreadsheet"),
        ("brief.txt", b"Beste Els,\ntot morgen!\n".to_vec(), "file-no-list"),
        ("groot.csv", vec![b'a'; 50 * 1024 * 1024], "file-too-large"),
        ("kop.csv", b"naam;voornaam;geboortedatum\n".to_vec(), "file-no-rows"),
        ("anoniem.csv", b"geboortedatum;talen\n1/2/1990;Frans\n".to_vec(), "file-no-name-column"),
        ("nota.csv", b"stuurgroep;12/3\nniet;importeren\n".to_vec(), "file-no-list"),
    ] {
        assert_eq!(refusal(name, &bytes), code, "{name}");
    }
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let zeros = vec![b'0'; 70 * 1024 * 1024];
    let bytes = packed(&[("xl/workbook.xml", b"<workbook/>"), ("xl/media/a.bin", &zeros)]);
    assert!(bytes.len() < MAX_BYTES);
    assert_eq!(refusal("bom.xlsx", &bytes), "file-too-large");
}

#[test]
fn a_far_away_cell_costs_nothing() {
    let rows = format!(
        "<row r=\"1\">{}{}</row><row r=\"2\">{}{}</row><row r=\"1048576\">{}</row>",
        cell("A1", "naam"),
        cell("B1", "e-mail"),
        cell("A2", "An Maes"),
        cell("B2", "an@example.org"),
        cell("XFD1048576", "ver")
    );
    let preview = seen(&office_for_tests(), "mentors.xlsx", &workbook(&rows));
    assert_eq!((preview.sheets[0].rows.len(), preview.counts.taken), (1, 1));
    assert_eq!(preview.sheets[0].notes, ["rows-left-off"]);
}

#[test]
fn too_many_rows_and_columns_are_left_off_with_a_word() {
    let mut text = "naam;mail\n".to_owned();
    (0..20_010).for_each(|at| writeln!(text, "An Maes{at};an{at}@example.org").expect("memory"));
    let sheets = sheet::read("mentors.csv", text.as_bytes()).expect("a list");
    assert_eq!((sheets[0].rows.len(), sheets[0].notes.as_slice()), (20_000, ["rows-left-off"].as_slice()));
    let wide = format!("naam;mail{}\nAn;an@example.org{}\n", ";x".repeat(300), ";y".repeat(300));
    let sheets = sheet::read("mentors.csv", wide.as_bytes()).expect("a list");
    assert_eq!((sheets[0].rows[0].len(), sheets[0].notes.as_slice()), (200, ["columns-left-off"].as_slice()));
}

#[test]
fn every_character_set_reads_the_same() {
    let text = "naam;mail;talen\nZoë Ünal;zoe@example.org;Oekraïens\n";
    let utf16_le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16_be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let windows: Vec<u8> = text.chars().map(|c| c as u32 as u8).collect();
    let marked = [b"\xff\xfe".as_slice(), &utf16_le].concat();
    let utf8_marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    for bytes in [text.as_bytes(), &utf16_le, &utf16_be, &windows, &marked, &utf8_marked] {
        let preview = seen(&office_for_tests(), "nieuwkomers.csv", bytes);
        let row = &preview.sheets[0].rows[0];
        assert_eq!((row.name.as_str(), row.remarks.len()), ("Zoë Ünal", 0), "{:?}", row.remarks);
    }
}

#[test]
fn every_separator_reads_the_same() {
    for separator in [";", ",", "\t", "|"] {
        let text = ["naam;mail;gsm", "An Maes;an@example.org;0470 11 22 33", "\"Bo Li\";bo@example.org;0470 11 22 34"]
            .join("\r\n")
            .replace(';', separator);
        let preview = seen(&office_for_tests(), "mentors.csv", text.as_bytes());
        assert_eq!(preview.counts.taken, 2, "{separator:?}");
        let told = format!("sep={separator}\r\n{text}");
        assert_eq!(seen(&office_for_tests(), "mentors.csv", told.as_bytes()).counts.taken, 2, "{separator:?}");
    }
}

#[test]
fn a_quote_that_stays_open_swallows_nobody() {
    let text =
        "naam;mail;hobby\nAn Maes;an@example.org;\"film\nBo Li;bo@example.org;muziek\nCi Wu;ci@example.org;film\n";
    let preview = seen(&office_for_tests(), "mentors.csv", text.as_bytes());
    assert_eq!((preview.counts.taken, preview.sheets[0].notes.as_slice()), (3, ["quotes-unbalanced"].as_slice()));
}

#[test]
fn wrong_cells_are_remarks_and_the_row_is_taken() {
    let text = "naam;geboortedatum;niveau nederlands;talen;wanneer;gsm;opmerking\n\
                An Maes;31/02/1990;Z9;Klingon;ooit;12;85.07.30-033.28\n\
                ;1/1/1990;A1;Frans;ma avond;0470 11 22 33;\n\
                Bo Li;1/1/1990;A1;85.07.30-033.28;ma avond;0470 11 22 34;\n\
                Bo Li;1/1/1990;A1;85.07.30-033.28;ma avond;0470 11 22 34;\n\
                \n\
                Totaal;;;;;;\n\
                Ci Wu;1990;A1;Frans;ma;0470 11 22 35;zwanger\n\
                Do Ko;1990;A1;Frans;ma;0470 11 22 36;\n\
                Ed Xu;1990;A1;Frans;ma;0470 11 22 37;geen rijbewijs\n";
    let at = office_for_tests();
    let preview = seen(&at, "nieuwkomers.csv", text.as_bytes());
    let rows: Vec<_> = preview.sheets[0].rows.iter().map(|row| (row.number, row.outcome)).collect();
    assert_eq!(
        rows,
        [
            (2, Outcome::Taken),
            (3, Outcome::Refused("row-no-name")),
            (4, Outcome::Taken),
            (5, Outcome::Refused("row-double")),
            (7, Outcome::Refused("row-total")),
            (8, Outcome::Taken),
            (9, Outcome::Taken),
            (10, Outcome::Taken),
        ]
    );
    let said = |row: usize| -> Vec<(&str, &str)> {
        preview.sheets[0].rows[row].remarks.iter().map(|remark| (remark.code, remark.said.as_str())).collect()
    };
    assert_eq!(
        said(0),
        [
            ("date-impossible", "31/02/1990"),
            ("cefr-unknown", "Z9"),
            ("language-unknown", "Klingon"),
            ("slot-unknown", "ooit"),
            ("contact-unknown", "12"),
            ("rrn-refused", ""),
        ]
    );
    assert_eq!(said(2), [("rrn-refused", "")]);
    assert!(said(6).is_empty());
    assert!(!format!("{preview:?}").contains("033.28"));
    let report = at.office.commit_import(&els(), &preview.token, &ImportChoices::default()).expect("taken over");
    assert_eq!((report.counts.taken, report.counts.with_remark, report.counts.refused), (5, 2, 3));
}

fn any_cell() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9]{1,12}",
        "[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}",
        "[a-z0-9.]{0,8}@?[a-z.]{0,8} ?/? ?[0-9 +]{0,14}",
        "(ma|di|wo|niet|elke|t/m|weekend|avond|nm)( (ma|di|wo|t|m|tot|avond|nm)){0,5}",
        "[A-Za-zÀ-ÿ' ]{0,20},? ?[0-9]{0,5} ?[A-Za-z]{0,10}",
        "(liefst|moet|geen) (een )?(vrouw|man|buurt|[a-z]{1,8}talig)",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Any cell under any heading is understood, remarked on, or left; nothing panics, and
    /// nothing that looks like a national register number comes through.
    #[test]
    fn any_cell_under_any_heading(texts in proptest::collection::vec(any_cell(), Field::ALL.len()), mentor: bool) {
        let cells: Vec<Cell> = texts.iter().map(|text| Cell::new(text)).collect();
        let side = if mentor { Side::Mentor } else { Side::Newcomer };
        let today = schemas::time::Date::new(2026, 10, 26).expect("a day");
        let here = "11007".parse().expect("Borsbeek");
        let context = Context { side, today, here, take_remarks: true };
        for shift in 0..3 {
            let mut fields = Field::ALL.to_vec();
            fields.rotate_left(shift * 11);
            if let Some(row) = read_row(&cells, &fields, &context) {
                for part in casework::import::Part::ALL {
                    let text = part.text(&row.person);
                    prop_assert!(cells.iter().all(|cell| cell.text() != text) || !schemas::rrn::holds_rrn(&text));
                }
            }
        }
    }

    /// Any bytes behind the beginnings of known formats are refused or read, never a panic.
    #[test]
    fn any_bytes(start in 0usize..5, bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let starts: [&[u8]; 5] = [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"naam;mail\n"];
        let bytes = [starts[start], &bytes].concat();
        match sheet::read("lijst", &bytes) {
            Ok(sheets) => prop_assert!(sheets.iter().all(|sheet| sheet.rows.len() <= sheet::MAX_ROWS)),
            Err(code) => prop_assert!(code.starts_with("file-")),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever a list says, taking it over twice is taking it over once.
    #[test]
    fn twice_is_once(rows in proptest::collection::vec(("[A-C][a-z]{0,2} [A-C][a-z]{0,2}", "[abc]{0,1}", "[0-9]{0,2}", any_cell(), any_cell()), 1..12)) {
        let at = office_for_tests();
        let mut text = "naam\tmail\tleeftijd\ttalen\twanneer\n".to_owned();
        let clean = |cell: &str| cell.replace(['\t', '\n', '\r', '"'], " ");
        for (name, mail, age, languages, slots) in &rows {
            let mail = if mail.is_empty() { String::new() } else { format!("{mail}@example.org") };
            writeln!(text, "{name}\t{mail}\t{age}\t{}\t{}", clean(languages), clean(slots)).expect("memory");
        }
        let take = || {
            let preview = at.office.read_sheet(&els(), "nieuwkomers.csv", text.as_bytes()).ok()?;
            at.office.commit_import(&els(), &preview.token, &ImportChoices::default()).ok()
        };
        let first = take();
        let people = at.office.people(&els(), Side::Newcomer).expect("a list").len();
        if let Some(first) = &first {
            prop_assert_eq!(first.counts.taken as usize, people);
        }
        let second = take();
        prop_assert_eq!(first.is_some(), second.is_some());
        if let Some(second) = second {
            prop_assert_eq!((second.counts.taken, second.counts.updated), (0, 0), "{:?}", second.sheets);
        }
        prop_assert_eq!(at.office.people(&els(), Side::Newcomer).expect("a list").len(), people);
    }
}
