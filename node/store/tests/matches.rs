//! From proposal to duo between two municipalities on real stores, step by step.

#[path = "matches/said_again.rs"]
mod said_again;
mod towns;

use casework::duo_state::Event;
use casework::duo_view::{DuoPerson, PartnerItem, TodayItem};
use casework::people::{PersonData, PersonId, Purpose, Side};
use casework::ports_matches::{DuoId, DuoLine, DuoStage, HandoverStage, IncomingStage, OutgoingEnd, OutgoingStage};
use casework::search_view::{Blocker, ListRemark, MentorWho, ProposalPage};
use casework::{Error, Office, answer, matching, own_rules, proposal};
use matching::Remark;
use schemas::border::SCHEMA;
use schemas::bounded::Net;
use schemas::documents::{Exchange, NoReason};
use schemas::ids::DocumentId;
use schemas::text::Text;
use schemas::vocabulary::{About, Languages, Sex, Slots, Strength, Wish};
use schemas::{Kind, MunicipalityCard, SharedValue};
use std::num::NonZeroU16;
use towns::{Town, converge, els, two_towns};

/// A newcomer in Borsbeek, a mentor in Aartselaar, both shared.
fn met() -> ([Town; 2], PersonId, (PersonId, DocumentId)) {
    let mut towns = two_towns();
    let (newcomer, _) = towns[0].shared(Side::Newcomer, "Farid", 0);
    let mentor = towns[1].shared(Side::Mentor, "Jan", 1);
    converge(&mut towns);
    (towns, newcomer, mentor)
}

fn reserved() -> ([Town; 2], PersonId, PersonId, DocumentId) {
    let (mut towns, newcomer, (mentor, offer)) = met();
    let proposal = towns[0].office().propose(&els(), newcomer, offer).expect("a proposal");
    converge(&mut towns);
    towns[1].office().record_mentor_asked(&els(), proposal).expect("asked");
    towns[1].office().answer_yes(&els(), proposal).expect("a place");
    converge(&mut towns);
    (towns, newcomer, mentor, proposal)
}

fn matched() -> ([Town; 2], PersonId, PersonId, DocumentId) {
    let (mut towns, newcomer, mentor, proposal) = reserved();
    towns[0].office().confirm(&els(), proposal).expect("confirmed");
    converge(&mut towns);
    (towns, newcomer, mentor, proposal)
}

fn duo_of(office: &Office) -> DuoId {
    office.duos(&els()).expect("duos").first().expect("a duo").id
}

fn stage_of(office: &Office) -> DuoStage {
    office.duos(&els()).expect("duos").first().expect("a duo").stage
}

fn refused<T: std::fmt::Debug>(result: casework::Result<T>, code: &str) {
    match result {
        Err(Error::Refused(found)) => assert_eq!(found, code),
        other => panic!("{other:?} instead of {code}"),
    }
}

#[test]
fn own_rules_count_at_once_and_are_shared() {
    let (mut towns, newcomer, _) = met();
    let rules = |points: &str, level: &str| {
        let mut fields = own_rules::rules_to_form(&matching::Rules::usual());
        fields
            .iter_mut()
            .filter(|(name, _)| name == "points.domains")
            .for_each(|(_, value)| *value = points.to_owned());
        fields.iter_mut().filter(|(name, _)| name == "min_dutch").for_each(|(_, value)| *value = level.to_owned());
        fields
    };
    let office = towns[0].office().clone();
    let before = office.search(&els(), newcomer).expect("a page").cards[0].score.total;
    for (points, level, codes) in
        [("-1", "A2", vec!["points"]), ("1001", "Z9", vec!["cefr-unknown", "points"]), ("", "A2", vec!["points"])]
    {
        match office.set_rules(&els(), &rules(points, level)) {
            Err(Error::Invalid(errors)) => assert_eq!(errors.iter().map(|e| e.code).collect::<Vec<_>>(), codes),
            other => panic!("{other:?}"),
        }
    }
    let nothing: Vec<(String, String)> = rules("0", "A2")
        .into_iter()
        .map(|(name, value)| (name.clone(), if name == "min_dutch" { value } else { "0".into() }))
        .collect();
    assert!(
        matches!(office.set_rules(&els(), &nothing), Err(Error::Invalid(errors)) if errors[0].code == "points-none")
    );
    assert_eq!(office.search(&els(), newcomer).expect("a page").cards[0].score.total, before);
    office.set_rules(&els(), &rules("1000", "A2")).expect("saved");
    assert!(office.search(&els(), newcomer).expect("a page").cards[0].score.total > before);
    converge(&mut towns);
    let page = towns[1].office().rules_page(&els()).expect("a page");
    assert_eq!(page.own, matching::Rules::usual());
    let theirs = page.partners[0].rules.expect("shared rules");
    assert_eq!((theirs.weights.domains, page.partners[0].newer), (1000, false));
}

/// Cards that fit nobody, or few, and a partner who is ahead: each is said, the others are matched.
#[test]
fn bad_cards_are_remarked_on_and_the_others_matched() {
    let (mut towns, farid, (_, offer)) = met();
    let office = towns[0].office().clone();
    let person = |side, name: &str, bend: &dyn Fn(&mut PersonData)| {
        let id = towns[0].somebody(side, name, 1);
        let mut file = towns[0].look(move |records| records.person(id)).expect("a file");
        bend(&mut file.data);
        office.save_person(&els(), Some((id, file.version)), file.data, None).expect("saved");
        id
    };
    let torn = person(Side::Newcomer, "Rania", &|data| {
        data.wishes =
            [Sex::Female, Sex::Male].map(|sex| Wish { about: About::Sex(sex), strength: Strength::Must }).into();
    });
    let here = person(Side::Newcomer, "Samir", &|data| data.radius_km = 0);
    let busy = person(Side::Mentor, "An", &|data| data.slots = Slots::none());
    // A partner without a slot, one whose rules hold what nobody here can read, and its newer card.
    let root = towns[1].me;
    let theirs = towns[0].look(move |records| records.document(offer)).expect("their mentor");
    let SharedValue::MentorOffer(mut idle) = theirs.value else { panic!("no offer") };
    idle.availability = Slots::none();
    towns[0].receive(root, DocumentId([7; 16]), SharedValue::MentorOffer(idle));
    converge(&mut towns);
    let newer = MunicipalityCard {
        refnis: "11001".parse().expect("Aartselaar"),
        kbo: None,
        name: Text::new("Aartselaar").expect("a line"),
        office: Text::new("onthaal@example.be").expect("a line"),
        languages: Languages::default(),
        schema: NonZeroU16::new(SCHEMA + 1).expect("from one"),
        away_until: None,
    };
    towns[0].receive(root, DocumentId([8; 16]), SharedValue::MunicipalityCard(newer));
    let list = office.whole_list(&els()).expect("a list");
    let remarks = [
        ListRemark::Newcomer(torn, "Rania Peeters".into(), Remark::WishesContradict),
        ListRemark::Newcomer(here, "Samir Peeters".into(), Remark::OnlyAtHome),
        ListRemark::Mentor(busy, "An Peeters".into(), Remark::NoSlots),
        ListRemark::Partners("Aartselaar".into(), Remark::NoSlots, 1),
        ListRemark::Newer("Aartselaar".into()),
        ListRemark::Merged("11007".parse().expect("Borsbeek")),
    ];
    assert_eq!(list.remarks, remarks);
    let matched: Vec<PersonId> = list.drafts.iter().map(|draft| draft.newcomer).collect();
    assert_eq!(matched, [farid]);
    assert_eq!(office.search(&els(), torn).expect("a page").remarks, [Remark::WishesContradict]);
    assert_eq!(office.search(&els(), farid).expect("a page").remarks, []);
    assert_eq!(office.best_newcomers(&els(), busy).expect("a page").remarks, [Remark::NoSlots]);
    // What its rules say that we cannot read does not count; the usual ones do.
    let page = office.rules_page(&els()).expect("a page");
    assert!(page.partners[0].newer && page.partners[0].rules.is_none());
}

fn capacity_seen(town: &Town, offer: DocumentId) -> u8 {
    match town.look(move |records| records.document(offer)).map(|document| document.value) {
        Some(schemas::SharedValue::MentorOffer(card)) => card.capacity_left.get(),
        other => panic!("no offer but {other:?}"),
    }
}

#[test]
fn the_whole_way_to_a_running_duo() {
    let (mut towns, newcomer, (mentor, offer)) = met();
    let page = towns[0].office().search(&els(), newcomer).expect("a page");
    assert!(page.request_published && page.blockers.is_empty());
    let card = page.cards.first().expect("a mentor");
    assert!(matches!(&card.who, MentorWho::Partner { municipality, .. } if municipality.name == "Aartselaar"));
    assert_eq!(card.why_not_first, None);
    assert!(page.map.iter().any(|place| place.name == "Aartselaar" && place.mentors == 1));

    let proposal = towns[0].office().propose(&els(), newcomer, offer).expect("a proposal");
    assert_eq!(towns[0].office().propose(&els(), newcomer, offer).expect("the same"), proposal);
    converge(&mut towns);

    let row = towns[1].office().proposals(&els()).expect("proposals").incoming.remove(0);
    assert_eq!((row.document, row.mentor), (proposal, Some(mentor)));
    refused(towns[1].office().answer_yes(&els(), proposal), "mentor-not-asked");
    towns[1].office().record_mentor_asked(&els(), proposal).expect("asked");
    towns[1].office().answer_yes(&els(), proposal).expect("a place");
    towns[1].office().answer_yes(&els(), proposal).expect("the same place");
    converge(&mut towns);
    assert_eq!(capacity_seen(&towns[0], offer), 0);
    let today = towns[0].office().today(&els()).expect("today");
    assert!(matches!(today.waits_for_me.first(), Some(TodayItem::Confirm { .. })));

    towns[0].office().confirm(&els(), proposal).expect("confirmed");
    towns[0].office().confirm(&els(), proposal).expect("once");
    converge(&mut towns);
    assert_eq!([stage_of(towns[0].office()), stage_of(towns[1].office())], [DuoStage::FirstMeeting; 2]);

    // Both contact sheets arrived, each at the other side, and the keys are gone.
    for (town, name) in [(&towns[0], "Jan Peeters"), (&towns[1], "Farid Peeters")] {
        let sheet = town.look(move |records| records.sheet(proposal)).expect("a sheet");
        assert_eq!(sheet.sheet.name, name);
        assert_eq!(town.look(move |records| records.one_time_key(proposal)), None);
        let sent = town.look(move |records| records.handover(proposal)).expect("a handover");
        assert_eq!((sent.stage, sent.message.len()), (HandoverStage::Delivered, 0));
    }
    let page = towns[0].office().duo(&els(), duo_of(towns[0].office())).expect("a duo");
    assert!(matches!(&page.row.mentor, DuoPerson::Partner { sheet: Some(sheet), .. } if sheet.name == "Jan Peeters"));

    let (here, there) = (duo_of(towns[0].office()), duo_of(towns[1].office()));
    towns[0].office().say(&els(), here, true).expect("a yes");
    converge(&mut towns);
    assert_eq!(stage_of(towns[1].office()), DuoStage::FirstMeeting);
    refused(towns[0].office().say(&els(), here, false), "already-said");
    towns[1].office().say(&els(), there, true).expect("a yes");
    converge(&mut towns);
    assert_eq!([stage_of(towns[0].office()), stage_of(towns[1].office())], [DuoStage::Running; 2]);
    // The newcomer waits no longer: the card is gone at the partner.
    let requests = towns[1].look(|records| records.documents(schemas::Kind::MatchRequest));
    assert!(requests.is_empty());

    let today = towns[0].now().date();
    towns[0].office().log_meeting(&els(), here, today, 90, "fietsen".to_owned()).expect("a meeting");
    let again = towns[0].office().log_meeting(&els(), here, today, 90, "fietsen".to_owned());
    assert_eq!(again.expect("the same meeting"), None, "nothing that undoing could take away");
    let wrong = towns[0].office().log_meeting(&els(), here, today, 60, "lezen".to_owned()).expect("a meeting");
    let wrong = wrong.expect("another meeting");
    converge(&mut towns);
    assert_eq!(towns[1].office().duo(&els(), there).expect("a duo").theirs.expect("their word").meetings, 2);
    // Taken away twice is once, and the other stays.
    for _ in 0..2 {
        towns[0].office().remove_from_duo(&els(), here, DuoLine::Meeting(wrong)).expect("gone");
    }
    converge(&mut towns);
    let page = towns[1].office().duo(&els(), there).expect("a duo");
    let theirs = page.theirs.expect("their word");
    assert_eq!((theirs.meetings, theirs.last_meeting), (1, Some(today.week())));
    towns[0].office().move_duo(&els(), here, Event::StartClosing).expect("closing");
    towns[0].office().move_duo(&els(), here, Event::GoOnAlone).expect("they go on");
    converge(&mut towns);
    assert_eq!([stage_of(towns[0].office()), stage_of(towns[1].office())], [DuoStage::Continues; 2]);
    let kept = towns[0].office().duo(&els(), here).expect("a duo").meetings[0].id;
    refused(towns[0].office().remove_from_duo(&els(), here, DuoLine::Meeting(kept)), "not-running");
    assert_eq!(capacity_seen(&towns[0], offer), 1);
}

#[test]
fn a_no_after_the_first_meeting_returns_the_place_and_excludes_the_pair() {
    let (mut towns, newcomer, mentor, proposal) = matched();
    let offer = towns[0].look(move |records| records.outgoing(proposal)).expect("ours").offer;
    assert_eq!(capacity_seen(&towns[0], offer), 0);
    let there = duo_of(towns[1].office());
    towns[1].office().say(&els(), there, false).expect("a no");
    converge(&mut towns);
    assert_eq!([stage_of(towns[0].office()), stage_of(towns[1].office())], [DuoStage::Failed; 2]);
    assert_eq!(capacity_seen(&towns[0], offer), 1);
    for town in &towns {
        assert_eq!(town.look(move |records| records.sheet(proposal)), None);
    }
    refused(towns[0].office().propose(&els(), newcomer, offer), "failed-before");
    assert!(towns[0].office().search(&els(), newcomer).expect("a page").cards.is_empty());
    // Under a fresh pseudonym only the mentor's municipality knows the pair.
    towns[1].office().withdraw(&els(), mentor).expect("withdrawn");
    let fresh = towns[1].office().publish(&els(), mentor, None).expect("a card");
    converge(&mut towns);
    let again = towns[0].office().propose(&els(), newcomer, fresh).expect("a proposal");
    converge(&mut towns);
    let page = towns[0].office().proposal(&els(), again).expect("a page");
    let ProposalPage::Outgoing { row, .. } = page else { panic!("ours") };
    let end = OutgoingEnd::Refused(NoReason::FailedBefore);
    assert_eq!(row.state, proposal::State::Ended(end));
}

#[test]
fn confirming_one_takes_the_others_back() {
    let (mut towns, newcomer, (_, offer)) = met();
    let (_, second) = towns[1].shared(Side::Mentor, "An", 1);
    converge(&mut towns);
    let first = towns[0].office().propose(&els(), newcomer, offer).expect("a proposal");
    let other = towns[0].office().propose(&els(), newcomer, second).expect("another");
    converge(&mut towns);
    for proposal in [first, other] {
        towns[1].office().record_mentor_asked(&els(), proposal).expect("asked");
        towns[1].office().answer_yes(&els(), proposal).expect("a place");
    }
    converge(&mut towns);
    towns[0].office().confirm(&els(), first).expect("confirmed");
    refused(towns[0].office().confirm(&els(), other), "not-reserved");
    converge(&mut towns);
    assert_eq!(capacity_seen(&towns[0], second), 1);
    let stages = towns[1].look(|records| records.all_incoming());
    let of = |id| stages.iter().find(|came| came.document == id).map(|came| came.stage);
    assert_eq!(of(first), Some(IncomingStage::Acknowledged));
    assert_eq!(of(other), Some(IncomingStage::Withdrawn));
}

#[test]
fn a_confirmation_that_comes_too_late_lapses_on_both_sides() {
    let (mut towns, newcomer, _, proposal) = reserved();
    // Ours is still within its time; theirs has passed it when the confirmation arrives.
    towns[0].office().confirm(&els(), proposal).expect("confirmed");
    towns[0].carry_out();
    towns[1].pass_days(15);
    let waiting = towns[0].waiting();
    assert!(waiting.contains(&proposal));
    converge(&mut towns);
    let came = towns[1].look(move |records| records.incoming(proposal)).expect("theirs");
    assert_eq!(came.stage, IncomingStage::Lapsed);
    let sent = towns[0].look(move |records| records.outgoing(proposal)).expect("ours");
    assert_eq!(sent.stage, OutgoingStage::Ended(OutgoingEnd::Lapsed));
    assert!(towns.iter().all(|town| town.office().duos(&els()).expect("duos").is_empty()));
    // The newcomer is free to be proposed again.
    let offer = sent.offer;
    assert!(towns[0].office().propose(&els(), newcomer, offer).is_ok());
}

#[test]
fn what_a_wrong_clock_ended_before_its_time_is_said_again() {
    let (mut towns, _, _, proposal) = reserved();
    let (here, there) = (towns[0].me, towns[1].me);
    towns[0].office().confirm(&els(), proposal).expect("confirmed");
    let (left, right) = towns.split_at_mut(1);
    left[0].deliver_all(&right[0]);
    right[0].office().settle_matches().expect("acknowledged");
    right[0].carry_out();
    // Before the acknowledgement arrives, both clocks jump ten years ahead, and back again.
    let came = right[0].look(move |records| records.incoming(proposal)).expect("theirs");
    assert_eq!(came.stage, IncomingStage::Acknowledged);
    let answer = came.answer.expect("an answer");
    let card = right[0].look(move |records| records.incoming(proposal)).expect("theirs").offer;
    for town in &mut towns {
        town.ends(here, proposal, Kind::Proposal);
        town.ends(there, answer, Kind::Answer);
        town.ends(there, card, Kind::MentorOffer);
    }
    // What was said just now may still be on its way.
    converge(&mut towns);
    assert!(towns[0].office().duos(&els()).expect("duos").is_empty());
    towns.iter().for_each(|town| town.pass_days(2));
    converge(&mut towns);
    let sent = towns[0].look(move |records| records.outgoing(proposal)).expect("ours");
    assert_eq!(sent.stage, OutgoingStage::Matched);
    for town in &towns {
        assert_eq!(stage_of(town.office()), DuoStage::FirstMeeting);
        assert!(town.look(move |records| records.sheet(proposal)).is_some(), "the sheet came too");
        assert!(town.look(move |records| records.document(answer)).is_some());
    }
    // A card too, and nothing is said once more.
    towns[1].office().tick().expect("a tick");
    towns[1].carry_out();
    assert!(towns[1].look(move |records| records.document(card)).is_some());
    let written: Vec<usize> = towns.iter().map(|town| town.written.values().map(Vec::len).sum()).collect();
    towns.iter().for_each(|town| town.pass_days(2));
    towns[1].office().tick().expect("a tick");
    converge(&mut towns);
    let again: Vec<usize> = towns.iter().map(|town| town.written.values().map(Vec::len).sum()).collect();
    assert_eq!(written, again);
    // Who confirmed and was taken for gone hears that it came too late.
    let (mut towns, _, _, proposal) = reserved();
    let here = towns[0].me;
    towns[1].ends(here, proposal, Kind::Proposal);
    towns[1].office().settle_matches().expect("settled");
    towns[0].office().confirm(&els(), proposal).expect("confirmed");
    converge(&mut towns);
    let sent = towns[0].look(move |records| records.outgoing(proposal)).expect("ours");
    assert_eq!(sent.stage, OutgoingStage::Ended(OutgoingEnd::Lapsed));
}

#[test]
fn without_an_answer_it_reminds_and_then_lapses() {
    let (mut towns, newcomer, (_, offer)) = met();
    let proposal = towns[0].office().propose(&els(), newcomer, offer).expect("a proposal");
    converge(&mut towns);
    // Nine days from a Monday are seven opening days.
    towns.iter().for_each(|town| town.pass_days(9));
    let today = towns[0].office().today(&els()).expect("today");
    let reminded = |item: &PartnerItem| matches!(item, PartnerItem::ForAnswer { days: 7, reminded: true, .. });
    assert!(today.waits_for_partner.iter().any(reminded));
    let row = towns[1].office().proposals(&els()).expect("proposals").incoming.remove(0);
    assert_eq!(row.state, answer::State::Open { days: 7, reminded: true });
    towns.iter().for_each(|town| town.pass_days(9));
    converge(&mut towns);
    let sent = towns[0].look(move |records| records.outgoing(proposal)).expect("ours");
    assert_eq!(sent.stage, OutgoingStage::Ended(OutgoingEnd::Unanswered));
    let came = towns[1].look(move |records| records.incoming(proposal)).expect("theirs");
    assert_eq!(came.stage, IncomingStage::Withdrawn);
    refused(towns[1].office().answer_yes(&els(), proposal), "not-open");
}

#[test]
fn nothing_is_proposed_before_its_conditions_hold() {
    let (mut towns, _, (_, offer)) = met();
    let local = towns[0].somebody(Side::Newcomer, "Sara", 0);
    refused(towns[0].office().propose(&els(), local, offer), "not-shared");
    assert_eq!(towns[0].office().search(&els(), local).expect("a page").blockers, [Blocker::NotShared]);
    let today = towns[0].now().date();
    towns[0].office().record_consent(&els(), &[local], Purpose::CrossBorder, false, today, "1").expect("a no");
    refused(towns[0].office().propose(&els(), local, offer), "no-consent");
    refused(towns[0].office().propose(&els(), local, DocumentId([0; 16])), "no-consent");
    let (newcomer, _) = towns[0].shared(Side::Newcomer, "Rania", 0);
    refused(towns[0].office().propose(&els(), newcomer, DocumentId([0; 16])), "offer-gone");
    let member = casework::Actor { role: casework::office::AccountRole::Member, ..els() };
    assert!(matches!(towns[0].office().propose(&member, newcomer, offer), Err(Error::Forbidden)));
    assert!(matches!(towns[0].office().search(&member, newcomer), Err(Error::Forbidden)));
    let today = towns[0].office().today(&member).expect("a member's today");
    assert_eq!((today.waits_for_partner.len(), today.value_of_circle), (0, None));
}

#[test]
fn two_who_ask_for_one_place() {
    let (mut towns, newcomer, (_, offer)) = met();
    let (second, _) = towns[0].shared(Side::Newcomer, "Rania", 0);
    let proposals: Vec<DocumentId> = [newcomer, second]
        .into_iter()
        .map(|who| towns[0].office().propose(&els(), who, offer).expect("a proposal"))
        .collect();
    converge(&mut towns);
    for proposal in &proposals {
        towns[1].office().record_mentor_asked(&els(), *proposal).expect("asked");
    }
    towns[1].office().answer_yes(&els(), proposals[0]).expect("the place");
    refused(towns[1].office().answer_yes(&els(), proposals[1]), "no-place");
    refused(towns[1].office().answer_no(&els(), proposals[0], NoReason::MentorDeclined, false), "yes-said");
    refused(towns[1].office().answer_yes(&els(), proposals[1]), "no-place");
    towns[1].office().answer_no(&els(), proposals[0], NoReason::MentorDeclined, true).expect("a no");
    towns[1].office().answer_yes(&els(), proposals[1]).expect("the place is free again");
}

#[test]
fn a_partners_card_under_the_number_of_ours_takes_nobodys_place() {
    let [mut town, partner] = two_towns();
    let (mentor, card) = town.shared(Side::Mentor, "Jan", 1);
    let (newcomer, _) = town.shared(Side::Newcomer, "Farid", 0);
    let ours = town.look(move |records| records.documents(schemas::Kind::MentorOffer));
    let value = ours.into_iter().find(|document| document.id == card).expect("it is out").value;
    town.holds(partner.me, card, value);
    let list = town.office().whole_list(&els()).expect("a list");
    let [draft] = &list.drafts[..] else { panic!("one match: {list:?}") };
    assert_eq!(draft.newcomer, newcomer);
    assert!(matches!(draft.mentor, MentorWho::Own { person, .. } if person == mentor), "{draft:?}");
}

/// What bars a newcomer who is not shared from a partner's mentors does not bar a mentor of ours.
#[test]
fn a_partners_card_under_the_number_of_ours_bars_nobody_from_it() {
    let [mut town, partner] = two_towns();
    let (mentor, card) = town.shared(Side::Mentor, "Jan", 1);
    let newcomer = town.somebody(Side::Newcomer, "Farid", 0);
    let ours = town.look(move |records| records.documents(schemas::Kind::MentorOffer));
    let SharedValue::MentorOffer(mut value) = ours.into_iter().find(|one| one.id == card).expect("out").value else {
        panic!("no offer")
    };
    value.wishes = schemas::vocabulary::Set::new([Wish { about: About::Sex(Sex::Female), strength: Strength::Must }])
        .expect("one wish");
    town.holds(partner.me, card, SharedValue::MentorOffer(value.clone()));
    // A mentor of the partner alone is for nobody here who is not shared.
    town.holds(partner.me, DocumentId([7; 16]), SharedValue::MentorOffer(value));
    let list = town.office().whole_list(&els()).expect("a list");
    let [draft] = &list.drafts[..] else { panic!("one match: {list:?}") };
    assert_eq!(draft.newcomer, newcomer);
    assert!(matches!(draft.mentor, MentorWho::Own { person, .. } if person == mentor), "{draft:?}");
    let second = town.somebody(Side::Newcomer, "Rania", 0);
    let list = town.office().whole_list(&els()).expect("a list");
    assert_eq!(list.without, [(second, "Rania Peeters".to_owned())]);
    assert_eq!(list.drafts.iter().map(|draft| draft.newcomer).collect::<Vec<_>>(), [newcomer]);
}

/// The kept list is that of an office that begins now, whatever happens in between.
#[test]
fn the_whole_list_follows_what_happens() {
    let (mut towns, farid, (_, offer)) = met();
    let mut steps = 0;
    let mut same = |towns: &[Town; 2], found: usize| {
        steps += 1;
        let mut seen = Vec::new();
        for town in towns {
            let (kept, anew) = (town.office(), town.another_office());
            let list = kept.whole_list(&els()).expect("a list");
            assert_eq!(list, anew.whole_list(&els()).expect("a list"));
            let worth = |office: &Office| office.value_of_circle(&els()).expect("numbers");
            assert_eq!(worth(kept), worth(&anew));
            let sizes = |office: &Office| office.circle_sizes(&els()).expect("sizes");
            assert_eq!(sizes(kept), sizes(&anew));
            for asked in [Exchange::default(), Exchange { lends: Some(Net::clamped(0)), ..Exchange::default() }] {
                let balance = |office: &Office| office.circle_balance(&els(), asked).expect("a list");
                assert_eq!(balance(kept), balance(&anew));
            }
            seen.push(list);
        }
        assert_eq!(seen[0].drafts.len(), found, "step {steps}: {:?}", seen[0]);
        seen
    };
    let seen = same(&towns, 1);
    // Both towns hold the same cards, and find the same list for the circle.
    let [circle] = &seen[0].circles[..] else { panic!("one circle: {seen:?}") };
    assert_eq!(seen[1].circles, seen[0].circles);
    assert_eq!((circle.circle.as_str(), circle.requests, circle.matches), ("BAM", 1, 1));
    let second = towns[0].somebody(Side::Newcomer, "Rania", 0);
    assert_eq!(same(&towns, 1)[0].circles, seen[0].circles, "who is not shared is in no list of the circle");
    let mentor = towns[0].somebody(Side::Mentor, "An", 1);
    same(&towns, 2);
    let (_, card) = towns[0].shared(Side::Newcomer, "Samir", 0);
    let apart = same(&towns, 2);
    assert_ne!(apart[0].circles, apart[1].circles, "the card has not arrived yet");
    converge(&mut towns);
    let together = same(&towns, 2);
    assert_eq!((together[0].circles[0].requests, &together[0].circles), (2, &together[1].circles));
    let SharedValue::MatchRequest(mut changed) = towns[0].look(move |r| r.document(card)).expect("a card").value else {
        panic!("no request")
    };
    changed.radius_km = schemas::bounded::Kilometres::clamped(1);
    towns[1].holds(towns[0].me, card, SharedValue::MatchRequest(changed));
    same(&towns, 2);
    let duo = towns[0].office().match_locally(&els(), second, mentor).expect("a duo");
    same(&towns, 1);
    towns[0].office().say_for(&els(), duo, Side::Newcomer, false).expect("a no");
    same(&towns, 2);
    let usual = matching::Rules::usual();
    let strict = schemas::MatchingRules { min_dutch: schemas::vocabulary::Cefr::C2, ..usual };
    for (rules, found) in [(strict, 1), (usual, 2)] {
        towns[0].office().set_rules(&els(), &own_rules::rules_to_form(&rules)).expect("rules");
        same(&towns, found);
    }
    let proposal = towns[0].office().propose(&els(), farid, offer).expect("a proposal");
    converge(&mut towns);
    towns[1].office().record_mentor_asked(&els(), proposal).expect("asked");
    towns[1].office().answer_no(&els(), proposal, NoReason::MentorDeclined, false).expect("a no");
    converge(&mut towns);
    same(&towns, 2);
}

#[test]
fn matched_here() {
    let [town, _] = two_towns();
    let newcomer = town.somebody(Side::Newcomer, "Farid", 0);
    let mentor = town.somebody(Side::Mentor, "Jan", 1);
    let second = town.somebody(Side::Newcomer, "Rania", 0);
    let page = town.office().search(&els(), newcomer).expect("a page");
    let who = page.cards.first().map(|card| card.who.clone());
    assert!(matches!(who, Some(MentorWho::Own { person, .. }) if person == mentor));
    let list = town.office().whole_list(&els()).expect("a list");
    assert_eq!((list.drafts.len(), list.without.len()), (1, 1));
    let duo = town.office().match_locally(&els(), newcomer, mentor).expect("a duo");
    assert_eq!(town.office().match_locally(&els(), newcomer, mentor).expect("the same"), duo);
    refused(town.office().match_locally(&els(), second, mentor), "no-place");
    let unseen = town.unscreened(Side::Mentor, "Omar", 1);
    refused(town.office().match_locally(&els(), second, unseen), "screening-missing");
    let cards = town.office().search(&els(), second).expect("a page").cards;
    let unscreened: Vec<_> = cards.iter().map(|card| card.who.unscreened()).collect();
    assert_eq!(unscreened, [Some(unseen)], "shown, with what is to be done first");
    assert!(!town.office().best_newcomers(&els(), unseen).expect("a page").screened);
    town.office().say_for(&els(), duo, Side::Newcomer, true).expect("a yes");
    assert_eq!(stage_of(town.office()), DuoStage::FirstMeeting);
    town.office().say_for(&els(), duo, Side::Mentor, true).expect("a yes");
    assert_eq!(stage_of(town.office()), DuoStage::Running);
    let found = town.office().best_newcomers(&els(), mentor).expect("a page");
    assert!(found.cards.is_empty(), "a mentor who is full looks for nobody");
    let today = town.now().date();
    for wrong in [(today.plus_days(1), 60), (today.plus_days(-1), 60), (today, 4), (today, 601)] {
        let logged = town.office().log_meeting(&els(), duo, wrong.0, wrong.1, String::new());
        assert!(matches!(logged, Err(Error::Invalid(_))));
    }
}

#[test]
fn an_erased_newcomer_takes_the_match_along() {
    let (mut towns, newcomer, _, proposal) = matched();
    towns[0].office().erase_person(&els(), newcomer).expect("erased");
    converge(&mut towns);
    assert!(towns[0].office().duos(&els()).expect("duos").is_empty());
    assert_eq!(stage_of(towns[1].office()), DuoStage::Cancelled);
    assert_eq!(towns[1].look(move |records| records.sheet(proposal)), None);
}

#[test]
fn an_erased_mentor_takes_the_match_along() {
    let (mut towns, _, mentor, proposal) = matched();
    towns[1].office().erase_person(&els(), mentor).expect("erased");
    converge(&mut towns);
    assert_eq!(stage_of(towns[0].office()), DuoStage::Cancelled);
    assert_eq!(towns[0].look(move |records| records.sheet(proposal)), None);
}

#[test]
fn every_act_leaves_a_trace() {
    let (towns, newcomer, mentor, _) = matched();
    let lines = towns[0].look(move |records| records.audit_about(newcomer, 100));
    for action in ["proposal.made", "proposal.confirmed", "duo.opened", "handover.sealed", "handover.received"] {
        assert!(lines.iter().any(|line| line.action == action), "{action}");
    }
    let ledger = towns[0].look(move |records| records.ledger(newcomer));
    for event in ["proposed", "confirmed", "handed_over"] {
        let line = ledger.iter().find(|line| line.event == event).expect(event);
        assert_eq!(line.recipients, "Aartselaar");
        assert!(!line.consent.is_empty(), "{event}");
    }
    let theirs = towns[1].look(move |records| records.ledger(mentor));
    assert!(theirs.iter().any(|line| line.event == "answered" && line.recipients == "Borsbeek"));
}
