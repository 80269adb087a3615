//! Two years of Lern-Fair: requests of pupils and offers of students in their own time order, and
//! who may be matched by the rules that Lern-Fair published (`common/match/matching.ts`).
//!
//! It replays; what it says of other programs is what they published, never a guess.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use jiff::civil::DateTime;
use serde::Deserialize;

const PUPILS: &str = include_str!("../data/lern-fair/pupils.json");
const STUDENTS: &str = include_str!("../data/lern-fair/students.json");
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// One who asks or offers.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Number; one person may ask more than once.
    pub id: u32,
    /// Milliseconds since 1970 at which the request or offer was made.
    pub at: i64,
    /// Asked by a pupil: with the pupil's grade, and whether each is mandatory. Offered by a
    /// student: with the lowest and highest grade.
    pub subjects: Vec<Subject>,
    /// School grade of a pupil; zero of a student.
    pub grade: u8,
}

/// A subject on either side.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    name: String,
    #[serde(default)]
    mandatory: bool,
    #[serde(default)]
    min_grade: u8,
    #[serde(default)]
    max_grade: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: u32,
    subjects: String,
    request_at: String,
    grade: Option<String>,
}

fn entries(text: &str) -> Result<Vec<Entry>> {
    let rows: Vec<Row> = serde_json::from_str(text).context("the rows")?;
    let entry = |row: Row| {
        let at: DateTime = row.request_at.parse().context("a time")?;
        let grade = row.grade.as_deref().and_then(|grade| grade.split('.').next()?.parse().ok());
        Ok(Entry {
            id: row.id,
            at: at.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().as_millisecond(),
            subjects: serde_json::from_str(&row.subjects).context("the subjects")?,
            grade: grade.unwrap_or(0),
        })
    };
    rows.into_iter().map(entry).collect()
}

/// Requests and offers, each in order of time.
///
/// # Errors
/// Data that cannot be read.
pub fn load() -> Result<(Vec<Entry>, Vec<Entry>)> {
    Ok((entries(PUPILS)?, entries(STUDENTS)?))
}

/// Subjects asked and offered at the pupil's grade; none when they may not be matched: nothing
/// shared, or a mandatory subject missing.
pub fn shared(pupil: &Entry, student: &Entry) -> Option<u32> {
    let offered = |asked: &Subject| {
        let fits = |o: &&Subject| o.name == asked.name && (o.min_grade..=o.max_grade).contains(&pupil.grade);
        student.subjects.iter().find(fits).is_some()
    };
    let found = pupil.subjects.iter().filter(|asked| offered(asked)).count();
    let missing = pupil.subjects.iter().any(|asked| asked.mandatory && !offered(asked));
    u32::try_from(found).ok().filter(|found| *found > 0 && !missing)
}

/// What a pair is worth, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// As Lern-Fair published: three tenths for the share of subjects, six for waiting.
    LernFair,
    /// A tenth for each shared subject, and less than a tenth for ninety days of waiting.
    Subjects,
}

impl Worth {
    /// Of a pair that shares so many subjects, at `now`.
    pub fn of(self, pupil: &Entry, student: &Entry, shared: u32, now: i64) -> u32 {
        let days = u32::try_from((now - pupil.at).max(0) / DAY).unwrap_or(u32::MAX);
        match self {
            Self::LernFair => {
                let of = pupil.subjects.len().max(student.subjects.len()).max(1) as u32;
                // The published sigmoid of whole days, in thousandths; flat at one from a week on.
                let waited = [500, 731, 880, 952, 982, 993, 997, 999][(days as usize).min(7)];
                300_000 * shared / of + 600 * if days >= 14 { waited } else { waited / 2 }
            }
            Self::Subjects => 100_000 * shared.min(9) + 1_000 * days.min(90),
        }
    }
}

/// How often, and how, pairs are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// All who wait, as soon as somebody comes more than so many days after the last time.
    Every(i64),
    /// Drafts are kept at the optimum; a pair is made once its pupil has waited for so many days.
    Live(i64),
}

/// An allowed pair: place of the request, place of the offer, worth in millionths.
pub type Pairing = (usize, usize, u32);
/// Who is matched with whom: of the allowed pairs of so many requests and offers those that are
/// made, by their places.
pub type Matcher = fn(&[Pairing], usize, usize) -> Result<Vec<(usize, usize)>>;

/// What came of a replay.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Matches.
    pub matches: usize,
    /// Shared subjects by name, on average, as Lern-Fair counts them.
    pub subjects: f64,
    /// Days that a pupil waited, on average.
    pub waiting: f64,
}

/// Replays both years.
///
/// # Errors
/// A matcher that fails.
pub fn replay(pupils: &[Entry], students: &[Entry], worth: Worth, pace: Pace, matcher: Matcher) -> Result<Outcome> {
    let mut replay =
        Replay { worth, matcher, requests: Vec::new(), offers: Vec::new(), met: BTreeSet::new(), made: Vec::new() };
    let (mut pupils, mut students) = (pupils.iter().peekable(), students.iter().peekable());
    let (mut now, mut last) = (0, None);
    loop {
        let pupil_first = match (pupils.peek(), students.peek()) {
            (None, None) => break,
            (Some(pupil), Some(student)) => pupil.at < student.at,
            (pupil, _) => pupil.is_some(),
        };
        let next = if pupil_first { pupils.next() } else { students.next() };
        let Some(entry) = next else { break };
        now = entry.at;
        if pupil_first {
            replay.requests.push(entry.clone())
        } else {
            replay.offers.push(entry.clone())
        }
        let from = *last.get_or_insert(now);
        match pace {
            Pace::Every(days) if now > from + days * DAY => {
                replay.run(now, 0)?;
                last = Some(now);
            }
            Pace::Every(_) => {}
            Pace::Live(days) => replay.run(now, days)?,
        }
    }
    // As published: a month later all who are left, twice.
    replay.run(now + 31 * DAY, 0)?;
    replay.run(now + 31 * DAY, 0)?;
    Ok(replay.outcome())
}

struct Replay {
    worth: Worth,
    matcher: Matcher,
    requests: Vec<Entry>,
    offers: Vec<Entry>,
    met: BTreeSet<(u32, u32)>,
    made: Vec<(usize, f64)>,
}

impl Replay {
    /// Makes the pairs of the optimum whose pupil has waited for `patience` days.
    fn run(&mut self, now: i64, patience: i64) -> Result<()> {
        let mut pairs = Vec::new();
        for (at, pupil) in self.requests.iter().enumerate() {
            for (to, student) in self.offers.iter().enumerate() {
                if let Some(count) = shared(pupil, student).filter(|_| !self.met.contains(&(pupil.id, student.id))) {
                    pairs.push((at, to, self.worth.of(pupil, student, count, now)));
                }
            }
        }
        let mut made = (self.matcher)(&pairs, self.requests.len(), self.offers.len())?;
        made.retain(|(at, to)| {
            let (pupil, student) = (&self.requests[*at], &self.offers[*to]);
            pupil.at + patience * DAY <= now && self.met.insert((pupil.id, student.id))
        });
        for (at, to) in &made {
            let (pupil, student) = (&self.requests[*at], &self.offers[*to]);
            let named = |asked: &&Subject| student.subjects.iter().any(|offered| offered.name == asked.name);
            let subjects = pupil.subjects.iter().filter(named).count();
            self.made.push((subjects, days(now - pupil.at)));
        }
        let gone: (BTreeSet<usize>, BTreeSet<usize>) = made.into_iter().unzip();
        retain(&mut self.requests, &gone.0);
        retain(&mut self.offers, &gone.1);
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn outcome(&self) -> Outcome {
        let n = self.made.len().max(1) as f64;
        Outcome {
            matches: self.made.len(),
            subjects: self.made.iter().map(|(subjects, _)| *subjects as f64).sum::<f64>() / n,
            waiting: self.made.iter().map(|(_, days)| days).sum::<f64>() / n,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn days(milliseconds: i64) -> f64 {
    milliseconds as f64 / DAY as f64
}

fn retain<T>(all: &mut Vec<T>, gone: &BTreeSet<usize>) {
    let mut at = 0;
    all.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
}

/// Each request in turn, the longest waiting first, takes the best offer that is left.
///
/// # Errors
/// Never.
pub fn greedy(pairs: &[Pairing], _: usize, _: usize) -> Result<Vec<(usize, usize)>> {
    let mut taken = BTreeSet::new();
    let mut best: BTreeMap<usize, Vec<(u32, usize)>> = BTreeMap::new();
    for (request, offer, worth) in pairs {
        best.entry(*request).or_default().push((*worth, *offer));
    }
    let mut made = Vec::new();
    for (request, mut offers) in best {
        offers.sort_by_key(|(worth, offer)| (std::cmp::Reverse(*worth), *offer));
        if let Some((_, offer)) = offers.into_iter().find(|(_, offer)| taken.insert(*offer)) {
            made.push((request, offer));
        }
    }
    Ok(made)
}
