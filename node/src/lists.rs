//! This municipality's own lists of its circles: signed anew when they no longer say who is in,
//! or when another key signed them.

use anyhow::Result;
use casework::ports::{Circle, Storage};
use ed25519_dalek::SigningKey;
use replication::certificates::Certificates;
use schemas::certificate::CircleList;
use schemas::ids::RootId;
use store::Store;

use crate::keys::node_key;

/// Brings every own list in step with the circles of the store. Partners get them when the
/// runtime reads the store again.
///
/// # Errors
/// A failing store.
pub fn keep_signed(store: &Store, me: RootId, key: &SigningKey) -> Result<()> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    store.read(Box::new(move |records| {
        // The receiver lives until the store has answered.
        let _ = sender.send(records.circles()?);
        Ok(())
    }))?;
    let circles: Vec<Circle> = receiver.recv()?;
    let held = store.lists()?;
    let known = store.known_certificates()?;
    let own = || known.of(me).into_iter().flat_map(Certificates::iter).map(|kept| kept.signer().certificate());
    for circle in circles.into_iter().filter(|circle| !circle.pair) {
        let earlier = held.iter().find(|(id, owner, _)| *id == circle.id && *owner == me).map(|(.., bytes)| bytes);
        // By whichever of this municipality's keys it was signed.
        let earlier = earlier.and_then(|bytes| {
            own().find_map(|one| Some((CircleList::verify(bytes, one).ok()?.into_inner(), one.get().node)))
        });
        // Nobody else was ever in: there is nobody to tell.
        if earlier.is_none() && circle.members.len() < 2 {
            continue;
        }
        let list = CircleList {
            circle: circle.id,
            owner: me,
            version: earlier.as_ref().map_or(1, |(list, _)| list.version + 1),
            name: circle.name,
            arrangement: circle.arrangement,
            members: circle.members,
        };
        let says_so = |(held, by): &(CircleList, _)| {
            *by == node_key(key) && CircleList { version: list.version, ..held.clone() } == list
        };
        if !earlier.as_ref().is_some_and(says_so) {
            store.keep_list(list.circle, me, &list.sign(key))?;
        }
    }
    Ok(())
}
