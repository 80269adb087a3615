//! What somebody typed and does not count: found again as a text before and after, so that a
//! person can put it into the document as it is now.

use std::collections::BTreeSet;

use automerge::ChangeHash;
use schemas::SharedValue;
use schemas::envelope::Refusal;
use schemas::ids::{EnvelopeId, RootId};

use super::{Coedited, Node, Void};
use crate::api::Lost;
use crate::body;
use crate::scan::ChangeId;

/// A run of changes of one author, each right after the other, that does not count.
pub(crate) struct Run {
    /// The last change of the run.
    pub(crate) last: ChangeId,
    /// The state that it was typed on.
    pub(crate) base: SharedValue,
    /// The state with what was typed.
    pub(crate) typed: SharedValue,
    /// Why it does not count.
    pub(crate) why: Lost,
}

impl From<Void> for Lost {
    fn from(why: Void) -> Self {
        match why {
            Void::Cut | Void::NotAdmitted => Self::Cut,
            Void::Fork | Void::Frozen | Void::Follows => Self::Forked,
            Void::OverBudget => Self::Full,
        }
    }
}

impl Coedited {
    /// What `author` wrote and does not count, but for what `known` says was found before.
    pub(crate) fn void_runs(&self, author: RootId, known: impl Fn(&ChangeId) -> bool) -> Result<Vec<Run>, Refusal> {
        let void = self.judge().void;
        self.runs(author, known, |hash| void.get(hash).copied().map(Lost::from))
    }

    /// What `author` wrote beside or after `heads`.
    pub(crate) fn runs_beside(&self, author: RootId, heads: &BTreeSet<ChangeId>) -> Result<Vec<Run>, Refusal> {
        let heads: Vec<&Node> = heads.iter().filter_map(|hash| self.nodes.get(hash)).collect();
        let beside = |hash: &ChangeId| {
            let node = self.nodes.get(hash)?;
            (!heads.iter().any(|head| head.follows(node))).then_some(Lost::Replaced)
        };
        self.runs(author, |_| false, beside)
    }

    /// What `author` wrote after something that these envelopes carry.
    pub(crate) fn runs_after(&self, author: RootId, void: &BTreeSet<EnvelopeId>) -> Result<Vec<Run>, Refusal> {
        let gone: Vec<&Node> = self.nodes.values().filter(|node| void.contains(&node.envelope)).collect();
        let after = |hash: &ChangeId| {
            let node = self.nodes.get(hash).filter(|node| !void.contains(&node.envelope))?;
            gone.iter().any(|void| node.follows(void)).then_some(Lost::Retired)
        };
        self.runs(author, |_| false, after)
    }

    /// What `author` wrote in these envelopes.
    pub(crate) fn runs_in(&self, author: RootId, envelopes: &BTreeSet<EnvelopeId>) -> Result<Vec<Run>, Refusal> {
        let within = |hash: &ChangeId| {
            let node = self.nodes.get(hash)?;
            envelopes.contains(&node.envelope).then_some(Lost::LeftOut)
        };
        self.runs(author, |_| false, within)
    }

    fn runs(
        &self,
        author: RootId,
        known: impl Fn(&ChangeId) -> bool,
        lost: impl Fn(&ChangeId) -> Option<Lost>,
    ) -> Result<Vec<Run>, Refusal> {
        let mut runs: Vec<(ChangeId, ChangeId, Lost)> = Vec::new();
        for (hash, node) in self.in_order() {
            let Some(why) = lost(hash).filter(|_| node.author == author) else { continue };
            match runs.iter_mut().find(|(_, last, _)| node.dependencies == [*last]) {
                Some(run) => run.1 = *hash,
                None => runs.push((*hash, *hash, why)),
            }
        }
        let mut found = Vec::new();
        for (first, last, why) in runs.into_iter().filter(|(_, last, _)| !known(last)) {
            let Some(node) = self.nodes.get(&first) else { continue };
            let document = self.past(&[last])?;
            let at = |heads: &[ChangeId]| {
                let hashes: Vec<ChangeHash> = heads.iter().map(|hash| ChangeHash(*hash)).collect();
                body::value_of(self.kind, &document.hydrate(Some(&hashes))).or_else(|_| self.clip(&document, heads))
            };
            // An opening starts from nothing: all of it was typed.
            let typed = at(&[last])?;
            let base = if node.dependencies.is_empty() { typed.clone() } else { at(&node.dependencies)? };
            if base != typed || node.dependencies.is_empty() {
                found.push(Run { last, base, typed, why });
            }
        }
        Ok(found)
    }
}
