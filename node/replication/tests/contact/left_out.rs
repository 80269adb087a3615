//! An owner's list that names a partner no more takes its pages away there: what people of that
//! partner typed and the owner had not got yet is kept as a draft first.

use replication::api::{Kept, Lost};
use replication::{Command, Effect, Input};
use schemas::certificate::Verified;
use schemas::envelope::Envelope;
use schemas::ids::{DocumentId, RootId};

use crate::common::{CIRCLE, resource, text};
use crate::nodes::{NOW, Node, acquainted, connect, disconnect, same, talk};

const PAGES: [DocumentId; 3] = [DocumentId([5; 16]), DocumentId([6; 16]), DocumentId([7; 16])];

fn edit(node: &mut Node, page: DocumentId, body: &str) {
    let heads = node.views[&page].heads.clone();
    node.command(Command::Edit { document: page, heads, value: resource("Fiche", body) });
}

/// Owner, partner and a third, who hold three pages of the owner; the partner wrote in one of
/// them, and the owner has that.
fn shared() -> [Node; 3] {
    let [mut owner, mut partner, mut third] = acquainted();
    let expires_at = NOW.hour().plus_days(300);
    for document in PAGES {
        owner.command(Command::Open { circle: CIRCLE, document, value: resource("Fiche", "Begin."), expires_at });
    }
    for other in [&mut partner, &mut third] {
        connect(&mut owner, other);
        same(&owner, other);
        disconnect(&mut owner, other);
    }
    edit(&mut partner, PAGES[0], "Begin. Gedeeld.");
    connect(&mut owner, &mut partner);
    same(&owner, &partner);
    disconnect(&mut owner, &mut partner);
    // What the partner sends before it hears of the list is refused.
    owner.tolerant = true;
    [owner, partner, third]
}

fn without(owner: &mut Node, left: &[RootId]) {
    let mut members = left.to_vec();
    members.push(owner.root);
    members.sort_unstable();
    owner.sign_list(2, &members);
}

fn keeps_list(kept: &[Kept], of: RootId) -> bool {
    kept.iter().any(|kept| matches!(kept, Kept::List(_, owner, _) if *owner == of))
}

#[test]
fn what_the_owner_had_not_got_is_a_draft_and_nothing_else_is_left() {
    let [mut owner, mut partner, third] = shared();
    edit(&mut partner, PAGES[0], "Begin. Gedeeld. En later.");
    edit(&mut partner, PAGES[1], "Begin. Ook hier.");
    without(&mut owner, &[third.root]);
    connect(&mut owner, &mut partner);
    assert!(partner.views.is_empty() && partner.store.values().all(|one| one.get().header.owner != owner.root));
    let drafts: Vec<_> =
        partner.drafts.iter().map(|draft| (draft.document, text(&draft.base), text(&draft.typed), draft.why)).collect();
    let draft = |page, base: &str, typed: &str| (page, base.to_owned(), typed.to_owned(), Lost::LeftOut);
    let expected = [
        draft(PAGES[0], "Begin. Gedeeld.", "Begin. Gedeeld. En later."),
        draft(PAGES[1], "Begin.", "Begin. Ook hier."),
    ];
    assert_eq!(drafts, expected, "what the owner has is in the page there");
    assert!(keeps_list(&partner.kept, owner.root));
    assert!(text(&owner.views[&PAGES[0]].value).ends_with("Gedeeld."));
}

/// Carries frames until neither has anything to say; what the partner is to read is not read but told.
fn talk_unread(owner: &mut Node, partner: &mut Node) -> Vec<DocumentId> {
    let mut loads = Vec::new();
    while let Some((_, bytes)) = owner.outbox.pop_front() {
        for effect in partner.handle(Input::Frame { partner: owner.root, bytes }) {
            match effect {
                Effect::Load { document } => loads.push(document),
                effect => partner.carry_out(effect),
            }
        }
        while let Some((_, bytes)) = partner.outbox.pop_front() {
            owner.input(Input::Frame { partner: partner.root, bytes });
        }
    }
    loads
}

/// The three, of which the partner wrote in one more page and is left out since, up to where that
/// page is to be read.
fn left_out_unread() -> [Node; 3] {
    let [mut owner, mut partner, third] = shared();
    edit(&mut partner, PAGES[1], "Begin. Ook hier.");
    partner.kept.clear();
    without(&mut owner, &[third.root]);
    owner.input(Input::Connected { partner: partner.root });
    partner.input(Input::Connected { partner: owner.root });
    assert_eq!(talk_unread(&mut owner, &mut partner), [PAGES[1]], "only what may hold something of ours is read");
    assert_eq!(partner.views.keys().collect::<Vec<_>>(), [&PAGES[1]], "others go at once");
    assert!(!keeps_list(&partner.kept, owner.root) && partner.drafts.is_empty());
    [owner, partner, third]
}

fn read(node: &mut Node, document: DocumentId) {
    let of = |one: &&Verified<Envelope>| one.get().header.document == document;
    let envelopes = node.store.values().filter(of).cloned().collect();
    node.input(Input::Loaded { document, envelopes });
}

#[test]
fn the_list_is_kept_with_the_drafts_and_not_before() {
    let [owner, mut partner, _] = left_out_unread();
    read(&mut partner, PAGES[1]);
    assert!(keeps_list(&partner.kept, owner.root) && partner.views.is_empty());
    assert_eq!(partner.drafts.len(), 1);
}

#[test]
fn who_is_named_again_before_the_page_was_read_keeps_it() {
    let [mut owner, mut partner, third] = left_out_unread();
    let mut members = [owner.root, partner.root, third.root];
    members.sort_unstable();
    owner.sign_list(3, &members);
    for document in talk_unread(&mut owner, &mut partner).into_iter().chain([PAGES[1]]) {
        read(&mut partner, document);
    }
    assert!(partner.drafts.is_empty() && keeps_list(&partner.kept, owner.root));
    assert_eq!(text(&partner.views[&PAGES[1]].value), "Begin. Ook hier.");
    talk(&mut owner, &mut partner);
    disconnect(&mut owner, &mut partner);
    connect(&mut owner, &mut partner);
    assert_eq!(partner.views, owner.views);
    assert_eq!(text(&owner.views[&PAGES[1]].value), "Begin. Ook hier.");
}

#[test]
fn however_many_pages_go_a_few_are_read_at_once() {
    let [mut owner, mut partner, third] = shared();
    let expires_at = NOW.hour().plus_days(300);
    let pages: Vec<DocumentId> = (20..50).map(|number| DocumentId([number; 16])).collect();
    for document in &pages {
        let value = resource("Fiche", "Begin.");
        owner.command(Command::Open { circle: CIRCLE, document: *document, value, expires_at });
    }
    connect(&mut owner, &mut partner);
    same(&owner, &partner);
    disconnect(&mut owner, &mut partner);
    pages.iter().for_each(|page| edit(&mut partner, *page, "Begin. Ook hier."));
    without(&mut owner, &[third.root]);
    owner.input(Input::Connected { partner: partner.root });
    partner.input(Input::Connected { partner: owner.root });
    let mut asked = talk_unread(&mut owner, &mut partner);
    let mut read_in_all = 0;
    while !asked.is_empty() {
        assert!(asked.len() <= 8, "{} at once", asked.len());
        read_in_all += asked.len();
        asked = asked.into_iter().flat_map(|document| read_unread(&mut partner, document)).collect();
    }
    assert_eq!((read_in_all, partner.drafts.len(), partner.views.len()), (pages.len(), pages.len(), 0));
    assert!(keeps_list(&partner.kept, owner.root));
}

/// Reads a page; what is to be read next.
fn read_unread(node: &mut Node, document: DocumentId) -> Vec<DocumentId> {
    let of = |one: &&Verified<Envelope>| one.get().header.document == document;
    let envelopes = node.store.values().filter(of).cloned().collect();
    let mut next = Vec::new();
    for effect in node.handle(Input::Loaded { document, envelopes }) {
        match effect {
            Effect::Load { document } => next.push(document),
            effect => node.carry_out(effect),
        }
    }
    next
}
