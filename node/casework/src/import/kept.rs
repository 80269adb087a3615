//! Lists that were read and wait for *Neem over*: cells in memory, under a random token, for
//! half an hour at most. They are never written anywhere, and the file itself is gone already.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use schemas::time::Timestamp;

use crate::import::sheet::{Cell, Sheet};
use crate::office::Actor;

/// Seconds that a list waits.
const LIFE: u64 = 30 * 60;
/// Lists that wait at the same time; the oldest makes room.
const MOST: usize = 8;
/// Cells of all waiting lists together; the oldest make room.
const MOST_CELLS: usize = 800_000;

/// One waiting list.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    /// Name of the file.
    pub(crate) file_name: Arc<str>,
    /// Its sheets; those that are no lists without their rows.
    pub(crate) sheets: Arc<Vec<Sheet>>,
    account: Option<i64>,
    since: Timestamp,
    cells: usize,
}

/// Every waiting list.
#[derive(Debug, Default)]
pub(crate) struct WaitingLists(Mutex<BTreeMap<String, Waiting>>);

impl WaitingLists {
    /// Keeps a list.
    pub(crate) fn put(&self, token: String, file_name: &str, sheets: Vec<Sheet>, actor: &Actor, now: Timestamp) {
        let cells = sheets.iter().flat_map(|sheet| &sheet.rows).map(Vec::len).sum();
        let waiting = Waiting {
            file_name: file_name.into(),
            sheets: Arc::new(sheets),
            account: actor.account,
            since: now,
            cells,
        };
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|_, list| !list.is_over(now));
        while lists.len() >= MOST || lists.values().map(|list| list.cells).sum::<usize>() + cells > MOST_CELLS {
            let Some(oldest) = lists.iter().min_by_key(|(_, list)| list.since).map(|(token, _)| token.clone()) else {
                break;
            };
            lists.remove(&oldest);
        }
        lists.insert(token, waiting);
    }

    /// A list that this actor put here, if it is still waiting.
    pub(crate) fn get(&self, token: &str, actor: &Actor, now: Timestamp) -> Option<Waiting> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.get(token).filter(|list| list.account == actor.account && !list.is_over(now)).cloned()
    }

    /// Forgets a list.
    pub(crate) fn forget(&self, token: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
    }
}

impl Waiting {
    fn is_over(&self, now: Timestamp) -> bool {
        now.0.saturating_sub(self.since.0) > LIFE
    }
}

/// Empties every cell of a column.
pub(crate) fn wipe_column(sheet: &mut Sheet, first_row: usize, column: usize) {
    for cells in sheet.rows.iter_mut().skip(first_row) {
        if let Some(cell) = cells.get_mut(column).filter(|cell| !cell.is_empty()) {
            *cell = Cell::Refused;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::AccountRole;

    fn actor(account: i64) -> Actor {
        Actor::new(Some(account), "Els", AccountRole::Coordinator)
    }

    #[test]
    fn a_list_waits_half_an_hour_for_who_brought_it() {
        let lists = WaitingLists::default();
        lists.put("t".to_owned(), "a.csv", Vec::new(), &actor(1), Timestamp(1_000));
        assert!(lists.get("t", &actor(1), Timestamp(1_000 + LIFE)).is_some());
        assert!(lists.get("t", &actor(2), Timestamp(1_000)).is_none());
        assert!(lists.get("t", &actor(1), Timestamp(1_001 + LIFE)).is_none());
        lists.forget("t");
        assert!(lists.get("t", &actor(1), Timestamp(1_000)).is_none());
    }

    #[test]
    fn the_oldest_makes_room() {
        let lists = WaitingLists::default();
        for at in 0..20 {
            lists.put(format!("t{at}"), "a.csv", Vec::new(), &actor(1), Timestamp(at));
        }
        let held = (0..20).filter(|at| lists.get(&format!("t{at}"), &actor(1), Timestamp(20)).is_some());
        assert_eq!(held.collect::<Vec<_>>(), (12..20).collect::<Vec<_>>());
    }
}
