//! Languages by ISO 639 code, with their names in Dutch, French and English.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Refused;

/// ISO 639-1 code (639-3 where there is none), Dutch name, French name, English name.
/// The list holds the languages that Flemish integration services meet; Dari is Persian (`fa`).
const TABLE: &[(&str, &str, &str, &str)] = &[
    ("af", "Afrikaans", "afrikaans", "Afrikaans"),
    ("aii", "Assyrisch", "assyrien", "Assyrian"),
    ("ak", "Twi", "twi", "Twi"),
    ("am", "Amhaars", "amharique", "Amharic"),
    ("ar", "Arabisch", "arabe", "Arabic"),
    ("az", "Azerbeidzjaans", "azéri", "Azerbaijani"),
    ("be", "Wit-Russisch", "biélorusse", "Belarusian"),
    ("ber", "Berbers", "berbère", "Berber"),
    ("bg", "Bulgaars", "bulgare", "Bulgarian"),
    ("bm", "Bambara", "bambara", "Bambara"),
    ("bn", "Bengaals", "bengali", "Bengali"),
    ("bo", "Tibetaans", "tibétain", "Tibetan"),
    ("bs", "Bosnisch", "bosnien", "Bosnian"),
    ("ca", "Catalaans", "catalan", "Catalan"),
    ("ce", "Tsjetsjeens", "tchétchène", "Chechen"),
    ("cs", "Tsjechisch", "tchèque", "Czech"),
    ("da", "Deens", "danois", "Danish"),
    ("de", "Duits", "allemand", "German"),
    ("el", "Grieks", "grec", "Greek"),
    ("en", "Engels", "anglais", "English"),
    ("es", "Spaans", "espagnol", "Spanish"),
    ("et", "Ests", "estonien", "Estonian"),
    ("fa", "Dari of Farsi", "persan", "Persian"),
    ("ff", "Fula", "peul", "Fula"),
    ("fi", "Fins", "finnois", "Finnish"),
    ("fr", "Frans", "français", "French"),
    ("ga", "Iers", "irlandais", "Irish"),
    ("ha", "Hausa", "haoussa", "Hausa"),
    ("he", "Hebreeuws", "hébreu", "Hebrew"),
    ("hi", "Hindi", "hindi", "Hindi"),
    ("hr", "Kroatisch", "croate", "Croatian"),
    ("hu", "Hongaars", "hongrois", "Hungarian"),
    ("hy", "Armeens", "arménien", "Armenian"),
    ("id", "Indonesisch", "indonésien", "Indonesian"),
    ("ig", "Igbo", "igbo", "Igbo"),
    ("it", "Italiaans", "italien", "Italian"),
    ("ja", "Japans", "japonais", "Japanese"),
    ("ka", "Georgisch", "géorgien", "Georgian"),
    ("kk", "Kazachs", "kazakh", "Kazakh"),
    ("km", "Khmer", "khmer", "Khmer"),
    ("ko", "Koreaans", "coréen", "Korean"),
    ("ku", "Koerdisch", "kurde", "Kurdish"),
    ("ky", "Kirgizisch", "kirghiz", "Kyrgyz"),
    ("ln", "Lingala", "lingala", "Lingala"),
    ("lo", "Laotiaans", "lao", "Lao"),
    ("lt", "Litouws", "lituanien", "Lithuanian"),
    ("lv", "Lets", "letton", "Latvian"),
    ("mg", "Malagassisch", "malgache", "Malagasy"),
    ("mk", "Macedonisch", "macédonien", "Macedonian"),
    ("ml", "Malayalam", "malayalam", "Malayalam"),
    ("mn", "Mongools", "mongol", "Mongolian"),
    ("ms", "Maleis", "malais", "Malay"),
    ("mt", "Maltees", "maltais", "Maltese"),
    ("my", "Birmaans", "birman", "Burmese"),
    ("ne", "Nepalees", "népalais", "Nepali"),
    ("nl", "Nederlands", "néerlandais", "Dutch"),
    ("no", "Noors", "norvégien", "Norwegian"),
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
    ("si", "Singalees", "cingalais", "Sinhala"),
    ("sk", "Slowaaks", "slovaque", "Slovak"),
    ("sl", "Sloveens", "slovène", "Slovenian"),
    ("sn", "Shona", "shona", "Shona"),
    ("so", "Somali", "somali", "Somali"),
    ("sq", "Albanees", "albanais", "Albanian"),
    ("sr", "Servisch", "serbe", "Serbian"),
    ("sv", "Zweeds", "suédois", "Swedish"),
    ("sw", "Swahili", "swahili", "Swahili"),
    ("ta", "Tamil", "tamoul", "Tamil"),
    ("te", "Telugu", "télougou", "Telugu"),
    ("tg", "Tadzjieks", "tadjik", "Tajik"),
    ("th", "Thai", "thaï", "Thai"),
    ("ti", "Tigrinya", "tigrigna", "Tigrinya"),
    ("tk", "Turkmeens", "turkmène", "Turkmen"),
    ("tl", "Tagalog", "tagalog", "Tagalog"),
    ("tr", "Turks", "turc", "Turkish"),
    ("ug", "Oeigoers", "ouïghour", "Uyghur"),
    ("uk", "Oekraïens", "ukrainien", "Ukrainian"),
    ("ur", "Urdu", "ourdou", "Urdu"),
    ("uz", "Oezbeeks", "ouzbek", "Uzbek"),
    ("vi", "Vietnamees", "vietnamien", "Vietnamese"),
    ("wo", "Wolof", "wolof", "Wolof"),
    ("yo", "Yoruba", "yoruba", "Yoruba"),
    ("zh", "Chinees", "chinois", "Chinese"),
];

/// The place of Dutch, found while compiling.
const DUTCH: u8 = {
    let mut at = 0;
    while !matches!(TABLE[at].0.as_bytes(), b"nl") {
        at += 1;
    }
    at as u8
};

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
    /// Its place in the list, below 128, for sets kept as bits.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
    /// Every language of the list except codes that another one covers (`prs` counts as `fa`).
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().enumerate().filter(|(_, row)| row.0 != "prs").map(|(at, _)| Self(at as u8))
    }
    /// Dutch itself.
    pub const fn dutch() -> Self {
        Self(DUTCH)
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
            .binary_search_by_key(&code, |row| row.0)
            .map(|at| Self(at as u8))
            .map_err(|_| Refused::new("language", "not an ISO 639 code of the list"))
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
    fn the_list_is_ordered_by_code() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(Language::dutch().code(), "nl");
        assert!(TABLE.len() <= 128);
        for language in Language::all() {
            assert_eq!(language.code().parse(), Ok(language));
        }
    }

    #[test]
    fn dari_counts_as_persian() {
        assert_eq!("prs".parse::<Language>(), "fa".parse::<Language>());
        assert!("xx".parse::<Language>().is_err());
    }
}
