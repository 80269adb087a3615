//! The judge: what must hold once everything works again.

use std::collections::{BTreeMap, BTreeSet};

use schemas::envelope::Content;
use schemas::ids::{CircleId, DocumentId, EnvelopeId};
use schemas::time::Hour;

use super::act::body_of;
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
    /// How many envelopes the honest nodes hold in the end, together.
    pub held: usize,
    /// Kinds of refusal that honest nodes gave.
    pub refusals: BTreeSet<schemas::Refusal>,
}

/// Judges the end of a simulation.
pub(super) fn judge(world: &World) -> Verdict {
    let mut faults = Vec::new();
    let honest = &world.nodes[..world.hostile()];
    sets_are_equal(world, honest, &mut faults);
    values_are_equal(world, honest, &mut faults);
    nothing_forged_or_erased(world, honest, &mut faults);
    nothing_typed_is_lost(world, honest, &mut faults);
    in_step(world, honest, &mut faults);
    Verdict {
        faults,
        trace: world.trace(),
        commands: world.ledger.succeeded,
        held: honest.iter().map(|node| node.store.envelopes.len()).sum(),
        refusals: honest.iter().flat_map(|node| node.refused.iter().copied()).collect(),
    }
}

/// What ends before tomorrow is left out by the check.
fn cutoff(world: &World) -> Hour {
    Hour((u32::try_from(world.now().0 / 86_400).unwrap_or(u32::MAX) + 1) * 24)
}

fn held_in(node: &Node, circle: CircleId, cutoff: Hour) -> BTreeSet<EnvelopeId> {
    let counts = |envelope: &&_| {
        let header = &schemas::Verified::<schemas::Envelope>::get(envelope).header;
        header.circle == circle && header.expires_at >= cutoff
    };
    node.store.envelopes.values().filter(counts).map(|envelope| envelope.get().id()).collect()
}

/// Honest members of each circle.
fn circles(world: &World, honest: &[Node]) -> Vec<(CircleId, Vec<usize>)> {
    let mut circles = vec![(world.circles[0], (0..honest.len()).collect()), (world.circles[1], vec![0, 1])];
    for a in 0..honest.len() {
        for b in a + 1..honest.len() {
            if !world.scenario.row || b == a + 1 {
                circles.push((CircleId::pair(honest[a].root, honest[b].root), vec![a, b]));
            }
        }
    }
    circles
}

fn sets_are_equal(world: &World, honest: &[Node], faults: &mut Vec<String>) {
    let cutoff = cutoff(world);
    for (circle, members) in circles(world, honest) {
        let sets: Vec<_> = members.iter().map(|at| held_in(&honest[*at], circle, cutoff)).collect();
        for (member, set) in members.iter().zip(&sets) {
            if set != &sets[0] {
                let differs = set.symmetric_difference(&sets[0]).count();
                faults.push(format!("nodes {} and {member} differ by {differs} envelopes of {circle:?}", members[0]));
            }
        }
    }
}

/// Documents whose id was taken for a second document: which of them is shown is each node's own
/// matter.
fn taken_ids(honest: &[Node]) -> BTreeSet<DocumentId> {
    let mut owners = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for envelope in honest.iter().flat_map(|node| node.store.envelopes.values()) {
        let header = &envelope.get().header;
        let place = (header.owner, header.circle, header.kind);
        if *owners.entry(header.document).or_insert(place) != place {
            taken.insert(header.document);
        }
    }
    taken
}

fn values_are_equal(world: &World, honest: &[Node], faults: &mut Vec<String>) {
    let cutoff = cutoff(world);
    let taken = taken_ids(honest);
    for (circle, members) in circles(world, honest) {
        let views = |at: usize| {
            let fits = |view: &&replication::DocumentView| {
                view.circle == circle && view.expires_at >= cutoff && !taken.contains(&view.document)
            };
            let views = honest[at].store.views.values().filter(fits);
            views.map(|view| (view.document, view.clone())).collect::<BTreeMap<_, _>>()
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
            let shown = node.store.views.contains_key(&header.document);
            let counts = matches!(header.content, Content::Version | Content::Opening);
            if counts && !shown && !taken.contains(&header.document) {
                faults.push(format!("node {at} holds {:?} and does not show it", header.document));
            }
        }
    }
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
                // In a row a pair of two that don't meet any more cannot be told.
                let told = header.circle == world.circles[0] || !world.scenario.row;
                if told {
                    faults.push(format!("node {at} holds the erased {:?}", header.document));
                }
            }
        }
        for view in node.store.views.values() {
            if !node.store.envelopes.values().any(|one| one.get().header.document == view.document) {
                faults.push(format!("node {at} shows {:?} and does not hold it", view.document));
            }
        }
    }
}

fn nothing_typed_is_lost(world: &World, honest: &[Node], faults: &mut Vec<String>) {
    let nothing = BTreeSet::new();
    for (document, typed) in &world.ledger.typed {
        if world.ledger.erased.contains(document) || world.ledger.forked.contains(document) {
            continue;
        }
        let taken = world.ledger.taken.get(document).unwrap_or(&nothing);
        for (at, node) in honest.iter().enumerate() {
            let Some(view) = node.store.views.get(document) else { continue };
            if !view.value.kind().is_co_edited() {
                // A hostile node took the id and is shown in its place.
                continue;
            }
            let body: BTreeSet<char> = body_of(&view.value).chars().collect();
            let lost: Vec<&char> = typed.iter().filter(|c| !taken.contains(c) && !body.contains(c)).collect();
            if !lost.is_empty() {
                faults.push(format!("node {at} lost {} characters of {document:?}", lost.len()));
            }
        }
    }
}

/// The replicas themselves say that they are in step.
fn in_step(world: &World, honest: &[Node], faults: &mut Vec<String>) {
    for (a, b) in world.streams.keys().filter(|(_, b)| *b < honest.len()) {
        for (this, other) in [(*a, *b), (*b, *a)] {
            let Some(replica) = &honest[this].replica else { continue };
            let state = replica.partner_state(honest[other].root).unwrap_or_default();
            let circles = replica.circles_with(honest[other].root);
            let stepped = circles.iter().filter(|circle| state.in_step.get(circle) == Some(&true)).count();
            if stepped != circles.len() || state.reconciled_at.is_none() {
                faults.push(format!("node {this} is not in step with {other}"));
            }
            for circle in circles {
                let ids = replica.envelope_ids(circle, honest[other].root);
                let theirs = honest[other].replica.as_ref().map(|other| other.envelope_ids(circle, honest[this].root));
                let cutoff = cutoff(world);
                let late = |id: &EnvelopeId| {
                    let held = honest[this].store.envelopes.get(id).or(honest[other].store.envelopes.get(id));
                    held.is_some_and(|envelope| envelope.get().header.expires_at >= cutoff)
                };
                let differs = theirs.is_some_and(|theirs| ids.symmetric_difference(&theirs).any(late));
                if differs {
                    faults.push(format!("nodes {this} and {other} count different envelopes of {circle:?}"));
                }
            }
        }
    }
}
