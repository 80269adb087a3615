//! What was typed over, as changes of what stands there.
//!
//! What is the same in both stays: a word that somebody else works on is never written anew. No
//! change is more work than one may be, and what fits in one change is one: others never see it half
//! done.

use std::collections::BTreeMap;

use automerge::transaction::{Transactable, Transaction};
use automerge::{Automerge, AutomergeError, ObjId};
use schemas::envelope::Refusal;
use similar::{Algorithm, DiffOp, DiffableStr, capture_diff_slices};

use crate::body;
use crate::coedited::form::TOUCHING;

/// Characters that one change puts in, at most: it stays far within the limits on operations and
/// bytes.
const LETTERS: usize = 2_000;
/// Words in a row, in characters, that are compared letter by letter; in more of them the same
/// letters are there by chance.
const ROW: usize = 400;
/// Two texts with more words than this that are in one of them only are another text altogether: to
/// compare them takes seconds, and finds what is the same by chance.
const APART: usize = 4_000;
/// What all fields that do not merge come to, as operations that touch what is there.
const FIELDS: usize = 80;

/// A step from the old text to the new: characters from a place on.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Out { at: usize, letters: usize },
    Put { at: usize, text: String },
}

/// A step in one of the texts, or all fields that do not merge.
enum Work<'a> {
    Text(&'a ObjId, Step),
    Fields,
}

impl Work<'_> {
    /// Operations that touch what is there, and characters that are put in.
    fn load(&self) -> (usize, usize) {
        match self {
            Self::Text(_, Step::Out { letters, .. }) => (*letters, 0),
            Self::Text(_, Step::Put { text, .. }) => (1, text.chars().count()),
            Self::Fields => (FIELDS, 0),
        }
    }
}

/// The changes that make the new of each text of the old, and of the other fields what `fields` does.
/// First goes what goes: no text on the way is longer than both, and one that is too long is only
/// shortened until it is not.
///
/// # Errors
/// `Schema` when Automerge does not take them.
pub(crate) fn rewrite(
    document: &mut Automerge,
    texts: &[(&ObjId, &str, &str)],
    fields: impl Fn(&mut Transaction<'_>) -> Result<(), AutomergeError>,
) -> Result<Vec<Vec<u8>>, Refusal> {
    let (mut work, mut puts) = (Vec::new(), Vec::new());
    for (text, old, new) in texts {
        let Steps { outs, puts: more, .. } = steps(old, new);
        work.extend(outs.into_iter().map(|step| Work::Text(text, step)));
        puts.extend(more.into_iter().map(|step| Work::Text(text, step)));
    }
    work.push(Work::Fields);
    work.extend(puts);
    let mut bodies = Vec::new();
    let mut left = work.into_iter().peekable();
    while let Some(first) = left.next() {
        let (mut touching, mut letters) = first.load();
        let mut part = vec![first];
        while let Some(next) = left.next_if(|next| {
            let (more, longer) = next.load();
            touching + more <= TOUCHING && letters + longer <= LETTERS
        }) {
            let (more, longer) = next.load();
            (touching, letters) = (touching + more, letters + longer);
            part.push(next);
        }
        bodies.extend(body::write(document, |transaction| {
            part.iter().try_for_each(|work| match work {
                Work::Text(text, Step::Out { at, letters }) => {
                    transaction.splice_text(text, *at, letters.cast_signed(), "")
                }
                Work::Text(text, Step::Put { at, text: put }) => transaction.splice_text(text, *at, 0, put),
                Work::Fields => fields(transaction),
            })
        })?);
    }
    Ok(bodies)
}

/// The start of a text that one change puts in, up to a space where there is one nearby; and the
/// rest.
pub(crate) fn split(text: &str) -> (&str, &str) {
    let Some((most, _)) = text.char_indices().nth(LETTERS) else { return (text, "") };
    let space = text[..most].char_indices().rfind(|(_, c)| c.is_whitespace());
    let end = space.map(|(at, c)| at + c.len_utf8()).filter(|end| *end > most / 2);
    text.split_at(end.unwrap_or(most))
}

/// The steps from `old` to `new`, each fit for one change.
fn steps(old: &str, new: &str) -> Steps {
    let mut steps = Steps::default();
    for (is_same, old, new) in compared(&old.tokenize_unicode_words(), &new.tokenize_unicode_words()) {
        let is_short = [&old, &new].iter().all(|text| text.chars().count() <= ROW);
        if is_same || old.is_empty() || new.is_empty() || !is_short {
            steps.push(is_same, &old, &new);
            continue;
        }
        for (is_same, old, new) in compared(&old.tokenize_graphemes(), &new.tokenize_graphemes()) {
            steps.push(is_same, &old, &new);
        }
    }
    steps
}

/// What is the same in both, one after another, and what stands in between in the old text and in
/// the new.
fn compared(old: &[&str], new: &[&str]) -> Vec<(bool, String, String)> {
    let rows = if apart(old, new) > APART {
        vec![DiffOp::Replace { old_index: 0, old_len: old.len(), new_index: 0, new_len: new.len() }]
    } else {
        capture_diff_slices(Algorithm::Myers, old, new)
    };
    let text = |row: &DiffOp| {
        let is_same = matches!(row, DiffOp::Equal { .. });
        (is_same, old[row.old_range()].concat(), new[row.new_range()].concat())
    };
    rows.iter().map(text).collect()
}

/// How many words only one of the two has, counted as often as it has them.
fn apart(old: &[&str], new: &[&str]) -> usize {
    let mut surplus: BTreeMap<&str, isize> = BTreeMap::new();
    for word in old {
        *surplus.entry(word).or_default() += 1;
    }
    for word in new {
        *surplus.entry(word).or_default() -= 1;
    }
    surplus.values().map(|count| count.unsigned_abs()).sum()
}

#[derive(Default)]
struct Steps {
    /// What goes comes first, all of it.
    outs: Vec<Step>,
    puts: Vec<Step>,
    /// Characters so far that are in both.
    kept: usize,
    /// Characters of the new text so far.
    at: usize,
}

impl Steps {
    fn push(&mut self, is_same: bool, old: &str, new: &str) {
        if is_same {
            let letters = new.chars().count();
            (self.kept, self.at) = (self.kept + letters, self.at + letters);
            return;
        }
        let mut out = old.chars().count();
        while out > 0 {
            let letters = out.min(TOUCHING);
            self.outs.push(Step::Out { at: self.kept, letters });
            out -= letters;
        }
        let mut left = new;
        while !left.is_empty() {
            let (put, rest) = split(left);
            self.puts.push(Step::Put { at: self.at, text: put.to_owned() });
            (self.at, left) = (self.at + put.chars().count(), rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(old: &str, new: &str) -> Vec<Step> {
        let Steps { outs, puts, .. } = steps(old, new);
        outs.into_iter().chain(puts).collect()
    }

    #[test]
    fn what_is_the_same_stays() {
        let put = |at, text: &str| Step::Put { at, text: text.to_owned() };
        assert_eq!(all("een twee", "een twee"), []);
        assert_eq!(all("fietsen", "fietste"), [Step::Out { at: 6, letters: 1 }, put(5, "t")]);
        // A piece at the beginning and one at the end of a long text.
        let long = "een woord en nog een ".repeat(900);
        let begin = format!("Nieuw. {}", "x".repeat(300));
        assert_eq!(all(&long, &format!("{begin}{long}slot")), [put(0, &begin), put(18_900 + 307, "slot")]);
    }

    proptest! {
        #[test]
        fn the_new_text_is_reached_in_steps(
            old in "([a-dé \\n🚲]{0,9} ?){0,120}",
            new in "([a-dé \\n🚲]{0,9} ?){0,120}",
            more in 0..5_000usize,
        ) {
            let new = format!("{new}{}", "z".repeat(more));
            for (old, new) in [(&old, &new), (&new, &old)] {
                let mut text: Vec<char> = old.chars().collect();
                let longest = text.len().max(new.chars().count());
                for step in all(old, new) {
                    let work = Work::Text(&ObjId::Root, step);
                    let (touching, letters) = work.load();
                    prop_assert!((1..=TOUCHING).contains(&touching) && letters <= LETTERS);
                    let Work::Text(_, step) = work else { unreachable!() };
                    match step {
                        Step::Out { at, letters } => text.drain(at..at + letters).for_each(drop),
                        Step::Put { at, text: put } => drop(text.splice(at..at, put.chars())),
                    }
                    prop_assert!(text.len() <= longest);
                }
                prop_assert_eq!(&text.into_iter().collect::<String>(), new);
            }
        }
    }
}
