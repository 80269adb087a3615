//! The difference between two texts, word by word, for *their edit beside yours*.

/// A stretch of text in a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// In both.
    Same(String),
    /// Only in the first.
    Removed(String),
    /// Only in the second.
    Added(String),
}

/// Largest table of the comparison, in cells of two bytes; longer texts are compared as one
/// piece between what they begin and end with in common.
const MOST_CELLS: usize = 4_000_000;

/// What became of `old` in `new`.
pub fn difference(old: &str, new: &str) -> Vec<Piece> {
    let (old, new) = (words(old), words(new));
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_middle, new_middle) = (&old_rest[..old_rest.len() - end], &new_rest[..new_rest.len() - end]);
    let mut pieces = Pieces::default();
    old[..start].iter().for_each(|word| pieces.push(Kind::Same, word));
    middle(old_middle, new_middle, &mut pieces);
    old_rest[old_rest.len() - end..].iter().for_each(|word| pieces.push(Kind::Same, word));
    pieces.done
}

/// What `theirs` and `mine`, both made from `base`, come to together: what either took out is
/// out, what either put in is in, theirs before mine. Nothing that was typed is lost.
pub fn together(base: &str, theirs: &str, mine: &str) -> String {
    let (theirs, mine) = (Sides::of(base, theirs), Sides::of(base, mine));
    let mut text = String::new();
    for (at, word) in words(base).into_iter().map(Some).chain([None]).enumerate() {
        let (one, other) = (theirs.put_in(at), mine.put_in(at));
        text.push_str(one);
        if one != other {
            text.push_str(other);
        }
        text.extend(word.filter(|_| !theirs.took_out(at) && !mine.took_out(at)));
    }
    text
}

/// What became of each word of a text: what was put in before it, and whether it was taken out.
#[derive(Default)]
struct Sides(Vec<(String, bool)>);

impl Sides {
    fn of(base: &str, new: &str) -> Self {
        let mut sides = Self::default();
        let mut before = String::new();
        for piece in difference(base, new) {
            match piece {
                Piece::Added(text) => before.push_str(&text),
                Piece::Same(text) | Piece::Removed(text) if text.is_empty() => {}
                Piece::Same(ref text) | Piece::Removed(ref text) => {
                    let removed = matches!(piece, Piece::Removed(_));
                    sides.0.extend(words(text).into_iter().map(|_| (std::mem::take(&mut before), removed)));
                }
            }
        }
        sides.0.push((before, false));
        sides
    }

    fn put_in(&self, at: usize) -> &str {
        self.0.get(at).map_or("", |(text, _)| text)
    }

    fn took_out(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|(_, removed)| *removed)
    }
}

/// Words and the white space between them, each on its own.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let space = first.is_whitespace();
        let end = rest.find(|c: char| c.is_whitespace() != space).unwrap_or(rest.len());
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

/// Longest common subsequence by the table of its lengths.
fn middle(old: &[&str], new: &[&str], pieces: &mut Pieces) {
    let width = new.len() + 1;
    if (old.len() + 1) * width > MOST_CELLS {
        old.iter().for_each(|word| pieces.push(Kind::Removed, word));
        new.iter().for_each(|word| pieces.push(Kind::Added, word));
        return;
    }
    // A length is at most the shorter side, and that is under 2000 by the limit above.
    let mut lengths = vec![0u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i * width + j] = if old[i] == new[j] {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            pieces.push(Kind::Same, old[i]);
            i += 1;
            j += 1;
        } else if j >= new.len() || (i < old.len() && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
            pieces.push(Kind::Removed, old[i]);
            i += 1;
        } else {
            pieces.push(Kind::Added, new[j]);
            j += 1;
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Same,
    Removed,
    Added,
}

/// Pieces as they grow; neighbours of one kind are one piece.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
}

impl Pieces {
    fn push(&mut self, kind: Kind, word: &str) {
        match (kind, self.done.last_mut()) {
            (Kind::Same, Some(Piece::Same(text)))
            | (Kind::Removed, Some(Piece::Removed(text)))
            | (Kind::Added, Some(Piece::Added(text))) => text.push_str(word),
            (Kind::Same, _) => self.done.push(Piece::Same(word.to_owned())),
            (Kind::Removed, _) => self.done.push(Piece::Removed(word.to_owned())),
            (Kind::Added, _) => self.done.push(Piece::Added(word.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_by_word() {
        let same = |text: &str| Piece::Same(text.to_owned());
        let added = |text: &str| Piece::Added(text.to_owned());
        let removed = |text: &str| Piece::Removed(text.to_owned());
        for (old, new, expected) in [
            ("een twee", "een twee", vec![same("een twee")]),
            ("een drie", "een twee drie", vec![same("een "), added("twee "), same("drie")]),
            ("een twee drie", "een drie", vec![same("een "), removed("twee "), same("drie")]),
            ("elke dag open", "elke week open", vec![same("elke "), removed("dag"), added("week"), same(" open")]),
            ("", "nieuw", vec![added("nieuw")]),
            ("", "", vec![]),
        ] {
            assert_eq!(difference(old, new), expected, "{old} / {new}");
        }
    }

    #[test]
    fn two_edits_of_one_text_come_together() {
        for (base, theirs, mine, expected) in [
            ("een drie", "een twee drie", "een drie vier", "een twee drie vier"),
            ("een twee drie", "een drie", "een twee drie vier", "een drie vier"),
            ("open op maandag", "open op dinsdag", "open op vrijdag", "open op dinsdagvrijdag"),
            ("open", "open", "open", "open"),
            ("", "nieuw", "nieuw", "nieuw"),
            ("alles", "", "alles blijft", " blijft"),
        ] {
            assert_eq!(together(base, theirs, mine), expected, "{base} / {theirs} / {mine}");
        }
    }

    #[test]
    fn both_texts_can_be_read_back_whatever_their_length() {
        let long: String = (0..4_000).map(|at| format!("w{} ", at * 7 % 1_000)).collect();
        let other: String = (0..4_000).map(|at| format!("w{} ", at * 11 % 1_000)).collect();
        for (old, new) in [("a b c a b c", "c b a c b a"), (long.as_str(), other.as_str())] {
            let pieces = difference(old, new);
            let read = |left: bool| {
                let of = |piece: &Piece| match piece {
                    Piece::Same(text) => text.clone(),
                    Piece::Removed(text) if left => text.clone(),
                    Piece::Added(text) if !left => text.clone(),
                    _ => String::new(),
                };
                pieces.iter().map(of).collect::<String>()
            };
            assert_eq!((read(true).as_str(), read(false).as_str()), (old, new));
        }
    }
}
