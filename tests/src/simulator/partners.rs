//! Partners that a municipality suspended or parted with: nothing more is exchanged with them,
//! what is only theirs goes when they parted, but for what was typed here, which the replica reads
//! before it lets it go; and what is to be asked of its own pages waits in its store.
//!
//! What the program does (`partner_life.rs` of casework, `node/src/runtime/partners.rs` and
//! `node/src/errands.rs`) is done here in its simplest form; casework's own is tested on real
//! stores in `node/store/tests/partner_life.rs`.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use replication::control::{Body, Cut};
use replication::{Command, Input};
use schemas::envelope::Content;
use schemas::ids::{CircleId, DocumentId, RootId};

use super::ledger::Promise;
use super::node::Node;
use super::scenario::Plant;
use super::wire::pair;
use super::world::{Event, World};

/// What a municipality keeps of those it parted with or suspended; durable.
#[derive(Default, Clone)]
pub(super) struct Partners {
    /// With whom, and into whom that one merged if it did.
    parted: BTreeMap<RootId, Option<RootId>>,
    suspended: BTreeSet<RootId>,
    /// Who has not heard yet that it was left.
    untold: BTreeSet<RootId>,
    /// What is to be asked of the replica, in order.
    outbox: BTreeMap<u64, Command>,
    asked: u64,
    /// Of which of its pages whom was kept off, and not let in again.
    kept_off: BTreeSet<(DocumentId, RootId)>,
}

impl Partners {
    pub(super) fn has_parted(&self, partner: RootId) -> bool {
        self.parted.contains_key(&partner)
    }

    pub(super) fn has_suspended(&self, partner: RootId) -> bool {
        self.suspended.contains(&partner)
    }

    /// Whether nothing is exchanged with a partner.
    pub(super) fn keeps_out(&self, partner: RootId) -> bool {
        self.has_parted(partner) || self.has_suspended(partner)
    }

    /// Everybody with whom nothing is exchanged.
    pub(super) fn kept_out(&self) -> BTreeSet<RootId> {
        self.parted.keys().chain(&self.suspended).copied().collect()
    }

    fn parted(&self, may_have_merged: bool) -> impl Iterator<Item = Input> {
        let is_meant = move |(_, successor): &(&RootId, &Option<RootId>)| may_have_merged || successor.is_none();
        self.parted.iter().filter(is_meant).map(|(partner, _)| Input::Remove { partner: *partner })
    }

    fn ask(&mut self, command: Command) {
        self.asked += 1;
        self.outbox.insert(self.asked, command);
    }

    /// What was asked under this number is done, or refused.
    pub(super) fn settled(&mut self, number: u64, done: bool) {
        match self.outbox.remove(&number).filter(|_| done) {
            Some(Command::Suspend { document, author } | Command::Cut { document, author, .. }) => {
                self.kept_off.insert((document, author));
            }
            Some(Command::Resume { document, author }) => {
                self.kept_off.remove(&(document, author));
            }
            _ => {}
        }
    }
}

impl Node {
    /// What a replica is told of those this municipality parted with: those that left at once, and all
    /// of them when it is known who merged into whom. `known` lies between.
    pub(super) fn part_inputs(&self, known: Vec<Input>) -> Vec<Input> {
        let partners = &self.store.partners;
        partners.parted(false).chain(known).chain(partners.parted(true)).collect()
    }

    /// Pages of its own that are here, from which somebody was kept off, and of which no cut is held.
    pub(super) fn uncut(&self) -> Vec<(DocumentId, RootId)> {
        let own = self.store.envelopes.values().map(|envelope| envelope.get());
        let cuts = own.filter(|one| one.header.owner == self.root && one.header.content == Content::Cut);
        let cuts: BTreeSet<_> =
            cuts.filter_map(|one| Some((one.header.document, Cut::from_bytes(&one.body).ok()?.author))).collect();
        let pages = self.pages_of(self.root);
        let kept_off = self.store.partners.kept_off.iter().filter(|(page, _)| pages.contains(page));
        kept_off.filter(|place| !cuts.contains(place)).copied().collect()
    }

    /// Its own lists.
    fn own_lists(&self) -> Vec<Input> {
        let own = self.store.lists.iter().filter(|((_, owner), _)| *owner == self.root);
        own.map(|(_, kept)| Input::List { list: kept.list.clone(), bytes: kept.bytes.clone() }).collect()
    }

    /// Pages of `owner` that are here. They are so at once when a process starts, also where what
    /// they show is still to be built anew.
    fn pages_of(&self, owner: RootId) -> BTreeSet<DocumentId> {
        let headers = self.store.envelopes.values().map(|envelope| &envelope.get().header);
        let openings = headers.filter(|header| header.owner == owner && header.content == Content::Opening);
        openings.map(|header| header.document).collect()
    }
}

impl World {
    /// Whether one of the two parted with the other.
    pub(super) fn have_parted(&self, a: usize, b: usize) -> bool {
        let parted = |this: usize, other: usize| self.nodes[this].store.partners.has_parted(self.nodes[other].root);
        parted(a, b) || parted(b, a)
    }

    /// Whether one of the two left the other, and neither merged.
    pub(super) fn have_parted_for_good(&self, a: usize, b: usize) -> bool {
        let merged = |at: usize| self.merger.is_some_and(|merger| merger.gone == at);
        self.have_parted(a, b) && !merged(a) && !merged(b)
    }

    /// Whether the programs of both let the other in.
    pub(super) fn let_each_other_in(&self, a: usize, b: usize) -> bool {
        let lets_in = |this: usize, other: usize| !self.nodes[this].kept_out.contains(&self.nodes[other].root);
        lets_in(a, b) && lets_in(b, a)
    }

    /// Whether one of the two keeps the other out.
    pub(super) fn are_apart(&self, a: usize, b: usize) -> bool {
        let apart = |this: usize, other: usize| self.nodes[this].store.partners.keeps_out(self.nodes[other].root);
        apart(a, b) || apart(b, a)
    }

    /// Whether a node suspended another.
    pub(super) fn gives_nothing(&self, at: usize, other: usize) -> bool {
        self.nodes[at].store.partners.has_suspended(self.nodes[other].root)
    }

    /// Asks something about every page of a node in which a partner may write.
    fn in_own_pages(&mut self, at: usize, partner: RootId, ask: impl Fn(DocumentId) -> Command) {
        let me = self.nodes[at].root;
        let own_list = self.nodes[at].store.lists.get(&(self.circles[0], me));
        if own_list.is_some_and(|kept| kept.list.get().members.contains(&partner)) {
            for page in self.nodes[at].pages_of(me) {
                self.nodes[at].store.partners.ask(ask(page));
            }
        }
    }

    /// A municipality suspends a partner: nothing is exchanged with it, and what it writes from now
    /// on waits.
    pub(super) fn suspend(&mut self, at: usize, partner: RootId) {
        self.in_own_pages(at, partner, |document| Command::Suspend { document, author: partner });
        self.nodes[at].store.partners.suspended.insert(partner);
        self.sign_list_without(at, partner);
        self.partners_move(at);
    }

    /// Goes on with a partner that was suspended.
    pub(super) fn resume(&mut self, at: usize, partner: RootId) {
        self.nodes[at].store.partners.suspended.remove(&partner);
        self.sign_list_with(at, partner);
        if self.plant != Plant::NeverResumes {
            self.in_own_pages(at, partner, |document| Command::Resume { document, author: partner });
        }
        self.partners_move(at);
        if let Some(other) = self.node_of(partner) {
            self.later(200, Event::Reconnect { a: at, b: other });
        }
    }

    /// The program hears that something changed in who its partners are.
    fn partners_move(&mut self, at: usize) {
        let life = self.nodes[at].life;
        let (soon, sooner) = (self.rng.random_range(0..60), self.rng.random_range(0..60));
        self.later(soon, Event::PartnersChanged { node: at, life });
        self.later(sooner, Event::Drain { node: at, life });
    }

    /// A municipality goes on without a partner, all at once in its store: what that one may still
    /// add to its pages is cut, what is only that one's goes, and a successor takes the pages over.
    pub(super) fn part(&mut self, at: usize, partner: RootId, successor: Option<RootId>) {
        let me = self.nodes[at].root;
        if self.nodes[at].store.partners.has_parted(partner) {
            return;
        }
        self.in_own_pages(at, partner, |document| Command::Cut { document, author: partner, bar: true });
        if successor == Some(me) {
            self.take_over(at, partner);
        }
        let between = CircleId::pair(me, partner);
        let node = &mut self.nodes[at];
        node.store.partners.suspended.remove(&partner);
        node.store.partners.parted.insert(partner, successor);
        node.store.partners.untold.insert(partner);
        node.store.office.part(me, partner);
        let stays = |co_edited: bool| successor.is_some() && co_edited;
        // What was typed here is read once more before it goes.
        let own = node.identity.nodes();
        let headers = node.store.envelopes.values().map(|envelope| &envelope.get().header);
        let typed = headers.filter(|header| header.content == Content::Change && own.contains(&header.author));
        let typed: BTreeSet<DocumentId> = typed.map(|header| header.document).collect();
        node.store.envelopes.retain(|_, envelope| {
            let header = &envelope.get().header;
            let goes = header.circle == between || header.owner == partner && !stays(header.kind.is_co_edited());
            !goes || typed.contains(&header.document)
        });
        node.store.views.retain(|_, view| {
            view.circle != between && (view.owner != partner || stays(view.value.kind().is_co_edited()))
        });
        node.store.lists.retain(|(_, owner), _| *owner != partner);
        self.sign_list_without(at, partner);
        self.partners_move(at);
        if let Some(to) = self.node_of(partner) {
            let after = self.rng.random_range(100..5_000);
            self.later(after, Event::Farewell { from: at, to });
        }
    }

    /// Opens anew what came of one that merged into this municipality after it went on without it.
    pub(super) fn take_over_late(&mut self, at: usize) {
        let me = self.nodes[at].root;
        let left_to_us = |(gone, successor): (&RootId, &Option<RootId>)| (*successor == Some(me)).then_some(*gone);
        let left: Vec<RootId> = self.nodes[at].store.partners.parted.iter().filter_map(left_to_us).collect();
        for gone in left {
            self.take_over(at, gone);
        }
    }

    /// Has every page of a partner that merged into this municipality opened anew as its own.
    fn take_over(&mut self, at: usize, partner: RootId) {
        let expires_at = self.nodes[at].clock(self.now()).hour().plus_days(400);
        let outbox = &self.nodes[at].store.partners.outbox;
        let is_asked = |page: &DocumentId| {
            outbox.values().any(|command| matches!(command, Command::Replace { document, .. } if document == page))
        };
        let pages: Vec<DocumentId> =
            self.nodes[at].pages_of(partner).into_iter().filter(|page| !is_asked(page)).collect();
        for page in pages {
            let by = self.draw_document();
            // What was asked before and refused became nothing.
            let opened = self.nodes[at].pages_of(self.nodes[at].root);
            let (erased, anew) = (&self.ledger.erased, &self.ledger.begun_anew);
            let stands = |by: &DocumentId| opened.contains(by) || erased.contains(by) || anew.contains_key(by);
            let became = self.ledger.taken_over.entry(page).or_default();
            became.retain(stands);
            became.insert(by);
            let command = Command::Replace { document: page, by, expires_at };
            self.nodes[at].store.partners.ask(command);
        }
    }

    /// The program reads anew who its partners are.
    pub(super) fn partners_changed(&mut self, at: usize) {
        self.nodes[at].kept_out = self.nodes[at].store.partners.kept_out();
        for other in (0..self.nodes.len()).filter(|other| *other != at) {
            if self.nodes[at].kept_out.contains(&self.nodes[other].root) {
                if let Some(stream) = self.wires.get(&pair(at, other)).copied() {
                    self.cut(at, other);
                    self.sees_cut(at, other, stream);
                }
                if let Some(stream) = self.open.get(&(at, other)).copied() {
                    self.sees_cut(at, other, stream);
                }
            }
        }
        let node = &self.nodes[at];
        for input in node.part_inputs(node.own_lists()) {
            self.input(at, input);
        }
    }

    /// Hands on what waits in the outbox and was not handed on since the process started.
    pub(super) fn drain(&mut self, at: usize) {
        let node = &self.nodes[at];
        let now = node.clock(self.now());
        if node.replica.as_ref().is_none_or(|replica| !replica.may_sign(now)) || self.is_recovering(at) {
            return;
        }
        let life = node.life;
        self.take_over_late(at);
        let node = &self.nodes[at];
        let waiting: Vec<(u64, Command)> = node
            .store
            .partners
            .outbox
            .range(node.drained + 1..)
            .map(|(number, command)| (*number, command.clone()))
            .collect();
        for (number, command) in waiting {
            self.nodes[at].drained = number;
            if self.plant == Plant::NeverCuts && matches!(command, Command::Suspend { .. } | Command::Cut { .. }) {
                self.nodes[at].store.partners.settled(number, true);
                continue;
            }
            self.command(at, Promise::Asked { node: at, number }, command);
            if self.nodes[at].life != life {
                return;
            }
        }
    }

    /// One that was left hears it, when both run and are in reach of each other; else later.
    pub(super) fn farewell(&mut self, from: usize, to: usize) {
        let (root, partner) = (self.nodes[from].root, self.nodes[to].root);
        if !self.nodes[from].store.partners.untold.contains(&partner) {
            return;
        }
        let up = self.nodes[from].replica.is_some() && self.nodes[to].replica.is_some();
        // What a suspended partner says is not taken: its key may be a thief's.
        let is_heard = up && !self.is_partitioned(from, to) && !self.nodes[to].store.partners.has_suspended(root);
        if !is_heard || to == self.hostile() {
            if !self.healed {
                self.later(2_000, Event::Farewell { from, to });
            }
            return;
        }
        self.part(to, root, None);
        self.nodes[to].store.partners.untold.remove(&root);
        self.nodes[from].store.partners.untold.remove(&partner);
    }

    /// Everybody gets to what waits.
    pub(super) fn settle_partners(&mut self, at: usize) {
        self.drain(at);
        for partner in self.nodes[at].store.partners.untold.clone() {
            if let Some(to) = self.node_of(partner) {
                self.farewell(at, to);
            }
        }
    }
}
