//! Accounts on a real store: links, passwords, waits, sessions, drafts.

use casework::Error;
use casework::accounts::{LinkKind, SESSION_SECONDS};
use casework::office::AccountRole;
use casework::ports::Clock;
use schemas::time::Timestamp;
use store::testing::{TestOffice, office_for_tests};

const PASSWORD: &str = "een lang wachtwoord";

fn enrolled(test: &TestOffice) -> (i64, String) {
    let account = test.office.create_account("an", AccountRole::Coordinator).expect("an account");
    let link = test.office.enrol_link(account).expect("a link");
    (account, test.office.enrol(&link, PASSWORD).expect("enrolled"))
}

fn pass(test: &TestOffice, seconds: u64) {
    test.clock.set(Timestamp(test.clock.now().0 + seconds));
}

#[test]
fn an_enrolment_link_works_once() {
    let test = office_for_tests();
    let account = test.office.create_account("an", AccountRole::Coordinator).expect("an account");
    let link = test.office.enrol_link(account).expect("a link");
    assert_eq!(test.office.open_link(&link).expect("open"), LinkKind::Enrol { name: "an".to_owned() });
    assert!(matches!(test.office.enrol(&link, "kort"), Err(Error::Invalid(_))), "and is not used up by it");
    let session = test.office.enrol(&link, PASSWORD).expect("enrolled");
    let actor = test.office.actor_of(&session).expect("a session").expect("somebody");
    assert_eq!((actor.name.as_str(), actor.role, actor.account), ("an", AccountRole::Coordinator, Some(account)));
    assert!(matches!(test.office.enrol(&link, PASSWORD), Err(Error::NotFound)));
    assert!(matches!(test.office.open_link(&link), Err(Error::NotFound)));
    let late = test.office.enrol_link(account).expect("a link");
    test.clock.pass_days(8);
    assert!(matches!(test.office.open_link(&late), Err(Error::NotFound)));
}

#[test]
fn the_demos_link_signs_in_again_and_again_and_sets_no_password() {
    let test = office_for_tests();
    let account = test.office.create_account("demo", AccountRole::Coordinator).expect("an account");
    let link = test.office.sign_in_link(account).expect("a link");
    let open = || match test.office.open_link(&link).expect("open") {
        LinkKind::SignedIn { session } => session,
        other => panic!("{other:?}"),
    };
    let (one, two) = (open(), open());
    assert_ne!(one, two);
    assert!(test.office.actor_of(&one).expect("a session").is_some());
    assert!(matches!(test.office.enrol(&link, PASSWORD), Err(Error::NotFound)));
}

#[test]
fn names_are_one_whatever_their_case_and_taken_once() {
    let test = office_for_tests();
    enrolled(&test);
    assert!(matches!(test.office.create_account("AN", AccountRole::Member), Err(Error::Invalid(_))));
    assert!(test.office.sign_in(" An ", PASSWORD).is_ok());
}

#[test]
fn failing_costs_a_wait_that_a_good_password_does_not_skip() {
    let test = office_for_tests();
    enrolled(&test);
    for _ in 0..5 {
        assert!(matches!(test.office.sign_in("an", "verkeerd wachtwoord"), Err(Error::Refused("sign-in-failed"))));
    }
    assert!(matches!(test.office.sign_in("an", PASSWORD), Err(Error::Refused("sign-in-wait"))));
    assert!(matches!(test.office.sign_in("niemand", PASSWORD), Err(Error::Refused("sign-in-failed"))));
    pass(&test, 6);
    assert!(test.office.sign_in("an", PASSWORD).is_ok());
    assert!(matches!(test.office.sign_in("an", "verkeerd wachtwoord"), Err(Error::Refused("sign-in-failed"))));
    assert!(test.office.sign_in("an", PASSWORD).is_ok(), "a good one starts the count again");
}

#[test]
fn many_tries_at_once_are_not_many_for_one() {
    let test = office_for_tests();
    enrolled(&test);
    let waits: usize = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..20).map(|_| scope.spawn(|| test.office.sign_in("an", "verkeerd wachtwoord"))).collect();
        tries
            .into_iter()
            .map(|one| one.join().expect("an answer"))
            .filter(|answer| matches!(answer, Err(Error::Refused("sign-in-wait"))))
            .count()
    });
    assert_eq!(waits, 15);
}

#[test]
fn a_session_ends_when_idle_and_lives_while_used() {
    let test = office_for_tests();
    let (_, session) = enrolled(&test);
    for _ in 0..4 {
        pass(&test, SESSION_SECONDS - 1);
        assert!(test.office.actor_of(&session).expect("a look").is_some());
    }
    pass(&test, SESSION_SECONDS + 1);
    assert!(test.office.actor_of(&session).expect("a look").is_none());
    let again = test.office.sign_in("an", PASSWORD).expect("a session");
    test.office.sign_out(&again).expect("signed out");
    assert!(test.office.actor_of(&again).expect("a look").is_none());
}

#[test]
fn a_new_password_ends_other_sessions() {
    let test = office_for_tests();
    let (account, old) = enrolled(&test);
    let link = test.office.enrol_link(account).expect("a link");
    test.office.enrol(&link, "een ander wachtwoord").expect("enrolled");
    assert!(test.office.actor_of(&old).expect("a look").is_none());
    assert!(test.office.sign_in("an", PASSWORD).is_err());
}

#[test]
fn what_was_typed_is_kept_until_it_is_dropped() {
    let test = office_for_tests();
    let fields = vec![("given_name".to_owned(), "Rania".to_owned()), ("slots".to_owned(), "wed-morning".to_owned())];
    test.office.keep_draft("key", &fields).expect("kept");
    assert_eq!(test.office.draft("key").expect("a look"), Some(fields));
    test.office.drop_draft("key").expect("dropped");
    assert_eq!(test.office.draft("key").expect("a look"), None);
}
