//! A partner that was left by one and not by the others: what it writes in pages of those is
//! still checked, and shown, by the one that left it.

use replication::{Command, Input};
use schemas::ids::DocumentId;

use crate::common::{CIRCLE, resource, text};
use crate::nodes::{NOW, acquainted, connect, disconnect, same};

const PAGE: DocumentId = DocumentId([5; 16]);

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
