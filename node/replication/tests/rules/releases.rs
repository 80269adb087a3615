//! Nodes of two releases in one circle work side by side.

use std::collections::BTreeSet;

use replication::Command;
use schemas::Kind;
use schemas::SharedValue;
use schemas::envelope::{Content, Envelope, Header, Refusal, Stamp};
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

/// An opening and a change by another office, under a schema that a release has whose pages have a
/// field that came later.
fn page_under(schema: u16) -> (Office, Vec<Signed>) {
    let [mut owner, _, mut other] = offices::<3>();
    owner.open(DOCUMENT, resource("Fiche", "Nieuw."));
    other.receive(&owner.known, &owner.held());
    other.edit(&owner.known, DOCUMENT, resource("Fiche", "Nieuw. Erbij.")).unwrap();
    let under = |one: Signed| {
        let header = Header { schema, ..one.get().header.clone() };
        let key = if header.author == owner.node() { &owner.key } else { &other.key };
        Envelope::sign(header, one.get().body.clone(), key)
    };
    let page: Vec<Signed> = other.held().into_iter().map(under).collect();
    assert_eq!(page.len(), 2);
    (owner, page)
}

#[test]
fn a_page_of_a_later_release_waits_as_a_whole() {
    let (owner, page) = page_under(2);
    for order in crate::office::orders(&page) {
        let [_, mut old, _] = offices::<3>();
        old.receive(&owner.known, &order);
        assert!(old.views.is_empty() && old.refused.is_empty());
        assert_eq!(old.store.len(), 2);
    }
}

/// What an older release keeps of a page it keeps without a look at it: under a schema that the page
/// does not need, hostile changes would come in so.
#[test]
fn a_page_under_a_schema_that_it_does_not_need_is_none() {
    let (owner, page) = page_under(2);
    for order in crate::office::orders(&page) {
        let [_, mut old, mut new] = offices::<3>();
        old.receive(&owner.known, &order);
        old.restart(2);
        assert!(old.views.is_empty() && old.store.is_empty(), "what was parked goes");
        new.restart(2);
        new.receive(&owner.known, &order);
        assert!(new.views.is_empty() && new.store.is_empty());
        assert!(new.refused.contains_key(&Refusal::Schema), "{:?}", new.refused);
    }
    let (owner, page) = page_under(1);
    let [_, mut old, _] = offices::<3>();
    old.receive(&owner.known, &page);
    assert_eq!(text(&old.view(&owner, DOCUMENT).unwrap().value), "Nieuw. Erbij.");
}

fn card_of(office: &mut Office, schema: u16, document: DocumentId) -> Vec<Signed> {
    let mut json = example(Kind::MunicipalityCard).to_json().unwrap();
    json["schema"] = schema.into();
    let value = SharedValue::from_json(Kind::MunicipalityCard, json).unwrap();
    let expires_at = NOW.hour().plus_days(80);
    office.command(Command::Publish { circle: CIRCLE, document, value, expires_at }).unwrap();
    office.held().into_iter().filter(|one| one.get().header.document == document).collect()
}

/// Everybody states the second schema, which `owner` understands and hears of.
fn all_state_the_second([owner, one, two]: [&mut Office; 3]) {
    owner.restart(2);
    for (office, document) in [(one, CARD[0]), (two, CARD[1])] {
        let card = card_of(office, 2, document);
        owner.receive(&office.known, &card);
    }
}

fn publish(office: &mut Office, document: DocumentId, value: SharedValue) -> Signed {
    let expires_at = NOW.hour().plus_days(80);
    office.command(Command::Publish { circle: CIRCLE, document, value, expires_at }).unwrap();
    let (author, said) = (office.node(), |one: &Signed| one.get().header.document == document);
    office.held().into_iter().find(|one| said(one) && one.get().header.author == author).unwrap()
}

#[test]
fn who_comes_later_with_an_older_release_reads_what_says_nothing_newer() {
    let [mut owner, mut one, mut two] = offices::<3>();
    all_state_the_second([&mut owner, &mut one, &mut two]);
    let [rules, offer, gone, more] = [[1; 16], [2; 16], [3; 16], [4; 16]].map(DocumentId);
    publish(&mut owner, rules, example(Kind::MatchingRules));
    publish(&mut owner, offer, example(Kind::MentorOffer));
    publish(&mut owner, gone, example(Kind::MentorOffer));
    owner.command(Command::Erase { document: gone }).unwrap();
    owner.open(DOCUMENT, resource("Fiche", "Nieuw."));
    owner.edit(&owner.known.clone(), DOCUMENT, resource("Fiche", "Nieuw. Erbij.")).unwrap();
    let card = card_of(&mut owner, 2, DocumentId([23; 16]));
    assert_eq!(publish(&mut owner, more, asking(3)).get().header.schema, 2, "what only the second says");
    let own: Vec<Signed> = owner.held().into_iter().filter(|one| one.get().header.author == owner.node()).collect();
    let mut late = observer(&[&owner, &one, &two]);
    assert_eq!(late.schema, 1);
    late.receive(&owner.known, &own);
    let shown: BTreeSet<DocumentId> = late.views.keys().map(|(_, document)| *document).collect();
    assert_eq!(shown, BTreeSet::from([rules, offer, DOCUMENT, card[0].get().header.document]));
    assert_eq!(late.view(&owner, rules).unwrap().value, example(Kind::MatchingRules));
    assert_eq!(text(&late.view(&owner, DOCUMENT).unwrap().value), "Nieuw. Erbij.");
    let later: Vec<DocumentId> =
        own.iter().filter(|one| one.get().header.schema != 1).map(|one| one.get().header.document).collect();
    assert_eq!(later, [more]);
    assert!(late.refused.is_empty() && late.store.len() == own.len());
}

#[test]
fn a_field_is_left_out_until_everybody_understands_it() {
    let [mut new, mut old, mut third] = offices::<3>();
    let said = |office: &mut Office| publish(office, DOCUMENT, asking(3)).get().header.schema;
    new.restart(2);
    assert_eq!(said(&mut new), 1, "of nobody the card is known");
    let cards = [card_of(&mut old, 1, CARD[0]), card_of(&mut third, 2, CARD[1])].concat();
    new.receive(&old.known, &cards);
    assert_eq!(said(&mut new), 1, "one of the circle understands the first only");
    all_state_the_second([&mut new, &mut old, &mut third]);
    assert_eq!(said(&mut new), 2, "all understand the second");
    new.restart(2);
    assert_eq!(said(&mut new), 2, "known again after a start");
    // What was said under the second and needs it no more is said under the first.
    assert_eq!(publish(&mut new, DOCUMENT, example(Kind::MatchingRules)).get().header.schema, 1);
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
    let cards = [card_of(&mut old, 1, CARD[0]), card_of(&mut third, 2, CARD[1])].concat();
    new.receive(&old.known, &cards);
    let first = publish(&mut new, DOCUMENT, asking(3));
    old.receive(&new.known, &[first]);
    assert_eq!(old.view(&new, DOCUMENT).unwrap().value, example(Kind::MatchingRules), "the rest counts as always");
    let card = card_of(&mut old, 2, CARD[0]);
    new.receive(&old.known, &card);
    let second = publish(&mut new, DOCUMENT, asking(3));
    // Who has not upgraded after all keeps it and passes it on.
    old.receive(&new.known, &[second]);
    assert!(old.view(&new, DOCUMENT).is_none() && old.refused.is_empty());
    old.restart(2);
    assert_eq!(old.view(&new, DOCUMENT).unwrap().value, asking(3));
}

#[test]
fn a_field_of_the_second_schema_under_the_first_is_refused_by_every_release() {
    let [mut owner, mut old, mut new] = offices::<3>();
    all_state_the_second([&mut owner, &mut old, &mut new]);
    new.restart(2);
    let said = publish(&mut owner, DOCUMENT, asking(3));
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
