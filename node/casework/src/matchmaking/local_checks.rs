//! A mentor's *musts* that only the newcomer's municipality can check, because what they are about
//! never travels, or travels coarsened: sex and age.

use matching::{LocalCheck, Side};
use schemas::MentorOffer;
use schemas::time::Date;
use schemas::vocabulary::{About, Strength};

use crate::people::Person;

/// What becomes of a check with what is recorded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// The newcomer meets it.
    Met,
    /// The newcomer does not.
    Broken,
    /// It is not recorded.
    Unknown,
}

/// A check of the mentor's wish against the newcomer here.
pub(crate) fn check(about: About, newcomer: &Person, today: Date) -> Checked {
    let of = |met: Option<bool>| met.map_or(Checked::Unknown, |met| if met { Checked::Met } else { Checked::Broken });
    match about {
        About::Sex(wished) => of(newcomer.data.sex.map(|sex| sex == wished)),
        About::Age(wished) => of(newcomer.data.birth.band_on(today).map(|band| wished.contains(band))),
        About::Language(wished) => of(Some(newcomer.data.languages.contains(&wished))),
        // The cards say these.
        About::Nearby | About::SameSector => Checked::Met,
    }
}

/// What a mentor's card wishes as a *must* that only the newcomer's municipality can check.
fn hidden(offer: &MentorOffer) -> impl Iterator<Item = About> + '_ {
    let musts = offer.wishes.iter().filter(|wish| wish.strength == Strength::Must).map(|wish| wish.about);
    musts.filter(|about| matches!(about, About::Sex(_) | About::Age(_)))
}

/// Whether there is anything to check here on a mentor's card.
pub(crate) fn has_hidden(offer: &MentorOffer) -> bool {
    hidden(offer).next().is_some()
}

/// The first *must* on a mentor's card about sex or age that the newcomer here does not meet.
pub(crate) fn broken_here(offer: &MentorOffer, newcomer: &Person, today: Date) -> Option<LocalCheck> {
    let mut broken = hidden(offer).filter(|about| check(*about, newcomer, today) == Checked::Broken);
    broken.next().map(|about| LocalCheck { wish_of: Side::Mentor, about })
}
