//! The hard rules: what makes a pair impossible, each with what would have to change.

use schemas::language::Language;
use schemas::vocabulary::{About, AgeBand, Cefr, Domain, Domains, Languages, Sex, Slots, Strength};

use crate::card::{Offer, Request, Rules, Side};

/// What holds between two cards that may be paired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Metres between the centres of the two municipalities; zero within one.
    pub distance_metres: u32,
    /// The smaller of both radii, in metres.
    pub limit_metres: u32,
    /// Domains on both cards.
    pub domains: Vec<Domain>,
    /// Languages in which the two can talk; Dutch among them when the newcomer knows enough.
    pub languages: Vec<Language>,
    /// When both can.
    pub common_slots: Slots,
    /// What only one municipality can check.
    pub local_checks: Vec<LocalCheck>,
}

/// A *must* that the cards leave open: the municipality of the other person checks it, because
/// only that one knows (a newcomer's sex never travels; an age or a mentor's sex may be withheld).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalCheck {
    /// Whose wish it is; the other side's municipality checks it.
    pub wish_of: Side,
    /// What is wished.
    pub about: About,
}

/// Why two cards cannot be paired: one broken rule, with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// The mentor has no place left.
    Full,
    /// The two did not go together before.
    FailedBefore,
    /// The newcomer is not shared with the mentor's municipality.
    NotShared,
    /// Nothing that is asked is offered.
    NoSharedDomain {
        /// What the newcomer asks.
        asked: Domains,
        /// What the mentor offers.
        offered: Domains,
    },
    /// They cannot talk: no common contact language and too little Dutch.
    NoSharedLanguage {
        /// The newcomer's contact languages, as far as shared.
        newcomer: Languages,
        /// The mentor's.
        mentor: Languages,
        /// The newcomer's Dutch.
        dutch: Option<Cefr>,
        /// Dutch that would suffice.
        needed: Cefr,
    },
    /// One of them does not travel that far.
    TooFar {
        /// Which.
        side: Side,
        /// Metres between them.
        metres: u32,
        /// Kilometres that this one travels.
        radius_km: u8,
        /// Kilometres that would suffice.
        needed_km: u32,
    },
    /// This side's card gives no slot at all.
    NoSlots {
        /// Which.
        side: Side,
    },
    /// Both give slots, none in common.
    NoCommonSlot {
        /// The newcomer's.
        newcomer: Slots,
        /// The mentor's.
        mentor: Slots,
    },
    /// A *must* of this side that the other does not meet.
    WishBroken {
        /// Whose wish it is.
        wish_of: Side,
        /// What is wished.
        about: About,
    },
    /// Two *musts* of this side that nobody can meet together.
    WishesContradict {
        /// Whose wishes they are.
        wish_of: Side,
    },
}

/// What becomes of one wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    No,
    /// The card does not say; the other person's municipality knows.
    Unknown,
}

/// Whether the two cards may be paired.
///
/// # Errors
/// Every rule that is broken, in the order of [`Misfit`]; never empty.
pub fn eligible(request: &Request, offer: &Offer, rules: &Rules) -> Result<Pair, Vec<Misfit>> {
    let (pair, misfits) = examine(request, offer, rules);
    if misfits.is_empty() { Ok(pair) } else { Err(misfits) }
}

/// What holds between two cards, and what is in the way.
pub(crate) fn examine(request: &Request, offer: &Offer, rules: &Rules) -> (Pair, Vec<Misfit>) {
    let (asks, offers) = (&request.card, &offer.card);
    let mut misfits = Vec::new();
    if offers.capacity_left.get() == 0 {
        misfits.push(Misfit::Full);
    }
    if rules.failed_before.contains(&(request.id, offer.id)) {
        misfits.push(Misfit::FailedBefore);
    }
    if rules.stays_at_home(request, offer.owner) {
        misfits.push(Misfit::NotShared);
    }
    let domains: Vec<Domain> = asks.domains.common(&offers.domains).copied().collect();
    if domains.is_empty() {
        misfits.push(Misfit::NoSharedDomain { asked: asks.domains.clone(), offered: offers.domains.clone() });
    }
    let needed = rules.min_dutch(request.owner, offer.owner);
    let languages = shared_languages(request, offer, needed);
    if languages.is_empty() {
        misfits.push(Misfit::NoSharedLanguage {
            newcomer: asks.languages.clone(),
            mentor: offers.languages.clone(),
            dutch: asks.dutch,
            needed,
        });
    }
    let distance_metres = request.place().distance_metres(offers.area);
    let radii = [(Side::Newcomer, asks.radius_km.get()), (Side::Mentor, offers.radius_km.get())];
    for (side, radius_km) in radii {
        if distance_metres > u32::from(radius_km) * 1_000 {
            let needed_km = distance_metres.div_ceil(1_000);
            misfits.push(Misfit::TooFar { side, metres: distance_metres, radius_km, needed_km });
        }
    }
    let common_slots = asks.availability.common(offers.availability);
    let slots = [(Side::Newcomer, asks.availability), (Side::Mentor, offers.availability)];
    let without = slots.iter().filter(|(_, slots)| slots.is_empty());
    misfits.extend(without.map(|(side, _)| Misfit::NoSlots { side: *side }));
    if common_slots.is_empty() && slots.iter().all(|(_, slots)| !slots.is_empty()) {
        misfits.push(Misfit::NoCommonSlot { newcomer: asks.availability, mentor: offers.availability });
    }
    let mut pair = Pair {
        distance_metres,
        limit_metres: radii.iter().map(|(_, km)| u32::from(*km) * 1_000).min().unwrap_or(0),
        domains,
        languages,
        common_slots,
        local_checks: Vec::new(),
    };
    let (broken, open) = musts(request, offer, &pair);
    misfits.extend(broken);
    pair.local_checks = open;
    (pair, misfits)
}

/// The wishes marked *must*: those that are broken, and those that the cards leave open.
pub(crate) fn musts(request: &Request, offer: &Offer, pair: &Pair) -> (Vec<Misfit>, Vec<LocalCheck>) {
    let (mut broken, mut open) = (Vec::new(), Vec::new());
    for side in [Side::Newcomer, Side::Mentor] {
        let musts: Vec<About> = wishes(request, offer, side, Strength::Must).collect();
        if contradict(&musts) {
            broken.push(Misfit::WishesContradict { wish_of: side });
            continue;
        }
        for about in musts {
            match kept(request, offer, pair, side, about) {
                Kept::Yes => {}
                Kept::No => broken.push(Misfit::WishBroken { wish_of: side, about }),
                Kept::Unknown => open.push(LocalCheck { wish_of: side, about }),
            }
        }
    }
    (broken, open)
}

/// Contact languages on both cards. A newcomer's Dutch counts by its level where one is given, and
/// by the list of languages where none is.
pub(crate) fn shared_languages(request: &Request, offer: &Offer, needed: Cefr) -> Vec<Language> {
    let (asks, offers) = (&request.card, &offer.card);
    let dutch = Language::dutch();
    let newcomer_speaks = match asks.dutch {
        Some(level) => level >= needed,
        None => asks.languages.contains(&dutch),
    };
    let others = asks.languages.common(&offers.languages).copied().filter(|l| *l != dutch);
    let mut shared: Vec<Language> = others.collect();
    if newcomer_speaks && mentor_speaks_dutch(offer) {
        shared.push(dutch);
        shared.sort();
    }
    shared
}

/// Every mentor speaks Dutch unless the card lists languages without it.
fn mentor_speaks_dutch(offer: &Offer) -> bool {
    offer.card.languages.is_empty() || offer.card.languages.contains(&Language::dutch())
}

/// The wishes of this strength on one side's card.
pub(crate) fn wishes<'a>(
    request: &'a Request,
    offer: &'a Offer,
    side: Side,
    strength: Strength,
) -> impl Iterator<Item = About> + 'a {
    let wishes = match side {
        Side::Newcomer => &request.card.wishes,
        Side::Mentor => &offer.card.wishes,
    };
    wishes.iter().filter(move |wish| wish.strength == strength).map(|wish| wish.about)
}

/// Whether nobody can meet all of `musts`: two sexes, or ages without a year in common.
pub(crate) fn contradict(musts: &[About]) -> bool {
    let clash = |one: &About, other: &About| match (one, other) {
        (About::Sex(one), About::Sex(other)) => one != other,
        (About::Age(one), About::Age(other)) => !one.overlaps(*other),
        _ => false,
    };
    musts.iter().enumerate().any(|(at, one)| musts[at + 1..].iter().any(|other| clash(one, other)))
}

/// What becomes of the wish of `side` about the other person.
pub(crate) fn kept(request: &Request, offer: &Offer, pair: &Pair, side: Side, about: About) -> Kept {
    let (asks, offers) = (&request.card, &offer.card);
    let yes = |holds: bool| if holds { Kept::Yes } else { Kept::No };
    match (about, side) {
        (About::Sex(wished), Side::Newcomer) => sex(wished, offers.sex),
        (About::Sex(wished), Side::Mentor) => sex(wished, None),
        (About::Age(wished), Side::Newcomer) => age(wished, offers.age_band),
        (About::Age(wished), Side::Mentor) => age(wished, asks.age_band),
        // What a card does not list counts as not spoken.
        (About::Language(wished), Side::Newcomer) => {
            yes(offers.languages.contains(&wished) || wished == Language::dutch() && mentor_speaks_dutch(offer))
        }
        // `pair` knows whether the newcomer's Dutch is enough.
        (About::Language(wished), Side::Mentor) => {
            yes(pair.languages.contains(&wished) || wished != Language::dutch() && asks.languages.contains(&wished))
        }
        (About::Nearby, side) => {
            let radius_km = match side {
                Side::Newcomer => asks.radius_km,
                Side::Mentor => offers.radius_km,
            };
            yes(pair.distance_metres <= u32::from(radius_km.get()) * 500)
        }
        (About::SameSector, _) => yes(offers.sector.is_some() && offers.sector == asks.goal_sector),
    }
}

fn sex(wished: Sex, shown: Option<Sex>) -> Kept {
    match shown {
        None => Kept::Unknown,
        Some(sex) if sex == wished => Kept::Yes,
        Some(_) => Kept::No,
    }
}

/// A wider band than wished says neither yes nor no: its municipality knows the age.
fn age(wished: AgeBand, shown: Option<AgeBand>) -> Kept {
    match shown {
        Some(band) if wished.contains(band) => Kept::Yes,
        Some(band) if !wished.overlaps(band) => Kept::No,
        _ => Kept::Unknown,
    }
}
