//! Slips: what a guest says of those met. A slip is opened with a secret in its address, and
//! shows and takes numbers only.

use matching::evening::Choice;

use super::ports::{EveningId, Meet};
use super::view::{SlipLine, SlipPage};
use schemas::ids::to_hex;

use crate::accounts::hash_of;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::office::{Actor, Office};

/// Characters of a secret, at most.
const SECRET: usize = 64;
/// Characters of a form's one-time number, at least.
const FORM_NUMBER: usize = 32;

impl Office {
    /// A secret that opens the slip of a guest, the same when one form is sent twice; an earlier
    /// one opens nothing any more. `made` is how often there was a new one when the form was
    /// shown: none where there is a newer one since, which stays.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, a failing store.
    pub fn open_slip(
        &self,
        actor: &Actor,
        id: EveningId,
        number: u32,
        form_number: &str,
        made: u32,
    ) -> Result<Option<String>> {
        let secret = secret_of(id, number, form_number).unwrap_or_else(|| to_hex(&self.random_16()));
        let hash = hash_of(&secret);
        let opens = self.at_desk(actor, move |desk| {
            let guests = desk.records.guests(id)?;
            let guest = guests.iter().find(|guest| guest.number == number).ok_or(Error::NotFound)?;
            let (newest, times) = desk.records.slip_opener(id, number)?.ok_or(Error::NotFound)?;
            let again = newest == hash;
            if !again && times == made {
                desk.audit("evening.slip", Some(guest.person), &id.0.to_string())?;
                desk.records.set_slip(id, number, &hash)?;
            }
            Ok(again || times == made)
        })?;
        Ok(opens.then_some(secret))
    }

    /// The slip that a secret opens.
    ///
    /// # Errors
    /// `NotFound` for a secret that opens nothing; a failing store.
    pub fn slip(&self, secret: &str) -> Result<SlipPage> {
        let hash = hash(secret)?;
        self.by_itself(move |desk| {
            let (id, number) = desk.records.guest_of_slip(&hash)?.ok_or(Error::NotFound)?;
            page(desk, id, number)
        })
    }

    /// Writes what the guest of a slip says of others, by their numbers.
    ///
    /// # Errors
    /// `NotFound` for a secret that opens nothing, or a number that the guest did not meet; then
    /// nothing is written.
    pub fn say_on_slip(&self, secret: &str, says: Vec<(u32, Choice)>) -> Result<()> {
        let hash = hash(secret)?;
        self.by_itself(move |desk| {
            let (id, number) = desk.records.guest_of_slip(&hash)?.ok_or(Error::NotFound)?;
            write(desk, id, number, &says)
        })
    }

    /// The same for a paper slip, entered by somebody who is signed in.
    ///
    /// # Errors
    /// `NotFound` for a number that the guest did not meet; `Forbidden`, a failing store.
    pub fn enter_slip(&self, actor: &Actor, id: EveningId, number: u32, says: Vec<(u32, Choice)>) -> Result<()> {
        self.at_desk(actor, move |desk| write(desk, id, number, &says))
    }

    /// The slip of a guest, for somebody who is signed in.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, a failing store.
    pub fn slip_of(&self, actor: &Actor, id: EveningId, number: u32) -> Result<SlipPage> {
        self.at_desk(actor, move |desk| {
            let guests = desk.records.guests(id)?;
            guests.iter().find(|guest| guest.number == number).ok_or(Error::NotFound)?;
            page(desk, id, number)
        })
    }
}

/// The secret that a form gives: nobody else knows its one-time number. None for a form without
/// one that nobody could guess.
fn secret_of(id: EveningId, number: u32, form_number: &str) -> Option<String> {
    let drawn = form_number.len() >= FORM_NUMBER;
    drawn.then(|| to_hex(&hash_of(&format!("overbuur slip {} {number} {form_number}", id.0))[..16]))
}

fn hash(secret: &str) -> Result<[u8; 32]> {
    if secret.len() > SECRET { Err(Error::NotFound) } else { Ok(hash_of(secret)) }
}

/// The slip of a guest: the meetings of the rounds that began.
fn page(desk: &mut Desk<'_>, id: EveningId, number: u32) -> Result<SlipPage> {
    let evening = desk.records.evening(id)?.ok_or(Error::NotFound)?;
    let meets = desk.records.meets(id)?;
    let held = meets.iter().filter(|meet| meet.round.is_some_and(|round| round < evening.round));
    let mut lines: Vec<SlipLine> = held.filter_map(|meet| line(meet, number)).collect();
    lines.sort_by_key(|line| line.round);
    let (_, made) = desk.records.slip_opener(id, number)?.ok_or(Error::NotFound)?;
    Ok(SlipPage { number, evening: evening.plan.name, lines, made })
}

/// A meeting as it stands on the slip of the guest with this number.
fn line(meet: &Meet, number: u32) -> Option<SlipLine> {
    let (other, says) = match number {
        _ if meet.newcomer == number => (meet.mentor, meet.newcomer_says),
        _ if meet.mentor == number => (meet.newcomer, meet.mentor_says),
        _ => return None,
    };
    Some(SlipLine { round: meet.round? + 1, table: meet.seat + 1, other, says })
}

fn write(desk: &mut Desk<'_>, id: EveningId, number: u32, says: &[(u32, Choice)]) -> Result<()> {
    let began = desk.records.evening(id)?.ok_or(Error::NotFound)?.round;
    let mut meets = desk.records.meets(id)?;
    for (other, choice) in says {
        let met = meets.iter_mut().filter(|meet| meet.round.is_some_and(|round| round < began));
        let mut met = met.filter(|meet| {
            (meet.newcomer, meet.mentor) == (number, *other) || (meet.mentor, meet.newcomer) == (number, *other)
        });
        let meet = met.next().ok_or(Error::NotFound)?;
        if meet.newcomer == number {
            meet.newcomer_says = Some(*choice);
        } else {
            meet.mentor_says = Some(*choice);
        }
    }
    desk.records.put_meets(id, &meets)
}
