//! What becomes of matches, cards and contact sheets when a partner is suspended, resumed or left.

mod towns;

use casework::office::AccountRole;
use casework::people::Side;
use casework::ports_matches::{DuoStage, IncomingStage, OutgoingStage};
use casework::{Actor, Error};
use schemas::{DocumentId, Kind};
use towns::{CIRCLE, Town, converge, els, two_towns};

fn administrator() -> Actor {
    Actor { account: Some(2), name: "Bram".to_owned(), role: AccountRole::Administrator }
}

/// Borsbeek's newcomer and Aartselaar's mentor, with an open proposal between them.
fn asked() -> ([Town; 2], DocumentId) {
    let mut towns = two_towns();
    let (newcomer, _) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 2);
    converge(&mut towns);
    let proposal = towns[0].office().propose(&els(), newcomer, offer).expect("a proposal");
    converge(&mut towns);
    (towns, proposal)
}

fn matched() -> ([Town; 2], DocumentId) {
    let (mut towns, proposal) = asked();
    towns[1].office().record_mentor_asked(&els(), proposal).expect("asked");
    towns[1].office().answer_yes(&els(), proposal).expect("a place");
    converge(&mut towns);
    towns[0].office().confirm(&els(), proposal).expect("confirmed");
    converge(&mut towns);
    (towns, proposal)
}

#[test]
fn a_suspended_partner_is_hidden_and_nothing_about_it_moves() {
    let (mut towns, proposal) = asked();
    let borsbeek = towns[0].me;
    let office = towns[1].office().clone();
    assert!(matches!(office.suspend_partner(&els(), borsbeek, "x"), Err(Error::Forbidden)), "a coordinator may not");
    assert!(matches!(office.suspend_partner(&administrator(), towns[1].me, "x"), Err(Error::NotFound)));
    assert!(office.suspend_partner(&administrator(), borsbeek, &"x".repeat(301)).is_err());
    office.suspend_partner(&administrator(), borsbeek, "verdacht").expect("suspended");
    office.suspend_partner(&Actor::program(), borsbeek, "later").expect("twice is once");

    let cards = |town: &Town| {
        let me = town.me;
        town.look(move |records| Ok(records.documents(Kind::MatchRequest)?.into_iter().any(|card| card.owner != me)))
    };
    assert!(!cards(&towns[1]), "its cards are not shown");
    assert!(office.answer_yes(&els(), proposal).is_err(), "no answer is given");
    drop(office);
    towns[1].crash();
    towns[1].pass_days(40);
    towns[1].office().settle_matches().expect("settled");
    let stage = |town: &Town| town.look(move |records| records.incoming(proposal)).expect("known").stage;
    assert_eq!(stage(&towns[1]), IncomingStage::Open, "it neither lapsed nor was taken back");
    let page = towns[1].office().partner_page(&administrator(), borsbeek).expect("a page");
    let suspension = page.suspended.expect("suspended");
    assert_eq!((suspension.why.as_str(), suspension.by.as_str()), ("verdacht", "Bram"));
    assert!(page.received.iter().any(|one| one.kind == Some(Kind::MentorOffer) && one.person.is_some()));
    let named = towns[1].look(|records| records.circles()).into_iter().find(|circle| circle.id == CIRCLE);
    assert_eq!(named.expect("the circle").members, [towns[1].me], "nothing is published to it");

    assert!(!towns[1].office().partner_left(borsbeek).expect("passed over"), "its key may be a thief's");

    towns[1].office().resume_partner(&administrator(), borsbeek).expect("resumed");
    assert!(cards(&towns[1]));
    let named = towns[1].look(|records| records.circles()).into_iter().find(|circle| circle.id == CIRCLE);
    assert_eq!(named.expect("the circle").members.len(), 2);
    assert_eq!(stage(&towns[1]), IncomingStage::Open);
}

#[test]
fn a_partner_that_is_left_takes_its_matches_and_contact_sheets_along() {
    let (towns, proposal) = matched();
    let aartselaar = towns[1].me;
    let office = towns[0].office().clone();
    assert!(towns[0].look(move |records| records.sheet(proposal)).is_some(), "the mentor's sheet came");
    let page = office.partner_page(&administrator(), aartselaar).expect("a page");
    assert!(page.received.iter().any(|one| one.kind.is_none()), "a sheet was handed over");
    assert!(matches!(office.leave_partner(&els(), aartselaar), Err(Error::Forbidden)));
    office.leave_partner(&administrator(), aartselaar).expect("left");

    assert!(towns[0].look(move |records| records.sheet(proposal)).is_none());
    assert!(towns[0].look(|records| records.duos()).iter().all(|duo| duo.stage == DuoStage::Cancelled));
    let sent = towns[0].look(move |records| records.outgoing(proposal)).expect("known");
    assert!(matches!(sent.stage, OutgoingStage::Ended(_)));
    assert!(towns[0].look(|records| records.partners()).is_empty());
    let departures = office.departures().expect("a list");
    assert_eq!((departures[0].root, departures[0].confirmed_at), (aartselaar, None));
    let pair = schemas::CircleId::pair(towns[0].me, aartselaar);
    let waits = towns[0].store().outbox_next(0).expect("the outbox");
    assert!(
        !waits.iter().any(|(_, command)| matches!(
            command,
            casework::ports::Outgoing::Publish { circle, .. } if *circle == pair
        )),
        "nothing waits for a partner that is gone"
    );
    assert!(matches!(office.leave_partner(&administrator(), aartselaar), Err(Error::NotFound)));
    towns[0].office().settle_matches().expect("settling goes on");

    // The other side hears it, and ends it too.
    let borsbeek = towns[0].me;
    assert!(towns[1].office().partner_left(borsbeek).expect("noted"));
    assert!(towns[1].office().partner_left(borsbeek).expect("twice is once"));
    assert!(towns[1].look(move |records| records.sheet(proposal)).is_none());
    let came = towns[1].look(move |records| records.incoming(proposal)).expect("known");
    assert_eq!(came.stage, IncomingStage::Withdrawn);
    towns[1].office().departure_confirmed(borsbeek, vec![1]).expect("noted");
    assert!(towns[1].office().departures().expect("a list")[0].confirmed_at.is_some());
}
