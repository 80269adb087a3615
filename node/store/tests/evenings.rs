//! An evening of speed-dating on a real store: planned, mended, slips filled in, matches drafted.

mod towns;

use std::collections::{BTreeMap, BTreeSet};

use casework::evenings::ports::EveningId;
use casework::evenings::view::EveningPage;
use casework::matching::evening::Choice;
use casework::office::AccountRole;
use casework::people::{PersonId, Side};
use casework::{Actor, Error};
use towns::{Town, els, two_towns};

fn fields(newcomers: &[PersonId], mentors: &[PersonId], more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields: BTreeMap<&str, String> = BTreeMap::from([
        ("name", "Zaal 3".to_owned()),
        ("on", "31/10/2026".to_owned()),
        ("tables", "3".to_owned()),
        ("round_minutes", "10".to_owned()),
        ("most_dates", "4".to_owned()),
    ]);
    fields.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let people = |name: &str, people: &[PersonId]| {
        people.iter().map(|person| (name.to_owned(), person.0.to_string())).collect::<Vec<_>>()
    };
    let mut all: Vec<(String, String)> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    all.extend(people("newcomers", newcomers));
    all.extend(people("mentors", mentors));
    all
}

fn guests(town: &Town) -> (Vec<PersonId>, Vec<PersonId>) {
    let newcomers = ["Amina", "Bilal", "Chen", "Daria"].map(|name| town.somebody(Side::Newcomer, name, 0));
    let mentors = ["Ann", "Bert", "Carl"].map(|name| town.somebody(Side::Mentor, name, 1));
    (newcomers.to_vec(), mentors.to_vec())
}

fn page(town: &Town, id: EveningId) -> EveningPage {
    town.office().evening(&els(), id).expect("a page")
}

/// Nobody meets somebody twice or sits at two tables; no table is there twice.
fn check(page: &EveningPage) {
    let mut met = BTreeSet::new();
    for round in &page.rounds {
        let mut busy = BTreeSet::new();
        assert!(round.meets.len() <= page.evening.plan.tables as usize);
        for meet in &round.meets {
            assert!(met.insert((meet.newcomer, meet.mentor)), "twice together");
            assert!(busy.insert(meet.newcomer) && busy.insert(meet.mentor), "at two tables");
        }
        assert!(round.pause.iter().all(|number| !busy.contains(number)));
    }
}

fn wrong(result: casework::Result<EveningId>) -> Vec<&'static str> {
    match result {
        Err(Error::Invalid(errors)) => errors.iter().map(|error| error.code).collect(),
        other => panic!("{other:?} instead of what is wrong"),
    }
}

#[test]
fn an_evening_from_plan_to_matches() {
    let town = &two_towns()[0];
    let (newcomers, mentors) = guests(town);
    let office = town.office();
    let id = office.plan_evening(&els(), &fields(&newcomers, &mentors, &[])).expect("planned");
    let planned = page(town, id);
    check(&planned);
    assert_eq!(planned.rounds.len(), 4, "every mentor meets four newcomers");
    assert_eq!(planned.rounds.iter().map(|round| round.meets.len()).sum::<usize>(), 12);
    assert!(planned.stable.is_empty() && planned.fullest.is_empty());
    assert!(office.slip_of(&els(), id, 1).expect("a slip").lines.is_empty(), "nothing before the first round");

    assert!(office.begin_round(&els(), id, 1).expect("the first round"));
    assert!(!office.begin_round(&els(), id, 1).expect("began already"), "pressed on two screens");
    assert!(matches!(office.begin_round(&els(), id, 3), Err(Error::Refused("not-allowed-now"))));
    let began = page(town, id).rounds[0].clone();
    // The second mentor leaves, a newcomer comes late: what was held stays as it was.
    let left = page(town, id).guests.iter().find(|guest| guest.name.starts_with("Bert")).expect("Bert").number;
    office.guest_is_absent(&els(), id, left, true).expect("noted");
    let late = town.somebody(Side::Newcomer, "Elif", 0);
    office.late_guest(&els(), id, late).expect("seated");
    let mended = page(town, id);
    check(&mended);
    assert_eq!(mended.rounds[0].meets, began.meets);
    let to_come = mended.rounds.iter().skip(1).flat_map(|round| &round.meets);
    assert!(to_come.clone().all(|meet| meet.mentor != left));
    let elif = mended.guests.iter().find(|guest| guest.person == late).expect("Elif").number;
    assert!(to_come.clone().any(|meet| meet.newcomer == elif));
    assert!(matches!(office.late_guest(&els(), id, late), Err(Error::Refused("evening-guest-there"))));

    let last = u32::try_from(mended.rounds.len()).expect("few");
    for round in 2..=last {
        assert!(office.begin_round(&els(), id, round).expect("a round"));
    }
    assert!(matches!(office.begin_round(&els(), id, last + 1), Err(Error::Refused("evening-over"))));
    office.round_back(&els(), id).expect("taken back");
    assert_eq!(page(town, id).evening.round, last - 1);
    assert!(office.begin_round(&els(), id, last).expect("begun again"));

    // On a phone: the newcomer of the first table is glad, and so is the mentor, on paper.
    let first = began.meets[0];
    let form = office.form_number();
    let open = |number, form: &str, made| office.open_slip(&els(), id, number, form, made).expect("a slip");
    let secret = open(first.newcomer, &form, 0).expect("a secret");
    assert_eq!(open(first.newcomer, &form, 0), Some(secret.clone()), "one form sent twice");
    let slip = office.slip(&secret).expect("a slip");
    assert!(slip.lines.iter().any(|line| line.other == first.mentor && line.round == 1));
    let nobody = office.say_on_slip(&secret, vec![(first.mentor, Choice::Gladly), (first.newcomer, Choice::Gladly)]);
    assert!(matches!(nobody, Err(Error::NotFound)));
    assert!(office.slip(&secret).expect("a slip").lines.iter().all(|line| line.says.is_none()), "all or nothing");
    office.say_on_slip(&secret, vec![(first.mentor, Choice::Gladly)]).expect("said");
    office.enter_slip(&els(), id, first.mentor, vec![(first.newcomer, Choice::Maybe)]).expect("entered");
    let outcome = page(town, id);
    let pair = (outcome.stable[0].newcomer, outcome.stable[0].mentor);
    assert_eq!((outcome.stable.len(), pair), (1, (first.newcomer, first.mentor)));
    assert_eq!(outcome.fullest, outcome.stable);
    assert_ne!(open(first.mentor, &form, 0).expect("another guest's"), secret);
    let made = || office.slip_of(&els(), id, first.newcomer).expect("a slip").made;
    assert_eq!(made(), 1);
    let fresh = open(first.newcomer, &office.form_number(), 1).expect("another secret");
    assert!(matches!(office.slip(&secret), Err(Error::NotFound)) && office.slip(&fresh).is_ok());
    // What was shown before that is too old, sent once more or for the first time.
    assert_eq!((open(first.newcomer, &form, 0), open(first.newcomer, &office.form_number(), 1)), (None, None));
    assert!(office.slip(&fresh).is_ok() && made() == 2, "the newest stays");
    // Without a number that nobody guesses each is another.
    let [one, two] = [2, 3].map(|made| open(first.newcomer, "", made).expect("a secret"));
    assert_ne!(one, two);
    let fresh = two;

    office.delete_evening(&els(), id).expect("gone");
    assert!(matches!(office.evening(&els(), id), Err(Error::NotFound)));
    assert!(matches!(office.slip(&fresh), Err(Error::NotFound)));
}

#[test]
fn what_cannot_be_is_said_field_by_field() {
    let town = &two_towns()[0];
    let (newcomers, mentors) = guests(town);
    let office = town.office();
    let plan = |newcomers: &[PersonId], mentors: &[PersonId], more: &[(&str, &str)]| {
        office.plan_evening(&els(), &fields(newcomers, mentors, more))
    };
    assert_eq!(
        wrong(plan(&newcomers, &[], &[("name", " "), ("tables", "0")])),
        ["missing", "evening-tables", "evening-guests"]
    );
    assert_eq!(wrong(plan(&newcomers, &mentors, &[("on", "31/02/2027")])), ["date-impossible"]);
    assert_eq!(wrong(plan(&newcomers, &mentors, &[("on", "1/1/2020")])), ["evening-past"]);
    assert_eq!(
        wrong(plan(&newcomers, &mentors, &[("round_minutes", "-5"), ("most_dates", "veel")])),
        ["evening-minutes", "evening-dates"]
    );
    assert_eq!(office.evenings(&els()).expect("a list"), []);
    let member = Actor::new(Some(2), "Mia", AccountRole::Member);
    assert!(matches!(office.plan_evening(&member, &[]), Err(Error::Forbidden)));
    assert!(
        matches!(office.slip("0"), Err(Error::NotFound))
            && matches!(office.slip(&"9".repeat(1_000)), Err(Error::NotFound))
    );
}

#[test]
fn an_erased_guest_leaves_a_number_only() {
    let town = &two_towns()[0];
    let (newcomers, mentors) = guests(town);
    let office = town.office();
    let id = office.plan_evening(&els(), &fields(&newcomers, &mentors, &[])).expect("planned");
    office.begin_round(&els(), id, 1).expect("a round");
    office.erase_person(&els(), newcomers[0]).expect("erased");
    let page = page(town, id);
    assert!(page.guests.iter().all(|guest| guest.person != newcomers[0]));
    office.guest_is_absent(&els(), id, page.guests[0].number, true).expect("mended without the one who is gone");
}
