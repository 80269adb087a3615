//! What becomes of matches, cards and contact sheets when a partner is suspended, resumed or left.

mod towns;

use casework::library::form::parse_resource_form;
use casework::office::AccountRole;
use casework::people::Side;
use casework::ports::Outgoing;
use casework::ports_matches::{DuoStage, IncomingStage, OutgoingStage};
use casework::{Actor, Error};
use replication::{DocumentView, Effect};
use schemas::{DocumentId, Kind, RootId, Shared};
use towns::{CIRCLE, Town, converge, els, root_of, two_towns};

fn administrator() -> Actor {
    Actor::new(Some(2), "Bram", AccountRole::Administrator)
}

/// Borsbeek's newcomer and Aartselaar's mentor, with an open proposal between them.
fn asked() -> ([Town; 2], DocumentId) {
    let mut towns = two_towns();
    let (newcomer, _) = towns[0].shared(Side::Newcomer, "Amina", 0);
    let (_, offer) = towns[1].shared(Side::Mentor, "Jan", 2);
    converge(&mut towns);
    let proposal = towns[0].office().propose(&els(), newcomer, offer).expect("a proposal");
    converge(&mut towns);
    (towns, proposal)
}

fn matched() -> ([Town; 2], DocumentId) {
    let (mut towns, proposal) = asked();
    towns[1].office().record_mentor_asked(&els(), proposal).expect("asked");
    towns[1].office().answer_yes(&els(), proposal).expect("a place");
    converge(&mut towns);
    towns[0].office().confirm(&els(), proposal).expect("confirmed");
    converge(&mut towns);
    (towns, proposal)
}

#[test]
fn a_suspended_partner_is_hidden_and_nothing_about_it_moves() {
    let (mut towns, proposal) = asked();
    let borsbeek = towns[0].me;
    let office = towns[1].office().clone();
    assert!(matches!(office.suspend_partner(&els(), borsbeek, "x"), Err(Error::Forbidden)), "a coordinator may not");
    assert!(matches!(office.suspend_partner(&administrator(), towns[1].me, "x"), Err(Error::NotFound)));
    assert!(office.suspend_partner(&administrator(), borsbeek, &"x".repeat(301)).is_err());
    office.suspend_partner(&administrator(), borsbeek, "verdacht").expect("suspended");
    office.suspend_partner(&Actor::program(), borsbeek, "later").expect("twice is once");

    let cards = |town: &Town| {
        let me = town.me;
        town.look(move |records| Ok(records.documents(Kind::MatchRequest)?.into_iter().any(|card| card.owner != me)))
    };
    assert!(!cards(&towns[1]), "its cards are not shown");
    assert!(office.answer_yes(&els(), proposal).is_err(), "no answer is given");
    drop(office);
    towns[1].crash();
    towns[1].pass_days(40);
    towns[1].office().settle_matches().expect("settled");
    let stage = |town: &Town| town.look(move |records| records.incoming(proposal)).expect("known").stage;
    assert_eq!(stage(&towns[1]), IncomingStage::Open, "it neither lapsed nor was taken back");
    let page = towns[1].office().partner_page(&administrator(), borsbeek).expect("a page");
    let suspension = page.suspended.expect("suspended");
    assert_eq!((suspension.why.as_str(), suspension.by.as_str()), ("verdacht", "Bram"));
    assert!(page.received.iter().any(|one| one.kind == Some(Kind::MentorOffer) && one.person.is_some()));
    let named = towns[1].look(|records| records.circles()).into_iter().find(|circle| circle.id == CIRCLE);
    assert_eq!(named.expect("the circle").members, [towns[1].me], "nothing is published to it");

    assert!(!towns[1].office().partner_left(borsbeek).expect("passed over"), "its key may be a thief's");

    towns[1].office().resume_partner(&administrator(), borsbeek).expect("resumed");
    assert!(cards(&towns[1]));
    let named = towns[1].look(|records| records.circles()).into_iter().find(|circle| circle.id == CIRCLE);
    assert_eq!(named.expect("the circle").members.len(), 2);
    assert_eq!(stage(&towns[1]), IncomingStage::Open);
}

#[test]
fn a_partner_that_is_left_takes_its_matches_and_contact_sheets_along() {
    let (towns, proposal) = matched();
    let aartselaar = towns[1].me;
    let office = towns[0].office().clone();
    assert!(towns[0].look(move |records| records.sheet(proposal)).is_some(), "the mentor's sheet came");
    let page = office.partner_page(&administrator(), aartselaar).expect("a page");
    assert!(page.received.iter().any(|one| one.kind.is_none()), "a sheet was handed over");
    assert!(matches!(office.leave_partner(&els(), aartselaar), Err(Error::Forbidden)));
    office.leave_partner(&administrator(), aartselaar).expect("left");

    assert!(towns[0].look(move |records| records.sheet(proposal)).is_none());
    assert!(towns[0].look(|records| records.duos()).iter().all(|duo| duo.stage == DuoStage::Cancelled));
    let sent = towns[0].look(move |records| records.outgoing(proposal)).expect("known");
    assert!(matches!(sent.stage, OutgoingStage::Ended(_)));
    assert!(towns[0].look(|records| records.partners()).is_empty());
    let departures = office.departures().expect("a list");
    assert_eq!((departures[0].root, departures[0].confirmed_at), (aartselaar, None));
    let pair = schemas::CircleId::pair(towns[0].me, aartselaar);
    let waits = towns[0].store().outbox_next(0).expect("the outbox");
    assert!(
        !waits.iter().any(|(_, command)| matches!(
            command,
            casework::ports::Outgoing::Publish { circle, .. } if *circle == pair
        )),
        "nothing waits for a partner that is gone"
    );
    assert!(matches!(office.leave_partner(&administrator(), aartselaar), Err(Error::NotFound)));
    towns[0].office().settle_matches().expect("settling goes on");

    // The other side hears it, and ends it too.
    let borsbeek = towns[0].me;
    assert!(towns[1].office().partner_left(borsbeek).expect("noted"));
    assert!(towns[1].office().partner_left(borsbeek).expect("twice is once"));
    assert!(towns[1].look(move |records| records.sheet(proposal)).is_none());
    let came = towns[1].look(move |records| records.incoming(proposal)).expect("known");
    assert_eq!(came.stage, IncomingStage::Withdrawn);
    towns[1].office().departure_confirmed(borsbeek, vec![1]).expect("noted");
    assert!(towns[1].office().departures().expect("a list")[0].confirmed_at.is_some());
}

/// A page of `owner` that the town shows.
fn page(town: &Town, owner: RootId, number: u8) -> DocumentId {
    let document = DocumentId([number; 16]);
    let fields = [("title", "De bib"), ("body", "Boeken"), ("kind", "welcome_sheet"), ("language", "nl")];
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let hour = town.now().hour();
    let view = DocumentView {
        circle: CIRCLE,
        document,
        owner,
        value: parse_resource_form(&fields).expect("a fine form").into_value(),
        heads: vec![[number; 32]],
        writers: [(owner, 1)].into(),
        changed_at: hour,
        expires_at: hour.plus_days(300),
        clipped: false,
        held: None,
        forked: std::collections::BTreeSet::new(),
    };
    town.store().apply(vec![Effect::Show(view)]).expect("shown");
    document
}

fn waits(town: &Town) -> Vec<Outgoing> {
    town.store().outbox_next(0).expect("the outbox").into_iter().map(|(_, command)| command).collect()
}

#[test]
fn what_a_partner_adds_to_our_pages_is_cut_when_it_is_suspended_or_left() {
    let towns = two_towns();
    let (office, borsbeek, me) = (towns[1].office(), towns[0].me, towns[1].me);
    let ours = page(&towns[1], me, 1);
    page(&towns[1], borsbeek, 2);
    office.suspend_partner(&administrator(), borsbeek, "").expect("suspended");
    office.suspend_partner(&administrator(), borsbeek, "").expect("twice is once");
    assert_eq!(waits(&towns[1]), [Outgoing::Suspend { document: ours, author: borsbeek }], "not in its own");
    office.resume_partner(&administrator(), borsbeek).expect("resumed");
    assert_eq!(waits(&towns[1])[1..], [Outgoing::Resume { document: ours, author: borsbeek }]);
    office.leave_partner(&administrator(), borsbeek).expect("left");
    assert_eq!(waits(&towns[1])[2..], [Outgoing::Cut { document: ours, author: borsbeek, bar: true }]);
    let shown = towns[1].look(|records| records.documents(Kind::Resource));
    assert_eq!(shown.iter().map(|page| page.owner).collect::<Vec<_>>(), [me], "its own pages went with it");
}

/// A match of which both persons said yes.
fn running() -> ([Town; 2], DocumentId) {
    let (mut towns, proposal) = matched();
    for town in &towns {
        let duo = town.look(|records| records.duos())[0].id;
        town.office().say(&els(), duo, true).expect("a yes");
    }
    converge(&mut towns);
    (towns, proposal)
}

#[test]
fn the_duos_of_a_partner_that_merged_go_on_and_its_cards_go() {
    let (mut towns, proposal) = running();
    let (aartselaar, antwerpen) = (towns[1].me, root_of("11002"));
    let pages = [page(&towns[0], aartselaar, 1), page(&towns[0], towns[0].me, 2)];
    towns[0].office().partner_merged(aartselaar).expect("nothing is known of it");
    assert_eq!(towns[0].look(|records| records.partners()).len(), 1);

    towns[0].hears_of_merger(aartselaar, antwerpen);
    towns[0].office().suspend_partner(&administrator(), aartselaar, "").expect("suspended");
    towns[0].office().partner_merged(aartselaar).expect("not while it is suspended");
    assert_eq!(towns[0].look(|records| records.partners()).len(), 1);
    towns[0].office().resume_partner(&administrator(), aartselaar).expect("resumed");
    towns[0].office().partner_merged(aartselaar).expect("merged");
    towns[0].office().partner_merged(aartselaar).expect("twice is once");

    assert!(towns[0].look(|records| records.partners()).is_empty());
    let departure = towns[0].office().departures().expect("a list").remove(0);
    assert_eq!((departure.successor, departure.by.as_str()), (Some(antwerpen), "Aartselaar"));
    assert!(towns[0].look(|records| records.documents(Kind::MentorOffer)).is_empty());
    let shown = towns[0].look(|records| records.documents(Kind::Resource));
    assert_eq!(shown.iter().map(|page| page.id).collect::<Vec<_>>(), pages, "what was written together stays");
    let runs = |town: &Town| town.look(|records| records.duos())[0].stage == DuoStage::Running;
    assert!(runs(&towns[0]) && towns[0].look(move |records| records.sheet(proposal)).is_some());
    towns[0].crash();
    towns[0].hears_of_merger(aartselaar, antwerpen);
    towns[0].pass_days(60);
    towns[0].office().settle_matches().expect("settled");
    assert!(runs(&towns[0]), "nothing ends it but people");
    let duo = towns[0].look(|records| records.duos())[0].id;
    let shown = towns[0].office().duo(&els(), duo).expect("a page");
    assert!(format!("{shown:?}").contains("Aartselaar"), "under the name that people know");

    // The one that merged hears that it was left, and keeps its own side of the duo too.
    let borsbeek = towns[0].me;
    towns[1].hears_of_merger(aartselaar, antwerpen);
    assert!(towns[1].office().partner_left(borsbeek).expect("noted"));
    towns[1].office().settle_matches().expect("settled");
    assert!(runs(&towns[1]) && towns[1].look(|records| records.partners()).is_empty());
}

#[test]
fn open_proposals_end_with_a_merger_and_the_successor_opens_the_pages_anew() {
    let (towns, proposal) = asked();
    let (borsbeek, aartselaar) = (towns[0].me, towns[1].me);
    let theirs = page(&towns[1], borsbeek, 1);
    let ours = page(&towns[1], aartselaar, 2);
    towns[1].hears_of_merger(borsbeek, aartselaar);
    towns[1].office().leave_partner(&administrator(), borsbeek).expect("by hand is the same");
    let came = towns[1].look(move |records| records.incoming(proposal)).expect("known");
    assert_eq!(came.stage, IncomingStage::Withdrawn);
    let commands = waits(&towns[1]);
    let replaced: Vec<DocumentId> = commands
        .iter()
        .filter_map(|command| match command {
            Outgoing::Replace { document, .. } => Some(*document),
            _ => None,
        })
        .collect();
    assert_eq!(replaced, [theirs]);
    assert!(commands.contains(&Outgoing::Cut { document: ours, author: borsbeek, bar: true }));
    assert_eq!(towns[1].office().departures().expect("a list")[0].successor, Some(aartselaar));

    // What it opened since comes by way of somebody who has not gone on yet.
    let late = page(&towns[1], borsbeek, 3);
    for _ in 0..2 {
        towns[1].office().take_over_late_pages().expect("looked");
    }
    let since = waits(&towns[1]).split_off(commands.len());
    assert!(matches!(since[..], [Outgoing::Replace { document, .. }] if document == late), "{since:?}");

    // One that was written by a clock that was wrong is refused, and asked again.
    let (number, _) = towns[1].store().outbox_next(0).expect("the outbox").pop().expect("the late one");
    let refused = Effect::Settled { number: number.unsigned_abs(), outcome: Err(schemas::Refusal::TooLong) };
    towns[1].store().apply(vec![refused]).expect("a refusal");
    assert_eq!(waits(&towns[1]).len(), commands.len());
    towns[1].office().take_over_late_pages().expect("looked");
    assert_eq!(waits(&towns[1]).len(), commands.len() + 1);
    assert!(towns[1].look(|records| records.refused()).is_empty(), "of no use any more");
}
