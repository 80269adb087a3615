//! A clock that ran ahead and is set right: nothing waits until it is as late again.

use std::collections::VecDeque;

use replication::Input;
use replication::frames::Frame;

use crate::nodes::{NOW, Node, acquainted, connect, two};

/// Seconds that a clock is ahead here: less than would make its node doubt it.
const AHEAD: u64 = 20 * 3_600;

/// Carries frames between two until neither has anything to say to the other; one is ahead.
fn talk_ahead(ahead: &mut Node, right: &mut Node) {
    loop {
        let (to_right, to_ahead) = (take(ahead, right), take(right, ahead));
        if to_right.is_empty() && to_ahead.is_empty() {
            return;
        }
        for bytes in to_right {
            right.input(Input::Frame { partner: ahead.root, bytes });
        }
        for bytes in to_ahead {
            ahead.later(AHEAD, Input::Frame { partner: right.root, bytes });
        }
    }
}

/// Takes out what one has to say to another.
fn take(from: &mut Node, to: &Node) -> Vec<Vec<u8>> {
    let (meant, others): (VecDeque<_>, _) =
        std::mem::take(&mut from.outbox).into_iter().partition(|(root, _)| *root == to.root);
    from.outbox = others;
    meant.into_iter().map(|(_, bytes)| bytes).collect()
}

#[test]
fn the_others_hear_of_a_list_a_second_later() {
    let [mut a, mut b, mut c] = acquainted();
    connect(&mut a, &mut b);
    connect(&mut a, &mut c);
    a.later(1, Input::Tick);
    a.outbox.clear();
    let mut members = vec![a.root, b.root, c.root];
    members.sort_unstable();
    b.sign_list(2, &members);
    talk_ahead(&mut a, &mut b);
    assert_eq!(take(&mut a, &c).len(), 0, "not at every list at once");
    (1..=2).for_each(|seconds| a.later(seconds, Input::Tick));
    let told = take(&mut a, &c);
    assert!(told.len() == 1 && matches!(Frame::from_bytes(&told[0]), Some(Frame::Hello(_))));
}

#[test]
fn the_next_check_is_three_minutes_away() {
    let (mut a, mut b) = two();
    let (first, other) = if a.root < b.root { (&mut a, &mut b) } else { (&mut b, &mut a) };
    first.later(AHEAD, Input::Connected { partner: other.root });
    other.input(Input::Connected { partner: first.root });
    talk_ahead(first, other);
    first.wakes.clear();
    // By then the others have heard of the list that came.
    (1..=2).for_each(|seconds| first.later(seconds, Input::Tick));
    assert_eq!((first.outbox.len(), first.wakes.last().copied()), (0, Some(NOW.plus_seconds(181))));
    first.later(181, Input::Tick);
    let said: Vec<_> = take(first, other).iter().map(|bytes| Frame::from_bytes(bytes)).collect();
    assert!(!said.is_empty() && said.iter().all(|frame| matches!(frame, Some(Frame::Check(_)))), "{said:?}");
}
