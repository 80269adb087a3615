//! The national register number (rijksregisternummer, RRN) is never stored and never shared.
//!
//! Source of the form: Royal Decree of 3 April 1984; `yy.mm.dd-nnn.cc`, where `cc` is 97 minus
//! the first nine digits modulo 97, with a 2 set before them for births from 2000 on.

/// Whether `text` holds something that is or looks like a national register number:
/// any `yy.mm.dd-nnn.cc` shape whatever its check digits, or 11 digits in a row
/// with a plausible date that pass the check. International phone numbers
/// (`+32…`, `0032…`) are not taken for one.
pub fn holds_rrn(text: &str) -> bool {
    shaped(text) || bare(text)
}

/// Whether a column heading names the national register number.
pub fn names_rrn(heading: &str) -> bool {
    let letters: String = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    ["rijksregister", "rrn", "insz", "niss", "nationaalnummer", "registrenational", "bisnummer"]
        .iter()
        .any(|name| letters.contains(name))
}

/// `dd.dd.dd-ddd.dd` with any of `.`, `-`, `/` or space between the groups.
fn shaped(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (0..chars.len()).any(|start| {
        let before_is_digit = start > 0 && chars[start - 1].is_ascii_digit();
        if before_is_digit {
            return false;
        }
        let mut at = start;
        for (group, length) in [2usize, 2, 2, 3, 2].into_iter().enumerate() {
            if group > 0 {
                match chars.get(at) {
                    Some('.' | '-' | '/' | ' ' | '–') => at += 1,
                    _ => return false,
                }
            }
            for _ in 0..length {
                match chars.get(at) {
                    Some(digit) if digit.is_ascii_digit() => at += 1,
                    _ => return false,
                }
            }
        }
        let after_is_digit = chars.get(at).is_some_and(char::is_ascii_digit);
        // A Belgian mobile number in pairs starts with a zero and has ten digits; this has eleven.
        !after_is_digit && plausible_month(&chars[start..at])
    })
}

fn plausible_month(chars: &[char]) -> bool {
    let digits: Vec<u32> = chars.iter().filter_map(|c| c.to_digit(10)).collect();
    month_exists(digits[2] * 10 + digits[3]) && digits[4] * 10 + digits[5] <= 31
}

/// Bis numbers add 20 or 40 to the month; an unknown month is 0.
fn month_exists(month: u32) -> bool {
    matches!(month, 0..=12 | 20..=32 | 40..=52)
}

fn bare(text: &str) -> bool {
    let mut run = String::new();
    let mut runs = Vec::new();
    let mut international = false;
    for c in text.chars().chain(std::iter::once(' ')) {
        if c.is_ascii_digit() {
            run.push(c);
        } else {
            if !run.is_empty() {
                runs.push((std::mem::take(&mut run), international));
            }
            international = c == '+';
        }
    }
    runs.iter().any(|(run, international)| !international && run.len() == 11 && passes(run))
}

fn passes(digits: &str) -> bool {
    let number: u64 = digits[..9].parse().unwrap_or(0);
    let check: u64 = digits[9..].parse().unwrap_or(0);
    let month: u32 = digits[2..4].parse().unwrap_or(99);
    let day: u32 = digits[4..6].parse().unwrap_or(99);
    let plausible = month_exists(month) && day <= 31;
    let fits = |value: u64| 97 - value % 97 == check;
    plausible && (fits(number) || fits(2_000_000_000 + number))
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
