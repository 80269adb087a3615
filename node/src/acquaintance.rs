//! Whom this node knows: what the replica is told at start of certificates and lists.
//!
//! It decides nothing: who is a partner is in the store, and who else counts is for the replica.

use std::collections::BTreeMap;

use replication::Input;
use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::ids::{CircleId, NodeKey, RootId};
use store::KnownCertificates;

/// The newest certificate of each municipality.
pub type Newest = BTreeMap<RootId, Verified<NodeCertificate>>;

/// Whose a node key is where several certified it: whoever stole it can. The replica gives it to whom
/// it hears of first by [`inputs`]: `me`, then one that is known, then another.
pub fn root_of(
    me: RootId,
    is_known: impl Fn(RootId) -> bool,
    certificates: &KnownCertificates,
    node: NodeKey,
) -> Option<RootId> {
    certificates.roots_of(node).min_by_key(|root| (*root != me, !is_known(*root), *root))
}

/// The newest certificates of those that `is_known` says are this municipality or a partner, and
/// the inputs for the replica. Members that are no partners come after the lists that introduce
/// them. What does not verify is left out.
pub fn inputs(
    is_known: impl Fn(RootId) -> bool,
    certificates: &KnownCertificates,
    lists: Vec<(CircleId, RootId, Vec<u8>)>,
) -> (Newest, Vec<Input>) {
    let (mut newest, mut introduced) = (Newest::new(), Newest::new());
    let (mut inputs, mut introductions, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for (root, kept) in certificates.iter() {
        let known = is_known(root);
        let of_whom = if known { &mut newest } else { &mut introduced };
        of_whom.extend(kept.newest().map(|certificate| (root, certificate.clone())));
        for one in kept.iter() {
            let (certificate, bytes) = (one.signer().certificate().clone(), one.bytes().to_vec());
            if known {
                inputs.push(Input::Certificate { certificate, bytes });
            } else {
                introductions.push((certificate, bytes));
            }
        }
    }
    for (_, owner, bytes) in lists {
        let signed_by = |all: &Newest| CircleList::verify(&bytes, all.get(&owner)?).ok();
        if let Some(list) = signed_by(&newest) {
            inputs.push(Input::List { list, bytes });
        } else if let Some(list) = signed_by(&introduced) {
            theirs.push(Input::List { list, bytes });
        }
    }
    inputs.push(Input::Introduced { certificates: introductions });
    inputs.append(&mut theirs);
    (newest, inputs)
}
