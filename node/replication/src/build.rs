//! Builds documents from versions that are stored: a pure function, apart from the replica, so
//! that storing never waits for it. What panics in it is kept apart and not tried again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use schemas::SharedValue;
use schemas::certificate::Verified;
use schemas::envelope::{Envelope, Header, Refusal, Stamp};
use schemas::ids::{EnvelopeId, RootId};

use crate::{body, parallel, scan};

/// A version of an owned document that is stored and not built yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbuilt {
    /// Who sent it.
    pub(crate) from: RootId,
    pub(crate) id: EnvelopeId,
    pub(crate) envelope: Verified<Envelope>,
}

impl Unbuilt {
    /// Bytes that it holds in memory, about.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.envelope.get().body.len()
    }
}

/// What came of building one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    pub(crate) from: RootId,
    pub(crate) id: EnvelopeId,
    pub(crate) header: Header,
    pub(crate) outcome: Result<Version, Refusal>,
}

/// A version that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) value: SharedValue,
    pub(crate) head: scan::ChangeId,
}

/// Builds each, on all cores; in the same order.
pub fn build(unbuilt: &[Unbuilt]) -> Vec<Built> {
    parallel::map(unbuilt, |Unbuilt { from, id, envelope }| {
        let Envelope { header, body, .. } = envelope.get();
        Built { from: *from, id: *id, header: header.clone(), outcome: guarded(|| version(header, body)) }
    })
}

/// The structural scan of a version's body: one change made from nothing by the version's own
/// actor. Its hash.
///
/// # Errors
/// `UnsafeBody` or `OverBudget`.
pub(crate) fn scan_version(header: &Header, bytes: &[u8]) -> Result<scan::ChangeId, Refusal> {
    let scanned = scan::change(bytes)?;
    let Stamp::Version { incarnation, number } = header.stamp else { return Err(Refusal::NotAllowed) };
    let actor = body::version_actor(header.author, incarnation, number, header.document);
    let from_nothing = scanned.dependencies.is_empty() && scanned.others.is_empty();
    if !from_nothing || scanned.actor != actor || scanned.seq != 1 || scanned.start != 1 {
        return Err(Refusal::UnsafeBody);
    }
    Ok(scanned.hash)
}

/// A version with its value. Scanned again, so that nothing reaches Automerge unscanned.
///
/// # Errors
/// Those of the scan; `Schema`.
pub(crate) fn version(header: &Header, bytes: &[u8]) -> Result<Version, Refusal> {
    let head = scan_version(header, bytes)?;
    Ok(Version { value: body::decode(header.kind, bytes)?, head })
}

/// Runs what hands bytes to Automerge: a panic in it is a refusal.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Refusal::Quarantined))
}
