//! The two sides of a comparison. The one that begins sends the fingerprint of everything; the
//! other answers with what differs; the first learns what each lacks, and goes on as long as
//! there are ranges that neither has settled.

use std::collections::BTreeSet;

use schemas::ids::EnvelopeId;

use super::message::{Bound, Malformed, Mode, Reader, VERSION, Writer};
use super::view::View;

/// Ranges that one is split into.
const PARTS: u64 = 16;
/// A range of fewer items is told by its ids.
const FEW: u64 = 2 * PARTS;

/// What the side that began has learnt from an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// What the other lacks, in order.
    pub have: Vec<EnvelopeId>,
    /// What this side lacks, as the other says.
    pub need: Vec<EnvelopeId>,
    /// What to send next; none when every range is settled.
    pub next: Option<Vec<u8>>,
}

/// The first message.
pub fn begin(view: &View<'_>) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.fingerprint(&Bound::END, view.before(&Bound::END).fingerprint());
    writer.done()
}

/// Whether a message is a first one: a fingerprint of everything.
pub fn is_beginning(message: &[u8]) -> bool {
    message.len() == 20 && message.starts_with(&[VERSION, 0, 0, 1])
}

/// Whether an answer says that nothing differs.
pub fn says_equal(message: &[u8]) -> bool {
    message == [VERSION]
}

/// The answer of the side that did not begin, of about `limit` bytes at most.
///
/// # Errors
/// A message that no honest node sends.
pub fn answer(view: &View<'_>, message: &[u8], limit: usize) -> Result<Vec<u8>, Malformed> {
    go_through(view, message, limit, None)
}

/// What the side that began learns from an answer, and its next message of about `limit` bytes
/// at most.
///
/// # Errors
/// A message that no honest node sends.
pub fn compare(view: &View<'_>, message: &[u8], limit: usize) -> Result<Difference, Malformed> {
    let mut difference = Difference::default();
    let next = go_through(view, message, limit, Some(&mut difference))?;
    difference.next = Some(next).filter(|next| !says_equal(next));
    Ok(difference)
}

fn go_through(
    view: &View<'_>,
    message: &[u8],
    limit: usize,
    mut difference: Option<&mut Difference>,
) -> Result<Vec<u8>, Malformed> {
    let mut reader = Reader::new(message)?;
    let mut writer = Writer::new();
    let mut lower = Bound::START;
    let mut below = view.before(&lower);
    while let Some((mut upper, mode)) = reader.range()? {
        let mut up_to = view.before(&upper);
        match (mode, difference.as_deref_mut()) {
            (Mode::Skip, _) => writer.skip(upper),
            (Mode::Fingerprint(theirs), _) => {
                if up_to.minus(&below).fingerprint() == theirs {
                    writer.skip(upper);
                } else {
                    split(view, &lower, &upper, &mut writer);
                }
            }
            (Mode::Ids(theirs), Some(difference)) => {
                let mut theirs: BTreeSet<&[u8; 32]> = theirs.iter().collect();
                let lacks = view.items(&lower, &upper).filter(|item| !theirs.remove(&item.id));
                difference.have.extend(lacks.map(|item| EnvelopeId(item.id)));
                difference.need.extend(theirs.into_iter().map(|id| EnvelopeId(*id)));
                writer.skip(upper);
            }
            (Mode::Ids(_), None) => {
                let room = limit.saturating_sub(writer.len()) / 32 + 1;
                let mut items: Vec<_> = view.items(&lower, &upper).take(room + 1).collect();
                if items.len() > room
                    && let Some(cut) = items.pop()
                {
                    upper = Bound::of(&cut);
                    up_to = view.before(&upper);
                }
                writer.ids(&upper, &items);
            }
        }
        if writer.len() > limit && upper < Bound::END {
            // The rest of this message is settled in a later round.
            let rest = view.before(&Bound::END).minus(&up_to);
            writer.fingerprint(&Bound::END, rest.fingerprint());
            break;
        }
        (lower, below) = (upper, up_to);
    }
    Ok(writer.done())
}

fn split(view: &View<'_>, lower: &Bound, upper: &Bound, writer: &mut Writer) {
    let (mut from, to) = (view.before(lower), view.before(upper));
    if to.minus(&from).count() < FEW {
        let items: Vec<_> = view.items(lower, upper).collect();
        return writer.ids(upper, &items);
    }
    for bound in view.cuts(lower, upper, PARTS).iter().chain([upper]) {
        let until = view.before(bound);
        writer.fingerprint(bound, until.minus(&from).fingerprint());
        from = until;
    }
}
