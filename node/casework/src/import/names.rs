//! Given and family name out of one cell.

/// Words with which a family name begins (Flemish, French, Arabic, German …).
const PREFIXES: [&str; 24] = [
    "van", "von", "vande", "vanden", "vander", "ver", "de", "den", "der", "het", "ten", "ter", "te", "op", "la", "le",
    "du", "des", "el", "al", "ben", "bin", "ibn", "abu",
];

/// Given and family name of a full name. *Peeters, Jan* and *PEETERS Jan* put the family name
/// first; else it starts at the first prefix (*Herman Van Damme*), or is the last word. A single
/// word is the given name.
pub fn split(full: &str) -> (String, String) {
    let full = full.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((family, given)) = full.split_once(',') {
        return (given.trim().to_owned(), family.trim().to_owned());
    }
    let words: Vec<&str> = full.split(' ').filter(|word| !word.is_empty()).collect();
    if words.len() < 2 {
        return (full, String::new());
    }
    let shouted =
        |word: &&str| word.chars().filter(|c| c.is_alphabetic()).count() > 1 && word.chars().all(|c| !c.is_lowercase());
    let capitals = words.iter().filter(|word| shouted(word)).count();
    if capitals > 0 && capitals < words.len() {
        let of =
            |wanted: bool| words.iter().filter(|word| shouted(word) == wanted).copied().collect::<Vec<_>>().join(" ");
        return (of(false), of(true));
    }
    let starts = |word: &str| {
        let lower = word.to_lowercase();
        PREFIXES.contains(&lower.as_str()) || lower.starts_with("d'") || lower.starts_with("d’")
    };
    let family = (1..words.len()).find(|at| starts(words[*at])).unwrap_or(words.len() - 1);
    (words[..family].join(" "), words[family..].join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names() {
        for (full, given, family) in [
            ("Olena Diallo", "Olena", "Diallo"),
            ("Herman Van Damme", "Herman", "Van Damme"),
            ("Koen Van den Broeck", "Koen", "Van den Broeck"),
            ("Rita De Smet", "Rita", "De Smet"),
            ("Annelies D'Hondt", "Annelies", "D'Hondt"),
            ("Annelies d’Hondt", "Annelies", "d’Hondt"),
            ("Jan Peter Peeters", "Jan Peter", "Peeters"),
            ("Fatima El Amrani", "Fatima", "El Amrani"),
            ("Peeters, Jan", "Jan", "Peeters"),
            ("VAN DAMME Herman", "Herman", "VAN DAMME"),
            ("Herman VAN DAMME", "Herman", "VAN DAMME"),
            ("JAN PEETERS", "JAN", "PEETERS"),
            ("  Jan   Peeters ", "Jan", "Peeters"),
            ("Tenzin", "Tenzin", ""),
            ("", "", ""),
        ] {
            assert_eq!(split(full), (given.to_owned(), family.to_owned()), "{full}");
        }
    }
}
