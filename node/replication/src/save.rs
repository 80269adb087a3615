//! A document as a file that any Automerge opens.

use automerge::Automerge;
use schemas::certificate::Verified;
use schemas::envelope::{Content, Envelope, Refusal};

use crate::body;
use crate::coedited::Opening;
use crate::scan;

/// The `.automerge` file of the stored `envelopes` of one document, in any order: its newest
/// version, or its opening with all changes.
///
/// # Errors
/// `Superseded` when nothing of the document is left, `UnsafeBody` when a change does not scan.
pub fn save<'a>(envelopes: impl IntoIterator<Item = &'a Verified<Envelope>>) -> Result<Vec<u8>, Refusal> {
    let mut newest: Option<&Envelope> = None;
    let mut changes: Vec<Vec<u8>> = Vec::new();
    for envelope in envelopes {
        let envelope = envelope.get();
        match envelope.header.content {
            Content::Version => {
                let rank = |e: &Envelope| (e.header.stamp, std::cmp::Reverse(e.id()));
                if newest.is_none_or(|newest| rank(newest) < rank(envelope)) {
                    newest = Some(envelope);
                }
            }
            Content::Opening => changes.push(Opening::from_bytes(&envelope.body)?.change),
            Content::Change => changes.push(envelope.body.clone()),
            _ => {}
        }
    }
    changes.extend(newest.map(|version| version.body.clone()));
    let mut document = Automerge::new();
    for change in changes {
        scan::change(&change)?;
        // Automerge itself holds back a change until what it follows is there.
        body::apply(&mut document, &change)?;
    }
    if document.get_heads().is_empty() { Err(Refusal::Superseded) } else { Ok(document.save()) }
}
