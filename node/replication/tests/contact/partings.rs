//! A partner that was left: what people here typed in its pages and it had not got is kept as a
//! draft. And where others did not leave it: what it writes in pages of those is still checked,
//! and shown, by the one that left it.

use replication::{Command, Effect, Input, Lost, StoredHeader};
use schemas::Kind;
use schemas::certificate::CircleList;
use schemas::envelope::Content;
use schemas::ids::{CircleId, DocumentId};

use crate::common::{CIRCLE, example, resource, text};
use crate::nodes::{NOW, Node, acquainted, connect, disconnect, same, talk, three};

const PAGE: DocumentId = DocumentId([5; 16]);
const OTHER: DocumentId = DocumentId([6; 16]);
/// Shared with just the one that is left.
const OURS: DocumentId = DocumentId([7; 16]);

#[test]
fn what_one_that_was_left_writes_in_the_pages_of_others_is_still_checked() {
    let [mut one, mut left, mut other] = acquainted();
    let expires_at = NOW.hour().plus_days(300);
    other.command(Command::Open { circle: CIRCLE, document: PAGE, value: resource("Fiche", "Begin."), expires_at });
    for partner in [&mut left, &mut one] {
        connect(&mut other, partner);
        same(&other, partner);
        disconnect(&mut other, partner);
    }

    one.input(Input::Remove { partner: left.root });
    let mut members = [one.root, other.root];
    members.sort_unstable();
    one.sign_list(2, &members);
    let heads = left.views[&PAGE].heads.clone();
    left.command(Command::Edit { document: PAGE, heads, value: resource("Fiche", "Begin. En meer.") });
    connect(&mut left, &mut other);
    disconnect(&mut left, &mut other);
    let heads = other.views[&PAGE].heads.clone();
    other.command(Command::Edit { document: PAGE, heads, value: resource("Fiche", "Begin. En meer. Slot.") });
    connect(&mut other, &mut one);
    assert_eq!(text(&one.views[&PAGE].value), "Begin. En meer. Slot.");
    same(&other, &one);
    assert!(one.refused.is_empty() && other.refused.is_empty(), "{:?} {:?}", one.refused, other.refused);
    // It is no partner again by that.
    assert!(one.replica.partner_state(left.root).is_none());
}

#[test]
fn who_leaves_a_partner_keeps_what_others_give_of_members_that_it_never_met() {
    let (mut far, mut between, mut one) = three();
    let left = Node::new(4);
    one.input(Input::Certificate { certificate: left.certificate.clone(), bytes: left.bytes.clone() });
    far.publish(1, example(Kind::MentorOffer));
    connect(&mut far, &mut between);
    disconnect(&mut far, &mut between);
    for _ in 0..2 {
        connect(&mut between, &mut one);
        disconnect(&mut between, &mut one);
    }
    let card = DocumentId([1; 16]);
    assert!(one.views.contains_key(&card));
    one.input(Input::Remove { partner: left.root });
    assert!(one.views.contains_key(&card));
}

/// What somebody typed in pages of one that is left: before and after that one had it.
fn typed() -> [Node; 2] {
    let [mut one, mut left, _] = acquainted();
    let expires_at = NOW.hour().plus_days(300);
    for document in [PAGE, OTHER] {
        left.command(Command::Open { circle: CIRCLE, document, value: resource("Fiche", "Begin."), expires_at });
    }
    let pair = CircleId::pair(one.root, left.root);
    one.command(Command::Open { circle: pair, document: OURS, value: resource("Van ons", "Hier."), expires_at });
    connect(&mut one, &mut left);
    edit(&mut one, PAGE, "Begin. Gedeeld.");
    edit(&mut left, OURS, "Hier. En daar.");
    talk(&mut one, &mut left);
    disconnect(&mut one, &mut left);
    connect(&mut one, &mut left);
    same(&one, &left);
    disconnect(&mut one, &mut left);
    edit(&mut one, PAGE, "Begin. Gedeeld. En later.");
    [one, left]
}

fn edit(node: &mut Node, page: DocumentId, body: &str) {
    let (heads, value) = (node.views[&page].heads.clone(), node.views[&page].value.to_json().unwrap());
    let value = resource(value["title"].as_str().unwrap(), body);
    node.command(Command::Edit { document: page, heads, value });
}

fn drafts(node: &Node) -> Vec<(DocumentId, String, String)> {
    assert!(node.drafts.iter().all(|draft| draft.why == Lost::Parted));
    let mut drafts: Vec<_> =
        node.drafts.iter().map(|draft| (draft.document, text(&draft.base), text(&draft.typed))).collect();
    drafts.sort_unstable();
    drafts
}

fn draft(page: DocumentId, base: &str, typed: &str) -> (DocumentId, String, String) {
    (page, base.to_owned(), typed.to_owned())
}

/// Nothing of what was shared with the one that was left is here.
fn is_gone(node: &Node, left: &Node) -> bool {
    let pair = CircleId::pair(node.root, left.root);
    let goes = |header: &schemas::Header| header.owner == left.root || header.circle == pair;
    node.views.is_empty() && !node.store.values().any(|one| goes(&one.get().header))
}

#[test]
fn what_was_typed_in_the_pages_of_one_that_is_left_and_it_had_not_got_is_a_draft() {
    let [mut one, left] = typed();
    one.input(Input::Remove { partner: left.root });
    let kept =
        [draft(PAGE, "Begin. Gedeeld.", "Begin. Gedeeld. En later."), draft(OURS, "Hier. En daar.", "Hier. En daar.")];
    assert_eq!(drafts(&one), kept, "and all of a page that was shared with just that one");
    assert!(is_gone(&one, &left));
    one.input(Input::Remove { partner: left.root });
    assert_eq!(one.drafts.len(), 2, "twice is once");
}

#[test]
fn told_twice_before_the_page_was_read_or_after_a_crash_it_is_the_same() {
    let [mut one, left] = typed();
    let mut loads = Vec::new();
    for _ in 0..2 {
        for effect in one.handle(Input::Remove { partner: left.root }) {
            match effect {
                Effect::Load { document } => loads.push(document),
                effect => one.carry_out(effect),
            }
        }
    }
    loads.sort_unstable();
    assert_eq!((loads, one.views.contains_key(&OTHER)), (vec![PAGE, OURS], false), "once, and others go at once");
    // The process ends here, and begins again: it is told whom it left before it hears who else is there.
    let mut again = Node::new(one.number);
    let stored = one.store.values().zip(1..).map(|(envelope, number)| StoredHeader {
        number,
        id: envelope.get().id(),
        header: envelope.get().header.clone(),
        body_bytes: u32::try_from(envelope.get().body.len()).unwrap(),
    });
    again.replica.restore(stored.collect::<Vec<_>>());
    (again.store, again.views) = (one.store, one.views);
    let effects = again.handle(Input::Remove { partner: left.root });
    again.input(Input::Introduced { certificates: vec![(left.certificate.clone(), left.bytes.clone())] });
    effects.into_iter().for_each(|effect| again.carry_out(effect));
    let kept = drafts(&again);
    // Nobody knows any more what that one has: of its page all that was typed here.
    assert_eq!(
        kept,
        [draft(PAGE, "Begin.", "Begin. Gedeeld. En later."), draft(OURS, "Hier. En daar.", "Hier. En daar.")]
    );
    assert!(is_gone(&again, &left));
}

#[test]
fn who_is_a_partner_again_before_the_page_was_read_keeps_it() {
    let [mut one, left] = typed();
    let effects = one.handle(Input::Remove { partner: left.root });
    one.input(Input::Certificate { certificate: left.certificate.clone(), bytes: left.bytes.clone() });
    one.input(Input::List {
        list: CircleList::verify(&left.list, &left.certificate).unwrap(),
        bytes: left.list.clone(),
    });
    effects.into_iter().for_each(|effect| one.carry_out(effect));
    assert!(one.drafts.is_empty());
    assert_eq!(text(&one.views[&PAGE].value), "Begin. Gedeeld. En later.");
    assert_eq!(text(&one.views[&OURS].value), "Hier. En daar.");
}

#[test]
fn what_cannot_be_read_costs_no_other_words() {
    for unreadable in [Content::Change, Content::Opening] {
        let [mut one, mut left, _] = acquainted();
        let expires_at = NOW.hour().plus_days(300);
        left.command(Command::Open { circle: CIRCLE, document: PAGE, value: resource("Fiche", "Begin."), expires_at });
        connect(&mut one, &mut left);
        edit(&mut one, PAGE, "Begin. Een.");
        talk(&mut one, &mut left);
        edit(&mut left, PAGE, "Begin. Een. Twee.");
        talk(&mut one, &mut left);
        edit(&mut one, PAGE, "Begin. Een. Twee. Drie.");
        disconnect(&mut one, &mut left);
        let by_left = |header: &schemas::Header| header.author == left.certificate.get().node;
        one.store.retain(|_, one| one.get().header.content != unreadable || !by_left(&one.get().header));
        one.input(Input::Remove { partner: left.root });
        let words = |words: &str| draft(PAGE, "", words);
        let first = if unreadable == Content::Change { draft(PAGE, "Begin.", "Begin. Een.") } else { words(" Een.") };
        let mut kept = vec![words(" Drie."), first];
        kept.sort_unstable();
        assert_eq!(drafts(&one), kept, "without {unreadable:?}");
    }
}

#[test]
fn what_the_owner_had_not_got_when_its_page_ended_is_a_draft() {
    let [mut one, mut owner, _] = acquainted();
    let expires_at = NOW.hour().plus_days(3);
    for document in [PAGE, OTHER] {
        owner.command(Command::Open { circle: CIRCLE, document, value: resource("Fiche", "Begin."), expires_at });
    }
    connect(&mut one, &mut owner);
    edit(&mut one, OTHER, "Begin. Gedeeld.");
    talk(&mut one, &mut owner);
    disconnect(&mut one, &mut owner);
    connect(&mut one, &mut owner);
    same(&one, &owner);
    disconnect(&mut one, &mut owner);
    edit(&mut one, PAGE, "Begin. En later.");
    // Its clock is believed once it was there for an hour alone.
    for seconds in [3 * 86_400, 4 * 86_400, 4 * 86_400 + 7_200, 4 * 86_400 + 7_300] {
        one.later(seconds, Input::Tick);
    }
    assert!(one.views.is_empty() && one.store.is_empty());
    let drafts: Vec<_> = one.drafts.iter().map(|draft| (draft.document, text(&draft.typed), draft.why)).collect();
    assert_eq!(drafts, [(PAGE, "Begin. En later.".to_owned(), Lost::Ended)]);
}
