//! A municipality that merges into another: its pages are opened anew by its successor, nobody
//! else takes them over, and nothing typed is lost.

use replication::api::Lost;
use replication::{Command, Input};
use schemas::Kind;
use schemas::envelope::{Content, Refusal};
use schemas::ids::DocumentId;

use crate::common::{CIRCLE, DOCUMENT, example, resource, text};
use crate::office::{NOW, Office, Signed, observer, offices};

const NEW: DocumentId = DocumentId([8; 16]);
const CARD: DocumentId = DocumentId([6; 16]);

/// As a clock that was ahead asked it.
fn take_over() -> Command {
    Command::Replace { document: DOCUMENT, by: NEW, expires_at: NOW.hour().plus_days(4_000) }
}

/// The successor, the one that merges, and a third; everybody has its page and its card.
fn page() -> [Office; 3] {
    let [mut heir, mut gone, mut third] = offices::<3>();
    gone.open(DOCUMENT, resource("Fiche", "Begin."));
    let (value, expires_at) = (example(Kind::MunicipalityCard), NOW.hour().plus_days(60));
    gone.command(Command::Publish { circle: CIRCLE, document: CARD, value, expires_at }).unwrap();
    heir.receive(&gone.known, &gone.held());
    third.receive(&gone.known, &gone.held());
    [heir, gone, third]
}

fn of(office: &Office, content: Content) -> Vec<Signed> {
    office.held().into_iter().filter(|one| one.get().header.content == content).collect()
}

#[test]
fn the_successor_opens_every_page_anew_and_what_came_late_is_a_draft() {
    let [mut heir, gone, mut third] = page();
    third.edit(&gone.known, DOCUMENT, resource("Fiche", "Te laat. Begin.")).unwrap();
    assert_eq!(heir.command(take_over()), Err(Refusal::NotAllowed), "nobody merged");

    let merged = gone.merged_into(heir.root());
    heir.learn(&merged);
    heir.input(Input::Remove { partner: gone.root() });
    assert!(heir.view(&gone, DOCUMENT).is_some(), "what was written together stays");
    assert!(heir.view(&gone, CARD).is_none(), "its own goes");
    heir.command(take_over()).unwrap();
    assert_eq!(text(&heir.view(&heir, NEW).unwrap().value), "Begin.");
    let longest = NOW.hour().plus_days(Kind::Resource.max_days());
    assert!(of(&heir, Content::Opening).iter().all(|one| one.get().header.expires_at <= longest));
    assert!(heir.view(&gone, DOCUMENT).is_none());
    assert_eq!(heir.replaced[&(gone.root(), DOCUMENT)], NEW);

    let replaced = of(&heir, Content::ReplacedBy);
    third.receive(&heir.known, &replaced);
    assert_eq!(third.refused.keys().copied().collect::<Vec<_>>(), [Refusal::NotInCircle], "it has not heard");
    assert!(third.view(&gone, DOCUMENT).is_some());
    third.learn(&merged);
    third.receive(&heir.known, &heir.held());
    assert!(third.view(&gone, DOCUMENT).is_none());
    assert_eq!(text(&third.view(&heir, NEW).unwrap().value), "Begin.");
    let draft = third.drafts.values().next().unwrap();
    assert_eq!((text(&draft.typed), draft.why), ("Te laat. Begin.".to_owned(), Lost::Replaced));
}

#[test]
fn whoever_parted_first_keeps_the_page_until_the_successor_comes() {
    let [mut heir, gone, mut third] = page();
    let merged = gone.merged_into(heir.root());
    third.learn(&merged);
    third.input(Input::Remove { partner: gone.root() });
    assert!(third.view(&gone, DOCUMENT).is_some() && third.view(&gone, CARD).is_none());
    // Its card does not come back by somebody who has not parted yet.
    third.receive(&heir.known, &of(&heir, Content::Version));
    assert!(third.view(&gone, CARD).is_none());
    assert!(third.refused.keys().all(|reason| reason.is_innocent()), "{:?}", third.refused);
    heir.learn(&merged);
    heir.command(take_over()).unwrap();
    third.receive(&heir.known, &heir.held());
    assert_eq!(text(&third.view(&heir, NEW).unwrap().value), "Begin.");
    assert!(third.view(&gone, DOCUMENT).is_none());
}

#[test]
fn nobody_else_takes_over_and_the_first_word_is_the_last() {
    let [mut heir, gone, mut third] = page();
    heir.learn(&gone.merged_into(heir.root()));
    third.learn(&gone.merged_into(heir.root()));
    assert_eq!(third.command(take_over()), Err(Refusal::NotAllowed));
    assert_eq!(heir.command(Command::Erase { document: DOCUMENT }), Err(Refusal::NotAllowed));
    assert_eq!(heir.command(Command::Lift { document: DOCUMENT }), Err(Refusal::NotAllowed));
    // A thief of the root key comes too late to name another.
    third.learn(&gone.merged_at(3, third.root()));
    assert_eq!(third.command(take_over()), Err(Refusal::NotAllowed));
    assert!(third.view(&gone, DOCUMENT).is_some());
}

#[test]
fn the_first_word_counts_in_whatever_order_they_come() {
    let [mut heir, gone, mut third] = page();
    let (first, second) = (gone.merged_into(heir.root()), gone.merged_at(3, third.root()));
    heir.learn(&first);
    heir.learn(&second);
    third.learn(&second);
    third.learn(&first);
    assert_eq!(third.command(take_over()), Err(Refusal::NotAllowed));
    heir.command(take_over()).unwrap();
    third.receive(&heir.known, &heir.held());
    assert!(third.view(&gone, DOCUMENT).is_none());
    assert_eq!(text(&third.view(&heir, NEW).unwrap().value), "Begin.");
}

#[test]
fn without_a_successor_here_everything_of_it_goes() {
    let [_, gone, mut third] = page();
    third.learn(&gone.merged_into(schemas::ids::RootId([77; 32])));
    third.input(Input::Remove { partner: gone.root() });
    // Its own list says who shares what it opened, and that went with it.
    assert!(third.view(&gone, DOCUMENT).is_none() && third.view(&gone, CARD).is_none());
}

#[test]
fn who_never_knew_it_hears_of_it_through_its_successor() {
    let [heir, gone, third] = page();
    let mut later = observer(&[&heir, &third]);
    let opening = of(&gone, Content::Opening);
    later.receive(&third.known, &opening);
    assert!(later.view(&gone, DOCUMENT).is_none());
    later.hear_of(&gone.merged_into(heir.root()));
    later.receive(&third.known, &gone.held());
    assert_eq!(text(&later.view(&gone, DOCUMENT).unwrap().value), "Begin.");
    assert!(later.view(&gone, CARD).is_none(), "only what was written together");
    // Somebody whose successor nobody knows is not let in.
    let stranger = Office::new(60);
    later.hear_of(&stranger.merged_into(gone.root()));
    later.hear_of(&stranger.merged_into(schemas::ids::RootId([77; 32])));
    later.receive(&third.known, &opening);
    assert!(later.refused.keys().all(|reason| reason.is_innocent()), "{:?}", later.refused);
}
