//! The link with one partner: its stream, and what came in a frame.

use std::collections::{BTreeMap, BTreeSet};

use schemas::envelope::Refusal;
use schemas::ids::{CircleId, EnvelopeId, RootId};
use schemas::time::Timestamp;

use crate::allowance::{Allowance, GREETING};
use crate::api::{Effect, PartnerState};
use crate::check::Check;
use crate::frames::{Frame, Knowledge, KnownOwner, MAX_KNOWN, Round};
use crate::replica::{MAX_REFUSED, Replica};

/// What a partner said that it knows.
#[derive(Default)]
pub(crate) struct Heard {
    lists: BTreeSet<(CircleId, RootId)>,
    certificates: BTreeSet<KnownOwner>,
}

impl Heard {
    pub(crate) fn of(knowledge: &Knowledge) -> Self {
        Self {
            lists: knowledge.lists.iter().take(MAX_KNOWN).map(|known| (known.circle, known.owner)).collect(),
            certificates: knowledge.certificates.iter().take(MAX_KNOWN).copied().collect(),
        }
    }

    /// Whether it knows whom `owner` lets into the circle.
    pub(crate) fn has_list(&self, circle: CircleId, owner: RootId) -> bool {
        self.lists.contains(&(circle, owner))
    }

    /// Whether it holds these certificates.
    pub(crate) fn has_certificates(&self, known: &KnownOwner) -> bool {
        self.certificates.contains(known)
    }
}

/// What is known of one partner's link.
#[derive(Default)]
pub(crate) struct Link {
    pub(crate) state: PartnerState,
    /// Whether it has greeted on this stream.
    pub(crate) ready: bool,
    /// Whether the last frame on this stream went out.
    pub(crate) spoke: bool,
    /// Number of its store, and up to where everything was sent, and what of that is kept.
    pub(crate) store: Option<[u8; 16]>,
    pub(crate) cursors: BTreeMap<CircleId, u64>,
    pub(crate) saved: BTreeMap<CircleId, (u64, [u8; 16])>,
    /// Up to where both were found to hold the same.
    pub(crate) agreed: BTreeMap<CircleId, u64>,
    /// Whether this stream began with a check, before the partner had greeted.
    pub(crate) begun: bool,
    /// Digest of what it says it knows, and of what it was last told.
    pub(crate) theirs: Option<[u8; 16]>,
    pub(crate) told: Option<[u8; 16]>,
    /// Whether it was told in full what is known here since it was last greeted.
    pub(crate) asked: bool,
    /// Lists and certificates that it knows.
    pub(crate) known: Heard,
    pub(crate) refused_here: BTreeSet<EnvelopeId>,
    pub(crate) refused_there: BTreeSet<EnvelopeId>,
    /// When what was refused as from the future may be welcome.
    pub(crate) welcome_at: Option<Timestamp>,
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
    pub(crate) allowance: Allowance,
    /// Rounds, and envelopes asked for, that its last check still has.
    pub(crate) rounds_left: u32,
    pub(crate) needs_left: usize,
    pub(crate) introduced: BTreeSet<RootId>,
}

impl Link {
    /// Forgets what belongs to one stream.
    fn reset(&mut self) {
        self.ready = false;
        self.spoke = false;
        self.state.round_trips = 0;
        self.begun = false;
        self.told = None;
        self.known = Heard::default();
        self.refused_here.clear();
        self.refused_there.clear();
        self.welcome_at = None;
        self.checks.clear();
        self.checks_begun = 0;
        self.streamed.clear();
        self.deferred.clear();
        self.state.connected_since = None;
        self.state.in_step.values_mut().for_each(|equal| *equal = false);
    }

    /// Whether what is written goes out at once: since it has greeted, or since a check began
    /// without waiting for that.
    pub(crate) fn is_live(&self) -> bool {
        self.ready || self.begun
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
        if partner == self.me || !self.roster.is_confirmed(partner) {
            self.effect(Effect::Disconnect { partner, reason: "not a partner" });
            return;
        }
        let link = self.links.entry(partner).or_default();
        link.reset();
        if !link.allowance.take(now, GREETING) {
            self.effect(Effect::Disconnect { partner, reason: "connects too often" });
            return;
        }
        link.state.connected_since = Some(now);
        self.greet(partner);
        // Who knew the same at the end of the last stream does so now, as a rule: then nothing
        // waits for its greeting.
        if self.links.get(&partner).is_some_and(|link| link.store.is_some()) && self.agree(partner) {
            if let Some(link) = self.links.get_mut(&partner) {
                link.begun = true;
            }
            self.catch_up(partner);
            self.begin_all(partner);
        }
    }

    /// Takes note of what a partner does not take.
    fn refused_there(&mut self, now: Timestamp, partner: RootId, ids: Vec<EnvelopeId>) {
        let Some(link) = self.links.get_mut(&partner) else { return };
        let room = MAX_REFUSED.saturating_sub(link.refused_there.len());
        let new: Vec<EnvelopeId> = ids.into_iter().take(room).filter(|id| link.refused_there.insert(*id)).collect();
        let _ = self.read_what_was_ahead(now, &new);
    }

    pub(crate) fn disconnected(&mut self, partner: RootId) {
        self.leave_off(partner);
        self.clocks.left(partner);
        if let Some(link) = self.links.get_mut(&partner) {
            link.reset();
        }
    }

    /// Closes the stream to a partner that does not keep to the protocol.
    pub(crate) fn hang_up(&mut self, partner: RootId, reason: &'static str) {
        self.disconnected(partner);
        self.effect(Effect::Disconnect { partner, reason });
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
            Some(Frame::Hello(hello)) => self.hello(now, partner, &hello),
            Some(_) if !ready => self.hang_up(partner, "no greeting"),
            Some(Frame::Known(knowledge)) => self.known(now, partner, &knowledge),
            Some(Frame::Papers(papers)) => self.papers(now, partner, papers),
            Some(Frame::Envelopes(envelopes)) => self.arrived(now, partner, &envelopes),
            Some(Frame::Check(round)) => self.round(now, partner, round),
            Some(Frame::Need(ids)) => self.needed(partner, ids),
            Some(Frame::Refused(ids)) => self.refused_there(now, partner, ids),
        }
    }
}
