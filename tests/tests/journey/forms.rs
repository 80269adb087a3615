//! Forms that go wrong by themselves: a session that ended while somebody typed, two people at
//! one file, a form sent twice, somebody who may not be there. Nothing typed is lost.

use anyhow::{Context, Result, ensure};
use casework::office::AccountRole;
use tests::processes;
use tests::town::{COORDINATOR, Town};
use tests::visitor::{Answer, Visitor};

use crate::steps::{PASSWORD, WANTS_TO_WELD};
use crate::walk::Walk;

const COLLEAGUE: &str = "Bram Bakker";
const MEMBER: &str = "Lies Lezer";

/// A running municipality alone, with one more account.
fn borsbeek(home: &std::path::Path, account: Option<(&str, AccountRole)>) -> Result<Town> {
    let mut town = Town::found(home, "Borsbeek", "11007")?;
    if let Some((name, role)) = account {
        town.account(name, role)?;
    }
    town.start()?;
    Ok(town)
}

/// How many newcomers the node has.
fn newcomers(town: &Town) -> Result<u64> {
    let status = town.json(&["status"], &["--json"])?;
    status.first().and_then(|row| row["own"]["newcomers"].as_u64()).with_context(|| format!("{status:?}"))
}

#[tokio::test]
async fn a_session_that_ended_while_typing_keeps_the_text() -> Result<()> {
    for javascript in [true, false] {
        let home = processes::folder()?;
        let town = borsbeek(home.path(), None)?;
        let mut walk = Walk::first_time(&town, javascript).await?;
        walk.open("/nieuwkomers/nieuw").await?;
        walk.type_in(&WANTS_TO_WELD).await?;
        walk.write("intake.remarks", "Een lange zin die niemand twee keer wil typen.").await?;
        walk.browser.client().delete_all_cookies().await?;
        walk.press(".savebar button", "form[action='/aanmelden']").await?;
        ensure!(newcomers(&town)? == 0, "somebody without a session saved a person");
        walk.look("sessie-voorbij").await?;
        walk.sign_in(COORDINATOR, PASSWORD, "main form[action='/nieuwkomers/nieuw']").await?;
        ensure!(walk.value("intake.remarks").await? == "Een lange zin die niemand twee keer wil typen.");
        for (name, text) in WANTS_TO_WELD.lines {
            ensure!(walk.value(name).await? == *text, "{name} is not kept");
        }
        walk.look("intake-na-aanmelden").await?;
        let number = walk.save_intake().await?;
        ensure!(walk.path().await? == format!("/nieuwkomers/{number}") && newcomers(&town)? == 1);
        // What was saved waits no longer.
        walk.open("/nieuwkomers/nieuw").await?;
        ensure!(walk.value("given_name").await?.is_empty(), "the kept text comes back");
        walk.close().await?;
    }
    Ok(())
}

/// The fields of an intake that a test changes, and the ones that must be there.
fn intake<'a>(version: &'a str, goals: &'a str, needs: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("version", version),
        ("given_name", "Navid"),
        ("family_name", "Rahimi"),
        ("birth", "1990"),
        ("domains", "work"),
        ("intake.goals", goals),
        ("intake.needs", needs),
    ]
}

#[tokio::test]
async fn the_second_of_two_coordinators_sees_both_versions() -> Result<()> {
    for javascript in [true, false] {
        let home = processes::folder()?;
        let town = borsbeek(home.path(), Some((COLLEAGUE, AccountRole::Coordinator)))?;
        let mut first = Visitor::enrol(&town, COLLEAGUE, PASSWORD)?;
        let file = first.submit("/nieuwkomers/nieuw", "/nieuwkomers/nieuw", &intake("", "Een job.", "Hulp."))?;
        let edit = format!("{file}/bewerk");

        let mut second = Walk::first_time(&town, javascript).await?;
        second.open(&edit).await?;
        second.write("intake.goals", "Een attest als lasser.").await?;
        let version = first.page(&edit)?.hidden("version")?;
        first.submit(&edit, &edit, &intake(&version, "Een eigen zaak.", "Hulp bij papieren."))?;

        second.press(".savebar button", "form:has([name='keep.intake.goals'])").await?;
        let text = second.text().await?;
        for seen in ["Een attest als lasser.", "Een eigen zaak.", "Hulp bij papieren.", COLLEAGUE] {
            ensure!(text.contains(seen), "{seen} is not on the page of the conflict:\n{text}");
        }
        second.look("twee-versies").await?;
        second.tick("keep.intake.goals", "both").await?;
        second.tick("keep.intake.needs", "theirs").await?;
        second.press(".savebar button", "main section#delen").await?;
        let now = second.text().await?;
        for kept in ["Een attest als lasser.", "Een eigen zaak.", "Hulp bij papieren."] {
            ensure!(now.contains(kept), "{kept} is lost:\n{now}");
        }
        second.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_stands_above_the_form_and_what_was_typed_stays() -> Result<()> {
    let home = processes::folder()?;
    let town = borsbeek(home.path(), Some((COLLEAGUE, AccountRole::Coordinator)))?;
    let mut colleague = Visitor::enrol(&town, COLLEAGUE, PASSWORD)?;
    let file = colleague.submit("/nieuwkomers/nieuw", "/nieuwkomers/nieuw", &intake("", "Een job.", "Hulp."))?;
    let mut walk = Walk::first_time(&town, true).await?;
    walk.open(&format!("{file}/bewerk")).await?;
    ensure!(!asks_before_leaving(&walk).await?, "nothing was typed yet");
    walk.write("intake.goals", "Een zin die niemand twee keer wil typen.").await?;
    ensure!(asks_before_leaving(&walk).await?, "what was typed goes without a word");
    // Erased by a colleague while somebody wrote: the answer is a page of its own, and the form stays.
    let forget = format!("{file}/vergeet");
    colleague.submit(&forget, &forget, &[("zeker", "ja")])?;
    walk.press(".savebar button", "main > .news").await?;
    let said = walk.browser.find("main > .news").await?.text().await?;
    ensure!(said.contains("Deze bladzijde is er niet"), "the line above the form says {said}");
    ensure!(walk.value("intake.goals").await? == "Een zin die niemand twee keer wil typen.");
    ensure!(walk.path().await? == format!("{file}/bewerk"), "{}", walk.path().await?);
    ensure!(newcomers(&town)? == 0, "an erased person came back");
    walk.look("formulier-geweigerd").await?;
    walk.close().await
}

#[tokio::test]
async fn news_leaves_the_line_of_what_was_just_done() -> Result<()> {
    let home = processes::folder()?;
    let town = borsbeek(home.path(), Some((COLLEAGUE, AccountRole::Coordinator)))?;
    let mut colleague = Visitor::enrol(&town, COLLEAGUE, PASSWORD)?;
    let walk = Walk::first_time(&town, true).await?;
    let number = walk.intake(&WANTS_TO_WELD).await?;
    walk.await_element("#main > .notice").await?;
    let edit = format!("/nieuwkomers/{number}/bewerk");
    let version = colleague.page(&edit)?.hidden("version")?;
    colleague.submit(&edit, &edit, &intake(&version, "Een eigen zaak.", "Hulp bij papieren."))?;
    walk.browser.client().wait().for_element(fantoccini::Locator::XPath("//main//dd[.='Een eigen zaak.']")).await?;
    ensure!(walk.text().await?.contains("De intake van Navid Rahimi is bewaard."), "{}", walk.text().await?);
    walk.close().await
}

#[tokio::test]
async fn whoever_types_hears_of_news_about_this_page_only() -> Result<()> {
    let home = processes::folder()?;
    let town = borsbeek(home.path(), Some((COLLEAGUE, AccountRole::Coordinator)))?;
    let mut colleague = Visitor::enrol(&town, COLLEAGUE, PASSWORD)?;
    let walk = Walk::first_time(&town, true).await?;
    let number = walk.intake(&WANTS_TO_WELD).await?;
    let file = format!("/nieuwkomers/{number}");
    walk.open(&file).await?;
    walk.write("text_version", "2").await?;
    let before = fetched(&walk).await?;
    let reads = reads(&mut colleague, &file)?;
    // News of before the page began to listen is not heard.
    let looked = async {
        while fetched(&walk).await? == before {
            colleague.submit("/nieuwkomers/nieuw", "/nieuwkomers/nieuw", &intake("", "Een job.", "Hulp."))?;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(processes::DEADLINE, looked).await.context("it never looked")??;
    // What it read is shown, or not, before the next frame.
    let framed = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))";
    walk.browser.client().execute_async(framed, Vec::new()).await?;
    ensure!(!walk.text().await?.contains("Er is iets gewijzigd"), "somebody else's news stands above this form");

    let edit = format!("{file}/bewerk");
    let version = colleague.page(&edit)?.hidden("version")?;
    colleague.submit(&edit, &edit, &intake(&version, "Een eigen zaak.", "Hulp bij papieren."))?;
    walk.await_element("#main > .news").await?;
    ensure!(walk.value("text_version").await? == "2", "what was typed is gone");
    ensure!(self::reads(&mut colleague, &file)? == reads, "looking again is written down as looking");
    walk.close().await
}

/// How often the file says that the coordinator opened it.
fn reads(colleague: &mut Visitor, file: &str) -> Result<usize> {
    Ok(colleague.page(file)?.body.matches(&format!("{COORDINATOR} opende het dossier")).count())
}

/// How often the browser asked for the page on the screen since it was loaded.
async fn fetched(walk: &Walk) -> Result<u64> {
    let script = "return performance.getEntriesByType('resource').filter((one) => one.name === location.href).length";
    walk.browser.client().execute(script, Vec::new()).await?.as_u64().context("no number")
}

/// Whether the browser asks before it leaves the page.
async fn asks_before_leaving(walk: &Walk) -> Result<bool> {
    let script = "const leave = new Event('beforeunload', {cancelable: true}); dispatchEvent(leave); \
        return leave.defaultPrevented";
    Ok(walk.browser.client().execute(script, Vec::new()).await? == true)
}

#[test]
fn a_form_sent_twice_makes_one_person() -> Result<()> {
    let home = processes::folder()?;
    let town = borsbeek(home.path(), None)?;
    let mut visitor = Visitor::enrol(&town, COORDINATOR, PASSWORD)?;
    let page = visitor.page("/nieuwkomers/nieuw")?;
    let [csrf, number, from] = [page.hidden("_csrf")?, page.hidden("_number")?, page.hidden("_page")?];
    let mut fields = vec![("_csrf", csrf.as_str()), ("_number", &number), ("_page", &from)];
    fields.extend(intake("", "Een job.", "Hulp."));
    let [once, twice] = [visitor.post("/nieuwkomers/nieuw", &fields)?, visitor.post("/nieuwkomers/nieuw", &fields)?];
    ensure!(once.status == 303 && twice.status == 303, "{once:?} {twice:?}");
    ensure!(once.header("location") == twice.header("location"), "{twice:?}");
    ensure!(newcomers(&town)? == 1, "sent twice, saved twice");
    // Another form with the same words is another person: names are not unique.
    visitor.submit("/nieuwkomers/nieuw", "/nieuwkomers/nieuw", &intake("", "Een job.", "Hulp."))?;
    ensure!(newcomers(&town)? == 2);
    Ok(())
}

#[test]
fn a_form_from_elsewhere_changes_nothing() -> Result<()> {
    let home = processes::folder()?;
    let town = borsbeek(home.path(), None)?;
    let mut visitor = Visitor::enrol(&town, COORDINATOR, PASSWORD)?;
    let refused = visitor.post("/nieuwkomers/nieuw", &intake("", "Een job.", "Hulp."))?;
    ensure!(refused.status == 403, "without the session's token: {}", refused.status);
    let mut fields = intake("", "Een job.", "Hulp.");
    fields.push(("_csrf", "0000000000000000000000000000000000000000000000000000000000000000"));
    let refused = visitor.post("/nieuwkomers/nieuw", &fields)?;
    ensure!(refused.status == 403, "with another token: {}", refused.status);
    ensure!(newcomers(&town)? == 0);
    Ok(())
}

#[test]
fn a_member_sees_the_library_only() -> Result<()> {
    let home = processes::folder()?;
    let town = borsbeek(home.path(), Some((MEMBER, AccountRole::Member)))?;
    let mut coordinator = Visitor::enrol(&town, COORDINATOR, PASSWORD)?;
    let file = coordinator.submit("/nieuwkomers/nieuw", "/nieuwkomers/nieuw", &intake("", "Een job.", "Hulp."))?;
    let mut member = Visitor::enrol(&town, MEMBER, PASSWORD)?;
    let names_nobody = |answer: &Answer| !answer.body.contains("Rahimi") && !answer.body.contains("Navid");
    for path in ["/", "/netwerk"] {
        let answer = member.page(path)?;
        ensure!(names_nobody(&answer), "{path} names a person");
        for other in ["/nieuwkomers", "/mentors", "/voorstellen", "/duos", "/partners", "/invoer"] {
            ensure!(!answer.body.contains(&format!("href=\"{other}\"")), "{path} leads to {other}");
        }
    }
    let deeper = ["zoek", "bewerk", "deelregister", "vergeet"].map(|part| format!("{file}/{part}"));
    let closed = [
        "/nieuwkomers",
        "/mentors",
        "/nieuwkomers/nieuw",
        "/voorstellen",
        "/duos",
        "/partners",
        "/invoer",
        "/bevolking",
        &file,
    ];
    for path in closed.into_iter().chain(deeper.iter().map(String::as_str)).chain(["/zoeken?q=navid"]) {
        let answer = member.get(path)?;
        ensure!(answer.status == 403, "{path}: {}", answer.status);
        ensure!(names_nobody(&answer), "{path} names a person");
    }
    for action in
        ["/nieuwkomers/nieuw", &format!("{file}/bewerk"), &format!("{file}/publiceer"), &format!("{file}/vergeet")]
    {
        let mut fields = intake("1", "Iets anders.", "Iets anders.");
        fields.push(("zeker", "ja"));
        let answer = member.send("/", action, &fields)?;
        ensure!(answer.status == 403, "{action}: {}", answer.status);
    }
    ensure!(newcomers(&town)? == 1 && coordinator.page(&file)?.body.contains("Een job."));
    Ok(())
}
