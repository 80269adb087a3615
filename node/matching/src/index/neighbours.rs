//! Which municipalities are near which: the bundled table, each with all others by distance.

use std::sync::LazyLock;

use schemas::places::Refnis;

/// Per municipality (by [`Refnis::index`]) every municipality with its metres, the nearest first.
static TABLE: LazyLock<Vec<Vec<(u32, u16)>>> = LazyLock::new(|| {
    let from = |here: Refnis| {
        let mut all: Vec<(u32, u16)> =
            Refnis::all().map(|there| (here.distance_metres(there), there.index() as u16)).collect();
        all.sort_unstable();
        all
    };
    Refnis::all().map(from).collect()
});

/// Municipalities by distance from `here`: metres, and place in the table.
pub(super) fn of(here: Refnis) -> &'static [(u32, u16)] {
    &TABLE[here.index()]
}
