//! Rust source without what is no code: comments, strings, tests.
//!
//! A rule that looks for `tokio` must not stumble over a comment that says why
//! tokio is absent, nor over the planted violations in the rules' own tests.

/// The text with comments and the insides of literals replaced by spaces.
/// Lines keep their numbers.
#[must_use]
pub fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_or_comment(&chars, at);
        if end > at {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

/// Where the comment or literal that starts at `at` ends; `at` if none does.
fn literal_or_comment(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    match chars[at] {
        '/' if next == Some('/') => find(chars, at, '\n'),
        '/' if next == Some('*') => block_comment(chars, at),
        '"' => quoted(chars, at, '"'),
        '\'' => char_literal(chars, at),
        'r' if !inside_word(chars, at) => raw_string(chars, at),
        _ => at,
    }
}

fn find(chars: &[char], from: usize, wanted: char) -> usize {
    chars[from..].iter().position(|c| *c == wanted).map_or(chars.len(), |n| from + n)
}

fn block_comment(chars: &[char], from: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = from;
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn quoted(chars: &[char], from: usize, quote: char) -> usize {
    let mut at = from + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// A char literal, as against a lifetime, closes right after one (escaped) char.
fn char_literal(chars: &[char], at: usize) -> usize {
    let escaped = chars.get(at + 1) == Some(&'\\');
    if escaped || chars.get(at + 2) == Some(&'\'') { quoted(chars, at, '\'') } else { at }
}

/// `r` begins a word of its own, or follows the `b` or `c` of a byte or C string.
fn inside_word(chars: &[char], at: usize) -> bool {
    let word = |n: usize| at.checked_sub(n).and_then(|i| chars.get(i)).copied().filter(|c| word_char(*c));
    match word(1) {
        None => false,
        Some('b' | 'c') => word(2).is_some(),
        Some(_) => true,
    }
}

fn raw_string(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    let open = at + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return at;
    }
    let mut end = open + 1;
    while end < chars.len() {
        let closing = chars[end + 1..].iter().take(hashes).filter(|c| **c == '#').count();
        if chars[end] == '"' && closing == hashes {
            return end + 1 + hashes;
        }
        end += 1;
    }
    chars.len()
}

fn word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The code with every item under `#[cfg(test)]` blanked.
#[must_use]
pub fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(start) = out.find("#[cfg(test)]") {
        let end = start + item_length(&out[start..]);
        let blank: String = out[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(start..end, &blank);
    }
    out
}

/// Length of the item at the start: up to its `;`, or to the brace that closes it.
fn item_length(item: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in item.char_indices() {
        match c {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    item.len()
}

/// The line, from 1, of a byte offset.
#[must_use]
pub fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Where `needle` stands in the code as whole words: `rand::rng` is not found in
/// `rand::rng_core`, nor in `my_rand::rng`.
#[must_use]
pub fn words(code: &str, needle: &str) -> Vec<usize> {
    let first = needle.chars().next().is_some_and(word_char);
    let last = needle.chars().next_back().is_some_and(word_char);
    code.match_indices(needle)
        .filter(|(at, found)| {
            let before = code[..*at].chars().next_back().is_some_and(word_char);
            let after = code[at + found.len()..].chars().next().is_some_and(word_char);
            !(first && before || last && after)
        })
        .map(|(at, _)| at)
        .collect()
}

/// Every path that a `use` brings in, its braces expanded, with its offset:
/// `use std::{fs, net::TcpStream}` gives `std::fs` and `std::net::TcpStream`.
#[must_use]
pub fn imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in words(code, "use") {
        let tail = &code[at + 3..];
        let tree = tail.split(';').next().unwrap_or(tail);
        let tree = tree.split_whitespace().collect::<Vec<_>>().join(" ");
        expand("", &tree, &mut |path| found.push((at, path)));
    }
    found
}

fn expand(prefix: &str, tree: &str, found: &mut dyn FnMut(String)) {
    for branch in split_top(tree) {
        let branch = branch.trim();
        match branch.find('{') {
            Some(open) => {
                let inner = branch[open + 1..].strip_suffix('}').unwrap_or(&branch[open + 1..]);
                expand(&format!("{prefix}{}", branch[..open].trim()), inner, found);
            }
            None if branch.is_empty() => {}
            None => {
                // A rename hides nothing: the real path is what counts.
                let path = branch.split(" as ").next().unwrap_or(branch).trim();
                let whole = format!("{prefix}{path}");
                found(whole.trim_end_matches("::self").trim_start_matches("::").to_owned());
            }
        }
    }
}

/// The parts between commas that stand in no brace.
fn split_top(tree: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut from) = (0_i32, 0);
    for (at, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[from..]);
    parts
}
