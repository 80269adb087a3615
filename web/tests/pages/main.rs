//! Every page on two towns full of people: it is there, in words, and the way from a question to
//! an agreed match is walked through the pages alone.

mod balance;
mod partners;
mod rules;
#[path = "../scene/mod.rs"]
mod scene;
mod screening;
#[path = "../site/mod.rs"]
mod site;

use axum::http::StatusCode;
use casework::office::AccountRole;
use casework::people::Side;
use scene::towns::{converge, els};
use site::{Answer, Browser};

fn in_words(path: &str, answer: &Answer) {
    assert!(!answer.text.contains('⟦'), "{path}: words are missing: {}", missing(&answer.text));
    assert!(answer.text.contains("<h1") && answer.text.contains("<main"), "{path}");
    assert_eq!(answer.text.matches("<h1").count(), 1, "{path}: one heading of the first level");
    assert!(!answer.text.contains(" style=\""), "{path}");
}

fn missing(text: &str) -> String {
    text.split('⟦').skip(1).filter_map(|part| part.split('⟧').next()).collect::<Vec<_>>().join(", ")
}

/// Addresses of the links of a page that start so.
fn links(answer: &Answer, start: &str) -> Vec<String> {
    answer
        .text
        .split("href=\"")
        .skip(1)
        .filter_map(|part| part.split('"').next())
        .filter(|href| href.starts_with(start))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_and_the_way_to_a_match() {
    let mut towns = scene::play();
    let office = towns[0].office().clone();
    let mut els_here = Browser::signed_in(&office, AccountRole::Coordinator).await;
    let pages = [
        "/",
        "/nieuwkomers",
        "/mentors",
        "/nieuwkomers?toestand=gedeeld&volgorde=naam-af",
        "/nieuwkomers/nieuw",
        "/mentors/nieuw",
        "/voorstellen",
        "/voorstellen/wachtlijst",
        "/duos",
        "/netwerk",
        "/netwerk/nieuw",
        "/partners",
        "/gewist",
        "/invoer",
        "/bevolking",
        "/matchregels",
        "/matchregels/wat-als",
        "/waarde",
        "/evenwicht",
        "/evenwicht?leent=1&krijgt=1&deel=50&lang=100",
        "/evenwicht?leent=veel",
        "/avonden",
        "/avonden/nieuw",
        "/zoeken?q=a",
    ];
    for path in pages {
        let answer = els_here.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        in_words(path, &answer);
    }
    let whole = els_here.get("/voorstellen/wachtlijst").await;
    assert!(whole.text.contains("Borsbeek ging op in Antwerpen. Afstanden tellen nog vanaf Borsbeek."));
    let number = whole.text.split("Controlegetal <strong>").nth(1).and_then(|rest| rest.split('<').next());
    let digits: Vec<&str> = number.expect("a number to compare").split(' ').collect();
    let is_hex = |four: &&str| four.len() == 4 && four.chars().all(|digit| digit.is_ascii_hexdigit());
    assert!(digits.len() == 3 && digits.iter().all(is_hex), "{digits:?}");
    assert!(whole.text.contains("Beste lijst voor heel BAM: "));
    let today = els_here.get("/").await;
    assert!(today.text.contains("Alleen vinden") && today.text.contains("Aartselaar vraagt"));
    for side in [Side::Newcomer, Side::Mentor] {
        let base = if side == Side::Newcomer { "/nieuwkomers" } else { "/mentors" };
        for id in scene::everybody(&office, side) {
            for page in ["", "/bewerk", "/deelregister", "/vergeet", "/zoek"] {
                let path = format!("{base}/{}{page}", id.0);
                let answer = els_here.get(&path).await;
                assert_eq!(answer.status, StatusCode::OK, "{path}");
                in_words(&path, &answer);
            }
        }
    }
    let list = els_here.get("/voorstellen").await;
    for path in links(&list, "/voorstellen/").iter().chain(&links(&els_here.get("/duos").await, "/duos/")) {
        in_words(path, &els_here.get(path).await);
    }

    // A place is kept: confirming it on its page makes the match.
    let held = links(&today, "/voorstellen/");
    let mut confirmed = None;
    for path in held {
        if els_here.get(&path).await.text.contains("/bevestig\"") {
            let answer = els_here.fill(&path, &format!("{path}/bevestig"), &[]).await;
            assert_eq!(answer.to(), path);
            confirmed = Some(path);
            break;
        }
    }
    let confirmed = confirmed.expect("a place that is kept");
    converge(&mut towns);
    let agreed = els_here.get(&confirmed).await;
    assert!(agreed.text.contains("Afgesproken") && agreed.text.contains("Open het duo"));
    let duo = links(&agreed, "/duos/").first().cloned().expect("a duo");
    let said = els_here.fill(&duo, &format!("{duo}/zegt"), &[("wie", "newcomer"), ("antwoord", "ja")]).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
    assert!(els_here.get(&duo).await.text.contains("Zei ja na de eerste ontmoeting."));

    // A question that came in is answered: first the mentor is asked.
    let asks = links(&els_here.get("/voorstellen").await, "/voorstellen/");
    let mut answered = false;
    for path in asks {
        if els_here.get(&path).await.text.contains("/gevraagd\"") {
            let early = els_here.fill(&path, &format!("{path}/ja"), &[]).await;
            assert_eq!(early.status, StatusCode::CONFLICT, "before the mentor was asked");
            els_here.fill(&path, &format!("{path}/gevraagd"), &[]).await;
            els_here.fill(&path, &format!("{path}/ja"), &[]).await;
            assert!(els_here.get(&path).await.text.contains("Vrijgehouden tot"));
            // A no in a page that stayed open asks whether the yes is meant to be taken back.
            let late = els_here.fill(&path, &format!("{path}/nee"), &[("reason", "mentor_declined")]).await;
            assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", late.text);
            in_words("nee na ja", &late);
            assert!(late.text.contains("Ben je zeker?") && late.text.contains("name=\"zeker\""));
            assert!(els_here.get(&path).await.text.contains("Vrijgehouden tot"));
            let sure = [("reason", "mentor_declined"), ("zeker", "ja")];
            let back = els_here.fill(&path, &format!("{path}/nee"), &sure).await;
            assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text);
            assert!(!els_here.get(&path).await.text.contains("Vrijgehouden tot"));
            answered = true;
            break;
        }
    }
    assert!(answered, "a question from the partner");
    let duos = office.duos(&els()).expect("duos");
    let duo = format!("/duos/{}", duos.iter().find(|duo| duo.stage.is_active()).expect("a duo that runs").id.0);
    plan_and_notes(&mut els_here, &duo).await;
    let early = [("on", "01/01/2020"), ("minutes", "60"), ("theme", "")];
    let early = els_here.fill(&duo, &format!("{duo}/ontmoeting"), &early).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said =
        early.text.split("class=\"summary\"").nth(1).and_then(|rest| rest.split("</ul>").next()).unwrap_or_default();
    assert!(said.contains(">Datum: Deze dag ligt voor de match."), "the error names its field: {said}");
}

/// The plan and the notes of a duo: written, marked as done, refused in words with the text kept.
async fn plan_and_notes(browser: &mut Browser, duo: &str) {
    let page = format!("{duo}/plan");
    let empty = browser.get(&page).await;
    in_words(&page, &empty);
    assert!(empty.text.contains("Nog geen notities."));
    for (path, fields, said) in [
        (page.clone(), vec![("plan.kind", "goal"), ("plan.text", " ")], "Vul dit in."),
        (page.clone(), vec![("plan.kind", ""), ("plan.text", "Lassen")], "Vul dit in."),
        (
            page.clone(),
            vec![("plan.kind", "step"), ("plan.text", "Lassen"), ("plan.due", "31/02/2027")],
            "bestaat niet",
        ),
        (
            format!("{page}/notitie"),
            vec![("note.kind", "other"), ("note.on", "x"), ("note.text", "Een zin")],
            "Een zin",
        ),
        (
            format!("{page}/notitie"),
            vec![("note.kind", "other"), ("note.on", "01/01/2026"), ("note.text", "85.07.30-033.28")],
            "rijksregisternummer",
        ),
    ] {
        let bad = browser.fill(&page, &path, &fields).await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        in_words(&path, &bad);
        assert!(bad.text.contains(said), "{fields:?}: {}", bad.text);
    }
    let step = [("plan.kind", "step"), ("plan.text", "Naar de <lasschool> bellen"), ("plan.due", "14/10/35")];
    let saved = browser.fill(&page, &page, &step).await;
    assert_eq!((saved.status, saved.to()), (StatusCode::SEE_OTHER, page.as_str()), "{}", saved.text);
    let note = [("note.kind", "review"), ("note.on", "01/01/2026"), ("note.text", "Het gaat goed.")];
    browser.fill(&page, &format!("{page}/notitie"), &note).await;
    let full = browser.get(&page).await;
    in_words(&page, &full);
    for seen in ["Naar de &#60;lasschool&#62; bellen", "tegen zo 14 okt 2035", "Tussentijds gesprek", "Het gaat goed."]
    {
        assert!(full.text.contains(seen), "{seen}: {}", full.text);
    }
    let item = full.hidden("item");
    browser.fill(&page, &format!("{page}/klaar"), &[("item", &item), ("klaar", "ja")]).await;
    assert!(browser.get(&page).await.text.contains("klaar op"));
    let elsewhere = browser.fill(&page, &format!("{page}/klaar"), &[("item", "999"), ("klaar", "ja")]).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    assert!(browser.get(duo).await.text.contains("1 punt in het plan. 1 notitie."));
    taken_away(browser, duo).await;
}

/// What was written under a duo by mistake goes again: from the line that tells it was saved, or
/// later from where it stands.
async fn taken_away(browser: &mut Browser, duo: &str) {
    let page = format!("{duo}/plan");
    let note = [("note.kind", "other"), ("note.on", "01/02/2026"), ("note.text", "Bij het verkeerde duo.")];
    let saved = browser.fill(&page, &format!("{page}/notitie"), &note).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let shown = browser.get(&page).await;
    let undo = shown.text.split("class=\"notice\"").nth(1).expect("a line that tells it");
    let undo =
        undo.split("action=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("what undoes it").to_owned();
    assert!(undo.starts_with(&format!("{duo}/verwijder/notitie/")), "{undo}");
    for _ in 0..2 {
        assert_eq!(browser.fill(&page, &undo, &[]).await.to(), page);
        let left = browser.get(&page).await;
        in_words(&page, &left);
        assert!(left.text.contains("Verwijderd.") && !left.text.contains("Bij het verkeerde duo."), "{}", left.text);
        assert!(left.text.contains("Het gaat goed."), "the other note stays");
    }
    let item = browser.get(&page).await.hidden("item");
    assert_eq!(browser.fill(&page, &format!("{duo}/verwijder/plan/{item}"), &[]).await.to(), page);
    assert!(browser.get(duo).await.text.contains("Nog niets in het plan. 1 notitie."));
    for wrong in [format!("{duo}/verwijder/iets/1"), "/duos/99999/verwijder/plan/1".to_owned()] {
        assert_eq!(browser.fill(&page, &wrong, &[]).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    let form = browser.get(duo).await.text;
    let today = form.split("id=\"f-on\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1)?.split('"').next());
    let today = today.expect("the day of today stands there");
    let met = [("on", today), ("minutes", "60"), ("theme", "Verkeerde dag")];
    assert_eq!(browser.fill(duo, &format!("{duo}/ontmoeting"), &met).await.to(), duo);
    let shown = browser.get(duo).await;
    let undo = shown.text.split(&format!("{duo}/verwijder/ontmoeting/")).nth(1).and_then(|rest| rest.split('"').next());
    let undo = format!("{duo}/verwijder/ontmoeting/{}", undo.expect("what undoes it"));
    assert_eq!(browser.fill(duo, &undo, &[]).await.to(), duo);
    assert!(!browser.get(duo).await.text.contains("Verkeerde dag"));
}

#[tokio::test]
async fn a_list_is_shown_before_it_is_taken_over() {
    let town = store::testing::office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let csrf = browser.get("/invoer").await.hidden("_csrf");
    let list = "Mentor;Voornaam;Talen;Beroep\nPeeters;An;Nederlands;lasser\nMaes;Jan;Klingon;bakker\n";
    let forged = browser.upload("/invoer", "iets", "mentors.csv", list).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let empty = browser.upload("/invoer", &csrf, "mentors.csv", "").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text.contains("Dit bestand is leeg."));
    let list =
        "Naam;Voornaam;Talen;Beroep;Mentor voor\nPeeters;An;Nederlands;lasser;werk\nMaes;Jan;Klingon;bakker;werk\n";
    let read = browser.upload("/invoer", &csrf, "mentors.csv", list).await;
    assert_eq!(read.status, StatusCode::SEE_OTHER, "{}", read.text);
    let preview = browser.get(read.to()).await;
    in_words("/invoer/…", &preview);
    assert!(preview.text.contains("Klingon") && preview.text.contains("Nog niets is bewaard."));
    assert!(town.office.people(&els(), Side::Mentor).expect("a list").is_empty());
    let taken = browser.fill(read.to(), read.to(), &[("actie", "bewaar"), ("kant.0", "mentor")]).await;
    assert_eq!(taken.status, StatusCode::OK);
    in_words("report", &taken);
    let twice = browser.fill("/invoer", read.to(), &[("actie", "bewaar"), ("kant.0", "mentor")]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(twice.text.contains("Deze lijst is al overgenomen"));
    assert_eq!(town.office.people(&els(), Side::Mentor).expect("a list").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evening_is_planned_and_a_slip_shows_numbers_only() {
    let towns = scene::play();
    let office = towns[0].office().clone();
    let mut browser = Browser::signed_in(&office, AccountRole::Coordinator).await;
    let blank = browser.get("/avonden/nieuw").await;
    let choices = |field: &str| {
        let start = format!("name=\"{field}\" value=\"");
        let ids = blank.text.split(&start).skip(1).filter_map(|part| part.split('"').next().map(str::to_owned));
        ids.take(8).collect::<Vec<_>>()
    };
    let (newcomers, mentors) = (choices("newcomers"), choices("mentors"));
    assert!(newcomers.len() > 3 && mentors.len() > 3, "{} {}", newcomers.len(), mentors.len());
    let plan = |tables: &'static str| {
        let mut fields = vec![
            ("name", "Zaal <3>"),
            ("on", "31/12/2099"),
            ("tables", tables),
            ("round_minutes", "10"),
            ("most_dates", "3"),
        ];
        fields.extend(newcomers.iter().map(|id| ("newcomers", id.as_str())));
        fields.extend(mentors.iter().map(|id| ("mentors", id.as_str())));
        fields
    };
    let bad = browser.fill("/avonden/nieuw", "/avonden/nieuw", &plan("0")).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    in_words("/avonden/nieuw", &bad);
    assert!(bad.text.contains("Zaal &#60;3&#62;") && bad.text.contains("Geef een getal van 1 tot 100."));
    let planned = browser.fill("/avonden/nieuw", "/avonden/nieuw", &plan("4")).await;
    let evening = planned.to().to_owned();
    let page = browser.get(&evening).await;
    in_words(&evening, &page);
    assert!(page.text.contains("Begin ronde 1"), "{}", page.text);
    let round = format!("{evening}/ronde");
    browser.fill(&evening, &round, &[("round", "1")]).await;
    let page = browser.get(&evening).await;
    in_words(&evening, &page);
    assert!(page.text.contains("nu bezig"));
    // A round that began by mistake has not begun after all; before the first there is none to take back.
    let back = format!("{round}/terug");
    assert!(page.text.contains(&format!("action=\"{back}\"")), "no way back: {}", page.text);
    assert_eq!(browser.fill(&evening, &back, &[]).await.to(), evening);
    assert!(browser.get(&evening).await.text.contains("Begin ronde 1"));
    let refused = browser.fill(&evening, &back, &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains(&format!("href=\"{evening}\"")), "the refusal leads back: {}", refused.text);
    // Pressed on two screens it begins once.
    for _ in 0..2 {
        browser.fill(&evening, &round, &[("round", "1")]).await;
    }
    let page = browser.get(&evening).await;
    assert!(page.text.contains("Dat was al gebeurd.") && page.text.contains("Begin ronde 2"), "{}", page.text);

    let slip =
        links(&page, &format!("{evening}/briefje/")).into_iter().find(|slip| slip.ends_with("/1")).expect("a slip");
    let paper = browser.get(&slip).await;
    in_words(&slip, &paper);
    assert_eq!(browser.fill(&slip, &slip, &[]).await.to(), slip, "a slip without an answer is not saved");
    assert!(browser.get(&slip).await.text.contains("Kies eerst een antwoord"));
    let shown = browser.get(&slip).await;
    let hidden = ["_csrf", "_number", "_page", "made"].map(|name| (name, shown.hidden(name)));
    let form = hidden.each_ref().map(|(name, value)| (*name, value.as_str()));
    let address = browser.post(&format!("{slip}/adres"), &form).await;
    in_words("adres", &address);
    let again = browser.post(&format!("{slip}/adres"), &form).await;
    let drawn = |page: &str| page.split_once("<figure").map(|(_, figure)| figure.to_owned());
    assert!(drawn(&address.text).is_some() && drawn(&again.text) == drawn(&address.text), "a form sent twice");
    // An old form sent again brings no old address back.
    let fresh = browser.get(&slip).await.hidden("made");
    let address = browser.fill(&slip, &format!("{slip}/adres"), &[("made", &fresh)]).await;
    assert!(drawn(&address.text).is_some() && drawn(&address.text) != drawn(&again.text), "{}", address.text);
    assert_eq!(browser.post(&format!("{slip}/adres"), &form).await.to(), slip);
    assert!(browser.get(&slip).await.text.contains("Er is intussen een nieuwere code."));
    let href = address.text.split("href=\"http").nth(1).and_then(|part| part.split('"').next()).expect("an address");
    let secret = href.split("/briefje/").nth(1).expect("a secret");
    let own = format!("/briefje/{secret}");
    let mut phone = Browser::guest(&office);
    let open = phone.get(&own).await;
    assert_eq!(open.status, StatusCode::OK, "{}", open.text);
    in_words(&own, &open);
    for side in [Side::Newcomer, Side::Mentor] {
        for row in office.people(&els(), side).expect("a list") {
            assert!(!open.text.contains(&row.person.data.full_name()), "a name on an open page");
        }
    }
    let line = open.text.split("name=\"other-").nth(1).and_then(|part| part.split('"').next()).map(str::to_owned);
    if let Some(other) = line {
        let field = format!("other-{other}");
        assert_eq!(phone.post(&own, &[(field.as_str(), "gladly")]).await.to(), own);
        assert!(phone.get(&own).await.text.contains("Bewaard."));
        assert_eq!(phone.post(&own, &[(field.as_str(), "altijd")]).await.status, StatusCode::NOT_FOUND);
    }
    let none = phone.get("/briefje/0123").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(none.text.contains("Vraag een code") && !none.text.contains("/aanmelden"), "{}", none.text);
    let gone = browser.fill(&evening, &format!("{evening}/wis"), &[]).await;
    assert_eq!(gone.to(), "/avonden");
    assert_eq!(phone.get(&own).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_match_made_by_mistake_is_undone_and_the_filters_stay() {
    let towns = scene::play();
    let office = towns[0].office().clone();
    let mut browser = Browser::signed_in(&office, AccountRole::Coordinator).await;
    let drafts = browser.get("/voorstellen/wachtlijst").await;
    let action = drafts.text.split("action=\"").filter_map(|part| part.split('"').next());
    let action = action.filter(|path| path.ends_with("/lokaal")).map(str::to_owned).next().expect("a mentor of ours");
    let mentor = drafts.text.split(&format!("action=\"{action}\"")).nth(1).and_then(|form| {
        form.split("name=\"mentor\" value=\"").nth(1).and_then(|part| part.split('"').next()).map(str::to_owned)
    });
    let mentor = mentor.expect("a mentor");
    let made = browser.fill("/voorstellen/wachtlijst", &action, &[("mentor", &mentor)]).await;
    let duo = made.to().to_owned();
    assert!(duo.starts_with("/duos/"), "{}", made.text);
    let undo = format!("{duo}/ongedaan");
    assert!(browser.get(&duo).await.text.contains(&format!("action=\"{undo}\"")));
    assert_eq!(browser.fill(&duo, &undo, &[]).await.to(), "/duos");
    assert_eq!(browser.fill(&duo, &undo, &[]).await.status, StatusCode::CONFLICT, "undone already");
    // The two did not fail: they are found again, and a match that somebody spoke about stays.
    let again = browser.fill("/voorstellen/wachtlijst", &action, &[("mentor", &mentor)]).await;
    let duo = again.to().to_owned();
    assert!(duo.starts_with("/duos/"), "{}", again.text);
    browser.fill(&duo, &format!("{duo}/zegt"), &[("wie", "mentor"), ("antwoord", "ja")]).await;
    assert_eq!(browser.fill(&duo, &format!("{duo}/ongedaan"), &[]).await.status, StatusCode::CONFLICT);

    // From the mentor's side: our own newcomers are matched, a partner's are only told of.
    let (mut ours, mut theirs) = (0, 0);
    for id in scene::everybody(&office, Side::Mentor) {
        let search = browser.get(&format!("/mentors/{}/zoek", id.0)).await;
        assert_eq!(search.status, StatusCode::OK);
        ours += search.text.matches("/lokaal\"").count();
        theirs += search.text.matches("Nieuwkomer uit Aartselaar").count();
        assert!(!search.text.contains("/voorstel\""), "only the newcomer's municipality proposes: {}", search.text);
    }
    assert!(ours > 0 && theirs > 0, "{ours} of ours and {theirs} of theirs");

    // Two or more mentors can be set beside each other, and the filters stay.
    let mut seen = 0;
    for id in scene::everybody(&office, Side::Newcomer) {
        let search = browser.get(&format!("/nieuwkomers/{}/zoek?km=25&naast=m{mentor}", id.0)).await;
        if search.text.contains("id=\"compare\"") {
            seen += 1;
            assert!(search.text.contains("<input type=\"hidden\" name=\"km\" value=\"25\">"), "{}", search.text);
        }
    }
    assert!(seen > 0, "nobody has two mentors to compare");
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let towns = scene::play();
    let office = towns[0].office().clone();
    let mut browser = Browser::signed_in(&office, AccountRole::Coordinator).await;
    let first = scene::everybody(&office, Side::Newcomer)[0].0.to_string();
    let list = "/nieuwkomers";
    let bulk = "/nieuwkomers/samen";
    let wrong = [("id", first.as_str()), ("on", "gisteren"), ("text_version", "1"), ("wat", "toestemming")];
    let bad = browser.fill(list, bulk, &wrong).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.text.contains("Datum: Geef een datum") && bad.text.contains("href=\"/nieuwkomers\""), "{}", bad.text);
    let nobody = browser.fill(list, bulk, &[("on", "22/11/2026"), ("text_version", "1")]).await;
    assert!(nobody.text.contains("Vink eerst") && nobody.text.contains("Terug naar de bladzijde"));
    let none = browser.get("/nieuwkomers?zoek=zzzzz").await;
    assert!(none.text.contains("Toon iedereen"), "{}", none.text);
    for id in scene::everybody(&office, Side::Newcomer) {
        let register = browser.get(&format!("/nieuwkomers/{}/deelregister", id.0)).await;
        assert!(!register.text.contains("cross_border"), "a code on paper: {}", register.text);
    }
    let mut guest = Browser::guest(&office);
    let old = guest.get("/uitnodiging/0123").await;
    assert_eq!(old.status, StatusCode::NOT_FOUND);
    assert!(old.text.contains("Deze link werkt niet meer") && old.text.contains("/aanmelden"), "{}", old.text);
}

#[tokio::test]
async fn a_population_table_is_loaded_and_a_bad_one_leaves_it_in_use() {
    let town = store::testing::office_for_tests();
    let mut browser = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let page = browser.get("/bevolking").await;
    in_words("/bevolking", &page);
    assert!(page.text.contains("Er is nog geen tabel.") && page.text.contains("minder dan 5"));
    let csrf = page.hidden("_csrf");
    let titles = "refnis;age_band;sex;home_language;persons\n";
    let table = format!("{titles}11007;25-34;F;ar;1200\n11007;25-34;M;tr;34\n");
    let forged = browser.upload("/bevolking", "iets", "tabel.csv", &table).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let loaded = browser.upload("/bevolking", &csrf, "tabel.csv", &table).await;
    assert_eq!((loaded.status, loaded.to()), (StatusCode::SEE_OTHER, "/bevolking"), "{}", loaded.text);
    let page = browser.get("/bevolking").await;
    in_words("/bevolking", &page);
    assert!(page.text.contains("De tabel is geladen.") && page.text.contains("<dd>1.234</dd>"), "{}", page.text);
    for (name, content, said) in [
        ("", String::new(), "Kies eerst een bestand."),
        ("foto.csv", "\u{0}PNG".to_owned(), "staan niet op de eerste rij"),
        ("leeg.csv", titles.to_owned(), "maar geen rijen"),
        ("elders.csv", format!("{titles}11001;25-34;F;ar;30\n"), "een andere gemeente"),
        ("fout.csv", format!("{table}11007;oud;F;ar;30\n"), "Rij 4: hier staat geen geldige"),
    ] {
        let bad = browser.upload("/bevolking", &csrf, name, &content).await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        in_words(name, &bad);
        assert!(bad.text.contains(said) && bad.text.contains("<dd>1.234</dd>"), "{name}: {}", bad.text);
    }
    let mut member = Browser::signed_in(&town.office, AccountRole::Member).await;
    assert_eq!(member.get("/bevolking").await.status, StatusCode::FORBIDDEN);
    let csrf = member.get("/netwerk/nieuw").await.hidden("_csrf");
    let refused = member.upload("/bevolking", &csrf, "tabel.csv", &table).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_page_of_the_library_is_written_and_read() {
    let town = store::testing::office_for_tests();
    let mut member = Browser::signed_in(&town.office, AccountRole::Member).await;
    let empty = member.fill("/netwerk/nieuw", "/netwerk/nieuw", &[("title", ""), ("body", "Tekst die blijft")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text.contains("Tekst die blijft"));
    let fields = [
        ("title", "De bibliotheek"),
        ("body", "# Wat\nBoeken **gratis** lenen.\n- <b>geen</b> opmaak"),
        ("kind", "welcome_sheet"),
        ("language", "nl"),
        ("licence", "CC-BY-4.0"),
    ];
    let saved = member.fill("/netwerk/nieuw", "/netwerk/nieuw", &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    town.carry_out();
    let list = member.get("/netwerk").await;
    in_words("/netwerk", &list);
    let path = links(&list, "/netwerk/").into_iter().find(|path| path != "/netwerk/nieuw").expect("the page");
    let page = member.get(&path).await;
    in_words(&path, &page);
    assert!(page.text.contains("<strong>gratis</strong>") && page.text.contains("&#60;b&#62;geen"));
    let edit = member.get(&format!("{path}/bewerk")).await;
    in_words("edit", &edit);
    assert!(edit.text.contains("name=\"head\" value=\""), "the form carries the heads it was made from");
    // What cannot be saved is said in words, with the text still there.
    let head = edit.hidden("head");
    for (name, value, head, said) in [
        ("title", "Bib\u{0}", head.as_str(), "onzichtbaar teken"),
        ("review_on", "2020-01-31", &head, "Deze dag is al voorbij."),
        ("tags", "lezen", "", "Het formulier kwam niet volledig aan"),
    ] {
        let mut all: Vec<(&str, &str)> = fields.iter().copied().filter(|(other, _)| *other != name).collect();
        all.push((name, value));
        if !head.is_empty() {
            all.push(("head", head));
        }
        let bad = member.fill(&path, &format!("{path}/bewerk"), &all).await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}: {}", bad.text);
        in_words(said, &bad);
        assert!(bad.text.contains(said) && bad.text.contains("Boeken **gratis** lenen."), "{said}: {}", bad.text);
    }
    // Withdrawn while somebody wrote in it: the text is shown, to be kept as a page of its own.
    let hidden = ["_csrf", "_number", "_page", "head"].map(|name| (name, edit.hidden(name)));
    member.fill(&path, &format!("{path}/intrekken"), &[]).await;
    town.carry_out();
    assert_eq!(member.get(&path).await.status, StatusCode::NOT_FOUND);
    let mut late: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
    late.extend(fields.iter().copied().filter(|(name, _)| *name != "body"));
    late.push(("body", "Tekst die blijft"));
    let gone = member.post(&format!("{path}/bewerk"), &late).await;
    assert_eq!(gone.status, StatusCode::UNPROCESSABLE_ENTITY);
    in_words("a page that is gone", &gone);
    assert!(gone.text.contains("Tekst die blijft") && gone.text.contains("action=\"/netwerk/nieuw\""));
}

#[tokio::test]
async fn who_signed_that_a_card_is_erased_stands_with_the_person_and_on_a_page() {
    let mut towns = scene::towns::two_towns();
    let (amina, card) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (office, aartselaar) = (towns[0].office().clone(), towns[1].me);
    let mut els_here = Browser::signed_in(&office, AccountRole::Coordinator).await;
    let (person, erased) = (format!("/nieuwkomers/{}", amina.0), "/gewist");
    assert!(els_here.get(erased).await.text.contains("nog niets gewist"));

    els_here.fill(&person, &format!("{person}/intrekken"), &[]).await;
    for path in [person.as_str(), &format!("{person}/deelregister"), erased, "/partners"] {
        let page = els_here.get(path).await;
        in_words(path, &page);
        assert!(
            path == "/partners" || page.text.contains("Wacht op het bewijs van Aartselaar"),
            "{path}: {}",
            page.text
        );
    }
    let partner = els_here.get(&format!("/partners/{aartselaar}")).await;
    in_words("a partner", &partner);
    assert!(partner.text.contains("wacht nog op 1 bewijs"));

    office.receipt_came(aartselaar, vec![card], vec![1]).expect("taken");
    for path in [person.as_str(), &format!("{person}/deelregister"), erased] {
        let page = els_here.get(path).await;
        assert!(page.text.contains("Aartselaar tekende op"), "{path}: {}", page.text);
    }
    assert!(els_here.get(erased).await.text.contains("overal gewist"));
    let mut member = Browser::signed_in(&office, AccountRole::Member).await;
    assert_eq!(member.get(erased).await.status, StatusCode::FORBIDDEN);
}
