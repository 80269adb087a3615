//! What one change costs as a federation grows, in bytes and rounds.
//!
//! `OVERBUUR_LONG=1 cargo test --release -p tests --test growth -- --nocapture` goes up to a
//! thousand replicas and prints the table of ARCHITECTURE.md.

use tests::simulator::growth::{Layout, Row, grow};

fn table(layout: Layout, sizes: &[usize]) -> Vec<Row> {
    println!("{layout:?}");
    println!("replicas  audience  bytes/change  frames/change  rounds  checks  bytes/quiet check/replica");
    let row = |size: &usize| {
        let row = grow(layout, *size);
        println!(
            "{:>8}  {:>8}  {:>12}  {:>13}  {:>6}  {:>6}  {:>26}",
            row.replicas, row.audience, row.bytes, row.frames, row.rounds, row.checks, row.quiet_bytes
        );
        row
    };
    sizes.iter().map(row).collect()
}

fn sizes<'a>(short: &'a [usize], long: &'a [usize]) -> &'a [usize] {
    if std::env::var_os("OVERBUUR_LONG").is_some() { long } else { short }
}

/// A change costs its audience, and not the federation.
#[test]
fn the_cost_of_a_change_grows_with_its_audience_only() {
    let rows = table(Layout::Regions, sizes(&[20, 60], &[20, 100, 300, 1000]));
    let (first, last) = (rows[0], rows[rows.len() - 1]);
    assert!(last.bytes <= first.bytes * 2, "{first:?} {last:?}");
    assert_eq!((first.audience, last.audience, last.rounds), (20, 20, first.rounds));
}

#[test]
fn in_a_mesh_everybody_is_told_at_once() {
    for row in table(Layout::Mesh, sizes(&[3, 10, 30], &[3, 10, 30, 100])) {
        assert_eq!((row.rounds, row.checks), (1, 0), "{row:?}");
    }
}

#[test]
fn with_few_neighbours_news_goes_from_check_to_check() {
    for row in table(Layout::Chords, sizes(&[10, 30], &[10, 30, 100, 200])) {
        assert!(row.checks as usize <= row.replicas.ilog2() as usize + 2, "{row:?}");
    }
}
