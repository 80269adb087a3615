//! Built states that wait to be written for the pages.
//!
//! Envelopes go first: while many stream in, the states of their documents wait here, and are
//! written when the stream pauses; what is beyond a bound is written with the next envelopes, so
//! that nothing waits for it. A few, and what this node's own commands made,
//! are written with their envelopes. What waits when a process ends is built from the store at the
//! next start, which knows by number what a written state does not hold.

use std::collections::BTreeMap;
use std::time::Duration;

use replication::{DocumentView, Effect};
use schemas::ids::{DocumentId, RootId};

/// States written together.
const BATCH: usize = 512;
/// As many are no stream.
const FEW: usize = 256;
/// States that may wait.
const MAX: usize = 8 * 1024;
/// A stream that brings nothing for so long pauses.
const PAUSE: Duration = Duration::from_millis(50);

/// What waits: of each document the newest state.
#[derive(Default)]
pub(super) struct Later {
    waiting: BTreeMap<(RootId, DocumentId), DocumentView>,
    /// Whether the stream paused, and nothing much came since.
    paused: bool,
}

impl Later {
    /// Keeps the states in `effects` back when they are many. Whoever gave a command is to find
    /// what came of it, so what was settled is not kept back.
    pub(super) fn keep_back(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let shows = effects.iter().filter(|effect| matches!(effect, Effect::Show(_))).count();
        let many = shows > FEW && !effects.iter().any(|effect| matches!(effect, Effect::Settled { .. }));
        self.paused &= !many;
        let mut now = Vec::with_capacity(effects.len());
        for effect in effects {
            match effect {
                Effect::Show(view) if many => {
                    self.waiting.insert((view.owner, view.document), view);
                }
                Effect::Show(DocumentView { owner, document, .. }) | Effect::Hide { owner, document, .. } => {
                    self.waiting.remove(&(owner, document));
                    now.push(effect);
                }
                _ => now.push(effect),
            }
        }
        let beyond = self.waiting.len().saturating_sub(MAX);
        now.append(&mut self.take(beyond));
        now
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Waits until some are to be written; for ever when none wait. May be dropped.
    pub(super) async fn due(&mut self) {
        if self.is_empty() {
            return std::future::pending().await;
        }
        if !self.paused {
            let _ = tokio::time::timeout(PAUSE, std::future::pending::<()>()).await;
            self.paused = true;
        }
    }

    /// The next states to write.
    pub(super) fn portion(&mut self) -> Vec<Effect> {
        self.take(BATCH)
    }

    fn take(&mut self, most: usize) -> Vec<Effect> {
        (0..most.min(self.waiting.len()))
            .filter_map(|_| self.waiting.pop_first())
            .map(|(_, view)| Effect::Show(view))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use schemas::ids::CircleId;
    use schemas::time::Hour;
    use schemas::{Kind, SharedValue};
    use serde_json::json;

    use super::*;

    fn document(number: usize) -> DocumentId {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(number as u64).to_be_bytes());
        DocumentId(id)
    }

    fn show(number: usize, hour: u32) -> Effect {
        let comment = json!({"resource": "0102030405060708090a0b0c0d0e0f10", "text": "Ook open op zaterdag."});
        Effect::Show(DocumentView {
            circle: CircleId([1; 16]),
            document: document(number),
            owner: RootId([2; 32]),
            value: SharedValue::from_json(Kind::Comment, comment).expect("a comment"),
            heads: Vec::new(),
            writers: BTreeMap::new(),
            changed_at: Hour(hour),
            expires_at: Hour(hour + 1),
            clipped: false,
            held: None,
            forked: BTreeSet::new(),
        })
    }

    fn hide(number: usize) -> Effect {
        Effect::Hide { owner: RootId([2; 32]), document: document(number), kind: Kind::Comment, erased: true }
    }

    fn shown(effects: &[Effect]) -> Vec<(DocumentId, Hour)> {
        let view = |effect: &Effect| match effect {
            Effect::Show(view) => Some((view.document, view.changed_at)),
            _ => None,
        };
        effects.iter().filter_map(view).collect()
    }

    #[test]
    fn a_few_are_written_at_once_and_many_later_each_once() {
        let mut later = Later::default();
        assert_eq!(later.keep_back(vec![show(1, 1), hide(2)]).len(), 2);
        assert!(later.is_empty());
        let many: Vec<Effect> = (0..600).map(|number| show(number, 1)).collect();
        assert!(later.keep_back(many).is_empty());
        let (first, second) = (later.portion(), later.portion());
        assert_eq!((first.len(), second.len()), (BATCH, 600 - BATCH));
        let all: BTreeSet<DocumentId> = shown(&first).iter().chain(&shown(&second)).map(|(id, _)| *id).collect();
        assert_eq!(all.len(), 600);
        assert!(later.is_empty());
    }

    #[test]
    fn the_newest_state_waits_and_what_is_hidden_waits_no_more() {
        let mut later = Later::default();
        later.keep_back((0..300).map(|number| show(number, 1)).collect());
        later.keep_back((0..300).map(|number| show(number, 2)).collect());
        // One that waits does not overtake its own later state, nor come back when it was hidden.
        assert_eq!(later.keep_back(vec![show(7, 3), hide(8), show(500, 3)]).len(), 3);
        let waiting = shown(&later.portion());
        assert_eq!(waiting.len(), 298);
        assert!(waiting.iter().all(|(id, hour)| *hour == Hour(2) && ![document(7), document(8)].contains(id)));
    }

    #[test]
    fn what_a_command_made_is_written_with_it() {
        let mut later = Later::default();
        let mut effects: Vec<Effect> = (0..300).map(|number| show(number, 1)).collect();
        effects.push(Effect::Settled { number: 1, outcome: Ok(()) });
        assert_eq!(later.keep_back(effects).len(), 301);
        assert!(later.is_empty());
    }

    #[test]
    fn there_is_a_bound() {
        let mut later = Later::default();
        assert!(later.keep_back((0..MAX).map(|number| show(number, 1)).collect()).is_empty());
        // States that were there already take no room, and one that is hidden makes some.
        let again = (0..300).map(|number| show(number, 2)).chain([hide(0)]);
        assert_eq!(later.keep_back(again.collect()).len(), 1);
        let more = later.keep_back((0..300).map(|number| show(MAX + number, 1)).collect());
        assert_eq!(shown(&more), (1..300).map(|number| (document(number), Hour(2))).collect::<Vec<_>>());
        assert_eq!(later.waiting.len(), MAX);
    }

    #[tokio::test]
    async fn what_waits_is_due_when_the_stream_pauses() {
        let mut later = Later::default();
        later.keep_back((0..300).map(|number| show(number, 1)).collect());
        later.due().await;
        assert!(later.paused);
        // Nothing much came since: the rest is due at once.
        later.keep_back(vec![show(1000, 1)]);
        assert!(later.paused);
    }
}
