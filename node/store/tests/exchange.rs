//! The exchange of two municipalities on real stores: what each asks of it in its own rules, the
//! list for both, and what of that list each sees as drafts.

mod towns;

use std::num::NonZeroU16;

use casework::own_rules::{self, EXCHANGE, Untold};
use casework::people::{PersonData, PersonId, Side};
use casework::search_view::{Beside, MentorWho};
use casework::{Error, matching};
use matching::solver::fair::Sort;
use schemas::bounded::{Net, Percent};
use schemas::documents::Exchange;
use schemas::ids::DocumentId;
use schemas::vocabulary::{About, Sex, Strength, Wish};
use schemas::{Kind, SharedValue};
use towns::{Town, converge, els, two_towns};

fn lends(most: u16) -> Exchange {
    Exchange { lends: Some(Net::clamped(most)), ..Exchange::default() }
}

/// The form of the usual rules with these of the fields [`EXCHANGE`].
fn form(exchange: [&str; 4]) -> Vec<(String, String)> {
    let mut fields = own_rules::rules_to_form(&matching::Rules::usual());
    for (name, asked) in EXCHANGE.into_iter().zip(exchange) {
        fields.iter_mut().filter(|(field, _)| field == name).for_each(|(_, value)| *value = asked.to_owned());
    }
    fields
}

/// Both publish their cards and rules until each has read the other's.
fn cards(towns: &mut [Town; 2]) {
    for _ in 0..2 {
        for town in &*towns {
            town.office().publish_own_cards().expect("published");
        }
        converge(towns);
    }
}

#[test]
fn nodes_with_the_same_documents_make_the_same_list() {
    let mut towns = two_towns();
    for name in ["Farid", "Rania", "Samir"] {
        towns[0].shared(Side::Newcomer, name, 0);
    }
    towns[0].shared(Side::Mentor, "Els", 1);
    towns[1].shared(Side::Newcomer, "Amina", 0);
    for (name, places) in [("Jan", 2), ("An", 1), ("Omar", 3)] {
        towns[1].shared(Side::Mentor, name, places);
    }
    let mut own = own_rules::rules_to_form(&matching::Rules::usual());
    own.iter_mut().filter(|(name, _)| name == "points.proximity").for_each(|(_, value)| *value = "900".into());
    towns[1].office().set_rules(&els(), &own).expect("own rules");
    converge(&mut towns);
    let mut fingerprints = Vec::new();
    for (asked, matched) in [Exchange::default(), lends(1)].into_iter().zip([4, 3]) {
        // To the byte: pairs, prices, what each bound costs, and in which order.
        let [here, there] = towns.each_ref().map(|town| {
            let list = town.office().circle_balance(&els(), asked).expect("a list");
            assert_eq!((list.found.pairs.len(), list.found.gap), (matched, 0));
            list
        });
        assert_eq!(format!("{here:?}"), format!("{there:?}"));
        fingerprints.push(here.fingerprint);
    }
    assert_ne!(fingerprints[0], fingerprints[1], "another list has another fingerprint");
    let [here, there] = towns.each_ref().map(|town| {
        let sizes = town.office().circle_sizes(&els()).expect("sizes");
        format!("{:?} {:?}", sizes.sizes, sizes.worth.value)
    });
    assert_eq!(here, there);
}

/// Cards of one municipality under numbers of the other's: which counts is for neither to choose.
#[test]
fn cards_under_a_number_of_somebody_else_count_the_same_everywhere() {
    for takes in [0, 1] {
        let mut towns = two_towns();
        let asked: Vec<_> = (0..2).map(|at| towns[at].shared(Side::Newcomer, "Farid", 0)).collect();
        let offered: Vec<_> = (0..2).map(|at| towns[at].shared(Side::Mentor, "Jan", 1)).collect();
        cards(&mut towns);
        let plain = towns[0].office().circle_balance(&els(), Exchange::default()).expect("a list");
        let (taker, other) = (towns[takes].me, 1 - takes);
        let documents = |kind| towns[other].look(move |records| records.documents(kind));
        let of_other = |kind, id| documents(kind).into_iter().find(|card| card.id == id).expect("held").value;
        let SharedValue::MentorOffer(mut offer) = of_other(Kind::MentorOffer, offered[other].1) else {
            panic!("offer")
        };
        offer.capacity_left = schemas::bounded::Places::clamped(0);
        let SharedValue::MatchRequest(mut request) = of_other(Kind::MatchRequest, asked[other].1) else {
            panic!("request")
        };
        request.radius_km = schemas::bounded::Kilometres::clamped(1);
        for town in &towns {
            town.holds(taker, offered[other].1, SharedValue::MentorOffer(offer.clone()));
            town.holds(taker, asked[other].1, SharedValue::MatchRequest(request.clone()));
        }
        let [here, there] = towns.each_ref().map(|town| {
            let list = town.office().circle_balance(&els(), Exchange::default()).expect("a list");
            let circle = town.office().whole_list(&els()).expect("a list").circles.remove(0);
            assert_eq!((circle.fingerprint, circle.requests), (list.fingerprint, 2), "one list on both pages");
            list
        });
        assert_eq!(format!("{here:?}"), format!("{there:?}"));
        // The lower of two owners counts. Only the newcomer whose card it is gets what it found.
        let loses = taker < towns[other].me;
        assert_eq!((plain.found.pairs.len(), here.found.pairs.len()), (2, 2 - usize::from(loses)));
        assert_eq!(loses, here.fingerprint != plain.fingerprint);
        let drafts = towns[other].office().balanced_drafts(&els(), &here).expect("drafts");
        let listed = here.found.pairs.iter().any(|pair| pair.request == asked[other].1);
        assert_eq!(drafts.drafts.len(), usize::from(listed && !loses));
        assert_eq!(drafts.without.len(), 1 - drafts.drafts.len());
    }
}

#[test]
fn a_confirmation_that_only_one_knows_of_changes_no_list_for_everybody() {
    let mut towns = two_towns();
    let (newcomer, _) = towns[0].shared(Side::Newcomer, "Farid", 0);
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 2);
    cards(&mut towns);
    let proposal = towns[0].office().propose(&els(), newcomer, offer).expect("a proposal");
    converge(&mut towns);
    towns[1].office().record_mentor_asked(&els(), proposal).expect("asked");
    towns[1].office().answer_yes(&els(), proposal).expect("a place");
    converge(&mut towns);
    towns[0].office().confirm(&els(), proposal).expect("confirmed");
    let [here, there] =
        towns.each_ref().map(|town| town.office().circle_balance(&els(), Exchange::default()).expect("a list"));
    assert_eq!((here.found.pairs.len(), here.fingerprint), (1, there.fingerprint));
    let drafts = towns[0].office().balanced_drafts(&els(), &here).expect("drafts");
    assert!(drafts.drafts.is_empty() && drafts.without.is_empty(), "who looks no more is no draft: {drafts:?}");
    converge(&mut towns);
}

/// Two newcomers in Borsbeek and no mentor; two mentors in Aartselaar and a newcomer.
fn lending() -> ([Town; 2], [PersonId; 2]) {
    let mut towns = two_towns();
    let newcomers = ["Farid", "Rania"].map(|name| towns[0].shared(Side::Newcomer, name, 0).0);
    towns[1].shared(Side::Newcomer, "Amina", 0);
    for name in ["Jan", "An"] {
        towns[1].shared(Side::Mentor, name, 1);
    }
    cards(&mut towns);
    (towns, newcomers)
}

#[test]
fn what_a_municipality_asks_itself_counts_for_it_everywhere() {
    let (mut towns, _) = lending();
    let free = towns[0].office().circle_balance(&els(), Exchange::default()).expect("a list");
    assert_eq!((free.found.pairs.len(), free.own.len(), free.found.kept.len()), (2, 0, 0));
    towns[1].office().set_rules(&els(), &form(["0", "", "", ""])).expect("saved");
    let before = towns[0].office().circle_balance(&els(), Exchange::default()).expect("a list");
    assert_eq!(before, free, "not told yet");
    converge(&mut towns);
    let asker = towns[1].me;
    // What the form says counts for who says nothing, and not for who speaks of it itself.
    let [here, there] =
        towns.each_ref().map(|town| town.office().circle_balance(&els(), lends(5)).expect("the same list"));
    assert_eq!(here, there);
    assert_eq!(here.own.iter().copied().collect::<Vec<_>>(), [(asker, Sort::Lends)]);
    let asked: Vec<_> = here.found.kept.iter().map(|kept| (kept.owner == asker, kept.sort, kept.asked)).collect();
    assert_eq!(asked, [(true, Sort::Lends, 0), (false, Sort::Lends, 5)]);
    assert_eq!((here.found.pairs.len(), here.found.gap, here.found.missed), (1, 0, 0));
    let pages = towns.each_ref().map(|town| town.office().rules_page(&els()).expect("a page"));
    assert_eq!(pages[1].own.exchange, lends(0));
    assert_eq!(pages[0].partners[0].rules.expect("shared").exchange, lends(0));
    // A floor of nothing is an answer too: the form asks nothing of who said it.
    towns[1].office().set_rules(&els(), &form(["", "", "0", ""])).expect("saved");
    converge(&mut towns);
    let floor = Exchange { share: Some(Percent::clamped(100)), ..Exchange::default() };
    let list = towns[0].office().circle_balance(&els(), floor).expect("a list");
    assert!(list.found.kept.iter().all(|kept| kept.owner != asker), "{:?}", list.found.kept);
}

#[test]
fn whose_release_nobody_knows_is_told_nothing_newer_and_the_page_says_so() {
    let mut towns = two_towns();
    let untold = |town: &Town| town.office().rules_page(&els()).expect("a page").partners[0].untold;
    assert_eq!(untold(&towns[1]), Some(Untold::Unknown));
    towns[1].office().set_rules(&els(), &form(["0", "", "", ""])).expect("saved");
    towns[1].carry_out();
    assert_eq!(told(&towns[1]), Exchange::default());
    cards(&mut towns);
    assert_eq!((untold(&towns[1]), told(&towns[1])), (None, lends(0)));
}

#[test]
fn an_older_member_is_told_nothing_that_it_cannot_read() {
    let (mut towns, _) = lending();
    let (root, card) = (towns[0].me, own(&towns[0], Kind::MunicipalityCard));
    let with_schema = |schema: u16| {
        let SharedValue::MunicipalityCard(card) = card.1.clone() else { panic!("a card") };
        SharedValue::MunicipalityCard(schemas::MunicipalityCard {
            schema: NonZeroU16::new(schema).expect("from one"),
            ..card
        })
    };
    towns[1].receive(root, card.0, with_schema(1));
    towns[1].office().set_rules(&els(), &form(["0", "", "50", ""])).expect("saved");
    towns[1].carry_out();
    assert_eq!(told(&towns[1]), Exchange::default());
    let page = towns[1].office().rules_page(&els()).expect("a page");
    assert_eq!((page.partners[0].untold, page.partners[0].newer), (Some(Untold::Older), false));
    assert_eq!(page.own.exchange.lends, lends(0).lends, "kept here");
    assert!(!towns[1].office().publish_own_cards().expect("nothing new"));
    // It upgrades: the next round says it, once.
    towns[1].receive(root, card.0, with_schema(2));
    assert!(towns[1].office().publish_own_cards().expect("said"));
    towns[1].carry_out();
    assert_eq!(told(&towns[1]).lends, lends(0).lends);
    assert!(!towns[1].office().publish_own_cards().expect("nothing new"));
    converge(&mut towns);
}

fn own(town: &Town, kind: Kind) -> (DocumentId, SharedValue) {
    let me = town.me;
    let documents = town.look(move |records| records.documents(kind));
    let own = documents.into_iter().find(|document| document.owner == me).expect("published");
    (own.id, own.value)
}

/// What the rules that went out ask of the exchange.
fn told(town: &Town) -> Exchange {
    let (_, SharedValue::MatchingRules(rules)) = own(town, Kind::MatchingRules) else { panic!("no rules") };
    rules.exchange
}

#[test]
fn what_cannot_be_asked_is_said_beside_its_field() {
    let (towns, _) = lending();
    let wrong = |exchange: [&str; 4]| match towns[0].office().set_rules(&els(), &form(exchange)) {
        Err(Error::Invalid(errors)) => errors.into_iter().map(|error| (error.field, error.code)).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let net = |at: usize| (EXCHANGE[at].to_owned(), "exchange-net");
    let percent = |at: usize| (EXCHANGE[at].to_owned(), "exchange-percent");
    assert_eq!(wrong(["-1", "10001", "101", "alle"]), [net(0), net(1), percent(2), percent(3)]);
    assert_eq!(wrong(["99999999999", "", "", ""]), [net(0)]);
    assert_eq!(wrong(["1,5", "", "50%", ""]), [net(0), percent(2)]);
    assert_eq!(towns[0].office().rules_page(&els()).expect("a page").own.exchange, Exchange::default());
    towns[0].office().set_rules(&els(), &form([" 10000 ", "0", "100", "0"])).expect("the most");
    let own = towns[0].office().rules_page(&els()).expect("a page").own;
    assert_eq!(own_rules::parse_rules(&own_rules::rules_to_form(&own)).expect("reads back"), own);
}

#[test]
fn our_part_of_the_list_is_drafts_beside_our_own_list() {
    let (mut towns, [farid, rania]) = lending();
    // Nobody outside sees Samir; our own list has nobody left for one of the three.
    let samir = towns[0].somebody(Side::Newcomer, "Samir", 0);
    let office = towns[0].office().clone();
    let own = office.whole_list(&els()).expect("a list");
    assert_eq!((own.drafts.len(), own.without.len()), (2, 1));
    let free = office.circle_balance(&els(), Exchange::default()).expect("a list");
    let drafts = office.balanced_drafts(&els(), &free).expect("drafts");
    assert_eq!((drafts.own_matches, drafts.unshared, drafts.lent), (2, 1, 0));
    let named: Vec<PersonId> = drafts.drafts.iter().map(|draft| draft.draft.newcomer).collect();
    assert!(!named.contains(&samir));
    // Every draft is a pair of the circle's list, and leads to the same proposal.
    for draft in &drafts.drafts {
        let MentorWho::Partner { offer, .. } = draft.draft.mentor else { panic!("{draft:?}") };
        let pair = free.found.pairs.iter().find(|pair| pair.offer == offer).expect("in the list");
        assert_eq!((pair.score, draft.barred), (draft.draft.score, false));
    }
    // Aartselaar lends nothing: it keeps its mentor for its own newcomer, and we have nobody.
    let kept = office.circle_balance(&els(), lends(0)).expect("a list");
    let drafts = office.balanced_drafts(&els(), &kept).expect("drafts");
    assert!(drafts.drafts.is_empty());
    let without: Vec<_> = drafts.without.iter().map(|(person, _, own)| (*person, own.is_some())).collect();
    assert_eq!(without, [(farid, true), (rania, true)]);
    // The lender sees its side.
    let theirs = towns[1].office().balanced_drafts(&els(), &free).expect("drafts");
    assert_eq!(theirs.drafts.len() + theirs.lent, 2);
    assert!(theirs.drafts.iter().all(|draft| draft.beside != Beside::Nobody), "its own mentor fits too");
    // Each look is noted for what it was.
    let looks = towns[0].look(|records| records.audit_newest(100)).into_iter().map(|line| line.action);
    let looks: Vec<String> = looks.filter(|action| action.starts_with("match.")).collect();
    assert_eq!(looks, ["match.balanced_drafts", "match.balanced_drafts", "match.whole_list"]);
    converge(&mut towns);
}

#[test]
fn a_draft_that_only_we_know_cannot_be_is_said_so() {
    let mut towns = two_towns();
    let file = |town: &Town, side, name: &str, bend: &dyn Fn(&mut PersonData)| {
        let id = town.somebody(side, name, 1);
        let mut file = town.look(move |records| records.person(id)).expect("a file");
        bend(&mut file.data);
        town.office().save_person(&els(), Some((id, file.version)), file.data, None).expect("saved");
        town.office().publish(&els(), id, None).expect("a card");
        id
    };
    // A newcomer's sex never travels, so the list for everybody knows nothing of it.
    let farid = file(&towns[0], Side::Newcomer, "Farid", &|data| data.sex = Some(Sex::Male));
    file(&towns[1], Side::Mentor, "An", &|data| {
        data.wishes = [Wish { about: About::Sex(Sex::Female), strength: Strength::Must }].into();
    });
    cards(&mut towns);
    let office = towns[0].office();
    assert!(office.whole_list(&els()).expect("a list").drafts.is_empty());
    let list = office.circle_balance(&els(), Exchange::default()).expect("a list");
    let drafts = office.balanced_drafts(&els(), &list).expect("drafts").drafts;
    let [draft] = &drafts[..] else { panic!("one draft: {drafts:?}") };
    assert_eq!((draft.draft.newcomer, draft.barred, &draft.beside), (farid, true, &Beside::Nobody));
}
