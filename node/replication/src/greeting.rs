//! Greetings: what two partners know of each other's certificates and lists, and how each gets
//! what it lacks.
//!
//! A greeting holds a digest over the certificates and lists that matter between the two. When
//! both say the same, nothing more is said. When they differ, both say in full what they know,
//! and each sends what the other lacks: certificates travel with lists.
//!
//! **A member that was not compared by phone.** Where the list of a confirmed partner names both
//! this municipality and another that was never compared, its certificate and its lists of that
//! circle are taken over from whoever brings them: without them its edits of shared documents
//! could not be checked, and nobody would agree on their state. What may be held of such a member
//! is what its own signed list gives this municipality in that circle, for as long as a confirmed
//! partner names it. It is no partner: no stream, no pair, so no proposals and no handover; it
//! gets nothing of this municipality but what this one's own list gives it, and that list names
//! confirmed partners only.
//!
//! **Who signed and is named no more.** What somebody wrote in a page before it left the circle is
//! checked like everything else, also by who joins later: its certificates travel for as long as
//! something that it signed is held in a page that both are given. They give it nothing.

use std::collections::BTreeSet;

use minicbor::bytes::ByteVec;
use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::Refusal;
use schemas::ids::RootId;
use schemas::time::Timestamp;

use crate::allowance::{GREETING, PAPER, RENEWAL};
use crate::api::{Effect, Kept, Notice};
use crate::frames::{Frame, Hello, Knowledge, MAX_PAPERS, Paper};
use crate::link::{Heard, Link};
use crate::replica::{MAX_REFUSED, Replica};

impl Replica {
    /// What matters between this node and `partner`.
    fn knowledge(&self, partner: RootId) -> Knowledge {
        let given = self.index.signers().filter(|(circle, owner, _)| self.is_given(partner, *circle, *owner));
        let signers = given.flat_map(|(.., signers)| signers).filter_map(|node| self.roster.root_of(node)).collect();
        self.roster.knowledge(partner, signers)
    }

    pub(crate) fn greet(&mut self, partner: RootId) {
        let known = self.knowledge(partner).digest();
        self.greet_with(partner, known);
    }

    /// With the greeting the partner forgets what was refused to it, since that may be welcome now. So
    /// it is forgotten here, and what it was not told of yet it is not told after that.
    fn greet_with(&mut self, partner: RootId, known: [u8; 16]) {
        if let Some(link) = self.links.get_mut(&partner) {
            link.told = Some(known);
            link.asked = false;
            link.welcome_at = None;
            link.refused_here.clear();
        }
        self.out.refused.remove(&partner);
        self.send(partner, &Frame::Hello(Hello { store: self.config.store_id, known, hour: self.now.hour() }));
    }

    /// Greets everyone anew to whom something else is to be said than before.
    pub(crate) fn knowledge_changed(&mut self) {
        let partners: Vec<RootId> = self.links.keys().copied().collect();
        for partner in partners {
            self.greet_anew(partner);
        }
    }

    /// Greets those anew whose words were refused as from the future: they offer them again then.
    pub(crate) fn welcome_again(&mut self, now: Timestamp) {
        let is_due = |(_, link): &(&RootId, &Link)| link.welcome_at.is_some_and(|at| at <= now);
        let due: Vec<RootId> = self.links.iter().filter(is_due).map(|(partner, _)| *partner).collect();
        for partner in due {
            self.greet(partner);
        }
    }

    /// Greets a connected partner anew when something else is to be said than before.
    fn greet_anew(&mut self, partner: RootId) {
        let knowledge = self.knowledge(partner);
        let known = knowledge.digest();
        let news = |link: &&mut Link| link.state.connected_since.is_some() && link.told != Some(known);
        let Some(link) = self.links.get_mut(&partner).filter(news) else { return };
        let agrees = link.theirs == Some(known);
        if agrees {
            link.known = Heard::of(&knowledge);
        }
        self.greet_with(partner, known);
        // Who knows something else says so, and is compared with after that.
        if agrees {
            self.check_all(partner);
        }
    }

    /// Whether the partner knows what this node knows; then it knows every list that matters.
    pub(crate) fn agree(&mut self, partner: RootId) -> bool {
        let knowledge = self.knowledge(partner);
        let agreed = |link: &&mut Link| link.theirs == Some(knowledge.digest());
        let Some(link) = self.links.get_mut(&partner).filter(agreed) else { return false };
        link.known = Heard::of(&knowledge);
        true
    }

    pub(crate) fn certificate(&mut self, certificate: Verified<NodeCertificate>, bytes: Vec<u8>) {
        let (owner, serial) = (certificate.get().owner(), certificate.get().serial);
        if self.roster.add_certificate(certificate, bytes) {
            self.tell_doubled(owner, serial);
            self.knowledge_changed();
        }
    }

    pub(crate) fn introduced(&mut self, certificates: Vec<(Verified<NodeCertificate>, Vec<u8>)>) {
        for (certificate, _) in &certificates {
            self.roster.note_author(certificate.get());
        }
        let (mut waiting, mut changed) = (certificates, false);
        // One may count by what another says: of who merged into one that merged itself.
        loop {
            let before = waiting.len();
            waiting.retain(|(certificate, bytes)| {
                let (owner, serial) = (certificate.get().owner(), certificate.get().serial);
                let taken = self.roster.add_introduced(certificate.clone(), bytes.clone(), None);
                if taken {
                    self.tell_doubled(owner, serial);
                }
                !taken
            });
            changed |= waiting.len() < before;
            if waiting.len() == before || waiting.is_empty() {
                break;
            }
        }
        if changed {
            self.knowledge_changed();
        }
    }

    pub(crate) fn forget_unnamed(&mut self, owners: &BTreeSet<RootId>) {
        for owner in self.unnamed().intersection(owners) {
            self.roster.forget(*owner);
            self.renewals.remove(owner);
        }
    }

    /// Tells that `owner` signed two certificates under this serial, when it did.
    fn tell_doubled(&mut self, owner: RootId, serial: u64) {
        if self.roster.doubled(owner) == Some(serial) {
            self.effect(Effect::Notify(Notice::CertifiedTwice { by: owner, serial }));
        }
    }

    pub(crate) fn list(&mut self, list: Verified<CircleList>, bytes: Vec<u8>) {
        let (circle, owner) = (list.get().circle, list.get().owner);
        let again = owner == self.me && !self.roster.members(circle, owner).is_empty();
        if self.roster.add_list(list, bytes) {
            if again {
                self.review_writers(circle);
            }
            self.knowledge_changed();
        }
    }

    /// Takes from what the partner may ask; hangs up when that is used up.
    fn allows(&mut self, now: Timestamp, partner: RootId, cost: u32) -> bool {
        let allowed = self.links.get_mut(&partner).is_some_and(|link| link.allowance.take(now, cost));
        if !allowed {
            self.refuse(partner, Refusal::OverBudget, None);
            self.hang_up(partner, "greets too often");
        }
        allowed
    }

    pub(crate) fn hello(&mut self, now: Timestamp, partner: RootId, hello: &Hello) {
        if !self.allows(now, partner, GREETING) {
            return;
        }
        self.clocks.heard(partner, hello.hour, now);
        if !self.roster.covered(partner, now.hour()) {
            return self.hang_up(partner, "certificate out of date");
        }
        let Some(link) = self.links.get_mut(&partner) else { return };
        link.ready = true;
        link.theirs = Some(hello.known);
        link.refused_there.clear();
        link.checked_at = now;
        let begun = std::mem::take(&mut link.begun) && link.store == Some(hello.store);
        if link.store != Some(hello.store) {
            link.store = Some(hello.store);
            link.cursors.clear();
            link.agreed.clear();
            link.saved.clear();
            link.checks.clear();
        }
        if self.agree(partner) {
            if !begun {
                self.catch_up(partner);
                self.check_all(partner);
            }
        } else {
            // Nothing is compared until it is clear what both know.
            if let Some(link) = self.links.get_mut(&partner) {
                link.known = Heard::default();
                link.checks.clear();
            }
            self.tell_known(partner);
        }
    }

    fn tell_known(&mut self, partner: RootId) {
        if let Some(link) = self.links.get_mut(&partner) {
            link.asked = true;
        }
        self.send(partner, &Frame::Known(self.knowledge(partner)));
    }

    /// The partner says in full what it knows.
    pub(crate) fn known(&mut self, now: Timestamp, partner: RootId, knowledge: &Knowledge) {
        if !self.allows(now, partner, GREETING) {
            return;
        }
        let Some(link) = self.links.get_mut(&partner) else { return };
        link.known = Heard::of(knowledge);
        if !link.asked {
            self.tell_known(partner);
        }
        let mine = self.knowledge(partner);
        for part in self.roster.papers_for(partner, &mine, knowledge).chunks(MAX_PAPERS) {
            self.send(partner, &Frame::Papers(part.to_vec()));
        }
        self.catch_up(partner);
        self.check_all(partner);
    }

    pub(crate) fn papers(&mut self, now: Timestamp, partner: RootId, papers: Vec<Paper>) {
        let mut changed = false;
        for paper in papers {
            // A paper before this one may have been too much.
            let listens = self.links.get(&partner).is_some_and(|link| link.ready);
            if !listens || !self.allows(now, partner, PAPER) {
                break;
            }
            changed |= match paper {
                Paper::Certificate(bytes) => self.take_certificate(now, partner, bytes.into()),
                Paper::List(owner, bytes) => self.take_list(partner, owner, bytes.into()),
            };
        }
        if changed {
            // Others hear it in a second, and not at every list when everybody signs a new one.
            self.greet_anew(partner);
            self.greet_at.get_or_insert(now.plus_seconds(1));
        }
    }

    fn take_certificate(&mut self, now: Timestamp, partner: RootId, bytes: Vec<u8>) -> bool {
        if self.roster.holds_certificate(&bytes) {
            return false;
        }
        let Ok(certificate) = NodeCertificate::verify(&bytes) else {
            self.refuse(partner, Refusal::Forged, None);
            return false;
        };
        let (owner, serial) = (certificate.get().owner(), certificate.get().serial);
        // Whoever brings it, its owner made it; and who brings too many is still heard.
        let pushes_out = self.roster.pushes_out(certificate.get());
        if pushes_out && !self.renewals.entry(owner).or_default().take(now, RENEWAL) {
            self.refuse_of(partner, Some(owner), Refusal::OverBudget, None);
            return false;
        }
        let taken = if owner == self.me {
            false
        } else if self.roster.is_confirmed(owner) {
            self.roster.add_certificate(certificate, bytes.clone())
        } else {
            self.roster.add_introduced(certificate, bytes.clone(), Some(partner))
        };
        if taken {
            self.tell_doubled(owner, serial);
            self.effect(Effect::Keep(Kept::Certificate(owner, bytes)));
        }
        taken
    }

    fn take_list(&mut self, partner: RootId, owner: RootId, bytes: Vec<u8>) -> bool {
        if self.roster.holds_list(owner, &bytes) {
            return false;
        }
        let Some(certificate) = self.roster.newest(owner).filter(|_| owner != self.me) else { return false };
        let Ok(list) = CircleList::verify(&bytes, certificate) else {
            // Who brings another's may not have heard of its next key yet.
            let retired = self.roster.signed_before(owner, &bytes);
            self.refuse_of(partner, Some(owner), if retired { Refusal::Retired } else { Refusal::Forged }, None);
            return false;
        };
        let (circle, members) = (list.get().circle, list.get().members.clone());
        let taken = self.roster.add_list(list, bytes);
        if taken {
            self.follow_list(circle, owner);
            self.introduce(partner, &members);
        }
        taken
    }

    /// Tells of members that were not compared by phone.
    fn introduce(&mut self, by: RootId, members: &[RootId]) {
        for member in members {
            let new = self.links.get_mut(&by).is_some_and(|link| {
                !self.roster.is_confirmed(*member)
                    && link.introduced.len() < MAX_REFUSED
                    && link.introduced.insert(*member)
            });
            if new {
                self.effect(Effect::Notify(Notice::Introduced { by, member: *member }));
            }
        }
    }
}

/// A certificate or list on its way to a partner.
pub(crate) fn certificate_paper(bytes: &[u8]) -> Paper {
    Paper::Certificate(ByteVec::from(bytes.to_vec()))
}

pub(crate) fn list_paper(owner: RootId, bytes: &[u8]) -> Paper {
    Paper::List(owner, ByteVec::from(bytes.to_vec()))
}
