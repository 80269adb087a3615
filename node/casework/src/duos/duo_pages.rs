//! The list of duos and the page of one, with its timeline and what needs attention.

use schemas::time::Date;

use crate::desk::Desk;
use crate::duo::{DUO_MONTHS, REVIEW_MONTHS, months_after};
use crate::duo_state::Event;
use crate::duo_view::{Alarm, DuoPage, DuoPerson, DuoRow, HandoverView, QUIET_DAYS, TimelineEvent, TimelinePoint};
use crate::error::{Error, Result};
use crate::halves::Halves;
use crate::office::{Actor, Office};
use crate::people::{PersonId, Purpose};
use crate::ports_matches::{Duo, DuoId, DuoNote, DuoStage, Meeting, NoteKind};
use crate::settle::settle;

/// Days after the match on which the outcome of the first meeting should be known.
const FIRST_MEETING_DAYS: i64 = 14;

impl Office {
    /// Every duo: those under way first, newest match first.
    ///
    /// # Errors
    /// `Forbidden`, a failing store.
    pub fn duos(&self, actor: &Actor) -> Result<Vec<DuoRow>> {
        self.at_desk(actor, |desk| {
            settle(desk)?;
            desk.audit("duo.list", None, "")?;
            let mut rows = Vec::new();
            for duo in desk.records.duos()? {
                rows.push(row(desk, &duo)?);
            }
            rows.sort_by_key(|row| !row.stage.is_active());
            Ok(rows)
        })
    }

    /// One duo.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, a failing store.
    pub fn duo(&self, actor: &Actor, id: DuoId) -> Result<DuoPage> {
        self.at_desk(actor, move |desk| {
            settle(desk)?;
            let duo = desk.records.duo(id)?.ok_or(Error::NotFound)?;
            for person in [duo.newcomer, duo.mentor].into_iter().flatten() {
                desk.audit("duo.read", Some(person), &id.0.to_string())?;
            }
            page(desk, duo)
        })
    }
}

fn person(desk: &mut Desk<'_>, duo: &Duo, own: Option<PersonId>) -> Result<DuoPerson> {
    if let Some(id) = own {
        return Ok(DuoPerson::Own { person: id, name: desk.name(own)? });
    }
    let (Some(partner), Some(proposal)) = (duo.partner, duo.proposal) else { return Ok(DuoPerson::Erased) };
    let sheet = desk.records.sheet(proposal)?.map(|received| received.sheet);
    Ok(DuoPerson::Partner { municipality: desk.place_or_short(partner)?, sheet })
}

/// A duo as a row.
pub(crate) fn row(desk: &mut Desk<'_>, duo: &Duo) -> Result<DuoRow> {
    let meetings = desk.records.meetings(duo.id)?;
    let notes = desk.records.duo_notes(duo.id)?;
    Ok(DuoRow {
        id: duo.id,
        newcomer: person(desk, duo, duo.newcomer)?,
        mentor: person(desk, duo, duo.mentor)?,
        stage: duo.stage,
        matched_on: duo.matched_on,
        running_since: duo.running_since,
        alarms: alarms(duo, &meetings, &notes, desk.today()),
        last_meeting: meetings.last().map(|meeting| meeting.on),
        meetings: meetings.len(),
        leads: duo.leads,
    })
}

/// What needs attention about a duo on a day.
pub(crate) fn alarms(duo: &Duo, meetings: &[Meeting], notes: &[DuoNote], today: Date) -> Vec<Alarm> {
    let since = |day: Date| u32::try_from(today.days_since_epoch() - day.days_since_epoch()).unwrap_or(0);
    let mut found = Vec::new();
    if duo.stage == DuoStage::FirstMeeting {
        let own_silent = (duo.newcomer.is_some() && duo.newcomer_said.is_none())
            || (duo.mentor.is_some() && duo.mentor_said.is_none());
        let days = since(duo.matched_on);
        if own_silent && i64::from(days) >= FIRST_MEETING_DAYS {
            found.push(Alarm::FirstMeetingDue { days });
        }
        return found;
    }
    let Some(running_since) = duo.running_since.filter(|_| duo.stage.is_active()) else { return found };
    let last = meetings.last().map_or(running_since, |meeting| meeting.on.max(running_since));
    if duo.stage == DuoStage::Running && last.plus_days(QUIET_DAYS) <= today {
        found.push(Alarm::Quiet { days: since(last) });
    }
    let review = months_after(running_since, REVIEW_MONTHS);
    let reviewed = notes.iter().any(|note| note.kind == NoteKind::Review);
    if !reviewed && review <= today && duo.stage != DuoStage::Closing {
        found.push(Alarm::ReviewDue { since: review });
    }
    let end = months_after(running_since, DUO_MONTHS);
    if end <= today && duo.stage != DuoStage::Closing {
        found.push(Alarm::SixMonths { on: end });
    }
    found
}

fn page(desk: &mut Desk<'_>, duo: Duo) -> Result<DuoPage> {
    let row = row(desk, &duo)?;
    let (meetings, notes) = (desk.records.meetings(duo.id)?, desk.records.duo_notes(duo.id)?);
    let halves = Halves::read(desk)?;
    let theirs =
        duo.proposal.zip(duo.partner).and_then(|(proposal, partner)| halves.progress_of(proposal, partner).cloned());
    let unscreened = match duo.mentor.filter(|_| duo.stage.is_active()) {
        Some(mentor) if desk.records.screening(mentor)?.is_none() => Some(mentor),
        _ => None,
    };
    Ok(DuoPage {
        unscreened,
        handover: handover(desk, &duo)?,
        timeline: timeline(desk, &duo, &meetings, &notes)?,
        events: Event::BY_HAND.into_iter().filter(|event| duo.stage.after(*event).is_some()).collect(),
        review_on: duo.running_since.map(|day| months_after(day, REVIEW_MONTHS)),
        six_months_on: duo.running_since.map(|day| months_after(day, DUO_MONTHS)),
        plan: desk.records.plan(duo.id)?,
        proposal: duo.proposal,
        newcomer_said: duo.newcomer_said,
        mentor_said: duo.mentor_said,
        row,
        theirs,
        meetings,
        notes,
    })
}

fn handover(desk: &mut Desk<'_>, duo: &Duo) -> Result<Option<HandoverView>> {
    let (Some(proposal), Some(own)) = (duo.proposal, duo.newcomer.or(duo.mentor)) else { return Ok(None) };
    let sent = desk.records.handover(proposal)?;
    let consents = desk.records.consents_to(own, Purpose::Handover)?;
    Ok(Some(HandoverView {
        needs_consent: sent.is_none() && !consents && duo.stage.is_active(),
        sent: sent.map(|sent| (sent.stage, sent.changed_at)),
        received: desk.records.sheet(proposal)?.map(|sheet| sheet.received_at),
    }))
}

fn timeline(desk: &mut Desk<'_>, duo: &Duo, meetings: &[Meeting], notes: &[DuoNote]) -> Result<Vec<TimelinePoint>> {
    let mut points = Vec::new();
    let mut add = |on: Option<Date>, what| points.extend(on.map(|on| TimelinePoint { on, what }));
    if let Some(proposal) = duo.proposal {
        let sent = desk.records.outgoing(proposal)?.map(|sent| sent.proposed_at);
        let came = desk.records.incoming(proposal)?.map(|came| came.seen_at);
        add(sent.or(came).map(|at| at.day()), TimelineEvent::Proposed);
    }
    add(Some(duo.matched_on), TimelineEvent::Matched);
    add(duo.running_since, TimelineEvent::Running);
    for (at, meeting) in meetings.iter().enumerate() {
        add(Some(meeting.on), TimelineEvent::Meeting(at + 1));
    }
    for note in notes {
        add(Some(note.on), TimelineEvent::Note);
    }
    add(duo.running_since.map(|day| months_after(day, REVIEW_MONTHS)), TimelineEvent::ReviewMark);
    add(duo.running_since.map(|day| months_after(day, DUO_MONTHS)), TimelineEvent::SixMonthsMark);
    add(duo.ended_on, TimelineEvent::Ended);
    points.sort_by_key(|point| point.on);
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    fn running() -> Duo {
        Duo {
            id: DuoId(1),
            proposal: None,
            partner: None,
            newcomer: Some(PersonId(1)),
            mentor: Some(PersonId(2)),
            stage: DuoStage::Running,
            newcomer_said: Some(true),
            mentor_said: Some(true),
            progress: None,
            leads: true,
            matched_on: day("2026-10-01"),
            running_since: Some(day("2026-10-12")),
            ended_on: None,
        }
    }

    fn met(on: &str) -> Meeting {
        Meeting { id: 0, on: day(on), minutes: 60, theme: String::new(), by: String::new() }
    }

    #[test]
    fn quiet_after_three_weeks() {
        let none = |today, meetings: &[Meeting]| alarms(&running(), meetings, &[], day(today));
        assert_eq!(none("2026-11-01", &[]), []);
        assert_eq!(none("2026-11-02", &[]), [Alarm::Quiet { days: 21 }]);
        assert_eq!(none("2026-11-02", &[met("2026-10-20")]), []);
        // A first meeting before the yes does not make it quiet earlier.
        assert_eq!(none("2026-11-01", &[met("2026-10-05")]), []);
    }

    #[test]
    fn review_at_three_months_and_the_end_at_six() {
        let meetings = [met("2027-04-10")];
        let review =
            DuoNote { id: 0, kind: NoteKind::Review, on: day("2027-01-20"), text: String::new(), by: String::new() };
        let at = |today, notes: &[DuoNote]| alarms(&running(), &meetings, notes, day(today));
        assert_eq!(at("2027-04-11", &[]), [Alarm::ReviewDue { since: day("2027-01-12") }]);
        assert_eq!(at("2027-04-11", std::slice::from_ref(&review)), []);
        assert_eq!(at("2027-04-12", &[review]), [Alarm::SixMonths { on: day("2027-04-12") }]);
    }

    #[test]
    fn nobody_is_asked_after_the_first_meeting_too_early() {
        let mut duo = running();
        duo.stage = DuoStage::FirstMeeting;
        duo.newcomer_said = None;
        assert_eq!(alarms(&duo, &[], &[], day("2026-10-14")), []);
        assert_eq!(alarms(&duo, &[], &[], day("2026-10-15")), [Alarm::FirstMeetingDue { days: 14 }]);
    }
}
