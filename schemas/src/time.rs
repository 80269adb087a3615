//! Time as it is written in documents and headers. Always an argument, never read here.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::{Date as CivilDate, DateTime, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use minicbor::{Decode, Encode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Refused;

/// Belgian time by the rule of the European Union, so that no table on the machine is needed.
static BRUSSELS: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC));

/// Hours that a signature may lie in the future.
const MAX_AHEAD: u32 = 24;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct Timestamp(pub u64);

/// Hours since 1970-01-01T00:00:00Z: the grain in which headers tell time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, Serialize, Deserialize)]
#[cbor(transparent)]
pub struct Hour(#[n(0)] pub u32);

impl Timestamp {
    /// The hour this moment lies in.
    pub fn hour(self) -> Hour {
        Hour(u32::try_from(self.0 / 3600).unwrap_or(u32::MAX))
    }
    /// This moment and so many seconds.
    pub fn plus_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
    /// Day and time in Belgium: what its people write down and read.
    pub fn in_belgium(self) -> DateTime {
        let seconds = i64::try_from(self.0).unwrap_or(0);
        let stamp = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        stamp.to_zoned(BRUSSELS.clone()).datetime()
    }
    /// The calendar day in Belgium.
    pub fn day(self) -> Date {
        Date(self.in_belgium().date())
    }
    /// The calendar day in UTC: of what nodes compare with each other.
    pub fn date(self) -> Date {
        let days = i32::try_from(self.0 / 86_400).unwrap_or(0);
        let epoch = jiff::civil::date(1970, 1, 1);
        Date(epoch.saturating_add(jiff::Span::new().days(days.clamp(0, 2_900_000))))
    }
}

impl Hour {
    /// The first second of this hour.
    pub fn start(self) -> Timestamp {
        Timestamp(u64::from(self.0) * 3600)
    }
    /// This hour and so many days.
    pub fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(24)))
    }
    /// Whether what was signed in this hour is from further ahead of `now` than anybody takes.
    pub fn is_ahead_of(self, now: Timestamp) -> bool {
        self.0 > now.hour().0.saturating_add(MAX_AHEAD)
    }
}

/// The number written in exactly `count` digits: no sign, no space.
fn digits(text: &str, count: usize) -> Option<i16> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

macro_rules! text_form {
    ($name:ident, $pattern:literal) => {
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
        impl TryFrom<String> for $name {
            type Error = Refused;
            fn try_from(text: String) -> Result<Self, Refused> {
                text.parse()
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

/// A calendar day, ISO 8601 `2026-10-14`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Date(pub CivilDate);

impl Date {
    /// A day that exists, of the years 1900 to 2999.
    ///
    /// # Errors
    /// 31 February and its like.
    pub fn new(year: i16, month: i8, day: i8) -> Result<Self, Refused> {
        let day = CivilDate::new(year, month, day).ok().filter(|day| (1900..3000).contains(&day.year()));
        day.map(Self).ok_or(Refused::new("date", "there is no such day"))
    }
    /// Midnight UTC at the start of this day; days before 1970 give zero.
    pub fn start(self) -> Timestamp {
        Timestamp(u64::try_from(self.days_since_epoch() * 86_400).unwrap_or(0))
    }
    /// Days since 1970-01-01, negative before.
    pub fn days_since_epoch(self) -> i64 {
        let epoch = jiff::civil::date(1970, 1, 1);
        i64::from((self.0 - epoch).get_days())
    }
    /// This day and so many days (negative: before), within what a calendar holds.
    pub fn plus_days(self, days: i32) -> Self {
        let end = if days < 0 { CivilDate::MIN } else { CivilDate::MAX };
        let span = jiff::Span::new().try_days(days);
        Self(span.map_or(end, |span| self.0.saturating_add(span)))
    }
    /// Completed years from this birth date up to `day`.
    pub fn age_on(self, day: Date) -> i16 {
        let years = day.0.year() - self.0.year();
        let before = (day.0.month(), day.0.day()) < (self.0.month(), self.0.day());
        years - i16::from(before)
    }
    /// The quarter this day lies in.
    pub fn quarter(self) -> Quarter {
        Quarter { year: self.0.year(), quarter: (self.0.month() - 1) / 3 + 1 }
    }
    /// The month this day lies in.
    pub fn month(self) -> Month {
        Month { year: self.0.year(), month: self.0.month() }
    }
    /// The ISO week this day lies in.
    pub fn week(self) -> Week {
        let week = self.0.iso_week_date();
        Week { year: week.year(), week: week.week() }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Date {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let mut parts = text.splitn(3, '-');
        let mut part = |count| parts.next().and_then(|part| digits(part, count));
        match (part(4), part(2), part(2)) {
            (Some(year), Some(month), Some(day)) => Self::new(year, month as i8, day as i8),
            _ => Err(Refused::new("date", "not in the form 2026-10-14")),
        }
    }
}
text_form!(Date, r"^\d{4}-\d{2}-\d{2}$");

/// A quarter of a year, `2026-Q3`: the finest that leaves of how long somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Quarter {
    year: i16,
    quarter: i8,
}

impl Quarter {
    /// Whole quarters from this one until `later`; zero when it is not later.
    pub fn until(self, later: Quarter) -> u32 {
        let count = |q: Quarter| i32::from(q.year) * 4 + i32::from(q.quarter);
        u32::try_from(count(later) - count(self)).unwrap_or(0)
    }
    /// The day it begins.
    pub fn first_day(self) -> Date {
        Date(CivilDate::new(self.year, self.quarter * 3 - 2, 1).unwrap_or(CivilDate::MIN))
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-Q{}", self.year, self.quarter)
    }
}

impl FromStr for Quarter {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let refused = Refused::new("quarter", "not in the form 2026-Q3");
        let (year, quarter) = text.split_once("-Q").ok_or(refused.clone())?;
        match (digits(year, 4), digits(quarter, 1)) {
            (Some(year @ 1900..=2999), Some(quarter @ 1..=4)) => Ok(Self { year, quarter: quarter as i8 }),
            _ => Err(refused),
        }
    }
}
text_form!(Quarter, r"^\d{4}-Q[1-4]$");

/// A month of a year, ISO 8601 `2026-10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Month {
    year: i16,
    month: i8,
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let refused = Refused::new("month", "not in the form 2026-10");
        let (year, month) = text.split_once('-').ok_or(refused.clone())?;
        match (digits(year, 4), digits(month, 2)) {
            (Some(year @ 1900..=2999), Some(month @ 1..=12)) => Ok(Self { year, month: month as i8 }),
            _ => Err(refused),
        }
    }
}
text_form!(Month, r"^\d{4}-\d{2}$");

/// An ISO 8601 week, `2026-W42`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Week {
    year: i16,
    week: i8,
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

impl FromStr for Week {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let refused = Refused::new("week", "not in the form 2026-W42");
        let (year, week) = text.split_once("-W").ok_or(refused.clone())?;
        let (Some(year @ 1900..=2999), Some(week @ 1..=53)) = (digits(year, 4), digits(week, 2)) else {
            return Err(refused);
        };
        // Only some years have a week 53.
        ISOWeekDate::new(year, week as i8, Weekday::Monday)
            .map(|day| Self { year: day.year(), week: day.week() })
            .map_err(|_| refused)
    }
}
text_form!(Week, r"^\d{4}-W\d{2}$");
