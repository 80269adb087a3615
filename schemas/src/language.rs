//! Languages by ISO 639 code, and levels of Dutch by the CEFR.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Refused;

/// ISO 639-1 code (639-3 where there is none), Dutch name, French name, English name.
/// The list holds the languages that Flemish integration services meet; Dari is Persian (`fa`).
const TABLE: &[(&str, &str, &str, &str)] = &[
    ("aii", "Assyrisch", "assyrien", "Assyrian"),
    ("am", "Amhaars", "amharique", "Amharic"),
    ("ar", "Arabisch", "arabe", "Arabic"),
    ("az", "Azerbeidzjaans", "azéri", "Azerbaijani"),
    ("ber", "Berbers", "berbère", "Berber"),
    ("bg", "Bulgaars", "bulgare", "Bulgarian"),
    ("bn", "Bengaals", "bengali", "Bengali"),
    ("bo", "Tibetaans", "tibétain", "Tibetan"),
    ("bs", "Bosnisch", "bosnien", "Bosnian"),
    ("ce", "Tsjetsjeens", "tchétchène", "Chechen"),
    ("cs", "Tsjechisch", "tchèque", "Czech"),
    ("de", "Duits", "allemand", "German"),
    ("el", "Grieks", "grec", "Greek"),
    ("en", "Engels", "anglais", "English"),
    ("es", "Spaans", "espagnol", "Spanish"),
    ("fa", "Dari of Farsi", "persan", "Persian"),
    ("ff", "Fula", "peul", "Fula"),
    ("fr", "Frans", "français", "French"),
    ("ha", "Hausa", "haoussa", "Hausa"),
    ("hi", "Hindi", "hindi", "Hindi"),
    ("hr", "Kroatisch", "croate", "Croatian"),
    ("hu", "Hongaars", "hongrois", "Hungarian"),
    ("hy", "Armeens", "arménien", "Armenian"),
    ("id", "Indonesisch", "indonésien", "Indonesian"),
    ("it", "Italiaans", "italien", "Italian"),
    ("ja", "Japans", "japonais", "Japanese"),
    ("ka", "Georgisch", "géorgien", "Georgian"),
    ("ku", "Koerdisch", "kurde", "Kurdish"),
    ("lin", "Lingala", "lingala", "Lingala"),
    ("mk", "Macedonisch", "macédonien", "Macedonian"),
    ("mn", "Mongools", "mongol", "Mongolian"),
    ("ne", "Nepalees", "népalais", "Nepali"),
    ("nl", "Nederlands", "néerlandais", "Dutch"),
    ("om", "Oromo", "oromo", "Oromo"),
    ("pa", "Punjabi", "pendjabi", "Punjabi"),
    ("pl", "Pools", "polonais", "Polish"),
    ("prs", "Dari", "dari", "Dari"),
    ("ps", "Pasjtoe", "pachto", "Pashto"),
    ("pt", "Portugees", "portugais", "Portuguese"),
    ("rn", "Kirundi", "kirundi", "Rundi"),
    ("ro", "Roemeens", "roumain", "Romanian"),
    ("rom", "Romani", "romani", "Romani"),
    ("ru", "Russisch", "russe", "Russian"),
    ("rw", "Kinyarwanda", "kinyarwanda", "Kinyarwanda"),
    ("sk", "Slowaaks", "slovaque", "Slovak"),
    ("so", "Somali", "somali", "Somali"),
    ("sq", "Albanees", "albanais", "Albanian"),
    ("sr", "Servisch", "serbe", "Serbian"),
    ("sw", "Swahili", "swahili", "Swahili"),
    ("ta", "Tamil", "tamoul", "Tamil"),
    ("th", "Thai", "thaï", "Thai"),
    ("ti", "Tigrinya", "tigrigna", "Tigrinya"),
    ("tl", "Tagalog", "tagalog", "Tagalog"),
    ("tr", "Turks", "turc", "Turkish"),
    ("ug", "Oeigoers", "ouïghour", "Uyghur"),
    ("uk", "Oekraïens", "ukrainien", "Ukrainian"),
    ("ur", "Urdu", "ourdou", "Urdu"),
    ("uz", "Oezbeeks", "ouzbek", "Uzbek"),
    ("vi", "Vietnamees", "vietnamien", "Vietnamese"),
    ("wo", "Wolof", "wolof", "Wolof"),
    ("zh", "Chinees", "chinois", "Chinese"),
];

/// A language of the bundled list, by its place in the list (ordered by code).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Language(u8);

impl Language {
    /// ISO 639 code, lower case.
    pub fn code(self) -> &'static str {
        TABLE[usize::from(self.0)].0
    }
    /// Dutch name with its capital.
    pub fn name_nl(self) -> &'static str {
        TABLE[usize::from(self.0)].1
    }
    /// French name.
    pub fn name_fr(self) -> &'static str {
        TABLE[usize::from(self.0)].2
    }
    /// English name.
    pub fn name_en(self) -> &'static str {
        TABLE[usize::from(self.0)].3
    }
    /// Every language of the list except codes that another one covers (`prs` counts as `fa`).
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().enumerate().filter(|(_, row)| row.0 != "prs").map(|(at, _)| Self(at as u8))
    }
    /// Dutch itself.
    pub fn dutch() -> Self {
        Self(TABLE.iter().position(|row| row.0 == "nl").unwrap_or(0) as u8)
    }
    /// Whether nearly everybody's neighbour speaks it: Dutch, French or English.
    pub fn is_common(self) -> bool {
        matches!(self.code(), "nl" | "fr" | "en")
    }
}

impl FromStr for Language {
    type Err = Refused;
    fn from_str(code: &str) -> Result<Self, Refused> {
        let code = if code == "prs" { "fa" } else { code };
        TABLE
            .iter()
            .position(|row| row.0 == code)
            .map(|at| Self(at as u8))
            .ok_or(Refused::new("language", "not an ISO 639 code of the list"))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.code().to_owned()
    }
}

impl TryFrom<String> for Language {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl JsonSchema for Language {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Language".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<&str> = Self::all().map(Self::code).collect();
        json_schema!({ "type": "string", "enum": codes, "description": "ISO 639 code" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dari_counts_as_persian() {
        assert_eq!("prs".parse::<Language>(), "fa".parse::<Language>());
        assert!("xx".parse::<Language>().is_err());
    }
}
