//! Partners that merged into another municipality. As soon as one and this node hold the same,
//! what it wrote before is all here, and the office goes on without it. What it opened later still
//! may come by way of those who have not gone on yet: a successor takes that over too.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use schemas::ids::{CircleId, RootId};

use super::{Runtime, blocking};

/// What is to be carried through.
#[derive(Default)]
pub(super) struct Mergers {
    /// Partners that merged, with the circles in which they and this node were found to hold the
    /// same since that was known.
    partners: BTreeMap<RootId, BTreeSet<CircleId>>,
    /// Whether nothing was shown since it was looked whether a page is left to this municipality.
    looked: bool,
}

impl Mergers {
    /// Notes that this node and a partner were found to hold the same in a circle.
    pub(super) fn in_step(&mut self, partner: RootId, circle: CircleId) {
        if let Some(same) = self.partners.get_mut(&partner) {
            same.insert(circle);
        }
    }

    /// Notes that a page was shown.
    pub(super) fn page_shown(&mut self) {
        self.looked = false;
    }

    /// Takes out those that hold the same as this node in every circle that they share now. One in
    /// which they were and are not together any more is not waited for.
    fn take_due(&mut self, circles_with: impl Fn(RootId) -> Vec<CircleId>) -> Vec<RootId> {
        let is_due = |partner: &RootId, same: &mut BTreeSet<CircleId>| {
            let circles = circles_with(*partner);
            !circles.is_empty() && circles.iter().all(|circle| same.contains(circle))
        };
        self.partners.extract_if(.., is_due).map(|(partner, _)| partner).collect()
    }
}

impl Runtime {
    /// Notes which partners merged, as their first words say.
    pub(super) fn await_mergers(&mut self) {
        let merged = self.certificates.keys().filter(|root| self.replica.successor(**root).is_some());
        let merged: BTreeSet<RootId> = merged.copied().collect();
        self.mergers.partners.retain(|root, _| merged.contains(root));
        for root in merged {
            self.mergers.partners.entry(root).or_default();
        }
    }

    /// Goes on without partners that merged, once they and this node hold the same everywhere.
    pub(super) async fn carry_mergers_through(&mut self) -> Result<()> {
        if self.is_recovering() {
            return Ok(());
        }
        let due = self.mergers.take_due(|partner| self.replica.circles_with(partner));
        if !due.is_empty() {
            // Their pages are to be readable before they are taken over.
            self.written().await?;
            for partner in &due {
                tracing::info!(partner = %partner.short(), "it merged into another municipality");
            }
        }
        if due.is_empty() && std::mem::replace(&mut self.mergers.looked, true) {
            return Ok(());
        }
        let (office, parted) = (self.parts.office.clone(), !due.is_empty());
        blocking(move || {
            for partner in due {
                office.partner_merged(partner)?;
            }
            Ok(office.take_over_late_pages()?)
        })
        .await?;
        if parted {
            self.tell(web::Change::partner());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merger_is_due_when_both_hold_the_same_in_every_circle_that_is_left() {
        let (partner, other) = (RootId([1; 32]), RootId([2; 32]));
        let [pair, circle, left] = [1, 2, 3].map(|number| CircleId([number; 16]));
        let mut mergers = Mergers::default();
        mergers.in_step(partner, pair);
        mergers.partners.entry(partner).or_default();
        assert!(mergers.take_due(|_| vec![pair]).is_empty(), "that was before it was known");
        mergers.in_step(partner, pair);
        mergers.in_step(other, circle);
        assert!(mergers.take_due(|_| vec![pair, circle]).is_empty());
        assert!(mergers.take_due(|_| Vec::new()).is_empty(), "it is not known yet what they share");
        mergers.in_step(partner, circle);
        assert!(mergers.take_due(|_| vec![pair, circle, left]).is_empty());
        // Whoever left a circle is never found to hold the same there.
        assert_eq!(mergers.take_due(|_| vec![pair, circle]), [partner]);
        assert!(mergers.take_due(|_| vec![pair, circle]).is_empty(), "once");
    }
}
