//! The judge: what must hold once everything works again.

use std::collections::{BTreeMap, BTreeSet};

use replication::DocumentView;
use schemas::Kind;
use schemas::envelope::{Content, Header};
use schemas::ids::{CircleId, DocumentId, EnvelopeId, RootId};
use schemas::time::Hour;

use super::act::body_of;
use super::ledger::Typed;
use super::node::Node;
use super::world::World;

/// How a simulation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What does not hold, in words; empty when all is well.
    pub faults: Vec<String>,
    /// Hash over everything that happened.
    pub trace: [u8; 32],
    /// How many commands succeeded.
    pub commands: u64,
    /// Matches across the border that stand in the end.
    pub matches: usize,
    /// How many envelopes the honest nodes hold in the end, together.
    pub held: usize,
    /// How many effects were asked for.
    pub effects: u64,
    /// Kinds of refusal that honest nodes gave.
    pub refusals: BTreeSet<schemas::Refusal>,
}

/// Judges the end of a simulation.
pub(super) fn judge(world: &World) -> Verdict {
    let mut faults = world.faults.clone();
    let honest = &world.nodes[..world.hostile()];
    let early = early(world, honest);
    sets_are_equal(world, honest, &early, &mut faults);
    values_are_equal(world, honest, &early, &mut faults);
    nothing_forged_or_erased(world, honest, &mut faults);
    nothing_typed_is_lost(world, honest, &early, &mut faults);
    nothing_typed_is_lost_in_parting(world, honest, &mut faults);
    the_last_word_stands(world, honest, &mut faults);
    in_step(world, honest, &early, &mut faults);
    world.judge_keys(&mut faults);
    world.judge_merger(&early, &mut faults);
    world.judge_partings(&mut faults);
    who_was_kept_off_stays_so(honest, &mut faults);
    if world.scenario.offices {
        world.judge_offices(&mut faults);
    }
    Verdict {
        faults,
        trace: world.trace(),
        commands: world.ledger.succeeded,
        matches: world.matches(),
        held: honest.iter().map(|node| node.store.envelopes.len()).sum(),
        effects: world.effects,
        refusals: honest.iter().flat_map(|node| node.refused.iter().copied()).collect(),
    }
}

/// What ends before tomorrow is left out by the check.
fn cutoff(world: &World) -> Hour {
    Hour((u32::try_from(world.now().0 / 86_400).unwrap_or(u32::MAX) + 1) * 24)
}

fn held_in(node: &Node, shared: &Shared, cutoff: Hour, early: &Early) -> BTreeSet<EnvelopeId> {
    let counts = |envelope: &&_| {
        let header = &schemas::Verified::<schemas::Envelope>::get(envelope).header;
        let of_all = shared.counts(header.owner, header.kind) && !early.contains(&(header.owner, header.document));
        header.circle == shared.circle && of_all && header.expires_at >= cutoff
    };
    node.store.envelopes.values().filter(counts).map(|envelope| envelope.get().id()).collect()
}

/// Documents, by owner.
pub(super) type Early = BTreeSet<(RootId, DocumentId)>;

/// Documents of which a node whose clock was ahead took what was signed ahead, and nobody says it again:
/// the hostile node, one that has it no more, or one that opened a page and holds it or cut somebody in
/// it. The others take it, and what follows it, when its time has come.
fn early(world: &World, honest: &[Node]) -> Early {
    let is_ahead = |one: &&Header| one.signed_at.is_ahead_of(world.now());
    let all = || honest.iter().flat_map(|node| node.store.envelopes.values()).map(|envelope| &envelope.get().header);
    let what = |one: &Header| (one.owner, one.document, one.content, one.stamp, one.body_hash);
    let of_now = || all().filter(|one| !is_ahead(one));
    let said: Vec<_> = of_now().map(what).collect();
    // A page that was opened ahead is begun anew, and an erasure has a number of its own.
    let ended = of_now().filter(|one| matches!(one.content, Content::Erased | Content::ReplacedBy));
    let ended: Early = ended.map(|one| (one.owner, one.document)).collect();
    let author_has = |one: &Header| {
        let author = honest.iter().find(|node| node.identity.has_key(one.author));
        author.is_some_and(|author| author.store.envelopes.values().any(|held| what(&held.get().header) == what(one)))
    };
    let early = all().filter(|one| one.content != Content::Version && is_ahead(one));
    let restrained = all().filter(|one| matches!(one.content, Content::Hold | Content::Cut));
    let restrained: Early = restrained.map(|one| (one.owner, one.document)).collect();
    let stays = |one: &Header| one.content == Content::Opening && restrained.contains(&(one.owner, one.document));
    let early = early.filter(|one| stays(one) || !author_has(one) && !said.contains(&what(one)));
    let early = early.map(|one| (one.owner, one.document));
    early.filter(|document| !ended.contains(document)).collect()
}

/// What several honest nodes hold alike.
struct Shared {
    circle: CircleId,
    owners: BTreeSet<RootId>,
    /// Who merged: of that one only what was written together is anybody's.
    left_by: Option<RootId>,
    members: Vec<usize>,
}

impl Shared {
    /// Whether documents of this kind of `owner` are among it. Who merged is a partner still where
    /// nobody reached it since: its own cards are there and elsewhere not.
    fn counts(&self, owner: RootId, kind: Kind) -> bool {
        self.owners.contains(&owner) && (self.left_by != Some(owner) || kind.is_co_edited())
    }
}

/// What the honest members of the first circle hold alike.
fn main_circle(world: &World) -> Shared {
    let members = world.honest_members();
    let mut owners: BTreeSet<RootId> = members.iter().map(|at| world.nodes[*at].root).collect();
    if world.scenario.hostile && world.nobody_moved() {
        owners.insert(world.nodes[world.hostile()].root);
    }
    // What is left of one that merged says by what its pages were replaced.
    let left_by = world.merger.map(|merger| world.nodes[merger.gone].root);
    owners.extend(left_by);
    Shared { circle: world.circles[0], owners, left_by, members }
}

/// The first circle, by who may have what its members wrote: one that suspended another gives it
/// nothing more, though what it is given by that one comes through others.
fn audiences(world: &World) -> Vec<Shared> {
    let Shared { circle, owners, left_by, members } = main_circle(world);
    let mut audiences: BTreeMap<Vec<usize>, BTreeSet<RootId>> = BTreeMap::new();
    for owner in owners {
        let gives = |at: &usize| !world.node_of(owner).is_some_and(|of| world.gives_nothing(of, *at));
        audiences.entry(members.iter().copied().filter(gives).collect()).or_default().insert(owner);
    }
    audiences.into_iter().map(|(members, owners)| Shared { circle, owners, left_by, members }).collect()
}

/// What honest nodes hold alike: in each circle the documents of its members.
fn circles(world: &World, honest: &[Node]) -> Vec<Shared> {
    let root = |at: &usize| world.nodes[*at].root;
    let mut circles = audiences(world);
    let pair = |circle, a: usize, b: usize| Shared {
        circle,
        owners: [a, b].iter().map(root).collect(),
        left_by: None,
        members: vec![a, b],
    };
    if !world.are_apart(0, 1) {
        circles.push(pair(world.circles[1], 0, 1));
    }
    for a in 0..honest.len() {
        for b in a + 1..honest.len() {
            if world.scenario.reaches(a, b) && !world.are_apart(a, b) {
                circles.push(pair(CircleId::pair(honest[a].root, honest[b].root), a, b));
            }
        }
    }
    circles
}

fn sets_are_equal(world: &World, honest: &[Node], early: &Early, faults: &mut Vec<String>) {
    let cutoff = cutoff(world);
    for shared in circles(world, honest) {
        let sets: Vec<_> = shared.members.iter().map(|at| held_in(&honest[*at], &shared, cutoff, early)).collect();
        for (member, set) in shared.members.iter().zip(&sets) {
            if set != &sets[0] {
                let differs = set.symmetric_difference(&sets[0]).count();
                let circle = shared.circle;
                faults.push(format!(
                    "nodes {} and {member} differ by {differs} envelopes of {circle:?}",
                    shared.members[0]
                ));
            }
        }
    }
}

/// Ids that one owner gave to two documents: which of them is shown depends on the circles that
/// a node is in.
fn taken_ids(honest: &[Node]) -> BTreeSet<(RootId, DocumentId)> {
    let mut places = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for envelope in honest.iter().flat_map(|node| node.store.envelopes.values()) {
        let header = &envelope.get().header;
        let place = (header.circle, header.kind);
        let document = (header.owner, header.document);
        if *places.entry(document).or_insert(place) != place {
            taken.insert(document);
        }
    }
    taken
}

fn values_are_equal(world: &World, honest: &[Node], early: &Early, faults: &mut Vec<String>) {
    let cutoff = cutoff(world);
    let mut left_out = taken_ids(honest);
    left_out.extend(early);
    for shared in circles(world, honest) {
        let members = &shared.members;
        let views = |at: usize| {
            let fits = |view: &&DocumentView| {
                let counts = view.circle == shared.circle && shared.counts(view.owner, view.value.kind());
                counts && view.expires_at >= cutoff && !left_out.contains(&(view.owner, view.document))
            };
            let views = honest[at].store.views.values().filter(fits);
            views.map(|view| ((view.owner, view.document), view.clone())).collect::<BTreeMap<_, _>>()
        };
        let first = views(members[0]);
        for member in &members[1..] {
            let other = views(*member);
            for document in first.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
                if first.get(document) != other.get(document) {
                    faults.push(format!("nodes {} and {member} show {document:?} differently", members[0]));
                }
            }
        }
    }
    for (at, node) in honest.iter().enumerate() {
        for envelope in node.store.envelopes.values() {
            let header = &envelope.get().header;
            let document = (header.owner, header.document);
            let shown = node.store.views.contains_key(&document);
            let counts = matches!(header.content, Content::Version | Content::Opening);
            if counts && !shown && !left_out.contains(&document) {
                faults.push(format!("node {at} holds {:?} and does not show it", header.document));
            }
        }
    }
}

/// Whether a node that was put back waits for what an absent partner kept, before it decides about what
/// only the two share.
fn waits_for_absent(node: &Node, circle: CircleId) -> bool {
    node.absent.iter().any(|partner| CircleId::pair(node.root, *partner) == circle)
}

fn nothing_forged_or_erased(world: &World, honest: &[Node], faults: &mut Vec<String>) {
    for (at, node) in honest.iter().enumerate() {
        for (id, envelope) in &node.store.envelopes {
            let header = &envelope.get().header;
            if world.forged.contains(id) {
                faults.push(format!("node {at} holds a forged {:?}", header.content));
            }
            let of_owner = world.node_of(header.owner).is_some_and(|owner| owner < honest.len());
            if world.ledger.erased.contains(&header.document) && header.content != Content::Erased && of_owner {
                // Two that don't meet any more cannot be told what only they shared, nor one that left,
                // nor who suspended the only one to tell it.
                let owner = world.node_of(header.owner).unwrap_or(at);
                let between_two = world.circles.iter().all(|circle| *circle != header.circle);
                let left = header.circle == world.circles[0] && (world.left(at) || world.left(owner));
                let only_two = between_two || header.circle == world.circles[1];
                let meet = world.scenario.reaches(at, owner) || !between_two;
                let told = at == owner && !waits_for_absent(node, header.circle)
                    || at != owner && meet && !(only_two && world.gives_nothing(at, owner));
                if told && !left && !world.gives_nothing(owner, at) {
                    faults.push(format!("node {at} holds the erased {:?}", header.document));
                }
            }
        }
        for view in node.store.views.values() {
            let held = node.store.envelopes.values().any(|one| one.get().header.document == view.document);
            if !held && !world.waits_for_new_key(at, view) {
                faults.push(format!("node {at} shows {:?} and does not hold it", view.document));
            }
        }
    }
}

fn nothing_typed_is_lost(world: &World, honest: &[Node], early: &Early, faults: &mut Vec<String>) {
    for (document, typed) in world.ledger.kept() {
        for (at, node) in honest.iter().enumerate() {
            // Who merged keeps its own page; elsewhere it is its successor's.
            let gone = world.merger.filter(|merger| merger.gone == at);
            let shown = if gone.is_some() { document } else { world.ledger.newest_of(document) };
            // A hostile node may have a document of its own under this id.
            let is_page = |view: &&DocumentView| view.document == shown && view.value.kind().is_co_edited();
            let Some(view) = node.store.views.values().find(is_page) else { continue };
            if early.contains(&(view.owner, document)) {
                continue;
            }
            let of_who_left = world.node_of(view.owner).is_some_and(|owner| world.left(owner));
            let counts = |typed: &&Typed| {
                // What somebody who leaves writes last may stay with him alone; and who left is
                // not told what others write since.
                let by_who_left = world.left(typed.by) && !world.wrote_before_merging(typed);
                // One that is suspended is given nothing, and what it writes waits.
                let apart = |who| world.node_of(view.owner).is_some_and(|owner| world.gives_nothing(owner, who));
                at == typed.by || !(of_who_left || world.left(at) || by_who_left || apart(at) || apart(typed.by))
            };
            let body: BTreeSet<char> = body_of(&view.value).chars().collect();
            // What cannot count waits with its author: while that one, or one whose words it follows, is
            // or was cut off, and where it follows what a retired key signed that nobody can say again.
            let unsaid = world.node_of(view.owner).is_some_and(|owner| world.cannot_say_again(owner));
            let may_wait = shown != document
                || unsaid
                || world.somebody_is_cut_off(view.owner)
                || world.was_cut_off_while_keys_changed(view.owner);
            let is_draft = |typed: &Typed| {
                // A wrong clock ended the page there before its time.
                let ended = honest.get(typed.by).is_some_and(|by| by.misled.is_some());
                let waits = may_wait || ended || world.was_cut_off_by_merging(view.owner, typed);
                waits && has_draft(honest, document, typed)
            };
            let is_lost = |typed: &&Typed| !body.contains(&typed.character) && !is_draft(typed);
            let lost: Vec<usize> = typed.iter().filter(counts).filter(is_lost).map(|typed| typed.by).collect();
            if !lost.is_empty() {
                faults.push(format!("node {at} lost {} characters of {document:?} by {lost:?}", lost.len()));
            }
        }
    }
}

/// Whether whoever typed this has it in a draft.
fn has_draft(honest: &[Node], page: DocumentId, typed: &Typed) -> bool {
    let mut drafts = honest.get(typed.by).into_iter().flat_map(|by| by.store.drafts.values());
    drafts.any(|(of, text)| *of == page && text.contains(typed.character))
}

/// Of two that parted each has what it typed in pages of the other as a draft, where the other has
/// not got it.
fn nothing_typed_is_lost_in_parting(world: &World, honest: &[Node], faults: &mut Vec<String>) {
    for (document, typed) in world.ledger.kept() {
        let is_page = |view: &&DocumentView| view.document == document && view.value.kind().is_co_edited();
        for (at, owner) in honest.iter().enumerate() {
            let Some(page) = owner.store.views.values().find(is_page).filter(|page| page.owner == owner.root) else {
                continue;
            };
            let body = body_of(&page.value);
            let counts = |typed: &&Typed| {
                typed.by < honest.len() && world.have_parted_for_good(at, typed.by) && !world.cannot_say_again(at)
            };
            let is_lost = |typed: &&Typed| !body.contains(typed.character) && !has_draft(honest, document, typed);
            let lost: Vec<usize> = typed.iter().filter(counts).filter(is_lost).map(|typed| typed.by).collect();
            if !lost.is_empty() {
                faults.push(format!("{} characters of {document:?} by {lost:?} went with their partner", lost.len()));
            }
        }
    }
}

/// What an owner published last is what it shows, until it ends.
fn the_last_word_stands(world: &World, honest: &[Node], faults: &mut Vec<String>) {
    for (document, published) in world.ledger.published() {
        let at = published.node;
        let Some(owner) = honest.get(at) else { continue };
        // Of two that parted nothing is left between them.
        if (0..world.nodes.len()).any(|other| {
            world.have_parted(at, other) && published.circle == CircleId::pair(owner.root, world.nodes[other].root)
        }) {
            continue;
        }
        // A clock is judged by the median of those that are heard, and half of them never make a
        // node doubt itself: one that runs ahead together with half of its partners, or that
        // nobody contradicts for an hour, or that is ahead by less than a day, ends what is not
        // over. No node can know better. What it ended is gone, or an older word of it comes back.
        let ended = |(hour, when): (Hour, u64)| published.when <= when && published.expires_at <= hour;
        if owner.misled.is_some_and(ended) {
            continue;
        }
        match owner.store.views.get(&(owner.root, document)) {
            Some(view) if view.value != published.value => {
                faults.push(format!("node {at} shows of {document:?} what it published before"));
            }
            // A wrong clock has not ended it before its time.
            None if published.expires_at >= cutoff(world) => {
                faults.push(format!("node {at} does not show what it published in {document:?}"));
            }
            _ => {}
        }
    }
}

/// Who was suspended or left, and not resumed, is cut in the pages of who did that.
fn who_was_kept_off_stays_so(honest: &[Node], faults: &mut Vec<String>) {
    for (at, node) in honest.iter().enumerate() {
        for (page, author) in node.uncut() {
            faults.push(format!("node {at} holds no cut of {author:?} in {page:?}"));
        }
    }
}

/// Circles in which a node holds something that others take only later.
pub(super) fn waiting_circles(node: &Node, early: &Early) -> BTreeSet<CircleId> {
    if early.is_empty() {
        return BTreeSet::new();
    }
    let held = node.store.envelopes.values().map(|one| &one.get().header);
    held.filter(|one| early.contains(&(one.owner, one.document))).map(|one| one.circle).collect()
}

/// The replicas themselves say that they are in step.
fn in_step(world: &World, honest: &[Node], early: &Early, faults: &mut Vec<String>) {
    let main = main_circle(world);
    for (a, b) in world.wires.keys().filter(|(_, b)| *b < honest.len()) {
        for (this, other) in [(*a, *b), (*b, *a)] {
            let Some(replica) = &honest[this].replica else { continue };
            let state = replica.partner_state(honest[other].root).unwrap_or_default();
            // Who left is not told what the lists of the others say since.
            let left = world.left(this) || world.left(other);
            let mut circles = replica.circles_with(honest[other].root);
            circles.retain(|circle| !left || *circle != world.circles[0]);
            let waits = [this, other].map(|at| waiting_circles(&honest[at], early));
            let must_agree = |circle: &&CircleId| waits.iter().all(|waits| !waits.contains(*circle));
            let in_step = |circle: &CircleId| state.in_step.get(circle) == Some(&true) && state.reconciled_at.is_some();
            if !circles.iter().filter(must_agree).all(in_step) {
                faults.push(format!("node {this} is not in step with {other}"));
            }
            for circle in circles {
                let ids = replica.envelope_ids(circle, honest[other].root);
                let theirs = honest[other].replica.as_ref().map(|other| other.envelope_ids(circle, honest[this].root));
                let cutoff = cutoff(world);
                // Of who is not in the circle any more, some may have let go and others not yet.
                let counts = |header: &schemas::Header| {
                    let given = world
                        .node_of(header.owner)
                        .is_none_or(|owner| [this, other].iter().all(|at| !world.gives_nothing(owner, *at)));
                    header.expires_at >= cutoff
                        && given
                        && !early.contains(&(header.owner, header.document))
                        && (circle != world.circles[0] || main.counts(header.owner, header.kind))
                };
                let late = |id: &EnvelopeId| {
                    let held = honest[this].store.envelopes.get(id).or(honest[other].store.envelopes.get(id));
                    held.is_some_and(|envelope| counts(&envelope.get().header))
                };
                let differs = theirs.is_some_and(|theirs| ids.symmetric_difference(&theirs).any(late));
                if differs {
                    faults.push(format!("nodes {this} and {other} count different envelopes of {circle:?}"));
                }
            }
        }
    }
}
