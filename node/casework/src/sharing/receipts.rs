//! Receipts of erasures: which partner signed that nothing of a document is left there, which are
//! awaited, and which this municipality owes. Never a name: of a person who was erased only the
//! documents are known any more.

use std::collections::BTreeMap;

use schemas::ids::{DocumentId, RootId};
use schemas::time::Timestamp;

use crate::error::{Error, Result};
use crate::office::{AccountRole, Actor, Office};

/// Documents of one owner in one receipt, at most.
const MAX_TOGETHER: usize = schemas::note::MAX_DOCUMENTS;
/// Erasures on the page, at most.
const MAX_SHOWN: usize = 200;

/// The receipt of one partner for one document, come or awaited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// The document that was erased.
    pub document: DocumentId,
    /// Who received it.
    pub partner: RootId,
    /// When its erasure was asked.
    pub asked_at: Timestamp,
    /// When the partner's receipt came.
    pub received_at: Option<Timestamp>,
}

/// Receipts that came, are awaited, and are owed.
pub trait Receipts {
    /// Awaits the receipt of everyone who received a document that is linked to a person.
    fn await_receipts(&mut self, document: DocumentId, at: Timestamp) -> Result<()>;
    /// Every receipt that came or is awaited, the newest erasure first, by document and partner.
    fn receipts_awaited(&mut self) -> Result<Vec<Awaited>>;
    /// The same of one document.
    fn receipts_for(&mut self, document: DocumentId) -> Result<Vec<Awaited>>;
    /// Keeps a partner's signed note for those documents of which its receipt is awaited; for how
    /// many that was.
    fn take_receipt(&mut self, partner: RootId, documents: &[DocumentId], at: Timestamp, note: &[u8]) -> Result<usize>;
    /// Receipts that are to be given: of each partner that is not suspended the documents of which
    /// nothing is left here, contact sheets neither, at most `limit` each.
    fn receipts_owed(&mut self, limit: usize) -> Result<Vec<(RootId, Vec<DocumentId>)>>;
    /// Notes that the owner took the receipt.
    fn receipt_given(&mut self, owner: RootId, documents: &[DocumentId], at: Timestamp) -> Result<()>;
    /// Forgets receipts that were given before a time.
    fn forget_given(&mut self, before: Timestamp) -> Result<()>;
    /// Owes the owner every receipt once more.
    fn owe_again(&mut self, owner: RootId) -> Result<()>;
    /// Of a partner, how many receipts came and how many are awaited.
    fn receipt_counts(&mut self) -> Result<BTreeMap<RootId, (u64, u64)>>;
}

/// One erasure, of one or more documents asked at the same moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRow {
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Of how many documents.
    pub documents: usize,
    /// Per municipality that received any of them, when the last of its receipts came; none while
    /// one is awaited.
    pub partners: Vec<(String, Option<Timestamp>)>,
}

impl Office {
    /// Erasures that partners were asked, the newest first, with who confirmed and who is awaited.
    ///
    /// # Errors
    /// `Forbidden` for a member, a failing store.
    pub fn erasures(&self, actor: &Actor) -> Result<Vec<ErasureRow>> {
        if actor.role == AccountRole::Member {
            return Err(Error::Forbidden);
        }
        self.read(|records| {
            let awaited = records.receipts_awaited()?;
            let names = names(records)?;
            let mut rows: Vec<ErasureRow> = Vec::new();
            let mut asked: BTreeMap<std::cmp::Reverse<Timestamp>, Vec<Awaited>> = BTreeMap::new();
            for one in awaited {
                asked.entry(std::cmp::Reverse(one.asked_at)).or_default().push(one);
            }
            for (std::cmp::Reverse(asked_at), all) in asked.into_iter().take(MAX_SHOWN) {
                let mut partners: BTreeMap<String, Option<Timestamp>> = BTreeMap::new();
                let mut documents: Vec<DocumentId> = all.iter().map(|one| one.document).collect();
                documents.sort_unstable();
                documents.dedup();
                for one in all {
                    let name = names.get(&one.partner).cloned().unwrap_or_else(|| one.partner.short());
                    partners
                        .entry(name)
                        .and_modify(|last| *last = last.zip(one.received_at).map(|(a, b)| a.max(b)))
                        .or_insert(one.received_at);
                }
                rows.push(ErasureRow {
                    asked_at,
                    documents: documents.len(),
                    partners: partners.into_iter().collect(),
                });
            }
            Ok(rows)
        })
    }

    /// Per partner, how many receipts came and how many are awaited.
    ///
    /// # Errors
    /// A failing store.
    pub fn receipt_counts(&self) -> Result<BTreeMap<RootId, (u64, u64)>> {
        self.read(|records| records.receipt_counts())
    }

    /// Takes the receipt of a partner. The caller verified the note. Twice is once, and a
    /// document that nobody asked to erase counts for nothing.
    ///
    /// # Errors
    /// A failing store.
    pub fn receipt_came(&self, partner: RootId, documents: Vec<DocumentId>, note: Vec<u8>) -> Result<()> {
        self.by_itself(move |desk| {
            let taken = desk.records.take_receipt(partner, &documents, desk.now, &note)?;
            if taken > 0 {
                desk.audit("erasure.confirmed", None, &format!("{} {taken}", partner.short()))?;
            }
            Ok(())
        })
    }

    /// Receipts that are to be given now, per owner; a part of them when there are many.
    ///
    /// # Errors
    /// A failing store.
    pub fn receipts_owed(&self) -> Result<Vec<(RootId, Vec<DocumentId>)>> {
        self.read(|records| records.receipts_owed(MAX_TOGETHER))
    }

    /// Notes that the owner took the receipt for these documents.
    ///
    /// # Errors
    /// A failing store.
    pub fn receipt_given(&self, owner: RootId, documents: Vec<DocumentId>) -> Result<()> {
        self.by_itself(move |desk| desk.records.receipt_given(owner, &documents, desk.now))
    }

    /// Gives the owner every receipt once more: it lost them with its store.
    ///
    /// # Errors
    /// A failing store.
    pub fn owe_receipts_again(&self, owner: RootId) -> Result<()> {
        self.by_itself(move |desk| desk.records.owe_again(owner))
    }
}

/// Names of partners, those that were left too.
pub(crate) fn names(records: &mut dyn crate::ports::Records) -> Result<BTreeMap<RootId, String>> {
    let mut names: BTreeMap<RootId, String> =
        records.departures()?.into_iter().map(|left| (left.root, left.name)).collect();
    names.extend(records.partners()?.into_iter().map(|partner| (partner.root, partner.name)));
    Ok(names)
}
