//! The best lists, kept from one look at a page to the next, and the list of a circle that every
//! member finds by itself.
//!
//! Each is asked with everything it is about and finds out what changed. So what was read in a
//! transaction that came to nothing is never believed later: it is found to be different.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use matching::{Agreement, Balanced, CircleDrafts, Drafts, GroupValue, Offer, Request, Rules};
use schemas::ids::{CircleId, RootId};
use schemas::places::Refnis;

use crate::desk::Desk;
use crate::error::Result;
use crate::matchmaking::shared_cards::{SharedCards, shared_by_circle};
use crate::search_view::{CircleList, Place};

/// Circles whose list is kept; those beyond are found anew each time.
const MOST_CIRCLES: usize = 4;

/// The lists.
#[derive(Default)]
pub(crate) struct KeptLists {
    own: Mutex<Drafts>,
    worth: Mutex<CircleDrafts>,
    circles: Mutex<BTreeMap<CircleId, Drafts>>,
    /// The balanced list, which is not mended.
    pub(crate) balance: Last<Seen<Agreement>, Balanced>,
    /// What groups of every size are worth, which is not mended either.
    pub(crate) sizes: Last<Seen<BTreeMap<RootId, Refnis>>, Vec<GroupValue>>,
}

/// Cards and rules, and what is asked of them.
pub(crate) type Seen<A> = (Vec<Request>, Vec<Offer>, Rules, A);

/// The last answer, with what it answers.
pub(crate) struct Last<I, O>(Mutex<Option<(I, O)>>);

impl<I, O> Default for Last<I, O> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<I: PartialEq, O: Clone> Last<I, O> {
    /// The last answer where the same is asked, or what `find` finds. Who asks meanwhile waits: one
    /// answer is worked on at a time.
    pub(crate) fn find(&self, asked: I, find: impl FnOnce(&I) -> Result<O>) -> Result<O> {
        let mut last = open(&self.0);
        if let Some((before, found)) = &*last
            && *before == asked
        {
            return Ok(found.clone());
        }
        let found = find(&asked)?;
        *last = Some((asked, found.clone()));
        Ok(found)
    }
}

impl KeptLists {
    /// That of our own newcomers.
    pub(crate) fn own(&self) -> MutexGuard<'_, Drafts> {
        open(&self.own)
    }

    /// What the circle is worth.
    pub(crate) fn worth(&self) -> MutexGuard<'_, CircleDrafts> {
        open(&self.worth)
    }
}

/// Who panicked while holding a list left an empty one behind.
fn open<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Per circle the best list for everybody in it, from what is shared there and nothing else.
pub(crate) fn circle_lists(desk: &mut Desk<'_>, places: &BTreeMap<RootId, Place>) -> Result<Vec<CircleList>> {
    let circles: Vec<_> = desk.records.circles()?.into_iter().filter(|circle| !circle.pair).collect();
    let mut shared = shared_by_circle(desk, places)?;
    let quarter = desk.today().quarter();
    let mut kept = open(&desk.lists.circles);
    let ids: BTreeSet<CircleId> = circles.iter().map(|circle| circle.id).take(MOST_CIRCLES).collect();
    kept.retain(|id, _| ids.contains(id));
    let mut lists = Vec::new();
    for circle in circles {
        let Some(SharedCards { requests, offers, rules }) = shared.remove(&circle.id) else { continue };
        if requests.is_empty() {
            continue;
        }
        let rules = Rules::new(rules, quarter);
        let mut passing = Drafts::default();
        let drafts = if ids.contains(&circle.id) { kept.entry(circle.id).or_default() } else { &mut passing };
        // A circle whose list is not found, because it is too large, keeps nobody from another.
        let Ok(found) = drafts.assign(&requests, &offers, &rules) else { continue };
        lists.push(CircleList {
            circle: circle.name,
            requests: requests.len(),
            matches: found.pairs.len(),
            fingerprint: found.fingerprint(),
        });
    }
    Ok(lists)
}
