//! The exchange in balance: whose wish a bound is, the same list for every member, and our part of
//! it as drafts with a button.

use axum::http::StatusCode;
use casework::office::AccountRole;

use crate::scene;
use crate::scene::towns::converge;
use crate::site::{Answer, Browser};
use crate::{in_words, links};

/// What follows `start` up to the next `end`.
fn between<'a>(answer: &'a Answer, start: &str, end: char) -> Option<&'a str> {
    answer.text.split(start).nth(1)?.split(end).next()
}

#[tokio::test(flavor = "multi_thread")]
async fn our_wish_counts_on_every_page_and_our_part_is_proposed_from_there() {
    let mut towns = scene::play();
    // What is known of the others' releases, so that wishes are told.
    for _ in 0..2 {
        for town in &towns {
            town.office().publish_own_cards().expect("published");
        }
        converge(&mut towns);
    }
    let offices = towns.each_ref().map(|town| town.office().clone());
    let mut here = Browser::signed_in(&offices[0], AccountRole::Coordinator).await;
    let mut there = Browser::signed_in(&offices[1], AccountRole::Coordinator).await;
    let page = here.get("/matchregels").await;
    assert!(page.text.contains("Wat wij van de uitwisseling vragen") && page.text.contains("name=\"exchange.lends\""));

    let mut fields = casework::own_rules::rules_to_form(&casework::matching::Rules::usual());
    let mut save = async |asked: [&str; 4]| {
        for (name, asked) in casework::own_rules::EXCHANGE.into_iter().zip(asked) {
            fields.iter_mut().filter(|(field, _)| field == name).for_each(|(_, value)| asked.clone_into(value));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        here.fill("/matchregels", "/matchregels", &fields).await
    };
    for (asked, said) in [
        (["-1", "", "", ""], "Geef een heel getal van 0 tot 10 000"),
        (["", "1,5", "", ""], "Geef een heel getal van 0 tot 10 000"),
        (["", "", "101", ""], "Geef een heel getal van 0 tot 100"),
        (["", "", "", "99999999999"], "Geef een heel getal van 0 tot 100"),
    ] {
        let bad = save(asked).await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{asked:?}");
        in_words("/matchregels", &bad);
        assert!(bad.text.contains(said), "{asked:?}");
    }
    assert_eq!(save(["0", "", "", "10"]).await.to(), "/matchregels");
    converge(&mut towns);
    let saved = here.get("/matchregels").await;
    assert!(saved.text.contains("id=\"f-exchange-lends\""), "{}", saved.text);
    assert!(!saved.text.contains("Neem de gewone regels terug"), "a wish is no unusual rule");

    // Theirs by their form, ours by our own word: on both pages.
    let path = "/evenwicht?leent=1";
    let [ours, theirs] = [here.get(path).await, there.get(path).await];
    for page in [&ours, &theirs] {
        in_words(path, page);
        assert!(page.text.contains("de gemeente zelf") && page.text.contains("hierboven ingevuld"));
        assert!(page.text.contains("leent hoogstens 0 meer uit") && page.text.contains("leent hoogstens 1 meer uit"));
    }
    let number = |page: &Answer| between(page, "Controlegetal <strong>", '<').map(str::to_owned).expect("a number");
    assert_eq!(number(&ours), number(&theirs));
    assert_eq!(number(&ours).len(), 14);

    // From a draft of the list to a proposal that is out, by the same button as ever.
    let free = here.get("/evenwicht").await;
    let forms = free.text.split("action=\"").skip(1).filter_map(|part| part.split('"').next());
    let action = forms.into_iter().find(|action| action.ends_with("/voorstel")).expect("a partner's mentor").to_owned();
    let form = free.text.split(&format!("action=\"{action}\"")).nth(1).expect("its form");
    let offer = form.split("name=\"offer\" value=\"").nth(1).and_then(|part| part.split('"').next()).expect("a card");
    let made = here.fill("/evenwicht", &action, &[("offer", offer)]).await;
    assert!(links(&here.get(made.to()).await, "/voorstellen").len() > 1, "{}", made.text);
    converge(&mut towns);
    let came = there.get("/").await;
    assert!(came.text.contains("vraagt"), "{}", came.text);
    let mut member = Browser::signed_in(&offices[0], AccountRole::Member).await;
    assert_eq!(member.get("/evenwicht").await.status, StatusCode::FORBIDDEN);
}
