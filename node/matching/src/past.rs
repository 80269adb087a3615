//! A past year matched once more, week by week, under any rules: how many would have found
//! somebody, how well, and after how long.
//!
//! Who came on which day is the input. Every seventh day all who wait are matched as well as can
//! be; a pair keeps the mentor's place for half a year, then it is free again. What comes out is
//! for comparing rules with each other: it says nothing of what happened, or will.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemas::ids::DocumentId;
use schemas::time::Date;

use crate::assign::NoAssignment;
use crate::card::{Offer, Request, Rules};
use crate::eligible::examine;
use crate::index::Mentors;
use crate::score::score;
use crate::solver::{Edge, Instance, solve};

/// Days from one time that people are matched to the next.
pub const PACE_DAYS: i32 = 7;
/// Days that a pair keeps its mentor's place.
pub const LASTS_DAYS: i32 = 182;

/// Who came when. Of cards with one id the last counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Date,
    /// Requests and since when each waits, also from before the first day.
    pub requests: Vec<(Date, Request)>,
    /// Offers with all their places, and since when each is there.
    pub offers: Vec<(Date, Offer)>,
    /// Places of these offers that are free only from a day on, one entry a place.
    pub taken: Vec<(DocumentId, Date)>,
    /// Requests and offers that are matched within their own municipality only.
    pub at_home: BTreeSet<DocumentId>,
}

/// A request that found an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The newcomer's request.
    pub request: DocumentId,
    /// The mentor's offer.
    pub offer: DocumentId,
    /// The day.
    pub on: Date,
    /// Score in millionths, under the rules of the replay.
    pub score: u32,
}

/// What came of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Who found somebody, by day and then by request.
    pub found: Vec<Found>,
    /// Who still waits on the last day.
    pub waiting: BTreeSet<DocumentId>,
}

/// Sums over a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Who found somebody.
    pub matches: usize,
    /// Days that those waited.
    pub waited_days: u64,
    /// Metres between the two of each pair.
    pub metres: u64,
    /// Who still waits on the last day.
    pub waiting: usize,
    /// Days that those have waited by then.
    pub waiting_days: u64,
}

impl Past {
    /// Matches everybody week by week under `rules`, whose quarter does not count: waiting is
    /// counted on the day itself.
    ///
    /// # Errors
    /// See [`NoAssignment`].
    pub fn replay(&self, rules: &Rules) -> Result<Replayed, NoAssignment> {
        let mut year = Year::new(self, rules);
        let mut day = self.from;
        while day <= self.until {
            year.match_on(day)?;
            day = day.plus_days(PACE_DAYS);
        }
        // Who came after the last time that people were matched waits too.
        year.arrive(self.until);
        Ok(Replayed { found: year.found, waiting: year.waiting.into_keys().collect() })
    }

    /// The sums over a replay of this past.
    pub fn totals(&self, replayed: &Replayed) -> Totals {
        let requests = self.requests();
        let days = |request: &DocumentId, until: Date| {
            let since = requests.get(request).map_or(until, |(since, _)| *since);
            u64::try_from(until.days_since_epoch() - since.days_since_epoch()).unwrap_or(0)
        };
        let offers = self.offers();
        let metres = |found: &Found| {
            let (_, request) = requests.get(&found.request)?;
            Some(u64::from(request.place().distance_metres(offers.get(&found.offer)?.1.card.area)))
        };
        Totals {
            matches: replayed.found.len(),
            waited_days: replayed.found.iter().map(|found| days(&found.request, found.on)).sum(),
            metres: replayed.found.iter().filter_map(metres).sum(),
            waiting: replayed.waiting.len(),
            waiting_days: replayed.waiting.iter().map(|request| days(request, self.until)).sum(),
        }
    }

    /// The sum of the scores that the pairs of a replay have under other `rules`, each on its day.
    pub fn scored_by(&self, replayed: &Replayed, rules: &Rules) -> u64 {
        let (requests, offers) = (self.requests(), self.offers());
        let mut rules = Rules::new(rules.own.clone(), rules.today);
        let scored = |found: &Found| {
            let (request, offer) = (&requests.get(&found.request)?.1, &offers.get(&found.offer)?.1);
            rules.today = found.on.quarter();
            // A pair that those rules would not allow has a score all the same.
            let (pair, _) = examine(request, offer, &rules);
            Some(u64::from(score(request, offer, &pair, &rules).total))
        };
        replayed.found.iter().filter_map(scored).sum()
    }

    fn requests(&self) -> BTreeMap<DocumentId, &(Date, Request)> {
        self.requests.iter().map(|request| (request.1.id, request)).collect()
    }

    fn offers(&self) -> BTreeMap<DocumentId, &(Date, Offer)> {
        self.offers.iter().map(|offer| (offer.1.id, offer)).collect()
    }
}

/// The year on its way. After each time that people are matched nobody who waits fits a place that
/// is free: only who came since, or whose place came free, can make a pair.
struct Year<'a> {
    at_home: &'a BTreeSet<DocumentId>,
    rules: Rules,
    /// Who is still to come, by day.
    requests: BTreeMap<(Date, DocumentId), &'a Request>,
    offers: BTreeMap<DocumentId, &'a Offer>,
    /// Places that come free, by day.
    places: BTreeMap<(Date, DocumentId), u32>,
    waiting: BTreeMap<DocumentId, &'a Request>,
    /// Free places per offer, none of them zero.
    free: BTreeMap<DocumentId, u32>,
    /// The offers with a free place; those of them that are new, and the requests that are new.
    index: Mentors,
    new_offers: Mentors,
    new_requests: BTreeSet<DocumentId>,
    found: Vec<Found>,
}

impl<'a> Year<'a> {
    fn new(past: &'a Past, rules: &Rules) -> Self {
        let mut taken: BTreeMap<DocumentId, Vec<Date>> = BTreeMap::new();
        for (offer, until) in &past.taken {
            taken.entry(*offer).or_default().push(*until);
        }
        let mut places = BTreeMap::new();
        for (id, (since, offer)) in past.offers() {
            // More of them than places: the last ones to end count.
            let mut taken = taken.remove(&id).unwrap_or_default();
            taken.sort_unstable_by_key(|until| Reverse(*until));
            let mut add = |day: Date, count: u32| *places.entry((day.max(*since), id)).or_insert(0) += count;
            add(*since, u32::from(offer.card.capacity_left.get()).saturating_sub(taken.len() as u32));
            taken.iter().take(offer.card.capacity_left.get().into()).for_each(|until| add(*until, 1));
        }
        let ours = past.requests().into_iter();
        Self {
            at_home: &past.at_home,
            rules: rules.clone(),
            requests: ours.map(|(id, (since, request))| ((*since, id), request)).collect(),
            offers: past.offers().into_iter().map(|(id, (_, offer))| (id, offer)).collect(),
            places,
            waiting: BTreeMap::new(),
            free: BTreeMap::new(),
            index: Mentors::default(),
            new_offers: Mentors::default(),
            new_requests: BTreeSet::new(),
            found: Vec::new(),
        }
    }

    /// Lets come who comes up to and on `day`.
    fn arrive(&mut self, day: Date) {
        while let Some(entry) = self.requests.first_entry().filter(|entry| entry.key().0 <= day) {
            let request = entry.remove();
            self.waiting.insert(request.id, request);
            self.new_requests.insert(request.id);
        }
        while let Some(entry) = self.places.first_entry().filter(|entry| entry.key().0 <= day) {
            let ((_, id), count) = entry.remove_entry();
            if count > 0 {
                self.free(id, count);
            }
        }
    }

    fn free(&mut self, id: DocumentId, count: u32) {
        let free = self.free.entry(id).or_insert(0);
        if *free == 0 {
            self.index.insert(self.offers[&id].clone());
            self.new_offers.insert(self.offers[&id].clone());
        }
        *free += count;
    }

    fn match_on(&mut self, day: Date) -> Result<(), NoAssignment> {
        self.arrive(day);
        self.rules.today = day.quarter();
        let mut rows: Vec<(DocumentId, Vec<(DocumentId, u32)>)> = Vec::new();
        for (id, request) in &self.waiting {
            let pool = if self.new_requests.contains(id) { &self.index } else { &self.new_offers };
            let mut row = pool.best(request, &self.rules, usize::MAX);
            row.retain(|(offer, _)| self.may_meet(request, *offer));
            if !row.is_empty() {
                row.sort_unstable();
                rows.push((*id, row));
            }
        }
        self.new_offers = Mentors::default();
        self.new_requests.clear();
        let columns: BTreeSet<DocumentId> = rows.iter().flat_map(|(_, row)| row).map(|(offer, _)| *offer).collect();
        let columns: Vec<DocumentId> = columns.into_iter().collect();
        let column = |offer: &DocumentId| columns.binary_search(offer).unwrap_or(columns.len()) as u32;
        let capacities = columns.iter().map(|offer| u8::try_from(self.free[offer]).unwrap_or(u8::MAX)).collect();
        let edges = rows.iter().map(|(_, row)| {
            row.iter().map(|(offer, weight)| Edge { mentor: column(offer), weight: *weight }).collect()
        });
        let solution = solve(&Instance::new(capacities, edges)?)?;
        for ((request, row), mate) in rows.iter().zip(solution.mates) {
            let Some(offer) = mate.and_then(|mate| columns.get(mate as usize)) else { continue };
            let Ok(at) = row.binary_search_by_key(offer, |(offer, _)| *offer) else { continue };
            self.found.push(Found { request: *request, offer: *offer, on: day, score: row[at].1 });
            self.waiting.remove(request);
            self.take(*offer, day);
        }
        Ok(())
    }

    fn may_meet(&self, request: &Request, offer: DocumentId) -> bool {
        let bound = self.at_home.contains(&request.id) || self.at_home.contains(&offer);
        !bound || self.offers[&offer].owner == request.owner
    }

    /// Takes a free place until the pair ends.
    fn take(&mut self, offer: DocumentId, day: Date) {
        if let Some(free) = self.free.get_mut(&offer) {
            *free -= 1;
            if *free == 0 {
                self.free.remove(&offer);
                self.index.remove(offer);
            }
        }
        *self.places.entry((day.plus_days(LASTS_DAYS), offer)).or_insert(0) += 1;
    }
}
