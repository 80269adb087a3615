//! The small-cell guard: how much of a newcomer's quasi-identifiers (home languages and age
//! band, in one municipality) may leave, so that at least [`K`] people share what leaves.
//!
//! Pure: it counts in the municipality's population table, or without one in the node's own
//! register. It tests the intersection with everything that ever left about the person, so that
//! successive cards cannot be laid over each other. It must never let through what it cannot
//! count: a combination that the table does not list counts zero.
//!
//! The table knows one home language per person. Two languages that few speak are therefore a
//! combination that it does not list, and at most one of them leaves. French and English are
//! tested one by one; Dutch is not a home language of the table and is not tested.

use std::collections::BTreeSet;

use schemas::language::Language;
use schemas::places::Refnis;
use schemas::vocabulary::AgeBand;

use crate::ports::PopulationCell;

/// People who must share a combination before it leaves.
pub const K: u32 = 5;

/// What of a card a neighbour could know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quasi {
    /// Languages on the card.
    pub languages: BTreeSet<Language>,
    /// Age band on the card.
    pub age_band: Option<AgeBand>,
}

impl Quasi {
    /// As a ledger line keeps it: `ar fr|25-34`.
    pub fn to_text(&self) -> String {
        let languages: Vec<&str> = self.languages.iter().map(|language| language.code()).collect();
        let band = self.age_band.map_or_else(String::new, |band| band.to_string());
        format!("{}|{band}", languages.join(" "))
    }

    /// The reverse of [`Quasi::to_text`]; none for text of another shape.
    pub fn from_text(text: &str) -> Option<Self> {
        let (languages, band) = text.split_once('|')?;
        let languages = languages.split_whitespace().map(|code| code.parse().ok()).collect::<Option<_>>()?;
        let age_band = if band.is_empty() { None } else { Some(band.parse().ok()?) };
        Some(Self { languages, age_band })
    }
}

/// Where people are counted.
#[derive(Debug, Clone, Copy)]
pub enum Register<'a> {
    /// The population table of a municipality.
    Table {
        /// Its rows, perhaps of other municipalities too.
        cells: &'a [PopulationCell],
        /// The municipality.
        refnis: Refnis,
    },
    /// Narrowest bands of this node's own newcomers, the person among them.
    Own(&'a [AgeBand]),
}

/// What a card loses to the guard, for the coordinator to see before it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Nobody offers this language, so showing it would gain nothing.
    NotOffered(Language),
    /// Too few people here speak it.
    LanguageWithheld(Language),
    /// The band became wider.
    BandWidened {
        /// The narrowest.
        from: AgeBand,
        /// What leaves.
        to: AgeBand,
    },
    /// The band stays here.
    BandWithheld(AgeBand),
}

/// What may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded {
    /// What the card shows.
    pub shown: Quasi,
    /// How many people share everything that ever left, this card included; none where the card
    /// says no more than the municipality and there is no table.
    pub people: Option<u32>,
    /// What was lost.
    pub lost: Vec<Loss>,
}

/// About whom.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// Every contact language of the person.
    pub languages: &'a BTreeSet<Language>,
    /// The person's narrowest band, where the age is known.
    pub age_band: Option<AgeBand>,
    /// Everything that left about the person before.
    pub past: &'a [Quasi],
    /// Languages on the mentor offers of the circle.
    pub offered: &'a BTreeSet<Language>,
}

/// The least lossy choice that at least `k` people share; none when there is none, and then
/// nothing may leave. Languages weigh more than the band; a wider band more than none.
pub fn guard(subject: &Subject<'_>, register: Register<'_>, k: u32) -> Option<Guarded> {
    let known: BTreeSet<Language> = subject.past.iter().flat_map(|past| &past.languages).copied().collect();
    let (useful, idle): (BTreeSet<Language>, BTreeSet<Language>) =
        subject.languages.iter().partition(|language| subject.offered.contains(language) || known.contains(language));
    let mut best: Option<((usize, u8), Quasi, Option<u32>)> = None;
    for languages in choices(&useful) {
        for age_band in bands(subject.age_band) {
            let cost = (useful.len() - languages.len(), width(age_band));
            if best.as_ref().is_some_and(|(least, ..)| *least <= cost) {
                continue;
            }
            let shown = Quasi { languages: languages.clone(), age_band };
            if let Some(people) = shared_by(&shown, subject.past, register, k) {
                best = Some((cost, shown, people));
            }
        }
    }
    let (_, shown, people) = best?;
    let lost = losses(subject, &shown, &useful, &idle);
    Some(Guarded { shown, people, lost })
}

/// How many share `shown` laid over everything in `past`, if that is enough. Enough without a
/// number: nothing but the municipality leaves, and there is no table.
fn shared_by(shown: &Quasi, past: &[Quasi], register: Register<'_>, k: u32) -> Option<Option<u32>> {
    let all = || past.iter().chain(std::iter::once(shown));
    let languages: BTreeSet<Language> = all().flat_map(|quasi| &quasi.languages).copied().collect();
    let told: Vec<AgeBand> = all().filter_map(|quasi| quasi.age_band).collect();
    let within: Vec<AgeBand> =
        AgeBand::narrowest().filter(|band| told.iter().all(|told| told.contains(*band))).collect();
    let rare = languages.iter().filter(|language| !language.is_common()).count();
    let count = match register {
        Register::Own(_) if rare > 0 => 0,
        Register::Own(_) if told.is_empty() => return Some(None),
        Register::Own(own) => {
            u32::try_from(own.iter().filter(|band| within.contains(band)).count()).unwrap_or(u32::MAX)
        }
        Register::Table { .. } if rare > 1 => 0,
        Register::Table { cells, refnis } => {
            let here = || cells.iter().filter(|cell| cell.refnis == refnis && within.contains(&cell.age_band));
            let of = |language: Option<Language>| {
                here()
                    .filter(|cell| language.is_none_or(|language| cell.home_language == language))
                    .fold(0u32, |sum, cell| sum.saturating_add(cell.persons))
            };
            let tested = languages.iter().filter(|language| **language != Language::dutch());
            tested.map(|language| of(Some(*language))).min().unwrap_or_else(|| of(None))
        }
    };
    (count >= k).then_some(Some(count))
}

/// Every choice of languages that could leave: any of the common ones, and at most one other.
fn choices(useful: &BTreeSet<Language>) -> Vec<BTreeSet<Language>> {
    let mut choices = vec![BTreeSet::new()];
    for common in useful.iter().filter(|language| language.is_common()) {
        let with: Vec<_> = choices.iter().map(|choice| with(choice, *common)).collect();
        choices.extend(with);
    }
    let commons = choices.clone();
    for rare in useful.iter().filter(|language| !language.is_common()) {
        choices.extend(commons.iter().map(|choice| with(choice, *rare)));
    }
    choices
}

fn with(choice: &BTreeSet<Language>, language: Language) -> BTreeSet<Language> {
    choice.iter().copied().chain(std::iter::once(language)).collect()
}

/// Every band that holds `narrowest`, and none.
fn bands(narrowest: Option<AgeBand>) -> Vec<Option<AgeBand>> {
    let mut found: Vec<AgeBand> = narrowest.into_iter().collect();
    let mut at = 0;
    while let Some(band) = found.get(at).copied() {
        for wider in band.wider() {
            if !found.contains(&wider) {
                found.push(wider);
            }
        }
        at += 1;
    }
    found.into_iter().map(Some).chain(std::iter::once(None)).collect()
}

/// How many narrowest bands a band holds; more than any for none.
fn width(band: Option<AgeBand>) -> u8 {
    let held = |band: AgeBand| AgeBand::narrowest().filter(|narrow| band.contains(*narrow)).count();
    band.map_or(u8::MAX, |band| u8::try_from(held(band)).unwrap_or(u8::MAX))
}

fn losses(subject: &Subject<'_>, shown: &Quasi, useful: &BTreeSet<Language>, idle: &BTreeSet<Language>) -> Vec<Loss> {
    let withheld = useful.difference(&shown.languages).map(|language| Loss::LanguageWithheld(*language));
    let band = match (subject.age_band, shown.age_band) {
        (Some(from), Some(to)) if from != to => Some(Loss::BandWidened { from, to }),
        (Some(from), None) => Some(Loss::BandWithheld(from)),
        _ => None,
    };
    idle.iter().map(|language| Loss::NotOffered(*language)).chain(withheld).chain(band).collect()
}

#[cfg(test)]
mod tests;
