//! A speed-dating evening: planned on the screen of the office, answered on a phone and on paper,
//! and a match from two that chose each other.

use anyhow::{Context, Result, ensure};
use tests::processes;
use tests::town::Town;

use crate::steps::{WANTS_TO_WELD, WELDER};
use crate::walk::Walk;

#[tokio::test]
async fn an_evening_from_plan_to_match() -> Result<()> {
    let home = processes::folder()?;
    let mut town = Town::found(home.path(), "Borsbeek", "11007")?;
    town.start()?;
    let mut kaat = Walk::first_time(&town, true).await?;
    kaat.open("/avonden").await?;
    kaat.look("avonden-leeg").await?;
    for somebody in [&WANTS_TO_WELD, &WELDER] {
        kaat.intake(somebody).await?;
    }
    kaat.open("/avonden/nieuw").await?;
    for (name, text) in [("name", "Buurthuis"), ("on", "31/12/2099"), ("tables", "2"), ("most_dates", "3")] {
        kaat.write(name, text).await?;
    }
    for side in ["newcomers", "mentors"] {
        kaat.browser.find(&format!("main input[name='{side}']")).await?.send_keys(" ").await?;
    }
    kaat.look("avond-plannen").await?;
    kaat.press(".savebar button", "main form[action$='/ronde']").await?;
    let evening = kaat.path().await?;
    kaat.look("avond-gepland").await?;
    kaat.press("main form[action$='/ronde'] button", "main .round.now").await?;
    kaat.look("avond-bezig").await?;

    // One says it on a phone, without an account; of the other somebody enters the paper.
    kaat.open(&format!("{evening}/briefje/1")).await?;
    kaat.look("briefje").await?;
    kaat.press("main form[action$='/adres'] button", "main figure.qr").await?;
    kaat.look("briefje-adres").await?;
    let address = kaat.browser.find("main figure.qr + p a").await?.attr("href").await?.context("no address")?;
    let mut phone = Walk::start(&town, true).await?;
    phone.browser.goto(&address).await?;
    let told = phone.text().await?;
    ensure!(!told.contains("Wim") && !told.contains("Navid"), "a slip names somebody: {told}");
    phone.browser.find("form.slip input[value='gladly']").await?.send_keys(" ").await?;
    phone.look("briefje-op-de-gsm").await?;
    phone.press("form.slip button", "main .notice").await?;
    phone.look("briefje-bewaard").await?;
    phone.close().await?;
    kaat.open(&format!("{evening}/briefje/2")).await?;
    kaat.browser.find("form.slip input[value='gladly']").await?.send_keys(" ").await?;
    kaat.press("form.slip button", "main .notice").await?;

    // Nobody is matched with a mentor whose extract nobody saw.
    kaat.arrives(&evening, "main td a[href$='#screening']").await?;
    kaat.look("avond-uitkomst-zonder-screening").await?;
    kaat.press("main td a[href$='#screening']", "form[action$='/screening']").await?;
    if !kaat.browser.find("form[action$='/screening'] button").await?.is_displayed().await? {
        kaat.unfold("#screening details").await?;
    }
    kaat.press("form[action$='/screening'] button", "main > .notice").await?;
    kaat.arrives(&evening, "form:has([name='mentor']) button").await?;
    kaat.look("avond-uitkomst").await?;
    kaat.press("form:has([name='mentor']) button", "main form[action$='/ongedaan'], main #ontmoeting").await?;
    let told = kaat.text().await?;
    ensure!(told.contains("Wim De Lasser") && told.contains("Navid Rahimi"), "{told}");
    kaat.look("duo-van-de-avond").await?;
    kaat.close().await
}
