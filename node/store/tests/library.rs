//! The library on a real store: lists, pages, edits, drafts and remarks.

use casework::duo_view::TodayItem;
use casework::library::difference::Piece;
use casework::library::form::parse_resource_form;
use casework::library::markdown::{Block, Span};
use casework::library::{LibraryFilter, Saved};
use casework::office::AccountRole;
use casework::ports::Outgoing;
use casework::{Actor, Error};
use replication::api::Kept;
use replication::{DocumentView, Draft, Effect, Lost};
use schemas::ids::DocumentId;
use schemas::{Comment, Resource, Shared, SharedValue};
use store::testing::{TestOffice, office_for_tests};

fn actor(role: AccountRole) -> Actor {
    Actor::new(Some(1), "Els", role)
}

fn member() -> Actor {
    actor(AccountRole::Member)
}

fn page(title: &str, body: &str, tags: &str) -> Resource {
    let fields = [("title", title), ("body", body), ("tags", tags), ("kind", "welcome_sheet"), ("language", "nl")];
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    parse_resource_form(&fields).expect("a fine form")
}

fn written(at: &TestOffice, value: &Resource) -> DocumentId {
    let id = at.office.create_resource(&member(), None, value.clone(), None).expect("opened");
    at.carry_out();
    id
}

fn titles(at: &TestOffice, filter: &LibraryFilter) -> Vec<String> {
    let mut titles: Vec<String> =
        at.office.library(&member(), filter).expect("a list").into_iter().map(|row| row.title).collect();
    titles.sort();
    titles
}

#[test]
fn a_member_opens_a_page_and_everybody_reads_it() {
    let at = office_for_tests();
    let value = page("De bib", "# Wat\nBoeken **lenen**.", "gratis, lezen");
    let id = written(&at, &value);
    let page = at.office.resource(&member(), id).expect("a page");
    assert_eq!(page.value, value);
    assert_eq!((page.owner.as_str(), page.mine, page.may_write), ("Borsbeek", true, true));
    assert_eq!(page.audience, ["Aartselaar", "Borsbeek"]);
    assert_eq!(page.writers, [("Borsbeek".to_owned(), 1)]);
    assert_eq!(page.blocks[0], Block::Heading(2, vec![Span::Plain("Wat".to_owned())]));
    let rows = at.office.library(&member(), &LibraryFilter::default()).expect("a list");
    assert_eq!((rows.len(), rows[0].excerpt.as_str()), (1, "Boeken lenen."));
    assert!(matches!(at.office.resource(&member(), DocumentId([3; 16])), Err(Error::NotFound)));
}

#[test]
fn filters() {
    let at = office_for_tests();
    written(&at, &page("De bib", "Boeken lenen in Mortsel", "lezen"));
    written(&at, &page("Zwembad", "Elke woensdag, in Mortsel", "sport"));
    let filter = |text: &str, tag: &str| LibraryFilter {
        text: text.to_owned(),
        tag: tag.to_owned(),
        ..LibraryFilter::default()
    };
    assert_eq!(titles(&at, &filter("", "")), ["De bib", "Zwembad"]);
    assert_eq!(titles(&at, &filter("mortsel BOEKEN", "")), ["De bib"]);
    assert_eq!(titles(&at, &filter("", "Sport")), ["Zwembad"]);
    assert_eq!(titles(&at, &filter("fiets", "")), Vec::<String>::new());
    let french = LibraryFilter { language: "fr".parse().ok(), ..LibraryFilter::default() };
    assert_eq!(titles(&at, &french), Vec::<String>::new());
    let kind = casework::library::form::kind_of_code("welcome_sheet");
    assert_eq!(titles(&at, &LibraryFilter { kind, ..LibraryFilter::default() }).len(), 2);
}

#[test]
fn a_form_sent_twice_opens_one_page() {
    let at = office_for_tests();
    let value = page("De bib", "Boeken", "");
    let first = at.office.create_resource(&member(), None, value.clone(), Some("f1")).expect("opened");
    let again = at.office.create_resource(&member(), None, value, Some("f1")).expect("the same");
    assert_eq!(first, again);
    assert_eq!(at.carry_out().len(), 1);
}

#[test]
fn an_edit_carries_the_heads_of_its_form() {
    let at = office_for_tests();
    let id = written(&at, &page("De bib", "Boeken", ""));
    let seen = at.office.resource(&member(), id).expect("a page");
    let changed = page("De bib", "Boeken en strips", "");
    let saved = at.office.save_resource(&member(), id, &seen.heads, changed.clone(), Some("f2")).expect("saved");
    assert_eq!(saved, Saved::Waiting, "nobody carries it out here");
    at.office.save_resource(&member(), id, &seen.heads, changed.clone(), Some("f2")).expect("the same form");
    let commands = at.carry_out();
    let heads: Vec<[u8; 32]> =
        seen.heads.iter().map(|head| schemas::ids::from_hex(head).expect("hexadecimal")).collect();
    assert_eq!(commands, [Outgoing::Edit { document: id, heads, value: SharedValue::Resource(changed.clone()) }]);
    assert_eq!(at.office.resource(&member(), id).expect("a page").value, changed);
    // Saving what stands there is nothing.
    let same = at.office.save_resource(&member(), id, &seen.heads, changed, None).expect("nothing to do");
    assert_eq!((same, at.carry_out().len()), (Saved::Done, 0));
    for heads in [vec![], vec!["xyz".to_owned()]] {
        let refused = at.office.save_resource(&member(), id, &heads, page("a", "b", ""), None);
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }
}

#[test]
fn a_refused_edit_stays_as_a_draft() {
    let at = office_for_tests();
    let id = written(&at, &page("De bib", "Boeken lenen", ""));
    let seen = at.office.resource(&member(), id).expect("a page");
    at.office
        .save_resource(&member(), id, &seen.heads, page("De bib", "Boeken en strips lenen", ""), None)
        .expect("kept");
    let (number, _) = at.store.outbox_next(0).expect("the outbox").remove(0);
    let refused = Effect::Settled { number: number.unsigned_abs(), outcome: Err(schemas::Refusal::OverBudget) };
    at.store.apply(vec![refused]).expect("a refusal");
    let drafts = at.office.library_drafts(&member()).expect("drafts");
    assert_eq!((drafts.len(), drafts[0].resource, drafts[0].why.as_str()), (1, Some(id), "refused"));
    assert_eq!(drafts[0].typed.body.as_str(), "Boeken en strips lenen");
    assert!(drafts[0].difference.contains(&Piece::Added("en strips ".to_owned())), "{:?}", drafts[0].difference);
    at.office.drop_library_draft(&member(), drafts[0].id).expect("dropped");
    assert!(at.office.library_drafts(&member()).expect("drafts").is_empty());
}

/// What a page no longer counts comes back as a draft, beside the page as it is now.
#[test]
fn what_a_page_does_not_count_is_put_into_it_by_a_person() {
    let at = office_for_tests();
    let old = written(&at, &page("De bib", "Boeken lenen.", "gratis"));
    let new = written(&at, &page("De bib", "Boeken en strips lenen.", "gratis, lezen"));
    let draft = Draft {
        document: old,
        owner: at.me,
        change: [4; 32],
        base: page("De bib", "Boeken lenen.", "gratis").into_value(),
        typed: page("De bib", "Boeken lenen. Elke dag.", "gratis, open").into_value(),
        why: Lost::Replaced,
        at: casework::ports::Clock::now(&*at.clock),
    };
    let replaced = Effect::Keep(Kept::Replaced { owner: at.me, document: old, by: new });
    let hide = Effect::Hide { owner: at.me, document: old, kind: schemas::Kind::Resource, erased: false };
    at.store.apply(vec![Effect::Draft(draft.clone()), replaced, hide]).expect("replaced");
    let drafts = at.office.library_drafts(&member()).expect("drafts");
    assert_eq!((drafts.len(), drafts[0].resource, drafts[0].why.as_str()), (1, Some(new), "replaced"));
    assert_eq!(drafts[0].merged, page("De bib", "Boeken en strips lenen. Elke dag.", "gratis, lezen, open"));
    assert_eq!(at.office.resource_now(old).expect("a page"), Some(new));
    at.office.comment(&member(), new, "Mooi", None).expect("a remark");
    let remark = Comment { resource: old, text: schemas::text::Text::new("Van vroeger").expect("short") };
    at.arrive(at.partner, at.circle, DocumentId([5; 16]), remark.into_value());
    at.carry_out();
    assert_eq!(at.office.resource(&member(), new).expect("a page").comments.len(), 2, "remarks come along");
    let today = at.office.today(&member()).expect("a list");
    assert!(matches!(today.waits_for_me[..], [TodayItem::LibraryDraft { draft }] if draft == drafts[0].id));

    at.office.drop_library_draft(&member(), drafts[0].id).expect("dropped");
    at.store.apply(vec![Effect::Draft(draft)]).expect("told again");
    assert!(at.office.library_drafts(&member()).expect("drafts").is_empty(), "what was dealt with does not return");
    let typed = b"Elke dag";
    let left = at.store.every_value().expect("values");
    assert!(
        !left.iter().any(|(_, bytes)| bytes.windows(typed.len()).any(|part| part == typed)),
        "nor is its text kept"
    );
}

#[test]
fn a_page_that_is_held_is_seen_by_its_owner_only() {
    let at = office_for_tests();
    let mine = written(&at, &page("Onze bib", "Boeken", ""));
    at.office.hold_resource(&member(), mine).expect("asked");
    assert_eq!(at.carry_out(), [Outgoing::Hold { owner: at.me, document: mine }]);
    let theirs = DocumentId([6; 16]);
    at.arrive(at.partner, at.circle, theirs, page("Hun bib", "Boeken", "").into_value());
    for (owner, id) in [(at.me, mine), (at.partner, theirs)] {
        let hour = casework::ports::Clock::now(&*at.clock).hour();
        let view = DocumentView {
            circle: at.circle,
            document: id,
            owner,
            value: page("Verborgen", "Boeken", "").into_value(),
            heads: vec![[1; 32]],
            writers: [(owner, 1)].into(),
            changed_at: hour,
            expires_at: hour.plus_days(90),
            clipped: false,
            held: Some(replication::Held { by: at.partner, until: hour.plus_days(14) }),
            forked: [at.partner].into(),
        };
        at.store.apply(vec![Effect::Show(view)]).expect("held");
    }
    let rows = at.office.library(&member(), &LibraryFilter::default()).expect("a list");
    assert_eq!(rows.iter().map(|row| (row.id, row.held)).collect::<Vec<_>>(), [(mine, true)]);
    assert!(matches!(at.office.resource(&member(), theirs), Err(Error::Refused("resource-held"))));
    let seen = at.office.resource(&member(), mine).expect("a page");
    assert_eq!(seen.held.map(|held| held.by), Some("Aartselaar".to_owned()));
    assert_eq!(seen.forked, [(at.partner, "Aartselaar".to_owned())]);
    let today = at.office.today(&member()).expect("a list");
    assert!(today.waits_for_me.contains(&TodayItem::ResourceHeld { resource: mine, title: "Verborgen".to_owned() }));
    assert!(today.new_in_network.is_empty(), "nor is it told of as news");

    assert!(matches!(at.office.lift_resource(&member(), theirs), Err(Error::Refused("not-ours"))));
    assert!(matches!(at.office.renew_resource(&member(), theirs), Err(Error::Refused("not-ours"))));
    assert!(matches!(at.office.cut_writer(&member(), theirs, at.partner, true), Err(Error::Refused("not-ours"))));
    at.office.lift_resource(&member(), mine).expect("asked");
    at.office.cut_writer(&member(), mine, at.partner, true).expect("asked");
    let by = at.office.renew_resource(&member(), mine).expect("asked");
    let expires_at = casework::ports::Clock::now(&*at.clock).hour().plus_days(400);
    assert_eq!(
        at.carry_out(),
        [
            Outgoing::Lift { document: mine },
            Outgoing::Cut { document: mine, author: at.partner, bar: true },
            Outgoing::Replace { document: mine, by, expires_at },
        ]
    );
    let administrator = actor(AccountRole::Administrator);
    assert!(matches!(at.office.hold_resource(&administrator, mine), Err(Error::Forbidden)));
}

#[test]
fn remarks_and_withdrawing() {
    let at = office_for_tests();
    let id = written(&at, &page("De bib", "Boeken", ""));
    let remark = at.office.comment(&member(), id, "  Ook op zaterdag?\r\n", Some("c1")).expect("a remark");
    at.office.comment(&member(), id, "Ook op zaterdag?", Some("c1")).expect("the same form");
    assert_eq!(at.carry_out().len(), 1);
    let theirs = Comment { resource: id, text: schemas::text::Text::new("Ja").expect("short") };
    at.arrive(at.partner, at.circle, DocumentId([5; 16]), theirs.into_value());
    let comments = at.office.resource(&member(), id).expect("a page").comments;
    let mut said: Vec<_> =
        comments.iter().map(|comment| (comment.by.as_str(), comment.text.as_str(), comment.mine)).collect();
    said.sort_unstable();
    assert_eq!(said, [("Aartselaar", "Ja", false), ("Borsbeek", "Ook op zaterdag?", true)]);
    for (text, code) in [(" ", "missing"), ("85.07.30-033.28", "rrn")] {
        match at.office.comment(&member(), id, text, None) {
            Err(Error::Invalid(errors)) => assert_eq!(errors[0].code, code),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(at.office.withdraw_comment(&member(), DocumentId([5; 16])), Err(Error::Refused("not-ours"))));
    at.office.withdraw_comment(&member(), remark).expect("taken back");
    at.office.withdraw_resource(&member(), id).expect("withdrawn");
    assert_eq!(at.carry_out(), [Outgoing::Erase { document: remark }, Outgoing::Erase { document: id }]);
    let theirs = page("Van hen", "Tekst", "").into_value();
    at.arrive(at.partner, at.circle, DocumentId([6; 16]), theirs);
    assert!(matches!(at.office.withdraw_resource(&member(), DocumentId([6; 16])), Err(Error::Refused("not-ours"))));
}

#[test]
fn an_administrator_reads_only() {
    let at = office_for_tests();
    let id = written(&at, &page("De bib", "Boeken", ""));
    let administrator = actor(AccountRole::Administrator);
    let page_of = at.office.resource(&administrator, id).expect("a page");
    assert!(!page_of.may_write);
    let edit = at.office.save_resource(&administrator, id, &page_of.heads, page("x", "y", ""), None);
    assert!(matches!(edit, Err(Error::Forbidden)));
    assert!(matches!(at.office.create_resource(&administrator, None, page("x", "y", ""), None), Err(Error::Forbidden)));
}
