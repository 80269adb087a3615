//! A card that fits nobody is told as such, and keeps nobody else from being matched.

use crate::cards::*;
use matching::remark::{on_offer, on_request};
use matching::*;
use proptest::prelude::*;
use schemas::bounded::Kilometres;
use schemas::vocabulary::{About, Sex, Slots};

#[test]
fn a_card_that_fits_nobody_says_why() {
    assert_eq!((on_request(&newcomer().card), on_offer(&welder().card)), (vec![], vec![]));
    let (mut request, mut offer) = (newcomer().card, welder().card);
    request.wishes = set([must(About::Sex(Sex::Female)), must(About::Sex(Sex::Male))]);
    request.radius_km = Kilometres::clamped(0);
    assert_eq!(on_request(&request), [Remark::WishesContradict, Remark::OnlyAtHome]);
    offer.domains = set([]);
    offer.availability = Slots::none();
    assert_eq!(on_offer(&offer), [Remark::NoDomains, Remark::NoSlots]);
    // What is only preferred contradicts nothing.
    offer.wishes = set([preferred(About::Sex(Sex::Female)), must(About::Sex(Sex::Male))]);
    assert_eq!(on_offer(&offer), [Remark::NoDomains, Remark::NoSlots]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_is_remarked_on_as_hopeless_is_in_no_pair_and_in_nobodys_way((requests, offers, rules) in circles()) {
        let hopeless = |remarks: Vec<Remark>| remarks.iter().any(|remark| *remark != Remark::OnlyAtHome);
        let all = assign(&requests, &offers, &rules).expect("few cards");
        let (mut asks, mut gives) = (requests, offers);
        asks.retain(|request| !hopeless(on_request(&request.card)));
        gives.retain(|offer| !hopeless(on_offer(&offer.card)));
        let others = assign(&asks, &gives, &rules).expect("few cards");
        prop_assert_eq!((all.pairs.len(), all.total), (others.pairs.len(), others.total));
        for pair in &all.pairs {
            prop_assert!(asks.iter().any(|one| one.id == pair.request) && gives.iter().any(|one| one.id == pair.offer));
        }
    }
}
