//! Phones, mail addresses, streets, postal codes and municipalities.

use schemas::places::Refnis;

use crate::import::words::fold;

/// Phone and mail in one cell, such as `0470 12 34 56 / a@b.be`. What is neither is left over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reached {
    /// Phone as written.
    pub phone: String,
    /// Mail address, lower case.
    pub email: String,
    /// Text that was neither.
    pub left: String,
}

/// Takes a cell with phone, mail or both apart.
pub fn reached(text: &str) -> Reached {
    let mut reached = Reached::default();
    let mut others: Vec<&str> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '<' | '>')) {
        let word = word.trim_matches(['/', '(', ')', '.']).trim_start_matches("mailto:");
        // "0470123456/a@b.be" without a space.
        let (before, word) = match word.rsplit_once('/') {
            Some((before, mail)) if mail.contains('@') => (before, mail),
            Some((mail, after)) if mail.contains('@') => (after, mail),
            _ => ("", word),
        };
        others.push(before);
        if reached.email.is_empty() && is_mail(word) {
            reached.email = word.to_lowercase();
        } else {
            others.push(word);
        }
    }
    let rest = others.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    let label = |word: &&str| {
        matches!(fold(word).as_str(), "" | "gsm" | "tel" | "telefoon" | "mail" | "e mail" | "t" | "m" | "e")
    };
    let rest: String = rest.split(' ').filter(|word| !label(word)).collect::<Vec<_>>().join(" ");
    if rest.is_empty() {
        return reached;
    }
    let written = rest.chars().all(|c| c.is_ascii_digit() || " +()/.-".contains(c));
    if written && (8..=15).contains(&digits) {
        reached.phone = phone(&rest);
    } else {
        reached.left = rest;
    }
    reached
}

/// A spreadsheet that took a phone for a number lost its zero.
fn phone(written: &str) -> String {
    let bare = written.bytes().all(|byte| byte.is_ascii_digit());
    if bare && !written.starts_with('0') && matches!(written.len(), 8 | 9) {
        format!("0{written}")
    } else {
        written.to_owned()
    }
}

fn is_mail(word: &str) -> bool {
    let Some((name, host)) = word.split_once('@') else { return false };
    let plain = |part: &str| part.chars().all(|c| c.is_alphanumeric() || "._%+-'".contains(c));
    let host_holds = host.split('.').count() >= 2 && host.split('.').all(|label| !label.is_empty());
    !name.is_empty() && word.len() <= 200 && plain(name) && plain(host) && host_holds
}

/// Digits of a phone without its country: what two ways of writing have in common.
pub fn phone_digits(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let local = digits
        .strip_prefix("0032")
        .or_else(|| digits.strip_prefix("32").filter(|_| phone.trim_start().starts_with('+')));
    local.unwrap_or(&digits).trim_start_matches('0').to_owned()
}

/// Where somebody lives, as far as a cell tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lives {
    /// Street and number.
    pub street: String,
    /// Four digits.
    pub postal_code: String,
    /// Municipality.
    pub municipality: Option<Refnis>,
    /// A place that is not in the table.
    pub unknown: String,
}

/// Takes an address apart: `Eikenlaan 136, 2630 Aartselaar`, `2150 Borsbeek`, `Aartselaar`,
/// `Molenlei 33`.
pub fn address(text: &str) -> Lives {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // The postal code is a word of four digits with a place behind it, or it stands alone.
    let mut at = 0;
    let mut found = None;
    for word in text.split(' ') {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let code = bare.strip_prefix("B-").unwrap_or(bare);
        let place = text.get(at + word.len()..).unwrap_or("").trim_start_matches([' ', ',', '-']);
        if is_postal_code(code) && (at == 0 || !place.is_empty() || text[..at].trim_end().ends_with(',')) {
            found = Some((at, code.to_owned(), place.to_owned()));
        }
        at += word.len() + 1;
    }
    if let Some((at, code, place)) = found {
        let street = text[..at].trim_end_matches([' ', ',', ';', '-']).to_owned();
        let mut lives = Lives { street, postal_code: code, ..Lives::default() };
        lives.municipality = municipality(&place, &lives.postal_code);
        if lives.municipality.is_none() {
            lives.unknown = if place.is_empty() { lives.postal_code.clone() } else { place };
        }
        return lives;
    }
    if let Some((street, place)) = text.rsplit_once(',')
        && let Some(municipality) = municipality(place, "")
    {
        return Lives { street: street.trim().to_owned(), municipality: Some(municipality), ..Lives::default() };
    }
    match municipality(&text, "") {
        Some(municipality) => Lives { municipality: Some(municipality), ..Lives::default() },
        None => Lives { street: text, ..Lives::default() },
    }
}

/// A Belgian postal code.
pub fn is_postal_code(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

/// The municipality of a place name, or else of a postal code that belongs to just one.
pub fn municipality(place: &str, postal_code: &str) -> Option<Refnis> {
    let place = place.trim().trim_end_matches('.');
    if let Some(at) = Refnis::by_name(place) {
        return Some(at);
    }
    let folded = fold(place);
    if !folded.is_empty() {
        let same = |name: &str| fold(name) == folded;
        let known = Refnis::all().find(|at| same(&at.municipality().name_nl) || same(&at.municipality().name_fr));
        if known.is_some() {
            return known;
        }
    }
    let code = postal_code.parse().ok()?;
    match Refnis::by_postal_code(code).as_slice() {
        [one] => Some(*one),
        [current, rest @ ..] if rest.iter().all(|at| at.municipality().valid_until.is_some()) => Some(*current),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_and_mails() {
        for (text, phone, email, left) in [
            ("0473 29 68 45 / jan.dhondt60@voorbeeld.be", "0473 29 68 45", "jan.dhondt60@voorbeeld.be", ""),
            ("jan@voorbeeld.be / 0473 29 68 45", "0473 29 68 45", "jan@voorbeeld.be", ""),
            ("0473296845/jan@voorbeeld.be", "0473296845", "jan@voorbeeld.be", ""),
            ("gsm: 0473/29.68.45, mail: Jan@Voorbeeld.be", "0473/29.68.45", "jan@voorbeeld.be", ""),
            ("+32 473 29 68 45", "+32 473 29 68 45", "", ""),
            ("473296845", "0473296845", "", ""),
            ("Jan <jan@voorbeeld.be>", "", "jan@voorbeeld.be", "Jan"),
            ("jan@voorbeeld", "", "", "jan@voorbeeld"),
            ("12", "", "", "12"),
            ("via zijn broer", "", "", "via zijn broer"),
            ("", "", "", ""),
        ] {
            let read = reached(text);
            assert_eq!((read.phone.as_str(), read.email.as_str(), read.left.as_str()), (phone, email, left), "{text}");
        }
    }

    #[test]
    fn phones_that_are_one() {
        for (a, b) in [("0473 29 68 45", "+32 473/29.68.45"), ("0032473296845", "473296845")] {
            assert_eq!(phone_digits(a), phone_digits(b));
        }
        assert_ne!(phone_digits("0473 29 68 45"), phone_digits("0473 29 68 46"));
    }

    #[test]
    fn addresses() {
        for (text, street, code, place, unknown) in [
            ("Eikenlaan 136, 2630 Aartselaar", "Eikenlaan 136", "2630", "Aartselaar", ""),
            ("Eikenlaan 136 - 2630 aartselaar", "Eikenlaan 136", "2630", "Aartselaar", ""),
            ("Eikenlaan 136, B-2630 Aartselaar", "Eikenlaan 136", "2630", "Aartselaar", ""),
            ("2150 Borsbeek", "", "2150", "Borsbeek", ""),
            ("Molenlei 33", "Molenlei 33", "", "", ""),
            ("Steenweg 1203", "Steenweg 1203", "", "", ""),
            ("Steenweg 1203, 2640 Mortsel", "Steenweg 1203", "2640", "Mortsel", ""),
            ("Aartselaar", "", "", "Aartselaar", ""),
            ("Eikenlaan 136, Mortsel", "Eikenlaan 136", "", "Mortsel", ""),
            ("2540", "", "2540", "Hove", ""),
            ("9999 Nergens", "", "9999", "", "Nergens"),
        ] {
            let read = address(text);
            let name = read.municipality.map(Refnis::name).unwrap_or_default();
            assert_eq!(
                (read.street.as_str(), read.postal_code.as_str(), name, read.unknown.as_str()),
                (street, code, place, unknown),
                "{text}"
            );
        }
    }
}
