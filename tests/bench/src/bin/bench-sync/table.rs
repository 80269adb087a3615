//! The figures as a table: each program's, and how many times Overbuur's it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use bench::figures::Figure;

use crate::overbuur::NAME;

/// Rows in the order in which they are told; what is not listed follows.
const ROWS: [(&str, &str); 9] = [
    ("first_sync_stored_s", "first sync, stored"),
    ("first_sync_built_s", "first sync, built"),
    ("bytes_per_document", "bytes a document, both ways"),
    ("reconnect_unchanged_bytes", "reconnect, nothing changed"),
    ("reconnect_frames_bytes", "what the nodes say of that"),
    ("reconnect_round_trips", "round trips of that"),
    ("one_change_ms_p50", "one change, median"),
    ("one_change_bytes", "bytes of one change"),
    ("rss_per_document_bytes", "memory a document"),
];

type Cells<'a> = BTreeMap<(u64, &'a str, &'a str), &'a Figure>;

/// A table in Markdown for each size, and one of growth when there are several.
pub fn of(figures: &[Figure]) -> String {
    let cells: Cells<'_> = figures.iter().map(|one| ((one.n, one.name.as_str(), one.peer.as_str()), one)).collect();
    let sizes: BTreeSet<u64> = figures.iter().map(|one| one.n).collect();
    let mut peers: Vec<&str> = Vec::new();
    for figure in figures {
        if !peers.contains(&figure.peer.as_str()) {
            peers.push(&figure.peer);
        }
    }
    let known: BTreeSet<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    let others: BTreeSet<&str> =
        figures.iter().map(|one| one.name.as_str()).filter(|name| !known.contains(name)).collect();
    let rows: Vec<(&str, &str)> = ROWS.into_iter().chain(others.into_iter().map(|name| (name, name))).collect();
    let mut out = String::new();
    for n in &sizes {
        let title = format!("{n} documents");
        table(&mut out, &title, &peers, &rows, |name, peer| {
            let figure = cells.get(&(*n, name, peer))?;
            let own = cells.get(&(*n, name, NAME)).filter(|_| peer != NAME);
            Some(cell(figure, own.and_then(|own| own.value)))
        });
    }
    let (Some(least), Some(most)) = (sizes.first(), sizes.last()) else { return out };
    if least != most {
        table(&mut out, &format!("growth from {least} to {most}"), &peers, &rows, |name, peer| {
            let value = |n: u64| cells.get(&(n, name, peer)).and_then(|figure| figure.value);
            let (small, large) = value(*least).zip(value(*most)).filter(|(small, _)| *small > 0.0)?;
            Some(format!("{:.1}×", large / small))
        });
    }
    out
}

fn table(
    out: &mut String,
    title: &str,
    peers: &[&str],
    rows: &[(&str, &str)],
    cell: impl Fn(&str, &str) -> Option<String>,
) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "| {title} | {} |", peers.join(" | "));
    let _ = writeln!(out, "|---|{}", "---|".repeat(peers.len()));
    for (name, words) in rows {
        let cells: Vec<Option<String>> = peers.iter().map(|peer| cell(name, peer)).collect();
        if cells.iter().any(Option::is_some) {
            let cells: Vec<String> = cells.into_iter().map(Option::unwrap_or_default).collect();
            let _ = writeln!(out, "| {words} | {} |", cells.join(" | "));
        }
    }
    out.push('\n');
}

fn cell(figure: &Figure, own: Option<f64>) -> String {
    let Some(value) = figure.value else {
        return figure.error.clone().unwrap_or_else(|| "failed".to_owned());
    };
    let text = match figure.unit.as_str() {
        "s" => format!("{value:.2} s"),
        "ms" => format!("{value:.2} ms"),
        "B" => format!("{value:.0} B"),
        _ => format!("{value:.0}"),
    };
    match own.filter(|own| *own > 0.0) {
        Some(own) => format!("{text} ({:.1}×)", value / own),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_stand_beside_with_their_ratio_and_a_failure_with_its_reason() {
        let name = "first_sync_stored_s";
        let figures = [
            Figure::new(name, NAME, 1000, 0.5, "s"),
            Figure::new(name, "pouchdb", 1000, 2.5, "s"),
            Figure::failed(name, "samod", 1000, "s", "not done in 300 s"),
        ];
        let text = of(&figures);
        assert!(text.contains("| 1000 documents | overbuur | pouchdb | samod |"), "{text}");
        assert!(text.contains("| first sync, stored | 0.50 s | 2.50 s (5.0×) | not done in 300 s |"), "{text}");
        assert!(!text.contains("growth"));
    }

    #[test]
    fn growth_is_told_between_the_least_and_the_most() {
        let name = "one_change_bytes";
        let figures = [Figure::new(name, NAME, 10, 4.0, "B"), Figure::new(name, NAME, 100, 10.0, "B")];
        assert!(of(&figures).contains("| bytes of one change | 2.5× |"), "{}", of(&figures));
    }
}
