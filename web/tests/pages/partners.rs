//! What an administrator sees and does about partners.

use axum::http::StatusCode;
use casework::Actor;
use casework::office::AccountRole;
use casework::people::Side;
use casework::ports::Storage;
use casework::schemas::RootId;

use crate::in_words;
use crate::scene;
use crate::site::Browser;

#[tokio::test]
async fn an_administrator_suspends_resumes_and_leaves_a_partner() {
    let town = store::testing::office_for_tests();
    let path = format!("/partners/{}", town.partner);
    let mut coordinator = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let page = coordinator.get(&path).await;
    in_words(&path, &page);
    assert!(!page.text.contains("/schort-op"), "a coordinator only looks");
    let forged = coordinator.fill(&path, &format!("{path}/hervat"), &[]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let mut member = Browser::signed_in(&town.office, AccountRole::Member).await;
    assert_eq!(member.get(&path).await.status, StatusCode::FORBIDDEN);

    let mut bram = Browser::signed_in(&town.office, AccountRole::Administrator).await;
    assert!(bram.get("/").await.text.contains("href=\"/partners\""));
    assert_eq!(bram.get("/partners/nobody").await.status, StatusCode::NOT_FOUND);
    let long = "x".repeat(301);
    let again = bram.fill(&path, &format!("{path}/schort-op"), &[("why", &long)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    in_words(&path, &again);
    let said = bram.fill(&path, &format!("{path}/schort-op"), &[("why", "vreemde kaarten")]).await;
    assert_eq!(said.to(), path, "{}", said.text);
    let page = bram.get(&path).await;
    in_words(&path, &page);
    assert!(page.text.contains("Reden: vreemde kaarten") && page.text.contains("is opgeschort."));
    assert!(bram.get("/partners").await.text.contains("Opgeschort sinds"));
    bram.fill(&path, &format!("{path}/hervat"), &[]).await;
    assert!(!bram.get(&path).await.text.contains("Reden:"));

    let leaving = format!("{path}/verlaat");
    in_words(&leaving, &bram.get(&leaving).await);
    assert_eq!(bram.fill(&leaving, &leaving, &[]).await.status, StatusCode::CONFLICT, "not sure");
    assert_eq!(bram.fill(&leaving, &leaving, &[("zeker", "ja")]).await.to(), "/partners");
    let list = bram.get("/partners").await;
    in_words("/partners", &list);
    assert!(list.text.contains("Geen partner meer") && list.text.contains("wacht op het bewijs"));
    assert_eq!(bram.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn leaving_twice_is_leaving_once() {
    let town = store::testing::office_for_tests();
    let leaving = format!("/partners/{}/verlaat", town.partner);
    let mut bram = Browser::signed_in(&town.office, AccountRole::Administrator).await;
    let form = bram.get(&leaving).await;
    let [csrf, number, page] = ["_csrf", "_number", "_page"].map(|name| form.hidden(name));
    let fields = [("_csrf", csrf.as_str()), ("_number", &number), ("_page", &page), ("zeker", "ja")];
    for _ in 0..2 {
        assert_eq!(bram.post(&leaving, &fields).await.to(), "/partners");
        assert!(bram.get("/partners").await.text.contains("is geen partner meer"));
    }
    let nobody = leaving.replace(&town.partner.to_string(), &"7".repeat(64));
    assert_eq!(bram.post(&nobody, &fields).await.status, StatusCode::NOT_FOUND, "who never was one");
}

#[tokio::test]
async fn an_administrator_hears_of_a_partner_that_the_program_suspended() {
    let town = store::testing::office_for_tests();
    let path = format!("/partners/{}", town.partner);
    let mut bram = Browser::signed_in(&town.office, AccountRole::Administrator).await;
    assert!(!bram.get("/").await.text.contains("opgeschort"));
    town.office.suspend_partner(&Actor::program(), town.partner, "forged").expect("suspended");

    let told = "stuurde telkens weer wat geen eerlijk knooppunt stuurt: de handtekening klopt niet";
    let today = bram.get("/").await;
    in_words("/", &today);
    assert!(today.text.contains(told) && today.text.contains(&format!("href=\"{path}\"")), "{}", today.text);
    let mut coordinator = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    assert!(coordinator.get("/").await.text.contains(told), "who waits for that partner is to know");
    let mut member = Browser::signed_in(&town.office, AccountRole::Member).await;
    assert!(!member.get("/").await.text.contains("opgeschort"));
    for shown in ["/partners", &path] {
        let page = bram.get(shown).await;
        in_words(shown, &page);
        assert!(page.text.contains("(de handtekening klopt niet)"), "{shown}: {}", page.text);
    }
    assert!(bram.get(&path).await.text.contains("door overbuur"));

    bram.fill(&path, &format!("{path}/hervat"), &[]).await;
    assert!(!bram.get("/").await.text.contains("opgeschort"));
    // One that a person suspended is known to people.
    town.office.suspend_partner(&Actor::command_line(), town.partner, "vreemde kaarten").expect("suspended");
    assert!(!bram.get("/").await.text.contains("opgeschort"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mentor_who_may_be_promised_since_a_backup_waits_for_a_coordinator() {
    let towns = scene::play();
    let office = towns[0].office().clone();
    let mentor = scene::everybody(&office, Side::Mentor)[0];
    let doubt = move |records: &mut dyn casework::ports::Records| records.set_places_unsure(mentor, true);
    towns[0].store().write(Box::new(doubt)).expect("a store");
    let path = format!("/mentors/{}", mentor.0);
    let mut browser = Browser::signed_in(&office, AccountRole::Coordinator).await;
    let today = browser.get("/").await;
    in_words("/", &today);
    assert!(today.text.contains("is misschien al beloofd") && today.text.contains(&format!("href=\"{path}\"")));
    let page = browser.get(&path).await;
    in_words(&path, &page);
    assert!(page.text.contains("heeft deze mentor geen plaats"), "{}", page.text);
    let checked = browser.fill(&path, &format!("{path}/plaatsen"), &[]).await;
    assert_eq!(checked.to(), path, "{}", checked.text);
    let page = browser.get(&path).await;
    in_words(&path, &page);
    assert!(page.text.contains("tellen weer mee") && !page.text.contains("heeft deze mentor geen plaats"));
    assert!(page.text.contains("vroeg na of de plaatsen kloppen"), "who looked is written down");
    assert!(!browser.get("/").await.text.contains("is misschien al beloofd"));
    let nobody = browser.fill(&path, "/mentors/99999/plaatsen", &[]).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn two_certificates_under_one_serial_are_told_with_what_to_do() {
    let town = store::testing::office_for_tests();
    let path = format!("/partners/{}", town.partner);
    let mut coordinator = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let told = "tekende twee certificaten met nummer";
    for shown in ["/partners", &path] {
        assert!(!coordinator.get(shown).await.text.contains(told), "{shown}");
    }
    let twice = |of: &[(RootId, u64)]| {
        *town.network.certified_twice.lock().expect("nobody panicked") = of.iter().copied().collect();
    };
    twice(&[(town.partner, 4)]);
    for shown in ["/partners", &path] {
        let page = coordinator.get(shown).await;
        in_words(shown, &page);
        assert!(page.text.contains("Deze gemeente tekende twee certificaten met nummer 4."), "{shown}: {}", page.text);
        assert!(page.text.contains("Bel haar op een nummer dat je al kende."), "{shown}");
        assert!(!page.text.contains("Je gemeente tekende"), "{shown}");
    }
    twice(&[(town.me, 7)]);
    let page = coordinator.get("/partners").await;
    in_words("/partners", &page);
    assert!(page.text.contains("Je gemeente tekende twee certificaten met nummer 7."), "{}", page.text);
    assert!(!page.text.contains("Deze gemeente tekende") && !coordinator.get(&path).await.text.contains(told));
}
