//! Occupations: ISCO-08 codes (ILO) and ESCO URIs.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Refused;

/// Code, Dutch name of every major and sub-major group.
static GROUPS: LazyLock<Vec<(String, String)>> =
    LazyLock::new(|| include_str!("../data/isco08.csv").lines().skip(1).filter_map(group).collect());

fn group(line: &str) -> Option<(String, String)> {
    // Names hold commas inside quotes: code,"en",nl,"fr" in any mixture.
    let mut cells = Vec::new();
    let (mut cell, mut quoted) = (String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(c),
        }
    }
    cells.push(cell);
    Some((cells.first()?.clone(), cells.get(2)?.clone()))
}

/// Dutch job title and ISCO-08 unit group; titles that are no occupation are left out.
static TITLES: LazyLock<Vec<(String, Isco)>> = LazyLock::new(|| {
    include_str!("../data/job_titles_nl.csv")
        .lines()
        .skip(1)
        .filter_map(|line| {
            let (title, code) = line.rsplit_once(',')?;
            Some((title.to_owned(), code.trim().parse().ok()?))
        })
        .collect()
});

/// An ISCO-08 code of one to four digits whose (sub-)major group exists, such as `7212`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isco {
    code: u16,
    digits: u8,
}

impl Isco {
    /// The sub-major group (two digits), or the code itself when it is shorter.
    pub fn sub_major(self) -> u16 {
        self.code / 10u16.pow(u32::from(self.digits.saturating_sub(2)))
    }
    /// The minor group (three digits), or the code itself when it is shorter.
    pub fn minor(self) -> u16 {
        self.code / 10u16.pow(u32::from(self.digits.saturating_sub(3)))
    }
    /// How many leading digits the two codes have in common: 4 for the same unit group, 3 for the
    /// same minor group, 2 for the same sub-major group.
    pub fn shared_digits(self, other: Self) -> u8 {
        let length = self.digits.min(other.digits);
        let cut = |isco: Self, to: u8| isco.code / 10u16.pow(u32::from(isco.digits - to));
        (1..=length).rev().find(|to| cut(self, *to) == cut(other, *to)).unwrap_or(0)
    }
    /// Dutch title: the commonest job title of the unit group, else the name of the group.
    pub fn title_nl(self) -> String {
        if let Some((title, _)) = TITLES.iter().find(|(_, isco)| *isco == self) {
            return title.clone();
        }
        let text = self.to_string();
        let group = GROUPS.iter().filter(|(code, _)| text.starts_with(code.as_str()));
        group.max_by_key(|(code, _)| code.len()).map_or(text.clone(), |(_, name)| name.clone())
    }
    /// The unit group of a Dutch job title, in any case; none for a title that is not in the list.
    pub fn by_title_nl(title: &str) -> Option<Self> {
        let title = title.trim().to_lowercase();
        TITLES.iter().find(|(known, _)| known.to_lowercase() == title).map(|(_, isco)| *isco)
    }
    /// Every Dutch job title of the list with its unit group.
    pub fn titles_nl() -> impl Iterator<Item = (&'static str, Self)> {
        TITLES.iter().map(|(title, isco)| (title.as_str(), *isco))
    }
}

impl fmt::Display for Isco {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$}", self.code, width = usize::from(self.digits))
    }
}

impl FromStr for Isco {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let refused = Refused::new("isco", "not an ISCO-08 code");
        if !(1..=4).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refused);
        }
        // The table has no sub-major groups for the armed forces (01, 02, 03).
        let known = if text.starts_with('0') { "0" } else { &text[..text.len().min(2)] };
        if !GROUPS.iter().any(|(code, _)| code == known) {
            return Err(refused);
        }
        let code = text.parse().map_err(|_| refused)?;
        Ok(Self { code, digits: text.len() as u8 })
    }
}

/// An occupation: an ISCO-08 group, or an ESCO occupation by its URI.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Occupation {
    /// ISCO-08 group.
    Isco(Isco),
    /// `http://data.europa.eu/esco/occupation/<uuid>`.
    Esco(String),
}

const ESCO: &str = "http://data.europa.eu/esco/occupation/";

impl Occupation {
    /// The ISCO-08 group, where the occupation is given by one.
    pub fn isco(&self) -> Option<Isco> {
        match self {
            Self::Isco(isco) => Some(*isco),
            Self::Esco(_) => None,
        }
    }
}

impl fmt::Display for Occupation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Isco(isco) => isco.fmt(f),
            Self::Esco(uri) => f.write_str(uri),
        }
    }
}

impl FromStr for Occupation {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        match text.strip_prefix(ESCO) {
            Some(id) if is_uuid(id) => Ok(Self::Esco(text.to_owned())),
            Some(_) => Err(Refused::new("esco", "not an ESCO occupation")),
            None => text.parse().map(Self::Isco),
        }
    }
}

fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

impl From<Occupation> for String {
    fn from(occupation: Occupation) -> Self {
        occupation.to_string()
    }
}

impl TryFrom<String> for Occupation {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl JsonSchema for Occupation {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Occupation".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^(\d{1,4}|http://data\.europa\.eu/esco/occupation/[0-9a-f-]{36})$",
            "description": "ISCO-08 group or ESCO occupation URI"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_groups() {
        let welder = Isco::by_title_nl("Lasser").expect("in the list");
        assert_eq!(welder.to_string(), "7212");
        assert_eq!((welder.sub_major(), welder.minor()), (72, 721));
        assert_eq!(welder.title_nl(), "lasser");
        assert!(Isco::by_title_nl("student").is_none());
        for (a, b, shared) in [
            ("7212", "7212", 4),
            ("7212", "7213", 3),
            ("7212", "7223", 2),
            ("7212", "72", 2),
            ("7212", "7", 1),
            ("7212", "2512", 0),
            ("03", "3", 0),
        ] {
            let (a, b): (Isco, Isco) = (a.parse().expect("a code"), b.parse().expect("a code"));
            assert_eq!((a.shared_digits(b), b.shared_digits(a)), (shared, shared), "{a} {b}");
        }
        assert!("9999".parse::<Isco>().is_err());
        assert_eq!("0310".parse::<Isco>().map(|i| i.to_string()), Ok("0310".to_owned()));
    }
}
