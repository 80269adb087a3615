//! Two things in one place, also revealed late.

use replication::api::Lost;
use replication::{Command, body};
use schemas::Kind;
use schemas::envelope::{Content, Envelope, Stamp};
use schemas::ids::{DocumentId, RootId};

use crate::common::{DOCUMENT, example, resource, text};
use crate::office::{Office, Signed, observer, offices, orders};

/// Everything an office ended with that others must have ended with too.
fn end(office: &Office) -> (Vec<schemas::EnvelopeId>, Vec<replication::DocumentView>) {
    (office.store.keys().copied().collect(), office.views.values().cloned().collect())
}

/// Runs every order of `envelopes` on a fresh observer; all end the same. Gives the last.
pub(crate) fn every_order(others: &[&Office], envelopes: &[Signed]) -> Office {
    let mut last: Option<Office> = None;
    for order in orders(envelopes) {
        let mut office = observer(others);
        office.receive(&others[0].known, &order);
        if let Some(other) = &last {
            assert_eq!(end(other), end(&office));
        }
        last = Some(office);
    }
    last.unwrap()
}

/// A page of the first, in which the third wrote; the second built on that.
fn page() -> ([Office; 3], Vec<Signed>, Vec<Signed>) {
    let [mut owner, mut honest, forker] = offices::<3>();
    owner.open(DOCUMENT, resource("Fiche", "Begin."));
    let opening = owner.held();
    let half = forker.sign_edit(&opening, 60, &resource("Fiche", "Begin. Eerst."));
    honest.receive(&owner.known, &[opening.clone(), half.clone()].concat());
    honest.edit(&owner.known, DOCUMENT, resource("Fiche", "Begin. Eerst. Daarna.")).unwrap();
    let built = honest.held().into_iter().filter(|one| one.get().header.author == honest.node()).collect();
    ([owner, honest, forker], [opening, half].concat(), built)
}

#[test]
fn a_fork_that_is_revealed_late_loses_no_honest_work() {
    let ([owner, honest, forker], before, built) = page();
    let other_half = forker.sign_edit(&before[..1], 60, &resource("Fiche", "Begin. Of juist niet."));
    assert_eq!((built.len(), other_half.len()), (1, 1));
    let all = [before, built, other_half.clone()].concat();
    let seen = every_order(&[&owner, &honest, &forker], &all);
    let view = seen.view(&owner, DOCUMENT).unwrap();
    assert_eq!(text(&view.value), "Begin.");
    assert_eq!(view.forked, [forker.root()].into());
    assert_eq!(seen.proofs.len(), 1, "both headers are kept");
    assert_eq!(seen.proofs.iter().map(|(by, ..)| *by).collect::<Vec<RootId>>(), [forker.root()]);
    assert!(seen.drafts.is_empty(), "nobody typed here");

    let mut honest = honest;
    honest.receive(&owner.known, &other_half);
    assert_eq!(end(&honest).1, end(&seen).1);
    let draft = honest.drafts.values().next().unwrap();
    assert_eq!((text(&draft.base), text(&draft.typed)), ("Begin. Eerst.".into(), "Begin. Eerst. Daarna.".into()));
    assert_eq!((honest.drafts.len(), draft.why, draft.document), (1, Lost::Forked, DOCUMENT));
    honest.restart(1);
    assert_eq!(honest.drafts.len(), 1, "the same draft");
    assert_eq!(end(&honest).1, end(&seen).1);
}

#[test]
fn a_forker_is_frozen_until_the_owner_cuts() {
    let ([mut owner, honest, forker], before, built) = page();
    let other_half = forker.sign_edit(&before[..1], 60, &resource("Fiche", "Begin. Of juist niet."));
    let beside = forker.sign_edit(&before[..1], 61, &resource("Fiche", "Vooraf. Begin."));
    owner.receive(&honest.known, &[before.clone(), built, other_half, beside].concat());
    assert_eq!(text(&owner.view(&owner, DOCUMENT).unwrap().value), "Begin.");
    owner.command(Command::Cut { document: DOCUMENT, author: forker.root(), bar: false }).unwrap();
    let view = owner.view(&owner, DOCUMENT).unwrap();
    assert_eq!(text(&view.value), "Vooraf. Begin.", "what was not forked counts again");
    assert!(view.forked.is_empty());
    // What came before the fork and what others built on never went away.
    let seen = every_order(&[&owner, &honest, &forker], &owner.held());
    assert_eq!(seen.view(&owner, DOCUMENT), owner.view(&owner, DOCUMENT));

    owner.command(Command::Cut { document: DOCUMENT, author: forker.root(), bar: true }).unwrap();
    let later = forker.sign_edit(&before[..1], 62, &resource("Fiche", "Begin. Nog iets."));
    owner.receive(&honest.known, &later);
    assert_eq!(text(&owner.view(&owner, DOCUMENT).unwrap().value), "Vooraf. Begin.", "it stays, and no more");
    // Orders of many envelopes: a few are enough, the fuzzer of laws does the rest.
    let held = owner.held();
    for turn in 0..held.len() {
        let mut order = held.clone();
        order.rotate_left(turn);
        let mut other = observer(&[&owner, &honest, &forker]);
        other.receive(&owner.known, &order);
        assert_eq!(
            end(&other),
            end(&{
                let mut straight = observer(&[&owner, &honest, &forker]);
                straight.receive(&owner.known, &held);
                straight
            })
        );
        assert_eq!(other.view(&owner, DOCUMENT), owner.view(&owner, DOCUMENT));
    }
}

#[test]
fn what_others_built_on_survives_a_fork_elsewhere() {
    let ([owner, honest, forker], before, built) = page();
    let one = forker.sign_edit(&before[..1], 61, &resource("Fiche", "Zo. Begin."));
    let other = forker.sign_edit(&before[..1], 61, &resource("Fiche", "Of zo. Begin."));
    let all = [before, built, one, other].concat();
    let seen = every_order(&[&owner, &honest, &forker], &all);
    assert_eq!(text(&seen.view(&owner, DOCUMENT).unwrap().value), "Begin. Eerst. Daarna.");
}

#[test]
fn one_change_signed_twice_is_one_change() {
    let ([owner, honest, forker], before, built) = page();
    let half = before[1].get().clone();
    let mut header = half.header.clone();
    header.signed_at = header.signed_at.plus_days(0);
    header.signed_at.0 -= 1;
    header.expires_at = half.header.expires_at;
    let again = Envelope::sign(header, half.body, &forker.key);
    let all = [before, built, vec![again]].concat();
    let seen = every_order(&[&owner, &honest, &forker], &all);
    assert_eq!(text(&seen.view(&owner, DOCUMENT).unwrap().value), "Begin. Eerst. Daarna.");
    assert_eq!(seen.store.len(), 3, "one of the two is held");
    assert!(seen.proofs.is_empty());
}

#[test]
fn of_many_changes_in_one_place_two_are_kept() {
    let ([owner, honest, forker], before, built) = page();
    let more: Vec<Signed> = ["een", "twee", "drie"]
        .iter()
        .flat_map(|word| forker.sign_edit(&before[..1], 60, &resource("Fiche", &format!("Begin. {word}"))))
        .collect();
    let all = [before, built, more].concat();
    let seen = every_order(&[&owner, &honest, &forker], &all);
    let changes = seen.store.values().filter(|one| one.get().header.author == forker.node()).count();
    assert_eq!(changes, 2);
}

#[test]
fn two_openings_of_one_page() {
    let [mut owner, mut honest, other] = offices::<3>();
    owner.open(DOCUMENT, resource("Fiche", "Zo begon het."));
    let [mut twin, ..] = offices::<3>();
    twin.open(DOCUMENT, resource("Fiche", "Of zo."));
    let (mut low, mut high) = (owner.held(), twin.held());
    if low[0].get().id() > high[0].get().id() {
        std::mem::swap(&mut low, &mut high);
    }
    honest.receive(&owner.known, &high);
    let shown = text(&honest.view(&owner, DOCUMENT).unwrap().value);
    honest.edit(&owner.known, DOCUMENT, resource("Fiche", &format!("{shown} Erbij."))).unwrap();
    let all = [low.clone(), honest.held()].concat();
    honest.receive(&owner.known, &low);
    assert_eq!(honest.drafts.len(), 1, "what was typed on the other opening is kept");
    let seen = every_order(&[&owner, &honest, &other], &all);
    assert_eq!(seen.views, honest.views);
    assert_eq!(
        seen.store.keys().collect::<Vec<_>>(),
        low.iter().map(|one| one.get().id()).collect::<Vec<_>>().iter().collect::<Vec<_>>()
    );
}

/// A version of an owned document, signed by hand.
pub(crate) fn version(by: &Office, document: DocumentId, number: u64, capacity: u8) -> Signed {
    let mut json = example(Kind::MentorOffer).to_json().unwrap();
    json["capacity_left"] = capacity.into();
    let value = schemas::SharedValue::from_json(Kind::MentorOffer, json).unwrap();
    let mut header =
        by.header(by.root(), Kind::MentorOffer, Content::Version, Stamp::Version { incarnation: 1, number });
    header.document = document;
    let actor = body::version_actor(by.node(), 1, number, document);
    Envelope::sign(header, body::encode(&value, actor).unwrap(), &by.key)
}

#[test]
fn two_bodies_under_one_version() {
    let [owner, one, other] = offices::<3>();
    let halves = [version(&owner, DOCUMENT, 1, 1), version(&owner, DOCUMENT, 1, 2)];
    let lower = halves.iter().map(|half| half.get().id()).min().unwrap();
    let seen = every_order(&[&owner, &one, &other], &halves);
    assert_eq!(seen.store.keys().copied().collect::<Vec<_>>(), [lower]);
    assert_eq!(seen.proofs.len(), 1);
    for order in orders(&halves) {
        let mut office = observer(&[&owner, &one, &other]);
        office.receive(&one.known, &order);
        assert_eq!(office.proofs, seen.proofs, "whichever came first, the proof is the same");
    }
    let newest = version(&owner, DOCUMENT, 2, 1);
    let [a, b] = halves;
    let seen = every_order(&[&owner, &one, &other], &[a, b, newest.clone()]);
    assert_eq!(seen.store.keys().copied().collect::<Vec<_>>(), [newest.get().id()]);
}

/// A partner that takes the id of somebody else's document neither hides nor replaces it.
#[test]
fn an_id_that_two_owners_use_is_two_documents() {
    let [owner, one, other] = offices::<3>();
    let documents = [version(&owner, DOCUMENT, 1, 1), version(&one, DOCUMENT, 7, 2), version(&other, DOCUMENT, 3, 1)];
    let seen = every_order(&[&owner, &one, &other], &documents);
    assert_eq!(seen.views.len(), 3);
    for (by, document) in [&owner, &one, &other].into_iter().zip(&documents) {
        let view = seen.view(by, DOCUMENT).unwrap();
        assert_eq!((view.owner, view.expires_at), (by.root(), document.get().header.expires_at));
    }
}
