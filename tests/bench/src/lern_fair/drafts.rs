//! Live drafts: the best assignment of all who wait, repaired whenever somebody comes, has waited
//! a day more, or is matched. Nothing is found anew, and every draft is proved.

use std::collections::BTreeSet;

use anyhow::Result;
use matching::solver::{Change, Edge, Instance, Live};

use super::{Arrival, DAY, Entry, Made, Worth, made, shared};

/// All who wait, with their drafts.
pub(super) struct Drafts<'a> {
    worth: Worth,
    live: Live,
    /// Those who came, in order, and the day for which their edges are right; none once matched.
    requests: Vec<Option<(&'a Entry, i64)>>,
    offers: Vec<Option<&'a Entry>>,
    met: BTreeSet<(u32, u32)>,
    pub(super) made: Vec<Made>,
}

impl<'a> Drafts<'a> {
    pub(super) fn new(worth: Worth) -> Result<Self> {
        let live = Live::new(&Instance::default())?;
        Ok(Self { worth, live, requests: Vec::new(), offers: Vec::new(), met: BTreeSet::new(), made: Vec::new() })
    }

    /// Takes in who comes; nobody is matched yet.
    pub(super) fn arrive(&mut self, arrival: Arrival<'a>) -> Result<()> {
        match arrival {
            Arrival::Pupil(entry) => {
                let edges = self.row(entry, entry.at)?;
                let request = u32::try_from(self.requests.len())?;
                self.live.change(&Change::Request { request, edges })?;
                self.requests.push(Some((entry, 0)));
            }
            Arrival::Student(entry) => {
                let edge = |(at, waits): (usize, &Option<(&Entry, i64)>)| {
                    let (pupil, day) = (*waits)?;
                    Some((u32::try_from(at).ok()?, self.weight(pupil, entry, pupil.at + day * DAY)?))
                };
                let edges = self.requests.iter().enumerate().filter_map(edge).collect();
                let mentor = u32::try_from(self.offers.len())?;
                self.live.change(&Change::Mentor { mentor, places: 1, edges })?;
                self.offers.push(Some(entry));
            }
        }
        Ok(())
    }

    fn weight(&self, pupil: &Entry, student: &Entry, now: i64) -> Option<u32> {
        let count = shared(pupil, student).filter(|_| !self.met.contains(&(pupil.id, student.id)))?;
        Some(self.worth.of(pupil, student, count, now))
    }

    fn row(&self, pupil: &Entry, now: i64) -> Result<Vec<Edge>> {
        let edge = |(at, student): (usize, &Option<&Entry>)| {
            let weight = self.weight(pupil, (*student)?, now)?;
            Some(u32::try_from(at).map(|mentor| Edge { mentor, weight }))
        };
        Ok(self.offers.iter().enumerate().filter_map(edge).collect::<Result<_, _>>()?)
    }

    /// Makes the pairs of the draft whose pupil has waited for `patience` days.
    pub(super) fn run(&mut self, now: i64, patience: i64) -> Result<()> {
        for at in 0..self.requests.len() {
            let Some((pupil, before)) = self.requests[at] else { continue };
            let day = (now - pupil.at).max(0) / DAY;
            if day > before {
                let edges = self.row(pupil, now)?;
                self.live.change(&Change::Request { request: u32::try_from(at)?, edges })?;
                self.requests[at] = Some((pupil, day));
            }
        }
        for (at, mate) in self.live.proved()?.mates.into_iter().enumerate() {
            let Some((pupil, to)) = self.requests[at].map(|waits| waits.0).zip(mate) else { continue };
            let Some(student) = self.offers[to as usize] else { continue };
            if pupil.at + patience * DAY <= now && self.met.insert((pupil.id, student.id)) {
                self.made.push(made(pupil, student, now));
                self.leave(at, to)?;
            }
        }
        Ok(())
    }

    /// Both have found each other: they leave, and never meet again under another number.
    fn leave(&mut self, request: usize, mentor: u32) -> Result<()> {
        let pair = self.requests[request].take().zip(self.offers[mentor as usize].take());
        self.live.change(&Change::Mentor { mentor, places: 0, edges: Vec::new() })?;
        self.live.change(&Change::Request { request: u32::try_from(request)?, edges: Vec::new() })?;
        let Some(((pupil, _), student)) = pair else { return Ok(()) };
        for (at, waits) in self.requests.iter().enumerate() {
            for (to, offers) in self.offers.iter().enumerate() {
                let again = waits.is_some_and(|(other, _)| other.id == pupil.id)
                    && offers.is_some_and(|other| other.id == student.id);
                if again {
                    let (request, mentor) = (u32::try_from(at)?, u32::try_from(to)?);
                    self.live.change(&Change::Pair { request, mentor, weight: None })?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use matching::solver::solve;

    use super::super::{arrivals, load};
    use super::*;

    #[test]
    fn a_repaired_draft_is_as_good_as_one_found_anew() {
        let (pupils, students) = load().expect("the data");
        for (worth, patience) in [(Worth::LernFair, 3), (Worth::Subjects, 7), (Worth::Subjects, 1)] {
            let mut drafts = Drafts::new(worth).expect("nobody yet");
            for arrival in arrivals(&pupils[..150], &students[..150]) {
                drafts.arrive(arrival).expect("somebody");
                drafts.run(arrival.at(), patience).expect("proved");
                let now = drafts.live.instance();
                let anew = solve(&now).expect("proved").value(&now);
                assert_eq!(drafts.live.solution().value(&now), anew);
            }
            assert!(drafts.made.len() > 40, "{}", drafts.made.len());
        }
    }
}
