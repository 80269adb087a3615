//! What holds for any cards: order changes nothing, the best is best, the proposal is optimal.

use std::collections::BTreeMap;

use crate::cards::*;
use matching::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn a_ranking_holds_all_that_fit_in_order((requests, offers, rules) in circles()) {
        for request in &requests {
            let all = top(request, &offers, &rules, usize::MAX);
            let fits = |offer: &&Offer| eligible(request, offer, &rules).is_ok();
            prop_assert_eq!(all.len(), offers.iter().filter(fits).count());
            for pair in all.windows(2) {
                let key = |c: &Candidate| (std::cmp::Reverse(c.score.total), c.id);
                prop_assert!(key(&pair[0]) < key(&pair[1]));
            }
            for candidate in &all {
                prop_assert_eq!(offers[candidate.index].id, candidate.id);
                prop_assert!(candidate.score.total <= score::FULL);
                prop_assert_eq!(candidate.score.total, candidate.score.parts.iter().map(|p| p.value()).sum::<u32>());
                let back = requests_for(&offers[candidate.index], &requests, &rules, usize::MAX);
                let same = back.iter().find(|other| other.id == request.id);
                prop_assert_eq!(same.map(|other| &other.score), Some(&candidate.score));
                for change in why_not_first(candidate, &all[0]).changes {
                    prop_assert!(change.need > change.have && change.need <= change.of);
                    let part = candidate.score.part(change.subject);
                    let gain = |have: u32| {
                        let part = score::Part { have, ..*part };
                        candidate.score.total - candidate.score.part(change.subject).value() + part.value()
                    };
                    let wins = |total: u32| (std::cmp::Reverse(total), candidate.id) < (std::cmp::Reverse(all[0].score.total), all[0].id);
                    prop_assert!(wins(gain(change.need)) && !wins(gain(change.need - 1)));
                }
            }
        }
    }

    #[test]
    fn the_order_of_input_changes_nothing((mut requests, mut offers, rules) in circles(), turn in 1usize..7) {
        let assignment = assign(&requests, &offers, &rules).expect("few cards");
        let ranking = |r: &Request, offers: &[Offer]| -> Vec<_> {
            top(r, offers, &rules, 10).into_iter().map(|c| (c.id, c.score, c.reasons, c.misses)).collect()
        };
        let near = |r: &Request, offers: &[Offer]| -> Vec<_> {
            near_misses(r, offers, &rules, 10).into_iter().map(|m| (m.id, m.score, m.place)).collect()
        };
        let before: BTreeMap<_, _> = requests.iter().map(|r| (r.id, (ranking(r, &offers), near(r, &offers)))).collect();
        let worth = value_of_circle(&requests, &offers, &rules);
        requests.rotate_left(turn % 7);
        offers.reverse();
        offers.rotate_left(turn);
        prop_assert_eq!(assign(&requests, &offers, &rules), Ok(assignment));
        prop_assert_eq!(value_of_circle(&requests, &offers, &rules), worth);
        let after: BTreeMap<_, _> = requests.iter().map(|r| (r.id, (ranking(r, &offers), near(r, &offers)))).collect();
        prop_assert_eq!(after, before);
    }

    #[test]
    fn a_proposal_proves_itself((requests, offers, rules) in circles()) {
        let assignment = assign(&requests, &offers, &rules).expect("few cards");
        prop_assert!(verify(&assignment, &requests, &offers, &rules));
        prop_assert_eq!(assignment.total, assignment.pairs.iter().map(|p| u64::from(p.score)).sum::<u64>());
        let mut wrong = assignment.clone();
        wrong.total += 1;
        prop_assert!(!verify(&wrong, &requests, &offers, &rules));
        if let Some(pair) = assignment.pairs.first() {
            let mut wrong = assignment.clone();
            wrong.pairs.push(*pair);
            wrong.total += u64::from(pair.score);
            prop_assert!(!verify(&wrong, &requests, &offers, &rules));
            let mut wrong = assignment.clone();
            wrong.total -= u64::from(wrong.pairs.remove(0).score);
            prop_assert!(!verify(&wrong, &requests, &offers, &rules));
        }
    }

    #[test]
    fn larger_groups_end_at_all_together((requests, offers, rules) in circles()) {
        let towns = [MORTSEL, AARTSELAAR, BORSBEEK];
        let places: BTreeMap<_, _> = (1u8..4).map(|of| (owner(of), refnis(towns[usize::from(of) - 1]))).collect();
        let sizes = value_by_size(&requests, &offers, &rules, &places).expect("few cards");
        let value = value_of_circle(&requests, &offers, &rules).expect("few cards");
        let found: Vec<_> = sizes.iter().map(|group| (group.size, group.matched)).collect();
        prop_assert_eq!(found, [(1, value.alone), (3, value.together)]);
        prop_assert!(sizes[0].metres == 0 || requests.iter().any(|request| request.place() != request.refnis) || offers.iter().any(|offer| offer.card.area != places[&offer.owner]));
    }

    #[test]
    fn a_balanced_list_keeps_what_is_agreed((mut requests, mut offers, rules) in circles(), lends in 0u32..3, share in 0u8..=100) {
        let owners: std::collections::BTreeSet<_> =
            requests.iter().map(|r| r.owner).chain(offers.iter().map(|o| o.owner)).collect();
        let bounds = solver::Bounds { lends: Some(lends), share, long_share: 100, ..Default::default() };
        let agreement = |bounds: solver::Bounds| Agreement {
            bounds: owners.iter().map(|owner| (*owner, bounds)).collect(),
            long_since: "2024-Q3".parse().expect("a quarter"),
        };
        let found = balance(&requests, &offers, &rules, &agreement(bounds)).expect("few cards");
        prop_assert_eq!(found.gap, 0);
        prop_assert_eq!(found.kept.iter().all(|kept| kept.is_met), found.missed == 0);
        prop_assert_eq!(found.worth.score as u64, found.pairs.iter().map(|p| u64::from(p.score)).sum::<u64>());
        let free = balance(&requests, &offers, &rules, &agreement(Default::default())).expect("few cards");
        let best = assign(&requests, &offers, &rules).expect("few cards");
        prop_assert_eq!((&free.pairs, free.kept.len(), free.worth), (&best.pairs, 0, found.without_bounds));
        requests.reverse();
        offers.rotate_left(3);
        prop_assert_eq!(balance(&requests, &offers, &rules, &agreement(bounds)), Ok(found));
    }

    #[test]
    fn together_is_never_worse_than_alone((requests, offers, rules) in circles()) {
        let value = value_of_circle(&requests, &offers, &rules).expect("few cards");
        prop_assert!(value.together >= value.alone && value.together <= value.requests);
        prop_assert_eq!(value.owners.values().map(|v| v.together).sum::<usize>(), value.together);
        prop_assert_eq!(value.owners.values().map(|v| v.alone).sum::<usize>(), value.alone);
    }
}

/// The properties above would say little about cards that never fit.
#[test]
fn the_cards_often_fit() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let circles: Vec<_> = (0..200).map(|_| circles().new_tree(&mut runner).expect("a circle").current()).collect();
    let matched = |(requests, offers, rules): &(Vec<Request>, Vec<Offer>, Rules)| {
        assign(requests, offers, rules).expect("few cards").pairs.len()
    };
    let matches: usize = circles.iter().map(matched).sum();
    assert!(matches > 200, "{matches} matches in 200 circles of seven newcomers and seven mentors");
}
