//! The own sets and the own Negentropy against a plain model and against the crate.

#![expect(clippy::unwrap_used, reason = "a test that meets an error fails")]

use std::collections::BTreeSet;

use negentropy::{Id, Negentropy, NegentropyStorageBase, NegentropyStorageVector};
use proptest::prelude::*;
use replication::reconcile::{self, Item, Malformed, Set, View};
use schemas::ids::EnvelopeId;
use sha2::{Digest, Sha256};

const LIMIT: usize = 60_000;

/// An item that a number stands for; with few hours and ids that share their beginning.
fn item(number: u64) -> Item {
    let mut id: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
    if number.is_multiple_of(3) {
        id[..5].fill(0);
    }
    if number.is_multiple_of(11) {
        id[20..].fill(0);
    }
    Item { hour: (number % 7) as u32 * 100, id }
}

fn set(items: impl IntoIterator<Item = Item>) -> Set {
    let mut set = Set::default();
    set.extend(items);
    set
}

fn theirs(items: &BTreeSet<Item>) -> NegentropyStorageVector {
    let mut storage = NegentropyStorageVector::new();
    for item in items {
        storage.insert(u64::from(item.hour), Id::from_byte_array(item.id)).unwrap();
    }
    storage.seal().unwrap();
    storage
}

/// The set in several, as of several owners, with items on top that are left out.
struct Parts {
    sets: Vec<Set>,
    without: Vec<Item>,
}

impl Parts {
    fn new(items: &BTreeSet<Item>, parts: usize, extra: u64) -> Self {
        let mut sets: Vec<Set> = (0..parts).map(|_| Set::default()).collect();
        let without: Vec<Item> =
            (0..extra).map(|number| item(1_000_000_000 + number)).filter(|item| !items.contains(item)).collect();
        for item in items.iter().chain(&without) {
            sets[usize::from(item.id[9]) % parts].insert(*item);
        }
        Self { sets, without }
    }

    fn view(&self) -> View<'_> {
        let mut view = View::new(self.sets.iter().collect());
        for item in &self.without {
            view.leave_out(*item);
        }
        view
    }
}

type Found = (BTreeSet<EnvelopeId>, BTreeSet<EnvelopeId>, usize);

/// Carries messages between this implementation, which begins, and `other`.
fn own_begins(view: &View<'_>, limit: usize, mut other: impl FnMut(&[u8]) -> Vec<u8>) -> Found {
    let (mut have, mut need) = (BTreeSet::new(), BTreeSet::new());
    let mut message = reconcile::begin(view);
    for round in 1.. {
        assert!(round < 1000, "it does not end");
        let difference = reconcile::compare(view, &other(&message), limit).unwrap();
        have.extend(difference.have);
        need.extend(difference.need);
        match difference.next {
            Some(next) => message = next,
            None => return (have, need, round),
        }
    }
    unreachable!()
}

fn crate_begins(ours: &View<'_>, theirs: NegentropyStorageVector, limits: (usize, u64)) -> Found {
    let mut begins = Negentropy::owned(theirs, limits.1).unwrap();
    let (mut have, mut need) = (BTreeSet::new(), BTreeSet::new());
    let mut message = begins.initiate().unwrap();
    for round in 1.. {
        assert!(round < 1000, "it does not end");
        let answer = reconcile::answer(ours, &message, limits.0).unwrap();
        let (mut has, mut needs) = (Vec::new(), Vec::new());
        let next = begins.reconcile_with_ids(&answer, &mut has, &mut needs).unwrap();
        have.extend(has.iter().map(|id| EnvelopeId(**id)));
        need.extend(needs.iter().map(|id| EnvelopeId(**id)));
        match next {
            Some(next) => message = next,
            None => return (have, need, round),
        }
    }
    unreachable!()
}

fn only(a: &BTreeSet<Item>, b: &BTreeSet<Item>) -> BTreeSet<EnvelopeId> {
    a.difference(b).map(|item| EnvelopeId(item.id)).collect()
}

/// Two sets with much in common.
fn two_sets(sizes: (u64, u64, u64)) -> (BTreeSet<Item>, BTreeSet<Item>) {
    let (common, a, b) = sizes;
    let numbers = |from: u64, count: u64| (from..from + count).map(item);
    let (first, second) = (10_000_000, 20_000_000);
    let of = |from, count| numbers(0, common).chain(numbers(from, count)).collect();
    (of(first, a), of(second, b))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_set_is_what_a_sorted_set_is(steps in proptest::collection::vec((any::<bool>(), 0..600u64), 0..900)) {
        let (mut set, mut model) = (Set::default(), BTreeSet::new());
        for (add, number) in steps {
            let item = item(number);
            if add {
                prop_assert_eq!(set.insert(item), model.insert(item));
            } else {
                prop_assert_eq!(set.remove(&item), model.remove(&item));
            }
        }
        prop_assert_eq!(set.len(), model.len() as u64);
        let view = View::new(vec![&set]);
        prop_assert!(view.all().eq(model.iter().copied()));
        prop_assert!((0..600).all(|number| set.contains(&item(number)) == model.contains(&item(number))));
        let expected = theirs(&model).fingerprint(0, model.len()).unwrap().to_bytes();
        prop_assert_eq!(&reconcile::begin(&view)[4..], &expected[..]);
    }

    #[test]
    fn it_finds_what_differs_with_whichever_other_side(
        sizes in (0..400u64, 0..200u64, 0..200u64),
        parts in (1..5usize, 1..5usize),
        extra in (0..40u64, 0..40u64),
        tight in any::<bool>(),
    ) {
        let (a, b) = two_sets(sizes);
        let (limit, crate_limit) = if tight { (700, 4096) } else { (LIMIT, 0) };
        let (ours, others) = (Parts::new(&a, parts.0, extra.0), Parts::new(&b, parts.1, extra.1));
        let (view, other) = (ours.view(), others.view());
        let (only_a, only_b) = (only(&a, &b), only(&b, &a));

        let own = own_begins(&view, limit, |message| reconcile::answer(&other, message, limit).unwrap());
        prop_assert_eq!((&own.0, &own.1), (&only_a, &only_b));

        let mut answers = Negentropy::owned(theirs(&b), crate_limit).unwrap();
        let mixed = own_begins(&view, limit, |message| answers.reconcile(message).unwrap());
        prop_assert_eq!((&mixed.0, &mixed.1), (&only_a, &only_b));

        let mixed = crate_begins(&other, theirs(&a), (limit, crate_limit));
        prop_assert_eq!((&mixed.0, &mixed.1), (&only_a, &only_b));
    }

    #[test]
    fn whatever_arrives_is_answered_or_refused(
        size in 0..100u64,
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let (a, b) = two_sets((size, size, 3));
        let (a, b) = (Parts::new(&a, 2, 5), Parts::new(&b, 3, 0));
        let (a, b) = (a.view(), b.view());
        let mut damaged = reconcile::answer(&b, &reconcile::begin(&a), LIMIT).unwrap();
        for (at, byte) in damage {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        let cut = cut.index(damaged.len() + 1);
        for message in [&bytes[..], &[&[0x61], &bytes[..]].concat(), &damaged, &damaged[..cut]] {
            if let Ok(answer) = reconcile::answer(&a, message, LIMIT) {
                prop_assert!(answer.len() < LIMIT);
            }
            if let Ok(difference) = reconcile::compare(&a, message, LIMIT) {
                prop_assert!(difference.have.len() as u64 <= a.len());
                prop_assert!(difference.need.len() * 32 <= message.len());
            }
        }
    }
}

#[test]
fn a_hundred_thousand_are_compared_in_few_bytes() {
    let items: BTreeSet<Item> = (0..100_000).map(item).collect();
    let (a, mut b) = (set(items.iter().copied()), set(items.iter().copied()));
    let (view, other) = (View::new(vec![&a]), View::new(vec![&b]));
    let message = reconcile::begin(&view);
    assert!(reconcile::is_beginning(&message));
    let answer = reconcile::answer(&other, &message, LIMIT).unwrap();
    assert!(reconcile::says_equal(&answer));
    assert_eq!((message.len(), answer.len()), (20, 1));

    let missing: Vec<Item> = items.iter().copied().skip(70_000).take(40).collect();
    missing.iter().for_each(|item| assert!(b.remove(item)));
    let other = View::new(vec![&b]);
    let mut bytes = 0;
    let (have, need, rounds) = own_begins(&view, LIMIT, |message| {
        let answer = reconcile::answer(&other, message, LIMIT).unwrap();
        bytes += message.len() + answer.len();
        answer
    });
    assert_eq!((have.len(), need.len()), (40, 0));
    assert!(rounds <= 3 && bytes < 6_000, "{rounds} rounds, {bytes} bytes");
}

#[test]
fn hostile_messages_are_errors() {
    let a = set((0..500).map(item));
    let view = View::new(vec![&a]);
    let refused = |message: &[u8]| reconcile::answer(&view, message, LIMIT).unwrap_err();
    assert_eq!(refused(&[]), Malformed::Version);
    assert_eq!(refused(&[0x62, 0, 0, 0]), Malformed::Version);
    assert_eq!(refused(&[0x61, 0]), Malformed::Truncated);
    assert_eq!(refused(&[0x61, 0, 0, 1, 5, 5]), Malformed::Truncated);
    assert_eq!(refused(&[0x61, 0, 0, 9]), Malformed::Mode);
    // A number of 70 bits, a count of 2^34 ids, a prefix of 33 bytes, a time that wraps.
    assert_eq!(refused(&[&[0x61], &[0xff; 10][..], &[0]].concat()), Malformed::Overflow);
    assert_eq!(refused(&[0x61, 0, 0, 2, 0xc0, 0x80, 0x80, 0x80, 0]), Malformed::Truncated);
    assert_eq!(refused(&[&[0x61, 0, 33], &[1; 33][..], &[0]].concat()), Malformed::Overflow);
    let far = [0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7e];
    assert_eq!(refused(&[&[0x61], &far[..], &[0, 0], &far, &[0, 0]].concat()), Malformed::Overflow);
    // A second range that ends before the first: the same hour, an earlier id.
    assert_eq!(refused(&[0x61, 5, 1, 9, 0, 1, 1, 3, 0]), Malformed::Order);
    let many = [&[0x61], &[1, 0, 0].repeat(8193)[..]].concat();
    assert_eq!(refused(&many), Malformed::TooMany);
}

#[test]
fn a_million_fake_ids_cost_what_they_weigh() {
    let a = set((0..500).map(item));
    let view = View::new(vec![&a]);
    // As many as fit in a frame, again and again.
    let mut needed = 0;
    for message in 0..250_u32 {
        let mut bytes = vec![0x61, 0, 0, 2, 0xa0, 0x00];
        (0..4096_u32).for_each(|id| bytes.extend(Sha256::digest((message << 12 | id).to_be_bytes())));
        let difference = reconcile::compare(&view, &bytes, LIMIT).unwrap();
        assert_eq!((difference.have.len(), difference.next), (500, None));
        needed += difference.need.len();
        let answer = reconcile::answer(&view, &bytes, LIMIT).unwrap();
        assert!(answer.len() < 500 * 32 + 20);
    }
    assert_eq!(needed, 250 * 4096);
}

/// Whoever says that every fingerprint differs is told a bounded lot at a time.
#[test]
fn an_infinite_split_stays_small() {
    let a = set((0..50_000).map(item));
    let view = View::new(vec![&a]);
    let whole = [&[0x61, 0, 0, 1], &[7; 16][..]].concat();
    // One range an hour, ever later; and the same as a side that answers.
    let hours = (0..3000).flat_map(|_| [&[2, 0, 1], &[7; 16][..]].concat());
    let ranges: Vec<u8> = [0x61].into_iter().chain(hours).collect();
    for message in [whole, ranges] {
        for _ in 0..20 {
            let told = reconcile::answer(&view, &message, LIMIT).unwrap();
            let next = reconcile::compare(&view, &message, LIMIT).unwrap();
            assert!(told.len() < LIMIT + 2000 && next.have.is_empty() && next.need.is_empty());
        }
    }
}
