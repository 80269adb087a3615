//! An evening of speed-dating: nobody twice at a table, no round too many, stable matches.

use std::collections::{BTreeMap, BTreeSet};

use matching::evening::*;
use proptest::prelude::*;

fn date(newcomer: u32, mentor: u32) -> Date {
    Date { newcomer, mentor }
}

fn dates() -> impl Strategy<Value = Vec<Date>> {
    prop::collection::vec((0u32..12, 0u32..9).prop_map(|(n, m)| date(n, m)), 0..60)
}

fn check(rota: &Rota, dates: &[Date], tables: usize) {
    let wanted: BTreeSet<Date> = dates.iter().copied().collect();
    let planned: Vec<Date> = rota.rounds.iter().flatten().copied().collect();
    assert_eq!(planned.len(), wanted.len());
    assert_eq!(planned.iter().copied().collect::<BTreeSet<_>>(), wanted);
    for round in &rota.rounds {
        assert!(round.len() <= tables);
        let newcomers: BTreeSet<u32> = round.iter().map(|date| date.newcomer).collect();
        let mentors: BTreeSet<u32> = round.iter().map(|date| date.mentor).collect();
        assert!(newcomers.len() == round.len() && mentors.len() == round.len(), "somebody sits at two tables");
    }
    let most = |who: fn(&Date) -> u32| {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        wanted.iter().for_each(|date| *counts.entry(who(date)).or_default() += 1);
        counts.values().max().copied().unwrap_or(0)
    };
    let bound = most(|d| d.newcomer).max(most(|d| d.mentor)).max(wanted.len().div_ceil(tables));
    assert_eq!((rota.rounds.len(), rota.at_least), (bound, bound), "a round too many");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_is_as_short_as_can_be(dates in dates(), tables in 1usize..14) {
        check(&plan(&dates, tables).expect("few dates"), &dates, tables);
    }

    #[test]
    fn a_mended_plan_is_too_and_moves_nobody_without_need(
        dates in dates(), tables in 1usize..14, done in 0usize..4, absent in 0u32..12, late in prop::collection::vec(0u32..9, 0..5),
    ) {
        let before = plan(&dates, tables).expect("few dates");
        let taken: BTreeSet<Date> = before.rounds.iter().take(done).flatten().copied().collect();
        let to_come = Rota { rounds: before.rounds.iter().skip(done).cloned().collect(), ..Rota::default() };
        let mut left: Vec<Date> = dates.iter().copied().filter(|d| !taken.contains(d) && d.newcomer != absent).collect();
        left.extend(late.iter().map(|mentor| date(50, *mentor)));
        let mended = replan(&to_come, &left, tables).expect("few dates");
        check(&mended, &left, tables);
        // Nothing changed: nothing moves.
        prop_assert_eq!(replan(&mended, &left, tables).expect("few dates"), mended);
    }

    #[test]
    fn matches_of_choices_are_mutual_stable_and_full(
        slips in prop::collection::vec(((0u32..8, 0u32..6), 0u8..3, 0u8..3, 0u32..1_000_000), 0..40),
        places in prop::collection::btree_map(0u32..6, 0u32..3, 0..6),
    ) {
        let choice = |of: u8| [Choice::No, Choice::Maybe, Choice::Gladly][usize::from(of)];
        let mut by_date: BTreeMap<Date, Slip> = BTreeMap::new();
        for ((n, m), newcomer, mentor, score) in slips {
            let slip = Slip { date: date(n, m), newcomer: choice(newcomer), mentor: choice(mentor), score };
            by_date.entry(slip.date).or_insert(slip);
        }
        let slips: Vec<Slip> = by_date.values().copied().collect();
        let room = |mentor: u32| places.get(&mentor).copied().unwrap_or(1) as usize;
        let keeps_rules = |matches: &[Match]| {
            let newcomers: BTreeSet<u32> = matches.iter().map(|m| m.newcomer).collect();
            let mutual = |m: &Match| by_date.get(m).is_some_and(|s| s.newcomer > Choice::No && s.mentor > Choice::No);
            newcomers.len() == matches.len()
                && matches.iter().all(mutual)
                && matches.iter().all(|m| matches.iter().filter(|o| o.mentor == m.mentor).count() <= room(m.mentor))
        };
        let (stable, fullest) = (stable(&slips, &places), fullest(&slips, &places).expect("proved"));
        prop_assert!(keeps_rules(&stable) && keeps_rules(&fullest));
        prop_assert!(fullest.len() >= stable.len());
        for slip in slips.iter().filter(|s| s.newcomer > Choice::No && s.mentor > Choice::No) {
            if stable.contains(&slip.date) {
                continue;
            }
            let rather = |own: &Slip| (own.newcomer, own.score, std::cmp::Reverse(own.date.mentor));
            let has = stable.iter().find(|m| m.newcomer == slip.date.newcomer).map(|m| by_date[m]);
            let newcomer_would = has.is_none_or(|has| rather(slip) > rather(&has));
            let theirs: Vec<Slip> = stable.iter().filter(|m| m.mentor == slip.date.mentor).map(|m| by_date[m]).collect();
            let liked = |own: &Slip| (own.mentor, own.score, std::cmp::Reverse(own.date.newcomer));
            let mentor_would = theirs.len() < room(slip.date.mentor) || theirs.iter().any(|has| liked(slip) > liked(has));
            prop_assert!(!(newcomer_would && mentor_would), "{:?} would both rather", slip.date);
        }
        let mut turned = slips.clone();
        turned.reverse();
        prop_assert_eq!(matching::evening::stable(&turned, &places), stable);
        prop_assert_eq!(matching::evening::fullest(&turned, &places), Ok(fullest));
    }
}

#[test]
fn an_evening_that_cannot_be_is_refused() {
    let some = [date(1, 1)];
    assert_eq!(plan(&some, 0), Err(TooMany));
    assert_eq!(plan(&[], 0), Ok(Rota::default()));
    let crowd: Vec<Date> = (0..201).map(|mentor| date(1, mentor)).collect();
    assert_eq!(plan(&crowd, 10), Err(TooMany));
}

#[test]
fn everybody_meets_everybody_without_a_pause() {
    let dates: Vec<Date> = (0..20).flat_map(|n| (0..20).map(move |m| date(n, m))).collect();
    let rota = plan(&dates, 20).expect("an evening");
    check(&rota, &dates, 20);
    assert!(rota.rounds.iter().all(|round| round.len() == 20));
}
