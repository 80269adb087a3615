//! The five lists of three municipalities, taken over by real offices on real stores.

use std::collections::BTreeSet;

use casework::import::{Field, ImportChoices, ImportReport, Outcome, Part};
use casework::people::{Birth, Person, Side};
use casework::{Actor, Error};
use schemas::vocabulary::{Cefr, Domain, Sector};
use store::testing::{TestOffice, office_of};

fn els() -> Actor {
    Actor::new(Some(1), "Els", casework::office::AccountRole::Coordinator)
}

fn file(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/bam").join(name);
    std::fs::read(path).expect("a list of the test data")
}

fn take(at: &TestOffice, name: &str, bytes: &[u8]) -> ImportReport {
    let preview = at.office.read_sheet(&els(), name, bytes).expect("a list");
    at.office.commit_import(&els(), &preview.token, &ImportChoices::default()).expect("taken over")
}

fn people(at: &TestOffice, side: Side) -> Vec<Person> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    use casework::ports::Storage;
    at.store
        .write(Box::new(move |records| {
            sender.send(records.people(side)?).expect("the test waits");
            Ok(())
        }))
        .expect("the store works");
    receiver.recv().expect("the persons")
}

fn called<'a>(people: &'a [Person], name: &str) -> &'a Person {
    let mut found = people.iter().filter(|person| person.data.full_name() == name);
    let one = found.next().unwrap_or_else(|| panic!("nobody is called {name}"));
    assert!(found.next().is_none(), "two are called {name}");
    one
}

fn mortsel() -> TestOffice {
    let at = office_of("11029", "11001", 1);
    take(&at, "mortsel-mentors.xlsx", &file("mortsel-mentors.xlsx"));
    take(&at, "mortsel-mentees.xlsx", &file("mortsel-mentees.xlsx"));
    at
}

fn aartselaar() -> TestOffice {
    let at = office_of("11001", "11007", 2);
    take(&at, "aartselaar-mentors.csv", &file("aartselaar-mentors.csv"));
    take(&at, "aartselaar-mentees.csv", &file("aartselaar-mentees.csv"));
    at
}

fn borsbeek() -> TestOffice {
    let at = office_of("11007", "11001", 3);
    take(&at, "borsbeek.xlsx", &file("borsbeek.xlsx"));
    at
}

#[test]
fn sixty_one_mentors_and_seventy_newcomers() {
    let offices = [mortsel(), aartselaar(), borsbeek()];
    let counts: Vec<(usize, usize)> =
        offices.iter().map(|at| (people(at, Side::Mentor).len(), people(at, Side::Newcomer).len())).collect();
    assert_eq!(counts, [(27, 31), (18, 19), (16, 20)]);
}

#[test]
fn no_row_is_refused_and_every_remark_has_its_reason() {
    let expected = [
        ("11029", "mortsel-mentors.xlsx", 27, vec!["lives-elsewhere"]),
        ("11029", "mortsel-mentees.xlsx", 31, vec!["minor"]),
        ("11001", "aartselaar-mentors.csv", 18, vec![]),
        ("11001", "aartselaar-mentees.csv", 19, vec!["minor"]),
        ("11007", "borsbeek.xlsx", 36, vec!["minor"]),
    ];
    for (refnis, name, taken, remarks) in expected {
        let at = office_of(refnis, "11002", 1);
        let preview = at.office.read_sheet(&els(), name, &file(name)).expect("a list");
        let rows: Vec<_> = preview.sheets.iter().flat_map(|sheet| &sheet.rows).collect();
        assert!(rows.iter().all(|row| row.outcome == Outcome::Taken), "{name}: {rows:#?}");
        assert_eq!((preview.counts.taken, preview.counts.refused), (taken, 0), "{name}");
        let said: Vec<&str> = rows.iter().flat_map(|row| &row.remarks).map(|remark| remark.code).collect();
        assert_eq!(said, remarks, "{name}: {:?}", rows.iter().flat_map(|row| &row.remarks).collect::<Vec<_>>());
        assert!(people(&at, Side::Mentor).is_empty() && people(&at, Side::Newcomer).is_empty(), "nothing was written");
    }
}

#[test]
fn every_column_is_recognised() {
    for (refnis, name, left) in [
        ("11029", "mortsel-mentors.xlsx", vec!["Opmerkingen"]),
        ("11029", "mortsel-mentees.xlsx", vec!["Opmerkingen"]),
        ("11001", "aartselaar-mentors.csv", vec![]),
        ("11001", "aartselaar-mentees.csv", vec!["rijksregisternr", "opmerking"]),
        ("11007", "borsbeek.xlsx", vec!["Notities"]),
    ] {
        let at = office_of(refnis, "11002", 1);
        let preview = at.office.read_sheet(&els(), name, &file(name)).expect("a list");
        let columns = preview.sheets.iter().flat_map(|sheet| &sheet.columns);
        let not_taken: Vec<&str> = columns
            .filter(|column| matches!(column.field, Field::Skip | Field::NationalNumber | Field::Remarks))
            .map(|column| column.heading.as_str())
            .collect();
        assert_eq!(not_taken, left, "{name}");
    }
}

#[test]
fn persons_of_mortsel() {
    let at = mortsel();
    let mentors = people(&at, Side::Mentor);
    let jef = &called(&mentors, "Jef Wouters").data;
    assert_eq!((jef.given_name.as_str(), jef.family_name.as_str()), ("Jef", "Wouters"));
    assert_eq!(Part::Birth.text(jef), "1997-12-03");
    assert_eq!(
        (jef.contact.phone.as_str(), jef.contact.email.as_str()),
        ("0485 70 22 48", "jef.wouters10@voorbeeld.be")
    );
    assert_eq!((jef.contact.street.as_str(), jef.contact.postal_code.as_str()), ("Molenlei 33", "2640"));
    assert_eq!((jef.capacity, jef.radius_km), (3, 10));
    assert_eq!(jef.slots.codes(), ["tue-morning", "thu-afternoon"]);
    assert_eq!(jef.sector, Some(Sector::Services));
    assert_eq!(jef.domains, BTreeSet::from([Domain::Language, Domain::Leisure]));
    assert!(jef.intake.remarks.is_empty());
    assert_eq!(called(&mentors, "Koen Van den Broeck").data.family_name, "Van den Broeck");
    let hove = &called(&mentors, "Mieke Hermans").data;
    assert_eq!(hove.contact.municipality.map(|at| at.name()), Some("Hove"));
    assert_eq!(hove.meets_in, None);
    let newcomers = people(&at, Side::Newcomer);
    let zahra = &called(&newcomers, "Zahra Bekele").data;
    assert_eq!(Part::Languages.text(zahra), "en fa fr");
    assert_eq!((zahra.dutch, zahra.children), (Some(Cefr::B1), Some(1)));
    assert_eq!(Part::RegisteredOn.text(zahra), "2026-07-08");
    assert_eq!((zahra.education.as_str(), zahra.former_work.as_str()), ("secundair", "leerkracht"));
    let aicha = &called(&newcomers, "Aicha Abdi").data;
    assert_eq!(Part::Languages.text(aicha), "fr");
}

#[test]
fn persons_of_aartselaar() {
    let at = aartselaar();
    let mentors = people(&at, Side::Mentor);
    let rita = &called(&mentors, "Rita De Smet").data;
    assert_eq!((rita.given_name.as_str(), rita.family_name.as_str()), ("Rita", "De Smet"));
    assert_eq!(rita.birth, Birth::In(1987));
    assert_eq!((rita.contact.street.as_str(), rita.contact.postal_code.as_str()), ("Statielei 66", "2630"));
    assert_eq!(rita.occupation.as_ref().map(ToString::to_string).as_deref(), Some("7212"));
    assert_eq!((rita.occupation_text.as_str(), rita.sector), ("lasser", Some(Sector::Metal)));
    let named_alike = mentors.iter().filter(|mentor| mentor.data.full_name() == "Nele Dubois").count();
    assert_eq!(named_alike, 2, "two people with one name");
    let finance = &called(&mentors, "Annelies D'Hondt").data;
    assert_eq!((finance.family_name.as_str(), finance.sector), ("D'Hondt", Some(Sector::Finance)));
    let newcomers = people(&at, Side::Newcomer);
    let olena = &called(&newcomers, "Olena Diallo").data;
    assert_eq!((olena.dutch, Part::Birth.text(olena).as_str()), (Some(Cefr::A2), "1977-12-26"));
    assert_eq!((olena.country.as_str(), Part::RegisteredOn.text(olena).as_str()), ("Oekraïne", "2026-07-25"));
    assert_eq!(olena.slots.codes(), ["mon-evening", "tue-morning", "tue-evening"]);
    assert_eq!(called(&newcomers, "Olena Haddad").data.dutch, Some(Cefr::B2));
    assert_eq!(called(&newcomers, "Rania Hassan").data.dutch, Some(Cefr::B1));
}

#[test]
fn persons_of_borsbeek() {
    let at = borsbeek();
    let newcomers = people(&at, Side::Newcomer);
    let minor = &called(&newcomers, "Ahmad Bekele").data;
    assert_eq!(minor.birth, Birth::Aged { years: 16, on: minor.registered_on });
    assert_eq!(Part::RegisteredOn.text(minor), "2026-07-22");
    let welder = &called(&newcomers, "Oleksandr Warsame").data;
    assert_eq!(welder.occupation_text, "lasser");
    assert_eq!((welder.contact.phone.as_str(), welder.contact.postal_code.as_str()), ("0472 58 27 13", "2150"));
    assert_eq!(welder.contact.municipality.map(|at| at.code()), Some(11007));
    let mentors = people(&at, Side::Mentor);
    let karin = &called(&mentors, "Karin Aerts").data;
    assert_eq!(Part::Languages.text(karin), "de fr nl tr");
    assert_eq!(karin.capacity, 1);
    let preview = at.office.read_sheet(&els(), "borsbeek.xlsx", &file("borsbeek.xlsx")).expect("a list");
    let skipped: Vec<_> = preview.sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.skipped)).collect();
    assert_eq!(skipped, [("mentoren", None), ("mentees", None), ("nota's", Some("sheet-not-a-list"))]);
}

#[test]
fn three_newcomers_are_minors() {
    let offices = [mortsel(), aartselaar(), borsbeek()];
    let day = "2026-10-26".parse().expect("a day");
    let all = offices.iter().flat_map(|at| people(at, Side::Newcomer));
    let minors = all.filter(|person| person.data.birth.age_on(day).is_some_and(|age| age < 18)).count();
    assert_eq!(minors, 3);
}

#[test]
fn twice_the_same_file_changes_nothing() {
    for (refnis, names) in [
        ("11029", vec!["mortsel-mentors.xlsx", "mortsel-mentees.xlsx"]),
        ("11001", vec!["aartselaar-mentors.csv", "aartselaar-mentees.csv"]),
        ("11007", vec!["borsbeek.xlsx"]),
    ] {
        let at = office_of(refnis, "11002", 5);
        for name in &names {
            take(&at, name, &file(name));
        }
        let before = (people(&at, Side::Mentor), people(&at, Side::Newcomer));
        at.clock.pass_days(40);
        for name in &names {
            let report = take(&at, name, &file(name));
            let counts = report.counts;
            assert_eq!((counts.taken, counts.updated, counts.refused), (0, 0, 0), "{name}");
            assert!(
                report.sheets.iter().filter(|sheet| sheet.skipped.is_none()).all(|sheet| sheet.remembered),
                "{name}"
            );
        }
        assert_eq!((people(&at, Side::Mentor), people(&at, Side::Newcomer)), before);
    }
}

#[test]
fn the_national_register_number_reaches_neither_preview_nor_store() {
    let at = office_of("11001", "11007", 2);
    let bytes = file("aartselaar-mentees.csv");
    let preview = at.office.read_sheet(&els(), "aartselaar-mentees.csv", &bytes).expect("a list");
    let column =
        preview.sheets[0].columns.iter().find(|column| column.heading == "rijksregisternr").expect("the column");
    assert_eq!((column.field, column.example.as_str()), (Field::NationalNumber, ""));
    assert!(!format!("{preview:?}").contains("584.46"));
    // Nobody can choose another meaning for it.
    let mapping = [((0, column.index), Field::Education)].into();
    let choices = ImportChoices { mapping, ..ImportChoices::default() };
    let report = at.office.commit_import(&els(), &preview.token, &choices).expect("taken over");
    assert!(!format!("{report:?}").contains("584.46"));
    let stored = format!("{:?}", people(&at, Side::Newcomer));
    assert!(stored.contains("Diallo") && !stored.contains("77.12.26"));
}

#[test]
fn remarks_are_taken_over_only_for_ticked_rows() {
    let at = office_of("11001", "11007", 2);
    let preview =
        at.office.read_sheet(&els(), "aartselaar-mentees.csv", &file("aartselaar-mentees.csv")).expect("a list");
    let row = &preview.sheets[0].rows[0];
    assert!(row.has_remarks_text && !format!("{preview:?}").contains("gelijkschakeling diploma\", mi"));
    let choices = ImportChoices { remarks_of: [(0, row.number)].into(), ..ImportChoices::default() };
    at.office.commit_import(&els(), &preview.token, &choices).expect("taken over");
    let newcomers = people(&at, Side::Newcomer);
    assert_eq!(called(&newcomers, "Olena Diallo").data.intake.remarks, "wacht op gelijkschakeling diploma");
    assert_eq!(newcomers.iter().filter(|person| !person.data.intake.remarks.is_empty()).count(), 1);
}

const LIST: &str = "naam;mail;gsm;geboortejaar;talen;wil worden\n\
                    Amina Abdi;amina@example.org;0470 11 22 33;1990;Somali;kok\n\
                    Amina Abdi;amina2@example.org;0470 11 22 34;1990;Somali;kok\n";

fn newcomers_list(at: &TestOffice, text: &str) -> ImportReport {
    take(at, "nieuwkomers.csv", text.as_bytes())
}

#[test]
fn one_name_is_not_one_person() {
    let at = office_of("11007", "11001", 3);
    assert_eq!(newcomers_list(&at, LIST).counts.taken, 2);
    assert_eq!(newcomers_list(&at, LIST).counts.unchanged, 2);
    // The same mail in one household: another given name and another year.
    let family = "naam;mail;geboortejaar;talen\nSahra Abdi;amina@example.org;2001;Somali\n";
    assert_eq!(newcomers_list(&at, family).counts.taken, 1);
    assert_eq!(people(&at, Side::Newcomer).len(), 3);
}

#[test]
fn a_changed_list_updates_what_was_not_corrected_here() {
    let at = office_of("11007", "11001", 3);
    newcomers_list(&at, LIST);
    let corrected = people(&at, Side::Newcomer).into_iter().next().expect("a newcomer");
    let mut data = corrected.data.clone();
    data.contact.phone = "0499 99 99 99".to_owned();
    use casework::ports::Storage;
    let version = corrected.version;
    at.store
        .write(Box::new(move |records| {
            let now = schemas::time::Timestamp(1_800_000_000);
            assert!(records.update_person(corrected.id, version, &data, "Els", now)?);
            Ok(())
        }))
        .expect("a correction");
    let changed = LIST.replace("0470 11 22 33", "0470 55 55 55").replacen("Somali;kok", "Somali, Engels;bakker", 1);
    let report = newcomers_list(&at, &changed);
    assert_eq!((report.counts.updated, report.counts.unchanged), (1, 1));
    let codes: Vec<_> = report.sheets[0].rows[0].remarks.iter().map(|remark| (remark.code, remark.field)).collect();
    assert_eq!(codes, [("corrected-here", Field::Phone)]);
    let newcomers = people(&at, Side::Newcomer);
    let person = newcomers.iter().find(|person| person.id == corrected.id).expect("still here");
    assert_eq!(person.data.contact.phone, "0499 99 99 99");
    assert_eq!(person.data.occupation_text, "bakker");
    assert_eq!(Part::Languages.text(&person.data), "en so");
    // Again: nothing new, and still said.
    let again = newcomers_list(&at, &changed);
    assert_eq!((again.counts.updated, again.counts.unchanged), (0, 2));
    assert_eq!(again.sheets[0].rows[0].remarks.len(), 1);
}

#[test]
fn somebody_entered_by_hand_is_found_and_not_overwritten() {
    let at = office_of("11007", "11001", 3);
    newcomers_list(&at, "naam;gsm\nTenzin Lhamo;0470 00 00 01\n");
    let at_hand = office_of("11007", "11001", 4);
    let by_hand = people(&at, Side::Newcomer).remove(0).data;
    use casework::ports::Storage;
    at_hand
        .store
        .write(Box::new(move |records| {
            records.insert_person(&by_hand, false, "Els", schemas::time::Timestamp(1_800_000_000))?;
            Ok(())
        }))
        .expect("an intake");
    let report = newcomers_list(&at_hand, "naam;gsm;talen;m/v\nTenzin Lhamo;0470/00.00.01;Tibetaans;v\n");
    assert_eq!((report.counts.taken, report.counts.updated), (0, 1));
    let newcomers = people(&at_hand, Side::Newcomer);
    assert_eq!(newcomers.len(), 1);
    assert_eq!(Part::Languages.text(&newcomers[0].data), "bo");
}

#[test]
fn a_corrected_mapping_is_remembered() {
    let at = office_of("11007", "11001", 3);
    let text = "naam;mail;kent\nAmina Abdi;amina@example.org;Somali\n";
    let preview = at.office.read_sheet(&els(), "nieuwkomers.csv", text.as_bytes()).expect("a list");
    assert_eq!(preview.sheets[0].columns[2].field, Field::Skip);
    let choices = ImportChoices { mapping: [((0, 2), Field::Languages)].into(), ..ImportChoices::default() };
    let seen = at.office.preview_import(&els(), &preview.token, &choices).expect("the list waits");
    assert_eq!(seen.sheets[0].columns[2].field, Field::Languages);
    at.office.commit_import(&els(), &preview.token, &choices).expect("taken over");
    let next = "naam;mail;kent\nSahra Abdi;sahra@example.org;Frans\n";
    let preview = at.office.read_sheet(&els(), "nieuwkomers.csv", next.as_bytes()).expect("a list");
    assert!(preview.sheets[0].remembered);
    assert_eq!(preview.sheets[0].columns[2].field, Field::Languages);
    assert_eq!(preview.counts.taken, 1);
}

#[test]
fn a_list_is_taken_over_once_and_by_who_brought_it() {
    let at = office_of("11007", "11001", 3);
    let preview = at.office.read_sheet(&els(), "nieuwkomers.csv", LIST.as_bytes()).expect("a list");
    let jan = Actor { account: Some(2), name: "Jan".to_owned(), ..els() };
    let choices = ImportChoices::default();
    assert!(matches!(at.office.commit_import(&jan, &preview.token, &choices), Err(Error::NotFound)));
    let member = Actor { role: casework::office::AccountRole::Member, ..els() };
    assert!(matches!(at.office.read_sheet(&member, "a.csv", LIST.as_bytes()), Err(Error::Forbidden)));
    at.office.commit_import(&els(), &preview.token, &choices).expect("taken over");
    assert!(matches!(at.office.commit_import(&els(), &preview.token, &choices), Err(Error::NotFound)));
    assert_eq!(people(&at, Side::Newcomer).len(), 2);
}

#[test]
fn a_list_without_a_side_waits_for_a_choice() {
    let at = office_of("11007", "11001", 3);
    let preview = at.office.read_sheet(&els(), "lijst.csv", b"naam;mail\nAn Maes;an@example.org\n").expect("a list");
    assert_eq!((preview.sheets[0].skipped, preview.counts.taken), (Some("sheet-side-unknown"), 0));
    let choices = ImportChoices { sides: [(0, Side::Mentor)].into(), ..ImportChoices::default() };
    let report = at.office.commit_import(&els(), &preview.token, &choices).expect("taken over");
    assert_eq!(report.counts.mentors, 1);
    assert_eq!(people(&at, Side::Mentor).len(), 1);
}
