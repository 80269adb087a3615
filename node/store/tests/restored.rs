//! A store that comes back from a backup: nothing is promised twice, nobody who was erased comes
//! back, and what nobody is left behind goes.

mod towns;

use std::collections::BTreeSet;
use std::path::Path;

use casework::duo_view::TodayItem;
use casework::office::AccountRole;
use casework::people::{PersonId, Side};
use casework::ports::{Outgoing, Storage};
use casework::ports_matches::{DuoStage, IncomingStage, OutgoingEnd, OutgoingStage};
use casework::restored::Restored;
use casework::{Actor, Error};
use schemas::Kind;
use schemas::ids::{DocumentId, RootId};
use store::erased_persons;
use towns::{Town, converge, els, two_towns};

/// An administrator.
fn bram() -> Actor {
    Actor::new(Some(2), "Bram", AccountRole::Administrator)
}

/// The second says yes to a proposal of the first, which confirms.
fn make_match(towns: &mut [Town; 2], proposal: DocumentId) {
    towns[1].office().record_mentor_asked(&els(), proposal).expect("asked");
    towns[1].office().answer_yes(&els(), proposal).expect("yes");
    converge(towns);
    towns[0].office().confirm(&els(), proposal).expect("confirmed");
    converge(towns);
}

/// Goes on with a copy of its store, without a partner that is out of reach.
fn goes_on_without(town: &mut Town, copy: &Path, partner: RootId) -> Restored {
    town.restore_alone(copy);
    town.office().suspend_partner(&bram(), partner, "niet bereikbaar").expect("suspended");
    town.office().after_restore(&BTreeSet::from([partner])).expect("brought in line")
}

#[test]
fn a_restored_office_keeps_the_promises_it_made_since() {
    let mut towns = two_towns();
    let (amina, _) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (bilal, _) = towns[0].shared(Side::Newcomer, "Bilal", 0);
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 1);
    converge(&mut towns);
    let first = towns[0].office().propose(&els(), amina, offer).expect("proposed");
    converge(&mut towns);
    // The backup is of before the yes; since then the match was made.
    let copy = towns[1].back_up();
    make_match(&mut towns, first);
    let stage = |town: &Town| town.look(move |records| records.incoming(first)).expect("known").stage;
    assert_eq!(stage(&towns[1]), IncomingStage::Acknowledged);

    let (left, right) = towns.split_at_mut(1);
    right[0].restore(&copy, &left[0]);
    assert_eq!(stage(&right[0]), IncomingStage::Open, "as it was");
    let done = right[0].office().after_restore(&BTreeSet::new()).expect("brought in line");
    assert_eq!(stage(&right[0]), IncomingStage::Acknowledged);
    assert_eq!(done.matches, 1);
    let duos = right[0].look(|records| records.duos());
    assert_eq!((duos.len(), duos[0].stage), (1, DuoStage::FirstMeeting));
    let again = right[0].office().after_restore(&BTreeSet::new()).expect("twice is once");
    assert_eq!(again.matches, 0);
    right[0].office().settle_matches().expect("settled");

    // Jan has one place, and it is taken: nobody else gets it.
    let second = left[0].office().propose(&els(), bilal, offer);
    if let Ok(second) = second {
        converge(&mut towns);
        let yes = towns[1].office().answer_yes(&els(), second);
        assert!(matches!(yes, Err(Error::Refused(_))), "{yes:?}");
    }
}

#[test]
fn a_restored_requester_follows_its_own_half() {
    let mut towns = two_towns();
    let (amina, _) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 2);
    converge(&mut towns);
    let proposal = towns[0].office().propose(&els(), amina, offer).expect("proposed");
    converge(&mut towns);
    let copy = towns[0].back_up();
    towns[0].office().withdraw_proposal(&els(), proposal).expect("taken back");
    // Bilal came after the backup: nobody is left behind his card.
    let (_, card) = towns[0].shared(Side::Newcomer, "Bilal", 0);
    converge(&mut towns);

    let (left, right) = towns.split_at_mut(1);
    left[0].restore(&copy, &right[0]);
    let done = left[0].office().after_restore(&BTreeSet::new()).expect("brought in line");
    assert_eq!((done.matches, done.erased), (1, 1));
    let sent = left[0].look(move |records| records.outgoing(proposal)).expect("known");
    assert_eq!(sent.stage, OutgoingStage::Ended(OutgoingEnd::Withdrawn));
    left[0].carry_out();
    assert!(left[0].look(move |records| records.document(card)).is_none(), "his card is erased");
    let cards = left[0].look(|records| records.documents(Kind::MatchRequest));
    assert_eq!(cards.len(), 1, "Amina's stays");
}

#[test]
fn a_restored_requester_keeps_the_match_it_made_since() {
    let mut towns = two_towns();
    let (amina, _) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 2);
    converge(&mut towns);
    let copy = towns[0].back_up();
    let proposal = towns[0].office().propose(&els(), amina, offer).expect("proposed");
    converge(&mut towns);
    make_match(&mut towns, proposal);

    let (left, right) = towns.split_at_mut(1);
    left[0].restore(&copy, &right[0]);
    assert!(left[0].look(move |records| records.outgoing(proposal)).is_none(), "the backup does not know it");
    let done = left[0].office().after_restore(&BTreeSet::new()).expect("brought in line");
    assert_eq!(done.matches, 1);
    left[0].carry_out();
    assert!(left[0].look(move |records| records.document(proposal)).is_some(), "it is not erased");
    left[0].office().settle_matches().expect("settled");
    let sent = left[0].look(move |records| records.outgoing(proposal)).expect("known");
    assert_eq!((sent.newcomer, sent.stage), (amina, OutgoingStage::Matched));
    assert_eq!(left[0].look(|records| records.duos()).len(), 1);
    assert_eq!(left[0].office().after_restore(&BTreeSet::new()).expect("twice is once").matches, 0);
}

#[test]
fn who_was_erased_is_written_down_outside_the_store() {
    let mut towns = two_towns();
    let (amina, _) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let ledger = towns[0].folder_path().join("erasures");
    assert!(!ledger.exists());
    let office = towns[0].office().clone();
    let nobody = office.erase_person(&els(), PersonId(99));
    assert!(matches!(nobody, Err(Error::NotFound)));
    assert!(!ledger.exists(), "of somebody who is not there nothing is noted");
    office.erase_person(&els(), amina).expect("erased");
    let bytes = std::fs::read(&ledger).expect("a ledger");
    assert_eq!(erased_persons(&bytes).expect("read"), [amina]);
    assert!(!String::from_utf8_lossy(&bytes).contains("Amina"));
    // A torn last line is left out; anything else is no ledger.
    let torn = [bytes.as_slice(), b"179"].concat();
    assert_eq!(erased_persons(&torn).expect("read"), [amina]);
    assert!(erased_persons(b"hello\n").is_err());
    assert!(erased_persons(&[0xff, b'\n']).is_err());

    // Numbers go on after those in the ledger: a number never means somebody else.
    let copy = towns[0].back_up();
    let other = store::Store::open(&copy, &[3; 32]).expect("under the same key");
    other.begin_anew([9; 16], towns[0].now(), &[PersonId(40)]).expect("anew");
    let identity = other.identity().expect("read").expect("one");
    assert_eq!((identity.store_id, identity.incarnation), ([9; 16], towns[0].now().0));
    Storage::forget_traces(&*other).expect("all in one file");
    drop((other, office));
    let (left, right) = towns.split_at_mut(1);
    left[0].restore(&copy, &right[0]);
    assert_eq!(left[0].somebody(Side::Newcomer, "Carim", 0), PersonId(41));
    assert!(left[0].office().erasures(&bram()).is_ok());
}

#[test]
fn whoever_is_not_waited_for_gets_no_place_until_a_person_looked() {
    let mut towns = two_towns();
    let (amina, _) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (jan, offer) = towns[1].shared(Side::Mentor, "Jan", 2);
    converge(&mut towns);
    let copy = towns[1].back_up();
    let borsbeek = towns[0].me;
    let (left, right) = towns.split_at_mut(1);
    right[0].restore(&copy, &left[0]);
    let office = right[0].office().clone();
    office.suspend_partner(&bram(), borsbeek, "niet bereikbaar").expect("suspended");
    let done = office.after_restore(&BTreeSet::from([borsbeek])).expect("brought in line");
    assert_eq!(done.unsure, 1);
    assert_eq!(office.after_restore(&BTreeSet::from([borsbeek])).expect("twice is once").unsure, 1);
    let file = office.open_person(&els(), jan).expect("a file");
    assert!(file.places_unsure);
    let waits = |town: &Town| {
        let today = town.office().today(&els()).expect("today").waits_for_me;
        today.into_iter().any(|item| matches!(item, TodayItem::PlacesUnsure { mentor, .. } if mentor == jan))
    };
    assert!(waits(&right[0]));
    // Also when the partner is back before anybody looked.
    office.resume_partner(&bram(), borsbeek).expect("resumed");
    drop(office);
    converge(&mut towns);
    let asked = towns[0].office().propose(&els(), amina, offer);
    assert!(matches!(asked, Err(Error::Refused(_))), "the card says that there is no place: {asked:?}");
    assert!(matches!(towns[1].office().places_checked(&bram(), jan), Err(Error::Forbidden)));
    assert!(matches!(towns[1].office().places_checked(&els(), PersonId(99)), Err(Error::NotFound)));
    towns[1].office().places_checked(&els(), jan).expect("looked");
    assert!(!waits(&towns[1]) && !towns[1].office().open_person(&els(), jan).expect("a file").places_unsure);
    converge(&mut towns);
    towns[0].office().propose(&els(), amina, offer).expect("there is a place again");
}

#[test]
fn what_an_absent_partner_brings_back_is_erased_or_followed() {
    let mut towns = two_towns();
    let (amina, old) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (carim, taken_back) = towns[0].shared(Side::Newcomer, "Carim", 0);
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 2);
    converge(&mut towns);
    let copy = towns[0].back_up();
    // Since then Bilal came and asked, Amina was matched, and Carim's card was taken back.
    let (bilal, card) = towns[0].shared(Side::Newcomer, "Bilal", 0);
    converge(&mut towns);
    let [matched, asked] = [amina, bilal].map(|who| towns[0].office().propose(&els(), who, offer).expect("proposed"));
    towns[0].office().withdraw(&els(), carim).expect("taken back");
    converge(&mut towns);
    make_match(&mut towns, matched);

    let aartselaar = towns[1].me;
    let (left, right) = towns.split_at_mut(1);
    let done = goes_on_without(&mut left[0], &copy, aartselaar);
    let office = left[0].office().clone();
    assert_eq!((done.matches, done.erased), (0, 0), "nobody brought anything");
    assert_eq!(office.absent().expect("read"), BTreeSet::from([aartselaar]));
    assert!(!office.absent_brought(aartselaar).expect("read"), "it is suspended still");

    // The card of somebody who is not in the backup goes however it comes back. What is between
    // the two stays until all of it is here.
    office.resume_partner(&bram(), aartselaar).expect("resumed");
    left[0].is_brought(&right[0]);
    left[0].pass_days(30);
    office.tick().expect("a tick");
    left[0].carry_out();
    let there = |town: &Town, id| town.look(move |records| records.document(id)).is_some();
    assert!(!there(&left[0], card) && there(&left[0], old), "only Bilal's card is erased");
    assert!(there(&left[0], asked) && there(&left[0], matched));
    assert_eq!(left[0].look(move |records| records.live_card(carim)), None, "his card is not out any more");
    assert!(!there(&left[0], taken_back));

    assert!(office.absent_brought(aartselaar).expect("brought in line"));
    assert!(!office.absent_brought(aartselaar).expect("read"), "once");
    assert!(office.absent().expect("read").is_empty());
    drop(office);
    left[0].carry_out();
    assert!(!there(&left[0], asked), "nobody is behind it");
    assert!(there(&left[0], matched), "Amina is");
    converge(&mut towns);
    let sent = towns[0].look(move |records| records.outgoing(matched)).expect("known");
    assert_eq!((sent.newcomer, sent.stage), (amina, OutgoingStage::Matched));
    let came = towns[1].look(move |records| records.incoming(asked)).expect("known");
    assert_eq!(came.stage, IncomingStage::Withdrawn, "the partner hears it");
    for town in &towns {
        assert_eq!(town.look(|records| records.duos()).len(), 1);
        assert!(!there(town, card) && !there(town, asked));
    }
}

#[test]
fn nothing_is_decided_about_an_absent_partner_before_it_brought_what_it_kept() {
    let mut towns = two_towns();
    let (amina, _) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 2);
    converge(&mut towns);
    let proposal = towns[0].office().propose(&els(), amina, offer).expect("proposed");
    converge(&mut towns);
    towns[1].office().record_mentor_asked(&els(), proposal).expect("asked");
    let copy = towns[1].back_up();
    towns[1].office().answer_yes(&els(), proposal).expect("yes");
    converge(&mut towns);

    let borsbeek = towns[0].me;
    let (left, right) = towns.split_at_mut(1);
    goes_on_without(&mut right[0], &copy, borsbeek);
    let office = right[0].office().clone();
    office.resume_partner(&bram(), borsbeek).expect("resumed");
    // The yes of before is not known yet: no second one, and no no.
    let recovering = |result: casework::Result<()>| matches!(result, Err(Error::Refused("recovering")));
    assert!(recovering(office.answer_yes(&els(), proposal)));
    assert!(recovering(office.answer_no(&els(), proposal, schemas::documents::NoReason::Full, false)));
    office.settle_matches().expect("settled");
    right[0].carry_out();
    let stage = |town: &Town| town.look(move |records| records.incoming(proposal)).expect("known").stage;
    assert_eq!(stage(&right[0]), IncomingStage::Open);

    right[0].is_brought(&left[0]);
    assert!(office.absent_brought(borsbeek).expect("brought in line"));
    assert!(matches!(stage(&right[0]), IncomingStage::Reserved { .. }));
    drop(office);
    towns[0].office().confirm(&els(), proposal).expect("confirmed");
    converge(&mut towns);
    assert_eq!(stage(&towns[1]), IncomingStage::Acknowledged);
    assert_eq!(towns[1].look(|records| records.documents(Kind::Answer)).len(), 1, "one answer");
}

#[test]
fn nothing_is_erased_that_somebody_is_behind() {
    let mut towns = two_towns();
    let (left, _) = towns.split_at_mut(1);
    let town = &mut left[0];
    let amina = town.somebody(Side::Newcomer, "Amina", 0);
    // While the card waits to be published, after a crash, and once it is out.
    let card = town.office().publish(&els(), amina, None).expect("a card");
    let waiting = |town: &Town| {
        let commands = town.store().outbox_next(0).expect("the outbox");
        let about = |command: &Outgoing| match command {
            Outgoing::Publish { document, .. } | Outgoing::Erase { document } => *document == card,
            _ => false,
        };
        commands.iter().filter(|(_, command)| about(command)).count()
    };
    town.office().tick().expect("a tick");
    town.crash();
    town.office().tick().expect("a tick");
    assert_eq!(waiting(town), 1);
    town.carry_out();
    town.office().tick().expect("a tick");
    assert_eq!(waiting(town), 0);
    assert!(town.look(move |records| records.document(card)).is_some());
    // Another office on the same store thinks so too.
    town.another_office().tick().expect("a tick");
    assert_eq!(waiting(town), 0);
    // Taken back: once, also while that waits.
    town.office().withdraw(&els(), amina).expect("taken back");
    town.office().tick().expect("a tick");
    assert_eq!(waiting(town), 1);
    town.carry_out();
    town.office().tick().expect("a tick");
    assert_eq!((waiting(town), town.look(move |records| records.document(card)).is_some()), (0, false));
    // It comes back as if nobody had ever taken it back.
    let offer = town.shared(Side::Mentor, "Jan", 1).1;
    let value = town.look(move |records| records.document(offer)).expect("a card").value;
    town.receive(town.me, card, value);
    town.office().tick().expect("a tick");
    assert_eq!(waiting(town), 1);
}

#[test]
fn who_was_matched_meanwhile_is_in_no_second_match() {
    let mut towns = two_towns();
    let (amina, _) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let piet = towns[0].somebody(Side::Mentor, "Piet", 1);
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 2);
    converge(&mut towns);
    let copy = towns[0].back_up();
    let proposal = towns[0].office().propose(&els(), amina, offer).expect("proposed");
    converge(&mut towns);
    make_match(&mut towns, proposal);

    let aartselaar = towns[1].me;
    let (left, right) = towns.split_at_mut(1);
    goes_on_without(&mut left[0], &copy, aartselaar);
    let office = left[0].office().clone();
    // Nobody here knows of the match with Jan.
    office.match_locally(&els(), amina, piet).expect("matched at home");
    office.resume_partner(&bram(), aartselaar).expect("resumed");
    left[0].is_brought(&right[0]);
    assert!(office.absent_brought(aartselaar).expect("brought in line"));
    drop(office);
    converge(&mut towns);
    let sent = towns[0].look(move |records| records.outgoing(proposal)).expect("known");
    assert_eq!(sent.stage, OutgoingStage::Ended(OutgoingEnd::Withdrawn));
    let came = towns[1].look(move |records| records.incoming(proposal)).expect("known");
    assert_eq!(came.stage, IncomingStage::Withdrawn, "Jan's place is free, and his municipality knows why");
    let active = |town: &Town| {
        let duos = town.look(|records| records.duos());
        duos.into_iter().filter(|duo| duo.stage.is_active()).map(|duo| duo.mentor).collect::<Vec<_>>()
    };
    assert_eq!((active(&towns[0]), active(&towns[1])), (vec![Some(piet)], vec![]));
}

#[test]
fn what_time_does_erases_no_match_that_the_records_do_not_know_yet() {
    let mut towns = two_towns();
    let copy = towns[0].back_up();
    // Of all of this the backup knows nothing.
    let (amina, card) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 2);
    converge(&mut towns);
    let proposal = towns[0].office().propose(&els(), amina, offer).expect("proposed");
    converge(&mut towns);
    let (left, right) = towns.split_at_mut(1);
    let there = |town: &Town, id| town.look(move |records| records.document(id)).is_some();

    left[0].restore_alone(&copy);
    left[0].recovers(true);
    left[0].is_brought(&right[0]);
    left[0].office().tick().expect("a tick");
    left[0].carry_out();
    assert!(there(&left[0], card) && there(&left[0], proposal), "it waits for what partners kept");

    // The partner is one of whom the records know nothing, as one that was paired again is.
    left[0].recovers(false);
    left[0].office().tick().expect("a tick");
    left[0].carry_out();
    assert!(!there(&left[0], card), "nobody is behind the card, whoever brought it");
    assert!(there(&left[0], proposal), "no record followed it");

    let done = left[0].office().after_restore(&BTreeSet::new()).expect("brought in line");
    left[0].carry_out();
    assert_eq!((done.erased, there(&left[0], proposal)), (1, false), "nobody is behind it");
}

#[test]
fn what_is_about_somebody_who_was_erased_goes_whatever_it_is() {
    let mut towns = two_towns();
    let (amina, card) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 2);
    converge(&mut towns);
    let proposal = towns[0].office().propose(&els(), amina, offer).expect("proposed");
    converge(&mut towns);
    let town = &mut towns[0];
    let values = [card, proposal].map(|id| (id, town.look(move |records| records.document(id)).expect("it").value));
    town.office().erase_person(&els(), amina).expect("erased");
    town.carry_out();
    // A wrong clock ended the erasures here, and a partner that never heard of them brings both back.
    for (id, value) in values {
        town.receive(town.me, id, value);
    }
    for _ in 0..2 {
        town.office().tick().expect("a tick");
        let waiting = town.store().outbox_next(0).expect("the outbox").into_iter();
        let erased = waiting.filter_map(|(_, command)| match command {
            Outgoing::Erase { document } => Some(document),
            _ => None,
        });
        let erased: Vec<DocumentId> = erased.collect();
        assert_eq!(erased.len(), 2, "once");
        assert!(erased.contains(&card) && erased.contains(&proposal));
    }
}
