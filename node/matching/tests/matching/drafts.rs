//! A list that is kept and mended is the list that is found anew, pair for pair.

use std::collections::BTreeSet;

use crate::cards::*;
use matching::*;
use proptest::prelude::*;
use schemas::bounded::Places;
use schemas::documents::Weights;
use schemas::ids::DocumentId;

/// One change of a circle: what sort of change, and three draws that say which.
type Draw = (u8, usize, usize, usize);

/// Who is in the circle now. Of few kinds of cards many are as good, so there are many ties.
#[derive(Debug, Clone)]
struct Town {
    kinds: (Vec<Request>, Vec<Offer>),
    requests: Vec<Request>,
    offers: Vec<Offer>,
    rules: Rules,
}

/// Numbers in no order: a card that comes later may come anywhere.
fn number(at: usize) -> DocumentId {
    DocumentId((at as u128 * 0x9e37_79b9 % 1_009).to_be_bytes())
}

impl Town {
    fn new((asks, gives, rules): (Vec<Request>, Vec<Offer>, Rules), kinds: &[(usize, usize)]) -> Self {
        let mut town = Self { kinds: (asks, gives), requests: Vec::new(), offers: Vec::new(), rules };
        for (at, (ask, give)) in kinds.iter().enumerate() {
            town.put_request(at, *ask);
            town.put_offer(at, *give);
        }
        town
    }

    fn put_request(&mut self, at: usize, kind: usize) {
        self.requests.retain(|request| request.id != number(at));
        let kind = &self.kinds.0[kind % self.kinds.0.len()];
        self.requests.push(Request { id: number(at), ..kind.clone() });
    }

    fn put_offer(&mut self, at: usize, kind: usize) {
        self.offers.retain(|offer| offer.id != number(at));
        let kind = &self.kinds.1[kind % self.kinds.1.len()];
        self.offers.push(Offer { id: number(at), ..kind.clone() });
    }

    fn change(&mut self, (sort, one, other, third): Draw) {
        match sort {
            0 | 1 => self.put_request(one, other),
            2 | 3 => self.put_offer(one, other),
            4 => self.requests.retain(|request| request.id != number(one)),
            5 => self.offers.retain(|offer| offer.id != number(one)),
            6 if !self.offers.is_empty() => {
                let at = one % self.offers.len();
                self.offers[at].card.capacity_left = Places::clamped((other % 4) as u8);
            }
            7 => {
                let pair = (number(one), number(other));
                if !self.rules.failed_before.remove(&pair) {
                    self.rules.failed_before.insert(pair);
                }
            }
            8 => {
                if !self.rules.at_home.remove(&number(one)) {
                    self.rules.at_home.insert(number(one));
                }
            }
            9 => {
                let weights =
                    Weights { occupation: (other * 7) as u16, waiting: third as u16, ..Rules::usual().weights };
                let own = schemas::MatchingRules { weights, ..Rules::usual() };
                self.rules.own.insert(owner((one % 3) as u8 + 1), own);
            }
            10 if third % 4 == 0 => {
                self.rules.today = ["2026-Q1", "2026-Q2"][one % 2].parse().expect("a quarter");
            }
            // Only the order in which they are given.
            _ => self.requests.reverse(),
        }
    }
}

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    prop::collection::vec((0u8..12, 0usize..45, 0usize..45, 0usize..45), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_changes_the_list_is_that_of_a_node_that_begins_now(
        circle in circles(),
        kinds in prop::collection::vec((0usize..7, 0usize..7), 0..40),
        draws in draws(),
    ) {
        let mut town = Town::new(circle, &kinds);
        let mut drafts = Drafts::default();
        let mut worth = CircleDrafts::default();
        for draw in [(12, 0, 0, 0)].into_iter().chain(draws) {
            town.change(draw);
            let Town { requests, offers, rules, .. } = &town;
            let mended = drafts.assign(requests, offers, rules).expect("few cards");
            let anew = assign(requests, offers, rules).expect("few cards");
            prop_assert_eq!(&mended.pairs, &anew.pairs, "{:?}", draw);
            prop_assert_eq!((mended.total, mended.fingerprint()), (anew.total, anew.fingerprint()));
            prop_assert!(verify(&mended, requests, offers, rules));
            prop_assert_eq!(worth.value(requests, offers, rules), value_of_circle(requests, offers, rules));
        }
    }

    /// What is kept is no state: another circle in between changes nothing.
    #[test]
    fn a_look_that_came_to_nothing_leaves_no_trace(one in circles(), other in circles()) {
        let mut drafts = Drafts::default();
        for (requests, offers, rules) in [&one, &other, &one] {
            let mended = drafts.assign(requests, offers, rules).expect("few cards");
            prop_assert_eq!(mended.pairs, assign(requests, offers, rules).expect("few cards").pairs);
        }
    }
}

/// Twenty who ask and twenty who offer, all alike.
fn alike() -> (Vec<Request>, Vec<Offer>) {
    let requests = (0..20).map(|at| Request { id: number(at), ..newcomer() });
    (requests.collect(), (0..20).map(|at| Offer { id: number(at), ..welder() }).collect())
}

#[test]
fn of_many_lists_that_are_as_good_everybody_finds_the_same() {
    let (requests, mut offers) = alike();
    let found = assign(&requests, &offers, &rules()).expect("few cards");
    let pairs: Vec<_> = found.pairs.iter().map(|pair| (pair.request, pair.offer)).collect();
    let ids: BTreeSet<DocumentId> = requests.iter().map(|request| request.id).collect();
    // The first by id has the first by id, and so on.
    assert_eq!(pairs, ids.iter().map(|id| (*id, *id)).collect::<Vec<_>>());
    offers.truncate(5);
    let found = assign(&requests, &offers, &rules()).expect("few cards");
    let asked: Vec<DocumentId> = found.pairs.iter().map(|pair| pair.request).collect();
    assert_eq!(asked, ids.into_iter().take(5).collect::<Vec<_>>());
}

#[test]
fn one_change_is_mended_and_many_are_not() {
    let (mut requests, mut offers) = alike();
    let mut drafts = Drafts::default();
    let mut look = |requests: &[Request], offers: &[Offer], rules: &Rules| {
        let found = drafts.assign(requests, offers, rules).expect("few cards");
        assert_eq!(found.pairs, assign(requests, offers, rules).expect("few cards").pairs);
        (found.pairs.len(), drafts.times_anew())
    };
    assert_eq!(look(&requests, &offers, &rules()), (20, 1));
    assert_eq!(look(&requests, &offers, &rules()), (20, 1), "nothing changed");
    requests.push(Request { id: number(20), ..newcomer() });
    assert_eq!(look(&requests, &offers, &rules()), (20, 1), "a newcomer");
    offers[3].card.capacity_left = Places::clamped(2);
    assert_eq!(look(&requests, &offers, &rules()), (21, 1), "a place");
    offers.remove(7);
    assert_eq!(look(&requests, &offers, &rules()), (20, 1), "a mentor who stops");
    offers.push(Offer { id: number(30), ..welder() });
    assert_eq!(look(&requests, &offers, &rules()), (21, 1), "another in the same place");
    let mut failed = rules();
    failed.failed_before.extend(offers.iter().map(|offer| (requests[0].id, offer.id)));
    assert_eq!(look(&requests, &offers, &failed), (20, 1), "who goes with nobody");
    let mut at_home = rules();
    at_home.at_home.extend(requests.iter().map(|request| request.id).take(2));
    assert_eq!(look(&requests, &offers, &at_home), (19, 1), "who are not shared");
    requests.iter_mut().for_each(|request| request.card.radius_km = schemas::bounded::Kilometres::clamped(11));
    assert_eq!(look(&requests, &offers, &rules()), (21, 2), "everybody");
    let later = Rules { today: "2026-Q3".parse().expect("a quarter"), ..rules() };
    assert_eq!(look(&requests, &offers, &later), (21, 3), "a new quarter");
    assert_eq!(look(&[], &[], &later), (0, 4), "nobody left");
}

#[test]
fn a_fingerprint_is_that_of_the_pairs() {
    let (requests, offers) = alike();
    let found = assign(&requests, &offers, &rules()).expect("few cards");
    let mut other = found.clone();
    other.prices.values_mut().for_each(|price| *price += 1);
    assert_eq!(other.fingerprint(), found.fingerprint(), "prices are a proof, not a proposal");
    other.pairs[0].score += 1;
    assert_ne!(other.fingerprint(), found.fingerprint());
    other = found.clone();
    other.pairs.pop();
    assert_ne!(other.fingerprint(), found.fingerprint());
    assert_ne!(Assignment::default().fingerprint().0, [0; 32]);
}

#[test]
fn who_is_not_shared_goes_to_a_mentor_of_ours_only() {
    let mut at_home = rules();
    at_home.at_home.insert(newcomer().id);
    assert_eq!(eligible(&newcomer(), &welder(), &at_home), Err(vec![Misfit::NotShared]));
    assert_eq!(near_misses(&newcomer(), &[welder()], &at_home, 5), []);
    let index = Mentors::new([welder()]);
    assert_eq!((index.best(&newcomer(), &at_home, 5), index.count(&newcomer(), &at_home)), (vec![], 0));
    let ours = Offer { owner: newcomer().owner, ..welder() };
    assert!(eligible(&newcomer(), &ours, &at_home).is_ok());
    assert_eq!(Mentors::new([ours]).count(&newcomer(), &at_home), 1);
}
