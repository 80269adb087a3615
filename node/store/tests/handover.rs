//! The sealed contact sheet between two municipalities: who may send it, what is answered to what
//! does not belong, and what happens when an answer or a key is lost.

mod towns;

use casework::handover::{Binding, Direction, Message, Verdict, one_time_key, seal};
use casework::people::{PersonId, Purpose, Side};
use casework::ports_matches::{ContactSheet, HandoverStage};
use schemas::ids::{DocumentId, RootId};
use towns::{Town, converge, els, two_towns};

/// Up to the acknowledgement, with `consent` of the newcomer to hand over; nothing handed over.
fn acknowledged(consent: bool) -> ([Town; 2], PersonId, DocumentId) {
    let mut towns = two_towns();
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 1);
    let (newcomer, _) = towns[0].shared(Side::Newcomer, "Farid", 0);
    let today = towns[0].now().date();
    towns[0].office().record_consent(&els(), &[newcomer], Purpose::Handover, consent, today, "1").expect("noted");
    converge(&mut towns);
    let proposal = towns[0].office().propose(&els(), newcomer, offer).expect("a proposal");
    converge(&mut towns);
    towns[1].office().record_mentor_asked(&els(), proposal).expect("asked");
    towns[1].office().answer_yes(&els(), proposal).expect("a place");
    converge(&mut towns);
    towns[0].office().confirm(&els(), proposal).expect("confirmed");
    let [here, there] = &mut towns;
    here.deliver_all(there);
    there.office().settle_matches().expect("acknowledged");
    there.deliver_all(here);
    (towns, newcomer, proposal)
}

fn verdict(town: &Town, from: RootId, bytes: &[u8]) -> Verdict {
    let answer = town.office().receive_handover(from, bytes.to_vec()).expect("an answer");
    Verdict::from_bytes(&answer, bytes).expect("a verdict")
}

fn sheet(town: &Town, proposal: DocumentId) -> Option<ContactSheet> {
    town.look(move |records| records.sheet(proposal)).map(|received| received.sheet)
}

#[test]
fn only_with_the_persons_consent() {
    let (mut towns, newcomer, proposal) = acknowledged(false);
    towns[0].office().settle_matches().expect("settled");
    assert!(towns[0].office().handovers_due().expect("handovers").is_empty());
    let today = towns[0].now().date();
    towns[0].office().record_consent(&els(), &[newcomer], Purpose::Handover, true, today, "1").expect("a yes");
    converge(&mut towns);
    assert_eq!(sheet(&towns[1], proposal).map(|sheet| sheet.name).as_deref(), Some("Farid Peeters"));
}

#[test]
fn a_repetition_is_answered_alike_and_an_answer_that_was_lost_is_asked_again() {
    let (towns, _, proposal) = acknowledged(true);
    towns[0].office().settle_matches().expect("sealed");
    let due = towns[0].office().handovers_due().expect("handovers");
    let due = due.first().expect("one");
    assert_eq!((due.id, due.partner), (proposal, towns[1].me));
    // It arrives, the answer does not: it stays due.
    assert_eq!(verdict(&towns[1], towns[0].me, &due.bytes), Verdict::Received);
    assert_eq!(towns[0].office().handovers_due().expect("handovers").len(), 1);
    assert_eq!(verdict(&towns[1], towns[0].me, &due.bytes), Verdict::Received);
    towns[0].hand_over(&towns[1], due);
    assert!(towns[0].office().handovers_due().expect("handovers").is_empty());
}

#[test]
fn another_sender_another_match_and_altered_bytes_are_refused() {
    let (towns, _, proposal) = acknowledged(true);
    towns[0].office().settle_matches().expect("sealed");
    let due = towns[0].office().handovers_due().expect("handovers").remove(0);
    let there = &towns[1];
    assert_eq!(verdict(there, RootId([7; 32]), &due.bytes), Verdict::Refused);
    assert_eq!(verdict(there, there.me, &due.bytes), Verdict::Refused);
    assert_eq!(verdict(there, towns[0].me, b"no message"), Verdict::Refused);
    let message = Message::from_bytes(&due.bytes).expect("a message");
    let other = Message { proposal: DocumentId([5; 16]), ..message.clone() };
    assert_eq!(verdict(there, towns[0].me, &other.to_bytes()), Verdict::Refused);
    let mut altered = message.clone();
    altered.ciphertext[3] ^= 1;
    assert_eq!(verdict(there, towns[0].me, &altered.to_bytes()), Verdict::Refused);
    let turned = Message { direction: Direction::OfMentor, ..message };
    assert_eq!(verdict(there, towns[0].me, &turned.to_bytes()), Verdict::Refused);
    assert_eq!(sheet(there, proposal), None);
    // None of it took the key away.
    assert_eq!(verdict(there, towns[0].me, &due.bytes), Verdict::Received);
}

#[test]
fn nothing_is_taken_before_the_match_stands_here() {
    let mut towns = two_towns();
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 1);
    let (newcomer, _) = towns[0].shared(Side::Newcomer, "Farid", 0);
    converge(&mut towns);
    let proposal = towns[0].office().propose(&els(), newcomer, offer).expect("a proposal");
    converge(&mut towns);
    let fixed = Fixed;
    let binding = Binding { proposal, requester: towns[0].me, answerer: towns[1].me, direction: Direction::OfNewcomer };
    let key = one_time_key(&fixed);
    let early = seal(&ContactSheet::default(), key.public, &binding, &fixed).expect("sealed").to_bytes();
    assert_eq!(verdict(&towns[1], towns[0].me, &early), Verdict::NotYet);
    assert_eq!(sheet(&towns[1], proposal), None);
}

/// The same number always; for a key that nobody uses.
struct Fixed;

impl casework::ports::Randomness for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(42);
    }
}

#[test]
fn a_lost_key_is_replaced_by_a_fresh_one() {
    let (mut towns, _, proposal) = acknowledged(true);
    towns[0].office().settle_matches().expect("sealed");
    let due = towns[0].office().handovers_due().expect("handovers").remove(0);
    towns[1].lose_key(proposal);
    towns[0].hand_over(&towns[1], &due);
    let stage = towns[0].look(move |records| records.handover(proposal)).map(|sent| sent.stage);
    assert_eq!(stage, Some(HandoverStage::KeyUnknown));
    assert!(towns[0].office().handovers_due().expect("handovers").is_empty());
    converge(&mut towns);
    assert_eq!(sheet(&towns[1], proposal).map(|sheet| sheet.name).as_deref(), Some("Farid Peeters"));
    let stage = towns[0].look(move |records| records.handover(proposal)).map(|sent| sent.stage);
    assert_eq!(stage, Some(HandoverStage::Delivered));
}

#[test]
fn a_match_that_is_taken_back_hands_nothing_over() {
    let (mut towns, newcomer, proposal) = acknowledged(true);
    towns[0].office().settle_matches().expect("sealed");
    let due = towns[0].office().handovers_due().expect("handovers").remove(0);
    towns[0].office().erase_person(&els(), newcomer).expect("erased");
    assert!(towns[0].office().handovers_due().expect("handovers").is_empty());
    let [here, there] = &mut towns;
    here.deliver_all(there);
    assert_eq!(verdict(there, here.me, &due.bytes), Verdict::Refused);
    assert_eq!(sheet(there, proposal), None);
}
