//! What is said again, and what is not: what is over soon, what nobody consents to any more, and
//! what was refused.

use casework::people::{PersonId, Purpose};
use casework::ports_matches::OutgoingStage;
use schemas::Kind;
use schemas::ids::DocumentId;

use crate::towns::{Town, els};
use crate::{matched, reserved};

/// How often a town said a document.
fn said(town: &Town, document: DocumentId) -> usize {
    town.written.get(&document).map_or(0, Vec::len)
}

/// Lets by-itself work be done as often as a node does it, and carries out what comes of it.
fn settle_often(town: &mut Town) {
    for _ in 0..3 {
        town.office().settle_matches().expect("settled");
        town.carry_out();
    }
}

fn lines(town: &Town, person: PersonId, event: &str) -> usize {
    town.look(move |records| records.ledger(person)).iter().filter(|line| line.event == event).count()
}

#[test]
fn what_cannot_leave_is_written_once() {
    let (mut towns, ..) = matched();
    // It is time to renew, and while a clock is wrong nothing is carried out.
    towns.iter().for_each(|town| town.pass_days(70));
    let waiting = |town: &Town| {
        for _ in 0..3 {
            town.office().settle_matches().expect("settled");
        }
        town.store().outbox_next(0).expect("the outbox").len()
    };
    assert_eq!(towns.each_ref().map(waiting), [2, 2], "a half and a word about the duo");
    towns.iter_mut().for_each(settle_often);
    assert_eq!(towns.each_ref().map(waiting), [0, 0]);
}

#[test]
fn what_is_no_match_yet_is_said_again_only_with_consent() {
    let (mut towns, newcomer, mentor, proposal) = reserved();
    let [here, there] = [towns[0].me, towns[1].me];
    let answer = towns[1].look(move |records| records.incoming(proposal)).expect("theirs").answer.expect("an answer");
    let today = towns[0].now().date();
    let consent = |towns: &[Town; 2], given| {
        for (town, who) in towns.iter().zip([newcomer, mentor]) {
            town.office().record_consent(&els(), &[who], Purpose::CrossBorder, given, today, "1").expect("noted");
        }
    };
    towns[0].ends(here, proposal, Kind::Proposal);
    towns[1].ends(there, answer, Kind::Answer);
    towns.iter().for_each(|town| town.pass_days(2));
    consent(&towns, false);
    let before = [said(&towns[0], proposal), said(&towns[1], answer)];
    towns.iter_mut().for_each(settle_often);
    assert_eq!([said(&towns[0], proposal), said(&towns[1], answer)], before, "nothing leaves");
    let written = [lines(&towns[0], newcomer, "proposed"), lines(&towns[1], mentor, "answered")];

    consent(&towns, true);
    towns.iter_mut().for_each(settle_often);
    assert_eq!([said(&towns[0], proposal), said(&towns[1], answer)], before.map(|times| times + 1));
    let now = [lines(&towns[0], newcomer, "proposed"), lines(&towns[1], mentor, "answered")];
    assert_eq!(now, written.map(|times| times + 1), "the ledger says that it left");
    let sent = towns[0].look(move |records| records.outgoing(proposal)).expect("ours");
    assert_eq!(sent.stage, OutgoingStage::Proposed);
}

#[test]
fn a_word_about_a_duo_that_is_refused_is_tried_again_another_day() {
    let (mut towns, ..) = matched();
    let here = towns[0].me;
    let progress = towns[0].look(|records| records.duos()).first().expect("a duo").progress.expect("a document");
    towns[0].ends(here, progress, Kind::DuoProgress);
    let tried = |town: &Town| {
        let times = (0..5).map(|_| {
            town.office().settle_matches().expect("settled");
            town.refuses()
        });
        times.sum::<usize>()
    };
    let kept = |town: &Town| town.look(|records| records.refused()).len();
    assert_eq!((tried(&towns[0]), kept(&towns[0])), (1, 1), "not every minute");
    towns[0].pass_days(2);
    assert_eq!((tried(&towns[0]), kept(&towns[0])), (1, 1), "and kept once");
    towns[0].pass_days(2);
    settle_often(&mut towns[0]);
    assert!(towns[0].look(move |records| records.document(progress)).is_some());
    assert_eq!(kept(&towns[0]), 0);
}
