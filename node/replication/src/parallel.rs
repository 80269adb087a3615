//! A pure function of many things, on all cores; the order is that of the things, whatever the
//! number of cores.

use rayon::prelude::*;

/// Things below which another core costs more than it saves.
const FEW: usize = 8;

/// `work` of every thing, in order.
pub(crate) fn map<T: Sync, U: Send>(things: &[T], work: impl Fn(&T) -> U + Send + Sync) -> Vec<U> {
    if things.len() < 2 * FEW {
        return things.iter().map(work).collect();
    }
    things.par_iter().with_min_len(FEW).map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_things() {
        for count in [0, 1, FEW, 2 * FEW, 1000] {
            let things: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = things.iter().map(|thing| thing * 2).collect();
            assert_eq!(map(&things, |thing| thing * 2), doubled);
        }
    }
}
