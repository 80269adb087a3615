//! What somebody typed and does not count: found again as a text before and after, so that a
//! person can put it into the document as it is now.

use std::collections::BTreeSet;

use automerge::ChangeHash;
use schemas::SharedValue;
use schemas::envelope::Refusal;
use schemas::ids::{EnvelopeId, RootId};

use super::{Coedited, Node, Void, typed_alone};
use crate::api::Lost;
use crate::body;
use crate::build::guarded;
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
    pub(crate) fn void_runs(&self, author: RootId, known: impl Fn(&ChangeId) -> bool) -> Vec<Run> {
        let void = self.judge().void;
        self.runs(author, known, |hash| void.get(hash).copied().map(Lost::from))
    }

    /// What `author` wrote beside or after `heads`.
    pub(crate) fn runs_beside(&self, author: RootId, heads: &BTreeSet<ChangeId>) -> Vec<Run> {
        let heads: Vec<&Node> = heads.iter().filter_map(|hash| self.nodes.get(hash)).collect();
        let beside = |hash: &ChangeId| {
            let node = self.nodes.get(hash)?;
            (!heads.iter().any(|head| head.follows(node))).then_some(Lost::Replaced)
        };
        self.runs(author, |_| false, beside)
    }

    /// What `author` wrote after something that these envelopes carry.
    pub(crate) fn runs_after(&self, author: RootId, void: &BTreeSet<EnvelopeId>) -> Vec<Run> {
        let gone: Vec<&Node> = self.nodes.values().filter(|node| void.contains(&node.envelope)).collect();
        let after = |hash: &ChangeId| {
            let node = self.nodes.get(hash).filter(|node| !void.contains(&node.envelope))?;
            gone.iter().any(|void| node.follows(void)).then_some(Lost::Retired)
        };
        self.runs(author, |_| false, after)
    }

    /// What `author` wrote in these envelopes.
    pub(crate) fn runs_in(&self, author: RootId, envelopes: &BTreeSet<EnvelopeId>, why: Lost) -> Vec<Run> {
        let within = |hash: &ChangeId| {
            let node = self.nodes.get(hash)?;
            envelopes.contains(&node.envelope).then_some(why)
        };
        self.runs(author, |_| false, within)
    }

    /// The page as it is, as if all of it was typed at once.
    ///
    /// # Errors
    /// When nothing can be shown.
    pub(crate) fn whole(&self, why: Lost) -> Result<Run, Refusal> {
        let built = guarded(|| self.build())?;
        let last = *built.heads.last().ok_or(Refusal::Schema)?;
        Ok(Run { last, base: built.value.clone(), typed: built.value, why })
    }

    /// Whether a change is here, whether it counts or not.
    pub(crate) fn has(&self, change: &ChangeId) -> bool {
        self.nodes.contains_key(change)
    }

    /// Of what is `lost` of one author, each run of changes. Where the states of one can't be built,
    /// the words of its changes stand for it: the others do not suffer by it.
    fn runs(
        &self,
        author: RootId,
        known: impl Fn(&ChangeId) -> bool,
        lost: impl Fn(&ChangeId) -> Option<Lost>,
    ) -> Vec<Run> {
        let mut runs: Vec<(Vec<ChangeId>, Lost)> = Vec::new();
        for (hash, node) in self.in_order() {
            let Some(why) = lost(hash).filter(|_| node.author == author) else { continue };
            match runs.iter_mut().find(|(run, _)| run.last().is_some_and(|last| node.dependencies == [*last])) {
                Some((run, _)) => run.push(*hash),
                None => runs.push((vec![*hash], why)),
            }
        }
        runs.retain(|(run, _)| run.last().is_none_or(|last| !known(last)));
        let mut found = Vec::new();
        for (run, why) in runs {
            match guarded(|| self.run(&run, why)) {
                Ok(run) => found.extend(run),
                Err(_) => {
                    let changes = run.iter().filter_map(|hash| self.nodes.get(hash));
                    found.extend(changes.filter_map(|node| typed_alone(self.kind, &node.bytes, why)));
                }
            }
        }
        found
    }

    /// The states before and after a run; none where it changed nothing.
    fn run(&self, run: &[ChangeId], why: Lost) -> Result<Option<Run>, Refusal> {
        let (Some(first), Some(last)) = (run.first().and_then(|first| self.nodes.get(first)), run.last()) else {
            return Ok(None);
        };
        let document = self.past(&[*last])?;
        let at = |heads: &[ChangeId]| {
            let hashes: Vec<ChangeHash> = heads.iter().map(|hash| ChangeHash(*hash)).collect();
            body::value_of(self.kind, &document.hydrate(Some(&hashes))).or_else(|_| self.clip(&document, heads))
        };
        let typed = at(&[*last])?;
        // An opening starts from nothing: all of it was typed.
        let base = if first.dependencies.is_empty() { None } else { Some(at(&first.dependencies)?) };
        let changed = base.as_ref() != Some(&typed);
        Ok(changed.then(|| Run { last: *last, base: base.unwrap_or_else(|| typed.clone()), typed, why }))
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use schemas::Kind;
    use schemas::envelope::{Content, Envelope, FORMAT, Header, Stamp};
    use schemas::ids::{CircleId, DocumentId, NodeKey, Session};
    use schemas::time::Hour;
    use serde_json::json;

    use super::*;
    use crate::coedited::{Admission, Opening};
    use crate::edit::{self, Editor};

    const PAGE: DocumentId = DocumentId([5; 16]);
    const OWNER: RootId = RootId([1; 32]);
    const OTHER: RootId = RootId([2; 32]);

    fn sheet(body: &str) -> SharedValue {
        let page = json!({
            "title": "Fiche", "kind": "event", "language": "nl", "body": body, "tags": [], "licence": "CC-BY-4.0"
        });
        SharedValue::from_json(Kind::Resource, page).expect("a page")
    }

    fn text(value: &SharedValue) -> String {
        value.to_json().expect("a value")["body"].as_str().unwrap_or_default().to_owned()
    }

    fn editor(author: RootId) -> (Editor, SigningKey) {
        let (key, session) = (SigningKey::from_bytes(&author.0), Session([author.0[0]; 16]));
        let author = NodeKey(key.verifying_key().to_bytes());
        (Editor { author, session, spare: session, document: PAGE }, key)
    }

    fn signed(author: RootId, content: Content, seq: u64, body: Vec<u8>) -> Envelope {
        let (editor, key) = editor(author);
        let header = Header {
            format: FORMAT,
            circle: CircleId([9; 16]),
            kind: Kind::Resource,
            document: PAGE,
            owner: OWNER,
            stamp: Stamp::Change { session: editor.session, seq },
            author: editor.author,
            content,
            schema: 1,
            signed_at: Hour(497_000),
            expires_at: Hour(499_000),
            body_hash: [0; 32],
        };
        Envelope::sign(header, body, &key).get().clone()
    }

    /// Writes on; the envelope and the change.
    fn write(page: &mut Coedited, author: RootId, body: &str) -> (EnvelopeId, ChangeId) {
        let heads = page.build().expect("a page").heads;
        let changes = edit::edit(editor(author).0, page, &heads, &sheet(body)).expect("an edit");
        let envelope = signed(author, Content::Change, changes.first, changes.bodies[0].clone());
        assert_eq!(page.admit(&envelope, author, false), Ok(Admission::Admitted));
        (envelope.id(), crate::scan::change(&envelope.body).expect("sound").hash)
    }

    #[test]
    fn a_run_that_does_not_build_costs_the_others_nothing() {
        let change = edit::open(editor(OWNER).0, &sheet("Begin.")).expect("a page").bodies.remove(0);
        let opening = Opening { writers: vec![OWNER, OTHER], change }.to_bytes();
        let mut page = Coedited::open(&signed(OWNER, Content::Opening, 1, opening)).expect("it opens");
        let (first, _) = write(&mut page, OTHER, "Begin. Een.");
        let (_, between) = write(&mut page, OWNER, "Begin. Een. Twee.");
        let (second, _) = write(&mut page, OTHER, "Begin. Een. Twee. Drie.");
        let found = |page: &Coedited| {
            let runs = page.runs_in(OTHER, &[first, second].into(), Lost::Cut);
            runs.iter().map(|run| (text(&run.base), text(&run.typed))).collect::<Vec<_>>()
        };
        let pair = |base: &str, typed: &str| (base.to_owned(), typed.to_owned());
        let all = [pair("Begin.", "Begin. Een."), pair("Begin. Een. Twee.", "Begin. Een. Twee. Drie.")];
        assert_eq!(found(&page), all);
        page.nodes.get_mut(&between).expect("it is there").bytes = vec![0];
        assert_eq!(found(&page), [all[0].clone(), pair("", " Drie.")]);
    }
}
