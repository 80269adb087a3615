//! What a wrong clock ended here while a partner still holds it, and is said anew: nobody is accused,
//! and the newest word counts everywhere.

use replication::{Command, Input};
use schemas::time::Timestamp;
use schemas::{Kind, SharedValue};

use crate::common::{CIRCLE, DOCUMENT, example};
use crate::office::{NOW, Office, Signed, offices};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// A mentor offer with so many places left.
fn places(left: u8) -> SharedValue {
    let mut json = example(Kind::MentorOffer).to_json().unwrap();
    json["capacity_left"] = left.into();
    SharedValue::from_json(Kind::MentorOffer, json).unwrap()
}

fn publish(office: &mut Office, left: u8) {
    let expires_at = office.now.hour().plus_days(80);
    let value = places(left);
    office.command(Command::Publish { circle: CIRCLE, document: DOCUMENT, value, expires_at }).unwrap();
}

/// Its clock jumps a hundred days ahead, is believed because nobody is heard, and is set right before
/// it starts again.
fn wrong_clock(office: &mut Office, right: Timestamp) {
    loses_all(office);
    office.now = right;
    office.restart(1);
}

fn loses_all(office: &mut Office) {
    office.now = NOW.plus_seconds(100 * DAY);
    office.input(Input::Tick);
    assert!(!office.held().is_empty(), "partners are waited for");
    office.now = office.now.plus_seconds(HOUR);
    office.input(Input::Tick);
    assert!(office.held().is_empty() && office.views.is_empty(), "all of it ended here");
}

fn agree(owner: &mut Office, partner: &mut Office, old: &[Signed], left: u8) {
    partner.receive(&owner.known, &owner.held());
    // The partner brings what it kept, as anybody may whom it reached late.
    owner.receive(&partner.known, old);
    owner.receive(&partner.known, &partner.held());
    for office in [&*owner, &*partner] {
        assert_eq!(office.view(owner, DOCUMENT).unwrap().value, places(left));
        assert_eq!(office.held().len(), 1);
        assert!(office.proofs.is_empty(), "nobody said two things under one version");
    }
    assert_eq!(owner.held()[0].get().id(), partner.held()[0].get().id());
}

#[test]
fn what_ended_here_and_is_held_there_is_published_anew() {
    // Another word and the same, in the next hour and days later.
    for (again, seconds) in [(0, HOUR), (2, HOUR), (0, 5 * DAY), (2, 5 * DAY)] {
        let [mut owner, mut partner] = offices::<2>();
        // Several words, so that the partner holds more than a first version.
        [1, 3, 2].into_iter().for_each(|left| publish(&mut owner, left));
        let old = owner.held();
        partner.receive(&owner.known, &old);
        wrong_clock(&mut owner, NOW.plus_seconds(seconds));
        partner.now = owner.now;
        publish(&mut owner, again);
        agree(&mut owner, &mut partner, &old, again);
        // And a newer one after it.
        publish(&mut owner, 1);
        agree(&mut owner, &mut partner, &old, 1);
    }
}

#[test]
fn what_ended_here_twice_is_still_the_newest() {
    let [mut owner, mut partner] = offices::<2>();
    for (at, left) in [(0, 1), (2 * HOUR, 2), (4 * HOUR, 3)] {
        owner.now = NOW.plus_seconds(at);
        partner.now = owner.now;
        publish(&mut owner, left);
        let old = owner.held();
        agree(&mut owner, &mut partner, &old, left);
        wrong_clock(&mut owner, NOW.plus_seconds(at + HOUR));
    }
}

#[test]
fn what_is_said_anew_in_the_hour_in_which_it_was_first_said_is_newer() {
    for again in [1, 2] {
        let [mut owner, mut partner] = offices::<2>();
        publish(&mut owner, 1);
        let old = owner.held();
        partner.receive(&owner.known, &old);
        loses_all(&mut owner);
        owner.now = NOW;
        publish(&mut owner, again);
        agree(&mut owner, &mut partner, &old, again);
    }
}
