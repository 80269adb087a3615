//! What was typed in one change, by itself: all that is left of a text where the state that it was
//! typed on cannot be built any more. The words as they were put in, without where in the page;
//! a person finds them there again.

use automerge::ScalarValue;
use automerge::legacy::{OpId, OpType};
use schemas::envelope::Refusal;
use schemas::{Kind, SharedValue};
use serde_json::json;

use super::Run;
use crate::api::Lost;
use crate::body;
use crate::build::guarded;
use crate::scan;

/// Characters of the title that such a text gets.
const TITLE: usize = 60;
/// What stands between words that were typed in different places: digits of two places never make
/// a number that may not be shared.
const ELSEWHERE: &str = "\n…\n";

/// The text that a change of a page put in, as a page of its own; none where there is none, or
/// none that may be shared.
pub(crate) fn typed_alone(kind: Kind, change: &[u8], why: Lost) -> Option<Run> {
    let last = scan::change(change).ok()?.hash;
    let words = guarded(|| put_in(change)).ok()?;
    let title: String = words.lines().map(str::trim).find(|line| !line.is_empty())?.chars().take(TITLE).collect();
    // What a page has beside its text nobody knows here; who takes the text over says it again.
    let page = |body: &str| {
        let page = json!({
            "title": title, "kind": "welcome_sheet", "language": "nl", "body": body, "tags": [], "licence": "CC-BY-4.0"
        });
        SharedValue::from_json(kind, page).ok()
    };
    // All else is the same before and after: where the page lives on, only the words are added to it.
    Some(Run { last, base: page("")?, typed: page(&words)?, why })
}

/// What a change put in texts, place by place.
fn put_in(change: &[u8]) -> Result<String, Refusal> {
    let change = body::parsed(change)?.decode();
    let (mut words, mut last): (String, Option<OpId>) = (String::new(), None);
    for (number, operation) in (change.start_op.get()..).zip(&change.operations) {
        let OpType::Put(ScalarValue::Str(text)) = &operation.action else { continue };
        if !operation.insert {
            continue;
        }
        // What was typed on follows the character before it.
        if last.is_some_and(|last| operation.key.to_opid() != Some(last)) {
            words.push_str(ELSEWHERE);
        }
        last = Some(OpId::new(number, &change.actor_id));
        words.push_str(text);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use automerge::Automerge;
    use automerge::transaction::Transactable;
    use automerge::{ROOT, ReadDoc};

    use super::*;

    fn page(body: &str) -> SharedValue {
        let page = json!({
            "title": "Fiche", "kind": "event", "language": "fr", "body": body, "tags": ["een"], "licence": "CC0-1.0"
        });
        SharedValue::from_json(Kind::Resource, page).expect("a page")
    }

    /// A change in a page whose body was this, and its body after it.
    fn edited(before: &str, after: &str) -> Vec<u8> {
        let mut document = Automerge::new().with_actor([1; scan::ACTOR_BYTES].into());
        body::apply_new(&mut document, &body::encode(&page(before), [1; scan::ACTOR_BYTES]).expect("written"))
            .expect("applied");
        document.set_actor([2; scan::ACTOR_BYTES].into());
        let (_, text) = document.get(ROOT, "body").expect("a document").expect("a body");
        body::write(&mut document, |transaction| transaction.update_text(&text, after)).expect("written").expect("new")
    }

    #[test]
    fn the_words_of_a_change_are_found_without_what_it_follows() {
        let change = edited("Begin. Slot.", "Begin. Hier typte iemand,\nook een tweede regel. Slot.");
        let run = typed_alone(Kind::Resource, &change, Lost::Cut).expect("a text");
        let json = run.typed.to_json().expect("a value");
        assert_eq!(json["body"], "Hier typte iemand,\nook een tweede regel. ");
        assert_eq!(json["title"], "Hier typte iemand,");
        let base = run.base.to_json().expect("a value");
        assert_eq!((&base["body"], &base["title"], run.why), (&json!(""), &json["title"], Lost::Cut));
        assert_eq!(run.last, scan::change(&change).expect("sound").hash);
    }

    #[test]
    fn what_was_typed_in_two_places_stays_in_two() {
        // Together they are a number that is never shared.
        let change = edited("Begin. Slot.", "850730Begin. Slot.03328");
        let run = typed_alone(Kind::Resource, &change, Lost::Cut).expect("a text");
        assert_eq!(run.typed.to_json().expect("a value")["body"], "850730\n…\n03328");
    }

    #[test]
    fn what_is_only_taken_out_or_may_not_be_shared_is_no_text() {
        assert!(typed_alone(Kind::Resource, &edited("Begin. Slot.", "Begin."), Lost::Cut).is_none());
        assert!(typed_alone(Kind::Resource, &edited("Begin.", "Begin. 85.07.30-033.28"), Lost::Cut).is_none());
        assert!(typed_alone(Kind::Resource, b"no change", Lost::Cut).is_none());
        let long = "woord ".repeat(40);
        let title = typed_alone(Kind::Resource, &edited("", &long), Lost::Cut).expect("a text").typed;
        assert_eq!(title.to_json().expect("a value")["title"].as_str().map(str::len), Some(TITLE));
    }
}
