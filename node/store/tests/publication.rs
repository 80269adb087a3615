//! Crossing the border: conditions, pseudonyms, the ledger, renewal, withdrawal and erasure, on
//! a real store.

use std::collections::BTreeMap;

use casework::guard::Loss;
use casework::office::AccountRole;
use casework::people::{Birth, PersonData, PersonId, Purpose, Screening, Side};
use casework::people_view::ShareState;
use casework::ports::{Circle, Outgoing, Storage};
use casework::{Actor, Error};
use replication::Effect;
use schemas::ids::DocumentId;
use schemas::places::Area;
use schemas::time::Date;
use schemas::vocabulary::{About, Domain, Languages, Slots, Strength, Wish};
use schemas::{Kind, MatchRequest, MentorOffer, Refusal, SharedValue};
use store::testing::{TestOffice, office_for_tests};

fn an() -> Actor {
    Actor::new(None, "An Peeters", AccountRole::Coordinator)
}

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).expect("a day")
}

fn data(side: Side) -> PersonData {
    let mut data = PersonData::new(side, day(2026, 4, 5));
    data.given_name = "Rania".to_owned();
    data.family_name = "Hassan".to_owned();
    data.birth = Birth::On(day(1990, 9, 27));
    data.contact.email = "rania@voorbeeld.org".to_owned();
    data.contact.municipality = "11001".parse().ok();
    data.languages = ["ar", "fr"].iter().map(|code| code.parse().expect("a language")).collect();
    data.domains = [Domain::Work].into();
    data.slots = Slots::slot(2, 1);
    data
}

/// A person with consent, and screening for a mentor.
fn ready(test: &TestOffice, data: PersonData) -> PersonId {
    let side = data.side;
    let id = test.office.save_person(&an(), None, data, None).expect("a person");
    test.office.record_consent(&an(), &[id], Purpose::CrossBorder, true, day(2026, 10, 1), "2026-1").expect("consent");
    if side == Side::Mentor {
        let seen = Screening { seen_on: day(2026, 10, 1), seen_by: "An".to_owned() };
        test.office.record_screening(&an(), &[id], seen).expect("screening");
    }
    id
}

fn offer(languages: &[&str]) -> SharedValue {
    SharedValue::MentorOffer(MentorOffer {
        capacity_left: schemas::bounded::Places::clamped(1),
        domains: Default::default(),
        occupation: None,
        sector: None,
        languages: Languages::new(languages.iter().map(|code| code.parse().expect("a language"))).expect("few"),
        area: "11001".parse().expect("Aartselaar"),
        radius_km: Default::default(),
        availability: Slots::none(),
        interests: Default::default(),
        style: None,
        wishes: Default::default(),
        age_band: None,
        sex: None,
    })
}

fn partner_offers(test: &TestOffice, languages: &[&str]) {
    test.arrive(test.partner, test.circle, DocumentId([77; 16]), offer(languages));
}

const TABLE: &str = "refnis,age_band,sex,home_language,persons\n\
    11007,25-34,F,ar,3\n11007,35-44,F,ar,2\n11007,35-44,M,ar,4\n11007,35-44,F,fr,30\n11007,25-34,M,fr,30\n";

fn published(commands: &[Outgoing]) -> Vec<(DocumentId, &SharedValue)> {
    commands
        .iter()
        .filter_map(|command| match command {
            Outgoing::Publish { document, value, .. } => Some((*document, value)),
            _ => None,
        })
        .collect()
}

fn request(value: &SharedValue) -> &MatchRequest {
    match value {
        SharedValue::MatchRequest(request) => request,
        other => panic!("not a request: {other:?}"),
    }
}

fn codes(languages: &Languages) -> Vec<&'static str> {
    languages.iter().map(|language| language.code()).collect()
}

#[test]
fn nothing_leaves_before_every_condition_holds() {
    let test = office_for_tests();
    let office = &test.office;
    let refused = |id| match office.publish(&an(), id, None) {
        Err(Error::Refused(code)) => code,
        other => panic!("published: {other:?}"),
    };
    let bare = PersonData { domains: Default::default(), slots: Slots::none(), ..data(Side::Mentor) };
    let id = office.save_person(&an(), None, bare, None).expect("a mentor");
    let preview = office.preview_publication(&an(), id, None).expect("a preview");
    assert_eq!(preview.obstacles, ["consent-missing", "screening-missing", "domains-missing", "slots-missing"]);
    assert_eq!(refused(id), "consent-missing");
    let young = PersonData { birth: Birth::On(day(2008, 10, 27)), ..data(Side::Newcomer) };
    assert_eq!(refused(ready(&test, young)), "person-minor");
    let ageless = PersonData { birth: Birth::Unknown, ..data(Side::Newcomer) };
    assert_eq!(refused(ready(&test, ageless)), "age-unknown");
    let without = Circle {
        id: test.circle,
        name: "BAM".to_owned(),
        arrangement: String::new(),
        members: vec![test.me, test.partner],
        pair: false,
    };
    test.store.insert_circle(&without).expect("a circle");
    assert_eq!(refused(ready(&test, data(Side::Newcomer))), "arrangement-missing");
    assert!(test.carry_out().is_empty(), "nothing is on its way");
}

#[test]
fn a_card_says_no_more_than_the_guard_lets_through_and_the_ledger_says_what_left() {
    let test = office_for_tests();
    let office = &test.office;
    partner_offers(&test, &["ar", "fr", "nl"]);
    office.set_population_csv(&an(), TABLE.as_bytes()).expect("a table");
    let id = ready(&test, data(Side::Newcomer));
    let preview = office.preview_publication(&an(), id, None).expect("a preview");
    assert_eq!(preview.recipients, ["Aartselaar"]);
    assert_eq!((preview.obstacles.len(), preview.people), (0, Some(6)));
    let document = office.publish(&an(), id, None).expect("a card");
    let commands = test.carry_out();
    let [(sent, value)] = published(&commands)[..] else { panic!("one card: {commands:?}") };
    assert_eq!(sent, document);
    let card = request(value);
    assert_eq!(
        (codes(&card.languages), card.age_band.map(|band| band.to_string())),
        (vec!["ar", "fr"], Some("35-44".to_owned()))
    );
    assert_eq!(card.area, Area::Municipality("11007".parse().expect("Borsbeek")), "never where she lives");
    assert_eq!(card.waiting_since.to_string(), "2026-Q2");
    let file = office.open_person(&an(), id).expect("a file");
    assert!(matches!(file.state, ShareState::Shared { .. }));
    let [line] = &file.ledger[..] else { panic!("one line") };
    assert_eq!(
        (line.event.as_str(), line.recipients.as_str(), line.consent.as_str()),
        ("published", "Aartselaar", "cross_border 2026-10-01 2026-1")
    );
    assert_eq!(line.quasi, "ar fr|35-44");
    for personal in ["Rania", "Hassan", "voorbeeld", "1990"] {
        assert!(!line.what.contains(personal), "{personal}");
    }
    let age = file.border.iter().find(|field| field.field == "age").expect("the age");
    assert_eq!((age.here.as_slice(), age.shared.as_slice()), (&["36".to_owned()][..], &["35-44".to_owned()][..]));
    let name = file.border.iter().find(|field| field.field == "name").expect("the name");
    assert!(name.shared.is_empty());
}

#[test]
fn too_few_people_and_the_coordinator_sees_what_is_lost() {
    let test = office_for_tests();
    partner_offers(&test, &["ar", "ti"]);
    test.office.set_population_csv(&an(), TABLE.as_bytes()).expect("a table");
    let mut person = data(Side::Newcomer);
    person.birth = Birth::On(day(2000, 1, 1));
    person.languages = ["ar"].iter().map(|code| code.parse().expect("a language")).collect();
    let preview = test.office.preview_publication(&an(), ready(&test, person.clone()), None).expect("a preview");
    let (from, to) = ("25-34".parse().expect("a band"), "25-44".parse().expect("a band"));
    assert_eq!(preview.losses, [Loss::BandWidened { from, to }]);
    person.languages = ["ti"].iter().map(|code| code.parse().expect("a language")).collect();
    let wish =
        |code: &str| Wish { about: About::Language(code.parse().expect("a language")), strength: Strength::Must };
    person.wishes = [wish("ti")].into();
    let preview = test.office.preview_publication(&an(), ready(&test, person), None).expect("a preview");
    let card = preview.value.expect("a card");
    assert!(request(&card).languages.is_empty());
    assert!(request(&card).wishes.is_empty(), "a wish does not tell what the card withholds");
    assert_eq!(preview.losses, [Loss::LanguageWithheld("ti".parse().expect("Tigrinya"))]);
}

#[test]
fn without_a_table_rare_languages_stay() {
    let test = office_for_tests();
    partner_offers(&test, &["ar", "fr"]);
    let id = ready(&test, data(Side::Newcomer));
    test.office.publish(&an(), id, None).expect("a card");
    let commands = test.carry_out();
    let card = request(published(&commands)[0].1);
    assert_eq!((codes(&card.languages), card.age_band), (vec!["fr"], None));
}

#[test]
fn a_pseudonym_is_kept_through_renewals_and_fresh_after_a_withdrawal() {
    let test = office_for_tests();
    let office = &test.office;
    let id = ready(&test, data(Side::Mentor));
    let first = office.publish(&an(), id, None).expect("a card");
    test.carry_out();
    office.tick().expect("a tick");
    assert!(published(&test.carry_out()).iter().all(|(document, _)| *document != first), "nothing to say");
    test.clock.pass_days(75);
    office.tick().expect("a tick");
    let commands = test.carry_out();
    assert_eq!(published(&commands).iter().filter(|(document, _)| *document == first).count(), 1, "renewed");
    office.tick().expect("a tick");
    assert!(published(&test.carry_out()).is_empty(), "once");
    office.withdraw(&an(), id).expect("withdrawn");
    assert_eq!(test.carry_out(), [Outgoing::Erase { document: first }]);
    assert!(matches!(office.withdraw(&an(), id), Err(Error::NotFound)));
    let second = office.publish(&an(), id, None).expect("a card");
    assert_ne!(first, second);
    let events: Vec<String> =
        office.open_person(&an(), id).expect("a file").ledger.into_iter().map(|line| line.event).collect();
    assert_eq!(events, ["published", "renewed", "withdrawn", "published"]);
}

#[test]
fn a_card_follows_the_record() {
    let test = office_for_tests();
    let office = &test.office;
    let id = ready(&test, data(Side::Mentor));
    let document = office.publish(&an(), id, None).expect("a card");
    test.carry_out();
    let mut changed = data(Side::Mentor);
    changed.intake.remarks = "heeft een hond".to_owned();
    office.save_person(&an(), Some((id, 1)), changed.clone(), None).expect("saved");
    assert!(test.carry_out().is_empty(), "what stays here changes no card");
    changed.domains = [Domain::Work, Domain::Language].into();
    office.save_person(&an(), Some((id, 2)), changed.clone(), None).expect("saved");
    let commands = test.carry_out();
    assert_eq!(published(&commands).len(), 1);
    changed.birth = Birth::On(day(2010, 1, 1));
    office.save_person(&an(), Some((id, 3)), changed, None).expect("saved");
    assert_eq!(test.carry_out(), [Outgoing::Erase { document }], "a minor is never out");
}

#[test]
fn who_withdraws_consent_is_withdrawn_at_once() {
    let test = office_for_tests();
    let office = &test.office;
    let id = ready(&test, data(Side::Mentor));
    let document = office.publish(&an(), id, None).expect("a card");
    test.carry_out();
    office.record_consent(&an(), &[id], Purpose::CrossBorder, false, day(2026, 10, 26), "2026-1").expect("withdrawn");
    assert_eq!(test.carry_out(), [Outgoing::Erase { document }]);
    assert_eq!(office.open_person(&an(), id).expect("a file").state, ShareState::ConsentMissing);
    assert!(matches!(office.publish(&an(), id, None), Err(Error::Refused("consent-missing"))));
}

#[test]
fn cards_over_the_years_cannot_be_laid_over_each_other() {
    let test = office_for_tests();
    let office = &test.office;
    partner_offers(&test, &["ar"]);
    office.set_population_csv(&an(), TABLE.as_bytes()).expect("a table");
    let mut person = data(Side::Newcomer);
    person.languages = ["ar"].iter().map(|code| code.parse().expect("a language")).collect();
    let id = ready(&test, person);
    office.publish(&an(), id, None).expect("a card");
    office.withdraw(&an(), id).expect("withdrawn");
    // Nine years on she is 45: with the first card that would be a band of nobody.
    test.clock.pass_days(9 * 365);
    let preview = office.preview_publication(&an(), id, None).expect("a preview");
    let card = preview.value.expect("a card");
    let band = request(&card).age_band.map(|band| band.to_string());
    assert!(
        band.as_deref()
            .is_none_or(|band| band.starts_with("35-") || band.starts_with("25-") || band.starts_with("18-")),
        "{band:?}"
    );
    assert!(preview.people.is_some_and(|people| people >= 5));
}

#[test]
fn a_mentor_shows_age_and_sex_only_when_he_agreed() {
    let test = office_for_tests();
    let mut person = data(Side::Mentor);
    person.sex = Some(schemas::vocabulary::Sex::Male);
    let id = ready(&test, person.clone());
    let card = |id| match test.office.preview_publication(&an(), id, None).expect("a preview").value {
        Some(SharedValue::MentorOffer(offer)) => offer,
        other => panic!("not an offer: {other:?}"),
    };
    assert_eq!((card(id).age_band, card(id).sex), (None, None));
    person.shows_age = true;
    person.shows_sex = true;
    let id = ready(&test, person);
    assert_eq!(
        (card(id).age_band.map(|band| band.to_string()), card(id).sex.is_some()),
        (Some("35-44".to_owned()), true)
    );
    assert_eq!(card(id).area.to_string(), "11007", "not where he lives");
}

#[test]
fn an_erased_person_is_gone_here_and_on_the_way_to_be_gone_there() {
    let test = office_for_tests();
    let office = &test.office;
    let id = ready(&test, data(Side::Mentor));
    let first = office.publish(&an(), id, None).expect("a card");
    office.withdraw(&an(), id).expect("withdrawn");
    let second = office.publish(&an(), id, None).expect("a card");
    test.carry_out();
    let kept = |given: &str| {
        vec![("given_name".to_owned(), given.to_owned()), ("family_name".to_owned(), "Hassan".to_owned())]
    };
    office.keep_draft("hers", &kept("Rania")).expect("kept");
    office.keep_draft("another", &kept("Sami")).expect("kept");
    assert_eq!(office.erase_person(&an(), id).expect("erased").documents, 2);
    let mut erased: Vec<DocumentId> = test
        .carry_out()
        .into_iter()
        .map(|command| match command {
            Outgoing::Erase { document } => document,
            other => panic!("{other:?}"),
        })
        .collect();
    erased.sort();
    let mut both = [first, second];
    both.sort();
    assert_eq!(erased, both);
    assert!(matches!(office.open_person(&an(), id), Err(Error::NotFound)));
    assert!(office.people(&an(), Side::Mentor).expect("a list").is_empty());
    assert_eq!(office.draft("hers").expect("a look"), None);
    assert!(office.draft("another").expect("a look").is_some());
}

#[test]
fn own_cards_are_published_once_and_renewed() {
    let test = office_for_tests();
    assert!(test.office.publish_own_cards().expect("published"));
    let commands = test.carry_out();
    let kinds: Vec<Kind> = published(&commands).iter().map(|(_, value)| value.kind()).collect();
    assert_eq!(kinds, [Kind::MunicipalityCard, Kind::MatchingRules]);
    assert!(!test.office.publish_own_cards().expect("again"));
    test.clock.pass_days(85);
    assert!(test.office.publish_own_cards().expect("renewed"));
    let again = test.carry_out();
    let ids = |commands: &[Outgoing]| published(commands).into_iter().map(|(document, _)| document).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&commands));
}

#[test]
fn a_table_of_another_municipality_is_refused() {
    let test = office_for_tests();
    let other = "refnis,age_band,sex,home_language,persons\n11001,25-34,F,ar,30\n";
    assert_eq!(test.office.population_table(&an()).expect("a look"), None);
    assert!(matches!(test.office.set_population_csv(&an(), other.as_bytes()), Err(Error::Invalid(_))));
    assert_eq!(test.office.population_table(&an()).expect("a look"), None);
    let loaded = test.office.set_population_csv(&an(), TABLE.as_bytes()).expect("a table");
    assert_eq!(loaded.since, Some(test.office.now()));
    assert!(matches!(test.office.set_population_csv(&an(), other.as_bytes()), Err(Error::Invalid(_))));
    assert_eq!(test.office.population_table(&an()).expect("a look"), Some(loaded), "the table before it stays");
}

#[test]
fn a_mentor_of_many_languages_is_published_with_the_first_of_them() {
    let test = office_for_tests();
    let mut person = data(Side::Mentor);
    person.mother_tongue = "tr".parse().ok();
    person.languages = ["am", "ar", "bg", "bn", "cs", "de", "el", "en", "es", "tr"]
        .iter()
        .map(|code| code.parse().expect("a language"))
        .collect();
    let id = ready(&test, person);
    test.office.publish(&an(), id, None).expect("a card");
    test.office.tick().expect("a tick");
    let commands = test.carry_out();
    let offer = published(&commands).into_iter().find_map(|(_, value)| match value {
        SharedValue::MentorOffer(offer) => Some(offer.clone()),
        _ => None,
    });
    let languages = offer.expect("an offer").languages;
    assert!(languages.len() == 8 && languages.contains(&"tr".parse().expect("Turkish")));
}

#[test]
fn a_card_that_was_not_signed_yet_goes_and_nobody_is_to_sign_for_that() {
    let takes_back: [fn(&TestOffice, PersonId); 2] = [
        |test, id| assert!(test.office.erase_person(&an(), id).is_ok()),
        |test, id| test.office.withdraw(&an(), id).expect("withdrawn"),
    ];
    for take_back in takes_back {
        let test = office_for_tests();
        let id = ready(&test, data(Side::Mentor));
        let card = test.office.publish(&an(), id, None).expect("a card");
        assert!(test.office.is_waiting(card).expect("a look"));
        take_back(&test, id);
        let left = test.store.outbox_next(0).expect("a look");
        assert!(matches!(left[..], [(_, Outgoing::Erase { .. })]), "{left:?}");
        assert_ne!(test.office.receipt_counts().expect("a look"), BTreeMap::new(), "it may be on its way yet");
        let number = left[0].0.unsigned_abs();
        test.store.apply(vec![Effect::Settled { number, outcome: Err(Refusal::NotAllowed) }]).expect("nothing is held");
        assert_eq!(test.office.receipt_counts().expect("a look"), BTreeMap::new());
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let look = Box::new(move |records: &mut dyn casework::ports::Records| {
            sender.send(records.refused()?.len()).expect("a receiver");
            Ok(())
        });
        test.store.write(look).expect("a look");
        assert_eq!((receiver.recv().expect("a number"), test.office.is_waiting(card).expect("a look")), (0, false));
    }
}
