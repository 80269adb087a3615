//! A document as a file that any Automerge opens.

use std::cmp::Reverse;

use automerge::Automerge;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Refusal};
use schemas::ids::{NodeKey, RootId};

use crate::body;
use crate::coedited::{Admission, Coedited};
use crate::scan;

/// The `.automerge` file of the stored `envelopes` of one document, in any order: its newest
/// version, or everything that counts of its opening and changes. `who` says whose node a key is,
/// and which keys that one had before.
///
/// # Errors
/// `Superseded` when nothing of the document is left, `UnsafeBody` when a change does not scan.
pub fn save<'a>(
    envelopes: impl IntoIterator<Item = &'a Verified<Envelope>>,
    who: impl Fn(NodeKey) -> (RootId, Vec<NodeKey>),
) -> Result<Vec<u8>, Refusal> {
    let all: Vec<&Envelope> = envelopes.into_iter().map(Verified::get).collect();
    if let Some(opening) = all.iter().find(|envelope| envelope.header.content == Content::Opening) {
        return page(opening, &all, who);
    }
    let versions = all.iter().filter(|envelope| envelope.header.content == Content::Version);
    let newest = versions.max_by_key(|envelope| (envelope.header.stamp, Reverse(envelope.id())));
    let newest = newest.ok_or(Refusal::Superseded)?;
    scan::change(&newest.body)?;
    let mut document = Automerge::new();
    body::apply_new(&mut document, &newest.body)?;
    Ok(document.save())
}

fn page(
    opening: &Envelope,
    all: &[&Envelope],
    who: impl Fn(NodeKey) -> (RootId, Vec<NodeKey>),
) -> Result<Vec<u8>, Refusal> {
    let mut document = Coedited::open_of(opening, &who(opening.header.author).1)?;
    let mut left: Vec<&&Envelope> = all.iter().filter(|envelope| envelope.id() != document.opening).collect();
    loop {
        let before = left.len();
        left.retain(|envelope| {
            let (author, before) = who(envelope.header.author);
            document.admit_of(envelope, author, &before, true) != Ok(Admission::Admitted)
        });
        if left.len() == before {
            return Ok(document.document()?.0.save());
        }
    }
}
