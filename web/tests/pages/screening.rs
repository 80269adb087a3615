//! A mentor whose extract nobody saw: every page that leads to a match says what comes first.

use casework::office::AccountRole;
use casework::people::{Screening, Side};
use casework::ports::Storage;
use casework::ports_matches::{Duo, DuoId, DuoStage};

use crate::in_words;
use crate::scene::towns::{els, two_towns};
use crate::site::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_before_a_match_is_said_until_it_is_noted() {
    let [town, _] = two_towns();
    let office = town.office().clone();
    let [newcomer, matched] = ["Farid", "Rania"].map(|name| town.somebody(Side::Newcomer, name, 0));
    let mentor = town.unscreened(Side::Mentor, "Omar", 3);
    let today = office.now().date();
    // As a match was made before this was asked.
    let before = Duo {
        id: DuoId(0),
        proposal: None,
        partner: None,
        newcomer: Some(matched),
        mentor: Some(mentor),
        stage: DuoStage::Running,
        newcomer_said: Some(true),
        mentor_said: Some(true),
        progress: None,
        leads: true,
        matched_on: today,
        running_since: Some(today),
        ended_on: None,
    };
    town.store().write(Box::new(move |records| records.insert_duo(&before).map(drop))).expect("a duo");
    let duo = office.duos(&els()).expect("duos")[0].id.0;
    let pages = [
        format!("/nieuwkomers/{}/zoek", newcomer.0),
        format!("/mentors/{}/zoek", mentor.0),
        "/voorstellen/wachtlijst".to_owned(),
        format!("/duos/{duo}"),
    ];
    let mut browser = Browser::signed_in(&office, AccountRole::Coordinator).await;
    let there = format!("href=\"/mentors/{}#screening\"", mentor.0);
    for path in &pages {
        let page = browser.get(path).await;
        in_words(path, &page);
        assert!(page.text.contains(&there), "{path} leads nowhere");
    }
    // Who has a mentor already is offered no other, and shown the way to the duo.
    let matched = browser.get(&format!("/nieuwkomers/{}/zoek", matched.0)).await;
    in_words("zoek", &matched);
    assert!(matched.text.contains(&format!("class=\"button\" href=\"/duos/{duo}\"")), "{}", matched.text);
    assert!(!matched.text.contains("data-propose") && !matched.text.contains("#delen"));
    let seen = Screening { seen_on: today, seen_by: "Els".to_owned() };
    office.record_screening(&els(), &[mentor], seen).expect("noted");
    for path in &pages {
        assert!(!browser.get(path).await.text.contains(&there), "{path} asks for what was seen");
    }
}
