//! Words on the screen, from `locales/`: Dutch is complete, other languages fall back to it.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Display;
use std::sync::LazyLock;

use casework::FieldError;
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, static_loader};

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "nl",
        // Names stand in the middle of sentences; no direction marks around them.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// Sign around a key that no language has; a test looks for it in every page.
pub(crate) const MISSING: &str = "⟦";

/// The Dutch files once more, for the set of keys: a look-up says nothing of a message that
/// wants names.
const DUTCH: &[&str] = &[
    include_str!("../locales/nl/erasures.ftl"),
    include_str!("../locales/nl/evenings.ftl"),
    include_str!("../locales/nl/frame.ftl"),
    include_str!("../locales/nl/library.ftl"),
    include_str!("../locales/nl/matches.ftl"),
    include_str!("../locales/nl/partners.ftl"),
    include_str!("../locales/nl/people.ftl"),
    include_str!("../locales/nl/today.ftl"),
    include_str!("../locales/nl/words.ftl"),
];

static KEYS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let lines = DUTCH.iter().flat_map(|file| file.lines());
    lines.filter_map(|line| Some(line.split_once(" =")?.0)).filter(|key| !key.starts_with([' ', '#'])).collect()
});

/// The words of one language.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    language: LanguageIdentifier,
}

impl Words {
    /// Dutch.
    pub(crate) fn dutch() -> Self {
        Self { language: LOCALES.fallback().clone() }
    }

    /// The words in which reasons are told, by the code of their language; Dutch for any other.
    pub(crate) fn of(code: &str) -> Self {
        let known = LOCALES.locales().find(|language| language.language.as_str() == code);
        known.map_or_else(Self::dutch, |language| Self { language: language.clone() })
    }

    /// Language code for `<html lang>`.
    pub(crate) fn code(&self) -> String {
        self.language.to_string()
    }

    /// The text of a key.
    pub(crate) fn t(&self, key: &str) -> String {
        self.look(key, None)
    }

    /// The text of a key with one name filled in.
    pub(crate) fn with(&self, key: &str, name: &'static str, value: impl Display) -> String {
        self.fill(key, &[(name, &value.to_string())])
    }

    /// The text of a key with names filled in.
    pub(crate) fn fill(&self, key: &str, values: &[(&'static str, &str)]) -> String {
        let args: HashMap<Cow<'static, str>, FluentValue<'_>> =
            values.iter().map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from(*value))).collect();
        self.look(key, Some(&args))
    }

    /// The text of a key that counts: `count` chooses between one and more.
    pub(crate) fn count(&self, key: &str, count: impl TryInto<i64>) -> String {
        self.count_with(key, count, &[])
    }

    /// The text of a key that counts, with names filled in.
    pub(crate) fn count_with(&self, key: &str, count: impl TryInto<i64>, values: &[(&'static str, &str)]) -> String {
        let count: i64 = count.try_into().unwrap_or(i64::MAX);
        let mut args: HashMap<Cow<'static, str>, FluentValue<'_>> =
            values.iter().map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from(*value))).collect();
        args.insert(Cow::Borrowed("count"), FluentValue::from(count));
        self.look(key, Some(&args))
    }

    /// Why a field could not be taken, with the field in front: `Datum: Deze dag bestaat niet.`
    /// A field `row.N` is a line of a file.
    pub(crate) fn refused(&self, error: &FieldError) -> String {
        let label = match error.field.strip_prefix("row.") {
            Some(row) => Some(self.with("field-row", "row", row)),
            None => Some(format!("field-{}", error.field.replace('.', "-")))
                .filter(|key| self.has(key))
                .map(|key| self.t(&key)),
        };
        let message = format!("error-{}", error.code);
        let message = if self.has(&message) { self.t(&message) } else { self.t("error-other") };
        label.map_or_else(|| message.clone(), |label| format!("{label}: {message}"))
    }

    /// Whether there is such a key. Dutch has every key that any language has.
    pub(crate) fn has(&self, key: &str) -> bool {
        KEYS.contains(key)
    }

    fn look(&self, key: &str, args: Option<&HashMap<Cow<'static, str>, FluentValue<'_>>>) -> String {
        let found = match args {
            Some(args) => LOCALES.try_lookup_with_args(&self.language, key, args),
            None => LOCALES.try_lookup(&self.language, key),
        };
        found.unwrap_or_else(|| {
            tracing::error!(key, "no words for this key");
            format!("{MISSING}{key}⟧")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    /// Every text file below a folder, with its path.
    fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).expect("a folder of the sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                found.extend(texts(&path));
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                found.push((path, text));
            }
        }
        found
    }

    #[test]
    fn counts_choose_one_or_more() {
        let words = Words::dutch();
        assert_eq!(words.count("people-count-newcomer", 1), "1 nieuwkomer");
        assert_eq!(words.count("people-count-newcomer", 2), "2 nieuwkomers");
    }

    #[test]
    fn unknown_languages_fall_back_to_dutch() {
        assert_eq!(Words::of("xx").code(), "nl");
        assert_eq!(Words::of("fr").code(), "fr");
        // What French lacks is said in Dutch.
        assert_eq!(Words::of("fr").t("nav-today"), Words::dutch().t("nav-today"));
    }

    /// Every key of the words for reasons is one of the Dutch, and none is left out.
    #[test]
    fn reasons_are_told_in_three_languages() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales");
        let keys = |language: &str| -> BTreeSet<String> {
            let files = texts(&folder.join(language)).into_iter();
            files
                .flat_map(|(_, text)| text.lines().map(str::to_owned).collect::<Vec<_>>())
                .filter_map(|line| Some(line.split_once(" =")?.0.to_owned()))
                .filter(|key| !key.starts_with([' ', '#']))
                .collect()
        };
        let (french, english) = (keys("fr"), keys("en"));
        assert_eq!(french, english);
        assert!(french.iter().all(|key| KEYS.contains(key.as_str())));
        let told = ["reason-", "miss-", "misfit-", "subject-", "change-", "domain-", "sector-", "interest-", "short-"];
        let dutch = KEYS.iter().filter(|key| told.iter().any(|start| key.starts_with(start)));
        let lacking: Vec<_> = dutch.filter(|key| !french.contains(**key)).collect();
        assert!(lacking.is_empty(), "{lacking:?}");
    }

    #[test]
    fn every_file_of_words_is_known() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales/nl");
        assert_eq!(std::fs::read_dir(folder).expect("the Dutch words").count(), DUTCH.len());
        let words = Words::dutch();
        assert!(words.has("notice-intake") && !words.has("notice-none"));
    }

    /// Keys that the sources and templates name in so many words.
    #[test]
    fn every_key_that_is_used_exists() {
        let words = Words::dutch();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut missing = Vec::new();
        let mut seen = 0;
        for (path, text) in ["src", "templates"].iter().flat_map(|folder| texts(&root.join(folder))) {
            for call in ["t(\"", "with(\"", "fill(\"", "count(\"", "count_with(\"", "flash(\"", "flash_with(\""] {
                for part in text.split(call).skip(1) {
                    let key = part.split('"').next().unwrap_or_default();
                    let is_key = key.starts_with(|c: char| c.is_ascii_lowercase())
                        && !key.ends_with('-')
                        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
                    if is_key && key.contains('-') {
                        seen += 1;
                        if !words.has(key) {
                            missing.push(format!("{}: {key}", path.display()));
                        }
                    }
                }
            }
        }
        assert!(seen > 100, "the search found only {seen} keys");
        assert!(missing.is_empty(), "no Dutch words for:\n{}", missing.join("\n"));
    }

    /// Codes of the audit rows about a person, which its page shows in words.
    #[test]
    fn every_look_at_a_person_has_words() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node/casework/src");
        let kinds = [
            "person",
            "people",
            "consent",
            "screening",
            "card",
            "proposal",
            "duo",
            "handover",
            "search",
            "match",
            "import",
            "evening",
        ];
        let words = Words::dutch();
        let (mut seen, mut missing) = (0, Vec::new());
        for (_, text) in texts(&root) {
            for code in text.split('"').filter(|part| part.len() < 40) {
                let Some((kind, what)) = code.split_once('.') else { continue };
                let is_code = !what.is_empty() && what.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                if kinds.contains(&kind) && is_code {
                    seen += 1;
                    if !words.has(&format!("audit-{kind}-{what}")) {
                        missing.push(code.to_owned());
                    }
                }
            }
        }
        assert!(seen > 30, "the search found only {seen} codes");
        assert!(missing.is_empty(), "no Dutch words for: {}", missing.join(", "));
    }
}
