//! From slips to matches: only who both want to go on can be matched.
//!
//! Two answers to one question, for people to choose from: *stable*, in which no two who would
//! both rather have each other are left apart (deferred acceptance, newcomers asking), and
//! *fullest*, with the most matches and then the most delight.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::rota::Date;
use crate::assign::NoAssignment;
use crate::solver::{Edge, Instance, solve};

/// What somebody says of somebody met. Nothing said is no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// *Liever niet*.
    No,
    /// *Kan*.
    Maybe,
    /// *Graag*.
    Gladly,
}

/// What both say of one date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slip {
    /// Who met.
    pub date: Date,
    /// What the newcomer says.
    pub newcomer: Choice,
    /// What the mentor says.
    pub mentor: Choice,
    /// How well the two fit by their cards, in millionths: decides between equal choices.
    pub score: u32,
}

/// Two who are matched.
pub type Match = Date;

impl Slip {
    fn is_mutual(&self) -> bool {
        self.newcomer > Choice::No && self.mentor > Choice::No
    }
}

/// Mutual slips, the first of each date.
fn mutual(slips: &[Slip]) -> Vec<Slip> {
    let mut seen = BTreeSet::new();
    let mut sorted = slips.to_vec();
    sorted.sort_unstable();
    sorted.into_iter().filter(|slip| seen.insert(slip.date) && slip.is_mutual()).collect()
}

/// Whom a person would rather have: by choice, then by score, then the lower number.
type Wish = (Choice, u32, Reverse<u32>);

fn newcomers_wish(slip: &Slip) -> Wish {
    (slip.newcomer, slip.score, Reverse(slip.date.mentor))
}

fn mentors_wish(slip: &Slip) -> Wish {
    (slip.mentor, slip.score, Reverse(slip.date.newcomer))
}

/// The stable matches that are best for the newcomers; a mentor has the places of `places`, one
/// where nothing is said.
pub fn stable(slips: &[Slip], places: &BTreeMap<u32, u32>) -> Vec<Match> {
    let mut asking: BTreeMap<u32, Vec<Slip>> = BTreeMap::new();
    for slip in mutual(slips) {
        asking.entry(slip.date.newcomer).or_default().push(slip);
    }
    // The best wish last: it is asked first.
    asking.values_mut().for_each(|wishes| wishes.sort_by_key(newcomers_wish));
    let mut free: Vec<u32> = asking.keys().copied().collect();
    let mut held: BTreeMap<u32, BTreeMap<Wish, Slip>> = BTreeMap::new();
    while let Some(newcomer) = free.pop() {
        let Some(slip) = asking.get_mut(&newcomer).and_then(Vec::pop) else { continue };
        let mentor = slip.date.mentor;
        let holds = held.entry(mentor).or_default();
        holds.insert(mentors_wish(&slip), slip);
        if holds.len() > places.get(&mentor).copied().unwrap_or(1) as usize
            && let Some((_, refused)) = holds.pop_first()
        {
            free.push(refused.date.newcomer);
        }
    }
    let mut matches: Vec<Match> = held.into_values().flat_map(BTreeMap::into_values).map(|slip| slip.date).collect();
    matches.sort_unstable();
    matches
}

/// The most matches, and among those the most delight: *gladly* of either side counts more than
/// any score.
///
/// # Errors
/// See [`NoAssignment`].
pub fn fullest(slips: &[Slip], places: &BTreeMap<u32, u32>) -> Result<Vec<Match>, NoAssignment> {
    let mutual = mutual(slips);
    let newcomers: BTreeSet<u32> = mutual.iter().map(|slip| slip.date.newcomer).collect();
    let mentors: BTreeSet<u32> = mutual.iter().map(|slip| slip.date.mentor).collect();
    let (newcomers, mentors): (Vec<u32>, Vec<u32>) = (newcomers.into_iter().collect(), mentors.into_iter().collect());
    let capacities = mentors
        .iter()
        .map(|mentor| u8::try_from(places.get(mentor).copied().unwrap_or(1)).unwrap_or(u8::MAX))
        .collect();
    let delight = |slip: &Slip| {
        let glad = [slip.newcomer, slip.mentor].iter().filter(|choice| **choice == Choice::Gladly).count() as u32;
        // At most a million, as a score: 300,000 for each who is glad, and the score below that.
        glad * 300_000 + slip.score.min(1_000_000) / 4
    };
    let rows = newcomers.iter().map(|newcomer| {
        let own = mutual.iter().filter(|slip| slip.date.newcomer == *newcomer);
        let edge = |slip: &Slip| Some(Edge { mentor: place(&mentors, slip.date.mentor)?, weight: delight(slip) });
        own.filter_map(edge).collect()
    });
    let solution = solve(&Instance::new(capacities, rows)?)?;
    let matched = newcomers
        .iter()
        .zip(solution.mates)
        .filter_map(|(newcomer, mate)| Some(Date { newcomer: *newcomer, mentor: *mentors.get(mate? as usize)? }));
    Ok(matched.collect())
}

fn place(mentors: &[u32], mentor: u32) -> Option<u32> {
    u32::try_from(mentors.binary_search(&mentor).ok()?).ok()
}
