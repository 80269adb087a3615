//! Admissions, holds, replacements and cuts.

use replication::api::Lost;
use replication::control::HOLD_DAYS;
use replication::{Command, Input};
use schemas::Kind;
use schemas::envelope::{Content, Envelope, Refusal, Stamp};
use schemas::ids::DocumentId;

use crate::common::{DOCUMENT, resource, text};
use crate::forks::every_order;
use crate::office::{NOW, Office, Signed, offices};

const NEW: DocumentId = DocumentId([8; 16]);

/// A page of the first that everybody has.
fn page() -> [Office; 3] {
    let [mut owner, mut one, mut other] = offices::<3>();
    owner.open(DOCUMENT, resource("Fiche", "Begin."));
    one.receive(&owner.known, &owner.held());
    other.receive(&owner.known, &owner.held());
    [owner, one, other]
}

fn of(office: &Office, content: Content) -> Vec<Signed> {
    office.held().into_iter().filter(|one| one.get().header.content == content).collect()
}

#[test]
fn a_member_that_came_later_is_admitted() {
    let [mut owner, one, _] = offices::<3>();
    let mut later = Office::new(9);
    owner.open(DOCUMENT, resource("Fiche", "Begin."));
    let mut members = vec![owner.root(), one.root(), later.root()];
    members.sort_unstable();
    later.meet(&[&owner, &one]);
    later.receive(&owner.known, &owner.held());
    let refused = later.edit(&owner.known, DOCUMENT, resource("Fiche", "Begin. Later."));
    assert_eq!(refused, Err(Refusal::NotAllowed), "not yet");
    owner.learn(&later.known);
    let (known, key) = (owner.known.clone(), owner.key.clone());
    owner.learn_list(&known, &key, 2, &members);
    assert_eq!(of(&owner, Content::Admit).len(), 1);
    later.receive(&owner.known, &of(&owner, Content::Admit));
    later.edit(&owner.known, DOCUMENT, resource("Fiche", "Begin. Later.")).unwrap();
    let seen = every_order(&[&owner, &one, &later], &later.held());
    assert_eq!(text(&seen.view(&owner, DOCUMENT).unwrap().value), "Begin. Later.");
    assert!(!seen.refused.contains_key(&Refusal::NotAllowed), "a change before its admission is nobody's fault");
}

#[test]
fn a_hold_hides_until_the_owner_lifts_it_or_it_lapses() {
    let [mut owner, mut one, other] = page();
    one.command(Command::Hold { owner: owner.root(), document: DOCUMENT }).unwrap();
    let held = one.view(&owner, DOCUMENT).unwrap().held.unwrap();
    assert_eq!((held.by, held.until), (one.root(), NOW.hour().plus_days(HOLD_DAYS)));
    let hold = of(&one, Content::Hold);
    one.command(Command::Hold { owner: owner.root(), document: DOCUMENT }).unwrap();
    assert_eq!(of(&one, Content::Hold), hold, "holding twice is holding once");
    assert_eq!(one.command(Command::Lift { document: DOCUMENT }), Err(Refusal::NotAllowed), "the owner's act");

    owner.receive(&one.known, &hold);
    assert!(owner.view(&owner, DOCUMENT).unwrap().held.is_some());
    owner.command(Command::Lift { document: DOCUMENT }).unwrap();
    assert_eq!(owner.view(&owner, DOCUMENT).unwrap().held, None);
    let seen = every_order(&[&owner, &one, &other], &owner.held());
    assert_eq!(seen.view(&owner, DOCUMENT).unwrap().held, None);

    one.now = NOW.plus_seconds(u64::from(HOLD_DAYS) * 86_400 + 3_600);
    one.input(Input::Tick);
    // A clock that jumps is believed after an hour.
    one.now = one.now.plus_seconds(3_600);
    one.input(Input::Tick);
    assert_eq!(one.view(&owner, DOCUMENT).unwrap().held, None, "lapsed without an act of the owner");
    assert!(of(&one, Content::Hold).is_empty());
}

#[test]
fn who_may_not_write_holds_nothing() {
    let [owner, one, other] = page();
    let mut stranger = owner.held()[0].get().header.clone();
    stranger.content = Content::Hold;
    stranger.stamp = schemas::Stamp::Version { incarnation: 1, number: 1 };
    stranger.expires_at = stranger.signed_at.plus_days(HOLD_DAYS);
    let outsider = Office::new(40);
    let hold = schemas::Envelope::sign(stranger.clone(), Vec::new(), &outsider.key);
    let mut longer = stranger;
    longer.expires_at = longer.signed_at.plus_days(HOLD_DAYS + 1);
    let too_long = schemas::Envelope::sign(longer, Vec::new(), &one.key);
    let seen = every_order(&[&owner, &one, &other], &[owner.held(), vec![hold, too_long]].concat());
    assert_eq!(seen.view(&owner, DOCUMENT).unwrap().held, None);
    assert_eq!(seen.refused.keys().copied().collect::<Vec<_>>(), [Refusal::UnknownAuthor, Refusal::TooLong]);
}

#[test]
fn a_replacement_drops_history_and_keeps_what_came_late() {
    let [mut owner, mut one, mut other] = page();
    one.edit(&owner.known, DOCUMENT, resource("Fiche", "Begin. Mee.")).unwrap();
    owner.receive(&one.known, &one.held());
    other.edit(&owner.known, DOCUMENT, resource("Fiche", "Te laat. Begin.")).unwrap();
    let late: Vec<Signed> = other.held();
    let expires_at = NOW.hour().plus_days(400);
    owner.command(Command::Replace { document: DOCUMENT, by: NEW, expires_at }).unwrap();
    assert!(owner.view(&owner, DOCUMENT).is_none());
    assert_eq!(text(&owner.view(&owner, NEW).unwrap().value), "Begin. Mee.");
    assert_eq!(owner.store.len(), 2, "the new opening, and the word that the old one is gone");
    assert_eq!(owner.replaced[&(owner.root(), DOCUMENT)], NEW);

    other.receive(&owner.known, &owner.held());
    let draft = other.drafts.values().next().unwrap();
    assert_eq!((text(&draft.base), text(&draft.typed)), ("Begin.".into(), "Te laat. Begin.".into()));
    assert_eq!((other.drafts.len(), draft.why), (1, Lost::Replaced));
    one.receive(&owner.known, &owner.held());
    assert!(one.drafts.is_empty(), "what the new page was made from is in it");
    assert_eq!(one.views, other.views);
    // A form that was open meanwhile.
    let edit = Command::Edit { document: DOCUMENT, heads: vec![[1; 32]], value: resource("Fiche", "x") };
    assert_eq!(one.command(edit), Err(Refusal::Superseded));

    let all = [owner.held(), late].concat();
    let seen = every_order(&[&owner, &one, &other], &all);
    assert_eq!(seen.views, one.views);
    assert!(seen.refused.keys().all(|reason| reason.is_innocent()), "{:?}", seen.refused);
    owner.command(Command::Erase { document: DOCUMENT }).unwrap();
    let seen = every_order(&[&owner, &one, &other], &[owner.held(), all[..1].to_vec()].concat());
    assert!(seen.view(&owner, NEW).is_some() && seen.view(&owner, DOCUMENT).is_none());
}

#[test]
fn only_the_owner_cuts_lifts_and_replaces() {
    let [owner, mut one, _] = page();
    for command in [
        Command::Cut { document: DOCUMENT, author: owner.root(), bar: true },
        Command::Replace { document: DOCUMENT, by: NEW, expires_at: NOW.hour().plus_days(9) },
        Command::Lift { document: DOCUMENT },
    ] {
        assert_eq!(one.command(command), Err(Refusal::NotAllowed));
    }
    // The same, signed by hand.
    for content in [Content::Cut, Content::Admit, Content::Lift, Content::ReplacedBy] {
        let mut header = owner.held()[0].get().header.clone();
        header.content = content;
        header.stamp = schemas::Stamp::Version { incarnation: 1, number: 1 };
        let forged = schemas::Envelope::sign(header, Vec::new(), &one.key);
        let mut seen = crate::office::observer(&[&owner, &one]);
        seen.receive(&one.known, &[owner.held(), vec![forged]].concat());
        // A municipality may have merged into the author, as far as this node knows.
        let reason = if content == Content::ReplacedBy { Refusal::NotInCircle } else { Refusal::NotAllowed };
        assert_eq!(seen.refused.keys().copied().collect::<Vec<_>>(), [reason], "{content:?}");
    }
}

#[test]
fn a_bar_keeps_what_is_there_and_ends_what_comes() {
    let [mut owner, mut one, other] = page();
    one.edit(&owner.known, DOCUMENT, resource("Fiche", "Begin. Goed.")).unwrap();
    owner.receive(&one.known, &one.held());
    owner.command(Command::Cut { document: DOCUMENT, author: one.root(), bar: true }).unwrap();
    one.edit(&owner.known, DOCUMENT, resource("Fiche", "Begin. Goed. Slecht.")).unwrap();
    let all = [owner.held(), one.held()].concat();
    let all: Vec<Signed> = all
        .into_iter()
        .map(|envelope| (envelope.get().id(), envelope))
        .collect::<std::collections::BTreeMap<_, _>>()
        .into_values()
        .collect();
    let seen = every_order(&[&owner, &one, &other], &all);
    assert_eq!(text(&seen.view(&owner, DOCUMENT).unwrap().value), "Begin. Goed.");
    one.receive(&owner.known, &owner.held());
    assert_eq!(one.drafts.values().map(|draft| draft.why).collect::<Vec<_>>(), [Lost::Cut]);
    let hold = one.command(Command::Hold { owner: owner.root(), document: DOCUMENT });
    assert_eq!((hold, one.view(&owner, DOCUMENT).unwrap().held), (Ok(()), None), "nor does it hide any more");
}

#[test]
fn what_a_suspended_writer_adds_waits_until_it_is_resumed() {
    let [mut owner, mut one, other] = page();
    one.edit(&owner.known, DOCUMENT, resource("Fiche", "Begin. Goed.")).unwrap();
    owner.receive(&one.known, &one.held());
    let suspend = Command::Suspend { document: DOCUMENT, author: one.root() };
    owner.command(suspend.clone()).unwrap();
    owner.command(suspend.clone()).unwrap();
    assert_eq!(of(&owner, Content::Cut).len(), 1, "twice is once");
    one.edit(&owner.known, DOCUMENT, resource("Fiche", "Begin. Goed. Meer.")).unwrap();
    // Somebody else, who did not suspend it, passes it on.
    owner.receive(&other.known, &one.held());
    assert_eq!(text(&owner.view(&owner, DOCUMENT).unwrap().value), "Begin. Goed.");
    let seen = every_order(&[&owner, &one, &other], &owner.held());
    assert_eq!(text(&seen.view(&owner, DOCUMENT).unwrap().value), "Begin. Goed.");
    owner.restart(1);
    assert_eq!(text(&owner.view(&owner, DOCUMENT).unwrap().value), "Begin. Goed.");

    let resume = Command::Resume { document: DOCUMENT, author: one.root() };
    owner.command(resume.clone()).unwrap();
    owner.command(resume.clone()).unwrap();
    assert_eq!(of(&owner, Content::Lift).len(), 1);
    assert_eq!(text(&owner.view(&owner, DOCUMENT).unwrap().value), "Begin. Goed. Meer.");
    let seen = every_order(&[&owner, &one, &other], &owner.held());
    assert_eq!(seen.views, owner.views);
    assert!(seen.refused.keys().all(|reason| reason.is_innocent()), "{:?}", seen.refused);

    // What is cut for good stays so, also when it was suspended first.
    owner.command(suspend).unwrap();
    owner.command(Command::Cut { document: DOCUMENT, author: one.root(), bar: true }).unwrap();
    one.edit(&owner.known, DOCUMENT, resource("Fiche", "Begin. Goed. Meer. Te veel.")).unwrap();
    owner.receive(&other.known, &one.held());
    owner.command(resume).unwrap();
    assert_eq!(text(&owner.view(&owner, DOCUMENT).unwrap().value), "Begin. Goed. Meer.");
}

#[test]
fn only_the_owner_suspends_and_resumes() {
    let [owner, mut one, other] = page();
    let (document, author) = (DOCUMENT, other.root());
    assert_eq!(one.command(Command::Suspend { document, author }), Err(Refusal::NotAllowed));
    assert_eq!(one.command(Command::Resume { document, author }), Err(Refusal::NotAllowed));
    assert_eq!(one.held(), owner.held());
}

#[test]
fn the_last_number_there_is_leaves_room_for_the_owner() {
    let [mut owner, one, _] = page();
    let stamp = |number| Stamp::Version { incarnation: 1, number };
    for number in [u64::MAX, 1 << 53] {
        let mut header = one.header(owner.root(), Kind::Resource, Content::Hold, stamp(number));
        header.expires_at = NOW.hour().plus_days(HOLD_DAYS);
        owner.receive(&one.known, &[Envelope::sign(header, Vec::new(), &one.key)]);
    }
    assert_eq!(owner.refused.get(&Refusal::NotAllowed), Some(&1), "beyond what anybody numbers");
    assert!(owner.view(&owner, DOCUMENT).unwrap().held.is_some());
    owner.command(Command::Lift { document: DOCUMENT }).unwrap();
    assert_eq!(owner.view(&owner, DOCUMENT).unwrap().held, None);
}
