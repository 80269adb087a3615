//! The link with one partner: greeting, lists, and what came in a frame.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteVec;
use schemas::certificate::{CircleList, NodeCertificate, Verified};
use schemas::envelope::Refusal;
use schemas::ids::{CircleId, EnvelopeId, RootId};
use schemas::time::Timestamp;

use crate::api::{Effect, Kept, Notice, PartnerState};
use crate::check::Check;
use crate::frames::{Frame, Hello, MAX_KNOWN, MAX_LISTS, OwnedList, Round};
use crate::replica::{MAX_REFUSED, Replica};

/// What is known of one partner's link.
#[derive(Default)]
pub(crate) struct Link {
    pub(crate) state: PartnerState,
    /// Whether it has greeted on this stream.
    pub(crate) ready: bool,
    /// Whether the last frame on this stream went out.
    pub(crate) spoke: bool,
    /// Versions of lists that it says it knows.
    pub(crate) known: BTreeMap<(CircleId, RootId), u64>,
    pub(crate) refused_here: BTreeSet<EnvelopeId>,
    pub(crate) refused_there: BTreeSet<EnvelopeId>,
    pub(crate) checks: BTreeMap<CircleId, Check>,
    /// How many checks were begun on this stream.
    pub(crate) checks_begun: u64,
    /// Circles of which everything was sent on this stream.
    pub(crate) streamed: BTreeSet<CircleId>,
    /// Rounds that wait until what arrived before them is merged.
    pub(crate) deferred: BTreeMap<(CircleId, bool), Round>,
    pub(crate) checked_at: Timestamp,
    /// Days that its clock is ahead of this one, as of its last round.
    pub(crate) ahead: u32,
    /// The certificate of its last greeting: it greets often, and changes it once a year.
    certificate: Option<(Vec<u8>, Verified<NodeCertificate>)>,
    introduced: BTreeSet<RootId>,
}

impl Link {
    /// Forgets what belongs to one stream.
    fn reset(&mut self) {
        self.ready = false;
        self.spoke = false;
        self.state.round_trips = 0;
        self.known.clear();
        self.refused_here.clear();
        self.refused_there.clear();
        self.checks.clear();
        self.checks_begun = 0;
        self.streamed.clear();
        self.deferred.clear();
        self.state.connected_since = None;
        self.state.in_step.values_mut().for_each(|equal| *equal = false);
    }

    /// Ids that are left out of the check.
    pub(crate) fn left_out(&self) -> impl Iterator<Item = &EnvelopeId> {
        self.refused_here.iter().chain(&self.refused_there)
    }

    /// Whether an id is left out of the check.
    pub(crate) fn leaves_out(&self, id: &EnvelopeId) -> bool {
        self.refused_here.contains(id) || self.refused_there.contains(id)
    }
}

impl Replica {
    pub(crate) fn connected(&mut self, now: Timestamp, partner: RootId) {
        if partner == self.me || !self.roster.knows(partner) {
            self.effect(Effect::Disconnect { partner, reason: "not a partner" });
            return;
        }
        if !self.roster.covered(partner, now.hour()) {
            self.effect(Effect::Disconnect { partner, reason: "certificate out of date" });
            return;
        }
        let link = self.links.entry(partner).or_default();
        link.reset();
        link.state.connected_since = Some(now);
        self.greet(partner);
    }

    pub(crate) fn disconnected(&mut self, partner: RootId) {
        if let Some(link) = self.links.get_mut(&partner) {
            link.reset();
        }
    }

    /// Closes the stream to a partner that does not keep to the protocol.
    fn hang_up(&mut self, partner: RootId, reason: &'static str) {
        self.disconnected(partner);
        self.effect(Effect::Disconnect { partner, reason });
    }

    fn greet(&mut self, partner: RootId) {
        let hello = Frame::Hello(Hello {
            store: self.config.store_id,
            session: self.config.session,
            certificate: ByteVec::from(self.config.certificate_bytes.clone()),
            known: self.roster.known(),
        });
        self.send(partner, &hello);
    }

    /// Greets everyone anew, because what is known has changed.
    fn greet_all(&mut self) {
        let connected: Vec<RootId> = self
            .links
            .iter()
            .filter(|(_, link)| link.state.connected_since.is_some())
            .map(|(partner, _)| *partner)
            .collect();
        for partner in connected {
            // What was refused may be welcome now.
            if let Some(link) = self.links.get_mut(&partner) {
                link.refused_here.clear();
            }
            self.greet(partner);
            // A greeting only names versions; one that has greeted already won't answer it.
            if self.links.get(&partner).is_some_and(|link| link.ready) {
                self.send_lists(partner);
            }
            self.check_all(partner);
        }
    }

    pub(crate) fn certificate(&mut self, certificate: Verified<NodeCertificate>, bytes: Vec<u8>) {
        let owner = certificate.get().owner();
        if owner == self.me && certificate.get().serial >= self.config.certificate.get().serial {
            self.config.certificate = certificate.clone();
            self.config.certificate_bytes = bytes;
        }
        if self.roster.add_certificate(certificate) {
            self.greet_all();
        }
    }

    pub(crate) fn list(&mut self, list: Verified<CircleList>, bytes: Vec<u8>) {
        if self.roster.add_list(list, bytes) {
            self.greet_all();
        }
    }

    pub(crate) fn frame(&mut self, now: Timestamp, partner: RootId, bytes: &[u8]) {
        let Some(link) = self.links.get_mut(&partner).filter(|link| link.state.connected_since.is_some()) else {
            return;
        };
        link.state.bytes.1 += bytes.len() as u64;
        link.state.round_trips += u64::from(std::mem::take(&mut link.spoke));
        let ready = link.ready;
        match Frame::from_bytes(bytes) {
            None => {
                self.refuse(partner, Refusal::Malformed, None);
                self.hang_up(partner, "malformed frame");
            }
            Some(Frame::Hello(hello)) => self.hello(now, partner, hello),
            Some(_) if !ready => self.hang_up(partner, "no greeting"),
            Some(Frame::Lists(lists)) => self.lists(partner, lists),
            Some(Frame::Envelopes(envelopes)) => self.arrived(now, partner, &envelopes),
            Some(Frame::Check(round)) => self.round(now, partner, round),
            Some(Frame::Need(ids)) => self.needed(partner, ids),
            Some(Frame::Refused(ids)) => {
                if let Some(link) = self.links.get_mut(&partner) {
                    let room = MAX_REFUSED.saturating_sub(link.refused_there.len());
                    link.refused_there.extend(ids.into_iter().take(room));
                }
            }
        }
    }

    fn hello(&mut self, now: Timestamp, partner: RootId, hello: Hello) {
        let bytes = Vec::from(hello.certificate);
        let same =
            self.links.get(&partner).and_then(|link| link.certificate.clone()).filter(|(held, _)| *held == bytes);
        let Some(certificate) = same.map(|(_, held)| held).or_else(|| NodeCertificate::verify(&bytes).ok()) else {
            return self.hang_up(partner, "certificate does not hold");
        };
        if certificate.get().owner() != partner {
            return self.hang_up(partner, "certificate of somebody else");
        }
        if !certificate.get().covers(now.hour()) {
            return self.hang_up(partner, "certificate out of date");
        }
        let newer = self.roster.newest(partner).is_none_or(|held| held.get().serial < certificate.get().serial);
        if newer && self.roster.add_certificate(certificate.clone()) {
            self.effect(Effect::Keep(Kept::Certificate(partner, bytes.clone())));
        }
        let Some(link) = self.links.get_mut(&partner) else { return };
        link.certificate = Some((bytes, certificate));
        link.ready = true;
        link.known = hello.known.iter().take(MAX_KNOWN).map(|k| ((k.circle, k.owner), k.version)).collect();
        link.refused_there.clear();
        self.send_lists(partner);
        self.check_all(partner);
        if let Some(link) = self.links.get_mut(&partner) {
            link.checked_at = now;
        }
    }

    /// Sends lists that name the partner and that it lacks in their newest version.
    fn send_lists(&mut self, partner: RootId) {
        let Some(link) = self.links.get_mut(&partner) else { return };
        let mut lists = Vec::new();
        for kept in self.roster.lists() {
            let list = &kept.list;
            let at = (list.circle, list.owner);
            let lacks = link.known.get(&at).is_none_or(|known| *known < list.version);
            if lacks && list.owner != partner && list.members.binary_search(&partner).is_ok() {
                link.known.insert(at, list.version);
                lists.push(OwnedList { owner: list.owner, bytes: ByteVec::from(kept.bytes.clone()) });
            }
        }
        for part in lists.chunks(MAX_LISTS / 16) {
            self.send(partner, &Frame::Lists(part.to_vec()));
        }
    }

    fn lists(&mut self, partner: RootId, lists: Vec<OwnedList>) {
        let mut changed = false;
        for OwnedList { owner, bytes } in lists {
            let bytes = Vec::from(bytes);
            if self.roster.lists().any(|kept| kept.list.owner == owner && kept.bytes == bytes) {
                continue;
            }
            let Some(certificate) = self.roster.newest(owner).filter(|_| owner != self.me) else { continue };
            let Ok(list) = CircleList::verify(&bytes, certificate) else {
                self.refuse(partner, Refusal::Forged, None);
                continue;
            };
            let (circle, members) = (list.get().circle, list.get().members.clone());
            if self.roster.add_list(list, bytes.clone()) {
                changed = true;
                self.effect(Effect::Keep(Kept::List(circle, owner, bytes)));
                self.introduce(partner, &members);
            }
        }
        if changed {
            self.greet_all();
        }
    }

    /// Tells of members that were not compared by phone.
    fn introduce(&mut self, by: RootId, members: &[RootId]) {
        for member in members {
            let new = self.links.get_mut(&by).is_some_and(|link| {
                !self.roster.knows(*member) && link.introduced.len() < MAX_REFUSED && link.introduced.insert(*member)
            });
            if new {
                self.effect(Effect::Notify(Notice::Introduced { by, member: *member }));
            }
        }
    }
}
