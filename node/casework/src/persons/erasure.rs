//! Erasing a person: the record and everything that hangs on it, here and at every partner.
//! What stays names nobody: a line in the audit log, and which documents partners must erase.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::form::person_to_form;
use crate::office::{Actor, Office};
use crate::people::PersonId;
use crate::ports::Outgoing;

/// What an erasure set going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Shared documents whose erasure goes out to partners.
    pub documents: usize,
}

impl Office {
    /// Erases a person for good.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, a failing store.
    pub fn erase_person(&self, actor: &Actor, id: PersonId) -> Result<Erasure> {
        actor.sees_persons()?;
        let hand = self.hand(actor);
        let storage = Arc::clone(&self.storage);
        let erasure = self.write(move |records| {
            let person = records.person(id)?.ok_or(Error::NotFound)?;
            // First, so that no backup brings back somebody whose erasure was begun.
            storage.note_erasure(id, hand.now)?;
            // A form that was kept while somebody typed holds the same words.
            let typed = person_to_form(&person.data);
            let names = || typed.iter().filter(|(name, _)| matches!(name.as_str(), "given_name" | "family_name"));
            for (key, fields) in records.drafts()? {
                if names().all(|name| fields.contains(name)) {
                    records.delete_draft(&key)?;
                }
            }
            let documents = records.documents_about(id)?;
            for document in &documents {
                records.add_erasure(*document, hand.now)?;
                records.await_receipts(*document, hand.now)?;
                records.enqueue(&Outgoing::Erase { document: *document })?;
            }
            records.delete_person(id)?;
            hand.audit(records, "person.erased", None, &format!("{} documents", documents.len()))?;
            Ok(Erasure { documents: documents.len() })
        })?;
        self.network.outbox_filled();
        self.storage.forget_traces()?;
        Ok(erasure)
    }
}
