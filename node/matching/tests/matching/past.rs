//! A year that is replayed keeps every rule on every day, and leaves nobody waiting who fits.

use std::collections::BTreeSet;

use crate::cards::*;
use matching::past::{LASTS_DAYS, PACE_DAYS, Past};
use matching::*;
use proptest::prelude::*;
use schemas::bounded::Places;
use schemas::ids::DocumentId;
use schemas::time::Date;

fn first() -> Date {
    Date::new(2025, 11, 22).expect("a day")
}

fn day(number: i32) -> Date {
    first().plus_days(number)
}

/// On a grid of weeks, so that the last day is one on which people are matched.
fn past(days: i32) -> Past {
    Past {
        from: first(),
        until: day(days - days % PACE_DAYS),
        requests: vec![],
        offers: vec![],
        taken: vec![],
        at_home: BTreeSet::new(),
    }
}

fn years() -> impl Strategy<Value = (Past, Rules)> {
    let days = || prop::collection::vec(-100i32..400, 7);
    let taken = prop::collection::vec((101u8..108, -10i32..400), 0..5);
    let at_home = prop::collection::btree_set(prop_oneof![1u8..8, 101u8..108], 0..4);
    (circles(), days(), days(), taken, at_home).prop_map(|((requests, offers, rules), came, there, taken, at_home)| {
        let year = Past {
            requests: came.into_iter().map(day).zip(requests).collect(),
            offers: there.into_iter().map(day).zip(offers).collect(),
            taken: taken.into_iter().map(|(offer, until)| (id(offer), day(until))).collect(),
            at_home: at_home.into_iter().map(id).collect(),
            ..past(365)
        };
        (year, rules)
    })
}

/// Places of an offer that pairs and earlier duos hold on a day.
fn held(past: &Past, found: &[past::Found], offer: DocumentId, on: Date) -> usize {
    let lasts = |one: &&past::Found| one.on <= on && on < one.on.plus_days(LASTS_DAYS);
    let before = past.taken.iter().filter(|(id, until)| *id == offer && *until > on).count();
    before + found.iter().filter(|one| one.offer == offer).filter(lasts).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_replayed_year_keeps_every_rule((past, mut rules) in years()) {
        rules.failed_before.insert((id(1), id(101)));
        let replayed = past.replay(&rules).expect("few cards");
        let since = |request: DocumentId| past.requests.iter().find(|(_, one)| one.id == request).expect("a request");
        let offer = |id: DocumentId| past.offers.iter().find(|(_, one)| one.id == id).expect("an offer");
        let fits = |request: &Request, offer: &Offer| {
            let at_home = past.at_home.contains(&request.id) || past.at_home.contains(&offer.id);
            eligible(request, offer, &rules).is_ok() && (!at_home || request.owner == offer.owner)
        };
        for one in &replayed.found {
            let ((came, request), (there, offer)) = (since(one.request), offer(one.offer));
            prop_assert!(*came <= one.on && *there <= one.on && one.on <= past.until && fits(request, offer));
            prop_assert!(held(&past, &replayed.found, offer.id, one.on) <= offer.card.capacity_left.get().into());
        }
        let matched: BTreeSet<_> = replayed.found.iter().map(|one| one.request).collect();
        prop_assert_eq!(matched.len(), replayed.found.len());
        let came = past.requests.iter().filter(|(since, _)| *since <= past.until).map(|(_, request)| request.id);
        prop_assert_eq!(came.collect::<BTreeSet<_>>(), matched.union(&replayed.waiting).copied().collect());
        // On no day that people are matched a place stays free for somebody who waits.
        for week in 0..=52 {
            let on = day(week * PACE_DAYS);
            let waits = |(since, request): &&(Date, Request)| {
                *since <= on && replayed.found.iter().all(|one| one.request != request.id || one.on > on)
            };
            for (_, request) in past.requests.iter().filter(waits) {
                for (_, offer) in past.offers.iter().filter(|(there, _)| *there <= on) {
                    let free = held(&past, &replayed.found, offer.id, on) < offer.card.capacity_left.get().into();
                    prop_assert!(!free || !fits(request, offer), "{on}");
                }
            }
        }
    }

    #[test]
    fn a_year_of_one_day_is_the_whole_list((requests, offers, rules) in circles()) {
        let past = Past {
            requests: requests.iter().map(|request| (day(0), request.clone())).collect(),
            offers: offers.iter().map(|offer| (day(-3), offer.clone())).collect(),
            ..past(0)
        };
        let today = Rules { today: day(0).quarter(), ..rules.clone() };
        let whole = assign(&requests, &offers, &today).expect("few cards");
        let replayed = past.replay(&rules).expect("few cards");
        let totals = past.totals(&replayed);
        prop_assert_eq!((totals.matches, totals.waited_days), (whole.pairs.len(), 0));
        prop_assert_eq!(past.scored_by(&replayed, &rules), whole.total);
    }
}

#[test]
fn a_place_comes_free_after_half_a_year() {
    let mut mentor = welder();
    mentor.card.capacity_left = Places::clamped(1);
    let second = Request { id: id(2), ..newcomer() };
    let mut past = Past {
        requests: vec![(day(-30), newcomer()), (day(8), second)],
        offers: vec![(day(0), mentor.clone())],
        ..past(365)
    };
    let replayed = past.replay(&rules()).expect("few cards");
    let found: Vec<_> = replayed.found.iter().map(|one| (one.request, one.on)).collect();
    assert_eq!(found, [(id(1), day(0)), (id(2), day(182))]);
    let totals = past.totals(&replayed);
    assert_eq!((totals.matches, totals.waiting, totals.waited_days), (2, 0, 30 + 174));
    // A duo of before held that place until the hundredth day: the second has to wait on.
    past.taken = vec![(mentor.id, day(100))];
    let replayed = past.replay(&rules()).expect("few cards");
    let found: Vec<_> = replayed.found.iter().map(|one| (one.request, one.on)).collect();
    assert_eq!(found, [(id(1), day(105)), (id(2), day(287))]);
    past.at_home = BTreeSet::from([mentor.id]);
    let replayed = past.replay(&rules()).expect("few cards");
    assert_eq!((replayed.found.len(), past.totals(&replayed).waiting_days), (0, 30 + 364 + 364 - 8));
}
