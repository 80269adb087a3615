//! When somebody is free, as people write it: `wo namiddag`, `woensdagnamiddag`,
//! `di en do voormiddag + vr avond`, `weekend`.

use schemas::vocabulary::Slots;

use crate::import::words::fold;

const DAYS: [&[&str]; 7] = [
    &["maandag", "ma", "lundi", "lun", "monday", "mon"],
    &["dinsdag", "di", "mardi", "mar", "tuesday", "tue"],
    &["woensdag", "wo", "woe", "mercredi", "mer", "wednesday", "wed"],
    &["donderdag", "do", "jeudi", "jeu", "thursday", "thu"],
    &["vrijdag", "vr", "vendredi", "ven", "friday", "fri"],
    &["zaterdag", "za", "zat", "samedi", "sam", "saturday", "sat"],
    &["zondag", "zo", "zon", "dimanche", "dim", "sunday", "sun"],
];
const PARTS: [&[&str]; 3] = [
    &["voormiddag", "voormiddagen", "vm", "ochtend", "ochtenden", "morgen", "matin", "matinee", "morning"],
    &["namiddag", "namiddagen", "nm", "middag", "apres", "midi", "aprem", "afternoon"],
    &["avond", "avonden", "av", "soir", "soiree", "evening"],
];
/// Words that say nothing about when.
const NOISE: [&str; 26] = [
    "en",
    "op",
    "in",
    "de",
    "het",
    "s",
    "of",
    "ook",
    "et",
    "and",
    "le",
    "la",
    "les",
    "on",
    "the",
    "telkens",
    "meestal",
    "graag",
    "liefst",
    "vrij",
    "kan",
    "beschikbaar",
    "elke",
    "iedere",
    "alle",
    "tot",
];

/// Slots of a cell and the words that were not understood. A day without a part of the day is
/// the whole day; a part without a day is that part of every day. A cell that says when
/// somebody is *not* free is left to a person.
pub fn slots(text: &str) -> (Slots, Vec<String>) {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    if words.iter().any(|word| matches!(*word, "niet" | "behalve" | "geen" | "pas" | "sauf" | "not" | "except")) {
        return (Slots::none(), vec![text.trim().to_owned()]);
    }
    let mut reader = Reader::default();
    let mut unknown = Vec::new();
    for (at, word) in words.iter().enumerate() {
        // "ma t/m vr" folds to "ma t m vr"; "ma-vr" is not told from "ma, vr" and stays two days.
        let until = words.get(at.wrapping_sub(2)..at).is_some_and(|before| before == ["t", "m"])
            || words.get(at.wrapping_sub(1)) == Some(&"tot");
        if matches!(*word, "t" | "m") {
            continue;
        }
        if !reader.word(word, until) && !NOISE.contains(word) {
            unknown.push((*word).to_owned());
        }
    }
    reader.close();
    (reader.slots, unknown)
}

/// Days and parts that belong together, until the next day after a part.
#[derive(Default)]
struct Reader {
    slots: Slots,
    days: Vec<usize>,
    parts: Vec<usize>,
}

impl Reader {
    /// Takes a word; whether it said when.
    fn word(&mut self, word: &str, until: bool) -> bool {
        if let Some(day) = day_of(word) {
            match self.days.last() {
                Some(first) if until && *first < day => self.days.extend(first + 1..=day),
                _ => self.day(&[day]),
            }
            return true;
        }
        if let Some(part) = part_of(word) {
            self.parts.push(part);
            return true;
        }
        match word {
            "weekend" | "weekends" => self.day(&[5, 6]),
            "weekdagen" | "werkdagen" | "week" | "weekdag" | "semaine" => self.day(&[0, 1, 2, 3, 4]),
            "dagen" | "altijd" | "dag" | "toujours" | "always" if self.days.is_empty() => {
                self.day(&[0, 1, 2, 3, 4, 5, 6])
            }
            "dag" | "hele" | "journee" => {}
            "overdag" => self.parts.extend([0, 1]),
            _ => return self.joined(word),
        }
        true
    }

    /// "woensdagnamiddag", "zaterdagvoormiddag", "weekavonden".
    fn joined(&mut self, word: &str) -> bool {
        let split = DAYS.iter().enumerate().find_map(|(day, names)| {
            let rest = word.strip_prefix(names[0])?;
            part_of(rest).map(|part| (vec![day], part))
        });
        let split =
            split.or_else(|| word.strip_prefix("week").and_then(part_of).map(|part| (vec![0, 1, 2, 3, 4], part)));
        let Some((days, part)) = split else { return false };
        self.day(&days);
        self.parts.push(part);
        true
    }

    fn day(&mut self, days: &[usize]) {
        if !self.parts.is_empty() {
            self.close();
        }
        self.days.extend(days);
    }

    /// Every day of the group with every part of it.
    fn close(&mut self) {
        if self.days.is_empty() && self.parts.is_empty() {
            return;
        }
        let days = if self.days.is_empty() { (0..7).collect() } else { std::mem::take(&mut self.days) };
        let parts = if self.parts.is_empty() { vec![0, 1, 2] } else { std::mem::take(&mut self.parts) };
        for day in days {
            for part in &parts {
                self.slots = self.slots.union(Slots::slot(day, *part));
            }
        }
    }
}

fn day_of(word: &str) -> Option<usize> {
    // "maandagen" and "maandags" are Mondays.
    let stem =
        word.strip_suffix("en").or_else(|| word.strip_suffix('s')).filter(|stem| stem.ends_with("dag")).unwrap_or(word);
    DAYS.iter().position(|names| names.contains(&stem))
}

fn part_of(word: &str) -> Option<usize> {
    let stem = word.strip_suffix('s').unwrap_or(word);
    PARTS.iter().position(|names| names.contains(&word) || names.contains(&stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_as_people_write_them() {
        for (text, expected, unknown) in [
            ("wo namiddag", "wed-afternoon", ""),
            ("woensdagnamiddag", "wed-afternoon", ""),
            ("Woensdag nm", "wed-afternoon", ""),
            ("di voormiddag, do namiddag", "tue-morning thu-afternoon", ""),
            ("di voormiddag + vr avond", "tue-morning fri-evening", ""),
            ("di en do voormiddag", "tue-morning thu-morning", ""),
            ("ma voormiddag en avond", "mon-morning mon-evening", ""),
            ("vr vm/nm", "fri-morning fri-afternoon", ""),
            ("weekend", "sat-morning sat-afternoon sat-evening sun-morning sun-afternoon sun-evening", ""),
            ("zaterdag", "sat-morning sat-afternoon sat-evening", ""),
            ("weekavonden", "mon-evening tue-evening wed-evening thu-evening fri-evening", ""),
            ("ma t/m wo avond", "mon-evening tue-evening wed-evening", ""),
            ("'s avonds", "mon-evening tue-evening wed-evening thu-evening fri-evening sat-evening sun-evening", ""),
            ("lundi matin", "mon-morning", ""),
            ("samedi après-midi", "sat-afternoon", ""),
            ("Friday evening", "fri-evening", ""),
            ("wo namiddag na 15u", "wed-afternoon", "na 15u"),
            ("niet op maandag", "", "niet op maandag"),
            ("binnenkort", "", "binnenkort"),
            ("", "", ""),
        ] {
            let (read, not) = slots(text);
            assert_eq!((read.codes().join(" ").as_str(), not.join(" ").as_str()), (expected, unknown), "{text}");
        }
    }
}
