//! Lists of a circle that a stolen key signed, and what is typed while one is missing.

use minicbor::bytes::ByteVec;
use replication::frames::{Frame, Paper};
use replication::retiring::Retiring;
use replication::{Input, Lost};
use schemas::Kind;
use schemas::certificate::CircleList;
use schemas::envelope::Refusal;
use schemas::ids::{DocumentId, RootId};

use crate::town::{CIRCLE, OFFER, SHEET, Town, connect, disconnect, key, members, same, talk, together};

/// What a thief of the first town's key says: in the highest version there is, just these.
fn of_thief(a: &Town, members: &[RootId]) -> Vec<u8> {
    let mut members = members.to_vec();
    members.sort_unstable();
    let (name, arrangement) = ("Zuidrand".to_owned(), String::new());
    CircleList { circle: CIRCLE, owner: a.me, version: u64::MAX, name, arrangement, members }.sign(&key(101))
}

fn brings(town: &mut Town, from: RootId, owner: RootId, list: &[u8]) {
    let bytes = Frame::Papers(vec![Paper::List(owner, ByteVec::from(list.to_vec()))]).to_bytes();
    town.input(Input::Frame { partner: from, bytes });
}

fn sorted(members: &[RootId]) -> Vec<RootId> {
    let mut members = members.to_vec();
    members.sort_unstable();
    members
}

/// Three towns in one circle that all know each other.
pub(crate) fn three() -> [Town; 3] {
    let ([mut a, mut b], mut c) = (together(), Town::new(3));
    let all = sorted(&[a.me, b.me, c.me]);
    for town in [&mut a, &mut b] {
        town.knows(&c);
        c.knows(town);
    }
    for (town, number) in [(&mut a, 101), (&mut b, 102), (&mut c, 103)] {
        town.list(9, &all, &key(number));
    }
    talk(&mut a, &mut b);
    connect(&mut b, &mut c);
    connect(&mut a, &mut c);
    same(&a, &c);
    [a, b, c]
}

#[test]
fn what_a_thief_says_of_a_circle_ends_with_its_key() {
    let [mut a, mut b, mut c] = three();
    let (offer, all) = (DocumentId([OFFER; 16]), sorted(&[a.me, b.me, c.me]));
    // The thief takes the third town out, and both others believe it.
    let false_list = of_thief(&a, &[a.me, b.me]);
    brings(&mut b, a.me, a.me, &false_list);
    brings(&mut c, a.me, a.me, &false_list);
    assert_eq!(b.replica.members(CIRCLE, a.me), sorted(&[a.me, b.me]));
    assert!(!c.views.contains_key(&offer));
    disconnect(&mut a, &mut b);
    disconnect(&mut b, &mut c);
    disconnect(&mut a, &mut c);

    a.rotate(&all, &[&b, &c]);
    b.knows(&a);
    assert!(b.replica.members(CIRCLE, a.me).is_empty(), "nobody says so any more");
    // What others say of the circle meanwhile takes nothing of A's away.
    connect(&mut b, &mut c);
    b.list(10, &all, &key(102));
    c.list(10, &all, &key(103));
    talk(&mut b, &mut c);
    connect(&mut a, &mut b);
    assert!(b.views.contains_key(&offer));
    assert_eq!(b.replica.members(CIRCLE, a.me), all, "without a restart");
    // The third was never told by A: it has certificate, list and documents through the second.
    talk(&mut b, &mut c);
    connect(&mut b, &mut c);
    talk(&mut a, &mut b);
    connect(&mut b, &mut c);
    assert_eq!(c.replica.members(CIRCLE, a.me), all);
    assert!(c.views.contains_key(&offer), "{:?} {:?}", b.refused, c.refused);
    assert!(b.refused.iter().chain(&c.refused).all(|reason| reason.is_innocent()), "{:?} {:?}", b.refused, c.refused);

    // Whoever has not heard yet brings the list again: it is refused, and nobody's fault.
    b.refused.clear();
    brings(&mut b, c.me, a.me, &false_list);
    assert_eq!(b.refused, [Refusal::Retired]);
    brings(&mut b, c.me, a.me, &CircleList::sign(&list_of(&a, &all), &key(103)));
    assert_eq!(b.refused, [Refusal::Retired, Refusal::Forged], "another's is forged");
    assert_eq!(b.replica.members(CIRCLE, a.me), all);
    a.publish(OFFER, Kind::MentorOffer);
    talk(&mut a, &mut b);
    same(&a, &b);
}

fn list_of(a: &Town, members: &[RootId]) -> CircleList {
    let (name, arrangement) = ("Zuidrand".to_owned(), String::new());
    CircleList { circle: CIRCLE, owner: a.me, version: 11, name, arrangement, members: members.to_vec() }
}

/// What a town says when it shares with nobody any more.
fn without_others(town: &Town) -> Vec<u8> {
    let (name, arrangement) = ("Zuidrand".to_owned(), String::new());
    CircleList { circle: CIRCLE, owner: town.me, version: 10, name, arrangement, members: vec![town.me] }
        .sign(&town.key)
}

#[test]
fn what_was_not_compared_because_no_list_was_known_is_not_taken_for_sent() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    connect(&mut a, &mut b);
    disconnect(&mut a, &mut b);
    a.edit(SHEET, "3.", "3. En meer.");
    b.take_key(&[&a]);
    a.knows(&b);
    // Of what that key signed it lets go once they agree in every circle, and there are others.
    a.retiring = Retiring::default();
    connect(&mut a, &mut b);
    let state = a.replica.partner_state(b.me).unwrap();
    assert_eq!(state.in_step.get(&CIRCLE), Some(&true), "of the pages of the other nothing is known");
    brings(&mut a, b.me, b.me, &without_others(&b));
    assert!(!a.views.contains_key(&DocumentId([SHEET; 16])));
    let kept = a.drafts.last().map(|(text, why)| (text.as_str(), *why));
    assert_eq!(kept, Some(("Een twee (2) 3. En meer.", Lost::LeftOut)));
}

#[test]
fn what_was_typed_under_the_key_of_before_is_not_taken_for_sent() {
    let [mut a, mut b] = together();
    disconnect(&mut a, &mut b);
    connect(&mut a, &mut b);
    disconnect(&mut a, &mut b);
    a.edit(SHEET, "3.", "3. En meer.");
    a.take_key(&[&b]);
    // Nothing is said again yet: its clock is wrong, or it waits for what partners kept.
    let (next, both) = (a.key.clone(), members(&a, &b));
    a.list(2, &both, &next);
    b.knows(&a);
    connect(&mut a, &mut b);
    brings(&mut a, b.me, b.me, &without_others(&b));
    assert!(!a.views.contains_key(&DocumentId([SHEET; 16])));
    let kept = a.drafts.last().map(|(text, why)| (text.as_str(), *why));
    assert_eq!(kept, Some(("Een twee (2) 3. En meer.", Lost::LeftOut)));
}
