//! The duo after the match: what both persons say after the first meeting, meetings, plan, notes
//! and the steps until it ends. Every change tells the partner how the duo fares, never why.

use schemas::DuoProgress;
use schemas::ids::DocumentId;
use schemas::time::Date;

use crate::desk::Desk;
use crate::duo_state::{Event, outcome, said};
use crate::error::{Error, Result};
use crate::halves::Halves;
use crate::office::{Actor, Office};
use crate::own_cards::{refresh_offer, take_back};
use crate::people::Side;
use crate::ports_matches::{
    Duo, DuoId, DuoLine, DuoNote, DuoStage, FailedPair, IncomingStage, Meeting, NoteKind, OutgoingEnd, OutgoingStage,
    PlanItem, PlanKind,
};

/// Months after which the mid-term review is due.
pub const REVIEW_MONTHS: i32 = 3;
/// Months that a duo lasts.
pub const DUO_MONTHS: i32 = 6;
/// Characters of a theme, at most.
const MAX_THEME: usize = 200;
/// Characters of a note or an item of the plan, at most.
const MAX_NOTE: usize = 4_000;

impl Office {
    /// What our person says after the first meeting. In a duo of two persons of this
    /// municipality it is what both say: yes when both do.
    ///
    /// # Errors
    /// `Refused` with `not-first-meeting` or `already-said`.
    pub fn say(&self, actor: &Actor, duo: DuoId, yes: bool) -> Result<()> {
        self.at_desk(actor, move |desk| {
            let found = desk.records.duo(duo)?.ok_or(Error::NotFound)?;
            if found.newcomer.is_some() {
                say(desk, duo, Side::Newcomer, yes)?;
            }
            if found.mentor.is_some() && (found.newcomer.is_none() || yes) {
                say(desk, duo, Side::Mentor, yes)?;
            }
            Ok(())
        })
    }

    /// What one of our persons says after the first meeting.
    ///
    /// # Errors
    /// `NotFound` when that person is not ours; `Refused` with `not-first-meeting` or
    /// `already-said`.
    pub fn say_for(&self, actor: &Actor, duo: DuoId, side: Side, yes: bool) -> Result<()> {
        self.at_desk(actor, move |desk| say(desk, duo, side, yes))
    }

    /// Notes a meeting; its number. The same meeting again is noted once, and gives none.
    ///
    /// # Errors
    /// `Invalid` for a day to come or before the match, less than 5 or more than 600 minutes, a
    /// theme that is too long or holds a national register number; `Refused` with `not-running`.
    pub fn log_meeting(&self, actor: &Actor, duo: DuoId, on: Date, minutes: u16, theme: String) -> Result<Option<i64>> {
        self.at_desk(actor, move |desk| {
            let found = desk.records.duo(duo)?.ok_or(Error::NotFound)?;
            if !matches!(found.stage, DuoStage::FirstMeeting | DuoStage::Running | DuoStage::Paused | DuoStage::Closing)
            {
                return Err(Error::Refused("not-running"));
            }
            let theme = checked("theme", theme, MAX_THEME)?;
            if on > desk.today() {
                return Err(Error::field("on", "date-future"));
            }
            if on < found.matched_on {
                return Err(Error::field("on", "date-too-early"));
            }
            if !(5..=600).contains(&minutes) {
                return Err(Error::field("minutes", "minutes-out-of-range"));
            }
            let meeting = Meeting { id: 0, on, minutes, theme, by: desk.by.clone() };
            let again = |known: &Meeting| Meeting { id: 0, ..known.clone() } == meeting;
            if desk.records.meetings(duo)?.iter().any(again) {
                return Ok(None);
            }
            let number = desk.records.add_meeting(duo, &meeting)?;
            audit(desk, &found, "duo.met")?;
            tell_progress(desk, &found)?;
            Ok(Some(number))
        })
    }

    /// Takes back a match between two of our persons that was made by mistake: nobody said anything
    /// yet, nobody met. The two may be matched again.
    ///
    /// # Errors
    /// `NotFound`; `Refused` with `not-allowed-now` for any other duo.
    pub fn undo_match(&self, actor: &Actor, duo: DuoId) -> Result<()> {
        self.at_desk(actor, move |desk| {
            let found = desk.records.duo(duo)?.ok_or(Error::NotFound)?;
            let fresh = found.proposal.is_none()
                && found.stage == DuoStage::FirstMeeting
                && found.newcomer_said.is_none()
                && found.mentor_said.is_none()
                && desk.records.meetings(duo)?.is_empty();
            if fresh { apply(desk, found, Event::Cancel) } else { Err(Error::Refused("not-allowed-now")) }
        })
    }

    /// A step in the life of a running duo, by a person's hand (see [`Event::BY_HAND`]).
    ///
    /// # Errors
    /// `Refused` with `not-allowed-now`.
    pub fn move_duo(&self, actor: &Actor, duo: DuoId, event: Event) -> Result<()> {
        self.at_desk(actor, move |desk| {
            let found = desk.records.duo(duo)?.ok_or(Error::NotFound)?;
            if !Event::BY_HAND.contains(&event) {
                return Err(Error::Refused("not-allowed-now"));
            }
            apply(desk, found, event)
        })
    }

    /// Adds a goal, a barrier or a step to the development plan; its number. The same again is
    /// added once, and gives none.
    ///
    /// # Errors
    /// `Invalid` for an empty or too long text, or one with a national register number.
    pub fn add_plan_item(
        &self,
        actor: &Actor,
        duo: DuoId,
        kind: PlanKind,
        text: String,
        due: Option<Date>,
    ) -> Result<Option<i64>> {
        self.at_desk(actor, move |desk| {
            let found = desk.records.duo(duo)?.ok_or(Error::NotFound)?;
            let text = filled("text", text)?;
            let item = PlanItem { id: 0, kind, text, due, done_on: None };
            let again = |known: &PlanItem| PlanItem { id: 0, ..known.clone() } == item;
            if desk.records.plan(duo)?.iter().any(again) {
                return Ok(None);
            }
            let number = desk.records.add_plan_item(duo, &item)?;
            audit(desk, &found, "duo.plan")?;
            Ok(Some(number))
        })
    }

    /// Marks an item of the plan as done today, or as not done.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn set_plan_done(&self, actor: &Actor, duo: DuoId, item: i64, done: bool) -> Result<()> {
        self.at_desk(actor, move |desk| {
            let found = desk.records.duo(duo)?.ok_or(Error::NotFound)?;
            let on = done.then(|| desk.today());
            if !desk.records.set_plan_done(duo, item, on)? {
                return Err(Error::NotFound);
            }
            audit(desk, &found, "duo.plan")
        })
    }

    /// Adds a dated note: the review, the closing talk, or another; its number. The same again is
    /// added once, and gives none.
    ///
    /// # Errors
    /// `Invalid` for a day to come, an empty or too long text, or one with a national register
    /// number.
    pub fn add_duo_note(
        &self,
        actor: &Actor,
        duo: DuoId,
        kind: NoteKind,
        on: Date,
        text: String,
    ) -> Result<Option<i64>> {
        self.at_desk(actor, move |desk| {
            let found = desk.records.duo(duo)?.ok_or(Error::NotFound)?;
            if on > desk.today() {
                return Err(Error::field("on", "date-future"));
            }
            let note = DuoNote { id: 0, kind, on, text: filled("text", text)?, by: desk.by.clone() };
            let again = |known: &DuoNote| DuoNote { id: 0, ..known.clone() } == note;
            if desk.records.duo_notes(duo)?.iter().any(again) {
                return Ok(None);
            }
            let number = desk.records.add_duo_note(duo, &note)?;
            audit(desk, &found, "duo.note")?;
            // A review changes the day of the next one.
            tell_progress(desk, &found)?;
            Ok(Some(number))
        })
    }

    /// Takes away what was written under a duo by mistake. What is gone already stays gone.
    ///
    /// # Errors
    /// `NotFound` without such a duo; `Refused` with `not-running` for a meeting of one that ended.
    pub fn remove_from_duo(&self, actor: &Actor, duo: DuoId, line: DuoLine) -> Result<()> {
        self.at_desk(actor, move |desk| {
            let found = desk.records.duo(duo)?.ok_or(Error::NotFound)?;
            if matches!(line, DuoLine::Meeting(_)) && !found.stage.is_active() {
                return Err(Error::Refused("not-running"));
            }
            if !desk.records.delete_duo_line(duo, line)? {
                return Ok(());
            }
            audit(desk, &found, "duo.removed")?;
            if found.stage.is_active() { tell_progress(desk, &found) } else { Ok(()) }
        })
    }
}

fn filled(field: &str, text: String) -> Result<String> {
    let text = checked(field, text, MAX_NOTE)?;
    if text.is_empty() { Err(Error::field(field, "missing")) } else { Ok(text) }
}

/// A text that may be kept: not too long, without a national register number.
fn checked(field: &str, text: String, most: usize) -> Result<String> {
    let text = text.trim().to_owned();
    if text.chars().count() > most {
        return Err(Error::field(field, "too-long"));
    }
    if schemas::rrn::holds_rrn(&text) {
        return Err(Error::field(field, "rrn-refused"));
    }
    Ok(text)
}

fn audit(desk: &mut Desk<'_>, duo: &Duo, action: &str) -> Result<()> {
    for person in [duo.newcomer, duo.mentor].into_iter().flatten() {
        desk.audit(action, Some(person), &duo.id.0.to_string())?;
    }
    Ok(())
}

fn say(desk: &mut Desk<'_>, id: DuoId, side: Side, yes: bool) -> Result<()> {
    let mut duo = desk.records.duo(id)?.ok_or(Error::NotFound)?;
    let (person, word) = match side {
        Side::Newcomer => (duo.newcomer, &mut duo.newcomer_said),
        Side::Mentor => (duo.mentor, &mut duo.mentor_said),
    };
    if person.is_none() {
        return Err(Error::NotFound);
    }
    // A word that was told is not taken back: the other side may have built on it.
    match *word {
        Some(said) if said == yes => return Ok(()),
        Some(_) => return Err(Error::Refused("already-said")),
        None => *word = Some(yes),
    }
    if duo.stage != DuoStage::FirstMeeting {
        return Err(Error::Refused("not-first-meeting"));
    }
    desk.records.update_duo(&duo)?;
    desk.audit(if yes { "duo.said_yes" } else { "duo.said_no" }, person, &id.0.to_string())?;
    match outcome(duo.newcomer_said, duo.mentor_said) {
        Some(event) => apply(desk, duo, event),
        None => tell_progress(desk, &duo),
    }
}

/// Carries out an event with everything that follows from it.
fn apply(desk: &mut Desk<'_>, mut duo: Duo, event: Event) -> Result<()> {
    let before = duo.stage;
    duo.stage = before.after(event).ok_or(Error::Refused("not-allowed-now"))?;
    if duo.stage == DuoStage::Running && duo.running_since.is_none() {
        duo.running_since = Some(desk.today());
    }
    if !duo.stage.is_active() {
        duo.ended_on = Some(desk.today());
    }
    desk.records.update_duo(&duo)?;
    audit(desk, &duo, "duo.moved")?;
    if before == DuoStage::FirstMeeting && duo.stage == DuoStage::Running {
        // The newcomer waits no longer.
        if let Some(newcomer) = duo.newcomer {
            take_back(desk, newcomer)?;
        }
    }
    if duo.stage == DuoStage::Failed {
        remember_failure(desk, &duo)?;
    }
    if let Some(proposal) = duo.proposal
        && matches!(duo.stage, DuoStage::Failed | DuoStage::Cancelled)
    {
        // Nobody may be called any more.
        crate::handovers::cancel(desk, proposal)?;
        desk.records.delete_sheet(proposal)?;
    }
    if !duo.stage.is_active() {
        refresh_offer(desk, duo.mentor)?;
    }
    tell_progress(desk, &duo)
}

/// Excludes the pair and closes both halves of the match here.
fn remember_failure(desk: &mut Desk<'_>, duo: &Duo) -> Result<()> {
    let mut offer = None;
    if let Some(proposal) = duo.proposal {
        if let Some(mut sent) = desk.records.outgoing(proposal)? {
            offer = Some(sent.offer);
            sent.stage = OutgoingStage::Ended(OutgoingEnd::Failed);
            sent.changed_at = desk.now;
            desk.records.put_outgoing(&sent)?;
        }
        if let Some(mut came) = desk.records.incoming(proposal)? {
            offer = Some(came.offer);
            came.stage = IncomingStage::Failed;
            came.changed_at = desk.now;
            desk.records.put_incoming(&came)?;
        }
    }
    desk.records.add_failed_pair(&FailedPair {
        newcomer: duo.newcomer,
        mentor: duo.mentor,
        proposal: duo.proposal,
        offer,
        partner: duo.partner,
        on: desk.today(),
    })
}

/// Ends the duo of a match that was taken back or whose other person was erased.
pub(crate) fn cancel(desk: &mut Desk<'_>, proposal: DocumentId) -> Result<()> {
    crate::handovers::cancel(desk, proposal)?;
    desk.records.delete_sheet(proposal)?;
    let duo = desk.records.duos()?.into_iter().find(|duo| duo.proposal == Some(proposal));
    match duo {
        Some(duo) if duo.stage.is_active() => apply(desk, duo, Event::Cancel),
        _ => Ok(()),
    }
}

/// Takes over what partners say about the first meeting, and the end that the leader tells.
pub(crate) fn settle_duos(desk: &mut Desk<'_>, halves: &Halves) -> Result<()> {
    for mut duo in desk.records.duos()? {
        let (Some(proposal), Some(partner)) = (duo.proposal, duo.partner) else { continue };
        if !duo.stage.is_active() {
            continue;
        }
        let Some(theirs) = halves.progress_of(proposal, partner) else { continue };
        if duo.stage == DuoStage::FirstMeeting {
            let heard = said(theirs.state);
            let word = if duo.newcomer.is_some() { &mut duo.mentor_said } else { &mut duo.newcomer_said };
            if heard.is_some() && *word != heard {
                *word = heard;
                desk.records.update_duo(&duo)?;
            }
            if let Some(event) = outcome(duo.newcomer_said, duo.mentor_said) {
                apply(desk, duo, event)?;
            }
            continue;
        }
        use schemas::documents::DuoState;
        match theirs.state {
            DuoState::Closed if !duo.leads => apply(desk, duo, Event::LeaderClosed)?,
            DuoState::Continues if !duo.leads => apply(desk, duo, Event::LeaderLetsGoOn)?,
            _ => {}
        }
    }
    Ok(())
}

/// Tells the partner how the duo fares.
pub(crate) fn tell_progress(desk: &mut Desk<'_>, duo: &Duo) -> Result<()> {
    let (Some(partner), Some(proposal), Some(document)) = (duo.partner, duo.proposal, duo.progress) else {
        return Ok(());
    };
    let meetings = desk.records.meetings(duo.id)?;
    let own_said = if duo.newcomer.is_some() { duo.newcomer_said } else { duo.mentor_said };
    let progress = DuoProgress {
        proposal,
        state: duo.stage.told(own_said),
        meetings: u16::try_from(meetings.len()).unwrap_or(u16::MAX),
        last_meeting: meetings.last().map(|meeting| meeting.on.week()),
        next_review: if duo.stage.is_active() { next_review(desk, duo)? } else { None },
    };
    desk.tell(partner, document, progress)
}

/// The day of the next review: at three months, and after that at six.
pub(crate) fn next_review(desk: &mut Desk<'_>, duo: &Duo) -> Result<Option<Date>> {
    let Some(since) = duo.running_since else { return Ok(None) };
    let notes = desk.records.duo_notes(duo.id)?;
    let reviewed = notes.iter().any(|note| note.kind == NoteKind::Review);
    Ok(Some(months_after(since, if reviewed { DUO_MONTHS } else { REVIEW_MONTHS })))
}

/// So many calendar months after a day; the last day of the month where it is shorter.
pub(crate) fn months_after(day: Date, months: i32) -> Date {
    Date(day.0.saturating_add(jiff::Span::new().months(months)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_end_where_the_calendar_ends() {
        let day = |text: &str| text.parse::<Date>().expect("a day");
        assert_eq!(months_after(day("2026-11-30"), 3), day("2027-02-28"));
        assert_eq!(months_after(day("2026-10-26"), 6), day("2027-04-26"));
    }

    #[test]
    fn texts_with_a_register_number_are_refused() {
        assert!(checked("theme", " fietsen ".to_owned(), 20).is_ok_and(|text| text == "fietsen"));
        assert!(checked("theme", "x".repeat(21), 20).is_err());
        assert!(checked("theme", "85.07.30-033.28".to_owned(), 200).is_err());
    }
}
