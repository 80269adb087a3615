//! Persons through the office on a real store: what is saved is read back, every read leaves
//! its line, and nobody overwrites anybody.

use casework::office::AccountRole;
use casework::people::{Birth, PersonData, PersonId, Purpose, Screening, Side};
use casework::people_view::ShareState;
use casework::ports::Storage;
use casework::{Actor, Error};
use proptest::prelude::*;
use schemas::language::Language;
use schemas::time::{Date, Timestamp};
use schemas::vocabulary::{About, Cefr, Domain, Interest, Sex, Slots, Strength, Style, Wish};
use store::testing::{TestOffice, office_for_tests};

fn coordinator() -> Actor {
    Actor::new(None, "An Peeters", AccountRole::Coordinator)
}

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).expect("a day")
}

fn newcomer(name: &str) -> PersonData {
    let mut data = PersonData::new(Side::Newcomer, day(2026, 9, 1));
    data.given_name = name.to_owned();
    data.birth = Birth::On(day(1990, 3, 4));
    data
}

fn audit_actions(test: &TestOffice, person: Option<PersonId>) -> Vec<(String, String)> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    let read = move |records: &mut dyn casework::ports::Records| {
        let lines = match person {
            Some(id) => records.audit_about(id, 100)?,
            None => records.audit_newest(100)?,
        };
        sender.send(lines.into_iter().map(|line| (line.action, line.detail)).collect()).expect("a receiver");
        Ok(())
    };
    test.store.read(Box::new(read)).expect("a snapshot");
    receiver.recv().expect("lines")
}

#[test]
fn every_read_and_change_of_a_person_leaves_a_line() {
    let test = office_for_tests();
    let (office, an) = (&test.office, coordinator());
    let id = office.save_person(&an, None, newcomer("Rania"), None).expect("a person");
    office.open_person(&an, id).expect("a file");
    let file = office.open_person(&an, id).expect("a file");
    let about: Vec<String> = audit_actions(&test, Some(id)).into_iter().map(|line| line.0).collect();
    assert_eq!(about, ["person.read", "person.read", "person.added"]);
    assert_eq!(file.audit.len(), 3, "the file shows that it was just read");
    office.people(&an, Side::Newcomer).expect("a list");
    assert_eq!(audit_actions(&test, None)[0], ("people.listed".to_owned(), "newcomer 1".to_owned()));
}

#[test]
fn who_may_not_see_persons_sees_none() {
    let test = office_for_tests();
    for role in [AccountRole::Member, AccountRole::Administrator] {
        let other = Actor::new(None, "Jo", role);
        assert!(matches!(test.office.people(&other, Side::Mentor), Err(Error::Forbidden)));
        assert!(matches!(test.office.save_person(&other, None, newcomer("X"), None), Err(Error::Forbidden)));
        assert!(matches!(test.office.open_person(&other, PersonId(1)), Err(Error::Forbidden)));
        assert!(matches!(test.office.erase_person(&other, PersonId(1)), Err(Error::Forbidden)));
        assert!(matches!(test.office.publish(&other, PersonId(1), None), Err(Error::Forbidden)));
    }
}

#[test]
fn two_who_edit_one_person_do_not_overwrite_each_other() {
    let test = office_for_tests();
    let (office, an) = (&test.office, coordinator());
    let jo = Actor { name: "Jo".to_owned(), ..coordinator() };
    let id = office.save_person(&an, None, newcomer("Rania"), None).expect("a person");
    let mut by_an = newcomer("Rania");
    by_an.country = "Irak".to_owned();
    let mut by_jo = newcomer("Rania");
    by_jo.country = "Syrië".to_owned();
    office.save_person(&an, Some((id, 1)), by_an, None).expect("the first");
    let second = office.save_person(&jo, Some((id, 1)), by_jo.clone(), None);
    assert!(matches!(second, Err(Error::Conflict { by, version: 2 }) if by == "An Peeters"));
    let stored = office.open_person(&jo, id).expect("the other version").person;
    assert_eq!((stored.version, stored.data.country.as_str()), (2, "Irak"));
    office.save_person(&jo, Some((id, 2)), by_jo, None).expect("once seen");
}

#[test]
fn a_form_that_is_sent_twice_adds_one_person() {
    let test = office_for_tests();
    let (office, an) = (&test.office, coordinator());
    let save = |name, form| office.save_person(&an, None, newcomer(name), Some(form)).expect("a person");
    let first = save("Rania", "1-a");
    assert_eq!(save("Rania", "1-a"), first, "sent twice");
    assert_eq!(save("Raniah", "1-b"), first, "corrected after going back");
    let all = office.people(&an, Side::Newcomer).expect("a list");
    assert_eq!(all.len(), 1);
    assert_eq!(office.open_person(&an, first).expect("a file").person.data.given_name, "Raniah");
    assert_eq!(save("Rania", "1-a"), first, "and back");
    assert_eq!(office.open_person(&an, first).expect("a file").person.data.given_name, "Rania");
    assert_ne!(save("Rania", "2-a"), first, "two people may have one name");
}

#[test]
fn a_form_whose_work_fails_may_be_sent_again() {
    let test = office_for_tests();
    let failed = test.office.once("form-1", |_| Err::<(), _>(Error::NotFound));
    assert!(matches!(failed, Err(Error::NotFound)));
    assert_eq!(test.office.once("form-1", |_| Ok(7)).expect("once"), Some(7));
    assert_eq!(test.office.once("form-1", |_| Ok(8)).expect("twice"), None);
}

#[test]
fn consent_and_screening_are_kept_with_day_text_and_who() {
    let test = office_for_tests();
    let (office, an) = (&test.office, coordinator());
    let mentor =
        office.save_person(&an, None, PersonData { side: Side::Mentor, ..newcomer("Jef") }, None).expect("a mentor");
    let state = |office: &casework::Office| office.open_person(&coordinator(), mentor).expect("a file").state;
    assert_eq!(state(office), ShareState::ConsentMissing);
    office.record_consent(&an, &[mentor], Purpose::CrossBorder, true, day(2026, 10, 20), "2026-1").expect("consent");
    assert_eq!(state(office), ShareState::ScreeningMissing);
    let seen = Screening { seen_on: day(2026, 10, 21), seen_by: "An Peeters".to_owned() };
    office.record_screening(&an, &[mentor], seen.clone()).expect("screening");
    assert_eq!(state(office), ShareState::NotShared);
    let file = office.open_person(&an, mentor).expect("a file");
    assert_eq!(file.screening, Some(seen));
    let consent = &file.consents[0];
    assert_eq!(
        (consent.text_version.as_str(), consent.asked_by.as_str(), consent.on),
        ("2026-1", "An Peeters", day(2026, 10, 20))
    );
    let tomorrow = office.record_consent(&an, &[mentor], Purpose::CrossBorder, true, day(2026, 10, 27), "2026-1");
    assert!(matches!(tomorrow, Err(Error::Invalid(_))));
    let nobody =
        office.record_consent(&an, &[mentor, PersonId(99)], Purpose::Handover, true, day(2026, 10, 20), "2026-1");
    assert!(matches!(nobody, Err(Error::NotFound)));
    assert_eq!(office.open_person(&an, mentor).expect("a file").consents.len(), 1, "all or none");
}

#[test]
fn who_waits_longest_comes_first() {
    let test = office_for_tests();
    let (office, an) = (&test.office, coordinator());
    for (name, registered) in [("later", day(2026, 10, 1)), ("first", day(2026, 2, 1)), ("today", day(2026, 10, 26))] {
        let data = PersonData { registered_on: registered, ..newcomer(name) };
        office.save_person(&an, None, data, None).expect("a person");
    }
    let rows = office.people(&an, Side::Newcomer).expect("a list");
    let order: Vec<(&str, u32)> =
        rows.iter().map(|row| (row.person.data.given_name.as_str(), row.waiting_days)).collect();
    assert_eq!(order, [("first", 267), ("later", 25), ("today", 0)]);
    assert_eq!(rows[0].age, Some(36));
}

#[test]
fn an_archived_person_is_in_no_list() {
    let test = office_for_tests();
    let (office, an) = (&test.office, coordinator());
    let id = office.save_person(&an, None, newcomer("Rania"), None).expect("a person");
    office.archive_person(&an, id, true).expect("archived");
    assert!(office.people(&an, Side::Newcomer).expect("a list").is_empty());
    office.archive_person(&an, id, false).expect("restored");
    assert_eq!(office.people(&an, Side::Newcomer).expect("a list").len(), 1);
}

fn any_day() -> impl Strategy<Value = Date> {
    (1900i16..2027, 1i8..13, 1i8..29).prop_map(|(y, m, d)| day(y, m, d))
}

fn any_birth() -> impl Strategy<Value = Birth> {
    prop_oneof![
        Just(Birth::Unknown),
        any_day().prop_map(Birth::On),
        (1900i16..2027).prop_map(Birth::In),
        (0i16..120, any_day()).prop_map(|(years, on)| Birth::Aged { years, on }),
    ]
}

prop_compose! {
    fn any_person()(
        side in prop_oneof![Just(Side::Newcomer), Just(Side::Mentor)],
        texts in proptest::collection::vec(".{0,30}", 21),
        birth in any_birth(),
        registered_on in any_day(),
        codes in (proptest::option::of(0usize..3), proptest::option::of(0usize..6), proptest::option::of(0usize..4)),
        sets in (0u32..1 << 6, 0u32..1 << 15, 0u32..1 << 21, proptest::collection::btree_set(0usize..50, 0..5)),
        numbers in (0u8..21, 0u8..101, proptest::option::of(0u8..20), any::<bool>(), any::<bool>()),
    ) -> PersonData {
        let mut text = texts.into_iter();
        let mut next = || text.next().expect("enough texts");
        let languages: Vec<Language> = Language::all().collect();
        let mut data = PersonData::new(side, registered_on);
        data.given_name = next();
        data.family_name = next();
        data.birth = birth;
        data.sex = codes.0.map(|at| Sex::ALL[at]);
        data.contact.phone = next();
        data.contact.email = next();
        data.contact.street = next();
        data.contact.postal_code = next();
        data.contact.municipality = "11007".parse().ok();
        data.country = next();
        data.languages = sets.3.iter().map(|at| languages[*at]).collect();
        data.mother_tongue = data.languages.first().copied();
        data.dutch = codes.1.map(|at| Cefr::ALL[at]);
        data.education = next();
        data.former_work = next();
        data.occupation = "7212".parse().ok();
        data.occupation_text = next();
        data.domains = Domain::ALL.iter().enumerate().filter(|(at, _)| sets.0 >> at & 1 == 1).map(|(_, d)| *d).collect();
        data.interests = Interest::ALL.iter().enumerate().filter(|(at, _)| sets.1 >> at & 1 == 1).map(|(_, i)| *i).collect();
        data.slots = (0..21).filter(|at| sets.2 >> at & 1 == 1).fold(Slots::none(), |all, at| all.union(Slots::slot(at / 3, at % 3)));
        data.style = codes.2.map(|at| Style::ALL[at]);
        data.wishes = [Wish { about: About::Nearby, strength: Strength::Must }].into();
        data.capacity = numbers.0;
        data.radius_km = numbers.1;
        data.children = numbers.2;
        data.shows_age = numbers.3;
        data.shows_sex = numbers.4;
        data.recruited_via = next();
        data.intake.needs = next();
        data.intake.expectations = next();
        data.intake.background = next();
        data.intake.experience = next();
        data.intake.goals = next();
        data.intake.barriers = next();
        data.intake.preferred_profile = next();
        data.intake.actions = next();
        data.intake.remarks = next();
        data
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Every column keeps what is put in it, at once and when it is replaced.
    #[test]
    fn a_person_is_read_back_as_written(first in any_person(), second in any_person()) {
        let test = office_for_tests();
        let second = PersonData { side: first.side, ..second };
        let (sender, receiver) = std::sync::mpsc::sync_channel(4);
        let (one, two) = (first.clone(), second.clone());
        test.store.write(Box::new(move |records| {
            let id = records.insert_person(&one, true, "An", Timestamp(5))?;
            sender.send(records.person(id)?).expect("a receiver");
            assert!(records.update_person(id, 1, &two, "Jo", Timestamp(6))?);
            assert!(!records.update_person(id, 1, &one, "Jo", Timestamp(7))?);
            sender.send(records.person(id)?).expect("a receiver");
            Ok(())
        })).expect("a transaction");
        let stored = receiver.recv().expect("an answer").expect("a person");
        prop_assert_eq!(&stored.data, &first);
        prop_assert_eq!((stored.version, stored.demo, stored.changed_at), (1, true, Timestamp(5)));
        let stored = receiver.recv().expect("an answer").expect("a person");
        prop_assert_eq!(&stored.data, &second);
        prop_assert_eq!((stored.version, stored.changed_by.as_str(), stored.changed_at), (2, "Jo", Timestamp(6)));
    }
}
