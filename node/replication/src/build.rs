//! Builds the value of a version: a pure function, run on all cores. What panics in it is kept
//! apart and not tried again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use schemas::SharedValue;
use schemas::envelope::{Header, Refusal, Stamp};

use crate::{body, scan};

/// A version that was built.
pub(crate) struct Version {
    pub(crate) value: SharedValue,
    pub(crate) head: scan::ChangeId,
}

/// The value of a version's body: one change made from nothing by the version's own actor.
///
/// # Errors
/// `UnsafeBody` or `OverBudget` of the structural scan; `Schema`.
pub(crate) fn version(header: &Header, bytes: &[u8]) -> Result<Version, Refusal> {
    let scanned = scan::change(bytes)?;
    let Stamp::Version { incarnation, number } = header.stamp else { return Err(Refusal::NotAllowed) };
    let actor = body::version_actor(header.author, incarnation, number, header.document);
    let from_nothing = scanned.dependencies.is_empty() && scanned.others.is_empty();
    if !from_nothing || scanned.actor != actor || scanned.seq != 1 || scanned.start != 1 {
        return Err(Refusal::UnsafeBody);
    }
    let value = body::decode(header.kind, bytes, actor)?;
    // Whoever knows the schema of the header only would refuse it too.
    if value.schema() > header.schema {
        return Err(Refusal::Schema);
    }
    Ok(Version { value, head: scanned.hash })
}

/// Runs what hands bytes to Automerge: a panic in it is a refusal.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Refusal::Quarantined))
}
