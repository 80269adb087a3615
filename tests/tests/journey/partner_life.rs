//! What an office sees when a partner is not what it was: the program suspended it, a restored
//! office is not sure of its mentors' places, and it merged into another municipality.

use anyhow::{Context, Result, ensure};
use casework::Actor;
use casework::office::AccountRole;
use casework::people::PersonId;
use casework::ports::Storage;
use casework::schemas::ids::{RootId, from_hex};
use tests::processes;
use tests::town::{COORDINATOR, Town, two_partners};
use tests::visitor::Visitor;

use crate::steps::{PASSWORD, WELDER};
use crate::walk::Walk;

const ADMINISTRATOR: &str = "Bram Beheer";

fn root_of(town: &Town) -> Result<RootId> {
    let row = town.json(&["certificate"], &["--json"])?.into_iter().next().context("no certificate")?;
    let root = row["root"].as_str().and_then(|root| from_hex(root).ok()).context("no root")?;
    Ok(RootId(root))
}

/// Suspends `partner` as the program does, and doubts the places of a mentor as a restored office
/// that goes on without it; the node is stopped meanwhile.
fn suspended(town: &mut Town, partner: RootId, mentor: PersonId) -> Result<()> {
    town.stop()?;
    town.office()?.suspend_partner(&Actor::program(), partner, "forged")?;
    town.store()?.write(Box::new(move |records| records.set_places_unsure(mentor, true)))?;
    town.account(ADMINISTRATOR, AccountRole::Administrator)?;
    town.start()
}

#[tokio::test]
async fn a_partner_that_is_suspended_resumed_and_merges() -> Result<()> {
    let home = processes::folder()?;
    let (mut aartselaar, borsbeek) = two_partners(home.path())?;
    let partner = root_of(&borsbeek)?;
    let mut kaat = Walk::first_time(&aartselaar, true).await?;
    let mentor = kaat.share(&WELDER).await?;
    kaat.browser.goto("about:blank").await?;
    suspended(&mut aartselaar, partner, PersonId(mentor.parse()?))?;

    kaat.open("/").await?;
    let told = kaat.text().await?;
    ensure!(told.contains("stuurde telkens weer wat geen eerlijk knooppunt stuurt"), "{told}");
    ensure!(told.contains("is misschien al beloofd"), "{told}");
    kaat.look("vandaag-opgeschort").await?;
    kaat.open(&format!("/mentors/{mentor}")).await?;
    kaat.look("mentor-met-onzekere-plaatsen").await?;
    kaat.press("form[action$='/plaatsen'] button", "main:not(:has(form[action$='/plaatsen']))").await?;

    let page = format!("/partners/{partner}");
    let mut bram = Walk::start(&aartselaar, true).await?;
    bram.enrol(aartselaar.link(ADMINISTRATOR)?, PASSWORD).await?;
    bram.open("/partners").await?;
    bram.look("partners-opgeschort").await?;
    bram.open(&page).await?;
    bram.look("partner-opgeschort").await?;
    bram.press(&format!("form[action='{page}/hervat'] button"), &format!("form[action='{page}/schort-op']")).await?;
    bram.look("partner-hervat").await?;
    aartselaar.wait_for_partners()?;

    let mut typist = Visitor::enrol(&borsbeek, COORDINATOR, PASSWORD)?;
    let fields = [
        ("title", "Loket"),
        ("kind", "welcome_sheet"),
        ("language", "nl"),
        ("licence", "CC-BY-4.0"),
        ("body", "Breng je identiteitskaart mee."),
    ];
    typist.submit("/netwerk/nieuw", "/netwerk/nieuw", &fields)?;
    aartselaar.wait_for_kind("resource")?;
    borsbeek.command(&["merge-into"], &["11001"])?;
    kaat.arrives("/partners", "#h-departures").await?;
    let told = kaat.text().await?;
    ensure!(told.contains("Borsbeek") && told.contains("ging op in Aartselaar"), "{told}");
    kaat.look("partners-na-een-fusie").await?;
    kaat.open("/netwerk").await?;
    kaat.press("main a[href^='/netwerk/']:not([href='/netwerk/nieuw'])", "main h1").await?;
    let told = kaat.text().await?;
    ensure!(told.contains("Loket") && told.contains("identiteitskaart"), "{told}");
    kaat.look("overgenomen-bladzijde").await?;
    kaat.close().await?;
    bram.close().await
}
