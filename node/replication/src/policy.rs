//! The write policy: what a header may say, by kind (DESIGN §4), whatever else is held.

use schemas::Kind;
use schemas::envelope::{Content, Header, Refusal, Stamp};
use schemas::ids::RootId;
use schemas::time::{Hour, Timestamp};

use crate::control::HOLD_DAYS;
use crate::roster::Roster;

/// Numbers of versions beyond this are nobody's: there is room after each for what follows.
const MAX_NUMBER: u64 = 1 << 53;

/// Checks circle, author, content and times of a header that `author`'s node signed, as `me`
/// receives it.
///
/// # Errors
/// `NotInCircle`, `NotAllowed`, `Expired` or `TooLong`.
pub(crate) fn check(
    roster: &Roster,
    me: RootId,
    header: &Header,
    author: RootId,
    now: Timestamp,
) -> Result<(), Refusal> {
    let named = |who| roster.names(header.circle, header.owner, who);
    // Of one that merged its successor says what became of its pages, also where the two are not
    // partners any more.
    let inherits =
        header.content == Content::ReplacedBy && author != header.owner && roster.keeper(header.owner) == author;
    // Who may change a document stands in its opening: what was written before its author left
    // the circle stays valid for those who come later.
    let author_fits = header.content == Content::Change || inherits || named(author);
    if !named(me) || !author_fits || !named(header.owner) {
        return Err(Refusal::NotInCircle);
    }
    check_place(roster, header.kind, header)?;
    // What a municipality leaves to another is what was written together.
    if !header.kind.is_co_edited() && !roster.is_member(header.circle, header.owner) {
        return Err(Refusal::NotInCircle);
    }
    // That its owner merged into the author may not have been heard here yet.
    if header.content == Content::ReplacedBy && author != header.owner && !inherits {
        return Err(Refusal::NotInCircle);
    }
    check_content(header, author == header.owner || inherits)?;
    check_times(header, now)
}

fn check_place(roster: &Roster, kind: Kind, header: &Header) -> Result<(), Refusal> {
    if kind.is_pair_only() && !roster.is_pair(header.circle) { Err(Refusal::NotInCircle) } else { Ok(()) }
}

fn check_content(header: &Header, own: bool) -> Result<(), Refusal> {
    if let Stamp::Version { incarnation, number } = header.stamp
        && incarnation.max(number) > MAX_NUMBER
    {
        return Err(Refusal::NotAllowed);
    }
    let co_edited = header.kind.is_co_edited();
    let allowed = match (header.content, header.stamp) {
        (Content::Version, Stamp::Version { number, .. }) => own && !co_edited && number > 0,
        (Content::Erased, Stamp::Version { .. }) => own,
        (Content::Opening, Stamp::Change { seq, .. }) => own && co_edited && seq == 1,
        (Content::Change, Stamp::Change { seq, .. }) => co_edited && seq > 0,
        (Content::Admit | Content::Cut | Content::Lift | Content::ReplacedBy, Stamp::Version { number, .. }) => {
            own && co_edited && number > 0
        }
        // Whether the holder may write, the document knows.
        (Content::Hold, Stamp::Version { number, .. }) => co_edited && number > 0,
        _ => false,
    };
    if allowed { Ok(()) } else { Err(Refusal::NotAllowed) }
}

/// Checks the end of a header against when it was signed, and against now.
///
/// # Errors
/// `Expired` or `TooLong`.
pub(crate) fn check_times(header: &Header, now: Timestamp) -> Result<(), Refusal> {
    if is_past(header.expires_at, now) {
        return Err(Refusal::Expired);
    }
    let days = header.kind.max_days();
    let fits = match header.content {
        Content::Erased | Content::ReplacedBy => header.expires_at == gone_until(header.kind, header.signed_at),
        Content::Hold => header.expires_at == header.signed_at.plus_days(HOLD_DAYS),
        Content::Change | Content::Admit | Content::Cut | Content::Lift => {
            may_end(header.kind, header.expires_at, header.signed_at)
        }
        _ => header.signed_at < header.expires_at && header.expires_at <= header.signed_at.plus_days(days),
    };
    if fits { Ok(()) } else { Err(Refusal::TooLong) }
}

/// Whether what is signed in a page may end with it: a clock a day ahead may have opened it.
pub(crate) fn may_end(kind: Kind, end: Hour, signed_at: Hour) -> bool {
    end <= signed_at.plus_days(kind.max_days() + 1)
}

/// Until when an erasure or a replacement is kept: nothing of the document lives longer, even when its last
/// version was signed by a clock a day ahead.
pub(crate) fn gone_until(kind: Kind, signed_at: Hour) -> Hour {
    signed_at.plus_days(kind.max_days() + 1)
}

/// Days after the hour of its signing in which everything is over, of whatever kind it is.
pub(crate) fn longest_days() -> u32 {
    Kind::ALL.iter().map(|kind| kind.max_days() + 1).max().unwrap_or(0)
}

/// Whether what ends at `end` is over at `now`.
pub(crate) fn is_past(end: Hour, now: Timestamp) -> bool {
    end <= now.hour()
}
