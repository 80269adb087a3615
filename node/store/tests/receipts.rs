//! Receipts of erasures: awaited from whoever received a card, owed to whoever owned it.

mod towns;

use casework::people::Side;
use ed25519_dalek::SigningKey;
use replication::Effect;
use schemas::Kind;
use schemas::envelope::{Content, Envelope, FORMAT, Header, Stamp};
use schemas::ids::{DocumentId, NodeKey, RootId};
use towns::{CIRCLE, Town, els, two_towns};

fn erasure(owner: RootId, document: DocumentId, town: &Town) -> Effect {
    let hour = town.now().hour();
    let header = Header {
        format: FORMAT,
        circle: CIRCLE,
        kind: Kind::MatchRequest,
        document,
        owner,
        stamp: Stamp::Version { incarnation: 1, number: 2 },
        author: NodeKey([0; 32]),
        content: Content::Erased,
        schema: 1,
        signed_at: hour,
        expires_at: hour.plus_days(91),
        body_hash: [0; 32],
    };
    Effect::Store(vec![Envelope::sign(header, Vec::new(), &SigningKey::from_bytes(&[5; 32]))])
}

#[test]
fn a_receipt_is_awaited_of_each_who_received_the_card_and_taken_once() {
    let mut towns = two_towns();
    let (amina, card) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (_, other) = towns[0].shared(Side::Newcomer, "Bilal", 0);
    let (office, aartselaar) = (towns[0].office().clone(), towns[1].me);
    assert!(office.erasures(&els()).expect("a list").is_empty());

    // Taken back: her page says who has it still.
    office.withdraw(&els(), amina).expect("withdrawn");
    let file = office.open_person(&els(), amina).expect("a file");
    assert_eq!(file.receipts, [(card, "Aartselaar".to_owned(), None)]);
    assert_eq!(office.receipt_counts().expect("counts")[&aartselaar], (0, 1));

    // A receipt for what nobody asked to erase, or from somebody else, counts for nothing.
    office.receipt_came(aartselaar, vec![other], vec![1]).expect("taken");
    office.receipt_came(RootId([7; 32]), vec![card], vec![1]).expect("taken");
    assert_eq!(office.receipt_counts().expect("counts")[&aartselaar], (0, 1));
    towns[0].pass_seconds(60);
    let came = towns[0].now();
    office.receipt_came(aartselaar, vec![card, other], vec![2]).expect("taken");
    towns[0].pass_seconds(60);
    office.receipt_came(aartselaar, vec![card], vec![3]).expect("twice is once");
    let file = office.open_person(&els(), amina).expect("a file");
    assert_eq!(file.receipts, [(card, "Aartselaar".to_owned(), Some(came))]);

    // Of a person who was erased the receipts stay, without the person.
    office.erase_person(&els(), amina).expect("erased");
    let rows = office.erasures(&els()).expect("a list");
    assert_eq!((rows.len(), rows[0].documents), (1, 1));
    assert_eq!(rows[0].partners, [("Aartselaar".to_owned(), Some(came))]);
    let member = casework::Actor::new(Some(3), "Mo", casework::office::AccountRole::Member);
    assert!(office.erasures(&member).is_err());
}

#[test]
fn a_suspended_partner_is_awaited_too() {
    let mut towns = two_towns();
    let (amina, _) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (office, aartselaar) = (towns[0].office().clone(), towns[1].me);
    let bram = casework::Actor::new(Some(2), "Bram", casework::office::AccountRole::Administrator);
    office.suspend_partner(&bram, aartselaar, "").expect("suspended");
    office.erase_person(&els(), amina).expect("erased");
    assert_eq!(office.receipt_counts().expect("counts")[&aartselaar], (0, 1));
    assert_eq!(office.partner_page(&bram, aartselaar).expect("a page").receipts, (0, 1));
    // One that is left signs for everything at once.
    office.leave_partner(&bram, aartselaar).expect("left");
    assert_eq!(office.erasures(&els()).expect("a list")[0].partners, [("Aartselaar".to_owned(), None)]);
    office.departure_confirmed(aartselaar, vec![1]).expect("noted");
    assert_eq!(office.receipt_counts().expect("counts")[&aartselaar], (1, 0));
}

#[test]
fn a_receipt_is_owed_for_what_was_erased_here_until_its_owner_took_it() {
    let towns = two_towns();
    let (borsbeek, aartselaar) = (towns[0].me, towns[1].me);
    let (office, store) = (towns[1].office(), towns[1].store());
    let documents: Vec<DocumentId> = (1..=300_u16)
        .map(|number| {
            let mut id = [0; 16];
            id[..2].copy_from_slice(&number.to_be_bytes());
            DocumentId(id)
        })
        .collect();
    for document in &documents {
        store.apply(vec![erasure(borsbeek, *document, &towns[1])]).expect("stored");
    }
    // Our own erasures are not for us to sign, and those of a stranger for nobody.
    store.apply(vec![erasure(aartselaar, DocumentId([9; 16]), &towns[1])]).expect("stored");
    store.apply(vec![erasure(RootId([7; 32]), DocumentId([8; 16]), &towns[1])]).expect("stored");
    let owed = office.receipts_owed().expect("a list");
    assert_eq!((owed.len(), owed[0].0, owed[0].1.as_slice()), (1, borsbeek, &documents[..256]));
    office.receipt_given(borsbeek, owed[0].1.clone()).expect("given");
    assert_eq!(office.receipts_owed().expect("a list"), [(borsbeek, documents[256..].to_vec())]);
    office.receipt_given(borsbeek, documents[256..].to_vec()).expect("given");
    assert!(office.receipts_owed().expect("a list").is_empty());
    // An owner that lost its store asks for them once more.
    office.owe_receipts_again(borsbeek).expect("owed");
    assert_eq!(office.receipts_owed().expect("a list")[0].1.len(), 256);
    office.partner_left(borsbeek).expect("left");
    assert!(office.receipts_owed().expect("a list").is_empty(), "of one that is gone nothing is left to sign for");
}

#[test]
fn receipts_that_were_given_are_forgotten_when_nobody_can_have_a_copy_any_more() {
    let towns = two_towns();
    let (borsbeek, office) = (towns[0].me, towns[1].office());
    let [given, owed] = [DocumentId([1; 16]), DocumentId([2; 16])];
    for document in [given, owed] {
        towns[1].store().apply(vec![erasure(borsbeek, document, &towns[1])]).expect("stored");
    }
    office.receipt_given(borsbeek, vec![given]).expect("given");
    let again = || {
        office.owe_receipts_again(borsbeek).expect("owed");
        office.receipts_owed().expect("a list").remove(0).1
    };
    towns[1].pass_days(800);
    office.tick().expect("time passes");
    assert_eq!(again(), [given, owed]);
    office.receipt_given(borsbeek, vec![given]).expect("given");
    towns[1].pass_days(1_100);
    office.tick().expect("time passes");
    assert_eq!(again(), [owed], "what was never given stays owed");
}
