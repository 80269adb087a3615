//! The national register number (rijksregisternummer, RRN) is never stored and never shared.
//!
//! Source of the form: Royal Decree of 3 April 1984; `yy.mm.dd-nnn.cc`, where `cc` is 97 minus
//! the first nine digits modulo 97, with a 2 set before them for births from 2000 on.

/// Digits in each group of the written form.
const GROUPS: [usize; 5] = [2, 2, 2, 3, 2];
/// Signs between two groups, at most (` - `).
const MAX_SIGNS: usize = 3;

/// Whether `text` holds something that is or looks like a national register number:
/// any `yy.mm.dd-nnn.cc` shape with a plausible date whatever its check digits, or 11 digits,
/// in a row or with some of the signs left out, with a plausible date and good check digits.
/// Digits of other scripts and invisible signs hide nothing. International phone numbers
/// (`+32…`, `0032…`) are not taken for one.
pub fn holds_rrn(text: &str) -> bool {
    let chars: Vec<char> = text.chars().filter_map(plain).collect();
    let starts =
        (0..chars.len()).filter(|at| chars[*at].is_ascii_digit() && (*at == 0 || !chars[at - 1].is_ascii_digit()));
    starts.into_iter().any(|start| {
        let international = start > 0 && chars[start - 1] == '+';
        written(&chars[start..])
            .is_some_and(|(digits, complete)| plausible(&digits) && (complete || !international && passes(&digits)))
    })
}

/// The character as far as it matters here: digits in ASCII, one kind of space and of dash;
/// none for what nobody sees.
fn plain(c: char) -> Option<char> {
    const ZEROES: [char; 5] = ['0', '\u{660}', '\u{6f0}', '\u{966}', '\u{ff10}'];
    let digit = ZEROES.iter().find_map(|zero| {
        let digit = (c as u32).checked_sub(*zero as u32).filter(|digit| *digit < 10)?;
        char::from_digit(digit, 10)
    });
    match c {
        _ if digit.is_some() => digit,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' => Some('-'),
        '\u{ff0e}' | '\u{b7}' | '\u{2024}' => Some('.'),
        _ if c.is_whitespace() => Some(' '),
        _ => Some(c),
    }
}

/// The eleven digits at the start of `chars`, signs only between the groups, no digit after them;
/// and whether there is a sign between all groups.
fn written(chars: &[char]) -> Option<(Vec<u32>, bool)> {
    let (mut at, mut digits, mut complete) = (0, Vec::with_capacity(11), true);
    for (group, length) in GROUPS.into_iter().enumerate() {
        if group > 0 {
            let is_sign = |c: &&char| matches!(c, '.' | '-' | '/' | ' ' | '_');
            let signs = chars[at..].iter().take(MAX_SIGNS + 1).take_while(is_sign).count();
            if signs > MAX_SIGNS {
                return None;
            }
            complete &= signs > 0;
            at += signs;
        }
        for _ in 0..length {
            digits.push(chars.get(at)?.to_digit(10)?);
            at += 1;
        }
    }
    let ends = !chars.get(at).is_some_and(char::is_ascii_digit);
    ends.then_some((digits, complete))
}

/// Whether a column heading names the national register number.
pub fn names_rrn(heading: &str) -> bool {
    let letters: String = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    ["rijksregister", "rrn", "insz", "niss", "nationaalnummer", "registrenational", "bisnummer"]
        .iter()
        .any(|name| letters.contains(name))
}

/// Bis numbers add 20 or 40 to the month; an unknown month or day is 0.
fn plausible(digits: &[u32]) -> bool {
    let (month, day) = (digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]);
    matches!(month, 0..=12 | 20..=32 | 40..=52) && day <= 31
}

fn passes(digits: &[u32]) -> bool {
    let number = |digits: &[u32]| digits.iter().fold(0u64, |number, d| number * 10 + u64::from(*d));
    let (value, check) = (number(&digits[..9]), number(&digits[9..]));
    let fits = |value: u64| 97 - value % 97 == check;
    fits(value) || fits(2_000_000_000 + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_form_is_found() {
        for (text, found) in [
            ("85.07.30-033.28", true),
            ("85.07.30-033.99", true),
            ("85 07 30 033 28", true),
            ("zie 85073003328 graag", true),
            ("850730-033.28", true),
            ("850730 033 28", true),
            ("85.07.30 - 033.99", true),
            ("850730-033.99", false),
            ("85.07.30–033‑28", true),
            ("٨٥٠٧٣٠٠٣٣٢٨", true),
            ("８５.０７.３０-０３３.２８", true),
            ("85\u{200b}0730\u{200b}03328", true),
            ("85\u{a0}07\u{a0}30\u{a0}033\u{a0}28", true),
            ("185073003328", false),
            ("850730033281", false),
            ("85.13.30-033.28", false),
            ("85.27.30-033.28", true),
            ("85073003328", true),
            ("85073003329", false),
            ("17073003384", true),
            ("+32470123456", false),
            ("0032470123456", false),
            ("0470 12 34 56", false),
            ("BE68 5390 0754 7034", false),
            ("", false),
            ("12/10/2026", false),
        ] {
            assert_eq!(holds_rrn(text), found, "{text}");
        }
    }

    #[test]
    fn headings_that_name_it() {
        for heading in ["Rijksregisternr", "RRN", "rijksregister-nummer", "INSZ"] {
            assert!(names_rrn(heading), "{heading}");
        }
        assert!(!names_rrn("telefoonnummer"));
    }
}
