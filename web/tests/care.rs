//! Care for shared pages: a page that is hidden until its owner looks, one that begins anew, and
//! a text that could not come into its page and is put there by a person.

mod site;

use axum::http::StatusCode;
use casework::library::form::parse_resource_form;
use casework::office::AccountRole;
use casework::ports::Clock;
use replication::api::Kept;
use replication::{DocumentView, Draft, Effect, Held, Lost};
use schemas::ids::{DocumentId, RootId};
use schemas::{Kind, Shared, SharedValue};
use site::{Answer, Browser};
use store::testing::{TestOffice, office_for_tests};

const OLD: DocumentId = DocumentId([3; 16]);
const PAGE: DocumentId = DocumentId([4; 16]);

fn sheet(body: &str) -> SharedValue {
    let fields = [("title", "De bib"), ("body", body), ("kind", "welcome_sheet"), ("language", "nl")];
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    parse_resource_form(&fields).expect("a fine form").into_value()
}

fn show(town: &TestOffice, owner: RootId, held: bool, forked: bool) {
    let hour = town.clock.now().hour();
    let view = DocumentView {
        circle: town.circle,
        document: PAGE,
        owner,
        value: sheet("Boeken en strips lenen."),
        heads: vec![[1; 32]],
        writers: [(owner, 1)].into(),
        changed_at: hour,
        expires_at: hour.plus_days(90),
        clipped: false,
        held: held.then_some(Held { by: town.partner, until: hour.plus_days(14) }),
        forked: forked.then_some(town.partner).into_iter().collect(),
    };
    town.store.apply(vec![Effect::Show(view)]).expect("shown");
}

fn in_words(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(!answer.text.contains('⟦') && !answer.text.contains(" style=\""), "{}", answer.text);
    assert_eq!(answer.text.matches("<h1").count(), 1);
}

#[tokio::test]
async fn a_page_is_hidden_until_its_owner_looks() {
    let town = office_for_tests();
    let mut member = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    let page = format!("/netwerk/{PAGE}");
    show(&town, town.partner, false, false);
    let seen = member.get(&page).await;
    in_words(&seen);
    assert!(seen.text.contains("Verberg voor iedereen tot de eigenaar kijkt"));
    assert!(!seen.text.contains("/vernieuw\""), "only the owner begins anew");
    let asked = member.fill(&page, &format!("{page}/verberg"), &[]).await;
    assert_eq!((asked.status, asked.to()), (StatusCode::SEE_OTHER, "/netwerk"));
    assert_eq!(town.carry_out().len(), 1);
    show(&town, town.partner, true, false);
    let hidden = member.get(&page).await;
    assert_eq!(hidden.status, StatusCode::CONFLICT);
    assert!(hidden.text.contains("Deze bladzijde is verborgen") && !hidden.text.contains("strips"));
    assert!(!member.get("/netwerk").await.text.contains("De bib"));

    // The same page, as its owner sees it.
    let town = office_for_tests();
    let mut owner = Browser::signed_in(&town.office, AccountRole::Coordinator).await;
    show(&town, town.me, true, true);
    let today = owner.get("/").await;
    assert!(today.text.contains("Een gemeente vroeg om de bladzijde “De bib” te verbergen."), "{}", today.text);
    let list = owner.get("/netwerk").await;
    in_words(&list);
    assert!(list.text.contains("Verborgen"));
    let seen = owner.get(&page).await;
    in_words(&seen);
    assert!(seen.text.contains("Aartselaar vroeg om deze bladzijde te verbergen") && seen.text.contains("strips"));
    assert!(seen.text.contains("Aartselaar schreef op één plaats twee verschillende dingen"));
    for (path, fields) in [
        ("toon", vec![]),
        ("laat-weg", vec![("gemeente", town.partner.to_string()), ("verder", "nee".to_owned())]),
        ("vernieuw", vec![]),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let done = owner.fill(&page, &format!("{page}/{path}"), &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{path}: {}", done.text);
        // Nobody carries it out here, so nothing is said to be done.
        let next = owner.get("/netwerk").await;
        assert!(next.text.contains("Dat is bewaard en gebeurt zodra dat kan."), "{path}: {}", next.text);
    }
    assert_eq!(town.carry_out().len(), 3);
    let nobody = owner.fill(&page, &format!("{page}/laat-weg"), &[("gemeente", "x")]).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_text_that_came_too_late_is_put_in_by_a_person() {
    let town = office_for_tests();
    let mut member = Browser::signed_in(&town.office, AccountRole::Member).await;
    show(&town, town.me, false, false);
    let draft = Draft {
        document: OLD,
        owner: town.me,
        change: [4; 32],
        base: sheet("Boeken lenen."),
        typed: sheet("Boeken lenen. Elke dag."),
        why: Lost::Replaced,
        at: town.clock.now(),
    };
    let replaced = Effect::Keep(Kept::Replaced { owner: town.me, document: OLD, by: PAGE });
    let hide = Effect::Hide { owner: town.me, document: OLD, kind: Kind::Resource, erased: false };
    town.store.apply(vec![Effect::Draft(draft), replaced, hide]).expect("replaced");

    let moved = member.get(&format!("/netwerk/{OLD}")).await;
    assert_eq!((moved.status, moved.to()), (StatusCode::SEE_OTHER, format!("/netwerk/{PAGE}").as_str()));
    let list = member.get("/netwerk").await;
    in_words(&list);
    let path = list.text.split("href=\"").find(|part| part.starts_with("/netwerk/concept/")).expect("the draft");
    let path = path.split('"').next().expect("an address").to_owned();
    let seen = member.get(&path).await;
    in_words(&seen);
    assert!(seen.text.contains("De bladzijde begon opnieuw voordat je tekst er was."));
    assert!(seen.text.contains("<ins> Elke dag.</ins>"), "{}", seen.text);
    assert!(seen.text.contains("Boeken en strips lenen. Elke dag."), "beside what the page says now");
    let save = format!("/netwerk/{PAGE}/bewerk");
    assert!(seen.text.contains(&format!("action=\"{save}\"")));
    let mut fields: Vec<(&str, String)> = vec![
        ("title", "De bib".to_owned()),
        ("body", "Boeken en strips lenen. Elke dag.".to_owned()),
        ("kind", "welcome_sheet".to_owned()),
        ("language", "nl".to_owned()),
        ("licence", "CC-BY-4.0".to_owned()),
    ];
    fields.extend(["head", "draft"].map(|name| (name, seen.hidden(name))));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let saved = member.fill(&path, &save, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    assert_eq!(town.carry_out().len(), 1);
    assert!(!member.get("/netwerk").await.text.contains("/netwerk/concept/"), "dealt with");
    assert_eq!(member.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_text_without_a_page_becomes_one_or_is_thrown_away() {
    let town = office_for_tests();
    let mut member = Browser::signed_in(&town.office, AccountRole::Member).await;
    let draft = |change: u8| Draft {
        document: OLD,
        owner: town.partner,
        change: [change; 32],
        base: sheet("Boeken lenen."),
        typed: sheet("Boeken lenen. Elke dag."),
        why: Lost::Forked,
        at: town.clock.now(),
    };
    town.store.apply(vec![Effect::Draft(draft(1)), Effect::Draft(draft(2))]).expect("kept");
    let list = member.get("/netwerk").await;
    let paths: Vec<String> = list
        .text
        .split("href=\"")
        .filter(|part| part.starts_with("/netwerk/concept/"))
        .filter_map(|part| part.split('"').next().map(str::to_owned))
        .collect();
    assert_eq!(paths.len(), 2);
    let seen = member.get(&paths[0]).await;
    in_words(&seen);
    assert!(seen.text.contains("action=\"/netwerk/nieuw\"") && seen.text.contains("Die bladzijde is er niet meer."));
    let gone = member.fill(&paths[0], &format!("{}/weg", paths[0]), &[]).await;
    assert_eq!((gone.status, gone.to()), (StatusCode::SEE_OTHER, "/netwerk"));
    let seen = member.get(&paths[1]).await;
    let fields = [
        ("title", "De bib"),
        ("body", "Boeken lenen. Elke dag."),
        ("kind", "welcome_sheet"),
        ("language", "nl"),
        ("licence", "CC-BY-4.0"),
        ("draft", &seen.hidden("draft")),
    ];
    let saved = member.fill(&paths[1], "/netwerk/nieuw", &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    assert!(!member.get("/netwerk").await.text.contains("/netwerk/concept/"));
    for path in ["/netwerk/concept/k9", "/netwerk/concept/x", "/netwerk/concept/", "/netwerk/concept/kk"] {
        assert_eq!(member.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_text_that_lost_its_footing_says_why_it_waits() {
    let town = office_for_tests();
    let mut member = Browser::signed_in(&town.office, AccountRole::Member).await;
    show(&town, town.partner, false, false);
    let whys = [
        (Lost::Cut, "liet dit stuk weg"),
        (Lost::Forked, "intussen anders schreef"),
        (Lost::Full, "De bladzijde is vol."),
        (Lost::Replaced, "begon opnieuw voordat je tekst er was"),
        (Lost::Retired, "een gemeente die sindsdien haar sleutel verving"),
        (Lost::LeftOut, "deelt ze niet meer met jullie. Wat je hier typte, had zij nog niet."),
        (Lost::Ended, "is verlopen voordat"),
        (Lost::Parted, "zijn geen partners meer"),
    ];
    for (at, (why, words)) in (1_u8..).zip(whys) {
        let draft = Draft {
            document: PAGE,
            owner: town.partner,
            change: [at; 32],
            base: sheet("Boeken lenen."),
            typed: sheet("Boeken lenen. Elke dag."),
            why,
            at: town.clock.now(),
        };
        town.store.apply(vec![Effect::Draft(draft)]).expect("kept");
        let path = format!("/netwerk/concept/k{at}");
        assert!(member.get("/netwerk").await.text.contains(&path), "{why:?}");
        let seen = member.get(&path).await;
        in_words(&seen);
        assert!(seen.text.contains(words) && seen.text.contains("<ins> Elke dag.</ins>"), "{why:?}: {}", seen.text);
    }
}
