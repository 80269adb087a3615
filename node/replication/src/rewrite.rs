//! A text that was typed over, as changes of the text that stands there.
//!
//! What is the same in both stays: a word that somebody else works on is never written anew. No
//! change is more work than one may be.

use automerge::transaction::Transactable;
use automerge::{Automerge, ROOT, ReadDoc};
use schemas::envelope::Refusal;
use similar::{DiffOp, TextDiff};

use crate::body;
use crate::coedited::form::TOUCHING;

/// Characters that one change puts in, at most: it stays far within the limits on operations and
/// bytes.
const LETTERS: usize = 2_000;
/// Words in a row, in characters, that are compared letter by letter; in more of them the same
/// letters are there by chance.
const ROW: usize = 400;

/// Characters taken out at a place, and what is put in there.
#[derive(Debug, PartialEq, Eq)]
struct Splice {
    at: usize,
    out: usize,
    put: String,
}

impl Splice {
    /// Operations that touch what is there.
    fn touching(&self) -> usize {
        self.out + usize::from(!self.put.is_empty())
    }

    fn letters(&self) -> usize {
        self.put.chars().count()
    }
}

/// The changes that make `new` of `old`, which stands in the field `name`.
///
/// # Errors
/// `Schema` when Automerge does not take them.
pub(crate) fn rewrite(document: &mut Automerge, name: &str, old: &str, new: &str) -> Result<Vec<Vec<u8>>, Refusal> {
    let Some((_, text)) = document.get(ROOT, name).map_err(|_| Refusal::Schema)? else { return Ok(Vec::new()) };
    let mut bodies = Vec::new();
    let mut left = splices(old, new).into_iter().peekable();
    while let Some(first) = left.next() {
        let (mut touching, mut letters) = (first.touching(), first.letters());
        let mut part = vec![first];
        while let Some(next) =
            left.next_if(|next| touching + next.touching() <= TOUCHING && letters + next.letters() <= LETTERS)
        {
            (touching, letters) = (touching + next.touching(), letters + next.letters());
            part.push(next);
        }
        bodies.extend(body::write(document, |transaction| {
            part.iter().try_for_each(|one| transaction.splice_text(&text, one.at, one.out.cast_signed(), &one.put))
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

/// What to do one after another, each fit for one change.
fn splices(old: &str, new: &str) -> Vec<Splice> {
    let words = TextDiff::from_unicode_words(old, new);
    let mut splices = Splices::default();
    for row in words.ops() {
        let old: String = words.old_slices()[row.old_range()].concat();
        let new: String = words.new_slices()[row.new_range()].concat();
        let is_short = [&old, &new].iter().all(|text| text.chars().count() <= ROW);
        match row {
            DiffOp::Replace { .. } if is_short => {
                let letters = TextDiff::from_graphemes(&old, &new);
                for one in letters.ops() {
                    let out = letters.old_slices()[one.old_range()].concat();
                    let put = letters.new_slices()[one.new_range()].concat();
                    splices.push(matches!(one, DiffOp::Equal { .. }), &out, &put);
                }
            }
            _ => splices.push(matches!(row, DiffOp::Equal { .. }), &old, &new),
        }
    }
    splices.all
}

#[derive(Default)]
struct Splices {
    all: Vec<Splice>,
    /// Characters of the new text so far.
    at: usize,
}

impl Splices {
    fn push(&mut self, is_same: bool, old: &str, new: &str) {
        if is_same {
            self.at += new.chars().count();
            return;
        }
        let (mut out, mut new) = (old.chars().count(), new);
        while out > 0 || !new.is_empty() {
            let taken = out.min(TOUCHING - 1);
            let (put, rest) = split(new);
            self.all.push(Splice { at: self.at, out: taken, put: put.to_owned() });
            self.at += put.chars().count();
            (out, new) = (out - taken, rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spliced(old: &str, splices: &[Splice]) -> String {
        let mut text: Vec<char> = old.chars().collect();
        for one in splices {
            text.splice(one.at..one.at + one.out, one.put.chars());
        }
        text.into_iter().collect()
    }

    #[test]
    fn what_is_the_same_stays() {
        let splice = |at, out, put: &str| Splice { at, out, put: put.to_owned() };
        assert_eq!(splices("een twee", "een twee"), []);
        assert_eq!(splices("fietsen", "fietste"), [splice(5, 0, "t"), splice(7, 1, "")]);
        // A piece at the beginning and one at the end of a long text.
        let long = "een woord en nog een ".repeat(900);
        let (begin, end) = (format!("Nieuw. {}{long}", "x".repeat(300)), " slot");
        let splices = splices(&long, &format!("{begin}{end}"));
        assert_eq!(splices.iter().map(|one| one.out).sum::<usize>(), 0);
        assert!(splices.len() < 5, "{}", splices.len());
    }

    proptest! {
        #[test]
        fn the_new_text_is_reached_in_pieces(
            old in "([a-dé \\n🚲]{0,9} ?){0,120}",
            new in "([a-dé \\n🚲]{0,9} ?){0,120}",
            more in 0..5_000usize,
        ) {
            let new = format!("{new}{}", "z".repeat(more));
            for (old, new) in [(&old, &new), (&new, &old)] {
                let splices = splices(old, new);
                prop_assert_eq!(&spliced(old, &splices), new);
                for one in &splices {
                    prop_assert!(one.out < TOUCHING && one.put.chars().count() <= LETTERS);
                    prop_assert!(one.out > 0 || !one.put.is_empty());
                }
            }
        }
    }
}
