//! The other municipality's halves as they lie here: proposals that came in, answers to ours, and
//! its words about duos. Only documents of the right owner in the right pair circle count.

use std::collections::BTreeMap;

use schemas::ids::{DocumentId, RootId};
use schemas::{Answer, DuoProgress, Kind, Proposal, SharedValue};

use crate::desk::Desk;
use crate::error::Result;
use crate::ports_matches::OutgoingProposal;

/// Every half that partners wrote to this municipality.
#[derive(Debug, Default)]
pub(crate) struct Halves {
    /// Proposals that came in, with who asks, by document.
    pub(crate) proposals: BTreeMap<DocumentId, (RootId, Proposal)>,
    /// Answers by the proposal they answer and who answers; of two the lower document counts.
    answers: BTreeMap<(DocumentId, RootId), (DocumentId, Answer)>,
    /// Words about duos by proposal and who says it; of two the lower document counts.
    progress: BTreeMap<(DocumentId, RootId), DuoProgress>,
}

impl Halves {
    /// Reads them all.
    pub(crate) fn read(desk: &mut Desk<'_>) -> Result<Self> {
        let mut halves = Self::default();
        let me = desk.me.root;
        for kind in [Kind::Proposal, Kind::Answer, Kind::DuoProgress] {
            // By document id, so that the first one of a key is the lower.
            for document in desk.records.documents(kind)? {
                let owner = document.owner;
                if owner == me || document.circle != desk.pair(owner) {
                    continue;
                }
                match document.value {
                    SharedValue::Proposal(proposal) if proposal.offer_owner == me => {
                        halves.proposals.insert(document.id, (owner, proposal));
                    }
                    SharedValue::Answer(answer) => {
                        halves.answers.entry((answer.proposal, owner)).or_insert((document.id, answer));
                    }
                    SharedValue::DuoProgress(progress) => {
                        halves.progress.entry((progress.proposal, owner)).or_insert(progress);
                    }
                    _ => {}
                }
            }
        }
        Ok(halves)
    }

    /// The answer to a proposal we made.
    pub(crate) fn answer_to(&self, sent: &OutgoingProposal) -> Option<&(DocumentId, Answer)> {
        self.answers.get(&(sent.document, sent.offer_owner))
    }

    /// What a partner says about the duo of a proposal.
    pub(crate) fn progress_of(&self, proposal: DocumentId, partner: RootId) -> Option<&DuoProgress> {
        self.progress.get(&(proposal, partner))
    }
}
