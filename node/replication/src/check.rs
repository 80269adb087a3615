//! The check: reconciles each common circle as a set of (signed hour, envelope id), by the
//! Negentropy V1 protocol, and repairs what differs.
//!
//! The side with the lower root begins. Neither side keeps a set between two rounds: it is made
//! anew from the index, so that what arrived in between counts.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use minicbor::bytes::ByteVec;
use negentropy::{Id, Negentropy, NegentropyStorageVector};
use schemas::envelope::Refusal;
use schemas::ids::{CircleId, EnvelopeId, RootId};
use schemas::time::{Hour, Timestamp};

use crate::Effect;
use crate::api::Notice;
use crate::frames::{Frame, MAX_IDS, Round};
use crate::replica::Replica;

/// Seconds between two checks of one partner.
pub const CHECK_SECONDS: u64 = 180;
/// Bytes of a round, about.
const ROUND_BYTES: u64 = 60_000;
/// Rounds of one check, at most.
const MAX_ROUNDS: u32 = 256;
/// How often a check that found differences is done again at once.
const MAX_AGAIN: u32 = 8;

/// A check that this side began.
#[derive(Debug, Default)]
pub(crate) struct Check {
    number: u64,
    differences: usize,
    rounds: u32,
    again: u32,
}

/// What one round came to.
struct Outcome {
    next: Option<Vec<u8>>,
    have: Vec<EnvelopeId>,
    need: Vec<EnvelopeId>,
}

impl Replica {
    /// Envelopes of a circle that this node and `partner` are to hold both, but for those that
    /// one of them refused and those that end before `cutoff`.
    pub(crate) fn shared_set(&self, partner: RootId, circle: CircleId, cutoff: Hour) -> BTreeSet<(Hour, EnvelopeId)> {
        let link = self.links.get(&partner);
        let mut shared: BTreeMap<RootId, bool> = BTreeMap::new();
        let mut set = BTreeSet::new();
        for (key, document) in self.index.in_circle(circle) {
            if *shared.entry(key.owner).or_insert_with(|| self.shares(partner, circle, key.owner)) {
                let counted = document
                    .envelopes
                    .iter()
                    .filter(|(id, entry)| entry.expires_at >= cutoff && !link.is_some_and(|link| link.leaves_out(id)));
                set.extend(counted.map(|(id, entry)| (entry.signed_at, *id)));
            }
        }
        set
    }

    /// How many envelopes of all common circles are held.
    pub(crate) fn held_with(&self, partner: RootId) -> u64 {
        let circles = self.roster.circles_with(partner);
        circles
            .into_iter()
            .flat_map(|circle| self.index.in_circle(circle))
            .filter(|(key, _)| self.roster.names(key.circle, key.owner, partner))
            .map(|(_, document)| document.envelopes.len() as u64)
            .sum()
    }

    /// Sends everything, once on a stream, to one that has nothing.
    pub(crate) fn stream_all(&mut self, partner: RootId) {
        for circle in self.roster.circles_with(partner) {
            let ids: Vec<EnvelopeId> =
                self.shared_set(partner, circle, Hour(0)).into_iter().map(|(_, id)| id).collect();
            let first = |link: &mut crate::link::Link| link.streamed.insert(circle);
            if !ids.is_empty() && self.links.get_mut(&partner).is_some_and(first) {
                self.send_stored(partner, ids);
            }
        }
    }

    /// Begins a check of every common circle, when it is on this side to begin.
    pub(crate) fn check_all(&mut self, partner: RootId) {
        if self.me < partner && self.links.get(&partner).is_some_and(|link| link.ready) {
            for circle in self.roster.circles_with(partner) {
                // Before the partner knows this node's list there is nothing to compare.
                let me = self.me;
                if !self.roster.names(circle, me, partner) || self.shares(partner, circle, me) {
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
        // The partner's clock is not known yet; should its day be later, its answer says so.
        let today = day_of(self.now);
        let set = self.shared_set(partner, circle, cutoff(today));
        let Some(message) = guarded(|| {
            let mut protocol = protocol(&set)?;
            protocol.initiate()
        }) else {
            return;
        };
        let Some(link) = self.links.get_mut(&partner) else { return };
        link.checks_begun += 1;
        check.number = link.checks_begun;
        let number = check.number;
        // A check that was under way is given up: answers to it carry its number.
        link.checks.insert(circle, check);
        let round = Round { circle, day: today, answer: false, number, message: ByteVec::from(message) };
        self.send(partner, &Frame::Check(round));
    }

    /// A round arrived. It waits while something that came before it is being merged.
    pub(crate) fn round(&mut self, now: Timestamp, partner: RootId, round: Round) {
        if self.waiting.is_empty() {
            return self.answer(now, partner, round);
        }
        if self.roster.circles_with(partner).contains(&round.circle)
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
                self.answer(now, partner, round);
            }
        }
    }

    fn answer(&mut self, now: Timestamp, partner: RootId, round: Round) {
        let circle = round.circle;
        if !self.roster.circles_with(partner).contains(&circle) {
            return;
        }
        let today = day_of(now);
        // A clock that runs far ahead does not make this side leave everything out.
        let day = today.max(round.day.min(today.saturating_add(2)));
        let set = self.shared_set(partner, circle, cutoff(day));
        if round.answer {
            self.go_on(now, partner, round, &set, today)
        } else {
            self.reply(partner, &round, &set, today)
        }
    }

    /// The side that did not begin.
    fn reply(&mut self, partner: RootId, round: &Round, set: &BTreeSet<(Hour, EnvelopeId)>, today: u32) {
        let answer = guarded(|| protocol(set)?.reconcile(&round.message));
        let Some(message) = answer else {
            return self.refuse(partner, Refusal::Malformed, None);
        };
        let round = Round {
            circle: round.circle,
            day: today,
            answer: true,
            number: round.number,
            message: ByteVec::from(message),
        };
        self.send(partner, &Frame::Check(round));
    }

    /// The side that began.
    fn go_on(&mut self, now: Timestamp, partner: RootId, round: Round, set: &BTreeSet<(Hour, EnvelopeId)>, today: u32) {
        let circle = round.circle;
        let Some(link) = self.links.get_mut(&partner) else { return };
        if link.checks.get(&circle).is_none_or(|check| check.number != round.number) {
            return;
        }
        let Some(mut check) = link.checks.remove(&circle) else { return };
        let outcome = guarded(|| {
            let mut protocol = protocol(set)?;
            protocol.set_initiator();
            let (mut have, mut need) = (Vec::new(), Vec::new());
            let next = protocol.reconcile_with_ids(&round.message, &mut have, &mut need)?;
            Ok(Outcome { next, have: sorted(&have), need: sorted(&need) })
        });
        let Some(Outcome { next, have, need }) = outcome else {
            return self.refuse(partner, Refusal::Malformed, None);
        };
        check.rounds += 1;
        let need: Vec<EnvelopeId> = need.into_iter().filter(|id| self.is_wanted(partner, id)).collect();
        check.differences += have.len() + need.len();
        self.send_stored(partner, have);
        for part in need.chunks(MAX_IDS) {
            self.send(partner, &Frame::Need(part.to_vec()));
        }
        match next {
            Some(message) if check.rounds < MAX_ROUNDS => {
                let number = check.number;
                if let Some(link) = self.links.get_mut(&partner) {
                    link.checks.insert(circle, check);
                }
                let round = Round { circle, day: today, answer: false, number, message: ByteVec::from(message) };
                self.send(partner, &Frame::Check(round));
            }
            _ => {
                let equal = check.differences == 0;
                self.checked(now, partner, circle, equal);
                self.send(partner, &Frame::Checked { circle, equal });
                if !equal && check.again < MAX_AGAIN {
                    // The stream is in order: the partner answers after it has what was sent.
                    self.begin(partner, circle, Check { again: check.again + 1, ..Check::default() });
                }
            }
        }
    }

    fn is_wanted(&self, partner: RootId, id: &EnvelopeId) -> bool {
        !self.index.holds(*id) && !self.links.get(&partner).is_some_and(|link| link.leaves_out(id))
    }

    /// A check ended.
    pub(crate) fn checked(&mut self, now: Timestamp, partner: RootId, circle: CircleId, equal: bool) {
        if !self.roster.circles_with(partner).contains(&circle) {
            return;
        }
        let Some(link) = self.links.get_mut(&partner) else { return };
        link.state.in_step.insert(circle, equal);
        if equal {
            link.state.reconciled_at = Some(now);
            self.effect(Effect::Notify(Notice::Reconciled { partner, circle }));
        }
    }

    /// Sends what was asked for, as far as the partner may have it.
    pub(crate) fn needed(&mut self, partner: RootId, ids: Vec<EnvelopeId>) {
        let may =
            |id: &EnvelopeId| self.index.key_of(*id).is_some_and(|key| self.shares(partner, key.circle, key.owner));
        let ids: BTreeSet<EnvelopeId> = ids.into_iter().filter(may).collect();
        self.send_stored(partner, ids.into_iter().collect());
    }
}

fn day_of(now: Timestamp) -> u32 {
    u32::try_from(now.0 / 86_400).unwrap_or(u32::MAX)
}

/// What ends before this is left out.
fn cutoff(day: u32) -> Hour {
    Hour(day.saturating_add(1).saturating_mul(24))
}

fn sorted(ids: &[Id]) -> Vec<EnvelopeId> {
    let set: BTreeSet<EnvelopeId> = ids.iter().map(|id| EnvelopeId(**id)).collect();
    set.into_iter().collect()
}

fn protocol(
    set: &BTreeSet<(Hour, EnvelopeId)>,
) -> Result<Negentropy<'static, NegentropyStorageVector>, negentropy::Error> {
    let mut storage = NegentropyStorageVector::with_capacity(set.len());
    for (signed_at, id) in set {
        storage.insert(signed_at.start().0, Id::from_byte_array(id.0))?;
    }
    storage.seal()?;
    Negentropy::owned(storage, ROUND_BYTES)
}

/// The library's answer; none for a hostile message, also where it panics on one.
fn guarded<T>(run: impl FnOnce() -> Result<T, negentropy::Error>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()?.ok()
}
