//! Drafts of a list as lines, each with the button by which a person proposes it: the template is
//! `drafts.html`.

use casework::search_view::{Draft, MentorWho};

use crate::fit;
use crate::pages::search::{distance, who};
use crate::vocabulary as v;
use crate::words::Words;

/// Reasons that a line shows.
const REASONS: usize = 3;

/// A draft as a line.
pub(super) struct Line {
    pub(super) newcomer: i64,
    pub(super) name: String,
    pub(super) mentor: String,
    pub(super) where_: String,
    pub(super) grade: String,
    pub(super) grade_class: &'static str,
    pub(super) reasons: Vec<String>,
    /// Where its form goes, with the field that names the mentor.
    pub(super) action: String,
    pub(super) field: &'static str,
    pub(super) value: String,
    pub(super) button: String,
    pub(super) border: bool,
    /// Where the screening of a mentor of ours is noted first; empty when it was seen.
    pub(super) screen_first: String,
    /// What is said under the reasons, if anything.
    pub(super) note: String,
    /// Why nobody is to propose it; empty where somebody may.
    pub(super) barred: String,
}

pub(super) fn line(w: &Words, draft: &Draft) -> Line {
    let newcomer = draft.newcomer.0;
    let (action, field, value, button, border) = match &draft.mentor {
        MentorWho::Own { person, .. } => {
            (format!("/nieuwkomers/{newcomer}/lokaal"), "mentor", person.0.to_string(), w.t("search-match-here"), false)
        }
        MentorWho::Partner { offer, municipality } => (
            format!("/nieuwkomers/{newcomer}/voorstel"),
            "offer",
            offer.to_string(),
            w.with("search-propose", "municipality", &municipality.name),
            true,
        ),
    };
    Line {
        newcomer,
        name: draft.name.clone(),
        mentor: who(w, &draft.mentor, None),
        where_: distance(w, draft.distance_metres),
        grade: fit::strength(w, draft.strength),
        grade_class: fit::strength_class(draft.strength),
        reasons: draft.reasons.iter().take(REASONS).map(|reason| fit::reason(w, reason)).collect(),
        action,
        field,
        value,
        button,
        border,
        screen_first: v::screen_first(draft.mentor.unscreened()),
        note: String::new(),
        barred: String::new(),
    }
}
