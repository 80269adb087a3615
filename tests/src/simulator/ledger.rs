//! The ledger of what people were promised, for the judge.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use replication::DocumentView;
use schemas::SharedValue;
use schemas::ids::{CircleId, DocumentId};
use schemas::time::Hour;

/// What accepted commands promised.
#[derive(Default)]
pub(super) struct Ledger {
    next: u64,
    waiting: BTreeMap<u64, Promise>,
    /// Documents that their owner erased.
    pub(super) erased: BTreeSet<DocumentId>,
    /// By whom and when a page was opened.
    opened: BTreeMap<DocumentId, (usize, u64)>,
    /// Pages that a successor opened anew, and what it made of each.
    pub(super) taken_over: BTreeMap<DocumentId, BTreeSet<DocumentId>>,
    /// Pages that their owner began anew by itself, with what became of each.
    pub(super) begun_anew: BTreeMap<DocumentId, DocumentId>,
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
    /// When, in milliseconds.
    pub(super) when: u64,
    /// In which circle.
    pub(super) circle: CircleId,
    /// What.
    pub(super) value: SharedValue,
    /// Until when it lives.
    pub(super) expires_at: Hour,
}

/// A character that an accepted command put in.
pub(super) struct Typed {
    /// Which; nobody typed it elsewhere.
    pub(super) character: char,
    /// At which node.
    pub(super) by: usize,
    /// When, in milliseconds.
    pub(super) when: u64,
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
        /// In which circle.
        circle: CircleId,
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
        /// Whether the document is new.
        opens: bool,
    },
    /// What the outbox of a node asked is answered.
    Asked {
        /// Whose.
        node: usize,
        /// Its number there.
        number: u64,
    },
}

/// What a node notes of its own when a command succeeded.
pub(super) enum Done {
    /// It erased a document.
    Erased(DocumentId),
    /// It published a word of its office.
    Said(DocumentId, u64),
    /// What it asked under this number was answered, and whether it was done.
    Asked(u64, bool),
}

impl Promise {
    fn node(&self) -> usize {
        match self {
            Self::Nothing { node }
            | Self::Published { node, .. }
            | Self::Said { node, .. }
            | Self::Erased { node, .. }
            | Self::Typed { node, .. }
            | Self::Asked { node, .. } => *node,
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
        if let Promise::Asked { number, .. } = promise {
            return Some(Done::Asked(number, succeeded));
        }
        if !succeeded {
            return None;
        }
        self.succeeded += 1;
        match promise {
            Promise::Erased { document, .. } => {
                self.erased.insert(document);
                return Some(Done::Erased(document));
            }
            Promise::Published { node, document, circle, value, expires_at } => {
                self.published.insert(document, Published { node, when: now, circle, value, expires_at });
            }
            Promise::Typed { node, document, characters, opens } => {
                if opens {
                    self.opened.insert(document, (node, now));
                }
                let typed = self.typed.entry(document).or_default();
                typed.extend(characters.into_iter().map(|character| (character, (node, now))));
            }
            Promise::Said { document, word, .. } => return Some(Done::Said(document, word)),
            Promise::Nothing { .. } | Promise::Asked { .. } => {}
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
    pub(super) fn kept(&self) -> impl Iterator<Item = (DocumentId, Vec<Typed>)> {
        let gone = |document: &DocumentId| self.erased.contains(document) || self.forked.contains(document);
        let stands = move |document: &&DocumentId| !gone(document) && !gone(&self.newest_of(**document));
        self.typed.keys().filter(stands).map(|document| {
            let taken: Vec<_> = self.became(*document).filter_map(|document| self.taken.get(&document)).collect();
            let is_taken = move |character: &char| taken.iter().any(|taken| taken.contains(character));
            let typed = self.typed.get(document).into_iter().flatten();
            let stays = typed.filter(|(character, _)| !is_taken(character));
            (
                *document,
                stays.map(|(character, (by, when))| Typed { character: *character, by: *by, when: *when }).collect(),
            )
        })
    }

    /// A page, what its owner began anew, and what the successor of its owner made of it, in order.
    fn became(&self, document: DocumentId) -> impl Iterator<Item = DocumentId> {
        std::iter::successors(Some(document), |page| {
            let taken_over = self.taken_over.get(page).and_then(BTreeSet::first);
            taken_over.or(self.begun_anew.get(page)).copied()
        })
    }

    /// What the successor of its owner made of a page, or of what the owner had begun anew of it.
    pub(super) fn left_to_heirs(&self, document: DocumentId) -> Option<&BTreeSet<DocumentId>> {
        self.became(document).find_map(|page| self.taken_over.get(&page))
    }

    /// The last of them.
    pub(super) fn newest_of(&self, document: DocumentId) -> DocumentId {
        self.became(document).last().unwrap_or(document)
    }

    /// Pages that were opened at a node before a moment and not erased since.
    pub(super) fn opened_by(&self, node: usize, before: u64) -> impl Iterator<Item = DocumentId> {
        let stands = move |(document, (by, when)): &(&DocumentId, &(usize, u64))| {
            *by == node && *when < before && !self.erased.contains(document)
        };
        self.opened.iter().filter(stands).map(|(document, _)| *document)
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
