//! The hard rules one by one, the score with its reasons, and what would have to change.

use crate::cards::*;
use matching::*;
use schemas::bounded::{Kilometres, Places};
use schemas::places::Area;
use schemas::vocabulary::{About, AgeBand, Cefr, Domain, Sector, Sex, Slots};

/// The misfits after `change`.
fn misfits(change: impl FnOnce(&mut Request, &mut Offer)) -> Vec<Misfit> {
    let (mut request, mut offer) = (newcomer(), welder());
    change(&mut request, &mut offer);
    eligible(&request, &offer, &rules()).err().unwrap_or_default()
}

fn band(text: &str) -> AgeBand {
    text.parse().expect("a band")
}

#[test]
fn the_welder_fits_across_the_border() {
    let pair = eligible(&newcomer(), &welder(), &rules()).expect("allowed");
    assert_eq!(pair.domains, [Domain::Work]);
    assert_eq!(pair.languages, [language("nl")]);
    assert_eq!(pair.common_slots, Slots::slot(5, 0));
    assert_eq!((pair.distance_metres, pair.limit_metres), (9_776, 10_000));
    assert!(pair.local_checks.is_empty());
}

#[test]
fn capacity_and_domains() {
    assert_eq!(misfits(|_, o| o.card.capacity_left = Places::clamped(0)), [Misfit::Full]);
    let found = misfits(|_, o| o.card.domains = set([Domain::Leisure]));
    let asked = newcomer().card.domains;
    assert_eq!(found, [Misfit::NoSharedDomain { asked, offered: set([Domain::Leisure]) }]);
}

#[test]
fn enough_dutch_or_a_shared_language() {
    let little = |r: &mut Request, _: &mut Offer| r.card.dutch = Some(Cefr::A1);
    let found = misfits(little);
    assert!(matches!(&found[..], [Misfit::NoSharedLanguage { dutch: Some(Cefr::A1), needed: Cefr::A2, .. }]));
    assert!(
        misfits(|r, o| {
            little(r, o);
            o.card.languages = set([language("fa")])
        })
        .is_empty()
    );
    // A level decides above the list of languages; without a level the list does.
    let listed = set([language("nl")]);
    assert!(
        !misfits(|r, _| {
            r.card.dutch = Some(Cefr::A1);
            r.card.languages = listed.clone()
        })
        .is_empty()
    );
    assert!(
        misfits(|r, _| {
            r.card.dutch = None;
            r.card.languages = listed
        })
        .is_empty()
    );
    assert!(!misfits(|r, _| r.card.dutch = None).is_empty());
    // A card without languages says nothing against Dutch; one that lists others does.
    assert!(misfits(|_, o| o.card.languages = set([])).is_empty());
    assert!(!misfits(|_, o| o.card.languages = set([language("fr")])).is_empty());
}

#[test]
fn the_stricter_municipality_decides_on_dutch() {
    for strict in [newcomer().owner, welder().owner] {
        let mut rules = rules();
        rules.own.insert(strict, schemas::MatchingRules { min_dutch: Cefr::B1, ..Rules::usual() });
        assert!(eligible(&newcomer(), &welder(), &rules).is_err());
    }
}

#[test]
fn both_radii_hold() {
    let far = |side, radius_km| Misfit::TooFar { side, metres: 9_776, radius_km, needed_km: 10 };
    let found = misfits(|_, o| o.card.radius_km = Kilometres::clamped(9));
    assert_eq!(found, [far(Side::Mentor, 9)]);
    let found = misfits(|r, _| r.card.radius_km = Kilometres::clamped(0));
    assert_eq!(found, [far(Side::Newcomer, 0)]);
    // Anywhere in the circle: from the owner's municipality.
    assert!(misfits(|r, _| r.card.area = Area::Circle).is_empty());
    // A radius of zero is one's own municipality.
    let at_home = misfits(|r, o| {
        o.card.area = refnis(BORSBEEK);
        o.card.radius_km = Kilometres::clamped(0);
        r.card.radius_km = Kilometres::clamped(0);
    });
    assert!(at_home.is_empty());
}

#[test]
fn slots_that_are_missing_are_told_apart_from_slots_that_differ() {
    let found = misfits(|_, o| o.card.availability = Slots::none());
    assert_eq!(found, [Misfit::NoSlots { side: Side::Mentor }]);
    let found = misfits(|r, o| {
        r.card.availability = Slots::none();
        o.card.availability = Slots::none();
    });
    assert_eq!(found, [Misfit::NoSlots { side: Side::Newcomer }, Misfit::NoSlots { side: Side::Mentor }]);
    let found = misfits(|_, o| o.card.availability = Slots::slot(0, 0));
    assert!(matches!(found[..], [Misfit::NoCommonSlot { .. }]));
}

#[test]
fn wishes_that_must() {
    let broken = |wish_of, about| vec![Misfit::WishBroken { wish_of, about }];
    let woman = About::Sex(Sex::Female);
    assert_eq!(misfits(|r, _| r.card.wishes = set([must(woman)])), broken(Side::Newcomer, woman));
    let old = About::Age(band("65+"));
    assert_eq!(misfits(|_, o| o.card.wishes = set([must(old)])), broken(Side::Mentor, old));
    let found = misfits(|_, o| o.card.wishes = set([must(About::Nearby)]));
    assert_eq!(found, broken(Side::Mentor, About::Nearby));
    assert!(misfits(|r, _| r.card.wishes = set([must(About::SameSector)])).is_empty());
    let both = set([must(woman), must(About::Sex(Sex::Male))]);
    assert_eq!(misfits(|r, _| r.card.wishes = both), [Misfit::WishesContradict { wish_of: Side::Newcomer }]);
    let [dutch, persian] = ["nl", "fa"].map(|code| About::Language(language(code)));
    assert_eq!(misfits(|r, _| r.card.wishes = set([must(persian)])), broken(Side::Newcomer, persian));
    assert!(misfits(|_, o| o.card.wishes = set([must(persian), must(dutch)])).is_empty());
    let beginner = misfits(|r, o| {
        r.card.dutch = Some(Cefr::A1);
        r.card.wishes = set([must(dutch)]);
        o.card.languages = set([language("fa"), language("nl")]);
        o.card.wishes = set([must(dutch)]);
    });
    assert_eq!(beginner, broken(Side::Mentor, dutch));
    // Preferred never excludes.
    assert!(misfits(|r, _| r.card.wishes = set([preferred(woman)])).is_empty());
}

#[test]
fn what_the_cards_leave_open_is_checked_where_it_is_known() {
    let (mut request, mut offer) = (newcomer(), welder());
    let woman = About::Sex(Sex::Female);
    let young = About::Age(band("25-34"));
    request.card.age_band = Some(band("25-44"));
    offer.card.wishes = set([must(woman), must(young)]);
    let pair = eligible(&request, &offer, &rules()).expect("left to the newcomer's municipality");
    let check = |about| LocalCheck { wish_of: Side::Mentor, about };
    assert_eq!(pair.local_checks, [check(woman), check(young)]);
    offer.card.sex = None;
    offer.card.wishes = set([]);
    request.card.wishes = set([must(woman)]);
    let pair = eligible(&request, &offer, &rules()).expect("left to the mentor's municipality");
    assert_eq!(pair.local_checks, [LocalCheck { wish_of: Side::Newcomer, about: woman }]);
}

#[test]
fn a_pair_that_failed_before_stays_apart() {
    let mut rules = rules();
    rules.failed_before.insert((newcomer().id, welder().id));
    assert_eq!(eligible(&newcomer(), &welder(), &rules), Err(vec![Misfit::FailedBefore]));
    assert!(near_misses(&newcomer(), &[welder()], &rules, 5).is_empty());
}

#[test]
fn the_score_is_the_sum_of_nine_shares() {
    let (request, offer) = (newcomer(), welder());
    let pair = eligible(&request, &offer, &rules()).expect("allowed");
    let score = score(&request, &offer, &pair, &rules());
    let values: Vec<(u32, u32, u32)> = score.parts.iter().map(|part| (part.have, part.of, part.value())).collect();
    // The usual weights are 300, 150, 150, 120, 120, 60, 50, 50, 100 of 1,100.
    assert_eq!(
        values,
        [
            (3, 3, 272_727),
            (1, 1, 136_363),
            (1, 2, 68_181),
            (224, 10_000, 2_443),
            (1, 2, 54_545),
            (1, 2, 27_272),
            (1, 2, 22_727),
            (1, 1, 45_454),
            (2, 8, 22_727),
        ]
    );
    assert_eq!(score.total, values.iter().map(|(_, _, value)| value).sum::<u32>());
    assert!(score.strength() >= Strength::Good);
}

#[test]
fn occupations_by_kinship() {
    let (request, mut offer) = (newcomer(), welder());
    for (code, have) in [("7212", 3), ("7213", 2), ("7223", 1), ("72", 1), ("7", 0), ("2512", 0)] {
        offer.card.occupation = Some(code.parse().expect("a group"));
        let pair = eligible(&request, &offer, &rules()).expect("allowed");
        assert_eq!(score(&request, &offer, &pair, &rules()).part(Subject::Occupation).have, have, "{code}");
    }
}

#[test]
fn reasons_and_misses_in_values() {
    let first = &top(&newcomer(), &[welder()], &rules(), 10)[0];
    assert_eq!(first.reasons[0], Reason::SameOccupation("7212".parse().expect("a welder")));
    assert_eq!(first.reasons[1], Reason::SameSector(Sector::Metal));
    assert!(first.reasons.contains(&Reason::Distance { metres: 9_776 }));
    assert!(first.reasons.contains(&Reason::WaitsLong { quarters: 2 }));
    assert_eq!(first.misses, [Miss::DomainNotOffered(Domain::Language), Miss::LanguageNotSpoken(language("fa"))]);
    let (mut request, mut offer) = (newcomer(), welder());
    offer.card.occupation = Some("7213".parse().expect("a sheet-metal worker"));
    request.card.wishes = set([preferred(About::Sex(Sex::Male)), preferred(About::Nearby)]);
    let other = &top(&request, &[offer], &rules(), 10)[0];
    assert!(matches!(other.reasons[0], Reason::RelatedOccupation { .. }));
    assert!(other.reasons.contains(&Reason::WishKept { wish_of: Side::Newcomer, about: About::Sex(Sex::Male) }));
    assert!(matches!(other.misses[0], Miss::OtherOccupation(_)));
    assert!(other.misses.contains(&Miss::WishNotKept {
        wish_of: Side::Newcomer,
        about: About::Nearby,
        unknown: false
    }));
}

#[test]
fn the_other_way_and_ties_by_id() {
    let requests: Vec<Request> = [3, 1, 2].into_iter().map(|number| Request { id: id(number), ..newcomer() }).collect();
    let found = requests_for(&welder(), &requests, &rules(), 2);
    let ids: Vec<_> = found.iter().map(|candidate| (candidate.index, candidate.id)).collect();
    assert_eq!(ids, [(1, id(1)), (2, id(2))]);
}

#[test]
fn a_larger_radius_would_do() {
    let (request, mut offer) = (newcomer(), welder());
    offer.card.radius_km = Kilometres::clamped(5);
    assert!(top(&request, &[offer.clone()], &rules(), 10).is_empty());
    let near = near_misses(&request, &[offer.clone()], &rules(), 5);
    let misfit = Misfit::TooFar { side: Side::Mentor, metres: 9_776, radius_km: 5, needed_km: 10 };
    assert_eq!((near[0].misfit.clone(), near[0].place), (misfit, 1));
    // What it would score is what it scores once the radius is that large.
    offer.card.radius_km = Kilometres::clamped(10);
    assert_eq!(top(&request, &[offer.clone()], &rules(), 1)[0].score, near[0].score);
    offer.card.radius_km = Kilometres::clamped(5);
    offer.card.capacity_left = Places::clamped(0);
    assert!(near_misses(&request, &[offer], &rules(), 5).is_empty(), "two rules are broken");
}

#[test]
fn why_another_is_first() {
    let (request, first, mut second) = (newcomer(), welder(), welder());
    second.id = id(102);
    second.card.occupation = Some("7213".parse().expect("a group"));
    let found = top(&request, &[second.clone(), first.clone()], &rules(), 10);
    assert_eq!([found[0].id, found[1].id], [first.id, second.id]);
    let why = why_not_first(&found[1], &found[0]);
    assert_eq!(why.missing, 90_909);
    assert_eq!(why.most_behind, Some(Subject::Occupation));
    // Alike in all but the id, the same occupation would not win: the id decides against it.
    let subjects: Vec<Subject> = why.changes.iter().map(|change| change.subject).collect();
    assert_eq!(subjects, [Subject::Proximity]);
    // And what is said to be enough is enough: closer by, it wins.
    let metres = why.changes[0].within_metres().expect("a distance");
    second.card.area = refnis(BORSBEEK);
    assert!(metres > 0 && metres < found[1].distance_metres);
    assert_eq!(top(&request, &[second, first], &rules(), 1)[0].id, id(102));
    assert!(why_not_first(&found[0], &found[0]).changes.is_empty());
}
