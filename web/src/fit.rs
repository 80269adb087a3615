//! How a newcomer and a mentor fit, in words: reasons, what does not fit, and what would have to
//! change. Shared by the search and by the pages of proposals.

use casework::matching::{Change, Counterfactual, LocalCheck, Misfit, Miss, Reason, Remark, Side, Strength, Subject};
use casework::schemas::vocabulary::About;

use crate::format;
use crate::vocabulary as v;
use crate::words::Words;

/// `Sterke match`.
pub(crate) fn strength(w: &Words, value: Strength) -> String {
    match value {
        Strength::Strong => w.t("strength-strong"),
        Strength::Good => w.t("strength-good"),
        Strength::Possible => w.t("strength-possible"),
    }
}

/// Class of the badge.
pub(crate) const fn strength_class(value: Strength) -> &'static str {
    match value {
        Strength::Strong => "strong",
        Strength::Good => "good",
        Strength::Possible => "possible",
    }
}

/// What is wished of the other, without its weight.
pub(crate) fn about(w: &Words, value: About) -> String {
    match value {
        About::Sex(value) => w.t(&format!("wish-sex-{}", value.code())),
        About::Age(value) => w.with("wish-age", "band", v::band(w, value)),
        About::Language(value) => w.with("wish-language", "language", v::language(w, value)),
        About::Nearby => w.t("wish-nearby"),
        About::SameSector => w.t("wish-same-sector"),
    }
}

fn side(w: &Words, value: Side) -> String {
    match value {
        Side::Newcomer => w.t("the-newcomer"),
        Side::Mentor => w.t("the-mentor"),
    }
}

/// Why the two fit.
pub(crate) fn reason(w: &Words, value: &Reason) -> String {
    match value {
        Reason::SameOccupation(occupation) => {
            w.with("reason-same-occupation", "occupation", v::occupation(w, occupation).to_lowercase())
        }
        Reason::RelatedOccupation { mentor, .. } => {
            w.with("reason-related-occupation", "occupation", mentor.title_nl().to_lowercase())
        }
        Reason::SameSector(sector) => w.with("reason-same-sector", "sector", v::sector(w, *sector).to_lowercase()),
        Reason::SharedDomains(all) => {
            w.with("reason-domains", "domains", v::list(w, all.iter().map(|d| v::in_sentence(&v::domain(w, *d)))))
        }
        Reason::Distance { metres: 0 } => w.t("reason-same-place"),
        Reason::Distance { metres } => w.with("reason-distance", "distance", format::distance(*metres)),
        Reason::SharedLanguages(all) => {
            w.with("reason-languages", "languages", v::list(w, all.iter().map(|l| v::language(w, *l))))
        }
        Reason::SharedInterests(all) => {
            w.with("reason-interests", "interests", v::list(w, all.iter().map(|i| v::in_sentence(&v::interest(w, *i)))))
        }
        Reason::SharedSlots(slots) => w.with("reason-slots", "slots", v::slots(w, *slots)),
        Reason::WishKept { wish_of, about: what } => {
            w.fill("reason-wish", &[("side", &side(w, *wish_of)), ("about", &about(w, *what))])
        }
        Reason::WaitsLong { quarters } => w.count("reason-waits", *quarters),
    }
}

/// What does not fit.
pub(crate) fn miss(w: &Words, value: &Miss) -> String {
    match value {
        Miss::OtherOccupation(occupation) => {
            w.with("miss-occupation", "occupation", v::occupation(w, occupation).to_lowercase())
        }
        Miss::OtherSector(sector) => w.with("miss-sector", "sector", v::sector(w, *sector).to_lowercase()),
        Miss::DomainNotOffered(domain) => w.with("miss-domain", "domain", v::in_sentence(&v::domain(w, *domain))),
        Miss::LanguageNotSpoken(language) => w.with("miss-language", "language", v::language(w, *language)),
        Miss::WishNotKept { wish_of, about: what, unknown } => {
            let key = if *unknown { "miss-wish-unknown" } else { "miss-wish" };
            w.fill(key, &[("side", &side(w, *wish_of)), ("about", &about(w, *what))])
        }
    }
}

/// What in one card keeps others from fitting, with whose it is in front.
pub(crate) fn remark(w: &Words, who: &str, value: Remark) -> String {
    let key = match value {
        Remark::NoDomains => "remark-no-domains",
        Remark::NoSlots => "remark-no-slots",
        Remark::WishesContradict => "remark-contradict",
        Remark::OnlyAtHome => "remark-at-home",
    };
    w.with(key, "who", who)
}

/// Which one rule is in the way, and what would have to change.
pub(crate) fn misfit(w: &Words, value: &Misfit) -> String {
    match value {
        Misfit::Full => w.t("misfit-full"),
        Misfit::FailedBefore => w.t("misfit-failed-before"),
        Misfit::NotShared => w.t("misfit-not-shared"),
        Misfit::NoSharedDomain { offered, .. } => {
            let offered = v::list(w, offered.iter().map(|d| v::in_sentence(&v::domain(w, *d))));
            w.with("misfit-domain", "offered", offered)
        }
        Misfit::NoSharedLanguage { mentor, needed, .. } => {
            let mentor = v::list(w, mentor.iter().map(|l| v::language(w, *l)));
            w.fill("misfit-language", &[("mentor", &mentor), ("needed", needed.code())])
        }
        Misfit::TooFar { side: who, metres, radius_km, needed_km } => w.fill(
            "misfit-far",
            &[
                ("side", &side(w, *who)),
                ("distance", &format::distance(*metres)),
                ("radius", &radius_km.to_string()),
                ("needed", &needed_km.to_string()),
            ],
        ),
        Misfit::NoSlots { side: who } => w.with("misfit-no-slots", "side", side(w, *who)),
        Misfit::NoCommonSlot { mentor, .. } => w.with("misfit-slots", "mentor", v::slots(w, *mentor)),
        Misfit::WishBroken { wish_of, about: what } => {
            w.fill("misfit-wish", &[("side", &side(w, *wish_of)), ("about", &about(w, *what))])
        }
        Misfit::WishesContradict { wish_of } => w.with("misfit-contradict", "side", side(w, *wish_of)),
    }
}

/// What only one municipality can check.
pub(crate) fn check(w: &Words, value: &LocalCheck) -> String {
    w.fill("local-check", &[("side", &side(w, value.wish_of)), ("about", &about(w, value.about))])
}

fn subject(value: Subject) -> &'static str {
    match value {
        Subject::Occupation => "subject-occupation",
        Subject::Sector => "subject-sector",
        Subject::Domains => "subject-domains",
        Subject::Proximity => "subject-proximity",
        Subject::Languages => "subject-languages",
        Subject::Interests => "subject-interests",
        Subject::Slots => "subject-slots",
        Subject::Wishes => "subject-wishes",
        Subject::Waiting => "subject-waiting",
    }
}

fn change(w: &Words, value: &Change) -> String {
    match value.subject {
        Subject::Proximity => {
            w.with("change-proximity", "distance", format::distance(value.within_metres().unwrap_or(0)))
        }
        Subject::Occupation => w.t("change-occupation"),
        Subject::Sector => w.t("change-sector"),
        Subject::Domains => w.count("change-domains", value.more()),
        Subject::Languages => w.count("change-languages", value.more()),
        Subject::Interests => w.count("change-interests", value.more()),
        Subject::Slots => w.count("change-slots", value.more()),
        Subject::Wishes => w.count("change-wishes", value.more()),
        Subject::Waiting => w.t("subject-waiting"),
    }
}

/// Why a candidate is not on top: sentences.
pub(crate) fn why_not(w: &Words, value: &Counterfactual) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(most) = value.most_behind {
        lines.push(w.with("why-behind", "subject", w.t(subject(most))));
    } else if value.missing == 0 {
        lines.push(w.t("why-equal"));
    }
    let changes: Vec<String> = value.changes.iter().take(3).map(|c| change(w, c)).collect();
    if changes.is_empty() {
        lines.push(w.t("why-no-single"));
    } else {
        lines.extend(changes.into_iter().map(|text| w.with("why-change", "change", text)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::MISSING;

    #[test]
    fn every_subject_and_change_has_words() {
        let w = Words::dutch();
        for value in Subject::ALL {
            assert!(!w.t(subject(value)).contains(MISSING));
            let text = change(&w, &Change { subject: value, have: 0, need: 1, of: 3 });
            assert!(!text.contains(MISSING), "{text}");
        }
        let why =
            why_not(&w, &Counterfactual { missing: 9, most_behind: Some(Subject::Proximity), changes: Vec::new() });
        assert_eq!(why.len(), 2);
        assert!(why.iter().all(|line| !line.contains(MISSING)));
    }

    #[test]
    fn distances_are_told_in_kilometres() {
        let w = Words::dutch();
        assert!(reason(&w, &Reason::Distance { metres: 4_120 }).contains("4,1 km"));
        assert!(!reason(&w, &Reason::Distance { metres: 0 }).contains("km"));
    }
}
