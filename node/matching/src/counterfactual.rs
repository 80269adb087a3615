//! What would have to change: why a candidate is not first, and who just misses.

use std::cmp::Reverse;

use schemas::bounded::{Kilometres, Places};
use schemas::ids::DocumentId;

use crate::card::{Offer, Request, Rules, Side};
use crate::eligible::{Misfit, examine};
use crate::rank::{Candidate, rate};
use crate::score::{Score, Subject, score};

/// A change of one subject that would bring a candidate to the first place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Of what.
    pub subject: Subject,
    /// How much there is (see [`Subject`] for what is counted).
    pub have: u32,
    /// How much would be enough.
    pub need: u32,
    /// How much is all.
    pub of: u32,
}

impl Change {
    /// Of proximity: at how many metres at most the candidate would win.
    pub fn within_metres(&self) -> Option<u32> {
        (self.subject == Subject::Proximity).then(|| self.of.saturating_sub(self.need))
    }
    /// How much more is needed.
    pub fn more(&self) -> u32 {
        self.need.saturating_sub(self.have)
    }
}

/// Why a candidate is not first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterfactual {
    /// Millionths of score between the two; zero when only the id decides.
    pub missing: u32,
    /// The subject on which the first gains most over the candidate.
    pub most_behind: Option<Subject>,
    /// Single changes that would be enough, the smallest part of its subject first. Empty when
    /// no single change is.
    pub changes: Vec<Change>,
}

/// Why `candidate` is not before `first`, both from one ranking of [`crate::top`]. Waiting is no
/// mentor's to change, so it is left out. Of the first itself there is nothing to change.
pub fn why_not_first(candidate: &Candidate, first: &Candidate) -> Counterfactual {
    let parts = candidate.score.parts.iter().filter(|part| part.subject != Subject::Waiting);
    let wins = |total: u32| (Reverse(total), candidate.id) < (Reverse(first.score.total), first.id);
    let mut changes: Vec<Change> = parts
        .clone()
        .filter(|_| candidate.id != first.id)
        .filter_map(|part| {
            let rest = candidate.score.total - part.value();
            let enough = |have: &u32| wins(rest + part.value_of(*have));
            let need = least(part.have + 1, part.of, enough)?;
            Some(Change { subject: part.subject, have: part.have, need, of: part.of })
        })
        .collect();
    // Compared as fractions: more / of, by cross-multiplication.
    changes.sort_by(|a, b| {
        let (one, other) = (u64::from(a.more()) * u64::from(b.of), u64::from(b.more()) * u64::from(a.of));
        one.cmp(&other).then(a.subject.cmp(&b.subject))
    });
    let behind = parts.filter_map(|part| {
        let gap = first.score.part(part.subject).value().checked_sub(part.value())?;
        (gap > 0).then_some((gap, Reverse(part.subject)))
    });
    Counterfactual {
        missing: first.score.total.saturating_sub(candidate.score.total),
        most_behind: behind.max().map(|(_, Reverse(subject))| subject),
        changes,
    }
}

/// The least of `from..=to` that is `enough`, which once true stays true.
fn least(from: u32, to: u32, enough: impl Fn(&u32) -> bool) -> Option<u32> {
    if from > to || !enough(&to) {
        return None;
    }
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = low + (high - low) / 2;
        if enough(&middle) { high = middle } else { low = middle + 1 }
    }
    Some(low)
}

/// An offer that breaks exactly one hard rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// Its place in the input.
    pub index: usize,
    /// The offer.
    pub id: DocumentId,
    /// The rule, with what would have to change.
    pub misfit: Misfit,
    /// The score it would have if just that rule were met.
    pub score: Score,
    /// The place it would take among the candidates, from 1.
    pub place: usize,
}

/// The `n` best offers that break exactly one hard rule and could meet it: the one with the
/// highest score first, ties by id. A pair that failed before, or would cross a border that it may
/// not, is never one.
pub fn near_misses<'a>(
    request: &Request,
    offers: impl IntoIterator<Item = &'a Offer> + Clone,
    rules: &Rules,
    n: usize,
) -> Vec<NearMiss> {
    let mut ranked: Vec<(Reverse<u32>, DocumentId)> = offers
        .clone()
        .into_iter()
        .filter_map(|offer| rate(request, offer, rules).map(|(_, score)| (Reverse(score.total), offer.id)))
        .collect();
    ranked.sort();
    let mut near: Vec<NearMiss> = offers
        .into_iter()
        .enumerate()
        .filter_map(|(index, offer)| {
            let (misfit, score) = near_miss(request, offer, rules)?;
            let place = 1 + ranked.partition_point(|other| *other < (Reverse(score.total), offer.id));
            Some(NearMiss { index, id: offer.id, misfit, score, place })
        })
        .collect();
    near.sort_by_key(|miss| (Reverse(miss.score.total), miss.id));
    near.truncate(n);
    near
}

/// The only hard rule that two cards break, and the score if just that one were met.
pub(crate) fn near_miss(request: &Request, offer: &Offer, rules: &Rules) -> Option<(Misfit, Score)> {
    let (_, misfits) = examine(request, offer, rules);
    let [misfit] = <[Misfit; 1]>::try_from(misfits).ok()?;
    let score = if_met(request, offer, rules, &misfit)?;
    Some((misfit, score))
}

/// The score if `misfit`, the only one, were just met. None where nothing can meet it.
fn if_met(request: &Request, offer: &Offer, rules: &Rules, misfit: &Misfit) -> Option<Score> {
    let (mut request, mut offer) = (request.clone(), offer.clone());
    match misfit {
        Misfit::FailedBefore | Misfit::NotShared | Misfit::WishesContradict { .. } => return None,
        Misfit::TooFar { side, needed_km, .. } => {
            let radius = Kilometres::new(u8::try_from(*needed_km).ok()?).ok()?;
            match side {
                Side::Newcomer => request.card.radius_km = radius,
                Side::Mentor => offer.card.radius_km = radius,
            }
        }
        Misfit::Full => offer.card.capacity_left = Places::clamped(1),
        // A domain, language, slot or wish that is met would add some points more.
        _ => {}
    }
    let (pair, _) = examine(&request, &offer, rules);
    Some(score(&request, &offer, &pair, rules))
}
