use super::*;

fn today() -> Date {
    Date::new(2026, 10, 26).expect("a day")
}

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn errors(pairs: &[(&str, &str)]) -> Vec<(String, &'static str)> {
    match parse_person_form(Side::Newcomer, &fields(pairs), today()) {
        Err(Error::Invalid(errors)) => errors.into_iter().map(|error| (error.field, error.code)).collect(),
        other => panic!("taken: {other:?}"),
    }
}

#[test]
fn a_whole_form_is_read_and_written_back() {
    let typed = fields(&[
        ("given_name", "Rania"),
        ("family_name", "Hassan"),
        ("birth", "27-09-85"),
        ("sex", "female"),
        ("contact.phone", "+32 482 48 28 96"),
        ("contact.email", "rania@voorbeeld.org"),
        ("contact.postal_code", "2630"),
        ("mother_tongue", "ar"),
        ("languages", "fr"),
        ("dutch", "B1"),
        ("occupation_text", "Lasser"),
        ("domains", "work"),
        ("domains", "language"),
        ("slots", "wed-afternoon"),
        ("wishes", "must:sex:female"),
        ("wishes", "preferred:age:25-44"),
        ("intake.needs", "Wil lassen.\r\nEn praten."),
        ("registered_on", "05/04/2026"),
    ]);
    let data = parse_person_form(Side::Newcomer, &typed, today()).expect("a whole form");
    assert_eq!(data.birth, Birth::On(Date::new(1985, 9, 27).expect("a day")));
    assert_eq!(data.languages.len(), 2, "the mother tongue is a contact language");
    assert_eq!(data.contact.municipality.map(|at| at.to_string()).as_deref(), Some("11001"));
    assert_eq!(data.occupation.as_ref().map(ToString::to_string).as_deref(), Some("7212"));
    assert_eq!(data.intake.needs, "Wil lassen.\nEn praten.");
    assert_eq!((data.domains.len(), data.wishes.len(), data.radius_km), (2, 2, 10));
    let again = parse_person_form(Side::Newcomer, &person_to_form(&data), today());
    assert_eq!(again.expect("its own form"), data);
}

#[test]
fn births_in_every_form_are_read_back() {
    for (typed, birth) in [
        ("1984", Birth::In(1984)),
        ("34", Birth::Aged { years: 34, on: today() }),
        ("34 jaar", Birth::Aged { years: 34, on: today() }),
        ("34 jaar op 01/02/2026", Birth::Aged { years: 34, on: Date::new(2026, 2, 1).expect("a day") }),
    ] {
        let data = parse_person_form(Side::Mentor, &fields(&[("given_name", "An"), ("birth", typed)]), today());
        let data = data.expect(typed);
        assert_eq!(data.birth, birth, "{typed}");
        let again = parse_person_form(Side::Mentor, &person_to_form(&data), today());
        assert_eq!(again.expect("its own form"), data);
    }
}

#[test]
fn every_wrong_field_is_named_with_its_code() {
    let found = errors(&[
        ("birth", "31/02/1984"),
        ("registered_on", "morgen"),
        ("dutch", "B7"),
        ("languages", "xx"),
        ("contact.postal_code", "0001"),
        ("contact.email", "rania"),
        ("contact.phone", "bel maar"),
        ("radius_km", "900"),
        ("slots", "wed-night"),
        ("wishes", "must:be:nice"),
        ("occupation", "tovenaar"),
        ("contact.municipality", "Atlantis"),
    ]);
    for expected in [
        ("given_name", "name-missing"),
        ("birth", "date-impossible"),
        ("registered_on", "date-format"),
        ("dutch", "cefr-unknown"),
        ("languages", "language-unknown"),
        ("contact.postal_code", "postal-unknown"),
        ("contact.email", "email-format"),
        ("contact.phone", "phone-format"),
        ("radius_km", "number-range"),
        ("slots", "slot-unknown"),
        ("wishes", "wish-unknown"),
        ("occupation", "occupation-unknown"),
        ("contact.municipality", "municipality-unknown"),
    ] {
        assert!(found.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {found:?}");
    }
}

#[test]
fn a_register_number_is_refused_in_any_field() {
    for field in ["given_name", "contact.street", "intake.remarks", "education", "unknown_field"] {
        let found = errors(&[("given_name", "An"), (field, "zie 85.07.30-033.28")]);
        assert!(found.iter().any(|(name, code)| name == field && *code == "rrn-refused"), "{field}");
    }
}

#[test]
fn limits_and_future_days() {
    let long = "x".repeat(MAX_TEXT + 1);
    assert_eq!(errors(&[("given_name", "An"), ("intake.needs", &long)]), [("intake.needs".to_owned(), "too-long")]);
    assert_eq!(errors(&[("given_name", "An"), ("birth", "27/10/2026")]), [("birth".to_owned(), "date-future")]);
    assert_eq!(errors(&[("given_name", "An"), ("birth", "0")]), [("birth".to_owned(), "number-range")]);
}
