//! What in one card keeps it from every pair, or from nearly every: to be said once, instead of as
//! the reason why each of many others does not fit. It keeps nobody else from being matched.

use schemas::vocabulary::{Domains, Slots, Strength, Wishes};
use schemas::{MatchRequest, MentorOffer};

use crate::eligible::contradict;

/// What is wrong with a card, or narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Remark {
    /// It asks, or offers, nothing: nobody fits.
    NoDomains,
    /// It gives no slot: nobody fits.
    NoSlots,
    /// Nobody can meet all its wishes marked *must*.
    WishesContradict,
    /// A radius of zero: only people of the same municipality fit.
    OnlyAtHome,
}

/// The remarks on a newcomer's card, in the order of [`Remark`].
pub fn on_request(card: &MatchRequest) -> Vec<Remark> {
    on_card(&card.domains, card.availability, &card.wishes, card.radius_km.get())
}

/// The remarks on a mentor's card, in the order of [`Remark`].
pub fn on_offer(card: &MentorOffer) -> Vec<Remark> {
    on_card(&card.domains, card.availability, &card.wishes, card.radius_km.get())
}

fn on_card(domains: &Domains, slots: Slots, wishes: &Wishes, radius_km: u8) -> Vec<Remark> {
    let musts: Vec<_> = wishes.iter().filter(|wish| wish.strength == Strength::Must).map(|wish| wish.about).collect();
    let all = [
        (Remark::NoDomains, domains.is_empty()),
        (Remark::NoSlots, slots.is_empty()),
        (Remark::WishesContradict, contradict(&musts)),
        (Remark::OnlyAtHome, radius_km == 0),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(remark, _)| remark).collect()
}
