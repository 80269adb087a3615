//! Who comes in, whose forms are taken, and that nothing typed is lost.

mod site;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN, SET_COOKIE};
use axum::http::{Method, StatusCode};
use casework::office::AccountRole;
use casework::people::Side;
use site::Browser;
use store::testing::office_for_tests;

#[tokio::test]
async fn sign_in_with_a_password_that_was_chosen() {
    let town = office_for_tests();
    let account = town.office.create_account("Els", AccountRole::Coordinator).expect("an account");
    let link = town.office.enrol_link(account).expect("a link");
    let mut browser = Browser::guest(&town.office);
    let page = browser.get(&format!("/uitnodiging/{link}")).await;
    assert!(page.text.contains("Kies een wachtwoord"));
    let path = format!("/uitnodiging/{link}");
    let differ = browser.post(&path, &[("password", "een lange zin"), ("password_again", "een andere zin")]).await;
    assert_eq!(differ.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(differ.text.contains("De twee wachtwoorden zijn niet gelijk."));
    let chosen = browser.post(&path, &[("password", "een lange zin"), ("password_again", "een lange zin")]).await;
    assert_eq!((chosen.status, chosen.to()), (StatusCode::SEE_OTHER, "/"));
    assert!(browser.get("/").await.text.contains("Wacht op jou"));

    let mut other = Browser::guest(&town.office);
    let wrong = other.post("/aanmelden", &[("name", "Els"), ("password", "iets anders")]).await;
    assert!(wrong.text.contains("Naam of wachtwoord klopt niet."));
    let right = other.post("/aanmelden", &[("name", "els"), ("password", "een lange zin"), ("next", "/duos")]).await;
    assert_eq!((right.status, right.to()), (StatusCode::SEE_OTHER, "/duos"));
    let cookie = right.headers.get(SET_COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    let elsewhere =
        other.post("/aanmelden", &[("name", "els"), ("password", "een lange zin"), ("next", "//elders.be")]).await;
    assert_eq!(elsewhere.to(), "/");
}

#[tokio::test]
async fn who_is_not_signed_in_sees_nothing() {
    let town = office_for_tests();
    let mut guest = Browser::guest(&town.office);
    for path in ["/", "/nieuwkomers", "/mentors/1", "/duos", "/netwerk", "/partners", "/gebeurtenissen", "/zoeken?q=a"]
    {
        let answer = guest.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.to().starts_with("/aanmelden"), "{path}");
    }
    assert_eq!(guest.get("/healthz").await.text, "ok\n");
    assert_eq!(guest.get("/readyz").await.status, StatusCode::OK);
    assert!(guest.get("/metrics").await.text.contains("overbuur_partners_connected"));
}

#[tokio::test]
async fn a_member_reads_the_library_and_no_person() {
    let town = office_for_tests();
    let mut member = Browser::signed_in(&town.office, AccountRole::Member).await;
    assert_eq!(member.get("/netwerk").await.status, StatusCode::OK);
    let today = member.get("/").await;
    assert!(today.text.contains("Nieuw in het netwerk") && !today.text.contains("Wacht op jou"));
    assert!(!today.text.contains("href=\"/nieuwkomers\""));
    let closed = [
        "/nieuwkomers",
        "/mentors",
        "/nieuwkomers/nieuw",
        "/nieuwkomers/1",
        "/voorstellen",
        "/duos",
        "/invoer",
        "/zoeken?q=a",
        "/partners",
    ];
    for path in closed {
        let answer = member.get(path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.text.contains("Deze bladzijde is niet voor jou"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_its_headers_and_pages_stay_small() {
    let town = office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    for path in ["/", "/aanmelden", "/nieuwkomers", "/is-er-niet", "/healthz"] {
        let answer = browser.get(path).await;
        let policy =
            answer.headers.get(CONTENT_SECURITY_POLICY).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store", "{path}");
        assert!(
            !answer.text.contains(" style=\"") && !answer.text.contains("<style") && !answer.text.contains(" onclick"),
            "{path}"
        );
    }
    let first = browser.get("/").await;
    let asset = |start: &str| {
        let rest = first.text.split(start).nth(1).expect("an asset");
        format!("/assets/{}", rest.split('"').next().unwrap_or_default())
    };
    let mut total = first.text.len();
    for start in ["rel=\"stylesheet\" href=\"/assets/", "src=\"/assets/"] {
        let answer = browser.get(&asset(start)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.headers[CACHE_CONTROL].to_str().expect("text").contains("immutable"));
        total += answer.text.len();
    }
    assert!(total < 60 * 1024, "the first page weighs {total} bytes");
}

#[tokio::test]
async fn forms_of_others_are_refused() {
    let town = office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let without = browser.post("/nieuwkomers/nieuw", &[("given_name", "Amina"), ("_page", "/nieuwkomers/nieuw")]).await;
    assert_eq!(without.status, StatusCode::FORBIDDEN);
    let page = browser.get("/nieuwkomers/nieuw").await;
    let body = format!("_csrf={}&given_name=Amina", page.hidden("_csrf"));
    let request = browser
        .request(Method::POST, "/nieuwkomers/nieuw")
        .header(ORIGIN, "https://elders.be")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .expect("a request");
    assert_eq!(browser.send(request).await.status, StatusCode::FORBIDDEN);
    assert!(town.office.people(&casework::Actor::command_line(), Side::Newcomer).expect("a list").is_empty());
}

#[tokio::test]
async fn a_form_with_errors_keeps_every_word() {
    let town = office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let fields = [
        ("given_name", "Amina"),
        ("birth", "31/02/1984"),
        ("slots", "wed-afternoon"),
        ("wishes", "preferred:sex:female"),
        ("intake.goals", "Werken als <lasser> & \"rust\""),
    ];
    let answer = browser.fill("/nieuwkomers/nieuw", "/nieuwkomers/nieuw", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("Kijk deze velden na") && answer.text.contains("href=\"#f-birth\""));
    assert!(answer.text.contains("Deze dag bestaat niet."));
    assert!(answer.text.contains("value=\"31/02/1984\"") && answer.text.contains("value=\"Amina\""));
    assert!(answer.text.contains("Werken als &#60;lasser&#62; &#38; &#34;rust&#34;"));
    assert!(answer.text.contains("value=\"wed-afternoon\" checked"));
    assert!(answer.text.contains("value=\"preferred:sex:female\" checked"));
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_person() {
    let town = office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let page = browser.get("/nieuwkomers/nieuw").await;
    let (csrf, number) = (page.hidden("_csrf"), page.hidden("_number"));
    let fields = [("_csrf", csrf.as_str()), ("_number", number.as_str()), ("given_name", "Amina"), ("birth", "1990")];
    let first = browser.post("/nieuwkomers/nieuw", &fields).await;
    let second = browser.post("/nieuwkomers/nieuw", &fields).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    assert!(first.to().starts_with("/nieuwkomers/"), "{}", first.to());
    assert_eq!(town.office.people(&casework::Actor::command_line(), Side::Newcomer).expect("a list").len(), 1);
    assert_ne!(second.status, StatusCode::INTERNAL_SERVER_ERROR);
    let shown = browser.get(first.to()).await;
    assert!(shown.text.contains("De intake van Amina is bewaard."));
    assert!(!browser.get(first.to()).await.text.contains("De intake van Amina is bewaard."), "the notice stays");
}

#[tokio::test]
async fn a_form_that_is_corrected_after_going_back_loses_nothing() {
    let town = office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let page = browser.get("/nieuwkomers/nieuw").await;
    let (csrf, number) = (page.hidden("_csrf"), page.hidden("_number"));
    let fields = |name: &'static str| {
        [
            ("_csrf", csrf.clone()),
            ("_number", number.clone()),
            ("given_name", name.to_owned()),
            ("birth", "1990".to_owned()),
        ]
    };
    for name in ["Amna", "Amina", "Amina B."] {
        let fields = fields(name);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let saved = browser.post("/nieuwkomers/nieuw", &fields).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER);
        assert!(browser.get(saved.to()).await.text.contains(&format!("De intake van {name} is bewaard.")));
    }
    assert_eq!(town.office.people(&casework::Actor::command_line(), Side::Newcomer).expect("a list").len(), 1);
    // Somebody else altogether is another person.
    let fields = [("_csrf", &*csrf), ("_number", &number), ("given_name", "Leila"), ("birth", "1991")];
    assert_ne!(browser.post("/nieuwkomers/nieuw", &fields).await.to(), "/nieuwkomers/1");
    assert_eq!(town.office.people(&casework::Actor::command_line(), Side::Newcomer).expect("a list").len(), 2);
    // What was changed elsewhere meanwhile meets the correction; nothing typed is gone.
    browser
        .fill(
            "/nieuwkomers/2/bewerk",
            "/nieuwkomers/2/bewerk",
            &[("given_name", "Leyla"), ("birth", "1991"), ("version", "1")],
        )
        .await;
    let fields = [("_csrf", &*csrf), ("_number", &number), ("given_name", "Leila B."), ("birth", "1991")];
    let answer = browser.post("/nieuwkomers/nieuw", &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text.contains("Leyla") && answer.text.contains("Leila B."), "{}", answer.text);
    // The same with a file that is there already: the second text meets the first as a conflict.
    let edit = "/nieuwkomers/1/bewerk";
    let page = browser.get(edit).await;
    let (csrf, number, version) = (page.hidden("_csrf"), page.hidden("_number"), page.hidden("version"));
    for (name, status) in [("Amina C.", StatusCode::SEE_OTHER), ("Amina D.", StatusCode::CONFLICT)] {
        let fields =
            [("_csrf", &*csrf), ("_number", &number), ("version", &version), ("given_name", name), ("birth", "1990")];
        let answer = browser.post(edit, &fields).await;
        assert_eq!(answer.status, status);
        assert!(
            status == StatusCode::SEE_OTHER || answer.text.contains("Amina C.") && answer.text.contains("Amina D.")
        );
    }
}

#[tokio::test]
async fn what_was_typed_when_the_session_ended_waits() {
    let town = office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let page = browser.get("/nieuwkomers/nieuw").await;
    let csrf = page.hidden("_csrf");
    assert_eq!(page.hidden("_page"), "/nieuwkomers/nieuw");
    browser.jar.clear();
    let fields = [
        ("_csrf", csrf.as_str()),
        ("_page", "/nieuwkomers/nieuw"),
        ("given_name", "Amina"),
        ("intake.goals", "Lassen leren"),
    ];
    let ended = browser.post("/nieuwkomers/nieuw", &fields).await;
    assert_eq!(ended.to(), "/aanmelden?verder=%2Fnieuwkomers%2Fnieuw");
    assert!(browser.get(ended.to()).await.text.contains("Wat je typte, is bewaard."));
    let account = town.office.create_account("Jan", AccountRole::Coordinator).expect("an account");
    let link = town.office.sign_in_link(account).expect("a link");
    let back = browser.get(&format!("/uitnodiging/{link}")).await;
    assert_eq!(back.to(), "/nieuwkomers/nieuw");
    let form = browser.get(back.to()).await;
    assert!(form.text.contains("value=\"Amina\"") && form.text.contains("Lassen leren"));
    let saved = browser.fill("/nieuwkomers/nieuw", "/nieuwkomers/nieuw", &[("given_name", "Amina")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    assert!(!browser.get("/nieuwkomers/nieuw").await.text.contains("Lassen leren"), "the kept form is gone");
}

#[tokio::test]
async fn two_people_who_change_one_file_both_see_it() {
    let town = office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let made =
        browser.fill("/nieuwkomers/nieuw", "/nieuwkomers/nieuw", &[("given_name", "Amina"), ("birth", "1990")]).await;
    let person = made.to().to_owned();
    let edit = format!("{person}/bewerk");
    let old = browser.get(&edit).await;
    let (csrf, version) = (old.hidden("_csrf"), old.hidden("version"));
    let newer =
        browser.fill(&edit, &edit, &[("given_name", "Amina"), ("birth", "1990"), ("intake.goals", "Rijbewijs")]).await;
    assert_eq!(newer.status, StatusCode::SEE_OTHER);
    let mine = [
        ("_csrf", csrf.as_str()),
        ("version", version.as_str()),
        ("given_name", "Aminata"),
        ("birth", "1990"),
        ("intake.goals", "Lassen"),
    ];
    let conflict = browser.post(&edit, &mine).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    assert!(
        conflict.text.contains("Rijbewijs")
            && conflict.text.contains("Lassen")
            && conflict.text.contains("keep.given_name")
    );
    assert!(!conflict.text.contains("keep.birth"), "only what differs is asked");
    let (csrf, version) = (conflict.hidden("_csrf"), conflict.hidden("version"));
    let chosen = [
        ("_csrf", csrf.as_str()),
        ("version", version.as_str()),
        ("given_name", "Aminata"),
        ("birth", "1990"),
        ("intake.goals", "Lassen"),
        ("keep.given_name", "theirs"),
        ("keep.intake.goals", "both"),
    ];
    assert_eq!(browser.post(&edit, &chosen).await.status, StatusCode::SEE_OTHER);
    let file = browser.get(&person).await;
    assert!(file.text.contains("<h1>Amina</h1>") || file.text.contains("<h1>Amina "), "their name was chosen");
    assert!(file.text.contains("Rijbewijs") && file.text.contains("Lassen"));
}

#[tokio::test]
async fn a_page_that_is_not_there_says_so() {
    let town = office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    for path in ["/nieuwkomers/999", "/duos/999", "/voorstellen/abc", "/netwerk/abc", "/invoer/abc", "/nergens"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text.contains("Deze bladzijde is er niet"), "{path}");
    }
}

#[tokio::test]
async fn a_form_of_an_earlier_session_is_shown_again_and_not_carried_out() {
    let town = office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let old = browser.get("/nieuwkomers/nieuw").await.hidden("_csrf");
    let account = town.office.create_account("Jan", AccountRole::Coordinator).expect("an account");
    let link = town.office.sign_in_link(account).expect("a link");
    browser.get(&format!("/uitnodiging/{link}")).await;
    let fields = [
        ("_csrf", old.as_str()),
        ("_page", "/nieuwkomers/nieuw"),
        ("given_name", "Amina"),
        ("intake.goals", "Lassen leren"),
    ];
    let late = browser.post("/nieuwkomers/nieuw", &fields).await;
    assert_eq!((late.status, late.to()), (StatusCode::SEE_OTHER, "/nieuwkomers/nieuw"));
    assert!(browser.get(late.to()).await.text.contains("Lassen leren"));
    assert!(town.office.people(&casework::Actor::command_line(), Side::Newcomer).expect("a list").is_empty());
    let foreign = [("_csrf", old.as_str()), ("_page", "//elders.be"), ("given_name", "Amina")];
    assert_eq!(browser.post("/nieuwkomers/nieuw", &foreign).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_address_has_a_page_or_leads_to_one() {
    let town = office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let made =
        browser.fill("/nieuwkomers/nieuw", "/nieuwkomers/nieuw", &[("given_name", "Amina"), ("birth", "1990")]).await;
    let person = made.to().to_owned();
    let consent = format!("{person}/toestemming");
    let wrong =
        browser.fill(&person, &consent, &[("on", "31/02/2026"), ("text_version", "2026-1"), ("given", "ja")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.hidden("_page"), person, "what is typed next waits for a page that can be opened");
    let again = browser.get(&consent).await;
    assert_eq!((again.status, again.to()), (StatusCode::SEE_OTHER, person.as_str()));
    for path in ["/nieuwkomers/abc", "/duos/abc", "/nieuwkomers/99999999999999999999"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text.contains("Deze bladzijde is er niet"), "{path}");
    }
    let withdraw = format!("{person}/intrekken");
    assert_eq!(browser.fill(&person, &withdraw, &[]).await.to(), person, "a card that is gone already");
}
