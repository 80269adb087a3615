//! Proposals and failed pairs.

use std::collections::BTreeSet;

use casework::Result;
use casework::people::PersonId;
use casework::ports_matches::{Asked, FailedPair, IncomingProposal, Matches, OutgoingProposal};
use rusqlite::params;
use schemas::ids::{DocumentId, RootId};

use crate::rows::{Cells, seconds};
use crate::tx::Tx;

const OUTGOING: &str = "SELECT document, newcomer, request, offer, offer_owner, waiting_since, lead,
     answer, stage, proposed_at, changed_at, by FROM outgoing_proposals";
const INCOMING: &str = "SELECT document, requester, request, offer, mentor, seen_at, asked_on,
     asked_by, answer, stage, changed_at FROM incoming_proposals";

fn outgoing(cells: &mut Cells<'_>) -> Result<OutgoingProposal> {
    Ok(OutgoingProposal {
        document: cells.document()?,
        newcomer: PersonId(cells.get()?),
        request: cells.document()?,
        offer: cells.document()?,
        offer_owner: cells.root()?,
        waiting_since: cells.parsed()?,
        lead: cells.root()?,
        answer: cells.get::<Option<[u8; 16]>>()?.map(DocumentId),
        stage: cells.parsed()?,
        proposed_at: cells.time()?,
        changed_at: cells.time()?,
        by: cells.get()?,
    })
}

fn incoming(cells: &mut Cells<'_>) -> Result<IncomingProposal> {
    Ok(IncomingProposal {
        document: cells.document()?,
        requester: cells.root()?,
        request: cells.document()?,
        offer: cells.document()?,
        mentor: cells.get::<Option<i64>>()?.map(PersonId),
        seen_at: cells.time()?,
        asked: {
            let on = cells.parsed_or_none()?;
            let by: Option<String> = cells.get()?;
            on.zip(by).map(|(on, by)| Asked { on, by })
        },
        answer: cells.get::<Option<[u8; 16]>>()?.map(DocumentId),
        stage: cells.parsed()?,
        changed_at: cells.time()?,
    })
}

fn failed_pair(cells: &mut Cells<'_>) -> Result<FailedPair> {
    Ok(FailedPair {
        newcomer: cells.get::<Option<i64>>()?.map(PersonId),
        mentor: cells.get::<Option<i64>>()?.map(PersonId),
        proposal: cells.get::<Option<[u8; 16]>>()?.map(DocumentId),
        offer: cells.get::<Option<[u8; 16]>>()?.map(DocumentId),
        partner: cells.get::<Option<[u8; 32]>>()?.map(RootId),
        on: cells.parsed()?,
    })
}

impl Matches for Tx<'_> {
    fn places_unsure(&mut self) -> Result<BTreeSet<PersonId>> {
        let mentors =
            self.all("SELECT person FROM places_unsure ORDER BY person", [], |cells| Ok(PersonId(cells.get()?)))?;
        Ok(mentors.into_iter().collect())
    }

    fn set_places_unsure(&mut self, mentor: PersonId, unsure: bool) -> Result<()> {
        let sql = match unsure {
            true => "INSERT OR IGNORE INTO places_unsure (person) VALUES (?1)",
            false => "DELETE FROM places_unsure WHERE person = ?1",
        };
        self.run(sql, [mentor.0])?;
        Ok(())
    }

    fn put_outgoing(&mut self, proposal: &OutgoingProposal) -> Result<()> {
        self.run(
            "INSERT INTO outgoing_proposals (document, newcomer, request, offer, offer_owner,
                 waiting_since, lead, answer, stage, proposed_at, changed_at, by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (document) DO UPDATE SET answer = ?8, stage = ?9, changed_at = ?11",
            params![
                proposal.document.0,
                proposal.newcomer.0,
                proposal.request.0,
                proposal.offer.0,
                proposal.offer_owner.0,
                proposal.waiting_since.to_string(),
                proposal.lead.0,
                proposal.answer.map(|id| id.0),
                proposal.stage.to_string(),
                seconds(proposal.proposed_at),
                seconds(proposal.changed_at),
                proposal.by
            ],
        )?;
        Ok(())
    }

    fn outgoing(&mut self, document: DocumentId) -> Result<Option<OutgoingProposal>> {
        self.one(&format!("{OUTGOING} WHERE document = ?1"), [document.0], outgoing)
    }

    fn all_outgoing(&mut self) -> Result<Vec<OutgoingProposal>> {
        self.all(&format!("{OUTGOING} ORDER BY proposed_at, document"), [], outgoing)
    }

    fn put_incoming(&mut self, proposal: &IncomingProposal) -> Result<()> {
        self.run(
            "INSERT INTO incoming_proposals (document, requester, request, offer, mentor, seen_at,
                 asked_on, asked_by, answer, stage, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (document) DO UPDATE SET mentor = ?5, asked_on = ?7, asked_by = ?8,
                 answer = ?9, stage = ?10, changed_at = ?11",
            params![
                proposal.document.0,
                proposal.requester.0,
                proposal.request.0,
                proposal.offer.0,
                proposal.mentor.map(|id| id.0),
                seconds(proposal.seen_at),
                proposal.asked.as_ref().map(|asked| asked.on.to_string()),
                proposal.asked.as_ref().map(|asked| asked.by.as_str()),
                proposal.answer.map(|id| id.0),
                proposal.stage.to_string(),
                seconds(proposal.changed_at)
            ],
        )?;
        Ok(())
    }

    fn incoming(&mut self, document: DocumentId) -> Result<Option<IncomingProposal>> {
        self.one(&format!("{INCOMING} WHERE document = ?1"), [document.0], incoming)
    }

    fn all_incoming(&mut self) -> Result<Vec<IncomingProposal>> {
        self.all(&format!("{INCOMING} ORDER BY seen_at, document"), [], incoming)
    }

    fn add_failed_pair(&mut self, pair: &FailedPair) -> Result<()> {
        self.run(
            "INSERT INTO failed_pairs (newcomer, mentor, proposal, offer, partner, failed_on)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                pair.newcomer.map(|id| id.0),
                pair.mentor.map(|id| id.0),
                pair.proposal.map(|id| id.0),
                pair.offer.map(|id| id.0),
                pair.partner.map(|id| id.0),
                pair.on.to_string()
            ],
        )?;
        Ok(())
    }

    fn failed_pairs(&mut self) -> Result<Vec<FailedPair>> {
        self.all(
            "SELECT newcomer, mentor, proposal, offer, partner, failed_on FROM failed_pairs ORDER BY number",
            [],
            failed_pair,
        )
    }

    fn was_erased(&mut self, owner: RootId, document: DocumentId) -> Result<bool> {
        let sql = "SELECT document FROM erased_documents WHERE document = ?1 AND owner IN (?2, x'')";
        Ok(self.one(sql, [&document.0[..], &owner.0[..]], |cells| cells.document())?.is_some())
    }
}

impl Tx<'_> {
    /// Remembers that a document was erased by its owner.
    pub(crate) fn remember_erased(&self, owner: RootId, document: DocumentId) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO erased_documents (document, owner) VALUES (?1, ?2)";
        self.run(sql, [&document.0[..], &owner.0[..]])?;
        Ok(())
    }
}
