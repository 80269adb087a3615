//! The check: reconciles each common circle as a set of (signed hour, envelope id), by the
//! Negentropy V1 protocol, and repairs what differs.
//!
//! The side with the lower root begins, with one fingerprint of everything; the answer of a side
//! that holds the same is one byte. Neither remembers a set between two rounds: what arrived in
//! between counts.
//!
//! **What is compared.** What two partners share in a circle depends on each owner's audience, on
//! what either refused, and on the later of their two days (what ends before that day + 1 is left
//! out). No set is kept per partner, which would cost memory per document and partner. The index
//! keeps one set per circle and owner, without what ends too soon by this node's own day; a round
//! adds up the sets of the owners that count and takes away the few ids that are left out. So a
//! fingerprint costs O(owners · log n), a change one insert, and a new list nothing at all.
//!
//! **Bounds.** A check has at most [`MAX_ROUNDS`] rounds, never offers more than is held, never
//! asks for more than [`MAX_NEED`] envelopes, and is repeated at once only while it helps.

use std::collections::BTreeSet;

use minicbor::bytes::ByteVec;
use schemas::envelope::Refusal;
use schemas::ids::{CircleId, EnvelopeId, RootId};
use schemas::time::{Hour, Timestamp};

use crate::Effect;
use crate::allowance::CHECK;
use crate::api::Notice;
use crate::frames::{Frame, MAX_IDS, Round};
use crate::index::Key;
use crate::link::Link;
use crate::reconcile::{self, Difference, View};
use crate::replica::Replica;

/// Seconds between two checks of one partner.
pub const CHECK_SECONDS: u64 = 180;
/// Bytes of a round, about.
const ROUND_BYTES: usize = 60_000;
/// Rounds of one check, at most.
const MAX_ROUNDS: u32 = 256;
/// Envelopes asked for in one check, at most.
const MAX_NEED: usize = 262_144;
/// How often a check that found differences is done again at once.
const MAX_AGAIN: u32 = 8;
/// Differences below which it may be done again although there are not fewer: news that crossed.
const FEW: usize = 256;
/// Days that a partner's clock may be ahead and still count.
const MAX_AHEAD: u32 = 2;

/// A check that this side began.
#[derive(Debug, Default)]
pub(crate) struct Check {
    number: u64,
    /// What this node had written in the partner's own documents when it began, as far as that is
    /// compared.
    since: Option<u64>,
    have: usize,
    need: usize,
    rounds: u32,
    again: u32,
    /// Differences that the check before this one found.
    before: Option<usize>,
}

impl Replica {
    /// Envelopes of a circle that this node and `partner` are to hold both, but for those that
    /// one of them refused and those that end before `cutoff`.
    fn view(&self, partner: RootId, circle: CircleId, cutoff: Hour) -> View<'_> {
        let shared = self.index.sets(circle).filter(|(owner, _)| self.shares(partner, circle, *owner));
        let mut view = View::new(shared.map(|(_, set)| set).collect());
        let refused = self.links.get(&partner).into_iter().flat_map(Link::left_out).copied();
        let too_late = self.index.ending(self.index.cutoff(), cutoff);
        let left_out = refused.chain(too_late);
        left_out.filter_map(|id| self.index.item(id)).for_each(|item| view.leave_out(item));
        view
    }

    /// Begins a check of every common circle with a partner that has greeted, when it is on this
    /// side to begin.
    pub(crate) fn check_all(&mut self, partner: RootId) {
        if self.links.get(&partner).is_some_and(|link| link.ready) {
            self.begin_all(partner);
        }
    }

    pub(crate) fn begin_all(&mut self, partner: RootId) {
        if !self.is_off() && self.me < partner {
            for circle in self.roster.circles_with(partner) {
                // Before the partner knows this node's list there is nothing to compare.
                let me = self.me;
                if !self.roster.names_itself(circle, me, partner) || self.shares(partner, circle, me) {
                    self.begin(partner, circle, Check::default());
                }
            }
        }
    }

    pub(crate) fn check_due(&mut self, now: Timestamp) {
        let due: Vec<RootId> = self
            .links
            .iter_mut()
            .filter(|(_, link)| link.ready && link.checked_at.plus_seconds(CHECK_SECONDS) <= now)
            .map(|(partner, link)| {
                link.checked_at = now;
                *partner
            })
            .collect();
        for partner in due {
            self.check_all(partner);
        }
    }

    pub(crate) fn next_check(&self) -> Option<Timestamp> {
        let ready = self.links.iter().filter(|(partner, link)| link.ready && self.me < **partner);
        ready.map(|(_, link)| link.checked_at.plus_seconds(CHECK_SECONDS)).min()
    }

    fn begin(&mut self, partner: RootId, circle: CircleId, mut check: Check) {
        let today = self.today();
        let ahead = self.links.get(&partner).map_or(0, |link| link.ahead);
        let message = reconcile::begin(&self.view(partner, circle, cutoff(today.saturating_add(ahead))));
        let written = self.written(partner, circle);
        let Some(link) = self.links.get_mut(&partner) else { return };
        link.checks_begun += 1;
        (check.number, check.since) = (link.checks_begun, written);
        let number = check.number;
        // A check that was under way is given up: answers to it carry its number.
        link.checks.insert(circle, check);
        let round = Round { circle, day: today, answer: false, number, message: ByteVec::from(message) };
        self.send(partner, &Frame::Check(round));
    }

    /// A round arrived. It waits while something that came before it is being merged.
    pub(crate) fn round(&mut self, now: Timestamp, partner: RootId, round: Round) {
        self.clocks.heard_day(partner, round.day, now);
        if self.is_off() {
            // What ends when cannot be compared.
            return;
        }
        if self.waiting.is_empty() {
            return self.take_round(now, partner, round);
        }
        if self.roster.is_common(round.circle, partner)
            && let Some(link) = self.links.get_mut(&partner)
        {
            link.deferred.insert((round.circle, round.answer), round);
        }
    }

    /// Takes up the rounds that waited.
    pub(crate) fn resume_rounds(&mut self, now: Timestamp) {
        let partners: Vec<RootId> = self.links.keys().copied().collect();
        for partner in partners {
            let deferred = self.links.get_mut(&partner).map(|link| std::mem::take(&mut link.deferred));
            for round in deferred.unwrap_or_default().into_values() {
                self.take_round(now, partner, round);
            }
        }
    }

    fn take_round(&mut self, now: Timestamp, partner: RootId, round: Round) {
        if !self.roster.is_common(round.circle, partner) {
            return;
        }
        if !round.answer && !self.may_ask(now, partner, &round) {
            return self.refuse(partner, Refusal::OverBudget, None);
        }
        let today = self.today();
        // A clock that runs far ahead does not make this side leave everything out.
        let ahead = round.day.saturating_sub(today).min(MAX_AHEAD);
        let Some(link) = self.links.get_mut(&partner) else { return };
        link.ahead = ahead;
        let cutoff = cutoff(today.saturating_add(ahead));
        if round.answer { self.go_on(now, partner, &round, cutoff) } else { self.reply(now, partner, round, cutoff) }
    }

    /// Whether the partner may have this round answered: a check has so many, and so many checks
    /// may be begun.
    fn may_ask(&mut self, now: Timestamp, partner: RootId, round: &Round) -> bool {
        let Some(link) = self.links.get_mut(&partner) else { return false };
        if reconcile::is_beginning(&round.message) {
            if !link.allowance.take(now, CHECK) {
                return false;
            }
            link.rounds_left = (link.rounds_left + MAX_ROUNDS).min(16 * MAX_ROUNDS);
            link.needs_left = (link.needs_left + MAX_NEED).min(4 * MAX_NEED);
        }
        let left = link.rounds_left.checked_sub(1);
        link.rounds_left = left.unwrap_or(0);
        left.is_some()
    }

    /// The side that did not begin.
    fn reply(&mut self, now: Timestamp, partner: RootId, round: Round, cutoff: Hour) {
        let Round { circle, number, message, .. } = round;
        let view = self.view(partner, circle, cutoff);
        let Ok(answer) = reconcile::answer(&view, &message, ROUND_BYTES) else {
            return self.refuse(partner, Refusal::Malformed, None);
        };
        // One that holds nothing gets everything, once on a stream, and is not told ids first.
        let empty = *message == reconcile::begin(&View::default());
        let all: Vec<EnvelopeId> =
            if empty { view.all().map(|item| EnvelopeId(item.id)).collect() } else { Vec::new() };
        let first = |link: &mut Link| link.streamed.insert(circle);
        if !all.is_empty() && self.links.get_mut(&partner).is_some_and(first) {
            self.send_stored(partner, all);
        }
        let equal = reconcile::is_beginning(&message) && reconcile::says_equal(&answer);
        self.checked(now, partner, circle, equal, self.written(partner, circle));
        let day = self.today();
        let round = Round { circle, day, answer: true, number, message: ByteVec::from(answer) };
        self.send(partner, &Frame::Check(round));
    }

    /// The side that began.
    fn go_on(&mut self, now: Timestamp, partner: RootId, round: &Round, cutoff: Hour) {
        let circle = round.circle;
        let Some(link) = self.links.get_mut(&partner) else { return };
        if link.checks.get(&circle).is_none_or(|check| check.number != round.number) {
            return;
        }
        let Some(mut check) = link.checks.remove(&circle) else { return };
        let view = self.view(partner, circle, cutoff);
        let held = usize::try_from(view.len()).unwrap_or(usize::MAX);
        let Ok(Difference { have, need, next }) = reconcile::compare(&view, &round.message, ROUND_BYTES) else {
            return self.refuse(partner, Refusal::Malformed, None);
        };
        let need: Vec<EnvelopeId> = need.into_iter().filter(|id| self.is_wanted(partner, id)).collect();
        check.rounds += 1;
        check.have += have.len();
        check.need += need.len();
        if check.have > held || check.need > MAX_NEED {
            // It was told more often than there is anything to tell.
            self.checked(now, partner, circle, false, None);
            return self.refuse(partner, Refusal::OverBudget, None);
        }
        self.send_stored(partner, have);
        for part in need.chunks(MAX_IDS) {
            self.send(partner, &Frame::Need(part.to_vec()));
        }
        match next {
            Some(message) if check.rounds < MAX_ROUNDS => {
                let (day, number) = (self.today(), check.number);
                if let Some(link) = self.links.get_mut(&partner) {
                    link.checks.insert(circle, check);
                }
                let round = Round { circle, day, answer: false, number, message: ByteVec::from(message) };
                self.send(partner, &Frame::Check(round));
            }
            _ => {
                let differences = check.have + check.need;
                let equal = check.rounds == 1 && reconcile::says_equal(&round.message);
                self.checked(now, partner, circle, equal, check.since);
                let helps = check.before.is_none_or(|before| differences < before) || differences <= FEW;
                // Also when all that differed was on its way: the other is to know as well.
                if !equal && helps && check.again < MAX_AGAIN {
                    // The stream is in order: the partner answers after it has what was sent.
                    let (again, before) = (check.again + 1, Some(differences));
                    self.begin(partner, circle, Check { again, before, ..Check::default() });
                }
            }
        }
    }

    fn is_wanted(&self, partner: RootId, id: &EnvelopeId) -> bool {
        !self.index.holds(*id) && !self.links.get(&partner).is_some_and(|link| link.leaves_out(id))
    }

    /// Up to where everything that this node wrote in documents of the partner is compared with
    /// it; none where those are not compared at all.
    fn written(&self, partner: RootId, circle: CircleId) -> Option<u64> {
        if !self.shares(partner, circle, partner) {
            return None;
        }
        let of_theirs = |key: Key| key.owner == partner && key.circle == circle;
        // What the partner refused is left out of what is compared.
        let refused = self.links.get(&partner).into_iter().flat_map(|link| &link.refused_there);
        let refused: BTreeSet<EnvelopeId> =
            refused.copied().filter(|id| self.index.key_of(*id).is_some_and(of_theirs)).collect();
        let first = self.journal.first_of(&refused);
        Some(first.map_or(self.journal.last(), |first| first.saturating_sub(1)))
    }

    /// A check ended, or on the side that did not begin: its first round was answered. Whether both
    /// hold the same, and up to what this node had `written` in the partner's own documents.
    fn checked(&mut self, now: Timestamp, partner: RootId, circle: CircleId, equal: bool, written: Option<u64>) {
        let Some(link) = self.links.get_mut(&partner) else { return };
        link.state.in_step.insert(circle, equal);
        if equal {
            link.state.reconciled_at = Some(now);
            self.in_step(partner, circle, written);
            self.effect(Effect::Notify(Notice::Reconciled { partner, circle }));
        }
    }

    /// Sends what was asked for, as far as the partner may have it.
    pub(crate) fn needed(&mut self, partner: RootId, ids: Vec<EnvelopeId>) {
        let may =
            |id: &EnvelopeId| self.index.key_of(*id).is_some_and(|key| self.shares(partner, key.circle, key.owner));
        let ids: BTreeSet<EnvelopeId> = ids.into_iter().filter(may).collect();
        let Some(link) = self.links.get_mut(&partner) else { return };
        let Some(left) = link.needs_left.checked_sub(ids.len()) else {
            return self.refuse(partner, Refusal::OverBudget, None);
        };
        link.needs_left = left;
        self.send_stored(partner, ids.into_iter().collect());
    }

    /// The day since 1970, by this clock; the sets of the index are brought up to it.
    fn today(&mut self) -> u32 {
        let today = u32::try_from(self.now.0 / 86_400).unwrap_or(u32::MAX);
        self.index.set_cutoff(cutoff(today));
        today
    }
}

/// What ends before this is left out on that day.
fn cutoff(day: u32) -> Hour {
    Hour(day.saturating_add(1).saturating_mul(24))
}
