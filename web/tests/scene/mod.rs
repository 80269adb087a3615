//! Two municipalities with the people of the BAM lists, some of them matched across the border:
//! what the pages show in tests and in the preview.

// Each user takes its own part of the scene.
#![allow(dead_code, unreachable_pub, clippy::allow_attributes)]

#[path = "../../../node/store/tests/towns/mod.rs"]
pub mod towns;

use casework::Office;
use casework::import::ImportChoices;
use casework::people::{PersonId, Purpose, Screening, Side};
use casework::people_view::ShareState;
use casework::search_view::MentorWho;
use towns::{Town, converge, els};

const LISTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/bam/");

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{LISTS}{name}")).expect("a list of the BAM project")
}

/// Takes a list over.
pub fn import(office: &Office, name: &str) {
    let preview = office.read_sheet(&els(), name, &file(name)).expect("a list");
    let choices = ImportChoices { demo: true, ..ImportChoices::default() };
    office.commit_import(&els(), &preview.token, &choices).expect("taken over");
}

/// Everybody of a side.
pub fn everybody(office: &Office, side: Side) -> Vec<PersonId> {
    office.people(&els(), side).expect("a list").into_iter().map(|row| row.person.id).collect()
}

/// Everybody agreed and was screened, but for the last few, who show what is missing.
pub fn agree(office: &Office) {
    let today = office.now().date();
    for side in [Side::Newcomer, Side::Mentor] {
        let mut all = everybody(office, side);
        all.truncate(all.len().saturating_sub(3));
        for purpose in Purpose::ALL {
            office.record_consent(&els(), &all, purpose, true, today, "2026-1").expect("consents");
        }
        if side == Side::Mentor {
            let seen = Screening { seen_on: today, seen_by: "Els".to_owned() };
            office.record_screening(&els(), &all, seen).expect("screenings");
        }
    }
}

/// Publishes whoever can be, but for one newcomer and one mentor.
pub fn publish(office: &Office) {
    for side in [Side::Newcomer, Side::Mentor] {
        let rows = office.people(&els(), side).expect("a list");
        let ready: Vec<PersonId> =
            rows.iter().filter(|row| row.state == ShareState::NotShared).map(|row| row.person.id).collect();
        for id in ready.iter().skip(1) {
            let preview = office.preview_publication(&els(), *id, None).expect("a preview");
            if preview.obstacles.is_empty() && preview.value.is_some() {
                office.publish(&els(), *id, None).expect("published");
            }
        }
    }
}

/// Borsbeek and Aartselaar with their lists, everything shared that may be, and matches: one duo
/// across the border with meetings, one place held for Borsbeek, one question to Borsbeek.
pub fn play() -> [Town; 2] {
    let mut towns = towns::two_towns();
    let [borsbeek, aartselaar] = &towns;
    borsbeek.office().set_population_csv(&els(), &file("borsbeek-population.csv")).expect("a table");
    aartselaar.office().set_population_csv(&els(), &file("aartselaar-population.csv")).expect("a table");
    import(borsbeek.office(), "borsbeek.xlsx");
    import(aartselaar.office(), "aartselaar-mentees.csv");
    import(aartselaar.office(), "aartselaar-mentors.csv");
    for town in &towns {
        agree(town.office());
        publish(town.office());
    }
    converge(&mut towns);
    let asked = [propose_first(&towns[0], 2), propose_first(&towns[1], 1)];
    converge(&mut towns);
    if let [Some(first), Some(second)] = asked[0][..] {
        for proposal in [first, second] {
            towns[1].office().record_mentor_asked(&els(), proposal).expect("asked");
            towns[1].office().answer_yes(&els(), proposal).expect("yes");
        }
        converge(&mut towns);
        towns[0].office().confirm(&els(), first).expect("confirmed");
        converge(&mut towns);
    }
    let duos: Vec<_> = towns[0].office().duos(&els()).expect("duos").iter().map(|duo| duo.id).collect();
    for duo in duos {
        towns[0].office().say(&els(), duo, true).expect("yes");
    }
    let duos: Vec<_> = towns[1].office().duos(&els()).expect("duos").iter().map(|duo| duo.id).collect();
    for duo in duos {
        towns[1].office().say(&els(), duo, true).expect("yes");
    }
    converge(&mut towns);
    towns
}

/// Proposes, for the first `count` newcomers who have one, their best mentor at the partner.
fn propose_first(town: &Town, count: usize) -> Vec<Option<schemas::DocumentId>> {
    let mut made = Vec::new();
    for newcomer in everybody(town.office(), Side::Newcomer) {
        if made.len() == count {
            break;
        }
        let Ok(page) = town.office().search(&els(), newcomer) else { continue };
        if !page.blockers.is_empty() {
            continue;
        }
        let offer = page.cards.iter().find_map(|card| match &card.who {
            MentorWho::Partner { offer, .. } => Some(*offer),
            MentorWho::Own { .. } => None,
        });
        if let Some(offer) = offer
            && let Ok(proposal) = town.office().propose(&els(), newcomer, offer)
        {
            made.push(Some(proposal));
        }
    }
    made
}
