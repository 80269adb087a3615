//! A sorted set of items that knows count and sum of every range: a B-tree whose inner nodes
//! carry both for each of their children.

use sha2::{Digest, Sha256};

use super::message::{Bound, put_number};

/// Items of a leaf and children of an inner node, fewer than.
const LEAF: usize = 64;
const FAN: usize = 32;

/// An element: ordered by hour, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// Hour of signing, since 1970.
    pub hour: u32,
    /// Id.
    pub id: [u8; 32],
}

/// How many items, and their ids added up modulo 2^256 (little-endian).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    count: u64,
    sum: [u64; 4],
}

impl Summary {
    /// How many items.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The protocol's fingerprint of the items.
    pub fn fingerprint(&self) -> [u8; 16] {
        let mut bytes = Vec::with_capacity(42);
        for word in self.sum {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        put_number(&mut bytes, self.count);
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&Sha256::digest(&bytes)[..16]);
        fingerprint
    }

    fn of(item: &Item) -> Self {
        let (words, _) = item.id.as_chunks::<8>();
        let mut sum = [0; 4];
        sum.iter_mut().zip(words).for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
        Self { count: 1, sum }
    }

    pub(super) fn plus(mut self, other: &Self) -> Self {
        self.count = self.count.wrapping_add(other.count);
        let mut carry = false;
        for (word, more) in self.sum.iter_mut().zip(other.sum) {
            (*word, carry) = word.carrying_add(more, carry);
        }
        self
    }

    pub(super) fn minus(mut self, other: &Self) -> Self {
        self.count = self.count.wrapping_sub(other.count);
        let mut borrow = false;
        for (word, less) in self.sum.iter_mut().zip(other.sum) {
            (*word, borrow) = word.borrowing_sub(less, borrow);
        }
        self
    }
}

/// A set of items.
#[derive(Debug, Default)]
pub struct Set {
    root: Node,
    total: Summary,
}

#[derive(Debug)]
enum Node {
    Leaf(Vec<Item>),
    Inner(Vec<Child>),
}

#[derive(Debug)]
struct Child {
    /// Not above any item in it, above every item before it. Of a first child it says nothing.
    first: Item,
    summary: Summary,
    node: Node,
}

impl Default for Node {
    fn default() -> Self {
        Self::Leaf(Vec::new())
    }
}

impl Set {
    /// Adds an item; whether it was new.
    pub fn insert(&mut self, item: Item) -> bool {
        if !self.root.insert(item) {
            return false;
        }
        self.total = self.total.plus(&Summary::of(&item));
        if self.root.is_full() {
            let mut left = Child { first: item, summary: self.total, node: std::mem::take(&mut self.root) };
            let right = left.split();
            self.root = Node::Inner(vec![left, right]);
        }
        true
    }

    /// Takes an item out; whether it was there.
    pub fn remove(&mut self, item: &Item) -> bool {
        if !self.root.remove(item) {
            return false;
        }
        self.total = self.total.minus(&Summary::of(item));
        while let Node::Inner(children) = &mut self.root
            && children.len() < 2
        {
            self.root = children.pop().map(|only| only.node).unwrap_or_default();
        }
        true
    }

    /// Whether the item is in it.
    pub fn contains(&self, item: &Item) -> bool {
        let mut node = &self.root;
        loop {
            match node {
                Node::Leaf(items) => return items.binary_search(item).is_ok(),
                Node::Inner(children) => node = &children[place(children, item)].node,
            }
        }
    }

    /// How many items.
    pub fn len(&self) -> u64 {
        self.total.count
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.total.count == 0
    }

    /// Count and sum of the items before `bound`.
    pub(super) fn before(&self, bound: &Bound) -> Summary {
        let mut node = &self.root;
        let mut before = Summary::default();
        loop {
            match node {
                Node::Leaf(items) => {
                    let end = items.partition_point(|item| bound.is_after(item));
                    return items[..end].iter().fold(before, |sum, item| sum.plus(&Summary::of(item)));
                }
                Node::Inner(children) => {
                    let at = children.partition_point(|child| bound.is_after(&child.first)).saturating_sub(1);
                    before = children[..at].iter().fold(before, |sum, child| sum.plus(&child.summary));
                    node = &children[at].node;
                }
            }
        }
    }

    /// The item with `rank` items before it.
    pub(super) fn nth(&self, rank: u64) -> Option<Item> {
        let mut node = &self.root;
        let mut rank = rank;
        loop {
            match node {
                Node::Leaf(items) => return items.get(usize::try_from(rank).ok()?).copied(),
                Node::Inner(children) => {
                    let holder = children.iter().find(|child| {
                        let inside = rank < child.summary.count;
                        rank -= if inside { 0 } else { child.summary.count };
                        inside
                    });
                    node = &holder?.node;
                }
            }
        }
    }
}

impl Extend<Item> for Set {
    fn extend<T: IntoIterator<Item = Item>>(&mut self, items: T) {
        items.into_iter().for_each(|item| {
            self.insert(item);
        });
    }
}

/// Where in `children` the item is, or belongs.
fn place(children: &[Child], item: &Item) -> usize {
    children.partition_point(|child| child.first <= *item).saturating_sub(1)
}

impl Node {
    fn len(&self) -> usize {
        match self {
            Self::Leaf(items) => items.len(),
            Self::Inner(children) => children.len(),
        }
    }

    fn limit(&self) -> usize {
        match self {
            Self::Leaf(_) => LEAF,
            Self::Inner(_) => FAN,
        }
    }

    fn is_full(&self) -> bool {
        self.len() >= self.limit()
    }

    fn insert(&mut self, item: Item) -> bool {
        match self {
            Self::Leaf(items) => {
                let Err(at) = items.binary_search(&item) else { return false };
                items.insert(at, item);
                true
            }
            Self::Inner(children) => {
                let at = place(children, &item);
                let child = &mut children[at];
                if !child.node.insert(item) {
                    return false;
                }
                child.summary = child.summary.plus(&Summary::of(&item));
                if child.node.is_full() {
                    let right = child.split();
                    children.insert(at + 1, right);
                }
                true
            }
        }
    }

    fn remove(&mut self, item: &Item) -> bool {
        match self {
            Self::Leaf(items) => {
                let Ok(at) = items.binary_search(item) else { return false };
                items.remove(at);
                true
            }
            Self::Inner(children) => {
                let at = place(children, item);
                let child = &mut children[at];
                if !child.node.remove(item) {
                    return false;
                }
                child.summary = child.summary.minus(&Summary::of(item));
                if child.summary.count == 0 {
                    children.remove(at);
                } else {
                    // With its right neighbour, or its left one at the end.
                    merge(children, at.min(children.len().saturating_sub(2)));
                }
                true
            }
        }
    }
}

/// Makes the child at `at` and the next one, when there is, when both are nearly empty.
fn merge(children: &mut Vec<Child>, at: usize) {
    let small = |pair: &[Child]| pair[0].node.len() + pair[1].node.len() <= pair[0].node.limit() / 2;
    if !children.get(at..at + 2).is_some_and(small) {
        return;
    }
    let right = children.remove(at + 1);
    let left = &mut children[at];
    left.summary = left.summary.plus(&right.summary);
    match (&mut left.node, right.node) {
        (Node::Leaf(items), Node::Leaf(mut more)) => items.append(&mut more),
        (Node::Inner(children), Node::Inner(mut more)) => children.append(&mut more),
        // Every leaf is equally deep.
        (Node::Leaf(_), Node::Inner(_)) | (Node::Inner(_), Node::Leaf(_)) => {}
    }
}

impl Child {
    /// Keeps the lower half and returns the upper one.
    fn split(&mut self) -> Self {
        let half = self.node.len() / 2;
        let (first, summary, node) = match &mut self.node {
            Node::Leaf(items) => {
                let more = items.split_off(half);
                let summary = more.iter().fold(Summary::default(), |sum, item| sum.plus(&Summary::of(item)));
                (more[0], summary, Node::Leaf(more))
            }
            Node::Inner(children) => {
                let more = children.split_off(half);
                let summary = more.iter().fold(Summary::default(), |sum, child| sum.plus(&child.summary));
                (more[0].first, summary, Node::Inner(more))
            }
        };
        self.summary = self.summary.minus(&summary);
        Self { first, summary, node }
    }
}
