//! Signed envelopes: what the replication core asks to keep, and hands back when it asks.
//!
//! An envelope that leaves the store as [`Verified`] is verified again against the certificate
//! that covered it, so that no stored byte is trusted because it was stored.

use casework::Result;
use replication::api::Kept;
use replication::{Effect, StoredHeader};
use rusqlite::params;
use schemas::certificate::Verified;
use schemas::envelope::{Envelope, Header};
use schemas::ids::{DocumentId, EnvelopeId, NodeKey};

use crate::certificates::KnownCertificates;
use crate::fault::corrupt;
use crate::open::Store;
use crate::rows::Cells;
use crate::tx::Tx;
use crate::writer::Piece;

/// Ids that are looked up in one snapshot: a long one keeps the log from being emptied.
const LOOKED_UP: usize = 4_096;

/// Effects that found no room yet.
pub struct Unwritten(Piece);

fn envelope(cells: &mut Cells<'_>) -> Result<Envelope> {
    Ok(Envelope { header: header(&cells.get::<Vec<u8>>()?)?, signature: cells.get()?, body: cells.get()? })
}

pub(crate) fn header(bytes: &[u8]) -> Result<Header> {
    minicbor::decode(bytes).map_err(|_| corrupt())
}

impl Tx<'_> {
    fn keep(&self, envelope: &Envelope) -> Result<()> {
        let header = minicbor::to_vec(&envelope.header).map_err(|_| corrupt())?;
        self.run(
            "INSERT OR IGNORE INTO envelopes (id, document, author, header, signature, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                envelope.id().0,
                envelope.header.document.0,
                short(envelope.header.author),
                header,
                envelope.signature,
                envelope.body
            ],
        )?;
        self.owe_receipt(&envelope.header)
    }

    fn drop_envelope(&self, id: EnvelopeId) -> Result<()> {
        // What is shown may hold what goes here: until it is shown anew it is not built.
        self.run(
            "UPDATE documents SET built = 0 WHERE built > 0 AND id = (SELECT document FROM envelopes WHERE id = ?1)",
            [id.0],
        )?;
        self.run("DELETE FROM envelopes WHERE id = ?1", [id.0])?;
        Ok(())
    }

    fn carry_out(&mut self, effect: &Effect) -> Result<()> {
        match effect {
            Effect::Store(envelopes) => envelopes.iter().try_for_each(|envelope| self.keep(envelope.get())),
            Effect::Delete(ids) => ids.iter().try_for_each(|id| self.drop_envelope(*id)),
            Effect::Show(view) => self.show(view),
            Effect::Hide { owner, document, erased, .. } => {
                if *erased {
                    self.remember_erased(*owner, *document)?;
                }
                self.hide(*owner, *document)
            }
            Effect::Draft(draft) => self.keep_draft(draft),
            Effect::Keep(Kept::Proof(proof)) => self.keep_proof(proof),
            Effect::Keep(Kept::Replaced { owner, document, by }) => self.keep_replaced(*owner, *document, *by),
            Effect::Keep(Kept::Certificate(_, bytes)) => self.put_certificate(bytes.clone()),
            Effect::Keep(Kept::List(circle, owner, bytes)) => self.put_list(*circle, *owner, bytes),
            Effect::Keep(Kept::InStep { partner, circle, store, known }) => {
                self.keep_cursor(*partner, *circle, store, known)
            }
            Effect::Settled { number, outcome } => self.settle(*number, *outcome),
            // Not for the store.
            Effect::Load { .. }
            | Effect::Send { .. }
            | Effect::SendStored { .. }
            | Effect::Retired { .. }
            | Effect::Notify(_)
            | Effect::WakeAt(_)
            | Effect::Disconnect { .. } => Ok(()),
        }
    }
}

impl Store {
    /// Carries out the effects that are for the store, in order and all in one transaction;
    /// durable when it returns. Others are passed over.
    ///
    /// # Errors
    /// A failing store; then nothing was done.
    pub fn apply(&self, effects: Vec<Effect>) -> Result<()> {
        self.in_write(move |tx| effects.iter().try_for_each(|effect| tx.carry_out(effect)))
    }

    /// The same without waiting for it: `done` is told on the writing thread, which it must not hold
    /// up. Given back when so much waits to be written that this must wait too.
    pub fn apply_soon(
        &self,
        effects: Vec<Effect>,
        done: impl FnOnce(Result<()>) + Send + 'static,
    ) -> Option<Unwritten> {
        let job = Box::new(move |tx: &mut Tx<'_>| effects.iter().try_for_each(|effect| tx.carry_out(effect)));
        self.writer().try_hand_in(Piece { job, done: Box::new(done) }).map(Unwritten)
    }

    /// Waits until there is room for what [`Store::apply_soon`] gave back.
    ///
    /// # Errors
    /// A store that is being closed.
    pub fn apply_after(&self, unwritten: Unwritten) -> Result<()> {
        self.writer().hand_in(unwritten.0)
    }

    /// Headers of every stored envelope, in the order in which they came.
    ///
    /// # Errors
    /// A failing store.
    pub fn stored_headers(&self) -> Result<Vec<StoredHeader>> {
        self.in_read(|tx| {
            tx.all("SELECT id, header, length(body), number FROM envelopes ORDER BY number", [], |cells| {
                Ok(StoredHeader {
                    id: EnvelopeId(cells.get()?),
                    header: header(&cells.get::<Vec<u8>>()?)?,
                    body_bytes: cells.get()?,
                    number: cells.get::<i64>()?.unsigned_abs(),
                })
            })
        })
    }

    /// The stored envelopes of a document, verified again. One whose certificate is no longer
    /// here, or whose bytes no longer hold, is left out and logged.
    ///
    /// # Errors
    /// A failing store.
    pub fn load(&self, document: DocumentId) -> Result<Vec<Verified<Envelope>>> {
        let certificates = self.known_certificates()?;
        let stored = self.in_read(|tx| {
            let sql = "SELECT header, signature, body FROM envelopes WHERE document = ?1 ORDER BY number";
            tx.all(sql, [document.0], envelope)
        })?;
        Ok(stored.into_iter().filter_map(|envelope| verified(envelope, &certificates)).collect())
    }

    /// Documents with an envelope that came or went after their state was built, or without any
    /// state.
    ///
    /// # Errors
    /// A failing store.
    pub fn unbuilt(&self) -> Result<Vec<DocumentId>> {
        self.in_read(|tx| {
            let sql = "SELECT DISTINCT e.document FROM envelopes e LEFT JOIN documents d ON d.id = e.document
                       WHERE d.built IS NULL OR e.number > d.built ORDER BY e.document";
            tx.all(sql, [], |cells| cells.document())
        })
    }

    /// Numbers of the stored envelopes with these ids, those that are still here, in the order in
    /// which they came: neighbours share pages, each of which is then decrypted once.
    ///
    /// # Errors
    /// A failing store.
    pub fn numbers(&self, ids: &[EnvelopeId]) -> Result<Vec<i64>> {
        let number = |tx: &Tx<'_>, id: &EnvelopeId| {
            tx.one("SELECT number FROM envelopes WHERE id = ?1", [id.0], |cells| cells.get::<i64>()).transpose()
        };
        let mut numbers = Vec::with_capacity(ids.len());
        for some in ids.chunks(LOOKED_UP) {
            let found = self.in_read(|tx| some.iter().filter_map(|id| number(tx, id)).collect::<Result<Vec<_>>>())?;
            numbers.extend(found);
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Wire bytes of stored envelopes by their numbers, those that are still here. A number is never
    /// given twice.
    ///
    /// # Errors
    /// A failing store.
    pub fn wire(&self, numbers: &[i64]) -> Result<Vec<Vec<u8>>> {
        let sql = "SELECT header, signature, body FROM envelopes WHERE number = ?1";
        let wire = |cells: &mut Cells<'_>| {
            let (header, signature, body): (Vec<u8>, _, Vec<u8>) = (cells.get()?, cells.get()?, cells.get()?);
            Ok(schemas::envelope::wire(&header, &signature, &body))
        };
        self.in_read(|tx| numbers.iter().filter_map(|number| tx.one(sql, [number], wire).transpose()).collect())
    }

    /// Ids of the stored envelopes that these keys signed, with the document of each.
    ///
    /// # Errors
    /// A failing store.
    pub fn signed_by(&self, nodes: &[NodeKey]) -> Result<Vec<(DocumentId, EnvelopeId)>> {
        self.in_read(|tx| {
            let mut found = Vec::new();
            for node in nodes {
                let sql = "SELECT id, header FROM envelopes WHERE author = ?1 OR author IS NULL ORDER BY number";
                let held = tx.all(sql, [short(*node)], |cells| {
                    Ok((EnvelopeId(cells.get()?), header(&cells.get::<Vec<u8>>()?)?))
                })?;
                let of_node = held.into_iter().filter(|(_, header)| header.author == *node);
                found.extend(of_node.map(|(id, header)| (header.document, id)));
            }
            Ok(found)
        })
    }

    /// Removes built states of which no envelope is left.
    ///
    /// # Errors
    /// A failing store.
    pub fn drop_unbacked(&self) -> Result<()> {
        // At nearly every start there is none: looked for along two indexes, without a page of text.
        let unbacked = self.in_read(|tx| {
            let sql = "SELECT DISTINCT id FROM documents d
                       WHERE NOT EXISTS (SELECT 1 FROM envelopes e WHERE e.document = d.id)";
            tx.all(sql, [], |cells| cells.document())
        })?;
        if unbacked.is_empty() {
            return Ok(());
        }
        self.in_write(move |tx| {
            for document in unbacked {
                let sql = "DELETE FROM documents WHERE id = ?1
                           AND NOT EXISTS (SELECT 1 FROM envelopes WHERE document = ?1)";
                tx.run(sql, [document.0])?;
            }
            Ok(())
        })
    }
}

/// The first eight bytes of a key, as a number to look it up by.
fn short(author: NodeKey) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = author.0;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn verified(envelope: Envelope, certificates: &KnownCertificates) -> Option<Verified<Envelope>> {
    let signed_at = envelope.header.signed_at;
    let covering =
        certificates.for_node(envelope.header.author).find(|certificate| certificate.get().covers(signed_at));
    let id = envelope.id();
    // It was not in the future when it was stored, so its own hour is late enough.
    let outcome = covering.map(|certificate| envelope.verify(certificate, signed_at.start()));
    match outcome {
        Some(Ok(envelope)) => Some(envelope),
        Some(Err(reason)) => {
            tracing::error!(%id, %reason, "a stored envelope no longer holds");
            None
        }
        None => {
            tracing::warn!(%id, "no certificate for a stored envelope");
            None
        }
    }
}
