//! What others built on changes that only a retired key signed: a thief's, or those that a backup
//! of before the rotation lacks. Both sides get in step, and nobody's text is lost.

use replication::api::Lost;
use replication::{Command, Input};
use schemas::Kind;
use schemas::ids::DocumentId;

use crate::common::{CIRCLE, text};
use crate::town::{OFFER, SHEET, Town, connect, disconnect, key, members, node, replica, same, talk, together};

fn sheet(town: &Town) -> String {
    text(&town.views[&DocumentId([SHEET; 16])].value)
}

/// A has another key, and both meet again.
fn healed(a: &mut Town, b: &mut Town) {
    a.rotate(&members(a, b), &[b]);
    b.knows(a);
    for _ in 0..2 {
        connect(a, b);
        disconnect(a, b);
    }
    connect(a, b);
    same(a, b);
    assert!(b.signed_by(&[node(&key(101))]).is_empty() && a.signed_by(&[node(&key(101))]).is_empty());
}

#[test]
fn a_backup_of_before_the_rotation_gets_in_step_under_the_new_key() {
    let [mut a, mut b] = together();
    let backup = (a.store.clone(), a.views.clone());
    let before = sheet(&a);
    a.publish(OFFER, Kind::MentorOffer);
    a.edit(SHEET, "3", "drie en later");
    talk(&mut a, &mut b);
    b.edit(SHEET, "later", "veel later");
    b.edit(SHEET, "Een", "Eerst");
    talk(&mut a, &mut b);
    same(&a, &b);
    let typed = sheet(&b);
    disconnect(&mut a, &mut b);
    // The folder keeps its new key; the store is an old one.
    (a.store, a.views) = backup;
    healed(&mut a, &mut b);
    assert_eq!(sheet(&b), before, "what only the retired key said is void");
    assert_eq!(b.drafts, [(typed, Lost::Retired)], "what B wrote on it is not lost");
    // And it goes on.
    b.edit(SHEET, "3", "drie");
    talk(&mut a, &mut b);
    same(&a, &b);
}

#[test]
fn what_others_built_on_the_changes_of_a_thief_is_a_draft_and_both_get_in_step() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    let before = sheet(&b);
    let mut thief = Town { replica: replica(&key(1), &a.certificate, &key(101), 77), ..Town::new(1) };
    thief.knows(&b);
    thief.list(1, &members(&a, &b), &key(101));
    connect(&mut thief, &mut b);
    thief.edit(SHEET, "3", "vals");
    thief.open(131, "Bib", "Bel dit nummer.");
    talk(&mut thief, &mut b);
    b.edit(SHEET, "vals", "niet vals");
    b.edit(131, "Bel", "Bel niet");
    disconnect(&mut thief, &mut b);
    healed(&mut a, &mut b);
    assert_eq!(sheet(&b), before);
    assert!(!b.views.contains_key(&DocumentId([131; 16])));
    b.drafts.sort();
    assert_eq!(b.drafts.len(), 2, "{:?}", b.drafts);
    let found = |at: usize, text: &str| b.drafts[at].0.contains(text) && b.drafts[at].1 == Lost::Retired;
    assert!(found(0, "Bel niet dit nummer") && found(1, "niet vals"), "{:?}", b.drafts);
}

#[test]
fn a_backup_of_before_the_rotation_gets_in_step_when_all_was_said_again_before() {
    let [mut a, mut b] = together();
    // Erased under the first key, and said again within the hour: whichever id is the lower.
    for document in 20..32 {
        a.publish(document, Kind::MentorOffer);
        a.input(Input::Command { number: 0, command: Command::Erase { document: DocumentId([document; 16]) } });
    }
    talk(&mut a, &mut b);
    let (backup, first) = ((a.store.clone(), a.views.clone()), a.papers());
    disconnect(&mut a, &mut b);
    healed(&mut a, &mut b);
    a.edit(SHEET, "3", "drie en later");
    a.publish(OFFER, Kind::MentorOffer);
    talk(&mut a, &mut b);
    b.edit(SHEET, "later", "veel later");
    talk(&mut a, &mut b);
    let typed = sheet(&b);
    disconnect(&mut a, &mut b);

    (a.store, a.views) = backup;
    let everybody = members(&a, &b);
    a.start_again(&first, &everybody, &b);
    connect(&mut a, &mut b);
    disconnect(&mut a, &mut b);
    connect(&mut a, &mut b);
    let found = |town: &Town, partner| town.replica.partner_state(partner).unwrap().in_step.get(&CIRCLE).copied();
    assert_eq!((found(&a, b.me), found(&b, a.me)), (Some(true), Some(true)), "before anything is said again");
    // As a restored node does once its partners brought everything.
    a.say_again();
    talk(&mut a, &mut b);
    disconnect(&mut a, &mut b);
    connect(&mut a, &mut b);
    same(&a, &b);
    assert_eq!((sheet(&a), b.drafts.len()), (typed, 0));
    assert!(a.signed_by(&[node(&key(101))]).is_empty());
}

#[test]
fn what_follows_a_retired_key_that_cannot_be_said_again_is_a_draft_with_its_author() {
    let [mut a, mut b] = together();
    // B writes on what A wrote, and goes on without it in its pages.
    b.edit(SHEET, "3", "drie en meer");
    let typed = sheet(&b);
    let only_b = [b.me];
    b.list(2, &only_b, &key(102));
    talk(&mut a, &mut b);
    assert!(!a.views.contains_key(&DocumentId([SHEET; 16])), "it is not given that page any more");
    disconnect(&mut a, &mut b);

    // A says what it stands by again under its new key; the page is not among it.
    a.rotate(&members(&a, &b), &[&b]);
    b.knows(&a);
    assert_eq!(sheet(&b), typed, "until both hold the same");
    connect(&mut a, &mut b);
    assert!(b.signed_by(&[node(&key(101))]).is_empty(), "nothing of the old key is left");
    // What B wrote before A did stands; what it wrote on that is kept, with why.
    assert_eq!(sheet(&b), "Een twee drie.");
    let before = "Een twee (2) drie.".to_owned();
    assert_eq!(b.drafts, [(before, Lost::Retired), (typed, Lost::Retired)]);
    b.edit(SHEET, "Een", "Eerst");
    assert_eq!((sheet(&b).as_str(), b.drafts.len()), ("Eerst twee drie.", 2), "and it goes on");
}

#[test]
fn what_was_let_go_and_comes_back_finds_its_place_free() {
    let [mut a, mut b] = together();
    b.edit(SHEET, "3", "drie en meer");
    talk(&mut a, &mut b);
    disconnect(&mut a, &mut b);

    // A has another key, and does not yet say again what the one before it signed.
    a.take_key(&[&b]);
    let next = a.key.clone();
    a.list(2, &members(&a, &b), &next);
    b.knows(&a);
    connect(&mut a, &mut b);
    assert_eq!(sheet(&b), "Een twee drie.", "what follows that is void");
    b.edit(SHEET, "Een", "Eerst");
    talk(&mut a, &mut b);

    a.say_again();
    talk(&mut a, &mut b);
    disconnect(&mut a, &mut b);
    connect(&mut a, &mut b);
    same(&a, &b);
    assert_eq!(sheet(&a), "Eerst twee (2) drie en meer.");
    let forked = |town: &Town| town.views[&DocumentId([SHEET; 16])].forked.clone();
    assert!(forked(&a).is_empty() && forked(&b).is_empty(), "nobody wrote two changes in one place");
}
