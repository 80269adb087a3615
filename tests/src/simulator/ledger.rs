//! The ledger of what people were promised, for the judge.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use replication::DocumentView;
use schemas::SharedValue;
use schemas::ids::DocumentId;
use schemas::time::Hour;

/// What accepted commands promised.
#[derive(Default)]
pub(super) struct Ledger {
    next: u64,
    waiting: BTreeMap<u64, Promise>,
    /// Documents that their owner erased.
    pub(super) erased: BTreeSet<DocumentId>,
    /// Characters that accepted commands put in, per co-edited document: by which node and when.
    typed: BTreeMap<DocumentId, BTreeMap<char, (usize, u64)>>,
    /// What was published last in an owned document: by which node, when, and what.
    published: BTreeMap<DocumentId, Published>,
    /// Characters that somebody took out, also where it is not known whether that succeeded.
    pub(super) taken: BTreeMap<DocumentId, BTreeSet<char>>,
    /// Documents in which the hostile node forked: what honest people wrote after one half of the
    /// fork is not shown once the other half is known.
    pub(super) forked: BTreeSet<DocumentId>,
    /// How many commands succeeded.
    pub(super) succeeded: u64,
    /// Forms that are open: node and view they were rendered from.
    forms: Vec<(usize, DocumentView)>,
    characters: u32,
}

/// What was published last in a document.
pub(super) struct Published {
    /// Where.
    pub(super) node: usize,
    when: u64,
    /// What.
    pub(super) value: SharedValue,
    /// Until when it lives.
    pub(super) expires_at: Hour,
}

/// What follows when a command succeeds.
pub(super) enum Promise {
    /// Nothing that is judged.
    Nothing {
        /// Where it was asked.
        node: usize,
    },
    /// Its owner shows this, and nothing that was published before it.
    Published {
        /// Where it was asked.
        node: usize,
        /// Which.
        document: DocumentId,
        /// What.
        value: SharedValue,
        /// Until when it lives.
        expires_at: Hour,
    },
    /// The newest word of an office in this document was published.
    Said {
        /// Where it was said.
        node: usize,
        /// In which document.
        document: DocumentId,
        /// Its number.
        word: u64,
    },
    /// The document is gone for good.
    Erased {
        /// Where it was asked.
        node: usize,
        /// Which.
        document: DocumentId,
    },
    /// What was typed stays.
    Typed {
        /// Where it was typed.
        node: usize,
        /// In which document.
        document: DocumentId,
        /// What; nobody typed any of it before.
        characters: BTreeSet<char>,
    },
}

/// What a node notes of its own when a command succeeded.
pub(super) enum Done {
    /// It erased a document.
    Erased(DocumentId),
    /// It published a word of its office.
    Said(DocumentId, u64),
}

impl Promise {
    fn node(&self) -> usize {
        match self {
            Self::Nothing { node }
            | Self::Published { node, .. }
            | Self::Said { node, .. }
            | Self::Erased { node, .. }
            | Self::Typed { node, .. } => *node,
        }
    }
}

impl Ledger {
    pub(super) fn number(&mut self, promise: Promise) -> u64 {
        self.next += 1;
        self.waiting.insert(self.next, promise);
        self.next
    }

    /// A command was answered; what its node has to note, if anything.
    pub(super) fn settled(&mut self, number: u64, succeeded: bool, now: u64) -> Option<Done> {
        let promise = self.waiting.remove(&number)?;
        if !succeeded {
            return None;
        }
        self.succeeded += 1;
        match promise {
            Promise::Erased { document, .. } => {
                self.erased.insert(document);
                return Some(Done::Erased(document));
            }
            Promise::Published { node, document, value, expires_at } => {
                self.published.insert(document, Published { node, when: now, value, expires_at });
            }
            Promise::Typed { node, document, characters } => {
                let typed = self.typed.entry(document).or_default();
                typed.extend(characters.into_iter().map(|character| (character, (node, now))));
            }
            Promise::Said { document, word, .. } => return Some(Done::Said(document, word)),
            Promise::Nothing { .. } => {}
        }
        None
    }

    /// Nothing was promised to those whose node went down before it answered.
    pub(super) fn crashed(&mut self, node: usize) {
        for (_, promise) in self.waiting.extract_if(.., |_, promise| promise.node() == node) {
            if let Promise::Published { document, .. } | Promise::Erased { document, .. } = promise {
                // What it was and what it was to be may both be what was stored last.
                self.published.remove(&document);
            }
        }
        self.forms.retain(|(at, _)| *at != node);
    }

    /// A store was put back as it was at `at`: what was written there since may be lost with it.
    pub(super) fn put_back(&mut self, node: usize, at: u64) {
        self.published.retain(|_, published| published.node != node || published.when < at);
        for typed in self.typed.values_mut() {
            typed.retain(|_, (by, when)| *by != node || *when < at);
        }
    }

    /// What was typed in documents of which nothing may be lost.
    pub(super) fn kept(&self) -> impl Iterator<Item = (DocumentId, Vec<(char, usize)>)> {
        let stands = |document: &&DocumentId| !self.erased.contains(document) && !self.forked.contains(document);
        self.typed.keys().filter(stands).map(|document| {
            let taken = self.taken.get(document);
            let typed = self.typed.get(document).into_iter().flatten();
            let stays = typed.filter(|(character, _)| taken.is_none_or(|taken| !taken.contains(character)));
            (*document, stays.map(|(character, (node, _))| (*character, *node)).collect())
        })
    }

    /// What was published last in owned documents, and by which node.
    pub(super) fn published(&self) -> impl Iterator<Item = (DocumentId, &Published)> {
        let stands = |(document, _): &(&DocumentId, _)| !self.erased.contains(document);
        self.published.iter().filter(stands).map(|(document, published)| (*document, published))
    }

    pub(super) fn open_form(&mut self, node: usize, view: DocumentView) {
        self.forms.push((node, view));
    }

    /// One of the forms that are open at a node, if any.
    pub(super) fn take_form(&mut self, node: usize, rng: &mut ChaCha8Rng) -> Option<DocumentView> {
        let open: Vec<usize> = (0..self.forms.len()).filter(|at| self.forms[*at].0 == node).collect();
        let at = *open.get(rng.random_range(0..open.len().max(1)))?;
        Some(self.forms.remove(at).1)
    }

    /// A character that nobody typed before.
    pub(super) fn character(&mut self) -> char {
        self.characters += 1;
        char::from_u32(0x4e00 + self.characters % 20_000).unwrap_or('?')
    }
}
