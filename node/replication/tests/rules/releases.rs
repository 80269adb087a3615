//! Nodes of two releases in one circle work side by side.

use replication::Command;
use schemas::Kind;
use schemas::SharedValue;
use schemas::envelope::{Content, Envelope, Refusal, Stamp};
use schemas::ids::DocumentId;

use crate::common::{CIRCLE, DOCUMENT, example, resource, text};
use crate::forks::{every_order, version};
use crate::office::{NOW, Office, Signed, observer, offices};

const CARD: [DocumentId; 2] = [DocumentId([21; 16]), DocumentId([22; 16])];

/// A version in the next release's schema: a field that this one does not know.
fn with_new_field(by: &Office, number: u64) -> Signed {
    let known = version(by, DOCUMENT, number, 1);
    let mut header = known.get().header.clone();
    header.schema = 2;
    let mut body = known.get().body.clone();
    // Not even an Automerge change: a later release may write what it likes.
    body.extend(b"field of a later release");
    Envelope::sign(header, body, &by.key)
}

#[test]
fn what_is_not_understood_is_kept_relayed_and_not_shown() {
    let [owner, mut old, other] = offices::<3>();
    let later = with_new_field(&owner, 2);
    let seen = every_order(&[&owner, &old, &other], &[version(&owner, DOCUMENT, 1, 1), later.clone()]);
    assert_eq!(seen.store.keys().copied().collect::<Vec<_>>(), [later.get().id()]);
    assert!(seen.views.is_empty(), "neither the new card nor the old one that it replaces");
    assert!(seen.refused.keys().all(|reason| reason.is_innocent()), "{:?}", seen.refused);
    old.receive(&owner.known, std::slice::from_ref(&later));
    old.receive(&other.known, &[]);
    let relayed: Vec<_> = old.store.keys().copied().collect();
    assert_eq!(relayed, [later.get().id()]);
    assert!(old.replica.envelope_ids(CIRCLE, other.root()).contains(&later.get().id()), "part of what is compared");

    // Not after an erasure.
    let mut office = observer(&[&owner, &old, &other]);
    let mut eraser = owner;
    eraser.receive(&other.known, &[]);
    eraser
        .command(Command::Publish {
            circle: CIRCLE,
            document: DOCUMENT,
            value: example(Kind::MentorOffer),
            expires_at: NOW.hour().plus_days(80),
        })
        .unwrap();
    eraser.command(Command::Erase { document: DOCUMENT }).unwrap();
    office.receive(&other.known, &[eraser.held(), vec![later]].concat());
    assert!(office.views.is_empty() && office.store.len() == 1);
}

#[test]
fn what_was_parked_is_shown_after_the_upgrade() {
    let [owner, mut old, _] = offices::<3>();
    let known = version(&owner, DOCUMENT, 3, 1);
    let mut header = known.get().header.clone();
    header.schema = 2;
    let later = Envelope::sign(header, known.get().body.clone(), &owner.key);
    old.receive(&owner.known, std::slice::from_ref(&later));
    assert!(old.views.is_empty());
    old.restart(2);
    assert!(old.view(&owner, DOCUMENT).is_some());
    // What is not what it said goes.
    let [owner, mut old, _] = offices::<3>();
    old.receive(&owner.known, &[with_new_field(&owner, 1)]);
    old.restart(2);
    assert!(old.views.is_empty() && old.store.is_empty());
}

#[test]
fn a_page_of_a_later_release_waits_as_a_whole() {
    let [mut new, mut old, mut also_new] = offices::<3>();
    for office in [&mut new, &mut also_new] {
        office.restart(2);
    }
    cards(&mut [&mut new, &mut also_new], [2, 2]);
    // Everybody the owner knows states the second: the third member's card is of this release too.
    let card = card_of(&mut old, 2, DocumentId([23; 16]));
    new.receive(&old.known, &card);
    new.open(DOCUMENT, resource("Fiche", "Nieuw."));
    let page: Vec<Signed> = new.held().into_iter().filter(|one| one.get().header.document == DOCUMENT).collect();
    assert!(page.iter().all(|one| one.get().header.schema == 2));
    also_new.receive(&new.known, &page);
    also_new.edit(&new.known, DOCUMENT, resource("Fiche", "Nieuw. Erbij.")).unwrap();
    let change: Vec<Signed> = also_new
        .held()
        .into_iter()
        .filter(|one| one.get().header.author == also_new.node() && one.get().header.document == DOCUMENT)
        .collect();
    for order in crate::office::orders(&[page, change].concat()) {
        let [_, mut old, _] = offices::<3>();
        old.receive(&new.known, &order);
        assert!(old.views.is_empty());
        assert_eq!(old.store.len(), 2);
        old.restart(2);
        assert_eq!(text(&old.view(&new, DOCUMENT).unwrap().value), "Nieuw. Erbij.");
    }
}

fn card_of(office: &mut Office, schema: u16, document: DocumentId) -> Vec<Signed> {
    let mut json = example(Kind::MunicipalityCard).to_json().unwrap();
    json["schema"] = schema.into();
    let value = SharedValue::from_json(Kind::MunicipalityCard, json).unwrap();
    let expires_at = NOW.hour().plus_days(80);
    office.command(Command::Publish { circle: CIRCLE, document, value, expires_at }).unwrap();
    office.held().into_iter().filter(|one| one.get().header.document == document).collect()
}

/// Each publishes its card, and both have both.
fn cards(offices: &mut [&mut Office; 2], schemas: [u16; 2]) {
    let [one, other] = offices;
    let first = card_of(one, schemas[0], CARD[0]);
    let second = card_of(other, schemas[1], CARD[1]);
    one.receive(&other.known, &second);
    other.receive(&one.known, &first);
}

#[test]
fn owners_write_what_everybody_in_the_circle_understands() {
    let [mut new, mut old, third] = offices::<3>();
    new.restart(2);
    let schema = |office: &Office| {
        let offers = office.store.values().filter(|one| one.get().header.kind == Kind::MentorOffer);
        offers.map(|one| one.get().header.schema).collect::<Vec<_>>()
    };
    let publish = |office: &mut Office| {
        let expires_at = NOW.hour().plus_days(80);
        let value = example(Kind::MentorOffer);
        office.command(Command::Publish { circle: CIRCLE, document: DOCUMENT, value, expires_at }).unwrap();
    };
    publish(&mut new);
    assert_eq!(schema(&new), [1], "of nobody the card is known");
    let (one, two) = (card_of(&mut old, 1, CARD[0]), {
        let mut third = third;
        card_of(&mut third, 2, CARD[1])
    });
    new.receive(&old.known, &[one, two].concat());
    publish(&mut new);
    assert_eq!(schema(&new), [1], "one of the circle understands the first only");
    old.receive(
        &new.known,
        &new.held().into_iter().filter(|one| one.get().header.document == DOCUMENT).collect::<Vec<_>>(),
    );
    assert!(old.view(&new, DOCUMENT).is_some(), "and so it shows");
    let card = card_of(&mut old, 2, CARD[0]);
    new.receive(&old.known, &card);
    publish(&mut new);
    assert_eq!(schema(&new), [2], "all understand the second");
    new.restart(2);
    publish(&mut new);
    assert_eq!(schema(&new), [2], "known again after a start");
}

#[test]
fn a_schema_that_is_none_is_never_shown() {
    let [owner, mut old, _] = offices::<3>();
    let known = version(&owner, DOCUMENT, 1, 1);
    let mut header = known.get().header.clone();
    header.schema = 0;
    old.receive(&owner.known, &[Envelope::sign(header, known.get().body.clone(), &owner.key)]);
    assert!(old.views.is_empty());
    let mut change = known.get().header.clone();
    change.content = Content::Change;
    change.kind = Kind::Resource;
    change.stamp = Stamp::Change { session: schemas::Session([1; 16]), seq: 1 };
    change.schema = 9;
    let [mut owner, mut old, other] = offices::<3>();
    owner.open(DOCUMENT, resource("Fiche", "Begin."));
    old.receive(&owner.known, &owner.held());
    change.expires_at = owner.held()[0].get().header.expires_at;
    old.receive(&other.known, &[Envelope::sign(change, vec![1], &other.key)]);
    assert_eq!(
        old.refused.keys().copied().collect::<Vec<_>>(),
        [Refusal::OtherOpening],
        "a page has one schema for life"
    );
}

/// Rules that ask something of the exchange, which is in the second schema.
fn asking(lends: u16) -> SharedValue {
    let mut json = example(Kind::MatchingRules).to_json().unwrap();
    json["exchange"] = serde_json::json!({ "lends": lends });
    SharedValue::from_json(Kind::MatchingRules, json).unwrap()
}

#[test]
fn a_field_of_the_second_schema_is_said_once_everybody_can_read_it() {
    let [mut new, mut old, mut third] = offices::<3>();
    new.restart(2);
    let publish = |office: &mut Office| {
        let expires_at = NOW.hour().plus_days(80);
        office.command(Command::Publish { circle: CIRCLE, document: DOCUMENT, value: asking(3), expires_at }).unwrap();
        office.held().into_iter().filter(|one| one.get().header.document == DOCUMENT).collect::<Vec<_>>()
    };
    let cards = [card_of(&mut old, 1, CARD[0]), card_of(&mut third, 2, CARD[1])].concat();
    new.receive(&old.known, &cards);
    let first = publish(&mut new);
    old.receive(&new.known, &first);
    assert_eq!(old.view(&new, DOCUMENT).unwrap().value, example(Kind::MatchingRules), "the rest counts as always");
    let card = card_of(&mut old, 2, CARD[0]);
    new.receive(&old.known, &card);
    let second = publish(&mut new);
    // Who has not upgraded after all keeps it and passes it on.
    old.receive(&new.known, &second);
    assert!(old.view(&new, DOCUMENT).is_none() && old.refused.is_empty());
    old.restart(2);
    assert_eq!(old.view(&new, DOCUMENT).unwrap().value, asking(3));
}

#[test]
fn a_field_of_the_second_schema_under_the_first_is_refused_by_every_release() {
    let [mut owner, mut old, mut new] = offices::<3>();
    owner.restart(2);
    new.restart(2);
    let cards = [card_of(&mut old, 2, CARD[0]), card_of(&mut new, 2, CARD[1])].concat();
    owner.receive(&old.known, &cards);
    let expires_at = NOW.hour().plus_days(80);
    owner.command(Command::Publish { circle: CIRCLE, document: DOCUMENT, value: asking(3), expires_at }).unwrap();
    let said = owner.held().into_iter().find(|one| one.get().header.document == DOCUMENT).unwrap();
    assert_eq!(said.get().header.schema, 2);
    let mut header = said.get().header.clone();
    header.schema = 1;
    let wrong = Envelope::sign(header, said.get().body.clone(), &owner.key);
    for office in [&mut old, &mut new] {
        office.receive(&owner.known, std::slice::from_ref(&wrong));
        assert_eq!(office.refused.keys().copied().collect::<Vec<_>>(), [Refusal::Schema]);
        assert!(office.store.values().all(|one| one.get().id() != wrong.get().id()));
    }
}
