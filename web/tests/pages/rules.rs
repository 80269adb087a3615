//! The matching rules of a municipality: read, refused and saved, tried on the past year, and a
//! file that no rule fits.

use axum::http::StatusCode;
use casework::office::AccountRole;
use casework::people::Side;
use casework::schemas::vocabulary::{About, Sex, Strength, Wish};

use crate::scene;
use crate::scene::towns::{converge, els};
use crate::site::Browser;
use crate::{in_words, links};

#[tokio::test(flavor = "multi_thread")]
async fn own_rules_are_read_refused_and_saved() {
    let towns = scene::play();
    let office = towns[0].office().clone();
    let mut browser = Browser::signed_in(&office, AccountRole::Coordinator).await;
    let page = browser.get("/matchregels").await;
    assert!(page.text.contains("Aartselaar deelde nog geen regels") && page.text.contains("value=\"300\""));
    let mut fields = casework::own_rules::rules_to_form(&casework::matching::Rules::usual());
    let mut save = async |points: &str| {
        fields.iter_mut().filter(|(name, _)| name == "points.sector").for_each(|(_, value)| points.clone_into(value));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.fill("/matchregels", "/matchregels", &fields).await
    };
    for points in ["-1", "1001", "veel", ""] {
        let bad = save(points).await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{points}");
        in_words("/matchregels", &bad);
        assert!(bad.text.contains("Geef een getal van 0 tot 1000"), "{points}");
    }
    assert_eq!(save("600").await.to(), "/matchregels");
    let saved = browser.get("/matchregels").await;
    assert!(saved.text.contains("value=\"600\"") && saved.text.contains("Neem de gewone regels terug"));
    let mut member = Browser::signed_in(&office, AccountRole::Member).await;
    assert_eq!(member.get("/matchregels").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_our_wish_from_being_told_is_named() {
    let mut towns = scene::play();
    let office = towns[0].office().clone();
    let mut browser = Browser::signed_in(&office, AccountRole::Coordinator).await;
    let said = "We weten nog niet met welke versie van Overbuur Aartselaar werkt.";
    assert!(!browser.get("/matchregels").await.text.contains(said), "who asks nothing is not bothered");
    let mut fields = casework::own_rules::rules_to_form(&casework::matching::Rules::usual());
    fields.iter_mut().filter(|(name, _)| name == "exchange.lends").for_each(|(_, value)| *value = "0".to_owned());
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.fill("/matchregels", "/matchregels", &fields).await;
    let page = browser.get("/matchregels").await;
    in_words("/matchregels", &page);
    assert!(page.text.contains(said), "{}", page.text);
    towns[1].office().publish_own_cards().expect("published");
    converge(&mut towns);
    assert!(!browser.get("/matchregels").await.text.contains(said));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_fits_nobody_says_so_and_where_to_mend_it() {
    let town = store::testing::office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let mut torn = casework::people::PersonData::new(Side::Newcomer, town.office.now().date());
    torn.given_name = "Rania".to_owned();
    torn.radius_km = 0;
    torn.wishes = [Sex::Female, Sex::Male].map(|sex| Wish { about: About::Sex(sex), strength: Strength::Must }).into();
    let id = town.office.save_person(&els(), None, torn, None).expect("a person").0;
    let search = browser.get(&format!("/nieuwkomers/{id}/zoek")).await;
    in_words("zoek", &search);
    let list = browser.get("/voorstellen/wachtlijst").await;
    in_words("wachtlijst", &list);
    for said in ["nog geen domein", "nog geen moment", "twee wensen sluiten elkaar uit", "straal van 0 km"] {
        assert!(search.text.contains(said) && list.text.contains(said), "{said}");
    }
    assert!(links(&list, &format!("/nieuwkomers/{id}/bewerk")).len() > 3);
    assert!(!links(&search, &format!("/nieuwkomers/{id}/bewerk")).is_empty());
}

/// The form of the rules as a query, with some points replaced.
fn asked(points: &[(&str, &str)], more: &str) -> String {
    let fields = casework::own_rules::rules_to_form(&casework::matching::Rules::usual());
    let value = |name: &str, usual: &str| {
        points.iter().find(|(known, _)| *known == name).map_or(usual.to_owned(), |(_, points)| (*points).to_owned())
    };
    let fields: Vec<String> = fields.iter().map(|(name, usual)| format!("{name}={}", value(name, usual))).collect();
    format!("/matchregels/wat-als?{}{more}", fields.join("&"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_year_is_replayed_with_other_weights() {
    let towns = scene::play();
    let office = towns[0].office().clone();
    let mut browser = Browser::signed_in(&office, AccountRole::Coordinator).await;
    assert!(browser.get("/matchregels").await.text.contains("href=\"/matchregels/wat-als\""));
    let present = browser.get("/matchregels/wat-als").await;
    assert!(present.text.contains("Dit geven de regels van nu.") && !present.text.contains("<th scope=\"col\">Andere"));
    let figures = office.what_if(&els(), None).expect("a year");
    assert!(figures.present.totals.matches > 5 && figures.counted.partners_mentors > 0, "{figures:?}");
    assert_eq!(figures.counted.real_duos, 1);
    // The same weights change nothing; only distance counts: nearer, and by today's rules no better.
    let same = browser.get(&asked(&[], "")).await;
    in_words("wat-als", &same);
    let paired = figures.present.totals.matches;
    assert!(same.text.contains(&format!("{paired} paren zijn in beide dezelfde.")), "{}", same.text);
    let near: Vec<(&str, &str)> = casework::own_rules::POINTS
        .iter()
        .map(|name| (*name, if *name == "points.proximity" { "900" } else { "0" }))
        .collect();
    let query = asked(&near, "&everybody=ja");
    let fields: Vec<(String, String)> = query
        .split_once('?')
        .expect("a query")
        .1
        .split('&')
        .filter_map(|field| field.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let tried = office.what_if(&els(), Some(&fields)).expect("a year").other.expect("other weights");
    let worse = |now: u64, then: u64| now * tried.totals.matches as u64 >= then * paired as u64;
    assert!(worse(figures.present.totals.metres, tried.totals.metres), "{figures:?} {tried:?}");
    let page = browser.get(&query).await;
    in_words("wat-als", &page);
    assert!(page.text.contains("Andere gewichten") && page.text.contains(" op 100</td>"));
    assert!(page.text.contains("name=\"everybody\" value=\"ja\" checked"));
    for (bad, said) in [
        (asked(&[("points.slots", "-3")], ""), "Geef een getal van 0 tot 1000"),
        (asked(&[("min_dutch", "Z9")], ""), "summary"),
        (asked(&near.iter().map(|(name, _)| (*name, "0")).collect::<Vec<_>>(), ""), "minstens één onderwerp"),
        ("/matchregels/wat-als?x=1".to_owned(), "summary"),
    ] {
        let refused = browser.get(&bad).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        in_words(&bad, &refused);
        assert!(refused.text.contains(said), "{bad}");
    }
    let mut member = Browser::signed_in(&office, AccountRole::Member).await;
    assert_eq!(member.get("/matchregels/wat-als").await.status, StatusCode::FORBIDDEN);
    let nobody = store::testing::office_for_tests();
    let mut browser = Browser::signed_in(&nobody.office, AccountRole::Coordinator).await;
    let empty = browser.get("/matchregels/wat-als").await;
    in_words("wat-als zonder iemand", &empty);
    assert!(empty.text.contains("nog niemand om te matchen") && !empty.text.contains("<tbody>"));
}
