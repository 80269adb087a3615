//! Two years of Lern-Fair: requests of pupils and offers of students in their own time order, and
//! who may be matched by the rules that Lern-Fair published (`common/match/matching.ts`).
//!
//! It replays; what it says of other programs is what they published, never a guess.

mod drafts;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use jiff::civil::DateTime;
use matching::solver::{Edge, Instance, solve};
use serde::Deserialize;

use self::drafts::Drafts;

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
    /// Null in some rows: not mandatory.
    mandatory: Option<bool>,
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
    let missing = pupil.subjects.iter().any(|asked| asked.mandatory == Some(true) && !offered(asked));
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

/// Who chooses among the allowed pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matcher {
    /// The most pairs, and of those the best; live drafts are repaired, not found anew.
    Exact,
    /// Each request in turn, the longest waiting first, takes the best offer that is left.
    Greedy,
}

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

/// A pair that was made: subjects shared by name, and days that the pupil waited.
type Made = (usize, f64);

/// Who comes.
#[derive(Debug, Clone, Copy)]
enum Arrival<'a> {
    Pupil(&'a Entry),
    Student(&'a Entry),
}

impl Arrival<'_> {
    const fn at(&self) -> i64 {
        match self {
            Self::Pupil(entry) | Self::Student(entry) => entry.at,
        }
    }
}

/// All who come, in order of time.
fn arrivals<'a>(pupils: &'a [Entry], students: &'a [Entry]) -> Vec<Arrival<'a>> {
    let (mut pupils, mut students) = (pupils.iter().peekable(), students.iter().peekable());
    let next = || match (pupils.peek(), students.peek()) {
        (Some(pupil), Some(student)) if pupil.at >= student.at => students.next().map(Arrival::Student),
        (Some(_), _) => pupils.next().map(Arrival::Pupil),
        (None, _) => students.next().map(Arrival::Student),
    };
    std::iter::from_fn(next).collect()
}

/// Replays both years.
///
/// # Errors
/// A result that is not proved.
pub fn replay(pupils: &[Entry], students: &[Entry], worth: Worth, pace: Pace, matcher: Matcher) -> Result<Outcome> {
    let arrivals = arrivals(pupils, students);
    let mut now = 0;
    let mut last = None;
    if let (Pace::Live(days), Matcher::Exact) = (pace, matcher) {
        let mut drafts = Drafts::new(worth)?;
        for arrival in arrivals {
            now = arrival.at();
            drafts.arrive(arrival)?;
            drafts.run(now, days)?;
        }
        // As published: a month later all who are left, twice.
        drafts.run(now + 31 * DAY, 0)?;
        drafts.run(now + 31 * DAY, 0)?;
        return Ok(outcome(&drafts.made));
    }
    let mut replay =
        Replay { worth, matcher, requests: Vec::new(), offers: Vec::new(), met: BTreeSet::new(), made: Vec::new() };
    for arrival in arrivals {
        now = arrival.at();
        match arrival {
            Arrival::Pupil(entry) => replay.requests.push(entry.clone()),
            Arrival::Student(entry) => replay.offers.push(entry.clone()),
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
    replay.run(now + 31 * DAY, 0)?;
    replay.run(now + 31 * DAY, 0)?;
    Ok(outcome(&replay.made))
}

/// What a pair counts for in the outcome.
fn made(pupil: &Entry, student: &Entry, now: i64) -> Made {
    let named = |asked: &&Subject| student.subjects.iter().any(|offered| offered.name == asked.name);
    (pupil.subjects.iter().filter(named).count(), days(now - pupil.at))
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn outcome(made: &[Made]) -> Outcome {
    let n = made.len().max(1) as f64;
    Outcome {
        matches: made.len(),
        subjects: made.iter().map(|(subjects, _)| *subjects as f64).sum::<f64>() / n,
        waiting: made.iter().map(|(_, days)| days).sum::<f64>() / n,
    }
}

struct Replay {
    worth: Worth,
    matcher: Matcher,
    requests: Vec<Entry>,
    offers: Vec<Entry>,
    met: BTreeSet<(u32, u32)>,
    made: Vec<Made>,
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
        let mut pairs = match self.matcher {
            Matcher::Exact => exact(&pairs, self.requests.len(), self.offers.len())?,
            Matcher::Greedy => greedy(&pairs),
        };
        pairs.retain(|(at, to)| {
            let (pupil, student) = (&self.requests[*at], &self.offers[*to]);
            pupil.at + patience * DAY <= now && self.met.insert((pupil.id, student.id))
        });
        for (at, to) in &pairs {
            self.made.push(made(&self.requests[*at], &self.offers[*to], now));
        }
        let gone: (BTreeSet<usize>, BTreeSet<usize>) = pairs.into_iter().unzip();
        retain(&mut self.requests, &gone.0);
        retain(&mut self.offers, &gone.1);
        Ok(())
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

/// The most pairs, and of those the best.
fn exact(pairs: &[Pairing], requests: usize, offers: usize) -> Result<Vec<(usize, usize)>> {
    let mut rows = vec![Vec::new(); requests];
    for (request, offer, weight) in pairs {
        rows[*request].push(Edge { mentor: u32::try_from(*offer)?, weight: *weight });
    }
    let solution = solve(&Instance::new(vec![1; offers], rows)?)?;
    Ok(solution.mates.iter().enumerate().filter_map(|(at, mate)| Some((at, (*mate)? as usize))).collect())
}

fn greedy(pairs: &[Pairing]) -> Vec<(usize, usize)> {
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
    made
}
